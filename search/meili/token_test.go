package meili

import (
	"math/rand/v2"
	"strings"
	"testing"

	"shuyuan/search"
	"shuyuan/search/chinese"
)

// samples are texts of all kinds of characters.
func samples() []string {
	list := []string{"", "a", "z", "zz", "za", "0", "空气", "空", "\x02fu'jian", "\x03fj", "2020", "stop_name", "é", "\U0010ffff", "\uffff", "\x00", "Z", " ", "zzz空z", "한국어"}
	r := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		var b strings.Builder
		for range r.IntN(6) {
			switch r.IntN(3) {
			case 0:
				b.WriteByte(byte('v' + r.IntN(5))) // v to z
			case 1:
				b.WriteRune(rune(0x4E00 + r.IntN(3)))
			default:
				b.WriteRune([]rune{0, 0x80, 0xD7FF, rare - 1, rare, 0xFFFD, 0x1F600, 0x10FFFF}[r.IntN(8)])
			}
		}
		list = append(list, b.String())
	}
	return list
}

func plainASCII(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

func TestAKeyBeginsAsWhatIsWrittenForItBegins(t *testing.T) {
	all := samples()
	for _, a := range all {
		if !plainASCII(key(a)) {
			t.Fatalf("key(%q) is %q", a, key(a))
		}
		for _, b := range all {
			if got, want := strings.HasPrefix(key(b), key(a)), strings.HasPrefix(b, a); got != want {
				t.Fatalf("%q begins with %q: %v; written %q and %q: %v", b, a, want, key(b), key(a), got)
			}
		}
	}
}

func TestAValueIsReadAsItWasWritten(t *testing.T) {
	written := map[string]string{}
	for _, s := range samples() {
		w := value(s)
		if got, ok := readValue(w); !ok || got != s || !plainASCII(w) {
			t.Errorf("%q is written %q and read %q (%v)", s, w, got, ok)
		}
		if other, taken := written[w]; taken && other != s {
			t.Errorf("%q and %q are both written %q", s, other, w)
		}
		written[w] = s
	}
	for _, w := range []string{"a", "ab", "abcd", "AB1", "空", "zzz", "zz0"} {
		if got, ok := readValue(w); ok {
			t.Errorf("%q is read as %q", w, got)
		}
	}
	if long := strings.Repeat("长", 100); len(value(long)) > longestValue {
		t.Error("a value of a hundred characters has no room")
	}
	if got := values(strings.Repeat("长", 1000)); len(got) != 0 {
		t.Errorf("a value is kept that the server would cut: %d bytes", len(got[0]))
	}
}

func TestAQuotedValueCannotEnd(t *testing.T) {
	for in, want := range map[string]string{
		``:                      `""`,
		`a`:                     `"a"`,
		`"`:                     `"\""`,
		`\`:                     `"\\"`,
		`\"`:                    `"\\\""`,
		`x" OR dataset = "true`: `"x\" OR dataset = \"true"`,
	} {
		if got := quote(in); got != want {
			t.Errorf("%s is quoted %s, want %s", in, got, want)
		}
	}
}

// However long the text, the request stays one that the server reads quickly.
func TestNoTextMakesAFilterWithoutBounds(t *testing.T) {
	words := chinese.Default()
	for _, text := range []string{
		strings.Repeat("空气质量", 3000), strings.Repeat("公交 ", 3000), strings.Repeat("shuju ", 3000), strings.Repeat("zhongguo", 3000), distinct(3000),
		strings.Repeat(distinct(20)+" ", 300), strings.Repeat("xian ", 3000),
	} {
		plan := search.Read(text, words)
		parts := holds(plan.Root, anywhere)
		if n := len(parts.text()); n > 60_000 {
			t.Errorf("%.20q… makes a filter of %d bytes", text, n)
		}
		for _, p := range parts {
			if len(p) > 45_000 {
				t.Errorf("%.20q… makes an expression of %d bytes", text, len(p))
			}
		}
	}
}

func distinct(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune(rune(0x4E00 + i*7%20000))
	}
	return b.String()
}

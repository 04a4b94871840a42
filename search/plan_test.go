package search

import (
	"fmt"
	"strings"
	"testing"

	"shuyuan/search/chinese"
)

var lexicon = chinese.Default()

// show writes a plan as a sentence: a* is the beginning of a key.
func (n *Node) show() string {
	if n == nil {
		return "nothing"
	}
	list := func(all []*Node, sign string) string {
		var parts []string
		for _, m := range all {
			parts = append(parts, m.show())
		}
		return "(" + strings.Join(parts, sign) + ")"
	}
	switch {
	case len(n.And) > 0:
		return list(n.And, " & ")
	case len(n.Or) > 0:
		return list(n.Or, " | ")
	}
	key := strings.NewReplacer("\x01", "~", "\x02", "~", "\x03", "^").Replace(n.Term.Key)
	if n.Term.Prefix {
		key += "*"
	}
	return key
}

func TestEachCharacterMustStandBesideANeighbour(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"one character", "箱", "箱*"},
		{"two", "闽江", "闽江"},
		{"three: the ends need their pair, the middle has one then", "闽江水", "(闽江 & 江水)"},
		{"four: the two in the middle stand in a pair with an end", "闽江水位", "(闽江 & 水位)"},
		{"five: the middle stands in one of two pairs", "闽江水位图", "(闽江 & 位图 & (江水 | 水位))"},
		{"the rank of a place may be missing", "福州市闽江", "(福州 & 闽江)"},
		{"and so may what only joins words", "闽江的水位", "(闽江 & 水位)"},
		{"two words", "闽江 水位", "(闽江 & 水位)"},
		{"letters: a word or its beginning", "pm2.5", "(pm2* & 5)"},
		{"one letter: the word, or what starts so when spoken", "x", "(x | ^x)"},
		{"punctuation separates", "闽江，水位", "(闽江 & 水位)"},
		{"traditional characters", "閩江水位", "(闽江 & 水位)"},
		{"pinyin", "minjiang", "(minjiang* | ~min'jiang | (~min'ji & ~ji'ang))"},
		{"pinyin, not finished", "minji", "(minji* | ~min'ji)"},
		{"initials", "mjsw", "(mjsw* | ^mjsw)"},
		{"many initials, in overlapping pieces", "mjswt", "(mjswt* | (^mjsw & ^jswt))"},
	} {
		p := Read(c.text, nil)
		if got := p.Root.show(); got != c.want {
			t.Errorf("%s: %q asks for %s, want %s", c.name, c.text, got, c.want)
		}
	}
}

func TestASynonymIsAnotherWayNotAnotherCondition(t *testing.T) {
	p := Read("榕城 公交", lexicon)
	got := p.Root.show()
	for _, part := range []string{"榕城 & ", "公交 | ", "巴士", "bus*"} {
		if !strings.Contains(got, part) {
			t.Errorf("it asks for %s, without %s", got, part)
		}
	}
}

func TestNothingTypedIsAnOperator(t *testing.T) {
	for text, want := range map[string]string{
		`"闽江"`: "闽江", "闽江*": "闽江", "+闽江": "闽江", "-闽江": "闽江", "(闽江)": "闽江", "/闽江/": "闽江", `\闽江`: "闽江", "闽江\x00": "闽江", "\x02闽江": "闽江",
		"闽江~2": "(闽江 & 2)", "code:闽江": "((code* | ^code) & 闽江)", "闽江 AND 水位": "(闽江 & (and* | ~an'd* | ^and) & 水位)", "[闽江 TO": "(闽江 & (to* | ~to* | ^to))",
		"\x02fu'jian": "((fu* | ~fu) & (jian* | ~jian | ~ji'an))",
	} {
		p := Read(text, nil)
		if got := p.Root.show(); got != want {
			t.Errorf("%q asks for %s, want %s", text, got, want)
		}
	}
}

// No text of whatever length asks for more keys than a page is worth.
func TestEveryQueryIsBounded(t *testing.T) {
	const most = 4000 // each costs some microseconds
	for name, text := range hostile() {
		p := Read(text, lexicon)
		if n := p.Root.terms() + p.Sounds.terms(); n > most {
			t.Errorf("%s: %d keys are asked for", name, n)
		}
		if n := len(p.Ranks); n > most {
			t.Errorf("%s: %d keys are weighed", name, n)
		}
		if typing, _ := p.Typing(func(*Node) (bool, error) { return false, nil }); typing != nil {
			if n := typing.Near.terms(); n > most {
				t.Errorf("%s: %d keys are asked for as typing errors", name, n)
			}
		}
		p.Marks(text[:min(len(text), 10_000)], true)
	}
}

func (n *Node) terms() int {
	if n == nil {
		return 0
	}
	if len(n.And) == 0 && len(n.Or) == 0 {
		return 1
	}
	sum := 0
	for _, list := range [][]*Node{n.And, n.Or} {
		for _, m := range list {
			sum += m.terms()
		}
	}
	return sum
}

// hostile is what nobody types and somebody sends.
func hostile() map[string]string {
	var words, numbers, places strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&words, "word%d ", i)
		fmt.Fprintf(&numbers, "%d", i)
		fmt.Fprintf(&places, "医保 公交 数据 %c ", '一'+rune(i))
	}
	return map[string]string{
		"10 KB of one character":          strings.Repeat("数", 10<<10/3),
		"10 KB of one word":               strings.Repeat("公交", 10<<10/6),
		"10 KB of letters":                strings.Repeat("a", 10<<10),
		"1000 words":                      words.String(),
		"1000 words that mean others too": places.String(),
		"digits":                          numbers.String(),
		"pinyin without end":              strings.Repeat("xian", 2500),
		"single letters":                  strings.Repeat("a ", 5000),
		"single characters":               strings.Repeat("数 ", 2500),
		"blanks":                          strings.Repeat(" ", 10<<10) + "a",
		"control characters":              strings.Repeat("\x00\x01\x02\x03\x1b", 2000),
		"wildcards":                       strings.Repeat("*?%_~", 2000),
		"combining marks":                 "e" + strings.Repeat("\u0301", 5000),
		"what grows when folded":          strings.Repeat("\ufdfa", 3000),
		"characters with many readings":   strings.Repeat("绿略女虐", 800),
		"half characters":                 strings.Repeat("\xe6\x95", 5000),
		"emoji":                           strings.Repeat("👩‍👩‍👧", 500),
	}
}

func TestRespellWritesAsTheCatalogueDoes(t *testing.T) {
	for _, c := range []struct {
		text  string
		names []string
		want  string
	}{
		{"行证区划", []string{"行政区划代码"}, "行政区划"},
		{"福洲公交", []string{"福州市公交站点"}, "福州公交"}, // in pieces
		{"福州共交", []string{"福州市公交站点", "公交"}, "福州公交"},
		{"空气", []string{"航空器鸟击"}, ""}, // 空器 is a part of a word
		{"恐气质量", []string{"福州市空气质量日报"}, "空气质量"},
		{"空汽质量 日报", []string{"空气质量日报"}, "空气质量 日报"},
		{"空气质量", []string{"空气质量日报"}, ""}, // it is written so already
		{"量子", []string{"空气质量日报"}, ""},
		{"kongqi", []string{"空气质量日报"}, ""},
		{"中庆", []string{"重庆市地图"}, "重庆"}, // by the everyday reading
	} {
		got := Respell(c.text, c.names)
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s is spelled %q, want %q", c.text, got, c.want)
		}
	}
}

func TestNoMoreThanThreeWaysToSpellAreOffered(t *testing.T) {
	if got := Respell("公事", nil); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if got := Respell("公事", []string{"工事", "公示", "公式", "攻势", "宫室"}); len(got) != 3 {
		t.Errorf("%q, want three", got)
	}
}

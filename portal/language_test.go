package portal

import (
	"mime"
	"net/url"
	"strings"
	"testing"

	"shuyuan/templates/text"
)

func TestThePreferredLanguage(t *testing.T) {
	for header, want := range map[string]text.Lang{
		"": text.Chinese, "zh": text.Chinese, "zh-CN,zh;q=0.9,en;q=0.8": text.Chinese, "zh-Hant-TW": text.Chinese, "en": text.English, "en-GB,en;q=0.9": text.English,
		"en;q=0.5, zh;q=0.4": text.English, "en;q=0.4, zh;q=0.5": text.Chinese, "en, zh": text.English, "fr, en;q=0.1": text.English, "fr": text.Chinese, "*": text.Chinese,
		"en;q=0": text.Chinese, "EN-us": text.English, "english": text.Chinese, "en;q=x, zh;q=0.1": text.Chinese, "en;q=NaN": text.Chinese, ",,;": text.Chinese,
	} {
		if got := preferred(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// Whatever is asked for, the reader stays here.
func FuzzSafeBack(f *testing.F) {
	for _, back := range []string{"", "/", "/datasets?q=a", "//evil.example", "/\\evil", "https://evil.example", "/x\r\ny: z", "/%2f/evil", "/..//evil", "\t/x", "javascript:x", "/lang", "/?//evil", "/#//evil"} {
		f.Add(back)
	}
	base, err := url.Parse("https://data.example/sign-in")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, back string) {
		to := safeBack(back)
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
			t.Fatalf("%q leads to %q", back, to)
		}
		u, err := base.Parse(to)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || u.User != nil {
			t.Fatalf("%q leads to %q, that is %v (%v)", back, to, u, err)
		}
	})
}

// Names of files go into a header (T18).
func FuzzDisposition(f *testing.F) {
	for _, name := range []string{"", "a.csv", "人口.csv", "a\r\nX-Evil: 1.csv", `a";filename="b`, "a%0d%0a", "\x00\xff", "..\\..\\a", "\u202efdp.exe"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		header := disposition(name)
		for _, c := range []byte(header) {
			if c < 0x20 || c > 0x7e {
				t.Fatalf("%q: %q", name, header)
			}
		}
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || len(params) != 1 {
			t.Fatalf("%q: %q is %q with %v: %v", name, header, kind, params, err)
		}
	})
}

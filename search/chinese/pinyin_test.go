package chinese

import (
	"slices"
	"strings"
	"testing"
)

func TestReadKnowsTheReadingInTheWord(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"福建", "fu jian"},
		{"重庆", "chong qing"}, // alone: zhong
		{"银行行长", "yin hang hang zhang"},
		{"厦门大厦", "xia men da sha"},
		{"西藏", "xi zang"},
		{"绿化", "lv hua"},
	} {
		var got []string
		for _, readings := range Read([]rune(c.text)) {
			got = append(got, readings[0])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s is read %q, want %q", c.text, got, c.want)
		}
	}
}

func TestTheEverydayReadingStaysBesideThatOfTheWord(t *testing.T) {
	if got := Read([]rune("重庆"))[0]; !slices.Equal(got, []string{"chong", "zhong"}) {
		t.Errorf("重 in 重庆 is read %q", got)
	}
	if got := Read([]rune("绿"))[0]; !slices.Contains(got, "lu") || !slices.Contains(got, "lv") {
		t.Errorf("绿 is typed %q, want lv and lu", got)
	}
}

func TestWhatHasNoReadingIsLeftOut(t *testing.T) {
	for i, readings := range Read([]rune("a1，𠮷 ")) {
		if len(readings) != 0 {
			t.Errorf("rune %d is read %q", i, readings)
		}
	}
}

func TestSpellCutsLettersIntoSyllables(t *testing.T) {
	for _, c := range []struct {
		letters string
		want    []string // some of the ways; a * marks one that is not finished
	}{
		{"fujian", []string{"fu jian"}},
		{"xian", []string{"xian", "xi an"}},
		{"gongjiaozhandian", []string{"gong jiao zhan dian"}},
		{"gongj", []string{"gong j*"}},
		{"kongq", []string{"kong q*"}},
		{"lvhua", []string{"lv hua"}},
	} {
		var got []string
		for _, s := range Spell(c.letters) {
			way := strings.Join(s.Syllables, " ")
			if s.Partial {
				way += "*"
			}
			got = append(got, way)
		}
		for _, want := range c.want {
			if !slices.Contains(got, want) {
				t.Errorf("%s is cut %q, want %q among them", c.letters, got, want)
			}
		}
	}
}

func TestSpellTakesNoPinyinForWhatIsNone(t *testing.T) {
	for _, letters := range []string{"", "xzqhx", "quality", "vvv", "pm25"} {
		for _, s := range Spell(letters) {
			if !s.Partial {
				t.Errorf("%s is cut %v", letters, s)
			}
		}
	}
}

// What can be cut in very many ways must not be tried in all of them.
func TestSpellIsBounded(t *testing.T) {
	for _, letters := range []string{strings.Repeat("xian", 30), strings.Repeat("a", 120), strings.Repeat("anganenge", 13), strings.Repeat("e", 500), strings.Repeat("fangan", 20) + "q"} {
		if got := Spell(letters); len(got) > maxSpellings {
			t.Errorf("%.20s… is cut in %d ways", letters, len(got))
		}
	}
}

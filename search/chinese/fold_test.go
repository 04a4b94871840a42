package chinese

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFoldBringsATextToItsOneForm(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"traditional characters", "臺灣資料開放平臺", "台湾资料开放平台"},
		{"a phrase before its characters", "乾隆年間的乾淨水", "乾隆年间的干净水"},
		{"full width", "ＧＤＰ２０２０：％", "gdp2020:%"},
		{"half width katakana", "ｶﾀｶﾅ", "カタカナ"},
		{"case", "PM2.5 Station", "pm2.5 station"},
		{"accents", "Éclairs à la crème", "eclairs a la creme"},
		{"an accent that stands by itself", "e\u0301cole", "ecole"},
		{"ligatures and numbers in circles", "ﬁle ①", "file 1"},
		{"what cannot be seen", "空\u200b气\ufeff质\u00ad量", "空气质量"},
		{"control characters separate", "空气\x00质量\n监测", "空气 质量 监测"},
		{"directions of writing", "\u202e空气\u202c", "空气"},
		{"bytes that are no text", "空\xff\xfe气", "空气"},
		{"characters outside the first plane", "𠮷野家", "𠮷野家"},
		{"nothing", "", ""},
	} {
		if got := Fold(c.text).String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Every rune of a folded text knows the bytes it came from: a mark set by them
// never cuts a character.
func TestFoldKeepsThePlaceOfEveryRune(t *testing.T) {
	for _, text := range []string{"臺灣", "ＧＤＰ核算", "e\u0301cole", "ﬁle①", "空\u200b气", "𠮷A", "a\xffb", "👩‍👩‍👧家", "각하"} {
		f := Fold(text)
		if len(f.From) != len(f.Runes) || len(f.To) != len(f.Runes) {
			t.Fatalf("%q: %d runes, %d and %d places", text, len(f.Runes), len(f.From), len(f.To))
		}
		for i := range f.Runes {
			from, to := f.From[i], f.To[i]
			if from >= to || to > len(text) || !starts(text, from) || !starts(text, to) {
				t.Errorf("%q: rune %d is said to stand at %d to %d", text, i, from, to)
			}
			if i > 0 && from < f.From[i-1] {
				t.Errorf("%q: rune %d stands before rune %d", text, i, i-1)
			}
		}
	}
}

func starts(s string, at int) bool { return at == len(s) || utf8.RuneStart(s[at]) }

func TestFoldingTwiceChangesNothing(t *testing.T) {
	for _, text := range []string{"臺灣資料", "ＧＤＰ２０２０", "Éclairs", "乾隆乾淨", "ﬁ①㈱", "İstanbul", "ß", "Ω≠", strings.Repeat("數據", 50)} {
		once := Fold(text).String()
		if twice := Fold(once).String(); twice != once {
			t.Errorf("%q folds to %q and that to %q", text, once, twice)
		}
	}
}

func TestScriptsWithoutSpacesAreKnown(t *testing.T) {
	for _, r := range "空㐀𠮷ひカ한" {
		if !IsScript(r) {
			t.Errorf("%q is written without spaces", r)
		}
	}
	for _, r := range "a1é-，。䷀ " { // the hexagram lies among the characters and is none
		if IsScript(r) {
			t.Errorf("%q is no character of a script without spaces", r)
		}
	}
}

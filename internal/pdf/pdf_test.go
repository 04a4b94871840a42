package pdf

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

var info = Info{Title: "使用协议", Lang: "zh-CN", Made: time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC), Foot: "SQ-2026-000001"}

func set(t *testing.T, text string) (*Doc, []byte) {
	t.Helper()
	d, err := New(info)
	if err != nil {
		t.Fatal(err)
	}
	d.Title("使用协议")
	d.Text(text)
	d.Pair("SHA-256", strings.Repeat("0123456789abcdef", 4))
	if err := d.Seal([4]string{"双", "方", "已", "签"}, "SQ-2026-000001", "https://data.example/agreements/check", "核对"); err != nil {
		t.Fatal(err)
	}
	raw, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return d, raw
}

// The same input gives the same bytes, and another one others.
func TestTheSameBytesEachTime(t *testing.T) {
	_, a := set(t, "甲方（提供部门）")
	_, b := set(t, "甲方（提供部门）")
	_, c := set(t, "乙方（使用方）")
	if !bytes.Equal(a, b) || bytes.Equal(a, c) {
		t.Error("it is not the input that decides")
	}
	if bytes.Contains(a, []byte("/EmbeddedFiles")) || !bytes.HasPrefix(a, []byte("%PDF-")) || !bytes.Contains(a, []byte("/Lang (zh-CN)")) {
		t.Error("what it says of itself")
	}
}

// A character that the font does not have is written out and told: no empty box
// stands for a part of a name.
func TestRareCharactersAreWrittenOut(t *testing.T) {
	for text, want := range map[string]struct{ shown, missing string }{
		"福建省统计局":      {"福建省统计局", ""},
		"㐂䶮":          {"㐂䶮", ""},
		"𠮷野":          {"〔U+20BB7〕野", "𠮷"},
		"a\u00a0b\tc": {"a\u00a0b c", ""},
		"臺灣繁體字":       {"臺灣繁體字", ""},
		"\U0001F600":  {"〔U+1F600〕", "\U0001F600"},
	} {
		d, err := New(info)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.shown(text); got != want.shown || d.Missing() != want.missing {
			t.Errorf("%s: %q, missing %q", text, got, d.Missing())
		}
	}
}

// No line is wider than its column, however long a word is; none begins with what
// ends a sentence; and nothing is lost.
func TestLinesFit(t *testing.T) {
	d, err := New(info)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		strings.Repeat("averylongwordwithoutanyspace", 20), strings.Repeat("公共数据使用协议，", 60), strings.Repeat("（提供部门）", 40), strings.Repeat("，", 300),
		"https://data.example/" + strings.Repeat("a/b-c", 80), strings.Repeat("words and more words ", 40), strings.Repeat("㐂", 200), "",
	} {
		lines := d.lines(text, body, textWide)
		for i, l := range lines {
			if w := d.measure(l, body); w > textWide+0.01 {
				t.Errorf("%.1f mm wide: %s", w, l)
			}
			if i > 0 && l != "" && strings.HasPrefix(l, "，") && strings.Trim(text, "，") != "" {
				t.Errorf("a line begins with %s", l)
			}
		}
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(text, " ", "") {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// A long text goes on on further pages, each with its number.
func TestPages(t *testing.T) {
	d, raw := set(t, strings.Repeat("甲方向乙方开放下列内容。\n", 200))
	if len(d.pages) < 5 || bytes.Count(raw, []byte("/Type /Page\n")) != len(d.pages) {
		t.Errorf("%d pages, %d in the file", len(d.pages), bytes.Count(raw, []byte("/Type /Page\n")))
	}
}

// A document carries files only where it was told to, in the same bytes each time.
func TestFilesWithin(t *testing.T) {
	made := func(body string) []byte {
		d, err := New(info)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Code("https://data.example/verify", "核验"); err != nil {
			t.Fatal(err)
		}
		d.Attach("a.json", "x", []byte(body))
		d.Metadata([]byte("<x:xmpmeta/>"))
		raw, err := d.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	a := made("{}")
	if !bytes.Contains(a, []byte("/EmbeddedFiles << /Names")) || !bytes.Contains(a, []byte("<x:xmpmeta/>")) || !bytes.Equal(a, made("{}")) || bytes.Equal(a, made("[]")) {
		t.Error("the file within is not there, or not the same each time")
	}
}

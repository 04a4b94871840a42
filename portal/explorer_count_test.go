package portal

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Where counting takes long the page says about how many rows there are, and
// leads to their exact number; on its further pages it stays exact.
func TestAnEstimateLeadsToTheExactCount(t *testing.T) {
	w := asking(t)
	const n = 1_010_000
	var file strings.Builder
	file.WriteString("编号,组\n")
	for i := range n {
		fmt.Fprintf(&file, "n%d,%d\n", i, i%7)
	}
	page := w.file(t, "n.csv", file.String())
	exact := 0
	for i := range n {
		if strings.Contains(fmt.Sprint(i), "77") {
			exact++
		}
	}
	words := strings.ReplaceAll(fmt.Sprintf("%d", exact), "\n", "")
	words = words[:len(words)-3] + "," + words[len(words)-3:]
	for language, want := range map[string]string{"zh-CN": "约 ", "en": "About "} {
		count := w.get(t, at(page, "f", "has:编号:77"), "Accept-Language", language).page(t).Find(".xcount")
		if !strings.HasPrefix(strings.TrimSpace(count.Text()), want) || count.Find("a").Length() != 1 {
			t.Fatalf("%s: %s", language, count.Text())
		}
	}
	link := w.get(t, at(page, "f", "has:编号:77")).page(t).Find(".xcount a")
	if link.Text() != "准确计数" {
		t.Errorf("the link is called %q", link.Text())
	}
	r := w.get(t, link.AttrOr("href", ""))
	doc := r.page(t)
	if text := doc.Find(".xcount").Text(); r.status != http.StatusOK || strings.Contains(text, "约") || !strings.Contains(text, words+" 行（全表 1,010,000 行）") || doc.Find(".xcount a").Length() != 0 {
		t.Errorf("counted exactly: %d %q, want %s", r.status, text, words)
	}
	next := w.get(t, doc.Find(`[data-step="next"]`).AttrOr("href", "")).page(t).Find(".xcount").Text()
	if !strings.Contains(next, words+" 行") {
		t.Errorf("the next page says %q", next)
	}
	for _, ask := range [][]string{{"count", "exact"}, {"count", "exact", "group", "组"}} { // nothing to count there
		if r := w.get(t, at(page, ask...)); r.status != http.StatusFound || strings.Contains(r.header.Get("Location"), "count") {
			t.Errorf("%v: %d %s", ask, r.status, r.header.Get("Location"))
		}
	}
	if r := w.get(t, at(page, "count", "all")); r.status != http.StatusBadRequest {
		t.Errorf("another count: %d", r.status)
	}
}

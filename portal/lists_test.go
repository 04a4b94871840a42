package portal_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
)

// The lists hold what everybody may see and nothing else, the same in every
// format and for whoever asks, with the article by which each entry is listed.
func TestTheListsOfTheCatalogue(t *testing.T) {
	w := newWhole(t)
	office := w.Office(t)
	w.People(t)
	grid := w.Grid(t, func(d *datasets.Dataset) { d.DBClass = datasets.ThemeDB })
	w.Dataset(t, func(d *datasets.Dataset) {
		d.Slug, d.Status, d.DBClass, d.Department = "theirs", datasets.Published, datasets.BaseDB, w.theirs
	})
	for key, want := range map[string]string{
		"base": "theirs", "theme": "published-conditional published-unconditional", "business": "", "open-unconditional": "published-unconditional theirs", "open-conditional": "published-conditional",
	} {
		for _, who := range []persona{visitor, own, other} {
			got := w.get(t, who, "/catalogues/"+key+".json")
			var list struct {
				Name    string
				AsOf    string `json:"as_of"`
				Count   int
				Entries []struct{ Slug, Law, URL string }
			}
			if err := json.Unmarshal([]byte(got.body), &list); err != nil || got.status != 200 {
				t.Fatalf("%s: %d, %v", key, got.status, err)
			}
			slugs := map[string]bool{}
			for _, e := range list.Entries {
				slugs[e.Slug] = true
				if e.Law == "" || !strings.HasSuffix(e.URL, "/datasets/"+e.Slug) {
					t.Errorf("%s: %+v", key, e)
				}
			}
			for _, slug := range strings.Fields(want) {
				if !slugs[slug] {
					t.Errorf("%s lacks %s", key, slug)
				}
			}
			if len(slugs) != len(strings.Fields(want)) || list.Count != len(slugs) || list.Name == "" || (list.AsOf == "") != (want == "") {
				t.Errorf("%s for %s: %s", key, who, got.body)
			}
		}
		table := w.get(t, visitor, "/catalogues/"+key+".csv")
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table.body, "\uFEFF"))).ReadAll()
		if err != nil || len(rows) != 1+len(strings.Fields(want)) {
			t.Errorf("%s.csv: %d rows, %v", key, len(rows), err)
		}
		book, err := excelize.OpenReader(bytes.NewReader([]byte(w.get(t, visitor, "/catalogues/"+key+".xlsx").body)))
		if err != nil {
			t.Fatal(err)
		}
		l, _ := catalogue.ListOf(key)
		if cells, err := book.GetRows(l.Name.Zh); err != nil || len(cells) != len(rows) {
			t.Errorf("%s.xlsx: %d rows, %v", key, len(cells), err)
		}
	}
	if found := w.get(t, visitor, "/catalogues/open-unconditional.json?department="+office.Slug); strings.Contains(found.body, "theirs") || !strings.Contains(found.body, "published-unconditional") {
		t.Errorf("of one department: %s", found.body)
	}
	first := w.get(t, visitor, "/catalogues/theme.xlsx")
	if again := w.get(t, visitor, "/catalogues/theme.xlsx", "If-None-Match", first.header.Get("ETag")); first.header.Get("ETag") == "" || again.status != 304 {
		t.Errorf("asked again: %d", again.status)
	}
	for _, address := range []string{"/catalogues/secret.csv", "/catalogues/base.exe", "/catalogues/base", "/catalogues/base.csv?department=nowhere"} {
		if got := w.get(t, visitor, address); got.status != 404 {
			t.Errorf("%s: %d", address, got.status)
		}
	}
	page := w.get(t, visitor, "/catalogues")
	if links := page.doc(t).Find(`a[href^="/catalogues/"]`).Length(); links != 15 || page.contains(grid["published-withheld"].Title+"（") != "" {
		t.Errorf("the page has %d links", links)
	}
	for _, from := range []string{"/datasets", "/departments/" + office.Slug, "/developers"} {
		if w.get(t, visitor, from).doc(t).Find(`a[href^="/catalogues"]`).Length() == 0 {
			t.Errorf("%s does not lead there", from)
		}
	}
}

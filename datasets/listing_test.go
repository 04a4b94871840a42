package datasets_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func list(t *testing.T, c *datasetstest.Catalogue, f datasets.Filter) datasets.Page {
	t.Helper()
	page, err := c.Service.List(t.Context(), account.Actor{}, f)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func slugs(found []datasets.Dataset) []string {
	var out []string
	for _, d := range found {
		out = append(out, d.Slug)
	}
	return out
}

// Whoever leafs through a list sees each entry that was there once, whatever is
// added meanwhile.
func TestPagesStayInStepWhileEntriesAreAdded(t *testing.T) {
	c := newCatalogue(t)
	entry := func(slug string, i int) {
		d := c.Dataset(t, func(d *datasets.Dataset) {
			d.Slug, d.Title = slug, fmt.Sprintf("题%d", i/3) // three alike each
			d.LastUpdated = time.Date(2026, 1, 1+i/3, 0, 0, 0, 0, time.UTC)
		})
		for range i / 3 {
			c.Service.CountView(d.ID)
		}
		if err := c.Service.FlushUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		entry(fmt.Sprintf("old-%d", i), i)
	}
	added := 0
	for _, order := range []datasets.Order{"", datasets.ByUpdated, datasets.ByTitle, datasets.ByPopular} {
		want := slugs(list(t, c, datasets.Filter{Order: order, Limit: 200}).Items)
		var got []string
		f := datasets.Filter{Order: order, Limit: 2}
		for {
			page := list(t, c, f)
			got = append(got, slugs(page.Items)...)
			if page.Total != len(want)+added%4 {
				t.Errorf("%s: total %d of %d, %d added", order, page.Total, len(want), added%4)
			}
			if page.Next == "" {
				break
			}
			if f.After = page.Next; added%4 < 3 {
				entry(fmt.Sprintf("new-%d", added), 3*added%12)
				added++
			}
		}
		got = slices.DeleteFunc(got, func(slug string) bool { return !slices.Contains(want, slug) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", order, diff)
		}
		added += 4 - added%4
	}
}

func TestOrders(t *testing.T) {
	c := newCatalogue(t)
	for i, slug := range []string{"b", "c", "a"} {
		d := c.Dataset(t, func(d *datasets.Dataset) {
			d.Slug, d.Title, d.LastUpdated = slug, slug, time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC)
		})
		for range map[string]int{"a": 2, "b": 7, "c": 0}[slug] {
			c.Service.CountView(d.ID)
		}
		if slug == "c" {
			c.Service.CountDownload(d.ID, 10)
		}
	}
	if err := c.Service.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	for order, want := range map[datasets.Order]string{"": "a c b", datasets.ByUpdated: "a c b", datasets.ByTitle: "a b c", datasets.ByPopular: "b c a", datasets.ByDue: ""} {
		if got := strings.Join(slugs(list(t, c, datasets.Filter{Order: order}).Items), " "); got != want {
			t.Errorf("%s: %s, want %s", order, got, want)
		}
	}
}

func TestACursorIsOfTheListThatGaveIt(t *testing.T) {
	c := newCatalogue(t)
	for range 3 {
		c.Dataset(t)
	}
	code := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	given := list(t, c, datasets.Filter{Limit: 1}).Next
	if given == "" {
		t.Fatal("no cursor")
	}
	for name, f := range map[string]datasets.Filter{
		"another order":      {Order: datasets.ByTitle, After: given},
		"an unknown order":   {Order: "secret"},
		"no base64":          {After: "%%%"},
		"no JSON":            {After: code("x")},
		"empty":              {After: code("{}")},
		"no day":             {After: code(`{"o":"updated","v":"' OR 1=1","i":1}`)},
		"a year before all":  {After: code(`{"o":"updated","v":"0000-01-01","i":1}`)},
		"no number":          {Order: datasets.ByPopular, After: code(`{"o":"popular","v":"1e9","i":1}`)},
		"too large a number": {Order: datasets.ByPopular, After: code(`{"o":"popular","v":"99999999999999999999","i":1}`)},
		"NUL":                {Order: datasets.ByTitle, After: code(`{"o":"title","v":"a\u0000","i":1}`)},
		"no title":           {Order: datasets.ByTitle, After: code(`{"o":"title","v":"","i":1}`)},
		"too large an id":    {After: code(`{"o":"updated","v":"2026-01-01","i":99999999999999999999}`)},
		"a text for an id":   {After: code(`{"o":"updated","v":"2026-01-01","i":"1"}`)},
	} {
		if _, err := c.Service.List(t.Context(), account.Actor{}, f); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPageHasAtMostSoMany(t *testing.T) {
	c := newCatalogue(t)
	for range 22 {
		c.Dataset(t)
	}
	for limit, want := range map[int]int{0: 20, -5: 20, 1: 1, 21: 21, 22: 22, 1_000_000: 22} {
		page := list(t, c, datasets.Filter{Limit: limit})
		if len(page.Items) != want || page.Total != 22 || (page.Next == "") != (want == 22) {
			t.Errorf("limit %d: %d items, total %d, next %q", limit, len(page.Items), page.Total, page.Next)
		}
	}
}

func TestFind(t *testing.T) {
	c := newCatalogue(t)
	office := c.Department(t, func(d *datasets.Department) { d.Name, d.Aliases = "示例医疗保障局", []string{"医保局"} })
	theme := c.Theme(t, func(th *datasets.Theme) { th.Name = "交通运输" })
	for _, d := range []datasets.Dataset{
		{Slug: "percent", Title: "增长100%的项目"}, {Slug: "plain", Title: "增长1000元的项目"}, {Slug: "under", Title: "a_b"}, {Slug: "other", Title: "axb"},
		{Slug: "back", Title: `c:\数据`}, {Slug: "bus", Title: "公交线路", TitleEN: "Bus lines", Tags: []string{"巴士"}, Theme: theme}, {Slug: "fund", Title: "基金", Department: office},
	} {
		c.Dataset(t, func(to *datasets.Dataset) {
			to.Slug, to.Title, to.TitleEN, to.Tags, to.Theme, to.Department = d.Slug, d.Title, d.TitleEN, d.Tags, d.Theme, d.Department
			to.Summary, to.SummaryEN = "摘要", ""
		})
	}
	for text, want := range map[string]string{
		"100%": "percent", "100": "percent plain", "a_b": "under", `\`: "back", `c:\`: "back", "%": "percent", "_": "under", `%%`: "", `\%`: "",
		"公交 线路": "bus", "线路\u3000公交": "bus", "线路\n公交": "bus", "BUS": "bus", "巴士": "bus", "交通": "bus", "公交 基金": "", "医保": "fund", "基金 医疗保障": "fund",
		"公\x00交": "bus", "公交\x00线路": "bus", "公交\xff": "bus", "公交 \xff\xfe": "bus", "'; DROP TABLE datasets; --": "", "' OR ''='": "", "\u200b": "", "😀": "",
		strings.Repeat("公交 ", 3000): "bus", strings.Repeat("长", 5000): "", "公交 a b c d e f g 公路": "",
	} {
		page, err := c.Service.Find(t.Context(), account.Actor{}, text, datasets.Filter{})
		if err != nil {
			t.Errorf("%.40q: %v", text, err)
			continue
		}
		got := slugs(page.Items)
		slices.Sort(got)
		if strings.Join(got, " ") != want || page.Total != len(got) {
			t.Errorf("%.40q finds %v, total %d, want %s", text, got, page.Total, want)
		}
	}
	for _, text := range []string{"", "  ", "\x00\x01", "\u3000"} {
		if page, err := c.Service.Find(t.Context(), account.Actor{}, text, datasets.Filter{}); err != nil || page.Total != 7 {
			t.Errorf("%q finds %d, %v", text, page.Total, err)
		}
	}
	page, err := c.Service.Find(t.Context(), account.Actor{}, "项目", datasets.Filter{Limit: 1, Order: datasets.ByTitle})
	if err != nil || page.Total != 2 || page.Next == "" {
		t.Fatalf("%+v, %v", page, err)
	}
	page, err = c.Service.Find(t.Context(), account.Actor{}, "项目", datasets.Filter{Limit: 1, Order: datasets.ByTitle, After: page.Next})
	if err != nil || len(page.Items) != 1 || page.Next != "" {
		t.Errorf("the second page: %+v, %v", page, err)
	}
}

func TestTheMostRelatedComeFirst(t *testing.T) {
	c := newCatalogue(t)
	theme, office := c.Theme(t), c.Department(t)
	d := c.Dataset(t, func(d *datasets.Dataset) {
		d.Slug, d.Tags, d.RelatedCodes, d.Source = "origin", []string{"甲", "乙"}, []string{"R-1"}, "年鉴"
	})
	like := func(slug string, with func(*datasets.Dataset)) {
		c.Dataset(t, func(d *datasets.Dataset) {
			d.Slug, d.Theme, d.Department, d.Source = slug, theme, office, "别处"
			with(d)
		})
	}
	like("nothing", func(*datasets.Dataset) {})
	like("department", func(d *datasets.Dataset) { d.Department = c.Office(t) })
	like("theme", func(d *datasets.Dataset) { d.Theme = c.People(t) })
	like("source", func(d *datasets.Dataset) { d.Source, d.Department = "年鉴", c.Office(t) })
	like("two-tags", func(d *datasets.Dataset) { d.Tags = []string{"乙", "甲", "丙"} })
	like("code", func(d *datasets.Dataset) { d.ResourceCode = "R-1" })
	like("withheld", func(d *datasets.Dataset) { d.ResourceCode, d.Open = "R-1", datasets.Withheld })
	like("draft", func(d *datasets.Dataset) { d.ResourceCode, d.Status = "R-1", datasets.Draft })
	found, err := c.Service.Related(t.Context(), account.Actor{}, d, 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"code", "two-tags", "source", "theme", "department"}, slugs(found)); diff != "" {
		t.Error(diff)
	}
	if found, err = c.Service.Related(t.Context(), account.Actor{}, d, 2); err != nil || len(found) != 2 {
		t.Errorf("%v, %v", slugs(found), err)
	}
	bare := &datasets.Dataset{ID: d.ID, Theme: datasets.Theme{ID: 9999}, Department: datasets.Department{ID: 9999}, RelatedCodes: []string{""}}
	if found, err = c.Service.Related(t.Context(), account.Actor{}, bare, 10); err != nil || len(found) != 0 {
		t.Errorf("related to nothing: %v, %v", slugs(found), err)
	}
}

func TestAListShowsTheNewestFileWithoutItsDictionary(t *testing.T) {
	c := newCatalogue(t)
	d, v := c.File(t, "a.csv", "甲,乙\n1,2\n")
	c.Version(t, d, v.ResourceID, "b.csv", "甲\n1\n2\n")
	empty := c.Resource(t, d)
	got := list(t, c, datasets.Filter{}).Items[0].Resources
	if len(got) != 2 || got[0].Newest.Number != 2 || got[0].Newest.FileName != "b.csv" || got[0].Newest.Tables[0].Rows != 2 || got[0].Newest.Tables[0].Fields != nil {
		t.Errorf("%+v", got[0].Newest)
	}
	if got[1].ID != empty || got[1].Newest != nil {
		t.Errorf("%+v", got[1])
	}
}

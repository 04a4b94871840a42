package datasets_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/licensing"
)

func TestAListingIsNarrowedByAnyOfSeveralValues(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{})
	place := c.Place(t, "350100", "福州市", "Fuzhou")
	theme := c.Theme(t, func(th *datasets.Theme) { th.Slug = "sea" })
	office := c.Department(t, func(d *datasets.Department) { d.Slug = "hyj" })
	c.File(t, "a.csv", "年份\n2025\n", func(d *datasets.Dataset) { d.Slug, d.Tags = "a", []string{"潮汐", "港口"} })
	c.File(t, "b.json", `[{"年份":2025}]`, func(d *datasets.Dataset) {
		d.Slug, d.Theme, d.Department, d.Region, d.Frequency = "b", theme, office, place, datasets.Daily
	})
	c.File(t, "c.csv", "年份\n2025\n", func(d *datasets.Dataset) { d.Slug, d.Open, d.Tags = "c", datasets.Conditional, []string{"港口"} })
	for _, test := range []struct {
		among map[datasets.Facet][]string
		want  []string
	}{
		{nil, []string{"a", "b", "c"}},
		{map[datasets.Facet][]string{"theme": nil}, []string{"a", "b", "c"}},
		{map[datasets.Facet][]string{"theme": {"sea"}}, []string{"b"}},
		{map[datasets.Facet][]string{"theme": {"sea", "people"}, "open": {"unconditional"}}, []string{"a", "b"}},
		{map[datasets.Facet][]string{"org": {"hyj", "nobody"}}, []string{"b"}},
		{map[datasets.Facet][]string{"format": {"json"}}, []string{"b"}},
		{map[datasets.Facet][]string{"format": {"csv", "json"}, "freq": {"daily", "weekly"}}, []string{"b"}},
		{map[datasets.Facet][]string{"region": {"350100"}}, []string{"b"}},
		{map[datasets.Facet][]string{"tag": {"潮汐", "港口"}}, []string{"a", "c"}},
		{map[datasets.Facet][]string{"open": {"withheld"}}, nil},
		{map[datasets.Facet][]string{"colour": {"red"}}, nil},
	} {
		page, err := c.Service.List(t.Context(), account.Actor{}, datasets.Filter{Among: test.among})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range page.Items {
			got = append(got, d.Slug)
		}
		slices.Sort(got)
		if diff := cmp.Diff(test.want, got); diff != "" || page.Total != len(test.want) {
			t.Errorf("%v, total %d: %s", test.among, page.Total, diff)
		}
	}
}

func TestTheCodeListsOfWhatMayNotBeHadAreNotShown(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{})
	codes := datasets.Field{Name: "类型", Label: "类型", Type: "text", Codes: []datasets.Code{{Value: "9001", Label: "机密"}}}
	for open, shown := range map[datasets.OpenType]bool{datasets.Unconditional: true, datasets.Conditional: false} {
		d := c.Dataset(t, func(d *datasets.Dataset) { d.Open = open })
		id := c.Resource(t, d)
		c.Version(t, d, id, "a.csv", "类型\n9001\n", codes)
		kept, r, err := c.Service.Resource(t.Context(), account.Actor{}, id)
		if err != nil {
			t.Fatal(err)
		}
		all, err := c.Service.Versions(t.Context(), account.Actor{}, id)
		if err != nil {
			t.Fatal(err)
		}
		one, err := c.Service.Version(t.Context(), account.Actor{}, id, 1)
		if err != nil {
			t.Fatal(err)
		}
		for road, v := range map[string]*datasets.Version{"entry": kept.Resources[0].Newest, "resource": r.Newest, "versions": &all[0], "version": one} {
			field := v.Tables[0].Fields[0]
			if field.Label != "类型" || (len(field.Codes) > 0) != shown {
				t.Errorf("%s by %s: %+v", open, road, field)
			}
		}
	}
}

func TestVersionsCanBeReadInParts(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{})
	d := c.Dataset(t)
	id := c.Resource(t, d)
	for range 5 {
		c.Version(t, d, id, "a.csv", "年份\n2025\n")
	}
	numbers := func(before, limit int) (out []int) {
		found, err := c.Service.VersionsBefore(t.Context(), account.Actor{}, id, before, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range found {
			out = append(out, v.Number)
		}
		return out
	}
	if diff := cmp.Diff([][]int{{5, 4}, {3, 2}, {1}, nil}, [][]int{numbers(1000, 2), numbers(4, 2), numbers(2, 2), numbers(1, 2)}); diff != "" {
		t.Error(diff)
	}
}

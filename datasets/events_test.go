package datasets_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/licensing"
)

// eventsOf are the events of an entry as visitors see them, oldest first, in
// short.
func eventsOf(t *testing.T, c *datasetstest.Catalogue, slug string) []string {
	t.Helper()
	found, err := c.Service.EventsOf(t.Context(), account.Actor{}, slug, 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range slices.Backward(found) {
		line := string(e.Kind)
		if e.Number > 0 {
			line += fmt.Sprintf(" %d", e.Number)
		}
		if e.Detail.Days != 0 {
			line += fmt.Sprintf(" %+d", e.Detail.Days)
		}
		for _, name := range e.Detail.Columns {
			line += " " + name
		}
		out = append(out, line)
	}
	return out
}

func TestWhatHappensToAnEntryIsWrittenWithTheAct(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{})
	due := time.Date(2026, 12, 25, 0, 0, 0, 0, time.UTC)
	d := c.Dataset(t, func(d *datasets.Dataset) { d.NextDue, d.Email = &due, "kaifang@tjj.example" })
	file := c.Resource(t, d)
	c.Version(t, d, file, "a.csv", "年份,人口\n2025,1\n")
	c.Version(t, d, file, "a.csv", "年份,人口\n2025,1\n2026,2\n") // long before it was promised: a correction
	c.Set(time.Date(2026, 12, 26, 1, 0, 0, 0, datasetstest.China))
	for range 2 { // told once
		if err := c.Service.TellOfLate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var letters int
	var first datasets.LateNotice
	if err := c.Pool.QueryRow(t.Context(), `SELECT count(*) OVER (), args FROM river_job WHERE kind = 'late_notice'`).Scan(&letters, &first); err != nil {
		t.Fatal(err)
	}
	if want := []datasets.LateNews{{Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Due: "2026-12-25"}}; letters != 1 || !slices.Equal(first.Late, want) || first.To != "kaifang@tjj.example" {
		t.Errorf("%d letters, the first %+v", letters, first)
	}
	c.Version(t, d, file, "a.csv", "年份,人口,户数\n2025,1,1\n2026,2,1\n2027,3,2\n")
	who := datasetstest.Officer(d.Department)
	newest, err := c.Service.Version(t.Context(), who, file, 3)
	if err != nil {
		t.Fatal(err)
	}
	said := slices.Clone(newest.Tables[0].Fields)
	said[2].Label = "总户数"
	if err := c.Service.CorrectDictionary(t.Context(), who, file, datasets.Correction{Fields: said, Reason: "写错了"}); err != nil {
		t.Fatal(err)
	}
	move := func(action datasets.Action, reason string) {
		t.Helper()
		now, err := c.Service.Dataset(t.Context(), who, d.Slug)
		if err == nil {
			err = c.Service.Move(t.Context(), who, d.Slug, action, reason, now.Revision)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	move(datasets.Withdraw, "数据有误")
	move(datasets.Restore, "")
	want := []string{"published", "version 1", "version 2 -33", "overdue", "version 3 +1", "schema 3 户数", "correction 3 户数", "withdrawn", "restored"}
	if diff := cmp.Diff(want, eventsOf(t, c, d.Slug)); diff != "" {
		t.Error(diff)
	}
}

// An event of an entry that nobody may see now is told to nobody, whatever was
// written of it; of one that was withdrawn, that it was.
func TestNobodyIsToldOfWhatNobodyMaySee(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{})
	grid := c.Grid(t)
	told := map[string][]string{}
	var slugs []string
	for slug := range grid {
		slugs = append(slugs, slug)
	}
	var ids []int64
	for id := range int64(200) {
		ids = append(ids, id)
	}
	found, err := c.Service.EventsByID(t.Context(), nil, ids)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		told[e.Dataset.Slug] = append(told[e.Dataset.Slug], string(e.Kind))
	}
	for _, slug := range slugs {
		var want []string
		switch slug {
		case "published-unconditional", "published-conditional":
			want = []string{"published", "version"}
		case "withdrawn-unconditional", "withdrawn-conditional":
			want = []string{"withdrawn"}
		}
		if diff := cmp.Diff(want, told[slug]); diff != "" {
			t.Errorf("%s: %s", slug, diff)
		}
	}
	// what is withheld from now on is told to nobody, nor is that it is
	d := grid["published-unconditional"]
	d.Open, d.OpenBasis = datasets.Withheld, []string{"《中华人民共和国数据安全法》第二十一条"}
	if err := c.Service.Save(t.Context(), datasetstest.Officer(d.Department), d); err != nil {
		t.Fatal(err)
	}
	if found, err = c.Service.EventsByID(t.Context(), nil, ids); err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		if e.Dataset.Slug == d.Slug {
			t.Errorf("%s is told of: %s", d.Slug, e.Kind)
		}
	}
}

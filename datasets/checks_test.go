package datasets_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/quality"
	"shuyuan/internal/account"
)

// lines are the checks of a version, one line each: rule, verdict, found of
// checked, places.
func lines(t *testing.T, c *datasetstest.Catalogue, v *datasets.Version) map[quality.ID]string {
	t.Helper()
	if err := c.Service.CheckVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := c.Service.Checks(t.Context(), account.Actor{}, v)
	if err != nil {
		t.Fatal(err)
	}
	out := map[quality.ID]string{}
	for _, c := range all {
		var places []string
		for _, e := range c.Examples {
			places = append(places, fmt.Sprintf("%d:%d:%s=%s", e.Table, e.Row, e.Column, e.Value))
		}
		out[c.Rule] = strings.TrimSpace(fmt.Sprintf("%s %d/%d %s", c.Verdict, c.Found, c.Checked, strings.Join(places, " ")))
		if text := fmt.Sprintf(c.Sentence, c.Args...); strings.Contains(text, "%!") {
			t.Errorf("%s: %s", c.Rule, text)
		}
	}
	return out
}

// Each rule finds what it is for, with exact numbers of rows, and says yes where
// there is nothing and unknown where there is nothing to look at.
func TestRulesFindWhatTheyAreFor(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	key := datasets.Field{Name: "编号", Type: "text", Key: true}
	sex := datasets.Field{Name: "性别代码", Type: "text", Codes: []datasets.Code{{Value: "1"}, {Value: "2"}}}
	share := datasets.Field{Name: "占比", Type: "decimal", Range: "0-100"}
	day := datasets.Field{Name: "日期", Type: "date", Required: true}
	fields := []datasets.Field{key, sex, share, day}
	const head = "编号,性别代码,占比,日期\n"
	for _, x := range []struct {
		name, before, text string
		fields             []datasets.Field
		want               map[quality.ID]string
	}{
		{"all is well", "", head + "a,1,0,2026-01-01\nb,2,100,2026-01-02\n", fields, map[quality.ID]string{
			quality.Characters: "yes 0/4", quality.Types: "yes 0/8", quality.Ranges: "yes 0/2", quality.Codes: "yes 0/2", quality.Required: "yes 0/4", quality.Filled: "yes 0/4",
			quality.Key: "yes 0/2", quality.Duplicates: "yes 0/2", quality.RowsSteady: "unknown 0/0", quality.CodesKept: "unknown 0/0", quality.ColumnsKept: "unknown 0/0",
		}},
		{"nothing to look at", "", "甲\n1\n", nil, map[quality.ID]string{
			quality.Characters: "unknown 0/0", quality.Ranges: "unknown 0/0", quality.Codes: "unknown 0/0", quality.Required: "unknown 0/0", quality.Key: "unknown 0/0", quality.Types: "yes 0/1",
		}},
		{"no rows", "", "甲\n", nil, map[quality.ID]string{quality.Types: "unknown 0/0", quality.Filled: "unknown 0/0", quality.Duplicates: "unknown 0/0"}},
		{"everything is wrong", "", head + "a,1,0,2026-01-01\na,3,100.5,2026-02-30\n,2,-1,\na,1,0,2026-01-01\n", fields, map[quality.ID]string{
			quality.Types:      "no 1/14 1:2:日期=2026-02-30",
			quality.Ranges:     "no 2/4 1:2:占比=100.5 1:3:占比=-1.0",
			quality.Codes:      "no 1/4 1:2:性别代码=3",
			quality.Required:   "no 2/8 1:3:编号= 1:3:日期=",
			quality.Key:        "no 2/4 1:4:编号=a",
			quality.Duplicates: "no 1/4 1:4:=",
		}},
		{"a column is mostly empty", "", "甲,乙\n1,\n2,\n3,1\n", nil, map[quality.ID]string{quality.Filled: "no 1/2 1:0:乙=2 / 3"}},
		{"half of it is not most", "", "甲,乙\n1,\n2,1\n", nil, map[quality.ID]string{quality.Filled: "yes 0/2"}},
		{"as the version before", head + "a,1,0,2026-01-01\nb,2,0,2026-01-01\n", head + "a,1,0,2026-01-01\nb,2,0,2026-01-01\nc,1,0,2026-01-01\n", fields, map[quality.ID]string{
			quality.RowsSteady: "yes 0/1", quality.CodesKept: "yes 0/2", quality.ColumnsKept: "yes 0/4",
		}},
		{"other than the version before", head + "a,1,0,2026-01-01\nb,2,0,2026-01-01\n", "编号,性别代码,占比\na,1,x\nb,1,1\nc,1,1\nd,1,1\n", fields[:2], map[quality.ID]string{
			quality.RowsSteady: "no 1/1", quality.CodesKept: "no 1/2 1:0:性别代码=2", quality.ColumnsKept: "no 2/4 1:0:占比=decimal → text 1:0:日期=date →",
		}},
	} {
		id := c.Resource(t, d)
		if x.before != "" {
			c.Version(t, d, id, "a.csv", x.before, fields...)
		}
		v := c.Version(t, d, id, "a.csv", x.text, x.fields...)
		got := lines(t, c, v)
		for rule, want := range x.want {
			if diff := cmp.Diff(want, got[rule]); diff != "" {
				t.Errorf("%s: %s: %s", x.name, rule, diff)
			}
		}
		if len(got) != 12 {
			t.Errorf("%s: %d rules", x.name, len(got))
		}
	}
}

// U+FFFD that an officer has let through is still told of.
func TestBrokenCharactersAreCountedByRow(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	v, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, c.Resource(t, d), datasets.NewVersion{
		FileName: "a.csv", Content: strings.NewReader("甲,乙\n好,x\n坏\uFFFD字,y\n"), Reviewed: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := lines(t, c, v)[quality.Characters]; got != "no 1/4 1:2:甲=坏\uFFFD字" {
		t.Error(got)
	}
}

// Numbers are for everybody who knows of the entry, examples for who may have
// the data.
func TestExamplesOfWhatIsWrongAreGated(t *testing.T) {
	gate := &datasetstest.Gate{}
	c := datasetstest.New(t, gate, datasetstest.Asked)
	_, v := c.File(t, "a.csv", "甲\n1\n2\n1\n")
	if got := lines(t, c, v)[quality.Duplicates]; got != "no 1/3 1:3:=" {
		t.Fatal(got)
	}
	gate.Shut()
	all, err := c.Service.Checks(t.Context(), account.Actor{}, v)
	if err != nil || len(all) != 12 {
		t.Fatal(all, err)
	}
	for _, c := range all {
		if len(c.Examples) > 0 {
			t.Errorf("%+v", c)
		}
	}
}

func TestAnEntryIsScoredLineByLine(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t, func(d *datasets.Dataset) {
		d.Slug, d.Title, d.Phone, d.TemporalStart = "tides", "潮汐表", "0591-87654321", "2025"
	})
	c.Version(t, d, c.Resource(t, d), "a.csv", "甲\n1\n2\n")
	c.Version(t, d, c.Resource(t, d), "b.csv", "甲\n1\n1\n")
	promisedAgain(t, c, d, datasetstest.Now.AddDate(0, 0, -3))
	if err := c.Service.CheckVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	verdicts := func() map[quality.ID]string {
		t.Helper()
		whole, err := c.Service.Dataset(t.Context(), account.Actor{}, "tides")
		if err != nil {
			t.Fatal(err)
		}
		score, err := c.Service.Quality(t.Context(), whole)
		if err != nil {
			t.Fatal(err)
		}
		out, yes, asked := map[quality.ID]string{}, 0, 0
		for _, l := range score.Lines {
			out[l.Rule.ID] = string(l.Verdict)
			if l.Verdict != quality.Unknown {
				asked++
			}
			if l.Verdict == quality.Yes {
				yes++
			}
		}
		if len(score.Lines) != len(quality.Rules) || yes != score.Yes || asked != score.Asked {
			t.Errorf("%+v", score)
		}
		return out
	}
	want := map[quality.ID]string{
		quality.OnTime: "no", quality.OneSource: "yes", quality.ReadByMany: "yes", quality.Described: "yes", quality.Reachable: "yes",
		quality.Dictionary: "no", quality.Characters: "unknown", quality.Types: "yes", quality.Ranges: "unknown", quality.Codes: "unknown", quality.Required: "unknown",
		quality.Filled: "yes", quality.Key: "unknown", quality.Duplicates: "no", quality.RowsSteady: "unknown", quality.CodesKept: "unknown", quality.ColumnsKept: "unknown",
	}
	if diff := cmp.Diff(want, verdicts()); diff != "" {
		t.Error(diff)
	}

	// the same item of another department is told of, unless nobody may know of it
	other := c.Department(t)
	for _, x := range []struct {
		status datasets.Status
		open   datasets.OpenType
		want   string
	}{{datasets.Draft, datasets.Unconditional, "yes"}, {datasets.Published, datasets.Withheld, "yes"}, {datasets.Published, datasets.Conditional, "no"}} {
		c.Dataset(t, func(d *datasets.Dataset) {
			d.Title, d.Department, d.Status, d.Open = "潮汐表", other, x.status, x.open
		})
		if got := verdicts()[quality.OneSource]; got != x.want {
			t.Errorf("beside one that is %s and %s: %s", x.status, x.open, got)
		}
	}
}

// A corrected dictionary is held against the rules again.
func TestACorrectedDictionaryIsCheckedAgain(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	_, v := c.File(t, "a.csv", "甲\n1\n1\n")
	if got := lines(t, c, v)[quality.Key]; got != "unknown 0/0" {
		t.Fatal(got)
	}
	if _, err := c.Pool.Exec(t.Context(), `
		INSERT INTO dictionary_revisions (version_id, position, number, fields, source, reason, by_user, at)
		VALUES ($1, 0, 1, '[{"name": "甲", "type": "integer", "key": true}]', 'form', '甲是主键', 1, now())`, v.ID); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, c, v)[quality.Key]; got != "no 1/2 1:2:甲=1" {
		t.Error(got)
	}
}

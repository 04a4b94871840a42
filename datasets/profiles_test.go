package datasets_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// What each column holds is worked out once by a job, of older versions too,
// and goes on where it stopped.
func TestProfilesAreKeptOfEveryVersion(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	first := c.Version(t, d, id, "a.csv", "甲\n1\n")
	v := c.Version(t, d, id, "a.csv", "区划,人口,日期\n350100,842,2020-01-31\n350200,-,2020-02-29\n350100,321,\n350300,321,2021-01-01\n", datasets.Field{Name: "区划", Type: "text"})
	if found, err := c.Service.Profiles(t.Context(), account.Actor{}, v, 0); err != nil || len(found) != 0 {
		t.Errorf("before the job: %v, %v", found, err)
	}
	for range 2 { // twice: a job may be run again
		if err := c.Service.MakeProfiles(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	found, err := c.Service.Profiles(t.Context(), account.Actor{}, v, 0)
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string) json.Number { return json.Number(s) }
	want := []datasets.ColumnProfile{
		{Column: "区划", Type: "text", Rows: 4, Distinct: 3, DistinctExact: true, Min: "350100", Max: "350300", Shortest: 6, Longest: 6,
			Top: []datasets.ValueCount{{Value: "350100", Rows: 2}}, Examples: []any{"350100", "350200", "350300"}, Bins: []datasets.ValueBin{}},
		{Column: "人口", Type: "integer", Rows: 4, Misfits: 1, Distinct: 2, DistinctExact: true, Min: number("321"), Max: number("842"), Mean: number("494.6666666666667"), Median: number("321"), Deviation: number("300.79949024779506"),
			Top: []datasets.ValueCount{{Value: number("321"), Rows: 2}}, Examples: []any{number("842"), number("321")}},
		{Column: "日期", Type: "date", Rows: 4, Nulls: 1, Distinct: 3, DistinctExact: true, Min: "2020-01-31", Max: "2021-01-01",
			Top: []datasets.ValueCount{}, Examples: []any{"2020-01-31", "2020-02-29", "2021-01-01"}, BinUnit: "month"},
	}
	for i := range want {
		if i < len(found) && i > 0 { // the bins are the row engine's; here that they are kept, and all of them
			var rows int64
			for _, b := range found[i].Bins {
				rows += b.Rows
			}
			if rows != found[i].Filled() {
				t.Errorf("%s: %d rows in bins, %d have a value", found[i].Column, rows, found[i].Filled())
			}
			found[i].Bins = nil
		}
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if _, err := c.Pool.Exec(t.Context(), `DELETE FROM table_profiles WHERE version_id = $1 AND field = 1`, v.ID); err != nil {
		t.Fatal(err)
	}
	if found, err = c.Service.Profiles(t.Context(), account.Actor{}, v, 0); err != nil || len(found) != 3 || found[1].Column != "" || found[2].Column != "日期" {
		t.Errorf("with one column missing: %+v, %v", found, err)
	}
	if err := c.Service.MakeProfiles(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err = c.Service.Profiles(t.Context(), account.Actor{}, v, 0); err != nil || found[1].Column != "人口" {
		t.Errorf("after the job went on: %+v, %v", found, err)
	}
	if found, err = c.Service.Profiles(t.Context(), account.Actor{}, first, 0); err != nil || len(found) != 1 {
		t.Errorf("of the version before: %v, %v", found, err)
	}
	if _, err := c.Service.Profiles(t.Context(), account.Actor{}, v, 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of a table that there is not: %v", err)
	}
}

// A value of any length is kept by its beginning, and is none to choose from.
func TestProfilesKeepLongValuesByTheirBeginning(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	long := strings.Repeat("长", 5000)
	_, v := c.File(t, "a.csv", fmt.Sprintf("甲,乙\n%s,短\n%s,短\n", long, long))
	if err := c.Service.MakeProfiles(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := c.Service.Profiles(t.Context(), account.Actor{}, v, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("长", 199) + "…"
	if got := found[0]; got.Min != want || fmt.Sprint(got.Examples) != "["+want+"]" || len(got.Top) != 0 || got.Longest != 5000 {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]datasets.ValueCount{{Value: "短", Rows: 2}}, found[1].Top); diff != "" {
		t.Error(diff)
	}
}

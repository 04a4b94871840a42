package datasets_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/licensing"
)

func TestAPromiseGoesOnByItsCycle(t *testing.T) {
	for _, c := range []struct {
		name      string
		frequency datasets.Frequency
		due, on   string
		next      string // empty: no day is promised; "-": not kept
	}{
		{"long before the day", datasets.Annual, "2026-12-31", "2026-12-16", "-"},
		{"the first day that counts", datasets.Annual, "2026-12-31", "2026-12-17", "2027-12-31"},
		{"on the day", datasets.Annual, "2026-12-31", "2026-12-31", "2027-12-31"},
		{"a correction after it was kept", datasets.Annual, "2027-12-31", "2027-01-02", "-"},
		{"late by more than a cycle", datasets.Annual, "2024-06-30", "2026-11-26", "2027-06-30"},
		{"late by exactly a cycle: today is not promised again", datasets.Monthly, "2026-09-25", "2026-11-25", "2026-12-25"},
		{"an end of a month stays one", datasets.Monthly, "2026-02-28", "2026-02-28", "2026-03-31"},
		{"the 30th in February", datasets.Quarterly, "2026-11-29", "2026-11-29", "2027-02-28"},
		{"a leap day", datasets.Annual, "2028-02-29", "2028-02-29", "2029-02-28"},
		{"half a year", datasets.SemiAnnual, "2026-12-31", "2026-12-31", "2027-06-30"},
		{"two years", datasets.Biennial, "2026-06-30", "2026-11-26", "2028-06-30"},
		{"every week, a correction", datasets.Weekly, "2026-12-04", "2026-11-27", "-"},
		{"every week", datasets.Weekly, "2026-12-04", "2026-11-28", "2026-12-11"},
		{"every day", datasets.Daily, "2026-11-26", "2026-11-26", "2026-11-27"},
		{"now and then", datasets.Irregular, "2026-11-30", "2026-11-26", ""},
		{"never", datasets.Never, "2026-11-20", "2026-11-26", "-"},
	} {
		due, on := dayOn(t, c.due), dayOn(t, c.on).Add(-7*time.Hour) // one in the morning in China
		d := &datasets.Dataset{Frequency: c.frequency, NextDue: &due}
		got := "-"
		if next, kept := d.Kept(on); kept {
			if got = ""; next != nil {
				got = next.Format(time.DateOnly)
			}
		}
		if got != c.next {
			t.Errorf("%s: %s published on %s: next %q, want %q", c.name, c.due, c.on, got, c.next)
		}
	}
}

func dayOn(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// An update that was asked for takes the promise along and leaves the list of
// what is late; the first file of an entry and a correction do not.
func TestANewVersionKeepsThePromise(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{})
	c.Set(time.Date(2026, 11, 26, 1, 0, 0, 0, datasetstest.China))
	due := dayOn(t, "2026-11-20")
	d := c.Dataset(t, func(d *datasets.Dataset) { d.Frequency, d.NextDue = datasets.Annual, &due })
	file := c.Resource(t, d)
	state := func() [3]string {
		t.Helper()
		now, err := c.Service.Dataset(t.Context(), datasetstest.Officer(d.Department), d.Slug)
		if err != nil {
			t.Fatal(err)
		}
		return [3]string{now.NextDue.Format(time.DateOnly), now.LastUpdated.Format(time.DateOnly), string(now.Fresh(c.Clock()))}
	}
	before := d.LastUpdated.Format(time.DateOnly)
	for _, step := range []struct {
		what, rows string
		want       [3]string
	}{
		{"the first file", "年份,人口\n2025,1\n", [3]string{"2026-11-20", before, "overdue"}},
		{"the update", "年份,人口\n2025,1\n2026,2\n", [3]string{"2027-11-20", "2026-11-26", "in-time"}},
		{"a correction", "年份,人口\n2025,1\n2026,3\n", [3]string{"2027-11-20", "2026-11-26", "in-time"}},
	} {
		c.Version(t, d, file, "a.csv", step.rows)
		if diff := cmp.Diff(step.want, state()); diff != "" {
			t.Errorf("%s: %s", step.what, diff)
		}
	}
}

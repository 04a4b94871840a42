package datasets_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/licensing"
)

// What was promised is listed by the promised day, and what is late can be
// listed alone: as many as Stats counts.
func TestPromisesAreListedByTheirDay(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{})
	c.Set(time.Date(2026, 11, 25, 0, 30, 0, 0, datasetstest.China))
	promise := func(slug string, f datasets.Frequency, due string) {
		c.Dataset(t, func(d *datasets.Dataset) {
			d.Slug, d.Frequency = slug, f
			if due != "" {
				day, err := time.Parse(time.DateOnly, due)
				if err != nil {
					t.Fatal(err)
				}
				d.NextDue = &day
			}
		})
	}
	promise("yesterday", datasets.Monthly, "2026-11-24")
	promise("today", datasets.Monthly, "2026-11-25")
	promise("also-today", datasets.Weekly, "2026-11-25")
	promise("long-ago", datasets.Annual, "2024-12-31")
	promise("next-year", datasets.Annual, "2027-06-30")
	promise("complete", datasets.Never, "2020-01-01")
	promise("unpromised", datasets.Irregular, "")

	slugs := func(f datasets.Filter) []string {
		var out []string
		for page := 0; ; page++ {
			if page > 9 {
				t.Fatal("the list has no end")
			}
			got, err := c.Service.List(t.Context(), datasetstest.Visitor(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range got.Items {
				out = append(out, fmt.Sprintf("%s %d", d.Slug, d.Late(c.Clock())))
			}
			if got.Next == "" {
				return out
			}
			f.After = got.Next
		}
	}
	if diff := cmp.Diff([]string{"long-ago 694", "yesterday 1", "today 0", "also-today 0", "next-year 0"}, slugs(datasets.Filter{Order: datasets.ByDue, Limit: 2})); diff != "" {
		t.Errorf("promised: %s", diff)
	}
	late := slugs(datasets.Filter{Order: datasets.ByDue, Late: true, Limit: 1})
	if diff := cmp.Diff([]string{"long-ago 694", "yesterday 1"}, late); diff != "" {
		t.Errorf("late: %s", diff)
	}
	stats, err := c.Service.Stats(t.Context(), datasetstest.Visitor())
	if err != nil {
		t.Fatal(err)
	}
	if stats.Promised != 5 || stats.Overdue != len(late) {
		t.Errorf("counted %d promises and %d late, listed 5 and %d", stats.Promised, stats.Overdue, len(late))
	}
}

package datasets

import (
	"testing"
	"time"
)

func TestFresh(t *testing.T) {
	due := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) // as a date column is read
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name string
		d    Dataset
		now  string
		want Fresh
	}{
		{"the last minute of the promised day is in time", Dataset{Frequency: Annual, NextDue: &due}, "2026-11-24T23:59:59+08:00", InTime},
		{"the next midnight in China is late", Dataset{Frequency: Annual, NextDue: &due}, "2026-11-25T00:00:00+08:00", Overdue},
		{"midnight elsewhere does not matter", Dataset{Frequency: Annual, NextDue: &due}, "2026-11-24T16:00:00Z", Overdue},
		{"no promised day", Dataset{Frequency: Irregular}, "2026-11-25T00:00:00Z", Unpromised},
		{"what is complete is never late", Dataset{Frequency: Never, NextDue: &due}, "2030-01-01T00:00:00Z", Complete},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.d.Fresh(at(c.now)); got != c.want {
				t.Errorf("Fresh = %q, want %q", got, c.want)
			}
		})
	}
}

func TestLate(t *testing.T) {
	due := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		d    Dataset
		now  string
		want int
	}{
		{"the promised day itself", Dataset{Frequency: Annual, NextDue: &due}, "2026-11-24T23:59:59+08:00", 0},
		{"the first minute of the next day", Dataset{Frequency: Annual, NextDue: &due}, "2026-11-25T00:00:00+08:00", 1},
		{"the last minute of the next day", Dataset{Frequency: Annual, NextDue: &due}, "2026-11-25T23:59:59+08:00", 1},
		{"the day after that", Dataset{Frequency: Annual, NextDue: &due}, "2026-11-26T00:00:00+08:00", 2},
		{"a year on", Dataset{Frequency: Annual, NextDue: &due}, "2027-11-24T12:00:00+08:00", 365},
		{"what is complete is never late", Dataset{Frequency: Never, NextDue: &due}, "2030-01-01T00:00:00Z", 0},
		{"nor is what nobody promised", Dataset{Frequency: Irregular}, "2030-01-01T00:00:00Z", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, c.now)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.d.Late(now); got != c.want {
				t.Errorf("Late = %d, want %d", got, c.want)
			}
		})
	}
}

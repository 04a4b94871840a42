package deadline_test

import (
	"testing"
	"time"

	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

func clocks(t *testing.T) *deadline.Clocks {
	t.Helper()
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	return deadline.New(book, func() workdays.Calendar { return calendar })
}

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, s, workdays.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return d.Add(10 * time.Hour) // in the middle of a working day
}

const (
	tianjin, aba, fujian, anshan = "cn-tianjin-2018", "cn-sichuan-aba-2021", "cn-fujian-2023", "cn-liaoning-anshan-2022"
	house                        = "house-defaults"
)

// The days are written out from the State Council's notices, and never computed.
func TestWhichRuleRunsAndUntilWhen(t *testing.T) {
	open := deadline.Term{Path: "open.application.decision_deadline", House: "anshan_open_application"}
	change := deadline.Term{Path: "catalogue.update_deadline", House: "catalogue_change_default"}
	report := deadline.Term{Path: "catalogue.report_deadline"}
	correction := deadline.Term{Path: "correction.deadline", House: "correction_default"}
	for _, c := range []struct {
		name, profile string
		term          deadline.Term
		from, by      string
		last          string
	}{
		{"a make-up Sunday counts", tianjin, open, "2024-09-27", tianjin, "2024-09-30"},
		{"the October holiday does not", tianjin, open, "2024-09-30", tianjin, "2024-10-09"},
		{"nor Spring Festival; the Sunday after is worked", tianjin, open, "2024-02-09", tianjin, "2024-02-19"},
		{"received while the text was in force", aba, open, "2023-09-18", aba, "2023-10-13"},
		{"received on its last day", aba, open, "2023-10-10", aba, "2023-10-31"},
		{"received when it had lapsed: the platform's rule", aba, open, "2023-10-11", house, "2023-11-01"},
		{"before it began", aba, change, "2021-10-08", house, "2021-10-21"},
		{"objection", aba, correction, "2023-06-19", aba, "2023-06-29"},
		{"from the event", aba, change, "2023-06-20", aba, "2023-07-05"},
		{"the second clock", aba, report, "2023-10-10", aba, "2023-10-13"},
		{"over the year's end: two calendars", fujian, change, "2023-12-25", fujian, "2024-01-09"},
		{"a text that is silent", anshan, change, "2024-04-01", house, "2024-04-16"},
		{"no text binds", "", correction, "2024-05-06", house, "2024-05-14"},
		{"a term of months", tianjin, deadline.Term{House: "grant_term_max"}, "2024-02-29", house, "2025-02-28"},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := clocks(t)
			got, err := all.Start(c.profile, c.term, day(t, c.from))
			if err != nil {
				t.Fatal(err)
			}
			if got.Profile != c.by || got.House() != (c.by == house) || got.Last.Format(time.DateOnly) != c.last || len(got.Rule.Cite) == 0 {
				t.Errorf("%s %s until %s by %v", got.Profile, got.Path, got.Last.Format(time.DateOnly), got.Rule.Cite)
			}
			again, err := all.Resume(got.Ref)
			if err != nil || !again.Last.Equal(got.Last) || again.Rule.Path != got.Rule.Path {
				t.Errorf("the case that keeps it has %+v, %v", again, err)
			}
		})
	}
}

func TestTheLastMinuteIsInTime(t *testing.T) {
	c, err := clocks(t).Start(tianjin, deadline.Term{Path: "open.application.decision_deadline", House: "anshan_open_application"}, day(t, "2024-09-27"))
	if err != nil {
		t.Fatal(err)
	}
	last := time.Date(2024, 9, 30, 23, 59, 59, 0, workdays.Zone)
	if c.Late(last) || !c.Late(last.Add(time.Second)) {
		t.Errorf("due %s", c.Due())
	}
	there := time.FixedZone("", -5*60*60)
	if c.Late(time.Date(2024, 9, 30, 10, 59, 59, 0, there)) || !c.Late(time.Date(2024, 9, 30, 11, 0, 0, 0, there)) {
		t.Error("the day is that of China, wherever the clock stands")
	}
}

func TestNoPeriodIsGuessed(t *testing.T) {
	all := clocks(t)
	if _, err := all.Start(tianjin, deadline.Term{House: "no such rule"}, day(t, "2024-01-02")); err == nil {
		t.Error("a rule that is not there")
	}
	if _, err := all.Start(tianjin, deadline.Term{House: "clock"}, day(t, "2024-01-02")); err == nil {
		t.Error("a rule that is no period")
	}
	for _, ref := range []deadline.Ref{{Profile: "cn-nowhere", Path: "x"}, {Profile: tianjin, Path: "open.fee"}} {
		if _, err := all.Resume(ref); err == nil {
			t.Errorf("%+v", ref)
		}
	}
}

// The days are counted by hand: of 2027 the notice has not come.
func TestWithoutNextYearsCalendarTheDayIsPreliminary(t *testing.T) {
	all := clocks(t)
	for _, c := range []struct {
		name, from string
		term       deadline.Term
		last       string
		missing    int
	}{
		{"within the year", "2026-12-17", deadline.Term{House: "catalogue_change_default"}, "2026-12-31", 0},
		{"one day over: Friday the first is counted as worked", "2026-12-18", deadline.Term{House: "catalogue_change_default"}, "2027-01-01", 2027},
		{"over a weekend", "2026-12-22", deadline.Term{House: "catalogue_change_default"}, "2027-01-05", 2027},
		{"fifteen days", "2026-12-28", deadline.Term{House: "authority_decision"}, "2027-01-18", 2027},
		{"begun in the year that is missing", "2027-02-01", deadline.Term{House: "authority_decision"}, "2027-02-22", 2027},
		{"months need no calendar", "2026-12-31", deadline.Term{House: "grant_term_max"}, "2027-12-31", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := all.Start("", c.term, day(t, c.from))
			if err != nil {
				t.Fatal(err)
			}
			if got.Last.Format(time.DateOnly) != c.last || got.Missing != c.missing || got.Preliminary() != (c.missing != 0) {
				t.Errorf("until %s, missing %d", got.Last.Format(time.DateOnly), got.Missing)
			}
			again, err := all.Resume(got.Ref)
			if err != nil || again.Missing != c.missing || !again.Last.Equal(got.Last) {
				t.Errorf("the case that keeps it has %+v, %v", again, err)
			}
			if after := got.Due().AddDate(1, 0, 0); got.Late(after) == got.Preliminary() {
				t.Errorf("late a year later: %v", got.Late(after))
			}
		})
	}
}

package workdays_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/workdays"
)

func china(t *testing.T) workdays.Calendar {
	t.Helper()
	c, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func day(t *testing.T, s string) time.Time {
	t.Helper()
	return at(t, s+"T10:00:00+08:00")
}

// The dates are those of a calendar on the wall, written out by hand.
func TestAdd(t *testing.T) {
	c := china(t)
	for _, v := range []struct {
		name, start string
		n           int
		want        string
	}{
		{"a make-up Sunday counts", "2024-09-27", 2, "2024-09-30"},
		{"over the National Day holiday", "2024-09-30", 2, "2024-10-09"},
		{"over the Spring Festival, Sunday 18 February worked", "2024-02-09", 2, "2024-02-19"},
		{"a holiday and two make-up days", "2023-09-18", 15, "2023-10-13"},
		{"over the Dragon Boat holiday, Sunday 25 June worked", "2023-06-19", 7, "2023-06-29"},
		{"an extension runs from the old due date", "2023-06-29", 7, "2023-07-10"},
		{"from the event, not from the ticket", "2023-06-20", 10, "2023-07-05"},
		{"a second clock", "2023-10-13", 3, "2023-10-18"},
		{"over the end of the year", "2023-12-25", 10, "2024-01-09"},
		{"no day at all", "2024-10-01", 0, "2024-10-01"},
		{"from a Saturday", "2024-05-18", 1, "2024-05-20"},
	} {
		got, err := c.Add(day(t, v.start), v.n)
		if err != nil || got.Format(time.DateOnly) != v.want {
			t.Errorf("%s: %s + %d = %v, %v; want %s", v.name, v.start, v.n, got, err, v.want)
		}
		if n, err := c.Between(day(t, v.start), got); err != nil || n != v.n {
			t.Errorf("%s: %d days between, %v", v.name, n, err)
		}
	}
}

func TestDaysAreThoseOfChina(t *testing.T) {
	c := china(t)
	// 16:30 on the 26th in London is already the 27th in China.
	got, err := c.Add(at(t, "2024-09-26T16:30:00Z"), 2)
	if err != nil || got.Format(time.RFC3339) != "2024-09-30T00:00:00+08:00" {
		t.Errorf("%v, %v", got, err)
	}
	end := workdays.EndOfDay(got)
	if !at(t, "2024-09-30T23:59:59+08:00").Before(end) || at(t, "2024-10-01T00:00:00+08:00").Before(end) {
		t.Errorf("the day ends at %v", end)
	}
}

func TestIsWorkday(t *testing.T) {
	c := china(t)
	for d, want := range map[string]bool{
		"2024-02-18": true, "2024-02-17": false, "2024-10-12": true, "2024-10-07": false,
		"2024-10-08": true, "2025-01-26": true, "2025-01-27": true, "2025-01-28": false, "2026-01-04": true, "2026-02-16": false,
	} {
		if got, err := c.IsWorkday(day(t, d)); err != nil || got != want {
			t.Errorf("%s: %v, %v", d, got, err)
		}
	}
}

func TestWeekdaysOffAndWeekendsWorkedIn2026(t *testing.T) {
	c := china(t)
	off, worked := 0, 0
	for d := day(t, "2026-01-01"); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
		w, err := c.IsWorkday(d)
		if err != nil {
			t.Fatal(err)
		}
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		switch {
		case w && weekend:
			worked++
		case !w && !weekend:
			off++
		}
	}
	if off != 19 || worked != 6 {
		t.Errorf("%d weekdays off, %d weekend days worked; the notice says 19 and 6", off, worked)
	}
}

func TestAYearThatIsNotAnnouncedIsAnError(t *testing.T) {
	c := china(t)
	if c.Latest() != 2026 || !c.Covers(2004) || c.Covers(2027) {
		t.Errorf("latest year %d", c.Latest())
	}
	_, err := c.Add(day(t, "2026-12-30"), 5)
	if y, ok := errors.AsType[workdays.NoYear](err); !ok || y != 2027 {
		t.Errorf("got %v", err)
	}
	if _, err := c.IsWorkday(day(t, "2003-12-31")); err == nil {
		t.Error("2003 is not in the calendar")
	}
	if _, err := c.Between(day(t, "2026-12-30"), day(t, "2027-01-03")); err == nil {
		t.Error("counted into 2027")
	}
	if _, err := c.Add(day(t, "2026-12-30"), -1); err == nil {
		t.Error("counted backwards")
	}
}

func TestParseNamesTheLine(t *testing.T) {
	const head = "日期,星期,节日,安排,法定天数,年度\n2027-01-01,五,元旦,放假,1,2027\n"
	if c, err := workdays.Parse(strings.NewReader(head)); err != nil || !c.Covers(2027) {
		t.Error(err)
	}
	for name, row := range map[string]string{
		"wrong weekday": "2027-01-02,日,元旦,放假,1,2027", "no date": "2027-13-02,六,元旦,放假,1,2027", "twice": "2027-01-01,五,元旦,放假,1,2027",
		"unknown arrangement": "2027-01-02,六,元旦,休息,1,2027", "no year": "2027-01-02,六,元旦,放假,1,x", "columns": "2027-01-02,六",
	} {
		if _, err := workdays.Parse(strings.NewReader(head + row)); err == nil || !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

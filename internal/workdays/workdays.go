// Package workdays counts working days (工作日) by the calendar that the State
// Council announces each year: weekends, holidays, and the weekend days that
// are worked to make up for them.
//
// The calendar is data, one row a day: holidays.csv, after the notices of
// 2004-2026, from chinese-days 1.5.7 (MIT, see holidays.LICENSE). A year that
// has not been announced is an error, never a guess.
package workdays

import (
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"sync"
	"time"
)

//go:embed holidays.csv
var files embed.FS

// Zone is the time zone that days are counted in. China has had no summer time
// since 1991, so that a fixed offset is exact for every year of the calendar.
var Zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// NoYear is the error of a count that reaches a year without a calendar.
type NoYear int

// Error says which year it is.
func (y NoYear) Error() string {
	return fmt.Sprintf("no working-day calendar for %d: the State Council's notice has not been loaded", int(y))
}

// Calendar knows which days are worked. The zero value knows no year.
type Calendar struct {
	days   map[string]Day // that are not as their weekday, or are named
	years  map[int]bool
	latest int
}

// China is the calendar built in.
var China = sync.OnceValues(func() (Calendar, error) {
	f, err := files.Open("holidays.csv")
	if err != nil {
		return Calendar{}, err
	}
	defer f.Close()
	return Parse(f)
})

// Parse reads a calendar from CSV with the columns 日期, 星期, 节日, 安排,
// 法定天数, 年度. It returns an error that names the line of a row it does not
// understand.
func Parse(r io.Reader) (Calendar, error) {
	c := Calendar{days: map[string]Day{}, years: map[int]bool{}}
	in := csv.NewReader(r)
	in.FieldsPerRecord = 6
	for {
		row, err := in.Read()
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return Calendar{}, fmt.Errorf("calendar: %w", err)
		}
		line, _ := in.FieldPos(0)
		if line == 1 {
			continue
		}
		if err := c.add(row); err != nil {
			return Calendar{}, fmt.Errorf("calendar, line %d: %w", line, err)
		}
	}
}

func (c *Calendar) add(row []string) error {
	d, err := dayOf(row)
	if err != nil {
		return err
	}
	if _, twice := c.days[row[0]]; twice {
		return fmt.Errorf("%s stands twice", row[0])
	}
	c.put(d)
	return nil
}

func (c *Calendar) put(d Day) {
	c.days[d.Date.Format(time.DateOnly)] = d
	c.years[d.Year] = true
	c.latest = max(c.latest, d.Year)
}

// Covers reports whether the calendar of a year is known.
func (c Calendar) Covers(year int) bool { return c.years[year] }

// Latest is the last year that is known.
func (c Calendar) Latest() int { return c.latest }

// IsWorkday reports whether the day of t in China is worked. It returns NoYear
// for a year that is not known.
func (c Calendar) IsWorkday(t time.Time) (bool, error) {
	t = t.In(Zone)
	if !c.years[t.Year()] {
		return false, NoYear(t.Year())
	}
	if d, special := c.days[t.Format(time.DateOnly)]; special {
		return !d.Off(), nil
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday, nil
}

// Add is the n-th working day after the day of start, as its midnight in
// China; the day of start is not counted. With n = 0 it is the day of start
// itself, whether worked or not. It returns NoYear when the count reaches a
// year that is not known.
func (c Calendar) Add(start time.Time, n int) (time.Time, error) {
	y, m, d := start.In(Zone).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, Zone)
	if n < 0 {
		return time.Time{}, fmt.Errorf("working days: cannot count %d days", n)
	}
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		worked, err := c.IsWorkday(day)
		if err != nil {
			return time.Time{}, err
		}
		if worked {
			n--
		}
	}
	return day, nil
}

// Estimate is Add where the calendar may end: the days of a year that is not
// known are counted as if Mondays to Fridays were worked. missing is the first
// such year; 0 where the day is what Add says.
func (c Calendar) Estimate(start time.Time, n int) (day time.Time, missing int, err error) {
	if n < 0 {
		return time.Time{}, 0, fmt.Errorf("working days: cannot count %d days", n)
	}
	y, m, d := start.In(Zone).Date()
	day = time.Date(y, m, d, 0, 0, 0, 0, Zone)
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		worked, err := c.IsWorkday(day)
		if err != nil {
			if missing == 0 {
				missing = day.Year()
			}
			worked = day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
		}
		if worked {
			n--
		}
	}
	return day, missing, nil
}

// Between is how many working days lie after the day of from up to and with
// the day of to; negative if to is before from.
func (c Calendar) Between(from, to time.Time) (int, error) {
	if to.Before(from) {
		n, err := c.Between(to, from)
		return -n, err
	}
	end := to.In(Zone).Format(time.DateOnly)
	n := 0
	for day := from.In(Zone); day.Format(time.DateOnly) < end; {
		day = day.AddDate(0, 0, 1)
		worked, err := c.IsWorkday(day)
		if err != nil {
			return 0, err
		}
		if worked {
			n++
		}
	}
	return n, nil
}

// EndOfDay is the first moment after the day of t in China: what is due on a
// day is in time before it.
func EndOfDay(t time.Time) time.Time {
	y, m, d := t.In(Zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, Zone)
}

// Package deadline says by when something must be done and which rule says so.
//
// A Term names a period by the path of the rule that sets it. Start looks it up
// in the profile that binds the department on the day the period begins; where
// that text is silent, or none is in force, the platform's own rule answers
// (平台规则). A case keeps the Ref: profile, path and start. The due day is
// worked out from it whenever it is shown, and whether it is late is never
// stored: it would be wrong the moment a calendar or a clock changed.
package deadline

import (
	"fmt"
	"time"

	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

// Term is a period: the path of the rule in the texts, and of the platform's
// rule where a text is silent.
type Term struct {
	Path  string // as catalogue.update_deadline; empty: no text has it
	House string // as catalogue_change_default
}

// Ref is what a case keeps of its clock.
type Ref struct {
	Profile string // id of the profile whose rule runs; the house overlay's where a text is silent
	Path    string // of the rule
	From    time.Time
	Used    int // working days that had run when it was stopped; From is when it went on
	Given   int // working days that somebody gave, of a rule that says how many at most; 0: those of the rule
}

// Clock is a period that runs.
type Clock struct {
	Ref
	Rule policy.Rule // its citation, wording and number
	Last time.Time   // the last day, as its midnight in China
	// Missing is the year whose calendar has not been registered yet; 0 where none
	// is. Last is preliminary then: of that year, Mondays to Fridays were counted.
	Missing int
}

// House reports whether the platform set the period, and no text.
func (c Clock) House() bool { return c.Rule.House }

// Due is the first moment that is too late.
func (c Clock) Due() time.Time { return workdays.EndOfDay(c.Last) }

// Preliminary reports whether Last will be counted anew once the calendar of
// the year Missing is there.
func (c Clock) Preliminary() bool { return c.Missing != 0 }

// Late reports whether the period has run out at now. Nobody is late by a day
// that was only estimated.
func (c Clock) Late(now time.Time) bool { return !c.Preliminary() && !now.Before(c.Due()) }

// Clocks finds rules and counts days. The zero value knows neither.
type Clocks struct {
	book     *policy.Book
	calendar func() workdays.Calendar
}

// New returns the clocks of a book of rules; calendar is asked at every count,
// since an administrator may extend it.
func New(book *policy.Book, calendar func() workdays.Calendar) *Clocks {
	return &Clocks{book: book, calendar: calendar}
}

// By is the same rules counted by another calendar.
func (c *Clocks) By(calendar func() workdays.Calendar) *Clocks {
	return &Clocks{book: c.book, calendar: calendar}
}

// Start begins the period at from for whoever profile binds. A count that reaches
// a year without a calendar ends on a preliminary day, and never in an error:
// work goes on at the end of a year, before the State Council's notice.
func (c *Clocks) Start(profile string, t Term, from time.Time) (Clock, error) {
	return c.Begin(profile, t, from, from)
}

// Begin is Start for a case that keeps the rules of the day on which it was
// received (平台规则 rules_bound_at), where the period begins later.
func (c *Clocks) Begin(profile string, t Term, received, from time.Time) (Clock, error) {
	if p, r, ok := c.book.Governing(profile, t.Path, received); ok && period(r) {
		return c.clock(Ref{Profile: p.ID(), Path: r.Path, From: from}, r)
	}
	r, ok := c.book.House().Rule(t.House)
	if !ok || !period(r) {
		return Clock{}, fmt.Errorf("deadline: the platform has no period %q", t.House)
	}
	return c.clock(Ref{Profile: c.book.House().ID(), Path: r.Path, From: from}, r)
}

// Resume is the clock of a case, by the rule it began under, also where the
// text has lapsed since.
func (c *Clocks) Resume(ref Ref) (Clock, error) {
	p, ok := c.book.Profile(ref.Profile)
	if house := c.book.House(); !ok && ref.Profile == house.ID() {
		p, ok = house, true
	}
	if !ok {
		return Clock{}, fmt.Errorf("deadline: there is no profile %q", ref.Profile)
	}
	r, ok := p.Rule(ref.Path)
	if !ok || !period(r) && (ref.Given <= 0 || r.Unit.Zh != workingDays) {
		return Clock{}, fmt.Errorf("deadline: %s has no period %q", ref.Profile, ref.Path)
	}
	return c.clock(ref, r)
}

// GoOn is a clock of working days that was stopped on the day of stop and runs
// again from the day of again: the days in between do not count. One that had
// run out by then stays late.
func (c *Clocks) GoOn(ref Ref, stop, again time.Time) (Ref, error) {
	clock, err := c.Resume(ref)
	if err != nil || clock.Late(stop) {
		return ref, err
	}
	for { // how many of its days had run
		next, _, err := c.calendar().Estimate(ref.From, 1)
		if err != nil {
			return ref, err
		}
		if !next.Before(workdays.EndOfDay(stop)) {
			break
		}
		ref.From, ref.Used = next, ref.Used+1
	}
	ref.From = again
	return ref, nil
}

// Days is how many working days lie after the day of from up to and with that of
// to; of a year without a calendar, Mondays to Fridays.
func (c *Clocks) Days(from, to time.Time) int {
	n, end := 0, workdays.EndOfDay(to)
	for {
		next, _, err := c.calendar().Estimate(from, 1)
		if err != nil || !next.Before(end) {
			return n
		}
		from, n = next, n+1
	}
}

// Months is the last day of a term of n months that begins on the day of from.
func Months(from time.Time, n int) time.Time { return inMonths(from, n) }

// units are what periods are counted in, as words.yaml names them.
const (
	workingDays = "个工作日"
	months      = "个月"
)

// period reports whether r says how long something may take.
func period(r policy.Rule) bool {
	_, number := r.Number()
	return number && (r.Unit.Zh == workingDays || r.Unit.Zh == months)
}

func (c *Clocks) clock(ref Ref, r policy.Rule) (Clock, error) {
	n, _ := r.Number()
	if ref.Given > 0 {
		n = ref.Given
	}
	out := Clock{Ref: ref, Rule: r}
	if r.Unit.Zh == months {
		out.Last = inMonths(ref.From, n)
		return out, nil
	}
	var err error
	if out.Last, out.Missing, err = c.calendar().Estimate(ref.From, max(n-ref.Used, 0)); err != nil {
		return Clock{}, fmt.Errorf("deadline: %s of %s: %w", ref.Path, ref.Profile, err)
	}
	return out, nil
}

// inMonths is the same day n months on, or the last of a month that is shorter.
func inMonths(from time.Time, n int) time.Time {
	y, m, d := from.In(workdays.Zone).Date()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, workdays.Zone)
	return time.Date(last.Year(), last.Month(), min(d, last.Day()), 0, 0, 0, 0, workdays.Zone)
}

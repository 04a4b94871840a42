package templates

import (
	"context"
	"fmt"
	"time"

	"shuyuan/datasets"
	"shuyuan/templates/text"
)

// A table of promises has one line of time in each row: from the last update
// to the promised day, with today across all rows. All rows share one scale.

const (
	spanWidth  = 320.0
	spanMargin = 6.0
	spanBack   = 7 * 12 // months: as far as a line goes back
	spanAhead  = 13     // and ahead: a promise of a year with some room
)

type span struct{ from, today, to time.Time }

// spanOf is the scale for a list: as wide as its days ask for, within bounds.
// How long ago something complete was updated does not stretch it.
func spanOf(list []datasets.Dataset, now time.Time) span {
	s := span{from: now.AddDate(0, -2, 0), today: now, to: now.AddDate(0, 1, 0)}
	for i := range list {
		d := &list[i]
		if d.NextDue == nil {
			continue
		}
		s.from, s.to = earlier(s.from, *d.NextDue), later(s.to, *d.NextDue)
		if d.LastUpdated.After(now.AddDate(0, -spanAhead, 0)) || d.Fresh(now) == datasets.Overdue {
			s.from = earlier(s.from, d.LastUpdated)
		}
	}
	s.from = later(s.from, now.AddDate(0, -spanBack, 0))
	s.to = earlier(s.to, now.AddDate(0, spanAhead, 0))
	return s
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// x is the place of t; what lies outside stands at the edge.
func (s span) x(t time.Time) float64 {
	part := float64(t.Sub(s.from)) / float64(s.to.Sub(s.from))
	return spanMargin + (spanWidth-2*spanMargin)*max(0, min(1, part))
}

func (s span) holds(t time.Time) bool { return !t.Before(s.from) && !t.After(s.to) }

func (s span) line(from, to time.Time, y float64) string {
	return fmt.Sprintf("M%.1f %.0fH%.1f", s.x(from), y, s.x(to))
}

func (s span) todayLine(height float64) string {
	return fmt.Sprintf("M%.1f 0V%.0f", s.x(s.today), height)
}

// ticks are the first days of months or years, about six, none where today's
// word stands.
func (s span) ticks() []tick {
	step := 1
	months := int(s.to.Sub(s.from).Hours()/24/30) + 1
	for _, n := range []int{1, 2, 3, 6, 12, 24} {
		if step = n; months/n <= 6 {
			break
		}
	}
	form := "2006-01"
	if step >= 12 {
		form = "2006"
	}
	var out []tick
	first := s.from.In(china)
	for m := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, china); !m.After(s.to); m = m.AddDate(0, 1, 0) {
		at, room := s.x(m), 6.2*float64(len(form))
		if (m.Year()*12+int(m.Month())-1)%step != 0 || !s.holds(m) || at > spanWidth-room || at > s.x(s.today)-room-18 && at < s.x(s.today)+22 {
			continue
		}
		out = append(out, tick{at, m.Format(form)})
	}
	return out
}

// lateWords says how late, in days.
func lateWords(ctx context.Context, days int) string {
	if days == 1 {
		return text.T(ctx, "逾期 1 天")
	}
	return text.T(ctx, "逾期 %s 天", Thousands(int64(days)))
}

// barPath is a bar of value out of most, 100 wide.
func barPath(value, most int) string {
	if most <= 0 {
		return ""
	}
	return fmt.Sprintf("M0 1h%.1fv6H0z", 100*float64(value)/float64(most))
}

// fullest is the most datasets that one of the departments has: the length of
// the longest bar.
func fullest(list []DepartmentRow) int {
	most := 0
	for _, d := range list {
		most = max(most, d.Datasets)
	}
	return most
}

func fullestTheme(list []datasets.Counted[datasets.Theme]) int {
	most := 0
	for _, t := range list {
		most = max(most, t.Datasets)
	}
	return most
}

// lastAndNext is when d was last updated, and by when it is to be again or was
// to be.
func lastAndNext(ctx context.Context, d *datasets.Dataset, now time.Time) string {
	last := text.T(ctx, "最近一次 %s", Day(d.LastUpdated))
	switch fresh := d.Fresh(now); {
	case d.NextDue != nil && fresh == datasets.Overdue:
		return last + text.T(ctx, "，承诺 %s 前更新", Day(*d.NextDue))
	case d.NextDue != nil && fresh == datasets.InTime:
		return last + text.T(ctx, "，下一次最迟 %s", Day(*d.NextDue))
	}
	return last
}

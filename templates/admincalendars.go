package templates

import (
	"context"
	"strconv"
	"time"

	"shuyuan/internal/calendars"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/templates/text"
)

// CalendarsPage is which years are known, and the form for another.
type CalendarsPage struct {
	Frame
	Years   []CalendarYear
	Missing int // the year that should be there; 0: none
	House   string
	Rule    policy.Rule

	Form    CalendarForm
	Looked  *calendars.Looked // what was read of the form; nil: nothing yet
	Moves   []calendars.Moved
	Done    string
	Mistake Mistake
}

// CalendarYear is one year that is known.
type CalendarYear struct {
	Year, Off, MakeUp int
	Notice            *calendars.Notice // nil: ships with the program
}

// CalendarForm is the form as it was sent in.
type CalendarForm struct {
	Year, Notice, Rows string
	Sure               bool
}

// CalendarPage is the days of one year.
type CalendarPage struct {
	Frame
	CalendarYear
	Days []workdays.Day
}

func calendarHref(year int) string { return "/desk/admin/calendars/" + strconv.Itoa(year) }

// faultWords is what is wrong with a line.
func faultWords(ctx context.Context, f workdays.Fault) string {
	words := text.T(ctx, f.Zh, f.Args...)
	if f.Line > 0 {
		return text.T(ctx, "第 %d 行：", f.Line) + words
	}
	return words
}

func weekdayName(ctx context.Context, t time.Time) string {
	return text.Pick(ctx, "星期"+[]string{"日", "一", "二", "三", "四", "五", "六"}[t.In(workdays.Zone).Weekday()], t.In(workdays.Zone).Weekday().String())
}

// dayKind is what a day is, in the reader's language.
func dayKind(ctx context.Context, d workdays.Day) string {
	return text.T(ctx, map[string]string{workdays.Holiday: "放假", workdays.Swapped: "放假（调休）", workdays.MakeUp: "调休上班"}[d.Kind])
}

func keepWords(ctx context.Context, p CalendarsPage) string {
	if p.Looked.Known {
		return text.T(ctx, "改正 %s 年的日历", p.Form.Year)
	}
	return text.T(ctx, "登记 %s 年的日历", p.Form.Year)
}

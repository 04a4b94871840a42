package portal

import (
	"cmp"
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/calendars"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showCalendars is GET /desk/admin/calendars: the years that are known. ?year= fills
// the form with the days of a year to be corrected, and names the one to add.
func (s *Server) showCalendars(c *fiber.Ctx) error {
	q, err := query(c, "year", "done")
	if err != nil {
		return err
	}
	f := templates.CalendarForm{Year: cmp.Or(q.Get("year"), strconv.Itoa(s.Calendars.Calendar().Latest()+1))}
	if year, err := strconv.Atoi(f.Year); err == nil && s.Calendars.Calendar().Covers(year) {
		f.Rows, f.Notice = calendarRows(s.Calendars.Calendar().Days(year)), s.Calendars.Notices()[year].Notice
	} else if err != nil {
		return malformed("year", "没有这一年。")
	}
	return s.calendarsPage(c, func(p *templates.CalendarsPage) {
		p.Form = f
		if q.Get("done") != "" {
			p.Done = text.T(c.UserContext(), "工作日历已保存，所有时限从现在起按它数。")
		}
	})
}

func (s *Server) calendarsPage(c *fiber.Ctx, show func(*templates.CalendarsPage)) error {
	ctx := c.UserContext()
	p := templates.CalendarsPage{Frame: s.quietFrame(c, text.T(ctx, "工作日历")), Missing: s.Calendars.Missing(), House: s.Policy.House().ID(), Rule: s.Calendars.Rule()}
	for _, year := range s.Calendars.Calendar().Years() {
		p.Years = append(p.Years, s.calendarYear(year))
	}
	show(&p)
	return s.page(c, templates.AdminCalendars(p))
}

// calendarYear counts the days of a year.
func (s *Server) calendarYear(year int) templates.CalendarYear {
	y := templates.CalendarYear{Year: year}
	for _, d := range s.Calendars.Calendar().Days(year) {
		if d.Off() {
			y.Off++
		} else {
			y.MakeUp++
		}
	}
	if n, registered := s.Calendars.Notices()[year]; registered {
		y.Notice = &n
	}
	return y
}

// putCalendar is POST /desk/admin/calendars: a year looked at first, then kept.
func (s *Server) putCalendar(c *fiber.Ctx) error {
	f, err := form(c, "year", "notice", "rows", "sure", "step")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	asked := templates.CalendarForm{Year: strings.TrimSpace(f.Get("year")), Notice: f.Get("notice"), Rows: f.Get("rows"), Sure: f.Get("sure") == "1"}
	y := calendars.Year{Notice: asked.Notice, CSV: asked.Rows, Sure: asked.Sure}
	if y.Year, err = strconv.Atoi(asked.Year); err != nil {
		y.Year = 0
	}
	looked, err := s.Calendars.Look(who, y)
	if err == nil && f.Get("step") == "save" {
		if err = s.Calendars.Put(ctx, who, y); err == nil {
			return seeOther(c, "/desk/admin/calendars?done=1&year="+asked.Year)
		}
	}
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return err
	}
	wrong, _ := s.mistake(c, err)
	if len(looked.Wrong) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	var moves []calendars.Moved
	if len(looked.Wrong) == 0 && len(looked.Days) > 0 {
		if moves, err = calendars.Moves(ctx, s.Clocks, looked.With, s.Runners...); err != nil {
			return err
		}
	}
	return s.calendarsPage(c, func(p *templates.CalendarsPage) {
		p.Form, p.Mistake, p.Moves = asked, wrong, moves
		if len(looked.Wrong) > 0 || len(looked.Days) > 0 {
			p.Looked = &looked
		}
	})
}

// yearAsked is the year in the address, if its calendar is known.
func (s *Server) yearAsked(c *fiber.Ctx) (int, error) {
	year, err := strconv.Atoi(c.Params("year"))
	if err != nil || !s.Calendars.Calendar().Covers(year) {
		return 0, fault.New(fault.NotFound, "没有这一年的工作日历。")
	}
	return year, nil
}

// showCalendar is GET /desk/admin/calendars/{year}.
func (s *Server) showCalendar(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	year, err := s.yearAsked(c)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	return s.page(c, templates.AdminCalendar(templates.CalendarPage{
		Frame: s.quietFrame(c, text.T(ctx, "工作日历")), CalendarYear: s.calendarYear(year), Days: s.Calendars.Calendar().Days(year),
	}))
}

// calendarCSV is GET /desk/admin/calendars/{year}/days.csv: the year as it is handed
// in.
func (s *Server) calendarCSV(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	year, err := s.yearAsked(c)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="workdays-`+strconv.Itoa(year)+`.csv"`)
	return c.SendString("\uFEFF" + calendarRows(s.Calendars.Calendar().Days(year)))
}

func calendarRows(days []workdays.Day) string {
	var out strings.Builder
	w := csv.NewWriter(&out)
	_ = w.Write(workdays.Head)
	for _, d := range days {
		_ = w.Write(d.Row())
	}
	w.Flush()
	return out.String()
}

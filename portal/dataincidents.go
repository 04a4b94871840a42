package portal

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/licensing/supervision"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showDataIncidents is GET /desk/incidents.
func (s *Server) showDataIncidents(c *fiber.Ctx) error {
	f, asked, err := caseFilter(c, "/desk/incidents")
	if err != nil {
		return err
	}
	if !templates.KnownIncidentState(f.State) {
		return malformed("state", "没有这种状态，请从列表里选。")
	}
	p := templates.DataIncidentsPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "安全事件")), CaseFilter: f, Levels: s.Supervision.IncidentLevels()}
	p.Wide = true
	if p.Items, err = s.Supervision.Incidents(c.UserContext(), actor(c), asked); err != nil {
		return err
	}
	p.Items, p.Next = pageOf(p.Items, func(i supervision.Incident) int64 { return i.ID }, nextHref(f))
	return s.page(c, templates.DataIncidents(p))
}

// showNewDataIncident is GET /desk/incidents/new.
func (s *Server) showNewDataIncident(c *fiber.Ctx) error {
	q, err := query(c, "dataset")
	if err != nil {
		return err
	}
	return s.newDataIncidentPage(c, templates.DataIncidentForm{Slug: slugIn(q.Get("dataset"))}, templates.Mistake{})
}

func (s *Server) newDataIncidentPage(c *fiber.Ctx, f templates.DataIncidentForm, wrong templates.Mistake) (err error) {
	ctx := c.UserContext()
	p := templates.NewDataIncidentPage{Frame: s.quietFrame(c, text.T(ctx, "立安全事件")), Levels: s.Supervision.IncidentLevels(), Form: f, Mistake: wrong}
	if f.Slug != "" {
		p.About, err = s.Supervision.Affectable(ctx, actor(c), f.Slug)
		if fault.KindOf(err) == fault.NotFound {
			c.Status(fiber.StatusUnprocessableEntity)
			p.Mistake = templates.Mistake{Field: "dataset", Sentence: text.T(ctx, "没有这个数据集。")}
		} else if err != nil {
			return err
		}
	}
	return s.page(c, templates.NewDataIncident(p))
}

// openDataIncident is POST /desk/incidents.
func (s *Server) openDataIncident(c *fiber.Ctx) error {
	f, err := form(c, "dataset", "version*", "level", "title", "what", "known", "sent")
	if err != nil {
		return err
	}
	typed := templates.DataIncidentForm{Slug: f.Get("dataset"), Level: f.Get("level"), Title: f.Get("title"), What: f.Get("what"), Known: f.Get("known"), Versions: f["version"]}
	n := supervision.NewIncident{Slug: typed.Slug, Level: typed.Level, Title: typed.Title, What: typed.What, Known: typed.Known, Sent: sent(c, f)}
	for _, raw := range typed.Versions {
		id, _ := strconv.ParseInt(raw, 10, 64) // 0 is none that there is
		n.Versions = append(n.Versions, id)
	}
	i, err := s.Supervision.OpenIncident(c.UserContext(), actor(c), n)
	if wrong, ok := s.mistake(c, err); ok {
		return s.newDataIncidentPage(c, typed, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/incidents/"+i.Number+"?done=1")
}

// showDataIncident is GET /desk/incidents/{number}.
func (s *Server) showDataIncident(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	p := templates.DataIncidentPage{}
	if q.Get("done") != "" {
		p.Done = text.T(c.UserContext(), "已记下。")
	}
	return s.dataIncidentPage(c, p)
}

func (s *Server) dataIncidentPage(c *fiber.Ctx, p templates.DataIncidentPage) (err error) {
	if p.Case, err = s.Supervision.Incident(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Book, p.Levels = s.quietFrame(c, p.Case.Number), s.Policy, s.Supervision.IncidentLevels()
	return s.page(c, templates.DataIncident(p))
}

// moveDataIncident is POST /desk/incidents/{number}.
func (s *Server) moveDataIncident(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "reason", "level", "measures", "records", "words", "words_en", "departments", "kind", "body", "report_number", "report_sent", "cause", "lessons")
	if err != nil {
		return err
	}
	step := supervision.IncidentStep{Action: supervision.IncidentAction(f.Get("action")), Reason: f.Get("reason"), Level: f.Get("level"), Measures: f.Get("measures"), Records: f.Get("records"), Words: f.Get("words"), WordsEN: f.Get("words_en"),
		Departments: strings.Fields(f.Get("departments")), Report: supervision.Reported{Kind: f.Get("kind"), Body: f.Get("body"), Number: f.Get("report_number"), Sent: f.Get("report_sent")}, Cause: f.Get("cause"), Lessons: f.Get("lessons")}
	step.Revision, _ = strconv.Atoi(f.Get("revision")) // none is not the one that is there
	p := templates.DataIncidentPage{Step: step, Others: f.Get("departments")}
	if step.Action == "preview" {
		if p.Preview = strings.TrimSpace(step.Words) != ""; !p.Preview {
			c.Status(fiber.StatusUnprocessableEntity)
			p.Mistake = templates.Mistake{Field: "words", Sentence: text.T(c.UserContext(), "请写告知的话：出了什么事、影响什么、请对方做什么。")}
		}
		return s.dataIncidentPage(c, p)
	}
	_, err = s.Supervision.MoveIncident(c.UserContext(), actor(c), c.Params("number"), step)
	if wrong, ok := s.mistake(c, err); ok {
		p.Mistake, p.Preview = wrong, step.Action == supervision.Tell
		return s.dataIncidentPage(c, p)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/incidents/"+c.Params("number")+"?done=1")
}

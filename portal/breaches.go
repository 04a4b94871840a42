package portal

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/supervision"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// supervisors are the roles that have breach cases, incidents and orders at the
// desk: each sees its own.
var supervisors = []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}

// caseFilter reads which part of a list of cases is asked for.
func caseFilter(c *fiber.Ctx, path string) (templates.CaseFilter, supervision.Filter, error) {
	f := templates.CaseFilter{Path: path}
	q, err := query(c, "all", "late", "state", "before")
	if err != nil {
		return f, supervision.Filter{}, err
	}
	f.All, f.Late, f.State = q.Get("all") != "", q.Get("late") != "", q.Get("state")
	before, err := after(q.Get("before"))
	return f, supervision.Filter{All: f.All, Late: f.Late, State: f.State, Before: before, Limit: listed + 1}, err
}

// nextHref is the address of the next page of a list of cases.
func nextHref(f templates.CaseFilter) string {
	if href := f.Href(); strings.Contains(href, "?") {
		return href + "&before="
	}
	return f.Path + "?before="
}

// showBreaches is GET /desk/breaches.
func (s *Server) showBreaches(c *fiber.Ctx) error {
	f, asked, err := caseFilter(c, "/desk/breaches")
	if err != nil {
		return err
	}
	if !templates.KnownBreachState(f.State) {
		return malformed("state", "没有这种状态，请从列表里选。")
	}
	p := templates.BreachesPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "违约案")), CaseFilter: f}
	p.Wide = true
	if p.Items, err = s.Supervision.Breaches(c.UserContext(), actor(c), asked); err != nil {
		return err
	}
	p.Items, p.Next = pageOf(p.Items, func(b supervision.Breach) int64 { return b.ID }, nextHref(f))
	return s.page(c, templates.Breaches(p))
}

// showNewBreach is GET /desk/breaches/new.
func (s *Server) showNewBreach(c *fiber.Ctx) error {
	q, err := query(c, "grant")
	if err != nil {
		return err
	}
	return s.newBreachPage(c, templates.BreachForm{Grant: q.Get("grant")}, templates.Mistake{})
}

func (s *Server) newBreachPage(c *fiber.Ctx, f templates.BreachForm, wrong templates.Mistake) error {
	x, err := s.Supervision.Against(c.UserContext(), actor(c), supervision.Of(f.Grant))
	if err != nil {
		return err
	}
	if !x.May {
		return fault.New(fault.Forbidden, "这一步不由您办。")
	}
	return s.page(c, templates.NewBreach(templates.NewBreachPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "立违约案")), Book: s.Policy, Subject: x, Form: f, Mistake: wrong}))
}

// openBreach is POST /desk/breaches.
func (s *Server) openBreach(c *fiber.Ctx) error {
	f, err := form(c, "grant", "violation*", "facts", "evidence", "halt", "sent")
	if err != nil {
		return err
	}
	typed := templates.BreachForm{Grant: f.Get("grant"), Violations: f["violation"], Facts: f.Get("facts"), Evidence: f.Get("evidence"), Halt: f.Get("halt") == "1"}
	b, err := s.Supervision.OpenBreach(c.UserContext(), actor(c), supervision.Of(typed.Grant), supervision.Charge{Violations: typed.Violations, Facts: typed.Facts, Evidence: typed.Evidence, Halt: typed.Halt, Sent: sent(c, f)})
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.newBreachPage(c, typed, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/breaches/"+b.Number+"?done=1")
}

// reportBreach is POST /grants/{number}/report.
func (s *Server) reportBreach(c *fiber.Ctx) error {
	f, err := form(c, "facts")
	if err != nil {
		return err
	}
	_, err = s.Supervision.ReportBreach(c.UserContext(), actor(c), supervision.Of(c.Params("number")), f.Get("facts"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.grantPage(c, "", "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/grants/"+c.Params("number")+"?done=reported")
}

// showBreach is GET /desk/breaches/{number}, and GET /grants/{grant}/breaches/{number}
// for whoever holds the grant.
func (s *Server) showBreach(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	said := ""
	if q.Get("done") != "" {
		said = text.T(c.UserContext(), "已记下，有关各方收到信。")
	}
	return s.breachPage(c, said, templates.BreachForm{}, templates.Mistake{})
}

func (s *Server) breachPage(c *fiber.Ctx, said string, f templates.BreachForm, wrong templates.Mistake) error {
	v, err := s.breachFor(c)
	if err != nil {
		return err
	}
	if f.Facts == "" && v.State == supervision.Suspected {
		f.Facts = v.Facts
	}
	p := templates.BreachPage{Frame: s.quietFrame(c, v.Number), Book: s.Policy, Case: v, Path: c.Path(), Form: f, Mistake: wrong, Done: said}
	return s.page(c, templates.Breach(p))
}

// breachFor is the case that an address names, on the side that it is under.
func (s *Server) breachFor(c *fiber.Ctx) (*supervision.BreachView, error) {
	v, err := s.Supervision.Breach(c.UserContext(), actor(c), c.Params("number"))
	if err != nil {
		return nil, err
	}
	desk := strings.HasPrefix(c.Path(), "/desk/")
	if private := v.Side == supervision.OfHolder && !v.OfSharing(); desk == private || !desk && v.GrantNo != c.Params("grant") {
		return nil, fault.New(fault.NotFound, "没有这件违约案。")
	}
	return v, nil
}

// moveBreach is POST to the same addresses.
func (s *Server) moveBreach(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "reason", "answer", "grounds", "verdict", "basis", "violation*", "facts", "evidence", "halt")
	if err != nil {
		return err
	}
	if _, err := s.breachFor(c); err != nil {
		return err
	}
	step := supervision.BreachStep{Action: supervision.BreachAction(f.Get("action")), Basis: f.Get("basis")}
	step.Charge = supervision.Charge{Violations: f["violation"], Facts: f.Get("facts"), Evidence: f.Get("evidence"), Halt: f.Get("halt") == "1"}
	step.Revision, _ = strconv.Atoi(f.Get("revision")) // none is not the one that is there
	step.Words = f.Get(step.Action.Field())
	_, err = s.Supervision.MoveBreach(c.UserContext(), actor(c), c.Params("number"), step)
	if wrong, ok := s.mistake(c, err); ok {
		return s.breachPage(c, "", templates.BreachForm{Violations: step.Violations, Facts: step.Facts, Evidence: step.Evidence, Halt: step.Halt, Words: step.Words, Basis: step.Basis}, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=1")
}

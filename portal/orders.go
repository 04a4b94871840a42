package portal

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/supervision"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showOrders is GET /desk/orders.
func (s *Server) showOrders(c *fiber.Ctx) error {
	f, asked, err := caseFilter(c, "/desk/orders")
	if err != nil {
		return err
	}
	if !templates.KnownOrderState(f.State) {
		return malformed("state", "没有这种状态，请从列表里选。")
	}
	p := templates.OrdersPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "责令整改")), CaseFilter: f, May: actor(c).Is(account.Authority)}
	p.Wide = true
	if p.Items, err = s.Supervision.Orders(c.UserContext(), actor(c), asked); err != nil {
		return err
	}
	p.Items, p.Next = pageOf(p.Items, func(o supervision.Order) int64 { return o.ID }, nextHref(f))
	return s.page(c, templates.Orders(p))
}

// showNewOrder is GET /desk/orders/new: about names a line of the score card of the
// department, whose figures of this moment fill the form.
func (s *Server) showNewOrder(c *fiber.Ctx) error {
	q, err := query(c, "department", "ground", "about")
	if err != nil {
		return err
	}
	typed := templates.OrderForm{Department: slugIn(q.Get("department"))}
	if g := q.Get("ground"); g != "" {
		typed.Grounds = []string{g}
	}
	return s.newOrderPage(c, typed, q.Get("about"), templates.Mistake{})
}

func (s *Server) newOrderPage(c *fiber.Ctx, f templates.OrderForm, about string, wrong templates.Mistake) (err error) {
	ctx, who := c.UserContext(), actor(c)
	p := templates.NewOrderPage{Frame: s.quietFrame(c, text.T(ctx, "发出责令整改")), Book: s.Policy, Form: f, Mistake: wrong}
	if p.Under, err = s.Supervision.Under(ctx, who); err != nil {
		return err
	}
	if f.Department == "" {
		return s.page(c, templates.NewOrder(p))
	}
	p.About, err = s.Supervision.Orderable(ctx, who, f.Department)
	if w, ok := s.mistake(c, err); ok && w.Field == "department" {
		p.Mistake = w
		return s.page(c, templates.NewOrder(p))
	}
	if err != nil {
		return err
	}
	if p.Form.Due == "" && wrong.Sentence == "" {
		p.Form.Due = p.About.Usual.Last.Format(time.DateOnly)
	}
	if about != "" {
		if err := s.fillOrder(c, &p, about); err != nil {
			return err
		}
	}
	return s.page(c, templates.NewOrder(p))
}

// groundsAbout are the grounds that a line of the score card speaks for: the first that
// the rule has is proposed, and whoever issues the order chooses.
var groundsAbout = map[string][]string{
	"dictionary": {"catalogue"}, "updating": {"updating", "catalogue"}, "quality": {"unusable", "supply"}, "supply": {"supply", "unusable"},
	"questions": {"late_answers", "supply"}, "applications": {"late_answers", "supply"}, "demands": {"late_answers", "supply"}, "promises": {"late_answers", "supply"},
	"sharing": {"late_answers", "supply"}, "use": {"late_answers", "security"}, "corrections": {"updating", "late_answers", "supply"},
}

// fillOrder writes the ground, the facts and the entries of a form from a line of the
// score card as it stands now.
func (s *Server) fillOrder(c *fiber.Ctx, p *templates.NewOrderPage, about string) error {
	card, err := s.scoreOf(c, p.About.Department.Slug)
	if err != nil {
		return err
	}
	for _, line := range card.Lines() {
		if line.Key != about {
			continue
		}
		p.Filled = true
		p.Form.Facts = factsOf(p.About.Department.Name, line, s.Now())
		bare := map[string][]datasets.Dataset{"supply": card.Card.Bare, "updating": card.Card.Overdue}[about]
		for i := range bare {
			p.Form.Entries += bare[i].Slug + "\n"
		}
		if len(p.Form.Grounds) == 0 {
			p.Form.Grounds = proposed(p.About.Rule.Rule, groundsAbout[about])
		}
		return nil
	}
	return malformed("about", "评价里没有这一项，请从评价页面重新打开。")
}

// proposed is the first of some grounds that a rule has.
func proposed(rule policy.Rule, codes []string) []string {
	for _, code := range codes {
		for _, o := range rule.Options {
			if o.Code == code {
				return []string{code}
			}
		}
	}
	return nil
}

// factsOf says what a line of the score card counts of a department, in the words of
// the order: it is written in Chinese, whoever reads.
func factsOf(department string, l templates.ScoreLine, now time.Time) string {
	return text.In(text.Chinese, "截至 %s，%s在平台评价的“%s”一项（%s）：全部 %d，做到 %d，没有做到 %d。", now.In(workdays.Zone).Format(time.DateOnly), department, l.Name, l.How, l.Share.All, l.Share.Yes, l.Share.All-l.Share.Yes)
}

// issueOrder is POST /desk/orders.
func (s *Server) issueOrder(c *fiber.Ctx) error {
	f, err := form(c, "department", "ground*", "facts", "remedy", "entries", "due", "sent")
	if err != nil {
		return err
	}
	typed := templates.OrderForm{Department: f.Get("department"), Grounds: f["ground"], Facts: f.Get("facts"), Remedy: f.Get("remedy"), Entries: f.Get("entries"), Due: f.Get("due")}
	n := supervision.NewOrder{Department: typed.Department, Grounds: typed.Grounds, Facts: typed.Facts, Remedy: typed.Remedy, Due: typed.Due, Sent: sent(c, f)}
	for _, line := range supervision.Lines(typed.Entries) {
		n.Entries = append(n.Entries, slugIn(line))
	}
	o, err := s.Supervision.IssueOrder(c.UserContext(), actor(c), n)
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.newOrderPage(c, typed, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/orders/"+o.Number+"?done=1")
}

// showOrder is GET /desk/orders/{number}.
func (s *Server) showOrder(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	p := templates.OrderPage{}
	if q.Get("done") != "" {
		p.Done = text.T(c.UserContext(), "已记下，对方收到信。")
	}
	return s.orderPage(c, p)
}

func (s *Server) orderPage(c *fiber.Ctx, p templates.OrderPage) (err error) {
	if p.Case, err = s.Supervision.Order(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Book = s.quietFrame(c, p.Case.Number), s.Policy
	return s.page(c, templates.Order(p))
}

// moveOrder is POST /desk/orders/{number}.
func (s *Server) moveOrder(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "answer", "evidence", "links", "asked", "days", "finding", "due", "reason")
	if err != nil {
		return err
	}
	typed := templates.OrderStepForm{Action: supervision.OrderAction(f.Get("action")), Answer: f.Get("answer"), Evidence: f.Get("evidence"), Links: f.Get("links"), Asked: f.Get("asked"), Days: strings.TrimSpace(f.Get("days")), Finding: f.Get("finding"), Due: f.Get("due"), Reason: f.Get("reason")}
	step := supervision.OrderStep{Action: typed.Action, Evidence: typed.Evidence, Links: supervision.Lines(typed.Links), Due: typed.Due}
	step.Words = f.Get(step.Action.Field())
	step.Revision, _ = strconv.Atoi(f.Get("revision")) // none is not the one that is there
	step.Days, _ = strconv.Atoi(typed.Days)            // no number is no day
	_, err = s.Supervision.MoveOrder(c.UserContext(), actor(c), c.Params("number"), step)
	if wrong, ok := s.mistake(c, err); ok {
		return s.orderPage(c, templates.OrderPage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/orders/"+c.Params("number")+"?done=1")
}

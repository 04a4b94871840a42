package portal

import (
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/refunding"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

var (
	refundReaders = []account.Role{account.ExchangeStaff, account.Authority, account.Regulator}
	refundMovers  = []account.Role{account.ExchangeStaff}
)

// showRefunds is GET /desk/refunds.
func (s *Server) showRefunds(c *fiber.Ctx) error {
	q, err := query(c, "all", "before")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.RefundsPage{Frame: s.quietFrame(c, text.T(ctx, "退款")), All: q.Get("all") != ""}
	p.Wide = true
	if p.Items, err = s.Refunds.Queue(ctx, who, p.All, before, listed+1); err != nil {
		return err
	}
	next := "/desk/refunds?before="
	if p.All {
		next = "/desk/refunds?all=1&before="
	}
	p.Items, p.Next = pageOf(p.Items, func(x refunding.Refund) int64 { return x.ID }, next)
	if p.Prepaid, err = s.Refunds.OfEndedMandates(ctx, who); err != nil {
		return err
	}
	return s.page(c, templates.Refunds(p))
}

// showRefund is GET /desk/refunds/{number} and GET /orders/{order}/refunds/{number}.
func (s *Server) showRefund(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.refundPage(c, templates.RefundPage{Done: q.Get("done") != ""})
}

func (s *Server) refundPage(c *fiber.Ctx, p templates.RefundPage) (err error) {
	if p.Case, err = s.Refunds.One(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	if order := c.Params("order"); order != "" && order != p.Case.Order {
		return fault.New(fault.NotFound, "没有这笔退款。")
	}
	p.Frame, p.Desk = s.quietFrame(c, p.Case.Number), ofDesk(c)
	return s.page(c, templates.RefundCase(p))
}

// moveRefund is POST /desk/refunds/{number} and POST /orders/{order}/refunds/{number}.
func (s *Server) moveRefund(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "action", "reason")
	if err != nil {
		return err
	}
	_, err = s.Refunds.Move(c.UserContext(), actor(c), c.Params("number"), refunding.Step{Action: f.Get("action"), Words: f.Get("reason"), Revision: revision})
	if wrong, ok := s.mistake(c, err); ok {
		return s.refundPage(c, templates.RefundPage{Words: f.Get("reason"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=1")
}

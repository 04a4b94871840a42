package portal

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/settlement"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// settlementReaders see settlements at the desk; the exchange alone moves them there.
var (
	settlementReaders = []account.Role{account.ExchangeStaff, account.Operator, account.Authority, account.Regulator}
	settlementMovers  = []account.Role{account.ExchangeStaff}
)

// showSettlements is GET /desk/settlements.
func (s *Server) showSettlements(c *fiber.Ctx) error {
	q, err := query(c, "all", "before", "done")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	return s.settlementsPage(c, templates.SettlementsPage{All: q.Get("all") != "", Done: q.Get("done") != ""}, before)
}

func (s *Server) settlementsPage(c *fiber.Ctx, p templates.SettlementsPage, before int64) (err error) {
	ctx, who := c.UserContext(), actor(c)
	p.Frame, p.Judges = s.quietFrame(c, text.T(ctx, "结算")), who.Is(account.ExchangeStaff)
	p.Wide = true
	if p.Items, err = s.Settlements.Queue(ctx, who, p.All, before, listed+1); err != nil {
		return err
	}
	next := "/desk/settlements?before="
	if p.All {
		next = "/desk/settlements?all=1&before="
	}
	p.Items, p.Next = pageOf(p.Items, func(x settlement.Settlement) int64 { return x.ID }, next)
	if p.Judges {
		if p.Accounts, err = s.Settlements.Waits(ctx, who); err != nil {
			return err
		}
	}
	return s.page(c, templates.Settlements(p))
}

// judgePayoutAccount is POST /desk/settlements: an account to pay to is confirmed or
// refused.
func (s *Server) judgePayoutAccount(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "action", "account", "reason")
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(f.Get("account"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "没有这个收款账户。")
	}
	_, err = s.Settlements.Judge(c.UserContext(), actor(c), id, settlement.Step{Action: f.Get("action"), Words: f.Get("reason"), Revision: revision})
	if wrong, ok := s.mistake(c, err); ok {
		return s.settlementsPage(c, templates.SettlementsPage{Mistake: wrong}, 0)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/settlements?done=1")
}

// showSettlement is GET /desk/settlements/{number} and GET /account/settlements/{number}.
func (s *Server) showSettlement(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.settlementPage(c, templates.SettlementPage{Done: q.Get("done") != ""})
}

func (s *Server) settlementPage(c *fiber.Ctx, p templates.SettlementPage) (err error) {
	if p.Case, err = s.Settlements.One(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Desk, p.Now = s.quietFrame(c, p.Case.Number), ofDesk(c), s.Now()
	return s.page(c, templates.SettlementCase(p))
}

// moveSettlement is POST /desk/settlements/{number} and POST /account/settlements/{number}.
func (s *Server) moveSettlement(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "action", "reason")
	if err != nil {
		return err
	}
	_, err = s.Settlements.Move(c.UserContext(), actor(c), c.Params("number"), settlement.Step{Action: f.Get("action"), Words: f.Get("reason"), Revision: revision})
	if wrong, ok := s.mistake(c, err); ok {
		return s.settlementPage(c, templates.SettlementPage{Words: f.Get("reason"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=1")
}

// settlementCSV is GET …/settlements/{number}/statement.csv.
func (s *Server) settlementCSV(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	x, err := s.Settlements.One(ctx, actor(c), c.Params("number"))
	if err != nil {
		return err
	}
	rows := [][]string{{text.T(ctx, "结算单"), text.T(ctx, "订单"), text.T(ctx, "日期"), text.T(ctx, "货币"), text.T(ctx, "订单总额"), text.T(ctx, "平台服务费"), text.T(ctx, "服务费的增值税"), text.T(ctx, "本方应得")}}
	for _, l := range x.Lines {
		rows = append(rows, []string{x.Number, l.Order, l.On.Format(time.DateOnly), x.Currency, templates.Decimal(l.Gross), templates.Decimal(l.Fees), templates.Decimal(l.Tax), templates.Decimal(l.Amount)})
	}
	rows = append(rows, []string{x.Number, text.T(ctx, "抵扣以前应退的款"), "", x.Currency, "", "", "", templates.Decimal(-x.Kept)}, []string{x.Number, text.T(ctx, "实付"), "", x.Currency, "", "", "", templates.Decimal(x.Payout())})
	return attach(c, "text/csv; charset=utf-8", x.Number+".csv", csvOf(rows))
}

// showOwnSettlements is GET /account/settlements.
func (s *Server) showOwnSettlements(c *fiber.Ctx) error {
	q, err := query(c, "before", "done")
	if err != nil {
		return err
	}
	before, err := beforeOf(q.Get("before"))
	if err != nil {
		return err
	}
	return s.ownSettlementsPage(c, templates.OwnSettlementsPage{Done: q.Get("done") != ""}, before)
}

func (s *Server) ownSettlementsPage(c *fiber.Ctx, p templates.OwnSettlementsPage, before int64) (err error) {
	if p.Own, err = s.Settlements.Of(c.UserContext(), actor(c), before, listed+1); err != nil {
		return err
	}
	p.Frame, p.Now = s.quietFrame(c, text.T(c.UserContext(), "结算和收款账户")), s.Now()
	p.Own.Settlements, p.Next = pageOf(p.Own.Settlements, func(x settlement.Settlement) int64 { return x.ID }, "/account/settlements?before=")
	return s.page(c, templates.OwnSettlements(p))
}

// proposePayoutAccount is POST /account/settlements.
func (s *Server) proposePayoutAccount(c *fiber.Ctx) error {
	f, err := form(c, "payee", "holder", "bank", "account", "provider")
	if err != nil {
		return err
	}
	typed := settlement.PayoutForm{Holder: f.Get("holder"), Bank: f.Get("bank"), Account: f.Get("account"), Provider: f.Get("provider")}
	payee, err := strconv.ParseInt(f.Get("payee"), 10, 64)
	if err != nil {
		payee = 0
	}
	_, err = s.Settlements.Propose(c.UserContext(), actor(c), payee, typed)
	if wrong, ok := s.mistake(c, err); ok {
		return s.ownSettlementsPage(c, templates.OwnSettlementsPage{Form: typed, Payee: payee, Mistake: wrong}, 0)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account/settlements?done=1")
}

package portal

import (
	"strconv"
	"time"

	"shuyuan/internal/account"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showLedger is GET /desk/ledger: the trial balance at a day.
func (s *Server) showLedger(c *fiber.Ctx) error {
	q, err := query(c, "on")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.LedgerPage{Frame: s.quietFrame(c, text.T(ctx, "账簿"))}
	p.Wide, p.Own = true, !who.Any(account.ExchangeStaff, account.Regulator)
	if p.On, err = dayIn(q.Get("on")); err != nil {
		return err
	}
	if p.Trial, err = s.Ledger.TrialBalance(ctx, who, p.On); err != nil {
		return err
	}
	var ids []int64
	for _, t := range p.Trial {
		ids = append(ids, t.Organisation)
	}
	if p.Names, err = s.Ledger.Names(ctx, ids); err != nil {
		return err
	}
	return s.page(c, templates.Ledger(p))
}

// showLedgerAccount is GET /desk/ledger/account: the entries of an account, with what was
// on it after each.
func (s *Server) showLedgerAccount(c *fiber.Ctx) error {
	q, err := query(c, "code", "currency", "skip")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.LedgerAccountPage{Code: q.Get("code"), Currency: q.Get("currency")}
	if raw := q.Get("skip"); raw != "" {
		if p.Skip, err = strconv.Atoi(raw); err != nil || p.Skip < 1 || p.Skip > 10_000_000 {
			return malformed("skip", "请求的格式不对。")
		}
	}
	if p.Account, p.Steps, err = s.Ledger.Account(ctx, who, p.Code, p.Currency, p.Skip, listed+1); err != nil {
		return err
	}
	if len(p.Steps) > listed {
		p.Steps, p.Next = p.Steps[:listed], p.Skip+listed
	}
	if p.Names, err = s.Ledger.Names(ctx, []int64{p.Account.Organisation}); err != nil {
		return err
	}
	p.Frame = s.quietFrame(c, p.Code)
	p.Wide = true
	return s.page(c, templates.LedgerAccount(p))
}

// showLedgerTransaction is GET /desk/ledger/transactions/{id}.
func (s *Server) showLedgerTransaction(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || id <= 0 {
		return fault.New(fault.NotFound, "没有这笔账。")
	}
	posted, err := s.Ledger.Transaction(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	return s.ledgerEntries(c, templates.LedgerName(id), []ledger.Posted{posted}, posted.Subject)
}

// showLedgerSubject is GET /desk/ledger/of/{subject}: all that was posted about an order,
// a line of a statement, a settlement or a refund.
func (s *Server) showLedgerSubject(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	list, err := s.Ledger.Of(c.UserContext(), actor(c), c.Params("subject"))
	if err != nil {
		return err
	}
	return s.ledgerEntries(c, c.Params("subject"), list, "")
}

func (s *Server) ledgerEntries(c *fiber.Ctx, title string, list []ledger.Posted, subject string) error {
	p := templates.LedgerEntriesPage{Frame: s.quietFrame(c, title), Of: title, Items: list, Subject: subject}
	p.Wide = true
	return s.page(c, templates.LedgerEntries(p))
}

// mostSteps is how many entries of an account one file has.
const mostSteps = 100_000

// ledgerFile is GET /desk/ledger/files/{file}: the trial balance, or an account, as CSV.
func (s *Server) ledgerFile(c *fiber.Ctx) error {
	q, err := query(c, "on", "code", "currency")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	var rows [][]string
	switch c.Params("file") {
	case "trial-balance.csv":
		on, err := dayIn(q.Get("on"))
		if err != nil {
			return err
		}
		list, err := s.Ledger.TrialBalance(ctx, who, on)
		if err != nil {
			return err
		}
		rows = append(rows, []string{text.T(ctx, "账户"), text.T(ctx, "货币"), text.T(ctx, "借方"), text.T(ctx, "贷方"), text.T(ctx, "余额")})
		for _, t := range list {
			rows = append(rows, []string{t.Code, t.Currency, templates.Decimal(t.Debit), templates.Decimal(t.Credit), templates.Decimal(t.Balance())})
		}
	case "account.csv":
		_, list, err := s.Ledger.Account(ctx, who, q.Get("code"), q.Get("currency"), 0, mostSteps)
		if err != nil {
			return err
		}
		rows = append(rows, []string{text.T(ctx, "日期"), text.T(ctx, "账号码"), text.T(ctx, "事由"), text.T(ctx, "借方"), text.T(ctx, "贷方"), text.T(ctx, "余额")})
		for _, x := range list {
			rows = append(rows, []string{x.On.Format(time.DateOnly), templates.LedgerName(x.Transaction), x.Subject, templates.Decimal(x.Debit()), templates.Decimal(x.Credit()), templates.Decimal(x.After)})
		}
	default:
		return fault.New(fault.NotFound, "没有这个文件。")
	}
	return attach(c, "text/csv; charset=utf-8", c.Params("file"), csvOf(rows))
}

package settlement

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/inbox"
	"shuyuan/internal/jobs"
)

// Letter is the job of one letter about a settlement.
type Letter struct {
	ID     string    `json:"id"` // the same at every try
	To     string    `json:"to"`
	Number string    `json:"number"`
	Act    string    `json:"act"`
	Desk   bool      `json:"desk"`  // of the reader
	Yours  bool      `json:"yours"` // the reader has to act
	Words  string    `json:"words,omitempty"`
	Due    string    `json:"due,omitempty"` // date
	At     time.Time `json:"at"`
}

// Kind names the job.
func (Letter) Kind() string { return "settlement_letter" }

// tell writes to whom a step is news.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, x *Settlement, a Action) error {
	n := Letter{Number: x.Number, Act: string(a), Words: x.Reason, At: s.instant()}
	var to []string
	var err error
	switch a {
	case Confirm, Dispute:
		n.Desk, n.Yours = true, true
		to, err = exchangeStaff(ctx, tx)
	case Compute, Answer, Adjust:
		n.Yours = true
		c, clockErr := s.Clocks.Start("", confirmTerm, x.StateAt)
		if clockErr != nil {
			return clockErr
		}
		n.Due = c.Last.Format(time.DateOnly)
		to, err = ownersOf(ctx, tx, x.Payee)
	case Drop, Pay, Fail:
		to, err = ownersOf(ctx, tx, x.Payee)
	case Instruct, Reconcile, Read:
	}
	if err != nil {
		return err
	}
	return jobs.AnnounceTo(ctx, tx, to, func(id, to string) jobs.Args {
		n.ID, n.To = id, to
		return n
	})
}

const late = "到期没有办：标明逾期，仍要办理"

// mostWaiting is how many the inbox lists; the pages list all.
const mostWaiting = 200

// Waiting implements inbox.Source: a payee has to confirm, the exchange to answer and to
// instruct, and to check accounts.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.IsVisitor() || who.ID < 0 || who.Key != "" {
		return nil, nil
	}
	desk := who.Is(account.ExchangeStaff)
	found, err := selectSettlements(ctx, s.Pool, `
		WHERE @desk AND s.state IN ('confirmed_by_payee', 'disputed', 'failed') AND NOT EXISTS (SELECT FROM organisation_members m WHERE m.organisation_id = s.organisation_id AND m.user_id = @who)
			OR s.state = 'computed' AND EXISTS (SELECT FROM organisation_members m WHERE m.organisation_id = s.organisation_id AND m.user_id = @who AND m.role = 'owner') ORDER BY s.id LIMIT @limit`,
		pgx.NamedArgs{"desk": desk, "who": who.ID, "limit": mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		x := &found[i]
		item := inbox.Item{Kind: "settlement", ID: x.Number, Title: inbox.Text{Zh: x.PayeeName}, Sub: inbox.Text{Zh: x.Number}, Path: x.DeskPath(), Since: x.StateAt, Ask: asks[x.State]}
		if x.State == Computed {
			if err := s.clock(x); err != nil {
				return nil, err
			}
			item.Path, item.Clock, item.After = x.Path(), x.Due, late
		}
		out = append(out, item)
	}
	if !desk {
		return out, nil
	}
	accounts, err := s.Waits(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, p := range accounts {
		out = append(out, inbox.Item{Kind: "payout-account", ID: strconv.FormatInt(p.ID, 10), Title: inbox.Text{Zh: p.PayeeName}, Sub: inbox.Text{Zh: p.Bank}, Path: "/desk/settlements", Since: p.StateAt, Ask: "有收款账户，请核对。"})
	}
	return out, nil
}

var asks = map[State]string{
	Computed:  "结算单已经算好，请确认或者提出异议。",
	Confirmed: "收款方已经确认结算单，请指示付款。",
	Disputed:  "收款方对结算单有异议，请答复。",
	Failed:    "结算的款项没有付成，请查明后重新指示。",
}

package refunding

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/inbox"
	"shuyuan/internal/jobs"
)

// Letter is the job of one letter about a refund.
type Letter struct {
	ID     string    `json:"id"` // the same at every try
	To     string    `json:"to"`
	Number string    `json:"number"`
	Order  string    `json:"order"`
	Act    string    `json:"act"`
	Desk   bool      `json:"desk"`  // of the reader
	Yours  bool      `json:"yours"` // the reader has to act
	Words  string    `json:"words,omitempty"`
	At     time.Time `json:"at"`
}

// Kind names the job.
func (Letter) Kind() string { return "refund_letter" }

// tell writes to whom a step is news.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, r *Refund, a Action) error {
	n := Letter{Number: r.Number, Order: r.Order, Act: string(a), Words: r.Reason, At: s.instant()}
	var to, desk []string
	var err error
	switch a {
	case Request:
		n.Words = r.Words
		if r.Cause == BySurplus {
			break
		}
		if to, err = ownersOf(ctx, tx, r.Seller); err == nil {
			desk, err = exchangeStaff(ctx, tx)
		}
	case Reject, Approve, Succeed, ByHand:
		to, err = ownersOf(ctx, tx, r.Buyer)
	case Fail:
		desk, err = exchangeStaff(ctx, tx)
	case Agree, Submit, Again, Read:
	}
	if err != nil {
		return err
	}
	return jobs.AnnounceTo(ctx, tx, slices.Concat(to, desk), func(id, to string) jobs.Args {
		n.ID, n.To, n.Desk = id, to, slices.Contains(desk, to)
		n.Yours = a == Request || n.Desk
		return n
	})
}

// mostWaiting is how many the inbox lists; the pages list all.
const mostWaiting = 200

// Waiting implements inbox.Source: whoever has to agree, and the exchange where one failed.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.IsVisitor() || who.ID < 0 || who.Key != "" {
		return nil, nil
	}
	desk := who.Is(account.ExchangeStaff)
	found, err := selectRefunds(ctx, s.Pool, `
		WHERE @desk AND (r.state = 'failed' OR r.state = 'requested' AND NOT EXISTS (SELECT FROM refund_approvals a WHERE a.refund_id = r.id AND a.side = 'exchange'))
			OR r.state = 'requested' AND r.requested_by <> @who AND NOT EXISTS (SELECT FROM refund_approvals a WHERE a.refund_id = r.id AND a.side = 'trade')
				AND EXISTS (SELECT FROM organisation_members m WHERE m.user_id = @who AND m.role = 'owner' AND m.organisation_id IN (r.seller_id, r.operator_id)) ORDER BY r.id LIMIT @limit`,
		pgx.NamedArgs{"desk": desk, "who": who.ID, "limit": mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		r := &found[i]
		item := inbox.Item{Kind: "refund", ID: r.Number, Title: inbox.Text{Zh: r.BuyerName}, Sub: inbox.Text{Zh: r.Number + " · " + r.Order}, Ask: "有退款申请，请同意或者驳回。", Path: r.Path(), Since: r.StateAt}
		if desk {
			item.Path = r.DeskPath()
		}
		if r.State == Failed {
			item.Ask = "有退款没有办成，请查明后重新提交。"
		}
		out = append(out, item)
	}
	return out, nil
}

package offering

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/inbox"
)

// mostWaiting is how many the inbox lists; the pages list all.
const mostWaiting = 200

const late = "到期没有办：标明逾期，仍要办理"

// Waiting implements inbox.Source: what the exchange has to check, and what came back to
// a seller.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.IsVisitor() || who.ID < 0 || who.Key != "" {
		return nil, nil
	}
	where, ask, path := `l.state = 'returned' AND l.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user AND role = 'owner')`, "上架申请被退回，请改好再提交。", "/account/listings/"
	switch {
	case who.Is(account.ExchangeStaff):
		where, ask, path = `l.state = 'platform_check' AND NOT EXISTS (SELECT FROM organisation_members m WHERE m.user_id = @user AND m.organisation_id IN (l.organisation_id, p.organisation_id))`, "有上架申请，请核对后上架或者退回。", "/desk/listings/"
	case who.Side != account.Use:
		return nil, nil
	}
	found, err := s.list(ctx, s.pool, where, pgx.NamedArgs{"user": who.ID, "limit": mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		l := &found[i]
		out = append(out, inbox.Item{Kind: "listing", ID: l.Number, Title: inbox.Text{Zh: l.Title, En: l.TitleEN}, Sub: inbox.Text{Zh: l.Number + " · " + l.Seller.Name}, Ask: ask, Path: path + l.Number, Since: l.StateAt, Clock: l.Clock, After: late})
	}
	return out, nil
}

// OpenClocks implements calendars.Runner.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	return openClocks(ctx, s.pool)
}

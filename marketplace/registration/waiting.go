package registration

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/inbox"
)

// mostWaiting is how many of a kind the inbox lists; the pages list all.
const mostWaiting = 200

// soon is how long before its end a certificate that can be renewed waits for that.
const soon = 30 * 24 * time.Hour

const late = "到期没有办：标明逾期，仍要办理"

// Waiting implements inbox.Source: what the registrar has to do, what registrants and
// receivers have, what certifiers and valuers have.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.IsVisitor() || who.ID < 0 || who.Key != "" {
		return nil, nil
	}
	if who.Is(account.ExchangeStaff) {
		return s.registrarWaits(ctx, who)
	}
	if who.Side != account.Use {
		return nil, nil
	}
	out, err := s.registrantWaits(ctx, who)
	if err != nil || !who.Any(reporters...) {
		return out, err
	}
	found, err := s.reports(ctx, s.pool, `r.state IN ('requested', 'draft') AND r.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`, pgx.NamedArgs{"user": who.ID, "limit": mostWaiting})
	if err != nil {
		return nil, err
	}
	for i := range found {
		r := &found[i]
		if !who.Is(reporterRoles[r.Kind]) {
			continue
		}
		ask := "请先声明独立性，或者写明理由不接受。"
		if r.State == Drafting {
			ask = "请写完报告，出具或者写明理由不通过。"
		}
		out = append(out, inbox.Item{Kind: "product-report", ID: r.Number, Title: inbox.Text{Zh: r.Title, En: r.TitleEN}, Sub: inbox.Text{Zh: r.Number}, Ask: ask, Path: "/account/reports/" + r.Number, Since: r.StateAt, Clock: r.Clock, After: late})
	}
	return out, nil
}

func (r *Registration) item(ask, path string) inbox.Item {
	return inbox.Item{Kind: "registration", ID: r.Number, Title: inbox.Text{Zh: r.Title, En: r.TitleEN}, Sub: inbox.Text{Zh: r.Number + " · " + r.Registrant.Name}, Ask: ask, Path: path, Since: r.StateAt, Clock: r.Clock, After: late}
}

func (s *Service) registrarWaits(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	found, err := s.Queue(ctx, who, false, 0, mostWaiting)
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		r := &found[i]
		ask := ""
		switch {
		case r.own || r.Receiver != nil && r.ReceivedAt == nil:
		case r.State == Applied:
			ask = "有登记申请，请受理或者退回。"
		case r.State == Accepted:
			ask = "登记申请已受理，请做形式审查并公示。"
		case r.State == Objected:
			ask = "公示期间有异议，请处理并答复。"
		case r.State == PublicNotice && r.Notice.Late(s.now()):
			ask = "公示期满，没有未答复的异议，请发证。"
			c, err := s.Clocks.Start("", issueTerm, r.Notice.Last)
			if err != nil {
				return nil, err
			}
			r.Clock = &c
		}
		if ask != "" {
			out = append(out, r.item(ask, "/desk/exchange/"+r.Number))
		}
	}
	return out, nil
}

func (s *Service) registrantWaits(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	found, err := s.list(ctx, s.pool, `(r.state = 'returned' AND r.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user AND role = 'owner')
		OR r.state = 'applied' AND r.received_at IS NULL AND r.receiver_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user AND role = 'owner'))`, pgx.NamedArgs{"user": who.ID, "limit": mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		r := &found[i]
		ask := "登记申请被退回，请补正后再提交。"
		if r.State == Applied {
			ask = "有人要把登记转移给贵机构，请同意或者不理会。"
		}
		r.Clock = nil
		out = append(out, r.item(ask, "/account/registrations/"+r.Number))
	}
	ending, err := selectCertificates(ctx, s.pool, `c.state = 'issued' AND c.kind = 'registration' AND c.valid_until < @soon AND c.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user AND role = 'owner')
		AND NOT EXISTS (SELECT FROM registrations r WHERE r.product_id = c.product_id AND r.state NOT IN ('issued', 'refused', 'withdrawn'))`, pgx.NamedArgs{"user": who.ID, "soon": s.now().Add(soon), "limit": mostWaiting})
	if err != nil {
		return nil, err
	}
	for i := range ending {
		c := &ending[i]
		out = append(out, inbox.Item{Kind: "registration", ID: c.Number, Title: inbox.Text{Zh: c.Title, En: c.TitleEN}, Sub: inbox.Text{Zh: c.Number}, Ask: "登记证书在 %s 到期，请申请续期。", Args: []any{c.LastDay().Format(time.DateOnly)}, Path: "/account/products/" + c.Product + "/registration", Since: c.ValidUntil.Add(-soon)})
	}
	unregistered, err := selectUnregistered(ctx, s.pool, who.ID, mostWaiting)
	if err != nil {
		return nil, err
	}
	for _, u := range unregistered {
		c, err := s.Clocks.Start("", applyTerm, u.sealed)
		if err != nil {
			return nil, err
		}
		out = append(out, inbox.Item{Kind: "registration", ID: u.number, Title: inbox.Text{Zh: u.title, En: u.titleEN}, Sub: inbox.Text{Zh: u.number}, Ask: "产品已经送审，请申请登记。", Path: "/account/products/" + u.number + "/registration", Since: u.sealed, Clock: &c, After: late})
	}
	return out, nil
}

// OpenClocks implements calendars.Runner.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	return openClocks(ctx, s.pool)
}

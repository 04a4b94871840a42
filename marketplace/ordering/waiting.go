package ordering

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/inbox"
)

// mostWaiting is how many the inbox lists; the pages list all.
const mostWaiting = 200

// ask is what an order waits for, of a side; empty: nothing.
func (o *Order) ask(side Side) (ask, after string) {
	const lapses, late = "到期没有办：订单失效", "到期没有办：标明逾期，仍要办理"
	buyer := side == OfBuyer
	switch {
	case o.Held() && side == OfAuthority && len(o.Papers) == len(Clearances):
		return "出境使用的三份材料交齐了，请核对。", ""
	case o.Held() && side == OfSeller && len(o.Papers) < len(Clearances):
		return "买方要在境外使用，请交出境的三份材料。", ""
	case o.Held() || side == OfAuthority:
	case o.State == Created && (buyer && o.Contract.Buyer.At == nil || side == OfSeller && o.Contract.Seller.At == nil):
		return "请看过合同全文，签署。", lapses
	case o.State == AwaitingPayment && buyer:
		return "请按付款通知转账，写明附言码。", lapses
	case o.State == Delivered && buyer:
		return "已经交付，请验收，或者提异议。", "到期没有办：视为验收"
	case o.State == Objected && side == OfSeller && o.Objection == nil:
		return "买方提了异议，请答复。", late
	}
	return "", ""
}

// Waiting implements inbox.Source: what buyers and sellers have to do about orders, what
// the authority has to look at, and which rules of division an operator has to answer.
func (s *Service) Waiting(ctx context.Context, who account.Actor) (out []inbox.Item, err error) {
	if who.IsVisitor() || who.ID < 0 || who.Key != "" {
		return nil, nil
	}
	if who.Is(account.Operator) {
		found, err := selectRules(ctx, s.pool, `r.state = 'proposed' AND r.made_by <> @user AND r.operator_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`, pgx.NamedArgs{"user": who.ID})
		for i := range found {
			r := &found[i]
			out = append(out, inbox.Item{Kind: "split_rule", ID: r.Number, Title: inbox.Text{Zh: r.Title, En: r.TitleEN}, Sub: inbox.Text{Zh: r.Number + " · " + r.Seller.Name}, Ask: "卖方提出了分账规则，请同意或者退回。", Path: "/desk/splits#" + r.Number, Since: r.StateAt})
		}
		return out, err
	}
	sides := map[Side]string{
		OfBuyer:  `o.buyer_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user AND role = 'owner') AND o.state IN ('created', 'awaiting_payment', 'delivered')`,
		OfSeller: `o.seller_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user AND role = 'owner') AND (o.state = 'created' OR o.state = 'objected' AND EXISTS (SELECT FROM order_objections x WHERE x.order_id = o.id AND x.answer = ''))`,
	}
	switch {
	case who.Is(account.Authority):
		sides = map[Side]string{OfAuthority: `o.cross_border AND o.cleared_at IS NULL AND o.state = 'created' AND (SELECT count(*) = 3 FROM order_clearances c WHERE c.order_id = o.id)`}
	case who.Side != account.Use:
		return nil, nil
	}
	for side, where := range sides {
		found, err := s.list(ctx, s.pool, where, pgx.NamedArgs{"user": who.ID, "limit": mostWaiting})
		if err != nil {
			return nil, err
		}
		for i := range found {
			o := &found[i]
			if o.Held() {
				if o.Papers, err = selectPapers(ctx, s.pool, o.ID); err != nil {
					return nil, err
				}
			}
			ask, after := o.ask(side)
			if ask == "" {
				continue
			}
			other := o.Seller.Name
			if side == OfSeller {
				other = o.Buyer.Name
			}
			out = append(out, inbox.Item{Kind: "order", ID: o.Number + "-" + string(side), Title: inbox.Text{Zh: o.Title, En: o.TitleEN}, Sub: inbox.Text{Zh: o.Number + " · " + other}, Ask: ask, Path: o.Path(), Since: o.StateAt, Clock: o.Clock, After: after})
		}
	}
	return out, nil
}

// OpenClocks implements calendars.Runner.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	return openClocks(ctx, s.pool)
}

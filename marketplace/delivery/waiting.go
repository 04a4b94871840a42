package delivery

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/inbox"
)

// Waiting implements inbox.Source: bills to pay and copies to destroy for owners of the
// buyer, objections for those of the seller, what is overdue for the exchange.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.IsVisitor() || who.ID < 0 || who.Key != "" {
		return nil, nil
	}
	return selectWaiting(ctx, s.pool, pgx.NamedArgs{"user": who.ID, "exchange": who.Is(account.ExchangeStaff), "today": dayOf(s.now()), "limit": mostWaiting})
}

// mostWaiting is how many of a kind the inbox lists; the pages list all.
const mostWaiting = 200

// item is what waits, by the kind of a row.
func item(kind string) inbox.Item {
	switch kind {
	case "bill":
		return inbox.Item{Kind: "bill", Ask: "有账单要付；觉得不对，请在异议期内提出。"}
	case "bill-objection":
		return inbox.Item{Kind: "bill-objection", Ask: "买方对账单有异议，请答复。"}
	case "destruction":
		return inbox.Item{Kind: "destruction", Ask: "使用期限已满，请销毁副本并声明。"}
	}
	return inbox.Item{Kind: "destruction-due", Ask: "买方逾期没有声明销毁副本，请催办。"}
}

func selectWaiting(ctx context.Context, q database.Querier, args pgx.NamedArgs) ([]inbox.Item, error) {
	const mine = `(SELECT organisation_id FROM organisation_members WHERE user_id = @user AND role = 'owner')`
	rows, err := q.Query(ctx, `
		SELECT * FROM (
			SELECT 'bill', b.number, p.title, p.title_en, o.number, '/orders/' || o.number || '/bills/' || b.number, b.made_at FROM usage_bills b JOIN deliveries d ON d.id = b.delivery_id JOIN orders o ON o.id = d.order_id JOIN products p ON p.id = o.product_id WHERE b.state = 'issued' AND o.buyer_id IN `+mine+`
			UNION ALL SELECT 'bill-objection', b.number, p.title, p.title_en, o.number, '/orders/' || o.number || '/bills/' || b.number, b.objected_at FROM usage_bills b JOIN deliveries d ON d.id = b.delivery_id JOIN orders o ON o.id = d.order_id JOIN products p ON p.id = o.product_id WHERE b.state = 'objected' AND o.seller_id IN `+mine+`
			UNION ALL SELECT 'destruction', o.number, p.title, p.title_en, o.number, '/orders/' || o.number || '/delivery', x.since FROM delivery_destructions x JOIN deliveries d ON d.id = x.delivery_id JOIN orders o ON o.id = d.order_id JOIN products p ON p.id = o.product_id WHERE x.declared_at IS NULL AND o.buyer_id IN `+mine+`
			UNION ALL SELECT 'destruction-due', o.number, p.title, p.title_en, o.number, '/desk/deliveries', x.since FROM delivery_destructions x JOIN deliveries d ON d.id = x.delivery_id JOIN orders o ON o.id = d.order_id JOIN products p ON p.id = o.product_id WHERE @exchange AND x.declared_at IS NULL AND x.due_on < @today
		) w ORDER BY 7 LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i inbox.Item, err error) {
		var kind, order string
		var got inbox.Item
		err = row.Scan(&kind, &got.ID, &got.Title.Zh, &got.Title.En, &order, &got.Path, &got.Since)
		i = item(kind)
		i.ID, i.Title, i.Sub, i.Path, i.Since = got.ID, got.Title, inbox.Text{Zh: order}, got.Path, got.Since
		return i, err
	})
}

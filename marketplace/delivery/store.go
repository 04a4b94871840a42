package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/marketplace/ordering"
)

const servings = `
	SELECT coalesce(d.id, 0), o.id, o.number, coalesce(c.number, ''), b.id, b.name, b.credit_code, e.id, e.name, e.credit_code, p.id, p.number, v.id, v.semver, p.title, p.title_en, o.plan, o.purpose, coalesce(d.quota, 0), coalesce(d.used, 0),
		d.opened_at, d.ended_at, coalesce(d.ended_why, ''), o.term_from, o.term_until, o.state, o.sample,
		coalesce(c.state, ''), c.from_at, c.until_at, v.state IN ('published', 'deprecated'),
		(SELECT count(DISTINCT x.kind) = 2 FROM product_certificates x JOIN product_versions w ON w.id = x.version_id WHERE x.product_id = p.id AND x.kind IN ('registration', 'certification') AND x.state = 'issued' AND x.valid_until > @now AND (w.major, w.minor) = (v.major, v.minor)),
		p.state, CASE WHEN l.state = 'paused' AND l.paused_by IN ('exchange', 'regulator') THEN l.paused_by ELSE '' END, l.reason,
		EXISTS (SELECT FROM organisations x WHERE x.id IN (o.buyer_id, o.seller_id, o.developer_id) AND (x.suspended_at IS NOT NULL OR x.status <> 'verified')),
		coalesce((SELECT t.number FROM usage_bills t WHERE t.delivery_id = d.id AND t.state = 'issued' AND t.pay_until < (@now::timestamptz AT TIME ZONE 'Asia/Shanghai')::date ORDER BY t.id LIMIT 1), '')
	FROM orders o JOIN organisations b ON b.id = o.buyer_id JOIN organisations e ON e.id = o.seller_id JOIN products p ON p.id = o.product_id JOIN product_versions v ON v.id = o.version_id JOIN listings l ON l.id = o.listing_id
		LEFT JOIN contracts c ON c.order_id = o.id LEFT JOIN deliveries d ON d.order_id = o.id WHERE `

func selectServings(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Serving, error) {
	rows, err := q.Query(ctx, servings+where, args)
	if err != nil {
		return nil, fmt.Errorf("what is delivered: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v Serving, err error) {
		x := &v.stops
		err = row.Scan(&v.ID, &v.order, &v.Order, &v.Contract, &v.Buyer.ID, &v.Buyer.Name, &v.Buyer.Code, &v.Seller.ID, &v.Seller.Name, &v.Seller.Code, &v.product, &v.Product, &v.version, &v.Version, &v.Title, &v.TitleEN, &v.Plan, &v.Purpose, &v.Quota, &v.Used,
			(*zeronull.Timestamptz)(&v.OpenedAt), &v.EndedAt, &v.EndedWhy, (*zeronull.Timestamptz)(&v.From), (*zeronull.Timestamptz)(&v.Until), &v.OrderState, &v.Sample, &x.contract, (*zeronull.Timestamptz)(&x.contractFrom), (*zeronull.Timestamptz)(&x.contractUntil), &x.published, &x.certified, &x.productState, &x.pausedBy, &x.pausedWhy, &x.suspended, &x.overdue)
		v.Channel = v.Plan.Channel
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("what is delivered: %w", err)
	}
	return found, nil
}

// lockDelivery holds a delivery until tx ends: whoever counts or closes a month waits.
func lockDelivery(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `SELECT FROM deliveries WHERE id = $1 FOR UPDATE`, id); err != nil {
		return fmt.Errorf("lock delivery: %w", err)
	}
	return nil
}

func selectSide(ctx context.Context, q database.Querier, order, user int64) (side string, err error) {
	err = q.QueryRow(ctx, `
		SELECT CASE WHEN bool_or(m.organisation_id = o.buyer_id) THEN 'buyer' WHEN bool_or(m.organisation_id IN (o.seller_id, o.developer_id)) THEN 'seller' WHEN bool_or(m.organisation_id = o.operator_id) THEN 'operator' ELSE '' END
		FROM orders o JOIN organisation_members m ON m.organisation_id IN (o.buyer_id, o.seller_id, o.developer_id, o.operator_id) JOIN organisations x ON x.id = m.organisation_id AND x.status = 'verified' AND x.suspended_at IS NULL
		WHERE o.id = $1 AND m.user_id = $2 HAVING count(*) > 0`, order, user).Scan(&side)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("side of an order: %w", err)
	}
	return side, nil
}

// selectToOpen are orders that are paid and of which nothing is open yet.
func selectToOpen(ctx context.Context, q database.Querier) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT o.number FROM orders o WHERE o.state = 'paid' AND NOT EXISTS (SELECT FROM deliveries d WHERE d.order_id = o.id) ORDER BY o.id LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("orders to deliver: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// lockOrder holds an order until tx ends.
func lockOrder(ctx context.Context, tx pgx.Tx, number string) error {
	if _, err := tx.Exec(ctx, `SELECT FROM orders WHERE number = $1 FOR UPDATE`, number); err != nil {
		return fmt.Errorf("lock order: %w", err)
	}
	return nil
}

func insertDelivery(ctx context.Context, tx pgx.Tx, order int64, v *Serving, at time.Time) (id int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO deliveries (order_id, channel, quota, opened_at) VALUES ($1, $2, $3, $4) ON CONFLICT (order_id) DO NOTHING RETURNING id`, order, v.Plan.Channel, v.Plan.Quota, at).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open a delivery: %w", err)
	}
	return id, nil
}

// selectToEnd are deliveries whose order is over.
func selectToEnd(ctx context.Context, q database.Querier, now time.Time) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT o.number FROM deliveries d JOIN orders o ON o.id = d.order_id JOIN contracts c ON c.order_id = o.id
		WHERE d.ended_at IS NULL AND (o.state IN ('ended', 'refunded', 'cancelled', 'expired') OR c.state IN ('ended', 'void') OR o.term_until <= $1) ORDER BY d.id LIMIT 200`, now)
	if err != nil {
		return nil, fmt.Errorf("deliveries to end: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func endDelivery(ctx context.Context, tx pgx.Tx, id int64, why string, at, due time.Time) (keys int64, err error) {
	if _, err := tx.Exec(ctx, `UPDATE deliveries SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL`, id, at, why); err != nil {
		return 0, fmt.Errorf("end a delivery: %w", err)
	}
	tag, err := tx.Exec(ctx, `UPDATE api_keys SET revoked_at = $2 WHERE delivery_id = $1 AND revoked_at IS NULL`, id, at)
	if err != nil {
		return 0, fmt.Errorf("keys of a delivery: %w", err)
	}
	// what was never fetched need not be destroyed
	if _, err := tx.Exec(ctx, `INSERT INTO delivery_destructions (delivery_id, since, due_on) SELECT $1, $2, $3 WHERE EXISTS (SELECT FROM delivery_events WHERE delivery_id = $1) ON CONFLICT DO NOTHING`, id, at, due); err != nil {
		return 0, fmt.Errorf("destruction: %w", err)
	}
	return tag.RowsAffected(), nil
}

// insertEvent writes one thing that was served; false: it is there already.
func insertEvent(ctx context.Context, tx pgx.Tx, delivery int64, who account.Actor, e *Event) (bool, error) {
	err := tx.QueryRow(ctx, `
		INSERT INTO delivery_events (delivery_id, source, event_id, kind, counts, quantity, bytes, what, part, receipt_id, by_id, key_prefix, at, received_at, month, late)
		VALUES (@delivery, @source, @event, @kind, @counts, @quantity, @bytes, @what, @part, nullif(@receipt::bigint, 0), nullif(@by::bigint, 0), @key, @at, @received, @month, @late) ON CONFLICT (source, event_id) DO NOTHING RETURNING id`,
		pgx.NamedArgs{"delivery": delivery, "source": e.Source, "event": e.ID, "kind": e.Kind, "counts": e.counts, "quantity": e.Quantity, "bytes": e.Bytes, "what": e.What, "part": e.Part, "receipt": e.receipt, "by": max(who.ID, 0), "key": who.Key,
			"at": e.At, "received": e.Received, "month": e.Month, "late": e.Late}).Scan(&e.id)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("event of a delivery: %w", err)
	}
	return true, nil
}

// selectEvent is the event of a source with that id, and of which delivery it is.
func selectEvent(ctx context.Context, q database.Querier, source, id string) (delivery, quantity int64, at time.Time, err error) {
	if err = q.QueryRow(ctx, `SELECT delivery_id, quantity, at FROM delivery_events WHERE source = $1 AND event_id = $2`, source, id).Scan(&delivery, &quantity, &at); err != nil {
		err = fmt.Errorf("event of a delivery: %w", err)
	}
	return delivery, quantity, at, err
}

// lastClosed is the last month of a delivery that is closed; zero: none is.
func lastClosed(ctx context.Context, q database.Querier, delivery int64) (month time.Time, err error) {
	var last *time.Time
	if err := q.QueryRow(ctx, `SELECT max(month) FROM usage_windows WHERE delivery_id = $1`, delivery).Scan(&last); err != nil {
		return month, fmt.Errorf("closed months: %w", err)
	}
	if last != nil {
		month = *last
	}
	return month, nil
}

// take counts something against a quota; false: there is not so much left.
func take(ctx context.Context, tx pgx.Tx, delivery int64, counts int) (used int64, ok bool, err error) {
	err = tx.QueryRow(ctx, `UPDATE deliveries SET used = used + $2 WHERE id = $1 AND (quota = 0 OR used + $2 <= quota) RETURNING used`, delivery, counts).Scan(&used)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("quota: %w", err)
	}
	return used, true, nil
}

// selectKeys are the keys of a delivery, the newest first.
func selectKeys(ctx context.Context, q database.Querier, delivery int64) ([]Key, error) {
	rows, err := q.Query(ctx, `SELECT k.prefix, k.name, u.name, k.created_at, k.expires_at, k.last_used_on, k.revoked_at FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.delivery_id = $1 ORDER BY k.created_at DESC, k.prefix`, delivery)
	if err != nil {
		return nil, fmt.Errorf("keys of a delivery: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Key])
}

// selectFiles are the stamped files of a version.
func selectFiles(ctx context.Context, q database.Querier, version int64) ([]File, error) {
	rows, err := q.Query(ctx, `SELECT a.name, a.form, a.media, a.sha256, a.bytes FROM product_artefacts a WHERE a.version_id = $1 ORDER BY a.content_id, a.form`, version)
	if err != nil {
		return nil, fmt.Errorf("files of a delivery: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[File])
}

func statementOf(ctx context.Context, q database.Querier, version int64) (digest string, err error) {
	if err = q.QueryRow(ctx, `SELECT digest FROM product_seals WHERE version_id = $1`, version).Scan(&digest); err != nil {
		err = fmt.Errorf("seal of a version: %w", err)
	}
	return digest, err
}

const receipts = `SELECT r.id, r.number, r.delivery_id, r.name, r.sha256, r.bytes, r.salt, r.digest, r.envelope, r.statement, r.key_id, r.by_id, r.by_name, r.handed_at, r.version_id, o.number, c.number FROM delivery_receipts r JOIN deliveries d ON d.id = r.delivery_id JOIN orders o ON o.id = d.order_id JOIN contracts c ON c.order_id = o.id WHERE `

func selectReceipts(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Receipt, error) {
	rows, err := q.Query(ctx, receipts+where+` ORDER BY r.id DESC LIMIT 200`, args)
	if err != nil {
		return nil, fmt.Errorf("receipts of a delivery: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Receipt, err error) {
		return r, row.Scan(&r.id, &r.Number, &r.delivery, &r.Name, &r.SHA256, &r.Bytes, &r.Salt, &r.Digest, &r.Envelope, &r.Payload, &r.Key, &r.by, &r.ByName, &r.HandedAt, &r.version, &r.Order, &r.Contract)
	})
}

func insertReceipt(ctx context.Context, tx pgx.Tx, v *Serving, r *Receipt) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO delivery_receipts (number, delivery_id, version_id, name, sha256, bytes, salt, statement, digest, envelope, key_id, by_id, by_name, handed_at)
		VALUES (@number, @delivery, @version, @name, @sha256, @bytes, @salt, @statement, @digest, @envelope, @key, @by, @by_name, @at) RETURNING id`,
		pgx.NamedArgs{"number": r.Number, "delivery": v.ID, "version": v.version, "name": r.Name, "sha256": r.SHA256, "bytes": r.Bytes, "salt": r.Salt, "statement": r.Payload, "digest": r.Digest, "envelope": r.Envelope, "key": r.Key, "by": r.by, "by_name": r.ByName, "at": r.HandedAt}).Scan(&r.id)
	if err != nil {
		return fmt.Errorf("receipt of a delivery: %w", err)
	}
	return nil
}

// selectToClose are the metered deliveries with the first of their months that is over
// and not closed.
func selectToClose(ctx context.Context, q database.Querier, this time.Time) ([]int64, error) {
	rows, err := q.Query(ctx, `
		SELECT d.id FROM deliveries d JOIN orders o ON o.id = d.order_id, LATERAL (SELECT coalesce((SELECT (max(w.month) + interval '1 month')::date FROM usage_windows w WHERE w.delivery_id = d.id), date_trunc('month', d.opened_at AT TIME ZONE 'Asia/Shanghai')::date) AS month) n
		WHERE o.plan ->> 'kind' = 'metered' AND n.month < $1 AND (d.ended_at IS NULL OR n.month <= date_trunc('month', d.ended_at AT TIME ZONE 'Asia/Shanghai')::date OR EXISTS (SELECT FROM delivery_events e WHERE e.delivery_id = d.id AND e.month >= n.month))
		ORDER BY d.id LIMIT 500`, this)
	if err != nil {
		return nil, fmt.Errorf("months to close: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func insertWindow(ctx context.Context, tx pgx.Tx, delivery int64, w *Window) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO usage_windows (delivery_id, month, events, quantity, adjusted, closed_at)
		SELECT $1, $2, count(*), coalesce(sum(quantity) FILTER (WHERE NOT late), 0), coalesce(sum(quantity) FILTER (WHERE late), 0), $3 FROM delivery_events WHERE delivery_id = $1 AND month = $2
		RETURNING events, quantity, adjusted`, delivery, w.Month, w.ClosedAt).Scan(&w.Events, &w.Quantity, &w.Adjusted)
	if err != nil {
		return fmt.Errorf("close a month: %w", err)
	}
	return nil
}

// selectWindows are the months of a delivery, closed or not, the newest first.
func selectWindows(ctx context.Context, q database.Querier, delivery int64) ([]Window, error) {
	rows, err := q.Query(ctx, `
		SELECT m.month, coalesce(w.events, m.events), coalesce(w.quantity, m.quantity), coalesce(w.adjusted, m.adjusted), w.closed_at, coalesce(b.number, ''), coalesce(b.total, 0), coalesce(b.state, '') FROM (
			SELECT month, count(*) AS events, coalesce(sum(quantity) FILTER (WHERE NOT late), 0)::bigint AS quantity, coalesce(sum(quantity) FILTER (WHERE late), 0)::bigint AS adjusted FROM delivery_events WHERE delivery_id = $1 GROUP BY month
			UNION ALL SELECT w.month, 0, 0, 0 FROM usage_windows w WHERE w.delivery_id = $1 AND NOT EXISTS (SELECT FROM delivery_events e WHERE e.delivery_id = $1 AND e.month = w.month)) m
		LEFT JOIN usage_windows w ON w.delivery_id = $1 AND w.month = m.month LEFT JOIN usage_bills b ON b.delivery_id = $1 AND b.month = m.month ORDER BY m.month DESC`, delivery)
	if err != nil {
		return nil, fmt.Errorf("months of a delivery: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (w Window, err error) {
		return w, row.Scan(&w.Month, &w.Events, &w.Quantity, &w.Adjusted, (*zeronull.Timestamptz)(&w.ClosedAt), &w.Bill, &w.Total, &w.BillState)
	})
}

// selectEvents are events of a delivery, in their order; of one month, or of all.
func selectEvents(ctx context.Context, q database.Querier, delivery int64, month *time.Time, after int64, limit int) ([]Event, error) {
	rows, err := q.Query(ctx, `
		SELECT e.id, e.source, e.event_id, e.kind, e.counts, e.quantity, e.bytes, e.what, e.part, coalesce(r.number, ''), coalesce(u.name, ''), e.key_prefix, e.at, e.received_at, e.month, e.late
		FROM delivery_events e LEFT JOIN delivery_receipts r ON r.id = e.receipt_id LEFT JOIN users u ON u.id = e.by_id WHERE e.delivery_id = $1 AND ($2::date IS NULL OR e.month = $2) AND e.id > $3 ORDER BY e.id LIMIT $4`, delivery, month, after, limit)
	if err != nil {
		return nil, fmt.Errorf("events of a delivery: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Event, err error) {
		return e, row.Scan(&e.id, &e.Source, &e.ID, &e.Kind, &e.counts, &e.Quantity, &e.Bytes, &e.What, &e.Part, &e.Receipt, &e.ByName, &e.Key, &e.At, &e.Received, &e.Month, &e.Late)
	})
}

func insertBill(ctx context.Context, tx pgx.Tx, delivery int64, b *Bill) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO usage_bills (number, delivery_id, month, units, rated, net, tax, total, currency, state, state_at, object_until, pay_until, made_at)
		VALUES (@number, @delivery, @month, @units, @rated, @net, @tax, @total, @currency, @state, @at, @object, @pay, @at) RETURNING id, revision`,
		pgx.NamedArgs{"number": b.Number, "delivery": delivery, "month": b.Month, "units": b.Units, "rated": b.Rated, "net": b.Money.Net, "tax": b.Money.Tax, "total": b.Money.Total, "currency": b.Currency, "state": b.State, "at": b.MadeAt, "object": b.ObjectUntil, "pay": b.PayUntil}).Scan(&b.id, &b.Revision)
	if err != nil {
		return fmt.Errorf("bill: %w", err)
	}
	return nil
}

const bills = `
	SELECT b.id, b.number, o.number, d.id, b.month, b.units, b.rated, b.net, b.tax, b.total, b.currency, b.state, b.state_at, b.object_until, b.pay_until, b.advised_at, b.reminded_at, b.words, b.objected_name, b.objected_at, coalesce(b.objected_by, 0), b.answer, b.answered_name, b.answered_at, b.paid_at, b.released_at, b.made_at, b.revision, w.events, w.quantity, w.adjusted, w.closed_at
	FROM usage_bills b JOIN deliveries d ON d.id = b.delivery_id JOIN orders o ON o.id = d.order_id JOIN usage_windows w ON w.delivery_id = b.delivery_id AND w.month = b.month WHERE `

func selectBills(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Bill, error) {
	rows, err := q.Query(ctx, bills+where, args)
	if err != nil {
		return nil, fmt.Errorf("bills: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Bill, err error) {
		err = row.Scan(&b.id, &b.Number, &b.Order, &b.delivery, &b.Month, &b.Units, &b.Rated, &b.Money.Net, &b.Money.Tax, &b.Money.Total, &b.Currency, &b.State, &b.StateAt, &b.ObjectUntil, &b.PayUntil, &b.AdvisedAt, &b.RemindedAt, &b.Words, &b.ObjectedName, &b.ObjectedAt, &b.objector, &b.Answer, &b.AnsweredName, &b.AnsweredAt, &b.PaidAt, &b.ReleasedAt, &b.MadeAt, &b.Revision,
			&b.Window.Events, &b.Window.Quantity, &b.Window.Adjusted, &b.Window.ClosedAt)
		b.Window.Month, b.Window.Bill, b.Window.Total, b.Window.BillState = b.Month, b.Number, b.Money.Total, b.State
		return b, err
	})
}

// lockBill holds a bill until tx ends.
func lockBill(ctx context.Context, tx pgx.Tx, number string) error {
	if _, err := tx.Exec(ctx, `SELECT FROM usage_bills WHERE number = $1 FOR UPDATE`, number); err != nil {
		return fmt.Errorf("lock bill: %w", err)
	}
	return nil
}

func saveBill(ctx context.Context, tx pgx.Tx, b *Bill, objector, answerer int64) error {
	err := tx.QueryRow(ctx, `
		UPDATE usage_bills SET state = @state, state_at = @at, words = @words, objected_by = coalesce(objected_by, nullif(@objector::bigint, 0)), objected_name = @objected_name, objected_at = @objected_at, answer = @answer, answered_by = coalesce(answered_by, nullif(@answerer::bigint, 0)), answered_name = @answered_name, answered_at = @answered_at,
			paid_at = @paid, released_at = @released, advised_at = @advised, reminded_at = @reminded, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": b.id, "state": b.State, "at": b.StateAt, "words": b.Words, "objector": objector, "objected_name": b.ObjectedName, "objected_at": b.ObjectedAt, "answer": b.Answer, "answerer": answerer, "answered_name": b.AnsweredName, "answered_at": b.AnsweredAt,
			"paid": b.PaidAt, "released": b.ReleasedAt, "advised": b.AdvisedAt, "reminded": b.RemindedAt}).Scan(&b.Revision)
	if err != nil {
		return fmt.Errorf("save bill: %w", err)
	}
	return nil
}

// money is what of an order is needed to bill it.
type money struct {
	Operator int64
	Split    []ordering.Share
	Plan     ordering.Snapshot
	Currency string
}

func selectMoney(ctx context.Context, q database.Querier, delivery int64) (m money, err error) {
	if err = q.QueryRow(ctx, `SELECT coalesce(o.operator_id, 0), o.split, o.plan, o.currency FROM deliveries d JOIN orders o ON o.id = d.order_id WHERE d.id = $1`, delivery).Scan(&m.Operator, &m.Split, &m.Plan, &m.Currency); err != nil {
		err = fmt.Errorf("money of an order: %w", err)
	}
	return m, err
}

// postedBill is the entry in the books by which a bill was posted.
func postedBill(ctx context.Context, q database.Querier, key string) (id int64, err error) {
	if err = q.QueryRow(ctx, `SELECT id FROM ledger_transactions WHERE key = $1`, key).Scan(&id); err != nil {
		err = fmt.Errorf("posting of a bill: %w", err)
	}
	return id, err
}

const destructions = `
	SELECT d.id, o.number, p.title, p.title_en, b.name, x.since, x.due_on, x.reminded_at, x.method, x.words, x.destroyed_on, x.by_name, x.declared_at
	FROM delivery_destructions x JOIN deliveries d ON d.id = x.delivery_id JOIN orders o ON o.id = d.order_id JOIN products p ON p.id = o.product_id JOIN organisations b ON b.id = o.buyer_id WHERE `

func selectDestructions(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Destruction, error) {
	rows, err := q.Query(ctx, destructions+where, args)
	if err != nil {
		return nil, fmt.Errorf("destructions: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (x Destruction, err error) {
		return x, row.Scan(&x.delivery, &x.Order, &x.Title, &x.TitleEN, &x.Buyer, &x.Since, &x.DueOn, &x.RemindedAt, &x.Method, &x.Words, &x.DestroyedOn, &x.ByName, &x.DeclaredAt)
	})
}

func saveDestruction(ctx context.Context, tx pgx.Tx, x *Destruction, by int64) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE delivery_destructions SET method = @method, words = @words, destroyed_on = @on, by_id = @by, by_name = @name, declared_at = @at WHERE delivery_id = @delivery AND declared_at IS NULL`,
		pgx.NamedArgs{"delivery": x.delivery, "method": x.Method, "words": x.Words, "on": x.DestroyedOn, "by": by, "name": x.ByName, "at": x.DeclaredAt})
	if err != nil {
		return false, fmt.Errorf("destruction: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func remindDestruction(ctx context.Context, tx pgx.Tx, delivery int64, at time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE delivery_destructions SET reminded_at = $2 WHERE delivery_id = $1`, delivery, at); err != nil {
		return fmt.Errorf("destruction: %w", err)
	}
	return nil
}

func addresses(ctx context.Context, q database.Querier, organisation int64) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT u.identifier FROM users u JOIN organisation_members m ON m.user_id = u.id WHERE m.organisation_id = $1 AND m.role = 'owner' AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY u.id`, organisation)
	if err != nil {
		return nil, fmt.Errorf("addresses: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func revokeKey(ctx context.Context, tx pgx.Tx, delivery int64, prefix string, at time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE api_keys SET revoked_at = $3 WHERE delivery_id = $1 AND prefix = $2 AND revoked_at IS NULL`, delivery, prefix, at)
	if err != nil {
		return false, fmt.Errorf("revoke a key of a delivery: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// sumEvents is what was used in a month, counted from the raw events.
func sumEvents(ctx context.Context, q database.Querier, delivery int64, month time.Time) (sum int64, err error) {
	if err = q.QueryRow(ctx, `SELECT coalesce(sum(quantity), 0)::bigint FROM delivery_events WHERE delivery_id = $1 AND month = $2`, delivery, month).Scan(&sum); err != nil {
		err = fmt.Errorf("events of a month: %w", err)
	}
	return sum, err
}

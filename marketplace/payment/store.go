package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

const attemptColumns = `id, order_number, attempt, amount, currency, title, expires_at, coalesce(session, ''), url, coalesce(payment, ''), charge, state, reason`

func readAttempt(row pgx.CollectableRow) (a Attempt, err error) {
	err = row.Scan(&a.ID, &a.Order, &a.Number, &a.Amount, &a.Currency, &a.Title, &a.Expires, &a.Session, &a.URL, &a.Payment, &a.Charge, &a.State, &a.Reason)
	return a, err
}

func attempts(ctx context.Context, q database.Querier, rest string, args ...any) ([]Attempt, error) {
	rows, err := q.Query(ctx, `SELECT `+attemptColumns+` FROM payment_checkouts `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("checkouts: %w", err)
	}
	return pgx.CollectRows(rows, readAttempt)
}

func selectAttempts(ctx context.Context, q database.Querier, order string) ([]Attempt, error) {
	return attempts(ctx, q, `WHERE order_number = $1 ORDER BY attempt`, order)
}

// lockAttempts locks the checkouts of an order, and keeps another one from being opened
// until tx ends.
func lockAttempts(ctx context.Context, tx pgx.Tx, order string) ([]Attempt, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('payment ' || $1, 0))`, order); err != nil {
		return nil, fmt.Errorf("checkouts of %s: %w", order, err)
	}
	return attempts(ctx, tx, `WHERE order_number = $1 ORDER BY attempt FOR UPDATE`, order)
}

// lockAttempt locks a checkout together with all others of its order.
func lockAttempt(ctx context.Context, tx pgx.Tx, id int64) (Attempt, error) {
	var order string
	if err := tx.QueryRow(ctx, `SELECT order_number FROM payment_checkouts WHERE id = $1`, id).Scan(&order); err != nil {
		return Attempt{}, fmt.Errorf("checkout %d: %w", id, err)
	}
	list, err := lockAttempts(ctx, tx, order)
	var out Attempt
	paid := false
	for _, a := range list {
		paid = paid || a.State == Confirmed
		if a.ID == id {
			out = a
		}
	}
	out.otherPaid = paid && out.State != Confirmed
	return out, err
}

func insertAttempt(ctx context.Context, tx pgx.Tx, a *Attempt, at time.Time) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO payment_checkouts (order_number, attempt, amount, currency, title, expires_at, state, made_at, state_at)
		VALUES (@order, @attempt, @amount, @currency, @title, @expires, @state, @at, @at) RETURNING id`,
		pgx.NamedArgs{"order": a.Order, "attempt": a.Number, "amount": a.Amount, "currency": a.Currency, "title": a.Title, "expires": a.Expires, "state": a.State, "at": at}).Scan(&a.ID)
	if err != nil {
		return fmt.Errorf("checkout of %s: %w", a.Order, err)
	}
	return nil
}

// openedAttempt writes down the session of a checkout. Who asked at the same time has the
// same session, by the key.
func openedAttempt(ctx context.Context, tx pgx.Tx, a *Attempt, s Session, at time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE payment_checkouts SET session = @session, url = @url, state = 'open', state_at = @at WHERE id = @id AND state = 'asked'`,
		pgx.NamedArgs{"session": s.ID, "url": s.URL, "at": at, "id": a.ID}); err != nil {
		return fmt.Errorf("checkout of %s: %w", a.Order, err)
	}
	list, err := attempts(ctx, tx, `WHERE id = $1`, a.ID)
	if err == nil {
		*a = list[0]
	}
	return err
}

func saveAttempt(ctx context.Context, tx pgx.Tx, a *Attempt, at time.Time) error {
	if _, err := tx.Exec(ctx, `
		UPDATE payment_checkouts SET state_at = CASE WHEN state = @state THEN state_at ELSE @at END, state = @state, reason = @reason, payment = nullif(@payment, ''), charge = @charge, looked_at = @at WHERE id = @id`,
		pgx.NamedArgs{"id": a.ID, "state": a.State, "reason": a.Reason, "payment": a.Payment, "charge": a.Charge, "at": at}); err != nil {
		return fmt.Errorf("checkout of %s: %w", a.Order, err)
	}
	return nil
}

func selectSession(ctx context.Context, q database.Querier, id int64) (session string, err error) {
	err = q.QueryRow(ctx, `SELECT session FROM payment_checkouts WHERE id = $1 AND session IS NOT NULL`, id).Scan(&session)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fault.New(fault.NotFound, "支付机构没有这笔记录。")
	}
	return session, err
}

// selectGoing are checkouts to be looked at.
func selectGoing(ctx context.Context, q database.Querier, since time.Time, limit int) ([]Attempt, error) {
	return attempts(ctx, q, `WHERE state IN ('open', 'pending') AND coalesce(looked_at, made_at) < $1 OR state = 'asked' AND made_at < $1 ORDER BY looked_at NULLS FIRST, id LIMIT $2`, since, limit)
}

// insertEvent keeps an event once, and counts how often it came and came altered.
func insertEvent(ctx context.Context, q database.Querier, e Event, sum []byte, at time.Time) error {
	_, err := q.Exec(ctx, `
		INSERT INTO payment_events AS e (event, kind, object, subject, about, happened_at, received_at, sha256) VALUES (@id, @kind, @object, @subject, @about, @happened, @at, @sum)
		ON CONFLICT (event) DO UPDATE SET seen = e.seen + 1, sha256 = coalesce(e.sha256, excluded.sha256), altered = e.altered + CASE WHEN e.sha256 <> excluded.sha256 THEN 1 ELSE 0 END`,
		pgx.NamedArgs{"id": e.ID, "kind": e.Type, "object": e.Object, "subject": e.Subject, "about": e.Order, "happened": e.Created, "at": at, "sum": sum})
	if err != nil {
		return fmt.Errorf("event %s: %w", e.ID, err)
	}
	return nil
}

// waiting is an event with the checkouts that it is about.
type waiting struct {
	id       string
	ours     bool // it is about a checkout or a payment, and those are opened here alone
	attempts []int64
}

func selectWaiting(ctx context.Context, q database.Querier, limit int) ([]waiting, error) {
	rows, err := q.Query(ctx, `
		SELECT e.event, e.object IN ('checkout.session', 'payment_intent'), (SELECT array_agg(DISTINCT c.id) FROM payment_checkouts c WHERE c.session IS NOT NULL AND (c.session = e.subject OR c.payment = e.subject OR c.order_number = nullif(e.about, '')))
		FROM (SELECT * FROM payment_events WHERE done_at IS NULL ORDER BY received_at LIMIT $1) e`, limit)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (w waiting, err error) {
		err = row.Scan(&w.id, &w.ours, &w.attempts)
		return w, err
	})
}

func doneEvents(ctx context.Context, q database.Querier, events []string, problem string, at time.Time) error {
	if len(events) == 0 {
		return nil
	}
	if _, err := q.Exec(ctx, `UPDATE payment_events SET done_at = $2, problem = $3 WHERE event = ANY ($1) AND done_at IS NULL`, events, at, problem); err != nil {
		return fmt.Errorf("events: %w", err)
	}
	return nil
}

func selectCursor(ctx context.Context, q database.Querier) (event string, err error) {
	if err := q.QueryRow(ctx, `SELECT coalesce((SELECT event FROM payment_cursor), '')`).Scan(&event); err != nil {
		return "", fmt.Errorf("cursor of events: %w", err)
	}
	return event, nil
}

func saveCursor(ctx context.Context, tx pgx.Tx, event string) error {
	if _, err := tx.Exec(ctx, `INSERT INTO payment_cursor (event) VALUES ($1) ON CONFLICT (single) DO UPDATE SET event = excluded.event`, event); err != nil {
		return fmt.Errorf("cursor of events: %w", err)
	}
	return nil
}

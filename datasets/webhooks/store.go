package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// insert keeps a new address; the account is held, so that two at once do not
// pass its number together.
func insert(ctx context.Context, tx pgx.Tx, w *Webhook, most int) error {
	if err := tx.QueryRow(ctx, `SELECT id FROM users WHERE id = @user AND disabled_at IS NULL FOR NO KEY UPDATE`, pgx.NamedArgs{"user": w.User}).Scan(&w.User); err != nil {
		return err
	}
	err := tx.QueryRow(ctx, `INSERT INTO webhooks (user_id, url, events, state, created_at) VALUES (@user, @url, @events, @state, @at) RETURNING id`,
		pgx.NamedArgs{"user": w.User, "url": w.URL, "events": w.Events, "state": w.State, "at": w.Created}).Scan(&w.ID)
	if database.Taken(err) {
		return fault.At("url", "这个地址已经登记过了。").Because(err)
	}
	if err != nil {
		return err
	}
	var n int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM webhooks WHERE user_id = @user`, pgx.NamedArgs{"user": w.User}).Scan(&n); err != nil {
		return err
	}
	if n > most {
		return fault.New(fault.Conflict, "最多登记 %d 个地址，请先删去不用的。", most)
	}
	return nil
}

// lock holds an address until tx ends.
func lock(ctx context.Context, tx pgx.Tx, id int64) error {
	err := tx.QueryRow(ctx, `SELECT id FROM webhooks WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": id}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNone()
	}
	return err
}

func update(ctx context.Context, tx pgx.Tx, w *Webhook) error {
	_, err := tx.Exec(ctx, `UPDATE webhooks SET events = @events, state = @state, why = @why, proved_at = @proved, failing_since = @failing WHERE id = @id`,
		pgx.NamedArgs{"id": w.ID, "events": w.Events, "state": w.State, "why": w.Why, "proved": w.Proved, "failing": w.Failing})
	return err
}

func remove(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM webhooks WHERE id = @id`, pgx.NamedArgs{"id": id})
	return err
}

func selectWebhooks(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Webhook, error) {
	rows, err := q.Query(ctx, `
		SELECT w.id, w.user_id, w.url, w.events, w.state, w.why, w.created_at, w.proved_at, w.failing_since,
		       (SELECT max(ends_at) FROM webhook_secrets s WHERE s.webhook_id = w.id AND s.ends_at > @now)
		FROM webhooks w WHERE `+where+` ORDER BY w.id`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Webhook])
}

func insertSecret(ctx context.Context, tx pgx.Tx, id int64, locked []byte, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO webhook_secrets (webhook_id, locked, made_at) VALUES (@id, @locked, @now)`, pgx.NamedArgs{"id": id, "locked": locked, "now": now})
	return err
}

// retireSecret lets the current secret end later and those before it at once.
func retireSecret(ctx context.Context, tx pgx.Tx, id int64, now, end time.Time) error {
	args := pgx.NamedArgs{"id": id, "now": now, "end": end}
	if _, err := tx.Exec(ctx, `DELETE FROM webhook_secrets WHERE webhook_id = @id AND ends_at IS NOT NULL`, args); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE webhook_secrets SET ends_at = @end WHERE webhook_id = @id`, args)
	return err
}

func selectSecrets(ctx context.Context, q database.Querier, id int64, now time.Time) ([][]byte, error) {
	rows, err := q.Query(ctx, `SELECT locked FROM webhook_secrets WHERE webhook_id = @id AND (ends_at IS NULL OR ends_at > @now) ORDER BY id DESC`, pgx.NamedArgs{"id": id, "now": now})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]byte])
}

// listening are the addresses of somebody that are told of an event.
func listening(ctx context.Context, tx pgx.Tx, user int64, e Event) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM webhooks WHERE user_id = @user AND state = 'on' AND @event = ANY (events) ORDER BY id`, pgx.NamedArgs{"user": user, "event": e})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// insertDelivery returns 0 where the notice is sent there already.
func insertDelivery(ctx context.Context, tx pgx.Tx, webhook int64, e Event, notice int64, message string, tries int, now time.Time) (id int64, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO webhook_deliveries (webhook_id, notice_id, event, message, at, state, tries, next_at)
		VALUES (@webhook, nullif(@notice::bigint, 0), @event, @message, @now, 'waiting', @tries, @now) ON CONFLICT (webhook_id, notice_id) DO NOTHING RETURNING id`,
		pgx.NamedArgs{"webhook": webhook, "notice": notice, "event": e, "message": message, "tries": tries, "now": now}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// reopen lets a delivery that is done be sent anew, and says how often it was.
func reopen(ctx context.Context, tx pgx.Tx, webhook, id int64, tries int, now time.Time) (attempts int, err error) {
	err = tx.QueryRow(ctx, `
		UPDATE webhook_deliveries SET state = 'waiting', next_at = @now, tries = attempts + @tries
		WHERE id = @id AND webhook_id = @webhook AND state <> 'waiting' RETURNING attempts`,
		pgx.NamedArgs{"id": id, "webhook": webhook, "tries": tries, "now": now}).Scan(&attempts)
	return attempts, err
}

// delivery is what an attempt needs to know.
type delivery struct {
	id, webhook, notice int64
	event               Event
	message, url        string
	at                  time.Time
	tries               int
}

// selectDelivery is what a job is to send; nil where that attempt was made, the
// address is off, or its owner is gone.
func selectDelivery(ctx context.Context, q database.Querier, job Delivery) (*delivery, error) {
	var d delivery
	err := q.QueryRow(ctx, `
		SELECT d.id, d.webhook_id, coalesce(d.notice_id, 0), d.event, d.message, w.url, d.at, d.tries
		FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.state = 'on' JOIN users u ON u.id = w.user_id AND u.disabled_at IS NULL AND u.leaving_at IS NULL
		WHERE d.id = @id AND d.state = 'waiting' AND d.attempts = @attempt - 1`,
		pgx.NamedArgs{"id": job.ID, "attempt": job.Attempt}).Scan(&d.id, &d.webhook, &d.notice, &d.event, &d.message, &d.url, &d.at, &d.tries)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &d, err
}

// insertAttempt keeps an attempt, and reports false for one that was kept.
func insertAttempt(ctx context.Context, tx pgx.Tx, id int64, a Attempt) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE webhook_deliveries SET attempts = @number WHERE id = @id AND attempts = @number - 1`, pgx.NamedArgs{"id": id, "number": a.Number})
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO webhook_attempts (delivery_id, number, at, status, problem, took_ms) VALUES (@id, @number, @at, @status, @problem, @took)`,
		pgx.NamedArgs{"id": id, "number": a.Number, "at": a.At, "status": a.Status, "problem": a.Problem, "took": a.Took})
	return true, err
}

func closeDelivery(ctx context.Context, q database.Querier, id int64, to SentState) error {
	_, err := q.Exec(ctx, `UPDATE webhook_deliveries SET state = @to, next_at = NULL WHERE id = @id`, pgx.NamedArgs{"id": id, "to": to})
	return err
}

func drop(ctx context.Context, q database.Querier, id int64) error {
	return closeDelivery(ctx, q, id, Dropped)
}

func postpone(ctx context.Context, tx pgx.Tx, id int64, next time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_deliveries SET next_at = @next WHERE id = @id`, pgx.NamedArgs{"id": id, "next": next})
	return err
}

func dropWaiting(ctx context.Context, tx pgx.Tx, webhook int64) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_deliveries SET state = 'dropped', next_at = NULL WHERE webhook_id = @id AND state = 'waiting'`, pgx.NamedArgs{"id": webhook})
	return err
}

// selectSent are the newest things that were sent to an address, with their
// attempts.
func selectSent(ctx context.Context, q database.Querier, webhook int64, limit int) ([]Sent, error) {
	rows, err := q.Query(ctx, `
		SELECT d.id, d.event, d.message, d.at, d.state, d.next_at,
		       (SELECT coalesce(jsonb_agg(jsonb_build_object('number', a.number, 'at', a.at, 'status', a.status, 'problem', a.problem, 'took', a.took_ms) ORDER BY a.number DESC), '[]')
		        FROM webhook_attempts a WHERE a.delivery_id = d.id)
		FROM webhook_deliveries d WHERE d.webhook_id = @id ORDER BY d.id DESC LIMIT @limit`, pgx.NamedArgs{"id": webhook, "limit": limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Sent, err error) {
		var attempts []byte
		if err = row.Scan(&s.ID, &s.Event, &s.Message, &s.At, &s.State, &s.Next, &attempts); err == nil {
			err = json.Unmarshal(attempts, &s.Attempts)
		}
		return s, err
	})
}

// addressOf is where an account gets mail; empty where it gets none.
func addressOf(ctx context.Context, q database.Querier, user int64) (to string, err error) {
	err = q.QueryRow(ctx, `SELECT identifier FROM users WHERE id = @id AND disabled_at IS NULL AND position('@' IN identifier) > 0`, pgx.NamedArgs{"id": user}).Scan(&to)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return to, err
}

// sweep removes deliveries of before that day, and secrets that sign no more.
func sweep(ctx context.Context, q database.Querier, before, now time.Time) error {
	if _, err := q.Exec(ctx, `DELETE FROM webhook_deliveries WHERE at < @before AND state <> 'waiting'`, pgx.NamedArgs{"before": before}); err != nil {
		return err
	}
	_, err := q.Exec(ctx, `DELETE FROM webhook_secrets WHERE ends_at <= @now`, pgx.NamedArgs{"now": now})
	return err
}

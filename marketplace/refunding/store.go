package refunding

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/marketplace/ledger"
)

var accountNumber = regexp.MustCompile(`^[0-9A-Z]{8,34}$`)

// selectPaid is what came for an order, and what of it went back or is to.
func selectPaid(ctx context.Context, q database.Querier, order, currency string) (paid, back int64, err error) {
	err = q.QueryRow(ctx, `SELECT order_paid($1, $2), coalesce((SELECT sum(amount) FROM refunds WHERE order_number = $1 AND currency = $2 AND cause <> 'surplus' AND state <> 'rejected'), 0)::bigint`, order, currency).Scan(&paid, &back)
	return paid, back, err
}

// selectPayment is the payment of an order at the provider; empty: it was none.
func selectPayment(ctx context.Context, q database.Querier, order string) (id string, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT payment FROM payment_checkouts WHERE order_number = $1 AND state = 'confirmed'), '')`, order).Scan(&id)
	return id, err
}

// selectPayer is the account from which an order was paid; empty: the bank did not say.
func selectPayer(ctx context.Context, q database.Querier, order string) (number string, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT l.party_account FROM payment_advices d JOIN allocations a ON a.advice_id = d.id AND a.state = 'booked' JOIN bank_lines l ON l.id = a.line_id WHERE d.order_number = $1 ORDER BY a.amount DESC, a.id LIMIT 1), '')`, order).Scan(&number)
	return number, err
}

func selectRoles(ctx context.Context, q database.Querier, user int64, organisations ...int64) (map[int64]string, error) {
	rows, err := q.Query(ctx, `SELECT organisation_id, role FROM organisation_members WHERE user_id = $1 AND organisation_id = ANY ($2)`, user, organisations)
	if err != nil {
		return nil, fmt.Errorf("roles: %w", err)
	}
	out := map[int64]string{}
	var id int64
	var role string
	_, err = pgx.ForEachRow(rows, []any{&id, &role}, func() error { out[id] = role; return nil })
	return out, err
}

// selectParts is what each payee still has of an order: what was released to it, less what
// was taken back, whether from its account or as a debt.
func selectParts(ctx context.Context, q database.Querier, order, currency string) ([]ledger.Part, error) {
	rows, err := q.Query(ctx, `
		SELECT a.code, -sum(e.amount)::bigint FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
		WHERE t.subject = $1 AND a.currency = $2 AND a.code ~ '^(payable:|revenue:|tax:|receivable:payee:)' AND t.kind NOT IN ('settlement_ordered', 'settlement_failed', 'offset') GROUP BY a.code ORDER BY a.code`, order, currency)
	if err != nil {
		return nil, fmt.Errorf("parts of %s: %w", order, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p ledger.Part, err error) {
		var code string
		if err := row.Scan(&code, &p.Amount); err != nil {
			return p, err
		}
		p.To, err = ledger.Parse(code)
		return p, err
	})
	if err != nil {
		return nil, err
	}
	var out []ledger.Part
	for _, p := range list {
		if p.To.Class != ledger.PayeeReceivable {
			out = append(out, p)
		}
	}
	for _, p := range list { // a debt is of the same payee's parts
		for i := range out {
			if p.To.Class == ledger.PayeeReceivable && out[i].To.Organisation == p.To.Organisation && p.Amount < 0 {
				n := min(out[i].Amount, -p.Amount)
				out[i].Amount -= n
				p.Amount += n
			}
		}
	}
	return slices.DeleteFunc(out, func(p ledger.Part) bool { return p.Amount <= 0 }), nil
}

const columns = `
	SELECT r.id, r.number, r.order_number, r.buyer_id, o.name, r.seller_id, r.operator_id, r.cause, r.rule, r.counted, r.amount, r.currency, r.ends, r.online, r.payment, r.payee, r.payee_bank, r.payee_account, r.words, r.state, r.state_at, r.reason, r.instruction,
		coalesce(r.provider_ref, ''), r.attempt, r.requested_name, r.requested_side, r.made_at, r.revision, r.requested_by,
		coalesce((SELECT jsonb_agg(jsonb_build_object('User', a.user_id, 'Name', a.name, 'Side', a.side, 'At', a.at) ORDER BY a.at, a.user_id) FROM refund_approvals a WHERE a.refund_id = r.id), '[]')
	FROM refunds r JOIN organisations o ON o.id = r.buyer_id `

func selectRefunds(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Refund, error) {
	rows, err := q.Query(ctx, columns+where, args)
	if err != nil {
		return nil, fmt.Errorf("refunds: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Refund, err error) {
		return r, row.Scan(&r.ID, &r.Number, &r.Order, &r.Buyer, &r.BuyerName, &r.Seller, &r.Operator, &r.Cause, &r.Rule, &r.Counted, &r.Amount, &r.Currency, &r.Ends, &r.Online, &r.Payment, &r.Payee, &r.PayeeBank, &r.PayeeAccount, &r.Words, &r.State, &r.StateAt, &r.Reason, &r.Instruction,
			&r.Provider, &r.Attempt, &r.RequestedBy, &r.Side, &r.MadeAt, &r.Revision, &r.requestedBy, &r.Approvals)
	})
}

func lockRefund(ctx context.Context, tx pgx.Tx, number string) error {
	if _, err := tx.Exec(ctx, `SELECT FROM refunds WHERE number = $1 FOR UPDATE`, number); err != nil {
		return fmt.Errorf("lock %s: %w", number, err)
	}
	return nil
}

func insertRefund(ctx context.Context, tx pgx.Tx, r *Refund, sent string) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO refunds (number, order_number, buyer_id, seller_id, operator_id, cause, rule, counted, amount, currency, ends, online, payment, payee, payee_bank, payee_account, words, state, state_at, requested_by, requested_name, requested_side, made_at, sent)
		VALUES (@number, @order, @buyer, @seller, @operator, @cause, @rule, @counted, @amount, @currency, @ends, @online, @payment, @payee, @bank, @account, @words, @state, @at, @by, @name, @side, @at, nullif(@sent, '')) RETURNING id, revision`,
		pgx.NamedArgs{"number": r.Number, "order": r.Order, "buyer": r.Buyer, "seller": r.Seller, "operator": r.Operator, "cause": r.Cause, "rule": r.Rule, "counted": r.Counted, "amount": r.Amount, "currency": r.Currency, "ends": r.Ends, "online": r.Online, "payment": r.Payment,
			"payee": r.Payee, "bank": r.PayeeBank, "account": r.PayeeAccount, "words": r.Words, "state": r.State, "at": r.MadeAt, "by": r.requestedBy, "name": r.RequestedBy, "side": r.Side, "sent": sent}).Scan(&r.ID, &r.Revision)
	var p *pgconn.PgError
	if errors.As(err, &p) && p.ConstraintName == "refunds_within_paid" {
		return errTooMuch()
	}
	if err != nil {
		return fmt.Errorf("refund: %w", err)
	}
	return nil
}

func saveRefund(ctx context.Context, tx pgx.Tx, r *Refund) error {
	err := tx.QueryRow(ctx, `
		UPDATE refunds SET state = @state, state_at = @at, reason = @reason, instruction = @instruction, provider_ref = nullif(@provider, ''), attempt = @attempt, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": r.ID, "state": r.State, "at": r.StateAt, "reason": r.Reason, "instruction": r.Instruction, "provider": r.Provider, "attempt": r.Attempt}).Scan(&r.Revision)
	if err != nil {
		return fmt.Errorf("refund %s: %w", r.Number, err)
	}
	return nil
}

func insertApproval(ctx context.Context, tx pgx.Tx, r *Refund, a Approval) error {
	if _, err := tx.Exec(ctx, `INSERT INTO refund_approvals (refund_id, user_id, name, side, at) VALUES ($1, $2, $3, $4, $5)`, r.ID, a.User, a.Name, a.Side, a.At); err != nil {
		return fmt.Errorf("approval of %s: %w", r.Number, err)
	}
	return nil
}

func insertEvent(ctx context.Context, tx pgx.Tx, r *Refund, a Action, who account.Actor, at time.Time) error {
	words := r.Reason
	if a == Request {
		words = r.Words
	}
	if _, err := tx.Exec(ctx, `INSERT INTO refund_events (refund_id, act, state, by_id, name, words, at) VALUES (@id, @act, @state, @by, @name, @words, @at)`,
		pgx.NamedArgs{"id": r.ID, "act": a, "state": r.State, "by": who.ID, "name": who.Name, "words": words, "at": at}); err != nil {
		return fmt.Errorf("event of a refund: %w", err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, refund int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT act, state, name, words, at FROM refund_events WHERE refund_id = $1 ORDER BY id`, refund)
	if err != nil {
		return nil, fmt.Errorf("events of a refund: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// surplus is a payment that no order wanted.
type surplus struct {
	order, payment, currency string
	amount                   int64
}

func selectSurplus(ctx context.Context, q database.Querier) ([]surplus, error) {
	rows, err := q.Query(ctx, `
		SELECT c.order_number, c.payment, c.currency, c.amount FROM payment_checkouts c WHERE c.state = 'surplus' AND NOT EXISTS (SELECT FROM refunds r WHERE r.payment = c.payment AND r.cause = 'surplus' AND r.state <> 'rejected') ORDER BY c.id LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("surplus payments: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (x surplus, err error) {
		return x, row.Scan(&x.order, &x.payment, &x.currency, &x.amount)
	})
}

// selectEndedMandates are orders in force with months that were paid for, of a version
// one of whose scenarios or mandates is over.
func selectEndedMandates(ctx context.Context, q database.Querier, at time.Time) ([]Prepaid, error) {
	rows, err := q.Query(ctx, `
		SELECT o.number, b.name, x.number, o.term_until FROM orders o JOIN organisations b ON b.id = o.buyer_id
			CROSS JOIN LATERAL (SELECT m.number FROM version_scenarios(o.version_id) v JOIN scenarios s ON s.id = v.scenario_id JOIN mandates m ON m.id = s.mandate_id
				WHERE m.state IN ('expired', 'revoked', 'surrendered', 'closed') OR m.until_at <= $1 OR s.until_at <= $1 ORDER BY m.id LIMIT 1) x
		WHERE o.state = 'accepted' AND o.total > 0 AND (o.plan ->> 'months')::int > 0 AND o.term_until > $1 ORDER BY o.id LIMIT 500`, at)
	if err != nil {
		return nil, fmt.Errorf("prepaid orders: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Prepaid, err error) {
		return p, row.Scan(&p.Order, &p.Buyer, &p.Mandate, &p.Until)
	})
}

func addresses(ctx context.Context, q database.Querier, query string, args ...any) ([]string, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("addresses: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func ownersOf(ctx context.Context, q database.Querier, organisations ...int64) ([]string, error) {
	return addresses(ctx, q, `SELECT DISTINCT u.identifier FROM users u JOIN organisation_members m ON m.user_id = u.id WHERE m.organisation_id = ANY ($1) AND m.role = 'owner' AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY 1`, organisations)
}

func exchangeStaff(ctx context.Context, q database.Querier) ([]string, error) {
	return addresses(ctx, q, `SELECT DISTINCT u.identifier FROM users u JOIN user_roles r ON r.user_id = u.id WHERE r.role = $1 AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY 1`, account.ExchangeStaff)
}

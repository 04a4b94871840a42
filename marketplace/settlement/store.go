package settlement

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// own are the flows that settlements write themselves: what they move is no payee's share.
const own = `('settlement_ordered', 'settlement_failed', 'offset')`

// group is what one settlement is of.
type group struct {
	payee                    int64
	payable, route, currency string
}

// entry is one on the account of a payee that is in no settlement.
type entry struct {
	group
	Line
}

// selectLoose are the entries through a day that are in no settlement, by payee. All of an
// order are where it was paid to: as the books say, or, where two people found what a
// transfer was for, as its buyer was told. Of an order with a bill that is not paid there
// are none: nobody is paid what nobody has.
func selectLoose(ctx context.Context, q database.Querier, through time.Time) ([]entry, error) {
	rows, err := q.Query(ctx, `
		SELECT x.organisation_id, x.code, x.currency, x.transaction_id, x.seq, x.kind, x.effective_on, x.subject, x.about, x.amount, x.gross, x.fees, x.tax,
			coalesce((SELECT a.code FROM ledger_transactions p JOIN ledger_entries e ON e.transaction_id = p.id JOIN ledger_accounts a ON a.id = e.account_id
				WHERE p.subject = x.about AND p.kind IN ('payment_in', 'bill_paid') AND e.amount > 0 AND a.kind = 'asset' ORDER BY p.id LIMIT 1),
				(SELECT 'bank:operator:receivable:' || c.organisation_id FROM payment_advices d JOIN collection_accounts c ON c.id = d.account_id WHERE d.order_number = x.about AND d.paid_at IS NOT NULL ORDER BY d.id LIMIT 1), '')
		FROM (
			SELECT a.organisation_id, a.code, a.currency, e.transaction_id, e.seq, t.kind, t.effective_on, t.subject, -e.amount AS amount,
				coalesce((SELECT regexp_replace(c.code, '^(order:hold|refund:clearing):', '') FROM ledger_entries f JOIN ledger_accounts c ON c.id = f.account_id WHERE f.transaction_id = t.id AND c.code ~ '^(order:hold|refund:clearing):' LIMIT 1), t.subject) AS about,
				(SELECT sum(f.amount) FILTER (WHERE c.kind = 'clearing' OR c.code LIKE 'order:hold:%') FROM ledger_entries f JOIN ledger_accounts c ON c.id = f.account_id WHERE f.transaction_id = t.id)::bigint AS gross,
				(SELECT coalesce(-sum(f.amount) FILTER (WHERE c.kind = 'revenue'), 0) FROM ledger_entries f JOIN ledger_accounts c ON c.id = f.account_id WHERE f.transaction_id = t.id)::bigint AS fees,
				(SELECT coalesce(-sum(f.amount) FILTER (WHERE c.code = 'tax:vat'), 0) FROM ledger_entries f JOIN ledger_accounts c ON c.id = f.account_id WHERE f.transaction_id = t.id)::bigint AS tax
			FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id JOIN ledger_transactions t ON t.id = e.transaction_id
			WHERE a.code ~ '^payable:(operator|developer|broker):' AND t.effective_on <= $1 AND t.kind NOT IN `+own+`
				AND NOT EXISTS (SELECT FROM ledger_transactions r WHERE r.id = t.reverses_id AND r.kind IN `+own+`)
				AND NOT EXISTS (SELECT FROM settlement_lines l WHERE l.transaction_id = e.transaction_id AND l.seq = e.seq AND NOT l.released)) x
		WHERE NOT EXISTS (SELECT FROM payment_advices d WHERE d.order_number = x.about AND d.kind = 'bill' AND d.paid_at IS NULL AND d.ended_at IS NULL)
		ORDER BY x.code, x.currency, x.transaction_id, x.seq`, through)
	if err != nil {
		return nil, fmt.Errorf("entries to settle: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e entry, err error) {
		return e, row.Scan(&e.payee, &e.payable, &e.currency, &e.Transaction, &e.Seq, &e.Kind, &e.On, &e.Subject, &e.Order, &e.Amount, &e.Gross, &e.Fees, &e.Tax, &e.route)
	})
}

// lockComputing lets one alone compute settlements until tx ends.
func lockComputing(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('settlements', 0))`); err != nil {
		return fmt.Errorf("compute settlements: %w", err)
	}
	return nil
}

const columns = `
	SELECT s.id, s.number, o.id, o.name, coalesce(o.credit_code, ''), s.payable, s.route, coalesce((SELECT x.name FROM organisations x WHERE s.route = 'bank:operator:receivable:' || x.id), ''), s.currency, s.from_on, s.through_on,
		s.gross, s.fees, s.tax, s.others, s.net, s.kept, s.paid, s.state, s.state_at, s.reason, s.instruction, s.attempt, s.confirmed_name, s.instructed_name, s.made_at, s.revision, coalesce(s.payout_id, 0), coalesce(s.confirmed_by, 0)
	FROM settlements s JOIN organisations o ON o.id = s.organisation_id `

func selectSettlements(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Settlement, error) {
	rows, err := q.Query(ctx, columns+where, args)
	if err != nil {
		return nil, fmt.Errorf("settlements: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Settlement, err error) {
		return s, row.Scan(&s.ID, &s.Number, &s.Payee, &s.PayeeName, &s.PayeeCode, &s.Payable, &s.Route, &s.RouteName, &s.Currency, &s.From, &s.Through,
			&s.Gross, &s.Fees, &s.Tax, &s.Others, &s.Net, &s.Kept, &s.Paid, &s.State, &s.StateAt, &s.Reason, &s.Instruction, &s.Attempt, &s.ConfirmedBy, &s.InstructedBy, &s.MadeAt, &s.Revision, &s.payout, &s.confirmed)
	})
}

// lockSettlement holds a settlement until tx ends.
func lockSettlement(ctx context.Context, tx pgx.Tx, number string) error {
	if _, err := tx.Exec(ctx, `SELECT FROM settlements WHERE number = $1 FOR UPDATE`, number); err != nil {
		return fmt.Errorf("lock %s: %w", number, err)
	}
	return nil
}

func selectLines(ctx context.Context, q database.Querier, settlement int64) ([]Line, error) {
	rows, err := q.Query(ctx, `
		SELECT l.transaction_id, l.seq, t.kind, t.effective_on, l.subject, l.order_number, l.gross, l.fees, l.tax, l.amount
		FROM settlement_lines l JOIN ledger_transactions t ON t.id = l.transaction_id WHERE l.settlement_id = $1 ORDER BY l.transaction_id, l.seq`, settlement)
	if err != nil {
		return nil, fmt.Errorf("lines of a settlement: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Line])
}

func insertSettlement(ctx context.Context, tx pgx.Tx, s *Settlement) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO settlements (number, organisation_id, payable, route, currency, from_on, through_on, gross, fees, tax, others, net, kept, state, state_at, made_at)
		VALUES (@number, @payee, @payable, @route, @currency, @from, @through, @gross, @fees, @tax, @others, @net, @kept, @state, @at, @at) RETURNING id, revision`,
		pgx.NamedArgs{"number": s.Number, "payee": s.Payee, "payable": s.Payable, "route": s.Route, "currency": s.Currency, "from": s.From, "through": s.Through, "gross": s.Gross, "fees": s.Fees, "tax": s.Tax, "others": s.Others, "net": s.Net, "kept": s.Kept, "state": s.State, "at": s.MadeAt}).Scan(&s.ID, &s.Revision)
	if err != nil {
		return fmt.Errorf("settlement: %w", err)
	}
	return insertLines(ctx, tx, s.ID, s.Lines)
}

func insertLines(ctx context.Context, tx pgx.Tx, settlement int64, lines []Line) error {
	for _, l := range lines {
		if _, err := tx.Exec(ctx, `INSERT INTO settlement_lines (settlement_id, transaction_id, seq, subject, order_number, gross, fees, tax, amount) VALUES (@settlement, @transaction, @seq, @subject, @order, @gross, @fees, @tax, @amount)`,
			pgx.NamedArgs{"settlement": settlement, "transaction": l.Transaction, "seq": l.Seq, "subject": l.Subject, "order": l.Order, "gross": l.Gross, "fees": l.Fees, "tax": l.Tax, "amount": l.Amount}); err != nil {
			return fmt.Errorf("line of a settlement: %w", err)
		}
	}
	return nil
}

func saveSettlement(ctx context.Context, tx pgx.Tx, s *Settlement) error {
	err := tx.QueryRow(ctx, `
		UPDATE settlements SET through_on = @through, gross = @gross, fees = @fees, tax = @tax, others = @others, net = @net, kept = @kept, paid = @paid, state = @state, state_at = @at, reason = @reason,
			payout_id = nullif(@payout, 0::bigint), instruction = @instruction, attempt = @attempt, confirmed_by = nullif(@confirmed, 0::bigint), confirmed_name = @confirmed_name, instructed_by = coalesce(nullif(@by, 0::bigint), instructed_by), instructed_name = @instructed_name, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": s.ID, "through": s.Through, "gross": s.Gross, "fees": s.Fees, "tax": s.Tax, "others": s.Others, "net": s.Net, "kept": s.Kept, "paid": s.Paid, "state": s.State, "at": s.StateAt, "reason": s.Reason,
			"payout": s.payout, "instruction": s.Instruction, "attempt": s.Attempt, "confirmed": s.confirmed, "confirmed_name": s.ConfirmedBy, "by": s.byID, "instructed_name": s.InstructedBy}).Scan(&s.Revision)
	if err != nil {
		return fmt.Errorf("settlement %s: %w", s.Number, err)
	}
	if s.State != Void {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE settlement_lines SET released = true WHERE settlement_id = $1 AND NOT released`, s.ID); err != nil {
		return fmt.Errorf("settlement %s: %w", s.Number, err)
	}
	return nil
}

func insertEvent(ctx context.Context, tx pgx.Tx, s *Settlement, a Action, who account.Actor, at time.Time) error {
	if _, err := tx.Exec(ctx, `INSERT INTO settlement_events (settlement_id, act, state, by_id, name, words, at) VALUES (@id, @act, @state, @by, @name, @words, @at)`,
		pgx.NamedArgs{"id": s.ID, "act": a, "state": s.State, "by": who.ID, "name": who.Name, "words": s.Reason, "at": at}); err != nil {
		return fmt.Errorf("event of a settlement: %w", err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, settlement int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT act, state, name, words, at FROM settlement_events WHERE settlement_id = $1 ORDER BY id`, settlement)
	if err != nil {
		return nil, fmt.Errorf("events of a settlement: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// transfer is a part of a payment that the provider is asked to hand on.
type transfer struct {
	order, charge, account string
	amount                 int64
	attempt                int
	currency               string
}

func (t transfer) key(settlement string) string {
	return fmt.Sprintf("settle:%s:%d:%s", settlement, t.attempt, t.order)
}

// selectCharge is what was charged for an order at the provider.
func selectCharge(ctx context.Context, q database.Querier, order string) (charge string, err error) {
	err = q.QueryRow(ctx, `SELECT charge FROM payment_checkouts WHERE order_number = $1 AND state = 'confirmed' AND charge <> ''`, order).Scan(&charge)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fault.New(fault.Conflict, "支付机构没有订单 %s 的收款。", order)
	}
	return charge, err
}

// selectHanded is what the provider handed on of each order of a settlement.
func selectHanded(ctx context.Context, q database.Querier, settlement int64) (map[string]int64, error) {
	rows, err := q.Query(ctx, `SELECT order_number, sum(amount)::bigint FROM settlement_transfers WHERE settlement_id = $1 AND state = 'done' GROUP BY 1`, settlement)
	if err != nil {
		return nil, fmt.Errorf("transfers: %w", err)
	}
	out := map[string]int64{}
	var order string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&order, &n}, func() error { out[order] = n; return nil })
	return out, err
}

func insertTransfer(ctx context.Context, tx pgx.Tx, settlement int64, t transfer, at time.Time) error {
	if _, err := tx.Exec(ctx, `INSERT INTO settlement_transfers (settlement_id, attempt, order_number, charge, account, amount, state, at) VALUES (@settlement, @attempt, @order, @charge, @account, @amount, 'asked', @at)`,
		pgx.NamedArgs{"settlement": settlement, "attempt": t.attempt, "order": t.order, "charge": t.charge, "account": t.account, "amount": t.amount, "at": at}); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	return nil
}

// asked are settlements with transfers that the provider has not answered yet.
func selectAsked(ctx context.Context, q database.Querier) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT DISTINCT s.number FROM settlements s JOIN settlement_transfers t ON t.settlement_id = s.id WHERE s.state = 'instructed' AND t.state = 'asked' ORDER BY 1 LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("transfers: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func selectTransfers(ctx context.Context, q database.Querier, s *Settlement, state string) ([]transfer, error) {
	rows, err := q.Query(ctx, `SELECT order_number, charge, account, amount, attempt FROM settlement_transfers WHERE settlement_id = $1 AND attempt = $2 AND state = $3 ORDER BY order_number`, s.ID, s.Attempt, state)
	if err != nil {
		return nil, fmt.Errorf("transfers: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t transfer, err error) {
		t.currency = s.Currency
		return t, row.Scan(&t.order, &t.charge, &t.account, &t.amount, &t.attempt)
	})
}

// answered writes down what came of a transfer, once: done reports whether it was open.
func answered(ctx context.Context, tx pgx.Tx, settlement int64, t transfer, id, state, why string, at time.Time) (done bool, err error) {
	tag, err := tx.Exec(ctx, `UPDATE settlement_transfers SET transfer = nullif(@id, ''), state = @state, reason = @why, at = @at WHERE settlement_id = @settlement AND attempt = @attempt AND order_number = @order AND state = 'asked'`,
		pgx.NamedArgs{"id": id, "state": state, "why": why, "at": at, "settlement": settlement, "attempt": t.attempt, "order": t.order})
	if err != nil {
		return false, fmt.Errorf("transfer: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// selectUnreconciled are paid settlements of which the books say what their rows say: as
// much went from the route as was to go, and nothing is on its way.
func selectAgreed(ctx context.Context, q database.Querier) ([]string, error) {
	rows, err := q.Query(ctx, `
		SELECT s.number FROM settlements s CROSS JOIN LATERAL (
			SELECT coalesce(sum(e.amount) FILTER (WHERE a.code = 'payout:clearing:' || s.organisation_id), 0) AS going, coalesce(-sum(e.amount) FILTER (WHERE a.code = s.route), 0) AS gone, coalesce(sum(e.amount) FILTER (WHERE a.code = s.payable), 0) AS taken
			FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id AND a.currency = s.currency WHERE t.subject = s.number) b
		WHERE s.state = 'paid' AND b.going = 0 AND b.gone = s.net - s.kept AND b.taken = s.net ORDER BY s.id LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("settlements to reconcile: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func isMember(ctx context.Context, q database.Querier, organisation, user int64) (is bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM organisation_members WHERE organisation_id = $1 AND user_id = $2)`, organisation, user).Scan(&is)
	return is, err
}

func isOwner(ctx context.Context, q database.Querier, organisation, user int64) (is bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM organisation_members WHERE organisation_id = $1 AND user_id = $2 AND role = 'owner')`, organisation, user).Scan(&is)
	return is, err
}

// Payee is an organisation that somebody is of.
type Payee struct {
	ID    int64
	Name  string
	Owner bool
}

func selectPayees(ctx context.Context, q database.Querier, user int64) ([]Payee, error) {
	rows, err := q.Query(ctx, `SELECT o.id, o.name, m.role = 'owner' FROM organisations o JOIN organisation_members m ON m.organisation_id = o.id WHERE m.user_id = $1 ORDER BY o.id`, user)
	if err != nil {
		return nil, fmt.Errorf("payees: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Payee])
}

func selectPayouts(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]PayoutAccount, error) {
	rows, err := q.Query(ctx, `
		SELECT p.id, o.id, o.name, p.holder, p.bank, p.account, p.provider, p.state, p.state_at, p.reason, p.made_name, p.made_at, p.confirmed_name, p.revision, p.made_by
		FROM payout_accounts p JOIN organisations o ON o.id = p.organisation_id `+where, args)
	if err != nil {
		return nil, fmt.Errorf("accounts to pay to: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p PayoutAccount, err error) {
		return p, row.Scan(&p.ID, &p.Payee, &p.PayeeName, &p.Holder, &p.Bank, &p.Account, &p.Provider, &p.State, &p.StateAt, &p.Reason, &p.MadeBy, &p.MadeAt, &p.ConfirmedBy, &p.Revision, &p.madeBy)
	})
}

func insertPayout(ctx context.Context, tx pgx.Tx, p *PayoutAccount) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO payout_accounts (organisation_id, holder, bank, account, provider, state, state_at, made_by, made_name, made_at) VALUES (@payee, @holder, @bank, @account, @provider, 'proposed', @at, @by, @name, @at) RETURNING id, revision`,
		pgx.NamedArgs{"payee": p.Payee, "holder": p.Holder, "bank": p.Bank, "account": p.Account, "provider": p.Provider, "at": p.MadeAt, "by": p.madeBy, "name": p.MadeBy}).Scan(&p.ID, &p.Revision)
	if database.Taken(err) {
		return fault.New(fault.Conflict, "已经有一个账户等着核对。")
	}
	if err != nil {
		return fmt.Errorf("account to pay to: %w", err)
	}
	return nil
}

func lockPayouts(ctx context.Context, tx pgx.Tx, organisation int64) error {
	if _, err := tx.Exec(ctx, `SELECT FROM payout_accounts WHERE organisation_id = $1 ORDER BY id FOR UPDATE`, organisation); err != nil {
		return fmt.Errorf("accounts to pay to: %w", err)
	}
	return nil
}

func movePayout(ctx context.Context, tx pgx.Tx, p *PayoutAccount, by account.Actor) error {
	if p.State == InForce {
		if _, err := tx.Exec(ctx, `UPDATE payout_accounts SET state = 'ended', state_at = $2, revision = revision + 1 WHERE organisation_id = $1 AND state = 'confirmed'`, p.Payee, p.StateAt); err != nil {
			return fmt.Errorf("account to pay to: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, `
		UPDATE payout_accounts SET state = @state, state_at = @at, reason = @reason, confirmed_by = CASE WHEN @state = 'confirmed' THEN @by::bigint END, confirmed_name = @name, confirmed_at = CASE WHEN @state = 'confirmed' THEN @at::timestamptz END, revision = revision + 1 WHERE id = @id`,
		pgx.NamedArgs{"id": p.ID, "state": p.State, "at": p.StateAt, "reason": p.Reason, "by": by.ID, "name": by.Name}); err != nil {
		return fmt.Errorf("account to pay to: %w", err)
	}
	return nil
}

func selectName(ctx context.Context, q database.Querier, organisation int64) (name string, err error) {
	err = q.QueryRow(ctx, `SELECT name FROM organisations WHERE id = $1`, organisation).Scan(&name)
	return name, err
}

func addresses(ctx context.Context, q database.Querier, query string, args ...any) ([]string, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("addresses: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func ownersOf(ctx context.Context, q database.Querier, organisation int64) ([]string, error) {
	return addresses(ctx, q, `SELECT u.identifier FROM users u JOIN organisation_members m ON m.user_id = u.id WHERE m.organisation_id = $1 AND m.role = 'owner' AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY u.id`, organisation)
}

func exchangeStaff(ctx context.Context, q database.Querier) ([]string, error) {
	return addresses(ctx, q, `SELECT DISTINCT u.identifier FROM users u JOIN user_roles r ON r.user_id = u.id WHERE r.role = $1 AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY 1`, account.ExchangeStaff)
}

// selectPlanned is what other settlements that are not instructed yet are to set off
// against what the payee of x owes.
func selectPlanned(ctx context.Context, q database.Querier, x *Settlement) (n int64, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(sum(kept), 0)::bigint FROM settlements WHERE organisation_id = $1 AND currency = $2 AND id <> $3 AND state IN ('computed', 'confirmed_by_payee', 'disputed')`, x.Payee, x.Currency, x.ID).Scan(&n)
	return n, err
}

func selectAllTransfers(ctx context.Context, q database.Querier, settlement int64) ([]Transfer, error) {
	rows, err := q.Query(ctx, `SELECT order_number, amount, coalesce(transfer, ''), state, reason FROM settlement_transfers WHERE settlement_id = $1 ORDER BY attempt, order_number`, settlement)
	if err != nil {
		return nil, fmt.Errorf("transfers: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Transfer])
}

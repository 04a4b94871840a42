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

const collectionColumns = `c.id, c.number, c.organisation_id, c.bank, c.account, c.holder, c.currency`

func (c *Collection) cells() []any {
	return []any{&c.ID, &c.Number, &c.Operator, &c.Bank, &c.Account, &c.Holder, &c.Currency}
}

func selectOpenCollection(ctx context.Context, q database.Querier, operator int64, currency string) (c Collection, err error) {
	err = q.QueryRow(ctx, `SELECT `+collectionColumns+` FROM collection_accounts c WHERE c.organisation_id = $1 AND c.currency = $2 AND c.state = 'open'`, operator, currency).Scan(c.cells()...)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, fault.New(fault.Conflict, "运营机构还没有这种货币的收款账户，现在不能付款。")
	}
	return c, err
}

func selectAdvices(ctx context.Context, q database.Querier, where string, args ...any) ([]Advice, error) {
	rows, err := q.Query(ctx, `
		SELECT a.id, a.ref, a.kind, a.order_number, a.buyer_id, a.code, a.amount, a.currency, a.payer, a.until, a.ended_at IS NOT NULL, a.paid, `+collectionColumns+`
		FROM payment_advices a JOIN collection_accounts c ON c.id = a.account_id WHERE `+where+` ORDER BY a.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("advices: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Advice, err error) {
		err = row.Scan(append([]any{&a.ID, &a.Ref, &a.Kind, &a.Order, &a.Buyer, &a.Code, &a.Amount, &a.Currency, &a.Payer, &a.Until, &a.Ended, &a.Paid}, a.Into.cells()...)...)
		return a, err
	})
}

func insertAdvice(ctx context.Context, tx pgx.Tx, a *Advice, at time.Time) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO payment_advices (ref, code, kind, order_number, buyer_id, account_id, payer, amount, currency, until, made_at)
		VALUES (@ref, @code, @kind, @order, @buyer, @account, @payer, @amount, @currency, @until, @at) RETURNING id`,
		pgx.NamedArgs{"ref": a.Ref, "code": a.Code, "kind": a.Kind, "order": a.Order, "buyer": a.Buyer, "account": a.Into.ID, "payer": a.Payer, "amount": a.Amount, "currency": a.Currency, "until": a.Until, "at": at}).Scan(&a.ID)
	if err != nil {
		return fmt.Errorf("advice for %s: %w", a.Ref, err)
	}
	return nil
}

// endAdvice ends an advice and frees the parts that had come for it: their lines wait
// again.
func endAdvice(ctx context.Context, tx pgx.Tx, ref string, at time.Time) error {
	if _, err := tx.Exec(ctx, `
		WITH ended AS (UPDATE payment_advices SET ended_at = @at, paid = 0 WHERE ref = @ref AND paid_at IS NULL AND ended_at IS NULL RETURNING id),
		freed AS (UPDATE allocations SET state = 'freed' WHERE advice_id = (SELECT id FROM ended) AND state = 'held' RETURNING line_id)
		UPDATE bank_lines SET state = 'waiting', state_at = @at, verdict = 'late', candidates = ARRAY[@ref], proposed_by = NULL, confirmed_by = NULL, revision = revision + 1
		WHERE id IN (SELECT line_id FROM freed) AND state = 'done'`, pgx.NamedArgs{"ref": ref, "at": at}); err != nil {
		return fmt.Errorf("advice for %s: %w", ref, err)
	}
	return nil
}

// selectInstructions are instructions, the newest first.
func selectInstructions(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Instruction, error) {
	rows, err := q.Query(ctx, `
		SELECT i.id, i.number, i.kind, i.ref, i.code, coalesce(i.organisation_id, 0), i.amount, i.currency, i.payee, i.payee_bank, i.payee_account, i.state, i.state_at, i.why, coalesce(i.line_id, 0), i.made_at,
		       coalesce(i.stopped_by, 0), coalesce((SELECT u.name FROM users u WHERE u.id = i.stopped_by), ''), i.revision, `+collectionColumns+`
		FROM payment_instructions i JOIN collection_accounts c ON c.id = i.account_id WHERE `+where+` ORDER BY i.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("instructions: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Instruction, err error) {
		err = row.Scan(append([]any{&i.ID, &i.Number, &i.Kind, &i.Ref, &i.Code, &i.Organisation, &i.Amount, &i.Currency, &i.Payee, &i.PayeeBank, &i.PayeeAccount, &i.State, &i.StateAt, &i.Why, &i.line, &i.MadeAt, &i.stopper, &i.StoppedBy, &i.Revision}, i.From.cells()...)...)
		i.Operator = i.From.Operator
		if i.line != 0 {
			i.Line = LineNumber(i.line)
		}
		return i, err
	})
}

func insertInstruction(ctx context.Context, tx pgx.Tx, i *Instruction) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO payment_instructions (number, kind, ref, code, account_id, organisation_id, amount, currency, payee, payee_bank, payee_account, state, state_at, made_at)
		VALUES (@number, @kind, @ref, @code, @account, nullif(@organisation::bigint, 0), @amount, @currency, @payee, @bank, @payeeAccount, @state, @at, @at) RETURNING id, revision`,
		pgx.NamedArgs{"number": i.Number, "kind": i.Kind, "ref": i.Ref, "code": i.Code, "account": i.From.ID, "organisation": i.Organisation, "amount": i.Amount, "currency": i.Currency, "payee": i.Payee, "bank": i.PayeeBank, "payeeAccount": i.PayeeAccount, "state": i.State, "at": i.MadeAt}).Scan(&i.ID, &i.Revision)
	if err != nil {
		return fmt.Errorf("instruction for %s: %w", i.Ref, err)
	}
	return nil
}

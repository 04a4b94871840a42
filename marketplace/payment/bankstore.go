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

// lockAdvice reads an advice as it is once nobody else moves it.
func lockAdvice(ctx context.Context, tx pgx.Tx, id int64) (Advice, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM payment_advices WHERE id = $1 FOR UPDATE`, id); err != nil {
		return Advice{}, fmt.Errorf("advice %d: %w", id, err)
	}
	list, err := selectAdvices(ctx, tx, `a.id = $1`, id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("advice %d is gone", id)
	}
	if err != nil {
		return Advice{}, err
	}
	return list[0], nil
}

func payAdvice(ctx context.Context, tx pgx.Tx, id, amount int64, at time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE payment_advices SET paid = paid + $2, paid_at = CASE WHEN paid + $2 = amount THEN $3::timestamptz END WHERE id = $1`, id, amount, at); err != nil {
		return fmt.Errorf("advice %d: %w", id, err)
	}
	return nil
}

const allocationColumns = `l.id, l.kind, l.amount, coalesce(a.ref, i.number, ''), l.payee, l.payee_bank, l.payee_account, l.letter, l.state, coalesce(l.advice_id, 0), coalesce(l.instruction_id, 0)`

func readAllocation(row pgx.CollectableRow) (a Allocation, err error) {
	err = row.Scan(&a.ID, &a.Kind, &a.Amount, &a.Ref, &a.Payee, &a.PayeeBank, &a.PayeeAccount, &a.Letter, &a.State, &a.advice, &a.instruction)
	return a, err
}

func selectAllocations(ctx context.Context, q database.Querier, line int64) ([]Allocation, error) {
	rows, err := q.Query(ctx, `SELECT `+allocationColumns+` FROM allocations l LEFT JOIN payment_advices a ON a.id = l.advice_id LEFT JOIN payment_instructions i ON i.id = l.instruction_id WHERE l.line_id = $1 ORDER BY l.id`, line)
	if err != nil {
		return nil, fmt.Errorf("allocations: %w", err)
	}
	return pgx.CollectRows(rows, readAllocation)
}

// bookHeld books all parts that were held for an advice.
func bookHeld(ctx context.Context, tx pgx.Tx, advice int64) ([]Allocation, error) {
	rows, err := tx.Query(ctx, `
		WITH l AS (UPDATE allocations SET state = 'booked' WHERE advice_id = $1 AND state = 'held' RETURNING *)
		SELECT `+allocationColumns+` FROM l LEFT JOIN payment_advices a ON a.id = l.advice_id LEFT JOIN payment_instructions i ON i.id = l.instruction_id ORDER BY l.id`, advice)
	if err != nil {
		return nil, fmt.Errorf("allocations: %w", err)
	}
	return pgx.CollectRows(rows, readAllocation)
}

// saveAllocation writes an allocation down, or in which state it is now.
func saveAllocation(ctx context.Context, tx pgx.Tx, line int64, a *Allocation) error {
	if a.ID != 0 {
		if _, err := tx.Exec(ctx, `UPDATE allocations SET state = $2 WHERE id = $1`, a.ID, a.State); err != nil {
			return fmt.Errorf("allocation: %w", err)
		}
		return nil
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO allocations (line_id, kind, amount, advice_id, instruction_id, payee, payee_bank, payee_account, letter, state)
		VALUES (@line, @kind, @amount, nullif(@advice::bigint, 0), nullif(@instruction::bigint, 0), @payee, @bank, @account, @letter, @state) RETURNING id`,
		pgx.NamedArgs{"line": line, "kind": a.Kind, "amount": a.Amount, "advice": a.advice, "instruction": a.instruction, "payee": a.Payee, "bank": a.PayeeBank, "account": a.PayeeAccount, "letter": a.Letter, "state": a.State}).Scan(&a.ID)
	if err != nil {
		return fmt.Errorf("allocation: %w", err)
	}
	return nil
}

func dropSuggested(ctx context.Context, tx pgx.Tx, line int64) error {
	if _, err := tx.Exec(ctx, `UPDATE allocations SET state = 'dropped' WHERE line_id = $1 AND state = 'proposed'`, line); err != nil {
		return fmt.Errorf("allocations: %w", err)
	}
	return nil
}

// freeLine frees an allocation, and its line waits again.
func freeLine(ctx context.Context, tx pgx.Tx, line, allocation string, at time.Time) error {
	if _, err := tx.Exec(ctx, `
		WITH freed AS (UPDATE allocations SET state = 'freed' WHERE id = $2::bigint AND line_id = $1::bigint AND state = 'booked' RETURNING line_id)
		UPDATE bank_lines SET state = 'waiting', state_at = $3, proposed_by = NULL, confirmed_by = NULL, revision = revision + 1 WHERE id = (SELECT line_id FROM freed) AND state = 'done'`, line, allocation, at); err != nil {
		return fmt.Errorf("line %s: %w", line, err)
	}
	return nil
}

func moveInstruction(ctx context.Context, tx pgx.Tx, i *Instruction, from, to InstructionState, line int64, why string, by int64, at time.Time) error {
	tag, err := tx.Exec(ctx, `
		UPDATE payment_instructions SET state = @to, state_at = @at, line_id = coalesce(nullif(@line::bigint, 0), line_id), why = @why, confirmed_by = CASE WHEN stopped_by IS NOT NULL THEN nullif(@by::bigint, 0) END, revision = revision + 1
		WHERE id = @id AND state = @from AND revision = @revision`,
		pgx.NamedArgs{"id": i.ID, "from": from, "to": to, "line": line, "why": why, "by": by, "at": at, "revision": i.Revision})
	if err != nil {
		return fmt.Errorf("instruction %s: %w", i.Number, err)
	}
	if tag.RowsAffected() == 0 {
		return errAgain
	}
	return nil
}

func stopInstruction(ctx context.Context, tx pgx.Tx, i *Instruction, by int64, why string) error {
	tag, err := tx.Exec(ctx, `UPDATE payment_instructions SET stopped_by = nullif($2::bigint, 0), why = $3, revision = revision + 1 WHERE id = $1 AND state = 'instructed' AND revision = $4`, i.ID, by, why, i.Revision)
	if err != nil {
		return fmt.Errorf("instruction %s: %w", i.Number, err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved()
	}
	return nil
}

func selectFresh(ctx context.Context, q database.Querier) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT id FROM bank_lines WHERE state = 'new' ORDER BY id LIMIT 20000`)
	if err != nil {
		return nil, fmt.Errorf("lines: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// lockLine reads a line as it is once nobody else moves it.
func lockLine(ctx context.Context, tx pgx.Tx, id int64) (Entry, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM bank_lines WHERE id = $1 FOR UPDATE`, id); err != nil {
		return Entry{}, fmt.Errorf("line %d: %w", id, err)
	}
	list, err := selectLines(ctx, tx, scope{all: true}, LineFilter{Limit: 1}, id)
	if err == nil && len(list) == 0 {
		err = errNoLine()
	}
	if err != nil {
		return Entry{}, err
	}
	return list[0], nil
}

func saveLine(ctx context.Context, tx pgx.Tx, e *Entry, at time.Time, confirmer int64) error {
	if e.Candidates == nil {
		e.Candidates = []string{}
	}
	if _, err := tx.Exec(ctx, `
		UPDATE bank_lines SET state = @state, state_at = @at, verdict = @verdict, candidates = @candidates, reason = @reason, proposed_by = nullif(@proposer::bigint, 0),
		       confirmed_by = nullif(@confirmer::bigint, 0), revision = revision + 1 WHERE id = @id`,
		pgx.NamedArgs{"id": e.ID, "state": e.State, "at": at, "verdict": e.Verdict, "candidates": e.Candidates, "reason": e.Reason, "proposer": e.proposer, "confirmer": confirmer}); err != nil {
		return fmt.Errorf("line %s: %w", e.Number, err)
	}
	return nil
}

// selectLines are lines with what they are for, the newest first; id: that one alone.
func selectLines(ctx context.Context, q database.Querier, s scope, f LineFilter, id int64) ([]Entry, error) {
	rows, err := q.Query(ctx, `
		SELECT l.id, s.number, l.serial, l.booked_on, l.amount, l.currency, l.party, l.party_account, l.remark, l.state, l.state_at, l.verdict, l.candidates, l.reason, l.revision, coalesce(l.made_by, 0), coalesce(l.proposed_by, 0),
		       coalesce(m.name, ''), coalesce(p.name, ''), coalesce(d.name, ''), `+collectionColumns+`
		FROM bank_lines l JOIN bank_statements s ON s.id = l.statement_id JOIN collection_accounts c ON c.id = l.account_id
		LEFT JOIN users m ON m.id = l.made_by LEFT JOIN users p ON p.id = l.proposed_by LEFT JOIN users d ON d.id = l.confirmed_by
		WHERE (@all OR c.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)) AND (@id = 0 OR l.id = @id) AND (@account = '' OR c.number = @account) AND (@statement = '' OR s.number = @statement)
		  AND (NOT @queue OR l.state IN ('typed', 'waiting', 'proposed')) AND (@before = 0 OR l.id < @before) ORDER BY l.id DESC LIMIT @limit`,
		pgx.NamedArgs{"all": s.all, "user": s.user, "id": id, "account": f.Account, "statement": f.Statement, "queue": f.Queue, "before": f.Before, "limit": f.Limit})
	if err != nil {
		return nil, fmt.Errorf("lines: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Entry, err error) {
		err = row.Scan(append([]any{&e.ID, &e.Statement, &e.Serial, &e.Day, &e.Amount, &e.Currency, &e.Party, &e.Line.Account, &e.Remark, &e.State, &e.StateAt, &e.Verdict, &e.Candidates, &e.Reason, &e.Revision, &e.typist, &e.proposer,
			&e.TypedBy, &e.ProposedBy, &e.DoneBy}, e.Into.cells()...)...)
		e.Number = LineNumber(e.ID)
		return e, err
	})
	if err != nil || id == 0 {
		return list, err
	}
	for i := range list {
		if list[i].For, err = selectAllocations(ctx, q, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func selectAccounts(ctx context.Context, q database.Querier, s scope, number string) ([]Account, error) {
	rows, err := q.Query(ctx, `
		SELECT o.name, c.state, c.state_at, c.reason, m.name, c.made_at, c.made_by, coalesce((SELECT u.name FROM users u WHERE u.id = c.confirmed_by), ''),
		       (SELECT count(*) FROM bank_lines l WHERE l.account_id = c.id AND l.state IN ('typed', 'waiting', 'proposed')), `+collectionColumns+`
		FROM collection_accounts c JOIN organisations o ON o.id = c.organisation_id JOIN users m ON m.id = c.made_by
		WHERE (@all OR c.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)) AND (@number = '' OR c.number = @number) ORDER BY c.id DESC`, pgx.NamedArgs{"all": s.all, "user": s.user, "number": number})
	if err != nil {
		return nil, fmt.Errorf("collection accounts: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Account, err error) {
		err = row.Scan(append([]any{&a.OperatorName, &a.State, &a.StateAt, &a.Reason, &a.MadeBy, &a.MadeAt, &a.maker, &a.ConfirmedBy, &a.Waiting}, a.cells()...)...)
		return a, err
	})
}

func insertAccount(ctx context.Context, tx pgx.Tx, a *Account, sent string) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO collection_accounts (number, organisation_id, bank, account, holder, currency, state, state_at, made_by, made_at, sent)
		VALUES (@number, @operator, @bank, @account, @holder, @currency, @state, @at, @by, @at, nullif(@sent, '')) RETURNING id`,
		pgx.NamedArgs{"number": a.Number, "operator": a.Operator, "bank": a.Bank, "account": a.Collection.Account, "holder": a.Holder, "currency": a.Currency, "state": a.State, "at": a.MadeAt, "by": a.maker, "sent": sent}).Scan(&a.ID)
	if err != nil {
		return fmt.Errorf("collection account: %w", err)
	}
	return nil
}

func moveAccount(ctx context.Context, tx pgx.Tx, a *Account, from, to CollectionState, reason string, by int64, at time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE collection_accounts SET state = @to, state_at = @at, reason = @reason, confirmed_by = CASE WHEN @to = 'open' THEN @by ELSE confirmed_by END WHERE id = @id AND state = @from`,
		pgx.NamedArgs{"id": a.ID, "from": from, "to": to, "reason": reason, "by": by, "at": at})
	if err != nil {
		return fmt.Errorf("collection account: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved()
	}
	return nil
}

func lockCollection(ctx context.Context, tx pgx.Tx, id int64) error {
	if _, err := tx.Exec(ctx, `SELECT FROM collection_accounts WHERE id = $1 FOR NO KEY UPDATE`, id); err != nil {
		return fmt.Errorf("collection account: %w", err)
	}
	return nil
}

func selectOperators(ctx context.Context, q database.Querier, user int64) ([]Operator, error) {
	rows, err := q.Query(ctx, `SELECT o.id, o.name FROM organisations o JOIN organisation_members m ON m.organisation_id = o.id WHERE m.user_id = $1 AND o.side = 'operate' AND o.status = 'verified' ORDER BY o.id`, user)
	if err != nil {
		return nil, fmt.Errorf("operators: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Operator])
}

// selectSerials are those of lines that an account has already, each with what it says.
func selectSerials(ctx context.Context, tx pgx.Tx, account int64, lines []Line) (map[string]string, error) {
	serials := make([]string, len(lines))
	for i, l := range lines {
		serials[i] = l.Serial
	}
	rows, err := tx.Query(ctx, `SELECT serial, booked_on, amount, currency, party, party_account, remark FROM bank_lines WHERE account_id = $1 AND serial = ANY ($2) AND state <> 'refused'`, account, serials)
	if err != nil {
		return nil, fmt.Errorf("lines: %w", err)
	}
	out := map[string]string{}
	var l Line
	_, err = pgx.ForEachRow(rows, []any{&l.Serial, &l.Day, &l.Amount, &l.Currency, &l.Party, &l.Account, &l.Remark}, func() error { out[l.Serial] = l.mark(); return nil })
	return out, err
}

func insertStatement(ctx context.Context, tx pgx.Tx, s *Statement, sum []byte, by int64, sent string) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO bank_statements (number, account_id, source, name, sha256, lines, fresh, made_by, made_at, sent) VALUES (@number, @account, @source, @name, @sum, @lines, @fresh, @by, @at, nullif(@sent, '')) RETURNING id`,
		pgx.NamedArgs{"number": s.Number, "account": s.Into.ID, "source": s.Source, "name": s.Name, "sum": sum, "lines": s.Lines, "fresh": s.Fresh, "by": by, "at": s.MadeAt, "sent": sent}).Scan(&s.ID)
	if err != nil {
		return fmt.Errorf("statement: %w", err)
	}
	return nil
}

func insertLines(ctx context.Context, tx pgx.Tx, s *Statement, lines []Line, by int64, at time.Time) error {
	state, typist := Fresh, (*int64)(nil)
	if s.Source == "typed" {
		state, typist = Typed, &by
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"bank_lines"}, []string{"account_id", "statement_id", "serial", "booked_on", "amount", "currency", "party", "party_account", "remark", "state", "state_at", "made_by"},
		pgx.CopyFromSlice(len(lines), func(i int) ([]any, error) {
			l := lines[i]
			return []any{s.Into.ID, s.ID, l.Serial, l.Day, l.Amount, l.Currency, l.Party, l.Account, l.Remark, string(state), at, typist}, nil
		}))
	if err != nil {
		return fmt.Errorf("lines: %w", err)
	}
	return nil
}

const statementColumns = `s.id, s.number, s.source, s.name, s.lines, s.fresh, u.name, s.made_at, (SELECT count(*) FROM bank_lines l WHERE l.statement_id = s.id AND l.state IN ('done', 'refused')), ` + collectionColumns +
	` FROM bank_statements s JOIN collection_accounts c ON c.id = s.account_id JOIN users u ON u.id = s.made_by `

func readStatement(row pgx.CollectableRow) (s Statement, err error) {
	err = row.Scan(append([]any{&s.ID, &s.Number, &s.Source, &s.Name, &s.Lines, &s.Fresh, &s.MadeBy, &s.MadeAt, &s.Done}, s.Into.cells()...)...)
	return s, err
}

func selectStatement(ctx context.Context, q database.Querier, number string) (Statement, error) {
	rows, err := q.Query(ctx, `SELECT `+statementColumns+` WHERE s.number = $1`, number)
	if err != nil {
		return Statement{}, fmt.Errorf("statement: %w", err)
	}
	return pgx.CollectExactlyOneRow(rows, readStatement)
}

func selectStatements(ctx context.Context, q database.Querier, account, before int64, limit int) ([]Statement, error) {
	rows, err := q.Query(ctx, `SELECT `+statementColumns+` WHERE s.account_id = $1 AND ($2 = 0 OR s.id < $2) ORDER BY s.id DESC LIMIT $3`, account, before, limit)
	if err != nil {
		return nil, fmt.Errorf("statements: %w", err)
	}
	return pgx.CollectRows(rows, readStatement)
}

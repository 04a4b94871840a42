package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// written is the row of a transaction.
type written struct {
	key, subject, words string
	kind                Flow
	sum                 [32]byte
	on, at              time.Time
	by                  int64
	name                string
	reverses            int64
}

// insertTransaction writes a transaction with its entries, and the accounts that are
// not there yet, in one round trip; 0: the key is in the books already. Accounts are
// looked up one by one: joined, all of them would be read for each posting.
func insertTransaction(ctx context.Context, tx pgx.Tx, w written, currency string, entries []Entry) (int64, error) {
	n := len(entries)
	codes, kinds, guards := make([]string, n), make([]string, n), make([]string, n)
	owners, amounts := make([]*int64, n), make([]int64, n)
	for i, e := range entries {
		codes[i], kinds[i], guards[i], amounts[i] = e.Account.Code(), string(e.Account.Class.Kind), string(e.Account.Class.Guard), e.Amount
		if e.Account.Organisation > 0 {
			owners[i] = &e.Account.Organisation
		}
	}
	var b pgx.Batch
	b.Queue(`
		INSERT INTO ledger_accounts (code, currency, kind, guard, organisation_id)
		SELECT u.code, @currency, u.kind, u.guard, u.organisation FROM unnest(@codes::text[], @kinds::text[], @guards::text[], @owners::bigint[]) u (code, kind, guard, organisation)
		WHERE (SELECT a.id FROM ledger_accounts a WHERE a.code = u.code AND a.currency = @currency) IS NULL ORDER BY u.code
		ON CONFLICT (code, currency) DO NOTHING`,
		pgx.NamedArgs{"currency": currency, "codes": codes, "kinds": kinds, "guards": guards, "owners": owners})
	id := int64(0)
	b.Queue(`
		WITH t AS (
			INSERT INTO ledger_transactions (key, sha256, kind, subject, words, effective_on, at, by_id, by_name)
			VALUES (@key, @sum, @kind, @subject, @words, @on, @at, @by, @name) ON CONFLICT (key) DO NOTHING RETURNING id)
		INSERT INTO ledger_entries (transaction_id, seq, account_id, currency, amount)
		SELECT t.id, u.seq, (SELECT a.id FROM ledger_accounts a WHERE a.code = u.code AND a.currency = @currency), @currency, u.amount
		FROM t, unnest(@codes::text[], @amounts::bigint[]) WITH ORDINALITY u (code, amount, seq)
		RETURNING transaction_id`,
		pgx.NamedArgs{"key": w.key, "sum": w.sum[:], "kind": w.kind, "subject": w.subject, "words": w.words, "on": w.on, "at": w.at, "by": w.by, "name": w.name, "codes": codes, "amounts": amounts, "currency": currency}).
		Query(func(rows pgx.Rows) error {
			ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			switch {
			case err != nil:
				return err
			case len(ids) != 0 && len(ids) != n:
				return fmt.Errorf("%d of %d entries", len(ids), n)
			case len(ids) > 0:
				id = ids[0]
			}
			return nil
		})
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return 0, fmt.Errorf("post %s: %w", w.key, err)
	}
	return id, nil
}

// insertReversal writes the reverse of a transaction; 0: the key is there already.
func insertReversal(ctx context.Context, tx pgx.Tx, w written) (id int64, err error) {
	err = tx.QueryRow(ctx, `
		WITH t AS (
			INSERT INTO ledger_transactions (key, sha256, kind, subject, words, effective_on, at, by_id, by_name, reverses_id)
			VALUES (@key, @sum, @kind, @subject, @words, @on, @at, @by, @name, @reverses) ON CONFLICT (key) DO NOTHING RETURNING id),
		e AS (
			INSERT INTO ledger_entries (transaction_id, seq, account_id, currency, amount)
			SELECT t.id, o.seq, o.account_id, o.currency, -o.amount FROM t, ledger_entries o WHERE o.transaction_id = @reverses RETURNING seq)
		SELECT coalesce((SELECT id FROM t), 0)`,
		pgx.NamedArgs{"key": w.key, "sum": w.sum[:], "kind": w.kind, "subject": w.subject, "words": w.words, "on": w.on, "at": w.at, "by": w.by, "name": w.name, "reverses": w.reverses}).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("reverse %d: %w", w.reverses, err)
	}
	return id, nil
}

// refused says what a constraint of the books means.
func refused(err error) error {
	var p *pgconn.PgError
	if !errors.As(err, &p) {
		return err
	}
	switch p.ConstraintName {
	case "ledger_guard":
		return fault.New(fault.Conflict, "账户 %s 没有这么多，什么也没有记。", p.Detail).Because(err)
	case "ledger_closed":
		return fault.New(fault.Conflict, "这一天已经结账，不能再记账；请记在结账日之后。").Because(err)
	case "ledger_transactions_reverses_id_key":
		return fault.New(fault.Conflict, "这笔分录已经冲正过。").Because(err)
	}
	return err
}

func selectKey(ctx context.Context, q database.Querier, key string) (id int64, sum [32]byte, err error) {
	var raw []byte
	if err := q.QueryRow(ctx, `SELECT id, sha256 FROM ledger_transactions WHERE key = $1`, key).Scan(&id, &raw); err != nil {
		return 0, sum, fmt.Errorf("key %s: %w", key, err)
	}
	copy(sum[:], raw)
	return id, sum, nil
}

// lockBalances locks accounts, in the order in which postings do, and reads what is on
// them. An account that nothing was ever posted on has nothing on it.
func lockBalances(ctx context.Context, tx pgx.Tx, currency string, codes []string) (map[string]int64, error) {
	if _, err := tx.Exec(ctx, `
		SELECT FROM ledger_balances b JOIN ledger_accounts a ON a.id = b.account_id WHERE a.code = ANY ($1) AND a.currency = $2 ORDER BY b.account_id FOR UPDATE OF b`, codes, currency); err != nil {
		return nil, fmt.Errorf("lock balances: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT code, ledger_balance(id) FROM ledger_accounts WHERE code = ANY ($1) AND currency = $2`, codes, currency)
	if err != nil {
		return nil, fmt.Errorf("balances: %w", err)
	}
	out := map[string]int64{}
	var code string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&code, &n}, func() error { out[code] = n; return nil })
	return out, err
}

const posted = `
	SELECT t.id, t.kind, t.key, t.subject, t.words, t.effective_on, t.at, t.by_id, t.by_name, coalesce(t.reverses_id, 0), coalesce((SELECT r.id FROM ledger_transactions r WHERE r.reverses_id = t.id), 0),
	       (SELECT array_agg(a.code ORDER BY e.seq) FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id WHERE e.transaction_id = t.id),
	       (SELECT array_agg(e.currency ORDER BY e.seq) FROM ledger_entries e WHERE e.transaction_id = t.id),
	       (SELECT array_agg(e.amount ORDER BY e.seq) FROM ledger_entries e WHERE e.transaction_id = t.id)
	FROM ledger_transactions t`

func readPosted(row pgx.CollectableRow) (p Posted, err error) {
	var codes, currencies []string
	var amounts []int64
	err = row.Scan(&p.ID, &p.Kind, &p.Key, &p.Subject, &p.Words, &p.On, &p.At, &p.By, &p.ByName, &p.Reverses, &p.Reversed, &codes, &currencies, &amounts)
	for i := range codes {
		p.Lines = append(p.Lines, Line{codes[i], currencies[i], amounts[i]})
	}
	return p, err
}

func selectPosted(ctx context.Context, q database.Querier, id int64) (Posted, error) {
	rows, err := q.Query(ctx, posted+` WHERE t.id = $1`, id)
	if err != nil {
		return Posted{}, fmt.Errorf("transaction %d: %w", id, err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, readPosted)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, fault.New(fault.NotFound, "没有这笔账。")
	}
	return p, err
}

// selectTransactions are what a filter asks for, the newest first.
func selectTransactions(ctx context.Context, q database.Querier, f Filter) ([]Posted, error) {
	rows, err := q.Query(ctx, posted+`
		WHERE (@subject = '' OR t.subject = @subject) AND (@kind = '' OR t.kind = @kind)
		  AND (@code = '' OR t.id IN (SELECT e.transaction_id FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id WHERE a.code = @code))
		  AND (@organisation = 0 OR t.id IN (SELECT e.transaction_id FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id WHERE a.organisation_id = @organisation))
		  AND (@from::date IS NULL OR t.effective_on >= @from) AND (@through::date IS NULL OR t.effective_on <= @through) AND (@before = 0 OR t.id < @before)
		ORDER BY t.id DESC LIMIT @limit`,
		pgx.NamedArgs{"subject": f.Subject, "kind": f.Kind, "code": f.Account, "organisation": f.Organisation, "from": date(f.From), "through": date(f.Through), "before": f.Before, "limit": f.Limit})
	if err != nil {
		return nil, fmt.Errorf("transactions: %w", err)
	}
	return pgx.CollectRows(rows, readPosted)
}

// selectTrial sums every account through a day; zero: all that is posted.
func selectTrial(ctx context.Context, q database.Querier, through time.Time) ([]Trial, error) {
	rows, err := q.Query(ctx, `
		SELECT a.code, a.currency, a.kind, coalesce(a.organisation_id, 0), coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)::bigint, coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)::bigint, count(*)
		FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
		WHERE $1::date IS NULL OR e.transaction_id IN (SELECT id FROM ledger_transactions WHERE effective_on <= $1)
		GROUP BY a.id ORDER BY a.currency COLLATE "C", a.code COLLATE "C"`, date(through))
	if err != nil {
		return nil, fmt.Errorf("trial balance: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Trial])
}

func selectBalance(ctx context.Context, q database.Querier, code, currency string) (n int64, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT ledger_balance(id) FROM ledger_accounts WHERE code = $1 AND currency = $2), 0)`, code, currency).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("balance of %s: %w", code, err)
	}
	return n, nil
}

// fold puts up to limit of what was posted into the balances, and says how much it was.
func fold(ctx context.Context, tx pgx.Tx, limit int) (n int64, err error) {
	var ids []int64
	if err := tx.QueryRow(ctx, `SELECT array_agg(DISTINCT account_id) FROM (SELECT account_id FROM ledger_unfolded ORDER BY id LIMIT $1) u`, limit).Scan(&ids); err != nil {
		return 0, fmt.Errorf("fold: %w", err)
	}
	if _, err := tx.Exec(ctx, `SELECT FROM ledger_balances WHERE account_id = ANY ($1) ORDER BY account_id FOR UPDATE`, ids); err != nil {
		return 0, fmt.Errorf("fold: %w", err)
	}
	err = tx.QueryRow(ctx, `
		WITH gone AS (DELETE FROM ledger_unfolded WHERE id IN (SELECT id FROM ledger_unfolded WHERE account_id = ANY ($1) ORDER BY id LIMIT $2) RETURNING account_id, amount),
		done AS (UPDATE ledger_balances b SET folded = b.folded + g.amount FROM (SELECT account_id, sum(amount)::bigint AS amount FROM gone GROUP BY account_id) g WHERE b.account_id = g.account_id)
		SELECT count(*) FROM gone`, ids, limit).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("fold: %w", err)
	}
	return n, nil
}

func selectClosed(ctx context.Context, q database.Querier) ([]Closing, error) {
	rows, err := q.Query(ctx, `SELECT through, transactions, sha256, at, by_id, by_name FROM ledger_closings ORDER BY through DESC`)
	if err != nil {
		return nil, fmt.Errorf("closings: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Closing])
}

// lockBooks waits for whoever posts, and keeps everybody from it until tx ends.
func lockBooks(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `LOCK TABLE ledger_transactions IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return fmt.Errorf("close the books: %w", err)
	}
	return nil
}

func insertClosing(ctx context.Context, tx pgx.Tx, c *Closing) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO ledger_closings (through, transactions, last_id, sha256, at, by_id, by_name)
		SELECT @through, (SELECT count(*) FROM ledger_transactions WHERE effective_on <= @through), (SELECT coalesce(max(id), 0) FROM ledger_transactions), @sum, @at, @by, @name RETURNING transactions`,
		pgx.NamedArgs{"through": c.Through, "sum": c.SHA256, "at": c.At, "by": c.By, "name": c.ByName}).Scan(&c.Transactions)
	if err != nil {
		return fmt.Errorf("close the books: %w", err)
	}
	return nil
}

// date is a day as the database takes it; nil: none.
func date(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func selectOrganisations(ctx context.Context, q database.Querier, user int64) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT organisation_id FROM organisation_members WHERE user_id = $1 AND side = 'operate'`, user)
	if err != nil {
		return nil, fmt.Errorf("organisations: %w", err)
	}
	own, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if own == nil {
		own = []int64{} // of none, and not of all
	}
	return own, err
}

func selectNames(ctx context.Context, q database.Querier, ids []int64) (map[int64]string, error) {
	rows, err := q.Query(ctx, `SELECT id, name FROM organisations WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("organisations: %w", err)
	}
	out := map[int64]string{}
	var id int64
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error { out[id] = name; return nil })
	return out, err
}

// selectSteps are the entries of an account with their running sum, the newest first:
// limit of them, skipping those that were read.
func selectSteps(ctx context.Context, q database.Querier, code, currency string, skip, limit int) ([]Step, error) {
	rows, err := q.Query(ctx, `
		SELECT t.id, t.effective_on, t.kind, t.subject, t.words, e.amount, e.after FROM (
			SELECT e.transaction_id, e.amount, sum(e.amount) OVER (ORDER BY e.transaction_id, e.seq)::bigint AS after FROM ledger_entries e WHERE e.account_id = (SELECT id FROM ledger_accounts WHERE code = $1 AND currency = $2)) e
		JOIN ledger_transactions t ON t.id = e.transaction_id ORDER BY t.id DESC OFFSET $3 LIMIT $4`, code, currency, skip, limit)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", code, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Step])
}

package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
)

var (
	bookkeeper = account.System("test")
	morning    = time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", 8*60*60))
)

// books is a ledger in a database of its own, with organisations to keep accounts for.
type books struct {
	*ledger.Book
	pool *pgxpool.Pool
	orgs []int64
	at   time.Time
}

func newBooks(t *testing.T, organisations int) *books {
	t.Helper()
	b := &books{pool: dbtest.New(t), at: morning}
	b.Book = ledger.New(func() time.Time { return b.at })
	for range organisations {
		var id int64
		err := b.pool.QueryRow(t.Context(), `INSERT INTO organisations (kind, name, credit_code, side, status, created_at) VALUES ('legal', '甲公司', '91350100M000100Y43', 'use', 'draft', now()) RETURNING id`).Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		b.orgs = append(b.orgs, id)
	}
	return b
}

func (b *books) post(ctx context.Context, x ledger.Transaction) (ledger.Posted, error) {
	return database.InTx(ctx, b.pool, func(tx pgx.Tx) (ledger.Posted, error) { return b.Post(ctx, tx, bookkeeper, x) })
}

func (b *books) must(t *testing.T, key string, x ledger.Transaction) ledger.Posted {
	t.Helper()
	x.Key = key
	p, err := b.post(t.Context(), x)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return p
}

func (b *books) balance(t *testing.T, a ledger.Account) int64 {
	t.Helper()
	n, err := b.Balance(t.Context(), b.pool, a, ledger.CNY)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// An order goes from its payment to the payout, and every account says what it should.
func TestAnOrderIsPaidSharedAndSettled(t *testing.T) {
	b := newBooks(t, 3)
	operator, developer, broker := b.orgs[0], b.orgs[1], b.orgs[2]
	bank := ledger.BankReceivable.For(operator)
	b.must(t, "pay", ledger.PaidIn("DD-2026-000001", bank, 10_001))
	if n := b.balance(t, ledger.OrderHold.ForOrder("DD-2026-000001")); n != -10_001 {
		t.Errorf("held: %d", n)
	}
	parts, err := ledger.Parts(10_001, []ledger.Share{{To: ledger.PayableDeveloper.For(developer), Points: 7000}, {To: ledger.PayableOperator.For(operator), Points: 2500}, {To: ledger.PayableBroker.For(broker), Points: 500}})
	if err != nil {
		t.Fatal(err)
	}
	b.must(t, "accept", ledger.Accepted("DD-2026-000001", parts))
	b.must(t, "order", ledger.PayoutOrdered("JS-2026-000001", ledger.PayableDeveloper.For(developer), developer, parts[0].Amount))
	b.must(t, "paid", ledger.PayoutPaid("JS-2026-000001", bank, developer, parts[0].Amount))
	for _, c := range []struct {
		of   ledger.Account
		want int64
	}{
		{bank, 3000}, {ledger.OrderHold.ForOrder("DD-2026-000001"), 0}, {ledger.PayableDeveloper.For(developer), 0}, {ledger.PayableOperator.For(operator), -2500},
		{ledger.PayableBroker.For(broker), -500}, {ledger.PayoutClearing.For(developer), 0},
	} {
		if n := b.balance(t, c.of); n != c.want {
			t.Errorf("%s: %d, want %d", c.of.Code(), n, c.want)
		}
	}
	trial, err := b.TrialBalance(t.Context(), b.pool, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	total := ledger.Totals(trial)
	if len(total) != 1 || total[0] != (ledger.Total{Currency: "CNY", Debit: 34_004, Credit: 34_004}) {
		t.Errorf("totals: %+v", total)
	}
	list, err := b.Transactions(t.Context(), b.pool, ledger.Filter{Subject: "DD-2026-000001", Limit: 10})
	if err != nil || len(list) != 2 || list[0].Kind != ledger.Release || list[1].Kind != ledger.PaymentIn || list[1].Lines[0] != (ledger.Line{Code: bank.Code(), Currency: "CNY", Amount: 10_001}) {
		t.Errorf("of the order: %+v %v", list, err)
	}
	mine, err := b.Transactions(t.Context(), b.pool, ledger.Filter{Organisation: developer, Limit: 10})
	if err != nil || len(mine) != 3 {
		t.Errorf("of the developer: %d %v", len(mine), err)
	}
}

// What is not a posting is refused with a sentence, and nothing is left behind.
func TestWhatIsNoPosting(t *testing.T) {
	b := newBooks(t, 1)
	hold, bank := ledger.OrderHold.ForOrder("DD-1"), ledger.BankReceivable.For(b.orgs[0])
	for name, x := range map[string]ledger.Transaction{
		"one side":      {Key: "k", Kind: ledger.PaymentIn, Subject: "DD-1", Entries: []ledger.Entry{{Account: bank, Amount: 1}}},
		"unequal":       {Key: "k", Kind: ledger.PaymentIn, Subject: "DD-1", Entries: []ledger.Entry{{Account: bank, Amount: 2}, {Account: hold, Amount: -1}}},
		"nothing":       {Key: "k", Kind: ledger.PaymentIn, Subject: "DD-1"},
		"zero":          ledger.PaidIn("DD-1", bank, 0),
		"no key":        ledger.PaidIn("DD-1", bank, 1),
		"in a circle":   {Key: "k", Kind: ledger.PaymentIn, Subject: "DD-1", Entries: []ledger.Entry{{Account: bank, Amount: 1}, {Account: bank, Amount: -1}}},
		"no account":    {Key: "k", Kind: ledger.PaymentIn, Subject: "DD-1", Entries: []ledger.Entry{{Account: ledger.Account{}, Amount: 1}, {Account: hold, Amount: -1}}},
		"nobody's":      {Key: "k", Kind: ledger.PaymentIn, Subject: "DD-1", Entries: []ledger.Entry{{Account: ledger.BankReceivable.Only(), Amount: 1}, {Account: hold, Amount: -1}}},
		"too much":      {Key: "k", Kind: ledger.PaymentIn, Subject: "DD-1", Entries: []ledger.Entry{{Account: bank, Amount: ledger.Most + 1}, {Account: hold, Amount: -ledger.Most - 1}}},
		"no currency":   {Key: "k", Kind: ledger.PaymentIn, Subject: "DD-1", Currency: "¥", Entries: []ledger.Entry{{Account: bank, Amount: 1}, {Account: hold, Amount: -1}}},
		"lower case":    {Key: "k", Kind: ledger.PaymentIn, Subject: "DD-1", Currency: "cny", Entries: []ledger.Entry{{Account: bank, Amount: 1}, {Account: hold, Amount: -1}}},
		"a wrapped sum": {Key: "k", Kind: ledger.PaymentIn, Subject: "DD-1", Entries: []ledger.Entry{{Account: bank, Amount: -1 << 63}, {Account: hold, Amount: -1 << 63}}},
	} {
		if _, err := b.post(t.Context(), x); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	var n int
	if err := b.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM ledger_transactions) + (SELECT count(*) FROM ledger_accounts) + (SELECT count(*) FROM ledger_unfolded)`).Scan(&n); err != nil || n != 0 {
		t.Errorf("left: %d %v", n, err)
	}
}

// The database itself holds the books, for every way of writing (I-01, I-02).
func TestTheDatabaseHoldsTheBooks(t *testing.T) {
	b := newBooks(t, 1)
	ctx := t.Context()
	p := b.must(t, "pay", ledger.PaidIn("DD-1", ledger.BankReceivable.For(b.orgs[0]), 100))
	const header = `INSERT INTO ledger_transactions (id, key, sha256, kind, subject, effective_on, at, by_id, by_name) OVERRIDING SYSTEM VALUE VALUES (%d, '%[1]d', sha256('x'), 'payment_in', 'DD-1', '2026-03-02', '2026-03-02 09:00+08', -1, 'x');`
	entries := func(tx pgx.Tx, rows ...[]any) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"ledger_entries"}, []string{"transaction_id", "seq", "account_id", "currency", "amount"}, pgx.CopyFromRows(rows))
		return err
	}
	var bank, hold int64
	if err := b.pool.QueryRow(ctx, `SELECT max(id) FILTER (WHERE code LIKE 'bank:%'), max(id) FILTER (WHERE code LIKE 'order:%') FROM ledger_accounts`).Scan(&bank, &hold); err != nil {
		t.Fatal(err)
	}
	exec := func(sql string, args ...any) func(pgx.Tx) error {
		return func(tx pgx.Tx) error { _, err := tx.Exec(ctx, sql, args...); return err }
	}
	both := func(fs ...func(pgx.Tx) error) func(pgx.Tx) error {
		return func(tx pgx.Tx) error {
			for _, f := range fs {
				if err := f(tx); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		write func(pgx.Tx) error
		code  string // constraint, or SQLSTATE
	}{
		"a header alone": {exec(fmt.Sprintf(header, 900)), "ledger_balanced"},
		"one entry":      {both(exec(fmt.Sprintf(header, 900)), func(tx pgx.Tx) error { return entries(tx, []any{900, 1, bank, "CNY", 5}) }), "ledger_balanced"},
		"unequal, by COPY": {both(exec(fmt.Sprintf(header, 900)), func(tx pgx.Tx) error {
			return entries(tx, []any{900, 1, bank, "CNY", 5}, []any{900, 2, hold, "CNY", -4})
		}), "ledger_balanced"},
		"a third entry, by COPY":    {func(tx pgx.Tx) error { return entries(tx, []any{p.ID, 3, bank, "CNY", 5}) }, "ledger_entries_whole"},
		"an entry later, by INSERT": {exec(`INSERT INTO ledger_entries VALUES ($1, 3, $2, 'CNY', 5)`, p.ID, bank), "ledger_entries_whole"},
		"once more from one":        {exec(`INSERT INTO ledger_entries VALUES ($1, 1, $2, 'CNY', 5)`, p.ID, bank), "ledger_entries_pkey"},
		"balanced, checked, then more": {both(exec(fmt.Sprintf(header, 900)), func(tx pgx.Tx) error {
			return entries(tx, []any{900, 1, bank, "CNY", 5}, []any{900, 2, hold, "CNY", -5})
		}, exec(`SET CONSTRAINTS ALL IMMEDIATE`), exec(`INSERT INTO ledger_entries VALUES (900, 3, $1, 'CNY', 5)`, bank)), "ledger_entries_whole"},
		"another currency than account": {both(exec(fmt.Sprintf(header, 900)), func(tx pgx.Tx) error {
			return entries(tx, []any{900, 1, bank, "USD", 5}, []any{900, 2, hold, "USD", -5})
		}), "ledger_entries_account"},
		"zero": {both(exec(fmt.Sprintf(header, 900)), func(tx pgx.Tx) error {
			return entries(tx, []any{900, 1, bank, "CNY", 0}, []any{900, 2, hold, "CNY", 0})
		}), "ledger_entries_amount_check"},
		"more than is held, by COPY": {both(exec(fmt.Sprintf(header, 900)), func(tx pgx.Tx) error {
			return entries(tx, []any{900, 1, hold, "CNY", 101}, []any{900, 2, bank, "CNY", -101})
		}), "ledger_guard"},
		"a wrong reversal": {both(exec(strings.Replace(fmt.Sprintf(header, 900), "by_name) OVERRIDING", "by_name, reverses_id) OVERRIDING", 1)[:len(fmt.Sprintf(header, 900))+len(", reverses_id")-2]+fmt.Sprintf(", %d)", p.ID)), func(tx pgx.Tx) error {
			return entries(tx, []any{900, 1, bank, "CNY", -50}, []any{900, 2, hold, "CNY", 50})
		}), "ledger_reverses"},
		"an entry changed":         {exec(`UPDATE ledger_entries SET amount = amount + 1`), "23001"},
		"an entry removed":         {exec(`DELETE FROM ledger_entries`), "23001"},
		"all entries removed":      {exec(`TRUNCATE ledger_entries CASCADE`), "23001"},
		"a transaction changed":    {exec(`UPDATE ledger_transactions SET subject = 'DD-2'`), "23001"},
		"a transaction removed":    {exec(`DELETE FROM ledger_transactions`), "23001"},
		"all transactions removed": {exec(`TRUNCATE ledger_transactions CASCADE`), "23001"},
		"a guard taken away":       {exec(`UPDATE ledger_accounts SET guard = 'none'`), "23001"},
	} {
		_, err := database.InTx(ctx, b.pool, func(tx pgx.Tx) (int, error) { return 0, c.write(tx) })
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.ConstraintName != c.code && pg.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := b.balance(t, ledger.OrderHold.ForOrder("DD-1")); n != -100 {
		t.Errorf("held: %d", n)
	}
}

// One key posts once, whoever asks how often (I-03).
func TestAKeyPostsOnce(t *testing.T) {
	b := newBooks(t, 1)
	bank := ledger.BankReceivable.For(b.orgs[0])
	x := ledger.PaidIn("DD-1", bank, 100)
	first := b.must(t, "pay:1", x)
	b.at = b.at.Add(24 * time.Hour)
	if p := b.must(t, "pay:1", x); !p.Again || p.ID != first.ID || !p.At.Equal(first.At) {
		t.Errorf("again: %+v", p)
	}
	for name, other := range map[string]ledger.Transaction{
		"amount":  ledger.PaidIn("DD-1", bank, 101),
		"subject": ledger.PaidIn("DD-2", bank, 100),
		"kind":    {Kind: ledger.Matched, Subject: "DD-1", Entries: x.Entries},
		"day":     {Kind: x.Kind, Subject: x.Subject, Entries: x.Entries, On: morning},
	} {
		other.Key = "pay:1"
		if _, err := b.post(t.Context(), other); fault.KindOf(err) != fault.Conflict {
			t.Errorf("another %s under the key: %v", name, err)
		}
	}
	const rounds = 200
	for round := range rounds {
		y := ledger.PaidIn(fmt.Sprintf("DD-R%d", round), bank, 7)
		y.Key = fmt.Sprintf("race:%d", round)
		var fresh atomic.Int32
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				p, err := b.post(t.Context(), y)
				if err != nil {
					t.Error(err)
				}
				if !p.Again {
					fresh.Add(1)
				}
			})
		}
		wait.Wait()
		if fresh.Load() != 1 {
			t.Fatalf("round %d: posted %d times", round, fresh.Load())
		}
	}
	if n := b.balance(t, bank); n != 100+7*rounds {
		t.Errorf("at the bank: %d", n)
	}
}

// Of two who take the same money one gets it, in each of a thousand rounds.
func TestNothingIsTakenTwice(t *testing.T) {
	b := newBooks(t, 1)
	bank := ledger.BankReceivable.For(b.orgs[0])
	const rounds = 1000
	taken := 0
	for round := range rounds {
		order := fmt.Sprintf("DD-%d", round)
		b.must(t, "in:"+order, ledger.PaidIn(order, bank, 100))
		var won atomic.Int32
		var wait sync.WaitGroup
		for k := range 2 {
			wait.Go(func() {
				x := ledger.Refundable(order, 60)
				x.Key = fmt.Sprintf("%s:%d", order, k)
				switch _, err := b.post(t.Context(), x); {
				case err == nil:
					won.Add(1)
				case fault.KindOf(err) != fault.Conflict:
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if won.Load() != 1 {
			t.Fatalf("round %d: %d of two", round, won.Load())
		}
		taken++
	}
	t.Logf("%d rounds, %d won once", rounds, taken)
}

// A split gives everything away to the last fen, and does not depend on the order of
// payees (I-06).
func TestSplit(t *testing.T) {
	third := []ledger.Share{{To: ledger.PayableDeveloper.For(1), Points: 3333}, {To: ledger.PayableOperator.For(2), Points: 3333}, {To: ledger.PayableTreasury.Only(), Points: 3334}}
	if got, err := ledger.Split(1, third); err != nil || fmt.Sprint(got) != "[0 0 1]" {
		t.Errorf("one fen: %v %v", got, err)
	}
	if got, err := ledger.Split(2, third); err != nil || fmt.Sprint(got) != "[1 0 1]" {
		t.Errorf("two fen: %v %v", got, err)
	}
	if got, err := ledger.Split(ledger.Most, third); err != nil || got[0] != 333_300_000_000_000 {
		t.Errorf("the most: %v %v", got, err)
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		n := 1 + r.IntN(6)
		shares, left := make([]ledger.Share, n), int64(ledger.Whole)
		for i := range shares {
			points := left
			if i < n-1 {
				points = 1 + r.Int64N(left-int64(n-1-i))
			}
			shares[i] = ledger.Share{To: ledger.PayableDeveloper.For(int64(i + 1)), Points: points}
			left -= points
		}
		amount := r.Int64N(1_000_000) - 500_000
		parts, err := ledger.Split(amount, shares)
		if err != nil {
			t.Fatalf("seed %d: %v of %+v", seed, err, shares)
		}
		sum, by := int64(0), map[string]int64{}
		for i, p := range parts {
			sum += p
			by[shares[i].To.Code()] = p
			if exact := float64(amount) * float64(shares[i].Points) / ledger.Whole; float64(p) < exact-1 || float64(p) > exact+1 {
				t.Fatalf("seed %d: %d of %d by %d", seed, p, amount, shares[i].Points)
			}
		}
		r.Shuffle(n, func(i, j int) { shares[i], shares[j] = shares[j], shares[i] })
		turned, err := ledger.Split(amount, shares)
		if err != nil || sum != amount {
			t.Fatalf("seed %d: %d of %d, %v", seed, sum, amount, err)
		}
		for i, p := range turned {
			if by[shares[i].To.Code()] != p {
				t.Fatalf("seed %d: another order, another part", seed)
			}
		}
	}
	for name, bad := range map[string][]ledger.Share{
		"nobody":     nil,
		"too little": {{To: ledger.PayableDeveloper.For(1), Points: 9999}},
		"too much":   {{To: ledger.PayableDeveloper.For(1), Points: 9999}, {To: ledger.PayableDeveloper.For(2), Points: 2}},
		"below zero": {{To: ledger.PayableDeveloper.For(1), Points: 10_001}, {To: ledger.PayableDeveloper.For(2), Points: -1}},
		"twice":      {{To: ledger.PayableDeveloper.For(1), Points: 5000}, {To: ledger.PayableDeveloper.For(1), Points: 5000}},
	} {
		if _, err := ledger.Split(100, bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What was wrong is taken back once, by a transaction of its own.
func TestReverse(t *testing.T) {
	b := newBooks(t, 1)
	bank := ledger.BankReceivable.For(b.orgs[0])
	p := b.must(t, "pay", ledger.PaidIn("DD-1", bank, 100))
	reverse := func(id int64, key, words string) (ledger.Posted, error) {
		return database.InTx(t.Context(), b.pool, func(tx pgx.Tx) (ledger.Posted, error) {
			return b.Reverse(t.Context(), tx, bookkeeper, id, key, words)
		})
	}
	if _, err := reverse(p.ID, "back", ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := reverse(4711, "back", "x"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of nothing: %v", err)
	}
	back, err := reverse(p.ID, "back", "入错户")
	if err != nil || back.Reverses != p.ID || back.Lines[0].Amount != -100 || b.balance(t, bank) != 0 {
		t.Fatalf("%+v %v", back, err)
	}
	if _, err := reverse(p.ID, "back2", "x"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("twice: %v", err)
	}
	if _, err := reverse(back.ID, "back3", "x"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("of a reversal: %v", err)
	}
	// what was paid on already cannot be taken back from under whoever has it
	q := b.must(t, "pay2", ledger.PaidIn("DD-2", bank, 100))
	b.must(t, "due2", ledger.Refundable("DD-2", 40))
	if _, err := reverse(q.ID, "back4", "x"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("of what is no longer held: %v", err)
	}
}

// Closed days stay as they were; a trial balance at any day can be had at any time.
func TestClosedDaysStay(t *testing.T) {
	b := newBooks(t, 1)
	bank := ledger.BankReceivable.For(b.orgs[0])
	b.must(t, "1", ledger.PaidIn("DD-1", bank, 100))
	b.at = morning.Add(24 * time.Hour)
	b.must(t, "2", ledger.PaidIn("DD-2", bank, 50))
	first := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	shut := func(through time.Time) (ledger.Closing, error) {
		return database.InTx(t.Context(), b.pool, func(tx pgx.Tx) (ledger.Closing, error) { return b.Close(t.Context(), tx, bookkeeper, through) })
	}
	if _, err := shut(first.Add(24 * time.Hour)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("of today: %v", err)
	}
	c, err := shut(first)
	if err != nil || c.Transactions != 1 {
		t.Fatalf("%+v %v", c, err)
	}
	if _, err := shut(first); fault.KindOf(err) != fault.Conflict {
		t.Errorf("twice: %v", err)
	}
	late := ledger.PaidIn("DD-3", bank, 10)
	late.Key, late.On = "3", first
	if _, err := b.post(t.Context(), late); fault.KindOf(err) != fault.Conflict {
		t.Errorf("on a closed day: %v", err)
	}
	late.On = time.Time{}
	b.must(t, "3", late)
	trial, err := b.TrialBalance(t.Context(), b.pool, first)
	if err != nil || len(trial) != 2 || trial[0].Balance() != 100 || ledger.Digest(trial) != [32]byte(c.SHA256) {
		t.Errorf("at the first day: %+v %v", trial, err)
	}
	if trial, err = b.TrialBalance(t.Context(), b.pool, time.Time{}); err != nil || trial[0].Balance() != 160 {
		t.Errorf("now: %+v %v", trial, err)
	}
}

// Balances are right at every moment while others post and fold.
func TestFoldingChangesNothing(t *testing.T) {
	b := newBooks(t, 1)
	ctx := t.Context()
	bank := ledger.BankReceivable.For(b.orgs[0])
	var wait sync.WaitGroup
	for w := range 4 {
		wait.Go(func() {
			for i := range 100 {
				order := fmt.Sprintf("DD-%d-%d", w, i)
				for _, x := range []ledger.Transaction{ledger.PaidIn(order, bank, 10), ledger.Refundable(order, 4), ledger.Refunded(order, bank, 4)} {
					x.Key = order + string(x.Kind)
					if _, err := b.post(ctx, x); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Go(func() {
		for range 60 {
			if err := b.Fold(ctx, b.pool); err != nil {
				t.Error(err)
			}
		}
	})
	wait.Wait()
	for range 2 {
		if n := b.balance(t, bank); n != 4*100*6 {
			t.Errorf("at the bank: %d", n)
		}
		differ(t, b)
		if err := b.Fold(ctx, b.pool); err != nil {
			t.Fatal(err)
		}
	}
	var left int
	if err := b.pool.QueryRow(ctx, `SELECT count(*) FROM ledger_unfolded`).Scan(&left); err != nil || left != 0 {
		t.Errorf("unfolded: %d %v", left, err)
	}
}

// differ: the cached balance of every account is the sum of its entries.
func differ(t *testing.T, b *books) {
	t.Helper()
	var bad string
	err := b.pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(a.code, ' '), '') FROM ledger_accounts a WHERE ledger_balance(a.id) <> coalesce((SELECT sum(amount) FROM ledger_entries e WHERE e.account_id = a.id), 0)`).Scan(&bad)
	if err != nil || bad != "" {
		t.Errorf("cached otherwise than booked: %s %v", bad, err)
	}
}

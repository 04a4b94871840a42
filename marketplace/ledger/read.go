package ledger

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Filter chooses among the transactions of the books.
type Filter struct {
	Subject       string
	Kind          Flow
	Account       string // code of an account
	Organisation  int64  // that has an account in it
	From, Through time.Time
	Before        int64 // id to go on from; 0: the newest
	Limit         int
}

// Transactions are those that a filter chooses, the newest first.
func (b *Book) Transactions(ctx context.Context, q database.Querier, f Filter) ([]Posted, error) {
	return selectTransactions(ctx, q, f)
}

// Transaction is one of the books.
func (b *Book) Transaction(ctx context.Context, q database.Querier, id int64) (Posted, error) {
	return selectPosted(ctx, q, id)
}

// Balance is what is on an account: a debit balance is positive, a credit balance
// negative.
func (b *Book) Balance(ctx context.Context, q database.Querier, a Account, currency string) (int64, error) {
	return selectBalance(ctx, q, a.Code(), currency)
}

// Trial is one account in a trial balance.
type Trial struct {
	Code          string
	Currency      string
	Kind          Kind
	Organisation  int64 // whose it is; 0: of nobody alone
	Debit, Credit int64 // all of its entries on each side
	Entries       int64
}

// Balance is what is on the account.
func (t Trial) Balance() int64 { return t.Debit - t.Credit }

// TrialBalance sums every account through a day (Asia/Shanghai); the zero time: all that
// is posted. Debits and credits are equal in each currency, which Totals says.
func (b *Book) TrialBalance(ctx context.Context, q database.Querier, through time.Time) ([]Trial, error) {
	return selectTrial(ctx, q, through)
}

// Total is the last line of a trial balance in one currency.
type Total struct {
	Currency      string
	Debit, Credit int64
}

// Totals are the last lines of a trial balance.
func Totals(list []Trial) []Total {
	var out []Total
	for _, t := range list { // by currency, as TrialBalance sorts them
		if len(out) == 0 || out[len(out)-1].Currency != t.Currency {
			out = append(out, Total{Currency: t.Currency})
		}
		out[len(out)-1].Debit += t.Debit
		out[len(out)-1].Credit += t.Credit
	}
	return out
}

// Closing is the end of a time of the books: nothing is posted on a day of it any more.
type Closing struct {
	Through      time.Time
	Transactions int64
	SHA256       []byte // of the trial balance at its end, as Digest writes it
	At           time.Time
	By           int64
	ByName       string
}

// Closings are those that were made, the newest first.
func (b *Book) Closings(ctx context.Context, q database.Querier) ([]Closing, error) {
	return selectClosed(ctx, q)
}

// Close closes the books through a day that has passed.
func (b *Book) Close(ctx context.Context, tx pgx.Tx, who account.Actor, through time.Time) (Closing, error) {
	c := Closing{Through: through, At: b.now().Truncate(time.Microsecond), By: who.ID, ByName: who.Name}
	if !through.Before(day(c.At)) {
		return c, fault.At("through", "只能结已经过去的日子。")
	}
	if err := lockBooks(ctx, tx); err != nil {
		return c, err
	}
	before, err := selectClosed(ctx, tx)
	if err != nil {
		return c, err
	}
	if len(before) > 0 && !through.After(before[0].Through) {
		return c, fault.New(fault.Conflict, "已经结到 %s，不能再结更早的日子。", before[0].Through.Format(time.DateOnly))
	}
	trial, err := selectTrial(ctx, tx, through)
	if err != nil {
		return c, err
	}
	sum := Digest(trial)
	c.SHA256 = sum[:]
	return c, insertClosing(ctx, tx, &c)
}

// Digest is the SHA-256 of a trial balance: a line for each account with its code,
// currency, debits and credits.
func Digest(list []Trial) [32]byte {
	var b strings.Builder
	for _, t := range list {
		fmt.Fprintf(&b, "%s %s %d %d\n", t.Code, t.Currency, t.Debit, t.Credit)
	}
	return sha256.Sum256([]byte(b.String()))
}

// foldAtOnce is how many entries one step of Fold takes.
const foldAtOnce = 10_000

// Fold puts what was posted into the balances, in steps, until nothing is left that was
// there when it began. Only speed depends on it.
func (b *Book) Fold(ctx context.Context, pool *pgxpool.Pool) error {
	for {
		n, err := database.InTx(ctx, pool, func(tx pgx.Tx) (int64, error) { return fold(ctx, tx, foldAtOnce) })
		if err != nil || n < foldAtOnce {
			return err
		}
	}
}

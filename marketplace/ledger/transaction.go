package ledger

import (
	"context"
	"crypto/sha256"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// CNY is the currency of orders within the country.
const CNY = "CNY"

// currencies are the codes of ISO 4217, as the database takes them.
var currencies = regexp.MustCompile(`^[A-Z]{3}$`)

// Most is the most that one entry may move, in minor units: 10 trillion yuan.
const Most = 1_000_000_000_000_000

// Entry moves an amount on an account: a debit is positive, a credit negative.
type Entry struct {
	Account Account
	Amount  int64
}

// Transaction is what is posted at once.
type Transaction struct {
	// Key is of who asks: the same key again posts nothing again, and is refused if
	// anything else is asked under it (I-03).
	Key      string
	Kind     Flow
	Subject  string // number of what it is about
	Words    string
	Currency string    // CNY if empty
	On       time.Time // the day that it counts for; zero: today
	Entries  []Entry
}

// Posted is a transaction in the books.
type Posted struct {
	ID       int64
	Kind     Flow
	Key      string
	Subject  string
	Words    string
	On       time.Time
	At       time.Time
	By       int64
	ByName   string
	Reverses int64 // transaction that this one takes back; 0: none
	Reversed int64 // transaction that takes this one back; 0: none
	Lines    []Line
	Again    bool // it was there already, under its key
}

// Line is an entry in the books.
type Line struct {
	Code     string
	Currency string
	Amount   int64
}

// Debit is the entry's amount if it is one, else 0.
func (l Line) Debit() int64 { return max(l.Amount, 0) }

// Credit is the entry's amount, positive, if it is one, else 0.
func (l Line) Credit() int64 { return max(-l.Amount, 0) }

// Book is the ledger of an installation.
type Book struct {
	now func() time.Time
}

// New returns the ledger; now is the clock of the product.
func New(now func() time.Time) *Book { return &Book{now: now} }

// Post writes a transaction within tx. Of entries on one account only their sum is
// kept, and none of zero. It returns fault.Invalid for what does not balance, and
// fault.Conflict where an account has not so much, the day is closed, or the key was
// used for something else; but for the last, tx is of no use afterwards. That it
// balances is checked once more by the database when tx commits.
func (b *Book) Post(ctx context.Context, tx pgx.Tx, who account.Actor, t Transaction) (Posted, error) {
	entries, err := t.summed()
	if err != nil {
		return Posted{}, err
	}
	row := written{key: t.Key, kind: t.Kind, subject: t.Subject, words: t.Words, at: b.now().Truncate(time.Microsecond), by: who.ID, name: who.Name, sum: t.digest(entries)}
	row.on = t.On
	if row.on.IsZero() {
		row.on = day(row.at)
	}
	id, err := insertTransaction(ctx, tx, row, t.currency(), entries)
	switch {
	case err != nil:
		return Posted{}, refused(err)
	case id == 0:
		return again(ctx, tx, row)
	}
	p := Posted{ID: id, Kind: t.Kind, Key: t.Key, Subject: t.Subject, Words: t.Words, On: row.on, At: row.at, By: who.ID, ByName: who.Name}
	for _, e := range entries {
		p.Lines = append(p.Lines, Line{Code: e.Account.Code(), Currency: t.currency(), Amount: e.Amount})
	}
	return p, nil
}

// Reverse takes a transaction back, by one of its own with every entry the other way
// round (I-02). A transaction is taken back once, and what takes back is not taken back.
func (b *Book) Reverse(ctx context.Context, tx pgx.Tx, who account.Actor, id int64, key, words string) (Posted, error) {
	old, err := selectPosted(ctx, tx, id)
	switch {
	case err != nil:
		return Posted{}, err
	case words == "":
		return Posted{}, fault.At("reason", "请写明为什么冲正。")
	case old.Reverses != 0:
		return Posted{}, fault.New(fault.Conflict, "冲正分录本身不能再冲正，请重新记一笔。")
	case old.Reversed != 0:
		return Posted{}, fault.New(fault.Conflict, "这笔分录已经冲正过。")
	}
	at := b.now().Truncate(time.Microsecond)
	row := written{key: key, kind: Reversed, subject: old.Subject, words: words, at: at, on: day(at), by: who.ID, name: who.Name, reverses: id}
	row.sum = sha256.Sum256(fmt.Appendf(nil, "%s\n%d", Reversed, id))
	made, err := insertReversal(ctx, tx, row)
	switch {
	case err != nil:
		return Posted{}, refused(err)
	case made == 0:
		return again(ctx, tx, row)
	}
	return selectPosted(ctx, tx, made)
}

// again answers for a key that is in the books: what it posted, if the same was asked.
func again(ctx context.Context, tx pgx.Tx, row written) (Posted, error) {
	id, sum, err := selectKey(ctx, tx, row.key)
	if err != nil {
		return Posted{}, err
	}
	if sum != row.sum {
		return Posted{}, fault.New(fault.Conflict, "这个幂等键已经用来记过另一笔账，什么也没有记。")
	}
	p, err := selectPosted(ctx, tx, id)
	p.Again = true
	return p, err
}

// summed are the entries of a transaction, one per account, in the order in which the
// accounts are first named.
func (t Transaction) summed() ([]Entry, error) {
	switch {
	case t.Key == "" || t.Subject == "" || t.Kind == "":
		return nil, fault.New(fault.Invalid, "这笔账没有写全。")
	case !currencies.MatchString(t.currency()):
		return nil, fault.At("currency", "没有这种货币。")
	}
	var out []Entry
	at := map[string]int{}
	total := int64(0)
	for _, e := range t.Entries {
		if !e.Account.sound() {
			return nil, fault.New(fault.Invalid, "没有这个账户。")
		}
		if e.Amount > Most || e.Amount < -Most {
			return nil, fault.At("amount", "金额太大。")
		}
		code := e.Account.Code()
		if i, there := at[code]; there {
			out[i].Amount += e.Amount
		} else {
			at[code] = len(out)
			out = append(out, e)
		}
		total += e.Amount
	}
	kept := out[:0]
	for _, e := range out {
		if e.Amount != 0 {
			kept = append(kept, e)
		}
	}
	if total != 0 || len(kept) < 2 {
		return nil, fault.New(fault.Invalid, "借贷不平，什么也没有记。")
	}
	return kept, nil
}

func (t Transaction) currency() string {
	if t.Currency == "" {
		return CNY
	}
	return t.Currency
}

// digest is of what is asked under a key: not of when and by whom it is asked.
func (t Transaction) digest(entries []Entry) [32]byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", t.Kind, t.Subject, t.currency())
	if !t.On.IsZero() {
		b.WriteString(t.On.Format(time.DateOnly))
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "\n%s %d", e.Account.Code(), e.Amount)
	}
	return sha256.Sum256([]byte(b.String()))
}

// day is the day of an instant, in Asia/Shanghai.
func day(at time.Time) time.Time {
	y, m, d := at.In(workdays.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// atoi reads what itoa wrote; 0 for anything else.
func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || itoa(n) != s {
		return 0
	}
	return n
}

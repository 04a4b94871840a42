package payment

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
)

// State is where a checkout stands.
type State string

// The states of a checkout.
const (
	Asked      State = "asked"      // the provider has not answered yet
	Opened     State = "open"       // the buyer can pay
	Pending    State = "pending"    // the buyer is done, the money is on its way
	Confirmed  State = "confirmed"  // it is there, and pays the order
	Surplus    State = "surplus"    // it is there, and the order needs none
	Mismatched State = "mismatched" // the provider has something else than was asked for
	Ended      State = "ended"      // nothing came
)

// Attempt is one time that a buyer was to pay an order online.
type Attempt struct {
	ID        int64
	Order     string
	Number    int
	Amount    int64
	Currency  string
	Title     string
	Expires   time.Time
	Session   string
	URL       string // where the buyer pays
	Payment   string
	Charge    string
	State     State
	Reason    string
	otherPaid bool // another one of the order is confirmed
}

func (a Attempt) key() string { return fmt.Sprintf("order:%s:%d", a.Order, a.Number) }

// Orders are what is paid for.
type Orders interface {
	// Paid moves an order whose money is there, within tx. wanted: it was waiting for
	// exactly this; else the money is to go back.
	Paid(ctx context.Context, tx pgx.Tx, order string, amount int64, currency string) (wanted bool, err error)
}

// Online takes payments through a provider.
type Online struct {
	Pool    *pgxpool.Pool
	Gateway Gateway
	Webhook Webhook
	Orders  Orders
	Book    *ledger.Book
	Now     func() time.Time
	Success func(order string) string // addresses that a buyer comes back to
	Cancel  func(order string) string
}

func (o *Online) instant() time.Time { return o.Now().Truncate(time.Microsecond) }

var payments = account.System("payments")

// Open is a checkout where the buyer of an order can pay it: the one that is open, or
// another one. An answer of the provider that was lost is asked for again under its key,
// so an order never has two that can be paid unless the first one ended.
func (o *Online) Open(ctx context.Context, order, title string, amount int64, currency string, expires time.Time) (Attempt, error) {
	a, err := database.InTx(ctx, o.Pool, func(tx pgx.Tx) (Attempt, error) {
		list, err := lockAttempts(ctx, tx, order)
		if err != nil {
			return Attempt{}, err
		}
		for _, a := range list {
			switch a.State {
			case Confirmed, Surplus, Mismatched:
				return Attempt{}, fault.New(fault.Conflict, "这个订单已经付过款。")
			case Pending:
				return Attempt{}, fault.New(fault.Conflict, "这个订单的款项正在路上，到账后会通知您。")
			case Asked, Opened:
				if a.Amount == amount && a.Currency == currency {
					return a, nil
				}
				return Attempt{}, fault.New(fault.Conflict, "这个订单的金额变了，请先取消原来的付款。")
			case Ended:
			}
		}
		a := Attempt{Order: order, Number: len(list) + 1, Amount: amount, Currency: currency, Title: title, Expires: expires, State: Asked}
		return a, insertAttempt(ctx, tx, &a, o.instant())
	})
	if err != nil || a.State != Asked {
		return a, err
	}
	s, err := o.Gateway.Open(ctx, Checkout{Key: a.key(), Order: order, Title: a.Title, Amount: a.Amount, Currency: a.Currency, Expires: a.Expires, Success: o.Success(order), Cancel: o.Cancel(order)})
	if err != nil {
		return a, err
	}
	return database.InTx(ctx, o.Pool, func(tx pgx.Tx) (Attempt, error) { return a, openedAttempt(ctx, tx, &a, s, o.instant()) })
}

// Receive takes a webhook: its bytes as they came, and its Stripe-Signature. It is kept
// once, and what comes of it is done by Work. The errors are those of Webhook.Read.
func (o *Online) Receive(ctx context.Context, body []byte, signature string) error {
	e, err := o.Webhook.Read(body, signature)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	return insertEvent(ctx, o.Pool, e, sum[:], o.instant())
}

// Poll reads on what the provider says happened, for whatever it never sent.
func (o *Online) Poll(ctx context.Context) error {
	after, err := selectCursor(ctx, o.Pool)
	if err != nil {
		return err
	}
	for more := true; more; {
		var list []Event
		if list, more, err = o.Gateway.Events(ctx, after); err != nil || len(list) == 0 {
			return err
		}
		if _, err := database.InTx(ctx, o.Pool, func(tx pgx.Tx) (int, error) {
			for _, e := range list {
				if e.Live != o.Webhook.Live {
					continue
				}
				if err := insertEvent(ctx, tx, e, nil, o.instant()); err != nil {
					return 0, err
				}
			}
			after = list[len(list)-1].ID
			return 0, saveCursor(ctx, tx, after)
		}); err != nil {
			return err
		}
	}
	return nil
}

// atOnce is how many events, or checkouts, one step takes.
const atOnce = 500

// Work does what the events that wait are a reason for, until none waits: it asks the
// provider how each checkout that they are about stands, once for all of its events.
func (o *Online) Work(ctx context.Context) error {
	for {
		n, err := o.work(ctx)
		if err != nil || n < atOnce {
			return err
		}
	}
}

func (o *Online) work(ctx context.Context) (int, error) {
	events, err := selectWaiting(ctx, o.Pool, atOnce)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	about := map[int64][]string{}
	idle, unknown := []string{}, []string{}
	for _, e := range events {
		switch {
		case len(e.attempts) == 0 && e.ours:
			unknown = append(unknown, e.id)
		case len(e.attempts) == 0:
			idle = append(idle, e.id)
		}
		for _, a := range e.attempts {
			about[a] = append(about[a], e.id)
		}
	}
	if err := errors.Join(doneEvents(ctx, o.Pool, idle, "", o.instant()), doneEvents(ctx, o.Pool, unknown, "unknown", o.instant())); err != nil {
		return 0, err
	}
	var failed error
	for attempt, list := range about {
		err := o.look(ctx, attempt, list)
		if fault.KindOf(err) == fault.NotFound { // asking again would not help
			err = doneEvents(ctx, o.Pool, list, "missing", o.instant())
		}
		failed = errors.Join(failed, err) // the others do not wait for this one
	}
	return len(events), failed
}

// Sweep looks at checkouts that can still be paid and that nobody looked at since a
// time, and at those whose opening was never answered.
func (o *Online) Sweep(ctx context.Context, since time.Time) error {
	list, err := selectGoing(ctx, o.Pool, since, atOnce)
	if err != nil {
		return err
	}
	var failed error
	for _, a := range list {
		if a.State == Asked {
			_, err = o.Open(ctx, a.Order, a.Title, a.Amount, a.Currency, a.Expires)
		} else {
			err = o.look(ctx, a.ID, nil)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// Look asks how the checkouts of an order stand, as for a buyer who comes back.
func (o *Online) Look(ctx context.Context, order string) error {
	list, err := selectAttempts(ctx, o.Pool, order)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Session != "" && a.State != Confirmed {
			if err := o.look(ctx, a.ID, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// look asks the provider how a checkout stands and does what follows; the events that
// were the reason are done in the same transaction.
func (o *Online) look(ctx context.Context, id int64, events []string) error {
	session, err := selectSession(ctx, o.Pool, id)
	if err != nil {
		return err
	}
	s, err := o.Gateway.Session(ctx, session)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, o.Pool, func(tx pgx.Tx) (int, error) {
		a, err := lockAttempt(ctx, tx, id)
		if err != nil {
			return 0, err
		}
		if err := o.apply(ctx, tx, &a, s); err != nil {
			return 0, err
		}
		if err := saveAttempt(ctx, tx, &a, o.instant()); err != nil {
			return 0, err
		}
		return 0, doneEvents(ctx, tx, events, a.Reason, o.instant())
	})
	return err
}

// apply brings a checkout to where the provider says that it stands.
func (o *Online) apply(ctx context.Context, tx pgx.Tx, a *Attempt, s Session) error {
	if a.State == Confirmed || a.State == Surplus || a.State == Mismatched {
		return nil // money that was there once was there
	}
	switch {
	case !s.Paid && s.Open:
		return nil
	case !s.Paid && s.Pending:
		a.State = Pending
		return nil
	case !s.Paid:
		a.State = Ended
		return nil
	}
	a.Payment, a.Charge = s.Payment, s.Charge
	if s.Order != a.Order || s.Amount != a.Amount || s.Currency != a.Currency || s.Live != o.Webhook.Live {
		a.State, a.Reason = Mismatched, fmt.Sprintf("%s %d %s", s.Order, s.Amount, s.Currency)
		return nil
	}
	wanted, err := false, error(nil)
	if !a.otherPaid {
		if wanted, err = o.Orders.Paid(ctx, tx, a.Order, a.Amount, a.Currency); err != nil {
			return err
		}
	}
	t := ledger.PaidIn(a.Order, ledger.StripeReceivable.Only(), a.Amount)
	a.State = Confirmed
	if !wanted {
		t = ledger.CameUnmatched(a.Order, ledger.StripeReceivable.Only(), a.Amount)
		a.State = Surplus
	}
	t.Key, t.Currency = "checkout:"+a.key(), a.Currency
	_, err = o.Book.Post(ctx, tx, payments, t)
	return err
}

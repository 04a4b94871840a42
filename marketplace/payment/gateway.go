package payment

import (
	"context"
	"time"
)

// Gateway is a licensed provider of payments online. The platform asks it to take money
// for an order, to give it back, and to hand payees their parts (separate charges and
// transfers): the provider holds the money meanwhile.
//
// Each call that moves something carries a key of ours, so that asking again moves
// nothing again. Errors are fault.Unavailable where asking again may help, and
// fault.Conflict where the provider refused.
type Gateway interface {
	// Open begins a checkout.
	Open(ctx context.Context, c Checkout) (Session, error)
	// Session is a checkout as it stands now.
	Session(ctx context.Context, id string) (Session, error)
	// Expire ends a checkout that nobody has paid.
	Expire(ctx context.Context, id, key string) (Session, error)
	// Refund gives money of a payment back.
	Refund(ctx context.Context, r Refund) (Return, error)
	// RefundOf is a refund as it stands now.
	RefundOf(ctx context.Context, id string) (Return, error)
	// Transfer hands a payee a part of a payment.
	Transfer(ctx context.Context, t Transfer) (id string, err error)
	// Reverse takes a part of that back.
	Reverse(ctx context.Context, r Reversal) (id string, err error)
	// Events are what happened after an event, the oldest first; empty: from the
	// oldest that the provider still has. more: there is more behind the last one.
	Events(ctx context.Context, after string) (list []Event, more bool, err error)
}

// Checkout is what a buyer is to pay.
type Checkout struct {
	Key      string // idempotency key: order and attempt
	Order    string // number
	Title    string // of what is bought
	Amount   int64  // minor units
	Currency string // ISO 4217
	Expires  time.Time
	Success  string // address that the buyer comes back to
	Cancel   string
}

// Session is a checkout at the provider.
type Session struct {
	ID       string
	URL      string // that the buyer is sent to
	Order    string
	Amount   int64
	Currency string
	Paid     bool   // the money is there: that the buyer came to the end of it is not enough
	Open     bool   // it can still be paid
	Pending  bool   // the buyer came to the end, the money is on its way
	Payment  string // id of the payment
	Charge   string // and of what was charged
	Live     bool   // real money
}

// Refund is what is to be given back.
type Refund struct {
	Key     string
	Payment string
	Amount  int64
	Number  string // of the refund here
}

// Return is a refund as the provider has it.
type Return struct {
	ID      string
	Payment string
	Amount  int64
	State   RefundState
	Reason  string // why it failed, in the provider's code
}

// RefundState is where a refund at the provider stands.
type RefundState string

// The states of a refund at the provider.
const (
	RefundPending   RefundState = "pending"
	RefundSucceeded RefundState = "succeeded"
	RefundFailed    RefundState = "failed"
)

// Transfer is a payee's part of a payment.
type Transfer struct {
	Key      string
	Charge   string // that it is of
	Account  string // of the payee at the provider
	Amount   int64
	Currency string
	Group    string // number of the order
}

// Reversal takes money of a transfer back.
type Reversal struct {
	Key      string
	Transfer string
	Amount   int64
}

// Event is something that the provider says has happened. It is a reason to look: what
// is true is what the provider says when asked.
type Event struct {
	ID      string
	Type    string
	Created time.Time
	Live    bool
	Account string // that it happened on; empty: ours
	Object  string // kind of the thing that it is about
	Subject string // and its id
	Order   string // number, where the thing carries one
}

package payment

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"shuyuan/internal/fault"
)

// StripeConfig is how Stripe is reached.
type StripeConfig struct {
	Key    string       // secret key
	URL    string       // of the API; empty: Stripe's own
	Client *http.Client // nil: with a limit of half a minute for each call
	Tries  int64        // of a call that failed on the way, besides the first
}

// Stripe is a Gateway through the API of Stripe, in the version that its library is
// made for.
type Stripe struct{ api *client.API }

var _ Gateway = (*Stripe)(nil)

// NewStripe returns it. Nothing is asked yet.
func NewStripe(c StripeConfig) *Stripe {
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 30 * time.Second}
	}
	config := &stripe.BackendConfig{HTTPClient: c.Client, MaxNetworkRetries: stripe.Int64(c.Tries), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, EnableTelemetry: stripe.Bool(false)}
	if c.URL != "" {
		config.URL = stripe.String(strings.TrimRight(c.URL, "/"))
	}
	s := &Stripe{api: &client.API{}}
	s.api.Init(c.Key, &stripe.Backends{API: stripe.GetBackendWithConfig(stripe.APIBackend, config)})
	return s
}

// charge is what of a session is asked for with it.
const charge = "payment_intent.latest_charge"

// Open begins a checkout, as Gateway has it.
func (s *Stripe) Open(ctx context.Context, c Checkout) (Session, error) {
	p := &stripe.CheckoutSessionParams{
		Params: keyed(ctx, c.Key), Mode: stripe.String(string(stripe.CheckoutSessionModePayment)), ClientReferenceID: &c.Order, SuccessURL: &c.Success, CancelURL: &c.Cancel, ExpiresAt: stripe.Int64(c.Expires.Unix()),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String(strings.ToLower(c.Currency)), UnitAmount: &c.Amount, ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: &c.Title},
		}}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{TransferGroup: &c.Order, Metadata: map[string]string{"order": c.Order}},
	}
	p.AddMetadata("order", c.Order)
	p.AddExpand(charge)
	got, err := s.api.CheckoutSessions.New(p)
	return session(got), said(err)
}

// Session is a checkout as it stands now, as Gateway has it.
func (s *Stripe) Session(ctx context.Context, id string) (Session, error) {
	p := &stripe.CheckoutSessionParams{Params: stripe.Params{Context: ctx}}
	p.AddExpand(charge)
	got, err := s.api.CheckoutSessions.Get(id, p)
	return session(got), said(err)
}

// Expire ends a checkout that nobody has paid, as Gateway has it.
func (s *Stripe) Expire(ctx context.Context, id, key string) (Session, error) {
	p := &stripe.CheckoutSessionExpireParams{Params: keyed(ctx, key)}
	p.AddExpand(charge)
	got, err := s.api.CheckoutSessions.Expire(id, p)
	return session(got), said(err)
}

func session(c *stripe.CheckoutSession) Session {
	if c == nil {
		return Session{}
	}
	out := Session{ID: c.ID, URL: c.URL, Order: c.ClientReferenceID, Amount: c.AmountTotal, Currency: strings.ToUpper(string(c.Currency)), Live: c.Livemode}
	// A session is complete when the buyer is done; whether the money is there is the
	// payment status alone.
	out.Paid = c.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid
	out.Open = c.Status == stripe.CheckoutSessionStatusOpen
	out.Pending = c.Status == stripe.CheckoutSessionStatusComplete && !out.Paid
	if i := c.PaymentIntent; i != nil {
		out.Payment = i.ID
		if i.LatestCharge != nil {
			out.Charge = i.LatestCharge.ID
		}
		if out.Pending && i.Status == stripe.PaymentIntentStatusRequiresPaymentMethod { // it failed on its way
			out.Pending = false
		}
	}
	return out
}

// Refund gives money back, as Gateway has it.
func (s *Stripe) Refund(ctx context.Context, r Refund) (Return, error) {
	p := &stripe.RefundParams{Params: keyed(ctx, r.Key), PaymentIntent: &r.Payment, Amount: &r.Amount}
	p.AddMetadata("refund", r.Number)
	got, err := s.api.Refunds.New(p)
	return returned(got), said(err)
}

// RefundOf is a refund as it stands now, as Gateway has it.
func (s *Stripe) RefundOf(ctx context.Context, id string) (Return, error) {
	got, err := s.api.Refunds.Get(id, &stripe.RefundParams{Params: stripe.Params{Context: ctx}})
	return returned(got), said(err)
}

func returned(r *stripe.Refund) Return {
	if r == nil {
		return Return{}
	}
	out := Return{ID: r.ID, Amount: r.Amount, Reason: string(r.FailureReason)}
	if r.PaymentIntent != nil {
		out.Payment = r.PaymentIntent.ID
	}
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		out.State = RefundSucceeded
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		out.State = RefundFailed
	default: // pending, requires_action
		out.State = RefundPending
	}
	return out
}

// Transfer hands a payee a part, as Gateway has it.
func (s *Stripe) Transfer(ctx context.Context, t Transfer) (string, error) {
	got, err := s.api.Transfers.New(&stripe.TransferParams{Params: keyed(ctx, t.Key), Amount: &t.Amount, Currency: stripe.String(strings.ToLower(t.Currency)), Destination: &t.Account, SourceTransaction: &t.Charge, TransferGroup: &t.Group})
	if err != nil {
		return "", said(err)
	}
	return got.ID, nil
}

// Reverse takes a part of a transfer back, as Gateway has it.
func (s *Stripe) Reverse(ctx context.Context, r Reversal) (string, error) {
	got, err := s.api.TransferReversals.New(&stripe.TransferReversalParams{Params: keyed(ctx, r.Key), ID: &r.Transfer, Amount: &r.Amount})
	if err != nil {
		return "", said(err)
	}
	return got.ID, nil
}

// eventsAtOnce is how many events are asked for at once: the most that Stripe gives.
const eventsAtOnce = 100

// Events are what happened after an event, as Gateway has it. Stripe keeps them for
// thirty days.
func (s *Stripe) Events(ctx context.Context, after string) ([]Event, bool, error) {
	list := func(p stripe.EventListParams) ([]Event, bool, error) {
		p.Context, p.Limit, p.Single = ctx, stripe.Int64(eventsAtOnce), true
		i := s.api.Events.List(&p)
		var page []Event
		for i.Next() {
			page = append(page, event(i.Event()))
		}
		if err := i.Err(); err != nil {
			return nil, false, said(err)
		}
		return page, i.Meta().HasMore, nil
	}
	if after != "" { // of what is in front of an event in Stripe's list the library gives the oldest first
		return list(stripe.EventListParams{ListParams: stripe.ListParams{EndingBefore: &after}})
	}
	var all []Event
	for {
		var p stripe.EventListParams
		if len(all) > 0 {
			p.StartingAfter = &all[len(all)-1].ID
		}
		page, more, err := list(p)
		if err != nil {
			return nil, false, err
		}
		all = append(all, page...)
		if !more || len(page) == 0 {
			slices.Reverse(all)
			return all, false, nil
		}
	}
}

// event is what an event of Stripe is about. Only its name and ids are taken from it.
func event(e *stripe.Event) Event {
	out := Event{ID: e.ID, Type: string(e.Type), Created: time.Unix(e.Created, 0), Live: e.Livemode, Account: e.Account}
	var about struct {
		ID       string            `json:"id"`
		Object   string            `json:"object"`
		Order    string            `json:"client_reference_id"`
		Metadata map[string]string `json:"metadata"`
	}
	if e.Data != nil && json.Unmarshal(e.Data.Raw, &about) == nil {
		out.Object, out.Subject, out.Order = about.Object, about.ID, about.Order
		if out.Order == "" {
			out.Order = about.Metadata["order"]
		}
	}
	return out
}

func keyed(ctx context.Context, key string) stripe.Params {
	return stripe.Params{Context: ctx, IdempotencyKey: &key}
}

// said is what an error of Stripe means. Its own words stay in the log.
func said(err error) error {
	var e *stripe.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e) && e.HTTPStatusCode == http.StatusNotFound:
		return fault.New(fault.NotFound, "支付机构没有这笔记录。").Because(err)
	case errors.As(err, &e) && e.HTTPStatusCode >= 400 && e.HTTPStatusCode < 500 && e.HTTPStatusCode != http.StatusTooManyRequests && e.HTTPStatusCode != http.StatusUnauthorized && e.Code != stripe.ErrorCodeLockTimeout:
		return fault.New(fault.Conflict, "支付机构拒绝了这一步。").Because(err)
	}
	return fault.New(fault.Unavailable, "支付机构现在没有回答，请稍后再试。").Because(err)
}

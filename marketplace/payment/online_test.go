package payment_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/payment/paymenttest"
)

// orders want to be paid once, and some of them not any more.
type orders struct {
	mu   sync.Mutex
	dead map[string]bool
	paid map[string]int
}

func (o *orders) Paid(_ context.Context, _ pgx.Tx, order string, _ int64, _ string) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead[order] {
		return false, nil
	}
	o.paid[order]++
	return true, nil
}

type shop struct {
	*payment.Online
	fake     *paymenttest.Stripe
	orders   *orders
	endpoint string
}

func newShop(t *testing.T, seed uint64) *shop {
	t.Helper()
	fake := paymenttest.New(t.Context(), at, seed)
	s := &shop{fake: fake, orders: &orders{dead: map[string]bool{}, paid: map[string]int{}}}
	address := func(string) string { return "https://example.org/" }
	s.Online = &payment.Online{
		Pool: dbtest.New(t), Gateway: payment.NewStripe(payment.StripeConfig{Key: "sk_test_x", URL: fake.URL, Tries: 0}), Webhook: payment.Webhook{Secrets: []string{paymenttest.Secret}, Now: at},
		Orders: s.orders, Book: ledger.New(at), Now: at, Success: address, Cancel: address,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = s.Receive(r.Context(), body, r.Header.Get("Stripe-Signature"))
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(server.Close)
	s.endpoint = server.URL
	return s
}

func (s *shop) open(t *testing.T, order string, amount int64) payment.Attempt {
	t.Helper()
	a, err := s.Open(t.Context(), order, "月报", amount, "USD", noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *shop) settle(t *testing.T) {
	t.Helper()
	for _, err := range []error{s.fake.Send(t.Context(), s.endpoint), s.Work(t.Context())} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// states are the checkouts of all orders, and what the books have.
func (s *shop) states(t *testing.T) string {
	t.Helper()
	var out string
	err := s.Pool.QueryRow(t.Context(), `SELECT coalesce((SELECT string_agg(order_number || ' ' || attempt || ' ' || state, E'\n' ORDER BY order_number, attempt) FROM payment_checkouts), '') || E'\n' ||
		coalesce((SELECT string_agg(code || ' ' || ledger_balance(id), E'\n' ORDER BY code) FROM ledger_accounts), '')`).Scan(&out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What is paid is paid once, whichever way it came to be known.
func TestAnOrderIsPaidOnline(t *testing.T) {
	s := newShop(t, 1)
	ctx := t.Context()
	a := s.open(t, "DD-1", 500)
	if again := s.open(t, "DD-1", 500); again.ID != a.ID || again.URL == "" {
		t.Errorf("another one: %+v", again)
	}
	if _, err := s.Open(ctx, "DD-1", "月报", 501, "USD", noon.Add(time.Hour)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another amount: %v", err)
	}
	s.settle(t)
	if got := s.states(t); got != "DD-1 1 open\n" {
		t.Errorf("not paid yet: %q", got)
	}
	s.fake.PayLater(a.Session)
	s.settle(t) // it is complete, and not paid
	if got := s.states(t); got != "DD-1 1 pending\n" {
		t.Errorf("on its way: %q", got)
	}
	if _, err := s.Open(ctx, "DD-1", "月报", 500, "USD", noon.Add(time.Hour)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("while it is on its way: %v", err)
	}
	s.fake.Arrive(a.Session)
	s.settle(t)
	const paid = "DD-1 1 confirmed\norder:hold:DD-1 -500\nprovider:stripe:receivable 500"
	if got := s.states(t); got != paid {
		t.Errorf("paid: %q", got)
	}
	if err := s.Look(ctx, "DD-1"); err != nil || s.Sweep(ctx, noon.Add(time.Hour)) != nil || s.Poll(ctx) != nil || s.Work(ctx) != nil || s.states(t) != paid || s.orders.paid["DD-1"] != 1 {
		t.Errorf("once more: %v %q %v", err, s.states(t), s.orders.paid)
	}

	b := s.open(t, "DD-2", 70) // the buyer comes back, and no webhook came
	s.fake.Set(paymenttest.Dials{Drop: 100})
	s.fake.Pay(b.Session)
	s.settle(t)
	if err := s.Look(ctx, "DD-2"); err != nil || s.orders.paid["DD-2"] != 1 {
		t.Errorf("on coming back: %v %v", err, s.orders.paid)
	}
	c := s.open(t, "DD-3", 70) // nor does the buyer
	s.fake.Pay(c.Session)
	s.settle(t)
	if err := s.Poll(ctx); err != nil || s.Work(ctx) != nil || s.orders.paid["DD-3"] != 1 {
		t.Errorf("by the poller: %v %v", err, s.orders.paid)
	}
	d := s.open(t, "DD-4", 70) // money for an order that ended meanwhile
	s.orders.dead["DD-4"] = true
	s.fake.Pay(d.Session)
	if err := s.Sweep(ctx, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	var state string
	var suspense int64
	if err := s.Pool.QueryRow(ctx, `SELECT (SELECT state FROM payment_checkouts WHERE order_number = 'DD-4'), (SELECT ledger_balance(id) FROM ledger_accounts WHERE code = 'suspense')`).Scan(&state, &suspense); err != nil || state != "surplus" || suspense != -70 {
		t.Errorf("for an order that ended: %s %d %v", state, suspense, err)
	}
}

// An answer that was lost is asked for again, and there are never two that can be paid.
func TestAnOpeningThatWasLost(t *testing.T) {
	s := newShop(t, 1)
	s.fake.Set(paymenttest.Dials{After500: 100})
	if _, err := s.Open(t.Context(), "DD-1", "月报", 500, "USD", noon.Add(time.Hour)); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("%v", err)
	}
	s.fake.Set(paymenttest.Dials{})
	if err := s.Sweep(t.Context(), noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if a := s.open(t, "DD-1", 500); a.Session != "cs_test_000001" || a.Number != 1 {
		t.Errorf("%+v", a)
	}
	for round := range 100 {
		order := fmt.Sprintf("DD-R%d", round)
		var wait sync.WaitGroup
		var seen sync.Map
		for range 3 {
			wait.Go(func() {
				a, err := s.Open(t.Context(), order, "月报", 5, "USD", noon.Add(time.Hour))
				if err != nil {
					t.Error(err)
				}
				seen.Store(a.Session, true)
			})
		}
		wait.Wait()
		n := 0
		seen.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Fatalf("round %d: %d sessions", round, n)
		}
	}
}

// A checkout that the provider does not know any more holds up no other one.
func TestOneThatIsMissingHoldsUpNobody(t *testing.T) {
	s := newShop(t, 1)
	a, b := s.open(t, "DD-1", 500), s.open(t, "DD-2", 500)
	s.fake.Pay(a.Session)
	s.fake.Pay(b.Session)
	s.fake.Forget(a.Session)
	s.settle(t)
	var waiting, missing int
	if err := s.Pool.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE done_at IS NULL), count(*) FILTER (WHERE problem = 'missing') FROM payment_events`).Scan(&waiting, &missing); err != nil || waiting != 0 || missing == 0 || s.orders.paid["DD-2"] != 1 {
		t.Errorf("waiting %d, missing %d, %v %v", waiting, missing, s.orders.paid, err)
	}
}

// What the provider has is not what was asked for: nothing is booked, and people look.
func TestAnotherAmountAtTheProvider(t *testing.T) {
	s := newShop(t, 1)
	a := s.open(t, "DD-1", 500)
	if _, err := s.Pool.Exec(t.Context(), `UPDATE payment_checkouts SET amount = 400`); err == nil {
		t.Error("what a checkout is for was changed")
	}
	if _, err := s.Pool.Exec(t.Context(), `ALTER TABLE payment_checkouts DISABLE TRIGGER USER; UPDATE payment_checkouts SET amount = 400; ALTER TABLE payment_checkouts ENABLE TRIGGER USER`); err != nil {
		t.Fatal(err)
	}
	s.fake.Pay(a.Session)
	s.settle(t)
	if got := s.states(t); got != "DD-1 1 mismatched\n" || len(s.orders.paid) != 0 {
		t.Errorf("%q %v", got, s.orders.paid)
	}
}

// An event that comes twice has one effect, one that comes again with other bytes is
// noticed, and one about nothing here too (W12, W13, W17).
func TestEventsThatComeAgain(t *testing.T) {
	s := newShop(t, 1)
	ctx := t.Context()
	a := s.open(t, "DD-1", 500)
	s.fake.Pay(a.Session)
	e := s.fake.Happened()[0]
	var wait sync.WaitGroup
	var failed atomic.Int32
	for range 20 {
		wait.Go(func() {
			body, signature := s.fake.Signed(e, paymenttest.Secret)
			if err := s.Receive(ctx, body, signature); err != nil {
				failed.Add(1)
			}
		})
	}
	wait.Wait()
	other := map[string]any{}
	for k, v := range e {
		other[k] = v
	}
	other["type"] = "charge.refunded"
	for _, x := range []map[string]any{other, {"id": "evt_none", "type": "checkout.session.completed", "created": noon.Unix(), "livemode": false, "api_version": e["api_version"], "data": map[string]any{"object": map[string]any{"id": "cs_none", "object": "checkout.session"}}}, {"id": "evt_odd", "type": "moon.risen", "created": noon.Unix(), "livemode": false, "api_version": e["api_version"]}} {
		body, signature := s.fake.Signed(x, paymenttest.Secret)
		if err := s.Receive(ctx, body, signature); err != nil {
			t.Error(err)
		}
	}
	if err := s.Work(ctx); err != nil || failed.Load() != 0 || s.orders.paid["DD-1"] != 1 {
		t.Errorf("%v %d %v", err, failed.Load(), s.orders.paid)
	}
	var said string
	if err := s.Pool.QueryRow(ctx, `SELECT string_agg(concat_ws(' ', event, kind, seen, altered, problem, done_at IS NOT NULL), E'\n' ORDER BY event) FROM payment_events`).Scan(&said); err != nil {
		t.Fatal(err)
	}
	if want := e["id"].(string) + " payment_intent.succeeded 21 1  t\nevt_none checkout.session.completed 1 0 unknown t\nevt_odd moon.risen 1 0  t"; said != want {
		t.Errorf("%q, want %q", said, want)
	}
}

// Whatever order events come in, with some twice, forged or never, and however calls
// fail, the end is that of the run in order (I-32).
func TestAnyOrderOfWebhooks(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	const n = 120
	run := func(dials paymenttest.Dials) (string, paymenttest.Fired) {
		s := newShop(t, seed)
		r := rand.New(rand.NewPCG(seed, 9)) // the same story in every run
		var later []payment.Attempt
		for i := range n {
			order := fmt.Sprintf("DD-%03d", i)
			a := s.open(t, order, 1+r.Int64N(1000))
			switch r.IntN(6) {
			case 0: // nobody pays
			case 1:
				s.fake.PayLater(a.Session)
				later = append(later, a)
			case 2:
				s.orders.mu.Lock()
				s.orders.dead[order] = true
				s.orders.mu.Unlock()
				fallthrough
			default:
				s.fake.Pay(a.Session)
			}
			if i%10 == 9 {
				s.fake.Set(dials)
				if err := s.fake.Send(t.Context(), s.endpoint); err != nil {
					t.Fatal(err)
				}
				s.Work(t.Context()) //nolint:errcheck // calls fail here by a dial, and are made again
				s.fake.Set(paymenttest.Dials{})
			}
		}
		for i, a := range later {
			if i%2 == 0 {
				s.fake.Arrive(a.Session)
			} else {
				s.fake.Fail(a.Session)
			}
		}
		s.fake.Set(dials)
		if err := s.fake.Send(t.Context(), s.endpoint); err != nil {
			t.Fatal(err)
		}
		s.fake.Set(paymenttest.Dials{})
		for _, err := range []error{s.Poll(t.Context()), s.Work(t.Context())} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for order, times := range s.orders.paid {
			if times != 1 {
				t.Errorf("%s paid %d times", order, times)
			}
		}
		return s.states(t), s.fake.Fired()
	}
	straight, _ := run(paymenttest.Dials{})
	for _, d := range []paymenttest.Dials{{Duplicate: 30, Forged: 5, Reorder: true}, {Duplicate: 30, Drop: 40, Forged: 5, Reorder: true}, {Drop: 100}} {
		got, fired := run(d)
		if got != straight {
			t.Errorf("%+v: another end:\n%s\n\nwant\n%s", d, got, straight)
		}
		t.Logf("%+v fired %+v", d, fired)
	}
}

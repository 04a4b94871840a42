package refunding_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/refunding"
	"shuyuan/marketplace/settlement"
	"shuyuan/marketplace/settlement/settlementtest"
)

// orders are those of a test; a lock of one is one in the database.
type orders struct {
	mu sync.Mutex
	of map[string]*ordering.Order
}

func (o *orders) Get(_ context.Context, _ database.Querier, number string) (*ordering.Order, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if x := o.of[number]; x != nil {
		y := *x
		return &y, nil
	}
	return nil, fault.New(fault.NotFound, "没有这份订单。")
}

func (o *orders) Lock(ctx context.Context, tx pgx.Tx, number string) (*ordering.Order, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 7))`, number); err != nil {
		return nil, err
	}
	return o.Get(ctx, tx, number)
}

func (o *orders) Refunded(_ context.Context, _ pgx.Tx, number, _ string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.of[number].State = ordering.Refunded
	return nil
}

// world is books with orders and refunds of them.
type world struct {
	*settlementtest.World
	*refunding.Service
	orders *orders
	again  *refunding.Service // another replica
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: settlementtest.New(t), orders: &orders{of: map[string]*ordering.Order{}}}
	make := func() *refunding.Service {
		return refunding.New(refunding.Config{Pool: w.Pool, Orders: w.orders, Book: w.Book, Bank: w.Bank, Gateway: payment.NewStripe(payment.StripeConfig{Key: "sk_test_x", URL: w.Stripe.URL}), Now: w.Clock})
	}
	w.Service, w.again = make(), make()
	w.Bank.Instructed[payment.ToRefund] = w.Service
	return w
}

// order is one that was paid into the operator's account, with a rule of refund.
func (w *world) order(t *testing.T, number string, total int64, rule string) *ordering.Order {
	t.Helper()
	o := w.known(number, total, rule)
	w.Post(t, ledger.PaidIn(number, ledger.BankReceivable.For(w.Operator), total))
	return o
}

func (w *world) known(number string, total int64, rule string) *ordering.Order {
	at := w.At
	o := &ordering.Order{Number: number, Buyer: ordering.Organisation{ID: w.Buyer, Name: "买方公司"}, Seller: ordering.Organisation{ID: w.Developer}, Developer: ordering.Organisation{ID: w.Developer}, Operator: &ordering.Organisation{ID: w.Operator}, Currency: "CNY", Money: ordering.Money{Net: total, Total: total}, State: ordering.Paid, PaidAt: &at, Plan: ordering.Snapshot{Refund: rule, RefundFee: 500, RefundDays: 7}}
	for _, s := range w.Shares() {
		o.Split = append(o.Split, ordering.Share{Class: s.To.Class.Code, Organisation: s.To.Organisation, Points: s.Points})
	}
	w.orders.mu.Lock()
	defer w.orders.mu.Unlock()
	w.orders.of[number] = o
	return o
}

// accept gives the payees what is held.
func (w *world) accept(t *testing.T, o *ordering.Order) {
	t.Helper()
	parts, err := o.Parts(o.Money.Total)
	if err != nil {
		t.Fatal(err)
	}
	w.Post(t, ledger.Accepted(o.Number, parts))
	o.State = ordering.Accepted
}

var form = refunding.Form{Cause: refunding.ByRule, Words: "不要了。", Account: "6222000000009999", Bank: "示例银行"}

func (w *world) ask(who account.Actor, order string, cause refunding.Cause, amount string) (*refunding.Refund, error) {
	f := form
	f.Cause, f.Amount = cause, amount
	return w.Request(context.Background(), who, order, f)
}

func (w *world) asked(t *testing.T, who account.Actor, order string, cause refunding.Cause, amount string) *refunding.Refund {
	t.Helper()
	r, err := w.ask(who, order, cause, amount)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) try(who account.Actor, number string, a refunding.Action) error {
	v, err := w.One(context.Background(), who, number)
	if err != nil {
		return err
	}
	_, err = w.Move(context.Background(), who, number, refunding.Step{Action: string(a), Words: "示例理由", Revision: v.Revision})
	return err
}

func (w *world) Move(ctx context.Context, who account.Actor, number string, step refunding.Step) (*refunding.Refund, error) {
	return w.Service.Move(ctx, who, number, step)
}

func (w *world) One(ctx context.Context, who account.Actor, number string) (*refunding.View, error) {
	return w.Service.One(ctx, who, number)
}

// agreed has both sides agree.
func (w *world) agreed(t *testing.T, number string) {
	t.Helper()
	for _, who := range []account.Actor{w.Owner[w.Operator], w.Exchange[1]} {
		if err := w.try(who, number, refunding.Agree); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) told(t *testing.T, number, why string) error {
	t.Helper()
	_, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (int, error) {
		if why != "" {
			return 0, w.Service.Failed(t.Context(), tx, number, why)
		}
		return 0, w.Service.Paid(t.Context(), tx, number)
	})
	return err
}

func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// Before anything was accepted all goes back from the hold, and only what was paid (K16,
// K17): two people agree who did not ask.
func TestBeforeAcceptance(t *testing.T) {
	w := newWorld(t)
	w.order(t, "DD-2026-000001", 10_000, "before_acceptance")
	buyer := w.Owner[w.Buyer]
	for amount, field := range map[string]string{"0": "amount", "-1": "amount", "1.001": "amount", "100.01": "amount", "1e3": "amount"} {
		if _, err := w.ask(buyer, "DD-2026-000001", refunding.ByRule, amount); fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != field {
			t.Errorf("%s: %v", amount, err)
		}
	}
	for who, want := range map[string]fault.Kind{"broker": fault.NotFound, "seller": fault.Forbidden} {
		a := map[string]account.Actor{"broker": w.Owner[w.Broker], "seller": w.Owner[w.Developer]}[who]
		if _, err := w.ask(a, "DD-2026-000001", refunding.ByRule, ""); fault.KindOf(err) != want {
			t.Errorf("%s: %v", who, err)
		}
	}
	r := w.asked(t, buyer, "DD-2026-000001", refunding.ByRule, "")
	check(t, "amount", r.Amount, 10_000)
	if err := w.try(buyer, r.Number, refunding.Agree); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("by who asked: %v", err)
	}
	if err := w.try(w.Exchange[0], r.Number, refunding.Agree); err != nil {
		t.Fatal(err)
	}
	if err := w.try(w.Exchange[1], r.Number, refunding.Agree); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("twice by the exchange: %v", err)
	}
	check(t, "nothing moved", w.Balance(t, ledger.OrderHold.ForOrder("DD-2026-000001")), -10_000)
	if err := w.try(w.Owner[w.Developer], r.Number, refunding.Agree); err != nil {
		t.Fatal(err)
	}
	check(t, "order", w.orders.of["DD-2026-000001"].State, ordering.Refunded)
	check(t, "due", w.Balance(t, ledger.RefundClearing.ForOrder("DD-2026-000001")), -10_000)
	if err := w.told(t, r.Number, "户名不符"); err != nil {
		t.Fatal(err)
	}
	w.Exec(t, `UPDATE payment_instructions SET state = 'failed', why = 'x' WHERE ref = $1`, r.Number)
	if err := w.try(w.Exchange[0], r.Number, refunding.Again); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.told(t, r.Number, ""); err != nil {
			t.Fatal(err)
		}
	}
	check(t, "bank", w.Balance(t, ledger.BankReceivable.For(w.Operator)), 0)
	check(t, "due", w.Balance(t, ledger.RefundClearing.ForOrder("DD-2026-000001")), 0)
}

// The fee that a rule keeps is the payees', to the fen.
func TestAFeeIsKept(t *testing.T) {
	w := newWorld(t)
	w.order(t, "DD-2026-000001", 9_999, "less_fee")
	r := w.asked(t, w.Owner[w.Buyer], "DD-2026-000001", refunding.ByRule, "")
	check(t, "amount", r.Amount, 9_499) // of 499.95 fen 500 are kept
	w.agreed(t, r.Number)
	check(t, "hold", w.Balance(t, ledger.OrderHold.ForOrder("DD-2026-000001")), 0)
	check(t, "developer", w.Balance(t, ledger.PayableDeveloper.For(w.Developer)), -350)
}

// Three thirds of a hundred yuan do not go (K19): the last is more than is left. After
// acceptance each payee gives of what it has, and all of it in the end.
func TestPartsAfterAcceptance(t *testing.T) {
	w := newWorld(t)
	o := w.order(t, "DD-2026-000001", 10_000, "no_refund")
	w.accept(t, o)
	seller := w.Owner[w.Developer]
	for range 2 {
		w.agreed(t, w.asked(t, seller, o.Number, refunding.ByAgreement, "33.34").Number)
	}
	if _, err := w.ask(seller, o.Number, refunding.ByAgreement, "33.34"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("three times 33.34 of 100: %v", err)
	}
	w.agreed(t, w.asked(t, seller, o.Number, refunding.ByAgreement, "33.32").Number)
	for _, s := range w.Shares() {
		check(t, s.To.Code(), w.Balance(t, s.To), 0)
	}
	check(t, "order", o.State, ordering.Refunded)
}

// What was paid out already is owed (I-35).
func TestAfterThePayout(t *testing.T) {
	w := newWorld(t)
	o := w.order(t, "DD-2026-000001", 10_000, "no_refund")
	w.accept(t, o)
	w.Week()
	x := w.Computed(t)[w.Developer]
	w.World.Move(t, w.Owner[w.Developer], x.Number, settlement.Confirm)
	w.World.Move(t, w.Exchange[0], x.Number, settlement.Instruct)
	w.agreed(t, w.asked(t, w.Owner[w.Developer], o.Number, refunding.ByAgreement, "50").Number)
	check(t, "owed", w.Balance(t, ledger.PayeeReceivable.For(w.Developer)), 3_500)
	check(t, "operator", w.Balance(t, ledger.PayableOperator.For(w.Operator)), -1_000)
	w.agreed(t, w.asked(t, w.Owner[w.Developer], o.Number, refunding.ByAgreement, "").Number)
	check(t, "owed", w.Balance(t, ledger.PayeeReceivable.For(w.Developer)), 7_000)
}

// Two replicas race for more than there is, a thousand times: each time exactly one gets
// it (I-05, K18, fault 8).
func TestRefundsRacePastTheTotal(t *testing.T) {
	w := newWorld(t)
	const rounds = 1_000
	o := w.known("DD-2026-000001", 1_000, "no_refund")
	seller := w.Owner[w.Developer]
	f := form
	f.Cause, f.Amount = refunding.ByAgreement, "6"
	var won, lost atomic.Int64
	for i := range rounds {
		o.Number = fmt.Sprintf("DD-2026-%06d", i+1)
		w.orders.mu.Lock()
		x := *o
		w.orders.of[o.Number] = &x
		w.orders.mu.Unlock()
		w.Post(t, ledger.PaidIn(o.Number, ledger.BankReceivable.For(w.Operator), 1_000))
		var g sync.WaitGroup
		for _, replica := range []*refunding.Service{w.Service, w.again} {
			g.Go(func() {
				_, err := replica.Request(t.Context(), seller, x.Number, f)
				switch {
				case err == nil:
					won.Add(1)
				case fault.KindOf(err) == fault.Invalid:
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		g.Wait()
	}
	check(t, "won", won.Load(), rounds)
	check(t, "lost", lost.Load(), rounds)
	var most int64
	if err := w.Pool.QueryRow(t.Context(), `SELECT max(n) FROM (SELECT sum(amount) AS n FROM refunds WHERE state <> 'rejected' GROUP BY order_number) x`).Scan(&most); err != nil {
		t.Fatal(err)
	}
	check(t, "most of an order", most, 600)
}

// Of a subscription the days that are left go back, and not the day of today.
func TestProRata(t *testing.T) {
	day := func(s string) *time.Time {
		at, err := time.ParseInLocation(time.DateOnly, s, workdays.Zone)
		if err != nil {
			t.Fatal(err)
		}
		return &at
	}
	for name, x := range map[string]struct {
		from, until, now string
		want             int64
		days, of         int
	}{
		"a leap year":         {"2028-02-01", "2028-03-01", "2028-02-28", 1_000 * 1 / 29, 1, 29},
		"the first day":       {"2026-01-01", "2026-01-31", "2026-01-01", 1_000 * 29 / 30, 29, 30},
		"the last":            {"2026-01-01", "2026-01-31", "2026-01-30", 0, 0, 30},
		"after it":            {"2026-01-01", "2026-01-31", "2026-06-01", 0, 0, 30},
		"before its first":    {"2026-01-10", "2026-01-20", "2026-01-01", 1_000, 10, 10},
		"a month from the 31": {"2026-01-31", "2026-03-01", "2026-02-14", 1_000 * 14 / 29, 14, 29},
	} {
		o := &ordering.Order{State: ordering.Accepted, TermFrom: day(x.from), TermUntil: day(x.until), Plan: ordering.Snapshot{Refund: "pro_rata"}}
		m := refunding.Count(o, refunding.ByRule, 1_000, 0, day(x.now).Add(12*time.Hour))
		if m.Amount != x.want || m.Days != x.days || m.Of != x.of || !m.Ends {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// lossy does what it is asked and loses the answer.
type lossy struct {
	payment.Gateway
	loses int
}

func (l *lossy) Refund(ctx context.Context, r payment.Refund) (payment.Return, error) {
	back, err := l.Gateway.Refund(ctx, r)
	if l.loses > 0 {
		l.loses--
		return payment.Return{}, errors.Join(err, fault.New(fault.Unavailable, "x"))
	}
	return back, err
}

// online has an order paid at the provider.
func (w *world) online(t *testing.T, number string, amount int64, wanted bool) {
	t.Helper()
	o := &payment.Online{Pool: w.Pool, Gateway: w.Service.Gateway, Webhook: payment.Webhook{Now: w.Clock}, Orders: want(wanted), Book: w.Book, Now: w.Clock, Success: func(string) string { return "https://example.org/" }, Cancel: func(string) string { return "https://example.org/" }}
	a, err := o.Open(t.Context(), number, "示例", amount, "CNY", w.At.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	w.Stripe.Pay(a.Session)
	if err := o.Look(t.Context(), number); err != nil {
		t.Fatal(err)
	}
}

type want bool

func (x want) Paid(context.Context, pgx.Tx, string, int64, string) (bool, error) { return bool(x), nil }

// The provider gave it back and our commit was lost: it is found, and done once (fault 9).
func TestWhatTheProviderDidAndWeLost(t *testing.T) {
	w := newWorld(t)
	o := w.known("DD-2026-000001", 5_000, "before_acceptance")
	w.online(t, o.Number, 5_000, true)
	r := w.asked(t, w.Owner[w.Buyer], o.Number, refunding.ByRule, "")
	w.agreed(t, r.Number)
	l := &lossy{Gateway: w.Service.Gateway, loses: 2}
	w.Service.Gateway = l
	for range 2 {
		if err := w.Work(t.Context()); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("lost: %v", err)
		}
	}
	for range 2 {
		if err := errors.Join(w.Work(t.Context()), w.again.Work(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	v, err := w.One(t.Context(), w.Exchange[0], r.Number)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "state", v.State, refunding.Succeeded)
	check(t, "provider", w.Balance(t, ledger.StripeReceivable.Only()), 0)
	back, err := l.RefundOf(t.Context(), v.Provider)
	if err != nil || back.Amount != 5_000 {
		t.Errorf("at the provider: %+v %v", back, err)
	}
}

// Money that came when nothing waited for it goes back by itself, once (faults 4, 6).
func TestSurplusGoesBack(t *testing.T) {
	w := newWorld(t)
	o := w.known("DD-2026-000001", 5_000, "no_refund")
	o.State = ordering.Expired
	w.online(t, o.Number, 5_000, false)
	check(t, "suspense", w.Balance(t, ledger.Suspense.Only()), -5_000)
	for range 2 {
		if err := errors.Join(w.Tick(t.Context()), w.again.Tick(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	check(t, "suspense", w.Balance(t, ledger.Suspense.Only()), 0)
	check(t, "provider", w.Balance(t, ledger.StripeReceivable.Only()), 0)
	list, err := w.OfOrder(t.Context(), o.Number)
	if err != nil || len(list) != 1 || list[0].State != refunding.Succeeded || o.State != ordering.Expired {
		t.Errorf("refunds: %v %v", list, err)
	}
}

// Five orders and four parties in any order of events: the books balance, nobody is owed
// less than nothing, and what came is what is somewhere (I-01 to I-06, I-33, I-35).
func TestAnyOrderOfEvents(t *testing.T) {
	w := newWorld(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	var list []*ordering.Order
	bank := ledger.BankReceivable.For(w.Operator)
	came := int64(0)
	for step := range 150 {
		if len(list) < 5 || r.IntN(10) == 0 {
			n := 1 + r.Int64N(100_000)
			list = append(list, w.order(t, fmt.Sprintf("DD-2026-%06d", step+1), n, "no_refund"))
			came += n
			continue
		}
		o := list[len(list)-1-r.IntN(5)]
		switch r.IntN(6) {
		case 0, 1:
			if o.State == ordering.Paid {
				w.accept(t, o)
			}
		case 2:
			x, err := w.ask(w.Owner[w.Developer], o.Number, refunding.ByAgreement, fmt.Sprintf("%d.%02d", r.IntN(300), 1+r.IntN(99)))
			if err != nil {
				continue // more than is left, or it is over
			}
			if r.IntN(4) == 0 {
				if err := w.try(w.Exchange[0], x.Number, refunding.Reject); err != nil {
					t.Fatal(err)
				}
				continue
			}
			w.agreed(t, x.Number)
			if r.IntN(3) == 0 {
				if err := w.told(t, x.Number, "没有办成"); err != nil {
					t.Fatal(err)
				}
				w.Exec(t, `UPDATE payment_instructions SET state = 'failed', why = 'x' WHERE ref = $1`, x.Number)
				if err := w.try(w.Exchange[0], x.Number, refunding.Again); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.told(t, x.Number, ""); err != nil {
				t.Fatal(err)
			}
		case 3:
			w.Week()
			w.Computed(t)
		default:
			for _, payee := range []int64{w.Operator, w.Developer, w.Broker} {
				own, err := w.Settlements.Of(t.Context(), w.Owner[payee], 0, 50)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range own.Settlements {
					switch {
					case x.State == settlement.Computed:
						w.World.Move(t, w.Owner[payee], x.Number, settlement.Confirm)
					case x.State == settlement.Confirmed || x.State == settlement.Failed:
						if _, err := w.Try(t, w.Exchange[0], x.Number, settlement.Instruct); err != nil {
							t.Fatal(err)
						}
					case x.State == settlement.Instructed:
						why := ""
						if r.IntN(3) == 0 {
							why = "没有办成"
							w.Exec(t, `UPDATE payment_instructions SET state = 'failed', why = 'x' WHERE ref = $1`, x.Number)
						}
						if err := w.Bring(t, x.Number, why); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
	}
	trial, err := w.Book.TrialBalance(t.Context(), w.Pool, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range ledger.Totals(trial) {
		check(t, "balanced", x.Debit, x.Credit)
	}
	var back, paid, wrong int64
	if err := w.Pool.QueryRow(t.Context(), `SELECT coalesce(sum(amount) FILTER (WHERE state = 'succeeded'), 0), (SELECT coalesce(sum(paid), 0) FROM settlements), (SELECT count(*) FROM (SELECT order_number FROM refunds WHERE state <> 'rejected' GROUP BY order_number HAVING sum(amount) > order_paid(order_number, 'CNY')) x) FROM refunds`).Scan(&back, &paid, &wrong); err != nil {
		t.Fatal(err)
	}
	check(t, "orders with more back than came", wrong, 0)
	check(t, "on the account of the operator", w.Balance(t, bank), came-back-paid)
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM settlements s WHERE s.state <> 'void' AND s.net <> (SELECT sum(amount) FROM settlement_lines WHERE settlement_id = s.id AND NOT released)`).Scan(&wrong); err != nil {
		t.Fatal(err)
	}
	check(t, "settlements that are not their lines", wrong, 0)
}

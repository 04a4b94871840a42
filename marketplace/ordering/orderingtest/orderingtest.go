// Package orderingtest makes orders for tests: plans that can be ordered, a buyer, a rule
// by which the money is divided, and an operator that takes it. Each test states only what
// it is about.
package orderingtest

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/offering/offeringtest"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/payment"
)

// World is a world of listed products with a buyer, and the service of orders.
type World struct {
	*offeringtest.World
	Orders  *ordering.Service
	Bank    *payment.Bank
	Ledger  *ledger.Book
	Buyer   account.Actor // answers for the buyer
	Buying  int64         // organisation
	Listing *offering.Listing
	Plans   map[offering.PlanKind]*offering.Plan
}

// BuyerCode is the credit code of the buyer.
const BuyerCode = "91350100MA00000B0E"

// Purpose is that of the scenario and the mandate.
const Purpose = "transport"

// New returns a world in which plans of each kind can be ordered and nothing was.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{World: offeringtest.New(t), Plans: map[offering.PlanKind]*offering.Plan{}}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	w.Exec(t, `UPDATE mandates SET purposes = '{transport,public_services}'`)
	w.Exec(t, `UPDATE scenarios SET purpose = 'transport'`)
	w.Ledger = ledger.New(w.Clock)
	w.Bank = &payment.Bank{Pool: w.Pool, Book: w.Ledger, Now: w.Clock}
	if w.Orders, err = ordering.New(ordering.Config{
		Pool: w.Pool, Offers: w.Offers, Accounts: w.Accounts, Bank: w.Bank, Ledger: w.Ledger, Book: w.Book, Clocks: deadline.New(w.Book, func() workdays.Calendar { return calendar }), Now: w.Clock,
	}); err != nil {
		t.Fatal(err)
	}
	w.Bank.Orders = w.Orders
	w.Exec(t, `INSERT INTO collection_accounts (number, organisation_id, bank, account, holder, currency, state, state_at, made_by, made_at, confirmed_by) VALUES ('SK-2026-000001', $1, '示例银行', '350100000001', '示例数据运营有限公司', 'CNY', 'open', $2, $3, $2, $4)`,
		w.Operator, w.Clock(), w.Reviewers[0].ID, w.Reviewers[1].ID)
	w.Buyer = w.Person(t, "示例采购负责人")
	w.Buying = w.Organisation(t, w.Buyer, "示例出行有限公司", BuyerCode)
	var plans []*offering.Plan
	w.Listing, plans = w.Published(t, offering.PlanKinds...)
	for _, p := range plans {
		w.Plans[p.Kind] = p
	}
	w.Ruled(t)
	return w
}

// Split is a proposal in which nothing is missing.
func Split(change ...func(*ordering.SplitForm)) ordering.SplitForm {
	f := ordering.SplitForm{Operator: "10", OperatorBasis: "技术服务费，方案二（四）1", Treasury: "5", TreasuryBasis: "授权运营协议", SellerBasis: "合同第六条"}
	for _, c := range change {
		c(&f)
	}
	return f
}

// Ruled is a rule by which orders of the listing are divided from now on.
func (w *World) Ruled(t testing.TB, change ...func(*ordering.SplitForm)) *ordering.SplitRule {
	t.Helper()
	r, err := w.Orders.Propose(t.Context(), w.Owner, w.Listing.Number, Split(change...))
	if err != nil {
		t.Fatal(err)
	}
	if r, err = w.Orders.MoveRule(t.Context(), w.Reviewers[0], r.Number, ordering.Step{Action: string(ordering.Agree), Revision: r.Revision}); err != nil {
		t.Fatal(err)
	}
	return r
}

// Form is what a buyer fills in, with nothing missing but the mark of the page.
func Form(change ...func(*ordering.Form)) ordering.Form {
	f := ordering.Form{Purpose: Purpose, Territory: ordering.Mainland, Use: "给乘客提示哪一站人多。", Seats: "5", Contact: "buyer@ride.example", Dispute: ordering.Arbitration, Place: "福州仲裁委员会"}
	for _, c := range change {
		c(&f)
	}
	return f
}

// Seen is a form with the mark of the page as it is now.
func (w *World) Seen(t testing.TB, plan string, change ...func(*ordering.Form)) ordering.Form {
	t.Helper()
	f := Form(change...)
	x, err := w.Orders.Checkout(t.Context(), w.Buyer, w.Product, plan, f)
	if err != nil {
		t.Fatal(err)
	}
	f.Seen = x.Mark
	return f
}

// Ordered is an order of a plan of a kind.
func (w *World) Ordered(t testing.TB, kind offering.PlanKind, change ...func(*ordering.Form)) *ordering.Order {
	t.Helper()
	plan := w.Plans[kind].Number
	o, err := w.Orders.Order(t.Context(), w.Buyer, w.Product, plan, w.Seen(t, plan, change...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Try makes a move of an order and returns why it is refused.
func (w *World) Try(t testing.TB, who account.Actor, number string, step ordering.Step) (*ordering.Order, error) {
	t.Helper()
	o, err := w.Orders.Get(t.Context(), w.Pool, number)
	if err != nil {
		t.Fatal(err)
	}
	step.Revision = o.Revision
	if step.Action == string(ordering.Sign) && step.Signs == "" {
		step.Signs = o.Contract.SHA256
	}
	return w.Orders.Move(t.Context(), who, number, step)
}

// Moved makes a move of an order.
func (w *World) Moved(t testing.TB, who account.Actor, number string, a ordering.Action) *ordering.Order {
	t.Helper()
	o, err := w.Try(t, who, number, ordering.Step{Action: string(a), Words: "示例理由", Ground: "quality", Answer: ordering.ToRefund})
	if err != nil {
		t.Fatalf("%s of %s: %v", a, number, err)
	}
	return o
}

// Signed is an order that both have signed.
func (w *World) Signed(t testing.TB, kind offering.PlanKind, change ...func(*ordering.Form)) *ordering.Order {
	t.Helper()
	o := w.Ordered(t, kind, change...)
	w.Moved(t, w.Buyer, o.Number, ordering.Sign)
	return w.Moved(t, w.Owner, o.Number, ordering.Sign)
}

// Paid is an order that was paid, and that the books say so of; of a plan for which
// nothing is paid first it is Signed.
func (w *World) Paid(t testing.TB, kind offering.PlanKind, change ...func(*ordering.Form)) *ordering.Order {
	t.Helper()
	o := w.Signed(t, kind, change...)
	if o.Money.Total > 0 {
		w.Pay(t, o.Number)
	}
	return w.Now(t, o.Number)
}

// Pay pays an order.
func (w *World) Pay(t testing.TB, number string) {
	t.Helper()
	w.InTx(t, func(tx pgx.Tx) error {
		o, err := w.Orders.Get(t.Context(), tx, number)
		if err != nil {
			return err
		}
		wanted, err := w.Orders.Paid(t.Context(), tx, number, o.Money.Total, o.Currency)
		if err != nil || !wanted {
			t.Fatalf("%s was not waiting for its money: %v", number, err)
		}
		in := ledger.PaidIn(number, ledger.BankReceivable.For(w.Operator), o.Money.Total)
		in.Key = "paid:" + number
		_, err = w.Ledger.Post(t.Context(), tx, account.System("payments"), in)
		return err
	})
}

// Delivered is an order that was delivered.
func (w *World) Delivered(t testing.TB, kind offering.PlanKind, change ...func(*ordering.Form)) *ordering.Order {
	t.Helper()
	o := w.Paid(t, kind, change...)
	w.Deliver(t, o.Number)
	return w.Now(t, o.Number)
}

// Deliver is that an order can be used from now on.
func (w *World) Deliver(t testing.TB, number string) {
	t.Helper()
	w.InTx(t, func(tx pgx.Tx) error { return w.Orders.Delivered(t.Context(), tx, number) })
}

// InTx does something in a transaction.
func (w *World) InTx(t testing.TB, do func(pgx.Tx) error) {
	t.Helper()
	if _, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (struct{}, error) { return struct{}{}, do(tx) }); err != nil {
		t.Fatal(err)
	}
}

// Now is an order as it is now.
func (w *World) Now(t testing.TB, number string) *ordering.Order {
	t.Helper()
	o, err := w.Orders.Get(t.Context(), w.Pool, number)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Tick makes what time makes.
func (w *World) Tick(t testing.TB) {
	t.Helper()
	if err := w.Orders.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

package ordering_test

import (
	"testing"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/ordering/orderingtest"
)

// The thin line: ordered, signed by both, paid, delivered, accepted, and divided to the
// last hundredth in the same transaction.
func TestAPlanIsOrdered(t *testing.T) {
	w := orderingtest.New(t)
	o := w.Ordered(t, offering.OneOff)
	if o.Number != "DD-2026-000001" || o.Contract.Number != "HT-2026-000001" || o.State != ordering.Created || o.Money != (ordering.Money{Net: 113_208, Tax: 6_792, Total: 120_000}) {
		t.Fatalf("%s with %s is %s: %+v", o.Number, o.Contract.Number, o.State, o.Money)
	}
	w.Moved(t, w.Buyer, o.Number, ordering.Sign)
	o = w.Moved(t, w.Owner, o.Number, ordering.Sign)
	if o.State != ordering.AwaitingPayment || o.Contract.State != ordering.Effective || o.PayUntil == nil {
		t.Fatalf("signed by both it is %s, its contract %s", o.State, o.Contract.State)
	}
	v, err := w.Orders.One(t.Context(), w.Buyer, o.Number)
	if err != nil || v.Advice == nil || v.Advice.Amount != 120_000 || v.Advice.Payer != "示例出行有限公司" || !v.Advice.Until.Equal(*o.PayUntil) {
		t.Fatalf("the buyer is told %+v (%v)", v.Advice, err)
	}
	w.Pay(t, o.Number)
	w.Deliver(t, o.Number)
	o = w.Moved(t, w.Buyer, o.Number, ordering.Accept)
	if o.State != ordering.Accepted {
		t.Fatalf("accepted it is %s", o.State)
	}
	for code, want := range map[ledger.Account]int64{
		ledger.OrderHold.ForOrder(o.Number): 0, ledger.PayableDeveloper.For(w.Firm): -98_400, ledger.PayableOperator.For(w.Operator): -12_000, ledger.PayableTreasury.Only(): -6_000, ledger.PlatformFee.Only(): -3_396, ledger.VAT.Only(): -204,
	} {
		if n, err := w.Ledger.Balance(t.Context(), w.Pool, code, "CNY"); err != nil || n != want {
			t.Errorf("%s has %d, not %d (%v)", code.Code(), n, want, err)
		}
	}
	if v, err := w.Orders.One(t.Context(), w.Owner, o.Number); err != nil || len(v.Entries) != 2 || v.Party.Side != ordering.OfSeller {
		t.Errorf("the seller sees %d entries (%v)", len(v.Entries), err)
	}
	if _, err := w.Orders.One(t.Context(), w.Certifier, o.Number); fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody else is told: %v", err)
	}
}

package ordering_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/offering/offeringtest"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/ordering/orderingtest"
)

// Fault cases 14 and 15: what changes between the page and the click is a conflict; what
// changes after the order changes nothing of it, and no lock is held by anybody.
func TestWhatWasConfirmedIsOrderedOrNothing(t *testing.T) {
	w := orderingtest.New(t)
	plan := w.Plans[offering.OneOff].Number
	old := w.Seen(t, plan)
	w.Ruled(t, func(f *ordering.SplitForm) { f.Operator = "12" })
	if _, err := w.Orders.Order(t.Context(), w.Buyer, w.Product, plan, old); fault.KindOf(err) != fault.Conflict {
		t.Errorf("ordered by a rule that was replaced: %v", err)
	}
	seen := w.Seen(t, plan)
	w.Exec(t, `UPDATE mandate_ceilings SET fen = 100 WHERE unit = 'per_piece'`)
	if _, err := w.Orders.Order(t.Context(), w.Buyer, w.Product, plan, seen); err == nil || !strings.Contains(fault.Of(err).Text(), "上限") {
		t.Errorf("ordered above the ceiling: %v", err)
	}
	w.Exec(t, `UPDATE mandate_ceilings SET fen = 200000 WHERE unit = 'per_piece'`)
	o := w.Ordered(t, offering.OneOff)
	replaced, err := w.Offers.Plan(t.Context(), w.Owner, w.Listing.Number, plan, offeringtest.Plan(offering.OneOff, func(f *offering.PlanForm) { f.Price = "900" }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Offers.MovePlan(t.Context(), w.Owner, replaced.Number, offering.Step{Action: string(offering.Enliven), Revision: replaced.Revision}); err != nil {
		t.Fatal(err)
	}
	if now := w.Now(t, o.Number); now.Money != o.Money || now.Plan.Fen != 120_000 {
		t.Errorf("the order became %+v", now.Money)
	}
	w.Moved(t, w.Buyer, o.Number, ordering.Sign)
	w.Suspend(t) // the mandate
	if _, err := w.Try(t, w.Owner, o.Number, ordering.Step{Action: string(ordering.Sign)}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("signed under a mandate that does not stand: %v", err)
	}
}

// Two who sign, cancel or accept at once: one of them is told that it moved, and the money
// is divided once.
func TestTwoMoveAnOrderAtOnce(t *testing.T) {
	w := orderingtest.New(t)
	o := w.Ordered(t, offering.OneOff)
	both := func(steps ...func() error) (done int) {
		var each sync.WaitGroup
		results := make([]error, len(steps))
		for i, f := range steps {
			each.Go(func() { results[i] = f() })
		}
		each.Wait()
		for _, err := range results {
			switch {
			case err == nil:
				done++
			case fault.KindOf(err) == fault.Internal:
				t.Fatal(err)
			}
		}
		return done
	}
	sign := ordering.Step{Action: string(ordering.Sign), Signs: o.Contract.SHA256, Revision: o.Revision}
	cancel := ordering.Step{Action: string(ordering.Cancel), Words: "不要了", Revision: o.Revision}
	move := func(number string, step ordering.Step) func() error {
		return func() error {
			_, err := w.Orders.Move(t.Context(), w.Buyer, number, step)
			return err
		}
	}
	if n := both(move(o.Number, sign), move(o.Number, cancel), move(o.Number, sign)); n != 1 {
		t.Errorf("%d of three went through", n)
	}
	o = w.Delivered(t, offering.OneOff)
	accept := ordering.Step{Action: string(ordering.Accept), Revision: o.Revision}
	object := ordering.Step{Action: string(ordering.Object), Ground: "quality", Words: "缺了两列", Revision: o.Revision}
	if n := both(move(o.Number, accept), move(o.Number, object), move(o.Number, accept)); n != 1 {
		t.Errorf("%d of three went through", n)
	}
	if posted, err := w.Ledger.Transactions(t.Context(), w.Pool, ledger.Filter{Subject: o.Number, Kind: ledger.Release, Limit: 9}); err != nil || len(posted) > 1 {
		t.Errorf("released %d times (%v)", len(posted), err)
	}
}

// Time: nobody signs, nobody pays, nobody says anything; the term is said before its end
// and ends on the last of a shorter month (fault case 24).
func TestWhatTimeMakes(t *testing.T) {
	w := orderingtest.New(t)
	unsigned, unpaid := w.Ordered(t, offering.OneOff).Number, w.Signed(t, offering.OneOff).Number
	w.Day(t, "2026-11-30")
	o := w.Delivered(t, offering.Subscription)
	if last := ordering.Last(*o.TermUntil).Format(time.DateOnly); last != "2027-02-28" {
		t.Errorf("three months from %s end on %s", o.TermFrom, last)
	}
	w.Day(t, "2026-12-16")
	w.Tick(t)
	for number, want := range map[string]ordering.State{unsigned: ordering.Expired, unpaid: ordering.Expired, o.Number: ordering.Accepted} {
		if now := w.Now(t, number); now.State != want {
			t.Errorf("%s is %s, not %s", number, now.State, want)
		}
	}
	w.Day(t, "2027-02-10")
	w.Tick(t)
	if now := w.Now(t, o.Number); now.NoticedAt == nil || now.State != ordering.Accepted {
		t.Errorf("nobody was told of the end: %s", now.State)
	}
	w.Day(t, "2027-03-01")
	w.Tick(t)
	if now := w.Now(t, o.Number); now.State != ordering.Ended || now.Contract.State != ordering.Over {
		t.Errorf("after its term it is %s", now.State)
	}
}

// Use across the border is held until the three papers are in and the authority found them
// whole (AS-45).
func TestUseAcrossTheBorderIsHeld(t *testing.T) {
	w := orderingtest.New(t)
	o := w.Ordered(t, offering.Free, func(f *ordering.Form) { f.Territory = "abroad" })
	sign := ordering.Step{Action: string(ordering.Sign)}
	if _, err := w.Try(t, w.Buyer, o.Number, sign); fault.KindOf(err) != fault.Conflict {
		t.Errorf("signed while it is held: %v", err)
	}
	for i, kind := range ordering.Clearances {
		if _, err := w.Try(t, w.Authority, o.Number, ordering.Step{Action: string(ordering.Clear)}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("cleared with %d papers: %v", i, err)
		}
		if _, err := w.Try(t, w.Owner, o.Number, ordering.Step{Action: string(ordering.HandIn), Paper: ordering.Paper{Kind: kind, Reference: "示例〔2026〕1号", Issuer: "示例机关", Dated: "2026-11-05"}}); err != nil {
			t.Fatal(err)
		}
	}
	w.Moved(t, w.Authority, o.Number, ordering.Clear)
	w.Moved(t, w.Buyer, o.Number, ordering.Sign)
	if o = w.Moved(t, w.Owner, o.Number, ordering.Sign); o.State != ordering.Paid {
		t.Errorf("cleared, signed by both and free it is %s", o.State)
	}
}

// One hundredth is divided among all to the last of it, and no share is below nothing
// (fault case 23).
func TestOneHundredthIsDivided(t *testing.T) {
	o := ordering.Order{Split: []ordering.Share{
		{Class: ledger.PayableDeveloper.Code, Organisation: 1, Points: 3334, Basis: "x"}, {Class: ledger.PayableOperator.Code, Organisation: 2, Points: 3333, Basis: "x"}, {Class: ledger.PlatformFee.Code, Points: 3333, Basis: "x", Tax: 600},
	}}
	for amount := range int64(200) {
		parts, err := o.Parts(amount)
		if err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for _, p := range parts {
			if sum += p.Amount; p.Amount <= 0 {
				t.Errorf("of %d somebody gets %d", amount, p.Amount)
			}
		}
		if sum != amount {
			t.Errorf("of %d only %d is divided", amount, sum)
		}
	}
}

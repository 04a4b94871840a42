package delivery_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/marketplace/delivery"
	"shuyuan/marketplace/delivery/deliverytest"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// A file that was ordered goes out with its receipt: once as one copy, however many ranges
// it is fetched in, and the receipt is known again without saying whose it is.
func TestAFileIsHandedOver(t *testing.T) {
	w := deliverytest.New(t)
	o := w.Paid(t, offering.OneOff)
	if v := w.See(t, o.Number); v.ID == 0 || v.OrderState != ordering.Delivered || v.Stops != nil || len(v.Files) == 0 {
		t.Fatalf("what is paid is open where its buyer looks: %+v", v.Serving)
	}
	name := w.See(t, o.Number).Files[0].Name
	f, r, body, err := w.Deliveries.Hand(t.Context(), w.Buyer, o.Number, name, delivery.Part{Request: "a", Range: "bytes=0-9", Bytes: 10})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(body)
	if err != nil || statement.Of(raw).SHA256 != f.SHA256 || body.Close() != nil {
		t.Errorf("the bytes are others: %v", err)
	}
	_, again, body, err := w.Deliveries.Hand(t.Context(), w.Buyer, o.Number, name, delivery.Part{Request: "b", Range: "bytes=10-", Bytes: f.Bytes - 10})
	if err != nil || again.Number != r.Number || body.Close() != nil {
		t.Errorf("the rest is another copy: %v", err)
	}
	v := w.See(t, o.Number)
	if v.Used != 1 || len(v.Receipts) != 1 {
		t.Errorf("%d copies, %d receipts", v.Used, len(v.Receipts))
	}
	d, err := statement.ParseDelivery(r.Payload)
	if err != nil || !d.Commits(v.Receipts[0].Salt, o.Number, o.Contract.Number) || d.Subject[0].Digest.SHA256 != f.SHA256 {
		t.Errorf("the receipt is of something else: %v", err)
	}
	for _, word := range []string{o.Number, o.Contract.Number, o.Buyer.Name, o.Buyer.Code, v.Receipts[0].Salt} {
		if strings.Contains(string(r.Payload), word) {
			t.Errorf("the receipt says %q (I-41)", word)
		}
	}

	known, err := w.Products.Verify(t.Context(), r.Digest)
	if err != nil || known.Handover == nil || known.Verdict != verify.Valid {
		t.Errorf("the receipt is not known: %v", err)
	}
	if known, err = w.Products.Verify(t.Context(), f.SHA256); err != nil || known.Handover != nil {
		t.Errorf("the digest of the file tells of its buyers (I-41): %v", err)
	}
	proof, err := w.Deliveries.Proof(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if proof.Status.State != verify.Active {
		t.Errorf("%+v", proof.Status)
	}

	for name, who := range map[string]account.Actor{"the seller": w.Owner, "the regulator": w.Regulator, "a stranger": w.Person(t, "路人"), "nobody": {}} {
		if _, _, _, err := w.Deliveries.Hand(t.Context(), who, o.Number, v.Files[0].Name, delivery.Part{Request: name}); fault.KindOf(err) != fault.Forbidden && fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	seen, err := w.Deliveries.One(t.Context(), w.Owner, o.Number)
	if err != nil || seen.Receipts[0].Salt != "" {
		t.Errorf("the seller has the salt of the buyer: %v", err)
	}
}

// The gate asks each time: whatever ends or is suspended stops the next call, and what
// comes back serves again, with nothing changed below it (I-07, I-11, I-12).
func TestTheGate(t *testing.T) {
	w := deliverytest.New(t)
	o := w.Opened(t, offering.OneOff)
	name := w.See(t, o.Number).Files[0].Name
	fetch := func() error {
		_, err := w.Deliveries.Look(t.Context(), w.Buyer, o.Number, name)
		return err
	}
	if err := fetch(); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		stop, mend string
		kind       fault.Kind
	}{
		"order refunded":  {`UPDATE orders SET state = 'refunded', reason = 'x'`, `UPDATE orders SET state = 'delivered', reason = ''`, fault.Gone},
		"order not paid":  {`UPDATE orders SET state = 'awaiting_payment', pay_until = '2027-01-01'`, `UPDATE orders SET state = 'delivered'`, fault.Unpaid},
		"contract void":   {`UPDATE contracts SET state = 'void', void_at = made_at`, `UPDATE contracts SET state = 'effective', void_at = NULL`, fault.Gone},
		"contract over":   {`UPDATE contracts SET from_at = from_at - interval '2 days', until_at = from_at - interval '1 day'`, `UPDATE contracts SET from_at = from_at + interval '2 days', until_at = from_at + interval '1 year'`, fault.Gone},
		"version":         {`UPDATE product_versions SET state = 'sealed'`, `UPDATE product_versions SET state = 'published'`, fault.Gone},
		"certification":   {`UPDATE product_certificates SET issued_at = issued_at - interval '1 day', valid_until = issued_at WHERE kind = 'certification'`, `UPDATE product_certificates SET valid_until = '2029-11-01' WHERE kind = 'certification'`, fault.Forbidden},
		"registration":    {`UPDATE product_certificates SET issued_at = issued_at - interval '1 day', valid_until = issued_at WHERE kind = 'registration'`, `UPDATE product_certificates SET valid_until = '2029-11-01' WHERE kind = 'registration'`, fault.Gone},
		"product":         {`UPDATE products SET state = 'suspended', reason = 'x'`, `UPDATE products SET state = 'listable'`, fault.Forbidden},
		"mandate":         {`UPDATE mandates SET state = 'suspended', reason = 'x', held_by = 'body', basis = 'x'`, `UPDATE mandates SET state = 'active', reason = '', held_by = '', basis = ''`, fault.Gone},
		"frozen":          {`UPDATE listings SET state = 'paused', paused_by = 'regulator', reason = '核查'`, `UPDATE listings SET state = 'published', paused_by = '', reason = ''`, fault.Forbidden},
		"buyer suspended": {`UPDATE organisations SET suspended_at = now(), suspended_reason = 'x' WHERE credit_code = '91350100MA00000B0E'`, `UPDATE organisations SET suspended_at = NULL, suspended_reason = ''`, fault.NotFound},
		"seller":          {`UPDATE organisations SET suspended_at = now(), suspended_reason = 'x' WHERE credit_code = '91350100MA00000T07'`, `UPDATE organisations SET suspended_at = NULL, suspended_reason = ''`, fault.Forbidden},
		"ended":           {`UPDATE deliveries SET ended_at = opened_at, ended_why = 'x'`, `UPDATE deliveries SET ended_at = NULL, ended_why = ''`, fault.Gone},
	} {
		w.Exec(t, c.stop)
		if err := fetch(); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", what, err)
		}
		w.Exec(t, c.mend)
		if err := fetch(); err != nil {
			t.Fatalf("%s mended: %v", what, err)
		}
	}
	w.Exec(t, `UPDATE listings SET state = 'paused', paused_by = 'seller', reason = 'x'`)
	if err := fetch(); err != nil {
		t.Errorf("what a seller takes off the market, buyers keep: %v", err)
	}
}

// later lets time pass.
func later(t testing.TB, w *deliverytest.World, d time.Duration) {
	t.Helper()
	w.Set(w.Clock().Add(d))
}

// nextMonth lets the month pass.
func nextMonth(t testing.TB, w *deliverytest.World) {
	t.Helper()
	later(t, w, 31*24*time.Hour)
}

// A key reads the product of its order, all of it, and nothing else; each call counts.
func TestRowsByAKey(t *testing.T) {
	w := deliverytest.New(t)
	o := w.Opened(t, offering.PayPerUse)
	key := w.Key(t, o.Number)
	wish := marketplace.Wish{Product: w.Product}
	r, err := w.Products.Read(t.Context(), key, wish)
	if err != nil || r.Sample || r.Left == nil || r.Left.Order != o.Number {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := w.Products.Read(t.Context(), key, marketplace.Wish{Product: w.Product, Version: "9.9.9"}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("another version: %v", err)
	}
	if _, err := w.Products.Read(t.Context(), key, marketplace.Wish{Product: "PRD-2026-999999"}); fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Forbidden {
		t.Errorf("another product: %v", err)
	}
	if r, err := w.Products.Read(t.Context(), w.Buyer, wish); err != nil || !r.Sample {
		t.Errorf("a person of the buyer reads without a key: %v", err)
	}
	v := w.See(t, o.Number)
	if v.Used != 1 || len(v.Windows) != 1 || v.Windows[0].Quantity != int64(len(r.Rows.Rows)) || len(v.Keys) != 1 {
		t.Errorf("%+v of %d rows, %+v", v.Serving.Used, len(r.Rows.Rows), v.Windows)
	}
	if err := w.Deliveries.RevokeKey(t.Context(), w.Buyer, o.Number, key.Key); err != nil {
		t.Fatal(err)
	}
	for name, who := range map[string]account.Actor{"the seller": w.Owner, "a stranger": w.Person(t, "路人")} {
		if _, err := w.Deliveries.MakeKey(t.Context(), who, o.Number, "x"); fault.KindOf(err) != fault.Forbidden && fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Of a quota exactly as many calls are served as it has, though two replicas race for each.
func TestAQuotaHolds(t *testing.T) {
	w := deliverytest.New(t)
	o := w.Opened(t, offering.PayPerUse)
	key := w.Key(t, o.Number)
	const quota, rounds = 1000, 1000
	w.Exec(t, `UPDATE deliveries SET quota = $1`, quota)
	w.Exec(t, `UPDATE orders SET plan = plan || jsonb_build_object('quota', $1::int)`, quota)
	replicas := []*delivery.Service{w.Deliveries, w.Replica(t)}
	var served, refused atomic.Int64
	var wait sync.WaitGroup
	for _, s := range replicas {
		wait.Go(func() {
			for range rounds {
				switch _, err := s.Counted(t.Context(), key, "stations", 1); {
				case err == nil:
					served.Add(1)
				case fault.KindOf(err) == fault.TooMany:
					refused.Add(1)
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	var events int64
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM delivery_events`).Scan(&events); err != nil {
		t.Fatal(err)
	}
	if served.Load() != quota || refused.Load() != 2*rounds-quota || events != quota || w.See(t, o.Number).Used != quota {
		t.Errorf("served %d, refused %d, written down %d", served.Load(), refused.Load(), events)
	}
}

// used counts a use that was measured elsewhere.
func used(t testing.TB, w *deliverytest.World, order, id string, quantity int64, at time.Time) error {
	t.Helper()
	return w.Deliveries.Record(t.Context(), order, delivery.Event{Source: "gateway", ID: id, Quantity: quantity, At: at})
}

func tick(t testing.TB, w *deliverytest.World) {
	t.Helper()
	if err := w.Deliveries.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A use that is sent again counts once, and one that comes after its month was closed is
// an adjustment in the next: what was billed never changes (I-29; faults 17 and 18).
func TestReplayAndLateUse(t *testing.T) {
	w := deliverytest.New(t)
	o := w.Opened(t, offering.PayPerUse)
	at := w.Clock()
	for range 3 {
		for i := range 5 {
			if err := used(t, w, o.Number, fmt.Sprint(i), 900, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := used(t, w, o.Number, "0", 901, at); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the same id with something else: %v", err)
	}
	if v := w.See(t, o.Number); v.Windows[0].Quantity != 4500 || v.Windows[0].Closed() {
		t.Fatalf("%+v", v.Windows)
	}
	later(t, w, 40*24*time.Hour)
	tick(t, w)
	v := w.See(t, o.Number)
	last := v.Windows[len(v.Windows)-1]
	if !last.Closed() || last.Bill == "" || last.Total != 250 { // 5 thousands that were begun, at 0.50
		t.Fatalf("%+v", last)
	}
	if err := used(t, w, o.Number, "late", 2000, at); err != nil {
		t.Fatal(err)
	}
	if err := used(t, w, o.Number, "late", 2000, at); err != nil {
		t.Fatal(err)
	}
	v = w.See(t, o.Number)
	if got := v.Windows[len(v.Windows)-1]; got != last {
		t.Errorf("a closed month changed: %+v", got)
	}
	if got := v.Windows[0]; got.Adjusted != 2000 || got.Quantity != 0 || got.Closed() {
		t.Errorf("the late use is not in the month that is open: %+v", got)
	}
	var bill string
	if err := w.Pool.QueryRow(t.Context(), `SELECT number FROM usage_bills`).Scan(&bill); err != nil {
		t.Fatal(err)
	}
	b, err := w.Deliveries.Bill(t.Context(), w.Buyer, o.Number, bill)
	if err != nil || !b.Agrees || b.Advice == nil || b.Sum != 4500 || len(b.Lines) != 1 {
		t.Errorf("%+v %v", b, err)
	}
	if n, err := w.Ledger.Balance(t.Context(), w.Pool, ledger.BuyerClearing.For(w.Buying), ledger.CNY); err != nil || n != 250 {
		t.Errorf("owed: %d %v", n, err)
	}
	n := 0
	if err := w.Deliveries.Events(t.Context(), w.Buyer, o.Number, nil, func(delivery.Event) error { n++; return nil }); err != nil || n != 6 {
		t.Errorf("%d events: %v", n, err)
	}

	// what is not paid in time stops the rows, and what is paid is released once nobody may object any more
	key := w.Key(t, o.Number)
	later(t, w, 30*24*time.Hour)
	tick(t, w)
	if _, err := w.Products.Read(t.Context(), key, marketplace.Wish{Product: w.Product}); fault.KindOf(err) != fault.Unpaid {
		t.Errorf("served though a bill is late: %v", err)
	}
	w.InTx(t, func(tx pgx.Tx) error {
		if wanted, err := w.Deliveries.Paid(t.Context(), tx, bill, 249, "CNY"); err != nil || wanted {
			t.Errorf("too little is enough: %v", err)
		}
		wanted, err := w.Deliveries.Paid(t.Context(), tx, bill, 250, "CNY")
		if err != nil || !wanted {
			t.Errorf("it was not waiting for its money: %v", err)
		}
		in := ledger.PaidBill(o.Number, ledger.BankReceivable.For(w.Operator), w.Buying, 250)
		in.Key = "paid:" + bill
		_, err = w.Ledger.Post(t.Context(), tx, account.System("payments"), in)
		return err
	})
	tick(t, w)
	if b, err = w.Deliveries.Bill(t.Context(), w.Buyer, o.Number, bill); err != nil || b.State != delivery.Released {
		t.Errorf("%s %v", b.State, err)
	}
	if n, err := w.Ledger.Balance(t.Context(), w.Pool, ledger.OrderHold.ForOrder(o.Number), ledger.CNY); err != nil || n > 0 {
		t.Errorf("still held: %d %v", n, err)
	}
}

// A buyer objects once and in time; the seller answers, and what it takes back leaves the
// books and the advice.
func TestABillIsObjectedTo(t *testing.T) {
	w := deliverytest.New(t)
	o := w.Opened(t, offering.PayPerUse)
	if err := used(t, w, o.Number, "1", 5000, w.Clock()); err != nil {
		t.Fatal(err)
	}
	nextMonth(t, w)
	tick(t, w)
	v := w.See(t, o.Number)
	bill := v.Windows[len(v.Windows)-1].Bill
	move := func(who account.Actor, a delivery.BillAction, words string) error {
		b, err := w.Deliveries.Bill(t.Context(), w.Buyer, o.Number, bill)
		if err != nil {
			t.Fatal(err)
		}
		return w.Deliveries.MoveBill(t.Context(), who, o.Number, bill, delivery.BillStep{Action: string(a), Words: words, Revision: b.Revision})
	}
	for name, err := range map[string]error{
		"without words": move(w.Buyer, delivery.Dispute, " "), "by the seller": move(w.Owner, delivery.Dispute, "x"), "answered before": move(w.Owner, delivery.TakeBack, "x"), "another move": move(w.Buyer, "pay", "x"),
	} {
		if err == nil {
			t.Errorf("%s: it was done", name)
		}
	}
	if err := move(w.Buyer, delivery.Dispute, "行数不对"); err != nil {
		t.Fatal(err)
	}
	if err := move(w.Buyer, delivery.TakeBack, "x"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the buyer answers itself: %v", err)
	}
	if waits, err := w.Deliveries.Waiting(t.Context(), w.Owner); err != nil || len(waits) != 1 || waits[0].Kind != "bill-objection" {
		t.Errorf("the seller waits for %+v (%v)", waits, err)
	}
	if err := move(w.Owner, delivery.TakeBack, "同意"); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Ledger.Balance(t.Context(), w.Pool, ledger.BuyerClearing.For(w.Buying), ledger.CNY); err != nil || n != 0 {
		t.Errorf("owed: %d %v", n, err)
	}
	w.InTx(t, func(tx pgx.Tx) error {
		wanted, err := w.Deliveries.Paid(t.Context(), tx, bill, 250, "CNY")
		if wanted {
			t.Error("a bill that was taken back is paid")
		}
		return err
	})
}

// Charges are the sums of bands up to the cap, the same here and in the database (I-30).
func TestRatesAgree(t *testing.T) {
	w := deliverytest.New(t)
	plan := ordering.SnapshotOf(w.Plans[offering.PayPerUse])
	for _, quantity := range []int64{0, 1, 999, 1000, 1001, 999_999, 1_000_000, 1_000_001, 5_000_000, 1_000_000_000} {
		units, rated, _, lines, err := delivery.Rate(plan, quantity)
		if err != nil {
			t.Fatal(err)
		}
		var u, fen, sum int64
		if err := w.Pool.QueryRow(t.Context(), `SELECT usage_units($1, $2), usage_rated($1, usage_units($1, $2))`, plan, quantity).Scan(&u, &fen); err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			sum += l.Fen
		}
		if u != units || fen != rated || rated > plan.Cap || min(sum, plan.Cap) != rated {
			t.Errorf("%d: %d units at %d, and %d at %d in the database", quantity, units, rated, u, fen)
		}
	}
}

// After the term keys end, nothing is served, and the buyer declares what became of its
// copies, once.
func TestTheEndOfATerm(t *testing.T) {
	w := deliverytest.New(t)
	o := w.Opened(t, offering.PayPerUse)
	key := w.Key(t, o.Number)
	if _, err := w.Deliveries.Counted(t.Context(), key, "stations", 3); err != nil {
		t.Fatal(err)
	}
	form := delivery.DestructionForm{Method: "erased", On: w.Clock().Format(time.DateOnly), Sure: "1"}
	if err := w.Deliveries.Declare(t.Context(), w.Buyer, o.Number, form); fault.KindOf(err) != fault.Conflict {
		t.Errorf("declared before the end: %v", err)
	}
	w.Exec(t, `UPDATE orders SET term_until = term_from + interval '1 hour'`)
	later(t, w, 2*time.Hour)
	if _, err := w.Deliveries.Counted(t.Context(), key, "stations", 3); fault.KindOf(err) != fault.Gone {
		t.Errorf("served after the end: %v", err)
	}
	tick(t, w)
	v := w.See(t, o.Number)
	if v.EndedAt == nil || v.Ended == nil || v.Keys[0].Revoked == nil || v.Stops == nil {
		t.Fatalf("%+v", v)
	}
	if waits, err := w.Deliveries.Waiting(t.Context(), w.Buyer); err != nil || len(waits) != 1 || waits[0].Kind != "destruction" {
		t.Errorf("the buyer waits for %+v (%v)", waits, err)
	}
	later(t, w, 30*24*time.Hour)
	tick(t, w)
	if list, err := w.Deliveries.Undeclared(t.Context(), w.Registrar, true); err != nil || len(list) != 1 || list[0].Order != o.Number {
		t.Errorf("overdue: %+v %v", list, err)
	}
	if _, err := w.Deliveries.Undeclared(t.Context(), w.Buyer, true); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a buyer sees the list: %v", err)
	}
	for name, f := range map[string]delivery.DestructionForm{
		"no method": {On: form.On, Sure: "1"}, "another method": {Method: "burnt", On: form.On, Sure: "1"}, "no day": {Method: "erased", Sure: "1"}, "a later day": {Method: "erased", On: "2099-01-01", Sure: "1"},
		"not sure": {Method: "erased", On: form.On}, "too long": {Method: "erased", On: form.On, Sure: "1", Words: strings.Repeat("字", 1001)}, "before delivery": {Method: "erased", On: "2020-01-01", Sure: "1"},
	} {
		if err := w.Deliveries.Declare(t.Context(), w.Buyer, o.Number, f); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.Deliveries.Declare(t.Context(), w.Buyer, o.Number, form); err != nil {
		t.Fatal(err)
	}
	if err := w.Deliveries.Declare(t.Context(), w.Buyer, o.Number, form); fault.KindOf(err) != fault.Conflict {
		t.Errorf("declared twice: %v", err)
	}
}

// The database itself holds what was served and billed, for every way of writing.
func TestTheDatabaseHoldsWhatWasServed(t *testing.T) {
	w := deliverytest.New(t)
	o := w.Opened(t, offering.PayPerUse)
	if err := used(t, w, o.Number, "1", 5000, w.Clock()); err != nil {
		t.Fatal(err)
	}
	nextMonth(t, w)
	tick(t, w)
	for name, sql := range map[string]string{
		"an event changed":      `UPDATE delivery_events SET quantity = 1`,
		"an event removed":      `DELETE FROM delivery_events`,
		"an event of a closed":  `INSERT INTO delivery_events (delivery_id, source, event_id, kind, counts, quantity, at, received_at, month, late) SELECT delivery_id, 'x', 'x', 'call', 0, 1, at, at, month, false FROM delivery_events`,
		"a month reopened":      `DELETE FROM usage_windows`,
		"a month changed":       `UPDATE usage_windows SET quantity = 1`,
		"a month that is wrong": `INSERT INTO usage_windows SELECT delivery_id, (month - interval '1 month')::date, 1, 1, 0, closed_at FROM usage_windows`,
		"a bill changed":        `UPDATE usage_bills SET rated = 1, net = 1, tax = 0, total = 1`,
		"a bill unpaid again":   `UPDATE usage_bills SET state = 'released', paid_at = now(), released_at = now()`,
		"quota given back":      `UPDATE deliveries SET used = -1`,
		"opened unpaid":         `INSERT INTO deliveries (order_id, channel, quota, opened_at) SELECT id + 1, 'api', 0, now() FROM orders`,
	} {
		if _, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (int, error) { _, err := tx.Exec(t.Context(), sql); return 0, errors.Join(err) }); err == nil {
			t.Errorf("%s: it was written", name)
		}
	}
}

package settlement_test

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/settlement"
	"shuyuan/marketplace/settlement/settlementtest"
)

func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// Payees get their parts to the fen, from the computation to what bank and books say; a
// second computation finds nothing more (I-33).
func TestASettlementFromComputedToReconciled(t *testing.T) {
	w := settlementtest.New(t)
	w.Released(t, "DD-1", 10_001)
	w.Released(t, "DD-2", 333)
	if got := w.Computed(t); len(got) != 0 {
		t.Errorf("of today: %v", got)
	}
	w.Week()
	got := w.Computed(t)
	check(t, "settlements", len(got), 3)
	x := got[w.Developer]
	check(t, "net", x.Net, 7001+233)
	check(t, "gross", x.Gross, 10_334)
	check(t, "sum", x.Gross-x.Fees-x.Tax-x.Others, x.Net)
	check(t, "fees", x.Fees, w.Balance(t, ledger.PlatformFee.Only())*-1)
	check(t, "again", len(w.Computed(t)), 0)

	owner := w.Owner[w.Developer]
	if _, err := w.Try(t, w.Owner[w.Broker], x.Number, settlement.Confirm); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another payee: %v", err)
	}
	if _, err := w.Try(t, w.Exchange[0], x.Number, settlement.Confirm); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the exchange confirms for a payee: %v", err)
	}
	if _, err := w.Try(t, w.Exchange[0], x.Number, settlement.Instruct); fault.KindOf(err) != fault.Conflict {
		t.Errorf("instructed before it was confirmed: %v", err)
	}
	w.Move(t, owner, x.Number, settlement.Dispute)
	w.Move(t, w.Exchange[0], x.Number, settlement.Answer)
	w.Move(t, owner, x.Number, settlement.Confirm)
	w.Move(t, w.Exchange[0], x.Number, settlement.Instruct)
	check(t, "going", w.Balance(t, ledger.PayoutClearing.For(w.Developer)), -x.Net)
	check(t, "payable", w.Balance(t, ledger.PayableDeveloper.For(w.Developer)), 0)
	for range 2 { // told twice, it is paid once
		if err := w.Bring(t, x.Number, ""); err != nil {
			t.Fatal(err)
		}
	}
	check(t, "gone", w.Balance(t, ledger.BankReceivable.For(w.Operator)), 10_334-x.Net)
	if err := w.Settlements.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, "state", w.State(t, x.Number), settlement.Reconciled)
}

// A payment that the bank did not take is instructed again; one that came back after it
// was paid, too (fault 10).
func TestAPayoutThatFailed(t *testing.T) {
	w := settlementtest.New(t)
	w.Released(t, "DD-1", 10_000)
	w.Week()
	x := w.Computed(t)[w.Developer]
	w.Move(t, w.Owner[w.Developer], x.Number, settlement.Confirm)
	for _, paidFirst := range []bool{false, true} {
		w.Move(t, w.Exchange[0], x.Number, settlement.Instruct)
		if paidFirst {
			if err := w.Bring(t, x.Number, ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Bring(t, x.Number, "账户被限制"); err != nil {
			t.Fatal(err)
		}
		check(t, "state", w.State(t, x.Number), settlement.Failed)
		check(t, "on its way", w.Balance(t, ledger.PayoutClearing.For(w.Developer)), -x.Net)
		check(t, "bank", w.Balance(t, ledger.BankReceivable.For(w.Operator)), 10_000)
		w.Exec(t, `UPDATE payment_instructions SET state = 'failed', why = 'x' WHERE ref = $1`, x.Number)
	}
	w.Move(t, w.Exchange[0], x.Number, settlement.Instruct)
	if err := w.Bring(t, x.Number, ""); err != nil {
		t.Fatal(err)
	}
	check(t, "bank", w.Balance(t, ledger.BankReceivable.For(w.Operator)), 10_000-x.Net)
	check(t, "state", w.State(t, x.Number), settlement.Paid)
}

// What was given back before the instruction makes a settlement anew, which the payee
// confirms once more (fault 7); where all was, it is void and its lines are in none.
func TestGivenBackBeforeItIsInstructed(t *testing.T) {
	w := settlementtest.New(t)
	w.Released(t, "DD-1", 10_000)
	w.Released(t, "DD-2", 5_000)
	w.Week()
	x := w.Computed(t)[w.Developer]
	w.Move(t, w.Owner[w.Developer], x.Number, settlement.Confirm)
	w.Back(t, "DD-2", 5_000)
	y := w.Move(t, w.Exchange[0], x.Number, settlement.Instruct)
	check(t, "state", y.State, settlement.Computed)
	check(t, "net", y.Net, 7_000)
	check(t, "nothing is instructed", w.Balance(t, ledger.PayoutClearing.For(w.Developer)), 0)
	w.Back(t, "DD-1", 10_000)
	w.Week()
	check(t, "nothing to settle", len(w.Computed(t)), 0)
	check(t, "void", w.State(t, x.Number), settlement.Void)
	w.Released(t, "DD-3", 1_000)
	w.Week()
	z := w.Computed(t)[w.Developer]
	check(t, "the lines are in the next", z.Net, 700)
}

// What a payee has to give back is kept from what it gets.
func TestWhatIsOwedIsKept(t *testing.T) {
	w := settlementtest.New(t)
	w.Released(t, "DD-1", 10_000)
	w.Week()
	x := w.Computed(t)[w.Developer]
	w.Move(t, w.Owner[w.Developer], x.Number, settlement.Confirm)
	w.Move(t, w.Exchange[0], x.Number, settlement.Instruct)
	if err := w.Bring(t, x.Number, ""); err != nil {
		t.Fatal(err)
	}
	w.Back(t, "DD-1", 3_000)
	check(t, "owed", w.Balance(t, ledger.PayeeReceivable.For(w.Developer)), 2_100)
	w.Released(t, "DD-2", 1_000)
	w.Week()
	y := w.Computed(t)[w.Developer]
	check(t, "kept", y.Kept, 700)
	w.Move(t, w.Owner[w.Developer], y.Number, settlement.Confirm)
	check(t, "state", w.Move(t, w.Exchange[0], y.Number, settlement.Instruct).State, settlement.Paid)
	check(t, "owed", w.Balance(t, ledger.PayeeReceivable.For(w.Developer)), 1_400)
	w.Released(t, "DD-3", 10_000)
	w.Week()
	z := w.Computed(t)[w.Developer]
	check(t, "kept", z.Kept, 1_400)
	check(t, "payout", z.Payout(), 5_600)
}

// An order that two people found a transfer for is settled from the account that its buyer
// was told to pay into, and a month of use when its bill is paid.
func TestWhatIsSettledWasPaid(t *testing.T) {
	w := settlementtest.New(t)
	told := func(ref string, kind payment.DueKind, order string, amount int64) {
		t.Helper()
		if _, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (payment.Advice, error) {
			return w.Bank.Advise(t.Context(), tx, payment.Due{Ref: ref, Kind: kind, Order: order, Buyer: w.Buyer, Payer: "示例买方", Amount: amount, Currency: ledger.CNY, Until: w.At, Operator: w.Operator})
		}); err != nil {
			t.Fatal(err)
		}
	}
	paid := func(ref string) {
		w.Exec(t, `UPDATE payment_advices SET paid = amount, paid_at = $2 WHERE ref = $1`, ref, w.At)
	}
	parts, err := ledger.Parts(10_000, w.Shares())
	if err != nil {
		t.Fatal(err)
	}
	route := ledger.BankReceivable.For(w.Operator)
	told("DD-1", payment.ForOrder, "DD-1", 10_000)
	w.Post(t, ledger.CameUnmatched("LX-1", route, 10_000), ledger.Allocated("DD-1", 10_000), ledger.Accepted("DD-1", parts))
	w.Week()
	check(t, "settled before it was paid", len(w.Computed(t)), 0)
	paid("DD-1")
	w.Week()
	check(t, "route", w.Computed(t)[w.Developer].Route, route.Code())

	told("ZD-2", payment.ForBill, "DD-2", 10_000)
	w.Post(t, ledger.Bill("DD-2", w.Buyer, 10_000), ledger.Accepted("DD-2", parts))
	w.Week()
	check(t, "settled before the bill was paid", len(w.Computed(t)), 0)
	paid("ZD-2")
	w.Post(t, ledger.PaidBill("DD-2", route, w.Buyer, 10_000))
	w.Week()
	check(t, "net", w.Computed(t)[w.Developer].Net, 7_000)
}

// A refund and an instruction at once, many times over: either the settlement is computed
// anew, or the payee owes; never is more paid out than there was (fault 7, I-35).
func TestRefundsRaceInstructions(t *testing.T) {
	w := settlementtest.New(t)
	const rounds = 25
	for range rounds {
		w.Released(t, "DD-1", 1_000)
		w.Week()
		x, there := w.Computed(t)[w.Developer]
		if !there {
			t.Fatal("nothing to settle")
		}
		w.Move(t, w.Owner[w.Developer], x.Number, settlement.Confirm)
		var g sync.WaitGroup
		g.Go(func() { w.Back(t, "DD-1", 500) })
		var err error
		g.Go(func() { _, err = w.Try(t, w.Exchange[0], x.Number, settlement.Instruct) })
		g.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if w.State(t, x.Number) != settlement.Instructed {
			w.Move(t, w.Owner[w.Developer], x.Number, settlement.Confirm)
			w.Move(t, w.Exchange[0], x.Number, settlement.Instruct)
		}
		if err := w.Bring(t, x.Number, ""); err != nil {
			t.Fatal(err)
		}
	}
	given := int64(rounds * 350)
	payable, owed := -w.Balance(t, ledger.PayableDeveloper.For(w.Developer)), w.Balance(t, ledger.PayeeReceivable.For(w.Developer))
	var paid int64
	if err := w.Pool.QueryRow(t.Context(), `SELECT sum(paid) FROM settlements WHERE organisation_id = $1`, w.Developer).Scan(&paid); err != nil {
		t.Fatal(err)
	}
	check(t, "paid, and owed back", paid+payable-owed, rounds*700-given)
}

// An account to pay to is of the payee and is confirmed by somebody else.
func TestAccountsToPayTo(t *testing.T) {
	w := settlementtest.New(t)
	form := settlement.PayoutForm{Holder: "开发公司", Bank: "新银行", Account: "6222 0000 0000 1234"}
	owner := w.Owner[w.Developer]
	for field, change := range map[string]func(*settlement.PayoutForm){
		"holder": func(f *settlement.PayoutForm) { f.Holder = "别的公司" }, "bank": func(f *settlement.PayoutForm) { f.Bank = " " }, "account": func(f *settlement.PayoutForm) { f.Account = "1234-5678" }, "provider": func(f *settlement.PayoutForm) { f.Provider = "cus_1" },
	} {
		f := form
		change(&f)
		if _, err := w.Settlements.Propose(t.Context(), owner, w.Developer, f); fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := w.Settlements.Propose(t.Context(), w.Owner[w.Broker], w.Developer, form); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of another: %v", err)
	}
	p, err := w.Settlements.Propose(t.Context(), owner, w.Developer, form)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Settlements.Judge(t.Context(), owner, p.ID, settlement.Step{Action: "confirm", Revision: p.Revision}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("confirmed by itself: %v", err)
	}
	if _, err := w.Settlements.Judge(t.Context(), w.Exchange[0], p.ID, settlement.Step{Action: "confirm", Revision: p.Revision}); err != nil {
		t.Fatal(err)
	}
	own, err := w.Settlements.Of(t.Context(), owner, 0, 10)
	if err != nil || len(own.Accounts) != 1 || own.Accounts[0].Account != "6222000000001234" {
		t.Errorf("in force: %v %v", own, err)
	}
}

// The database holds what the program does: an entry is in one settlement.
func TestAnEntryIsInOneSettlement(t *testing.T) {
	w := settlementtest.New(t)
	w.Released(t, "DD-1", 1_000)
	w.Week()
	x := w.Computed(t)[w.Developer]
	_, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (int, error) {
		_, err := tx.Exec(t.Context(), `
			WITH s AS (INSERT INTO settlements (number, organisation_id, payable, route, currency, from_on, through_on, gross, fees, tax, others, net, state, state_at, made_at)
				SELECT 'JS-2026-999999', organisation_id, payable, route, currency, from_on, through_on, gross, fees, tax, others, net, 'computed', state_at, made_at FROM settlements WHERE number = $1 RETURNING id)
			SELECT id FROM s`, x.Number)
		if err != nil {
			return 0, err
		}
		_, err = tx.Exec(t.Context(), `INSERT INTO settlement_lines SELECT (SELECT id FROM settlements WHERE number = 'JS-2026-999999'), transaction_id, seq, subject, order_number, gross, fees, tax, amount FROM settlement_lines WHERE settlement_id = (SELECT id FROM settlements WHERE number = $1)`, x.Number)
		return 0, err
	})
	if !database.Taken(err) {
		t.Errorf("settled twice: %v", err)
	}
}

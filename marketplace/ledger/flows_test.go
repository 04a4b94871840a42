package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
)

// deal is what a model knows of an order: where its money is.
type deal struct {
	number                      string
	paid, held, due, back, gone int64 // gone: to the payees
	disputed                    int64
}

// Five orders and four parties in any order of events: what the books say is what
// happened, and nobody has money that is not there (I-01 to I-06, I-33 to I-35).
func TestAnyOrderOfEvents(t *testing.T) {
	const runs, steps = 20, 250
	for run := range runs {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("%d", run), func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			anyOrder(t, rand.New(rand.NewPCG(seed, 1)), steps)
		})
	}
}

func anyOrder(t *testing.T, r *rand.Rand, steps int) {
	b := newBooks(t, 4)
	ctx := t.Context()
	operator := b.orgs[0]
	bank := ledger.BankReceivable.For(operator)
	payees := []ledger.Account{ledger.PayableOperator.For(operator), ledger.PayableDeveloper.For(b.orgs[1]), ledger.PayableBroker.For(b.orgs[2])}
	shares := []ledger.Share{{To: payees[0], Points: 2000}, {To: payees[1], Points: 7001}, {To: payees[2], Points: 499}, {To: ledger.PlatformFee.Only(), Points: 470}, {To: ledger.VAT.Only(), Points: 30}}
	deals := make([]*deal, 5)
	for i := range deals {
		deals[i] = &deal{number: fmt.Sprintf("DD-%d", i+1)}
	}
	payable, ordered, owes := map[string]int64{}, map[int64]int64{}, map[int64]int64{} // by account, by payee, by payee
	revenue, came, left := int64(0), int64(0), int64(0)
	done := map[string]int{}
	step := 0
	key := func() string { step++; return fmt.Sprintf("step:%d", step) }
	// take is what a model takes from the payees: from what is there, else as a debt.
	take := func(amount int64) []ledger.Part {
		parts, err := ledger.Parts(amount, shares)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if p.To.Class.Of != ledger.OfOrganisation {
				revenue -= p.Amount
				continue
			}
			there := min(p.Amount, payable[p.To.Code()])
			payable[p.To.Code()] -= there
			owes[p.To.Organisation] += p.Amount - there
		}
		return parts
	}
	recovered := func(k string, amount int64, make func([]ledger.Part) ledger.Transaction) {
		parts := take(amount)
		_, err := database.InTx(ctx, b.pool, func(tx pgx.Tx) (ledger.Posted, error) {
			taken, err := b.Recover(ctx, tx, ledger.CNY, parts)
			if err != nil {
				return ledger.Posted{}, err
			}
			x := make(taken)
			x.Key = k
			return b.Post(ctx, tx, bookkeeper, x)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range steps {
		d := deals[r.IntN(len(deals))]
		k := key()
		p := payees[r.IntN(len(payees))]
		switch what := []string{"pay", "accept", "contest", "refund", "refund after", "refunded", "payout", "confirmed", "sent back", "offset", "too much", "again", "fold"}[r.IntN(13)]; what {
		case "pay":
			n := 1 + r.Int64N(100_000)
			b.must(t, k, ledger.PaidIn(d.number, bank, n))
			d.paid, d.held, came = d.paid+n, d.held+n, came+n
			done[what]++
		case "accept":
			if d.held-d.disputed <= 0 {
				continue
			}
			parts, err := ledger.Parts(d.held-d.disputed, shares)
			if err != nil {
				t.Fatal(err)
			}
			b.must(t, k, ledger.Accepted(d.number, parts))
			for _, p := range parts {
				if p.To.Class.Of == ledger.OfOrganisation {
					payable[p.To.Code()] += p.Amount
				} else {
					revenue += p.Amount
				}
			}
			d.gone, d.held = d.gone+d.held-d.disputed, d.disputed
			done[what]++
		case "contest":
			if d.gone == 0 {
				continue
			}
			n := 1 + r.Int64N(d.gone)
			recovered(k, n, func(taken []ledger.Part) ledger.Transaction { return ledger.Contested(d.number, taken) })
			d.gone, d.held, d.disputed = d.gone-n, d.held+n, d.disputed+n
			done[what]++
		case "refund":
			if d.held == 0 {
				continue
			}
			n := 1 + r.Int64N(d.held)
			b.must(t, k, ledger.Refundable(d.number, n))
			d.held, d.due, d.disputed = d.held-n, d.due+n, max(0, d.disputed-n)
			done[what]++
		case "refund after":
			if d.gone == 0 {
				continue
			}
			n := 1 + r.Int64N(d.gone)
			recovered(k, n, func(taken []ledger.Part) ledger.Transaction { return ledger.RefundableAfter(d.number, taken) })
			d.gone, d.due = d.gone-n, d.due+n
			done[what]++
		case "refunded":
			if d.due == 0 {
				continue
			}
			n := 1 + r.Int64N(d.due)
			b.must(t, k, ledger.Refunded(d.number, bank, n))
			d.due, d.back, left = d.due-n, d.back+n, left+n
			done[what]++
		case "payout":
			if payable[p.Code()] == 0 {
				continue
			}
			n := payable[p.Code()]
			b.must(t, k, ledger.PayoutOrdered(k, p, p.Organisation, n))
			payable[p.Code()], ordered[p.Organisation] = 0, ordered[p.Organisation]+n
			done[what]++
		case "confirmed":
			if ordered[p.Organisation] == 0 {
				continue
			}
			n := 1 + r.Int64N(ordered[p.Organisation])
			b.must(t, k, ledger.PayoutPaid(k, bank, p.Organisation, n))
			ordered[p.Organisation], left = ordered[p.Organisation]-n, left+n
			done[what]++
		case "sent back":
			if ordered[p.Organisation] == 0 {
				continue
			}
			n := 1 + r.Int64N(ordered[p.Organisation])
			b.must(t, k, ledger.PayoutFailed(k, p, p.Organisation, n))
			ordered[p.Organisation], payable[p.Code()] = ordered[p.Organisation]-n, payable[p.Code()]+n
			done[what]++
		case "offset":
			n := min(owes[p.Organisation], payable[p.Code()])
			if n == 0 {
				continue
			}
			b.must(t, k, ledger.Kept(k, p, p.Organisation, n))
			owes[p.Organisation], payable[p.Code()] = owes[p.Organisation]-n, payable[p.Code()]-n
			done[what]++
		case "too much": // refused, and nothing of it is left
			for _, x := range []ledger.Transaction{
				ledger.Refundable(d.number, d.held+1), ledger.Refunded(d.number, bank, d.due+1), ledger.PayoutOrdered(k, p, p.Organisation, payable[p.Code()]+1),
				ledger.PayoutPaid(k, bank, p.Organisation, ordered[p.Organisation]+1), ledger.Kept(k, p, p.Organisation, min(payable[p.Code()], owes[p.Organisation])+1),
			} {
				x.Key = k
				if _, err := b.post(ctx, x); fault.KindOf(err) != fault.Conflict {
					t.Fatalf("%s of too much: %v", x.Kind, err)
				}
			}
			done[what]++
		case "again":
			list, err := b.Transactions(ctx, b.pool, ledger.Filter{Subject: d.number, Kind: ledger.PaymentIn, Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			if len(list) == 0 {
				continue
			}
			if q := b.must(t, list[0].Key, ledger.PaidIn(d.number, bank, -list[0].Lines[1].Amount)); !q.Again {
				t.Fatal("posted again")
			}
			done[what]++
		case "fold":
			if err := b.Fold(ctx, b.pool); err != nil {
				t.Fatal(err)
			}
			done[what]++
		}
		same := func(what string, a ledger.Account, want int64) {
			if n := b.balance(t, a); n != want {
				t.Fatalf("after step %d %s (%s): %d, want %d", step, what, a.Code(), n, want)
			}
		}
		same("held", ledger.OrderHold.ForOrder(d.number), -d.held)
		same("to give back", ledger.RefundClearing.ForOrder(d.number), -d.due)
		same("payable", p, -payable[p.Code()])
		same("debt", ledger.PayeeReceivable.For(p.Organisation), owes[p.Organisation])
		same("ordered", ledger.PayoutClearing.For(p.Organisation), -ordered[p.Organisation])
		same("at the bank", bank, came-left)
		if d.paid != d.held+d.due+d.back+d.gone || d.back > d.paid || d.held < d.disputed {
			t.Fatalf("the model itself: %+v", *d)
		}
	}
	if n := b.balance(t, ledger.PlatformFee.Only()) + b.balance(t, ledger.VAT.Only()); n != -revenue {
		t.Errorf("revenue: %d, want %d", n, -revenue)
	}
	differ(t, b)
	t.Logf("%v", done)
}

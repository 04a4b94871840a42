package ledger

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Flow is what a transaction is about.
type Flow string

// The flows of the market. Each of them sums to zero whatever its amounts are.
const (
	PaymentIn          Flow = "payment_in"          // an order was paid
	Unmatched          Flow = "unmatched"           // money came, and nobody knows yet what for
	Matched            Flow = "matched"             // now they do
	Billed             Flow = "billed"              // a closed window of use was billed
	BillPaid           Flow = "bill_paid"           // and the bill paid
	ServiceFee         Flow = "service_fee"         // of an operator, per closed month
	Release            Flow = "release"             // accepted: it belongs to the payees now
	Contest            Flow = "contest"             // objected to after that: held again
	RefundDue          Flow = "refund_due"          // to be given back
	RefundPaid         Flow = "refund_paid"         // given back
	RefundCameBack     Flow = "refund_returned"     // and it came again
	SettlementOrdered  Flow = "settlement_ordered"  // the payout is instructed
	SettlementPaid     Flow = "settlement_paid"     // and confirmed
	SettlementFailed   Flow = "settlement_failed"   // or sent back
	SettlementReturned Flow = "settlement_returned" // or confirmed, and came back
	Offset             Flow = "offset"              // what a payee has to give back is kept from what it gets
	ReceivablePaid     Flow = "receivable_paid"     // or it gave that back
	ProviderFeeKept    Flow = "provider_fee"        // of the provider of payments
	ChargebackOpened   Flow = "chargeback_opened"   // the buyer's bank took the money back for now
	ChargebackLost     Flow = "chargeback_lost"     // for good
	ChargebackReturned Flow = "chargeback_returned" // or not
	Reversed           Flow = "reversal"
)

// Flows are all of them.
var Flows = []Flow{PaymentIn, Unmatched, Matched, Billed, BillPaid, ServiceFee, Release, Contest, RefundDue, RefundPaid, RefundCameBack, SettlementOrdered, SettlementPaid, SettlementFailed, SettlementReturned, Offset, ReceivablePaid, ProviderFeeKept, ChargebackOpened, ChargebackLost, ChargebackReturned, Reversed}

// pair debits one account and credits another.
func pair(debit, credit Account, amount int64) []Entry {
	return []Entry{{debit, amount}, {credit, -amount}}
}

// PaidIn is of an order that was paid into the account of a route.
func PaidIn(order string, route Account, amount int64) Transaction {
	return Transaction{Kind: PaymentIn, Subject: order, Entries: pair(route, OrderHold.ForOrder(order), amount)}
}

// CameUnmatched is of a line of a bank statement that belongs to nothing known.
func CameUnmatched(line string, route Account, amount int64) Transaction {
	return Transaction{Kind: Unmatched, Subject: line, Entries: pair(route, Suspense.Only(), amount)}
}

// Allocated is of unmatched money of which it was found what it is for.
func Allocated(order string, amount int64) Transaction {
	return Transaction{Kind: Matched, Subject: order, Entries: pair(Suspense.Only(), OrderHold.ForOrder(order), amount)}
}

// SentBack is of unmatched money that is to go back to whoever sent it, as line says.
func SentBack(line string, amount int64) Transaction {
	return Transaction{Kind: RefundDue, Subject: line, Entries: pair(Suspense.Only(), RefundClearing.ForOrder(line), amount)}
}

// Bill is of a closed window of use of an order, billed to its buyer.
func Bill(order string, buyer, amount int64) Transaction {
	return Transaction{Kind: Billed, Subject: order, Entries: pair(BuyerClearing.For(buyer), OrderHold.ForOrder(order), amount)}
}

// PaidBill is of a bill that its buyer paid.
func PaidBill(order string, route Account, buyer, amount int64) Transaction {
	return Transaction{Kind: BillPaid, Subject: order, Entries: pair(route, BuyerClearing.For(buyer), amount)}
}

// ServiceCharged is of the fees of an operator for a closed month, to a developer.
func ServiceCharged(subject string, developer, operator, tech, compute int64) Transaction {
	owed := BuyerClearing.For(developer)
	return Transaction{Kind: ServiceFee, Subject: subject, Entries: append(pair(owed, ServiceTech.For(operator), tech), pair(owed, ServiceCompute.For(operator), compute)...)}
}

// Part is what one account gets of an amount.
type Part struct {
	To     Account
	Amount int64
}

// Parts are the parts of an amount by shares, as Split divides it.
func Parts(amount int64, shares []Share) ([]Part, error) {
	each, err := Split(amount, shares)
	if err != nil {
		return nil, err
	}
	out := make([]Part, len(each))
	for i, n := range each {
		out[i] = Part{shares[i].To, n}
	}
	return out, nil
}

// Accepted is of an order whose hold belongs to its payees from now on.
func Accepted(order string, parts []Part) Transaction {
	t := Transaction{Kind: Release, Subject: order}
	for _, p := range parts {
		t.Entries = append(t.Entries, pair(OrderHold.ForOrder(order), p.To, p.Amount)...)
	}
	return t
}

// Contested is of an order that was objected to after its hold was released: taken is
// what Recover found of the payees' parts (I-34).
func Contested(order string, taken []Part) Transaction {
	return given(Contest, order, taken, OrderHold.ForOrder(order))
}

// Refundable is of an order of which something is to be given back before it was
// accepted.
func Refundable(order string, amount int64) Transaction {
	return Transaction{Kind: RefundDue, Subject: order, Entries: pair(OrderHold.ForOrder(order), RefundClearing.ForOrder(order), amount)}
}

// RefundableAfter is of one after that: taken is what Recover found of the payees'
// parts (I-35).
func RefundableAfter(order string, taken []Part) Transaction {
	return given(RefundDue, order, taken, RefundClearing.ForOrder(order))
}

// given takes parts together into one account.
func given(kind Flow, subject string, taken []Part, to Account) Transaction {
	t := Transaction{Kind: kind, Subject: subject}
	for _, p := range taken {
		t.Entries = append(t.Entries, pair(p.To, to, p.Amount)...)
	}
	return t
}

// Refunded is of money that was given back through a route.
func Refunded(order string, route Account, amount int64) Transaction {
	return Transaction{Kind: RefundPaid, Subject: order, Entries: pair(RefundClearing.ForOrder(order), route, amount)}
}

// PayoutOrdered is of a settlement that was instructed.
func PayoutOrdered(settlement string, payable Account, payee, amount int64) Transaction {
	return Transaction{Kind: SettlementOrdered, Subject: settlement, Entries: pair(payable, PayoutClearing.For(payee), amount)}
}

// PayoutPaid is of one that the bank or the provider confirmed.
func PayoutPaid(settlement string, route Account, payee, amount int64) Transaction {
	return Transaction{Kind: SettlementPaid, Subject: settlement, Entries: pair(PayoutClearing.For(payee), route, amount)}
}

// PayoutFailed is of one that was sent back.
func PayoutFailed(settlement string, payable Account, payee, amount int64) Transaction {
	return Transaction{Kind: SettlementFailed, Subject: settlement, Entries: pair(PayoutClearing.For(payee), payable, amount)}
}

// Kept is of what a payee has to give back and does not get for that.
func Kept(settlement string, payable Account, payee, amount int64) Transaction {
	return Transaction{Kind: Offset, Subject: settlement, Entries: pair(payable, PayeeReceivable.For(payee), amount)}
}

// FeeKept is of what the provider of payments keeps of a payment.
func FeeKept(order string, amount int64) Transaction {
	return Transaction{Kind: ProviderFeeKept, Subject: order, Entries: pair(ProviderFee.Only(), StripeReceivable.Only(), amount)}
}

// ChargedBack is of a payment that the buyer's bank took back for the time being.
func ChargedBack(dispute string, amount int64) Transaction {
	return Transaction{Kind: ChargebackOpened, Subject: dispute, Entries: pair(Suspense.Only(), StripeReceivable.Only(), amount)}
}

// ChargebackWon is of one that came again.
func ChargebackWon(dispute string, amount int64) Transaction {
	return Transaction{Kind: ChargebackReturned, Subject: dispute, Entries: pair(StripeReceivable.Only(), Suspense.Only(), amount)}
}

// ChargedBackForGood is of one that is gone: taken is what Recover found of the payees'
// parts, or the hold of the order.
func ChargedBackForGood(dispute string, taken []Part) Transaction {
	return given(ChargebackLost, dispute, taken, Suspense.Only())
}

// Recover finds an amount that is to be taken from each payee's account: of one that is
// kept for a payee as much as is still there, and for the rest a debt of the payee, so
// that nobody's payable is ever below nothing (I-35). It locks those accounts until tx
// ends.
func (b *Book) Recover(ctx context.Context, tx pgx.Tx, currency string, parts []Part) ([]Part, error) {
	var codes []string
	for _, p := range parts {
		codes = append(codes, p.To.Code())
	}
	has, err := lockBalances(ctx, tx, currency, codes)
	if err != nil {
		return nil, err
	}
	var out []Part
	for _, p := range parts {
		if p.To.Class.Guard != NoDebitBalance || p.To.Class.Of != OfOrganisation {
			out = append(out, p)
			continue
		}
		there := min(p.Amount, -has[p.To.Code()])
		has[p.To.Code()] += there
		if there > 0 {
			out = append(out, Part{p.To, there})
		}
		if rest := p.Amount - there; rest > 0 {
			out = append(out, Part{PayeeReceivable.For(p.To.Organisation), rest})
		}
	}
	return out, nil
}

// PaidBack is of a payee that gave back what it owed, through a route.
func PaidBack(subject string, route Account, payee, amount int64) Transaction {
	return Transaction{Kind: ReceivablePaid, Subject: subject, Entries: pair(route, PayeeReceivable.For(payee), amount)}
}

// Available is how much is kept for a payee on its account, which is locked until tx ends:
// nothing is taken from it meanwhile.
func (b *Book) Available(ctx context.Context, tx pgx.Tx, currency string, a Account) (int64, error) {
	has, err := lockBalances(ctx, tx, currency, []string{a.Code()})
	return -has[a.Code()], err
}

// Owed is what a payee has to give back; it is locked until tx ends.
func (b *Book) Owed(ctx context.Context, tx pgx.Tx, currency string, payee int64) (int64, error) {
	a := PayeeReceivable.For(payee).Code()
	has, err := lockBalances(ctx, tx, currency, []string{a})
	return has[a], err
}

// PayoutReturned is of one that was confirmed and came back.
func PayoutReturned(settlement string, route Account, payee, amount int64) Transaction {
	return Transaction{Kind: SettlementReturned, Subject: settlement, Entries: pair(route, PayoutClearing.For(payee), amount)}
}

// RefundReturned is of money that was given back and came again.
func RefundReturned(order string, route Account, amount int64) Transaction {
	return Transaction{Kind: RefundCameBack, Subject: order, Entries: pair(route, RefundClearing.ForOrder(order), amount)}
}

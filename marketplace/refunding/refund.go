package refunding

import (
	"math/big"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/internal/workflow"
	"shuyuan/marketplace/ordering"
)

// State is where a refund stands.
type State string

// The states (market 2.1).
const (
	Requested State = "requested"
	Rejected  State = "rejected"
	Approved  State = "approved"
	Submitted State = "submitted" // to the bank or the provider
	Succeeded State = "succeeded"
	Failed    State = "failed"
	Manual    State = "manual" // given back by hand
)

// Action is what is done about a refund.
type Action string

// The actions.
const (
	Request Action = "request" // how it begins
	Agree   Action = "agree"   // the first of two
	Approve Action = "approve" // and the second
	Reject  Action = "reject"
	Submit  Action = "submit"
	Succeed Action = "succeed"
	Fail    Action = "fail"
	Again   Action = "again"
	ByHand  Action = "by_hand"
	Read    Action = "read" // by the regulator: it changes nothing
)

// Cause is why money goes back.
type Cause string

// The causes.
const (
	ByRule      Cause = "rule"        // of the plan
	ByObjection Cause = "objection"   // the seller agreed to one
	ByAgreement Cause = "agreed"      // the seller wants it
	ByMandate   Cause = "mandate_end" // what the order rests on ended
	BySurplus   Cause = "surplus"     // nothing wanted the money
)

var (
	anybody  = []account.Role{account.Visitor} // whose it is, the service asks
	platform = []account.Role{account.Administrator}
	exchange = []account.Role{account.ExchangeStaff}
)

// lifecycle is every move of a refund.
var lifecycle = workflow.Lifecycle[State, Action, *Refund]{
	{Action: Agree, From: []State{Requested}, To: Requested, By: anybody},
	{Action: Approve, From: []State{Requested}, To: Approved, By: platform},
	{Action: Reject, From: []State{Requested}, To: Rejected, By: anybody, Needs: worded},
	{Action: Submit, From: []State{Approved}, To: Submitted, By: platform},
	{Action: Succeed, From: []State{Submitted}, To: Succeeded, By: platform},
	{Action: Fail, From: []State{Submitted, Succeeded}, To: Failed, By: platform},
	{Action: Again, From: []State{Failed}, To: Submitted, By: exchange},
	{Action: ByHand, From: []State{Failed}, To: Manual, By: exchange, Needs: worded},
}

// Lifecycle is the diagram of the moves of a refund.
func Lifecycle() string { return lifecycle.Mermaid(Requested) }

func worded(r *Refund) error {
	if r.Reason == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// Refund is money that goes back to a buyer.
type Refund struct {
	ID           int64
	Number       string
	Order        string
	Buyer        int64
	BuyerName    string
	Seller       int64
	Operator     int64
	Cause        Cause
	Rule         string // code of plan_refunds
	Counted      string // how, as a fraction of days where it is one
	Amount       int64
	Currency     string
	Ends         bool // the order is over with it
	Online       bool
	Payment      string
	Payee        string
	PayeeBank    string
	PayeeAccount string
	Words        string // why it was asked for
	State        State
	StateAt      time.Time
	Reason       string
	Instruction  string
	Provider     string // id of the refund at the provider
	Attempt      int
	RequestedBy  string
	Side         string // of who requested
	MadeAt       time.Time
	Revision     int
	Approvals    []Approval

	requestedBy int64
}

// Path is its page for the parties, DeskPath that of the exchange.
func (r *Refund) Path() string { return "/orders/" + r.Order + "/refunds/" + r.Number }

// DeskPath is its page at the desk.
func (r *Refund) DeskPath() string { return "/desk/refunds/" + r.Number }

// Approval is that of one person.
type Approval struct {
	User int64
	Name string
	Side string
	At   time.Time
}

// The sides that approve: one of each.
const (
	OfTrade    = "trade" // of the seller, or of the operator whose account pays
	OfExchange = "exchange"
)

// Event is a step of a refund.
type Event struct {
	Act   string
	State State
	Name  string
	Words string
	At    time.Time
}

// Form is what somebody asks for.
type Form struct {
	Cause   Cause
	Amount  string // yuan; empty: all that may go back
	Words   string
	Bank    string // where the buyer gets it, where the statement did not say
	Account string
	Sent    string
}

// May is how much may go back of an order.
type May struct {
	Paid, Back int64 // what came, and what went or is to go back of it
	Amount     int64 // that the rule allows now
	Days, Of   int   // that are left of the term, where the rule counts these
	Ends       bool
}

// Left is what is there at most.
func (m May) Left() int64 { return m.Paid - m.Back }

// Count says how much of an order may go back for a cause, of what came for it less what
// went back. Days are counted in Asia/Shanghai, the day of now is used; parts of a fen stay
// with the payees.
func Count(o *ordering.Order, cause Cause, paid, back int64, now time.Time) May {
	m := May{Paid: paid, Back: back, Ends: o.State != ordering.Accepted}
	switch cause {
	case ByObjection, ByAgreement, BySurplus:
		m.Amount = m.Left()
		return m
	case ByMandate:
		m.proRata(o, now)
		return m
	case ByRule:
	}
	begun := o.State == ordering.Accepted || o.State == ordering.Objected
	switch o.Plan.Refund {
	case "before_acceptance":
		if !begun {
			m.Amount = m.Left()
		}
	case "within_days":
		if o.PaidAt != nil && now.Before(workdays.EndOfDay(o.PaidAt.AddDate(0, 0, o.Plan.RefundDays))) {
			m.Amount = m.Left()
		}
	case "pro_rata":
		m.proRata(o, now)
	case "less_fee":
		kept := new(big.Int).Mul(big.NewInt(paid), big.NewInt(int64(o.Plan.RefundFee)))
		kept, rest := kept.QuoRem(kept, big.NewInt(10_000), new(big.Int))
		if rest.Sign() > 0 { // the fee is not less than it says
			kept.Add(kept, big.NewInt(1))
		}
		m.Amount = max(0, m.Left()-kept.Int64())
	}
	return m
}

func (m *May) proRata(o *ordering.Order, now time.Time) {
	m.Ends = true
	if o.TermFrom == nil || o.TermUntil == nil {
		m.Amount = m.Left()
		return
	}
	m.Of, m.Days = days(*o.TermFrom, *o.TermUntil), max(0, days(workdays.EndOfDay(now), *o.TermUntil))
	m.Days = min(m.Days, m.Of)
	part := new(big.Int).Mul(big.NewInt(m.Paid), big.NewInt(int64(m.Days)))
	m.Amount = min(m.Left(), part.Div(part, big.NewInt(int64(max(1, m.Of)))).Int64())
}

// days are those that begin within [from, until), in Asia/Shanghai.
func days(from, until time.Time) int {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.In(workdays.Zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(until).Sub(midnight(from)) / (24 * time.Hour))
}

const mostWords = 1000

func prose(field, s string) (string, error) {
	s, err := datasets.CleanProse(field, s)
	if err == nil && len([]rune(s)) > mostWords {
		err = fault.At(field, "太长，最多 %d 个字。", mostWords)
	}
	return strings.TrimSpace(s), err
}

// fen reads an amount in yuan, to the fen. No number goes through a float.
func fen(s string) (int64, error) {
	s = strings.ReplaceAll(strings.TrimSpace(s), ",", "")
	whole, places, dotted := strings.Cut(s, ".")
	wrong := fault.At("amount", "金额写成元，最多两位小数，大于零。")
	if whole == "" || len(whole) > 12 || dotted && (places == "" || len(places) > 2) {
		return 0, wrong
	}
	n := int64(0)
	for _, r := range whole + (places + "00")[:2] {
		if r < '0' || r > '9' {
			return 0, wrong
		}
		n = n*10 + int64(r-'0')
	}
	if n == 0 {
		return 0, wrong
	}
	return n, nil
}

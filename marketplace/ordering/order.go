package ordering

import (
	"slices"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
)

// State is where an order stands.
type State string

// The states. One that is created waits for its contract, and before that for its papers
// where it is for use across the border.
const (
	Created         State = "created"
	AwaitingPayment State = "awaiting_payment"
	Paid            State = "paid" // or nothing is to be paid first
	Delivered       State = "delivered"
	Objected        State = "objected"
	Accepted        State = "accepted"
	Refunded        State = "refunded"
	Cancelled       State = "cancelled"
	Expired         State = "expired"
	Ended           State = "ended" // its term is over
)

// States are all of them.
var States = []State{Created, AwaitingPayment, Paid, Delivered, Objected, Accepted, Refunded, Cancelled, Expired, Ended}

// Action is what is done about an order.
type Action string

// The actions.
const (
	Make     Action = "make"    // how it begins
	Sign     Action = "sign"    // by one side; Effect follows the second
	HandIn   Action = "hand_in" // a paper for use across the border
	Clear    Action = "clear"
	Effect   Action = "effect" // the contract is signed by both
	Pay      Action = "pay"
	Deliver  Action = "deliver"
	Accept   Action = "accept"
	Silence  Action = "silence" // nothing was said in time: accepted
	Object   Action = "object"
	Answer   Action = "answer"
	Withdraw Action = "withdraw" // an objection
	Refund   Action = "refund"
	Cancel   Action = "cancel"
	Decline  Action = "decline" // by the seller, before it signs
	Lapse    Action = "lapse"
	Notice   Action = "notice" // before the end of the term
	End      Action = "end"
	Read     Action = "read" // by the regulator: it changes nothing
)

// Side is on which side of an order somebody stands.
type Side string

// The sides.
const (
	OfBuyer     Side = "buyer"
	OfSeller    Side = "seller"
	OfOperator  Side = "operator"
	OfExchange  Side = "exchange"
	OfRegulator Side = "regulator"
	OfAuthority Side = "authority"
	OfPlatform  Side = "platform"
)

// Organisation is one that takes part.
type Organisation = offering.Organisation

// Snapshot is the plan of an order as it was when it was ordered: JSON of orders.plan.
type Snapshot struct {
	Number      string             `json:"number"`
	Name        string             `json:"name"`
	NameEN      string             `json:"name_en,omitempty"`
	Kind        offering.PlanKind  `json:"kind"`
	Channel     offering.Channel   `json:"channel"`
	Currency    string             `json:"currency"`
	Fen         int64              `json:"fen"`
	Months      int                `json:"months"`
	Days        int                `json:"days"`
	Unit        string             `json:"unit,omitempty"`
	Bands       []offering.Band    `json:"bands,omitempty"`
	Cap         int64              `json:"cap,omitempty"` // in a month
	Quota       int64              `json:"quota"`         // calls, files or questions; 0: any number
	Tax         int                `json:"tax"`           // basis points
	TaxIncluded bool               `json:"tax_included"`
	Refund      string             `json:"refund,omitempty"` // code of plan_refunds
	RefundDays  int                `json:"refund_days,omitempty"`
	RefundFee   int                `json:"refund_fee,omitempty"` // basis points that are kept
	Ceilings    []offering.Ceiling `json:"ceilings,omitempty"`   // that it was held against
}

// SnapshotOf is a plan as it is now.
func SnapshotOf(p *offering.Plan) Snapshot {
	return Snapshot{
		Number: p.Number, Name: p.Name, NameEN: p.NameEN, Kind: p.Kind, Channel: p.Channel, Currency: p.Currency, Fen: p.Fen, Months: p.Months, Days: p.Days, Unit: p.Unit, Bands: p.Bands, Cap: p.Cap, Quota: p.Quota,
		Tax: p.Tax, TaxIncluded: p.TaxIncluded, Refund: p.Refund, RefundDays: p.RefundDays, RefundFee: p.RefundFee, Ceilings: p.Ceilings,
	}
}

// Price is what it costs, as offering counts.
func (s Snapshot) Price() offering.Price {
	return offering.Price{Currency: s.Currency, Fen: s.Fen, Months: s.Months, Unit: s.Unit, Bands: s.Bands, Cap: s.Cap, Tax: s.Tax, TaxIncluded: s.TaxIncluded}
}

// Money is what is to be paid before delivery, in hundredths of the currency.
type Money struct {
	Net, Tax, Total int64
}

// Count is the money of so many periods of a plan: halves of a hundredth are rounded away
// from zero, as order_counted in the database does (I-31). What is metered is billed
// later, and counts nothing here.
func (s Snapshot) Count(quantity int) Money { return s.taxed(s.Fen * int64(quantity)) }

// Taxed is the money of an amount of a plan, as the price of the plan states its tax.
func (s Snapshot) taxed(amount int64) Money {
	rate := int64(s.Tax)
	if s.TaxIncluded {
		tax := (2*amount*rate + 10_000 + rate) / (2 * (10_000 + rate))
		return Money{Net: amount - tax, Tax: tax, Total: amount}
	}
	tax := (2*amount*rate + 10_000) / 20_000
	return Money{Net: amount, Tax: tax, Total: amount + tax}
}

// Share is who gets how much of what is paid, and what that rests on: JSON of
// split_rules.shares and orders.split.
type Share struct {
	Class        string `json:"class"`        // code of a class of the ledger's chart
	Organisation int64  `json:"organisation"` // 0 where the class has one account
	Name         string `json:"name"`
	Points       int64  `json:"points"` // basis points
	Basis        string `json:"basis"`
	Tax          int    `json:"tax,omitempty"` // value-added tax in it, basis points: of the platform's part
}

// Account is where the share goes.
func (s Share) Account() (ledger.Account, error) {
	for _, c := range ledger.Chart {
		if c.Code == s.Class && (c.Of == ledger.OfOrganisation) == (s.Organisation > 0) {
			return ledger.Account{Class: c, Organisation: s.Organisation}, nil
		}
	}
	return ledger.Account{}, fault.New(fault.Invalid, "没有这个账户。")
}

// Objection is what a buyer says against what was delivered.
type Objection struct {
	Ground       string // one of Grounds
	Words        string
	Name         string
	At           time.Time
	Answer       string // of the seller: empty, refused or refund
	AnswerWords  string
	AnsweredName string
	AnsweredAt   *time.Time
	WithdrawnAt  *time.Time
}

// Grounds are the reasons of an objection: quality, not as described, legality.
var Grounds = []string{"quality", "mismatch", "legality"}

// The answers to an objection.
const (
	Refused  = "refused"
	ToRefund = "refund" // carried out as a refund, and then the order is refunded
)

// Order is an order with its contract.
type Order struct {
	ID          int64
	Number      string
	Buyer       Organisation
	Seller      Organisation
	Developer   Organisation
	Operator    *Organisation // whose collection account takes the money; nil: nothing is charged
	Listing     string        // number
	PlanID      int64
	Product     string // number
	Title       string // of the product
	TitleEN     string
	ProductID   int64
	VersionID   int64
	Version     string // number
	Plan        Snapshot
	Quantity    int
	Currency    string
	Money       Money
	Rule        string // number of the rule by which it is divided
	Split       []Share
	Purpose     string
	Territory   string
	CrossBorder bool
	Papers      []Clearance // for use across the border
	ClearedName string
	ClearedAt   *time.Time
	State       State
	StateAt     time.Time
	Reason      string
	Clock       *deadline.Clock // that runs in this state; nil: none
	PayUntil    *time.Time      // last days
	AcceptUntil *time.Time
	PaidAt      *time.Time
	DeliveredAt *time.Time
	AcceptedAt  *time.Time
	AcceptedBy  string     // buyer, silence, or withdrawal of an objection
	TermFrom    *time.Time // [TermFrom, TermUntil)
	TermUntil   *time.Time
	NoticedAt   *time.Time
	Sample      bool
	MadeBy      string
	MadeAt      time.Time
	Revision    int
	Contract    Contract
	Objection   *Objection

	clock          deadline.Ref
	side           Side
	words          string
	maker, clearer int64
}

// Held reports whether nobody signs yet: papers for use across the border are wanted
// (AS-45).
func (o *Order) Held() bool { return o.CrossBorder && o.ClearedAt == nil && o.State == Created }

// Charged reports whether anything is paid, first or by use.
func (o *Order) Charged() bool { return o.Operator != nil }

// Path is where its sides find it.
func (o *Order) Path() string { return "/orders/" + o.Number }

// Parts divides an amount of the order by its rule, to the last hundredth (I-06). Of the
// platform's part the value-added tax goes to an account of its own.
func (o *Order) Parts(amount int64) ([]ledger.Part, error) {
	shares := make([]ledger.Share, len(o.Split))
	for i, s := range o.Split {
		a, err := s.Account()
		if err != nil {
			return nil, err
		}
		shares[i] = ledger.Share{To: a, Points: s.Points}
	}
	parts, err := ledger.Parts(amount, shares)
	if err != nil {
		return nil, err
	}
	for i, s := range o.Split {
		if tax := (Snapshot{Tax: s.Tax, TaxIncluded: true}).taxed(parts[i].Amount).Tax; tax > 0 {
			parts[i].Amount -= tax
			parts = append(parts, ledger.Part{To: ledger.VAT.Only(), Amount: tax})
		}
	}
	return slices.DeleteFunc(parts, func(p ledger.Part) bool { return p.Amount == 0 }), nil
}

var (
	anybody  = []account.Role{account.Visitor} // whose it is, the side says
	platform = []account.Role{account.Administrator}
)

// lifecycle is every move of an order.
var lifecycle = workflow.Lifecycle[State, Action, *Order]{
	{Action: Effect, From: []State{Created}, To: AwaitingPayment, By: platform, When: toPay},
	{Action: Effect, From: []State{Created}, To: Paid, By: platform, When: nothingToPay},
	{Action: Cancel, From: []State{Created, AwaitingPayment}, To: Cancelled, By: anybody, When: by(OfBuyer), Needs: reasoned},
	{Action: Decline, From: []State{Created}, To: Cancelled, By: anybody, When: by(OfSeller), Needs: reasoned},
	{Action: Lapse, From: []State{Created, AwaitingPayment}, To: Expired, By: platform},
	{Action: Pay, From: []State{AwaitingPayment}, To: Paid, By: platform},
	{Action: Deliver, From: []State{Paid}, To: Delivered, By: platform},
	{Action: Accept, From: []State{Delivered}, To: Accepted, By: anybody, When: by(OfBuyer)},
	{Action: Silence, From: []State{Delivered}, To: Accepted, By: platform},
	{Action: Object, From: []State{Delivered}, To: Objected, By: anybody, When: by(OfBuyer), Needs: reasoned},
	{Action: Withdraw, From: []State{Objected}, To: Accepted, By: anybody, When: withdrawable},
	{Action: Refund, From: []State{Paid, Delivered, Objected, Accepted}, To: Refunded, By: platform, Needs: reasoned},
	{Action: End, From: []State{Accepted}, To: Ended, By: platform},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Created) }

func by(side Side) func(*Order) error {
	return func(o *Order) error {
		if o.side != side {
			return errNotYours()
		}
		return nil
	}
}

func toPay(o *Order) error {
	if o.Money.Total == 0 {
		return fault.New(fault.Conflict, "这份订单不用先付款。")
	}
	return nil
}

func nothingToPay(o *Order) error {
	if o.Money.Total > 0 {
		return fault.New(fault.Conflict, "这份订单要先付款。")
	}
	return nil
}

// withdrawable: a refund that was agreed is carried out.
func withdrawable(o *Order) error {
	if o.Objection != nil && o.Objection.Answer == ToRefund {
		return fault.New(fault.Conflict, "卖方已经同意退款，等退款办完。")
	}
	return by(OfBuyer)(o)
}

func reasoned(o *Order) error {
	if o.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func errNone() error { return fault.New(fault.NotFound, "没有这份订单。") }

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

func errMoved() error {
	return fault.New(fault.Conflict, "这份订单在您打开之后已经有变化，请重新打开看看。")
}

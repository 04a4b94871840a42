package supervision

import (
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workflow"
	"shuyuan/licensing/papers"
)

// OrderState is where a rectification order (责令限期整改) stands.
type OrderState string

// The states.
const (
	OrderIssued    OrderState = "issued"   // the department puts right what it names
	OrderAnswered  OrderState = "answered" // by the department: the authority checks
	OrderWanting   OrderState = "wanting"  // not enough: the department goes on
	OrderClosed    OrderState = "closed"   // put right
	OrderWithdrawn OrderState = "withdrawn"
)

// Owed reports whether it is the department's turn.
func (s OrderState) Owed() bool { return s == OrderIssued || s == OrderWanting }

// Runs reports whether the order is not over.
func (s OrderState) Runs() bool { return s.Owed() || s == OrderAnswered }

// OrderAction is what is done about an order.
type OrderAction string

// The actions.
const (
	Issue       OrderAction = "issue"    // how it begins; in its history beside the others
	PutRight    OrderAction = "answer"   // by the department: what was done
	AskMore     OrderAction = "ask"      // for more time
	GiveMore    OrderAction = "extend"   // whole or less
	RefuseMore  OrderAction = "refuse"   // the day stays
	FindWanting OrderAction = "want"     // with a new day
	Confirm     OrderAction = "close"    // it is put right
	TakeBack    OrderAction = "withdraw" // the order
)

// Order is one order to a department to put something right.
type Order struct {
	ID         int64
	Number     string
	Department datasets.Department // that it is addressed to
	Issuer     datasets.Department // of the authority
	Profile    string
	Power      policy.Rule // of the text in force when it was issued, that has such orders; without one the platform's
	PowerOf    string      // profile in which that stands; empty: the platform's
	Grounds    []policy.Option
	Rule       policy.Rule // that names the grounds
	RuleOf     string      // profile in which it stands
	Facts      string
	Remedy     string // what must be put right
	Entries    []datasets.Dataset
	State      OrderState
	IssuedBy   string
	IssuedAt   time.Time
	Due        *deadline.Clock // by when it must be put right, as it stands now
	AskedDays  int             // working days more that were asked for
	AskedFor   string          // why
	AskedBy    string
	AskedAt    *time.Time
	GivenDays  int // 0: none were given
	MoreReason string
	MoreBy     string
	MoreAt     *time.Time // when that was decided
	Answer     string
	Evidence   string
	Links      []OrderLink
	AnsweredBy string
	AnsweredAt *time.Time
	Rounds     int             // answers so far
	Checking   *deadline.Clock // of the authority, while there is an answer to check
	Finding    string          // of the authority about the last answer, or why it took the order back
	FoundBy    string
	FoundAt    *time.Time
	EndedAt    *time.Time
	Revision   int

	issuedBy, answeredBy  int64
	due, checking         deadline.Ref
	codes                 []string
	sent                  string // mark of the form that made it
	papers                []papers.Paper
	ruleProfile, rulePath string

	words string // of the move under way
	days  int    // asked for or given in it
	most  int    // that may be asked for
	named bool   // a new day was named in it
	at    time.Time
}

// OrderLink is something of the platform that the department shows for what it did.
type OrderLink struct {
	Kind string // dataset, version, or what a case's number begins with
	Key  string // slug, resource and number of version, number of the case
}

// Clock is the one that runs: of whoever's turn it is. nil where nobody's is.
func (o *Order) Clock() *deadline.Clock {
	switch {
	case o.State.Owed():
		return o.Due
	case o.State == OrderAnswered:
		return o.Checking
	}
	return nil
}

// Late reports whether whoever's turn it is has let the day pass.
func (o *Order) Late(now time.Time) bool { c := o.Clock(); return c != nil && c.Late(now) }

// Overdue reports whether the department has let its day pass.
func (o *Order) Overdue(now time.Time) bool { return o.State.Owed() && o.Late(now) }

// Asks reports whether the department asked for more time and waits for the word of
// the authority. Its answer makes an end of that.
func (o *Order) Asks() bool {
	return o.State.Owed() && o.AskedAt != nil && o.MoreAt == nil && (o.AnsweredAt == nil || o.AskedAt.After(*o.AnsweredAt))
}

var over = []account.Role{account.Authority}

// orders is every move of an order; on which side one must stand for it orderSides
// says.
var orders = workflow.Lifecycle[OrderState, OrderAction, *Order]{
	{Action: PutRight, From: []OrderState{OrderIssued, OrderWanting}, To: OrderAnswered, By: body, Needs: putRight},
	{Action: AskMore, From: []OrderState{OrderIssued}, To: OrderIssued, By: body, When: mayAskMore, Needs: askedMore},
	{Action: AskMore, From: []OrderState{OrderWanting}, To: OrderWanting, By: body, When: mayAskMore, Needs: askedMore},
	{Action: GiveMore, From: []OrderState{OrderIssued}, To: OrderIssued, By: over, When: asksMore, Needs: givenMore},
	{Action: GiveMore, From: []OrderState{OrderWanting}, To: OrderWanting, By: over, When: asksMore, Needs: givenMore},
	{Action: RefuseMore, From: []OrderState{OrderIssued}, To: OrderIssued, By: over, When: asksMore, Needs: orderReason},
	{Action: RefuseMore, From: []OrderState{OrderWanting}, To: OrderWanting, By: over, When: asksMore, Needs: orderReason},
	{Action: Confirm, From: []OrderState{OrderAnswered}, To: OrderClosed, By: over, Needs: orderFinding},
	{Action: FindWanting, From: []OrderState{OrderAnswered}, To: OrderWanting, By: over, Needs: foundWanting},
	{Action: TakeBack, From: []OrderState{OrderIssued, OrderAnswered, OrderWanting}, To: OrderWithdrawn, By: over, Needs: orderReason},
}

// OrderLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func OrderLifecycle() string { return orders.Mermaid(OrderIssued) }

// orderSide is the side that takes an action.
func orderSide(a OrderAction) Side {
	if a == PutRight || a == AskMore {
		return OfDepartment
	}
	return OfAuthority
}

// Field is the field of the form in which the words of an action stand.
func (a OrderAction) Field() string {
	switch a {
	case PutRight:
		return "answer"
	case AskMore:
		return "asked"
	case Confirm, FindWanting:
		return "finding"
	}
	return "reason"
}

func putRight(o *Order) error {
	switch {
	case o.Answer == "":
		return fault.At("answer", "请写明做了哪些整改、结果怎样。")
	case o.Evidence == "" && len(o.Links) == 0 && len(o.prepared()) == 0:
		return fault.At("evidence", "请写明证据，或者上传文件，或者在下面列出整改了的条目、版本、案件。")
	}
	return nil
}

func mayAskMore(o *Order) error {
	switch {
	case o.AskedAt != nil:
		return fault.New(fault.Conflict, "延期只能申请一次，已经申请过了。")
	case o.Late(o.at):
		return fault.New(fault.Conflict, "整改的期限已经过了，不能再申请延期。")
	}
	return nil
}

func askedMore(o *Order) error {
	if o.days < 1 || o.days > o.most {
		return fault.At("days", "请写要延长几个工作日：至少 1 个，至多 %d 个。", o.most)
	}
	if o.words == "" {
		return fault.At("asked", "请写明为什么来不及。")
	}
	return nil
}

func asksMore(o *Order) error {
	if !o.Asks() {
		return fault.New(fault.Conflict, "没有等待答复的延期申请。")
	}
	return nil
}

// givenMore: whole or less; whoever gives less says why.
func givenMore(o *Order) error {
	if o.days < 1 || o.days > o.AskedDays {
		return fault.At("days", "请写准予延长几个工作日：至少 1 个，不能多于申请的 %d 个。", o.AskedDays)
	}
	if o.days < o.AskedDays {
		return orderReason(o)
	}
	return nil
}

func orderReason(o *Order) error {
	if o.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func orderFinding(o *Order) error {
	if o.words == "" {
		return fault.At("finding", "请写明核查的情况。")
	}
	return nil
}

func foundWanting(o *Order) error {
	if err := orderFinding(o); err != nil {
		return err
	}
	if !o.named {
		return fault.At("due", "请写新的整改期限。")
	}
	return nil
}

// issuable: an order says on which ground, what happened and what is to be done.
func issuable(o *Order) error {
	switch {
	case len(o.Grounds) == 0:
		return fault.At("ground", "请选至少一种情形。")
	case o.Facts == "":
		return fault.At("facts", "这一项须填写。")
	case o.Remedy == "":
		return fault.At("remedy", "请写明要整改什么。")
	}
	return nil
}

// Citations are the provisions of the grounds that were chosen: where a rule cites
// one for each of its options, those alone.
func (o *Order) Citations() policy.Rule {
	r := o.Rule
	if len(r.Cite) != len(r.Options) {
		return r
	}
	r.Cite = nil
	for i, option := range o.Rule.Options {
		if slices.Contains(o.codes, option.Code) {
			r.Cite = append(r.Cite, o.Rule.Cite[i])
		}
	}
	return r
}

package operation

import (
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workflow"
	"shuyuan/licensing/hold"
)

// State is where a mandate stands.
type State string

// The states.
const (
	Draft       State = "draft"
	UnderReview State = "under_review" // somebody else than whoever drafted it looks at it
	Approved    State = "approved"     // the text is locked; both sides sign
	Signed      State = "signed"       // by both; its term has not begun
	Active      State = "active"
	Suspended   State = "suspended"
	Expired     State = "expired"
	Revoked     State = "revoked"
	Surrendered State = "surrendered" // by the operator
	Closed      State = "closed"      // nothing is left below it
	Withdrawn   State = "withdrawn"   // before both had signed
)

// Over reports whether the mandate lets nothing pass any more, for good.
func (s State) Over() bool {
	return slices.Contains([]State{Expired, Revoked, Surrendered, Closed, Withdrawn}, s)
}

// Public reports whether everybody may know of a mandate: from the day both have
// signed on (信息披露).
func (s State) Public() bool {
	return slices.Contains([]State{Signed, Active, Suspended, Expired, Revoked, Surrendered, Closed}, s)
}

// Action is what is done with a mandate.
type Action string

// The actions.
const (
	DraftIt      Action = "draft" // how it begins; in its history beside the others
	Submit       Action = "submit"
	Return       Action = "return"
	Approve      Action = "approve"
	SignBody     Action = "sign"          // for the implementing body
	SignOperator Action = "sign_operator" // for the operator
	Begin        Action = "begin"         // on the first day of the term
	Suspend      Action = "suspend"
	Freeze       Action = "freeze" // by whoever regulates
	Resume       Action = "resume"
	Unfreeze     Action = "unfreeze"
	TakeOver     Action = "take_over" // what a side of lower rank has suspended
	Revoke       Action = "revoke"
	Surrender    Action = "surrender"
	Expire       Action = "expire"
	Close        Action = "close"
	Withdraw     Action = "withdraw"
)

// Side is on which side of a mandate somebody stands.
type Side string

// The sides.
const (
	OfBody      Side = "body"     // the implementing body
	OfAbove     Side = "above"    // the body of a mandate above, where it acts
	OfOperator  Side = "operator" // the organisation that operates
	OfDeveloper Side = "developer"
	OfRegulator Side = "regulator"
	OfPlatform  Side = "platform"
)

// Body is a public body, as mandates name it.
type Body = datasets.Department

// Organisation is an organisation that operates or develops.
type Organisation struct {
	ID        int64
	Name      string
	Code      string
	Suspended bool
}

// Item is one dataset of a scope, down to its columns.
type Item struct {
	Dataset  int64
	Slug     string
	Title    string
	TitleEN  string
	Open     datasets.OpenType
	Owner    Body // department that the data come from
	Columns  []string
	Forms    []string // empty: those of the mandate
	Purposes []string // empty: those of the mandate
}

// Ceiling is the most that may be charged for one unit of a form of product, in fen.
type Ceiling struct {
	Form, Unit string
	Fen        int64
}

// Signature is how one side signed.
type Signature struct {
	By     string
	At     *time.Time
	Method string // how the person had shown who they are

	by int64
}

// Mandate is an authorisation agreement (授权运营协议).
type Mandate struct {
	ID            int64
	Number        string
	Parent        string // number of the mandate above it; empty: none
	Renews        string // number of the one that it renews
	Plan          string // number
	Body          Body
	Operator      Organisation
	Title         string
	Products      string
	Purposes      []string // codes of mandate_purposes
	Forms         []string // codes of mandate_forms
	From, Until   time.Time
	SecurityLevel string
	Security      string
	Evaluation    string
	Cycle         int // months from one evaluation of the operator to the next
	Exit          string
	Income        int64 // fen that may be taken in a period of IncomeMonths; 0: nothing is set
	IncomeMonths  int
	Tariff        []Fee
	Items         []Item
	Ceilings      []Ceiling
	State         State
	StateAt       time.Time
	Reason        string
	Basis         string // provision on which it was suspended or revoked
	HeldBy        Side
	HeldBody      Body // of a mandate above, where it holds
	DraftedBy     string
	ApprovedBy    string
	Template      string
	Text          string // of the agreement; empty until it is locked
	SHA256        string
	LockedAt      *time.Time
	BodySigned    Signature
	OpSigned      Signature
	MadeAt        time.Time
	Revision      int

	parent, renews, plan, parentBody int64
	drafter, approver                int64
	sent                             string

	words, basis string // of the move under way
	by, held     hold.By
	who          account.Actor
	at           time.Time
	lacks        error // what a draft lacks, or where it lies outside of what is above it
	holds        []Below
}

// Last is the last day of the term.
func (m *Mandate) Last() time.Time { return m.Until.Add(-time.Nanosecond) }

// Below is something under a mandate that has not ended.
type Below struct {
	Kind   string // mandate, scenario, contract, grant, workspace
	Number string
}

// Ends of the roles that move mandates. On which side of this mandate they stand is
// asked besides: see Service.side.
var (
	authority = []account.Role{account.Authority}
	approvers = []account.Role{account.Authority, account.Head}
	operators = []account.Role{account.Operator}
	watchers  = []account.Role{account.Regulator}
	itself    = []account.Role{account.Administrator}
)

// mandates is every move of a mandate.
var mandates = workflow.Lifecycle[State, Action, *Mandate]{
	{Action: Submit, From: []State{Draft}, To: UnderReview, By: authority, Needs: whole},
	{Action: Approve, From: []State{UnderReview}, To: Approved, By: approvers, When: another, Needs: whole},
	{Action: Return, From: []State{UnderReview}, To: Draft, By: approvers, Needs: hasReason},
	{Action: SignOperator, From: []State{Approved}, To: Approved, By: operators, When: notSigned, Needs: unended},
	{Action: SignBody, From: []State{Approved}, To: Signed, By: authority, When: operatorSigned, Needs: unended},
	{Action: Begin, From: []State{Signed}, To: Active, By: itself, When: begun},
	{Action: Suspend, From: []State{Active}, To: Suspended, By: authority, Needs: hasBasis},
	{Action: Freeze, From: []State{Active}, To: Suspended, By: watchers, Needs: hasBasis},
	{Action: TakeOver, From: []State{Suspended}, To: Suspended, By: authority, When: takes, Needs: hasBasis},
	{Action: TakeOver, From: []State{Suspended}, To: Suspended, By: watchers, When: takes, Needs: hasBasis},
	{Action: Resume, From: []State{Suspended}, To: Active, By: authority, When: lifts, Needs: hasReason},
	{Action: Unfreeze, From: []State{Suspended}, To: Active, By: watchers, When: lifts, Needs: hasReason},
	{Action: Revoke, From: []State{Signed, Active, Suspended}, To: Revoked, By: authority, Needs: hasBasis},
	{Action: Surrender, From: []State{Signed, Active, Suspended}, To: Surrendered, By: operators, Needs: hasReason},
	{Action: Expire, From: []State{Signed, Active, Suspended}, To: Expired, By: itself, When: ended},
	{Action: Close, From: []State{Expired, Revoked, Surrendered}, To: Closed, By: authority, When: empty},
	{Action: Withdraw, From: []State{Draft, UnderReview, Approved}, To: Withdrawn, By: authority, Needs: hasReason},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return mandates.Mermaid(Draft) }

// sides are the sides that take each action.
var sides = map[Action][]Side{
	Submit: {OfBody}, Approve: {OfBody}, Return: {OfBody}, SignBody: {OfBody}, Suspend: {OfBody}, Resume: {OfBody}, Revoke: {OfBody}, Close: {OfBody}, Withdraw: {OfBody},
	SignOperator: {OfOperator}, Surrender: {OfOperator}, Freeze: {OfRegulator}, Unfreeze: {OfRegulator}, TakeOver: {OfBody, OfRegulator}, Begin: {OfPlatform}, Expire: {OfPlatform},
}

// Weighty reports whether an action binds a side or ends something: whoever takes it
// shows anew who they are.
func (a Action) Weighty() bool {
	return slices.Contains([]Action{Approve, SignBody, SignOperator, Suspend, Freeze, TakeOver, Resume, Unfreeze, Revoke, Surrender, Close}, a)
}

// announced are the actions after which something stands or stands no more.
var announced = []Action{Begin, Suspend, Freeze, TakeOver, Resume, Unfreeze, Revoke, Surrender, Expire, Close}

func whole(m *Mandate) error { return m.lacks }

// another: whoever drafts does not approve. Of a mandate under another the body above
// decides.
func another(m *Mandate) error {
	if m.who.ID == m.drafter {
		return fault.New(fault.Forbidden, "起草的人不能批准，请由另一个人批准。")
	}
	if m.parent != 0 && m.who.Department != m.parentBody {
		return fault.New(fault.Forbidden, "在上级授权之下的，由上级的实施机构批准。")
	}
	return nil
}

// unended: nobody signs for a term that has ended.
func unended(m *Mandate) error {
	if !m.at.Before(m.Until) {
		return fault.New(fault.Conflict, "协议的期限已经结束，不能签署；请撤回后另行起草。")
	}
	return nil
}

func notSigned(m *Mandate) error {
	if m.OpSigned.At != nil {
		return fault.New(fault.Conflict, "运营机构已经签署，等实施机构签署。")
	}
	return nil
}

// operatorSigned: the body signs last, so that no agreement binds before it does.
func operatorSigned(m *Mandate) error {
	if m.OpSigned.At == nil {
		return fault.New(fault.Conflict, "先由运营机构签署。")
	}
	return nil
}

func begun(m *Mandate) error {
	if m.at.Before(m.From) {
		return fault.New(fault.Conflict, "授权的期限还没有开始。")
	}
	return nil
}

func ended(m *Mandate) error {
	if m.at.Before(m.Until) {
		return fault.New(fault.Conflict, "授权的期限还没有结束。")
	}
	return nil
}

func takes(m *Mandate) error { return m.by.Takes(m.held) }

func lifts(m *Mandate) error { return m.by.Lifts(m.held) }

func hasReason(m *Mandate) error {
	if m.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func hasBasis(m *Mandate) error {
	if err := hasReason(m); err != nil {
		return err
	}
	if m.basis == "" {
		return fault.At("basis", "请写明依据的规定或者协议的条款。")
	}
	return nil
}

func empty(m *Mandate) error {
	if len(m.holds) > 0 {
		return fault.New(fault.Conflict, "授权之下还有 %d 件没有结束，例如 %s；都结束以后才能办结。", len(m.holds), m.holds[0].Number)
	}
	return nil
}

// covers reports whether every one of part is among all.
func covers(all, part []string) bool {
	return !slices.ContainsFunc(part, func(p string) bool { return !slices.Contains(all, p) })
}

// Words are the names of codes of a rule of the platform, in the order of the codes.
func Words(rule policy.Rule, codes []string) []policy.Option {
	var out []policy.Option
	for _, c := range codes {
		if i := slices.IndexFunc(rule.Options, func(o policy.Option) bool { return o.Code == c }); i >= 0 {
			out = append(out, rule.Options[i])
		}
	}
	return out
}

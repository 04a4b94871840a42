package sharing

import (
	"slices"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// Kind is what a request asks for.
type Kind string

// The kinds.
const (
	Direct     Kind = "direct"     // what is shared without condition: no decision
	Share      Kind = "share"      // what is shared on condition: the provider decides
	Reclassify Kind = "reclassify" // that what is withheld be classified anew
	Return     Kind = "return"     // one's own data back from above (AS-24, FJ-3.1)
	Upward     Kind = "upward"     // data of the platforms above, through the authority (AS-19)
)

// Kinds are all kinds, in order.
func Kinds() []Kind { return []Kind{Direct, Share, Reclassify, Return, Upward} }

// State is where a request stands.
type State string

// The states.
const (
	Submitted   State = "submitted"
	Received    State = "received"
	Accepted    State = "accepted" // 受理
	Agreed      State = "agreed"   // and not supplied yet
	Supplied    State = "supplied"
	Refused     State = "refused"
	Negotiating State = "negotiating"
	Referred    State = "referred" // the authority decides
	Upheld      State = "upheld"   // by the authority: the refusal stands
	Withdrawn   State = "withdrawn"
	Void        State = "void" // the entry was withdrawn meanwhile

	Expired State = "expired" // the term of the grant is over
	Revoked State = "revoked" // by the provider or the authority
	Ended   State = "ended"   // by the user: no longer needed

	ToReclassify State = "reclassifying" // the provider agreed: its catalogue changes
	Flowing      State = "flowing"       // data come back
	Declined     State = "declined"

	Assisting State = "assisting" // the authority has taken it up
	Forwarded State = "forwarded" // and sent it above
	Obtained  State = "obtained"
	DeniedUp  State = "denied_above"
)

// Action is what moves a request.
type Action string

// The actions.
const (
	Receive   Action = "receive"
	Take      Action = "take" // what is shared without condition
	Accept    Action = "accept"
	Agree     Action = "agree"
	Supply    Action = "supply"
	Refuse    Action = "refuse"
	Negotiate Action = "negotiate"
	Say       Action = "say" // a position in the negotiation
	Refer     Action = "refer"
	Order     Action = "order"  // the authority: is to be supplied
	Uphold    Action = "uphold" // the authority: the refusal stands
	Withdraw  Action = "withdraw"
	Annul     Action = "annul"
	Expire    Action = "expire"
	Revoke    Action = "revoke"
	End       Action = "end"

	AgreeReclassify Action = "agree_reclassify"
	KeepWithheld    Action = "keep_withheld"
	AgreeReturn     Action = "agree_return"
	Flow            Action = "flow"
	Decline         Action = "decline"
	TakeUp          Action = "take_up"
	Forward         Action = "forward"
	Obtain          Action = "obtain"
	DenyUp          Action = "deny_above"
)

var (
	body      = []account.Role{account.Officer, account.Head}
	authority = []account.Role{account.Authority}
	anyone    = []account.Role{account.Officer, account.Head, account.Authority}
	machine   = []account.Role{account.Visitor} // done by the platform, never asked for
)

// lifecycle is every move of a request that ends in a grant (law matrix 5.3). Who
// acts for which side of it, the operations ask besides.
var lifecycle = workflow.Lifecycle[State, Action, *Request]{
	{Action: Take, From: []State{Submitted}, To: Supplied, By: machine, When: of(Direct)},
	{Action: Receive, From: []State{Submitted}, To: Received, By: machine},
	{Action: Accept, From: []State{Received}, To: Accepted, By: body, When: of(Share)},
	{Action: Agree, From: []State{Received, Accepted}, To: Agreed, By: body, When: of(Share), Needs: agreeable},
	{Action: Supply, From: []State{Received, Accepted, Agreed}, To: Supplied, By: body, When: of(Share), Needs: suppliable},
	{Action: Refuse, From: []State{Received, Accepted}, To: Refused, By: body, When: of(Share), Needs: refusable},
	{Action: Negotiate, From: []State{Refused}, To: Negotiating, By: body, When: of(Share), Needs: worded},
	{Action: Say, From: []State{Negotiating}, To: Negotiating, By: body, When: of(Share), Needs: worded},
	{Action: Agree, From: []State{Refused, Negotiating}, To: Agreed, By: body, When: of(Share), Needs: agreeable},
	{Action: Supply, From: []State{Refused, Negotiating}, To: Supplied, By: body, When: of(Share), Needs: suppliable},
	{Action: Refer, From: []State{Negotiating}, To: Referred, By: body, When: of(Share), Needs: worded},
	{Action: Order, From: []State{Referred}, To: Agreed, By: authority, When: of(Share), Needs: worded},
	{Action: Uphold, From: []State{Referred}, To: Upheld, By: authority, When: of(Share), Needs: worded},
	{Action: Withdraw, From: []State{Received, Accepted, Agreed, Refused, Negotiating, Referred}, To: Withdrawn, By: body, When: of(Share)},
	{Action: Annul, From: []State{Received, Accepted, Agreed, Refused, Negotiating, Referred}, To: Void, By: body, When: entryGone},
	{Action: Expire, From: []State{Supplied, Flowing}, To: Expired, By: machine},
	{Action: Revoke, From: []State{Supplied, Flowing}, To: Revoked, By: append([]account.Role{account.Administrator}, anyone...), Needs: worded}, // by itself: what a breach case decided
	{Action: End, From: []State{Supplied, Flowing}, To: Ended, By: body},

	{Action: AgreeReclassify, From: []State{Received}, To: ToReclassify, By: body, When: of(Reclassify), Needs: worded},
	{Action: KeepWithheld, From: []State{Received}, To: Declined, By: body, When: of(Reclassify), Needs: refusable},
	{Action: AgreeReturn, From: []State{Received}, To: Agreed, By: body, When: of(Return), Needs: worded},
	{Action: Flow, From: []State{Received, Agreed}, To: Flowing, By: body, When: of(Return), Needs: suppliable},
	{Action: Decline, From: []State{Received}, To: Declined, By: body, When: of(Return), Needs: refusable},
	{Action: TakeUp, From: []State{Received}, To: Assisting, By: authority, When: of(Upward), Needs: worded},
	{Action: Forward, From: []State{Received, Assisting}, To: Forwarded, By: authority, When: of(Upward), Needs: worded},
	{Action: Obtain, From: []State{Forwarded}, To: Obtained, By: authority, When: of(Upward), Needs: worded},
	{Action: DenyUp, From: []State{Assisting, Forwarded}, To: DeniedUp, By: authority, When: of(Upward), Needs: worded},
	{Action: Withdraw, From: []State{Received, Agreed, Assisting, Forwarded}, To: Withdrawn, By: body, When: notOf(Share)},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Submitted) }

// sides are who makes each move: the provider, the one who asks, either of them, or
// the authority over the provider.
var sides = map[Action]Part{
	Accept: Provider, Agree: Provider, Supply: Provider, Refuse: Provider, Annul: Provider, AgreeReclassify: Provider, KeepWithheld: Provider,
	AgreeReturn: Provider, Flow: Provider, Decline: Provider,
	Negotiate: Asker, Withdraw: Asker, End: Asker, Say: Either, Refer: Either,
	Order: Over, Uphold: Over, TakeUp: Over, Forward: Over, Obtain: Over, DenyUp: Over, Revoke: ProviderOrOver,
}

// Part is on which side of a request somebody stands.
type Part string

// The parts.
const (
	Nobody         Part = ""
	Asker          Part = "asker"
	Provider       Part = "provider"
	Over           Part = "authority"
	Either         Part = "either"
	ProviderOrOver Part = "provider_or_authority"
)

func (p Part) includes(one Part) bool {
	switch p {
	case Either:
		return one == Asker || one == Provider
	case ProviderOrOver:
		return one == Provider || one == Over
	}
	return one != Nobody && p == one
}

// Asked is what an asker fills in.
type Asked struct {
	Basis    string // 依据
	Purpose  string // 目的
	Scenario string // 应用场景
	Scope    string // 范围
	Method   string // 方式
	Needs    string // 相关需求
	Months   int    // 期限
	Columns  []string
	Answers  []string // to the provider's list of materials, in its order
	Pledge   bool     // no other purpose, nobody else
	Upper    string   // of Upward: the platform above
	Title    string   // of Upward: what data
}

// Given is what a provider grants.
type Given struct {
	Columns  []string // none: all
	Scope    string
	Method   string
	Until    string // ISO 8601: the last day
	Guidance string // guidance and support (AS-21), and whom to ask
}

// Answered says whether a listed condition is met.
type Answered struct {
	Condition string `json:"condition"`
	Met       bool   `json:"met"`
}

// Request is one request with everything that happened to it.
type Request struct {
	ID       int64
	Kind     Kind
	State    State
	Entry    datasets.Dataset // slug, titles, types and department; zero of Upward
	Asker    datasets.Department
	Provider datasets.Department // the department that answers; of Upward the authority's
	Profile  string              // of the provider, when it was received
	Asked    Asked
	AskedBy  int64
	By       string
	At       time.Time // received

	ShareType  string   // of the entry, when the request was received
	Conditions []string // listed by the provider then
	Materials  []string // and what it wanted to be shown

	Given      Given
	Verdicts   []Answered // of the conditions
	Words      string     // the answer, or the reasons
	Bases      []datasets.LegalBasis
	Filed      string     // ISO 8601: the authority was told of the limit
	AnsweredAt *time.Time // agreed, supplied or refused the first time
	SuppliedAt *time.Time
	Overturned bool // a refusal that the authority did not let stand

	Clocks   []Clock
	Events   []Event
	Grant    *Grant // nil: none was given
	Revision int

	rules   Rules
	hasData bool // something lies on the platform that can be had
	columns []string
	reason  string // what an action says
	mover   int64  // department of who makes it
}

// Rules are those that bind the request.
func (r *Request) Rules() Rules { return r.rules }

// Running is the clock that runs; nil where none does.
func (r *Request) Running() *Clock {
	for i := len(r.Clocks) - 1; i >= 0; i-- {
		if c := &r.Clocks[i]; c.Stopped == nil && (c.Of != Acceptance || r.State == Received) {
			return c
		}
	}
	return nil
}

// Late reports whether a clock of r has run out at now.
func (r *Request) Late(now time.Time) bool {
	return slices.ContainsFunc(r.Clocks, func(c Clock) bool { return c.Stopped == nil && c.Clock != nil && c.Clock.Late(now) })
}

// Ball is who has to do something next; Nobody once it is over.
func (r *Request) Ball() Part {
	switch r.State {
	case Received, Accepted, Agreed:
		if r.Kind == Upward {
			return Over
		}
		return Provider
	case Negotiating:
		return Either
	case Referred, Assisting, Forwarded:
		return Over
	}
	return Nobody
}

// Open reports whether somebody still has to do something.
func (r *Request) Open() bool { return r.Ball() != Nobody }

// Which names a clock.
type Which string

// The clocks of a request.
const (
	Acceptance  Which = "acceptance"
	Answer      Which = "answer"
	Negotiation Which = "negotiation"
	Authority   Which = "authority"
)

// Clock is one period of a request.
type Clock struct {
	Of      Which
	Clock   *deadline.Clock // nil where its rule is not known
	From    time.Time
	Stopped *time.Time // when what it asks for was done
	ref     deadline.Ref
}

// Event is one step of the history.
type Event struct {
	At         time.Time
	By         string
	Department string

	DepartmentEN string

	Act   Action
	To    State
	Words string
}

func of(k Kind) func(*Request) error {
	return func(r *Request) error {
		if r.Kind != k {
			return fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
		}
		return nil
	}
}

func notOf(k Kind) func(*Request) error {
	return func(r *Request) error {
		if r.Kind == k || r.Kind == Direct {
			return fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
		}
		return nil
	}
}

// entryGone offers to end what cannot be supplied any more.
func entryGone(r *Request) error {
	if r.Kind == Upward || r.Entry.Status == datasets.Published {
		return fault.New(fault.Conflict, "条目还在，不能这样办结。")
	}
	return nil
}

func worded(r *Request) error {
	if r.reason == "" {
		return fault.At("words", "请写明理由或者意见。")
	}
	return nil
}

// agreeable holds for what a provider promises: each condition is looked at and
// met, and the term is one that may be given.
func agreeable(r *Request) error {
	if r.Entry.Status != datasets.Published {
		return fault.New(fault.Conflict, "条目已经撤下，不能提供；请办结，系统会告诉申请部门。")
	}
	if r.Entry.ShareType == string(datasets.Withheld) && r.Kind == Share {
		return fault.New(fault.Conflict, "条目已改为不予共享，不能提供：请写明理由和依据不同意，或者先改目录。")
	}
	if err := r.judged(); err != nil {
		return err
	}
	for _, v := range r.Verdicts {
		if !v.Met {
			return fault.At("conditions", "有条件不满足，不能提供：“%s”。条件对谁都一样；要放宽，先改目录。", v.Condition)
		}
	}
	if r.Kind == Share && r.rules.Must.Asked() && r.Given.Guidance == "" {
		return fault.At("guidance", "请写明使用指导和技术支持：怎样取用、找谁。")
	}
	return nil
}

// judged asks that each listed condition is answered.
func (r *Request) judged() error {
	if r.Kind != Share || r.ShareType != string(datasets.Conditional) {
		return nil
	}
	if len(r.Verdicts) != len(r.Conditions) {
		return fault.At("conditions", "请逐条写明申请条件满足没有。")
	}
	return nil
}

// suppliable holds for what is given at once: besides, the data are there.
func suppliable(r *Request) error {
	if err := agreeable(r); err != nil {
		return err
	}
	if !r.hasData {
		return fault.New(fault.Conflict, "平台上还没有这个条目的文件或者服务地址，提供不了：请先上传或者登记。答应了不等于提供了。")
	}
	return nil
}

// refusable holds for a refusal that the provider's text lets stand: why, on what
// basis, and not where everything that was asked for is there.
func refusable(r *Request) error {
	if r.reason == "" {
		return fault.At("words", "请写明理由。")
	}
	if err := r.judged(); err != nil {
		return err
	}
	met := len(r.Verdicts) > 0 && !slices.ContainsFunc(r.Verdicts, func(v Answered) bool { return !v.Met })
	if r.Kind == Share && r.rules.Must.Asked() && met && len(r.Bases) == 0 {
		return fault.At("conditions", "列明的条件都满足，应当同意；不同意的，须指明哪一条不满足，或者写明法律依据。")
	}
	withheld := r.ShareType == string(datasets.Withheld)
	if r.rules.Basis.Asked() || withheld || len(r.Bases) > 0 {
		if err := r.rules.Axis().CheckBases("basis", r.Bases); err != nil {
			return err
		}
	}
	if len(r.rules.Filed) > 0 && r.Filed == "" {
		return fault.At("filed", "限制共享须先向%s备案，请写明备案日期。", strings.Join(r.rules.Filed, "、"))
	}
	return nil
}

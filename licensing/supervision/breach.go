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
)

// BreachState is where a breach case stands.
type BreachState string

// The states.
const (
	Suspected  BreachState = "suspected"  // reported, and nobody has looked
	Dismissed  BreachState = "dismissed"  // no case was opened
	Hearing    BreachState = "hearing"    // the holder is heard
	Answered   BreachState = "answered"   // by the holder: to be decided
	Cleared    BreachState = "cleared"    // no breach
	Warned     BreachState = "warned"     // decided
	HeldUp     BreachState = "held"       // decided: suspended until it is mended
	Revoking   BreachState = "revoking"   // decided: ends when the days to dispute it are over
	Disputed   BreachState = "disputed"   // before the authority
	Upheld     BreachState = "upheld"     // by the authority
	Overturned BreachState = "overturned" // by the authority
	Mended     BreachState = "mended"     // and used again
	RevokedAll BreachState = "revoked"    // the grant is revoked
)

// Open reports whether somebody owes a step.
func (s BreachState) Open() bool {
	return slices.Contains([]BreachState{Suspected, Hearing, Answered, Disputed}, s)
}

// Runs reports whether the case is not over.
func (s BreachState) Runs() bool {
	return s.Open() || s == HeldUp || s == Revoking
}

// Outcome is what was decided.
type Outcome string

// The outcomes.
const (
	NoBreach   Outcome = "none"
	Warning    Outcome = "warning"
	Suspension Outcome = "suspension"
	Revocation Outcome = "revocation"
)

// BreachAction is what moves a breach case.
type BreachAction string

// The actions.
const (
	Report   BreachAction = "report"   // how a suspicion begins; in its history beside the others
	Open     BreachAction = "open"     // a case, with or without a suspicion before
	Dismiss  BreachAction = "dismiss"  // a suspicion
	Halt     BreachAction = "halt"     // suspend the grant at once
	Answer   BreachAction = "answer"   // by the holder
	Refer    BreachAction = "refer"    // by the regulator, to the authority
	Clear    BreachAction = "clear"    // no breach
	Warn     BreachAction = "warn"     //
	HoldUp   BreachAction = "hold"     // suspended until mended
	Revoke   BreachAction = "revoke"   //
	Dispute  BreachAction = "dispute"  // by the holder
	Uphold   BreachAction = "uphold"   // by the authority
	Overturn BreachAction = "overturn" // by the authority
	Mend     BreachAction = "mend"     // what was suspended is used again
	Enforce  BreachAction = "enforce"  // the days to dispute a revocation are over
)

// Breach is one breach case.
type Breach struct {
	ID         int64
	Number     string
	Grant      int64  // 0: of sharing
	GrantNo    string // number of the grant; of sharing GX- and the request
	Share      int64  // grant of sharing; 0: of an application
	Request    int64  // of sharing
	GrantState string // as it stands now
	Dataset    datasets.Dataset
	Purpose    string // of the grant
	Holder     string
	HolderEN   string // of a department
	Profile    string // the text that binds the department of the data
	Violations []policy.Option
	Rule       policy.Rule // that names them
	RuleOf     string      // profile in which it stands
	Facts      string
	Evidence   string
	Decider    Side
	State      BreachState
	Outcome    Outcome
	Holds      bool // the grant is suspended while it runs
	Reporter   string
	ReportedAt *time.Time
	Opener     string
	OpenedAt   *time.Time
	Answer     string
	AnsweredAt *time.Time
	Reason     string
	Basis      string
	DecidedBy  string
	DecidedAt  *time.Time
	Grounds    string
	DisputedAt *time.Time
	Verdict    string
	VerdictBy  string
	VerdictAt  *time.Time
	EndedAt    *time.Time
	Revision   int
	Clock      *deadline.Clock // of the next step; of a decision until when it can be disputed

	user, organisation, department int64 // who holds it
	reportedBy, openedBy           int64
	decidedBy, verdictBy           int64
	sent                           string // mark of the form that opened it
	suspended                      bool
	clock                          deadline.Ref
	codes                          []string
	ruleProfile, rulePath          string

	words string        // of the move under way
	who   account.Actor // whoever makes it
	at    time.Time     // now, of the service that read it
}

// Listed reports whether the case counts as a breach of its holder: decided so, and
// not set aside.
func (b *Breach) Listed() bool {
	return b.Outcome != "" && b.Outcome != NoBreach && b.State != Overturned
}

// Late reports whether a step is owed past its day.
func (b *Breach) Late(now time.Time) bool {
	return b.State.Open() && b.State != Hearing && b.Clock != nil && b.Clock.Late(now)
}

// Halted reports whether the grant is suspended now, by this case.
func (b *Breach) Halted() bool { return b.Holds && b.GrantState == "suspended" }

// GrantOver reports whether the grant has ended: what this case decided moves it no
// more.
func (b *Breach) GrantOver() bool {
	return b.GrantState != "" && b.GrantState != "active" && b.GrantState != "suspended"
}

// OfSharing reports whether it is against a grant of sharing.
func (b *Breach) OfSharing() bool { return b.Share != 0 }

var halters = []account.Role{account.Officer, account.Head, account.Regulator}

// breaches is every move that a breach case can make; on which side one must stand
// for it breachSides says.
var breaches = workflow.Lifecycle[BreachState, BreachAction, *Breach]{
	{Action: Open, From: []BreachState{Suspected}, To: Hearing, By: deskers, Needs: accused},
	{Action: Dismiss, From: []BreachState{Suspected}, To: Dismissed, By: deskers, Needs: reasoned},
	{Action: Halt, From: []BreachState{Hearing}, To: Hearing, By: halters, When: notHalted, Needs: reasoned},
	{Action: Halt, From: []BreachState{Answered}, To: Answered, By: halters, When: notHalted, Needs: reasoned},
	{Action: Answer, From: []BreachState{Hearing}, To: Answered, By: anybody, Needs: answered},
	{Action: Refer, From: []BreachState{Hearing}, To: Hearing, By: []account.Role{account.Regulator}, Needs: reasoned},
	{Action: Refer, From: []BreachState{Answered}, To: Answered, By: []account.Role{account.Regulator}, Needs: reasoned},
	{Action: Clear, From: []BreachState{Hearing, Answered}, To: Cleared, By: deskers, When: wasHeard, Needs: reasoned},
	{Action: Warn, From: []BreachState{Hearing, Answered}, To: Warned, By: deskers, When: wasHeard, Needs: reasoned},
	{Action: HoldUp, From: []BreachState{Hearing, Answered}, To: HeldUp, By: deskers, When: wasHeard, Needs: reasoned},
	{Action: Revoke, From: []BreachState{Hearing, Answered}, To: Revoking, By: []account.Role{account.Officer, account.Head, account.Authority}, When: wasHeard, Needs: based},
	{Action: Dispute, From: []BreachState{Warned, HeldUp, Revoking}, To: Disputed, By: anybody, When: disputable, Needs: grounded},
	{Action: Uphold, From: []BreachState{Disputed}, To: Upheld, By: []account.Role{account.Authority}, When: byAnother, Needs: judged},
	{Action: Overturn, From: []BreachState{Disputed}, To: Overturned, By: []account.Role{account.Authority}, When: byAnother, Needs: judged},
	{Action: Mend, From: []BreachState{HeldUp, Upheld}, To: Mended, By: deskers, When: toMend, Needs: reasoned},
	{Action: Enforce, From: []BreachState{Revoking}, To: RevokedAll, By: itself, When: overdue},
}

// BreachLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func BreachLifecycle() string { return breaches.Mermaid(Suspected) }

// breachSide reports whether who stands on side may take an action on b.
func breachSide(b *Breach, side Side, a BreachAction) bool {
	switch a {
	case Answer, Dispute:
		return side == OfHolder
	case Uphold, Overturn:
		return side == OfAuthority
	case Halt:
		return side == OfDepartment || side == OfRegulator
	case Enforce:
		return false
	case Open, Dismiss: // a suspicion is looked at by the department of the data, and whoever oversees it may take it up
		return side == OfDepartment || side == OfAuthority || side == OfRegulator && a == Open
	}
	return side == b.Decider
}

func accused(b *Breach) error {
	switch {
	case len(b.Violations) == 0:
		return fault.At("violation", "请选至少一种违约。")
	case b.Facts == "":
		return fault.At("facts", "这一项须填写。")
	case b.Evidence == "":
		return fault.At("evidence", "请写明证据：记录、编号、从哪里得来。")
	}
	return nil
}

func reasoned(b *Breach) error {
	if b.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func based(b *Breach) error {
	if err := reasoned(b); err != nil {
		return err
	}
	if b.Basis == "" {
		return fault.At("basis", "撤销授权的，请写明依据：协议哪一条，或者哪部规定哪一条。")
	}
	return nil
}

func notHalted(b *Breach) error {
	switch {
	case b.GrantOver():
		return fault.New(fault.Conflict, "授权已经结束，没有可以暂停的。")
	case b.Holds:
		return fault.New(fault.Conflict, "授权已经因这一案暂停。")
	}
	return nil
}

func answered(b *Breach) error {
	if b.Answer == "" {
		return fault.At("answer", "请写明您的说明。")
	}
	return nil
}

// wasHeard: nobody decides before the holder has answered, or could have.
func wasHeard(b *Breach) error {
	if b.State == Hearing && (b.Clock == nil || !b.Clock.Late(b.at)) {
		return fault.New(fault.Conflict, "对方还没有说明，期限也没有到，不能决定。")
	}
	return nil
}

func disputable(b *Breach) error {
	if b.Clock == nil || b.Clock.Late(b.at) {
		return fault.New(fault.Conflict, "提出异议的期限已经过了。")
	}
	return nil
}

func overdue(b *Breach) error {
	if b.Clock == nil || !b.Clock.Late(b.at) {
		return fault.New(fault.Conflict, "提出异议的期限还没有过。")
	}
	return nil
}

// byAnother: nobody decides a dispute of their own decision.
func byAnother(b *Breach) error {
	if b.decidedBy == b.who.ID {
		return fault.New(fault.Conflict, "原决定是您作出的，异议须由另一个人决定（平台规则）。")
	}
	return nil
}

func grounded(b *Breach) error {
	if b.Grounds == "" {
		return fault.At("grounds", "请写明为什么不服。")
	}
	return nil
}

func judged(b *Breach) error {
	if b.Verdict == "" {
		return fault.At("verdict", "请写明决定和理由。")
	}
	return nil
}

func toMend(b *Breach) error {
	if b.Outcome != Suspension {
		return fault.New(fault.Conflict, "这一案没有决定暂停到改正为止。")
	}
	return nil
}

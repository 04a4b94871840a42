package opening

import (
	"slices"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// State is where a review stands.
type State string

// The states of a review. Those that wait are named after the gate they wait at.
const (
	Proposed      State = "proposed" // of an emergency: the head has not opened it yet
	SecurityCheck State = "security_check"
	SecrecyCheck  State = "secrecy_check"
	JointReview   State = "joint_review"

	Approved            State = "approved"
	ApprovedConditional State = "approved_conditional"
	Withheld            State = "withheld"
	ToDeidentify        State = "returned_for_deidentification"
	Returned            State = "returned"
	TakenBack           State = "taken_back"

	Provisional State = "published_provisional" // open, and checked after (AS-20.4, AB-32)
	Confirmed   State = "confirmed"
	Withdrawn   State = "withdrawn"
)

// Waits reports whether somebody must still decide.
func (s State) Waits() bool {
	return slices.Contains([]State{Proposed, SecurityCheck, SecrecyCheck, JointReview, Provisional}, s)
}

// Lets reports whether the content may be open.
func (s State) Lets() bool {
	return slices.Contains([]State{Approved, ApprovedConditional, Provisional, Confirmed}, s)
}

// Action is what moves a review.
type Action string

// The actions.
const (
	Submit             Action = "submit"
	OpenAtOnce         Action = "open_at_once"
	Pass               Action = "pass"
	Approve            Action = "approve"
	ApproveConditional Action = "approve_conditional"
	Withhold           Action = "withhold"
	ReturnToDeidentify Action = "return_for_deidentification"
	Return             Action = "return"
	TakeBack           Action = "take_back"
	Confirm            Action = "confirm"
	End                Action = "end"
)

// Gate is one of the checks, in their order.
type Gate string

// The gates (AS-30 安全, AS-30 保密, AS-28 会同市网信部门).
const (
	Security Gate = "security"
	Secrecy  Gate = "secrecy"
	Joint    Gate = "joint"
)

// Gates are all of them, in order.
func Gates() []Gate { return []Gate{Security, Secrecy, Joint} }

// Reviewer is who decides at a gate.
func (g Gate) Reviewer() account.Role {
	return map[Gate]account.Role{Security: account.SecurityReviewer, Secrecy: account.SecrecyReviewer, Joint: account.CyberspaceReviewer}[g]
}

// Gate is the gate that r waits at; empty where it waits at none.
func (r *Review) Gate() Gate {
	switch r.State {
	case SecurityCheck:
		return Security
	case SecrecyCheck:
		return Secrecy
	case JointReview:
		return Joint
	case Provisional:
		return Gates()[min(len(r.Checks), len(Gates())-1)]
	}
	return ""
}

var (
	officer    = []account.Role{account.Officer}
	head       = []account.Role{account.Head}
	security   = []account.Role{account.SecurityReviewer}
	secrecy    = []account.Role{account.SecrecyReviewer}
	cyberspace = []account.Role{account.CyberspaceReviewer}
)

// lifecycle is every move of a review: the gates in their order, and nothing
// around them. Who is of the right department, and not the same person twice,
// the operations ask; the database holds the latter.
var lifecycle = workflow.Lifecycle[State, Action, *Review]{
	{Action: Submit, From: []State{Proposed}, To: SecurityCheck, By: officer, When: ordinary},
	{Action: OpenAtOnce, From: []State{Proposed}, To: Provisional, By: head, When: emergency},
	{Action: Pass, From: []State{SecurityCheck}, To: SecrecyCheck, By: security},
	{Action: Pass, From: []State{SecrecyCheck}, To: JointReview, By: secrecy},
	{Action: Approve, From: []State{JointReview}, To: Approved, By: cyberspace, When: asksUnconditional},
	{Action: ApproveConditional, From: []State{JointReview}, To: ApprovedConditional, By: cyberspace},
	{Action: Withhold, From: []State{JointReview}, To: Withheld, By: cyberspace},
	{Action: ReturnToDeidentify, From: []State{SecurityCheck}, To: ToDeidentify, By: security},
	{Action: ReturnToDeidentify, From: []State{SecrecyCheck}, To: ToDeidentify, By: secrecy},
	{Action: ReturnToDeidentify, From: []State{JointReview}, To: ToDeidentify, By: cyberspace},
	{Action: Return, From: []State{SecurityCheck}, To: Returned, By: security},
	{Action: Return, From: []State{SecrecyCheck}, To: Returned, By: secrecy},
	{Action: Return, From: []State{JointReview}, To: Returned, By: cyberspace},
	{Action: TakeBack, From: []State{Proposed, SecurityCheck, SecrecyCheck, JointReview}, To: TakenBack, By: officer},

	{Action: Pass, From: []State{Provisional}, To: Provisional, By: security, When: at(Security)},
	{Action: Pass, From: []State{Provisional}, To: Provisional, By: secrecy, When: at(Secrecy)},
	{Action: Confirm, From: []State{Provisional}, To: Confirmed, By: cyberspace, When: at(Joint)},
	{Action: End, From: []State{Provisional}, To: Withdrawn, By: security, When: at(Security)},
	{Action: End, From: []State{Provisional}, To: Withdrawn, By: secrecy, When: at(Secrecy)},
	{Action: End, From: []State{Provisional}, To: Withdrawn, By: cyberspace, When: at(Joint)},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Proposed) }

func ordinary(r *Review) error {
	if r.Event == nil {
		return nil
	}
	return fault.New(fault.Conflict, "应急开放由部门负责人先开放，再补审。")
}

func emergency(r *Review) error {
	if r.Event != nil {
		return nil
	}
	return fault.New(fault.Conflict, "没有登记的突发事件，不能先开放后审查。")
}

func asksUnconditional(r *Review) error {
	if r.Terms.Open == datasets.Unconditional {
		return nil
	}
	return fault.New(fault.Conflict, "送审的是有条件开放，不能批成无条件开放；要放宽，请部门重新送审。")
}

func at(g Gate) func(*Review) error {
	return func(r *Review) error {
		if r.Gate() == g {
			return nil
		}
		return fault.New(fault.Conflict, "还没有轮到这一关。")
	}
}

// results are what an action writes as the decision of its gate; an action that
// is none of a gate has none.
var results = map[Action]string{
	Pass: "pass", Approve: "approve", ApproveConditional: "approve_conditional", Withhold: "withhold",
	ReturnToDeidentify: "return_for_deidentification", Return: "return", Confirm: "confirm", End: "end",
}

// lets are the actions that bring a content nearer to being open: whoever takes
// one has looked at everything on the list of the gate.
func (a Action) lets() bool {
	return slices.Contains([]Action{Pass, Approve, ApproveConditional, Confirm}, a)
}

package workspace

import (
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
	"shuyuan/licensing/hold"
)

// State is where a workspace stands, as far as it stands by itself: the chain
// above it is asked besides.
type State string

// The states.
const (
	Provisioning State = "provisioning" // its mounts are being prepared
	Ready        State = "ready"
	Frozen       State = "frozen"  // by the regulator, or suspended by the operator
	Closing      State = "closing" // its jobs stop, then all of it is destroyed
	Destroyed    State = "destroyed"
)

// Action is what is done about a workspace.
type Action string

// The actions.
const (
	Open     Action = "open" // how it begins
	Begin    Action = "begin"
	Freeze   Action = "freeze"
	TakeOver Action = "take_over" // what a side of lower rank has frozen
	Lift     Action = "lift"
	Close    Action = "close"
	WindUp   Action = "wind_up" // closed by the platform: what it stood on is over, and nobody closed it in time
	Destroy  Action = "destroy"
)

var (
	anybody   = []account.Role{account.Visitor} // whose workspace it is, the side says
	itself    = []account.Role{account.Administrator}
	stoppers  = []account.Role{account.Operator, account.Regulator}
	reviewers = []account.Role{account.Operator}
	deciders  = []account.Role{account.Authority}
	approvers = []account.Role{account.Operator, account.Authority}
)

// lifecycle is every move of a workspace.
var lifecycle = workflow.Lifecycle[State, Action, *Workspace]{
	{Action: Begin, From: []State{Provisioning}, To: Ready, By: itself},
	{Action: Freeze, From: []State{Provisioning, Ready}, To: Frozen, By: stoppers, Needs: reasoned},
	{Action: TakeOver, From: []State{Frozen}, To: Frozen, By: stoppers, When: takes, Needs: reasoned},
	{Action: Lift, From: []State{Frozen}, To: Ready, By: stoppers, When: wasReady, Needs: reasoned},
	{Action: Lift, From: []State{Frozen}, To: Provisioning, By: stoppers, When: wasProvisioning, Needs: reasoned},
	{Action: Close, From: []State{Provisioning, Ready, Frozen}, To: Closing, By: anybody, Needs: reasoned},
	{Action: WindUp, From: []State{Provisioning, Ready, Frozen}, To: Closing, By: itself, Needs: reasoned},
	{Action: Destroy, From: []State{Closing}, To: Destroyed, By: itself},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Provisioning) }

func reasoned(w *Workspace) error {
	if w.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func takes(w *Workspace) error {
	return hold.By{Side: string(w.side)}.Takes(hold.By{Side: string(w.FrozenBy)})
}

func lifts(w *Workspace) error {
	return hold.By{Side: string(w.side)}.Lifts(hold.By{Side: string(w.FrozenBy)})
}

// wasReady and wasProvisioning: lifting a freeze restores what was.
func wasReady(w *Workspace) error { return was(w, Ready) }

func wasProvisioning(w *Workspace) error { return was(w, Provisioning) }

func was(w *Workspace, before State) error {
	if err := lifts(w); err != nil {
		return err
	}
	if w.frozenFrom != before {
		return fault.New(fault.Conflict, "解除以后回到冻结以前的状态。")
	}
	return nil
}

// JobState is where a job stands.
type JobState string

// The states of a job.
const (
	Queued    JobState = "queued"
	Vetting   JobState = "vetting"
	Refused   JobState = "refused" // it may not run as it is written
	Running   JobState = "running"
	Succeeded JobState = "succeeded" // its result is held
	Failed    JobState = "failed"
	TimedOut  JobState = "timed_out"
	Killed    JobState = "killed" // the workspace, what is above it, or the server was stopped
	Cancelled JobState = "cancelled"
)

// Open reports whether the job is not over.
func (s JobState) Open() bool { return s == Queued || s == Vetting || s == Running }

// jobAction is what happens to a job: each ends in the state that bears its name.
type jobAction string

const (
	toVetting   jobAction = "vet"
	toRefused   jobAction = "refuse"
	toRunning   jobAction = "run"
	toSucceeded jobAction = "succeed"
	toFailed    jobAction = "fail"
	toTimedOut  jobAction = "time_out"
	toKilled    jobAction = "kill"
	toCancelled jobAction = "cancel"
)

// jobMoves is every move of a job.
var jobMoves = workflow.Lifecycle[JobState, jobAction, *Job]{
	{Action: toVetting, From: []JobState{Queued}, To: Vetting, By: itself},
	{Action: toRefused, From: []JobState{Vetting}, To: Refused, By: itself},
	{Action: toRunning, From: []JobState{Vetting}, To: Running, By: itself},
	{Action: toSucceeded, From: []JobState{Running}, To: Succeeded, By: itself},
	{Action: toFailed, From: []JobState{Vetting, Running}, To: Failed, By: itself},
	{Action: toTimedOut, From: []JobState{Running}, To: TimedOut, By: itself},
	{Action: toKilled, From: []JobState{Queued, Vetting, Running}, To: Killed, By: itself},
	{Action: toCancelled, From: []JobState{Queued, Vetting, Running}, To: Cancelled, By: anybody},
}

// JobLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func JobLifecycle() string { return jobMoves.Mermaid(Queued) }

// ReviewState is where the review of a result (结果审核) stands.
type ReviewState string

// The states of a review.
const (
	AutoCheck    ReviewState = "auto_check"
	AutoRejected ReviewState = "auto_rejected"
	Waiting      ReviewState = "queued"
	First        ReviewState = "first_review"
	Second       ReviewState = "second_review"
	Released     ReviewState = "released"
	WithChanges  ReviewState = "released_with_changes" // it is made anew with the changes, and checked again
	Rejected     ReviewState = "rejected"
	Escalated    ReviewState = "escalated" // the authority says its word: it counts as one of the two, beside that of a reviewer
	Withdrawn    ReviewState = "withdrawn"
)

// Open reports whether the review is not over.
func (s ReviewState) Open() bool {
	return s == AutoCheck || s == Waiting || s == First || s == Second || s == WithChanges || s == Escalated
}

// ByPeople reports whether people look at it now.
func (s ReviewState) ByPeople() bool {
	return s == Waiting || s == First || s == Second || s == Escalated
}

// ReviewAction is what is done about a review.
type ReviewAction string

// The actions on a review.
const (
	AskRelease ReviewAction = "ask" // how it begins
	PassChecks ReviewAction = "pass"
	FailChecks ReviewAction = "fail"
	Take       ReviewAction = "take"
	Approve    ReviewAction = "approve"
	Change     ReviewAction = "change"
	Reject     ReviewAction = "reject"
	Escalate   ReviewAction = "escalate"
	Recheck    ReviewAction = "recheck"
	Withdraw   ReviewAction = "withdraw"
)

// reviews is every move of a review.
var reviews = workflow.Lifecycle[ReviewState, ReviewAction, *Review]{
	{Action: PassChecks, From: []ReviewState{AutoCheck}, To: Waiting, By: itself},
	{Action: FailChecks, From: []ReviewState{AutoCheck, Second, Escalated}, To: AutoRejected, By: itself}, // the later ones: at the second approval, see again
	{Action: Take, From: []ReviewState{Waiting}, To: First, By: reviewers, When: independent},
	{Action: Approve, From: []ReviewState{First}, To: Second, By: reviewers, When: independent, Needs: judged},
	{Action: Approve, From: []ReviewState{Second}, To: Released, By: reviewers, When: independent, Needs: judged},
	{Action: Change, From: []ReviewState{First, Second}, To: WithChanges, By: reviewers, When: independent, Needs: changed},
	{Action: Reject, From: []ReviewState{First, Second}, To: Rejected, By: reviewers, When: independent, Needs: judged},
	{Action: Escalate, From: []ReviewState{First, Second}, To: Escalated, By: reviewers, When: independent, Needs: judged},
	{Action: Approve, From: []ReviewState{Escalated}, To: Released, By: deciders, When: secondOfTwo, Needs: judged},
	{Action: Approve, From: []ReviewState{Escalated}, To: Second, By: deciders, When: firstOfTwo, Needs: judged},
	{Action: Reject, From: []ReviewState{Escalated}, To: Rejected, By: deciders, When: independent, Needs: judged},
	{Action: Recheck, From: []ReviewState{WithChanges}, To: AutoCheck, By: itself},
	{Action: Withdraw, From: []ReviewState{AutoCheck, Waiting, First, Second, WithChanges, Escalated}, To: Withdrawn, By: anybody},
}

// ReviewLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func ReviewLifecycle() string { return reviews.Mermaid(AutoCheck) }

// independent: whoever asked, or looked at it as the first, is not the one who
// looks now.
func independent(r *Review) error {
	switch r.by {
	case 0:
	case r.askedBy:
		return fault.New(fault.Forbidden, "提出的人自己不能审核。")
	case r.firstBy:
		return fault.New(fault.Forbidden, "须由另一个人复核。")
	}
	return nil
}

func secondOfTwo(r *Review) error {
	if r.firstBy == 0 {
		return fault.New(fault.Conflict, "还没有人同意放出。")
	}
	return independent(r)
}

func firstOfTwo(r *Review) error {
	if r.firstBy != 0 {
		return fault.New(fault.Conflict, "已经有一个人同意放出。")
	}
	return independent(r)
}

func judged(r *Review) error {
	if r.said == "" {
		return fault.At("words", "请写明理由。")
	}
	return nil
}

func changed(r *Review) error {
	if err := judged(r); err != nil {
		return err
	}
	if len(r.want.Drop) == 0 && r.want.Round == 0 {
		return fault.At("drop", "请写明改什么：去掉哪些列，或者数取整到多少。")
	}
	return nil
}

// AlgorithmState is where an algorithm stands that somebody wants registered.
type AlgorithmState string

// The states of an algorithm.
const (
	Proposed          AlgorithmState = "proposed"
	Seconded          AlgorithmState = "seconded" // one of two has approved it
	Approved          AlgorithmState = "approved"
	AlgorithmRefused  AlgorithmState = "refused"
	AlgorithmWithdraw AlgorithmState = "withdrawn"
)

// AlgorithmAction is what is done about an algorithm.
type AlgorithmAction string

// The actions on an algorithm.
const (
	Propose  AlgorithmAction = "propose"
	Admit    AlgorithmAction = "approve"
	Dismiss  AlgorithmAction = "refuse"
	TakeBack AlgorithmAction = "withdraw"
)

// algorithms is every move of an algorithm.
var algorithms = workflow.Lifecycle[AlgorithmState, AlgorithmAction, *Algorithm]{
	{Action: Admit, From: []AlgorithmState{Proposed}, To: Seconded, By: approvers, When: another},
	{Action: Admit, From: []AlgorithmState{Seconded}, To: Approved, By: approvers, When: another},
	{Action: Dismiss, From: []AlgorithmState{Proposed, Seconded}, To: AlgorithmRefused, By: approvers, When: another, Needs: explained},
	{Action: TakeBack, From: []AlgorithmState{Proposed, Seconded, Approved}, To: AlgorithmWithdraw, By: anybody},
}

// AlgorithmLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func AlgorithmLifecycle() string { return algorithms.Mermaid(Proposed) }

func another(a *Algorithm) error {
	switch a.by {
	case 0:
	case a.proposedBy:
		return fault.New(fault.Forbidden, "提出的人自己不能批准。")
	case a.firstBy:
		return fault.New(fault.Forbidden, "须由另一个人批准。")
	}
	return nil
}

func explained(a *Algorithm) error {
	if a.said == "" {
		return fault.At("words", "请写明理由。")
	}
	return nil
}

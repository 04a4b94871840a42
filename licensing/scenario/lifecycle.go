package scenario

import (
	"slices"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
	"shuyuan/licensing/hold"
)

// The parts that move a scenario. A developer plays no role of a body; on which
// side somebody stands the service finds out.
var (
	developer  = []account.Role{account.Visitor}
	operator   = []account.Role{account.Operator}
	department = []account.Role{account.Officer, account.Head}
	reviewer   = []account.Role{account.SecurityReviewer}
	authority  = []account.Role{account.Authority}
	regulator  = []account.Role{account.Regulator}
	itself     = []account.Role{account.Administrator}
)

// lifecycle is every move that a scenario can make. Nothing else changes its
// state. The operator passes on, offers and signs, and decides nothing (FJ-III.3).
var lifecycle = workflow.Lifecycle[State, Action, *Scenario]{
	{Action: Submit, From: []State{Draft}, To: Submitted, By: developer, Needs: complete},
	{Action: Return, From: []State{Submitted}, To: Returned, By: operator, When: notYetReturned, Needs: listed},
	{Action: Complete, From: []State{Returned}, To: Submitted, By: developer, Needs: complete},
	{Action: Lapse, From: []State{Returned}, To: Lapsed, By: itself},
	{Action: Screen, From: []State{Submitted}, To: Screened, By: operator},
	{Action: Opine, From: []State{Screened}, To: Screened, By: department},
	{Action: Opine, From: []State{Reviewed}, To: Reviewed, By: department, When: prefilled},
	{Action: Check, From: []State{Screened}, To: Screened, By: reviewer, When: unchecked},
	{Action: Gather, From: []State{Screened}, To: Reviewed, By: itself, Needs: allSpoken},
	{Action: SendToAward, From: []State{Reviewed}, To: Awarding, By: authority, When: mayAward},
	{Action: RecordAward, From: []State{Awarding}, To: Awarding, By: authority, When: noAwardYet, Needs: awarded},
	{Action: RecordAward, From: []State{Awarding}, To: Awarding, By: itself, When: noAwardYet, Needs: awarded},
	{Action: Authorise, From: []State{Reviewed, Awarding}, To: Authorised, By: authority, When: mayAuthorise, Needs: decided},
	{Action: Refuse, From: []State{Reviewed, Awarding}, To: Refused, By: authority, Needs: refused},
	{Action: Offer, From: []State{Authorised}, To: Authorised, By: operator, When: noContract},
	{Action: Void, From: []State{Authorised}, To: Authorised, By: operator, When: offered, Needs: reasoned},
	{Action: Void, From: []State{Authorised}, To: Authorised, By: developer, When: offered, Needs: reasoned},
	{Action: Sign, From: []State{Authorised}, To: Authorised, By: operator, When: unsignedByOperator},
	{Action: Sign, From: []State{Authorised}, To: Authorised, By: developer, When: unsignedByDeveloper},
	{Action: Activate, From: []State{Authorised}, To: Active, By: itself, Needs: bothSigned},
	{Action: Suspend, From: []State{Active}, To: Suspended, By: operator, Needs: violated},
	{Action: Suspend, From: []State{Active}, To: Suspended, By: authority, Needs: violated},
	{Action: Suspend, From: []State{Active}, To: Suspended, By: regulator, Needs: violated},
	{Action: Suspend, From: []State{Active}, To: Suspended, By: itself},
	{Action: TakeOver, From: []State{Suspended}, To: Suspended, By: operator, When: takes, Needs: violated},
	{Action: TakeOver, From: []State{Suspended}, To: Suspended, By: authority, When: takes, Needs: violated},
	{Action: TakeOver, From: []State{Suspended}, To: Suspended, By: regulator, When: takes, Needs: violated},
	{Action: Resume, From: []State{Suspended}, To: Active, By: operator, When: lifts, Needs: reasoned},
	{Action: Resume, From: []State{Suspended}, To: Active, By: authority, When: lifts, Needs: reasoned},
	{Action: Resume, From: []State{Suspended}, To: Active, By: regulator, When: lifts, Needs: reasoned},
	{Action: Resume, From: []State{Suspended}, To: Active, By: itself, When: lifts},
	{Action: Terminate, From: []State{Authorised, Active, Suspended}, To: Terminated, By: authority, Needs: reasoned},
	{Action: Terminate, From: []State{Active, Suspended}, To: Terminated, By: operator, When: notHeldAbove, Needs: violated},
	{Action: Surrender, From: []State{Authorised, Active, Suspended}, To: Surrendered, By: developer},
	{Action: Expire, From: []State{Authorised, Active, Suspended}, To: Expired, By: itself},
	{Action: Replace, From: []State{Active, Suspended}, To: Terminated, By: itself},
	{Action: Close, From: []State{Expired, Terminated, Surrendered}, To: Closed, By: operator, When: finished},
	{Action: Withdraw, From: []State{Draft, Submitted, Returned, Screened, Reviewed, Awarding}, To: Withdrawn, By: developer},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Draft) }

// sides are on which sides one stands to take an action.
var sides = map[Action][]Side{
	Submit: {OfDeveloper}, Complete: {OfDeveloper}, Withdraw: {OfDeveloper}, Surrender: {OfDeveloper},
	Return: {OfOperator}, Screen: {OfOperator}, Offer: {OfOperator}, Close: {OfOperator},
	Void: {OfOperator, OfDeveloper}, Sign: {OfOperator, OfDeveloper},
	Opine: {OfDepartment}, Check: {OfSecurity},
	SendToAward: {OfAuthority}, RecordAward: {OfAuthority}, Authorise: {OfAuthority}, Refuse: {OfAuthority},
	Suspend: {OfOperator, OfAuthority, OfRegulator}, TakeOver: {OfOperator, OfAuthority, OfRegulator}, Resume: {OfOperator, OfAuthority, OfRegulator}, Terminate: {OfAuthority, OfOperator},
}

func complete(s *Scenario) error {
	if len(s.wrong) > 0 {
		return s.wrong[0]
	}
	return nil
}

func notYetReturned(s *Scenario) error {
	if s.Returns >= s.returnsMost {
		return fault.New(fault.Conflict, "要求补正的次数已经用完（平台规则：%d 次），缺的须一次列全。", s.returnsMost)
	}
	return nil
}

func listed(s *Scenario) error {
	if len(s.Missing) == 0 {
		return fault.At("missing", "请把缺的一次列全，一行一样。")
	}
	return nil
}

func prefilled(s *Scenario) error {
	if !s.replacing && !slices.ContainsFunc(s.Items, func(i Item) bool { return i.consent != 0 }) {
		return fault.New(fault.Conflict, "各部门都已对这个场景给出意见。")
	}
	return nil
}

func unchecked(s *Scenario) error {
	if s.Verdict != "" {
		return fault.New(fault.Conflict, "安全审查已经作出。")
	}
	return nil
}

func allSpoken(s *Scenario) error {
	if s.Verdict == "" || slices.ContainsFunc(s.Items, func(i Item) bool { return i.Waits() }) {
		return fault.New(fault.Conflict, "还有没有给出的意见；逾期不算同意。")
	}
	return nil
}

func someGiven(s *Scenario) bool {
	return slices.ContainsFunc(s.Items, func(i Item) bool { return i.Given() })
}

func mayAward(s *Scenario) error {
	switch {
	case !s.awards:
		return fault.New(fault.Conflict, "这个场景不须公开竞争。")
	case !someGiven(s) || s.Verdict == Failed:
		return fault.New(fault.Conflict, "没有可以授权的数据，或者安全审查没有通过，不能授权。")
	}
	return nil
}

func noAwardYet(s *Scenario) error {
	if s.Award != nil {
		return fault.New(fault.Conflict, "竞争的结果已经登记。")
	}
	return nil
}

func awarded(s *Scenario) error {
	if s.newAward == nil {
		return fault.At("winner", "请写明中选者。")
	}
	return nil
}

// mayAuthorise keeps the authority from passing over departments, security and
// competition.
func mayAuthorise(s *Scenario) error {
	switch {
	case !someGiven(s) || s.Verdict == Failed:
		return fault.New(fault.Conflict, "没有可以授权的数据，或者安全审查没有通过，不能授权。")
	case s.awards && (s.State != Awarding || s.Award == nil):
		return fault.New(fault.Conflict, "商业用途用有条件开放的数据，须先公开竞争，不能直接授权。")
	case s.awards && !s.Award.Won:
		return fault.New(fault.Conflict, "中选的不是这个开发主体，不能授权。")
	}
	return nil
}

func decided(s *Scenario) error {
	if s.words == "" {
		return fault.At("reason", "请写明决定的理由。")
	}
	if len(s.refusing) == 0 {
		return fault.At("basis", "请写明依据。")
	}
	return nil
}

func refused(s *Scenario) error { return decided(s) }

func noContract(s *Scenario) error {
	if s.Contract != nil {
		return fault.New(fault.Conflict, "协议已经发出，要改先作废。")
	}
	return nil
}

func offered(s *Scenario) error {
	if s.Contract == nil || s.Contract.State != ContractOffered {
		return fault.New(fault.Conflict, "没有等待签署的协议。")
	}
	return nil
}

func unsignedByDeveloper(s *Scenario) error {
	if err := offered(s); err != nil {
		return err
	}
	if s.Contract.DeveloperAt != nil || s.side != OfDeveloper {
		return fault.New(fault.Conflict, "这一方已经签了。")
	}
	return nil
}

func unsignedByOperator(s *Scenario) error {
	if err := offered(s); err != nil {
		return err
	}
	if s.Contract.OperatorAt != nil {
		return fault.New(fault.Conflict, "这一方已经签了。")
	}
	return nil
}

func bothSigned(s *Scenario) error {
	if s.Contract == nil || !s.Contract.Signed() {
		return fault.New(fault.Conflict, "协议还没有双方签署。")
	}
	return nil
}

func reasoned(s *Scenario) error {
	if s.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// violated: at once, on one of the kinds of FJ-III.4.
func violated(s *Scenario) error {
	if !slices.Contains(s.kinds, s.Violation) {
		return fault.At("violation", "请选是哪一种违规。")
	}
	return reasoned(s)
}

func takes(s *Scenario) error {
	return hold.By{Side: string(s.side)}.Takes(hold.By{Side: s.SuspendedBy})
}

func lifts(s *Scenario) error {
	return hold.By{Side: string(s.side)}.Lifts(hold.By{Side: s.SuspendedBy})
}

func notHeldAbove(s *Scenario) error {
	if s.SuspendedBy == string(OfAuthority) {
		return fault.New(fault.Conflict, "主管部门暂停的，由主管部门恢复或者终止。")
	}
	if s.SuspendedBy == string(OfRegulator) {
		return fault.New(fault.Conflict, "监管机构暂停的，由主管部门终止，或者由监管机构恢复。")
	}
	return nil
}

func finished(s *Scenario) error {
	if s.unfinished != "" {
		return fault.New(fault.Conflict, s.unfinished)
	}
	return nil
}

// Stands reports whether the scenario itself is active and in its term at t; what
// lies above it Standing asks.
func (s *Scenario) Stands(t time.Time) bool {
	return s.State == Active && s.From != nil && !t.Before(*s.From) && t.Before(*s.Until)
}

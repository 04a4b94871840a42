package licensing

import (
	"slices"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
	"shuyuan/licensing/tender"
)

// The parts that move an application. An applicant plays no role; whose
// application it is the service finds out. What the platform does by itself is
// never offered to anybody.
var (
	applicant = []account.Role{account.Visitor}
	officer   = []account.Role{account.Officer}
	authority = []account.Role{account.Authority}
	itself    = []account.Role{account.Administrator}
)

// lifecycle is every move that an application can make. Nothing else changes
// its state.
var lifecycle = workflow.Lifecycle[State, Action, *Application]{
	{Action: Submit, From: []State{Draft}, To: Submitted, By: applicant, Needs: complete},
	{Action: Return, From: []State{Submitted}, To: Returned, By: officer, When: notYetReturned, Needs: listed},
	{Action: Complete, From: []State{Returned}, To: Submitted, By: applicant, Needs: complete},
	{Action: Lapse, From: []State{Returned, Offered}, To: Lapsed, By: itself},
	{Action: Accept, From: []State{Submitted}, To: Accepted, By: officer},
	{Action: AcceptByItself, From: []State{Submitted}, To: Accepted, By: itself},
	{Action: RejectScope, From: []State{Submitted}, To: OutOfScope, By: officer, Needs: withGround},
	{Action: SendToAward, From: []State{Accepted}, To: Awarding, By: officer, When: needsAward},
	{Action: PutToTender, From: []State{Awarding}, To: Awarding, By: officer, When: noTenderYet},
	{Action: AwardByTender, From: []State{Awarding}, To: Awarding, By: itself, When: noAwardYet, Needs: awarded},
	{Action: RecordAward, From: []State{Awarding}, To: Awarding, By: officer, When: heldElsewhere, Needs: awarded},
	{Action: Grant, From: []State{Accepted, Awarding}, To: Granted, By: officer, When: mayGrant, Needs: wholly},
	{Action: Offer, From: []State{Accepted, Awarding}, To: Offered, By: officer, When: mayGrant, Needs: partly},
	{Action: Consent, From: []State{Offered}, To: Granted, By: applicant},
	{Action: Refuse, From: []State{Accepted, Awarding}, To: Refused, By: officer, When: mayRefuse, Needs: reasoned},
	{Action: Dispute, From: []State{Refused}, To: Disputed, By: applicant, Needs: withGrounds},
	{Action: Uphold, From: []State{Disputed}, To: Upheld, By: authority, Needs: withVerdict},
	{Action: Overturn, From: []State{Disputed}, To: Accepted, By: authority, Needs: withVerdict},
	{Action: Withdraw, From: []State{Draft, Submitted, Returned, Accepted, Awarding, Offered}, To: Withdrawn, By: applicant},
}

// Lifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func Lifecycle() string { return lifecycle.Mermaid(Draft) }

// Offered are the actions that who, standing on a side, can take on a now: a
// button for each and for no other.
func (s *Service) Offered(who account.Actor, a *Application, side Side) []Action {
	return slices.DeleteFunc(lifecycle.Offer(a.State, who, a), func(action Action) bool { return sides[action] != side })
}

// sides is on which side one stands to take an action.
var sides = map[Action]Side{
	Submit: OfApplicant, Complete: OfApplicant, Consent: OfApplicant, Dispute: OfApplicant, Withdraw: OfApplicant,
	Return: OfDepartment, Accept: OfDepartment, RejectScope: OfDepartment, SendToAward: OfDepartment, PutToTender: OfDepartment, RecordAward: OfDepartment, Grant: OfDepartment, Offer: OfDepartment, Refuse: OfDepartment,
	Uphold: OfAuthority, Overturn: OfAuthority,
}

func notYetReturned(a *Application) error {
	if a.Completions >= a.completions {
		return fault.New(fault.Conflict, "要求补正的次数已经用完（平台规则：%d 次），缺的须一次列全。", a.completions)
	}
	return nil
}

func listed(a *Application) error {
	if len(a.Missing) == 0 {
		return fault.At("missing", "请把缺的一次列全，一行一样。")
	}
	return nil
}

func withGround(a *Application) error {
	if !slices.Contains(Grounds, a.Ground) {
		return fault.At("ground", "请选为什么不属于这里办理。")
	}
	if a.Reason == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func needsAward(a *Application) error {
	if !a.award {
		return fault.New(fault.Conflict, "这条用途不须公开竞争。")
	}
	return nil
}

func noAwardYet(a *Application) error {
	if a.Award != nil && a.Award != a.recorded && !a.awardVoid() {
		return fault.New(fault.Conflict, "竞争的结果已经登记。")
	}
	return nil
}

// awardVoid reports whether the award is of a tender that was cancelled since.
func (a *Application) awardVoid() bool {
	return a.Award != nil && a.Award.Notice == a.Tender && a.TenderState == tender.Cancelled
}

// tendered reports whether a tender of this platform decides, or has decided.
func (a *Application) tendered() bool { return a.Tender != "" && a.TenderState != tender.Cancelled }

func noTenderYet(a *Application) error {
	if err := noAwardYet(a); err != nil {
		return err
	}
	if a.tendered() {
		return fault.New(fault.Conflict, "这件申请已经由竞争项目 %s 决定。", a.Tender)
	}
	return nil
}

// heldElsewhere: what a tender of this platform decides nobody writes down by hand.
func heldElsewhere(a *Application) error { return noTenderYet(a) }

func awarded(a *Application) error {
	if a.Award == nil {
		return fault.At("winner", "请写明中选者。")
	}
	return nil
}

// mayGrant keeps a clerk from simply approving commercial use (AB-35.3).
func mayGrant(a *Application) error {
	switch {
	case !a.award || a.MustGrant: // the authority has decided over whoever held the competition
		return nil
	case a.State != Awarding || a.Award == nil:
		return fault.New(fault.Conflict, "商业用途须先公开竞争，不能直接同意。")
	case a.awardVoid():
		return fault.New(fault.Conflict, "竞争项目已经取消，中选的结果作废。")
	case !a.Award.Won:
		return fault.New(fault.Conflict, "中选的不是这个申请人，不能同意。")
	}
	return nil
}

func mayRefuse(a *Application) error {
	if a.MustGrant {
		return fault.New(fault.Conflict, "主管部门已决定应当同意，不能再拒绝。")
	}
	return nil
}

// outcome is what the decisions on the items amount to.
func outcome(a *Application) Action {
	granted, refused := 0, 0
	for _, i := range a.Items {
		switch i.Decision {
		case ItemGranted:
			granted++
		case ItemRefused:
			refused++
		}
	}
	switch {
	case granted == len(a.Items):
		return Grant
	case refused == len(a.Items):
		return Refuse
	}
	return Offer
}

func decidedAll(a *Application) error {
	for _, i := range a.Items {
		if i.Decision == "" {
			return fault.At("item."+i.Resource, "请对每个文件都作出决定。")
		}
		if i.Decision != ItemGranted && i.Reason == "" {
			return fault.At("reason."+i.Resource, "没有全部同意的，请写明理由。")
		}
	}
	return nil
}

func wholly(a *Application) error {
	if err := decidedAll(a); err != nil {
		return err
	}
	if outcome(a) != Grant {
		return fault.New(fault.Conflict, "没有全部同意，须由申请人签收窄后的协议。")
	}
	return nil
}

func partly(a *Application) error {
	if a.MustGrant {
		return fault.New(fault.Conflict, "主管部门已决定应当同意，不能再收窄。")
	}
	return reasoned(a)
}

func reasoned(a *Application) error {
	if err := decidedAll(a); err != nil {
		return err
	}
	if outcome(a) == Refuse && a.Reason == "" {
		return fault.At("reason", "不同意的，请写明理由。")
	}
	return nil
}

func withGrounds(a *Application) error {
	if a.Grounds == "" {
		return fault.At("grounds", "请写明为什么不服。")
	}
	return nil
}

func withVerdict(a *Application) error {
	if a.Verdict == "" {
		return fault.At("verdict", "请写明决定和理由。")
	}
	return nil
}

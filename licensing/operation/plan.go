package operation

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/tender"
)

// PlanState is where a plan stands.
type PlanState string

// The states.
const (
	PlanDraft     PlanState = "draft"
	PlanSubmitted PlanState = "submitted"
	PlanApproved  PlanState = "approved"
	PlanWithdrawn PlanState = "withdrawn"
)

// PlanAction is what is done with a plan.
type PlanAction string

// The actions.
const (
	DraftPlan    PlanAction = "draft"
	SubmitPlan   PlanAction = "submit"
	ReturnPlan   PlanAction = "return"
	ApprovePlan  PlanAction = "approve"
	WithdrawPlan PlanAction = "withdraw"
	AwardPlan    PlanAction = "award" // who is to operate it is recorded
)

// Plan is an implementation plan (实施方案).
type Plan struct {
	ID            int64
	Number        string
	Parent        string // number of the mandate under which it is to stand
	Body          Body
	Title         string
	Need          string // why, and for whom
	Products      string
	Forms         []string
	Purposes      []string
	Months        int
	SecurityLevel string
	Security      string
	Evaluation    string
	Exit          string
	Items         []Item
	State         PlanState
	StateAt       time.Time
	Reason        string
	DraftedBy     string
	DecidedBy     string
	DecidedAt     *time.Time
	MadeAt        time.Time
	Award         *Award
	Mandate       string // number of the agreement that came of it
	Revision      int

	drafter, decider, parent int64
	sent                     string
	words                    string
	who                      account.Actor
}

// Award is how the operator was chosen.
type Award struct {
	Winner     Organisation
	Way        string // code of mandate_award
	Candidates int
	On         time.Time
	Words      string
	Tender     string // number of the tender on this platform
	By         string
	At         time.Time
	Papers     []papers.Paper
}

var plans = workflow.Lifecycle[PlanState, PlanAction, *Plan]{
	{Action: SubmitPlan, From: []PlanState{PlanDraft}, To: PlanSubmitted, By: authority, Needs: planWhole},
	{Action: ApprovePlan, From: []PlanState{PlanSubmitted}, To: PlanApproved, By: approvers, When: planAnother, Needs: planWhole},
	{Action: ReturnPlan, From: []PlanState{PlanSubmitted}, To: PlanDraft, By: approvers, Needs: planReason},
	{Action: WithdrawPlan, From: []PlanState{PlanDraft, PlanSubmitted, PlanApproved}, To: PlanWithdrawn, By: authority, When: planUnused, Needs: planReason},
}

// PlanLifecycle is the table of moves of a plan, for docs/lifecycles.md.
func PlanLifecycle() string { return plans.Mermaid(PlanDraft) }

func planAnother(p *Plan) error {
	if p.who.ID == p.drafter {
		return fault.New(fault.Forbidden, "起草的人不能批准，请由另一个人批准。")
	}
	return nil
}

func planReason(p *Plan) error {
	if p.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func planUnused(p *Plan) error {
	if p.Award != nil || p.Mandate != "" {
		return fault.New(fault.Conflict, "方案已经选定运营机构，不能撤回。")
	}
	return nil
}

// planWhole returns what a plan lacks: it says what, for what, how long, how safely,
// how it is evaluated and how it ends.
func planWhole(p *Plan) error {
	for _, f := range []struct{ field, value string }{
		{"title", p.Title}, {"need", p.Need}, {"products", p.Products}, {"security_level", p.SecurityLevel}, {"security", p.Security}, {"evaluation", p.Evaluation}, {"exit", p.Exit},
	} {
		if f.value == "" {
			return fault.At(f.field, "这一项须填写。")
		}
	}
	switch {
	case len(p.Forms) == 0:
		return fault.At("forms", "请至少选一种产品形态。")
	case len(p.Purposes) == 0:
		return fault.At("purposes", "请至少选一种用途。")
	case p.Months < 1:
		return fault.At("months", "请写期限是几个月。")
	case len(p.Items) == 0:
		return fault.At("items", "请至少写一个条目和它的列。")
	}
	return nil
}

// PlanForm is what somebody writes of a plan.
type PlanForm struct {
	Parent        string // number of a mandate; empty: none
	Title         string
	Need          string
	Products      string
	Forms         []string
	Purposes      []string
	Months        int
	SecurityLevel string
	Security      string
	Evaluation    string
	Exit          string
	Items         []NewItem
	Sent          string // mark of the form, which makes one plan however often it is sent
}

func errNoPlan() error { return fault.New(fault.NotFound, "没有这份实施方案。") }

// draws returns nil for an authority that drafts for its own department.
func draws(who account.Actor) error {
	if who.Key != "" || who.Department == 0 || !who.Is(account.Authority) {
		return fault.New(fault.Forbidden, "只有实施机构的主管人员可以起草。")
	}
	return nil
}

// fill reads a form into a plan: what is there must be right, what lacks is asked for
// when it is submitted.
func (s *Service) fillPlan(ctx context.Context, q database.Querier, who account.Actor, p *Plan, f PlanForm) (err error) {
	if err := proses(map[string]*string{"title": &f.Title, "need": &f.Need, "products": &f.Products, "security": &f.Security, "evaluation": &f.Evaluation, "exit": &f.Exit}); err != nil {
		return err
	}
	if f.Title == "" {
		return fault.At("title", "这一项须填写。")
	}
	if len([]rune(f.Title)) > 200 {
		return fault.At("title", "太长，最多 %d 个字。", 200)
	}
	p.Title, p.Need, p.Products, p.Security, p.Evaluation, p.Exit, p.Months = f.Title, f.Need, f.Products, f.Security, f.Evaluation, f.Exit, f.Months
	if f.Months < 0 || f.Months > s.limits.Months {
		return fault.At("months", "期限最长 %d 个月（平台规则）。", s.limits.Months)
	}
	if p.Forms, err = s.known("forms", "mandate_forms", f.Forms); err != nil {
		return err
	}
	if p.Purposes, err = s.known("purposes", "mandate_purposes", f.Purposes); err != nil {
		return err
	}
	if p.SecurityLevel = f.SecurityLevel; f.SecurityLevel != "" {
		if _, err := s.known("security_level", "mandate_security", []string{f.SecurityLevel}); err != nil {
			return err
		}
	}
	if p.Items, err = s.items(ctx, who, f.Items); err != nil {
		return err
	}
	p.Parent, p.parent = "", 0
	if f.Parent == "" {
		return nil
	}
	above, err := s.mandateBy(ctx, q, f.Parent, false)
	if fault.KindOf(err) == fault.NotFound || err == nil && (above.State != Active || above.Body.ID == who.Department) {
		return fault.At("parent", "没有这份生效的上级授权。")
	}
	if err != nil {
		return err
	}
	p.Parent, p.parent = above.Number, above.ID
	return within(above, p.Forms, p.Purposes, p.Items)
}

// within returns fault.Invalid where a scope does not lie within the mandate above.
func within(above *Mandate, forms, purposes []string, items []Item) error {
	if !covers(above.Forms, forms) {
		return fault.At("forms", "产品形态超出上级授权 %s 的范围。", above.Number)
	}
	if !covers(above.Purposes, purposes) {
		return fault.At("purposes", "用途超出上级授权 %s 的范围。", above.Number)
	}
	for _, i := range items {
		k := slices.IndexFunc(above.Items, func(a Item) bool { return a.Dataset == i.Dataset })
		if k < 0 {
			return fault.At("items", "“%s”不在上级授权 %s 的范围里。", i.Slug, above.Number)
		}
		a := above.Items[k]
		if !covers(a.Columns, i.Columns) {
			return fault.At("items", "“%s”的列超出上级授权 %s 的范围。", i.Slug, above.Number)
		}
		if len(a.Forms) > 0 && (len(i.Forms) == 0 || !covers(a.Forms, i.Forms)) || len(a.Purposes) > 0 && (len(i.Purposes) == 0 || !covers(a.Purposes, i.Purposes)) {
			return fault.At("items", "“%s”的形态或者用途超出上级授权 %s 的范围。", i.Slug, above.Number)
		}
	}
	return nil
}

// NewPlan drafts a plan for the department of who.
func (s *Service) NewPlan(ctx context.Context, who account.Actor, f PlanForm) (*Plan, error) {
	if err := draws(who); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Plan, error) {
		id, number, err := cases.Made(ctx, tx, "mandate_plans", f.Sent)
		if err != nil {
			return nil, err
		}
		if id != 0 {
			return s.planBy(ctx, tx, number, false)
		}
		p := &Plan{State: PlanDraft, StateAt: s.instant(), MadeAt: s.instant(), DraftedBy: who.Name, drafter: who.ID, Body: Body{ID: who.Department}, sent: f.Sent}
		if err := s.fillPlan(ctx, tx, who, p, f); err != nil {
			return nil, err
		}
		if p.Number, err = cases.Number(ctx, tx, "SSFA", s.instant()); err != nil {
			return nil, err
		}
		if err := insertPlan(ctx, tx, p); err != nil {
			return nil, err
		}
		if err := s.happened(ctx, tx, who, "plan", p.ID, Event{Act: string(DraftPlan), Side: OfBody, State: string(p.State)}); err != nil {
			return nil, err
		}
		return p, audit.Append(ctx, tx, who, "mandate-plan", p.Number, string(DraftPlan), map[string]string{"title": p.Title})
	})
}

// SavePlan changes a plan that is a draft.
func (s *Service) SavePlan(ctx context.Context, who account.Actor, number string, revision int, f PlanForm) (*Plan, error) {
	if err := draws(who); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Plan, error) {
		p, err := s.planFor(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		switch {
		case who.Department != p.Body.ID:
			return p, errNotYours()
		case p.Revision != revision:
			return p, errMoved()
		case p.State != PlanDraft:
			return p, fault.New(fault.Conflict, "方案已经送审，不能修改；退回以后可以改。")
		}
		if err := s.fillPlan(ctx, tx, who, p, f); err != nil {
			return p, err
		}
		p.drafter, p.DraftedBy = who.ID, who.Name
		if err := savePlan(ctx, tx, p, true); err != nil {
			return p, err
		}
		return p, audit.Append(ctx, tx, who, "mandate-plan", p.Number, "save", nil)
	})
}

// MovePlan takes a plan further.
func (s *Service) MovePlan(ctx context.Context, who account.Actor, number string, revision int, action PlanAction, words string) (*Plan, error) {
	words, err := prose("reason", words)
	if err != nil {
		return nil, err
	}
	if action == ApprovePlan {
		if err := s.accounts.RequireFresh(who); err != nil {
			return nil, err
		}
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Plan, error) {
		p, err := s.planFor(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if who.Department != p.Body.ID || who.Key != "" {
			return p, errNotYours()
		}
		if p.Revision != revision {
			return p, errMoved()
		}
		p.words, p.who = words, who
		from := p.State
		if p.State, err = plans.Next(from, action, who, p); err != nil {
			return p, err
		}
		p.StateAt, p.Reason = s.instant(), words
		if action == ApprovePlan || action == ReturnPlan {
			at := s.instant()
			p.decider, p.DecidedBy, p.DecidedAt = who.ID, who.Name, &at
			if action == ReturnPlan { // whoever drafted may also take it back
				p.decider, p.DecidedAt = 0, nil
			}
		}
		if err := savePlan(ctx, tx, p, false); err != nil {
			return p, err
		}
		if err := s.happened(ctx, tx, who, "plan", p.ID, Event{Act: string(action), Side: OfBody, Words: words, State: string(p.State)}); err != nil {
			return p, err
		}
		details := audit.Moved(from, p.State)
		if words != "" {
			details["words"] = words
		}
		return p, audit.Append(ctx, tx, who, "mandate-plan", p.Number, string(action), details)
	})
}

// planFor is a plan that who may know of.
func (s *Service) planFor(ctx context.Context, q database.Querier, who account.Actor, number string, lock bool) (*Plan, error) {
	p, err := s.planBy(ctx, q, number, lock)
	if err != nil {
		return nil, err
	}
	if who.Key != "" || !who.Is(account.Regulator) && (who.Department != p.Body.ID || !who.Any(approvers...)) {
		return nil, errNoPlan()
	}
	return p, nil
}

// PlanView is a plan as somebody sees it.
type PlanView struct {
	*Plan
	Offers   []PlanAction
	Edits    bool          // who may change it now
	Awards   bool          // and record who is to operate it
	Prepares bool          // and hand in the papers of that
	Drafts   bool          // and draft the agreement
	Tenders  []tender.Held // of the body, whose results can be taken over as the award
	Papers   []papers.Paper
	Events   []Event
}

// PlanOf is a plan that who may know of, with what they can do about it.
func (s *Service) PlanOf(ctx context.Context, who account.Actor, number string) (*PlanView, error) {
	p, err := s.planFor(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	p.who = who
	v := &PlanView{Plan: p}
	if own := who.Department == p.Body.ID; own {
		v.Offers = plans.Offer(p.State, who, p)
		v.Edits = p.State == PlanDraft && who.Is(account.Authority)
		v.Awards = p.State == PlanApproved && p.Award == nil && who.Is(account.Authority)
		v.Drafts = p.Award != nil && p.Mandate == "" && who.Is(account.Authority)
		v.Prepares = v.Awards && s.papers != nil
	}
	if v.Papers, err = papers.Of(ctx, s.pool, papers.MandateAward, p.ID); err != nil {
		return nil, err
	}
	if v.Awards {
		if v.Tenders, err = s.heldTenders(ctx, p.Body.ID); err != nil {
			return nil, err
		}
	}
	v.Events, err = selectEvents(ctx, s.pool, "plan", p.ID)
	return v, err
}

// Plans are the plans that who sees at the desk, the newest first.
func (s *Service) Plans(ctx context.Context, who account.Actor, before int64, limit int) ([]Plan, error) {
	if who.Key != "" || !who.Any(account.Authority, account.Head, account.Regulator) {
		return nil, errNotYours()
	}
	where := `p.body_id = @department`
	if who.Is(account.Regulator) {
		where = `true`
	}
	if before > 0 {
		where += ` AND p.id < @before`
	}
	return s.planList(ctx, s.pool, where, pgx.NamedArgs{"department": who.Department, "before": before, "limit": limit})
}

package operation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/hold"
)

// Form is what somebody writes of a mandate: what its plan says is not written anew.
type Form struct {
	Title        string
	From, Last   string    // days
	Items        []NewItem // empty: those of the plan
	Ceilings     []Ceiling
	Income       int64 // fen; 0: nothing is set
	IncomeMonths int   // 0: 12
	Sent         string
}

// DraftMandate drafts the agreement of a plan whose operator was chosen.
func (s *Service) DraftMandate(ctx context.Context, who account.Actor, plan string, f Form) (*Mandate, error) {
	if err := draws(who); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Mandate, error) {
		id, number, err := cases.Made(ctx, tx, "mandates", f.Sent)
		if err != nil {
			return nil, err
		}
		if id != 0 {
			return s.mandateBy(ctx, tx, number, false)
		}
		p, err := s.planFor(ctx, tx, who, plan, true)
		switch {
		case err != nil:
			return nil, err
		case who.Department != p.Body.ID:
			return nil, errNotYours()
		case p.State != PlanApproved || p.Award == nil:
			return nil, fault.New(fault.Conflict, "方案批准、运营机构选定以后才能起草协议。")
		case p.Mandate != "":
			return nil, fault.New(fault.Conflict, "这份方案已经有协议 %s。", p.Mandate)
		}
		m := &Mandate{Plan: p.Number, plan: p.ID, Parent: p.Parent, parent: p.parent, Body: p.Body, Operator: p.Award.Winner, Products: p.Products, Purposes: p.Purposes, Forms: p.Forms, SecurityLevel: p.SecurityLevel, Security: p.Security,
			Evaluation: p.Evaluation, Exit: p.Exit, Items: p.Items, Cycle: s.limits.Cycle}
		return m, s.begin(ctx, tx, who, m, f)
	})
}

// RenewMandate drafts another agreement that begins when an earlier one ends, within
// its scope: the term of an agreement is never moved.
func (s *Service) RenewMandate(ctx context.Context, who account.Actor, number string, f Form) (*Mandate, error) {
	if err := draws(who); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Mandate, error) {
		id, made, err := cases.Made(ctx, tx, "mandates", f.Sent)
		if err != nil {
			return nil, err
		}
		if id != 0 {
			return s.mandateBy(ctx, tx, made, false)
		}
		old, err := s.mandateBy(ctx, tx, number, true)
		switch {
		case err != nil:
			return nil, err
		case who.Department != old.Body.ID:
			return nil, errNoMandate()
		case old.State != Active && old.State != Expired:
			return nil, fault.New(fault.Conflict, "只有生效的和到期的授权可以续期。")
		}
		renewed, err := isRenewed(ctx, tx, old.ID)
		if err != nil {
			return nil, err
		}
		if renewed {
			return nil, fault.New(fault.Conflict, "这份授权已经有续期的协议。")
		}
		m := *old
		if m.parent, m.Parent, err = renewalOf(ctx, tx, old.parent, old.Parent); err != nil { // a city's goes on under what its province's goes on as
			return nil, err
		}
		m.ID, m.Number, m.Renews, m.renews, m.Revision = 0, "", old.Number, old.ID, 0
		m.Reason, m.Basis, m.ApprovedBy, m.approver, m.LockedAt, m.Text, m.SHA256, m.Template = "", "", "", 0, nil, "", "", ""
		m.BodySigned, m.OpSigned = Signature{}, Signature{}
		if len(f.Ceilings) == 0 {
			f.Ceilings = old.Ceilings
		}
		return &m, s.begin(ctx, tx, who, &m, f)
	})
}

// begin writes a draft down.
func (s *Service) begin(ctx context.Context, tx pgx.Tx, who account.Actor, m *Mandate, f Form) (err error) {
	m.State, m.StateAt, m.MadeAt, m.DraftedBy, m.drafter, m.sent = Draft, s.instant(), s.instant(), who.Name, who.ID, f.Sent
	if err := s.fill(ctx, tx, who, m, f); err != nil {
		return err
	}
	if m.Number, err = cases.Number(ctx, tx, "AUTH", s.instant()); err != nil {
		return err
	}
	if err := insertMandate(ctx, tx, m); err != nil {
		return err
	}
	if err := s.happened(ctx, tx, who, "mandate", m.ID, Event{Act: string(DraftIt), Side: OfBody, State: string(m.State)}); err != nil {
		return err
	}
	return audit.Append(ctx, tx, who, "mandate", m.Number, string(DraftIt), map[string]string{"plan": m.Plan, "operator": m.Operator.Code})
}

// fill reads a form into a draft.
func (s *Service) fill(ctx context.Context, q database.Querier, who account.Actor, m *Mandate, f Form) (err error) {
	if m.Title, err = prose("title", f.Title); err != nil {
		return err
	}
	switch {
	case m.Title == "":
		return fault.At("title", "这一项须填写。")
	case len([]rune(m.Title)) > 200:
		return fault.At("title", "太长，最多 %d 个字。", 200)
	case f.Income < 0:
		return fault.At("income", "请写金额，不写就是没有定。")
	case f.IncomeMonths < 0 || f.IncomeMonths > s.limits.Months:
		return fault.At("income_months", "请写几个月一期，最多 %d 个月。", s.limits.Months)
	}
	if m.From, err = dayOf("from", f.From); err != nil {
		return err
	}
	last, err := dayOf("last", f.Last)
	if err != nil {
		return err
	}
	if last.Before(m.From) {
		return fault.At("last", "最后一天早于第一天。")
	}
	m.Until, m.Income, m.IncomeMonths = workdays.EndOfDay(last), f.Income, f.IncomeMonths
	if m.IncomeMonths == 0 {
		m.IncomeMonths = s.limits.Cycle
	}
	if len(f.Items) > 0 {
		if m.Items, err = s.items(ctx, who, f.Items); err != nil {
			return err
		}
	}
	if m.Ceilings, err = s.ceilings(m, f.Ceilings); err != nil {
		return err
	}
	return s.lacks(ctx, q, m)
}

// ceilings are the ceilings of a form: each of a form of product of the mandate, in a
// unit in which that is counted.
func (s *Service) ceilings(m *Mandate, list []Ceiling) ([]Ceiling, error) {
	var out []Ceiling
	for _, c := range list {
		switch {
		case !slices.Contains(m.Forms, c.Form):
			return nil, fault.At("ceilings", "费用上限的产品形态不在授权的形态里。")
		case !slices.Contains(s.units(c.Form), c.Unit):
			return nil, fault.At("ceilings", "这种形态不按这个单位计量。")
		case c.Fen < 0 || c.Fen > 1e12:
			return nil, fault.At("ceilings", "请写金额。")
		case slices.ContainsFunc(out, func(o Ceiling) bool { return o.Form == c.Form && o.Unit == c.Unit }):
			return nil, fault.At("ceilings", "同一种形态和单位只写一个上限。")
		}
		out = append(out, c)
	}
	return out, nil
}

// lacks returns what is missing in a draft, or where it does not lie within its plan,
// the mandate that it renews or the one above it.
func (s *Service) lacks(ctx context.Context, q database.Querier, m *Mandate) error {
	if len(m.Ceilings) == 0 {
		return fault.At("ceilings", "请至少写一个费用上限。")
	}
	most := deadline.Months(m.From, s.limits.Months)
	if m.Until.After(most) {
		return fault.At("last", "期限最长 %d 个月（平台规则），最晚到 %s。", s.limits.Months, most.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	p, err := s.planByID(ctx, q, m.plan)
	if err != nil {
		return err
	}
	if most := deadline.Months(m.From, p.Months); m.Until.After(most) {
		return fault.At("last", "期限超过实施方案的 %d 个月，最晚到 %s。", p.Months, most.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	for _, i := range m.Items {
		k := slices.IndexFunc(p.Items, func(o Item) bool { return o.Dataset == i.Dataset })
		if k < 0 || !covers(p.Items[k].Columns, i.Columns) {
			return fault.At("items", "“%s”的范围超出实施方案。", i.Slug)
		}
		if !covers(m.Forms, i.Forms) || !covers(m.Purposes, i.Purposes) {
			return fault.At("items", "“%s”的形态或者用途超出授权的范围。", i.Slug)
		}
	}
	if m.renews != 0 {
		old, err := s.mandateByID(ctx, q, m.renews)
		if err != nil {
			return err
		}
		if m.From.Before(old.Until) {
			return fault.At("from", "续期从原协议到期以后开始，最早 %s。", old.Until.In(workdays.Zone).Format(time.DateOnly))
		}
	}
	if o, err := organisation(ctx, q, m.Operator.ID); err != nil {
		return err
	} else if o.Suspended {
		return fault.New(fault.Conflict, "运营机构没有通过认证或者已经暂停。")
	}
	if m.parent == 0 {
		return nil
	}
	above, err := s.mandateByID(ctx, q, m.parent)
	if err != nil {
		return err
	}
	return m.under(above)
}

// under returns fault.Invalid where a mandate does not lie within the one above it.
func (m *Mandate) under(above *Mandate) error {
	switch {
	case above.State != Active && above.State != Signed:
		return fault.New(fault.Conflict, "上级授权 %s 现在不是生效的。", above.Number)
	case m.From.Before(above.From):
		return fault.At("from", "期限早于上级授权 %s 的期限。", above.Number)
	case m.Until.After(above.Until):
		return fault.At("last", "期限超出上级授权 %s，最晚到 %s。", above.Number, above.Last().In(workdays.Zone).Format(time.DateOnly))
	case above.Income > 0 && m.Income > above.Income:
		return fault.At("income", "最高准许收入高于上级授权 %s。", above.Number)
	}
	for _, c := range m.Ceilings {
		k := slices.IndexFunc(above.Ceilings, func(a Ceiling) bool { return a.Form == c.Form && a.Unit == c.Unit })
		if k >= 0 && above.Ceilings[k].Fen < c.Fen {
			return fault.At("ceilings", "费用上限高于上级授权 %s。", above.Number)
		}
	}
	return within(above, m.Forms, m.Purposes, m.Items)
}

// SaveMandate changes an agreement that is a draft.
func (s *Service) SaveMandate(ctx context.Context, who account.Actor, number string, revision int, f Form) (*Mandate, error) {
	if err := draws(who); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Mandate, error) {
		m, err := s.mandateBy(ctx, tx, number, true)
		switch {
		case err != nil:
			return nil, err
		case who.Department != m.Body.ID:
			return nil, errNoMandate()
		case m.Revision != revision:
			return m, errMoved()
		case m.State != Draft:
			return m, fault.New(fault.Conflict, "协议已经送审，不能修改；退回以后可以改。")
		}
		if err := s.fill(ctx, tx, who, m, f); err != nil {
			return m, err
		}
		m.drafter, m.DraftedBy = who.ID, who.Name
		if err := saveDraft(ctx, tx, m); err != nil {
			return m, err
		}
		return m, audit.Append(ctx, tx, who, "mandate", m.Number, "save", nil)
	})
}

// Step is what somebody does with a mandate.
type Step struct {
	Action   Action
	Revision int
	Words    string // the reason
	Basis    string // provision or clause, of a suspension and a revocation
	Shown    string // SHA-256 of the text that was shown to whoever signs

	by party
}

// Move takes a mandate further. It returns fault.NotFound for one that who may not
// know of, fault.Forbidden where the move is another's, fault.Conflict where somebody
// was first, and fault.Invalid at the field where something lacks.
func (s *Service) Move(ctx context.Context, who account.Actor, number string, step Step) (*Mandate, error) {
	if err := proses(map[string]*string{"reason": &step.Words, "basis": &step.Basis}); err != nil {
		return nil, err
	}
	if step.Action.Weighty() {
		if err := s.accounts.RequireFresh(who); err != nil {
			return nil, err
		}
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Mandate, error) {
		m, err := s.mandateBy(ctx, tx, number, true)
		if err != nil {
			return nil, err
		}
		p, err := s.partyOf(ctx, tx, who, m)
		if err != nil {
			return nil, err
		}
		if !p.sees(m) {
			return nil, errNoMandate()
		}
		if !slices.Contains(sides[step.Action], p.side) || !p.may(step.Action) {
			return m, errNotYours()
		}
		if m.Revision != step.Revision {
			return m, errMoved()
		}
		if err := s.rank(ctx, tx, m, p); err != nil {
			return m, err
		}
		step.by = p
		return m, s.move(ctx, tx, who, m, step)
	})
}

// byItself is where the platform stands to what time moves.
var byItself = party{side: OfPlatform}

// rank finds out which of two is higher: a party, and whoever holds a mandate.
func (s *Service) rank(ctx context.Context, q database.Querier, m *Mandate, p party) (err error) {
	m.by, m.held = p.holds(), hold.By{Side: string(m.HeldBy)}
	if m.HeldBy == OfAbove {
		m.held.Level, err = levelOf(ctx, q, m.ID, m.HeldBody.ID)
	}
	return err
}

// move makes the move and everything that comes of it.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, m *Mandate, step Step) (err error) {
	m.words, m.basis, m.who, m.at = step.Words, step.Basis, who, s.instant()
	switch step.Action {
	case Submit, Approve:
		m.lacks = s.lacks(ctx, tx, m)
	case SignBody, SignOperator:
		if m.State == Approved && step.Shown != m.SHA256 {
			return fault.New(fault.Conflict, "协议的文本和您看到的不一样，请重新打开看看。")
		}
	case Close:
		if m.holds, err = below(ctx, tx, m.ID); err != nil {
			return err
		}
	}
	from, earlier := m.State, m.HeldBody
	if m.State, err = mandates.Next(from, step.Action, who, m); err != nil {
		return err
	}
	if err := s.effects(m, step, from); err != nil {
		return err
	}
	if err := saveMandate(ctx, tx, m, step.Action); err != nil {
		return err
	}
	if err := s.happened(ctx, tx, who, "mandate", m.ID, Event{Act: string(step.Action), Side: step.by.acts(), Words: m.words, State: string(m.State)}); err != nil {
		return err
	}
	details := audit.Moved(from, m.State)
	for key, words := range map[string]string{"reason": m.words, "basis": m.basis} {
		if words != "" {
			details[key] = words
		}
	}
	if step.Action == Approve || step.Action == SignBody || step.Action == SignOperator {
		details["sha256"] = m.SHA256
	}
	if err := audit.Append(ctx, tx, who, "mandate", m.Number, string(step.Action), details); err != nil {
		return err
	}
	if slices.Contains(announced, step.Action) {
		moved := MandateMoved{Mandate: m.ID, Act: string(step.Action), Words: m.words, At: m.at}
		moved.From, moved.FromEN = step.by.named(m.Body, m.Operator)
		if err := jobs.Announce(ctx, tx, moved); err != nil {
			return err
		}
	}
	if err := s.tell(ctx, tx, m, step, earlier); err != nil {
		return err
	}
	if step.Action == SignBody && !m.at.Before(m.From) { // the term has begun
		return s.move(ctx, tx, platform(), m, Step{Action: Begin, by: byItself})
	}
	return nil
}

// effects are what a move leaves in the mandate.
func (s *Service) effects(m *Mandate, step Step, from State) error {
	if m.State != from {
		m.StateAt = m.at
	}
	sign := Signature{By: m.who.Name, At: &m.at, by: m.who.ID}
	switch step.Action {
	case Approve:
		m.ApprovedBy, m.approver, m.LockedAt, m.Template, m.Tariff = m.who.Name, m.who.ID, &m.at, template, s.tariff
		m.Text = s.draw(m)
		sum := sha256.Sum256([]byte(m.Text))
		m.SHA256 = hex.EncodeToString(sum[:])
	case SignBody:
		m.BodySigned = sign
	case SignOperator:
		m.OpSigned = sign
	case Suspend, Freeze, TakeOver:
		m.HeldBy, m.HeldBody = step.by.acts(), step.by.body
	}
	if m.State != Suspended {
		m.HeldBy, m.HeldBody = "", Body{}
	}
	if m.words != "" {
		m.Reason = m.words
	}
	if m.basis != "" {
		m.Basis = m.basis
	}
	return nil
}

// party is where somebody stands toward a mandate.
type party struct {
	side  Side
	own   bool // of the body itself, and not of one above it
	level int  // of a body above: how many mandates up
	body  Body // that one
	owner bool // signs for the operator
}

// bodyParty is the party of a body that stands level mandates above.
func bodyParty(ctx context.Context, q database.Querier, department int64, level int) (p party, err error) {
	p = party{side: OfBody, own: level == 0, level: level}
	if level > 0 {
		p.body, err = bodyByID(ctx, q, department)
	}
	return p, err
}

// holds is a party as one that holds, or would.
func (p party) holds() hold.By { return hold.By{Side: string(p.acts()), Level: p.level} }

// acts is as which side a party acts.
func (p party) acts() Side {
	if p.side == OfBody && p.level > 0 {
		return OfAbove
	}
	return p.side
}

// partyOf is on which side of a mandate who stands; the zero party: on none.
func (s *Service) partyOf(ctx context.Context, q database.Querier, who account.Actor, m *Mandate) (party, error) {
	switch {
	case who.IsVisitor() || who.Key != "":
		return party{}, nil
	case who.Is(account.Regulator):
		return party{side: OfRegulator}, nil
	case who.Any(approvers...) && who.Department == m.Body.ID:
		return party{side: OfBody, own: true}, nil
	case who.Any(approvers...) && who.Department != 0 && m.parent != 0:
		level, err := levelOf(ctx, q, m.ID, who.Department)
		if err != nil || level < 0 {
			return party{}, err
		}
		return bodyParty(ctx, q, who.Department, level)
	case who.Is(account.Operator):
		role, err := roleIn(ctx, q, m.Operator.ID, who.ID)
		if err != nil || role == "" {
			return party{}, err
		}
		return party{side: OfOperator, owner: role == account.Owner}, nil
	}
	return party{}, nil
}

// sees reports whether a party may know of a mandate beyond what is public: an
// operator from the day the text is locked on.
func (p party) sees(m *Mandate) bool {
	return p.side == OfBody || p.side == OfRegulator || p.side == OfOperator && (m.LockedAt != nil || m.State.Public())
}

// may reports whether a party takes an action: the body above one's own approves and
// supervises and does not sign, and only owners bind the operator.
func (p party) may(a Action) bool {
	switch p.side {
	case OfBody:
		return p.own || slices.Contains([]Action{Approve, Return, Suspend, TakeOver, Resume, Revoke}, a)
	case OfOperator:
		return p.owner
	}
	return true
}

// View is a mandate as somebody sees it.
type View struct {
	*Mandate
	Side        Side
	Own         bool // who is of the body itself, and not of one above it
	Owner       bool // who signs for the operator
	Offers      []Action
	Edits       bool
	Renews      bool
	Evaluates   bool
	Screens     bool // entries of developers
	Below       Counts
	Holds       []Below // what keeps it from being closed
	Evaluations []Evaluation
	Events      []Event
}

// Counts is what stands below a mandate.
type Counts struct {
	Mandates   int
	Developers int
	Scenarios  int
	Contracts  int
	Grants     int
}

// Mandate is a mandate for somebody of one of its sides, with what they can do.
func (s *Service) Mandate(ctx context.Context, who account.Actor, number string) (*View, error) {
	m, err := s.mandateBy(ctx, s.pool, number, false)
	if err != nil {
		return nil, err
	}
	p, err := s.partyOf(ctx, s.pool, who, m)
	if err != nil {
		return nil, err
	}
	if !p.sees(m) {
		return nil, errNoMandate()
	}
	m.who, m.at = who, s.instant()
	v := &View{Mandate: m, Side: p.side, Own: p.own, Owner: p.owner}
	if v.Holds, err = below(ctx, s.pool, m.ID); err != nil {
		return nil, err
	}
	m.holds = v.Holds
	if err := s.rank(ctx, s.pool, m, p); err != nil {
		return nil, err
	}
	for _, a := range mandates.Offer(m.State, who, m) {
		if slices.Contains(sides[a], p.side) && p.may(a) {
			v.Offers = append(v.Offers, a)
		}
	}
	own := p.own && who.Is(account.Authority)
	v.Edits, v.Renews, v.Evaluates = own && m.State == Draft, own && (m.State == Active || m.State == Expired), own && m.BodySigned.At != nil
	v.Screens = p.side == OfOperator
	if v.Below, err = counts(ctx, s.pool, m.ID); err != nil {
		return nil, err
	}
	if v.Evaluations, err = selectEvaluations(ctx, s.pool, m.ID); err != nil {
		return nil, err
	}
	v.Events, err = selectEvents(ctx, s.pool, "mandate", m.ID)
	return v, err
}

// Filter narrows a list at the desk.
type Filter struct {
	State   string
	All     bool     // also what is over
	Numbers []string // of entries; none: all
	Before  int64
	Limit   int
}

// Mandates are the mandates that who sees at the desk, the newest first: of the own
// body and below it, of the own organisation, and for who regulates all.
func (s *Service) Mandates(ctx context.Context, who account.Actor, f Filter) ([]Mandate, error) {
	args := pgx.NamedArgs{"department": who.Department, "user": who.ID, "state": f.State, "before": f.Before, "limit": f.Limit}
	var where string
	switch {
	case who.Key != "":
		return nil, errNotYours()
	case who.Is(account.Regulator):
		where = `true`
	case who.Any(approvers...):
		where = `(m.body_id = @department OR m.id IN (` + belowBody + `))`
	case who.Is(account.Operator):
		where = `m.locked_at IS NOT NULL AND m.operator_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`
	default:
		return nil, errNotYours()
	}
	if f.State != "" {
		where += ` AND m.state = @state`
	} else if !f.All {
		where += ` AND m.state NOT IN ('closed', 'withdrawn')`
	}
	if f.Before > 0 {
		where += ` AND m.id < @before`
	}
	return s.mandateList(ctx, s.pool, where, args)
}

// Tick begins and ends mandates whose day has come and reminds of their end. It may
// run as often as one likes.
func (s *Service) Tick(ctx context.Context) error {
	return errors.Join(s.tickMandates(ctx), s.remind(ctx))
}

// tickMandates makes the moves that time makes; one that cannot be made keeps no other
// from being made.
func (s *Service) tickMandates(ctx context.Context) error {
	due, failed := dueMandates(ctx, s.pool, s.instant())
	for _, number := range due {
		_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			var none struct{}
			m, err := s.mandateBy(ctx, tx, number, true)
			if err != nil {
				return none, err
			}
			act := Begin
			if !s.instant().Before(m.Until) {
				act = Expire
			}
			err = s.move(ctx, tx, platform(), m, Step{Action: act, by: byItself})
			if fault.KindOf(err) == fault.Conflict { // somebody was first
				err = nil
			}
			return none, err
		})
		failed = errors.Join(failed, err)
	}
	return failed
}

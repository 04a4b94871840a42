package supervision

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/licensing/sharing"
)

// The periods of a breach case: no text has them, but the last is asked of disputes
// about sharing too.
var (
	lookTerm    = deadline.Term{House: "breach_look"}
	answerTerm  = deadline.Term{House: "breach_answer"}
	decideTerm  = deadline.Term{House: "breach_decision"}
	disputeTerm = deadline.Term{House: "breach_dispute"}
	verdictTerm = deadline.Term{House: "authority_decision"}
)

func errNoBreach() error { return fault.New(fault.NotFound, "没有这件违约案。") }

// Of names a grant: the number of one of an application (SQZ-…), or of sharing GX-
// with the number of its request.
type Of string

// OfRequest names the grant of sharing of a request.
func OfRequest(id int64) Of { return Of("GX-" + strconv.FormatInt(id, 10)) }

// request is the request of a grant of sharing.
func (o Of) request() (int64, bool) {
	raw, ok := strings.CutPrefix(string(o), "GX-")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	return n, err == nil && n > 0
}

// Charge is what is held against a holder.
type Charge struct {
	Violations []string // codes of the rule
	Facts      string
	Evidence   string
	Halt       bool   // suspend the grant at once
	Sent       string // mark of the form that opens a case: one, however often it is sent
}

// Subject is a grant as a case can be opened against it.
type Subject struct {
	Breach          // of what it is against, alone
	Side   Side     // on which whoever asks stands
	Rule   named    // of the kinds of breach
	Past   []Breach // that were decided against the same holder
	May    bool     // open a case
}

// Against is the grant that of names, for who has to do with it.
func (s *Service) Against(ctx context.Context, who account.Actor, of Of) (*Subject, error) {
	x := &Subject{}
	b := &x.Breach
	b.now(s)
	if number, ok := of.request(); ok {
		r, parts, _, err := s.sharing.One(ctx, who, number)
		if fault.KindOf(err) == fault.NotFound && who.Key == "" && who.Is(account.Regulator) {
			r, err = s.sharing.Supervised(ctx, number)
		}
		if err != nil {
			return nil, err
		}
		if r.Grant == nil {
			return nil, fault.New(fault.Conflict, "这件共享申请没有授权。")
		}
		b.Share, b.Request, b.Dataset.ID, b.Purpose, b.department = r.Grant.ID, r.ID, r.Entry.ID, r.Grant.Purpose, r.Asker.ID
		b.Dataset.Slug, b.Dataset.Title, b.Dataset.TitleEN, b.Holder, b.HolderEN, b.GrantNo = r.Entry.Slug, r.Entry.Title, r.Entry.TitleEN, r.Asker.Name, r.Asker.NameEN, string(OfRequest(r.ID))
		b.Dataset.Department = r.Provider
		switch {
		case who.Is(account.Regulator):
			x.Side = OfRegulator
		case slices.Contains(parts, sharing.Asker):
			x.Side = OfHolder
		case slices.Contains(parts, sharing.Provider):
			x.Side = OfDepartment
		default:
			x.Side = OfAuthority
		}
	} else {
		g, side, err := s.licensing.Grant(ctx, who, string(of))
		if err != nil {
			return nil, err
		}
		b.Grant, b.GrantNo, b.Dataset, b.Purpose, b.Holder, b.user, b.organisation, x.Side = g.ID, g.Number, g.Dataset, g.Purpose, g.Holder, g.User, g.Organisation, side
	}
	b.Profile = b.Dataset.Department.Profile
	x.Rule = s.violations(b)
	x.May = x.Side != OfHolder && who.Any(deskers...)
	var err error
	if x.May {
		x.Past, err = s.past(ctx, b)
	}
	return x, err
}

// violations are the kinds of breach that the text in force names.
func (s *Service) violations(b *Breach) named {
	if b.OfSharing() {
		return s.kinds(b.Profile, "breach_violations", s.now(), "share.violations", "violations")
	}
	return s.kinds(b.Profile, "breach_violations", s.now(), "violations")
}

func (b *Breach) now(s *Service) { b.at = s.now() }

// ReportBreach says that a grant is not used as it must be. Anybody who may see the
// grant can; the department of the data looks at it.
func (s *Service) ReportBreach(ctx context.Context, who account.Actor, of Of, facts string) (*Breach, error) {
	x, err := s.Against(ctx, who, of)
	if err != nil {
		return nil, err
	}
	b := &x.Breach
	if b.Facts, err = prose("facts", facts); err != nil {
		return nil, err
	}
	at := s.instant()
	b.State, b.ReportedAt, b.Reporter, b.reportedBy, b.Decider = Suspected, &at, who.Name, who.ID, OfDepartment
	return b, s.begin(ctx, who, x.Side, b, Report, lookTerm, "")
}

// OpenBreach opens a case against a grant: of the department of the data, the
// authority or the regulator.
func (s *Service) OpenBreach(ctx context.Context, who account.Actor, of Of, c Charge) (*Breach, error) {
	x, err := s.Against(ctx, who, of)
	if err != nil {
		return nil, err
	}
	if !x.May {
		return nil, errNotYours()
	}
	b := &x.Breach
	if err := s.charge(b, x.Side, who, c); err != nil {
		return nil, err
	}
	if err := accused(b); err != nil {
		return nil, err
	}
	if c.Halt {
		if err := s.mayHalt(who, x.Side); err != nil {
			return nil, err
		}
		b.Holds = true
	}
	b.State, b.sent = Hearing, c.Sent
	return b, s.begin(ctx, who, x.Side, b, Open, answerTerm, b.Facts)
}

// mayHalt: the department of the data and the regulator suspend at once (law matrix
// 5.1), who show anew who they are.
func (s *Service) mayHalt(who account.Actor, side Side) error {
	if side != OfDepartment && side != OfRegulator {
		return fault.At("halt", "立即暂停由数据部门或者监管机构决定。")
	}
	return s.accounts.RequireFresh(who)
}

// charge puts what is held against the holder into b.
func (s *Service) charge(b *Breach, side Side, who account.Actor, c Charge) (err error) {
	if b.Facts, err = optional("facts", c.Facts); err != nil {
		return err
	}
	if b.Evidence, err = optional("evidence", c.Evidence); err != nil {
		return err
	}
	rule := s.violations(b)
	options, ok := chosen(rule.Rule, c.Violations)
	if !ok {
		return fault.At("violation", "没有这种违约，请从列表里选。")
	}
	at := s.instant()
	b.Violations, b.Rule, b.ruleProfile, b.rulePath, b.codes = options, rule.Rule, rule.Profile, rule.Path, c.Violations
	b.RuleOf, b.Decider, b.OpenedAt, b.Opener, b.openedBy = rule.Profile, side, &at, who.Name, who.ID
	return nil
}

// begin writes a new case.
func (s *Service) begin(ctx context.Context, who account.Actor, side Side, b *Breach, a BreachAction, term deadline.Term, words string) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		var err error
		if b.ID, b.Number, err = cases.Made(ctx, tx, "breaches", b.sent); err != nil || b.ID != 0 {
			return none, err
		}
		if b.Number, err = cases.Number(ctx, tx, "WY", s.instant()); err != nil {
			return none, err
		}
		if err := s.startClock(b, term); err != nil {
			return none, err
		}
		if b.Holds {
			if b.suspended, err = s.suspend(ctx, tx, who, side, b); err != nil {
				return none, err
			}
		}
		if err := insertBreach(ctx, tx, b); err != nil {
			return none, err
		}
		details := map[string]string{"grant": b.GrantNo}
		if b.Holds {
			details["suspended"] = "yes"
		}
		if err := s.happened(ctx, tx, who, side, "breach", b.ID, string(a), words); err != nil {
			return none, err
		}
		if err := audit.Append(ctx, tx, who, "breach", b.Number, string(a), details); err != nil {
			return none, err
		}
		return none, s.tellBreach(ctx, tx, b, a)
	})
	return err
}

func (s *Service) startClock(b *Breach, term deadline.Term) error {
	clock, err := s.clocks.Start(b.Profile, term, s.instant())
	if err != nil {
		return err
	}
	b.Clock, b.clock = &clock, clock.Ref
	return nil
}

// BreachStep is what somebody does in a breach case.
type BreachStep struct {
	Action   BreachAction
	Revision int
	Words    string // the reason, the answer, the grounds, the verdict
	Basis    string // of a revocation
	Charge          // of opening what was reported
}

// MoveBreach takes a case further. It returns fault.NotFound for one that who may
// not know of, fault.Forbidden where the move is another's, fault.Conflict where
// somebody was first, and fault.Invalid at the field where something lacks.
func (s *Service) MoveBreach(ctx context.Context, who account.Actor, number string, step BreachStep) (*Breach, error) {
	words, err := optional(step.Action.Field(), step.Words)
	if err != nil {
		return nil, err
	}
	if step.Basis, err = optional("basis", step.Basis); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Breach, error) {
		b, side, err := s.breach(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if !breachSide(b, side, step.Action) {
			return b, errNotYours()
		}
		if b.Revision != step.Revision {
			return b, errMoved()
		}
		if weighty(step.Action) || step.Action == Open && step.Halt {
			if err := s.accounts.RequireFresh(who); err != nil {
				return b, err
			}
		}
		b.words = words
		return b, s.moveBreach(ctx, tx, who, side, b, step)
	})
}

// weighty are the acts that stop, end or give back a grant.
func weighty(a BreachAction) bool {
	return slices.Contains([]BreachAction{Halt, HoldUp, Revoke, Overturn, Uphold, Mend, Clear, Warn}, a)
}

// Field is the field of the form in which the words of an action stand.
func (a BreachAction) Field() string {
	switch a {
	case Answer:
		return "answer"
	case Dispute:
		return "grounds"
	case Uphold, Overturn:
		return "verdict"
	}
	return "reason"
}

// moveBreach makes the move and everything that comes of it.
func (s *Service) moveBreach(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, b *Breach, step BreachStep) error {
	b.who = who
	switch step.Action {
	case Open:
		said := b.Facts // what was reported, where nothing else is said
		if err := s.charge(b, side, who, step.Charge); err != nil {
			return err
		}
		if b.Facts == "" {
			b.Facts = said
		}
		if step.Halt {
			if err := s.mayHalt(who, side); err != nil {
				return err
			}
			b.Holds = true
		}
	case Answer:
		b.Answer = b.words
	case Revoke:
		b.Basis = step.Basis
	case Dispute:
		b.Grounds = b.words
	case Uphold, Overturn:
		b.Verdict = b.words
	}
	from := b.State
	to, err := breaches.Next(from, step.Action, who, b)
	if err != nil {
		return err
	}
	b.State = to
	if err := s.breachEffects(ctx, tx, who, side, b, step.Action); err != nil {
		return err
	}
	if err := saveBreach(ctx, tx, b); err != nil {
		return err
	}
	details := audit.Moved(from, to)
	details["grant"] = b.GrantNo
	if b.words != "" {
		details["words"] = b.words
	}
	if err := s.happened(ctx, tx, who, side, "breach", b.ID, string(step.Action), b.words); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "breach", b.Number, string(step.Action), details); err != nil {
		return err
	}
	return s.tellBreach(ctx, tx, b, step.Action)
}

// outcomes are what decisions amount to.
var outcomes = map[BreachAction]Outcome{Clear: NoBreach, Warn: Warning, HoldUp: Suspension, Revoke: Revocation}

// breachEffects are the clock of the next step, and what becomes of the grant.
func (s *Service) breachEffects(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, b *Breach, a BreachAction) (err error) {
	at := s.instant()
	if o, decided := outcomes[a]; decided {
		b.Outcome, b.Reason, b.DecidedBy, b.decidedBy, b.DecidedAt = o, b.words, who.Name, who.ID, &at
	}
	switch a {
	case Open:
		err = s.startClock(b, answerTerm)
		if err == nil && b.Holds {
			b.suspended, err = s.suspend(ctx, tx, who, side, b)
		}
	case Halt:
		b.Holds = true
		b.suspended, err = s.suspend(ctx, tx, who, side, b)
	case Answer:
		b.AnsweredAt = &at
		err = s.startClock(b, decideTerm)
	case Refer:
		b.Decider = OfAuthority
	case Dismiss:
		b.Reason, b.EndedAt = b.words, &at
	case Clear:
		b.EndedAt = &at
		err = s.lift(ctx, tx, who, side, b)
	case Warn:
		if err = s.startClock(b, disputeTerm); err == nil {
			err = s.lift(ctx, tx, who, side, b)
		}
	case HoldUp, Revoke:
		if err = s.startClock(b, disputeTerm); err == nil && !b.Holds {
			b.Holds = true
			b.suspended, err = s.suspend(ctx, tx, who, side, b)
		}
	case Dispute:
		b.DisputedAt = &at
		err = s.startClock(b, verdictTerm)
	case Uphold:
		b.VerdictBy, b.verdictBy, b.VerdictAt = who.Name, who.ID, &at
		switch b.Outcome {
		case Revocation:
			b.EndedAt = &at
			err = s.revoke(ctx, tx, who, side, b)
		case Warning:
			b.EndedAt = &at
		}
	case Overturn:
		b.VerdictBy, b.verdictBy, b.VerdictAt, b.EndedAt = who.Name, who.ID, &at, &at
		err = s.lift(ctx, tx, who, side, b)
	case Mend:
		b.EndedAt = &at
		err = s.lift(ctx, tx, who, side, b)
	case Enforce:
		b.EndedAt = &at
		err = s.revoke(ctx, tx, who, side, b)
	}
	return err
}

// why is the reason that the grant keeps of what the case does to it.
func (b *Breach) why() string {
	if b.words == "" {
		return b.Number + "：" + b.Facts
	}
	return b.Number + "：" + b.words
}

// suspend suspends the grant, if it is used now; done is false where it was not.
func (s *Service) suspend(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, b *Breach) (done bool, err error) {
	if b.OfSharing() {
		return sharing.Halt(ctx, tx, who, b.Share, true, b.why(), s.instant())
	}
	return s.licensing.ByCase(ctx, tx, who, side, b.Grant, "suspend", b.why())
}

// lift lets the grant be used again that this case suspended, unless another case
// still holds it: then it is that case's suspension.
func (s *Service) lift(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, b *Breach) error {
	was := b.suspended
	b.Holds, b.suspended = false, false
	if !was {
		return nil
	}
	other, err := handOn(ctx, tx, b)
	if err != nil || other {
		return err
	}
	if b.OfSharing() {
		_, err = sharing.Halt(ctx, tx, who, b.Share, false, b.why(), s.instant())
		return err
	}
	_, err = s.licensing.ByCase(ctx, tx, who, side, b.Grant, "reinstate", b.why())
	return err
}

// revoke ends the grant.
func (s *Service) revoke(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, b *Breach) error {
	b.Holds, b.suspended = false, false
	why := b.Number + "：" + b.Reason
	if b.OfSharing() {
		_, err := s.sharing.RevokeByCase(ctx, tx, who, b.Request, why)
		return err
	}
	_, err := s.licensing.ByCase(ctx, tx, who, side, b.Grant, "revoke", why)
	return err
}

// breach is a case that who may know of, and on which side who stands.
func (s *Service) breach(ctx context.Context, q database.Querier, who account.Actor, number string, lock bool) (*Breach, Side, error) {
	if lock {
		if err := lockBreach(ctx, q, number); err != nil {
			return nil, "", err
		}
	}
	found, err := s.breachList(ctx, q, `b.number = @number`, `b.id`, pgx.NamedArgs{"number": number, "limit": 1})
	if err != nil {
		return nil, "", err
	}
	if len(found) == 0 {
		return nil, "", errNoBreach()
	}
	b := &found[0]
	side, err := s.breachParty(ctx, q, who, b)
	if err == nil && side == "" {
		err = errNoBreach()
	}
	return b, side, err
}

// breachParty is on which side of a case who stands; empty: on none. A holder knows
// of what was opened, and not of what was reported.
func (s *Service) breachParty(ctx context.Context, q database.Querier, who account.Actor, b *Breach) (Side, error) {
	switch {
	case who.IsVisitor() || who.Key != "":
		return "", nil
	case who.Any(body...) && who.Department != 0 && who.Department == b.Dataset.Department.ID:
		return OfDepartment, nil
	case who.Is(account.Authority):
		ours, err := overseen(ctx, q, who, b.Profile)
		if err != nil || !ours {
			return "", err
		}
		return OfAuthority, nil
	case who.Is(account.Regulator):
		return OfRegulator, nil
	case b.State == Suspected || b.State == Dismissed:
		return "", nil
	}
	held, err := holds(ctx, q, who, b.user, b.organisation, b.department)
	if err != nil || !held {
		return "", err
	}
	return OfHolder, nil
}

// BreachView is a case as somebody sees it.
type BreachView struct {
	*Breach
	Side   Side
	Offers []BreachAction
	Events []Event
	Past   []Breach // decided against the same holder; for the desk alone
	Kinds  policyRule
}

// Breach is a case that who may know of, with what they can do in it.
func (s *Service) Breach(ctx context.Context, who account.Actor, number string) (*BreachView, error) {
	b, side, err := s.breach(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	b.who = who
	v := &BreachView{Breach: b, Side: side}
	for _, a := range breaches.Offer(b.State, who, b) {
		if breachSide(b, side, a) {
			v.Offers = append(v.Offers, a)
		}
	}
	if v.Events, err = s.events(ctx, "breach", b.ID); err != nil {
		return nil, err
	}
	kinds := s.violations(b)
	v.Kinds = policyRule{kinds.Profile, kinds.Rule}
	if side != OfHolder {
		v.Past, err = s.past(ctx, b)
	} else {
		v.hideReport()
	}
	return v, err
}

// Filter narrows a list of cases.
type Filter struct {
	All    bool   // what is over, too
	Late   bool   // only what is owed past its day
	State  string // empty: any
	Before int64
	Limit  int
}

// Breaches are the cases that who sees at the desk, the newest first: of the data
// of the own department, of what it holds of others, and for the authority and the
// regulator those that they oversee.
func (s *Service) Breaches(ctx context.Context, who account.Actor, f Filter) ([]Breach, error) {
	where, args, err := s.mineAtDesk(ctx, who)
	if err != nil {
		return nil, err
	}
	if !f.All {
		where += ` AND b.state IN ('suspected', 'hearing', 'answered', 'held', 'revoking', 'disputed')`
	}
	if f.State != "" {
		where += ` AND b.state = @state`
		args["state"] = f.State
	}
	if f.Before > 0 {
		where += ` AND b.id < @before`
		args["before"] = f.Before
	}
	args["limit"] = f.Limit
	if !f.Late {
		return s.breachList(ctx, s.pool, where, `b.id DESC`, args)
	}
	args["limit"] = mostLate
	found, err := s.breachList(ctx, s.pool, where+` AND b.state IN ('suspected', 'answered', 'disputed')`, `b.id DESC`, args)
	found = slices.DeleteFunc(found, func(b Breach) bool { return !b.Late(s.now()) })
	return found[:min(len(found), f.Limit)], err
}

// mostLate is among how many open cases the late ones are looked for.
const mostLate = 2000

func (s *Service) mineAtDesk(ctx context.Context, who account.Actor) (string, pgx.NamedArgs, error) {
	args := pgx.NamedArgs{"department": who.Department}
	switch {
	case !Desk(who):
		return "", nil, fault.New(fault.Forbidden, "只有部门、主管部门和监管机构能看这一页。")
	case who.Is(account.Regulator):
		return `true`, args, nil
	case who.Is(account.Authority):
		profile, err := profileOf(ctx, s.pool, who.Department)
		args["profile"] = profile
		return `b.profile = @profile AND @profile <> ''`, args, err
	}
	return `(b.department_id = @department OR b.holder_department_id = @department AND b.state NOT IN ('suspected', 'dismissed'))`, args, nil
}

// BreachesOf are the cases against a grant that who may see, the newest first.
func (s *Service) BreachesOf(ctx context.Context, who account.Actor, of Of) ([]Breach, error) {
	x, err := s.Against(ctx, who, of)
	if err != nil {
		return nil, err
	}
	where := `b.grant_id IS NOT DISTINCT FROM nullif(@grant::bigint, 0) AND b.share_grant_id IS NOT DISTINCT FROM nullif(@share::bigint, 0)`
	if x.Side == OfHolder {
		where += ` AND b.opened_at IS NOT NULL`
	}
	return s.breachList(ctx, s.pool, where, `b.id DESC`, pgx.NamedArgs{"grant": x.Grant, "share": x.Share, "limit": 100})
}

// HeldBreach is a case against a grant of who's, for its holder alone, by a program
// too: it tells what the holder's page tells, and offers nothing.
func (s *Service) HeldBreach(ctx context.Context, who account.Actor, of Of, number string) (*BreachView, error) {
	x, err := s.Against(ctx, who, of)
	switch {
	case err != nil:
		return nil, err
	case x.Side != OfHolder || x.Grant == 0:
		return nil, errNoBreach()
	}
	found, err := s.breachList(ctx, s.pool, `b.number = @number AND b.grant_id = @grant AND b.opened_at IS NOT NULL`, `b.id`, pgx.NamedArgs{"number": number, "grant": x.Grant, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoBreach()
	}
	v := &BreachView{Breach: &found[0], Side: OfHolder}
	v.Events, err = s.events(ctx, "breach", v.ID)
	v.hideReport()
	return v, err
}

// hideReport takes from a case what its holder is not told: who reported it.
func (v *BreachView) hideReport() {
	v.Events = slices.DeleteFunc(v.Events, func(e Event) bool { return e.Act == string(Report) })
	v.Reporter = ""
}

// OwnBreaches are the cases against grants of who, for the export of an account:
// without who reported them.
func (s *Service) OwnBreaches(ctx context.Context, who account.Actor) ([]Breach, error) {
	found, err := s.breachList(ctx, s.pool, `b.holder_user_id = @user AND b.opened_at IS NOT NULL`, `b.id`, pgx.NamedArgs{"user": who.ID, "limit": 10000})
	for i := range found {
		found[i].Reporter, found[i].ReportedAt = "", nil
	}
	return found, err
}

// past are the breaches that were decided against whoever holds what b is about.
func (s *Service) past(ctx context.Context, b *Breach) ([]Breach, error) {
	return s.listedOf(ctx, b.user, b.organisation, b.department, b.ID)
}

// Past are the breaches that were decided against an organisation, or against
// somebody who acts for nobody else: for whoever decides what they apply for.
func (s *Service) Past(ctx context.Context, user, organisation int64) ([]Breach, error) {
	return s.listedOf(ctx, user, organisation, 0, 0)
}

func (s *Service) listedOf(ctx context.Context, user, organisation, department, but int64) ([]Breach, error) {
	where := `b.holder_department_id = @department`
	switch {
	case department != 0:
	case organisation != 0:
		where = `b.holder_organisation_id = @organisation`
	default:
		where = `b.holder_user_id = @user AND b.holder_organisation_id IS NULL`
	}
	return s.breachList(ctx, s.pool, where+` AND b.outcome IN ('warning', 'suspension', 'revocation') AND b.state NOT IN ('overturned', 'revoking', 'disputed') AND b.id <> @but`, `b.id DESC`,
		pgx.NamedArgs{"user": user, "organisation": organisation, "department": department, "but": but, "limit": 100})
}

// tickBreaches carries out the revocations whose days to be disputed are over.
func (s *Service) tickBreaches(ctx context.Context) error {
	return database.InBatches(ctx, database.Batch, func(ctx context.Context, after int64, limit int) ([]Breach, error) {
		return s.breachList(ctx, s.pool, `b.state = 'revoking' AND b.id > @after`, `b.id`, pgx.NamedArgs{"after": after, "limit": limit})
	}, func(b *Breach) int64 { return b.ID }, s.enforce)
}

// enforce carries out those whose days are over.
func (s *Service) enforce(ctx context.Context, due []Breach) error {
	for i := range due {
		if overdue(&due[i]) != nil {
			continue
		}
		_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			var none struct{}
			if err := lockBreach(ctx, tx, due[i].Number); err != nil {
				return none, err
			}
			found, err := s.breachList(ctx, tx, `b.number = @number AND b.state = 'revoking'`, `b.id`, pgx.NamedArgs{"number": due[i].Number, "limit": 1})
			if err != nil || len(found) == 0 {
				return none, err
			}
			return none, s.moveBreach(ctx, tx, platform(), OfPlatform, &found[0], BreachStep{Action: Enforce})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

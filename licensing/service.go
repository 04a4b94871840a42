package licensing

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/tender"
)

// Accounts are what applications need of people, as account.Service has it.
type Accounts interface {
	// RequireFresh returns fault.Forbidden unless a showed of late who they are.
	RequireFresh(a account.Actor) error
	// Organisation is one that a is in; fault.NotFound for another's.
	Organisation(ctx context.Context, a account.Actor, id int64) (account.Organisation, error)
	// Organisations are those that a is in.
	Organisations(ctx context.Context, a account.Actor) ([]account.Organisation, error)
	// CreateGrantKey makes a key of a's that reads under one grant.
	CreateGrantKey(ctx context.Context, a account.Actor, name string, valid time.Duration, grant int64) (string, *account.Key, error)
}

// Service has every operation on applications and grants.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	book      *policy.Book
	clocks    *deadline.Clocks
	accounts  Accounts
	limits    Limits
	now       func() time.Time
	papers    *papers.Service // nil: no files are handed in
	tenders   *tender.Service // nil: competitions are held elsewhere
	follows   []Follow
	batch     int // rows that a turn of the clock takes at a time
}

// New returns the applications for what is in a catalogue.
func New(pool *pgxpool.Pool, catalogue *datasets.Service, book *policy.Book, clocks *deadline.Clocks, accounts Accounts, now func() time.Time) (*Service, error) {
	limits, err := LimitsOf(book)
	return &Service{pool: pool, catalogue: catalogue, book: book, clocks: clocks, accounts: accounts, limits: limits, now: now, batch: database.Batch}, err
}

// The clocks of the steps before and after a decision: no text has them.
var (
	accepting  = deadline.Term{Path: "open.application.acceptance_deadline", House: "acceptance_of_application"}
	completing = deadline.Term{House: "completion_of_form"}
	signing    = deadline.Term{House: "agreement_signing"}
	disputing  = deadline.Term{Path: "open.application.dispute", House: "refusal_dispute_window"}
	judging    = deadline.Term{House: "authority_decision"}
)

func errNone() error { return fault.New(fault.NotFound, "没有这件申请。") }

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

// resume sets a's clocks by the rules that they began under.
func (s *Service) resume(a *Application) {
	a.Decision, a.Stage = nil, nil
	for _, c := range []struct {
		ref deadline.Ref
		to  **deadline.Clock
	}{{a.decision, &a.Decision}, {a.stage, &a.Stage}} {
		if clock, err := s.clocks.Resume(c.ref); c.ref.Path != "" && err == nil {
			*c.to = &clock
		}
	}
	a.award, a.completions = a.Lane == Commercial && s.rulesOf(a).Commercial.Award, s.limits.Completions
}

// rulesOf are the rules that a is decided by: of the day it was received.
func (s *Service) rulesOf(a *Application) Rules {
	at := s.now()
	if a.SubmittedAt != nil {
		at = *a.SubmittedAt
	}
	return RulesOn(s.book, a.Dataset.Department.Profile, at)
}

// Rules are the rules that a is decided by: of the day it was received, or of
// today where it was not yet.
func (s *Service) Rules(a *Application) Rules { return s.rulesOf(a) }

// Limits are the platform's own numbers.
func (s *Service) Limits() Limits { return s.limits }

// start begins the clock of a step.
func (s *Service) start(a *Application, t deadline.Term, from time.Time) error {
	clock, err := s.clocks.Begin(a.Dataset.Department.Profile, t, *a.SubmittedAt, from)
	a.stage = clock.Ref
	return err
}

// decide begins the clock of the decision.
func (s *Service) startDecision(a *Application, from time.Time) error {
	clock, err := s.clocks.Begin(a.Dataset.Department.Profile, s.rulesOf(a).Decide, *a.SubmittedAt, from)
	a.decision = clock.Ref
	return err
}

// goOn lets the clock of the decision run again.
func (s *Service) goOn(a *Application, at time.Time) (err error) {
	if a.StoppedAt == nil || a.decision.Path == "" {
		a.StoppedAt = nil
		return nil
	}
	a.decision, err = s.clocks.GoOn(a.decision, *a.StoppedAt, at)
	a.StoppedAt = nil
	return err
}

// Applicant is who an application can be made for.
type Applicant struct {
	Organisation int64 // 0: the person
	Kind         string
	Name, Code   string
	Signs        bool   // whoever asks may sign for it
	Wrong        string // why not, where one cannot apply; a sentence
}

// Applicants are those for whom who can apply: the person, and every
// organisation that who is in.
func (s *Service) Applicants(ctx context.Context, who account.Actor) ([]Applicant, error) {
	if who.IsVisitor() || who.Side != account.Use {
		return nil, nil
	}
	out := []Applicant{{Kind: "natural", Name: who.Name, Signs: true}}
	all, err := s.accounts.Organisations(ctx, who)
	for _, o := range all {
		a := Applicant{Organisation: o.ID, Kind: o.Kind, Name: o.Name, Code: o.Code, Signs: o.Role == account.Owner}
		switch {
		case o.Status != account.OrgVerified:
			a.Wrong = "机构还没有通过认证。"
		case !o.Stands():
			a.Wrong = "机构被数据主管部门暂停，恢复以前不能申请。"
		}
		out = append(out, a)
	}
	return out, err
}

// Prospect is what somebody is told before the first field: what is needed, how
// long it takes, and what became of those before.
type Prospect struct {
	Dataset    *datasets.Dataset
	Rules      Rules
	Conditions Conditions
	Limits     Limits
	Days       int            // working days, acceptance and decision together
	Rule       deadline.Clock // of the decision, as if it began now
	Accept     deadline.Clock
	Took       []int // working days that each decided application took, the shortest first
	Applicants []Applicant
	Under      *Application // one of who's that is under way; nil: none
}

// Median is the middle of what applications took; 0 where there were none.
func (p Prospect) Median() int {
	if len(p.Took) == 0 {
		return 0
	}
	return p.Took[len(p.Took)/2]
}

// Before is what who is told before an application for an entry. It returns
// fault.Invalid for what is open to everybody: nobody applies for that.
func (s *Service) Before(ctx context.Context, who account.Actor, slug string) (*Prospect, error) {
	d, err := s.applied(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	now := s.now()
	p := &Prospect{Dataset: d, Rules: RulesOn(s.book, d.Department.Profile, now), Limits: s.limits}
	kept, err := s.keptConditions(ctx, s.pool, d.ID)
	if err != nil {
		return nil, err
	}
	p.Conditions = conditionsOf(d, kept)
	if p.Rule, err = s.clocks.Start(d.Department.Profile, p.Rules.Decide, now); err != nil {
		return nil, err
	}
	if p.Accept, err = s.clocks.Start(d.Department.Profile, accepting, now); err != nil {
		return nil, err
	}
	p.Days, _ = p.Rule.Rule.Number()
	if !p.Rules.FromReceipt {
		n, _ := p.Accept.Rule.Number()
		p.Days += n
	}
	if p.Took, err = s.took(ctx, d.ID); err != nil {
		return nil, err
	}
	if p.Applicants, err = s.Applicants(ctx, who); err != nil || who.IsVisitor() {
		return p, err
	}
	mine, err := s.list(ctx, s.pool, `a.dataset_id = @dataset AND a.user_id = @user AND a.state IN ('draft', 'submitted', 'returned', 'accepted', 'awarding', 'offered')`, `ORDER BY a.id DESC LIMIT 1`,
		pgx.NamedArgs{"dataset": d.ID, "user": who.ID})
	if len(mine) > 0 {
		p.Under = &mine[0]
	}
	return p, err
}

// applied is an entry that can be applied for.
func (s *Service) applied(ctx context.Context, who account.Actor, slug string) (*datasets.Dataset, error) {
	d, err := s.catalogue.Dataset(ctx, who, slug)
	switch {
	case err != nil:
		return nil, err
	case d.Open == datasets.Unconditional:
		return nil, fault.New(fault.Invalid, "这份数据无条件开放，不用申请，可以直接下载。")
	case d.Status != datasets.Published || d.Open != datasets.Conditional:
		return nil, fault.New(fault.Conflict, "这个条目现在不能申请。")
	}
	return d, nil
}

// Begin makes a draft for an entry, or returns the one that is there. It
// returns fault.NotFound for an organisation that who is not in, and
// fault.Forbidden for whoever cannot apply.
func (s *Service) Begin(ctx context.Context, who account.Actor, slug string, organisation int64) (*Application, error) {
	if who.IsVisitor() {
		return nil, fault.New(fault.Unauthenticated, "请先登录。")
	}
	d, err := s.applied(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	as, err := s.as(ctx, who, organisation)
	if err != nil {
		return nil, err
	}
	now := s.instant()
	a := &Application{Kind: First, Dataset: *d, User: who.ID, Organisation: as.Organisation, Applicant: as.Kind, Name: as.Name, Code: as.Code, State: Draft, CreatedAt: now, SavedAt: now}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Application, error) { return a, s.begin(ctx, tx, who, a) })
	if once(err) {
		found, err := s.list(ctx, s.pool, `a.dataset_id = @dataset AND coalesce(a.organisation_id, -a.user_id) = @of AND a.state IN ('draft', 'submitted', 'returned', 'accepted', 'awarding', 'offered')`, `LIMIT 1`,
			pgx.NamedArgs{"dataset": d.ID, "of": ofApplicant(as.Organisation, who.ID)})
		if err != nil || len(found) == 0 {
			return nil, errors.Join(err, errNone())
		}
		found[0].there = true
		return &found[0], nil
	}
	return a, err
}

// begin keeps a draft under the next number.
func (s *Service) begin(ctx context.Context, tx pgx.Tx, who account.Actor, a *Application) (err error) {
	if a.Number, err = cases.Number(ctx, tx, "SQ", a.CreatedAt); err != nil {
		return err
	}
	if err := insert(ctx, tx, a); err != nil {
		return err
	}
	details := map[string]string{"dataset": a.Dataset.Slug}
	if a.Earlier != nil {
		details["kind"], details["grant"] = string(a.Kind), a.Earlier.Number
	}
	return audit.Append(ctx, tx, who, "application", a.Number, "begin", details)
}

// once reports whether err says that an applicant has an application for the
// entry under way.
func once(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.ConstraintName == "applications_once"
}

// ofApplicant tells applicants apart, as the index of the table does.
func ofApplicant(organisation, user int64) int64 {
	if organisation != 0 {
		return organisation
	}
	return -user
}

// as finds for whom who applies.
func (s *Service) as(ctx context.Context, who account.Actor, organisation int64) (Applicant, error) {
	if who.Side != account.Use {
		return Applicant{}, fault.New(fault.Forbidden, "部门之间用数据走共享，管理、监管和系统的账号不在这里申请。")
	}
	all, err := s.Applicants(ctx, who)
	if err != nil {
		return Applicant{}, err
	}
	i := slices.IndexFunc(all, func(a Applicant) bool { return a.Organisation == organisation })
	if i < 0 {
		return Applicant{}, fault.New(fault.NotFound, "没有这个机构，或者现在不能这样做。")
	}
	if all[i].Wrong != "" {
		return Applicant{}, fault.New(fault.Forbidden, all[i].Wrong)
	}
	return all[i], nil
}

// own reports whether who applied, or is of the organisation that did.
func (s *Service) own(ctx context.Context, q database.Querier, who account.Actor, a *Application) (bool, error) {
	if who.ID <= 0 {
		return false, nil
	}
	if a.Organisation == 0 {
		return a.User == who.ID, nil
	}
	return isMember(ctx, q, a.Organisation, who.ID)
}

// signs returns nil if who may sign for a's applicant: the person, or an owner
// of the organisation, which must still be a verified one.
func (s *Service) signs(ctx context.Context, who account.Actor, a *Application) error {
	if err := s.accounts.RequireFresh(who); err != nil {
		return err
	}
	if a.Organisation == 0 {
		return nil
	}
	o, err := s.accounts.Organisation(ctx, who, a.Organisation)
	switch {
	case err != nil:
		return err
	case o.Status != account.OrgVerified:
		return fault.New(fault.Conflict, "机构现在没有认证，不能签署。")
	case !o.Stands():
		return errSuspended()
	case o.Role != account.Owner:
		return fault.New(fault.Forbidden, "由机构的负责人签署和提交；您写的草稿已经保存，请告诉负责人。")
	}
	return nil
}

func errSuspended() error {
	return fault.New(fault.Conflict, "机构被数据主管部门暂停，恢复以前不能签署，也不能获得授权。")
}

// owns returns nil if who answers for an organisation; 0: for oneself.
func (s *Service) owns(ctx context.Context, who account.Actor, organisation int64) error {
	if organisation == 0 {
		return nil
	}
	o, err := s.accounts.Organisation(ctx, who, organisation)
	if err == nil && o.Role != account.Owner {
		err = fault.New(fault.Forbidden, "这一步由机构的负责人办。")
	}
	return err
}

// Side is on which side of an application somebody stands.
type Side string

// The sides.
const (
	OfApplicant  Side = "applicant"
	OfDepartment Side = "department"
	OfAuthority  Side = "authority"
	OfRegulator  Side = "regulator"
	OfPlatform   Side = "platform"
)

// side is where who stands; empty: nowhere, and the application is nothing to
// who. A draft is its applicant's alone.
func (s *Service) side(ctx context.Context, q database.Querier, who account.Actor, a *Application) (Side, error) {
	mine, err := s.own(ctx, q, who, a)
	switch {
	case err != nil:
		return "", err
	case mine:
		return OfApplicant, nil
	case a.SubmittedAt == nil || who.Key != "":
		return "", nil
	case who.Any(account.Officer, account.Head) && who.Department != 0 && who.Department == a.Dataset.Department.ID:
		return OfDepartment, nil
	case who.Is(account.Authority):
		binds, err := s.sameProfile(ctx, q, who, a)
		if err != nil || !binds {
			return "", err
		}
		return OfAuthority, nil
	case who.Is(account.Regulator):
		return OfRegulator, nil
	}
	return "", nil
}

// One is the application with that number, with its items, for who has to do
// with it, and on which side.
func (s *Service) One(ctx context.Context, who account.Actor, number string) (*Application, Side, error) {
	found, err := s.list(ctx, s.pool, `a.number = @number`, ``, pgx.NamedArgs{"number": number})
	if err != nil {
		return nil, "", err
	}
	if len(found) == 0 {
		return nil, "", errNone()
	}
	a := &found[0]
	side, err := s.side(ctx, s.pool, who, a)
	if err != nil {
		return nil, "", err
	}
	if side == "" {
		return nil, "", errNone()
	}
	return a, side, s.fillItems(ctx, s.pool, a)
}

// Events are what happened to an application that who may see.
func (s *Service) Events(ctx context.Context, who account.Actor, a *Application) ([]Event, error) {
	side, err := s.side(ctx, s.pool, who, a)
	if err != nil {
		return nil, err
	}
	if side == "" {
		return nil, errNone()
	}
	return s.selectEvents(ctx, a.ID)
}

// Agreements are the editions of the agreement, the newest first, for both
// sides.
func (s *Service) Agreements(ctx context.Context, who account.Actor, a *Application) ([]Agreement, error) {
	side, err := s.side(ctx, s.pool, who, a)
	if err != nil {
		return nil, err
	}
	if side == "" {
		return nil, errNone()
	}
	return selectAgreements(ctx, s.pool, a.ID)
}

// Mine are the applications of who and of who's organisations, the newest
// first; before is the id to go on from, 0 for the first page.
func (s *Service) Mine(ctx context.Context, who account.Actor, before int64, limit int) ([]Application, error) {
	if who.IsVisitor() {
		return nil, fault.New(fault.Unauthenticated, "请先登录。")
	}
	return s.list(ctx, s.pool, `(a.user_id = @user AND a.organisation_id IS NULL OR a.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)) AND (@before = 0 OR a.id < @before)`,
		`ORDER BY a.id DESC LIMIT @limit`, pgx.NamedArgs{"user": who.ID, "before": before, "limit": limit})
}

// Asked are the applications to who's department: those under way, or all.
func (s *Service) Asked(ctx context.Context, who account.Actor, all bool, before int64, limit int) ([]Application, error) {
	if !who.Any(account.Officer, account.Head) || who.Department == 0 {
		return nil, fault.New(fault.Forbidden, "只有部门的人能看这一页。")
	}
	return s.list(ctx, s.pool, `d.department_id = @department AND a.submitted_at IS NOT NULL AND (@before = 0 OR a.id < @before)
		AND (@all OR a.state IN ('submitted', 'returned', 'accepted', 'awarding', 'offered', 'disputed'))`,
		`ORDER BY a.id DESC LIMIT @limit`, pgx.NamedArgs{"department": who.Department, "all": all, "before": before, "limit": limit})
}

// Disputes are the refusals that wait for who, the authority.
func (s *Service) Disputes(ctx context.Context, who account.Actor) ([]Application, error) {
	if !who.Is(account.Authority) {
		return nil, fault.New(fault.Forbidden, "只有数据主管部门能看这一页。")
	}
	return s.list(ctx, s.pool, `a.state = 'disputed' AND p.profile = (SELECT profile FROM departments WHERE id = @department)`, `ORDER BY a.id LIMIT 200`, pgx.NamedArgs{"department": who.Department})
}

// SaveDraft keeps what was written so far. It returns fault.Conflict where it
// was submitted, or saved elsewhere, since.
func (s *Service) SaveDraft(ctx context.Context, who account.Actor, number string, f Form, revision int) (*Application, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Application, error) {
		a, d, err := s.editing(ctx, tx, who, number, revision)
		if err != nil {
			return a, err
		}
		if err := s.write(ctx, a, f, d); err != nil {
			return a, err
		}
		a.SavedAt = s.instant()
		if err := saveItems(ctx, tx, a); err != nil {
			return nil, err
		}
		return a, save(ctx, tx, a)
	})
}

// editing locks an application that its applicant may write in.
func (s *Service) editing(ctx context.Context, tx pgx.Tx, who account.Actor, number string, revision int) (*Application, *datasets.Dataset, error) {
	a, err := s.lock(ctx, tx, number)
	if err != nil {
		return nil, nil, err
	}
	mine, err := s.own(ctx, tx, who, a)
	switch {
	case err != nil:
		return nil, nil, err
	case !mine:
		return nil, nil, errNone()
	case a.State != Draft && a.State != Returned:
		return a, nil, fault.New(fault.Conflict, "申请已经提交，不能再改。要改，请先撤回。")
	case a.Revision != revision:
		return a, nil, errChanged()
	}
	d, err := s.applied(ctx, who, a.Dataset.Slug)
	return a, d, err
}

func errChanged() error {
	return fault.New(fault.Conflict, "这件申请在您打开之后已经有人处理过，请重新打开看看。")
}

// write reads a form into a, conditions on rows included.
func (s *Service) write(ctx context.Context, a *Application, f Form, d *datasets.Dataset) error {
	if err := a.fill(f, d); err != nil {
		return err
	}
	for _, i := range a.Items {
		if err := s.checkRows(ctx, d, i.Resource, i.Where, "where."+i.Resource); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkRows(ctx context.Context, d *datasets.Dataset, resource, where, field string) error {
	if where == "" {
		return nil
	}
	i := slices.IndexFunc(d.Resources, func(r datasets.Resource) bool { return r.ID == resource })
	if i < 0 || d.Resources[i].Newest == nil {
		return fault.At(field, "这个数据集没有这个文件。")
	}
	err := s.catalogue.CheckCondition(ctx, d.Resources[i].Newest, 0, where)
	if f := fault.Of(err); err != nil && f.Kind == fault.Malformed {
		return fault.At(field, f.Sentence, f.Args...).Because(err)
	}
	return err
}

// Problems is everything that keeps a from being submitted, each at its field.
func (s *Service) Problems(ctx context.Context, a *Application) ([]error, error) {
	kept, err := s.keptConditions(ctx, s.pool, a.Dataset.ID)
	if err != nil {
		return nil, err
	}
	return s.problems(ctx, s.pool, a, kept)
}

func (s *Service) problems(ctx context.Context, q database.Querier, a *Application, kept Conditions) ([]error, error) {
	out := append(a.problems(s.rulesOf(a), kept.Months), a.lacking(a.Materials(kept.Materials))...)
	if a.Lane == Academic && a.Organisation != 0 {
		proved, err := s.proved(ctx, q, a.Organisation)
		if err != nil {
			return nil, err
		}
		if !proved {
			out = append(out, fault.At("lane", "科研教育用途须有机构证明：请先在机构页上传资质证书（办学许可、事业单位法人证书等）。"))
		}
	}
	return out, nil
}

// Preview is the agreement that would be signed with a as it stands.
func (s *Service) Preview(ctx context.Context, a *Application) (string, error) {
	kept, err := s.keptConditions(ctx, s.pool, a.Dataset.ID)
	if err != nil {
		return "", err
	}
	d, err := s.catalogue.Dataset(ctx, account.Actor{}, a.Dataset.Slug)
	if err != nil {
		return "", err
	}
	return draw(a, conditionsOf(d, kept), s.destruction(), false), nil
}

// destruction is in how many working days data is destroyed once a grant ends.
func (s *Service) destruction() int {
	r, _ := s.book.House().Rule("destruction")
	n, _ := r.Number()
	return n
}

// Submit hands in a draft as it was saved, or what was missing. Whoever submits
// signs the agreement with it, so that nothing but the department's signature is
// missing when it agrees. terms is the SHA-256 of the text that who was shown:
// where the entry, its conditions or the draft made another of it since,
// fault.Conflict is returned and nothing is signed. It returns fault.Invalid
// with the first thing that is missing.
func (s *Service) Submit(ctx context.Context, who account.Actor, number string, revision int, terms string) (*Application, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Application, error) {
		a, d, err := s.editing(ctx, tx, who, number, revision)
		if err != nil {
			return a, err
		}
		if err := s.renew(a, d); err != nil {
			return a, err
		}
		if err := s.signs(ctx, who, a); err != nil {
			return a, err
		}
		return a, s.submit(ctx, tx, who, a, d, terms)
	})
}

// renew brings the items of a draft up to the newest versions: a file that went
// away, or a column, has to be chosen anew.
func (s *Service) renew(a *Application, d *datasets.Dataset) error {
	for i := range a.Items {
		item := &a.Items[i]
		fresh, err := FormItem{Resource: item.Resource, Columns: item.Columns, Where: item.Where, Why: item.Why}.check(d)
		if err != nil {
			return err
		}
		item.Version = fresh.Version
	}
	return nil
}

func (s *Service) submit(ctx context.Context, tx pgx.Tx, who account.Actor, a *Application, d *datasets.Dataset, shown string) error {
	kept, err := s.keptConditions(ctx, tx, d.ID)
	if err != nil {
		return err
	}
	if a.wrong, err = s.problems(ctx, tx, a, kept); err != nil {
		return err
	}
	terms := conditionsOf(d, kept)
	text := draw(a, terms, s.destruction(), false)
	if len(a.wrong) == 0 && Digest(text) != shown {
		return fault.New(fault.Conflict, "协议的内容在您打开之后变了，请重新看过全文再签。")
	}
	now, action := s.instant(), Submit
	if a.State == Returned {
		action = Complete
		if a.Late(now) {
			return fault.New(fault.Conflict, "补正的期限已过，这件申请已作废，可以重新申请。")
		}
	}
	e := s.event(a, who, OfApplicant, action, "")
	if err := s.next(a, action, who); err != nil {
		return err
	}
	a.Conditions, a.SavedAt = &terms, now
	if action == Submit {
		a.SubmittedAt, a.Profile = &now, ""
		if r := s.rulesOf(a); r.Profile != nil {
			a.Profile = r.Profile.ID()
		}
		if s.rulesOf(a).FromReceipt {
			if err := s.startDecision(a, now); err != nil {
				return err
			}
		}
	} else if err := s.goOn(a, now); err != nil {
		return err
	}
	if err := s.start(a, accepting, now); err != nil {
		return err
	}
	g, err := newAgreement(ctx, tx, a.ID, text, now)
	if err != nil {
		return err
	}
	if err := signAgreement(ctx, tx, g.ID, "user", who, now); err != nil {
		return err
	}
	if err := saveItems(ctx, tx, a); err != nil {
		return err
	}
	return s.moved(ctx, tx, who, a, e)
}

// next moves a by the table.
func (s *Service) next(a *Application, action Action, who account.Actor) error {
	a.award = a.Lane == Commercial && s.rulesOf(a).Commercial.Award
	to, err := lifecycle.Next(a.State, action, who, a)
	if err != nil {
		return err
	}
	a.State, a.action = to, action
	return nil
}

// event is what is told of a move: with the clock that ran against whoever did
// it.
func (s *Service) event(a *Application, who account.Actor, side Side, action Action, words string) Event {
	e := Event{At: s.instant(), Name: who.Name, Side: string(side), Action: action, Words: words, by: who.ID}
	if side == OfDepartment {
		e.Name = a.Dataset.Department.Name // a department answers, and not one of its people
	}
	if c := a.Running(); c != nil {
		last := c.Last
		e.ref, e.last = c.Ref, &last
	}
	return e
}

// moved saves what a move changed, with its event, its entry in the audit trail
// and its letters.
func (s *Service) moved(ctx context.Context, tx pgx.Tx, who account.Actor, a *Application, e Event) error {
	s.hold(a, e.At)
	if err := save(ctx, tx, a); err != nil {
		return err
	}
	if err := s.settle(ctx, tx, a); err != nil {
		return err
	}
	if err := insertEvent(ctx, tx, a.ID, e); err != nil {
		return err
	}
	details := map[string]string{"state": string(a.State), "dataset": a.Dataset.Slug}
	if a.decision.Path != "" {
		details["rule"] = a.decision.Profile + " " + a.decision.Path
	}
	if e.Words != "" {
		details["reason"] = e.Words
	}
	if err := audit.Append(ctx, tx, who, "application", a.Number, string(e.Action), details); err != nil {
		return err
	}
	s.resume(a)
	return s.tell(ctx, tx, a, e)
}

// move is one move of somebody who has to do with an application, on the side
// that the action is for.
func (s *Service) move(ctx context.Context, who account.Actor, number string, revision int, side Side, action Action, words string, change func(context.Context, pgx.Tx, *Application) error) (*Application, error) {
	if who.Key != "" && !byProgram(who, action == Withdraw || action == Dispute) {
		return nil, fault.New(fault.Forbidden, "密钥不能办这件事，请在网页上登录后办。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Application, error) {
		a, err := s.lock(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		stands, err := s.side(ctx, tx, who, a)
		switch {
		case err != nil:
			return nil, err
		case stands == "":
			return nil, errNone()
		case stands != side:
			return a, fault.New(fault.Forbidden, "这一步不由您办。")
		case a.Revision != revision:
			return a, errChanged()
		}
		e := s.event(a, who, side, action, words)
		a.SavedAt = e.At
		if change != nil {
			if err := change(ctx, tx, a); err != nil {
				return a, err
			}
		}
		if a.action == "" { // change may have moved it itself
			if err := s.next(a, action, who); err != nil {
				return a, err
			}
		}
		e.Action, e.Words = a.action, cmp.Or(a.said, e.Words)
		if err := s.after(a, e.At); err != nil {
			return a, err
		}
		if err := saveItems(ctx, tx, a); err != nil {
			return nil, err
		}
		return a, s.moved(ctx, tx, who, a, e)
	})
}

// after sets the clocks of the state that was reached at t.
func (s *Service) after(a *Application, t time.Time) error {
	stop := func() {
		if a.decision.Path != "" && a.StoppedAt == nil {
			a.StoppedAt = &t
		}
	}
	a.stage = deadline.Ref{}
	switch a.State {
	case Returned:
		stop()
		return s.start(a, completing, t)
	case Offered:
		stop()
		return s.start(a, signing, t)
	case Refused:
		return s.start(a, disputing, t)
	case Disputed:
		return s.start(a, judging, t)
	case Awarding:
		stop() // the days of the text cover the decision to hold a competition (AB-35.3)
	case Accepted:
		if a.AcceptedAt == nil {
			a.AcceptedAt = &t
		}
		if a.action == Overturn {
			a.DecidedAt, a.StoppedAt = nil, nil
			return s.startDecision(a, t)
		}
		if a.decision.Path == "" {
			return s.startDecision(a, *a.AcceptedAt)
		}
	case Draft, Submitted, Lapsed, Withdrawn, OutOfScope, Granted, Upheld:
	}
	if slices.Contains([]State{Lapsed, Withdrawn}, a.State) {
		a.EndedAt = &t
	}
	return nil
}

// Accept takes an application up (受理).
func (s *Service) Accept(ctx context.Context, who account.Actor, number string, revision int) (*Application, error) {
	return s.move(ctx, who, number, revision, OfDepartment, Accept, "", nil)
}

// Return asks once for everything that is missing: materials that were listed
// beforehand, and in words, a line each.
func (s *Service) Return(ctx context.Context, who account.Actor, number, missing string, revision int, materials ...string) (*Application, error) {
	missing, err := datasets.CleanProse("missing", missing)
	if err != nil {
		return nil, err
	}
	words := strings.TrimSpace(strings.Join(append(slices.Clone(materials), missing), "\n"))
	return s.move(ctx, who, number, revision, OfDepartment, Return, words, func(_ context.Context, _ pgx.Tx, a *Application) error {
		if err := a.ask(materials); err != nil {
			return err
		}
		a.Missing = slices.Clone(a.Asked)
		for line := range strings.Lines(missing) {
			if line = strings.TrimSpace(line); line != "" {
				a.Missing = append(a.Missing, line)
			}
		}
		if err := s.next(a, Return, who); err != nil {
			return err
		}
		a.Completions++
		return nil
	})
}

// RejectScope turns away what is not decided here, with its ground.
func (s *Service) RejectScope(ctx context.Context, who account.Actor, number, ground, reason string, revision int) (*Application, error) {
	reason, err := datasets.CleanProse("reason", reason)
	if err != nil {
		return nil, err
	}
	return s.move(ctx, who, number, revision, OfDepartment, RejectScope, reason, func(_ context.Context, _ pgx.Tx, a *Application) error {
		a.Ground, a.Reason = ground, reason
		s.decidedBy(a, who)
		return s.release(a)
	})
}

func (s *Service) decidedBy(a *Application, who account.Actor) {
	now := s.instant()
	a.DecidedAt, a.decider, a.Decider = &now, who.ID, who.Name
}

// SendToAward opens a competition for commercial use (AB-35.3).
func (s *Service) SendToAward(ctx context.Context, who account.Actor, number string, revision int) (*Application, error) {
	return s.move(ctx, who, number, revision, OfDepartment, SendToAward, "", nil)
}

// RecordAward writes down how a competition was held and who won it. The winner
// is the applicant or somebody else, by name.
func (s *Service) RecordAward(ctx context.Context, who account.Actor, number string, w Award, revision int) (*Application, error) {
	if err := s.checkAward(&w); err != nil {
		return nil, err
	}
	return s.move(ctx, who, number, revision, OfDepartment, RecordAward, w.Winner, func(_ context.Context, _ pgx.Tx, a *Application) error {
		if !slices.ContainsFunc(s.rulesOf(a).Commercial.Methods, func(m policy.Word) bool { return m.Zh == w.Method }) {
			return fault.At("method", "请从列出的竞争方式中选。")
		}
		if err := heldElsewhere(a); err != nil {
			return err
		}
		w.Won, w.At = w.Winner == a.Name, s.instant()
		if !slices.Contains(w.Bidders, a.Name) {
			return fault.At("bidders", "参加者里没有这个申请人；没有参加的，请先请申请人撤回。")
		}
		a.Award, a.recorded = &w, &w
		return nil
	})
}

func (s *Service) checkAward(w *Award) (err error) {
	for _, f := range []struct {
		field string
		text  *string
	}{{"notice", &w.Notice}, {"winner", &w.Winner}} {
		if *f.text, err = datasets.CleanLine(f.field, *f.text); err != nil {
			return err
		}
		if *f.text == "" {
			return fault.At(f.field, "请填写。")
		}
	}
	day, err := time.Parse(time.DateOnly, w.Day)
	if err != nil || day.After(s.now()) {
		return fault.At("day", "请写公告的日期，例如 2026-11-05，不晚于今天。")
	}
	for i := range w.Bidders {
		if w.Bidders[i], err = datasets.CleanLine("bidders", w.Bidders[i]); err != nil {
			return err
		}
	}
	w.Bidders = slices.DeleteFunc(w.Bidders, func(b string) bool { return b == "" })
	if len(w.Bidders) == 0 || !slices.Contains(w.Bidders, w.Winner) {
		return fault.At("bidders", "请写全参加者，一行一个，中选者也在其中。")
	}
	return nil
}

// Verdict is what a department decides about an application, file by file.
type Verdict struct {
	Items  []ItemVerdict
	Reason string // of a refusal of the whole
	Bases  []datasets.LegalBasis
}

// ItemVerdict is the decision on one file.
type ItemVerdict struct {
	Resource string
	Decision string
	Columns  []string // of one that is reduced
	Where    string
	Reason   string
}

// Decide answers an application file by file. What is agreed to wholly is signed
// by the department with it and open at once; of what is reduced the applicant
// signs the narrower agreement first; a refusal says why and on what basis.
// Nothing else can be asked of one applicant: conditions are the entry's, and
// alike for all (AS-27.2).
func (s *Service) Decide(ctx context.Context, who account.Actor, number string, v Verdict, revision int) (*Application, error) {
	if err := s.accounts.RequireFresh(who); err != nil {
		return nil, err
	}
	reason, err := datasets.CleanProse("reason", v.Reason)
	if err != nil {
		return nil, err
	}
	return s.move(ctx, who, number, revision, OfDepartment, "", reason, func(ctx context.Context, tx pgx.Tx, a *Application) error {
		d, err := s.stillApplied(ctx, who, a)
		if err != nil {
			return err
		}
		if err := s.judge(ctx, a, d, v); err != nil {
			return err
		}
		a.Reason = reason
		action := outcome(a)
		if action != Grant {
			if a.Bases, err = s.bases(a, v.Bases); err != nil {
				return err
			}
		}
		if action == Refuse && a.Reason == "" {
			return fault.At("reason", "不同意的，请写明理由。")
		}
		if action != Refuse {
			if err := notSuspended(ctx, tx, a.Organisation); err != nil {
				return err
			}
			if _, _, err := s.term(ctx, tx, a, s.instant()); err != nil {
				return err
			}
		}
		if err := s.release(a); err != nil {
			return err
		}
		if err := s.next(a, action, who); err != nil {
			return err
		}
		s.decidedBy(a, who)
		switch action {
		case Grant:
			return s.open(ctx, tx, who, a)
		case Offer:
			g, err := newAgreement(ctx, tx, a.ID, draw(a, *a.Conditions, s.destruction(), true), s.instant())
			if err != nil {
				return err
			}
			return signAgreement(ctx, tx, g.ID, "provider", who, s.instant())
		}
		return nil
	})
}

// stillApplied is a's entry, which must still be what was applied for.
func (s *Service) stillApplied(ctx context.Context, who account.Actor, a *Application) (*datasets.Dataset, error) {
	d, err := s.catalogue.Dataset(ctx, who, a.Dataset.Slug)
	if fault.KindOf(err) == fault.Gone {
		return nil, fault.New(fault.Conflict, "数据集已经撤下，不能再同意；请以“不由这里办”结束，并写明理由。").Because(err)
	}
	if err == nil && (d.Open != datasets.Conditional || d.Status != datasets.Published) {
		return nil, fault.New(fault.Conflict, "数据集现在不再是有条件开放的，不能按申请决定。")
	}
	return d, err
}

// judge writes the decisions on the items into a.
func (s *Service) judge(ctx context.Context, a *Application, d *datasets.Dataset, v Verdict) error {
	for i := range a.Items {
		item := &a.Items[i]
		k := slices.IndexFunc(v.Items, func(x ItemVerdict) bool { return x.Resource == item.Resource })
		if k < 0 || !slices.Contains([]string{ItemGranted, ItemReduced, ItemRefused}, v.Items[k].Decision) {
			return fault.At("item."+item.Resource, "请对每个文件都作出决定。")
		}
		x := v.Items[k]
		item.Decision, item.GivenColumns, item.GivenWhere, item.Reason = x.Decision, nil, "", ""
		if x.Decision == ItemGranted {
			continue
		}
		var err error
		if item.Reason, err = datasets.CleanLine("why."+item.Resource, x.Reason); err != nil {
			return err
		}
		if item.Reason == "" && x.Decision == ItemRefused {
			item.Reason = strings.Join(strings.Fields(v.Reason), " ") // of the whole
		}
		if item.Reason == "" {
			return fault.At("why."+item.Resource, "没有全部同意的，请写明理由。")
		}
		if x.Decision == ItemReduced {
			if err := s.reduce(ctx, item, d, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// reduce narrows what is given of an item: fewer columns, or fewer rows, of what
// was applied for.
func (s *Service) reduce(ctx context.Context, item *Item, d *datasets.Dataset, x ItemVerdict) error {
	field := "given." + item.Resource
	if item.Columns == nil {
		return fault.At(field, "这个文件不是表格，只能全部同意或不同意。")
	}
	for _, c := range item.Columns {
		if slices.Contains(x.Columns, c) {
			item.GivenColumns = append(item.GivenColumns, c)
		}
	}
	if len(item.GivenColumns) != len(x.Columns) {
		return fault.At(field, "只能在申请的列之内收窄。")
	}
	if len(item.GivenColumns) == 0 {
		return fault.At(field, "一列也不给的，请选不同意。")
	}
	where, err := oneLined("rows."+item.Resource, x.Where)
	if err != nil {
		return err
	}
	if err := s.checkRows(ctx, d, item.Resource, where, "rows."+item.Resource); err != nil {
		return err // by itself, before it is joined to another
	}
	item.GivenWhere = where
	if item.GivenWhere == "" {
		item.GivenWhere = item.Where
	} else if item.Where != "" && item.GivenWhere != item.Where {
		item.GivenWhere = "(" + item.Where + ") and (" + item.GivenWhere + ")"
	}
	if len([]rune(item.GivenWhere)) > 2*longRow+20 {
		return fault.At("rows."+item.Resource, "最多 %d 个字。", longRow)
	}
	if len(item.GivenColumns) == len(item.Columns) && item.GivenWhere == item.Where {
		return fault.At(field, "没有比申请的少，请选同意。")
	}
	return s.checkRows(ctx, d, item.Resource, item.GivenWhere, "rows."+item.Resource)
}

// bases are the bases of a refusal, of kinds that the text counts, where one is
// asked for (TJ-23; elsewhere 平台规则).
func (s *Service) bases(a *Application, bases []datasets.LegalBasis) ([]datasets.LegalBasis, error) {
	if _, err := datasets.CleanBases("bases", bases); err != nil {
		return nil, err
	}
	r := s.rulesOf(a)
	if !r.Basis.Asked() && len(bases) == 0 {
		return nil, nil
	}
	return bases, r.Kinds.CheckBases("bases", bases)
}

// Consent signs the narrower agreement, with which the data is open at once.
func (s *Service) Consent(ctx context.Context, who account.Actor, number string, revision int) (*Application, error) {
	return s.move(ctx, who, number, revision, OfApplicant, Consent, "", func(ctx context.Context, tx pgx.Tx, a *Application) error {
		if a.Late(s.now()) {
			return fault.New(fault.Conflict, "签署的期限已过，这件申请已作废，可以重新申请。")
		}
		if err := s.signs(ctx, who, a); err != nil {
			return err
		}
		if err := notSuspended(ctx, tx, a.Organisation); err != nil {
			return err
		}
		if _, err := s.stillApplied(ctx, who, a); err != nil {
			return err
		}
		if err := s.next(a, Consent, who); err != nil {
			return err
		}
		return s.open(ctx, tx, who, a)
	})
}

// Dispute brings a refusal before the authority, within its days.
func (s *Service) Dispute(ctx context.Context, who account.Actor, number, grounds string, revision int) (*Application, error) {
	grounds, err := datasets.CleanProse("grounds", grounds)
	if err != nil {
		return nil, err
	}
	return s.move(ctx, who, number, revision, OfApplicant, Dispute, grounds, func(ctx context.Context, _ pgx.Tx, a *Application) error {
		if err := s.owns(ctx, who, a.Organisation); err != nil {
			return err
		}
		if a.State == Refused && a.Stage != nil && a.Stage.Late(s.now()) {
			return fault.New(fault.Conflict, "提出异议的期限已过。")
		}
		a.Grounds = grounds
		return nil
	})
}

// Judge is the authority's decision on a dispute: the refusal stands, or the
// department has to grant what was applied for.
func (s *Service) Judge(ctx context.Context, who account.Actor, number, verdict string, overturn bool, revision int) (*Application, error) {
	verdict, err := datasets.CleanProse("verdict", verdict)
	if err != nil {
		return nil, err
	}
	action := Uphold
	if overturn {
		action = Overturn
	}
	return s.move(ctx, who, number, revision, OfAuthority, action, verdict, func(_ context.Context, _ pgx.Tx, a *Application) error {
		a.Verdict, a.MustGrant = verdict, overturn
		return nil
	})
}

// Withdraw takes an application back.
func (s *Service) Withdraw(ctx context.Context, who account.Actor, number string, revision int) (*Application, error) {
	return s.move(ctx, who, number, revision, OfApplicant, Withdraw, "", func(ctx context.Context, _ pgx.Tx, a *Application) error {
		if a.State == Draft {
			return nil // whoever writes it may throw it away
		}
		return s.owns(ctx, who, a.Organisation)
	})
}

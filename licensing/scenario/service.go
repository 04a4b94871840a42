package scenario

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/tender"
)

// Accounts are what scenarios need of people, as account.Service has it.
type Accounts interface {
	RequireFresh(a account.Actor) error
	Organisation(ctx context.Context, a account.Actor, id int64) (account.Organisation, error)
	Organisations(ctx context.Context, a account.Actor) ([]account.Organisation, error)
}

// Tenders are the competitions that a body holds on the platform about the scenario
// with that number, as tender.About.
type Tenders func(ctx context.Context, q database.Querier, kind tender.Kind, number string, body int64) ([]tender.Standing, error)

// Unfinished says what of a scenario that is over is still there, a sentence; empty:
// nothing is. What lies below a scenario, as its workspace, adds one.
type Unfinished func(ctx context.Context, q database.Querier, scenario int64) (string, error)

// Released is how many results of a scenario have left its workspace.
type Released func(ctx context.Context, q database.Querier, scenarios []int64) (map[int64]int, error)

// Result is what everybody may know of a result that has left the workspace of a
// scenario.
type Result struct {
	Number, Title, SHA256 string
	Rows                  int64
	Columns               int
	At                    time.Time
	Sources               []ResultSource
}

// ResultSource is one version that a result was made of, with the day in China on
// which it was acquired (AS-35).
type ResultSource struct {
	Dataset, Title, TitleEN, Department, DepartmentEN, Acquired string
	Version                                                     int
}

// Results are the results of a scenario that have left its workspace, the newest
// first.
type Results func(ctx context.Context, q database.Querier, scenario int64) ([]Result, error)

// Moved is told, in the transaction, of a scenario that begins, stops, goes on or is
// over.
type Moved func(ctx context.Context, tx pgx.Tx, x *Scenario) error

// Config is what the service is made of.
type Config struct {
	Pool      *pgxpool.Pool
	Catalogue *datasets.Service
	Book      *policy.Book
	Clocks    *deadline.Clocks
	Accounts  Accounts
	Now       func() time.Time
}

// Service has every operation on scenarios.
type Service struct {
	pool       *pgxpool.Pool
	catalogue  *datasets.Service
	book       *policy.Book
	clocks     *deadline.Clocks
	accounts   Accounts
	limits     Limits
	now        func() time.Time
	papers     *papers.Service
	tenders    Tenders
	unfinished []Unfinished
	released   Released
	results    Results
	moved      []Moved
	batch      int
}

// New returns the scenarios of an installation.
func New(c Config) (*Service, error) {
	limits, err := LimitsOf(c.Book)
	return &Service{pool: c.Pool, catalogue: c.Catalogue, book: c.Book, clocks: c.Clocks, accounts: c.Accounts, limits: limits, now: c.Now, batch: database.Batch}, err
}

// At is the same, with another time and with others who vouch for people: for a
// sample world that has a past.
func (s *Service) At(accounts Accounts, now func() time.Time) *Service {
	other := *s
	other.accounts, other.now = accounts, now
	return &other
}

// Compete lets the tenders that are held about a scenario count as its competition.
func (s *Service) Compete(t Tenders) { s.tenders = t }

// KeepOpen adds something that must be over before a scenario is closed.
func (s *Service) KeepOpen(u Unfinished) { s.unfinished = append(s.unfinished, u) }

// CountReleased lets the pages say how many results have left.
func (s *Service) CountReleased(r Released) { s.released = r }

// ListResults lets the public page of a scenario say what came of it.
func (s *Service) ListResults(r Results) { s.results = r }

// Follow is told of scenarios that move.
func (s *Service) Follow(m Moved) { s.moved = append(s.moved, m) }

// Limits are the platform's own numbers.
func (s *Service) Limits() Limits { return s.limits }

// Book is the rules that scenarios go by.
func (s *Service) Book() *policy.Book { return s.book }

// Trail is what the acts of a scenario stand under in the audit trail.
const Trail = "scenario"

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

func errNone() error { return fault.New(fault.NotFound, "没有这个场景。") }

func errMoved() error {
	return fault.New(fault.Conflict, "这个场景在您打开之后已经有人处理过，请重新打开看看。")
}

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

// platform is who moves what time moves.
func platform() account.Actor { return account.System("scenarios") }

// derive sets what follows from what was read.
func (s *Service) derive(x *Scenario) {
	x.awards, _ = s.takesAward(x)
	for _, o := range s.Violations(x) {
		x.kinds = append(x.kinds, o.Code)
	}
}

// Violations are the named kinds of violation on which a scenario is suspended at
// once: of the text that binds the body in force (FJ-III.4), else the platform's.
func (s *Service) Violations(x *Scenario) []policy.Option {
	_, r := s.violations(x)
	return r.Options
}

// ViolationsFrom is the rule that names them.
func (s *Service) ViolationsFrom(x *Scenario) policy.Rule {
	_, r := s.violations(x)
	return r
}

func (s *Service) violations(x *Scenario) (string, policy.Rule) {
	if p, r, ok := s.book.Governing(x.Mandate.Body.Profile, "violations", s.now()); ok && len(r.Options) > 0 {
		return p.ID(), r
	}
	r, _ := s.book.House().Rule("breach_violations")
	return s.book.House().ID(), r
}

// sidesOf are where who stands; none: the scenario is nothing to who. A draft is its
// developer's alone. One of several sides in one body stands on each of them, and may
// act on one only: see apart.
func (s *Service) sidesOf(ctx context.Context, q database.Querier, who account.Actor, x *Scenario) (out []Side, err error) {
	if who.ID <= 0 || who.Key != "" {
		return nil, nil
	}
	if who.Side == account.Use {
		member, err := isMember(ctx, q, x.Organisation, who.ID)
		if err != nil || !member {
			return nil, err
		}
		return []Side{OfDeveloper}, nil
	}
	if x.SubmittedAt == nil {
		return nil, nil
	}
	if who.Is(account.Operator) {
		member, err := isMember(ctx, q, x.Mandate.Operator, who.ID)
		if err != nil {
			return nil, err
		}
		if member {
			out = append(out, OfOperator)
		}
	}
	if who.Department != 0 && x.ScreenedAt != nil {
		if who.Any(account.Officer, account.Head) && slices.ContainsFunc(x.Items, func(i Item) bool { return i.Dataset.Department.ID == who.Department }) {
			out = append(out, OfDepartment)
		}
		if who.Is(account.SecurityReviewer) && who.Department == x.Mandate.Body.ID {
			out = append(out, OfSecurity)
		}
	}
	if who.Is(account.Authority) && who.Department == x.Mandate.Body.ID {
		out = append(out, OfAuthority)
	}
	if who.Is(account.Regulator) {
		out = append(out, OfRegulator)
	}
	return out, nil
}

// View is a scenario as who sees it.
type View struct {
	*Scenario
	Sides       []Side
	Offers      []Action
	Events      []Event
	Grants      []Grant
	AwardPapers []papers.Paper
	Tenders     []tender.Standing // that are held about it
	Contracts   []Contract        // editions that were void too, the newest first
	Released    int               // results that have left the workspace
	AwardBy     Source            // the rule that takes a competition; none: it takes none
	Passing     bool              // everything above lets it work now
	Owner       bool              // of the developer: whoever may submit and sign
	Mine        []int64           // ids of items about which who's department speaks
	Space       string            // number of the workspace; empty: none was opened
	Entry       string            // number of the entry of the developer with the operator
	Before      *Scenario         // that it comes from; nil: from none
	After       []Scenario        // that come from it, the newest first
}

// Leads reports whether who may go from a scenario to its workspace and its entry: all
// but those who were only asked for an opinion.
func (v *View) Leads() bool {
	return v.On(OfDeveloper) || v.On(OfOperator) || v.On(OfAuthority) || v.On(OfRegulator)
}

// On reports whether who stands on a side.
func (v *View) On(side Side) bool { return slices.Contains(v.Sides, side) }

// May reports whether an action is offered.
func (v *View) May(a Action) bool { return slices.Contains(v.Offers, a) }

// One is the scenario with that number for who has to do with it.
func (s *Service) One(ctx context.Context, who account.Actor, number string) (*View, error) {
	found, err := s.list(ctx, s.pool, `s.number = @number`, ``, pgx.NamedArgs{"number": number})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	v := &View{Scenario: &found[0]}
	if v.Sides, err = s.sidesOf(ctx, s.pool, who, v.Scenario); err != nil {
		return nil, err
	}
	if len(v.Sides) == 0 {
		return nil, errNone()
	}
	if v.AwardPapers, err = s.fillPapers(ctx, s.pool, v.Scenario); err != nil {
		return nil, err
	}
	if v.Events, err = selectEvents(ctx, s.pool, v.ID); err != nil {
		return nil, err
	}
	if v.Grants, err = selectGrants(ctx, s.pool, v.ID); err != nil {
		return nil, err
	}
	if v.Contracts, err = selectContracts(ctx, s.pool, v.ID); err != nil {
		return nil, err
	}
	if v.Tenders, err = s.tendersOf(ctx, s.pool, v.Scenario); err != nil {
		return nil, err
	}
	if v.Scenario.unfinished, err = s.leftOf(ctx, s.pool, v.Scenario); err != nil {
		return nil, err
	}
	if v.Passing, err = stands(ctx, s.pool, v.ID, s.now()); err != nil {
		return nil, err
	}
	if v.Space, v.Entry, err = beside(ctx, s.pool, v.Scenario); err != nil {
		return nil, err
	}
	if err := s.around(ctx, v); err != nil {
		return nil, err
	}
	if v.On(OfDeveloper) {
		if o, err := s.accounts.Organisation(ctx, who, v.Organisation); err == nil {
			v.Owner = o.Role == account.Owner
		}
	}
	_, v.AwardBy = s.takesAward(v.Scenario)
	for i := range v.Items {
		if v.On(OfDepartment) && v.Items[i].Dataset.Department.ID == who.Department {
			v.Mine = append(v.Mine, v.Items[i].ID)
		}
	}
	if err := s.count(ctx, v); err != nil {
		return nil, err
	}
	v.Offers = s.offers(who, v)
	return v, nil
}

// around finds the scenario that v comes from, and those that come from it: whoever has
// to do with one, and was not only asked for an opinion, has to do with them all. What
// its developer has not handed in nobody else sees.
func (s *Service) around(ctx context.Context, v *View) error {
	if !v.Leads() {
		return nil
	}
	if v.Earlier != nil {
		found, err := s.list(ctx, s.pool, `s.id = @earlier`, ``, pgx.NamedArgs{"earlier": v.Earlier.ID})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			v.Before = &found[0]
		}
	}
	later, err := s.list(ctx, s.pool, `s.earlier_id = @earlier`, `ORDER BY s.id DESC`, pgx.NamedArgs{"earlier": v.ID})
	v.After = slices.DeleteFunc(later, func(x Scenario) bool { return x.SubmittedAt == nil && !v.On(OfDeveloper) })
	return err
}

func (s *Service) count(ctx context.Context, v *View) error {
	if s.released == nil {
		return nil
	}
	n, err := s.released(ctx, s.pool, []int64{v.ID})
	v.Released = n[v.ID]
	return err
}

func (s *Service) leftOf(ctx context.Context, q database.Querier, x *Scenario) (string, error) {
	if !slices.Contains([]State{Expired, Terminated, Surrendered}, x.State) {
		return "", nil
	}
	for _, u := range s.unfinished {
		if said, err := u(ctx, q, x.ID); err != nil || said != "" {
			return said, err
		}
	}
	return "", nil
}

// offers are the actions that who can take: a button for each and for no other.
func (s *Service) offers(who account.Actor, v *View) (out []Action) {
	for _, side := range v.Sides {
		v.Scenario.side = side
		for _, a := range lifecycle.Offer(v.State, who, v.Scenario) {
			switch {
			case slices.Contains(out, a) || !slices.Contains(sides[a], side) || s.apart(who, v.Scenario, side, a) != nil:
				continue
			case a == Opine && !v.speaks(who, v.State):
				continue
			}
			out = append(out, a)
		}
	}
	v.Scenario.side = ""
	return out
}

// speaks reports whether who's department has an opinion to give.
func (v *View) speaks(who account.Actor, state State) bool {
	return slices.ContainsFunc(v.Items, func(i Item) bool {
		return slices.Contains(v.Mine, i.ID) && (state == Screened && i.Waits() || i.consent != 0)
	})
}

// apart keeps one person from two parts in one scenario: whoever gave an opinion,
// reviewed, screened or decided does none of the others.
func (s *Service) apart(who account.Actor, x *Scenario, side Side, a Action) error {
	if who.ID <= 0 {
		return nil
	}
	spoke := slices.ContainsFunc(x.Items, func(i Item) bool { return i.consent == 0 && i.by == who.ID })
	twice := false
	switch side {
	case OfDepartment:
		twice = a == Opine && (who.ID == x.securityBy || who.ID == x.decidedBy)
	case OfSecurity:
		twice = spoke || who.ID == x.decidedBy
	case OfAuthority:
		twice = (a == Authorise || a == Refuse || a == SendToAward || a == RecordAward) && (spoke || who.ID == x.securityBy || who.ID == x.screenedBy)
	case OfOperator, OfDeveloper, OfRegulator, OfPlatform:
	}
	if twice {
		return fault.New(fault.Forbidden, "您已经在这个场景里办过另一步，不能再办这一步：给意见、安全审查、授权须是不同的人。")
	}
	return nil
}

// lock holds a scenario until tx ends.
func (s *Service) lock(ctx context.Context, tx pgx.Tx, number string) (*Scenario, error) {
	found, err := s.list(ctx, tx, `s.number = @number`, `FOR UPDATE OF s`, pgx.NamedArgs{"number": number})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	return &found[0], nil
}

// acting holds a scenario for an action of who's, and says on which side.
func (s *Service) acting(ctx context.Context, tx pgx.Tx, who account.Actor, number string, a Action, revision int) (*Scenario, Side, error) {
	x, err := s.lock(ctx, tx, number)
	if err != nil {
		return nil, "", err
	}
	at, err := s.sidesOf(ctx, tx, who, x)
	if err != nil {
		return nil, "", err
	}
	if len(at) == 0 {
		return nil, "", errNone()
	}
	i := slices.IndexFunc(at, func(side Side) bool { return slices.Contains(sides[a], side) })
	if i < 0 {
		return x, "", errNotYours()
	}
	if x.Revision != revision {
		return x, at[i], errMoved()
	}
	x.side = at[i]
	return x, at[i], s.apart(who, x, at[i], a)
}

// owns returns nil if who answers for the developer: an owner of a verified
// organisation that is not suspended, who showed of late who that is.
func (s *Service) owns(ctx context.Context, who account.Actor, x *Scenario) error {
	if err := s.accounts.RequireFresh(who); err != nil {
		return err
	}
	o, err := s.accounts.Organisation(ctx, who, x.Organisation)
	switch {
	case err != nil:
		return err
	case o.Status != account.OrgVerified || !o.Stands():
		return fault.New(fault.Conflict, "机构没有通过认证，或者被暂停，现在不能办这一步。")
	case o.Role != account.Owner:
		return fault.New(fault.Forbidden, "由机构的负责人提交和签署；您写的已经保存，请告诉负责人。")
	}
	return nil
}

// stillAdmitted returns nil while the developer is admitted and the mandate stands.
func (s *Service) stillAdmitted(ctx context.Context, q database.Querier, x *Scenario) error {
	ids, err := admitted(ctx, q, x.Organisation)
	switch {
	case err != nil:
		return err
	case !slices.Contains(ids, x.Mandate.ID):
		return fault.New(fault.Conflict, "开发主体现在没有入驻，不能办这一步。")
	case !x.Mandate.Stands:
		return fault.New(fault.Conflict, "运营授权 %s 现在不在有效期内，或者被暂停，不能办这一步。", x.Mandate.Number)
	}
	return nil
}

// Submit hands in a draft as it was saved, or what was missing.
func (s *Service) Submit(ctx context.Context, who account.Actor, number string, revision int) (*Scenario, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Scenario, error) {
		x, err := s.editing(ctx, tx, who, number, revision)
		if err != nil {
			return x, err
		}
		if err := s.owns(ctx, who, x); err != nil {
			return x, err
		}
		if err := s.stillAdmitted(ctx, tx, x); err != nil {
			return x, err
		}
		if x.wrong, err = s.problemsIn(ctx, tx, x); err != nil {
			return x, err
		}
		a, at := Submit, s.instant()
		if x.State == Returned {
			a = Complete
			if c := x.Running(Completion, 0); c != nil && c.Late(at) {
				return x, fault.New(fault.Conflict, "补正的期限已过，这件申请已作废，可以重新申请。")
			}
		}
		if x.SubmittedAt == nil {
			x.SubmittedAt = &at
		}
		if err := saveItems(ctx, tx, x); err != nil {
			return x, err
		}
		if err := papers.Freeze(ctx, tx, papers.Scenario, x.ID, at); err != nil {
			return x, err
		}
		return x, s.move(ctx, tx, who, x, OfDeveloper, a, at)
	})
}

// Step is what somebody does with a scenario.
type Step struct {
	Action    Action
	Revision  int
	Words     string // the reason, or what is to be said
	Missing   string // a line each
	Verdict   string // of the security review
	Violation string // code of an option
	Bases     []datasets.LegalBasis
	Award     NewAward
	Blanks    Blanks // of the contract
	SHA256    string // of the text that is signed
}

// NewAward is what an authority records of a competition: the number of a tender of
// the platform, or what was held elsewhere.
type NewAward struct {
	Tender, Method, Notice, Day, Winner, Code string
}

// Move takes a scenario further. It returns fault.NotFound for one that who may not
// know of, fault.Forbidden where the action is another's, fault.Conflict where
// somebody was first, and fault.Invalid at the field where something lacks.
func (s *Service) Move(ctx context.Context, who account.Actor, number string, step Step) (*Scenario, error) {
	words, err := datasets.CleanProse("reason", step.Words)
	if err != nil {
		return nil, err
	}
	if len([]rune(words)) > longest {
		return nil, fault.At("reason", "太长，最多 %d 个字。", longest)
	}
	if len(sides[step.Action]) == 0 || step.Action == Submit || step.Action == Complete || step.Action == Opine {
		return nil, fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Scenario, error) {
		x, side, err := s.acting(ctx, tx, who, number, step.Action, step.Revision)
		if err != nil {
			return x, err
		}
		x.words = words
		if !slices.Contains(lifecycle.Offer(x.State, who, x), step.Action) { // before anything that it says is read
			_, err := lifecycle.Next(x.State, step.Action, who, x)
			return x, err
		}
		if err := s.prepare(ctx, tx, who, x, side, step); err != nil {
			return x, err
		}
		return x, s.move(ctx, tx, who, x, side, step.Action, s.instant())
	})
}

// prepare puts what a step says into x, before the table is asked.
func (s *Service) prepare(ctx context.Context, tx pgx.Tx, who account.Actor, x *Scenario, side Side, step Step) (err error) {
	at := s.instant()
	switch step.Action {
	case Return:
		x.Missing, err = linesOf("missing", step.Missing)
		return err
	case Screen:
		x.ScreenedWords = x.words
	case Check:
		if !slices.Contains([]string{Passed, WithConditions, Failed}, step.Verdict) {
			return fault.At("verdict", "请选审查的结论。")
		}
		if step.Verdict != Passed && x.words == "" {
			return fault.At("reason", "请写明理由。")
		}
		x.checking = step.Verdict
	case RecordAward:
		return s.takeAward(ctx, tx, who, x, step.Award)
	case Authorise, Refuse:
		x.refusing = slices.Clone(step.Bases)
		x.refusing = slices.DeleteFunc(x.refusing, func(b datasets.LegalBasis) bool { return b.Line() == "" })
		if len(x.refusing) > 20 {
			return fault.At("basis", "依据最多 %d 条。", 20)
		}
		if _, err := datasets.CleanBases("basis", x.refusing); err != nil {
			return err
		}
		if step.Action == Authorise {
			return s.stillAdmitted(ctx, tx, x)
		}
	case Offer:
		if err := s.stillAdmitted(ctx, tx, x); err != nil {
			return err
		}
		x.blanks = step.Blanks
		return x.blanks.check()
	case Suspend, TakeOver, Terminate:
		x.Violation = step.Violation
	case Resume:
	case Surrender, Withdraw:
		return s.owns(ctx, who, x)
	case Close:
		x.unfinished, err = s.leftOf(ctx, tx, x)
		return err
	case Sign:
		return s.maySign(ctx, tx, who, x, side, step.SHA256, at)
	}
	return nil
}

func linesOf(field, raw string) ([]string, error) {
	clean, err := datasets.CleanProse(field, raw)
	if err != nil {
		return nil, err
	}
	var out []string
	for line := range strings.SplitSeq(clean, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	if len(out) > 40 {
		return nil, fault.At(field, "最多 %d 行。", 40)
	}
	return out, nil
}

// takeAward reads the result of a competition: of a tender of the platform that was
// confirmed, or of one held elsewhere, with its papers.
func (s *Service) takeAward(ctx context.Context, tx pgx.Tx, who account.Actor, x *Scenario, n NewAward) error {
	for _, f := range []struct {
		field string
		text  *string
	}{{"tender", &n.Tender}, {"method", &n.Method}, {"notice", &n.Notice}, {"winner", &n.Winner}, {"code", &n.Code}} {
		clean, err := datasets.CleanLine(f.field, *f.text)
		if err != nil {
			return err
		}
		*f.text = clean
	}
	a := &Award{Tender: n.Tender, By: who.Name, At: s.instant()}
	if n.Tender != "" {
		held, err := s.tendersOf(ctx, tx, x)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(held, func(t tender.Standing) bool { return t.Number == n.Tender && t.Winner != 0 })
		if i < 0 {
			return fault.At("tender", "没有为这个场景办的这件竞争，或者它的结果还没有确认。")
		}
		a.Method, a.Notice, a.Winner, a.Won = onPlatform, "/tenders/"+n.Tender, held[i].Name, held[i].Winner == x.Organisation
		x.newAward = a
		return nil
	}
	switch {
	case n.Method == "":
		return fault.At("method", "请写明用什么方式竞争。")
	case n.Notice == "":
		return fault.At("notice", "请写明公告的编号或网址。")
	case n.Winner == "":
		return fault.At("winner", "请写明中选者。")
	}
	day, err := time.ParseInLocation(time.DateOnly, n.Day, workdays.Zone)
	if err != nil || day.After(s.now()) {
		return fault.At("day", "公告日期写成年-月-日，不能晚于今天。")
	}
	kept, err := papers.Of(ctx, tx, papers.ScenarioAward, x.ID)
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		return fault.At("papers", "在平台以外竞争的，请先上传竞争的材料。")
	}
	a.Method, a.Notice, a.Day, a.Winner = n.Method, n.Notice, n.Day, n.Winner
	a.Won = n.Winner == x.Developer && (n.Code == "" || n.Code == x.Code)
	x.newAward = a
	return nil
}

// onPlatform is how a competition was held that the platform holds.
const onPlatform = "平台上的公开竞争"

// tendersOf are the competitions about x that its authority holds on the platform.
func (s *Service) tendersOf(ctx context.Context, q database.Querier, x *Scenario) ([]tender.Standing, error) {
	if s.tenders == nil || !x.awards {
		return nil, nil
	}
	return s.tenders(ctx, q, tender.Scenario, x.Number, x.Mandate.Body.ID)
}

// AwardByTender writes the confirmed result of a competition about a scenario that
// waits for it down, in the transaction that confirms it.
func (s *Service) AwardByTender(ctx context.Context, tx pgx.Tx, r tender.Result) error {
	if r.Kind != tender.Scenario || r.About == "" {
		return nil
	}
	x, err := s.lock(ctx, tx, r.About)
	switch {
	case fault.KindOf(err) == fault.NotFound: // about something else
		return nil
	case err != nil:
		return err
	case x.Mandate.Body.ID != r.Body || x.State != Awarding || x.Award != nil: // whoever decides finds it on the page
		return nil
	}
	at := s.instant()
	x.newAward = &Award{Tender: r.Number, Method: onPlatform, Notice: "/tenders/" + r.Number, Winner: r.Winner, Won: r.Of == x.Organisation, At: at}
	return s.move(ctx, tx, platform(), x, OfPlatform, RecordAward, at)
}

// move makes the move and everything that comes of it.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, x *Scenario, side Side, a Action, at time.Time) error {
	from := x.State
	x.side, x.now = side, at
	to, err := lifecycle.Next(from, a, who, x)
	if err != nil {
		return err
	}
	x.State = to
	if to != from {
		x.StateAt = at
	}
	if err := s.effects(ctx, tx, who, x, a, at); err != nil {
		return err
	}
	if err := save(ctx, tx, x); err != nil {
		return err
	}
	if err := s.below(ctx, tx, x, from, at); err != nil {
		return err
	}
	if err := record(ctx, tx, who, x, side, at, a, x.said(a)); err != nil {
		return err
	}
	detail := audit.Moved(from, to)
	if said := x.said(a); said != "" {
		detail["words"] = said
	}
	if err := audit.Append(ctx, tx, who, Trail, x.Number, string(a), detail); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, x, side, a); err != nil {
		return err
	}
	if from != to && (slices.Contains([]State{Active, Suspended, Expired, Terminated, Surrendered}, to)) {
		for _, m := range s.moved {
			if err := m(ctx, tx, x); err != nil {
				return err
			}
		}
	}
	return s.onward(ctx, tx, x, a, at)
}

// said is what an action says in the history.
func (x *Scenario) said(a Action) string {
	switch a {
	case Return:
		return strings.Join(x.Missing, "\n")
	case RecordAward:
		return strings.TrimSpace(x.newAward.Winner + " " + x.newAward.Tender)
	}
	return x.words
}

// effects are what a move changes besides the state.
func (s *Service) effects(ctx context.Context, tx pgx.Tx, who account.Actor, x *Scenario, a Action, at time.Time) error {
	switch a {
	case Submit, Complete:
		if err := stop(ctx, tx, x, Completion, 0, at); err != nil {
			return err
		}
		return s.startClock(ctx, tx, x, Screening, 0, screeningTerm, x.Mandate.Body.Profile, at)
	case Return:
		x.Returns++
		if err := stop(ctx, tx, x, Screening, 0, at); err != nil {
			return err
		}
		return s.startClock(ctx, tx, x, Completion, 0, completionTerm, x.Mandate.Body.Profile, at)
	case Screen:
		x.screenedBy, x.ScreenedBy, x.ScreenedAt = who.ID, who.Name, &at
		if err := stop(ctx, tx, x, Screening, 0, at); err != nil {
			return err
		}
		return s.askOpinions(ctx, tx, x, at)
	case Gather:
		return s.startClock(ctx, tx, x, Deciding, 0, decisionTerm, x.Mandate.Body.Profile, at)
	case SendToAward:
		return stop(ctx, tx, x, Deciding, 0, at)
	case RecordAward:
		x.Award = x.newAward
		if err := papers.Freeze(ctx, tx, papers.ScenarioAward, x.ID, at); err != nil {
			return err
		}
		return s.startClock(ctx, tx, x, Deciding, 0, decisionTerm, x.Mandate.Body.Profile, at)
	case Authorise, Refuse:
		x.decidedBy, x.Decider, x.DecidedAt, x.Bases = who.ID, who.Name, &at, x.refusing
		if err := stop(ctx, tx, x, Deciding, 0, at); err != nil {
			return err
		}
		if a == Refuse {
			x.Reason = x.words
			return nil
		}
		x.Decision = x.words
		if err := s.setTerm(ctx, tx, x, at); err != nil {
			return err
		}
		return s.startClock(ctx, tx, x, Signing, 0, signingTerm, x.Mandate.Body.Profile, at)
	case Check:
		x.checked(who, at)
		return stop(ctx, tx, x, Security, 0, at)
	case Suspend, TakeOver:
		x.Reason = x.words
		x.SuspendedBy = string(x.side)
	case Resume:
		x.SuspendedBy, x.Violation, x.Reason = "", "", ""
	case Terminate, Surrender, Expire, Replace:
		x.Reason = x.words
		if a != Terminate {
			x.Violation = ""
		}
		return stop(ctx, tx, x, "", 0, at)
	case Offer:
		return s.offer(ctx, tx, x, at)
	case Void:
		return moveContract(ctx, tx, x.Contract, ContractVoid, x.words, x.Contract.From, at)
	case Sign:
		return signContract(ctx, tx, x.Contract, x.side, who, at)
	case Withdraw, Lapse:
		return stop(ctx, tx, x, "", 0, at)
	case Activate:
		return stop(ctx, tx, x, Signing, 0, at)
	}
	return nil
}

// startClock begins a period, by the rules of the day on which x was submitted.
func (s *Service) startClock(ctx context.Context, tx pgx.Tx, x *Scenario, of Which, item int64, term deadline.Term, profile string, at time.Time) error {
	k, err := s.clocks.Begin(profile, term, *x.SubmittedAt, at)
	if err != nil {
		return err
	}
	return begin(ctx, tx, x, of, item, k)
}

// askOpinions asks every department about each of its items, and security, at the
// same time. What everybody may have nobody is asked about; where the template has a
// standing consent that covers what is asked for, that fills the opinion in.
func (s *Service) askOpinions(ctx context.Context, tx pgx.Tx, x *Scenario, at time.Time) error {
	consents, err := s.standingConsents(ctx, tx, x, at)
	if err != nil {
		return err
	}
	for k := range x.Items {
		i := &x.Items[k]
		if i.Open == datasets.Unconditional {
			i.Decision, i.GivenColumns, i.GivenUses, i.GivenWhere, i.At = ItemOpen, i.Columns, i.Uses, i.Where, &at
			if err := decideItem(ctx, tx, i); err != nil {
				return err
			}
			continue
		}
		if err := s.startClock(ctx, tx, x, Opinion, i.ID, opinionTerm, i.Dataset.Department.Profile, at); err != nil {
			return err
		}
		c := consentFor(consents, i)
		if c == nil {
			continue
		}
		i.Decision, i.GivenColumns, i.GivenUses, i.GivenWhere, i.At = ItemGranted, i.Columns, i.Uses, i.Where, &at
		i.by, i.By, i.consent, i.Consent = c.byID, c.By, c.ID, c
		if err := decideItem(ctx, tx, i); err != nil {
			return err
		}
		if err := stop(ctx, tx, x, Opinion, i.ID, at); err != nil {
			return err
		}
		if err := record(ctx, tx, platform(), x, OfPlatform, at, Prefill, i.Dataset.Title+"："+i.Dataset.Department.Name+"，"+c.By+"，"+c.At.In(workdays.Zone).Format(time.DateOnly)); err != nil {
			return err
		}
	}
	return s.startClock(ctx, tx, x, Security, 0, securityTerm, x.Mandate.Body.Profile, at)
}

// setTerm is from when until when x counts: within its mandate; a change ends as what
// it changes, an extension begins when that ends.
func (s *Service) setTerm(ctx context.Context, tx pgx.Tx, x *Scenario, at time.Time) error {
	from, until := at, workdays.EndOfDay(deadline.Months(at, max(x.Months, 1)))
	if x.Earlier != nil && (x.Kind == Change || x.Kind == Extension) {
		e, err := s.lock(ctx, tx, x.Earlier.Number)
		if err != nil {
			return err
		}
		alive := e.State == Active && at.Before(*e.Until)
		switch {
		case e.State == Suspended:
			return fault.New(fault.Conflict, "原场景 %s 正暂停，恢复以后才能决定变更或延期。", e.Number)
		case x.Kind == Change && !alive:
			return fault.New(fault.Conflict, "原场景 %s 已经结束，不能再变更；请不授权，由开发主体再次申请。", e.Number)
		case x.Kind == Change:
			until = *e.Until
		case alive:
			from, until = *e.Until, workdays.EndOfDay(deadline.Months(e.Until.Add(-time.Microsecond), max(x.Months, 1)))
		}
	}
	if until.After(x.Mandate.Until) {
		until = x.Mandate.Until
	}
	if !until.After(from) {
		return fault.New(fault.Conflict, "运营授权 %s 的期限不够，不能授权。", x.Mandate.Number)
	}
	x.From, x.Until = &from, &until
	return nil
}

// below makes what lies below a scenario: the contract and the grants of one that
// begins, and their end when it is over. What is suspended stays as it is below: the
// gate asks for every link (I-12).
func (s *Service) below(ctx context.Context, tx pgx.Tx, x *Scenario, from State, at time.Time) error {
	switch x.State {
	case Active:
		if from == Authorised {
			return s.give(ctx, tx, x, at)
		}
	case Expired, Terminated, Surrendered:
		if from != x.State {
			return endBelow(ctx, tx, x.ID, x.Reason, at)
		}
	case Draft, Submitted, Returned, Screened, Reviewed, Awarding, Authorised, Refused, Suspended, Closed, Withdrawn, Lapsed:
	}
	return nil
}

// onward makes the move that follows from another.
func (s *Service) onward(ctx context.Context, tx pgx.Tx, x *Scenario, a Action, at time.Time) error {
	x.words = ""
	switch a {
	case Screen, Opine, Check:
		if x.State == Screened && allSpoken(x) == nil {
			return s.move(ctx, tx, platform(), x, OfPlatform, Gather, at)
		}
	case Sign:
		if x.Contract.Signed() {
			return s.activate(ctx, tx, x, at)
		}
	case Resume:
		owed, err := s.owesReport(ctx, tx, x)
		if err != nil || !owed {
			return err
		}
		x.words = reportLate // whoever held it had the place of the platform, which waits still
		return s.move(ctx, tx, platform(), x, OfPlatform, Suspend, at)
	}
	return nil
}

// checked writes the verdict of the security review.
func (x *Scenario) checked(who account.Actor, at time.Time) {
	x.Verdict, x.VerdictWords, x.VerdictBy, x.VerdictAt, x.securityBy = x.checking, x.words, who.Name, &at, who.ID
}

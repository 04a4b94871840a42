package use

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/quality"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
)

// Config is what the service is made of.
type Config struct {
	Pool      *pgxpool.Pool
	Catalogue *datasets.Service
	Licensing *licensing.Service
	Accounts  licensing.Accounts
	Book      *policy.Book
	Clocks    *deadline.Clocks
	Now       func() time.Time
}

// Service has every operation on what follows a grant.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	licensing *licensing.Service
	accounts  licensing.Accounts
	book      *policy.Book
	clocks    *deadline.Clocks
	limits    Limits
	now       func() time.Time
	batch     int // rows that are taken at a time
}

// New returns what follows the grants of a licensing service, which tells it of
// each that begins or ends.
func New(c Config) (*Service, error) {
	limits, err := LimitsOf(c.Book)
	s := &Service{pool: c.Pool, catalogue: c.Catalogue, licensing: c.Licensing, accounts: c.Accounts, book: c.Book, clocks: c.Clocks, limits: limits, now: c.Now, batch: database.Batch}
	c.Licensing.OnGrant(s.follow)
	return s, err
}

// Limits are the platform's own numbers.
func (s *Service) Limits() Limits { return s.limits }

func errNone() error { return fault.New(fault.NotFound, "没有这一件。") }

func errDone() error {
	return fault.New(fault.Conflict, "这一件在您打开之后已经有人处理过，请重新打开看看。")
}

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

// platform is who moves what nobody moved in time.
func platform() account.Actor { return account.System("use of data") }

// dayIn is the midnight in China of a date of the database.
func dayIn(date time.Time) time.Time {
	y, m, d := date.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, workdays.Zone)
}

// start begins a period for a department's grant.
func (s *Service) start(g *Grant, t deadline.Term, from time.Time) (deadline.Ref, error) {
	clock, err := s.clocks.Start(g.Dataset.Department.Profile, t, from)
	return clock.Ref, err
}

func (s *Service) clock(ref deadline.Ref) *deadline.Clock {
	if clock, err := s.clocks.Resume(ref); err == nil {
		return &clock
	}
	return nil
}

// resumeReport works out the clocks that run, by the rules that they began under.
func (s *Service) resumeReport(r *Report) {
	r.most, r.Clock, r.Breaks = s.limits.Returns, nil, nil
	switch r.State {
	case ReportOpen, ReportReturned:
		r.Clock = s.clock(r.ref)
		if r.WarnedAt != nil && !r.Grant.Over() {
			if clock, err := s.clocks.Start(r.Grant.Dataset.Department.Profile, suspensionTerm, *r.WarnedAt); err == nil {
				r.Breaks = &clock
			}
		}
	case ReportFiled:
		r.Clock = s.clock(r.ref)
	case ReportAccepted, ReportVoid:
	}
}

// opens works out from when on an open report can be handed in: from the day of its
// reminder, as it is due on the last day of its period, or once its grant has ended.
func (s *Service) opens(r *Report) {
	r.Opens = time.Time{}
	if now := s.now(); r.State == ReportOpen && r.Clock != nil && !r.Grant.Over() && now.Before(r.Grant.Until) {
		day := r.Clock.Last
		for day.After(r.Begins) && s.clocks.Days(day.AddDate(0, 0, -1), r.Clock.Last) <= s.limits.Reminder {
			day = day.AddDate(0, 0, -1)
		}
		if now.Before(day) {
			r.Opens = day
		}
	}
}

func (s *Service) resumeDestruction(d *Destruction) {
	d.Clock, d.now = nil, s.now()
	switch d.State {
	case Owed, Certified, Wanting, Claimed:
		d.Clock = s.clock(d.ref)
	case Confirmed, Excused, Carried, Nothing, WrittenOff:
	}
}

func (s *Service) resumeAudit(a *Audit) {
	a.Clock, a.now, a.named = nil, s.now(), nil
	switch a.State {
	case AuditAsked, AuditAnswered:
		a.Clock = s.clock(a.ref)
	case InOrder, FoundWanting, AuditClosed:
	}
	_, rule := Violations(s.book, a.Grant.Dataset.Department.Profile, a.AskedAt)
	for _, o := range rule.Options {
		a.named = append(a.named, o.Code)
	}
}

// Violations are the named violations of the department of a grant, for the form
// of a finding.
func (s *Service) Violations(a *Audit) (string, policy.Rule) {
	return Violations(s.book, a.Grant.Dataset.Department.Profile, a.AskedAt)
}

// side is where who stands to a grant. It returns fault.NotFound for whoever has
// nothing to do with it, as a key of one grant has with every other.
func (s *Service) side(ctx context.Context, q database.Querier, who account.Actor, g *Grant) (licensing.Side, error) {
	if who.Grant != 0 && who.Grant != g.ID {
		return "", errNone()
	}
	side, err := s.licensing.SideOn(ctx, q, who, g.User, g.Organisation, g.Dataset)
	if err == nil && side == "" {
		err = errNone()
	}
	return side, err
}

// holds returns nil where who holds a grant: a person, or a program whose key may
// ask for data. A report and an answer only say something; they sign nothing.
func (s *Service) holds(ctx context.Context, q database.Querier, who account.Actor, g *Grant) error {
	side, err := s.side(ctx, q, who, g)
	if err == nil && (side != licensing.OfApplicant || !who.Covers(account.ScopeApply)) {
		err = fault.New(fault.Forbidden, "这一步不由您办。")
	}
	return err
}

// stand returns nil where who stands on the side that an act is for, with a
// session: no key does. To the holder's other sides it is fault.Forbidden.
func (s *Service) stand(ctx context.Context, q database.Querier, who account.Actor, g *Grant, sides ...licensing.Side) (licensing.Side, error) {
	side, err := s.side(ctx, q, who, g)
	if err != nil {
		return side, err
	}
	if who.Key != "" || !slices.Contains(sides, side) {
		return side, fault.New(fault.Forbidden, "这一步不由您办。")
	}
	return side, nil
}

// What events are of.
const (
	ofReport      = "report"
	ofDestruction = "destruction"
	ofAudit       = "audit"
)

// note writes an event and its entry of the audit trail.
func (s *Service) note(ctx context.Context, tx pgx.Tx, who account.Actor, of string, id int64, e Event) error {
	e.At = s.instant()
	if who.ID > 0 {
		e.By = who.Name
	}
	if e.Side == "" {
		e.Side = licensing.OfPlatform
	}
	if err := insertEvent(ctx, tx, of, id, who.ID, e); err != nil {
		return err
	}
	details := map[string]string{"to": e.State}
	if e.Words != "" {
		details["words"] = e.Words
	}
	number := strconv.FormatInt(id, 10)
	switch of {
	case ofReport:
		return audit.Append(ctx, tx, who, "use-report", number, e.Act, details)
	case ofDestruction:
		return audit.Append(ctx, tx, who, "use-destruction", number, e.Act, details)
	}
	return audit.Append(ctx, tx, who, "use-audit", number, e.Act, details)
}

// follow begins or ends what a grant brings: it is told of each that moves.
func (s *Service) follow(ctx context.Context, tx pgx.Tx, number string) error {
	g, err := selectGrant(ctx, tx, `g.number = @number`, locked, pgx.NamedArgs{"number": number})
	if err != nil {
		return err
	}
	if g.Over() {
		return s.end(ctx, tx, g)
	}
	if err := s.takeOver(ctx, tx, g); err != nil {
		return err
	}
	return s.nextReport(ctx, tx, g)
}

// nextReport begins the period that runs now, and those before it that nobody
// began.
func (s *Service) nextReport(ctx context.Context, tx pgx.Tx, g *Grant) error {
	first, err := s.clocks.Start(g.Dataset.Department.Profile, reportTerm, g.From)
	if err != nil {
		return err
	}
	every, _ := first.Rule.Number()
	begins := g.From
	for n := 1; begins.Before(g.Until) && (n == 1 || !begins.After(s.now())); n++ {
		ref := first.Ref
		ref.Given = every * n
		clock, err := s.clocks.Resume(ref)
		if err != nil {
			return err
		}
		r := &Report{Grant: *g, Number: n, Begins: begins, State: ReportOpen, ref: ref}
		begun, err := insertReport(ctx, tx, r)
		if err != nil {
			return err
		}
		if begun {
			if err := s.note(ctx, tx, platform(), ofReport, r.ID, Event{Act: string(BeginReport), State: string(ReportOpen)}); err != nil {
				return err
			}
		}
		begins = clock.Due()
	}
	return nil
}

// end settles what a grant leaves that has ended: the reports of a use that never
// was are void, the last of one that was is due with the certificate, and the data
// is to be destroyed.
func (s *Service) end(ctx context.Context, tx pgx.Tx, g *Grant) error {
	items, err := delivered(ctx, tx, g.ID)
	if err != nil {
		return err
	}
	ref, err := s.start(g, destroyTerm, g.StateAt)
	if err != nil {
		return err
	}
	open, err := s.reports(ctx, tx, `r.grant_id = @grant AND r.state IN ('open', 'returned')`, `ORDER BY r.number FOR UPDATE OF r`, pgx.NamedArgs{"grant": g.ID})
	if err != nil {
		return err
	}
	own := slices.ContainsFunc(items, func(d Delivered) bool { return d.Grant == g.Number })
	for i := range open {
		if err := s.lastReport(ctx, tx, &open[i], g, ref, own); err != nil {
			return err
		}
	}
	d := &Destruction{Grant: *g, EndedAt: g.StateAt, State: Owed, ref: ref}
	to, number, err := successor(ctx, tx, g.ID, s.now())
	switch {
	case err != nil:
		return err
	case len(items) == 0:
		d.State, to = Nothing, 0
	case to != 0:
		d.State = Carried
	}
	begun, err := insertDestruction(ctx, tx, d, to)
	if err != nil || !begun {
		return err
	}
	if err := s.note(ctx, tx, platform(), ofDestruction, d.ID, Event{Act: string(BeginDestruction), State: string(d.State), Words: number}); err != nil || d.State != Owed {
		return err
	}
	s.resumeDestruction(d)
	return s.tell(ctx, tx, &d.Grant, Notice{About: AboutDestruction, Act: "owed", Subject: d.ID}, d.Clock, licensing.OfApplicant)
}

// lastReport is what becomes of a report that is open when its grant ends.
func (s *Service) lastReport(ctx context.Context, tx pgx.Tx, r *Report, g *Grant, ref deadline.Ref, delivered bool) error {
	if !delivered {
		return s.moveReport(ctx, tx, platform(), r, VoidReport, licensing.OfPlatform, "")
	}
	sooner := s.clock(ref)
	if r.State != ReportOpen || r.Clock == nil || sooner == nil || !sooner.Last.Before(r.Clock.Last) {
		return nil
	}
	r.ref, r.RemindedAt = ref, nil
	if err := saveReport(ctx, tx, r, platform()); err != nil {
		return err
	}
	return s.note(ctx, tx, platform(), ofReport, r.ID, Event{Act: string(HastenReport), State: string(r.State)})
}

// takeOver lets a grant that begins answer for what was delivered under those
// before it which it covers, where that was not destroyed yet.
func (s *Service) takeOver(ctx context.Context, tx pgx.Tx, g *Grant) error {
	owed, err := s.destructions(ctx, tx, `x.state IN ('owed', 'wanting') AND g.dataset_id = @dataset AND CASE WHEN @organisation::bigint = 0 THEN g.organisation_id IS NULL AND g.user_id = @user ELSE g.organisation_id = @organisation END`,
		`ORDER BY x.id FOR UPDATE OF x`, pgx.NamedArgs{"dataset": g.Dataset.ID, "organisation": g.Organisation, "user": g.User})
	if err != nil {
		return err
	}
	for i := range owed {
		d := &owed[i]
		to, number, err := successor(ctx, tx, d.Grant.ID, s.now())
		if err != nil {
			return err
		}
		if to == 0 {
			continue
		}
		if d.State, err = destructionLifecycle.Next(d.State, Carry, platform(), d); err != nil {
			return err
		}
		if err := saveCarried(ctx, tx, d, to); err != nil {
			return err
		}
		if err := s.note(ctx, tx, platform(), ofDestruction, d.ID, Event{Act: string(Carry), State: string(d.State), Words: number}); err != nil {
			return err
		}
	}
	return nil
}

// cleaned brings texts to their one form.
func cleaned(texts map[string]*string) error {
	for field, t := range texts {
		clean, err := datasets.CleanProse(field, *t)
		if err != nil {
			return err
		}
		*t = clean
	}
	return nil
}

// personal reports whether words hold the number or the address of a person.
func personal(words string, now time.Time) bool {
	return slices.ContainsFunc(quality.Find(words, now), func(h quality.Hit) bool { return h.Right })
}

// moveReport makes one move of a report, with all that goes with it.
func (s *Service) moveReport(ctx context.Context, tx pgx.Tx, who account.Actor, r *Report, action ReportAction, side licensing.Side, said string) error {
	to, err := reportLifecycle.Next(r.State, action, who, r)
	if err != nil {
		return err
	}
	now := s.instant()
	r.State = to
	switch action {
	case FileReport, CompleteReport:
		r.FiledAt, r.FiledBy, r.RemindedAt, r.WarnedAt = &now, who.Name, nil, nil
		r.ref, err = s.start(&r.Grant, readingTerm, now)
	case ReturnReport:
		r.Returns++
		r.ref, err = s.start(&r.Grant, completionTerm, now)
	case AcceptReport:
		r.AcceptedAt, r.AcceptedBy = &now, who.Name
	case WarnOfReport:
		r.WarnedAt = &now
	case VoidReport:
	}
	if err != nil {
		return err
	}
	lift := r.Suspended != nil && to == ReportFiled
	if lift {
		r.Suspended = nil
	}
	if err := saveReport(ctx, tx, r, who); err != nil {
		return err
	}
	if err := s.note(ctx, tx, who, ofReport, r.ID, Event{Side: side, Act: string(action), State: string(to), Words: said}); err != nil {
		return err
	}
	if lift {
		other, err := heldBack(ctx, tx, r.Grant.ID, r.ID)
		if err != nil {
			return err
		}
		if !other {
			if err := s.lift(ctx, tx, r.Grant.ID); err != nil {
				return err
			}
		}
	}
	if action == AcceptReport && r.Shown != "" { // its page says so
		if err := s.catalogue.Announce(ctx, tx, r.Grant.Dataset.ID); err != nil {
			return err
		}
	}
	s.resumeReport(r)
	return s.tellOfReport(ctx, tx, r, action, said)
}

// lift takes back the suspension of a grant, and of renewals that were suspended
// along with it, and that it does not lift any more where it has ended meanwhile.
func (s *Service) lift(ctx context.Context, tx pgx.Tx, grant int64) error {
	if _, err := s.licensing.ByPlatform(ctx, tx, grant, licensing.Reinstate, reportIn); err != nil {
		return err
	}
	later, err := suspendedAfter(ctx, tx, grant)
	if err != nil {
		return err
	}
	for _, id := range later {
		if _, err := s.licensing.ByPlatform(ctx, tx, id, licensing.Reinstate, reportIn); err != nil {
			return err
		}
	}
	return nil
}

// What the platform says when it suspends a grant and lifts that again.
const (
	reportLate = "使用报告逾期，警告后仍没有交。"
	reportIn   = "使用报告已经交来。"
)

// File hands in the report of a period, or what was missing of it.
func (s *Service) File(ctx context.Context, who account.Actor, grant string, number int, c Content, revision int) (*Report, error) {
	if err := cleaned(map[string]*string{"used": &c.Used, "results": &c.Results, "access": &c.Access, "security": &c.Security, "problems": &c.Problems, "personal_how": &c.PersonalHow, "onward_how": &c.OnwardHow, "shown": &c.Shown}); err != nil {
		return nil, err
	}
	for field, t := range map[string]string{"problems": c.Problems, "shown": c.Shown, "personal_how": c.PersonalHow, "onward_how": c.OnwardHow} {
		if len([]rune(t)) > longest {
			return nil, words(field, t)
		}
	}
	if personal(c.Shown, s.now()) {
		return nil, fault.At("shown", "这里像是有证件号、手机号、银行卡号或邮箱。这一栏会公开，请删去再送出。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Report, error) {
		r, err := s.lockReport(ctx, tx, `g.number = @grant`, pgx.NamedArgs{"grant": grant, "number": number, "id": 0})
		if err != nil {
			return nil, err
		}
		if err := s.holds(ctx, tx, who, &r.Grant); err != nil {
			return nil, err
		}
		if r.Revision != revision {
			return r, errDone()
		}
		s.opens(r)
		r.Content = c
		action := FileReport
		if r.State == ReportReturned {
			action = CompleteReport
		}
		return r, s.moveReport(ctx, tx, who, r, action, licensing.OfApplicant, "")
	})
}

// lockReport holds a grant, and then a report of it.
func (s *Service) lockReport(ctx context.Context, tx pgx.Tx, grant string, args pgx.NamedArgs) (*Report, error) {
	g, err := selectGrant(ctx, tx, grant, locked, args)
	if err != nil {
		return nil, err
	}
	args["grant_id"] = g.ID
	found, err := s.reports(ctx, tx, `r.grant_id = @grant_id AND (r.id = @id OR @id = 0 AND r.number = @number)`, `FOR UPDATE OF r`, args)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	return &found[0], nil
}

const grantOfReport = `g.id = (SELECT grant_id FROM use_reports WHERE id = @id)`

// Read accepts a report, or returns it with what is missing: the department does.
func (s *Service) Read(ctx context.Context, who account.Actor, id int64, action ReportAction, missing string, revision int) (*Report, error) {
	if err := cleaned(map[string]*string{"missing": &missing}); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Report, error) {
		r, err := s.lockReport(ctx, tx, grantOfReport, pgx.NamedArgs{"id": id, "number": 0})
		if err != nil {
			return nil, err
		}
		if _, err := s.stand(ctx, tx, who, &r.Grant, licensing.OfDepartment); err != nil {
			return nil, err
		}
		if r.Revision != revision {
			return r, errDone()
		}
		if action != AcceptReport && action != ReturnReport {
			return r, fault.New(fault.Forbidden, "这一步不由您办。")
		}
		if action == ReturnReport {
			r.Missing = missing
		} else {
			missing = ""
		}
		return r, s.moveReport(ctx, tx, who, r, action, licensing.OfDepartment, missing)
	})
}

// ReportPage is a report as who sees it.
type ReportPage struct {
	Report
	Side   licensing.Side
	Events []Event
	Offers []ReportAction
}

// Report is the report of a period of a grant, for its holder.
func (s *Service) Report(ctx context.Context, who account.Actor, grant string, number int) (*ReportPage, error) {
	return s.reportPage(ctx, who, `g.number = @grant AND r.number = @number`, pgx.NamedArgs{"grant": grant, "number": number}, licensing.OfApplicant)
}

// DeskReport is a report for the desk: its department, the authority over that, the
// regulator.
func (s *Service) DeskReport(ctx context.Context, who account.Actor, id int64) (*ReportPage, error) {
	return s.reportPage(ctx, who, `r.id = @id`, pgx.NamedArgs{"id": id}, desks...)
}

// desks are the sides that see what is owed at the desk.
var desks = []licensing.Side{licensing.OfDepartment, licensing.OfAuthority, licensing.OfRegulator}

func (s *Service) reportPage(ctx context.Context, who account.Actor, where string, args pgx.NamedArgs, sides ...licensing.Side) (*ReportPage, error) {
	found, err := s.reports(ctx, s.pool, where, ``, args)
	if err != nil || len(found) == 0 {
		return nil, orNone(err)
	}
	p := &ReportPage{Report: found[0]}
	s.opens(&p.Report)
	if p.Side, err = s.seen(ctx, who, &p.Grant, sides...); err != nil {
		return nil, err
	}
	of := map[ReportAction]licensing.Side{FileReport: licensing.OfApplicant, CompleteReport: licensing.OfApplicant, ReturnReport: licensing.OfDepartment, AcceptReport: licensing.OfDepartment}
	p.Offers = slices.DeleteFunc(reportLifecycle.Offer(p.State, who, &p.Report), func(a ReportAction) bool { return of[a] != p.Side })
	p.Events, err = selectEvents(ctx, s.pool, ofReport, p.ID)
	return p, err
}

func orNone(err error) error {
	if err != nil {
		return err
	}
	return errNone()
}

// seen is on which side who sees what is of a grant; fault.NotFound where that is
// none of these.
func (s *Service) seen(ctx context.Context, who account.Actor, g *Grant, sides ...licensing.Side) (licensing.Side, error) {
	side, err := s.side(ctx, s.pool, who, g)
	if err == nil && !slices.Contains(sides, side) {
		err = errNone()
	}
	return side, err
}

// Path is where the holder finds a report, Desk where the desk does.
func (r *Report) Path() string { return fmt.Sprintf("/grants/%s/reports/%d", r.Grant.Number, r.Number) }

// Desk is where the desk finds it.
func (r *Report) Desk() string { return fmt.Sprintf("/desk/use/reports/%d", r.ID) }

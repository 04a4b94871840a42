package supervision

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

// The texts say at once and in time (立即、及时); the numbers are the platform's.
var (
	containTerm = deadline.Term{House: "incident_containment"}
	tellTerm    = deadline.Term{House: "incident_telling"}
	informTerm  = deadline.Term{House: "incident_reporting"}
)

func errNoIncident() error { return fault.New(fault.NotFound, "没有这件安全事件。") }

// IncidentLevels are the levels of the platform's rule.
func (s *Service) IncidentLevels() policy.Rule {
	r, _ := s.book.House().Rule("incident_levels")
	return r
}

// Affectable is an entry as an incident can be opened about it.
type Affectable struct {
	Dataset    datasets.Dataset
	Versions   []Version
	Withdrawal int64
}

// Affectable is the entry with that slug for who may open an incident about it:
// of its department, the authority over it, the regulator.
func (s *Service) Affectable(ctx context.Context, who account.Actor, slug string) (*Affectable, error) {
	d, withdrawal, err := selectEntry(ctx, s.pool, slug)
	if err != nil {
		return nil, err
	}
	side, err := s.incidentParty(ctx, s.pool, who, &Incident{Dataset: *d, Profile: d.Department.Profile})
	if err != nil {
		return nil, err
	}
	if side == "" {
		return nil, fault.New(fault.NotFound, "没有这个数据集。")
	}
	versions, err := selectVersions(ctx, s.pool, `r.dataset_id = @id`, pgx.NamedArgs{"id": d.ID})
	return &Affectable{*d, versions, withdrawal}, err
}

// NewIncident is what somebody says happened.
type NewIncident struct {
	Slug     string
	Versions []int64
	Level    string
	Title    string
	What     string
	Known    string // when it became known: 2006-01-02T15:04, in China; empty: now
	Sent     string // mark of the form, which opens one incident however often it is sent
}

// OpenIncident opens an incident.
func (s *Service) OpenIncident(ctx context.Context, who account.Actor, n NewIncident) (*Incident, error) {
	a, err := s.Affectable(ctx, who, n.Slug)
	if err != nil {
		return nil, err
	}
	i := &Incident{Dataset: a.Dataset, Profile: a.Dataset.Department.Profile, Withdrawal: a.Withdrawal, Level: n.Level, State: IncidentOpen, OpenedBy: who.Name, OpenedAt: s.instant()}
	if i.Title, err = datasets.CleanLine("title", n.Title); err != nil {
		return nil, err
	}
	if i.Title == "" {
		return nil, fault.At("title", "这一项须填写。")
	}
	if i.What, err = prose("what", n.What); err != nil {
		return nil, err
	}
	if _, ok := chosen(s.IncidentLevels(), []string{n.Level}); !ok {
		return nil, fault.At("level", "请选事件的级别。")
	}
	if i.KnownAt, err = s.known(n.Known); err != nil {
		return nil, err
	}
	for _, v := range n.Versions {
		at := slices.IndexFunc(a.Versions, func(x Version) bool { return x.ID == v })
		if at < 0 {
			return nil, fault.At("version", "这个数据集没有这一版。")
		}
		i.Versions = append(i.Versions, a.Versions[at])
	}
	if len(i.Versions) == 0 {
		return nil, fault.At("version", "请选受影响的版本。")
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if i.ID, i.Number, err = cases.Made(ctx, tx, "incidents", n.Sent); err != nil || i.ID != 0 {
			return none, err
		}
		if i.Number, err = cases.Number(ctx, tx, "AQ", s.instant()); err != nil {
			return none, err
		}
		if err := insertIncident(ctx, tx, who, i, n.Sent); err != nil {
			return none, err
		}
		side, err := s.incidentParty(ctx, tx, who, i)
		if err != nil {
			return none, err
		}
		if err := s.happened(ctx, tx, who, side, "incident", i.ID, string(Begin), i.What); err != nil {
			return none, err
		}
		if err := audit.Append(ctx, tx, who, "incident", i.Number, string(Begin), map[string]string{"dataset": a.Dataset.Slug, "level": i.Level}); err != nil {
			return none, err
		}
		return none, s.tellIncident(ctx, tx, who, i)
	})
	return i, err
}

// known reads when something became known: not in the future.
func (s *Service) known(raw string) (time.Time, error) {
	if raw == "" {
		return s.instant(), nil
	}
	t, err := time.ParseInLocation(typedMinute, raw, workdays.Zone)
	if err != nil || t.After(s.now()) || t.Year() < 2000 {
		return t, fault.At("known", "请写知道的时间，不能晚于现在。")
	}
	return t, nil
}

// IncidentStep is what somebody does in an incident.
type IncidentStep struct {
	Action      IncidentAction
	Revision    int
	Reason      string // of regrading, and of what was none
	Level       string
	Measures    string
	Records     string
	Words       string // to the affected
	WordsEN     string
	Departments []string // slugs of those that it may affect besides
	Report      Reported // Kind, Body, Number, Words
	Cause       string
	Lessons     string
}

// MoveIncident takes an incident further. Its errors are those of MoveBreach.
func (s *Service) MoveIncident(ctx context.Context, who account.Actor, number string, step IncidentStep) (*Incident, error) {
	for field, t := range map[string]*string{"reason": &step.Reason, "measures": &step.Measures, "records": &step.Records, "words": &step.Words, "words_en": &step.WordsEN, "cause": &step.Cause, "lessons": &step.Lessons, "report_words": &step.Report.Words} {
		clean, err := optional(field, *t)
		if err != nil {
			return nil, err
		}
		*t = clean
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Incident, error) {
		i, side, err := s.incident(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if side == OfHolder {
			return i, errNotYours()
		}
		if i.Revision != step.Revision {
			return i, errMoved()
		}
		return i, s.moveIncident(ctx, tx, who, side, i, step)
	})
}

func (s *Service) moveIncident(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, i *Incident, step IncidentStep) error {
	said := step.Reason
	i.words, i.level = step.Reason, step.Level
	at := s.instant()
	switch step.Action {
	case Contain:
		i.Measures, i.ContainedAt, said = step.Measures, &at, step.Measures
	case Keep:
		i.Records, said = step.Records, step.Records
	case Tell:
		i.Words, i.WordsEN, said = step.Words, step.WordsEN, step.Words
		if err := s.addBodies(ctx, tx, i, step.Departments); err != nil {
			return err
		}
	case Inform:
		said = step.Report.Body
		if err := s.checkReport(&step.Report, i); err != nil {
			return err
		}
	case Regrade:
		if _, ok := chosen(s.IncidentLevels(), []string{step.Level}); !ok {
			return fault.At("level", "请选事件的级别。")
		}
	case Close:
		i.Cause, i.Lessons, said = step.Cause, step.Lessons, step.Cause
	}
	from := i.State
	to, err := incidents.Next(from, step.Action, who, i)
	if err != nil {
		return err
	}
	i.State = to
	switch step.Action {
	case Keep:
		if err := holdDeliveries(ctx, tx); err != nil {
			return err
		}
		if i.Count, i.SHA256, err = selectEvidence(ctx, tx, i); err != nil {
			return err
		}
	case Tell:
		i.ToldAt = &at
		if err := s.tellAffected(ctx, tx, i, at); err != nil {
			return err
		}
	case Inform:
		step.Report.At, step.Report.Name = at, who.Name
		if err := insertReport(ctx, tx, who, i, step.Report); err != nil {
			return err
		}
	case Regrade:
		i.Level = step.Level
	case Close, Void:
		i.EndedAt = &at
	}
	if err := saveIncident(ctx, tx, i); err != nil {
		return err
	}
	if err := s.happened(ctx, tx, who, side, "incident", i.ID, string(step.Action), said); err != nil {
		return err
	}
	details := audit.Moved(from, to)
	details["words"] = said
	return audit.Append(ctx, tx, who, "incident", i.Number, string(step.Action), details)
}

func (s *Service) checkReport(r *Reported, i *Incident) (err error) {
	if !slices.Contains(ReportKinds(), r.Kind) {
		return fault.At("kind", "请选报告给哪一类部门。")
	}
	if r.Body, err = datasets.CleanLine("body", r.Body); err != nil {
		return err
	}
	if r.Body == "" {
		return fault.At("body", "请写明报告给谁。")
	}
	if r.Number, err = datasets.CleanLine("report_number", r.Number); err != nil {
		return err
	}
	sent := s.instant()
	if r.Sent != "" {
		if sent, err = time.ParseInLocation(typedMinute, r.Sent, workdays.Zone); err != nil {
			return fault.At("report_sent", "请写日期和时间。")
		}
	}
	switch {
	case sent.After(s.instant()):
		return fault.At("report_sent", "报告送出的时间不能晚于现在。")
	case sent.Before(i.KnownAt.Truncate(time.Minute)):
		return fault.At("report_sent", "报告送出的时间不能早于知道事件的时间。")
	}
	r.SentAt = &sent
	return nil
}

// typedMinute is how forms write a minute, in China.
const typedMinute = "2006-01-02T15:04"

// addBodies takes up the departments that it may affect besides those that share it.
func (s *Service) addBodies(ctx context.Context, tx pgx.Tx, i *Incident, slugs []string) error {
	if len(slugs) > 100 {
		return fault.At("departments", "一次最多 %d 个部门。", 100)
	}
	for _, slug := range slugs {
		d, err := selectDepartment(ctx, tx, slug)
		if err != nil {
			return fault.At("departments", "没有这个部门。").Because(err)
		}
		if d.ID == i.Dataset.Department.ID || slices.ContainsFunc(i.Bodies, func(b Body) bool { return b.ID == d.ID }) {
			continue
		}
		i.Bodies = append(i.Bodies, Body{Department: *d})
		i.untold++
	}
	return nil
}

// tellAffected writes to everybody who is affected and was not told, once each.
func (s *Service) tellAffected(ctx context.Context, tx pgx.Tx, i *Incident, at time.Time) error {
	d := i.Dataset
	n := Notice{Of: "incident", Number: i.Number, Act: string(Tell), Holder: true, Title: d.Title, TitleEN: d.TitleEN, From: d.Department.Name, FromEN: d.Department.NameEN, Words: i.Words, WordsEN: i.WordsEN, At: at}
	for k := range i.People {
		p := &i.People[k]
		if p.ToldAt != nil {
			continue
		}
		p.ToldAt = &at
		if err := insertPerson(ctx, tx, i, p); err != nil {
			return err
		}
		if err := send(ctx, tx, n, []string{p.address}); err != nil {
			return err
		}
	}
	for k := range i.Bodies {
		b := &i.Bodies[k]
		if b.ToldAt != nil {
			continue
		}
		b.ToldAt = &at
		if err := insertBody(ctx, tx, i, b); err != nil {
			return err
		}
		people, err := account.Players(ctx, tx, []int64{b.ID}, body...)
		if err != nil {
			return err
		}
		m := n
		m.Desk = true
		if err := send(ctx, tx, m, people[b.ID]); err != nil {
			return err
		}
	}
	i.untold = 0
	return nil
}

// tellIncident writes to the department of the data where somebody else opened it,
// and to the authority.
func (s *Service) tellIncident(ctx context.Context, tx pgx.Tx, who account.Actor, i *Incident) error {
	d := i.Dataset
	n := Notice{Of: "incident", Number: i.Number, Act: string(Begin), Desk: true, Yours: true, Title: d.Title, TitleEN: d.TitleEN, From: who.Name, FromEN: who.Name, Words: i.What, At: s.now()}
	var all []string
	if who.Department != d.Department.ID {
		to, err := sideReaders(ctx, tx, OfDepartment, d.Department.ID, i.Profile)
		if err != nil {
			return err
		}
		all = append(all, to...)
	}
	if !who.Is(account.Authority) {
		to, err := sideReaders(ctx, tx, OfAuthority, d.Department.ID, i.Profile)
		if err != nil {
			return err
		}
		all = append(all, to...)
	}
	return send(ctx, tx, n, all)
}

// incidentParty is on which side who stands; OfHolder is a department that was told.
func (s *Service) incidentParty(ctx context.Context, q database.Querier, who account.Actor, i *Incident) (Side, error) {
	switch {
	case !Desk(who):
		return "", nil
	case who.Any(body...) && who.Department == i.Dataset.Department.ID:
		return OfDepartment, nil
	case who.Is(account.Regulator):
		return OfRegulator, nil
	case who.Is(account.Authority):
		if ours, err := overseen(ctx, q, who, i.Profile); err != nil || ours {
			return OfAuthority, err
		}
	}
	if slices.ContainsFunc(i.Bodies, func(b Body) bool { return b.ToldAt != nil && b.ID == who.Department }) {
		return OfHolder, nil
	}
	return "", nil
}

func (s *Service) incident(ctx context.Context, q database.Querier, who account.Actor, number string, lock bool) (*Incident, Side, error) {
	if lock {
		if err := lockIncident(ctx, q, number); err != nil {
			return nil, "", err
		}
	}
	found, err := s.incidentList(ctx, q, `i.number = @number`, pgx.NamedArgs{"number": number, "limit": 1})
	if err != nil {
		return nil, "", err
	}
	if len(found) == 0 {
		return nil, "", errNoIncident()
	}
	i := &found[0]
	if err := s.fill(ctx, q, i); err != nil {
		return nil, "", err
	}
	side, err := s.incidentParty(ctx, q, who, i)
	if err == nil && side == "" {
		err = errNoIncident()
	}
	return i, side, err
}

// fill reads what belongs to an incident, and counts what is still to be done.
func (s *Service) fill(ctx context.Context, q database.Querier, i *Incident) (err error) {
	if i.Versions, err = selectVersions(ctx, q, `v.id IN (SELECT version_id FROM incident_versions WHERE incident_id = @id)`, pgx.NamedArgs{"id": i.ID}); err != nil {
		return err
	}
	if i.People, err = selectAffected(ctx, q, i.ID); err != nil {
		return err
	}
	if i.Bodies, err = selectBodies(ctx, q, i); err != nil {
		return err
	}
	if i.Reports, err = selectReports(ctx, q, i.ID); err != nil {
		return err
	}
	s.count(i)
	return nil
}

func (s *Service) count(i *Incident) {
	for _, p := range i.People {
		if p.ToldAt == nil {
			i.untold++
		}
	}
	for _, b := range i.Bodies {
		if b.ToldAt == nil {
			i.untold++
		}
	}
	if _, r, ok := s.book.Governing(i.Profile, "incident_notice", i.OpenedAt); ok && !r.Silent {
		i.Notice = r
	}
	for _, kind := range policy.ReportsDue(i.Notice) {
		if !slices.ContainsFunc(i.Reports, func(r Reported) bool { return r.Kind == kind }) {
			i.missing = append(i.missing, kind)
		}
	}
	if len(i.missing) == 0 && len(i.Reports) > 0 {
		i.ReportedAt = &i.Reports[len(i.Reports)-1].At
	}
	for _, c := range []struct {
		to   **deadline.Clock
		term deadline.Term
	}{{&i.Containing, containTerm}, {&i.Telling, tellTerm}, {&i.Reporting, informTerm}} {
		if clock, err := s.clocks.Start(i.Profile, c.term, i.KnownAt); err == nil {
			*c.to = &clock
		}
	}
}

// IncidentView is an incident as somebody sees it.
type IncidentView struct {
	*Incident
	Side   Side
	Offers []IncidentAction
	Events []Event
}

// Incident is one that who may know of. A department that was told sees what it was
// told, and no names.
func (s *Service) Incident(ctx context.Context, who account.Actor, number string) (*IncidentView, error) {
	i, side, err := s.incident(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	v := &IncidentView{Incident: i, Side: side}
	if side == OfHolder {
		i.What, i.Measures, i.Records, i.Cause, i.People, i.Bodies, i.Reports = "", "", "", "", nil, nil, nil
		return v, nil
	}
	v.Offers = incidents.Offer(i.State, who, i)
	v.Events, err = s.events(ctx, "incident", i.ID)
	return v, err
}

// Incidents are those that who sees at the desk, the newest first.
func (s *Service) Incidents(ctx context.Context, who account.Actor, f Filter) ([]Incident, error) {
	args := pgx.NamedArgs{"department": who.Department, "limit": f.Limit}
	where := `(i.department_id = @department OR EXISTS (SELECT FROM incident_bodies b WHERE b.incident_id = i.id AND b.department_id = @department))`
	switch {
	case !Desk(who):
		return nil, fault.New(fault.Forbidden, "只有部门、主管部门和监管机构能看这一页。")
	case who.Is(account.Regulator):
		where = `true`
	case who.Is(account.Authority):
		profile, err := profileOf(ctx, s.pool, who.Department)
		if err != nil {
			return nil, err
		}
		args["profile"] = profile
		where = `(i.profile = @profile AND @profile <> '' OR EXISTS (SELECT FROM incident_bodies b WHERE b.incident_id = i.id AND b.department_id = @department))`
	}
	if !f.All || f.Late {
		where += ` AND i.state IN ('open', 'contained')`
	}
	if f.State != "" {
		where += ` AND i.state = @state`
		args["state"] = f.State
	}
	if f.Before > 0 {
		where += ` AND i.id < @before`
		args["before"] = f.Before
	}
	if f.Late {
		args["limit"] = mostLate
	}
	found, err := s.incidentList(ctx, s.pool, where, args)
	if err != nil {
		return nil, err
	}
	for k := range found { // open ones are few
		if found[k].State.Runs() {
			if err := s.fill(ctx, s.pool, &found[k]); err != nil {
				return nil, err
			}
		}
	}
	if f.Late {
		found = slices.DeleteFunc(found, func(i Incident) bool { return !i.Late(s.now()) })
		found = found[:min(len(found), f.Limit)]
	}
	return found, nil
}

// Telling is what somebody was told about data that they took.
type Telling struct {
	Dataset datasets.Dataset
	From    datasets.Department
	Words   string
	WordsEN string
	At      time.Time
	Over    bool
}

// Tellings are what who was told of incidents, the newest first.
func (s *Service) Tellings(ctx context.Context, who account.Actor) ([]Telling, error) {
	if who.ID <= 0 {
		return nil, nil
	}
	return selectTellings(ctx, s.pool, who.ID)
}

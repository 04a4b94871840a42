package licensing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
	"shuyuan/internal/workdays"
)

const columns = `a.id, a.number, a.user_id, coalesce(a.organisation_id, 0), a.applicant, a.applicant_name, a.applicant_code, a.state, a.revision, a.created_at, a.saved_at,
	a.seen, a.lane, a.use_area, a.purpose, a.outputs, a.months, a.storage, a.profile, a.conditions, a.submitted_at, a.accepted_at, a.decided_at, a.ended_at,
	a.clock_profile, a.clock_path, a.clock_from, a.clock_used, a.stopped_at, a.stage_profile, a.stage_path, a.stage_from,
	a.missing, a.completions, a.automatic, a.ground, a.reason, a.bases, a.decided_name, a.must_grant, a.award, a.grounds, a.verdict, coalesce(g.number, ''), coalesce(f.kind, 'new'), e.id, e.number, e.until_at, e.state, coalesce(n.number, ''), coalesce(n.state, ''),
	EXISTS (SELECT FROM organisations h WHERE h.id = a.organisation_id AND h.suspended_at IS NOT NULL),
	d.id, d.slug, d.title, d.title_en, d.status, d.open_type, p.id, p.slug, p.name, p.name_en, p.profile, p.email`

const tables = ` FROM applications a JOIN datasets d ON d.id = a.dataset_id JOIN departments p ON p.id = d.department_id LEFT JOIN grants g ON g.application_id = a.id LEFT JOIN application_follows f ON f.application_id = a.id LEFT JOIN grants e ON e.id = f.grant_id LEFT JOIN application_tenders tied ON tied.application_id = a.id LEFT JOIN tenders n ON n.id = tied.tender_id `

func scan(row pgx.CollectableRow) (a Application, err error) {
	d := &a.Dataset
	var conditions, bases, award []byte
	var from, stage, until *time.Time
	var earlier *int64
	var earlierNumber, earlierState *string
	err = row.Scan(&a.ID, &a.Number, &a.User, &a.Organisation, &a.Applicant, &a.Name, &a.Code, &a.State, &a.Revision, &a.CreatedAt, &a.SavedAt,
		&a.Seen, &a.Lane, &a.Area, &a.Purpose, &a.Outputs, &a.Months, &a.Storage, &a.Profile, &conditions, &a.SubmittedAt, &a.AcceptedAt, &a.DecidedAt, &a.EndedAt,
		&a.decision.Profile, &a.decision.Path, &from, &a.decision.Used, &a.StoppedAt, &a.stage.Profile, &a.stage.Path, &stage,
		&a.Missing, &a.Completions, &a.Automatic, &a.Ground, &a.Reason, &bases, &a.Decider, &a.MustGrant, &award, &a.Grounds, &a.Verdict, &a.Grant, &a.Kind, &earlier, &earlierNumber, &until, &earlierState, &a.Tender, &a.TenderState, &a.Suspended,
		&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &d.Open, &d.Department.ID, &d.Department.Slug, &d.Department.Name, &d.Department.NameEN, &d.Department.Profile, &d.Department.Email)
	if err != nil {
		return a, err
	}
	if from != nil {
		a.decision.From = *from
	}
	if stage != nil {
		a.stage.From = *stage
	}
	if earlier != nil {
		a.Earlier = &Earlier{*earlier, *earlierNumber, *until, GrantState(*earlierState)}
	}
	for _, j := range []struct {
		raw []byte
		to  any
	}{{conditions, &a.Conditions}, {bases, &a.Bases}, {award, &a.Award}} {
		if len(j.raw) > 0 {
			err = errors.Join(err, json.Unmarshal(j.raw, j.to))
		}
	}
	return a, err
}

func (s *Service) list(ctx context.Context, q database.Querier, where, order string, args pgx.NamedArgs) ([]Application, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+tables+`WHERE `+where+` `+order, args)
	if err != nil {
		return nil, fmt.Errorf("applications: %w", err)
	}
	found, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("applications: %w", err)
	}
	for i := range found {
		s.resume(&found[i])
	}
	return found, nil
}

// waitFor are the applications that a department has to accept or decide, those
// whose clock has run longest first, and how many there are in all.
func (s *Service) waitFor(ctx context.Context, department int64) ([]Application, int, error) {
	const where = `d.department_id = @department AND a.state IN ('submitted', 'accepted', 'awarding')`
	args := pgx.NamedArgs{"department": department, "limit": inbox.Listed, "counted": inbox.Counted + 1}
	found, err := s.list(ctx, s.pool, where, `ORDER BY coalesce(a.clock_from, a.stage_from, a.saved_at), a.id LIMIT @limit`, args)
	if err != nil || len(found) < inbox.Listed {
		return found, len(found), err
	}
	var n int
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM applications a JOIN datasets d ON d.id = a.dataset_id WHERE `+where+` LIMIT @counted) a`, args).Scan(&n); err != nil {
		return nil, 0, fmt.Errorf("applications that wait: %w", err)
	}
	return found, n, nil
}

// lock reads an application with its items and holds it until tx ends, so that
// two people do not move it at once. The grant that it renews or changes is held
// before it, in the order in which a grant that moves holds its applications.
func (s *Service) lock(ctx context.Context, tx pgx.Tx, number string) (*Application, error) {
	if _, err := tx.Exec(ctx, `SELECT FROM grants g JOIN application_follows f ON f.grant_id = g.id JOIN applications a ON a.id = f.application_id WHERE a.number = $1 FOR UPDATE OF g`, number); err != nil {
		return nil, fmt.Errorf("earlier grant: %w", err)
	}
	found, err := s.list(ctx, tx, `a.number = @number`, `FOR UPDATE OF a`, pgx.NamedArgs{"number": number})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	a := &found[0]
	return a, s.fillItems(ctx, tx, a)
}

func (s *Service) fillItems(ctx context.Context, q database.Querier, a *Application) error {
	rows, err := q.Query(ctx, `
		SELECT i.resource_id, r.name, r.name_en, coalesce(i.version, 0), i.columns, i.rows_where, i.why, i.decision, i.given_columns, i.given_where, i.reason
		FROM application_items i JOIN resources r ON r.id = i.resource_id WHERE i.application_id = @id ORDER BY r.position, r.id`, pgx.NamedArgs{"id": a.ID})
	if err != nil {
		return fmt.Errorf("items: %w", err)
	}
	a.Items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Item, err error) {
		err = row.Scan(&i.Resource, &i.Name, &i.NameEN, &i.Version, &i.Columns, &i.Where, &i.Why, &i.Decision, &i.GivenColumns, &i.GivenWhere, &i.Reason)
		return i, err
	})
	if err != nil {
		return fmt.Errorf("items: %w", err)
	}
	return s.fillPapers(ctx, q, a)
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func saveItems(ctx context.Context, tx pgx.Tx, a *Application) error {
	if _, err := tx.Exec(ctx, `DELETE FROM application_items WHERE application_id = $1`, a.ID); err != nil {
		return fmt.Errorf("items: %w", err)
	}
	for _, i := range a.Items {
		if _, err := tx.Exec(ctx, `
			INSERT INTO application_items (application_id, resource_id, version, columns, rows_where, why, decision, given_columns, given_where, reason)
			VALUES (@id, @resource, @version, @columns, @where, @why, @decision, @given, @given_where, @reason)`,
			pgx.NamedArgs{"id": a.ID, "resource": i.Resource, "version": i.Version, "columns": i.Columns, "where": i.Where, "why": i.Why,
				"decision": i.Decision, "given": i.GivenColumns, "given_where": i.GivenWhere, "reason": i.Reason}); err != nil {
			return fmt.Errorf("items: %w", err)
		}
	}
	return nil
}

// save writes everything that moves; it is the one place that writes a state.
func save(ctx context.Context, tx pgx.Tx, a *Application) error {
	if a.Bases == nil {
		a.Bases = []datasets.LegalBasis{}
	}
	if a.Missing == nil {
		a.Missing = []string{}
	}
	var by *int64
	if a.decider != 0 {
		by = &a.decider
	}
	err := tx.QueryRow(ctx, `
		UPDATE applications SET state = @state, revision = revision + 1, saved_at = @saved,
			seen = @seen, lane = @lane, use_area = @area, purpose = @purpose, outputs = @outputs, months = @months, storage = @storage,
			profile = @profile, conditions = @conditions, submitted_at = @submitted, accepted_at = @accepted, decided_at = @decided, ended_at = @ended,
			clock_profile = @clock_profile, clock_path = @clock_path, clock_from = @clock_from, clock_used = @clock_used, stopped_at = @stopped,
			stage_profile = @stage_profile, stage_path = @stage_path, stage_from = @stage_from,
			missing = @missing, completions = @completions, automatic = @automatic, ground = @ground, reason = @reason, bases = @bases,
			decided_by = coalesce(@decider, decided_by), decided_name = @decider_name, must_grant = @must, award = @award, grounds = @grounds, verdict = @verdict
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": a.ID, "state": a.State, "saved": a.SavedAt, "seen": a.Seen, "lane": a.Lane, "area": a.Area, "purpose": a.Purpose, "outputs": a.Outputs, "months": a.Months, "storage": a.Storage,
			"profile": a.Profile, "conditions": a.Conditions, "submitted": a.SubmittedAt, "accepted": a.AcceptedAt, "decided": a.DecidedAt, "ended": a.EndedAt,
			"clock_profile": a.decision.Profile, "clock_path": a.decision.Path, "clock_from": nullTime(a.decision.From), "clock_used": a.decision.Used, "stopped": a.StoppedAt,
			"stage_profile": a.stage.Profile, "stage_path": a.stage.Path, "stage_from": nullTime(a.stage.From),
			"missing": a.Missing, "completions": a.Completions, "automatic": a.Automatic, "ground": a.Ground, "reason": a.Reason, "bases": a.Bases,
			"decider": by, "decider_name": a.Decider, "must": a.MustGrant, "award": a.Award, "grounds": a.Grounds, "verdict": a.Verdict}).Scan(&a.Revision)
	if err != nil {
		return fmt.Errorf("save application: %w", err)
	}
	return nil
}

func insert(ctx context.Context, tx pgx.Tx, a *Application) error {
	var organisation *int64
	if a.Organisation != 0 {
		organisation = &a.Organisation
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO applications (number, dataset_id, user_id, organisation_id, applicant, applicant_name, applicant_code, state, created_at, saved_at)
		VALUES (@number, @dataset, @user, @organisation, @applicant, @name, @code, 'draft', @now, @now) RETURNING id, revision`,
		pgx.NamedArgs{"number": a.Number, "dataset": a.Dataset.ID, "user": a.User, "organisation": organisation, "applicant": a.Applicant, "name": a.Name, "code": a.Code, "now": a.CreatedAt}).Scan(&a.ID, &a.Revision)
	if err == nil && a.Earlier != nil {
		_, err = tx.Exec(ctx, `INSERT INTO application_follows (application_id, kind, grant_id) VALUES ($1, $2, $3)`, a.ID, a.Kind, a.Earlier.ID)
	}
	return err
}

// Event is one thing that happened to an application.
type Event struct {
	At     time.Time
	Name   string // who did it, as both sides read it
	Side   string // applicant, department, authority, platform
	Action Action
	Words  string
	Clock  *deadline.Clock // by when it was due, where there was a clock

	ref  deadline.Ref
	last *time.Time
	by   int64
}

func insertEvent(ctx context.Context, tx pgx.Tx, application int64, e Event) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO application_events (application_id, at, by_id, by_name, side, action, words, clock_profile, clock_path, clock_last)
		VALUES (@id, @at, @by, @name, @side, @action, @words, @profile, @path, @last)`,
		pgx.NamedArgs{"id": application, "at": e.At, "by": e.by, "name": e.Name, "side": e.Side, "action": e.Action, "words": e.Words, "profile": e.ref.Profile, "path": e.ref.Path, "last": e.last})
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	return nil
}

// selectEvents are the events of an application in their order.
func (s *Service) selectEvents(ctx context.Context, application int64) ([]Event, error) {
	rows, err := s.pool.Query(ctx, `SELECT at, by_name, side, action, words, clock_profile, clock_path, clock_last FROM application_events WHERE application_id = $1 ORDER BY id`, application)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Event, err error) {
		if err := row.Scan(&e.At, &e.Name, &e.Side, &e.Action, &e.Words, &e.ref.Profile, &e.ref.Path, &e.last); err != nil || e.last == nil {
			return e, err
		}
		e.ref.From = e.At
		if clock, err := s.clocks.Resume(e.ref); err == nil {
			y, m, d := e.last.Date()
			clock.Last, clock.Missing = time.Date(y, m, d, 0, 0, 0, 0, workdays.Zone), 0
			e.Clock = &clock
		}
		return e, nil
	})
}

// keptConditions are the figures of an entry; the platform's where the
// department has set none.
func (s *Service) keptConditions(ctx context.Context, q database.Querier, dataset int64) (Conditions, error) {
	c := Conditions{Months: s.limits.Months, Files: s.limits.Files, Rows: s.limits.Rows, Materials: []string{}}
	err := q.QueryRow(ctx, `SELECT months, files_day, rows_day, materials, revision FROM open_conditions WHERE dataset_id = $1`, dataset).Scan(&c.Months, &c.Files, &c.Rows, &c.Materials, &c.Revision)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return c, fmt.Errorf("conditions: %w", err)
	}
	return c, nil
}

const agreementColumns = `id, edition, template, body, sha256, made_at, coalesce(user_by, 0), user_name, user_at, provider_name, provider_at, void_at, user_method, provider_method`

func scanAgreement(row pgx.CollectableRow) (g Agreement, err error) {
	err = row.Scan(&g.ID, &g.Edition, &g.Template, &g.Body, &g.SHA256, &g.MadeAt, &g.user, &g.UserName, &g.UserAt, &g.Provider, &g.ProviderAt, &g.VoidAt, &g.UserMethod, &g.ProviderMethod)
	return g, err
}

func selectAgreements(ctx context.Context, q database.Querier, application int64) ([]Agreement, error) {
	rows, err := q.Query(ctx, `SELECT `+agreementColumns+` FROM agreements WHERE application_id = $1 ORDER BY edition DESC`, application)
	if err != nil {
		return nil, fmt.Errorf("agreements: %w", err)
	}
	return pgx.CollectRows(rows, scanAgreement)
}

// newAgreement keeps another edition; the one before is void.
func newAgreement(ctx context.Context, tx pgx.Tx, application int64, body string, at time.Time) (*Agreement, error) {
	if _, err := tx.Exec(ctx, `UPDATE agreements SET void_at = $2 WHERE application_id = $1 AND void_at IS NULL`, application, at); err != nil {
		return nil, fmt.Errorf("agreement: %w", err)
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO agreements (application_id, edition, template, body, sha256, made_at)
		SELECT @id, 1 + coalesce(max(edition), 0), @template, @body, @sha256, @at FROM agreements WHERE application_id = @id
		RETURNING `+agreementColumns, pgx.NamedArgs{"id": application, "template": template, "body": body, "sha256": Digest(body), "at": at})
	if err != nil {
		return nil, fmt.Errorf("agreement: %w", err)
	}
	g, err := pgx.CollectExactlyOneRow(rows, scanAgreement)
	return &g, err
}

// signAgreement writes down who signed an agreement for a side, and how they had
// shown who they are.
func signAgreement(ctx context.Context, tx pgx.Tx, id int64, side string, who account.Actor, at time.Time) error {
	tag, err := tx.Exec(ctx, `
		UPDATE agreements SET `+side+`_by = @by, `+side+`_name = @name, `+side+`_at = @at,
			`+side+`_method = coalesce((SELECT coalesce(nullif(confirmed_by, ''), 'sign-in') FROM sessions WHERE id = @session), '')
		WHERE id = @id AND void_at IS NULL AND `+side+`_at IS NULL`,
		pgx.NamedArgs{"id": id, "by": who.ID, "name": who.Name, "at": at, "session": who.Session})
	if err == nil && tag.RowsAffected() == 0 {
		err = errors.New("it is void or signed already")
	}
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	return nil
}

// isMember reports whether a person is in an organisation.
func isMember(ctx context.Context, q database.Querier, organisation, user int64) (yes bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM organisation_members WHERE organisation_id = $1 AND user_id = $2)`, organisation, user).Scan(&yes)
	return yes, err
}

// notSuspended returns fault.Conflict while an organisation is suspended, and keeps
// it as it is until tx ends, so that none is given data the moment it is suspended.
// 0 is a person.
func notSuspended(ctx context.Context, tx pgx.Tx, organisation int64) error {
	if organisation == 0 {
		return nil
	}
	var suspended bool
	if err := tx.QueryRow(ctx, `SELECT suspended_at IS NOT NULL FROM organisations WHERE id = $1 FOR SHARE`, organisation).Scan(&suspended); err != nil {
		return fmt.Errorf("organisation: %w", err)
	}
	if suspended {
		return errSuspended()
	}
	return nil
}

// sameProfile reports whether who's department is bound by the same text as a's:
// an authority acts within its own city or province.
func (s *Service) sameProfile(ctx context.Context, q database.Querier, who account.Actor, a *Application) (same bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM departments WHERE id = $1 AND profile = $2)`, who.Department, a.Dataset.Department.Profile).Scan(&same)
	return same, err
}

// proved reports whether an organisation shows by a paper what it is.
func (s *Service) proved(ctx context.Context, q database.Querier, organisation int64) (yes bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM papers WHERE organisation_id = $1 AND kind = 'qualification' AND replaced_at IS NULL AND (expires_on IS NULL OR expires_on >= $2))`, organisation, s.now()).Scan(&yes)
	return yes, err
}

// took is how many working days each decided application for an entry took, the
// shortest first.
func (s *Service) took(ctx context.Context, dataset int64) ([]int, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT submitted_at, decided_at FROM applications WHERE dataset_id = $1 AND decided_at IS NOT NULL AND state IN ('granted', 'offered', 'refused', 'upheld', 'disputed') ORDER BY id DESC LIMIT 500`, dataset)
	if err != nil {
		return nil, fmt.Errorf("took: %w", err)
	}
	var out []int
	var from, to time.Time
	_, err = pgx.ForEachRow(rows, []any{&from, &to}, func() error {
		out = append(out, s.clocks.Days(from, to))
		return nil
	})
	slices.Sort(out)
	return out, err
}

// writeConditions keeps the conditions of an entry over the revision that they
// were made from; fault.Conflict where another was made since.
func (s *Service) writeConditions(ctx context.Context, tx pgx.Tx, who account.Actor, dataset int64, c Conditions) error {
	var revision int
	err := tx.QueryRow(ctx, `
		INSERT INTO open_conditions AS o (dataset_id, months, files_day, rows_day, materials, set_by, set_name, set_at)
		VALUES (@id, @months, @files, @rows, @materials, @who, @name, @now)
		ON CONFLICT (dataset_id) DO UPDATE SET months = excluded.months, files_day = excluded.files_day, rows_day = excluded.rows_day, materials = excluded.materials,
			set_by = excluded.set_by, set_name = excluded.set_name, set_at = excluded.set_at, revision = o.revision + 1
		WHERE o.revision = @revision RETURNING revision`,
		pgx.NamedArgs{"id": dataset, "months": c.Months, "files": c.Files, "rows": c.Rows, "materials": c.Materials, "who": who.ID, "name": who.Name, "now": s.instant(), "revision": c.Revision}).Scan(&revision)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.Conflict, "这些条件在您打开之后已被别人改过，请重新打开。")
	}
	if err != nil {
		return fmt.Errorf("conditions: %w", err)
	}
	return nil
}

// readers are the addresses of those on a side of a case: who applied and the
// owners of the organisation, the officers of the department, the authority.
func (s *Service) readers(ctx context.Context, tx pgx.Tx, user, organisation, department int64, profile string, side Side) ([]string, error) {
	switch side {
	case OfDepartment:
		people, err := account.Players(ctx, tx, []int64{department}, account.Officer)
		return people[department], err
	case OfAuthority:
		rows, err := tx.Query(ctx, `
			SELECT DISTINCT u.identifier FROM user_roles r JOIN users u ON u.id = r.user_id JOIN departments p ON p.id = r.department_id
			WHERE r.role = 'authority' AND p.profile = $1 AND u.disabled_at IS NULL ORDER BY 1`, profile)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[string])
	}
	rows, err := tx.Query(ctx, `
		SELECT u.identifier FROM users u
		WHERE u.disabled_at IS NULL AND u.leaving_at IS NULL AND (u.id = $1 OR u.id IN (SELECT user_id FROM organisation_members WHERE organisation_id = $2 AND role = 'owner'))
		ORDER BY u.id`, user, organisation)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// OpenClocks are the clocks of the applications that wait for somebody.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT number, clock_profile, clock_path, clock_from, clock_used FROM applications WHERE clock_path <> '' AND stopped_at IS NULL AND state IN ('submitted', 'accepted')
		UNION ALL SELECT number, stage_profile, stage_path, stage_from, 0 FROM applications a WHERE stage_path <> '' AND state IN ('submitted', 'returned', 'offered', 'disputed')
			AND NOT (state = 'offered' AND EXISTS (SELECT FROM application_follows f JOIN grants e ON e.id = f.grant_id WHERE f.application_id = a.id AND e.state = 'suspended'))
		ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (calendars.Open, error) {
		o := calendars.Open{Kind: "application"}
		err := row.Scan(&o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From, &o.Ref.Used)
		return o, err
	})
}

// selectDecided are the newest decided applications for an entry, and how many
// there are in all.
func (s *Service) selectDecided(ctx context.Context, dataset int64, limit int) (list []Decided, all int, err error) {
	rows, err := s.pool.Query(ctx, `
		SELECT a.submitted_at, a.decided_at, a.applicant, a.lane, a.state, a.months, coalesce((a.conditions ->> 'revision')::int, 0), a.bases, a.clock_profile, a.clock_path, a.clock_from, a.clock_used,
			sum(coalesce(cardinality(i.columns), 1)), coalesce(sum(CASE i.decision WHEN 'granted' THEN coalesce(cardinality(i.columns), 1) WHEN 'reduced' THEN cardinality(i.given_columns) ELSE 0 END), 0),
			count(*) OVER ()
		FROM applications a JOIN application_items i ON i.application_id = a.id
		WHERE a.dataset_id = @dataset AND a.decided_at IS NOT NULL AND a.state IN ('granted', 'offered', 'refused', 'disputed', 'upheld', 'withdrawn', 'lapsed')
		GROUP BY a.id ORDER BY a.decided_at DESC, a.id LIMIT @limit`, pgx.NamedArgs{"dataset": dataset, "limit": limit})
	if err != nil {
		return nil, 0, fmt.Errorf("consistency: %w", err)
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (x Decided, err error) {
		var submitted time.Time
		var ref deadline.Ref
		var from *time.Time
		if err := row.Scan(&submitted, &x.At, &x.Applicant, &x.Lane, &x.State, &x.Months, &x.Conditions, &x.Bases, &ref.Profile, &ref.Path, &from, &ref.Used, &x.Asked, &x.Given, &all); err != nil {
			return x, err
		}
		x.Days = s.clocks.Days(submitted, x.At)
		x.Late = s.late(ref, from, x.At)
		return x, nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("consistency: %w", err)
	}
	return list, all, nil
}

// InTime counts, of the applications to a department whose day to be decided came,
// those that were decided by then, or sent to a competition. One that waits within
// its time, or whose day is only preliminary, is not counted.
func (s *Service) InTime(ctx context.Context, department string) (datasets.Share, error) {
	var out datasets.Share
	rows, err := s.pool.Query(ctx, `
		SELECT a.clock_profile, a.clock_path, a.clock_from, a.clock_used, coalesce(a.decided_at, CASE WHEN a.state = 'awarding' THEN a.stopped_at END), a.state IN ('withdrawn', 'lapsed', 'returned'),
			CASE WHEN a.state IN ('submitted', 'accepted') THEN a.stopped_at END
		FROM applications a JOIN datasets d ON d.id = a.dataset_id JOIN departments p ON p.id = d.department_id
		WHERE p.slug = $1 AND a.clock_path <> '' AND a.clock_from IS NOT NULL`, department)
	if err != nil {
		return out, fmt.Errorf("in time: %w", err)
	}
	var ref deadline.Ref
	var done, stopped *time.Time
	var over bool
	_, err = pgx.ForEachRow(rows, []any{&ref.Profile, &ref.Path, &ref.From, &ref.Used, &done, &over, &stopped}, func() error {
		clock, err := s.clocks.Resume(ref)
		switch {
		case err != nil || clock.Preliminary():
		case done != nil:
			out.All++
			if !clock.Late(*done) {
				out.Yes++
			}
		case stopped != nil: // what it renews is suspended: late is what was late by then
			if clock.Late(*stopped) {
				out.All++
			}
		case !over && clock.Late(s.now()):
			out.All++
		}
		return nil
	})
	return out, err
}

// deleteDrafts takes out drafts that were last saved before a time and returns
// their numbers.
func deleteDrafts(ctx context.Context, tx pgx.Tx, before time.Time) ([]string, error) {
	rows, err := tx.Query(ctx, `DELETE FROM applications WHERE state = 'draft' AND saved_at < $1 RETURNING number`, before)
	if err != nil {
		return nil, fmt.Errorf("old drafts: %w", err)
	}
	gone, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("old drafts: %w", err)
	}
	return gone, nil
}

// dropApplications ends what a person applied for alone: drafts go, and what is
// under way is withdrawn.
func dropApplications(ctx context.Context, tx pgx.Tx, user int64, now time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM applications WHERE user_id = $1 AND organisation_id IS NULL AND state = 'draft'`, user); err != nil {
		return fmt.Errorf("forget: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE applications SET state = 'withdrawn', ended_at = $2, revision = revision + 1 WHERE user_id = $1 AND organisation_id IS NULL AND state IN ('submitted', 'returned', 'accepted', 'awarding', 'offered')`, user, now); err != nil {
		return fmt.Errorf("forget: %w", err)
	}
	return nil
}

// tieTender has a tender decide an application, in place of one that was cancelled.
func tieTender(ctx context.Context, tx pgx.Tx, application, tender int64, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO application_tenders (application_id, tender_id, tied_at) VALUES ($1, $2, $3) ON CONFLICT (application_id) DO UPDATE SET tender_id = excluded.tender_id, tied_at = excluded.tied_at`, application, tender, at)
	if err != nil {
		return fmt.Errorf("tender of an application: %w", err)
	}
	return nil
}

// tiedTo are the numbers of the applications that wait for a tender.
func tiedTo(ctx context.Context, tx pgx.Tx, tender int64) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT a.number FROM application_tenders x JOIN applications a ON a.id = x.application_id WHERE x.tender_id = $1 AND a.state = 'awarding' ORDER BY a.id`, tender)
	if err != nil {
		return nil, fmt.Errorf("applications of a tender: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

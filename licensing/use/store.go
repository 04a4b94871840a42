package use

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/licensing"
)

const grantColumns = `g.id, g.number, g.user_id, coalesce(g.organisation_id, 0), a.applicant_name, g.purpose, g.state, g.from_at, g.until_at, g.state_at,
	d.id, d.slug, d.title, d.title_en, d.status, d.open_type, p.id, p.slug, p.name, p.name_en, p.profile`

const grantTables = ` JOIN applications a ON a.id = g.application_id JOIN datasets d ON d.id = g.dataset_id JOIN departments p ON p.id = d.department_id `

// fields are where the columns of a grant are read to.
func (g *Grant) fields() []any {
	d := &g.Dataset
	return []any{&g.ID, &g.Number, &g.User, &g.Organisation, &g.Holder, &g.Purpose, &g.State, &g.From, &g.Until, &g.StateAt,
		&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &d.Open, &d.Department.ID, &d.Department.Slug, &d.Department.Name, &d.Department.NameEN, &d.Department.Profile}
}

// selectGrant is one grant; lock holds it until the transaction ends. It is always
// locked before what is owed under it, so that nobody waits in a circle.
func selectGrant(ctx context.Context, q database.Querier, where, lock string, args pgx.NamedArgs) (*Grant, error) {
	rows, err := q.Query(ctx, `SELECT `+grantColumns+` FROM grants g`+grantTables+`WHERE `+where+lock, args)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	g, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (g Grant, err error) { return g, row.Scan(g.fields()...) })
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNone()
	}
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	return &g, nil
}

const locked = ` FOR UPDATE OF g`

const reportColumns = `r.id, r.number, r.begins_at, r.state, r.clock_profile, r.clock_path, r.clock_from, r.clock_given,
	r.used, r.results, r.access, r.security, r.problems, r.personal, r.personal_how, r.onward, r.onward_how, r.shown,
	r.filed_at, r.filed_name, r.returns, r.missing, r.accepted_at, r.accepted_name, r.reminded_at, r.warned_at, r.suspended_at, r.revision, ` + grantColumns

func (s *Service) scanReport(row pgx.CollectableRow) (r Report, err error) {
	err = row.Scan(append([]any{&r.ID, &r.Number, &r.Begins, &r.State, &r.ref.Profile, &r.ref.Path, &r.ref.From, &r.ref.Given,
		&r.Used, &r.Results, &r.Access, &r.Security, &r.Problems, &r.Personal, &r.PersonalHow, &r.Onward, &r.OnwardHow, &r.Shown,
		&r.FiledAt, &r.FiledBy, &r.Returns, &r.Missing, &r.AcceptedAt, &r.AcceptedBy, &r.RemindedAt, &r.WarnedAt, &r.Suspended, &r.Revision}, r.Grant.fields()...)...)
	s.resumeReport(&r)
	return r, err
}

func (s *Service) reports(ctx context.Context, q database.Querier, where, order string, args pgx.NamedArgs) ([]Report, error) {
	rows, err := q.Query(ctx, `SELECT `+reportColumns+` FROM use_reports r JOIN grants g ON g.id = r.grant_id`+grantTables+`WHERE `+where+` `+order, args)
	if err != nil {
		return nil, fmt.Errorf("reports of use: %w", err)
	}
	return pgx.CollectRows(rows, s.scanReport)
}

// insertReport begins a period, unless it has begun.
func insertReport(ctx context.Context, tx pgx.Tx, r *Report) (begun bool, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO use_reports (grant_id, number, begins_at, clock_profile, clock_path, clock_from, clock_given)
		VALUES (@grant, @number, @begins, @profile, @path, @from, @given) ON CONFLICT (grant_id, number) DO NOTHING RETURNING id`,
		pgx.NamedArgs{"grant": r.Grant.ID, "number": r.Number, "begins": r.Begins, "profile": r.ref.Profile, "path": r.ref.Path, "from": r.ref.From, "given": r.ref.Given}).Scan(&r.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("report of use: %w", err)
	}
	return true, nil
}

// saveReport writes everything that moves; it is the one place that writes a state.
func saveReport(ctx context.Context, tx pgx.Tx, r *Report, who account.Actor) error {
	err := tx.QueryRow(ctx, `
		UPDATE use_reports SET state = @state, clock_profile = @profile, clock_path = @path, clock_from = @from, clock_given = @given,
			used = @used, results = @results, access = @access, security = @security, problems = @problems, personal = @personal, personal_how = @personal_how,
			onward = @onward, onward_how = @onward_how, shown = @shown, filed_at = @filed, filed_name = @filed_name, filed_by = CASE WHEN @filing THEN @who ELSE filed_by END,
			returns = @returns, missing = @missing, accepted_at = @accepted, accepted_name = @accepted_name, accepted_by = CASE WHEN @accepting THEN @who ELSE accepted_by END,
			reminded_at = @reminded, warned_at = @warned, suspended_at = @suspended, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": r.ID, "state": r.State, "profile": r.ref.Profile, "path": r.ref.Path, "from": r.ref.From, "given": r.ref.Given,
			"used": r.Used, "results": r.Results, "access": r.Access, "security": r.Security, "problems": r.Problems, "personal": r.Personal, "personal_how": r.PersonalHow,
			"onward": r.Onward, "onward_how": r.OnwardHow, "shown": r.Shown, "filed": r.FiledAt, "filed_name": r.FiledBy, "filing": r.State == ReportFiled, "who": who.ID,
			"returns": r.Returns, "missing": r.Missing, "accepted": r.AcceptedAt, "accepted_name": r.AcceptedBy, "accepting": r.State == ReportAccepted,
			"reminded": r.RemindedAt, "warned": r.WarnedAt, "suspended": r.Suspended}).Scan(&r.Revision)
	if err != nil {
		return fmt.Errorf("report of use: %w", err)
	}
	return nil
}

// heldBack reports whether a grant is suspended because of another report.
func heldBack(ctx context.Context, tx pgx.Tx, grant, report int64) (held bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM use_reports WHERE grant_id = $1 AND id <> $2 AND suspended_at IS NOT NULL)`, grant, report).Scan(&held)
	return held, err
}

// suspendedAfter are the grants after another that the platform suspended along with
// it, for no report of their own.
func suspendedAfter(ctx context.Context, tx pgx.Tx, grant int64) ([]int64, error) {
	rows, err := tx.Query(ctx, `
		WITH RECURSIVE chain (id) AS (SELECT grant_id FROM grant_follows WHERE earlier_id = $1 UNION SELECT f.grant_id FROM grant_follows f JOIN chain ON f.earlier_id = chain.id)
		SELECT g.id FROM grants g JOIN chain USING (id)
		WHERE g.suspended_by = 'platform' AND NOT EXISTS (SELECT FROM use_reports r WHERE r.grant_id = g.id AND r.suspended_at IS NOT NULL) ORDER BY g.id`, grant)
	if err != nil {
		return nil, fmt.Errorf("grants that follow: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

const destructionColumns = `x.id, coalesce(x.number, ''), x.ended_at, x.state, coalesce(t.number, ''), x.clock_profile, x.clock_path, x.clock_from,
	x.items, x.method, x.destroyer, x.destroyed_on, x.supervisor, x.copies, x.body, x.sha256, x.filed_at, x.filed_name,
	x.ground, x.ground_words, x.words, x.decided_at, x.decided_name, x.reminded_at, x.warned_at, x.revision,
	CASE WHEN g.organisation_id IS NULL THEN u.disabled_at IS NOT NULL ELSE NOT EXISTS (SELECT FROM organisation_members m WHERE m.organisation_id = g.organisation_id AND m.role = 'owner') END, ` + grantColumns

const destructionTables = ` FROM use_destructions x JOIN grants g ON g.id = x.grant_id JOIN users u ON u.id = g.user_id LEFT JOIN grants t ON t.id = x.carried_to` + grantTables

func (s *Service) scanDestruction(row pgx.CollectableRow) (d Destruction, err error) {
	var items []byte
	var on *time.Time
	if err = row.Scan(append([]any{&d.ID, &d.Number, &d.EndedAt, &d.State, &d.CarriedTo, &d.ref.Profile, &d.ref.Path, &d.ref.From,
		&items, &d.Method, &d.Destroyer, &on, &d.Supervisor, &d.Copies, &d.Body, &d.SHA256, &d.FiledAt, &d.FiledBy,
		&d.Ground, &d.GroundWords, &d.Words, &d.DecidedAt, &d.DecidedBy, &d.RemindedAt, &d.WarnedAt, &d.Revision, &d.gone}, d.Grant.fields()...)...); err != nil {
		return d, err
	}
	if on != nil {
		d.DestroyedOn = dayIn(*on)
	}
	s.resumeDestruction(&d)
	return d, json.Unmarshal(items, &d.Items)
}

func (s *Service) destructions(ctx context.Context, q database.Querier, where, order string, args pgx.NamedArgs) ([]Destruction, error) {
	rows, err := q.Query(ctx, `SELECT `+destructionColumns+destructionTables+`WHERE `+where+` `+order, args)
	if err != nil {
		return nil, fmt.Errorf("destructions: %w", err)
	}
	return pgx.CollectRows(rows, s.scanDestruction)
}

func insertDestruction(ctx context.Context, tx pgx.Tx, d *Destruction, to int64) (begun bool, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO use_destructions (grant_id, ended_at, state, carried_to, clock_profile, clock_path, clock_from)
		VALUES (@grant, @ended, @state, nullif(@to::bigint, 0), @profile, @path, @from) ON CONFLICT (grant_id) DO NOTHING RETURNING id`,
		pgx.NamedArgs{"grant": d.Grant.ID, "ended": d.EndedAt, "state": d.State, "to": to, "profile": d.ref.Profile, "path": d.ref.Path, "from": d.ref.From}).Scan(&d.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("destruction: %w", err)
	}
	return true, nil
}

// saveDestruction writes everything that moves; it is the one place that writes a state.
func saveDestruction(ctx context.Context, tx pgx.Tx, d *Destruction, who account.Actor) error {
	if d.Items == nil {
		d.Items = []Delivered{}
	}
	var on any
	if !d.DestroyedOn.IsZero() {
		on = day(d.DestroyedOn)
	}
	err := tx.QueryRow(ctx, `
		UPDATE use_destructions SET number = nullif(@number, ''), state = @state, clock_profile = @profile, clock_path = @path, clock_from = @from,
			items = @items, method = @method, destroyer = @destroyer, destroyed_on = @on::date, supervisor = @supervisor, copies = @copies, body = @body, sha256 = @sha256,
			filed_at = @filed, filed_name = @filed_name, filed_by = CASE WHEN @filing THEN @who ELSE filed_by END,
			ground = @ground, ground_words = @ground_words, claimed_by = CASE WHEN @claiming THEN @who ELSE claimed_by END,
			words = @words, decided_at = @decided, decided_name = @decided_name, decided_by = CASE WHEN @deciding THEN @who ELSE decided_by END,
			reminded_at = @reminded, warned_at = @warned, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": d.ID, "number": d.Number, "state": d.State, "profile": d.ref.Profile, "path": d.ref.Path, "from": d.ref.From,
			"items": d.Items, "method": d.Method, "destroyer": d.Destroyer, "on": on, "supervisor": d.Supervisor, "copies": d.Copies, "body": d.Body, "sha256": d.SHA256,
			"filed": d.FiledAt, "filed_name": d.FiledBy, "filing": d.State == Certified, "who": who.ID, "ground": d.Ground, "ground_words": d.GroundWords, "claiming": d.State == Claimed,
			"words": d.Words, "decided": d.DecidedAt, "decided_name": d.DecidedBy, "deciding": who.ID > 0 && d.State != Certified && d.State != Claimed,
			"reminded": d.RemindedAt, "warned": d.WarnedAt}).Scan(&d.Revision)
	if err != nil {
		return fmt.Errorf("destruction: %w", err)
	}
	return nil
}

// delivered is what was delivered under a grant and under those before it that it
// took over.
func delivered(ctx context.Context, q database.Querier, grant int64) ([]Delivered, error) {
	rows, err := q.Query(ctx, `
		WITH RECURSIVE chain (id) AS (
			SELECT $1::bigint UNION SELECT x.grant_id FROM use_destructions x JOIN chain ON x.carried_to = chain.id)
		SELECT g.number, v.file_name, v.number, a.sha256, count(*), coalesce(sum(e.bytes), 0)::bigint, min(a.began_at), max(a.began_at)
		FROM acquisitions a JOIN chain ON chain.id = a.grant_id JOIN grants g ON g.id = a.grant_id JOIN versions v ON v.id = a.version_id LEFT JOIN acquisition_ends e ON e.acquisition_id = a.id
		GROUP BY g.number, v.file_name, v.number, a.sha256 ORDER BY v.file_name, v.number, g.number, a.sha256`, grant)
	if err != nil {
		return nil, fmt.Errorf("what was delivered: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Delivered])
}

// successor is the grant of the same holder that stands now and covers all that
// another covers; 0: there is none.
func successor(ctx context.Context, tx pgx.Tx, grant int64, now time.Time) (id int64, number string, err error) {
	err = tx.QueryRow(ctx, `
		SELECT n.id, n.number FROM grants g JOIN grants n ON n.dataset_id = g.dataset_id AND n.id <> g.id AND n.state IN ('active', 'suspended') AND n.until_at > $2
			AND CASE WHEN g.organisation_id IS NULL THEN n.organisation_id IS NULL AND n.user_id = g.user_id ELSE n.organisation_id = g.organisation_id END
		WHERE g.id = $1 AND NOT EXISTS (
			SELECT FROM grant_items i WHERE i.grant_id = g.id AND NOT EXISTS (
				SELECT FROM grant_items j WHERE j.grant_id = n.id AND j.resource_id = i.resource_id
				AND (j.columns IS NULL OR i.columns <@ j.columns) AND (j.rows_where = '' OR j.rows_where = i.rows_where)))
		ORDER BY n.until_at DESC, n.id LIMIT 1`, grant, now).Scan(&id, &number)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", nil
	}
	return id, number, err
}

// saveCarried makes a later grant answer for what was delivered under an earlier one.
func saveCarried(ctx context.Context, tx pgx.Tx, d *Destruction, to int64) error {
	_, err := tx.Exec(ctx, `UPDATE use_destructions SET state = @state, carried_to = @to, revision = revision + 1 WHERE id = @id`, pgx.NamedArgs{"id": d.ID, "state": d.State, "to": to})
	return err
}

const drawColumns = `w.id, w.number, w.side, w.profile, w.which, w.drawn_at, w.drawn_by, w.drawn_name, w.seed, w.population, w.percent, w.least, w.drawn, w.questions`

func scanDraw(row pgx.CollectableRow) (d Draw, err error) {
	return d, row.Scan(&d.ID, &d.Number, &d.Side, &d.Profile, &d.Which, &d.At, &d.by, &d.By, &d.Seed, &d.Population, &d.Percent, &d.Least, &d.Drawn, &d.Questions)
}

func selectDraws(ctx context.Context, q database.Querier, where, order string, args pgx.NamedArgs) ([]Draw, error) {
	rows, err := q.Query(ctx, `SELECT `+drawColumns+` FROM use_draws w WHERE `+where+` `+order, args)
	if err != nil {
		return nil, fmt.Errorf("draws: %w", err)
	}
	return pgx.CollectRows(rows, scanDraw)
}

func insertDraw(ctx context.Context, tx pgx.Tx, d *Draw) error {
	return tx.QueryRow(ctx, `
		INSERT INTO use_draws (number, side, profile, which, drawn_at, drawn_by, drawn_name, seed, population, percent, least, drawn, questions, sent)
		VALUES (@number, @side, @profile, @which, @at, @by, @name, @seed, @population, @percent, @least, @drawn, @questions, nullif(@sent, '')) RETURNING id`,
		pgx.NamedArgs{"number": d.Number, "side": d.Side, "profile": d.Profile, "which": d.Which, "at": d.At, "by": d.by, "name": d.By, "seed": d.Seed, "population": d.Population,
			"percent": d.Percent, "least": d.Least, "drawn": d.Drawn, "questions": d.Questions, "sent": d.sent}).Scan(&d.ID)
}

// population are the numbers of the grants that a sample is drawn of, in order.
func population(ctx context.Context, q database.Querier, profile, which string) ([]string, error) {
	rows, err := q.Query(ctx, `
		SELECT g.number FROM grants g JOIN datasets d ON d.id = g.dataset_id JOIN departments p ON p.id = d.department_id
		WHERE ($1 = '' OR p.profile = $1) AND ($2 = 'all' OR ($2 = 'live') = (g.state IN ('active', 'suspended'))) ORDER BY g.number`, profile, which)
	if err != nil {
		return nil, fmt.Errorf("population: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

const auditColumns = `u.id, u.state, u.asked_at, u.clock_profile, u.clock_path, u.clock_from, u.answer, u.answered_at, u.answered_name, u.violation, u.violation_of, u.words, u.found_at, u.found_name,
	u.closing, u.closed_at, u.reminded_at, u.warned_at, u.revision, w.id, w.number, w.side, w.profile, w.questions, ` + grantColumns

func (s *Service) scanAudit(row pgx.CollectableRow) (a Audit, err error) {
	err = row.Scan(append([]any{&a.ID, &a.State, &a.AskedAt, &a.ref.Profile, &a.ref.Path, &a.ref.From, &a.Answer, &a.AnsweredAt, &a.AnsweredBy, &a.Violation, &a.ViolationOf, &a.Words, &a.FoundAt, &a.FoundBy,
		&a.Closing, &a.ClosedAt, &a.RemindedAt, &a.WarnedAt, &a.Revision, &a.Draw.ID, &a.Draw.Number, &a.Draw.Side, &a.Draw.Profile, &a.Draw.Questions}, a.Grant.fields()...)...)
	s.resumeAudit(&a)
	return a, err
}

func (s *Service) audits(ctx context.Context, q database.Querier, where, order string, args pgx.NamedArgs) ([]Audit, error) {
	rows, err := q.Query(ctx, `SELECT `+auditColumns+` FROM use_audits u JOIN use_draws w ON w.id = u.draw_id JOIN grants g ON g.id = u.grant_id`+grantTables+`WHERE `+where+` `+order, args)
	if err != nil {
		return nil, fmt.Errorf("audits: %w", err)
	}
	return pgx.CollectRows(rows, s.scanAudit)
}

func insertAudit(ctx context.Context, tx pgx.Tx, a *Audit) error {
	return tx.QueryRow(ctx, `
		INSERT INTO use_audits (draw_id, grant_id, state, asked_at, clock_profile, clock_path, clock_from)
		VALUES (@draw, @grant, 'asked', @at, @profile, @path, @from) RETURNING id`,
		pgx.NamedArgs{"draw": a.Draw.ID, "grant": a.Grant.ID, "at": a.AskedAt, "profile": a.ref.Profile, "path": a.ref.Path, "from": a.ref.From}).Scan(&a.ID)
}

// saveAudit writes everything that moves; it is the one place that writes a state.
func saveAudit(ctx context.Context, tx pgx.Tx, a *Audit, who account.Actor) error {
	err := tx.QueryRow(ctx, `
		UPDATE use_audits SET state = @state, clock_profile = @profile, clock_path = @path, clock_from = @from,
			answer = @answer, answered_at = @answered, answered_name = @answered_name, answered_by = CASE WHEN @state = 'answered' THEN @who ELSE answered_by END,
			violation = @violation, violation_of = @violation_of, words = @words, found_at = @found, found_name = @found_name, found_by = CASE WHEN @state IN ('in_order', 'wanting') THEN @who ELSE found_by END,
			closing = @closing, closed_at = @closed, closed_by = CASE WHEN @state = 'closed' THEN @who ELSE closed_by END, reminded_at = @reminded, warned_at = @warned, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": a.ID, "state": string(a.State), "profile": a.ref.Profile, "path": a.ref.Path, "from": a.ref.From, "answer": a.Answer, "answered": a.AnsweredAt, "answered_name": a.AnsweredBy, "who": who.ID,
			"violation": a.Violation, "violation_of": a.ViolationOf, "words": a.Words, "found": a.FoundAt, "found_name": a.FoundBy, "closing": a.Closing, "closed": a.ClosedAt, "reminded": a.RemindedAt, "warned": a.WarnedAt}).Scan(&a.Revision)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// Event is one thing that happened to a report, a destruction or an audit.
type Event struct {
	At    time.Time
	By    string // empty: the platform
	Side  licensing.Side
	Act   string
	State string
	Words string
}

func insertEvent(ctx context.Context, tx pgx.Tx, of string, id, by int64, e Event) error {
	_, err := tx.Exec(ctx, `INSERT INTO use_events (of, of_id, at, by_id, by_name, side, act, state, words) VALUES (@of, @id, @at, @by, @name, @side, @act, @state, @words)`,
		pgx.NamedArgs{"of": of, "id": id, "at": e.At, "by": by, "name": e.By, "side": e.Side, "act": e.Act, "state": e.State, "words": e.Words})
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, of string, id int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT at, by_name, side, act, state, words FROM use_events WHERE of = @of AND of_id = @id ORDER BY id`, pgx.NamedArgs{"of": of, "id": id})
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// readings are when something was handed to a department and when it answered; the
// second is nil while it has not.
func readings(ctx context.Context, q database.Querier, department string) (pgx.Rows, error) {
	return q.Query(ctx, `
		SELECT e.of, p.profile, e.at, (SELECT min(n.at) FROM use_events n WHERE n.of = e.of AND n.of_id = e.of_id AND n.id > e.id AND n.side = 'department')
		FROM use_events e
		JOIN (SELECT 'report' AS of, id, grant_id FROM use_reports UNION ALL SELECT 'destruction', id, grant_id FROM use_destructions) x ON x.of = e.of AND x.id = e.of_id
		JOIN grants g ON g.id = x.grant_id JOIN datasets d ON d.id = g.dataset_id JOIN departments p ON p.id = d.department_id
		WHERE p.slug = $1 AND e.act IN ('file', 'complete', 'certify', 'claim')`, department)
}

// count counts what waits, up to one more than the inbox counts.
func count(ctx context.Context, q database.Querier, from, where string, args pgx.NamedArgs) (n int, err error) {
	if err = q.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM `+from+` JOIN grants g ON g.id = w.grant_id JOIN datasets d ON d.id = g.dataset_id JOIN departments p ON p.id = d.department_id WHERE `+where+` LIMIT @counted) w`, args).Scan(&n); err != nil {
		return 0, fmt.Errorf("count what waits: %w", err)
	}
	return n, nil
}

// profileOf is the text that binds a department.
func profileOf(ctx context.Context, q database.Querier, department int64) (profile string, err error) {
	if err = q.QueryRow(ctx, `SELECT profile FROM departments WHERE id = $1`, department).Scan(&profile); err != nil {
		return "", fmt.Errorf("profile: %w", err)
	}
	return profile, nil
}

// Shown is what a holder lets everybody know of what came of the use of data.
type Shown struct {
	Holder string // empty: a person
	Words  string
	At     time.Time
}

func selectShown(ctx context.Context, q database.Querier, dataset int64, limit int) ([]Shown, error) {
	rows, err := q.Query(ctx, `
		SELECT CASE WHEN g.organisation_id IS NULL THEN '' ELSE a.applicant_name END, r.shown, r.accepted_at
		FROM use_reports r JOIN grants g ON g.id = r.grant_id JOIN applications a ON a.id = g.application_id
		WHERE g.dataset_id = $1 AND r.state = 'accepted' AND r.shown <> '' ORDER BY r.accepted_at DESC, r.id DESC LIMIT $2`, dataset, limit)
	if err != nil {
		return nil, fmt.Errorf("results of use: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Shown])
}

// openClocks are the clocks of everything that waits for somebody.
const openClocks = `
	SELECT 'use-report', r.id::text, r.clock_profile, r.clock_path, r.clock_from, r.clock_given FROM use_reports r WHERE r.state IN ('open', 'filed', 'returned')
	UNION ALL SELECT 'use-destruction', x.id::text, x.clock_profile, x.clock_path, x.clock_from, 0 FROM use_destructions x WHERE x.state IN ('owed', 'filed', 'wanting', 'claimed')
	UNION ALL SELECT 'use-audit', u.id::text, u.clock_profile, u.clock_path, u.clock_from, 0 FROM use_audits u WHERE u.state IN ('asked', 'answered')
	ORDER BY 1, 2`

package operation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

const developerColumns = `d.id, d.number, d.mandate_id, m.number, m.title, m.state, ` + bodyColumns + `, w.id, w.name, w.credit_code, w.status <> 'verified' OR w.suspended_at IS NOT NULL, ` + organisationColumns + `,
	d.state, d.state_at, d.reason, d.held_by, coalesce(h.id, 0), coalesce(h.name, ''), coalesce(h.name_en, ''), d.contact, d.security, d.trained_on, d.training, d.trained_until, d.declared, d.declared_years, d.dcmm, coalesce(d.submitted_by, 0), d.submitted_at,
	d.clock_profile, d.clock_path, d.clock_from, coalesce(d.decided_by, 0), d.decided_name, d.decided_at, d.made_at, d.revision`

func (s *Service) scanDeveloper(row pgx.CollectableRow) (d Developer, err error) {
	var from *time.Time
	into := append([]any{&d.ID, &d.Number, &d.mandate, &d.Mandate, &d.MandateTitle, &d.MandateState}, bodyInto(&d.Body)...)
	into = append(append(into, organisationInto(&d.Operator)...), organisationInto(&d.Organisation)...)
	into = append(into, &d.State, &d.StateAt, &d.Reason, &d.HeldBy, &d.HeldBody.ID, &d.HeldBody.Name, &d.HeldBody.NameEN, &d.Contact, &d.Security, &d.TrainedOn, &d.Training, &d.TrainedUntil, &d.Declared, &d.Years, &d.DCMM, &d.by, &d.SubmittedAt,
		&d.clock.Profile, &d.clock.Path, &from, &d.decider, &d.DecidedBy, &d.DecidedAt, &d.MadeAt, &d.Revision)
	if err := row.Scan(into...); err != nil {
		return d, err
	}
	if d.TrainedOn != nil { // a day, read as its midnight in China
		y, m, day := d.TrainedOn.Date()
		on := time.Date(y, m, day, 0, 0, 0, 0, workdays.Zone)
		d.TrainedOn = &on
	}
	if from != nil {
		d.clock.From = *from
		if clock, wrong := s.clocks.Resume(d.clock); wrong == nil {
			d.Clock = &clock
		}
	}
	return d, nil
}

func (s *Service) developerList(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Developer, error) {
	rows, err := q.Query(ctx, `SELECT `+developerColumns+` FROM developers d JOIN mandates m ON m.id = d.mandate_id JOIN departments b ON b.id = m.body_id JOIN organisations w ON w.id = m.operator_id JOIN organisations o ON o.id = d.organisation_id LEFT JOIN departments h ON h.id = d.held_body
		WHERE `+where+` ORDER BY d.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("developers: %w", err)
	}
	out, err := pgx.CollectRows(rows, s.scanDeveloper)
	if err != nil {
		return nil, fmt.Errorf("developers: %w", err)
	}
	for i := range out {
		rows, err := q.Query(ctx, `SELECT u.id, u.name, p.writes, p.releases FROM developer_people p JOIN users u ON u.id = p.user_id WHERE p.developer_id = $1 ORDER BY u.id`, out[i].ID)
		if err != nil {
			return nil, fmt.Errorf("developers: %w", err)
		}
		if out[i].People, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Person]); err != nil {
			return nil, fmt.Errorf("developers: %w", err)
		}
	}
	return out, nil
}

func (s *Service) developerBy(ctx context.Context, q database.Querier, number string, lock bool) (*Developer, error) {
	if lock {
		if _, err := q.Exec(ctx, `SELECT FROM developers WHERE number = $1 FOR UPDATE`, number); err != nil {
			return nil, err
		}
	}
	return s.oneDeveloper(ctx, q, `d.number = @key`, pgx.NamedArgs{"key": number, "limit": 1})
}

func (s *Service) developerByID(ctx context.Context, q database.Querier, id int64) (*Developer, error) {
	return s.oneDeveloper(ctx, q, `d.id = @key`, pgx.NamedArgs{"key": id, "limit": 1})
}

// entryOf is the entry of an organisation with a mandate that is not over; nil: there
// is none.
func (s *Service) entryOf(ctx context.Context, q database.Querier, mandate, organisation int64) (*Developer, error) {
	d, err := s.oneDeveloper(ctx, q, `d.mandate_id = @mandate AND d.organisation_id = @organisation AND d.state NOT IN ('refused', 'left')`, pgx.NamedArgs{"mandate": mandate, "organisation": organisation, "limit": 1})
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return d, err
}

func (s *Service) oneDeveloper(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) (*Developer, error) {
	found, err := s.developerList(ctx, q, where, args)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, ErrNoDeveloper()
	}
	return &found[0], nil
}

func (d *Developer) args() pgx.NamedArgs {
	var from, on any
	if d.clock.Path != "" {
		from = d.clock.From
	}
	if d.TrainedOn != nil {
		on = d.TrainedOn.In(workdays.Zone).Format(time.DateOnly)
	}
	return pgx.NamedArgs{"id": d.ID, "number": d.Number, "mandate": d.mandate, "organisation": d.Organisation.ID, "state": d.State, "state_at": d.StateAt, "reason": d.Reason, "held": d.HeldBy, "held_body": d.HeldBody.ID, "contact": d.Contact, "security": d.Security,
		"on": on, "training": d.Training, "until": d.TrainedUntil, "declared": d.Declared, "years": d.Years, "dcmm": d.DCMM, "by": d.by, "submitted": d.SubmittedAt, "clock_profile": d.clock.Profile, "clock_path": d.clock.Path, "clock_from": from,
		"decider": d.decider, "decided": d.DecidedBy, "decided_at": d.DecidedAt, "made": d.MadeAt, "sent": d.sent}
}

func insertDeveloper(ctx context.Context, tx pgx.Tx, d *Developer) error {
	err := tx.QueryRow(ctx, `INSERT INTO developers (number, mandate_id, organisation_id, state, state_at, made_at, declared_years, sent) VALUES (@number, @mandate, @organisation, @state, @state_at, @made, @years, nullif(@sent, '')) RETURNING id, revision`, d.args()).Scan(&d.ID, &d.Revision)
	if err != nil {
		return fmt.Errorf("insert developer: %w", err)
	}
	return nil
}

// saveDeveloper writes what changed of an entry; written: also who may do what.
func saveDeveloper(ctx context.Context, tx pgx.Tx, d *Developer, written bool) error {
	err := tx.QueryRow(ctx, `
		UPDATE developers SET state = @state, state_at = @state_at, reason = @reason, held_by = @held, held_body = nullif(@held_body::bigint, 0), contact = @contact, security = @security, trained_on = @on::date, training = @training,
			reminded_at = CASE WHEN trained_until IS DISTINCT FROM @until THEN NULL ELSE reminded_at END, trained_until = @until, declared = @declared,
			declared_years = @years, dcmm = @dcmm, submitted_by = nullif(@by::bigint, 0), submitted_at = @submitted, clock_profile = @clock_profile, clock_path = @clock_path, clock_from = @clock_from,
			decided_by = nullif(@decider::bigint, 0), decided_name = @decided, decided_at = @decided_at, revision = revision + 1
		WHERE id = @id RETURNING revision`, d.args()).Scan(&d.Revision)
	if err != nil {
		return fmt.Errorf("save developer %s: %w", d.Number, err)
	}
	if !written {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM developer_people WHERE developer_id = $1`, d.ID); err != nil {
		return fmt.Errorf("people of a developer: %w", err)
	}
	for _, p := range d.People {
		if _, err := tx.Exec(ctx, `INSERT INTO developer_people (developer_id, user_id, writes, releases) VALUES ($1, $2, $3, $4)`, d.ID, p.ID, p.Writes, p.Releases); err != nil {
			return fmt.Errorf("people of a developer: %w", err)
		}
	}
	return nil
}

// membersOf are the members of an organisation who can sign in.
func membersOf(ctx context.Context, q database.Querier, organisation int64) ([]Person, error) {
	rows, err := q.Query(ctx, `SELECT u.id, u.name, false, false FROM organisation_members m JOIN users u ON u.id = m.user_id WHERE m.organisation_id = $1 AND u.disabled_at IS NULL ORDER BY u.id`, organisation)
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Person])
}

// people are the members of an organisation that are named for something.
func people(ctx context.Context, q database.Querier, organisation int64, writes, releases []int64) ([]Person, error) {
	members, err := membersOf(ctx, q, organisation)
	if err != nil {
		return nil, err
	}
	var out []Person
	for _, id := range append(slices.Clone(writes), releases...) {
		if !slices.ContainsFunc(members, func(p Person) bool { return p.ID == id }) {
			return nil, fault.At("people", "只能指定本机构的成员。")
		}
	}
	for _, m := range members {
		m.Writes, m.Releases = slices.Contains(writes, m.ID), slices.Contains(releases, m.ID)
		if m.Writes || m.Releases {
			out = append(out, m)
		}
	}
	return out, nil
}

// breachesOf are the cases against an organisation in the years of the rule that are
// open or ended with a measure.
func (s *Service) breachesOf(ctx context.Context, q database.Querier, organisation int64) ([]Breach, error) {
	rows, err := q.Query(ctx, `SELECT number, outcome, coalesce(decided_at, opened_at) FROM breaches WHERE holder_organisation_id = $1 AND opened_at IS NOT NULL AND outcome <> 'none' AND coalesce(decided_at, opened_at) >= $2 ORDER BY id DESC`,
		organisation, s.instant().AddDate(-s.limits.Clean, 0, 0))
	if err != nil {
		return nil, fmt.Errorf("breaches of a developer: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Breach])
}

// holdersBelow are the developers that entered with a mandate or one under it, and the
// operators of those under it.
func holdersBelow(ctx context.Context, q database.Querier, mandate int64) ([]holder, error) {
	rows, err := q.Query(ctx, `
		WITH RECURSIVE under AS (SELECT id, number, operator_id FROM mandates WHERE id = $1 UNION ALL SELECT m.id, m.number, m.operator_id FROM mandates m JOIN under u ON m.parent_id = u.id WHERE m.state NOT IN ('draft', 'under_review', 'closed', 'withdrawn'))
		SELECT d.organisation_id, u.number, 'developer' FROM developers d JOIN under u ON u.id = d.mandate_id WHERE d.state IN ('submitted', 'returned', 'admitted', 'suspended')
		UNION ALL SELECT operator_id, number, 'operator' FROM under WHERE id <> $1 ORDER BY 1, 2`, mandate)
	if err != nil {
		return nil, fmt.Errorf("holders below a mandate: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h holder, err error) {
		return h, row.Scan(&h.organisation, &h.mandate, &h.side)
	})
}

// standingMandates are the mandates of an operator that are under way, the oldest first.
func standingMandates(ctx context.Context, q database.Querier, operator int64) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT id FROM mandates WHERE operator_id = $1 AND state IN ('active', 'suspended') ORDER BY id`, operator)
	if err != nil {
		return nil, fmt.Errorf("mandates of an operator: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// standingEntries are the entries of a developer that was let in, the oldest first.
func standingEntries(ctx context.Context, q database.Querier, organisation int64) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT id FROM developers WHERE organisation_id = $1 AND state IN ('admitted', 'suspended') ORDER BY id`, organisation)
	if err != nil {
		return nil, fmt.Errorf("entries of a developer: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// takeEnding are the mandates that end before a day and of which nobody was told yet.
func takeEnding(ctx context.Context, tx pgx.Tx, now, until time.Time) ([]int64, error) {
	rows, err := tx.Query(ctx, `UPDATE mandates SET reminded_at = $1 WHERE state IN ('active', 'suspended') AND reminded_at IS NULL AND until_at > $1 AND until_at <= $2 RETURNING id`, now, until)
	if err != nil {
		return nil, fmt.Errorf("mandates that end: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// takeTraining are the entries whose training ends before a day and of which nobody
// was told yet.
func takeTraining(ctx context.Context, tx pgx.Tx, now, until time.Time) ([]int64, error) {
	rows, err := tx.Query(ctx, `UPDATE developers d SET reminded_at = $1 FROM mandates m WHERE m.id = d.mandate_id AND m.state IN ('active', 'suspended') AND d.state = 'admitted' AND d.reminded_at IS NULL AND d.trained_until > $1 AND d.trained_until <= $2 RETURNING d.id`, now, until)
	if err != nil {
		return nil, fmt.Errorf("trainings that end: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// stands reports whether a mandate lets anything pass at a moment.
func stands(ctx context.Context, q database.Querier, mandate int64, at time.Time) (yes bool, err error) {
	err = q.QueryRow(ctx, `SELECT mandate_stands($1, $2)`, mandate, at).Scan(&yes)
	return yes, err
}

// workers are the addresses of the people of a developer, less those who answer for it.
func workers(ctx context.Context, q database.Querier, developer int64) ([]string, error) {
	rows, err := q.Query(ctx, `
		SELECT u.identifier FROM developer_people p JOIN developers d ON d.id = p.developer_id JOIN users u ON u.id = p.user_id
		WHERE p.developer_id = $1 AND u.disabled_at IS NULL AND u.leaving_at IS NULL
		  AND NOT EXISTS (SELECT FROM organisation_members m WHERE m.organisation_id = d.organisation_id AND m.user_id = u.id AND m.role = 'owner') ORDER BY u.id`, developer)
	if err != nil {
		return nil, fmt.Errorf("people of a developer: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Changes of people.

func insertChange(ctx context.Context, tx pgx.Tx, who account.Actor, developer int64, c PeopleChange) error {
	_, err := tx.Exec(ctx, `INSERT INTO developer_people_changes (developer_id, had_writes, had_releases, writes, releases, words, asked_by, asked_name, asked_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		developer, c.hadWrites, c.hadReleases, c.Writes, c.Releases, c.Words, who.ID, c.AskedBy, c.AskedAt, c.State)
	if err != nil {
		return fmt.Errorf("change of people: %w", err)
	}
	return nil
}

// decideChange writes down how a change ended; nobody decides one that is taken back.
func decideChange(ctx context.Context, tx pgx.Tx, who account.Actor, c *PeopleChange, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE developer_people_changes SET had_writes = $2, had_releases = $3, state = $4, decided_by = nullif($5::bigint, 0), decided_name = $6, decided_at = $7, answer = $8 WHERE id = $1`,
		c.ID, c.hadWrites, c.hadReleases, c.State, who.ID, who.Name, at, c.Answer)
	if err != nil {
		return fmt.Errorf("change of people: %w", err)
	}
	return nil
}

// askedChange is the change of people that is asked for; nil: there is none.
func askedChange(ctx context.Context, q database.Querier, developer int64) (*PeopleChange, error) {
	all, err := changesOf(ctx, q, developer)
	for i := range all {
		if all[i].State == ChangeAsked {
			return &all[i], err
		}
	}
	return nil, err
}

// changesOf are the changes of people of a developer, the newest first.
func changesOf(ctx context.Context, q database.Querier, developer int64) ([]PeopleChange, error) {
	rows, err := q.Query(ctx, `SELECT id, had_writes, had_releases, writes, releases, words, asked_name, asked_at, state, decided_name, decided_at, answer FROM developer_people_changes WHERE developer_id = $1 ORDER BY id DESC`, developer)
	if err != nil {
		return nil, fmt.Errorf("changes of people: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c PeopleChange, err error) {
		return c, row.Scan(&c.ID, &c.hadWrites, &c.hadReleases, &c.Writes, &c.Releases, &c.Words, &c.AskedBy, &c.AskedAt, &c.State, &c.DecidedBy, &c.DecidedAt, &c.Answer)
	})
	if err != nil || len(out) == 0 {
		return out, err
	}
	var ids []int64
	for _, c := range out {
		ids = slices.Concat(ids, c.hadWrites, c.hadReleases, c.Writes, c.Releases)
	}
	names := map[int64]string{}
	if rows, err = q.Query(ctx, `SELECT id, name FROM users WHERE id = ANY ($1)`, ids); err != nil {
		return nil, fmt.Errorf("changes of people: %w", err)
	}
	var id int64
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil }); err != nil {
		return nil, fmt.Errorf("changes of people: %w", err)
	}
	of := func(writes, releases []int64) (list []Person) {
		all := slices.Concat(writes, releases)
		slices.Sort(all)
		for _, id := range slices.Compact(all) {
			list = append(list, Person{ID: id, Name: names[id], Writes: slices.Contains(writes, id), Releases: slices.Contains(releases, id)})
		}
		return list
	}
	for i := range out {
		c := &out[i]
		c.Had, c.People = of(c.hadWrites, c.hadReleases), of(c.Writes, c.Releases)
	}
	return out, nil
}

// changesAsked are the entries with an operator of who in which a change of people is
// asked for, and since when.
func changesAsked(ctx context.Context, q database.Querier, user int64, limit int) (map[string]time.Time, error) {
	rows, err := q.Query(ctx, `SELECT d.number, c.asked_at FROM developer_people_changes c JOIN developers d ON d.id = c.developer_id JOIN mandates m ON m.id = d.mandate_id
		WHERE c.state = 'asked' AND d.state = 'admitted' AND m.operator_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = $1) ORDER BY c.id LIMIT $2`, user, limit)
	if err != nil {
		return nil, fmt.Errorf("changes of people: %w", err)
	}
	out := map[string]time.Time{}
	var number string
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&number, &at}, func() error { out[number] = at; return nil })
	return out, err
}

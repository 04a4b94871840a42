package corrections

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
)

const columns = `c.id, c.department_id, c.profile, c.channel, coalesce(c.version_id, 0), c.position, coalesce(c.row_number, 0), c.column_name, c.alleged, c.evidence, c.salt,
	c.state, c.filed_at, c.received_at, c.clock_profile, c.clock_path, c.clock_from,
	c.ask_at, coalesce(c.ask_by, 0), c.ask_name, coalesce(c.ask_days, 0), c.ask_reason, c.more_at, coalesce(c.more_by, 0), c.more_name, c.more_path, coalesce(c.more_days, 0), c.more_from,
	coalesce(c.case_id, 0), coalesce(k.state, ''), k.clock_profile, k.clock_path, k.clock_from, k.decided_at,
	c.outcome, c.answer, c.answered_at, coalesce(c.answered_by, 0), c.answered_name, c.reopened_at, c.closed_at, c.revision,
	coalesce(c.fix_version, 0), coalesce(c.fix_position, -1), coalesce(c.fix_revision, c.fix_entry, 0), coalesce(fv.number, 0), coalesce(fr.id, ''), coalesce(fr.name, ''), coalesce(fr.name_en, ''),
	coalesce(fv.published_at, to_timestamp(0)),
	coalesce(v.number, 0), coalesce(r.id, ''), coalesce(r.name, ''), coalesce(r.name_en, ''), coalesce(f.field ->> 'label', ''), coalesce(f.field ->> 'label_en', ''),
	d.id, d.slug, d.title, d.title_en, d.status, d.open_type, p.id, p.slug, p.name, p.name_en, p.profile, p.email`

const tables = ` FROM corrections c JOIN datasets d ON d.id = c.dataset_id JOIN departments p ON p.id = c.department_id
	LEFT JOIN versions v ON v.id = c.version_id LEFT JOIN resources r ON r.id = v.resource_id
	LEFT JOIN LATERAL (
		SELECT field FROM version_tables t, jsonb_array_elements(t.fields) field
		WHERE c.column_name <> '' AND t.version_id = c.version_id AND t.position = c.position AND field ->> 'name' = c.column_name LIMIT 1) f ON true
	LEFT JOIN versions fv ON fv.id = c.fix_version LEFT JOIN resources fr ON fr.id = fv.resource_id
	LEFT JOIN source_cases k ON k.id = c.case_id `

func (s *Service) scan(row pgx.CollectableRow) (c Correction, err error) {
	d, fix := &c.Dataset, &Fix{}
	var place datasets.Resource
	var caseProfile, casePath *string
	var caseFrom *time.Time
	err = row.Scan(&c.ID, &c.department, &c.Profile, &c.Channel, &c.Place.version, &c.Place.position, &c.Place.Row, &c.Place.Column, &c.Alleged, &c.Evidence, &c.salt,
		&c.State, &c.FiledAt, &c.ReceivedAt, &c.base.Profile, &c.base.Path, &c.base.From,
		&c.Asked, &c.askedBy, &c.AskedBy, &c.AskedDays, &c.AskReason, &c.More, &c.moreBy, &c.MoreBy, &c.morePath, &c.MoreDays, &c.moreFrom,
		&c.Case, &c.CaseState, &caseProfile, &casePath, &caseFrom, &c.caseEnded,
		&c.Outcome, &c.Answer, &c.Answered, &c.answerer, &c.Answerer, &c.Reopened, &c.ClosedAt, &c.Revision,
		&fix.version, &fix.Table, &fix.Revision, &fix.Version, &fix.Resource, &fix.Name, &fix.NameEN, &fix.At,
		&c.Place.Version, &place.ID, &place.Name, &place.NameEN, &c.Place.Label, &c.Place.LabelEN,
		&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &d.Open, &d.Department.ID, &d.Department.Slug, &d.Department.Name, &d.Department.NameEN, &d.Department.Profile, &d.Department.Email)
	if err != nil {
		return c, err
	}
	c.Place.Table = -1
	if c.Place.position != nil {
		c.Place.Table = *c.Place.position
	}
	if place.ID != "" {
		c.Place.Resource = &place
	}
	if c.Outcome == Corrected {
		c.Fix = fix
	}
	if c.moreFrom != nil {
		*c.moreFrom = dayIn(*c.moreFrom)
	}
	if casePath != nil && *casePath != "" && caseFrom != nil {
		c.caseClock = &deadline.Ref{Profile: *caseProfile, Path: *casePath, From: *caseFrom}
	}
	c.now = s.now
	s.resume(&c)
	return c, nil
}

// since is from when a change may have put something right.
func (c *Correction) since() time.Time {
	switch {
	case c.Reopened != nil:
		return *c.Reopened
	case c.ReceivedAt != nil:
		return *c.ReceivedAt
	}
	return c.FiledAt
}

func (s *Service) list(ctx context.Context, where, order string, args pgx.NamedArgs) ([]Correction, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+columns+tables+`WHERE `+where+` ORDER BY `+order+` LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, s.scan)
}

// lock reads an objection and holds it until tx ends, so that two people do not
// move it at once.
func (s *Service) lock(ctx context.Context, tx pgx.Tx, id int64) (*Correction, error) {
	return s.one(ctx, tx, id, ` FOR UPDATE OF c`)
}

func (s *Service) one(ctx context.Context, q database.Querier, id int64, lock string) (*Correction, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+tables+`WHERE c.id = @id`+lock, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	c, err := pgx.CollectExactlyOneRow(rows, s.scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNone()
	}
	return &c, err
}

// readCase reads where the case that c joined stands.
func (s *Service) readCase(ctx context.Context, tx pgx.Tx, c *Correction) error {
	var ref deadline.Ref
	var from *time.Time
	err := tx.QueryRow(ctx, `SELECT state, clock_profile, clock_path, clock_from, decided_at FROM source_cases WHERE id = @id`, pgx.NamedArgs{"id": c.Case}).
		Scan(&c.CaseState, &ref.Profile, &ref.Path, &from, &c.caseEnded)
	if err == nil && from != nil {
		ref.From = *from
		c.caseClock = &ref
		s.resume(c)
	}
	return err
}

func insert(ctx context.Context, tx pgx.Tx, c *Correction, by *Reporter) error {
	p := c.Place
	if err := tx.QueryRow(ctx, `
		INSERT INTO corrections (dataset_id, department_id, profile, channel, version_id, position, row_number, column_name, alleged, evidence, salt,
			state, filed_at, received_at, clock_profile, clock_path, clock_from)
		VALUES (@dataset, @department, @profile, @channel, nullif(@version::bigint, 0), @position, nullif(@row::bigint, 0), @column, @alleged, @evidence, @salt,
			@state, @filed, @received, @clock_profile, @clock_path, @clock_from) RETURNING id`,
		pgx.NamedArgs{"dataset": c.Dataset.ID, "department": c.department, "profile": c.Profile, "channel": c.Channel, "version": p.version, "position": p.position,
			"row": p.Row, "column": p.Column, "alleged": c.Alleged, "evidence": c.Evidence, "salt": c.salt, "state": c.State, "filed": c.FiledAt, "received": c.ReceivedAt,
			"clock_profile": c.base.Profile, "clock_path": c.base.Path, "clock_from": c.base.From}).Scan(&c.ID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO correction_reporters (correction_id, user_id, contact, language) VALUES (@id, nullif(@user::bigint, 0), @contact, @language)`,
		pgx.NamedArgs{"id": c.ID, "user": by.User, "contact": by.Contact, "language": by.Language})
	return err
}

func save(ctx context.Context, tx pgx.Tx, c *Correction) error {
	args := pgx.NamedArgs{"id": c.ID, "state": c.State, "received": c.ReceivedAt, "clock_profile": c.base.Profile, "clock_path": c.base.Path, "clock_from": c.base.From,
		"ask_at": c.Asked, "ask_by": c.askedBy, "ask_name": c.AskedBy, "ask_days": c.AskedDays, "ask_reason": c.AskReason,
		"more_at": c.More, "more_by": c.moreBy, "more_name": c.MoreBy, "more_path": c.morePath, "more_days": c.MoreDays, "more_from": nil,
		"case": c.Case, "outcome": c.Outcome, "answer": c.Answer, "answered_at": c.Answered, "answered_by": c.answerer, "answered_name": c.Answerer,
		"fix_version": int64(0), "fix_position": nil, "fix_revision": nil, "fix_entry": nil, "reopened": c.Reopened, "closed": c.ClosedAt}
	if c.moreFrom != nil {
		args["more_from"] = c.moreFrom.Format(time.DateOnly)
	}
	if f := c.Fix; f != nil {
		switch args["fix_version"] = f.version; {
		case f.Entry():
			args["fix_entry"] = f.Revision
		case f.Table >= 0:
			args["fix_position"], args["fix_revision"] = f.Table, f.Revision
		}
	}
	return tx.QueryRow(ctx, `
		UPDATE corrections SET state = @state, received_at = @received, clock_profile = @clock_profile, clock_path = @clock_path, clock_from = @clock_from,
			ask_at = @ask_at, ask_by = nullif(@ask_by::bigint, 0), ask_name = @ask_name, ask_days = nullif(@ask_days::integer, 0), ask_reason = @ask_reason,
			more_at = @more_at, more_by = nullif(@more_by::bigint, 0), more_name = @more_name, more_path = @more_path, more_days = nullif(@more_days::integer, 0), more_from = @more_from::date,
			case_id = nullif(@case::bigint, 0), outcome = @outcome, answer = @answer, answered_at = @answered_at, answered_by = nullif(@answered_by::bigint, 0), answered_name = @answered_name,
			fix_version = nullif(@fix_version::bigint, 0), fix_position = @fix_position, fix_revision = @fix_revision, fix_entry = @fix_entry,
			reopened_at = @reopened, closed_at = @closed, revision = revision + 1
		WHERE id = @id RETURNING revision`, args).Scan(&c.Revision)
}

func insertEvent(ctx context.Context, tx pgx.Tx, id int64, e Event) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO correction_events (correction_id, number, act, at, by_name, words)
		SELECT @id, coalesce(max(number), 0) + 1, @act, @at, @by, @words FROM correction_events WHERE correction_id = @id`,
		pgx.NamedArgs{"id": id, "act": e.Act, "at": e.At, "by": e.By, "words": e.Words})
	return err
}

func selectEvents(ctx context.Context, q database.Querier, id int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT act, at, by_name, words FROM correction_events WHERE correction_id = @id ORDER BY number`, pgx.NamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// selectReporter is who filed it; nil once that was erased.
func selectReporter(ctx context.Context, q database.Querier, id int64) (*Reporter, error) {
	var r Reporter
	err := q.QueryRow(ctx, `SELECT coalesce(user_id, 0), contact, language FROM correction_reporters WHERE correction_id = @id`, pgx.NamedArgs{"id": id}).Scan(&r.User, &r.Contact, &r.Language)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

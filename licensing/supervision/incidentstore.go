package supervision

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// selectEntry is the entry with that slug, with the withdrawal at once that nobody
// has brought back.
func selectEntry(ctx context.Context, q database.Querier, slug string) (*datasets.Dataset, int64, error) {
	d, withdrawal := &datasets.Dataset{}, int64(0)
	err := q.QueryRow(ctx, `
		SELECT d.id, d.slug, d.title, d.title_en, d.status, p.id, p.slug, p.name, p.name_en, p.profile, coalesce((SELECT max(o.id) FROM opening_incidents o WHERE o.dataset_id = d.id AND o.restored_at IS NULL), 0)
		FROM datasets d JOIN departments p ON p.id = d.department_id WHERE d.slug = $1`, slug).
		Scan(&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &d.Department.ID, &d.Department.Slug, &d.Department.Name, &d.Department.NameEN, &d.Department.Profile, &withdrawal)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, 0, fault.New(fault.NotFound, "没有这个数据集。")
	}
	return d, withdrawal, err
}

func selectDepartment(ctx context.Context, q database.Querier, slug string) (*datasets.Department, error) {
	d := &datasets.Department{}
	err := q.QueryRow(ctx, `SELECT id, slug, name, name_en, profile FROM departments WHERE slug = $1`, slug).Scan(&d.ID, &d.Slug, &d.Name, &d.NameEN, &d.Profile)
	return d, err
}

func selectVersions(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Version, error) {
	rows, err := q.Query(ctx, `SELECT v.id, r.name, r.name_en, v.number, v.sha256, v.published_at, r.id FROM versions v JOIN resources r ON r.id = v.resource_id WHERE `+where+` ORDER BY r.position, v.number DESC LIMIT 1000`, args)
	if err != nil {
		return nil, fmt.Errorf("versions of an incident: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (v Version, err error) {
		return v, row.Scan(&v.ID, &v.Resource, &v.ResourceEN, &v.Number, &v.SHA256, &v.PublishedAt, &v.resourceUUID)
	})
}

func insertIncident(ctx context.Context, tx pgx.Tx, who account.Actor, i *Incident, sent string) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO incidents (number, dataset_id, department_id, opener_id, profile, withdrawal_id, level, title, what, known_at, state, opened_by, opened_name, opened_at, sent)
		VALUES (@number, @dataset, @department, @opener, @profile, nullif(@withdrawal::bigint, 0), @level, @title, @what, @known, 'open', @by, @name, @at, nullif(@sent, '')) RETURNING id, revision`,
		pgx.NamedArgs{"number": i.Number, "dataset": i.Dataset.ID, "department": i.Dataset.Department.ID, "opener": who.Department, "profile": i.Profile, "withdrawal": i.Withdrawal, "level": i.Level, "title": i.Title, "what": i.What,
			"known": i.KnownAt, "by": who.ID, "name": who.Name, "at": i.OpenedAt, "sent": sent}).Scan(&i.ID, &i.Revision)
	if err != nil {
		return fmt.Errorf("insert incident: %w", err)
	}
	for _, v := range i.Versions {
		if _, err := tx.Exec(ctx, `INSERT INTO incident_versions (incident_id, version_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, i.ID, v.ID); err != nil {
			return fmt.Errorf("insert incident: %w", err)
		}
	}
	return nil
}

func saveIncident(ctx context.Context, tx pgx.Tx, i *Incident) error {
	err := tx.QueryRow(ctx, `
		UPDATE incidents SET level = @level, state = @state, measures = @measures, contained_at = @contained, records = @records, records_count = @count, records_sha256 = @sha, words = @words, words_en = @words_en, told_at = @told,
			cause = @cause, lessons = @lessons, ended_at = @ended, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": i.ID, "level": i.Level, "state": i.State, "measures": i.Measures, "contained": i.ContainedAt, "records": i.Records, "count": i.Count, "sha": i.SHA256, "words": i.Words, "words_en": i.WordsEN, "told": i.ToldAt,
			"cause": i.Cause, "lessons": i.Lessons, "ended": i.EndedAt}).Scan(&i.Revision)
	if err != nil {
		return fmt.Errorf("save incident %s: %w", i.Number, err)
	}
	return nil
}

func lockIncident(ctx context.Context, q database.Querier, number string) error {
	var id int64
	err := q.QueryRow(ctx, `SELECT id FROM incidents WHERE number = $1 FOR UPDATE`, number).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoIncident()
	}
	return err
}

func (s *Service) incidentList(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Incident, error) {
	rows, err := q.Query(ctx, `
		SELECT i.id, i.number, o.name, o.name_en, i.profile, coalesce(i.withdrawal_id, 0), i.level, i.title, i.what, i.known_at, i.state, i.measures, i.contained_at, i.records, i.records_count, i.records_sha256,
			i.words, i.words_en, i.told_at, i.cause, i.lessons, i.opened_name, i.opened_at, i.ended_at, i.revision,
			d.id, d.slug, d.title, d.title_en, p.id, p.slug, p.name, p.name_en, p.profile
		FROM incidents i JOIN departments o ON o.id = i.opener_id JOIN datasets d ON d.id = i.dataset_id JOIN departments p ON p.id = i.department_id
		WHERE `+where+` ORDER BY i.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("incidents: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Incident, err error) {
		d := &i.Dataset
		return i, row.Scan(&i.ID, &i.Number, &i.Opener, &i.OpenerEN, &i.Profile, &i.Withdrawal, &i.Level, &i.Title, &i.What, &i.KnownAt, &i.State, &i.Measures, &i.ContainedAt, &i.Records, &i.Count, &i.SHA256,
			&i.Words, &i.WordsEN, &i.ToldAt, &i.Cause, &i.Lessons, &i.OpenedBy, &i.OpenedAt, &i.EndedAt, &i.Revision,
			&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Department.ID, &d.Department.Slug, &d.Department.Name, &d.Department.NameEN, &d.Department.Profile)
	})
}

// selectAffected are who took an affected version, by the records of deliveries, or
// holds a grant of its resource now; and who was told before.
func selectAffected(ctx context.Context, q database.Querier, incident int64) ([]Person, error) {
	rows, err := q.Query(ctx, `
		WITH took AS (
			SELECT a.user_id, count(*)::int AS n, max(a.began_at) AS last FROM acquisitions a JOIN incident_versions x ON x.version_id = a.version_id
			WHERE x.incident_id = @id AND a.share_grant_id IS NULL GROUP BY a.user_id),
		held AS (
			SELECT DISTINCT ON (g.user_id) g.user_id, g.number FROM grants g JOIN grant_items i ON i.grant_id = g.id JOIN versions v ON v.resource_id = i.resource_id JOIN incident_versions x ON x.version_id = v.id
			WHERE x.incident_id = @id AND g.state IN ('active', 'suspended') ORDER BY g.user_id, g.id DESC)
		SELECT u.id, u.name, coalesce((SELECT o.name FROM organisation_members m JOIN organisations o ON o.id = m.organisation_id WHERE m.user_id = u.id ORDER BY o.id LIMIT 1), ''), coalesce(t.n, p.took, 0), t.last, coalesce(h.number, ''), p.told_at, u.identifier
		FROM users u LEFT JOIN took t ON t.user_id = u.id LEFT JOIN held h ON h.user_id = u.id LEFT JOIN incident_people p ON p.user_id = u.id AND p.incident_id = @id
		WHERE t.user_id IS NOT NULL OR h.user_id IS NOT NULL OR p.user_id IS NOT NULL ORDER BY u.id`, pgx.NamedArgs{"id": incident})
	if err != nil {
		return nil, fmt.Errorf("affected people: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Person, err error) {
		return p, row.Scan(&p.ID, &p.Name, &p.Organisation, &p.Took, &p.Last, &p.Grant, &p.ToldAt, &p.address)
	})
}

// selectBodies are the departments that hold a grant of sharing of the entry, or took
// affected versions under one, and those that were told.
func selectBodies(ctx context.Context, q database.Querier, i *Incident) ([]Body, error) {
	rows, err := q.Query(ctx, `
		SELECT p.id, p.slug, p.name, p.name_en, s.department_id IS NOT NULL, b.told_at
		FROM departments p
		LEFT JOIN (SELECT DISTINCT g.department_id FROM share_grants g WHERE g.dataset_id = @dataset AND (g.ended_at IS NULL
			OR EXISTS (SELECT FROM acquisitions a JOIN incident_versions x ON x.version_id = a.version_id WHERE x.incident_id = @id AND a.share_grant_id = g.id))) s ON s.department_id = p.id
		LEFT JOIN incident_bodies b ON b.department_id = p.id AND b.incident_id = @id
		WHERE s.department_id IS NOT NULL OR b.department_id IS NOT NULL ORDER BY p.id`, pgx.NamedArgs{"id": i.ID, "dataset": i.Dataset.ID})
	if err != nil {
		return nil, fmt.Errorf("affected departments: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Body, err error) {
		return b, row.Scan(&b.ID, &b.Slug, &b.Name, &b.NameEN, &b.Shares, &b.ToldAt)
	})
}

func selectReports(ctx context.Context, q database.Querier, incident int64) ([]Reported, error) {
	rows, err := q.Query(ctx, `SELECT kind, body, number, words, at, name, sent_at FROM incident_reports WHERE incident_id = $1 ORDER BY id`, incident)
	if err != nil {
		return nil, fmt.Errorf("reports of an incident: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Reported, err error) {
		return r, row.Scan(&r.Kind, &r.Body, &r.Number, &r.Words, &r.At, &r.Name, &r.SentAt)
	})
}

func insertReport(ctx context.Context, tx pgx.Tx, who account.Actor, i *Incident, r Reported) error {
	_, err := tx.Exec(ctx, `INSERT INTO incident_reports (incident_id, kind, body, number, words, at, recorded_by, name, sent_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, i.ID, r.Kind, r.Body, r.Number, r.Words, r.At, who.ID, r.Name, r.SentAt)
	return err
}

func insertPerson(ctx context.Context, tx pgx.Tx, i *Incident, p *Person) error {
	_, err := tx.Exec(ctx, `INSERT INTO incident_people (incident_id, user_id, took, holds, told_at) VALUES ($1, $2, $3, $4, $5)`, i.ID, p.ID, p.Took, p.Grant != "", p.ToldAt)
	return err
}

func insertBody(ctx context.Context, tx pgx.Tx, i *Incident, b *Body) error {
	_, err := tx.Exec(ctx, `INSERT INTO incident_bodies (incident_id, department_id, told_at) VALUES ($1, $2, $3)`, i.ID, b.ID, b.ToldAt)
	return err
}

// holdDeliveries waits for the deliveries that are being written down, and lets none be
// until the transaction ends: none with a lower number comes after what is put aside.
func holdDeliveries(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `LOCK TABLE acquisitions IN SHARE MODE`)
	return err
}

// selectEvidence counts the records of deliveries of the affected versions and
// takes their digest: what is put aside can be told from what is changed later.
func selectEvidence(ctx context.Context, q database.Querier, i *Incident) (n int, sha string, err error) {
	err = q.QueryRow(ctx, `
		SELECT count(*)::int, encode(sha256(convert_to(coalesce(string_agg(concat_ws('|', a.id, a.user_id, a.sha256, a.channel, extract(epoch FROM a.began_at)), E'\n' ORDER BY a.id), ''), 'UTF8')), 'hex')
		FROM acquisitions a JOIN incident_versions x ON x.version_id = a.version_id WHERE x.incident_id = $1`, i.ID).Scan(&n, &sha)
	return n, sha, err
}

func selectTellings(ctx context.Context, q database.Querier, user int64) ([]Telling, error) {
	rows, err := q.Query(ctx, `
		SELECT d.slug, d.title, d.title_en, p.slug, p.name, p.name_en, i.words, i.words_en, x.told_at, i.state IN ('closed', 'void')
		FROM incident_people x JOIN incidents i ON i.id = x.incident_id JOIN datasets d ON d.id = i.dataset_id JOIN departments p ON p.id = i.department_id
		WHERE x.user_id = $1 ORDER BY x.told_at DESC LIMIT 50`, user)
	if err != nil {
		return nil, fmt.Errorf("tellings: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Telling, err error) {
		return t, row.Scan(&t.Dataset.Slug, &t.Dataset.Title, &t.Dataset.TitleEN, &t.From.Slug, &t.From.Name, &t.From.NameEN, &t.Words, &t.WordsEN, &t.At, &t.Over)
	})
}

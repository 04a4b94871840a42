package questions

import (
	"context"
	"errors"
	"maps"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
)

var reportCounts = kept.Counts("q.id")

var columns = `q.id, coalesce(q.user_id, 0), q.asker, q.body, q.asked_at, q.clock_profile, q.clock_path, q.state, q.answer, q.answered_name, q.answered_at, q.revision,
	q.hidden_at, q.hidden_name, q.hidden_reason, ` + reportCounts + `,
	d.id, d.slug, d.title, d.title_en, d.status, p.id, p.slug, p.name, p.name_en, p.profile, p.email`

const tables = ` FROM questions q JOIN datasets d ON d.id = q.dataset_id JOIN departments p ON p.id = d.department_id `

func scan(row pgx.CollectableRow) (q Question, err error) {
	d := &q.Dataset
	err = row.Scan(&q.ID, &q.User, &q.Asker, &q.Body, &q.AskedAt, &q.clock.Profile, &q.clock.Path, &q.State, &q.Answer, &q.Answerer, &q.At, &q.Revision,
		&q.HiddenAt, &q.Hider, &q.HideReason, &q.Reported, &q.ReportedAt,
		&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &d.Department.ID, &d.Department.Slug, &d.Department.Name, &d.Department.NameEN, &d.Department.Profile, &d.Department.Email)
	q.clock.From = q.AskedAt
	return q, err
}

func (s *Service) list(ctx context.Context, where string, args pgx.NamedArgs) ([]Question, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+columns+tables+`WHERE `+where+` ORDER BY q.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, scan)
	for i := range found {
		s.resume(&found[i])
	}
	return found, err
}

// owed are the questions about what everybody may see of a department, but for
// those that their asker took back: state, times and clock alone.
func (s *Service) owed(ctx context.Context, department string) ([]Question, error) {
	visible := datasets.Visible(account.Actor{})
	args := pgx.NamedArgs{"department": department}
	maps.Copy(args, visible.Args)
	rows, err := s.pool.Query(ctx, `SELECT q.asked_at, q.clock_profile, q.clock_path, q.state, q.answered_at`+tables+`WHERE p.slug = @department AND q.state <> 'taken_back' AND `+visible.SQL, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (q Question, err error) {
		err = row.Scan(&q.AskedAt, &q.clock.Profile, &q.clock.Path, &q.State, &q.At)
		q.clock.From = q.AskedAt
		s.resume(&q)
		return q, err
	})
}

// lock reads a question and holds it until tx ends, so that two officers do not
// answer it at once.
func lock(ctx context.Context, tx pgx.Tx, number int64) (*Question, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+tables+`WHERE q.id = @id FOR UPDATE OF q`, pgx.NamedArgs{"id": number})
	if err != nil {
		return nil, err
	}
	q, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNone()
	}
	return &q, err
}

func insert(ctx context.Context, tx pgx.Tx, q *Question) error {
	return tx.QueryRow(ctx, `
		INSERT INTO questions (dataset_id, user_id, asker, body, asked_at, clock_profile, clock_path, state)
		VALUES (@dataset, @user, @asker, @body, @asked, @profile, @path, @state) RETURNING id`,
		pgx.NamedArgs{"dataset": q.Dataset.ID, "user": q.User, "asker": q.Asker, "body": q.Body, "asked": q.AskedAt, "profile": q.clock.Profile, "path": q.clock.Path, "state": q.State}).Scan(&q.ID)
}

func save(ctx context.Context, tx pgx.Tx, q *Question, by int64) error {
	return tx.QueryRow(ctx, `
		UPDATE questions SET state = @state, answer = @answer, answered_by = CASE WHEN @answer = '' THEN NULL ELSE @by::bigint END,
		       answered_name = @name, answered_at = @at, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": q.ID, "state": q.State, "answer": q.Answer, "by": by, "name": q.Answerer, "at": q.At}).Scan(&q.Revision)
}

// addressOf is where the account of an asker gets mail; empty where it gets none.
func addressOf(ctx context.Context, q database.Querier, user int64) (string, error) {
	var to string
	err := q.QueryRow(ctx, `SELECT identifier FROM users WHERE id = @id AND disabled_at IS NULL AND position('@' IN identifier) > 0`, pgx.NamedArgs{"id": user}).Scan(&to)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return to, err
}

func saveJudged(ctx context.Context, tx pgx.Tx, q *Question, by int64) error {
	return tx.QueryRow(ctx, `
		UPDATE questions SET state = @state, hidden_at = @at, hidden_by = CASE WHEN @state = 'hidden' THEN @by::bigint END,
		       hidden_name = @name, hidden_reason = @reason, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": q.ID, "state": q.State, "at": q.HiddenAt, "by": by, "name": q.Hider, "reason": q.HideReason}).Scan(&q.Revision)
}

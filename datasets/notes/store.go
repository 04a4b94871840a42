package notes

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
)

const columns = `n.id, n.state, n.title, n.title_en, n.body, n.body_en, n.reason, n.author_id, n.author, n.changed_at, n.revision,
	(SELECT count(*) FROM note_versions v WHERE v.note_id = n.id), d.id, d.slug, d.title, d.title_en, d.status, p.id, p.slug, p.name, p.name_en`

const tables = ` FROM notes n JOIN datasets d ON d.id = n.dataset_id JOIN departments p ON p.id = d.department_id `

func scan(row pgx.CollectableRow) (n Note, err error) {
	d := &n.Dataset
	return n, row.Scan(&n.ID, &n.State, &n.Title, &n.TitleEN, &n.Body, &n.BodyEN, &n.Reason, &n.author, &n.Author, &n.ChangedAt, &n.Revision,
		&n.Versions, &d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &d.Department.ID, &d.Department.Slug, &d.Department.Name, &d.Department.NameEN)
}

// mostListed is how many notes a list holds.
const mostListed = 500

func list(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Note, error) {
	args["limit"] = mostListed
	rows, err := q.Query(ctx, `SELECT `+columns+tables+`WHERE `+where+` ORDER BY n.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// lock reads a note and holds it until tx ends, so that two people do not decide
// about it at once.
func lock(ctx context.Context, tx pgx.Tx, number int64) (*Note, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+tables+`WHERE n.id = @id FOR UPDATE OF n`, pgx.NamedArgs{"id": number})
	if err != nil {
		return nil, err
	}
	n, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNone()
	}
	return &n, err
}

func (n *Note) args() pgx.NamedArgs {
	return pgx.NamedArgs{"id": n.ID, "dataset": n.Dataset.ID, "state": n.State, "title": n.Title, "title_en": n.TitleEN, "body": n.Body, "body_en": n.BodyEN,
		"reason": n.Reason, "author_id": n.author, "author": n.Author, "at": n.ChangedAt}
}

func insert(ctx context.Context, tx pgx.Tx, n *Note) error {
	return tx.QueryRow(ctx, `
		INSERT INTO notes (dataset_id, state, title, title_en, body, body_en, author_id, author, changed_at)
		VALUES (@dataset, @state, @title, @title_en, @body, @body_en, @author_id, @author, @at) RETURNING id`, n.args()).Scan(&n.ID)
}

func save(ctx context.Context, tx pgx.Tx, n *Note) error {
	return tx.QueryRow(ctx, `
		UPDATE notes SET state = @state, title = @title, title_en = @title_en, body = @body, body_en = @body_en, reason = @reason,
		       author_id = @author_id, author = @author, changed_at = @at, revision = revision + 1
		WHERE id = @id RETURNING revision`, n.args()).Scan(&n.Revision)
}

func insertVersion(ctx context.Context, tx pgx.Tx, n *Note, by account.Actor, now time.Time) error {
	args := n.args()
	args["number"], args["approver_id"], args["approver"], args["at"] = n.Versions, by.ID, by.Name, now
	_, err := tx.Exec(ctx, `
		INSERT INTO note_versions (note_id, number, title, title_en, body, body_en, author_id, author, approver_id, approver, approved_at)
		VALUES (@id, @number, @title, @title_en, @body, @body_en, @author_id, @author, @approver_id, @approver, @at)`, args)
	return err
}

func versions(ctx context.Context, q database.Querier, dataset int64, newest bool) ([]Version, error) {
	rows, err := q.Query(ctx, `
		SELECT v.note_id, v.number, v.title, v.title_en, v.body, v.body_en, v.author, v.approver, v.approved_at
		FROM note_versions v JOIN notes n ON n.id = v.note_id
		WHERE n.dataset_id = @dataset AND (NOT @newest OR v.number = (SELECT max(number) FROM note_versions w WHERE w.note_id = v.note_id))
		ORDER BY v.note_id DESC, v.number DESC LIMIT @limit`, pgx.NamedArgs{"dataset": dataset, "newest": newest, "limit": mostListed})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (v Version, err error) {
		return v, row.Scan(&v.Note, &v.Number, &v.Title, &v.TitleEN, &v.Body, &v.BodyEN, &v.Author, &v.Approver, &v.At)
	})
}

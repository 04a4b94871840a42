package datasets

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/fault"
)

// TryDraft brings d to its one form and says what SaveDraft would say to it. It
// writes nothing.
func (s *Service) TryDraft(ctx context.Context, who account.Actor, d *Dataset) error {
	if err := d.normalise(); err != nil {
		return err
	}
	if err := d.known(); err != nil {
		return err
	}
	if err := mayEdit(who, d.Department.ID); err != nil {
		return err
	}
	if d.ID == 0 {
		return nil
	}
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // nothing was written
	return mayLoosen(ctx, tx, d)
}

// DiscardDraft removes in tx a draft that was never public and that nothing
// hangs on. It returns fault.Conflict for one that has files, reviews or
// questions, and leaves tx usable.
func (s *Service) DiscardDraft(ctx context.Context, tx pgx.Tx, who account.Actor, d *Dataset) error {
	if err := mayEdit(who, d.Department.ID); err != nil {
		return err
	}
	if err := discardDraft(ctx, tx, d.ID); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "dataset", d.Slug, "discard-draft", nil); err != nil {
		return err
	}
	// The changes of the draft are gone. Who follows them must never see the
	// last number fall.
	var other int64
	err := tx.QueryRow(ctx, `SELECT id FROM datasets ORDER BY id LIMIT 1`).Scan(&other)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return announce(ctx, tx, s, other)
}

// hanging are the tables of counts and marks that go with a draft.
var hanging = []string{"changes", "dataset_scores", "usage_days", "usage_totals"}

func discardDraft(ctx context.Context, tx pgx.Tx, id int64) error {
	within, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = within.Rollback(context.WithoutCancel(ctx)) }() // nothing after its commit
	if _, err := within.Exec(ctx, `SELECT pg_advisory_xact_lock(@lock)`, pgx.NamedArgs{"lock": changesLock}); err != nil {
		return err
	}
	for _, table := range hanging {
		if _, err := within.Exec(ctx, `DELETE FROM `+table+` WHERE dataset_id = @id`, pgx.NamedArgs{"id": id}); err != nil {
			return err
		}
	}
	tag, err := within.Exec(ctx, `DELETE FROM datasets WHERE id = @id AND status = 'draft' AND published_at IS NULL`, pgx.NamedArgs{"id": id})
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == foreignKey || err == nil && tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "这个条目已经有文件、审查或别的记录，不能删掉。").Because(err)
	}
	if err != nil {
		return err
	}
	return within.Commit(ctx)
}

// foreignKey is the code of PostgreSQL for a row that another refers to.
const foreignKey = "23503"

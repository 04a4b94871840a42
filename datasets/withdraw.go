package datasets

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
)

// WithdrawIn takes a published entry from the public at once, in tx, for
// whoever the opening review lets; it asks nobody whose entry it is. One that is
// not public stays as it is.
func (s *Service) WithdrawIn(ctx context.Context, tx pgx.Tx, who account.Actor, datasetID int64, reason string) error {
	reason, err := cleanText("reason", reason, maxText)
	if err != nil {
		return err
	}
	d, err := entryNow(ctx, tx, datasetID)
	if err != nil || d.Status != Published {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE datasets SET status = 'withdrawn', withdrawn_reason = @reason, updated_at = @now, revision = revision + 1 WHERE id = @id`,
		pgx.NamedArgs{"id": d.ID, "reason": reason, "now": s.now()}); err != nil {
		return fmt.Errorf("withdraw %s: %w", d.Slug, err)
	}
	if err := audit.Append(ctx, tx, who, "dataset", d.Slug, string(Withdraw), audit.Moved(Published, Withdrawn)); err != nil {
		return err
	}
	return announce(ctx, tx, s, d.ID)
}

package datasets

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
)

// KnowDownload remembers that who, if they had signed in, took data of an entry:
// so that they can be told when something is wrong with it (TJ-50), and for
// nothing else. Nobody who did not sign in is remembered.
func (s *Service) KnowDownload(ctx context.Context, who account.Actor, datasetID int64) error {
	if who.ID <= 0 {
		return nil
	}
	_, err := s.pool.Exec(ctx, `
		INSERT INTO known_downloads (dataset_id, user_id, at) SELECT @dataset, id, @now FROM users WHERE id = @user
		ON CONFLICT (dataset_id, user_id) DO UPDATE SET at = excluded.at`, pgx.NamedArgs{"dataset": datasetID, "user": who.ID, "now": s.now()})
	if err != nil {
		return fmt.Errorf("known download: %w", err)
	}
	return nil
}

// KnownDownloaders are the addresses of those who took data of an entry and can
// still be written to.
func (s *Service) KnownDownloaders(ctx context.Context, q database.Querier, datasetID int64) ([]string, error) {
	rows, err := s.querier(q).Query(ctx, `
		SELECT u.identifier FROM known_downloads k JOIN users u ON u.id = k.user_id
		WHERE k.dataset_id = @dataset AND u.disabled_at IS NULL AND u.identifier LIKE '%@%' ORDER BY u.id`, pgx.NamedArgs{"dataset": datasetID})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

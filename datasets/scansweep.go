package datasets

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

// nobodys is SQL for a scan c of a file that is neither a version nor an upload
// that has not ended: those that have keep no digest.
const nobodys = `NOT EXISTS (SELECT FROM versions v WHERE v.resource_id = c.resource_id AND v.sha256 = c.sha256)
	AND NOT EXISTS (SELECT FROM uploads u WHERE u.resource_id = c.resource_id AND u.sha256 = c.sha256)`

// dropScan takes away what was found in the file of an upload that has ended,
// unless the file is public or on its way once more.
func dropScan(ctx context.Context, q database.Querier, resourceID, original string) error {
	return dropScans(ctx, q, `c.resource_id = @resource AND c.sha256 = @sha256`, pgx.NamedArgs{"resource": resourceID, "sha256": original, "limit": 1})
}

// scansAtOnce is how many scans one statement takes away.
const scansAtOnce = 500

// sweepScans takes away what was found in files that are nobody's and that
// neither was looked into nor decided about for as long as an upload may wait:
// files that were refused where no upload was made of them.
func (s *Service) sweepScans(ctx context.Context) error {
	return dropScans(ctx, s.pool, `c.at < @before
		AND NOT EXISTS (SELECT FROM findings f WHERE f.resource_id = c.resource_id AND f.sha256 = c.sha256 AND f.decided_at >= @before)`,
		pgx.NamedArgs{"before": s.now().Add(-s.uploads.rules.Waiting), "limit": scansAtOnce})
}

func dropScans(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) error {
	_, err := q.Exec(ctx, `
		WITH gone AS MATERIALIZED (
			SELECT c.resource_id, c.sha256 FROM scans c WHERE `+nobodys+` AND `+where+` ORDER BY c.at LIMIT @limit FOR UPDATE SKIP LOCKED
		), findings AS (
			DELETE FROM findings f USING gone g WHERE f.resource_id = g.resource_id AND f.sha256 = g.sha256
		)
		DELETE FROM scans c USING gone g WHERE c.resource_id = g.resource_id AND c.sha256 = g.sha256`, args)
	if err != nil {
		return fmt.Errorf("drop scans: %w", err)
	}
	return nil
}

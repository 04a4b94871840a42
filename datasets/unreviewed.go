package datasets

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// notLetThrough is the condition that no review lets a version v through for
// @open, or for what opens further.
const notLetThrough = `NOT EXISTS (
	SELECT FROM opening_reviews o
	WHERE (o.id = (SELECT review_id FROM version_approvals a WHERE a.version_id = v.id) OR o.resource_id = v.resource_id AND o.sha256 = v.sha256)
	AND o.state IN ('approved', 'approved_conditional', 'published_provisional', 'confirmed') AND o.revoked_at IS NULL
	AND (o.decided_terms ->> 'open' = 'unconditional' OR o.decided_terms ->> 'open' = @open))`

// Unreviewed is a version that must be reviewed before its entry may open
// further.
type Unreviewed struct {
	ID     int64
	Name   string // of its file
	Number int
}

// Unreviewed are the versions of an entry that no review lets through for open.
// It is for who compiles the entry.
func (s *Service) Unreviewed(ctx context.Context, entryID int64, open OpenType) ([]Unreviewed, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT v.id, r.name, v.number FROM versions v JOIN resources r ON r.id = v.resource_id
		WHERE r.dataset_id = @dataset AND `+notLetThrough+` ORDER BY r.position, v.number`, pgx.NamedArgs{"dataset": entryID, "open": open})
	if err != nil {
		return nil, fmt.Errorf("versions that are not let through: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Unreviewed])
}

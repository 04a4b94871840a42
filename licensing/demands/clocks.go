package demands

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/calendars"
)

// OpenClocks are the clocks of the demands that wait for a department or its
// answer.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	rows, err := s.pool.Query(ctx, `SELECT demand_id::text, clock_profile, clock_path, began_at FROM demand_turns WHERE ended_at IS NULL ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (calendars.Open, error) {
		o := calendars.Open{Kind: "demand"}
		err := row.Scan(&o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
		return o, err
	})
}

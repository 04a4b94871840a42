package opening

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/calendars"
)

// OpenClocks are the clocks of the reviews that wait for somebody.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	var waits []string
	for _, state := range lifecycle.States() {
		if state.Waits() {
			waits = append(waits, string(state))
		}
	}
	rows, err := s.pool.Query(ctx, `
		SELECT id::text, clock_profile, clock_path, coalesce(clock_from, proposed_at) FROM opening_reviews
		WHERE state = ANY (@waits) AND clock_path <> '' ORDER BY id`, pgx.NamedArgs{"waits": waits})
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (calendars.Open, error) {
		o := calendars.Open{Kind: "opening-review"}
		err := row.Scan(&o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
		return o, err
	})
}

package questions

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/calendars"
)

// OpenClocks are the clocks of the questions that wait for an answer.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	rows, err := s.pool.Query(ctx, `SELECT id::text, clock_profile, clock_path, asked_at FROM questions WHERE state = $1 ORDER BY id`, Open)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (calendars.Open, error) {
		o := calendars.Open{Kind: "question"}
		err := row.Scan(&o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
		return o, err
	})
}

package catalogue

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/calendars"
)

// OpenClocks are the clocks of the entries and changes that wait for somebody.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	rows, err := s.pool.Query(ctx, `SELECT dataset_id::text, clock_profile, clock_path, submitted_at FROM catalogue_entries WHERE state = 'submitted' AND clock_path <> '' ORDER BY dataset_id`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (calendars.Open, error) {
		o := calendars.Open{Kind: "entry"}
		return o, row.Scan(&o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
	})
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	changes, err := s.selectChanges(ctx, `c.state NOT IN ('approved', 'duplicate', 'cancelled')`, pgx.NamedArgs{})
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	for i := range changes {
		if k := changes[i].Running(); k != nil {
			out = append(out, calendars.Open{Kind: "change", ID: strconv.FormatInt(changes[i].ID, 10), Ref: k.Ref})
		}
	}
	return out, nil
}

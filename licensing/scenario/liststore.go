package scenario

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/calendars"
	"shuyuan/internal/database"
)

func escapeLike(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

func countPublic(ctx context.Context, q database.Querier) (authorised, active int, profiles []string, err error) {
	err = q.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE s.state <> 'refused'), count(*) FILTER (WHERE s.state = 'active'), (SELECT coalesce(array_agg(DISTINCT b.profile ORDER BY b.profile) FILTER (WHERE b.profile <> ''), '{}') FROM mandates m JOIN departments b ON b.id = m.body_id)
		FROM scenarios s WHERE `+public).Scan(&authorised, &active, &profiles)
	if err != nil {
		return 0, 0, nil, fmt.Errorf("count scenarios: %w", err)
	}
	return authorised, active, profiles, nil
}

func selectFacets(ctx context.Context, q database.Querier) (f Facets, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(array_agg(DISTINCT s.sector ORDER BY s.sector), '{}'), coalesce(array_agg(DISTINCT o.name ORDER BY o.name), '{}') FROM scenarios s JOIN organisations o ON o.id = s.organisation_id WHERE `+public).Scan(&f.Sectors, &f.Developers)
	if err != nil {
		return f, fmt.Errorf("facets: %w", err)
	}
	rows, err := q.Query(ctx, `SELECT DISTINCT p.slug, p.name, p.name_en FROM scenarios s JOIN scenario_items i ON i.scenario_id = s.id JOIN datasets d ON d.id = i.dataset_id JOIN departments p ON p.id = d.department_id WHERE `+public+` ORDER BY p.name`)
	if err != nil {
		return f, fmt.Errorf("facets: %w", err)
	}
	f.Departments, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Named])
	return f, err
}

func (s *Service) countWhere(ctx context.Context, where string, args pgx.NamedArgs) (n int, err error) {
	err = s.pool.QueryRow(ctx, `SELECT count(*) FROM (SELECT`+tables+`WHERE `+where+` LIMIT @counted) x`, args).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count scenarios: %w", err)
	}
	return n, nil
}

// OpenClocks implements calendars.Runner: the clocks of steps that somebody owes.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT x.number, c.profile, c.path, c.began_at, 0 FROM scenario_clocks c JOIN scenarios x ON x.id = c.scenario_id WHERE c.stopped_at IS NULL
		UNION ALL SELECT x.number, r.clock_profile, r.clock_path, r.clock_from, r.clock_given FROM scenario_reports r JOIN scenarios x ON x.id = r.scenario_id WHERE r.state IN ('open', 'filed', 'returned')
		ORDER BY 1, 4`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (calendars.Open, error) {
		o := calendars.Open{Kind: WaitsScenario}
		return o, row.Scan(&o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From, &o.Ref.Given)
	})
}

package workspace

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/calendars"
	"shuyuan/internal/database"
)

func selectOpenClocks(ctx context.Context, q database.Querier) ([]calendars.Open, error) {
	rows, err := q.Query(ctx, `
		SELECT 'output-review', number, clock_profile, clock_path, clock_from FROM output_reviews WHERE ended_at IS NULL
		UNION ALL SELECT 'workspace', number, close_profile, close_path, close_from FROM workspaces WHERE state = 'closing' ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o calendars.Open, err error) {
		return o, row.Scan(&o.Kind, &o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
	})
}

// selectAlgorithmsWaiting are the algorithms in workspaces that somebody looks after
// and that wait for people.
func selectAlgorithmsWaiting(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Algorithm, error) {
	return selectAlgorithms(ctx, q, `a.state IN ('proposed', 'seconded') AND EXISTS (SELECT FROM scenarios s JOIN mandates m ON m.id = s.mandate_id WHERE s.id = w.scenario_id AND `+where+`)`, args)
}

// countOpen is how many reviews of a workspace are not over, and how many of its jobs
// wait or run.
func countOpen(ctx context.Context, q database.Querier, workspace int64) (reviews, jobs int, err error) {
	err = q.QueryRow(ctx, `SELECT (SELECT count(*) FROM output_reviews WHERE workspace_id = $1 AND ended_at IS NULL), (SELECT count(*) FROM workspace_jobs WHERE workspace_id = $1 AND ended_at IS NULL)`, workspace).Scan(&reviews, &jobs)
	return reviews, jobs, err
}

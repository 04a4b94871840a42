package workspace

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/licensing/scenario"
)

// Left is a sentence while a scenario that is over has a workspace that is not
// destroyed: it fills scenario.Unfinished.
func Left(ctx context.Context, q database.Querier, scenario int64) (string, error) {
	var left bool
	if err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM workspaces WHERE scenario_id = $1 AND state <> 'destroyed')`, scenario).Scan(&left); err != nil {
		return "", fmt.Errorf("workspaces of a scenario: %w", err)
	}
	if left {
		return "安全开发空间还没有销毁，销毁以后才能办结。", nil
	}
	return "", nil
}

// ReleasedOf is how many results of scenarios have left their workspaces: it fills
// scenario.Released.
func ReleasedOf(ctx context.Context, q database.Querier, scenarios []int64) (map[int64]int, error) {
	rows, err := q.Query(ctx, `SELECT w.scenario_id, count(*) FROM output_reviews r JOIN workspaces w ON w.id = r.workspace_id WHERE w.scenario_id = ANY ($1) AND r.state = 'released' GROUP BY 1`, scenarios)
	if err != nil {
		return nil, fmt.Errorf("results of scenarios: %w", err)
	}
	out := map[int64]int{}
	var id int64
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error { out[id] = n; return nil })
	if err != nil {
		return nil, fmt.Errorf("results of scenarios: %w", err)
	}
	return out, nil
}

// ResultsOf are the results of a scenario that have left its workspace, without what
// they say: it fills scenario.Results.
func ResultsOf(ctx context.Context, q database.Querier, of int64) ([]scenario.Result, error) {
	rows, err := q.Query(ctx, `
		SELECT f.number, f.title, f.sha256, f.rows_out, jsonb_array_length(f.columns), f.at, f.sources
		FROM releases f JOIN workspaces w ON w.id = f.workspace_id WHERE w.scenario_id = $1 ORDER BY f.id DESC LIMIT 200`, of)
	if err != nil {
		return nil, fmt.Errorf("results of a scenario: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r scenario.Result, err error) {
		var sources []Source
		if err := row.Scan(&r.Number, &r.Title, &r.SHA256, &r.Rows, &r.Columns, &r.At, &sources); err != nil {
			return r, err
		}
		for _, x := range sources {
			r.Sources = append(r.Sources, scenario.ResultSource{Dataset: x.Dataset, Title: x.Title, TitleEN: x.TitleEN, Department: x.Department, DepartmentEN: x.DepartmentEN, Acquired: x.Acquired, Version: x.Version})
		}
		return r, nil
	})
	if err != nil {
		return nil, fmt.Errorf("results of a scenario: %w", err)
	}
	return out, nil
}

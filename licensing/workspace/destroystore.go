package workspace

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

// Certificate is that of a workspace that was destroyed, nil before.
func selectCertificate(ctx context.Context, q database.Querier, workspace int64) (*Certificate, error) {
	rows, err := q.Query(ctx, `SELECT number, items, body, sha256, at FROM workspace_destructions WHERE workspace_id = $1`, workspace)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Certificate])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func insertCertificate(ctx context.Context, tx pgx.Tx, workspace int64, c *Certificate) error {
	if c.Items == nil {
		c.Items = []Item{}
	}
	items, err := json.Marshal(c.Items)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO workspace_destructions (workspace_id, number, items, body, sha256, at) VALUES ($1, $2, $3, $4, $5, $6)`, workspace, c.Number, string(items), c.Body, c.SHA256, c.At)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	return nil
}

// erase deletes what a workspace holds, and says what that was.
func erase(ctx context.Context, tx pgx.Tx, workspace int64) ([]Item, error) {
	rows, err := tx.Query(ctx, `
		WITH gone AS (UPDATE workspace_mounts SET state = 'gone' WHERE workspace_id = $1 AND state = 'ready' RETURNING 'mount' AS kind, name || ' #' || id AS name, prepared ->> 'Digest' AS sha256, (prepared ->> 'Bytes')::bigint AS bytes),
		failed AS (UPDATE workspace_mounts SET state = 'failed' WHERE workspace_id = $1 AND state = 'waiting'),
		results AS (DELETE FROM workspace_results x USING workspace_jobs j WHERE j.id = x.job_id AND j.workspace_id = $1 RETURNING 'result' AS kind, j.number AS name, x.sha256, x.bytes),
		boxes AS (UPDATE output_reviews r SET box = NULL FROM output_reviews o WHERE o.id = r.id AND r.workspace_id = $1 AND r.box IS NOT NULL RETURNING 'review' AS kind, r.number AS name, encode(sha256(o.box), 'hex') AS sha256, length(o.box)::bigint AS bytes)
		SELECT kind, name, sha256, bytes FROM gone UNION ALL SELECT kind, name, sha256, bytes FROM results UNION ALL SELECT kind, name, sha256, bytes FROM boxes ORDER BY 1, 2`, workspace)
	if err != nil {
		return nil, fmt.Errorf("erase: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Item])
}

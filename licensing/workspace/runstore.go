package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/licensing/workspace/engine"
)

// nextJob is the job whose turn it is; 0: none waits that may run.
func (s *Service) nextJob(ctx context.Context) (id, workspace int64, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT j.id, j.workspace_id FROM workspace_jobs j JOIN workspaces w ON w.id = j.workspace_id
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM workspace_jobs r WHERE r.workspace_id = w.id AND r.state IN ('vetting', 'running')) busy
		CROSS JOIN LATERAL (SELECT coalesce(sum(r.cpu_ms), 0) AS ms FROM workspace_jobs r WHERE r.workspace_id = w.id AND r.ended_at > $1::timestamptz - interval '1 hour') used
		WHERE j.state = 'queued' AND busy.n < w.concurrent
		ORDER BY busy.n, used.ms, j.id LIMIT 1`, s.now()).Scan(&id, &workspace)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, nil
	}
	return id, workspace, err
}

// takeJob takes a job that waits, unless somebody else has, or its workspace runs
// as many as it may.
func takeJob(ctx context.Context, q interface {
	Begin(context.Context) (pgx.Tx, error)
}, id int64, runner string, at time.Time) (mine bool, err error) {
	tx, err := q.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op once committed
	tag, err := tx.Exec(ctx, `SELECT FROM workspaces w WHERE w.id = (SELECT workspace_id FROM workspace_jobs WHERE id = $1) FOR UPDATE`, id)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	tag, err = tx.Exec(ctx, `
		UPDATE workspace_jobs j SET state = 'vetting', state_at = $3, runner = $2, revision = j.revision + 1
		FROM workspaces w WHERE w.id = j.workspace_id AND j.id = $1 AND j.state = 'queued'
		AND (SELECT count(*) FROM workspace_jobs r WHERE r.workspace_id = w.id AND r.state IN ('vetting', 'running')) < w.concurrent`, id, runner, at)
	if err != nil {
		return false, fmt.Errorf("take job: %w", err)
	}
	return tag.RowsAffected() == 1, tx.Commit(ctx)
}

func runnerOf(ctx context.Context, tx pgx.Tx, id int64) (runner string, err error) {
	err = tx.QueryRow(ctx, `SELECT runner FROM workspace_jobs WHERE id = $1 FOR UPDATE`, id).Scan(&runner)
	return runner, err
}

// selectStop is as what a job is to be stopped, empty: it is not. It writes how far
// the job is.
func selectStop(ctx context.Context, q database.Querier, id int64, p *engine.Progress) (as JobState, words []Words, err error) {
	if p == nil {
		p = &engine.Progress{}
	}
	var text []byte
	err = q.QueryRow(ctx, `
		UPDATE workspace_jobs SET percent = greatest(percent, $2), read_rows = greatest(read_rows, $3), of_rows = greatest(of_rows, $4) WHERE id = $1 AND ended_at IS NULL RETURNING stop_as, stop_words`,
		id, min(p.Percent, 100), p.Read, p.Of).Scan(&as, &text)
	if err == nil {
		err = json.Unmarshal(text, &words)
	}
	return as, words, err
}

func selectPin(ctx context.Context, q database.Querier, id int64) (state AlgorithmState, code string, err error) {
	err = q.QueryRow(ctx, `SELECT state, code_digest FROM workspace_algorithms WHERE id = $1`, id).Scan(&state, &code)
	return state, code, err
}

func collectIDs(ctx context.Context, q database.Querier, sql string, args ...any) ([]int64, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// What waits is looked for while the chain above it stands: what is suspended waits.
func selectWaitingMounts(ctx context.Context, q database.Querier, now time.Time) ([]int64, error) {
	return collectIDs(ctx, q, `
		SELECT x.id FROM workspace_mounts x JOIN workspaces w ON w.id = x.workspace_id
		WHERE x.state = 'waiting' AND w.state IN ('provisioning', 'ready') AND scenario_stands(w.scenario_id, $1) ORDER BY x.tries, x.id LIMIT 8`, now)
}

func selectWaitingReviews(ctx context.Context, q database.Querier, now time.Time) ([]int64, error) {
	return collectIDs(ctx, q, `
		SELECT r.id FROM output_reviews r JOIN workspaces w ON w.id = r.workspace_id
		WHERE r.state IN ('auto_check', 'released_with_changes') AND w.state = 'ready' AND scenario_stands(w.scenario_id, $1) ORDER BY r.tries, r.id LIMIT 8`, now)
}

func selectWaitingEnds(ctx context.Context, q database.Querier) ([]int64, error) {
	return collectIDs(ctx, q, `
		SELECT w.id FROM workspaces w WHERE w.state = 'closing' AND NOT EXISTS (SELECT FROM workspace_jobs j WHERE j.workspace_id = w.id AND j.ended_at IS NULL) ORDER BY w.id LIMIT 8`)
}

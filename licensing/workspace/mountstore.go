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

func (s *Service) byID(ctx context.Context, q database.Querier, id int64) (*Workspace, error) {
	found, err := s.list(ctx, q, `w.id = @id`, pgx.NamedArgs{"id": id, "limit": 1})
	if err == nil && len(found) == 0 {
		err = errNone()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

func selectSlug(ctx context.Context, q database.Querier, dataset int64) (slug string, err error) {
	err = q.QueryRow(ctx, `SELECT slug FROM datasets WHERE id = $1`, dataset).Scan(&slug)
	return slug, err
}

// selectTerms is the SHA-256 of the contract of a grant.
func selectTerms(ctx context.Context, q database.Querier, grant int64) (sha256 string, err error) {
	err = q.QueryRow(ctx, `SELECT c.sha256 FROM scenario_grants g JOIN scenario_contracts c ON c.id = g.contract_id WHERE g.id = $1`, grant).Scan(&sha256)
	return sha256, err
}

// freeName is a name that no other grant's mount of a workspace bears.
func freeName(ctx context.Context, q database.Querier, workspace, grant int64, name string) (string, error) {
	for n := 1; ; n++ {
		try := name
		if n > 1 {
			try = fmt.Sprintf("%s_%d", name, n)
		}
		var taken bool
		if err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM workspace_mounts WHERE workspace_id = $1 AND grant_id <> $2 AND name = $3)`, workspace, grant, try).Scan(&taken); err != nil {
			return "", err
		}
		if !taken {
			return try, nil
		}
	}
}

func insertMount(ctx context.Context, tx pgx.Tx, m *Mount, at time.Time) (bool, error) {
	columns, err := json.Marshal(m.Columns)
	if err != nil {
		return false, err
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO workspace_mounts (workspace_id, grant_id, version_id, name, columns, rows_where, minimum, mask, state, current, asked_by, asked_at)
		VALUES (@workspace, @grant, @version, @name, @columns, @where, @minimum, @mask, 'waiting', @current, @by, @at) ON CONFLICT (workspace_id, grant_id, version_id, position, mask) DO NOTHING`,
		pgx.NamedArgs{"workspace": m.workspace, "grant": m.grant, "version": m.version, "name": m.Name, "columns": string(columns), "where": m.Where, "minimum": m.Minimum, "mask": m.maskDigest, "current": m.Current, "by": m.askedBy, "at": at})
	if err != nil {
		return false, fmt.Errorf("insert mount: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func (s *Service) selectMounts(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Mount, error) {
	rows, err := q.Query(ctx, `
		SELECT x.id, x.workspace_id, x.grant_id, x.version_id, x.position, x.name, g.number, d.id, d.slug, d.title, d.title_en, p.id, p.slug, p.name, p.name_en, r.id, v.file_name, v.number, v.sha256,
		       x.columns, x.rows_where, x.minimum, x.mask, x.state, x.current, x.words, x.prepared, coalesce(x.acquisition_id, 0), e.ended_at, x.asked_by, x.tries,
		       coalesce((SELECT max(n.number) FROM versions n WHERE n.resource_id = v.resource_id AND n.number > v.number), 0)
		FROM workspace_mounts x JOIN scenario_grants g ON g.id = x.grant_id JOIN versions v ON v.id = x.version_id JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id
		JOIN departments p ON p.id = d.department_id LEFT JOIN acquisition_ends e ON e.acquisition_id = x.acquisition_id AND e.whole
		WHERE `+where+` ORDER BY x.name, x.id`, args)
	if err != nil {
		return nil, fmt.Errorf("mounts: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Mount, err error) {
		d, p := &m.Dataset, &m.Dataset.Department
		var columns, words, prepared []byte
		err = row.Scan(&m.ID, &m.workspace, &m.grant, &m.version, &m.position, &m.Name, &m.Grant, &d.ID, &d.Slug, &d.Title, &d.TitleEN, &p.ID, &p.Slug, &p.Name, &p.NameEN, &m.Resource, &m.FileName, &m.Number, &m.SHA256,
			&columns, &m.Where, &m.Minimum, &m.maskDigest, &m.State, &m.Current, &words, &prepared, &m.Acquisition, &m.Acquired, &m.askedBy, &m.tries, &m.Newer)
		if err != nil {
			return m, err
		}
		err = errors.Join(json.Unmarshal(columns, &m.Columns), json.Unmarshal(words, &m.Words))
		if prepared != nil {
			err = errors.Join(err, json.Unmarshal(prepared, &m.prepared))
		}
		m.Rows, m.Statistics = m.prepared.Rows, m.prepared.Statistics
		if m.State == MountReady && m.Current {
			p := m.ready()
			m.Samples = engine.Samples(&p, s.limits.Samples)
		}
		return m, err
	})
}

// keepMount makes a mount ready, and the one that its name means.
func keepMount(ctx context.Context, tx pgx.Tx, m *Mount, acquisition int64, p *engine.Prepared, at time.Time) error {
	text, err := json.Marshal(kept{File: p.File, Digest: p.Digest, Bytes: p.Bytes, Rows: p.Rows, Form: p.Form, Statistics: p.Statistics})
	if err != nil {
		return err
	}
	columns, err := json.Marshal(m.Columns)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE workspace_mounts SET current = false WHERE workspace_id = $1 AND name = $2 AND id <> $3`, m.workspace, m.Name, m.ID); err != nil {
		return fmt.Errorf("keep mount: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE workspace_mounts SET state = 'ready', current = true, prepared = $2, acquisition_id = $3, ready_at = $4, columns = $5, words = '[]' WHERE id = $1 AND state = 'waiting'`, m.ID, string(text), acquisition, at, string(columns))
	if err != nil {
		return fmt.Errorf("keep mount: %w", err)
	}
	return nil
}

// mostTries is how often a mount is tried.
const mostTries = 3

func failMount(ctx context.Context, tx pgx.Tx, m *Mount, words []Words) error {
	text, err := json.Marshal(words)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE workspace_mounts SET tries = tries + 1, words = $2, state = CASE WHEN tries + 1 >= $3 THEN 'failed' ELSE state END WHERE id = $1 AND state = 'waiting'`, m.ID, string(text), mostTries)
	return err
}

func countMounts(ctx context.Context, q database.Querier, workspace int64) (waiting, ready int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'ready') FROM workspace_mounts WHERE workspace_id = $1`, workspace).Scan(&waiting, &ready)
	return waiting, ready, err
}

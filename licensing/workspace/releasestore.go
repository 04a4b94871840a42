package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

func insertRelease(ctx context.Context, tx pgx.Tx, x *Release, r *Review, files map[string][]byte, ledger []byte, mounts []Mount) error {
	columns, err := json.Marshal(x.Columns)
	if err != nil {
		return err
	}
	sources, err := json.Marshal(x.Sources)
	if err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO releases (number, review_id, workspace_id, job_id, title, sha256, columns, rows_out, cells, sources, ledger, at)
		VALUES (@number, @review, @workspace, @job, @title, @sha256, @columns, @rows, @cells, @sources, @ledger, @at) RETURNING id`,
		pgx.NamedArgs{"number": x.Number, "review": r.ID, "workspace": r.workspace, "job": r.job, "title": x.Title, "sha256": x.SHA256, "columns": string(columns), "rows": x.Rows, "cells": x.Cells, "sources": string(sources), "ledger": ledger, "at": x.At}).Scan(&x.ID)
	if err != nil {
		return fmt.Errorf("insert release: %w", err)
	}
	for form, body := range files {
		if _, err := tx.Exec(ctx, `INSERT INTO release_files (release_id, form, body, sha256) VALUES ($1, $2, $3, $4)`, x.ID, form, body, digest(body)); err != nil {
			return fmt.Errorf("insert release: %w", err)
		}
	}
	for i := range mounts {
		if _, err := tx.Exec(ctx, `INSERT INTO release_inputs (release_id, acquisition_id, dataset_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, x.ID, mounts[i].Acquisition, mounts[i].Dataset.ID); err != nil {
			return fmt.Errorf("insert release: %w", err)
		}
	}
	return nil
}

// takeRelease is a file of a release of a workspace; that it was handed out is
// written down with it.
func takeRelease(ctx context.Context, tx pgx.Tx, who account.Actor, workspace int64, number, form string, at time.Time) (*Body, error) {
	var id int64
	b := &Body{}
	err := tx.QueryRow(ctx, `SELECT r.id, f.body, f.sha256 FROM releases r JOIN release_files f ON f.release_id = r.id WHERE r.number = $1 AND r.workspace_id = $2 AND f.form = $3`, number, workspace, form).Scan(&id, &b.Bytes, &b.SHA256)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "没有这份放出的结果。")
	}
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO release_downloads (release_id, form, sha256, user_id, key_prefix, at) VALUES ($1, $2, $3, $4, $5, $6)`, id, form, b.SHA256, who.ID, who.Key, at)
	return b, err
}

func selectReleases(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Release, error) {
	rows, err := q.Query(ctx, `
		SELECT x.id, x.number, r.number, w.id, w.number, j.number, x.title, x.sha256, x.columns, x.rows_out, x.cells, x.sources, x.at, ARRAY[r.first_name, r.second_name],
			(SELECT jsonb_agg(jsonb_build_object('Form', f.form, 'SHA256', f.sha256, 'Bytes', length(f.body)) ORDER BY f.form) FROM release_files f WHERE f.release_id = x.id)
		FROM releases x JOIN output_reviews r ON r.id = x.review_id JOIN workspaces w ON w.id = x.workspace_id JOIN workspace_jobs j ON j.id = x.job_id WHERE `+where+` ORDER BY x.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("releases: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (x Release, err error) {
		return x, row.Scan(&x.ID, &x.Number, &x.Review, &x.workspace, &x.Workspace, &x.Job, &x.Title, &x.SHA256, &x.Columns, &x.Rows, &x.Cells, &x.Sources, &x.At, &x.By, &x.Files)
	})
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// grow multiplies the sample world to n public datasets: every copy has a
// title, a publisher and a place of its own, and the files of its original.
// It then waits until the search has taken them in.
func grow(ctx context.Context, s *server, n int) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // a no-op once committed
	columns, err := columnsOf(ctx, tx, "datasets", "id", "slug", "title", "department_id", "region")
	if err != nil {
		return err
	}
	var public int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM datasets WHERE status = 'published' AND open_type <> 'withheld'`).Scan(&public); err != nil {
		return err
	}
	for _, sql := range []string{
		`SELECT pg_advisory_xact_lock(7301)`,
		`CREATE TEMP TABLE copies ON COMMIT DROP AS
		 SELECT d.id AS original, d.slug || '-x' || g AS slug, r.name || d.title || '第' || g || '期' AS title,
		        p.id AS department_id, r.code AS region, g AS n
		 FROM (SELECT *, row_number() OVER (ORDER BY id) AS i FROM datasets WHERE status = 'published' AND open_type <> 'withheld') d
		 CROSS JOIN generate_series(1, ` + fmt.Sprint(n/max(public, 1)+1) + `) g
		 JOIN (SELECT *, row_number() OVER (ORDER BY code) - 1 AS i, count(*) OVER () AS m FROM regions) r ON r.i = (d.i * 7 + g) % r.m
		 JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS i, count(*) OVER () AS m FROM departments) p ON p.i = (d.i + g * 3) % p.m
		 LIMIT ` + fmt.Sprint(max(n-public, 0)),
		`INSERT INTO datasets (slug, title, department_id, region, ` + strings.Join(columns, ", ") + `)
		 SELECT c.slug, c.title, c.department_id, c.region, d.` + strings.Join(columns, ", d.") + `
		 FROM copies c JOIN datasets d ON d.id = c.original`,
		`INSERT INTO resources (id, dataset_id, position, name, name_en, description)
		 SELECT substr(md5(r.id || c.n), 1, 16), d.id, r.position, r.name, r.name_en, r.description
		 FROM copies c JOIN datasets d ON d.slug = c.slug JOIN resources r ON r.dataset_id = c.original`,
		`CREATE TEMP TABLE pairs ON COMMIT DROP AS
		 SELECT v.id AS original, substr(md5(v.resource_id || c.n), 1, 16) AS resource_id
		 FROM copies c JOIN resources r ON r.dataset_id = c.original JOIN versions v ON v.resource_id = r.id`,
		`INSERT INTO versions (resource_id, number, file_name, media_type, format, compression, encoding, header, sha256, bytes, reason, published_at)
		 SELECT p.resource_id, v.number, v.file_name, v.media_type, v.format, v.compression, v.encoding, v.header, v.sha256, v.bytes, v.reason, v.published_at
		 FROM pairs p JOIN versions v ON v.id = p.original`,
		`INSERT INTO version_tables (version_id, position, name, rows, fields, preview)
		 SELECT w.id, t.position, t.name, t.rows, t.fields, t.preview
		 FROM pairs p JOIN versions v ON v.id = p.original JOIN version_tables t ON t.version_id = v.id
		 JOIN versions w ON w.resource_id = p.resource_id AND w.number = v.number`,
		`INSERT INTO changes (dataset_id, at) SELECT d.id, now() FROM copies c JOIN datasets d ON d.slug = c.slug ORDER BY d.id`,
		`SELECT pg_notify('shuyuan_changes', '')`,
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.60s: %w", sql, err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `ANALYZE`); err != nil {
		return err
	}
	start := time.Now()
	for time.Since(start) < 5*time.Minute {
		if s.indexed(ctx) {
			row(fmt.Sprintf("indexed by the running server, %d datasets", n-public), ms(time.Since(start)), "")
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("the search did not take in %d datasets within 5 minutes", n)
}

func columnsOf(ctx context.Context, tx pgx.Tx, table string, except ...string) ([]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT column_name::text FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name = @table AND NOT column_name = ANY(@except)
		  AND is_generated = 'NEVER'
		ORDER BY ordinal_position`, pgx.NamedArgs{"table": table, "except": except})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// indexed reports whether the search has taken in every change.
func (s *server) indexed(ctx context.Context) bool {
	resp, err := get(ctx, s.admin+"/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	var state struct {
		Parts []struct {
			Name string
			OK   bool
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		return false
	}
	for _, p := range state.Parts {
		if p.Name == "search index" {
			return p.OK
		}
	}
	return false
}

// slugs lists the public datasets.
func (s *server) slugs(ctx context.Context) ([]string, error) {
	return s.strings(ctx, `SELECT slug FROM datasets WHERE status = 'published' AND open_type <> 'withheld' ORDER BY md5(slug)`)
}

// words are pairs of neighbouring characters of the titles: what people search for.
func (s *server) words(ctx context.Context) ([]string, error) {
	return s.strings(ctx, `
		SELECT DISTINCT substr(title, i, 2) FROM datasets, generate_series(1, 12) i
		WHERE status = 'published' AND open_type <> 'withheld' AND substr(title, i, 2) ~ '^[一-龥]{2}$'
		ORDER BY 1`)
}

func (s *server) strings(ctx context.Context, sql string) ([]string, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

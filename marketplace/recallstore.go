package marketplace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

// below is, in SQL, every version under what was withdrawn, put right or recalled: a
// walk from there down through all that was made from it.
const below = `
	WITH RECURSIVE walk AS (
		SELECT * FROM (
			SELECT s.version_id AS id, 'withdrawn' AS why, s.source_version, NULL::bigint AS from_version, d.withdrawn_reason AS words, d.title AS of, d.withdrawals AS withdrawal
			FROM product_sources s JOIN datasets d ON d.id = s.dataset_id WHERE d.status = 'withdrawn'
			UNION ALL SELECT s.version_id, 'corrected', s.source_version, NULL, '', d.title, 0
			FROM product_sources s JOIN datasets d ON d.id = s.dataset_id WHERE EXISTS (SELECT FROM corrections c WHERE c.version_id = s.source_version AND c.outcome = 'corrected')
			UNION ALL SELECT i.version_id, 'recalled', NULL, r.version_id, r.reason, p.number || '@' || v.semver, 0
			FROM product_recalls r JOIN product_inputs i ON i.from_version = r.version_id JOIN product_versions v ON v.id = r.version_id JOIN products p ON p.id = v.product_id) x
		UNION SELECT i.version_id, w.why, w.source_version, w.from_version, w.words, w.of, w.withdrawal FROM walk w JOIN product_inputs i ON i.from_version = w.id)`

func selectUnflagged(ctx context.Context, q database.Querier) ([]flagged, error) {
	rows, err := q.Query(ctx, below+`
		SELECT w.id, p.number, v.semver, x.digest, w.why, coalesce(w.source_version, 0), coalesce(w.from_version, 0), w.words, w.of, w.withdrawal
		FROM walk w JOIN product_seals x ON x.version_id = w.id JOIN product_versions v ON v.id = w.id JOIN products p ON p.id = v.product_id
		WHERE NOT EXISTS (SELECT FROM product_flags f WHERE f.version_id = w.id AND f.why = w.why AND f.source_version IS NOT DISTINCT FROM w.source_version AND f.from_version IS NOT DISTINCT FROM w.from_version AND f.withdrawal = w.withdrawal)
		ORDER BY w.id LIMIT 1000`)
	if err != nil {
		return nil, fmt.Errorf("versions to flag: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f flagged, err error) {
		return f, row.Scan(&f.version, &f.product, &f.number, &f.statement, &f.why, &f.source, &f.from, &f.words, &f.of, &f.withdrawal)
	})
}

func hasFlag(ctx context.Context, tx pgx.Tx, f flagged) (has bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM product_flags WHERE version_id = $1 AND why = $2 AND coalesce(source_version, 0) = $3 AND coalesce(from_version, 0) = $4 AND withdrawal = $5)`, f.version, f.why, f.source, f.from, f.withdrawal).Scan(&has)
	return has, err
}

func insertFlag(ctx context.Context, tx pgx.Tx, f flagged, at time.Time, leaf int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO product_flags (version_id, why, source_version, from_version, words, at, leaf, withdrawal) VALUES ($1, $2, nullif($3::bigint, 0), nullif($4::bigint, 0), $5, $6, $7, $8)`, f.version, f.why, f.source, f.from, f.words, at, leaf, f.withdrawal)
	if err != nil {
		return fmt.Errorf("flag: %w", err)
	}
	return nil
}

func selectFlags(ctx context.Context, q database.Querier, version int64) ([]Flag, error) {
	rows, err := q.Query(ctx, `
		SELECT f.why, coalesce(d.title, p.number || '@' || v.semver), f.words, f.at, f.leaf, coalesce(d.title_en, '')
		FROM product_flags f LEFT JOIN versions w ON w.id = f.source_version LEFT JOIN resources r ON r.id = w.resource_id LEFT JOIN datasets d ON d.id = r.dataset_id
			LEFT JOIN product_versions v ON v.id = f.from_version LEFT JOIN products p ON p.id = v.product_id
		WHERE f.version_id = $1 ORDER BY f.id`, version)
	if err != nil {
		return nil, fmt.Errorf("flags: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Flag])
}

func insertRecall(ctx context.Context, tx pgx.Tx, v *Version, by int64) error {
	r := v.Recall
	_, err := tx.Exec(ctx, `INSERT INTO product_recalls (version_id, by_side, by_id, by_name, reason, at, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7)`, v.ID, r.Side, by, r.By, r.Reason, r.At, r.Leaf)
	if err != nil {
		return fmt.Errorf("recall: %w", err)
	}
	return nil
}

// selectRecall is why a version was recalled; nil where it was not.
func selectRecall(ctx context.Context, q database.Querier, version int64) (*Recalling, error) {
	r := &Recalling{}
	err := q.QueryRow(ctx, `SELECT by_side, by_name, reason, at, leaf FROM product_recalls WHERE version_id = $1`, version).Scan(&r.Side, &r.By, &r.Reason, &r.At, &r.Leaf)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return r, err
}

package marketplace

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

func insertMarks(ctx context.Context, tx pgx.Tx, version int64, digests []string) error {
	if _, err := tx.Exec(ctx, `INSERT INTO product_marks (version_id, digest) SELECT DISTINCT $1::bigint, unnest($2::text[])`, version, digests); err != nil {
		return fmt.Errorf("marks of a seal: %w", err)
	}
	return nil
}

// mostMarked is how many statements one digest leads to.
const mostMarked = 20

// selectMarked are the digests of the statements that one digest leads to: of those
// about tables of the same columns the newest that is not recalled, the newest first.
func selectMarked(ctx context.Context, q database.Querier, digest string) ([]string, error) {
	rows, err := q.Query(ctx, `
		SELECT digest FROM (
			SELECT DISTINCT ON (c.columns) x.digest, x.leaf FROM product_marks m JOIN product_versions v ON v.id = m.version_id JOIN product_seals x ON x.version_id = m.version_id
				CROSS JOIN LATERAL (SELECT jsonb_agg(jsonb_path_query_array(coalesce(p.description->'columns', '[]'), '$[*].*') ORDER BY p.position) AS columns FROM product_contents p WHERE p.version_id = m.version_id) c
			WHERE m.digest = $1 ORDER BY c.columns, v.state = 'recalled', x.leaf DESC) n
		ORDER BY leaf DESC LIMIT $2`, digest, mostMarked)
	if err != nil {
		return nil, fmt.Errorf("statements of a digest: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

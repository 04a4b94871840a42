package marketplace

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

// known is what everybody may know of.
const known = `EXISTS (SELECT FROM product_versions v WHERE v.product_id = p.id AND v.state ` + public + `)`

func selectOffered(ctx context.Context, q database.Querier, f Filter) ([]Product, error) {
	return selectProducts(ctx, q, known+` AND (@before = 0 OR p.id < @before) AND (@kind = '' OR p.kind = @kind)
		AND (@text = '' OR strpos(lower(concat_ws(' ', p.number, p.title, p.title_en, p.summary, p.summary_en, o.name)), lower(@text)) > 0)
		AND (@price = '' AND @plan = '' OR p.state = 'listable' AND EXISTS (SELECT FROM listings l JOIN listing_plans t ON t.listing_id = l.id WHERE l.product_id = p.id AND l.visibility = 'public' AND l.state = 'published' AND t.state = 'live' AND t.private_to IS NULL
			AND (@price = '' OR (@price = 'charged') = (t.kind NOT IN ('free', 'trial'))) AND (@plan = '' OR t.kind = @plan)))
		AND (@source = '' OR EXISTS (SELECT FROM product_versions v JOIN product_sources x ON x.version_id = v.id JOIN datasets d ON d.id = x.dataset_id JOIN departments e ON e.id = d.department_id
			WHERE v.product_id = p.id AND v.state `+public+` AND e.slug = @source))`,
		pgx.NamedArgs{"before": f.Before, "kind": f.Kind, "text": f.Text, "source": f.Source, "price": f.Price, "plan": f.Plan, "limit": f.Limit})
}

func selectSourceDepartments(ctx context.Context, q database.Querier) ([]SourceOf, error) {
	rows, err := q.Query(ctx, `
		SELECT e.slug, e.name, e.name_en, count(DISTINCT v.product_id) FROM product_versions v JOIN product_sources x ON x.version_id = v.id JOIN datasets d ON d.id = x.dataset_id JOIN departments e ON e.id = d.department_id
		WHERE v.state `+public+` GROUP BY e.slug, e.name, e.name_en ORDER BY count(DISTINCT v.product_id) DESC, e.slug LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("departments in products: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SourceOf])
}

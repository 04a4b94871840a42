package corrections

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Key names a fix among those of one objection.
func (f Fix) Key() string {
	switch {
	case f.Entry():
		return fmt.Sprintf("entry-%d", f.Revision)
	case f.Table >= 0:
		return fmt.Sprintf("dictionary-%d-%d-%d", f.version, f.Table, f.Revision)
	}
	return fmt.Sprintf("version-%d", f.version)
}

// mostFixes is how many an officer chooses among.
const mostFixes = 100

// Fixes are what was published of the entry since the objection was received, the
// newest first: what an answer may name as having put it right.
func (s *Service) Fixes(ctx context.Context, who account.Actor, c *Correction) ([]Fix, error) {
	if !answers(who, c) {
		return nil, errNone()
	}
	return fixes(ctx, s.pool, c)
}

// fix is the one with that key. It returns fault.Invalid for any other.
func (s *Service) fix(ctx context.Context, tx pgx.Tx, c *Correction, key string) (*Fix, error) {
	all, err := fixes(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(f Fix) bool { return f.Key() == key })
	if at < 0 {
		return nil, fault.At("fix", "没有这个修改，或者它在收到异议之前就发布了。")
	}
	return &all[at], nil
}

// fixes reads them; what was published before the objection was received, or
// reopened, puts nothing right. Of an entry, what the catalogue saved while the
// entry stayed public counts.
func fixes(ctx context.Context, q database.Querier, c *Correction) ([]Fix, error) {
	rows, err := q.Query(ctx, `
		SELECT f.* FROM (
			SELECT r.id, r.name, r.name_en, v.number, -1, 0, v.published_at AS at, v.id AS version
			FROM versions v JOIN resources r ON r.id = v.resource_id WHERE r.dataset_id = @dataset AND v.published_at > @since
			UNION ALL
			SELECT r.id, r.name, r.name_en, v.number, x.position, x.number, x.at, v.id
			FROM dictionary_revisions x JOIN versions v ON v.id = x.version_id JOIN resources r ON r.id = v.resource_id WHERE r.dataset_id = @dataset AND x.at > @since
			UNION ALL
			SELECT '', '', '', 0, -1, e.number, e.at, 0 FROM catalogue_revisions e WHERE e.dataset_id = @dataset AND e.at > @since
		) f ORDER BY at DESC, version DESC LIMIT @limit`,
		pgx.NamedArgs{"dataset": c.Dataset.ID, "since": c.since(), "limit": mostFixes})
	if err != nil {
		return nil, fmt.Errorf("fixes: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f Fix, err error) {
		return f, row.Scan(&f.Resource, &f.Name, &f.NameEN, &f.Version, &f.Table, &f.Revision, &f.At, &f.version)
	})
}

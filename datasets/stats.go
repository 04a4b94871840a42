package datasets

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
)

// Stats are the figures of the catalogue as far as the viewer may know of it.
type Stats struct {
	Datasets      int
	Unconditional int
	Conditional   int
	Files         int
	Rows          int64 // of the newest versions that are open without condition
	Bytes         int64
	Versions      int
	Departments   int // with at least one dataset
	Themes        int
	Promised      int // datasets with a promised day of update
	Overdue       int // of these, past it
	Views         int64
	Downloads     int64
	ByFormat      []Bar
	ByFrequency   []Bar
	ByDay         []Day // the last 30 days, oldest first, days without use included
}

// Bar is one value and how many datasets carry it, most first.
type Bar struct {
	Value string
	Count int
}

// Day is what was used on one day in China.
type Day struct {
	Day       time.Time
	Views     int64
	Downloads int64
}

// Stats counts anew at each call.
func (s *Service) Stats(ctx context.Context, viewer account.Actor) (Stats, error) {
	var out Stats
	visible := Visible(viewer)
	args := visible.with("today", s.now().In(china).Format(time.DateOnly))
	err := s.pool.QueryRow(ctx, `
		WITH seen AS (SELECT d.* FROM datasets d WHERE `+visible.SQL+`),
		newest AS (
			SELECT DISTINCT ON (v.resource_id) v.*, s.open_type
			FROM seen s JOIN resources r ON r.dataset_id = s.id JOIN versions v ON v.resource_id = r.id
			ORDER BY v.resource_id, v.number DESC)
		SELECT (SELECT count(*) FROM seen),
		       (SELECT count(*) FROM seen WHERE open_type = 'unconditional'),
		       (SELECT count(*) FROM seen WHERE open_type = 'conditional'),
		       (SELECT count(*) FROM newest),
		       (SELECT coalesce(sum(w.rows), 0)::bigint FROM newest n JOIN version_tables w ON w.version_id = n.id WHERE n.open_type = 'unconditional'),
		       (SELECT coalesce(sum(bytes), 0)::bigint FROM newest),
		       (SELECT count(*) FROM seen s JOIN resources r ON r.dataset_id = s.id JOIN versions v ON v.resource_id = r.id),
		       (SELECT count(DISTINCT department_id) FROM seen),
		       (SELECT count(DISTINCT theme_id) FROM seen),
		       (SELECT count(*) FROM seen WHERE update_frequency <> 'never' AND next_due IS NOT NULL),
		       (SELECT count(*) FROM seen WHERE update_frequency <> 'never' AND next_due < @today),
		       (SELECT coalesce(sum(u.views), 0)::bigint FROM seen s JOIN usage_days u ON u.dataset_id = s.id),
		       (SELECT coalesce(sum(u.downloads), 0)::bigint FROM seen s JOIN usage_days u ON u.dataset_id = s.id)`, args).
		Scan(&out.Datasets, &out.Unconditional, &out.Conditional, &out.Files, &out.Rows, &out.Bytes, &out.Versions,
			&out.Departments, &out.Themes, &out.Promised, &out.Overdue, &out.Views, &out.Downloads)
	if err != nil {
		return out, err
	}
	if out.ByFormat, err = s.bars(ctx, `
		SELECT v.format, count(DISTINCT d.id)::int FROM datasets d JOIN resources r ON r.dataset_id = d.id
		JOIN LATERAL (SELECT format FROM versions WHERE resource_id = r.id ORDER BY number DESC LIMIT 1) v ON true
		WHERE `+visible.SQL+` GROUP BY 1 ORDER BY 2 DESC, 1`, visible.Args); err != nil {
		return out, err
	}
	if out.ByFrequency, err = s.bars(ctx, `
		SELECT d.update_frequency, count(*)::int FROM datasets d WHERE `+visible.SQL+` GROUP BY 1 ORDER BY 2 DESC, 1`, visible.Args); err != nil {
		return out, err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT g.day::date, coalesce(sum(u.views), 0)::bigint, coalesce(sum(u.downloads), 0)::bigint
		FROM generate_series(@today::date - 29, @today::date, interval '1 day') AS g (day)
		LEFT JOIN (SELECT u.* FROM usage_days u JOIN datasets d ON d.id = u.dataset_id WHERE `+visible.SQL+`) u ON u.day = g.day::date
		GROUP BY g.day ORDER BY g.day`, args)
	if err != nil {
		return out, err
	}
	out.ByDay, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Day])
	return out, err
}

func (s *Service) bars(ctx context.Context, sql string, args pgx.NamedArgs) ([]Bar, error) {
	rows, err := s.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Bar])
}

// Regions returns every place of the catalogue by its code.
func (s *Service) Regions(ctx context.Context) ([]Region, error) {
	rows, err := s.pool.Query(ctx, `SELECT code, name, name_en, coalesce(parent, '') FROM regions ORDER BY code`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Region])
}

// Licences returns every licence of the catalogue by its id.
func (s *Service) Licences(ctx context.Context) ([]Licence, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, name, name_en, url, attribution, share_alike, terms, terms_en FROM licences ORDER BY id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Licence])
}

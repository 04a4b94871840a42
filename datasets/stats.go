package datasets

import (
	"cmp"
	"context"
	"slices"
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
	Links         int   // addresses instead of files
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
		SELECT count(*), count(*) FILTER (WHERE d.open_type = 'unconditional'), count(*) FILTER (WHERE d.open_type = 'conditional'),
		       count(DISTINCT d.department_id), count(DISTINCT d.theme_id),
		       count(*) FILTER (WHERE `+promised+`), count(*) FILTER (WHERE `+promised+` AND d.next_due < @today),
		       coalesce(sum(u.views), 0)::bigint, coalesce(sum(u.downloads), 0)::bigint
		FROM datasets d LEFT JOIN usage_totals u ON u.dataset_id = d.id
		WHERE `+visible.SQL, args).
		Scan(&out.Datasets, &out.Unconditional, &out.Conditional, &out.Departments, &out.Themes, &out.Promised, &out.Overdue, &out.Views, &out.Downloads)
	if err != nil {
		return out, err
	}
	if err := s.countFiles(ctx, visible, &out); err != nil {
		return out, err
	}
	if err := s.countLinks(ctx, visible, &out); err != nil {
		return out, err
	}
	if out.ByFrequency, err = s.bars(ctx, `
		SELECT d.update_frequency, count(*)::int FROM datasets d WHERE `+visible.SQL+` GROUP BY 1 ORDER BY 2 DESC, 1`, visible.Args); err != nil {
		return out, err
	}
	rows, err := s.pool.Query(ctx, `
		WITH used AS (
			SELECT u.day, sum(u.views)::bigint AS views, sum(u.downloads)::bigint AS downloads
			FROM usage_days u JOIN datasets d ON d.id = u.dataset_id
			WHERE u.day BETWEEN @today::date - 29 AND @today::date AND `+visible.SQL+` GROUP BY u.day)
		SELECT g.day::date, coalesce(used.views, 0), coalesce(used.downloads, 0)
		FROM generate_series(@today::date - 29, @today::date, interval '1 day') AS g (day) LEFT JOIN used ON used.day = g.day::date
		ORDER BY g.day`, args)
	if err != nil {
		return out, err
	}
	out.ByDay, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Day])
	return out, err
}

// countFiles counts the newest versions, format by format. Numbers of versions
// have no gap: the newest is the one that no next one follows, and its number
// says how many there are.
func (s *Service) countFiles(ctx context.Context, visible Condition, out *Stats) error {
	rows, err := s.pool.Query(ctx, `
		SELECT v.format, count(DISTINCT d.id)::int, count(*)::int, sum(v.bytes)::bigint, sum(v.number)::int,
		       coalesce(sum(w.rows) FILTER (WHERE d.open_type = 'unconditional'), 0)::bigint
		FROM datasets d JOIN resources r ON r.dataset_id = d.id JOIN versions v ON v.resource_id = r.id
		LEFT JOIN (SELECT version_id, sum(rows) AS rows FROM version_tables GROUP BY version_id) w ON w.version_id = v.id
		WHERE `+visible.SQL+` AND NOT EXISTS (SELECT FROM versions n WHERE n.resource_id = v.resource_id AND n.number = v.number + 1)
		GROUP BY v.format ORDER BY 2 DESC, 1`, visible.Args)
	if err != nil {
		return err
	}
	var format Bar
	var files, versions int
	var bytes, lines int64
	_, err = pgx.ForEachRow(rows, []any{&format.Value, &format.Count, &files, &bytes, &versions, &lines}, func() error {
		out.ByFormat = append(out.ByFormat, format)
		out.Files, out.Bytes, out.Versions, out.Rows = out.Files+files, out.Bytes+bytes, out.Versions+versions, out.Rows+lines
		return nil
	})
	return err
}

// countLinks counts addresses, and under each format the datasets that have it
// by an address alone.
func (s *Service) countLinks(ctx context.Context, visible Condition, out *Stats) error {
	const links = ` FROM links k JOIN resources r ON r.id = k.resource_id JOIN datasets d ON d.id = r.dataset_id WHERE `
	if err := s.pool.QueryRow(ctx, `SELECT count(*)`+links+visible.SQL, visible.Args).Scan(&out.Links); err != nil || out.Links == 0 {
		return err
	}
	more, err := s.bars(ctx, `
		SELECT f, count(DISTINCT dataset)::int
		FROM (SELECT unnest(k.formats) AS f, d.id AS dataset`+links+visible.SQL+`) l
		WHERE NOT EXISTS (SELECT FROM resources r JOIN versions v ON v.resource_id = r.id
			WHERE r.dataset_id = dataset AND v.format = f AND NOT EXISTS (SELECT FROM versions n WHERE n.resource_id = v.resource_id AND n.number = v.number + 1))
		GROUP BY f`, visible.Args)
	for _, bar := range more {
		if i := slices.IndexFunc(out.ByFormat, func(b Bar) bool { return b.Value == bar.Value }); i >= 0 {
			out.ByFormat[i].Count += bar.Count
		} else {
			out.ByFormat = append(out.ByFormat, bar)
		}
	}
	slices.SortFunc(out.ByFormat, func(a, b Bar) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return err
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

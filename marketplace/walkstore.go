package marketplace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/marketplace/provenance/statement"
)

// source is one acquisition that is in a version, as the records tell.
type source struct {
	acquisition, dataset, version int64
	resource                      string
	about                         statement.Source
	began                         time.Time
	ended                         *time.Time // nil: it is not known that all was delivered
	same                          bool       // the digest on record is that of the version
	status, withdrawn             string     // of the dataset
	corrected                     bool
	lane                          string // of the grant; empty: there is none
	granted                       bool   // under a grant that is asked about at the gate
	own                           bool   // the developer's, or of whoever named it as an input
}

// selectSources reads what the records say of acquisitions that are in a version. Of
// each the earliest and the latest day on which the same developer acquired the same
// data before it was built.
func (s *Service) selectSources(ctx context.Context, q database.Querier, developer, version int64, ids []int64, built time.Time) (map[int64]source, error) {
	rows, err := q.Query(ctx, `
		SELECT a.id, a.dataset_id, v.id, r.id, d.slug, d.title, d.title_en, r.name, v.number, v.sha256, a.sha256 = v.sha256,
			encode(sha256(convert_to(coalesce((SELECT jsonb_agg(t.fields ORDER BY t.position) FROM version_tables t WHERE t.version_id = v.id), '[]')::text, 'UTF8')), 'hex'),
			p.name, p.name_en, coalesce(nullif(p.credit_code, ''), p.slug), v.published_at, a.began_at, CASE WHEN e.whole THEN e.ended_at END, a.channel,
			CASE WHEN open.now THEN 'open' ELSE 'conditional' END, CASE WHEN open.now THEN coalesce(d.licence_id, '') ELSE coalesce(g.number, sg.number) END, d.status, d.withdrawn_reason,
			EXISTS (SELECT FROM corrections c WHERE c.version_id = v.id AND c.outcome = 'corrected'), coalesce(g.lane, ''), g.id IS NOT NULL,
			coalesce(a.organisation_id = @developer, EXISTS (SELECT FROM product_inputs i WHERE i.version_id = @of AND i.acquisition_id = a.id AND i.added_by = a.user_id)),
			x.first, x.last
		FROM acquisitions a JOIN versions v ON v.id = a.version_id JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id JOIN departments p ON p.id = d.department_id
			LEFT JOIN acquisition_ends e ON e.acquisition_id = a.id LEFT JOIN grants g ON g.id = a.grant_id LEFT JOIN scenario_grants sg ON sg.id = a.scenario_grant_id
			CROSS JOIN LATERAL (SELECT g.id IS NULL AND sg.id IS NULL OR d.open_type = 'unconditional' AS now) open
			LEFT JOIN LATERAL (SELECT min(y.ended_at) AS first, max(y.ended_at) AS last FROM acquisitions o JOIN acquisition_ends y ON y.acquisition_id = o.id AND y.whole
				WHERE o.version_id = a.version_id AND (o.organisation_id = a.organisation_id OR a.organisation_id IS NULL AND o.organisation_id IS NULL AND o.user_id = a.user_id) AND y.ended_at <= @built) x ON true
		WHERE a.id = ANY (@ids)`, pgx.NamedArgs{"developer": developer, "of": version, "ids": ids, "built": built})
	if err != nil {
		return nil, fmt.Errorf("sources of a product: %w", err)
	}
	out := map[int64]source{}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (x source, err error) {
		a := &x.about
		var published time.Time
		var first, last *time.Time
		err = row.Scan(&x.acquisition, &x.dataset, &x.version, &x.resource, &a.Slug, &a.Title, &a.TitleEN, &a.File, &a.Version, &a.Digest.SHA256, &x.same, &a.SchemaDigest.SHA256,
			&a.Provider.Department, &a.Provider.DepartmentEN, &a.Provider.Code, &published, &x.began, &x.ended, &a.Acquired.Channel, &a.Licence.Kind, &a.Licence.ID, &x.status, &x.withdrawn, &x.corrected, &x.lane, &x.granted, &x.own, &first, &last)
		a.Dataset = s.Base + "/datasets/" + a.Slug
		a.PublishedAt = published.UTC().Format(time.RFC3339)
		a.Acquired.Record = fmt.Sprintf("ACQ-%d", x.acquisition)
		if x.ended != nil {
			a.Acquired.First, a.Acquired.Last = x.began.UTC(), x.ended.UTC()
			a.Acquired.Date = statement.Day(*x.ended)
		}
		if first != nil && last != nil && statement.Day(*first) != statement.Day(*last) {
			a.Acquired.Earliest, a.Acquired.Latest = statement.Day(*first), statement.Day(*last)
		}
		return x, err
	})
	for _, x := range found {
		out[x.acquisition] = x
	}
	return out, err
}

// jobRead is what a job read whose result is a content.
type jobRead struct {
	release, acquisition int64 // 0: the mount has none
	columns              []string
	rows                 int64
	explained            bool // the release says so too
}

// selectReads walks from the released results of a version to what their jobs read.
func selectReads(ctx context.Context, q database.Querier, version int64) ([]jobRead, error) {
	rows, err := q.Query(ctx, `
		SELECT x.id, coalesce(m.acquisition_id, 0), ARRAY(SELECT c ->> 'Name' FROM jsonb_array_elements(m.columns) c), coalesce((m.prepared ->> 'Rows')::bigint, 0),
			EXISTS (SELECT FROM release_inputs i WHERE i.release_id = x.id AND i.acquisition_id = m.acquisition_id)
		FROM product_contents c JOIN releases x ON x.id = c.release_id JOIN workspace_job_mounts j ON j.job_id = x.job_id JOIN workspace_mounts m ON m.id = j.mount_id
		WHERE c.version_id = $1 ORDER BY m.acquisition_id, x.id`, version)
	if err != nil {
		return nil, fmt.Errorf("what jobs of a product read: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r jobRead, err error) {
		return r, row.Scan(&r.release, &r.acquisition, &r.columns, &r.rows, &r.explained)
	})
}

// work is a job whose result is a content, with the review by which that left.
type work struct {
	release  int64
	scenario int64
	reviewed bool // two people released just this
	inputs   int  // that the release names
	at       time.Time
	about    statement.Transformation
}

func selectWork(ctx context.Context, q database.Querier, version int64) ([]work, error) {
	rows, err := q.Query(ctx, `
		SELECT DISTINCT x.id, w.scenario_id, r.state = 'released' AND r.first_by IS NOT NULL AND r.second_by IS NOT NULL AND r.first_by <> r.second_by AND r.sha256 = x.sha256 AND r.job_id = x.job_id,
			(SELECT count(*) FROM release_inputs i WHERE i.release_id = x.id), x.at, j.number, j.code_digest, j.engine, r.number, x.number
		FROM product_contents c JOIN releases x ON x.id = c.release_id JOIN workspaces w ON w.id = x.workspace_id JOIN workspace_jobs j ON j.id = x.job_id JOIN output_reviews r ON r.id = x.review_id
		WHERE c.version_id = $1 ORDER BY x.id`, version)
	if err != nil {
		return nil, fmt.Errorf("jobs of a product: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (w work, err error) {
		a := &w.about
		return w, row.Scan(&w.release, &w.scenario, &w.reviewed, &w.inputs, &w.at, &a.Job, &a.Code.SHA256, &a.Engine, &a.OutputReview, &a.Release)
	})
}

// chain is the mandate of a scenario as a statement names it.
type chain struct {
	about    statement.Mandate
	forms    []string // that the mandate covers
	research bool     // the data may be used for research alone
}

func selectChain(ctx context.Context, q database.Querier, scenario int64) (c chain, err error) {
	err = q.QueryRow(ctx, `
		SELECT m.number, o.name, s.number, coalesce((SELECT k.number FROM scenario_contracts k WHERE k.scenario_id = s.id AND k.state = 'active' ORDER BY k.id DESC LIMIT 1), ''), s.use_class, m.forms, s.research
		FROM scenarios s JOIN mandates m ON m.id = s.mandate_id JOIN organisations o ON o.id = m.operator_id WHERE s.id = $1`, scenario).
		Scan(&c.about.Authorization, &c.about.Operator, &c.about.Scenario, &c.about.Contract, &c.about.Purpose, &c.forms, &c.research)
	if err != nil {
		return c, fmt.Errorf("mandate of a product: %w", err)
	}
	return c, nil
}

// scenariosAbove are, of a version v, the scenarios that it and the products in it, through
// any number of them, were developed under.
const scenariosAbove = `(
	WITH RECURSIVE inside AS (
		SELECT v.id, 0 AS depth
		UNION SELECT i.from_version, n.depth + 1 FROM product_inputs i JOIN inside n ON i.version_id = n.id WHERE i.from_version IS NOT NULL)
	SELECT y.scenario_id AS scenario, min(n.depth) AS depth FROM inside n JOIN product_versions x ON x.id = n.id JOIN products y ON y.id = x.product_id WHERE y.scenario_id IS NOT NULL GROUP BY y.scenario_id)`

// selectScenariosAbove are those of a version, its own first.
func selectScenariosAbove(ctx context.Context, q database.Querier, version int64) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT a.scenario FROM product_versions v, LATERAL `+scenariosAbove+` a WHERE v.id = $1 ORDER BY a.depth, a.scenario`, version)
	if err != nil {
		return nil, fmt.Errorf("scenarios above a product: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// selectSuspended says whether an organisation may not act now, and why.
func selectSuspended(ctx context.Context, q database.Querier, organisation int64) (suspended bool, reason string, err error) {
	err = q.QueryRow(ctx, `SELECT suspended_at IS NOT NULL OR status <> 'verified', suspended_reason FROM organisations WHERE id = $1`, organisation).Scan(&suspended, &reason)
	return suspended, reason, err
}

// inherited is a sealed version of another product that is an input.
type inherited struct {
	id        int64
	number    string
	payload   []byte
	sealed    time.Time
	recalled  string // why; empty: it is not
	flags     int
	academic  bool
	resources []string
}

func selectInherited(ctx context.Context, q database.Querier, version int64) ([]inherited, error) {
	rows, err := q.Query(ctx, `
		SELECT v.id, p.number || '@' || v.semver, x.statement, x.sealed_at, coalesce(r.reason, ''), (SELECT count(*) FROM product_flags f WHERE f.version_id = v.id),
			NOT p.sold AND (EXISTS (SELECT FROM product_sources s JOIN acquisitions a ON a.id = s.acquisition_id JOIN grants g ON g.id = a.grant_id WHERE s.version_id = v.id AND g.lane = 'academic') OR coalesce((SELECT c.research FROM scenarios c WHERE c.id = p.scenario_id), false)),
			ARRAY(SELECT DISTINCT w.resource_id FROM product_sources s JOIN versions w ON w.id = s.source_version WHERE s.version_id = v.id ORDER BY 1)
		FROM product_inputs i JOIN product_versions v ON v.id = i.from_version JOIN products p ON p.id = v.product_id JOIN product_seals x ON x.version_id = v.id LEFT JOIN product_recalls r ON r.version_id = v.id
		WHERE i.version_id = $1 ORDER BY v.id`, version)
	if err != nil {
		return nil, fmt.Errorf("products in a product: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i inherited, err error) {
		return i, row.Scan(&i.id, &i.number, &i.payload, &i.sealed, &i.recalled, &i.flags, &i.academic, &i.resources)
	})
}

// selectMadeFrom is what the version before was made from: its files and what was
// declared, and its method.
func selectMadeFrom(ctx context.Context, q database.Querier, version int64) (resources, declared []string, method string, err error) {
	err = q.QueryRow(ctx, `
		SELECT ARRAY(SELECT DISTINCT w.resource_id FROM product_sources s JOIN versions w ON w.id = s.source_version WHERE s.version_id = v.id ORDER BY 1),
			ARRAY(SELECT i.title FROM product_inputs i WHERE i.version_id = v.id AND i.evidence IS NOT NULL ORDER BY 1), v.method
		FROM product_versions v WHERE v.id = $1`, version).Scan(&resources, &declared, &method)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, "", nil
	}
	return resources, declared, method, err
}

// selectLatest is the latest moment at which a version was sealed or taken back.
func selectLatest(ctx context.Context, q database.Querier) (at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT greatest(coalesce((SELECT max(sealed_at) FROM product_seals), '-infinity'), coalesce((SELECT max(at) FROM product_recalls), '-infinity'), '1970-01-01'::timestamptz)`).Scan(&at)
	return at, err
}

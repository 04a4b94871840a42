package marketplace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// lockProduct holds a product until tx ends, and with it its versions.
func lockProduct(ctx context.Context, q database.Querier, number string) error {
	if _, err := q.Exec(ctx, `SELECT FROM products WHERE number = $1 FOR UPDATE`, number); err != nil {
		return fmt.Errorf("lock product: %w", err)
	}
	return nil
}

// selectParty is on which side of p an account stands by its organisations.
func selectParty(ctx context.Context, q database.Querier, user int64, p *Product) (of, role string, err error) {
	err = q.QueryRow(ctx, `
		SELECT side, role FROM (
			SELECT 'developer' AS side, role, 0 AS at FROM organisation_members WHERE user_id = @user AND organisation_id = @developer
			UNION ALL SELECT 'operator', o.role, 1 FROM organisation_members o JOIN mandates m ON m.operator_id = o.organisation_id JOIN scenarios s ON s.mandate_id = m.id WHERE o.user_id = @user AND s.id = @scenario) x
		ORDER BY at LIMIT 1`, pgx.NamedArgs{"user": user, "developer": p.Developer.ID, "scenario": p.scenario}).Scan(&of, &role)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", "", nil
	}
	return of, role, err
}

// public are the states of versions of which everybody may know: see VersionState.Public.
const public = `IN ('published', 'deprecated', 'recalled')`

func selectProducts(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Product, error) {
	rows, err := q.Query(ctx, `
		SELECT p.id, p.number, p.kind, p.title, p.title_en, p.summary, p.summary_en, o.id, o.name, o.credit_code, coalesce(s.number, ''), coalesce(s.id, 0), p.sold, p.state, p.state_at, p.reason, p.sample OR o.sample, p.made_name, p.made_at, p.revision,
			(SELECT count(*) FROM product_versions v JOIN product_seals x ON x.version_id = v.id WHERE v.product_id = p.id),
			coalesce((SELECT v.semver FROM product_versions v WHERE v.product_id = p.id AND v.state `+public+` ORDER BY v.state = 'recalled', v.major DESC, v.minor DESC, v.patch DESC LIMIT 1), ''),
			coalesce((SELECT jsonb_agg(jsonb_build_object('Over', r.over, 'What', r.what, 'Holder', r.holder, 'Source', r.source) ORDER BY array_position(ARRAY['hold', 'process', 'operate'], r.what), r.over DESC) FROM product_rights r WHERE r.product_id = p.id), '[]'),
			EXISTS (SELECT FROM product_rights r WHERE r.product_id = p.id AND r.what = 'operate' AND r.organisation_id <> p.organisation_id)
		FROM products p JOIN organisations o ON o.id = p.organisation_id LEFT JOIN scenarios s ON s.id = p.scenario_id WHERE `+where+` ORDER BY p.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Product, err error) {
		d := &p.Developer
		return p, row.Scan(&p.ID, &p.Number, &p.Kind, &p.Title, &p.TitleEN, &p.Summary, &p.SummaryEN, &d.ID, &d.Name, &d.Code, &p.Scenario, &p.scenario, &p.Sold, &p.State, &p.StateAt, &p.Reason, &p.Sample, &p.MadeBy, &p.MadeAt, &p.Revision, &p.sealed, &p.Newest, &p.Rights, &p.away)
	})
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	return found, nil
}

func insertProduct(ctx context.Context, tx pgx.Tx, p *Product, by int64, sent string) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO products (number, organisation_id, scenario_id, kind, title, title_en, summary, summary_en, sold, state, state_at, sample, made_by, made_name, made_at, sent)
		SELECT @number, o.id, nullif(@scenario::bigint, 0), @kind, @title, @title_en, @summary, @summary_en, @sold, @state, @at, o.sample, @by, @name, @at, nullif(@sent, '') FROM organisations o WHERE o.id = @organisation RETURNING id, revision, sample`,
		pgx.NamedArgs{"number": p.Number, "organisation": p.Developer.ID, "scenario": p.scenario, "kind": p.Kind, "title": p.Title, "title_en": p.TitleEN, "summary": p.Summary, "summary_en": p.SummaryEN, "sold": p.Sold,
			"state": p.State, "at": p.MadeAt, "by": by, "name": p.MadeBy, "sent": sent}).Scan(&p.ID, &p.Revision, &p.Sample)
	if err != nil {
		return fmt.Errorf("insert product: %w", err)
	}
	return nil
}

func saveProduct(ctx context.Context, tx pgx.Tx, p *Product) error {
	err := tx.QueryRow(ctx, `
		UPDATE products SET kind = @kind, title = @title, title_en = @title_en, summary = @summary, summary_en = @summary_en, sold = @sold, scenario_id = nullif(@scenario::bigint, 0), state = @state, state_at = @at, reason = @reason, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": p.ID, "kind": p.Kind, "title": p.Title, "title_en": p.TitleEN, "summary": p.Summary, "summary_en": p.SummaryEN, "sold": p.Sold, "scenario": p.scenario, "state": p.State, "at": p.StateAt, "reason": p.Reason}).Scan(&p.Revision)
	if err != nil {
		return fmt.Errorf("save product: %w", err)
	}
	return nil
}

func saveRights(ctx context.Context, tx pgx.Tx, p *Product) error {
	if _, err := tx.Exec(ctx, `DELETE FROM product_rights WHERE product_id = $1`, p.ID); err != nil {
		return fmt.Errorf("rights of a product: %w", err)
	}
	for _, r := range p.Rights {
		if _, err := tx.Exec(ctx, `INSERT INTO product_rights (product_id, over, what, organisation_id, holder, source) VALUES ($1, $2, $3, nullif($4::bigint, 0), $5, $6)`, p.ID, r.Over, r.What, r.organisation, r.Holder, r.Source); err != nil {
			return fmt.Errorf("rights of a product: %w", err)
		}
	}
	return nil
}

// saveOperator writes down whose the right to run a product is, and where from.
func saveOperator(ctx context.Context, tx pgx.Tx, product int64, to Developer, source string) error {
	if _, err := tx.Exec(ctx, `UPDATE product_rights SET organisation_id = $2, holder = $3, source = $4 WHERE product_id = $1 AND over = 'product' AND what = 'operate'`, product, to.ID, to.Name, source); err != nil {
		return fmt.Errorf("right to run a product: %w", err)
	}
	return nil
}

// selectCertified reports whether a certificate of the registration of a product and one
// of the compliance of its newest version count at a time.
func selectCertified(ctx context.Context, q database.Querier, product int64, at time.Time) (ok bool, err error) {
	err = q.QueryRow(ctx, `SELECT product_certified($1, $2)`, product, at).Scan(&ok)
	if err != nil {
		return false, fmt.Errorf("certificates of a product: %w", err)
	}
	return ok, nil
}

// selectVersionCertified reports whether a certificate of compliance counts for a version
// at a time: of itself, or of one with the same inputs and method.
func selectVersionCertified(ctx context.Context, q database.Querier, version int64, at time.Time) (ok bool, err error) {
	err = q.QueryRow(ctx, `SELECT product_version_certified($1, $2)`, version, at).Scan(&ok)
	if err != nil {
		return false, fmt.Errorf("certificates of a version: %w", err)
	}
	return ok, nil
}

// selectDevelopers are the verified organisations of an account, and the scenarios
// that each of them has or had.
func selectDevelopers(ctx context.Context, q database.Querier, user int64) ([]Developer, []ScenarioChoice, error) {
	rows, err := q.Query(ctx, `SELECT o.id, o.name, o.credit_code FROM organisations o JOIN organisation_members m ON m.organisation_id = o.id WHERE m.user_id = $1 AND o.status = 'verified' ORDER BY o.id`, user)
	if err != nil {
		return nil, nil, fmt.Errorf("developers: %w", err)
	}
	of, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Developer])
	if err != nil {
		return nil, nil, fmt.Errorf("developers: %w", err)
	}
	rows, err = q.Query(ctx, `
		SELECT s.number, s.title, s.organisation_id FROM scenarios s JOIN organisation_members m ON m.organisation_id = s.organisation_id
		WHERE m.user_id = $1 AND s.state IN ('active', 'suspended') ORDER BY s.id DESC LIMIT 200`, user)
	if err != nil {
		return nil, nil, fmt.Errorf("developers: %w", err)
	}
	choices, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ScenarioChoice])
	return of, choices, err
}

// selectDeveloper is the organisation for which an account makes a product.
func selectDeveloper(ctx context.Context, q database.Querier, user, id int64) (*Developer, error) {
	of, _, err := selectDevelopers(ctx, q, user)
	if err != nil {
		return nil, err
	}
	for i := range of {
		if of[i].ID == id || id == 0 && len(of) == 1 {
			return &of[i], nil
		}
	}
	if len(of) == 0 {
		return nil, fault.New(fault.Forbidden, "产品由已认证的机构开发；您还不属于这样的机构。")
	}
	return nil, fault.At("developer", "请选开发的机构。")
}

func selectScenario(ctx context.Context, q database.Querier, number string, developer int64) (string, int64, error) {
	var id int64
	err := q.QueryRow(ctx, `SELECT id FROM scenarios WHERE number = $1 AND organisation_id = $2`, number, developer).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", 0, fault.At("scenario", "本机构没有这个场景。")
	}
	return number, id, err
}

func selectVersions(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Version, error) {
	rows, err := q.Query(ctx, `
		SELECT v.id, v.product_id, p.number, p.title, p.state, v.semver, coalesce(b.semver, ''), coalesce(v.supersedes, 0), v.state, v.state_at, v.method, v.notes, v.forms, v.built_at, v.facts, v.made_name, v.made_at, v.revision
		FROM product_versions v JOIN products p ON p.id = v.product_id LEFT JOIN product_versions b ON b.id = v.supersedes WHERE `+where+` ORDER BY v.major DESC, v.minor DESC, v.patch DESC, v.id DESC`, args)
	if err != nil {
		return nil, fmt.Errorf("versions of products: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v Version, err error) {
		return v, row.Scan(&v.ID, &v.product, &v.Product, &v.Title, &v.productState, &v.Number, &v.Supersedes, &v.supersedes, &v.State, &v.StateAt, &v.Method, &v.Notes, &v.Forms, &v.Built, &v.facts, &v.MadeBy, &v.MadeAt, &v.Revision)
	})
	if err != nil {
		return nil, fmt.Errorf("versions of products: %w", err)
	}
	return found, nil
}

func insertVersion(ctx context.Context, tx pgx.Tx, v *Version, n semver, by int64) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO product_versions (product_id, major, minor, patch, supersedes, state, state_at, method, notes, forms, made_by, made_name, made_at)
		VALUES (@product, @major, @minor, @patch, nullif(@supersedes::bigint, 0), @state, @at, @method, @notes, @forms, @by, @name, @at) RETURNING id, revision`,
		pgx.NamedArgs{"product": v.product, "major": n.major, "minor": n.minor, "patch": n.patch, "supersedes": v.supersedes, "state": v.State, "at": v.MadeAt, "method": v.Method, "notes": v.Notes, "forms": v.Forms, "by": by, "name": v.MadeBy}).Scan(&v.ID, &v.Revision)
	if err != nil {
		return fmt.Errorf("insert version of a product: %w", err)
	}
	return nil
}

// saveVersion writes a version that was moved or changed.
func saveVersion(ctx context.Context, tx pgx.Tx, v *Version) error {
	err := tx.QueryRow(ctx, `
		UPDATE product_versions SET state = @state, state_at = @at, method = @method, notes = @notes, forms = @forms, built_at = @built, facts = @facts, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": v.ID, "state": v.State, "at": v.StateAt, "method": v.Method, "notes": v.Notes, "forms": v.Forms, "built": v.Built, "facts": v.facts}).Scan(&v.Revision)
	if err != nil {
		return fmt.Errorf("save version of a product: %w", err)
	}
	return nil
}

// fill reads what a version is made of and from, and its seal.
func (s *Service) fill(ctx context.Context, q database.Querier, v *Version) (err error) {
	if v.Contents, err = selectContents(ctx, q, v.ID); err != nil {
		return err
	}
	if v.Inputs, err = selectInputs(ctx, q, v.ID); err != nil {
		return err
	}
	if v.Seal, err = selectSeal(ctx, q, v.ID); err != nil {
		return err
	}
	if v.Artefacts, err = selectArtefacts(ctx, q, v.ID); err != nil {
		return err
	}
	if v.Flags, err = selectFlags(ctx, q, v.ID); err != nil {
		return err
	}
	if v.Recall, err = selectRecall(ctx, q, v.ID); err != nil || v.Seal == nil {
		return err
	}
	v.Countersigned, err = selectCountersigning(ctx, q, v.ID)
	return err
}

func selectContents(ctx context.Context, q database.Querier, version int64) ([]Content, error) {
	rows, err := q.Query(ctx, `
		SELECT c.id, c.name, c.form, coalesce(x.number, ''), coalesce(c.release_id, 0), c.object, c.file_name, c.media, c.columns, c.description, c.rows, c.bytes, c.digest, c.came_at
		FROM product_contents c LEFT JOIN releases x ON x.id = c.release_id WHERE c.version_id = $1 ORDER BY c.position, c.id`, version)
	if err != nil {
		return nil, fmt.Errorf("contents of a product: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Content, err error) {
		return c, row.Scan(&c.ID, &c.Name, &c.Form, &c.Release, &c.release, &c.object, &c.File, &c.Media, &c.schema, &c.description, &c.Rows, &c.Bytes, &c.Digest, &c.At)
	})
}

func insertContent(ctx context.Context, tx pgx.Tx, version int64, c *Content, by int64) error {
	if c.schema == nil {
		c.schema = emptyColumns
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO product_contents (version_id, position, name, form, release_id, object, file_name, media, columns, description, rows, bytes, digest, came_at, came_by)
		VALUES (@version, (SELECT coalesce(max(position) + 1, 0) FROM product_contents WHERE version_id = @version), @name, @form, nullif(@release::bigint, 0), @object, @file, @media, @columns, @description, @rows, @bytes, @digest, @at, @by) RETURNING id`,
		pgx.NamedArgs{"version": version, "name": c.Name, "form": c.Form, "release": c.release, "object": c.object, "file": c.File, "media": c.Media, "columns": c.schema, "description": c.description, "rows": c.Rows, "bytes": c.Bytes, "digest": c.Digest, "at": c.At, "by": by}).Scan(&c.ID)
	if err != nil && database.Taken(err) {
		return fault.At("name", "这一版已经有叫这个名字的内容。")
	}
	if err != nil {
		return fmt.Errorf("content of a product: %w", err)
	}
	return nil
}

func deleteContent(ctx context.Context, tx pgx.Tx, version, id int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM product_contents WHERE version_id = $1 AND id = $2`, version, id)
	return err
}

const day = `to_char(e.ended_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')`

func selectInputs(ctx context.Context, q database.Querier, version int64) ([]Input, error) {
	rows, err := q.Query(ctx, `
		SELECT i.id, coalesce(i.acquisition_id, 0), coalesce(d.title, ''), coalesce(d.slug, ''), coalesce(p.name, ''), coalesce(r.name, ''), coalesce(w.number, 0), coalesce(`+day+`, ''),
			coalesce(fp.number || '@' || fv.semver, ''), coalesce(fp.title, ''), coalesce(i.from_version, 0), i.title, coalesce(i.evidence, ''), i.evidence_name
		FROM product_inputs i LEFT JOIN acquisitions a ON a.id = i.acquisition_id LEFT JOIN acquisition_ends e ON e.acquisition_id = a.id LEFT JOIN versions w ON w.id = a.version_id LEFT JOIN resources r ON r.id = w.resource_id
			LEFT JOIN datasets d ON d.id = a.dataset_id LEFT JOIN departments p ON p.id = d.department_id LEFT JOIN product_versions fv ON fv.id = i.from_version LEFT JOIN products fp ON fp.id = fv.product_id
		WHERE i.version_id = $1 ORDER BY i.id`, version)
	if err != nil {
		return nil, fmt.Errorf("inputs of a product: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Input, err error) {
		return i, row.Scan(&i.ID, &i.Acquisition, &i.Dataset, &i.Slug, &i.Department, &i.File, &i.Version, &i.Day, &i.From, &i.FromTitle, &i.from, &i.Title, &i.Evidence, &i.EvidenceName)
	})
}

func insertInput(ctx context.Context, tx pgx.Tx, version int64, i *Input, by int64, at time.Time) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO product_inputs (version_id, acquisition_id, from_version, title, evidence, evidence_name, added_by, added_at)
		VALUES (@version, nullif(@acquisition::bigint, 0), nullif(@from::bigint, 0), @title, nullif(@evidence, ''), @name, @by, @at) RETURNING id`,
		pgx.NamedArgs{"version": version, "acquisition": i.Acquisition, "from": i.from, "title": i.Title, "evidence": i.Evidence, "name": i.EvidenceName, "by": by, "at": at}).Scan(&i.ID)
	if err != nil && database.Taken(err) {
		return fault.At("input", "这个输入已经在了。")
	}
	if err != nil {
		return fmt.Errorf("input of a product: %w", err)
	}
	return nil
}

func deleteInput(ctx context.Context, tx pgx.Tx, version, id int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM product_inputs WHERE version_id = $1 AND id = $2`, version, id)
	return err
}

// Holding is an acquisition that a developer may name as an input.
type Holding struct {
	ID         int64
	Dataset    string
	Department string
	File       string
	Version    int
	Channel    string
	Day        string
	By         string // the name of who took it; empty: somebody else of the organisation
}

// selectHoldings are the acquisitions that an organisation holds, or an account by
// itself: whole files, slices and answers that were sent to their end. What a workspace
// was given never left it, and what public bodies share is not for products.
func selectHoldings(ctx context.Context, q database.Querier, developer, user int64, one int64) ([]Holding, error) {
	rows, err := q.Query(ctx, `
		SELECT a.id, d.title, p.name, r.name, w.number, a.channel, `+day+`, CASE WHEN a.user_id = @user THEN u.name ELSE '' END
		FROM acquisitions a JOIN acquisition_ends e ON e.acquisition_id = a.id AND e.whole JOIN versions w ON w.id = a.version_id JOIN resources r ON r.id = w.resource_id JOIN datasets d ON d.id = a.dataset_id JOIN departments p ON p.id = d.department_id JOIN users u ON u.id = a.user_id
		WHERE (a.organisation_id = @developer OR a.organisation_id IS NULL AND a.user_id = @user) AND a.channel IN ('file', 'export', 'rows') AND a.share_grant_id IS NULL AND (@one::bigint = 0 OR a.id = @one)
		ORDER BY a.id DESC LIMIT 200`, pgx.NamedArgs{"developer": developer, "user": user, "one": one})
	if err != nil {
		return nil, fmt.Errorf("acquisitions of a developer: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Holding])
}

// ReleaseChoice is a released result that a version may be made of.
type ReleaseChoice struct {
	Number string
	Title  string
	Rows   int64
	At     time.Time

	id int64
}

func selectReleases(ctx context.Context, q database.Querier, p *Product, number string) ([]ReleaseChoice, error) {
	rows, err := q.Query(ctx, `
		SELECT x.number, x.title, x.rows_out, x.at, x.id FROM releases x JOIN workspaces w ON w.id = x.workspace_id
		WHERE w.organisation_id = @developer AND w.scenario_id = @scenario AND (@number = '' OR x.number = @number) ORDER BY x.id DESC LIMIT 200`,
		pgx.NamedArgs{"developer": p.Developer.ID, "scenario": p.scenario, "number": number})
	if err != nil {
		return nil, fmt.Errorf("released results: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (x ReleaseChoice, err error) {
		return x, row.Scan(&x.Number, &x.Title, &x.Rows, &x.At, &x.id)
	})
}

// selectReleaseBody is a released result as it left, in JSON.
func selectReleaseBody(ctx context.Context, q database.Querier, id int64) (body []byte, at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT f.body, x.at FROM release_files f JOIN releases x ON x.id = f.release_id WHERE x.id = $1 AND f.form = 'json'`, id).Scan(&body, &at)
	if err != nil {
		return nil, at, fmt.Errorf("released result: %w", err)
	}
	return body, at, nil
}

func insertEvent(ctx context.Context, tx pgx.Tx, p *Product, v *Version, who account.Actor, act string, side Side, words string, at time.Time) error {
	var version *int64
	if v != nil {
		version = &v.ID
	}
	if side == "" {
		side = OfPlatform
	}
	_, err := tx.Exec(ctx, `INSERT INTO product_events (product_id, version_id, act, side, by_id, name, words, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, p.ID, version, act, side, who.ID, who.Name, words, at)
	if err != nil {
		return fmt.Errorf("event of a product: %w", err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, product int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT coalesce(v.semver, ''), e.act, e.side, e.name, e.words, e.at FROM product_events e LEFT JOIN product_versions v ON v.id = e.version_id WHERE e.product_id = $1 ORDER BY e.id DESC LIMIT 200`, product)
	if err != nil {
		return nil, fmt.Errorf("events of a product: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// objectsLock keeps those who refer to objects of the store and whoever sweeps it
// apart (datasets/sweep.go).
const objectsLock = 7303

// keepObject makes the row of an object, so that no sweep takes it.
func (s *Service) keepObject(ctx context.Context, tx pgx.Tx, info blob.Info) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared($1)`, objectsLock); err != nil {
		return fmt.Errorf("object of a product: %w", err)
	}
	if _, err := s.Store.Stat(ctx, info.Digest); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = fault.New(fault.Unavailable, "文件没有存好，请再传一次。").Because(err)
		}
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO blobs (sha256, bytes, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, info.Digest, info.Bytes, s.now()); err != nil {
		return fmt.Errorf("object of a product: %w", err)
	}
	return nil
}

// selectReaders are the addresses of the people of an organisation who answer for it
// or made the product.
func selectReaders(ctx context.Context, q database.Querier, p *Product) ([]string, error) {
	rows, err := q.Query(ctx, `
		SELECT u.identifier FROM users u WHERE u.disabled_at IS NULL AND u.leaving_at IS NULL AND EXISTS (
			SELECT FROM organisation_members m JOIN products p ON p.id = @product WHERE m.user_id = u.id AND m.organisation_id = p.organisation_id AND (m.role = 'owner' OR u.id = p.made_by)) ORDER BY u.id`,
		pgx.NamedArgs{"product": p.ID})
	if err != nil {
		return nil, fmt.Errorf("readers of a product: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Moves is where the histories stand that decide what everybody is shown of products:
// another word after anything in them moved.
func (s *Service) Moves(ctx context.Context) (at string, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT concat_ws(' ', (SELECT max(id) FROM product_events), (SELECT max(id) FROM registration_events), (SELECT max(id) FROM product_report_events), (SELECT max(id) FROM listing_events),
			(SELECT max(id) FROM operation_events), (SELECT count(*) FROM scenario_events), (SELECT count(*) || ' ' || max(suspended_at) FROM organisations WHERE suspended_at IS NOT NULL))`).Scan(&at)
	if err != nil {
		return "", fmt.Errorf("moves of the market: %w", err)
	}
	return at, nil
}

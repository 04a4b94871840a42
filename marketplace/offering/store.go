package offering

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
)

func addresses(ctx context.Context, q database.Querier, query string, args ...any) ([]string, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("addresses: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func ownersOf(ctx context.Context, q database.Querier, organisation int64) ([]string, error) {
	return addresses(ctx, q, `SELECT u.identifier FROM users u JOIN organisation_members m ON m.user_id = u.id WHERE m.organisation_id = $1 AND m.role = 'owner' AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY u.id`, organisation)
}

func exchangeStaff(ctx context.Context, q database.Querier) ([]string, error) {
	return addresses(ctx, q, `SELECT DISTINCT u.identifier FROM users u JOIN user_roles r ON r.user_id = u.id WHERE r.role = $1 AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY 1`, account.ExchangeStaff)
}

func roleIn(ctx context.Context, q database.Querier, organisation, user int64) (role string, err error) {
	err = q.QueryRow(ctx, `SELECT role FROM organisation_members WHERE organisation_id = $1 AND user_id = $2`, organisation, user).Scan(&role)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return role, err
}

// isPartial reports whether an account is of one of two organisations.
func isPartial(ctx context.Context, q database.Querier, user, seller, developer int64) (partial bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM organisation_members WHERE user_id = $1 AND organisation_id IN ($2, $3))`, user, seller, developer).Scan(&partial)
	return partial, err
}

func selectByCode(ctx context.Context, q database.Querier, field, code string) (o Organisation, err error) {
	err = q.QueryRow(ctx, `SELECT id, name, credit_code FROM organisations WHERE credit_code = $1 AND status = 'verified' AND suspended_at IS NULL AND side = 'use'`, code).Scan(&o.ID, &o.Name, &o.Code)
	if errors.Is(err, pgx.ErrNoRows) {
		return o, fault.At(field, "没有这家已认证的机构：%s。", code)
	}
	return o, err
}

// lockProduct holds a product until tx ends, and with it its listings and plans.
func lockProduct(ctx context.Context, q database.Querier, product int64) error {
	if _, err := q.Exec(ctx, `SELECT FROM products WHERE id = $1 FOR UPDATE`, product); err != nil {
		return fmt.Errorf("lock product: %w", err)
	}
	return nil
}

// of is a product with whoever has the right to run it.
type of struct {
	id             int64
	number         string
	title, titleEN string
	kind           string
	state          string
	sold           bool
	sample         bool
	seller         Organisation
	developer      Organisation
	suspended      bool // seller or developer may not act
	own            bool // of the exchange, or controlled by it
	certified      bool
}

func selectOf(ctx context.Context, q database.Querier, number string, at time.Time) (*of, error) {
	x := &of{}
	err := q.QueryRow(ctx, `
		SELECT p.id, p.number, p.title, p.title_en, p.kind, p.state, p.sold, p.sample OR o.sample, o.id, o.name, o.credit_code, d.id, d.name, d.credit_code,
			o.suspended_at IS NOT NULL OR o.status <> 'verified' OR d.suspended_at IS NOT NULL OR d.status <> 'verified',
			EXISTS (SELECT FROM organisations x WHERE x.side = 'exchange' AND (x.credit_code IN (o.credit_code, d.credit_code) OR x.id IN (o.id, d.id)
				OR EXISTS (SELECT FROM registrations r WHERE r.product_id = p.id AND x.credit_code = ANY (r.controls)))),
			(SELECT count(DISTINCT c.kind) = 2 FROM product_certificates c WHERE c.product_id = p.id AND c.kind IN ('registration', 'certification') AND c.state = 'issued' AND c.valid_until > @at)
		FROM products p JOIN organisations d ON d.id = p.organisation_id JOIN organisations o ON o.id = coalesce((SELECT g.organisation_id FROM product_rights g WHERE g.product_id = p.id AND g.over = 'product' AND g.what = 'operate'), p.organisation_id)
		WHERE p.number = @number`, pgx.NamedArgs{"number": number, "at": at}).
		Scan(&x.id, &x.number, &x.title, &x.titleEN, &x.kind, &x.state, &x.sold, &x.sample, &x.seller.ID, &x.seller.Name, &x.seller.Code, &x.developer.ID, &x.developer.Name, &x.developer.Code, &x.suspended, &x.own, &x.certified)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "没有这个产品。")
	}
	if err != nil {
		return nil, fmt.Errorf("product to offer: %w", err)
	}
	return x, nil
}

// offeredVersion is the newest published version that the certificates cover: theirs, or
// one that differs from it in the last number alone.
type offeredVersion struct {
	id     int64
	number string
}

func selectOfferedVersion(ctx context.Context, q database.Querier, product int64, at time.Time) (v offeredVersion, err error) {
	err = q.QueryRow(ctx, `
		SELECT v.id, v.semver FROM product_versions v WHERE v.product_id = @product AND v.state = 'published'
			AND (SELECT count(DISTINCT c.kind) FROM product_certificates c JOIN product_versions w ON w.id = c.version_id WHERE c.product_id = v.product_id AND c.kind IN ('registration', 'certification') AND c.state = 'issued' AND c.valid_until > @at AND (w.major, w.minor) = (v.major, v.minor)) = 2
		ORDER BY v.major DESC, v.minor DESC, v.patch DESC LIMIT 1`, pgx.NamedArgs{"product": product, "at": at}).Scan(&v.id, &v.number)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, fault.New(fault.Conflict, "没有已经发布、登记和认证都覆盖的版本：换了输入或者方法的版本要先变更登记、重新认证。")
	}
	return v, err
}

// selectPublishedVersions are the versions of a product that are published: a price is
// held against each.
func selectPublishedVersions(ctx context.Context, q database.Querier, product int64) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT id FROM product_versions WHERE product_id = $1 AND state = 'published' ORDER BY id`, product)
	if err != nil {
		return nil, fmt.Errorf("published versions: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// ceiling is what a mandate says of a unit; no fen: nothing.
type ceiling struct {
	mandate, form string
	fen           *int64
}

func selectCeilings(ctx context.Context, q database.Querier, version int64, unit string) ([]ceiling, error) {
	rows, err := q.Query(ctx, `SELECT mandate, form, fen FROM version_ceilings($1, $2) ORDER BY fen NULLS FIRST, mandate`, version, unit)
	if err != nil {
		return nil, fmt.Errorf("ceilings: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c ceiling, err error) {
		return c, row.Scan(&c.mandate, &c.form, &c.fen)
	})
}

// selectUncharged is a scenario of a version for which nobody is charged; empty: none.
func selectUncharged(ctx context.Context, q database.Querier, version int64, classes []string) (number string, err error) {
	err = q.QueryRow(ctx, `SELECT s.number FROM version_scenarios($1) x JOIN scenarios s ON s.id = x.scenario_id WHERE s.use_class = ANY ($2) ORDER BY s.id LIMIT 1`, version, classes).Scan(&number)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return number, err
}

// FreeCopy is a file that is open without conditions.
type FreeCopy struct {
	Content  string // of the product that equals it; empty: it is an input
	Dataset  string // slug
	Title    string
	TitleEN  string
	Resource string
	Version  int
}

// Path is where everybody has it for nothing.
func (c FreeCopy) Path() string { return "/datasets/" + c.Dataset }

func selectFree(ctx context.Context, q database.Querier, sql string, version int64) ([]FreeCopy, error) {
	rows, err := q.Query(ctx, sql, version)
	if err != nil {
		return nil, fmt.Errorf("free copies: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[FreeCopy])
}

// selectOpenCopies are open files that contents of a version equal.
func selectOpenCopies(ctx context.Context, q database.Querier, version int64) ([]FreeCopy, error) {
	return selectFree(ctx, q, `
		SELECT x.content, d.slug, d.title, d.title_en, r.id, w.number FROM version_open_copies($1) x JOIN versions w ON w.id = x.version_id JOIN resources r ON r.id = w.resource_id JOIN datasets d ON d.id = r.dataset_id ORDER BY x.content, w.id DESC LIMIT 20`, version)
}

// selectOpenInputs are the open files that a version was made of.
func selectOpenInputs(ctx context.Context, q database.Querier, version int64) ([]FreeCopy, error) {
	return selectFree(ctx, q, `
		SELECT DISTINCT '', d.slug, d.title, d.title_en, r.id, w.number FROM product_sources s JOIN versions w ON w.id = s.source_version JOIN resources r ON r.id = w.resource_id JOIN datasets d ON d.id = r.dataset_id
		WHERE s.version_id = $1 AND d.status = 'published' AND d.open_type = 'unconditional' ORDER BY d.slug, r.id, w.number LIMIT 200`, version)
}

// candidate is an open table of the size of a table of a product, whose digest by the
// columns of that nobody has worked out.
type candidate struct {
	version  int64
	resource string
	number   int
	position int
	columns  []column
	key      string // of the columns
}

type column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func selectCandidates(ctx context.Context, q database.Querier, version int64) ([]candidate, error) {
	rows, err := q.Query(ctx, `
		WITH tables AS (SELECT c.rows, (SELECT jsonb_agg(jsonb_build_object('name', k ->> 'name', 'type', k ->> 'type') ORDER BY n) FROM jsonb_array_elements(c.description -> 'columns') WITH ORDINALITY AS x (k, n)) AS columns FROM product_contents c WHERE c.version_id = $1 AND c.form = 'table')
		SELECT w.id, w.resource_id, w.number, v.position, t.columns, encode(sha256(convert_to(t.columns::text, 'UTF8')), 'hex')
		FROM tables t JOIN version_tables v ON v.rows = t.rows AND jsonb_array_length(v.fields) = jsonb_array_length(t.columns) JOIN versions w ON w.id = v.version_id JOIN resources r ON r.id = w.resource_id JOIN datasets d ON d.id = r.dataset_id
		WHERE d.status = 'published' AND d.open_type = 'unconditional'
			AND NOT EXISTS (SELECT FROM open_contents o WHERE o.version_id = w.id AND o.position = v.position AND o.columns = encode(sha256(convert_to(t.columns::text, 'UTF8')), 'hex'))
			AND NOT EXISTS (SELECT FROM jsonb_array_elements(v.fields) WITH ORDINALITY f (k, n) JOIN jsonb_array_elements(t.columns) WITH ORDINALITY g (k, n) ON g.n = f.n WHERE f.k ->> 'name' <> g.k ->> 'name')
		ORDER BY w.id, v.position`, version)
	if err != nil {
		return nil, fmt.Errorf("open tables of the same size: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c candidate, err error) {
		return c, row.Scan(&c.version, &c.resource, &c.number, &c.position, &c.columns, &c.key)
	})
}

func insertOpenContent(ctx context.Context, q database.Querier, c candidate, digest string) error {
	if _, err := q.Exec(ctx, `INSERT INTO open_contents (version_id, position, columns, digest) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, c.version, c.position, c.key, digest); err != nil {
		return fmt.Errorf("digest of an open table: %w", err)
	}
	return nil
}

func selectListings(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Listing, error) {
	rows, err := q.Query(ctx, `
		SELECT l.id, l.number, p.id, p.number, p.title, p.title_en, p.kind, o.id, o.name, o.credit_code, d.id, d.name, d.credit_code, l.visibility, l.channels, l.refresh, l.availability, l.response_hours, l.contact, l.prohibited,
			l.state, l.state_at, l.reason, l.paused_by, l.clock_profile, l.clock_path, coalesce(l.clock_from, l.made_at), coalesce(l.checked_by, 0), l.checked_name, l.sample, l.made_name, l.made_at, l.revision,
			coalesce((SELECT jsonb_agg(jsonb_build_object('ID', x.id, 'Name', x.name, 'Code', x.credit_code) ORDER BY x.id) FROM listing_invited i JOIN organisations x ON x.id = i.organisation_id WHERE i.listing_id = l.id), '[]'),
			EXISTS (SELECT FROM listing_plans t WHERE t.listing_id = l.id AND t.state = 'live')
		FROM listings l JOIN products p ON p.id = l.product_id JOIN organisations o ON o.id = l.organisation_id JOIN organisations d ON d.id = p.organisation_id WHERE `+where+` ORDER BY l.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("listings: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Listing, err error) {
		return l, row.Scan(&l.ID, &l.Number, &l.product, &l.Product, &l.Title, &l.TitleEN, &l.Kind, &l.Seller.ID, &l.Seller.Name, &l.Seller.Code, &l.Developer.ID, &l.Developer.Name, &l.Developer.Code, &l.Visibility, &l.Channels, &l.Refresh, &l.Availability, &l.Response, &l.Contact, &l.Prohibited,
			&l.State, &l.StateAt, &l.Reason, &l.PausedBy, &l.clock.Profile, &l.clock.Path, &l.clock.From, &l.checker, &l.checked, &l.Sample, &l.MadeBy, &l.MadeAt, &l.Revision, &l.For, &l.anyLive)
	})
	if err != nil {
		return nil, fmt.Errorf("listings: %w", err)
	}
	return found, nil
}

func insertListing(ctx context.Context, tx pgx.Tx, l *Listing, by int64, sent string) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO listings (number, product_id, organisation_id, visibility, channels, refresh, availability, response_hours, contact, prohibited, state, state_at, sample, made_by, made_name, made_at, sent)
		VALUES (@number, @product, @seller, @visibility, @channels, @refresh, @availability, @response, @contact, @prohibited, @state, @at, @sample, @by, @name, @at, nullif(@sent, '')) RETURNING id, revision`,
		pgx.NamedArgs{"number": l.Number, "product": l.product, "seller": l.Seller.ID, "visibility": l.Visibility, "channels": l.Channels, "refresh": l.Refresh, "availability": l.Availability, "response": l.Response, "contact": l.Contact, "prohibited": l.Prohibited,
			"state": l.State, "at": l.MadeAt, "sample": l.Sample, "by": by, "name": l.MadeBy, "sent": sent}).Scan(&l.ID, &l.Revision)
	if err != nil {
		return fmt.Errorf("insert listing: %w", err)
	}
	return nil
}

func saveListing(ctx context.Context, tx pgx.Tx, l *Listing) error {
	var from *time.Time
	if l.clock.Path != "" {
		from = &l.clock.From
	}
	err := tx.QueryRow(ctx, `
		UPDATE listings SET visibility = @visibility, channels = @channels, refresh = @refresh, availability = @availability, response_hours = @response, contact = @contact, prohibited = @prohibited, state = @state, state_at = @at, reason = @reason, paused_by = @paused,
			clock_profile = @clock_profile, clock_path = @clock_path, clock_from = @clock_from, checked_by = nullif(@checker::bigint, 0), checked_name = @checked, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": l.ID, "visibility": l.Visibility, "channels": l.Channels, "refresh": l.Refresh, "availability": l.Availability, "response": l.Response, "contact": l.Contact, "prohibited": l.Prohibited, "state": l.State, "at": l.StateAt, "reason": l.Reason, "paused": l.PausedBy,
			"clock_profile": l.clock.Profile, "clock_path": l.clock.Path, "clock_from": from, "checker": l.checker, "checked": l.checked}).Scan(&l.Revision)
	if err != nil {
		return fmt.Errorf("save listing: %w", err)
	}
	return nil
}

// saveInvited writes whom a listing is for.
func saveInvited(ctx context.Context, tx pgx.Tx, l *Listing) error {
	if _, err := tx.Exec(ctx, `DELETE FROM listing_invited WHERE listing_id = $1`, l.ID); err != nil {
		return fmt.Errorf("invited: %w", err)
	}
	for _, o := range l.For {
		if _, err := tx.Exec(ctx, `INSERT INTO listing_invited (listing_id, organisation_id) VALUES ($1, $2)`, l.ID, o.ID); err != nil {
			return fmt.Errorf("invited: %w", err)
		}
	}
	return nil
}

func selectPlans(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Plan, error) {
	rows, err := q.Query(ctx, `
		SELECT t.id, t.number, l.number, t.name, t.name_en, t.kind, t.channel, t.currency, t.fen, t.months, t.days, t.unit, t.cap_fen, t.quota, t.tax, t.tax_included, t.refund, t.refund_days, t.refund_fee, coalesce(o.id, 0), coalesce(o.name, ''), coalesce(o.credit_code, ''), coalesce(b.id, 0), coalesce(b.number, ''),
			t.state, t.state_at, t.live_at, t.ceilings, t.reason, t.made_name, t.made_at, t.revision, coalesce((SELECT jsonb_agg(jsonb_build_object('from', k.from_units, 'fen', k.fen) ORDER BY k.from_units) FROM plan_bands k WHERE k.plan_id = t.id), '[]')
		FROM listing_plans t JOIN listings l ON l.id = t.listing_id LEFT JOIN organisations o ON o.id = t.private_to LEFT JOIN listing_plans b ON b.id = t.replaces_id WHERE `+where+` ORDER BY t.id`, args)
	if err != nil {
		return nil, fmt.Errorf("plans: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Plan, err error) {
		var o Organisation
		err = row.Scan(&p.ID, &p.Number, &p.Listing, &p.Name, &p.NameEN, &p.Kind, &p.Channel, &p.Currency, &p.Fen, &p.Months, &p.Days, &p.Unit, &p.Cap, &p.Quota, &p.Tax, &p.TaxIncluded, &p.Refund, &p.RefundDays, &p.RefundFee, &o.ID, &o.Name, &o.Code, &p.replaces, &p.Replaces,
			&p.State, &p.StateAt, &p.LiveAt, &p.Ceilings, &p.Reason, &p.MadeBy, &p.MadeAt, &p.Revision, &p.Bands)
		if o.ID != 0 {
			p.PrivateTo = &o
		}
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("plans: %w", err)
	}
	return found, nil
}

func planArgs(p *Plan) pgx.NamedArgs {
	var private int64
	if p.PrivateTo != nil {
		private = p.PrivateTo.ID
	}
	return pgx.NamedArgs{"id": p.ID, "number": p.Number, "name": p.Name, "name_en": p.NameEN, "kind": p.Kind, "channel": p.Channel, "currency": p.Currency, "fen": p.Fen, "months": p.Months, "days": p.Days, "unit": p.Unit, "cap": p.Cap, "quota": p.Quota, "tax": p.Tax, "included": p.TaxIncluded,
		"refund": p.Refund, "refund_days": p.RefundDays, "refund_fee": p.RefundFee, "private": private, "replaces": p.replaces, "state": p.State, "at": p.StateAt, "live_at": p.LiveAt, "ceilings": append([]Ceiling{}, p.Ceilings...), "reason": p.Reason}
}

func insertPlan(ctx context.Context, tx pgx.Tx, p *Plan, listing, by int64, sent string) error {
	args := planArgs(p)
	args["listing"], args["by"], args["made_name"], args["sent"] = listing, by, p.MadeBy, sent
	err := tx.QueryRow(ctx, `
		INSERT INTO listing_plans (number, listing_id, name, name_en, kind, channel, currency, fen, months, days, unit, cap_fen, quota, tax, tax_included, refund, refund_days, refund_fee, private_to, replaces_id, state, state_at, made_by, made_name, made_at, sent)
		VALUES (@number, @listing, @name, @name_en, @kind, @channel, @currency, @fen, @months, @days, @unit, @cap, @quota, @tax, @included, @refund, @refund_days, @refund_fee, nullif(@private::bigint, 0), nullif(@replaces::bigint, 0), @state, @at, @by, @made_name, @at, nullif(@sent, '')) RETURNING id, revision`, args).Scan(&p.ID, &p.Revision)
	if err != nil {
		return fmt.Errorf("insert plan: %w", err)
	}
	return saveBands(ctx, tx, p)
}

// savePlan writes what a draft says.
func savePlan(ctx context.Context, tx pgx.Tx, p *Plan) error {
	if _, err := tx.Exec(ctx, `DELETE FROM plan_bands WHERE plan_id = $1`, p.ID); err != nil {
		return fmt.Errorf("bands: %w", err)
	}
	err := tx.QueryRow(ctx, `
		UPDATE listing_plans SET name = @name, name_en = @name_en, kind = @kind, channel = @channel, currency = @currency, fen = @fen, months = @months, days = @days, unit = @unit, cap_fen = @cap, quota = @quota, tax = @tax, tax_included = @included, refund = @refund, refund_days = @refund_days, refund_fee = @refund_fee,
			private_to = nullif(@private::bigint, 0), revision = revision + 1 WHERE id = @id RETURNING revision`, planArgs(p)).Scan(&p.Revision)
	if err != nil {
		return fmt.Errorf("save plan: %w", err)
	}
	return saveBands(ctx, tx, p)
}

func saveBands(ctx context.Context, tx pgx.Tx, p *Plan) error {
	for _, b := range p.Bands {
		if _, err := tx.Exec(ctx, `INSERT INTO plan_bands (plan_id, from_units, fen) VALUES ($1, $2, $3)`, p.ID, b.From, b.Fen); err != nil {
			return fmt.Errorf("bands: %w", err)
		}
	}
	return nil
}

// movePlan writes where a plan stands.
func movePlan(ctx context.Context, tx pgx.Tx, p *Plan) error {
	err := tx.QueryRow(ctx, `UPDATE listing_plans SET state = @state, state_at = @at, live_at = @live_at, ceilings = @ceilings, reason = @reason, revision = revision + 1 WHERE id = @id RETURNING revision`, planArgs(p)).Scan(&p.Revision)
	if err != nil {
		return fmt.Errorf("move plan: %w", err)
	}
	return nil
}

func insertEvent(ctx context.Context, tx pgx.Tx, l *Listing, plan int64, who account.Actor, act string, state string, words string, at time.Time) error {
	if _, err := tx.Exec(ctx, `INSERT INTO listing_events (listing_id, plan_id, act, side, state, by_id, name, words, at) VALUES ($1, nullif($2::bigint, 0), $3, $4, $5, $6, $7, $8, $9)`, l.ID, plan, act, l.side, state, who.ID, who.Name, words, at); err != nil {
		return fmt.Errorf("step of a listing: %w", err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, listing int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT coalesce(t.number, ''), e.act, e.side, e.state, e.name, e.words, e.at FROM listing_events e LEFT JOIN listing_plans t ON t.id = e.plan_id WHERE e.listing_id = $1 ORDER BY e.id`, listing)
	if err != nil {
		return nil, fmt.Errorf("steps of a listing: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

func openClocks(ctx context.Context, q database.Querier) ([]calendars.Open, error) {
	rows, err := q.Query(ctx, `SELECT 'listing', number, clock_profile, clock_path, clock_from FROM listings WHERE state = 'platform_check' ORDER BY 2`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o calendars.Open, err error) {
		o.Ref = deadline.Ref{}
		return o, row.Scan(&o.Kind, &o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
	})
}

func selectOrganisations(ctx context.Context, q database.Querier, user int64) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT m.organisation_id FROM organisation_members m JOIN organisations o ON o.id = m.organisation_id WHERE m.user_id = $1 AND o.status = 'verified' AND o.suspended_at IS NULL ORDER BY 1`, user)
	if err != nil {
		return nil, fmt.Errorf("organisations: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func selectFrom(ctx context.Context, q database.Querier, products []string) (map[string]From, error) {
	rows, err := q.Query(ctx, `SELECT p.number, l.number FROM listings l JOIN products p ON p.id = l.product_id WHERE l.visibility = 'public' AND l.state = 'published' AND p.state = 'listable' AND p.number = ANY ($1)`, products)
	if err != nil {
		return nil, fmt.Errorf("prices: %w", err)
	}
	of := map[string]string{}
	var product, listing string
	if _, err := pgx.ForEachRow(rows, []any{&product, &listing}, func() error {
		of[listing] = product
		return nil
	}); err != nil {
		return nil, fmt.Errorf("prices: %w", err)
	}
	found, err := selectPlans(ctx, q, `t.state = 'live' AND t.private_to IS NULL AND l.number = ANY (@listings)`, pgx.NamedArgs{"listings": slices.Collect(maps.Keys(of))})
	if err != nil {
		return nil, err
	}
	out := map[string]From{}
	for i := range found {
		p := &found[i]
		f := out[of[p.Listing]]
		if !slices.Contains(f.Kinds, p.Kind) {
			f.Kinds = append(f.Kinds, p.Kind)
		}
		if !p.Charged() {
			f.Free = f.Free || p.Kind == Free
		} else if f.Least == nil || p.least() < f.Least.least() {
			f.Least = p
		}
		out[of[p.Listing]] = f
	}
	return out, nil
}

package registration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

func roleIn(ctx context.Context, q database.Querier, organisation, user int64) (role string, err error) {
	err = q.QueryRow(ctx, `SELECT role FROM organisation_members WHERE organisation_id = $1 AND user_id = $2`, organisation, user).Scan(&role)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return role, err
}

// ownedBy are the organisations that an account answers for.
func ownedBy(ctx context.Context, q database.Querier, user int64) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT organisation_id FROM organisation_members WHERE user_id = $1 AND role = 'owner'`, user)
	if err != nil {
		return nil, fmt.Errorf("organisations: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

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

func registrarsOf(ctx context.Context, q database.Querier) ([]string, error) {
	return addresses(ctx, q, `SELECT DISTINCT u.identifier FROM users u JOIN user_roles r ON r.user_id = u.id WHERE r.role = $1 AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY 1`, account.ExchangeStaff)
}

// selectIssuer is the exchange for which an account registers.
func selectIssuer(ctx context.Context, q database.Querier, user int64) (name string, err error) {
	err = q.QueryRow(ctx, `SELECT o.name FROM organisations o JOIN organisation_members m ON m.organisation_id = o.id WHERE m.user_id = $1 AND o.side = 'exchange' AND o.status = 'verified' ORDER BY o.id LIMIT 1`, user).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return "数据交易所（登记机构）", nil
	}
	return name, err
}

// selectSubject is a sealed version of a product, and whether an account answers for
// its organisation, or for the one that holds its registration.
func selectSubject(ctx context.Context, q database.Querier, user int64, product, version string) (r *Registration, owner bool, err error) {
	r = &Registration{Product: product, Version: version}
	var id *int64
	err = q.QueryRow(ctx, `
		SELECT p.id, p.title, p.title_en, p.state, p.sample OR o.sample, o.id, o.name, o.credit_code, v.id,
			EXISTS (SELECT FROM organisation_members m WHERE m.user_id = @user AND m.role = 'owner' AND m.organisation_id = (SELECT g.organisation_id FROM product_rights g WHERE g.product_id = p.id AND g.what = 'operate'))
				OR EXISTS (SELECT FROM organisation_members m WHERE m.user_id = @user AND m.role = 'owner' AND m.organisation_id = p.organisation_id)
		FROM products p JOIN organisations o ON o.id = coalesce((SELECT g.organisation_id FROM product_rights g WHERE g.product_id = p.id AND g.what = 'operate'), p.organisation_id)
			LEFT JOIN product_versions v ON v.product_id = p.id AND v.semver = @version AND v.state IN ('sealed', 'published', 'deprecated')
		WHERE p.number = @number AND p.state <> 'retired'`, pgx.NamedArgs{"number": product, "version": version, "user": user}).Scan(&r.product, &r.Title, &r.TitleEN, &r.productState, &r.Sample, &r.Registrant.ID, &r.Registrant.Name, &r.Registrant.Code, &id, &owner)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, false, fault.New(fault.NotFound, "没有这个产品。")
	case err != nil:
		return nil, false, fmt.Errorf("subject of a registration: %w", err)
	case !owner:
		return r, false, nil
	case id == nil:
		return nil, false, fault.At("version", "请选已经封存、没有召回的版本。")
	}
	r.version = *id
	return r, owner, nil
}

// selectHeld is an organisation that holds a registration and that an account answers
// for.
func selectHeld(ctx context.Context, q database.Querier, user, id int64) (o Organisation, err error) {
	err = q.QueryRow(ctx, `SELECT o.id, o.name, o.credit_code FROM organisations o JOIN organisation_members m ON m.organisation_id = o.id WHERE o.id = $1 AND m.user_id = $2 AND m.role = 'owner'`, id, user).Scan(&o.ID, &o.Name, &o.Code)
	if errors.Is(err, pgx.ErrNoRows) {
		return o, errNotYours()
	}
	return o, err
}

func selectOrganisation(ctx context.Context, q database.Querier, code string) (*Organisation, error) {
	o := &Organisation{}
	err := q.QueryRow(ctx, `SELECT id, name, credit_code FROM organisations WHERE credit_code = $1 AND status = 'verified' AND suspended_at IS NULL AND side = 'use'`, code).Scan(&o.ID, &o.Name, &o.Code)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.At("receiver", "没有这家已认证的机构。")
	}
	return o, err
}

// selectFirstSealed is when the first version of a product was sealed.
func selectFirstSealed(ctx context.Context, q database.Querier, product int64) (at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT min(s.sealed_at) FROM product_seals s JOIN product_versions v ON v.id = s.version_id WHERE v.product_id = $1`, product).Scan(&at)
	return at, err
}

func selectSealedAt(ctx context.Context, q database.Querier, version int64) (at time.Time, err error) {
	err = q.QueryRow(ctx, `SELECT sealed_at FROM product_seals WHERE version_id = $1`, version).Scan(&at)
	return at, err
}

// selectSealed is the digest of the statement of a sealed version.
func selectSealed(ctx context.Context, q database.Querier, version int64) (digest string, err error) {
	err = q.QueryRow(ctx, `SELECT digest FROM product_seals WHERE version_id = $1`, version).Scan(&digest)
	return digest, err
}

func selectProduct(ctx context.Context, q database.Querier, user int64, number string) (s *Subject, role string, err error) {
	s = &Subject{}
	err = q.QueryRow(ctx, `
		SELECT p.number, p.title, p.title_en, p.state, o.id, o.name, o.credit_code, p.sample OR o.sample,
			ARRAY(SELECT v.semver FROM product_versions v WHERE v.product_id = p.id AND v.state IN ('sealed', 'published', 'deprecated') ORDER BY v.major DESC, v.minor DESC, v.patch DESC),
			coalesce((SELECT m.role FROM organisation_members m WHERE m.user_id = @user AND (m.organisation_id = p.organisation_id OR m.organisation_id = (SELECT g.organisation_id FROM product_rights g WHERE g.product_id = p.id AND g.what = 'operate')) ORDER BY m.role DESC LIMIT 1), '')
		FROM products p JOIN organisations o ON o.id = p.organisation_id WHERE p.number = @number`, pgx.NamedArgs{"number": number, "user": user}).Scan(&s.Number, &s.Title, &s.TitleEN, &s.State, &s.Registrant.ID, &s.Registrant.Name, &s.Registrant.Code, &s.Sample, &s.Versions, &role)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", fault.New(fault.NotFound, "没有这个产品。")
	}
	return s, role, err
}

type unregistered struct {
	number, title, titleEN string
	sealed                 time.Time
}

// selectUnregistered are the products that an account answers for, were looked at and
// are not applied for.
func selectUnregistered(ctx context.Context, q database.Querier, user int64, limit int) ([]unregistered, error) {
	rows, err := q.Query(ctx, `
		SELECT p.number, p.title, p.title_en, min(s.sealed_at) FROM products p JOIN organisation_members m ON m.organisation_id = p.organisation_id JOIN product_versions v ON v.product_id = p.id JOIN product_seals s ON s.version_id = v.id
		WHERE p.state = 'internal_review' AND m.user_id = @user AND m.role = 'owner' AND v.state IN ('sealed', 'published', 'deprecated') AND NOT EXISTS (SELECT FROM registrations r WHERE r.product_id = p.id AND r.state NOT IN ('refused', 'withdrawn'))
		GROUP BY p.id ORDER BY p.id LIMIT @limit`, pgx.NamedArgs{"user": user, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("products to register: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (u unregistered, err error) {
		return u, row.Scan(&u.number, &u.title, &u.titleEN, &u.sealed)
	})
}

func lockRegistration(ctx context.Context, q database.Querier, number string) error {
	if _, err := q.Exec(ctx, `SELECT FROM registrations WHERE number = $1 FOR UPDATE`, number); err != nil {
		return fmt.Errorf("lock registration: %w", err)
	}
	return nil
}

func selectRegistrations(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Registration, error) {
	rows, err := q.Query(ctx, `
		SELECT r.id, r.number, r.kind, p.id, p.number, p.title, p.title_en, p.summary, p.summary_en, p.state, v.id, v.semver, o.id, o.name, o.credit_code, coalesce(x.id, 0), coalesce(x.name, ''), coalesce(x.credit_code, ''), r.received_at, r.replaces,
			r.level, r.abroad, r.lawful, r.unidentifiable, r.irreversible, r.controls, r.declared, r.state, r.state_at, r.reason, r.apply_profile, r.apply_path, r.apply_from, r.clock_profile, r.clock_path, coalesce(r.clock_from, r.made_at), r.notice_profile, r.notice_path, coalesce(r.notice_from, r.made_at), r.notice_until,
			r.checks, coalesce(c.number, ''), r.sample, r.made_name, r.made_at, r.revision,
			EXISTS (SELECT FROM organisations e WHERE e.side = 'exchange' AND (e.credit_code IN (o.credit_code, x.credit_code) OR e.credit_code = ANY (r.controls)))
		FROM registrations r JOIN products p ON p.id = r.product_id JOIN product_versions v ON v.id = r.version_id JOIN organisations o ON o.id = r.organisation_id LEFT JOIN organisations x ON x.id = r.receiver_id LEFT JOIN product_certificates c ON c.registration_id = r.id
		WHERE `+where+` ORDER BY r.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("registrations: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Registration, err error) {
		var x Organisation
		err = row.Scan(&r.ID, &r.Number, &r.Kind, &r.product, &r.Product, &r.Title, &r.TitleEN, &r.Summary, &r.SummaryEN, &r.productState, &r.version, &r.Version, &r.Registrant.ID, &r.Registrant.Name, &r.Registrant.Code, &x.ID, &x.Name, &x.Code, &r.ReceivedAt, &r.Replaces,
			&r.Level, &r.Abroad, &r.Lawful, &r.Unidentifiable, &r.Irreversible, &r.Controls, &r.Declared, &r.State, &r.StateAt, &r.Reason, &r.apply.Profile, &r.apply.Path, &r.apply.From, &r.clock.Profile, &r.clock.Path, &r.clock.From, &r.notice.Profile, &r.notice.Path, &r.notice.From, &r.until,
			&r.Checks, &r.Certificate, &r.Sample, &r.MadeBy, &r.MadeAt, &r.Revision, &r.own)
		if x.ID != 0 {
			r.Receiver = &x
		}
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("registrations: %w", err)
	}
	return found, nil
}

func insertRegistration(ctx context.Context, tx pgx.Tx, r *Registration, by int64, sent string) error {
	var receiver int64
	if r.Receiver != nil {
		receiver = r.Receiver.ID
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO registrations (number, kind, product_id, version_id, organisation_id, receiver_id, replaces, level, abroad, lawful, unidentifiable, irreversible, controls, declared, state, state_at, apply_profile, apply_path, apply_from, clock_profile, clock_path, clock_from, sample, made_by, made_name, made_at, sent)
		VALUES (@number, @kind, @product, @version, @organisation, nullif(@receiver::bigint, 0), @replaces, @level, @abroad, @lawful, @unidentifiable, @irreversible, @controls, @declared, @state, @at, @apply_profile, @apply_path, @apply_from, @clock_profile, @clock_path, @clock_from, @sample, @by, @name, @at, nullif(@sent, '')) RETURNING id, revision`,
		pgx.NamedArgs{"number": r.Number, "kind": r.Kind, "product": r.product, "version": r.version, "organisation": r.Registrant.ID, "receiver": receiver, "replaces": r.Replaces, "level": r.Level, "abroad": r.Abroad, "lawful": r.Lawful, "unidentifiable": r.Unidentifiable, "irreversible": r.Irreversible,
			"controls": r.Controls, "declared": r.Declared, "state": r.State, "at": r.MadeAt, "apply_profile": r.apply.Profile, "apply_path": r.apply.Path, "apply_from": r.apply.From, "clock_profile": r.clock.Profile, "clock_path": r.clock.Path, "clock_from": r.clock.From, "sample": r.Sample, "by": by, "name": r.MadeBy, "sent": sent}).Scan(&r.ID, &r.Revision)
	if err != nil {
		return fmt.Errorf("insert registration: %w", err)
	}
	return nil
}

func saveRegistration(ctx context.Context, tx pgx.Tx, r *Registration) error {
	checks := r.Checks
	if checks == nil {
		checks = []Check{}
	}
	err := tx.QueryRow(ctx, `
		UPDATE registrations SET received_at = @received, level = @level, abroad = @abroad, lawful = @lawful, unidentifiable = @unidentifiable, irreversible = @irreversible, controls = @controls, declared = @declared, state = @state, state_at = @at, reason = @reason,
			clock_profile = @clock_profile, clock_path = @clock_path, clock_from = CASE WHEN @clock_path = '' THEN NULL ELSE @clock_from::timestamptz END,
			notice_profile = @notice_profile, notice_path = @notice_path, notice_from = CASE WHEN @notice_path = '' THEN NULL ELSE @notice_from::timestamptz END, notice_until = @until, checks = @checks, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": r.ID, "received": r.ReceivedAt, "level": r.Level, "abroad": r.Abroad, "lawful": r.Lawful, "unidentifiable": r.Unidentifiable, "irreversible": r.Irreversible, "controls": r.Controls, "declared": r.Declared, "state": r.State, "at": r.StateAt, "reason": r.Reason,
			"clock_profile": r.clock.Profile, "clock_path": r.clock.Path, "clock_from": r.clock.From, "notice_profile": r.notice.Profile, "notice_path": r.notice.Path, "notice_from": r.notice.From, "until": r.until, "checks": checks}).Scan(&r.Revision)
	if err != nil {
		return fmt.Errorf("save registration: %w", err)
	}
	return nil
}

// saveUntil writes when the notice was over, which the certificate is held against.
func saveUntil(ctx context.Context, tx pgx.Tx, r *Registration) error {
	if _, err := tx.Exec(ctx, `UPDATE registrations SET notice_until = $2 WHERE id = $1`, r.ID, r.until); err != nil {
		return fmt.Errorf("end of a notice: %w", err)
	}
	return nil
}

// check is the formal check of an application, from the records and from what was
// handed in.
func (s *Service) check(ctx context.Context, q database.Querier, r *Registration) ([]Check, error) {
	var rights, stamp, version bool
	err := q.QueryRow(ctx, `
		SELECT (SELECT count(DISTINCT g.what) = 3 FROM product_rights g WHERE g.product_id = v.product_id),
			coalesce((SELECT jsonb_array_length(d -> 'contents') > 0 AND NOT EXISTS (SELECT FROM jsonb_array_elements(d -> 'sources') x WHERE coalesce(x #>> '{acquired,date}', '') = '' OR coalesce(x #>> '{provider,department}', '') = '')
				FROM product_seals s CROSS JOIN LATERAL (SELECT convert_from(s.statement, 'UTF8')::jsonb -> 'predicate' AS d) y WHERE s.version_id = v.id), false),
			v.state IN ('sealed', 'published') AND NOT EXISTS (SELECT FROM product_flags f WHERE f.version_id = v.id AND f.why <> 'corrected')
		FROM product_versions v WHERE v.id = $1`, r.version).Scan(&rights, &stamp, &version)
	if err != nil {
		return nil, fmt.Errorf("formal check: %w", err)
	}
	return []Check{
		{"rights", rights}, {"stamp", stamp}, {"version", version}, {"level", r.Level == General || r.Level == Important}, {"abroad", r.Abroad != ""},
		{"tj29", r.Lawful != "" && r.Unidentifiable != "" && r.Irreversible != ""}, {"controls", r.Declared}, {"receiver", r.Receiver == nil || r.ReceivedAt != nil},
	}, nil
}

func selectObjections(ctx context.Context, q database.Querier, registration int64) ([]Objection, error) {
	rows, err := q.Query(ctx, `SELECT id, place, name, contact, words, at, upheld, answer, answered_name, answered_at FROM registration_objections WHERE registration_id = $1 ORDER BY place`, registration)
	if err != nil {
		return nil, fmt.Errorf("objections: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Objection])
}

func insertObjection(ctx context.Context, tx pgx.Tx, registration int64, o *Objection, by int64) error {
	err := tx.QueryRow(ctx, `INSERT INTO registration_objections (registration_id, place, by_id, name, contact, words, at) VALUES ($1, $2, nullif($3::bigint, 0), $4, $5, $6, $7) RETURNING id`, registration, o.Place, by, o.Name, o.Contact, o.Words, o.At).Scan(&o.ID)
	if err != nil {
		return fmt.Errorf("objection: %w", err)
	}
	return nil
}

func saveAnswer(ctx context.Context, tx pgx.Tx, o *Objection, by int64) error {
	if _, err := tx.Exec(ctx, `UPDATE registration_objections SET upheld = $2, answer = $3, answered_by = $4, answered_name = $5, answered_at = $6 WHERE id = $1`, o.ID, o.Upheld, o.Answer, by, o.By, o.Done); err != nil {
		return fmt.Errorf("answer to an objection: %w", err)
	}
	return nil
}

func insertEvent(ctx context.Context, tx pgx.Tx, r *Registration, who account.Actor, a Action, words string, at time.Time) error {
	if _, err := tx.Exec(ctx, `INSERT INTO registration_events (registration_id, act, side, state, by_id, name, words, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, r.ID, a, r.party, r.State, who.ID, who.Name, words, at); err != nil {
		return fmt.Errorf("step of a registration: %w", err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, registration int64) ([]Event, error) {
	return events(ctx, q, `SELECT act, side, state, name, words, at FROM registration_events WHERE registration_id = $1 ORDER BY id`, registration)
}

func selectReportEvents(ctx context.Context, q database.Querier, report int64) ([]Event, error) {
	return events(ctx, q, `SELECT act, side, state, name, words, at FROM product_report_events WHERE report_id = $1 ORDER BY id`, report)
}

func events(ctx context.Context, q database.Querier, query string, id int64) ([]Event, error) {
	rows, err := q.Query(ctx, query, id)
	if err != nil {
		return nil, fmt.Errorf("steps: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

func certificateBy(ctx context.Context, q database.Querier, number string, lock bool) (*Certificate, error) {
	if lock {
		if _, err := q.Exec(ctx, `SELECT FROM product_certificates WHERE number = $1 FOR UPDATE`, number); err != nil {
			return nil, fmt.Errorf("lock certificate: %w", err)
		}
	}
	found, err := selectCertificates(ctx, q, `c.number = @number`, pgx.NamedArgs{"number": number, "limit": 1})
	if err == nil && len(found) == 0 {
		err = errNoCertificate()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// selectRunning is who holds the registration of a product in force, or has the right to
// run it; else its developer. To them its certificates are issued.
func selectRunning(ctx context.Context, q database.Querier, product int64) (o Organisation, err error) {
	err = q.QueryRow(ctx, `
		SELECT o.id, o.name, o.credit_code FROM products p JOIN organisations o ON o.id = coalesce(
			(SELECT c.organisation_id FROM product_certificates c WHERE c.product_id = p.id AND c.kind = 'registration' AND c.state = 'issued' ORDER BY c.id DESC LIMIT 1),
			(SELECT g.organisation_id FROM product_rights g WHERE g.product_id = p.id AND g.what = 'operate'), p.organisation_id) WHERE p.id = $1`, product).Scan(&o.ID, &o.Name, &o.Code)
	if err != nil {
		return o, fmt.Errorf("holder of a product: %w", err)
	}
	return o, nil
}

func selectCertificates(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Certificate, error) {
	rows, err := q.Query(ctx, `
		SELECT c.id, c.number, c.kind, coalesce(r.number, t.number), p.id, p.number, p.title, p.title_en, v.id, v.semver, o.id, o.name, o.credit_code, c.issuer, coalesce(t.organisation_id, 0), c.state, c.state_at, c.reason, c.issued_at, c.valid_until,
			c.digest, c.statement, c.envelope, c.key_id, c.leaf, coalesce(c.end_leaf, 0), coalesce(b.number, ''), coalesce(n.number, ''), p.sample OR o.sample, c.revision,
			(SELECT jsonb_build_object('ID', h.id, 'Name', h.name, 'Code', h.credit_code) FROM product_certificates k JOIN organisations h ON h.id = k.organisation_id
				WHERE c.kind <> 'registration' AND k.product_id = c.product_id AND k.kind = 'registration' AND k.state = 'issued' AND k.organisation_id <> c.organisation_id)
		FROM product_certificates c JOIN products p ON p.id = c.product_id JOIN product_versions v ON v.id = c.version_id JOIN organisations o ON o.id = c.organisation_id
			LEFT JOIN registrations r ON r.id = c.registration_id LEFT JOIN product_reports t ON t.id = c.report_id LEFT JOIN product_certificates b ON b.id = c.replaces_id LEFT JOIN product_certificates n ON n.replaces_id = c.id
		WHERE `+where+` ORDER BY c.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Certificate, err error) {
		return c, row.Scan(&c.ID, &c.Number, &c.Kind, &c.Case, &c.product, &c.Product, &c.Title, &c.TitleEN, &c.version, &c.Version, &c.Holder.ID, &c.Holder.Name, &c.Holder.Code, &c.Issuer, &c.IssuerID, &c.State, &c.StateAt, &c.Reason, &c.IssuedAt, &c.ValidUntil,
			&c.Digest, &c.statement, &c.Envelope, &c.Key, &c.Leaf, &c.EndLeaf, &c.Replaces, &c.ReplacedBy, &c.Sample, &c.Revision, &c.MovedTo)
	})
	if err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	return found, nil
}

func insertCertificate(ctx context.Context, tx pgx.Tx, c *Certificate, of int64, who account.Actor) error {
	var registration, report *int64
	if c.Kind == OfRegistration {
		registration = &of
	} else {
		report = &of
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO product_certificates (number, kind, registration_id, report_id, product_id, version_id, organisation_id, issuer, state, state_at, issued_at, issued_by, issued_name, valid_until, statement, digest, envelope, key_id, leaf, replaces_id)
		VALUES (@number, @kind, @registration, @report, @product, @version, @organisation, @issuer, @state, @at, @at, @by, @name, @until, @statement, @digest, @envelope, @key, @leaf, (SELECT id FROM product_certificates WHERE number = @replaces)) RETURNING id, revision`,
		pgx.NamedArgs{"number": c.Number, "kind": c.Kind, "registration": registration, "report": report, "product": c.product, "version": c.version, "organisation": c.Holder.ID, "issuer": c.Issuer, "state": c.State, "at": c.IssuedAt, "by": who.ID, "name": who.Name,
			"until": c.ValidUntil, "statement": c.statement, "digest": c.Digest, "envelope": c.Envelope, "key": c.Key, "leaf": c.Leaf, "replaces": c.Replaces}).Scan(&c.ID, &c.Revision)
	if err != nil {
		return fmt.Errorf("insert certificate: %w", err)
	}
	return nil
}

func saveCertificate(ctx context.Context, tx pgx.Tx, c *Certificate) error {
	err := tx.QueryRow(ctx, `UPDATE product_certificates SET state = $2, state_at = $3, reason = $4, end_leaf = nullif($5::bigint, 0), revision = revision + 1 WHERE id = $1 RETURNING revision`, c.ID, c.State, c.StateAt, c.Reason, c.EndLeaf).Scan(&c.Revision)
	if err != nil {
		return fmt.Errorf("save certificate: %w", err)
	}
	return nil
}

// selectRunOut is a certificate whose days are over and that still is said to be in
// force; empty: none.
func selectRunOut(ctx context.Context, q database.Querier, now time.Time) (number string, err error) {
	err = q.QueryRow(ctx, `SELECT number FROM product_certificates WHERE state = 'issued' AND valid_until <= $1 ORDER BY valid_until LIMIT 1`, now).Scan(&number)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return number, err
}

func openClocks(ctx context.Context, q database.Querier) ([]calendars.Open, error) {
	rows, err := q.Query(ctx, `
		SELECT 'registration', number, clock_profile, clock_path, clock_from FROM registrations WHERE state NOT IN ('issued', 'refused', 'withdrawn') AND clock_path <> ''
		UNION ALL SELECT 'registration', number, notice_profile, notice_path, notice_from FROM registrations WHERE state IN ('public_notice', 'objected')
		UNION ALL SELECT 'product-report', number, clock_profile, clock_path, clock_from FROM product_reports WHERE state IN ('requested', 'draft') ORDER BY 2`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o calendars.Open, err error) {
		return o, row.Scan(&o.Kind, &o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
	})
}

func lockReport(ctx context.Context, q database.Querier, number string) error {
	if _, err := q.Exec(ctx, `SELECT FROM product_reports WHERE number = $1 FOR UPDATE`, number); err != nil {
		return fmt.Errorf("lock report: %w", err)
	}
	return nil
}

// selectReporters are the organisations one of whose people plays the role of a
// certifier or of a valuer.
func selectReporters(ctx context.Context, q database.Querier) ([]Reporter, error) {
	rows, err := q.Query(ctx, `
		SELECT DISTINCT o.id, o.name, CASE r.role WHEN 'certifier' THEN 'certification' ELSE 'valuation' END FROM organisations o JOIN organisation_members m ON m.organisation_id = o.id JOIN user_roles r ON r.user_id = m.user_id AND r.role IN ('certifier', 'valuer')
		WHERE o.status = 'verified' AND o.suspended_at IS NULL ORDER BY 3, 2 LIMIT 500`)
	if err != nil {
		return nil, fmt.Errorf("certifiers and valuers: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Reporter])
}

func selectReports(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Report, error) {
	rows, err := q.Query(ctx, `
		SELECT r.id, r.number, r.kind, p.id, p.number, p.title, p.title_en, p.state, v.id, v.semver, v.state, d.id, d.name, d.credit_code, o.id, o.name, o.credit_code, r.controls_asked, r.controls, r.declaration, r.declared_at, r.declared_name, r.method, r.body, r.evaluator, r.conclusion, r.digest,
			r.state, r.state_at, r.reason, r.clock_profile, r.clock_path, r.clock_from, coalesce(c.number, ''), r.sample, r.made_name, r.made_at, r.revision, product_report_independent(r.id), product_version_academic(v.id)
		FROM product_reports r JOIN products p ON p.id = r.product_id JOIN product_versions v ON v.id = r.version_id JOIN organisations d ON d.id = p.organisation_id JOIN organisations o ON o.id = r.organisation_id LEFT JOIN product_certificates c ON c.report_id = r.id
		WHERE `+where+` ORDER BY r.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Report, err error) {
		return r, row.Scan(&r.ID, &r.Number, &r.Kind, &r.product, &r.Product, &r.Title, &r.TitleEN, &r.productState, &r.version, &r.Version, &r.versionState, &r.Developer.ID, &r.Developer.Name, &r.Developer.Code, &r.Reporter.ID, &r.Reporter.Name, &r.Reporter.Code, &r.ControlsAsked, &r.Controls,
			&r.Declaration, &r.DeclaredAt, &r.DeclaredBy, &r.Method, &r.Body, &r.Evaluator, &r.Conclusion, &r.Digest, &r.State, &r.StateAt, &r.Reason, &r.clock.Profile, &r.clock.Path, &r.clock.From, &r.Certificate, &r.Sample, &r.MadeBy, &r.MadeAt, &r.Revision, &r.independent, &r.academic)
	})
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	return found, nil
}

func insertReport(ctx context.Context, tx pgx.Tx, r *Report, by int64, sent string) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO product_reports (number, kind, product_id, version_id, organisation_id, controls_asked, state, state_at, clock_profile, clock_path, clock_from, sample, made_by, made_name, made_at, sent)
		SELECT @number, @kind, p.id, @version, @organisation, @asked, @state, @at, @clock_profile, @clock_path, @clock_from, p.sample, @by, @name, @at, nullif(@sent, '') FROM products p WHERE p.id = @product RETURNING id, revision`,
		pgx.NamedArgs{"number": r.Number, "kind": r.Kind, "product": r.product, "version": r.version, "organisation": r.Reporter.ID, "asked": r.ControlsAsked, "state": r.State, "at": r.MadeAt, "clock_profile": r.clock.Profile, "clock_path": r.clock.Path, "clock_from": r.clock.From, "by": by, "name": r.MadeBy, "sent": sent}).Scan(&r.ID, &r.Revision)
	if err != nil {
		return fmt.Errorf("insert report: %w", err)
	}
	return nil
}

// saveDeclaration writes that whoever reports declares to be independent; the records
// are asked afterwards.
func saveDeclaration(ctx context.Context, tx pgx.Tx, r *Report, by int64) error {
	if _, err := tx.Exec(ctx, `UPDATE product_reports SET declaration = $2, controls = $3, declared_at = $4, declared_by = $5, declared_name = $6 WHERE id = $1`, r.ID, r.Declaration, r.Controls, r.DeclaredAt, by, r.DeclaredBy); err != nil {
		return fmt.Errorf("declaration: %w", err)
	}
	return nil
}

func selectIndependent(ctx context.Context, q database.Querier, report int64) (ok bool, err error) {
	err = q.QueryRow(ctx, `SELECT product_report_independent($1)`, report).Scan(&ok)
	return ok, err
}

func saveReport(ctx context.Context, tx pgx.Tx, r *Report) error {
	err := tx.QueryRow(ctx, `UPDATE product_reports SET method = @method, body = @body, evaluator = @evaluator, conclusion = @conclusion, digest = @digest, state = @state, state_at = @at, reason = @reason, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": r.ID, "method": r.Method, "body": r.Body, "evaluator": r.Evaluator, "conclusion": r.Conclusion, "digest": r.Digest, "state": r.State, "at": r.StateAt, "reason": r.Reason}).Scan(&r.Revision)
	if err != nil {
		return fmt.Errorf("save report: %w", err)
	}
	return nil
}

func insertReportEvent(ctx context.Context, tx pgx.Tx, r *Report, who account.Actor, a ReportAction, side Side, words string, at time.Time) error {
	if _, err := tx.Exec(ctx, `INSERT INTO product_report_events (report_id, act, side, state, by_id, name, words, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, r.ID, a, side, r.State, who.ID, who.Name, words, at); err != nil {
		return fmt.Errorf("step of a report: %w", err)
	}
	return nil
}

package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Terms are how data is open: what an opening review decides besides the
// content. Only what the open type needs is kept.
type Terms struct {
	Open         OpenType     `json:"open"`
	Basis        []string     `json:"basis,omitempty"`        // 依据, one line each, as pages show it
	Bases        []LegalBasis `json:"bases,omitempty"`        // its parts; none of what was decided before they were asked
	Method       string       `json:"method,omitempty"`       // 开放方式
	Requirements string       `json:"requirements,omitempty"` // 使用要求
	Safeguards   string       `json:"safeguards,omitempty"`   // 安全保障措施
}

// Terms are those of the entry.
func (d *Dataset) Terms() Terms {
	return Terms{Open: d.Open, Basis: d.OpenBasis, Bases: d.OpenBases, Method: d.OpenMethod, Requirements: d.UseRequirements, Safeguards: d.Safeguards}.Kept()
}

// Kept is t without what its open type does not need.
func (t Terms) Kept() Terms {
	if t.Open == Unconditional {
		return Terms{Open: t.Open}
	}
	if t.Open == Withheld {
		return Terms{Open: t.Open, Basis: t.Basis, Bases: t.Bases}
	}
	return t
}

// Same reports whether both open alike. What gives the lines of its basis alone
// is the same as what gives their parts, too.
func (t Terms) Same(o Terms) bool {
	return t.Open == o.Open && slices.Equal(t.Basis, o.Basis) && (len(t.Bases) == 0 || len(o.Bases) == 0 || slices.Equal(t.Bases, o.Bases)) && t.Method == o.Method && t.Requirements == o.Requirements && t.Safeguards == o.Safeguards
}

// openness is how far an open type opens; an unknown one not at all.
var openness = map[OpenType]int{Withheld: 0, Conditional: 1, Unconditional: 2}

// Looser reports whether a opens further than b.
func Looser(a, b OpenType) bool { return openness[a] > openness[b] }

// Shape is what a table looks like to who reads it by program: what a new review
// is needed for when it changes.
type Shape struct {
	Name    string        `json:"name,omitempty"` // empty of the only table: it is called after the file
	Columns []ShapeColumn `json:"columns"`
}

// ShapeColumn is one column of it.
type ShapeColumn struct {
	Name  string   `json:"name"`
	Type  string   `json:"type"`
	Unit  string   `json:"unit,omitempty"`
	Codes []string `json:"codes,omitempty"`
}

// ShapesOf are the shapes of tables, in their order.
func ShapesOf(tables []Table) []Shape {
	out := make([]Shape, len(tables))
	for i, t := range tables {
		if len(tables) > 1 {
			out[i].Name = t.Name
		}
		out[i].Columns = []ShapeColumn{}
		for _, f := range t.Fields {
			c := ShapeColumn{Name: f.Name, Type: f.Type, Unit: f.Unit}
			for _, code := range f.Codes {
				c.Codes = append(c.Codes, code.Value)
			}
			out[i].Columns = append(out[i].Columns, c)
		}
	}
	return out
}

// Fingerprint is the schema hash of a review: SHA-256 in hex of the columns in
// their order with names, types, units and code lists, of the terms, and of the
// security level and the source of the entry. Each of them changed is another
// content that was not reviewed (AS-28, AS-30).
func Fingerprint(tables []Table, terms Terms, level, source string) string {
	text, err := json.Marshal(struct {
		Tables []Shape `json:"tables"`
		Terms  Terms   `json:"terms"`
		Level  string  `json:"level"`
		Source string  `json:"source"`
	}{ShapesOf(tables), terms.Kept(), level, source})
	if err != nil {
		panic(err) // strings alone: it cannot fail
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Confirmed is an option: confirmed says, in tx, whether the authority has
// confirmed the catalogue entry (TJ-10.3, AS-12.3), and otherwise why it may not
// be public. Without it, every entry counts as confirmed.
func Confirmed(confirmed func(ctx context.Context, q database.Querier, datasetID int64) error) Option {
	return func(s *Service) { s.confirmed = confirmed }
}

// approval is by which review a version is let through.
type approval struct {
	review   int64 // 0: of none, since its entry is withheld and opens nothing
	standing bool
	terms    Terms // as decided
	asked    Terms // of the entry when it was asked
}

// decided is what counts of a review when a version is to be published.
type decided struct {
	ID       int64
	Passed   bool // approved, and nobody took that back
	Exact    bool // about these very bytes
	Hash     string
	Terms    Terms
	Asked    Terms
	Standing *time.Time
}

func selectDecided(ctx context.Context, q database.Querier, resource, original string) ([]decided, error) {
	found, err := q.Query(ctx, `
		SELECT id, state IN ('approved', 'approved_conditional', 'published_provisional', 'confirmed') AND revoked_at IS NULL, sha256 = @sha256, coalesce(approved_hash, ''), coalesce(decided_terms, terms), entry_terms, standing_until
		FROM opening_reviews
		WHERE resource_id = @resource AND state NOT IN ('proposed', 'security_check', 'secrecy_check', 'joint_review', 'taken_back') AND (sha256 = @sha256 OR kind <> 'imported')
		ORDER BY id DESC`, pgx.NamedArgs{"resource": resource, "sha256": original})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, pgx.RowToStructByPos[decided])
}

// entryNow is the entry of v as it is now, held until tx ends where q is one.
func entryNow(ctx context.Context, q database.Querier, datasetID int64) (*Dataset, error) {
	order := ""
	if _, ok := q.(pgx.Tx); ok {
		order = `d.id FOR NO KEY UPDATE OF d`
	}
	found, err := selectDatasets(ctx, q, `d.id = @id`, pgx.NamedArgs{"id": datasetID}, order)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoDataset()
	}
	return &found[0], nil
}

// approvalOf finds the review that lets v through: the last one about these
// bytes, or one that granted that versions with the same columns may follow. It
// returns fault.Conflict, with what to do, where there is none.
func (s *Service) approvalOf(ctx context.Context, q database.Querier, v *Version, d *Dataset) (*approval, error) {
	if d.Open == Withheld {
		return &approval{terms: d.Terms(), asked: d.Terms()}, nil
	}
	if _, err := s.Origin(ctx, q, d, v.SHA256); err != nil {
		return nil, err
	}
	all, err := selectDecided(ctx, q, v.ResourceID, v.SHA256)
	if err != nil {
		return nil, err
	}
	today := s.now().In(china).Format(time.DateOnly)
	why := fault.New(fault.Conflict, "这一版还没有通过开放审查，请先送审。")
	stopped := false // somebody has decided against a later version
	for _, r := range all {
		same := r.Hash == Fingerprint(v.Tables, r.Terms, d.SecurityLevel, d.Source)
		switch {
		case r.Exact && r.Passed && same:
			return r.agrees(d, false)
		case r.Exact && r.Passed:
			return nil, fault.New(fault.Conflict, "批准之后，列、条件、安全级别或来源改过；批准的不是现在这样，请重新送审。")
		case r.Exact:
			return nil, fault.New(fault.Conflict, "开放审查没有同意这一版，不能发布。")
		case !r.Passed:
			stopped = true
		case r.Standing == nil || stopped || len(v.Tables) == 0:
		case r.Standing.Format(time.DateOnly) < today:
			why = fault.New(fault.Conflict, "长期批准已于 %s 到期，这一版要送审。", r.Standing.Format(time.DateOnly))
			stopped = true
		case same:
			return r.agrees(d, true)
		default:
			why = fault.New(fault.Conflict, "列、条件、安全级别或来源和长期批准的不一样，这一版要送审。")
			stopped = true
		}
	}
	return nil, why
}

// agrees is r as the approval of what d is now: the entry must say how it is
// open as it was asked, or as it was decided.
func (r decided) agrees(d *Dataset, standing bool) (*approval, error) {
	if now := d.Terms(); !now.Same(r.Terms) && !now.Same(r.Asked) {
		return nil, fault.New(fault.Conflict, "条目的开放方式在送审之后改过，请重新送审。")
	}
	return &approval{review: r.ID, standing: standing, terms: r.Terms, asked: r.Asked}, nil
}

// Covered reports by which review an upload of who's department may be
// published now: its id, and whether that is one that granted versions like it.
// It returns the fault of PublishUpload where there is none.
func (s *Service) Covered(ctx context.Context, who account.Actor, u *Upload) (review int64, standing bool, err error) {
	if department, err := uploader(who); err != nil || department != u.Department {
		return 0, false, errNoUpload()
	}
	v, _, err := s.candidate(ctx, s.pool, u)
	if err != nil {
		return 0, false, err
	}
	d, err := entryNow(ctx, s.pool, u.DatasetID)
	if err != nil {
		return 0, false, err
	}
	a, err := s.approvalOf(ctx, s.pool, v, d)
	if err != nil {
		return 0, false, err
	}
	return a.review, a.standing, nil
}

// admit finds the approval of v, and opens its entry as was decided where that
// is otherwise than it was asked.
func (s *Service) admit(ctx context.Context, tx pgx.Tx, who account.Actor, v *Version) (*approval, error) {
	d, err := entryNow(ctx, tx, v.DatasetID)
	if err != nil {
		return nil, err
	}
	a, err := s.approvalOf(ctx, tx, v, d)
	if err != nil {
		return nil, err
	}
	if d.Status == Published && d.Open != Withheld {
		if err := s.isConfirmed(ctx, tx, d.ID); err != nil {
			return nil, err
		}
	}
	if a.terms.Same(d.Terms()) {
		return a, nil
	}
	return a, s.applyTerms(ctx, tx, who, d, a.terms, a.review)
}

// isConfirmed asks the catalogue.
func (s *Service) isConfirmed(ctx context.Context, tx pgx.Tx, datasetID int64) error {
	if s.confirmed == nil {
		return nil
	}
	return s.confirmed(ctx, tx, datasetID)
}

// mayBePublic returns nil if an entry may be published: the authority has
// confirmed it, and each of its versions was let through for how it is open.
func (s *Service) mayBePublic(ctx context.Context, tx pgx.Tx, d *Dataset) error {
	if err := s.isConfirmed(ctx, tx, d.ID); err != nil {
		return err
	}
	return everyVersionOpens(ctx, tx, d.ID, d.Open)
}

// applyTerms opens an entry as a review decided. All its other versions open
// with it, so each must have been let through for that.
func (s *Service) applyTerms(ctx context.Context, tx pgx.Tx, who account.Actor, d *Dataset, t Terms, review int64) error {
	if Looser(t.Open, d.Open) {
		if err := everyVersionOpens(ctx, tx, d.ID, t.Open); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `
		UPDATE datasets SET open_type = @open, open_basis = @basis, open_bases = @bases, open_method = @method, use_requirements = @requirements, safeguards = @safeguards,
		       open_method_en = '', use_requirements_en = '', safeguards_en = '', updated_at = @now, revision = revision + 1
		WHERE id = @id`,
		pgx.NamedArgs{"id": d.ID, "open": t.Open, "basis": list(t.Basis), "bases": list(t.Bases), "method": t.Method, "requirements": t.Requirements, "safeguards": t.Safeguards, "now": s.now()}); err != nil {
		return fmt.Errorf("open %s as decided: %w", d.Slug, err)
	}
	return audit.Append(ctx, tx, who, "dataset", d.Slug, "open-as-reviewed", map[string]string{"from": string(d.Open), "to": string(t.Open), "review": fmt.Sprint(review)})
}

// Tighten opens an entry to fewer, in tx, as a review of a version of it has
// decided; one that opens no further already stays as it is.
func (s *Service) Tighten(ctx context.Context, tx pgx.Tx, who account.Actor, datasetID int64, t Terms, review int64) error {
	if t.Open == Unconditional {
		return nil
	}
	d, err := entryNow(ctx, tx, datasetID)
	if err != nil || !Looser(d.Open, t.Open) {
		return err
	}
	if err := s.applyTerms(ctx, tx, who, d, t, review); err != nil {
		return err
	}
	return announce(ctx, tx, s, d.ID)
}

// everyVersionOpens returns nil if each version of an entry was let through for
// open, or for what opens further.
func everyVersionOpens(ctx context.Context, tx pgx.Tx, datasetID int64, open OpenType) error {
	if open == Withheld {
		return nil
	}
	var name string
	var number int
	err := tx.QueryRow(ctx, `
		SELECT r.name, v.number
		FROM versions v JOIN resources r ON r.id = v.resource_id
		WHERE r.dataset_id = @dataset AND `+notLetThrough+`
		ORDER BY r.position, v.number LIMIT 1`, pgx.NamedArgs{"dataset": datasetID, "open": open}).Scan(&name, &number)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("versions that are not let through: %w", err)
	}
	return fault.New(fault.Conflict, "“%s”第 %d 版没有通过这样开放的审查，请先送审。", name, number)
}

// bind writes by which review v was let through.
func (s *Service) bind(ctx context.Context, tx pgx.Tx, v *Version, a *approval) error {
	if _, err := tx.Exec(ctx, `INSERT INTO version_approvals (version_id, review_id, standing, at) VALUES (@version, nullif(@review::bigint, 0), @standing, @now)`,
		pgx.NamedArgs{"version": v.ID, "review": a.review, "standing": a.standing, "now": s.now()}); err != nil {
		return fmt.Errorf("approval of version %d: %w", v.ID, err)
	}
	if a.standing {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE opening_reviews SET version_id = coalesce(version_id, @version) WHERE id = @review`, pgx.NamedArgs{"version": v.ID, "review": a.review})
	return err
}

// bindImported writes that v, which who imports, was let through outside: who
// imports answers for it, and pages say so.
func (s *Service) bindImported(ctx context.Context, tx pgx.Tx, who account.Actor, v *Version) error {
	d, err := entryNow(ctx, tx, v.DatasetID)
	if err != nil {
		return err
	}
	a := &approval{terms: d.Terms()}
	if d.Open != Withheld {
		hash := Fingerprint(v.Tables, a.terms, d.SecurityLevel, d.Source)
		if err := tx.QueryRow(ctx, `
			INSERT INTO opening_reviews (kind, dataset_id, department_id, resource_id, version_id, sha256, schema_hash, tables, terms, entry_terms, security_level, source, decided_terms, approved_hash, profile, proposed_by, proposed_name, proposed_at, state, decided_at)
			VALUES ('imported', @dataset, @department, @resource, @version, @sha256, @hash, @tables, @terms, @terms, @level, @source, @terms, @hash, @profile, @who, @name, @now, 'approved', @now)
			RETURNING id`,
			pgx.NamedArgs{"dataset": d.ID, "department": d.Department.ID, "resource": v.ResourceID, "version": v.ID, "sha256": v.SHA256, "hash": hash, "tables": ShapesOf(v.Tables),
				"terms": a.terms, "level": d.SecurityLevel, "source": d.Source, "profile": d.Department.Profile, "who": who.ID, "name": who.Name, "now": s.now()}).Scan(&a.review); err != nil {
			return fmt.Errorf("imported review: %w", err)
		}
	}
	return s.bind(ctx, tx, v, a)
}

// mayLoosen refuses what would open an entry further without a review. What was
// withheld never opens itself: another is made of it (AB-31.3).
func mayLoosen(ctx context.Context, tx pgx.Tx, d *Dataset) error {
	var open OpenType
	var status Status
	var versions int
	err := tx.QueryRow(ctx, `
		SELECT d.open_type, d.status, (SELECT count(*) FROM versions v JOIN resources r ON r.id = v.resource_id WHERE r.dataset_id = d.id)
		FROM datasets d WHERE d.id = @id FOR NO KEY UPDATE OF d`, pgx.NamedArgs{"id": d.ID}).Scan(&open, &status, &versions)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !Looser(d.Open, open) {
		return nil
	}
	switch {
	case err != nil:
		return err
	case open == Withheld && (versions > 0 || status != Draft):
		return fault.At("open_type", "不予开放的条目不能直接改成开放：请作脱敏处理或者取得权利人同意，另建一个条目送审，原件不动。")
	case status == Draft || versions == 0:
		return nil // asked when it is published
	}
	if err := everyVersionOpens(ctx, tx, d.ID, d.Open); err != nil {
		if f := fault.Of(err); f.Kind == fault.Conflict {
			return fault.At("open_type", "放宽开放类型要先经开放审查，请送审。").Because(err)
		}
		return err
	}
	return nil
}

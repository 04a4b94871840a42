package opening

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
)

const reviewColumns = `o.id, o.kind, o.dataset_id, o.department_id, o.resource_id, coalesce(o.upload_id, ''), coalesce(o.version_id, 0), coalesce(v.number, 0), coalesce(o.event_id, 0),
	o.sha256, o.schema_hash, o.tables, o.terms, o.entry_terms, o.decided_terms, coalesce(o.approved_hash, ''),
	o.profile, o.clock_profile, o.clock_path, coalesce(o.clock_from, o.proposed_at), o.note, o.proposed_by, o.proposed_name, o.proposed_at, o.state, o.revision, o.decided_at,
	o.standing_until, o.standing_terms, o.revoked_at, o.revoked_name, o.revoked_reason,
	d.slug, d.title, d.title_en, r.name, r.name_en, p.name, p.name_en, coalesce(u.file_name, v.file_name, ''), d.sample`

const reviewTables = `
	FROM opening_reviews o
	JOIN datasets d ON d.id = o.dataset_id
	JOIN departments p ON p.id = o.department_id
	JOIN resources r ON r.id = o.resource_id
	LEFT JOIN uploads u ON u.id = o.upload_id
	LEFT JOIN versions v ON v.id = o.version_id `

func scanReview(row pgx.CollectableRow) (*Review, error) {
	r := &Review{}
	var event int64
	err := row.Scan(&r.ID, &r.Kind, &r.DatasetID, &r.Department, &r.ResourceID, &r.UploadID, &r.VersionID, &r.Number, &event,
		&r.SHA256, &r.SchemaHash, &r.Tables, &r.Terms, &r.EntryTerms, &r.Decided, &r.Approved,
		&r.Profile, &r.clock.Profile, &r.clock.Path, &r.clock.From, &r.Note, &r.ProposedBy, &r.ProposedName, &r.ProposedAt, &r.State, &r.Revision, &r.DecidedAt,
		&r.StandingUntil, &r.StandingTerms, &r.RevokedAt, &r.RevokedName, &r.RevokedReason,
		&r.Slug, &r.Title, &r.TitleEN, &r.ResourceName, &r.ResourceNameEN, &r.DepartmentName, &r.DepartmentNameEN, &r.FileName, &r.Sample)
	if event != 0 {
		r.Event = &Event{ID: event}
	}
	return r, err
}

// mine is the condition on reviews o of which who may know, and its arguments:
// those of the own department for whoever works on its data, those of all
// departments under the same text for the cyberspace office and the authority.
// ok is false for who may know of none.
func mine(who account.Actor) (where string, args pgx.NamedArgs, ok bool) {
	args = pgx.NamedArgs{"department": who.Department}
	if who.Department == 0 || who.Key != "" {
		return "", args, false
	}
	if who.Any(account.CyberspaceReviewer, account.Authority) {
		return `o.profile = (SELECT profile FROM departments WHERE id = @department)`, args, true
	}
	if who.Any(account.Officer, account.Head, account.SecurityReviewer, account.SecrecyReviewer) {
		return `o.department_id = @department`, args, true
	}
	return "", args, false
}

func selectReviews(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs, rest string) ([]*Review, error) {
	rows, err := q.Query(ctx, `SELECT `+reviewColumns+reviewTables+`WHERE `+where+rest, args)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, scanReview)
	if err != nil || len(found) == 0 {
		return found, err
	}
	return found, fillReviews(ctx, q, found)
}

func fillReviews(ctx context.Context, q database.Querier, found []*Review) error {
	at := map[int64]*Review{}
	ids, events := []int64{}, []int64{}
	for _, r := range found {
		at[r.ID], ids = r, append(ids, r.ID)
		if r.Event != nil {
			events = append(events, r.Event.ID)
		}
	}
	rows, err := q.Query(ctx, `
		SELECT c.review_id, c.gate, c.reviewer_id, c.name, p.name, p.name_en, c.result, c.words, c.ticked, c.sha256, c.schema_hash, c.at
		FROM opening_checks c JOIN departments p ON p.id = c.department_id
		WHERE c.review_id = ANY (@ids) ORDER BY c.at, c.gate`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return err
	}
	var id int64
	var c Check
	if _, err := pgx.ForEachRow(rows, []any{&id, &c.Gate, &c.Reviewer, &c.Name, &c.Department, &c.DepartmentEN, &c.Result, &c.Words, &c.Ticked, &c.SHA256, &c.SchemaHash, &c.At}, func() error {
		at[id].Checks = append(at[id].Checks, c)
		c.Ticked = nil
		return nil
	}); err != nil {
		return err
	}
	if len(events) == 0 {
		return nil
	}
	all, err := selectEvents(ctx, q, `e.id = ANY (@ids)`, pgx.NamedArgs{"ids": events})
	for _, r := range found {
		for i := range all {
			if r.Event != nil && r.Event.ID == all[i].ID {
				r.Event = &all[i]
			}
		}
	}
	return err
}

// lockReview reads a review and holds it until tx ends, so that two reviewers
// cannot decide at once.
func lockReview(ctx context.Context, tx pgx.Tx, who account.Actor, id int64) (*Review, error) {
	return oneReview(ctx, tx, who, id, ` FOR UPDATE OF o`)
}

func oneReview(ctx context.Context, q database.Querier, who account.Actor, id int64, rest string) (*Review, error) {
	where, args, ok := mine(who)
	if !ok {
		return nil, errNoReview()
	}
	args["id"] = id
	found, err := selectReviews(ctx, q, `o.id = @id AND `+where, args, rest)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoReview()
	}
	return found[0], nil
}

func insertReview(ctx context.Context, tx pgx.Tx, r *Review) error {
	args := pgx.NamedArgs{"kind": r.Kind, "dataset": r.DatasetID, "department": r.Department, "resource": r.ResourceID, "upload": r.UploadID, "version": r.VersionID, "event": 0,
		"sha256": r.SHA256, "hash": r.SchemaHash, "tables": r.Tables, "terms": r.Terms, "entry": r.EntryTerms, "profile": r.Profile,
		"level": r.level, "source": r.source, "note": r.Note, "who": r.ProposedBy, "name": r.ProposedName, "at": r.ProposedAt, "state": r.State}
	if r.Event != nil {
		args["event"] = r.Event.ID
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO opening_reviews (kind, dataset_id, department_id, resource_id, upload_id, version_id, event_id, sha256, schema_hash, tables, terms, entry_terms, security_level, source, profile, note, proposed_by, proposed_name, proposed_at, state)
		VALUES (@kind, @dataset, @department, @resource, nullif(@upload, ''), nullif(@version::bigint, 0), nullif(@event::bigint, 0), @sha256, @hash, @tables, @terms, @entry, @level, @source, @profile, @note, @who, @name, @at, @state)
		RETURNING id`, args).Scan(&r.ID)
	if database.Taken(err) {
		return errWaits()
	}
	if err != nil {
		return fmt.Errorf("insert review: %w", err)
	}
	return nil
}

// saveReview writes where r stands, if nobody else has meanwhile.
func saveReview(ctx context.Context, tx pgx.Tx, r *Review) error {
	args := pgx.NamedArgs{"id": r.ID, "revision": r.Revision, "state": r.State, "decided": r.Decided, "hash": nil, "at": r.DecidedAt,
		"until": r.StandingUntil, "standing": r.StandingTerms, "profile": r.clock.Profile, "path": r.clock.Path, "from": nil}
	if r.Decided != nil {
		args["hash"] = r.Approved
	}
	if !r.clock.From.IsZero() {
		args["from"] = r.clock.From
	}
	tag, err := tx.Exec(ctx, `
		UPDATE opening_reviews SET state = @state, decided_terms = @decided, approved_hash = @hash, decided_at = @at, standing_until = @until, standing_terms = @standing,
		       clock_profile = @profile, clock_path = @path, clock_from = @from, revision = revision + 1
		WHERE id = @id AND revision = @revision`, args)
	if err != nil {
		return fmt.Errorf("save review %d: %w", r.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return errDecided()
	}
	r.Revision++
	return nil
}

func insertCheck(ctx context.Context, tx pgx.Tx, r *Review, who account.Actor, c Check) error {
	ticked := c.Ticked
	if ticked == nil {
		ticked = []string{}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO opening_checks (review_id, gate, proposed_by, reviewer_id, name, department_id, result, words, ticked, sha256, schema_hash, at)
		VALUES (@review, @gate, @proposer, @who, @name, @department, @result, @words, @ticked, @sha256, @hash, @at)`,
		pgx.NamedArgs{"review": r.ID, "gate": c.Gate, "proposer": r.ProposedBy, "who": who.ID, "name": who.Name, "department": who.Department,
			"result": c.Result, "words": c.Words, "ticked": ticked, "sha256": r.SHA256, "hash": c.SchemaHash, "at": c.At})
	if database.Taken(err) {
		return errSamePerson()
	}
	if err != nil {
		return fmt.Errorf("decision about review %d: %w", r.ID, err)
	}
	return nil
}

func revokeReviews(ctx context.Context, tx pgx.Tx, where string, who account.Actor, reason string, now time.Time, args pgx.NamedArgs) (int64, error) {
	args["who"], args["name"], args["reason"], args["now"] = who.ID, who.Name, reason, now
	tag, err := tx.Exec(ctx, `
		UPDATE opening_reviews o SET revoked_at = @now, revoked_by = @who, revoked_name = @name, revoked_reason = @reason, revision = revision + 1
		WHERE revoked_at IS NULL AND `+where, args)
	if err != nil {
		return 0, fmt.Errorf("revoke: %w", err)
	}
	return tag.RowsAffected(), nil
}

// jointOffices are the departments whose cyberspace reviewers judge data of
// departments under a text.
func jointOffices(ctx context.Context, q database.Querier, profile string) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT id FROM departments WHERE profile = @profile`, pgx.NamedArgs{"profile": profile})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func profileOf(ctx context.Context, q database.Querier, department int64) (profile string, err error) {
	err = q.QueryRow(ctx, `SELECT profile FROM departments WHERE id = @id`, pgx.NamedArgs{"id": department}).Scan(&profile)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", errNoReview()
	}
	return profile, err
}

func selectEvents(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Event, error) {
	rows, err := q.Query(ctx, `
		SELECT e.id, e.kind, e.title, e.declared_by, e.declared_on, e.basis, e.profile, e.ended_on, e.recorded_name, e.recorded_at
		FROM opening_events e WHERE `+where+` ORDER BY e.declared_on DESC, e.id DESC`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

func insertEvent(ctx context.Context, tx pgx.Tx, who account.Actor, e *Event) error {
	if err := tx.QueryRow(ctx, `
		INSERT INTO opening_events (kind, title, declared_by, declared_on, basis, profile, recorded_by, recorded_name, recorded_at)
		VALUES (@kind, @title, @by, @on, @basis, @profile, @who, @name, @at) RETURNING id`,
		pgx.NamedArgs{"kind": e.Kind, "title": e.Title, "by": e.DeclaredBy, "on": e.DeclaredOn, "basis": e.Basis, "profile": e.Profile, "who": who.ID, "name": who.Name, "at": e.RecordedAt}).Scan(&e.ID); err != nil {
		return fmt.Errorf("insert event: %w", err)
	}
	return nil
}

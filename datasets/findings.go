package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/quality"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// FindingState is what a person has made of a finding.
type FindingState string

// The states of a finding.
const (
	FindingOpen      FindingState = "open"
	FindingConfirmed FindingState = "confirmed" // it is what it seems: the file must not be published so
	FindingDismissed FindingState = "dismissed" // a false alarm, or lawfully public
)

// Finding is something in a file that a person of the department must look at.
// It is for them alone, and shows values only blotted out.
type Finding struct {
	ID         int64
	ResourceID string
	SHA256     string // of the original
	Position   int    // of the table, from 0
	quality.Found
	At        time.Time
	State     FindingState
	Reason    string
	DecidedBy int64
	Decider   string // their name at that time
	DecidedAt *time.Time
	Carried   int // number of the version before, about which it was decided; 0: about this file

	of int64 // rows of the table, while it is written

	// where it stands, filled in for who looks at it
	Resource  string // name
	Dataset   string // slug
	Title     string
	TitleEN   string
	Published int  // number of the version that has it; 0: none yet
	Public    bool // everybody knows of the entry
}

// Stands reports whether f stops a publication: it is grave and nobody has
// found that it may be public.
func (f *Finding) Stands() bool { return f.Severity == quality.Block && f.State != FindingDismissed }

// Alarms reports whether f is in a file that the public has, and nobody has
// decided about it: it comes before all others.
func (f *Finding) Alarms() bool {
	return f.Severity == quality.Block && f.State == FindingOpen && f.Published > 0 && f.Public
}

func errNoFinding() error { return fault.New(fault.NotFound, "没有这一条发现。") }

// FindingFilter narrows a list of findings. The zero value is all of them.
type FindingFilter struct {
	Resource string // id
	SHA256   string
	Open     bool // only what nobody has decided
}

// Findings are those of the department that who is an officer of: what nobody
// has decided first, of it the gravest, of these what is public already, then the
// newest. Nobody else has any.
func (s *Service) Findings(ctx context.Context, who account.Actor, f FindingFilter) ([]Finding, error) {
	if !officer(who) {
		return nil, errNotOfficer()
	}
	return selectFindings(ctx, s.pool, `d.department_id = @department
		AND (@resource = '' OR f.resource_id = @resource) AND (@sha256 = '' OR f.sha256 = @sha256) AND (NOT @open OR f.state = 'open')`,
		pgx.NamedArgs{"department": who.Department, "resource": f.Resource, "sha256": f.SHA256, "open": f.Open})
}

// Finding is one of them; fault.NotFound for that of another department.
func (s *Service) Finding(ctx context.Context, who account.Actor, id int64) (*Finding, error) {
	if !officer(who) {
		return nil, errNotOfficer()
	}
	found, err := selectFindings(ctx, s.pool, `d.department_id = @department AND f.id = @id`, pgx.NamedArgs{"department": who.Department, "id": id})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoFinding()
	}
	return &found[0], nil
}

func officer(who account.Actor) bool { return who.Is(account.Officer) && who.Department != 0 }

func errNotOfficer() error {
	return fault.New(fault.Forbidden, "只有部门数据专员能看到这些发现。")
}

// DecideFinding records what who, an officer of the department, makes of a
// finding. A dismissal needs a reason. A decision can be changed by another:
// where the one before was carried to later versions and it is found true now,
// these ask again.
func (s *Service) DecideFinding(ctx context.Context, who account.Actor, id int64, state FindingState, reason string) error {
	if !officer(who) {
		return errNotOfficer()
	}
	if state != FindingConfirmed && state != FindingDismissed {
		return fault.At("state", "请选择“属实”或“可以公开”。")
	}
	reason, err := cleanText("reason", reason, maxText)
	if err != nil {
		return err
	}
	if state == FindingDismissed && reason == "" {
		return fault.At("reason", "请写明为什么可以公开，例如：这是单位对外公布的电话。")
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		args := pgx.NamedArgs{"id": id, "state": state, "reason": reason, "who": who.ID, "name": who.Name, "now": s.now(), "department": who.Department}
		tag, err := tx.Exec(ctx, `
			SELECT FROM findings f JOIN resources r ON r.id = f.resource_id JOIN datasets d ON d.id = r.dataset_id
			WHERE f.id = @id AND d.department_id = @department FOR UPDATE OF f`, args)
		if err != nil {
			return none, err
		}
		if tag.RowsAffected() == 0 {
			return none, errNoFinding()
		}
		if state == FindingConfirmed {
			if err := askAgain(ctx, tx, args); err != nil {
				return none, err
			}
		}
		if _, err := tx.Exec(ctx, `
			UPDATE findings SET state = @state, reason = @reason, decided_by = @who, decided_name = @name, decided_at = @now, carried_from = NULL
			WHERE id = @id`, args); err != nil {
			return none, fmt.Errorf("decide finding %d: %w", id, err)
		}
		return none, audit.Append(ctx, tx, who, "finding", strconv.FormatInt(id, 10), "decide", map[string]string{"state": string(state), "reason": reason})
	})
	return err
}

// askAgain opens the findings to which the decision about a finding was
// carried: they have who made it and when. They stand from now on.
func askAgain(ctx context.Context, tx pgx.Tx, args pgx.NamedArgs) error {
	_, err := tx.Exec(ctx, `
		UPDATE findings c SET at = @now, state = 'open', reason = '', decided_by = NULL, decided_name = '', decided_at = NULL, carried_from = NULL
		FROM findings f
		WHERE f.id = @id AND c.id <> f.id AND c.carried_from IS NOT NULL
		AND (c.resource_id, c.kind, c.position, c.column_name) = (f.resource_id, f.kind, f.position, f.column_name)
		AND (c.decided_by, c.decided_at) = (f.decided_by, f.decided_at)`, args)
	if err != nil {
		return fmt.Errorf("ask again: %w", err)
	}
	return nil
}

// toldOfPublic is SQL for an entry d of which everybody knows.
const toldOfPublic = `(d.status = 'published' AND d.open_type <> 'withheld')`

func selectFindings(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Finding, error) {
	found, err := q.Query(ctx, `
		SELECT f.id, f.resource_id, f.sha256, f.position, f.kind, f.severity, f.column_name, f.found, f.rows, f.masked, f.sentence, f.args, f.at,
		       f.state, f.reason, coalesce(f.decided_by, 0), f.decided_name, f.decided_at, coalesce((SELECT number FROM versions WHERE id = f.carried_from), 0),
		       r.name, d.slug, d.title, d.title_en,
		       coalesce((SELECT max(v.number) FROM versions v WHERE v.resource_id = f.resource_id AND v.sha256 = f.sha256), 0), `+toldOfPublic+`
		FROM findings f
		JOIN resources r ON r.id = f.resource_id
		JOIN datasets d ON d.id = r.dataset_id
		WHERE `+where+`
		ORDER BY f.state <> 'open', array_position(ARRAY['block', 'warn', 'info'], f.severity),
			NOT (`+toldOfPublic+` AND EXISTS (SELECT FROM versions v WHERE v.resource_id = f.resource_id AND v.sha256 = f.sha256)), f.id DESC
		LIMIT 500`, args)
	if err != nil {
		return nil, fmt.Errorf("select findings: %w", err)
	}
	return pgx.CollectRows(found, func(row pgx.CollectableRow) (f Finding, err error) {
		var args []byte
		if err := row.Scan(&f.ID, &f.ResourceID, &f.SHA256, &f.Position, &f.Kind, &f.Severity, &f.Column, &f.Rows, &f.First, &f.Masked, &f.Sentence, &args, &f.At,
			&f.State, &f.Reason, &f.DecidedBy, &f.Decider, &f.DecidedAt, &f.Carried, &f.Resource, &f.Dataset, &f.Title, &f.TitleEN, &f.Published, &f.Public); err != nil {
			return f, err
		}
		f.Args, err = sentenceArgs(args)
		return f, err
	})
}

// sentenceArgs reads the arguments of a sentence as they were kept: texts and
// whole numbers.
func sentenceArgs(text []byte) ([]any, error) {
	var args []any
	if err := json.Unmarshal(text, &args); err != nil {
		return nil, err
	}
	for i, a := range args {
		if n, ok := a.(float64); ok {
			args[i] = int64(n)
		}
	}
	return args, nil
}

// standing are the findings that stop a file from being published.
func standing(ctx context.Context, q database.Querier, resourceID, original string) ([]Finding, error) {
	return selectFindings(ctx, q, `f.resource_id = @resource AND f.sha256 = @sha256 AND f.severity = 'block' AND f.state <> 'dismissed'`,
		pgx.NamedArgs{"resource": resourceID, "sha256": original})
}

func wasScanned(ctx context.Context, q database.Querier, resourceID, original string) (done bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM scans WHERE resource_id = @resource AND sha256 = @sha256 AND detectors = @detectors)`,
		pgx.NamedArgs{"resource": resourceID, "sha256": original, "detectors": detectors}).Scan(&done)
	return done, err
}

// keepScan writes what was found in a file. What somebody has decided stays
// decided, unless there is more of it than they saw; what is found no more and
// was never decided goes.
func keepScan(ctx context.Context, tx pgx.Tx, resourceID, original string, all []Finding, now time.Time) error {
	args := pgx.NamedArgs{"resource": resourceID, "sha256": original, "detectors": detectors, "now": now}
	if _, err := tx.Exec(ctx, `
		INSERT INTO scans (resource_id, sha256, detectors, at) VALUES (@resource, @sha256, @detectors, @now)
		ON CONFLICT (resource_id, sha256) DO UPDATE SET detectors = excluded.detectors, at = excluded.at`, args); err != nil {
		return fmt.Errorf("insert scan: %w", err)
	}
	for i := range all {
		if err := keepFinding(ctx, tx, &all[i], now); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `DELETE FROM findings WHERE resource_id = @resource AND sha256 = @sha256 AND state = 'open' AND at < @now`, args)
	return err
}

// keepFinding writes f with the decision that it has, or that is carried to it.
// Whoever calls it holds the row of its scan.
func keepFinding(ctx context.Context, tx pgx.Tx, f *Finding, now time.Time) error {
	args := pgx.NamedArgs{"resource": f.ResourceID, "sha256": f.SHA256, "position": f.Position, "kind": f.Kind, "column": f.Column, "severity": f.Severity,
		"found": f.Rows, "of": f.of, "rows": append([]int64{}, f.First...), "masked": append([]string{}, f.Masked...), "sentence": f.Sentence, "args": append([]any{}, f.Args...), "now": now}
	from, err := carry(ctx, tx, f, args)
	if err != nil {
		return err
	}
	args["state"], args["reason"], args["by"], args["name"], args["decided"], args["from"] = f.State, f.Reason, nil, f.Decider, f.DecidedAt, from
	if from != nil {
		args["by"] = f.DecidedBy
	}
	if err := tx.QueryRow(ctx, `
		INSERT INTO findings AS old (resource_id, sha256, kind, position, column_name, severity, found, rows, masked, sentence, args, at,
			state, reason, decided_by, decided_name, decided_at, carried_from)
		VALUES (@resource, @sha256, @kind, @position, @column, @severity, @found, @rows, @masked, @sentence, @args, @now,
			@state, @reason, @by, @name, @decided, @from)
		ON CONFLICT (resource_id, sha256, kind, position, column_name) DO UPDATE SET
			severity = excluded.severity, found = excluded.found, rows = excluded.rows, masked = excluded.masked,
			sentence = excluded.sentence, args = excluded.args, at = excluded.at,
			state = CASE WHEN excluded.found > old.found THEN 'open' ELSE old.state END,
			reason = CASE WHEN excluded.found > old.found THEN '' ELSE old.reason END,
			decided_by = CASE WHEN excluded.found > old.found THEN NULL ELSE old.decided_by END,
			decided_name = CASE WHEN excluded.found > old.found THEN '' ELSE old.decided_name END,
			decided_at = CASE WHEN excluded.found > old.found THEN NULL ELSE old.decided_at END,
			carried_from = CASE WHEN excluded.found > old.found THEN NULL ELSE old.carried_from END
		RETURNING id`, args).Scan(&f.ID); err != nil {
		return fmt.Errorf("insert finding: %w", err)
	}
	if from == nil {
		return nil
	}
	return audit.Append(ctx, tx, account.System("finding-scan"), "finding", strconv.FormatInt(f.ID, 10), "carry",
		map[string]string{"from version": strconv.Itoa(f.Carried), "reason": f.Reason})
}

// carry gives f, which is found in its file for the first time, the decision
// about the version before, and returns the id of that version; nil where there
// is none to be carried. A decision is carried if it says that the same kind in
// the same column of the same table may be public, and if f is no worse: not
// graver, and in no larger share of the rows. Anything worse asks again, and so
// does what the version before had not, or what was found true in it.
func carry(ctx context.Context, tx pgx.Tx, f *Finding, args pgx.NamedArgs) (from *int64, err error) {
	f.State = FindingOpen
	err = tx.QueryRow(ctx, `
		WITH before AS (
			SELECT v.id, v.number, v.resource_id, v.sha256 FROM versions v
			WHERE v.resource_id = @resource AND v.sha256 <> @sha256
			AND v.number < ALL (SELECT n.number FROM versions n WHERE n.resource_id = @resource AND n.sha256 = @sha256)
			ORDER BY v.number DESC LIMIT 1)
		SELECT v.id, v.number, o.state, o.reason, o.decided_by, o.decided_name, o.decided_at
		FROM before v
		JOIN version_tables t ON t.version_id = v.id
		JOIN findings o ON (o.resource_id, o.sha256, o.position) = (v.resource_id, v.sha256, t.position)
		WHERE o.state = 'dismissed' AND o.kind = @kind AND o.position = @position AND o.column_name = @column
		AND array_position(ARRAY['info', 'warn', 'block'], @severity::text) <= array_position(ARRAY['info', 'warn', 'block'], o.severity)
		AND @found::numeric * t.rows <= o.found::numeric * @of::bigint
		AND NOT EXISTS (SELECT FROM findings f WHERE f.resource_id = @resource AND f.sha256 = @sha256 AND f.kind = @kind AND f.position = @position AND f.column_name = @column)`,
		args).Scan(&from, &f.Carried, &f.State, &f.Reason, &f.DecidedBy, &f.Decider, &f.DecidedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return from, err
}

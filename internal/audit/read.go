package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Reader reads the trail for the audit administrator, and for nobody else.
type Reader struct{ pool *pgxpool.Pool }

// NewReader returns the reader of the trail in pool.
func NewReader(pool *pgxpool.Pool) *Reader { return &Reader{pool: pool} }

// Record is one entry as the audit administrator reads it. Of the personal part it
// holds the name and the details, never the session or the key.
type Record struct {
	ID         int64
	At         time.Time
	Actor      int64
	Roles      []string
	Department int64
	Subject    string
	SubjectID  string
	Act        string
	Seq        *int64 // nil: not sealed yet
	Hash       []byte
	Commitment []byte // to the personal part
	Erased     bool   // the personal part is gone
	Name       string
	Details    map[string]string
}

// Filter narrows what is read. The zero value is the whole trail.
type Filter struct {
	Actor     string // number, identifier, or a part of the name of whoever acted
	Subject   string
	SubjectID string
	Act       string
	From      time.Time // the first moment
	To        time.Time // the first moment that is too late
}

// said is the filter as the trail keeps it of who has read.
func (f Filter) said() map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{"actor": f.Actor, "subject": f.Subject, "subject_id": f.SubjectID, "act": f.Act} {
		if value != "" {
			out[name] = value
		}
	}
	for name, t := range map[string]time.Time{"from": f.From, "to": f.To} {
		if !t.IsZero() {
			out[name] = t.UTC().Format(time.RFC3339)
		}
	}
	return out
}

// Trail is the subject of what is done to the trail itself.
const Trail = "audit-trail"

// Read is up to limit entries older than before (0: from the newest on), the
// newest first. Only the audit administrator reads, and that is recorded.
func (r *Reader) Read(ctx context.Context, who account.Actor, f Filter, before int64, limit int) ([]Record, error) {
	if err := keeps(who); err != nil {
		return nil, err
	}
	return database.InTx(ctx, r.pool, func(tx pgx.Tx) ([]Record, error) {
		found, err := records(ctx, tx, f, `AND (@before = 0 OR e.id < @before) ORDER BY e.id DESC`, pgx.NamedArgs{"before": before, "limit": limit})
		if err != nil {
			return nil, err
		}
		return found, Append(ctx, tx, who, Trail, "", "read", f.said())
	})
}

// One is one entry with its details. It returns fault.NotFound where there is
// none.
func (r *Reader) One(ctx context.Context, who account.Actor, id int64) (Record, error) {
	if err := keeps(who); err != nil {
		return Record{}, err
	}
	return database.InTx(ctx, r.pool, func(tx pgx.Tx) (Record, error) {
		found, err := records(ctx, tx, Filter{}, `AND e.id = @id`, pgx.NamedArgs{"id": id, "limit": 1})
		if err == nil && len(found) == 0 {
			err = fault.New(fault.NotFound, "没有这条审计记录。")
		}
		if err != nil {
			return Record{}, err
		}
		return found[0], Append(ctx, tx, who, Trail, strconv.FormatInt(id, 10), "read-entry", nil)
	})
}

// exportBatch is how many entries of an export are held at once.
const exportBatch = 500

// Export gives take every entry there was when it began, the oldest first, and
// holds few of them at a time. That it was exported is recorded before the first.
func (r *Reader) Export(ctx context.Context, who account.Actor, f Filter, form string, take func(Record) error) error {
	if err := keeps(who); err != nil {
		return err
	}
	last, err := database.InTx(ctx, r.pool, func(tx pgx.Tx) (int64, error) {
		var last int64
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM audit_entries`).Scan(&last); err != nil {
			return 0, fmt.Errorf("export of the trail: %w", err)
		}
		details := f.said()
		details["format"] = form
		return last, Append(ctx, tx, who, Trail, "", "export", details)
	})
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		found, err := records(ctx, r.pool, f, `AND e.id > @after AND e.id <= @last ORDER BY e.id`, pgx.NamedArgs{"after": after, "last": last, "limit": exportBatch})
		if err != nil {
			return err
		}
		for _, entry := range found {
			if err := take(entry); err != nil {
				return err
			}
			after = entry.ID
		}
		if len(found) < exportBatch {
			return nil
		}
	}
}

// checkAsked records that the chain is to be verified.
func checkAsked(ctx context.Context, tx pgx.Tx, who account.Actor, check int64) error {
	return Append(ctx, tx, who, Trail, strconv.FormatInt(check, 10), "verify-asked", nil)
}

// checkFinished records what came of it.
func checkFinished(ctx context.Context, tx pgx.Tx, check, links, faults int64) error {
	return Append(ctx, tx, account.System("audit check"), Trail, strconv.FormatInt(check, 10), "verify",
		map[string]string{"sealed": strconv.FormatInt(links, 10), "problems": strconv.FormatInt(faults, 10)})
}

// State is how far the trail is sealed, without recomputing it.
type State struct {
	Head    Head
	Sealed  time.Time // when the last sealed entry was written
	Pending int
	Oldest  time.Time // of those that wait to be sealed; zero where none does
}

// Stand is the state of the seal.
func (r *Reader) Stand(ctx context.Context) (State, error) {
	var s State
	err := r.pool.QueryRow(ctx, `SELECT seq, hash, at FROM audit_entries WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1`).Scan(&s.Head.Seq, &s.Head.Hash, &s.Sealed)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return s, fmt.Errorf("state of the seal: %w", err)
	}
	var oldest *time.Time
	if err := r.pool.QueryRow(ctx, `SELECT count(*), min(at) FROM audit_entries WHERE seq IS NULL`).Scan(&s.Pending, &oldest); err != nil {
		return s, fmt.Errorf("state of the seal: %w", err)
	}
	if oldest != nil {
		s.Oldest = *oldest
	}
	return s, nil
}

func records(ctx context.Context, q database.Querier, f Filter, rest string, args pgx.NamedArgs) ([]Record, error) {
	for name, value := range map[string]string{"actor": f.Actor, "subject": f.Subject, "subject_id": f.SubjectID, "act": f.Act} {
		args[name] = value
	}
	args["from"], args["to"] = orNull(f.From), orNull(f.To)
	rows, err := q.Query(ctx, `
		SELECT e.id, e.at, e.actor, e.roles, e.department, e.subject, e.subject_id, e.act, e.seq, e.hash, e.commitment, p.content
		FROM audit_entries e LEFT JOIN audit_personal p ON p.entry_id = e.id
		WHERE (@subject = '' OR e.subject = @subject)
		AND (@subject_id = '' OR e.subject_id = @subject_id)
		AND (@act = '' OR e.act = @act)
		AND (@from::timestamptz IS NULL OR e.at >= @from)
		AND (@to::timestamptz IS NULL OR e.at < @to)
		AND (@actor = '' OR e.actor::text = @actor
			OR e.actor IN (SELECT id FROM users WHERE identifier = lower(@actor) OR strpos(name, @actor) > 0))
		`+rest+` LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("audit trail: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Record, error) {
		var r Record
		var content *string
		if err := row.Scan(&r.ID, &r.At, &r.Actor, &r.Roles, &r.Department, &r.Subject, &r.SubjectID, &r.Act, &r.Seq, &r.Hash, &r.Commitment, &content); err != nil {
			return r, err
		}
		if r.Erased = content == nil; r.Erased {
			return r, nil
		}
		var personal struct {
			Name    string            `json:"name"`
			Details map[string]string `json:"details"`
		}
		if err := json.Unmarshal([]byte(*content), &personal); err != nil {
			return r, fmt.Errorf("entry %d: %w", r.ID, err)
		}
		r.Name, r.Details = personal.Name, personal.Details
		return r, nil
	})
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// keeps allows only the audit administrator, by a session.
func keeps(who account.Actor) error {
	if !who.Is(account.AuditAdministrator) || who.Key != "" {
		return fault.New(fault.Forbidden, "只有审计管理员可以看审计记录。")
	}
	return nil
}

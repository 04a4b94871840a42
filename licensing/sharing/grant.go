package sharing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/workdays"
)

// Grant is what one department may use of an entry of another.
type Grant struct {
	ID         int64
	Request    int64
	Kind       Kind
	Dataset    int64
	Department int64
	Columns    []string // empty: all
	Purpose    string
	Scope      string
	Method     string
	Guidance   string
	From       time.Time
	LastDay    time.Time
	Ends       time.Time // the first moment at which it is over
	EndedAt    *time.Time
	EndedBy    string
	Why        string
	HaltedAt   *time.Time // by a breach case
	HaltedWhy  string
}

// Runs reports whether the grant holds at now. That its entry is still there and
// still shared, Allows asks besides.
func (g *Grant) Runs(now time.Time) bool {
	return g.EndedAt == nil && g.HaltedAt == nil && !now.Before(g.From) && now.Before(g.Ends)
}

// Scope is what a grant lets a department have of an entry, at one moment.
type Scope struct {
	Grant   int64
	Request int64
	Columns []string // none: all
	Purpose string
	Ends    time.Time
}

// Allow is what Allows asks of the database: the grants of a department about an
// entry that hold now. An entry that was withdrawn, or that is not shared any
// more, gives nothing, whatever was granted; what was taken without a request only
// while it is shared without condition.
const allow = `
	SELECT g.id, g.request_id, g.columns, g.purpose, g.ends_at
	FROM share_grants g JOIN datasets d ON d.id = g.dataset_id
	WHERE g.department_id = $1 AND g.dataset_id = $2 AND g.ended_at IS NULL AND g.halted_at IS NULL AND g.began_at <= $3 AND g.ends_at > $3
	  AND d.status = 'published' AND d.share_type <> 'withheld' AND (g.kind <> 'direct' OR d.share_type = 'unconditional')
	ORDER BY g.columns = '{}' DESC, g.ends_at DESC, g.id LIMIT 20`

// Standing tells what who may have of an entry (datasets.id) at now on the ground
// of grants of sharing; none: nothing. It is for officers and heads of the
// department that holds the grant, with a session: a key may have left the
// department, which must not hand on what it was given (TJ-18). A grant of all
// columns comes first.
func Standing(ctx context.Context, q database.Querier, who account.Actor, dataset int64, now time.Time) ([]Scope, error) {
	if who.Key != "" || who.Department == 0 || !who.Any(body...) {
		return nil, nil
	}
	rows, err := q.Query(ctx, allow, who.Department, dataset, now)
	if err != nil {
		return nil, fmt.Errorf("grants of sharing: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Scope])
}

// Allows is Standing as the service sees it.
func (s *Service) Allows(ctx context.Context, who account.Actor, dataset int64, now time.Time) ([]Scope, error) {
	return Standing(ctx, s.pool, who, dataset, now)
}

// Permit is what the scopes of one department together let it be given: the whole
// where one of them covers it, else the columns of the first. ok is false where
// there are none.
func Permit(scopes []Scope) (p datasets.Permit, ok bool) {
	if len(scopes) == 0 {
		return p, false
	}
	s := scopes[0]
	return datasets.Permit{Share: s.Grant, Number: "GX-" + strconv.FormatInt(s.Request, 10), Terms: "GX-" + strconv.FormatInt(s.Request, 10), Purpose: s.Purpose, Until: s.Ends, Limited: len(s.Columns) > 0, Columns: s.Columns}, true
}

// Covering is the first of the scopes that lets these columns go (nil: all of
// them); nil where none does.
func Covering(scopes []Scope, columns []string) *Scope {
	for i, s := range scopes {
		if len(s.Columns) == 0 || len(columns) > 0 && !slices.ContainsFunc(columns, func(c string) bool { return !slices.Contains(s.Columns, c) }) {
			return &scopes[i]
		}
	}
	return nil
}

const grantColumns = `g.id, g.request_id, g.kind, g.dataset_id, g.department_id, g.columns, g.purpose, g.scope, g.method, g.guidance, g.began_at, g.last_day::timestamptz, g.ends_at, g.ended_at, g.ended_name, g.ended_reason, g.halted_at, g.halted_reason`

func grantOf(ctx context.Context, q database.Querier, request int64) (*Grant, error) {
	rows, err := q.Query(ctx, `SELECT `+grantColumns+` FROM share_grants g WHERE g.request_id = $1`, request)
	if err != nil {
		return nil, err
	}
	g, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Grant])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	g.LastDay = g.Ends.Add(-time.Microsecond).In(workdays.Zone)
	return &g, err
}

// give makes the grant of a request that was supplied.
func give(ctx context.Context, tx pgx.Tx, r *Request, at time.Time) error {
	last, err := time.ParseInLocation(time.DateOnly, r.Given.Until, workdays.Zone)
	if err != nil {
		return fmt.Errorf("grant of request %d until %q: %w", r.ID, r.Given.Until, err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO share_grants (request_id, kind, dataset_id, department_id, columns, purpose, scope, method, guidance, began_at, last_day, ends_at)
		VALUES (@request, @kind, @dataset, @department, @columns, @purpose, @scope, @method, @guidance, @at, @last, @ends)`,
		pgx.NamedArgs{"request": r.ID, "kind": r.Kind, "dataset": r.Entry.ID, "department": r.Asker.ID, "columns": texts(r.Given.Columns), "purpose": r.Asked.Purpose,
			"scope": r.Given.Scope, "method": r.Given.Method, "guidance": r.Given.Guidance, "at": at, "last": r.Given.Until, "ends": workdays.EndOfDay(last)})
	return err
}

// take ends the grant of r.
func take(ctx context.Context, tx pgx.Tx, r *Request, who account.Actor, at time.Time, why string) error {
	_, err := tx.Exec(ctx, `UPDATE share_grants SET ended_at = @at, ended_name = @name, ended_reason = @why WHERE request_id = @id AND ended_at IS NULL`,
		pgx.NamedArgs{"id": r.ID, "at": at, "name": who.Name, "why": why})
	return err
}

// expire ends one grant whose term is over.
func (s *Service) expire(ctx context.Context, request int64) error {
	return s.byItself(ctx, request, func(r *Request) (Action, time.Time) {
		if g := r.Grant; g == nil || g.EndedAt != nil || s.now().Before(g.Ends) {
			return "", time.Time{}
		}
		return Expire, r.Grant.Ends
	})
}

// Tend does what time alone brings: requests whose time to be accepted has passed
// are accepted, and grants whose term is over end. What people see and what the
// gate lets through does not wait for it.
func (s *Service) Tend(ctx context.Context) error {
	ids, err := s.ids(ctx, `SELECT request_id FROM share_grants WHERE ended_at IS NULL AND ends_at <= $1 ORDER BY ends_at LIMIT 500`, s.now())
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range ids {
		failed = append(failed, s.expire(ctx, id))
	}
	// nothing is accepted by itself on the day it came
	ids, err = s.ids(ctx, `SELECT c.request_id FROM share_clocks c JOIN share_requests r ON r.id = c.request_id
		WHERE c.of = 'acceptance' AND c.stopped_at IS NULL AND r.state = 'received' AND r.kind = 'share' AND c.began_at < $1 ORDER BY c.began_at LIMIT 2000`, s.now().Add(-24*time.Hour))
	if err != nil {
		return errors.Join(append(failed, err)...)
	}
	for _, id := range ids {
		failed = append(failed, s.byItself(ctx, id, func(r *Request) (Action, time.Time) {
			if at, ripe := s.ripe(r); ripe {
				return Accept, at
			}
			return "", time.Time{}
		}))
	}
	return errors.Join(failed...)
}

func (s *Service) ids(ctx context.Context, query string, args ...any) ([]int64, error) {
	rows, err := s.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("what is due of sharing: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func id(r *Request) string { return strconv.FormatInt(r.ID, 10) }

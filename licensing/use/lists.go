package use

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
)

// The parts of a list at the desk.
const (
	Waits = ""     // for anybody
	Late  = "late" // of these, what is past its day
	All   = "all"
)

// Filter is which part of a list is asked for.
type Filter struct {
	Part   string
	Before int64 // id to go on from; 0: the first page
	Limit  int
}

// scope is what of grants who sees at the desk, as SQL.
func (s *Service) scope(ctx context.Context, who account.Actor) (string, pgx.NamedArgs, error) {
	switch {
	case who.Key != "":
	case who.Any(account.Officer, account.Head) && who.Department != 0:
		return `p.id = @department`, pgx.NamedArgs{"department": who.Department}, nil
	case who.Is(account.Authority) && who.Department != 0:
		profile, err := profileOf(ctx, s.pool, who.Department)
		return `p.profile = @profile AND p.profile <> ''`, pgx.NamedArgs{"profile": profile}, err
	case who.Is(account.Regulator):
		return `true`, pgx.NamedArgs{}, nil
	}
	return "", nil, fault.New(fault.Forbidden, "只有部门、主管部门和监管机构能看这一页。")
}

// part reads one part of a list, the newest first.
func part[T any](ctx context.Context, s *Service, who account.Actor, f Filter, table, waits string, read func(where, order string, args pgx.NamedArgs) ([]T, error), late func(*T) bool, id func(*T) int64) ([]T, error) {
	where, args, err := s.scope(ctx, who)
	if err != nil {
		return nil, err
	}
	args["before"], args["limit"] = f.Before, f.Limit
	where += ` AND (@before = 0 OR ` + table + `.id < @before)`
	if f.Part != All {
		where += ` AND ` + waits
	}
	order := `ORDER BY ` + table + `.id DESC LIMIT @limit`
	if f.Part != Late {
		return read(where, order, args)
	}
	var out []T
	for args["limit"] = s.batch; len(out) < f.Limit; { // which day is the last the rows do not say
		found, err := read(where, order, args)
		if err != nil {
			return nil, err
		}
		for i := range found {
			if late(&found[i]) && len(out) < f.Limit {
				out = append(out, found[i])
			}
		}
		if len(found) < s.batch {
			break
		}
		args["before"] = id(&found[len(found)-1])
	}
	return out, nil
}

// Reports are the reports of use that who sees at the desk.
func (s *Service) Reports(ctx context.Context, who account.Actor, f Filter) ([]Report, error) {
	return part(ctx, s, who, f, "r", `r.state IN ('open', 'filed', 'returned')`, func(where, order string, args pgx.NamedArgs) ([]Report, error) {
		return s.reports(ctx, s.pool, where, order, args)
	}, func(r *Report) bool { return r.Late(s.now()) }, func(r *Report) int64 { return r.ID })
}

// Destructions are those that who sees at the desk.
func (s *Service) Destructions(ctx context.Context, who account.Actor, f Filter) ([]Destruction, error) {
	return part(ctx, s, who, f, "x", `x.state IN ('owed', 'filed', 'wanting', 'claimed')`, func(where, order string, args pgx.NamedArgs) ([]Destruction, error) {
		return s.destructions(ctx, s.pool, where, order, args)
	}, func(d *Destruction) bool { return d.Late(s.now()) }, func(d *Destruction) int64 { return d.ID })
}

// Audits are those that who sees at the desk.
func (s *Service) Audits(ctx context.Context, who account.Actor, f Filter) ([]Audit, error) {
	return part(ctx, s, who, f, "u", `u.state IN ('asked', 'answered', 'wanting')`, func(where, order string, args pgx.NamedArgs) ([]Audit, error) {
		return s.audits(ctx, s.pool, where, order, args)
	}, func(a *Audit) bool { return a.Late(s.now()) }, func(a *Audit) int64 { return a.ID })
}

// Under is everything that follows some grants.
type Under struct {
	Reports      []Report
	Destructions []Destruction
	Audits       []Audit
}

// Under is what follows the grants with these ids, which who was given: see
// licensing.Service.GrantsOf.
func (s *Service) Under(ctx context.Context, grants ...int64) (u Under, err error) {
	args := func() pgx.NamedArgs { return pgx.NamedArgs{"grants": grants} }
	if len(grants) == 0 {
		return u, nil
	}
	if u.Reports, err = s.reports(ctx, s.pool, `g.id = ANY (@grants)`, `ORDER BY g.id, r.number`, args()); err != nil {
		return u, err
	}
	if u.Destructions, err = s.destructions(ctx, s.pool, `g.id = ANY (@grants)`, `ORDER BY g.id`, args()); err != nil {
		return u, err
	}
	u.Audits, err = s.audits(ctx, s.pool, `g.id = ANY (@grants)`, `ORDER BY g.id, u.id`, args())
	return u, err
}

// Due is something that a holder owes.
type Due struct {
	Grant  string // number
	About  About
	Number int    // of the period of a report
	Path   string // for the holder
	Desk   string
	Clock  *deadline.Clock
}

// Owed are the things that a holder owes, of all that follows.
func (u Under) Owed() (out []Due) {
	for i := range u.Reports {
		if r := &u.Reports[i]; r.Waits() {
			out = append(out, Due{r.Grant.Number, AboutReport, r.Number, r.Path(), r.Desk(), r.Clock})
		}
	}
	for i := range u.Destructions {
		if d := &u.Destructions[i]; d.Waits() {
			out = append(out, Due{d.Grant.Number, AboutDestruction, 0, d.Path(), d.Desk(), d.Clock})
		}
	}
	for i := range u.Audits {
		if a := &u.Audits[i]; a.Waits() {
			out = append(out, Due{a.Grant.Number, AboutAudit, 0, a.Path(), a.Desk(), a.Clock})
		}
	}
	return out
}

// Results are what holders let everybody know of what came of the data of an entry
// that a viewer was given, the newest first.
func (s *Service) Results(ctx context.Context, d *datasets.Dataset, limit int) ([]Shown, error) {
	return selectShown(ctx, s.pool, d.ID, limit)
}

// InTime counts, of what holders handed to a department, reports and certificates,
// that came to its day, what it read by then. What waits within its time is not
// counted.
func (s *Service) InTime(ctx context.Context, department string) (datasets.Share, error) {
	var out datasets.Share
	rows, err := readings(ctx, s.pool, department)
	if err != nil {
		return out, fmt.Errorf("in time: %w", err)
	}
	var of, profile string
	var at time.Time
	var done *time.Time
	_, err = pgx.ForEachRow(rows, []any{&of, &profile, &at, &done}, func() error {
		term := readingTerm
		if of == ofDestruction {
			term = checkTerm
		}
		clock, err := s.clocks.Start(profile, term, at)
		switch {
		case err != nil || clock.Preliminary() || done == nil && !clock.Late(s.now()):
		case done == nil || clock.Late(*done):
			out.All++
		default:
			out.Yes++
			out.All++
		}
		return nil
	})
	return out, err
}

// OpenClocks are the clocks of what waits for somebody.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	rows, err := s.pool.Query(ctx, openClocks)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (calendars.Open, error) {
		var o calendars.Open
		err := row.Scan(&o.Kind, &o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From, &o.Ref.Given)
		return o, err
	})
}

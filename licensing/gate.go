package licensing

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/sharing"
)

// Gate is the one answer to "may these bytes go to this person?". It fills
// datasets.Gate. The zero value knows of no grants.
type Gate struct {
	pool  *pgxpool.Pool
	parts Parts
}

// NewGate returns the gate that knows the grants in pool.
func NewGate(pool *pgxpool.Pool, parts Parts) Gate { return Gate{pool, parts} }

// MayServe lets everybody have what is open without condition (AS-27.2,
// TJ-20, AB-31; no sign-in), and what is open on conditions to whoever holds a
// grant that stands now and covers these columns (nil: the whole). A withheld
// version is never served, and an unknown open type is refused too. What is
// under opening review goes to its reviewers, however it will be open, and to
// nobody else (AS-28, AS-30).
func (g Gate) MayServe(ctx context.Context, subject account.Actor, v *datasets.Version, columns []string, now time.Time) error {
	p, err := g.Permit(ctx, subject, v, now)
	if err != nil {
		return err
	}
	return p.Covers(columns)
}

// Permit is what subject may be given of v at now, and on what ground: the state
// of the grant is joined with the people, the organisation, the key and the entry
// at the moment it is asked, so that each of them ends it at once.
func (g Gate) Permit(ctx context.Context, subject account.Actor, v *datasets.Version, now time.Time) (datasets.Permit, error) {
	if v.Under != nil {
		if v.Under.Include(subject) {
			return datasets.Permit{}, nil
		}
		return datasets.Permit{}, fault.New(fault.NotFound, "没有这份数据。")
	}
	switch v.Open {
	case datasets.Unconditional:
		return datasets.Permit{}, nil
	case datasets.Conditional:
		p, refused := g.granted(ctx, subject, v, now)
		if refused == nil {
			return p, nil
		}
		return g.shared(ctx, subject, v, now, refused)
	case datasets.Withheld:
		return g.shared(ctx, subject, v, now, fault.New(fault.NotFound, "没有这份数据。"))
	}
	return datasets.Permit{}, fault.New(fault.NotFound, "没有这份数据。")
}

// shared is what the department of subject holds of an entry by a grant of
// sharing, however the entry is open to the public; else the refusal.
func (g Gate) shared(ctx context.Context, subject account.Actor, v *datasets.Version, now time.Time, refused error) (datasets.Permit, error) {
	if g.pool == nil || subject.Department == 0 {
		return datasets.Permit{}, refused
	}
	scopes, err := sharing.Standing(ctx, g.pool, subject, v.DatasetID, now)
	if err != nil {
		return datasets.Permit{}, err
	}
	if p, ok := sharing.Permit(scopes); ok {
		return p, nil
	}
	return datasets.Permit{}, refused
}

// Mount is what the workspace of a scenario may mount of a file of v at now: the
// grant for that file, while every link above it stands.
func (g Gate) Mount(ctx context.Context, of int64, v *datasets.Version, resource string, now time.Time) (scenario.Granted, error) {
	if g.pool == nil || v.Under != nil {
		return scenario.Granted{}, errNeedsGrant()
	}
	found, err := scenario.Standing(ctx, g.pool, of, now)
	if err != nil {
		return scenario.Granted{}, err
	}
	if i := slices.IndexFunc(found, func(f scenario.Granted) bool { return f.Dataset == v.DatasetID && f.Resource == resource }); i >= 0 {
		return found[i], nil
	}
	return scenario.Granted{}, errNeedsGrant()
}

func errNeedsGrant() error {
	return fault.New(fault.Forbidden, "这份数据有条件开放，须先申请并获得授权；目录信息照常公开。")
}

// granted finds the grant under which subject may have what is in v.
func (g Gate) granted(ctx context.Context, subject account.Actor, v *datasets.Version, now time.Time) (datasets.Permit, error) {
	if g.pool == nil || subject.ID <= 0 || subject.Key != "" && subject.Grant == 0 {
		return datasets.Permit{}, errNeedsGrant()
	}
	found, err := selectStanding(ctx, g.pool, subject, v, now)
	if err != nil {
		return datasets.Permit{}, err
	}
	if len(found) == 0 {
		return datasets.Permit{}, errNeedsGrant()
	}
	if i := slices.IndexFunc(found, func(p datasets.Permit) bool { return !p.Limited }); i >= 0 {
		return found[i], nil
	}
	return found[0], nil
}

// holds reports whether columns are all that v's tables have. Of a version
// whose columns are not known they never are.
func holds(columns []string, v *datasets.Version) bool {
	for _, t := range v.Tables {
		if len(t.Fields) == 0 {
			return false
		}
		for _, f := range t.Fields {
			if !slices.Contains(columns, f.Name) {
				return false
			}
		}
	}
	return len(v.Tables) > 0
}

// Take takes one delivery from the day's quota of a grant that still stands:
// the database counts, so that no two take the same one. A part of a file that
// was counted a while ago goes on with it and is not counted again.
func (g Gate) Take(ctx context.Context, tx pgx.Tx, p datasets.Permit, t datasets.Taking, now time.Time) (bool, error) {
	if p.Grant == 0 {
		return true, nil
	}
	if t.Beside {
		return false, g.stands(ctx, tx, p, now)
	}
	if t.Channel == datasets.ByFile && t.Content != "" {
		counts, err := fetching(ctx, tx, p.Grant, t, g.parts, now)
		if err != nil {
			return false, err
		}
		if !counts {
			return false, g.stands(ctx, tx, p, now)
		}
	}
	column, quota := "files", "files_day"
	if t.Channel == datasets.ByRows || t.Channel == datasets.ByPage {
		column, quota = "questions", "rows_day"
	}
	taken, stands, err := takeOne(ctx, tx, p.Grant, column, quota, now)
	if err != nil || taken {
		return taken, err
	}
	if !stands {
		return false, errNeedsGrant()
	}
	f := fault.New(fault.TooMany, "今天在这份授权下取数的次数用完了，明天零点（北京时间）起又可以取。")
	f.Retry = workdays.EndOfDay(now).Sub(now)
	return false, f
}

// stands returns a fault unless the grant of p still does.
func (g Gate) stands(ctx context.Context, tx pgx.Tx, p datasets.Permit, now time.Time) error {
	stands, err := grantStands(ctx, tx, p.Grant, now)
	if err == nil && !stands {
		err = errNeedsGrant()
	}
	return err
}

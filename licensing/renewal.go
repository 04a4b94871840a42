package licensing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// BeginFrom makes a draft that is written already as a grant of who's stands: its
// renewal, a change of its scope or purpose, or, where it has ended, the same
// once more. It is decided as every application is, by the conditions of its day;
// until then the grant stays as it is. It returns fault.Conflict where that is
// not possible now, with the reason, and the draft that is there where who began
// it before.
func (s *Service) BeginFrom(ctx context.Context, who account.Actor, number string, kind Kind) (*Application, error) {
	g, side, err := s.Grant(ctx, who, number)
	switch {
	case err != nil:
		return nil, err
	case side != OfApplicant:
		return nil, fault.New(fault.Forbidden, "这一步不由您办。")
	}
	if err := s.mayFollow(g, kind); err != nil {
		return nil, err
	}
	before, _, err := s.One(ctx, who, g.Application)
	if err != nil {
		return nil, err
	}
	d, err := s.applied(ctx, who, g.Dataset.Slug)
	if err != nil {
		return nil, err
	}
	as, err := s.as(ctx, who, g.Organisation)
	if err != nil {
		return nil, err
	}
	a := again(before, g, d)
	a.Kind, a.User, a.Applicant, a.Name, a.Code = kind, g.User, as.Kind, as.Name, as.Code
	a.CreatedAt, a.SavedAt = s.instant(), s.instant()
	if kind != First {
		a.Earlier = &Earlier{g.ID, g.Number, g.Until, g.State}
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := s.begin(ctx, tx, who, a); err != nil {
			return none, err
		}
		if err := saveItems(ctx, tx, a); err != nil {
			return none, err
		}
		return none, save(ctx, tx, a)
	})
	if !once(err) {
		return a, err
	}
	found, err := s.list(ctx, s.pool, `a.dataset_id = @dataset AND coalesce(a.organisation_id, -a.user_id) = @of AND a.state IN ('draft', 'submitted', 'returned', 'accepted', 'awarding', 'offered')`, `LIMIT 1`,
		pgx.NamedArgs{"dataset": d.ID, "of": ofApplicant(g.Organisation, g.User)})
	switch {
	case err != nil || len(found) == 0:
		return nil, errors.Join(err, errNone())
	case found[0].Kind != kind || kind != First && found[0].Earlier.ID != g.ID:
		return nil, fault.New(fault.Conflict, "这份数据已有一件申请在办（%s），请先办完或撤回。", found[0].Number)
	}
	found[0].there = true
	return &found[0], nil
}

// RenewableFrom is the first day on which a renewal of g can be applied for
// (平台规则 grant_renewal).
func (s *Service) RenewableFrom(g *Held) time.Time {
	return g.LastDay().AddDate(0, 0, -s.limits.Renewal)
}

// MayFollow reports whether an application of a kind can be made from g now.
func (s *Service) MayFollow(g *Held, kind Kind) bool { return s.mayFollow(g, kind) == nil }

func (s *Service) mayFollow(g *Held, kind Kind) error {
	now := s.now()
	over := g.State != Suspended && (g.State != Active || !now.Before(g.Until))
	switch {
	case kind != First && kind != Renewal && kind != Change:
		return fault.New(fault.Malformed, "请求的格式不对。")
	case g.State == Suspended:
		return fault.New(fault.Conflict, "授权正暂停，恢复以后才能申请续期或变更。")
	case kind == First && !over:
		return fault.New(fault.Conflict, "授权还在用，请申请续期或变更。")
	case kind == First:
		return nil
	case over:
		return fault.New(fault.Conflict, "授权已经结束，不能续期或变更，可以重新申请。")
	case g.Later != "":
		return fault.New(fault.Conflict, "这份授权已经续期（%s）。", g.Later)
	case now.Before(g.From):
		return fault.New(fault.Conflict, "这份授权还没有开始，开始以后才能申请续期或变更。")
	case kind == Renewal && now.Before(workdays.EndOfDay(s.RenewableFrom(g)).AddDate(0, 0, -1)):
		return fault.New(fault.Conflict, "还早：到期前 %d 天起才能申请续期（平台规则）。", s.limits.Renewal)
	}
	return nil
}

// again is a draft as the grant of before stands, of what d still has.
func again(before *Application, g *Held, d *datasets.Dataset) *Application {
	a := &Application{
		Dataset: *d, Organisation: g.Organisation, State: Draft,
		Lane: before.Lane, Area: before.Area, Purpose: before.Purpose, Outputs: before.Outputs, Months: before.Months, Storage: before.Storage,
	}
	for _, held := range g.Items {
		i := slices.IndexFunc(d.Resources, func(r datasets.Resource) bool { return r.ID == held.Resource })
		if i < 0 || d.Resources[i].Newest == nil {
			continue
		}
		there := columnsOf(d.Resources[i].Newest)
		item := Item{Resource: held.Resource, Name: held.Name, NameEN: held.NameEN, Version: d.Resources[i].Newest.Number, Where: held.Where}
		if k := slices.IndexFunc(before.Items, func(x Item) bool { return x.Resource == held.Resource }); k >= 0 {
			item.Why = before.Items[k].Why
		}
		if held.Columns != nil {
			item.Columns = slices.DeleteFunc(slices.Clone(held.Columns), func(c string) bool { return !slices.Contains(there, c) })
		}
		if (held.Columns == nil) == (len(there) == 0) { // else it became a table, or is none any more
			a.Items = append(a.Items, item)
		}
	}
	return a
}

// term is from when until when the grant of a counts. A renewal begins when the
// grant before it ends, so that no day is lost by applying early; a change takes
// its place at once and ends as it would have ended. A renewal of one that has run
// out meanwhile begins at once; of what was revoked there is none, and of what has
// ended no change; while it is suspended neither is given.
func (s *Service) term(ctx context.Context, tx pgx.Tx, a *Application, now time.Time) (from, until time.Time, err error) {
	from, until = now, workdays.EndOfDay(deadline.Months(now, a.Months))
	if a.Earlier == nil {
		return from, until, nil
	}
	earlier, err := s.earlier(ctx, tx, a)
	switch {
	case err != nil:
		return from, until, err
	case earlier.State == Suspended:
		return from, until, fault.New(fault.Conflict, "原授权 %s 正暂停，恢复以后才能决定续期或变更。", earlier.Number)
	case a.Kind == Change && !earlier.Stands(now):
		return from, until, fault.New(fault.Conflict, "原授权 %s 已经结束，不能再变更；请不同意，由申请人重新申请。", earlier.Number)
	case earlier.State == Revoked:
		return from, until, fault.New(fault.Conflict, "原授权 %s 已经撤销，不能续期；请不同意，由申请人重新申请。", earlier.Number)
	case !earlier.Stands(now):
		return from, until, nil
	case a.Kind == Renewal:
		return earlier.Until, workdays.EndOfDay(deadline.Months(earlier.LastDay(), a.Months)), nil
	}
	return now, earlier.Until, nil
}

// earlier locks the grant that a renews or changes.
func (s *Service) earlier(ctx context.Context, tx pgx.Tx, a *Application) (*Held, error) {
	found, err := s.grants(ctx, tx, `g.id = @id`, `FOR UPDATE OF g`, pgx.NamedArgs{"id": a.Earlier.ID})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoGrant()
	}
	return &found[0], nil
}

// hold stops the clock of the decision at t while the grant that a renews or changes
// is suspended: nobody may agree to it meanwhile.
func (s *Service) hold(a *Application, t time.Time) {
	if s.limits.Holds && a.Waits() && (a.State == Submitted || a.State == Accepted) && a.decision.Path != "" && a.StoppedAt == nil {
		a.StoppedAt = &t
	}
}

// release lets a clock that stands still for a suspended grant count up to now, of
// what is turned down all the same.
func (s *Service) release(a *Application) error {
	if !a.Waits() || a.State == Awarding {
		return nil
	}
	return s.goOn(a, s.instant())
}

// holdFollowers stops the clocks of what is applied for from g when it is suspended,
// and lets them go on when it is not any more: the days of the decision that were
// left, and to sign a narrower agreement all of them anew.
func (s *Service) holdFollowers(ctx context.Context, tx pgx.Tx, g *Held, from GrantState) error {
	if from != Suspended && g.State != Suspended {
		return nil
	}
	found, err := s.list(ctx, tx, `f.grant_id = @id AND a.state IN ('submitted', 'accepted', 'offered')`, `ORDER BY a.id FOR UPDATE OF a`, pgx.NamedArgs{"id": g.ID})
	if err != nil {
		return err
	}
	for i := range found {
		a := &found[i]
		switch {
		case g.State == Suspended:
			s.hold(a, g.StateAt)
		case a.State == Offered:
			err = s.start(a, signing, g.StateAt)
		case a.StoppedAt != nil:
			err = s.goOn(a, g.StateAt)
		}
		if err != nil {
			return err
		}
		if err := save(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

// replace ends the grant that a's new one takes the place of; its keys read on
// under the new one.
func (s *Service) replace(ctx context.Context, tx pgx.Tx, a *Application, id int64, until time.Time) error {
	if a.Kind != Change {
		return nil
	}
	g, err := s.earlier(ctx, tx, a)
	if err != nil || !g.Stands(s.now()) {
		return err
	}
	if err := moveKeys(ctx, tx, g.ID, id, until); err != nil {
		return err
	}
	return s.moveGrant(ctx, tx, platform(), g, Replace, "")
}

// moveRenewal moves a renewal that has not begun along with the grant before it:
// what is stopped or given back does not come again by itself.
func (s *Service) moveRenewal(ctx context.Context, tx pgx.Tx, who account.Actor, g *Held, action GrantAction, reason string) error {
	if action == Expire || action == Replace {
		return nil
	}
	found, err := s.grants(ctx, tx, `f.earlier_id = @id AND f.kind = 'renewal' AND g.from_at > @now`, `FOR UPDATE OF g`, pgx.NamedArgs{"id": g.ID, "now": s.now()})
	if err != nil {
		return err
	}
	for i := range found {
		later := &found[i]
		if _, err := grantLifecycle.Next(later.State, action, who, later); action == Reinstate && later.SuspendedBy != g.moved || fault.KindOf(err) == fault.Conflict {
			continue // it stands as it should already
		}
		later.moved = g.moved
		if err := s.moveGrant(ctx, tx, who, later, action, reason); err != nil {
			return err
		}
	}
	return nil
}

// tellEnding reminds the holders of grants that end soon, twice (平台规则
// grant_ending).
func (s *Service) tellEnding(ctx context.Context) error {
	for i, days := range []int{s.limits.Ending, s.limits.EndingAgain} {
		told := i + 1
		err := database.InBatches(ctx, s.batch, func(ctx context.Context, after int64, limit int) ([]Held, error) {
			return s.ending(ctx, s.now().AddDate(0, 0, days), told, after, limit)
		}, grantID, func(ctx context.Context, soon []Held) error { return s.tellAll(ctx, soon, told, days) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellAll(ctx context.Context, soon []Held, told, days int) error {
	for i := range soon {
		g := &soon[i]
		if told == 1 && (s.now().AddDate(0, 0, s.limits.EndingAgain).After(g.Until) || !g.From.AddDate(0, 0, days).Before(g.Until)) {
			continue // the other letter is due, or the grant is not older than this one
		}
		if _, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			first, err := markTold(ctx, tx, g.ID, told)
			if err != nil || !first {
				return struct{}{}, err
			}
			return struct{}{}, s.tellEnds(ctx, tx, g)
		}); err != nil {
			return err
		}
	}
	return nil
}

// Difference is how what is applied for of one file differs from what the grant
// before gives of it.
type Difference struct {
	Resource       string
	Name, NameEN   string
	New, Gone      bool // the file as a whole
	Added, Removed []string
	Was, Where     string // conditions on rows, where they differ
}

// Against is what a renewal or change asks for in another way than the grant
// before it gives, for both sides: nothing where it is the same. purpose is the
// purpose of that grant where it is another.
func (s *Service) Against(ctx context.Context, a *Application) (all []Difference, purpose string, err error) {
	if a.Earlier == nil {
		return nil, "", nil
	}
	held, err := s.grants(ctx, s.pool, `g.id = @id`, ``, pgx.NamedArgs{"id": a.Earlier.ID})
	if err != nil || len(held) == 0 {
		return nil, "", err
	}
	if held[0].Purpose != a.Purpose {
		purpose = held[0].Purpose
	}
	was, err := selectGrantItems(ctx, s.pool, a.Earlier.ID)
	if err != nil {
		return nil, "", err
	}
	for _, i := range a.Items {
		k := slices.IndexFunc(was, func(x Item) bool { return x.Resource == i.Resource })
		if k < 0 {
			all = append(all, Difference{Resource: i.Resource, Name: i.Name, NameEN: i.NameEN, New: true, Added: i.Columns, Where: i.Where})
			continue
		}
		d := Difference{Resource: i.Resource, Name: i.Name, NameEN: i.NameEN, Added: without(i.Columns, was[k].Columns), Removed: without(was[k].Columns, i.Columns)}
		if i.Where != was[k].Where {
			d.Was, d.Where = was[k].Where, i.Where
		}
		if len(d.Added)+len(d.Removed) > 0 || d.Was != d.Where {
			all = append(all, d)
		}
	}
	for _, w := range was {
		if !slices.ContainsFunc(a.Items, func(i Item) bool { return i.Resource == w.Resource }) {
			all = append(all, Difference{Resource: w.Resource, Name: w.Name, NameEN: w.NameEN, Gone: true, Removed: w.Columns})
		}
	}
	return all, purpose, nil
}

// without is what is in a and not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return slices.Contains(b, x) })
}

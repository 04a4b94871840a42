package datasets

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// hostsAtOnce is how many hosts are asked at the same time.
const hostsAtOnce = 8

// CheckLinks asks every address whose turn it is, one host's one after another,
// until ctx ends; the next call goes on. Then it tells departments by mail what
// of theirs is dead, and what is back.
func (s *Service) CheckLinks(ctx context.Context) error {
	for {
		due, err := selectCheckable(ctx, s.pool, `(x.next_check IS NULL OR x.next_check <= @now)`, pgx.NamedArgs{"now": s.now()})
		if err != nil {
			return err
		}
		if len(due) == 0 {
			break
		}
		if err := s.checkHosts(ctx, due); err != nil {
			return err
		}
	}
	return errors.Join(s.tellOfLinks(ctx), s.forgetLinkDays(ctx))
}

func (s *Service) checkHosts(ctx context.Context, due []checkable) error {
	hosts := map[string][]checkable{}
	for _, c := range due {
		name := ""
		if u, err := url.Parse(c.Link.Checked()); err == nil {
			name = u.Hostname()
		}
		hosts[name] = append(hosts[name], c)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(hostsAtOnce)
	for _, links := range hosts {
		group.Go(func() error {
			for _, c := range links {
				if err := s.checkOne(ctx, c); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// checkOne asks an address and keeps what came of it, unless the address was
// changed meanwhile. Pages and the index are told when something is to be said
// that was not said before.
func (s *Service) checkOne(ctx context.Context, c checkable) error {
	seen, err := s.probe(ctx, &c.Link)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		was, there, err := lockLinkState(ctx, tx, c)
		if err != nil || !there {
			return none, err
		}
		st := s.linkRules.after(was, seen, s.now())
		if err := upsertLinkState(ctx, tx, c.Resource, st); err != nil {
			return none, err
		}
		if err := countLinkDay(ctx, tx, c.Resource, st); err != nil {
			return none, err
		}
		if st.Health == was.Health {
			return none, nil
		}
		return none, announce(ctx, tx, s, c.Dataset)
	})
	return err
}

// CheckLink asks one address now, for an officer of its department.
func (s *Service) CheckLink(ctx context.Context, who account.Actor, resourceID string) error {
	_, department, err := s.entryOf(ctx, who, resourceID)
	if err != nil {
		return err
	}
	if err := mayEdit(who, department); err != nil {
		return err
	}
	if s.outbound == nil {
		return fault.New(fault.Unavailable, "这里不能检查地址。")
	}
	found, err := selectCheckable(ctx, s.pool, `k.resource_id = @resource`, pgx.NamedArgs{"resource": resourceID})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errNotAnAddress()
	}
	return s.checkOne(ctx, found[0])
}

// LinkState is how an address is doing, or fault.NotFound for a resource that
// is none.
func (s *Service) LinkState(ctx context.Context, resourceID string) (LinkState, error) {
	var st LinkState
	err := s.pool.QueryRow(ctx, `SELECT `+linkStateColumn+` FROM links k LEFT JOIN link_states x USING (resource_id) WHERE k.resource_id = @resource`,
		pgx.NamedArgs{"resource": resourceID}).Scan(&st)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNotAnAddress()
	}
	return st, err
}

// LinkDays is how an address did on the days that it was checked, oldest first.
func (s *Service) LinkDays(ctx context.Context, viewer account.Actor, resourceID string) ([]LinkDay, error) {
	if _, _, err := s.entryOf(ctx, viewer, resourceID); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `SELECT day, checks, answered, took_ms FROM link_days WHERE resource_id = @resource ORDER BY day`, pgx.NamedArgs{"resource": resourceID})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[LinkDay])
}

func (s *Service) forgetLinkDays(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM link_days WHERE day < @first`, pgx.NamedArgs{"first": dayOf(s.now().AddDate(0, 0, -s.linkRules.Kept))})
	return err
}

// OwnLink is an address of an officer's department, with its entry.
type OwnLink struct {
	Dataset  Dataset // slug, titles, status and opening only
	Resource Resource
	Checks   int // in the days that are kept
	Answered int // of these
}

// ownLinks are the orders of OwnLinks, by their names in addresses.
var ownLinks = map[string]string{
	"":        `array_position(ARRAY['dead', 'failing', 'wrong', '', 'ok'], coalesce(x.state, '')), x.failing_since, d.title, r.position`,
	"title":   `d.title, r.position`,
	"checked": `x.checked_at NULLS FIRST, d.title, r.position`,
	"slowest": `x.took_ms DESC NULLS LAST, d.title, r.position`,
}

// OwnLinks are the addresses of who's department, the worst first, or in
// another order. Health narrows them; nil is all.
func (s *Service) OwnLinks(ctx context.Context, who account.Actor, health *LinkHealth, order string) ([]OwnLink, error) {
	if !own(who, who.Department) {
		return nil, fault.New(fault.Forbidden, "您的角色不能看这一页。")
	}
	by, ok := ownLinks[order]
	if !ok {
		return nil, fault.At("sort", "没有这种排序。")
	}
	args, narrow := pgx.NamedArgs{"department": who.Department, "fields": true}, ``
	if health != nil {
		args["health"], narrow = *health, ` AND coalesce(x.state, '') = @health`
	}
	rows, err := s.pool.Query(ctx, `
		SELECT d.slug, d.title, d.title_en, d.status, d.open_type, r.id, r.name, r.name_en, `+linkColumn+`,
		       (SELECT coalesce(sum(n.checks), 0)::int FROM link_days n WHERE n.resource_id = r.id), (SELECT coalesce(sum(n.answered), 0)::int FROM link_days n WHERE n.resource_id = r.id)
		FROM links l JOIN resources r ON r.id = l.resource_id JOIN datasets d ON d.id = r.dataset_id LEFT JOIN link_states x ON x.resource_id = r.id
		WHERE d.department_id = @department`+narrow+` ORDER BY `+by, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o OwnLink, err error) {
		return o, row.Scan(&o.Dataset.Slug, &o.Dataset.Title, &o.Dataset.TitleEN, &o.Dataset.Status, &o.Dataset.Open,
			&o.Resource.ID, &o.Resource.Name, &o.Resource.NameEN, &o.Resource.Link, &o.Checks, &o.Answered)
	})
}

// LinkFigures are the addresses that there are, for whoever runs the
// installation.
type LinkFigures struct {
	Health map[LinkHealth]int // of all entries that were not withdrawn
	Late   int                // waiting for a check whose time came more than an hour ago
	Checks map[bool]int       // today in China, by whether they were answered
}

// LinkFigures counts anew at each call.
func (s *Service) LinkFigures(ctx context.Context) (LinkFigures, error) {
	f := LinkFigures{Health: map[LinkHealth]int{LinkUnchecked: 0, LinkOK: 0, LinkWrong: 0, LinkFailing: 0, LinkDead: 0}, Checks: map[bool]int{}}
	rows, err := s.pool.Query(ctx, `
		SELECT coalesce(x.state, ''), count(*)::int, (count(*) FILTER (WHERE x.next_check < @late))::int
		FROM links k JOIN resources r ON r.id = k.resource_id JOIN datasets d ON d.id = r.dataset_id LEFT JOIN link_states x ON x.resource_id = k.resource_id
		WHERE d.status <> 'withdrawn' GROUP BY 1`, pgx.NamedArgs{"late": s.now().Add(-time.Hour)})
	if err != nil {
		return f, err
	}
	var health LinkHealth
	var n, late int
	if _, err := pgx.ForEachRow(rows, []any{&health, &n, &late}, func() error {
		f.Health[health], f.Late = n, f.Late+late
		return nil
	}); err != nil {
		return f, err
	}
	var answered int
	err = s.pool.QueryRow(ctx, `SELECT coalesce(sum(checks), 0)::int, coalesce(sum(answered), 0)::int FROM link_days WHERE day = @day`,
		pgx.NamedArgs{"day": dayOf(s.now())}).Scan(&n, &answered)
	f.Checks[true], f.Checks[false] = answered, n-answered
	return f, err
}

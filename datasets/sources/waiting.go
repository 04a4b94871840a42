package sources

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/inbox"
)

// The kinds of what waits, each as the kind of its case.
const (
	WaitsDuplicate     = "duplicate"
	WaitsInconsistency = "inconsistency"
)

// waits is under which kind a case waits.
func (k Kind) waits() string {
	if k == Inconsistency {
		return WaitsInconsistency
	}
	return WaitsDuplicate
}

// Path is the page of the desk about a case.
func (c *Case) Path() string {
	if c.Kind == Inconsistency {
		return fmt.Sprintf("/desk/inconsistencies/%d", c.ID)
	}
	return fmt.Sprintf("/desk/duplicates/%d", c.ID)
}

// Title is what a case is called in a list: its items, or else its entries.
func (c *Case) Title() string {
	if len(c.Items) > 0 && c.Kind == Duplicate {
		return names(c.Items)
	}
	out := ""
	for i, e := range c.Entries {
		if i > 0 {
			out += " ↔ "
		}
		out += e.Title
	}
	return out
}

// Waiting is what of the cases waits for who: for the authority what is to be
// looked at or decided, for departments what they have not said yet, and the
// catalogue that does not yet say what was decided.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Any(account.Officer, account.Authority) || who.Department == 0 {
		return nil, nil
	}
	var out []inbox.Item
	for _, kind := range []Kind{Duplicate, Inconsistency} {
		cases, err := s.Cases(ctx, who, kind)
		if err != nil {
			return nil, err
		}
		for i := range cases {
			c := &cases[i]
			ask := c.asks(who)
			if ask == "" {
				continue
			}
			item := inbox.Item{Kind: kind.waits(), ID: fmt.Sprint(c.ID), Title: inbox.Text{Zh: c.Title()}, Ask: ask, Path: c.Path(), Since: c.OpenedAt, Clock: c.Clock}
			if c.Clock != nil {
				item.After = "到期没有办：标明逾期，仍要办理"
			}
			out = append(out, item)
		}
	}
	return out, nil
}

// asks is what a case asks of who; empty: nothing.
func (c *Case) asks(who account.Actor) string {
	if who.Is(account.Authority) {
		switch c.State {
		case Proposed:
			return "看一看是不是重复：立案，或者写明理由不立"
		case Open:
			return "各部门说明意见后，确定一个采集部门"
		case Referred:
			return "各部门没有协商一致，请确定以哪个部门的数据为准"
		}
	}
	if p := c.party(who.Department); who.Is(account.Officer) && p != nil {
		switch {
		case c.MayState(who) && p.Position == nil:
			return "请说明本部门的意见"
		case c.State == Negotiating:
			return "请和相关部门协商；协商不成，提请主管部门决定"
		case c.State == Decided && c.Kind == Duplicate && c.toAdopt(who.Department):
			return "请按决定改目录：采集部门写所定的部门，数据通过共享取得"
		}
	}
	return ""
}

// toAdopt reports whether an entry of a department still says that somebody else
// collects than was decided.
func (c *Case) toAdopt(department int64) bool {
	chosen := c.Chosen()
	if chosen == nil || chosen.ID == department {
		return false
	}
	for _, e := range c.Entries {
		if e.Department == department && e.CollectingOrg != "" && e.CollectingOrg != chosen.Name {
			return true
		}
	}
	return false
}

// OpenClocks are the clocks of the cases that run.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	rows, err := s.pool.Query(ctx, `SELECT kind, id::text, clock_profile, clock_path, clock_from FROM source_cases WHERE state IN ('open', 'negotiating', 'referred') ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o calendars.Open, err error) {
		return o, row.Scan(&o.Kind, &o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
	})
}

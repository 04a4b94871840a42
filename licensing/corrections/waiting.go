package corrections

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/inbox"
)

// Waiting implements inbox.Source: for officers what is to be checked and
// answered, for heads what is asked of them and what is late, for the authority
// what is to be forwarded.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.Key != "" || who.Department == 0 {
		return nil, nil
	}
	var out []inbox.Item
	args := func() pgx.NamedArgs { return pgx.NamedArgs{"department": who.Department, "limit": inbox.Listed + 1} }
	if who.Any(account.Officer, account.Head) {
		found, err := s.list(ctx, `c.department_id = @department AND c.state IN ('received', 'checking', 'extended', 'inconsistent')`, `c.clock_from, c.id`, args())
		if err != nil {
			return nil, err
		}
		if who.Is(account.Officer) {
			items := s.items(found, s.asksOfficer)
			if err := s.rest(ctx, &items, len(found), `department_id = @department AND state IN ('received', 'checking', 'extended', 'inconsistent')`, who.Department); err != nil {
				return nil, err
			}
			out = append(out, items...)
		}
		if who.Is(account.Head) {
			asked, err := s.list(ctx, `c.department_id = @department AND c.state = 'checking' AND c.ask_at IS NOT NULL AND c.more_at IS NULL`, `c.clock_from, c.id`, args())
			if err != nil {
				return nil, err
			}
			out = append(out, s.items(asked, func(c *Correction) string {
				if givable(c) != nil {
					return ""
				}
				return "数据专员申请延长，请在到期之前决定。"
			})...)
			if !who.Is(account.Officer) {
				out = append(out, s.items(found, func(c *Correction) string {
					if !c.Late(s.now()) {
						return ""
					}
					return "逾期没有答复，请督促。"
				})...)
			}
		}
	}
	profile, ok, err := overseen(ctx, s.pool, who)
	if err != nil || !ok {
		return out, err
	}
	found, err := s.list(ctx, `c.profile = @profile AND c.state = 'submitted'`, `c.clock_from, c.id`, pgx.NamedArgs{"profile": profile, "limit": inbox.Listed + 1})
	if err != nil {
		return nil, err
	}
	items := s.items(found, func(*Correction) string { return "请转给数据提供部门校核。" })
	if err := s.rest(ctx, &items, len(found), `profile = @department AND state = 'submitted'`, profile); err != nil {
		return nil, err
	}
	return append(out, items...), nil
}

func (s *Service) asksOfficer(c *Correction) string {
	switch c.State {
	case Received:
		return "请开始校核。"
	case Disagreeing:
		if !c.CaseOver() {
			return "" // it waits as its case
		}
		return "不一致案有结果了，请答复。"
	}
	return "请校核并答复。"
}

// items are what found asks for; empty: nothing.
func (s *Service) items(found []Correction, ask func(*Correction) string) []inbox.Item {
	var out []inbox.Item
	for i := range found[:min(len(found), inbox.Listed)] {
		c := &found[i]
		words := ask(c)
		if words == "" {
			continue
		}
		out = append(out, inbox.Item{Kind: "correction", ID: id(c), Title: inbox.Text{Zh: beginning(c.Alleged)}, Sub: inbox.Text{Zh: c.Dataset.Title, En: c.Dataset.TitleEN},
			Ask: words, Path: DeskPath(c.ID), Since: c.base.From, Clock: c.Clock, After: "到期没有办：标明逾期，仍要办理"})
	}
	return out
}

// rest adds one line for what is not listed.
func (s *Service) rest(ctx context.Context, items *[]inbox.Item, found int, where string, of any) error {
	if found <= inbox.Listed {
		return nil
	}
	var n int
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM corrections WHERE `+where+` LIMIT @counted) c`, pgx.NamedArgs{"department": of, "counted": inbox.Counted + 1}).Scan(&n); err != nil {
		return fmt.Errorf("count what waits: %w", err)
	}
	*items = append(slices.Clip(*items), inbox.Rest("correction", inbox.Text{Zh: "数据复核", En: "Objections to data"}, n, "/desk/corrections", s.now()))
	return nil
}

// DeskPath is the page of the desk about an objection.
func DeskPath(id int64) string { return fmt.Sprintf("/desk/corrections/%d", id) }

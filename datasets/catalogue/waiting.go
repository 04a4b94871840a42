package catalogue

import (
	"context"
	"fmt"
	"slices"

	"shuyuan/internal/account"
	"shuyuan/internal/inbox"
)

// Waiting is what of the catalogue waits for who: entries to sign, to confirm,
// to write again, and changes with their clocks.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Any(account.Officer, account.Head, account.Authority) || who.Department == 0 {
		return nil, nil
	}
	var out []inbox.Item
	for _, w := range []struct {
		role  account.Role
		state State
		ask   string
		after string
	}{
		{account.Officer, Returned, "改好再报送", ""},
		{account.Head, WithHead, "签发或退回", ""},
		{account.Authority, Submitted, "确认或退回目录条目", "到期没有确认：标明逾期，条目仍然不能开放"},
	} {
		if !who.Is(w.role) {
			continue
		}
		list, _, err := s.List(ctx, who, Filter{State: w.state, Limit: 500})
		if err != nil {
			return nil, err
		}
		for _, l := range list {
			if w.role != account.Authority && l.departmentID != who.Department {
				continue
			}
			i := inbox.Item{Kind: "entry", ID: l.Slug, Title: inbox.Text{Zh: l.Title, En: l.TitleEN}, Sub: inbox.Text{Zh: l.Department, En: l.DepartmentEN}, Ask: w.ask, After: w.after, Path: "/desk/catalogue/" + l.Slug, Since: l.UpdatedAt, Clock: l.Clock}
			if l.SubmittedAt != nil {
				i.Since = *l.SubmittedAt
			}
			if w.state == Returned && l.DecidedAt != nil {
				i.Since = *l.DecidedAt
			}
			out = append(out, i)
		}
	}
	changes, err := s.Changes(ctx, who)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		c := &changes[i]
		ask := ""
		switch {
		case who.Is(account.Officer) && c.Department.ID == who.Department:
			ask = map[ChangeState]string{Recorded: "更新目录", SentBack: "更新目录", Updated: "报送变更和依据"}[c.State]
			if ask == "" && slices.ContainsFunc(c.Entries, ChangeEntry.Waits) {
				ask = "放宽开放须先过开放审查：送审，通过后使它生效"
			}
		case who.Is(account.Authority):
			ask = map[ChangeState]string{Reported: "确认或退回目录变更"}[c.State]
			if c.State == Duplicate && c.CaseDone != nil {
				ask = "重复案办完了，请接着办这次变更"
			}
		}
		if ask == "" {
			continue
		}
		item := inbox.Item{Kind: "change", ID: fmt.Sprint(c.ID), Title: inbox.Text{Zh: c.Evidence}, Sub: inbox.Text{Zh: c.Department.Name, En: c.Department.NameEN}, Ask: ask, Path: fmt.Sprintf("/desk/changes/%d", c.ID), Since: c.RecordedAt, Clock: c.Running()}
		if item.Clock != nil {
			item.After = "到期没有办：标明逾期"
		}
		out = append(out, item)
	}
	return out, nil
}

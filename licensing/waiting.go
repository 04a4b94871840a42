package licensing

import (
	"context"

	"shuyuan/internal/account"
	"shuyuan/internal/inbox"
)

// Waiting implements inbox.Source: what a department has to accept or decide,
// and the disputes before an authority.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	var out []inbox.Item
	if who.Is(account.Officer) && who.Department != 0 {
		found, n, err := s.waitFor(ctx, who.Department)
		if err != nil {
			return nil, err
		}
		for i := range found {
			out = append(out, waiting(&found[i]))
		}
		if n > len(found) {
			out = append(out, inbox.Rest("application", inbox.Text{Zh: "数据申请", En: "Applications for data"}, n, "/desk/applications", s.now()))
		}
	}
	if who.Is(account.Authority) {
		all, err := s.Disputes(ctx, who)
		if err != nil {
			return nil, err
		}
		for i := range all {
			out = append(out, waiting(&all[i]))
		}
	}
	return out, nil
}

func waiting(a *Application) inbox.Item {
	i := inbox.Item{Kind: "application", ID: a.Number, Title: inbox.Text{Zh: a.Dataset.Title, En: a.Dataset.TitleEN}, Sub: inbox.Text{Zh: a.Number + " · " + a.Name},
		Path: "/desk/applications/" + a.Number, Since: a.SavedAt, Clock: a.Running()}
	if a.Waits() && a.State != Submitted {
		i.Ask = "要续期或变更的授权正暂停，恢复以前不能同意；期限停着。"
		return i
	}
	switch a.State {
	case Submitted:
		i.Ask, i.After = "请受理，或者一次列全要补的材料。", "到期没有受理，自动受理。"
	case Accepted:
		i.Ask, i.After = "请决定：同意、同意一部分，或者写明理由和依据不同意。", "到期没有决定，列为逾期，仍要决定。"
	case Awarding:
		i.Ask = "请登记竞争的结果，再决定。"
		switch {
		case a.tendered() && a.Award == nil:
			i.Ask = "竞争项目在办，结果确认以后自动登记。"
		case a.Award != nil && !a.awardVoid():
			i.Ask = "竞争有结果了，请决定。"
		}
	case Disputed:
		i.Ask, i.After = "请决定：拒绝是否成立。", "到期没有决定，列为逾期，仍要决定。"
	case Draft, Returned, Lapsed, Withdrawn, OutOfScope, Offered, Granted, Refused, Upheld:
	}
	return i
}

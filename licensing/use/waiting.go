package use

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/inbox"
)

// Waiting implements inbox.Source: for officers what is to be read and what their
// holders did not hand in, for whoever drew audits what is to be found and closed.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.Key != "" {
		return nil, nil
	}
	var out []inbox.Item
	if who.Is(account.Officer) && who.Department != 0 {
		args := func() pgx.NamedArgs { return pgx.NamedArgs{"department": who.Department, "limit": inbox.Listed} }
		reports, err := s.reports(ctx, s.pool, `p.id = @department AND `+reportWaits("r"), `ORDER BY r.clock_from, r.id LIMIT @limit`, args())
		if err != nil {
			return nil, err
		}
		for i := range reports {
			out = append(out, reportItem(&reports[i]))
		}
		if out, err = s.rest(ctx, out, len(reports), "use_reports w", `p.id = @department AND `+reportWaits("w"), "use-report", "/desk/use", args()); err != nil {
			return nil, err
		}
		all, err := s.destructions(ctx, s.pool, `p.id = @department AND `+destructionWaits("x"), `ORDER BY x.clock_from, x.id LIMIT @limit`, args())
		if err != nil {
			return nil, err
		}
		for i := range all {
			out = append(out, destructionItem(&all[i]))
		}
		if out, err = s.rest(ctx, out, len(all), "use_destructions w", `p.id = @department AND `+destructionWaits("w"), "use-destruction", "/desk/use/destructions", args()); err != nil {
			return nil, err
		}
	}
	if !who.Any(auditor...) {
		return out, nil
	}
	side, profile, err := s.drawer(ctx, s.pool, who)
	if err != nil {
		return nil, err
	}
	args := pgx.NamedArgs{"side": side, "profile": profile, "limit": inbox.Listed}
	all, err := s.audits(ctx, s.pool, `w.side = @side AND w.profile = @profile AND (u.state IN ('answered', 'wanting') OR u.state = 'asked' AND u.warned_at IS NOT NULL)`, `ORDER BY u.clock_from, u.id LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	for i := range all {
		out = append(out, auditItem(&all[i]))
	}
	return out, nil
}

// reportWaits and destructionWaits are what waits for an officer: what was handed
// in, and what a warning went out for.
func reportWaits(table string) string {
	return fmt.Sprintf(`(%[1]s.state = 'filed' OR %[1]s.state IN ('open', 'returned') AND %[1]s.warned_at IS NOT NULL)`, table)
}

func destructionWaits(table string) string {
	return fmt.Sprintf(`(%[1]s.state IN ('filed', 'claimed') OR %[1]s.state IN ('owed', 'wanting') AND %[1]s.warned_at IS NOT NULL)`, table)
}

// fill says in i which grant it is about.
func fill(i *inbox.Item, id int64, g *Grant) {
	i.ID, i.Title, i.Sub = fmt.Sprint(id), inbox.Text{Zh: g.Dataset.Title, En: g.Dataset.TitleEN}, inbox.Text{Zh: g.Number + " · " + g.Holder}
}

func reportItem(r *Report) inbox.Item {
	i := inbox.Item{Kind: "use-report", Path: r.Desk(), Since: r.ref.From, Clock: r.Clock}
	fill(&i, r.ID, &r.Grant)
	i.Ask, i.After = "请看使用报告：采纳，或者一次列全缺什么退回。", "到期没有看，列为逾期，仍要看。"
	if r.Waits() {
		i.Ask, i.After = "使用报告逾期没有交，请督促。", "警告后仍不交，平台暂停授权。"
	}
	return i
}

func destructionItem(d *Destruction) inbox.Item {
	i := inbox.Item{Kind: "use-destruction", Path: d.Desk(), Since: d.ref.From, Clock: d.Clock}
	fill(&i, d.ID, &d.Grant)
	switch d.State {
	case Certified:
		i.Ask, i.After = "请确认销毁证明，或者写明哪里不够。", "到期没有办，列为逾期，仍要办理。"
	case Claimed:
		i.Ask, i.After = "请决定是否可以不销毁。", "到期没有办，列为逾期，仍要办理。"
	case Owed, Wanting:
		i.Ask = "销毁证明逾期没有交，请督促。"
	case Confirmed, Excused, Carried, Nothing, WrittenOff:
	}
	return i
}

func auditItem(a *Audit) inbox.Item {
	i := inbox.Item{Kind: "use-audit", Path: a.Desk(), Since: a.ref.From, Clock: a.Clock}
	fill(&i, a.ID, &a.Grant)
	switch a.State {
	case AuditAnswered:
		i.Ask, i.After = "请看抽查的答复，作出结论。", "到期没有结论，列为逾期，仍要办理。"
	case AuditAsked:
		i.Ask = "抽查逾期没有答复，请督促，或者作出结论。"
	case FoundWanting:
		i.Ask = "抽查发现问题，办妥后请结案。"
	case InOrder, AuditClosed:
	}
	return i
}

// rest adds one line for what is not listed.
func (s *Service) rest(ctx context.Context, items []inbox.Item, found int, from, where, kind, path string, args pgx.NamedArgs) ([]inbox.Item, error) {
	if found < inbox.Listed {
		return items, nil
	}
	args["counted"] = inbox.Counted + 1
	n, err := count(ctx, s.pool, from, where, args)
	if err != nil || n <= inbox.Listed {
		return items, err
	}
	return append(slices.Clip(items), inbox.Rest(kind, inbox.Text{Zh: "使用监管", En: "Use of data"}, n, path, s.now())), nil
}

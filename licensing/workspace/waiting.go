package workspace

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/inbox"
)

// mostWaiting is how many of a kind the inbox lists; the pages of the desk list all.
const mostWaiting = 200

// Waiting implements inbox.Source: results to be reviewed and algorithms to be
// approved for those who do, and for developers what they have to mend, what is
// newer than what they mounted, and what ends.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, nil
	}
	if who.Any(account.Operator, account.Authority) {
		return s.deskWaiting(ctx, who)
	}
	if who.Side != account.Use {
		return nil, nil
	}
	return s.developerWaiting(ctx, who)
}

func (s *Service) deskWaiting(ctx context.Context, who account.Actor) (out []inbox.Item, err error) {
	found, err := s.Reviews(ctx, who, false, 0, mostWaiting)
	if err != nil {
		return nil, err
	}
	for i := range found {
		r := &found[i]
		r.by = who.ID
		offers := reviews.Offer(r.State, who, r)
		if !r.State.ByPeople() || len(slices.DeleteFunc(offers, func(a ReviewAction) bool { return a == Withdraw })) == 0 {
			continue
		}
		item := inbox.Item{Kind: "output-review", ID: r.Number, Title: inbox.Text{Zh: r.Title}, Sub: inbox.Text{Zh: r.Number + " · " + r.Developer.Name}, Path: r.Desk(), Since: r.AskedAt, Clock: r.Clock, After: "到期没有办：标明逾期，仍要办理"}
		switch r.State {
		case Second:
			item.Ask = "一个人已经同意放出结果，请复核。"
		case Escalated:
			item.Ask = "审核的人拿不准，上报了这个结果，请决定是否放出。"
		default:
			item.Ask = "开发空间的结果等审核：放出、改了再放出，或者不放出。"
		}
		out = append(out, item)
	}
	where, args, err := s.overseen(who)
	if err != nil {
		return nil, err
	}
	if who.Is(account.Operator) {
		over, err := s.toClose(ctx, where, args)
		if err != nil {
			return nil, err
		}
		for i := range over {
			over[i].Path = "/desk/workspaces/" + over[i].ID + "#act"
		}
		out = append(out, over...)
	}
	waiting, err := selectAlgorithmsWaiting(ctx, s.pool, where, args)
	if err != nil {
		return nil, err
	}
	for i := range waiting {
		a := &waiting[i]
		if a.by = who.ID; another(a) != nil {
			continue
		}
		out = append(out, inbox.Item{Kind: "algorithm", ID: a.Number, Title: inbox.Text{Zh: a.Title}, Sub: inbox.Text{Zh: a.Number + " · " + a.Workspace}, Ask: "开发方申请登记算法，请看程序，批准或者不批准。", Path: "/desk/workspaces/" + a.Workspace + "#" + a.Number, Since: a.ProposedAt})
	}
	return out, nil
}

// toClose are the workspaces that somebody has to close, since what they stood on is
// over: with their pages for who develops there.
func (s *Service) toClose(ctx context.Context, where string, args pgx.NamedArgs) (out []inbox.Item, err error) {
	args = maps.Clone(args)
	args["limit"] = mostWaiting
	found, err := s.list(ctx, s.pool, `(`+where+`) AND w.state NOT IN ('closing', 'destroyed') AND NOT scenario_stands(s.id, @now)`, args)
	if err != nil {
		return nil, err
	}
	for i := range found {
		w := &found[i]
		e, err := s.endOf(ctx, s.pool, w)
		if err != nil {
			return nil, err
		}
		if e != nil {
			out = append(out, inbox.Item{Kind: "workspace", ID: w.Number, Title: inbox.Text{Zh: w.Scenario.Title}, Sub: inbox.Text{Zh: w.Number + " · " + w.Organisation.Name}, Ask: "场景已经结束，请关闭开发空间：密钥、挂载和没有放出的结果随之销毁。", Path: w.Path() + "#close", Since: e.At, Clock: &e.Clock, After: "到期没有关闭：由平台关闭并销毁"})
		}
	}
	return out, nil
}

func (s *Service) developerWaiting(ctx context.Context, who account.Actor) (out []inbox.Item, err error) {
	if out, err = s.toClose(ctx, `w.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user AND role = 'owner')`, pgx.NamedArgs{"user": who.ID}); err != nil {
		return nil, err
	}
	mine, err := s.list(ctx, s.pool, `w.id IN (SELECT workspace_id FROM workspace_members WHERE user_id = @user) AND w.state NOT IN ('closing', 'destroyed')`, pgx.NamedArgs{"user": who.ID, "limit": mostWaiting})
	if err != nil {
		return nil, err
	}
	for i := range mine {
		w := &mine[i]
		title, sub := inbox.Text{Zh: w.Scenario.Title}, inbox.Text{Zh: w.Number}
		if s.ending(w) {
			out = append(out, inbox.Item{Kind: "workspace", ID: w.Number, Title: title, Sub: sub, Ask: "场景到 %s 为止：到期后不能运行，也不能下载；请先办完审核，下载放出的结果。", Args: []any{until(w.Scenario.Until)}, Path: w.Path(), Since: w.StateAt})
		}
		mended, err := s.toMend(ctx, w)
		if err != nil {
			return nil, err
		}
		for k := range mended {
			r := &mended[k]
			out = append(out, inbox.Item{Kind: "output-finding", ID: r.Number, Title: inbox.Text{Zh: r.Title}, Sub: inbox.Text{Zh: r.Number + " · " + w.Number}, Ask: "结果没有放出，请看为什么、怎样改。", Path: r.Path(), Since: *r.Ended})
		}
		if !w.Works() {
			continue
		}
		mounts, err := s.mounts(ctx, s.pool, w)
		if err != nil {
			return nil, err
		}
		for k := range mounts {
			m := &mounts[k]
			if m.Current && m.Newer > 0 && !slices.ContainsFunc(mounts, func(o Mount) bool { return o.Name == m.Name && o.State == MountWaits }) {
				out = append(out, inbox.Item{Kind: "workspace-mount", ID: w.Number + "/" + m.Name, Title: inbox.Text{Zh: m.Dataset.Title, En: m.Dataset.TitleEN}, Sub: inbox.Text{Zh: w.Number + " · " + m.Name}, Ask: "挂载的是第 %d 版，已有第 %d 版；要用新版就更新挂载。", Args: []any{m.Number, m.Newer}, Path: w.Path() + "#mounts", Since: s.since(m)})
			}
		}
	}
	return out, nil
}

func (s *Service) since(m *Mount) time.Time {
	if m.Acquired != nil {
		return *m.Acquired
	}
	return s.now()
}

// toMend are the results of w that did not leave, while nothing was run there since.
func (s *Service) toMend(ctx context.Context, w *Workspace) ([]Review, error) {
	return s.selectReviews(ctx, s.pool, `r.workspace_id = @workspace AND r.state IN ('auto_rejected', 'rejected') AND NOT EXISTS (SELECT FROM workspace_jobs n WHERE n.workspace_id = r.workspace_id AND n.asked_at > r.ended_at)`,
		pgx.NamedArgs{"workspace": w.ID, "limit": 10})
}

// OpenClocks implements calendars.Runner: the clocks of reviews, of closing and of
// destruction.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	open, err := selectOpenClocks(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	over, err := selectEnds(ctx, s.pool, s.now())
	if err != nil {
		return nil, err
	}
	for _, o := range over {
		clock, err := s.clocks.Start(o.profile, endTerm, o.at)
		if err != nil {
			return nil, err
		}
		open = append(open, calendars.Open{Kind: "workspace", ID: o.number, Ref: clock.Ref})
	}
	return open, nil
}

package tender

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/inbox"
)

// mostWaiting is how many tenders the inbox looks through for one reader.
const mostWaiting = 200

// Waiting implements inbox.Source: what whoever organises has to do, what the panel has
// to score, and what bidders have to reveal.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.IsVisitor() || who.ID < 0 || who.Key != "" {
		return nil, nil
	}
	var out []inbox.Item
	if Organises(who) {
		found, err := s.list(ctx, s.pool, `t.department_id = @department AND t.state IN ('opened', 'evaluated', 'award_notice', 'challenged', 'confirmed', 'failed')`, `t.id`, pgx.NamedArgs{"department": who.Department, "limit": mostWaiting})
		if err != nil {
			return nil, err
		}
		for i := range found {
			item, waits, err := s.organiserWaits(ctx, &found[i])
			if err != nil {
				return nil, err
			}
			if waits {
				out = append(out, item)
			}
		}
	}
	for _, more := range []func(context.Context, account.Actor) ([]inbox.Item, error){s.panelWaits, s.bidderWaits} {
		items, err := more(ctx, who)
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
	}
	return out, nil
}

func (t *Tender) item(path string) inbox.Item {
	return inbox.Item{Kind: "tender", ID: t.Number, Title: inbox.Text{Zh: t.Title, En: t.TitleEN}, Sub: inbox.Text{Zh: t.Number + " · " + t.Department.Name, En: t.Number + " · " + t.Department.NameEN}, Path: path, Since: t.MadeAt, Clock: t.Clock}
}

// organiserWaits is what whoever organises has to do about a tender; false: nothing.
func (s *Service) organiserWaits(ctx context.Context, t *Tender) (inbox.Item, bool, error) {
	if err := s.fill(ctx, s.pool, t); err != nil {
		return inbox.Item{}, false, err
	}
	i := t.item("/desk/tenders/" + t.Number)
	late := "到期没有办：标明逾期，仍要办理"
	i.After = late
	switch {
	case t.State == Opened && len(t.Active()) < t.LeastPanel:
		i.Ask, i.Since = "评审不够人数，请补足。", *t.OpenedAt
	case t.State == Opened && t.hasSealed():
		return i, false, nil // bidders reveal what they kept
	case t.State == Opened && t.unexamined():
		i.Ask, i.Since = "已经开标，请审查投标：有效，或者写明理由无效。", *t.OpenedAt
	case t.State == Opened && len(t.live()) == 0:
		i.Ask, i.Since = "没有有效的投标，请宣布流标。", *t.OpenedAt
	case t.State == Evaluated:
		i.Ask, i.Since = "评审已经完成，请写报告并公示结果。", *t.EvaluatedAt
	case t.State == Challenged:
		i.Ask, i.Since = "有投标人质疑，请答复。", *t.NoticeAt
	case t.WindowOver(s.now()):
		i.Ask, i.Since, i.Clock, i.After = "公示期满，没有未答复的质疑，请确认结果。", *t.NoticeAt, nil, ""
	case t.State == Awarded:
		i.Ask, i.Since = "结果已经确认，签约以后请登记合同。", *t.ConfirmedAt
	case t.State == Failed:
		i.Ask, i.Clock, i.After = "流标了：可以改了重新公告，或者写明理由取消。", nil, ""
	default:
		return i, false, nil
	}
	return i, true, nil
}

// panelWaits is what who has to score.
func (s *Service) panelWaits(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	found, err := s.list(ctx, s.pool, `t.state = 'opened' AND t.id IN (SELECT tender_id FROM tender_panel WHERE user_id = @who AND struck_at IS NULL)`, `t.id`, pgx.NamedArgs{"who": who.ID, "limit": mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for k := range found {
		t := &found[k]
		if err := s.fill(ctx, s.pool, t); err != nil {
			return nil, err
		}
		m := t.member(who.ID)
		i := t.item("/tenders/" + t.Number + "/panel")
		i.ID, i.Since, i.After = t.Number+" panel", *t.OpenedAt, "到期没有办：标明逾期，仍要办理"
		switch {
		case m.HandedIn:
			continue
		case m.Declared == nil:
			i.Ask = "请您评审：先看投标人名单，声明有没有利害关系。"
		case t.scorable():
			i.Ask = "请您评审：给每份投标打分。"
		default:
			continue
		}
		out = append(out, i)
	}
	return out, nil
}

// bidderWaits is what the organisations that who owns have to reveal.
func (s *Service) bidderWaits(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	found, err := s.list(ctx, s.pool, `t.state = 'opened' AND t.reveal_until > @now AND t.id IN (SELECT b.tender_id FROM tender_bids b JOIN organisation_members m ON m.organisation_id = b.organisation_id
		WHERE m.user_id = @who AND m.role = 'owner' AND b.state = 'sealed')`, `t.id`, pgx.NamedArgs{"who": who.ID, "now": s.now(), "limit": mostWaiting})
	var out []inbox.Item
	for k := range found {
		i := found[k].item("/tenders/" + found[k].Number + "/bid")
		i.ID, i.Since, i.Clock, i.Ask, i.After = found[k].Number+" bid", found[k].OpeningAt, nil, "开标了，请来拆您自己保管的标书。", "到时没有来拆，投标无效。"
		out = append(out, i)
	}
	return out, err
}

// OpenClocks implements calendars.Runner: the clocks of tenders that wait.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	return selectOpenClocks(ctx, s.pool)
}

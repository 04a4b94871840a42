package operation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/inbox"
)

// mostWaiting is how many of a kind the inbox lists; the pages of the desk list all.
const mostWaiting = 200

// Waiting implements inbox.Source.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.Key != "" || who.Side != account.Use && !who.Any(account.Authority, account.Head, account.Operator) {
		return nil, nil
	}
	var out []inbox.Item
	for _, waiting := range []func(context.Context, account.Actor) ([]inbox.Item, error){s.plansWaiting, s.mandatesWaiting, s.entriesWaiting, s.peopleWaiting, s.reportsWaiting} {
		items, err := waiting(ctx, who)
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
	}
	return out, nil
}

func bodyText(b Body) inbox.Text { return inbox.Text{Zh: b.Name, En: b.NameEN} }

// numbered is a number with the name of a body, below the title of an item.
func numbered(number string, b Body) inbox.Text {
	en := b.NameEN
	if en == "" {
		en = b.Name
	}
	return inbox.Text{Zh: number + " · " + b.Name, En: number + " · " + en}
}

// plansWaiting are the plans that somebody else than who drafted waits to have
// approved, and those whose operator is not chosen.
func (s *Service) plansWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Any(approvers...) || who.Department == 0 {
		return nil, nil
	}
	found, err := s.planList(ctx, s.pool, `p.body_id = @department AND p.state IN ('submitted', 'approved')`, pgx.NamedArgs{"department": who.Department, "limit": mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		p := &found[i]
		item := inbox.Item{Kind: "mandate-plan", ID: p.Number, Title: inbox.Text{Zh: p.Title}, Sub: numbered(p.Number, p.Body), Path: "/desk/plans/" + p.Number, Since: p.StateAt}
		switch {
		case p.State == PlanSubmitted && p.drafter != who.ID:
			item.Ask = "实施方案已送审，请批准或者退回。"
		case p.State == PlanApproved && p.Award == nil && who.Is(account.Authority):
			item.Ask = "方案已批准，请按竞争的结果登记运营机构。"
		case p.State == PlanApproved && p.Award != nil && p.Mandate == "" && who.Is(account.Authority):
			item.Ask = "运营机构已选定，请起草授权运营协议。"
		default:
			continue
		}
		out = append(out, item)
	}
	return out, nil
}

// mandatesWaiting are the agreements whose turn it is who's.
func (s *Service) mandatesWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Any(account.Authority, account.Head, account.Operator) {
		return nil, nil
	}
	found, err := s.Mandates(ctx, who, Filter{Limit: mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		m := &found[i]
		p, err := s.partyOf(ctx, s.pool, who, m)
		if err != nil {
			return nil, err
		}
		m.who = who
		item := inbox.Item{Kind: "mandate", ID: m.Number, Title: inbox.Text{Zh: m.Title}, Sub: numbered(m.Number, m.Body), Path: "/desk/mandates/" + m.Number, Since: m.StateAt}
		own := p.own && who.Is(account.Authority)
		switch {
		case m.State == UnderReview && p.side == OfBody && another(m) == nil:
			item.Ask = "授权运营协议已送审，请批准或者退回；批准以后文本锁定。"
		case m.State == Approved && p.side == OfOperator && p.owner && m.OpSigned.At == nil:
			item.Ask = "授权运营协议已批准，请核对文本并签署。"
		case m.State == Approved && own && m.OpSigned.At != nil:
			item.Ask, item.Since = "运营机构已签署，请代表实施机构签署。", *m.OpSigned.At
		case own && m.State.Over() && m.State != Withdrawn && m.State != Closed:
			holds, err := below(ctx, s.pool, m.ID)
			if err != nil {
				return nil, err
			}
			if len(holds) > 0 {
				continue
			}
			item.Ask = "授权已经结束，其下都已结束，请办结。"
		default:
			if !own {
				continue
			}
			cycle, err := s.unevaluated(ctx, m)
			if err != nil {
				return nil, err
			}
			if cycle.IsZero() {
				continue
			}
			item.Ask, item.Args, item.Since = "%s 开始的评估周期已经结束，请评估运营机构。", []any{day(cycle)}, cycle
		}
		out = append(out, item)
	}
	return out, nil
}

// unevaluated is the first day of the oldest cycle that has ended and was not
// evaluated; zero: there is none.
func (s *Service) unevaluated(ctx context.Context, m *Mandate) (time.Time, error) {
	done, err := selectEvaluations(ctx, s.pool, m.ID)
	if err != nil {
		return time.Time{}, err
	}
	return next(m, done, s.now()), nil
}

// entriesWaiting are the applications that the operator screens, and those that were
// returned to who answers for the developer.
func (s *Service) entriesWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	state, ask, path := EntrySubmitted, "开发主体申请入驻，请审核：同意、退回或者写明理由不同意。", "/desk/developers/"
	switch {
	case who.Is(account.Operator):
	case who.Side == account.Use: // an entry that is returned was never admitted
		state, ask, path = EntryReturned, "入驻申请被退回，请补正后再提交。", "/entries/"
	default:
		return nil, nil
	}
	found, err := s.Entries(ctx, who, Filter{State: string(state), Limit: mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		d := &found[i]
		if state == EntryReturned && ownerOf(ctx, s.pool, who, d.Organisation.ID) != nil {
			continue
		}
		out = append(out, inbox.Item{Kind: "developer", ID: d.Number, Title: inbox.Text{Zh: d.Organisation.Name}, Sub: inbox.Text{Zh: d.Number + " · " + d.MandateTitle}, Ask: ask, Path: path + d.Number, Since: d.StateAt, Clock: d.Clock, After: "到期没有办：标明逾期，仍要办理"})
	}
	return out, nil
}

// peopleWaiting are the changes of people that the operator confirms.
func (s *Service) peopleWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Is(account.Operator) {
		return nil, nil
	}
	asked, err := changesAsked(ctx, s.pool, who.ID, mostWaiting)
	if err != nil || len(asked) == 0 {
		return nil, err
	}
	found, err := s.Entries(ctx, who, Filter{State: string(EntryAdmitted), Numbers: slices.Sorted(keysOf(asked)), Limit: mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		d := &found[i]
		out = append(out, inbox.Item{Kind: "developer", ID: d.Number, Title: inbox.Text{Zh: d.Organisation.Name}, Sub: inbox.Text{Zh: d.Number + " · " + d.MandateTitle}, Ask: "开发主体申请更换人员，请确认或者写明理由不同意。", Path: "/desk/developers/" + d.Number + "#people", Since: asked[d.Number]})
	}
	return out, nil
}

// reportsWaiting are the yearly reports that the body of who owes.
func (s *Service) reportsWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	years, err := s.Owed(ctx, who)
	if err != nil || len(years) == 0 {
		return nil, err
	}
	b, err := bodyByID(ctx, s.pool, who.Department)
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for _, y := range years {
		clock, err := s.Due(b.Profile, y)
		if err != nil {
			return nil, err
		}
		_, since := yearOf(y)
		out = append(out, inbox.Item{Kind: "disclosure", ID: fmt.Sprintf("%s-%d", b.Slug, y), Title: bodyText(b), Ask: "请发布 %s 年的授权运营信息披露报告。", Args: []any{fmt.Sprint(y)}, Path: fmt.Sprintf("/operation/reports/%s/%d", b.Slug, y), Since: since, Clock: &clock, After: "到期没有办：标明逾期，仍要办理"})
	}
	return out, nil
}

// OpenClocks implements calendars.Runner: the clocks of the entries that are screened.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	return openClocks(ctx, s.pool)
}

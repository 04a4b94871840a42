package supervision

import (
	"context"
	"errors"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/inbox"
)

// mostWaiting is how many of a kind the inbox lists; the pages of the desk list all.
const mostWaiting = 200

// Waiting implements inbox.Source.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !Desk(who) {
		return nil, nil
	}
	var out []inbox.Item
	for _, waiting := range []func(context.Context, account.Actor) ([]inbox.Item, error){s.breachesWaiting, s.incidentsWaiting, s.ordersWaiting} {
		items, err := waiting(ctx, who)
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
	}
	return out, nil
}

// Tick moves what its days have moved. It may run as often as one likes.
func (s *Service) Tick(ctx context.Context) error {
	return errors.Join(s.tickBreaches(ctx))
}

func (s *Service) breachesWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	where, args, err := s.mineAtDesk(ctx, who)
	if err != nil {
		return nil, err
	}
	args["limit"] = mostWaiting
	found, err := s.breachList(ctx, s.pool, where+` AND b.state IN ('suspected', 'hearing', 'answered', 'disputed')`, `b.clock_from, b.id`, args)
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		b := &found[i]
		side, err := s.breachParty(ctx, s.pool, who, b)
		if err != nil {
			return nil, err
		}
		item := inbox.Item{Kind: "breach", ID: b.Number, Title: inbox.Text{Zh: b.Holder, En: b.HolderEN}, Sub: inbox.Text{Zh: b.Number + " · " + b.Dataset.Title, En: b.Number + " · " + orElse(b.Dataset.TitleEN, b.Dataset.Title)},
			Path: "/desk/breaches/" + b.Number, Since: b.clock.From, Clock: b.Clock, After: "到期没有办：标明逾期，仍要办理"}
		switch {
		case b.State == Suspected && side == OfDepartment:
			item.Ask = "有人反映授权没有按约定使用，请看：立案，或者写明理由不立案。"
		case b.State == Hearing && side == OfHolder:
			item.Ask, item.After = "本部门被立违约案，请说明情况。", "到期没有说明，对方可以直接决定。"
		case side == b.Decider && (b.State == Answered || b.State == Hearing && b.Clock != nil && b.Clock.Late(s.now())):
			item.Ask = "违约案已听取说明或者说明期已过，请决定。"
			if b.State == Hearing { // from the end of the time to answer
				if clock, err := s.clocks.Start(b.Profile, decideTerm, b.Clock.Due()); err == nil {
					item.Clock = &clock
				}
			}
		case b.State == Disputed && side == OfAuthority:
			item.Ask = "对违约决定有异议，请决定是否成立。"
		default:
			continue
		}
		out = append(out, item)
	}
	return out, nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// OpenClocks implements calendars.Runner: the clocks of the cases that wait.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	return selectOpenClocks(ctx, s.pool)
}

func (s *Service) incidentsWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	found, err := s.Incidents(ctx, who, Filter{Limit: mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for k := range found {
		i := &found[k]
		side, err := s.incidentParty(ctx, s.pool, who, i)
		if err != nil {
			return nil, err
		}
		if side != OfDepartment && (side != OfAuthority || !i.Late(s.now())) {
			continue
		}
		item := inbox.Item{Kind: "incident", ID: i.Number, Title: inbox.Text{Zh: i.Title}, Sub: inbox.Text{Zh: i.Number + " · " + i.Dataset.Title, En: i.Number + " · " + orElse(i.Dataset.TitleEN, i.Dataset.Title)},
			Path: "/desk/incidents/" + i.Number, Since: i.KnownAt, After: "到期没有办：标明逾期，仍要办理"}
		switch {
		case i.ContainedAt == nil:
			item.Ask, item.Clock = "安全事件：请写明怎样防止扩大。", i.Containing
		case i.untold > 0:
			item.Ask, item.Clock = "安全事件：请告知受影响的人和部门。", i.Telling
		case len(i.missing) > 0:
			item.Ask, item.Clock = "安全事件：请向规定的部门报告，并记下。", i.Reporting
		default:
			item.Ask, item.After = "安全事件：查清原因，留存记录，办结。", ""
		}
		out = append(out, item)
	}
	return out, nil
}

// ordersWaiting are the orders that wait for the department, or for the authority: to
// be checked, to be given more time, or let pass.
func (s *Service) ordersWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	found, err := s.Orders(ctx, who, Filter{Limit: mostWaiting})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		o := &found[i]
		side, err := s.orderParty(ctx, s.pool, who, o.Department.ID, o.Profile)
		if err != nil {
			return nil, err
		}
		item := inbox.Item{Kind: "order", ID: o.Number, Title: inbox.Text{Zh: o.Department.Name, En: o.Department.NameEN}, Sub: inbox.Text{Zh: o.Number + " · " + o.Issuer.Name, En: o.Number + " · " + orElse(o.Issuer.NameEN, o.Issuer.Name)},
			Path: "/desk/orders/" + o.Number, Since: o.IssuedAt, Clock: o.Clock(), After: "到期没有办：标明逾期，仍要办理"}
		switch {
		case side == OfDepartment && who.Any(body...) && o.State == OrderIssued:
			item.Ask = "主管部门责令整改，请整改并报告。"
		case side == OfDepartment && who.Any(body...) && o.State == OrderWanting:
			item.Ask, item.Since = "整改还不够，请再整改并报告。", *o.FoundAt
		case side == OfAuthority && o.State == OrderAnswered:
			item.Ask, item.Since = "部门报告了整改，请核查：确认完成，或者指出不足。", *o.AnsweredAt
		case side == OfAuthority && o.Asks():
			item.Ask, item.Since = "部门申请延长整改期限，请答复；没有答复以前按原期限。", *o.AskedAt
		case side == OfAuthority && o.Overdue(s.now()):
			item.Ask = "部门没有按期整改，请督促，或者撤回责令。"
		default:
			continue
		}
		out = append(out, item)
	}
	return out, nil
}

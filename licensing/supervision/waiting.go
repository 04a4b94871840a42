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
	return s.breachesWaiting(ctx, who)
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

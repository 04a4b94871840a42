package following

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/inbox"
	"shuyuan/internal/workdays"
)

// Desk knows what waits for an account now, by the roles that it has now.
type Desk interface {
	WaitingFor(ctx context.Context, user int64) ([]inbox.Item, error)
}

// AtDesk has people told of what waits at their desks. It is for the start of the
// program.
func (s *Service) AtDesk(d Desk, calendar func() workdays.Calendar) { s.desk, s.calendar = d, calendar }

// deskKey is which thing a notice of the desk is about.
type deskKey struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// Stages at which somebody is told of one thing, each once for each last day.
const (
	stageNew   = "new"   // it came; only in the daily letter: other letters tell it at once
	stageSoon  = "soon"  // it is due within the days of the rules
	stageToday = "today" // it is due today
	stageLate  = "late"
)

// stage is where an item stands today; empty where there is nothing to tell.
func (s *Service) stage(i inbox.Item, now time.Time, daily bool) string {
	if i.Clock != nil && i.Clock.Late(now) {
		return stageLate
	}
	if i.Clock != nil && !i.Clock.Preliminary() {
		left, err := s.calendar().Between(now, i.Clock.Last)
		switch {
		case err != nil: // no calendar of that year: the inbox says so
		case left <= 0:
			return stageToday
		case left <= s.rules.Ahead:
			return stageSoon
		}
	}
	if daily {
		return stageNew
	}
	return ""
}

// RemindDesks tells people of what is due soon, today or late at their desks,
// after the hour of the daily letters on working days. Each thing is told once at
// each stage: what stage that is, is worked out and kept nowhere but in the name
// of what was told.
func (s *Service) RemindDesks(ctx context.Context) error {
	now := s.now().In(workdays.Zone)
	if s.desk == nil || now.Hour() < s.rules.Hour {
		return nil
	}
	if works, err := s.calendar().IsWorkday(now); err == nil && !works {
		return nil
	}
	users, err := selectDeskers(ctx, s.pool)
	if err != nil {
		return err
	}
	for _, user := range users {
		if err := s.remind(ctx, user, now); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) remind(ctx context.Context, user int64, now time.Time) error {
	items, err := s.desk.WaitingFor(ctx, user)
	if err != nil || len(items) == 0 {
		return err
	}
	settings, err := selectSettings(ctx, s.pool, user)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		there, err := lockUser(ctx, tx, user)
		if err != nil || !there {
			return none, err
		}
		for _, i := range items {
			stage := s.stage(i, now, settings.Modes[OnDesk][Mail] == Daily)
			if stage == "" {
				continue
			}
			told, err := tellDesk(ctx, tx, user, i, stage, now)
			if err != nil {
				return none, err
			}
			if err := s.sendOut(ctx, tx, told); err != nil {
				return none, err
			}
		}
		return none, nil
	})
	return err
}

// deskNoticeKey names what is told of an item, so that it is told once.
func deskNoticeKey(i inbox.Item, stage string) string {
	key := "desk/" + i.Kind + "/" + i.ID + "/" + stage
	if i.Clock != nil && stage != stageNew {
		key += "/" + i.Clock.Last.In(workdays.Zone).Format(time.DateOnly)
	}
	return key
}

// atDesk gives notices of the desk what waits there now, and leaves out those of
// which nothing waits any more.
func (s *Service) atDesk(ctx context.Context, user int64, list []Notice) ([]Notice, error) {
	var items map[deskKey]*inbox.Item
	out := list[:0]
	for _, n := range list {
		if n.Topic != OnDesk {
			out = append(out, n)
			continue
		}
		if items == nil {
			items = map[deskKey]*inbox.Item{}
			if s.desk != nil {
				all, err := s.desk.WaitingFor(ctx, user)
				if err != nil {
					return nil, err
				}
				for i := range all {
					items[deskKey{all[i].Kind, all[i].ID}] = &all[i]
				}
			}
		}
		if n.Desk = items[n.desk]; n.Desk != nil {
			n.Path = n.Desk.Path
			out = append(out, n)
		}
	}
	return out, nil
}

// selectDeskers are the accounts for which something can wait.
func selectDeskers(ctx context.Context, q database.Querier) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT u.id FROM users u WHERE u.disabled_at IS NULL AND u.leaving_at IS NULL AND EXISTS (SELECT FROM user_roles r WHERE r.user_id = u.id) ORDER BY u.id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// tellDesk writes the notice of one thing at a desk. It stands in the inbox, and
// not in the list of notices besides.
func tellDesk(ctx context.Context, tx pgx.Tx, user int64, i inbox.Item, stage string, now time.Time) ([]Told, error) {
	detail, err := json.Marshal(deskKey{i.Kind, i.ID})
	if err != nil {
		return nil, err
	}
	return collectTold(tx.Query(ctx, `
		INSERT INTO notices (user_id, topic, key, kind, detail, at, shown, mail)
		SELECT u.id, 'desk', @key, @kind, @detail, @now, false, `+mode(OnDesk, Mail)+` FROM users u WHERE u.id = @user`+returning,
		pgx.NamedArgs{"user": user, "key": deskNoticeKey(i, stage), "kind": map[bool]string{true: Arrived, false: Due}[stage == stageNew], "detail": detail, "now": now}))
}

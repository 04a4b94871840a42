package workspace

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
)

// End is that something above a workspace is over for good. What is only suspended
// may go on and is no end.
type End struct {
	What   string // mandate, developer, scenario or contract
	Number string
	State  string
	At     time.Time
	Clock  deadline.Clock // by when people close the workspace; after that the platform does
}

// Words say what ended.
func (e *End) Words() *fault.Fault {
	switch e.What {
	case "mandate":
		return fault.New(fault.Conflict, "授权运营协议 %s 已经结束（%s）。", e.Number, StateWords(e.State))
	case "developer":
		return fault.New(fault.Conflict, "入驻 %s 已经结束（%s）。", e.Number, StateWords(e.State))
	case "contract":
		return fault.New(fault.Conflict, "使用协议 %s 已经结束（%s）。", e.Number, StateWords(e.State))
	}
	return fault.New(fault.Conflict, "场景 %s 已经结束（%s）。", e.Number, StateWords(e.State))
}

// endOf is what ended above w, nil where nothing did or w itself is over. Nothing of it
// is written down: who enters again before the workspace is closed finds it as it was.
func (s *Service) endOf(ctx context.Context, q database.Querier, w *Workspace) (*End, error) {
	if w.Over() || w.Stands {
		return nil, nil
	}
	e, err := selectEnd(ctx, q, w, s.now())
	if e == nil || err != nil {
		return nil, err
	}
	e.Clock, err = s.clocks.Start(w.profile, endTerm, e.At)
	return e, err
}

// Tick closes the workspaces whose scenario, or what is above it, ended so long ago
// that people should have closed them. It may run as often as one likes.
func (s *Service) Tick(ctx context.Context) error {
	over, err := selectEnds(ctx, s.pool, s.now())
	if err != nil {
		return err
	}
	var failed error
	for _, o := range over {
		clock, err := s.clocks.Start(o.profile, endTerm, o.at)
		if err == nil && clock.Late(s.now()) {
			err = s.windUp(ctx, o.number)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// windUp closes a workspace if that is overdue.
func (s *Service) windUp(ctx context.Context, number string) error {
	closed, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (bool, error) {
		if err := lockWorkspace(ctx, tx, number); err != nil {
			return false, err
		}
		found, err := s.list(ctx, tx, `w.number = @number`, pgx.NamedArgs{"number": number, "limit": 1})
		if err != nil || len(found) == 0 {
			return false, err
		}
		w := &found[0]
		e, err := s.endOf(ctx, tx, w)
		if err != nil || e == nil || !e.Clock.Late(s.now()) {
			return false, err
		}
		w.words, w.side = e.Words().Text(), OfPlatform
		return true, s.move(ctx, tx, platform(), w, WindUp)
	})
	if closed && err == nil {
		s.look(0)
		s.Wake()
	}
	return err
}

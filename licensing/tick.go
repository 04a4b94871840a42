package licensing

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// platform is who moves what nobody moved in time.
func platform() account.Actor { return account.System("applications") }

// Tick moves what its clocks have moved: an application that nobody accepted in
// time is accepted, one that was not completed or signed in time lapses, a grant
// whose term is over expires, holders are told of one that ends soon, and old
// drafts go. It may run as often as one
// likes; each case is moved in a transaction of its own.
func (s *Service) Tick(ctx context.Context) error {
	var failed error
	err := database.InBatches(ctx, s.batch, func(ctx context.Context, after int64, limit int) ([]Application, error) {
		return s.list(ctx, s.pool, `a.state IN ('submitted', 'returned', 'offered') AND a.id > @after`, `ORDER BY a.id LIMIT @limit`, pgx.NamedArgs{"after": after, "limit": limit})
	}, func(a *Application) int64 { return a.ID }, func(ctx context.Context, due []Application) error {
		for i := range due {
			if due[i].overtaken(s.now()) {
				failed = errors.Join(failed, s.overtake(ctx, due[i].Number))
			}
		}
		return nil
	})
	return errors.Join(err, failed, s.expire(ctx), s.tellEnding(ctx), s.dropDrafts(ctx), s.dropPapers(ctx))
}

// overtaken reports whether the step that a waits for was not taken in time.
func (a *Application) overtaken(now time.Time) bool {
	return a.Stage != nil && a.Stage.Late(now) && !(a.State == Offered && a.Waits())
}

// overtake moves one application whose step was not taken in time, as of the end
// of its last day: the next clock loses no day to the job that moves it.
func (s *Service) overtake(ctx context.Context, number string) error {
	who := platform()
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		a, err := s.lock(ctx, tx, number)
		if err != nil || !a.overtaken(s.now()) {
			return none, err
		}
		action := Lapse
		if a.State == Submitted {
			action = AcceptByItself
		}
		e := s.event(a, who, OfPlatform, action, "")
		e.Name = ""
		at := a.Stage.Last
		if err := s.next(a, action, who); err != nil {
			return none, err
		}
		if action == AcceptByItself {
			a.Automatic = true
		}
		if err := s.after(a, at); err != nil {
			return none, err
		}
		s.hold(a, at)
		return none, s.moved(ctx, tx, who, a, e)
	})
	if fault.KindOf(err) == fault.Conflict || fault.KindOf(err) == fault.NotFound {
		return nil // somebody moved it meanwhile
	}
	return err
}

func (s *Service) expire(ctx context.Context) error {
	return database.InBatches(ctx, s.batch, func(ctx context.Context, after int64, limit int) ([]Held, error) {
		return s.grants(ctx, s.pool, `g.state IN ('active', 'suspended') AND g.until_at <= @now AND g.id > @after`, `ORDER BY g.id LIMIT @limit`, pgx.NamedArgs{"now": s.now(), "after": after, "limit": limit})
	}, grantID, s.expireAll)
}

func grantID(g *Held) int64 { return g.ID }

func (s *Service) expireAll(ctx context.Context, over []Held) error {
	for _, g := range over {
		_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			var none struct{}
			locked, err := s.grants(ctx, tx, `g.id = @id AND g.state IN ('active', 'suspended')`, `FOR UPDATE OF g`, pgx.NamedArgs{"id": g.ID})
			if err != nil || len(locked) == 0 {
				return none, err
			}
			return none, s.moveGrant(ctx, tx, platform(), &locked[0], Expire, "")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropDrafts deletes drafts that nobody has saved for as long as the platform
// keeps them.
func (s *Service) dropDrafts(ctx context.Context) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		gone, err := deleteDrafts(ctx, tx, s.now().Add(-s.limits.Draft))
		if err != nil {
			return struct{}{}, err
		}
		for _, number := range gone {
			if err := audit.Append(ctx, tx, platform(), "application", number, "draft-dropped", nil); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// Forget takes out what an account that leaves wrote and nobody needs: its own
// drafts go, what is under way is withdrawn, and its grants are given back.
func (s *Service) Forget(ctx context.Context, tx pgx.Tx, user int64) error {
	held, err := s.grants(ctx, tx, `g.user_id = @user AND g.organisation_id IS NULL AND g.state IN ('active', 'suspended')`, `FOR UPDATE OF g`, pgx.NamedArgs{"user": user})
	if err != nil {
		return err
	}
	if err := dropApplications(ctx, tx, user, s.now()); err != nil { // after the grants that they renew are held
		return err
	}
	for i := range held {
		g := &held[i]
		g.State, g.StateAt, g.SuspendedBy = Surrendered, s.instant(), ""
		if err := updateGrant(ctx, tx, g); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, platform(), "grant", g.Number, string(Surrender), nil); err != nil {
			return err
		}
		if err := s.follow(ctx, tx, g.Number); err != nil {
			return err
		}
	}
	return nil
}

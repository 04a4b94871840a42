package scenario

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Tick moves what time alone moves: what was not completed lapses, what has ended
// expires, developers are told of what ends soon, reports are reminded of, warned of
// and at last suspend, and old drafts go. It may run as often as one likes; each
// scenario is moved in a transaction of its own.
func (s *Service) Tick(ctx context.Context) error {
	return errors.Join(s.lapse(ctx), s.expire(ctx), s.remind(ctx), s.tickReports(ctx), s.dropDrafts(ctx))
}

// each does something with the scenarios that a condition finds, each in a
// transaction of its own; what somebody moved meanwhile is no failure.
func (s *Service) each(ctx context.Context, where string, args pgx.NamedArgs, do func(context.Context, pgx.Tx, *Scenario) error) error {
	var failed error
	err := database.InBatches(ctx, s.batch, func(ctx context.Context, after int64, limit int) ([]Scenario, error) {
		args["after"], args["limit"] = after, limit
		return s.list(ctx, s.pool, where+` AND s.id > @after`, `ORDER BY s.id LIMIT @limit`, args)
	}, func(x *Scenario) int64 { return x.ID }, func(ctx context.Context, batch []Scenario) error {
		for i := range batch {
			_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
				x, err := s.lock(ctx, tx, batch[i].Number)
				if err == nil {
					err = do(ctx, tx, x)
				}
				return struct{}{}, err
			})
			if kind := fault.KindOf(err); err != nil && kind != fault.Conflict && kind != fault.NotFound {
				failed = errors.Join(failed, err)
			}
		}
		return nil
	})
	return errors.Join(err, failed)
}

func (s *Service) lapse(ctx context.Context) error {
	return s.each(ctx, `s.state = 'returned'`, pgx.NamedArgs{}, func(ctx context.Context, tx pgx.Tx, x *Scenario) error {
		if c := x.Running(Completion, 0); x.State != Returned || c == nil || !c.Late(s.now()) {
			return nil
		}
		return s.move(ctx, tx, platform(), x, OfPlatform, Lapse, s.instant())
	})
}

func (s *Service) expire(ctx context.Context) error {
	return s.each(ctx, `s.state IN ('authorised', 'active', 'suspended') AND s.until_at <= @now`, pgx.NamedArgs{}, func(ctx context.Context, tx pgx.Tx, x *Scenario) error {
		if x.Until == nil || s.now().Before(*x.Until) {
			return nil
		}
		return s.move(ctx, tx, platform(), x, OfPlatform, Expire, s.instant())
	})
}

// remind tells developers of what ends soon, twice (平台规则 scenario_ending).
func (s *Service) remind(ctx context.Context) error {
	var failed error
	for i, days := range []int{s.limits.Ending, s.limits.EndingAgain} {
		n := i + 1
		failed = errors.Join(failed, s.each(ctx, `s.state IN ('active', 'suspended') AND s.told < @told AND s.until_at > @now AND s.until_at <= @soon`,
			pgx.NamedArgs{"told": n, "soon": s.now().AddDate(0, 0, days)}, func(ctx context.Context, tx pgx.Tx, x *Scenario) error {
				if x.told >= n || n == 1 && s.now().AddDate(0, 0, s.limits.EndingAgain).After(*x.Until) {
					return nil // the other letter is due
				}
				x.told = n
				if err := save(ctx, tx, x); err != nil {
					return err
				}
				if err := record(ctx, tx, platform(), x, OfPlatform, s.instant(), Remind, ""); err != nil {
					return err
				}
				return s.tell(ctx, tx, x, OfPlatform, Remind)
			}))
	}
	return failed
}

// tickReports begins years, reminds, warns and suspends.
func (s *Service) tickReports(ctx context.Context) error {
	return s.each(ctx, `(s.state IN ('active', 'suspended') OR EXISTS (SELECT FROM scenario_reports r WHERE r.scenario_id = s.id AND r.state IN ('open', 'returned')))`, pgx.NamedArgs{}, func(ctx context.Context, tx pgx.Tx, x *Scenario) error {
		live := x.State == Active || x.State == Suspended
		if live {
			if err := s.nextReport(ctx, tx, x, s.now()); err != nil {
				return err
			}
		}
		open, err := s.selectReports(ctx, tx, `r.scenario_id = @id AND r.state IN ('open', 'returned')`, `ORDER BY r.number FOR UPDATE OF r`, pgx.NamedArgs{"id": x.ID})
		if err != nil {
			return err
		}
		for i := range open {
			if a := s.reportStep(&open[i], live, s.now()); a != "" {
				if err := s.moveReport(ctx, tx, platform(), x, &open[i], a); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// reportStep is what time makes of a report; empty: nothing.
func (s *Service) reportStep(r *Report, live bool, now time.Time) ReportAction {
	switch {
	case !live && !r.Begins.Before(now), !live && r.State == ReportOpen && r.Clock != nil && !r.Clock.Late(now):
		return VoidReport // the last certificate says what was done
	case !live || r.Clock == nil:
		return ""
	case r.Clock.Late(now) && r.WarnedAt == nil:
		return WarnReport
	case r.WarnedAt != nil && r.SuspendedAt == nil:
		if k, err := s.clocks.Start("", holdTerm, *r.WarnedAt); err == nil && k.Late(now) {
			return HoldReport
		}
	case r.State == ReportOpen && r.RemindedAt == nil && !r.Clock.Preliminary() && s.clocks.Days(now, r.Clock.Last) <= s.limits.Reminder:
		return RemindReport
	}
	return ""
}

// dropDrafts deletes drafts that nobody has saved for as long as the platform keeps
// them.
func (s *Service) dropDrafts(ctx context.Context) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		gone, err := deleteDrafts(ctx, tx, s.now().Add(-s.limits.Draft))
		if err != nil {
			return struct{}{}, err
		}
		for _, number := range gone {
			if err := audit.Append(ctx, tx, platform(), "scenario", number, "draft-dropped", nil); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

package use

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
)

// mostBegun is how many periods one turn begins; the next goes on.
const mostBegun = 10000

// Tick does what time alone brings: periods begin, letters remind and warn, and a
// grant is suspended whose report did not come after its warning. Each case is moved
// in a transaction of its own; it may run as often as one likes.
func (s *Service) Tick(ctx context.Context) error {
	return errors.Join(s.begin(ctx), s.tickReports(ctx), s.tickDestructions(ctx), s.tickAudits(ctx))
}

// begin opens what a grant brings and nobody opened: the next period, and what is
// owed of grants that ended before there was such a duty.
func (s *Service) begin(ctx context.Context) error {
	rows, err := s.pool.Query(ctx, `
		SELECT g.number FROM grants g
		WHERE g.state IN ('active', 'suspended') AND NOT EXISTS (SELECT FROM use_reports r WHERE r.grant_id = g.id AND r.state = 'open')
		   OR g.state NOT IN ('active', 'suspended') AND NOT EXISTS (SELECT FROM use_destructions x WHERE x.grant_id = g.id)
		UNION SELECT g.number FROM use_reports r JOIN grants g ON g.id = r.grant_id AND g.state IN ('active', 'suspended') WHERE r.state = 'open' AND r.begins_at < @before
		ORDER BY 1 LIMIT @limit`, pgx.NamedArgs{"limit": mostBegun, "before": s.now().AddDate(0, -1, 0)})
	if err != nil {
		return fmt.Errorf("what begins: %w", err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("what begins: %w", err)
	}
	return each(ctx, s, numbers, s.follow)
}

// each does something with each in a transaction of its own; what somebody moved
// meanwhile is no failure.
func each[K any](ctx context.Context, s *Service, keys []K, do func(context.Context, pgx.Tx, K) error) error {
	var failed []error
	for _, key := range keys {
		_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) { return struct{}{}, do(ctx, tx, key) })
		if kind := fault.KindOf(err); kind != fault.Conflict && kind != fault.NotFound {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// due does something, in a transaction of its own, with each of what a step is due of.
// What is read in between is never more than a batch.
func due[T any](ctx context.Context, s *Service, read func(ctx context.Context, after int64, limit int) ([]T, error), id func(*T) int64, step func(*T) string, do func(context.Context, pgx.Tx, int64) error) error {
	var failed error
	err := database.InBatches(ctx, s.batch, read, id, func(ctx context.Context, batch []T) error {
		var ids []int64
		for i := range batch {
			if step(&batch[i]) != "" {
				ids = append(ids, id(&batch[i]))
			}
		}
		failed = errors.Join(failed, each(ctx, s, ids, do))
		return nil
	})
	return errors.Join(err, failed)
}

// near reports whether a clock has come to the working days of its reminder.
func (s *Service) near(c *deadline.Clock, now time.Time, days int) bool {
	return c != nil && !c.Preliminary() && s.clocks.Days(now, c.Last) <= days
}

func (s *Service) tickReports(ctx context.Context) error {
	return due(ctx, s, func(ctx context.Context, after int64, limit int) ([]Report, error) {
		return s.reports(ctx, s.pool, `r.state IN ('open', 'returned') AND r.id > @after`, `ORDER BY r.id LIMIT @limit`, pgx.NamedArgs{"after": after, "limit": limit})
	}, func(r *Report) int64 { return r.ID }, s.reportStep, func(ctx context.Context, tx pgx.Tx, id int64) error {
		r, err := s.lockReport(ctx, tx, grantOfReport, pgx.NamedArgs{"id": id, "number": 0})
		if err != nil {
			return err
		}
		now := s.instant()
		switch s.reportStep(r) {
		case "remind":
			r.RemindedAt = &now
			if err := saveReport(ctx, tx, r, platform()); err != nil {
				return err
			}
			return s.tell(ctx, tx, &r.Grant, Notice{About: AboutReport, Act: "remind", Subject: r.ID, Number: r.Number}, r.Clock, licensing.OfApplicant)
		case "warn":
			return s.moveReport(ctx, tx, platform(), r, WarnOfReport, licensing.OfPlatform, "")
		case "suspend":
			return s.suspend(ctx, tx, r)
		}
		return nil
	})
}

// reportStep is what is due of a report that its holder owes: a reminder, a
// warning, or the suspension that follows a warning; empty: nothing yet.
func (s *Service) reportStep(r *Report) string {
	now := s.now()
	switch {
	case !r.Waits():
	case r.Late(now) && r.WarnedAt == nil:
		return "warn"
	case r.Late(now) && r.Breaks != nil && r.Breaks.Late(now) && r.Suspended == nil && r.Grant.State == licensing.Active && now.Before(r.Grant.Until):
		return "suspend"
	case !r.Late(now) && r.RemindedAt == nil && r.State == ReportOpen && s.near(r.Clock, now, s.limits.Reminder):
		return "remind"
	}
	return ""
}

// suspend stops the grant of a report that was warned of and did not come.
func (s *Service) suspend(ctx context.Context, tx pgx.Tx, r *Report) error {
	moved, err := s.licensing.ByPlatform(ctx, tx, r.Grant.ID, licensing.Suspend, reportLate)
	if err != nil || !moved {
		return err
	}
	now := s.instant()
	r.Suspended = &now
	if err := saveReport(ctx, tx, r, platform()); err != nil {
		return err
	}
	if err := s.note(ctx, tx, platform(), ofReport, r.ID, Event{Act: string(ReportBreaks), State: string(r.State)}); err != nil {
		return err
	}
	return s.tell(ctx, tx, &r.Grant, Notice{About: AboutReport, Act: "suspend", Subject: r.ID, Number: r.Number}, r.Clock, licensing.OfDepartment)
}

func (s *Service) tickDestructions(ctx context.Context) error {
	return due(ctx, s, func(ctx context.Context, after int64, limit int) ([]Destruction, error) {
		return s.destructions(ctx, s.pool, `x.state IN ('owed', 'wanting') AND x.warned_at IS NULL AND x.id > @after`, `ORDER BY x.id LIMIT @limit`, pgx.NamedArgs{"after": after, "limit": limit})
	}, func(d *Destruction) int64 { return d.ID }, s.destructionStep, func(ctx context.Context, tx pgx.Tx, id int64) error {
		d, err := s.lockDestruction(ctx, tx, `g.id = (SELECT grant_id FROM use_destructions WHERE id = @id)`, pgx.NamedArgs{"id": id})
		if err != nil {
			return err
		}
		switch s.destructionStep(d) {
		case "remind":
			now := s.instant()
			d.RemindedAt = &now
			if err := saveDestruction(ctx, tx, d, platform()); err != nil {
				return err
			}
			return s.tell(ctx, tx, &d.Grant, Notice{About: AboutDestruction, Act: "remind", Subject: d.ID}, d.Clock, licensing.OfApplicant)
		case "warn":
			return s.moveDestruction(ctx, tx, platform(), d, WarnOfDestroy, licensing.OfPlatform, "")
		}
		return nil
	})
}

// destructionStep is what is due of a destruction that its holder owes: a reminder or
// a warning; empty: nothing yet.
func (s *Service) destructionStep(d *Destruction) string {
	return s.step(d.Waits(), d.Clock, d.RemindedAt, d.WarnedAt, s.limits.Destruction)
}

// step is remind or warn, of what somebody owes that knows of neither; empty: nothing
// yet.
func (s *Service) step(waits bool, c *deadline.Clock, reminded, warned *time.Time, days int) string {
	now := s.now()
	switch late := c != nil && c.Late(now); {
	case !waits || warned != nil:
	case late:
		return "warn"
	case reminded == nil && s.near(c, now, days):
		return "remind"
	}
	return ""
}

func (s *Service) tickAudits(ctx context.Context) error {
	return due(ctx, s, func(ctx context.Context, after int64, limit int) ([]Audit, error) {
		return s.audits(ctx, s.pool, `u.state = 'asked' AND u.warned_at IS NULL AND u.id > @after`, `ORDER BY u.id LIMIT @limit`, pgx.NamedArgs{"after": after, "limit": limit})
	}, func(a *Audit) int64 { return a.ID }, s.auditStep, func(ctx context.Context, tx pgx.Tx, id int64) error {
		a, err := s.lockAudit(ctx, tx, id)
		if err != nil {
			return err
		}
		switch s.auditStep(a) {
		case "remind":
			now := s.instant()
			a.RemindedAt = &now
			if err := saveAudit(ctx, tx, a, platform()); err != nil {
				return err
			}
			return s.tell(ctx, tx, &a.Grant, Notice{About: AboutAudit, Act: "remind", Subject: a.ID, Draw: a.Draw.Number}, a.Clock, licensing.OfApplicant)
		case "warn":
			return s.moveAudit(ctx, tx, platform(), a, AuditStep{Action: WarnOfAudit}, licensing.OfPlatform)
		}
		return nil
	})
}

// auditStep is what is due of an audit that its holder has to answer.
func (s *Service) auditStep(a *Audit) string {
	return s.step(a.Waits(), a.Clock, a.RemindedAt, a.WarnedAt, s.limits.Audit)
}

package demands

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/reports"
)

// kept is where the reports on demands lie.
var kept = reports.Kept{Table: "demand_reports", Key: "demand_id"}

// Report says what is wrong with a public demand: once for each account. It
// returns fault.Invalid at the field, fault.Conflict for what the account
// reported already, and fault.TooMany above the number of reports a day.
func (s *Service) Report(ctx context.Context, who account.Actor, number int64, reason reports.Reason) error {
	if who.IsVisitor() || who.Key != "" {
		return errSignIn()
	}
	d, err := s.One(ctx, account.Actor{}, number)
	if err != nil {
		return err
	}
	if !d.Public() {
		return errNone()
	}
	if err := reason.Check(); err != nil {
		return err
	}
	if err := s.allow(ctx, ReportBucket, who, "今天举报得太多了，请明天再来。"); err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := kept.Insert(ctx, tx, d.ID, who.ID, reason, s.now()); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "demand", id(d), "report", map[string]string{"reason": string(reason)})
	})
	return err
}

// judge hides a demand with a reason that is public, dismisses what was reported
// of it, or shows again what was hidden: then its clock runs as if it had never
// stopped.
func (s *Service) judge(ctx context.Context, tx pgx.Tx, who account.Actor, d *Demand, action Action, words string) error {
	now := s.now().Truncate(time.Microsecond)
	if action == Hide {
		reason, err := datasets.CleanLine("words", words)
		if err != nil {
			return err
		}
		d.HideReason = reason
	}
	if _, err := lifecycle.Next(d.State, action, who, d); err != nil {
		if f := fault.Of(err); f.Field == "reason" { // the one field of words of this page
			return fault.At("words", f.Sentence, f.Args...)
		}
		return err
	}
	switch action {
	case Hide:
		d.HiddenAt, d.Hider = &now, who.Name
		if err := endTurn(ctx, tx, d.ID, Hide, now); err != nil {
			return err
		}
		d.Clock = nil
	case Show:
		d.HiddenAt, d.Hider, d.HideReason = nil, "", ""
		if err := reopenTurn(ctx, tx, d.ID, Hide); err != nil {
			return err
		}
	}
	if err := saveHidden(ctx, tx, d, who.ID); err != nil {
		return err
	}
	if action != Show {
		if err := kept.Close(ctx, tx, d.ID, now, action == Hide); err != nil {
			return err
		}
	}
	if action != Keep { // whether somebody reported it is nobody's business
		if _, err := s.step(ctx, tx, who, d, Step{Act: string(action), Words: d.HideReason}); err != nil {
			return err
		}
	}
	detail := map[string]string{}
	if action == Hide {
		detail["reason"] = d.HideReason
	}
	return audit.Append(ctx, tx, who, "demand", id(d), string(action), detail)
}

// Reports are what readers said of a demand, for the desks that decide.
func (s *Service) Reports(ctx context.Context, who account.Actor, number int64) ([]reports.Report, error) {
	d, err := s.AtDesk(ctx, who, number)
	if err != nil {
		return nil, err
	}
	return kept.Of(ctx, s.pool, d.ID)
}

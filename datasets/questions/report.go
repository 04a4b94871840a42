package questions

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/reports"
)

// ReportBucket names the limit of how many questions one account reports.
const ReportBucket = "question-report"

// kept is where the reports on questions lie.
var kept = reports.Kept{Table: "question_reports", Key: "question_id"}

func withReason(q *Question) error { return reports.Public(q.HideReason) }

func reported(q *Question) error { return reports.Waiting(q.Reported) }

// Public is an answered question about an entry that who can see.
func (s *Service) Public(ctx context.Context, who account.Actor, slug string, number int64) (*Question, error) {
	d, err := s.catalogue.Dataset(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	found, err := s.list(ctx, `q.id = @id AND q.dataset_id = @dataset AND q.state = 'answered' AND d.status = 'published'`, pgx.NamedArgs{"id": number, "dataset": d.ID, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	return &found[0], nil
}

// Report says what is wrong with a public question or its answer: once for each
// account and question. It returns fault.Invalid at the field, fault.Conflict
// for what the account reported already, and fault.TooMany above the number of
// reports a day.
func (s *Service) Report(ctx context.Context, who account.Actor, slug string, number int64, reason reports.Reason) error {
	if who.IsVisitor() || who.Key != "" {
		return fault.New(fault.Unauthenticated, "请先登录。")
	}
	q, err := s.Public(ctx, who, slug, number)
	if err != nil {
		return err
	}
	if err := reason.Check(); err != nil {
		return err
	}
	limit, err := s.limits.Allow(ctx, ReportBucket, strconv.FormatInt(who.ID, 10))
	if err != nil {
		return err
	}
	if !limit.Allowed {
		return fault.New(fault.TooMany, "今天举报得太多了，请明天再来。")
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := kept.Insert(ctx, tx, q.ID, who.ID, reason, s.now()); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "question", id(q), "report", map[string]string{"reason": string(reason)})
	})
	return err
}

// Judge hides an answered question with a reason that is public, dismisses what
// was reported of it, or shows again what was hidden. Revision is that of the
// page it was done on. It returns fault.Conflict where somebody was first, and
// fault.NotFound for what is not of who's department.
func (s *Service) Judge(ctx context.Context, who account.Actor, number int64, action Action, reason string, revision int) (*Question, error) {
	reason, err := datasets.CleanLine("reason", reason)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Question, error) {
		q, err := lock(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		if who.Key != "" || !answers(who, q) {
			return nil, errNone()
		}
		if q.Revision != revision {
			return q, fault.New(fault.Conflict, "这个问题在您打开之后已经有人处理过，请重新打开看看。")
		}
		from := q.State
		q.HideReason, q.Hider, q.HiddenAt = "", "", nil
		if action == Hide {
			now := s.now().Truncate(time.Microsecond)
			q.HideReason, q.Hider, q.HiddenAt = reason, who.Name, &now
		}
		if q.State, err = lifecycle.Next(from, action, who, q); err != nil {
			return q, err
		}
		if err := saveJudged(ctx, tx, q, who.ID); err != nil {
			return nil, err
		}
		if action != Show {
			if err := kept.Close(ctx, tx, q.ID, s.now(), action == Hide); err != nil {
				return nil, err
			}
		}
		detail := audit.Moved(from, q.State)
		if action == Hide {
			detail["reason"] = reason
		}
		if err := audit.Append(ctx, tx, who, "question", id(q), string(action), detail); err != nil || action == Keep {
			return q, err
		}
		if err := s.catalogue.Retract(ctx, tx, q.Dataset.ID, datasets.EventAnswer, id(q), q.State == Hidden); err != nil {
			return nil, err
		}
		return q, s.catalogue.Announce(ctx, tx, q.Dataset.ID)
	})
}

// Reports are what readers said of a question, the newest first, for its
// department.
func (s *Service) Reports(ctx context.Context, who account.Actor, number int64) ([]reports.Report, error) {
	q, err := s.One(ctx, who, number)
	if err != nil {
		return nil, err
	}
	if !answers(who, q) {
		return nil, errNone()
	}
	return kept.Of(ctx, s.pool, number)
}

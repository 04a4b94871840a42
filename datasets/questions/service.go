package questions

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/quality"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
)

// Bucket names the limit of how many questions one account asks.
const Bucket = "question"

// Limiter counts what somebody does, as account.Service does.
type Limiter interface {
	Allow(ctx context.Context, bucket, subject string) (account.Limit, error)
}

// Service has every operation on questions.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	clocks    *deadline.Clocks
	limits    Limiter
	now       func() time.Time
}

// New returns the questions about a catalogue.
func New(pool *pgxpool.Pool, catalogue *datasets.Service, clocks *deadline.Clocks, limits Limiter, now func() time.Time) *Service {
	return &Service{pool: pool, catalogue: catalogue, clocks: clocks, limits: limits, now: now}
}

// term is how long a department has to answer: no text says.
var term = deadline.Term{House: "question_answer"}

func errNone() error { return fault.New(fault.NotFound, "没有这个问题。") }

// Ask asks about an entry that who can see. It returns fault.Invalid at the
// field, fault.Conflict for what was asked already, and fault.TooMany above the
// number of questions a day.
func (s *Service) Ask(ctx context.Context, who account.Actor, slug, asker, body string) (*Question, error) {
	q, err := s.prepare(ctx, who, slug, asker, body)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Question, error) {
		if err := insert(ctx, tx, q); err != nil {
			if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.ConstraintName == "questions_once" {
				return nil, fault.New(fault.Conflict, "这个问题您已经问过了，还没有答复。").Because(err)
			}
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "question", id(q), "ask", map[string]string{"dataset": q.Dataset.Slug}); err != nil {
			return nil, err
		}
		return q, s.tellDepartment(ctx, tx, q)
	})
}

// Waste takes what a program wrote into a field that people do not see: it is
// judged and counted as any question, and stored nowhere.
func (s *Service) Waste(ctx context.Context, who account.Actor, slug, asker, body string) error {
	_, err := s.prepare(ctx, who, slug, asker, body)
	return err
}

// prepare is all of asking but the writing.
func (s *Service) prepare(ctx context.Context, who account.Actor, slug, asker, body string) (*Question, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, fault.New(fault.Unauthenticated, "请先登录。")
	}
	d, err := s.catalogue.Dataset(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	if d.Status != datasets.Published {
		return nil, fault.New(fault.Conflict, "这个条目没有公开，不能提问。")
	}
	q := &Question{Dataset: *d, User: who.ID, AskedAt: s.now().Truncate(time.Microsecond), State: Open, Revision: 1}
	if q.Asker, err = datasets.CleanLine("asker", asker); err != nil {
		return nil, err
	}
	if q.Asker == "" {
		return nil, fault.At("asker", "请写一个公开时显示的称呼，可以不是真名。")
	}
	if err := account.NobodysOffice(ctx, s.pool, "asker", q.Asker); err != nil {
		return nil, err
	}
	if q.Body, err = datasets.CleanProse("body", body); err != nil {
		return nil, err
	}
	if len([]rune(q.Body)) < shortest || len([]rune(q.Body)) > longest {
		return nil, fault.At("body", "请用 %d 到 %d 个字写清问题。", shortest, longest)
	}
	for _, f := range []struct{ field, words string }{{"asker", q.Asker}, {"body", q.Body}} {
		if quality.Personal(f.words, s.now()) {
			return nil, fault.At(f.field, "这里像是有证件号、手机号、银行卡号或邮箱。问题会公开，请删去再送出。")
		}
	}
	limit, err := s.limits.Allow(ctx, Bucket, strconv.FormatInt(who.ID, 10))
	if err != nil {
		return nil, err
	}
	if !limit.Allowed {
		return nil, fault.New(fault.TooMany, "今天问得太多了，请明天再问。")
	}
	clock, err := s.clocks.Start(d.Department.Profile, term, q.AskedAt)
	if err != nil {
		return nil, err
	}
	q.Clock, q.clock = &clock, clock.Ref
	return q, nil
}

// How long a question may be, in characters.
const (
	shortest = 5
	longest  = 1000
)

// Move answers, declines or takes back a question. Revision is that of the
// page it was done on. It returns fault.Conflict where somebody was first, and
// fault.NotFound for what who may not see.
func (s *Service) Move(ctx context.Context, who account.Actor, number int64, action Action, answer string, revision int) (*Question, error) {
	answer, err := datasets.CleanProse("answer", answer)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Question, error) {
		q, err := lock(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		if !mayMove(who, q, action) {
			return nil, errNone()
		}
		if q.Revision != revision {
			return q, fault.New(fault.Conflict, "这个问题在您打开之后已经有人处理过，请重新打开看看。")
		}
		from := q.State
		if action != TakeBack {
			q.Answer, q.Answerer = answer, who.Name
			now := s.now().Truncate(time.Microsecond)
			q.At = &now
		}
		if q.State, err = lifecycle.Next(from, action, who, q); err != nil {
			return q, err
		}
		if err := save(ctx, tx, q, who.ID); err != nil {
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "question", id(q), string(action), audit.Moved(from, q.State)); err != nil {
			return nil, err
		}
		s.resume(q)
		if err := s.tellAsker(ctx, tx, q); err != nil || q.State != Answered {
			return q, err
		}
		if err := s.catalogue.Happened(ctx, tx, q.Dataset.ID, datasets.EventAnswer, q.ID, id(q), datasets.EventDetail{Title: beginning(q.Body)}); err != nil {
			return nil, err
		}
		return q, s.catalogue.Announce(ctx, tx, q.Dataset.ID)
	})
}

// mayMove reports whether q is who's to move: to answer, of the department; to
// take back, of the asker.
func mayMove(who account.Actor, q *Question, action Action) bool {
	if who.Key != "" || who.IsVisitor() {
		return false
	}
	if action == TakeBack {
		return q.User == who.ID
	}
	return answers(who, q)
}

// answers reports whether who is an officer of the department that is asked.
func answers(who account.Actor, q *Question) bool {
	return who.Is(account.Officer) && who.Department != 0 && who.Department == q.Dataset.Department.ID
}

// Of are the answered questions about an entry, the newest first, for everybody
// who can see the entry.
func (s *Service) Of(ctx context.Context, who account.Actor, slug string, limit int) ([]Question, error) {
	d, err := s.catalogue.Dataset(ctx, who, slug) // who may see the entry may see what was answered about it
	if err != nil {
		return nil, err
	}
	return s.list(ctx, `q.dataset_id = @dataset AND q.state = 'answered'`, pgx.NamedArgs{"dataset": d.ID, "limit": limit})
}

// Gone are the questions about an entry that were hidden, the newest first, for
// everybody who can see the entry: number, day and reason alone.
func (s *Service) Gone(ctx context.Context, who account.Actor, slug string) ([]Question, error) {
	d, err := s.catalogue.Dataset(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `SELECT id, hidden_at, hidden_reason FROM questions WHERE dataset_id = $1 AND state = 'hidden' ORDER BY id DESC LIMIT 200`, d.ID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (q Question, err error) {
		q.State = Hidden
		return q, row.Scan(&q.ID, &q.HiddenAt, &q.HideReason)
	})
}

// Days is how many working days d's department has to answer.
func (s *Service) Days(d *datasets.Dataset) int {
	clock, err := s.clocks.Start(d.Department.Profile, term, s.now())
	if err != nil {
		return 0
	}
	n, _ := clock.Rule.Number()
	return n
}

// InTime counts, of the questions about what a department has open that came to
// their day, those that were answered or declined by then. One that waits
// within its time, or whose day is only preliminary, is not counted.
func (s *Service) InTime(ctx context.Context, department string) (datasets.Share, error) {
	var out datasets.Share
	all, err := s.owed(ctx, department)
	for i := range all {
		q := &all[i]
		switch {
		case q.Clock == nil || q.Clock.Preliminary() || q.State == Open && !q.Late(s.now()):
		case q.State == Open || q.Clock.Late(*q.At):
			out.All++
		default:
			out.Yes++
			out.All++
		}
	}
	return out, err
}

// Asked are who's own questions.
func (s *Service) Asked(ctx context.Context, who account.Actor) ([]Question, error) {
	if who.IsVisitor() {
		return nil, fault.New(fault.Unauthenticated, "请先登录。")
	}
	return s.list(ctx, `q.user_id = @user`, pgx.NamedArgs{"user": who.ID, "limit": 200})
}

// Department are the questions to who's department: those to be answered and
// those that were reported, unless all are asked for.
func (s *Service) Department(ctx context.Context, who account.Actor, all bool) ([]Question, error) {
	if !who.Is(account.Officer) || who.Department == 0 {
		return nil, fault.New(fault.Forbidden, "只有部门的数据专员能看这一页。")
	}
	return s.list(ctx, `d.department_id = @department AND q.state <> 'taken_back' AND (@all OR q.state = 'open' OR q.state = 'answered' AND EXISTS (SELECT FROM question_reports w WHERE w.question_id = q.id AND w.closed_at IS NULL))`, pgx.NamedArgs{"department": who.Department, "all": all, "limit": 200})
}

// One is the question with that number, for its asker and its department; for
// others once it is answered.
func (s *Service) One(ctx context.Context, who account.Actor, number int64) (*Question, error) {
	found, err := s.list(ctx, `q.id = @id`, pgx.NamedArgs{"id": number, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || !(answers(who, &found[0]) || !who.IsVisitor() && found[0].User == who.ID) {
		return nil, errNone()
	}
	return &found[0], nil
}

// Waiting implements inbox.Source: questions that who's department has not
// answered, and those with reports that it has not looked at.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Is(account.Officer) || who.Department == 0 {
		return nil, nil
	}
	open, err := s.Department(ctx, who, false)
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range open {
		q := &open[i]
		if q.State != Open {
			out = append(out, inbox.Item{Kind: "question-report", ID: id(q), Title: inbox.Text{Zh: beginning(q.Body)}, Sub: inbox.Text{Zh: q.Dataset.Title, En: q.Dataset.TitleEN},
				Ask: "有人举报，请看要不要隐藏。", Path: "/desk/questions/" + id(q), Since: *q.ReportedAt})
			continue
		}
		out = append(out, inbox.Item{Kind: "question", ID: id(q), Title: inbox.Text{Zh: beginning(q.Body)}, Sub: inbox.Text{Zh: q.Dataset.Title, En: q.Dataset.TitleEN},
			Ask: "请答复。", Path: "/desk/questions/" + id(q), Since: q.AskedAt, Clock: q.Clock, After: "到期没有答复，列为逾期，仍要答复。"})
	}
	return out, nil
}

// beginning is the first words of a question, for lists and letters.
func beginning(body string) string {
	r := []rune(body)
	for i, c := range r {
		if c == '\n' || i == 60 {
			return string(r[:i]) + "…"
		}
	}
	return body
}

func id(q *Question) string { return strconv.FormatInt(q.ID, 10) }

// resume sets q's clock by the rule that it began under.
func (s *Service) resume(q *Question) {
	if clock, err := s.clocks.Resume(q.clock); err == nil {
		q.Clock = &clock
	}
}

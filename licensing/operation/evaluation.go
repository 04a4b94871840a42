package operation

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// Evaluation is what the body found of the operator in one cycle.
type Evaluation struct {
	From, Last time.Time // days
	Verdict    string    // code of mandate_evaluation
	Findings   string
	Income     int64 // fen that the operator took in the cycle
	Carried    int64 // of it, beyond the permitted income: deducted in the next cycle
	By         string
	At         time.Time
}

// NewEvaluation is what somebody of the body writes about a cycle.
type NewEvaluation struct {
	From     string // first day of the cycle
	Verdict  string
	Findings string
	Income   int64
}

// Cycles are the cycles of a mandate that have ended by t, or were cut short, the
// oldest first: the first day of each and the first after it.
func (m *Mandate) Cycles(t time.Time) (out [][2]time.Time) {
	if m.BodySigned.At == nil {
		return nil
	}
	end := m.Until
	if m.State.Over() && m.StateAt.Before(end) {
		end = m.StateAt
	}
	for from := m.From; from.Before(end); {
		until := deadline.Months(from, m.Cycle)
		if until.After(end) {
			until = end
		}
		if until.After(t) {
			break
		}
		out = append(out, [2]time.Time{from, until})
		from = until
	}
	return out
}

// IncomePeriod is the period of permitted income that t lies in: its first moment and the first
// after it. It returns false where nothing is set or t lies in none.
func (m *Mandate) IncomePeriod(t time.Time) (from, until time.Time, ok bool) {
	if m.Income == 0 || m.IncomeMonths < 1 || m.BodySigned.At == nil || t.Before(m.From) || !t.Before(m.Until) {
		return from, until, false
	}
	for from = m.From; ; from = until {
		if until = deadline.Months(from, m.IncomeMonths); until.After(m.Until) {
			until = m.Until
		}
		if t.Before(until) {
			return from, until, true
		}
	}
}

// Permitted is the income that is permitted in the period that begins at from: what an
// evaluation of the time before it found beyond what was permitted then is deducted.
func (v *View) Permitted(from time.Time) (fen, deducted int64) {
	for _, e := range v.Evaluations {
		if next := e.Last.AddDate(0, 0, 1); next.Format(time.DateOnly) == from.In(workdays.Zone).Format(time.DateOnly) {
			deducted = e.Carried
		}
	}
	return max(0, v.Income-deducted), deducted
}

// Evaluate records what the body found in a cycle that has ended. Each is recorded
// once and stays.
func (s *Service) Evaluate(ctx context.Context, who account.Actor, number string, n NewEvaluation) (*Mandate, error) {
	findings, err := prose("findings", n.Findings)
	if err != nil {
		return nil, err
	}
	from, err := dayOf("from", n.From)
	if err != nil {
		return nil, err
	}
	if _, err := s.known("verdict", "mandate_evaluation", []string{n.Verdict}); err != nil {
		return nil, err
	}
	if findings == "" {
		return nil, fault.At("findings", "请写明评估的情况。")
	}
	if n.Income < 0 || n.Income > 1e15 {
		return nil, fault.At("income", "请写金额。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Mandate, error) {
		m, err := s.mandateBy(ctx, tx, number, true)
		if err != nil {
			return nil, err
		}
		p, err := s.partyOf(ctx, tx, who, m)
		switch {
		case err != nil:
			return nil, err
		case !p.sees(m):
			return nil, errNoMandate()
		case !p.own || !who.Is(account.Authority):
			return m, errNotYours()
		}
		e := Evaluation{Verdict: n.Verdict, Findings: findings, Income: n.Income, By: who.Name, At: s.instant()}
		for _, c := range m.Cycles(s.instant()) {
			if c[0].Equal(from) {
				e.From, e.Last = c[0], c[1].Add(-time.Nanosecond).In(workdays.Zone)
			}
		}
		if e.From.IsZero() {
			return m, fault.At("from", "没有从这一天开始、已经结束的评估周期。")
		}
		if m.Income > 0 {
			e.Carried = max(0, n.Income-m.Income)
		}
		made, err := insertEvaluation(ctx, tx, who, m.ID, e)
		if err != nil {
			return m, err
		}
		if !made {
			return m, fault.At("from", "这个周期已经评估过。")
		}
		if err := s.happened(ctx, tx, who, "mandate", m.ID, Event{Act: "evaluate", Side: OfBody, Words: findings, State: string(m.State)}); err != nil {
			return m, err
		}
		return m, audit.Append(ctx, tx, who, "mandate", m.Number, "evaluate", map[string]string{"from": from.Format(time.DateOnly), "verdict": n.Verdict})
	})
}

// NextCycle is the first day of the oldest cycle that has ended by t and was not
// evaluated; zero: there is none.
func (v *View) NextCycle(t time.Time) time.Time { return next(v.Mandate, v.Evaluations, t) }

func next(m *Mandate, done []Evaluation, t time.Time) time.Time {
	for _, c := range m.Cycles(t) {
		if !slices.ContainsFunc(done, func(e Evaluation) bool { return e.From.Format(time.DateOnly) == day(c[0]) }) {
			return c[0]
		}
	}
	return time.Time{}
}

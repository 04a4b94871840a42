package supervision

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// Score is what orders, breach cases and incidents say of a department, for those who
// may know of them.
type Score struct {
	PutRight  datasets.Share // of the orders to it, those that were put right
	InTime    datasets.Share // of the orders that were answered or came to their day, those answered by then
	Overdue   datasets.Share // of the orders that run, those whose day it has let pass
	Decided   datasets.Share // of the breach cases about its data, those that were decided
	Breached  datasets.Share // of what was decided about its own use of others' data, what was a breach
	Incidents datasets.Share // of the incidents with its data, those that were closed
}

// ScoreOf counts what who may know of a department: one's own, those one oversees, and
// for the regulator any. may is false for everybody else.
func (s *Service) ScoreOf(ctx context.Context, who account.Actor, slug string) (out Score, may bool, err error) {
	var d datasets.Department
	err = s.pool.QueryRow(ctx, `SELECT id, profile FROM departments WHERE slug = $1`, slug).Scan(&d.ID, &d.Profile)
	if errors.Is(err, pgx.ErrNoRows) {
		return out, false, nil
	}
	if err != nil {
		return out, false, err
	}
	side, err := s.orderParty(ctx, s.pool, who, d.ID, d.Profile)
	if err != nil || side == "" {
		return out, false, err
	}
	all, err := s.orderList(ctx, s.pool, `o.department_id = @department AND o.state <> 'withdrawn'`, `o.id`, pgx.NamedArgs{"department": d.ID, "limit": mostLate})
	if err != nil {
		return out, false, err
	}
	now := s.now()
	for i := range all {
		out.count(&all[i], all[i].Overdue(now))
	}
	err = s.pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM breaches WHERE department_id = @department AND outcome <> ''), (SELECT count(*) FROM breaches WHERE department_id = @department AND opened_at IS NOT NULL),
		       (SELECT count(*) FROM breaches WHERE holder_department_id = @department AND outcome NOT IN ('', 'none') AND state <> 'overturned'), (SELECT count(*) FROM breaches WHERE holder_department_id = @department AND outcome <> ''),
		       (SELECT count(*) FROM incidents WHERE department_id = @department AND state = 'closed'), (SELECT count(*) FROM incidents WHERE department_id = @department AND state <> 'void')`,
		pgx.NamedArgs{"department": d.ID}).Scan(&out.Decided.Yes, &out.Decided.All, &out.Breached.Yes, &out.Breached.All, &out.Incidents.Yes, &out.Incidents.All)
	if err != nil {
		return out, false, fmt.Errorf("score of supervision: %w", err)
	}
	return out, true, nil
}

// count takes in one order. One that waits within its time says nothing about time.
func (x *Score) count(o *Order, overdue bool) {
	x.PutRight.All++
	if o.State == OrderClosed {
		x.PutRight.Yes++
	}
	if o.State.Owed() {
		x.Overdue.All++
		if overdue {
			x.Overdue.Yes++
		}
	} else if o.State == OrderAnswered {
		x.Overdue.All++
	}
	switch {
	case o.Due == nil || o.Due.Preliminary():
	case overdue:
		x.InTime.All++
	case !o.State.Owed():
		x.InTime.All++
		if !o.Due.Late(*o.AnsweredAt) {
			x.InTime.Yes++
		}
	}
}

// Oversees reports whether who may issue orders to the department with that slug.
func (s *Service) Oversees(ctx context.Context, who account.Actor, d datasets.Department) (bool, error) {
	if who.Key != "" || !who.Is(account.Authority) || who.Department == d.ID {
		return false, nil
	}
	return overseen(ctx, s.pool, who, d.Profile)
}

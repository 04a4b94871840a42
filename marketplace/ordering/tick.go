package ordering

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// timed are the moves that time makes: which orders may be due, and whether one is, once
// it is held. Clocks are counted anew: a calendar that came later counts.
var timed = []struct {
	action Action
	where  string
	due    func(*Order, time.Time) bool
	words  string
}{
	{Lapse, `o.state = 'created'`, late, "到期没有都签署"},
	{Lapse, `o.state = 'awaiting_payment'`, late, "到期没有付款"},
	{Silence, `o.state = 'delivered'`, late, "期内没有异议"},
	{Notice, `o.state = 'accepted' AND o.noticed_at IS NULL AND o.term_until < @soon`, func(o *Order, now time.Time) bool { return o.NoticedAt == nil && now.Before(*o.TermUntil) }, ""},
	{End, `o.state = 'accepted' AND o.term_until <= @now`, func(o *Order, now time.Time) bool { return !now.Before(*o.TermUntil) }, "期满"},
}

func late(o *Order, now time.Time) bool { return o.Clock != nil && o.Clock.Late(now) && !o.Held() }

// Tick makes what time makes of orders: contracts that nobody signed and orders that
// nobody paid expire, silence is acceptance, the end of a term is said before, and ends.
// One that fails is left for the next time, and keeps no other one.
func (s *Service) Tick(ctx context.Context) error {
	now := s.now()
	var failed []error
	for _, t := range timed {
		numbers, err := selectDue(ctx, s.pool, t.where, pgx.NamedArgs{"now": now, "soon": now.AddDate(0, 0, s.Rules.Notice)})
		if err != nil {
			return err
		}
		for _, n := range numbers {
			if err := s.timed(ctx, n, t.action, t.words, t.due, now); err != nil && fault.KindOf(err) != fault.Conflict {
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}

func (s *Service) timed(ctx context.Context, number string, a Action, words string, due func(*Order, time.Time) bool, now time.Time) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		o, err := s.lock(ctx, tx, number)
		if err != nil || !due(o, now) {
			return struct{}{}, err
		}
		o.side, o.words = OfPlatform, words
		clock := account.System("ordering")
		if a != Notice {
			return struct{}{}, s.move(ctx, tx, clock, o, a)
		}
		at := s.instant()
		o.NoticedAt = &at
		if err := saveOrder(ctx, tx, o); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.happened(ctx, tx, clock, o, a)
	})
	return err
}

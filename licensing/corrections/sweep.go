package corrections

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
)

// mostSwept is how many one turn looks at.
const mostSwept = 500

// Sweep closes answered objections that can be reopened no more, and erases who
// filed those that have been closed for as long as the platform's rule says.
func (s *Service) Sweep(ctx context.Context) error {
	last := pgx.NamedArgs{"limit": mostSwept}
	found, err := s.list(ctx, `c.state IN ('corrected', 'no_error')`, `c.answered_at, c.id`, last)
	if err != nil {
		return err
	}
	now := s.now()
	for i := range found {
		c := &found[i]
		if c.reopenable != nil && !c.reopenable.Late(now) { // one that was reopened has the same days to be read
			continue
		}
		if err := s.end(ctx, c.ID); err != nil {
			return err
		}
	}
	if found, err = s.list(ctx, `c.state = 'closed' AND c.erased_at IS NULL`, `c.closed_at, c.id`, last); err != nil {
		return err
	}
	for i := range found {
		clock, err := s.clocks.Start(found[i].Profile, keepTerm, *found[i].ClosedAt)
		if err != nil {
			return err
		}
		if !clock.Late(now) {
			continue
		}
		if err := s.erase(ctx, &found[i]); err != nil {
			return err
		}
	}
	return nil
}

// end closes an objection in the name of the platform, if it is still answered.
func (s *Service) end(ctx context.Context, id int64) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		c, err := s.lock(ctx, tx, id)
		if err != nil || c.State != Corrected && c.State != NoError {
			return none, err
		}
		who := account.System("corrections")
		if c.State, err = lifecycle.Next(c.State, Close, who, c); err != nil {
			return none, err
		}
		now := s.now().Truncate(time.Microsecond)
		c.ClosedAt = &now
		if err := save(ctx, tx, c); err != nil {
			return none, err
		}
		return none, s.happened(ctx, tx, who, c, Close, "", "")
	})
	return err
}

func (s *Service) erase(ctx context.Context, c *Correction) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if _, err := tx.Exec(ctx, `DELETE FROM correction_reporters WHERE correction_id = $1`, c.ID); err != nil {
			return none, fmt.Errorf("erase the reporter of %d: %w", c.ID, err)
		}
		if _, err := tx.Exec(ctx, `UPDATE corrections SET erased_at = $2 WHERE id = $1`, c.ID, s.now()); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, account.System("corrections"), "correction", id(c), "erase", nil)
	})
	return err
}

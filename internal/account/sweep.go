package account

import (
	"context"
	"fmt"
)

// Sweep deletes what time has ended: counters, sessions, known networks. It is
// for a job to run every few minutes; nothing depends on when it ran last.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	for _, sweep := range []struct {
		sql  string
		args []any
	}{
		{`DELETE FROM rate_windows WHERE ends < $1`, []any{now}},
		{`DELETE FROM sessions WHERE expires_at < $1 OR seen_at < $2`, []any{now, now.Add(-max(s.cfg.Idle, s.cfg.StaffIdle))}},
		{`DELETE FROM used_challenges WHERE expires_at < $1`, []any{now}},
		{`DELETE FROM sign_in_steps WHERE expires_at < $1`, []any{now}},
		{`DELETE FROM one_time_links WHERE expires_at < $1`, []any{now}},
		{`DELETE FROM invitations WHERE expires_at < $1`, []any{now}}, // the address may be of somebody who has no account
		{`DELETE FROM totp WHERE confirmed_at IS NULL AND created_at < $1`, []any{now.Add(-s.rules.Pending)}},
		{`DELETE FROM api_key_days WHERE day <= $1`, []any{now.AddDate(0, 0, -keyDays)}},
		{`DELETE FROM known_networks WHERE seen_at < $1`, []any{now.Add(-s.rules.Networks)}},
	} {
		if _, err := s.pool.Exec(ctx, sweep.sql, sweep.args...); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}

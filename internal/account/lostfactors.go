package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// AskToResetFactors says that the second steps of another's account are lost. The
// system administrator has seen who asks; the security administrator takes them
// away (ResetFactors) while the request is good.
func (s *Service) AskToResetFactors(ctx context.Context, who Actor, id int64) error {
	if err := administers(who); err != nil {
		return err
	}
	if err := notOneself(who, id); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		tag, err := tx.Exec(ctx, `UPDATE users u SET factors_asked_by = $2, factors_asked_at = $3 WHERE id = $1 AND `+hasFactor, id, who.ID, s.now())
		if err != nil {
			return struct{}{}, fmt.Errorf("second steps: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return struct{}{}, fault.New(fault.Conflict, "这个账号没有两步验证。")
		}
		return struct{}{}, record(ctx, tx, who, id, "factor.reset-asked", nil)
	})
	return err
}

// ResetFactors takes the second steps of another's account away, and ends its
// sessions. The security administrator does it where a system administrator, who
// is somebody else by their sides, asked for it of late; the installation itself
// does it by a command of whoever may run commands on the server.
func (s *Service) ResetFactors(ctx context.Context, who Actor, id int64) error {
	if err := guards(who); err != nil {
		return err
	}
	if err := notOneself(who, id); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := lockUser(ctx, tx, id); err != nil {
			return struct{}{}, err
		}
		var asked bool
		if err := tx.QueryRow(ctx, `SELECT coalesce(factors_asked_at > $2 AND factors_asked_by <> $3, false) FROM users WHERE id = $1`, id, s.now().Add(-s.rules.LostFactors), who.ID).Scan(&asked); err != nil {
			return struct{}{}, fmt.Errorf("second steps: %w", err)
		}
		if !asked && who.ID > 0 {
			return struct{}{}, fault.New(fault.Conflict, "要由系统管理员先申请，安全管理员再取消；申请不存在或已过期。")
		}
		for _, sql := range []string{
			`DELETE FROM totp WHERE user_id = $1`,
			`DELETE FROM passkeys WHERE user_id = $1`,
			`DELETE FROM recovery_codes WHERE user_id = $1`,
			`DELETE FROM sign_in_steps WHERE user_id = $1`,
			`DELETE FROM sessions WHERE user_id = $1`,
			`UPDATE users SET factors_asked_by = NULL, factors_asked_at = NULL WHERE id = $1`,
		} {
			if _, err := tx.Exec(ctx, sql, id); err != nil {
				return struct{}{}, fmt.Errorf("second steps: %w", err)
			}
		}
		if err := s.tell(ctx, tx, id, "", Notice{What: FactorsLost}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, record(ctx, tx, who, id, "factor.reset", nil)
	})
	return err
}

// LostFactors says of an account whether it has second steps, and whether a
// system administrator asked to take them away.
type LostFactors struct{ Has, Asked bool }

// LostFactorsOf is for whoever may see accounts.
func (s *Service) LostFactorsOf(ctx context.Context, who Actor, id int64) (l LostFactors, err error) {
	if err := oversees(who); err != nil {
		return l, err
	}
	err = s.pool.QueryRow(ctx, `SELECT `+hasFactor+`, coalesce(factors_asked_at > $2, false) FROM users u WHERE id = $1`, id, s.now().Add(-s.rules.LostFactors)).Scan(&l.Has, &l.Asked)
	if err != nil {
		return l, fmt.Errorf("second steps: %w", err)
	}
	return l, nil
}

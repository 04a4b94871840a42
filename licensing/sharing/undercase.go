package sharing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
)

// Halt keeps a grant of sharing (share_grants.id) from being used, or lets it be
// used again, as a breach case decided, in the transaction of the case: the gate is
// asked at the next request and each second in streams. moved is false where the
// grant has ended, or stands so already.
func Halt(ctx context.Context, tx pgx.Tx, who account.Actor, grant int64, halt bool, reason string, at time.Time) (moved bool, err error) {
	var request int64
	rows, err := tx.Query(ctx, `
		UPDATE share_grants SET halted_at = CASE WHEN @halt THEN @at::timestamptz END, halted_reason = CASE WHEN @halt THEN @reason ELSE '' END
		WHERE id = @id AND ended_at IS NULL AND (halted_at IS NULL) = @halt RETURNING request_id`, pgx.NamedArgs{"id": grant, "halt": halt, "reason": reason, "at": at})
	if err == nil {
		var found []int64
		if found, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err == nil && len(found) == 0 {
			return false, nil
		} else if err == nil {
			request = found[0]
		}
	}
	if err != nil {
		return false, fmt.Errorf("halt grant of sharing %d: %w", grant, err)
	}
	act := "resume"
	if halt {
		act = "halt"
	}
	return true, audit.Append(ctx, tx, who, "share-request", fmt.Sprint(request), act, map[string]string{"reason": reason})
}

// RevokeByCase ends a grant of sharing as a breach case decided, in its
// transaction; moved is false where it has ended already.
func (s *Service) RevokeByCase(ctx context.Context, tx pgx.Tx, who account.Actor, request int64, reason string) (moved bool, err error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+tables+`WHERE r.id = @id FOR UPDATE OF r`, pgx.NamedArgs{"id": request})
	if err != nil {
		return false, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, s.scan)
	if err != nil {
		return false, fmt.Errorf("request %d: %w", request, err)
	}
	if r.State != Supplied && r.State != Flowing {
		return false, nil
	}
	r.rules = RulesOn(s.book, r.Profile, r.At)
	if r.Grant, err = grantOf(ctx, tx, request); err != nil {
		return false, err
	}
	r.reason = reason
	return true, s.move(ctx, tx, who, r, Revoke, s.now().Truncate(time.Microsecond))
}

// Supervised is a request for whoever supervises all sharing; the caller has asked
// whether who does.
func (s *Service) Supervised(ctx context.Context, number int64) (*Request, error) {
	return s.find(ctx, s.pool, standing{supervises: true}, number, "")
}

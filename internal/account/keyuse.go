package account

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

// keyDays is how many days the calls by a key are kept, and shown.
const keyDays = 30

// keyUse counts in memory what FlushKeyUse writes, so that a call costs no write.
type keyUse struct {
	mu    sync.Mutex
	calls map[keyDay]int64
}

type keyDay struct{ prefix, day string }

func (u *keyUse) add(k keyDay, n int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.calls == nil {
		u.calls = map[keyDay]int64{}
	}
	u.calls[k] += n
}

// FlushKeyUse adds what was counted of keys to the database. What could not be
// written is kept for the next time; calls by a key that is gone meanwhile are
// nobody's.
func (s *Service) FlushKeyUse(ctx context.Context) error {
	s.used.mu.Lock()
	taken := s.used.calls
	s.used.calls = nil
	s.used.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(taken), func(a, b keyDay) int { // one order, so that replicas do not wait for each other in a circle
		return strings.Compare(a.prefix+a.day, b.prefix+b.day)
	})
	var prefixes, days []string
	var calls []int64
	for _, k := range keys {
		prefixes, days, calls = append(prefixes, k.prefix), append(days, k.day), append(calls, taken[k])
	}
	_, err := s.pool.Exec(ctx, `
		INSERT INTO api_key_days AS d (prefix, day, calls)
		SELECT n.prefix, n.day, n.calls FROM unnest($1::text[], $2::date[], $3::bigint[]) AS n (prefix, day, calls)
		JOIN api_keys k USING (prefix)
		ON CONFLICT (prefix, day) DO UPDATE SET calls = d.calls + excluded.calls`, prefixes, days, calls)
	if err != nil {
		for _, k := range keys {
			s.used.add(k, taken[k])
		}
		return fmt.Errorf("use of keys: %w", err)
	}
	return nil
}

// WarnOfKeys tells the owners of keys that expire soon, once each. A key that was
// made for no longer than that is not warned of.
func (s *Service) WarnOfKeys(ctx context.Context) error {
	now := s.now()
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		rows, err := tx.Query(ctx, `
			UPDATE api_keys k SET warned_at = @now
			FROM users u
			WHERE u.id = k.user_id AND u.disabled_at IS NULL AND k.revoked_at IS NULL AND k.warned_at IS NULL
				AND k.expires_at > @now AND k.expires_at <= @until AND k.expires_at - k.created_at > @within
			RETURNING k.user_id, k.prefix`,
			pgx.NamedArgs{"now": now, "until": now.Add(s.rules.KeyWarning), "within": s.rules.KeyWarning})
		if err != nil {
			return struct{}{}, fmt.Errorf("keys that expire: %w", err)
		}
		type due struct {
			User   int64
			Prefix string
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[due])
		if err != nil {
			return struct{}{}, fmt.Errorf("keys that expire: %w", err)
		}
		for _, k := range all {
			if err := s.tell(ctx, tx, k.User, "", Notice{What: KeyEnding, Key: k.Prefix}); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

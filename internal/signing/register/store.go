package register

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/signing"
)

// listLock is the advisory lock of whoever changes the list.
const listLock = 7325

func lock(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, listLock); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}

func clock(ctx context.Context, tx pgx.Tx) (now time.Time, err error) {
	if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
		return now, fmt.Errorf("keys: %w", err)
	}
	return now, nil
}

// List is the published list, in the order of the log.
func List(ctx context.Context, q database.Querier) (signing.Keys, error) {
	rows, err := q.Query(ctx, `
		SELECT k.purpose, k.id, k.public, k.valid_from, k.valid_until, k.payload, k.signed_by, k.signature, k.leaf, r.compromised_at, coalesce(r.reason, ''), coalesce(r.leaf, 0)
		FROM signing_keys k LEFT JOIN signing_revocations r ON r.key_id = k.id
		ORDER BY k.leaf`)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (signing.Key, error) {
		var k signing.Key
		var at *time.Time
		var r signing.Revoked
		err := row.Scan(&k.Purpose, &k.ID, &k.Public, &k.From, &k.Until, &k.Payload, &k.By, &k.Signature, &k.Leaf, &at, &r.Reason, &r.Leaf)
		if err == nil && at != nil {
			r.Compromised = *at
			k.Revoked = &r
		}
		return k, err
	})
}

func insertKey(ctx context.Context, tx pgx.Tx, k signing.Key) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO signing_keys (id, purpose, public, valid_from, valid_until, payload, signed_by, signature, leaf)
		VALUES (@id, @purpose, @public, @from, @until, @payload, @by, @signature, @leaf)`,
		pgx.NamedArgs{
			"id": k.ID, "purpose": k.Purpose, "public": k.Public, "from": k.From, "until": k.Until, "payload": k.Payload,
			"by": k.By, "signature": k.Signature, "leaf": k.Leaf,
		})
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}

func insertRevocation(ctx context.Context, tx pgx.Tx, id string, r signing.Revoked) error {
	_, err := tx.Exec(ctx, `INSERT INTO signing_revocations (key_id, compromised_at, reason, leaf) VALUES (@id, @at, @reason, @leaf)`,
		pgx.NamedArgs{"id": id, "at": r.Compromised, "reason": r.Reason, "leaf": r.Leaf})
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}

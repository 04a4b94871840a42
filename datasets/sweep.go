package datasets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// objectsLock keeps a sweep and those who refer to objects apart: they share
// it, the sweep has it alone.
const objectsLock = 7303

// lease is the age up to which an object may lie in the store without a row:
// an upload that is being read.
const lease = 24 * time.Hour

// keepObject makes the row of an object in the store, in the transaction that
// refers to it. From then on no sweep takes the object; if one took it before,
// the caller must store it again.
func (s *Service) keepObject(ctx context.Context, tx pgx.Tx, info blob.Info) error {
	args := pgx.NamedArgs{"sha256": info.Digest, "bytes": info.Bytes, "now": s.now(), "lock": objectsLock}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared(@lock)`, args); err != nil {
		return err
	}
	if _, err := s.store.Stat(ctx, info.Digest); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = fault.New(fault.Unavailable, "文件没有存好，请再传一次。").Because(err)
		}
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO blobs (sha256, bytes, created_at) VALUES (@sha256, @bytes, @now) ON CONFLICT DO NOTHING`, args)
	return err
}

// Sweep deletes the objects that nothing refers to and that are older than an
// upload may last: files that were refused, and what a crash left behind, also
// in the folder in which children work.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.sweepWork(); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	var old []blob.Digest
	before := s.now().Add(-lease)
	if err := s.store.List(ctx, func(o blob.Info) error {
		if o.Modified.Before(before) {
			old = append(old, o.Digest)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	var failed error
	for len(old) > 0 {
		part := old[:min(len(old), 50)] // nobody waits long for the lock
		old = old[len(part):]
		if err := s.sweep(ctx, part); err != nil {
			failed = errors.Join(failed, fmt.Errorf("sweep: %w", err))
		}
	}
	return failed
}

func (s *Service) sweep(ctx context.Context, old []blob.Digest) error {
	nobodys := func(q database.Querier) ([]blob.Digest, error) {
		rows, err := q.Query(ctx, `SELECT o FROM unnest(@old::text[]) o WHERE NOT EXISTS (SELECT FROM blobs WHERE sha256 = o)`, pgx.NamedArgs{"old": old})
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[blob.Digest])
	}
	if found, err := nobodys(s.pool); err != nil || len(found) == 0 {
		return err // most of the time, and without a lock
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@lock)`, pgx.NamedArgs{"lock": objectsLock}); err != nil {
			return none, err
		}
		found, err := nobodys(tx)
		if err != nil {
			return none, err
		}
		for _, digest := range found {
			if err := s.store.Delete(ctx, digest); err != nil {
				return none, err
			}
		}
		return none, nil
	})
	return err
}

package search

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// listenAgain is how long after a lost connection another is tried.
const listenAgain = time.Second

// listen has Run look whenever somebody announces a change, until ctx ends. A
// connection that is lost is made again; Run looks by itself meanwhile.
func (s *Service) listen(ctx context.Context) {
	told := true
	for ctx.Err() == nil {
		err := s.hear(ctx)
		if ctx.Err() != nil {
			return
		}
		if told {
			s.Log.LogAttrs(ctx, slog.LevelWarn, "not told of changes; looking for them regularly", slog.Any("error", err))
		}
		told = err == nil
		again := time.NewTimer(listenAgain)
		select {
		case <-ctx.Done():
		case <-again.C:
		}
		again.Stop()
	}
}

func (s *Service) hear(ctx context.Context) error {
	pooled, err := s.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack() // it listens, so nobody else may get it
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `LISTEN shuyuan_changes`); err != nil {
		return err
	}
	for {
		s.look() // also for what was announced before we listened
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}

// followLock is the turn of one of several processes with one engine.
const followLock = 7302

// inTurn runs f while no other process changes a shared engine.
func (s *Service) inTurn(ctx context.Context, f func() error) error {
	if !s.Shared {
		return f()
	}
	conn, err := s.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// of the session, not of a transaction: building an index takes longer than
	// a transaction may stand open
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, followLock); err != nil {
		return fmt.Errorf("wait for the turn to change the search index: %w", err)
	}
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, followLock); err != nil {
			conn.Conn().Close(context.WithoutCancel(ctx)) //nolint:errcheck // which unlocks
		}
	}()
	return f()
}

// Package database is the way to PostgreSQL: the pool, one transaction, the
// migrations. The private server of the embedded default is in embedded/.
package database

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Querier reads; a pool, a connection and a transaction all are one.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Open returns a pool on url with a statement timeout on every connection, so
// that no query outlives every reader. It does not connect yet.
func Open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	cfg.MaxConns = max(cfg.MaxConns, 16)
	cfg.MaxConnLifetime = time.Hour
	cfg.MaxConnIdleTime = 10 * time.Minute
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	for k, v := range map[string]string{
		"application_name": "shuyuan", "TimeZone": "Asia/Shanghai",
		"statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s", "lock_timeout": "10s",
	} {
		if _, set := cfg.ConnConfig.RuntimeParams[k]; !set {
			cfg.ConnConfig.RuntimeParams[k] = v
		}
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

// InTx runs f in one transaction: committed if f returns nil, rolled back
// otherwise. Change, audit entry and announcement belong in one f.
func InTx[T any](ctx context.Context, pool *pgxpool.Pool, f func(pgx.Tx) (T, error)) (T, error) {
	var out T
	tx, err := pool.Begin(ctx)
	if err != nil {
		return out, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // a no-op once committed
	if out, err = f(tx); err != nil {
		return out, err
	}
	if err := tx.Commit(ctx); err != nil {
		return out, fmt.Errorf("commit: %w", err)
	}
	return out, nil
}

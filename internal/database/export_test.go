package database

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

var ReadMigrations = readMigrations

// Apply runs migrations as Migrate does, without River's.
func Apply(ctx context.Context, pool *pgxpool.Pool, all []Migration) error {
	return withMigrateLock(ctx, pool, func(c *pgx.Conn) error { return apply(ctx, c, all) })
}

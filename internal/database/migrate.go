package database

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrateLock is the advisory lock that whoever migrates holds, so that
// several replicas may start at once.
const migrateLock = 7300

// Migration is one file of migrations/: a number, a name, and SQL that runs in
// one transaction.
type Migration struct {
	Number int
	Name   string
	SQL    string
	Sum    string // SHA-256 of SQL
}

// Migrations lists the embedded migrations in the order in which they run.
func Migrations() ([]Migration, error) {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return nil, err
	}
	return readMigrations(files)
}

func readMigrations(files fs.FS) ([]Migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	var all []Migration
	for _, name := range names {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		digits, _, _ := strings.Cut(name, "_")
		number, err := strconv.Atoi(digits)
		if err != nil || len(digits) != 4 {
			return nil, fmt.Errorf("migration %s: its name does not begin with four digits and _", name)
		}
		sum := sha256.Sum256(body)
		all = append(all, Migration{number, strings.TrimSuffix(path.Base(name), ".sql"), string(body), hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(all, func(a, b Migration) int { return a.Number - b.Number })
	for i := 1; i < len(all); i++ {
		if all[i].Number == all[i-1].Number {
			return nil, fmt.Errorf("migrations %s and %s have the same number", all[i-1].Name, all[i].Name)
		}
	}
	return all, nil
}

// MigrationsHash names the schema that the migrations make.
func MigrationsHash() (string, error) {
	all, err := Migrations()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, m := range all {
		fmt.Fprintln(h, m.Name, m.Sum)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// Migrate brings the schema up to date: ours, then River's. Each migration is
// one transaction that also records itself, so a process killed anywhere is
// simply run again. Replicas that start together wait for the first. A
// migration that was changed after it had run is refused.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	all, err := Migrations()
	if err != nil {
		return err
	}
	return withMigrateLock(ctx, pool, func(conn *pgx.Conn) error {
		if err := apply(ctx, conn, all); err != nil {
			return err
		}
		return migrateRiver(ctx, pool)
	})
}

// withMigrateLock asks again and again instead of waiting inside PostgreSQL,
// where the statement timeout would end the wait.
func withMigrateLock(ctx context.Context, pool *pgxpool.Pool, f func(*pgx.Conn) error) error {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer c.Release()
	for {
		var locked bool
		if err := c.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, migrateLock).Scan(&locked); err != nil {
			return fmt.Errorf("migrate: lock: %w", err)
		}
		if locked {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("migrate: another process is still migrating: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
	defer func() {
		_, err := c.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrateLock)
		if err != nil {
			c.Conn().Close(context.WithoutCancel(ctx)) //nolint:errcheck // the lock ends with the connection
		}
	}()
	return f(c.Conn())
}

func apply(ctx context.Context, conn *pgx.Conn, all []Migration) error {
	_, err := conn.Exec(ctx, `
		CREATE TABLE IF NOT EXISTS migrations (
			number     integer PRIMARY KEY,
			name       text NOT NULL,
			sum        text NOT NULL,
			applied_at timestamptz NOT NULL DEFAULT now()
		)`)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	done := map[int]string{}
	rows, err := conn.Query(ctx, `SELECT number, sum FROM migrations`)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	var number int
	var sum string
	if _, err := pgx.ForEachRow(rows, []any{&number, &sum}, func() error { done[number] = sum; return nil }); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, m := range all {
		sum, ran := done[m.Number]
		switch {
		case !ran:
			if err := run(ctx, conn, m); err != nil {
				return fmt.Errorf("migration %s: %w", m.Name, err)
			}
		case sum != m.Sum:
			return fmt.Errorf("migration %s was changed after it had run on this database: write a new one instead", m.Name)
		}
	}
	return nil
}

func run(ctx context.Context, conn *pgx.Conn, m Migration) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// a big table may take long; waiting for a lock may not, since every
		// reader would queue behind it
		if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, m.SQL); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO migrations (number, name, sum) VALUES ($1, $2, $3)`, m.Number, m.Name, m.Sum)
		return err
	})
}

func migrateRiver(ctx context.Context, pool *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

// Package dbtest gives each test a database of its own on a real PostgreSQL.
//
// One private server serves the whole `go test ./...` run, whatever the number
// of packages: the first test that asks starts it, and it ends by itself once
// no test process has used it for a while. A database is a clone of a template
// that holds the migrated schema, which costs some tens of milliseconds.
//
// There is no skipping: without PostgreSQL the test fails and says what to do.
package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/database"
)

// New returns a pool on a fresh, migrated database, which goes when t ends.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return open(t, URL(t))
}

// URL returns how to connect to a fresh, migrated database, which goes when t
// ends.
func URL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	if err := s.prepare(); err != nil {
		t.Fatalf("test database: %v", err)
	}
	return clone(t, s, s.template)
}

// Empty returns how to connect to a fresh database without any schema, which
// goes when t ends.
func Empty(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	return clone(t, s, "template0")
}

// Snapshot is what a database held at a moment. Each copy of it is a database of
// its own, so that what is long to write is written once for many tests.
type Snapshot struct {
	s    *server
	name string
}

// Snap keeps what the database of a pool holds now, until the server ends: a
// copy may be asked for by a test that comes after t. It closes the pool, since
// nobody may be connected to what is copied.
func Snap(t testing.TB, pool *pgxpool.Pool) *Snapshot {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	from := pool.Config().ConnConfig.Database
	pool.Close()
	kept := &Snapshot{s: s, name: "snap_" + strings.ToLower(rand.Text()[:12])}
	if err := s.copy(kept.name, from); err != nil {
		t.Fatalf("test database: %v", err)
	}
	return kept
}

// New returns a pool on a copy, which goes when t ends.
func (k *Snapshot) New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return open(t, clone(t, k.s, k.name))
}

func open(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := database.Open(t.Context(), url+"&pool_max_conns=16")
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// clone makes a database of t's own. Its name says which test left it behind,
// should one be found.
func clone(t testing.TB, s *server, template string) string {
	t.Helper()
	name := "t_" + strings.ToLower(rand.Text()[:12])
	if err := s.copy(name, template); err != nil {
		t.Fatalf("test database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.do(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Errorf("test database: %v", err)
		}
	})
	return s.url(name)
}

// server is the shared server as this test process sees it.
type server struct {
	url      func(name string) string
	admin    *pgxpool.Pool
	template string

	once sync.Once
	err  error
}

var shared = sync.OnceValues(func() (*server, error) {
	url, err := join()
	if err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(url("postgres"))
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 4
	admin, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		return nil, err
	}
	return &server{url: url, admin: admin}, nil
})

// copy makes a database like another. Copying the files costs a fifth of the
// default, which writes every page to the log; the checkpoints it takes cost
// nothing on a server without fsync.
func (s *server) copy(name, from string) error {
	return s.do(`CREATE DATABASE ` + name + ` TEMPLATE ` + from + ` STRATEGY file_copy`)
}

func (s *server) do(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err := s.admin.Exec(ctx, sql)
	return err
}

// prepare makes the template, unless this or another process has made it.
func (s *server) prepare() error {
	s.once.Do(func() { s.err = s.makeTemplate() })
	return s.err
}

func (s *server) makeTemplate() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	hash, err := database.MigrationsHash()
	if err != nil {
		return err
	}
	s.template = "template_" + hash
	return s.admin.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		// one process migrates, the others wait and find the template made
		if _, err := c.Exec(ctx, `SELECT pg_advisory_lock(1)`); err != nil {
			return err
		}
		defer c.Exec(ctx, `SELECT pg_advisory_unlock(1)`) //nolint:errcheck // it ends with the connection
		var made bool
		err := c.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, s.template).Scan(&made)
		if err != nil || made {
			return err
		}
		return s.migrateInto(ctx, c.Conn())
	})
}

// migrateInto takes the template's name only when the schema is whole and
// nobody is connected, which cloning requires.
func (s *server) migrateInto(ctx context.Context, c *pgx.Conn) error {
	part := "part_" + strings.ToLower(rand.Text()[:12])
	if _, err := c.Exec(ctx, `CREATE DATABASE `+part); err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, s.url(part))
	if err != nil {
		return err
	}
	err = database.Migrate(ctx, pool)
	pool.Close()
	if err != nil {
		c.Exec(ctx, `DROP DATABASE `+part+` WITH (FORCE)`) //nolint:errcheck // goes with the server
		return err
	}
	if _, err = c.Exec(ctx, fmt.Sprintf(`ALTER DATABASE %s RENAME TO %s`, part, s.template)); err != nil {
		return fmt.Errorf("keep the template: %w", err)
	}
	return nil
}

package database_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
)

func empty(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := database.Open(t.Context(), dbtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func migrations(t *testing.T, files map[string]string) []database.Migration {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, sql := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(sql)}
	}
	all, err := database.ReadMigrations(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func count(t *testing.T, pool *pgxpool.Pool, sql string) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReplicasThatStartTogetherMigrateOnce(t *testing.T) {
	pool := empty(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if err := database.Migrate(context.Background(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	all, err := database.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	if got := count(t, pool, `SELECT count(*) FROM migrations`); got != len(all) {
		t.Errorf("%d migrations are recorded, want %d", got, len(all))
	}
	if got := count(t, pool, `SELECT count(*) FROM river_job`); got != 0 {
		t.Errorf("%d jobs in a new queue", got)
	}
}

func TestAMigrationRunsWholeOrNotAtAllAndIsRunAgain(t *testing.T) {
	pool := empty(t)
	files := map[string]string{
		"0001_first.sql":  `CREATE TABLE first (id int)`,
		"0002_second.sql": `CREATE TABLE second (id int); SELECT 1/0; CREATE TABLE third (id int)`,
	}
	if err := database.Apply(t.Context(), pool, migrations(t, files)); err == nil || !strings.Contains(err.Error(), "0002_second") {
		t.Fatalf("the error does not name the migration: %v", err)
	}
	if n := count(t, pool, `SELECT count(*) FROM pg_tables WHERE tablename IN ('first', 'second', 'third')`); n != 1 {
		t.Errorf("%d of the tables exist, want only the first migration's", n)
	}
	files["0002_second.sql"] = `CREATE TABLE second (id int)`
	if err := database.Apply(t.Context(), pool, migrations(t, files)); err != nil {
		t.Errorf("it does not go on where it stopped: %v", err)
	}
}

// A process killed within a migration leaves what a cut connection leaves.
func TestAMigrationThatWasCutOffIsRunAgain(t *testing.T) {
	pool := empty(t)
	slow := migrations(t, map[string]string{"0001_slow.sql": `CREATE TABLE slow (id int); SELECT pg_sleep(60)`})
	done := make(chan error, 1)
	go func() { done <- database.Apply(context.Background(), pool, slow) }()
	for count(t, pool, `
		SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE 'CREATE TABLE slow%' AND wait_event = 'PgSleep'`) == 0 {
	}
	if err := <-done; err == nil {
		t.Fatal("it was not cut off")
	}
	quick := migrations(t, map[string]string{"0001_slow.sql": `CREATE TABLE slow (id int)`})
	if err := database.Apply(t.Context(), pool, quick); err != nil {
		t.Error(err)
	}
}

func TestAMigrationThatHasRunMayNotChange(t *testing.T) {
	pool := empty(t)
	before := migrations(t, map[string]string{"0001_a.sql": `CREATE TABLE a (id int)`})
	after := migrations(t, map[string]string{"0001_a.sql": `CREATE TABLE a (id bigint)`})
	if err := database.Apply(t.Context(), pool, before); err != nil {
		t.Fatal(err)
	}
	if err := database.Apply(t.Context(), pool, after); err == nil {
		t.Error("a changed migration is taken for the old one")
	}
	if err := database.Apply(t.Context(), pool, before); err != nil {
		t.Error(err)
	}
}

func TestMigrationNamesAreChecked(t *testing.T) {
	for _, files := range []fstest.MapFS{
		{"1_short.sql": {}},
		{"first.sql": {}},
		{"0001_a.sql": {}, "0001_b.sql": {}},
	} {
		if _, err := database.ReadMigrations(files); err == nil {
			t.Errorf("accepted %v", files)
		}
	}
}

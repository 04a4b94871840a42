package dbtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/database/dbtest"
)

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	a, b := dbtest.New(t), dbtest.New(t)
	if _, err := a.Exec(t.Context(), `INSERT INTO themes (slug, name, name_en, position) VALUES ('a', '甲', 'A', 1)`); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := b.QueryRow(t.Context(), `SELECT count(*) FROM themes`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("a row written by one test is seen by another")
	}
}

func TestCopiesOfASnapshotHoldTheSameAndAreApart(t *testing.T) {
	add := `INSERT INTO themes (slug, name, name_en, position) VALUES ($1, $1, 'A', 1)`
	from := dbtest.New(t)
	if _, err := from.Exec(t.Context(), add, "before"); err != nil {
		t.Fatal(err)
	}
	kept := dbtest.Snap(t, from)
	a, b := kept.New(t), kept.New(t)
	if _, err := a.Exec(t.Context(), add, "after"); err != nil {
		t.Fatal(err)
	}
	for pool, want := range map[*pgxpool.Pool]string{a: "after before", b: "before", kept.New(t): "before"} {
		var got string
		if err := pool.QueryRow(t.Context(), `SELECT string_agg(slug, ' ' ORDER BY slug) FROM themes`).Scan(&got); err != nil || got != want {
			t.Errorf("a copy holds %q, want %q (%v)", got, want, err)
		}
	}
}

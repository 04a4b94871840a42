package dbtest_test

import (
	"testing"

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

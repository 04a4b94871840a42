package database_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
)

var update = flag.Bool("update", false, "write schema.sql instead of comparing with it")

func TestSchemaFileIsWhatTheMigrationsMake(t *testing.T) {
	got, err := database.Schema(t.Context(), dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema.sql", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("schema.sql is not up to date, run make generate (-file +database):\n%s", diff)
	}
}

package database_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
)

func TestAwayIsWhatMayBeBackInAMoment(t *testing.T) {
	ctx, pool := t.Context(), dbtest.New(t)
	asked := func(c *pgx.Conn, sql string) error { _, err := c.Exec(ctx, sql); return err }
	conn, err := pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()

	ended, ending := context.WithCancel(ctx)
	ending()
	_, late := pool.Exec(ended, `SELECT 1`)
	for name, err := range map[string]error{
		"nothing":          nil,
		"no row":           pgx.ErrNoRows,
		"a wrong query":    asked(conn.Conn(), `SELECT nothing FROM nowhere`),
		"a broken rule":    asked(conn.Conn(), `INSERT INTO datasets DEFAULT VALUES`),
		"a slow query":     asked(conn.Conn(), `SET statement_timeout = 1; SELECT pg_sleep(10)`),
		"a reader's hurry": late,
	} {
		if name != "nothing" && err == nil {
			t.Fatalf("%s is no error", name)
		}
		if database.Away(err) {
			t.Errorf("%s (%v) means that the database is away", name, err)
		}
	}

	nowhere, err := database.Open(ctx, "postgres://somebody@127.0.0.1:1/nothing")
	if err != nil {
		t.Fatal(err)
	}
	defer nowhere.Close()
	unreachable := nowhere.Ping(ctx)
	own := conn.Conn().PgConn().PID()
	if _, err := pool.Exec(ctx, `SELECT pg_terminate_backend(@pid, 10000)`, pgx.NamedArgs{"pid": own}); err != nil {
		t.Fatal(err)
	}
	thrownOut := asked(conn.Conn(), `SELECT 1`)
	for name, err := range map[string]error{
		"nobody listens":            unreachable,
		"thrown out":                thrownOut,
		"the same a question later": asked(conn.Conn(), `SELECT 1`),
	} {
		if !database.Away(err) || !database.Away(fmt.Errorf("read: %w", err)) {
			t.Errorf("%s (%v) does not mean that the database is away", name, err)
		}
	}
}

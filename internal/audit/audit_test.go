package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/fault"
)

var officer = account.Actor{ID: 7, Name: "王数据", Roles: []account.Role{account.Officer}, Department: 3, Session: "5e55"}

func write(t *testing.T, pool *pgxpool.Pool, who account.Actor, id string) {
	t.Helper()
	_, err := database.InTx(context.Background(), pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(context.Background(), tx, who, "dataset", id, "dataset.published", audit.Moved("draft", "published"))
	})
	if err != nil {
		t.Error(err)
	}
}

func seal(t *testing.T, pool *pgxpool.Pool) int {
	t.Helper()
	n, err := audit.Seal(context.Background(), pool)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func verify(t *testing.T, pool *pgxpool.Pool, heads ...audit.Head) audit.Report {
	t.Helper()
	r, err := audit.Verify(context.Background(), pool, heads...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// force does what somebody with all power over the database could do.
func force(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	_, err := pool.Exec(context.Background(), `SET session_replication_role = replica; `+sql+`; SET session_replication_role = origin`)
	if err != nil {
		t.Fatal(err)
	}
}

func TestEntriesAreSealedInOneGaplessChain(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	for i := range 5 {
		write(t, pool, officer, fmt.Sprint(i))
	}
	if r := verify(t, pool); r.Pending != 5 || r.Oldest.IsZero() || r.Head.Seq != 0 {
		t.Errorf("before: %+v", r)
	}
	if n := seal(t, pool); n != 5 {
		t.Errorf("%d sealed", n)
	}
	write(t, pool, officer, "5")
	seal(t, pool)
	r := verify(t, pool)
	if r.Head.Seq != 6 || r.Pending != 0 || len(r.Problems) != 0 {
		t.Errorf("after: %+v", r)
	}
}

func TestAnActUndoneLeavesNoEntry(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	_, err := database.InTx(context.Background(), pool, func(tx pgx.Tx) (struct{}, error) {
		if err := audit.Append(context.Background(), tx, officer, "dataset", "1", "dataset.published", nil); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, errors.New("the act failed")
	})
	if err == nil {
		t.Fatal("no error")
	}
	write(t, pool, officer, "2") // the identity has a gap now, the chain has none
	seal(t, pool)
	if r := verify(t, pool); r.Head.Seq != 1 || len(r.Problems) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestManyWritersAndManySealersMakeOneChain(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	var writers, sealers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		sealers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					if _, err := audit.Seal(context.Background(), pool); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for w := range 8 {
		writers.Go(func() {
			for i := range 25 {
				write(t, pool, officer, fmt.Sprintf("%d-%d", w, i))
			}
		})
	}
	writers.Wait()
	close(done)
	sealers.Wait()
	seal(t, pool)
	if r := verify(t, pool); r.Head.Seq != 200 || r.Pending != 0 || len(r.Problems) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestEntriesAreSealedWithinASecond(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		audit.SealEvery(ctx, pool, 20*time.Millisecond, func(err error) { t.Error(err) })
	}()
	write(t, pool, officer, "1")
	deadline := time.After(10 * time.Second)
	for verify(t, pool).Pending > 0 {
		select {
		case <-deadline:
			t.Fatal("still not sealed")
		case <-time.After(5 * time.Millisecond):
		}
	}
	stop()
	<-stopped
}

func TestTheDatabaseRefusesToChangeTheTrail(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	write(t, pool, officer, "1")
	seal(t, pool)
	write(t, pool, officer, "2")
	for _, sql := range []string{
		`UPDATE audit_entries SET act = 'dataset.withdrawn' WHERE seq = 1`,
		`UPDATE audit_entries SET at = at - interval '1 day' WHERE seq IS NULL`,
		`UPDATE audit_entries SET seq = NULL, hash = NULL WHERE seq = 1`,
		`UPDATE audit_entries SET seq = 5, hash = commitment, actor = 8 WHERE seq IS NULL`,
		`DELETE FROM audit_entries WHERE seq = 1`,
		`DELETE FROM audit_entries WHERE seq IS NULL`,
		`DELETE FROM audit_personal`,
		`UPDATE audit_personal SET content = '{}'`,
		`UPDATE audit_personal SET content = NULL`,
		`TRUNCATE audit_entries CASCADE`,
		`TRUNCATE audit_personal`,
	} {
		if _, err := pool.Exec(context.Background(), sql); err == nil {
			t.Errorf("let pass: %s", sql)
		}
	}
	seal(t, pool)
	if r := verify(t, pool); r.Head.Seq != 2 || len(r.Problems) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestVerifyFindsWhatWasForced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sql, want string }{
		{"an act rewritten", `UPDATE audit_entries SET act = 'dataset.withdrawn' WHERE seq = 3`, "hash"},
		{"another actor", `UPDATE audit_entries SET actor = 8 WHERE seq = 3`, "hash"},
		{"a time moved", `UPDATE audit_entries SET at = at - interval '1 second' WHERE seq = 3`, "hash"},
		{"an entry cut out", `DELETE FROM audit_personal WHERE entry_id = 3; DELETE FROM audit_entries WHERE seq = 3`, "missing"},
		{"an entry closed up", `DELETE FROM audit_entries WHERE seq = 3; UPDATE audit_entries SET seq = seq - 1 WHERE seq > 3`, "hash"},
		{"personal words changed", `UPDATE audit_personal SET content = replace(content, 'draft', 'x') WHERE entry_id = 3`, "not the one"},
		{"personal row gone", `DELETE FROM audit_personal WHERE entry_id = 3`, "personal row is missing"},
		{"the end cut off", `DELETE FROM audit_entries WHERE seq = 5`, "ends before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := dbtest.New(t)
			for i := range 5 {
				write(t, pool, officer, fmt.Sprint(i))
			}
			seal(t, pool)
			head := verify(t, pool).Head
			force(t, pool, c.sql)
			r := verify(t, pool, head)
			if len(r.Problems) == 0 || !strings.Contains(fmt.Sprint(r.Problems), c.want) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestAChainRewrittenWholeIsFoundByARememberedHead(t *testing.T) {
	t.Parallel()
	ours, theirs := dbtest.New(t), dbtest.New(t)
	for _, pool := range []*pgxpool.Pool{ours, theirs} {
		write(t, pool, officer, "1")
		seal(t, pool)
	}
	if r := verify(t, theirs, verify(t, ours).Head); len(r.Problems) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestAPersonIsErasedAndTheChainHolds(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	ctx := context.Background()
	admin := account.Actor{ID: 1, Name: "李管理", Roles: []account.Role{account.Administrator}, Session: "ad"}
	write(t, pool, officer, "1")
	write(t, pool, account.Actor{ID: 9, Name: "赵"}, "2")
	_, err := database.InTx(ctx, pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, admin, "account", "7", "account.created", map[string]string{"identifier": "wang@tests.example"})
	})
	if err != nil {
		t.Fatal(err)
	}
	seal(t, pool)
	before := verify(t, pool).Head
	erase := func(who account.Actor) (int64, error) {
		return database.InTx(ctx, pool, func(tx pgx.Tx) (int64, error) { return audit.Erase(ctx, tx, who, officer.ID) })
	}
	if _, err := erase(officer); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an officer: %v", err)
	}
	if n, err := erase(admin); n != 2 || err != nil {
		t.Fatalf("%d entries erased, %v", n, err)
	}
	seal(t, pool)
	r := verify(t, pool, before)
	if r.Erased != 2 || r.Head.Seq != 4 || len(r.Problems) != 0 {
		t.Errorf("%+v", r)
	}
	var left int
	err = pool.QueryRow(ctx, `SELECT count(*) FROM audit_personal WHERE content LIKE '%王数据%' OR content LIKE '%wang@%'`).Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("%d rows still name the person, %v", left, err)
	}
	var others int
	if err = pool.QueryRow(ctx, `SELECT count(*) FROM audit_personal WHERE content IS NOT NULL`).Scan(&others); err != nil || others != 2 {
		t.Errorf("%d other rows are left, %v", others, err)
	}
}

func TestEntriesCannotForgeLinesOrFillTheDisk(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	ctx := context.Background()
	nasty := "a\r\nsession.started\x00\u202e\x1b[2J\xff" + strings.Repeat("长", 1<<20)
	many := map[string]string{}
	for i := range 1000 {
		many[fmt.Sprint(i)] = nasty
	}
	_, err := database.InTx(ctx, pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, account.Actor{Name: nasty}, nasty, nasty, nasty, many)
	})
	if err != nil {
		t.Fatal(err)
	}
	var subject, content string
	err = pool.QueryRow(ctx, `SELECT subject, content FROM audit_entries JOIN audit_personal ON entry_id = id`).Scan(&subject, &content)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(subject, `a\u000d\u000asession.started\u0000\u202e\u001b[2J`) || len([]rune(subject)) > 1050 {
		t.Errorf("%.80q", subject)
	}
	if bytes.ContainsAny([]byte(content), "\r\n\x00\x1b\u202e") || len(content) > 200_000 {
		t.Errorf("%d bytes kept", len(content))
	}
	seal(t, pool)
	if r := verify(t, pool); len(r.Problems) != 0 {
		t.Errorf("%+v", r)
	}
}

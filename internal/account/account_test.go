package account_test

import (
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/fault"
)

// clock is a wall clock that tests move by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock {
	return &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// cheap makes password checks quick; the cost is not what these tests are about.
var cheap = account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}, Secret: []byte("a secret of tests")}

const (
	right = "correct horse battery"
	wrong = "wrong horse battery"
	home  = "203.0.113.7"
	agent = "Firefox"
)

var root = account.System("test")

type world struct {
	*account.Service
	t     *testing.T
	pool  *pgxpool.Pool
	clock *clock
	store blob.Store
}

func newWorld(t *testing.T) world {
	t.Parallel()
	w := world{t: t, pool: dbtest.New(t), clock: newClock()}
	store, err := blob.NewDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.store = store
	return w.replica()
}

// replica is another process on the same database.
func (w world) replica() world {
	cfg := cheap
	cfg.Papers = account.Papers{Store: w.store, Look: lookAtPDF}
	w.Service = account.NewService(w.pool, cfg, w.clock.now)
	return w
}

// lookAtPDF stands for the child that looks at a PDF.
func lookAtPDF(_ context.Context, _ string, pdf *os.File) error {
	raw, err := io.ReadAll(pdf)
	if err == nil && strings.Contains(string(raw), "/JavaScript") {
		err = fault.New(fault.Invalid, "PDF 里有脚本，请去掉再传。")
	}
	return err
}

func (w world) department() int64 {
	w.t.Helper()
	var id int64
	err := w.pool.QueryRow(context.Background(), `
		INSERT INTO departments (slug, name, name_en, region) VALUES ('tests', '测试局', 'Tests', '350000')
		ON CONFLICT (slug) DO UPDATE SET name = excluded.name RETURNING id`).Scan(&id)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w world) officer(identifier string) int64 {
	w.t.Helper()
	return w.user(account.NewUser{
		Identifier: identifier, Name: "王数据", Roles: []account.Role{account.Officer},
		Department: w.department(), Password: right,
	})
}

func (w world) administrator(identifier string) int64 {
	w.t.Helper()
	return w.user(account.NewUser{
		Identifier: identifier, Name: "李管理", Roles: []account.Role{account.Administrator}, Password: right,
	})
}

func (w world) user(n account.NewUser) int64 {
	w.t.Helper()
	id, err := w.CreateUser(context.Background(), root, n)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w world) enter(identifier string) (account.Session, account.Actor) {
	w.t.Helper()
	s, err := w.SignIn(context.Background(), identifier, right, home, agent)
	if err != nil {
		w.t.Fatal(err)
	}
	return s, w.actor(s.Token)
}

func (w world) actor(token string) account.Actor {
	w.t.Helper()
	a, err := w.Actor(context.Background(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w world) count(sql string, args ...any) int {
	w.t.Helper()
	var n int
	if err := w.pool.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != want {
		t.Errorf("got %v, want a fault of kind %d", err, want)
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// enterAs makes an officer and signs in as one.
func (w world) enterAs(identifier string) (account.Session, account.Actor) {
	w.t.Helper()
	w.officer(identifier)
	return w.enter(identifier)
}

func flipLetter(s string) string {
	if s[0] == 'A' {
		return "B" + s[1:]
	}
	return "A" + s[1:]
}

// again is a once they have shown anew who they are.
func (w world) again(a account.Actor) account.Actor {
	w.t.Helper()
	if err := w.Confirm(context.Background(), a, right, ""); err != nil {
		w.t.Fatal(err)
	}
	a.Confirmed = w.clock.now()
	return a
}

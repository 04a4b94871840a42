package account_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func TestSignInOpensASessionWithTheRolesOfTheAccount(t *testing.T) {
	w := newWorld(t)
	id := w.officer("wang@tests.example")
	s, a := w.enter(" Wang@Tests.Example ")
	if a.ID != id || a.Name != "王数据" || !a.Is(account.Officer) || a.Is(account.Administrator) ||
		a.Department != w.department() || a.Session != s.ID {
		t.Errorf("got %+v", a)
	}
	if err := w.CheckCSRF(s.Token, s.CSRF); err != nil {
		t.Error(err)
	}
	if n := w.count(`SELECT count(*) FROM sessions WHERE token_hash = sha256(convert_to($1, 'UTF8'))`, s.Token); n != 1 {
		t.Error("the session is not kept under the hash of its token")
	}
	if n := w.count(`SELECT count(*) FROM audit_entries WHERE act = 'session.started' AND actor = $1`, id); n != 1 {
		t.Errorf("%d audit entries", n)
	}
}

func TestEverySignInMakesANewSession(t *testing.T) {
	w := newWorld(t)
	w.officer("wang@tests.example")
	chosen := strings.Repeat("ab", 32)
	if a := w.actor(chosen); !a.IsVisitor() {
		t.Fatal("a token nobody issued opened a session")
	}
	first, _ := w.enter("wang@tests.example")
	second, _ := w.enter("wang@tests.example")
	if first.Token == second.Token || first.Token == chosen || first.ID == second.ID {
		t.Error("a session was used twice")
	}
	if err := w.Forget(context.Background(), first.Token); err != nil {
		t.Fatal(err)
	}
	if !w.actor(first.Token).IsVisitor() || w.actor(second.Token).IsVisitor() {
		t.Error("the session brought along should be dead, and only that one")
	}
}

func TestRefusalsLookAlike(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.officer("wang@tests.example")
	gone := w.officer("gone@tests.example")
	w.user(account.NewUser{Identifier: "nopassword@tests.example", Name: "无"})
	if err := w.Disable(ctx, root, gone); err != nil {
		t.Fatal(err)
	}
	cases := []struct{ who, password string }{
		{"wang@tests.example", wrong},
		{"gone@tests.example", right},
		{"nobody@tests.example", right},
		{"nopassword@tests.example", right},
		{"13800138000", right},
	}
	for i, c := range cases {
		_, err := w.SignIn(ctx, c.who, c.password, fmt.Sprintf("198.51.100.%d", i), agent)
		wantKind(t, err, fault.Unauthenticated)
		if got := fault.Of(err).Text(); got != "账号或密码不正确。" {
			t.Errorf("%s: %s", c.who, got)
		}
	}
	if n := w.count(`SELECT count(*) FROM audit_entries WHERE act = 'sign-in.failed'`); n != len(cases) {
		t.Errorf("%d failures recorded, want %d", n, len(cases))
	}
	if n := w.count(`SELECT count(*) FROM audit_personal WHERE content LIKE '%nobody@tests%'`); n != 0 {
		t.Error("what was typed for an unknown account was kept")
	}
}

// The work of a refusal must not tell whether the account exists. The bound
// is wide of noise: without the dummy hash the unknown account answers in a
// tenth of the time.
func TestUnknownAccountsTakeTheSameWork(t *testing.T) {
	w := newWorld(t)
	w.officer("wang@tests.example")
	slow := account.NewService(w.pool, account.Config{
		Argon2: account.Argon2{MemoryKiB: 8 * 1024, Passes: 2, Lanes: 1},
		Limits: map[string]account.Rate{
			"sign-in-network": {Limit: 10000, Window: time.Hour},
			"sign-in-pair":    {Limit: 10000, Window: time.Hour},
			"sign-in-account": {Limit: 10000, Window: time.Hour},
		},
	}, w.clock.now)
	if err := slow.SetPassword(context.Background(), root, 1, right); err != nil {
		t.Fatal(err)
	}
	took := map[string][]time.Duration{}
	for range 15 { // interleaved, so that a busy machine slows both
		for _, who := range []string{"wang@tests.example", "nobody@tests.example"} {
			start := time.Now()
			_, err := slow.SignIn(context.Background(), who, wrong, home, agent)
			took[who] = append(took[who], time.Since(start))
			wantKind(t, err, fault.Unauthenticated)
		}
	}
	known, unknown := slices.Min(took["wang@tests.example"]), slices.Min(took["nobody@tests.example"])
	if ratio := float64(unknown) / float64(known); ratio < 0.5 || ratio > 2 {
		t.Errorf("known account %v, unknown account %v", known, unknown)
	}
}

func TestPasswordsNoClientSendsAreRefused(t *testing.T) {
	w := newWorld(t)
	w.officer("wang@tests.example")
	for name, password := range map[string]string{
		"empty": "", "1 MB": strings.Repeat("a", 1<<20), "NUL": "correct\x00horse", "only NUL": "\x00\x00", "not UTF-8": "\xff\xfe",
	} {
		_, err := w.SignIn(context.Background(), "wang@tests.example", password, home, agent)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := strings.Repeat("长密码", 100)
	id := w.user(account.NewUser{Identifier: "long@tests.example", Name: "长", Password: long + "甲乙丙丁"})
	if _, err := w.SignIn(context.Background(), "long@tests.example", long+"甲乙丙戊", home, agent); err == nil {
		t.Error("the end of a long password was ignored")
	}
	if _, err := w.SignIn(context.Background(), "long@tests.example", long+"甲乙丙丁", home, agent); err != nil {
		t.Errorf("account %d: %v", id, err)
	}
}

func TestGuessingIsStoppedAcrossReplicasAndTheOwnerGetsInAgain(t *testing.T) {
	w := newWorld(t)
	other := w.replica()
	ctx := context.Background()
	w.officer("wang@tests.example")
	for i := range 8 {
		s := w
		if i%2 == 1 {
			s = other
		}
		_, err := s.SignIn(ctx, "wang@tests.example", wrong, home, agent)
		wantKind(t, err, fault.Unauthenticated)
	}
	var again time.Duration
	for _, s := range []world{w, other} {
		_, err := s.SignIn(ctx, "wang@tests.example", right, home, agent)
		wantKind(t, err, fault.TooMany)
		if again = fault.Of(err).Retry; again <= 0 || again > 31*time.Minute {
			t.Errorf("try again after %s", again)
		}
	}
	if n := w.count(`SELECT count(*) FROM audit_entries WHERE act = 'sign-in.limited'`); n != 1 {
		t.Errorf("%d entries say so, want 1", n)
	}
	w.clock.pass(again + time.Second) // who comes back when told to gets in
	w.enter("wang@tests.example")
}

func TestStrangersCannotLockTheOwnerOut(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.officer("wang@tests.example")
	w.enter("wang@tests.example") // from home
	refused := 0
	for i := range 80 {
		_, err := w.SignIn(ctx, "wang@tests.example", wrong, fmt.Sprintf("198.51.100.%d", i), agent)
		if fault.KindOf(err) == fault.TooMany {
			refused++
		}
	}
	if refused != 20 {
		t.Errorf("%d of 80 guesses from 80 networks were stopped, want 20", refused)
	}
	w.enter("wang@tests.example")
}

func TestANetworkIsOneSlash64(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	limited := 0
	for i := range 60 {
		_, err := w.SignIn(ctx, fmt.Sprintf("user%d@tests.example", i), wrong, fmt.Sprintf("2001:db8:1:2::%x", i+1), agent)
		if fault.KindOf(err) == fault.TooMany {
			limited++
		}
	}
	if limited != 20 {
		t.Errorf("%d attempts of one /64 were stopped, want 20", limited)
	}
	_, err := w.SignIn(ctx, "user99@tests.example", wrong, "2001:db8:1:3::1", agent)
	wantKind(t, err, fault.Unauthenticated)
}

func TestNetwork(t *testing.T) {
	for ip, want := range map[string]string{
		"203.0.113.7":            "203.0.113.7",
		"::ffff:203.0.113.7":     "203.0.113.7",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2::/64",
		"2001:db8:1:2::1%eth0":   "2001:db8:1:2::/64",
		"":                       "unknown",
		"203.0.113.7, 192.0.2.1": "unknown",
	} {
		if got := account.Network(ip); got != want {
			t.Errorf("%q: %s, want %s", ip, got, want)
		}
	}
}

func TestParallelGuessesAllCount(t *testing.T) {
	w := newWorld(t)
	other := w.replica()
	w.officer("wang@tests.example")
	var tried atomic.Int64
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			s := w
			if i%2 == 1 {
				s = other
			}
			_, err := s.SignIn(context.Background(), "wang@tests.example", wrong, home, agent)
			if fault.KindOf(err) == fault.Unauthenticated {
				tried.Add(1)
			}
		})
	}
	wg.Wait()
	if tried.Load() != 8 {
		t.Errorf("%d guesses were tried, want 8", tried.Load())
	}
}

func TestParallelSignInsAllSucceed(t *testing.T) {
	w := newWorld(t)
	w.officer("wang@tests.example")
	w.enter("wang@tests.example")
	// A dearer cost: every one of them also renews the hash.
	dear := account.NewService(w.pool, account.Config{
		Argon2: account.Argon2{MemoryKiB: 128, Passes: 1, Lanes: 1},
		Limits: map[string]account.Rate{"sign-in-pair": {Limit: 100, Window: time.Hour}},
	}, w.clock.now)
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if _, err := dear.SignIn(context.Background(), "wang@tests.example", right, home, agent); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.count(`SELECT count(*) FROM users WHERE password LIKE '%m=128,t=1,p=1%'`); n != 1 {
		t.Error("the hash was not renewed at the cost of today")
	}
	if n := w.count(`SELECT count(*) FROM sessions`); n != 13 {
		t.Errorf("%d sessions, want 13", n)
	}
}

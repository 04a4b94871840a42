package account_test

import (
	"context"
	"testing"
	"time"

	"shuyuan/internal/account"
)

// The owner sees which key asks how much; a call costs no write, and what could
// not be written is not lost.
func TestCallsByKeyAreCounted(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a := w.signUp("zhao@tests.example")
	var secrets []string
	for _, name := range []string{"一", "二"} {
		secret, _, err := w.CreateKey(ctx, a, name, []string{account.ScopeRead}, 60*24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, secret)
	}
	use := func(s *account.Service, secret string, n int) {
		t.Helper()
		for range n {
			if _, err := s.ActorByKey(ctx, secret); err != nil {
				t.Fatal(err)
			}
		}
	}
	calls := func() map[string]int64 {
		t.Helper()
		keys, err := w.Keys(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]int64{}
		for _, k := range keys {
			out[k.Name] = k.Calls
		}
		return out
	}
	other := account.NewService(w.pool, account.Config{}, w.clock.now) // another replica
	use(w.Service, secrets[0], 3)
	use(other, secrets[0], 4)
	use(other, secrets[1], 1)
	if n := w.count(`SELECT count(*) FROM api_key_days`); n != 0 {
		t.Errorf("a call wrote %d rows", n)
	}
	broken, cancel := context.WithCancel(ctx)
	cancel()
	if err := w.FlushKeyUse(broken); err == nil {
		t.Fatal("written without a database")
	}
	for _, s := range []*account.Service{w.Service, other, w.Service} {
		if err := s.FlushKeyUse(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if got := calls(); got["一"] != 7 || got["二"] != 1 {
		t.Errorf("%v", got)
	}
	w.clock.pass(31 * 24 * time.Hour)
	if got := calls(); got["一"] != 0 {
		t.Errorf("a month later: %v", got)
	}
	if err := w.Sweep(ctx); err != nil || w.count(`SELECT count(*) FROM api_key_days`) != 0 {
		t.Errorf("days of old are kept, %v", err)
	}
}

// The owner of a key is told once, so long before it expires as the rule says.
func TestAKeyThatExpiresIsToldOf(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a := w.signUp("zhao@tests.example")
	long, short, ended := w.Rules().KeyWarning+10*24*time.Hour, w.Rules().KeyWarning, w.Rules().KeyWarning+10*24*time.Hour
	prefixes := map[string]string{}
	for name, valid := range map[string]time.Duration{"long": long, "short": short, "ended": ended} {
		_, k, err := w.CreateKey(ctx, a, name, []string{account.ScopeRead}, valid)
		if err != nil {
			t.Fatal(err)
		}
		prefixes[name] = k.Prefix
	}
	if err := w.RevokeKey(ctx, a, prefixes["ended"]); err != nil {
		t.Fatal(err)
	}
	told := func() int {
		t.Helper()
		if err := w.WarnOfKeys(ctx); err != nil {
			t.Fatal(err)
		}
		return w.count(`SELECT count(*) FROM river_job WHERE kind = 'account_notice' AND args->>'what' = 'key-ending'`)
	}
	if n := told(); n != 0 {
		t.Errorf("%d letters long before", n)
	}
	w.clock.pass(10*24*time.Hour - time.Hour)
	if n := told(); n != 0 {
		t.Errorf("%d letters an hour too early", n)
	}
	w.clock.pass(time.Hour)
	for range 2 {
		if n := told(); n != 1 {
			t.Errorf("%d letters, want one", n)
		}
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE args->>'what' = 'key-ending' AND args->>'key' = '` + prefixes["long"] + `' AND args->>'to' = 'zhao@tests.example'`); n != 1 {
		t.Error("it is of another key, or to somebody else")
	}
}

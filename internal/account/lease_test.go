package account_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/database/dbtest"
)

// leased is two replicas with one bucket of a hundred calls a minute, five at a
// time.
func leased(t testing.TB) (one, two *account.Leases, c *clock) {
	cfg := account.Config{Limits: map[string]account.Rate{"test": {Limit: 100, Window: time.Minute}}}
	pool, c := dbtest.New(t), newClock()
	return account.NewLeases(account.NewService(pool, cfg, c.now), nil), account.NewLeases(account.NewService(pool, cfg, c.now), nil), c
}

func TestLeasesLetNoMoreThroughThanTheLimit(t *testing.T) {
	t.Parallel()
	one, two, _ := leased(t)
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			l := one
			if i%2 == 1 {
				l = two
			}
			for range 50 {
				limit, err := l.Allow(context.Background(), "test", "somebody")
				if err != nil {
					t.Error(err)
				}
				if limit.Allowed {
					allowed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 100 {
		t.Errorf("%d calls passed, want 100", allowed.Load())
	}
}

// A subject that calls one replica a little and the other as often as it can is
// short of what the first has taken and not used, and of no more.
func TestAReplicaHoldsBackNoMoreThanATwentieth(t *testing.T) {
	t.Parallel()
	one, two, c := leased(t)
	calls := func(l *account.Leases, n int) (allowed int, last account.Limit) {
		for range n {
			limit, err := l.Allow(context.Background(), "test", "somebody")
			if err != nil {
				t.Fatal(err)
			}
			if last = limit; limit.Allowed {
				allowed++
			}
		}
		return allowed, last
	}
	if _, first := calls(one, 1); first.Remaining != 99 || first.Limit != 100 || first.Reset != time.Minute {
		t.Errorf("after the first call: %+v", first)
	}
	if allowed, last := calls(two, 200); allowed != 95 || last.Remaining != 0 || last.Retry <= 0 || last.Retry > 61*time.Second {
		t.Errorf("%d calls passed at the other replica, want 95; %+v", allowed, last)
	}
	if allowed, _ := calls(one, 10); allowed != 4 {
		t.Errorf("%d calls passed at the first, want the 4 it had taken", allowed)
	}
	c.pass(time.Minute)
	if allowed, _ := calls(one, 10); allowed != 0 {
		t.Errorf("%d calls passed as the next minute began: all of the last still counts", allowed)
	}
	c.pass(30 * time.Second)
	if allowed, last := calls(one, 100); allowed != 50 || last.Retry > time.Second {
		t.Errorf("half a minute on %d calls passed, want 50; the next in %v", allowed, last.Retry)
	}
	c.pass(10 * time.Minute)
	if allowed, _ := calls(two, 200); allowed != 100 {
		t.Errorf("long after, %d calls passed, want 100", allowed)
	}
}

// Where Retry says so, a call passes.
func TestACallPassesWhenItWasToldTo(t *testing.T) {
	t.Parallel()
	one, _, c := leased(t)
	for round := range 5 {
		var limit account.Limit
		for limit.Allowed = true; limit.Allowed; {
			var err error
			if limit, err = one.Allow(context.Background(), "test", "somebody"); err != nil {
				t.Fatal(err)
			}
		}
		c.pass(max(limit.Retry+time.Millisecond, time.Second))
		if limit, err := one.Allow(context.Background(), "test", "somebody"); err != nil || !limit.Allowed {
			t.Errorf("round %d: %v, %+v", round, err, limit)
		}
		c.pass(17 * time.Second)
	}
}

// Most calls ask nothing of the database: they pass also while it is away.
func TestWhatIsLeasedNeedsNoDatabase(t *testing.T) {
	t.Parallel()
	pool, c := dbtest.New(t), newClock()
	cfg := account.Config{Limits: map[string]account.Rate{"test": {Limit: 100, Window: time.Minute}}}
	l := account.NewLeases(account.NewService(pool, cfg, c.now), nil)
	for call := range 6 {
		limit, err := l.Allow(context.Background(), "test", "somebody")
		if call < 5 && (err != nil || !limit.Allowed) {
			t.Errorf("call %d: %v, %+v", call, err, limit)
		}
		if call == 5 && err == nil {
			t.Error("the sixth call asked nobody")
		}
		if call == 0 {
			pool.Close()
		}
	}
}

func BenchmarkLeases(b *testing.B) {
	l, _, c := leased(b)
	for b.Loop() {
		c.pass(time.Minute)
		for range 100 {
			if _, err := l.Allow(context.Background(), "test", "somebody"); err != nil {
				b.Fatal(err)
			}
		}
	}
}

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

// limited is two replicas with one bucket of ten calls a minute.
func limited(t testing.TB) (one, two *account.Service, c *clock) {
	cfg := account.Config{Limits: map[string]account.Rate{"test": {Limit: 10, Window: time.Minute}}}
	pool, c := dbtest.New(t), newClock()
	return account.NewService(pool, cfg, c.now), account.NewService(pool, cfg, c.now), c
}

func TestLimitsHoldAcrossReplicas(t *testing.T) {
	t.Parallel()
	one, two, _ := limited(t)
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			s := one
			if i%2 == 1 {
				s = two
			}
			l, err := s.Allow(context.Background(), "test", "somebody")
			if err != nil {
				t.Error(err)
			}
			if l.Allowed {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 10 {
		t.Errorf("%d calls passed, want 10", allowed.Load())
	}
}

func TestTheWindowSlides(t *testing.T) {
	t.Parallel()
	s, _, c := limited(t)
	calls := func(n int) (allowed, firsts int, last account.Limit) {
		for range n {
			l, err := s.Allow(context.Background(), "test", "somebody")
			if err != nil {
				t.Fatal(err)
			}
			if l.Allowed {
				allowed++
			}
			if l.First {
				firsts++
			}
			last = l
		}
		return allowed, firsts, last
	}
	for _, step := range []struct {
		after   time.Duration
		calls   int
		allowed int
		why     string
	}{
		{0, 30, 10, "the first minute"},
		{59 * time.Second, 5, 0, "its end"},
		{time.Second, 5, 0, "the next minute, when all of the last still counts"},
		{30 * time.Second, 20, 5, "half of it"},
		{90 * time.Second, 30, 10, "long enough after"},
	} {
		c.pass(step.after)
		if got, _, _ := calls(step.calls); got != step.allowed {
			t.Errorf("%s: %d calls passed, want %d", step.why, got, step.allowed)
		}
	}
	c.pass(5 * time.Minute)
	if _, firsts, last := calls(40); firsts != 1 || last.Remaining != 0 || last.Limit != 10 || last.Reset != time.Minute {
		t.Errorf("%d first refusals, %+v", firsts, last)
	}
	if l, err := s.Allow(context.Background(), "test", "somebody else"); err != nil || !l.Allowed || l.Remaining != 9 {
		t.Errorf("another subject: %v, %+v", err, l)
	}
}

func TestAReplicaWithAClockBehindCountsInTheNewerWindow(t *testing.T) {
	t.Parallel()
	cfg := account.Config{Limits: map[string]account.Rate{"test": {Limit: 10, Window: time.Minute}}}
	pool, ahead, behind := dbtest.New(t), newClock(), newClock()
	ahead.pass(2 * time.Minute)
	one, two := account.NewService(pool, cfg, ahead.now), account.NewService(pool, cfg, behind.now)
	allowed := 0
	for i := range 40 {
		s := one
		if i%2 == 1 {
			s = two
		}
		l, err := s.Allow(context.Background(), "test", "somebody")
		if err != nil {
			t.Fatal(err)
		}
		if l.Allowed {
			allowed++
		}
	}
	if allowed != 10 {
		t.Errorf("%d calls passed, want 10", allowed)
	}
}

func TestABucketNobodyDefinedIsAnError(t *testing.T) {
	s := account.NewService(nil, account.Config{}, newClock().now)
	if _, err := s.Allow(context.Background(), "no such bucket", "x"); err == nil {
		t.Error("no error")
	}
}

func BenchmarkAllow(b *testing.B) {
	s, _, _ := limited(b)
	for b.Loop() {
		if _, err := s.Allow(context.Background(), "test", "somebody"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkActor(b *testing.B) {
	pool, c := dbtest.New(b), newClock()
	s := account.NewService(pool, cheap, c.now)
	if _, err := s.CreateUser(context.Background(), root, account.NewUser{Identifier: "wang@tests.example", Name: "王", Password: right}); err != nil {
		b.Fatal(err)
	}
	in, err := s.SignIn(context.Background(), "wang@tests.example", right, home, agent)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if a, err := s.Actor(context.Background(), in.Token); err != nil || a.IsVisitor() {
			b.Fatal(a, err)
		}
	}
}

func BenchmarkSignIn(b *testing.B) {
	pool, c := dbtest.New(b), newClock()
	s := account.NewService(pool, account.Config{}, c.now)
	if _, err := s.CreateUser(context.Background(), root, account.NewUser{Identifier: "wang@tests.example", Name: "王", Password: right}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c.pass(time.Minute)
		if _, err := s.SignIn(context.Background(), "wang@tests.example", right, home, agent); err != nil {
			b.Fatal(err)
		}
	}
}

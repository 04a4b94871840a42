package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/jobs"
)

type greeting struct {
	Name string `json:"name"`
}

func (greeting) Kind() string { return "greeting" }

func TestAJobIsWorkedIfItsTransactionCommits(t *testing.T) {
	pool := dbtest.New(t)
	met := make(chan string, 8)
	workers := jobs.NewWorkers()
	if err := jobs.Handle(workers, func(_ context.Context, g greeting) error { met <- g.Name; return nil }); err != nil {
		t.Fatal(err)
	}
	c, err := jobs.New(pool, jobs.Config{Workers: workers, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	insert := func(name string, end error) {
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			if err := jobs.Announce(t.Context(), tx, greeting{name}); err != nil {
				return err
			}
			return end
		})
		if !errors.Is(err, end) {
			t.Fatal(err)
		}
	}
	insert("rolled back", errors.New("no"))
	insert("committed", nil)
	select {
	case name := <-met:
		if name != "committed" {
			t.Errorf("worked %q", name)
		}
	case <-time.After(20 * time.Second):
		t.Error("not worked")
	}
	if err := jobs.Stop(t.Context(), c); err != nil {
		t.Error(err)
	}
	if len(met) != 0 {
		t.Errorf("also worked %q", <-met)
	}
}

func TestATaskRunsRegularlyAndAFailureDoesNotEndIt(t *testing.T) {
	pool := dbtest.New(t)
	ran := make(chan struct{}, 100)
	var times atomic.Int32
	c, err := jobs.New(pool, jobs.Config{Log: slog.New(slog.DiscardHandler), Tasks: []jobs.Task{{
		Name: "sweep", Every: time.Second, AtStart: true, Run: func(context.Context) error {
			ran <- struct{}{}
			if times.Add(1) == 1 {
				return errors.New("the first time fails")
			}
			return nil
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case <-ran:
		case <-time.After(30 * time.Second):
			t.Fatal("the task did not run")
		}
	}
	if err := jobs.Stop(t.Context(), c); err != nil {
		t.Error(err)
	}
}

func TestLocalWritesOnceMoreWhenItEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := 0
	jobs.Local(ctx, time.Hour, func(ctx context.Context) {
		calls++
		if ctx.Err() != nil {
			t.Error("the last call has no time left")
		}
	})
	if calls != 1 {
		t.Errorf("called %d times", calls)
	}
}

func TestWaitingJobsAreCountedByState(t *testing.T) {
	pool := dbtest.New(t)
	workers := jobs.NewWorkers()
	if err := jobs.Handle(workers, func(context.Context, greeting) error { return nil }); err != nil {
		t.Fatal(err)
	}
	c, err := jobs.New(pool, jobs.Config{Workers: workers, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{{}, time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if _, err := c.Insert(t.Context(), greeting{"hello"}, &river.InsertOpts{ScheduledAt: at}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := jobs.Waiting(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"available": 1, "scheduled": 1, "pending": 0, "retryable": 0, "running": 0}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

type largeOne struct {
	jobs.Sized
	Name string `json:"name"`
}

func (largeOne) Kind() string { return "large_one" }

type slowOne struct {
	jobs.Sized
	Name string `json:"name"`
}

func (slowOne) Kind() string { return "slow_one" }

// However many large jobs there are, a slow one finds a worker.
func TestSlowJobsDoNotWaitForLargeOnes(t *testing.T) {
	pool := dbtest.New(t)
	began, hold, done := make(chan struct{}, 1000), make(chan struct{}), make(chan string, 1)
	workers := jobs.NewWorkers()
	if err := jobs.HandleSlow(workers, func(context.Context, largeOne) error { began <- struct{}{}; <-hold; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := jobs.HandleSlow(workers, func(_ context.Context, s slowOne) error { done <- s.Name; return nil }); err != nil {
		t.Fatal(err)
	}
	c, err := jobs.New(pool, jobs.Config{Workers: workers, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	insert := func(args river.JobArgs) {
		if err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return jobs.Announce(t.Context(), tx, args) }); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 { // more than any machine has workers
		insert(largeOne{jobs.Sized{Large: true}, "large"})
	}
	<-began
	insert(slowOne{Name: "small"})
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("not worked")
	}
	close(hold)
	if err := jobs.Stop(t.Context(), c); err != nil {
		t.Error(err)
	}
}

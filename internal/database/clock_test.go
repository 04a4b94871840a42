package database_test

import (
	"testing"
	"time"

	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
)

func TestTheClockFollowsTheDatabase(t *testing.T) {
	pool := dbtest.New(t)
	// the process's own clock is years off; only its differences count
	own := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	c, err := database.NewClock(t.Context(), pool, func() time.Time { return own })
	if err != nil {
		t.Fatal(err)
	}
	var truth time.Time
	if err := pool.QueryRow(t.Context(), `SELECT high FROM clock`).Scan(&truth); err != nil {
		t.Fatal(err)
	}
	if got := c.Now(); !got.Equal(truth) {
		t.Errorf("now is %v, the database says %v", got, truth)
	}
	own = own.Add(90 * time.Second)
	if got, want := c.Now(), truth.Add(90*time.Second); !got.Equal(want) {
		t.Errorf("90 seconds later it is %v, want %v", got, want)
	}
}

func TestTheClockNeverGoesBack(t *testing.T) {
	pool := dbtest.New(t)
	own := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c, err := database.NewClock(t.Context(), pool, func() time.Time { return own })
	if err != nil {
		t.Fatal(err)
	}
	// the database's clock was an hour ahead once, and was put right
	if _, err := pool.Exec(t.Context(), `UPDATE clock SET high = high + interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	if err := c.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	high := c.Now()
	own = own.Add(-30 * time.Minute)
	if got := c.Now(); got.Before(high) {
		t.Errorf("it went back from %v to %v with the machine's clock", high, got)
	}
	if err := c.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.Now(); got.Before(high) {
		t.Errorf("it went back from %v to %v with the database's clock", high, got)
	}
	again, err := database.NewClock(t.Context(), pool, func() time.Time { return own })
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Now(); got.Before(high) {
		t.Errorf("a restart took it back from %v to %v", high, got)
	}
}

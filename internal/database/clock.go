package database

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Clock is the clock of the product: the time of the database, so that all
// replicas agree, which never goes back. Where the machine's clock is set back
// the time stands still until it is caught up.
type Clock struct {
	pool   *pgxpool.Pool
	ticker func() time.Time // the process's own clock; only differences of it count

	mu   sync.Mutex
	at   time.Time // the database's time ...
	tick time.Time // ... when the own clock showed this
	last time.Time // what Now said last
}

// NewClock reads the time. ticker is time.Now.
func NewClock(ctx context.Context, pool *pgxpool.Pool, ticker func() time.Time) (*Clock, error) {
	c := &Clock{pool: pool, ticker: ticker}
	return c, c.Sync(ctx)
}

// Now returns the time without asking the database.
func (c *Clock) Now() time.Time {
	tick := c.ticker()
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.at.Add(tick.Sub(c.tick)).Truncate(time.Microsecond) // what a timestamptz keeps
	if now.Before(c.last) {
		return c.last
	}
	c.last = now
	return now
}

// Sync reads the database's time again and moves the mark that is kept there.
// It is to be called every few seconds.
func (c *Clock) Sync(ctx context.Context) error {
	before := c.ticker()
	var at time.Time
	err := c.pool.QueryRow(ctx, `
		INSERT INTO clock AS c (high) VALUES (clock_timestamp())
		ON CONFLICT (single) DO UPDATE SET high = greatest(c.high, excluded.high)
		RETURNING high`).Scan(&at)
	if err != nil {
		return fmt.Errorf("clock: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.tick = at, before
	return nil
}

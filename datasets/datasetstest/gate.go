package datasetstest

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Gate is a gate with a bolt: open until it is shut. It counts how often it
// was asked.
type Gate struct {
	shut  atomic.Bool
	asked atomic.Int64
}

// Shut refuses everything from now on; Open lets everything through.
func (g *Gate) Shut() { g.shut.Store(true) }

// Open lets everything through, as before the first Shut.
func (g *Gate) Open() { g.shut.Store(false) }

// Asked is how often the gate was asked.
func (g *Gate) Asked() int { return int(g.asked.Load()) }

// MayServe does what the bolt says.
func (g *Gate) MayServe(context.Context, account.Actor, *datasets.Version, []string, time.Time) error {
	g.asked.Add(1)
	if g.shut.Load() {
		return fault.New(fault.NotFound, "没有这份数据。")
	}
	return nil
}

// Permit lets the whole pass where MayServe does.
func (g *Gate) Permit(ctx context.Context, who account.Actor, v *datasets.Version, now time.Time) (datasets.Permit, error) {
	return datasets.Permit{}, g.MayServe(ctx, who, v, nil, now)
}

// Take takes nothing: there are no grants.
func (g *Gate) Take(context.Context, pgx.Tx, datasets.Permit, datasets.Taking, time.Time) (bool, error) {
	return true, nil
}

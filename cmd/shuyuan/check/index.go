package check

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// public is what a visitor may know of. It is written out here on purpose and
// not taken from the catalogue, so that a slip there shows.
const public = `SELECT slug FROM datasets WHERE status = 'published' AND open_type IN ('unconditional', 'conditional')`

// indexed compares the index with the catalogue as it is now. The index
// follows the catalogue at a short distance, so a difference counts only if it
// stays.
func indexed(ctx context.Context, r *run) ([]string, error) {
	const pause = 500 * time.Millisecond
	var stays map[string]bool
	for waited := time.Duration(0); ; waited += pause {
		differs, err := r.difference(ctx)
		if err != nil {
			return nil, err
		}
		if stays != nil {
			for d := range differs {
				if !stays[d] {
					delete(differs, d)
				}
			}
		}
		stays = differs
		if len(stays) == 0 || waited >= r.settle {
			break
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(min(pause, r.settle)):
		}
	}
	var found []string
	for d := range stays {
		found = append(found, d)
	}
	slices.Sort(found)
	return found, nil
}

func (r *run) difference(ctx context.Context) (map[string]bool, error) {
	in := map[string]int{}
	err := r.index.IDs(ctx, func(id string) error { in[id]++; return nil })
	if err != nil {
		return nil, err
	}
	rows, err := r.pool.Query(ctx, public)
	if err != nil {
		return nil, err
	}
	slugs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	differs := map[string]bool{}
	for _, s := range slugs {
		switch in[s] {
		case 0:
			differs["dataset "+s+" is public and not in the index"] = true
		case 1:
		default:
			differs["dataset "+s+" is in the index more than once"] = true
		}
		delete(in, s)
	}
	for s := range in {
		differs["document "+s+" is in the index and not public"] = true
	}
	return differs, nil
}

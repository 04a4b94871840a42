package database_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"shuyuan/internal/database"
)

// Everything is taken once, in order, and never more at a time than was said; rows that
// leave while they are worked on take none of the others along.
func TestBatchesTakeEverythingOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 6, 7} {
		var there, got []int64
		for i := range n {
			there = append(there, int64(i*10+1))
		}
		want := slices.Clone(there)
		err := database.InBatches(t.Context(), 3, func(_ context.Context, after int64, limit int) (out []int64, err error) {
			for _, x := range there {
				if x > after && len(out) < limit {
					out = append(out, x)
				}
			}
			return out, nil
		}, func(x *int64) int64 { return *x }, func(_ context.Context, batch []int64) error {
			if len(batch) > 3 {
				t.Errorf("%d at a time", len(batch))
			}
			got = append(got, batch...)
			there = slices.DeleteFunc(there, func(x int64) bool { return slices.Contains(batch, x) && x%20 == 1 })
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d: %v, %v", n, got, err)
		}
	}
	broken := errors.New("broken")
	if err := database.InBatches(t.Context(), 1, func(context.Context, int64, int) ([]int, error) { return []int{1}, nil }, func(*int) int64 { return 1 }, func(context.Context, []int) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}

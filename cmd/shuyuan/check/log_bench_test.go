package check

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database/dbtest"
)

// BenchmarkMillionLeaves computes a log of a million leaves anew and compares every
// stored hash. It is wanted in under a minute. Beside it stands how long hashing the
// same entries alone takes on the machine.
func BenchmarkMillionLeaves(b *testing.B) {
	const most = 1_000_000
	ctx := b.Context()
	pool := dbtest.New(b)
	entry := func(n int) []byte {
		return fmt.Appendf(nil, `{"kind":"seal","time":"2026-11-02T08:00:00Z","body":{"content":"%064x","product":"PRD-2026-%06d","statement":"%064x","version":"1.0.0"}}`, n, n%1_000_000, n)
	}
	var stack, made [][]byte
	leaf, when := 0, time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	add := func() ([]any, error) {
		e := entry(leaf)
		own := sha256.Sum256(append([]byte{0}, e...))
		node := own[:]
		made = append(made, node)
		for n := leaf + 1; n%2 == 0; n /= 2 {
			node = nodeHash(stack[len(stack)-1], node)
			stack = stack[:len(stack)-1]
			made = append(made, node)
		}
		stack = append(stack, node)
		leaf++
		return []any{int64(leaf - 1), "seal", when, own[:], e}, nil
	}
	if _, err := pool.CopyFrom(ctx, pgx.Identifier{"log_leaves"}, []string{"seq", "kind", "at", "hash", "entry"}, pgx.CopyFromSlice(most, func(int) ([]any, error) { return add() })); err != nil {
		b.Fatal(err)
	}
	if _, err := pool.CopyFrom(ctx, pgx.Identifier{"log_hashes"}, []string{"idx", "hash"}, pgx.CopyFromSlice(len(made), func(i int) ([]any, error) { return []any{int64(i), made[i]}, nil })); err != nil {
		b.Fatal(err)
	}
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			tx, err := pool.Begin(ctx)
			if err != nil {
				b.Fatal(err)
			}
			found, err := logTree(ctx, &run{tx: tx})
			if err != nil || len(found) > 0 {
				b.Fatal(found, err)
			}
			tx.Rollback(ctx) //nolint:errcheck // it only read
		}
	})
	b.Run("hash alone", func(b *testing.B) {
		for b.Loop() {
			for n := range most {
				sha256.Sum256(entry(n))
			}
		}
	})
}

package transparency_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/database"
	"shuyuan/internal/transparency"
)

// held reads stored hashes from memory.
func held(all []tlog.Hash) tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			if at >= int64(len(all)) {
				return nil, fmt.Errorf("hash %d of %d", at, len(all))
			}
			out[i] = all[at]
		}
		return out, nil
	}
}

// roots are the roots at every size up to that of leaves, from 1, by code that is not
// ours.
func roots(leaves []tlog.Hash, want func(size int64) bool) map[int64][]byte {
	out := map[int64][]byte{}
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for i := range leaves {
		if err := tree.Append(leaves[i][:], nil); err != nil {
			panic(err)
		}
		if size := int64(i + 1); want(size) {
			root, err := tree.GetRootHash(nil)
			if err != nil {
				panic(err)
			}
			out[size] = root
		}
	}
	return out
}

// included reports whether the code of others accepts that a leaf is in a log.
func included(all []tlog.Hash, leaf tlog.Hash, index, size int64, root []byte) error {
	p, err := tlog.ProveRecord(size, index, held(all))
	if err != nil {
		return err
	}
	return proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(size), leaf[:], bytesOf(p), root)
}

// continued reports whether the code of others accepts that a log continues another.
func continued(all []tlog.Hash, from, to int64, before, after []byte) error {
	p, err := tlog.ProveTree(to, from, held(all))
	if err != nil {
		return err
	}
	return proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(from), uint64(to), bytesOf(p), before, after)
}

// What Append stored proves every leaf at every size up to 600, over the edges of
// tiles at 256 and 512, and that each size continues each one before it; and a proof
// with another index, size or leaf is refused.
func TestEveryLeafAtEverySize(t *testing.T) {
	ctx := t.Context()
	w := open(t)
	const most = 600
	if _, err := database.InTx(ctx, w.pool, func(tx pgx.Tx) (struct{}, error) {
		for n := range most {
			if _, err := transparency.Append(ctx, tx, seal(n)); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	read := func(sql string) []tlog.Hash {
		rows, err := w.pool.Query(ctx, sql)
		if err != nil {
			t.Fatal(err)
		}
		list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (h tlog.Hash, err error) {
			var b []byte
			err = row.Scan(&b)
			return tlog.Hash(b), err
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	leaves, all := read(`SELECT hash FROM log_leaves ORDER BY seq LIMIT 600`), read(`SELECT hash FROM log_hashes ORDER BY idx`)
	at := roots(leaves, func(int64) bool { return true })
	for size := int64(1); size <= most; size++ {
		for index := range size {
			if err := included(all, leaves[index], index, size, at[size]); err != nil {
				t.Fatalf("leaf %d at size %d: %v", index, size, err)
			}
		}
		for from := int64(1); from < size; from++ {
			if err := continued(all, from, size, at[from], at[size]); err != nil {
				t.Fatalf("from %d to %d: %v", from, size, err)
			}
		}
	}
	p, err := tlog.ProveRecord(most, 300, held(all))
	if err != nil {
		t.Fatal(err)
	}
	root := tlog.Hash(at[most])
	if err := tlog.CheckRecord(p, most, root, 300, leaves[300]); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"another index":   tlog.CheckRecord(p, most, root, 301, leaves[300]),
		"another size":    tlog.CheckRecord(p, most-300, root, 299, leaves[300]),
		"another leaf":    tlog.CheckRecord(p, most, root, 300, leaves[301]),
		"another root":    tlog.CheckRecord(p, most, tlog.Hash(at[most-1]), 300, leaves[300]),
		"a proof cut off": tlog.CheckRecord(p[:len(p)-1], most, root, 300, leaves[300]),
	} {
		if err == nil {
			t.Errorf("accepted: %s", name)
		}
	}
}

// The same at random in a log of a million leaves.
func TestLeavesOfAMillion(t *testing.T) {
	const most, tries = 1_000_000, 2_000
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same at every run
	sizes := map[int64]bool{1: true, most: true}
	for len(sizes) < 50 {
		sizes[1+r.Int64N(most)] = true
	}
	leaves := make([]tlog.Hash, most)
	all := make([]tlog.Hash, 0, 2*most)
	for i := range leaves {
		leaves[i] = tlog.RecordHash(fmt.Appendf(nil, "leaf %d", i))
		more, err := tlog.StoredHashesForRecordHash(int64(i), leaves[i], held(all))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, more...)
	}
	at := roots(leaves, func(size int64) bool { return sizes[size] })
	var list []int64
	for size := range at {
		list = append(list, size)
	}
	for range tries {
		size, other := list[r.IntN(len(list))], list[r.IntN(len(list))]
		index := r.Int64N(size)
		if err := included(all, leaves[index], index, size, at[size]); err != nil {
			t.Fatalf("leaf %d at size %d: %v", index, size, err)
		}
		from, to := min(size, other), max(size, other)
		if err := continued(all, from, to, at[from], at[to]); err != nil {
			t.Fatalf("from %d to %d: %v", from, to, err)
		}
	}
}

// BenchmarkAppend is a leaf in a transaction of its own.
func BenchmarkAppend(b *testing.B) {
	w := open(b)
	for n := range b.N {
		if _, err := w.add(b.Context(), seal(n)); err != nil {
			b.Fatal(err)
		}
	}
}

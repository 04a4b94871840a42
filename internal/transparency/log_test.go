package transparency_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
)

const origin = "log.example.gov/log"

// world is a log with its keys.
type world struct {
	*transparency.Log
	pool   *pgxpool.Pool
	vault  *vault.Files
	keys   *register.Register
	folder string
}

func open(t testing.TB) *world {
	t.Helper()
	w := on(t, dbtest.New(t), t.TempDir())
	if err := w.Name(t.Context(), origin); err != nil {
		t.Fatal(err)
	}
	return w
}

// on is the log in pool with the keys and the memory in folder.
func on(t testing.TB, pool *pgxpool.Pool, folder string) *world {
	t.Helper()
	v, err := vault.Open(filepath.Join(folder, "keys"), filepath.Join(folder, "memory"), 24*time.Hour, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{pool: pool, vault: v, keys: register.New(pool, v), folder: folder}
	w.Log = transparency.New(transparency.NewReader(pool), v, folder, time.Now)
	if err := w.keys.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func seal(n int) transparency.Leaf {
	return transparency.Leaf{Kind: wire.Seal, Body: map[string]string{"statement": fmt.Sprintf("%064x", n), "product": fmt.Sprintf("PRD-2026-%06d", n), "version": "1.0.0"}}
}

// grow appends leaves, one a transaction.
func (w *world) grow(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		if _, err := w.add(t.Context(), seal(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) add(ctx context.Context, leaf transparency.Leaf) (int64, error) {
	return database.InTx(ctx, w.pool, func(tx pgx.Tx) (int64, error) { return transparency.Append(ctx, tx, leaf) })
}

func (w *world) sign(t *testing.T) transparency.Checkpoint {
	t.Helper()
	if err := w.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := w.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestALeafIsProvenByAnothersCode follows a leaf from the transaction to a proof
// that the code of transparency-dev/merkle accepts.
func TestALeafIsProvenByAnothersCode(t *testing.T) {
	ctx := t.Context()
	w := open(t)
	first := w.sign(t)
	w.grow(t, 40)
	c := w.sign(t)
	keys, err := w.keys.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Check(); err != nil {
		t.Error(err)
	}
	key, ok := keys.Find(c.Key)
	if !ok || key.Purpose != signing.Checkpoint {
		t.Fatalf("the checkpoint was signed with %+v", key)
	}
	verifier, err := wire.Verifier(origin, key.Public)
	if err != nil {
		t.Fatal(err)
	}
	tree, _, err := wire.OpenCheckpoint(c.Full(), origin, verifier)
	if err != nil || tree != c.Tree || tree.Size != 43 {
		t.Fatalf("the checkpoint says %+v (%v), it is of %+v", tree, err, c.Tree)
	}
	for index := range tree.Size {
		leaf, err := w.Leaf(ctx, index)
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.Inclusion(ctx, index, tree.Size)
		if err != nil {
			t.Fatal(err)
		}
		err = proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(tree.Size), rfc6962.DefaultHasher.HashLeaf(leaf.Bytes), bytesOf(p), tree.Root[:])
		if err != nil {
			t.Errorf("leaf %d: %v", index, err)
		}
	}
	p, err := w.Consistency(ctx, first.Size, c.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(first.Size), uint64(c.Size), bytesOf(p), first.Root[:], c.Root[:]); err != nil {
		t.Error(err)
	}
	file, err := os.ReadFile(filepath.Join(w.folder, transparency.Kept))
	if err != nil || strings.Count(string(file), "\n") != 2 {
		t.Errorf("outside the database lies %q (%v)", file, err)
	}
}

func bytesOf[P ~[]tlog.Hash](p P) [][]byte {
	out := make([][]byte, len(p))
	for i := range p {
		out[i] = p[i][:]
	}
	return out
}

func TestWhatIsNotCommittedIsNotInTheLog(t *testing.T) {
	w := open(t)
	before := w.sign(t)
	failed := errors.New("the act failed")
	_, err := database.InTx(t.Context(), w.pool, func(tx pgx.Tx) (int64, error) {
		if _, err := transparency.Append(t.Context(), tx, seal(1)); err != nil {
			return 0, err
		}
		return 0, failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if after := w.sign(t); after.Tree != before.Tree {
		t.Errorf("the log went from %+v to %+v", before.Tree, after.Tree)
	}
}

func TestManyAppendAtOnce(t *testing.T) {
	w := open(t)
	var g errgroup.Group
	seen := make(chan int64, 80)
	for i := range 8 {
		g.Go(func() error {
			for j := range 10 {
				index, err := w.add(t.Context(), seal(10*i+j))
				if err != nil {
					return err
				}
				seen <- index
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	close(seen)
	was := map[int64]bool{}
	for index := range seen {
		if was[index] {
			t.Errorf("two leaves are at %d", index)
		}
		was[index] = true
	}
	if c := w.sign(t); c.Size != 83 {
		t.Errorf("the log has %d leaves", c.Size)
	}
}

// TestTheTimeOfLeavesDoesNotGoBack appends with a clock that is set back.
func TestTheTimeOfLeavesDoesNotGoBack(t *testing.T) {
	w := open(t)
	now := time.Now().Add(time.Hour)
	for i, at := range []time.Time{now, now.Add(-30 * time.Minute), now.AddDate(0, 0, -1)} {
		leaf := seal(i)
		leaf.At = at
		if _, err := w.add(t.Context(), leaf); err != nil {
			t.Fatal(err)
		}
	}
	c := w.sign(t)
	leaf, err := w.Leaf(t.Context(), c.Size-1)
	if err != nil || !leaf.Time.Equal(now.UTC().Truncate(time.Microsecond)) {
		t.Errorf("the last leaf is of %v (%v), the one before of %v", leaf.Time, err, now)
	}
}

// TestALeafNamesNobody tries what must not get into the log.
func TestALeafNamesNobody(t *testing.T) {
	w := open(t)
	good := strings.Repeat("ab", 32)
	for what, leaf := range map[string]transparency.Leaf{
		"a kind nobody knows": {Kind: "sale", Body: map[string]string{"statement": good}},
		"a field for a buyer": {Kind: wire.Receipt, Body: map[string]string{"commitment": good, "buyer": "91350100M000100Y43"}},
		"a person's name":     {Kind: wire.Seal, Body: map[string]string{"statement": good, "product": "张三", "version": "1"}},
		"a name with spaces":  {Kind: wire.Seal, Body: map[string]string{"statement": good, "product": "Zhang San", "version": "1"}},
		"nothing it must say": {Kind: wire.Seal, Body: map[string]string{"statement": good}},
		"an empty field":      {Kind: wire.Receipt, Body: map[string]string{"commitment": good, "": good}},
	} {
		if _, err := w.add(t.Context(), leaf); err == nil {
			t.Errorf("%s got into the log", what)
		}
	}
}

// TestTheTablesOnlyGrow tries to rewrite each table of the log.
func TestTheTablesOnlyGrow(t *testing.T) {
	w := open(t)
	w.grow(t, 2)
	w.sign(t)
	for _, table := range []string{"log_origin", "log_leaves", "log_hashes", "log_checkpoints", "signing_keys"} {
		for _, sql := range []string{`DELETE FROM ` + table, `TRUNCATE ` + table + ` CASCADE`} {
			if _, err := w.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "only grows") {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
	if _, err := w.pool.Exec(t.Context(), `UPDATE log_leaves SET entry = entry`); err == nil {
		t.Error("a leaf was rewritten")
	}
}

// rewrite does what only somebody with all rights in the database can.
func (w *world) rewrite(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := database.InTx(t.Context(), w.pool, func(tx pgx.Tx) (struct{}, error) {
		if _, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
			return struct{}{}, err
		}
		tag, err := tx.Exec(t.Context(), sql, args...)
		if err == nil && tag.RowsAffected() == 0 {
			err = errors.New("nothing was rewritten")
		}
		return struct{}{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestARewrittenLogIsNotSigned changes the log behind its back, in each way once:
// no checkpoint is signed any more, and the problem is told.
func TestARewrittenLogIsNotSigned(t *testing.T) {
	other := strings.Repeat("ff", 32)
	for name, c := range map[string]struct{ sql, says string }{
		"a hash of a subtree":             {`UPDATE log_hashes SET hash = decode('` + other + `', 'hex') WHERE idx = 2`, "stored hash 2 "},
		"a hash of a leaf":                {`UPDATE log_hashes SET hash = decode('` + other + `', 'hex') WHERE idx = 7`, "stored hash 7 "},
		"what a leaf says":                {`UPDATE log_leaves SET entry = replace(convert_from(entry, 'UTF8'), '1.0.0', '1.0.1')::bytea WHERE seq = 5`, "leaf 5 "},
		"a leaf with its hash":            {`UPDATE log_leaves SET entry = e, hash = sha256('\x00' || e) FROM (SELECT replace(convert_from(entry, 'UTF8'), '1.0.0', '1.0.1')::bytea AS e FROM log_leaves WHERE seq = 5) x WHERE seq = 5`, "stored hash "},
		"the kind beside a leaf":          {`UPDATE log_leaves SET kind = 'recall' WHERE seq = 5`, "leaf 5 "},
		"two leaves swapped":              {`UPDATE log_leaves a SET entry = b.entry, hash = b.hash FROM log_leaves b WHERE (a.seq, b.seq) IN ((5, 6), (6, 5))`, "leaf 5 "},
		"the last leaves gone":            {`DELETE FROM log_leaves WHERE seq >= 20`, "leaves are gone"},
		"a leaf in the middle gone":       {`DELETE FROM log_leaves WHERE seq = 9`, "missing"},
		"a new leaf with a wrong hash":    {`UPDATE log_leaves SET hash = decode('` + other + `', 'hex') WHERE seq = 24`, "leaf 24 "},
		"what a checkpoint claims":        {`UPDATE log_checkpoints SET root = decode('` + other + `', 'hex')`, "others than the checkpoint says"},
		"a hash too many behind the last": {`INSERT INTO log_hashes (idx, hash) VALUES (100, decode('` + other + `', 'hex'))`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			w.grow(t, 19)
			before := w.sign(t)
			w.grow(t, 3)
			w.rewrite(t, c.sql)
			err := w.Tick(t.Context())
			if c.says == "" { // it is not of the log, and does not get into it
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("the tick says %v", err)
			}
			if !errors.Is(w.Problem(), err) {
				t.Errorf("the problem told is %v", w.Problem())
			}
			if after, err := w.Checkpoint(t.Context()); err != nil || after.Size != before.Size {
				t.Errorf("a checkpoint of %d was signed (%v)", after.Size, err)
			}
		})
	}
}

// TestADatabaseThatWasSetBackIsNotSigned sets the database back to a copy, and
// goes on: first with fewer leaves, then with as many others.
func TestADatabaseThatWasSetBackIsNotSigned(t *testing.T) {
	w := open(t)
	w.grow(t, 5)
	w.sign(t)
	old := dbtest.Snap(t, w.pool)
	w = on(t, old.New(t), w.folder)
	w.grow(t, 3)
	was := w.sign(t)

	back := on(t, old.New(t), w.folder)
	var older *signing.Older
	if _, err := back.add(t.Context(), seal(100)); err != nil {
		t.Fatal(err)
	}
	if err := back.Tick(t.Context()); !errors.As(err, &older) || older.Size != was.Size || !strings.Contains(older.Why, "lost some") {
		t.Errorf("with fewer leaves: %v", err)
	}
	for i := range 2 {
		if _, err := back.add(t.Context(), seal(101+i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := back.Tick(t.Context()); !errors.As(err, &older) || !strings.Contains(older.Why, "other leaves") {
		t.Errorf("with as many others: %v", err)
	}
	if _, err := back.add(t.Context(), seal(103)); err != nil {
		t.Fatal(err)
	}
	if err := back.Tick(t.Context()); !errors.As(err, &older) || !strings.Contains(older.Why, "changed what was in it") {
		t.Errorf("with more, others among them: %v", err)
	}
	if back.Problem() == nil {
		t.Error("the problem is not told")
	}
}

// TestACrashBetweenSignatureAndCommit loses the checkpoint that was signed last:
// the next one continues it all the same.
func TestACrashBetweenSignatureAndCommit(t *testing.T) {
	w := open(t)
	w.grow(t, 5)
	w.sign(t)
	w.grow(t, 3)
	lost := w.sign(t)
	w.rewrite(t, `DELETE FROM log_checkpoints WHERE size = $1`, lost.Size)
	if again := w.sign(t); again.Size != lost.Size || again.Root != lost.Root {
		t.Errorf("%+v was signed, then %+v", lost.Tree, again.Tree)
	}
	w.rewrite(t, `DELETE FROM log_checkpoints WHERE size = $1`, lost.Size)
	w.grow(t, 4)
	if c := w.sign(t); c.Size != lost.Size+4 {
		t.Errorf("the log has %d leaves", c.Size)
	}
}

// TestOneReplicaSigns ticks on two replicas at once.
func TestOneReplicaSigns(t *testing.T) {
	w := open(t)
	other := on(t, w.pool, w.folder)
	for range 5 {
		w.grow(t, 2)
		var g errgroup.Group
		g.Go(func() error { return w.Tick(t.Context()) })
		g.Go(func() error { return other.Tick(t.Context()) })
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := w.pool.QueryRow(t.Context(), `SELECT count(*) FROM log_checkpoints`).Scan(&n); err != nil || n != 5 {
		t.Errorf("%d checkpoints were signed (%v)", n, err)
	}
}

// TestTilesAreWhatTheyShouldBe reads tiles at their edges.
func TestTilesAreWhatTheyShouldBe(t *testing.T) {
	ctx := t.Context()
	w := open(t)
	w.grow(t, 255)
	c := w.sign(t) // 258: three keys before
	for _, tile := range []struct {
		level int
		n     int64
		width int
		there bool
	}{
		{0, 0, 256, true}, {0, 0, 255, true}, {0, 0, 1, true}, {0, 0, 257, false}, {0, 0, 0, false},
		{0, 1, 2, true}, {0, 1, 3, false}, {0, 1, 256, false}, {0, -1, 1, false}, {0, 1 << 60, 1, false},
		{1, 0, 1, true}, {1, 0, 2, false}, {2, 0, 1, false}, {7, 1 << 40, 1, false}, {8, 0, 1, false},
	} {
		b, err := w.Tile(ctx, tile.level, tile.n, tile.width)
		if (err == nil) != tile.there || err == nil && len(b) != tile.width*tlog.HashSize {
			t.Errorf("tile %+v: %d bytes, %v", tile, len(b), err)
		}
		if tile.level != 0 {
			continue
		}
		b, err = w.Entries(ctx, tile.n, tile.width)
		if (err == nil) != tile.there {
			t.Errorf("entries %+v: %v", tile, err)
		}
		if list, err := wire.ParseBundle(b); err != nil || tile.there && len(list) != tile.width {
			t.Errorf("entries %+v: %d (%v)", tile, len(list), err)
		}
	}
	b, err := w.Tile(ctx, 1, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	below, err := w.Tile(ctx, 0, 0, 256)
	if err != nil {
		t.Fatal(err)
	}
	for len(below) > tlog.HashSize {
		var up []byte
		for i := 0; i < len(below); i += 2 * tlog.HashSize {
			h := tlog.NodeHash(tlog.Hash(below[i:i+tlog.HashSize]), tlog.Hash(below[i+tlog.HashSize:i+2*tlog.HashSize]))
			up = append(up, h[:]...)
		}
		below = up
	}
	if hex.EncodeToString(b) != hex.EncodeToString(below) {
		t.Error("the hash above a tile is not that of the tile")
	}
	if _, err := w.Inclusion(ctx, 0, c.Size+1); err == nil {
		t.Error("a proof was given for what no checkpoint covers")
	}
}

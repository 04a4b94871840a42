package transparency

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/database"
	"shuyuan/internal/signing"
	"shuyuan/internal/transparency/wire"
)

// Log signs the state of the log. Any number of replicas may; one at a time does.
type Log struct {
	*Reader
	vault  signing.Vault
	folder string
	now    func() time.Time

	witnesses []*Witness

	mu      sync.Mutex
	problem error
	next    int64 // where the round over old leaves stands
}

// New returns what signs the log that r reads, with keys in vault. Checkpoints
// are kept in folder too.
func New(r *Reader, vault signing.Vault, folder string, now func() time.Time) *Log {
	return &Log{Reader: r, vault: vault, folder: folder, now: now}
}

// Name names the log when it has no name yet. The name stays: it is in every
// checkpoint, and witnesses know the log by it.
func (l *Log) Name(ctx context.Context, origin string) error {
	return fixOrigin(ctx, l.pool, origin, l.now())
}

// Problem is why the log was not signed when it was last tried; nil where all is
// well.
func (l *Log) Problem() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.problem
}

// Tick verifies what came since the last checkpoint, and a piece of what was there
// before, and signs a new checkpoint if the log has grown. It signs nothing if
// anything is not as it was.
func (l *Log) Tick(ctx context.Context) error {
	mine, err := database.InTx(ctx, l.pool, func(tx pgx.Tx) (bool, error) { return l.tick(ctx, tx) })
	if ctx.Err() == nil && (mine || err != nil) {
		l.tell(err)
	}
	return err
}

// round is how many old leaves one tick verifies; a whole subtree, so that a log
// of fewer is verified whole each time.
const round = 1 << 12

func (l *Log) tick(ctx context.Context, tx pgx.Tx) (mine bool, err error) {
	if mine, err = trySignLock(ctx, tx); err != nil || !mine {
		return false, err
	}
	origin, err := readOrigin(ctx, tx)
	if err != nil || origin == "" {
		return true, err
	}
	last, err := lastTree(ctx, tx)
	if err != nil {
		return true, err
	}
	size, err := leafCount(ctx, tx)
	if err != nil {
		return true, err
	}
	if size < last.Size {
		return true, fmt.Errorf("log: %d leaves are gone: a checkpoint covers %d", last.Size-size, last.Size)
	}
	if l.next >= last.Size {
		l.next = 0
	}
	if to := min(l.next+round, last.Size); l.next < to {
		if err := Recompute(ctx, tx, l.next, to); err != nil {
			return true, err
		}
		l.next = to
	}
	root, err := tlog.TreeHash(last.Size, hashes(ctx, tx))
	if err != nil {
		return true, fmt.Errorf("log: %w", err)
	}
	if last.Size > 0 && root != last.Root {
		return true, fmt.Errorf("log: its first %d leaves are others than the checkpoint says", last.Size)
	}
	if size == last.Size {
		return true, nil
	}
	if err := Recompute(ctx, tx, last.Size, size); err != nil {
		return true, err
	}
	return true, l.sign(ctx, tx, origin, last, size)
}

// sign signs the state of that size, which was verified.
func (l *Log) sign(ctx context.Context, tx pgx.Tx, origin string, last wire.Tree, size int64) error {
	root, err := tlog.TreeHash(size, hashes(ctx, tx))
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	c := Checkpoint{Tree: wire.Tree{Size: size, Root: root}, Signed: l.now()}
	text := wire.CheckpointText(origin, c.Tree)
	signature, err := l.signed(ctx, tx, &c, text, last)
	if err != nil {
		return err
	}
	public, err := publicKey(ctx, tx, c.Key)
	if err != nil {
		return err
	}
	verifier, err := wire.Verifier(origin, public)
	if err != nil {
		return err
	}
	c.Note = append(append(text, '\n'), wire.SignatureLine(origin, verifier.KeyHash(), signature)...)
	if _, _, err := wire.OpenCheckpoint(c.Note, origin, verifier); err != nil {
		return err
	}
	if err := l.keep(c); err != nil {
		return err
	}
	return insertCheckpoint(ctx, tx, c)
}

// signed asks the vault, which may know a later checkpoint than the database: one
// whose transaction did not commit.
func (l *Log) signed(ctx context.Context, tx pgx.Tx, c *Checkpoint, text []byte, last wire.Tree) (signature []byte, err error) {
	old := last.Size
	for range 2 {
		var proof tlog.TreeProof
		if old > 0 && old <= c.Size {
			if proof, err = tlog.ProveTree(c.Size, old, hashes(ctx, tx)); err != nil {
				return nil, fmt.Errorf("log: %w", err)
			}
		}
		if old == last.Size && old > 0 {
			if err := tlog.CheckTree(proof, c.Size, c.Root, last.Size, last.Root); err != nil {
				return nil, fmt.Errorf("log: it does not continue the checkpoint of size %d: %w", last.Size, err)
			}
		}
		var older *signing.Older
		c.Key, signature, err = l.vault.SignCheckpoint(ctx, text, old, proof)
		if !errors.As(err, &older) || older.Size == old || older.Size > c.Size {
			break
		}
		old = older.Size
	}
	if err != nil {
		return nil, fmt.Errorf("log: the checkpoint was not signed: %w", err)
	}
	return signature, nil
}

// Recompute computes the stored hashes of the leaves from one index up to another
// from what the leaves say, and returns an error where one that is stored is
// another, or a leaf is missing. Of what lies before it uses hashes of whole
// subtrees as they are stored.
func Recompute(ctx context.Context, q database.Querier, from, to int64) error {
	own := map[int64]tlog.Hash{}
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		var ask []int64
		var where []int
		for i, idx := range indexes {
			h, ok := own[idx]
			if !ok {
				ask, where = append(ask, idx), append(where, i)
			}
			out[i] = h
		}
		list, err := hashes(ctx, q)(ask)
		for i, h := range list {
			out[where[i]], own[ask[i]] = h, h
		}
		return out, err
	})
	for ; from < to; from += round {
		till := min(from+round, to)
		leaves, err := readLeaves(ctx, q, from, till)
		if err != nil {
			return err
		}
		if int64(len(leaves)) != till-from {
			return fmt.Errorf("log: %d leaves from %d on are missing", till-from-int64(len(leaves)), from)
		}
		first := tlog.StoredHashIndex(0, from)
		there, err := readRange(ctx, q, first, tlog.StoredHashIndex(0, till))
		if err != nil {
			return err
		}
		n := 0
		for _, leaf := range leaves {
			hash := tlog.RecordHash(leaf.Entry)
			if !bytes.Equal(hash[:], leaf.Hash) {
				return fmt.Errorf("log: leaf %d is another than was hashed", leaf.Seq)
			}
			entry, err := wire.ParseEntry(leaf.Entry)
			if err != nil || entry.Kind != leaf.Kind || !entry.Time.Equal(leaf.At) {
				return fmt.Errorf("log: leaf %d says something else than its row", leaf.Seq)
			}
			list, err := tlog.StoredHashesForRecordHash(leaf.Seq, hash, reader)
			if err != nil {
				return fmt.Errorf("log: %w", err)
			}
			for _, h := range list {
				own[first+int64(n)] = h
				if n >= len(there) || there[n] != h {
					return fmt.Errorf("log: stored hash %d is not that of its leaves", first+int64(n))
				}
				n++
			}
		}
		if n != len(there) {
			return fmt.Errorf("log: there are %d hashes too many from %d on", len(there)-n, first)
		}
	}
	return nil
}

// kept is a line of the file of checkpoints.
type kept struct {
	Size   int64     `json:"size"`
	Root   tlog.Hash `json:"root"`
	Signed time.Time `json:"signed"`
	Note   string    `json:"note"`
}

// Kept is the file of all checkpoints in the folder of the log: JSON, one a line.
const Kept = "checkpoints.ndjson"

// keep writes a checkpoint behind the others outside the database.
func (l *Log) keep(c Checkpoint) error {
	if err := os.MkdirAll(l.folder, 0o700); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	line, err := json.Marshal(kept{Size: c.Size, Root: c.Root, Signed: c.Signed, Note: string(c.Note)})
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(l.folder, Kept), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

// Run ticks every interval until ctx ends, once prepare has succeeded: it publishes
// the keys. A failure is handed to failed when it is a new one, and tried again at
// the next turn.
func (l *Log) Run(ctx context.Context, every time.Duration, prepare func(context.Context) error, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	said, prepared := "", false
	for {
		err := l.turn(ctx, &prepared, prepare)
		switch {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said:
			said = err.Error()
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (l *Log) turn(ctx context.Context, prepared *bool, prepare func(context.Context) error) error {
	if !*prepared {
		if err := prepare(ctx); err != nil {
			l.tell(err)
			return err
		}
		*prepared = true
	}
	if err := l.Tick(ctx); err != nil {
		return err
	}
	return l.Cosign(ctx)
}

func (l *Log) tell(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problem = err
}

package transparency

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/fault"
	"shuyuan/internal/transparency/wire"
)

// Reader gives out what the newest checkpoint covers.
type Reader struct{ pool *pgxpool.Pool }

// NewReader returns the one for the log in pool.
func NewReader(pool *pgxpool.Pool) *Reader { return &Reader{pool: pool} }

// Checkpoint is a signed state of the log.
type Checkpoint struct {
	wire.Tree
	Key          string // signing.Key.ID
	Signed       time.Time
	Note         []byte // as it was signed: a C2SP signed note
	Cosignatures []Cosignature
}

// Cosignature is a witness's signature under a checkpoint (C2SP tlog-cosignature).
type Cosignature struct {
	Witness string // its name and the hash of its key: name+hash
	At      time.Time
	Line    string // the line under the note
}

// Full is the note with the lines of the witnesses under it: what is served.
func (c Checkpoint) Full() []byte {
	out := append([]byte(nil), c.Note...)
	for _, s := range c.Cosignatures {
		out = append(out, s.Line...)
	}
	return out
}

// ErrNothing is the answer of a log that has no checkpoint yet, and about what no
// checkpoint covers.
func ErrNothing() *fault.Fault {
	return fault.New(fault.NotFound, "透明日志中还没有这一部分。")
}

// Origin is the name of the log; empty before the server first started.
func (r *Reader) Origin(ctx context.Context) (string, error) { return readOrigin(ctx, r.pool) }

// Checkpoint is the newest one; fault.NotFound where there is none yet.
func (r *Reader) Checkpoint(ctx context.Context) (Checkpoint, error) {
	c, err := newestCheckpoint(ctx, r.pool)
	if err == nil && c.Size == 0 {
		err = ErrNothing()
	}
	return c, err
}

// covered returns the size of the newest checkpoint if it is at least that.
func (r *Reader) covered(ctx context.Context, size int64) error {
	t, err := lastTree(ctx, r.pool)
	if err == nil && (size < 1 || size > t.Size) {
		err = ErrNothing()
	}
	return err
}

// Tile are the hashes of a tile (C2SP tlog-tiles), of a width from 1 to 256.
func (r *Reader) Tile(ctx context.Context, level int, n int64, width int) ([]byte, error) {
	if level < 0 || level > 63/wire.TileHeight || n < 0 || width < 1 || width > wire.TileWidth {
		return nil, ErrNothing()
	}
	leaves := int64(1) << (wire.TileHeight * level) // below each hash
	if n > (1<<53)/leaves/wire.TileWidth || r.covered(ctx, (n*wire.TileWidth+int64(width))*leaves) != nil {
		return nil, ErrNothing()
	}
	b, err := tlog.ReadTileData(tlog.Tile{H: wire.TileHeight, L: level, N: n, W: width}, hashes(ctx, r.pool))
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return b, nil
}

// Entries are the entries of a tile as a bundle (C2SP tlog-tiles).
func (r *Reader) Entries(ctx context.Context, n int64, width int) ([]byte, error) {
	if n < 0 || n > (1<<53)/wire.TileWidth || width < 1 || width > wire.TileWidth {
		return nil, ErrNothing()
	}
	first := n * wire.TileWidth
	if err := r.covered(ctx, first+int64(width)); err != nil {
		return nil, err
	}
	list, err := readEntries(ctx, r.pool, first, first+int64(width))
	if err == nil && len(list) != width {
		err = fmt.Errorf("log: leaves of tile %d are missing", n)
	}
	return wire.Bundle(list), err
}

// Logged is a leaf of the log.
type Logged struct {
	wire.Entry
	Index int64
	Hash  tlog.Hash
	Bytes []byte
}

func (s stored) logged() (Logged, error) {
	e, err := wire.ParseEntry(s.Entry)
	return Logged{Entry: e, Index: s.Seq, Hash: tlog.Hash(s.Hash), Bytes: s.Entry}, err
}

// Leaf is a leaf that the newest checkpoint covers.
func (r *Reader) Leaf(ctx context.Context, index int64) (Logged, error) {
	if index < 0 || index > 1<<53 {
		return Logged{}, ErrNothing()
	}
	if err := r.covered(ctx, index+1); err != nil {
		return Logged{}, err
	}
	list, err := readLeaves(ctx, r.pool, index, index+1)
	if err != nil {
		return Logged{}, err
	}
	if len(list) != 1 {
		return Logged{}, ErrNothing()
	}
	return list[0].logged()
}

// ByHash is a leaf by its hash (RFC 6962, 2.1: SHA-256 of 0x00 and the entry).
func (r *Reader) ByHash(ctx context.Context, hash tlog.Hash) (Logged, error) {
	index, err := indexOf(ctx, r.pool, hash)
	if err != nil {
		return Logged{}, err
	}
	return r.Leaf(ctx, index)
}

// Newest are the newest leaves that the newest checkpoint covers, the newest first.
func (r *Reader) Newest(ctx context.Context, most int64) ([]Logged, error) {
	t, err := lastTree(ctx, r.pool)
	if err != nil {
		return nil, err
	}
	list, err := readLeaves(ctx, r.pool, max(0, t.Size-most), t.Size)
	if err != nil {
		return nil, err
	}
	out := make([]Logged, len(list))
	for i, s := range list {
		if out[len(list)-1-i], err = s.logged(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Inclusion proves that a leaf is in the log of that size (RFC 6962, 2.1.1).
func (r *Reader) Inclusion(ctx context.Context, index, size int64) (tlog.RecordProof, error) {
	if index < 0 || index >= size {
		return nil, ErrNothing()
	}
	if err := r.covered(ctx, size); err != nil {
		return nil, err
	}
	p, err := tlog.ProveRecord(size, index, hashes(ctx, r.pool))
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return p, nil
}

// Root is the root of the log of that size.
func (r *Reader) Root(ctx context.Context, size int64) (tlog.Hash, error) {
	if err := r.covered(ctx, size); err != nil {
		return tlog.Hash{}, err
	}
	h, err := tlog.TreeHash(size, hashes(ctx, r.pool))
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("log: %w", err)
	}
	return h, nil
}

// Consistency proves that the log of one size is the beginning of that of another
// (RFC 6962, 2.1.2).
func (r *Reader) Consistency(ctx context.Context, from, to int64) (tlog.TreeProof, error) {
	if from < 1 || from > to {
		return nil, ErrNothing()
	}
	if err := r.covered(ctx, to); err != nil {
		return nil, err
	}
	p, err := tlog.ProveTree(to, from, hashes(ctx, r.pool))
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return p, nil
}

package transparency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"shuyuan/internal/database"
	"shuyuan/internal/transparency/wire"
)

// appendLock is the advisory lock of whoever appends, until its transaction ends;
// signLock that of the one replica that signs.
const (
	appendLock = 7323
	signLock   = 7324
)

// Append puts a leaf behind all others in tx and returns its index, from 0. Others
// who append wait for the end of tx: append last. It is in a checkpoint some
// seconds after tx has committed.
func Append(ctx context.Context, tx pgx.Tx, leaf Leaf) (index int64, err error) {
	if err := leaf.check(); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, appendLock); err != nil {
		return 0, fmt.Errorf("log: %w", err)
	}
	// READ COMMITTED: this statement sees what the last holder of the lock wrote.
	var at time.Time
	given := &leaf.At
	if leaf.At.IsZero() {
		given = nil
	}
	err = tx.QueryRow(ctx, `
		SELECT coalesce(max(seq) + 1, 0), greatest(coalesce($1, clock_timestamp()), (SELECT at FROM log_leaves ORDER BY seq DESC LIMIT 1))
		FROM log_leaves`, given).Scan(&index, &at)
	if err != nil {
		return 0, fmt.Errorf("log: %w", err)
	}
	entry, err := wire.Entry{Kind: leaf.Kind, Time: at, Body: leaf.Body}.Marshal()
	if err != nil {
		return 0, err
	}
	hash := tlog.RecordHash(entry)
	stored, err := tlog.StoredHashesForRecordHash(index, hash, hashes(ctx, tx))
	if err != nil {
		return 0, fmt.Errorf("log: %w", err)
	}
	list := make([][]byte, len(stored))
	for i := range stored {
		list[i] = stored[i][:]
	}
	_, err = tx.Exec(ctx, `
		WITH leaf AS (INSERT INTO log_leaves (seq, kind, at, hash, entry) VALUES (@seq, @kind, @at, @hash, @entry))
		INSERT INTO log_hashes (idx, hash)
		SELECT @first + n - 1, h FROM unnest(@hashes::bytea[]) WITH ORDINALITY AS x (h, n)`,
		pgx.NamedArgs{
			"seq": index, "kind": leaf.Kind, "at": at, "hash": hash[:], "entry": entry,
			"first": tlog.StoredHashIndex(0, index), "hashes": list,
		})
	if err != nil {
		return 0, fmt.Errorf("log: %w", err)
	}
	return index, nil
}

// hashes reads stored hashes.
func hashes(ctx context.Context, q database.Querier) tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil
		}
		rows, err := q.Query(ctx, `SELECT h.hash FROM unnest($1::bigint[]) WITH ORDINALITY AS x (idx, n) JOIN log_hashes h USING (idx) ORDER BY x.n`, indexes)
		if err != nil {
			return nil, fmt.Errorf("log: %w", err)
		}
		list, err := pgx.CollectRows(rows, rowToHash)
		if err == nil && len(list) != len(indexes) {
			err = fmt.Errorf("log: %d of %d hashes are missing", len(indexes)-len(list), len(indexes))
		}
		return list, err
	}
}

func rowToHash(row pgx.CollectableRow) (h tlog.Hash, err error) {
	var b []byte
	if err := row.Scan(&b); err != nil {
		return h, err
	}
	if len(b) != tlog.HashSize {
		return h, errors.New("log: a hash has another length")
	}
	return tlog.Hash(b), nil
}

// tree is the newest checkpoint's state; of no leaf where there is none.
func lastTree(ctx context.Context, q database.Querier) (wire.Tree, error) {
	var t wire.Tree
	var root []byte
	err := q.QueryRow(ctx, `SELECT size, root FROM log_checkpoints ORDER BY size DESC LIMIT 1`).Scan(&t.Size, &root)
	if errors.Is(err, pgx.ErrNoRows) {
		return wire.Tree{}, nil
	}
	if err != nil {
		return wire.Tree{}, fmt.Errorf("log: %w", err)
	}
	t.Root = tlog.Hash(root)
	return t, nil
}

func leafCount(ctx context.Context, q database.Querier) (n int64, err error) {
	if err := q.QueryRow(ctx, `SELECT coalesce(max(seq) + 1, 0) FROM log_leaves`).Scan(&n); err != nil {
		return 0, fmt.Errorf("log: %w", err)
	}
	return n, nil
}

func readOrigin(ctx context.Context, q database.Querier) (origin string, err error) {
	err = q.QueryRow(ctx, `SELECT origin FROM log_origin`).Scan(&origin)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("log: %w", err)
	}
	return origin, nil
}

// fixOrigin names the log, unless it has a name.
func fixOrigin(ctx context.Context, q database.Querier, origin string, now time.Time) error {
	if _, err := q.Exec(ctx, `INSERT INTO log_origin (origin, fixed_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, origin, now); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

// stored is a leaf as it lies there.
type stored struct {
	Seq   int64
	Kind  wire.Kind
	At    time.Time
	Hash  []byte
	Entry []byte
}

func readLeaves(ctx context.Context, q database.Querier, from, to int64) ([]stored, error) {
	rows, err := q.Query(ctx, `SELECT seq, kind, at, hash, entry FROM log_leaves WHERE seq >= $1 AND seq < $2 ORDER BY seq`, from, to)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[stored])
}

// indexOf is the index of the leaf with that hash; -1 where there is none. Where
// two say the same at the same time, it is the first.
func indexOf(ctx context.Context, q database.Querier, hash tlog.Hash) (index int64, err error) {
	if err := q.QueryRow(ctx, `SELECT coalesce(min(seq), -1) FROM log_leaves WHERE hash = $1`, hash[:]).Scan(&index); err != nil {
		return 0, fmt.Errorf("log: %w", err)
	}
	return index, nil
}

func readEntries(ctx context.Context, q database.Querier, from, to int64) ([][]byte, error) {
	rows, err := q.Query(ctx, `SELECT entry FROM log_leaves WHERE seq >= $1 AND seq < $2 ORDER BY seq`, from, to)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]byte])
}

// readRange reads the stored hashes of a range.
func readRange(ctx context.Context, q database.Querier, from, to int64) ([]tlog.Hash, error) {
	rows, err := q.Query(ctx, `SELECT hash FROM log_hashes WHERE idx >= $1 AND idx < $2 ORDER BY idx`, from, to)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return pgx.CollectRows(rows, rowToHash)
}

func trySignLock(ctx context.Context, tx pgx.Tx) (mine bool, err error) {
	if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, signLock).Scan(&mine); err != nil {
		return false, fmt.Errorf("log: %w", err)
	}
	return mine, nil
}

func insertCheckpoint(ctx context.Context, tx pgx.Tx, c Checkpoint) error {
	_, err := tx.Exec(ctx, `INSERT INTO log_checkpoints (size, key_id, root, signed_at, note) VALUES (@size, @key, @root, @at, @note)`,
		pgx.NamedArgs{"size": c.Size, "key": c.Key, "root": c.Root[:], "at": c.Signed, "note": c.Note})
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

func newestCheckpoint(ctx context.Context, q database.Querier) (Checkpoint, error) {
	rows, err := q.Query(ctx, `
		SELECT c.size, c.root, c.key_id, c.signed_at, c.note FROM log_checkpoints c JOIN signing_keys k ON k.id = c.key_id
		ORDER BY c.size DESC, k.number DESC LIMIT 1`)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("log: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (c Checkpoint, err error) {
		var root []byte
		err = row.Scan(&c.Size, &root, &c.Key, &c.Signed, &c.Note)
		if err == nil {
			c.Root = tlog.Hash(root)
		}
		return c, err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, err
	}
	rows, err = q.Query(ctx, `SELECT witness, at, line FROM log_cosignatures WHERE size = $1 AND key_id = $2 ORDER BY witness`, c.Size, c.Key)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("log: %w", err)
	}
	c.Cosignatures, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Cosignature])
	return c, err
}

// insertCosignature keeps the first signature of a witness under a checkpoint.
func insertCosignature(ctx context.Context, q database.Querier, c Checkpoint, s Cosignature) error {
	_, err := q.Exec(ctx, `
		INSERT INTO log_cosignatures (size, key_id, witness, line, at) VALUES (@size, @key, @witness, @line, @at) ON CONFLICT DO NOTHING`,
		pgx.NamedArgs{"size": c.Size, "key": c.Key, "witness": s.Witness, "line": s.Line, "at": s.At})
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

// upsertContradiction keeps since when a witness has contradicted, and what it refused last.
func upsertContradiction(ctx context.Context, q database.Querier, c Contradiction) error {
	_, err := q.Exec(ctx, `
		INSERT INTO log_contradictions (witness, size, seen, since) VALUES (@witness, @size, @seen, @since)
		ON CONFLICT (witness) WHERE until IS NULL DO UPDATE SET size = @size, seen = @seen`,
		pgx.NamedArgs{"witness": c.Witness, "size": c.Size, "seen": c.Seen, "since": c.Since})
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

// endContradiction ends the one of a witness that signed again.
func endContradiction(ctx context.Context, q database.Querier, witness string, at time.Time) error {
	if _, err := q.Exec(ctx, `UPDATE log_contradictions SET until = greatest(since, $2) WHERE witness = $1 AND until IS NULL`, witness, at); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

func selectContradictions(ctx context.Context, q database.Querier) ([]Contradiction, error) {
	rows, err := q.Query(ctx, `SELECT witness, size, seen, since FROM log_contradictions WHERE until IS NULL ORDER BY since, witness`)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Contradiction])
}

// checkpointKey is the public half of the key that a checkpoint was signed with.
func publicKey(ctx context.Context, q database.Querier, id string) (public []byte, err error) {
	if err := q.QueryRow(ctx, `SELECT public FROM signing_keys WHERE id = $1 AND purpose = 'checkpoint'`, id).Scan(&public); err != nil {
		return nil, fmt.Errorf("log: key %s: %w", id, err)
	}
	return public, nil
}

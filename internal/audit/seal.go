package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/database"
)

// sealLock is the advisory lock of the one sealer at work.
const sealLock = 7321

// batch is how many entries are sealed in one transaction.
const batch = 1000

// sealed is an entry as the chain sees it.
type sealed struct {
	ID         int64
	At         time.Time
	Actor      int64
	Roles      []string
	Department int64
	Subject    string
	SubjectID  string
	Act        string
	Commitment []byte
	Seq        *int64
	Hash       []byte
}

const sealedColumns = `id, at, actor, roles, department, subject, subject_id, act, commitment, seq, hash`

// Seal numbers and chains every committed entry that is not sealed yet, and
// says how many it was. Any number of replicas may call it at once: one seals,
// the others return 0.
func Seal(ctx context.Context, pool *pgxpool.Pool) (int, error) {
	total := 0
	for {
		n, err := database.InTx(ctx, pool, func(tx pgx.Tx) (int, error) { return sealBatch(ctx, tx) })
		total += n
		if err != nil || n < batch {
			return total, err
		}
	}
}

func sealBatch(ctx context.Context, tx pgx.Tx) (int, error) {
	var mine bool
	if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, sealLock).Scan(&mine); err != nil || !mine {
		return 0, err
	}
	// READ COMMITTED: this statement sees what the last holder of the lock wrote.
	var seq int64
	prev := make([]byte, sha256.Size)
	err := tx.QueryRow(ctx, `SELECT seq, hash FROM audit_entries WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1`).Scan(&seq, &prev)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("seal: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT `+sealedColumns+` FROM audit_entries WHERE seq IS NULL ORDER BY id LIMIT $1`, batch)
	if err != nil {
		return 0, fmt.Errorf("seal: %w", err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowToStructByName[sealed])
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	ids, seqs, hashes := make([]int64, len(entries)), make([]int64, len(entries)), make([][]byte, len(entries))
	for i, e := range entries {
		seq++
		prev = link(prev, seq, e)
		ids[i], seqs[i], hashes[i] = e.ID, seq, prev
	}
	_, err = tx.Exec(ctx, `
		UPDATE audit_entries e
		SET seq = s.seq, hash = s.hash
		FROM unnest(@ids::bigint[], @seqs::bigint[], @hashes::bytea[]) AS s (id, seq, hash)
		WHERE e.id = s.id`,
		pgx.NamedArgs{"ids": ids, "seqs": seqs, "hashes": hashes})
	if err != nil {
		return 0, fmt.Errorf("seal: %w", err)
	}
	return len(entries), nil
}

// SealEvery seals until ctx ends, once every interval. A failure is handed to
// failed and tried again at the next turn.
func SealEvery(ctx context.Context, pool *pgxpool.Pool, interval time.Duration, failed func(error)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if _, err := Seal(ctx, pool); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// link is the hash of entry e at place seq after prev. Each field goes in with
// its length, so that no two entries read the same.
func link(prev []byte, seq int64, e sealed) []byte {
	h := sha256.New()
	put := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	number := func(n int64) {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(n)) //nolint:gosec // the bits are what counts
		h.Write(b[:])
	}
	put([]byte("shuyuan audit v1"))
	put(prev)
	number(seq)
	number(e.At.UnixMicro())
	number(e.Actor)
	number(int64(len(e.Roles)))
	for _, r := range e.Roles {
		put([]byte(r))
	}
	number(e.Department)
	put([]byte(e.Subject))
	put([]byte(e.SubjectID))
	put([]byte(e.Act))
	put(e.Commitment)
	return h.Sum(nil)
}

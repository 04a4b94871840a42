package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
)

// Check is one verification of the whole chain that somebody asked for.
type Check struct {
	ID       int64
	By       int64  // users.id
	Name     string // as it is now
	Asked    time.Time
	Target   int64 // the last link when it was asked for
	Done     int64 // links verified
	Erased   int64 // entries among them whose personal words were erased
	Faults   int64
	First    *Problem // the first fault; its words are in Kind
	Finished *time.Time
}

// CheckAsked is the job of one verification.
type CheckAsked struct {
	jobs.Slow
	ID int64 `json:"id"`
}

// Kind names the job.
func (CheckAsked) Kind() string { return "audit_check" }

// piece is how many links are verified between two words about how far it is.
const piece = 2000

// forgotten is after how long without a word a verification is taken up by
// another job: a data folder came back from a backup, or its job was given up.
const forgotten = 10 * time.Minute

// checksShown is how many verifications are told of.
const checksShown = 10

// AskCheck has the whole chain verified, piece by piece, by a job. While one is
// under way there is no second: to ask again is no error.
func (r *Reader) AskCheck(ctx context.Context, who account.Actor) error {
	if err := keeps(who); err != nil {
		return err
	}
	if _, err := Seal(ctx, r.pool); err != nil { // what was done just now is looked at too
		return err
	}
	_, err := database.InTx(ctx, r.pool, func(tx pgx.Tx) (struct{}, error) {
		var id int64
		err := tx.QueryRow(ctx, `
			INSERT INTO audit_checks (by_id, target)
			SELECT $1, coalesce(max(seq), 0) FROM audit_entries
			ON CONFLICT ((true)) WHERE finished_at IS NULL DO UPDATE SET moved_at = clock_timestamp() WHERE audit_checks.moved_at < clock_timestamp() - $2::interval
			RETURNING id`, who.ID, forgotten).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return struct{}{}, nil // one is under way
		}
		if err != nil {
			return struct{}{}, fmt.Errorf("verification: %w", err)
		}
		if err := jobs.Announce(ctx, tx, CheckAsked{ID: id}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, checkAsked(ctx, tx, who, id)
	})
	return err
}

// Checks are the verifications of late, the newest first.
func (r *Reader) Checks(ctx context.Context, who account.Actor) ([]Check, error) {
	if err := keeps(who); err != nil {
		return nil, err
	}
	rows, err := r.pool.Query(ctx, `
		SELECT c.id, by_id, coalesce(u.name, ''), asked_at, target, done, erased, faults, fault_seq, fault_entry, fault_kind, finished_at
		FROM audit_checks c LEFT JOIN users u ON u.id = c.by_id
		ORDER BY c.id DESC LIMIT $1`, checksShown)
	if err != nil {
		return nil, fmt.Errorf("verifications: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Check, error) {
		var c Check
		var seq, entry *int64
		var kind *ProblemKind
		err := row.Scan(&c.ID, &c.By, &c.Name, &c.Asked, &c.Target, &c.Done, &c.Erased, &c.Faults, &seq, &entry, &kind, &c.Finished)
		if err == nil && kind != nil {
			c.First = &Problem{Seq: *seq, EntryID: *entry, Kind: *kind}
		}
		return c, err
	})
}

// Checker works the verifications.
type Checker struct {
	pool  *pgxpool.Pool
	piece int64
}

// NewChecker returns the one for the trail in pool.
func NewChecker(pool *pgxpool.Pool) *Checker { return &Checker{pool: pool, piece: piece} }

// Work verifies the chain for one verification, from where it stands to its end.
// Every piece is kept, so that a job cut short goes on where it was; two at once
// do nothing twice. `shuyuan check` does not rely on what is kept here, and
// begins with the first link.
func (c *Checker) Work(ctx context.Context, args CheckAsked) error {
	for {
		over, err := database.InTx(ctx, c.pool, func(tx pgx.Tx) (bool, error) { return c.step(ctx, tx, args.ID) })
		if err != nil || over {
			return err
		}
	}
}

// step verifies one piece, and says whether nothing is left.
func (c *Checker) step(ctx context.Context, tx pgx.Tx, id int64) (over bool, err error) {
	w := walk{head: start()}
	var target int64
	err = tx.QueryRow(ctx, `SELECT target, done, hash FROM audit_checks WHERE id = $1 AND finished_at IS NULL FOR UPDATE`, id).Scan(&target, &w.head.Seq, &w.head.Hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return true, nil // finished by another
	}
	if err != nil {
		return false, fmt.Errorf("verification: %w", err)
	}
	remembered, err := Remembered(ctx, tx)
	if err != nil {
		return false, err
	}
	remembered = append(remembered, Head{Seq: target, Hash: nil})
	if err := w.along(ctx, tx, &target, c.piece, remembered[:len(remembered)-1]); err != nil {
		return false, err
	}
	if over = w.links < c.piece || w.head.Seq == target; over {
		w.end(remembered)
		w.head.Seq = target
	}
	var first Problem
	if len(w.problems) > 0 {
		first = w.problems[0]
	}
	var faults int64
	err = tx.QueryRow(ctx, `
		UPDATE audit_checks
		SET done = @done, hash = @hash, erased = erased + @erased, faults = faults + @faults, moved_at = clock_timestamp(),
			fault_seq = coalesce(fault_seq, CASE WHEN @faults > 0 THEN @seq::bigint END),
			fault_entry = coalesce(fault_entry, CASE WHEN @faults > 0 THEN @entry::bigint END),
			fault_kind = coalesce(fault_kind, nullif(@kind, '')),
			finished_at = CASE WHEN @over THEN clock_timestamp() END
		WHERE id = @id
		RETURNING faults`,
		pgx.NamedArgs{
			"id": id, "done": w.head.Seq, "hash": w.head.Hash, "erased": w.erased, "faults": w.faults,
			"seq": first.Seq, "entry": first.EntryID, "kind": string(first.Kind), "over": over,
		}).Scan(&faults)
	if err != nil {
		return false, fmt.Errorf("verification: %w", err)
	}
	if !over {
		return false, nil
	}
	return true, checkFinished(ctx, tx, id, target, faults)
}

// Remembered are the places where verifications without a fault ended.
func Remembered(ctx context.Context, q database.Querier) ([]Head, error) {
	rows, err := q.Query(ctx, `SELECT target, hash FROM audit_checks WHERE finished_at IS NOT NULL AND faults = 0 AND target > 0 ORDER BY id DESC LIMIT 1000`)
	if err != nil {
		return nil, fmt.Errorf("verifications: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h Head, err error) {
		return h, row.Scan(&h.Seq, &h.Hash)
	})
}

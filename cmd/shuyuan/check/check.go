// Package check looks for what must never be. It reads the database, the store
// and the search index with its own eyes: its own SQL, no domain package, and
// nothing is changed. Each invariant is one rule with a number; a rule that
// does not hold names its counter-examples.
//
// What the pages show (I12) is compared with the database by the journeys.
package check

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/blob"
)

// Index is the search index as the checker reads it.
type Index interface {
	// IDs yields the id (the slug) of every document.
	IDs(ctx context.Context, yield func(id string) error) error
}

// Option changes how thoroughly Run looks.
type Option func(*run)

// Deep reads every object whole, instead of asking only for its size.
func Deep(r *run) { r.deep = true }

// Table is one table of a version: the file that was published and the Parquet
// file that was made of it.
type Table struct {
	Version          int64
	Position         int
	File             string // name of the original
	Header           bool
	Names            []string // of the columns, where the original has no header
	Delimiter        string   // that an officer named
	Encoding         string   // that an officer named
	Original, Stored blob.Digest
}

// Reread reads both files of a table whole. It returns the number of rows and
// where they differ first, nothing where every cell is the same.
type Reread func(ctx context.Context, t Table) (rows int64, differs string, err error)

// Tables has a deep look compare every table with its file by reread.
func Tables(reread Reread) Option { return func(r *run) { r.reread = reread } }

// Settle is how long the index may lag behind before its difference counts;
// 10 s unless told.
func Settle(d time.Duration) Option { return func(r *run) { r.settle = d } }

// Lease is the age up to which an object may lie in the store without a row:
// an upload in progress. It is the age after which uploads are swept.
const Lease = 24 * time.Hour

// Waiting is how long what was found in a file that nobody uploaded may wait for
// a decision: as long as an upload may (upload_waiting), and a day for the sweep.
const Waiting = (30 + 1) * 24 * time.Hour

// shown is how many counter-examples of one rule are printed.
const shown = 20

// Staged is the folder of the files whose uploads are not whole yet.
func Staged(dir string) Option { return func(r *run) { r.staged = dir } }

// run is one examination. Everything but the store and the index is read in
// one snapshot.
type run struct {
	pool   *pgxpool.Pool
	tx     pgx.Tx
	store  blob.Store
	index  Index
	deep   bool
	reread Reread
	staged string
	engine string // folder of what computes in workspaces
	kept   string // file of checkpoints outside of the database

	scratch string // how its folders of plain files begin
	settle  time.Duration
	now     time.Time // the database's

	listed map[blob.Digest]blob.Info
}

// A rule is an invariant. It holds where find, or the query, finds nothing; a
// query returns one text column that names the counter-example.
type rule struct {
	id    string
	says  string
	query string
	find  func(context.Context, *run) ([]string, error)
}

// Run examines the installation, prints one line an invariant with its
// counter-examples to out, and returns how many it found. Without an index
// (nil) the rules about it are named as not looked at.
func Run(ctx context.Context, pool *pgxpool.Pool, store blob.Store, index Index, out io.Writer, options ...Option) (int, error) {
	r := &run{pool: pool, store: store, index: index, settle: 10 * time.Second}
	for _, o := range options {
		o(r)
	}
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return 0, fmt.Errorf("check: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it only reads
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return 0, fmt.Errorf("check: %w", err)
	}
	if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&r.now); err != nil {
		return 0, fmt.Errorf("check: %w", err)
	}
	r.tx = tx
	violations := 0
	for _, rule := range rules {
		if rule.id == "I11" && index == nil {
			fmt.Fprintf(out, "%-4s not looked at: %s (no index given)\n", rule.id, rule.says)
			continue
		}
		if r.deep && r.reread == nil && rule.says == cellByCell {
			fmt.Fprintf(out, "%-4s not looked at: %s (nothing given to read tables with)\n", rule.id, rule.says)
			continue
		}
		if r.engine == "" && rule.says == engineFolder {
			fmt.Fprintf(out, "%-4s not looked at: %s (no folder given)\n", rule.id, rule.says)
			continue
		}
		if r.staged == "" && (rule.says == stagedBytes || rule.says == stagedOwners) {
			fmt.Fprintf(out, "%-4s not looked at: %s (no folder given)\n", rule.id, rule.says)
			continue
		}
		found, err := r.apply(ctx, rule)
		if err != nil {
			return violations, fmt.Errorf("check %s (%s): %w", rule.id, rule.says, err)
		}
		if err := ctx.Err(); err != nil {
			return violations, context.Cause(ctx)
		}
		report(out, rule, found)
		violations += len(found)
	}
	return violations, nil
}

func (r *run) apply(ctx context.Context, rule rule) ([]string, error) {
	if rule.find != nil {
		return rule.find(ctx, r)
	}
	return r.texts(ctx, rule.query, pgx.NamedArgs{"now": r.now, "waiting": Waiting})
}

func (r *run) texts(ctx context.Context, sql string, args ...any) ([]string, error) {
	rows, err := r.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func report(out io.Writer, rule rule, found []string) {
	if len(found) == 0 {
		fmt.Fprintf(out, "%-4s holds: %s\n", rule.id, rule.says)
		return
	}
	fmt.Fprintf(out, "%-4s BROKEN (%d): %s\n", rule.id, len(found), rule.says)
	for i, f := range found {
		if i == shown {
			fmt.Fprintf(out, "       and %d more\n", len(found)-shown)
			break
		}
		fmt.Fprintf(out, "       %s\n", f)
	}
}

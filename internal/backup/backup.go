// Package backup writes a whole installation into one encrypted stream and
// brings it back into an empty one: every row, every file, the key and
// configuration folders.
//
// The stream is age( zstd( tar ) ), so that it can be opened without us:
//
//	age -d -i key backup | zstd -d | tar t
//
// It begins with manifest.json and ends with end.json; between them are
// rows/TABLE/N (the text of COPY, cut into pieces), files/NAME/PATH and
// objects/DIGEST.
package backup

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/klauspost/compress/zstd"

	"shuyuan/internal/blob"
	"shuyuan/internal/database"
)

// Source is what is backed up.
type Source struct {
	Pool      *pgxpool.Pool
	Store     blob.Store
	Folders   map[string]string // name in the backup -> folder; one that does not exist is empty
	Recipient age.Recipient
	Now       time.Time
}

const format = 1

type manifest struct {
	Format     int
	Made       time.Time
	Migrations map[string]string // name -> sum of what had run
	Tables     []table
	Sequences  map[string]int64 // name -> last value
}

type table struct {
	Name    string
	Columns []string
}

type end struct {
	Rows    map[string]int64
	Files   int
	Objects int
	Bytes   int64 // of the objects
}

// Summary is what a backup holds.
type Summary struct {
	Made    time.Time
	Rows    int64
	Files   int
	Objects int
	Bytes   int64
}

func (m manifest) summary(e end) Summary {
	s := Summary{Made: m.Made, Files: e.Files, Objects: e.Objects, Bytes: e.Bytes}
	for _, n := range e.Rows {
		s.Rows += n
	}
	return s
}

// Write writes a backup of s to w. It may be made beside a running server: the
// rows are those of one moment, and a file whose row is there does not change.
func Write(ctx context.Context, w io.Writer, s Source) (Summary, error) {
	sealed, err := age.Encrypt(w, s.Recipient)
	if err != nil {
		return Summary{}, fmt.Errorf("backup: %w", err)
	}
	packed, err := zstd.NewWriter(sealed, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return Summary{}, fmt.Errorf("backup: %w", err)
	}
	b := &writer{Source: s, tar: tar.NewWriter(packed), end: end{Rows: map[string]int64{}}}
	if err := b.all(ctx); err != nil {
		packed.Close() // frees its memory; what was written is no backup, since its end is missing
		return Summary{}, fmt.Errorf("backup: %w", err)
	}
	for _, c := range []io.Closer{b.tar, packed, sealed} {
		if err := c.Close(); err != nil {
			return Summary{}, fmt.Errorf("backup: %w", err)
		}
	}
	return b.manifest.summary(b.end), nil
}

// WriteFile writes a backup to a new file, which is there only once it is whole.
func WriteFile(ctx context.Context, name string, s Source) (Summary, error) {
	if _, err := os.Lstat(name); err == nil {
		return Summary{}, fmt.Errorf("backup: %s is there already", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".backup-")
	if err != nil {
		return Summary{}, fmt.Errorf("backup: %w", err)
	}
	defer os.Remove(f.Name()) // gone already if it was renamed
	defer f.Close()
	sum, err := Write(ctx, f, s)
	if err != nil {
		return Summary{}, err
	}
	if err := f.Sync(); err != nil {
		return Summary{}, fmt.Errorf("backup: %w", err)
	}
	if err := os.Link(f.Name(), name); err != nil { // unlike a rename it never replaces
		return Summary{}, fmt.Errorf("backup: %w", err)
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return Summary{}, fmt.Errorf("backup: %w", err)
	}
	defer dir.Close()
	return sum, dir.Sync()
}

type writer struct {
	Source
	tar      *tar.Writer
	manifest manifest
	end      end
}

func (b *writer) all(ctx context.Context) error {
	objects, err := b.rows(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(b.Folders)) {
		if err := b.folder(ctx, name, b.Folders[name]); err != nil {
			return err
		}
	}
	for _, i := range objects {
		if err := b.object(ctx, i); err != nil {
			return fmt.Errorf("object %s: %w", i.Digest, err)
		}
	}
	return b.json("end.json", b.end)
}

// rows writes the database as it is at one moment, and returns which objects
// it speaks of.
func (b *writer) rows(ctx context.Context) ([]blob.Info, error) {
	tx, err := b.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it only reads
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return nil, err
	}
	b.manifest = manifest{Format: format, Made: b.Now.UTC()}
	if b.manifest.Tables, err = tables(ctx, tx); err != nil {
		return nil, err
	}
	if b.manifest.Migrations, err = migrations(ctx, tx); err != nil {
		return nil, err
	}
	if b.manifest.Sequences, err = sequences(ctx, tx); err != nil {
		return nil, err
	}
	if err := b.json("manifest.json", b.manifest); err != nil {
		return nil, err
	}
	for _, t := range b.manifest.Tables {
		p := &pieces{b: b, name: t.Name}
		tag, err := tx.Conn().PgConn().CopyTo(ctx, p, `COPY `+t.sql()+` TO STDOUT`)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		}
		if err := p.flush(); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		}
		b.end.Rows[t.Name] = tag.RowsAffected()
	}
	got, err := tx.Query(ctx, `SELECT sha256, bytes FROM blobs ORDER BY sha256`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(got, func(r pgx.CollectableRow) (i blob.Info, err error) {
		return i, r.Scan(&i.Digest, &i.Bytes)
	})
}

func (b *writer) folder(ctx context.Context, name, dir string) error {
	return filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && p == dir:
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !e.Type().IsRegular():
			return nil
		}
		body, err := os.ReadFile(p) // keys and settings are small
		if err != nil {
			return err
		}
		st, err := e.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		b.end.Files++
		return b.entry(path.Join("files", name, filepath.ToSlash(rel)), int64(st.Mode().Perm()), body)
	})
}

func (b *writer) object(ctx context.Context, i blob.Info) error {
	o, err := b.Store.Open(ctx, i.Digest)
	if err != nil {
		return err
	}
	defer o.Close()
	if o.Bytes() != i.Bytes {
		return fmt.Errorf("it has %d bytes, its row says %d: run the checker", o.Bytes(), i.Bytes)
	}
	if err := b.tar.WriteHeader(&tar.Header{Name: "objects/" + string(i.Digest), Mode: 0o400, Size: i.Bytes, Format: tar.FormatPAX}); err != nil {
		return err
	}
	got, err := digest(ctx, b.tar, o)
	if err != nil {
		return err
	}
	if got != i {
		return errors.New("its bytes are not those it is named for: run the checker")
	}
	b.end.Objects++
	b.end.Bytes += i.Bytes
	return nil
}

func (b *writer) json(name string, v any) error {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return b.entry(name, 0o400, body)
}

func (b *writer) entry(name string, mode int64, body []byte) error {
	if err := b.tar.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(body)), Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := b.tar.Write(body)
	return err
}

// pieces cuts the rows of one table into entries, because an entry tells its
// length before it begins.
type pieces struct {
	b    *writer
	name string
	buf  []byte
	n    int
}

const pieceBytes = 1 << 20

func (p *pieces) Write(row []byte) (int, error) {
	p.buf = append(p.buf, row...)
	if len(p.buf) < pieceBytes {
		return len(row), nil
	}
	return len(row), p.flush()
}

func (p *pieces) flush() error {
	p.n++
	err := p.b.entry(fmt.Sprintf("rows/%s/%06d", p.name, p.n), 0o400, p.buf)
	p.buf = p.buf[:0]
	return err
}

func (t table) sql() string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = pgx.Identifier{c}.Sanitize()
	}
	return pgx.Identifier{t.Name}.Sanitize() + ` (` + strings.Join(columns, ", ") + `)`
}

// own are the tables that the migrations write themselves, and those that triggers fill
// again from what they are made of.
var own = []string{"migrations", "river_migration", "ledger_balances", "ledger_unfolded"}

// tables lists the tables, each after those it refers to, so that they can be
// filled in this order under their foreign keys. Unlogged ones hold nothing
// that is meant to last.
func tables(ctx context.Context, q database.Querier) ([]table, error) {
	rows, err := q.Query(ctx, `
		SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relpersistence = 'p' AND c.relname <> ALL ($1)
		GROUP BY c.relname ORDER BY c.relname`, own)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil {
		return nil, err
	}
	rows, err = q.Query(ctx, `
		SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
		WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid`)
	if err != nil {
		return nil, err
	}
	needs := map[string][]string{}
	var child, parent string
	if _, err := pgx.ForEachRow(rows, []any{&child, &parent}, func() error {
		needs[child] = append(needs[child], parent)
		return nil
	}); err != nil {
		return nil, err
	}
	var sorted []table
	done := map[string]bool{}
	for len(sorted) < len(all) {
		before := len(sorted)
		for _, t := range all {
			ready := !done[t.Name] && !slices.ContainsFunc(needs[t.Name], func(n string) bool { return !done[n] })
			if ready {
				done[t.Name] = true
				sorted = append(sorted, t)
			}
		}
		if len(sorted) == before {
			return nil, errors.New("some tables refer to each other in a circle")
		}
	}
	return sorted, nil
}

func migrations(ctx context.Context, q database.Querier) (map[string]string, error) {
	rows, err := q.Query(ctx, `SELECT name, sum FROM migrations`)
	if err != nil {
		return nil, err
	}
	return textMap[string](rows)
}

func sequences(ctx context.Context, q database.Querier) (map[string]int64, error) {
	rows, err := q.Query(ctx, `SELECT sequencename::text, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	return textMap[int64](rows)
}

func textMap[V any](rows pgx.Rows) (map[string]V, error) {
	m := map[string]V{}
	var k string
	var v V
	_, err := pgx.ForEachRow(rows, []any{&k, &v}, func() error { m[k] = v; return nil })
	return m, err
}

package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// tableFile is the Parquet file of one table of a version.
type tableFile struct {
	position int
	info     blob.Info
	columns  []ingest.Column
	misfits  int64
	notes    []ingest.Note
}

// noted is never null.
func (f tableFile) noted() []ingest.Note { return append([]ingest.Note{}, f.notes...) }

// taken is what reading a file gave: what it says of itself, and the Parquet
// files of its tables, in the store.
type taken struct {
	report   *ingest.Report
	files    []tableFile
	compared *compared // with the newest version; nil: not yet, or there is none
}

// take reads an object in a limited child and stores the tables that it makes.
// They have no rows yet: unless a transaction refers to them, Sweep takes them.
// onProgress, which may be nil, hears how far the child is.
func (s *Service) take(ctx context.Context, d blob.Digest, name string, opt ingest.Options, onProgress func(ingest.Progress)) (*taken, error) {
	leave, err := s.place(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	file, err := blob.Local(ctx, s.store, d, s.work)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	dir, done, err := s.workFolder()
	if err != nil {
		return nil, err
	}
	defer done()
	report, err := ingest.Run(ctx, ingest.Input{File: file, Name: name, Options: opt}, dir, onProgress)
	if err != nil {
		return nil, err
	}
	out := &taken{report: report}
	for i, t := range report.Tables {
		f := tableFile{position: i, columns: t.Columns, notes: t.Notes}
		if i == 0 {
			f.notes = append(report.Notes, t.Notes...)
		}
		for _, c := range t.Columns {
			f.misfits += c.Misfits
		}
		if f.info, err = s.putTable(ctx, t, dir); err != nil {
			return nil, err
		}
		out.files = append(out.files, f)
	}
	return out, nil
}

// Made is a table that was made of a file and is no version of anything yet.
type Made struct {
	Name   string
	Table  rows.Table
	Info   blob.Info // of its Parquet file
	Report ingest.TableReport
}

// MakeOf reads an object of the store in a limited child, as an upload is read, and
// returns its tables and what a person must have seen before it is public. They lie in
// the store and have no row: unless somebody makes one, Sweep takes them.
func (s *Service) MakeOf(ctx context.Context, d blob.Digest, name string, opt ingest.Options) ([]Made, []ingest.Finding, error) {
	got, err := s.take(ctx, d, name, opt, nil)
	if err != nil {
		return nil, nil, err
	}
	var out []Made
	for i, t := range got.report.Tables {
		f := got.files[i]
		out = append(out, Made{Name: t.Name, Info: f.info, Report: t, Table: rows.Table{Parquet: f.info.Digest, Rows: t.Rows, Key: "made/" + string(f.info.Digest), Schema: schemaOf(f, nil)}})
	}
	return out, got.report.Findings, nil
}

func (s *Service) putTable(ctx context.Context, t ingest.TableReport, dir string) (blob.Info, error) {
	made, err := t.OpenTable(dir)
	if err != nil {
		return blob.Info{}, err
	}
	defer made.Close()
	return s.store.Put(ctx, made, 0)
}

// keepTables writes the rows of a version's Parquet files.
func (s *Service) keepTables(ctx context.Context, tx pgx.Tx, version int64, files []tableFile) error {
	for _, f := range files {
		if err := s.keepObject(ctx, tx, f.info); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO table_files (version_id, position, sha256, bytes, columns, misfits, notes)
			VALUES (@version, @position, @sha256, @bytes, @columns, @misfits, @notes) ON CONFLICT DO NOTHING`,
			pgx.NamedArgs{"version": version, "position": f.position, "sha256": f.info.Digest, "bytes": f.info.Bytes,
				"columns": f.columns, "misfits": f.misfits, "notes": f.noted()}); err != nil {
			return fmt.Errorf("insert table file %d: %w", f.position, err)
		}
	}
	return nil
}

// tableFile finds the Parquet file of a table. Of a version that is older than
// these files, it makes them first.
func (s *Service) tableFile(ctx context.Context, v *Version, position int) (tableFile, error) {
	if position < 0 || position >= len(v.Tables) {
		return tableFile{}, fault.New(fault.NotFound, "这个文件没有第 %d 张表。", position+1)
	}
	f, err := s.selectTable(ctx, v.ID, position)
	if !errors.Is(err, pgx.ErrNoRows) {
		return f, err
	}
	if err := s.unread(ctx, v.ID); err != nil {
		return f, err
	}
	made := s.made.DoChan("tables/"+strconv.FormatInt(v.ID, 10), func() (any, error) {
		return nil, s.makeTables(context.WithoutCancel(ctx), v)
	})
	select {
	case <-ctx.Done():
		return f, fault.New(fault.Unavailable, "这份文件正在转换，请稍后再来取。").Because(ctx.Err())
	case r := <-made:
		if r.Err != nil {
			return f, r.Err
		}
	}
	return s.selectTable(ctx, v.ID, position)
}

func (s *Service) selectTable(ctx context.Context, version int64, position int) (tableFile, error) {
	f := tableFile{position: position}
	var columns, notes []byte
	err := s.pool.QueryRow(ctx, `SELECT sha256, bytes, columns, misfits, notes FROM table_files WHERE version_id = @version AND position = @position`,
		pgx.NamedArgs{"version": version, "position": position}).Scan(&f.info.Digest, &f.info.Bytes, &columns, &f.misfits, &notes)
	if err != nil {
		return f, err
	}
	return f, errors.Join(json.Unmarshal(columns, &f.columns), json.Unmarshal(notes, &f.notes))
}

// readAs is how the bytes of v are read so that the same tables come of them.
func (v *Version) readAs() ingest.Options {
	opt := ingest.Options{NoHeader: !v.Header, Header: v.Header, Names: v.names(0), Delimiter: v.Delimiter}
	if v.Told {
		opt.Encoding = v.Encoding
	}
	return opt
}

// makeTables reads a version's original once more, for its Parquet files. The
// dictionary was settled when it was published and stays.
func (s *Service) makeTables(ctx context.Context, v *Version) error {
	opt := v.readAs()
	for _, t := range v.Tables {
		opt.Types = append(opt.Types, declared(t.Fields))
	}
	t, err := s.take(ctx, blob.Digest(v.SHA256), v.FileName, opt, nil)
	if err != nil {
		return fmt.Errorf("tables of %s version %d: %w", v.ResourceID, v.Number, err)
	}
	if len(t.files) != len(v.Tables) {
		return fmt.Errorf("tables of %s version %d: %d found, %d published", v.ResourceID, v.Number, len(t.files), len(v.Tables))
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, s.keepTables(ctx, tx, v.ID, t.files)
	})
	return err
}

// unread returns the fault of a version whose file is refused today.
func (s *Service) unread(ctx context.Context, version int64) error {
	var sentence string
	var args []any
	err := s.pool.QueryRow(ctx, `SELECT sentence, args FROM unread_versions WHERE version_id = @version`, pgx.NamedArgs{"version": version}).Scan(&sentence, &args)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	for i, a := range args {
		if n, ok := a.(float64); ok {
			args[i] = int64(n)
		}
	}
	return fault.New(fault.Invalid, sentence, args...)
}

// passOver notes that a version's file is refused, so that it is not read
// again and again.
func (s *Service) passOver(ctx context.Context, version int64, f *fault.Fault) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO unread_versions (version_id, sentence, args, at) VALUES (@version, @sentence, @args, @at) ON CONFLICT DO NOTHING`,
		pgx.NamedArgs{"version": version, "sentence": f.Sentence, "args": append([]any{}, f.Args...), "at": s.now()})
	return err
}

// declared are the types that a dictionary gives, by column.
func declared(fields []Field) map[string]ingest.Type {
	out := map[string]ingest.Type{}
	for _, f := range fields {
		if f.Type != "" {
			out[f.Name] = ingest.Type(f.Type)
		}
	}
	return out
}

// MakeTables makes the Parquet files of versions that have none, oldest first,
// until ctx ends; the next call goes on. A version whose file is refused today
// is noted and passed over.
func (s *Service) MakeTables(ctx context.Context) error {
	var failed error
	for after := int64(0); ; {
		found, err := selectVersions(ctx, s.pool, `v.id > @after AND v.id = (
			SELECT min(w.version_id) FROM version_tables w LEFT JOIN table_files f USING (version_id, position) WHERE f.version_id IS NULL AND w.version_id > @after
			AND NOT EXISTS (SELECT FROM unread_versions u WHERE u.version_id = w.version_id))`,
			pgx.NamedArgs{"after": after}, 1)
		if err != nil || len(found) == 0 {
			return errors.Join(failed, err)
		}
		v := &found[0]
		after = v.ID
		err = s.makeTables(ctx, v)
		if ctx.Err() != nil {
			return failed
		}
		if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.TooLarge {
			err = s.passOver(ctx, v.ID, fault.Of(err))
		}
		failed = errors.Join(failed, err)
	}
}

// table is a table of v as questions are put to it.
func (s *Service) table(ctx context.Context, viewer account.Actor, v *Version, position int) (rows.Table, error) {
	p, err := s.gate.Permit(ctx, viewer, v, s.now())
	if err != nil {
		return rows.Table{}, err
	}
	t, err := s.asked(ctx, v, position)
	if err != nil || !p.Limited {
		return t, err
	}
	t.Only = rows.Part{Schema: t.Schema, Where: p.Where}
	t.Schema = slices.DeleteFunc(slices.Clone(t.Schema), func(c rows.Column) bool { return !slices.Contains(p.Columns, c.Name) })
	if len(t.Schema) == 0 {
		return rows.Table{}, fault.New(fault.Forbidden, "您的授权不含这张表的列。")
	}
	return t, nil
}

// asked is a table of v as questions are put to it, for who has been through
// the Gate and for the installation's own jobs.
func (s *Service) asked(ctx context.Context, v *Version, position int) (rows.Table, error) {
	if s.rows == nil {
		return rows.Table{}, errNoRows()
	}
	f, err := s.tableFile(ctx, v, position)
	if err != nil {
		return rows.Table{}, err
	}
	return askedOf(v, f), nil
}

// askedOf is the table of v whose Parquet file is f.
func askedOf(v *Version, f tableFile) rows.Table {
	t := v.Tables[f.position]
	return rows.Table{Parquet: f.info.Digest, Rows: t.Rows, Key: tableKey{v.ResourceID, v.Number, f.position}.String(), Schema: schemaOf(f, t.Fields)}
}

// schemaOf is the columns of a table's file, labelled as its dictionary says.
func schemaOf(f tableFile, fields []Field) rows.Schema {
	var out rows.Schema
	for i, c := range f.columns {
		column := rows.Column{Name: c.Name, Type: rows.Type(c.Type), Store: c.Store, RawKept: c.Raw(), Misfits: c.Misfits}
		if i < len(fields) {
			column.Label, column.LabelEN = fields[i].Label, fields[i].LabelEN
		}
		out = append(out, column)
	}
	return out
}

// Schema is the columns of a table of v as questions may name them, if viewer
// may have its rows.
func (s *Service) Schema(ctx context.Context, viewer account.Actor, v *Version, position int) (rows.Schema, error) {
	t, err := s.table(ctx, viewer, v, position)
	return t.Schema, err
}

// CheckCondition returns nil if where is a condition on the rows of a table of v,
// and fault.Malformed with what is wrong with it otherwise. It tells nothing of
// the data, so the Gate is not asked.
func (s *Service) CheckCondition(ctx context.Context, v *Version, position int, where string) error {
	t, err := s.asked(ctx, v, position)
	if err != nil {
		return err
	}
	return rows.Check(t.Schema, where)
}

// tableKey names a table in cursors.
type tableKey struct {
	resource         string
	number, position int
}

func (k tableKey) String() string { return fmt.Sprintf("%s/%d/%d", k.resource, k.number, k.position) }

// CursorTable is the version and the table that a cursor goes on in, so that an
// answer is walked through to its end while newer versions appear. It returns
// fault.Malformed for what is no cursor of this resource.
func (s *Service) CursorTable(resource, cursor string) (number, position int, err error) {
	if s.rows == nil {
		return 0, 0, errNoRows()
	}
	key, err := s.rows.Key(cursor)
	if err != nil {
		return 0, 0, err
	}
	rest, ok := strings.CutPrefix(key, resource+"/")
	if n, err := fmt.Sscanf(rest, "%d/%d", &number, &position); !ok || n != 2 || err != nil {
		return 0, 0, rows.ErrCursor()
	}
	return number, position, nil
}

func errNoRows() error { return fault.New(fault.Unavailable, "这里不能查询数据的行。") }

// Question checks a question about the rows of a table of v, if viewer may have
// them; it is answered when its Answer is asked for. It returns the faults of
// rows.Service.Question besides the Gate's.
func (s *Service) Question(ctx context.Context, viewer account.Actor, v *Version, position int, q rows.Query) (*rows.Question, error) {
	t, err := s.table(ctx, viewer, v, position)
	if err != nil {
		return nil, err
	}
	return s.rows.Question(t, q)
}

// Query answers a question about the rows of a table of v, if viewer may have
// them. It returns the faults of rows.Service.Query besides the Gate's.
func (s *Service) Query(ctx context.Context, viewer account.Actor, v *Version, position int, q rows.Query) (*rows.Result, error) {
	asked, err := s.Question(ctx, viewer, v, position, q)
	if err != nil {
		return nil, err
	}
	return asked.Answer(ctx)
}

// Facet counts the values of a column where a condition holds, if viewer may
// have them.
func (s *Service) Facet(ctx context.Context, viewer account.Actor, v *Version, position int, column, where string, limit int) (*rows.Facet, error) {
	t, err := s.table(ctx, viewer, v, position)
	if err != nil {
		return nil, err
	}
	return s.rows.Facet(ctx, t, column, where, limit)
}

// Distribution sorts the values of a column into bins, if viewer may have them.
func (s *Service) Distribution(ctx context.Context, viewer account.Actor, v *Version, position int, column, where string) (*rows.Distribution, error) {
	t, err := s.table(ctx, viewer, v, position)
	if err != nil {
		return nil, err
	}
	return s.rows.Distribution(ctx, t, column, where)
}

// Profile looks at every value of a column, if viewer may have them. It is for
// a job: it takes its time.
func (s *Service) Profile(ctx context.Context, viewer account.Actor, v *Version, position int, column string) (*rows.Profile, error) {
	if err := s.MayServe(ctx, viewer, v); err != nil {
		return nil, err
	}
	t, err := s.asked(ctx, v, position)
	if err != nil {
		return nil, err
	}
	return s.rows.Profile(ctx, t, column)
}

// Export checks what is to be exported of a table of v, if viewer may have it.
// Nothing of it is read before it is written.
func (s *Service) Export(ctx context.Context, viewer account.Actor, v *Version, position int, q rows.Query, o rows.ExportOptions) (*rows.Export, error) {
	t, err := s.table(ctx, viewer, v, position)
	if err != nil {
		return nil, err
	}
	return s.rows.Export(t, q, o)
}

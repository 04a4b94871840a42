package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Differences is how one version of a file differs from an older one.
type Differences struct {
	From, To *Version
	Tables   []TableDifference // those of To in their order, then those that are gone
	Refused  error             // why rows may not be compared for this viewer, as the Gate says it; nil if they may
	Waiting  error             // why they are not compared yet, though they may be; nil if they are
}

// SameBytes reports whether the two originals are one file.
func (d *Differences) SameBytes() bool { return d.From.SHA256 == d.To.SHA256 }

// TableDifference is one table in both versions, or in one of them.
type TableDifference struct {
	Position int    // in To; -1 where it is gone
	Before   *Table // nil: it is new
	After    *Table // nil: it is gone
	Columns  ColumnChanges
	Words    []Rewording    // what the dictionary says otherwise; of code lists only to who may have the data
	Rows     *RowDifference // nil where rows may not, or cannot, be compared
}

// Why is why rows are not compared by key, or not at all.
type Why string

// The reasons.
const (
	ByKey      Why = ""          // they are compared by key
	NoKey      Why = "no-key"    // the dictionary names none: whole rows are compared
	KeyAbsent  Why = "absent"    // the older table lacks a column of the key: whole rows are compared
	KeyRepeats Why = "repeats"   // the key is empty somewhere or names two rows: whole rows are compared
	TooMuch    Why = "too-much"  // comparing takes more than it may: nothing is
	CannotRead Why = "unread"    // the file of one of the versions is refused today: nothing is
	NothingIn  Why = "no-common" // the tables have no column in common: nothing is
)

// Compared reports whether rows are compared at all.
func (w Why) Compared() bool { return !slices.Contains([]Why{TooMuch, CannotRead, NothingIn}, w) }

// RowDifference is how the rows of a table differ. Counts are exact.
type RowDifference struct {
	Position int              `json:"position"` // of the newer table
	Before   int              `json:"before"`   // of the older one
	Key      []string         `json:"key,omitempty"`
	Why      Why              `json:"why,omitempty"`
	Added    int64            `json:"added"`
	Removed  int64            `json:"removed"`
	Changed  int64            `json:"changed"`
	Same     int64            `json:"same"`
	Cells    map[string]int64 `json:"cells,omitempty"` // of the columns of changed rows, how many cells have another value
	Renamed  []Renaming       `json:"renamed,omitempty"`
	Listed   int64            `json:"listed"` // how many of the differing rows are listed
}

// Rows is how many rows differ.
func (r *RowDifference) Rows() int64 { return r.Added + r.Removed + r.Changed }

// mostListed is how many differing rows are kept to be looked at. All are
// counted.
const mostListed = 100_000

// MostListed is how many differing rows of a table are listed at most.
func MostListed() int { return mostListed }

// Differences compares a version with an older one of the same file. Columns
// are what the catalogue tells everybody; rows are compared only for who may
// have both versions, from what a job has worked out, or else now. Where that
// takes longer than ctx it goes on, and can be asked for again.
func (s *Service) Differences(ctx context.Context, viewer account.Actor, from, to *Version) (*Differences, error) {
	if from.ResourceID != to.ResourceID || from.Number >= to.Number {
		return nil, fault.New(fault.Invalid, "只能和同一个文件更早的版本相比。")
	}
	d := &Differences{From: from, To: to}
	var kept []RowDifference
	if d.Refused = s.mayCompare(ctx, viewer, from, to); d.Refused == nil {
		var err error
		if kept, err = s.rowDifferences(ctx, from, to); fault.KindOf(err) == fault.Unavailable {
			d.Waiting = err
		} else if err != nil {
			return nil, err
		}
	} else if kind := fault.KindOf(d.Refused); kind != fault.Forbidden && kind != fault.NotFound && kind != fault.Unauthenticated {
		return nil, d.Refused
	}
	d.Tables = tableDifferences(from, to, kept)
	if d.Refused != nil {
		for i := range d.Tables {
			d.Tables[i].Words = withoutCodes(d.Tables[i].Words)
		}
	}
	return d, nil
}

// tableDifferences are the tables of to with those of from, of which kept says
// how their rows differ.
func tableDifferences(from, to *Version, kept []RowDifference) (all []TableDifference) {
	pairs, gone := sameTable(from.Tables, to.Tables), map[int]bool{}
	for i := range to.Tables {
		t := TableDifference{Position: i, After: &to.Tables[i]}
		if j, ok := pairs[i]; ok {
			gone[j], t.Before = true, &from.Tables[j]
			var renamed []Renaming
			if at := slices.IndexFunc(kept, func(r RowDifference) bool { return r.Position == i }); at >= 0 {
				t.Rows, renamed = &kept[at], kept[at].Renamed
			}
			t.Columns = compareColumns(t.Before.Fields, t.After.Fields, renamed)
			t.Words = compareWords(t.Before.Fields, t.After.Fields, renamed)
		}
		all = append(all, t)
	}
	for j := range from.Tables {
		if !gone[j] {
			all = append(all, TableDifference{Position: -1, Before: &from.Tables[j]})
		}
	}
	return all
}

// mayCompare asks the Gate for both versions.
func (s *Service) mayCompare(ctx context.Context, viewer account.Actor, from, to *Version) error {
	if err := s.MayServe(ctx, viewer, from); err != nil {
		return err
	}
	return s.MayServe(ctx, viewer, to)
}

// rowDifferences is what is kept of a pair of versions; it is worked out first
// where nothing is. It is for who has been through the Gate, and for jobs.
func (s *Service) rowDifferences(ctx context.Context, from, to *Version) ([]RowDifference, error) {
	kept, err := s.selectDifferences(ctx, from.ID, to.ID)
	if !errors.Is(err, pgx.ErrNoRows) {
		return kept, err
	}
	made := s.made.DoChan(fmt.Sprintf("differences/%d/%d", from.ID, to.ID), func() (any, error) {
		return nil, s.makeDifferences(context.WithoutCancel(ctx), from, to)
	})
	select {
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "这两个版本正在比较，请稍后再来看。").Because(ctx.Err())
	case r := <-made:
		if r.Err != nil {
			return nil, r.Err
		}
	}
	return s.selectDifferences(ctx, from.ID, to.ID)
}

func (s *Service) selectDifferences(ctx context.Context, from, to int64) (kept []RowDifference, err error) {
	err = s.pool.QueryRow(ctx, `SELECT tables FROM version_changes WHERE to_id = @to AND from_id = @from`, pgx.NamedArgs{"to": to, "from": from}).Scan(&kept)
	return kept, err
}

// listed is the Parquet file of the rows of a table that differ.
type listed struct {
	position int
	info     blob.Info
	schema   rows.Schema
}

// makeDifferences compares the tables of two versions and keeps what it finds.
func (s *Service) makeDifferences(ctx context.Context, from, to *Version) error {
	kept, files := []RowDifference{}, []listed{}
	pairs := sameTable(from.Tables, to.Tables)
	for i := range to.Tables {
		j, ok := pairs[i]
		if !ok {
			continue
		}
		r, file, err := s.compareTables(ctx, from, j, to, i)
		switch kind := fault.KindOf(err); {
		case err == nil:
		case kind == fault.TooLarge:
			r.Why = TooMuch
		case kind == fault.Invalid:
			r.Why = CannotRead
		default:
			return fmt.Errorf("compare versions %d and %d of %s: %w", from.Number, to.Number, to.ResourceID, err)
		}
		kept = append(kept, r)
		if file != nil && err == nil {
			files = append(files, *file)
		}
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, s.keepDifferences(ctx, tx, from, to, kept, files)
	})
	return err
}

func (s *Service) keepDifferences(ctx context.Context, tx pgx.Tx, from, to *Version, kept []RowDifference, files []listed) error {
	args := pgx.NamedArgs{"from": from.ID, "to": to.ID, "tables": kept, "now": s.now()}
	done, err := tx.Exec(ctx, `INSERT INTO version_changes (to_id, from_id, tables, at) VALUES (@to, @from, @tables, @now) ON CONFLICT DO NOTHING`, args)
	if err != nil || done.RowsAffected() == 0 {
		return err // another replica was faster
	}
	for _, f := range files {
		if err := s.keepObject(ctx, tx, f.info); err != nil {
			return err
		}
		args["position"], args["sha256"], args["columns"] = f.position, f.info.Digest, f.schema
		if _, err := tx.Exec(ctx, `INSERT INTO change_files (to_id, from_id, position, sha256, columns) VALUES (@to, @from, @position, @sha256, @columns)`, args); err != nil {
			return fmt.Errorf("insert differing rows of table %d: %w", f.position, err)
		}
	}
	if to.Number == from.Number+1 { // the one that pages show
		if err := s.keepReshaping(ctx, tx, from, to, kept); err != nil {
			return err
		}
		return announce(ctx, tx, s, to.DatasetID)
	}
	return nil
}

// compareTables compares table i of to with table j of from.
func (s *Service) compareTables(ctx context.Context, from *Version, j int, to *Version, i int) (RowDifference, *listed, error) {
	r := RowDifference{Position: i, Before: j}
	before, err := s.asked(ctx, from, j)
	if err != nil {
		return r, nil, err
	}
	after, err := s.asked(ctx, to, i)
	if err != nil {
		return r, nil, err
	}
	c := rows.Comparison{Old: before, New: after}
	for _, p := range paired(schemaNames(before.Schema), schemaNames(after.Schema), nil) {
		c.Pairs = append(c.Pairs, rows.Pair{Old: before.Schema[p.before], New: after.Schema[p.after]})
	}
	if r.Key, r.Why, c.Key, err = s.chooseKey(ctx, c, to.Tables[i].Keys()); err != nil {
		return r, nil, err
	}
	if r.Renamed, err = s.findRenamed(ctx, c); err != nil {
		return r, nil, err
	}
	for _, p := range paired(schemaNames(before.Schema), schemaNames(after.Schema), r.Renamed) {
		if before.Schema[p.before].Name != after.Schema[p.after].Name {
			c.Pairs = append(c.Pairs, rows.Pair{Old: before.Schema[p.before], New: after.Schema[p.after]})
		}
	}
	if len(c.Pairs) == 0 {
		r.Why = NothingIn
		return r, nil, nil
	}
	return s.differ(ctx, c, r)
}

// differ counts and lists the rows that differ.
func (s *Service) differ(ctx context.Context, c rows.Comparison, r RowDifference) (RowDifference, *listed, error) {
	if c.Old.Parquet == c.New.Parquet {
		r.Same = c.New.Rows
		return r, nil, nil
	}
	d, err := s.rows.Compare(ctx, c)
	if err != nil {
		return r, nil, err
	}
	r.Added, r.Removed, r.Changed, r.Same = d.Added, d.Removed, d.Changed, d.Same
	for at, n := range d.Cells {
		if n > 0 {
			if r.Cells == nil {
				r.Cells = map[string]int64{}
			}
			r.Cells[c.Pairs[at].New.Name] = n
		}
	}
	if d.Rows() == 0 {
		return r, nil, nil
	}
	file := &listed{position: r.Position}
	file.schema, err = s.rows.Differing(ctx, c, mostListed, func(body io.Reader) (err error) {
		file.info, err = s.store.Put(ctx, body, 0)
		return err
	})
	if err != nil {
		return r, nil, err
	}
	n, err := s.rows.Query(ctx, rows.Table{Parquet: file.info.Digest, Schema: file.schema, Rows: mostListed, Key: "listed"}, rows.Query{Select: "count(*)"})
	if err != nil {
		return r, nil, err
	}
	r.Listed, err = strconv.ParseInt(fmt.Sprint(n.Rows[0][0]), 10, 64)
	return r, file, err
}

// chooseKey finds the columns of the key that the dictionary names, if they
// name each row of both tables.
func (s *Service) chooseKey(ctx context.Context, c rows.Comparison, names []string) ([]string, Why, []int, error) {
	if len(names) == 0 {
		return nil, NoKey, nil, nil
	}
	var key []int
	for _, name := range names {
		at := slices.IndexFunc(c.Pairs, func(p rows.Pair) bool { return p.New.Name == name })
		if at < 0 {
			return nil, KeyAbsent, nil, nil
		}
		key = append(key, at)
	}
	c.Key = key
	switch ok, err := s.rows.Names(ctx, c); {
	case err != nil:
		return nil, "", nil, err
	case !ok:
		return nil, KeyRepeats, nil, nil
	}
	return names, ByKey, key, nil
}

// findRenamed finds columns that only one of the tables has, that stand in the
// same place, and whose values are the same: they were only called otherwise.
func (s *Service) findRenamed(ctx context.Context, c rows.Comparison) ([]Renaming, error) {
	var found []Renaming
	common := func(side func(rows.Pair) rows.Column, name string) bool {
		return slices.ContainsFunc(c.Pairs, func(p rows.Pair) bool { return side(p).Name == name })
	}
	for i := range min(len(c.Old.Schema), len(c.New.Schema)) {
		p := rows.Pair{Old: c.Old.Schema[i], New: c.New.Schema[i]}
		if p.Old.Name == p.New.Name || common(func(p rows.Pair) rows.Column { return p.Old }, p.Old.Name) || common(func(p rows.Pair) rows.Column { return p.New }, p.New.Name) {
			continue
		}
		ok, err := s.rows.Renamed(ctx, c, p)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, Renaming{p.Old.Name, p.New.Name})
		}
	}
	return found, nil
}

func schemaNames(schema rows.Schema) []string {
	names := make([]string, len(schema))
	for i, c := range schema {
		names[i] = c.Name
	}
	return names
}

// CompareVersions compares every version with the one before, oldest first,
// until ctx ends; the next call goes on.
func (s *Service) CompareVersions(ctx context.Context) error {
	var failed error
	for after := int64(0); ; {
		found, err := selectVersions(ctx, s.pool, `v.id = (
			SELECT min(n.id) FROM versions n JOIN versions o ON o.resource_id = n.resource_id AND o.number = n.number - 1
			WHERE n.id > @after AND NOT EXISTS (SELECT FROM version_changes c WHERE c.to_id = n.id AND c.from_id = o.id))`, pgx.NamedArgs{"after": after}, 1)
		if err != nil || len(found) == 0 {
			return errors.Join(failed, err)
		}
		to := &found[0]
		after = to.ID
		before, err := selectVersions(ctx, s.pool, `v.resource_id = @resource AND v.number = @number`, pgx.NamedArgs{"resource": to.ResourceID, "number": to.Number - 1}, 1)
		if err != nil || len(before) == 0 {
			return errors.Join(failed, err)
		}
		_, err = s.rowDifferences(ctx, &before[0], to)
		if ctx.Err() != nil {
			return failed
		}
		failed = errors.Join(failed, err)
	}
}

// Summaries are the kept differences of versions to the ones before them, by
// number, if viewer may have them; what is not worked out yet is missing.
func (s *Service) Summaries(ctx context.Context, viewer account.Actor, versions []Version) (map[int][]RowDifference, error) {
	out := map[int][]RowDifference{}
	if len(versions) == 0 || s.MayServe(ctx, viewer, &versions[0]) != nil {
		return out, nil
	}
	found, err := s.pool.Query(ctx, `
		SELECT n.number, c.tables FROM version_changes c JOIN versions n ON n.id = c.to_id JOIN versions o ON o.id = c.from_id
		WHERE n.resource_id = @resource AND o.number = n.number - 1`, pgx.NamedArgs{"resource": versions[0].ResourceID})
	if err != nil {
		return nil, err
	}
	var number int
	var tables []RowDifference
	_, err = pgx.ForEachRow(found, []any{&number, &tables}, func() error {
		at := slices.IndexFunc(versions, func(v Version) bool { return v.Number == number })
		before := slices.IndexFunc(versions, func(v Version) bool { return v.Number == number-1 })
		if at >= 0 && before >= 0 && s.mayCompare(ctx, viewer, &versions[before], &versions[at]) == nil {
			out[number] = tables
		}
		tables = nil
		return nil
	})
	return out, err
}

// differingTable is the listed rows of a pair of tables as questions are put to
// them, if viewer may have both versions.
func (s *Service) differingTable(ctx context.Context, viewer account.Actor, from, to *Version, position int) (rows.Table, error) {
	if err := s.mayCompare(ctx, viewer, from, to); err != nil {
		return rows.Table{}, err
	}
	if s.rows == nil {
		return rows.Table{}, errNoRows()
	}
	kept, err := s.rowDifferences(ctx, from, to)
	if err != nil {
		return rows.Table{}, err
	}
	at := slices.IndexFunc(kept, func(r RowDifference) bool { return r.Position == position && r.Listed > 0 })
	if at < 0 {
		return rows.Table{}, fault.New(fault.NotFound, "这张表没有不同的行可列。")
	}
	t := rows.Table{Rows: kept[at].Listed, Key: fmt.Sprintf("%s/%d-%d/%d", to.ResourceID, from.Number, to.Number, position)}
	var columns []byte
	if err := s.pool.QueryRow(ctx, `SELECT sha256, columns FROM change_files WHERE to_id = @to AND from_id = @from AND position = @position`,
		pgx.NamedArgs{"to": to.ID, "from": from.ID, "position": position}).Scan(&t.Parquet, &columns); err != nil {
		return t, fmt.Errorf("differing rows of %s: %w", t.Key, err)
	}
	return t, json.Unmarshal(columns, &t.Schema)
}

// DifferingRows answers a question about the rows that differ between two
// versions of a table, if viewer may have both. Its columns are those of
// rows.Differing.
func (s *Service) DifferingRows(ctx context.Context, viewer account.Actor, from, to *Version, position int, q rows.Query) (*rows.Result, error) {
	t, err := s.differingTable(ctx, viewer, from, to, position)
	if err != nil {
		return nil, err
	}
	return s.rows.Query(ctx, t, q)
}

// ExportDiffering is DifferingRows as a file.
func (s *Service) ExportDiffering(ctx context.Context, viewer account.Actor, from, to *Version, position int, q rows.Query, o rows.ExportOptions) (*rows.Export, error) {
	t, err := s.differingTable(ctx, viewer, from, to, position)
	if err != nil {
		return nil, err
	}
	return s.rows.Export(t, q, o)
}

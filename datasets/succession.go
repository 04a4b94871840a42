package datasets

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/datasets/quality"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Nobody who has published a table should replace it blindly: what is about to
// become a version is held against the newest one, and what it would take away
// must be seen first.

// compared is what the rows say of a file and the version before it.
type compared struct {
	From    int64           // id of the version
	Rows    []RowDifference // of the tables that both have, where that is cheap
	Repeats []int           // positions of the tables whose rows the key does not tell apart any more
}

// cheapRows is how many rows two tables have together that are compared while an
// officer waits. Once a version is published, rows without end are.
const cheapRows = 1_000_000

// Succession is how an upload of who's department that waits for a person
// differs from the newest version of its resource; nil where there is nothing to
// compare.
func (s *Service) Succession(ctx context.Context, who account.Actor, u *Upload) (*Differences, error) {
	if department, err := uploader(who); err != nil || department != u.Department {
		return nil, errNoUpload()
	}
	if u.State != Reviewing {
		return nil, nil
	}
	v, t, err := s.candidate(ctx, s.pool, u)
	if err != nil {
		return nil, err
	}
	newest, err := newestOf(ctx, s.pool, u.ResourceID)
	if err != nil || newest == nil {
		return nil, err
	}
	for i := range v.Tables {
		v.Tables[i].Preview = nil
	}
	d := &Differences{From: newest.valueless(), To: v.valueless()}
	var kept []RowDifference
	if t.compared != nil && t.compared.From == newest.ID {
		kept = t.compared.Rows
	}
	d.Tables = tableDifferences(d.From, d.To, kept) // of the data only what differs is told
	return d, nil
}

// compare holds the rows of v, which is not published, against those of the
// newest version; nil where there is none or nobody can ask for rows. It counts
// what differs only if counts says so.
func (s *Service) compare(ctx context.Context, v *Version, files []tableFile, counts bool) (*compared, error) {
	newest, err := newestOf(ctx, s.pool, v.ResourceID)
	if err != nil || newest == nil || s.rows == nil {
		return nil, err
	}
	out := &compared{From: newest.ID}
	if newest.SHA256 == v.SHA256 {
		return out, nil
	}
	for i, j := range sameTable(newest.Tables, v.Tables) {
		at := slices.IndexFunc(files, func(f tableFile) bool { return f.position == i })
		keys := newest.Tables[j].Keys()
		cheap := counts && newest.Tables[j].Rows+v.Tables[i].Rows <= cheapRows
		if at < 0 || !cheap && len(keys) == 0 {
			continue
		}
		r := RowDifference{Position: i, Before: j, Why: TooMuch}
		before, err := s.asked(ctx, newest, j)
		if err == nil {
			after := askedOf(v, files[at])
			repeats := false
			if repeats, err = s.repeats(ctx, before, after, keys); repeats {
				out.Repeats = append(out.Repeats, i)
			}
			if err == nil && cheap {
				r, err = s.countDifferences(ctx, r, before, after, keys)
			}
		}
		switch kind := fault.KindOf(err); {
		case err == nil, kind == fault.TooLarge:
		case kind == fault.Invalid:
			r.Why = CannotRead
		default:
			return nil, fmt.Errorf("compare %s with version %d: %w", v.ResourceID, newest.Number, err)
		}
		if counts {
			out.Rows = append(out.Rows, r)
		}
	}
	slices.SortFunc(out.Rows, func(a, b RowDifference) int { return a.Position - b.Position })
	return out, nil
}

// repeats reports whether the key named each row of before and does not name
// those of after.
func (s *Service) repeats(ctx context.Context, before, after rows.Table, names []string) (bool, error) {
	var key []int
	for _, name := range names {
		at := slices.IndexFunc(after.Schema, func(c rows.Column) bool { return c.Name == name })
		if at < 0 {
			return false, nil // it is lost, which is worse
		}
		key = append(key, at)
	}
	if len(key) == 0 {
		return false, nil
	}
	holds, err := s.rows.Names(ctx, alone(after, key))
	if err != nil || holds {
		return false, err
	}
	key = key[:0]
	for _, name := range names {
		key = append(key, slices.IndexFunc(before.Schema, func(c rows.Column) bool { return c.Name == name }))
	}
	if slices.Contains(key, -1) {
		return false, nil
	}
	return s.rows.Names(ctx, alone(before, key))
}

// alone is a table held against itself.
func alone(t rows.Table, key []int) rows.Comparison {
	c := rows.Comparison{Old: t, New: t, Key: key}
	for _, column := range t.Schema {
		c.Pairs = append(c.Pairs, rows.Pair{Old: column, New: column})
	}
	return c
}

// countDifferences counts how the rows of two tables differ, by the key that
// names gives where that tells them apart, and keeps nothing.
func (s *Service) countDifferences(ctx context.Context, r RowDifference, before, after rows.Table, names []string) (RowDifference, error) {
	c := rows.Comparison{Old: before, New: after}
	for _, p := range paired(schemaNames(before.Schema), schemaNames(after.Schema), nil) {
		c.Pairs = append(c.Pairs, rows.Pair{Old: before.Schema[p.before], New: after.Schema[p.after]})
	}
	if len(c.Pairs) == 0 {
		r.Why = NothingIn
		return r, nil
	}
	key, why, places, err := s.chooseKey(ctx, c, names)
	if err != nil {
		return r, err
	}
	if r.Key, r.Why, c.Key = key, why, places; before.Parquet == after.Parquet {
		r.Same = after.Rows
		return r, nil
	}
	d, err := s.rows.Compare(ctx, c)
	if err != nil {
		r.Why = TooMuch
		return r, err
	}
	r.Added, r.Removed, r.Changed, r.Same = d.Added, d.Removed, d.Changed, d.Same
	return r, nil
}

// compareUpload is compare for an upload that waits for a person, where that was
// not done or something else was published meanwhile.
func (s *Service) compareUpload(ctx context.Context, u *Upload, v *Version, t *taken) error {
	newest, err := newestOf(ctx, s.pool, u.ResourceID)
	if err != nil || newest == nil || t.compared != nil && t.compared.From == newest.ID {
		return err
	}
	kept, err := s.compare(ctx, v, t.files, true)
	if err != nil || kept == nil {
		return err
	}
	_, err = s.pool.Exec(ctx, `UPDATE uploads SET compared = @compared WHERE id = @id AND state = 'review' AND attempt = @attempt`,
		pgx.NamedArgs{"id": u.ID, "attempt": u.attempt, "compared": kept})
	return err
}

// losses are what publishing v would take away from whoever uses the newest
// version: rows beyond what the platform's rule lets pass, tables, columns,
// types, keys. Somebody must have seen them.
func (s *Service) losses(newest, v *Version, kept *compared) ([]Objection, error) {
	limits, err := quality.TheLimits()
	if err != nil {
		return nil, err
	}
	var out []Objection
	add := func(kind, sentence string, args ...any) {
		out = append(out, Objection{Kind: kind, Note: ingest.Note{Sentence: sentence, Args: args}})
	}
	number := int64(newest.Number)
	for _, t := range tableDifferences(newest, v, nil) {
		switch {
		case t.After == nil:
			add("table-lost", "第 %d 版有、这个文件里没有的表：%s", number, tableTitle(t.Before))
			continue
		case t.Before == nil:
			continue
		}
		if was, is := t.Before.Rows, t.After.Rows; (was-is)*100 > was*int64(limits.RowChange) {
			add("rows-dropped", "这个文件 %d 行，第 %d 版 %d 行，少了超过 %d%%（平台规则）。", is, number, was, int64(limits.RowChange))
		}
		if gone := t.Columns.Removed; len(gone) > 0 {
			add("column-lost", "第 %d 版有、这个文件里没有的列：%s", number, listOf(gone))
		}
		if key := t.lostKey(); len(key) > 0 {
			add("key-lost", "主键列没有了，行和第 %d 版对不上：%s", number, listOf(key))
		}
		if kept != nil && slices.Contains(kept.Repeats, t.Position) {
			add("key-repeats", "第 %d 版里每行的主键都不同，这个文件里有空的或重复的：%s", number, listOf(t.Before.Keys()))
		}
		if retyped := t.Columns.Retyped; len(retyped) > 0 {
			names := make([]string, len(retyped))
			for i, r := range retyped {
				names[i] = r.Name
			}
			add("type-changed", "和第 %d 版类型不同的列：%s", number, listOf(names))
		}
	}
	return out, nil
}

// lostKey are the columns of the older table's key that the newer one lacks.
func (t *TableDifference) lostKey() []string {
	return slices.DeleteFunc(slices.Clone(t.Before.Keys()), func(name string) bool { return !slices.Contains(t.Columns.Removed, name) })
}

func tableTitle(t *Table) string {
	if t.Name != "" {
		return t.Name
	}
	return fmt.Sprint(t.Position + 1)
}

// listOf is some names in one text, as many as a sentence bears.
func listOf(names []string) string {
	const most = 20
	more := ""
	if len(names) > most {
		more, names = fmt.Sprintf("、… (%d)", len(names)), names[:most]
	}
	short := make([]string, len(names))
	for i, n := range names {
		short[i] = firstRunes(n, 40)
	}
	return strings.Join(short, "、") + more
}

package datasets

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
)

// Disagreement is how two tables of different files disagree, row by row of the
// key that both have. Counts are exact.
type Disagreement struct {
	One, Other *Version
	Tables     [2]int // places of the tables
	Key        []string
	Why        Why              // why rows are not held against each other; ByKey where they are
	Columns    []string         // that both have besides the key
	Same       int64            // rows that agree in all of them
	Differ     int64            // rows that do not
	OnlyOne    int64            // keys that only the first has
	OnlyOther  int64            // and only the second
	Cells      map[string]int64 // of Columns, in how many rows they disagree
	Sample     []Disagreeing    // of the rows that differ, the first
}

// Disagreeing is one row of the sample: the key, and each column whose values
// disagree.
type Disagreeing struct {
	Key    []string
	Values []Disagreed
}

// Disagreed is one cell that two tables fill otherwise.
type Disagreed struct{ Column, One, Other string }

// mostSampled is how many disagreeing rows are shown. All are counted.
const mostSampled = 20

// MostSampled is how many disagreeing rows are shown at most.
func MostSampled() int { return mostSampled }

// Disagree holds the tables of two versions of different entries against each
// other, for who may have both: the first two tables that have a key in common.
// same reports whether two columns are the same data item. It returns the fault
// of the Gate, and fault.TooLarge where comparing takes more than it may.
func (s *Service) Disagree(ctx context.Context, viewer account.Actor, one, other *Version, same func(a, b Field) bool) (*Disagreement, error) {
	if err := s.mayCompare(ctx, viewer, one, other); err != nil {
		return nil, err
	}
	d := &Disagreement{One: one, Other: other, Why: NoKey}
	for i := range one.Tables {
		for j := range other.Tables {
			pairs := sameColumns(one.Tables[i].Fields, other.Tables[j].Fields, same)
			key := sharedKey(pairs, &one.Tables[i], &other.Tables[j])
			if len(key) == 0 {
				continue
			}
			d.Tables, d.Why = [2]int{i, j}, ByKey
			return d, s.disagree(ctx, d, pairs, key)
		}
	}
	return d, nil
}

// sameColumns pairs the columns that are the same data item, each once.
func sameColumns(a, b []Field, same func(a, b Field) bool) []pairing {
	var out []pairing
	used := map[int]bool{}
	for i := range a {
		for j := range b {
			if !used[j] && same(a[i], b[j]) {
				used[j], out = true, append(out, pairing{i, j})
				break
			}
		}
	}
	return out
}

// sharedKey are the places in pairs of a key that the dictionary of one of the
// tables names and the other has.
func sharedKey(pairs []pairing, a, b *Table) []int {
	for _, side := range []struct {
		keys []string
		name func(pairing) string
	}{{a.Keys(), func(p pairing) string { return a.Fields[p.before].Name }}, {b.Keys(), func(p pairing) string { return b.Fields[p.after].Name }}} {
		var key []int
		for _, k := range side.keys {
			if at := slices.IndexFunc(pairs, func(p pairing) bool { return side.name(p) == k }); at >= 0 {
				key = append(key, at)
			}
		}
		if len(key) > 0 && len(key) == len(side.keys) {
			return key
		}
	}
	return nil
}

func (s *Service) disagree(ctx context.Context, d *Disagreement, pairs []pairing, key []int) error {
	one, err := s.asked(ctx, d.One, d.Tables[0])
	if err != nil {
		return err
	}
	other, err := s.asked(ctx, d.Other, d.Tables[1])
	if err != nil {
		return err
	}
	c := rows.Comparison{Old: one, New: other, Key: key}
	for _, p := range pairs {
		c.Pairs = append(c.Pairs, rows.Pair{Old: one.Schema[p.before], New: other.Schema[p.after]})
	}
	name := func(i int) string { return d.One.Tables[d.Tables[0]].Fields[pairs[i].before].Name }
	for i := range pairs {
		if slices.Contains(key, i) {
			d.Key = append(d.Key, name(i))
		} else {
			d.Columns = append(d.Columns, name(i))
		}
	}
	if len(d.Columns) == 0 {
		d.Why = NothingIn
		return nil
	}
	if ok, err := s.rows.Names(ctx, c); err != nil || !ok {
		d.Why = KeyRepeats
		return err
	}
	found, err := s.rows.Compare(ctx, c)
	if err != nil {
		return err
	}
	d.OnlyOne, d.OnlyOther, d.Differ, d.Same, d.Cells = found.Removed, found.Added, found.Changed, found.Same, map[string]int64{}
	for i, n := range found.Cells {
		if n > 0 {
			d.Cells[name(i)] = n
		}
	}
	if d.Differ > 0 {
		d.Sample, err = s.sample(ctx, c, name)
	}
	return err
}

// sample is the first rows that differ. The file that they pass through is
// nobody's: it is swept.
func (s *Service) sample(ctx context.Context, c rows.Comparison, name func(int) string) ([]Disagreeing, error) {
	var kept blob.Info
	schema, err := s.rows.Differing(ctx, c, mostSampled, func(body io.Reader) (err error) {
		kept, err = s.store.Put(ctx, body, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	r, err := s.rows.Query(ctx, rows.Table{Parquet: kept.Digest, Schema: schema, Rows: mostSampled, Key: "disagreeing"}, rows.Query{Limit: mostSampled})
	if err != nil {
		return nil, err
	}
	var out []Disagreeing
	for _, row := range r.Rows {
		if row[0] != rows.RowChanged {
			break
		}
		var d Disagreeing
		for i := range c.Pairs {
			one, other := cellText(row[rows.DifferenceColumns+2*i]), cellText(row[rows.DifferenceColumns+2*i+1])
			switch {
			case slices.Contains(c.Key, i):
				d.Key = append(d.Key, one)
			case one != other:
				d.Values = append(d.Values, Disagreed{name(i), one, other})
			}
		}
		out = append(out, d)
	}
	return out, nil
}

// cellText is a cell as a text; empty where it is.
func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case json.RawMessage:
		return string(v)
	}
	return fmt.Sprint(v)
}

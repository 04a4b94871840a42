package disclosure

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// riders are persons with the rows that each has, of each of whom some are left out.
type riders struct {
	who  []uint64
	rows [][]uint64
}

func newRiders(persons, rows int) riders {
	r := rand.New(rand.NewPCG(7, 182))
	var out riders
	for range persons {
		one := make([]uint64, rows)
		for k := range one {
			one[k] = r.Uint64()%1_000_000_000 + 1
		}
		out.who, out.rows = append(out.who, r.Uint64()), append(out.rows, one)
	}
	return out
}

// kind is who is left, and with which rows, where left says so of person and row.
func (x riders) kind(left func(person, row int) bool) Kind {
	k := Kind{Name: "person", Rows: make([]Sketch, 1)}
	for i, who := range x.who {
		var sum int64
		for j, row := range x.rows[i] {
			if left(i, j) {
				sum += int64(row)
			}
		}
		if sum == 0 {
			continue
		}
		k.Sketch.Add(who)
		var sign Sketch
		sign.Add(who)
		for c, s := range sign {
			k.Rows[0][c] = int32((int64(k.Rows[0][c]) + int64(s)*(sum%RowField)) % RowField)
		}
	}
	return k
}

func (x riders) table(weighed bool, columns int, left func(person, row int) bool) Table {
	t := Table{Rows: [][]any{nil}, Weights: [][]Mass{nil}, Subjects: []int64{int64(len(x.who))}, Sketches: [][]Kind{{x.kind(left)}}, Own: [][]Own{nil}}
	for j := range columns {
		t.Columns = append(t.Columns, Column{Name: string(rune('a' + j)), Type: "decimal", Role: Magnitude, Reason: "sum", Weighed: weighed, From: []Origin{{"t", string(rune('a' + j))}}})
		t.Rows[0] = append(t.Rows[0], 123456.0+float64(j))
		t.Weights[0] = append(t.Weights[0], Mass{Total: 123456, Largest: 2000, Second: 1900, Known: true})
		if weighed {
			t.Own[0] = append(t.Own[0], Own{Column: j, Subjects: int64(len(x.who)), Sketches: t.Sketches[0]})
		}
	}
	return t
}

var ridersPolicy = Policy{Subjects: 10, Hidden: 20, Round: 5, Largest: 50, Two: 70, Prior: 10, Rows: 100, Columns: 50, Bytes: 5e6, Releases: 100, Cells: 1e6, Digits: 6, Text: 60}

// What counts is of how many persons rows are others: not how many rows they are, nor
// which.
func TestRowsOfFewPersonsAreADifference(t *testing.T) {
	x := newRiders(300, 40)
	whole := func(int, int) bool { return true }
	without := func(persons, rows, from int) func(int, int) bool {
		return func(p, r int) bool { return p >= persons || r < from || r >= from+rows }
	}
	for _, c := range []struct {
		name    string
		was, is func(int, int) bool
		refused bool
	}{
		{"the same", whole, whole, false},
		{"a row of one", whole, without(1, 1, 0), true},
		{"another row of one", without(1, 1, 0), without(1, 1, 1), true},
		{"twenty rows of one", whole, without(1, 20, 0), true},
		{"twenty rows of each of nine", whole, without(9, 20, 0), true},
		{"a row of each of thirty", whole, without(30, 1, 0), false},
		{"all of a hundred", whole, without(100, 40, 0), false},
	} {
		first := Check(x.table(false, 1, c.was), ridersPolicy, nil, Budget{})
		if first.Refused() {
			t.Fatalf("%s: %+v", c.name, first.Lines)
		}
		kept := Record("R-1", first)
		b, err := kept.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var back Release
		if err := back.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if r := Check(x.table(false, 1, c.is), ridersPolicy, []Release{back}, Budget{}); r.Refused() != c.refused {
			t.Errorf("%s: refused is %v: %+v", c.name, r.Refused(), r.Lines)
		}
	}
}

// Of ten values, five equations leave, in one result or in several; sums as they are
// do not count.
func TestEquationsOfTheSameSubjectsAreCounted(t *testing.T) {
	x := newRiders(10, 1)
	whole := func(int, int) bool { return true }
	refusedBy := func(r Report) bool {
		return slices.ContainsFunc(r.Lines, func(l Line) bool {
			return l.ID == R8 && slices.ContainsFunc(l.Findings, func(f Finding) bool { return f.Sentence == sayEquations })
		})
	}
	if r := Check(x.table(true, 5, whole), ridersPolicy, nil, Budget{}); r.Refused() || r.Cleared.Rows[0][0].Value != 120000.0 {
		t.Errorf("five: %+v %+v", r.Lines, r.Cleared)
	}
	if r := Check(x.table(true, 6, whole), ridersPolicy, nil, Budget{}); !refusedBy(r) {
		t.Errorf("six: %+v", r.Lines)
	}
	if r := Check(x.table(false, 20, whole), ridersPolicy, nil, Budget{}); r.Refused() || r.Cleared.Rows[0][0].Value != 123456.0 {
		t.Errorf("twenty sums: %+v", r.Lines)
	}
	var earlier []Release
	for n := range 6 {
		r := Check(x.table(true, 1, whole), ridersPolicy, earlier, Budget{})
		if refusedBy(r) != (n == 5) {
			t.Errorf("release %d: %+v", n, r.Lines)
		}
		earlier = append(earlier, Record("R", r))
	}
}

package disclosure

import "testing"

// branched is a result of one count and one sum, whose CASE has branches of so many
// subjects each; origin is a column of its condition.
func branched(of ...int64) Table {
	all, next := int64(0), 0
	t := Table{
		Columns: []Column{{Name: "n", Type: "integer", Role: Count, Reason: "count_star"}, {Name: "s", Type: "decimal", Role: Magnitude, From: []Origin{{"persons", "sick"}, {"persons", "income"}}, Reason: "sum"}},
		Weights: [][]Mass{{{}, {Total: 1e6, Largest: 900, Second: 800, Known: true}}}, Own: [][]Own{nil},
	}
	whole := Sketch{}
	for _, n := range of {
		var s Sketch
		for range n {
			s.Add(hashOf(next))
			whole.Add(hashOf(next))
			next++
		}
		t.Own[0] = append(t.Own[0], Own{Column: 1, Subjects: n, Sketches: []Kind{{Name: "person", Sketch: s}}, Branch: true})
		all += n
	}
	t.Rows, t.Subjects, t.Sketches = [][]any{{all, 1e6}}, []int64{all}, [][]Kind{{{Name: "person", Sketch: whole}}}
	return t
}

// A cell is hidden when any branch that somebody takes is of too few, and, of a
// sensitive column, when all take one.
func TestEachBranchIsOfEnough(t *testing.T) {
	p := Policy{Subjects: 10, Hidden: 20, Round: 5, Largest: 50, Two: 70, Prior: 10, Rows: 100, Columns: 10, Bytes: 1e6, Releases: 10, Cells: 1e6, Digits: 6, Text: 60}
	sick := p
	sick.Sensitive = map[Origin]bool{{"persons", "sick"}: true}
	for _, c := range []struct {
		name   string
		policy Policy
		of     []int64
		hidden bool
		by     ID
	}{
		{"two large ones", p, []int64{100, 200}, false, ""},
		{"a small one", p, []int64{9, 200}, true, R1},
		{"a small one among three", p, []int64{100, 1, 200}, true, R1},
		{"one that nobody takes", p, []int64{0, 200}, false, ""},
		{"all of a sensitive class", sick, []int64{0, 200}, true, R5},
		{"both of a sensitive class", sick, []int64{100, 200}, false, ""},
	} {
		r := Check(branched(c.of...), c.policy, nil, Budget{})
		if r.Refused() {
			t.Fatalf("%s: refused:\n%s", c.name, got(r))
		}
		if r.Cleared.Rows[0][0].Hidden || r.Cleared.Rows[0][1].Hidden != c.hidden || c.hidden && r.line(c.by).Verdict != Fixed {
			t.Errorf("%s:\n%s", c.name, got(r))
		}
	}
}

// What differs from a branch by a few subjects tells of them.
func TestABranchIsHeldAgainstEarlierReleases(t *testing.T) {
	p := Policy{Subjects: 10, Hidden: 20, Round: 5, Largest: 50, Two: 70, Prior: 10, Rows: 100, Columns: 10, Bytes: 1e6, Releases: 10, Cells: 1e6, Digits: 6, Text: 60}
	earlier := Record("R-1", Check(branched(100, 200), p, nil, Budget{}))
	for n, want := range map[int64]Verdict{100: Pass, 101: Refused, 150: Pass} {
		if r := Check(branched(n, 300-n), p, []Release{earlier}, Budget{}); r.line(R8).Verdict != want {
			t.Errorf("a branch of %d after one of 100:\n%s", n, got(r))
		}
	}
}

// A magnitude of few is hidden alone; so is one whose rarest value is of few.
func TestAMagnitudeOfFewIsHiddenAlone(t *testing.T) {
	p := Policy{Subjects: 10, Hidden: 20, Round: 5, Largest: 50, Two: 70, Prior: 10, Rows: 100, Columns: 10, Bytes: 1e6, Releases: 10, Cells: 1e6, Digits: 6, Text: 60}
	for _, c := range []struct {
		mass   Mass
		hidden bool
	}{
		{Mass{Counted: true, Seen: 300}, false}, {Mass{Counted: true, Seen: 9}, true}, {Mass{Counted: true}, true},
		{Mass{Counted: true, Seen: 300, Rarest: 3}, true}, {Mass{Counted: true, Seen: 300, Rarest: 30}, false},
	} {
		table := branched(100, 200)
		c.mass.Total, c.mass.Largest, c.mass.Second, c.mass.Known = 1e6, 900, 800, true
		table.Own, table.Weights[0][1] = nil, c.mass
		r := Check(table, p, nil, Budget{})
		if r.Refused() || r.Cleared.Rows[0][0].Hidden || r.Cleared.Rows[0][1].Hidden != c.hidden {
			t.Errorf("%+v:\n%s", c.mass, got(r))
		}
	}
}

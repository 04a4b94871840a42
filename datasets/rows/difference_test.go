package rows

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/blob"
)

// comparison pairs the columns that two tables have by the same name.
func comparison(old, other Table, key ...string) Comparison {
	c := Comparison{Old: old, New: other}
	for _, n := range other.Schema {
		if at := slices.IndexFunc(old.Schema, func(o Column) bool { return o.Name == n.Name }); at >= 0 {
			if slices.Contains(key, n.Name) {
				c.Key = append(c.Key, len(c.Pairs))
			}
			c.Pairs = append(c.Pairs, Pair{old.Schema[at], n})
		}
	}
	return c
}

// differing lists what differs as a person would read it.
func differing(t testing.TB, s *Service, c Comparison, most int) []string {
	t.Helper()
	var info blob.Info
	schema, err := s.Differing(t.Context(), c, most, func(r io.Reader) (err error) {
		info, err = s.opt.Store.Put(context.Background(), r, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Query(t.Context(), Table{Parquet: info.Digest, Schema: schema, Rows: int64(most), Key: "differing"}, Query{Limit: MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, row := range r.Rows {
		all = append(all, strings.ReplaceAll(strings.Trim(fmt.Sprint(row), "[]"), "<nil>", "-"))
	}
	return all
}

func TestVersionsAreCompared(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	for _, c := range []struct {
		name, old, other string
		key              []string
		want             string // added removed changed same; cells
		rows             []string
	}{
		{"the same", "k,v\na,1\nb,2\n", "k,v\na,1\nb,2\n", []string{"k"}, "0 0 0 2 [0 0]", nil},
		{"the same in another order", "k,v\na,1\nb,2\n", "k,v\nb,2\na,1\n", []string{"k"}, "0 0 0 2 [0 0]", nil},
		{"by key", "k,v,w\na,1,x\nb,2,y\nc,3,z\n", "k,v,w\na,1,x\nc,4,z\nd,5,y\n", []string{"k"}, "1 1 1 1 [0 1 0]",
			[]string{"changed 3 2 1 c c 3 4 z z", "removed 2 - 1 b - 2 - y -", "added - 3 1 - d - 5 - y"}},
		{"two columns are the key", "k,l,v\na,1,x\na,2,y\n", "k,l,v\na,1,x\na,2,z\n", []string{"k", "l"}, "0 0 1 1 [0 0 1]", []string{"changed 2 2 1 a a 2 2 y z"}},
		{"columns move", "k,v\na,1\nb,2\n", "v,k\n1,a\n3,b\n", []string{"k"}, "0 0 1 1 [1 0]", []string{"changed 2 2 1 2 3 b b"}},
		{"a column that only one has is not looked at", "k,v,old\na,1,x\n", "k,v,new\na,1,y\n", []string{"k"}, "0 0 0 1 [0 0]", nil},
		{"empty becomes a value, a value empty", "k,v\na,\nb,2\nc,\n", "k,v\na,1\nb,\nc,\n", []string{"k"}, "0 0 2 1 [0 2]", []string{"changed 1 1 1 a a - 1", "changed 2 2 1 b b 2 -"}},
		{"a number of another type is the same number", "k,v\na,1\nb,2\n", "k,v\na,1.0\nb,2.5\n", []string{"k"}, "0 0 1 1 [0 1]", []string{"changed 2 2 1 b b 2 2.5"}},
		{"a number is not the text of it", "k,v\na,7\nb,8\nc,9\n", "k,v\na,007\nb,008\nc,9\n", []string{"k"}, "0 0 2 1 [0 2]", []string{"changed 1 1 1 a a 7 007", "changed 2 2 1 b b 8 008"}},
		{"what does not fit is compared as it is written", "k,v\na,约1\nb,2\nc,3\nd,4\ne,5\n", "k,v\na,约2\nb,2\nc,-\nd,4\ne,5\n", []string{"k"}, "0 0 2 3 [0 2]", []string{"changed 1 1 1 a a 约1 约2", "changed 3 3 1 c c 3 -"}},
		{"written otherwise is no change", "k,v\na,2020年1月2日\nb,2020年10月3日\n", "k,v\na,2020-01-02\nb,2020-10-03\n", []string{"k"}, "0 0 0 2 [0 0]", nil},
		{"whole rows", "k,v\na,1\nb,2\nc,3\n", "k,v\na,1\nc,4\nd,5\n", nil, "2 2 0 1 []", []string{"removed 2 - 1 b 2", "removed 3 - 1 c 3", "added - 2 1 c 4", "added - 3 1 d 5"}},
		{"the same row many times", "k\na\na\nb\n", "k\na\nb\nb\nb\n", nil, "2 1 0 2 []", []string{"removed 1 - 1 a", "added - 2 2 b"}},
		{"empty cells are equal", "k,v\na,\n,1\n", "k,v\na,\n,1\n", nil, "0 0 0 2 []", nil},
		{"an old table without rows", "k,v\n", "k,v\na,1\n", []string{"k"}, "1 0 0 0 [0 0]", []string{"added - 1 1 - a - 1"}},
		{"nothing in common but rows", "a\n1\n2\n", "b\n1\n2\n3\n", nil, "1 0 0 2 []", []string{"added - 1 1"}},
	} {
		compared := comparison(ingested(t, store, "a.csv", c.old), ingested(t, store, "b.csv", c.other), c.key...)
		if len(c.key) > 0 {
			if ok, err := s.Names(t.Context(), compared); err != nil || !ok {
				t.Errorf("%s: the key is none: %v", c.name, err)
			}
		}
		d, err := s.Compare(t.Context(), compared)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := fmt.Sprintf("%d %d %d %d %v", d.Added, d.Removed, d.Changed, d.Same, d.Cells); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if diff := cmp.Diff(c.rows, differing(t, s, compared, 100)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestOnlyTheFirstDifferingRowsAreListed(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	c := comparison(ingested(t, store, "a.csv", "k\na\nb\n"), ingested(t, store, "b.csv", "k\nc\nd\ne\n"))
	if got := differing(t, s, c, 3); len(got) != 3 || got[2] != "added - 1 1 c" {
		t.Errorf("%q", got)
	}
}

func TestAKeyNamesEachRow(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	for _, c := range []struct {
		name, old, other string
		want             bool
	}{
		{"each once", "k,v\na,1\nb,1\n", "k,v\na,1\n", true},
		{"twice in the old", "k,v\na,1\na,2\n", "k,v\na,1\n", false},
		{"twice in the new", "k,v\na,1\nb,1\n", "k,v\na,1\na,1\n", false},
		{"empty", "k,v\na,1\n,1\n", "k,v\na,1\nb,1\n", false},
		{"does not fit, but is there", "k,v\n1,1\n2,1\n3,1\n约4,1\n", "k,v\n1,1\n约4,1\n5,1\n6,1\n", true},
	} {
		got, err := s.Names(t.Context(), comparison(ingested(t, store, "a.csv", c.old), ingested(t, store, "b.csv", c.other), "k"))
		if err != nil || got != c.want {
			t.Errorf("%s: %t, %v", c.name, got, err)
		}
	}
}

func TestAColumnIsRenamedOnlyIfThatIsCertain(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	for _, c := range []struct {
		name, old, other string
		key              []string
		want             bool
	}{
		{"every value in its row", "k,x\na,1\nb,2\n", "k,y\na,1\nb,2\n", nil, true},
		{"one value is another", "k,x\na,1\nb,2\n", "k,y\na,1\nb,3\n", nil, false},
		{"no values", "k,x\na,\nb,\n", "k,y\na,\nb,\n", nil, false},
		{"of more rows nothing is certain", "k,x\na,1\nb,2\n", "k,y\na,1\nb,2\nc,3\n", nil, false},
		{"but for a key", "k,x\na,1\nb,2\n", "k,y\nc,3\nb,2\na,1\n", []string{"k"}, true},
		{"no row is in both", "k,x\na,1\n", "k,y\nb,1\n", []string{"k"}, false},
		{"of another type", "k,x\na,1\nb,2\n", "k,y\na,1.0\nb,2.5\n", nil, false},
	} {
		old, other := ingested(t, store, "a.csv", c.old), ingested(t, store, "b.csv", c.other)
		got, err := s.Renamed(t.Context(), comparison(old, other, c.key...), Pair{old.Schema[1], other.Schema[1]})
		if err != nil || got != c.want {
			t.Errorf("%s: %t, %v", c.name, got, err)
		}
	}
}

// What was added and what was removed make the newer table of the older one,
// whatever they hold.
func TestDifferencesApplied(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	random := rand.New(rand.NewPCG(20261125, 1))
	for round := range 12 {
		table := func() (string, map[string]int) {
			text, rows := "k,v,w\n", map[string]int{}
			for range random.IntN(30) {
				row := fmt.Sprintf("%d,%s,%s", random.IntN(4), []string{"x", "y", "", "约1"}[random.IntN(4)], []string{"1.5", "2", "", "无"}[random.IntN(4)])
				text += row + "\n"
				rows[row]++
			}
			return text, rows
		}
		oldText, rows := table()
		newText, want := table()
		c := comparison(ingested(t, store, "a.csv", oldText), ingested(t, store, "b.csv", newText))
		d, err := s.Compare(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		kept := apply(t, s, c, rows)
		if diff := cmp.Diff(counted(want), counted(kept)); diff != "" {
			t.Errorf("round %d: %s\n%s\n%s", round, diff, oldText, newText)
		}
		var same int64
		oldRows := map[string]int{}
		for line := range strings.Lines(strings.TrimPrefix(oldText, "k,v,w\n")) {
			oldRows[canonical(strings.TrimSpace(line))]++
		}
		for row, n := range counted(want) {
			same += int64(min(n, oldRows[row]))
		}
		if d.Same != same {
			t.Errorf("round %d: %d rows stayed, want %d", round, d.Same, same)
		}
	}
}

// apply adds and removes what is listed.
func apply(t testing.TB, s *Service, c Comparison, rows map[string]int) map[string]int {
	t.Helper()
	out := counted(rows)
	for _, line := range differing(t, s, c, 1000) {
		cells := strings.Split(line, " ")
		n := 0
		fmt.Sscan(cells[3], &n)
		row := canonical(strings.Join(cells[4:], ","))
		if cells[0] == RowRemoved {
			n = -n
		}
		out[row] += n
	}
	maps.DeleteFunc(out, func(_ string, n int) bool { return n == 0 })
	return out
}

// counted is rows in the writing of differing.
func counted(rows map[string]int) map[string]int {
	out := map[string]int{}
	for row, n := range rows {
		out[canonical(row)] += n
	}
	return out
}

func canonical(row string) string {
	cells := strings.Split(row, ",")
	for i, cell := range cells {
		switch cell {
		case "":
			cells[i] = "-"
		case "2", "2.0":
			cells[i] = "2"
		}
	}
	return strings.Join(cells, ",")
}

package disclosure

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// leak is one block of leaks.txt.
type leak struct {
	name    string
	earlier []string
	query   string
	stopped []string
}

func leaks(t testing.TB) []leak {
	t.Helper()
	var out []leak
	for line := range strings.Lines(read(t, "testdata/leaks.txt")) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "", "#":
		case "leak":
			out = append(out, leak{name: rest})
		case "earlier":
			out[len(out)-1].earlier = append(out[len(out)-1].earlier, rest)
		case "query":
			out[len(out)-1].query = rest
		case "secret", "refused", "hidden", "absent":
			out[len(out)-1].stopped = append(out[len(out)-1].stopped, line)
		default:
			if !strings.HasPrefix(line, "#") {
				t.Fatalf("%q", line)
			}
		}
	}
	return out
}

func read(t testing.TB, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// release checks what was asked and keeps it as it would be.
func release(t testing.TB, text string, earlier []Release) (asked, Report, Release) {
	t.Helper()
	a := ask(t, text)
	r := Check(a.Table, policyFor(t, a), earlier, Budget{})
	return a, r, Record(fmt.Sprint("R-", len(earlier)+1), r)
}

// A runner that measures of each row the fewest subjects that any of its
// aggregates sees, and nothing of single cells, hides more; what it cannot see are
// differences between conditions of aggregates.
func TestLeaksAreStoppedByMeasuresOfRowsAlone(t *testing.T) {
	rough := func(a asked) Table {
		out := a.Table
		out.Subjects, out.Own = slices.Clone(out.Subjects), nil
		for i := range out.Subjects {
			for _, o := range a.Own[i] {
				out.Subjects[i] = min(out.Subjects[i], o.Subjects)
			}
		}
		return out
	}
	var through []string
	for _, l := range leaks(t) {
		var earlier []Release
		var before []map[int]bool
		for _, q := range l.earlier {
			a := ask(t, q)
			r := Check(rough(a), policyFor(t, a), earlier, Budget{})
			earlier, before = append(earlier, Record("R", r)), append(before, shownSets(a, r)...)
		}
		a := ask(t, l.query)
		r := Check(rough(a), policyFor(t, a), earlier, Budget{})
		for _, how := range l.stopped {
			if !stops(t, how, a, r, before) {
				through = append(through, l.name)
				break
			}
		}
	}
	want := []string{"a small difference between conditions"}
	if !slices.Equal(through, want) {
		t.Errorf("not stopped: %q, want %q", through, want)
	}
}

// got writes what a report says, for a test that fails.
func got(r Report) string {
	var b strings.Builder
	for _, l := range r.Lines {
		fmt.Fprintf(&b, "%s %s;", l.ID, l.Verdict)
		for _, f := range l.Findings {
			fmt.Fprintf(&b, " "+f.Sentence, f.Args...)
		}
		b.WriteByte('\n')
	}
	for _, row := range r.Cleared.Rows {
		for _, c := range row {
			if c.Hidden {
				b.WriteString("*\t")
			} else {
				fmt.Fprint(&b, c.Value, "\t")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (r Report) line(id ID) Line {
	for _, l := range r.Lines {
		if l.ID == id {
			return l
		}
	}
	return Line{}
}

// stops reports whether a report stops a leak as one line of it says.
func stops(t testing.TB, how string, a asked, r Report, shown []map[int]bool) bool {
	t.Helper()
	word, rest, _ := strings.Cut(how, " ")
	switch word {
	case "refused":
		return r.line(ID(rest)).Verdict == Refused
	case "absent":
		return r.Refused() || !strings.Contains(string(r.Cleared.CSV("*")), rest)
	case "hidden":
		if r.Refused() {
			return true
		}
		column, dimension, _ := strings.Cut(rest, " | ")
		found := false
		for j, h := range r.Cleared.Columns {
			if h.Name != column {
				continue
			}
			found = true
			for _, row := range r.Cleared.Rows {
				if row[0].Value == dimension && !row[j].Hidden {
					return false
				}
			}
		}
		if !found {
			t.Fatalf("no column %q", column)
		}
		return true
	case "secret":
		secret := map[int]bool{}
		for _, one := range world()["persons"] {
			if one.meetsAll(t, strings.Split(rest, ",")) {
				secret[one.subject] = true
			}
		}
		return r.Refused() || len(secret) == 0 || !derivable(secret, append(shown, shownSets(a, r)...))
	}
	t.Fatal(how)
	return false
}

func TestLeaksAreStopped(t *testing.T) {
	all, stopped, byRule := leaks(t), 0, map[ID]int{}
	for _, l := range all {
		var earlier []Release
		var shown []map[int]bool
		for _, q := range l.earlier {
			a, r, kept := release(t, q, earlier)
			if r.Refused() {
				t.Errorf("%s: what is to be released before is refused:\n%s", l.name, got(r))
			}
			earlier, shown = append(earlier, kept), append(shown, shownSets(a, r)...)
		}
		a, r, _ := release(t, l.query, earlier)
		ok := len(l.stopped) > 0
		for _, how := range l.stopped {
			if !stops(t, how, a, r, shown) {
				t.Errorf("%s: not stopped (%s):\n%s", l.name, how, got(r))
				ok = false
			}
		}
		if ok {
			stopped++
		}
		for _, line := range r.Lines {
			if line.ID != R11 && line.Verdict != Pass {
				byRule[line.ID]++
			}
		}
		// Each leak is one: without the rules it would tell.
		for _, how := range l.stopped {
			if open := (Report{Cleared: bare(a.Table)}); stops(t, how, a, open, shown) {
				t.Errorf("%s: %s holds without any rule: it is no leak", l.name, how)
			}
		}
	}
	t.Logf("leaks stopped: %d/%d; rules that said something: %v", stopped, len(all), byRule)
	if len(all) < 50 || stopped != len(all) {
		t.Errorf("%d of %d leaks are stopped", stopped, len(all))
	}
}

// bare is a table as it would leave without rules.
func bare(t Table) Cleared {
	var c Cleared
	for _, column := range t.Columns {
		c.Columns = append(c.Columns, Heading{column.Name, column.Type, column.Role})
	}
	for _, row := range t.Rows {
		var cells []Cell
		for _, v := range row {
			cells = append(cells, Cell{Value: v})
		}
		c.Rows = append(c.Rows, cells)
	}
	return c
}

func TestHonestResultsPass(t *testing.T) {
	passed, all, hidden, cells := 0, 0, 0, 0
	for line := range strings.Lines(read(t, "testdata/honest.txt")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		all++
		var earlier []Release
		before, now, ok := strings.Cut(line, "==>")
		if !ok {
			now = before
		} else {
			_, r, kept := release(t, before, nil)
			if r.Refused() {
				t.Errorf("%s: refused:\n%s", before, got(r))
			}
			earlier = append(earlier, kept)
		}
		_, r, _ := release(t, now, earlier)
		if r.Refused() {
			t.Logf("refused: %s\n%s", line, got(r))
			continue
		}
		passed++
		for _, row := range r.Cleared.Rows {
			for j, c := range row {
				if r.Cleared.Columns[j].Role != Dimension {
					cells++
				}
				if c.Hidden {
					hidden++
				}
			}
		}
	}
	t.Logf("honest passed or fixed: %d/%d; of their measured cells %d of %d are hidden (%.1f %%)", passed, all, hidden, cells, 100*float64(hidden)/float64(cells))
	if all < 100 || passed*100 < all*95 {
		t.Errorf("only %d of %d honest results pass", passed, all)
	}
	if hidden*100 > cells*15 {
		t.Errorf("%d of %d cells of honest results are hidden", hidden, cells)
	}
}

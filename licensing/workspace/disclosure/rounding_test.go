package disclosure

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
)

// shown is a column of what leaves, by the first dimension; hidden cells are "*".
func shown(t testing.TB, r Report, column string) map[string]string {
	t.Helper()
	if r.Refused() {
		t.Fatal(got(r))
	}
	out := map[string]string{}
	for j, h := range r.Cleared.Columns {
		if h.Name == column {
			for _, row := range r.Cleared.Rows {
				if out[write(row[0].Value)] = write(row[j].Value); row[j].Hidden {
					out[write(row[0].Value)] = "*"
				}
			}
		}
	}
	return out
}

func TestSharesAreThoseOfRoundedParts(t *testing.T) {
	_, r, _ := release(t, "persons | by edu | show count, count if age<60, rate 2/1", nil)
	all, part := shown(t, r, "count"), shown(t, r, "count_if_age<60")
	for edu, share := range shown(t, r, "rate_2/1") {
		var n, m, v float64
		fmt.Sscan(all[edu], &n)
		fmt.Sscan(part[edu], &m)
		fmt.Sscan(share, &v)
		if want := math.Round(m/n*10000) / 100; math.Abs(v-want) > 0.011 || math.Mod(n, 5) != 0 || math.Mod(m, 5) != 0 {
			t.Errorf("%s: %s of %s is %s, want %v", edu, part[edu], all[edu], share, want)
		}
	}
}

// A mean and a sum of the same values would tell the exact count.
func TestSumAndMeanDoNotTellTheCount(t *testing.T) {
	a, r, _ := release(t, "persons | by edu, sex | show sum income, avg income", nil)
	for i, row := range r.Cleared.Rows {
		sum, okSum := number(row[2].Value)
		mean, okMean := number(row[3].Value)
		if !okSum || !okMean {
			t.Fatal(got(r))
		}
		if n := sum / mean; math.Abs(n-float64(sorted(a.Table).Subjects[i])) < 0.01 && sorted(a.Table).Subjects[i]%5 != 0 {
			t.Errorf("row %d: the count is %v", i, n)
		}
		if n := significant(mean); n > 3 {
			t.Errorf("row %d: a mean of %d digits", i, n)
		}
	}
}

func TestWhatIsWorkedOutFromHiddenPartsIsHidden(t *testing.T) {
	_, r, _ := release(t, "persons | by district | show count, sum income, rate 2/1", nil)
	if got := shown(t, r, "rate_2/1"); got["平岛"] != "" || got["东城"] == "*" {
		t.Error(got)
	}
}

// The order of a result would tell which of two equal figures was larger.
func TestRowsAreInTheOrderOfTheirDimensions(t *testing.T) {
	a := ask(t, "persons | by edu | show count")
	for i, row := range a.Rows { // as ORDER BY would have it
		row[0] = fmt.Sprint(9-i, row[0])
	}
	r := Check(a.Table, policyFor(t, a), nil, Budget{})
	var order []string
	for _, row := range r.Cleared.Rows {
		order = append(order, row[0].Value.(string)[:1])
	}
	if diff := cmp.Diff([]string{"6", "7", "8", "9"}, order); diff != "" {
		t.Error(diff)
	}
}

func TestABudgetIsHeld(t *testing.T) {
	a := ask(t, "persons | by edu | show count")
	p := policyFor(t, a)
	for _, c := range []struct {
		b    Budget
		want Verdict
	}{{Budget{}, Pass}, {Budget{Releases: p.Releases - 1, Cells: p.Cells - 8}, Pass}, {Budget{Releases: p.Releases}, Refused}, {Budget{Cells: p.Cells - 7}, Refused}} {
		if r := Check(a.Table, p, nil, c.b); r.line(R6).Verdict != c.want {
			t.Errorf("%+v: %s", c.b, got(r))
		}
	}
	small := p
	small.Rows = 3
	if r := Check(a.Table, small, nil, Budget{}); r.line(R6).Verdict != Refused || len(r.Cleared.Rows) > 0 || r.line(R1).Verdict != People {
		t.Error(got(r))
	}
}

// What was not measured is refused, not taken for nobody.
func TestWhatIsNotMeasuredIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Table){
		"subjects": func(t *Table) { t.Subjects = nil },
		"sketches": func(t *Table) { t.Sketches = t.Sketches[1:] },
		"a sketch": func(t *Table) { t.Sketches[1] = nil },
		"no kinds": func(t *Table) { t.Sketches = make([][]Kind, len(t.Rows)) },
		"a kind":   func(t *Table) { t.Sketches[1][0].Name = "other" },
		"weights":  func(t *Table) { t.Weights[0] = nil },
		"own":      func(t *Table) { t.Own = t.Own[1:] },
		"column":   func(t *Table) { t.Own[0] = []Own{{Column: 9}} },
		"role":     func(t *Table) { t.Columns[1].Role = "" },
		"row":      func(t *Table) { t.Rows[0] = t.Rows[0][:1] },
		"value":    func(t *Table) { t.Rows[0][0] = []byte("x") },
	} {
		a := ask(t, "persons | by edu | show count")
		p := policyFor(t, a)
		spoil(&a.Table)
		if r := Check(a.Table, p, nil, Budget{}); r.line(R1).Verdict != Refused || len(r.Cleared.Rows) > 0 {
			t.Errorf("%s: %s", name, got(r))
		}
	}
}

// A result of public tables alone is about nobody: nothing is hidden or rounded.
func TestAResultAboutNobodyLeavesAsItIs(t *testing.T) {
	a := ask(t, "persons | by district | show count, sum income, max income")
	p := policyFor(t, a)
	for i := range a.Subjects {
		a.Subjects[i], a.Sketches[i], a.Weights[i] = Nobody, []Kind{{Name: "person"}}, make([]Mass, len(a.Columns))
	}
	r := Check(a.Table, p, nil, Budget{})
	if r.Refused() || strings.Contains(string(r.Cleared.CSV("*")), "*") || Record("x", r).Size() != 0 || shown(t, r, "count")["平岛"] != "3" || r.line(R11).Verdict != People {
		t.Error(got(r))
	}
	a.Subjects[0] = 3 // one row about somebody
	if r := Check(a.Table, p, nil, Budget{}); r.line(R1).Verdict == Pass {
		t.Error(got(r))
	}
}

// The strictest source decides, and what nobody has said counts as personal.
func TestTheStrictestSourceDecides(t *testing.T) {
	a := ask(t, "persons | by edu | show count, avg sick")
	if p := policyFor(t, a); p.Subjects != 30 || !p.Sensitive[Origin{"persons", "sick"}] || p.Sensitive[Origin{"persons", "edu"}] || p.Level != "sensitive" {
		t.Errorf("%+v", p)
	}
	p, err := PolicyOf(book(t), map[Origin]datasets.Sensitivity{{"t", "x"}: ""}, today)
	if err != nil || p.Subjects != 10 || p.Level != "personal" {
		t.Errorf("%+v %v", p, err)
	}
}

// Findings are for the developer: they name no group that is hidden, and fit
// their arguments.
func TestFindingsTellNothingThatIsHidden(t *testing.T) {
	said := 0
	for _, l := range leaks(t) {
		_, r, _ := release(t, l.query, nil)
		for _, line := range r.Lines {
			for _, f := range line.Findings {
				said++
				s := fmt.Sprintf(f.Sentence, f.Args...)
				if strings.Contains(s, "%!") || strings.Contains(strings.ReplaceAll(s, f.Column, ""), "平岛") || strings.Contains(s, "罕见病") || len(f.Rows) > listed {
					t.Errorf("%s: %s %v", l.name, s, f.Rows)
				}
			}
		}
	}
	if said < 150 {
		t.Errorf("only %d findings", said)
	}
}

func TestEveryReportHasEveryRule(t *testing.T) {
	a, r, _ := release(t, "persons | by edu | show count", nil)
	var ids []ID
	for _, l := range r.Lines {
		ids = append(ids, l.ID)
		if l.Version < 1 || l.Name == "" {
			t.Errorf("%+v", l)
		}
	}
	if diff := cmp.Diff([]ID{R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11}, ids); diff != "" {
		t.Error(diff)
	}
	if l := r.line(R11); l.Verdict != People {
		t.Errorf("%+v", l)
	}
	for _, x := range r.line(R1).Parameters {
		if x.Path == subjectsPath && x.Value != policyFor(t, a).Subjects {
			t.Errorf("%+v", x)
		}
	}
}

func TestAReleaseIsKeptWhole(t *testing.T) {
	_, r, kept := release(t, "persons | by district, sex | show count, count if age<60 | totals sex", nil)
	b, err := kept.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var back Release
	if err := back.UnmarshalBinary(b); err != nil || back.Size() != kept.Size() || back.plain != kept.plain || back.ID != kept.ID {
		t.Fatal(err, back.Size(), kept.Size())
	}
	for k := range kept.cells {
		if !reflect.DeepEqual(back.cells[k].parts, kept.cells[k].parts) || back.cells[k].weighed != kept.cells[k].weighed || back.cells[k].mass != kept.cells[k].mass {
			t.Errorf("cell %d", k)
		}
	}
	t.Logf("%d cells and sums are %d bytes", kept.Size(), len(b))
	for _, bad := range [][]byte{nil, {9}, b[:len(b)-1], append(b, 0)} {
		if err := back.UnmarshalBinary(bad); err == nil {
			t.Error("read", len(bad))
		}
	}
	if refused := Record("x", Report{Lines: []Line{{Verdict: Refused}}, kept: r.kept}); refused.Size() != 0 {
		t.Error("what was refused is remembered as released")
	}
}

func TestDiffFindsWhatChanged(t *testing.T) {
	_, before, _ := release(t, "persons | where district!=湖区 | by district | show count, avg income", nil)
	_, now, _ := release(t, "persons | where district!=港区, age<80 | by district | show count, median income", nil)
	d := Diff(before.Cleared, now.Cleared)
	var old, added []string
	for _, row := range d.OldRows {
		old = append(old, write(row[0].Value))
	}
	for _, row := range d.NewRows {
		added = append(added, write(row[0].Value))
	}
	if diff := cmp.Diff([][]string{{"港区"}, {"湖区"}, {"median_income"}, {"avg_income"}}, [][]string{old, added, d.NewColumns, d.OldColumns}); diff != "" {
		t.Error(diff)
	}
	seen := map[string]bool{}
	for _, c := range d.Cells {
		seen[write(c.Row[0].Value)] = true
		if c.Column != "count" || c.Before == c.Now {
			t.Errorf("%+v", c)
		}
	}
	if len(seen) < 5 || !Diff(now.Cleared, now.Cleared).None() {
		t.Errorf("%v", seen)
	}
}

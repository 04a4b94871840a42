package disclosure

import "testing"

// What is worked out of a sum is a sum.
func TestDominanceIsSeenInWhatIsWorkedOut(t *testing.T) {
	a := ask(t, "companies | by sector | show sum turnover as exact, sum turnover, subjects")
	a.Columns[1].Role = Derived // sum(turnover) + 0 * count(*)
	p := policyFor(t, a)
	w := newWork(a.Table, p)
	w.dominated()
	n := 0
	for i := range w.t.Rows {
		if (w.hide[i][1] == R4) != (w.hide[i][2] == R4) {
			t.Errorf("%v: %v", w.t.Rows[i], w.hide[i])
		}
		if w.hide[i][1] == R4 {
			n++
		}
	}
	if n == 0 {
		t.Error("no row is dominated")
	}
	for i := range a.Weights {
		a.Weights[i][1] = Mass{} // of counts alone
	}
	w = newWork(a.Table, p)
	w.dominated()
	if w.lines[R4].Verdict == People {
		t.Error("a share of counts is for people")
	}
}

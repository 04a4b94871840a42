package disclosure

import (
	"math"
	"slices"
	"strings"

	"shuyuan/datasets/quality"
)

// single are the aggregates that give back the value of one subject.
var single = []string{"min", "max", "first", "last", "any_value", "arbitrary", "arg_min", "arg_max", "min_by", "max_by", "mode", "list", "array_agg", "string_agg", "group_concat"}

// small hides what rests on too few subjects (R1).
func (w *work) small() {
	least, rows, cells := int64(w.p.Subjects), 0, make([]int, len(w.t.Columns))
	for i := range w.t.Rows {
		if w.t.Subjects[i] < least {
			w.hideRow(i, R1)
			rows++
			continue
		}
		for _, j := range w.measures {
			if w.few(i, j) {
				for _, k := range w.tellers(i, j) {
					if w.hideCell(i, k, R1) {
						cells[k]++
					}
				}
			}
		}
	}
	for _, j := range w.measures {
		c := w.t.Columns[j]
		if c.Role != Derived && slices.Contains(single, strings.ToLower(c.Reason)) {
			for i := range w.t.Rows {
				w.hideCell(i, j, R1)
			}
			w.say(R1, Fixed, Finding{Sentence: saySingle, Args: []any{c.Name}, Column: c.Name})
		}
	}
	w.leaveOut()
	if n := len(w.t.Rows); n > 0 && rows*100 > n*w.p.Hidden {
		w.say(R1, Refused, Finding{Sentence: sayTooFine, Args: []any{w.p.Hidden, w.p.Subjects}})
	}
	if rows > 0 {
		w.say(R1, Fixed, Finding{Sentence: saySmallRows, Args: []any{rows, w.p.Subjects}, Rows: w.hiddenRows(R1)})
	}
	for j, n := range cells {
		if c := w.t.Columns[j]; n > 0 {
			w.say(R1, Fixed, Finding{Sentence: saySmallCells, Args: []any{c.Name, n, w.p.Subjects}, Column: c.Name})
		}
	}
}

// tellers are the columns to hide in row i where column j is of too few: where so
// few have a value, the other magnitudes made of the same columns tell it, too.
func (w *work) tellers(i, j int) []int {
	if m := w.t.Weights[i][j]; m.Counted && m.Seen < int64(w.p.Subjects) {
		return w.sameValues(j)
	}
	return []int{j}
}

// few reports whether a cell of a row that is large enough rests on too few
// subjects itself: as measured, or as it says. It does, too, where too few are
// left of the row beside it and some column shows the row.
func (w *work) few(i, j int) bool {
	least := int64(w.p.Subjects)
	for _, o := range w.all[i][j] {
		if o.Branch && o.Subjects == 0 {
			continue
		}
		if o.Subjects < least || w.rowIsShown(i) && w.t.Subjects[i]-o.Subjects > 0 && w.t.Subjects[i]-o.Subjects < least {
			return true
		}
	}
	if m := w.t.Weights[i][j]; m.Counted && m.Seen < least || m.Rarest > 0 && m.Rarest < least {
		return true
	}
	if !w.numeric[i][j] {
		return false
	}
	if b := w.t.Columns[j].Beyond; b > 0 && b*float64(w.seen(i, j)) < float64(least) {
		return true // it is the value of one of the few at an end
	}
	v := w.numbers[i][j]
	switch {
	case w.units[j] > 0:
		return math.Abs(v)/w.units[j] < float64(least)
	case w.shares[j]:
		n := float64(w.seen(i, j))
		return v*n < float64(least)-0.5 || (1-v)*n < float64(least)-0.5
	}
	return false
}

// seen is how many subjects a cell without a condition of its own is of.
func (w *work) seen(i, j int) int64 {
	if m := w.t.Weights[i][j]; m.Counted {
		return min(m.Seen, w.t.Subjects[i])
	}
	return w.t.Subjects[i]
}

// rowIsShown reports whether some count of the row has no condition of its own.
func (w *work) rowIsShown(i int) bool {
	return slices.ContainsFunc(w.measures, func(j int) bool {
		_, own := w.own[i][j]
		return w.units[j] > 0 && !own
	})
}

// unit is what one subject adds to a column that counts; 0 if it does not count.
// A sum to which every subject adds the same is a count by another name.
func (w *work) unit(j int) float64 {
	c := w.t.Columns[j]
	if c.Role == Count {
		return 1
	}
	if c.Role != Magnitude {
		return 0
	}
	unit, seen := 0.0, false
	for i := range w.t.Rows {
		m := w.t.Weights[i][j]
		if !w.numeric[i][j] || m.Known && m.Largest == 0 {
			continue
		}
		if !m.Known || unit != 0 && m.Largest != unit || m.Second != 0 && m.Second != m.Largest || math.Abs(math.Abs(w.numbers[i][j])-m.Total) > 1e-9*m.Total {
			return 0
		}
		if parts := m.Total / m.Largest; math.Abs(parts-math.Round(parts)) > 1e-9*parts {
			return 0
		}
		unit, seen = m.Largest, true
	}
	if !seen {
		return 0
	}
	return unit
}

// share reports whether a column is the mean of values that are zero or one.
func (w *work) share(j int) bool {
	c := w.t.Columns[j]
	if c.Role != Magnitude || !mean(c) {
		return false
	}
	seen := false
	for i := range w.t.Rows {
		if !w.numeric[i][j] {
			continue
		}
		m := w.t.Weights[i][j]
		if v := w.numbers[i][j]; !m.Known || m.Largest > 1 || m.Largest != math.Trunc(m.Largest) || m.Second != math.Trunc(m.Second) || v < 0 || v > 1 {
			return false
		}
		seen = true
	}
	return seen
}

func mean(c Column) bool {
	return slices.Contains([]string{"avg", "mean", "favg"}, strings.ToLower(c.Reason))
}

// leaveOut takes rows out altogether whose being there tells something although
// nothing measured is shown: of too few subjects, since whoever knows that one of
// them can be in the row learns its traits, or of a sensitive class.
func (w *work) leaveOut() {
	sensitive := slices.ContainsFunc(w.dims, w.sensitive)
	var traits []quality.Column
	for _, j := range w.dims {
		traits = append(traits, quality.Column{Name: w.t.Columns[j].Name, Label: origins(w.t.Columns[j])})
	}
	_, people := quality.CellsOf(traits)
	unique := 0
	for i := range w.t.Rows {
		alone := people && w.t.Subjects[i] <= 1
		if !w.drop[i] && w.gone(i) && (sensitive || w.t.Subjects[i] < int64(w.p.Subjects)) {
			w.drop[i] = true
			if alone {
				unique++
			}
		}
	}
	if unique > 0 {
		w.say(R10, Fixed, Finding{Sentence: sayUnique, Args: []any{unique}})
	}
}

// sensitive reports whether a column is made of one of which no class may be
// disclosed.
func (w *work) sensitive(j int) bool {
	return slices.ContainsFunc(w.t.Columns[j].From, func(o Origin) bool { return w.p.Sensitive[o] })
}

// origins are the names of the columns that one is made of.
func origins(c Column) string {
	var out []string
	for _, o := range c.From {
		out = append(out, o.Column)
	}
	return strings.Join(out, " ")
}

// hiddenRows are the first rows of Cleared that were hidden for one reason.
func (w *work) hiddenRows(id ID) []int {
	var out []int
	at := 0
	for i := range w.t.Rows {
		if w.drop[i] {
			continue
		}
		at++
		if len(out) < listed && slices.Contains(w.hide[i], id) {
			out = append(out, at)
		}
	}
	return out
}

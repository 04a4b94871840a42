package disclosure

import (
	"cmp"
	"slices"
	"strings"
)

// listed is how many rows a finding lists.
const listed = 20

// work is a result while it is checked.
type work struct {
	p    Policy
	t    Table // in order of its dimensions
	hide [][]ID
	drop []bool
	own  []map[int]Own // of each row, by column: that of the fewest
	all  []map[int][]Own

	dims, measures []int     // columns
	units          []float64 // of each column: what one subject counts in it; 0 for what is no count
	shares         []bool    // of each column: the mean of zeros and ones
	numbers        [][]float64
	numeric        [][]bool
	relations      []relation
	totals         []bool // rows that are the sum of others

	grouped  []group  // what groups found
	hiding   int      // how often something was hidden
	behind   []behind // what behindShown found, when so much was hidden
	behindAt int

	lines map[ID]*Line
	out   [][]any // what leaves, after rounding
}

func newWork(t Table, p Policy) *work {
	w := &work{p: p, t: sorted(t), lines: map[ID]*Line{}, behindAt: -1}
	for _, r := range Rules() {
		w.lines[r.ID] = &Line{ID: r.ID, Version: r.Version, Name: r.Name, Parameters: p.parameters(r), Verdict: Pass}
	}
	n := len(t.Rows)
	w.hide, w.drop, w.totals = make([][]ID, n), make([]bool, n), make([]bool, n)
	w.numbers, w.numeric, w.own = make([][]float64, n), make([][]bool, n), make([]map[int]Own, n)
	w.all = make([]map[int][]Own, n)
	for j, c := range t.Columns {
		if c.Role == Dimension {
			w.dims = append(w.dims, j)
		} else {
			w.measures = append(w.measures, j)
		}
	}
	for i, row := range w.t.Rows {
		w.hide[i], w.numbers[i], w.numeric[i] = make([]ID, len(row)), make([]float64, len(row)), make([]bool, len(row))
		for j, v := range row {
			w.numbers[i][j], w.numeric[i][j] = number(v)
		}
		if len(w.t.Own) > 0 && len(w.t.Own[i]) > 0 {
			w.own[i], w.all[i] = map[int]Own{}, map[int][]Own{}
			for _, o := range w.t.Own[i] {
				w.all[i][o.Column] = append(w.all[i][o.Column], o)
				if was, some := w.own[i][o.Column]; !some || was.Subjects == 0 || o.Subjects > 0 && o.Subjects < was.Subjects {
					w.own[i][o.Column] = o
				}
			}
		}
	}
	w.units, w.shares = make([]float64, len(t.Columns)), make([]bool, len(t.Columns))
	for j := range t.Columns {
		w.units[j] = w.unit(j)
		w.shares[j] = w.units[j] == 0 && w.share(j)
	}
	return w
}

// say adds a finding; the verdict becomes v unless it is graver already.
func (w *work) say(id ID, v Verdict, f Finding) {
	l := w.lines[id]
	if v.grave() > l.Verdict.grave() {
		l.Verdict = v
	}
	l.Findings = append(l.Findings, f)
}

func (w *work) refused() bool {
	for _, l := range w.lines {
		if l.Verdict == Refused {
			return true
		}
	}
	return false
}

func (w *work) hidden(i, j int) bool { return w.drop[i] || w.hide[i][j] != "" }

// hideCell hides one measured cell for the first reason that there is.
func (w *work) hideCell(i, j int, id ID) bool {
	if w.hide[i][j] != "" || w.t.Columns[j].Role == Dimension {
		return false
	}
	w.hide[i][j] = id
	w.hiding++
	return true
}

// hideRow hides all that was measured of a row; a row of nothing but dimensions
// goes altogether.
func (w *work) hideRow(i int, id ID) bool {
	if len(w.measures) == 0 {
		was := w.drop[i]
		w.drop[i] = true
		w.hiding++
		return !was
	}
	any := false
	for _, j := range w.measures {
		any = w.hideCell(i, j, id) || any
	}
	return any
}

// gone reports whether nothing measured of a row is left.
func (w *work) gone(i int) bool {
	if w.drop[i] {
		return true
	}
	if len(w.measures) == 0 {
		return false
	}
	return !slices.ContainsFunc(w.measures, func(j int) bool { return w.hide[i][j] == "" })
}

// shown are the rows of which something measured is left.
func (w *work) shown() []int {
	var out []int
	for i := range w.t.Rows {
		if !w.gone(i) {
			out = append(out, i)
		}
	}
	return out
}

// totalWords are what a total is called.
var totalWords = []string{"合计", "总计", "小计", "全部", "总数", "全市", "全省", "total", "all", "sum", "subtotal"}

// whole reports whether a dimension's value stands for all values.
func whole(v any) bool {
	if v == nil {
		return true
	}
	s, ok := v.(string)
	return ok && slices.Contains(totalWords, strings.ToLower(strings.TrimSpace(s)))
}

// sorted is a copy of t in the order of its dimensions, and of everything else
// where those are the same, so that the order of the rows decides nothing.
func sorted(t Table) Table {
	order := make([]int, len(t.Rows))
	for i := range order {
		order[i] = i
	}
	var columns []int
	for _, dimension := range []bool{true, false} {
		for j, c := range t.Columns {
			if (c.Role == Dimension) == dimension {
				columns = append(columns, j)
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		for _, j := range columns {
			if d := compare(t.Rows[a][j], t.Rows[b][j]); d != 0 {
				return d
			}
		}
		if d := cmp.Compare(t.Subjects[a], t.Subjects[b]); d != 0 {
			return d
		}
		return slices.CompareFunc(t.Sketches[a], t.Sketches[b], func(x, y Kind) int { return slices.Compare(x.Sketch[:], y.Sketch[:]) })
	})
	out := Table{Columns: t.Columns}
	for _, i := range order {
		out.Rows = append(out.Rows, t.Rows[i])
		out.Subjects = append(out.Subjects, t.Subjects[i])
		out.Weights = append(out.Weights, t.Weights[i])
		out.Sketches = append(out.Sketches, t.Sketches[i])
		if len(t.Own) > 0 {
			out.Own = append(out.Own, t.Own[i])
		}
	}
	return out
}

// compare orders cells: empty ones, then by kind, then by value.
func compare(a, b any) int {
	kind := func(v any) int {
		switch v.(type) {
		case nil:
			return 0
		case bool:
			return 1
		case int64, float64:
			return 2
		}
		return 3
	}
	if d := cmp.Compare(kind(a), kind(b)); d != 0 {
		return d
	}
	switch a := a.(type) {
	case bool:
		if a == b.(bool) {
			return 0
		} else if a {
			return 1
		}
		return -1
	case int64, float64:
		x, _ := number(a)
		y, _ := number(b)
		return cmp.Compare(x, y)
	case string:
		return cmp.Compare(a, b.(string))
	}
	return 0
}

// measured reports whether everything was measured and every cell is of a kind
// that the checks know.
func (t Table) measured() bool {
	n := len(t.Rows)
	if len(t.Columns) == 0 || len(t.Subjects) != n || len(t.Weights) != n || len(t.Sketches) != n || len(t.Own) != 0 && len(t.Own) != n {
		return false
	}
	if !t.aboutNobody() && n > 0 && len(t.Sketches[0]) == 0 {
		return false
	}
	for _, c := range t.Columns {
		if !slices.Contains([]Role{Dimension, Count, Magnitude, Derived}, c.Role) {
			return false
		}
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) || len(t.Weights[i]) != len(t.Columns) || t.Subjects[i] < 0 || !t.ofKinds(t.Sketches[i]) {
			return false
		}
		for _, v := range row {
			switch v.(type) {
			case nil, string, int64, float64, bool:
			default:
				return false
			}
		}
	}
	for i := range t.Own {
		for _, o := range t.Own[i] {
			if o.Column < 0 || o.Column >= len(t.Columns) || o.Subjects < 0 || !t.ofKinds(o.Sketches) {
				return false
			}
		}
	}
	return true
}

// ofKinds reports whether sketches are of the kinds that the first row has.
func (t Table) ofKinds(of []Kind) bool {
	return slices.EqualFunc(of, t.Sketches[0], func(a, b Kind) bool { return a.Name == b.Name })
}

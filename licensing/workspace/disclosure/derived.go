package disclosure

import (
	"math"
	"strconv"
	"strings"
)

// formula is how a column is worked out from two others, or from one.
type formula struct {
	a, b  int // columns; b is -1 where there is none
	scale float64
	of    func(a, b float64) float64
}

var (
	ratio      = func(a, b float64) float64 { return a / b }
	growth     = func(a, b float64) float64 { return (a - b) / b }
	scaled     = func(a, _ float64) float64 { return a }
	part       = func(a, b float64) float64 { return a / (a + b) }
	difference = func(a, b float64) float64 { return a - b }
	sum        = func(a, b float64) float64 { return a + b }
)

// derive works a column out anew from what its parts have become, and hides it
// where a part is hidden or where it cannot be told what the parts are: the exact
// value would tell what rounding hides.
func (w *work) derive(j int) {
	name := w.t.Columns[j].Name
	if w.constant(j) {
		return
	}
	f, ok := w.formula(j)
	if !ok {
		for i := range w.t.Rows {
			w.hideCell(i, j, R2)
		}
		w.say(R2, Fixed, Finding{Sentence: sayUnknownDerived, Args: []any{name}, Column: name})
		return
	}
	decimals, total := w.decimals(j), 0.0
	if f.b < 0 {
		for i := range w.t.Rows {
			if v, ok := number(w.out[i][f.a]); ok && !w.hidden(i, f.a) && !w.totals[i] {
				total += v
			}
		}
	}
	for i := range w.t.Rows {
		if w.hidden(i, j) || w.out[i][j] == nil {
			continue
		}
		a, okA := number(w.out[i][f.a])
		b, okB := total, true
		gone := w.hidden(i, f.a)
		if f.b >= 0 {
			b, okB = number(w.out[i][f.b])
			gone = gone || w.hidden(i, f.b)
		}
		v := f.scale * f.of(a, b)
		if gone || !okA || !okB || math.IsNaN(v) || math.IsInf(v, 0) {
			w.hideCell(i, j, R2)
			continue
		}
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'f', min(decimals, 6), 64), 64)
		w.out[i][j] = same(w.t.Rows[i][j], precise(v, w.p.Digits))
	}
	w.say(R2, Fixed, Finding{Sentence: sayDerived, Args: []any{name}, Column: name})
}

// constant reports whether a column is made of no data: the same everywhere.
func (w *work) constant(j int) bool {
	if len(w.t.Columns[j].From) > 0 || w.t.Columns[j].Reason != "" {
		return false
	}
	for _, row := range w.t.Rows {
		if row[j] != w.t.Rows[0][j] {
			return false
		}
	}
	return len(w.t.Rows) > 1
}

// decimals is how many places after the point the values of a column have.
func (w *work) decimals(j int) int {
	most := 0
	for i := range w.t.Rows {
		if v, ok := w.t.Rows[i][j].(float64); ok && w.numeric[i][j] {
			_, after, _ := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), ".")
			most = max(most, len(after))
		}
	}
	return most
}

// formula finds how column j is worked out: the first formula that is right for
// every row.
func (w *work) formula(j int) (formula, bool) {
	var parts []int
	for _, k := range w.measures {
		if c := w.t.Columns[k]; c.Role == Count || c.Role == Magnitude {
			parts = append(parts, k)
		}
	}
	tolerance := 0.0
	if d := w.decimals(j); d < 12 {
		tolerance = 0.5000001 * math.Pow10(-d)
	}
	for _, scale := range []float64{1, 100, 1000, 10000, 1e6, 1e8, 0.1, 0.01, 1e-3, 1e-4, 1e-6, 1e-8, -1} {
		for _, a := range parts { // the same in another unit
			if f := (formula{a, a, scale, scaled}); w.fits(j, f, tolerance) {
				return f, true
			}
		}
	}
	for _, scale := range []float64{1, 100, 1000, 10000, 100000} {
		for _, a := range parts {
			if f := (formula{a, -1, scale, ratio}); w.fits(j, f, tolerance) {
				return f, true
			}
			for _, b := range parts {
				for k, of := range []func(a, b float64) float64{ratio, growth, part, difference, sum} {
					if k > 2 && scale > 1 {
						continue
					}
					if f := (formula{a, b, scale, of}); a != b && w.fits(j, f, tolerance) {
						return f, true
					}
				}
			}
		}
	}
	return formula{}, false
}

// fits reports whether a formula gives column j, as exactly as it is written.
func (w *work) fits(j int, f formula, tolerance float64) bool {
	total, n := 0.0, 0
	if f.b < 0 {
		for i := range w.t.Rows {
			if !w.totals[i] && w.numeric[i][f.a] {
				total += w.numbers[i][f.a]
			}
		}
	}
	for i := range w.t.Rows {
		if !w.numeric[i][j] {
			continue
		}
		b := total
		if f.b >= 0 {
			b = w.numbers[i][f.b]
		}
		v := f.scale * f.of(w.numbers[i][f.a], b)
		if !(math.Abs(v-w.numbers[i][j]) <= tolerance+1e-9*math.Abs(v)) {
			return false
		}
		n++
	}
	return n > 0
}

package disclosure

import "math"

// dominated hides magnitudes that one or two subjects make up (R4): the largest
// contribution, the two largest, and how closely the second could tell the first.
// Of what is worked out from several, the magnitude counts that has the most of one
// subject: sum(x) + 0 * count(*) is a sum. So is a count of rows that a join made as
// many as a value says, and whoever measures it gives its mass.
func (w *work) dominated() {
	for _, j := range w.measures {
		c := w.t.Columns[j]
		if c.Role == Dimension || c.Role == Magnitude && w.units[j] > 0 || w.shares[j] {
			continue
		}
		hidden, unknown := 0, 0
		for i := range w.t.Rows {
			if w.hidden(i, j) || !w.numeric[i][j] {
				continue
			}
			m := w.t.Weights[i][j]
			if c.Role != Magnitude && !m.Known {
				continue // a count, or of counts alone: it is worked out anew, or hidden
			}
			if !m.Known || math.IsNaN(m.Total+m.Largest+m.Second) {
				unknown++
				continue
			}
			if w.dominates(m) {
				for _, k := range w.sameValues(j) {
					w.hideCell(i, k, R4)
				}
				hidden++
			}
		}
		if hidden > 0 {
			w.say(R4, Fixed, Finding{Sentence: sayDominated, Args: []any{c.Name, hidden, w.p.Largest, w.p.Two, w.p.Prior}, Column: c.Name, Rows: w.hiddenRows(R4)})
		}
		if unknown > 0 {
			w.say(R4, People, Finding{Sentence: sayUnweighed, Args: []any{c.Name}, Column: c.Name})
		}
	}
}

func (w *work) dominates(m Mass) bool {
	if m.Total <= 0 {
		return false
	}
	rest := m.Total - m.Largest - m.Second
	return m.Largest*100 > float64(w.p.Largest)*m.Total ||
		(m.Largest+m.Second)*100 > float64(w.p.Two)*m.Total ||
		rest*100 < float64(w.p.Prior)*m.Largest
}

// sameValues are j and, of a magnitude, the other magnitudes that are made of the
// same columns: a mean and a count tell the sum.
func (w *work) sameValues(j int) []int {
	if w.t.Columns[j].Role != Magnitude {
		return []int{j}
	}
	var out []int
	for _, k := range w.measures {
		if k == j || w.t.Columns[k].Role == Magnitude && shareOrigin(w.t.Columns[j], w.t.Columns[k]) {
			out = append(out, k)
		}
	}
	return out
}

func shareOrigin(a, b Column) bool {
	for _, x := range a.From {
		for _, y := range b.From {
			if x == y {
				return true
			}
		}
	}
	return false
}

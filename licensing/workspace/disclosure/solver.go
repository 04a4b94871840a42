package disclosure

import "math"

// narrow are the hidden cells of a tangle of which the shown ones tell too much:
// the interval in which the value can lie is narrower than the cell needs.
func (w *work) narrow(t tangle) []int {
	index := make(map[int]int, len(t.cells))
	for k, c := range t.cells {
		index[c] = k
	}
	values, needs := make([]float64, len(t.cells)), make([]float64, len(t.cells))
	anyNeed := false
	for k, c := range t.cells {
		values[k], needs[k] = math.Abs(w.value(c)), w.need(c)
		anyNeed = anyNeed || needs[k] > 0
	}
	if !anyNeed {
		return nil
	}
	var rows [][]float64
	for _, k := range t.relations {
		row := make([]float64, len(t.cells))
		for x, c := range w.relations[k].cells {
			if at, ok := index[c]; ok {
				row[at] += w.relations[k].signs[x]
			}
		}
		rows = append(rows, row)
	}
	widths := intervals(rows, values, needs)
	var out []int
	for k, c := range t.cells {
		if needs[k] > 0 && widths[k] < needs[k] {
			out = append(out, c)
		}
	}
	return out
}

// intervals are, for each of some values of which only the sums rows·x are known
// and that none is negative, how wide the interval is in which it can lie; it is
// not looked for further than need. What it says of a value is never wider than
// the truth: every end of an interval is one that was reached.
func intervals(rows [][]float64, values, needs []float64) []float64 {
	widths := make([]float64, len(values))
	if len(rows) == 1 {
		same := 0.0
		for k, v := range values {
			if rows[0][k] > 0 {
				same += v
			}
		}
		other := 0.0
		positive, negative := 0, 0
		for k, v := range values {
			switch {
			case rows[0][k] > 0:
				positive++
			case rows[0][k] < 0:
				negative++
				other += v
			}
		}
		for k := range values {
			switch {
			case positive > 0 && negative > 0:
				widths[k] = math.Inf(1)
			case positive > 1:
				widths[k] = same
			case negative > 1:
				widths[k] = other
			}
		}
		return widths
	}
	s := newSimplex(rows, values)
	for k, need := range needs {
		if need <= 0 {
			continue
		}
		if s.high[k]-s.low[k] < need {
			s.push(k, 1)
		}
		if s.high[k]-s.low[k] < need {
			s.push(k, -1)
		}
		widths[k] = s.high[k] - s.low[k]
	}
	return widths
}

// simplex walks the corners of {x ≥ 0, A·x = b} and keeps how low and how high
// each value was seen.
type simplex struct {
	n         int
	table     [][]float64 // each row: n coefficients and the right side
	basis     []int
	low, high []float64
}

const (
	tiny     = 1e-9
	mostStep = 5000
)

// newSimplex finds a first corner. values are a point of the set.
func newSimplex(rows [][]float64, values []float64) *simplex {
	n := len(values)
	s := &simplex{n: n, low: make([]float64, n), high: make([]float64, n)}
	copy(s.low, values)
	copy(s.high, values)
	scale := 1.0
	for _, v := range values {
		scale = max(scale, v)
	}
	m := len(rows)
	for i, row := range rows { // scaled to 1, with one artificial value for each row
		line := make([]float64, n+m+1)
		right := 0.0
		for k, a := range row {
			right += a * values[k] / scale
		}
		sign := 1.0
		if right < 0 {
			sign = -1
		}
		for k, a := range row {
			line[k] = sign * a
		}
		line[n+i], line[n+m] = 1, sign*right
		s.table, s.basis = append(s.table, line), append(s.basis, n+i)
	}
	cost := make([]float64, n+m)
	for k := n; k < n+m; k++ {
		cost[k] = -1
	}
	s.climb(cost, n+m)
	for i := 0; i < len(s.table); i++ { // artificial values leave; a row that says nothing new goes
		if s.basis[i] < n {
			continue
		}
		at := -1
		for k := range n {
			if math.Abs(s.table[i][k]) > tiny {
				at = k
				break
			}
		}
		if at >= 0 {
			s.pivot(i, at)
			continue
		}
		s.table = append(s.table[:i], s.table[i+1:]...)
		s.basis = append(s.basis[:i], s.basis[i+1:]...)
		i--
	}
	for i, line := range s.table {
		right := line[n+m] * scale
		s.table[i] = append(line[:n:n], right)
	}
	s.look()
	return s
}

// look keeps what the values are at this corner.
func (s *simplex) look() {
	at := make([]float64, s.n)
	for i, k := range s.basis {
		if k < s.n {
			at[k] = max(0, s.table[i][len(s.table[i])-1])
		}
	}
	for k, v := range at {
		s.low[k], s.high[k] = min(s.low[k], v), max(s.high[k], v)
	}
}

// push walks to where value k is as high (sign 1) or as low (-1) as it can be.
func (s *simplex) push(k int, sign float64) {
	cost := make([]float64, s.n)
	cost[k] = sign
	if !s.climb(cost, s.n) {
		s.high[k] = math.Inf(1) // nothing stops it
	}
	s.look()
}

// climb makes cost·x as large as it can be, by the rule of Bland, which ends. It
// returns false where it has no bound.
func (s *simplex) climb(cost []float64, columns int) bool {
	for range mostStep {
		enter := -1
		for k := range columns {
			gain := cost[k]
			for i, b := range s.basis {
				if cost[b] != 0 {
					gain -= cost[b] * s.table[i][k]
				}
			}
			if gain > tiny {
				enter = k
				break
			}
		}
		if enter < 0 {
			return true
		}
		leave, least := -1, math.Inf(1)
		for i, line := range s.table {
			if line[enter] <= tiny {
				continue
			}
			if ratio := line[len(line)-1] / line[enter]; ratio < least-tiny || ratio < least+tiny && (leave < 0 || s.basis[i] < s.basis[leave]) {
				leave, least = i, ratio
			}
		}
		if leave < 0 {
			return false
		}
		s.pivot(leave, enter)
	}
	return true // where it stands is reached; what lies beyond is not claimed
}

func (s *simplex) pivot(row, column int) {
	line := s.table[row]
	by := line[column]
	for k := range line {
		line[k] /= by
	}
	for i, other := range s.table {
		if f := other[column]; i != row && f != 0 {
			for k := range other {
				other[k] -= f * line[k]
			}
		}
	}
	s.basis[row] = column
}

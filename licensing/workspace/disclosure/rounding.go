package disclosure

import (
	"math"
	"slices"
	"strings"
)

// round writes what may leave (R2): counts as multiples, means by the rounded
// counts, and what is worked out from others worked out anew.
func (w *work) round() {
	w.out = make([][]any, len(w.t.Rows))
	for i, row := range w.t.Rows {
		w.out[i] = slices.Clone(row)
	}
	for _, j := range w.measures {
		switch {
		case w.units[j] > 0:
			w.roundCounts(j)
		case w.shares[j]:
			w.roundShares(j)
		case strings.EqualFold(w.t.Columns[j].Reason, "sum"):
			w.roundAlike(j)
		}
	}
	w.digits()
	for _, j := range w.measures {
		if c := w.t.Columns[j]; c.Role == Magnitude && (c.Weighed || !strings.EqualFold(c.Reason, "sum")) && w.units[j] == 0 && !w.shares[j] {
			w.roundMeans(j)
		}
	}
	for _, j := range w.measures {
		if w.t.Columns[j].Role == Derived {
			w.derive(j)
		}
	}
}

// multiple is the nearest multiple of base.
func multiple(v, base float64) float64 { return math.Round(v/base) * base }

// same writes a number in the type that it had.
func same(was any, v float64) any {
	if _, ok := was.(int64); ok {
		return int64(math.Round(v))
	}
	return v
}

func (w *work) roundCounts(j int) {
	base, rounded := float64(w.p.Round)*w.units[j], 0
	for i := range w.t.Rows {
		if w.hidden(i, j) || !w.numeric[i][j] {
			continue
		}
		if v := multiple(w.numbers[i][j], base); v != w.numbers[i][j] {
			w.out[i][j] = same(w.t.Rows[i][j], v)
			rounded++
		}
	}
	if rounded > 0 {
		w.say(R2, Fixed, Finding{Sentence: sayRounded, Args: []any{w.t.Columns[j].Name, rounded, w.p.Round}, Column: w.t.Columns[j].Name})
	}
}

// roundAlike rounds a sum in the cells where every subject adds the same, as a count
// of them: whoever knows what each adds would know the exact number.
func (w *work) roundAlike(j int) {
	rounded := 0
	for i := range w.t.Rows {
		m := w.t.Weights[i][j]
		if w.hidden(i, j) || !w.numeric[i][j] || !m.Known || m.Largest == 0 {
			continue
		}
		if n := m.Total / m.Largest; m.Second != m.Largest || math.Abs(n-float64(w.seen(i, j))) > 1e-9*n {
			continue
		}
		if v := multiple(w.numbers[i][j], float64(w.p.Round)*m.Largest); v != w.numbers[i][j] {
			w.out[i][j] = same(w.t.Rows[i][j], v)
			rounded++
		}
	}
	if rounded > 0 {
		w.say(R2, Fixed, Finding{Sentence: sayRounded, Args: []any{w.t.Columns[j].Name, rounded, w.p.Round}, Column: w.t.Columns[j].Name})
	}
}

// roundShares rounds the mean of zeros and ones as if the ones and all were
// counted and rounded.
func (w *work) roundShares(j int) {
	rounded := 0
	for i := range w.t.Rows {
		if w.hidden(i, j) || !w.numeric[i][j] {
			continue
		}
		n := float64(w.seen(i, j))
		all := multiple(n, float64(w.p.Round))
		v := precise(min(1, multiple(w.numbers[i][j]*n, float64(w.p.Round))/all), 4)
		w.out[i][j] = v
		rounded++
	}
	if rounded > 0 {
		w.say(R2, Fixed, Finding{Sentence: sayShares, Args: []any{w.t.Columns[j].Name, w.p.Round}, Column: w.t.Columns[j].Name})
	}
}

// roundMeans gives a mean, a spread or a quantile as many digits as the number of its subjects has: more
// of them would tell the number, since the sum of whole values is whole, or, from several
// of one small group, its values. Where the sum leaves too, the mean is the sum by the rounded count.
func (w *work) roundMeans(j int) {
	sum := slices.IndexFunc(w.t.Columns, func(c Column) bool {
		return c.Role == Magnitude && strings.EqualFold(c.Reason, "sum") && sameOrigins(c, w.t.Columns[j])
	})
	rounded := 0
	for i := range w.t.Rows {
		if w.hidden(i, j) || !w.numeric[i][j] {
			continue
		}
		v, _ := number(w.out[i][j])
		if sum >= 0 && mean(w.t.Columns[j]) && !w.hidden(i, sum) && w.numeric[i][sum] && v != 0 {
			total, _ := number(w.out[i][sum])
			if n := multiple(w.numbers[i][sum]/v, float64(w.p.Round)); n > 0 {
				v = total / n
			}
		}
		digits := min(w.p.Digits, len(write(w.seen(i, j))))
		if v = precise(v, digits); v != w.numbers[i][j] {
			w.out[i][j] = same(w.t.Rows[i][j], v)
			rounded++
		}
	}
	sentence := sayMeans
	if w.t.Columns[j].Weighed {
		sentence = sayWeighed
	}
	if rounded > 0 {
		w.say(R2, Fixed, Finding{Sentence: sentence, Args: []any{w.t.Columns[j].Name, rounded}, Column: w.t.Columns[j].Name})
	}
}

func sameOrigins(a, b Column) bool {
	if len(a.From) == 0 || len(a.From) != len(b.From) {
		return false
	}
	return !slices.ContainsFunc(a.From, func(o Origin) bool { return !slices.Contains(b.From, o) })
}

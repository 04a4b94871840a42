package disclosure

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
)

// relation is a sum that holds in a result: its terms add up to nothing. A cell is
// row*(columns+1)+column; the column after the last stands for the subjects.
type relation struct {
	cells []int
	signs []float64
}

func (w *work) cell(i, j int) int { return i*(len(w.t.Columns)+1) + j }

func (w *work) at(cell int) (i, j int) {
	n := len(w.t.Columns) + 1
	return cell / n, cell % n
}

// value is that of a cell, also of one that stands for subjects.
func (w *work) value(cell int) float64 {
	i, j := w.at(cell)
	if j == len(w.t.Columns) {
		return float64(w.t.Subjects[i])
	}
	return w.numbers[i][j]
}

// secret reports whether a cell of a relation is unknown to who reads the result.
func (w *work) secret(cell int) bool {
	i, j := w.at(cell)
	if j == len(w.t.Columns) {
		return w.gone(i)
	}
	return w.hidden(i, j)
}

// findRelations finds the sums that hold between rows and between columns. It
// asks the numbers, not the words: a total is one whatever it is called.
func (w *work) findRelations() {
	seen := map[string]bool{}
	for _, group := range w.groups() {
		w.sumsInGroup(group.rows, seen)
	}
	w.sumsOfPatterns(seen)
	w.sumsOfColumns(seen)
}

// group is rows that differ in some dimensions alone.
type group struct{ rows []int }

// groups are the rows by every choice of dimensions to add up along: all of them
// for up to four, else one by one and all at once.
func (w *work) groups() []group {
	if w.grouped != nil {
		return w.grouped
	}
	var choices [][]int
	if n := len(w.dims); n <= 4 {
		for mask := 1; mask < 1<<n; mask++ {
			var c []int
			for k, j := range w.dims {
				if mask>>k&1 == 1 {
					c = append(c, j)
				}
			}
			choices = append(choices, c)
		}
	} else {
		for _, j := range w.dims {
			choices = append(choices, []int{j})
		}
		choices = append(choices, w.dims)
	}
	var out []group
	for _, along := range choices {
		of := map[string]int{}
		first := len(out)
		for i := range w.t.Rows {
			key := w.key(i, func(j int) bool { return !slices.Contains(along, j) })
			at, ok := of[key]
			if !ok {
				at = len(out)
				of[key] = at
				out = append(out, group{})
			}
			out[at].rows = append(out[at].rows, i)
		}
		kept := out[:first]
		for _, g := range out[first:] {
			if len(g.rows) > 1 {
				kept = append(kept, g)
			}
		}
		out = kept
	}
	w.grouped = out
	return out
}

// sumsInGroup finds the row of a group that is the sum of the others.
func (w *work) sumsInGroup(rows []int, seen map[string]bool) {
	for _, j := range w.measures {
		total, most, whole, all := 0.0, -1, true, true
		for _, i := range rows {
			if !w.numeric[i][j] {
				all = false
				break
			}
			v := w.numbers[i][j]
			total += v
			whole = whole && v == math.Trunc(v)
			if most < 0 || v > w.numbers[most][j] {
				most = i
			}
		}
		if !all || most < 0 || total == 0 || !near(total-w.numbers[most][j], w.numbers[most][j], whole) {
			continue
		}
		parts := slices.DeleteFunc(slices.Clone(rows), func(i int) bool { return i == most })
		if len(parts) == 1 && !slices.EqualFunc(w.t.Sketches[parts[0]], w.t.Sketches[most], sameKind) {
			continue // two groups that happen to be equally large
		}
		w.totals[most] = true
		w.relateRows(parts, []int{most}, j, seen)
	}
}

// near reports whether a sum is what it should be: exactly for whole numbers,
// else as exactly as rounding allows.
func near(a, b float64, whole bool) bool {
	if whole && math.Abs(b) < 1<<52 {
		return a == b
	}
	return math.Abs(a-b) <= 1e-6*math.Abs(b)
}

// relateRows relates rows in a column, and their subjects.
func (w *work) relateRows(parts, totals []int, j int, seen map[string]bool) {
	for _, column := range []int{j, len(w.t.Columns)} {
		var r relation
		for _, i := range parts {
			r.cells, r.signs = append(r.cells, w.cell(i, column)), append(r.signs, 1)
		}
		for _, i := range totals {
			r.cells, r.signs = append(r.cells, w.cell(i, column)), append(r.signs, -1)
		}
		w.relate(r, seen)
	}
}

func (w *work) relate(r relation, seen map[string]bool) {
	if len(w.relations) >= mostRelations {
		return
	}
	var b []byte
	for k, c := range r.cells {
		b = binary.AppendVarint(b, int64(c)*int64(r.signs[k]))
	}
	if key := string(b); !seen[key] {
		seen[key] = true
		w.relations = append(w.relations, r)
	}
}

// sumsOfPatterns finds that the same whole was divided in two ways, as by grouping
// sets: the rows of which the same dimensions are empty add up to the same.
func (w *work) sumsOfPatterns(seen map[string]bool) {
	patterns := map[string][]int{}
	var order []string
	for i, row := range w.t.Rows {
		var b strings.Builder
		for _, j := range w.dims {
			if whole(row[j]) {
				b.WriteByte('-')
			} else {
				b.WriteByte('x')
			}
		}
		if patterns[b.String()] == nil {
			order = append(order, b.String())
		}
		patterns[b.String()] = append(patterns[b.String()], i)
	}
	if len(order) < 2 || len(order) > 16 {
		return
	}
	for x, a := range order {
		for _, b := range order[x+1:] {
			for _, j := range w.measures {
				one, wholeOne := w.add(patterns[a], j)
				two, wholeTwo := w.add(patterns[b], j)
				if one > 0 && near(one, two, wholeOne && wholeTwo) && (len(patterns[a]) > 1 || len(patterns[b]) > 1) {
					w.relateRows(patterns[a], patterns[b], j, seen)
				}
			}
		}
	}
}

func (w *work) add(rows []int, j int) (total float64, whole bool) {
	whole = true
	for _, i := range rows {
		if !w.numeric[i][j] {
			return math.NaN(), false
		}
		total += w.numbers[i][j]
		whole = whole && w.numbers[i][j] == math.Trunc(w.numbers[i][j])
	}
	return total, whole
}

// sumsOfColumns finds columns that are the same as another, the sum of two
// others, of a run of others, or of all others that count the same.
func (w *work) sumsOfColumns(seen map[string]bool) {
	var columns []int
	for _, j := range w.measures {
		any := false
		for i := range w.t.Rows {
			any = any || w.numeric[i][j] && w.numbers[i][j] != 0
		}
		if any && w.t.Columns[j].Role != Derived {
			columns = append(columns, j)
		}
	}
	try := func(total int, parts []int) {
		if slices.Contains(parts, total) || !w.addsUp(total, parts) {
			return
		}
		for i := range w.t.Rows {
			r := relation{cells: []int{w.cell(i, total)}, signs: []float64{-1}}
			for _, j := range parts {
				r.cells, r.signs = append(r.cells, w.cell(i, j)), append(r.signs, 1)
			}
			w.relate(r, seen)
		}
	}
	for x := 0; x < len(columns); x++ { // of columns that are the same, one stands for all
		for _, b := range columns[:x] {
			if w.addsUp(columns[x], []int{b}) && w.addsUp(b, []int{columns[x]}) {
				try(columns[x], []int{b})
				columns = slices.Delete(slices.Clone(columns), x, x+1)
				x--
				break
			}
		}
	}
	for _, a := range columns {
		for x, b := range columns {
			for _, c := range columns[x+1:] {
				try(a, []int{b, c})
			}
			for to := x + 3; to <= len(columns); to++ {
				try(a, columns[x:to])
			}
		}
		others := slices.DeleteFunc(slices.Clone(columns), func(j int) bool { return j == a || w.units[j] != w.units[a] })
		if len(others) > 2 {
			try(a, others)
		}
	}
}

// addsUp reports whether in every row the parts add up to the total.
func (w *work) addsUp(total int, parts []int) bool {
	n := 0
	for i := range w.t.Rows {
		if !w.numeric[i][total] {
			continue
		}
		v, whole := 0.0, w.numbers[i][total] == math.Trunc(w.numbers[i][total])
		for _, j := range parts {
			if !w.numeric[i][j] {
				return false
			}
			v += w.numbers[i][j]
		}
		if !near(v, w.numbers[i][total], whole) {
			return false
		}
		n++
	}
	return n > 0
}

// most relations, passes and cells of one entanglement that are worked out; beyond,
// a result is refused.
const (
	mostRelations = 1_000_000
	mostPasses    = 2000
	mostTangled   = 400
)

// complement hides more until no hidden cell can be worked out closely enough from
// what is shown (R3). It reports whether it hid anything.
func (w *work) complement() bool {
	before := w.countHidden(R3)
	if len(w.relations) >= mostRelations {
		w.say(R3, Refused, Finding{Sentence: sayTangled})
		return false
	}
	for range mostPasses {
		again := false
		for _, tangle := range w.tangles() {
			if len(tangle.cells) > mostTangled {
				w.say(R3, Refused, Finding{Sentence: sayTangled})
				return false
			}
			narrow := w.narrow(tangle)
			if len(narrow) == 0 {
				continue
			}
			if !w.hideBeside(tangle, narrow[0]) {
				w.say(R3, Refused, Finding{Sentence: sayTangled})
				return false
			}
			again = true
		}
		if !again {
			n := w.countHidden(R3)
			if n == before {
				return false
			}
			w.leaveOut()
			return true
		}
	}
	w.say(R3, Refused, Finding{Sentence: sayTangled})
	return false
}

func (w *work) countHidden(id ID) int {
	n := 0
	for i := range w.hide {
		for _, was := range w.hide[i] {
			if was == id {
				n++
			}
		}
	}
	return n
}

// tangle is hidden cells that relations tie together.
type tangle struct {
	cells     []int
	relations []int
}

// tangles are the hidden cells by what ties them together.
func (w *work) tangles() []tangle {
	parent := map[int]int{}
	var find func(c int) int
	find = func(c int) int {
		if parent[c] == c {
			return c
		}
		root := find(parent[c])
		parent[c] = root
		return root
	}
	first := make([]int, len(w.relations))
	for k, r := range w.relations {
		first[k] = -1
		for _, c := range r.cells {
			if !w.secret(c) {
				continue
			}
			if _, ok := parent[c]; !ok {
				parent[c] = c
			}
			if first[k] < 0 {
				first[k] = c
			} else if a, b := find(first[k]), find(c); a != b {
				parent[max(a, b)] = min(a, b)
			}
		}
	}
	at := map[int]int{}
	var out []tangle
	for k := range w.relations {
		if first[k] < 0 {
			continue
		}
		root := find(first[k])
		if _, ok := at[root]; !ok {
			at[root] = len(out)
			out = append(out, tangle{})
		}
		out[at[root]].relations = append(out[at[root]].relations, k)
	}
	cells := make([]int, 0, len(parent))
	for c := range parent {
		cells = append(cells, c)
	}
	slices.Sort(cells)
	for _, c := range cells {
		t := &out[at[find(c)]]
		t.cells = append(t.cells, c)
	}
	return out
}

// need is how wide the interval of a hidden cell has to stay; 0 where the cell was
// hidden for another's sake.
func (w *work) need(cell int) float64 {
	i, j := w.at(cell)
	if j == len(w.t.Columns) {
		if !w.primary(i) {
			return 0
		}
		return float64(w.p.Subjects)
	}
	if id := w.hide[i][j]; id == R3 || id == "" && !w.drop[i] {
		return 0
	}
	if w.units[j] > 0 {
		return float64(w.p.Subjects) * w.units[j]
	}
	return max(2*float64(w.p.Prior)/100*math.Abs(w.numbers[i][j]), 1e-9)
}

// primary reports whether a row is hidden for its own sake.
func (w *work) primary(i int) bool {
	return w.drop[i] || slices.ContainsFunc(w.measures, func(j int) bool { return w.hide[i][j] != "" && w.hide[i][j] != R3 })
}

// hideBeside hides one more cell that a relation of the tangle ties to narrow: the
// one that most relations of it hold, and of those the smallest that is large
// enough. Where a whole row is hidden, a whole row goes.
func (w *work) hideBeside(t tangle, narrow int) bool {
	_, column := w.at(narrow)
	row, _ := w.at(narrow)
	held := map[int]int{}
	for _, k := range t.relations {
		for _, c := range w.relations[k].cells {
			if !w.secret(c) {
				held[c]++
			}
		}
	}
	own := map[int]bool{}
	for _, k := range t.relations {
		if slices.Contains(w.relations[k].cells, narrow) {
			for _, c := range w.relations[k].cells {
				own[c] = true
			}
		}
	}
	need := w.need(narrow)
	best, bestRank := -1, [5]float64{}
	candidates := make([]int, 0, len(held))
	for c := range held {
		candidates = append(candidates, c)
	}
	slices.Sort(candidates)
	for _, c := range candidates {
		v := math.Abs(w.value(c))
		i, _ := w.at(c)
		rank := [5]float64{float64(held[c]), 0, 0, 0, -v}
		if own[c] {
			rank[1] = 1
		}
		if !w.totals[i] {
			rank[2] = 1
		}
		if v >= need {
			rank[3] = 1
		} else {
			rank[4] = v
		}
		if best < 0 || slices.Compare(rank[:], bestRank[:]) > 0 {
			best, bestRank = c, rank
		}
	}
	if best < 0 {
		return false
	}
	i, j := w.at(best)
	if column == len(w.t.Columns) || j == len(w.t.Columns) || w.gone(row) && i != row {
		return w.hideRow(i, R3)
	}
	return w.hideCell(i, j, R3)
}

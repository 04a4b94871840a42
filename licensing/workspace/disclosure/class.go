package disclosure

import (
	"encoding/binary"
	"slices"
)

// classes hides what tells of every subject of a group that it has a sensitive
// attribute, or that it has not (R5).
func (w *work) classes() {
	found := 0
	for _, j := range w.dims {
		if w.sensitive(j) {
			found += w.classRows(j)
		}
	}
	for _, j := range w.measures {
		if w.sensitive(j) {
			found += w.classCells(j)
		}
	}
	if found > 0 {
		w.leaveOut()
		w.say(R5, Fixed, Finding{Sentence: sayClass, Args: []any{found}, Rows: w.hiddenRows(R5)})
	}
}

// classRows hides the one row of a group whose subjects are all of one class of
// dimension j, where others have several.
func (w *work) classRows(j int) int {
	groups, classes := map[string][]int{}, map[string]bool{}
	var order []string
	for i, row := range w.t.Rows {
		if whole(row[j]) {
			continue
		}
		key := w.key(i, func(k int) bool { return k != j })
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], i)
		classes[write(row[j])] = true
	}
	if len(classes) < 2 {
		return 0 // a result about one class says nothing of who is not in it
	}
	n := 0
	for _, key := range order {
		present := slices.DeleteFunc(groups[key], func(i int) bool { return w.t.Subjects[i] == 0 })
		if len(present) == 1 && w.hideRow(present[0], R5) {
			n++
		}
	}
	return n
}

// classCells hides what a cell of column j, which has a sensitive condition or
// value, tells of every subject of its row: none of them (which R1 hid), or all.
func (w *work) classCells(j int) int {
	n := 0
	for i := range w.t.Rows {
		if w.hidden(i, j) || !w.numeric[i][j] {
			continue
		}
		m, every := w.t.Weights[i][j], false
		if o, own := w.own[i][j]; own && w.t.Columns[j].Role == Count {
			every = o.Subjects == w.t.Subjects[i]
		}
		every = every || w.oneBranch(i, j)
		for _, k := range w.measures {
			if w.contains(k, j) && w.numeric[i][k] && w.numbers[i][k] == w.numbers[i][j] {
				every = true
			}
		}
		if every || m.Known && m.Total == 0 {
			if w.hideCell(i, j, R5) {
				n++
			}
		}
	}
	return n
}

// oneBranch reports whether all subjects of a cell take one of the ways of its CASE.
func (w *work) oneBranch(i, j int) bool {
	ways, taken := 0, 0
	for _, o := range w.all[i][j] {
		if o.Branch {
			ways++
			if o.Subjects > 0 {
				taken++
			}
		}
	}
	return ways > 1 && taken == 1
}

// contains reports whether column a counts all that column b counts and b has
// conditions that a has not.
func (w *work) contains(a, b int) bool {
	if a == b || w.units[a] == 0 || w.units[b] == 0 || w.units[a] != w.units[b] || len(w.t.Columns[a].From) >= len(w.t.Columns[b].From) {
		return false
	}
	for _, o := range w.t.Columns[a].From {
		if !slices.Contains(w.t.Columns[b].From, o) {
			return false
		}
	}
	for i := range w.t.Rows {
		if w.numeric[i][a] && w.numeric[i][b] && w.numbers[i][b] > w.numbers[i][a] {
			return false
		}
	}
	return true
}

// key is the values of some dimensions of a row, as a text.
func (w *work) key(i int, of func(j int) bool) string {
	var b []byte
	for _, j := range w.dims {
		if of(j) {
			s := write(w.t.Rows[i][j])
			if w.t.Rows[i][j] == nil {
				s = "\x00"
			}
			b = binary.BigEndian.AppendUint32(append(b, byte(j)), uint32(len(s)))
			b = append(b, s...)
		}
	}
	return string(b)
}

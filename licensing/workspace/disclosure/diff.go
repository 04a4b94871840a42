package disclosure

import "slices"

// Changes are what a reviewer has to look at of a release that follows another.
type Changes struct {
	NewColumns, OldColumns []string // that only one of the two has
	NewRows, OldRows       [][]Cell // whose dimensions only one of the two has
	Cells                  []Change
}

// Change is a cell that is not what it was.
type Change struct {
	Row         []Cell // the dimensions of its row
	Column      string
	Before, Now Cell
}

// None reports whether nothing changed.
func (c Changes) None() bool {
	return len(c.NewColumns)+len(c.OldColumns)+len(c.NewRows)+len(c.OldRows)+len(c.Cells) == 0
}

// Diff is what changed from one release to the next: rows are the same where their
// dimensions are, columns where their names are.
func Diff(previous, now Cleared) Changes {
	var out Changes
	before, after := columnsOf(previous), columnsOf(now)
	for _, c := range now.Columns {
		if _, ok := before[c.Name]; !ok {
			out.NewColumns = append(out.NewColumns, c.Name)
		}
	}
	for _, c := range previous.Columns {
		if _, ok := after[c.Name]; !ok {
			out.OldColumns = append(out.OldColumns, c.Name)
		}
	}
	was := map[string][]int{}
	for i := range previous.Rows {
		key := keyOf(previous, i)
		was[key] = append(was[key], i)
	}
	for i := range now.Rows {
		key := keyOf(now, i)
		if len(was[key]) == 0 {
			out.NewRows = append(out.NewRows, now.Rows[i])
			continue
		}
		old := previous.Rows[was[key][0]]
		was[key] = was[key][1:]
		for j, c := range now.Columns {
			k, ok := before[c.Name]
			if ok && c.Role != Dimension && old[k] != now.Rows[i][j] {
				out.Cells = append(out.Cells, Change{Row: dimensionsOf(now, i), Column: c.Name, Before: old[k], Now: now.Rows[i][j]})
			}
		}
	}
	for i := range previous.Rows {
		if slices.Contains(was[keyOf(previous, i)], i) {
			out.OldRows = append(out.OldRows, previous.Rows[i])
		}
	}
	return out
}

// columnsOf is where the columns stand; of two with one name, the first.
func columnsOf(c Cleared) map[string]int {
	out := map[string]int{}
	for j := len(c.Columns) - 1; j >= 0; j-- {
		out[c.Columns[j].Name] = j
	}
	return out
}

func dimensionsOf(c Cleared, i int) []Cell {
	var out []Cell
	for j, h := range c.Columns {
		if h.Role == Dimension {
			out = append(out, c.Rows[i][j])
		}
	}
	return out
}

// keyOf is the dimensions of a row with their names, as a text.
func keyOf(c Cleared, i int) string {
	one := Cleared{}
	for _, h := range c.Columns {
		if h.Role == Dimension {
			one.Columns = append(one.Columns, h)
		}
	}
	one.Rows = [][]Cell{dimensionsOf(c, i)}
	return one.digest()
}

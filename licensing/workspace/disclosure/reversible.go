package disclosure

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// reversible rounds what is exact enough to be found again, and gives to people
// what no rule can read (R10). Combinations that one subject alone has are left
// out where small groups are hidden.
func (w *work) reversible() {
	for _, j := range w.dims {
		exact := 0
		for i := range w.t.Rows {
			if v, ok := w.t.Rows[i][j].(float64); ok && significant(v) > w.p.Digits {
				exact++
			}
			if s, ok := w.t.Rows[i][j].(string); ok && exactText(s, w.p.Digits) {
				exact++
			}
		}
		if exact > 0 {
			w.say(R10, Refused, Finding{Sentence: sayExactGroup, Args: []any{w.t.Columns[j].Name, exact, w.p.Digits}, Column: w.t.Columns[j].Name})
		}
	}
	for j, c := range w.t.Columns {
		long := utf8.RuneCountInString(c.Name) > w.p.Text
		for i := range w.t.Rows {
			if s, ok := w.t.Rows[i][j].(string); ok && utf8.RuneCountInString(s) > w.p.Text {
				long = true
			}
		}
		if long {
			w.say(R10, People, Finding{Sentence: sayLong, Args: []any{j + 1, w.p.Text}})
		}
	}
}

// digits rounds what is measured to the significant digits that may leave.
func (w *work) digits() {
	for _, j := range w.measures {
		rounded := 0
		for i := range w.t.Rows {
			if w.hidden(i, j) || w.units[j] == 1 {
				continue
			}
			switch v := w.out[i][j].(type) {
			case float64:
				if math.IsNaN(v) || math.IsInf(v, 0) {
					w.hideCell(i, j, R10)
					rounded++
				} else if significant(v) > w.p.Digits {
					w.out[i][j] = precise(v, w.p.Digits)
					rounded++
				}
			case int64:
				if significant(float64(v)) > w.p.Digits {
					w.out[i][j] = int64(precise(float64(v), w.p.Digits))
					rounded++
				}
			}
		}
		if rounded > 0 {
			w.say(R10, Fixed, Finding{Sentence: sayDigits, Args: []any{w.t.Columns[j].Name, rounded, w.p.Digits}, Column: w.t.Columns[j].Name})
		}
	}
}

// exactText reports whether s is a decimal number of more digits than may leave.
func exactText(s string, digits int) bool {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, ".") || len(s) > 40 {
		return false
	}
	v, err := strconv.ParseFloat(s, 64)
	return err == nil && significant(v) > digits
}

// significant is the number of significant digits of v.
func significant(v float64) int {
	s, _, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'e', -1, 64), "e")
	return len(strings.Replace(s, ".", "", 1))
}

// precise is v with so many significant digits.
func precise(v float64, digits int) float64 {
	out, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits-1, 64), 64)
	return out
}

// Package pictures finds out whether a table can be drawn, and shapes its rows
// for the picture: a calendar of marked days, or values over time. It judges
// by the types of the columns and by the values, never by the name of a
// dataset, so that it does for any catalogue what it does for the sample one.
package pictures

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"shuyuan/datasets"
	"shuyuan/templates"
)

// Most is the largest table that is drawn. A larger one needs a summary first,
// and a summary is a choice that somebody should make.
const Most = 5000

var errTooMany = errors.New("more rows than are drawn")

// Collect takes the rows that a table yields, without the header that comes
// first. A table with more than Most rows gives nil.
func Collect(table func(yield func(row []string) error) error) ([][]string, error) {
	var rows [][]string
	header := true
	err := table(func(row []string) error {
		if header {
			header = false
			return nil
		}
		if len(rows) == Most {
			return errTooMany
		}
		rows = append(rows, slices.Clone(row)) // the slice is reused from row to row
		return nil
	})
	if errors.Is(err, errTooMany) {
		return nil, nil
	}
	return rows, err
}

// Words are the words of a picture in the reader's language.
type Words struct {
	Title  string                      // of the dataset
	Column func(datasets.Field) string // label of a column
}

// value is a value of a column as a legend names it: in the reader's language
// where the code list has the word.
func (w Words) value(f datasets.Field, value string) string {
	for _, c := range f.Codes {
		if c.Value == value {
			return w.both(value, c.LabelEN)
		}
	}
	return value
}

// both is zh or its English, as the label of a column would be.
func (w Words) both(zh, en string) string {
	return w.Column(datasets.Field{Name: zh, Label: zh, LabelEN: en})
}

// MaybeDays reports from the columns alone whether a table might be a calendar.
func MaybeDays(fields []datasets.Field) bool {
	dates, texts := 0, 0
	for _, f := range fields {
		switch f.Type {
		case "date":
			dates++
		case "text":
			texts++
		}
	}
	return dates == 1 && texts > 0
}

// MaybeSeries reports from the columns alone whether a table might be values over time.
func MaybeSeries(fields []datasets.Field) bool {
	if len(fields) < 2 {
		return false
	}
	decimals := 0
	for _, f := range fields[1:] {
		switch f.Type {
		case "decimal":
			decimals++
		case "integer":
		default:
			return false // a place or a name beside the time: more than one series
		}
	}
	switch fields[0].Type {
	case "integer", "date", "yearmonth":
		return decimals > 0
	}
	return false
}

// Days shapes a table into a calendar: one date column, a column of two or
// three kinds of day, and perhaps one that names the occasion. It returns nil
// for a table that is something else: fewer than five years, more days marked
// than not, or a date twice.
func Days(w Words, fields []datasets.Field, rows [][]string) *templates.Days {
	if !MaybeDays(fields) || len(rows) == 0 {
		return nil
	}
	date := slices.IndexFunc(fields, func(f datasets.Field) bool { return f.Type == "date" })
	when := make([]time.Time, len(rows))
	seen := map[time.Time]bool{}
	years := map[int]bool{}
	for i, row := range rows {
		t, err := time.Parse(time.DateOnly, at(row, date))
		if err != nil || seen[t] {
			return nil
		}
		when[i], seen[t], years[t.Year()] = t, true, true
	}
	if len(years) < 5 || len(years) > 40 || len(rows) > len(years)*183 {
		return nil
	}
	name := occasion(when, rows, fields)
	kind, kinds := -1, []string(nil)
	for i, f := range fields {
		if f.Type != "text" || i == name || kind >= 0 {
			continue
		}
		if values := distinct(rows, i); len(values) == 2 || len(values) == 3 {
			kind, kinds = i, values
		}
	}
	if kind < 0 {
		return nil
	}
	out := &templates.Days{Label: w.Title}
	for _, k := range kinds {
		out.Kinds = append(out.Kinds, w.value(fields[kind], k))
	}
	for i, row := range rows {
		out.Days = append(out.Days, templates.MarkedDay{Date: when[i], Kind: slices.Index(kinds, at(row, kind)), Name: w.occasion(fields, name, row)})
	}
	return out
}

// occasion names why the day of a row is marked; empty where no column does.
func (w Words) occasion(fields []datasets.Field, column int, row []string) string {
	if column < 0 {
		return ""
	}
	return w.value(fields[column], at(row, column))
}

// occasion is the text column that names why a day is marked: each of its
// values falls in one season of the year. It is -1 where there is none.
func occasion(when []time.Time, rows [][]string, fields []datasets.Field) int {
	column, nearest := -1, 30.0 // days
	for i, f := range fields {
		if f.Type != "text" {
			continue
		}
		if n := len(distinct(rows, i)); n < 2 || n > 24 {
			continue
		}
		if s := season(when, rows, i); s < nearest {
			column, nearest = i, s
		}
	}
	return column
}

// season is how many days of the year, on average, lie between a row and the
// middle of the rows with the same value.
func season(when []time.Time, rows [][]string, column int) float64 {
	groups := map[string][]int{}
	for i, row := range rows {
		groups[at(row, column)] = append(groups[at(row, column)], when[i].YearDay())
	}
	total := 0.0
	for _, days := range groups {
		slices.Sort(days)
		middle := days[len(days)/2]
		for _, d := range days {
			// New Year's holiday is near the end of the year before.
			off := math.Abs(float64(d - middle))
			total += min(off, 366-off)
		}
	}
	return total / float64(len(rows))
}

// distinct are the values of a column, the most frequent first.
func distinct(rows [][]string, column int) []string {
	count := map[string]int{}
	for _, row := range rows {
		count[at(row, column)]++
	}
	values := make([]string, 0, len(count))
	for v := range count {
		values = append(values, v)
	}
	slices.SortFunc(values, func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
	return values
}

// Series shapes a table into a chart: time in the first column, in order, and
// numbers in the others. Values on both sides of zero become bars.
func Series(w Words, fields []datasets.Field, rows [][]string, width, height int) (chart *templates.Chart, axis string) {
	if !MaybeSeries(fields) || len(rows) < 8 {
		return nil, ""
	}
	c := &templates.Chart{Label: w.Title, Width: width, Height: height}
	for i, row := range rows {
		x := at(row, 0)
		if i > 0 && !(c.X[i-1] < x) { // ISO dates and years of four digits sort as text
			return nil, ""
		}
		if fields[0].Type == "integer" && len(x) != 4 {
			return nil, "" // a number, not a year
		}
		c.X = append(c.X, x)
	}
	unit, unitEN := "", ""
	for i, f := range fields[1:] {
		if f.Type != "decimal" {
			continue
		}
		// Two units cannot share an axis: the first decides.
		if len(c.Series) > 0 && f.Unit != unit {
			continue
		}
		unit, unitEN = f.Unit, f.UnitEN
		s := templates.Series{Name: w.Column(f), Strong: len(c.Series) == 0}
		for _, row := range rows {
			v, err := strconv.ParseFloat(at(row, i+1), 64)
			if err != nil {
				v = math.NaN()
			}
			s.Values = append(s.Values, v)
		}
		c.Series = append(c.Series, s)
	}
	if unit != "" {
		c.Unit = w.both(unit, unitEN)
	}
	c.Bars = len(c.Series) == 1 && len(rows) <= 200 && crossesZero(c.Series[0].Values)
	return c, w.Column(fields[0])
}

func crossesZero(values []float64) bool {
	var below, above bool
	for _, v := range values {
		below, above = below || v < 0, above || v > 0
	}
	return below && above
}

// at is a value of a row, empty where the row is too short or there is no such column.
func at(row []string, i int) string {
	if i < 0 || i >= len(row) {
		return ""
	}
	return row[i]
}

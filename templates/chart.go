package templates

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuyuan/templates/text"
)

// A chart is drawn by the server as SVG: it is there without script, on paper
// and for a reader of the source. Colours come from the stylesheet by class, so
// a chart follows light and dark. Its table is always beside it.

// Series is one line of a chart. A value that is missing is NaN.
type Series struct {
	Name   string
	Values []float64
	Strong bool // the line the eye should follow
}

// Chart is values over an ordered axis, as lines or, for one series around
// zero, as bars.
type Chart struct {
	Label  string // what is seen, as a sentence for those who do not see it
	X      []string
	Unit   string
	Series []Series
	Bars   bool
	Zero   bool // counts: the axis starts at nothing
	Width  int  // of the viewBox: 1200 for a full page, 560 for a column
	Height int
}

type tick struct {
	at   float64
	text string
}

const (
	chartLeft   = 44.0
	chartBottom = 24.0
	chartTop    = 8.0
)

func (c *Chart) span() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range c.Series {
		for _, v := range s.Values {
			if !math.IsNaN(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if c.Bars || c.Zero {
		low, high = min(low, 0), max(high, 0)
	}
	if math.IsInf(low, 1) {
		return 0, 1
	}
	if low == high {
		return low - 1, high + 1
	}
	return low, high
}

// yTicks are three to six round numbers that span the values.
func (c *Chart) yTicks() (ticks []float64, step float64) {
	return roundTicks(c.span())
}

func (c *Chart) y(v float64) float64 {
	ticks, _ := c.yTicks()
	low, high := ticks[0], ticks[len(ticks)-1]
	h := float64(c.Height) - chartTop - chartBottom
	return chartTop + h*(high-v)/(high-low)
}

func (c *Chart) x(i int) float64 {
	w := float64(c.Width) - chartLeft
	if c.Bars {
		return chartLeft + w*(float64(i)+.5)/float64(len(c.X))
	}
	if len(c.X) < 2 {
		return chartLeft + w/2
	}
	return chartLeft + w*float64(i)/float64(len(c.X)-1)
}

func (c *Chart) yAxis() []tick {
	ticks, step := c.yTicks()
	digits := max(0, int(-math.Floor(math.Log10(step)+1e-9)))
	out := make([]tick, 0, len(ticks))
	for _, v := range ticks {
		s := strconv.FormatFloat(v, 'f', digits, 64)
		if digits == 0 && math.Abs(v) >= 10000 {
			s = Thousands(int64(v))
		}
		out = append(out, tick{c.y(v), s})
	}
	return out
}

// xAxis labels about one place in every 120 units of width, at even steps.
func (c *Chart) xAxis() []tick {
	n := len(c.X)
	if n == 0 {
		return nil
	}
	step := max(1, int(math.Ceil(float64(n)/(float64(c.Width)/120))))
	for _, round := range []int{1, 2, 5, 10, 12, 20, 24, 25, 50, 60, 100, 120, 200, 240, 500, 1000} {
		if round >= step {
			step = round
			break
		}
	}
	var out []tick
	for i := 0; i < n; i += step {
		out = append(out, tick{c.x(i), c.X[i]})
	}
	return out
}

// path is a line through the values, broken where one is missing.
func (c *Chart) path(s Series) string {
	var b strings.Builder
	pen := "M"
	for i, v := range s.Values {
		if math.IsNaN(v) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", pen, c.x(i), c.y(v))
		pen = "L"
	}
	return b.String()
}

// bars is one path for all bars on one side of zero.
func (c *Chart) bars(positive bool) string {
	if len(c.Series) == 0 {
		return ""
	}
	var b strings.Builder
	w := (float64(c.Width) - chartLeft) / float64(len(c.X))
	gap := min(w*.2, 2)
	for i, v := range c.Series[0].Values {
		if math.IsNaN(v) || (v >= 0) != positive {
			continue
		}
		fmt.Fprintf(&b, "M%.1f %.1fh%.1fV%.1fh-%.1fz", c.x(i)-(w-gap)/2, c.y(0), w-gap, c.y(v), w-gap)
	}
	return b.String()
}

func (c *Chart) lastX() float64 { return float64(c.Width) }

func (c *Chart) viewBox() string { return fmt.Sprintf("0 0 %d %d", c.Width, c.Height) }

// caption is what a chart of one series shows, with its unit.
func (c *Chart) caption(ctx context.Context) string {
	if name := c.Series[0].Name; c.Unit == "" || tellsUnit(name, c.Unit) {
		return name
	}
	return text.T(ctx, "%s（%s）", c.Series[0].Name, c.Unit)
}

// Fits reports whether there is something to draw.
func (c *Chart) Fits() bool { return c != nil && len(c.X) >= 2 && len(c.Series) > 0 }

// table is the chart as a table: every value, none rounded.
func (c *Chart) table(axis string) TableView {
	t := TableView{Label: c.Label, Dense: true, Columns: []Column{{Label: axis}}}
	for _, s := range c.Series {
		t.Columns = append(t.Columns, Column{Label: s.Name, Unit: c.Unit, Num: true})
	}
	for i, x := range c.X {
		row := []string{x}
		for _, s := range c.Series {
			v := ""
			if i < len(s.Values) && !math.IsNaN(s.Values[i]) {
				v = strconv.FormatFloat(s.Values[i], 'f', -1, 64)
			}
			row = append(row, v)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Days is a calendar: one row a year, one place a day, and in it what kind of
// day it was. It shows what recurs, and what moves with the moon.
type Days struct {
	Label string
	Kinds []string // at most three, the most frequent first
	Days  []MarkedDay
}

// MarkedDay is one marked day. Name is the occasion, Kind an index of Days.Kinds.
type MarkedDay struct {
	Date time.Time
	Kind int
	Name string
}

const (
	daysWidth = 1200
	daysLeft  = 48.0
	daysTop   = 28.0
	daysRow   = 15.0
)

// years are those with a day, in order.
func (d *Days) years() []int {
	var ys []int
	for _, day := range d.Days {
		ys = append(ys, day.Date.Year())
	}
	slices.Sort(ys)
	return slices.Compact(ys)
}

func (d *Days) height() float64 { return daysTop + daysRow*float64(len(d.years())) + 24 }

func (d *Days) viewBox() string { return fmt.Sprintf("0 0 %d %.0f", daysWidth, d.height()) }

const dayWidth = (daysWidth - daysLeft) / 366

// place is the column of a day. 29 February has a column in every year, so
// that the same date always stands in the same column.
func place(t time.Time) float64 {
	leap := time.Date(2000, t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return daysLeft + float64(leap.YearDay()-1)*dayWidth
}

// path is all days of one kind. Days off stand as high as the line; the last
// kind, the exception, is a mark at its foot, so that the difference does not
// hang on colour.
func (d *Days) path(kind int) string {
	first := map[int]int{}
	for i, y := range d.years() {
		first[y] = i
	}
	top, height := 2.0, daysRow-4
	if kind == len(d.Kinds)-1 && kind > 0 {
		top, height = daysRow-6, 4
	}
	var b strings.Builder
	for _, day := range d.Days {
		if day.Kind == kind {
			fmt.Fprintf(&b, "M%.1f %.1fh%.1fv%.0fh-%.1fz", place(day.Date), daysTop+daysRow*float64(first[day.Date.Year()])+top, dayWidth, height, dayWidth)
		}
	}
	return b.String()
}

// rules are the hairlines under each year, as on ruled paper.
func (d *Days) rules() string {
	var b strings.Builder
	for i := range d.years() {
		fmt.Fprintf(&b, "M%.0f %.1fH%d", daysLeft, daysTop+daysRow*float64(i+1)-.5, daysWidth)
	}
	return b.String()
}

// yearMarks label every fifth year and the last one.
func (d *Days) yearMarks() []tick {
	var out []tick
	ys := d.years()
	for i, y := range ys {
		if i == 0 || i == len(ys)-1 || (y%5 == 0 && i != 1 && i != len(ys)-2) {
			out = append(out, tick{daysTop + daysRow*float64(i) + 11.5, strconv.Itoa(y)})
		}
	}
	return out
}

// monthMarks stand where each month begins.
func (d *Days) monthMarks() []tick {
	var out []tick
	for m := time.January; m <= time.December; m++ {
		out = append(out, tick{place(time.Date(2000, m, 1, 0, 0, 0, 0, time.UTC)), strconv.Itoa(int(m))})
	}
	return out
}

// names stand above the middle of where their days fall; one that would run
// into its neighbour is left out.
func (d *Days) names() []tick {
	byName := map[string][]float64{}
	for _, day := range d.Days {
		if day.Name != "" {
			byName[day.Name] = append(byName[day.Name], place(day.Date))
		}
	}
	var out []tick
	for name, xs := range byName {
		if len(xs)*40 < len(d.Days) {
			continue // a rare name, often two occasions joined
		}
		slices.Sort(xs)
		out = append(out, tick{xs[len(xs)/2], name})
	}
	slices.SortFunc(out, func(a, b tick) int { return int(math.Copysign(1, a.at-b.at)) })
	var clear []tick
	for _, t := range out {
		if n := len(clear); n > 0 && t.at-clear[n-1].at < float64(len([]rune(t.text))+len([]rune(clear[n-1].text)))*6.5+4 {
			continue
		}
		clear = append(clear, t)
	}
	return clear
}

// perYear counts the days of each kind in each year: the table of the calendar.
func (d *Days) perYear(axis string) TableView {
	t := TableView{Label: d.Label, Dense: true, Columns: []Column{{Label: axis}}}
	for _, k := range d.Kinds {
		t.Columns = append(t.Columns, Column{Label: k, Num: true})
	}
	counts := map[int][]int64{}
	for _, day := range d.Days {
		y := day.Date.Year()
		if counts[y] == nil {
			counts[y] = make([]int64, len(d.Kinds))
		}
		counts[y][day.Kind]++
	}
	for _, y := range d.years() {
		row := []string{strconv.Itoa(y)}
		for _, n := range counts[y] {
			row = append(row, Thousands(n))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Spark is a line of values without axes, 96 by 24.
type Spark struct {
	Label  string
	Values []float64
}

func (s Spark) path() string {
	if len(s.Values) < 2 {
		return ""
	}
	low, high := slices.Min(s.Values), slices.Max(s.Values)
	if low == high {
		high = low + 1
	}
	var b strings.Builder
	pen := "M"
	for i, v := range s.Values {
		fmt.Fprintf(&b, "%s%.1f %.1f", pen, 96*float64(i)/float64(len(s.Values)-1), 22-20*(v-low)/(high-low))
		pen = "L"
	}
	return b.String()
}

func coord(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// keyPath is the sample of a kind of day in the key of a calendar.
func keyPath(foot bool) string {
	if foot {
		return "M0 8h20v4h-20z"
	}
	return "M0 0h20v12h-20z"
}

// monthName is a month, given as its number, as the axis of a calendar has it.
func monthName(ctx context.Context, number string) string {
	n, err := strconv.Atoi(number)
	if err == nil && text.Of(ctx) == text.English {
		return time.Month(n).String()[:3]
	}
	return text.T(ctx, "%s 月", number)
}

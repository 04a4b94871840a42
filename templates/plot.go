package templates

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"shuyuan/templates/text"
)

// PlotKind is how a plot is drawn.
type PlotKind string

// The kinds.
const (
	PlotLine    PlotKind = "line"
	PlotBar     PlotKind = "bar"
	PlotArea    PlotKind = "area"
	PlotScatter PlotKind = "scatter"
	PlotPie     PlotKind = "pie"
)

// AxisKind is what stands on an axis.
type AxisKind int

// The kinds of axes.
const (
	Categories AxisKind = iota // names: a mark's X is the index of its name
	Numbers
	Moments // a mark's X is Seconds
)

// PlotAxis is one axis of a plot.
type PlotAxis struct {
	Name  string
	Unit  string
	Kind  AxisKind
	Names []string // of categories
	Year  bool     // numbers are years: they have no separators
}

// Titled is what an axis shows, with its unit.
func (a PlotAxis) titled(ctx context.Context) string {
	if a.Unit == "" || tellsUnit(a.Name, a.Unit) {
		return a.Name
	}
	return text.T(ctx, "%s（%s）", a.Name, a.Unit)
}

// PlotMark is one value. Y is NaN where there is none.
type PlotMark struct {
	X, Y  float64
	Rows  float64 // of a scatter plot of cells: how many rows lie in this one
	Words string  // what it says, for who points at it
}

// PlotSeries is the marks of one series, in the order of X.
type PlotSeries struct {
	Name  string
	Marks []PlotMark
}

// Plot is a chart of the explorer: what was asked of the rows, as geometry. A
// plot has at most seven series; more are not told apart.
type Plot struct {
	ID      string // unique on its page
	Kind    PlotKind
	Title   string
	Label   string // what is seen, in a sentence
	X, Y    PlotAxis
	Series  []PlotSeries
	Stacked bool    // bars and areas lie on each other; all values are at least 0
	Step    float64 // of bars over numbers or moments: from one bar to the next
	Narrow  bool    // it is drawn as wide as a phone
	Joined  bool    // of lines over moments: values follow each other at no fixed step, so there are no gaps
}

// MostSeries is how many series of a plot can be told apart.
const MostSeries = 6

// drawing is a plot as what is drawn.
type drawing struct {
	Width, Height float64
	Rules         []shape // lines of the axes
	Marks         []shape
	Texts         []letter
	Stops         []float64 // where a reader may stop: one place for each row of the table
	Top, Bottom   float64   // of the area that values lie in
	Across        bool      // stops lie below each other
}

// shape is a path with its class, what it says, and the number of its fill.
type shape struct {
	Class, D, Words string
	Fill            int // of a pattern; -1: by its class alone
}

// letter is a text in a drawing.
type letter struct {
	X, Y                float64
	Text, Anchor, Class string
}

const (
	plotWidth   = 720.0
	narrowWidth = 336.0 // what a screen of 360 leaves, and no less at 320

	plotHeight = 380.0
	pieHeight  = 320.0
	barRow     = 24.0
)

// width is how wide p is drawn, in pixels where nothing scales it.
func (p *Plot) width() float64 {
	if p.Narrow {
		return narrowWidth
	}
	return plotWidth
}

// narrowed is p as it is drawn on a phone.
func (p *Plot) narrowed() *Plot {
	n := *p
	n.ID, n.Narrow = p.ID+"-narrow", true
	return &n
}

// draw works a plot out.
func (p *Plot) draw(ctx context.Context) drawing {
	switch {
	case p.Kind == PlotPie:
		return p.pie(ctx)
	case p.Kind == PlotBar && p.X.Kind == Categories:
		return p.across(ctx)
	}
	return p.upright(ctx)
}

// values is the least and the greatest value that is drawn; of what is stacked,
// the greatest sum.
func (p *Plot) values() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	sums := map[float64]float64{}
	for _, s := range p.Series {
		for _, m := range s.Marks {
			if math.IsNaN(m.Y) {
				continue
			}
			sums[m.X] += m.Y
			y := m.Y
			if p.Stacked {
				y = sums[m.X]
			}
			low, high = min(low, y), max(high, y)
		}
	}
	if p.Kind == PlotBar || p.Kind == PlotArea {
		low, high = min(low, 0), max(high, 0)
	}
	if math.IsInf(low, 1) {
		return 0, 1
	}
	return low, high
}

// places is the least and the greatest X, with the room that bars take.
func (p *Plot) places() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range p.Series {
		for _, m := range s.Marks {
			low, high = min(low, m.X), max(high, m.X)
		}
	}
	if math.IsInf(low, 1) {
		return 0, 1
	}
	if p.Kind == PlotBar {
		high += p.Step
	}
	if low == high {
		return low - 1, high + 1
	}
	return low, high
}

// upright draws values upwards over an axis of numbers, moments or names.
func (p *Plot) upright(ctx context.Context) drawing {
	d := drawing{Width: p.width(), Height: plotHeight, Top: 34, Bottom: plotHeight - 44}
	yTicks, yStep := roundTicks(p.values())
	write := shorten(ctx, max(math.Abs(yTicks[0]), math.Abs(yTicks[len(yTicks)-1])), yStep)
	if p.Y.Year {
		write = func(v float64) string { return fmt.Sprintf("%.0f", v) }
	}
	left := 0.0
	for _, t := range yTicks {
		left = max(left, letters(write(t)))
	}
	left = min(left, 120) + 10
	right := p.width() - 12 - p.endNames()
	y := linear(yTicks[0], yTicks[len(yTicks)-1], d.Bottom, d.Top)
	for _, t := range yTicks {
		class := "ax"
		if t == 0 || t == yTicks[0] && yTicks[0] > 0 {
			class = "ax ax0"
		}
		d.Rules = append(d.Rules, shape{Class: class, D: fmt.Sprintf("M%.1f %.1fH%.1f", left, y(t), right), Fill: -1})
		d.Texts = append(d.Texts, letter{left - 6, y(t) + 4, write(t), "end", ""})
	}
	d.Texts = append(d.Texts, letter{0, 14, fit(p.Y.titled(ctx), p.width()/2+100), "start", "strong"})
	x := p.horizontal(ctx, &d, left, right)
	switch p.Kind {
	case PlotBar:
		p.bars(&d, x, y)
	case PlotArea:
		p.areas(&d, x, y)
	case PlotScatter:
		p.dots(&d, x, y)
	default:
		p.lines(&d, x, y)
	}
	d.Stops = p.stops(x)
	return d
}

// linear maps a..b to from..to.
func linear(a, b, from, to float64) func(float64) float64 {
	return func(v float64) float64 {
		if a == b {
			return (from + to) / 2
		}
		return from + (to-from)*(v-a)/(b-a)
	}
}

// horizontal draws the lower axis and returns where its values stand.
func (p *Plot) horizontal(ctx context.Context, d *drawing, left, right float64) func(float64) float64 {
	label := func(at float64, s, anchor string) {
		d.Rules = append(d.Rules, shape{Class: "ax0", D: fmt.Sprintf("M%.1f %.1fv4", at, d.Bottom), Fill: -1})
		d.Texts = append(d.Texts, letter{at, d.Bottom + 18, s, anchor, ""})
	}
	low, high := p.places()
	d.Texts = append(d.Texts, letter{right, d.Height - 6, fit(p.X.titled(ctx), right-left), "end", "strong"})
	switch p.X.Kind {
	case Categories:
		n := float64(max(1, len(p.X.Names)))
		x := func(v float64) float64 { return left + (right-left)*(v+.5)/n }
		every := max(1, int(math.Ceil(n*64/(right-left))))
		for i := 0; i < len(p.X.Names); i += every {
			label(x(float64(i)), fit(p.X.Names[i], (right-left)/n*float64(every)-4), "middle")
		}
		return x
	case Moments:
		x := linear(low, high, left, right)
		at, form := momentTicks(low, high, int((right-left)/84))
		for _, t := range at {
			label(x(t), moment(t).Format(form), "middle")
		}
		return x
	}
	if p.Kind == PlotScatter {
		ticks, _ := roundTicks(low, high)
		low, high = ticks[0], ticks[len(ticks)-1]
	}
	x := linear(low, high, left, right)
	ticks, step := roundTicks(low, high)
	write := shorten(ctx, max(math.Abs(low), math.Abs(high)), step)
	if p.X.Year {
		write = func(v float64) string { return fmt.Sprintf("%.0f", v) }
	}
	for _, t := range ticks {
		if t >= low-step*1e-9 && t <= high+step*1e-9 && (!p.X.Year || t == math.Trunc(t)) {
			label(x(t), write(t), "middle")
		}
	}
	return x
}

// endNames is the room at the right for the names of lines; where there is
// none, the key names them.
func (p *Plot) endNames() float64 {
	if p.Kind != PlotLine || len(p.Series) < 2 || p.Narrow {
		return 0
	}
	room := 0.0
	for _, s := range p.Series {
		room = max(room, letters(s.Name))
	}
	return min(room, 132) + 8
}

// lines draws each series as a line that is broken where there is no value. A
// value between two gaps is a dot.
func (p *Plot) lines(d *drawing, x, y func(float64) float64) {
	few := len(p.stops(x)) <= 40
	var ends []letter
	for i, s := range p.Series {
		var b strings.Builder
		var alone []PlotMark
		run := 0
		for j, m := range s.Marks {
			if math.IsNaN(m.Y) {
				run = 0
				continue
			}
			if run == 0 || p.gap(s.Marks[j-1].X, m.X) {
				run = 0
				fmt.Fprintf(&b, "M%.1f %.1f", x(m.X), y(m.Y))
				if j+1 == len(s.Marks) || math.IsNaN(s.Marks[j+1].Y) || p.gap(m.X, s.Marks[j+1].X) {
					alone = append(alone, m)
				}
			} else {
				fmt.Fprintf(&b, "L%.1f %.1f", x(m.X), y(m.Y))
			}
			run++
		}
		d.Marks = append(d.Marks, shape{Class: fmt.Sprintf("pl l%d", i), D: b.String(), Words: "", Fill: -1})
		if few {
			alone = s.Marks
		}
		for _, m := range alone {
			if !math.IsNaN(m.Y) {
				d.Marks = append(d.Marks, shape{Class: fmt.Sprintf("pd d%d", i), D: glyph(i, x(m.X), y(m.Y), 3), Words: m.Words, Fill: -1})
			}
		}
		if last := lastValue(s); p.endNames() > 0 && last != nil {
			ends = append(ends, letter{p.width() - 12 - p.endNames() + 8, y(last.Y) + 4, fit(s.Name, 132), "start", fmt.Sprintf("t%d", i)})
		}
	}
	d.Texts = append(d.Texts, apart(ends, d.Top, d.Bottom)...)
}

func lastValue(s PlotSeries) *PlotMark {
	for i := len(s.Marks) - 1; i >= 0; i-- {
		if !math.IsNaN(s.Marks[i].Y) {
			return &s.Marks[i]
		}
	}
	return nil
}

// gap reports whether something is missing between two neighbouring moments or
// numbers that should follow each other at steps of Step.
func (p *Plot) gap(a, b float64) bool {
	return !p.Joined && p.Step > 0 && b-a > p.Step*1.5
}

// apart moves texts that would run into each other.
func apart(all []letter, top, bottom float64) []letter {
	const line = 14.0
	slices.SortFunc(all, func(a, b letter) int { return int(math.Copysign(1, a.Y-b.Y)) })
	for i := 1; i < len(all); i++ {
		all[i].Y = max(all[i].Y, all[i-1].Y+line)
	}
	for i := len(all) - 1; i >= 0; i-- {
		most := bottom + 4
		if i+1 < len(all) {
			most = all[i+1].Y - line
		}
		all[i].Y = max(min(all[i].Y, most), top-line*2)
	}
	return all
}

// bars draws bars over numbers or moments, side by side or stacked.
func (p *Plot) bars(d *drawing, x, y func(float64) float64) {
	width := p.barWidth(x)
	up := map[float64]float64{}
	for i, s := range p.Series {
		for _, m := range s.Marks {
			if math.IsNaN(m.Y) {
				continue
			}
			from, to, left, w := 0.0, m.Y, x(m.X), width
			switch {
			case p.Stacked:
				from, to = up[m.X], up[m.X]+m.Y
				up[m.X] = to
			case len(p.Series) > 1:
				w = width / float64(len(p.Series))
				left += float64(i) * w
			}
			if p.X.Kind == Categories {
				left -= width / 2
			}
			gap := min(1.5, w*.2)
			d.Marks = append(d.Marks, shape{Class: "pb", D: rect(left+gap/2, y(from), w-gap, y(to)), Words: m.Words, Fill: fillOf(i, len(p.Series))})
		}
	}
}

// barWidth is the room of one place of the axis.
func (p *Plot) barWidth(x func(float64) float64) float64 {
	if p.X.Kind == Categories {
		return (x(1) - x(0)) * .8
	}
	if p.Step > 0 {
		return max(.6, x(p.Step)-x(0))
	}
	return 8
}

func rect(left, from, width, to float64) string {
	return fmt.Sprintf("M%.1f %.1fh%.1fV%.1fh%.1fz", left, from, width, to, -width)
}

// fillOf is the fill of series i of n: a single one is plain.
func fillOf(i, n int) int {
	if n == 1 {
		return 0
	}
	return i
}

// areas draws areas on each other, or one area.
func (p *Plot) areas(d *drawing, x, y func(float64) float64) {
	under := map[float64]float64{}
	for i, s := range p.Series {
		var run []PlotMark
		flush := func() {
			if len(run) > 0 {
				d.Marks = append(d.Marks, shape{Class: "pb", D: area(run, under, x, y), Words: s.Name, Fill: fillOf(i, len(p.Series))})
				for _, m := range run {
					under[m.X] += m.Y
				}
			}
			run = nil
		}
		for j, m := range s.Marks {
			if math.IsNaN(m.Y) || j > 0 && p.gap(s.Marks[j-1].X, m.X) {
				flush()
			}
			if !math.IsNaN(m.Y) {
				run = append(run, m)
			}
		}
		flush()
	}
}

// area is the outline of marks above what lies under them.
func area(run []PlotMark, under map[float64]float64, x, y func(float64) float64) string {
	var b strings.Builder
	pen := "M"
	point := func(m PlotMark, v float64) {
		fmt.Fprintf(&b, "%s%.1f %.1f", pen, x(m.X), y(v))
		pen = "L"
	}
	for _, m := range run {
		point(m, under[m.X]+m.Y)
	}
	for i := len(run) - 1; i >= 0; i-- {
		point(run[i], under[run[i].X])
	}
	return b.String() + "z"
}

// dots draws each mark as a glyph of its series, or, where marks are cells, as
// a square whose area says how many rows lie in it.
func (p *Plot) dots(d *drawing, x, y func(float64) float64) {
	most := 0.0
	for _, s := range p.Series {
		for _, m := range s.Marks {
			most = max(most, m.Rows)
		}
	}
	for i, s := range p.Series {
		for _, m := range s.Marks {
			if math.IsNaN(m.Y) {
				continue
			}
			g := shape{Class: fmt.Sprintf("pd d%d", i), D: glyph(i, x(m.X), y(m.Y), 3.2), Words: m.Words, Fill: -1}
			if most > 0 {
				g.Class, g.D = "pd d0", glyph(0, x(m.X), y(m.Y), 1.2+7*math.Sqrt(m.Rows/most))
			}
			d.Marks = append(d.Marks, g)
		}
	}
}

// glyph is the mark of series i: each has a form of its own.
func glyph(i int, x, y, r float64) string {
	switch i % (MostSeries + 1) {
	case 1:
		return fmt.Sprintf("M%.1f %.1fh%.1fv%.1fh%.1fz", x-r, y-r, 2*r, 2*r, -2*r)
	case 2:
		return fmt.Sprintf("M%.1f %.1fl%.1f %.1fh%.1fz", x, y-r*1.2, r*1.2, 2.2*r, -2.4*r)
	case 3:
		return fmt.Sprintf("M%.1f %.1fl%.1f %.1fl%.1f %.1fl%.1f %.1fz", x, y-r*1.3, r*1.3, r*1.3, -r*1.3, r*1.3, -r*1.3, -r*1.3)
	case 4:
		return fmt.Sprintf("M%.1f %.1fl%.1f %.1fm0 %.1fl%.1f %.1f", x-r, y-r, 2*r, 2*r, -2*r, -2*r, 2*r)
	case 5:
		return fmt.Sprintf("M%.1f %.1fh%.1fM%.1f %.1fv%.1f", x-r*1.2, y, 2.4*r, x, y-r*1.2, 2.4*r)
	case 6:
		return fmt.Sprintf("M%.1f %.1fh%.1fl%.1f %.1fz", x-r*1.2, y-r, 2.4*r, -1.2*r, 2.2*r)
	}
	return fmt.Sprintf("M%.1f %.1fa%.2f %.2f 0 1 0 %.2f 0a%.2f %.2f 0 1 0 %.2f 0z", x-r, y, r, r, 2*r, r, r, -2*r)
}

// xs are the different places that marks have, in order.
func (p *Plot) xs() []float64 {
	var all []float64
	for _, s := range p.Series {
		for _, m := range s.Marks {
			all = append(all, m.X)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// stops are where a reader stops on the axis; a scatter plot has none, since
// its rows have no order.
func (p *Plot) stops(x func(float64) float64) []float64 {
	if p.Kind == PlotScatter {
		return nil
	}
	var out []float64
	for _, v := range p.xs() {
		at := x(v)
		if p.Kind == PlotBar && p.X.Kind != Categories {
			at = x(v + p.Step/2)
		}
		out = append(out, at)
	}
	return out
}

// across draws bars of names below each other: names are read from left to
// right, in whatever script.
func (p *Plot) across(ctx context.Context) drawing {
	each := 1
	if !p.Stacked {
		each = len(p.Series)
	}
	row := barRow + 10*float64(each-1)
	d := drawing{Width: p.width(), Top: 30, Across: true}
	d.Bottom = d.Top + row*float64(len(p.X.Names))
	d.Height = d.Bottom + 40
	left := 0.0
	for _, n := range p.X.Names {
		left = max(left, letters(n))
	}
	left = min(left, p.width()*.28) + 10
	right := p.width() - 64
	ticks, step := roundTicks(p.values())
	write := shorten(ctx, max(math.Abs(ticks[0]), math.Abs(ticks[len(ticks)-1])), step)
	x := linear(ticks[0], ticks[len(ticks)-1], left, right)
	for _, t := range ticks {
		class := "ax"
		if t == 0 {
			class = "ax ax0"
		}
		d.Rules = append(d.Rules, shape{Class: class, D: fmt.Sprintf("M%.1f %.1fV%.1f", x(t), d.Top, d.Bottom), Fill: -1})
		d.Texts = append(d.Texts, letter{x(t), d.Bottom + 18, write(t), "middle", ""})
	}
	d.Texts = append(d.Texts, letter{0, 14, fit(p.X.titled(ctx), p.width()*.47), "start", "strong"}, letter{right, d.Height - 4, fit(p.Y.titled(ctx), p.width()*.55), "end", "strong"})
	for i, n := range p.X.Names {
		middle := d.Top + row*(float64(i)+.5)
		d.Texts = append(d.Texts, letter{left - 8, middle + 4, fit(n, left-10), "end", ""})
		d.Stops = append(d.Stops, middle)
	}
	p.rowsOfBars(ctx, &d, x, row)
	return d
}

func (p *Plot) rowsOfBars(ctx context.Context, d *drawing, x func(float64) float64, row float64) {
	height := row - 6
	if !p.Stacked {
		height /= float64(len(p.Series))
	}
	along := map[float64]float64{}
	for i, s := range p.Series {
		for _, m := range s.Marks {
			if math.IsNaN(m.Y) {
				continue
			}
			top := d.Top + row*m.X + 3
			from, to := 0.0, m.Y
			if p.Stacked {
				from, to = along[m.X], along[m.X]+m.Y
				along[m.X] = to
			} else {
				top += height * float64(i)
			}
			a, b := min(x(from), x(to)), max(x(from), x(to))
			d.Marks = append(d.Marks, shape{Class: "pb", D: rect(a, top, b-a, top+height-1), Words: m.Words, Fill: fillOf(i, len(p.Series))})
			if len(p.Series) == 1 {
				at, anchor := b+5, "start"
				if m.Y < 0 {
					at, anchor = a-5, "end"
				}
				d.Texts = append(d.Texts, letter{at, top + height/2 + 4, Short(ctx, m.Y), anchor, "strong"})
			}
		}
	}
}

// pie draws the parts of a whole clockwise from the top, each with its name
// and its share beside it.
func (p *Plot) pie(ctx context.Context) drawing {
	d := drawing{Width: p.width(), Height: pieHeight, Top: 0, Bottom: pieHeight}
	cx, cy, r := p.width()/2, pieHeight/2, 122.0
	if p.Narrow {
		r = 70
	}
	total := 0.0
	for _, s := range p.Series {
		total += s.Marks[0].Y
	}
	if total <= 0 {
		return d
	}
	var left, right []letter
	turn := 0.0
	for i, s := range p.Series {
		share := s.Marks[0].Y / total
		if share <= 0 {
			continue
		}
		d.Marks = append(d.Marks, shape{Class: "pb part", D: slice(cx, cy, r, turn, turn+share), Words: s.Marks[0].Words, Fill: i})
		sin, cos := math.Sincos((turn + share/2) * 2 * math.Pi)
		l := letter{cx + (r+14)*sin, cy - (r+14)*cos + 4, fit(s.Name, cx-r-68) + " " + Percent(share), "start", ""}
		if sin < 0 {
			l.Anchor = "end"
			left = append(left, l)
		} else {
			right = append(right, l)
		}
		turn += share
	}
	d.Texts = append(apart(left, 20, pieHeight-12), apart(right, 20, pieHeight-12)...)
	return d
}

// Percent is a share with one place, never 0.0% of something.
func Percent(share float64) string {
	if share > 0 && share < .0005 {
		return "<0.1%"
	}
	return fmt.Sprintf("%.1f%%", share*100)
}

// slice is a part of a disc, from and to in turns.
func slice(cx, cy, r, from, to float64) string {
	if to-from >= .99999 {
		return fmt.Sprintf("M%.1f %.1fa%.1f %.1f 0 1 1 0.01 0z", cx, cy-r, r, r)
	}
	s1, c1 := math.Sincos(from * 2 * math.Pi)
	s2, c2 := math.Sincos(to * 2 * math.Pi)
	large := 0
	if to-from > .5 {
		large = 1
	}
	return fmt.Sprintf("M%.1f %.1fL%.2f %.2fA%.1f %.1f 0 %d 1 %.2f %.2fz", cx, cy, cx+r*s1, cy-r*c1, r, r, large, cx+r*s2, cy-r*c2)
}

// Fits reports whether there is a value to draw.
func (p *Plot) Fits() bool {
	return p != nil && slices.ContainsFunc(p.Series, func(s PlotSeries) bool { return lastValue(s) != nil })
}

// viewBox is the frame of a drawing.
func (d drawing) viewBox() string { return fmt.Sprintf("0 0 %.0f %.0f", d.Width, d.Height) }

// stopList is the stops as a list for the script that reads values out.
func (d drawing) stopList() string {
	parts := make([]string, len(d.Stops))
	for i, s := range d.Stops {
		parts[i] = coord(s)
	}
	return strings.Join(parts, " ")
}

// fillClass is the class of a shape with what its fill adds.
func (s shape) fillClass() string {
	if s.Fill < 0 {
		return s.Class
	}
	return fmt.Sprintf("%s f%d", s.Class, s.Fill)
}

// patterned are the fills that are patterns.
var patterned = []int{2, 4, 5}

// fillOf is the address of the pattern that a shape is filled with; empty where
// its class says all.
func (p *Plot) fillURL(s shape) string {
	if slices.Contains(patterned, s.Fill) {
		return fmt.Sprintf("url(#%s-f%d)", p.ID, s.Fill)
	}
	return ""
}

package templates

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/templates/text"
)

func TestTicksAreRoundAndSpanTheValues(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      []float64
	}{
		{0, 10, []float64{0, 2, 4, 6, 8, 10}},
		{313, 416, []float64{300, 350, 400, 450}},
		{-.48, 1.17, []float64{-.5, 0, .5, 1, 1.5}},
		{0, 3022, []float64{0, 1000, 2000, 3000, 4000}},
		{5, 5, []float64{4, 4.5, 5, 5.5, 6}},
		{-3, -1, []float64{-3, -2.5, -2, -1.5, -1}},
		{4.2, 4.2, []float64{3, 3.5, 4, 4.5, 5, 5.5}},
	} {
		got, _ := roundTicks(c.low, c.high)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("from %v to %v: %v, want %v", c.low, c.high, got, c.want)
		}
	}
	for _, odd := range [][2]float64{{math.NaN(), 1}, {math.Inf(-1), math.Inf(1)}, {1e300, 1e300}, {-1e308, 1e308}, {0, 5e-324}, {1e15, 1e15 + 1}, {0, 0}} {
		if got, _ := roundTicks(odd[0], odd[1]); len(got) < 2 || len(got) > 12 {
			t.Errorf("from %v to %v: %d ticks", odd[0], odd[1], len(got))
		}
	}
}

func TestNumbersAreShortenedAsTheLanguageDoes(t *testing.T) {
	en := text.With(context.Background(), text.English)
	for _, c := range []struct {
		largest, step, v float64
		zh, en           string
	}{
		{10, 2, 4, "4", "4"},
		{1.5, .5, .5, "0.5", "0.5"},
		{4000, 1000, 3000, "3000", "3k"},
		{2e4, 5e3, 5e3, "0.5万", "5k"},
		{2e9, 5e8, 1.5e9, "15亿", "1.5B"},
		{2e9, 5e8, 0, "0", "0"},
		{3e12, 1e12, -1e12, "−1万亿", "−1T"},
	} {
		if zh, en := shorten(t.Context(), c.largest, c.step)(c.v), shorten(en, c.largest, c.step)(c.v); zh != c.zh || en != c.en {
			t.Errorf("%v to %v: %q and %q, want %q and %q", c.v, c.largest, zh, en, c.zh, c.en)
		}
	}
	for v, want := range map[float64]string{0: "0", 12: "12", 1234.5: "1,234.5", -0.25: "−0.25", 0.33333: "0.3333", 0.99999: "1", 373583648: "373,583,648", 9304074.666: "9,304,074.7", math.Inf(1): "", 1e20: "1e+20"} {
		if got := Plain(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}

func TestTimesAreMarkedWhereTheyBegin(t *testing.T) {
	at := func(s string) float64 {
		when, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return Seconds(when)
	}
	for _, c := range []struct {
		low, high string
		want      []string
	}{
		{"2013-03-01 00:00", "2017-02-28 00:00", []string{"2013-07", "2014-01", "2014-07", "2015-01", "2015-07", "2016-01", "2016-07", "2017-01"}},
		{"1958-03-01 00:00", "2020-05-01 00:00", []string{"1960", "1970", "1980", "1990", "2000", "2010", "2020"}},
		{"2024-01-15 00:00", "2024-06-20 00:00", []string{"2024-02", "2024-03", "2024-04", "2024-05", "2024-06"}},
		{"2024-02-26 00:00", "2024-03-03 00:00", []string{"02-26", "02-27", "02-28", "02-29", "03-01", "03-02", "03-03"}},
		{"2018-02-06 20:30", "2018-02-07 02:00", []string{"21:00", "22:00", "23:00", "00:00", "01:00", "02:00"}},
		{"0001-01-01 00:00", "9999-12-31 00:00", nil},
	} {
		ticks, form := momentTicks(at(c.low), at(c.high), 8)
		var got []string
		for _, s := range ticks {
			got = append(got, moment(s).Format(form))
		}
		if c.want == nil {
			if len(got) > 30 {
				t.Errorf("%s to %s: %d ticks", c.low, c.high, len(got))
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s to %s: %s", c.low, c.high, diff)
		}
	}
}

func marks(ys ...float64) []PlotMark {
	var out []PlotMark
	for i, y := range ys {
		out = append(out, PlotMark{X: float64(i), Y: y})
	}
	return out
}

func TestALineStopsWhereSomethingIsMissing(t *testing.T) {
	p := &Plot{ID: "p", Kind: PlotLine, Step: 1, X: PlotAxis{Kind: Numbers}, Series: []PlotSeries{{Marks: []PlotMark{{X: 0, Y: 1}, {X: 1, Y: 2}, {X: 2, Y: math.NaN()}, {X: 3, Y: 1}, {X: 7, Y: 2}, {X: 8, Y: 1}}}}}
	line := func() string { return p.draw(t.Context()).Marks[0].D }
	if n := strings.Count(line(), "M"); n != 3 {
		t.Errorf("%d parts, want 3: %s", n, line())
	}
	p.Joined = true
	if n := strings.Count(line(), "M"); n != 2 { // what is no value stays none
		t.Errorf("%d parts of what lies at uneven distances, want 2: %s", n, line())
	}
}

func TestBarsAndAreasBeginAtZeroAndLinesNeedNot(t *testing.T) {
	for kind, want := range map[PlotKind]float64{PlotBar: 0, PlotArea: 0, PlotLine: 90, PlotScatter: 90} {
		p := &Plot{ID: "p", Kind: kind, Step: 1, X: PlotAxis{Kind: Numbers}, Series: []PlotSeries{{Marks: marks(90, 95, 100)}}}
		if low, _ := p.values(); low != want {
			t.Errorf("%s begins at %v, want %v", kind, low, want)
		}
	}
	p := &Plot{ID: "p", Kind: PlotBar, Stacked: true, X: PlotAxis{Kind: Numbers}, Series: []PlotSeries{{Marks: marks(1, 2)}, {Marks: marks(3, 4)}}}
	if _, high := p.values(); high != 6 {
		t.Errorf("what is stacked reaches %v, want 6", high)
	}
}

func TestTheHeightOfABarIsItsValue(t *testing.T) {
	p := &Plot{ID: "p", Kind: PlotBar, X: PlotAxis{Kind: Categories, Names: []string{"甲", "乙"}}, Y: PlotAxis{Name: "行数"}, Series: []PlotSeries{{Marks: []PlotMark{{X: 0, Y: 100, Words: "甲：100 行"}, {X: 1, Y: 50}}}}}
	d := p.draw(t.Context())
	var widths []float64
	for _, m := range d.Marks {
		widths = append(widths, path(t, m.D)[2])
	}
	if len(widths) != 2 || math.Abs(widths[0]-2*widths[1]) > .2 {
		t.Errorf("bars of 100 and 50 are %v wide", widths)
	}
	if !slices.ContainsFunc(d.Texts, func(l letter) bool { return l.Text == "100" }) || d.Marks[0].Words != "甲：100 行" {
		t.Error("a bar does not say its value")
	}
	if len(d.Stops) != 2 || !d.Across {
		t.Errorf("stops %v", d.Stops)
	}
}

// path is the numbers of a path.
func path(t *testing.T, d string) []float64 {
	t.Helper()
	var out []float64
	for _, w := range strings.FieldsFunc(d, func(r rune) bool { return r != '.' && r != '-' && (r < '0' || r > '9') }) {
		var f float64
		if _, err := fmt.Sscan(w, &f); err != nil {
			t.Fatalf("%q in %s", w, d)
		}
		out = append(out, f)
	}
	return out
}

func TestAPieAddsUpToADisc(t *testing.T) {
	p := &Plot{ID: "p", Kind: PlotPie, Series: []PlotSeries{{Name: "半", Marks: marks(50)}, {Name: "四分之一", Marks: marks(25)}, {Name: "零", Marks: marks(0)}, {Name: "其余", Marks: marks(25)}}}
	d := p.draw(t.Context())
	if len(d.Marks) != 3 {
		t.Fatalf("%d parts: nothing is no part", len(d.Marks))
	}
	half := path(t, d.Marks[0].D) // from the top to the bottom
	if math.Abs(half[2]-plotWidth/2) > .1 || math.Abs(half[9]-plotWidth/2) > .1 || math.Abs(half[10]-half[3]-2*122) > .1 {
		t.Errorf("a half is %s", d.Marks[0].D)
	}
	var words []string
	for _, l := range d.Texts {
		words = append(words, l.Text)
	}
	if diff := cmp.Diff([]string{"其余 25.0%", "四分之一 25.0%", "半 50.0%"}, words, cmp.Transformer("sorted", func(s []string) []string { s = slices.Clone(s); slices.Sort(s); return s })); diff != "" {
		t.Error(diff)
	}
	if whole := (&Plot{ID: "p", Kind: PlotPie, Series: []PlotSeries{{Name: "全", Marks: marks(3)}}}).draw(t.Context()); len(whole.Marks) != 1 || whole.Texts[0].Text != "全 100.0%" {
		t.Errorf("a single part: %+v", whole.Marks)
	}
	if got := Percent(.0001); got != "<0.1%" {
		t.Errorf("a ten thousandth is %s", got)
	}
}

func TestNamesBesideLinesDoNotRunIntoEachOther(t *testing.T) {
	got := apart([]letter{{Y: 100}, {Y: 101}, {Y: 102}, {Y: 330}, {Y: 338}}, 34, 336)
	for i := 1; i < len(got); i++ {
		if got[i].Y-got[i-1].Y < 13.9 {
			t.Errorf("%v and %v", got[i-1].Y, got[i].Y)
		}
	}
	if last := got[len(got)-1].Y; last > 341 {
		t.Errorf("the last stands at %v, below the chart", last)
	}
}

func TestEverySeriesHasAFormOfItsOwn(t *testing.T) {
	seen := map[string]int{}
	for i := range MostSeries + 1 {
		g := glyph(i, 10, 10, 3)
		if j, twice := seen[g]; twice {
			t.Errorf("series %d looks like %d", i, j)
		}
		seen[g] = i
	}
	p := &Plot{ID: "p"}
	for _, i := range patterned {
		if p.fillURL(shape{Fill: i}) == "" {
			t.Errorf("fill %d has no pattern", i)
		}
	}
}

// A plot of anything ends, with finite numbers in every path.
func TestOddValuesAreDrawn(t *testing.T) {
	for _, ys := range [][]float64{{}, {math.NaN()}, {0}, {0, 0, 0}, {-1, -2}, {1e300, -1e300}, {5e-324}, {1e15, 1e15 + 1}} {
		for _, kind := range []PlotKind{PlotLine, PlotBar, PlotArea, PlotScatter} {
			for _, axis := range []AxisKind{Numbers, Moments, Categories} {
				p := &Plot{ID: "p", Kind: kind, Step: 1, X: PlotAxis{Kind: axis, Names: make([]string, len(ys))}, Series: []PlotSeries{{Name: "甲", Marks: marks(ys...)}, {Name: "乙", Marks: marks(ys...)}}}
				d := p.draw(t.Context())
				for _, s := range append(d.Marks, d.Rules...) {
					if strings.Contains(s.D, "NaN") || strings.Contains(s.D, "Inf") {
						t.Fatalf("%s of %v: %s", kind, ys, s.D)
					}
				}
			}
		}
	}
}

// What is drawn for a phone lies within its width, and its letters are not
// scaled down.
func TestAPlotForAPhoneFitsItsWidth(t *testing.T) {
	names := []string{"名称很长很长很长很长的一类", "乙", "丙"}
	for _, kind := range []PlotKind{PlotLine, PlotBar, PlotArea, PlotPie} {
		p := (&Plot{ID: "p", Kind: kind, X: PlotAxis{Name: "一个相当长的横轴名称", Names: names}, Y: PlotAxis{Name: "行数"}, Series: []PlotSeries{{Name: "名称很长很长的一个系列", Marks: marks(7043545, 2, 3)}, {Name: "乙", Marks: marks(1, 2, 3)}}}).narrowed()
		d := p.draw(t.Context())
		if d.Width > 360 || p.ID == "p" {
			t.Errorf("%s: %.0f wide, named %s", kind, d.Width, p.ID)
		}
		for _, l := range d.Texts {
			from, to := l.X, l.X+letters(l.Text)
			switch l.Anchor {
			case "end":
				from, to = l.X-letters(l.Text), l.X
			case "middle":
				from, to = l.X-letters(l.Text)/2, l.X+letters(l.Text)/2
			}
			if from < -1 || to > d.Width+1 {
				t.Errorf("%s: %q reaches from %.0f to %.0f", kind, l.Text, from, to)
			}
		}
	}
}

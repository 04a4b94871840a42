package templates

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"shuyuan/internal/atlas"
	"shuyuan/templates/text"
)

// MapView is a map in the explorer, with its controls.
type MapView struct {
	Form    ViewForm
	Refused string // why there is no map; empty where there is one
	Instead []Link // what would work
	Lead    string // what must be read before the map; empty: nothing
	Notes   []string
	Map     *Map
	Legend  []MapClass // of areas
	Cut     string     // how the classes are cut, in words
	Rows    MapRows
}

// Map is places on a part of the world.
type Map struct {
	Title, Label string
	Box          atlas.Box // what is seen, of the form of the frame: see FitBox
	Coast        []atlas.Ring
	Areas        []MapArea
	Shapes       []MapShape
	Points       []MapPoint
	Moves        []MapMove
	Statement    []string // review number or 示意, coordinate system, origin of outlines
}

// MapArea is an area that is coloured by its class.
type MapArea struct {
	Name, Words string
	Rings       []atlas.Ring
	Seat        atlas.Point
	Class       int // from 0; -1: no data
}

// MapClass is one class of a legend.
type MapClass struct {
	Words string
	Class int
	Areas int
}

// MapShape is a line or an area of the data.
type MapShape struct {
	Lines  []atlas.Ring
	Closed bool
	Words  string
	Href   string
}

// MapPoint is a row, or several that lie near each other.
type MapPoint struct {
	At    atlas.Point
	Rows  float64
	Words string
	Href  string
}

// MapMove is a way to see another part of the world.
type MapMove struct {
	Name, Title, Href string // Name: in, out, north, south, west, east, all
}

// MapRows is the rows in view, each with the place that a point leads to.
type MapRows struct {
	Heading string
	Columns []Column
	Rows    [][]string
	IDs     []string // of each row; empty: none
	More    Link
}

// The frame of a map.
const (
	mapWidth  = 720.0
	mapHeight = 480.0
)

// MapAspect is how many times wider a map is than high.
const MapAspect = mapWidth / mapHeight

// parallel is the cosine of the latitude at which a map is true: the middle of
// what is seen. Towards the poles it goes no further than 80 degrees.
func parallel(b atlas.Box) float64 {
	return math.Cos(min(max(math.Abs(b.Middle().Lat), 0), 80) * math.Pi / 180)
}

// FitBox is the least box around b that has the form of a map's frame, with a
// little room at its edges and never so small that nothing is told apart.
func FitBox(b atlas.Box) atlas.Box {
	const least = .002 // degrees, some 200 metres
	m := b.Middle()
	wide, high := max((b.East-b.West)*1.08, least), max((b.North-b.South)*1.08, least)
	k := parallel(b)
	if wide*k < high*MapAspect {
		wide = high * MapAspect / k
	} else {
		high = wide * k / MapAspect
	}
	return atlas.Box{West: m.Lon - wide/2, South: m.Lat - high/2, East: m.Lon + wide/2, North: m.Lat + high/2}
}

// project is where a place stands in the frame: longitudes and latitudes at
// even distances, true at the middle (equirectangular).
func (m *Map) project(p atlas.Point) (x, y float64) {
	return mapWidth * (p.Lon - m.Box.West) / (m.Box.East - m.Box.West), mapHeight * (m.Box.North - p.Lat) / (m.Box.North - m.Box.South)
}

// line is a path of places, in half units: what lies closer together cannot be
// seen. Far beyond the frame it is cut off, so that no number grows large.
func (m *Map) line(b *strings.Builder, r atlas.Ring, closed bool) {
	const far = 4000.0
	pen, lastX, lastY := "M", math.Inf(1), math.Inf(1)
	n := 0
	for _, p := range r {
		x, y := m.project(p)
		x, y = math.Round(min(max(x, -far), far)*2)/2, math.Round(min(max(y, -far), far)*2)/2
		if x == lastX && y == lastY {
			continue
		}
		b.WriteString(pen)
		b.WriteString(strconv.FormatFloat(x, 'f', -1, 64))
		b.WriteByte(' ')
		b.WriteString(strconv.FormatFloat(y, 'f', -1, 64))
		pen, lastX, lastY = "L", x, y
		n++
	}
	if n == 1 { // too small to have a form, but it is there
		b.WriteString("h1")
	}
	if closed && n > 1 {
		b.WriteByte('z')
	}
}

func (m *Map) rings(all []atlas.Ring, closed bool) string {
	var b strings.Builder
	for _, r := range all {
		if len(r) > 0 && r.Box().Touches(m.Box) {
			m.line(&b, r, closed)
		}
	}
	return b.String()
}

// gridStep is the distance of the lines of the graticule, in degrees.
func gridStep(span float64) float64 {
	for _, s := range []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 15, 30} {
		if span/s <= 6 {
			return s
		}
	}
	return 60
}

// graticule is lines of longitude and latitude, with their names at the edge.
func (m *Map) graticule() (lines string, names []letter) {
	var b strings.Builder
	step := gridStep(m.Box.East - m.Box.West)
	for i := math.Ceil(m.Box.West / step); i*step <= m.Box.East; i++ {
		x, _ := m.project(atlas.Point{Lon: i * step})
		fmt.Fprintf(&b, "M%.1f 0V%.0f", x, mapHeight)
		if x > 24 && x < mapWidth-24 && math.Abs(i*step) <= 180 {
			names = append(names, letter{x, mapHeight - 6, degree(i*step, step, "E", "W"), "middle", ""})
		}
	}
	for i := math.Ceil(m.Box.South / step); i*step <= m.Box.North; i++ {
		_, y := m.project(atlas.Point{Lat: i * step})
		if math.Abs(i*step) > 90 {
			continue
		}
		fmt.Fprintf(&b, "M0 %.1fH%.0f", y, mapWidth)
		if y > 20 && y < mapHeight-24 {
			names = append(names, letter{5, y - 4, degree(i*step, step, "N", "S"), "start", ""})
		}
	}
	return b.String(), names
}

// degree is a longitude or latitude as people write it.
func degree(v, step float64, plus, minus string) string {
	places := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	s := strconv.FormatFloat(math.Abs(v), 'f', places, 64) + "°"
	switch {
	case math.Abs(v) < step/2:
		return "0°"
	case v < 0:
		return s + minus
	}
	return s + plus
}

// bar is the scale bar: a round distance, its length in the frame and its name.
func (m *Map) bar(ctx context.Context) (length float64, name string) {
	kilometres := (m.Box.East - m.Box.West) * 111.32 * parallel(m.Box) / mapWidth // of one unit
	round := math.Pow(10, math.Floor(math.Log10(kilometres*140)))
	for _, f := range []float64{5, 2} {
		if round*f <= kilometres*140 {
			round *= f
			break
		}
	}
	if round < 1 {
		return round / kilometres, text.T(ctx, "%s 米", Plain(round*1000))
	}
	return round / kilometres, text.T(ctx, "%s 千米", Plain(round))
}

// disc is the size of a point that stands for n rows.
func disc(n float64) float64 {
	if n <= 1 {
		return 4.5
	}
	return min(6.5+1.1*math.Log2(n), 16)
}

// mapDot is a point as it is drawn.
type mapDot struct {
	MapPoint
	X, Y, R float64
	Name    string // how many rows, where there are several
}

func (m *Map) dots(ctx context.Context) []mapDot {
	var out []mapDot
	for _, p := range m.Points {
		d := mapDot{MapPoint: p, R: disc(p.Rows)}
		d.X, d.Y = m.project(p.At)
		if p.Rows > 1 {
			d.Name = tiny(ctx, p.Rows)
		}
		out = append(out, d)
	}
	return out
}

// tiny is a number short enough to stand in a disc.
func tiny(ctx context.Context, n float64) string {
	if n < 1000 {
		return strconv.Itoa(int(n))
	}
	return shorten(ctx, n, math.Pow(10, math.Floor(math.Log10(n))-1))(n)
}

// names are the names of areas that have room, in letters so many times as large
// as on a wide screen. One that would run into another stands lower.
func (m *Map) names(times float64) []letter {
	var out []letter
	for _, a := range m.Areas {
		x, y := m.project(a.Seat)
		if x < 20 || x > mapWidth-20 || y < 16 || y > mapHeight-24 {
			continue
		}
		l := letter{x, y, a.Name, "middle", ""}
		for range len(out) {
			if i := slices.IndexFunc(out, func(o letter) bool { return l.meets(o, times) }); i >= 0 {
				l.Y = out[i].Y + 15*times
			}
		}
		out = append(out, l)
	}
	return out
}

// meets reports whether two texts run into each other.
func (l letter) meets(o letter, times float64) bool {
	return math.Abs(l.X-o.X) < (letters(l.Text)+letters(o.Text))/2*times+4 && math.Abs(l.Y-o.Y) < 14*times
}

func (m *Map) boxText() string {
	return BoxText(m.Box)
}

// BoxText is a box as an address has it: west, south, east and north.
func BoxText(b atlas.Box) string {
	var parts []string
	for _, v := range []float64{b.West, b.South, b.East, b.North} {
		parts = append(parts, strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64))
	}
	return strings.Join(parts, ",")
}

// Classes are where values are cut into at most n classes: each bound is the
// least value of the class after. Quantiles put as many values into each;
// equal makes each as wide.
func Classes(values []float64, n int, equal bool) []float64 {
	sorted := sortedDistinct(values)
	if len(sorted) < 2 {
		return nil
	}
	n = min(n, len(sorted))
	var cuts []float64
	for i := 1; i < n; i++ {
		var cut float64
		if equal {
			low, high := sorted[0], sorted[len(sorted)-1]
			cut = low + (high-low)*float64(i)/float64(n)
		} else {
			cut = quantile(values, float64(i)/float64(n))
		}
		if cut > sorted[0] && (len(cuts) == 0 || cut > cuts[len(cuts)-1]) {
			cuts = append(cuts, cut)
		}
	}
	return cuts
}

// ClassOf is the class of v, from 0.
func ClassOf(cuts []float64, v float64) int {
	n := 0
	for _, c := range cuts {
		if v >= c {
			n++
		}
	}
	return n
}

package templates

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/atlas"
	"shuyuan/templates/text"
)

func TestABoxTakesTheFormOfTheFrameAroundItsMiddle(t *testing.T) {
	for _, b := range []atlas.Box{{West: 118, South: 24, East: 120, North: 27}, {West: 70, South: 18, East: 135, North: 53}, {West: -180, South: -60, East: 180, North: 75}, {West: 119.3, South: 26.1, East: 119.3, North: 26.1}, {West: 0, South: 89, East: 1, North: 90}} {
		got := FitBox(b)
		if !got.Holds(atlas.Point{Lon: b.West, Lat: b.South}) || !got.Holds(atlas.Point{Lon: b.East, Lat: b.North}) {
			t.Errorf("%v does not hold %v", got, b)
		}
		if m, n := got.Middle(), b.Middle(); math.Abs(m.Lon-n.Lon) > 1e-9 || math.Abs(m.Lat-n.Lat) > 1e-9 {
			t.Errorf("%v has another middle than %v", got, b)
		}
		// true at the middle: a degree north is as long as a degree east times the cosine
		if ratio := (got.East - got.West) * parallel(b) / (got.North - got.South); math.Abs(ratio-MapAspect) > 1e-6 {
			t.Errorf("%v is %v times as wide as high, want %v", got, ratio, MapAspect)
		}
	}
}

func TestPlacesStandWhereTheyLie(t *testing.T) {
	m := &Map{Box: atlas.Box{West: 118, South: 24, East: 121, North: 26}}
	for _, c := range []struct {
		lon, lat, x, y float64
	}{{118, 26, 0, 0}, {121, 24, 720, 480}, {119.5, 25, 360, 240}, {118.75, 25.5, 180, 120}} {
		if x, y := m.project(atlas.Point{Lon: c.lon, Lat: c.lat}); math.Abs(x-c.x) > 1e-6 || math.Abs(y-c.y) > 1e-6 {
			t.Errorf("%v, %v stands at %v, %v, want %v, %v", c.lon, c.lat, x, y, c.x, c.y)
		}
	}
	if d := m.rings([]atlas.Ring{{{Lon: 118, Lat: 26}, {Lon: 118.0001, Lat: 26}, {Lon: 119.5, Lat: 25}, {Lon: 118, Lat: 25}, {Lon: 118, Lat: 26}}, {{Lon: 10, Lat: 10}, {Lon: 11, Lat: 10}, {Lon: 11, Lat: 11}, {Lon: 10, Lat: 10}}}, true); d != "M0 0L360 240L0 240L0 0z" {
		t.Errorf("a ring, and one out of sight: %s", d)
	}
	if d := m.rings([]atlas.Ring{{{Lon: 119, Lat: 25}}}, false); !strings.HasPrefix(d, "M240 240h1") {
		t.Errorf("what is too small to have a form: %q", d)
	}
}

func TestTheScaleBarIsARoundDistance(t *testing.T) {
	en := text.With(context.Background(), text.English)
	for _, c := range []struct {
		box  atlas.Box
		want string
	}{
		{FitBox(atlas.Box{West: 116, South: 23.5, East: 120.7, North: 28.3}), "100 km"},
		{FitBox(atlas.Box{West: -180, South: -60, East: 180, North: 60}), "5,000 km"},
		{FitBox(atlas.Box{West: 119.3, South: 26.1, East: 119.3, North: 26.1}), "50 m"},
	} {
		m := &Map{Box: c.box}
		length, name := m.bar(en)
		if name != c.want || length < 40 || length > 141 {
			t.Errorf("%v: %s, %v long, want %s", c.box, name, length, c.want)
		}
	}
	// the bar is as long as what it says: 100 km at 26 degrees north
	m := &Map{Box: atlas.Box{West: 116, South: 24, East: 122, North: 28}}
	length, _ := m.bar(en)
	degrees := length / mapWidth * 6
	if km := degrees * 111.32 * math.Cos(26*math.Pi/180); math.Abs(km-100) > .5 {
		t.Errorf("a bar of 100 km is %v km long", km)
	}
}

func TestTheGraticuleHasRoundDegrees(t *testing.T) {
	for _, c := range []struct {
		box  atlas.Box
		want []string
	}{
		{atlas.Box{West: 116.2, South: 23.4, East: 121.6, North: 27.6}, []string{"117°E", "118°E", "119°E", "120°E", "121°E", "24°N", "25°N", "26°N", "27°N"}},
		{atlas.Box{West: -200, South: -100, East: 200, North: 100}, []string{"180°W", "120°W", "60°W", "0°", "60°E", "120°E", "180°E", "60°S", "0°", "60°N"}},
		{atlas.Box{West: 119.3, South: 26.1, East: 119.306, North: 26.104}, []string{"119.302°E", "119.304°E", "26.102°N"}},
	} {
		_, names := (&Map{Box: c.box}).graticule()
		var got []string
		for _, l := range names {
			got = append(got, l.Text)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v: %s", c.box, diff)
		}
	}
}

func TestValuesAreCutIntoClasses(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		equal  bool
		want   []float64
	}{
		{"quantiles", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 100}, false, []float64{3, 5, 7, 9}},
		{"equal widths", []float64{0, 2, 3, 10}, true, []float64{2.5, 5, 7.5}},
		{"equal widths of many", []float64{0, 1, 2, 3, 4, 100}, true, []float64{20, 40, 60, 80}},
		{"fewer values than classes", []float64{7, 1, 4}, false, []float64{4, 7}},
		{"most are the same", []float64{0, 0, 0, 0, 0, 0, 0, 9}, false, nil},
		{"one value", []float64{5, 5}, false, nil},
		{"none", nil, true, nil},
		{"what is no number is in no class", []float64{math.NaN(), 1, math.Inf(1), 2}, false, []float64{2}},
	} {
		got := Classes(c.values, 5, c.equal)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	for v, want := range map[float64]int{-1: 0, 2: 0, 3: 1, 4.9: 1, 5: 2, 100: 4} {
		if got := ClassOf([]float64{3, 5, 7, 9}, v); got != want {
			t.Errorf("%v is in class %d, want %d", v, got, want)
		}
	}
}

func TestNamesOfAreasDoNotRunIntoEachOther(t *testing.T) {
	m := &Map{Box: atlas.Box{West: 116, South: 23, East: 122, North: 27}}
	for _, name := range []string{"漳州市", "厦门市", "泉州市"} {
		m.Areas = append(m.Areas, MapArea{Name: name, Seat: atlas.Point{Lon: 118, Lat: 24.5}})
	}
	names := m.names(1)
	for i, a := range names {
		for _, b := range names[i+1:] {
			if a.meets(b, 1) {
				t.Errorf("%v runs into %v", a, b)
			}
		}
	}
}

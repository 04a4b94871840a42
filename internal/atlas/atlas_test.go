package atlas

import (
	"math"
	"strings"
	"testing"
)

// What is drawn without map review (审图号) must not be boundary data: all
// points are corners of a coarse grid, and no line follows a boundary.
func TestCitiesAreSquaresAndNoBoundaries(t *testing.T) {
	for _, p := range Provinces() {
		for _, c := range p.Cities {
			for _, r := range c.Rings {
				for i, at := range r {
					for _, v := range []float64{at.Lon / GridStep, at.Lat / GridStep} {
						if math.Abs(v-math.Round(v)) > 1e-6 {
							t.Errorf("%s: %v is no corner of the grid", c.Name, at)
						}
					}
					if i > 0 && at.Lon != r[i-1].Lon && at.Lat != r[i-1].Lat {
						t.Errorf("%s: a line from %v to %v is no side of a square", c.Name, r[i-1], at)
					}
				}
			}
		}
	}
}

func TestEveryCityIsClosedAndNearItsSeat(t *testing.T) {
	want := map[string]int{"350000": 9, "210000": 14}
	for _, p := range Provinces() {
		if len(p.Cities) != want[p.Code] {
			t.Errorf("%s has %d cities, want %d", p.Name, len(p.Cities), want[p.Code])
		}
		for _, c := range p.Cities {
			if c.Code[:2] != p.Code[:2] || !strings.HasSuffix(c.Code, "00") || c.NameEN == "" {
				t.Errorf("%s: %s %s %q", p.Name, c.Code, c.Name, c.NameEN)
			}
			near := false
			for _, r := range c.Rings {
				if r[0] != r[len(r)-1] {
					t.Errorf("%s: a ring is open", c.Name)
				}
				b := r.Box()
				near = near || Box{b.West - GridStep, b.South - GridStep, b.East + GridStep, b.North + GridStep}.Holds(c.Seat)
			}
			if !near {
				t.Errorf("%s: its seat %v lies elsewhere", c.Name, c.Seat)
			}
		}
	}
}

// around reports whether p lies within r (even-odd rule).
func around(r Ring, p Point) bool {
	in := false
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		if (a.Lat > p.Lat) != (b.Lat > p.Lat) && p.Lon < a.Lon+(p.Lat-a.Lat)/(b.Lat-a.Lat)*(b.Lon-a.Lon) {
			in = !in
		}
	}
	return in
}

func TestACodeOfAnyLengthFindsItsProvince(t *testing.T) {
	for code, want := range map[string]string{"35": "福建省", "3501": "福建省", "350100": "福建省", "210302001001": "辽宁省", "11": "", "3": "", "": ""} {
		if p, ok := ProvinceOf(code); p.Name != want || ok != (want != "") {
			t.Errorf("%q lies in %q, want %q", code, p.Name, want)
		}
	}
}

func TestOnlyCoastsThatMayBeSeenAreGiven(t *testing.T) {
	all, fujian := Coast(World), Coast(Box{117, 23, 121, 28.5})
	if len(all) < 1000 || len(fujian) == 0 || len(fujian) > 40 {
		t.Errorf("%d coasts in the world, %d at Fujian", len(all), len(fujian))
	}
	sea := Point{122, 25.8} // north of Taiwan
	for _, r := range fujian {
		if around(r, sea) {
			t.Errorf("%v is land", sea)
		}
	}
	if got := Coast(Box{-25, -50, -24, -49}); len(got) != 0 { // the middle of the Atlantic
		t.Errorf("%d coasts where there are none", len(got))
	}
}

package atlas

import (
	"strings"
	"testing"
)

func TestEveryCityHasAClosedOutlineAroundItsSeat(t *testing.T) {
	want := map[string]int{"350000": 9, "210000": 14}
	for _, p := range Provinces() {
		if len(p.Cities) != want[p.Code] {
			t.Errorf("%s has %d cities, want %d", p.Name, len(p.Cities), want[p.Code])
		}
		for _, c := range p.Cities {
			if c.Code[:2] != p.Code[:2] || !strings.HasSuffix(c.Code, "00") || c.NameEN == "" {
				t.Errorf("%s: %s %s %q", p.Name, c.Code, c.Name, c.NameEN)
			}
			inside := false
			for _, r := range c.Rings {
				if r[0] != r[len(r)-1] {
					t.Errorf("%s: a ring is open", c.Name)
				}
				inside = inside || around(r, c.Seat)
			}
			if !inside {
				t.Errorf("%s: its seat %v lies outside", c.Name, c.Seat)
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

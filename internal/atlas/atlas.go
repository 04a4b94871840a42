// Package atlas is the portal's own drawings: what maps are drawn on, since no
// page asks another server for tiles. It has coastlines of the world, and the
// cities of two provinces as squares of a coarse grid.
//
// None of it is a boundary, and none has been through map review (审图号): every
// map that shows it says so. There is no line between cities that could be
// taken for one, no outline of the country and no line between countries, on
// purpose: such maps must be reviewed before they are shown (地图管理条例
// 第十五条).
package atlas

import (
	"bufio"
	"bytes"
	"embed"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/coast.txt data/fujian.txt data/liaoning.txt
var files embed.FS

// Point is a longitude and a latitude, in degrees.
type Point struct{ Lon, Lat float64 }

// Ring is a closed line; its last point is its first.
type Ring []Point

// GridStep is the side of the squares that cities are made of, in degrees: some
// twenty kilometres.
const GridStep = .2

// Box is a part of the world, in degrees. It never crosses the 180th meridian.
type Box struct{ West, South, East, North float64 }

// World is all of it.
var World = Box{-180, -90, 180, 90}

// Touches reports whether two boxes have a point in common.
func (b Box) Touches(o Box) bool {
	return b.West <= o.East && o.West <= b.East && b.South <= o.North && o.South <= b.North
}

// Holds reports whether p lies in b.
func (b Box) Holds(p Point) bool {
	return p.Lon >= b.West && p.Lon <= b.East && p.Lat >= b.South && p.Lat <= b.North
}

// Middle is the middle of b.
func (b Box) Middle() Point { return Point{(b.West + b.East) / 2, (b.South + b.North) / 2} }

// With is the least box that holds b and p.
func (b Box) With(p Point) Box {
	return Box{min(b.West, p.Lon), min(b.South, p.Lat), max(b.East, p.Lon), max(b.North, p.Lat)}
}

// Nowhere is the box that With begins from.
var Nowhere = Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}

// Box is how far a ring reaches.
func (r Ring) Box() Box {
	b := Nowhere
	for _, p := range r {
		b = b.With(p)
	}
	return b
}

// City is where a city lies, roughly, by its division code (GB/T 2260) of six
// digits: the squares of a grid that it fills most of.
type City struct {
	Code, Name, NameEN string
	Seat               Point // where its name is written
	Rings              []Ring
}

// Province is the cities of one province, side by side.
type Province struct {
	Code, Name, NameEN string // a code of six digits
	Cities             []City
	Box                Box
}

// Origin is where a drawing comes from and what may be done with it.
type Origin struct{ Name, Version, Licence string }

// Where the drawings come from.
var (
	Coastline = Origin{"Natural Earth (npm world-atlas)", "4.1.0 (2.0.2)", "public domain"}
	Cities    = Origin{"Apache ECharts", "4.9.0", "Apache-2.0"}
)

var load = sync.OnceValue(func() *atlas {
	a := &atlas{}
	for _, p := range []Province{{Code: "350000", Name: "福建省", NameEN: "Fujian"}, {Code: "210000", Name: "辽宁省", NameEN: "Liaoning"}} {
		p.Cities, p.Box = must(cities(strings.ToLower(p.NameEN))), Nowhere
		for _, c := range p.Cities {
			for _, r := range c.Rings {
				b := r.Box()
				p.Box = p.Box.With(Point{b.West, b.South}).With(Point{b.East, b.North})
			}
		}
		a.provinces = append(a.provinces, p)
	}
	a.coast = must(coast())
	for _, r := range a.coast {
		a.reach = append(a.reach, r.Box())
	}
	return a
})

type atlas struct {
	provinces []Province
	coast     []Ring
	reach     []Box // of each coast
}

// must is for files that are built in: a broken one is a mistake of the build.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Provinces are those whose cities can be drawn. Nobody changes them.
func Provinces() []Province { return load().provinces }

// ProvinceOf is the province that a division code of two or more digits lies in.
func ProvinceOf(code string) (Province, bool) {
	for _, p := range Provinces() {
		if len(code) >= 2 && code[:2] == p.Code[:2] {
			return p, true
		}
	}
	return Province{}, false
}

// Coast is the coastlines that may be seen in b. Nobody changes them.
func Coast(b Box) []Ring {
	var out []Ring
	for i, reach := range load().reach {
		if b.Touches(reach) {
			out = append(out, load().coast[i])
		}
	}
	return out
}

func coast() ([]Ring, error) {
	var out []Ring
	err := lines("coast", func(line string) error {
		r, err := ring(line)
		out = append(out, r)
		return err
	})
	return out, err
}

// cities reads a file of cities: a line with code, name, English name and seat,
// then the rings of that city.
func cities(name string) ([]City, error) {
	var out []City
	err := lines(name, func(line string) error {
		words := strings.Fields(line)
		if len(words) == 5 && len(words[0]) == 6 {
			if _, err := strconv.Atoi(words[1]); err != nil {
				lon, err1 := strconv.Atoi(words[3])
				lat, err2 := strconv.Atoi(words[4])
				if err1 != nil || err2 != nil {
					return fmt.Errorf("atlas: no seat in %q", line)
				}
				out = append(out, City{Code: words[0], Name: words[1], NameEN: words[2], Seat: degrees(lon, lat)})
				return nil
			}
		}
		if len(out) == 0 {
			return fmt.Errorf("atlas: a ring before any city in %s", name)
		}
		r, err := ring(line)
		c := &out[len(out)-1]
		c.Rings = append(c.Rings, r)
		return err
	})
	return out, err
}

func lines(name string, each func(string) error) error {
	data, err := files.ReadFile("data/" + name + ".txt")
	if err != nil {
		return err
	}
	s := bufio.NewScanner(bytes.NewReader(data))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if err := each(s.Text()); err != nil {
			return err
		}
	}
	return s.Err()
}

// ring reads hundredths of a degree, each point as its distance from the last.
func ring(line string) (Ring, error) {
	words := strings.Fields(line)
	if len(words)%2 != 0 || len(words) < 8 {
		return nil, fmt.Errorf("atlas: no ring: %.40q", line)
	}
	out := make(Ring, 0, len(words)/2)
	x, y := 0, 0
	for i := 0; i < len(words); i += 2 {
		dx, err1 := strconv.Atoi(words[i])
		dy, err2 := strconv.Atoi(words[i+1])
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("atlas: no ring: %.40q", line)
		}
		x, y = x+dx, y+dy
		out = append(out, degrees(x, y))
	}
	return out, nil
}

func degrees(lon, lat int) Point { return Point{float64(lon) / 100, float64(lat) / 100} }

package ingest

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// box is how far a shape reaches.
type box struct {
	west, south, east, north float64
	points                   int
	outside                  int        // coordinates that no place on earth has
	wrong                    [2]float64 // the first of them
}

func (b *box) add(lon, lat float64) {
	if !onEarth(lon, lat) {
		if b.outside++; b.outside == 1 {
			b.wrong = [2]float64{lon, lat}
		}
		return
	}
	if b.points == 0 {
		b.west, b.east, b.south, b.north = lon, lon, lat, lat
	}
	b.points++
	b.west, b.east = min(b.west, lon), max(b.east, lon)
	b.south, b.north = min(b.south, lat), max(b.north, lat)
}

// middle is the middle of the box; ok is false where there is none.
func (b *box) middle() (lon, lat float64, ok bool) {
	return b.west + (b.east-b.west)/2, b.south + (b.north-b.south)/2, b.points > 0
}

var geoTypes = []string{"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}

// place reads a cell that is a shape: GeoJSON, WKT, or longitude and latitude
// with a comma between. Kind is its GeoJSON type.
func place(s []byte) (b box, kind string, ok bool) {
	t := trimmed(s)
	switch {
	case len(t) == 0:
		return b, "", false
	case t[0] == '{':
		return geoJSON(t)
	case t[0] >= 'A' && t[0] <= 'Z' || t[0] >= 'a' && t[0] <= 'z':
		return wkt(t)
	}
	x, y, ok := pair(t)
	if !ok {
		return b, "", false
	}
	vx, _ := x.decimal()
	vy, _ := y.decimal()
	b.add(vx, vy)
	return b, "Point", b.outside == 0 // else it is two numbers of another kind
}

// pair reads two numbers: 119.3,26.1 with any comma or a blank between, or an
// array of them. 1,023 is one number.
func pair(t []byte) (x, y number, ok bool) {
	if len(t) > 100 {
		return x, y, false
	}
	if inner, begins := bytes.CutPrefix(t, []byte("[")); begins {
		if t, ok = bytes.CutSuffix(inner, []byte("]")); !ok {
			return x, y, false
		}
	}
	var first, second []byte
	for _, between := range [...]string{",", "，", " "} {
		if first, second, ok = bytes.Cut(t, []byte(between)); ok {
			break
		}
	}
	second = trimmed(second)
	if !ok || len(second) > 1 && second[0] == '0' && second[1] != '.' {
		return x, y, false
	}
	x, ok1 := numberOf(trimmed(first))
	y, ok2 := numberOf(second)
	return x, y, ok1 && ok2
}

// geoJSON reads a geometry. Its numbers are scanned, not built into values:
// an outline can have millions.
func geoJSON(t []byte) (b box, kind string, ok bool) {
	var head struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(t, &head) != nil {
		return b, "", false
	}
	for _, known := range geoTypes {
		if head.Type == known {
			kind = known
		}
	}
	if kind == "" {
		return b, "", false
	}
	for rest := t; ; {
		_, after, found := bytes.Cut(rest, []byte(`"coordinates"`))
		if !found {
			break
		}
		rest = b.scan(after)
	}
	return b, kind, true
}

// scan reads the array that follows and returns what comes after it.
func (b *box) scan(s []byte) []byte {
	depth, index := 0, 0
	var pair [2]float64
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '[':
			depth++
			index = 0
		case c == ']':
			if index >= 2 {
				b.add(pair[0], pair[1])
			}
			index = 0
			if depth--; depth <= 0 {
				return s[i+1:]
			}
		case c == '-' || c >= '0' && c <= '9':
			from := i
			for i++; i < len(s) && bytes.IndexByte([]byte("+-.eE0123456789"), s[i]) >= 0; i++ {
			}
			if index < 2 {
				pair[index], _ = strconv.ParseFloat(string(s[from:i]), 64)
			}
			index++
			i--
		case c == '}' || c == '"':
			return s[i:]
		}
	}
	return nil
}

// withoutSRID takes the mark of its system from a text that PostGIS wrote,
// where that is one of longitudes and latitudes: SRID=4326;POINT(116.3 39.9).
func withoutSRID(t []byte) []byte {
	for _, known := range [...]string{"SRID=4326;", "SRID=4490;"} {
		if len(t) > len(known) && bytes.EqualFold(t[:len(known)], []byte(known)) {
			return t[len(known):]
		}
	}
	return t
}

// wktKind is the GeoJSON type of a word of well-known text in capitals, with Z
// or M behind it or none.
func wktKind(word []byte) (string, bool) {
	word = trimmed(word)
	word = trimmed(bytes.TrimSuffix(bytes.TrimSuffix(word, []byte("M")), []byte("Z")))
	for _, known := range geoTypes {
		if string(word) == string(bytes.ToUpper([]byte(known))) {
			return known, true
		}
	}
	return "", false
}

// wkt reads POINT(116.3 39.9) and its like.
func wkt(t []byte) (b box, kind string, ok bool) {
	t = withoutSRID(t)
	word, empty := bytes.CutSuffix(bytes.ToUpper(t[:min(len(t), 40)]), []byte("EMPTY"))
	if empty {
		kind, ok = wktKind(word)
		return b, kind, ok
	}
	open := bytes.IndexByte(t, '(')
	if open < 0 || t[len(t)-1] != ')' {
		return b, "", false
	}
	if kind, ok = wktKind(bytes.ToUpper(t[:open])); !ok {
		return b, "", false
	}
	depth := 0
	for i := open; i < len(t); {
		switch c := t[i]; {
		case c == '(':
			depth++
			i++
		case c == ')':
			depth--
			i++
		case c == ',' || c == ' ':
			i++
		case c == '-' || c >= '0' && c <= '9' || c == '.':
			end := i + bytes.IndexAny(t[i:], ",)")
			numbers := bytes.Fields(t[i:end])
			if len(numbers) < 2 {
				return b, kind, false
			}
			lon, err1 := strconv.ParseFloat(string(numbers[0]), 64)
			lat, err2 := strconv.ParseFloat(string(numbers[1]), 64)
			if err1 != nil || err2 != nil {
				return b, kind, false
			}
			b.add(lon, lat)
			i = end
		case kind == "GeometryCollection" && (c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'):
			i++
		default:
			return b, kind, false
		}
	}
	return b, kind, depth == 0
}

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
	outside                  int // coordinates that no place on earth has
}

func (b *box) add(lon, lat float64) {
	if !(lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90) {
		b.outside++
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
	lon, lat, ok := bytes.Cut(t, []byte(","))
	if !ok {
		if lon, lat, ok = bytes.Cut(t, []byte("，")); !ok {
			return b, "", false
		}
	}
	x, ok1 := numberOf(trimmed(lon))
	y, ok2 := numberOf(trimmed(lat))
	if !ok1 || !ok2 {
		return b, "", false
	}
	vx, _ := x.decimal()
	vy, _ := y.decimal()
	b.add(vx, vy)
	return b, "Point", b.outside == 0 // else it is two numbers of another kind
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

// wkt reads POINT(116.3 39.9) and its like.
func wkt(t []byte) (b box, kind string, ok bool) {
	open := bytes.IndexByte(t, '(')
	if open < 0 || t[len(t)-1] != ')' {
		return b, "", false
	}
	word := bytes.ToUpper(trimmed(t[:open]))
	word = bytes.TrimSuffix(bytes.TrimSuffix(word, []byte(" Z")), []byte(" M"))
	for _, known := range geoTypes {
		if string(word) == string(bytes.ToUpper([]byte(known))) {
			kind = known
		}
	}
	if kind == "" {
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

package rows

import "strings"

// shapes are the shapes of well-known text: what GeoJSON calls them, and how
// deep their positions lie within arrays.
var shapes = map[string]struct {
	name  string
	depth int
}{
	"POINT": {"Point", 0}, "MULTIPOINT": {"MultiPoint", 1}, "LINESTRING": {"LineString", 1}, "MULTILINESTRING": {"MultiLineString", 2},
	"POLYGON": {"Polygon", 2}, "MULTIPOLYGON": {"MultiPolygon", 3}, "GEOMETRYCOLLECTION": {"GeometryCollection", -1},
}

// mostNested is how deep collections may lie in collections.
const mostNested = 8

// appendWKT appends text, which is well-known text, as GeoJSON. It reports
// false, and appends nothing, for what is none.
func appendWKT(dst []byte, text string) ([]byte, bool) {
	w := wktReader{rest: withoutSRID(text)}
	out, ok := w.shape(dst, 0)
	w.blank()
	if !ok || w.rest != "" {
		return dst, false
	}
	return out, true
}

// withoutSRID takes the mark of its system from a text that PostGIS wrote:
// SRID=4326;POINT(119.3 26.1). Others than those of longitude and latitude are no
// places here.
func withoutSRID(text string) string {
	for _, known := range []string{"SRID=4326;", "SRID=4490;"} {
		if len(text) > len(known) && strings.EqualFold(text[:len(known)], known) {
			return text[len(known):]
		}
	}
	return text
}

type wktReader struct{ rest string }

func (w *wktReader) blank() { w.rest = strings.TrimLeft(w.rest, " \t\r\n") }

func (w *wktReader) word() string {
	w.blank()
	n := 0
	for n < len(w.rest) && (w.rest[n] >= 'A' && w.rest[n] <= 'Z' || w.rest[n] >= 'a' && w.rest[n] <= 'z') {
		n++
	}
	word := strings.ToUpper(w.rest[:n])
	w.rest = w.rest[n:]
	return word
}

func (w *wktReader) sign(c byte) bool {
	w.blank()
	if w.rest == "" || w.rest[0] != c {
		return false
	}
	w.rest = w.rest[1:]
	return true
}

func (w *wktReader) shape(dst []byte, nested int) ([]byte, bool) {
	word, mark := w.word(), ""
	shape, ok := shapes[word]
	for _, end := range []string{"ZM", "Z", "M"} { // POINTZ
		if short, found := strings.CutSuffix(word, end); !ok && found {
			if shape, ok = shapes[short]; ok {
				mark = end
			}
		}
	}
	if !ok || nested > mostNested {
		return dst, false
	}
	dst = append(append(append(dst, `{"type":"`...), shape.name...), '"')
	measured := false
	if mark == "" {
		mark = w.word()
	}
	switch mark {
	case "", "Z":
	case "M", "ZM":
		measured = true
	default: // EMPTY
		return dst, false
	}
	if shape.depth >= 0 {
		dst, ok = w.level(append(dst, `,"coordinates":`...), shape.depth, shape.name == "MultiPoint", measured)
		return append(dst, '}'), ok
	}
	dst, ok = w.list(append(dst, `,"geometries":`...), func(dst []byte) ([]byte, bool) { return w.shape(dst, nested+1) })
	return append(dst, '}'), ok
}

// level reads positions that lie depth arrays deep. Those of several points may
// stand in parentheses of their own.
func (w *wktReader) level(dst []byte, depth int, points, measured bool) ([]byte, bool) {
	if depth == 0 {
		if !w.sign('(') {
			return dst, false
		}
		dst, ok := w.position(dst, measured)
		return dst, ok && w.sign(')')
	}
	return w.list(dst, func(dst []byte) ([]byte, bool) {
		if depth > 1 {
			return w.level(dst, depth-1, points, measured)
		}
		inner := points && w.sign('(')
		dst, ok := w.position(dst, measured)
		return dst, ok && (!inner || w.sign(')'))
	})
}

// list reads (…, …) as an array.
func (w *wktReader) list(dst []byte, one func([]byte) ([]byte, bool)) ([]byte, bool) {
	if !w.sign('(') {
		return dst, false
	}
	dst = append(dst, '[')
	for n := 0; ; n++ {
		if n > 0 {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = one(dst); !ok {
			return dst, false
		}
		if !w.sign(',') {
			return append(dst, ']'), w.sign(')')
		}
	}
}

// position reads two or three numbers; a measure after them is left out.
func (w *wktReader) position(dst []byte, measured bool) ([]byte, bool) {
	dst = append(dst, '[')
	n := 0
	for ; n < 4; n++ {
		w.blank()
		end := strings.IndexFunc(w.rest, func(r rune) bool { return !strings.ContainsRune("+-.eE0123456789", r) })
		if end < 0 {
			return dst, false
		}
		if end == 0 {
			break
		}
		number := strings.TrimPrefix(w.rest[:end], "+")
		if !isNumber(number) {
			return dst, false
		}
		if n < 2 || n == 2 && !measured {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, number...)
		}
		w.rest = w.rest[end:]
	}
	return append(dst, ']'), n >= 2
}

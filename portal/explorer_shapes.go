package portal

import (
	"encoding/json"

	"shuyuan/internal/atlas"
	"shuyuan/templates"
)

// geometry is a shape of GeoJSON (RFC 7946, 3.1), its coordinates unread.
type geometry struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
	Geometries  []geometry      `json:"geometries"`
}

// shapeOf reads a shape: one point, or lines and rings. ok is false for what
// is no GeoJSON that can be drawn. Bytes of a file never come here: the text
// was checked when the table was made.
func shapeOf(text string) (shape templates.MapShape, point *atlas.Point, ok bool) {
	var g geometry
	if json.Unmarshal([]byte(text), &g) != nil {
		return shape, nil, false
	}
	points, ok := g.collect(&shape, 0)
	if ok && len(shape.Lines) == 0 && len(points) > 0 {
		return shape, &points[0], true
	}
	for _, p := range points { // beside lines, as a mark of its own
		shape.Lines = append(shape.Lines, atlas.Ring{p})
	}
	return shape, nil, ok && len(shape.Lines) > 0
}

// collect adds the lines of g to shape and returns its points. Collections
// within collections are read a few levels deep.
func (g geometry) collect(shape *templates.MapShape, depth int) (points []atlas.Point, ok bool) {
	read := func(into any) bool { return json.Unmarshal(g.Coordinates, into) == nil }
	switch g.Type {
	case "Point":
		var p position
		if !read(&p) || len(p) < 2 {
			return nil, false
		}
		return []atlas.Point{p.place()}, true
	case "MultiPoint":
		var all []position
		ok = read(&all)
		return line(all), ok
	case "LineString":
		var l []position
		ok = read(&l)
		shape.Lines = append(shape.Lines, line(l))
	case "MultiLineString", "Polygon":
		var all [][]position
		ok = read(&all)
		shape.Closed = shape.Closed || g.Type == "Polygon"
		for _, l := range all {
			shape.Lines = append(shape.Lines, line(l))
		}
	case "MultiPolygon":
		var all [][][]position
		ok = read(&all)
		shape.Closed = true
		for _, polygon := range all {
			for _, l := range polygon {
				shape.Lines = append(shape.Lines, line(l))
			}
		}
	case "GeometryCollection":
		ok = depth < 4
		for _, part := range g.Geometries {
			more, good := part.collect(shape, depth+1)
			points, ok = append(points, more...), ok && good
		}
	}
	return points, ok
}

// position is longitude, latitude and perhaps more.
type position []float64

func (p position) place() atlas.Point { return atlas.Point{Lon: p[0], Lat: p[1]} }

func line(all []position) atlas.Ring {
	out := make(atlas.Ring, 0, len(all))
	for _, p := range all {
		if len(p) >= 2 {
			out = append(out, p.place())
		}
	}
	return out
}

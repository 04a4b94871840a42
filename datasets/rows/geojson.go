package rows

import (
	"bufio"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Names of the columns that hold longitudes and latitudes, where a table has
// no column of places.
var (
	longitudes = []string{"经度", "lon", "lng", "long", "longitude", "longitude_deg", "x坐标", "经度坐标"}
	latitudes  = []string{"纬度", "lat", "latitude", "latitude_deg", "y坐标", "纬度坐标"}
)

// Places are the columns that say where each row lies: one of points or
// shapes, or two of numbers.
type Places struct {
	Column                string
	Longitude, Latitude   string
	longitudeAt, latitude int
}

// FindPlaces finds the columns of a schema that say where rows lie.
func FindPlaces(schema Schema) (Places, bool) {
	var fields []Field
	for _, c := range schema {
		fields = append(fields, Field{Name: c.Name, Label: c.Label, Type: c.Type, Column: c.Name})
	}
	p, shape := places(fields)
	return p, shape >= 0 || p.Longitude != ""
}

// places finds them among fields; shape is the place of the column of places.
func places(fields []Field) (p Places, shape int) {
	shape = -1
	for i, f := range fields { // the shape of a feature before a point that is one of its properties
		if f.Type.place() && f.Column != "" && (shape < 0 || f.Column == "geometry" || f.Type == Geometry && fields[shape].Type != Geometry) {
			shape = i
		}
	}
	if shape >= 0 {
		return Places{Column: fields[shape].Column}, shape
	}
	if p.longitudeAt, p.latitude = named(fields, longitudes), named(fields, latitudes); p.longitudeAt < 0 || p.latitude < 0 {
		p.longitudeAt, p.latitude = pairOf(fields)
	}
	if p.longitudeAt >= 0 && p.latitude >= 0 {
		p.Longitude, p.Latitude = fields[p.longitudeAt].Column, fields[p.latitude].Column
	}
	return p, -1
}

func named(fields []Field, names []string) int {
	return slices.IndexFunc(fields, func(f Field) bool {
		return f.Type.number() && f.Column != "" && (slices.Contains(names, strings.ToLower(f.Name)) || slices.Contains(names, strings.ToLower(f.Label)))
	})
}

// Names that say more than that: 中心经度 and 中心纬度, start_lon and start_lat.
var (
	longitudeForm = regexp.MustCompile(`(?i)经度|^[东西]经|^(lon|lng|longitude)_|_(lon|lng|longitude)$`)
	latitudeForm  = regexp.MustCompile(`(?i)纬度|^[南北]纬|^(lat|latitude)_|_(lat|latitude)$`)
)

// pairOf finds the first two columns of numbers whose names are the same but
// for what says longitude and latitude; -1 where there are none.
func pairOf(fields []Field) (lon, lat int) {
	rest := func(f Field, form *regexp.Regexp) (string, bool) {
		if !f.Type.number() || f.Column == "" {
			return "", false
		}
		for _, name := range []string{f.Name, f.Label} {
			if at := form.FindStringIndex(name); at != nil {
				return name[:at[0]] + "\x00" + name[at[1]:], true
			}
		}
		return "", false
	}
	for i, f := range fields {
		said, ok := rest(f, longitudeForm)
		if !ok {
			continue
		}
		for j, g := range fields {
			if other, ok := rest(g, latitudeForm); ok && i != j && other == said {
				return i, j
			}
		}
	}
	return -1, -1
}

// findPlaces chooses what the geometry of each feature is.
func (e *Export) findPlaces() error {
	p, shape := places(e.c.Fields)
	switch {
	case shape < 0 && p.Longitude == "":
		return malformed("format", "这次查询没有选地点列，不能导出 GeoJSON。")
	case shape < 0:
		e.shape = -1
		e.c.extra = []sqlExpr{e.c.out[p.longitudeAt], e.c.out[p.latitude]}
	case e.c.byGroup: // of a group there is only the text
		e.shape = shape
	default:
		column := e.c.out[shape].column
		e.shape = shape
		e.c.extra = []sqlExpr{{sql: column.Lon(), typ: Decimal}, {sql: column.Lat(), typ: Decimal}}
	}
	return nil
}

// geoJSONWriter writes each row as a feature (RFC 7946).
type geoJSONWriter struct {
	w     *bufio.Writer
	keys  [][]byte
	shape int
	note  *Annotation // a foreign member (RFC 7946, 6.1)
	n     int
	buf   []byte
	cells []exported
}

func newGeoJSONWriter(w *bufio.Writer, e *Export) *geoJSONWriter {
	names := slices.Clone(e.names)
	if e.shape >= 0 { // it is the geometry
		names = slices.Delete(names, e.shape, e.shape+1)
	}
	return &geoJSONWriter{w: w, keys: jsonKeys(names), shape: e.shape, note: e.o.Annotation}
}

func (g *geoJSONWriter) start() error {
	open := `{"type":"FeatureCollection",`
	if g.note != nil {
		open += g.note.member() + ","
	}
	_, err := g.w.WriteString(open + "\"features\":[\n")
	return err
}

func (g *geoJSONWriter) row(cells, extra []exported) error {
	g.buf = g.buf[:0]
	if g.n++; g.n > 1 {
		g.buf = append(g.buf, ",\n"...)
	}
	g.buf = append(g.buf, `{"type":"Feature","geometry":`...)
	g.buf = g.appendGeometry(g.buf, cells, extra)
	g.buf = append(g.buf, `,"properties":`...)
	if g.shape >= 0 {
		g.cells = append(append(g.cells[:0], cells[:g.shape]...), cells[g.shape+1:]...)
		cells = g.cells
	}
	if len(cells) == 0 {
		g.buf = append(g.buf, '{')
	}
	g.buf = append(appendObject(g.buf, g.keys, cells), '}')
	_, err := g.w.Write(g.buf)
	return err
}

// appendGeometry appends the shape of a row: GeoJSON as it stands, well-known
// text turned into it, or the point that two numbers are.
func (g *geoJSONWriter) appendGeometry(dst []byte, cells, extra []exported) []byte {
	if g.shape >= 0 {
		c := cells[g.shape]
		if len(c.text) > 0 && c.text[0] == '{' && json.Valid(c.text) {
			return append(dst, c.text...)
		}
		if shape, ok := appendWKT(dst, string(c.text)); ok {
			return shape
		}
	}
	if len(extra) != 2 || extra[0].null || extra[1].null {
		return append(dst, "null"...)
	}
	dst = append(dst, `{"type":"Point","coordinates":[`...)
	dst = appendNumber(dst, extra[0].text)
	dst = append(dst, ',')
	return append(appendNumber(dst, extra[1].text), "]}"...)
}

func (g *geoJSONWriter) end() error {
	_, err := g.w.WriteString("\n]}\n")
	return err
}

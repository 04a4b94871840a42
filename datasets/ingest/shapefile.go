package ingest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"

	"shuyuan/internal/fault"
)

// layer is a shapefile: shapes in .shp, their attributes in .dbf, and what the
// coordinates mean in .prj.
type layer struct {
	name               string
	shp, dbf, prj, cpg *entry
	a                  *archive
}

// layers are the shapefiles of an archive.
func (a *archive) layers() []*layer {
	var out []*layer
	for _, e := range a.entries {
		if path.Ext(e.base) == ".shp" {
			out = append(out, &layer{name: strings.TrimSuffix(e.name, path.Ext(e.name)), shp: &e, a: a})
		}
	}
	for _, l := range out {
		stem := strings.TrimSuffix(l.shp.base, ".shp")
		folder := path.Dir(l.shp.file.Name)
		for i, e := range a.entries {
			if strings.TrimSuffix(e.base, path.Ext(e.base)) != stem || path.Dir(e.file.Name) != folder {
				continue
			}
			switch path.Ext(e.base) {
			case ".dbf":
				l.dbf = &a.entries[i]
			case ".prj":
				l.prj = &a.entries[i]
			case ".cpg":
				l.cpg = &a.entries[i]
			}
		}
	}
	return out
}

// open adds the layer's table to f.
func (l *layer) open(f *File, opt Options) error {
	if l.dbf == nil || l.prj == nil {
		return fault.New(fault.Invalid, "图层“%s”缺少 .dbf 或 .prj 文件：属性表和坐标系说明要一起压缩。", l.name)
	}
	prj, err := l.small(l.prj, opt)
	if err != nil {
		return err
	}
	if !geographic(prj) {
		return fault.New(fault.Invalid, "图层“%s”的坐标系不是 WGS 84（EPSG:4326）或 CGCS2000（EPSG:4490）的经纬度，请先转换再传。", l.name)
	}
	f.Notes = append(f.Notes, note("图层“%s”的坐标系是 %s。", l.name, systemName(prj)))
	cpg := ""
	if l.cpg != nil {
		if cpg, err = l.small(l.cpg, opt); err != nil {
			return err
		}
	}
	table := dbfTable{src: l.a.source(*l.dbf, opt), limits: opt.Limits}
	if err := table.head(); err != nil {
		return err
	}
	if err := table.decideEncoding(cpg); err != nil {
		return err
	}
	f.Encoding = table.encoding
	shapes := l.a.source(*l.shp, opt)
	f.tables = append(f.tables, Table{Name: l.name, texts: table.texts(), shape: true, read: func(yield func([]string) error) error {
		return table.withShapes(l.name, shapes, opt.Limits, yield)
	}})
	return nil
}

// small reads a short text beside the shapes.
func (l *layer) small(e *entry, opt Options) (string, error) {
	r, err := l.a.source(*e, opt).open()
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(r, 64<<10))
	return strings.TrimSpace(strings.TrimPrefix(string(b), "\uFEFF")), err
}

var (
	systemOf = regexp.MustCompile(`^(?i)GEOG(?:CS|CRS)\s*\[\s*"([^"]*)"`)
	knownCRS = regexp.MustCompile(`(?i)^(GCS_)?(WGS[_ ]?(19)?84|CGCS[_ ]?2000|China[_ ]Geodetic[_ ]Coordinate[_ ]System[_ ]2000)$`)
)

// geographic reports whether coordinates are longitude and latitude in WGS 84
// or CGCS2000, which differ by centimetres.
func geographic(prj string) bool {
	m := systemOf.FindStringSubmatch(prj)
	return m != nil && knownCRS.MatchString(strings.TrimSpace(m[1]))
}

func systemName(prj string) string {
	if m := systemOf.FindStringSubmatch(prj); m != nil {
		return m[1]
	}
	return ""
}

// dbfTable is a dBase table.
type dbfTable struct {
	src      source
	limits   Limits
	rows     uint32
	header   int
	width    int
	language byte
	fields   []dbfField
	encoding string
}

type dbfField struct {
	name     []byte
	kind     byte
	from, to int
	decimals int
}

func notShapefile(why string) error {
	return fault.New(fault.Invalid, "这不是完好的 Shapefile。").Because(errors.New(why))
}

// head reads what columns there are.
func (t *dbfTable) head() error {
	r, err := t.src.open()
	if err != nil {
		return err
	}
	var fixed [32]byte
	if _, err := io.ReadFull(r, fixed[:]); err != nil {
		return cutShort(err)
	}
	t.rows, t.language = binary.LittleEndian.Uint32(fixed[4:]), fixed[29]
	t.header, t.width = int(binary.LittleEndian.Uint16(fixed[8:])), int(binary.LittleEndian.Uint16(fixed[10:]))
	if t.header < 33 || t.width < 1 {
		return notShapefile("a header of " + strconv.Itoa(t.header))
	}
	rest := make([]byte, t.header-32)
	if _, err := io.ReadFull(r, rest); err != nil {
		return cutShort(err)
	}
	at := 1
	for ; len(rest) >= 32 && rest[0] != 0x0D; rest = rest[32:] {
		name, _, _ := bytes.Cut(rest[:11], []byte{0})
		f := dbfField{name: bytes.TrimSpace(name), kind: rest[11], from: at, to: at + int(rest[16]), decimals: int(rest[17])}
		if f.kind == 'C' { // long texts use both bytes
			f.to += int(rest[17]) << 8
		}
		if f.to > t.width || f.from == f.to {
			return notShapefile("a column beyond its record")
		}
		if !strings.ContainsRune("CNFDL", rune(f.kind)) {
			return fault.New(fault.Invalid, "属性表里有不认识的列类型：%s", strconv.QuoteRune(rune(f.kind)))
		}
		t.fields, at = append(t.fields, f), f.to
	}
	return nil
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return notShapefile("it is cut short")
	}
	return err
}

// decideEncoding takes the encoding from the .cpg file, from the header, or
// from the bytes.
func (t *dbfTable) decideEncoding(cpg string) error {
	switch name := strings.ToUpper(strings.NewReplacer("-", "", "_", "", " ", "").Replace(cpg)); {
	case name == "UTF8" || name == "65001":
		t.encoding = "UTF-8"
		return nil
	case name == "GBK" || name == "GB2312" || name == "GB18030" || name == "936" || name == "CP936" || name == "ANSI936" || name == "54936":
		t.encoding = "GB18030"
		return nil
	case name != "" && name != "OEM" && name != "ANSI" && name != "SYSTEM" && !strings.HasPrefix(name, "ISO8859") && !strings.Contains(name, "1252"): // what programs write who know nothing better
		return fault.New(fault.Invalid, "不认识 .cpg 里的编码：%s", clip([]byte(cpg), 40))
	case t.language == 0x4D || t.language == 0x7A:
		t.encoding = "GB18030"
		return nil
	}
	r, err := t.src.open()
	if err != nil {
		return err
	}
	valid, _, err := validUTF8(&tail{r: r, skip: int64(t.header), names: t.fields})
	if t.encoding = "GB18030"; valid {
		t.encoding = "UTF-8"
	}
	return err
}

// tail is a table without its header, but with the names of its columns.
type tail struct {
	r     io.Reader
	skip  int64
	names []dbfField
}

func (t *tail) Read(p []byte) (int, error) {
	if t.skip > 0 {
		if _, err := io.CopyN(io.Discard, t.r, t.skip); err != nil {
			return 0, cutShort(err)
		}
		t.skip = 0
	}
	if len(t.names) > 0 {
		n := copy(p, t.names[0].name)
		t.names = t.names[1:]
		return n, nil
	}
	return t.r.Read(p)
}

// texts are the columns that are text by the table itself.
func (t *dbfTable) texts() []bool {
	out := make([]bool, len(t.fields)+1)
	for i, f := range t.fields {
		out[i] = f.kind == 'C'
	}
	return out
}

func (t *dbfTable) names(d *encoding.Decoder) ([]string, error) {
	var out []string
	for _, f := range t.fields {
		name, err := d.Bytes(f.name)
		if err != nil || !utf8.Valid(name) {
			return nil, notShapefile("a name that is no text")
		}
		out = append(out, string(name))
	}
	return append(out, geometry), nil
}

// withShapes yields the rows of the table, each with its shape as last cell.
func (t *dbfTable) withShapes(layerName string, src source, limits Limits, yield func([]string) error) error {
	d := encoding.Nop.NewDecoder()
	if t.encoding == "GB18030" {
		d = simplifiedchinese.GB18030.NewDecoder()
	}
	names, err := t.names(d)
	if err == nil {
		err = checkHeader(names)
	}
	if err != nil {
		return err
	}
	if err := yield(names); err != nil {
		return err
	}
	table, err := t.src.open()
	if err != nil {
		return err
	}
	rows := bufio.NewReaderSize(table, 64<<10)
	if _, err := rows.Discard(t.header); err != nil {
		return cutShort(err)
	}
	shapes, err := openShapes(src, limits)
	if err != nil {
		return err
	}
	looked := scrutiny{limits: limits, exact: true, encoding: t.encoding}
	record, row := make([]byte, t.width), make([]string, len(names))
	for n := 1; n <= int(t.rows); n++ {
		if _, err := io.ReadFull(rows, record); err != nil {
			return cutShort(err)
		}
		shape, err := shapes.next()
		if errors.Is(err, errNoShape) {
			return fault.New(fault.Invalid, "图层“%s”的图形和属性不一样多。", layerName)
		}
		if err != nil {
			return err
		}
		if record[0] == '*' { // deleted, and its shape with it
			continue
		}
		for i, f := range t.fields {
			if row[i], err = f.text(record[f.from:f.to], d); err != nil {
				return err
			}
		}
		row[len(row)-1] = ""
		if err := looked.row(row, n); err != nil {
			return err
		}
		row[len(row)-1] = shape
		if err := yield(row); err != nil {
			return err
		}
	}
	if _, err := shapes.next(); !errors.Is(err, errNoShape) {
		return fault.New(fault.Invalid, "图层“%s”的图形和属性不一样多。", layerName)
	}
	return looked.end()
}

// text is a cell.
func (f dbfField) text(cell []byte, d *encoding.Decoder) (string, error) {
	cell, _, _ = bytes.Cut(cell, []byte{0})
	switch f.kind {
	case 'C':
		out, err := d.Bytes(bytes.TrimRight(cell, " "))
		return string(out), err
	case 'D':
		if cell = bytes.TrimSpace(cell); len(cell) == 8 && string(cell) != "00000000" {
			return string(cell[:4]) + "-" + string(cell[4:6]) + "-" + string(cell[6:]), nil
		}
		return "", nil
	case 'L':
		switch strings.ToUpper(string(bytes.TrimSpace(cell))) {
		case "T", "Y":
			return "true", nil
		case "F", "N":
			return "false", nil
		}
		return "", nil
	}
	cell = bytes.TrimSpace(cell)
	if len(cell) > 0 && cell[0] == '*' { // too large to be written
		return "", nil
	}
	return string(cell), nil
}

// shapeReader reads shape after shape.
type shapeReader struct {
	in     *bufio.Reader
	kind   uint32
	limits Limits
	number int
	body   []byte
}

var errNoShape = errors.New("no more shapes")

func openShapes(src source, limits Limits) (*shapeReader, error) {
	r, err := src.open()
	if err != nil {
		return nil, err
	}
	s := &shapeReader{in: bufio.NewReaderSize(r, 256<<10), limits: limits}
	var head [100]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return nil, cutShort(err)
	}
	if binary.BigEndian.Uint32(head[:]) != 9994 {
		return nil, notShapefile("another beginning")
	}
	s.kind = binary.LittleEndian.Uint32(head[32:])
	if s.kind%10 > 8 || s.kind > 28 {
		return nil, fault.New(fault.Invalid, "不认识的图形类型：%d", int(s.kind))
	}
	return s, nil
}

// next is the next shape as GeoJSON; nothing for a null shape.
func (s *shapeReader) next() (string, error) {
	var head [8]byte
	if _, err := io.ReadFull(s.in, head[:]); errors.Is(err, io.EOF) {
		return "", errNoShape
	} else if err != nil {
		return "", cutShort(err)
	}
	s.number++
	size := int64(binary.BigEndian.Uint32(head[4:])) * 2
	if size < 4 || size > int64(s.limits.Record)*4 {
		return "", fault.New(fault.TooLarge, "第 %d 条记录太大。", s.number)
	}
	if int64(cap(s.body)) < size {
		s.body = make([]byte, 0, size)
	}
	s.body = s.body[:size]
	if _, err := io.ReadFull(s.in, s.body); err != nil {
		return "", cutShort(err)
	}
	kind := binary.LittleEndian.Uint32(s.body)
	if kind == 0 {
		return "", nil
	}
	if kind != s.kind {
		return "", notShapefile(fmt.Sprintf("shape %d is of type %d", s.number, kind))
	}
	out, err := shapeJSON(kind%10, s.body[4:])
	if err != nil {
		return "", err
	}
	return out, nil
}

// points reads n points from b.
func points(b []byte, n int) ([][2]float64, bool) {
	if n < 0 || n > len(b)/16 {
		return nil, false
	}
	out := make([][2]float64, n)
	for i := range out {
		for k := range 2 {
			v := math.Float64frombits(binary.LittleEndian.Uint64(b[i*16+k*8:]))
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, false
			}
			out[i][k] = v
		}
	}
	return out, true
}

// shapeJSON turns the body of a shape into GeoJSON. Heights and measures are
// left out: GeoJSON has no place for the latter and maps show neither.
func shapeJSON(kind uint32, b []byte) (string, error) {
	bad := notShapefile("a shape that is cut short")
	switch kind {
	case 1:
		p, ok := points(b, 1)
		if !ok {
			return "", bad
		}
		return string(append(appendPoint([]byte(`{"type":"Point","coordinates":`), p[0]), '}')), nil
	case 8:
		if len(b) < 36 {
			return "", bad
		}
		p, ok := points(b[36:], int(binary.LittleEndian.Uint32(b[32:])))
		if !ok {
			return "", bad
		}
		return string(append(appendLine([]byte(`{"type":"MultiPoint","coordinates":`), p), '}')), nil
	case 3, 5:
	default:
		return "", fault.New(fault.Invalid, "不认识的图形类型：%d", int(kind))
	}
	parts, ok := shapeParts(b)
	if !ok {
		return "", bad
	}
	if kind == 3 {
		if len(parts) == 1 {
			return string(append(appendLine([]byte(`{"type":"LineString","coordinates":`), parts[0]), '}')), nil
		}
		return string(append(appendLines([]byte(`{"type":"MultiLineString","coordinates":`), parts), '}')), nil
	}
	polygons := polygonsOf(parts)
	if len(polygons) == 1 {
		return string(append(appendLines([]byte(`{"type":"Polygon","coordinates":`), polygons[0]), '}')), nil
	}
	out := []byte(`{"type":"MultiPolygon","coordinates":[`)
	for i, p := range polygons {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendLines(out, p)
	}
	return string(append(out, "]}"...)), nil
}

// shapeParts reads the lines or rings of a shape.
func shapeParts(b []byte) ([][][2]float64, bool) {
	if len(b) < 40 {
		return nil, false
	}
	n, total := int(binary.LittleEndian.Uint32(b[32:])), int(binary.LittleEndian.Uint32(b[36:]))
	if n < 1 || n > (len(b)-40)/4 {
		return nil, false
	}
	all, ok := points(b[40+4*n:], total)
	if !ok {
		return nil, false
	}
	out := make([][][2]float64, n)
	for i := range out {
		from, to := int(binary.LittleEndian.Uint32(b[40+4*i:])), total
		if i+1 < n {
			to = int(binary.LittleEndian.Uint32(b[44+4*i:]))
		}
		if from < 0 || from > to || to > total {
			return nil, false
		}
		out[i] = all[from:to]
	}
	return out, true
}

// area is twice the signed area of a ring: negative where it runs clockwise.
func area(ring [][2]float64) (sum float64) {
	for i := range ring {
		a, b := ring[i], ring[(i+1)%len(ring)]
		sum += (b[0] - a[0]) * (b[1] + a[1])
	}
	return -sum
}

// polygonsOf puts holes into the outlines that hold them. In a shapefile
// outlines run clockwise and holes the other way; in GeoJSON it is the reverse.
func polygonsOf(rings [][][2]float64) [][][][2]float64 {
	var out [][][][2]float64
	var holes [][][2]float64
	for _, ring := range rings {
		if len(ring) == 0 {
			continue
		}
		if hole := area(ring) > 0; hole {
			holes = append(holes, ring)
			continue
		}
		out = append(out, [][][2]float64{ring})
	}
	for _, hole := range holes {
		at := -1
		for i := range out {
			if inside(hole[0], out[i][0]) {
				at = i
			}
		}
		if at < 0 { // nothing holds it: an outline that runs the wrong way
			out = append(out, [][][2]float64{hole})
			continue
		}
		out[at] = append(out[at], hole)
	}
	for _, polygon := range out {
		for i, ring := range polygon {
			if clockwise := area(ring) < 0; clockwise == (i == 0) {
				turned := make([][2]float64, len(ring))
				for k, p := range ring {
					turned[len(ring)-1-k] = p
				}
				polygon[i] = turned
			}
		}
	}
	return out
}

// inside reports whether a point lies in a ring.
func inside(p [2]float64, ring [][2]float64) bool {
	in := false
	for i := range ring {
		a, b := ring[i], ring[(i+1)%len(ring)]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}

func appendPoint(out []byte, p [2]float64) []byte {
	out = strconv.AppendFloat(append(out, '['), p[0], 'f', -1, 64)
	out = strconv.AppendFloat(append(out, ','), p[1], 'f', -1, 64)
	return append(out, ']')
}

func appendLine(out []byte, line [][2]float64) []byte {
	out = append(out, '[')
	for i, p := range line {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendPoint(out, p)
	}
	return append(out, ']')
}

func appendLines(out []byte, lines [][][2]float64) []byte {
	out = append(out, '[')
	for i, l := range lines {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendLine(out, l)
	}
	return append(out, ']')
}

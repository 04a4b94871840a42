package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"shuyuan/internal/fault"
)

// objects opens an array of objects, an object in which one such array lies,
// NDJSON, and the features of a GeoJSON file: their id, if they have one,
// their properties, and their geometry as last column.
func objects(f *File, src source, opt Options) error {
	r, err := src.open()
	if err != nil {
		return err
	}
	head := make([]byte, 1<<10)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	switch {
	case bytes.HasPrefix(head[:n], bomUTF8):
		f.Encoding = "UTF-8-BOM"
	case bytes.HasPrefix(head[:n], bomUTF16LE), bytes.HasPrefix(head[:n], bomUTF16BE):
		if f.Encoding, err = detect(src); err != nil {
			return err
		}
	default:
		f.Encoding = "UTF-8"
		if err := noBinary(head[:n]); err != nil {
			return err
		}
		if !utf8.Valid(head[:n-cutOff(head[:n])]) { // departments write JSON in GBK too, which RFC 8259 does not allow
			if f.Encoding, err = detect(src); err != nil {
				return err
			}
			if f.Encoding == damaged || f.Encoding == "Big5" {
				f.Encoding = "UTF-8" // what is wrong is told with the record it is in
			} else {
				f.Notes = append(f.Notes, note("文字编码是 %s。", f.Encoding))
			}
		}
	}
	o := objectFile{src: src, format: f.Format, encoding: f.Encoding, limits: opt.Limits}
	switch f.Format {
	case "json":
		if err := o.locate(); err != nil {
			return err
		}
		f.Format = o.format
		if len(o.path) > 0 && o.format == "json" {
			f.Notes = append(f.Notes, note("记录取自“%s”。", strings.Join(o.path, ".")))
		}
	case "geojson":
		o.path = []string{"features"}
	}
	f.tables = []Table{{read: o.rows, shape: o.format == "geojson"}}
	return nil
}

type objectFile struct {
	src              source
	format, encoding string
	limits           Limits
	path             []string // to the array of records; nil where the file is one
}

// cutOff is how many bytes at the end of b begin a character that is not whole.
func cutOff(b []byte) int {
	for back := 1; back <= min(utf8.UTFMax-1, len(b)); back++ {
		if utf8.RuneStart(b[len(b)-back]) {
			if !utf8.FullRune(b[len(b)-back:]) {
				return back
			}
			break
		}
	}
	return 0
}

// rows reads the file twice: what columns there are is known at its end.
func (f objectFile) rows(yield func([]string) error) error {
	names, err := f.names()
	if err != nil {
		return err
	}
	if err := yield(names); err != nil {
		return err
	}
	at, row := make(map[string]int, len(names)), make([]string, len(names))
	for i, name := range names {
		at[name] = i
	}
	return f.each(func(members []member) error {
		clear(row)
		for _, m := range members {
			row[at[m.name]] = m.text
		}
		return yield(row)
	})
}

// names are the members of all objects, in the order of first appearance.
func (f objectFile) names() ([]string, error) {
	var names []string
	seen := map[string]int{} // name -> the last record that has it
	n := 0
	looked := scrutiny{limits: f.limits, exact: true, encoding: f.encoding}
	err := f.each(func(members []member) error {
		n++
		for i, m := range members {
			last, known := seen[m.name]
			if last == n {
				return fault.New(fault.Invalid, "第 %d 条记录里“%s”出现了两次。", n, m.name)
			}
			seen[m.name] = n
			if !known {
				if names = append(names, m.name); len(names) > f.limits.Columns {
					return tooManyColumns(f.limits, n)
				}
				if err := looked.row([]string{m.name}, n); err != nil {
					return err
				}
			}
			if err := looked.cell(m.text, n, i+1); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = looked.end()
	}
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fault.New(fault.Invalid, "文件里没有记录。")
	}
	if f.format == "geojson" {
		names = slices.DeleteFunc(names, func(name string) bool { return name == geometry })
		names = append(names, geometry)
	}
	return names, checkHeader(names)
}

const geometry = "geometry"

type member struct{ name, text string }

// each streams the records of the file.
func (f objectFile) each(yield func([]member) error) error {
	r, err := f.src.open()
	if err != nil {
		return err
	}
	in := bound(decode(r, f.encoding), f.limits.Record)
	d := json.NewDecoder(in)
	d.UseNumber()
	n := 0
	if f.format != "ndjson" {
		if err := f.enter(d, in); err != nil {
			return err
		}
	}
	for in.next(); d.More(); in.next() {
		n++
		members, err := f.record(d, n)
		if err != nil {
			return err
		}
		if err := yield(members); err != nil {
			return err
		}
	}
	if f.format != "ndjson" {
		if err := f.leave(d, in); err != nil {
			return broken(n, err)
		}
	}
	_, err = d.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		err = errTrailing
	}
	return broken(n, err)
}

var errTrailing = errors.New("something follows the end")

func (f objectFile) record(d *json.Decoder, n int) ([]member, error) {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return nil, broken(n, err)
	}
	if !utf8.Valid(raw) || halfCharacter(raw) {
		return nil, fault.New(fault.Invalid, "第 %d 条记录有无法识别的字符，请检查文件编码。", n)
	}
	members, err := membersOf(raw, n, f.limits)
	if err != nil || f.format != "geojson" {
		return members, err
	}
	return feature(members, n, f.limits)
}

// enter moves d into the array of records: the file itself, or what lies at the
// path in its object.
func (f objectFile) enter(d *json.Decoder, in *bounded) error {
	none := fault.New(fault.Invalid, "文件里没有记录。")
	token, err := d.Token()
	if err != nil {
		return broken(0, err)
	}
	for i, want := range f.path {
		if token != json.Delim('{') {
			return none
		}
		if token, err = f.member(d, in, want, i); err != nil {
			return broken(0, err)
		}
	}
	if token != json.Delim('[') {
		return none
	}
	return nil
}

// member moves d past the members of an object to the value of the one called
// want, which is an array or an object; null where there is none.
func (f objectFile) member(d *json.Decoder, in *bounded, want string, depth int) (json.Token, error) {
	for d.More() {
		in.next()
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		if name == "crs" && depth == 0 && f.format == "geojson" {
			if err := knownSystem(d); err != nil {
				return nil, err
			}
			continue
		}
		value, err := d.Token()
		if err != nil {
			return nil, err
		}
		if name == want && (value == json.Delim('{') && depth < len(f.path)-1 || value == json.Delim('[') && depth == len(f.path)-1) {
			return value, nil
		}
		if err := skip(d, in, value); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// leave moves d to the end of what enter entered, which must be there.
func (f objectFile) leave(d *json.Decoder, in *bounded) error {
	if _, err := d.Token(); err != nil {
		return err
	}
	for depth := len(f.path) - 1; depth >= 0; depth-- {
		if _, err := f.member(d, in, "", depth); err != nil {
			return err
		}
		if _, err := d.Token(); err != nil {
			return err
		}
	}
	return nil
}

// knownSystem reads what the coordinates of a GeoJSON file mean, where it says
// so as the old edition of the format did.
func knownSystem(d *json.Decoder) error {
	var crs struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	}
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return err
	}
	if json.Unmarshal(raw, &crs) != nil || crs.Properties.Name == "" || knownNames.MatchString(crs.Properties.Name) {
		return nil
	}
	return fault.New(fault.Invalid, "坐标系“%s”不是 WGS 84（EPSG:4326）或 CGCS2000（EPSG:4490）的经纬度，请先转换再传。", clip([]byte(crs.Properties.Name), 100))
}

var knownNames = regexp.MustCompile(`(?i)(\bEPSG:+(\d[\d.]*:)?(4326|4490|4979)$|\bCRS:?84h?$|^WGS[ _]?(19)?84$|^CGCS[ _]?2000$)`)

// arrays are the arrays of objects that lie in the objects of a file, however
// deep, by their way there.
type arrays struct {
	in    *bounded
	d     *json.Decoder
	path  []string
	best  []string
	most  int
	typed string // what the file says that it is
	at    int    // the record that is read
}

// mostPath is how deep records may lie.
const mostPath = 6

// find looks for the array that has the most objects.
func (a *arrays) find() error {
	for a.d.More() {
		a.in.next()
		name, err := a.d.Token()
		if err != nil {
			return err
		}
		value, err := a.d.Token()
		if err != nil {
			return err
		}
		if said, ok := value.(string); ok && name == "type" && len(a.path) == 0 {
			a.typed = said
		}
		a.path = append(a.path, name.(string))
		switch {
		case value == json.Delim('{') && len(a.path) < mostPath:
			if err = a.find(); err == nil {
				_, err = a.d.Token()
			}
		case value == json.Delim('['):
			err = a.count()
		default:
			err = skip(a.d, a.in, value)
		}
		if err != nil {
			return err
		}
		a.path = a.path[:len(a.path)-1]
	}
	return nil
}

// count counts the objects of an array, to its end.
func (a *arrays) count() error {
	n, whole := 0, true
	for a.d.More() {
		a.in.next()
		n++
		a.at = n
		value, err := a.d.Token()
		if err != nil {
			return err
		}
		whole = whole && value == json.Delim('{')
		if err := skip(a.d, a.in, value); err != nil {
			return err
		}
	}
	if whole && n > a.most {
		a.best, a.most = slices.Clone(a.path), n
	}
	_, err := a.d.Token()
	return err
}

// locate finds out what a file is that begins with an object: a record a line,
// GeoJSON, or an object in which an array of records lies.
func (o *objectFile) locate() (err error) {
	r, err := o.src.open()
	if err != nil {
		return err
	}
	a := arrays{in: bound(decode(r, o.encoding), o.limits.Record)}
	a.d = json.NewDecoder(a.in)
	a.d.UseNumber()
	open, err := a.d.Token()
	if err != nil {
		return broken(0, err)
	}
	if open != json.Delim('{') {
		return nil
	}
	if err := a.find(); err != nil {
		return broken(a.at, err)
	}
	if _, err := a.d.Token(); err != nil {
		return broken(a.at, err)
	}
	a.in.next()
	if a.d.More() {
		if next, err := a.d.Token(); err == nil && next == json.Delim('{') {
			o.format = "ndjson"
			return nil
		}
	}
	switch {
	case a.typed == "FeatureCollection" && len(a.best) == 1 && a.best[0] == "features":
		o.format, o.path = "geojson", a.best
	case a.best == nil:
		return fault.New(fault.Invalid, "文件里没有记录。")
	default:
		o.path = a.best
	}
	return nil
}

// skip passes over what begins with token, without keeping it.
func skip(d *json.Decoder, in *bounded, token json.Token) error {
	for depth := 0; ; {
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		in.next()
		var err error
		if token, err = d.Token(); err != nil {
			return err
		}
	}
}

// membersOf lists the members of an object in their order.
func membersOf(raw json.RawMessage, n int, limits Limits) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, fault.New(fault.Invalid, "第 %d 条记录不是对象。", n)
	}
	var out []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, broken(n, err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, broken(n, err)
		}
		text, err := textOf(value)
		if err != nil {
			return nil, broken(n, err)
		}
		if len(text) > limits.Cell && value[0] != '{' && value[0] != '[' { // what is nested is bounded with its record
			return nil, tooLongCell(limits, n, len(out)+1)
		}
		if out = append(out, member{name.(string), text}); len(out) > limits.Columns {
			return nil, tooManyColumns(limits, n)
		}
	}
	return out, nil
}

// textOf is a value as a cell: a string without its quotes, nothing for null,
// and compact JSON for what is nested. A number keeps its digits.
func textOf(value json.RawMessage) (string, error) {
	switch value[0] {
	case '"':
		var s string
		err := json.Unmarshal(value, &s)
		return s, err
	case 'n':
		return "", nil
	case '{', '[':
		var out bytes.Buffer
		err := json.Compact(&out, value)
		return out.String(), err
	}
	return string(value), nil
}

// halfCharacter reports whether a string of raw, which is correct JSON, holds
// one half of a surrogate pair without the other.
func halfCharacter(raw []byte) bool {
	escape := func(at int) rune { // the character that \uXXXX at this place stands for, 0 for anything else
		if at+6 > len(raw) || raw[at] != '\\' || raw[at+1] != 'u' {
			return 0
		}
		n, _ := strconv.ParseUint(string(raw[at+2:at+6]), 16, 32)
		return rune(n)
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if r := escape(i); utf16.IsSurrogate(r) {
			if utf16.DecodeRune(r, escape(i+6)) == utf8.RuneError {
				return true
			}
			i += 6
		}
		i++ // past what is escaped
	}
	return false
}

// feature is a GeoJSON feature as a row.
func feature(members []member, n int, limits Limits) ([]member, error) {
	var out []member
	shape, known := member{name: geometry}, false
	for _, m := range members {
		known = known || m.name == "properties" || m.name == geometry
		switch m.name {
		case "properties":
			if m.text == "" {
				continue
			}
			properties, err := membersOf(json.RawMessage(m.text), n, limits)
			if err != nil {
				return nil, err
			}
			out = append(out, properties...)
		case geometry:
			shape.text = m.text
		}
	}
	if !known {
		return nil, fault.New(fault.Invalid, "第 %d 条记录不是 GeoJSON 要素。", n)
	}
	for _, m := range members { // a property of that name is nearer to the reader
		if m.name == "id" && !slices.ContainsFunc(out, func(p member) bool { return p.name == "id" }) {
			out = slices.Insert(out, 0, m)
		}
	}
	return append(out, shape), nil
}

func broken(n int, err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	if errors.Is(err, errTooLong) {
		return fault.New(fault.TooLarge, "第 %d 条记录太大。", max(n, 1)).Because(err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "文件不完整，到第 %d 条记录为止。", n).Because(err)
	}
	if _, syntax := errors.AsType[*json.SyntaxError](err); !syntax && !errors.Is(err, errTrailing) {
		return err // the store's, not the file's
	}
	return fault.New(fault.Invalid, "第 %d 条记录附近不是正确的 JSON。", n).Because(err)
}

package verify

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"shuyuan/marketplace/provenance/content"
	"shuyuan/marketplace/provenance/statement"
)

// member is how the object is called that carries a stamp.
const member = "_provenance"

// reading is JSON that is read with bounds: no member twice, no more for one row than
// there may be.
type reading struct {
	*jsontext.Decoder
	m *meter
}

func newReading(r io.Reader) reading {
	m := newMeter(r, mostRow)
	return reading{jsontext.NewDecoder(skipMark(m)), m}
}

// skipMark leaves out the mark that some programs put before UTF-8.
func skipMark(r io.Reader) io.Reader {
	var head [3]byte
	n, err := io.ReadFull(r, head[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return r
	}
	if string(head[:n]) == "\uFEFF" {
		return r
	}
	return io.MultiReader(bytes.NewReader(head[:n]), r)
}

// next is the next token, which must be of that kind.
func (d reading) next(kind jsontext.Kind) (jsontext.Token, error) {
	d.m.row()
	t, err := d.ReadToken()
	if err == nil && t.Kind() != kind {
		err = errDamaged
	}
	return t, err
}

// skip reads over a value, however large, and keeps nothing of it.
func (d reading) skip() error {
	depth := d.StackDepth()
	for {
		d.m.row()
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		if d.StackDepth() <= depth {
			return nil
		}
	}
}

// end fails where something comes after the value.
func (d reading) end() error {
	d.m.row()
	if _, err := d.ReadToken(); errors.Is(err, io.EOF) {
		return nil
	}
	return odd{BytesExtra}
}

// asCode tells a member that occurs twice from what is no JSON.
func asCode(err error) error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return odd{NameTwice}
	}
	return err
}

// findStamps looks for stamps in an object in which names occur twice: only to say of
// what it is an altered copy, since such a file is never what was sealed.
func (f *file) findStamps(r io.Reader) {
	d := reading{m: newMeter(r, mostRow)}
	d.Decoder = jsontext.NewDecoder(skipMark(d.m), jsontext.AllowDuplicateNames(true))
	f.stampsIn(d, member)
}

// stampsIn reads an object for its envelopes, which lie in the members of that name.
func (f *file) stampsIn(d reading, within string) {
	if _, err := d.next('{'); err != nil {
		return
	}
	for d.PeekKind() == '"' && len(f.stamps) < mostFound {
		name, err := d.ReadToken()
		if err != nil {
			return
		}
		switch key := name.String(); {
		case key == within && within == member && d.PeekKind() == '{':
			f.stampsIn(d, "envelope")
			if d.PeekKind() != '}' && d.PeekKind() != '"' {
				return
			}
		case key == within && within == "envelope":
			raw, err := d.ReadValue()
			if err != nil {
				return
			}
			f.stamps = append(f.stamps, bytes.Clone(raw))
		default:
			if d.skip() != nil {
				return
			}
		}
		d.m.row()
	}
	d.ReadToken() //nolint:errcheck // the end of the object, or of what can be read
}

// mostFound is how many stamps are looked for in a file that is not written as ours.
const mostFound = 4

func (f *file) openJSON(s *source) error {
	err := f.readJSON(s)
	if errors.Is(err, odd{NameTwice}) {
		f.stamps = nil
		f.findStamps(s.reader())
	}
	return err
}

func (f *file) readJSON(s *source) error {
	opens := func() (io.Reader, error) { return s.reader(), nil }
	d := newReading(s.reader())
	if d.PeekKind() == '[' {
		f.rows = f.rowsOfJSON(opens, "")
		return f.findNames()
	}
	keys, err := f.topLevel(d)
	switch {
	case errors.Is(err, odd{BytesExtra}) && len(f.stamps) > 0 && (keys["data"] || keys["features"]):
	case err == nil && keys["features"]:
		f.format = "geojson"
		f.only(keys, "type", "features")
		f.rows = f.rowsOfJSON(opens, "features")
		return f.findNames()
	case err == nil && keys["data"]:
		f.only(keys, "data")
		f.rows = f.rowsOfJSON(opens, "data")
		return f.findNames()
	case err == nil || errors.Is(err, odd{BytesExtra}): // one row, or several values after one another
		f.format = "ndjson"
		f.stamps, f.notice, f.within = nil, nil, false
		return f.asNDJSON(opens)
	}
	if keys["data"] || keys["features"] {
		f.rows = f.rowsOfJSON(opens, "data")
	}
	return asCode(err)
}

// only finds fault with members that we do not write: others may read them.
func (f *file) only(keys map[string]bool, ours ...string) {
	if len(keys) != len(ours) || slices.ContainsFunc(ours, func(key string) bool { return !keys[key] }) {
		f.issue(NotOurs)
	}
}

// topLevel reads an object with the stamp, and says which other members it has. A type
// is that of a collection of features (RFC 7946, 3.3) or does not count as one.
func (f *file) topLevel(d reading) (map[string]bool, error) {
	keys := map[string]bool{}
	if _, err := d.next('{'); err != nil {
		return keys, err
	}
	for d.PeekKind() != '}' {
		name, err := d.next('"')
		if err != nil {
			return keys, err
		}
		switch key := name.String(); {
		case key == member:
			err = f.provenance(d)
		case len(keys) > mostColumns:
			return keys, errMuch
		case key == "type" && d.PeekKind() == '"':
			var t jsontext.Token
			t, err = d.next('"')
			keys[key] = err == nil && t.String() == "FeatureCollection"
		default:
			keys[key] = key != "type"
			err = d.skip()
		}
		if err != nil {
			return keys, err
		}
	}
	if _, err := d.next('}'); err != nil {
		return keys, err
	}
	return keys, d.end()
}

// provenance is the object that carries the stamp: the notice, and the envelope.
type provenance struct {
	statement.Notice
	Envelope jsontext.Value `json:"envelope"`
}

// provenance reads it.
func (f *file) provenance(d reading) error {
	d.m.row()
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	var p struct {
		Envelope jsontext.Value `json:"envelope"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return errDamaged
	}
	if p.Envelope != nil {
		f.stamps, f.notice, f.within = append(f.stamps, bytes.Clone(p.Envelope)), bytes.Clone(raw), true
	}
	return nil
}

// findNames reads the names of the columns off the first row.
func (f *file) findNames() error {
	err := f.rows(statement.Content{}, nil)
	if errors.Is(err, errSeen) {
		return nil
	}
	return asCode(err)
}

// errSeen ends reading after the first row.
var errSeen = errors.New("seen")

// rowsOfJSON yields the rows of an array: the whole, or a member of an object.
func (f *file) rowsOfJSON(opens func() (io.Reader, error), within string) func(statement.Content, func([]content.Cell) error) error {
	return func(of statement.Content, yield func([]content.Cell) error) error {
		r, err := opens()
		if err != nil {
			return err
		}
		d := newReading(r)
		if within == "" {
			if err := f.array(d, of, yield); err != nil {
				return err
			}
			return d.end()
		}
		if _, err := d.next('{'); err != nil {
			return err
		}
		for d.PeekKind() != '}' {
			name, err := d.next('"')
			if err != nil {
				return err
			}
			if name.String() == within {
				err = f.array(d, of, yield)
			} else {
				err = d.skip()
			}
			if err != nil {
				return asCode(err)
			}
		}
		if _, err := d.next('}'); err != nil {
			return err
		}
		return d.end()
	}
}

func (f *file) array(d reading, of statement.Content, yield func([]content.Cell) error) error {
	if _, err := d.next('['); err != nil {
		return err
	}
	row := f.rowReader(of, yield)
	for d.PeekKind() != ']' {
		d.m.row()
		if err := row(d); err != nil {
			return asCode(err)
		}
	}
	_, err := d.next(']')
	return err
}

// rowReader reads one row.
func (f *file) rowReader(of statement.Content, yield func([]content.Cell) error) func(reading) error {
	names := map[string]int{}
	for i, c := range of.Columns {
		names[c.Name] = i
	}
	cells := make([]content.Cell, len(of.Columns))
	plain := f.format != "geojson"
	return func(d reading) error {
		if yield == nil {
			return f.seen(d, plain)
		}
		for i := range cells {
			cells[i] = content.Cell{Null: true}
		}
		if plain {
			n, err := members(d, names, cells)
			if err == nil && (n != len(cells) || empty(of.Columns, cells)) {
				err = errDamaged
			}
			if err != nil {
				return err
			}
			return yield(cells)
		}
		if err := feature(d, of, names, cells); err != nil {
			return err
		}
		return yield(cells)
	}
}

// members reads an object whose members are columns, and says how many there were.
func members(d reading, names map[string]int, cells []content.Cell) (n int, err error) {
	if _, err := d.next('{'); err != nil {
		return 0, err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return n, err
		}
		i, ok := names[name.String()]
		if !ok {
			return n, errDamaged
		}
		if cells[i], err = cell(d); err != nil {
			return n, err
		}
		n++
	}
	_, err = d.ReadToken()
	return n, err
}

// empty reports whether a text without a character stands where there should be a
// number: we write nothing there but null.
func empty(columns []statement.Column, cells []content.Cell) bool {
	for i, c := range cells {
		if !c.Null && len(c.Text) == 0 && (columns[i].Type == "integer" || columns[i].Type == "decimal") {
			return true
		}
	}
	return false
}

// cell is a value as the text that a CSV of the table would show.
func cell(d reading) (content.Cell, error) {
	v, err := d.ReadValue()
	if err != nil {
		return content.Cell{}, err
	}
	switch v.Kind() {
	case 'n':
		return content.Cell{Null: true}, nil
	case '"':
		text, err := jsontext.AppendUnquote(nil, v)
		return content.Cell{Text: text}, err
	}
	return content.Cell{Text: bytes.Clone(v)}, nil
}

// seen keeps the names of the members of the first row.
func (f *file) seen(d reading, plain bool) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	in := jsontext.NewDecoder(bytes.NewReader(v))
	if !plain {
		var raw struct {
			Properties jsontext.Value `json:"properties"`
		}
		if err := json.Unmarshal(v, &raw); err != nil {
			return errDamaged
		}
		in = jsontext.NewDecoder(bytes.NewReader(raw.Properties))
	}
	if t, err := in.ReadToken(); err != nil || t.Kind() != '{' {
		return errDamaged
	}
	for in.PeekKind() == '"' && len(f.names) < mostColumns {
		name, err := in.ReadToken()
		if err != nil {
			return err
		}
		f.names = append(f.names, strings.Clone(name.String()))
		if err := in.SkipValue(); err != nil {
			return err
		}
	}
	return errSeen
}

// feature reads a GeoJSON feature (RFC 7946, 3.2). Its geometry is the column of
// shapes, or must be the point of the two columns of numbers that the statement names.
func feature(d reading, of statement.Content, names map[string]int, cells []content.Cell) error {
	if of.Places == nil {
		return errDamaged
	}
	if _, err := d.next('{'); err != nil {
		return err
	}
	want := len(cells)
	var shape content.Cell
	at, ok := -1, false
	if of.Places.Shape != "" {
		if at, ok = names[of.Places.Shape]; !ok {
			return errDamaged
		}
		want--
	}
	n := -1
	geometry := false
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		switch key := name.String(); key {
		case "type":
			t, err := d.ReadToken()
			if err != nil || t.Kind() != '"' || t.String() != "Feature" {
				return errors.Join(errDamaged, err)
			}
		case "geometry":
			if shape, err = cell(d); err != nil {
				return err
			}
			geometry = true
		case "properties":
			if n, err = members(d, names, cells); err != nil {
				return err
			}
		default:
			return errDamaged
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	if n != want || !geometry || empty(of.Columns, cells) || at >= 0 && !cells[at].Null {
		return errDamaged
	}
	if at >= 0 {
		cells[at] = shape
		return nil
	}
	return pointOf(of.Places, names, cells, shape)
}

// pointOf fails unless the shape is the point that two cells of the row are.
func pointOf(p *statement.Places, names map[string]int, cells []content.Cell, shape content.Cell) error {
	lon, ok1 := names[p.Longitude]
	lat, ok2 := names[p.Latitude]
	if !ok1 || !ok2 {
		return errDamaged
	}
	want := []byte("null")
	if !cells[lon].Null && !cells[lat].Null {
		want = append([]byte(`{"coordinates":[`), content.Append(nil, "decimal", cells[lon].Text)...)
		want = append(append(append(want, ','), content.Append(nil, "decimal", cells[lat].Text)...), `],"type":"Point"}`...)
	}
	got := []byte("null")
	if !shape.Null {
		got = content.Append(nil, "geometry", shape.Text)
	}
	if !bytes.Equal(got, want) {
		return odd{GeometryDiffers}
	}
	return nil
}

// asNDJSON takes what opens for objects after one another. The first may be the stamp.
func (f *file) asNDJSON(opens func() (io.Reader, error)) error {
	f.rows = func(of statement.Content, yield func([]content.Cell) error) error {
		r, err := opens()
		if err != nil {
			return err
		}
		d := newReading(r)
		row := f.rowReader(of, yield)
		for n := 0; ; n++ {
			d.m.row()
			switch kind := d.PeekKind(); {
			case kind == jsontext.KindInvalid || kind == 0:
				_, err := d.ReadToken()
				if errors.Is(err, io.EOF) {
					return nil
				}
				return err
			case kind != '{':
				return errDamaged
			}
			if n == 0 && f.first {
				if err := d.skip(); err != nil {
					return err
				}
				continue
			}
			if err := row(d); err != nil {
				return asCode(err)
			}
		}
	}
	r, err := opens()
	if err != nil {
		return err
	}
	d := newReading(r)
	if raw, err := d.ReadValue(); err == nil {
		in := newReading(bytes.NewReader(raw))
		stamps := len(f.stamps)
		keys, err := f.topLevel(in)
		f.first = err == nil && len(keys) == 0 && len(f.stamps) > stamps
		if !f.first {
			f.stamps = f.stamps[:stamps]
		}
	}
	return f.findNames()
}

package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"shuyuan/internal/fault"
)

// objects opens an array of objects, an object that holds one such array,
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
	}
	o := objectFile{src: src, format: f.Format, encoding: f.Encoding, limits: opt.Limits}
	f.tables = []Table{{read: o.rows}}
	return nil
}

type objectFile struct {
	src              source
	format, encoding string
	limits           Limits
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
	n, within := 0, false
	if f.format != "ndjson" {
		if within, err = enterArray(d, in, f.format); err != nil {
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
		if err := leaveArray(d, in, within); err != nil {
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

// enterArray moves d into the array of records: the file itself, "features" of
// a GeoJSON file, or the first member of an object that is an array. Within is
// whether that array stands within an object.
func enterArray(d *json.Decoder, in *bounded, format string) (within bool, err error) {
	open, err := d.Token()
	if err != nil {
		return false, broken(0, err)
	}
	if open == json.Delim('[') && format != "geojson" {
		return false, nil
	}
	if open != json.Delim('{') {
		return false, fault.New(fault.Invalid, "文件里没有记录。")
	}
	for d.More() {
		in.next()
		name, err := d.Token()
		if err != nil {
			return false, broken(0, err)
		}
		value, err := d.Token()
		if err != nil {
			return false, broken(0, err)
		}
		if value == json.Delim('[') && (format != "geojson" || name == "features") {
			return true, nil
		}
		if err := skip(d, in, value); err != nil {
			return false, broken(0, err)
		}
	}
	return false, fault.New(fault.Invalid, "文件里没有记录。")
}

// leaveArray moves d to the end of what enterArray entered, which must be
// there.
func leaveArray(d *json.Decoder, in *bounded, within bool) error {
	if _, err := d.Token(); err != nil || !within {
		return err
	}
	for d.More() {
		in.next()
		if _, err := d.Token(); err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		if err := skip(d, in, value); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
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
			return nil, fault.New(fault.TooLarge, "第 %d 行第 %d 列的内容太长。", n, len(out)+1)
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

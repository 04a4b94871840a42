package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"shuyuan/internal/fault"
)

// objects opens an array of objects, an object that holds one such array,
// NDJSON, and the features of a GeoJSON file with their geometry as last
// column.
func objects(src source, format string, opt Options) ([]Table, error) {
	read := func(yield func([]string) error) error {
		names, err := objectNames(src, format, opt)
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
		return eachObject(src, format, opt, func(members []member) error {
			clear(row)
			for _, m := range members {
				row[at[m.name]] = m.text
			}
			return yield(row)
		})
	}
	return []Table{{read: read}}, nil
}

// objectNames are the members of all objects, in the order of first appearance.
func objectNames(src source, format string, opt Options) ([]string, error) {
	var names []string
	seen := map[string]bool{}
	err := eachObject(src, format, opt, func(members []member) error {
		for _, m := range members {
			if !seen[m.name] {
				seen[m.name] = true
				names = append(names, m.name)
				if len(names) > opt.Limits.Columns {
					return fault.New(fault.TooLarge, "栏数太多，最多 %d 栏。", opt.Limits.Columns)
				}
			}
		}
		return nil
	})
	if err == nil && len(names) == 0 {
		err = fault.New(fault.Invalid, "文件里没有记录。")
	}
	if i := len(names) - 1; format == "geojson" && i > 0 { // geometry stands last
		for j, name := range names {
			if name == geometry {
				names = append(append(names[:j], names[j+1:]...), geometry)
				break
			}
		}
	}
	return names, err
}

const geometry = "geometry"

type member struct{ name, text string }

// eachObject streams the records of the file.
func eachObject(src source, format string, opt Options, yield func([]member) error) error {
	r, err := src.open()
	if err != nil {
		return err
	}
	d := json.NewDecoder(decode(r, "UTF-8-BOM"))
	d.UseNumber()
	n := 0
	one := func() error {
		n++
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return broken(n, err)
		}
		members, err := membersOf(raw, n, opt.Limits)
		if err != nil {
			return err
		}
		if format == "geojson" {
			if members, err = feature(members, n, opt.Limits); err != nil {
				return err
			}
		}
		return yield(members)
	}
	if format == "ndjson" {
		for d.More() {
			if err := one(); err != nil {
				return err
			}
		}
		return nil
	}
	if err := enterArray(d, format); err != nil {
		return err
	}
	for d.More() {
		if err := one(); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return broken(n, err)
	}
	return nil
}

// enterArray moves d into the array of records: the file itself, "features"
// of a GeoJSON file, or the first member of an object that is an array.
func enterArray(d *json.Decoder, format string) error {
	open, err := d.Token()
	if err != nil {
		return broken(0, err)
	}
	if open == json.Delim('[') {
		return nil
	}
	if open != json.Delim('{') {
		return fault.New(fault.Invalid, "文件里没有记录。")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return broken(0, err)
		}
		if format == "geojson" && name != "features" {
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return broken(0, err)
			}
			continue
		}
		value, err := d.Token()
		if err != nil {
			return broken(0, err)
		}
		if value == json.Delim('[') {
			return nil
		}
		if value == json.Delim('{') {
			for d.More() {
				if _, err := d.Token(); err != nil {
					return broken(0, err)
				}
				var skipped json.RawMessage
				if err := d.Decode(&skipped); err != nil {
					return broken(0, err)
				}
			}
			if _, err := d.Token(); err != nil {
				return broken(0, err)
			}
		}
	}
	return fault.New(fault.Invalid, "文件里没有记录。")
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
		if len(text) > max(limits.Cell, 16<<20) {
			return nil, fault.New(fault.TooLarge, "第 %d 行第 %d 列的内容太长。", n, len(out)+1)
		}
		if !intact(value, text) {
			return nil, undecodable(n, len(out)+1)
		}
		out = append(out, member{name.(string), text})
	}
	return out, nil
}

// textOf is a value as a cell: a string without its quotes, nothing for null,
// and compact JSON for what is nested.
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

// intact reports whether text is what value says: the decoder puts U+FFFD for
// what it cannot read. One that stands in the file itself is data.
func intact(value json.RawMessage, text string) bool {
	if !utf8.Valid(value) {
		return false
	}
	return !strings.ContainsRune(text, utf8.RuneError) || bytes.ContainsRune(value, utf8.RuneError) || bytes.Contains(bytes.ToLower(value), []byte(`\ufffd`))
}

// feature is a GeoJSON feature as a row: its properties and its geometry.
func feature(members []member, n int, limits Limits) ([]member, error) {
	var out []member
	shape := member{name: geometry}
	for _, m := range members {
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
	return append(out, shape), nil
}

func broken(n int, err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "文件不完整，到第 %d 条记录为止。", n).Because(err)
	}
	return fault.New(fault.Invalid, "第 %d 条记录附近不是正确的 JSON。", n).Because(err)
}

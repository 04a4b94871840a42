package ingest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"shuyuan/internal/fault"
)

// records opens a list of records in XML: elements of one name, side by side,
// within an element that stands alone at each level above. Their attributes and
// what is in them are the columns, named by the way to them: 地址.街道. Where
// there are several of one name in a record, the cell is a JSON array.
func records(f *File, src source, opt Options) (err error) {
	if f.Encoding, err = detect(src); err != nil {
		return err
	}
	x := xmlFile{src: src, encoding: f.Encoding, limits: opt.Limits}
	if err := x.find(); err != nil {
		return err
	}
	f.Notes = append(f.Notes, note("每个“%s”元素是一行。", strings.Join(x.path, "/")))
	f.tables = []Table{{read: x.rows}}
	return nil
}

type xmlFile struct {
	src      source
	encoding string
	limits   Limits
	path     []string // of the records, from the root on
}

func (x *xmlFile) elements() (*elements, error) {
	r, err := x.src.open()
	if err != nil {
		return nil, err
	}
	in := bound(decode(r, x.encoding), min(x.limits.Record, maxToken))
	d := xml.NewDecoder(bufio.NewReaderSize(in, 4096))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // it is decoded
	return &elements{in: in, d: d}, nil
}

// mostLooked is how many elements find looks at.
const mostLooked = 100_000

// find looks for the element that comes most often where all that it is in
// stand alone.
func (x *xmlFile) find() error {
	e, err := x.elements()
	if err != nil {
		return err
	}
	var path, order []string
	counts := map[string]int{}
	for looked := 0; looked < mostLooked; {
		token, err := e.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return brokenXML(0, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			looked++
			if path = append(path, t.Name.Local); len(path) > 6 {
				continue
			}
			way := strings.Join(path, "/")
			if counts[way]++; counts[way] == 1 {
				order = append(order, way)
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
	best, most := "", 0
	for _, way := range order {
		above := way[:max(0, strings.LastIndexByte(way, '/'))]
		if n := counts[way]; above != "" && alone(counts, above) && (n > most || best == "") {
			best, most = way, n
		}
	}
	if best == "" {
		return fault.New(fault.Invalid, "文件里没有记录。")
	}
	x.path = strings.Split(best, "/")
	return nil
}

// alone reports whether an element and all that it is in come once.
func alone(counts map[string]int, way string) bool {
	for way != "" {
		if counts[way] != 1 {
			return false
		}
		way = way[:max(0, strings.LastIndexByte(way, '/'))]
	}
	return true
}

// each yields what is in record after record: names and texts in their order.
func (x *xmlFile) each(yield func(n int, members []member) error) error {
	e, err := x.elements()
	if err != nil {
		return err
	}
	n, at := 0, 0 // at is how much of the path the open elements are on
	for {
		token, err := e.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return brokenXML(n, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if at != e.depth-1 || t.Name.Local != x.path[at] {
				continue
			}
			if at++; at < len(x.path) {
				continue
			}
			n++
			record := xmlRecord{limits: x.limits}
			if err := record.element(e, t, ""); err != nil {
				return brokenXML(n, err)
			}
			at--
			if err := yield(n, record.members()); err != nil {
				return err
			}
		case xml.EndElement:
			at = min(at, e.depth)
		}
	}
}

// xmlRecord gathers the cells of a record.
type xmlRecord struct {
	limits Limits
	names  []string
	texts  map[string][]string
	bytes  int
}

func (r *xmlRecord) put(name, text string) error {
	if name == "" {
		name = "text"
	}
	if r.texts == nil {
		r.texts = map[string][]string{}
	}
	if r.bytes += len(name) + len(text); r.bytes > r.limits.Record {
		return errTooLong
	}
	if _, known := r.texts[name]; !known {
		if r.names = append(r.names, name); len(r.names) > r.limits.Columns {
			return tooManyColumns(r.limits, 1)
		}
	}
	r.texts[name] = append(r.texts[name], text)
	return nil
}

// element takes in an element that was just begun, to its end.
func (r *xmlRecord) element(e *elements, start xml.StartElement, name string) error {
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" || a.Name.Space == "http://www.w3.org/2001/XMLSchema-instance" {
			continue
		}
		if err := r.put(below(name, a.Name.Local), a.Value); err != nil {
			return err
		}
	}
	var text strings.Builder
	inner := false
	for depth := e.depth; e.depth >= depth; {
		token, err := e.next()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.CharData:
			if text.Len()+len(t) > r.limits.Record {
				return errTooLong
			}
			text.Write(t)
		case xml.StartElement:
			inner = true
			if err := r.element(e, t, below(name, t.Name.Local)); err != nil {
				return err
			}
		}
	}
	said := text.String()
	if blank := strings.TrimSpace(said) == ""; blank && (inner || len(start.Attr) > 0 || name == "") {
		return nil
	} else if blank || inner {
		said = strings.TrimSpace(said)
	}
	return r.put(name, said)
}

func below(name, part string) string {
	if name == "" {
		return part
	}
	return name + "." + part
}

func (r *xmlRecord) members() []member {
	out := make([]member, len(r.names))
	for i, name := range r.names {
		texts := r.texts[name]
		out[i] = member{name, texts[0]}
		if len(texts) > 1 {
			var b bytes.Buffer
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			_ = enc.Encode(texts) // texts can always be written
			out[i].text = strings.TrimSpace(b.String())
		}
	}
	return out
}

// rows reads the file twice: what columns there are is known at its end.
func (x *xmlFile) rows(yield func([]string) error) error {
	names, at := []string(nil), map[string]int{}
	looked := scrutiny{limits: x.limits, exact: true, encoding: x.encoding}
	err := x.each(func(n int, members []member) error {
		for i, m := range members {
			if _, known := at[m.name]; !known {
				at[m.name] = len(names)
				if names = append(names, m.name); len(names) > x.limits.Columns {
					return tooManyColumns(x.limits, n)
				}
			}
			if len(m.text) > x.limits.Cell {
				return tooLongCell(x.limits, n, i+1)
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
		return err
	}
	if len(names) == 0 {
		return fault.New(fault.Invalid, "文件里没有记录。")
	}
	if err := yield(names); err != nil {
		return err
	}
	row := make([]string, len(names))
	return x.each(func(_ int, members []member) error {
		clear(row)
		for _, m := range members {
			row[at[m.name]] = m.text
		}
		return yield(row)
	})
}

func brokenXML(n int, err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	if errors.Is(err, errTooLong) {
		return fault.New(fault.TooLarge, "第 %d 条记录太大。", max(n, 1)).Because(err)
	}
	if errors.Is(err, errDTD) {
		return refusedDTD(err)
	}
	return fault.New(fault.Invalid, "第 %d 条记录附近不是正确的 XML，或用了不允许的写法。", max(n, 1)).Because(err)
}

package ingest

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"shuyuan/internal/fault"
)

// What a workbook may cost before any limit of its tables is asked.
const (
	maxWorkbook = 100 << 20 // bytes, compressed
	maxUnpacked = 1 << 30   // bytes of one part
	maxParts    = 10_000
	maxDepth    = 64      // of elements within elements
	maxToken    = 8 << 20 // bytes of one tag or one run of text
)

// parts are the files within an XLSX file, read one at a time. Nothing is ever
// written anywhere.
type parts struct {
	files map[string]*zip.File // by name in lower case
	limit int64
}

func openParts(r io.ReadSeeker, limits Limits) (parts, error) {
	p := parts{files: map[string]*zip.File{}, limit: min(limits.Bytes, maxUnpacked)}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return p, err
	}
	if size > min(limits.Bytes, maxWorkbook) {
		return p, fault.New(fault.TooLarge, "XLSX 文件最多 %d MiB，更大的请存成 CSV。", maxWorkbook>>20)
	}
	at := &window{r: r, size: size}
	var magic [8]byte
	if n, _ := at.ReadAt(magic[:], 0); n == 8 && string(magic[:]) == "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" {
		return p, fault.New(fault.Invalid, "这个工作簿有密码，或是旧格式；请去掉密码、另存为 XLSX 再传。")
	}
	if err := countEntries(at, size, maxParts); err != nil {
		return p, notWorkbook(err)
	}
	archive, err := zip.NewReader(at, size)
	if err != nil {
		return p, notWorkbook(err)
	}
	for _, f := range archive.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if _, twice := p.files[name]; twice {
			return p, notWorkbook(fmt.Errorf("two parts are called %s", f.Name))
		}
		p.files[name] = f
	}
	return p, nil
}

// notWorkbook keeps the faults of the store apart from those of the file.
func notWorkbook(err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	return fault.New(fault.Invalid, "这不是完好的 XLSX 文件。").Because(err)
}

// open begins to read the part called name.
func (p parts) open(name string) (*elements, error) {
	f, ok := p.files[strings.ToLower(strings.TrimPrefix(name, "/"))]
	if !ok {
		return nil, notWorkbook(fmt.Errorf("part %s is missing", name))
	}
	r, err := f.Open()
	if err != nil {
		return nil, notWorkbook(err)
	}
	in := bound(&counted{r: r, left: p.limit}, maxToken)
	return &elements{closer: r, in: in, d: xml.NewDecoder(in)}, nil
}

// window reads a seeker at any place, in pieces large enough for a store far
// away.
type window struct {
	r    io.ReadSeeker
	size int64
	at   int64
	buf  []byte
}

func (w *window) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		from := at + int64(n)
		if from < 0 || from >= w.size {
			return n, io.EOF
		}
		if from < w.at || from >= w.at+int64(len(w.buf)) {
			if err := w.fill(from); err != nil {
				return n, err
			}
		}
		n += copy(p[n:], w.buf[from-w.at:])
	}
	return n, nil
}

func (w *window) fill(at int64) error {
	if _, err := w.r.Seek(at, io.SeekStart); err != nil {
		return err
	}
	if w.buf == nil {
		w.buf = make([]byte, 256<<10)
	}
	w.at, w.buf = at, w.buf[:min(int64(cap(w.buf)), w.size-at)]
	_, err := io.ReadFull(w.r, w.buf)
	if err != nil {
		w.buf = w.buf[:0]
	}
	return err
}

// elements reads XML element by element, without entities of its own, however
// deep or long the file pretends to be.
type elements struct {
	closer io.Closer
	in     *bounded
	d      *xml.Decoder
	depth  int
}

func (e *elements) close() { e.closer.Close() }

// errDTD is a document type, or what is declared in one: entities that stand for
// more than they say, or for files elsewhere.
var errDTD = errors.New("a document type is not allowed")

func refusedDTD(err error) error {
	return fault.New(fault.Invalid, "XML 里有 DTD（<!DOCTYPE> 文档类型或 <!ENTITY> 实体声明），这里不读；请去掉再传。").Because(err)
}

// next is the next start, end or text; io.EOF at the end.
func (e *elements) next() (xml.Token, error) {
	for {
		e.in.next()
		token, err := e.d.Token()
		if err != nil {
			return nil, err
		}
		switch token.(type) {
		case xml.Directive:
			return nil, errDTD
		case xml.StartElement:
			if e.depth++; e.depth > maxDepth {
				return nil, errors.New("elements are nested too deeply")
			}
		case xml.EndElement:
			e.depth--
		case xml.CharData:
		default:
			continue
		}
		return token, nil
	}
}

// skip passes over the rest of the element that was just begun.
func (e *elements) skip() error {
	for depth := e.depth; e.depth >= depth; {
		if _, err := e.next(); err != nil {
			return err
		}
	}
	return nil
}

// text is the text of the element that was just begun and of what is in it,
// but for the elements called without.
func (e *elements) text(without string) (string, error) {
	var out strings.Builder
	for depth := e.depth; e.depth >= depth; {
		token, err := e.next()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.CharData:
			if out.Len()+len(t) > maxToken {
				return "", errTooLong
			}
			out.Write(t)
		case xml.StartElement:
			if t.Name.Local == without {
				if err := e.skip(); err != nil {
					return "", err
				}
			}
		}
	}
	return out.String(), nil
}

// attribute is the value of the attribute with this local name.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

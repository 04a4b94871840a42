package rows

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"shuyuan/internal/fault"
)

// convert turns what the engine wrote into a format of ours, row by row.
func (e *Export) convert(w io.Writer, r io.Reader) error {
	out := bufio.NewWriterSize(w, 256<<10)
	var into rowWriter
	switch e.o.Format {
	case JSON:
		j := &jsonWriter{w: out, keys: jsonKeys(e.names), open: "[\n", between: ",\n", close: "\n]\n"}
		if a := e.o.Annotation; a != nil {
			j.open, j.close = "{"+a.member()+",\n\"data\":[\n", "\n]}\n"
		}
		into = j
	case NDJSON:
		j := &jsonWriter{w: out, keys: jsonKeys(e.names), between: "\n", close: "\n"}
		if a := e.o.Annotation; a != nil {
			j.open, j.n = "{"+a.member()+"}", 1
		}
		into = j
	case GeoJSON:
		into = newGeoJSONWriter(out, e)
	case XML:
		into = newXMLWriter(out, e.names)
	case XLSX:
		into = newXLSXWriter(out, e)
	default:
		return errors.New("rows: no writer for " + string(e.o.Format))
	}
	if err := e.each(r, into.row, into.start); err != nil {
		return err
	}
	if err := into.end(); err != nil {
		return err
	}
	return out.Flush()
}

// each yields the rows of what the engine wrote. It calls start before the first,
// but not before there is something, or certainly nothing.
func (e *Export) each(r io.Reader, yield func(cells, extra []exported) error, start func() error) error {
	in := lineReader{r: bufio.NewReaderSize(r, 1<<20)}
	row := make([]exported, len(e.c.out))
	extra := make([]exported, len(e.c.extra))
	started := false
	for {
		cells, err := in.read()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if !started {
			started = true
			if err := start(); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
		if err := e.fill(row, extra, cells); err != nil {
			return err
		}
		if err := yield(row, extra); err != nil {
			return err
		}
	}
}

// exported is one cell on its way into a file. Its text is good until the next
// row is read.
type exported struct {
	text   []byte
	typ    Type
	null   bool
	misfit bool // text is no value of typ
}

// rowWriter writes one format.
type rowWriter interface {
	start() error
	row(cells, extra []exported) error
	end() error
}

// fill puts the cells of a line, misfits between them, in the places of fields.
func (e *Export) fill(row, extra []exported, cells []exported) error {
	at := 0
	next := func() (exported, bool) {
		if at == len(cells) {
			return exported{}, false
		}
		at++
		return cells[at-1], true
	}
	ok := true
	for i := range row {
		row[i], ok = next()
		row[i].typ = e.c.out[i].typ
		if ok && e.c.misfit(i) {
			var raw exported
			if raw, ok = next(); ok && row[i].null && !raw.null {
				row[i].text, row[i].null, row[i].misfit = raw.text, false, true
			}
		}
	}
	for i := range extra {
		extra[i], ok = next()
	}
	if !ok || at != len(cells) {
		return errOdd("a line of another length")
	}
	return nil
}

// lineReader reads what the engine writes as CSV, where an empty text stands
// in quotes and null is nothing.
type lineReader struct {
	r     *bufio.Reader
	line  []byte
	cells []exported
}

// read returns the cells of the next line, which are good until the next call.
func (l *lineReader) read() ([]exported, error) {
	if err := l.readLine(); err != nil {
		return nil, err
	}
	l.cells = l.cells[:0]
	rest := l.line
	for {
		var c exported
		var more bool
		var err error
		if c, rest, more, err = nextCell(rest); err != nil {
			return nil, err
		}
		l.cells = append(l.cells, c)
		if !more {
			return l.cells, nil
		}
	}
}

// readLine reads up to the end of a line that is not within quotes.
func (l *lineReader) readLine() error {
	l.line = l.line[:0]
	for quotes := 0; ; {
		part, err := l.r.ReadSlice('\n')
		l.line = append(l.line, part...)
		quotes += bytes.Count(part, []byte{'"'})
		switch {
		case err == nil && quotes%2 == 0:
			l.line = l.line[:len(l.line)-1]
			return nil
		case err == nil, errors.Is(err, bufio.ErrBufferFull):
			if len(l.line) > mostFrame {
				return fault.New(fault.TooLarge, "有一行太大，不能导出成这种格式。")
			}
		case errors.Is(err, io.EOF) && len(l.line) > 0:
			return errOdd("the last line is cut short")
		default:
			return err
		}
	}
}

// nextCell cuts the next cell off rest. Quotes that are doubled within a cell
// are made single in place.
func nextCell(rest []byte) (c exported, after []byte, more bool, err error) {
	if len(rest) == 0 || rest[0] != '"' {
		text, after, more := bytes.Cut(rest, []byte{','})
		return exported{text: text, null: len(text) == 0}, after, more, nil
	}
	rest = rest[1:]
	n := 0
	for i := 0; i < len(rest); i++ {
		if rest[i] == '"' {
			if i+1 == len(rest) {
				return exported{text: rest[:n]}, nil, false, nil
			}
			if rest[i+1] == ',' {
				return exported{text: rest[:n]}, rest[i+2:], true, nil
			}
			i++
		}
		rest[n] = rest[i]
		n++
	}
	return c, nil, false, errOdd("a quote is not closed")
}

// validName is s with what may not stand in it put as an underscore.
func validName(s string, ok func(i int, r rune) bool) string {
	i := -1
	return strings.Map(func(r rune) rune {
		if i++; ok(i, r) {
			return r
		}
		return '_'
	}, s)
}

package ingest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// csvReader reads CSV as RFC 4180 has it: a cell that begins with a quote ends
// with one and holds what it likes. In others a quote is a character, 119°18'30",
// which the RFC does not allow and nobody reads otherwise. Lines end with
// LF or CRLF, which within quotes becomes LF; blank lines count for nothing.
type csvReader struct {
	in        lineReader
	delimiter []byte
	limits    Limits
	row       [][]byte
	quoted    []byte // cells that were in quotes
	ends      []int
	line      []byte // rest of the line at hand
}

var errQuotes = errors.New("a quote where none may be, or none where one must be")

func (c *csvReader) read() (row [][]byte, line int, clean bool, err error) {
	for {
		if c.line, err = c.in.next(); err != nil {
			return nil, c.in.n + 1, false, err
		}
		if len(c.line) > 0 {
			break
		}
	}
	line = c.in.n
	if bytes.IndexByte(c.line, '"') < 0 {
		c.row = split(c.row[:0], c.line, c.delimiter)
		return c.row, line, len(c.line) <= c.limits.Cell && !dubious(c.line), nil
	}
	row, err = c.withQuotes()
	if errors.Is(err, errQuotes) {
		line = c.in.n
	}
	return row, line, false, err
}

// split appends the cells of a line without quotes.
func split(row [][]byte, line, delimiter []byte) [][]byte {
	for {
		var i int
		if len(delimiter) == 1 {
			i = bytes.IndexByte(line, delimiter[0])
		} else {
			i = bytes.Index(line, delimiter)
		}
		if i < 0 {
			return append(row, line)
		}
		row = append(row, line[:i])
		line = line[i+len(delimiter):]
	}
}

// withQuotes reads a record that has quotes, and as many lines as it goes over.
func (c *csvReader) withQuotes() ([][]byte, error) {
	c.quoted, c.ends = c.quoted[:0], c.ends[:0]
	for {
		more, err := c.cell()
		if err != nil {
			return nil, err
		}
		c.ends = append(c.ends, len(c.quoted))
		if !more {
			break
		}
	}
	c.row = c.row[:0]
	from := 0
	for _, end := range c.ends {
		c.row = append(c.row, c.quoted[from:end])
		from = end
	}
	return c.row, nil
}

// cell reads one cell and reports whether another follows.
func (c *csvReader) cell() (more bool, err error) {
	if len(c.line) == 0 || c.line[0] != '"' {
		cell, rest, more := bytes.Cut(c.line, c.delimiter)
		c.quoted, c.line = append(c.quoted, cell...), rest
		return more, nil
	}
	c.line = c.line[1:]
	for {
		i := bytes.IndexByte(c.line, '"')
		if i < 0 {
			c.quoted = append(append(c.quoted, c.line...), '\n')
			if c.line, err = c.in.next(); errors.Is(err, io.EOF) {
				err = errQuotes
			}
			if err != nil {
				return false, err
			}
			continue
		}
		c.quoted, c.line = append(c.quoted, c.line[:i]...), c.line[i+1:]
		switch {
		case len(c.line) == 0:
			return false, nil
		case c.line[0] == '"':
			c.quoted, c.line = append(c.quoted, '"'), c.line[1:]
		case bytes.HasPrefix(c.line, c.delimiter):
			c.line = c.line[len(c.delimiter):]
			return true, nil
		default:
			return false, errQuotes
		}
	}
}

// lineReader reads lines without their ends, LF or CRLF. A line is overwritten
// by the next.
type lineReader struct {
	in   *bufio.Reader
	n    int
	long []byte // a line that is longer than the buffer
}

func (l *lineReader) next() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = l.in.ReadSlice('\n')
			l.long = append(l.long, line...)
		}
		line = l.long
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
		return nil, err
	}
	l.n++
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

// dubious reports whether a line has a byte that scrutiny looks at more
// closely: a control character but for a tab, DEL, and what may begin U+FFFD,
// a noncharacter, or no UTF-8 at all. It looks at eight bytes at a time.
func dubious(line []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(line) >= 8; line = line[8:] {
		x := binary.LittleEndian.Uint64(line)
		low := x &^ highs
		small := (x - 0x20*ones) &^ x & highs               // below a blank
		tab := (((x ^ 0x09*ones) &^ highs) + 0x7F*ones) | x // its high bit is clear where the byte is a tab
		large := (low + 0x11*ones) & x & highs              // EF and above
		del := ^((((x ^ 0x7F*ones) &^ highs) + 0x7F*ones) | x) & highs
		if small&tab|large|del != 0 {
			return true
		}
	}
	for _, b := range line {
		if b < ' ' && b != '\t' || b == 0x7F || b >= 0xEF {
			return true
		}
	}
	return false
}

package verify

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"

	"shuyuan/marketplace/provenance/content"
	"shuyuan/marketplace/provenance/statement"
)

// openCSV reads a CSV file that lies by itself.
func (f *file) openCSV(s *source) error {
	return f.asCSV(func() (io.Reader, error) { return s.reader(), nil })
}

// asCSV takes what opens for a CSV file (RFC 4180).
func (f *file) asCSV(opens func() (io.Reader, error)) error {
	r, err := opens()
	if err != nil {
		return err
	}
	in, _ := newCSV(r)
	head, err := in.Read()
	switch {
	case errors.Is(err, errMuch):
		return errMuch
	case err != nil || len(head) > mostColumns:
		return errDamaged
	}
	f.names = slices.Clone(head)
	f.rows = func(of statement.Content, yield func([]content.Cell) error) error {
		if !sameNames(of, f.names) {
			return errDamaged
		}
		r, err := opens()
		if err != nil {
			return err
		}
		return csvRows(r, yield)
	}
	return nil
}

// newCSV is a reader that takes neither odd quotes nor a row of another length.
func newCSV(r io.Reader) (*csv.Reader, *meter) {
	m := newMeter(&commas{r: r}, mostRow)
	b := bufio.NewReaderSize(m, 256<<10)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\uFEFF" {
		b.Discard(3) //nolint:errcheck // they were there
	}
	in := csv.NewReader(b)
	in.ReuseRecord = true
	return in, m
}

// mostCommas is how many a line may have: encoding/csv makes a field of each before it
// can be asked how many there are, at some forty bytes.
const mostCommas = 1 << 20

// commas fails at a line with too many.
type commas struct {
	r io.Reader
	n int // since the last end of a line
}

func (c *commas) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if end := bytes.LastIndexByte(p[:n], '\n'); end >= 0 {
		c.n = bytes.Count(p[end:n], []byte{','})
	} else {
		c.n += bytes.Count(p[:n], []byte{','})
	}
	if c.n > mostCommas {
		return 0, errMuch
	}
	return n, err
}

func csvRows(r io.Reader, yield func([]content.Cell) error) error {
	in, m := newCSV(r)
	var cells []content.Cell
	for n := 0; ; n++ {
		record, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case n == 0:
			cells = make([]content.Cell, len(record))
		default:
			for i, text := range record {
				cells[i] = content.Cell{Text: []byte(text)}
			}
			if err := yield(cells); err != nil {
				return err
			}
		}
		m.row()
	}
}

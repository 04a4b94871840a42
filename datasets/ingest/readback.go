package ingest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"

	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// readOrder asks for the cells of a Parquet file as they stood in the file that
// it was made of.
type readOrder struct{}

// Rows yields the names of the columns of a table that Run made and then its
// rows, cell by cell the texts of the file that Run read. The Parquet file may
// have been made by a child that an evil file had taken over, so a limited
// child reads it, too. The slice is reused.
func Rows(ctx context.Context, table *os.File, yield func(row []string) error) error {
	told, err := json.Marshal(order{Read: &readOrder{}})
	if err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, answer := io.Pipe()
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: JobName, Files: []*os.File{table}, Stdin: bytes.NewReader(told), Stdout: answer,
		Memory: childMemory, CPU: 2 * childTime, Time: childTime, FileSize: 1,
	})
	if err != nil {
		return fault.New(fault.Unavailable, "现在不能读取文件，请稍后再试。").Because(err)
	}
	heard := make(chan error, 1)
	go func() {
		err := eachRow(bufio.NewReaderSize(out, 256<<10), yield)
		out.CloseWithError(errStopped)
		heard <- err
		if err != nil {
			cancel()
		}
	}()
	ended := child.Wait()
	answer.Close()
	if err := <-heard; err != nil && (ended == nil || !errors.Is(err, errCut)) {
		return err
	}
	if ended != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return fault.New(fault.Unavailable, "现在不能读取文件，请稍后再试。").Because(ended)
	}
	return nil
}

var errCut = errors.New("ingest: a table is cut short")

// eachRow reads rows as readBack writes them: the number of cells, and for each
// row the length and the bytes of each cell; a row that begins with the largest
// length is the end.
func eachRow(r *bufio.Reader, yield func([]string) error) error {
	width, err := binary.ReadUvarint(r)
	if err != nil || width == 0 || width > 1<<16 {
		return errCut
	}
	row, ends := make([]string, width), make([]int, width)
	var text []byte
	for {
		text = text[:0]
		for i := range row {
			n, err := binary.ReadUvarint(r)
			if err != nil || n > 1<<30 && (i > 0 || n != lastRow) {
				return errCut
			}
			if n == lastRow {
				return nil
			}
			from := len(text)
			text = append(text, make([]byte, n)...)
			if _, err := io.ReadFull(r, text[from:]); err != nil {
				return errCut
			}
			ends[i] = len(text)
		}
		all, from := string(text), 0
		for i, end := range ends {
			row[i], from = all[from:end], end
		}
		if err := yield(row); err != nil {
			return err
		}
	}
}

const lastRow = 1 << 40

// readBack writes the cells of a Parquet file for eachRow.
func readBack(w io.Writer, file *os.File, _ readOrder) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	table, err := openStored(file, info.Size())
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 256<<10)
	var head []byte
	write := func(cell []byte) error {
		head = binary.AppendUvarint(head[:0], uint64(len(cell)))
		if _, err := out.Write(head); err != nil {
			return err
		}
		_, err := out.Write(cell)
		return err
	}
	if _, err := out.Write(binary.AppendUvarint(nil, uint64(len(table.columns)))); err != nil {
		return err
	}
	for _, c := range table.columns {
		if err := write([]byte(c.Name)); err != nil {
			return err
		}
	}
	if err := table.rows(func(cells [][]byte) error {
		for _, cell := range cells {
			if err := write(cell); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if _, err := out.Write(binary.AppendUvarint(nil, lastRow)); err != nil {
		return err
	}
	return out.Flush()
}

// stored is a Parquet file of ours.
type stored struct {
	file    *parquet.File
	columns []Column
	leaves  [][2]int // of each column: value and raw; -1 where there is none
}

func openStored(r io.ReaderAt, size int64) (*stored, error) {
	f, err := parquet.OpenFile(r, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	text, ok := f.Lookup(metaKey)
	if !ok {
		return nil, errors.New("table: no schema of ours")
	}
	s := &stored{file: f}
	if err := json.Unmarshal([]byte(text), &s.columns); err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	for _, c := range s.columns {
		leaves := [2]int{-1, -1}
		for i, name := range []string{c.Store, c.Store + "_raw"} {
			if leaf, ok := f.Schema().Lookup(name); ok {
				leaves[i] = leaf.ColumnIndex
			}
		}
		if leaves[0] < 0 {
			return nil, fmt.Errorf("table: column %s is missing", c.Store)
		}
		if !c.Raw() {
			leaves[1] = -1
		}
		s.leaves = append(s.leaves, leaves)
	}
	return s, nil
}

// rows yields row after row, as it stood in the file.
func (s *stored) rows(yield func(cells [][]byte) error) error {
	return s.values(func(cells [][]byte, _ []parquet.Value) error { return yield(cells) })
}

// values is rows with the values that were read of the cells; null where a cell
// is no value of its column's type.
func (s *stored) values(yield func(cells [][]byte, values []parquet.Value) error) error {
	cells, values := make([][]byte, len(s.columns)), make([]parquet.Value, len(s.columns))
	scratch := make([][]byte, len(s.columns))
	for _, group := range s.file.RowGroups() {
		chunks := group.ColumnChunks()
		readers := make([]*leafReader, 0, 2*len(s.columns))
		for _, leaves := range s.leaves {
			for _, leaf := range leaves {
				var r *leafReader
				if leaf >= 0 {
					r = &leafReader{pages: chunks[leaf].Pages()}
				}
				readers = append(readers, r)
			}
		}
		err := s.group(group.NumRows(), readers, cells, scratch, values, yield)
		for _, r := range readers {
			if r != nil {
				r.pages.Close()
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *stored) group(n int64, readers []*leafReader, cells, scratch [][]byte, values []parquet.Value, yield func([][]byte, []parquet.Value) error) error {
	for range n {
		for i, c := range s.columns {
			v, err := readers[2*i].next()
			if err != nil {
				return err
			}
			cells[i], values[i] = nil, v
			if r := readers[2*i+1]; r != nil {
				raw, err := r.next()
				if err != nil {
					return err
				}
				if !raw.IsNull() {
					cells[i] = raw.ByteArray()
					continue
				}
			}
			if !v.IsNull() {
				scratch[i] = c.write(scratch[i][:0], v)
				cells[i] = scratch[i]
			}
		}
		if err := yield(cells, values); err != nil {
			return err
		}
	}
	return nil
}

// write writes a value in the form of the column.
func (c Column) write(out []byte, v parquet.Value) []byte {
	switch c.Type {
	case Integer:
		return c.Form.appendNumber(out, v.Int64(), 0)
	case Decimal:
		if v.Kind() == parquet.Double {
			return c.Form.appendFloat(out, v.Double())
		}
		return c.Form.appendNumber(out, v.Int64(), c.Form.Scale)
	case Boolean:
		return c.Form.appendBool(out, v.Boolean())
	case Date:
		year, month, day := civil(v.Int32())
		return c.Form.appendDay(out, year, month, day)
	case DateTime:
		micros := v.Int64()
		days := floorDiv(micros, dayMicros)
		year, month, day := civil(int32(days)) //nolint:gosec // of years of four digits
		return c.Form.appendMoment(out, year, month, day, micros-days*dayMicros)
	case YearMonth:
		if w, ok := yearMonth(v.ByteArray()); ok {
			return c.Form.appendDay(out, w.year, w.month, 0)
		}
	case Text, Point, Geometry, Array, Object:
	}
	return append(out, v.ByteArray()...)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// leafReader reads one leaf value by value.
type leafReader struct {
	pages  parquet.Pages
	values parquet.ValueReader
	page   parquet.Page
	buf    [256]parquet.Value
	at, n  int
}

func (l *leafReader) next() (parquet.Value, error) {
	for l.at == l.n {
		if l.values == nil {
			page, err := l.pages.ReadPage()
			if err != nil {
				return parquet.Value{}, fmt.Errorf("table: %w", err)
			}
			l.page, l.values = page, page.Values()
		}
		n, err := l.values.ReadValues(l.buf[:])
		l.at, l.n = 0, n
		if errors.Is(err, io.EOF) {
			if l.values = nil; n == 0 {
				parquet.Release(l.page)
			}
		} else if err != nil {
			return parquet.Value{}, fmt.Errorf("table: %w", err)
		}
	}
	l.at++
	return l.buf[l.at-1], nil
}

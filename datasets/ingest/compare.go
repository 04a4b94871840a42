package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"shuyuan/internal/sandbox"
)

// compareOrder asks whether a table holds what stands in the file that it was
// made of.
type compareOrder struct{ Position int }

// compared is the answer.
type compared struct {
	Rows    int64
	Differs string // the first difference; empty where there is none
}

// Compare reads a file and a table that was made of it, both whole, in a
// limited child, and returns how many rows they have and where they differ
// first, in words for whoever looks after the installation; nothing where every
// cell is the same.
func Compare(ctx context.Context, original, table *os.File, name string, opt Options, position int) (rows int64, differs string, err error) {
	told, err := json.Marshal(order{Name: name, Options: opt, Compare: &compareOrder{position}})
	if err != nil {
		return 0, "", fmt.Errorf("ingest: %w", err)
	}
	var out bytes.Buffer
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: JobName, Files: []*os.File{original, table}, Stdin: bytes.NewReader(told), Stdout: &limited{w: &out, left: 64 << 10},
		Memory: childMemory, CPU: 2 * childTime, Time: childTime, FileSize: 1, Nice: childNice,
	})
	if err != nil {
		return 0, "", err
	}
	if err := child.Wait(); err != nil {
		return 0, "", fmt.Errorf("ingest: compare: %w", err)
	}
	var c compared
	if err := json.Unmarshal(out.Bytes(), &c); err != nil {
		return 0, "", fmt.Errorf("ingest: compare: %w", err)
	}
	return c.Rows, c.Differs, nil
}

// limited takes so much and fails then.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, errors.New("too much is said")
	}
	return l.w.Write(p)
}

func (o order) compare(w io.Writer, original, table *os.File) error {
	info, err := table.Stat()
	if err != nil {
		return err
	}
	kept, err := openStored(table, info.Size())
	if err != nil {
		return err
	}
	f, err := Open(o.Name, original, o.Options)
	if err != nil {
		return err
	}
	tables := f.Tables()
	if o.Compare.Position < 0 || o.Compare.Position >= len(tables) {
		return fmt.Errorf("there is no table %d", o.Compare.Position)
	}
	in, err := read(tables[o.Compare.Position])
	if err != nil {
		return err
	}
	defer in.close()
	c, err := kept.against(in)
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(c)
}

// against compares a kept table with its file, cell by cell.
func (s *stored) against(in *blocks) (c compared, err error) {
	for i, column := range s.columns {
		if len(in.names) != len(s.columns) || in.names[i] != column.Name {
			c.Differs = "the columns have other names"
			return c, nil
		}
	}
	var b *block
	at := 0
	next := func() bool {
		for b == nil || at == b.rows {
			if b != nil {
				in.back(b)
			}
			var ok bool
			if b, ok = <-in.full; !ok {
				return false
			}
			at = 0
		}
		return true
	}
	errDiffers := errors.New("differs")
	err = s.rows(func(cells [][]byte) error {
		c.Rows++
		if !next() {
			c.Differs = fmt.Sprintf("the table has more rows than the file, which has %d", c.Rows-1)
			return errDiffers
		}
		for i, cell := range cells {
			if !bytes.Equal(cell, b.cell(at, i)) {
				c.Differs = fmt.Sprintf("row %d, column %d is another", c.Rows, i+1)
				return errDiffers
			}
		}
		at++
		return nil
	})
	if errors.Is(err, errDiffers) {
		return c, nil
	}
	if err == nil && next() {
		c.Differs = fmt.Sprintf("the file has more rows than the table, which has %d", c.Rows)
		return c, nil
	}
	return c, errors.Join(err, in.err)
}

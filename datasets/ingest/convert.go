package ingest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"shuyuan/internal/fault"
)

// sampleRows is how many rows types are proposed from; every further row is
// held against them.
const sampleRows = 8 * blockRows

// convert writes each table of f as a Parquet file in dir.
func convert(f *File, dir string, types []map[string]Type, tell func(rows int64) error) (*Report, error) {
	r := &Report{Format: f.Format, Compression: f.Compression, Encoding: f.Encoding}
	if len(f.tables) > mostTables {
		return nil, fault.New(fault.TooLarge, "文件里的表太多，最多 %d 张。", mostTables)
	}
	var lost []replaced
	var nowhere []Finding
	for i, t := range f.Tables() {
		var declared map[string]Type
		if i < len(types) {
			declared = types[i]
		}
		c := &conversion{table: t, declared: declared, path: filepath.Join(dir, strconv.Itoa(i)+".parquet"), tell: tell}
		out, err := c.run()
		if err != nil {
			return nil, err
		}
		out.File = filepath.Base(c.path)
		if t.said != nil {
			out.Notes = append(t.said.notes, out.Notes...)
			r.NoHeader = r.NoHeader || t.said.none
		}
		r.Tables, lost = append(r.Tables, out), append(lost, c.lost)
		for _, s := range c.strays {
			if s.count > 0 {
				nowhere = append(nowhere, s.finding())
			}
		}
	}
	r.Notes, r.Findings = f.Notes, slices.Concat(f.Findings(), replacedIn(r.Tables, lost), nowhere[:min(len(nowhere), mostNotes/2)])
	return r, nil
}

// conversion is one table on its way.
type conversion struct {
	table    Table
	declared map[string]Type
	path     string
	tell     func(rows int64) error

	columns []*column
	tallies []*tally
	out     TableReport
	lost    replaced
	strays  []strays // of the columns, and then of the pairs
	pairs   [][2]int

	first, last string // what the first and the last row are called, where they add up the others
}

// passes is how often a table is read at most: once, and again where a cell far
// down shows that a type must be another.
const passes = 4

func (c *conversion) run() (TableReport, error) {
	for range passes {
		if err := c.pass(); err != nil {
			return c.out, err
		}
		again := false
		for _, column := range c.columns {
			again = column.again() || again
		}
		if !again {
			return c.finished(), nil
		}
		for _, column := range c.columns {
			column.fresh()
		}
	}
	return c.out, errors.New("the types of a table do not settle")
}

func (c *conversion) finished() TableReport {
	c.out.Name = c.table.Name
	for _, column := range c.columns {
		if column.Proposed == column.Type {
			column.Proposed = ""
		}
		c.out.Columns = append(c.out.Columns, column.Column)
	}
	if total := cmp.Or(c.last, c.first); total != "" && c.out.Rows > 2 {
		c.out.Notes = append(c.out.Notes, note("有一行是“%s”：统计时它会和别的行重复计算。", total))
	}
	c.out.Notes = append(c.out.Notes, headless(c.columns)...)
	c.out.Notes = append(c.out.Notes, paired(c.columns, c.tallies)...)
	return c.out
}

// pass reads the table once, from its beginning to its end.
func (c *conversion) pass() error {
	in, err := read(c.table)
	if err != nil {
		return err
	}
	defer in.close()
	c.out, c.lost, c.strays = TableReport{Preview: [][]string{}}, replaced{}, nil
	held, err := c.sample(in)
	if err != nil {
		return err
	}
	for _, name := range in.names {
		c.lost.in(0, name, []byte(name))
	}
	file, err := os.OpenFile(c.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	w := newWriter(file, c.columns, c.tallies, runtime.GOMAXPROCS(0))
	for _, b := range held {
		if err := c.write(w, b); err != nil {
			return err
		}
	}
	held = nil
	for b := range in.full {
		if err := c.write(w, b); err != nil {
			return err
		}
		in.back(b)
	}
	if in.err != nil {
		return in.err
	}
	if err := w.close(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return file.Close()
}

// sample holds the first blocks and, in the first pass, proposes types.
func (c *conversion) sample(in *blocks) ([]*block, error) {
	if c.columns != nil {
		return nil, nil
	}
	var held []*block
	rows, bytes := 0, 0
	for rows < sampleRows && bytes < 32<<20 {
		b, ok := <-in.full
		if !ok {
			break
		}
		held = append(held, b)
		rows += b.rows
		bytes += len(b.text)
	}
	if len(held) > 0 || in.err == nil {
		c.propose(in.names, held)
	}
	return held, nil
}

func (c *conversion) propose(names []string, held []*block) {
	c.columns, c.tallies = make([]*column, len(names)), make([]*tally, len(names))
	each(len(names), runtime.GOMAXPROCS(0), func(i int) {
		t := newTally(len(names))
		for _, b := range held {
			for row := range b.rows {
				t.see(b.cell(row, i))
			}
		}
		column := t.guess(names[i])
		if len(c.table.texts) == len(names) && c.table.texts[i] {
			column.keepText()
		}
		if c.table.shape && i == len(names)-1 && t.shapes > 0 {
			column.shaped()
		}
		column = t.declare(column, c.declared[names[i]])
		c.columns[i], c.tallies[i] = &column, t
	})
}

// sums are what a row is called that adds up the others.
var sums = regexp.MustCompile(`(?i)^\s*(合\s*计|总\s*计|共\s*计|总\s*和|累\s*计|全部合计|grand total|total)\s*[:：]?\s*$`)

// sum is the name of a row that adds up the others, which are numbers.
func (c *conversion) sum(b *block, row int) string {
	said, numbers := "", false
	for i, column := range c.columns {
		cell := b.cell(row, i)
		if said == "" && len(cell) > 0 {
			if said = string(cell); !sums.MatchString(said) {
				return ""
			}
		}
		numbers = numbers || len(cell) > 0 && (column.Type == Integer || column.Type == Decimal)
	}
	if !numbers {
		return ""
	}
	return strings.TrimSpace(said)
}

func (c *conversion) write(w *writer, b *block) error {
	if b.rows > 0 {
		if c.out.Rows == 0 {
			c.first = c.sum(b, 0)
		}
		c.last = c.sum(b, b.rows-1)
	}
	for row := 0; row < b.rows && len(c.out.Preview) < previewRows; row++ {
		kept := make([]string, b.width)
		for i := range kept {
			cell := b.cell(row, i)
			kept[i] = strings.ToValidUTF8(string(cell[:min(len(cell), previewCell)]), "")
		}
		c.out.Preview = append(c.out.Preview, kept)
	}
	if err := w.block(b); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	c.list(b)
	c.lost.see(b, c.out.Rows+1, c.columns)
	c.seek(b, c.out.Rows+1)
	c.out.Rows += int64(b.rows)
	return c.tell(c.out.Rows)
}

// list notes what does not fit, row by row.
func (c *conversion) list(b *block) {
	if len(c.out.Misfits) >= MostMisfits {
		return
	}
	var found [][2]int
	for i, column := range c.columns {
		for _, row := range column.strays {
			found = append(found, [2]int{row, i})
		}
	}
	slices.SortFunc(found, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	for _, at := range found[:min(len(found), MostMisfits-len(c.out.Misfits))] {
		column, cell := c.columns[at[1]], b.cell(at[0], at[1])
		c.out.Misfits = append(c.out.Misfits, Misfit{Row: c.out.Rows + int64(at[0]) + 1, Column: column.Name, Text: clip(cell, mostClip), Reason: column.reason(cell)})
	}
}

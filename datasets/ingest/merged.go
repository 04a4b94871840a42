package ingest

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// merges are the merged cells of a sheet that matter for its columns' names,
// and how many others there are.
type merges struct {
	top   []cellRange // those that begin in the first rows
	below int
	title int // rows of title above the header, once known
	depth int // rows of the header, once known
}

// cellRange is a rectangle of cells, counted from 1.
type cellRange struct{ left, top, right, bottom int }

// Where a header is looked for, and how many merged cells a sheet may have.
const (
	headRows   = 12
	mostMerges = 200_000
)

var mergeForm = regexp.MustCompile(`mergeCell\b[^>]{0,200}?\bref\s*=\s*["']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})["']`)

// survey finds the merged cells of a sheet. They are told of after all cells,
// where reading element by element would take as long as reading them all; so
// the bytes are searched.
func (b *book) survey(s sheet) (merges, error) {
	var m merges
	f := b.parts.files[strings.ToLower(strings.TrimPrefix(s.part, "/"))]
	if f == nil {
		return m, notWorkbook(errors.New("a sheet is missing"))
	}
	r, err := f.Open()
	if err != nil {
		return m, notWorkbook(err)
	}
	defer r.Close()
	in := &counted{r: r, left: b.parts.limit}
	const overlap = 512
	buf, kept := make([]byte, 256<<10), 0
	for {
		n, err := io.ReadFull(in, buf[kept:])
		part := buf[:kept+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return m, notWorkbook(err)
		}
		limit := len(part)
		if !last {
			limit -= overlap
		}
		if bytes.Contains(part, []byte("mergeCell")) {
			for _, at := range mergeForm.FindAllSubmatchIndex(part, -1) {
				if at[0] < limit {
					m.add(columnOf(string(part[at[2]:at[3]])+"1"), atoi(part[at[4]:at[5]]), columnOf(string(part[at[6]:at[7]])+"1"), atoi(part[at[8]:at[9]]))
				}
			}
		}
		if len(m.top)+m.below > mostMerges {
			return m, notWorkbook(errors.New("too many merged cells"))
		}
		if last {
			return m, nil
		}
		kept = copy(buf, part[limit:])
	}
}

func atoi(digits []byte) (n int) {
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

func (m *merges) add(left, top, right, bottom int) {
	if left < 1 || right < left || bottom < top || right > sheetColumns {
		return
	}
	if top <= headRows {
		m.top = append(m.top, cellRange{left, top, right, bottom})
		return
	}
	m.below++
}

// decide finds how many rows the header has: as many as cells are merged over
// that begin in its first row, and one more below cells that are merged across.
// Rows above that are one wide cell each, or captions, are the title.
func (m *merges) decide(top map[int][]string) {
	widest := 0
	for _, a := range m.top {
		widest = max(widest, a.right)
	}
	title := func(row int) (bottom int) {
		for _, a := range m.top {
			if a.top == row && a.left == 1 && a.right == widest && a.right > 1 {
				return a.bottom
			}
		}
		return 0
	}
	row := 1
	for row <= headRows {
		bottom := title(row)
		if bottom == 0 && m.caption(row, top[row]) {
			bottom = row
		}
		if bottom == 0 {
			break
		}
		row = bottom + 1
	}
	m.title, m.depth = row-1, 1
	for grown := true; grown && m.depth < 6; {
		grown = false
		for _, a := range m.top {
			if a.top < row || a.top >= row+m.depth {
				continue
			}
			need := a.bottom - row + 1
			if a.right > a.left && a.bottom == row+m.depth-1 { // what is below it tells its columns apart
				need++
			}
			if need > m.depth && need <= 6 {
				m.depth, grown = need, true
			}
		}
	}
	kept := m.top[:0]
	for _, a := range m.top {
		if a.top >= row+m.depth {
			m.below++
		} else if a.top >= row {
			kept = append(kept, a)
		}
	}
	m.top = kept
}

// caption reports whether a row above merged cells belongs to the title: it is
// empty, or has one text or captions in cells that are not merged downwards.
func (m *merges) caption(row int, cells []string) bool {
	below := false
	for _, a := range m.top {
		if a.top == row && a.bottom > row || a.top < row && a.bottom >= row {
			return false
		}
		below = below || a.top > row
	}
	n, said := filled(cells), captions(cells)
	alone := n == 1 && utf8.RuneCountInString(strings.Join(cells, "")) > 5
	return below && (n == 0 || said == n || alone)
}

// notes are what there is to say of a sheet's merged cells.
func (m *merges) notes(sheet string) (out []Note) {
	if m.title > 0 {
		out = append(out, note("工作表“%s”前 %d 行是标题，没有读作数据。", sheet, m.title))
	}
	if m.depth > 1 {
		out = append(out, note("工作表“%s”的表头有 %d 行，合成了一行列名。", sheet, m.depth))
	}
	if m.below > 0 {
		out = append(out, note("工作表“%s”的数据里有 %d 处合并单元格：值只在左上角一格，其余各格按空值读。", sheet, m.below))
	}
	return out
}

// heading gathers the rows of a header.
type heading struct {
	merged merges
	names  []string
	rows   map[int][]string
	whole  bool // the row that ended the header was part of it
}

// take is handed every row. More says that the header goes on; names, that it
// ended here.
func (h *heading) take(line int, row []string) (names []string, more bool) {
	if h.names != nil {
		return nil, false
	}
	first, last := h.merged.title+1, h.merged.title+max(1, h.merged.depth)
	switch {
	case line < first && (!crowded(row) || captions(row) == filled(row)):
		return nil, true
	case line < first: // the wide cell is no title after all
		h.names, h.whole = slices.Clone(row), true
		return h.names, false
	case h.merged.depth <= 1:
		h.names, h.whole = slices.Clone(row), true
		return h.names, false
	case line <= last:
		if h.rows == nil {
			h.rows = map[int][]string{}
		}
		if h.rows[line] = slices.Clone(row); line < last {
			return nil, true
		}
		h.whole = true
		return h.combine(first, last), false
	case h.rows == nil: // the header is no header: what is there first names the columns
		h.names, h.whole = slices.Clone(row), true
		return h.names, false
	}
	return h.combine(first, last), false
}

// crowded reports whether a row has more than one value.
func crowded(row []string) bool {
	n := 0
	for _, cell := range row {
		if cell != "" {
			n++
		}
	}
	return n > 1
}

// end is the header of a sheet that ends within it.
func (h *heading) end() []string {
	if h.names != nil || h.rows == nil {
		return nil
	}
	return h.combine(h.merged.title+1, h.merged.title+h.merged.depth)
}

// combine makes one name of what stands above a column: 人口-男.
func (h *heading) combine(first, last int) []string {
	width := 0
	for _, row := range h.rows {
		width = max(width, len(row))
	}
	for _, a := range h.merged.top {
		width = max(width, a.right)
	}
	cell := func(line, column int) string {
		for _, a := range h.merged.top {
			if line >= a.top && line <= a.bottom && column >= a.left && column <= a.right {
				line, column = a.top, a.left
				break
			}
		}
		if row := h.rows[line]; column <= len(row) {
			return strings.Join(strings.Fields(row[column-1]), " ")
		}
		return ""
	}
	h.names = make([]string, width)
	for i := range h.names {
		var parts []string
		for line := first; line <= last; line++ {
			if text := cell(line, i+1); text != "" && (len(parts) == 0 || parts[len(parts)-1] != text) {
				parts = append(parts, text)
			}
		}
		h.names[i] = strings.Join(parts, "-")
	}
	return h.names
}

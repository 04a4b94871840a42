package ingest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"shuyuan/internal/fault"
)

// The size of a sheet, as every spreadsheet program has it.
const (
	sheetRows    = 1 << 20
	sheetColumns = 1 << 14
)

// rows yields the rows of a sheet. Rows without any value are passed over, as
// blank lines of a CSV are.
func (b *book) rows(s sheet, opt Options, said *said, yield func([]string) error) error {
	looked := scrutiny{limits: opt.Limits, exact: true}
	shape := &shaper[string]{short: true, yield: yield, say: said.say}
	b.unworked = 0
	take, end := shape.merged(s.merged)
	if len(s.merged.top) == 0 && s.merged.title == 0 {
		take, end = shape.plain(opt, said)
	}
	return b.cells(s, opt.Limits, func(line int, row []string) error {
		if err := looked.row(row, line); err != nil {
			return err
		}
		return take(line, row)
	}, func() error {
		if err := end(); err != nil {
			return err
		}
		if err := shape.end(); err != nil {
			return err
		}
		if b.unworked > 0 {
			said.say(note("有 %d 个公式没有存下结果，按空值读；请用表格软件打开、保存后再传。", b.unworked))
		}
		return nil
	})
}

// merged takes rows whose head is told by merged cells.
func (s *shaper[T]) merged(m merges) (take func(line int, row []T) error, end func() error) {
	head := heading{merged: m}
	named := func(names []string) error {
		if err := twice(names); err != nil {
			return err
		}
		return s.begin(names)
	}
	take = func(line int, row []T) error {
		if head.names != nil {
			return s.row(line, row, true)
		}
		names, more := head.take(line, inStrings(row))
		if more {
			return nil
		}
		if err := named(cleanNames(names)); err != nil || head.whole {
			return err
		}
		return s.row(line, row, true)
	}
	return take, func() error {
		if names := head.end(); names != nil {
			return named(cleanNames(names))
		}
		return nil
	}
}

// plain takes rows of which the first name the columns, but for lines of title.
func (s *shaper[T]) plain(opt Options, said *said) (take func(line int, row []T) error, end func() error) {
	var first []record
	size, decided := 0, false
	opt.NoHeader, opt.Header = false, true
	decide := func() error {
		decided = true
		return s.decide(first, opt, said)
	}
	take = func(line int, row []T) error {
		if decided {
			return s.row(line, row, true)
		}
		kept := record{line: line, bare: true}
		for _, cell := range row {
			kept.cells = append(kept.cells, []byte(cell))
			size += len(cell)
		}
		if first = append(first, kept); len(first) < headSample && size < headBytes {
			return nil
		}
		return decide()
	}
	return take, func() error {
		if decided || len(first) == 0 {
			return nil
		}
		return decide()
	}
}

// filled reports whether the sheet has any value.
func (b *book) filled(s sheet) (bool, error) {
	found := errors.New("found")
	err := b.cells(s, Limits{Columns: sheetColumns}, func(int, []string) error { return found }, func() error { return nil })
	if errors.Is(err, found) {
		return true, nil
	}
	return false, err
}

// top is the first rows of a sheet by their numbers, where a header is looked
// for.
func (b *book) top(s sheet) (map[int][]string, error) {
	rows, enough := map[int][]string{}, errors.New("enough")
	if len(s.merged.top) == 0 {
		return rows, nil
	}
	err := b.cells(s, Limits{Columns: sheetColumns}, func(line int, row []string) error {
		if line > headRows {
			return enough
		}
		rows[line] = slices.Clone(row)
		return nil
	}, func() error { return nil })
	if errors.Is(err, enough) {
		err = nil
	}
	return rows, err
}

// cells yields the number and the values of every row that has any, without
// the empty ones at its end, and calls end after the last. The slice is used
// again.
func (b *book) cells(s sheet, limits Limits, yield func(line int, row []string) error, end func() error) error {
	e, err := b.parts.open(s.part)
	if err != nil {
		return unreadableSheet(s.name, 1, err)
	}
	defer e.close()
	line, row := 0, []string(nil)
	for {
		token, err := e.next()
		if errors.Is(err, io.EOF) {
			return end()
		}
		if err != nil {
			return unreadableSheet(s.name, line+1, err)
		}
		start, isStart := token.(xml.StartElement)
		closed, isEnd := token.(xml.EndElement)
		switch {
		case isEnd && closed.Name.Local == "sheetData":
			return end() // what follows describes the sheet, it holds no values
		case isEnd && closed.Name.Local == "row":
			for len(row) > 0 && row[len(row)-1] == "" {
				row = row[:len(row)-1]
			}
			if len(row) > 0 {
				if err := yield(line, row); err != nil {
					return err
				}
			}
		case isStart && start.Name.Local == "col" && truth(attribute(start, "hidden")):
			b.hides(s)
		case isStart && start.Name.Local == "row":
			if truth(attribute(start, "hidden")) {
				b.hides(s)
			}
			if line, err = position(attribute(start, "r"), line, sheetRows); err != nil {
				return unreadableSheet(s.name, line+1, err)
			}
			row, b.formulas = row[:0], b.formulas[:0]
		case isStart && start.Name.Local == "c":
			if row, err = b.cell(e, start, line, row, limits); err != nil {
				return unreadableSheet(s.name, line, err)
			}
		}
	}
}

func (b *book) hides(s sheet) {
	b.findings.add("hidden-cells", note("工作表“%s”有隐藏的行或列，请取消隐藏或删除后再上传。", s.name))
}

// position is the number that something says it has, the next after last where
// it says none. Numbers only grow.
func position(said string, last, most int) (int, error) {
	n := last + 1
	if said != "" {
		var err error
		if n, err = strconv.Atoi(said); err != nil {
			return last, err
		}
	}
	if n <= last || n > most {
		return last, fmt.Errorf("number %d after %d", n, last)
	}
	return n, nil
}

// cell reads the cell that was just begun and puts its value in its place.
func (b *book) cell(e *elements, start xml.StartElement, line int, row []string, limits Limits) ([]string, error) {
	column := len(row) + 1
	if reference := attribute(start, "r"); reference != "" {
		if column = columnOf(reference); column <= len(row) {
			return row, fmt.Errorf("cell %s after column %d", reference, len(row))
		}
	}
	value, formula, err := b.value(e, start)
	if formula {
		b.formulas = append(b.formulas, column)
	}
	if err != nil || value == "" {
		return row, err
	}
	if column > min(limits.Columns, sheetColumns) {
		return row, tooManyColumns(limits, line)
	}
	for len(row) < column-1 {
		row = append(row, "")
	}
	return append(row, value), nil
}

// columnOf is the number of the column in a reference, 3 for C7; 0 for what is
// no reference.
func columnOf(reference string) int {
	n := 0
	for i, r := range []byte(reference) {
		switch {
		case r >= 'A' && r <= 'Z' && n <= sheetColumns:
			n = n*26 + int(r-'A') + 1
		case r >= '0' && r <= '9' && i > 0:
			return n
		default:
			return 0
		}
	}
	return 0
}

// value is the value of a cell as text, and whether a formula works it out.
func (b *book) value(e *elements, start xml.StartElement) (text string, formula bool, err error) {
	var v string
	for depth := e.depth; e.depth >= depth; {
		token, err := e.next()
		if err != nil {
			return "", formula, err
		}
		inner, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch inner.Name.Local {
		case "v":
			v, err = e.text("")
		case "is":
			v, err = e.text("rPh")
		default: // a formula
			formula = formula || inner.Name.Local == "f"
			err = e.skip()
		}
		if err != nil {
			return "", formula, err
		}
	}
	if formula && v == "" && attribute(start, "t") != "str" {
		b.unworked++
	}
	switch attribute(start, "t") {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(v))
		text, ok := b.texts.at(i)
		if v != "" && (err != nil || !ok) {
			return "", formula, fmt.Errorf("text %q does not exist", v)
		}
		return text, formula, nil
	case "str", "inlineStr":
		return unescape(v), formula, nil
	case "b":
		if v = strings.TrimSpace(v); v != "" {
			v = strconv.FormatBool(truth(v))
		}
		return v, formula, nil
	case "", "n":
		return b.number(strings.TrimSpace(v), attribute(start, "s")), formula, nil
	}
	return v, formula, nil // an error value, a date in words
}

// number is a number or day as text; styled is the number of its style.
func (b *book) number(v, styled string) string {
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || strings.Trim(v, "+-0123456789.eE") != "" {
		return v
	}
	if i, err := strconv.Atoi(styled); err == nil && i >= 0 && i < len(b.styles) && b.styles[i] != plain {
		if text, ok := b.styles[i].moment(n, b.date1904); ok {
			return text
		}
	}
	form := byte('f')
	if size := max(n, -n); size != 0 && (size < 1e-9 || size >= 1e21) {
		form = 'g'
	}
	return strconv.FormatFloat(n, form, -1, 64) // the shortest that is the same number: files hold 1.1000000000000001 for 1.1
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape gives back the characters that XML cannot hold: _x000D_ stands for
// a carriage return. Line ends become one.
func unescape(s string) string {
	if strings.Contains(s, "_x") {
		s = escaped.ReplaceAllStringFunc(s, func(e string) string {
			n, _ := strconv.ParseUint(e[2:6], 16, 16)
			return string(rune(n))
		})
	}
	return strings.ReplaceAll(s, "\r\n", "\n")
}

func unreadableSheet(name string, line int, err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	if errors.Is(err, errTooLong) {
		return fault.New(fault.TooLarge, "工作表“%s”第 %d 行的内容太长。", name, line).Because(err)
	}
	if errors.Is(err, errDTD) {
		return refusedDTD(err)
	}
	return fault.New(fault.Invalid, "工作表“%s”第 %d 行读不出来。", name, line).Because(err)
}

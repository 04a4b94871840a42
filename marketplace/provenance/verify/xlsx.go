package verify

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	"shuyuan/marketplace/provenance/content"
	"shuyuan/marketplace/provenance/statement"
)

// What carries the stamp in a workbook.
const (
	sheetNotice = "来源说明"
	sheetData   = "数据"
	keyStamp    = "pd.stamp"
	keySources  = "pd.sources"
)

// workbook is a workbook whose sheets were looked at (ECMA-376-1).
type workbook struct {
	f      *file
	a      archive
	sheets []sheet
	shared []string
}

type sheet struct{ name, part string }

func (f *file) openWorkbook(a archive) error {
	w := &workbook{f: f, a: a}
	if err := w.readSheets(); err != nil {
		return err
	}
	if err := w.readShared(); err != nil {
		return err
	}
	if err := w.readProperties(); err != nil {
		return err
	}
	data := -1
	for i, s := range w.sheets {
		if s.name == sheetNotice && !f.paged {
			f.paged = true
			if err := w.readNotice(s); err != nil {
				return err
			}
			continue
		}
		if data < 0 || s.name == sheetData && w.sheets[data].name != sheetData {
			data = i
		}
	}
	if len(f.stamps) > 0 {
		f.paged = true
		if len(w.sheets) != 2 || w.sheets[0].name != sheetNotice {
			f.issue(SheetsOther)
		}
	}
	if data < 0 {
		return errDamaged
	}
	f.rows = func(of statement.Content, yield func([]content.Cell) error) error {
		return w.rows(w.sheets[data], of, yield)
	}
	if err := f.rows(statement.Content{}, nil); err != nil && !errors.Is(err, errSeen) {
		return err
	}
	return nil
}

// part reads a part of the workbook, token by token.
func (w *workbook) part(name string, most int64, each func(*xml.Decoder, xml.StartElement, *meter) error) error {
	r, err := w.a.open(name)
	if err != nil {
		return err
	}
	m := newMeter(r, most)
	d := xml.NewDecoder(bufio.NewReaderSize(m, 64<<10))
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return asMuch(err)
		}
		switch t := t.(type) {
		case xml.Directive: // a document type, whose entities could be anything
			return errDamaged
		case xml.StartElement:
			if err := each(d, t, m); err != nil {
				return asMuch(err)
			}
		}
	}
}

func asMuch(err error) error {
	if errors.Is(err, errMuch) {
		return errMuch
	}
	return err
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (w *workbook) readSheets() error {
	targets := map[string]string{}
	if err := w.part("xl/_rels/workbook.xml.rels", mostText, func(_ *xml.Decoder, e xml.StartElement, _ *meter) error {
		if e.Name.Local == "Relationship" {
			to := attribute(e, "Target")
			if !strings.HasPrefix(to, "/") {
				to = path.Join("xl", to)
			}
			targets[attribute(e, "Id")] = strings.TrimPrefix(to, "/")
		}
		return nil
	}); err != nil {
		return err
	}
	return w.part("xl/workbook.xml", mostText, func(_ *xml.Decoder, e xml.StartElement, _ *meter) error {
		switch e.Name.Local {
		case "sheet":
			s := sheet{name: attribute(e, "name")}
			for _, a := range e.Attr {
				if a.Name.Space == "r" && a.Name.Local == "id" {
					s.part = targets[a.Value]
				}
			}
			if state := attribute(e, "state"); state != "" && state != "visible" {
				w.f.issue(Hidden)
			}
			for _, other := range w.sheets {
				if strings.EqualFold(strings.TrimSpace(other.name), strings.TrimSpace(s.name)) || other.part == s.part {
					w.f.issue(NameTwice)
				}
			}
			if len(w.sheets) == mostFiles {
				return errMuch
			}
			w.sheets = append(w.sheets, s)
		case "workbookPr":
			if v := attribute(e, "date1904"); v == "1" || v == "true" {
				return errDamaged // another day 0 than that of what was delivered
			}
		}
		return nil
	})
}

// readShared reads the texts that sheets share, where a program has saved it so.
func (w *workbook) readShared() error {
	const name = "xl/sharedStrings.xml"
	if w.a.files[name] == nil {
		return nil
	}
	kept := int64(0)
	return w.part(name, mostText, func(d *xml.Decoder, e xml.StartElement, m *meter) error {
		if e.Name.Local != "si" {
			return nil
		}
		text, err := inner(d, "si")
		w.shared = append(w.shared, text)
		if kept += int64(len(text)) + 16; kept > mostText {
			return errMuch
		}
		m.row()
		return err
	})
}

// inner is the text of all t up to the end of the element; what is said for how to
// pronounce it is no part of it.
func inner(d *xml.Decoder, of string) (string, error) {
	var b strings.Builder
	in, aside := false, 0
	for {
		t, err := d.RawToken()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			in = t.Name.Local == "t"
			if t.Name.Local == "rPh" {
				aside++
			}
		case xml.EndElement:
			in = false
			if t.Name.Local == "rPh" {
				aside--
			}
			if t.Name.Local == of {
				return unescape(b.String()), nil
			}
		case xml.CharData:
			if in && aside == 0 {
				b.Write(t)
			}
		}
	}
}

// unescape turns _x000A_ into the character that it stands for (ECMA-376-1, 22.4.2.4).
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if len(s)-i >= 7 && s[i] == '_' && s[i+1] == 'x' && s[i+6] == '_' {
			if n, err := strconv.ParseUint(s[i+2:i+6], 16, 32); err == nil {
				b.WriteRune(rune(n))
				i += 7
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// readProperties reads the custom properties, which carry the stamp.
func (w *workbook) readProperties() error {
	const name = "docProps/custom.xml"
	if w.a.files[name] == nil {
		return nil
	}
	all := map[string]string{}
	if err := w.part(name, mostStamp, func(d *xml.Decoder, e xml.StartElement, _ *meter) error {
		if e.Name.Local != "property" {
			return nil
		}
		name := attribute(e, "name")
		if _, twice := all[name]; twice {
			w.f.issue(NameTwice)
			return nil
		}
		var b strings.Builder
		for {
			t, err := d.RawToken()
			if err != nil {
				return err
			}
			switch t := t.(type) {
			case xml.CharData:
				b.Write(t)
			case xml.EndElement:
				if t.Name.Local == "property" {
					all[name] = b.String()
					return nil
				}
			}
		}
	}); err != nil {
		return err
	}
	joined := func(key string) []byte {
		text := all[key]
		for n := 2; all[key+"."+strconv.Itoa(n)] != ""; n++ {
			text += all[key+"."+strconv.Itoa(n)]
		}
		return []byte(text)
	}
	if b := joined(keyStamp); len(b) > 0 {
		w.f.stamps = append(w.f.stamps, b)
		w.f.notice = joined(keySources)
	}
	return nil
}

// readNotice reads the sheet that people read: one line a row.
func (w *workbook) readNotice(s sheet) error {
	next := 1
	return w.each(s, nil, func(row int, cells []value) error {
		if len(cells) > 1 || row > mostColumns {
			w.f.issue(NoticeChanged)
		}
		for ; next < row && next < mostColumns; next++ {
			w.f.page = append(w.f.page, "")
		}
		text := ""
		if len(cells) > 0 {
			text = cells[0].text
		}
		w.f.page = append(w.f.page, text)
		next = row + 1
		return nil
	})
}

// value is one cell of a sheet.
type value struct {
	column int
	kind   string
	text   string
}

// each yields the rows of a sheet. Where the statement is known, texts are what a CSV
// of it would show.
func (w *workbook) each(s sheet, of []statement.Column, yield func(row int, cells []value) error) error {
	last, rows := 0, false
	var cells []value
	return w.part(s.part, mostRow, func(d *xml.Decoder, e xml.StartElement, m *meter) error {
		switch e.Name.Local {
		case "sheetData":
			if rows {
				return odd{NameTwice}
			}
			rows = true
		case "col", "row":
			if h := attribute(e, "hidden"); h == "1" || h == "true" || attribute(e, "collapsed") == "1" || attribute(e, "ht") == "0" || attribute(e, "width") == "0" {
				w.f.issue(Hidden)
			}
		case "mergeCell", "filterColumn":
			w.f.issue(Hidden)
		}
		if e.Name.Local != "row" {
			return nil
		}
		m.row()
		number, err := strconv.Atoi(attribute(e, "r"))
		if attribute(e, "r") == "" {
			number, err = last+1, nil
		}
		if err != nil || number <= last || number > 1<<20 {
			return errDamaged
		}
		last = number
		if cells, err = w.row(d, cells[:0], of); err != nil {
			return err
		}
		return yield(number, cells)
	})
}

// row reads the cells of a row up to its end.
func (w *workbook) row(d *xml.Decoder, cells []value, of []statement.Column) ([]value, error) {
	at := -1
	for {
		t, err := d.RawToken()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.EndElement:
			if t.Name.Local == "row" {
				return cells, nil
			}
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			column := at + 1
			if ref := attribute(t, "r"); ref != "" {
				column = columnOf(ref)
			}
			if column <= at || column >= mostColumns {
				return nil, errDamaged
			}
			at = column
			c, err := w.cell(d, value{column: column, kind: attribute(t, "t")}, of)
			if err != nil {
				return nil, err
			}
			if c.text != "" {
				cells = append(cells, c)
			}
		}
	}
}

// columnOf is the column of a reference such as AB12, from 0.
func columnOf(ref string) int {
	n := 0
	for i := 0; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && n < mostColumns; i++ {
		n = n*26 + int(ref[i]-'A') + 1
	}
	return n - 1
}

// cell reads a cell up to its end.
func (w *workbook) cell(d *xml.Decoder, c value, of []statement.Column) (value, error) {
	var b strings.Builder
	in := false
	for {
		t, err := d.RawToken()
		if err != nil {
			return c, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			in = t.Name.Local == "v"
			switch t.Name.Local {
			case "f":
				w.f.issue(Formula)
			case "is":
				if c.text, err = inner(d, "is"); err != nil {
					return c, err
				}
			}
		case xml.CharData:
			if in {
				b.Write(t)
			}
		case xml.EndElement:
			in = false
			if t.Name.Local == "c" {
				if c.kind == "inlineStr" {
					return c, nil
				}
				return w.valued(c, b.String(), of)
			}
		}
	}
}

// valued is the cell with what its v says.
func (w *workbook) valued(c value, v string, of []statement.Column) (value, error) {
	typ := ""
	if c.column < len(of) {
		typ = of[c.column].Type
	}
	switch c.kind {
	case "s":
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n >= len(w.shared) {
			return c, errDamaged
		}
		c.text = w.shared[n]
	case "str", "e":
		c.text = unescape(v)
	case "d":
		c.text = v
	case "b":
		c.text = map[string]string{"0": "false", "1": "true"}[v]
	case "", "n":
		if v == "" {
			return c, nil
		}
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return c, errDamaged
		}
		switch typ {
		case "date", "datetime":
			c.text = moment(f, typ == "datetime")
		default:
			c.text = string(content.Number(nil, f))
		}
	default:
		return c, errDamaged
	}
	return c, nil
}

// zero is day 0 of a sheet.
var zero = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// moment is a day as a sheet counts it. A sheet does not count below a millisecond.
func moment(days float64, clock bool) string {
	whole := math.Floor(days)
	if math.Abs(days) > 3_000_000 || !clock && whole != days {
		return string(content.Number(nil, days))
	}
	at := zero.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round((days-whole)*86_400_000)) * time.Millisecond)
	if !clock {
		return at.Format(time.DateOnly)
	}
	return at.Format("2006-01-02T15:04:05.999")
}

// rows yields the rows below the head; without a table it reads the head.
func (w *workbook) rows(s sheet, of statement.Content, yield func([]content.Cell) error) error {
	cells := make([]content.Cell, len(of.Columns))
	next := 1
	return w.each(s, of.Columns, func(row int, found []value) error {
		if row == 1 {
			names := make([]string, 0, len(found))
			for _, c := range found {
				for len(names) < c.column {
					names = append(names, "")
				}
				names = append(names, c.text)
			}
			next = 2
			if yield == nil {
				w.f.names = names
				return errSeen
			}
			if !sameNames(of, names) {
				return errDamaged
			}
			return nil
		}
		if yield == nil || next == 1 {
			return errDamaged
		}
		for ; next <= row; next++ { // a row that is not there is one without a value
			for i := range cells {
				cells[i] = content.Cell{Null: true}
			}
			if next == row {
				for _, c := range found {
					if c.column >= len(cells) {
						return errDamaged
					}
					cells[c.column] = content.Cell{Text: []byte(c.text)}
				}
			}
			if err := yield(cells); err != nil {
				return err
			}
		}
		return nil
	})
}

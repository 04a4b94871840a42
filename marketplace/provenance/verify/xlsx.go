package verify

import (
	"encoding/xml"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"shuyuan/marketplace/provenance/content"
	"shuyuan/marketplace/provenance/statement"
)

// What carries the stamp in a workbook.
const (
	keyStamp   = "pd.stamp"
	keySources = "pd.sources"
	keyFields  = "shuyuan.fields" // of Parquet: what its columns are
)

// Parts of a workbook beside its frame.
const (
	partNotice     = "xl/worksheets/sheet1.xml"
	partData       = "xl/worksheets/sheet2.xml"
	partProperties = "docProps/custom.xml"
	partWorkbook   = "xl/workbook.xml"
)

// What sheets begin with.
const (
	worksheet  = xmlHead + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`
	noticeHead = worksheet + `<cols><col min="1" max="1" width="110" customWidth="1"/></cols><sheetData>`
	dataHead   = worksheet + `<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`
)

// workbook is a workbook as it was delivered (ECMA-376-1). One that another program has
// saved shows what that program makes of it, and there are many ways to have it show
// something else than its cells hold: it is not ours.
type workbook struct {
	f *file
	a archive
}

func (f *file) openWorkbook(a archive) error {
	w := &workbook{f, a}
	f.paged, f.feet = true, map[string]string{}
	f.rows = w.rows
	known := map[string]bool{partNotice: true, partData: true, partProperties: true}
	for name, text := range frame {
		known[name] = true
		if got, err := a.text(name, int64(len(text))); err != nil || string(got) != text {
			if name == partWorkbook {
				f.issue(SheetsOther)
			}
			f.issue(NotOurs)
		}
	}
	for name := range a.files {
		if !known[name] {
			f.issue(NotOurs)
		}
	}
	for _, read := range []func() error{w.readProperties, w.readNotice} {
		if err := read(); err != nil {
			f.issue(codeOf(err))
		}
	}
	if err := f.rows(statement.Content{}, nil); err != nil && !errors.Is(err, errSeen) {
		return err
	}
	return nil
}

func (w *workbook) part(name string, most int64) (*markup, error) {
	r, err := w.a.open(name)
	if err != nil {
		return nil, err
	}
	return newMarkup(r, most), nil
}

// readProperties reads the custom properties, which carry the stamp (ECMA-376-1, 22.3).
// What is too long for one goes on in the next.
func (w *workbook) readProperties() error {
	if w.a.files[partProperties] == nil {
		return nil
	}
	p, err := w.part(partProperties, mostStamp)
	if err != nil {
		return err
	}
	keys, values, next := [2]string{keyStamp, keySources}, [2]string{}, [2]string{keyStamp}
	i, n := 0, 0
	err = properties(p, func(name, value string) bool {
		if i == 0 && n > 0 && name == keySources {
			i, n = 1, 0
			next[1] = keySources
		}
		ok := name == next[i] && value != ""
		if n++; ok {
			values[i] += value
			next[i] = keys[i] + "." + strconv.Itoa(n+1)
		}
		return ok
	})
	if err != nil {
		values[0], values[1], w.f.anew = w.findStamp(), "", true
	}
	if values[0] != "" {
		w.f.stamps, w.f.notice = append(w.f.stamps, []byte(values[0])), []byte(values[1])
	}
	return err
}

// findStamp looks for the stamp in custom properties that another program wrote, in any
// XML: only to say of what the workbook is an altered copy, since it is never what was
// sealed.
func (w *workbook) findStamp() string {
	raw, err := w.a.text(partProperties, mostStamp)
	if err != nil {
		return ""
	}
	var p struct {
		Property []struct {
			Name string `xml:"name,attr"`
			Text string `xml:"lpwstr"`
		} `xml:"property"`
	}
	if err := xml.Unmarshal(raw, &p); err != nil {
		return ""
	}
	parts := map[string]string{}
	for _, one := range p.Property {
		if parts[one.Name] == "" {
			parts[one.Name] = one.Text
		}
	}
	var all strings.Builder
	for n, next := 1, keyStamp; parts[next] != "" && n <= len(p.Property); next = keyStamp + "." + strconv.Itoa(n) {
		all.WriteString(parts[next])
		n++
	}
	return all.String()
}

// properties yields the custom properties until one is not taken.
func properties(p *markup, yield func(name, value string) bool) error {
	if err := p.need(xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">`); err != nil {
		return err
	}
	for pid := 2; p.has(`<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="` + strconv.Itoa(pid) + `" name="`); pid++ {
		b, err := p.until('"')
		if err != nil {
			return err
		}
		name := string(b)
		if err := p.need("><vt:lpwstr>"); err != nil {
			return err
		}
		value, err := p.chars()
		if err != nil {
			return err
		}
		if !yield(name, value) {
			return odd{NotOurs}
		}
		if err := p.need("/vt:lpwstr></property>"); err != nil {
			return err
		}
	}
	if err := p.need("</Properties>"); err != nil {
		return err
	}
	return p.end()
}

// readNotice reads the sheet that people read: one line a row.
func (w *workbook) readNotice() error {
	p, err := w.part(partNotice, mostStamp)
	if err != nil {
		return err
	}
	if err := p.need(noticeHead); err != nil {
		return err
	}
	return w.each(p, partNotice, nil, func(row int, cells []value) error {
		if len(cells) != 1 || cells[0].column != 0 || row > mostColumns {
			return odd{NoticeChanged}
		}
		w.f.page = append(w.f.page, cells[0].text)
		return nil
	})
}

// value is one cell of a sheet.
type value struct {
	column int
	text   string
}

// Styles of cells.
const (
	styleHead = "1"
	styleDay  = "2"
	styleTime = "3"
	styleText = "4"
)

// each yields the rows of a sheet, and reads it to its end. Where the statement is known,
// texts are what a CSV of it would show. The first row of data is its head.
func (w *workbook) each(p *markup, part string, of []statement.Column, yield func(row int, cells []value) error) error {
	var cells []value
	for row := 1; p.has(`<row r="` + strconv.Itoa(row) + `">`); row++ {
		p.m.row()
		style := styleText
		if part == partData && row == 1 {
			style = styleHead
		}
		cells = cells[:0]
		for p.has(`<c r="`) {
			c, err := cellOf(p, strconv.Itoa(row), style, of)
			if err != nil {
				return err
			}
			if n := len(cells); c.column >= mostColumns || n > 0 && c.column <= cells[n-1].column {
				return odd{NotOurs}
			}
			cells = append(cells, c)
		}
		if err := p.need("</row>"); err != nil {
			return err
		}
		if err := yield(row, cells); err != nil {
			return err
		}
	}
	if err := p.need("</sheetData>"); err != nil {
		return err
	}
	if p.has("<headerFooter><oddFooter>") {
		foot, err := p.chars()
		if err != nil {
			return err
		}
		w.f.feet[part] = foot
		if err := p.need("/oddFooter></headerFooter>"); err != nil {
			return err
		}
	}
	if err := p.need("</worksheet>"); err != nil {
		return err
	}
	return p.end()
}

// cellOf reads a cell. What it holds, how it is shown and the type of its column agree.
func cellOf(p *markup, row, style string, of []statement.Column) (value, error) {
	ref, err := p.until('"')
	if err != nil {
		return value{}, err
	}
	name, ok := strings.CutSuffix(string(ref), row)
	c := value{column: columnOf(name)}
	if !ok || c.column < 0 {
		return c, odd{NotOurs}
	}
	if p.has(` s="` + style + `" t="inlineStr"><is><t xml:space="preserve">`) {
		text, err := p.chars()
		if err != nil {
			return c, err
		}
		if c.text, err = unescape(text); err != nil {
			return c, err
		}
		return c, p.need("/t></is></c>")
	}
	typ := ""
	if c.column < len(of) {
		typ = of[c.column].Type
	}
	switch number, date := typ == "integer" || typ == "decimal", typ == "date" || typ == "datetime"; {
	case typ == "boolean" && p.has(` t="b"><v>0</v></c>`):
		c.text = "false"
		return c, nil
	case typ == "boolean" && p.has(` t="b"><v>1</v></c>`):
		c.text = "true"
		return c, nil
	case number && p.has("><v>"):
		f, err := p.float()
		c.text = string(content.Number(nil, f))
		return c, err
	case date && p.has(` s="`+styleDay+`"><v>`):
		f, err := p.float()
		c.text = moment(f, false)
		return c, err
	case date && p.has(` s="`+styleTime+`"><v>`):
		f, err := p.float()
		c.text = moment(f, true)
		return c, err
	}
	return c, p.odd()
}

// float is a number up to the end of its cell.
func (p *markup) float() (float64, error) {
	b, err := p.until('<')
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || strings.Trim(string(b), "0123456789+-.eE") != "" {
		return 0, odd{NotOurs}
	}
	return f, p.need("/v></c>")
}

// columnOf is the column that a spreadsheet calls so, such as AB, from 0.
func columnOf(name string) int {
	n := 0
	for _, r := range name {
		if r < 'A' || r > 'Z' || n >= mostColumns {
			return -1
		}
		n = n*26 + int(r-'A') + 1
	}
	return n - 1
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
func (w *workbook) rows(of statement.Content, yield func([]content.Cell) error) error {
	p, err := w.part(partData, mostRow)
	if err != nil {
		return err
	}
	if err := p.need(dataHead); err != nil {
		return err
	}
	columns := 0
	for n := strconv.Itoa(columns + 1); p.has(`<col min="` + n + `" max="` + n + `" width="`); n = strconv.Itoa(columns + 1) {
		wide, err := p.number('"')
		if err != nil {
			return err
		}
		if columns++; wide < 11 || wide > 40 || columns > mostColumns {
			return odd{NotOurs}
		}
		if err := p.need(` customWidth="1"/>`); err != nil {
			return err
		}
	}
	if err := p.need("</cols><sheetData>"); err != nil {
		return err
	}
	cells := make([]content.Cell, len(of.Columns))
	return w.each(p, partData, of.Columns, func(row int, found []value) error {
		if row == 1 {
			names := make([]string, 0, len(found))
			for i, c := range found {
				if c.column != i {
					return odd{NotOurs}
				}
				names = append(names, c.text)
			}
			if yield == nil {
				w.f.names = names
				return errSeen
			}
			if len(names) != columns || !sameNames(of, names) {
				return errDamaged
			}
			return nil
		}
		for i := range cells {
			cells[i] = content.Cell{Null: true}
		}
		for _, c := range found {
			if c.column >= len(cells) {
				return errDamaged
			}
			cells[c.column] = content.Cell{Text: []byte(c.text)}
		}
		return yield(cells)
	})
}

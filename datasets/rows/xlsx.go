package rows

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
)

// What a sheet can hold.
const (
	SheetRows = 1_048_576
	cellUnits = 32_767 // of UTF-16
)

// xlsxWriter writes a workbook of one sheet, row by row, and a second sheet
// that says what the first could not hold.
type xlsxWriter struct {
	zip     *zip.Writer
	sheet   *bufio.Writer
	e       *Export
	columns []string // A, B, …
	rows    int64    // in the sheet, the header too
	beyond  int64    // rows that it had no room for
	cut     int64    // cells that were cut
	buf     []byte
}

func newZip(w io.Writer) *zip.Writer {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 4) })
	return z
}

func newXLSXWriter(w io.Writer, e *Export) *xlsxWriter {
	x := &xlsxWriter{zip: newZip(w), e: e}
	for i := range e.names {
		x.columns = append(x.columns, columnName(i))
	}
	return x
}

// columnName is what a spreadsheet calls column i, from 0.
func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

const sheetSpace = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

// Styles of cells, by their place in styles.xml.
const (
	styleBold  = "1"
	styleDate  = "2"
	styleTime  = "3"
	styleText  = "4"
	styleSheet = xmlHead + `<styleSheet ` + sheetSpace + `><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>` +
		`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyNumberFormat="1"/>` +
		`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`
)

func (x *xlsxWriter) start() error {
	part, err := x.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	x.sheet = bufio.NewWriterSize(part, 256<<10)
	x.buf = append(x.buf[:0], xmlHead+`<worksheet `+sheetSpace+`><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`...)
	for i, name := range x.e.names {
		x.buf = fmt.Appendf(x.buf, `<col min="%[1]d" max="%[1]d" width="%[2]d" customWidth="1"/>`, i+1, min(40, max(11, 2*utf8.RuneCountInString(name)+2)))
	}
	x.buf = append(x.buf, `</cols><sheetData><row r="1">`...)
	for i, name := range x.e.names {
		x.buf = x.appendText(x.buf, x.columns[i]+"1", styleBold, []byte(name))
	}
	x.buf = append(x.buf, "</row>"...)
	x.rows = 1
	_, err = x.sheet.Write(x.buf)
	return err
}

func (x *xlsxWriter) row(cells, _ []exported) error {
	if x.rows == SheetRows {
		x.beyond++
		return nil
	}
	x.rows++
	number := strconv.FormatInt(x.rows, 10)
	x.buf = append(append(append(x.buf[:0], `<row r="`...), number...), `">`...)
	for i, c := range cells {
		if !c.null {
			x.buf = x.appendCell(x.buf, x.columns[i]+number, c)
		}
	}
	x.buf = append(x.buf, "</row>"...)
	_, err := x.sheet.Write(x.buf)
	return err
}

func (x *xlsxWriter) appendCell(dst []byte, at string, c exported) []byte {
	if !c.misfit {
		switch c.typ {
		case Integer, Decimal:
			if n := trimZero(c.text); exactNumber(n) {
				return appendNumberCell(dst, at, "0", n)
			}
		case Boolean:
			value := byte('0')
			if string(c.text) == "true" {
				value = '1'
			}
			return append(append(append(append(append(dst, `<c r="`...), at...), `" t="b"><v>`...), value), "</v></c>"...)
		case Date, DateTime:
			if serial, style, ok := serial(c.text); ok {
				return appendNumberCell(dst, at, style, serial)
			}
		}
	}
	return x.appendText(dst, at, styleText, c.text)
}

func appendNumberCell(dst []byte, at, style string, n []byte) []byte {
	dst = append(append(dst, `<c r="`...), at...)
	if style != "0" {
		dst = append(append(dst, `" s="`...), style...)
	}
	return append(append(append(dst, `"><v>`...), n...), "</v></c>"...)
}

// exactNumber reports whether a spreadsheet shows the number as it is: it keeps
// 15 digits.
func exactNumber(text []byte) bool {
	if len(text) == 0 || text[0] != '-' && (text[0] < '0' || text[0] > '9') || text[len(text)-1] > '9' {
		return false
	}
	digits := 0
	for _, b := range text {
		switch {
		case b == 'e' || b == 'E':
			return true // a floating-point number in its shortest form
		case b >= '0' && b <= '9' && (b != '0' || digits > 0):
			digits++
		}
	}
	if digits <= 15 {
		return true
	}
	if bytes.IndexByte(text, '.') < 0 {
		return false
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return err == nil && string(text) == strconv.FormatFloat(f, 'f', -1, 64)
}

// serial is a date as a spreadsheet counts: days since the end of 1899. Before
// March 1900 its calendar is wrong, and below a millisecond it does not count:
// there the text is better.
func serial(text []byte) (days []byte, style string, ok bool) {
	if len(text) > len("2006-01-02 15:04:05.000") {
		return nil, "", false
	}
	layout, style := time.DateOnly, styleDate
	if len(text) > len(time.DateOnly) {
		layout, style = "2006-01-02 15:04:05.999999", styleTime
	}
	t, err := time.Parse(layout, string(text))
	if err != nil || t.Before(time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)) || t.Year() > 9999 {
		return nil, "", false
	}
	seconds := float64(t.Unix()-sheetZero) + float64(t.Nanosecond())/1e9
	return strconv.AppendFloat(nil, math.Round(seconds/86400*1e10)/1e10, 'f', -1, 64), style, true
}

// sheetZero is day 0 of a spreadsheet.
var sheetZero = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()

// appendText appends a cell of text. A cell that is too long is cut.
func (x *xlsxWriter) appendText(dst []byte, at, style string, text []byte) []byte {
	dst = append(append(append(append(append(dst, `<c r="`...), at...), `" s="`...), style...), `" t="inlineStr"><is><t xml:space="preserve">`...)
	units := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if units++; r > 0xFFFF {
			units++
		}
		if units > cellUnits {
			x.cut++
			break
		}
		switch {
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF, r == '_' && escaped(text[i:]):
			dst = fmt.Appendf(dst, "_x%04X_", r)
		default:
			dst = appendXML(dst, text[i:i+size])
		}
		i += size
	}
	return append(dst, "</t></is></c>"...)
}

// escaped reports whether text begins like an escape of a workbook: _x000A_.
func escaped(text []byte) bool {
	if len(text) < 7 || text[1] != 'x' || text[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(string(text[2:6]), 16, 32)
	return err == nil
}

func (x *xlsxWriter) end() error {
	if _, err := x.sheet.WriteString("</sheetData></worksheet>"); err != nil {
		return err
	}
	if err := x.sheet.Flush(); err != nil {
		return err
	}
	note := x.beyond > 0 || x.cut > 0
	if note {
		if err := x.note(); err != nil {
			return err
		}
	}
	for _, part := range x.frame(note) {
		if err := writePart(x.zip, part[0], part[1], time.Time{}); err != nil {
			return err
		}
	}
	return x.zip.Close()
}

// createPart begins a file of a zip, of that time if it has any.
func createPart(z *zip.Writer, name string, at time.Time) (io.Writer, error) {
	return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
}

func writePart(z *zip.Writer, name, text string, at time.Time) error {
	w, err := createPart(z, name, at)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// frame is what a workbook needs around its sheets.
func (x *xlsxWriter) frame(note bool) [][2]string {
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const relations = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	const sheetType = `" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`
	types, sheets, rels := "", "", ""
	names := []string{x.say("数据", "Data")}
	if note {
		names = append(names, x.say("说明", "Note"))
	}
	for i, name := range names {
		n := strconv.Itoa(i + 1)
		types += `<Override PartName="/xl/worksheets/sheet` + n + `.xml` + sheetType
		sheets += `<sheet name="` + name + `" sheetId="` + n + `" r:id="rId` + n + `"/>`
		rels += `<Relationship Id="rId` + n + `" Type="` + office + `/worksheet" Target="worksheets/sheet` + n + `.xml"/>`
	}
	return [][2]string{
		{"[Content_Types].xml", xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` + types + `</Types>`},
		{"_rels/.rels", relations + `<Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", xmlHead + `<workbook ` + sheetSpace + ` xmlns:r="` + office + `"><sheets>` + sheets + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", relations + rels + `<Relationship Id="rId9" Type="` + office + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", styleSheet},
	}
}

func (x *xlsxWriter) say(zh, en string) string {
	if x.e.o.English {
		return en
	}
	return zh
}

// note writes the sheet that says what is missing.
func (x *xlsxWriter) note() error {
	part, err := x.zip.Create("xl/worksheets/sheet2.xml")
	if err != nil {
		return err
	}
	var lines []string
	if x.beyond > 0 {
		lines = append(lines, fmt.Sprintf(x.say("一张工作表最多 %d 行，还有 %d 行数据没有放进来。请下载 CSV 或 Parquet 格式获得全部数据。", "A sheet holds at most %d rows; %d more rows of data are not in it. Download CSV or Parquet for all of them."), SheetRows, x.beyond))
	}
	if x.cut > 0 {
		lines = append(lines, fmt.Sprintf(x.say("一个单元格最多 %d 个字符，有 %d 个单元格被截短。请下载 CSV 或 Parquet 格式获得全文。", "A cell holds at most %d characters; %d cells were cut. Download CSV or Parquet for the whole text."), cellUnits, x.cut))
	}
	buf := []byte(xmlHead + `<worksheet ` + sheetSpace + `><sheetData>`)
	for i, line := range lines {
		n := strconv.Itoa(i + 1)
		buf = append(append(append(buf, `<row r="`...), n...), `">`...)
		buf = append(x.appendText(buf, "A"+n, styleText, []byte(line)), "</row>"...)
	}
	_, err = part.Write(append(buf, "</sheetData></worksheet>"...))
	return err
}

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

	"shuyuan/datasets/workbook"
)

// SheetRows is how many rows a sheet can hold.
const SheetRows = 1_048_576

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
	at      []byte // of a cell: A1
	number  []byte // of a row
}

// newZip is a zip whose files are packed at that level of flate. A sheet is packed at
// flate.BestSpeed: packing takes longer than all else, and what the next levels save is
// little of what is so repetitive.
func newZip(w io.Writer, level int) *zip.Writer {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, level) })
	return z
}

func newXLSXWriter(w io.Writer, e *Export) *xlsxWriter {
	x := &xlsxWriter{zip: newZip(w, flate.BestSpeed), e: e}
	for i := range e.names {
		x.columns = append(x.columns, workbook.ColumnName(i))
	}
	return x
}

func (x *xlsxWriter) start() error {
	name := "xl/worksheets/sheet1.xml"
	if x.e.o.Annotation != nil { // its sheet is the first
		name = "xl/worksheets/sheet2.xml"
	}
	part, err := x.zip.Create(name)
	if err != nil {
		return err
	}
	x.sheet = bufio.NewWriterSize(part, 256<<10)
	x.buf = append(x.buf[:0], workbook.XMLHead+`<worksheet `+workbook.Space+`><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`...)
	for i, name := range x.e.names {
		x.buf = fmt.Appendf(x.buf, `<col min="%[1]d" max="%[1]d" width="%[2]d" customWidth="1"/>`, i+1, min(40, max(11, 2*utf8.RuneCountInString(name)+2)))
	}
	x.buf = append(x.buf, `</cols><sheetData><row r="1">`...)
	for i, name := range x.e.names {
		x.buf = x.appendText(x.buf, []byte(x.columns[i]+"1"), workbook.Bold, []byte(name))
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
	x.number = strconv.AppendInt(x.number[:0], x.rows, 10)
	x.buf = append(append(append(x.buf[:0], `<row r="`...), x.number...), `">`...)
	for i, c := range cells {
		if !c.null {
			x.at = append(append(x.at[:0], x.columns[i]...), x.number...)
			x.buf = x.appendCell(x.buf, x.at, c)
		}
	}
	x.buf = append(x.buf, "</row>"...)
	_, err := x.sheet.Write(x.buf)
	return err
}

func (x *xlsxWriter) appendCell(dst, at []byte, c exported) []byte {
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
	return x.appendText(dst, at, workbook.Text, c.text)
}

func appendNumberCell(dst, at []byte, style string, n []byte) []byte {
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
	moment, style := make([]byte, 0, 32), workbook.Date // in the form that the library reads quickly (RFC 3339)
	switch day := len(time.DateOnly); {
	case len(text) <= day:
		moment = append(append(moment, text...), "T00:00:00Z"...)
	case text[day] != ' ':
		return nil, "", false
	default:
		moment, style = append(append(append(append(moment, text[:day]...), 'T'), text[day+1:]...), 'Z'), workbook.Time
	}
	t, err := time.Parse(time.RFC3339Nano, string(moment))
	if err != nil || t.Before(time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)) || t.Year() > 9999 {
		return nil, "", false
	}
	seconds := float64(t.Unix()-sheetZero) + float64(t.Nanosecond())/1e9
	return strconv.AppendFloat(nil, math.Round(seconds/86400*1e10)/1e10, 'f', -1, 64), style, true
}

// sheetZero is day 0 of a spreadsheet.
var sheetZero = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()

// appendText appends a cell of text, and counts it if it is too long.
func (x *xlsxWriter) appendText(dst, at []byte, style string, text []byte) []byte {
	dst, cut := workbook.AppendText(dst, at, style, text)
	if cut {
		x.cut++
	}
	return dst
}

func (x *xlsxWriter) end() error {
	if err := x.whole(); err != nil {
		return err
	}
	if _, err := x.sheet.WriteString("</sheetData>" + x.printed() + "</worksheet>"); err != nil {
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
	names := []string{x.say("数据", "Data")}
	var properties [][2]string
	if a := x.e.o.Annotation; a != nil {
		if err := writePart(x.zip, "xl/worksheets/sheet1.xml", string(x.annotated()), time.Time{}); err != nil {
			return err
		}
		names, properties = append([]string{a.Sheet}, names...), a.Pairs
	}
	if note {
		names = append(names, x.say("说明", "Note"))
	}
	for _, part := range workbook.Frame(names, properties...) {
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
		lines = append(lines, fmt.Sprintf(x.say("一个单元格最多 %d 个字符，有 %d 个单元格被截短。请下载 CSV 或 Parquet 格式获得全文。", "A cell holds at most %d characters; %d cells were cut. Download CSV or Parquet for the whole text."), workbook.CellUnits, x.cut))
	}
	buf := []byte(workbook.XMLHead + `<worksheet ` + workbook.Space + `><sheetData>`)
	for i, line := range lines {
		n := strconv.Itoa(i + 1)
		buf = append(append(append(buf, `<row r="`...), n...), `">`...)
		buf = append(x.appendText(buf, []byte("A"+n), workbook.Text, []byte(line)), "</row>"...)
	}
	_, err = part.Write(append(buf, "</sheetData></worksheet>"...))
	return err
}

// Package workbook writes XLSX: what is around the sheets of every workbook of
// ours, and whole small workbooks of texts. Every text is a cell of text:
// nothing in it is ever a formula.
package workbook

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CellUnits is how much a cell holds, in units of UTF-16.
const CellUnits = 32_767

// ColumnName is what a spreadsheet calls column i, from 0.
func ColumnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// XMLHead begins every part.
const XMLHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// Space is the name space of sheets.
const Space = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

// Styles of cells, by their place in styles.xml.
const (
	Bold   = "1"
	Date   = "2"
	Time   = "3"
	Text   = "4"
	styles = XMLHead + `<styleSheet ` + Space + `><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>` +
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

// AppendText appends a cell of text at a place, such as B7, and says whether it
// was too long and was cut.
func AppendText(dst, at []byte, style string, text []byte) (out []byte, cut bool) {
	dst = append(append(append(append(append(dst, `<c r="`...), at...), `" s="`...), style...), `" t="inlineStr"><is><t xml:space="preserve">`...)
	if len(text) <= CellUnits && !bytes.ContainsFunc(text, odd) { // as it is, as most are
		return append(append(dst, text...), "</t></is></c>"...), false
	}
	units := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if units++; r > 0xFFFF {
			units++
		}
		if units > CellUnits {
			cut = true
			break
		}
		switch {
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF, r == '_' && escaped(text[i:]):
			dst = fmt.Appendf(dst, "_x%04X_", r)
		default:
			dst = AppendXML(dst, text[i:i+size])
		}
		i += size
	}
	return append(dst, "</t></is></c>"...), cut
}

// odd reports whether a character may stand in XML in another form alone.
func odd(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' || r >= 0xFFFE || r == '_' || r == '<' || r == '>' || r == '&' || r == '"'
}

// escaped reports whether text begins like an escape of a workbook: _x000A_.
func escaped(text []byte) bool {
	if len(text) < 7 || text[1] != 'x' || text[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(string(text[2:6]), 16, 32)
	return err == nil
}

func AppendXML(dst, text []byte) []byte {
	for _, b := range text {
		switch b {
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '&':
			dst = append(dst, "&amp;"...)
		case '"':
			dst = append(dst, "&quot;"...)
		case '\r': // a reader would make a line break of it
			dst = append(dst, "&#13;"...)
		default:
			dst = append(dst, b)
		}
	}
	return dst
}

// Frame is what a workbook needs around its sheets, which are sheet1.xml and so
// on, and the properties of the file: the names and contents of its other parts.
func Frame(names []string, properties ...[2]string) [][2]string {
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const relations = XMLHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	const sheetType = `" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`
	types, sheets, rels := "", "", ""
	for i, name := range names {
		n := strconv.Itoa(i + 1)
		types += `<Override PartName="/xl/worksheets/sheet` + n + `.xml` + sheetType
		sheets += `<sheet name="` + string(AppendXML(nil, []byte(name))) + `" sheetId="` + n + `" r:id="rId` + n + `"/>`
		rels += `<Relationship Id="rId` + n + `" Type="` + office + `/worksheet" Target="worksheets/sheet` + n + `.xml"/>`
	}
	ofFile, extra := "", [][2]string(nil)
	if len(properties) > 0 {
		types += `<Override PartName="/docProps/custom.xml" ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/>`
		ofFile = `<Relationship Id="rId2" Type="` + office + `/custom-properties" Target="docProps/custom.xml"/>`
		extra = [][2]string{{"docProps/custom.xml", custom(properties)}}
	}
	return append([][2]string{
		{"[Content_Types].xml", XMLHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` + types + `</Types>`},
		{"_rels/.rels", relations + `<Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/>` + ofFile + `</Relationships>`},
		{"xl/workbook.xml", XMLHead + `<workbook ` + Space + ` xmlns:r="` + office + `"><sheets>` + sheets + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", relations + rels + `<Relationship Id="rIdStyles" Type="` + office + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", styles},
	}, extra...)
}

// custom is the custom properties of a file (ECMA-376-1, 22.3). A value that is
// longer than a cell may be goes on in name.2, name.3, …
func custom(properties [][2]string) string {
	b := []byte(XMLHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">`)
	id := 2 // the first that there may be
	for _, p := range properties {
		for n, rest := 1, p[1]; n == 1 || rest != ""; n++ {
			part := rest[:min(len(rest), CellUnits)]
			for len(part) < len(rest) && !utf8.RuneStart(rest[len(part)]) {
				part = part[:len(part)-1]
			}
			rest = rest[len(part):]
			name := p[0]
			if n > 1 {
				name += "." + strconv.Itoa(n)
			}
			b = fmt.Appendf(b, `<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="%d" name="%s"><vt:lpwstr>%s</vt:lpwstr></property>`, id, AppendXML(nil, []byte(name)), AppendXML(nil, []byte(part)))
			id++
		}
	}
	return string(b) + "</Properties>"
}

// Sheet is one sheet of texts, its head first.
type Sheet struct {
	Name string
	Rows [][]string

	// Offers are what a column of the rows below the head may hold, by column
	// from 0; whoever fills it in is offered a list.
	Offers map[int][]string
}

// Write writes a workbook.
func Write(w io.Writer, sheets []Sheet) error {
	z := zip.NewWriter(w)
	part := func(name string, text []byte) error {
		out, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err == nil {
			_, err = out.Write(text)
		}
		return err
	}
	var names []string
	for i, s := range sheets {
		names = append(names, s.Name)
		if err := part("xl/worksheets/sheet"+strconv.Itoa(i+1)+".xml", s.xml()); err != nil {
			return err
		}
	}
	for _, p := range Frame(names) {
		if err := part(p[0], []byte(p[1])); err != nil {
			return err
		}
	}
	return z.Close()
}

func (s Sheet) xml() []byte {
	b := []byte(XMLHead + `<worksheet ` + Space + `><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`)
	if len(s.Rows) > 0 && len(s.Rows[0]) > 0 {
		b = append(b, "<cols>"...)
		for i, head := range s.Rows[0] {
			b = fmt.Appendf(b, `<col min="%[1]d" max="%[1]d" width="%[2]d" style="%[3]s" customWidth="1"/>`, i+1, min(40, max(14, 2*utf8.RuneCountInString(head)+2)), Text)
		}
		b = append(b, "</cols>"...)
	}
	b = append(b, "<sheetData>"...)
	for i, row := range s.Rows {
		number, style := strconv.Itoa(i+1), Text
		if i == 0 {
			style = Bold
		}
		b = append(append(append(b, `<row r="`...), number...), `">`...)
		for j, cell := range row {
			if cell != "" {
				b, _ = AppendText(b, []byte(ColumnName(j)+number), style, []byte(cell))
			}
		}
		b = append(b, "</row>"...)
	}
	return append(append(append(b, "</sheetData>"...), s.validations()...), "</worksheet>"...)
}

// mostOffered is how long a list a spreadsheet takes within a cell's rule.
const mostOffered = 255

func (s Sheet) validations() []byte {
	var b []byte
	n := 0
	for i := range max(0, len(s.head())) {
		list := strings.Join(s.Offers[i], ",")
		if list == "" || utf8.RuneCountInString(list) > mostOffered || strings.Contains(list, `"`) {
			continue
		}
		n++
		column := ColumnName(i)
		b = append(fmt.Appendf(b, `<dataValidation type="list" allowBlank="1" showErrorMessage="0" sqref="%[1]s2:%[1]s5000"><formula1>"`, column), AppendXML(nil, []byte(list))...)
		b = append(b, `"</formula1></dataValidation>`...)
	}
	if n == 0 {
		return nil
	}
	return append(append(fmt.Appendf(nil, `<dataValidations count="%d">`, n), b...), "</dataValidations>"...)
}

func (s Sheet) head() []string {
	if len(s.Rows) == 0 {
		return nil
	}
	return s.Rows[0]
}

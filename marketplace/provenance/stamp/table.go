package stamp

import (
	"context"
	"errors"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/provenance/content"
	"shuyuan/marketplace/provenance/statement"
)

// Table is a table that is sealed and delivered: the rows that a question chooses,
// all of them if it is empty.
type Table struct {
	Rows  *rows.Service
	Table rows.Table
	Query rows.Query
}

func (t Table) export(o rows.ExportOptions) (*rows.Export, error) {
	o.Finite = true
	return t.Rows.Export(t.Table, t.Query, o)
}

// Describe reads a table once, in flat memory, and returns it as a subject of a
// statement and what the statement says of it.
func Describe(ctx context.Context, name string, t Table) (statement.Subject, statement.Content, error) {
	about := statement.Content{Form: statement.Table, Canonical: content.Profile}
	e, err := t.export(rows.ExportOptions{Format: rows.CSV})
	if err != nil {
		return statement.Subject{}, about, err
	}
	var columns []content.Column
	for _, f := range e.Fields() {
		about.Columns = append(about.Columns, statement.Column{Name: f.Name, Label: f.Label, LabelEN: f.LabelEN, Type: string(f.Type)})
		columns = append(columns, content.Column{Name: f.Name, Type: string(f.Type)})
	}
	h, err := content.New(columns)
	if err != nil {
		return statement.Subject{}, about, err
	}
	cells := make([]content.Cell, len(columns))
	if err := e.Each(ctx, func(row []rows.Value) error {
		for i, v := range row {
			cells[i] = content.Cell(v)
		}
		return h.Row(cells)
	}); err != nil {
		return statement.Subject{}, about, err
	}
	facts := h.Facts()
	about.Rows, about.Bytes, about.Longest = facts.Rows, facts.Bytes, facts.Longest
	if p, ok := e.Places(); ok {
		about.Places = &statement.Places{Shape: p.Column, Longitude: p.Longitude, Latitude: p.Latitude, Exact: facts.Odd == 0}
	}
	return statement.Subject{Name: name, Digest: statement.Digest{SHA256: h.Sum()}}, about, nil
}

// DescribeBytes is what a statement says of a content that is no table, whose digest
// is of its bytes: a model, a tool, a report.
func DescribeBytes(name string, digest statement.Digest, size int64, media string) (statement.Subject, statement.Content) {
	return statement.Subject{Name: name, Digest: digest}, statement.Content{Form: statement.Bytes, Media: media, Bytes: size}
}

// Form is a form that a content is delivered in.
type Form string

// The forms.
const (
	CSV     Form = "csv"     // a zip: data.csv, data.csv-metadata.json (W3C CSVW), 来源说明.txt, stamp.dsse.json
	XLSX    Form = "xlsx"    // the sheet 来源说明 before the data; custom properties pd.stamp and pd.sources; a line at the foot of printed pages
	JSON    Form = "json"    // {"_provenance": …, "data": [ … ]}
	NDJSON  Form = "ndjson"  // a zip like that of CSV, with data.ndjson: strict readers want nothing but rows
	NDJSON1 Form = "ndjson1" // the first line is {"_provenance": …}
	Parquet Form = "parquet" // metadata of the file, pd.stamp and pd.sources
	GeoJSON Form = "geojson" // a foreign member _provenance of the collection
	PDF     Form = "pdf"     // pages for people, with a code that leads to where it is checked; attached stamp.dsse.json and data.csv, or the report; XMP
	Bytes   Form = "bytes"   // a zip: the content, 来源说明.txt, stamp.dsse.json
)

// Offer is a form, and why a content is not delivered in it, if it is not.
type Offer struct {
	Form Form
	Not  *fault.Fault
}

// What a form can hold.
const (
	mostRowsXLSX = rows.SheetRows - 1
	mostCell     = 32_767   // units of UTF-16 in a cell of a workbook
	mostColumns  = 16_384   // of a sheet
	mostPDF      = 8 << 20  // bytes of the table's canonical form, which is attached as CSV
	mostReport   = 32 << 20 // bytes of a report, which is attached as it is
)

// report is the type of a content whose readers expect pages.
const report = "application/pdf"

// Forms are the forms of a content, each with why it is not offered where it is not.
func Forms(of statement.Content) []Offer {
	if of.Form == statement.Bytes {
		offers := []Offer{{Form: Bytes}}
		if of.Media == report {
			offers = append(offers, Offer{PDF, not(PDF, of)})
		}
		return offers
	}
	offers := []Offer{{Form: CSV}, {Form: XLSX}, {Form: JSON}, {Form: NDJSON}, {Form: NDJSON1}, {Form: Parquet}, {Form: GeoJSON}, {Form: PDF}}
	for i := range offers {
		offers[i].Not = not(offers[i].Form, of)
	}
	return offers
}

func not(f Form, of statement.Content) *fault.Fault {
	switch {
	case f == XLSX && of.Rows > mostRowsXLSX:
		return fault.New(fault.TooLarge, "一张工作表最多 %d 行，这份数据有 %d 行，不能做成工作簿。", mostRowsXLSX, of.Rows)
	case f == XLSX && len(of.Columns) > mostColumns:
		return fault.New(fault.TooLarge, "一张工作表最多 %d 列，这份数据有 %d 列，不能做成工作簿。", mostColumns, len(of.Columns))
	case f == XLSX && of.Longest > mostCell:
		return fault.New(fault.TooLarge, "一个单元格最多 %d 个字符，这份数据里有更长的，不能做成工作簿。", mostCell)
	case f == GeoJSON && of.Places == nil:
		return fault.New(fault.NotFound, "这份数据没有表示地点的列，不能做成 GeoJSON。")
	case f == GeoJSON && !of.Places.Exact:
		return fault.New(fault.NotFound, "这份数据的地点不全是 GeoJSON，做成 GeoJSON 会改变它的内容。")
	case f == PDF && (of.Form == statement.Table && of.Bytes > mostPDF || of.Bytes > mostReport):
		return fault.New(fault.TooLarge, "这份数据太大，不能随 PDF 附上。")
	}
	return nil
}

var errOther = errors.New("stamp: the table is not what the statement describes")

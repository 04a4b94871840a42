package rows

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"shuyuan/datasets/workbook"
	"shuyuan/internal/fault"
)

// Annotation is what travels within a file beside its rows. Each format takes what
// it has a place for: JSON, NDJSON and GeoJSON the object as the member Member;
// Parquet the pairs as metadata of the file; a workbook the sheet before that of the
// data, its pairs as custom properties (a value beyond 32,767 characters in parts:
// name, name.2, …), and the line at the foot of printed pages. The others have none.
type Annotation struct {
	Member string
	Object json.RawMessage
	Pairs  [][2]string // named differently each
	Sheet  string
	Lines  []string
	Line   string
}

// tag names an annotation: equal tags, equal bytes.
func (a *Annotation) tag() string {
	if a == nil {
		return ""
	}
	b, err := json.Marshal(a)
	if err != nil {
		return "odd" // its object is no JSON: what is written will say so
	}
	sum := sha256.Sum256(b)
	return "-" + hex.EncodeToString(sum[:])
}

// check refuses an annotation that has no place in the format.
func (a *Annotation) check(f Format) error {
	switch {
	case a == nil:
		return nil
	case f == CSV || f == XML || f == Package:
		return errors.New("rows: " + string(f) + " has no place for an annotation")
	case f != Parquet && f != XLSX && (a.Member == "" || !json.Valid(a.Object)):
		return errors.New("rows: an annotation without its object")
	case f == XLSX && a.Sheet == "":
		return errors.New("rows: an annotation without its sheet")
	}
	return nil
}

// member is the annotation as a member of an object, indented by nothing.
func (a *Annotation) member() string {
	return string(appendText(nil, []byte(a.Member))) + ":" + string(a.Object)
}

// Value is one cell on its way out, as the CSV of an export shows it, with its
// misfit in its place. Text is good until the next row.
type Value struct {
	Text []byte
	Null bool
}

// Each yields the rows of the export in their order, in flat memory: what a digest
// over the rows is made of. The format does not matter.
func (e *Export) Each(ctx context.Context, yield func([]Value) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, e.s.opt.Export, tooLong(e.s.opt.Export))
	defer cancel()
	return e.copied(ctx, e.statement(e.plainCell), "FORMAT csv, HEADER false", func(r io.Reader) error {
		row := make([]Value, len(e.c.out))
		return e.each(r, func(cells, _ []exported) error {
			for i, c := range cells {
				row[i] = Value{c.text, c.null}
			}
			return yield(row)
		}, func() error { return nil })
	})
}

// Fields are the columns of the export, named as they are in files: each once.
func (e *Export) Fields() []Field {
	fields := make([]Field, len(e.c.Fields))
	for i, f := range e.c.Fields {
		f.Name = e.names[i]
		fields[i] = f
	}
	return fields
}

// Places are the columns that say where the rows of the export lie.
func (e *Export) Places() (Places, bool) {
	p, shape := places(e.Fields())
	return p, shape >= 0 || p.Longitude != ""
}

// whole is the refusal to leave something out of an annotated workbook: what says
// where its rows are from must be true of all of them.
func (x *xlsxWriter) whole() error {
	if x.e.o.Annotation == nil || x.beyond == 0 && x.cut == 0 {
		return nil
	}
	return fault.New(fault.TooLarge, "数据超出了工作表的容量，不能导出成这种格式。")
}

// annotated is the sheet of an annotation, one line a row.
func (x *xlsxWriter) annotated() []byte {
	a := x.e.o.Annotation
	var b strings.Builder
	b.WriteString(workbook.XMLHead + `<worksheet ` + workbook.Space + `><cols><col min="1" max="1" width="110" customWidth="1"/></cols><sheetData>`)
	for i, line := range a.Lines {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		b.Write(x.appendText(nil, fmt.Appendf(nil, "A%d", i+1), workbook.Text, []byte(line)))
		b.WriteString("</row>")
	}
	b.WriteString("</sheetData>" + x.printed() + "</worksheet>")
	return []byte(b.String())
}

// printed is what stands at the foot of each printed page. & begins a code there.
func (x *xlsxWriter) printed() string {
	a := x.e.o.Annotation
	if a == nil || a.Line == "" {
		return ""
	}
	const most = 255 // characters that a spreadsheet takes
	line := []rune(strings.ReplaceAll(a.Line, "&", "&&"))
	return "<headerFooter><oddFooter>&amp;L" + string(workbook.AppendXML(nil, []byte(string(line[:min(len(line), most-2)])))) + "</oddFooter></headerFooter>"
}

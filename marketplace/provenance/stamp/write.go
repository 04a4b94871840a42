package stamp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/provenance/statement"
)

// Write writes a table in a form, with its stamp, while it is read. Where nothing
// has been written, an error is all that there is to say; after that it means that
// what was written is not whole. A form that Forms does not offer is refused with the
// same fault.
func Write(ctx context.Context, w io.Writer, f Form, t Table, s Stamp) error {
	if err := s.of(t); err != nil {
		return err
	}
	if why := not(f, s.content()); why != nil {
		return why
	}
	switch f {
	case CSV:
		return s.csv(ctx, w, t)
	case NDJSON:
		return s.ndjson(ctx, w, t)
	case PDF:
		return s.pdf(ctx, w, t)
	case JSON, NDJSON1, XLSX, Parquet, GeoJSON:
		e, err := t.export(rows.ExportOptions{Format: formats[f], Annotation: s.annotation()})
		if err != nil {
			return err
		}
		return e.Write(ctx, w)
	case Bytes:
	}
	return errNoForm()
}

var formats = map[Form]rows.Format{JSON: rows.JSON, NDJSON1: rows.NDJSON, XLSX: rows.XLSX, Parquet: rows.Parquet, GeoJSON: rows.GeoJSON}

// of refuses a table that is not the one that was described.
func (s Stamp) of(t Table) error {
	c := s.content()
	if c.Form != statement.Table {
		return errOther
	}
	e, err := t.export(rows.ExportOptions{Format: rows.CSV})
	if err != nil {
		return err
	}
	fields := e.Fields()
	if len(fields) != len(c.Columns) {
		return errOther
	}
	for i, f := range fields {
		if f.Name != c.Columns[i].Name || string(f.Type) != c.Columns[i].Type {
			return errOther
		}
	}
	return nil
}

// Names of what carries a stamp in Parquet and in workbooks.
const (
	keyStamp   = "pd.stamp"
	keySources = "pd.sources"
	sheet      = "来源说明"
)

// annotation is the stamp as what travels within a file.
func (s Stamp) annotation() *rows.Annotation {
	n := s.Notice()
	line := n.Text[0]
	if len(n.Sources) > 1 {
		line = n.Text[0] + " …"
	}
	return &rows.Annotation{
		Member: Member, Object: s.Provenance(),
		Pairs: [][2]string{{keyStamp, string(s.envelope)}, {keySources, string(s.noticeJSON())}},
		Sheet: sheet, Lines: s.Statement.Page(n), Line: line + "  " + n.Verify,
	}
}

// WriteBytes writes a content that is no table, read from r, under its name and never
// changed, since what was sealed are its bytes: a zip with the stamp beside it, or, of a
// report, a PDF of ours that says where it is from and has it attached.
func WriteBytes(ctx context.Context, w io.Writer, f Form, name string, r io.Reader, s Stamp) error {
	c := s.content()
	if c.Form != statement.Bytes {
		return errOther
	}
	i := slices.IndexFunc(Forms(c), func(o Offer) bool { return o.Form == f })
	if i < 0 {
		return errNoForm()
	}
	if why := Forms(c)[i].Not; why != nil {
		return why
	}
	if !plainName(name) {
		return errors.New("stamp: a file cannot be called " + name)
	}
	data := func(part io.Writer) error {
		n, err := io.Copy(part, &reader{ctx, r})
		if err == nil && n != c.Bytes {
			err = errOther
		}
		return err
	}
	if f == Bytes {
		return s.zip(w, name, data)
	}
	var whole bytes.Buffer
	if err := data(&whole); err != nil {
		return err
	}
	return s.document(w, attachment{name, report, fmt.Sprintf("%s：%d 字节  %d bytes", name, c.Bytes, c.Bytes), whole.Bytes()})
}

func errNoForm() *fault.Fault { return fault.New(fault.NotFound, "没有这种格式。") }

// reader stops when nobody waits any more.
type reader struct {
	ctx context.Context //nolint:containedctx // it lives for one file
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

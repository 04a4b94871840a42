package rows

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

// Format is a format that rows are exported in, named as in addresses.
type Format string

// The formats.
const (
	CSV     Format = "csv"
	JSON    Format = "json"
	NDJSON  Format = "ndjson"
	XLSX    Format = "xlsx"
	Parquet Format = "parquet"
	GeoJSON Format = "geojson"
	XML     Format = "xml"
	Package Format = "zip" // a Frictionless data package
)

// Formats are all formats, in the order in which they are offered.
func Formats() []Format { return []Format{CSV, XLSX, JSON, NDJSON, Parquet, GeoJSON, XML, Package} }

// MediaType is what a download in f is called in HTTP.
func (f Format) MediaType() string {
	return map[Format]string{
		CSV: "text/csv; charset=utf-8; header=present", JSON: "application/json", NDJSON: "application/x-ndjson",
		XLSX:    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		Parquet: "application/vnd.apache.parquet", GeoJSON: "application/geo+json", XML: "application/xml", Package: "application/zip",
	}[f]
}

// ExportOptions is how rows are exported.
type ExportOptions struct {
	Format  Format
	BOM     bool         // CSV that Excel opens
	Safe    bool         // CSV in which no cell is run as a formula
	Labels  bool         // the header shows labels in place of names, where there are any
	English bool         // labels and notes in English
	Package *DataPackage // what is in a Package beside the data

	// Finite leaves infinities and what is no number out, as formats must that have no
	// place for them, and texts beside a value, which only Parquet would have: so all
	// formats agree.
	Finite bool

	Annotation *Annotation // what travels within the file beside its rows
}

// Export is an export that has been checked and can be written.
type Export struct {
	s *Service
	t Table
	q Query
	c *Compiled
	o ExportOptions

	names []string // of the fields, each once
	shape int      // the field that has the places of GeoJSON, -1 for two columns of numbers
}

// Export checks what is to be exported: every row that q chooses, or the first
// q.Limit. It returns fault.Malformed as Query does, and fault.NotFound for a
// format that there is not.
func (s *Service) Export(t Table, q Query, o ExportOptions) (*Export, error) {
	if !slices.Contains(Formats(), o.Format) {
		return nil, fault.New(fault.NotFound, "没有这种格式。")
	}
	if q.Cursor != "" || q.From != 0 {
		return nil, malformed("cursor", "导出总是从第一行开始。")
	}
	if q.Limit < 0 {
		return nil, malformed("limit", "limit 不能是负数。")
	}
	c, err := t.compile(q)
	if err != nil {
		return nil, err
	}
	if o.Format == Package && o.Package == nil {
		return nil, errors.New("rows: a package without its description")
	}
	if err := o.Annotation.check(o.Format); err != nil {
		return nil, err
	}
	e := &Export{s: s, t: t, q: q, c: c, o: o}
	for _, f := range c.Fields {
		e.names = append(e.names, o.heading(f))
	}
	e.names = once(e.names)
	if o.Format == GeoJSON {
		err = e.findPlaces()
	}
	return e, err
}

func (o ExportOptions) heading(f Field) string {
	switch {
	case o.Labels && o.English && f.LabelEN != "":
		return f.LabelEN
	case o.Labels && !o.English && f.Label != "":
		return f.Label
	}
	return f.Name
}

// Names are the names of fields, each once, as the members of an object must be.
func Names(fields []Field) []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return once(names)
}

// once makes every name different, since many formats need that.
func once(names []string) []string {
	seen := map[string]bool{}
	for _, n := range names {
		seen[n] = true
	}
	used := map[string]bool{}
	out := slices.Clone(names)
	for i, n := range names {
		for k := 2; used[out[i]]; k++ {
			if next := n + "_" + strconv.Itoa(k); !seen[next] {
				out[i] = next
			}
		}
		used[out[i]] = true
	}
	return out
}

// Tag names what is exported: equal tags, equal bytes.
func (e *Export) Tag() string {
	return fmt.Sprintf("%s-%s-%s-%d-%s-%t-%t-%t-%t-%t%s", e.t.Parquet, e.c.fingerprint(), e.c.labels(), e.q.Limit, e.o.Format, e.o.BOM, e.o.Safe, e.o.Labels, e.o.English, e.o.Finite, e.o.Annotation.tag())
}

// Slice is a short name for what is exported, the same for the same question;
// empty where it is every row with every column.
func (e *Export) Slice() string {
	if e.c.Whole() && e.q.Limit == 0 && strings.TrimSpace(e.q.Select) == "" {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", e.c.fingerprint(), e.q.Limit))
	return "slice-" + hex.EncodeToString(sum[:3])
}

// Write writes the export to w while it is made, in flat memory. Nothing has
// been written when it returns fault.TooLarge, fault.Malformed or
// fault.Unavailable before the first row; an error after that means that what
// was written is not whole.
func (e *Export) Write(ctx context.Context, w io.Writer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, e.s.opt.Export, tooLong(e.s.opt.Export))
	defer cancel()
	switch e.o.Format {
	case CSV:
		return e.copied(ctx, e.statement(e.csvCell), "FORMAT csv, HEADER false", func(r io.Reader) error { return e.writeCSV(w, r) })
	case Parquet:
		return e.copied(ctx, e.statement(e.plainCell), "FORMAT parquet, COMPRESSION zstd", func(r io.Reader) error { return e.writeParquet(w, r) })
	case Package:
		return e.copied(ctx, e.statement(e.csvCell), "FORMAT csv, HEADER false", func(r io.Reader) error { return e.writePackage(w, r) })
	}
	return e.copied(ctx, e.statement(e.plainCell), "FORMAT csv, HEADER false", func(r io.Reader) error { return e.convert(w, r) })
}

// statement is every row of the export, with cells as cell makes them.
func (e *Export) statement(cell func(s *statement, i int)) statement {
	var s statement
	keys := e.c.keys()
	s.add("SELECT ")
	s.list(len(e.c.out), func(i int) { cell(&s, i) })
	for i, x := range e.c.extra {
		s.add(", " + e.finite("x"+strconv.Itoa(i), x.typ))
	}
	s.add(" FROM (")
	s.all(e.c.relation())
	s.add(")")
	if len(keys) > 1 || e.c.byGroup { // else rows come as they stand in the file
		orderBy(&s, keys, false)
	}
	if e.q.Limit > 0 {
		s.add(" LIMIT " + strconv.Itoa(e.q.Limit))
	}
	return s
}

// plainCell is field i as it is, and its misfits in a column of their own.
func (e *Export) plainCell(s *statement, i int) {
	n := strconv.Itoa(i)
	o := e.finite("o"+n, e.c.out[i].typ)
	if o != "o"+n {
		o += " AS o" + n
	}
	s.add(o)
	switch {
	case !e.c.misfit(i):
	case e.o.Finite: // a misfit stands where there is no value, and nowhere else
		s.add(", CASE WHEN o" + n + " IS NULL THEN r" + n + " END AS r" + n)
	default:
		s.add(", r" + n)
	}
}

// csvCell is field i with its misfits in their places.
func (e *Export) csvCell(s *statement, i int) {
	n := e.finite("o"+strconv.Itoa(i), e.c.out[i].typ)
	if e.c.misfit(i) {
		n = fmt.Sprintf("coalesce(CAST(%s AS VARCHAR), r%d)", n, i)
	}
	if e.o.Safe && (e.c.misfit(i) || e.c.out[i].typ.words() || e.c.out[i].typ.place()) {
		n = fmt.Sprintf("CASE WHEN %[1]s THEN '''' || %[2]s ELSE %[2]s END", formula(n), n)
	}
	if len(e.c.out) == 1 { // an empty line would be no row at all
		n = "coalesce(CAST(" + n + " AS VARCHAR), '')"
	}
	s.add(n)
}

// finite is a column without what is no number of RFC 8259, where that was asked for.
func (e *Export) finite(column string, typ Type) string {
	if !e.o.Finite || typ != Decimal {
		return column
	}
	return fmt.Sprintf("CASE WHEN isfinite(CAST(%[1]s AS DOUBLE)) THEN %[1]s END", column)
}

// formula is the condition that a spreadsheet would run the text as a formula:
// it begins like one, perhaps behind spaces, or with a tab or a carriage return.
// Numbers with a sign or a percent sign, and dashes that stand for nothing,
// begin like one and are none. The first character is looked at first, for that
// is quick.
func formula(text string) string {
	return fmt.Sprintf(`left(%[1]s, 1) IN ('=', '+', '-', '@', '＝', '＋', '－', '＠', %[2]s)`+
		` AND (left(%[1]s, 1) IN (chr(9), chr(13)) OR regexp_matches(%[1]s, '^[\s\pZ\x{85}\x0b]*[=+\-@＝＋－＠]'))`+
		` AND NOT regexp_matches(%[1]s, '^\s*([+-]?[0-9][0-9,]*(\.[0-9]+)?([eE][+-]?[0-9]+)?%%?|[-－+＋]+)\s*$')`, text, blanks)
}

// blanks are the characters that may stand before a formula and are not seen.
var blanks = func() string {
	var list []string
	for r := rune(0); r <= 0x3000; r++ {
		if unicode.IsSpace(r) {
			list = append(list, fmt.Sprintf("chr(%d)", r))
		}
	}
	return strings.Join(list, ", ")
}()

// copied has a worker write the answer over the table of the export, and hands
// what is written to read at once.
func (e *Export) copied(ctx context.Context, st statement, how string, read func(io.Reader) error) error {
	return e.s.copied(ctx, map[string]blob.Digest{source: e.t.Parquet}, st, how, func(f *follower) error { return read(f) })
}

// copied has a worker write an answer to a file in its folder, and hands what
// is written there to read at once. Names of files stand for them in SQL. The
// worker is free as soon as it is done, however slowly the answer is read.
func (s *Service) copied(ctx context.Context, named map[string]blob.Digest, st statement, how string, read func(*follower) error) error {
	sql := st.text.String()
	for name, d := range named {
		path, done, err := s.files.use(ctx, d)
		if err != nil {
			return err
		}
		defer done()
		sql = onFile(sql, name, path)
	}
	args, err := values(st.args)
	if err != nil {
		return err
	}
	if err := s.enoughDisk(); err != nil {
		return err
	}
	w, err := s.copies.get(ctx)
	if err != nil {
		return err
	}
	out, err := newSpool(filepath.Join(w.dir, "out-"+strconv.FormatUint(w.next, 10)))
	if err != nil {
		s.copies.put(w)
		return unavailable(err)
	}
	defer out.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go s.guardDisk(cancel, out.done)
	go func() {
		defer s.copies.put(w)
		sql := "COPY (" + sql + ") TO " + quoted(out.path) + " (" + how + ", USE_TMP_FILE false)"
		end, err := w.do(ctx, order{SQL: sql, Args: args}, func([]Cell) error { return errOdd("rows of a copy") })
		os.Remove(out.path)
		out.finish(s.judge(ctx, end, err))
	}()
	return read(&follower{ctx: ctx, s: out})
}

// writeCSV writes the header and then what the engine wrote.
func (e *Export) writeCSV(w io.Writer, r io.Reader) error {
	in := bufio.NewReaderSize(r, 256<<10)
	if _, err := in.Peek(1); err != nil && err != io.EOF { //nolint:errorlint // from our own reader
		return err
	}
	head := e.header()
	if e.o.BOM {
		head = "\uFEFF" + head
	}
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	_, err := in.WriteTo(w)
	return err
}

// header is the line of names, quoted as the engine quotes cells.
func (e *Export) header() string {
	var line strings.Builder
	for i, name := range e.names {
		if i > 0 {
			line.WriteByte(',')
		}
		if e.o.Safe && strings.ContainsRune("=+-@\t\r＝＋－＠", firstRune(name)) {
			name = "'" + name
		}
		if name == "" || strings.ContainsAny(name, ",\"\r\n") {
			name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
		line.WriteString(name)
	}
	return line.String() + "\n"
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return -1
}

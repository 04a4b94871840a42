package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"

	"shuyuan/internal/fault"
)

// Options say what the file itself does not.
type Options struct {
	NoHeader bool     // the first line of a CSV, TSV or TXT is data
	Header   bool     // it names the columns, however it looks; without either, that is seen from the lines
	Names    []string // column names where there is no header; otherwise 列1, 列2, …
	Limits   Limits

	// Types are the types of columns as an officer gave them, by table and name.
	// Of the other columns they are proposed.
	Types []map[string]Type `json:",omitempty"`

	Delimiter string // of a CSV, TSV or TXT, where it is known; else it is seen from the first lines
	Encoding  string `json:",omitempty"` // of a CSV, TSV or TXT, where it is known; else it is found
	Temp      string `json:"-"`          // folder for what has to be unpacked to be read; the system's if empty

	// trusting takes the first megabyte's word that a text is in UTF-8, and finds
	// out otherwise while it is read: errEncoding.
	trusting bool
}

// Limits bound what one file may cost. Zero means the default.
type Limits struct {
	Bytes   int64 // after decompression; 4 GiB, 1 GiB for a workbook
	Columns int   // 2,000
	Cell    int   // bytes in one cell; 1 MiB
	Record  int   // bytes in one record, and in what is nested within a cell of JSON; 16 MiB
}

func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = 4 << 30
	}
	if l.Columns == 0 {
		l.Columns = 2000
	}
	if l.Cell == 0 {
		l.Cell = 1 << 20
	}
	if l.Record == 0 {
		l.Record = 16 << 20
	}
	return l
}

// File is an opened file.
type File struct {
	Format      string // csv, tsv, txt, xlsx, json, ndjson, geojson, xml, shp, parquet, pdf, docx; zip for several of these
	Compression string // gzip, zip or empty
	Encoding    string // UTF-8, UTF-8-BOM, GB18030, Big5, UTF-16LE, UTF-16BE; empty for binary formats
	Notes       []Note // what there is to say of it
	tables      []Table
	findings    *findings
}

// Table is one table of a file.
type Table struct {
	Name  string // the sheet's or file's name; empty where a file is one table
	texts []bool // the columns that are text by the format itself, whatever stands in them; nil where it does not say
	read  func(yield func(row []string) error) error
	cells func(yield func(row [][]byte) error) error // instead of read: cells that are overwritten by the next row
	said  *said
	shape bool // the last column is the shape of each row by the format itself
}

// said is what there is to say of a table once it has been read.
type said struct {
	notes []Note
	none  bool // it has no line of names
}

// say notes everything once.
func (s *said) say(n Note) {
	for _, known := range s.notes {
		if known.Text() == n.Text() {
			return
		}
	}
	if len(s.notes) < 100 {
		s.notes = append(s.notes, n)
	}
}

// Tables are the tables of the file in order; there is at least one, except in
// documents, which are kept as they are.
func (f *File) Tables() []Table { return f.tables }

// Findings are what the file holds that nobody sees who only looks at its
// tables. They are complete when every table has been read.
func (f *File) Findings() []Finding {
	if f.findings == nil {
		return nil
	}
	return f.findings.list
}

// Finding is something that a person must have seen before the file is public.
type Finding struct {
	Kind string // hidden-sheet, hidden-cells, pivot-cache, comments, …
	Note Note
}

type findings struct{ list []Finding }

// add notes each finding once.
func (f *findings) add(kind string, n Note) {
	for _, known := range f.list {
		if known.Kind == kind && known.Note.Text() == n.Text() {
			return
		}
	}
	if len(f.list) < 100 {
		f.list = append(f.list, Finding{kind, n})
	}
}

// Rows yields the column names and then every row, all of the same length. It
// reads the file anew at each call. A row is reused: copy what is kept. It
// returns fault.Invalid with line and reason for a file that does not hold
// what its format promises, and whatever yield returns.
func (t Table) Rows(yield func(row []string) error) error {
	if t.cells == nil {
		return t.read(yield)
	}
	var row []string
	return t.cells(func(cells [][]byte) error {
		row = row[:0]
		for _, cell := range cells {
			row = append(row, string(cell))
		}
		return yield(row)
	})
}

// Open looks at the file called name and returns its tables. The name's
// endings decide the format, the first bytes and the whole content decide the
// encoding. The tables read r, one at a time.
func Open(name string, r io.ReadSeeker, opt Options) (*File, error) {
	opt.Limits = opt.Limits.orDefault()
	src := source{whole: r, limit: opt.Limits.Bytes, temp: opt.Temp}
	base := strings.ToLower(path.Base(name))
	if rest, ok := strings.CutSuffix(base, ".gz"); ok {
		src.gzip, base = true, rest
	}
	if ext := path.Ext(base); ext == ".zip" || src.gzip && slices.Contains(packs, ext) {
		if src.gzip {
			return nil, fault.New(fault.Invalid, "压缩包里不能再有压缩包。")
		}
		return archived(r, opt)
	}
	f, err := opened(base, src, opt, &findings{})
	if err == nil && src.gzip {
		f.Compression = "gzip"
	}
	return f, err
}

// opened opens a file that is not an archive.
func opened(base string, src source, opt Options, found *findings) (*File, error) {
	f := &File{Format: strings.TrimPrefix(path.Ext(base), "."), findings: found}
	open := opener(f.Format)
	if open == nil {
		return nil, unknownFile(base)
	}
	if err := src.harmless(f.Format); err != nil {
		return nil, err
	}
	return f, open(f, src, opt)
}

// CheckName refuses a name whose ending is that of no format, before a byte of
// the file is sent. What is in a file is seen when it is read.
func CheckName(name string) error {
	base := strings.TrimSuffix(strings.ToLower(path.Base(name)), ".gz")
	format := strings.TrimPrefix(path.Ext(base), ".")
	if opener(format) == nil && format != "zip" {
		return unknownFile(base)
	}
	return nil
}

func unknownFile(base string) error {
	switch path.Ext(base) {
	case ".xls", ".et":
		return fault.New(fault.Invalid, "不认识旧格式的工作簿，请另存为 XLSX：%s", path.Base(base))
	case ".db", ".sqlite", ".sqlite3", ".duckdb", ".mdb", ".accdb":
		return errDatabase()
	}
	return fault.New(fault.Invalid, "不认识这种文件：%s", path.Base(base))
}

func errDatabase() error {
	return fault.New(fault.Invalid, "这是数据库文件，不能公开；请把表导出为 CSV 再传。")
}

// opener is how files are opened whose names end so; nil for what is no format.
func opener(format string) func(*File, source, Options) error {
	switch format {
	case "csv", "tsv", "txt":
		return delimited
	case "json", "ndjson", "geojson":
		return objects
	case "xml":
		return records
	case "xlsx":
		return workbook
	case "parquet":
		return parquetFile
	case "pdf":
		return pdf
	case "docx":
		return docx
	}
	return nil
}

// source opens the content from its beginning, decompressed and counted.
type source struct {
	whole io.ReadSeeker // the file as it lies there; nil within an archive
	entry func() (io.ReadCloser, error)
	gzip  bool
	limit int64
	temp  string // folder for what has to be unpacked to be read
}

func (s source) open() (io.Reader, error) {
	if s.entry != nil {
		r, err := s.entry()
		if err != nil {
			return nil, notArchive(err)
		}
		return r, nil // counted where it is unpacked
	}
	if _, err := s.whole.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	in := &packed{r: s.whole}
	c := &counted{r: bufio.NewReaderSize(in, 256<<10), left: s.limit}
	if s.gzip {
		z, err := gzip.NewReader(c.r)
		if err != nil {
			return nil, notGzip(err)
		}
		z.Multistream(false)
		c.r, c.packed = unzipped{z, c.r.(*bufio.Reader)}, in
	}
	return c, nil
}

// seeker is the content as something that can be sought in; one that is
// compressed is unpacked into a file without a name.
func (s source) seeker() (io.ReadSeeker, error) {
	if s.entry == nil && !s.gzip {
		return s.whole, nil
	}
	r, err := s.open()
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(s.temp, "unpacked-")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// signs are how files begin that are something else than their names say.
var signs = []struct{ begin, is string }{
	{"\x89PNG", "png"}, {"GIF8", "gif"}, {"\xFF\xD8\xFF", "jpeg"}, {"%PDF-", "pdf"}, {"PK\x03\x04", "zip"}, {"PK\x05\x06", "zip"},
	{"Rar!", "rar"}, {"7z\xBC\xAF", "7z"}, {"\x1F\x8B", "gzip"}, {"MZ\x90", "exe"}, {"\x7FELF", "elf"}, {"\xD0\xCF\x11\xE0", "doc, xls"}, {"PAR1", "parquet"},
}

// harmless refuses what begins like something that a file of this format never
// is.
func (s source) harmless(format string) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")), len(head) > 12 && string(head[8:12]) == "DUCK":
		return errDatabase()
	case bytes.Contains(head, []byte("EICAR-STANDARD-ANTIVIRUS-TEST-FILE")):
		return fault.New(fault.Invalid, "文件里有病毒（测试串），已经拒绝。")
	}
	own := map[string]string{"pdf": "pdf", "xlsx": "zip", "docx": "zip", "parquet": "parquet"}[format]
	for _, sign := range signs {
		if format != "" && sign.is != own && bytes.HasPrefix(head, []byte(sign.begin)) && (own != "zip" || sign.is != "doc, xls") {
			return fault.New(fault.Invalid, "文件的内容是 %s，和它的后缀名不符。", sign.is)
		}
	}
	if page := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, bomUTF8), " \t\r\n")); format != "" && (bytes.HasPrefix(page, []byte("<!doctype html")) || bytes.HasPrefix(page, []byte("<html"))) {
		return fault.New(fault.Invalid, "文件的内容是网页，不是数据。")
	}
	return nil
}

// packed counts compressed bytes.
type packed struct {
	r io.Reader
	n int64
}

func (p *packed) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.n += int64(n)
	return n, err
}

// unzipped tells a broken archive from a store that does not answer, and
// refuses what follows the end of the archive: another reader might not see it.
type unzipped struct {
	r    io.Reader
	rest *bufio.Reader
}

func (u unzipped) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	switch {
	case err == nil:
	case !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		err = notGzip(err)
	default:
		if _, more := u.rest.Peek(1); more == nil {
			err = fault.New(fault.Invalid, "gzip 文件的末尾还接着别的内容，请重新压缩。")
		} else if !errors.Is(more, io.EOF) {
			err = more
		}
	}
	return n, err
}

func notGzip(err error) error {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	if corrupt || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "这不是完好的 gzip 文件。").Because(err)
	}
	return err
}

// counted refuses to give more than left bytes, and what unpacks like a bomb:
// no table has so little in so much.
type counted struct {
	r      io.Reader
	left   int64
	given  int64
	packed *packed
}

// How many times as large as packed something may be once it is not small.
const (
	mostRatio = 400
	bombBytes = 256 << 20
)

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.given += int64(n)
	switch c.left -= int64(n); {
	case c.left < 0:
		return 0, errUnpacks(c.given + c.left)
	case c.packed != nil && c.given > bombBytes && c.given/mostRatio > c.packed.n:
		return 0, errBomb()
	}
	return n, err
}

func errUnpacks(most int64) error {
	return fault.New(fault.TooLarge, "文件解开后太大，最多 %s。", inUnits(most))
}

func errBomb() error {
	return fault.New(fault.TooLarge, "文件解开后太大：超过 %s，又是压缩后的 %d 倍以上，没有表会这样。", inUnits(bombBytes), mostRatio)
}

// inUnits is a number of bytes as people say it.
func inUnits(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "KB"}} {
		if n >= u.size && n%u.size == 0 {
			return fmt.Sprintf("%d %s", n/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}

// bounded gives at most most bytes until next is called: how much one record
// may take. A quote or a bracket that never closes ends here, not in memory.
type bounded struct {
	r          io.Reader
	most, left int
}

var errTooLong = errors.New("a record is too long")

func bound(r io.Reader, most int) *bounded { return &bounded{r: r, most: most, left: most} }

func (b *bounded) next() { b.left = b.most }

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// numbered are names for columns that have none.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("列%d", i+1)
	}
	return names
}

// noBinary refuses what no text begins with.
func noBinary(head []byte) error {
	if bytes.IndexByte(head, 0) >= 0 {
		return fault.New(fault.Invalid, "文件里有空字符，可能是二进制文件，或没有标记的 UTF-16；请另存为 UTF-8。")
	}
	return nil
}

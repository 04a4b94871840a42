package ingest

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"shuyuan/internal/fault"
)

// Options say what the file itself does not.
type Options struct {
	NoHeader bool     // the first line of a CSV, TSV or TXT is data
	Names    []string // column names where there is no header; otherwise 列1, 列2, …
	Limits   Limits
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
	Format      string // csv, tsv, txt, xlsx, json, ndjson, geojson
	Compression string // gzip or empty
	Encoding    string // UTF-8, UTF-8-BOM, GB18030, UTF-16LE, UTF-16BE; empty for binary formats
	tables      []Table
}

// Table is one table of a file.
type Table struct {
	Name string // the sheet's name; empty where a file is one table
	read func(yield func(row []string) error) error
}

// Tables are the tables of the file in order; there is at least one.
func (f *File) Tables() []Table { return f.tables }

// Rows yields the column names and then every row, all of the same length. It
// reads the file anew at each call. A row is reused: copy what is kept. It
// returns fault.Invalid with line and reason for a file that does not hold
// what its format promises, and whatever yield returns.
func (t Table) Rows(yield func(row []string) error) error { return t.read(yield) }

// Open looks at the file called name and returns its tables. The name's
// endings decide the format, the first bytes and the whole content decide the
// encoding. The tables read r, one at a time.
func Open(name string, r io.ReadSeeker, opt Options) (*File, error) {
	opt.Limits = opt.Limits.orDefault()
	f := &File{}
	base := strings.ToLower(path.Base(name))
	if rest, ok := strings.CutSuffix(base, ".gz"); ok {
		f.Compression, base = "gzip", rest
	}
	f.Format = strings.TrimPrefix(path.Ext(base), ".")
	src := source{r: r, gzip: f.Compression == "gzip", limit: opt.Limits.Bytes}
	var err error
	switch f.Format {
	case "csv", "tsv", "txt":
		f.Encoding, f.tables, err = delimited(src, f.Format, opt)
	case "json", "ndjson", "geojson":
		f.Encoding, f.tables, err = objects(src, f.Format, opt)
	case "xlsx":
		if f.Compression != "" {
			return nil, fault.New(fault.Invalid, "XLSX 文件不要再压缩。")
		}
		f.tables, err = workbook(r, opt)
	default:
		return nil, fault.New(fault.Invalid, "不认识这种文件：%s", path.Base(name))
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// source opens the content from its beginning, decompressed and counted.
type source struct {
	r     io.ReadSeeker
	gzip  bool
	limit int64
}

func (s source) open() (io.Reader, error) {
	if _, err := s.r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var r io.Reader = bufio.NewReaderSize(s.r, 256<<10)
	if s.gzip {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, notGzip(err)
		}
		r = unzipped{z}
	}
	return &counted{r: r, left: s.limit}, nil
}

// unzipped tells a broken archive from a store that does not answer.
type unzipped struct{ r io.Reader }

func (u unzipped) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && err != io.EOF {
		err = notGzip(err)
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

// counted refuses to give more than left bytes.
type counted struct {
	r    io.Reader
	left int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fault.New(fault.TooLarge, "文件解开后太大。")
	}
	return n, err
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

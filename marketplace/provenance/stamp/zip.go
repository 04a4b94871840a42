package stamp

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"

	"shuyuan/datasets/rows"
)

// Names of the files beside the data.
const (
	fileStamp  = "stamp.dsse.json"
	fileNotice = "来源说明.txt"
)

// plainName reports whether a file in a zip may be called so: no way, no name that
// the stamp has, nothing that a system takes for something else.
func plainName(name string) bool {
	return name != "" && name == path.Base(name) && name != "." && name != ".." && name != fileStamp && name != fileNotice && !strings.ContainsAny(name, "\\:\x00")
}

// zip writes one file and the stamp beside it. The file begins with its first byte:
// what fails before has written nothing.
func (s Stamp) zip(w io.Writer, name string, data func(io.Writer) error, more ...[2]string) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 4) })
	create := func(name string) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: s.Statement.Predicate.SealedAt.UTC()})
	}
	part := &lazy{create: func() (io.Writer, error) { return create(name) }}
	if err := data(part); err != nil {
		return err
	}
	if _, err := part.Write(nil); err != nil { // a file without a byte is one too
		return err
	}
	page := strings.Join(s.Statement.Page(s.Notice()), "\r\n") + "\r\n"
	for _, f := range append(more, [2]string{fileNotice, "\uFEFF" + page}, [2]string{fileStamp, string(s.envelope) + "\n"}) {
		out, err := create(f[0])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(out, f[1]); err != nil {
			return err
		}
	}
	return z.Close()
}

// lazy is a file that begins with its first byte.
type lazy struct {
	create func() (io.Writer, error)
	w      io.Writer
}

func (l *lazy) Write(b []byte) (int, error) {
	if l.w == nil {
		var err error
		if l.w, err = l.create(); err != nil {
			return 0, err
		}
	}
	return l.w.Write(b)
}

func (s Stamp) csv(ctx context.Context, w io.Writer, t Table) error {
	about, err := s.Statement.CSVW(s.Notice(), "data.csv", fileStamp)
	if err != nil {
		return err
	}
	e, err := t.export(rows.ExportOptions{Format: rows.CSV})
	if err != nil {
		return err
	}
	return s.zip(w, "data.csv", func(part io.Writer) error { return e.Write(ctx, part) }, [2]string{"data.csv-metadata.json", string(about)})
}

func (s Stamp) ndjson(ctx context.Context, w io.Writer, t Table) error {
	e, err := t.export(rows.ExportOptions{Format: rows.NDJSON})
	if err != nil {
		return err
	}
	return s.zip(w, "data.ndjson", func(part io.Writer) error { return e.Write(ctx, part) })
}

// noticeJSON is the notice for programs.
func (s Stamp) noticeJSON() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s.Notice()); err != nil {
		panic(err) // texts and numbers
	}
	return bytes.TrimSpace(b.Bytes())
}

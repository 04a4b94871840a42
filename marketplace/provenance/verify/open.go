package verify

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"shuyuan/marketplace/provenance/content"
	"shuyuan/marketplace/provenance/statement"
)

// file is what was found in a file.
type file struct {
	format string
	stamps [][]byte          // envelopes, as they lie there
	anew   bool              // another program wrote it, and nothing is said of what could not be read
	issued bool              // it is what was issued for another file, or a PDF of that, and nothing else
	notice []byte            // the notice for programs, as JSON
	fields []byte            // the columns as a Parquet file describes them, as JSON
	within bool              // it is the object that carries the stamp, too
	page   []string          // the notice for people
	paged  bool              // a page belongs to the format
	feet   map[string]string // of printed pages, by the part that they are in
	csvw   []byte            // the description beside a CSV file
	xmp    [][]byte          // what programs read of a PDF
	names  []string          // of columns
	first  bool              // the first of several objects is the stamp
	issues []Code            // what is wrong, whatever it contains

	// rows yields the rows of the content, read as that table; nil where there are none.
	rows func(of statement.Content, yield func([]content.Cell) error) error
	// bytes is the content where it is no table.
	bytes func() (io.Reader, error)
}

func (f *file) issue(codes ...Code) {
	for _, c := range codes {
		if !slices.Contains(f.issues, c) {
			f.issues = append(f.issues, c)
		}
	}
}

// Limits of what is read of a file.
const (
	mostRow     = 32 << 20 // bytes of one row; its reader keeps some copies of it
	mostText    = 64 << 20 // bytes of what is kept: descriptions, texts that a workbook shares
	mostColumns = 20_000
	mostFiles   = 256      // in an archive
	mostBytes   = 64 << 30 // of one file in an archive, unpacked
	mostPacked  = 1000     // times that the unpacked is the packed: deflate reaches 1032
	mostPDF     = 256 << 20
)

// open recognises a file by its bytes. What is in it is no error.
func open(s *source) (*file, error) {
	f := &file{}
	f.bytes = func() (io.Reader, error) { return s.reader(), nil }
	head := make([]byte, min(s.size, 4096))
	if n, err := s.ReadAt(head, 0); n < len(head) {
		if s.failed == nil {
			s.failed = errors.Join(io.ErrUnexpectedEOF, err)
		}
		return nil, s.failed
	}
	text := bytes.TrimPrefix(head, []byte("\uFEFF"))
	start := bytes.TrimLeft(text, " \t\r\n")
	var read func(*source) error
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		f.format, read = "zip", f.openZip
	case bytes.HasPrefix(head, []byte("PAR1")):
		f.format, read = "parquet", f.openParquet
	case bytes.HasPrefix(head, []byte("%PDF-")):
		f.format, read = "pdf", f.openPDF
	case len(start) > 0 && start[0] == '{' && f.openReceipt(s):
		return f, s.failed
	case len(start) > 0 && (start[0] == '{' || start[0] == '['):
		f.format, read = "json", f.openJSON
	case len(text) > 0 && !bytes.ContainsRune(text, 0) && utf8.Valid(text[:lastRune(text)]):
		f.format, read = "csv", f.openCSV
	default:
		f.format, read = "bytes", func(*source) error { return nil }
	}
	if err := guarded(func() error { return read(s) }); err != nil {
		f.issue(codeOf(err))
	}
	return f, s.failed
}

// lastRune is where the last character begins that may have been cut.
func lastRune(b []byte) int {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if utf8.FullRune(b[i:]) {
				return len(b)
			}
			return i
		}
	}
	return len(b)
}

// contradicts is what the file says to people and programs that the signed statement
// does not say.
func (f *file) contradicts(s *statement.Statement, n statement.Notice) (all []Code) {
	if f.notice != nil {
		var want any = n
		if f.within {
			want = provenance{n, f.stamps[0]}
		}
		if !sameJSON(f.notice, want) {
			all = append(all, NoticeChanged)
		}
	}
	if f.paged && !slices.Equal(f.page, s.Page(n)) {
		if len(f.page) == 0 {
			return append(all, NoticeMissing)
		}
		all = append(all, NoticeChanged)
	}
	if f.format == "parquet" && !sameJSON(f.fields, described(s.Predicate.Contents[n.Subject])) {
		all = append(all, NoticeChanged)
	}
	if f.format == "xlsx" && (len(f.feet) != 2 || f.feet[partNotice] != footOf(n) || f.feet[partData] != footOf(n)) {
		all = append(all, NoticeChanged)
	}
	if f.csvw != nil {
		if want, err := s.CSVW(n, "data.csv", fileStamp); err != nil || !bytes.Equal(f.csvw, want) {
			all = append(all, NoticeChanged)
		}
	}
	if f.format == "pdf" {
		var want bytes.Buffer
		if err := xml.EscapeText(&want, []byte(strings.Join(n.Text, "\n"))); err != nil || len(f.xmp) != 1 || !bytes.Equal(f.xmp[0], want.Bytes()) {
			all = append(all, NoticeChanged)
		}
	}
	return all
}

// field is a column as a Parquet file of ours describes it.
type field struct {
	Name    string `json:"name"`
	Label   string `json:"label,omitempty"`
	LabelEN string `json:"label_en,omitempty"`
	Type    string `json:"type"`
}

func described(of statement.Content) (all []field) {
	for _, c := range of.Columns {
		all = append(all, field(c))
	}
	return all
}

// footOf is what stands at the foot of printed pages of a workbook: what it begins with
// says where, and & is doubled (ECMA-376-1, 18.3.1.39).
func footOf(n statement.Notice) string {
	line := n.Text[0]
	if len(n.Sources) > 1 {
		line += " …"
	}
	foot := []rune(strings.ReplaceAll(line+"  "+n.Verify, "&", "&&"))
	return "&L" + string(foot[:min(len(foot), 253)])
}

// lines are the lines of a page of text, with whatever ends them.
func lines(b []byte) []string {
	text := strings.TrimPrefix(string(b), "\uFEFF")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// meter bounds how much is read between two rows: what a reader keeps for one row.
type meter struct {
	r    io.Reader
	left int64
	most int64
}

func newMeter(r io.Reader, most int64) *meter { return &meter{r: r, left: most, most: most} }

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errMuch
	}
	n, err := m.r.Read(p[:min(int64(len(p)), m.left)])
	m.left -= int64(n)
	return n, err
}

// row allows as much again.
func (m *meter) row() { m.left = m.most }

// upTo reads at most so many bytes, and fails where there are more.
func upTo(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = errMuch
	}
	return b, err
}

// sameNames reports whether a table has these names.
func sameNames(of statement.Content, names []string) bool {
	return slices.EqualFunc(of.Columns, names, func(c statement.Column, n string) bool { return c.Name == n })
}

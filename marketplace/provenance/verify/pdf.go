package verify

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
)

// A PDF is read as it was delivered, and not as it may have been saved since: the
// files within it are looked for by what stands before them (ISO 32000-2, 7.11.4).
// Whoever wants more than that opens stamp.dsse.json and data.csv with another
// program and checks the latter.
var (
	embedded = regexp.MustCompile(`/Type /EmbeddedFile /Length (\d{1,10}) /Filter /FlateDecode /Params << /CheckSum <[0-9a-f]{32}> /Size (\d{1,10}) >> >>\n{1,2}stream\n`)
	ended    = []byte("startxref")
	dcSource = regexp.MustCompile(`<dc:source>([^<]*)</dc:source>`)
)

func (f *file) openPDF(s *source) error {
	if s.size > mostPDF {
		return errMuch
	}
	b := make([]byte, s.size)
	if n, err := s.ReadAt(b, 0); n < len(b) {
		return err
	}
	if !bytes.HasSuffix(bytes.TrimRight(b, "\r\n"), []byte("%%EOF")) {
		f.issue(BytesExtra)
	}
	var files [][]byte
	outside := 0 // after the last of them
	for len(files) <= 2 {
		at := embedded.FindSubmatchIndex(b[outside:])
		if at == nil {
			break
		}
		body, end, err := inflated(b, outside, at)
		if err != nil {
			return err
		}
		files, outside = append(files, body), end
	}
	if !onePDF(b) {
		f.issue(NotOurs)
	}
	if bytes.Count(b[outside:], ended) != 1 { // something was added, which may hide what was there
		f.issue(BytesExtra)
	}
	for _, found := range dcSource.FindAllSubmatch(b, 4) {
		f.xmp = append(f.xmp, found[1])
	}
	switch len(files) {
	case 0:
		return nil
	case 1:
		if _, r, _ := parseReceipt(files[0]); r == nil { // what was issued has no data beside it
			f.issue(FileExtra)
		} else {
			f.issued = true
		}
	case 2:
	default:
		f.issue(FileExtra)
	}
	f.stamps = append(f.stamps, files[0])
	if len(files) < 2 {
		return nil
	}
	data := files[1]
	f.bytes = func() (io.Reader, error) { return bytes.NewReader(data), nil }
	if bytes.HasPrefix(data, []byte("%PDF-")) { // a report
		return nil
	}
	return f.asCSV(f.bytes)
}

// inflated is a file within, and where it ends. What it lies in is cleared: a report has
// objects of its own, which are none of the document's.
func inflated(b []byte, from int, at []int) (body []byte, end int, err error) {
	length, err := strconv.Atoi(string(b[from+at[2] : from+at[3]]))
	if err != nil {
		return nil, 0, errDamaged
	}
	size, err := strconv.ParseInt(string(b[from+at[4]:from+at[5]]), 10, 64)
	start := from + at[1]
	if err != nil || length > len(b)-start {
		return nil, 0, errDamaged
	}
	if size > mostText {
		return nil, 0, errMuch
	}
	z, err := zlib.NewReader(bytes.NewReader(b[start : start+length]))
	if err != nil {
		return nil, 0, errDamaged
	}
	body, err = upTo(z, size)
	if err == nil && int64(len(body)) != size {
		err = errDamaged
	}
	clear(b[start : start+length])
	return body, start + length, err
}

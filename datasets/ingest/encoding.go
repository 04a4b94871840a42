package ingest

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

var (
	bomUTF8    = []byte{0xEF, 0xBB, 0xBF}
	bomUTF16LE = []byte{0xFF, 0xFE}
	bomUTF16BE = []byte{0xFE, 0xFF}
)

// detect reads the whole content once: a sample that ends in the middle of a
// character would call UTF-8 something else.
func detect(src source) (string, error) {
	r, err := src.open()
	if err != nil {
		return "", err
	}
	in := bufio.NewReaderSize(r, 256<<10)
	head, _ := in.Peek(1 << 10) // a reading error comes again below
	switch {
	case bytes.HasPrefix(head, bomUTF8):
		return "UTF-8-BOM", nil
	case bytes.HasPrefix(head, bomUTF16LE):
		return "UTF-16LE", nil
	case bytes.HasPrefix(head, bomUTF16BE):
		return "UTF-16BE", nil
	}
	if err := noBinary(head); err != nil {
		return "", err
	}
	valid, err := validUTF8(in)
	if err != nil {
		return "", err
	}
	if valid {
		return "UTF-8", nil
	}
	return "GB18030", nil
}

// validUTF8 reports whether all of r is UTF-8, whatever the buffer's borders cut.
func validUTF8(r io.Reader) (bool, error) {
	buf, kept := make([]byte, 256<<10), 0
	for {
		n, err := r.Read(buf[kept:])
		part := buf[:kept+n]
		whole := len(part)
		if err == nil {
			for back := 1; back <= min(utf8.UTFMax-1, len(part)); back++ { // an unfinished character at the end waits for the rest
				if utf8.RuneStart(part[len(part)-back]) {
					if !utf8.FullRune(part[len(part)-back:]) {
						whole = len(part) - back
					}
					break
				}
			}
		}
		if !utf8.Valid(part[:whole]) {
			return false, nil
		}
		kept = copy(buf, part[whole:])
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// decode returns the content as UTF-8 without a byte order mark.
func decode(r io.Reader, name string) io.Reader {
	var e encoding.Encoding
	switch name {
	case "UTF-8-BOM":
		return withoutBOM(r)
	case "UTF-16LE":
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "UTF-16BE":
		e = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "GB18030":
		e = simplifiedchinese.GB18030
	default:
		return r
	}
	return transform.NewReader(r, e.NewDecoder())
}

// withoutBOM leaves every other byte as it is: what is not UTF-8 must be found,
// not replaced.
func withoutBOM(r io.Reader) io.Reader {
	in := bufio.NewReaderSize(r, 64<<10)
	if head, _ := in.Peek(len(bomUTF8)); bytes.Equal(head, bomUTF8) {
		_, _ = in.Discard(len(bomUTF8)) // they were just seen
	}
	return in
}

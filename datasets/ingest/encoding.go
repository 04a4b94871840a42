package ingest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"shuyuan/internal/fault"
)

var (
	bomUTF8    = []byte{0xEF, 0xBB, 0xBF}
	bomUTF16LE = []byte{0xFF, 0xFE}
	bomUTF16BE = []byte{0xFE, 0xFF}
)

// errEncoding is a text that was taken for UTF-8 by its beginning and is not.
var errEncoding = errors.New("the text is not in UTF-8 after all")

// trustBytes is how much of a text is looked at before it is read.
const trustBytes = 1 << 20

// probably tells the encoding by the beginning of the content where that is all
// UTF-8; sure is whether nothing can come that is not.
func probably(src source) (name string, sure bool, err error) {
	r, err := src.open()
	if err != nil {
		return "", false, err
	}
	head := make([]byte, trustBytes)
	n, err := io.ReadFull(r, head)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
	case err != nil:
		return "", false, err
	case !bytes.HasPrefix(head, bomUTF8) && bytes.IndexByte(head[:1<<10], 0) < 0: // the other marks are no UTF-8
		for cut := range utf8.UTFMax {
			if utf8.Valid(head[:n-cut]) {
				return "UTF-8", false, nil
			}
		}
	}
	name, err = detect(src)
	return name, true, err
}

// verified passes on what is UTF-8 and ends with errEncoding where something is
// not.
type verified struct {
	r    io.Reader
	open []byte // of a character that is not whole yet
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	part := p[:n]
	if len(v.open) > 0 && n > 0 {
		for len(part) > 0 && !utf8.FullRune(v.open) {
			v.open, part = append(v.open, part[0]), part[1:]
		}
		if utf8.FullRune(v.open) {
			if !utf8.Valid(v.open) {
				return 0, errEncoding
			}
			v.open = v.open[:0]
		}
	}
	whole := len(part)
	for back := 1; back <= min(utf8.UTFMax-1, len(part)); back++ {
		if utf8.RuneStart(part[len(part)-back]) {
			if !utf8.FullRune(part[len(part)-back:]) {
				whole = len(part) - back
			}
			break
		}
	}
	if !utf8.Valid(part[:whole]) || err == io.EOF && whole < len(part) || err == io.EOF && len(v.open) > 0 {
		return 0, errEncoding
	}
	v.open = append(v.open, part[whole:]...)
	return n, err
}

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
	if bytes.IndexByte(head, 0) >= 0 {
		if enc := unmarked(head); enc != "" {
			return enc, nil
		}
		return "", noBinary(head)
	}
	valid, han, err := validUTF8(in)
	switch {
	case err != nil:
		return "", err
	case valid:
		return "UTF-8", nil
	case han >= enoughHan:
		return damaged, nil
	}
	return doubleByte(src)
}

// Encodings are those that a text may be said to be in.
var Encodings = []string{"UTF-8", "UTF-8-BOM", "GB18030", "Big5", "UTF-16LE", "UTF-16BE"}

// told takes an officer's word for the encoding. A text that is said to be in
// UTF-8 and is not is read all the same, so that the first place is named where
// it is none.
func told(src source, name string) (string, error) {
	if !slices.Contains(Encodings, name) {
		return "", fault.New(fault.Invalid, "不认识这种文字编码：%s", name)
	}
	if !strings.HasPrefix(name, "UTF-8") {
		return name, nil
	}
	found, err := detect(src)
	if err == nil && !strings.HasPrefix(found, "UTF-8") {
		found = damaged
	}
	return found, err
}

// unmarked is the UTF-16 that a text without a mark is in: one whose lines end
// and whose characters are nearly all ones that people write.
func unmarked(head []byte) string {
	for name, at := range map[string][2]int{"UTF-16LE": {0, 1}, "UTF-16BE": {1, 0}} {
		ends, known, all := 0, 0, 0
		for i := 0; i+1 < len(head); i += 2 {
			r := rune(head[i+at[0]]) | rune(head[i+at[1]])<<8
			all++
			if j := i + 2; r >= 0xD800 && r < 0xDC00 && j+1 < len(head) { // a character of two units
				if next := rune(head[j+at[0]]) | rune(head[j+at[1]])<<8; next >= 0xDC00 && next < 0xE000 {
					known++
					all++
					known++
					i = j
				}
				continue
			}
			switch {
			case r == '\n':
				ends++
				known++
			case r == '\t', r == '\r', r >= ' ' && r < 0x7F, r >= 0xA0 && r < 0x180, r >= 0x3000 && r < 0x3130, r >= 0x3400 && r < 0xA000, r >= 0xFF00 && r < 0xFFF0, r >= 0x2010 && r < 0x2700:
				known++
			}
		}
		if ends > 0 && known*100 >= all*97 {
			return name
		}
	}
	return ""
}

// doubleByte tells GB18030 from Big5 by a sample. The second byte of a
// character of GB 2312 is never below A1; in Big5 it is in two of five. A text
// in traditional characters in GBK has many first bytes that Big5 does not know.
func doubleByte(src source) (string, error) {
	r, err := src.open()
	if err != nil {
		return "", err
	}
	sample := make([]byte, 1<<20)
	n, err := io.ReadFull(r, sample)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	pairs, low, foreign := 0, 0, 0
	for i := 0; i+1 < n; i++ {
		if sample[i] < 0x80 {
			continue
		}
		first, second := sample[i], sample[i+1]
		pairs++
		if second < 0xA1 {
			low++
		}
		if first < 0xA1 || first > 0xF9 || second < 0x40 || second > 0x7E && second < 0xA1 {
			foreign++
		}
		i++
	}
	if foreign == 0 && low*5 > pairs && pairs > 3 {
		return "Big5", nil
	}
	return "GB18030", nil
}

// damaged is UTF-8 with something in it that is none. Its encoding is told
// nobody: what is wrong with it is.
const damaged = "UTF-8, damaged"

// validUTF8 reports whether all of r is UTF-8, whatever the buffer's borders
// cut. Where it is not, han is how many Chinese characters in UTF-8 came before
// the first byte that is none: in a text in another encoding hardly any.
func validUTF8(r io.Reader) (valid bool, han int, err error) {
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
			return false, han + hanBefore(part[:whole]), nil
		}
		if han < enoughHan {
			han += hanBefore(part[:whole])
		}
		kept = copy(buf, part[whole:])
		if err == io.EOF {
			return true, han, nil
		}
		if err != nil {
			return false, han, err
		}
	}
}

// enoughHan is how many Chinese characters say that a text is in UTF-8.
const enoughHan = 3

// hanBefore counts them up to the first byte that is no UTF-8.
func hanBefore(b []byte) (n int) {
	for len(b) > 0 && n < enoughHan {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size <= 1 {
			return n
		}
		if r >= 0x4E00 && r < 0xA000 {
			n++
		}
		b = b[size:]
	}
	return n
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
	case "Big5":
		e = traditionalchinese.Big5
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

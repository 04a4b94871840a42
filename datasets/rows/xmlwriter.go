package rows

import (
	"bufio"
	"encoding/base64"
	"unicode"
	"unicode/utf8"

	"shuyuan/datasets/workbook"
)

// xmlWriter writes each row as an element of elements named like the columns.
// Null is no element; what XML cannot hold stands in base64, and says so.
type xmlWriter struct {
	w     *bufio.Writer
	names []string
	attrs []string // name="…" where the element could not be named like the column
	buf   []byte
}

func newXMLWriter(w *bufio.Writer, names []string) *xmlWriter {
	x := &xmlWriter{w: w}
	for _, n := range names {
		x.names = append(x.names, xmlName(n))
	}
	x.names = once(x.names)
	for i, n := range names {
		attr := ""
		if x.names[i] != n {
			attr = ` name="` + string(workbook.AppendXML(nil, []byte(n))) + `"`
		}
		x.attrs = append(x.attrs, attr)
	}
	return x
}

// xmlName is the nearest name to s that an element may have.
func xmlName(s string) string {
	s = validName(s, func(i int, r rune) bool {
		start := r == '_' || unicode.IsLetter(r) && r <= 0xFFFF
		return start || i > 0 && (unicode.IsDigit(r) && r < 0x80 || r == '.' || r == '-')
	})
	if s == "" || len(s) >= 3 && (s[0] == 'x' || s[0] == 'X') && (s[1] == 'm' || s[1] == 'M') && (s[2] == 'l' || s[2] == 'L') {
		return "_" + s
	}
	return s
}

func (x *xmlWriter) start() error {
	_, err := x.w.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rows>\n")
	return err
}

func (x *xmlWriter) row(cells, _ []exported) error {
	x.buf = append(x.buf[:0], "<row>"...)
	for i, c := range cells {
		if c.null {
			continue
		}
		x.buf = append(append(append(x.buf, '<'), x.names[i]...), x.attrs[i]...)
		x.buf = x.appendValue(x.buf, c)
		x.buf = append(append(append(x.buf, "</"...), x.names[i]...), '>')
	}
	x.buf = append(x.buf, "</row>\n"...)
	_, err := x.w.Write(x.buf)
	return err
}

func (x *xmlWriter) appendValue(dst []byte, c exported) []byte {
	switch {
	case !xmlHolds(c.text):
		dst = append(dst, ` encoding="base64">`...)
		return base64.StdEncoding.AppendEncode(dst, c.text)
	case c.typ == Decimal && !c.misfit:
		return append(append(dst, '>'), trimZero(c.text)...)
	case c.typ == DateTime && !c.misfit:
		at := len(dst) + 1
		dst = append(append(dst, '>'), c.text...)
		for ; at < len(dst); at++ {
			if dst[at] == ' ' {
				dst[at] = 'T'
			}
		}
		return dst
	}
	return workbook.AppendXML(append(dst, '>'), c.text)
}

// xmlHolds reports whether XML 1.0 has every character of text.
func xmlHolds(text []byte) bool {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF || r == utf8.RuneError && size == 1 {
			return false
		}
		i += size
	}
	return true
}

func (x *xmlWriter) end() error {
	_, err := x.w.WriteString("</rows>\n")
	return err
}

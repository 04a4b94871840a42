package rows

import (
	"bufio"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// jsonWriter writes each row as an object.
type jsonWriter struct {
	w                    *bufio.Writer
	keys                 [][]byte // quoted, with what stands before them
	open, between, close string
	n                    int
	buf                  []byte
}

// jsonKeys are the names as JSON, each with what stands before it in an object.
func jsonKeys(names []string) [][]byte {
	out := make([][]byte, len(names))
	for i, n := range names {
		sep := ","
		if i == 0 {
			sep = "{"
		}
		out[i] = append(appendText([]byte(sep), []byte(n)), ':')
	}
	return out
}

func (j *jsonWriter) start() error {
	_, err := j.w.WriteString(j.open)
	return err
}

func (j *jsonWriter) row(cells, _ []exported) error {
	j.buf = j.buf[:0]
	if j.n++; j.n > 1 {
		j.buf = append(j.buf, j.between...)
	}
	j.buf = appendObject(j.buf, j.keys, cells)
	_, err := j.w.Write(j.buf)
	return err
}

func (j *jsonWriter) end() error {
	end := j.close
	if j.n == 0 && j.open == "" {
		end = ""
	}
	_, err := j.w.WriteString(end)
	return err
}

func appendObject(dst []byte, keys [][]byte, cells []exported) []byte {
	for i, c := range cells {
		dst = append(dst, keys[i]...)
		dst = c.appendJSON(dst)
	}
	return append(dst, '}')
}

// appendJSON is the same value that Field.value gives.
func (c exported) appendJSON(dst []byte) []byte {
	switch {
	case c.null:
		return append(dst, "null"...)
	case c.misfit:
		return appendText(dst, c.text)
	}
	switch c.typ {
	case Integer, Decimal:
		return appendNumber(dst, c.text)
	case Boolean:
		return append(dst, c.text...)
	case DateTime:
		start := len(dst)
		dst = appendText(dst, c.text)
		for i := start; i < len(dst); i++ {
			if dst[i] == ' ' {
				dst[i] = 'T'
				break
			}
		}
		return dst
	case Array, Object, Point, Geometry:
		if len(c.text) > 0 && (c.text[0] == '{' || c.text[0] == '[') && json.Valid(c.text) {
			return append(dst, c.text...)
		}
	}
	return appendText(dst, c.text)
}

// appendNumber appends a number that the engine wrote: a whole one without a
// decimal point, one that many readers would change as text, and null for an
// infinity or what is no number.
func appendNumber(dst, text []byte) []byte {
	if inexact(text) {
		return appendText(dst, text)
	}
	if len(text) == 0 || text[0] != '-' && (text[0] < '0' || text[0] > '9') || text[len(text)-1] > '9' {
		return append(dst, "null"...)
	}
	return append(dst, trimZero(text)...)
}

// inexact reports whether text is a whole number that a reader changes who keeps
// numbers in 64 bits of floating point, as JavaScript does.
func inexact(text []byte) bool {
	if len(text) < len("9007199254740993") {
		return false
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	return err == nil && (n > 1<<53-1 || n < -(1<<53-1)) || errors.Is(err, strconv.ErrRange)
}

// trimZero cuts ".0" off.
func trimZero(text []byte) []byte {
	if n := len(text); n > 2 && text[n-1] == '0' && text[n-2] == '.' {
		return text[:n-2]
	}
	return text
}

const hexDigits = "0123456789abcdef"

// appendText appends text as a JSON string; data is not HTML, so < stays <.
func appendText(dst, text []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(text); {
		b := text[i]
		if b >= ' ' && b != '"' && b != '\\' && b < utf8.RuneSelf {
			i++
			continue
		}
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(text[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			dst = append(append(dst, text[from:i]...), "\uFFFD"...)
			i++
			from = i
			continue
		}
		dst = append(dst, text[from:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		}
		i++
		from = i
	}
	return append(append(dst, text[from:]...), '"')
}

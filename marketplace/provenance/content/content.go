// Package content is what a derived product is, whatever file it lies in: the
// canonical form of a table, and the digest of it that a stamp names.
//
// # The canonical form of a table, "shuyuan-table-1"
//
// The digest of a table is SHA-256, in lower-case hexadecimal, over these bytes:
//
//  1. One line with the schema: a JSON array with, for each column in stored order,
//     the JSON array of its name and its type.
//  2. One line for each row in stored order: a JSON array with the canonical value
//     of each cell.
//
// Text is UTF-8. Every line, the last too, ends with one LF (U+000A). There is no
// white space that is not within a string. A string is written as RFC 8785 (JCS),
// 3.2.2.2, writes it: \" \\ \b \t \n \f \r, \u00xx in lower case for the other
// controls below U+0020, and everything else as it is. What is not UTF-8 becomes
// U+FFFD, for each byte one.
//
// A cell begins as a text, the one that the CSV of the table shows; so a format
// that knows types and one that does not agree. CRLF and a single CR become LF.
// Then:
//
//   - The empty text and the absent value are null: CSV and spreadsheets cannot
//     tell them apart.
//   - integer and decimal: a text of the form that RFC 8259 has for numbers is a
//     number. Its exact value is written: zero as 0; a whole number of at most 21 digits as its digits; otherwise as RFC 8785,
//     3.2.2.3, writes the nearest number of 64 bits if that text has exactly this
//     value; otherwise as the string of its digits without zeros at either end, a
//     minus before them if it is negative, "e", and the power of ten of the last
//     digit: 0.12345678901234567890123 is "12345678901234567890123e-23". Infinities
//     and what is no number are left out before a table is sealed: inf, -inf and nan
//     are misfits here, so that nobody can put them where nothing was.
//   - boolean: true and false.
//   - datetime: one space after the day becomes T, and of a full form (day, T,
//     hh:mm:ss and a fraction) zeros at the end of the fraction go, and the point
//     if nothing is left. It is a string.
//   - array, object, point, geometry: a text that is a JSON array or object is
//     written as RFC 8785 writes it, numbers by the rule above. A text that is not,
//     that has two members of one name, a lone surrogate, or more than 100 levels, is
//     a string.
//   - text, date, yearmonth and anything else: the string.
//   - A text that is no value of its type (a misfit) is the string of it.
//
// What is no table has the digest of its bytes.
package content

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Profile names the canonical form.
const Profile = "shuyuan-table-1"

// Column is a column of a table: its name, and its type as the data dictionary has
// it.
type Column struct {
	Name string
	Type string
}

// Cell is one cell as the CSV of the table shows it. Null and an empty text are the
// same.
type Cell struct {
	Text []byte
	Null bool
}

// Facts are what the forms of a table depend on.
type Facts struct {
	Rows    int64
	Bytes   int64 // of the canonical form
	Longest int64 // cell, in units of UTF-16
	Odd     int64 // cells of points and shapes that are no GeoJSON object
}

// Hash works out the digest of a table, row by row and in flat memory.
type Hash struct {
	columns []Column
	sum     hash.Hash
	line    []byte
	facts   Facts
}

// ErrWidth is a row of another number of cells than there are columns.
var ErrWidth = errors.New("content: a row of another length")

// New begins the digest of a table of these columns.
func New(columns []Column) (*Hash, error) {
	if len(columns) == 0 {
		return nil, errors.New("content: a table without columns")
	}
	h := &Hash{columns: columns, sum: sha256.New()}
	h.write(appendSchema(nil, columns))
	return h, nil
}

func appendSchema(b []byte, columns []Column) []byte {
	for i, c := range columns {
		b = append(b, "[,"[min(i, 1)], '[')
		b = append(appendString(b, []byte(c.Name)), ',')
		b = append(appendString(b, []byte(c.Type)), ']')
	}
	return append(b, "]\n"...)
}

func (h *Hash) write(line []byte) {
	h.sum.Write(line) //nolint:errcheck // a hash takes everything
	h.facts.Bytes += int64(len(line))
}

// Row adds a row. It keeps nothing of the cells.
func (h *Hash) Row(cells []Cell) error {
	if len(cells) != len(h.columns) {
		return ErrWidth
	}
	b := h.line[:0]
	for i, c := range cells {
		b = append(b, "[,"[min(i, 1)])
		b = h.append(b, h.columns[i].Type, c)
	}
	h.line = append(b, "]\n"...)
	h.write(h.line)
	h.facts.Rows++
	return nil
}

func (h *Hash) append(dst []byte, typ string, c Cell) []byte {
	if c.Null {
		return append(dst, "null"...)
	}
	if typ == "point" || typ == "geometry" {
		if len(c.Text) > 0 && (c.Text[0] != '{' || !isJSON(c.Text)) {
			h.facts.Odd++
		}
	}
	if n := int64(len(c.Text)); n > h.facts.Longest {
		h.facts.Longest = max(h.facts.Longest, units(c.Text))
	}
	return Append(dst, typ, c.Text)
}

// units is how long a text is in UTF-16.
func units(text []byte) (n int64) {
	for _, r := range string(text) {
		if n++; r > 0xFFFF {
			n++
		}
	}
	return n
}

// Sum is the digest of what was added, and Facts what was seen.
func (h *Hash) Sum() string  { return hex.EncodeToString(h.sum.Sum(nil)) }
func (h *Hash) Facts() Facts { return h.facts }

// Names is the digest of the names of columns: SHA-256 over the JSON array of them,
// and LF. A file whose stamp was cut off is looked for by it, since without a stamp
// nothing says what types its columns have.
func Names(names []string) string {
	b := []byte{}
	for i, name := range names {
		b = appendString(append(b, "[,"[min(i, 1)]), []byte(name))
	}
	sum := sha256.Sum256(append(b, "]\n"...))
	return hex.EncodeToString(sum[:])
}

// Append appends the canonical value of a cell of a type that has this text.
func Append(dst []byte, typ string, text []byte) []byte {
	if len(text) == 0 {
		return append(dst, "null"...)
	}
	switch typ {
	case "integer", "decimal":
		if out, ok := appendNumber(dst, text); ok {
			return out
		}
	case "boolean":
		if s := string(text); s == "true" || s == "false" {
			return append(dst, s...)
		}
	case "datetime":
		text = moment(text)
	case "array", "object", "point", "geometry":
		if text[0] == '{' || text[0] == '[' {
			if out, ok := appendJSON(dst, text); ok {
				return out
			}
		}
	}
	return appendString(dst, text)
}

// moment is a datetime with T after its day, and no zeros at the end of its
// fraction.
func moment(text []byte) []byte {
	day := 0
	for day < len(text) && digit(text[day]) {
		day++
	}
	if day < 4 || len(text) < day+6 || text[day] != '-' || text[day+3] != '-' ||
		!digit(text[day+1]) || !digit(text[day+2]) || !digit(text[day+4]) || !digit(text[day+5]) {
		return text
	}
	rest := text[day+6:]
	if len(rest) > 0 && rest[0] == ' ' {
		text = bytes.Clone(text)
		rest = text[day+6:]
		rest[0] = 'T'
	}
	const full = "T00:00:00."
	if len(rest) <= len(full) || rest[0] != 'T' || rest[3] != ':' || rest[6] != ':' || rest[9] != '.' {
		return text
	}
	for i, b := range rest {
		if i != 0 && i != 3 && i != 6 && i != 9 && !digit(b) {
			return text
		}
	}
	return bytes.TrimSuffix(bytes.TrimRight(text, "0"), []byte("."))
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

// appendNumber appends a number by its exact value; false where text is none.
func appendNumber(dst, text []byte) ([]byte, bool) {
	if plain(text) {
		return append(dst, text...), true
	}
	n, ok := parseNumber(text)
	if !ok {
		return dst, false
	}
	if len(n.digits) == 0 {
		return append(dst, '0'), true
	}
	if n.exp >= 0 && int64(len(n.digits))+n.exp <= 21 {
		if n.negative {
			dst = append(dst, '-')
		}
		dst = append(dst, n.digits...)
		for range n.exp {
			dst = append(dst, '0')
		}
		return dst, true
	}
	if f, err := strconv.ParseFloat(string(text), 64); err == nil {
		short := appendES6(nil, f)
		if m, ok := parseNumber(short); ok && m.exp == n.exp && m.negative == n.negative && bytes.Equal(m.digits, n.digits) {
			return append(dst, short...), true
		}
	}
	dst = append(dst, '"')
	if n.negative {
		dst = append(dst, '-')
	}
	dst = append(append(dst, n.digits...), 'e')
	return append(strconv.AppendInt(dst, n.exp, 10), '"'), true
}

// plain reports whether a text is a number in its canonical form, where that is quick
// to see: at most 15 digits, which every number of 64 bits keeps (IEEE 754), no zero
// that could go, and none so small that it would have an exponent.
func plain(text []byte) bool {
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	if len(text) == 0 || len(text) > 16 || text[0] < '1' || text[0] > '9' {
		return false
	}
	point := false
	for _, b := range text {
		switch {
		case b == '.' && !point:
			point = true
		case !digit(b):
			return false
		}
	}
	last := text[len(text)-1]
	return !point && len(text) <= 15 || point && last != '0' && last != '.'
}

// number is (-1)^negative × digits × 10^exp; digits have no zero at either end.
type number struct {
	negative bool
	digits   []byte
	exp      int64
}

// mostExponent is beyond every number that there is, and keeps sums of exponents
// from running over.
const mostExponent = 1 << 40

// parseNumber reads a number as RFC 8259, 6, has it.
func parseNumber(text []byte) (n number, ok bool) {
	rest := text
	if len(rest) > 0 && rest[0] == '-' {
		n.negative, rest = true, rest[1:]
	}
	whole := 0
	for whole < len(rest) && digit(rest[whole]) {
		whole++
	}
	if whole == 0 || whole > 1 && rest[0] == '0' {
		return n, false
	}
	n.digits, rest = bytes.Clone(rest[:whole]), rest[whole:]
	if len(rest) > 0 && rest[0] == '.' {
		places := 1
		for places < len(rest) && digit(rest[places]) {
			places++
		}
		if places == 1 {
			return n, false
		}
		n.digits, n.exp, rest = append(n.digits, rest[1:places]...), -int64(places-1), rest[places:]
	}
	if len(rest) > 0 && (rest[0] == 'e' || rest[0] == 'E') {
		power := rest[1:]
		if len(power) > 0 && power[0] == '+' && len(power) > 1 && digit(power[1]) {
			power = power[1:]
		}
		e, err := strconv.ParseInt(string(power), 10, 64)
		if err != nil || e > mostExponent || e < -mostExponent {
			return n, false // a text, and no number that anybody can have meant
		}
		n.exp, rest = n.exp+e, nil
	}
	if len(rest) > 0 {
		return n, false
	}
	n.digits = bytes.TrimLeft(n.digits, "0")
	for len(n.digits) > 0 && n.digits[len(n.digits)-1] == '0' {
		n.digits, n.exp = n.digits[:len(n.digits)-1], n.exp+1
	}
	return n, true
}

// appendES6 appends a number of 64 bits as ECMAScript writes it (RFC 8785, 3.2.2.3).
func appendES6(dst []byte, f float64) []byte {
	abs := max(f, -f)
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
		if n := len(dst); n >= start+4 && dst[n-4] == 'e' && dst[n-2] == '0' { // e-09 is e-9
			dst[n-2] = dst[n-1]
			dst = dst[:n-1]
		}
		return dst
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// Number is a number of 64 bits as a text that has its exact canonical value.
func Number(dst []byte, f float64) []byte { return appendES6(dst, f) }

// appendString appends a string as RFC 8785, 3.2.2.2, writes it, with one kind of
// line end. Bytes that are no UTF-8 become U+FFFD.
func appendString(dst, text []byte) []byte {
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	dst, _ = jsontext.AppendQuote(dst, text) // which says so of bytes that are no UTF-8, too
	return dst
}

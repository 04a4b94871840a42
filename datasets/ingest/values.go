package ingest

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Type is the type of a column, as the data dictionary names it.
type Type string

// The types.
const (
	Text      Type = "text"
	Integer   Type = "integer"
	Decimal   Type = "decimal"
	Date      Type = "date"
	YearMonth Type = "yearmonth"
	DateTime  Type = "datetime"
	Boolean   Type = "boolean"
	Point     Type = "point"
	Geometry  Type = "geometry"
	Array     Type = "array"
	Object    Type = "object"
)

// A cell is read as a value of its column's type by one of the functions
// below. Ok says that it is one, plain that the value written out again is the
// cell, byte by byte: where it is not, the cell itself is kept beside the value.

// trimmed is s without blanks at its ends.
func trimmed(s []byte) []byte {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	if len(s) > 3 && (s[0] == 0xE3 || s[len(s)-1] == 0x80) { // perhaps an ideographic space
		return bytes.Trim(s, "\u3000 \t")
	}
	return s
}

// number is a number as it is written: mantissa / 10^scale.
type number struct {
	mantissa int64
	scale    int
	exact    bool    // mantissa and scale say all of it
	float    float64 // where they do not
	plain    bool    // but for zeros at the end of a fraction, which scale counts
	zeros    int     // at the end of the fraction
}

// numberOf reads a number: a sign, digits, perhaps grouped by commas in threes,
// a fraction, an exponent. Numbers in full-width digits, infinities and the
// like are none: what they mean is for a person to say.
func numberOf(s []byte) (n number, ok bool) {
	t := trimmed(s)
	n.plain = len(t) == len(s)
	i, negative := 0, false
	if len(t) > 0 && (t[0] == '-' || t[0] == '+') {
		negative, i = t[0] == '-', 1
		n.plain = n.plain && negative
	}
	start, digits, grouped := i, 0, 0
	for ; i < len(t); i++ {
		c := t[i]
		if c >= '0' && c <= '9' {
			if n.mantissa = n.mantissa*10 + int64(c-'0'); digits < 19 {
				digits++
			}
			continue
		}
		if c != ',' {
			break
		}
		if at := i - start; at == 0 || at > 3 && grouped == 0 || !threeDigits(t[i+1:]) {
			return n, false
		}
		if grouped == 0 {
			grouped = 1
		}
		n.plain = false
	}
	if grouped > 0 && !properlyGrouped(t[start:i]) {
		return n, false
	}
	whole := i - start
	if whole == 0 && (i >= len(t) || t[i] != '.') {
		return n, false
	}
	if whole > 1 && t[start] == '0' {
		n.plain = false // leading zeros
	}
	if i < len(t) && t[i] == '.' {
		from := i + 1
		for i = from; i < len(t) && t[i] >= '0' && t[i] <= '9'; i++ {
			if n.mantissa = n.mantissa*10 + int64(t[i]-'0'); digits < 19 {
				digits++
			}
			n.scale++
			if n.zeros++; t[i] != '0' {
				n.zeros = 0
			}
		}
		if n.scale == 0 || whole == 0 {
			n.plain = false // 12. or .5
			if n.scale == 0 && whole == 0 {
				return n, false
			}
		}
	}
	if negative {
		n.mantissa = -n.mantissa
		n.plain = n.plain && n.mantissa != 0 // -0
	}
	n.exact = digits <= 18
	if i < len(t) || !n.exact {
		return n.long(t, i)
	}
	return n, true
}

func threeDigits(s []byte) bool {
	if len(s) < 3 {
		return false
	}
	for _, c := range s[:3] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) == 3 || s[3] < '0' || s[3] > '9'
}

// properlyGrouped reports whether commas stand before every three digits.
func properlyGrouped(s []byte) bool {
	parts := bytes.Split(s, []byte(","))
	for i, p := range parts {
		if i == 0 && (len(p) == 0 || len(p) > 3) || i > 0 && len(p) != 3 {
			return false
		}
	}
	return true
}

// long reads what does not fit in a mantissa, and exponents, from place at on.
func (n number) long(t []byte, at int) (number, bool) {
	if at < len(t) && t[at] != 'e' && t[at] != 'E' {
		return n, false
	}
	text := strings.ReplaceAll(string(t), ",", "")
	if strings.ContainsAny(text, "xXpP_iInN") {
		return n, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.Abs(f) >= 1e15 && at < len(t) {
		return n, false // 4.4E+17 is what a spreadsheet leaves of a code
	}
	n.exact, n.float = false, f
	n.plain = n.plain && at == len(t) && text == plainFloat(f)
	return n, true
}

// plainFloat is how a number is written out that is kept as a floating-point
// number; nothing where its digits alone are not the shortest way to write it.
func plainFloat(f float64) string {
	if a := math.Abs(f); a != 0 && a < 1e-4 || a >= 1e15 {
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// integer is n as a whole number.
func (n number) integer() (v int64, plain, ok bool) {
	if n.exact && n.scale == 0 {
		return n.mantissa, n.plain, true
	}
	return 0, false, false
}

// longInteger reads whole numbers of 19 digits.
func longInteger(s []byte) (int64, bool) {
	v, err := strconv.ParseInt(string(s), 10, 64)
	return v, err == nil && len(s) > 0 && s[0] != '+' && s[0] != '0'
}

var powers = func() (p [19]float64) {
	for i := range p {
		p[i] = math.Pow10(i)
	}
	return p
}()

// decimal is n as a floating-point number.
func (n number) decimal() (v float64, plain bool) {
	if !n.exact {
		return n.float, n.plain
	}
	const precise = 1 << 53
	if n.mantissa > -precise && n.mantissa < precise {
		v = float64(n.mantissa) / powers[n.scale] // one rounding, so the nearest
	} else {
		v, _ = strconv.ParseFloat(n.text(), 64)
	}
	switch size := math.Abs(v); {
	case !n.plain || n.zeros > 0 || size != 0 && size < 1e-4 || size >= 1e15:
		return v, false
	case n.mantissa > -1e15 && n.mantissa < 1e15:
		return v, true // 15 digits are never changed
	}
	return v, plainFloat(v) == n.text()
}

// text writes an exact number with as many digits as it has.
func (n number) text() string { return decimalText(n.mantissa, n.scale) }

func decimalText(mantissa int64, scale int) string {
	sign, digits := "", strconv.FormatInt(mantissa, 10)
	if mantissa < 0 {
		sign, digits = "-", digits[1:]
	}
	if scale == 0 {
		return sign + digits
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// percent is a cell without the sign that it ends in, and that sign.
func percent(s []byte) ([]byte, string) {
	t := trimmed(s)
	for _, sign := range [...]string{"%", "％"} {
		if rest, ok := bytes.CutSuffix(t, []byte(sign)); ok {
			return rest, sign
		}
	}
	return s, ""
}

func percentage(sign string) bool { return sign == "%" || sign == "％" }

// boolean reads what can only be yes or no.
func boolean(s []byte) (v, ok bool) {
	switch string(trimmed(s)) {
	case "true", "是", "TRUE", "True":
		return true, true
	case "false", "否", "FALSE", "False":
		return false, true
	}
	return false, false
}

// oneOrNone reads what an officer may declare to be yes or no.
func oneOrNone(s []byte) (v, ok bool) {
	switch strings.ToLower(string(trimmed(s))) {
	case "1", "y", "yes", "有", "真":
		return true, true
	case "0", "n", "no", "无", "假":
		return false, true
	}
	return false, false
}

// missing reports whether a cell is one of the marks that stand for no value.
func missing(s []byte) bool {
	switch string(trimmed(s)) {
	case "", "-", "--", "---", "—", "——", "－", "/", "\\", "*", ".", "..", "...", "…", "NA", "N/A", "n/a", "na", "NaN", "nan", "NAN", "null", "NULL", "Null", "None", "none", "#N/A", "无", "暂无", "缺失", "空", "不详", "未知":
		return true
	}
	return false
}

// nested reports whether a cell is JSON that begins with open.
func nested(s []byte, open byte) bool {
	t := trimmed(s)
	return len(t) > 1 && t[0] == open && json.Valid(t)
}

// clip is the beginning of a cell, for a message.
func clip(s []byte, most int) string {
	if len(s) <= most {
		return string(s)
	}
	s = s[:most]
	for len(s) > 0 {
		if r, size := utf8.DecodeLastRune(s); r != utf8.RuneError || size > 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return string(s) + "…"
}

package content

import (
	"bytes"
	"errors"
	"slices"
	"unicode/utf16"

	"github.com/go-json-experiment/json/jsontext"
)

// mostLevels is how deep a JSON value may go and still be one.
const mostLevels = 100

// isJSON reports whether text is one JSON value that has a canonical form.
func isJSON(text []byte) bool {
	_, ok := appendJSON(nil, text)
	return ok
}

// appendJSON appends a JSON value as RFC 8785 writes it, numbers by their exact
// value. False where text is not one value, or has two members of one name.
func appendJSON(dst, text []byte) ([]byte, bool) {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	out, err := appendValue(dst, d)
	if err != nil {
		return dst, false
	}
	if rest := bytes.TrimLeft(text[d.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return dst, false
	}
	return out, true
}

var errDeep = errors.New("content: JSON too deep")

func appendValue(dst []byte, d *jsontext.Decoder) ([]byte, error) {
	token, err := d.ReadToken()
	if err != nil {
		return dst, err
	}
	if d.StackDepth() > mostLevels {
		return dst, errDeep
	}
	switch token.Kind() {
	case '[':
		return appendArray(append(dst, '['), d)
	case '{':
		return appendObject(append(dst, '{'), d)
	case '"':
		return appendString(dst, []byte(token.String())), nil
	case '0':
		out, _ := appendNumber(dst, []byte(token.String()))
		if len(out) == len(dst) { // an exponent beyond everything
			out = appendString(dst, []byte(token.String()))
		}
		return out, nil
	}
	return append(dst, token.String()...), nil
}

func appendArray(dst []byte, d *jsontext.Decoder) ([]byte, error) {
	for n := 0; d.PeekKind() != ']'; n++ {
		if n > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendValue(dst, d); err != nil {
			return dst, err
		}
	}
	_, err := d.ReadToken()
	return append(dst, ']'), err
}

// appendObject appends members sorted by their names in UTF-16 (RFC 8785, 3.2.3).
func appendObject(dst []byte, d *jsontext.Decoder) ([]byte, error) {
	type member struct {
		key  []uint16
		text []byte
	}
	var all []member
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return dst, err
		}
		s := name.String()
		text, err := appendValue(append(appendString(nil, []byte(s)), ':'), d)
		if err != nil {
			return dst, err
		}
		all = append(all, member{utf16.Encode([]rune(s)), text})
	}
	if _, err := d.ReadToken(); err != nil {
		return dst, err
	}
	slices.SortFunc(all, func(a, b member) int { return slices.Compare(a.key, b.key) })
	for i, m := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, m.text...)
	}
	return append(dst, '}'), nil
}

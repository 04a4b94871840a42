package verify

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// xmlHead begins every part of a workbook.
const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// markup reads XML as it is written here, byte for byte: what other programs may write
// in its place, they may also read otherwise. There are no name spaces to mix up, no
// comments, and no element or attribute that is not looked at.
type markup struct {
	b    *bufio.Reader
	m    *meter
	text []byte
}

func newMarkup(r io.Reader, most int64) *markup {
	m := newMeter(r, most)
	return &markup{b: bufio.NewReaderSize(m, 64<<10), m: m}
}

// has reads over a text if that is what comes next.
func (p *markup) has(text string) bool {
	got, _ := p.b.Peek(len(text)) //nolint:errcheck // it is shorter then
	if string(got) != text {
		return false
	}
	p.b.Discard(len(text)) //nolint:errcheck // it was there
	return true
}

func (p *markup) need(text string) error {
	if !p.has(text) {
		return p.odd()
	}
	return nil
}

// odd is what is wrong with what comes next.
func (p *markup) odd() error {
	got, err := p.b.Peek(96)
	switch {
	case errors.Is(err, errMuch):
		return errMuch
	case bytes.Contains(got, []byte("hidden=")) || bytes.Contains(got, []byte("mergeCell")):
		return odd{Hidden}
	case bytes.HasPrefix(got, []byte("<f")) || bytes.Contains(got, []byte("><f")):
		return odd{Formula}
	}
	return odd{NotOurs}
}

// until is what comes before a byte, and is good until the next call. It reads over the
// byte too.
func (p *markup) until(end byte) ([]byte, error) {
	p.text = p.text[:0]
	for {
		part, err := p.b.ReadSlice(end)
		p.text = append(p.text, part...)
		switch {
		case err == nil:
			return p.text[:len(p.text)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, errMuch):
			return nil, errMuch
		default:
			return nil, odd{NotOurs}
		}
	}
}

// number is a whole number up to a byte.
func (p *markup) number(end byte) (int, error) {
	b, err := p.until(end)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(string(b))
	if err != nil || strconv.Itoa(n) != string(b) {
		return 0, odd{NotOurs}
	}
	return n, nil
}

// chars is a text up to the next tag.
func (p *markup) chars() (string, error) {
	b, err := p.until('<')
	if err != nil {
		return "", err
	}
	if bytes.ContainsFunc(b, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' || r == '>' || r == '"' || r == 0xFFFE || r == 0xFFFF
	}) || !utf8.Valid(b) {
		return "", odd{NotOurs}
	}
	if bytes.IndexByte(b, '&') < 0 {
		return string(b), nil
	}
	text := entities.Replace(string(b))
	if strings.Count(text, "&") != bytes.Count(b, []byte("&amp;")) { // one that we do not write
		return "", odd{NotOurs}
	}
	return text, nil
}

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "&quot;", `"`, "&#13;", "\r")

// end fails where something comes after the last tag.
func (p *markup) end() error {
	if _, err := p.b.Peek(1); !errors.Is(err, io.EOF) {
		return p.odd()
	}
	return nil
}

// unescape turns _x000A_ into the character that it stands for (ECMA-376-1, 22.4.2.4).
// There is one only where we write one.
func unescape(s string) (string, error) {
	if !strings.Contains(s, "_x") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if len(s)-i >= 7 && s[i] == '_' && s[i+1] == 'x' && s[i+6] == '_' {
			if n, err := strconv.ParseUint(s[i+2:i+6], 16, 32); err == nil {
				ours := n < ' ' && n != '\t' && n != '\n' || n == '_' || n >= 0xFFFE
				if !ours || s[i+2:i+6] != strings.ToUpper(s[i+2:i+6]) {
					return "", odd{NotOurs}
				}
				b.WriteRune(rune(n))
				i += 7
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String(), nil
}

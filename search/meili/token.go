package meili

import "strings"

// The server compares the values of attributes in a form of its own: without
// case, accents, width. What must be told apart is therefore written in small
// ASCII letters and digits, which every form leaves alone.

const digits = "0123456789abcdefghijklmnopqrstuvwxyz"

// key writes a key of package search. The beginning of a key is the beginning
// of what is written: letters and digits stand for themselves, z for zz, any
// other character for z and four digits to the base of 36, whose first is
// never z.
func key(s string) string {
	var b strings.Builder
	b.Grow(len(s) * 2)
	for _, r := range s {
		switch {
		case r == 'z':
			b.WriteString("zz")
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteByte(byte(r))
		default:
			b.WriteByte('z')
			writeDigits(&b, int(r), 4)
		}
	}
	return b.String()
}

// value writes the value of a facet, so that it can be read again: three
// digits for a character, six for a rare one.
func value(s string) string {
	var b strings.Builder
	b.Grow(len(s) * 3)
	for _, r := range s {
		if r < rare {
			writeDigits(&b, int(r), 3)
			continue
		}
		writeDigits(&b, rare+int(r>>14), 3)
		writeDigits(&b, int(r&0x3FFF), 3)
	}
	return b.String()
}

// longestValue is the longest that value may write: the server looks at the
// first 479 bytes of a value only. No page can ask for so long a one.
const longestValue = 450

// rare is the first character written with six digits: of the numbers with
// three, those from here on say how a longer one begins.
const rare = 36*36*36 - 0x110000>>14

// readValue is the inverse of value.
func readValue(s string) (string, bool) {
	var b strings.Builder
	for len(s) > 0 {
		r, ok := readDigits(s)
		if !ok {
			return "", false
		}
		s = s[3:]
		if r >= rare {
			low, ok := readDigits(s)
			if !ok {
				return "", false
			}
			s = s[3:]
			r = (r-rare)<<14 | low
		}
		b.WriteRune(rune(r))
	}
	return b.String(), true
}

func writeDigits(b *strings.Builder, n, width int) {
	var out [4]byte
	for i := width - 1; i >= 0; i-- {
		out[i] = digits[n%36]
		n /= 36
	}
	b.Write(out[:width])
}

func readDigits(s string) (int, bool) {
	if len(s) < 3 {
		return 0, false
	}
	n := 0
	for i := range 3 {
		d := strings.IndexByte(digits, s[i])
		if d < 0 {
			return 0, false
		}
		n = n*36 + d
	}
	return n, true
}

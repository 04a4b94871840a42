package pdf

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// shown is a text as the font can show it: characters that it does not have are
// written out by their number.
func (d *Doc) shown(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !d.face.has[r] }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case d.face.has[r]:
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		default:
			d.missing[r] = true
			fmt.Fprintf(&b, "〔U+%04X〕", r)
		}
	}
	return b.String()
}

// Missing are the characters that the font does not have, in order.
func (d *Doc) Missing() string {
	var all []rune
	for r := range d.missing {
		all = append(all, r)
	}
	slices.Sort(all)
	return string(all)
}

// measure is how wide a text is, in mm.
func (d *Doc) measure(s string, size float64) (w float64) {
	for _, r := range s {
		w += d.face.width[r]
	}
	return w * size * pointMM
}

// What may not begin a line, and what may not end one (GB/T 15834-2011, 5.1.10).
const (
	noBegin = "，。、；：！？）》〉」』】〕”’％%,.;:!?)]}…—～·"
	noEnd   = "（《〈「『【〔“‘([{"
)

// lines breaks a text of one line so that each part is at most width mm wide:
// between Chinese characters and at spaces, within a word only where it is longer
// than a line.
func (d *Doc) lines(s string, size, width float64) []string {
	var out []string
	line, w := []rune{}, 0.0
	flush := func(upTo int) {
		out = append(out, strings.TrimRight(string(line[:upTo]), " "))
		rest := slices.Clone(line[upTo:])
		for len(rest) > 0 && rest[0] == ' ' {
			rest = rest[1:]
		}
		line, w = rest, d.measure(string(rest), size)
	}
	for _, r := range s {
		wide := d.face.width[r] * size * pointMM
		for w+wide > width && len(line) > 0 {
			if r == ' ' {
				break // it hangs over the edge, and is cut off
			}
			flush(breakAt(line, r))
		}
		line, w = append(line, r), w+wide
	}
	return append(out, strings.TrimRight(string(line), " "))
}

// breakAt is how many characters of a full line stay on it when next comes.
func breakAt(line []rune, next rune) int {
	for at := len(line); at > 0; at-- {
		before, after := line[at-1], next
		if at < len(line) {
			after = line[at]
		}
		if strings.ContainsRune(noBegin, after) || strings.ContainsRune(noEnd, before) || within(before) && within(after) {
			continue
		}
		return at
	}
	return len(line) // one word longer than the line
}

// within reports whether r is of a word that is not broken.
func within(r rune) bool { return r < 0x2E80 && r != ' ' && r != '-' && r != '/' }

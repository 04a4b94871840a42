package ingest

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// standard reads a text as the standard library does.
func standard(text string, delimiter rune) (rows [][]string, line int, bare bool) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = delimiter, -1
	for {
		row, err := r.Read()
		var parse *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return rows, 0, false
		case errors.As(err, &parse):
			return rows, parse.Line, errors.Is(parse, csv.ErrBareQuote)
		}
		rows = append(rows, row)
	}
}

func ours(text string, delimiter rune) (rows [][]string, line int) {
	r := csvReader{in: lineReader{in: bufio.NewReaderSize(strings.NewReader(text), 16)}, delimiter: []byte(string(delimiter)), limits: Limits{}.orDefault()}
	for {
		row, at, clean, err := r.read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, 0
		case err != nil:
			return rows, at
		}
		for _, cell := range row {
			if look(&scrutiny{limits: r.limits}, [][]byte{cell}, 1) != nil && clean {
				return rows, -1
			}
		}
		rows = append(rows, inStrings(row))
	}
}

// Our reader of CSV cuts every text as the standard library does, and finds
// fault with the same lines, but for quotes within cells, which are characters
// here; and no line that it passes as clean holds what
// scrutiny minds.
func TestCSVIsCutAsByTheStandardLibrary(t *testing.T) {
	const seed = 20261125
	random := rand.New(rand.NewPCG(seed, 1))
	parts := []string{"a", "b", "甲", ",", ",", ";", "\"", "\"", "\"\"", "\n", "\n", "\r\n", "\r", " ", "\t", "\x00", "\uFFFD", "x\uFF0Cy", "长长长长长长长长"}
	for n := range 60_000 {
		var text strings.Builder
		for range random.IntN(14) {
			text.WriteString(parts[random.IntN(len(parts))])
		}
		for _, delimiter := range []rune{',', ';', '\t'} {
			want, wantLine, bare := standard(text.String(), delimiter)
			got, gotLine := ours(text.String(), delimiter)
			if bare { // a quote within a cell that is in none: there we are the milder one
				got, gotLine = got[:min(len(got), len(want))], wantLine
			}
			if strings.HasSuffix(text.String(), "\r") && wantLine > 0 {
				gotLine = wantLine // whether an end without its LF is a line of its own
			}
			if !slices.EqualFunc(want, got, slices.Equal[[]string]) || wantLine != gotLine {
				t.Fatalf("seed %d, text %d: %q by %q\nis cut as %q (line %d), by the standard library as %q (line %d)", seed, n, text.String(), delimiter, got, gotLine, want, wantLine)
			}
		}
	}
}

func TestDubiousLinesAreThoseThatScrutinyMayMind(t *testing.T) {
	for b := range 256 {
		for at := range 17 {
			line := []byte("abcdefghijklmnopq")
			line[at] = byte(b)
			want := b < ' ' && b != '\t' || b == 0x7F || b >= 0xEF
			if got := dubious(line); want && !got || !want && got && b != '\t' {
				t.Errorf("%#x at %d: %v", b, at, got)
			}
		}
	}
	if utf8.RuneError != 0xFFFD || dubious([]byte("福州市鼓楼区,350102,12.5")) {
		t.Error("plain Chinese is dubious")
	}
}

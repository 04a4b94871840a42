package disclosure

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Verdict is what a rule says of a result.
type Verdict string

// The verdicts, the gravest last.
const (
	Pass    Verdict = "pass"
	Fixed   Verdict = "fixed"   // something was hidden or rounded, and the rest may leave
	People  Verdict = "people"  // no program can say
	Refused Verdict = "refused" // nothing of this result may leave
)

func (v Verdict) grave() int { return slices.Index([]Verdict{Pass, Fixed, People, Refused}, v) }

// Report is what the rules say of a result.
type Report struct {
	Level   string // the strictest sensitivity of its sources
	Lines   []Line // one for each rule, in order
	Cleared Cleared
	Dropped int // rows that are left out altogether, since their being there tells something

	kept []behind // who stands behind what leaves
}

// Refused reports whether nothing may leave.
func (r Report) Refused() bool {
	return slices.ContainsFunc(r.Lines, func(l Line) bool { return l.Verdict == Refused })
}

// Line is what one rule says.
type Line struct {
	ID         ID
	Version    int
	Name       string
	Parameters []Parameter
	Verdict    Verdict
	Findings   []Finding
}

// Finding is what a rule found, and what to do about it. It is for the developer,
// too: it holds no value that was hidden.
type Finding struct {
	Sentence string // of the catalogue
	Args     []any
	Column   string // its name; empty: the result as a whole
	Rows     []int  // the first of them, counted from 1 in Cleared; none where nothing leaves
}

// Heading is a column of what leaves.
type Heading struct {
	Name string
	Type string
	Role Role
}

// Cell is a cell of what leaves. A hidden one has no value.
type Cell struct {
	Value  any // string, int64, float64, bool or nil
	Hidden bool
}

// Cleared is a result as it may leave: in the order of its dimensions, since the
// order of a result can tell what rounding hides. It has no room for what the
// runner measured.
type Cleared struct {
	Columns []Heading
	Rows    [][]Cell
	Digest  string // SHA-256, in hexadecimal, of columns and rows
}

// Cells is how many there are.
func (c Cleared) Cells() int { return len(c.Rows) * len(c.Columns) }

// write renders a cell without its type.
func write(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(v)
}

// digest is that of columns and rows: every text with its length before it.
func (c Cleared) digest() string {
	h := sha256.New()
	put := func(kind byte, s string) { fmt.Fprintf(h, "%c%d:%s", kind, len(s), s) }
	for _, one := range c.Columns {
		put('n', one.Name)
		put('t', one.Type)
		put('r', string(one.Role))
	}
	for _, row := range c.Rows {
		put('(', "")
		for _, cell := range row {
			kind := byte('-')
			switch cell.Value.(type) {
			case string:
				kind = 's'
			case int64:
				kind = 'i'
			case float64:
				kind = 'f'
			case bool:
				kind = 'b'
			}
			if cell.Hidden {
				kind = '*'
			}
			put(kind, write(cell.Value))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// CSV is the table as text, with mark in hidden cells.
func (c Cleared) CSV(mark string) []byte {
	var b strings.Builder
	w := csv.NewWriter(&b)
	line := make([]string, len(c.Columns))
	for j, one := range c.Columns {
		line[j] = one.Name
	}
	_ = w.Write(line) // a Builder does not fail
	for _, row := range c.Rows {
		for j, cell := range row {
			if line[j] = write(cell.Value); cell.Hidden {
				line[j] = mark
			}
		}
		_ = w.Write(line)
	}
	w.Flush()
	return []byte(b.String())
}

// number is a cell as a number.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return 0, false
}

package disclosure

import (
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/policy"
)

// ID is the name of a rule. It never changes.
type ID string

// The rules.
const (
	R1  ID = "R1"  // fewest subjects
	R2  ID = "R2"  // rounding
	R3  ID = "R3"  // complementary suppression
	R4  ID = "R4"  // dominance
	R5  ID = "R5"  // class disclosure
	R6  ID = "R6"  // size and budget
	R7  ID = "R7"  // rows about one subject each
	R8  ID = "R8"  // differencing
	R9  ID = "R9"  // personal data
	R10 ID = "R10" // reversibility
	R11 ID = "R11" // two people
)

// Rule is one of the rules.
type Rule struct {
	ID      ID
	Version int    // one more whenever it decides otherwise than before
	Name    string // a sentence of the catalogue
	Paths   []string
}

// The rules of the platform that hold the figures.
const (
	subjectsPath  = "result_subjects"
	hiddenPath    = "result_hidden_rows"
	roundPath     = "result_rounding"
	dominancePath = "result_dominance"
	sizePath      = "result_size"
	budgetPath    = "result_budget"
	digitsPath    = "result_digits"
	textPath      = "result_text"
)

// Rules are all rules in their order.
func Rules() []Rule {
	return []Rule{
		{R1, 3, nameR1, []string{subjectsPath, hiddenPath}},
		{R2, 4, nameR2, []string{roundPath}},
		{R3, 1, nameR3, []string{subjectsPath, dominancePath}},
		{R4, 2, nameR4, []string{dominancePath}},
		{R5, 2, nameR5, nil},
		{R6, 1, nameR6, []string{sizePath, budgetPath}},
		{R7, 1, nameR7, nil},
		{R8, 4, nameR8, []string{subjectsPath}},
		{R9, 1, nameR9, nil},
		{R10, 1, nameR10, []string{digitsPath, textPath}},
		{R11, 1, nameR11, nil},
	}
}

// Policy is what a result is held against: the figures for its strictest source.
type Policy struct {
	Level     datasets.Sensitivity // of the strictest source
	Sensitive map[Origin]bool      // columns of which no class may be disclosed
	Day       time.Time            // bounds days of birth

	Subjects int // fewest subjects behind a cell
	Hidden   int // per cent of rows that may have fewer; more, and the result is refused
	Round    int // counts are multiples of it

	Largest, Two, Prior int // per cent: of the largest contribution, of the two largest, of p

	Rows, Columns, Bytes int // of a release
	Releases, Cells      int // of a scenario in a month

	Digits int // significant digits of a value
	Text   int // characters of a text that people need not look at
}

// PolicyOf reads the figures from the rules of the platform. of is how sensitive
// the columns are that the result is made of; what nobody has said counts as
// personal data, and the strictest of them decides for the whole result.
func PolicyOf(book *policy.Book, of map[Origin]datasets.Sensitivity, day time.Time) (Policy, error) {
	n := book.Numbers()
	p := Policy{
		Level: datasets.NotSensitive, Sensitive: map[Origin]bool{}, Day: day,
		Subjects: n.Of(subjectsPath, ""), Hidden: n.Of(hiddenPath, ""), Round: n.Of(roundPath, ""),
		Largest: n.Of(dominancePath, "largest"), Two: n.Of(dominancePath, "two_largest"), Prior: n.Of(dominancePath, "prior_percent"),
		Rows: n.Of(sizePath, "rows"), Columns: n.Of(sizePath, "columns"), Bytes: n.Of(sizePath, "megabytes") * 1_000_000,
		Releases: n.Of(budgetPath, "releases"), Cells: n.Of(budgetPath, "cells"),
		Digits: n.Of(digitsPath, ""), Text: n.Of(textPath, ""),
	}
	strict := n.Of(subjectsPath, "sensitive")
	for at, level := range of {
		if level == "" {
			level = datasets.PersonalData
		}
		if rank(level) > rank(p.Level) {
			p.Level = level
		}
		if rank(level) >= rank(datasets.SensitivePersonal) {
			p.Sensitive[at] = true
			p.Subjects = max(p.Subjects, strict)
		}
	}
	return p, n.Missing()
}

// rank orders the levels; those of sensitive personal data and of important data
// have the same figures.
func rank(s datasets.Sensitivity) int {
	for i, one := range datasets.Sensitivities() {
		if one == s {
			return i
		}
	}
	return len(datasets.Sensitivities())
}

// Parameter is a figure that a rule was applied with.
type Parameter struct {
	Path   string // of the platform's rule
	Detail string // of it; empty for its value
	Value  int
}

// parameters are the figures of a rule.
func (p Policy) parameters(r Rule) []Parameter {
	var out []Parameter
	for _, path := range r.Paths {
		switch path {
		case subjectsPath:
			out = append(out, Parameter{path, "", p.Subjects})
		case hiddenPath:
			out = append(out, Parameter{path, "", p.Hidden})
		case roundPath:
			out = append(out, Parameter{path, "", p.Round})
		case dominancePath:
			out = append(out, Parameter{path, "largest", p.Largest}, Parameter{path, "two_largest", p.Two}, Parameter{path, "prior_percent", p.Prior})
		case sizePath:
			out = append(out, Parameter{path, "rows", p.Rows}, Parameter{path, "columns", p.Columns}, Parameter{path, "megabytes", p.Bytes / 1_000_000})
		case budgetPath:
			out = append(out, Parameter{path, "releases", p.Releases}, Parameter{path, "cells", p.Cells})
		case digitsPath:
			out = append(out, Parameter{path, "", p.Digits})
		case textPath:
			out = append(out, Parameter{path, "", p.Text})
		}
	}
	return out
}

package datasets

import (
	"slices"
	"strings"
	"unicode"
)

// words are the texts of f that a person wrote in their own words. Names and
// codes are none: they must be those of the file.
func (f *Field) words() []*string {
	return []*string{&f.Label, &f.LabelEN, &f.Unit, &f.UnitEN, &f.Description, &f.DescriptionEN,
		&f.Identifier, &f.Format, &f.Range, &f.ObjectClass, &f.Representation, &f.Relation, &f.SourceOrg, &f.Application, &f.Note}
}

// Keys are the names of the columns that name a row of t together; none where
// the dictionary names no key.
func (t *Table) Keys() []string {
	var names []string
	for _, f := range t.Fields {
		if f.Key {
			names = append(names, f.Name)
		}
	}
	return names
}

// Question is one that a dictionary is scored by. Each is answered with yes or
// no, and no says what is missing.
type Question string

// The questions, of each column and then of each table.
const (
	AskLabel       Question = "label"       // is there a Chinese name?
	AskLabelEN     Question = "label_en"    // is there an English name?
	AskMeaning     Question = "meaning"     // is it said what the values mean?
	AskUnit        Question = "unit"        // of numbers: is the unit said, or that there is none?
	AskRange       Question = "range"       // is it said which values there can be: by type, code list, format or words?
	AskSensitivity Question = "sensitivity" // is it said how sensitive the values are?
	AskKey         Question = "key"         // of a table: is it said what names a row?
)

// Answered is a question with its answer.
type Answered struct {
	Question Question
	Yes      bool
}

// ColumnScore is what the dictionary says of one column.
type ColumnScore struct {
	Name  string
	Lines []Answered
}

// TableScore is what the dictionary says of one table.
type TableScore struct {
	Name    string
	Lines   []Answered
	Columns []ColumnScore
}

// Score is how complete a dictionary is: every line of it can be read.
type Score struct {
	Yes, All int
	Tables   []TableScore
}

// Percent is the share of yes in whole per cents, rounded down: 100 is
// complete. A file without tables needs no dictionary.
func (s Score) Percent() int {
	if s.All == 0 {
		return 100
	}
	return s.Yes * 100 / s.All
}

// DictionaryScore scores the dictionaries of a version's tables.
func DictionaryScore(tables []Table) Score {
	var s Score
	count := func(lines []Answered) []Answered {
		for _, l := range lines {
			s.All++
			if l.Yes {
				s.Yes++
			}
		}
		return lines
	}
	for i := range tables {
		t := TableScore{Name: tables[i].Name, Lines: count([]Answered{{AskKey, len(tables[i].Keys()) > 0}})}
		for _, f := range tables[i].Fields {
			t.Columns = append(t.Columns, ColumnScore{Name: f.Name, Lines: count(f.answers())})
		}
		s.Tables = append(s.Tables, t)
	}
	return s
}

// answers are those of one column. Whether numbers have a unit is asked of
// numbers only, and not of codes and keys, which count nothing.
func (f *Field) answers() []Answered {
	codes := len(f.Codes) > 0 || f.Hidden > 0
	lines := []Answered{
		{AskLabel, hasHan(f.Label) || hasHan(f.Name)},
		{AskLabelEN, f.LabelEN != ""},
		{AskMeaning, f.Description != "" || codes},
	}
	if (f.Type == "integer" || f.Type == "decimal") && !codes && !f.Key {
		lines = append(lines, Answered{AskUnit, f.Unit != "" || f.Unitless})
	}
	return append(lines,
		Answered{AskRange, codes || f.Range != "" || f.Format != "" || slices.Contains(boundTypes, f.Type)},
		Answered{AskSensitivity, f.Sensitivity != ""})
}

// boundTypes are types that say themselves which values there can be.
var boundTypes = []string{"date", "yearmonth", "datetime", "boolean", "point", "geometry"}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

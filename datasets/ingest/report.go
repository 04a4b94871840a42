package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"
)

// Report is what a file turned out to hold.
type Report struct {
	Format      string
	Compression string
	Encoding    string
	NoHeader    bool // the first line is data
	Tables      []TableReport
	Notes       []Note    // about the file as a whole
	Findings    []Finding // what a person must have seen before the file is public
	Peak        int64     // bytes of memory that reading it took of the system
}

// TableReport is one table of a file and the Parquet file made of it.
type TableReport struct {
	Name    string
	Rows    int64
	Columns []Column
	Misfits []Misfit // the first MostMisfits of them; all are in the Parquet file
	Preview [][]string
	Notes   []Note
	File    string // in the folder that Run was given
}

// Column is one column of a table.
type Column struct {
	Name     string `json:"name"`
	Type     Type   `json:"type"`
	Proposed Type   `json:"proposed,omitempty"` // where an officer said otherwise
	Store    string `json:"store"`              // its name in the Parquet file: c0, c1, …
	Form     Form   `json:"form"`
	Unit     string `json:"unit,omitempty"` // where the values name it
	Nulls    int64  `json:"nulls"`          // empty cells
	Misfits  int64  `json:"misfits"`        // texts that are no value of Type
	Others   int64  `json:"others"`         // values written in another form than Form
	Evidence []Note `json:"evidence,omitempty"`
}

// Raw reports whether the Parquet file keeps texts of cells beside the column.
func (c Column) Raw() bool { return c.Misfits > 0 || c.Others > 0 }

// InPreview reports whether a cell of a preview is a value of the column's type
// or empty. What is cut off may have been one.
func (c Column) InPreview(cell string) bool {
	return c.Misfits == 0 || len(cell) > previewCell-utf8.UTFMax || c.Fits(cell)
}

// Misfit is a cell that is no value of its column's type. The Parquet file
// keeps its text, too.
type Misfit struct {
	Row    int64  // from 1, the header not counted
	Column string // name
	Text   string // the beginning of it
	Reason Note
}

// MostMisfits is how much of what does not fit is listed.
const MostMisfits = 10_000

// How much of each text is listed, and how much of a table is shown.
const (
	mostClip    = 200
	previewRows = 50
	previewCell = 2000 // bytes of a cell of it
	mostReport  = 64 << 20
)

// Note is a sentence about a file: Chinese, with its arguments apart, as those
// of faults are. An argument is a string or an int64.
type Note struct {
	Sentence string
	Args     []any
}

func note(sentence string, args ...any) Note {
	for i, a := range args {
		switch a := a.(type) {
		case int:
			args[i] = int64(a)
		case int64, string:
		default:
			args[i] = fmt.Sprint(a)
		}
	}
	return Note{sentence, args}
}

// Text is the sentence with its arguments in place.
func (n Note) Text() string { return fmt.Sprintf(n.Sentence, n.Args...) }

// MarshalJSON writes the sentence and its arguments as one array.
func (n Note) MarshalJSON() ([]byte, error) {
	return json.Marshal(append([]any{n.Sentence}, n.Args...))
}

// UnmarshalJSON reads what MarshalJSON wrote, and nothing else.
func (n *Note) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var all []any
	if err := d.Decode(&all); err != nil {
		return err
	}
	if len(all) == 0 || len(all) > 10 {
		return fmt.Errorf("a note of %d parts", len(all))
	}
	for i, a := range all {
		switch a := a.(type) {
		case string:
			if len(a) > 4000 {
				return fmt.Errorf("a note of %d bytes", len(a))
			}
		case json.Number:
			v, err := a.Int64()
			if err != nil || v == math.MinInt64 {
				return fmt.Errorf("a note with the number %s", a)
			}
			all[i] = v
		default:
			return fmt.Errorf("a note with %T", a)
		}
	}
	sentence, ok := all[0].(string)
	if !ok {
		return fmt.Errorf("a note without a sentence")
	}
	n.Sentence, n.Args = sentence, all[1:]
	return nil
}

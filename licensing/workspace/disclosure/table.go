package disclosure

import "math"

// Table is a result as the checks see it: what would leave, and beside it what
// the runner measured of each row and nobody is given.
type Table struct {
	Columns []Column
	Rows    [][]any // string, int64, float64, bool or nil, in the order of Columns

	Subjects []int64  // of each row: how many different subjects stand behind it; the fewest, where there are several kinds
	Weights  [][]Mass // of each row, in the order of Columns; the zero Mass where the column is no magnitude
	Sketches [][]Kind // of each row, for each kind of subjects: who stands behind it, without saying who

	// Own is, of each row, what was measured of the cells whose aggregate sees only
	// some of the row's subjects, as one with a FILTER or a CASE within it. Nil
	// where there is no such cell. Whoever lets aggregates have conditions of their
	// own fills it: the checks cannot know otherwise who stands behind a cell.
	Own [][]Own
}

// Nobody is how many subjects stand behind a row in which nobody's data are, as of
// a public table.
const Nobody = math.MaxInt32

// Own is what was measured of one cell: the subjects that meet the condition of
// its aggregate; where the condition lies in the value, as in
// sum(CASE WHEN … THEN 1 ELSE 0 END), those whose value is neither NULL nor zero.
type Own struct {
	Column   int
	Subjects int64  // the fewest, where there are several kinds
	Sketches []Kind // as those of its row
	Branch   bool   // it is one of the branches of the cell's CASE, of which each is measured
}

// Kind is who of one kind of subjects stands behind something: the persons, or the
// hospitals. All rows of a result have the same kinds in the same order. Sketches
// of kinds with one name are compared, also with those of other results; whoever
// measures names them so that the same subject is of the same kind everywhere.
type Kind struct {
	Name   string
	Sketch Sketch

	// Rows tell with which rows each subject stands there, once for each table that
	// they are of: every row has a number, and a subject adds the sum of those of its
	// rows to its counter, with its sign, in the field of the prime. Counters that
	// differ are of subjects of whom something else is counted, however many rows.
	Rows []Sketch `json:",omitempty"`
}

// RowField is the prime of the field in which numbers of rows are added up.
const RowField = 2147483647

// Role is what a column of a result is.
type Role string

// The roles.
const (
	Dimension Role = "dimension" // rows are grouped by it
	Count     Role = "count"     // how many rows, subjects or values
	Magnitude Role = "magnitude" // a sum, a mean, a spread, a quantile of measured values
	Derived   Role = "derived"   // worked out from other columns of the result, such as a share
)

// Column is one column of a result.
type Column struct {
	Name    string
	Type    string // text, integer, decimal, date, datetime, boolean
	Role    Role
	From    []Origin // the columns of mounts that it is made of, those of its own conditions among them
	Reason  string   // how it is made: the aggregate's name; empty for a dimension
	Weighed bool     `json:",omitempty"` // columns were multiplied, divided, put through a function or regressed on one another for it
	Beyond  float64  `json:",omitempty"` // of a quantile: the share of its values on the side that has fewer
}

// Origin is a column of a mount.
type Origin struct {
	Mount  string
	Column string
}

// Mass is how a magnitude is spread over the subjects of one row: enough for the
// rules of dominance. Amounts are absolute.
type Mass struct {
	Total, Largest, Second float64
	Known                  bool

	// Seen is how many subjects the magnitude itself is of, which may be fewer than
	// stand behind the row: those who have a value, and of a sum one other than zero.
	Seen    int64
	Counted bool // Seen was measured

	// Rarest is, where the values are but two or three different ones, how many
	// subjects have the one that the fewest have: a mean and a spread tell their
	// numbers. Zero where there are more values, or one.
	Rarest int64
}

// SketchSize is the number of counters of a Sketch.
const SketchSize = 256

// Sketch is a linear sketch of a set of subjects (the fast tug-of-war sketch of
// Alon, Matias and Szegedy, 1999, in one row): every subject's keyed hash picks a
// counter and a sign. The sketch of a difference of sets is the difference of
// their sketches, and the sum of its squares estimates how many subjects it has:
// exactly, as long as no two of them share a counter.
type Sketch [SketchSize]int32

// Add puts a subject into the sketch, by a hash of it that is evenly spread and
// keyed with one key of the platform: sketches of two keys cannot be compared.
func (s *Sketch) Add(hash uint64) {
	if hash>>8&1 == 0 {
		s[hash%SketchSize]++
	} else {
		s[hash%SketchSize]--
	}
}

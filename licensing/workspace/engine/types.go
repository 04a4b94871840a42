package engine

import (
	"time"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
)

// Use is what a column of a mount may be used for.
type Use string

// The uses.
const (
	Group     Use = "group"     // grouped by and shown
	Aggregate Use = "aggregate" // only inside aggregates
	Read      Use = "read"      // of a public lookup table: its values may be shown
	Subject   Use = "subject"   // a masked key: joined on and counted, never shown
)

// Column is one column of a mount.
type Column struct {
	Name string
	Type rows.Type
	Use  Use
	Kind string // of Subject: whom the key stands for, such as person; keys of one kind join
}

// Mount is a table as a statement sees it.
type Mount struct {
	Name    string // in SQL
	Columns []Column
	Minimum int // of different subjects behind each group of an inner query; the strictest of a statement's mounts counts
}

// Source is what a mount is made from.
type Source struct {
	Mount
	Table rows.Table        // the version's table, with all its columns
	Store map[string]string // of a column of the mount: the column of the table, where it is called otherwise
	Where string            // in the language of rows, over all columns of the table; empty: every row

	// Of a mount without a subject's key, whose rows are the subjects: what the table
	// is a version of, the same in every workspace, and the columns of the table that
	// tell its rows apart, as the dictionary names them. Without Key all columns do,
	// so that a row that was corrected counts as another.
	Dataset string
	Key     []string
}

// Workspace is whose mounts and jobs they are.
type Workspace struct {
	ID  string // of letters, digits, - and _
	Key []byte // 32 bytes; what is masked or encrypted with it is lost with it
}

// Prepared is a mount that is ready.
type Prepared struct {
	Mount
	File   string // names the file: the digest of version, columns, uses and filter
	Digest string // SHA-256 of the plain file, hex
	Bytes  int64
	Rows   int64
	Form   int // how its file is made, see MountForm

	Statistics Statistics
}

// MountForm numbers how the files of mounts are made. On one of an earlier form a
// statement runs, and its result cannot be measured: before 3 rows had no numbers.
const MountForm = 3

// Statistics is what anybody in the workspace may know of a mount.
type Statistics struct {
	Rows    int64 // rounded
	Columns []ColumnStatistics
}

// ColumnStatistics describes a column without showing a row.
type ColumnStatistics struct {
	Name     string
	Type     rows.Type
	Use      Use
	Nulls    float64  // share, rounded
	Distinct int64    // values, rounded; 0 where there are few subjects
	Low      *float64 // of numbers: the fifth and 95th hundredth, rounded to two digits
	Middle   *float64
	High     *float64
	From, To string  // of dates: the month of the first and the last hundredth
	Frequent []Share // of Group and Read: values of at least the minimum of subjects
}

// Share is how frequent a value is.
type Share struct {
	Value string
	Of    float64 // of all rows, rounded
}

// Parameter is a named value that a statement leaves open: $name.
type Parameter struct {
	Name string
	Type rows.Type // text, integer, decimal, date, datetime, boolean
}

// Code is what a person wrote.
type Code struct {
	SQL        string
	Parameters []Parameter
}

// Finding is something in a statement that may not be there, and how to write it
// instead.
type Finding struct {
	*fault.Fault
	Rule   string // a short word of allow.yaml's list of rules
	Line   int    // from 1; 0 where it is of no place
	Column int    // in characters, from 1
}

// Verdict is what vetting found.
type Verdict struct {
	Findings   []Finding // none: the statement may run
	Columns    []disclosure.Column
	Mounts     []string // that the statement reads, in the order of their names
	Parameters []string // that it uses
	CodeDigest string   // SHA-256 of the text and the declared parameters, hex: what is pinned
	TreeDigest string   // SHA-256 of the parse tree without places: equal for texts that differ in blanks and remarks
	Engine     string   // version
}

// Passed reports whether the statement may run.
func (v *Verdict) Passed() bool { return len(v.Findings) == 0 }

// Limits is how much a job may take.
type Limits struct {
	CPU    time.Duration
	Wall   time.Duration
	Memory int64 // bytes
	Rows   int64
	Bytes  int64 // of the result
}

// Job is a vetted statement to run.
type Job struct {
	Workspace Workspace
	Mounts    []Prepared
	Code      Code
	Digest    string         // Verdict.CodeDigest; another text is refused
	Values    map[string]any // of parameters: string, int64, float64, bool, or time.Time
	Limits    Limits
	Progress  func(Progress) // may be nil; called from another goroutine, a few times a second
}

// Progress is how far a job is.
type Progress struct {
	Percent float64 // of the work, as the engine believes
	Read    int64   // rows so far
	Of      int64
}

// Resources is what a job took.
type Resources struct {
	CPU       time.Duration
	Wall      time.Duration
	Memory    int64            // bytes at most
	Read      map[string]int64 // rows of each mount
	Engine    string           // version
	LogDigest string           // SHA-256 of the statements that the worker ran, hex
}

// Result is what a job gave. It is not for who asked until it is released.
type Result struct {
	Table     disclosure.Table // without measures
	Resources Resources
}

// Reason is why a job ended without a result.
type Reason string

// The reasons.
const (
	ReasonTime      Reason = "time"      // wall or processor time
	ReasonMemory    Reason = "memory"    // more memory than it may have
	ReasonSize      Reason = "size"      // more rows or bytes than it may give
	ReasonCancelled Reason = "cancelled" // somebody wanted it no more
	ReasonKilled    Reason = "killed"    // from outside: the machine, not the job
	ReasonRefused   Reason = "refused"   // it was not what was vetted, or the walls do not stand
	ReasonValue     Reason = "value"     // a value in the data cannot be converted or represented
	ReasonFailed    Reason = "failed"    // anything else
)

// Ended is how a job ended without a result. Its Fault is for the person; what
// the engine said stands nowhere, since it may quote values.
type Ended struct {
	*fault.Fault
	Reason    Reason
	Resources Resources
}

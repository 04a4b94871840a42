package templates

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shuyuan/templates/text"
)

// ExplorerView is a table while it is looked at.
type ExplorerView struct {
	Action string        // the page that forms lead to
	Here   string        // the name of the view that is shown
	Tabs   []ExplorerTab // the views that there are
	Sheets []ExplorerTab // the tables of the file
	Say    string        // what is on screen in a few words, for who cannot see it change

	Words     string // looked for in every column of text
	WordsKeep []Hidden
	Chips     []ChipView
	Clear     string        // the same without any condition; empty where there is none
	Columns   []ExplorerTab // each opens what can be done with a column
	Condition ExplorerCondition
	Grouping  *ExplorerGrouping // nil where the view does not group
	Choice    *ExplorerChoice   // nil where the view has no columns to choose
	Panel     *ExplorerPanel    // what can be done with the column that is looked at
	Notes     []string          // what should be known before the rows are believed
	Slot      templ.Component   // what the view shows
	Share     ExplorerShare
}

// ExplorerTab is one of several things to look at, with the address of it.
type ExplorerTab struct {
	Name  string
	Title string
	Small string // said beside the title; may be empty
	Href  string
	Here  bool
}

// Hidden is a parameter of the address that a form hands on.
type Hidden struct{ Name, Value string }

// ExplorerCondition is the condition that a reader writes.
type ExplorerCondition struct {
	Text    string
	Fault   string // what is wrong with it; empty otherwise
	Most    int    // characters
	Keep    []Hidden
	Example string
}

// ExplorerGrouping is what rows are put together by and what is worked out.
type ExplorerGrouping struct {
	Keep    []Hidden
	By      []ExplorerSelect
	Figures []ExplorerSelect
	Widths  []ExplorerForm // of bins of numbers
	On      bool
	Clear   string
}

// ExplorerSelect is one list of which one entry is chosen.
type ExplorerSelect struct {
	Name   string
	Label  string
	Groups []ExplorerOptions
}

// ExplorerOptions are entries under one heading.
type ExplorerOptions struct {
	Label   string // empty: no heading
	Options []ExplorerOption
}

// ExplorerOption is one entry of a list, a box to tick, or a value with how
// often it is there.
type ExplorerOption struct {
	Value string
	Label string
	Small string
	Count int64 // -1: not known
	Share int   // per cent of the most frequent
	On    bool
}

// ExplorerChoice is which columns are shown.
type ExplorerChoice struct {
	Keep    []Hidden
	Options []ExplorerOption
	Shown   int
	All     string // shows every column; empty where all are shown
}

// ExplorerPanel is what is known about a column, and what can be done with it.
type ExplorerPanel struct {
	Title       string
	Name        string // in the file
	Type        string // in words
	Unit        string
	Description string
	Close       string
	Facts       []ExplorerFact
	Histogram   *ExplorerHistogram
	Actions     []ExplorerTab
	Forms       []ExplorerForm
	Fault       string // why there are no figures; empty otherwise
}

// ExplorerFact is one figure about a column.
type ExplorerFact struct {
	Term, Value string
	Href        string // the rows that it speaks of; may be empty
	Exactly     string // address that tells the exact figure; empty where Value is exact
}

// ExplorerHistogram is how the values of a column lie.
type ExplorerHistogram struct {
	Label    string
	From, To string // ends of the axis
	Bars     []ExplorerBar
}

// ExplorerBar is one bar, in a space of 100 by 40.
type ExplorerBar struct {
	X, Y, W, H string
	Title      string
	From, To   string // values of the ends, for a script that reads them into the form
}

// ExplorerForm is one way to filter by a column. Its fields are v, in order.
type ExplorerForm struct {
	Keep   []Hidden
	Column string
	Op     string           // empty: Ops are chosen from
	Ops    []ExplorerOption // where there are several
	Title  string           // legend
	Fields []ExplorerField  // to write in
	Values []ExplorerOption // to tick
	More   string           // said below the values
	Button string
}

// ExplorerField is one thing to write.
type ExplorerField struct {
	Label, Value, Hint string
	Type               string // of the input: text, date, number
	Unit               string
}

// ExplorerRows is rows, or groups of rows, in a table.
type ExplorerRows struct {
	Label                   string
	Heads                   []ExplorerHead
	Rows                    []ExplorerRow
	Numbers                 bool // each row says which of the file it is
	Grouped                 bool
	Count                   string // how many rows there are, in words
	Exactly                 string // address that counts them one by one; empty where Count is exact
	Range                   string // which of them these are
	RangeForm               string // the same with {from} and {to} for a script
	Before                  int64  // rows before these
	First, Prev, Next, Last string
	Jump                    *ExplorerJump
	Misfits                 bool // a cell is marked: the legend says what the mark is
	Empty                   *ExplorerEmpty
}

// ExplorerHead is the head of one column.
type ExplorerHead struct {
	Label string
	Small string // name in the file and unit
	Num   bool
	Sort  string // address that sorts by it; empty where it has no order
	Also  string // address that sorts by it after what is sorted by already
	Order string // ascending, descending; empty: not sorted by it
	Place int    // 1: sorted by it first, 2: then, …
	Panel string // address of what can be done with the column
	Wide  bool   // has long texts
	Bar   bool   // a bar is drawn beside the figure
}

// ExplorerRow is one row.
type ExplorerRow struct {
	Wrong  string // says that the row is wrong; empty where nobody can
	Number string
	Cells  []ExplorerCell
}

// ExplorerCell is one cell.
type ExplorerCell struct {
	Text  string
	Rest  string // the whole text where Text is the beginning of it
	Cut   bool   // and even Rest is not all of it
	Code  string // what the code list says of the value
	Why   string // why it is marked; empty where it is not
	Null  bool
	Href  string // the rows of a group
	Bar   string // width of the bar, in hundredths; empty: none
	Title string // the value to its last digit, where it is shown rounded
}

// ExplorerJump is the way to a row by its number.
type ExplorerJump struct {
	Action string
	Keep   []Hidden
	Most   int64
	Row    int64
}

// ExplorerEmpty stands where no row is left.
type ExplorerEmpty struct {
	Sentence string
	Without  []ChipView // the same without one condition
	Clear    string
}

// ExplorerShare is how to take what is on screen elsewhere.
type ExplorerShare struct {
	Link      string
	Embed     string // code
	EmbedHref string
	API       string
	Snippets  []Snippet
	Downloads []Link
	Slice     string // what the downloads hold, in words
}

func sortTitle(ctx context.Context, h ExplorerHead) string {
	switch h.Order {
	case "ascending":
		return text.T(ctx, "%s：改为从大到小", h.Label)
	case "descending":
		return text.T(ctx, "%s：不再按它排序", h.Label)
	}
	return text.T(ctx, "%s：从小到大排序", h.Label)
}

// sortPlace numbers the keys where there are several.
func sortPlace(h ExplorerHead) string {
	if h.Place < 2 {
		return ""
	}
	return strconv.Itoa(h.Place)
}

// inputMode is the keyboard that a telephone should show.
func inputMode(kind, op string) string {
	if kind == "text" && (op == "between" || op == "bin" || op == "near" || op == "box") {
		return "decimal"
	}
	return "text"
}

// ColumnNote is the small line below a column's label: its name in the file
// where that is another, and its unit.
func ColumnNote(label, name, unit string) string {
	return Column{Label: label, Name: name, Unit: unit}.under()
}

// Rounded is a number for the eye: whole and with separators where it is large,
// to four significant places where it is small.
func Rounded(v float64) string {
	switch size := math.Abs(v); {
	case size >= 1e15 || size != 0 && size < 1e-4:
		return strconv.FormatFloat(v, 'g', 4, 64)
	case size >= 1000:
		return withSeparators(strconv.FormatFloat(v, 'f', 1, 64))
	case size >= 1:
		return trimmed(strconv.FormatFloat(v, 'f', 2, 64))
	}
	return trimmed(strconv.FormatFloat(v, 'f', 4, 64))
}

func withSeparators(s string) string {
	whole, rest, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return s
	}
	return trimmed(Thousands(n) + "." + rest)
}

// trimmed is a number without the zeros at its end.
func trimmed(s string) string { return strings.TrimRight(strings.TrimRight(s, "0"), ".") }

// viewWords invites into a view of the explorer.
func viewWords(ctx context.Context, view string) string {
	switch view {
	case "chart":
		return text.T(ctx, "看图表")
	case "map":
		return text.T(ctx, "看地图")
	}
	return text.T(ctx, "看表格")
}

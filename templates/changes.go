package templates

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"shuyuan/datasets"
	rowset "shuyuan/datasets/rows"
	"shuyuan/templates/text"
)

// ChangesPage is everything the comparison of two versions shows.
type ChangesPage struct {
	Frame
	Dataset  *datasets.Dataset
	Resource *datasets.Resource
	Versions []datasets.Version // newest first
	From, To *datasets.Version  // From is nil where To is the first
	Found    *datasets.Differences
	Reshaped []datasets.Reshaping // between the two, newest first
	Refused  string               // why rows may not be compared; empty where they may
	Waiting  string               // why they are not compared yet
	Table    int                  // of To, whose rows are shown
	Kind     string               // of rows shown; empty: all
	Shown    *datasets.TableDifference
	Rows     ChangedRows
	Next     string // cursor of the next page of rows; empty on the last
	Prev     string
	API      string
}

// ChangedRows is a page of differing rows.
type ChangedRows struct {
	Columns []Column
	Rows    []ChangedRow
	Times   bool // rows may differ in how often they are there
}

// ChangedRow is one of them.
type ChangedRow struct {
	Kind          string // rowset.RowChanged, rowset.RowRemoved, rowset.RowAdded
	Before, After string // its number in each version; empty where it is not in that
	Times         string
	Cells         []ChangedCell
}

// ChangedCell is a cell in both versions.
type ChangedCell struct {
	Before, After string
	Differs       bool
}

// value is what is shown of a cell that is the same in both, or in one only.
func (c ChangedCell) value() string {
	if c.After != "" {
		return c.After
	}
	return c.Before
}

// ChangesHref is the address of the comparison of two versions. The one with
// the version before has no from.
func ChangesHref(d *datasets.Dataset, r *datasets.Resource, from, to int, more url.Values) string {
	q := url.Values{}
	for name, values := range more {
		q[name] = values
	}
	if from != to-1 && from > 0 {
		q.Set("from", strconv.Itoa(from))
	}
	href := resourceHref(d, r) + "/changes/" + strconv.Itoa(to)
	if len(q) > 0 {
		href += "?" + q.Encode()
	}
	return href
}

// href is this comparison with other rows shown.
func (p ChangesPage) href(table int, kind, cursor string) string {
	return ChangesHref(p.Dataset, p.Resource, p.From.Number, p.To.Number, rowsShown(table, kind, cursor))
}

// csvHref are the listed rows as a file.
func (p ChangesPage) csvHref() string {
	q := rowsShown(p.Table, p.Kind, "")
	q.Set("from", strconv.Itoa(p.From.Number))
	return resourceHref(p.Dataset, p.Resource) + "/changes/" + strconv.Itoa(p.To.Number) + "/rows.csv?" + q.Encode()
}

func rowsShown(table int, kind, cursor string) url.Values {
	q := url.Values{}
	if table > 0 {
		q.Set("table", strconv.Itoa(table+1))
	}
	if kind != "" {
		q.Set("kind", kind)
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	return q
}

// rowKind is what happened to a row, in words.
func rowKind(ctx context.Context, kind string) string {
	switch kind {
	case rowset.RowAdded:
		return text.T(ctx, "新增")
	case rowset.RowRemoved:
		return text.T(ctx, "删去")
	}
	return text.T(ctx, "改动")
}

// kinds are the kinds of rows that there are, each with how many.
func kinds(r *datasets.RowDifference) []kindCount {
	var out []kindCount
	for _, k := range []kindCount{{rowset.RowChanged, r.Changed}, {rowset.RowRemoved, r.Removed}, {rowset.RowAdded, r.Added}} {
		if k.count > 0 {
			out = append(out, k)
		}
	}
	return out
}

type kindCount struct {
	kind  string
	count int64
}

// rowsInWords is how the rows of a table differ, in one sentence.
func rowsInWords(ctx context.Context, r *datasets.RowDifference) string {
	switch {
	case !r.Why.Compared():
		return whyInWords(ctx, r)
	case r.Rows() == 0:
		return text.T(ctx, "各行都相同，共 %s 行。", Thousands(r.Same))
	case len(r.Key) > 0:
		return text.T(ctx, "新增 %s 行，删去 %s 行，改动 %s 行，%s 行不变。", Thousands(r.Added), Thousands(r.Removed), Thousands(r.Changed), Thousands(r.Same))
	}
	return text.T(ctx, "新增 %s 行，删去 %s 行，%s 行不变。", Thousands(r.Added), Thousands(r.Removed), Thousands(r.Same))
}

// whyInWords is how rows were compared, or why they were not.
func whyInWords(ctx context.Context, r *datasets.RowDifference) string {
	switch r.Why {
	case datasets.NoKey:
		return text.T(ctx, "数据字典没有写明主键，按两版都有的列比较整行：改动的行算作删去一行、新增一行。")
	case datasets.KeyAbsent:
		return text.T(ctx, "旧版没有主键列，按两版都有的列比较整行：改动的行算作删去一行、新增一行。")
	case datasets.KeyRepeats:
		return text.T(ctx, "主键有空值或重复，按两版都有的列比较整行：改动的行算作删去一行、新增一行。")
	case datasets.TooMuch:
		return text.T(ctx, "这张表太大，没有逐行比较。")
	case datasets.CannotRead:
		return text.T(ctx, "其中一版的文件今天读不成表，没有逐行比较。")
	case datasets.NothingIn:
		return text.T(ctx, "两版没有相同的列，没有逐行比较。")
	}
	return text.T(ctx, "按主键逐行比较：%s", namesJoined(ctx, r.Key))
}

func namesJoined(ctx context.Context, names []string) string {
	out := ""
	for i, n := range names {
		if i > 0 {
			out += listMark(ctx)
		}
		out += n
	}
	return out
}

// BriefChange is a version's difference to the one before in a few words, for
// the list of versions; empty where it is not known.
func BriefChange(ctx context.Context, tables []datasets.RowDifference) string {
	var sum datasets.RowDifference
	for _, t := range tables {
		if !t.Why.Compared() {
			return ""
		}
		sum.Added, sum.Removed, sum.Changed = sum.Added+t.Added, sum.Removed+t.Removed, sum.Changed+t.Changed
	}
	switch {
	case len(tables) == 0:
		return ""
	case sum.Rows() == 0:
		return text.T(ctx, "各行相同")
	case sum.Changed == 0:
		return text.T(ctx, "新增 %s，删去 %s", Thousands(sum.Added), Thousands(sum.Removed))
	}
	return text.T(ctx, "新增 %s，删去 %s，改动 %s", Thousands(sum.Added), Thousands(sum.Removed), Thousands(sum.Changed))
}

// AttributeName is what an attribute of a column is called.
func AttributeName(ctx context.Context, attribute string) string {
	return text.T(ctx, datasets.AttributeTitle(attribute))
}

// SensitivityName is a level in words; empty where nobody has said any.
func SensitivityName(ctx context.Context, s datasets.Sensitivity) string {
	if s == "" {
		return ""
	}
	return text.T(ctx, s.Title())
}

// rewrittenText is one side of a rewording as it is shown.
func rewrittenText(ctx context.Context, attribute, value string) string {
	switch {
	case value == "true":
		return text.T(ctx, "是")
	case value == "" && (attribute == "key" || attribute == "required" || attribute == "unitless"):
		return text.T(ctx, "否")
	case attribute == "sensitivity":
		return SensitivityName(ctx, datasets.Sensitivity(value))
	}
	return value
}

func anyWords(d *datasets.Differences) bool {
	for i := range d.Tables {
		if len(d.Tables[i].Words) > 0 {
			return true
		}
	}
	return false
}

// typeOf is the type of a table's column.
func typeOf(t *datasets.Table, name string) string {
	for _, f := range t.Fields {
		if f.Name == name {
			return f.Type
		}
	}
	return ""
}

// placeOf is where a column stands in its table.
func placeOf(ctx context.Context, t *datasets.Table, name string) string {
	for i, f := range t.Fields {
		if f.Name == name {
			return text.T(ctx, "第 %d 列", i+1)
		}
	}
	return ""
}

func (p ChangesPage) fromNumber() int {
	if p.From == nil {
		return p.To.Number
	}
	return p.From.Number
}

// ReshapedWords is how columns changed, in one sentence for each kind of change.
func ReshapedWords(ctx context.Context, r datasets.Reshaping) string {
	var out []string
	say := func(words string, names []string) {
		if len(names) > 0 {
			out = append(out, text.T(ctx, words, namesJoined(ctx, names)))
		}
	}
	for _, t := range r.Tables {
		if t.New {
			say("新的表：%s", []string{t.Name})
		}
		if t.Gone {
			say("没有了的表：%s", []string{t.Name})
		}
		var renamed, retyped []string
		for _, n := range t.Renamed {
			renamed = append(renamed, n.From+" → "+n.To)
		}
		for _, n := range t.Retyped {
			retyped = append(retyped, n.Name+" "+TypeName(ctx, n.From)+" → "+TypeName(ctx, n.To))
		}
		say("新增的列：%s", t.Added)
		say("删去的列：%s", t.Removed)
		say("改名的列：%s", renamed)
		say("换了类型的列：%s", retyped)
		say("换了位置的列：%s", t.Moved)
	}
	return strings.Join(out, text.T(ctx, "；"))
}

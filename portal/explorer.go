package portal

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// rowsView is the name of the view that shows rows in a table.
const rowsView = "table"

// explorerView is one way to look at the rows that the explorer's filters
// leave: its tab, and what stands below the tabs.
type explorerView struct {
	name       string
	title      string   // Chinese, a key of templates/text
	parameters []string // of its own in the address; a name that ends in * may occur several times

	// offered reports whether the table has what the view needs. One that is
	// not offered still answers, in words.
	offered func(*explorer) bool

	// draw makes what is shown. A fault that it returns is shown in words at
	// its place, within the explorer.
	draw func(context.Context, *explorer) (templ.Component, error)
}

// explorerViews are all views, in the order of their tabs.
func explorerViews() []explorerView {
	return []explorerView{
		{name: rowsView, title: "表格", offered: func(*explorer) bool { return true }, draw: drawRows},
		chartView, mapView,
	}
}

func viewNamed(name string) *explorerView {
	for _, v := range explorerViews() {
		if v.name == name {
			return &v
		}
	}
	return nil
}

// explorer is one table of one version while it is looked at, through the eyes
// of one viewer.
type explorer struct {
	*Server
	viewer   account.Actor
	dataset  *datasets.Dataset
	resource *datasets.Resource
	version  *datasets.Version // with its preview: the Gate has been passed
	state    exploring
	page     string // the address of the page without its query
	framed   bool   // in a page of somebody else: nothing but the view and the ways through it

	schema rows.Schema // empty until columns asks for it
	notes  []string    // what should be known before the rows are believed
	say    string      // what is on screen, in a few words
	unkept bool        // made in need: the next reader should get better
}

// table is what the catalogue says of the table.
func (x *explorer) table() *datasets.Table { return &x.version.Tables[x.state.table] }

// field is what the dictionary says of a column; nil for what is none.
func (x *explorer) field(column string) *datasets.Field {
	for i := range x.table().Fields {
		if f := &x.table().Fields[i]; f.Name == column {
			return f
		}
	}
	return nil
}

// fields are the names of all columns.
func (x *explorer) fields() []string {
	out := make([]string, len(x.table().Fields))
	for i, f := range x.table().Fields {
		out[i] = f.Name
	}
	return out
}

// label is what a column is called.
func (x *explorer) label(ctx context.Context, column string) string {
	f := x.field(column)
	if f == nil {
		return column
	}
	return cmp.Or(text.Pick(ctx, f.Label, f.LabelEN), f.Name)
}

// unit is what the values of a column are counted in; often nobody said.
func (x *explorer) unit(ctx context.Context, column string) string {
	if f := x.field(column); f != nil {
		return text.Pick(ctx, f.Unit, f.UnitEN)
	}
	return ""
}

// code is what the code list of a column says of a value, if it has one.
func (x *explorer) code(ctx context.Context, column, value string) string {
	f := x.field(column)
	if f == nil {
		return ""
	}
	for _, c := range f.Codes {
		if c.Value == value {
			if label := text.Pick(ctx, c.Label, c.LabelEN); label != value {
				return label
			}
		}
	}
	return ""
}

// columns are the table's columns as they can be asked about.
func (x *explorer) columns(ctx context.Context) (rows.Schema, error) {
	if x.schema == nil {
		schema, err := x.Datasets.Schema(ctx, x.viewer, x.version, x.state.table)
		if err != nil {
			return nil, err
		}
		x.schema = schema
	}
	return x.schema, nil
}

// where is everything that the reader's filters, words and own condition ask
// of a row, as one expression; empty where they ask nothing.
func (x *explorer) where(ctx context.Context) (string, error) {
	schema, err := x.columns(ctx)
	if err != nil {
		return "", err
	}
	return x.state.condition(schema)
}

// ask puts a question to the table.
func (x *explorer) ask(ctx context.Context, q rows.Query) (*rows.Result, error) {
	return x.Datasets.Query(ctx, x.viewer, x.version, x.state.table, q)
}

// link is the address of the explorer with one thing changed and all else kept.
func (x *explorer) link(change func(*exploring)) string { return x.to(x.state.with(change)) }

// here is link where the same rows stay on screen.
func (x *explorer) here(change func(*exploring)) string { return x.to(x.state.at(change)) }

// to is the address of a state. Within a frame there is nothing to jump to.
func (x *explorer) to(e exploring) string {
	if x.framed {
		return e.href(x.page)
	}
	if e.panel != "" && e.panel != x.state.panel {
		return e.href(x.page) + "#column"
	}
	return e.href(x.page) + "#data"
}

// everything is the address of the same table without any condition.
func (x *explorer) everything() string {
	return x.to(exploring{version: x.state.version, table: x.state.table, view: x.state.view})
}

// explore is the explorer as the page shows it.
func (x *explorer) explore(ctx context.Context) (*templates.ExplorerView, error) {
	view := &templates.ExplorerView{Action: x.page, Here: cmp.Or(x.state.view, rowsView), Words: x.state.words, WordsKeep: x.state.kept("q")}
	view.Sheets = x.sheets(ctx)
	for _, v := range explorerViews() {
		if v.offered(x) || v.name == view.Here {
			view.Tabs = append(view.Tabs, templates.ExplorerTab{Name: v.name, Title: text.T(ctx, v.title), Here: v.name == view.Here, Href: x.link(func(e *exploring) { e.look(v.name) })})
		}
	}
	for _, f := range x.table().Fields {
		view.Columns = append(view.Columns, templates.ExplorerTab{Title: x.label(ctx, f.Name), Small: templates.TypeName(ctx, f.Type), Here: f.Name == x.state.panel,
			Href: x.link(func(e *exploring) { e.panel = f.Name })})
	}
	view.Chips = x.chips(ctx)
	if len(view.Chips) > 0 {
		view.Clear = x.link(func(e *exploring) { e.words, e.filters, e.where = "", nil, "" })
	}
	if view.Here == rowsView {
		view.Grouping, view.Choice = x.grouping(ctx), x.choice(ctx)
	}
	view.Condition = templates.ExplorerCondition{Text: x.state.where, Most: mostWhere, Keep: x.state.kept("where"), Example: x.example(ctx)}
	err := x.checkWhere(ctx)
	if f := fault.Of(err); err != nil && f.Field == "where" {
		view.Condition.Fault = Sentence(ctx, f)
	}
	if err == nil && x.state.panel != "" {
		if view.Panel, err = x.panel(ctx); err != nil && !atFault(err) {
			return nil, err
		}
	}
	if err == nil {
		view.Slot, err = viewNamed(view.Here).draw(ctx, x)
	}
	switch {
	case atFault(err):
		x.say = Sentence(ctx, fault.Of(err))
		view.Slot = templates.ExplorerFault(x.say, x.everything())
		x.unkept = true
	case err != nil:
		return nil, err
	default:
		view.Share = x.share(ctx)
	}
	view.Notes, view.Say = x.notes, x.say
	if name := nested(x.table()); name != "" {
		view.Notes = append(view.Notes, text.T(ctx, "这个文件只有一条记录，所以是一行：其余都嵌套在“%s”里，点开可看全，不能逐条筛选。要逐条查，请下载原件，或请部门把那一层发布成记录的数组。", x.label(ctx, name)))
	}
	return view, nil
}

// checkWhere looks at the reader's own condition alone, so that what is wrong
// is said at its place in it.
func (x *explorer) checkWhere(ctx context.Context) error {
	if x.state.where == "" {
		return nil
	}
	schema, err := x.columns(ctx)
	if err != nil {
		return err
	}
	_, err = rows.Compile(schema, rows.Query{Where: x.state.where})
	return err
}

// nested is the column that all else lies in where a table is a single record,
// as a tree is with one root; empty: it is none.
func nested(t *datasets.Table) string {
	i := slices.IndexFunc(t.Fields, func(f datasets.Field) bool { return rows.Type(f.Type) == rows.Array })
	if t.Rows != 1 || i < 0 {
		return ""
	}
	return t.Fields[i].Name
}

// example is a condition that runs on this table and that some of its rows meet.
func (x *explorer) example(ctx context.Context) string {
	profiles, err := x.Datasets.Profiles(ctx, x.viewer, x.version, x.state.table)
	if err != nil { // none was made yet
		profiles = nil
	}
	if s := ExampleOf(profiles); s != "" {
		return s
	}
	if len(x.table().Fields) == 0 {
		return ""
	}
	return named(x.table().Fields[0].Name) + " is not null"
}

// ExampleOf is a condition that some rows of a profiled table meet and others
// do not: a number from the median on, or a time from the middle of those that
// there are. Empty: there is none.
func ExampleOf(profiles []datasets.ColumnProfile) string {
	for _, p := range profiles {
		switch rows.Type(p.Type) {
		case rows.Integer, rows.Decimal:
			if f := numberOf(p.Median); !math.IsNaN(f) && p.Distinct > 1 && f > numberOf(p.Min) && f <= numberOf(p.Max) {
				return named(p.Column) + " >= " + plainNumber(f)
			}
		case rows.Date, rows.DateTime:
			if day := middle(p.Min, p.Max); day != "" {
				return named(p.Column) + " >= date'" + day + "'"
			}
		}
	}
	return ""
}

// middle is the day half way from low to high.
func middle(low, high any) string {
	a, okA := timeOf(valueText(low))
	b, okB := timeOf(valueText(high))
	if !okA || !okB {
		return ""
	}
	return a.AddDate(0, 0, int(b.Sub(a).Hours()/48)).Format(time.DateOnly)
}

func (x *explorer) sheets(ctx context.Context) []templates.ExplorerTab {
	var out []templates.ExplorerTab
	for i := range x.version.Tables {
		t := &x.version.Tables[i]
		out = append(out, templates.ExplorerTab{Title: cmp.Or(text.Pick(ctx, t.Name, t.NameEN), text.T(ctx, "表 %d", i+1)), Here: i == x.state.table,
			Href: x.to(exploring{version: x.state.version, table: i, view: x.state.view})})
	}
	return out
}

// chips are the conditions in force, each with the address without it.
func (x *explorer) chips(ctx context.Context) []templates.ChipView {
	var out []templates.ChipView
	if x.state.words != "" {
		out = append(out, templates.ChipView{Label: text.T(ctx, "找"), Value: x.state.words, Href: x.link(func(e *exploring) { e.words = "" })})
	}
	for _, f := range x.state.filters {
		label, value := x.inWords(ctx, f)
		out = append(out, templates.ChipView{Label: label, Value: value, Href: x.to(x.state.without(f))})
	}
	if x.state.where != "" {
		out = append(out, templates.ChipView{Label: text.T(ctx, "条件式"), Value: shown(x.state.where), Href: x.link(func(e *exploring) { e.where = "" })})
	}
	return out
}

// opWords say how a filter compares; %s is the column.
var opWords = map[string]string{
	"has": "%s 含", "lacks": "%s 不含", "starts": "%s 开头是", "ends": "%s 结尾是", "is": "%s 是", "not": "%s 不是",
}

// inWords is a filter as a person says it: what it speaks of, and what of that.
func (x *explorer) inWords(ctx context.Context, f filter) (label, value string) {
	name := x.subjectName(ctx, f.column)
	switch f.op {
	case "empty":
		return name, text.T(ctx, "为空")
	case "filled":
		return name, text.T(ctx, "不为空")
	case "misfit":
		return name, text.T(ctx, "不合类型")
	case "between":
		return name, span(f.values[0], f.values[1])
	case "near":
		return text.T(ctx, "%s 距 (%s, %s)", x.placeName(ctx, f.column), f.values[0], f.values[1]), text.T(ctx, "%s 公里内", f.values[2])
	case "box":
		return text.T(ctx, "%s 在范围内", x.placeName(ctx, f.column)), strings.Join(f.values, ", ")
	}
	values := make([]string, len(f.values))
	for i, v := range f.values {
		if x.field(f.column) == nil {
			values[i] = cmp.Or(x.binWords(ctx, parseGrouping(f.column), v), v)
			continue
		}
		values[i] = cmp.Or(x.code(ctx, f.column, v), x.booleanWord(ctx, f.column, v), v)
	}
	const most = 4
	value = strings.Join(values[:min(len(values), most)], text.T(ctx, "、"))
	if len(values) > most {
		value = text.T(ctx, "%s 等 %d 个", value, len(values))
	}
	return text.T(ctx, opWords[f.op], name), shown(value)
}

func span(from, to string) string {
	switch {
	case from == "":
		return "≤ " + to
	case to == "":
		return "≥ " + from
	case from == to:
		return from
	}
	return from + " – " + to
}

// subjectName is the name of a column or of a part of a date.
func (x *explorer) subjectName(ctx context.Context, column string) string {
	if x.field(column) != nil {
		return x.label(ctx, column)
	}
	return x.groupName(ctx, parseGrouping(column))
}

// placeName is the name of a place that two columns make.
func (x *explorer) placeName(ctx context.Context, column string) string {
	if _, ok := pairOf(x.schema, column); ok {
		return text.T(ctx, "所在位置")
	}
	return x.label(ctx, column)
}

func (x *explorer) booleanWord(ctx context.Context, column, value string) string {
	f := x.field(column)
	switch {
	case f == nil || f.Type != string(rows.Boolean):
		return ""
	case value == "true":
		return text.T(ctx, "是")
	}
	return text.T(ctx, "否")
}

// partNames are the parts of a date; %s is the column.
var partNames = map[string]string{
	"year": "%s（年）", "quarter": "%s（季度）", "month": "%s（月）", "day": "%s（日）", "weekday": "%s（星期）", "hour": "%s（时）", "date": "%s（日期）",
}

func (x *explorer) groupName(ctx context.Context, g grouping) string {
	switch g.part {
	case "":
		return x.label(ctx, g.column)
	case binned:
		return x.binName(ctx, g)
	}
	return text.T(ctx, partNames[g.part], x.label(ctx, g.column))
}

// figureNames are the figures of a group; %s is the column.
var figureNames = map[string]string{
	"sum": "%s 合计", "avg": "%s 平均", "min": "%s 最小", "max": "%s 最大", "median": "%s 中位数", "count": "%s 有值的行", "count_distinct": "%s 不同的值",
}

func (x *explorer) figureName(ctx context.Context, s summing) string {
	if s.column == "" {
		return text.T(ctx, "行数")
	}
	return text.T(ctx, figureNames[s.function], x.label(ctx, s.column))
}

// grouping is the form that puts rows together.
func (x *explorer) grouping(ctx context.Context) *templates.ExplorerGrouping {
	g := &templates.ExplorerGrouping{Keep: x.state.kept("group", "sum", "sort", "panel", "col", "hide"), On: len(x.state.groups) > 0,
		Clear: x.link(func(e *exploring) { e.groups, e.sums, e.sort = nil, nil, nil }), Widths: x.widthForms(ctx)}
	for i := range min(mostGroupings, len(x.state.groups)+1) {
		var on string
		if i < len(x.state.groups) {
			on = x.state.groups[i].String()
		}
		g.By = append(g.By, templates.ExplorerSelect{Name: "group", Label: text.T(ctx, "第 %d 项分组", i+1), Groups: x.groupOptions(ctx, on, i == 0)})
	}
	for i := range min(mostSummings, len(x.state.sums)+1) {
		var on string
		if i < len(x.state.sums) {
			on = x.state.sums[i].String()
		}
		g.Figures = append(g.Figures, templates.ExplorerSelect{Name: "sum", Label: text.T(ctx, "第 %d 项计算", i+1), Groups: x.figureOptions(ctx, on, i == 0)})
	}
	return g
}

// partsOf are the parts of a type's values that rows can be put together by.
func partsOf(t rows.Type) []string {
	switch t {
	case rows.Date:
		return []string{"year", "quarter", "month", "weekday"}
	case rows.DateTime:
		return []string{"year", "quarter", "month", "date", "weekday", "hour"}
	case rows.YearMonth:
		return []string{"year", "month"}
	}
	return nil
}

func ordered(t rows.Type) bool {
	return !isPlace(t) && t != rows.Array && t != rows.Object
}

func (x *explorer) groupOptions(ctx context.Context, on string, first bool) []templates.ExplorerOptions {
	none := templates.ExplorerOptions{Options: []templates.ExplorerOption{{Label: text.T(ctx, "（再加一项）"), On: on == ""}}}
	if first {
		none.Options[0].Label = text.T(ctx, "（选一列）")
	}
	var plain, bins, parts templates.ExplorerOptions
	plain.Label, bins.Label, parts.Label = text.T(ctx, "列"), text.T(ctx, "分段"), text.T(ctx, "日期的一部分")
	for _, f := range x.table().Fields {
		if !ordered(rows.Type(f.Type)) {
			continue
		}
		g := grouping{column: f.Name}
		plain.Options = append(plain.Options, templates.ExplorerOption{Value: g.String(), Label: x.label(ctx, f.Name), On: g.String() == on})
		for _, g := range binsOf(f.Name, rows.Type(f.Type)) {
			chosen := parseGrouping(on)
			if isNumber(rows.Type(f.Type)) && chosen.part == binned && chosen.column == f.Name {
				g = chosen // of any width
			}
			bins.Options = append(bins.Options, templates.ExplorerOption{Value: g.String(), Label: x.groupName(ctx, g), On: g.String() == on})
		}
		for _, part := range partsOf(rows.Type(f.Type)) {
			g := grouping{part: part, column: f.Name}
			parts.Options = append(parts.Options, templates.ExplorerOption{Value: g.String(), Label: x.groupName(ctx, g), On: g.String() == on})
		}
	}
	out := []templates.ExplorerOptions{none, plain}
	for _, more := range []templates.ExplorerOptions{bins, parts} {
		if len(more.Options) > 0 {
			out = append(out, more)
		}
	}
	return out
}

func (x *explorer) figureOptions(ctx context.Context, on string, first bool) []templates.ExplorerOptions {
	none := templates.ExplorerOptions{Options: []templates.ExplorerOption{
		{Label: text.T(ctx, "（再加一项）"), On: on == ""}, {Value: "count", Label: text.T(ctx, "行数"), On: on == "count"},
	}}
	if first {
		none.Options = none.Options[1:]
	}
	out := []templates.ExplorerOptions{none}
	for _, f := range x.table().Fields {
		o := templates.ExplorerOptions{Label: x.label(ctx, f.Name)}
		for _, function := range summings {
			if s := (summing{function, f.Name}); x.sums(s, rows.Type(f.Type)) {
				o.Options = append(o.Options, templates.ExplorerOption{Value: s.String(), Label: x.figureName(ctx, s), On: s.String() == on})
			}
		}
		if len(o.Options) > 0 {
			out = append(out, o)
		}
	}
	return out
}

// sums reports whether a figure is offered for a column of type t.
func (x *explorer) sums(s summing, t rows.Type) bool {
	switch s.function {
	case "sum", "avg", "median":
		return isNumber(t)
	case "min", "max":
		return isNumber(t) || t == rows.Date || t == rows.DateTime || t == rows.YearMonth
	}
	return s.function == "count_distinct" && ordered(t)
}

// choice is the form that chooses columns.
func (x *explorer) choice(ctx context.Context) *templates.ExplorerChoice {
	if len(x.state.groups) > 0 {
		return nil
	}
	shown := x.state.shown(x.fields())
	c := &templates.ExplorerChoice{Keep: x.state.kept("col", "hide"), Shown: len(shown)}
	for _, f := range x.table().Fields {
		c.Options = append(c.Options, templates.ExplorerOption{Value: f.Name, Label: x.label(ctx, f.Name), On: slices.Contains(shown, f.Name)})
	}
	if len(shown) < len(c.Options) {
		c.All = x.link(func(e *exploring) { e.columns, e.hidden = nil, nil })
	}
	return c
}

// formParameters are the fields of the forms that set one thing: a filter on a
// column, or which columns are shown.
var formParameters = []string{"set", "column", "v*"}

// folded is e after a form of the explorer was sent: its fields are not the
// state, but become a part of it.
func (x *explorer) folded(set, column string, values []string) error {
	switch {
	case set == "":
		return nil
	case set == "columns":
		x.state.choose(values, x.fields())
		return nil
	}
	if set == binned && column != "" {
		return x.bin(column, values)
	}
	want, ok := filterValues[set]
	if !ok || column == "" {
		return malformed("set", "没有这种筛选条件。")
	}
	f := filter{op: set, column: column}
	for _, v := range values {
		f.values = append(f.values, strings.TrimSpace(v))
	}
	f, err := f.tidied(want)
	if err != nil {
		return err
	}
	if f.op == "" {
		f = filter{op: set, column: column}
	}
	x.state = x.state.with(func(e *exploring) { e.put(f) })
	return nil
}

// canonical reports whether the address is the one spelling of its state; where
// it is not, it is what a form made, and the reader is sent to that.
func (x *explorer) canonical(c *fiber.Ctx) bool {
	return localPath(c) == x.state.href(c.Path())
}

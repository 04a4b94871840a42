package portal

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// mostListed is how many values of a column are listed to tick.
const mostListed = 12

// columnFacts is what is known about the values of a column, among the rows
// that the other conditions leave.
type columnFacts struct {
	rows, nulls, misfits, distinct int64
	estimated                      bool // distinct is
	min, max, mean, median         any
	values                         []rows.Count
	bins                           []rows.Bin
}

// panel is what is known about the column that is looked at, and what can be
// done with it. What the reader has already chosen of the column does not count:
// else nothing else of it could be chosen.
func (x *explorer) panel(ctx context.Context) (*templates.ExplorerPanel, error) {
	schema, err := x.columns(ctx)
	if err != nil {
		return nil, err
	}
	name := x.state.panel
	c, ok := columnNamed(schema, name)
	f := x.field(name)
	if !ok || f == nil {
		return nil, missing("panel", name)
	}
	p := &templates.ExplorerPanel{
		Title: x.label(ctx, name), Name: name, Type: templates.TypeName(ctx, string(c.Type)), Unit: x.unit(ctx, name), Description: text.Pick(ctx, f.Description, f.DescriptionEN),
		Close: x.here(func(e *exploring) { e.panel = "" }),
	}
	others := x.state.with(func(e *exploring) {
		e.filters = slices.DeleteFunc(e.filters, func(f filter) bool { return f.column == name })
	})
	facts, err := x.factsOf(ctx, c, others)
	switch {
	case atFault(err):
		p.Fault, facts = Sentence(ctx, fault.Of(err)), &columnFacts{}
	case err != nil:
		return nil, err
	default:
		p.Facts = x.facts(ctx, c, facts)
		p.Histogram = histogram(ctx, p.Title, facts.bins)
	}
	p.Forms = x.forms(ctx, c, facts)
	p.Actions = x.actions(ctx, c)
	if href := x.wrong(0, c.Name); href != "" {
		p.Actions = append(p.Actions, templates.ExplorerTab{Title: text.T(ctx, "这一列有错"), Href: href})
	}
	return p, nil
}

// factsOf is what was kept about the column when the version was published, or
// what the engine finds where only some of the rows count.
func (x *explorer) factsOf(ctx context.Context, c rows.Column, state exploring) (*columnFacts, error) {
	where, err := state.condition(x.schema)
	if err != nil {
		return nil, err
	}
	if where == "" {
		profiles, err := x.Datasets.Profiles(ctx, x.viewer, x.version, x.state.table)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(profiles, func(p datasets.ColumnProfile) bool { return p.Column == c.Name })
		if i >= 0 && !isPlace(c.Type) {
			return keptFacts(&profiles[i]), nil
		}
	}
	return x.findFacts(ctx, c, where)
}

func keptFacts(p *datasets.ColumnProfile) *columnFacts {
	out := &columnFacts{rows: p.Rows, nulls: p.Nulls, misfits: p.Misfits, distinct: p.Distinct, estimated: !p.DistinctExact, min: p.Min, max: p.Max, mean: p.Mean, median: p.Median}
	for _, v := range p.Top {
		out.values = append(out.values, rows.Count{Value: v.Value, Rows: v.Rows})
	}
	for _, b := range p.Bins {
		out.bins = append(out.bins, rows.Bin{From: b.From, To: b.To, Rows: b.Rows})
	}
	return out
}

func (x *explorer) findFacts(ctx context.Context, c rows.Column, where string) (*columnFacts, error) {
	out := &columnFacts{}
	facet, err := x.Datasets.Facet(ctx, x.viewer, x.version, x.state.table, c.Name, where, mostListed)
	if err != nil {
		return nil, err
	}
	out.rows, out.nulls, out.distinct, out.values = facet.Rows, facet.Nulls, facet.Distinct, facet.Values
	if c.Misfits > 0 {
		raw := filter{op: "misfit", column: c.Name}
		condition, err := raw.expression(x.schema)
		if err != nil {
			return nil, err
		}
		if where != "" {
			condition = "(" + where + ") and " + condition
		}
		r, err := x.ask(ctx, rows.Query{Select: "count(*)", Where: condition})
		if err != nil {
			return nil, err
		}
		out.misfits = whole(r.Rows[0][0])
		out.nulls -= out.misfits
	}
	if !isNumber(c.Type) && c.Type != rows.Date && c.Type != rows.DateTime {
		return out, nil
	}
	name := named(c.Name)
	figures := "min(" + name + ") as a, max(" + name + ") as b"
	if isNumber(c.Type) {
		figures += ", avg(" + name + ") as c, median(" + name + ") as d"
	}
	r, err := x.ask(ctx, rows.Query{Select: figures, Where: where})
	if err != nil {
		return nil, err
	}
	out.min, out.max = r.Rows[0][0], r.Rows[0][1]
	if isNumber(c.Type) {
		out.mean, out.median = r.Rows[0][2], r.Rows[0][3]
	}
	d, err := x.Datasets.Distribution(ctx, x.viewer, x.version, x.state.table, c.Name, where)
	if err != nil {
		return nil, err
	}
	out.bins = d.Bins
	return out, nil
}

func whole(v any) int64 {
	n, ok := v.(json.Number)
	if !ok {
		return 0
	}
	i, err := n.Int64()
	if err != nil {
		return 0
	}
	return i
}

// facts are the figures about a column in words.
func (x *explorer) facts(ctx context.Context, c rows.Column, k *columnFacts) []templates.ExplorerFact {
	only := func(op string) string {
		return x.link(func(e *exploring) { e.put(filter{op: op, column: c.Name}) })
	}
	out := []templates.ExplorerFact{{Term: text.T(ctx, "行"), Value: templates.Thousands(k.rows)}}
	add := func(term, value, href string) {
		out = append(out, templates.ExplorerFact{Term: text.T(ctx, term), Value: value, Href: href})
	}
	if k.nulls > 0 {
		add("空", part(k.nulls, k.rows), only("empty"))
	} else {
		add("空", "0", "")
	}
	if k.misfits > 0 {
		add("不合类型", part(k.misfits, k.rows), only("misfit"))
	}
	switch {
	case isPlace(c.Type):
	case k.estimated:
		f := templates.ExplorerFact{Term: text.T(ctx, "不同的值"), Value: text.T(ctx, "约 %s", templates.Thousands(k.distinct))}
		if ordered(c.Type) { // whose groups are counted one by one
			f.Exactly = x.link(func(e *exploring) {
				e.groups, e.sums, e.sort, e.panel = []grouping{{column: c.Name}}, nil, nil, ""
				e.look("")
			})
		}
		out = append(out, f)
	default:
		add("不同的值", templates.Thousands(k.distinct), "")
	}
	for _, figure := range []struct {
		term  string
		value any
		exact bool
	}{{"最小", k.min, true}, {"最大", k.max, true}, {"平均", k.mean, false}, {"中位数", k.median, false}} {
		if figure.value == nil || c.Type == rows.Text || c.Type == rows.Boolean {
			continue
		}
		value := figureText(figure.value, figure.exact)
		if isNumber(c.Type) && !c.HoldsYears() {
			value = grouped(value)
		}
		add(figure.term, value, "")
	}
	return out
}

// part is a number of rows with its share of all.
func part(n, all int64) string {
	if all == 0 {
		return templates.Thousands(n)
	}
	share := 100 * float64(n) / float64(all)
	switch {
	case share < 0.1:
		return templates.Thousands(n) + "（<0.1%）"
	case share > 99.9 && n < all:
		return templates.Thousands(n) + "（>99.9%）"
	}
	return templates.Thousands(n) + "（" + strconv.FormatFloat(share, 'f', 1, 64) + "%）"
}

func figureText(v any, exact bool) string {
	if f, ok := figure(v); ok && !exact {
		return templates.Rounded(f)
	}
	return begun(fmt.Sprint(v))
}

// grouped is a number as it is written, with its whole digits in groups.
func grouped(s string) string {
	whole, rest, fraction := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n == 0 {
		return s
	}
	if fraction {
		return templates.Thousands(n) + "." + rest
	}
	return templates.Thousands(n)
}

// histogram draws bins in a space of 100 by 40. A bin that has rows is seen,
// however few.
func histogram(ctx context.Context, label string, bins []rows.Bin) *templates.ExplorerHistogram {
	if len(bins) < 2 {
		return nil
	}
	var most int64
	for _, b := range bins {
		most = max(most, b.Rows)
	}
	if most == 0 {
		return nil
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
	first, last := fmt.Sprint(bins[0].From), fmt.Sprint(bins[len(bins)-1].To)
	h := &templates.ExplorerHistogram{Label: text.T(ctx, "%s 的分布，从 %s 到 %s", label, first, last), From: first, To: last}
	width := 100 / float64(len(bins))
	for i, b := range bins {
		height := 40 * float64(b.Rows) / float64(most)
		if b.Rows > 0 {
			height = max(height, 1)
		}
		h.Bars = append(h.Bars, templates.ExplorerBar{X: number(float64(i)*width + width*0.05), Y: number(40 - height), W: number(width * 0.9), H: number(height),
			From: fmt.Sprint(b.From), To: fmt.Sprint(b.To), Title: text.T(ctx, "%s 至 %s：%s 行", fmt.Sprint(b.From), fmt.Sprint(b.To), templates.Thousands(b.Rows))})
	}
	return h
}

// forms are the ways to filter by a column.
func (x *explorer) forms(ctx context.Context, c rows.Column, k *columnFacts) []templates.ExplorerForm {
	var out []templates.ExplorerForm
	add := func(f templates.ExplorerForm) {
		if f.Column == "" {
			f.Column = c.Name
		}
		f.Keep = x.state.kept()
		f.Button = text.T(ctx, "筛选")
		out = append(out, f)
	}
	switch {
	case isPlace(c.Type):
		x.placeForms(ctx, c.Name, add)
		return out
	case isNumber(c.Type):
		if p, ok := rows.FindPlaces(x.schema); ok && p.Longitude != "" && (p.Longitude == c.Name || p.Latitude == c.Name) {
			x.placeForms(ctx, p.Longitude, add)
		}
		add(x.betweenForm(ctx, c, "text", k))
		if x.state.view == "" && len(x.state.groups) == 0 {
			out = append(out, x.widthForm(ctx, grouping{part: binned, column: c.Name}))
		}
	case c.Type == rows.Date, c.Type == rows.DateTime:
		add(x.betweenForm(ctx, c, "date", &columnFacts{}))
	}
	if f, ok := x.valuesForm(ctx, c, k); ok {
		add(f)
	}
	if !isNumber(c.Type) && c.Type != rows.Date && c.Type != rows.DateTime && c.Type != rows.Boolean {
		add(x.textForm(ctx, c))
	}
	return out
}

// current is the value of a filter that is set.
func (x *explorer) current(op, column string, i int) string {
	for _, f := range x.state.filters {
		if f.op == op && f.column == column && i < len(f.values) {
			return f.values[i]
		}
	}
	return ""
}

func (x *explorer) betweenForm(ctx context.Context, c rows.Column, kind string, k *columnFacts) templates.ExplorerForm {
	field := func(i int, label string, hint any) templates.ExplorerField {
		f := templates.ExplorerField{Label: label, Type: kind, Value: x.current("between", c.Name, i)}
		if hint != nil {
			f.Hint = fmt.Sprint(hint)
		}
		return f
	}
	title := text.T(ctx, "数值范围")
	if kind == "date" {
		title = text.T(ctx, "时间范围")
	}
	return templates.ExplorerForm{Op: "between", Title: title, Fields: []templates.ExplorerField{field(0, text.T(ctx, "从"), k.min), field(1, text.T(ctx, "到"), k.max)}}
}

// textOps are the ways to compare a text, in the order in which they are offered.
var textOps = []struct{ op, words string }{
	{"has", "含"}, {"starts", "开头是"}, {"ends", "结尾是"}, {"is", "等于"}, {"lacks", "不含"}, {"not", "不等于"},
}

func (x *explorer) textForm(ctx context.Context, c rows.Column) templates.ExplorerForm {
	f := templates.ExplorerForm{Title: text.T(ctx, "文字"), Fields: []templates.ExplorerField{{Type: "text"}}}
	for _, o := range textOps {
		value := x.current(o.op, c.Name, 0)
		if o.op != "is" && o.op != "not" && value != "" {
			f.Fields[0].Value = value
		}
		f.Ops = append(f.Ops, templates.ExplorerOption{Value: o.op, Label: text.T(ctx, o.words), On: value != "" && o.op != "is" && o.op != "not"})
	}
	return f
}

// valuesForm lists the values that most rows have, and those that are chosen.
func (x *explorer) valuesForm(ctx context.Context, c rows.Column, k *columnFacts) (templates.ExplorerForm, bool) {
	f := templates.ExplorerForm{Op: "is", Title: text.T(ctx, "最多的值")}
	var most int64
	for _, v := range k.values {
		most = max(most, v.Rows)
	}
	chosen := x.chosenValues(c.Name)
	for _, v := range k.values {
		s := fmt.Sprint(v.Value)
		if len(s) > longestTo || v.Rows < 2 && k.distinct > mostListed {
			continue
		}
		f.Values = append(f.Values, x.valueOption(ctx, c, s, v.Rows, most, slices.Contains(chosen, s)))
	}
	if len(f.Values) > mostListed {
		f.Values = f.Values[:mostListed]
	}
	for _, s := range chosen {
		if !slices.ContainsFunc(f.Values, func(o templates.ExplorerOption) bool { return o.Value == s }) {
			f.Values = append(f.Values, x.valueOption(ctx, c, s, -1, most, true))
		}
	}
	if rest := k.distinct - int64(len(f.Values)); rest > 0 && len(f.Values) > 0 {
		f.More = text.T(ctx, "另有 %s 个值。", templates.Thousands(rest))
	}
	return f, len(f.Values) > 0
}

func (x *explorer) valueOption(ctx context.Context, c rows.Column, value string, n, most int64, on bool) templates.ExplorerOption {
	o := templates.ExplorerOption{Value: value, Label: value, Small: x.code(ctx, c.Name, value), Count: n, On: on}
	if word := x.booleanWord(ctx, c.Name, value); word != "" {
		o.Label = word
	}
	if most > 0 && n > 0 {
		o.Share = int(100 * n / most)
	}
	return o
}

func (x *explorer) chosenValues(column string) []string {
	for _, f := range x.state.filters {
		if f.op == "is" && f.column == column {
			return f.values
		}
	}
	return nil
}

func (x *explorer) placeForms(ctx context.Context, column string, add func(templates.ExplorerForm)) {
	number := func(op string, i int, label string) templates.ExplorerField {
		return templates.ExplorerField{Label: label, Type: "text", Value: x.current(op, column, i)}
	}
	add(templates.ExplorerForm{Column: column, Op: "near", Title: text.T(ctx, "离一个地点多远"), Fields: []templates.ExplorerField{
		number("near", 0, text.T(ctx, "经度")), number("near", 1, text.T(ctx, "纬度")), number("near", 2, text.T(ctx, "公里内")),
	}})
	add(templates.ExplorerForm{Column: column, Op: "box", Title: text.T(ctx, "在一块范围内"), Fields: []templates.ExplorerField{
		number("box", 0, text.T(ctx, "西（经度）")), number("box", 1, text.T(ctx, "南（纬度）")), number("box", 2, text.T(ctx, "东（经度）")), number("box", 3, text.T(ctx, "北（纬度）")),
	}})
}

// actions are what else can be done with a column.
func (x *explorer) actions(ctx context.Context, c rows.Column) []templates.ExplorerTab {
	var out []templates.ExplorerTab
	add := func(title string, here bool, change func(*exploring)) {
		out = append(out, templates.ExplorerTab{Title: title, Here: here, Href: x.link(change)})
	}
	grouped := len(x.state.groups) > 0
	if ordered(c.Type) && !grouped {
		for _, desc := range []bool{false, true} {
			words := map[bool]string{false: "从小到大排序", true: "从大到小排序"}[desc]
			key := sorting{c.Name, desc}
			add(text.T(ctx, words), slices.Contains(x.state.sort, key), func(e *exploring) { e.sort = []sorting{key} })
		}
		others := slices.DeleteFunc(slices.Clone(x.state.sort), func(s sorting) bool { return s.by == c.Name })
		if len(others) > 0 && len(others) < mostSorts {
			add(text.T(ctx, "排好之后再按它排"), false, func(e *exploring) { e.sort = append(others, sorting{by: c.Name}) })
		}
	}
	if ordered(c.Type) && x.state.view == "" && !grouped {
		for _, g := range slices.Concat([]grouping{{column: c.Name}}, binsOf(c.Name, c.Type), groupingsOf(c)) {
			add(text.T(ctx, "按 %s 分组", x.groupName(ctx, g)), false, func(e *exploring) { e.groups, e.sums, e.sort, e.panel = []grouping{g}, nil, nil, "" })
		}
	}
	add(text.T(ctx, "只看空的"), x.has(filter{op: "empty", column: c.Name}), func(e *exploring) { e.put(filter{op: "empty", column: c.Name}) })
	add(text.T(ctx, "只看有值的"), x.has(filter{op: "filled", column: c.Name}), func(e *exploring) { e.put(filter{op: "filled", column: c.Name}) })
	if shown := x.state.shown(x.fields()); len(shown) > 1 && slices.Contains(shown, c.Name) && !grouped {
		rest := slices.DeleteFunc(slices.Clone(shown), func(s string) bool { return s == c.Name })
		add(text.T(ctx, "不显示这一列"), false, func(e *exploring) { e.choose(rest, x.fields()); e.panel = "" })
	}
	return out
}

func (x *explorer) has(f filter) bool { return slices.ContainsFunc(x.state.filters, f.same) }

// groupingsOf are the parts of a date that are worth a link of their own.
func groupingsOf(c rows.Column) []grouping {
	var out []grouping
	for _, part := range partsOf(c.Type) {
		if part == "year" || part == "month" {
			out = append(out, grouping{part: part, column: c.Name})
		}
	}
	return out
}

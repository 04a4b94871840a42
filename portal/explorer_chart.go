package portal

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// chartView is the explorer's view of rows as a chart. The engine works every
// figure out; here it is only chosen what to ask, and where the answer stands.
var chartView = explorerView{
	name: chartName, title: "图表", parameters: chartParameters,
	offered: func(x *explorer) bool { return x.table().Rows > 0 && len(x.table().Fields) > 0 }, draw: drawChart,
}

const chartName = "chart"

var chartParameters = []string{"kind", "x", "step", "agg", "y", "series"}

// charting is what a chart shows, as the address says or as the columns suggest.
type charting struct {
	kind   templates.PlotKind
	x      string // a column
	step   string // how its values are put together; see steps
	agg    string // one of summings
	y      string // a column; empty: rows are counted
	series string // a column; empty: one series
}

// The kinds of charts, with their names.
var chartKinds = []struct {
	kind  templates.PlotKind
	title string
}{
	{templates.PlotLine, "折线"}, {templates.PlotBar, "柱"}, {templates.PlotArea, "面积"}, {templates.PlotScatter, "散点"}, {templates.PlotPie, "饼"},
}

// chartTitle is the name of a kind in the reader's language.
func chartTitle(ctx context.Context, kind templates.PlotKind) string {
	switch kind {
	case templates.PlotLine:
		return text.T(ctx, "折线")
	case templates.PlotArea:
		return text.T(ctx, "面积")
	case templates.PlotScatter:
		return text.T(ctx, "散点")
	case templates.PlotPie:
		return text.T(ctx, "饼")
	}
	return text.T(ctx, "柱")
}

// step is one way to put the values of an axis together.
type step string

// The steps of times; those of numbers are the width of a bin, written as a
// number.
const (
	stepAuto    step = ""
	stepValue   step = "value"
	stepYear    step = "year"
	stepQuarter step = "quarter"
	stepMonth   step = "month"
	stepDay     step = "day"
	stepHour    step = "hour"
	cycleMonth  step = "month-of-year"
	cycleWeek   step = "weekday"
	cycleHour   step = "hour-of-day"
)

// timeSteps are the steps of times, the finest first.
var timeSteps = []step{stepHour, stepDay, stepMonth, stepQuarter, stepYear}

// stepTitle is the name of a step in the reader's language.
func stepTitle(ctx context.Context, s step) string {
	switch s {
	case stepAuto:
		return text.T(ctx, "自动")
	case stepValue:
		return text.T(ctx, "逐个值")
	case stepYear:
		return text.T(ctx, "按年")
	case stepQuarter:
		return text.T(ctx, "按季度")
	case stepMonth:
		return text.T(ctx, "按月")
	case stepDay:
		return text.T(ctx, "按日")
	case stepHour:
		return text.T(ctx, "按小时")
	case cycleMonth:
		return text.T(ctx, "一年里的月份")
	case cycleWeek:
		return text.T(ctx, "星期几")
	case cycleHour:
		return text.T(ctx, "一天里的钟点")
	}
	return string(s)
}

// stepsOf are the steps that a column can be put together by, beside a width.
func stepsOf(t rows.Type) []step {
	switch t {
	case rows.DateTime:
		return []step{stepHour, stepDay, stepMonth, stepQuarter, stepYear, cycleHour, cycleWeek, cycleMonth}
	case rows.Date:
		return []step{stepDay, stepMonth, stepQuarter, stepYear, cycleWeek, cycleMonth}
	case rows.YearMonth:
		return []step{stepMonth, stepQuarter, stepYear, cycleMonth}
	case rows.Integer, rows.Decimal:
		return []step{stepValue}
	}
	return nil
}

// drawChart answers with a chart, or says in words why there is none.
func drawChart(ctx context.Context, x *explorer) (templ.Component, error) {
	schema, err := x.columns(ctx)
	if err != nil {
		return nil, err
	}
	asked, err := x.charting(ctx, schema)
	if err != nil {
		return nil, err
	}
	view := &templates.ChartView{Form: x.chartForm(ctx, schema, asked)}
	if asked.x == "" {
		view.Refused = text.T(ctx, "这张表没有可以自动画成图的列：请在上面选横轴和数值。")
		return templates.ChartSlot(view), nil
	}
	c := &chartMaker{explorer: x, ask: asked, schema: schema, view: view}
	if err := c.make(ctx); err != nil {
		return nil, err
	}
	return templates.ChartSlot(view), nil
}

// charting is what the address asks for; what it leaves open is suggested.
func (x *explorer) charting(ctx context.Context, schema rows.Schema) (charting, error) {
	own := x.state.own
	c := charting{kind: templates.PlotKind(own.Get("kind")), x: own.Get("x"), step: own.Get("step"), agg: own.Get("agg"), y: own.Get("y"), series: own.Get("series")}
	for _, named := range []struct{ parameter, column string }{{"x", c.x}, {"y", c.y}, {"series", c.series}} {
		if _, ok := columnNamed(schema, named.column); !ok && named.column != "" {
			return c, missing(named.parameter, named.column)
		}
	}
	if c.kind != "" && !slices.ContainsFunc(chartKinds, func(k struct {
		kind  templates.PlotKind
		title string
	}) bool {
		return k.kind == c.kind
	}) {
		return c, malformed("kind", "没有这种图。")
	}
	if c.agg != "" && !slices.Contains(summings, c.agg) {
		return c, malformed("agg", "没有这种算法。")
	}
	if c.x == "" {
		suggested, err := x.suggested(ctx, schema)
		if err != nil {
			return c, err
		}
		if c.kind != "" && c.kind != suggested.kind {
			suggested.kind = c.kind
		}
		return suggested, nil
	}
	if c.agg == "" {
		c.agg = "count"
	}
	if c.agg != "count" && c.y == "" { // of what, nobody said
		c.agg = "count"
	}
	if c.agg == "count" {
		c.y = ""
	}
	if c.kind == "" {
		c.kind = kindFor(schema, c)
	}
	return c, nil
}

// kindFor is the kind that suits an axis.
func kindFor(schema rows.Schema, c charting) templates.PlotKind {
	column, _ := columnNamed(schema, c.x)
	switch {
	case isTime(column.Type), column.HoldsYears():
		return templates.PlotLine
	case isNumber(column.Type) && c.y != "":
		return templates.PlotScatter
	}
	return templates.PlotBar
}

func isTime(t rows.Type) bool { return t == rows.Date || t == rows.DateTime || t == rows.YearMonth }

// suggested is the chart that the explorer's grouping, or else the columns, ask
// for.
func (x *explorer) suggested(ctx context.Context, schema rows.Schema) (charting, error) {
	if g := x.state.groups; len(g) > 0 {
		c := charting{x: g[0].column, step: cmp.Or(g[0].width, string(cycleOf(g[0].part))), agg: "count"}
		if len(g) > 1 {
			c.series = g[1].column
		}
		if s := x.state.figures()[0]; s.column != "" {
			c.agg, c.y = s.function, s.column
		}
		for _, name := range []string{c.x, c.y, c.series} {
			if _, ok := columnNamed(schema, name); !ok && name != "" {
				return c, missing("group", name)
			}
		}
		c.kind = kindFor(schema, c)
		if c.kind == templates.PlotScatter {
			c.kind = templates.PlotBar
		}
		return c, nil
	}
	where, err := x.where(ctx)
	if err != nil {
		return charting{}, err
	}
	distinct := func(column string) (int64, error) {
		f, err := x.Datasets.Facet(ctx, x.viewer, x.version, x.state.table, column, where, 1)
		if err != nil {
			return 0, err
		}
		return f.Distinct, nil
	}
	c, err := suggestChart(schema, x.table(), distinct)
	if column, _ := columnNamed(schema, c.x); err == nil && c.kind == templates.PlotLine && isTime(column.Type) {
		c.step, err = x.calm(ctx, column, c, where, distinct)
	}
	return c, err
}

// calmPoints is how many points a suggested line has at most, where each is put
// together from several rows: more are spikes that nobody reads.
const calmPoints = 40

// calm is a coarser step than the finest that can be drawn, where rows are
// events, whose average jumps: several of a series fall on one moment, or the
// series have no value at most moments.
func (x *explorer) calm(ctx context.Context, column rows.Column, c charting, where string, distinct func(string) (int64, error)) (string, error) {
	name := named(c.x)
	r, err := x.ask(ctx, rows.Query{Select: "min(" + name + ") as __a, max(" + name + ") as __b, count(" + name + ") as __n", Where: where})
	if err != nil || len(r.Rows) != 1 {
		return "", err
	}
	moments, err := distinct(c.x)
	if err != nil {
		return "", err
	}
	series, pairs := int64(1), moments
	if c.series != "" {
		if series, err = distinct(c.series); err != nil {
			return "", err
		}
		groups, err := x.ask(ctx, rows.Query{Select: "count(*) as __n", GroupBy: name + ", " + named(c.series), Where: both(where, name+" is not null"), Limit: 1})
		if err != nil {
			return "", err
		}
		pairs = groups.Total
	}
	low, okLow := timeOf(valueText(r.Rows[0][0]))
	high, okHigh := timeOf(valueText(r.Rows[0][1]))
	events := numberOf(r.Rows[0][2]) >= 1.5*float64(pairs) || float64(pairs) < .8*float64(moments*series)
	if !okLow || !okHigh || !events {
		return "", nil
	}
	return string(finestStep(column.Type, low, high, calmPoints)), nil
}

// cycleOf is the step of a part of a date that the explorer groups by.
func cycleOf(part string) step {
	switch part {
	case "year", "quarter":
		return step(part)
	case "month":
		return cycleMonth
	case "weekday":
		return cycleWeek
	case "hour":
		return cycleHour
	case "date":
		return stepDay
	}
	return stepAuto
}

// How many columns are looked at to find one of few values, and how few.
const (
	mostLooked     = 6
	mostCategories = 40
)

// mostSuggested is how many series a suggested chart has at most. More can be
// told apart, but not at a glance.
const mostSuggested = 5

// suggestChart chooses a chart by the types of the columns: numbers over time
// are a line, two numbers a scatter plot, names with counts bars, one number
// its distribution. distinct counts the values of a column; it is asked of few.
func suggestChart(schema rows.Schema, t *datasets.Table, distinct func(string) (int64, error)) (charting, error) {
	time := firstColumn(schema, func(c rows.Column) bool { return isTime(c.Type) || c.HoldsYears() })
	measures := measuresOf(schema, t)
	category, few, err := categoryOf(schema, t, distinct)
	if err != nil {
		return charting{}, err
	}
	series := ""
	if category != "" && few <= mostSuggested {
		series = category
	}
	switch {
	case time != "" && len(measures) > 0:
		return charting{kind: templates.PlotLine, x: time, agg: "avg", y: measures[0], series: series}, nil
	case len(measures) > 1 && few <= templates.MostSeries+1:
		return charting{kind: templates.PlotScatter, x: measures[0], agg: "avg", y: measures[1], series: series}, nil
	case time != "":
		return charting{kind: templates.PlotBar, x: time, agg: "count", series: series}, nil
	case category != "":
		return charting{kind: templates.PlotBar, x: category, agg: "count"}, nil
	case len(measures) > 0:
		return charting{kind: templates.PlotBar, x: measures[0], agg: "count"}, nil
	}
	return charting{}, nil
}

// hasChart reports whether a table has a chart worth drawing, as far as its
// dictionary tells: no row is looked at.
func hasChart(t *datasets.Table) bool {
	if t.Rows == 0 {
		return false
	}
	c, err := suggestChart(fieldsAsSchema(t), t, func(column string) (int64, error) {
		for _, f := range t.Fields {
			if f.Name == column {
				return int64(len(f.Codes)), nil
			}
		}
		return 0, nil
	})
	return err == nil && c.kind != ""
}

func firstColumn(schema rows.Schema, is func(rows.Column) bool) string {
	if i := slices.IndexFunc(schema, is); i >= 0 {
		return schema[i].Name
	}
	return ""
}

// measuresOf are the columns of numbers that measure something: neither years
// nor coordinates. Those with a unit or a fraction come first.
func measuresOf(schema rows.Schema, t *datasets.Table) []string {
	place, _ := rows.FindPlaces(schema)
	var first, then []string
	for i, c := range schema {
		if !isNumber(c.Type) || c.HoldsYears() || c.Name == place.Longitude || c.Name == place.Latitude || i < len(t.Fields) && len(t.Fields[i].Codes) > 0 {
			continue
		}
		if c.Type == rows.Decimal || i < len(t.Fields) && t.Fields[i].Unit != "" {
			first = append(first, c.Name)
		} else if !looksLikeKey(c) {
			then = append(then, c.Name)
		}
	}
	return append(first, then...)
}

// looksLikeKey reports whether a column numbers or names its rows.
func looksLikeKey(c rows.Column) bool {
	for _, name := range []string{c.Name, c.Label} {
		name = strings.ToLower(name)
		if name == "id" || strings.HasSuffix(name, "_id") || strings.Contains(name, "编号") || strings.Contains(name, "序号") || strings.HasSuffix(name, "代码") {
			return true
		}
	}
	return false
}

// categoryOf is the first column of text whose values are few, and how many
// there are; those with a code list are looked at first, codes last and from the
// right, where those of the larger areas stand.
func categoryOf(schema rows.Schema, t *datasets.Table, distinct func(string) (int64, error)) (string, int64, error) {
	var first, then, last []string
	for i, c := range schema {
		switch {
		case i < len(t.Fields) && t.Fields[i].Key && len(t.Keys()) == 1: // each row has another
		case i < len(t.Fields) && len(t.Fields[i].Codes) > 1:
			first = append(first, c.Name)
		case c.Type == rows.Boolean, c.Type == rows.Text && !looksLikeKey(c):
			then = append(then, c.Name)
		case c.Type == rows.Text:
			last = append(last, c.Name)
		}
	}
	all := append(first, then...)
	slices.Reverse(last)
	all = append(all[:min(len(all), mostLooked)], last[:min(len(last), mostLooked/2)]...)
	for _, name := range all {
		n, err := distinct(name)
		if err != nil {
			return "", 0, err
		}
		if n > 1 && n <= mostCategories {
			return name, n, nil
		}
	}
	return "", 0, nil
}

// chartForm is the controls of a chart, with what is chosen.
func (x *explorer) chartForm(ctx context.Context, schema rows.Schema, c charting) templates.ViewForm {
	form := x.viewForm(chartName, chartParameters)
	kinds, none := templates.Choice{Name: "kind", Label: text.T(ctx, "图形")}, ""
	if c.x == "" { // nothing is suggested: nothing is chosen for the reader either
		c.kind, none = templates.PlotBar, text.T(ctx, "（请选）")
	}
	for _, k := range chartKinds {
		kinds.Options = append(kinds.Options, templates.ChoiceOption{Value: string(k.kind), Title: chartTitle(ctx, k.kind), On: k.kind == c.kind})
	}
	form.Choices = append(form.Choices, kinds, x.columnChoice(ctx, "x", text.T(ctx, "横轴"), c.x, schema, func(c rows.Column) bool {
		return !isPlace(c.Type) && c.Type != rows.Array && c.Type != rows.Object
	}, none))
	column, _ := columnNamed(schema, c.x)
	if steps := stepsOf(column.Type); len(steps) > 0 && c.kind != templates.PlotScatter {
		choice := templates.Choice{Name: "step", Label: text.T(ctx, "归并"), Options: []templates.ChoiceOption{{Value: "", Title: stepTitle(ctx, stepAuto), On: c.step == ""}}}
		if c.step != "" && !slices.Contains(steps, step(c.step)) {
			steps = append(steps, step(c.step))
		}
		for _, s := range steps {
			choice.Options = append(choice.Options, templates.ChoiceOption{Value: string(s), Title: stepTitle(ctx, s), On: string(s) == c.step})
		}
		form.Choices = append(form.Choices, choice)
	}
	if c.kind != templates.PlotScatter {
		form.Choices = append(form.Choices, aggregateChoice(ctx, "agg", c.agg))
	}
	form.Choices = append(form.Choices, x.columnChoice(ctx, "y", text.T(ctx, "数值列"), c.y, schema, func(col rows.Column) bool {
		return isNumber(col.Type) || c.agg == "count_distinct" && !isPlace(col.Type)
	}, text.T(ctx, "（行数）")))
	if c.kind != templates.PlotPie {
		form.Choices = append(form.Choices, x.columnChoice(ctx, "series", text.T(ctx, "分系列"), c.series, schema, isCategory, text.T(ctx, "（不分）")))
	}
	return form
}

// isCategory reports whether a column can tell series apart.
func isCategory(c rows.Column) bool {
	return c.Type == rows.Text || c.Type == rows.Boolean || c.Type == rows.Integer
}

// viewForm is the form of a view without its choices: it keeps all else that
// the address says.
func (x *explorer) viewForm(view string, parameters []string) templates.ViewForm {
	form := templates.ViewForm{Action: x.page + "#data"}
	kept := x.state.with(func(e *exploring) {
		e.look(view)
		for _, name := range parameters {
			e.own.Del(name)
		}
	}).values()
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		for _, value := range kept[name] {
			form.Kept = append(form.Kept, templates.Parameter{Name: name, Value: value})
		}
	}
	return form
}

// columnChoice offers the columns that suit; none is the words for no column,
// empty where there must be one.
func (x *explorer) columnChoice(ctx context.Context, name, label, chosen string, schema rows.Schema, suits func(rows.Column) bool, none string) templates.Choice {
	choice := templates.Choice{Name: name, Label: label}
	if none != "" {
		choice.Options = append(choice.Options, templates.ChoiceOption{Title: none, On: chosen == ""})
	}
	for _, c := range schema {
		if suits(c) || c.Name == chosen {
			choice.Options = append(choice.Options, templates.ChoiceOption{Value: c.Name, Title: columnTitle(ctx, c), On: c.Name == chosen})
		}
	}
	return choice
}

// columnTitle is what a column is called for people.
func columnTitle(ctx context.Context, c rows.Column) string {
	if c.Label == "" && (text.Of(ctx) != text.English || c.LabelEN == "") {
		return c.Name
	}
	return text.Pick(ctx, c.Label, c.LabelEN)
}

func aggregateChoice(ctx context.Context, name, chosen string) templates.Choice {
	choice := templates.Choice{Name: name, Label: text.T(ctx, "算")}
	for _, s := range summings {
		choice.Options = append(choice.Options, templates.ChoiceOption{Value: s, Title: aggregateTitle(ctx, s), On: s == chosen})
	}
	return choice
}

// aggregateTitle is the name of a figure in the reader's language.
func aggregateTitle(ctx context.Context, function string) string {
	switch function {
	case "sum":
		return text.T(ctx, "合计")
	case "avg":
		return text.T(ctx, "平均")
	case "min":
		return text.T(ctx, "最小")
	case "max":
		return text.T(ctx, "最大")
	case "median":
		return text.T(ctx, "中位数")
	case "count_distinct":
		return text.T(ctx, "不同值的个数")
	}
	return text.T(ctx, "行数")
}

package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"shuyuan/datasets/rows"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// How much one chart shows. What is beyond is said beside it.
const (
	mostPoints     = 2000 // places on the axis
	autoPoints     = 800  // that a step is chosen for
	mostBars       = 80   // of bars over times
	mostNames      = 40   // bars of names: as many as a suggested chart may have
	mostNamesSplit = 12   // the same, where each is several bars
	mostParts      = 7    // of a pie: more are not told apart
	mostDots       = 2000 // rows of a scatter plot; more are put together
	mostTableRows  = 400  // of the table beside
)

// chartMaker asks the rows and makes a plot of the answer.
type chartMaker struct {
	*explorer
	ask    charting
	schema rows.Schema
	view   *templates.ChartView

	where  string
	column rows.Column // of the axis
	step   step        // of times
	width  float64     // of bins of numbers; 0: each value by itself
	keys   []string    // what is grouped by, as expressions
	named  []string    // the series that are shown, nil where there is one

	at     func(context.Context, []any) (at float64, name string, ok bool) // where a group stands on the axis
	axis   []float64                                                       // the places of the axis, in order
	places map[float64]string                                              // and what they are called
}

// refuse says why there is no chart.
func (c *chartMaker) refuse(sentence string) { c.view.Refused = sentence }

// instead offers another kind of chart of the same.
func (c *chartMaker) instead(ctx context.Context, kind templates.PlotKind, change ...string) {
	c.view.Instead = append(c.view.Instead, templates.Link{Title: text.T(ctx, "改用%s图", chartTitle(ctx, kind)), Href: c.link(func(e *exploring) {
		e.look(chartName)
		c.ask.put(e)
		e.set("kind", string(kind))
		for i := 0; i+1 < len(change); i += 2 {
			e.set(change[i], change[i+1])
		}
	})})
}

// put writes what is charted into an address.
func (a charting) put(e *exploring) {
	for name, value := range map[string]string{"kind": string(a.kind), "x": a.x, "step": a.step, "agg": a.agg, "y": a.y, "series": a.series} {
		e.set(name, value)
	}
}

func (c *chartMaker) note(sentence string) { c.view.Notes = append(c.view.Notes, sentence) }

// make draws, or refuses in words.
func (c *chartMaker) make(ctx context.Context) error {
	c.column, _ = columnNamed(c.schema, c.ask.x)
	var err error
	if c.where, err = c.explorer.where(ctx); err != nil {
		return err
	}
	if y, ok := columnNamed(c.schema, c.ask.y); ok && c.ask.agg != "count_distinct" && !isNumber(y.Type) {
		c.refuse(text.T(ctx, "“%s”不是数列，算不出%s。请换一个数值列，或改为行数。", columnTitle(ctx, y), aggregateTitle(ctx, c.ask.agg)))
		return nil
	}
	if isPlace(c.column.Type) || c.column.Type == rows.Array || c.column.Type == rows.Object {
		c.refuse(text.T(ctx, "“%s”是地点或一组值，不能作横轴。地点请到地图里看。", columnTitle(ctx, c.column)))
		return nil
	}
	switch {
	case c.ask.kind == templates.PlotScatter:
		return c.scatter(ctx)
	case !c.ordered() && (c.ask.kind == templates.PlotLine || c.ask.kind == templates.PlotArea):
		c.refuse(text.T(ctx, "%s图要有先后的横轴：日期、年份或数。“%s”没有先后，连成线会让人看出并不存在的趋势。", chartTitle(ctx, c.ask.kind), columnTitle(ctx, c.column)))
		c.instead(ctx, templates.PlotBar)
		return nil
	case c.ask.kind == templates.PlotPie:
		return c.pie(ctx)
	case c.ordered():
		return c.overAxis(ctx)
	}
	return c.overNames(ctx)
}

// ordered reports whether the axis has an order of its own.
func (c *chartMaker) ordered() bool { return isTime(c.column.Type) || isNumber(c.column.Type) }

// figure is what is worked out of each group, as an expression.
func (c *chartMaker) figure() string {
	if c.ask.y == "" {
		return "count(*)"
	}
	return summing{c.ask.agg, c.ask.y}.expression()
}

// rowsTitle and its neighbours name what is drawn.
func (c *chartMaker) figureTitle(ctx context.Context, single bool) string {
	y, ok := columnNamed(c.schema, c.ask.y)
	switch {
	case !ok:
		return text.T(ctx, "行数")
	case single && c.ask.agg != "count_distinct":
		return columnTitle(ctx, y)
	}
	return text.T(ctx, "%s：%s", columnTitle(ctx, y), aggregateTitle(ctx, c.ask.agg))
}

func (c *chartMaker) figureUnit(ctx context.Context) string {
	if c.ask.y == "" || c.ask.agg == "count_distinct" {
		return ""
	}
	return c.unit(ctx, c.ask.y)
}

// group is one group of the answer.
type group struct {
	keys   []any
	series string
	null   bool // the series has no value
	value  float64
	rows   float64
}

// grouped asks for the figure of each group; more conditions may be put to the
// rows.
func (c *chartMaker) grouped(ctx context.Context, order string, limit int, more ...string) ([]group, *rows.Result, error) {
	var by, list []string
	for i, k := range c.keys {
		by = append(by, fmt.Sprintf("%s as __k%d", k, i))
		list = append(list, fmt.Sprintf("__k%d", i))
	}
	if c.named != nil {
		by, list = append(by, named(c.ask.series)+" as __s"), append(list, "__s")
		more = append(more, c.amongSeries())
	}
	r, err := c.explorer.ask(ctx, rows.Query{
		Select: strings.Join(append(list, c.figure()+" as __v", "count(*) as __n"), ", "), GroupBy: strings.Join(by, ", "),
		Where: both(append([]string{c.where}, more...)...), OrderBy: order, Limit: limit,
	})
	if err != nil {
		return nil, nil, err
	}
	out := make([]group, 0, len(r.Rows))
	for _, row := range r.Rows {
		g := group{keys: row[:len(c.keys)], value: numberOf(row[len(row)-2]), rows: numberOf(row[len(row)-1])}
		if c.named != nil {
			g.series, g.null = valueText(row[len(c.keys)]), row[len(c.keys)] == nil
		}
		out = append(out, g)
	}
	return out, r, nil
}

// both joins conditions that all hold.
func both(conditions ...string) string {
	var all []string
	for _, s := range conditions {
		if s != "" {
			all = append(all, "("+s+")")
		}
	}
	return strings.Join(all, " and ")
}

// numberOf is a value as a number, NaN where it is none.
func numberOf(v any) float64 {
	if n, ok := v.(json.Number); ok {
		if f, err := n.Float64(); err == nil {
			return f
		}
	}
	return math.NaN()
}

// valueText is a value as the language's texts and the addresses have it.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return strconv.FormatBool(v)
	case string:
		return v
	case json.Number:
		return v.String()
	case json.RawMessage:
		return string(v)
	}
	return fmt.Sprint(v)
}

// valueTitle is a value as people read it: what a code means in the reader's
// language where its list says so, and a word for true, false and nothing. In
// Chinese, what is written in Chinese is its own name: its list explains it.
func (x *explorer) valueTitle(ctx context.Context, column, value string) string {
	f := x.field(column)
	switch {
	case value == "":
		return text.T(ctx, "（空）")
	case f != nil && f.Type == string(rows.Boolean) && value == "true":
		return text.T(ctx, "是")
	case f != nil && f.Type == string(rows.Boolean) && value == "false":
		return text.T(ctx, "否")
	}
	if f != nil {
		for _, code := range f.Codes {
			switch {
			case code.Value != value:
			case text.Of(ctx) == text.English:
				return cmp.Or(code.LabelEN, value)
			case !hasHan(value):
				return cmp.Or(code.Label, value)
			}
		}
	}
	return value
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// chooseSeries finds the values of the column that tells series apart. More
// than can be told apart are left out, and that is said.
func (c *chartMaker) chooseSeries(ctx context.Context, most int) error {
	if c.ask.series == "" || c.ask.series == c.ask.x && c.step == stepAuto {
		return nil
	}
	f, err := c.Datasets.Facet(ctx, c.viewer, c.version, c.state.table, c.ask.series, c.where, most)
	if err != nil {
		return err
	}
	c.named = []string{}
	shown := int64(0)
	for _, v := range f.Values {
		c.named = append(c.named, valueText(v.Value))
		shown += v.Rows
	}
	column, _ := columnNamed(c.schema, c.ask.series)
	if rest := f.Distinct - int64(len(f.Values)); rest > 0 {
		c.note(text.T(ctx, "“%s”有 %s 个值，只画行数最多的 %d 个；其余 %s 个值共 %s 行没有画。", columnTitle(ctx, column), templates.Thousands(f.Distinct), len(f.Values), templates.Thousands(rest), templates.Thousands(f.Rows-f.Nulls-shown)))
	}
	if f.Nulls > 0 {
		c.note(text.T(ctx, "%s 行没有“%s”，没有画。", templates.Thousands(f.Nulls), columnTitle(ctx, column)))
	}
	return nil
}

// amongSeries is the condition that a row belongs to a series that is shown.
func (c *chartMaker) amongSeries() string {
	column, _ := columnNamed(c.schema, c.ask.series)
	if len(c.named) == 0 {
		return named(c.ask.series) + " is not null"
	}
	s, err := filter{"is", c.ask.series, c.named}.expression(c.schema)
	if err != nil || isPlace(column.Type) {
		return "false"
	}
	return s
}

// overAxis draws over times or numbers.
func (c *chartMaker) overAxis(ctx context.Context) error {
	empty, err := c.settleStep(ctx)
	if err != nil || c.view.Refused != "" {
		return err
	}
	if empty {
		c.nothing(ctx)
		return nil
	}
	if c.ask.kind == templates.PlotArea && c.ask.series != "" && c.ask.agg != "count" && c.ask.agg != "sum" {
		c.refuse(text.T(ctx, "面积叠起来表示合计，%s不能相加。", aggregateTitle(ctx, c.ask.agg)))
		c.instead(ctx, templates.PlotLine)
		return nil
	}
	if err := c.chooseSeries(ctx, templates.MostSeries); err != nil {
		return err
	}
	order := "__k0"
	if len(c.keys) > 1 {
		order = "__k0, __k1"
	}
	groups, answer, err := c.grouped(ctx, order, rows.MaxLimit)
	if err != nil {
		return err
	}
	if places := answer.Total / int64(max(1, len(c.named))); places > mostPoints || answer.Next != "" {
		c.refuse(text.T(ctx, "这样分有 %s 个点，一张图最多画 %s 个。请改用更大的归并，或先筛选。", templates.Thousands(answer.Total), templates.Thousands(mostPoints)))
		c.widen(ctx)
		return nil
	}
	c.at = c.place
	p := c.newPlot(ctx, groups)
	c.fillAxis(ctx, p, groups)
	c.finish(ctx, p, groups)
	return nil
}

// widen offers the next steps that fewer points come of.
func (c *chartMaker) widen(ctx context.Context) {
	at := slices.Index(timeSteps, c.step)
	for _, s := range timeSteps[max(0, at+1):] {
		if !slices.Contains(stepsOf(c.column.Type), s) || at < 0 {
			continue
		}
		c.view.Instead = append(c.view.Instead, templates.Link{Title: stepTitle(ctx, s), Href: c.link(func(e *exploring) {
			c.ask.put(e)
			e.set("step", string(s))
		})})
	}
	c.view.Instead = append(c.view.Instead, templates.Link{Title: stepTitle(ctx, stepAuto), Href: c.link(func(e *exploring) {
		c.ask.put(e)
		e.set("step", "")
	})})
}

// nothing says that no row is left to draw.
func (c *chartMaker) nothing(ctx context.Context) {
	if c.state.narrowed() {
		c.refuse(text.T(ctx, "没有一行符合现在的条件，画不出图。"))
		c.view.Instead = append(c.view.Instead, templates.Link{Title: text.T(ctx, "去掉全部条件"), Href: c.link(func(e *exploring) {
			e.filters, e.words, e.where = nil, "", ""
		})})
		return
	}
	c.refuse(text.T(ctx, "“%s”这一列没有能画的值。", columnTitle(ctx, c.column)))
}

// settleStep finds how the values of the axis are put together; empty means
// that there are none.
func (c *chartMaker) settleStep(ctx context.Context) (empty bool, err error) {
	name := named(c.ask.x)
	r, err := c.explorer.ask(ctx, rows.Query{Select: "min(" + name + ") as __a, max(" + name + ") as __b, count(" + name + ") as __n, count(*) as __m", Where: c.where})
	if err != nil {
		return false, err
	}
	if len(r.Rows) != 1 || numberOf(r.Rows[0][2]) == 0 {
		return true, nil
	}
	row := r.Rows[0]
	if left := numberOf(row[3]) - numberOf(row[2]); left > 0 {
		c.note(text.T(ctx, "%s 行没有“%s”（空着或写得不合类型），没有画。", templates.Thousands(int64(left)), columnTitle(ctx, c.column)))
	}
	if isTime(c.column.Type) {
		return false, c.settleTime(ctx, valueText(row[0]), valueText(row[1]))
	}
	low, high := numberOf(row[0]), numberOf(row[1])
	if math.IsNaN(low) || math.IsNaN(high) { // infinities alone
		return true, nil
	}
	return false, c.settleWidth(low, high)
}

func (c *chartMaker) settleTime(ctx context.Context, low, high string) error {
	c.step = step(c.ask.step)
	if c.step == stepAuto {
		a, okA := timeOf(low)
		b, okB := timeOf(high)
		if !okA || !okB {
			c.refuse(text.T(ctx, "“%s”的日期超出了能画的范围。", columnTitle(ctx, c.column)))
			return nil
		}
		c.step = autoStep(c.column.Type, a, b, c.ask.kind)
	}
	if !slices.Contains(stepsOf(c.column.Type), c.step) && c.step != stepValue {
		return malformed("step", "“%s”不能这样归并。", columnTitle(ctx, c.column))
	}
	c.keys = timeKeys(named(c.ask.x), c.column.Type, c.step)
	return nil
}

// timeKeys are what times are grouped by.
func timeKeys(name string, t rows.Type, s step) []string {
	switch s {
	case stepYear:
		return []string{"year(" + name + ")"}
	case stepQuarter, stepMonth:
		return []string{"year(" + name + ")", string(s) + "(" + name + ")"}
	case stepHour:
		return []string{"date(" + name + ")", "hour(" + name + ")"}
	case cycleMonth:
		return []string{"month(" + name + ")"}
	case cycleWeek:
		return []string{"weekday(" + name + ")"}
	case cycleHour:
		return []string{"hour(" + name + ")"}
	case stepDay:
		if t == rows.DateTime {
			return []string{"date(" + name + ")"}
		}
	}
	return []string{name}
}

// autoStep is the finest step that gives few enough points from low to high.
func autoStep(t rows.Type, low, high time.Time, kind templates.PlotKind) step {
	if kind == templates.PlotBar {
		return finestStep(t, low, high, mostBars)
	}
	return finestStep(t, low, high, autoPoints)
}

// finestStep is the finest step that gives fewer than most points.
func finestStep(t rows.Type, low, high time.Time, most float64) step {
	hours := high.Sub(low).Hours()
	for _, s := range timeSteps {
		if slices.Contains(stepsOf(t), s) && hours/stepHours(s) < most {
			return s
		}
	}
	return stepYear
}

func stepHours(s step) float64 {
	switch s {
	case stepYear:
		return 365.2425 * 24
	case stepQuarter:
		return 91.31 * 24
	case stepMonth:
		return 30.44 * 24
	case stepDay:
		return 24
	}
	return 1
}

// settleWidth chooses bins of numbers: each value where they are whole and few,
// else a round width that gives some thirty bins.
func (c *chartMaker) settleWidth(low, high float64) error {
	name := named(c.ask.x)
	switch {
	case c.ask.step == string(stepValue), c.ask.step == "" && (c.column.HoldsYears() && high-low <= 400 || c.column.Type == rows.Integer && high-low <= 40):
		c.keys = []string{name}
		return nil
	case c.ask.step == "":
		c.width = roundWidth((high-low)/30, c.column.Type == rows.Integer)
	default:
		width, err := strconv.ParseFloat(c.ask.step, 64)
		if err != nil || !(width > 0) || math.IsInf(width, 0) {
			return malformed("step", "宽度要是大于 0 的数。")
		}
		c.width = width
	}
	c.keys = []string{"bucket(" + name + ", " + plainNumber(c.width) + ")"}
	return nil
}

// plainNumber is a number as the language of rows writes it.
func plainNumber(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if len(s) > 30 {
		s = strconv.FormatFloat(f, 'e', -1, 64)
	}
	return s
}

// roundWidth is the next of 1, 2 and 5 times a power of ten.
func roundWidth(least float64, whole bool) float64 {
	if whole && least < 1 || !(least > 0) || math.IsInf(least, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// timeOf reads a moment as the engine writes it.
func timeOf(s string) (time.Time, bool) {
	for _, form := range []string{time.DateOnly, "2006-01-02T15:04:05", "2006-01-02T15:04:05.999999", "2006-01"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// cyclic reports whether times are put together by a part that comes again.
func (c *chartMaker) cyclic() bool {
	return c.step == cycleMonth || c.step == cycleWeek || c.step == cycleHour
}

// place is where a group stands on the axis, and its name; ok is false where it
// has no place.
func (c *chartMaker) place(ctx context.Context, keys []any) (at float64, name string, ok bool) {
	if slices.Contains(keys, any(nil)) {
		return 0, "", false
	}
	if isNumber(c.column.Type) {
		v := numberOf(keys[0])
		return v, c.binName(v), !math.IsNaN(v)
	}
	n := make([]int, len(keys))
	for i, k := range keys {
		n[i] = int(numberOf(k))
	}
	switch c.step {
	case cycleMonth:
		return numberOf(keys[0]), monthTitle(ctx, n[0]), true
	case cycleWeek:
		return numberOf(keys[0]), dayTitle(ctx, n[0]), true
	case cycleHour:
		return numberOf(keys[0]), text.T(ctx, "%d 时", n[0]), true
	}
	t, name, ok := c.timePlace(keys, n)
	return templates.Seconds(t), name, ok
}

func (c *chartMaker) timePlace(keys []any, n []int) (time.Time, string, bool) {
	switch c.step {
	case stepYear:
		return time.Date(n[0], 1, 1, 0, 0, 0, 0, time.UTC), strconv.Itoa(n[0]), true
	case stepQuarter:
		return time.Date(n[0], time.Month(n[1]*3-2), 1, 0, 0, 0, 0, time.UTC), fmt.Sprintf("%d-Q%d", n[0], n[1]), true
	case stepMonth:
		return time.Date(n[0], time.Month(n[1]), 1, 0, 0, 0, 0, time.UTC), fmt.Sprintf("%04d-%02d", n[0], n[1]), true
	case stepHour:
		t, ok := timeOf(valueText(keys[0]))
		t = t.Add(time.Duration(n[1]) * time.Hour)
		return t, t.Format("2006-01-02 15:04"), ok
	}
	s := valueText(keys[0])
	t, ok := timeOf(s)
	return t, strings.Replace(s, "T", " ", 1), ok
}

// binName is the name of a bin of numbers.
func (c *chartMaker) binName(v float64) string {
	if c.column.HoldsYears() && c.width == 0 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	if c.width == 0 {
		return templates.Plain(v)
	}
	return templates.Plain(v) + "–" + templates.Plain(v+c.width)
}

func monthTitle(ctx context.Context, n int) string {
	if text.Of(ctx) == text.English && n >= 1 && n <= 12 {
		return time.Month(n).String()[:3]
	}
	return text.T(ctx, "%d 月", n)
}

// dayTitle is a day of the week, Monday being 1.
func dayTitle(ctx context.Context, n int) string {
	if text.Of(ctx) == text.English && n >= 1 && n <= 7 {
		return time.Weekday(n % 7).String()[:3]
	}
	return "周" + string([]rune("一二三四五六日")[min(max(n, 1), 7)-1])
}

// newPlot is a plot with its axes named.
func (c *chartMaker) newPlot(ctx context.Context, groups []group) *templates.Plot {
	single := c.ask.y != "" && !slices.ContainsFunc(groups, func(g group) bool { return g.rows > 1 })
	p := &templates.Plot{ID: "plot", Kind: c.ask.kind,
		X: templates.PlotAxis{Name: columnTitle(ctx, c.column), Unit: c.unit(ctx, c.ask.x), Year: c.column.HoldsYears()},
		Y: templates.PlotAxis{Name: c.figureTitle(ctx, single), Unit: c.figureUnit(ctx)},
	}
	return p
}

// fillAxis places the groups on an axis of times or numbers.
func (c *chartMaker) fillAxis(ctx context.Context, p *templates.Plot, groups []group) {
	p.X.Kind = templates.Numbers
	if isTime(c.column.Type) {
		p.X.Kind = templates.Moments
	}
	c.places = map[float64]string{}
	for _, g := range groups {
		if at, name, ok := c.at(ctx, g.keys); ok {
			c.places[at] = name
		}
	}
	c.axis = slices.Sorted(maps.Keys(c.places))
	if c.cyclic() {
		p.X.Kind = templates.Categories
		for _, at := range c.axis {
			p.X.Names = append(p.X.Names, c.places[at])
		}
	}
	c.fillSeries(ctx, p, groups)
	c.spacing(ctx, p, c.axis)
}

// fillSeries makes the marks of each series.
func (c *chartMaker) fillSeries(ctx context.Context, p *templates.Plot, groups []group) {
	index := map[float64]float64{}
	for i, at := range c.axis {
		index[at] = at
		if p.X.Kind == templates.Categories {
			index[at] = float64(i)
		}
	}
	for _, name := range c.order() {
		s := templates.PlotSeries{Name: c.valueTitle(ctx, c.ask.series, name)}
		if c.named == nil {
			s.Name = p.Y.Name
		}
		have := map[float64]bool{}
		for _, g := range groups {
			at, title, ok := c.at(ctx, g.keys)
			if !ok || g.null || c.named != nil && g.series != name {
				continue
			}
			have[at] = true
			s.Marks = append(s.Marks, templates.PlotMark{X: index[at], Y: g.value, Words: c.says(ctx, p, s.Name, title, g)})
		}
		if p.Kind == templates.PlotArea && c.named != nil { // of what is added up, no rows are nothing
			for _, at := range c.axis {
				if !have[at] {
					s.Marks = append(s.Marks, templates.PlotMark{X: index[at]})
				}
			}
		}
		slices.SortFunc(s.Marks, func(a, b templates.PlotMark) int { return cmp.Compare(a.X, b.X) })
		p.Series = append(p.Series, s)
	}
}

// order is the series in the order in which they are drawn; the only one has no
// value.
func (c *chartMaker) order() []string {
	if c.named == nil {
		return []string{""}
	}
	return c.named
}

// spacing finds how far the places of an axis usually lie apart. Where that is
// never the same, lines join what there is, and that is said.
func (c *chartMaker) spacing(ctx context.Context, p *templates.Plot, xs []float64) {
	p.Step = 1
	if c.cyclic() {
		return
	}
	if c.width > 0 {
		p.Step = c.width
	} else if len(xs) > 1 {
		p.Step = usual(xs)
	}
	gaps := 0
	for i := 1; i < len(xs); i++ {
		if xs[i]-xs[i-1] > p.Step*1.5 {
			gaps++
		}
	}
	p.Joined = gaps*10 > len(xs)
	switch {
	case p.Kind == templates.PlotBar || gaps == 0:
	case p.Joined:
		c.note(text.T(ctx, "横轴上的值间隔不一：线只连接有值的地方，中间没有值的地方不代表平滑变化。"))
	default:
		c.note(text.T(ctx, "线断开的地方没有数据。"))
	}
}

// usual is the distance between neighbours that comes most often.
func usual(xs []float64) float64 {
	count := map[float64]int{}
	for i := 1; i < len(xs); i++ {
		count[math.Round((xs[i]-xs[i-1])*1e6)/1e6]++
	}
	best, most := xs[1]-xs[0], 0
	for _, d := range slices.Sorted(maps.Keys(count)) {
		if count[d] > most {
			best, most = d, count[d]
		}
	}
	return best
}

// says is what a mark says to who points at it.
func (c *chartMaker) says(ctx context.Context, p *templates.Plot, series, place string, g group) string {
	value := templates.Plain(g.value)
	if math.IsNaN(g.value) {
		value = text.T(ctx, "（空）")
	} else if p.Y.Unit != "" {
		value += " " + p.Y.Unit
	}
	head := place
	if c.named != nil {
		head = series + " · " + place
	}
	if c.ask.y == "" {
		return text.T(ctx, "%s：%s 行", head, templates.Plain(g.rows))
	}
	if g.rows > 1 {
		return text.T(ctx, "%s：%s（%s 行）", head, value, templates.Plain(g.rows))
	}
	return text.T(ctx, "%s：%s", head, value)
}

// finish checks that the kind can show the values, and writes sentence and table.
func (c *chartMaker) finish(ctx context.Context, p *templates.Plot, groups []group) {
	if !p.Fits() {
		c.nothing(ctx)
		return
	}
	negative := slices.ContainsFunc(groups, func(g group) bool { return g.value < 0 })
	if p.Kind == templates.PlotArea && negative {
		c.refuse(text.T(ctx, "面积从零算起，有负数时看不出大小。"))
		c.instead(ctx, templates.PlotLine)
		return
	}
	summable := c.ask.agg == "count" || c.ask.agg == "sum"
	p.Stacked = len(p.Series) > 1 && !negative && summable && (p.Kind == templates.PlotBar || p.Kind == templates.PlotArea)
	p.Title = c.title(ctx, p)
	p.Label = c.sentence(ctx, p)
	c.view.Plot = p
	c.view.Table = c.table(ctx, p, groups)
}

// title is what a chart shows, as its heading.
func (c *chartMaker) title(ctx context.Context, p *templates.Plot) string {
	title := text.T(ctx, "%s，按%s", p.Y.Name, p.X.Name)
	if c.named != nil {
		column, _ := columnNamed(c.schema, c.ask.series)
		title = text.T(ctx, "%s，按%s和%s", p.Y.Name, p.X.Name, columnTitle(ctx, column))
	}
	return title
}

// sentence says what is seen to those who do not see it.
func (c *chartMaker) sentence(ctx context.Context, p *templates.Plot) string {
	var low, high *templates.PlotMark
	for _, s := range p.Series {
		for i := range s.Marks {
			m := &s.Marks[i]
			if math.IsNaN(m.Y) {
				continue
			}
			if low == nil || m.Y < low.Y {
				low = m
			}
			if high == nil || m.Y > high.Y {
				high = m
			}
		}
	}
	if low == nil || low.Words == high.Words {
		return text.T(ctx, "%s图：%s。", chartTitle(ctx, p.Kind), p.Title)
	}
	return text.T(ctx, "%s图：%s。最高：%s。最低：%s。", chartTitle(ctx, p.Kind), p.Title, high.Words, low.Words)
}

// table is the chart as a table, in the order of the axis.
func (c *chartMaker) table(ctx context.Context, p *templates.Plot, groups []group) templates.TableView {
	t := templates.TableView{Label: text.T(ctx, "图的数据"), Dense: true, Columns: []templates.Column{{Label: p.X.Name, Unit: p.X.Unit}}}
	for _, s := range p.Series {
		t.Columns = append(t.Columns, templates.Column{Label: s.Name, Unit: p.Y.Unit, Num: true})
	}
	counted := c.named == nil && c.ask.y != ""
	if counted {
		t.Columns = append(t.Columns, templates.Column{Label: text.T(ctx, "行数"), Num: true})
	}
	cells := map[string]map[float64]group{}
	for _, g := range groups {
		if at, _, ok := c.at(ctx, g.keys); ok && !g.null {
			if cells[g.series] == nil {
				cells[g.series] = map[float64]group{}
			}
			cells[g.series][at] = g
		}
	}
	for _, at := range c.axis {
		if len(t.Rows) == mostTableRows {
			c.note(text.T(ctx, "旁边的表只列前 %d 个点；全部可以在“表格”里分组查看和下载。", mostTableRows))
			break
		}
		row := []string{c.places[at]}
		for _, name := range c.order() {
			g, ok := cells[name][at]
			if !ok {
				row = append(row, "")
				continue
			}
			row = append(row, templates.Plain(g.value))
			if counted {
				row = append(row, templates.Plain(g.rows))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

package portal

import (
	"context"
	"math"
	"strings"

	"shuyuan/datasets/rows"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// overNames draws bars of names, the largest first. What is beyond the most is
// said, and what it adds up to where that means something.
func (c *chartMaker) overNames(ctx context.Context) error {
	c.keys = []string{named(c.ask.x)}
	most := mostNames
	if c.ask.series != "" && c.ask.series != c.ask.x {
		most = mostNamesSplit
	}
	largest, answer, err := c.grouped(ctx, "__v desc, __n desc, __k0", most)
	if err != nil {
		return err
	}
	if len(largest) == 0 {
		c.nothing(ctx)
		return nil
	}
	if err := c.others(ctx, largest, answer.Total); err != nil {
		return err
	}
	groups := largest
	if c.ask.series != c.ask.x {
		if err := c.chooseSeries(ctx, templates.MostSeries); err != nil {
			return err
		}
		if c.named != nil {
			if groups, _, err = c.grouped(ctx, "__k0", rows.MaxLimit, c.amongNames(largest)); err != nil {
				return err
			}
		}
	}
	c.axis, c.places = nil, map[float64]string{}
	index := map[string]float64{}
	for i, g := range largest {
		value := valueText(g.keys[0])
		index[value] = float64(i)
		c.axis, c.places[float64(i)] = append(c.axis, float64(i)), c.valueTitle(ctx, c.ask.x, value)
	}
	c.at = func(_ context.Context, keys []any) (float64, string, bool) {
		at, ok := index[valueText(keys[0])]
		return at, c.places[at], ok
	}
	p := c.newPlot(ctx, groups)
	p.X.Kind = templates.Categories
	for _, at := range c.axis {
		p.X.Names = append(p.X.Names, c.places[at])
	}
	c.fillSeries(ctx, p, groups)
	c.finish(ctx, p, groups)
	return nil
}

// amongNames is the condition that a row has one of the names that are shown.
func (c *chartMaker) amongNames(shown []group) string {
	f := filter{op: "is", column: c.ask.x}
	null := false
	for _, g := range shown {
		if g.keys[0] == nil {
			null = true
			continue
		}
		f.values = append(f.values, valueText(g.keys[0]))
	}
	var all []string
	if len(f.values) > 0 {
		s, err := f.expression(c.schema)
		if err != nil {
			return "false"
		}
		all = append(all, s)
	}
	if null {
		all = append(all, named(c.ask.x)+" is null")
	}
	return strings.Join(all, " or ")
}

// others says what is not among the names that are shown.
func (c *chartMaker) others(ctx context.Context, shown []group, total int64) error {
	left := total - int64(len(shown))
	if left <= 0 {
		return nil
	}
	r, err := c.explorer.ask(ctx, rows.Query{Select: c.figure() + " as __v, count(*) as __n", Where: c.where})
	if err != nil || len(r.Rows) != 1 {
		return err
	}
	sum, lines := 0.0, 0.0
	for _, g := range shown {
		lines += g.rows
		if !math.IsNaN(g.value) {
			sum += g.value
		}
	}
	all, counted := numberOf(r.Rows[0][0]), numberOf(r.Rows[0][1])
	if c.ask.agg == "sum" {
		c.note(text.T(ctx, "只画最大的 %d 类；其余 %s 类共 %s 行，合计 %s，没有画。", len(shown), templates.Thousands(left), templates.Plain(counted-lines), templates.Plain(all-sum)))
		return nil
	}
	c.note(text.T(ctx, "只画最大的 %d 类；其余 %s 类共 %s 行，没有画。", len(shown), templates.Thousands(left), templates.Plain(counted-lines)))
	return nil
}

// pie draws the parts of a whole, where there is a whole: counts or sums, none
// of them negative, and few enough to be told apart.
func (c *chartMaker) pie(ctx context.Context) error {
	switch {
	case c.ask.agg != "count" && c.ask.agg != "sum":
		c.refuse(text.T(ctx, "饼图表示一个整体的各部分，%s加起来不是整体。", aggregateTitle(ctx, c.ask.agg)))
		c.instead(ctx, templates.PlotBar)
		return nil
	case c.ordered() && !c.column.HoldsYears():
		c.refuse(text.T(ctx, "“%s”有先后，画成饼看不出变化。", columnTitle(ctx, c.column)))
		c.instead(ctx, templates.PlotBar)
		return nil
	}
	c.keys = []string{named(c.ask.x)}
	groups, answer, err := c.grouped(ctx, "__v desc, __n desc, __k0", mostParts)
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		c.nothing(ctx)
		return nil
	}
	if answer.Total > mostParts {
		c.refuse(text.T(ctx, "“%s”有 %s 个值，饼图分到 %d 份以上就分不清了。", columnTitle(ctx, c.column), templates.Thousands(answer.Total), mostParts))
		c.instead(ctx, templates.PlotBar)
		return nil
	}
	total := 0.0
	for _, g := range groups {
		if g.value < 0 {
			c.refuse(text.T(ctx, "有一部分是负数，加起来不是整体。"))
			c.instead(ctx, templates.PlotBar)
			return nil
		}
		if !math.IsNaN(g.value) {
			total += g.value
		}
	}
	if total == 0 {
		c.refuse(text.T(ctx, "各部分都是零，没有整体可分。"))
		c.instead(ctx, templates.PlotBar)
		return nil
	}
	c.drawPie(ctx, groups, total)
	return nil
}

func (c *chartMaker) drawPie(ctx context.Context, groups []group, total float64) {
	p := c.newPlot(ctx, groups)
	p.Title = c.title(ctx, p)
	t := templates.TableView{Label: text.T(ctx, "图的数据"), Dense: true, Columns: []templates.Column{{Label: p.X.Name}, {Label: p.Y.Name, Unit: p.Y.Unit, Num: true}, {Label: text.T(ctx, "占比"), Num: true}}}
	for _, g := range groups {
		if math.IsNaN(g.value) {
			continue
		}
		name := c.valueTitle(ctx, c.ask.x, valueText(g.keys[0]))
		p.Series = append(p.Series, templates.PlotSeries{Name: name, Marks: []templates.PlotMark{{Y: g.value, Words: c.says(ctx, p, "", name, g)}}})
		t.Rows = append(t.Rows, []string{name, templates.Plain(g.value), templates.Percent(g.value / total)})
	}
	p.Label = c.sentence(ctx, p)
	c.view.Plot, c.view.Table = p, t
}

// The grid that the rows of a large scatter plot are put together by.
const (
	dotColumns = 48
	dotRows    = 30
)

// scatter draws two numbers of each row against each other; of many rows, how
// many lie in each cell of a grid, so that all of them count.
func (c *chartMaker) scatter(ctx context.Context) error {
	y, ok := columnNamed(c.schema, c.ask.y)
	if !ok || !isNumber(y.Type) || !isNumber(c.column.Type) && !isTime(c.column.Type) || c.column.Type == rows.YearMonth {
		c.refuse(text.T(ctx, "散点图要两个数列：一个作横轴，一个作纵轴。"))
		if c.ask.y == "" || c.ordered() {
			c.instead(ctx, templates.PlotBar)
		}
		return nil
	}
	if err := c.chooseSeries(ctx, templates.MostSeries); err != nil {
		return err
	}
	x, v := named(c.ask.x), named(c.ask.y)
	where := both(c.where, x+" is not null", v+" is not null")
	if c.named != nil {
		where = both(where, c.amongSeries())
	}
	r, err := c.explorer.ask(ctx, rows.Query{Select: "count(*) as __n, min(" + x + ") as __a, max(" + x + ") as __b, min(" + v + ") as __c, max(" + v + ") as __d", Where: where})
	if err != nil {
		return err
	}
	row := r.Rows[0]
	switch n := numberOf(row[0]); {
	case n == 0:
		c.nothing(ctx)
		return nil
	case n > mostDots:
		return c.cells(ctx, where, row)
	}
	return c.points(ctx, where)
}

// scatterPlot is the plot of two columns, without its marks.
func (c *chartMaker) scatterPlot(ctx context.Context) *templates.Plot {
	y, _ := columnNamed(c.schema, c.ask.y)
	p := &templates.Plot{ID: "plot", Kind: templates.PlotScatter,
		X: templates.PlotAxis{Name: columnTitle(ctx, c.column), Unit: c.unit(ctx, c.ask.x), Kind: templates.Numbers, Year: c.column.HoldsYears()},
		Y: templates.PlotAxis{Name: columnTitle(ctx, y), Unit: c.unit(ctx, c.ask.y), Year: y.HoldsYears()},
	}
	if isTime(c.column.Type) {
		p.X.Kind = templates.Moments
	}
	p.Title = text.T(ctx, "%s和%s", p.Y.Name, p.X.Name)
	return p
}

// points draws each row.
func (c *chartMaker) points(ctx context.Context, where string) error {
	list := named(c.ask.x) + " as __x, " + named(c.ask.y) + " as __y"
	name := c.nameColumn()
	for i, column := range []string{c.ask.series, name} {
		if column != "" {
			list += ", " + named(column) + " as " + []string{"__s", "__name"}[i]
		}
	}
	r, err := c.explorer.ask(ctx, rows.Query{Select: list, Where: where, Limit: mostDots})
	if err != nil {
		return err
	}
	p := c.scatterPlot(ctx)
	t := templates.TableView{Label: text.T(ctx, "图的数据"), Dense: true}
	if name != "" {
		column, _ := columnNamed(c.schema, name)
		t.Columns = append(t.Columns, templates.Column{Label: columnTitle(ctx, column)})
	}
	t.Columns = append(t.Columns, templates.Column{Label: p.X.Name, Unit: p.X.Unit, Num: p.X.Kind == templates.Numbers}, templates.Column{Label: p.Y.Name, Unit: p.Y.Unit, Num: true})
	series := map[string]int{}
	for i, value := range c.order() {
		series[value] = i
		p.Series = append(p.Series, templates.PlotSeries{Name: c.valueTitle(ctx, c.ask.series, value)})
	}
	if c.named != nil {
		column, _ := columnNamed(c.schema, c.ask.series)
		t.Columns = append(t.Columns, templates.Column{Label: columnTitle(ctx, column)})
	}
	for _, row := range r.Rows {
		c.point(ctx, p, &t, row, series, name != "")
	}
	if len(t.Rows) == mostTableRows && len(r.Rows) > mostTableRows {
		c.note(text.T(ctx, "旁边的表只列前 %d 个点；全部可以在“表格”里分组查看和下载。", mostTableRows))
	}
	p.Label = text.T(ctx, "散点图：%s，%s 行。", p.Title, templates.Thousands(int64(len(r.Rows))))
	c.view.Plot, c.view.Table = p, t
	return nil
}

// point adds one row to the plot and to its table.
func (c *chartMaker) point(ctx context.Context, p *templates.Plot, t *templates.TableView, row []any, series map[string]int, hasName bool) {
	at, title := numberOf(row[0]), ""
	if p.X.Kind == templates.Moments {
		when, ok := timeOf(valueText(row[0]))
		if !ok {
			return
		}
		at, title = templates.Seconds(when), strings.Replace(valueText(row[0]), "T", " ", 1)
	} else {
		title = templates.Plain(at)
		if p.X.Year {
			title = valueText(row[0])
		}
	}
	y := numberOf(row[1])
	if math.IsNaN(at) || math.IsNaN(y) {
		return
	}
	var line []string
	head := ""
	if hasName {
		head = valueText(row[len(row)-1]) + " · "
		line = append(line, valueText(row[len(row)-1]))
	}
	line = append(line, title, templates.Plain(y))
	i, value := 0, ""
	if c.named != nil {
		value = valueText(row[2])
		i = series[value]
		line = append(line, c.valueTitle(ctx, c.ask.series, value))
	}
	p.Series[i].Marks = append(p.Series[i].Marks, templates.PlotMark{X: at, Y: y, Words: head + p.X.Name + " " + title + " · " + p.Y.Name + " " + templates.Plain(y)})
	if len(t.Rows) < mostTableRows {
		t.Rows = append(t.Rows, line)
	}
}

// nameColumn is the column that names a row: the first of text that is no
// series.
func (c *chartMaker) nameColumn() string {
	return firstColumn(c.schema, func(column rows.Column) bool {
		return column.Type == rows.Text && column.Name != c.ask.series && column.Name != c.ask.x
	})
}

// cells puts rows together by the cells of a grid and draws each cell as large
// as it has rows.
func (c *chartMaker) cells(ctx context.Context, where string, range_ []any) error {
	if isTime(c.column.Type) {
		c.refuse(text.T(ctx, "有 %s 行，一张散点图最多画 %s 个点。日期作横轴请改用折线，或先筛选。", templates.Plain(numberOf(range_[0])), templates.Thousands(mostDots)))
		c.instead(ctx, templates.PlotLine, "agg", "avg")
		return nil
	}
	wide := roundWidth((numberOf(range_[2])-numberOf(range_[1]))/dotColumns, false)
	high := roundWidth((numberOf(range_[4])-numberOf(range_[3]))/dotRows, false)
	c.keys = []string{"bucket(" + named(c.ask.x) + ", " + plainNumber(wide) + ")", "bucket(" + named(c.ask.y) + ", " + plainNumber(high) + ")"}
	c.named = nil // squares of several series would lie on each other
	ask := c.ask
	c.ask.agg, c.ask.y = "count", ""
	c.where = where
	groups, _, err := c.grouped(ctx, "__n desc", rows.MaxLimit)
	c.ask = ask
	if err != nil {
		return err
	}
	p := c.scatterPlot(ctx)
	s := templates.PlotSeries{}
	t := templates.TableView{Label: text.T(ctx, "图的数据"), Dense: true, Columns: []templates.Column{{Label: p.X.Name, Unit: p.X.Unit}, {Label: p.Y.Name, Unit: p.Y.Unit}, {Label: text.T(ctx, "行数"), Num: true}}}
	for _, g := range groups {
		a, b := numberOf(g.keys[0]), numberOf(g.keys[1])
		if math.IsNaN(a) || math.IsNaN(b) {
			continue
		}
		xs, ys := templates.Plain(a)+"–"+templates.Plain(a+wide), templates.Plain(b)+"–"+templates.Plain(b+high)
		s.Marks = append(s.Marks, templates.PlotMark{X: a + wide/2, Y: b + high/2, Rows: g.rows, Words: text.T(ctx, "%s %s · %s %s：%s 行", p.X.Name, xs, p.Y.Name, ys, templates.Plain(g.rows))})
		if len(t.Rows) < mostTableRows {
			t.Rows = append(t.Rows, []string{xs, ys, templates.Plain(g.rows)})
		}
	}
	p.Series = []templates.PlotSeries{s}
	c.note(text.T(ctx, "有 %s 行，逐点画会叠成一片：这里按 %s × %s 的格子合计，圆的面积表示行数，每一行都算在内。", templates.Plain(numberOf(range_[0])), templates.Plain(wide), templates.Plain(high)))
	if c.ask.series != "" {
		c.note(text.T(ctx, "格子里不再分系列；先筛选到 %s 行以内就能分。", templates.Thousands(mostDots)))
	}
	if len(groups) > mostTableRows {
		c.note(text.T(ctx, "旁边的表只列行数最多的 %d 格。", mostTableRows))
	}
	p.Label = text.T(ctx, "散点图：%s，%s 行。", p.Title, templates.Plain(numberOf(range_[0])))
	c.view.Plot, c.view.Table = p, t
	return nil
}

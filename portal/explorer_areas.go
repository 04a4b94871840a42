package portal

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"shuyuan/datasets/rows"
	"shuyuan/internal/atlas"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// mostClasses is how many classes of colour can be told apart on a map.
const mostClasses = 5

// areas colours the cities of a province by a figure of the rows that name
// them, by division code or by name.
func (m *mapMaker) areas(ctx context.Context) error {
	column, _ := columnNamed(m.schema, m.ask.area)
	if of, ok := columnNamed(m.schema, m.ask.of); ok && !isNumber(of.Type) && m.ask.fig != "count_distinct" {
		m.refuse(text.T(ctx, "“%s”不是数列，算不出%s。请换一个数值列，或改为行数。", columnTitle(ctx, of), aggregateTitle(ctx, m.ask.fig)))
		return nil
	}
	if column.Type != rows.Text {
		m.refuse(text.T(ctx, "“%s”不是文本列：区划代码和地市名称要是文本。", columnTitle(ctx, column)))
		return nil
	}
	groups, total, err := m.byArea(ctx)
	if err != nil {
		return err
	}
	if total == 0 {
		m.nowhere(ctx, 0, 0)
		if !m.state.narrowed() {
			m.refuse(text.T(ctx, "“%s”这一列是空的，画不出地图。", columnTitle(ctx, column)))
		}
		return nil
	}
	province, ok := m.chooseProvince(groups, total)
	if !ok {
		m.withoutOutline(ctx, column, groups, total)
		return nil
	}
	m.colour(ctx, province, groups, total)
	return nil
}

// areaGroup is the rows that name one area.
type areaGroup struct {
	key   string // the first four digits of a code, or a name
	value float64
	rows  float64
}

// byArea asks for the figure of each area. Codes of any length are cut to the
// four digits that name a city.
func (m *mapMaker) byArea(ctx context.Context) (groups []areaGroup, total float64, err error) {
	figure := "count(*)"
	if m.ask.of != "" {
		figure = summing{m.ask.fig, m.ask.of}.expression()
	}
	by := named(m.ask.area)
	codes, err := m.holdsCodes(ctx)
	if err != nil {
		return nil, 0, err
	}
	if codes {
		by = "left(" + by + ", 4)"
	}
	r, err := m.explorer.ask(ctx, rows.Query{Select: "__k, " + figure + " as __v, count(*) as __n", GroupBy: by + " as __k", OrderBy: "__n desc", Where: m.where, Limit: rows.MaxLimit})
	if err != nil {
		return nil, 0, err
	}
	for _, row := range r.Rows {
		g := areaGroup{key: valueText(row[0]), value: numberOf(row[1]), rows: numberOf(row[2])}
		total += g.rows
		groups = append(groups, g)
	}
	return groups, total, nil
}

// holdsCodes reports whether the values of the column are division codes, by
// those that most rows have.
func (m *mapMaker) holdsCodes(ctx context.Context) (bool, error) {
	f, err := m.Datasets.Facet(ctx, m.viewer, m.version, m.state.table, m.ask.area, m.where, 20)
	if err != nil {
		return false, err
	}
	codes := 0
	for _, v := range f.Values {
		if isCode(valueText(v.Value)) {
			codes++
		}
	}
	return codes*2 > len(f.Values), nil
}

// isCode reports whether s may be a division code: 2, 4, 6, 9 or 12 digits.
func isCode(s string) bool {
	return slices.Contains([]int{2, 4, 6, 9, 12}, len(s)) && strings.Trim(s, "0123456789") == ""
}

// cityOf finds the city of a province that a code or a name means.
func cityOf(p atlas.Province, key string) int {
	return slices.IndexFunc(p.Cities, func(c atlas.City) bool {
		return key == c.Code[:4] || key == c.Name || key+"市" == c.Name || strings.EqualFold(key, c.NameEN)
	})
}

// chooseProvince is the one that was asked for, else the one that most rows lie
// in: a map of what few rows name would be taken for one of all.
func (m *mapMaker) chooseProvince(groups []areaGroup, total float64) (atlas.Province, bool) {
	if p, ok := atlas.ProvinceOf(m.ask.province); ok {
		return p, true
	}
	for _, p := range atlas.Provinces() {
		if 2*rowsIn(p, groups) > total {
			return p, true
		}
	}
	return atlas.Province{}, false
}

// rowsIn is how many rows name a city of p.
func rowsIn(p atlas.Province, groups []areaGroup) (n float64) {
	for _, g := range groups {
		if cityOf(p, g.key) >= 0 {
			n += g.rows
		}
	}
	return n
}

// withoutOutline says that most of what the column names cannot be drawn here,
// and offers the part that can.
func (m *mapMaker) withoutOutline(ctx context.Context, column rows.Column, groups []areaGroup, total float64) {
	var have []string
	some := false
	for _, p := range atlas.Provinces() {
		name := text.Pick(ctx, p.Name, p.NameEN)
		have = append(have, name)
		n := rowsIn(p, groups)
		if n == 0 {
			continue
		}
		some = true
		m.view.Instead = append(m.view.Instead, templates.Link{
			Title: text.T(ctx, "只画%s（%s 行，%s）", name, templates.Plain(n), templates.Percent(n/total)),
			Href:  m.link(func(e *exploring) { e.set("province", p.Code) }),
		})
	}
	names := strings.Join(have, text.T(ctx, "、"))
	if some {
		m.refuse(text.T(ctx, "“%s”里的 %s 行大多不在%s，平台没有全国的示意图，画一省会漏掉大部分行，所以不自动画。", columnTitle(ctx, column), templates.Plain(total), names))
	} else {
		m.refuse(text.T(ctx, "“%s”里没有能画的地区。平台只有%s各地级市的示意图；省级、县级和别的地方没有，不画。", columnTitle(ctx, column), names))
	}
	m.view.Instead = append(m.view.Instead, templates.Link{Title: text.T(ctx, "改用%s图", chartTitle(ctx, templates.PlotBar)), Href: m.link(func(e *exploring) {
		e.look(chartName)
		charting{kind: templates.PlotBar, x: m.ask.area, agg: m.ask.fig, y: m.ask.of}.put(e)
	})})
}

// colour draws the cities of a province, each by the class of its figure.
func (m *mapMaker) colour(ctx context.Context, p atlas.Province, groups []areaGroup, total float64) {
	found := make([]*areaGroup, len(p.Cities))
	values, matched := []float64{}, 0.0
	for i, g := range groups {
		at := cityOf(p, g.key)
		if at < 0 || found[at] != nil {
			continue
		}
		found[at] = &groups[i]
		matched += g.rows
		if !math.IsNaN(g.value) {
			values = append(values, g.value)
		}
	}
	if rest := total - matched; rest > matched {
		m.view.Lead = text.T(ctx, "这张图只画%s：%s 行里的 %s 行（%s），其余没有画。", text.Pick(ctx, p.Name, p.NameEN), templates.Plain(total), templates.Plain(matched), templates.Percent(matched/total))
	} else if rest > 0 {
		m.note(text.T(ctx, "另有 %s 行不在%s的地级市里，或代码对不上，没有画。", templates.Plain(rest), text.Pick(ctx, p.Name, p.NameEN)))
	}
	cuts := templates.Classes(values, mostClasses, m.ask.equal)
	whole := templates.FitBox(p.Box)
	box := whole
	if m.ask.box != nil {
		box = templates.FitBox(*m.ask.box)
	}
	title := m.figureTitle(ctx)
	d := &templates.Map{Box: box, Moves: m.moves(ctx, box, whole), Title: text.T(ctx, "%s：%s各市", title, text.Pick(ctx, p.Name, p.NameEN))}
	unit := m.unit(ctx, m.ask.of)
	for i, c := range p.Cities {
		a := templates.MapArea{Name: text.Pick(ctx, c.Name, c.NameEN), Rings: c.Rings, Seat: c.Seat, Class: -1}
		a.Words = text.T(ctx, "%s：没有数据", a.Name)
		if g := found[i]; g != nil && !math.IsNaN(g.value) {
			a.Class = templates.ClassOf(cuts, g.value)
			a.Words = a.Name + text.T(ctx, "：") + strings.TrimSpace(templates.Plain(g.value)+" "+unit)
		}
		d.Areas = append(d.Areas, a)
	}
	d.Label = text.T(ctx, "地图：%s，%d 个市。", d.Title, len(p.Cities))
	m.view.Map = d
	m.legend(ctx, cuts, values)
	m.areaRows(ctx, p, found, title, unit)
	m.attribute(ctx, false, true)
}

func (m *mapMaker) figureTitle(ctx context.Context) string {
	of, ok := columnNamed(m.schema, m.ask.of)
	if !ok {
		return text.T(ctx, "行数")
	}
	return text.T(ctx, "%s：%s", columnTitle(ctx, of), aggregateTitle(ctx, m.ask.fig))
}

// legend names the classes and says how they are cut.
func (m *mapMaker) legend(ctx context.Context, cuts, values []float64) {
	if len(values) > 0 {
		low, high := slices.Min(values), slices.Max(values)
		for i := range len(cuts) + 1 {
			from, to := low, high
			if i > 0 {
				from = cuts[i-1]
			}
			words := text.T(ctx, "%s 到 %s", templates.Plain(from), templates.Plain(to))
			if i == len(cuts) && from == to {
				words = templates.Plain(to)
			}
			if i < len(cuts) {
				words = text.T(ctx, "%s 到不足 %s", templates.Plain(from), templates.Plain(cuts[i]))
			}
			c := templates.MapClass{Class: i, Words: words}
			for _, v := range values {
				if templates.ClassOf(cuts, v) == i {
					c.Areas++
				}
			}
			m.view.Legend = append(m.view.Legend, c)
		}
	}
	if none := len(m.view.Map.Areas) - len(values); none > 0 {
		m.view.Legend = append(m.view.Legend, templates.MapClass{Class: -1, Words: text.T(ctx, "没有数据"), Areas: none})
	}
	m.view.Cut = text.T(ctx, "按分位数分级：每级的市一样多。")
	if m.ask.equal {
		m.view.Cut = text.T(ctx, "等距分级：每级的宽度一样。")
	}
}

// areaRows is the map as a table, the largest first.
func (m *mapMaker) areaRows(ctx context.Context, p atlas.Province, found []*areaGroup, title, unit string) {
	out := templates.MapRows{Heading: text.T(ctx, "各市的数"), Columns: []templates.Column{{Label: text.T(ctx, "市")}, {Label: text.T(ctx, "区划代码")}, {Label: title, Unit: unit, Num: true}}}
	if m.ask.of != "" {
		out.Columns = append(out.Columns, templates.Column{Label: text.T(ctx, "行数"), Num: true})
	}
	order := make([]int, len(p.Cities))
	for i := range order {
		order[i] = i
	}
	value := func(i int) float64 {
		if found[i] == nil || math.IsNaN(found[i].value) {
			return math.Inf(-1)
		}
		return found[i].value
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(value(b), value(a)) })
	for _, i := range order {
		row := []string{text.Pick(ctx, p.Cities[i].Name, p.Cities[i].NameEN), p.Cities[i].Code, "", ""}
		if g := found[i]; g != nil {
			row[2], row[3] = templates.Plain(g.value), templates.Plain(g.rows)
		}
		out.Rows = append(out.Rows, row[:len(out.Columns)])
	}
	m.view.Rows = out
}

package portal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/atlas"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// mapView is the explorer's view of rows on a map: where they lie, or the
// areas that their division codes name. The answer is as large for ten rows as
// for ten million: what lies close together is put together by the engine.
var mapView = explorerView{name: mapName, title: "地图", parameters: mapParameters, offered: mayBeMapped, draw: drawMap}

const mapName = "map"

var mapParameters = []string{"layer", "area", "fig", "of", "cut", "province", "box"}

// The layers of a map.
const (
	layerPlaces = "places"
	layerAreas  = "areas"
)

// How much one map shows.
const (
	mostMapRows   = 300 // rows drawn one by one; more are put together
	mostShapes    = 200 // outlines drawn
	mapCells      = 24  // cells of the grid, from west to east
	mostRowsAside = 50  // of the table beside, where rows are put together
	mostAsideCols = 6
)

// mapping is what a map shows, as the address says or as the columns suggest.
type mapping struct {
	layer    string
	place    rows.Places // where rows lie
	placed   bool        // the table has places
	shapes   bool        // they are outlines and not points
	area     string      // the column of division codes or names of cities
	fig, of  string      // a figure and its column
	equal    bool        // classes are equally wide
	province string      // division code
	box      *atlas.Box  // nil: all that there is
}

func mayBeMapped(x *explorer) bool { return hasMap(x.table()) }

// hasMap reports whether the rows of a table lie somewhere, as far as its
// dictionary tells.
func hasMap(t *datasets.Table) bool {
	schema := fieldsAsSchema(t)
	_, ok := rows.FindPlaces(schema)
	return t.Rows > 0 && (ok || len(areaColumns(schema)) > 0)
}

// hasGoodMap reports whether the map of a table shows most of its rows, as far
// as its entry tells: where they lie, or the cities of a province that can be
// drawn.
func hasGoodMap(d *datasets.Dataset, t *datasets.Table) bool {
	if _, ok := rows.FindPlaces(fieldsAsSchema(t)); ok {
		return t.Rows > 0
	}
	_, drawn := atlas.ProvinceOf(d.Region.Code)
	return drawn && hasMap(t)
}

// fieldsAsSchema is the columns as the dictionary has them: enough to know
// whether there may be a map.
func fieldsAsSchema(t *datasets.Table) rows.Schema {
	var schema rows.Schema
	for i, f := range t.Fields {
		schema = append(schema, rows.Column{Name: f.Name, Label: f.Label, LabelEN: f.LabelEN, Type: rows.Type(f.Type), Store: "c" + strconv.Itoa(i)})
	}
	return schema
}

// The names of columns that hold division codes or names of cities.
var (
	areaWords = []string{"区划", "行政区", "地址码", "地级", "设区市", "adcode"}
	areaEnds  = []string{"省级代码", "县级代码", "乡级代码", "citycode", "areacode", "streetcode", "provincecode", "divisioncode"}
	cityNames = []string{"城市", "市", "地市", "city"}
)

// areaColumns are the columns that may name areas, those of codes and cities
// before those of provinces.
func areaColumns(schema rows.Schema) []string {
	var found, provinces []string
	for _, c := range schema {
		if c.Type != rows.Text {
			continue
		}
		for _, name := range []string{strings.ToLower(c.Name), strings.ToLower(c.Label)} {
			holds := func(list []string, test func(string, string) bool) bool {
				return slices.ContainsFunc(list, func(w string) bool { return test(name, w) })
			}
			if name == "" || !holds(areaWords, strings.Contains) && !holds(areaEnds, strings.HasSuffix) && !slices.Contains(cityNames, name) {
				continue
			}
			if strings.HasPrefix(name, "省级") || strings.HasPrefix(name, "province") {
				provinces = append(provinces, c.Name)
			} else {
				found = append(found, c.Name)
			}
			break
		}
	}
	return append(found, provinces...)
}

// drawMap answers with a map, or says in words why there is none.
func drawMap(ctx context.Context, x *explorer) (templ.Component, error) {
	schema, err := x.columns(ctx)
	if err != nil {
		return nil, err
	}
	asked, err := x.mapping(schema)
	if err != nil {
		return nil, err
	}
	m := &mapMaker{explorer: x, ask: asked, schema: schema, view: &templates.MapView{Form: x.mapForm(ctx, schema, asked)}}
	if m.where, err = x.where(ctx); err != nil {
		return nil, err
	}
	switch {
	case asked.layer == layerAreas && asked.area == "":
		m.refuse(text.T(ctx, "这张表没有行政区划代码或地市名称列，不能按地区着色。"))
	case asked.layer == layerAreas:
		err = m.areas(ctx)
	case asked.layer == layerPlaces && !asked.placed:
		m.refuse(text.T(ctx, "这张表没有地点：没有点或图形列，也没有成对的经度、纬度列，画不出地图。"))
		m.toAreas(ctx)
	default:
		err = m.places(ctx)
	}
	if err != nil {
		return nil, err
	}
	return templates.MapSlot(m.view), nil
}

// mapping is what the address asks for; what it leaves open is suggested.
func (x *explorer) mapping(schema rows.Schema) (mapping, error) {
	own := x.state.own
	m := mapping{layer: own.Get("layer"), area: own.Get("area"), fig: own.Get("fig"), of: own.Get("of"), equal: own.Get("cut") == "equal", province: own.Get("province")}
	m.place, m.placed = rows.FindPlaces(schema)
	if c, ok := columnNamed(schema, m.place.Column); ok {
		m.shapes = c.Type == rows.Geometry
	}
	areas := areaColumns(schema)
	if m.area == "" && len(areas) > 0 {
		m.area = areas[0]
	}
	for parameter, column := range map[string]string{"area": m.area, "of": m.of} {
		if _, ok := columnNamed(schema, column); !ok && column != "" {
			return m, missing(parameter, column)
		}
	}
	if m.layer == "" {
		m.layer = layerPlaces
		if !m.placed && m.area != "" {
			m.layer = layerAreas
		}
	}
	if m.layer != layerPlaces && m.layer != layerAreas {
		return m, malformed("layer", "没有这种地图。")
	}
	if m.fig == "" || m.fig != "count" && m.of == "" {
		m.fig, m.of = "count", ""
	}
	if !slices.Contains(summings, m.fig) {
		return m, malformed("fig", "没有这种算法。")
	}
	if m.fig == "count" {
		m.of = ""
	}
	if m.province != "" {
		if p, ok := atlas.ProvinceOf(m.province); !ok || p.Code != m.province {
			return m, malformed("province", "没有这个省的示意图。")
		}
	}
	var err error
	m.box, err = readBox(own.Get("box"))
	return m, err
}

// readBox reads west, south, east and north, in degrees.
func readBox(raw string) (*atlas.Box, error) {
	if raw == "" {
		return nil, nil
	}
	parts := strings.Split(raw, ",")
	var v [4]float64
	for i := range v {
		if len(parts) != 4 || !aNumber.MatchString(parts[i]) {
			return nil, malformed("box", "范围要写成西、南、东、北四个数，用逗号隔开。")
		}
		v[i], _ = strconv.ParseFloat(parts[i], 64)
	}
	b := atlas.Box{West: v[0], South: v[1], East: v[2], North: v[3]}
	if !(b.West < b.East && b.South < b.North && b.West >= -720 && b.East <= 720 && b.South >= -360 && b.North <= 360) {
		return nil, malformed("box", "范围的西要小于东、南要小于北。")
	}
	return &b, nil
}

// mapForm is the controls of a map, with what is chosen.
func (x *explorer) mapForm(ctx context.Context, schema rows.Schema, m mapping) templates.ViewForm {
	form := x.viewForm(mapName, mapParameters)
	areas := areaColumns(schema)
	if m.placed && len(areas) > 0 || m.layer == layerAreas {
		form.Choices = append(form.Choices, templates.Choice{Name: "layer", Label: text.T(ctx, "画"), Options: []templates.ChoiceOption{
			{Value: layerPlaces, Title: text.T(ctx, "地点"), On: m.layer == layerPlaces}, {Value: layerAreas, Title: text.T(ctx, "按地区着色"), On: m.layer == layerAreas}}})
	}
	if m.layer != layerAreas {
		return form
	}
	form.Choices = append(form.Choices, x.columnChoice(ctx, "area", text.T(ctx, "地区列"), m.area, schema, func(c rows.Column) bool { return c.Type == rows.Text }, ""),
		aggregateChoice(ctx, "fig", m.fig),
		x.columnChoice(ctx, "of", text.T(ctx, "数值列"), m.of, schema, func(c rows.Column) bool { return isNumber(c.Type) }, text.T(ctx, "（行数）")),
		templates.Choice{Name: "cut", Label: text.T(ctx, "分级"), Options: []templates.ChoiceOption{
			{Value: "", Title: text.T(ctx, "分位数"), On: !m.equal}, {Value: "equal", Title: text.T(ctx, "等距"), On: m.equal}}})
	province := templates.Choice{Name: "province", Label: text.T(ctx, "示意图"), Options: []templates.ChoiceOption{{Value: "", Title: text.T(ctx, "自动"), On: m.province == ""}}}
	for _, p := range atlas.Provinces() {
		province.Options = append(province.Options, templates.ChoiceOption{Value: p.Code, Title: text.Pick(ctx, p.Name, p.NameEN), On: p.Code == m.province})
	}
	form.Choices = append(form.Choices, province)
	return form
}

// mapMaker asks the rows and makes a map of the answer.
type mapMaker struct {
	*explorer
	ask    mapping
	schema rows.Schema
	view   *templates.MapView
	where  string
}

func (m *mapMaker) refuse(sentence string) { m.view.Refused = sentence }
func (m *mapMaker) note(sentence string)   { m.view.Notes = append(m.view.Notes, sentence) }

// toAreas offers the map of areas where there is one.
func (m *mapMaker) toAreas(ctx context.Context) {
	if len(areaColumns(m.schema)) > 0 {
		m.view.Instead = append(m.view.Instead, templates.Link{Title: text.T(ctx, "按地区着色"), Href: m.link(func(e *exploring) { e.set("layer", layerAreas) })})
	}
	m.view.Instead = append(m.view.Instead, templates.Link{Title: text.T(ctx, "看表格"), Href: m.link(func(e *exploring) { e.look(rowsView) })})
}

// spot is where a row lies, in the language of rows.
func (m *mapMaker) spot() (lon, lat, place string) {
	p := m.ask.place
	if p.Column != "" {
		c := named(p.Column)
		return "longitude(" + c + ")", "latitude(" + c + ")", c
	}
	return named(p.Longitude), named(p.Latitude), "point(" + named(p.Longitude) + ", " + named(p.Latitude) + ")"
}

func inBox(place string, b atlas.Box) string {
	return fmt.Sprintf("in_bbox(%s, %s, %s, %s, %s)", place, plainNumber(b.West), plainNumber(b.South), plainNumber(b.East), plainNumber(b.North))
}

// places draws where rows lie.
func (m *mapMaker) places(ctx context.Context) error {
	lon, lat, place := m.spot()
	r, err := m.explorer.ask(ctx, rows.Query{Select: "count(*) as __m, count(" + lon + ") as __a, count(" + lat + ") as __b", Where: m.where})
	if err != nil {
		return err
	}
	all, placed := numberOf(r.Rows[0][0]), min(numberOf(r.Rows[0][1]), numberOf(r.Rows[0][2]))
	world := both(m.where, inBox(place, atlas.World))
	r, err = m.explorer.ask(ctx, rows.Query{Select: "count(*) as __n, min(" + lon + ") as __w, min(" + lat + ") as __s, max(" + lon + ") as __e, max(" + lat + ") as __o", Where: world})
	if err != nil {
		return err
	}
	row := r.Rows[0]
	inside := numberOf(row[0])
	m.leftOut(ctx, all, placed, inside)
	if inside == 0 {
		m.nowhere(ctx, all, placed)
		return nil
	}
	whole := templates.FitBox(atlas.Box{West: numberOf(row[1]), South: numberOf(row[2]), East: numberOf(row[3]), North: numberOf(row[4])})
	box := whole
	if m.ask.box != nil {
		box = templates.FitBox(*m.ask.box)
	}
	m.view.Map = &templates.Map{Box: box, Moves: m.moves(ctx, box, whole)}
	return m.inView(ctx, place, world)
}

// leftOut says which rows have no place on the map.
func (m *mapMaker) leftOut(ctx context.Context, all, placed, inside float64) {
	if n := all - placed; n > 0 {
		m.note(text.T(ctx, "%s 行没有坐标，没有画。", templates.Plain(n)))
	}
	if n := placed - inside; n > 0 {
		m.note(text.T(ctx, "%s 行的坐标超出经度 ±180、纬度 ±90，没有画：可能经纬度写反了，或不是经纬度。", templates.Plain(n)))
	}
}

// nowhere says why nothing can be drawn, and what to do.
func (m *mapMaker) nowhere(ctx context.Context, all, placed float64) {
	switch {
	case all == 0 && m.state.narrowed():
		m.refuse(text.T(ctx, "没有一行符合现在的条件，地图上没有可画的。"))
		m.view.Instead = append(m.view.Instead, templates.Link{Title: text.T(ctx, "去掉全部条件"), Href: m.link(func(e *exploring) { e.filters, e.words, e.where = nil, "", "" })})
	case placed == 0:
		m.refuse(text.T(ctx, "地点列是空的，画不出地图。"))
		m.toAreas(ctx)
	default:
		m.refuse(text.T(ctx, "没有一个坐标落在经度 ±180、纬度 ±90 之内，画不出地图：请看表格里的坐标，可能是投影坐标或经纬度写反了。"))
		m.toAreas(ctx)
	}
}

// moves are the ways to see another part of the world.
func (m *mapMaker) moves(ctx context.Context, b, whole atlas.Box) []templates.MapMove {
	wide, high := b.East-b.West, b.North-b.South
	around := func(lon, lat, times float64) atlas.Box {
		return atlas.Box{West: lon - wide*times/2, South: lat - high*times/2, East: lon + wide*times/2, North: lat + high*times/2}
	}
	c := b.Middle()
	all := []struct {
		name, title string
		box         atlas.Box
	}{
		{"in", text.T(ctx, "放大"), around(c.Lon, c.Lat, .5)}, {"out", text.T(ctx, "缩小"), around(c.Lon, c.Lat, 2)},
		{"west", text.T(ctx, "向西"), around(c.Lon-wide/3, c.Lat, 1)}, {"north", text.T(ctx, "向北"), around(c.Lon, c.Lat+high/3, 1)},
		{"south", text.T(ctx, "向南"), around(c.Lon, c.Lat-high/3, 1)}, {"east", text.T(ctx, "向东"), around(c.Lon+wide/3, c.Lat, 1)},
	}
	var out []templates.MapMove
	for _, v := range all {
		if !v.box.Touches(atlas.World) || v.name == "out" && wide > 360 || v.name == "in" && wide < .004 {
			continue
		}
		out = append(out, templates.MapMove{Name: v.name, Title: v.title, Href: m.boxLink(v.box)})
	}
	if m.ask.box != nil {
		out = append(out, templates.MapMove{Name: "all", Title: text.T(ctx, "全部"), Href: m.link(func(e *exploring) { e.set("box", "") })})
	}
	return out
}

// boxLink leads to another part of the world. FitBox adds some room, which is
// taken off first, or each step would go a little further out.
func (m *mapMaker) boxLink(b atlas.Box) string {
	c := b.Middle()
	w, h := (b.East-b.West)/1.08/2, (b.North-b.South)/1.08/2
	limited := atlas.Box{West: max(c.Lon-w, -720), South: max(c.Lat-h, -360), East: min(c.Lon+w, 720), North: min(c.Lat+h, 360)}
	return m.link(func(e *exploring) { e.set("box", templates.BoxText(limited)) })
}

// inView draws what lies in the box: row by row, or put together by a grid.
func (m *mapMaker) inView(ctx context.Context, place, world string) error {
	box := m.view.Map.Box
	where := both(world, inBox(place, box))
	r, err := m.explorer.ask(ctx, rows.Query{Select: "count(*) as __n", Where: where})
	if err != nil {
		return err
	}
	seen := numberOf(r.Rows[0][0])
	one := seen <= mostMapRows
	switch {
	case seen == 0:
		m.note(text.T(ctx, "这一块里没有数据：请缩小，或回到全部。"))
	case m.ask.shapes && seen <= mostShapes:
		err = m.drawShapes(ctx, where)
	case one:
		err = m.drawPoints(ctx, where)
	default:
		err = m.drawCells(ctx, where)
	}
	if err != nil {
		return err
	}
	if err := m.aside(ctx, where, seen, one); err != nil {
		return err
	}
	m.settle(ctx, seen)
	return nil
}

// drawCells puts rows together by the cells of a grid.
func (m *mapMaker) drawCells(ctx context.Context, where string) error {
	lon, lat, _ := m.spot()
	box := m.view.Map.Box
	wide := (box.East - box.West) / mapCells
	high := (box.North - box.South) / math.Round(mapCells/templates.MapAspect)
	r, err := m.explorer.ask(ctx, rows.Query{
		GroupBy: "bucket(" + lon + ", " + plainNumber(wide) + ") as __x, bucket(" + lat + ", " + plainNumber(high) + ") as __y",
		Select:  "__x, __y, count(*) as __n, avg(" + lon + ") as __lon, avg(" + lat + ") as __lat", OrderBy: "__n desc", Where: where, Limit: 2000,
	})
	if err != nil {
		return err
	}
	for _, row := range r.Rows {
		x, y, n := numberOf(row[0]), numberOf(row[1]), numberOf(row[2])
		p := templates.MapPoint{At: atlas.Point{Lon: numberOf(row[3]), Lat: numberOf(row[4])}, Rows: n, Words: text.T(ctx, "%s 行，放大看", templates.Plain(n))}
		if math.IsNaN(p.At.Lon) || math.IsNaN(p.At.Lat) {
			continue
		}
		p.Href = m.boxLink(atlas.Box{West: x - wide/2, South: y - high/2, East: x + wide*1.5, North: y + high*1.5})
		m.view.Map.Points = append(m.view.Map.Points, p)
	}
	if m.ask.shapes {
		m.note(text.T(ctx, "这一块里的图形多于 %d 个：这里只画它们的中心，放大后画出形状。", mostShapes))
	} else {
		m.note(text.T(ctx, "这一块里多于 %d 行：离得近的合在一起，圆里写着行数；点圆可放大。", mostMapRows))
	}
	return nil
}

// nameOfRow is the column that names a row: the first of text.
func (m *mapMaker) nameOfRow() string {
	name := firstColumn(m.schema, func(c rows.Column) bool {
		return c.Type == rows.Text && (strings.Contains(c.Name, "名") || strings.Contains(strings.ToLower(c.Name), "name") || strings.Contains(c.Label, "名"))
	})
	if name == "" {
		name = firstColumn(m.schema, func(c rows.Column) bool { return c.Type == rows.Text })
	}
	return name
}

// drawPoints draws each row.
func (m *mapMaker) drawPoints(ctx context.Context, where string) error {
	lon, lat, _ := m.spot()
	list := lon + " as __lon, " + lat + " as __lat"
	if name := m.nameOfRow(); name != "" {
		list += ", " + named(name) + " as __name"
	}
	r, err := m.explorer.ask(ctx, rows.Query{Select: list, Where: where, Limit: mostMapRows, Clip: 80})
	if err != nil {
		return err
	}
	for i, row := range r.Rows {
		p := templates.MapPoint{At: atlas.Point{Lon: numberOf(row[0]), Lat: numberOf(row[1])}, Rows: 1, Href: "#" + rowID(i), Words: text.T(ctx, "第 %s 行", templates.Thousands(r.Numbers[i]+1))}
		if len(row) > 2 && row[2] != nil {
			p.Words = valueText(row[2])
		}
		m.view.Map.Points = append(m.view.Map.Points, p)
	}
	return nil
}

func rowID(i int) string { return "map-row-" + strconv.Itoa(i+1) }

// drawShapes draws the outline of each row. What is too large is drawn by its
// middle.
func (m *mapMaker) drawShapes(ctx context.Context, where string) error {
	list := named(m.ask.place.Column) + " as __shape"
	if name := m.nameOfRow(); name != "" {
		list += ", " + named(name) + " as __name"
	}
	r, err := m.explorer.ask(ctx, rows.Query{Select: list, Where: where, Limit: mostShapes})
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Kind == fault.TooLarge {
		m.note(text.T(ctx, "这些图形的点太多，只画它们的中心；放大到几个图形时画出形状。"))
		return m.drawPoints(ctx, where)
	}
	if err != nil {
		return err
	}
	lost := 0
	for i, row := range r.Rows {
		s, point, ok := shapeOf(valueText(row[0]))
		words := text.T(ctx, "第 %s 行", templates.Thousands(r.Numbers[i]+1))
		if len(row) > 1 && row[1] != nil {
			words = valueText(row[1])
		}
		switch {
		case !ok:
			lost++
		case point != nil:
			m.view.Map.Points = append(m.view.Map.Points, templates.MapPoint{At: *point, Rows: 1, Words: words, Href: "#" + rowID(i)})
		default:
			s.Words, s.Href = words, "#"+rowID(i)
			m.view.Map.Shapes = append(m.view.Map.Shapes, s)
		}
	}
	if lost > 0 {
		m.note(text.T(ctx, "%d 个图形不是 GeoJSON，没有画。", lost))
	}
	return nil
}

// aside is the rows in view, as a table.
func (m *mapMaker) aside(ctx context.Context, where string, seen float64, one bool) error {
	var list []string
	out := templates.MapRows{Heading: text.T(ctx, "这一块里的 %s 行", templates.Plain(seen))}
	for _, c := range m.schema {
		if len(list) == mostAsideCols || isPlace(c.Type) || c.Type == rows.Array || c.Type == rows.Object {
			continue
		}
		list = append(list, named(c.Name))
		out.Columns = append(out.Columns, templates.Column{Label: columnTitle(ctx, c), Unit: m.unit(ctx, c.Name), Num: isNumber(c.Type)})
	}
	if len(list) == 0 || seen == 0 {
		m.view.Rows = out
		return nil
	}
	limit := mostRowsAside
	if one {
		limit = mostMapRows
	}
	r, err := m.explorer.ask(ctx, rows.Query{Select: strings.Join(list, ", "), Where: where, Limit: limit, Clip: 80})
	if err != nil {
		return err
	}
	for i, row := range r.Rows {
		cells := make([]string, len(row))
		for j, v := range row {
			cells[j] = valueText(v)
		}
		out.Rows = append(out.Rows, cells)
		if one {
			out.IDs = append(out.IDs, rowID(i))
		}
	}
	if !one {
		out.Heading = text.T(ctx, "这一块里的 %s 行，列前 %d 行", templates.Plain(seen), len(out.Rows))
	}
	out.More = templates.Link{Title: text.T(ctx, "在表格里看这一块的行"), Href: m.link(func(e *exploring) {
		e.look(rowsView)
		e.where = both(e.where, inBox(m.placeName(), m.view.Map.Box))
	})}
	m.view.Rows = out
	return nil
}

func (m *mapMaker) placeName() string { _, _, place := m.spot(); return place }

// settle says what the map is: whose lines it shows and in which coordinates.
func (m *mapMaker) settle(ctx context.Context, seen float64) {
	d := m.view.Map
	d.Title = text.T(ctx, "%s的位置", text.Pick(ctx, m.resource.Name, m.resource.NameEN))
	d.Label = text.T(ctx, "地图：%s，从 %s 到 %s、从 %s 到 %s，%s 行。", d.Title, lonText(d.Box.West), lonText(d.Box.East), latText(d.Box.South), latText(d.Box.North), templates.Plain(seen))
	shifted := m.coordinates(ctx)
	if shifted {
		d.Statement = append(d.Statement, text.T(ctx, "这种坐标与底图的坐标相差几百米，所以不画底图，也不换算。"))
	} else {
		d.Coast = atlas.Coast(d.Box)
	}
	m.attribute(ctx, !shifted, false)
}

func lonText(v float64) string {
	return fmt.Sprintf("%.2f°%s", math.Abs(v), map[bool]string{true: "W", false: "E"}[v < 0])
}

func latText(v float64) string {
	return fmt.Sprintf("%.2f°%s", math.Abs(v), map[bool]string{true: "S", false: "N"}[v < 0])
}

// coordinates states the coordinate system that the entry or its dictionary names, or how
// the numbers are taken where it names none. It reports whether it is one that
// does not fit the outlines.
func (m *mapMaker) coordinates(ctx context.Context) (shifted bool) {
	if c := m.dataset.Coordinates; c != "" {
		m.view.Map.Statement = append(m.view.Map.Statement, text.T(ctx, "坐标系：%s（据条目）。", c))
		return c == "GCJ-02" || c == "BD-09"
	}
	said := ""
	for _, name := range []string{m.ask.place.Column, m.ask.place.Longitude, m.ask.place.Latitude} {
		if f := m.field(name); f != nil && name != "" {
			said += " " + f.Description + " " + f.Unit
		}
	}
	said = strings.ToUpper(said)
	for _, system := range []struct {
		words   []string
		name    string
		shifted bool
	}{
		{[]string{"GCJ-02", "GCJ02", "火星坐标"}, "GCJ-02", true}, {[]string{"BD-09", "BD09", "百度坐标"}, "BD-09", true},
		{[]string{"CGCS2000", "CGCS 2000", "2000国家大地"}, "CGCS2000", false}, {[]string{"WGS-84", "WGS84", "WGS 84"}, "WGS 84", false},
	} {
		if slices.ContainsFunc(system.words, func(w string) bool { return strings.Contains(said, w) }) {
			m.view.Map.Statement = append(m.view.Map.Statement, text.T(ctx, "坐标系：%s（据数据字典）。", system.name))
			return system.shifted
		}
	}
	m.view.Map.Statement = append(m.view.Map.Statement, text.T(ctx, "数据没有注明坐标系，按 WGS 84 / CGCS2000 理解；若实为 GCJ-02 或 BD-09，位置会偏几百米。"))
	return false
}

// attribute says whose lines the map shows.
func (m *mapMaker) attribute(ctx context.Context, coast, cities bool) {
	d := m.view.Map
	if number := m.dataset.MapReview; number != "" {
		d.Statement = append(d.Statement, text.T(ctx, "审图号：%s。", number))
	}
	switch {
	case cities:
		d.Statement = append(d.Statement, text.T(ctx, "示意图，不作为划界依据，未经审图（没有审图号）：各市画成边长约二十公里的方格，只表示大致方位，不含任何界线。方位据 %s %s（%s）。", atlas.Cities.Name, atlas.Cities.Version, atlas.Cities.Licence))
	case coast:
		d.Statement = append(d.Statement, text.T(ctx, "示意：海岸线取自 %s（公有领域），简化到约四公里，小岛从略；不画任何境界线，没有审图号。", "Natural Earth"))
	}
	d.Statement = append(d.Statement, text.T(ctx, "经纬度等距投影，在图中央的纬度上不变形；比例尺只在图中央准确。"))
}

package rows

import (
	"fmt"
	"slices"
	"strings"
)

// function is one function of the language: what it takes, what it gives, and
// its SQL with %s for the arguments.
type function struct {
	takes   []func(Type) bool
	names   []string // of its arguments, in help
	least   int      // how many arguments are needed; 0: all
	gives   Type
	same    bool // gives the type of its first argument
	dated   bool // reads a month as its first day
	sql     string
	grouped bool // an aggregate
}

func anything(Type) bool    { return true }
func words(t Type) bool     { return t.words() }
func numeric(t Type) bool   { return t.number() }
func momentary(t Type) bool { return t.moment() }
func monthly(t Type) bool   { return t.moment() || t == YearMonth }
func sortable(t Type) bool  { return !t.place() && t != Array && t != Object }
func whole(t Type) bool     { return t == Integer }

func takes(f ...func(Type) bool) []func(Type) bool { return f }

// functions is the whole language beside operators; help and the API's
// description are made of it.
var functions = map[string]function{
	"lower":       {takes: takes(words), names: []string{"text"}, gives: Text, sql: "lower(%s)"},
	"upper":       {takes: takes(words), names: []string{"text"}, gives: Text, sql: "upper(%s)"},
	"length":      {takes: takes(words), names: []string{"text"}, gives: Integer, sql: "length(%s)"},
	"trim":        {takes: takes(words), names: []string{"text"}, gives: Text, sql: "trim(%s)"},
	"starts_with": {takes: takes(words, words), names: []string{"text", `"beginning"`}, gives: Boolean, sql: "starts_with(%s, %s)"},
	"ends_with":   {takes: takes(words, words), names: []string{"text", `"end"`}, gives: Boolean, sql: "ends_with(%s, %s)"},
	"contains":    {takes: takes(words, words), names: []string{"text", `"part"`}, gives: Boolean, sql: "contains(%s, %s)"},
	"left":        {takes: takes(words, whole), names: []string{"text", "digits"}, gives: Text, sql: "left(%s, CAST(greatest(0, least(10000, %s)) AS INTEGER))"},

	"abs":    {takes: takes(numeric), names: []string{"number"}, same: true, sql: "abs(%s)"},
	"floor":  {takes: takes(numeric), names: []string{"number"}, gives: Integer, sql: "TRY_CAST(floor(%s) AS HUGEINT)"},
	"ceil":   {takes: takes(numeric), names: []string{"number"}, gives: Integer, sql: "TRY_CAST(ceil(%s) AS HUGEINT)"},
	"round":  {takes: takes(numeric, whole), names: []string{"number", "digits"}, least: 1, gives: Decimal, sql: "round(CAST(%s AS DOUBLE), CAST(greatest(-15, least(15, %s)) AS INTEGER))"},
	"bucket": {takes: takes(numeric, numeric), names: []string{"number", "width"}, gives: Decimal, sql: "(floor(CAST(%s AS DOUBLE) / nullif(%[2]s, 0)) * %[2]s)"},

	"year":    {takes: takes(monthly), names: []string{"date"}, dated: true, gives: Integer, sql: "year(%s)"},
	"quarter": {takes: takes(monthly), names: []string{"date"}, dated: true, gives: Integer, sql: "quarter(%s)"},
	"month":   {takes: takes(monthly), names: []string{"date"}, dated: true, gives: Integer, sql: "month(%s)"},
	"day":     {takes: takes(momentary), names: []string{"date"}, gives: Integer, sql: "day(%s)"},
	"weekday": {takes: takes(momentary), names: []string{"date"}, gives: Integer, sql: "isodow(%s)"}, // Monday is 1
	"hour":    {takes: takes(momentary), names: []string{"date"}, gives: Integer, sql: "hour(%s)"},
	"date":    {takes: takes(momentary), names: []string{"date"}, gives: Date, sql: "CAST(%s AS DATE)"},

	"count":          {takes: takes(anything), names: []string{"column"}, gives: Integer, sql: "count(%s)", grouped: true},
	"count_distinct": {takes: takes(anything), names: []string{"column"}, gives: Integer, sql: "count(DISTINCT %s)", grouped: true},
	"sum":            {takes: takes(numeric), names: []string{"number"}, same: true, sql: "sum(%s)", grouped: true},
	"avg":            {takes: takes(numeric), names: []string{"number"}, gives: Decimal, sql: "avg(%s)", grouped: true},
	"min":            {takes: takes(sortable), names: []string{"column"}, same: true, sql: "min(%s)", grouped: true},
	"max":            {takes: takes(sortable), names: []string{"column"}, same: true, sql: "max(%s)", grouped: true},
	"median":         {takes: takes(numeric), names: []string{"number"}, gives: Decimal, sql: "median(CAST(%s AS DOUBLE))", grouped: true},
	"stddev":         {takes: takes(numeric), names: []string{"number"}, gives: Decimal, sql: "stddev_samp(CAST(%s AS DOUBLE))", grouped: true},
}

// Function describes a function of the language.
type Function struct {
	Name      string
	Form      string // how it is written
	Gives     Type   // empty: the type of its first argument
	Aggregate bool
}

// Functions are all functions, sorted by name.
func Functions() []Function {
	all := []Function{
		{"date_trunc", `date_trunc(date, "month")`, Date, false},
		{"distance", "distance(place, geom'POINT(119.3 26.1)')", Decimal, false},
		{"in_bbox", "in_bbox(place, west, south, east, north)", Boolean, false},
		{"latitude", "latitude(place)", Decimal, false},
		{"longitude", "longitude(place)", Decimal, false},
		{"percentile", "percentile(number, 0.9)", Decimal, true},
		{"raw", "raw(column)", Text, false},
		{"search", `search(column, …, "text")`, Boolean, false},
		{"within_distance", "within_distance(place, geom'POINT(119.3 26.1)', 5km)", Boolean, false},
	}
	for name, f := range functions {
		all = append(all, Function{name, name + "(" + strings.Join(f.names, ", ") + ")", f.gives, f.grouped})
	}
	slices.SortFunc(all, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (c *compiler) call(n *callNode) (sqlExpr, error) {
	name := strings.ToLower(n.Name)
	switch name {
	case "search":
		return c.search(n)
	case "within_distance":
		return c.withinDistance(n)
	case "distance":
		return c.distance(n)
	case "in_bbox":
		return c.inBox(n)
	case "longitude", "latitude":
		return c.coordinate(name, n)
	case "percentile":
		return c.percentile(n)
	case "date_trunc":
		return c.truncated(n)
	case "raw":
		return c.raw(n)
	case "point":
		return sqlExpr{}, c.fail("地点只能写在 within_distance、distance 或 in_bbox 里。")
	}
	f, ok := functions[name]
	if !ok {
		return sqlExpr{}, c.fail("没有“%s”这个函数。", clip(n.Name))
	}
	if f.grouped && !c.grouped {
		return sqlExpr{}, c.fail("%s 是聚合函数，不能写在这里。", name)
	}
	if n.Star {
		if name != "count" {
			return sqlExpr{}, c.fail("只有 count 可以用 *。")
		}
		return sqlExpr{sql: "count(*)", typ: Integer, aggregate: true}, nil
	}
	if n.Distinct {
		if name != "count" {
			return sqlExpr{}, c.fail("只有 count 可以用 distinct。")
		}
		f = functions["count_distinct"]
	}
	if name == "bucket" && len(n.Args) == 2 {
		f.sql = bucketSQL(f.sql, n.Args[1])
	}
	return c.apply(name, f, n.Args)
}

// bucketSQL is the SQL of buckets of a width. One with a fraction is nearly
// never exact in binary: 0.3 / 0.1 is a little less than 3. What is that little
// below the next bucket is in it, and buckets begin at numbers with as many
// digits as the width.
func bucketSQL(plain string, width *orNode) string {
	p, minus := lonely(width)
	if p == nil || minus || p.Number == nil {
		return plain
	}
	_, fraction, ok := strings.Cut(*p.Number, ".")
	if !ok || len(fraction) > 15 || strings.ContainsAny(fraction, "eE") {
		return plain
	}
	return fmt.Sprintf("round(floor(CAST(%%s AS DOUBLE) / nullif(%%[2]s, 0) + 1e-9) * %%[2]s, %d)", len(fraction))
}

// apply gives the function f its arguments.
func (c *compiler) apply(name string, f function, args []*orNode) (sqlExpr, error) {
	least := f.least
	if least == 0 {
		least = len(f.takes)
	}
	if len(args) < least || len(args) > len(f.takes) {
		return sqlExpr{}, c.fail("%s 需要 %d 个参数。", name, least)
	}
	out := sqlExpr{typ: f.gives, constant: true, aggregate: f.grouped}
	var parts []any
	for i, a := range args {
		e, err := c.argument(f, a)
		if err != nil {
			return e, err
		}
		if e.null || !f.takes[i](e.typ) {
			return e, c.fail("%s 的第 %d 个参数不能是 %s。", name, i+1, typeName(e))
		}
		if i == 0 && f.same {
			out.typ = e.typ
		}
		if f.dated && e.typ == YearMonth {
			e.sql = monthAsDay(e.sql)
		}
		parts = append(parts, e.sql)
		out.take(e)
		if name == "bucket" && i == 1 { // stands twice in the SQL
			out.args = append(out.args, e.args...)
		}
	}
	for len(parts) < len(f.takes) {
		parts = append(parts, "0")
	}
	if f.grouped {
		out.constant, out.loose = false, ""
	}
	out.sql = fmt.Sprintf(f.sql, parts...)
	return out, nil
}

// argument compiles one argument of f: within an aggregate there is neither
// another one nor a key of a group.
func (c *compiler) argument(f function, a *orNode) (sqlExpr, error) {
	inner := *c
	if f.grouped {
		inner.grouped, inner.keys = false, nil
	}
	e, err := inner.or(a)
	c.nodes = inner.nodes
	return e, err
}

func typeName(e sqlExpr) string {
	if e.null {
		return "null"
	}
	return string(e.typ)
}

// search is search(column, …, "text"), or search("text") over every column of
// text: each word of the text stands somewhere in one of them.
func (c *compiler) search(n *callNode) (sqlExpr, error) {
	if n.Star || n.Distinct || len(n.Args) == 0 {
		return sqlExpr{}, c.fail("search 的最后一个参数要是引号里的文本。")
	}
	last, minus := lonely(n.Args[len(n.Args)-1])
	if last == nil || minus || last.Text == nil {
		return sqlExpr{}, c.fail("search 的最后一个参数要是引号里的文本。")
	}
	var columns []string
	for _, a := range n.Args[:len(n.Args)-1] {
		e, err := c.plain(a)
		if err != nil {
			return e, err
		}
		if !e.typ.words() {
			return e, c.fail("“%s”不是文本列，search 只在文本列里找。", e.column.Name)
		}
		columns = append(columns, e.sql)
	}
	if len(n.Args) == 1 {
		for _, column := range c.schema {
			if column.Type == Text {
				columns = append(columns, column.Store)
			}
		}
	}
	c.nodes += len(columns)
	if err := c.count(); err != nil {
		return sqlExpr{}, err
	}
	return searched(columns, unquote(*last.Text)), nil
}

// mostWords is how many words one search looks for.
const mostWords = 16

// searched is the condition that each word of text stands in one of columns.
func searched(columns []string, text string) sqlExpr {
	out := sqlExpr{sql: "TRUE", typ: Boolean, loose: text}
	fields := strings.Fields(strings.ToLower(text))
	if len(fields) == 0 {
		return out
	}
	if len(columns) == 0 {
		out.sql = "FALSE"
		return out
	}
	var all []string
	for _, word := range fields[:min(len(fields), mostWords)] {
		form := "contains(%s, ?)"
		if strings.ToUpper(word) != word { // only letters that have another case need it
			form = "contains(lower(%s), ?)"
		}
		var any []string
		for _, column := range columns {
			any = append(any, fmt.Sprintf(form, column))
			out.args = append(out.args, word)
		}
		all = append(all, "("+strings.Join(any, " OR ")+")")
	}
	out.sql = "(" + strings.Join(all, " AND ") + ")"
	return out
}

// plain is an argument that is a column and nothing else.
func (c *compiler) plain(n *orNode) (sqlExpr, error) {
	p, minus := lonely(n)
	if p == nil || minus || p.Column == nil {
		return sqlExpr{}, c.fail("这里要写一列的名字。")
	}
	inner := *c
	inner.aliases, inner.keys = nil, nil
	return inner.named(bare(*p.Column))
}

// raw is raw(column): the text of the cell where it is no value of the column's
// type, or is written otherwise than the rest.
func (c *compiler) raw(n *callNode) (sqlExpr, error) {
	if n.Star || n.Distinct || len(n.Args) != 1 {
		return sqlExpr{}, c.fail("%s 需要 %d 个参数。", "raw", 1)
	}
	e, err := c.plain(n.Args[0])
	if err != nil {
		return e, err
	}
	e.typ, e.sql = Text, "CAST(NULL AS VARCHAR)"
	if e.column.RawKept {
		e.sql = e.column.Raw()
	}
	e.column = nil
	return e, nil
}

// place is where something lies, in SQL: a column of places, or two of numbers.
type place struct {
	lon, lat string
	loose    string
}

// placed reads a place: a column of places, or point(longitude, latitude) of
// two columns of numbers.
func (c *compiler) placed(n *orNode) (place, error) {
	p, minus := lonely(n)
	if p != nil && !minus && p.Call != nil && strings.EqualFold(p.Call.Name, "point") && len(p.Call.Args) == 2 && !p.Call.Distinct {
		lon, err := c.plain(p.Call.Args[0])
		if err != nil {
			return place{}, err
		}
		lat, err := c.plain(p.Call.Args[1])
		if err != nil {
			return place{}, err
		}
		if !lon.typ.number() || !lat.typ.number() {
			return place{}, c.fail("point 需要两个数列：经度、纬度。")
		}
		return place{lon: lon.sql, lat: lat.sql, loose: lon.column.Name}, nil
	}
	e, err := c.plain(n)
	if err != nil {
		return place{}, err
	}
	if !e.typ.place() {
		return place{}, c.fail("“%s”不是地点列；经度和纬度分为两列时请写 point(经度, 纬度)。", e.column.Name)
	}
	return place{lon: e.column.Lon(), lat: e.column.Lat(), loose: e.column.Name}, nil
}

// coordinate is longitude(place) or latitude(place), in degrees: of a shape,
// those of the middle of its box.
func (c *compiler) coordinate(name string, n *callNode) (sqlExpr, error) {
	if len(n.Args) != 1 || n.Distinct || n.Star {
		return sqlExpr{}, c.fail("%s 需要 %d 个参数。", name, 1)
	}
	p, err := c.placed(n.Args[0])
	if err != nil {
		return sqlExpr{}, err
	}
	out := sqlExpr{sql: p.lon, typ: Decimal, loose: p.loose}
	if name == "latitude" {
		out.sql = p.lat
	}
	return out, nil
}

// withinDistance is within_distance(place, geom'POINT(lon lat)', 5km).
func (c *compiler) withinDistance(n *callNode) (sqlExpr, error) {
	if len(n.Args) != 3 || n.Distinct {
		return sqlExpr{}, c.fail("%s 需要 %d 个参数。", "within_distance", 3)
	}
	d, err := c.distance(&callNode{Args: n.Args[:2]})
	if err != nil {
		return d, err
	}
	metres, err := c.metres(n.Args[2])
	if err != nil {
		return d, err
	}
	d.sql, d.args, d.typ = "("+d.sql+" <= ?)", append(d.args, metres), Boolean
	return d, nil
}

// distance is distance(place, geom'POINT(lon lat)'), in metres.
func (c *compiler) distance(n *callNode) (sqlExpr, error) {
	if len(n.Args) != 2 || n.Distinct {
		return sqlExpr{}, c.fail("%s 需要 %d 个参数。", "distance", 2)
	}
	p, err := c.placed(n.Args[0])
	if err != nil {
		return sqlExpr{}, err
	}
	lon, lat, err := c.point(n.Args[1])
	if err != nil {
		return sqlExpr{}, err
	}
	return sqlExpr{sql: metresOf(p), args: []any{lat, lat, lon}, typ: Decimal, loose: p.loose}, nil
}

// inBox is in_bbox(place, west, south, east, north); a box whose west lies
// east of its east crosses the 180th meridian (RFC 7946, 5.2).
func (c *compiler) inBox(n *callNode) (sqlExpr, error) {
	if len(n.Args) != 5 || n.Distinct {
		return sqlExpr{}, c.fail("%s 需要 %d 个参数。", "in_bbox", 5)
	}
	p, err := c.placed(n.Args[0])
	if err != nil {
		return sqlExpr{}, err
	}
	var box [4]float64
	for i, a := range n.Args[1:] {
		var ok bool
		if box[i], ok = number(a); !ok {
			return sqlExpr{}, c.fail("in_bbox 的边界要是数：西、南、东、北。")
		}
	}
	join := "AND"
	if box[0] > box[2] {
		join = "OR"
	}
	return sqlExpr{
		sql:  fmt.Sprintf("((%[1]s >= ? %[3]s %[1]s <= ?) AND %[2]s >= ? AND %[2]s <= ?)", p.lon, p.lat, join),
		args: []any{box[0], box[2], box[1], box[3]}, typ: Boolean, loose: p.loose,
	}, nil
}

// Periods are what date_trunc cuts time into. A week begins on Monday.
var Periods = []string{"year", "quarter", "month", "week", "day"}

// truncated is date_trunc(date, "month"): the first day of the period that a
// date lies in. The engine calls periods by the same names.
func (c *compiler) truncated(n *callNode) (sqlExpr, error) {
	if n.Star || n.Distinct || len(n.Args) != 2 {
		return sqlExpr{}, c.fail("%s 需要 %d 个参数。", "date_trunc", 2)
	}
	e, err := c.or(n.Args[0])
	if err != nil {
		return e, err
	}
	if e.null || !monthly(e.typ) {
		return e, c.fail("%s 的第 %d 个参数不能是 %s。", "date_trunc", 1, typeName(e))
	}
	last, minus := lonely(n.Args[1])
	if last == nil || minus || last.Text == nil {
		return e, c.fail("date_trunc 的第 2 个参数要是其中之一：%s。", strings.Join(Periods, ", "))
	}
	at := slices.Index(Periods, strings.ToLower(unquote(*last.Text)))
	if at < 0 {
		return e, c.fail("date_trunc 的第 2 个参数要是其中之一：%s。", strings.Join(Periods, ", "))
	}
	if e.typ == YearMonth {
		e.sql = monthAsDay(e.sql)
	}
	e.sql, e.typ, e.column = "CAST(date_trunc('"+Periods[at]+"', "+e.sql+") AS DATE)", Date, nil
	return e, nil
}

// monthAsDay reads a month as its first day.
func monthAsDay(sql string) string { return "TRY_CAST((" + sql + " || '-01') AS DATE)" }

// percentile is percentile(column, 0.9).
func (c *compiler) percentile(n *callNode) (sqlExpr, error) {
	if !c.grouped {
		return sqlExpr{}, c.fail("%s 是聚合函数，不能写在这里。", "percentile")
	}
	if len(n.Args) != 2 || n.Distinct {
		return sqlExpr{}, c.fail("%s 需要 %d 个参数。", "percentile", 2)
	}
	e, err := c.argument(function{grouped: true}, n.Args[0])
	if err != nil {
		return e, err
	}
	share, ok := number(n.Args[1])
	if !ok || !e.typ.number() || share < 0 || share > 1 {
		return e, c.fail("percentile 需要一个数列和 0 到 1 之间的一个数。")
	}
	return sqlExpr{sql: "quantile_cont(CAST(" + e.sql + " AS DOUBLE), CAST(? AS DOUBLE))", args: append(slices.Clone(e.args), share), typ: Decimal, aggregate: true}, nil
}

package portal

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
)

// The small words in which an address says what the explorer shows, and what
// they are in the language of package rows. Each is a word and a column with a
// colon between them:
//
//	f      has:名称:洋 · is:地区:福州|厦门 · between:年份:2020|2023 · near:位置:119.3|26.1|5
//	group  地区 · year:日期 · bin:10:数值
//	sum    count · avg:数值
//	sort   地区 · -avg:数值
//
// A colon, an upright bar or a backslash that belongs to a name or a value has
// a backslash before it.

// filter is one condition on one column.
type filter struct {
	op     string
	column string
	values []string
}

// The conditions, and how many values each has; -1: any number.
var filterValues = map[string]int{
	"has": 1, "lacks": 1, "starts": 1, "ends": 1, "is": -1, "not": -1, "between": 2, "near": 3, "box": 4, "empty": 0, "filled": 0, "misfit": 0,
}

// mostValues is how many values one filter may have.
const mostValues = 100

func (f filter) same(g filter) bool {
	return f.op == g.op && f.column == g.column && slices.Equal(f.values, g.values)
}

// String is f as an address has it.
func (f filter) String() string {
	s := f.op + ":" + escaped(f.column)
	for i, v := range f.values {
		s += []string{":", "|"}[min(i, 1)] + escaped(v)
	}
	return s
}

// parseFilter reads what String wrote. A filter without anything to look for
// is none: its op is empty.
func parseFilter(raw string) (filter, error) {
	op, rest, _ := strings.Cut(raw, ":")
	want, ok := filterValues[op]
	if !ok {
		return filter{}, malformed("f", "没有这种筛选条件。")
	}
	parts := split(rest, ':')
	f := filter{op: op, column: unescaped(parts[0])}
	if len(parts) > 2 || f.column == "" {
		return filter{}, malformed("f", "筛选条件写得不对。")
	}
	if len(parts) == 2 {
		for _, v := range split(parts[1], '|') {
			f.values = append(f.values, strings.TrimSpace(unescaped(v)))
		}
	}
	if len(f.values) > mostValues {
		return filter{}, malformed("f", "一个筛选条件最多 %d 个值。", mostValues)
	}
	return f.tidied(want)
}

// tidied is f with as many values as it needs, none of them idle.
func (f filter) tidied(want int) (filter, error) {
	given := slices.ContainsFunc(f.values, func(v string) bool { return v != "" })
	switch {
	case want == 0:
		f.values = nil
	case !given:
		return filter{}, nil
	case want < 0:
		f.values = distinct(f.values)
	case len(f.values) != want:
		return filter{}, malformed("f", "筛选条件写得不对。")
	}
	return f, nil
}

// expression is f in the language of rows.
func (f filter) expression(schema rows.Schema) (string, error) {
	name, t, ok := subject(schema, f.column)
	if !ok {
		return "", missing("f", f.column)
	}
	switch f.op {
	case "empty":
		return name + " is null", nil
	case "filled":
		return name + " is not null", nil
	case "misfit":
		return "raw(" + name + ") is not null and " + name + " is null", nil
	case "has", "lacks", "starts", "ends":
		return f.part(name, t)
	case "is", "not":
		return f.among(name, t)
	case "between":
		return f.between(name, t)
	}
	if pair, ok := pairOf(schema, f.column); ok {
		name = pair
	}
	return f.placed(name)
}

// subject is what a filter speaks of: a column, or a part of a date, written as
// a grouping is.
func subject(schema rows.Schema, column string) (expression string, t rows.Type, ok bool) {
	if c, ok := columnNamed(schema, column); ok {
		return named(column), c.Type, true
	}
	g := parseGrouping(column)
	c, ok := columnNamed(schema, g.column)
	if !ok {
		return "", "", false
	}
	switch g.part {
	case "":
		return "", "", false
	case binned:
		t, err := g.bins(c.Type)
		return g.expression(), t, err == nil
	case "date":
		return g.expression(), rows.Date, true
	}
	return g.expression(), rows.Integer, true
}

// part tests a piece of a text. Letters are found in either case.
func (f filter) part(name string, t rows.Type) (string, error) {
	if isNumber(t) || t == rows.Date || t == rows.DateTime || t == rows.Boolean || isPlace(t) {
		return "", malformed("f", "“%s”不是文本列，不能按其中的字筛选。", shown(f.column))
	}
	word := map[string]string{"has": "contains", "lacks": "contains", "starts": "starts_with", "ends": "ends_with"}[f.op]
	value := f.values[0]
	if low := strings.ToLower(value); low != value || strings.ToUpper(value) != value {
		name, value = "lower("+name+")", low
	}
	s := word + "(" + name + ", " + literal(value) + ")"
	if f.op == "lacks" {
		s = "not " + s
	}
	return s, nil
}

func (f filter) among(name string, t rows.Type) (string, error) {
	list := make([]string, len(f.values))
	for i, v := range f.values {
		var err error
		if list[i], err = f.value(v, t); err != nil {
			return "", err
		}
	}
	word := map[string]string{"is": " in (", "not": " not in ("}[f.op]
	if len(list) == 1 {
		return name + map[string]string{"is": " = ", "not": " != "}[f.op] + list[0], nil
	}
	if t == rows.Boolean { // which has no list
		word := map[string]string{"is": " or ", "not": " and "}[f.op]
		for i, v := range list {
			list[i] = name + map[string]string{"is": " = ", "not": " != "}[f.op] + v
		}
		return "(" + strings.Join(list, word) + ")", nil
	}
	return name + word + strings.Join(list, ", ") + ")", nil
}

func isNumber(t rows.Type) bool { return t == rows.Integer || t == rows.Decimal }
func isPlace(t rows.Type) bool  { return t == rows.Point || t == rows.Geometry }

// between has both ends in it; one of them may be open. The end of a time that
// is a day is the end of that day.
func (f filter) between(name string, t rows.Type) (string, error) {
	var parts []string
	for i, op := range []string{" >= ", " <= "} {
		if f.values[i] == "" {
			continue
		}
		v, err := f.value(f.values[i], t)
		if err != nil {
			return "", err
		}
		side := name
		if t == rows.DateTime && i == 1 && len(f.values[i]) == len(time.DateOnly) {
			side = "date(" + name + ")"
		}
		parts = append(parts, side+op+v)
	}
	return strings.Join(parts, " and "), nil
}

var aNumber = regexp.MustCompile(`^-?[0-9]{1,38}(\.[0-9]{1,38})?([eE][-+]?[0-9]{1,3})?$`)

// value is one value as the column's type has it.
func (f filter) value(v string, t rows.Type) (string, error) {
	switch {
	case isNumber(t):
		if plain := strings.ReplaceAll(v, ",", ""); aNumber.MatchString(plain) {
			return plain, nil
		}
		return "", malformed("f", "“%s”要和数比较，“%s”不是数。", shown(f.column), shown(v))
	case t == rows.Boolean:
		if v == "true" || v == "false" {
			return v, nil
		}
		return "", malformed("f", "“%s”只有是和否。", shown(f.column))
	case t == rows.Date, t == rows.DateTime:
		for _, form := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
			if _, err := time.Parse(form, v); err == nil {
				return literal(v), nil
			}
		}
		return "", malformed("f", "“%s”不是日期，请写成 2020-01-31 的形式。", shown(v))
	case isPlace(t):
		return "", malformed("f", "“%s”是地点，请按距离或范围筛选。", shown(f.column))
	}
	return literal(v), nil
}

func (f filter) placed(name string) (string, error) {
	n := make([]string, len(f.values))
	for i, v := range f.values {
		if !aNumber.MatchString(v) {
			return "", malformed("f", "经纬度和距离要写成数，“%s”不是。", shown(v))
		}
		n[i] = v
	}
	if f.op == "near" {
		metres, err := strconv.ParseFloat(n[2], 64)
		if err != nil || metres < 0 || metres > 20100 {
			return "", malformed("f", "距离须在 0 到 20100 公里之间。")
		}
		return "within_distance(" + name + ", geom'POINT(" + n[0] + " " + n[1] + ")', " + strconv.FormatFloat(metres, 'f', -1, 64) + "km)", nil
	}
	return "in_bbox(" + name + ", " + strings.Join(n, ", ") + ")", nil
}

// pairOf is the place of two columns of numbers, if column is the first of
// them: filters on places name it.
func pairOf(schema rows.Schema, column string) (string, bool) {
	p, ok := rows.FindPlaces(schema)
	if !ok || p.Longitude == "" || p.Longitude != column {
		return "", false
	}
	return "point(" + named(p.Longitude) + ", " + named(p.Latitude) + ")", true
}

// grouping is one thing that rows are put together by: a column, a part of a
// date, or bins.
type grouping struct {
	part   string // empty: the whole value
	width  string // of bins: a number, or a period; see bins
	column string
}

// dateParts are the parts of a date that rows can be put together by.
var dateParts = []string{"year", "quarter", "month", "day", "weekday", "hour", "date"}

func (g grouping) String() string {
	switch g.part {
	case "":
	case binned:
		return binned + ":" + g.width + ":" + g.column
	default:
		return g.part + ":" + g.column
	}
	if head, _, ok := strings.Cut(g.column, ":"); ok && (head == "" || head == binned || slices.Contains(dateParts, head)) {
		return ":" + g.column
	}
	return g.column
}

func parseGrouping(raw string) grouping {
	if head, rest, ok := strings.Cut(raw, ":"); ok && rest != "" {
		if head == "" {
			return grouping{column: rest}
		}
		if width, column, ok := strings.Cut(rest, ":"); head == binned && ok && column != "" {
			if plain, err := widthOf(width); err == nil {
				width = plain
			}
			return grouping{part: binned, width: width, column: column}
		}
		if slices.Contains(dateParts, head) {
			return grouping{part: head, column: rest}
		}
	}
	return grouping{column: raw}
}

func (g grouping) expression() string {
	switch g.part {
	case "":
		return named(g.column)
	case binned:
		return g.binExpression()
	}
	return g.part + "(" + named(g.column) + ")"
}

// summing is one figure of each group.
type summing struct {
	function string
	column   string // empty: of rows
}

// summings are the figures there are, in the order in which they are offered.
var summings = []string{"count", "sum", "avg", "min", "max", "median", "count_distinct"}

func (s summing) String() string {
	if s.column == "" {
		return s.function
	}
	return s.function + ":" + s.column
}

func parseSumming(raw string) (summing, error) {
	function, column, _ := strings.Cut(raw, ":")
	if !slices.Contains(summings, function) || column == "" && function != "count" {
		return summing{}, malformed("sum", "没有这种算法。")
	}
	return summing{function, column}, nil
}

func (s summing) expression() string {
	if s.column == "" {
		return s.function + "(*)"
	}
	return s.function + "(" + named(s.column) + ")"
}

// sorting is one thing that rows are sorted by: of rows a column, of groups
// what a grouping or a summing says.
type sorting struct {
	by   string
	desc bool
}

func (s sorting) String() string {
	if s.desc {
		return "-" + s.by
	}
	if strings.HasPrefix(s.by, "-") || strings.HasPrefix(s.by, "+") {
		return "+" + s.by
	}
	return s.by
}

func parseSorting(raw string) sorting {
	if by, ok := strings.CutPrefix(raw, "-"); ok {
		return sorting{by, true}
	}
	return sorting{strings.TrimPrefix(raw, "+"), false}
}

// reserved are the words of the language that no column may be called without
// quotes.
var reserved = []string{"and", "or", "not", "is", "in", "between", "like", "null", "true", "false", "as", "asc", "desc", "distinct"}

var plainColumn = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]*$`)

// named is the name of a column as the language writes it.
func named(column string) string {
	if plainColumn.MatchString(column) && !slices.Contains(reserved, strings.ToLower(column)) {
		return column
	}
	return "`" + strings.ReplaceAll(column, "`", "``") + "`"
}

// literal is a text as the language writes it.
func literal(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func columnNames(schema rows.Schema) []string {
	out := make([]string, len(schema))
	for i, c := range schema {
		out[i] = c.Name
	}
	return out
}

func columnNamed(schema rows.Schema, name string) (rows.Column, bool) {
	i := slices.IndexFunc(schema, func(c rows.Column) bool { return c.Name == name })
	if i < 0 {
		return rows.Column{}, false
	}
	return schema[i], true
}

func missing(parameter, column string) error {
	return malformed(parameter, "没有“%s”这一列。", shown(column))
}

// shown is a text of the address short enough to be said back.
func shown(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// escaped puts a backslash before what separates.
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, `:`, `\:`, `|`, `\|`).Replace(s)
}

func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// split cuts s at sep where no backslash stands before it.
func split(s string, sep byte) []string {
	var out []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case sep:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[min(start, len(s)):])
}

// question is what e asks of its table.
func (e exploring) question(schema rows.Schema) (rows.Query, error) {
	q := rows.Query{Cursor: e.cursor, From: e.row, Exact: e.exact}
	var err error
	if q.Where, err = e.condition(schema); err != nil {
		return q, err
	}
	if len(e.groups) > 0 {
		err = e.groupedQuestion(schema, &q)
	} else {
		err = e.rowsQuestion(schema, &q)
	}
	return q, err
}

// condition is everything that chooses rows, as one expression.
func (e exploring) condition(schema rows.Schema) (string, error) {
	var all []string
	if e.words != "" {
		all = append(all, "search("+literal(e.words)+")")
	}
	for _, f := range e.filters {
		s, err := f.expression(schema)
		if err != nil {
			return "", err
		}
		all = append(all, s)
	}
	if e.where != "" {
		if len(all) == 0 {
			return e.where, nil
		}
		all = append(all, "("+e.where+")")
	}
	return strings.Join(all, " and "), nil
}

func (e exploring) rowsQuestion(schema rows.Schema, q *rows.Query) error {
	var list []string
	if len(e.columns)+len(e.hidden) > 0 {
		for _, name := range e.shown(columnNames(schema)) {
			if _, ok := columnNamed(schema, name); !ok {
				return missing("col", name)
			}
			list = append(list, named(name))
		}
	}
	q.Select = strings.Join(list, ", ")
	var order []string
	for _, s := range e.sort {
		if _, ok := columnNamed(schema, s.by); !ok {
			return missing("sort", s.by)
		}
		order = append(order, named(s.by)+direction(s))
	}
	q.OrderBy = strings.Join(order, ", ")
	return nil
}

func (e exploring) groupedQuestion(schema rows.Schema, q *rows.Query) error {
	keys := map[string]string{}
	var groups, list []string
	for _, g := range e.groups {
		c, ok := columnNamed(schema, g.column)
		if !ok {
			return missing("group", g.column)
		}
		if g.part == binned {
			if _, err := g.bins(c.Type); err != nil {
				return err
			}
		}
		groups = append(groups, g.expression())
		keys[g.String()] = g.expression()
	}
	list = append(list, groups...)
	for _, s := range e.figures() {
		if _, ok := columnNamed(schema, s.column); !ok && s.column != "" {
			return missing("sum", s.column)
		}
		list = append(list, s.expression())
		keys[s.String()] = s.expression()
	}
	q.GroupBy, q.Select = strings.Join(groups, ", "), strings.Join(list, ", ")
	var order []string
	for _, s := range e.order(schema) {
		expression, ok := keys[s.by]
		if !ok {
			return malformed("sort", "“%s”不在这张分组表里。", shown(s.by))
		}
		order = append(order, expression+direction(s))
	}
	q.OrderBy = strings.Join(order, ", ")
	return nil
}

// order is what groups are sorted by: if nothing was chosen, those that have no
// order of their own by their first figure, the greatest first.
func (e exploring) order(schema rows.Schema) []sorting {
	if len(e.sort) > 0 || len(e.groups) == 0 {
		return e.sort
	}
	if c, ok := columnNamed(schema, e.groups[0].column); e.groups[0].part != "" || !ok || c.Type != rows.Text && c.Type != rows.Boolean {
		return nil
	}
	return []sorting{{by: e.figures()[0].String(), desc: true}}
}

// figures are what is worked out of each group: how many rows, if nothing else
// was chosen.
func (e exploring) figures() []summing {
	if len(e.sums) == 0 {
		return []summing{{function: "count"}}
	}
	return e.sums
}

func direction(s sorting) string {
	if s.desc {
		return " desc"
	}
	return ""
}

// atFault reports whether err says that the question is wrong, so that it can
// be told beside the controls that asked it.
func atFault(err error) bool {
	switch fault.KindOf(err) {
	case fault.Malformed, fault.Invalid, fault.TooLarge, fault.Unavailable, fault.TooMany:
		return true
	}
	return false
}

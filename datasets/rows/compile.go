package rows

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sqlExpr is an expression in SQL, with the values bound in it in order.
type sqlExpr struct {
	sql       string
	args      []any
	typ       Type
	column    *Column // set where the expression is a column and nothing else
	constant  bool    // no column in it
	aggregate bool
	null      bool   // the word null
	loose     string // the first column in it that stands in no aggregate and is not grouped by
}

// same reports whether a and b are written alike with the same values.
func (e sqlExpr) same(b sqlExpr) bool { return e.sql == b.sql && slices.Equal(e.args, b.args) }

// compiler turns one parameter's tree into SQL.
type compiler struct {
	schema    Schema
	parameter string
	nodes     int
	grouped   bool // aggregates may stand here
	aliases   map[string]sqlExpr
	keys      []sqlExpr // what the rows are grouped by; stored as g0, g1, …
}

// keyed is e, or the key of the group that e is.
func (c *compiler) keyed(e sqlExpr) sqlExpr {
	for i, key := range c.keys {
		if key.same(e) {
			return sqlExpr{sql: keyName(i), typ: e.typ, column: e.column}
		}
	}
	return e
}

func keyName(i int) string { return "g" + strconv.Itoa(i) }

func (c *compiler) fail(sentence string, args ...any) error {
	return malformed(c.parameter, sentence, args...)
}

func (c *compiler) count() error {
	if c.nodes++; c.nodes > mostNodes {
		return c.fail("表达式太复杂，最多 %d 个部分。", mostNodes)
	}
	return nil
}

func (c *compiler) or(n *orNode) (sqlExpr, error) {
	if len(n.Any) == 1 {
		return c.and(n.Any[0])
	}
	var all []sqlExpr
	for _, part := range n.Any {
		e, err := c.and(part)
		if err != nil {
			return e, err
		}
		all = append(all, e)
	}
	return c.logic(" OR ", "or", all)
}

func (c *compiler) and(n *andNode) (sqlExpr, error) {
	if len(n.All) == 1 {
		return c.not(n.All[0])
	}
	var all []sqlExpr
	for _, part := range n.All {
		e, err := c.not(part)
		if err != nil {
			return e, err
		}
		all = append(all, e)
	}
	return c.logic(" AND ", "and", all)
}

func (c *compiler) logic(op, word string, all []sqlExpr) (sqlExpr, error) {
	out := sqlExpr{typ: Boolean, constant: true}
	parts := make([]string, len(all))
	for i, e := range all {
		if e.typ != Boolean {
			return out, c.fail("%s 两边都要是条件。", word)
		}
		parts[i] = e.sql
		out.take(e)
	}
	out.sql = "(" + strings.Join(parts, op) + ")"
	return c.keyed(out), nil
}

// take joins the values and the nature of a part into the whole.
func (e *sqlExpr) take(part sqlExpr) {
	e.args = append(e.args, part.args...)
	e.constant = e.constant && part.constant
	e.aggregate = e.aggregate || part.aggregate
	if e.loose == "" {
		e.loose = part.loose
	}
}

func (c *compiler) not(n *notNode) (sqlExpr, error) {
	e, err := c.compare(n.Test)
	if err != nil || !n.Not {
		return e, err
	}
	if e.typ != Boolean {
		return e, c.fail("not 后面要是条件。")
	}
	e.sql, e.column = "(NOT "+e.sql+")", nil
	return c.keyed(e), nil
}

func (c *compiler) compare(n *compareNode) (sqlExpr, error) {
	if err := c.count(); err != nil {
		return sqlExpr{}, err
	}
	left, err := c.sum(n.Left)
	if err != nil {
		return left, err
	}
	out, err := c.tested(left, n)
	return c.keyed(out), err
}

func (c *compiler) tested(left sqlExpr, n *compareNode) (sqlExpr, error) {
	switch {
	case n.Op != "":
		right, err := c.sum(n.Right)
		if err != nil {
			return right, err
		}
		return c.compared(left, n.Op, right)
	case n.Is != nil:
		word := " IS NULL)"
		if n.Is.Not {
			word = " IS NOT NULL)"
		}
		out := sqlExpr{sql: "(" + left.sql + word, typ: Boolean, constant: true}
		out.take(left)
		return out, nil
	case n.In != nil:
		return c.in(left, n.Not, n.In)
	case n.Between != nil:
		return c.between(left, n.Not, n.Between)
	case n.Like != nil:
		return c.like(left, n.Not, pattern(*n.Like))
	}
	return left, nil
}

var sqlOperators = map[string]string{"=": "=", "!=": "<>", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

func (c *compiler) compared(left sqlExpr, op string, right sqlExpr) (sqlExpr, error) {
	if left.null || right.null {
		return left, c.fail("空值用 is null 或 is not null 判断。")
	}
	left, right, err := c.alike(left, right)
	if err != nil {
		return left, err
	}
	if op != "=" && op != "!=" && op != "<>" && (left.typ == Boolean || left.typ.place()) {
		return left, c.fail("这种值只能比较相等或不等。")
	}
	out := sqlExpr{sql: "(" + left.sql + " " + sqlOperators[op] + " " + right.sql + ")", typ: Boolean, constant: true}
	out.take(left)
	out.take(right)
	return out, nil
}

// alike brings two sides to one type: a text that is written opposite a date
// is a date, and nothing else is guessed.
func (c *compiler) alike(a, b sqlExpr) (sqlExpr, sqlExpr, error) {
	if a.typ == b.typ || a.typ.number() && b.typ.number() || a.typ.words() && b.typ.words() || a.typ.moment() && b.typ.moment() {
		return a, b, nil
	}
	switch {
	case b.constant && b.typ == Text:
		converted, err := c.as(b, a)
		return a, converted, err
	case a.constant && a.typ == Text:
		converted, err := c.as(a, b)
		return converted, b, err
	}
	return a, b, c.mismatch(a, b)
}

func (c *compiler) mismatch(a, b sqlExpr) error {
	for _, pair := range [][2]sqlExpr{{a, b}, {b, a}} {
		column, other := pair[0].column, pair[1].typ
		switch {
		case column == nil:
		case other.number() && column.Type.words():
			return c.fail("“%s”的类型是 %s，它的值要写在引号里。", column.Name, string(column.Type))
		case other == Text && column.Type.number():
			return c.fail("“%s”的类型是 %s，它的值不写引号。", column.Name, string(column.Type))
		default:
			return c.fail("“%s”的类型是 %s，不能和 %s 比较。", column.Name, string(column.Type), string(other))
		}
	}
	return c.fail("%s 和 %s 不能比较。", string(a.typ), string(b.typ))
}

// as reads the written text e as a value of the type of like.
func (c *compiler) as(e, like sqlExpr) (sqlExpr, error) {
	text, ok := written(e)
	switch {
	case !ok:
	case like.typ.moment():
		return c.moment(text)
	case like.typ == Boolean && slices.Contains([]string{"true", "是"}, strings.ToLower(text)):
		return sqlExpr{sql: "TRUE", typ: Boolean, constant: true}, nil
	case like.typ == Boolean && slices.Contains([]string{"false", "否"}, strings.ToLower(text)):
		return sqlExpr{sql: "FALSE", typ: Boolean, constant: true}, nil
	}
	return e, c.mismatch(like, e)
}

// written is the text that e is, where e is a text in quotes and nothing else.
func written(e sqlExpr) (string, bool) {
	if e.sql != "?" || len(e.args) != 1 {
		return "", false
	}
	text, ok := e.args[0].(string)
	return text, ok
}

// The forms of a point in time that a query may write. None has a zone: they
// are read as they stand, as the columns are.
var momentForms = []struct {
	layout string
	typ    Type
}{
	{"2006-01-02", Date}, {"2006/01/02", Date}, {"2006-1-2", Date}, {"2006/1/2", Date}, {"2006年1月2日", Date}, {"20060102", Date},
	{"2006-01-02T15:04:05", DateTime}, {"2006-01-02 15:04:05", DateTime}, {"2006-01-02T15:04", DateTime}, {"2006-01-02 15:04", DateTime},
}

func (c *compiler) moment(text string) (sqlExpr, error) {
	for _, form := range momentForms {
		t, err := time.Parse(form.layout, strings.TrimSpace(text))
		if err != nil {
			continue
		}
		if form.typ == Date {
			return sqlExpr{sql: "CAST(? AS DATE)", args: []any{t.Format(time.DateOnly)}, typ: Date, constant: true}, nil
		}
		return sqlExpr{sql: "CAST(? AS TIMESTAMP)", args: []any{t.Format("2006-01-02 15:04:05.999999")}, typ: DateTime, constant: true}, nil
	}
	return sqlExpr{}, c.fail("“%s”不是日期，请写成 2020-01-31 的形式。", clip(text))
}

func (c *compiler) in(left sqlExpr, not bool, list []*sumNode) (sqlExpr, error) {
	if len(list) > 1000 {
		return left, c.fail("in 里最多 1000 个值。")
	}
	out := sqlExpr{typ: Boolean, constant: true}
	out.take(left)
	var parts []string
	for _, n := range list {
		e, err := c.sum(n)
		if err != nil {
			return e, err
		}
		if e.null {
			return e, c.fail("空值用 is null 或 is not null 判断。")
		}
		like, e, err := c.alike(left, e)
		if err != nil {
			return e, err
		}
		if !like.same(left) { // the text in front was read as what stands in the list
			return e, c.fail("in 前面要是列，后面是值。")
		}
		parts = append(parts, e.sql)
		out.take(e)
	}
	word := " IN ("
	if not {
		word = " NOT IN ("
	}
	out.sql = "(" + left.sql + word + strings.Join(parts, ", ") + "))"
	return out, nil
}

func (c *compiler) between(left sqlExpr, not bool, n *betweenNode) (sqlExpr, error) {
	from, err := c.sum(n.From)
	if err != nil {
		return from, err
	}
	to, err := c.sum(n.To)
	if err != nil {
		return to, err
	}
	low, err := c.compared(left, ">=", from)
	if err != nil {
		return low, err
	}
	high, err := c.compared(left, "<=", to)
	if err != nil {
		return high, err
	}
	out := sqlExpr{sql: "(" + low.sql + " AND " + high.sql + ")", typ: Boolean, constant: true}
	out.take(low)
	out.take(high)
	if not {
		out.sql = "(NOT " + out.sql + ")"
	}
	return out, nil
}

func (c *compiler) like(left sqlExpr, not bool, pattern string) (sqlExpr, error) {
	if !left.typ.words() {
		return left, c.fail("like 只用于文本。")
	}
	word := " ILIKE ? ESCAPE '\\')"
	if not {
		word = " NOT ILIKE ? ESCAPE '\\')"
	}
	out := sqlExpr{sql: "(" + left.sql + word, typ: Boolean, constant: true}
	out.take(left)
	out.args = append(out.args, pattern)
	return out, nil
}

// pattern is the pattern of like that a quoted text says: unlike elsewhere, a
// backslash stays before what is special in patterns.
func pattern(s string) string {
	if text, ok := curly(s); ok {
		return strings.ReplaceAll(text, `\`, `\\`)
	}
	var b strings.Builder
	for i, inner := 0, s[1:len(s)-1]; i < len(inner); i++ {
		switch {
		case inner[i] == '\\' && i+1 < len(inner):
			i++
			if strings.IndexByte(`%_\`, inner[i]) >= 0 {
				b.WriteByte('\\')
			}
		case inner[i] == '\'' && s[0] == '\'':
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}

func (c *compiler) sum(n *sumNode) (sqlExpr, error) {
	out, err := c.term(n.First)
	for _, more := range n.Rest {
		if err != nil {
			return out, err
		}
		var right sqlExpr
		if right, err = c.term(more.Term); err == nil {
			out, err = c.arithmetic(out, more.Op, right)
		}
	}
	return out, err
}

func (c *compiler) term(n *termNode) (sqlExpr, error) {
	out, err := c.unary(n.First)
	for _, more := range n.Rest {
		if err != nil {
			return out, err
		}
		var right sqlExpr
		if right, err = c.unary(more.Unary); err == nil {
			out, err = c.arithmetic(out, more.Op, right)
		}
	}
	return out, err
}

func (c *compiler) arithmetic(a sqlExpr, op string, b sqlExpr) (sqlExpr, error) {
	if !a.typ.number() || !b.typ.number() {
		return a, c.fail("%s 只用于数。", op)
	}
	out := sqlExpr{typ: Decimal, constant: true}
	if a.typ == Integer && b.typ == Integer && op != "/" {
		out.typ = Integer
	}
	out.take(a)
	out.take(b)
	left, right := a.sql, b.sql
	switch {
	case out.typ == Integer: // the sum of two large numbers is no error
		left = "CAST(" + left + " AS HUGEINT)"
	case op == "*" || op == "/" || op == "%": // nor is the product of two long ones
		left, right = "CAST("+left+" AS DOUBLE)", "CAST("+right+" AS DOUBLE)"
	}
	if op == "/" || op == "%" { // what is divided by nothing is nothing
		right = "nullif(" + right + ", 0)"
	}
	out.sql = "(" + left + " " + op + " " + right + ")"
	return c.keyed(out), nil
}

func (c *compiler) unary(n *unaryNode) (sqlExpr, error) {
	e, err := c.primary(n.Value)
	if err != nil || !n.Minus {
		return e, err
	}
	if !e.typ.number() {
		return e, c.fail("负号只用于数。")
	}
	e.sql, e.column = "(- "+e.sql+")", nil
	return c.keyed(e), nil
}

func (c *compiler) primary(n *primaryNode) (sqlExpr, error) {
	if err := c.count(); err != nil {
		return sqlExpr{}, err
	}
	switch {
	case n.Number != nil:
		return c.literal(*n.Number)
	case n.Text != nil:
		return sqlExpr{sql: "?", args: []any{unquote(*n.Text)}, typ: Text, constant: true}, nil
	case n.Date != nil:
		return c.moment((*n.Date)[5 : len(*n.Date)-1])
	case n.Word != nil:
		switch strings.ToLower(*n.Word) {
		case "true":
			return sqlExpr{sql: "TRUE", typ: Boolean, constant: true}, nil
		case "false":
			return sqlExpr{sql: "FALSE", typ: Boolean, constant: true}, nil
		}
		return sqlExpr{sql: "NULL", constant: true, null: true}, nil
	case n.Call != nil:
		e, err := c.call(n.Call)
		return c.keyed(e), err
	case n.Column != nil:
		return c.named(bare(*n.Column))
	case n.Group != nil:
		return c.or(n.Group)
	case n.Distance != nil:
		return sqlExpr{}, c.fail("距离只能写在 within_distance 里。")
	}
	return sqlExpr{}, c.fail("地点只能写在 within_distance、distance 或 in_bbox 里。")
}

// literal is a number as it is written. Its type is said in the SQL: the
// engine must not choose one by what the number is compared with.
func (c *compiler) literal(text string) (sqlExpr, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return sqlExpr{sql: "CAST(? AS BIGINT)", args: []any{n}, typ: Integer, constant: true}, nil
	}
	if !strings.ContainsAny(text, ".eE") && len(text) <= 38 {
		return sqlExpr{sql: "CAST(? AS HUGEINT)", args: []any{text}, typ: Integer, constant: true}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return sqlExpr{}, c.fail("数“%s”太大。", clip(text))
	}
	return sqlExpr{sql: "CAST(? AS DOUBLE)", args: []any{f}, typ: Decimal, constant: true}, nil
}

func (c *compiler) named(name string) (sqlExpr, error) {
	if e, ok := c.aliases[name]; ok {
		return e, nil
	}
	column, ok := c.schema.Find(name)
	if !ok {
		return sqlExpr{}, c.fail("没有“%s”这一列。", clip(name))
	}
	return c.keyed(sqlExpr{sql: column.Store, typ: column.Type, column: &column, loose: column.Name}), nil
}

// clip keeps a text short that goes into a sentence.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

var pointForm = regexp.MustCompile(`(?i)^\s*POINT\s*\(\s*(-?\d{1,3}(?:\.\d{1,20})?)\s+(-?\d{1,3}(?:\.\d{1,20})?)\s*\)\s*$`)

// point reads geom'POINT(119.3 26.1)', in degrees, longitude first.
func (c *compiler) point(n *orNode) (lon, lat float64, err error) {
	p, minus := lonely(n)
	if p == nil || minus || p.Geometry == nil {
		return 0, 0, c.fail("请把地点写成 geom'POINT(经度 纬度)'。")
	}
	text := (*p.Geometry)[5 : len(*p.Geometry)-1]
	m := pointForm.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, c.fail("请把地点写成 geom'POINT(经度 纬度)'。")
	}
	lon, _ = strconv.ParseFloat(m[1], 64)
	lat, _ = strconv.ParseFloat(m[2], 64)
	if math.Abs(lon) > 180 || math.Abs(lat) > 90 {
		return 0, 0, c.fail("经度须在 -180 到 180、纬度须在 -90 到 90 之间。")
	}
	return lon, lat, nil
}

// lonely is the one primary that an expression consists of, perhaps with a
// minus before it; nil if it is more.
func lonely(n *orNode) (p *primaryNode, minus bool) {
	if n == nil || len(n.Any) != 1 || len(n.Any[0].All) != 1 || n.Any[0].All[0].Not {
		return nil, false
	}
	t := n.Any[0].All[0].Test
	if t.Op != "" || t.Is != nil || t.In != nil || t.Between != nil || t.Like != nil || t.Not || len(t.Left.Rest) > 0 || len(t.Left.First.Rest) > 0 {
		return nil, false
	}
	return t.Left.First.First.Value, t.Left.First.First.Minus
}

// number reads a number that is written as such.
func number(n *orNode) (float64, bool) {
	p, minus := lonely(n)
	if p == nil || p.Number == nil {
		return 0, false
	}
	f, err := strconv.ParseFloat(*p.Number, 64)
	if minus {
		f = -f
	}
	return f, err == nil && !math.IsInf(f, 0)
}

// metres reads 5km, 300m, or a plain number of metres.
func (c *compiler) metres(n *orNode) (float64, error) {
	p, minus := lonely(n)
	if p == nil || minus || p.Distance == nil && p.Number == nil {
		return 0, c.fail("请把距离写成 5km 或 300m。")
	}
	text, unit := "", 1.0
	if p.Number != nil {
		text = *p.Number
	} else if t, ok := strings.CutSuffix(strings.ToLower(*p.Distance), "km"); ok {
		text, unit = t, 1000
	} else {
		text = strings.TrimSuffix(strings.ToLower(*p.Distance), "m")
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f*unit > 30_000_000 {
		return 0, c.fail("请把距离写成 5km 或 300m。")
	}
	return f * unit, nil
}

// metresOf is the distance between a place and (lon, lat) on a sphere of the
// earth's mean radius, good to half a per cent (haversine).
func metresOf(p place) string {
	return fmt.Sprintf("(12742017.6 * asin(sqrt(least(1.0, pow(sin(radians(%[2]s - ?) / 2), 2) + cos(radians(?)) * cos(radians(%[2]s)) * pow(sin(radians(%[1]s - ?) / 2), 2)))))",
		p.lon, p.lat)
}

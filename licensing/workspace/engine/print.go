package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"shuyuan/licensing/workspace/disclosure"
)

// quoted is a name as SQL.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal is a text as SQL.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// printer writes a resolved tree as SQL, with hidden columns beside those of the
// person: who stands behind each row. Every inner group of fewer subjects than
// the minimum is left out, so that a result in which one had a part differs from
// what was held.
type printer struct {
	strings.Builder
	minimum int
	allow   *allowed
}

func (p *printer) say(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

func (p *printer) list(n int, between string, write func(i int)) {
	for i := range n {
		if i > 0 {
			p.say(between)
		}
		write(i)
	}
}

func (p *printer) exprs(all []*expr) { p.list(len(all), ", ", func(i int) { p.expr(all[i]) }) }

// with writes what q names before it.
func (p *printer) with(q *query) {
	if len(q.ctes) == 0 {
		return
	}
	p.say("WITH ")
	p.list(len(q.ctes), ", ", func(i int) {
		p.say(quoted(q.ctes[i].name), " AS (")
		p.query(q.ctes[i].q)
		p.say(")")
	})
	p.say(" ")
}

// query writes an inner query with its hidden columns.
func (p *printer) query(q *query) {
	p.sides(q, q)
}

// sides writes q, or a side of a union, with as many hidden columns as all has.
func (p *printer) sides(q, all *query) {
	p.with(q)
	if q.left != nil {
		p.say("(")
		p.sides(q.left, all)
		p.say(") UNION ALL (")
		p.sides(q.right, all)
		p.say(")")
		return
	}
	p.say("SELECT ")
	p.items(q)
	for i := range q.slots {
		p.say(", ", q.subjects(i), " AS ", slotName(i))
		if q.slots[i].bound {
			p.say(", ", q.fingerprint(i), " AS ", printName(i))
		}
	}
	p.hidden("", padded(q.rows(), all.rows()))
	for i := range q.items {
		p.hidden(strconv.Itoa(i), padded(q.rowsOf(p.allow, i), all.rowsOf(p.allow, i)))
	}
	at := q.spots(q != all)
	for k, column := range named("", atColumn, all.spots(false)) {
		if k < len(at) {
			p.say(", ", at[k], " AS ", column)
		} else {
			p.say(", NULL AS ", column)
		}
	}
	p.rest(q)
	p.having(q, slices.Concat(q.enough(p.minimum), q.once(), q.weighing(p.allow)))
}

// having writes the condition of q and what is asked besides.
func (p *printer) having(q *query, more []string) {
	if q.having != nil {
		var own printer
		own.allow, own.minimum = p.allow, p.minimum
		own.expr(q.having)
		more = append([]string{own.String()}, more...)
	}
	if len(more) > 0 {
		p.say(" HAVING ", strings.Join(more, " AND "))
	}
}

func (p *printer) items(q *query) {
	p.list(len(q.items), ", ", func(i int) {
		p.expr(q.items[i])
		if name := q.items[i].called(); name != "" {
			p.say(" AS ", quoted(name))
		}
	})
}

// rest writes from, where and group by.
func (p *printer) rest(q *query) {
	p.source(q)
	if len(q.groups) > 0 {
		p.say(" GROUP BY ")
		p.exprs(q.groups)
	}
}

func (p *printer) source(q *query) {
	if q.from != nil {
		p.say(" FROM ")
		p.relation(q.from)
	}
	if q.where != nil {
		p.say(" WHERE ")
		p.expr(q.where)
	}
}

// subjects is who stands behind a row that q gives: the key, or how many.
func (q *query) subjects(i int) string {
	s := q.in.slots[i]
	switch {
	case !q.grouped:
		return s.sql
	case !q.slots[i].bound:
		return "any_value(" + s.sql + ")"
	case s.bound:
		return "max(" + s.sql + ")"
	case q.single(s):
		return "count(*)"
	}
	return "count(DISTINCT " + s.sql + ")"
}

// hidden writes the columns of which rows stand behind something.
func (p *printer) hidden(name string, rows []string) {
	for k, column := range named("", rowsName+name, rows) {
		p.say(", ", rows[k], " AS ", column)
	}
}

// spots are SQL for which rows of mounts, or which group of them, a row that q gives is of.
// Beside others, as one side of a union, a group is told by whose it is: two groups of
// one subject could be of the same rows.
func (q *query) spots(beside bool) []string {
	if q.left != nil {
		return longer(q.left.spots(true), q.right.spots(true))
	}
	var all []string
	for _, p := range q.in.places() {
		all = append(all, p.sql)
	}
	if !q.grouped || len(all) == 0 {
		return all
	}
	if beside && q.bySubject() {
		all = nil
		for i := range q.slots {
			if !q.slots[i].bound {
				all = append(all, q.in.slots[i].sql)
			}
		}
	}
	return []string{"min(hash(" + strings.Join(all, ", ") + "))"}
}

// whose are, for each of the places that q gives, the subjects that it is of.
func (q *query) whose() [][]int {
	if q.left != nil {
		l, r := q.left.whose(), q.right.whose()
		if !slices.EqualFunc(l, r, slices.Equal) {
			return make([][]int, max(len(l), len(r)))
		}
		return l
	}
	var all [][]int
	for _, p := range q.in.places() {
		var of []int
		for i, s := range q.in.slots {
			if slices.ContainsFunc(p.slots, func(x *slot) bool { return x.real() == s }) {
				of = append(of, i)
			}
		}
		all = append(all, of)
	}
	if !q.grouped || len(all) == 0 {
		return all
	}
	var of []int
	for i := range q.slots {
		if !q.slots[i].bound {
			of = append(of, i)
		}
	}
	return [][]int{of}
}

// spotsOf are the places, by their numbers, of the rows that the i-th value that q gives is
// made of.
func (q *query) spotsOf(i int) (all []int) {
	switch {
	case q.left != nil:
		all = slices.Concat(q.left.spotsOf(i), q.right.spotsOf(i))
		slices.Sort(all)
		return slices.Compact(all)
	case q.grouped:
		for k := range q.spots(false) {
			all = append(all, k)
		}
		return all
	}
	of := q.in.placesOf(q.items[i])
	for k, p := range q.in.places() {
		if slices.Contains(of, p.sql) {
			all = append(all, k)
		}
	}
	return all
}

// multiplied reports whether q can give a row of a mount several times, as often as a
// condition says.
func (q *query) multiplied() bool {
	return q.left != nil || !q.grouped && q.in.multiplied()
}

// once is the condition that no row of a mount is several times in a group: how often
// it is there would be a factor of its value, and who chooses the factors chooses whom
// a sum or a count tells of. Of tables that are joined by the key of a subject one has
// its rows once: a person's row stands beside each of their visits.
func (q *query) once() (all []string) {
	if !q.grouped || len(q.in.places()) < 2 && !q.in.multiplied() {
		return nil
	}
	for _, k := range q.in.kin() {
		var one []string
		for _, p := range k {
			one = append(one, p.once())
		}
		all = append(all, "("+strings.Join(one, " OR ")+")")
	}
	return all
}

// once is SQL for whether each row is once in a group.
func (a spot) once() string { return "count(" + a.sql + ") = count(DISTINCT " + a.sql + ")" }

// repeated are the places of an aggregate's values that may be in a group several times,
// though once lets it stand: a person's row beside each of their visits.
func (q *query) repeated(allow *allowed, a *expr) []string {
	if n := allow.Aggregates[a.name].Nature; n == counts || n == extreme || n == sums && a.args[0].counts() {
		return nil
	}
	var all []string
	of := q.in.placesOf(a)
	for _, k := range q.in.kin() {
		for _, p := range k {
			if len(k) > 1 && slices.Contains(of, p.sql) {
				all = append(all, p.once())
			}
		}
	}
	return all
}

// weighing is the condition that no value of an inner group has a factor that somebody
// chooses.
func (q *query) weighing(allow *allowed) (all []string) {
	for _, item := range q.items {
		item.each(func(e *expr) {
			if e.kind == function && allow.aggregate(e.name) {
				all = append(all, q.repeated(allow, e)...)
			}
		})
	}
	return all
}

// padded are rows, and none of the tables that only another side of a union has.
func padded(rows, all []string) []string {
	for len(rows) < len(all) {
		rows = append(rows, "CAST(0 AS BIGINT)")
	}
	return rows
}

// longer is the one of two lists that has more.
func longer(a, b []string) []string {
	if len(b) > len(a) {
		return b
	}
	return a
}

// inField is SQL for a sum as a number of the field in which sketches of rows are.
func inField(sum string) string {
	return "CAST(" + sum + " % " + strconv.Itoa(disclosure.RowField) + " AS BIGINT)"
}

// rows is which rows of mounts stand behind a row that q gives.
func (q *query) rows() []string {
	if q.left != nil {
		return longer(q.left.rows(), q.right.rows())
	}
	all := q.in.rows()
	for k, one := range all {
		if q.grouped {
			all[k] = inField("sum(" + one + ")")
		}
	}
	return all
}

// rowsOf is which rows of mounts the i-th value that q gives is made of: those that
// its aggregates see, or its window.
func (q *query) rowsOf(allow *allowed, i int) (all []string) {
	if q.left != nil {
		return longer(q.left.rowsOf(allow, i), q.right.rowsOf(allow, i))
	}
	item := q.items[i]
	var aggs []*expr
	var over *expr
	item.each(func(e *expr) {
		switch {
		case e.kind == function && allow.aggregate(e.name):
			aggs = append(aggs, e)
		case e.kind == windowed:
			over = e
		}
	})
	switch {
	case over != nil:
		for _, one := range q.in.rows() {
			p := &printer{allow: allow}
			p.over(over.over)
			all = append(all, inField("sum("+one+")"+p.String()))
		}
		return all
	case !q.grouped:
		return q.in.rowsOf(item)
	case len(aggs) == 0:
		return q.rows()
	}
	for _, a := range aggs {
		c := contribution{agg: a, full: allow.Aggregates[a.name].Nature == sums}
		there := " IS NOT NULL"
		if c.full {
			there = " <> 0"
		}
		for _, one := range q.in.rowsOf(a) {
			p := &printer{allow: allow}
			p.contribution(c)
			all = append(all, inField("coalesce(sum(CASE WHEN ("+p.String()+")"+there+" THEN "+one+" END), 0)"))
		}
	}
	return all
}

// rowsOf is SQL for which rows of mounts stand behind e in a row that s reads.
func (s *scope) rowsOf(e *expr) []string {
	var all []string
	e.each(func(x *expr) {
		if x.kind != column || x.field == nil {
			return
		}
		for _, one := range x.field.rows {
			if one = "coalesce(" + one + ", 0)"; !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	})
	if len(all) == 0 {
		return s.rows()
	}
	return all
}

// single reports whether each row that q reads is a subject of its own.
func (q *query) single(s *slot) bool {
	return len(q.in.tables) == 1 && strings.HasSuffix(s.sql, "."+rowColumn)
}

// fingerprint tells one set of subjects from another.
func (q *query) fingerprint(i int) string {
	s := q.in.slots[i]
	switch {
	case !q.grouped:
		return s.print
	case s.bound:
		return "bit_xor(DISTINCT " + s.print + ")"
	case q.single(s):
		return "bit_xor(" + s.sql + ")"
	}
	return "bit_xor(DISTINCT " + s.sql + ")"
}

// enough is the condition that at least n subjects stand behind each group, or the
// one whose key it has.
func (q *query) enough(n int) []string {
	var all []string
	for i := range q.slots {
		if q.grouped && q.slots[i].bound {
			all = append(all, q.subjects(i)+" >= "+strconv.Itoa(n))
		}
	}
	for _, g := range q.groups { // rows without a key are of several subjects
		if g.kind == column && g.field != nil && g.field.level == key {
			var key printer
			key.expr(g)
			all = append(all, key.String()+" IS NOT NULL")
		}
	}
	return all
}

func (p *printer) relation(rel *relation) {
	switch {
	case rel.join != "":
		p.say("(")
		p.relation(rel.left)
		p.say(" ", rel.join, " JOIN ")
		p.relation(rel.right)
		switch {
		case len(rel.using) > 0:
			p.say(" USING (")
			p.list(len(rel.using), ", ", func(i int) { p.say(quoted(rel.using[i])) })
			p.say(")")
		case rel.on != nil:
			p.say(" ON ")
			p.expr(rel.on)
		}
		p.say(")")
		return
	case rel.sub != nil:
		p.say("(")
		p.query(rel.sub)
		p.say(")")
	case rel.series != nil:
		p.expr(rel.series)
	default:
		p.say(quoted(rel.name))
	}
	p.say(" AS ", quoted(rel.alias))
	if len(rel.columns) > 0 {
		p.say("(")
		p.list(len(rel.columns), ", ", func(i int) { p.say(quoted(rel.columns[i])) })
		p.say(")")
	}
}

var operatorWords = map[string]string{"OPERATOR_IS_NULL": " IS NULL", "OPERATOR_IS_NOT_NULL": " IS NOT NULL", "COMPARE_IN": " IN ", "COMPARE_NOT_IN": " NOT IN "}

var operatorSigns = map[string]string{"~~": "LIKE", "!~~": "NOT LIKE", "~~*": "ILIKE", "!~~*": "NOT ILIKE"}

func (p *printer) expr(e *expr) {
	switch e.kind {
	case column:
		p.list(len(e.names), ".", func(i int) { p.say(quoted(e.names[i])) })
	case constant:
		p.constant(e.value)
	case parameter:
		p.say("$", e.name)
	case function:
		p.function(e)
	case comparison:
		p.infix(e.args, e.name)
	case conjunction:
		p.infix(e.args, e.name)
	case between:
		p.say("(")
		p.expr(e.args[0])
		p.say(" BETWEEN ")
		p.expr(e.args[1])
		p.say(" AND ")
		p.expr(e.args[2])
		p.say(")")
	case operator:
		p.operator(e)
	case choice:
		p.say("CASE")
		for i := 0; i+1 < len(e.args); i += 2 {
			p.say(" WHEN ")
			p.expr(e.args[i])
			p.say(" THEN ")
			p.expr(e.args[i+1])
		}
		p.say(" ELSE ")
		p.expr(e.args[len(e.args)-1])
		p.say(" END")
	case cast:
		word := "CAST("
		if e.try {
			word = "TRY_CAST("
		}
		p.say(word)
		p.expr(e.args[0])
		p.say(" AS ", e.cast, ")")
	case windowed:
		p.windowed(e)
	case subquery:
		p.subquery(e)
	}
}

func (p *printer) infix(args []*expr, word string) {
	p.say("(")
	p.list(len(args), " "+word+" ", func(i int) { p.expr(args[i]) })
	p.say(")")
}

func (p *printer) constant(v any) {
	switch v := v.(type) {
	case nil:
		p.say("NULL")
	case string:
		p.say(literal(v))
	case json.Number:
		p.say(v.String())
	default:
		p.say(fmt.Sprint(v))
	}
}

func (p *printer) function(e *expr) {
	sign, word := operatorSigns[e.name], e.name
	switch {
	case e.name == "count_star":
		p.say("count(*)")
	case len(e.args) == 2 && (sign != "" || !isWord(e.name)):
		if sign != "" {
			word = sign
		}
		p.infix(e.args, word)
	case len(e.args) == 1 && !isWord(e.name):
		p.say("(", e.name, " ")
		p.expr(e.args[0])
		p.say(")")
	default:
		p.say(e.name, "(")
		if e.distinct {
			p.say("DISTINCT ")
		}
		p.exprs(e.args)
		p.say(")")
	}
	if e.filter != nil {
		p.say(" FILTER (WHERE ")
		p.expr(e.filter)
		p.say(")")
	}
}

func isWord(name string) bool { return name[0] >= 'a' && name[0] <= 'z' }

func (p *printer) operator(e *expr) {
	switch e.name {
	case "OPERATOR_NOT":
		p.say("(NOT ")
		p.expr(e.args[0])
		p.say(")")
	case "OPERATOR_COALESCE":
		p.say("coalesce(")
		p.exprs(e.args)
		p.say(")")
	case "COMPARE_IN", "COMPARE_NOT_IN":
		p.say("(")
		p.expr(e.args[0])
		p.say(operatorWords[e.name], "(")
		p.exprs(e.args[1:])
		p.say("))")
	default:
		p.say("(")
		p.expr(e.args[0])
		p.say(operatorWords[e.name], ")")
	}
}

func (p *printer) windowed(e *expr) {
	name, args := e.name, e.args
	if name == "count" && len(args) == 0 {
		p.say("count(*)")
	} else {
		p.say(name, "(")
		p.exprs(args)
		p.say(")")
	}
	p.over(e.over)
}

// over writes which rows a window sees.
func (p *printer) over(w *window) {
	p.say(" OVER (")
	if len(w.partitions) > 0 {
		p.say("PARTITION BY ")
		p.exprs(w.partitions)
	}
	if len(w.orders) > 0 {
		p.say(" ORDER BY ")
		p.list(len(w.orders), ", ", func(i int) {
			o := w.orders[i]
			p.expr(o.by)
			if o.descending {
				p.say(" DESC")
			}
			switch o.nulls {
			case "NULLS_FIRST", "NULLS FIRST":
				p.say(" NULLS FIRST")
			case "NULLS_LAST", "NULLS LAST":
				p.say(" NULLS LAST")
			}
		})
	}
	if w.end == "UNBOUNDED_FOLLOWING" {
		p.say(" RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING")
	}
	p.say(")")
}

// subquery writes a select of nobody's rows, which has no hidden columns.
func (p *printer) subquery(e *expr) {
	switch e.name {
	case "EXISTS":
		p.say("EXISTS (")
	case "ANY":
		p.say("(")
		p.expr(e.args[0])
		p.say(" IN (")
	default:
		p.say("(")
	}
	p.query(e.sub)
	p.say(")")
	if e.name == "ANY" {
		p.say(")")
	}
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
)

// Measure runs a job's statement once more on the same inputs, rewritten so that
// it also gives, of each row, who stands behind it; held is what Run gave. A result
// that does not come out the same cannot be measured and is refused: most often an
// inner group was of fewer subjects than the minimum, which the rewritten
// statement leaves out.
func (e *Engine) Measure(ctx context.Context, j Job, held disclosure.Table) (*Result, error) {
	ctx, done, err := e.begin(ctx, j)
	if err != nil {
		return nil, err
	}
	defer done()
	a, values, err := e.admit(ctx, j)
	if err != nil {
		return nil, err
	}
	m := &measuring{query: a.query, verdict: a.verdict, minimum: max(a.minimum, 1), allow: e.allow}
	if len(a.query.in.slots) == 0 {
		return &Result{Table: nobodys(held)}, nil
	}
	j.Mounts = only(j.Mounts, a.verdict.Mounts)
	j.Limits.Rows, j.Limits.Bytes = max(10*j.Limits.Rows, 100_000), 16*j.Limits.Bytes+64<<20 // hidden columns, and what a limit cut off
	got, err := e.execute(ctx, j, task{SQL: m.statement(), Values: values, Setting: setting{Rows: true}})
	if err != nil {
		return nil, err
	}
	table, err := m.table(held, got)
	if err != nil {
		return nil, ended(ReasonRefused, got.resources, err).saying(fault.New(fault.Invalid, "这个结果不能核对：中间的分组里有不足 %d 个对象的格，或者和别的表、数列相连、union all 以后，一行在一格里算了几次，或者两次计算不一致。请在子查询里加 having count(*) >= %d，标识为空的行用 where 去掉，相连的表每行只对应一行。", m.minimum, m.minimum))
	}
	return &Result{Table: table, Resources: got.resources}, nil
}

// saying puts another sentence in the place of the end's own.
func (e *Ended) saying(f *fault.Fault) *Ended {
	f.Cause = e.Cause
	e.Fault = f
	return e
}

// nobodys is a result in which nobody's data are.
func nobodys(held disclosure.Table) disclosure.Table {
	n := len(held.Rows)
	held.Subjects, held.Weights, held.Sketches = make([]int64, n), make([][]disclosure.Mass, n), make([][]disclosure.Kind, n)
	for i := range held.Subjects {
		held.Subjects[i], held.Weights[i] = disclosure.Nobody, make([]disclosure.Mass, len(held.Columns))
	}
	return held
}

// measuring rewrites one statement and reads what it gave.
type measuring struct {
	query   *query
	verdict *Verdict
	minimum int
	allow   *allowed
	parts   []contribution
	tables  int   // of whose rows a row of the result is made
	weighs  []int // of which items values may be in a group several times
}

// contribution is what one aggregate adds up, row by row.
type contribution struct {
	item int
	agg  *expr
	mass bool // it is a magnitude
	full bool // only what is not nought counts
	own  bool // it has a condition of its own, so that it may see fewer than its row has
	rows int  // of how many tables the rows are measured that it sees

	arg    int   // which argument is added up
	of     *expr // the case of which it is one branch alone; nil: it is all
	branch int
	few    bool // how many subjects have the rarest of few values is measured
}

// statement is the rewritten statement:
//
//	__b  each row that the statement reads: its group, what it adds to each
//	     aggregate, who stands behind it
//	__v  the person's own result, with the groups beside it
//	__gN what each subject adds to each group, for the N-th kind of subject
//	__mN of each group: how many subjects, also of each aggregate with a condition,
//	     and the largest two
//	__zN of each group: the sketches of those subjects
func (m *measuring) statement() string {
	q := m.query
	m.contributions()
	p := &printer{minimum: m.minimum, allow: m.allow}
	if len(q.ctes) > 0 {
		p.with(q)
		text := strings.TrimSuffix(p.String(), " ")
		p.Reset()
		p.say(text, ", ")
	} else {
		p.say("WITH ")
	}
	p.say(quoted("__b"), " AS MATERIALIZED (SELECT ")
	m.keys(p, func(i int) { p.expr(q.groups[i]) })
	for i, c := range m.parts {
		m.separate(p)
		p.contribution(c)
		p.say(" AS ", "__c"+strconv.Itoa(i))
		if c.own {
			m.parts[i].rows = len(q.in.rowsOf(c.agg))
			p.hidden(strconv.Itoa(i), q.in.rowsOf(c.agg))
		}
	}
	for i, s := range q.in.slots {
		m.separate(p)
		p.say(s.sql, " AS ", slotName(i))
		if s.bound {
			p.say(", ", s.print, " AS ", printName(i))
		}
	}
	m.tables = len(q.in.rows())
	p.hidden("", q.in.rows())
	p.source(q)
	p.say("), ", quoted("__v"), " AS (SELECT ")
	p.list(len(q.items), ", ", func(i int) {
		p.expr(q.items[i])
		p.say(" AS __v", strconv.Itoa(i))
	})
	for i := range q.groups {
		p.say(", ")
		p.expr(q.groups[i])
		p.say(" AS ", keyName(i))
	}
	for i, item := range q.items {
		item.each(func(e *expr) {
			if e.kind == function && m.allow.aggregate(e.name) {
				for _, once := range q.repeated(m.allow, e) {
					p.say(", ", once, " AS __o", strconv.Itoa(len(m.weighs)))
					m.weighs = append(m.weighs, i)
				}
			}
		})
	}
	p.rest(q)
	p.having(q, q.once())
	p.say(")")
	for i := range q.in.slots {
		m.slot(p, i)
	}
	m.final(p)
	return p.String()
}

// separate writes a comma unless the list is empty.
func (m *measuring) separate(p *printer) {
	if !strings.HasSuffix(p.String(), "SELECT ") {
		p.say(", ")
	}
}

func keyName(i int) string { return "__k" + strconv.Itoa(i) }

// keys writes the groups as columns.
func (m *measuring) keys(p *printer, write func(i int)) {
	p.list(len(m.query.groups), ", ", func(i int) {
		write(i)
		p.say(" AS ", keyName(i))
	})
}

// keyList is the groups' columns, with a comma after each.
func (m *measuring) keyList(prefix string) string {
	text := ""
	for i := range m.query.groups {
		text += prefix + keyName(i) + ", "
	}
	return text
}

// contributions are what the aggregates of the items add up.
func (m *measuring) contributions() {
	allow := m.allow
	shapes := &resolver{allow: allow, shapes: map[*expr]shape{}}
	times := slices.ContainsFunc(m.query.in.tables, func(t *table) bool { return len(t.slots) == 0 }) // rows may be there as often as a value says
	for i, item := range m.query.items {
		role := m.verdict.Columns[i].Role
		item.each(func(e *expr) {
			if e.kind != function || !allow.aggregate(e.name) || e.name == "count_star" && e.filter == nil && !times {
				return
			}
			n := allow.Aggregates[e.name].Nature
			c := contribution{item: i, agg: e, full: n == sums, own: e.conditional(), mass: role != disclosure.Count && (n != counts && n != extreme || n == extreme && role == disclosure.Magnitude)}
			if e.mean() {
				form := shapes.shape(e.args[0]).form
				c.full = oneOrNothing(e.args[0]) || form == zeroed
			}
			c.few = c.mass && (n == sums && !e.args[0].plain() || n == spreads && e.name != "median")
			if times && n == counts && !e.distinct && e.name != "approx_count_distinct" {
				c.mass = true
			}
			if of := shapes.split(e); of != nil {
				c.of, c.full, c.own = of, false, true
				for c.branch = range values(of) {
					m.parts = append(m.parts, c)
				}
				return
			}
			m.parts = append(m.parts, c)
			if c.mass && !e.single() {
				c.arg = 1
				m.parts = append(m.parts, c)
			}
		})
	}
}

// conditional reports whether an aggregate sees only some of its rows by its own
// words: by a filter, a case, or anything but columns as they are.
func (e *expr) conditional() bool {
	return e.filter != nil || e.name == "count_if" || slices.ContainsFunc(e.args, func(a *expr) bool { return !a.plain() })
}

// plain reports whether e is nought or NULL where one column of a mount is so, and
// else nowhere that a condition could be hidden.
func (e *expr) plain() bool {
	columns := 0
	e.each(func(x *expr) {
		if x.kind == column {
			columns++
		}
	})
	if columns > 1 {
		return false
	}
	switch e.kind {
	case column:
		return e.field != nil && (e.field.plain || e.field.level == key)
	case constant, parameter:
		return true
	case cast:
		return !e.try && e.args[0].plain()
	case function:
		return slices.Contains([]string{"+", "-", "*", "abs"}, e.name) && !slices.ContainsFunc(e.args, func(a *expr) bool { return !a.plain() })
	}
	return false
}

// contribution writes what a row adds to an aggregate.
func (p *printer) contribution(c contribution) {
	e := c.agg
	if e.filter != nil {
		p.say("CASE WHEN ")
		p.expr(e.filter)
		p.say(" THEN ")
	}
	switch {
	case len(e.args) == 0:
		p.say("1.0")
	case e.name == "count_if":
		p.say("CASE WHEN ")
		p.expr(e.args[0])
		p.say(" THEN 1.0 END")
	case c.mass || c.full:
		switch {
		case c.of != nil:
			p.branch(c.of, c.branch)
		case !e.single():
			p.say("CASE WHEN ")
			p.expr(e.args[1-c.arg])
			p.say(" IS NOT NULL THEN ")
		}
		p.say("TRY_CAST(")
		p.expr(e.args[c.arg])
		p.say(" AS DOUBLE)")
		if c.of != nil || !e.single() {
			p.say(" END")
		}
	default:
		p.say("CASE WHEN ")
		p.expr(e.args[0])
		p.say(" IS NOT NULL THEN 1.0 END")
	}
	if e.filter != nil {
		p.say(" END")
	}
}

// branch writes the beginning of a case of the rows that take the n-th way of
// another one.
func (p *printer) branch(of *expr, n int) {
	p.say("CASE WHEN (CASE")
	for i := 0; i+1 < len(of.args); i += 2 {
		p.say(" WHEN ")
		p.expr(of.args[i])
		p.say(" THEN ", strconv.Itoa(i/2))
	}
	p.say(" ELSE ", strconv.Itoa(len(of.args)/2), " END) = ", strconv.Itoa(n), " THEN ")
}

// mostFew is how many values are few: who knows them can work out from a mean and a
// spread how many subjects have each.
const mostFew = 3

// values writes how many subjects have the rarest value of those that the k-th
// aggregate sees, where they are but a few.
func (m *measuring) values(p *printer, i, k int) {
	s, c := m.query.in.slots[i], m.parts[k]
	who, col, group := "count(DISTINCT "+slotName(i)+")", "__c"+strconv.Itoa(k), ""
	switch {
	case s.cells:
		who = "count(DISTINCT " + printName(i) + ")"
	case s.bound:
		who = "max(" + slotName(i) + ")"
	case m.query.single(s):
		who = "count(*)"
	}
	if len(m.query.groups) > 0 {
		group = " GROUP BY " + strings.TrimSuffix(m.keyList(""), ", ")
	}
	there := " IS NOT NULL"
	if c.full && c.agg.name == "sum" {
		there = " <> 0"
	}
	p.say(", ", valuesName(i, k), " AS (SELECT ", m.keyList(""), "CASE WHEN count(*) BETWEEN 2 AND ", strconv.Itoa(mostFew), " THEN min(n) END AS v FROM (SELECT ", m.keyList(""), col, " AS v, ", who, " AS n FROM __b WHERE ", col, there, " GROUP BY ALL)", group, ")")
}

func valuesName(i, k int) string { return "__h" + strconv.Itoa(i) + "_" + strconv.Itoa(k) }

// slot writes what is measured of the i-th kind of subject.
func (m *measuring) slot(p *printer, i int) {
	s, n := m.query.in.slots[i], strconv.Itoa(i)
	who, group := slotName(i), ""
	if s.bound {
		who = printName(i)
	}
	if len(m.query.groups) > 0 {
		group = " GROUP BY " + strings.TrimSuffix(m.keyList(""), ", ")
	}
	p.say(", __g", n, " AS (SELECT ", m.keyList(""), who, " AS x")
	single := m.query.single(s) // nothing is to be added up: each row is a subject
	if s.bound {
		p.say(", max(", slotName(i), ") AS b")
	}
	total := func(n, there string, tables int) {
		for j := range tables {
			name := n + "_" + strconv.Itoa(j)
			switch {
			case !single:
				p.say(", sum(", rowsName, name, ")", there, " AS r", name)
			case there != "":
				p.say(", CASE WHEN ", strings.TrimSuffix(strings.TrimPrefix(there, " FILTER (WHERE "), ")"), " THEN ", rowsName, name, " END AS r", name)
			default:
				p.say(", ", rowsName, name, " AS r", name)
			}
		}
	}
	total("", "", m.tables)
	for k, c := range m.parts {
		kn, col, there := strconv.Itoa(k), "__c"+strconv.Itoa(k), ""
		if c.full {
			there = " FILTER (WHERE " + col + " <> 0)"
		}
		switch {
		case !single:
			p.say(", sum(abs(", col, ")) AS w", kn, ", count(", col, ")", there, " AS n", kn)
		case c.full:
			p.say(", abs(", col, ") AS w", kn, ", CASE WHEN ", col, " <> 0 THEN 1 END AS n", kn)
		default:
			p.say(", abs(", col, ") AS w", kn, ", CASE WHEN ", col, " IS NOT NULL THEN 1 END AS n", kn)
		}
		if there == "" {
			there = " FILTER (WHERE " + col + " IS NOT NULL)"
		}
		total(kn, there, c.rows)
	}
	p.say(" FROM __b")
	if !single {
		p.say(" GROUP BY ALL")
	}
	p.say("), __m", n, " AS (SELECT ", m.keyList(""))
	count := func(filter string) string {
		if s.bound && !s.cells {
			return "coalesce(max(b)" + filter + ", 0)"
		}
		return "count(x)" + filter
	}
	fewest := []string{count("")}
	for k, c := range m.parts {
		if !c.own && !c.mass {
			fewest = append(fewest, count(c.seen(k)))
		}
	}
	p.say("least(", strings.Join(fewest, ", "), ") AS n")
	if len(fewest) == 1 {
		text := strings.TrimSuffix(p.String(), "least("+fewest[0]+") AS n") + fewest[0] + " AS n"
		p.Reset()
		p.say(text)
	}
	sketches, counters := rowSketches("", m.tables)
	for k, c := range m.parts {
		kn := strconv.Itoa(k)
		if c.own {
			p.say(", ", count(c.seen(k)), " AS o", kn)
			sketches += ", string_agg(c || ':' || w" + kn + ", ',') FILTER (WHERE w" + kn + " <> 0) AS z" + kn
			counters += ", sum(" + sign + ")" + c.seen(k) + " AS w" + kn
			s, c := rowSketches(kn, c.rows)
			sketches, counters = sketches+s, counters+c
		}
		if c.mass {
			w := "w" + kn
			p.say(", sum(", w, ") AS t", kn, ", max(", w, ", 2) AS l", kn)
			if !c.own {
				p.say(", ", count(c.seen(k)), " AS f", kn)
			}
		}
	}
	p.say(" FROM __g", n, group, "), __z", n, " AS (SELECT ", m.keyList(""), "string_agg(c || ':' || w, ',') FILTER (WHERE w <> 0) AS z", sketches, " FROM (SELECT ", m.keyList(""), "(x & 255) AS c, sum(", sign, ") AS w", counters, " FROM __g", n, " WHERE x IS NOT NULL GROUP BY ALL)", group, ")")
	for k, c := range m.parts {
		if c.few {
			m.values(p, i, k)
		}
	}
}

// rowSketches are those of the rows that subjects have, of each table.
func rowSketches(n string, tables int) (sketches, counters string) {
	for j := range tables {
		name := n + "_" + strconv.Itoa(j)
		sketches += ", string_agg(c || ':' || q" + name + ", ',') FILTER (WHERE q" + name + " <> 0) AS y" + name
		counters += ", " + inField("sum("+sign+" * r"+name+")") + " AS q" + name
	}
	return sketches, counters
}

// sign is what a subject adds to its counter, as disclosure.Sketch has it.
const sign = "(CASE WHEN (x & 256) = 0 THEN 1 ELSE -1 END)"

// seen is the condition that the k-th aggregate sees a subject.
func (c contribution) seen(k int) string { return " FILTER (WHERE n" + strconv.Itoa(k) + " > 0)" }

// final joins what was measured to the person's own result.
func (m *measuring) final(p *printer) {
	p.say(" SELECT ")
	p.list(len(m.query.items), ", ", func(i int) { p.say("v.__v", strconv.Itoa(i)) })
	for i := range m.query.in.slots {
		n := strconv.Itoa(i)
		rows := func(of string, tables int) {
			for j := range tables {
				p.say(", z", n, ".y", of, "_", strconv.Itoa(j))
			}
		}
		p.say(", coalesce(m", n, ".n, 0), z", n, ".z")
		rows("", m.tables)
		for k, c := range m.parts {
			kn := strconv.Itoa(k)
			if c.own {
				p.say(", coalesce(m", n, ".o", kn, ", 0), z", n, ".z", kn)
				rows(kn, c.rows)
			}
			if c.mass {
				seen, few := "NULL", "NULL"
				if !c.own {
					seen = "m" + n + ".f" + kn
				}
				if c.few {
					few = valuesName(i, k) + ".v"
				}
				p.say(", m", n, ".t", kn, ", m", n, ".l", kn, "[1], m", n, ".l", kn, "[2], ", seen, ", ", few)
			}
		}
	}
	for i := range m.weighs {
		p.say(", v.__o", strconv.Itoa(i))
	}
	p.say(" FROM __v AS v")
	for i := range m.query.in.slots {
		n := strconv.Itoa(i)
		m.beside(p, "__m"+n, "m"+n)
		m.beside(p, "__z"+n, "z"+n)
		for k, c := range m.parts {
			if c.few {
				m.beside(p, valuesName(i, k), valuesName(i, k))
			}
		}
	}
}

// beside joins something that was measured of each group.
func (m *measuring) beside(p *printer, table, alias string) {
	p.say(" LEFT JOIN ", table, " AS ", alias, " ON (true")
	for k := range m.query.groups {
		p.say(" AND v.", keyName(k), " IS NOT DISTINCT FROM ", alias, ".", keyName(k))
	}
	p.say(")")
}

// table is what was held with what was measured of each of its rows.
func (m *measuring) table(held disclosure.Table, got *outcome) (disclosure.Table, error) {
	n := len(m.query.items)
	if len(got.columns) < n+len(m.weighs) {
		return held, errors.New("engine: a measured result of another form")
	}
	if m.query.limit == nil && len(got.rows) != len(held.Rows) {
		return held, fmt.Errorf("engine: %d rows were measured and %d held", len(got.rows), len(held.Rows))
	}
	measured := make([]measuredRow, len(got.rows))
	columns := slices.Clone(held.Columns)
	for i, row := range got.rows {
		flags := len(row) - len(m.weighs)
		for k, item := range m.weighs {
			if once, _ := row[flags+k].(bool); !once {
				columns[item].Weighed = true
			}
		}
		r, err := m.row(row[n:flags])
		if err != nil {
			return held, err
		}
		r.visible = row[:n]
		measured[i] = r
	}
	// of rows that look the same, those of fewer subjects come first
	slices.SortStableFunc(measured, func(a, b measuredRow) int { return int(a.subjects - b.subjects) })
	byLook := map[string][]int{}
	for i, r := range measured {
		byLook[look(r.visible)] = append(byLook[look(r.visible)], i)
	}
	out := disclosure.Table{Columns: columns, Rows: held.Rows}
	for _, row := range held.Rows {
		list := byLook[look(row)]
		k := slices.IndexFunc(list, func(i int) bool { return alike(row, measured[i].visible) })
		if k < 0 {
			return held, errors.New("engine: a row that was held was not measured")
		}
		r := measured[list[k]]
		byLook[look(row)] = slices.Delete(list, k, k+1)
		out.Subjects, out.Weights, out.Sketches = append(out.Subjects, r.subjects), append(out.Weights, r.weights), append(out.Sketches, r.who)
		out.Own = append(out.Own, r.own)
	}
	return out, nil
}

type measuredRow struct {
	visible  []any
	subjects int64
	weights  []disclosure.Mass
	who      []disclosure.Kind
	own      []disclosure.Own
}

// row reads the hidden columns of a row: for each kind of subject how many and their
// sketch, the same of each aggregate with a condition, and of each magnitude total,
// largest, second, how many it is of, and how many have the rarest of few values.
func (m *measuring) row(hidden []any) (measuredRow, error) {
	r := measuredRow{subjects: math.MaxInt64, weights: make([]disclosure.Mass, len(m.query.items))}
	next := func() any {
		if len(hidden) == 0 {
			return nil
		}
		v := hidden[0]
		hidden = hidden[1:]
		return v
	}
	own := make([]disclosure.Own, len(m.parts))
	for _, s := range m.query.in.slots {
		n, ok := next().(int64)
		if !ok {
			return r, errors.New("engine: no number of subjects")
		}
		r.subjects = min(r.subjects, n)
		who := func(tables int) (disclosure.Kind, error) {
			k, err := s.who(next())
			k.Rows = make([]disclosure.Sketch, tables)
			for j := range k.Rows {
				if text, ok := next().(string); ok {
					err = errors.Join(err, sketch(&k.Rows[j], text))
				}
			}
			return k, err
		}
		kind, err := who(m.tables)
		if err != nil {
			return r, err
		}
		r.who = append(r.who, kind)
		for k, c := range m.parts {
			if c.own {
				n, ok := next().(int64)
				if !ok {
					return r, errors.New("engine: no number of subjects")
				}
				kind, err := who(c.rows)
				if err != nil {
					return r, err
				}
				if o := &own[k]; len(o.Sketches) == 0 || n < o.Subjects {
					o.Subjects = n
				}
				own[k].Column, own[k].Branch, own[k].Sketches = c.item, c.of != nil, append(own[k].Sketches, kind)
			}
			if !c.mass {
				continue
			}
			mass := disclosure.Mass{Known: true, Total: float(next()), Largest: float(next()), Second: float(next())}
			mass.Second = min(mass.Second, max(mass.Total-mass.Largest, 0))
			mass.Seen, mass.Counted = next().(int64)
			mass.Rarest, _ = next().(int64)
			r.weigh(c.item, mass)
		}
	}
	for k, c := range m.parts {
		if c.own {
			r.add(own[k])
		}
	}
	return r, nil
}

// weigh notes the mass of one aggregate of a cell: of several, the worst of each.
func (r *measuredRow) weigh(item int, m disclosure.Mass) {
	w := &r.weights[item]
	was := *w
	if !was.Known || was.Total == 0 || worse(m, was) {
		*w = m
	}
	w.Seen, w.Counted, w.Rarest = was.Seen, was.Counted, was.Rarest
	if m.Counted && (!w.Counted || m.Seen < w.Seen) {
		w.Seen, w.Counted = m.Seen, true
	}
	if m.Rarest > 0 && (w.Rarest == 0 || m.Rarest < w.Rarest) {
		w.Rarest = m.Rarest
	}
}

// worse reports whether one subject makes up more of a than of b.
func worse(a, b disclosure.Mass) bool { return a.Largest*b.Total > b.Largest*a.Total }

func float(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	}
	return 0
}

// add notes what was measured of a cell; of several aggregates in it, that of the
// fewest subjects. What is worked out of several leaves only as made of columns that
// are shown, each of which is held against the rules itself.
func (r *measuredRow) add(o disclosure.Own) {
	i := slices.IndexFunc(r.own, func(x disclosure.Own) bool { return x.Column == o.Column })
	switch {
	case i < 0 || o.Branch:
		r.own = append(r.own, o)
	case o.Subjects < r.own[i].Subjects:
		r.own[i] = o
	}
}

// who is a kind of subjects with its sketch as measuring wrote it. Groups of which
// each is of several subjects are another kind than the subjects are.
func (s *slot) who(text any) (disclosure.Kind, error) {
	k := disclosure.Kind{Name: s.kind}
	if strings.HasPrefix(s.kind, rowKind) {
		k.Name = "row"
	}
	if s.bound {
		k.Name += " in groups"
	}
	if text, ok := text.(string); ok {
		return k, sketch(&k.Sketch, text)
	}
	return k, nil
}

// sketch adds counters, written as number:value, to s.
func sketch(s *disclosure.Sketch, text string) error {
	for pair := range strings.SplitSeq(text, ",") {
		c, w, ok := strings.Cut(pair, ":")
		i, err1 := strconv.Atoi(c)
		n, err2 := strconv.ParseInt(w, 10, 32)
		if !ok || err1 != nil || err2 != nil || i < 0 || i >= len(s) {
			return errors.New("engine: no sketch")
		}
		s[i] += int32(n)
	}
	return nil
}

// look is a row without what may differ in its last digits.
func look(row []any) string {
	var b strings.Builder
	for _, v := range row {
		if _, ok := v.(float64); ok {
			b.WriteString("number\x00")
			continue
		}
		fmt.Fprintf(&b, "%T %v\x00", v, v)
	}
	return b.String()
}

// alike reports whether two rows are the same, numbers but for their last digits.
func alike(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, ok1 := a[i].(float64)
		y, ok2 := b[i].(float64)
		if ok1 && ok2 {
			if math.Abs(x-y) > 1e-9*max(math.Abs(x), math.Abs(y)) {
				return false
			}
		} else if a[i] != b[i] {
			return false
		}
	}
	return true
}

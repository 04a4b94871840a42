package engine

import (
	"slices"
	"strings"

	"shuyuan/internal/fault"
)

// expr resolves e and says what is known of it.
func (r *resolver) expr(e *expr, st standing, ctes map[string]*query) facts {
	f := r.facts(e, st, ctes)
	if f.level == key && !(st.keys && e.kind == column) {
		r.hidden(e)
		f.level = held
	}
	if f.inner && e.kind != column {
		r.inner(e.at)
		f.inner = false
	}
	return f
}

// hidden refuses a masked key where it would show or be guessed.
func (r *resolver) hidden(e *expr) {
	name := "这一列"
	e.each(func(x *expr) {
		if x.field != nil && x.field.level == key {
			name = x.field.name
		}
	})
	r.found.add("identifier", e.at, fault.New(fault.Invalid, "“%s”是掩码后的标识，只能用来连接（a.列 = b.列）、count(distinct 列)，或在子查询里 group by；不能显示、筛选或计算。", clip(name)))
}

func (r *resolver) facts(e *expr, st standing, ctes map[string]*query) facts {
	var f facts
	switch e.kind {
	case constant:
		return f
	case parameter:
		r.parameter(e)
		return f
	case column:
		return r.column(e, st, ctes)
	case function:
		if r.allow.aggregate(e.name) {
			return r.aggregate(e, st, ctes)
		}
	case windowed:
		return r.windowed(e, st, ctes)
	case subquery:
		return r.subquery(e, st, ctes)
	case comparison:
		if f, ok := r.keys(e, st, ctes); ok {
			return f
		}
	case operator:
		if e.name == "OPERATOR_IS_NULL" || e.name == "OPERATOR_IS_NOT_NULL" {
			st.keys = true
			f = r.expr(e.args[0], st, ctes)
			f.level = min(f.level, held)
			if f.kind != "" {
				f = facts{cols: true}
			}
			return f
		}
	}
	st.keys = false
	for _, a := range e.args {
		f.take(r.expr(a, st, ctes))
	}
	f.kind, f.slot = "", nil
	return f
}

// keys is the comparison of two keys, if e is one.
func (r *resolver) keys(e *expr, st standing, ctes map[string]*query) (facts, bool) {
	a, b := e.args[0], e.args[1]
	if a.kind != column || b.kind != column {
		return facts{}, false
	}
	st.keys = true
	x, y := r.column(a, st, ctes), r.column(b, st, ctes)
	if x.level != key && y.level != key {
		f := x
		f.take(y)
		f.count = false
		return f, true
	}
	if e.name != "=" {
		r.hidden(e)
	} else if x.level != key || y.level != key || x.kind != y.kind {
		r.found.add("identifier", e.at, fault.New(fault.Invalid, "掩码后的标识只能和同一种标识相连。"))
	}
	return facts{cols: true}, true
}

func (r *resolver) parameter(e *expr) {
	if !slices.ContainsFunc(r.parameters, func(p Parameter) bool { return p.Name == e.name }) {
		r.found.add("parameter", e.at, fault.New(fault.Invalid, "参数 $%s 没有说明。参数要先写名字和类型。", clip(e.name)))
		return
	}
	r.asked[e.name] = true
}

func (r *resolver) column(e *expr, st standing, ctes map[string]*query) facts {
	name := e.names[len(e.names)-1]
	tables := st.s.tables
	switch {
	case len(e.names) == 2:
		tables = slices.DeleteFunc(slices.Clone(tables), func(t *table) bool { return !strings.EqualFold(t.alias, e.names[0]) })
	case len(e.names) == 3 && strings.EqualFold(e.names[0], schemaName):
		tables = slices.DeleteFunc(slices.Clone(tables), func(t *table) bool { return !strings.EqualFold(t.alias, e.names[1]) })
		e.names = e.names[1:]
	case len(e.names) != 1:
		tables = nil
	}
	var found []*field
	for _, t := range tables {
		if f := find([]*table{t}, name); f != nil {
			found = append(found, f)
		}
	}
	switch {
	case len(found) == 0 && len(e.names) == 1 && st.aliases && st.s.alias[strings.ToLower(name)] != nil:
		return r.named(e, st, ctes)
	case len(found) == 0 && st.s.broken:
		return facts{}
	case len(found) == 0:
		r.found.add("column", e.at, fault.New(fault.Invalid, "没有“%s”这一列。子查询里不能用外面的列。", clip(strings.Join(e.names, "."))))
		return facts{}
	case len(found) > 1 && !slices.ContainsFunc(st.s.using, func(u string) bool { return strings.EqualFold(u, name) }):
		r.found.add("column", e.at, fault.New(fault.Invalid, "“%s”在几张表里都有，请写成 表.列。", clip(name)))
		return facts{}
	}
	e.field = found[0]
	f := found[0]
	for _, other := range found[1:] { // of a column named with using
		if other.level > f.level {
			f, e.field = other, other
		}
	}
	return facts{level: f.level, from: f.from, safe: f.safe, kind: f.kind, slot: f.slot, count: f.count, cols: true, inner: f.inner}
}

// named puts an item of the select in the place of its name.
func (r *resolver) named(e *expr, st standing, ctes map[string]*query) facts {
	item := st.s.alias[strings.ToLower(e.names[0])]
	at := e.at
	if r.size(item) > mostInlined {
		r.found.add("size", at, fault.New(fault.Invalid, "“%s”展开以后太长，请先写成子查询。", clip(e.names[0])))
		*e = *nothing(at)
		return facts{}
	}
	*e = *plain(item)
	if at >= 0 {
		e.at = at
	}
	f := st.s.known[item]
	if len(f.aggs) > 0 && (!st.aggregates || st.inside) {
		r.found.add("nested", at, fault.New(fault.Invalid, "聚合函数不能写在 where、on、group by 里，也不能套在另一个聚合函数里。请先写成子查询。"))
	}
	return f
}

func (r *resolver) aggregate(e *expr, st standing, ctes map[string]*query) facts {
	if !st.aggregates || st.inside {
		r.found.add("nested", e.at, fault.New(fault.Invalid, "聚合函数不能写在 where、on、group by 里，也不能套在另一个聚合函数里。请先写成子查询。"))
		return facts{}
	}
	in := standing{s: st.s, inside: true, keys: e.name == "count" || e.name == "approx_count_distinct", aliases: st.aliases}
	var f facts
	for _, a := range e.args {
		f.take(r.expr(a, in, ctes))
	}
	if e.filter != nil {
		in.keys = false
		g := r.expr(e.filter, in, ctes)
		if g.inner {
			r.inner(e.filter.at)
		}
		f.from = origins(f.from, g.from)
	}
	if f.level == key {
		f.level, f.count = free, true
	}
	if f.inner && (r.allow.Aggregates[e.name].Nature == sums || e.name == "count_if") {
		r.inner(e.at)
	}
	st.s.known[e] = f
	return facts{level: f.level, from: f.from, safe: f.safe, aggs: []*expr{e}}
}

// windowed allows a window over the rows of one subject, and over rows of nobody.
func (r *resolver) windowed(e *expr, st standing, ctes map[string]*query) facts {
	if st.inside || !st.aggregates {
		r.found.add("window", e.at, fault.New(fault.Invalid, "窗口函数只能写在子查询的 select 里。"))
		return facts{}
	}
	in := standing{s: st.s, keys: true}
	var f facts
	for _, a := range e.args {
		in.keys = e.name == "count"
		f.take(r.expr(a, in, ctes))
	}
	in.keys = true
	by := map[*slot]bool{}
	for _, p := range e.over.partitions {
		g := r.expr(p, in, ctes)
		if g.slot != nil {
			by[g.slot.real()] = true
		} else {
			f.take(g)
		}
	}
	for _, o := range e.over.orders {
		in.keys = false
		f.take(r.expr(o.by, in, ctes))
	}
	for _, s := range st.s.slots {
		if s.same == nil && !by[s] {
			r.found.add("window", e.at, fault.New(fault.Invalid, "窗口要按对象的标识分开（partition by 标识列），否则一行里会带着别的对象的值。"))
			break
		}
	}
	parts := slices.Concat(e.args, e.over.partitions)
	for _, o := range e.over.orders {
		parts = append(parts, o.by)
	}
	if len(st.s.slots) > 0 && slices.ContainsFunc(parts, func(x *expr) bool {
		return x.kind != column || x.field != nil && x.field.level != key && !x.field.plain
	}) {
		r.found.add("window", e.at, fault.New(fault.Invalid, "窗口函数里只能直接写表的列：算出来的值能让个别对象的行换了次序，又不能核对。条件请写在子查询的 where 里。"))
	}
	if len(st.s.slots) > 0 && (st.s.multiplied() || len(st.s.places()) > 1) {
		r.found.add("window", e.at, fault.New(fault.Invalid, "窗口函数不能用在和别的表、数列相连或者 union all 以后的行上：一行可能算几次，又不能核对。请先用窗口函数，再相连。"))
	}
	f.level, f.kind, f.slot, f.cols = min(f.level, held), "", nil, true
	return f
}

// subquery allows a select of nobody's rows.
func (r *resolver) subquery(e *expr, st standing, ctes map[string]*query) facts {
	var f facts
	for _, a := range e.args {
		f.take(r.expr(a, standing{s: st.s, aggregates: st.aggregates, inside: st.inside, aliases: st.aliases}, ctes))
	}
	r.query(e.sub, ctes, false)
	if len(e.sub.slots) > 0 {
		r.found.add("subquery", e.at, fault.New(fault.Invalid, "这里的子查询会带出别的对象的行，请改成 with 加 join。"))
		return f
	}
	for _, out := range e.sub.fields {
		f.level, f.from = max(f.level, min(out.level, held)), origins(f.from, out.from)
		f.safe = true
	}
	f.kind, f.slot = "", nil
	return f
}

// mostInlined is of how many parts an item may be that is named elsewhere.
const mostInlined = 2000

// size is of how many parts e is, those that are named several times counted each
// time.
func (r *resolver) size(e *expr) int {
	if e == nil {
		return 0
	}
	if n, ok := r.sizes[e]; ok {
		return n
	}
	n := 1 + r.size(e.filter)
	for _, a := range e.args {
		n = min(n+r.size(a), 1<<30)
	}
	r.sizes[e] = n
	return n
}

package engine

import (
	"slices"
	"strconv"
	"strings"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
)

// rowColumn is where a mount's file keeps who a row is, for mounts whose rows are
// the subjects, and whoColumn whose the n-th key is. No statement can name them.
const rowColumn = "__row"

func whoColumn(n int) string { return "__who" + strconv.Itoa(n) }

// printColumn is where a mount's file keeps a number that tells a row, as it is in the
// table, from others.
const printColumn = "__print"

func (r *resolver) relation(rel *relation, s *scope, ctes map[string]*query) *table {
	if rel.join != "" {
		return r.join(rel, s, ctes)
	}
	weight, repeats := 1, int64(0)
	switch {
	case rel.series != nil:
		repeats = rel.series.length()
		rel.table = &table{alias: rel.alias, multiplied: true, fields: []field{{name: rel.series.name, shape: shape{form: smooth, pure: true}}}}
	case rel.sub != nil:
		r.query(rel.sub, ctes, false)
		rel.table, weight, repeats = r.derived(rel.alias, rel.sub), rel.sub.weight, rel.sub.repeats
	default:
		if rel.alias == "" {
			rel.alias = rel.name
		}
		if q, ok := ctes[strings.ToLower(rel.name)]; ok {
			rel.table, weight, repeats = r.derived(rel.alias, q), q.weight, q.repeats
		} else if rel.table = r.mount(rel); rel.table == nil {
			s.broken = true
			return nil
		}
	}
	s.weight += weight
	if s.weight > mostRelations {
		r.found.add("size", rel.at, fault.New(fault.Invalid, "一条语句最多用 %d 次表。", mostRelations))
	}
	if s.repeats = max(1, s.repeats) * max(1, repeats); s.repeats > mostSeries+1 {
		r.found.add("series", rel.at, fault.New(fault.Invalid, "一条语句里的数列合起来最多 %d 行。", mostSeries))
		s.repeats = 1
	}
	if rel.alias == "" {
		r.found.add("alias", rel.at, fault.New(fault.Invalid, "子查询后面要写名字：(select …) as t。"))
	}
	for i, name := range rel.columns {
		if i < len(rel.table.fields) {
			rel.table.fields[i].name = name
		}
	}
	for _, t := range s.tables {
		if strings.EqualFold(t.alias, rel.alias) {
			r.found.add("alias", rel.at, fault.New(fault.Invalid, "“%s”用了两次，请给其中一个另起名字。", clip(rel.alias)))
		}
	}
	s.tables, s.slots = append(s.tables, rel.table), append(s.slots, rel.table.slots...)
	return rel.table
}

// derived is what a select in from, or one with a name, is as a table.
func (r *resolver) derived(alias string, q *query) *table {
	t := &table{alias: alias, fields: slices.Clone(q.fields), single: q.grouped && len(q.groups) == 0}
	t.multiplied = q.multiplied() || len(q.slots) == 0 && !t.single
	t.rows = named(quoted(alias)+".", rowsName, q.rows())
	for i := range t.fields {
		t.fields[i].rows = named(quoted(alias)+".", rowsName+strconv.Itoa(i), q.rowsOf(r.allow, i))
	}
	for i, s := range q.slots {
		out := &slot{kind: s.kind, bound: s.bound, cells: s.cells, sql: quoted(alias) + "." + slotName(i), print: quoted(alias) + "." + printName(i)}
		for j := range t.fields {
			if t.fields[j].slot == &q.slots[i] {
				t.fields[j].slot = out
			}
		}
		t.slots = append(t.slots, out)
	}
	at := named(quoted(alias)+".", atColumn, q.spots(false))
	for k, of := range q.whose() {
		p := spot{sql: at[k]}
		for _, i := range of {
			p.slots = append(p.slots, t.slots[i])
		}
		t.places = append(t.places, p)
	}
	for i := range t.fields {
		t.fields[i].at = nil
		for _, k := range q.spotsOf(i) {
			t.fields[i].at = append(t.fields[i].at, at[k])
		}
	}
	return t
}

// slotName and printName are the hidden columns in which a select gives who
// stands behind its rows.
func slotName(i int) string  { return "__s" + strconv.Itoa(i) }
func printName(i int) string { return "__p" + strconv.Itoa(i) }

// rowsName begins the hidden columns in which a select gives which rows of mounts
// stand behind each of its rows, and, with a number, behind each value in it.
const rowsName = "__n"

// atColumn is where a row of a mount has its place, by which it is told from others that
// are the same; with a number it begins the hidden columns in which a select gives the
// places of the rows that each of its rows is made of.
const atColumn = "__at"

// named are the hidden columns in which something stands, one for each of of.
func named(before, name string, of []string) []string {
	var out []string
	for k := range of {
		out = append(out, before+name+"_"+strconv.Itoa(k))
	}
	return out
}

// mount is a mount as a table. Its subjects are those of its keys; without keys,
// its rows; of a lookup table, nobody.
func (r *resolver) mount(rel *relation) *table {
	i := slices.IndexFunc(r.mounts, func(m Mount) bool { return strings.EqualFold(m.Name, rel.name) })
	if i < 0 {
		r.found.add("table", rel.at, fault.New(fault.Invalid, "没有“%s”这张表。只能用这个空间里挂载的表。", clip(rel.name)))
		return nil
	}
	m := r.mounts[i]
	r.used[m.Name] = true
	t := &table{alias: rel.alias}
	for _, c := range m.Columns {
		f := field{name: c.Name, plain: true, shape: shape{form: smooth, pure: true}, boolean: c.Type == rows.Boolean, from: []disclosure.Origin{{Mount: m.Name, Column: c.Name}}}
		switch c.Use {
		case Subject:
			s := &slot{kind: c.Kind, sql: quoted(rel.alias) + "." + whoColumn(len(t.slots))}
			f.level, f.kind, f.slot = key, c.Kind, s
			t.slots = append(t.slots, s)
		case Group, Read:
		default:
			f.level = held
		}
		t.fields = append(t.fields, f)
	}
	if t.multiplied = m.public(); !t.multiplied {
		t.rows = []string{quoted(rel.alias) + "." + printColumn}
	}
	if len(t.slots) == 0 && !m.public() {
		t.slots = []*slot{{kind: rowKind + m.Name, sql: quoted(rel.alias) + "." + rowColumn}}
	}
	if !m.public() {
		at := "hash(" + literal(m.Name) + ", " + quoted(rel.alias) + "." + atColumn + ")"
		t.places = []spot{{at, t.slots}}
		for i := range t.fields {
			t.fields[i].at = []string{at}
		}
	}
	return t
}

// rowKind is of which kind the rows of a mount are, before its name. They are of
// one kind wherever results are compared: their numbers tell tables apart.
const rowKind = "row of "

// public reports whether nobody stands behind the rows of m.
func (m Mount) public() bool {
	return !slices.ContainsFunc(m.Columns, func(c Column) bool { return c.Use != Read })
}

func (r *resolver) join(rel *relation, s *scope, ctes map[string]*query) *table {
	first := len(s.tables)
	left := r.relation(rel.left, s, ctes)
	middle := len(s.tables)
	right := r.relation(rel.right, s, ctes)
	if left == nil || right == nil {
		return nil
	}
	both := func(e *expr) bool { return s.spans(e, first, middle) }
	equal, keyed := len(rel.using) > 0, false
	for _, name := range rel.using {
		a, b := find(s.tables[first:middle], name), find(s.tables[middle:], name)
		if a == nil || b == nil {
			r.found.add("column", rel.at, fault.New(fault.Invalid, "using 里的“%s”要在两边都有。", clip(name)))
			continue
		}
		s.using = append(s.using, name)
		if a.inner || b.inner {
			r.inner(rel.at)
		}
		if a.level == key || b.level == key {
			r.paired(*a, *b, rel.at)
			keyed = true
			tie(a.slot, b.slot, rel.join, s)
		}
	}
	if rel.on != nil {
		if r.expr(rel.on, standing{s: s}, ctes).inner {
			r.inner(rel.at)
		}
		unify(rel.on, rel.join, s)
		equal = equal || slices.ContainsFunc(conjuncts(rel.on), func(e *expr) bool {
			return e.kind == comparison && (e.name == "=" || e.name == "IS NOT DISTINCT FROM") && both(e)
		})
	}
	subjects := func(tables []*table) bool {
		return slices.ContainsFunc(tables, func(t *table) bool { return len(t.slots) > 0 })
	}
	one := func(tables []*table) bool {
		return !slices.ContainsFunc(tables, func(t *table) bool { return !t.single })
	}
	l, rt := s.tables[first:middle], s.tables[middle:]
	keyed = keyed || rel.on != nil && slices.ContainsFunc(conjuncts(rel.on), func(e *expr) bool {
		return e.kind == comparison && e.name == "=" && both(e) && !slices.ContainsFunc(e.args, func(a *expr) bool { return a.field == nil || a.field.level != key })
	})
	if !keyed && rel.join != "INNER" && rel.join != "CROSS" && subjects(l) && subjects(rt) { // what finds nobody is left by a condition on somebody who is not there
		r.found.add("join", rel.at, fault.New(fault.Invalid, "两张都有主体的表，左连接、右连接和全连接要按同一种标识相连：找不到对应的行，也是别的对象的情况。"))
	}
	if rel.join == "LEFT" || rel.join == "FULL" {
		optional(rt)
	}
	if rel.join == "RIGHT" || rel.join == "FULL" {
		optional(l)
	}
	switch {
	case equal || one(l) || one(rt):
	case subjects(l) && subjects(rt), rel.on == nil || !both(rel.on):
		r.found.add("join", rel.at, fault.New(fault.Invalid, "两张表要按相等的列相连，请写 join … on a.列 = b.列；没有条件的相乘太大。"))
	}
	return &table{}
}

// optional notes that rows of tables may be missing after a join: what is NULL in
// them is so by its condition.
func optional(tables []*table) {
	for _, t := range tables {
		for i := range t.fields {
			t.fields[i].plain = false
			if f := &t.fields[i].shape; f.form == smooth {
				f.form = absent
			}
		}
	}
}

func conjuncts(e *expr) []*expr {
	if e.kind == conjunction && e.name == "AND" {
		var all []*expr
		for _, a := range e.args {
			all = append(all, conjuncts(a)...)
		}
		return all
	}
	return []*expr{e}
}

// spans reports whether e names columns of tables from first on and before
// middle, and of tables from middle on.
func (s *scope) spans(e *expr, first, middle int) bool {
	var left, right bool
	e.each(func(x *expr) {
		for i := first; i < len(s.tables); i++ {
			for j := range s.tables[i].fields {
				if x.kind == column && x.field == &s.tables[i].fields[j] {
					left, right = left || i < middle, right || i >= middle
				}
			}
		}
	})
	return left && right
}

// each calls do for e and all its parts.
func (e *expr) each(do func(*expr)) {
	if e == nil {
		return
	}
	do(e)
	for _, a := range e.args {
		a.each(do)
	}
	e.filter.each(do)
	if e.over != nil {
		for _, p := range e.over.partitions {
			p.each(do)
		}
		for _, o := range e.over.orders {
			o.by.each(do)
		}
	}
}

// unify notes which subjects are the same after a join on their keys.
func unify(on *expr, join string, s *scope) {
	for _, e := range conjuncts(on) {
		if e.kind != comparison || e.name != "=" {
			continue
		}
		a, b := e.args[0].field, e.args[1].field
		if a != nil && b != nil && a.level == key && b.level == key {
			x, y := a.slot, b.slot
			if s.index(x) > s.index(y) {
				x, y = y, x
			}
			tie(x, y, join, s)
		}
	}
}

func (s *scope) index(x *slot) int { return slices.Index(s.slots, x.real()) }

// tie makes left and right one, where the join leaves no row in which the one that
// stays is missing and the other is not.
func tie(left, right *slot, join string, s *scope) {
	if left == nil || right == nil {
		return
	}
	a, b := left.real(), right.real()
	if a == b || a.bound || b.bound {
		return
	}
	switch join {
	case "INNER", "LEFT", "CROSS":
		b.same = a
	case "RIGHT":
		a.same = b
	}
}

func find(tables []*table, name string) *field {
	for _, t := range tables {
		for i := range t.fields {
			if strings.EqualFold(t.fields[i].name, name) {
				return &t.fields[i]
			}
		}
	}
	return nil
}

// paired holds two keys to being of one kind.
func (r *resolver) paired(a, b field, at int) {
	if a.level != key || b.level != key || a.kind != b.kind {
		r.found.add("identifier", at, fault.New(fault.Invalid, "掩码后的标识只能和同一种标识相连。"))
	}
}

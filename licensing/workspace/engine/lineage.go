package engine

import (
	"encoding/json"
	"slices"
	"strings"

	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
)

// level is what may be done with a value.
type level int

const (
	free level = iota // shown and grouped by
	held              // only inside aggregates
	key               // a masked key: joined on and counted
)

// field is a column of a relation: what it may be used for, and what it is made
// of.
type field struct {
	name  string
	level level
	from  []disclosure.Origin
	kind  string // of a key: whom it stands for
	slot  *slot  // of a key: whose it is
	safe  bool   // worked out from at least the minimum of subjects
	count bool   // how many rows, subjects or values
	plain bool   // a mount's column as it is: what is NULL or nought in it is so in the data

	shape   shape    // how its values come about
	boolean bool     // it is true or false
	rows    []string // SQL: which rows of mounts the value is made of; empty: those of its table
	at      []string // SQL: where the rows have their places that it is made of
	inner   bool     // worked out from several subjects, which no rule looks at
}

// slot is one kind of subject behind the rows of a relation. Exact: each row is
// of one subject, whose key is sql. Bound: a row is of several; sql is how many
// at least, and print tells their set from others.
type slot struct {
	kind  string
	bound bool
	cells bool // bound, and of a group that is of nobody in particular: what counts is how many groups there are
	sql   string
	print string
	same  *slot // after a join on the key: that of the other side
}

func (s *slot) real() *slot {
	for s.same != nil {
		s = s.same
	}
	return s
}

// table is a relation as a scope sees it.
type table struct {
	alias  string
	fields []field
	slots  []*slot
	rows   []string // SQL: which rows of mounts stand behind one of it, as the sum of their numbers, each table for itself
	single bool     // has one row

	places     []spot
	multiplied bool // it can have a row several times, or have a row of another one so
}

// spot is which row of a mount, or which group of them, a row is made of, as SQL, and
// whose that is.
type spot struct {
	sql   string
	slots []*slot
}

// tied reports whether two places are of the same subject in every row, by a join on
// its key.
func (a spot) tied(b spot) bool {
	return slices.ContainsFunc(a.slots, func(x *slot) bool {
		return slices.ContainsFunc(b.slots, func(y *slot) bool { return !x.bound && x.real() == y.real() })
	})
}

// scope is what names can mean in one select.
type scope struct {
	tables  []*table
	using   []string
	slots   []*slot
	alias   map[string]*expr // of the select's items, as far as they are resolved
	weight  int
	repeats int64 // how many rows the series in it have together, at most; 0: none
	broken  bool  // a table is missing: what else is missing is not told
	known   map[*expr]facts
}

// rows is SQL for which rows of mounts stand behind a row that s reads.
func (s *scope) rows() []string {
	var all []string
	for _, t := range s.tables {
		for _, one := range t.rows {
			all = append(all, "coalesce("+one+", 0)")
		}
	}
	return all
}

// places are which rows of mounts a row that s reads is made of.
func (s *scope) places() (all []spot) {
	for _, t := range s.tables {
		all = append(all, t.places...)
	}
	return all
}

// kin are the places of s, those together that are of the same subject.
func (s *scope) kin() (all [][]spot) {
	for _, p := range s.places() {
		one := []spot{p}
		all = slices.DeleteFunc(all, func(k []spot) bool {
			if !slices.ContainsFunc(k, p.tied) {
				return false
			}
			one = append(k, one...)
			return true
		})
		all = append(all, one)
	}
	return all
}

// placesOf are those of the rows that e is made of.
func (s *scope) placesOf(e *expr) (all []string) {
	e.each(func(x *expr) {
		if x.kind != column || x.field == nil {
			return
		}
		for _, at := range x.field.at {
			if !slices.Contains(all, at) {
				all = append(all, at)
			}
		}
	})
	return all
}

// multiplied reports whether rows of mounts can be in s as often as a condition says.
func (s *scope) multiplied() bool {
	return slices.ContainsFunc(s.tables, func(t *table) bool { return t.multiplied })
}

// facts is what is known of an expression.
type facts struct {
	level level
	from  []disclosure.Origin
	safe  bool    // what is held of it is safe
	kind  string  // of a lone key
	slot  *slot   // of a lone key
	count bool    // a lone count
	aggs  []*expr // aggregates in it
	cols  bool    // columns outside of aggregates
	inner bool    // a lone field that is worked out from several subjects
}

func (f *facts) take(g facts) {
	if g.level == held {
		f.safe = g.safe && (f.level != held || f.safe)
	}
	f.level = max(f.level, g.level)
	f.from = origins(f.from, g.from)
	f.aggs = append(f.aggs, g.aggs...)
	f.cols, f.inner = f.cols || g.cols, f.inner || g.inner
}

func origins(a, b []disclosure.Origin) []disclosure.Origin {
	out := slices.Clone(a)
	for _, o := range b {
		if !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

// resolver gives every name its meaning and holds every part to what the columns
// may be used for.
type resolver struct {
	found      *findings
	allow      *allowed
	mounts     []Mount
	parameters []Parameter
	used       map[string]bool // mounts
	asked      map[string]bool // parameters
	sizes      map[*expr]int
	shapes     map[*expr]shape
}

// where an expression stands.
type standing struct {
	s          *scope
	aggregates bool // may stand here
	inside     bool // of an aggregate
	keys       bool // a lone key may stand here
	aliases    bool // of items may be named here
}

// mostRelations is how many tables a select may read, those of what it reads
// counted each time.
const mostRelations = 24

// query resolves q. top: what it gives is the result.
func (r *resolver) query(q *query, ctes map[string]*query, top bool) {
	ctes = cloned(ctes)
	for _, c := range q.ctes {
		r.query(c.q, ctes, false)
		ctes[strings.ToLower(c.name)] = c.q
	}
	if q.left != nil {
		r.union(q, ctes, top)
		return
	}
	q.in = &scope{alias: map[string]*expr{}, known: map[*expr]facts{}}
	if q.from != nil {
		r.relation(q.from, q.in, ctes)
		q.in.broken = q.in.broken || len(q.in.tables) == 0
	}
	q.weight, q.repeats = q.in.weight, q.in.repeats
	ofInner := slices.ContainsFunc(q.in.tables, func(t *table) bool { return slices.ContainsFunc(t.fields, func(f field) bool { return f.inner }) })
	if ofInner && len(q.in.slots) > 0 && slices.ContainsFunc(q.in.tables, func(t *table) bool { return len(t.slots) > 0 && len(t.slots) < len(q.in.slots) }) {
		r.inner(q.place())
	}
	if q.where != nil {
		if r.expr(q.where, standing{s: q.in, aliases: true}, ctes).inner {
			r.inner(q.where.at)
		}
		unify(q.where, "INNER", q.in)
	}
	items := make([]facts, len(q.items))
	for i, item := range q.items {
		items[i] = r.expr(item, standing{s: q.in, aggregates: true, keys: !top, aliases: true}, ctes)
		if item.alias != "" {
			q.in.alias[strings.ToLower(item.alias)] = item
			q.in.known[item] = items[i]
		}
		q.grouped = q.grouped || len(items[i].aggs) > 0
	}
	r.groups(q, items, top, ctes)
	if q.having != nil {
		f := r.expr(q.having, standing{s: q.in, aggregates: true, aliases: true}, ctes)
		r.aggregates(q, f.aggs, top)
		q.grouped = true
		if top && len(f.aggs) > 0 && len(q.in.slots) > 0 { // a group that is there tells what is asked of it
			r.found.add("having", q.having.at, fault.New(fault.Invalid, "最外层的 having 里不能有汇总：哪些组留下，就是没有取整的数。对象太少的组会自动去掉；别的请在放行以后挑选。"))
		}
	}
	r.orders(q, top, ctes)
	for _, f := range items {
		r.aggregates(q, f.aggs, top)
	}
	q.in.slots = slices.DeleteFunc(q.in.slots, func(s *slot) bool { return s.same != nil })
	if !top && q.grouped && len(q.in.slots) > 0 && !q.bySubject() {
		if ofInner {
			r.inner(q.place())
		}
		if q.having != nil && !r.leastCounts(q.having) {
			r.found.add("having", q.having.at, fault.New(fault.Invalid, "子查询里按组的汇总，having 只能写 count(…) >= 不超过 %d 的数，只用来去掉不能核对的小组：哪些组留下，就是没有取整的数。", r.minimum()))
		}
	}
	r.outcome(q, items, top)
}

// inner refuses to work with a number that was worked out from several subjects in a
// subquery: no rule has looked at it, and held against another it tells of one of them.
func (r *resolver) inner(at int) {
	r.found.add("inner", at, fault.New(fault.Invalid, "子查询里按组汇总出来的数没有按规则核对，只能原样放进最外层的 avg、median 等（不能放进 sum）：不能用来筛选、比较、计算、分组，不能和别的对象的表相连，不能合并，也不能再汇总一层。要用它，请先把它作为一个结果放行，再把放行的数写成参数。"))
}

// minimum is how many subjects stand at least behind each inner group that is measured.
func (r *resolver) minimum() int {
	least := 1
	for _, m := range r.mounts {
		if r.used[m.Name] {
			least = max(least, m.Minimum)
		}
	}
	return least
}

// leastCounts reports whether a condition asks for nothing but that groups are of as
// many as those that are measured are of, anyway: which groups are left tells a number
// to the unit, in a mean that leaves one of them out.
func (r *resolver) leastCounts(having *expr) bool {
	for _, e := range conjuncts(having) {
		if len(r.aggregatesIn(e)) == 0 {
			continue
		}
		if e.kind != comparison || e.name != ">=" && e.name != ">" || e.args[1].kind != constant {
			return false
		}
		least, ok := whole(e.args[1])
		if e.name == ">" {
			least++
		}
		if !ok || least > int64(r.minimum()) {
			return false
		}
		if a := e.args[0]; a.kind != function || a.name != "count" && a.name != "count_star" || a.filter != nil {
			return false
		}
	}
	return true
}

func cloned(m map[string]*query) map[string]*query {
	out := make(map[string]*query, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	return out
}

// groups resolves what q is grouped by: columns, items by their number or name,
// or every item without an aggregate.
func (r *resolver) groups(q *query, items []facts, top bool, ctes map[string]*query) {
	if q.all {
		for i, item := range q.items {
			if len(items[i].aggs) == 0 {
				q.groups = append(q.groups, plain(item))
			}
		}
	}
	q.grouped = q.grouped || len(q.groups) > 0 || q.all
	for i, g := range q.groups {
		if n, ok := whole(g); ok {
			if n < 1 || int(n) > len(q.items) {
				r.found.add("group", g.at, fault.New(fault.Invalid, "group by 里的 %d 不是 select 里的第几列。", n))
				continue
			}
			q.groups[i] = plain(q.items[n-1])
		}
		f := r.expr(q.groups[i], standing{s: q.in, keys: !top, aliases: true}, ctes)
		if top && f.level == held {
			r.shown(q.groups[i], f)
		}
		if f.inner {
			r.inner(q.groups[i].at)
		}
	}
}

// plain is a resolved item without its name.
func plain(e *expr) *expr {
	p := *e
	p.alias = ""
	return &p
}

func (r *resolver) shown(e *expr, f facts) {
	name := "这一列"
	if len(f.from) > 0 {
		name = f.from[0].Column
	}
	r.found.add("aggregate", e.at, fault.New(fault.Invalid, "“%s”只能放在聚合函数里，不能显示，也不能按它分组。请写成 avg、sum、count 等。", name))
}

func (r *resolver) orders(q *query, top bool, ctes map[string]*query) {
	if !top && (len(q.orders) > 0 || q.limit != nil) {
		r.found.add("order", q.place(), fault.New(fault.Invalid, "子查询里不能用 order by 和 limit：它们会挑出个别的行。"))
		return
	}
	cut := (q.limit != nil || q.offset != nil) && len(q.in.slots) > 0
	ordered := func(by *expr) {
		if cut && len(r.aggregatesIn(by)) > 0 {
			r.found.add("limit", by.at, fault.New(fault.Invalid, "不能按汇总排序以后用 limit 或 offset 取前几行：哪几行留下，取决于没有取整的数。请放行以后再排序、挑选。"))
		}
	}
	for i, o := range q.orders {
		if n, ok := whole(o.by); ok {
			if n < 1 || int(n) > len(q.items) {
				r.found.add("order", o.by.at, fault.New(fault.Invalid, "order by 里的 %d 不是 select 里的第几列。", n))
				continue
			}
			q.orders[i].by = plain(q.items[n-1])
			ordered(q.orders[i].by)
			continue
		}
		if len(o.by.names) == 1 {
			if item := q.in.alias[strings.ToLower(o.by.names[0])]; item != nil {
				ordered(item) // sorted by it, by its name
				continue
			}
		}
		f := r.expr(o.by, standing{s: q.in, aggregates: true, aliases: true}, ctes)
		r.aggregates(q, f.aggs, top)
		ordered(o.by)
	}
}

// place is where q begins, as far as anybody knows.
func (q *query) place() int {
	for _, e := range q.items {
		if e.at >= 0 {
			return e.at
		}
	}
	return -1
}

// bySubject reports whether one of q's groups is of one subject.
func (q *query) bySubject() bool {
	return slices.ContainsFunc(q.groups, func(g *expr) bool { return g.kind == column && g.field != nil && g.field.level == key })
}

// aggregates holds aggregates to what they may show of one subject.
func (r *resolver) aggregates(q *query, aggs []*expr, top bool) {
	for _, a := range aggs {
		r.measurable(q, a, top)
		f, nature := q.in.known[a], r.allow.Aggregates[a.name].Nature
		if f.level == held && f.safe || !top && q.bySubject() || f.level != held && nature != quantile {
			continue
		}
		switch nature {
		case extreme:
			r.found.add("extreme", a.at, fault.New(fault.Invalid, "%s 的结果是某一个对象的值。请改用 quantile_cont(列, 0.95)，或先按对象汇总。", a.name))
		case quantile:
			least, most := r.allow.Quantiles[0], r.allow.Quantiles[1]
			if p, ok := fraction(a.args[1]); !ok || p < least || p > most {
				r.found.add("quantile", a.at, fault.New(fault.Invalid, "quantile_cont 的第二个参数要直接写 %v 到 %v 之间的数：更靠边的是某一个对象的值。", least, most))
			}
		}
	}
}

func fraction(e *expr) (float64, bool) {
	n, ok := e.value.(json.Number)
	if e.kind != constant || !ok {
		return 0, false
	}
	p, err := n.Float64()
	return p, err == nil
}

// outcome says what q gives: its columns, and who stands behind its rows.
func (r *resolver) outcome(q *query, items []facts, top bool) {
	if top {
		r.top(q, items)
	}
	exact := 0
	for _, s := range q.in.slots {
		if q.grouped {
			s = r.collected(q, s)
		}
		if !s.bound {
			exact++
		}
		q.slots = append(q.slots, *s)
	}
	for i, item := range q.items {
		f := items[i]
		out := field{name: item.called(), level: f.level, from: f.from, kind: f.kind, slot: f.slot, safe: f.safe, count: f.count, plain: item.kind == column && item.field != nil && item.field.plain}
		out.shape, out.boolean = r.shape(item), item.truth()
		out.inner = f.inner || len(f.aggs) > 0 && len(q.in.slots) > 0 && !q.bySubject()
		if len(f.aggs) > 0 {
			out.safe = exact == 0
			out.kind, out.slot = "", nil
			out.count = r.counting(q, item, f)
			if out.level == key {
				out.level = free
			}
		}
		for j := range q.in.slots {
			if out.slot != nil && out.slot.real() == q.in.slots[j] {
				out.slot = &q.slots[j]
			}
		}
		q.fields = append(q.fields, out)
	}
}

// collected is who stands behind a group of rows, of whom s stands behind each.
func (r *resolver) collected(q *query, s *slot) *slot {
	for _, g := range q.groups {
		if !s.bound && g.kind == column && g.field != nil && g.field.slot != nil && g.field.slot.real() == s {
			return &slot{kind: s.kind}
		}
	}
	return &slot{kind: s.kind, bound: true, cells: !q.bySubject()}
}

// top holds the outermost select to being a result that can be released.
func (r *resolver) top(q *query, items []facts) {
	nobodys := len(q.in.slots) == 0
	for i, f := range items {
		if len(f.aggs) == 0 && f.level == held {
			r.shown(q.items[i], f)
		}
	}
	if q.grouped || nobodys {
		return
	}
	r.found.add("rows", q.place(), fault.New(fault.Invalid, "最外层要是汇总：每一行都是一个对象的明细，不能带出。请用 group by 和 count、avg 等聚合函数。"))
	if q.limit != nil || len(q.orders) > 0 {
		r.found.add("limit", q.place(), fault.New(fault.Invalid, "没有汇总时不能用 order by 和 limit 挑出个别的行。"))
	}
}

// called is the name of an item's column.
func (e *expr) called() string {
	switch {
	case e.alias != "":
		return e.alias
	case e.kind == column:
		return e.names[len(e.names)-1]
	}
	return ""
}

// counting reports whether an item is a count and nothing else.
func (r *resolver) counting(q *query, item *expr, f facts) bool {
	if len(f.aggs) != 1 {
		return false
	}
	a := f.aggs[0]
	switch r.allow.Aggregates[a.name].Nature {
	case counts:
		return true
	case sums:
		return a.args[0].counts()
	}
	return false
}

// counts reports whether e is a number of rows of each row: what its sum counts.
func (e *expr) counts() bool {
	if e.kind == cast && !e.truth() {
		return e.args[0].counts()
	}
	return oneOrNothing(e) || e.kind == column && e.field != nil && (e.field.count || e.field.boolean || e.field.shape.form == ones)
}

// oneOrNothing reports whether e is a case of ones and noughts.
func oneOrNothing(e *expr) bool {
	if n, ok := e.value.(json.Number); ok && e.kind == constant {
		f, err := n.Float64() // 1.0 is one, too
		return err == nil && (f == 1 || f == 0)
	}
	if e.kind == cast {
		return e.truth() || oneOrNothing(e.args[0])
	}
	if e.truth() {
		return true
	}
	if e.kind != choice {
		return false
	}
	for i, a := range e.args {
		if then := i%2 == 1 || i == len(e.args)-1; then && !oneOrNothing(a) && (a.kind != constant || a.value != nil) {
			return false
		}
	}
	return true
}

func (r *resolver) union(q *query, ctes map[string]*query, top bool) {
	if top {
		r.found.add("set", -1, fault.New(fault.Invalid, "最外层不能是 union all：请放进 with，再在外面汇总。"))
	}
	r.query(q.left, ctes, false)
	r.query(q.right, ctes, false)
	a, b := q.left, q.right
	q.weight, q.repeats = a.weight+b.weight, a.repeats+b.repeats
	if len(a.fields) != len(b.fields) {
		r.found.add("set", a.place(), fault.New(fault.Invalid, "union all 两边的列数要一样。"))
		return
	}
	alike := len(a.slots) == len(b.slots)
	for i := range a.slots {
		alike = alike && i < len(b.slots) && a.slots[i].kind == b.slots[i].kind && a.slots[i].bound == b.slots[i].bound
	}
	if !alike {
		r.found.add("set", a.place(), fault.New(fault.Invalid, "union all 两边要是同一种对象的行，或同样按对象汇总过的行。"))
		return
	}
	for _, s := range a.slots {
		q.slots = append(q.slots, slot{kind: s.kind, bound: s.bound})
	}
	for i, f := range a.fields {
		g := b.fields[i]
		f.safe = (f.level != held || f.safe) && (g.level != held || g.safe)
		if f.shape != g.shape {
			f.shape = shape{}
			if steady(a.fields[i].shape) && steady(g.shape) {
				f.shape = shape{form: weaker(a.fields[i].shape, g.shape), shifted: f.shape.shifted || g.shape.shifted, bent: true, weighed: a.fields[i].shape.weighed || g.shape.weighed}
			}
		}
		f.boolean = f.boolean || g.boolean
		if f.inner || g.inner {
			r.inner(a.place())
		}
		f.level, f.from, f.count, f.plain = max(f.level, g.level), origins(f.from, g.from), f.count && g.count, f.plain && g.plain
		if f.slot != nil || g.slot != nil {
			if f.slot == nil || g.slot == nil || slices.IndexFunc(a.slots, isSlot(a, f.slot)) != slices.IndexFunc(b.slots, isSlot(b, g.slot)) {
				r.found.add("set", a.place(), fault.New(fault.Invalid, "union all 两边的标识列要对齐。"))
				return
			}
			f.slot = &q.slots[slices.IndexFunc(a.slots, isSlot(a, f.slot))]
		}
		q.fields = append(q.fields, f)
	}
}

func isSlot(q *query, s *slot) func(slot) bool {
	return func(x slot) bool {
		for i := range q.slots {
			if &q.slots[i] == s {
				return q.slots[i] == x
			}
		}
		return false
	}
}

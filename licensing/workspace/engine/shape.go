package engine

import (
	"encoding/json"
	"slices"
	"strings"

	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
)

// form is how the values of an expression come about. An aggregate of values that
// are one thing for some subjects and another for the others tells of the few of
// them (sum(CASE WHEN … THEN 1001 ELSE 1 END) is two counts), so that an aggregate
// takes only what can be measured.
type form int

const (
	odd      form = iota // some of its values are made by a condition that nobody measures
	fixed                // the same for every row
	nought               // nought or NULL, for every row
	smooth               // a measured value, for every row that has one
	absent               // a measured value, or NULL by a condition
	zeroed               // a measured value, or nought or NULL by a condition
	ones                 // one, or nought or NULL by a condition
	branched             // a measured value of several kinds, by a condition
)

// shape is the form of an expression, and what was done to its values.
type shape struct {
	form    form
	shifted bool // a fixed number was added
	pure    bool // it is one column, perhaps by a fixed factor
	bent    bool // no sum of columns any more
	count   bool // how many rows an inner query counted, perhaps by a fixed factor
	weighed bool // columns were multiplied, divided, put through a function or regressed on one another

	of disclosure.Origin // of what is pure: the column
}

// wholeTypes are those that round what is cast to them.
var wholeTypes = []string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}

// monotone are the functions of one value that keep apart what is apart, and the
// same what is the same.
var monotone = []string{"abs", "sqrt", "cbrt", "ln", "log", "log10", "log2", "radians", "degrees"}

// spans are the functions that give the time between two columns.
var spans = []string{"date_diff", "datediff", "date_sub"}

// shape says how the values of e come about, in a row of what s reads.
func (r *resolver) shape(e *expr) shape {
	if known, ok := r.shapes[e]; ok {
		return known
	}
	s := r.findShape(e)
	r.shapes[e] = s
	return s
}

func (r *resolver) findShape(e *expr) shape {
	switch {
	case e.kind == column:
		switch {
		case e.field == nil:
			return shape{}
		case e.field.boolean:
			return shape{form: ones}
		}
		s := e.field.shape
		s.count = e.field.count
		if s.pure && len(e.field.from) == 1 {
			s.of = e.field.from[0]
		}
		return s
	case e.kind == constant:
		switch v := e.value.(type) {
		case nil:
			return shape{form: nought}
		case bool:
			return shape{form: ones}
		case json.Number:
			if n, err := v.Float64(); err == nil && n == 0 {
				return shape{form: nought}
			}
		}
		return shape{form: fixed}
	case e.kind == parameter:
		return shape{form: fixed}
	case e.truth():
		return shape{form: ones}
	}
	switch e.kind {
	case cast:
		return r.castShape(e)
	case choice:
		return r.choiceShape(e)
	case operator:
		if e.name == "OPERATOR_COALESCE" {
			return r.choiceShape(coalesced(e))
		}
	case subquery:
		if e.name == "SCALAR" {
			return shape{form: fixed}
		}
	case windowed:
		return r.windowShape(e)
	case function:
		if r.allow.aggregate(e.name) {
			return r.aggregateShape(e)
		}
		return r.functionShape(e)
	}
	return shape{}
}

// truth reports whether e is true or false, and no number.
func (e *expr) truth() bool {
	switch e.kind {
	case column:
		return e.field != nil && e.field.boolean
	case comparison, conjunction, between:
		return true
	case operator:
		return e.name != "OPERATOR_COALESCE"
	case subquery:
		return e.name != "SCALAR"
	case cast:
		return e.cast == "BOOLEAN"
	case choice:
		return slices.ContainsFunc(values(e), (*expr).truth)
	case constant:
		_, ok := e.value.(bool)
		return ok
	case function:
		return slices.Contains([]string{"~~", "!~~", "~~*", "!~~*", "contains", "starts_with", "ends_with", "prefix", "suffix", "regexp_matches", "regexp_full_match", "bool_and", "bool_or"}, e.name)
	}
	return false
}

// values are what a case gives: what stands after each then, and after else.
func values(e *expr) []*expr {
	var out []*expr
	for i := 1; i < len(e.args); i += 2 {
		out = append(out, e.args[i])
	}
	return append(out, e.args[len(e.args)-1])
}

// coalesced is a coalesce written as a case.
func coalesced(e *expr) *expr {
	out := &expr{kind: choice, at: e.at}
	for _, a := range e.args[:len(e.args)-1] {
		out.args = append(out.args, &expr{kind: operator, name: "OPERATOR_IS_NOT_NULL", args: []*expr{a}, at: e.at}, a)
	}
	out.args = append(out.args, e.args[len(e.args)-1])
	return out
}

func (r *resolver) castShape(e *expr) shape {
	s := r.shape(e.args[0])
	rounds := slices.Contains(wholeTypes, e.cast) || strings.HasPrefix(e.cast, "DECIMAL(") && strings.HasSuffix(e.cast, ",0)")
	switch {
	case s.form == ones || s.form == fixed || s.form == nought:
		return s
	case rounds && e.args[0].kind != column:
		return shape{}
	case e.try && s.form == smooth:
		s.form = absent
	}
	return s
}

func (r *resolver) choiceShape(e *expr) shape {
	var of []shape
	noughts := false
	for _, v := range values(e) {
		s := r.shape(v)
		if s.form == nought {
			noughts = noughts || v.kind != constant || v.value != nil
			continue
		}
		of = append(of, s)
	}
	switch {
	case len(of) == 0:
		return shape{form: nought}
	case oneOrNothing(e) || !slices.ContainsFunc(of, func(s shape) bool { return s.form != ones }):
		return shape{form: ones}
	}
	for _, s := range of {
		if s.form != smooth && s.form != absent && s.form != zeroed && s.form != ones && s.form != branched || s.form == ones {
			return shape{}
		}
	}
	if len(of) > 1 {
		out := shape{form: branched, bent: true}
		for _, s := range of {
			if s.form == branched {
				return shape{}
			}
			out.shifted, out.weighed = out.shifted || s.shifted, out.weighed || s.weighed
		}
		return out
	}
	out := of[0]
	switch {
	case out.form == branched:
		return shape{}
	case noughts || out.form == zeroed:
		out.form = zeroed
	default:
		out.form = absent
	}
	out.pure, out.bent = false, true
	return out
}

// windowShape is that of what is worked out over the rows of one subject.
func (r *resolver) windowShape(e *expr) shape {
	switch e.name {
	case "row_number", "rank", "dense_rank", "count": // times a value, it would tell one value from another
		return shape{form: smooth}
	}
	if s := r.shape(e.args[0]); s.form == smooth || s.form == absent {
		return shape{form: s.form, shifted: s.shifted, pure: s.pure, bent: s.bent, weighed: s.weighed}
	}
	return shape{}
}

// aggregateShape is that of an aggregate in an inner query.
func (r *resolver) aggregateShape(e *expr) shape {
	s := shape{form: smooth, pure: true}
	if len(e.args) > 0 {
		s = r.shape(e.args[0])
	}
	switch nature := r.allow.Aggregates[e.name].Nature; {
	case nature == counts:
		if e.name == "count_if" || e.filter != nil || len(e.args) > 0 && e.args[0].conditionalIn(r) {
			return shape{form: zeroed}
		}
		return shape{form: smooth, pure: true}
	case len(e.args) == 2 && e.name != "quantile_cont":
		return shape{form: smooth, bent: true, weighed: true}
	case nature == sums && s.form == fixed && oneOrNothing(e.args[0]):
		s = shape{form: smooth, pure: true}
	case (nature == sums || e.mean()) && (s.form == ones || s.form == zeroed):
		return shape{form: zeroed, weighed: s.weighed}
	case s.form != smooth && s.form != absent && s.form != nought:
		return shape{}
	}
	if e.filter != nil && s.form == smooth {
		s.form = absent
	}
	return s
}

// conditionalIn reports whether a value is there by a condition.
func (e *expr) conditionalIn(r *resolver) bool {
	s := r.shape(e)
	return s.form != smooth && s.form != fixed && (e.kind != column || e.field == nil || !e.field.boolean)
}

// conditional reports whether an aggregate sees some of its rows by a condition.
func (r *resolver) conditional(a *expr) bool {
	return a.filter != nil || a.name == "count_if" || slices.ContainsFunc(a.args, func(x *expr) bool {
		return x.conditionalIn(r) && !(x.kind == column && x.field != nil && x.field.level == key)
	})
}

func (r *resolver) functionShape(e *expr) shape {
	all := make([]shape, len(e.args))
	for i, a := range e.args {
		all[i] = r.shape(a)
	}
	switch {
	case slices.Contains(spans, e.name):
		if a, b := all[1], all[2]; steady(a) && steady(b) {
			return shape{form: weaker(a, b), shifted: true, bent: true}
		}
		return shape{}
	case len(all) > 0 && !slices.ContainsFunc(all, func(s shape) bool { return s.form != fixed && s.form != nought }):
		return shape{form: fixed}
	case e.name == "pi":
		return shape{form: fixed}
	case e.name == "-" && len(all) == 1, e.name == "+" && len(all) == 1:
		if all[0].form == ones {
			return shape{}
		}
		return all[0]
	case slices.Contains(monotone, e.name):
		if s := all[0]; s.pure && !s.shifted && steady(s) {
			return shape{form: s.form, bent: true, weighed: true}
		}
	case e.name == "nullif":
		if s := all[0]; steady(s) {
			s.form = absent
			return s
		}
	case e.name == "+", e.name == "-":
		return plus(all[0], all[1])
	case e.name == "*":
		return times(all[0], all[1])
	case e.name == "/":
		return over(all[0], all[1])
	}
	return shape{}
}

func steady(s shape) bool { return s.form == smooth || s.form == absent }

// weaker is the form of what is there where both are.
func weaker(a, b shape) form {
	if a.form == absent || b.form == absent {
		return absent
	}
	return smooth
}

func plus(a, b shape) shape {
	switch {
	case steady(a) && steady(b):
		return shape{form: weaker(a, b), shifted: a.shifted || b.shifted, bent: a.bent || b.bent, count: a.count && b.count, weighed: a.weighed || b.weighed}
	case steady(a) && (b.form == fixed || b.form == nought):
		a.shifted, a.pure = a.shifted || b.form == fixed, false
		return a
	case steady(b) && (a.form == fixed || a.form == nought):
		return plus(b, a)
	}
	return shape{}
}

func times(a, b shape) shape {
	if a.form == fixed || a.form == nought {
		a, b = b, a
	}
	switch {
	case b.form == nought:
		return shape{form: nought}
	case b.form == fixed && (steady(a) || a.form == zeroed || a.form == branched):
		return a
	case steady(a) && steady(b) && a.pure && b.pure:
		return shape{form: weaker(a, b), bent: true, weighed: true}
	}
	return shape{}
}

func over(a, b shape) shape {
	switch {
	case b.form == fixed:
		return times(a, b)
	case a.form == nought:
		return shape{form: nought}
	case a.pure && b.pure && a.of == b.of && a.of != (disclosure.Origin{}): // by itself
		return shape{form: fixed}
	case steady(b) && b.pure && (a.form == fixed || steady(a) && a.pure):
		if a.form == fixed {
			a = b
		}
		return shape{form: weaker(a, b), bent: true, weighed: true}
	}
	return shape{}
}

// measurable holds an aggregate to arguments whose every part can be measured.
func (r *resolver) measurable(q *query, a *expr, top bool) {
	if len(q.in.slots) == 0 {
		return
	}
	if !top && !q.bySubject() && r.conditional(a) { // its result has no rows of its own that could be hidden
		r.found.add("condition", a.at, fault.New(fault.Invalid, "子查询里按组的汇总不能带条件（filter、case 等）：内层的组不能逐格核对。请把条件写在 where 里，或者放到最外层的汇总。"))
	}
	nature := r.allow.Aggregates[a.name].Nature
	if nature == counts || !top && nature == extreme {
		return
	}
	ok := true
	for i, x := range a.args {
		if i == 1 && a.name == "quantile_cont" {
			break
		}
		s := r.shape(x)
		direct := branches(x) != nil
		if nature == sums && s.count && !x.counts() {
			ok = false // it would be no count any more, and not be rounded
		}
		switch s.form {
		case smooth, absent:
			ok = ok && !(nature == sums && s.shifted)
		case nought:
		case fixed:
			ok = ok && (nature != sums || oneOrNothing(x))
		case ones:
			ok = ok && (nature == sums || a.mean())
		case zeroed:
			ok = ok && !s.shifted && (nature == sums || a.mean() || direct && top && a.single())
		case branched:
			ok = ok && direct && top && a.single() && !(nature == sums && s.shifted)
		default:
			ok = false
		}
	}
	if !ok {
		r.found.add("condition", a.at, fault.New(fault.Invalid, "%s 里的写法能把少数对象单独算出来，又不能逐类核对。条件请写成 filter (where 条件)、where 或 group by；计数写 count(*) filter (where 条件)，占比写 avg(case when 条件 then 1 else 0 end)；加减固定的数、取整、余数、取大取小请放到聚合函数外面。", a.name))
	}
}

// weighed reports whether an aggregate is one equation of many that can be made of the
// same values: of columns that were multiplied, divided, put through a function or
// regressed on one another.
func (r *resolver) weighed(a *expr) bool {
	return len(a.args) == 2 && a.name != "quantile_cont" || slices.ContainsFunc(a.args, func(x *expr) bool { return r.shape(x).weighed })
}

// mean reports whether e is a mean.
func (e *expr) mean() bool { return e.name == "avg" || e.name == "mean" }

// single reports whether an aggregate is one of one expression.
func (e *expr) single() bool { return len(e.args) == 1 || e.name == "quantile_cont" }

// split is the case of which each branch is measured for itself, of an aggregate;
// nil where it is measured as it is.
func (r *resolver) split(e *expr) *expr {
	n := r.allow.Aggregates[e.name].Nature
	if n == counts || n == extreme || len(e.args) == 0 {
		return nil
	}
	if s := r.shape(e.args[0]); s.form == branched || s.form == zeroed && n != sums && !e.mean() {
		return branches(e.args[0])
	}
	return nil
}

// branches is the case of which e is the value; nil where it is none.
func branches(e *expr) *expr {
	switch {
	case e.kind == choice:
		return e
	case e.kind == cast:
		return branches(e.args[0])
	case e.kind == operator && e.name == "OPERATOR_COALESCE":
		return coalesced(e)
	case e.kind == function && e.name == "-" && len(e.args) == 1:
		return branches(e.args[0])
	case e.kind == function && (e.name == "*" || e.name == "/") && len(e.args) == 2:
		if e.args[1].kind == constant {
			return branches(e.args[0])
		} else if e.args[0].kind == constant && e.name == "*" {
			return branches(e.args[1])
		}
	}
	return nil
}

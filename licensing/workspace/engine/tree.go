package engine

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"shuyuan/internal/fault"
)

// expr is an expression of a statement's tree: only what the lists allow has one.
type expr struct {
	kind     kind
	name     string   // of a function, or the operator's type
	names    []string // of a column, as written
	args     []*expr  // of a case: when, then, when, then, …, else
	alias    string
	distinct bool
	operator bool // written between its parts
	filter   *expr
	value    any    // of a constant: string, json.Number, bool or nil
	cast     string // the type that it is cast to
	try      bool
	sub      *query
	over     *window
	at       int // in bytes; -1 where the engine does not say

	field *field // of a column, once it is resolved
}

type kind int

const (
	column kind = iota
	constant
	parameter
	function
	operator
	comparison
	conjunction
	between
	choice
	cast
	windowed
	subquery
)

// window is what a window function looks over.
type window struct {
	partitions []*expr
	orders     []ordering
	start, end string
}

type ordering struct {
	by         *expr
	descending bool
	nulls      string
}

// query is a select, or two of them one after the other (union all).
type query struct {
	ctes    []cte
	items   []*expr
	from    *relation
	where   *expr
	groups  []*expr
	all     bool // group by all
	having  *expr
	orders  []ordering
	limit   *expr
	offset  *expr
	left    *query
	right   *query
	grouped bool    // resolved: it aggregates
	fields  []field // resolved
	slots   []slot  // resolved: who stands behind its rows
	in      *scope  // resolved: what it reads
	weight  int     // resolved: how many tables it reads, those of its parts counted each time
	at      int
}

type cte struct {
	name string
	q    *query
}

// relation is what rows come from.
type relation struct {
	name    string // of a mount or of a query named with with
	alias   string
	columns []string // other names for its columns
	sub     *query
	series  *expr // range or generate_series
	left    *relation
	right   *relation
	join    string // inner, left, right, outer, cross
	on      *expr
	using   []string
	at      int

	table *table // resolved
}

// mostDeep is how deep a tree may be nested.
const mostDeep = 200

// reader makes a typed tree of the engine's JSON, and refuses every part that it
// does not know: a part that a new version adds is refused until somebody has
// looked at it.
type reader struct {
	found *findings
	allow *allowed
	deep  int
}

type object = map[string]any

// enter counts the depth; false: too deep, and said so.
func (r *reader) enter(at int) bool {
	if r.deep++; r.deep > mostDeep {
		if r.deep == mostDeep+1 {
			r.found.add("depth", at, fault.New(fault.Invalid, "这条语句嵌套太深，请用 with 分成几步。"))
		}
		return false
	}
	return true
}

func (r *reader) leave() { r.deep-- }

// strange refuses a part of the tree that no list names.
func (r *reader) strange(what string, at int) {
	r.found.add("tree", at, fault.New(fault.Invalid, "这里的写法（%s）不在允许的范围内，请改用普通的 select、join、group by。", what))
}

// only reports whether o has no parts but these; those named with ! must be
// empty.
func (r *reader) only(o object, what string, keys ...string) bool {
	at := place(o)
	for k, v := range o {
		switch {
		case slices.Contains(keys, k):
		case slices.Contains(keys, "!"+k):
			if !empty(v) {
				r.strange(what+" "+k, at)
				return false
			}
		default:
			r.strange(what+" "+k, at)
			return false
		}
	}
	return true
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == "" || v == "main"
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		for k, x := range v {
			if k != "type" && !empty(x) {
				return false
			}
		}
		return true
	}
	return false
}

// place is where in the text o stands, in bytes; -1 where nobody knows.
func place(o object) int {
	n, ok := o["query_location"].(json.Number)
	if !ok {
		return -1
	}
	i, err := n.Int64()
	if err != nil || i > math.MaxInt32 || i < 0 {
		return -1
	}
	return int(i)
}

func text(o object, key string) string { s, _ := o[key].(string); return s }
func flag(o object, key string) bool   { b, _ := o[key].(bool); return b }
func part(o object, key string) object { p, _ := o[key].(map[string]any); return p }
func parts(o object, key string) []any { l, _ := o[key].([]any); return l }

func texts(o object, key string) []string {
	var all []string
	for _, v := range parts(o, key) {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// named refuses a name that could be taken for one of ours, or is too long to be
// only a name.
func (r *reader) named(name string, at int) {
	if strings.HasPrefix(strings.ToLower(name), "__") || len([]rune(name)) > mostName || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		r.found.add("name", at, fault.New(fault.Invalid, "名字“%s”不能用：最多 %d 个字，不以两条下划线开头，没有控制字符。", clip(name), mostName))
	}
}

const mostName = 64

// statement reads the node of a statement or of a subquery.
func (r *reader) statement(o object) *query {
	if !r.only(o, "statement", "node", "named_param_map") {
		return nil
	}
	return r.query(part(o, "node"))
}

func (r *reader) query(o object) *query {
	if !r.enter(-1) {
		return nil
	}
	defer r.leave()
	switch kind := text(o, "type"); kind {
	case "SELECT_NODE":
		return r.selection(o)
	case "SET_OPERATION_NODE":
		return r.union(o)
	case "RECURSIVE_CTE_NODE":
		r.found.add("recursive", -1, fault.New(fault.Invalid, "不能写递归的 with。"))
	default:
		r.strange(kind, -1)
	}
	return nil
}

func (r *reader) union(o object) *query {
	if !r.only(o, "union", "type", "cte_map", "left", "right", "!modifiers", "setop_type", "setop_all") {
		return nil
	}
	if text(o, "setop_type") != "UNION" || !flag(o, "setop_all") {
		r.found.add("set", -1, fault.New(fault.Invalid, "合并结果只能用 union all；去重请在外层用 group by。"))
		return nil
	}
	q := &query{ctes: r.ctes(o), left: r.query(part(o, "left")), right: r.query(part(o, "right")), at: -1}
	if q.left == nil || q.right == nil {
		return nil
	}
	return q
}

func (r *reader) ctes(o object) []cte {
	var all []cte
	for _, entry := range parts(part(o, "cte_map"), "map") {
		e, _ := entry.(map[string]any)
		value := part(e, "value")
		if !r.only(value, "with", "query", "materialized", "!aliases", "!key_targets") {
			continue
		}
		name := text(e, "key")
		r.named(name, -1)
		if q := r.statement(part(value, "query")); q != nil {
			all = append(all, cte{name: name, q: q})
		}
	}
	return all
}

func (r *reader) selection(o object) *query {
	if !r.only(o, "select", "type", "cte_map", "select_list", "from_table", "where_clause", "group_expressions", "group_sets", "aggregate_handling", "having", "modifiers", "qualify", "sample") {
		return nil
	}
	q := &query{ctes: r.ctes(o), at: -1, all: text(o, "aggregate_handling") == "FORCE_AGGREGATES"}
	if o["sample"] != nil {
		r.found.add("sample", -1, fault.New(fault.Invalid, "不能抽样（sample）：每次抽到的对象不同，结果不能核对。"))
	}
	if o["qualify"] != nil {
		r.found.add("qualify", place(part(o, "qualify")), fault.New(fault.Invalid, "不能用 qualify，请在子查询里算好再用 where。"))
	}
	q.from = r.relation(part(o, "from_table"))
	for _, item := range parts(o, "select_list") {
		q.items = append(q.items, r.expr(item))
	}
	q.where, q.having = r.maybe(o["where_clause"]), r.maybe(o["having"])
	for _, g := range parts(o, "group_expressions") {
		q.groups = append(q.groups, r.expr(g))
	}
	if sets := parts(o, "group_sets"); len(sets) > 1 || len(sets) == 1 && len(sets[0].([]any)) != len(q.groups) {
		r.found.add("sets", -1, fault.New(fault.Invalid, "一条语句只能有一种分组：rollup、cube、grouping sets 请分成几条语句。"))
	}
	for _, m := range parts(o, "modifiers") {
		mod, _ := m.(map[string]any)
		r.modifier(q, mod)
	}
	return q
}

func (r *reader) modifier(q *query, o object) {
	switch text(o, "type") {
	case "ORDER_MODIFIER":
		q.orders = r.orders(parts(o, "orders"))
	case "LIMIT_MODIFIER":
		if r.only(o, "limit", "type", "limit", "offset") {
			q.limit, q.offset = r.maybe(o["limit"]), r.maybe(o["offset"])
			for _, e := range []*expr{q.limit, q.offset} {
				if e != nil && e.kind != constant {
					r.found.add("limit", e.at, fault.New(fault.Invalid, "limit 和 offset 后面要直接写数。"))
				}
			}
		}
	case "DISTINCT_MODIFIER":
		r.found.add("distinct", -1, fault.New(fault.Invalid, "select distinct 请改成 group by。"))
	default:
		r.strange(text(o, "type"), -1)
	}
}

func (r *reader) orders(all []any) []ordering {
	var out []ordering
	for _, v := range all {
		o, _ := v.(map[string]any)
		if !r.only(o, "order by", "type", "null_order", "expression") {
			continue
		}
		out = append(out, ordering{by: r.expr(o["expression"]), descending: text(o, "type") == "DESCENDING", nulls: text(o, "null_order")})
	}
	return out
}

func (r *reader) relation(o object) *relation {
	if !r.enter(place(o)) {
		return nil
	}
	defer r.leave()
	rel := &relation{alias: text(o, "alias"), columns: texts(o, "column_name_alias"), at: place(o)}
	r.named(rel.alias, rel.at)
	for _, c := range rel.columns {
		r.named(c, rel.at)
	}
	if o["sample"] != nil {
		r.found.add("sample", rel.at, fault.New(fault.Invalid, "不能抽样（sample）：每次抽到的对象不同，结果不能核对。"))
	}
	switch kind := text(o, "type"); kind {
	case "EMPTY":
		return nil
	case "BASE_TABLE":
		return r.base(o, rel)
	case "SUBQUERY":
		if !r.only(o, "subquery", "type", "alias", "column_name_alias", "query_location", "sample", "subquery") {
			return nil
		}
		if rel.sub = r.statement(part(o, "subquery")); rel.sub == nil {
			return nil
		}
		return rel
	case "JOIN":
		return r.join(o, rel)
	case "TABLE_FUNCTION":
		return r.tableFunction(o, rel)
	case "SHOW_REF":
		r.found.add("statement", rel.at, fault.New(fault.Invalid, "只能写一条 select。表和列见左边的数据字典。"))
	case "PIVOT":
		r.found.add("pivot", rel.at, fault.New(fault.Invalid, "不能用 pivot，请写成 sum(值) filter (where 列 = '某值')。"))
	case "EXPRESSION_LIST":
		r.found.add("values", rel.at, fault.New(fault.Invalid, "不能用 values 造表，请用 case 写对照。"))
	default:
		r.strange(kind, rel.at)
	}
	return nil
}

func (r *reader) base(o object, rel *relation) *relation {
	if !r.only(o, "table", "type", "alias", "column_name_alias", "query_location", "sample", "!at_clause", "catalog_name", "schema_name", "table_name") {
		return nil
	}
	rel.name = text(o, "table_name")
	if catalog, schema := text(o, "catalog_name"), text(o, "schema_name"); catalog != "" || schema != "" && schema != schemaName {
		r.found.add("table", rel.at, fault.New(fault.Invalid, "没有“%s”这张表。只能用这个空间里挂载的表。", clip(strings.TrimPrefix(catalog+"."+schema+"."+rel.name, "."))))
		return nil
	}
	return rel
}

// schemaName is where mounts are, for who writes it.
const schemaName = "src"

var joins = map[string]string{"INNER": "INNER", "LEFT": "LEFT", "RIGHT": "RIGHT", "OUTER": "FULL"}

func (r *reader) join(o object, rel *relation) *relation {
	if !r.only(o, "join", "type", "alias", "query_location", "sample", "condition", "join_type", "ref_type", "left", "right", "using_columns", "!delim_flipped", "!duplicate_eliminated_columns") {
		return nil
	}
	kind, known := joins[text(o, "join_type")]
	switch ref := text(o, "ref_type"); {
	case !known || ref != "REGULAR" && ref != "CROSS":
		r.found.add("join", rel.at, fault.New(fault.Invalid, "只能用 inner、left、right、full 和 cross join，并写明 on 或 using。"))
		return nil
	case ref == "CROSS":
		kind = "CROSS"
	}
	rel.join, rel.on, rel.using = kind, r.maybe(o["condition"]), texts(o, "using_columns")
	rel.left, rel.right = r.relation(part(o, "left")), r.relation(part(o, "right"))
	if rel.left == nil || rel.right == nil {
		return nil
	}
	return rel
}

// mostSeries is how many rows a series may have.
const mostSeries = 100_000

func (r *reader) tableFunction(o object, rel *relation) *relation {
	f := part(o, "function")
	name := strings.ToLower(text(f, "function_name"))
	if !slices.Contains(r.allow.Tables, name) || text(f, "catalog") != "" {
		r.found.add("function", rel.at, fault.New(fault.Invalid, "函数 %s 不能用在 from 里：只能用这个空间里挂载的表。", clip(name)))
		return nil
	}
	if text(o, "with_ordinality") != "WITHOUT_ORDINALITY" || !r.only(o, "series", "type", "alias", "column_name_alias", "query_location", "sample", "function", "with_ordinality") {
		return nil
	}
	rel.series = &expr{kind: function, name: name, at: rel.at}
	for _, a := range parts(f, "children") {
		e := r.expr(a)
		n, ok := whole(e)
		if !ok || n < -mostSeries || n > mostSeries {
			r.found.add("series", rel.at, fault.New(fault.Invalid, "%s 里只能写不超过 %d 的整数。", name, mostSeries))
			return nil
		}
		rel.series.args = append(rel.series.args, e)
	}
	if rel.alias == "" {
		rel.alias = name
	}
	return rel
}

// whole is the whole number that e is written as.
func whole(e *expr) (int64, bool) {
	if e == nil {
		return 0, false
	}
	if e.kind == function && e.name == "-" && len(e.args) == 1 {
		n, ok := whole(e.args[0])
		return -n, ok
	}
	n, ok := e.value.(json.Number)
	if e.kind != constant || !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

func (r *reader) maybe(v any) *expr {
	if v == nil {
		return nil
	}
	return r.expr(v)
}

// nothing stands for an expression that was refused, so that the rest is read.
func nothing(at int) *expr { return &expr{kind: constant, at: at} }

func (r *reader) exprs(o object, key string) []*expr {
	var all []*expr
	for _, v := range parts(o, key) {
		all = append(all, r.expr(v))
	}
	return all
}

var comparisons = map[string]string{
	"COMPARE_EQUAL": "=", "COMPARE_NOTEQUAL": "<>", "COMPARE_LESSTHAN": "<", "COMPARE_GREATERTHAN": ">", "COMPARE_LESSTHANOREQUALTO": "<=",
	"COMPARE_GREATERTHANOREQUALTO": ">=", "COMPARE_DISTINCT_FROM": "IS DISTINCT FROM", "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
}

var operators = []string{"OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_NOT", "COMPARE_IN", "COMPARE_NOT_IN", "OPERATOR_COALESCE"}

func (r *reader) expr(v any) *expr {
	o, _ := v.(map[string]any)
	e := &expr{alias: text(o, "alias"), at: place(o)}
	if !r.enter(e.at) {
		return nothing(e.at)
	}
	defer r.leave()
	r.named(e.alias, e.at)
	kind := text(o, "type")
	ok := true
	switch class := text(o, "class"); class {
	case "COLUMN_REF":
		ok = r.only(o, "column", "alias", "class", "type", "query_location", "column_names")
		e.kind, e.names = column, texts(o, "column_names")
	case "CONSTANT":
		e.kind = constant
		ok = r.only(o, "constant", "alias", "class", "type", "query_location", "value") && r.constant(e, part(o, "value"))
	case "PARAMETER":
		ok = r.only(o, "parameter", "alias", "class", "type", "query_location", "identifier")
		e.kind, e.name = parameter, text(o, "identifier")
	case "FUNCTION":
		ok = r.function(e, o)
	case "COMPARISON":
		e.kind, e.name = comparison, comparisons[kind]
		ok = e.name != "" && r.only(o, "comparison", "alias", "class", "type", "query_location", "left", "right")
		e.args = []*expr{r.expr(o["left"]), r.expr(o["right"])}
	case "CONJUNCTION":
		e.kind, e.name = conjunction, strings.TrimPrefix(kind, "CONJUNCTION_")
		ok = (e.name == "AND" || e.name == "OR") && r.only(o, "condition", "alias", "class", "type", "query_location", "children")
		e.args = r.exprs(o, "children")
	case "BETWEEN":
		e.kind = between
		ok = kind == "COMPARE_BETWEEN" && r.only(o, "between", "alias", "class", "type", "query_location", "input", "lower", "upper")
		e.args = []*expr{r.expr(o["input"]), r.expr(o["lower"]), r.expr(o["upper"])}
	case "OPERATOR":
		e.kind, e.name = operator, kind
		if !slices.Contains(operators, kind) {
			r.strange(kind, e.at)
			return nothing(e.at)
		}
		ok = r.only(o, "operator", "alias", "class", "type", "query_location", "children")
		e.args = r.exprs(o, "children")
	case "CASE":
		ok = r.only(o, "case", "alias", "class", "type", "query_location", "case_checks", "else_expr")
		e.kind = choice
		for _, c := range parts(o, "case_checks") {
			check, _ := c.(map[string]any)
			e.args = append(e.args, r.expr(check["when_expr"]), r.expr(check["then_expr"]))
		}
		e.args = append(e.args, r.expr(o["else_expr"]))
	case "CAST":
		ok = r.only(o, "cast", "alias", "class", "type", "query_location", "cast_type", "child", "try_cast")
		e.kind, e.try, e.args = cast, flag(o, "try_cast"), []*expr{r.expr(o["child"])}
		if e.cast = r.castType(part(o, "cast_type")); e.cast == "" {
			r.found.add("type", e.at, fault.New(fault.Invalid, "不能转换成这种类型（%s）。", clip(text(part(o, "cast_type"), "id"))))
		}
	case "WINDOW":
		ok = r.window(e, o)
	case "SUBQUERY":
		ok = r.subquery(e, o)
	case "STAR":
		r.found.add("star", e.at, fault.New(fault.Invalid, "不能写 *，请写出要用的列。"))
		return nothing(e.at)
	case "LAMBDA", "LAMBDA_REF":
		r.found.add("function", e.at, fault.New(fault.Invalid, "不能写 lambda。"))
		return nothing(e.at)
	default:
		r.strange(class, e.at)
		return nothing(e.at)
	}
	if !ok {
		return nothing(e.at)
	}
	return e
}

func (r *reader) constant(e *expr, o object) bool {
	if flag(o, "is_null") {
		return true
	}
	id, _ := part(o, "type")["id"].(string)
	switch v := o["value"].(type) {
	case string:
		e.value = v
	case bool:
		e.value = v
	case json.Number:
		e.value = v
		if id == "DECIMAL" { // the digits, without the point
			scale, _ := part(part(o, "type"), "type_info")["scale"].(json.Number)
			n, err := scale.Int64()
			if err != nil {
				return false
			}
			e.value = json.Number(pointed(v.String(), int(n)))
		}
	default: // numbers of more than 18 digits
		r.found.add("number", e.at, fault.New(fault.Invalid, "这个数太长，最多 18 位。"))
		return false
	}
	return true
}

// pointed puts the point into the digits of a decimal number.
func pointed(digits string, scale int) string {
	sign := ""
	if rest, minus := strings.CutPrefix(digits, "-"); minus {
		sign, digits = "-", rest
	}
	if scale == 0 {
		return sign + digits
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// castType is a type that may be cast to, as SQL; empty: it may not.
func (r *reader) castType(o object) string {
	id := text(o, "id")
	if id == "DECIMAL" {
		info := part(o, "type_info")
		width, err1 := number(info["width"])
		scale, err2 := number(info["scale"])
		if err1 != nil || err2 != nil {
			return ""
		}
		return fmt.Sprintf("DECIMAL(%d,%d)", width, scale)
	}
	if o["type_info"] != nil || !slices.Contains(r.allow.Types, id) {
		return ""
	}
	return id
}

func number(v any) (int64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, fmt.Errorf("engine: %v is no number", v)
	}
	return n.Int64()
}

func (r *reader) function(e *expr, o object) bool {
	e.kind, e.name, e.distinct, e.operator = function, strings.ToLower(text(o, "function_name")), flag(o, "distinct"), flag(o, "is_operator")
	e.args = r.exprs(o, "children")
	if !r.only(o, "function", "alias", "class", "type", "query_location", "function_name", "children", "distinct", "filter", "is_operator", "!catalog", "!schema", "!export_state", "!order_bys") {
		return false
	}
	e.filter = r.maybe(o["filter"])
	return r.allowed(e)
}

// allowed looks a function up in the lists.
func (r *reader) allowed(e *expr) bool {
	arity, known := r.allow.arity(e.name)
	switch {
	case !known && r.allow.Refused[e.name] != "":
		r.found.add("function", e.at, r.allow.refused(e.name))
	case !known:
		r.found.add("function", e.at, fault.New(fault.Invalid, "函数 %s 不在允许的函数里。", clip(e.name)))
	case !slices.Contains(arity, len(e.args)):
		r.found.add("arity", e.at, fault.New(fault.Invalid, "函数 %s 不能有 %d 个参数。", e.name, len(e.args)))
	case (e.distinct || e.filter != nil) && !r.allow.aggregate(e.name):
		r.found.add("function", e.at, fault.New(fault.Invalid, "distinct 和 filter 只用在聚合函数里。"))
	case e.distinct && e.name != "count":
		r.found.add("distinct", e.at, fault.New(fault.Invalid, "distinct 只能写在 count 里。"))
	default:
		return true
	}
	return false
}

func (r *reader) window(e *expr, o object) bool {
	e.kind, e.name, e.args = windowed, strings.ToLower(text(o, "function_name")), r.exprs(o, "children")
	if !r.only(o, "window", "alias", "class", "type", "query_location", "function_name", "children", "partitions", "orders", "start", "end", "!start_expr", "!end_expr", "!offset_expr",
		"!default_expr", "!filter_expr", "!distinct", "!ignore_nulls", "!catalog", "!schema", "!arg_orders", "exclude_clause") || text(o, "exclude_clause") != "NO_OTHER" {
		return false
	}
	if !slices.Contains(r.allow.Windows, e.name) {
		r.found.add("window", e.at, fault.New(fault.Invalid, "窗口函数 %s 不在允许的函数里。", clip(e.name)))
		return false
	}
	e.over = &window{partitions: r.exprs(o, "partitions"), orders: r.orders(parts(o, "orders")), start: text(o, "start"), end: text(o, "end")}
	if e.over.start != "UNBOUNDED_PRECEDING" || e.over.end != "CURRENT_ROW_RANGE" && e.over.end != "UNBOUNDED_FOLLOWING" {
		r.found.add("window", e.at, fault.New(fault.Invalid, "窗口不能写 rows 或 range 的范围。"))
		return false
	}
	return true
}

func (r *reader) subquery(e *expr, o object) bool {
	e.kind, e.name = subquery, text(o, "subquery_type")
	if !r.only(o, "subquery", "alias", "class", "type", "query_location", "subquery", "subquery_type", "child", "comparison_type") {
		return false
	}
	if e.name != "SCALAR" && e.name != "EXISTS" && (e.name != "ANY" || text(o, "comparison_type") != "COMPARE_EQUAL") {
		r.strange(e.name, e.at)
		return false
	}
	if child := r.maybe(o["child"]); child != nil {
		e.args = []*expr{child}
	}
	e.sub = r.statement(part(o, "subquery"))
	return e.sub != nil
}

// clip keeps what a person wrote short in a sentence.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

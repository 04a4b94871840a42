package engine

import (
	"encoding/json"
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
	repeats int64   // resolved: how many rows its series have together, at most
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
func yes(o object, key string) bool    { b, _ := o[key].(bool); return b }
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
	if text(o, "setop_type") != "UNION" || !yes(o, "setop_all") {
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

var joins = map[string]string{"INNER": "INNER", "LEFT": "LEFT", "RIGHT": "RIGHT", "FULL": "FULL", "OUTER": "FULL"}

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

// mostSeries is how many rows a series may have, and how many those of a select may have
// together: series joined with the row of one person take long for that person's sake,
// which how long a job took would tell.
const mostSeries = 100_000

// length is how many rows a series has, at most.
func (e *expr) length() int64 {
	from, to, step := int64(0), int64(0), int64(1)
	switch n := len(e.args); {
	case n > 2:
		step, _ = whole(e.args[2])
		fallthrough
	case n > 1:
		from, _ = whole(e.args[0])
		to, _ = whole(e.args[1])
	case n > 0:
		to, _ = whole(e.args[0])
	}
	return max(to-from, from-to)/max(1, step, -step) + 1
}

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

// clip keeps what a person wrote short in a sentence.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

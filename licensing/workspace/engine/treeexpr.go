package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"shuyuan/internal/fault"
)

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
		e.kind, e.try, e.args = cast, yes(o, "try_cast"), []*expr{r.expr(o["child"])}
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
	if yes(o, "is_null") {
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
	e.kind, e.name, e.distinct, e.operator = function, strings.ToLower(text(o, "function_name")), yes(o, "distinct"), yes(o, "is_operator")
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

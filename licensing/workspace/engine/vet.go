package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
)

// The largest text, tree, and number of columns.
const (
	mostText    = 64 << 10
	mostTree    = 16 << 20
	mostColumns = 50
)

// Vet says whether a statement may run on the mounts, and what its result will be.
// No data is near: a child that holds none parses the text, and here its tree is
// held against the lists. An error is that nobody could look.
func (e *Engine) Vet(ctx context.Context, mounts []Mount, code Code) (*Verdict, error) {
	a, err := e.analyse(ctx, mounts, code)
	if err != nil {
		return nil, err
	}
	return a.verdict, nil
}

// analysis is a statement as vetting understands it.
type analysis struct {
	verdict *Verdict
	query   *query // nil: it may not run
	minimum int
}

func (e *Engine) analyse(ctx context.Context, mounts []Mount, code Code) (*analysis, error) {
	a := &analysis{verdict: &Verdict{CodeDigest: code.digest(), Engine: version()}}
	found := &findings{sql: code.SQL}
	if err := code.check(found); err != nil || len(found.all) > 0 {
		a.verdict.Findings = found.sorted()
		return a, err
	}
	got, err := e.vetters.ask(ctx, question{SQL: code.SQL})
	if err != nil {
		return nil, err
	}
	a.verdict.Engine = got.Engine
	q := e.read(got, found)
	if q != nil && len(found.all) == 0 {
		a.verdict.TreeDigest, err = treeDigest(got.Tree)
		if err != nil {
			return nil, err
		}
		r := &resolver{found: found, allow: e.allow, mounts: mounts, parameters: code.Parameters, used: map[string]bool{}, asked: map[string]bool{}, sizes: map[*expr]int{}, shapes: map[*expr]shape{}}
		r.query(q, nil, true)
		if len(found.all) == 0 {
			a.verdict.Mounts, a.verdict.Parameters = slices.Sorted(maps.Keys(r.used)), slices.Sorted(maps.Keys(r.asked))
			a.verdict.Columns = r.columns(q)
			if err := e.types(ctx, a, q, mounts, code, found); err != nil {
				return nil, err
			}
		}
		for _, m := range mounts {
			if r.used[m.Name] {
				a.minimum = max(a.minimum, m.Minimum)
			}
		}
	}
	if a.verdict.Findings = found.sorted(); a.verdict.Passed() {
		a.query = q
	}
	return a, nil
}

// check refuses a text that nobody should parse, and parameters that cannot be.
func (c Code) check(found *findings) error {
	switch {
	case len(c.SQL) > mostText:
		found.add("size", -1, fault.New(fault.Invalid, "语句太长，最多 %d KB。", mostText>>10))
	case !utf8.ValidString(c.SQL):
		found.add("text", -1, fault.New(fault.Invalid, "语句里有不是 UTF-8 的字节。"))
	case strings.TrimSpace(c.SQL) == "":
		found.add("text", -1, fault.New(fault.Invalid, "请写一条 select 语句。"))
	}
	for i, r := range c.SQL {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) {
			found.add("text", i, fault.New(fault.Invalid, "语句里有看不见的字符（U+%04X），请删去。", r))
			break
		}
	}
	seen := map[string]bool{}
	for _, p := range c.Parameters {
		ok := p.Name != "" && len(p.Name) <= mostName && !strings.Contains(p.Name, "__") && !seen[p.Name]
		for i, r := range p.Name {
			ok = ok && (r >= 'a' && r <= 'z' || i > 0 && (r == '_' || r >= '0' && r <= '9'))
		}
		if !ok {
			found.add("parameter", -1, fault.New(fault.Invalid, "参数名“%s”不能用：小写字母开头，只有小写字母、数字和单个下划线，不重复。", clip(p.Name)))
		}
		if !slices.Contains([]rows.Type{rows.Text, rows.Integer, rows.Decimal, rows.Boolean, rows.Date, rows.DateTime}, p.Type) {
			found.add("parameter", -1, fault.New(fault.Invalid, "参数“%s”的类型不能是 %s。", clip(p.Name), string(p.Type)))
		}
		seen[p.Name] = true
	}
	return nil
}

// digest pins a code: its text, and its parameters with their types.
func (c Code) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s", len(c.SQL), c.SQL)
	sorted := slices.SortedFunc(slices.Values(c.Parameters), func(a, b Parameter) int { return cmp.Compare(a.Name, b.Name) })
	for _, p := range sorted {
		fmt.Fprintf(h, "\n%s %s", p.Name, p.Type)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// serialized is what the engine says of a text.
type serialized struct {
	Error      bool             `json:"error"`
	Type       string           `json:"error_type"`
	Subtype    string           `json:"error_subtype"`
	Message    string           `json:"error_message"`
	Position   json.RawMessage  `json:"position"`
	Candidates json.RawMessage  `json:"candidates"`
	Name       string           `json:"name"`
	Statements []map[string]any `json:"statements"`
}

// read makes a typed tree of what the child said of a text.
func (e *Engine) read(got answer, found *findings) *query {
	if got.Error != "" || len(got.Tree) > mostTree {
		found.add("size", -1, fault.New(fault.Invalid, "这条语句太复杂，引擎不能解析。"))
		return nil
	}
	var s serialized
	d := json.NewDecoder(bytes.NewReader(got.Tree))
	d.UseNumber()
	if err := d.Decode(&s); err != nil {
		found.add("tree", -1, fault.New(fault.Invalid, "这条语句太复杂，引擎不能解析。"))
		return nil
	}
	switch {
	case s.Error && s.Type == "parser":
		at := -1
		fmt.Sscan(strings.Trim(string(s.Position), `"`), &at) //nolint:errcheck // without a place it stays -1
		found.add("syntax", at, fault.New(fault.Invalid, "语法不对，从这里起不能解析。只能写一条 select 语句。"))
		return nil
	case s.Error:
		found.add("statement", -1, fault.New(fault.Invalid, "只能写一条 select 语句：不能写入、导出、设置、挂载或装载。"))
		return nil
	case len(s.Statements) != 1:
		found.add("statement", -1, fault.New(fault.Invalid, "一次只能写一条语句，这里有 %d 条。", len(s.Statements)))
		return nil
	}
	r := &reader{found: found, allow: e.allow}
	return r.statement(s.Statements[0])
}

// treeDigest is the digest of a tree without its places.
func treeDigest(tree json.RawMessage) (string, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(tree))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "", err
	}
	var strip func(any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "query_location")
			for _, x := range v {
				strip(x)
			}
		case []any:
			for _, x := range v {
				strip(x)
			}
		}
	}
	strip(v)
	plain, err := json.Marshal(v)
	sum := sha256.Sum256(plain)
	return hex.EncodeToString(sum[:]), err
}

// columns are the result's columns, without their types.
func (r *resolver) columns(q *query) []disclosure.Column {
	if n := len(q.items); n > mostColumns {
		r.found.add("size", q.place(), fault.New(fault.Invalid, "结果最多 %d 列，这里有 %d 列。", mostColumns, n))
	}
	var out []disclosure.Column
	for i, item := range q.items {
		f := r.aggregatesIn(item)
		c := disclosure.Column{Name: q.fields[i].name, Role: disclosure.Dimension, From: q.fields[i].from}
		var names []string
		for _, a := range f {
			if !slices.Contains(names, a.name) {
				names = append(names, a.name)
			}
		}
		c.Reason, c.Weighed = strings.Join(names, ", "), slices.ContainsFunc(f, r.weighed)
		for _, a := range f {
			if b := a.beyond(); b > 0 && (c.Beyond == 0 || b < c.Beyond) {
				c.Beyond = b
			}
		}
		switch {
		case len(f) == 0:
		case !r.allow.bare(item):
			c.Role = disclosure.Derived
		case q.fields[i].count:
			c.Role = disclosure.Count
		case len(f) == 1 && (r.allow.Aggregates[f[0].name].Nature != extreme || q.in.known[f[0]].level == held):
			c.Role = disclosure.Magnitude
		default:
			c.Role = disclosure.Derived
		}
		out = append(out, c)
	}
	return out
}

// bare reports whether an item is an aggregate as it is, but for how it is written:
// what is worked out of it further is worked out anew after rounding, or hidden.
func (allow *allowed) bare(e *expr) bool {
	switch {
	case e.kind == cast:
		return (slices.Contains(numberTypes, e.cast) || strings.HasPrefix(e.cast, "DECIMAL(")) && allow.bare(e.args[0])
	case e.kind == operator && e.name == "OPERATOR_COALESCE":
		return len(e.args) == 2 && e.args[1].kind == constant && allow.bare(e.args[0])
	case e.kind == function && e.name == "round":
		n, ok := int64(0), true
		if len(e.args) > 1 {
			n, ok = whole(e.args[1])
		}
		return ok && n >= 0 && allow.bare(e.args[0])
	}
	return e.kind == function && allow.aggregate(e.name)
}

// numberTypes are those of a number that is written otherwise.
var numberTypes = []string{"SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE"}

// beyond is, of a quantile, the share of the values on the side that has fewer.
func (e *expr) beyond() float64 {
	switch e.name {
	case "median":
		return 0.5
	case "quantile_cont":
		p, _ := fraction(e.args[1])
		return min(p, 1-p)
	}
	return 0
}

// aggregatesIn is the aggregates in an item, each once.
func (r *resolver) aggregatesIn(item *expr) []*expr {
	var all []*expr
	item.each(func(e *expr) {
		if e.kind == function && r.allow.aggregate(e.name) && !slices.Contains(all, e) {
			all = append(all, e)
		}
	})
	return all
}

// types has the engine prepare the statement over empty tables: what it refuses is
// refused, and what it says of types is believed.
func (e *Engine) types(ctx context.Context, a *analysis, q *query, mounts []Mount, code Code, found *findings) error {
	ask := question{SQL: code.SQL, Tables: []mounted{}}
	for _, m := range mounts {
		ask.Tables = append(ask.Tables, m.mounted(true))
	}
	got, err := e.vetters.ask(ctx, ask)
	if err != nil {
		return err
	}
	if got.Error != "" || len(got.Columns) != len(a.verdict.Columns) {
		found.add("engine", -1, fault.New(fault.Invalid, "引擎不接受这条语句：%s", engineWords(got.Error)))
		return nil
	}
	for i, c := range got.Columns {
		col := &a.verdict.Columns[i]
		col.Name, col.Type = c.Name, outType(c.Type)
		if number := col.Type == string(rows.Integer) || col.Type == string(rows.Decimal); col.Role != disclosure.Dimension && !number && col.Type != "" && len(q.in.slots) > 0 {
			found.add("type", q.items[i].at, fault.New(fault.Invalid, "汇总的数要以数显示：“%s”写成了文本、日期或是否，就不能按规则取整、核对。", clip(c.Name)))
		}
		if col.Type == "" {
			found.add("type", -1, fault.New(fault.Invalid, "结果的“%s”列不能是这种类型，请用 cast 转成文本、数、日期或是否。", clip(c.Name)))
		}
		if len([]rune(c.Name)) > mostName {
			col.Name = string([]rune(c.Name)[:mostName])
		}
	}
	return nil
}

// engineWords are the first words of what the engine says of a text over empty
// tables: it knows no data there, so nothing of it can be in them.
func engineWords(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

// mounted is m as a child is told of it.
func (m Mount) mounted(types bool) mounted {
	out := mounted{Name: m.Name, Hidden: m.hidden()}
	for _, c := range m.Columns {
		out.Columns = append(out.Columns, c.Name)
		if types {
			out.Types = append(out.Types, c.stored())
		}
	}
	return out
}

// vetTime is how long a child may think about one text.
const vetTime = 5 * time.Second

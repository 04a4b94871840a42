package rows

import (
	"slices"

	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"

	"shuyuan/internal/fault"

	"shuyuan/internal/blob"
)

// Query is a question about the rows of one table. The zero value asks for the
// first rows as they stand in the file.
type Query struct {
	Select  string // empty: every column
	Where   string // empty: every row
	GroupBy string
	OrderBy string
	Limit   int    // rows of one page; 0: DefaultLimit, at most MaxLimit
	Cursor  string // Next or Prev of an answer to the same question
	From    int64  // number of the first row, from 0, where rows are neither chosen, sorted nor grouped; not with Cursor
	Exact   bool   // count every row even where that takes long
	Clip    int    // if not 0, text cells are cut after so many characters: for a page that shows them in a table
}

// How many rows one page has.
const (
	DefaultLimit = 100
	MaxLimit     = 10_000
)

// Table is one table of one version.
type Table struct {
	Parquet blob.Digest
	Schema  Schema
	Rows    int64
	Key     string // names resource and version in cursors: an answer's next page is of the same version
	Only    Part   // what of its rows can be asked about; zero: all
}

// Part is the rows of a table for which a condition holds, whatever is asked
// about them. Its columns need not be among those that can be asked for.
type Part struct {
	Schema Schema
	Where  string
}

// compile is Compile for a table of which perhaps only a part can be asked
// about.
func (t Table) compile(q Query) (*Compiled, error) {
	c, err := Compile(t.Schema, q)
	if err != nil {
		return nil, err
	}
	return c, c.within(t.Only)
}

// within adds the condition of a part to what was asked. Both are parsed by
// themselves: no text of one changes what the other means.
func (c *Compiled) within(p Part) error {
	if strings.TrimSpace(p.Where) == "" {
		return nil
	}
	if err := p.Schema.check(); err != nil {
		return err
	}
	only := &Compiled{}
	if err := only.compileWhere(p.Schema, Query{Where: p.Where}); err != nil {
		return fault.New(fault.Forbidden, "您的授权对行的限制在这一版上不能计算，请联系部门。").Because(err)
	}
	if c.where.sql == "" {
		c.where = only.where
		return nil
	}
	c.where = sqlExpr{sql: "(" + only.where.sql + " AND " + c.where.sql + ")", args: append(slices.Clone(only.where.args), c.where.args...), typ: Boolean}
	return nil
}

// Check returns nil if where is a condition on the columns of schema, and
// fault.Malformed otherwise.
func Check(schema Schema, where string) error {
	return (&Compiled{}).compileWhere(schema, Query{Where: where})
}

// Field is one column of an answer.
type Field struct {
	Name    string
	Label   string
	LabelEN string
	Type    Type
	Column  string // the name of the table's column, if it is one; empty for what is computed
}

// The most columns that an answer is grouped and sorted by.
const MaxKeys = 16

// Compiled is a question in SQL, with every value bound and every name ours.
type Compiled struct {
	Fields []Field

	out     []sqlExpr // one for each field
	where   sqlExpr   // no SQL: every row
	groups  []sqlExpr
	named   map[string]sqlExpr // groups that group_by gave names
	order   []orderKey
	byGroup bool      // rows of the answer are groups
	extra   []sqlExpr // what an export needs beside the fields
}

// orderKey is one expression that rows are sorted by; nulls come last.
type orderKey struct {
	sqlExpr
	desc bool
}

// Grouped reports whether rows of the answer are groups of rows.
func (c *Compiled) Grouped() bool { return c.byGroup }

// Whole reports whether the answer is every row as it stands.
func (c *Compiled) Whole() bool { return c.where.sql == "" && !c.byGroup && len(c.order) == 0 }

// seeks reports whether rows are looked for, which a fast copy helps with: the
// first rows as they stand are had at once, and groups read whole columns, at
// which the table's file is as fast.
func (c *Compiled) seeks() bool { return !c.byGroup && !c.Whole() }

// Compile checks q against the schema. It returns fault.Malformed that names
// the parameter and what is wrong with it.
func Compile(schema Schema, q Query) (*Compiled, error) {
	if err := schema.check(); err != nil {
		return nil, err
	}
	c := &Compiled{}
	for _, step := range []func(Schema, Query) error{c.compileWhere, c.compileGroups, c.compileSelect, c.compileOrder} {
		if err := step(schema, q); err != nil {
			return nil, unquoted(schema, q, err)
		}
	}
	return c, nil
}

func (c *Compiled) compileWhere(schema Schema, q Query) error {
	if strings.TrimSpace(q.Where) == "" {
		return nil
	}
	tree, err := parse(whereGrammar, "where", q.Where)
	if err != nil {
		return err
	}
	in := &compiler{schema: schema, parameter: "where"}
	if c.where, err = in.or(tree); err != nil {
		return err
	}
	if c.where.typ != Boolean {
		return in.fail("where 要是条件，例如 年份 >= 2020。")
	}
	return nil
}

func (c *Compiled) compileGroups(schema Schema, q Query) error {
	if strings.TrimSpace(q.GroupBy) == "" {
		return nil
	}
	c.byGroup = true
	tree, err := parse(groupGrammar, "group_by", q.GroupBy)
	if err != nil {
		return err
	}
	in := &compiler{schema: schema, parameter: "group_by"}
	if len(tree.Items) > MaxKeys {
		return in.fail("最多按 %d 项分组。", MaxKeys)
	}
	chosen := aliased(q.Select)
	for _, item := range tree.Items {
		if p, minus := lonely(item.Expr); p != nil && !minus && p.Column != nil && item.As == "" {
			if _, known := schema.Find(bare(*p.Column)); !known && chosen[bare(*p.Column)] != nil {
				item = chosen[bare(*p.Column)]
			}
		}
		e, err := in.or(item.Expr)
		if err != nil {
			return err
		}
		if e.null || e.constant {
			return in.fail("group_by 里要写列，或由列算出的值。")
		}
		c.groups = append(c.groups, e)
		c.Fields = append(c.Fields, fieldOf(item, q.GroupBy, e))
	}
	return nil
}

// aliased is what select gives names: group_by may say those. What is wrong with
// select is told later.
func aliased(text string) map[string]*itemNode {
	items := map[string]*itemNode{}
	if strings.TrimSpace(text) == "" {
		return items
	}
	tree, err := parse(selectGrammar, "select", text)
	if err != nil {
		return items
	}
	for _, item := range tree.Items {
		if item.As != "" {
			items[bare(item.As)] = item
		}
	}
	return items
}

// compileSelect runs after compileGroups, whose fields are the answer's where
// select is empty.
func (c *Compiled) compileSelect(schema Schema, q Query) error {
	groupFields := c.Fields
	c.Fields, c.named = nil, groupAliases(groupFields, c.groups)
	in := &compiler{schema: schema, parameter: "select", grouped: true, keys: c.groups, aliases: c.named}
	if strings.TrimSpace(q.Select) == "" {
		return c.everything(schema, groupFields)
	}
	tree, err := parse(selectGrammar, "select", q.Select)
	if err != nil {
		return err
	}
	if tree.Star {
		if c.byGroup {
			return in.fail("有 group_by 时不能 select *。")
		}
		return c.everything(schema, nil)
	}
	for _, item := range tree.Items {
		e, err := in.or(item.Expr)
		if err != nil {
			return err
		}
		if e.null {
			return in.fail("这里不能写 null。")
		}
		c.byGroup = c.byGroup || e.aggregate
		c.out = append(c.out, e)
		c.Fields = append(c.Fields, fieldOf(item, q.Select, e))
	}
	if err := c.together(in, c.out); err != nil {
		return err
	}
	return unlike(in, c.Fields, tree.Items)
}

// everything is the answer's columns where none was chosen: all of the table,
// or what is grouped by with the number of rows in each group.
func (c *Compiled) everything(schema Schema, groups []Field) error {
	if c.byGroup {
		c.Fields = append(groups, Field{Name: "count", Label: "行数", LabelEN: "Rows", Type: Integer})
		for i, g := range c.groups {
			c.out = append(c.out, sqlExpr{sql: keyName(i), typ: g.typ, column: g.column})
		}
		c.out = append(c.out, sqlExpr{sql: "count(*)", typ: Integer, aggregate: true})
		return nil
	}
	for _, column := range schema {
		c.Fields = append(c.Fields, Field{Name: column.Name, Label: column.Label, LabelEN: column.LabelEN, Type: column.Type, Column: column.Name})
		c.out = append(c.out, sqlExpr{sql: column.Store, typ: column.Type, column: &column})
	}
	return nil
}

// together refuses a column beside aggregates that no group has one value of.
func (c *Compiled) together(in *compiler, all []sqlExpr) error {
	if !c.byGroup {
		return nil
	}
	for _, e := range all {
		if e.loose != "" {
			return in.fail("“%s”既没有写在 group_by 里，也不在聚合函数里。", clip(e.loose))
		}
	}
	return nil
}

// unlike refuses two columns of one name where somebody chose the names.
func unlike(in *compiler, fields []Field, items []*itemNode) error {
	seen := map[string]bool{}
	for i, f := range fields {
		if seen[f.Name] && items[i].As != "" {
			return in.fail("“%s”这个名字用了两次。", clip(f.Name))
		}
		seen[f.Name] = true
	}
	return nil
}

func (c *Compiled) compileOrder(schema Schema, q Query) error {
	in := &compiler{schema: schema, parameter: "order_by", grouped: c.byGroup, keys: c.groups, aliases: maps.Clone(c.named)}
	for i, f := range c.Fields {
		if f.Column == "" || f.Column != f.Name { // an alias, or what is computed
			in.aliases[f.Name] = c.out[i]
		}
	}
	if strings.TrimSpace(q.OrderBy) == "" {
		return nil
	}
	tree, err := parse(orderGrammar, "order_by", q.OrderBy)
	if err != nil {
		return err
	}
	if len(tree.Items) > MaxKeys {
		return in.fail("最多按 %d 项排序。", MaxKeys)
	}
	for _, item := range tree.Items {
		e, err := in.or(item.Expr)
		if err != nil {
			return err
		}
		switch {
		case e.null || e.constant:
			return in.fail("order_by 里要写列，或由列算出的值。")
		case !sortable(e.typ):
			return in.fail("不能按 %s 排序。", string(e.typ))
		}
		if err := c.together(in, []sqlExpr{e}); err != nil {
			return err
		}
		c.order = append(c.order, orderKey{sqlExpr: e, desc: strings.EqualFold(item.Dir, "desc")})
	}
	return nil
}

// mostAlias is how many characters a name may have that a query gives.
const mostAlias = 100

// fieldOf describes e, which is written as item in text.
func fieldOf(item *itemNode, text string, e sqlExpr) Field {
	f := Field{Type: e.typ}
	if e.column != nil {
		f = Field{Name: e.column.Name, Label: e.column.Label, LabelEN: e.column.LabelEN, Type: e.typ, Column: e.column.Name}
	} else if item.As == "" {
		f.Name = strings.TrimSpace(text[item.Pos.Offset:item.EndPos.Offset])
	}
	if item.As != "" {
		f.Name, f.Label, f.LabelEN = bare(item.As), "", ""
	}
	if r := []rune(f.Name); len(r) > mostAlias {
		f.Name = string(r[:mostAlias])
	}
	return f
}

// groupAliases lets select name what group_by named.
func groupAliases(fields []Field, groups []sqlExpr) map[string]sqlExpr {
	aliases := map[string]sqlExpr{}
	for i, f := range fields {
		if f.Column == "" || f.Column != f.Name {
			aliases[f.Name] = sqlExpr{sql: keyName(i), typ: groups[i].typ, column: groups[i].column}
		}
	}
	return aliases
}

// labels is a digest of what the fields are called for people: it may change
// while the version does not.
func (c *Compiled) labels() string {
	h := sha256.New()
	for _, f := range c.Fields {
		fmt.Fprintf(h, "%q %q\n", f.Label, f.LabelEN)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// fingerprint is a digest of everything that decides what rows the answer has
// and in which order, for cursors and caches: two texts of one meaning share it.
func (c *Compiled) fingerprint() string {
	h := sha256.New()
	part := func(name string, e sqlExpr) {
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00", name, e.sql, e.typ)
		for _, a := range e.args {
			fmt.Fprintf(h, "%T %v\x00", a, a)
		}
	}
	part("where", c.where)
	for _, g := range c.groups {
		part("group", g)
	}
	for _, k := range c.order {
		part(fmt.Sprintf("order %t", k.desc), k.sqlExpr)
	}
	for i, e := range c.out {
		part("out "+c.Fields[i].Name, e)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Filter is the condition of a part as SQL over the names of the Parquet file,
// with the values bound in it in their order; empty: every row. It is for who
// copies rows of a table's file into a file of its own.
func (p Part) Filter() (sql string, args []any, err error) {
	c := &Compiled{}
	if err := c.within(p); err != nil {
		return "", nil, err
	}
	return c.where.sql, c.where.args, nil
}

package rows

import (
	"fmt"
	"strconv"
	"strings"
)

// statement is SQL under construction with the values bound in it, in the
// order in which they stand.
type statement struct {
	text strings.Builder
	args []any
}

func (s *statement) add(sql string, args ...any) {
	s.text.WriteString(sql)
	s.args = append(s.args, args...)
}

func (s *statement) expr(e sqlExpr) { s.add(e.sql, e.args...) }

func (s *statement) all(part statement) { s.add(part.text.String(), part.args...) }

// list writes the parts of a list with commas between.
func (s *statement) list(n int, write func(i int)) {
	for i := range n {
		if i > 0 {
			s.add(", ")
		}
		write(i)
	}
}

// rowNumber is what tells the rows of a file apart: DuckDB's own count of them.
const rowNumber = "file_row_number"

// source stands in SQL for the table's file until a worker is asked.
const source = "{file}"

// keys is everything that decides the order of the answer's rows: what was
// asked for, then what tells rows of equal rank apart.
func (c *Compiled) keys() []orderKey {
	keys := append([]orderKey(nil), c.order...)
	if !c.byGroup {
		return append(keys, orderKey{sqlExpr: sqlExpr{sql: rowNumber, typ: Integer}})
	}
	for i, g := range c.groups {
		key := sqlExpr{sql: keyName(i), typ: g.typ}
		if !anyKey(keys, key) {
			keys = append(keys, orderKey{sqlExpr: key})
		}
	}
	return keys
}

func anyKey(keys []orderKey, e sqlExpr) bool {
	for _, k := range keys {
		if k.same(e) {
			return true
		}
	}
	return false
}

// misfit reports whether there are texts beside field i in the file that are no
// values of its type.
func (c *Compiled) misfit(i int) bool {
	column := c.out[i].column
	return !c.byGroup && column != nil && column.RawKept && column.Misfits > 0
}

// relation is the answer before it is sorted and cut: field i as oI, its misfits
// as rI, key j as kJ, extra i as xI.
func (c *Compiled) relation() statement {
	var s statement
	s.add("SELECT ")
	s.list(len(c.out), func(i int) {
		s.expr(c.out[i])
		s.add(" AS o" + strconv.Itoa(i))
		if c.misfit(i) {
			s.add(", " + c.out[i].column.Raw() + " AS r" + strconv.Itoa(i))
		}
	})
	for j, k := range c.keys() {
		s.add(", ")
		s.expr(k.sqlExpr)
		s.add(" AS k" + strconv.Itoa(j))
	}
	for i, e := range c.extra {
		s.add(", ")
		s.expr(e)
		s.add(" AS x" + strconv.Itoa(i))
	}
	s.add(" FROM ")
	c.from(&s)
	return s
}

// from writes where rows come from: the file, or groups of its rows.
func (c *Compiled) from(s *statement) {
	if len(c.groups) == 0 {
		s.add(source)
		c.filter(s)
		return
	}
	s.add("(SELECT *")
	for i, g := range c.groups {
		s.add(", ")
		s.expr(g)
		s.add(" AS " + keyName(i))
	}
	s.add(" FROM " + source)
	c.filter(s)
	s.add(") GROUP BY ")
	s.list(len(c.groups), func(i int) { s.add(keyName(i)) })
}

func (c *Compiled) filter(s *statement) {
	if c.where.sql != "" {
		s.add(" WHERE ")
		s.expr(c.where)
	}
}

// page is one page of the answer as text, a row more than it shows: fields,
// then misfits, then for each key its text and its type; where rows are groups,
// how many there are instead of keys. Making text of a row that is cut off would
// be in vain, so it is done outside, where the engine keeps the order.
func (c *Compiled) page(at position, limit, clip int) statement {
	keys := c.keys()
	var s statement
	s.add("SELECT ")
	s.list(len(c.out), func(i int) { s.add(cellText("o"+strconv.Itoa(i), c.out[i].typ, clip)) })
	for i := range c.out {
		if c.misfit(i) {
			s.add(", " + cellText("r"+strconv.Itoa(i), Text, clip))
		}
	}
	if c.byGroup {
		s.add(", CAST(total AS VARCHAR) FROM (SELECT *, count(*) OVER () AS total FROM (")
		s.all(c.relation())
		s.add(")")
	} else {
		for j, k := range keys {
			s.add(fmt.Sprintf(", %s, typeof(k%d)", keyText("k"+strconv.Itoa(j), k.typ), j))
		}
		s.add(" FROM (SELECT * FROM (")
		s.all(c.relation())
		s.add(")")
		c.after(&s, keys, at)
	}
	if len(keys) > 1 || c.byGroup || at.back { // else rows come as they stand in the file
		orderBy(&s, keys, at.back)
	}
	s.add(" LIMIT " + strconv.Itoa(limit+1))
	if at.skip > 0 {
		s.add(" OFFSET " + strconv.Itoa(at.skip))
	}
	s.add(")")
	return s
}

func orderBy(s *statement, keys []orderKey, back bool) {
	if len(keys) == 0 {
		return
	}
	s.add(" ORDER BY ")
	s.list(len(keys), func(j int) {
		s.add("k" + strconv.Itoa(j))
		if keys[j].desc != back {
			s.add(" DESC")
		}
		if back {
			s.add(" NULLS FIRST")
		} else {
			s.add(" NULLS LAST")
		}
	})
}

// after writes the condition that a row comes after the position (before it,
// where one pages back): for some key it comes later, and no key before says
// otherwise.
func (c *Compiled) after(s *statement, keys []orderKey, at position) {
	if len(at.values) != len(keys) {
		return
	}
	s.add(" WHERE (")
	for i := range keys {
		if i > 0 {
			s.add(" OR ")
		}
		s.add("(")
		for j := range i {
			c.level(s, j, at)
			s.add(" AND ")
		}
		c.beyond(s, i, keys[i].desc, at)
		s.add(")")
	}
	s.add(")")
}

func (c *Compiled) level(s *statement, j int, at position) {
	if at.values[j].Null {
		s.add(fmt.Sprintf("k%d IS NULL", j))
		return
	}
	s.add(fmt.Sprintf("k%d = ", j))
	c.value(s, j, at)
}

func (c *Compiled) beyond(s *statement, j int, desc bool, at position) {
	switch v := at.values[j]; {
	case v.Null && at.back:
		s.add(fmt.Sprintf("k%d IS NOT NULL", j))
		return
	case v.Null: // nothing comes after null
		s.add("FALSE")
		return
	}
	op := ">"
	if desc != at.back {
		op = "<"
	}
	s.add(fmt.Sprintf("(k%d %s ", j, op))
	c.value(s, j, at)
	if !at.back {
		s.add(fmt.Sprintf(" OR k%d IS NULL", j))
	}
	s.add(")")
}

// value writes a key's value. One too long for a cursor is looked up in its
// row, whose number is the last key.
func (c *Compiled) value(s *statement, j int, at position) {
	v, last := at.values[j], len(at.values)-1
	if !v.Long {
		s.add("CAST(? AS "+v.Type+")", v.Text)
		return
	}
	s.add(fmt.Sprintf("(SELECT k%d FROM (", j))
	s.all(c.relation())
	s.add(fmt.Sprintf(") WHERE k%d = ", last))
	c.value(s, last, at)
	s.add(")")
}

// counted is how many rows there are that the condition holds for.
func (c *Compiled) counted() statement {
	var s statement
	s.add("SELECT CAST(count(*) AS VARCHAR) FROM " + source)
	c.filter(&s)
	return s
}

// sampled is how many there are in windows of size rows that begin at starts;
// there is a condition.
func (c *Compiled) sampled(starts []int64, size int64) statement {
	var s statement
	s.add("SELECT CAST(sum(n) AS VARCHAR) FROM (")
	for i, start := range starts {
		if i > 0 {
			s.add(" UNION ALL ")
		}
		s.add("SELECT count(*) AS n FROM " + source)
		c.filter(&s)
		s.add(fmt.Sprintf(" AND %[1]s >= %[2]d AND %[1]s < %[3]d", rowNumber, start, start+size))
	}
	s.add(")")
	return s
}

// costly reports whether the condition reads texts or works out distances,
// which takes many times as long as comparing values.
func (c *Compiled) costly() bool {
	for _, part := range []string{"contains(", "ILIKE", "lower(", "upper(", "asin("} {
		if strings.Contains(c.where.sql, part) {
			return true
		}
	}
	return false
}

// cellText is the value called name as text.
func cellText(name string, t Type, clip int) string {
	if clip > 0 && (t.words() || t.place()) {
		return fmt.Sprintf("left(CAST(%s AS VARCHAR), %d)", name, clip)
	}
	return "CAST(" + name + " AS VARCHAR)"
}

// longKey is from how many bytes on a cursor does not keep a text.
const longKey = 200

// keyText is the value called name as a cursor keeps it: v and its text, or
// nothing where it is too long.
func keyText(name string, t Type) string {
	if !t.words() {
		return "'v' || CAST(" + name + " AS VARCHAR)"
	}
	return fmt.Sprintf("CASE WHEN strlen(%[1]s) > %[2]d THEN '' ELSE 'v' || %[1]s END", name, longKey)
}

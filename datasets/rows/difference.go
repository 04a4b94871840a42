package rows

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"shuyuan/internal/blob"
)

// Pair is a column that two tables have in common, which may have had another
// name or type in the older one.
type Pair struct {
	Old, New Column
}

// Comparison is two tables that are held against each other: by Key, whose
// columns name each row once in both, or else as a multiset of whole rows. Only
// columns in Pairs are looked at.
type Comparison struct {
	Old, New Table
	Pairs    []Pair
	Key      []int // places in Pairs; none: whole rows are compared
}

// Difference counts what differs. A row whose cells that do not fit their type
// are written otherwise has changed; one whose numbers or days are only written
// in another form has not.
type Difference struct {
	Added, Removed int64
	Changed        int64   // rows with the key of an older one and other values; always 0 without a key
	Same           int64   // rows of the newer table that are in the older one as they are
	Cells          []int64 // of each pair, how many changed rows have another value there; nil without a key
}

// Rows is how many rows differ.
func (d Difference) Rows() int64 { return d.Added + d.Removed + d.Changed }

// check refuses tables and pairs whose stored names are not ours.
func (c Comparison) check() error {
	for _, p := range c.Pairs {
		if err := (Schema{p.Old, p.New}).check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Comparison) files() map[string]blob.Digest {
	return map[string]blob.Digest{"{old}": c.Old.Parquet, "{new}": c.New.Parquet}
}

// value is what is compared of a column, and odd the text beside it where it
// has no value. Values of two types are compared as texts.
type compared struct{ value, odd string }

// parts are what is compared of the pair at place i in one of its tables.
func (c Comparison) parts(i int, col Column) compared {
	p := c.Pairs[i]
	raw := col.RawKept && col.Misfits > 0
	text := p.Old.Type != p.New.Type && (!p.Old.Type.number() || !p.New.Type.number())
	if slices.Contains(c.Key, i) && (p.Old.RawKept && p.Old.Misfits > 0 || p.New.RawKept && p.New.Misfits > 0) {
		text = true // a key is one value
	}
	switch {
	case text && raw:
		return compared{value: "coalesce(CAST(" + col.Store + " AS VARCHAR), " + col.Raw() + ")"}
	case text:
		return compared{value: "CAST(" + col.Store + " AS VARCHAR)"}
	case raw:
		return compared{value: col.Store, odd: "CASE WHEN " + col.Store + " IS NULL THEN " + col.Raw() + " END"}
	}
	return compared{value: col.Store}
}

// odds reports whether a pair has texts beside its values.
func (c Comparison) odds(i int) bool {
	return c.parts(i, c.Pairs[i].Old).odd != "" || c.parts(i, c.Pairs[i].New).odd != ""
}

// side is one of the tables with what is compared of pair i as vI and tI, and
// the number of each row, from 1, as n.
func (c Comparison) side(name string, column func(Pair) Column, extra string) string {
	var s strings.Builder
	s.WriteString("SELECT " + rowNumber + " + 1 AS n" + extra)
	for i, p := range c.Pairs {
		part, n := c.parts(i, column(p)), strconv.Itoa(i)
		s.WriteString(", " + part.value + " AS v" + n)
		if c.odds(i) {
			odd := part.odd
			if odd == "" {
				odd = "CAST(NULL AS VARCHAR)"
			}
			s.WriteString(", " + odd + " AS t" + n)
		}
	}
	return s.String() + " FROM " + name
}

func older(p Pair) Column { return p.Old }
func newer(p Pair) Column { return p.New }

// joined is every row of both tables beside the one with the same key.
func (c Comparison) joined() string {
	var on []string
	for _, k := range c.Key {
		n := strconv.Itoa(k)
		on = append(on, "a.v"+n+" = b.v"+n)
	}
	return "(" + c.side("{old}", older, "") + ") a FULL OUTER JOIN (" + c.side("{new}", newer, "") + ") b ON " + strings.Join(on, " AND ")
}

// differs is the condition that two rows of one key have other values in pair i.
func (c Comparison) differs(i int) string {
	n := strconv.Itoa(i)
	test := "a.v" + n + " IS DISTINCT FROM b.v" + n
	if c.odds(i) {
		test += " OR a.t" + n + " IS DISTINCT FROM b.t" + n
	}
	return "(" + test + ")"
}

// either is the condition that they have so in any pair.
func (c Comparison) either() string {
	tests := []string{"FALSE"}
	for i := range c.Pairs {
		if !slices.Contains(c.Key, i) {
			tests = append(tests, c.differs(i))
		}
	}
	return "(" + strings.Join(tests, " OR ") + ")"
}

// counted is every different row with how many more of it the newer table has
// (fewer: a negative number), and where it first stands in the table that has
// more.
func (c Comparison) counted() string {
	var values []string
	for i := range c.Pairs {
		values = append(values, "v"+strconv.Itoa(i))
		if c.odds(i) {
			values = append(values, "t"+strconv.Itoa(i))
		}
	}
	by, nothing := strings.Join(values, ", "), ""
	if by == "" { // they have nothing in common but that they are rows
		by, nothing = "z", ", 0 AS z"
	}
	return "SELECT " + by + ", sum(s) AS more, min(n) FILTER (WHERE s < 0) AS a_n, min(n) FILTER (WHERE s > 0) AS b_n FROM (" +
		c.side("{new}", newer, nothing+", 1 AS s") + " UNION ALL " + c.side("{old}", older, nothing+", -1 AS s") + ") GROUP BY " + by + " HAVING sum(s) <> 0"
}

// Compare counts what differs. It returns fault.TooLarge where that takes more
// than an export may.
func (s *Service) Compare(ctx context.Context, c Comparison) (Difference, error) {
	var d Difference
	if err := c.check(); err != nil {
		return d, err
	}
	if len(c.Key) == 0 {
		n, err := s.figures(ctx, c, "SELECT coalesce(sum(more) FILTER (WHERE more > 0), 0), coalesce(sum(-more) FILTER (WHERE more < 0), 0) FROM ("+c.counted()+")", 2)
		if err != nil {
			return d, err
		}
		d.Added, d.Removed = n[0], n[1]
		d.Same = c.New.Rows - d.Added
		return d, nil
	}
	sql := "SELECT count(*) FILTER (WHERE a.n IS NULL), count(*) FILTER (WHERE b.n IS NULL), count(*) FILTER (WHERE a.n IS NOT NULL AND b.n IS NOT NULL AND " + c.either() + ")"
	for i := range c.Pairs {
		sql += ", count(*) FILTER (WHERE a.n IS NOT NULL AND b.n IS NOT NULL AND " + c.differs(i) + ")"
	}
	n, err := s.figures(ctx, c, sql+" FROM "+c.joined(), 3+len(c.Pairs))
	if err != nil {
		return d, err
	}
	d.Added, d.Removed, d.Changed, d.Cells = n[0], n[1], n[2], n[3:]
	d.Same = c.New.Rows - d.Added - d.Changed
	return d, nil
}

// figures runs a statement that answers with one row of whole numbers.
func (s *Service) figures(ctx context.Context, c Comparison, sql string, want int) ([]int64, error) {
	var n []int64
	err := s.run(ctx, s.copies, s.opt.Export, c.files(), "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+sql+")", nil, func(cells []Cell) (err error) {
		n, err = whole64(cells)
		return err
	})
	if err == nil && len(n) != want {
		err = errOdd("figures of another form")
	}
	return n, err
}

// Names reports whether the columns of the key name each row of both tables: no
// cell of theirs is empty, and no two rows have the same.
func (s *Service) Names(ctx context.Context, c Comparison) (bool, error) {
	if err := c.check(); err != nil || len(c.Key) == 0 {
		return false, err
	}
	for _, t := range []struct {
		name   string
		column func(Pair) Column
	}{{"{old}", older}, {"{new}", newer}} {
		var key, empty []string
		for _, k := range c.Key {
			key = append(key, c.parts(k, t.column(c.Pairs[k])).value)
			empty = append(empty, key[len(key)-1]+" IS NULL")
		}
		n, err := s.figures(ctx, c, "SELECT (SELECT count(*) FROM "+t.name+" WHERE "+strings.Join(empty, " OR ")+
			"), (SELECT count(*) FROM (SELECT 1 FROM "+t.name+" GROUP BY "+strings.Join(key, ", ")+" HAVING count(*) > 1))", 2)
		if err != nil || n[0] > 0 || n[1] > 0 {
			return false, err
		}
	}
	return true, nil
}

// Renamed reports whether a column of the newer table certainly is one of the
// older table under another name: rows that belong together, by the key or else
// by their place in tables of equal length, all have the same values in both,
// and there are some.
func (s *Service) Renamed(ctx context.Context, c Comparison, p Pair) (bool, error) {
	c.Pairs = append(slices.Clone(c.Pairs), p)
	if err := c.check(); err != nil || p.Old.Type != p.New.Type {
		return false, err
	}
	last := len(c.Pairs) - 1
	n := strconv.Itoa(last)
	from := ""
	switch {
	case len(c.Key) > 0:
		from = strings.Replace(c.joined(), "FULL OUTER JOIN", "JOIN", 1)
	case c.Old.Rows == c.New.Rows:
		from = "(" + c.side("{old}", older, "") + ") a POSITIONAL JOIN (" + c.side("{new}", newer, "") + ") b"
	default:
		return false, nil
	}
	f, err := s.figures(ctx, c, "SELECT count(*) FILTER (WHERE "+c.differs(last)+"), count(a.v"+n+") FROM "+from, 2)
	return err == nil && f[0] == 0 && f[1] > 0, err
}

// The kinds of differing rows, as they stand in the file that Differing writes.
const (
	RowChanged = "changed"
	RowRemoved = "removed"
	RowAdded   = "added"
)

// What the columns of that file are called that come before the values.
const (
	DifferenceKind  = "变化"
	DifferenceOld   = "原行号"
	DifferenceNew   = "新行号"
	DifferenceTimes = "次数"

	DifferenceColumns = 4 // how many these are
	BeforeSuffix      = "（原）"
	AfterSuffix       = "（新）"
)

// Differing writes the first most differing rows as a Parquet file that can be
// asked like any table: what happened to the row, its numbers in both tables
// (from 1), how many times it is so, and its values. With a key, pair i has two
// columns, its older value and its newer one; without, one. Changed rows come
// first, then removed and added ones, each by their place in their table.
func (s *Service) Differing(ctx context.Context, c Comparison, most int, keep func(io.Reader) error) (Schema, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.opt.Export, tooLong(s.opt.Export))
	defer cancel()
	schema := Schema{
		{Name: DifferenceKind, LabelEN: "Change", Type: Text, Store: "c0"}, {Name: DifferenceOld, LabelEN: "Row before", Type: Integer, Store: "c1"},
		{Name: DifferenceNew, LabelEN: "Row after", Type: Integer, Store: "c2"}, {Name: DifferenceTimes, LabelEN: "Times", Type: Integer, Store: "c3"},
	}
	var values []string
	add := func(name, nameEN string, i int, from string, col Column) {
		part := c.parts(i, col)
		store := "c" + strconv.Itoa(len(schema))
		out := Column{Name: name, LabelEN: nameEN, Type: col.Type, Store: store}
		if part.odd == "" && part.value != col.Store || out.Type.place() {
			out.Type = Text
		}
		n := strconv.Itoa(i)
		values = append(values, from+"v"+n+" AS "+store)
		if c.odds(i) {
			out.RawKept, out.Misfits = true, 1
			values = append(values, from+"t"+n+" AS "+out.Raw())
		}
		schema = append(schema, out)
	}
	var sql string
	if len(c.Key) > 0 {
		for i, p := range c.Pairs {
			add(p.Old.Name+BeforeSuffix, label(p.Old)+" (before)", i, "a.", p.Old)
			add(p.New.Name+AfterSuffix, label(p.New)+" (after)", i, "b.", p.New)
		}
		sql = "SELECT CASE WHEN a.n IS NULL THEN '" + RowAdded + "' WHEN b.n IS NULL THEN '" + RowRemoved + "' ELSE '" + RowChanged + "' END AS c0, a.n AS c1, b.n AS c2, 1::BIGINT AS c3" +
			listed(values) + " FROM " + c.joined() + " WHERE a.n IS NULL OR b.n IS NULL OR " + c.either() +
			" ORDER BY CASE WHEN a.n IS NULL THEN 2 WHEN b.n IS NULL THEN 1 ELSE 0 END, coalesce(b.n, a.n)"
	} else {
		for i, p := range c.Pairs {
			col := p.New
			if p.Old.Type.number() && p.New.Type.number() && p.Old.Type != p.New.Type {
				col.Type = Decimal
			}
			add(p.New.Name, label(p.New), i, "", col)
		}
		sql = "SELECT CASE WHEN more > 0 THEN '" + RowAdded + "' ELSE '" + RowRemoved + "' END AS c0, CASE WHEN more < 0 THEN a_n END AS c1, CASE WHEN more > 0 THEN b_n END AS c2, CAST(abs(more) AS BIGINT) AS c3" +
			listed(values) + " FROM (" + c.counted() + ") ORDER BY more > 0, coalesce(b_n, a_n)"
	}
	st := statement{}
	st.add(sql + " LIMIT " + strconv.Itoa(most))
	return schema, s.copied(ctx, c.files(), st, "FORMAT parquet, COMPRESSION zstd", func(f *follower) error {
		if err := f.whole(); err != nil {
			return err
		}
		return keep(f)
	})
}

// listed are more columns of a SELECT.
func listed(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return ", " + strings.Join(values, ", ")
}

func label(c Column) string {
	if c.LabelEN != "" {
		return c.LabelEN
	}
	return c.Name
}

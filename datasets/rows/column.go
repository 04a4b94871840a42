package rows

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"shuyuan/internal/blob"
)

// Count is a value with how many rows have it.
type Count struct {
	Value any // as in Result.Rows
	Rows  int64
}

// Facet is the values of a column that most rows have, among those that a
// condition holds for.
type Facet struct {
	Field    Field
	Values   []Count
	Rows     int64 // that the condition holds for
	Nulls    int64 // of these, without a value
	Distinct int64 // values there are
}

// Facet counts the values of a column where the condition holds. It returns
// fault.Malformed for a column that there is not, as Query does for the rest.
func (s *Service) Facet(ctx context.Context, t Table, column, where string, limit int) (*Facet, error) {
	return facet(ctx, s.remembered, t, column, where, limit)
}

// asking runs a statement with a short answer over a table's file.
type asking func(context.Context, blob.Digest, statement) ([][]Cell, error)

func facet(ctx context.Context, ask asking, t Table, column, where string, limit int) (*Facet, error) {
	if limit <= 0 || limit > MaxLimit {
		limit = 20
	}
	c, f, err := compileColumn(t, column, where)
	if err != nil {
		return nil, err
	}
	var st statement
	st.add("SELECT " + cellText("v", f.Type, 0) + ", CAST(n AS VARCHAR), CAST(total AS VARCHAR), CAST(nulls AS VARCHAR), CAST(values_ AS VARCHAR) FROM (" +
		"SELECT v, n, sum(n) OVER () AS total, coalesce(sum(n) FILTER (WHERE v IS NULL) OVER (), 0) AS nulls, count(v) OVER () AS values_ FROM (" +
		"SELECT o0 AS v, count(*) AS n FROM (")
	st.all(c.relation())
	st.add(") GROUP BY v)) ORDER BY v IS NULL, n DESC, v LIMIT " + strconv.Itoa(limit))
	out := &Facet{Field: f, Values: []Count{}}
	answer, err := ask(ctx, t.Parquet, st)
	for _, cells := range answer {
		if len(cells) != 5 {
			return nil, errOdd("a facet of another form")
		}
		n, err := whole64(cells[1:])
		if err != nil {
			return nil, err
		}
		if !cells[0].Null {
			out.Values = append(out.Values, Count{Value: f.value(cells[0], 0), Rows: n[0]})
		}
		out.Rows, out.Nulls, out.Distinct = n[1], n[2], n[3]
	}
	return out, err
}

// compileColumn is the question for one column, chosen by its name and not by
// an expression.
func compileColumn(t Table, column, where string) (*Compiled, Field, error) {
	if err := t.Schema.check(); err != nil {
		return nil, Field{}, err
	}
	found, ok := t.Schema.Find(column)
	if !ok {
		return nil, Field{}, malformed("column", "没有“%s”这一列。", clip(column))
	}
	c, err := Compile(Schema{found}, Query{})
	if err != nil {
		return nil, Field{}, err
	}
	if err := c.compileWhere(t.Schema, Query{Where: where}); err != nil {
		return nil, Field{}, err
	}
	return c, c.Fields[0], c.within(t.Only)
}

// whole64 reads whole numbers; null is 0.
func whole64(cells []Cell) ([]int64, error) {
	out := make([]int64, len(cells))
	for i, c := range cells {
		if c.Null {
			continue
		}
		n, err := strconv.ParseInt(c.Text, 10, 64)
		if err != nil {
			return nil, errOdd("no whole number")
		}
		out[i] = n
	}
	return out, nil
}

// Distribution is how the values of a column lie: in bins of equal width for
// numbers and dates, by value for everything else.
type Distribution struct {
	Field  Field
	Bins   []Bin
	Unit   string  // of dates: hour, day, month, quarter, year, decade; of numbers: empty
	Values []Count // where there are no bins
	Rows   int64
	Nulls  int64
}

// Bin is the rows from From, inclusive, to To, exclusive.
type Bin struct {
	From, To any // json.Number, or a date as text
	Rows     int64
}

// mostBins is how many bins a distribution has at most.
const mostBins = 60

// Distribution sorts the values of a column into at most 60 bins.
func (s *Service) Distribution(ctx context.Context, t Table, column, where string) (*Distribution, error) {
	return distribution(ctx, s.remembered, t, column, where)
}

func distribution(ctx context.Context, ask asking, t Table, column, where string) (*Distribution, error) {
	c, f, err := compileColumn(t, column, where)
	if err != nil {
		return nil, err
	}
	switch {
	case f.Type.number():
		return numbers(ctx, ask, t.Parquet, c, f)
	case f.Type.moment():
		return moments(ctx, ask, t.Parquet, c, f)
	}
	found, err := facet(ctx, ask, t, column, where, 20)
	if err != nil {
		return nil, err
	}
	return &Distribution{Field: f, Values: found.Values, Rows: found.Rows, Nulls: found.Nulls}, nil
}

// finite is a number that has a place in a distribution.
const finite = "CASE WHEN isfinite(CAST(o0 AS DOUBLE)) THEN CAST(o0 AS DOUBLE) END"

func numbers(ctx context.Context, ask asking, d blob.Digest, c *Compiled, f Field) (*Distribution, error) {
	out := &Distribution{Field: f, Bins: []Bin{}}
	var low, high float64
	err := edges(ctx, ask, d, c, out, finite, func(from, to string) error {
		var err error
		if low, err = strconv.ParseFloat(from, 64); err == nil {
			high, err = strconv.ParseFloat(to, 64)
		}
		return err
	})
	if err != nil || out.Rows == out.Nulls {
		return out, err
	}
	least := max((high-low)/30, max(math.Abs(low), math.Abs(high))*1e-14) // narrower bins than numbers can tell apart are none
	step := niceStep(least, f.Type == Integer)
	start := math.Floor(low / step)
	n := int(math.Floor(high/step)-start) + 1
	for i := range n {
		out.Bins = append(out.Bins, Bin{From: edge((start+float64(i))*step, step), To: edge((start+float64(i)+1)*step, step)})
	}
	return out, sorted(ctx, ask, d, c, out, "CAST(greatest(0, least("+strconv.Itoa(n-1)+", floor(v / ?) - ?)) AS BIGINT)", finite, step, start)
}

// niceStep is the next width that a person would choose: 1, 2 or 5 times a
// power of ten.
func niceStep(least float64, integer bool) float64 {
	if integer && least < 1 {
		return 1
	}
	if least <= 0 || math.IsInf(least, 0) || math.IsNaN(least) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least {
			return m * power
		}
	}
	return 10 * power
}

// edge is x without the noise of floating-point numbers, as exact as step.
func edge(x, step float64) json.Number {
	places := 0
	if step < 1 {
		places = min(15, int(math.Ceil(-math.Log10(step)-1e-9))+1)
	}
	text := strconv.FormatFloat(x, 'f', places, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		text = "0"
	}
	return json.Number(text)
}

// edges asks for the least and the greatest value, and counts.
func edges(ctx context.Context, ask asking, d blob.Digest, c *Compiled, out *Distribution, value string, read func(from, to string) error) error {
	var st statement
	st.add("SELECT CAST(count(*) AS VARCHAR), CAST(count(*) - count(v) AS VARCHAR), CAST(min(v) AS VARCHAR), CAST(max(v) AS VARCHAR) FROM (SELECT " + value + " AS v FROM (")
	st.all(c.relation())
	st.add("))")
	answer, err := ask(ctx, d, st)
	if err != nil {
		return err
	}
	if len(answer) != 1 || len(answer[0]) != 4 {
		return errOdd("edges of another form")
	}
	cells := answer[0]
	n, err := whole64(cells[:2])
	if err != nil {
		return err
	}
	out.Rows, out.Nulls = n[0], n[1]
	if cells[2].Null || cells[3].Null {
		return nil
	}
	return read(cells[2].Text, cells[3].Text)
}

// sorted counts the rows of each bin; which names a value's bin.
func sorted(ctx context.Context, ask asking, d blob.Digest, c *Compiled, out *Distribution, which, value string, args ...any) error {
	var st statement
	st.add("SELECT CAST(b AS VARCHAR), CAST(count(*) AS VARCHAR) FROM (SELECT "+which+" AS b FROM (SELECT "+value+" AS v FROM (", args...)
	st.all(c.relation())
	st.add(")) WHERE v IS NOT NULL) GROUP BY b")
	answer, err := ask(ctx, d, st)
	for _, cells := range answer {
		n, err := whole64(cells)
		if err != nil || len(n) != 2 || n[0] < 0 || n[0] >= int64(len(out.Bins)) {
			return errOdd("a bin that there is not")
		}
		out.Bins[n[0]].Rows += n[1]
	}
	return err
}

// span is a width of bins of dates.
type span struct {
	unit string
	next func(time.Time) time.Time // the bin after
	of   string                    // the number of a value's bin, counted from the first
}

var spans = []span{
	{"hour", func(t time.Time) time.Time { return t.Add(time.Hour) }, "date_diff('hour', CAST(? AS TIMESTAMP), v)"},
	{"day", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }, "date_diff('day', CAST(? AS TIMESTAMP), v)"},
	{"month", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }, "date_diff('month', CAST(? AS TIMESTAMP), v)"},
	{"quarter", func(t time.Time) time.Time { return t.AddDate(0, 3, 0) }, "date_diff('quarter', CAST(? AS TIMESTAMP), v)"},
	{"year", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }, "date_diff('year', CAST(? AS TIMESTAMP), v)"},
	{"decade", func(t time.Time) time.Time { return t.AddDate(10, 0, 0) }, "(year(v) - year(CAST(? AS TIMESTAMP))) // 10"},
	{"century", func(t time.Time) time.Time { return t.AddDate(100, 0, 0) }, "(year(v) - year(CAST(? AS TIMESTAMP))) // 100"},
}

func moments(ctx context.Context, ask asking, d blob.Digest, c *Compiled, f Field) (*Distribution, error) {
	out := &Distribution{Field: f, Bins: []Bin{}}
	const value = "CAST(o0 AS TIMESTAMP)"
	var low, high time.Time
	err := edges(ctx, ask, d, c, out, value, func(from, to string) error {
		var err error
		if low, err = time.Parse("2006-01-02 15:04:05.999999", from); err == nil {
			high, err = time.Parse("2006-01-02 15:04:05.999999", to)
		}
		return err
	})
	if err != nil || out.Rows == out.Nulls {
		return out, err
	}
	by := spanFor(low, high, f.Type)
	out.Unit = by.unit
	layout := time.DateOnly
	if by.unit == "hour" {
		layout = "2006-01-02T15:04:05"
	}
	from := by.start(low)
	for at := from; !at.After(high); at = by.next(at) {
		out.Bins = append(out.Bins, Bin{From: at.Format(layout), To: by.next(at).Format(layout)})
	}
	return out, sorted(ctx, ask, d, c, out, by.of, value, from.Format("2006-01-02 15:04:05"))
}

// spanFor is the finest span of which at most mostBins cover the time.
func spanFor(low, high time.Time, t Type) span {
	for _, by := range spans {
		if by.unit == "hour" && t == Date {
			continue
		}
		n := 0
		for at := by.start(low); !at.After(high) && n <= mostBins; at = by.next(at) {
			n++
		}
		if n <= mostBins {
			return by
		}
	}
	return spans[len(spans)-1]
}

// start is the beginning of the bin that t is in.
func (b span) start(t time.Time) time.Time {
	year, month, day := t.Date()
	switch b.unit {
	case "hour":
		return t.Truncate(time.Hour)
	case "day":
	case "month":
		day = 1
	case "quarter":
		month, day = (month-1)/3*3+1, 1
	case "year":
		month, day = 1, 1
	case "decade":
		year, month, day = year/10*10, 1, 1
	default:
		year, month, day = (year-1)/100*100+1, 1, 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Profile is what can be said of a column's values.
type Profile struct {
	Field         Field
	Rows          int64
	Nulls         int64 // rows without a value
	Misfits       int64 // rows with a text that is no value of the type; not among Nulls
	Distinct      int64
	DistinctExact bool
	Min, Max      any // nil for what has no order
	Mean, Median  any // of numbers: json.Number
	Deviation     any // standard deviation of numbers
	Shortest      int64
	Longest       int64 // of texts, in characters
	Top           []Count
	Examples      []any // some values from all over the file, each once
	Distribution  *Distribution
}

// exactDistinct is up to how many rows different values are counted one by one.
const exactDistinct = 10_000_000

// Profile looks at every value of a column. It is for a job: it takes its time,
// beside the exports.
func (s *Service) Profile(ctx context.Context, t Table, column string) (*Profile, error) {
	c, f, err := compileColumn(t, column, "")
	if err != nil {
		return nil, err
	}
	out := &Profile{Field: f, DistinctExact: t.Rows <= exactDistinct}
	if err := s.run(ctx, s.copies, s.opt.Export, map[string]blob.Digest{source: t.Parquet}, c.profile(f, out.DistinctExact), nil, out.read); err != nil {
		return nil, err
	}
	found, err := facet(ctx, s.aside, t, f.Column, "", 10)
	if err != nil {
		return nil, err
	}
	out.Top = found.Values
	if out.Examples, err = s.examples(ctx, t, c, f); err != nil {
		return nil, err
	}
	out.Distribution, err = distribution(ctx, s.aside, t, f.Column, "")
	return out, err
}

// aside is remembered for a job: it runs beside the exports, so that no page
// waits for it, may take as long as they, and is not kept.
func (s *Service) aside(ctx context.Context, d blob.Digest, st statement) ([][]Cell, error) {
	var all [][]Cell
	err := s.run(ctx, s.copies, s.opt.Export, map[string]blob.Digest{source: d}, st.text.String(), st.args, func(cells []Cell) error {
		all = append(all, cells)
		return nil
	})
	return all, err
}

// mostExamples is how many examples of values there are at most.
const mostExamples = 5

// examples are values of the rows at even distances, each once.
func (s *Service) examples(ctx context.Context, t Table, c *Compiled, f Field) ([]any, error) {
	const tries = 5 * mostExamples // some rows have no value, or the same one
	var st statement
	st.add("SELECT " + cellText("o0", f.Type, 0) + " FROM (")
	st.all(c.relation())
	st.add(") WHERE o0 IS NOT NULL AND k0 IN (")
	st.list(tries, func(i int) { st.add(strconv.FormatInt(int64(i)*t.Rows/tries, 10)) })
	st.add(") ORDER BY k0")
	answer, err := s.aside(ctx, t.Parquet, st)
	if err != nil {
		return nil, err
	}
	out, seen := []any{}, map[string]bool{}
	for _, cells := range answer {
		if len(cells) != 1 {
			return nil, errOdd("examples of another form")
		}
		if text := cells[0].Text; !seen[text] && len(out) < mostExamples {
			seen[text] = true
			out = append(out, f.value(cells[0], 0))
		}
	}
	return out, nil
}

// profile is the SQL of a Profile; c has no condition, so nothing is bound.
func (c *Compiled) profile(f Field, exact bool) string {
	distinct := "approx_count_distinct(o0)"
	if exact {
		distinct = "count(DISTINCT o0)"
	}
	misfits, low, high, mean, median, deviation, short, long := "0", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"
	if c.misfit(0) {
		misfits = "count(r0) FILTER (WHERE o0 IS NULL)"
	}
	if sortable(f.Type) {
		low, high = "min(o0)", "max(o0)"
	}
	if f.Type.number() {
		mean, median, deviation = "avg(CAST(o0 AS DOUBLE))", "median(CAST(o0 AS DOUBLE))", "stddev_samp(CAST(o0 AS DOUBLE))"
	}
	if f.Type.words() {
		short, long = "min(length(o0))", "max(length(o0))"
	}
	rel := c.relation()
	return "SELECT " + strings.Join([]string{
		text("count(*)"), text("count(*) - count(o0)"), text(misfits), text(distinct),
		text(low), text(high), text(mean), text(median), text(deviation), text(short), text(long),
	}, ", ") + " FROM (" + rel.text.String() + ")"
}

func text(sql string) string { return "CAST(" + sql + " AS VARCHAR)" }

func (p *Profile) read(cells []Cell) error {
	if len(cells) != 11 {
		return errOdd("a profile of another form")
	}
	n, err := whole64([]Cell{cells[0], cells[1], cells[2], cells[3], cells[9], cells[10]})
	if err != nil {
		return err
	}
	p.Rows, p.Nulls, p.Misfits, p.Distinct, p.Shortest, p.Longest = n[0], n[1]-n[2], n[2], n[3], n[4], n[5]
	number := Field{Type: Decimal}
	p.Min, p.Max = p.Field.value(cells[4], 0), p.Field.value(cells[5], 0)
	p.Mean, p.Median, p.Deviation = number.value(cells[6], 0), number.value(cells[7], 0), number.value(cells[8], 0)
	return nil
}

package rows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Result is one page of an answer. It is shared with others who asked the
// same: nobody changes it.
type Result struct {
	Fields     []Field
	Rows       [][]any // nil, bool, string, json.Number, json.RawMessage (arrays, objects, shapes) or Misfit
	Numbers    []int64 // each row's number in the file, from 0; nil where rows are groups
	Total      int64   // rows on all pages together
	TotalExact bool    // false: Total is an estimate
	Next, Prev string  // cursors of the pages beside this one; empty where there is none
	Last       string  // cursor of the last page; empty where this is the last one, or where it is not known
	Before     int64   // rows of the answer before the first of this page
}

// Misfit is the text of the file in a cell where it is no value of the
// column's type.
type Misfit string

// Question is a question about a table that can be answered.
type Question struct {
	Tag string // names the answer: equal tags, equal answers

	s  *Service
	t  Table
	c  *Compiled
	q  Query
	at position
}

// Question checks q, and reads nothing yet. It returns fault.Malformed where
// the question is wrong, naming the parameter.
func (s *Service) Question(t Table, q Query) (*Question, error) {
	c, at, err := s.prepare(t, &q)
	if err != nil {
		return nil, err
	}
	return &Question{t.tag(c, q), s, t, c, q, at}, nil
}

// Answer finds the answer. It returns fault.TooLarge where that would take more
// time, memory or room than one question may.
func (q *Question) Answer(ctx context.Context) (*Result, error) {
	return q.s.pages.do(ctx, q.Tag, func(ctx context.Context) (*Result, int64, error) {
		return q.s.page(ctx, q.t, q.c, q.q, q.at)
	})
}

// Query answers q about t. It returns the faults of Question and Answer.
func (s *Service) Query(ctx context.Context, t Table, q Query) (*Result, error) {
	asked, err := s.Question(t, q)
	if err != nil {
		return nil, err
	}
	return asked.Answer(ctx)
}

func (t Table) tag(c *Compiled, q Query) string {
	return fmt.Sprintf("%s-%s-%s-%s-%d-%d-%d-%t-%s", t.Parquet, c.fingerprint(), c.labels(), t.Key, q.Limit, q.From, q.Clip, q.Exact, q.Cursor)
}

func (s *Service) prepare(t Table, q *Query) (*Compiled, position, error) {
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Limit < 0 || q.Limit > MaxLimit {
		return nil, position{}, malformed("limit", "limit 须在 1 到 %d 之间。", MaxLimit)
	}
	c, err := t.compile(*q)
	if err != nil {
		return nil, position{}, err
	}
	at, err := s.position(t, c, *q)
	return c, at, err
}

// page works out one page and what it weighs.
func (s *Service) page(ctx context.Context, t Table, c *Compiled, q Query, at position) (*Result, int64, error) {
	limit := q.Limit
	if at.end > 0 {
		limit = at.end
	}
	var r *Result
	var p pageReader
	begin := func() func([]Cell) error {
		r = &Result{Fields: c.Fields, Rows: [][]any{}, Total: -1}
		p = pageReader{c: c, r: r, keys: len(c.keys()), limit: limit, clip: q.Clip}
		return p.row
	}
	if err := s.pageRows(ctx, t, c, c.page(at, limit, q.Clip), begin); err != nil {
		return nil, 0, err
	}
	if err := s.cursors(t, &p, at); err != nil {
		return nil, 0, err
	}
	if err := s.total(ctx, t, c, q, r, at); err != nil {
		return nil, 0, err
	}
	if c.seeks() {
		s.hasten(t)
	}
	return r, p.bytes + 512, s.last(t, c, q, r)
}

// pageRows runs the statement of a page.
func (s *Service) pageRows(ctx context.Context, t Table, c *Compiled, st statement, begin func() func([]Cell) error) error {
	if c.seeks() {
		return s.seek(ctx, t.Parquet, st, begin)
	}
	return s.ask(ctx, t.Parquet, st, begin())
}

// pageReader makes a Result of the rows that Compiled.page gives.
type pageReader struct {
	c           *Compiled
	r           *Result
	keys        int
	limit, clip int
	first, last []keyValue
	more        bool // there is a row after those shown
	bytes       int64
}

func (p *pageReader) row(cells []Cell) error {
	if len(p.r.Rows) == p.limit {
		p.more = true
		return nil
	}
	row := make([]any, len(p.c.out))
	next := len(row)
	for i := range p.c.out {
		if len(cells) < next {
			return errOdd("a row is too short")
		}
		row[i] = p.c.Fields[i].value(cells[i], p.clip)
		p.bytes += int64(len(cells[i].Text)) + 48
		if p.c.misfit(i) {
			if raw := cells[next]; row[i] == nil && !raw.Null {
				row[i] = Misfit(raw.Text)
				p.bytes += int64(len(raw.Text))
			}
			next++
		}
	}
	p.r.Rows = append(p.r.Rows, row)
	if p.c.byGroup {
		return p.group(cells[next:])
	}
	return p.place(cells[next:])
}

// group reads how many groups there are.
func (p *pageReader) group(rest []Cell) error {
	if len(rest) != 1 {
		return errOdd("a group without their number")
	}
	n, err := strconv.ParseInt(rest[0].Text, 10, 64)
	if err != nil {
		return errOdd("no number of groups")
	}
	p.r.Total, p.r.TotalExact = n, true
	return nil
}

// place reads the keys of a row, the last of which is its number.
func (p *pageReader) place(rest []Cell) error {
	keys, err := keyValues(rest)
	if err != nil || len(keys) != p.keys {
		return errors.Join(err, errOdd("a row without its place"))
	}
	n, err := strconv.ParseInt(keys[len(keys)-1].Text, 10, 64)
	if err != nil {
		return errOdd("a row without its number")
	}
	p.r.Numbers = append(p.r.Numbers, n)
	if p.first == nil {
		p.first = keys
	}
	p.last = keys
	return nil
}

// cursors puts a page that was read backwards in order, and says how to get to
// those beside it.
func (s *Service) cursors(t Table, p *pageReader, at position) error {
	if len(p.r.Rows) == 0 {
		return nil
	}
	next := cursor{Key: t.Key, Query: p.c.fingerprint(), Values: p.last, Skip: at.skip + p.limit}
	prev := cursor{Key: t.Key, Query: next.Query, Values: p.first, Back: !p.c.byGroup, Skip: max(0, at.skip-p.limit)}
	if !p.c.byGroup {
		next.Skip, prev.Skip = 0, 0
	}
	before, after := !at.beginning(), p.more
	p.r.Before = at.before
	if at.back {
		slices.Reverse(p.r.Rows)
		slices.Reverse(p.r.Numbers)
		next.Values, prev.Values, before, after = prev.Values, next.Values, p.more, at.end == 0
		p.r.Before = max(0, at.before-int64(len(p.r.Rows)))
	}
	next.Before, prev.Before = p.r.Before+int64(len(p.r.Rows)), p.r.Before
	if p.c.byGroup {
		p.r.Before = int64(at.skip)
		next.Before, prev.Before = 0, 0 // Skip says it
	}
	var err error
	if after {
		if p.r.Next, err = s.sign(next); err != nil {
			return err
		}
	}
	if before {
		p.r.Prev, err = s.sign(prev)
	}
	return err
}

// last says how to get to the last page, which begins where the pages before
// it end. It is known only where the number of rows is.
func (s *Service) last(t Table, c *Compiled, q Query, r *Result) error {
	if r.Next == "" || !r.TotalExact {
		return nil
	}
	size := int64(q.Limit)
	rest := r.Total - (r.Total-1)/size*size
	end := cursor{Key: t.Key, Query: c.fingerprint(), Back: true, Before: r.Total, End: int(rest)}
	if c.byGroup {
		end = cursor{Key: t.Key, Query: c.fingerprint(), Skip: int(r.Total - rest)}
	}
	var err error
	r.Last, err = s.sign(end)
	return err
}

// value is a cell as a value that JSON can show without loss.
func (f Field) value(c Cell, clip int) any {
	if c.Null {
		return nil
	}
	switch f.Type {
	case Integer, Decimal:
		if !isNumber(c.Text) {
			return nil // an infinity, or what is no number at all
		}
		if inexact([]byte(c.Text)) {
			return c.Text
		}
		return json.Number(strings.TrimSuffix(c.Text, ".0"))
	case Boolean:
		return c.Text == "true"
	case DateTime:
		return strings.Replace(c.Text, " ", "T", 1)
	case Array, Object, Point, Geometry:
		if clip == 0 && (strings.HasPrefix(c.Text, "{") || strings.HasPrefix(c.Text, "[")) && json.Valid([]byte(c.Text)) {
			return json.RawMessage(c.Text)
		}
	}
	return c.Text
}

// isNumber reports whether s is a number as JSON writes it.
func isNumber(s string) bool {
	return s != "" && (s[0] == '-' || s[0] >= '0' && s[0] <= '9') && json.Valid([]byte(s))
}

// Up to how many rows a condition is tested on every one to count them, and on
// how many where that is costly: a text looked for in six columns of a million
// rows takes some 150 ms on two cores.
const (
	exactRows  = 5_000_000
	costlyRows = 1_000_000
)

// total says how many rows there are: exactly where that is cheap or was asked
// for, by a sample otherwise.
func (s *Service) total(ctx context.Context, t Table, c *Compiled, q Query, r *Result, at position) error {
	seen := int64(len(r.Rows))
	switch {
	case r.TotalExact:
	case c.byGroup && at.beginning(): // no row, no group
		r.Total, r.TotalExact = 0, true
	case c.byGroup:
		r.Total = 0
	case c.where.sql == "":
		r.Total, r.TotalExact = t.Rows, true
	case at.beginning() && r.Next == "":
		r.Total, r.TotalExact = seen, true
	case q.Exact || t.Rows <= costlyRows || t.Rows <= exactRows && !c.costly():
		n, err := s.count(ctx, t, c.counted())
		r.Total, r.TotalExact = n, true
		return err
	default:
		return s.estimate(ctx, t, c, r)
	}
	return nil
}

// A sample is some windows of rows, spread evenly over the file.
const (
	windows    = 8
	windowRows = 32_768
)

// estimate counts in a few windows and extends that to the whole.
func (s *Service) estimate(ctx context.Context, t Table, c *Compiled, r *Result) error {
	var starts []int64
	for i := range int64(windows) {
		starts = append(starts, i*(t.Rows-windowRows)/(windows-1))
	}
	found, err := s.count(ctx, t, c.sampled(starts, windowRows))
	least := int64(len(r.Rows)) + 1
	r.Total = min(max(found*t.Rows/(windows*windowRows), least), t.Rows)
	return err
}

// count runs a statement that counts rows.
func (s *Service) count(ctx context.Context, t Table, st statement) (int64, error) {
	answer, err := s.rememberedFrom(ctx, t.Parquet, st, func(ctx context.Context, begin func() func([]Cell) error) error {
		return s.seek(ctx, t.Parquet, st, begin)
	})
	if err != nil {
		return 0, err
	}
	if len(answer) != 1 || len(answer[0]) != 1 {
		return 0, errOdd("no count")
	}
	n, err := whole64(answer[0])
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

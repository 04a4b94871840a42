package bleve

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"shuyuan/search"
)

// Bounds on one query.
const (
	mostHits   = 1000
	mostValues = 1000 // of one facet
	// with so few results, what sounds alike may have been meant
	fewResults = 3
)

// Search answers q.
func (e *Engine) Search(ctx context.Context, q search.Query) (r search.Result, err error) {
	plan := search.Read(q.Text, e.lexicon())
	end, err := e.begin(ctx)
	if err != nil {
		return r, err
	}
	defer end()
	e.mu.RLock()
	defer e.mu.RUnlock()
	gen, err := e.usable()
	if err != nil {
		return r, err
	}
	a := answer{ctx: ctx, Query: q, plan: &plan, table: gen.table, view: gen.view}
	defer func() { gen.table.scores.put(a.score) }()
	err = e.trying(gen, func() error {
		r, err = a.result()
		return err
	})
	return r, err
}

// answer is one query being answered.
type answer struct {
	ctx context.Context
	search.Query
	plan *search.Plan
	*table
	view *view

	hits    []found // what matched the text
	rows    []uint32
	score   []float32
	filters []filter
}

// filter is what a facet is filtered by.
type filter struct {
	column  *column
	allowed []bool // by number
}

// allows reports whether a row has one of the values.
func (f *filter) allows(row uint32) bool {
	if !f.column.plural {
		n := f.column.single[row]
		return n > 0 && f.allowed[n-1]
	}
	for _, n := range f.column.rows[row] {
		if f.allowed[n] {
			return true
		}
	}
	return false
}

func (a *answer) result() (search.Result, error) {
	var r search.Result
	a.filters = a.readFilters()
	if !a.plan.All {
		var err error
		if a.hits, err = a.view.match(a.ctx, a.plan.Root, allTiers); err != nil {
			return r, err
		}
	}
	counts := a.sift()
	r.Total = len(a.rows)
	r.Facets = a.facets(counts)
	if err := a.order(); err != nil {
		return r, err
	}
	if err := a.page(&r); err != nil {
		return r, err
	}
	var err error
	if r.Total < fewResults && a.plan.Sounds != nil {
		if r.Spelled, err = a.spelled(); err != nil {
			return r, err
		}
	}
	if r.Total == 0 && len(r.Spelled) == 0 && !a.finds(a.hits) { // the text finds nothing, not the filters
		if r.Spelled, err = a.retyped(); err != nil {
			return r, err
		}
	}
	return r, a.ctx.Err()
}

func (a *answer) readFilters() []filter {
	var out []filter
	for _, facet := range search.Facets {
		values := a.Filters[facet]
		if len(values) == 0 {
			continue
		}
		c := &a.columns[columnOf[facet]]
		f := filter{column: c, allowed: make([]bool, len(c.words))}
		for _, v := range values {
			if n, ok := c.number[v]; ok {
				f.allowed[n] = true
			}
		}
		out = append(out, f)
	}
	return out
}

// sift keeps the rows that pass every filter, and counts. A row counts for a
// facet if it passes all filters but that facet's own, so one walk over what
// matched serves all facets.
func (a *answer) sift() [][]int32 {
	counted := make([]*column, len(a.Facets))
	counts := make([][]int32, len(a.Facets))
	for i, facet := range a.Facets {
		if at, ok := columnOf[facet]; ok {
			counted[i] = &a.columns[at]
			counts[i] = make([]int32, len(counted[i].words))
		}
	}
	if a.plan.All && len(a.filters) == 0 { // the landing page: everything is counted already
		for i, c := range counted {
			if c != nil {
				copy(counts[i], c.counts)
			}
		}
		a.rows = make([]uint32, 0, a.live)
		for row, id := range a.ids {
			if id != "" {
				a.rows = append(a.rows, uint32(row))
			}
		}
		return counts
	}
	a.each(func(row uint32) {
		var failed *column
		for i := range a.filters {
			if !a.filters[i].allows(row) {
				if failed != nil {
					return
				}
				failed = a.filters[i].column
			}
		}
		if failed == nil {
			a.rows = append(a.rows, row)
		}
		for i, c := range counted {
			if c == nil || failed != nil && failed != c {
				continue
			}
			if !c.plural {
				if n := c.single[row]; n > 0 {
					counts[i][n-1]++
				}
				continue
			}
			for _, n := range c.rows[row] {
				counts[i][n]++
			}
		}
	})
	return counts
}

// each calls f with every row that matches the text.
func (a *answer) each(f func(row uint32)) {
	if a.plan.All {
		for row, id := range a.ids {
			if id != "" {
				f(uint32(row))
			}
		}
		return
	}
	for _, h := range a.hits {
		each(h.docs, func(n uint32) { f(h.rows[n]) })
	}
}

// facets are the counts, most frequent first.
func (a *answer) facets(counts [][]int32) map[search.Facet][]search.Count {
	if len(a.Facets) == 0 {
		return nil
	}
	size := a.FacetSize
	if size <= 0 || size > mostValues {
		size = mostValues
	}
	out := make(map[search.Facet][]search.Count, len(a.Facets))
	for i, facet := range a.Facets {
		at, ok := columnOf[facet]
		if !ok {
			continue
		}
		words := a.columns[at].words
		var list []search.Count
		for n, count := range counts[i] {
			if count > 0 {
				list = append(list, search.Count{Value: words[n], Count: int(count)})
			}
		}
		slices.SortFunc(list, func(x, y search.Count) int {
			return cmp.Or(cmp.Compare(y.Count, x.Count), strings.Compare(x.Value, y.Value))
		})
		out[facet] = list[:min(len(list), size)]
	}
	return out
}

// order sorts the rows as far as the page reaches.
func (a *answer) order() error {
	reach := min(max(a.Offset, 0)+a.limit(), len(a.rows))
	if a.limit() == 0 || reach <= max(a.Offset, 0) {
		return nil
	}
	compare := a.byUpdated
	switch {
	case a.Sort == search.ByPopular:
		compare = a.byPopular
	case a.Sort != search.ByUpdated && !a.plan.All:
		a.score = a.scores.get(len(a.ids))
		if err := a.table.score(a.hits, a.plan.Ranks, a.score); err != nil {
			return err
		}
		compare = a.byScore
	}
	top(a.rows, reach, compare)
	return nil
}

func (a *answer) limit() int { return min(max(a.Limit, 0), mostHits) }

func (a *answer) byScore(x, y uint32) int {
	if c := cmp.Compare(a.score[y], a.score[x]); c != 0 {
		return c
	}
	return a.byPopular(x, y)
}

func (a *answer) byPopular(x, y uint32) int {
	if c := cmp.Compare(a.popular[y], a.popular[x]); c != 0 {
		return c
	}
	return a.byUpdated(x, y)
}

func (a *answer) byUpdated(x, y uint32) int {
	if c := cmp.Compare(a.updated[y], a.updated[x]); c != 0 {
		return c
	}
	return strings.Compare(a.ids[x], a.ids[y])
}

// top brings the first k of rows to the front, in order; the rest stay in none.
func top(rows []uint32, k int, compare func(x, y uint32) int) {
	// rows[:k] is a heap with the last of its rows on top
	sink := func(i int) {
		for {
			child := 2*i + 1
			if child >= k {
				return
			}
			if right := child + 1; right < k && compare(rows[right], rows[child]) > 0 {
				child = right
			}
			if compare(rows[child], rows[i]) <= 0 {
				return
			}
			rows[i], rows[child] = rows[child], rows[i]
			i = child
		}
	}
	if k < len(rows) {
		for i := k/2 - 1; i >= 0; i-- {
			sink(i)
		}
		for i := k; i < len(rows); i++ {
			if compare(rows[i], rows[0]) < 0 {
				rows[0], rows[i] = rows[i], rows[0]
				sink(0)
			}
		}
	}
	slices.SortFunc(rows[:k], compare)
}

// page fills in the hits.
func (a *answer) page(r *search.Result) error {
	from := min(max(a.Offset, 0), len(a.rows))
	rows := a.rows[from:min(from+a.limit(), len(a.rows))]
	var records map[string]*record
	if a.Highlight && !a.plan.All {
		var err error
		if records, err = a.view.records(a.names(rows)); err != nil {
			return err
		}
	}
	for _, row := range rows {
		hit := search.Hit{ID: a.ids[row]}
		if a.score != nil {
			hit.Score = float64(a.score[row])
		}
		if rec := records[hit.ID]; rec != nil {
			hit.Marks = a.marks(rec)
		}
		r.Hits = append(r.Hits, hit)
	}
	return nil
}

func (t *table) names(rows []uint32) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = t.ids[row]
	}
	return ids
}

func (a *answer) marks(r *record) map[string][]search.Mark {
	var marks map[string][]search.Mark
	for _, f := range []struct {
		name, text string
		sound      bool
	}{
		{"title", r.Title, true}, {"title_en", r.TitleEN, false}, {"summary", r.Summary, false}, {"summary_en", r.SummaryEN, false},
	} {
		if m := a.plan.Marks(f.text, f.sound); len(m) > 0 {
			if marks == nil {
				marks = map[string][]search.Mark{}
			}
			marks[f.name] = m
		}
	}
	return marks
}

// records reads what is stored of some documents.
func (v *view) records(ids []string) (map[string]*record, error) {
	out := make(map[string]*record, len(ids))
	for _, s := range v.segments {
		if len(out) == len(ids) {
			break
		}
		docs, err := s.segment.DocNumbers(ids)
		if err != nil {
			return nil, err
		}
		if s.deleted != nil {
			docs.AndNot(s.deleted)
		}
		for _, n := range docs.ToArray() {
			r, err := recordOf(s.segment, uint64(n))
			if err != nil {
				return nil, err
			}
			out[r.ID] = r
		}
	}
	return out, nil
}

// mostAlike is how many documents that sound alike are looked into.
const mostAlike = 20

// spelled are other ways to write the query: as names of the index that sound
// alike write it.
func (a *answer) spelled() ([]string, error) {
	names, err := a.namesOf(a.plan.Sounds, allTiers)
	if err != nil {
		return nil, err
	}
	return a.helpful(search.Respell(a.plan.Text, names))
}

// retyped are other ways to write the query: with one letter of a word as names
// of the index have it.
func (a *answer) retyped() ([]string, error) {
	t, err := a.plan.Typing(func(word *search.Node) (bool, error) {
		hits, err := a.view.match(a.ctx, word, named)
		return a.finds(hits), err
	})
	if t == nil || err != nil {
		return nil, err
	}
	names, err := a.namesOf(t.Near, named)
	if err != nil {
		return nil, err
	}
	return a.helpful(t.Offers(names))
}

// namesOf are the titles and names of the documents that satisfy a node in some
// tiers, of those that are used most.
func (a *answer) namesOf(n *search.Node, tiers []search.Tier) ([]string, error) {
	hits, err := a.view.match(a.ctx, n, tiers)
	if err != nil {
		return nil, err
	}
	var rows []uint32
	for _, h := range hits {
		each(h.docs, func(n uint32) { rows = append(rows, h.rows[n]) })
	}
	k := min(len(rows), mostAlike)
	top(rows, k, a.byPopular)
	records, err := a.view.records(a.names(rows[:k]))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, row := range rows[:k] {
		if r := records[a.ids[row]]; r != nil {
			names = append(append(names, r.Title, r.TitleEN), r.Names()...)
			names = append(names, r.Departments...)
		}
	}
	return names, nil
}

// helpful are those of the texts that find something.
func (a *answer) helpful(texts []string) ([]string, error) {
	var out []string
	for _, text := range texts {
		plan := search.Read(text, nil)
		hits, err := a.view.match(a.ctx, plan.Root, allTiers)
		if err != nil {
			return nil, err
		}
		if a.finds(hits) {
			out = append(out, text)
		}
	}
	return out, nil
}

func (a *answer) finds(hits []found) bool {
	return slices.ContainsFunc(hits, func(h found) bool { return !h.docs.IsEmpty() })
}

package meili

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/meilisearch/meilisearch-go"

	"shuyuan/search"
)

// Search answers q.
func (e *Engine) Search(ctx context.Context, q search.Query) (search.Result, error) {
	plan := search.Read(q.Text, e.lexicon())
	a := answer{e: e, q: q, plan: &plan, all: allOf(textOf(&plan, anywhere), filtersOf(q, "")), sort: byDate}
	a.q.Offset, a.q.Limit = max(q.Offset, 0), min(max(q.Limit, 0), mostHits)
	a.levels = []filter{a.all}
	switch {
	case q.Sort == search.ByPopular:
		a.sort = byUse
	case q.Sort != search.ByUpdated && !plan.All:
		a.sort, a.ranked = byUse, true
		if len(plan.Ranks) > mostRanked {
			break // a whole paragraph: what has all of it has little company
		}
		a.levels = relevance(&plan)
		for i, level := range a.levels {
			a.levels[i] = allOf(level, filtersOf(q, ""))
		}
	}
	return a.result(ctx)
}

// The orders, down to the slug, so that there is only one.
var (
	byDate = []string{byUpdated + ":desc", slug + ":asc"}
	byUse  = []string{byPopular + ":desc", byUpdated + ":desc", slug + ":asc"}
)

// textOf is what the text of a query asks of the keys in one attribute.
func textOf(plan *search.Plan, attribute string) filter {
	if plan.All {
		return everything
	}
	return holds(plan.Root, attribute)
}

// filtersOf are the filters of a query, but that of one facet.
func filtersOf(q search.Query, aside search.Facet) filter {
	var list []filter
	for _, facet := range search.Facets {
		wanted := q.Filters[facet]
		if len(wanted) == 0 || facet == aside {
			continue
		}
		known := values(wanted...)
		if len(known) == 0 {
			return nothing
		}
		list = append(list, oneOf(attributeOf(facet), known))
	}
	return allOf(list...)
}

// mostRanked is how many keys a query may weigh to be cut into levels.
const mostRanked = 128

// relevance cuts what the plan finds into levels, nearest first: the title
// itself, all that was typed in the title, then the plan in the title, in the
// names too, in the summary, anywhere. Each level leaves out those before it.
func relevance(plan *search.Plan) []filter {
	if plan.Root == nil {
		return []filter{nothing}
	}
	title := tiers[search.TitleTier]
	var whole filter
	for _, r := range plan.Ranks {
		if r.Weight >= plan.Ranks[0].Weight { // the first is of the text itself, not of another way to say it
			whole = allOf(whole, has(r.Term, title))
		}
	}
	levels := []filter{allOf(equals(exact, digest(plan.Text)), whole), whole}
	for _, attribute := range tiers {
		levels = append(levels, holds(plan.Root, attribute))
	}
	for i := len(levels) - 1; i > 0; i-- {
		levels[i] = allOf(levels[i], not(levels[i-1]))
	}
	return levels
}

// answer is one query being answered.
type answer struct {
	e      *Engine
	q      search.Query
	plan   *search.Plan
	all    filter   // all that is found
	levels []filter // the same in parts, in this order
	sort   []string // within a level
	ranked bool
}

// result asks for everything in one request, except for a page that is not the
// first of results with levels: there the sizes of the levels tell where it is.
func (a *answer) result(ctx context.Context) (search.Result, error) {
	var r search.Result
	requests, facets := a.counts()
	first := len(requests)
	direct := len(a.levels) == 1
	for _, level := range a.levels {
		switch {
		case a.q.Limit == 0:
		case direct:
			requests = append(requests, a.hits(level, a.q.Offset, a.q.Limit))
		case a.q.Offset == 0:
			requests = append(requests, a.firstHits(level))
		default:
			requests = append(requests, count(level))
		}
	}
	results, err := a.e.ask(ctx, "search", requests)
	if err != nil {
		return r, err
	}
	r.Total = int(results[0].TotalHits)
	if r.Facets, err = a.facets(results, facets); err != nil {
		return r, err
	}
	found := results[first:]
	if !direct && a.q.Offset > 0 && a.q.Limit > 0 {
		if found, err = a.window(ctx, found); err != nil {
			return r, err
		}
	}
	if r.Hits, err = a.page(found); err != nil {
		return r, err
	}
	if r.Total < fewResults && a.plan.Sounds != nil {
		r.Spelled, err = a.spelled(ctx)
	}
	if err == nil && r.Total == 0 && len(r.Spelled) == 0 {
		r.Spelled, err = a.retyped(ctx)
	}
	return r, err
}

// count asks how many there are, and what values they have.
func count(f filter, facets ...search.Facet) *meilisearch.SearchRequest {
	none := int64(0)
	r := &meilisearch.SearchRequest{Filter: []string(f), HitsPerPage: &none, AttributesToRetrieve: []string{slug}}
	for _, facet := range facets {
		r.Facets = append(r.Facets, attributeOf(facet))
	}
	return r
}

func (a *answer) hits(f filter, offset, limit int) *meilisearch.SearchRequest {
	return &meilisearch.SearchRequest{Filter: []string(f), Sort: a.sort, Offset: int64(offset), Limit: int64(limit), AttributesToRetrieve: a.wanted()}
}

// firstHits asks for hits from the start and for how many there are.
func (a *answer) firstHits(f filter) *meilisearch.SearchRequest {
	limit := int64(a.q.Limit)
	return &meilisearch.SearchRequest{Filter: []string(f), Sort: a.sort, Page: 1, HitsPerPage: &limit, AttributesToRetrieve: a.wanted()}
}

func (a *answer) wanted() []string {
	if a.q.Highlight && !a.plan.All {
		return []string{slug, "title", "title_en", "summary", "summary_en"}
	}
	return []string{slug}
}

// counts are the requests that count. The first counts everything, with the
// facets that are not filtered by; each other one counts one facet without its
// own filter. The facets are told in the order of the requests that have them.
func (a *answer) counts() ([]*meilisearch.SearchRequest, [][]search.Facet) {
	var free []search.Facet
	requests := []*meilisearch.SearchRequest{nil}
	facets := [][]search.Facet{nil}
	for _, facet := range a.q.Facets {
		if !slices.Contains(search.Facets, facet) {
			continue
		}
		if len(a.q.Filters[facet]) == 0 {
			free = append(free, facet)
			continue
		}
		requests = append(requests, count(allOf(textOf(a.plan, anywhere), filtersOf(a.q, facet)), facet))
		facets = append(facets, []search.Facet{facet})
	}
	requests[0], facets[0] = count(a.all, free...), free
	return requests, facets
}

func (a *answer) facets(results []meilisearch.SearchResponse, of [][]search.Facet) (map[search.Facet][]search.Count, error) {
	if len(a.q.Facets) == 0 {
		return nil, nil
	}
	size := a.q.FacetSize
	if size <= 0 || size > mostValues {
		size = mostValues
	}
	out := map[search.Facet][]search.Count{}
	for i, facets := range of {
		counted, err := distribution(results[i])
		if err != nil {
			return nil, err
		}
		for _, facet := range facets {
			list := counted[attributeOf(facet)]
			out[facet] = list[:min(len(list), size)]
		}
	}
	return out, nil
}

// distribution reads how often the values of each attribute were counted, most
// frequent first.
func distribution(r meilisearch.SearchResponse) (map[string][]search.Count, error) {
	if len(r.FacetDistribution) == 0 {
		return nil, nil
	}
	var raw map[string]map[string]int
	if err := json.Unmarshal(r.FacetDistribution, &raw); err != nil {
		return nil, fmt.Errorf("counts of the search server: %w", err)
	}
	out := make(map[string][]search.Count, len(raw))
	for attribute, counts := range raw {
		var list []search.Count
		for written, n := range counts {
			if v, ok := readValue(written); ok {
				list = append(list, search.Count{Value: v, Count: n})
			}
		}
		slices.SortFunc(list, func(x, y search.Count) int {
			return cmp.Or(cmp.Compare(y.Count, x.Count), strings.Compare(x.Value, y.Value))
		})
		out[attribute] = list
	}
	return out, nil
}

// window asks for the part of each level that the page shows.
func (a *answer) window(ctx context.Context, counted []meilisearch.SearchResponse) ([]meilisearch.SearchResponse, error) {
	out := make([]meilisearch.SearchResponse, len(a.levels))
	var requests []*meilisearch.SearchRequest
	var at []int
	skip, left := a.q.Offset, a.q.Limit
	for i, c := range counted {
		size := int(c.TotalHits)
		if n := min(size-skip, left); n > 0 {
			requests = append(requests, a.hits(a.levels[i], skip, n))
			at = append(at, i)
			left -= n
		}
		skip = max(skip-size, 0)
	}
	if len(requests) == 0 {
		return out, nil
	}
	results, err := a.e.ask(ctx, "search", requests)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		out[at[i]] = r
	}
	return out, nil
}

// page reads the hits, level by level. The score is the level, as a number
// that falls.
func (a *answer) page(levels []meilisearch.SearchResponse) ([]search.Hit, error) {
	var out []search.Hit
	for i, level := range levels {
		for _, h := range level.Hits {
			if len(out) == a.q.Limit {
				return out, nil
			}
			var r record
			if err := h.DecodeInto(&r); err != nil {
				return nil, fmt.Errorf("a record of the index: %w", err)
			}
			hit := search.Hit{ID: r.Slug}
			if a.ranked {
				hit.Score = float64(len(levels) - i)
			}
			if a.q.Highlight && !a.plan.All {
				hit.Marks = marksOf(a.plan, &r)
			}
			out = append(out, hit)
		}
	}
	return out, nil
}

func marksOf(plan *search.Plan, r *record) map[string][]search.Mark {
	marks := map[string][]search.Mark{}
	for _, f := range []struct {
		name, text string
		sound      bool
	}{
		{"title", r.Title, true}, {"title_en", r.TitleEN, false}, {"summary", r.Summary, false}, {"summary_en", r.SummaryEN, false},
	} {
		if m := plan.Marks(f.text, f.sound); len(m) > 0 {
			marks[f.name] = m
		}
	}
	return marks
}

// mostAlike is how many documents that sound alike are looked into.
const mostAlike = 20

// spelled are other ways to write the query: as names of the index that sound
// alike write it.
func (a *answer) spelled(ctx context.Context) ([]string, error) {
	results, err := a.e.ask(ctx, "look for what sounds alike", []*meilisearch.SearchRequest{alike(holds(a.plan.Sounds, anywhere))})
	if err != nil {
		return nil, err
	}
	names, err := namesOf(results[0])
	if err != nil {
		return nil, err
	}
	return search.Respell(a.plan.Text, names), nil
}

// retyped are other ways to write the query: with one letter of a word as names
// of the index have it. Only those that find something, and only if the text
// finds nothing: not if the filters leave nothing of it.
func (a *answer) retyped(ctx context.Context) ([]string, error) {
	t, err := a.plan.Typing(func(word *search.Node) (bool, error) {
		results, err := a.e.ask(ctx, "look for a word", []*meilisearch.SearchRequest{count(holds(word, tiers[search.KeyTier]))})
		return err == nil && results[0].TotalHits > 0, err
	})
	if t == nil || err != nil {
		return nil, err
	}
	results, err := a.e.ask(ctx, "look for typing errors", []*meilisearch.SearchRequest{
		count(textOf(a.plan, anywhere)), alike(holds(t.Near, tiers[search.KeyTier])),
	})
	if err != nil || results[0].TotalHits > 0 {
		return nil, err
	}
	names, err := namesOf(results[1])
	if err != nil {
		return nil, err
	}
	offers := t.Offers(names)
	if len(offers) == 0 {
		return nil, nil
	}
	var requests []*meilisearch.SearchRequest
	for _, text := range offers {
		plan := search.Read(text, nil)
		requests = append(requests, count(textOf(&plan, anywhere)))
	}
	if results, err = a.e.ask(ctx, "try what may be meant", requests); err != nil {
		return nil, err
	}
	var out []string
	for i, text := range offers {
		if results[i].TotalHits > 0 {
			out = append(out, text)
		}
	}
	return out, nil
}

// alike asks for the names of some documents, of those that are used most.
func alike(f filter) *meilisearch.SearchRequest {
	return &meilisearch.SearchRequest{Filter: []string(f), Sort: byUse, Limit: mostAlike, AttributesToRetrieve: []string{"title", "title_en", "names"}}
}

func namesOf(found meilisearch.SearchResponse) ([]string, error) {
	var names []string
	for _, h := range found.Hits {
		var r record
		if err := h.DecodeInto(&r); err != nil {
			return nil, fmt.Errorf("a record of the index: %w", err)
		}
		names = append(append(names, r.Title, r.TitleEN), r.Names...)
	}
	return names, nil
}

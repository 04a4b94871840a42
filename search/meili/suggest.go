package meili

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/meilisearch/meilisearch-go"

	"shuyuan/search"
	"shuyuan/search/chinese"
)

// mostLooked is how many titles are looked into for one suggestion.
const mostLooked = 40

// Suggest completes a prefix: first words of the catalogue that have it, then
// titles. All of it is read from the documents, so that nothing is offered that
// none of them says any more.
func (e *Engine) Suggest(ctx context.Context, prefix string, limit int) ([]search.Suggestion, error) {
	plan := search.Read(prefix, e.lexicon())
	if plan.All || plan.Root == nil || limit <= 0 {
		return nil, nil
	}
	limit = min(limit, mostLooked)
	words := count(holds(plan.Root, tiers[search.KeyTier]))
	words.Facets = []string{wordFacet}
	titles := &meilisearch.SearchRequest{
		Filter: []string(holds(plan.Root, tiers[search.TitleTier])), Sort: byUse, Limit: mostLooked,
		AttributesToRetrieve: []string{slug, "title", "title_en"},
	}
	results, err := e.ask(ctx, "suggest", []*meilisearch.SearchRequest{words, titles})
	if err != nil {
		return nil, err
	}
	said, err := wordsOf(&plan, results[0])
	if err != nil {
		return nil, err
	}
	named, err := titlesOf(&plan, results[1])
	if err != nil {
		return nil, err
	}
	// titles get at least half of the places, if there are so many
	said = said[:min(len(said), max(limit-len(named), limit/2))]
	return append(said, named[:min(len(named), limit-len(said))]...), nil
}

// wordsOf are the words that have what was typed, those that begin with it
// first, then by how many documents say them.
func wordsOf(plan *search.Plan, r meilisearch.SearchResponse) ([]search.Suggestion, error) {
	counted, err := distribution(r)
	if err != nil {
		return nil, err
	}
	var first, rest []search.Suggestion
	for _, c := range counted[wordFacet] {
		switch s := (search.Suggestion{Text: c.Value}); {
		case !carries(plan.Root, c.Value):
		case starts(c.Value, plan):
			first = append(first, s)
		default:
			rest = append(rest, s)
		}
	}
	return append(first, rest...), nil
}

// titlesOf are the titles found, those that begin with what was typed first.
func titlesOf(plan *search.Plan, r meilisearch.SearchResponse) ([]search.Suggestion, error) {
	var first, rest []search.Suggestion
	for _, h := range r.Hits {
		var r record
		if err := h.DecodeInto(&r); err != nil {
			return nil, fmt.Errorf("a record of the index: %w", err)
		}
		s := search.Suggestion{Text: r.Title, ID: r.Slug}
		if len(plan.Marks(r.Title, true)) == 0 && len(plan.Marks(r.TitleEN, false)) > 0 {
			s.Text = r.TitleEN // found by its English: that is what the reader is typing
		}
		switch {
		case s.Text == "":
		case starts(s.Text, plan):
			first = append(first, s)
		default:
			rest = append(rest, s)
		}
	}
	return append(first, rest...), nil
}

func starts(text string, plan *search.Plan) bool {
	return strings.HasPrefix(chinese.Fold(text).String(), plan.Text)
}

// carries reports whether a name alone has what a node asks for.
func carries(n *search.Node, name string) bool {
	d := search.Document{Title: name}
	var keys []string
	d.Keys(search.TitleTier, func(k string) { keys = append(keys, k) })
	return satisfied(n, keys)
}

func satisfied(n *search.Node, keys []string) bool {
	switch {
	case n == nil:
		return false
	case len(n.And) > 0:
		return !slices.ContainsFunc(n.And, func(m *search.Node) bool { return !satisfied(m, keys) })
	case len(n.Or) > 0:
		return slices.ContainsFunc(n.Or, func(m *search.Node) bool { return satisfied(m, keys) })
	}
	return slices.ContainsFunc(keys, func(k string) bool {
		return k == n.Term.Key || n.Term.Prefix && strings.HasPrefix(k, n.Term.Key)
	})
}

package search

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// This file tells without an index whether a document is one that a query finds:
// for searches that people follow, when an entry comes or changes. Both engines
// are held to it by searchtest.

// AllKeys are the keys of a document, whatever the part they are of.
func (d *Document) AllKeys() map[string]bool {
	keys := map[string]bool{}
	for tier := range Tiers {
		d.Keys(Tier(tier), func(k string) { keys[k] = true })
	}
	return keys
}

// Satisfied reports whether a document with these keys is one that a node finds.
func (n *Node) Satisfied(keys map[string]bool) bool {
	switch {
	case n == nil:
		return false
	case len(n.And) > 0:
		return !slices.ContainsFunc(n.And, func(m *Node) bool { return !m.Satisfied(keys) })
	case len(n.Or) > 0:
		return slices.ContainsFunc(n.Or, func(m *Node) bool { return m.Satisfied(keys) })
	case !n.Term.Prefix:
		return keys[n.Term.Key]
	}
	for k := range keys {
		if strings.HasPrefix(k, n.Term.Key) {
			return true
		}
	}
	return false
}

// FacetValues are what d carries for a facet, each once and none empty.
func (d *Document) FacetValues(facet Facet) []string {
	var all []string
	switch facet {
	case FacetTheme:
		all = []string{d.Theme}
	case FacetOrg:
		all = []string{d.Department}
	case FacetOpen:
		all = []string{d.Open}
	case FacetFormat:
		all = slices.Clone(d.Formats)
	case FacetFreq:
		all = []string{d.Frequency}
	case FacetRegion:
		all = []string{d.Region}
	case FacetTag:
		all = slices.Clone(d.Tags)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(v string) bool { return v == "" })
}

// Passes reports whether d has one of the values of each filter, but for that of
// the facet aside.
func (d *Document) Passes(filters map[Facet][]string, aside Facet) bool {
	for facet, wanted := range filters {
		if facet == aside || len(wanted) == 0 {
			continue
		}
		if !slices.ContainsFunc(d.FacetValues(facet), func(v string) bool { return slices.Contains(wanted, v) }) {
			return false
		}
	}
	return true
}

// Saved is the search that an address of the search page holds, as it was kept:
// what is no filter and no text counts for nothing.
func Saved(query string) (Query, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return Query{}, err
	}
	q := Query{Text: values.Get("q"), Filters: map[Facet][]string{}, Sort: ByUpdated}
	for _, facet := range Facets {
		if len(values[string(facet)]) > 0 {
			q.Filters[facet] = values[string(facet)]
		}
	}
	return q, nil
}

// pageOfFound is how many hits are asked for at once: as many as an engine gives.
const pageOfFound = 1000

// Found is what a saved search finds now: how much, and the slugs where it is no
// more than most.
func (s *Service) Found(ctx context.Context, query string, most int) (slugs []string, total int, err error) {
	q, err := Saved(query)
	if err != nil {
		return nil, 0, err
	}
	for q.Limit = pageOfFound; ; q.Offset += pageOfFound {
		r, err := s.Search(ctx, q)
		if err != nil || r.Total > most {
			return nil, r.Total, err
		}
		for _, h := range r.Hits {
			slugs = append(slugs, h.ID)
		}
		if len(r.Hits) < pageOfFound {
			return slugs, r.Total, nil
		}
	}
}

// Matching tells which of the saved searches find which of the datasets, as
// these are now: the datasets by the search. It asks no engine.
func (s *Service) Matching(ctx context.Context, queries []string, datasetIDs []int64) (map[string][]int64, error) {
	entries, err := s.Datasets.IndexEntriesOf(ctx, datasetIDs)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	type document struct {
		Document
		id   int64
		keys map[string]bool
	}
	documents := make([]document, len(entries))
	for i := range entries {
		documents[i] = document{Document: documentOf(&entries[i]), id: entries[i].ID}
		documents[i].keys = documents[i].AllKeys()
	}
	out := map[string][]int64{}
	for _, query := range queries {
		q, err := Saved(query)
		if err != nil {
			continue // an address that no version of the search page writes finds nothing
		}
		plan := Read(q.Text, s.lexicon())
		for i := range documents {
			if d := &documents[i]; (plan.All || plan.Root.Satisfied(d.keys)) && d.Passes(q.Filters, "") {
				out[query] = append(out[query], d.id)
			}
		}
	}
	return out, nil
}

package api_test

import (
	"context"
	"slices"
	"strings"

	"shuyuan/datasets"
	"shuyuan/search"
)

// finder finds by parts of titles among what is public, and filters and counts
// as an engine does.
type finder struct{ catalogue *datasets.Service }

func (f finder) Search(ctx context.Context, q search.Query) (search.Result, error) {
	entries, err := f.catalogue.IndexEntries(ctx, 0, 10000)
	if err != nil {
		return search.Result{}, err
	}
	result := search.Result{Facets: map[search.Facet][]search.Count{}}
	for _, facet := range q.Facets {
		others := search.Query{Text: q.Text, Filters: map[search.Facet][]string{}}
		for k, v := range q.Filters {
			if k != facet {
				others.Filters[k] = v
			}
		}
		counts := map[string]int{}
		for _, e := range entries {
			if matches(e, others) {
				for _, value := range values(e, facet) {
					counts[value]++
				}
			}
		}
		for value, n := range counts {
			result.Facets[facet] = append(result.Facets[facet], search.Count{Value: value, Count: n})
		}
		slices.SortFunc(result.Facets[facet], func(a, b search.Count) int {
			if a.Count != b.Count {
				return b.Count - a.Count
			}
			return strings.Compare(a.Value, b.Value)
		})
	}
	found := slices.DeleteFunc(entries, func(e datasets.IndexEntry) bool { return !matches(e, q) })
	slices.SortStableFunc(found, func(a, b datasets.IndexEntry) int { return b.LastUpdated.Compare(a.LastUpdated) })
	result.Total = len(found)
	found = found[min(q.Offset, len(found)):]
	for _, e := range found[:min(q.Limit, len(found))] {
		result.Hits = append(result.Hits, search.Hit{ID: e.Slug})
	}
	return result, nil
}

func (finder) Suggest(context.Context, string, int) ([]search.Suggestion, error) { return nil, nil }

func matches(e datasets.IndexEntry, q search.Query) bool {
	if !strings.Contains(e.Title+" "+e.TitleEN, q.Text) {
		return false
	}
	for facet, wanted := range q.Filters {
		if !slices.ContainsFunc(values(e, facet), func(v string) bool { return slices.Contains(wanted, v) }) {
			return false
		}
	}
	return true
}

func values(e datasets.IndexEntry, facet search.Facet) []string {
	switch facet {
	case search.FacetTheme:
		return []string{e.Theme.Slug}
	case search.FacetOrg:
		return []string{e.Department.Slug}
	case search.FacetOpen:
		return []string{string(e.Open)}
	case search.FacetFreq:
		return []string{string(e.Frequency)}
	case search.FacetRegion:
		return []string{e.Region.Code}
	case search.FacetTag:
		return e.Tags
	case search.FacetFormat:
		var out []string
		for _, r := range e.Resources {
			if r.Newest != nil && !slices.Contains(out, r.Newest.Format) {
				out = append(out, r.Newest.Format)
			}
		}
		return out
	}
	return nil
}

package search

import (
	"context"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// visitor is anybody: the index and what stands in for it know only what is
// public.
var visitor = account.Actor{}

// databasePage is how many datasets are read at once.
const databasePage = 200

// searchDatabase answers q without an index: words as they are written,
// filters, and the two orders that the database has; no facets.
func (s *Service) searchDatabase(ctx context.Context, q Query) (Result, error) {
	out := Result{Limited: true}
	f := datasets.Filter{Order: datasets.ByUpdated, Among: map[datasets.Facet][]string{}}
	if q.Sort == ByPopular {
		f.Order = datasets.ByPopular
	}
	for facet, values := range q.Filters {
		if len(values) > 0 {
			f.Among[datasets.Facet(facet)] = values
		}
	}
	for from := 0; ; from += databasePage {
		f.Limit = min(max(q.Offset, 0)+max(q.Limit, 1)-from, databasePage)
		page, err := s.Datasets.Find(ctx, visitor, q.Text, f)
		if err != nil {
			return Result{}, err
		}
		out.Total = page.Total
		for i, item := range page.Items {
			if at := from + i; at >= q.Offset && at < q.Offset+q.Limit {
				out.Hits = append(out.Hits, Hit{ID: item.Slug})
			}
		}
		if page.Next == "" || from+databasePage >= q.Offset+q.Limit || q.Offset >= page.Total {
			return out, nil
		}
		f.After = page.Next
	}
}

// suggestDatabase offers titles that have what is typed.
func (s *Service) suggestDatabase(ctx context.Context, prefix string, limit int) ([]Suggestion, error) {
	if limit <= 0 {
		return nil, nil
	}
	page, err := s.Datasets.Find(ctx, visitor, prefix, datasets.Filter{Order: datasets.ByPopular, Limit: limit})
	if err != nil {
		return nil, err
	}
	var out []Suggestion
	for _, item := range page.Items {
		out = append(out, Suggestion{Text: item.Title, ID: item.Slug})
	}
	return out, nil
}

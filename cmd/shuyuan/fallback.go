package main

import (
	"context"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/search"
)

// inDatabase answers searches from the catalogue itself.
type inDatabase struct{ datasets *datasets.Service }

func (d inDatabase) Search(ctx context.Context, q search.Query) (search.Result, error) {
	page, err := d.datasets.Find(ctx, account.Actor{}, q.Text, datasets.Filter{Limit: q.Limit})
	out := search.Result{Total: page.Total, Limited: true}
	for _, item := range page.Items {
		out.Hits = append(out.Hits, search.Hit{ID: item.Slug})
	}
	return out, err
}

func (inDatabase) Suggest(context.Context, string, int) ([]search.Suggestion, error) { return nil, nil }

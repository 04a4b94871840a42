package search

import "context"

// Engine finds datasets. search/bleve is the embedded one, search/meili speaks
// to a Meilisearch server; both pass search/searchtest.
type Engine interface {
	// Put adds or replaces documents and takes note that all changes up to
	// and including cursor are now in; it is durable when it returns.
	Put(ctx context.Context, docs []Document, cursor int64) error
	// Delete removes documents by id; cursor as in Put.
	Delete(ctx context.Context, ids []string, cursor int64) error
	// Replace swaps the whole index for docs, without a moment in which
	// searches see a part of it; Put and Delete go on with the old one
	// meanwhile. A source of docs that fails ends ctx before it returns:
	// Replace looks at ctx after the last document, and changes nothing if it
	// has ended.
	Replace(ctx context.Context, docs func(yield func(Document) bool), cursor int64) error
	// Cursor is the last change taken in; 0 for an empty index. It returns
	// fault.Unavailable if that cannot be told now, and another error if the
	// index is missing, corrupt or of another layout: the caller then rebuilds
	// with Replace.
	Cursor(ctx context.Context) (int64, error)
	// Search answers q. An empty Text matches everything.
	Search(ctx context.Context, q Query) (Result, error)
	// Suggest completes a prefix: Chinese, pinyin, initials, English.
	Suggest(ctx context.Context, prefix string, limit int) ([]Suggestion, error)
	// IDs calls f with the id of every document in the index.
	IDs(ctx context.Context, f func(id string) error) error
	// SetPopular takes note how often documents are used without indexing
	// them again. It need not outlast the process: it is told regularly.
	SetPopular(ctx context.Context, counts map[string]int64) error
	Close() error
}

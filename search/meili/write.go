package meili

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"shuyuan/search"
)

// How much is handed over at once. The server refuses requests over 100 MB.
const (
	batchRecords = 1000
	batchBytes   = 16 << 20
	batchesAhead = 4 // handed over and not known to be done
)

// Put adds or replaces documents. The cursor is written in the same task, or
// after all others have succeeded.
func (e *Engine) Put(ctx context.Context, docs []search.Document, cursor int64) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	now, err := e.state(ctx)
	if err != nil { // the server would make an index without our settings
		return err
	}
	u := e.upload(e.name)
	for i := range docs {
		if err := u.add(ctx, recordOf(&docs[i])); err != nil {
			return err
		}
	}
	return u.finish(ctx, now.at(cursor))
}

// Delete removes documents.
func (e *Engine) Delete(ctx context.Context, ids []string, cursor int64) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	now, err := e.state(ctx)
	if err != nil {
		return err
	}
	for len(ids) > 0 {
		part := make([]string, min(len(ids), batchRecords))
		for i := range part {
			part[i] = documentID + ids[i]
		}
		ids = ids[len(part):]
		err := e.do(ctx, "delete documents", func(ctx context.Context) (*meilisearch.TaskInfo, error) {
			return e.server.Index(e.name).DeleteDocumentsWithContext(ctx, part, nil)
		})
		if err != nil {
			return err
		}
	}
	return e.upload(e.name).finish(ctx, now.at(cursor))
}

// popularity is the part of a record that changes without the dataset.
type popularity struct {
	ID      string `json:"id"`
	Popular int64  `json:"popular"`
}

// SetPopular takes note how often documents are used. Only what differs is
// handed over, and nothing for documents that the index does not have.
func (e *Engine) SetPopular(ctx context.Context, counts map[string]int64) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	u := e.upload(e.name)
	u.part = true
	err := e.list(ctx, []string{slug, byPopular}, func(r *record) error {
		if n, ok := counts[r.Slug]; ok && n != r.Popular {
			return u.add(ctx, popularity{ID: documentID + r.Slug, Popular: n})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return u.settle(ctx)
}

// Replace builds another index and swaps the two, which the server does at
// once. Whatever happens in between, the old one answers.
func (e *Engine) Replace(ctx context.Context, docs func(yield func(search.Document) bool), cursor int64) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	next := e.name + building + strings.ToLower(rand.Text())
	err := e.build(ctx, next, docs, cursor)
	if err == nil {
		err = e.takeOver(ctx, next)
	}
	e.discard(ctx, next)
	return err
}

// building stands between the name of the index and that of one being built.
const building = "-building-"

func (e *Engine) build(ctx context.Context, next string, docs func(yield func(search.Document) bool), cursor int64) error {
	if err := e.create(ctx, next); err != nil {
		return err
	}
	u := e.upload(next)
	for d := range docs {
		if err := u.add(ctx, recordOf(&d)); err != nil {
			return err
		}
	}
	if err := u.finish(ctx, state{ID: stateID, Layout: layout, Built: next}.at(cursor)); err != nil {
		return err
	}
	return e.try(ctx, next)
}

// create makes an empty index with our settings.
func (e *Engine) create(ctx context.Context, name string) error {
	err := e.do(ctx, "create an index", func(ctx context.Context) (*meilisearch.TaskInfo, error) {
		return e.server.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: name, PrimaryKey: primaryKey})
	})
	if err != nil {
		return err
	}
	index := e.server.Index(name)
	for _, ask := range []func(context.Context) (*meilisearch.TaskInfo, error){
		func(ctx context.Context) (*meilisearch.TaskInfo, error) {
			return index.UpdateSettingsWithContext(ctx, settings())
		},
		func(ctx context.Context) (*meilisearch.TaskInfo, error) { // by itself: the client's settings leave out what is empty
			return index.UpdateSearchableAttributesWithContext(ctx, &[]string{})
		},
		func(ctx context.Context) (*meilisearch.TaskInfo, error) {
			return index.UpdateFilterableAttributesWithContext(ctx, filterable())
		},
		func(ctx context.Context) (*meilisearch.TaskInfo, error) {
			return index.UpdateFacetSearchWithContext(ctx, false)
		},
	} {
		if err := e.do(ctx, "set up an index", ask); err != nil {
			return err
		}
	}
	return nil
}

// takeOver makes next the index in force.
func (e *Engine) takeOver(ctx context.Context, next string) error {
	err := e.call(ctx, e.searchLimit, "look for the index", func(ctx context.Context) error {
		_, err := e.server.GetIndexWithContext(ctx, e.name)
		return err
	})
	if says(err, "index_not_found") {
		// only what exists can be swapped
		err = e.do(ctx, "create the index", func(ctx context.Context) (*meilisearch.TaskInfo, error) {
			return e.server.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: e.name, PrimaryKey: primaryKey})
		})
		if says(err, "index_already_exists") {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	_, err = e.enqueue(ctx, "swap the indexes", func(ctx context.Context) (*meilisearch.TaskInfo, error) {
		return e.server.SwapIndexesWithContext(ctx, []*meilisearch.SwapIndexesParams{{Indexes: []string{e.name, next}}})
	})
	if err != nil {
		return err
	}
	// A key that is good for our indexes only may not ask how the swap went, as
	// it belongs to none. Tasks are done in order: what is behind it is ours.
	err = e.do(ctx, "delete the old index", func(ctx context.Context) (*meilisearch.TaskInfo, error) {
		return e.server.DeleteIndexWithContext(ctx, next)
	})
	if err != nil {
		return err
	}
	switch now, err := e.state(ctx); {
	case err != nil && !errors.Is(err, ErrNoIndex):
		return err
	case now.Built != next:
		return unavailable(ctx, &refusal{asked: "swap the indexes", message: "the server did not swap them"})
	}
	return nil
}

// abandoned is how long nothing happens to an index being built until it counts
// as left behind by a process that died.
const abandoned = time.Hour

// discard deletes an index that may be left from building in vain, and others
// that were left behind. If that fails, the next Replace does it: nobody asks
// for these indexes.
func (e *Engine) discard(ctx context.Context, next string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.searchLimit)
	defer cancel()
	list, err := e.server.ListIndexesWithContext(ctx, &meilisearch.IndexesQuery{Limit: 1000})
	if err != nil {
		return
	}
	var now time.Time // the server's
	for _, index := range list.Results {
		if index.UID == next || index.UID == e.name {
			now = later(now, index.UpdatedAt)
		}
	}
	for _, index := range list.Results {
		ours := strings.HasPrefix(index.UID, e.name+building)
		if index.UID == next || ours && index.UpdatedAt.Before(now.Add(-abandoned)) {
			e.server.DeleteIndexWithContext(ctx, index.UID) //nolint:errcheck // see above
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// upload hands records over in batches, in order.
type upload struct {
	e     *Engine
	index string
	part  bool         // the records are parts of documents, to be laid over what is there
	lines bytes.Buffer // JSON, a record a line
	n     int
	sent  int     // batches
	tasks []int64 // handed over, not known to be done
}

func (e *Engine) upload(index string) *upload { return &upload{e: e, index: index} }

func (u *upload) add(ctx context.Context, r any) error {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("a record of the index: %w", err)
	}
	if u.full(len(line)) {
		if err := u.send(ctx); err != nil {
			return err
		}
	}
	u.lines.Write(line)
	u.lines.WriteByte('\n')
	u.n++
	return nil
}

// full reports whether so many bytes more are for the next batch.
func (u *upload) full(more int) bool {
	return u.n > 0 && (u.n == batchRecords || u.lines.Len()+more > batchBytes)
}

func (u *upload) send(ctx context.Context) error {
	for len(u.tasks) >= batchesAhead {
		if err := u.waitFirst(ctx); err != nil {
			return err
		}
	}
	id := primaryKey
	index := u.e.server.Index(u.index)
	hand := index.AddDocumentsNdjsonWithContext
	if u.part {
		hand = index.UpdateDocumentsNdjsonWithContext
	}
	task, err := u.e.enqueue(ctx, "put documents", func(ctx context.Context) (*meilisearch.TaskInfo, error) {
		return hand(ctx, u.lines.Bytes(), &meilisearch.DocumentOptions{PrimaryKey: &id})
	})
	if err != nil {
		return err
	}
	u.tasks = append(u.tasks, task)
	u.lines.Reset()
	u.n = 0
	u.sent++
	return nil
}

func (u *upload) waitFirst(ctx context.Context) error {
	task := u.tasks[0]
	u.tasks = u.tasks[1:]
	return u.e.wait(ctx, "put documents", task)
}

// settle sends what is left and waits for everything.
func (u *upload) settle(ctx context.Context) error {
	if u.n > 0 {
		if err := u.send(ctx); err != nil {
			return err
		}
	}
	for len(u.tasks) > 0 {
		if err := u.waitFirst(ctx); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the state: with the records if they are one batch, as a task
// succeeds or fails whole; else when all of them are in.
func (u *upload) finish(ctx context.Context, s state) error {
	const room = 1 << 10 // more than a state takes
	if u.sent > 0 || u.full(room) {
		if err := u.settle(ctx); err != nil {
			return err
		}
	}
	if err := u.add(ctx, s); err != nil {
		return err
	}
	return u.settle(ctx)
}

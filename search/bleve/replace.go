package bleve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sync/errgroup"

	"shuyuan/search"
)

// Replace builds a new generation beside the one in force and swaps them. If
// ctx ends before docs does, everything stays as it was.
func (e *Engine) Replace(ctx context.Context, docs func(yield func(search.Document) bool), cursor int64) error {
	e.building.Lock()
	defer e.building.Unlock()
	if e.lock == nil {
		return errors.New("the search index is closed")
	}
	building, err := os.MkdirTemp(e.dir, "build-")
	if err != nil {
		return fmt.Errorf("build the search index: %w", err)
	}
	defer os.RemoveAll(building)
	if err := build(ctx, building, docs, cursor); err != nil {
		return fmt.Errorf("build the search index: %w", err)
	}
	name := "gen-" + strings.TrimPrefix(filepath.Base(building), "build-")
	if err := os.Rename(filepath.Join(building, "index"), filepath.Join(e.dir, name)); err != nil {
		return fmt.Errorf("build the search index: %w", err)
	}
	gen, err := openGeneration(filepath.Join(e.dir, name))
	if err != nil {
		return errors.Join(fmt.Errorf("the search index just built: %w", err), os.RemoveAll(filepath.Join(e.dir, name)))
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	if err := putCurrent(e.dir, name); err != nil {
		return errors.Join(fmt.Errorf("swap the search index: %w", err), gen.close(), os.RemoveAll(gen.path))
	}
	e.mu.Lock()
	old := e.gen
	e.gen, e.why = gen, nil
	e.mu.Unlock()
	go e.watch(gen)
	if old != nil {
		_ = old.close() // nothing is left in it that is not in the new one
	}
	return sweep(e.dir)
}

// putCurrent names the generation in force, at once or not at all.
func putCurrent(dir, name string) error {
	path := filepath.Join(dir, "CURRENT.new")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(name + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := syncFolder(dir); err != nil {
		return err
	}
	if err := os.Rename(path, filepath.Join(dir, "CURRENT")); err != nil {
		return err
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// buildSize is how many documents become one segment while an index is built;
// all are then merged into one.
const buildSize = 2000

// build writes an index of docs into dir/index: one segment, whole.
func build(ctx context.Context, dir string, docs func(yield func(search.Document) bool), cursor int64) error {
	path := filepath.Join(dir, "index")
	internal := map[string][]byte{string(layoutKey): layout()}
	b, err := scorch.NewBuilder(map[string]any{
		"path": path, "buildPathPrefix": dir, "batchSize": buildSize, "mergeMax": 10_000, "internal": internal,
	})
	if err != nil {
		return err
	}
	count, err := fill(ctx, b, docs)
	if err != nil {
		return err
	}
	if count == 0 {
		return buildEmpty(path, cursor)
	}
	internal[string(stateKey)] = encodeState(cursor, count) // the builder reads it when it closes
	if err := b.Close(); err != nil {
		return err
	}
	return syncFolder(path)
}

// fill hands every document to b. Their keys are worked out by as many workers
// as there are processors; the builder takes one document at a time.
func fill(ctx context.Context, b *scorch.Builder, docs func(yield func(search.Document) bool)) (count int, err error) {
	outer := ctx
	group, ctx := errgroup.WithContext(outer)
	in, out := make(chan search.Document, 64), make(chan *document, 64)
	group.Go(func() error {
		defer close(in)
		seen := map[string]bool{}
		for d := range docs {
			if d.ID == "" || seen[d.ID] {
				continue
			}
			seen[d.ID] = true
			select {
			case in <- d:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		// a source that fails says so by ending ctx: half of it is not all
		return ctx.Err()
	})
	workers, _ := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() error {
			x := newIndexer()
			for d := range in {
				doc, _ := x.document(&d)
				select {
				case out <- doc:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(out)
		return workers.Wait()
	})
	group.Go(func() error {
		for doc := range out {
			if err := b.Index(doc); err != nil {
				return err
			}
			count++
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return count, outer.Err()
}

// buildEmpty writes an index without documents, which the builder cannot.
func buildEmpty(path string, cursor int64) error {
	ix, err := scorch.NewScorch(scorch.Name, map[string]any{"path": path}, analysis())
	if err != nil {
		return err
	}
	if err := ix.Open(); err != nil {
		return err
	}
	b := index.NewBatch()
	b.SetInternal(layoutKey, layout())
	b.SetInternal(stateKey, encodeState(cursor, 0))
	return errors.Join(ix.Batch(b), ix.Close())
}

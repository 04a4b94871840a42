package bleve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	index "github.com/blevesearch/bleve_index_api"
	"golang.org/x/sys/unix"

	"shuyuan/search"
	"shuyuan/search/chinese"
)

// ErrNoIndex says that there is no index that could answer: none was built, or
// it is damaged or of another layout. Replace makes one.
var ErrNoIndex = errors.New("there is no usable search index")

// batchSize is how many documents become one segment: enough to be quick,
// little enough to stay small in memory.
const batchSize = 1000

// Engine is the embedded search.Engine.
type Engine struct {
	dir     string
	lexicon func() *chinese.Lexicon
	lock    *os.File

	// taken in this order
	building sync.Mutex // one index is built at a time, while the old one is written
	writing  sync.Mutex // one writer at a time

	turn chan struct{} // holds as many queries as there are processors

	mu  sync.RWMutex // held for reading while a query is answered
	gen *generation  // nil where there is no usable index
	why error        // then: why not
}

var _ search.Engine = (*Engine)(nil)

// Open works on the index in dir, alone. An index that is missing or not
// usable is no error here: Cursor says so. The lexicon is asked at every query.
func Open(dir string, lexicon func() *chinese.Lexicon) (*Engine, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("search index: another process works on %s: %w", dir, err)
	}
	e := &Engine{dir: dir, lexicon: lexicon, lock: lock, turn: make(chan struct{}, runtime.GOMAXPROCS(0))}
	if e.gen, e.why = openCurrent(dir); e.gen != nil {
		go e.watch(e.gen)
	}
	if err := sweep(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("search index: %w", err), e.Close())
	}
	return e, nil
}

// Close ends the engine. Nothing is lost: what Put returned for is on disk.
func (e *Engine) Close() error {
	e.building.Lock()
	defer e.building.Unlock()
	e.writing.Lock()
	defer e.writing.Unlock()
	e.mu.Lock()
	gen := e.gen
	e.gen, e.why = nil, errors.New("the search index is closed")
	e.mu.Unlock()
	var err error
	if gen != nil {
		err = gen.close()
	}
	if e.lock != nil {
		err = errors.Join(err, e.lock.Close())
		e.lock = nil
	}
	return err
}

// usable is the generation in force. Callers hold mu.
func (e *Engine) usable() (*generation, error) {
	if e.gen == nil {
		return nil, fmt.Errorf("%w: %w", ErrNoIndex, e.why)
	}
	return e.gen, nil
}

// writable is the generation in force for a writer, who holds writing: it is
// given up but not closed meanwhile.
func (e *Engine) writable() (*generation, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.usable()
}

// Cursor is the last change taken in. It returns ErrNoIndex with the reason if
// there is no usable index.
func (e *Engine) Cursor(context.Context) (int64, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	gen, err := e.usable()
	if err != nil {
		return 0, err
	}
	return gen.cursor, nil
}

// Put adds or replaces documents.
func (e *Engine) Put(ctx context.Context, docs []search.Document, cursor int64) error {
	changes := make([]change, len(docs))
	for i := range docs {
		changes[i] = change{id: docs[i].ID, doc: &docs[i]}
	}
	return e.apply(ctx, changes, cursor)
}

// Delete removes documents.
func (e *Engine) Delete(ctx context.Context, ids []string, cursor int64) error {
	changes := make([]change, len(ids))
	for i, id := range ids {
		changes[i] = change{id: id}
	}
	return e.apply(ctx, changes, cursor)
}

// change is a document put, or removed where doc is nil.
type change struct {
	id  string
	doc *search.Document
}

// apply takes in changes in batches; the cursor moves with the last one.
func (e *Engine) apply(ctx context.Context, changes []change, cursor int64) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	gen, err := e.writable()
	if err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := changes[:min(len(changes), batchSize)]
		changes = changes[len(part):]
		at := gen.cursor
		if len(changes) == 0 {
			at = cursor
		}
		if err := e.batch(gen, part, at); err != nil {
			return err
		}
		if len(changes) == 0 {
			return nil
		}
	}
}

func (e *Engine) batch(gen *generation, part []change, cursor int64) error {
	b := index.NewBatch()
	rows := make(map[string]*record, len(part))
	x := newIndexer()
	for _, c := range part {
		if c.doc == nil {
			b.Delete(c.id)
			rows[c.id] = nil
			continue
		}
		doc, r := x.document(c.doc)
		b.Update(doc)
		rows[c.id] = r
	}
	b.SetInternal(stateKey, encodeState(cursor, gen.table.after(rows)))
	if err := gen.batch(func() error { return gen.index.Batch(b) }); err != nil {
		go e.giveUp(gen, err) // Bleve may have half of it, and would try to write it over and over
		return fmt.Errorf("search index: %w", err)
	}
	// new rows get their places first, so that the new segment can be mapped to
	// them while queries go on; rows and segments are then swapped together
	gen.table.reserve(rows)
	v, err := gen.look()
	if err != nil {
		go e.giveUp(gen, err) // its table knows less than its segments
		return err
	}
	e.mu.Lock()
	gen.table.apply(rows)
	gen.cursor = cursor
	old := gen.view
	gen.view = v
	e.mu.Unlock()
	return old.close()
}

// renew looks at the index anew after segments were merged behind our back, so
// that the old ones can go.
func (e *Engine) renew(gen *generation) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	if now, _ := e.writable(); now != gen {
		return nil
	}
	v, err := gen.look()
	if err != nil {
		return err
	}
	e.mu.Lock()
	old := gen.view
	gen.view = v
	e.mu.Unlock()
	return old.close()
}

// begin waits for a processor to answer a query with, first come, first served:
// more queries at once would each take longer, and some very long. The caller
// calls end.
func (e *Engine) begin(ctx context.Context) (end func(), err error) {
	select {
	case e.turn <- struct{}{}:
		return func() { <-e.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// trying answers from gen with f, and gives the index up if it turns out to be
// damaged. Callers hold mu.
func (e *Engine) trying(gen *generation, f func() error) (err error) {
	defer func() {
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("%w: %w", ErrNoIndex, err)
			go e.giveUp(gen, err) // which waits for mu
		}
	}()
	defer guarded(&err)()
	return f()
}

// giveUp stops using a damaged generation.
func (e *Engine) giveUp(gen *generation, why error) {
	e.mu.Lock()
	ours := e.gen == gen
	if ours {
		e.gen, e.why = nil, why
	}
	e.mu.Unlock()
	if ours {
		e.writing.Lock() // a writer may still be at it
		defer e.writing.Unlock()
		gen.abandon()
	}
}

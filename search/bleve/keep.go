package bleve

import (
	"context"
)

// IDs calls f with the id of every document that Bleve has, as often as it has
// it: for who compares the index with the catalogue.
func (e *Engine) IDs(ctx context.Context, f func(id string) error) error {
	ids, err := e.all()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(id); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) all() (ids []string, err error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	gen, err := e.usable()
	if err != nil {
		return nil, err
	}
	err = e.trying(gen, func() error {
		ids, err = gen.view.ids()
		return err
	})
	return ids, err
}

func (v *view) ids() (ids []string, err error) {
	for _, s := range v.segments {
		for n := range uint32(len(s.rows)) {
			if s.deleted != nil && s.deleted.Contains(n) {
				continue
			}
			id, err := s.segment.DocID(uint64(n))
			if err != nil {
				return nil, err
			}
			ids = append(ids, string(id))
		}
	}
	return ids, nil
}

// SetPopular takes note how often documents are used, without indexing them
// again. It lasts until the engine is opened again: whoever counts tells anew.
func (e *Engine) SetPopular(_ context.Context, counts map[string]int64) error {
	e.writing.Lock() // guards byID
	defer e.writing.Unlock()
	gen, err := e.writable()
	if err != nil {
		return err
	}
	rows, values := make([]uint32, 0, len(counts)), make([]int64, 0, len(counts))
	for id, n := range counts {
		if row, ok := gen.table.byID[id]; ok {
			rows, values = append(rows, row), append(values, n)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, row := range rows {
		gen.table.popular[row] = values[i]
	}
	return nil
}

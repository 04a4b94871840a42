package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
)

// pollEvery is the safety net: being told of changes is the rule.
var pollEvery = 5 * time.Second

const (
	// compareEvery is how often the index is compared with the catalogue, and
	// told how often each dataset is used.
	compareEvery = 10 * time.Minute
	// changesAtOnce is how many changes are taken in as one batch.
	changesAtOnce = 500
	// most is how many values of code lists are indexed for one dataset.
	most = 3000
)

// Run keeps the engine in step with the catalogue until ctx ends: it takes in
// the change table in its order, from where the engine's own cursor stands. An
// index that is missing, damaged, of another layout or ahead of the catalogue is
// built anew. Nothing of this stops anybody from searching.
func (s *Service) Run(ctx context.Context) {
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		s.listen(ctx)
	}()
	defer func() { <-listening }()
	compare := time.NewTicker(compareEvery)
	defer compare.Stop()
	for failed := 0; ; {
		err := s.Follow(ctx)
		wait := pollEvery
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failed = 0
		default:
			if failed++; failed == 1 {
				s.Log.LogAttrs(ctx, slog.LevelWarn, "search index not up to date; trying again", slog.Any("error", err))
			}
			wait = min(time.Second<<min(failed-1, 5), 30*time.Second)
		}
		retry := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-retry.C:
		case <-compare.C:
			s.forget()
		}
		retry.Stop()
	}
}

// forget has the next Follow compare the whole index with the catalogue.
func (s *Service) forget() {
	s.following.Lock()
	defer s.following.Unlock()
	s.slugs = nil
}

// Follow takes in what has changed so far.
func (s *Service) Follow(ctx context.Context) error {
	s.following.Lock()
	defer s.following.Unlock()
	last, err := s.Datasets.LastChange(ctx)
	if err != nil {
		return fmt.Errorf("read the changes: %w", err)
	}
	if last != s.seen { // pages are to show it even if the engine is down
		s.seen = last
		s.changed()
	}
	err = s.inTurn(ctx, func() error { return s.catchUp(ctx, last) })
	if err != nil {
		s.current.Store(false) // it might show what was withdrawn
		return err
	}
	return nil
}

// catchUp brings the engine to the newest change, at least to last.
func (s *Service) catchUp(ctx context.Context, last int64) error {
	cursor, err := s.Engine.Cursor(ctx)
	switch {
	case fault.KindOf(err) == fault.Unavailable:
		return err // the index may be whole on a server that does not answer now
	case err != nil:
		s.Log.LogAttrs(ctx, slog.LevelWarn, "search index is built anew", slog.Any("reason", err))
		return s.rebuild(ctx)
	case cursor > last:
		s.Log.LogAttrs(ctx, slog.LevelWarn, "search index is built anew: it knows of changes that the catalogue does not",
			slog.Int64("index", cursor), slog.Int64("catalogue", last))
		return s.rebuild(ctx)
	}
	took := false
	for {
		changes, err := s.Datasets.Changes(ctx, cursor, changesAtOnce)
		if err != nil {
			return fmt.Errorf("read the changes: %w", err)
		}
		if len(changes) == 0 {
			break
		}
		if err := s.take(ctx, changes); err != nil {
			return err
		}
		took = true
		cursor = changes[len(changes)-1].Seq
	}
	if s.slugs == nil {
		if err := s.compare(ctx); err != nil {
			return err
		}
	}
	if !s.current.Swap(true) || took {
		s.changed()
	}
	return nil
}

// take brings the datasets of changes to their present state. Each is read
// once, as it is now: what came later will be read again, which changes nothing.
func (s *Service) take(ctx context.Context, changes []datasets.Change) error {
	ids := make([]int64, len(changes))
	for i, c := range changes {
		ids[i] = c.DatasetID
	}
	slices.Sort(ids)
	docs, err := s.documents(ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	var gone []string
	for _, c := range changes {
		d, public := docs[c.DatasetID]
		if !public {
			gone = append(gone, c.Slug)
		}
		if was := s.slugs[c.DatasetID]; was != "" && was != d.ID { // it got another address, or goes
			gone = append(gone, was)
		}
	}
	if err := s.write(ctx, docs, gone, changes[len(changes)-1].Seq); err != nil {
		return err
	}
	for _, c := range changes {
		if _, public := docs[c.DatasetID]; !public {
			delete(s.slugs, c.DatasetID)
		}
	}
	return nil
}

// documents reads the public ones of some datasets.
func (s *Service) documents(ctx context.Context, ids []int64) (map[int64]Document, error) {
	entries, err := s.Datasets.IndexEntriesOf(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	docs := make(map[int64]Document, len(entries))
	for i := range entries {
		docs[entries[i].ID] = documentOf(&entries[i])
	}
	return docs, nil
}

// write puts docs and removes gone. The cursor moves with the second step, so
// that after a crash between them both are done again.
func (s *Service) write(ctx context.Context, docs map[int64]Document, gone []string, cursor int64) error {
	if len(gone) > 0 {
		before, err := s.Engine.Cursor(ctx)
		if err == nil {
			err = s.Engine.Delete(ctx, gone, before)
		}
		if err != nil {
			return fmt.Errorf("remove from the search index: %w", err)
		}
	}
	list := make([]Document, 0, len(docs))
	for _, d := range docs {
		list = append(list, d)
	}
	if err := s.Engine.Put(ctx, list, cursor); err != nil {
		return fmt.Errorf("put into the search index: %w", err)
	}
	if s.slugs != nil {
		for id, d := range docs {
			s.slugs[id] = d.ID
		}
	}
	return nil
}

// compare finds what the index has and the catalogue does not, or the other
// way round, and puts it right: a dataset whose address changed while nobody
// followed, or a slip of ours. It also tells how often each dataset is used.
func (s *Service) compare(ctx context.Context) error {
	known, err := s.Datasets.Popularity(ctx)
	if err != nil {
		return fmt.Errorf("read the catalogue: %w", err)
	}
	slugs, counts, missing := make(map[int64]string, len(known)), make(map[string]int64, len(known)), make(map[string]int64, len(known))
	for _, k := range known {
		slugs[k.DatasetID], counts[k.Slug], missing[k.Slug] = k.Slug, k.Uses, k.DatasetID
	}
	var extra []string
	err = s.Engine.IDs(ctx, func(id string) error {
		if _, public := counts[id]; !public {
			extra = append(extra, id)
		}
		delete(missing, id)
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the search index: %w", err)
	}
	if err := s.repair(ctx, extra, missing); err != nil {
		return err
	}
	if err := s.Engine.SetPopular(ctx, counts); err != nil {
		return fmt.Errorf("tell the search index what is used: %w", err)
	}
	s.slugs = slugs
	return nil
}

func (s *Service) repair(ctx context.Context, extra []string, missing map[string]int64) error {
	if len(extra) == 0 && len(missing) == 0 {
		return nil
	}
	s.Log.LogAttrs(ctx, slog.LevelWarn, "search index differs from the catalogue and is put right",
		slog.Int("not public", len(extra)), slog.Int("missing", len(missing)))
	cursor, err := s.Engine.Cursor(ctx)
	if err != nil {
		return err
	}
	ids := make([]int64, 0, len(missing))
	for _, id := range missing {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for part := range slices.Chunk(ids, changesAtOnce) {
		docs, err := s.documents(ctx, part)
		if err != nil {
			return err
		}
		if err := s.write(ctx, docs, nil, cursor); err != nil {
			return err
		}
	}
	return s.write(ctx, nil, extra, cursor)
}

// Rebuild builds the whole index anew. Searches go on with the old one, which
// still takes in what changes, or with the database where there is none.
func (s *Service) Rebuild(ctx context.Context) error {
	if err := s.inTurn(ctx, func() error { _, err := s.replace(ctx); return err }); err != nil {
		return err
	}
	s.forget()
	return s.Follow(ctx) // what changed meanwhile
}

// rebuild is for an index that cannot be used as it is.
func (s *Service) rebuild(ctx context.Context) error {
	s.current.Store(false)
	slugs, err := s.replace(ctx)
	if err != nil {
		return err
	}
	s.slugs = slugs
	s.current.Store(true)
	s.changed()
	s.look() // for what changed meanwhile
	return nil
}

// replace fills the engine with the whole catalogue, and returns its slugs. It
// takes note of the newest change first: what changes while it reads is read
// again afterwards.
func (s *Service) replace(ctx context.Context) (map[int64]string, error) {
	last, err := s.Datasets.LastChange(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the changes: %w", err)
	}
	// a catalogue that cannot be read to its end must not replace the index
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	slugs := map[int64]string{}
	err = s.Engine.Replace(reading, func(yield func(Document) bool) {
		for after := int64(0); ; {
			entries, err := s.Datasets.IndexEntries(reading, after, changesAtOnce)
			if err != nil {
				stop(fmt.Errorf("read the catalogue: %w", err))
				return
			}
			for i := range entries {
				after = entries[i].ID
				slugs[after] = entries[i].Slug
				if !yield(documentOf(&entries[i])) {
					return
				}
			}
			if len(entries) < changesAtOnce {
				return
			}
		}
	}, last)
	if err != nil {
		return nil, errors.Join(err, context.Cause(reading))
	}
	return slugs, nil
}

// documentOf is what the index knows of a dataset.
func documentOf(e *datasets.IndexEntry) Document {
	d := Document{
		ID: e.Slug, Title: e.Title, TitleEN: e.TitleEN, Summary: e.Summary, SummaryEN: e.SummaryEN,
		Department: e.Department.Slug, Departments: append([]string{e.Department.Name, e.Department.NameEN}, e.Department.Aliases...),
		Theme: e.Theme.Slug, ThemeNames: []string{e.Theme.Name, e.Theme.NameEN},
		Open: string(e.Open), Frequency: string(e.Frequency), Region: e.Region.Code, RegionNames: []string{e.Region.Name, e.Region.NameEN},
		Tags: e.Tags, TagsEN: e.TagsEN, Columns: e.Columns, Values: e.Values[:min(len(e.Values), most)], Code: e.ResourceCode,
		Updated: e.LastUpdated, Popular: e.Uses(),
	}
	for _, r := range e.Resources {
		for _, format := range r.Formats() {
			if !slices.Contains(d.Formats, format) {
				d.Formats = append(d.Formats, format)
			}
		}
	}
	return d
}

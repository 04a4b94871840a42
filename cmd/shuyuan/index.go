package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"shuyuan/cmd/shuyuan/check"
	"shuyuan/datasets"
	"shuyuan/search"
	"shuyuan/search/bleve"
	"shuyuan/search/chinese"
	"shuyuan/search/meili"
)

// openSearch opens the search of the installation. Its engine is to be closed
// by whoever opened it. The embedded index is opened by one process at a time:
// the holder of the data folder.
func (in *installation) openSearch(catalogue *datasets.Service) (*search.Service, error) {
	// beside the keys, so that a backup has it
	words := chinese.NewFile(in.path("config/synonyms.txt"), in.log)
	engine, err := in.openEngine(words)
	if err != nil {
		return nil, err
	}
	return search.NewService(search.Config{
		Engine: engine, Datasets: catalogue, Pool: in.pool, Log: in.log, Shared: in.cfg.SearchURL != "", Words: words.Lexicon,
	}), nil
}

func (in *installation) openEngine(words *chinese.File) (search.Engine, error) {
	if in.cfg.SearchURL == "" {
		return bleve.Open(in.path("search"), words.Lexicon)
	}
	return meili.Open(meili.Config{URL: in.cfg.SearchURL, Key: in.cfg.SearchKey.Reveal(), Lexicon: words.Lexicon})
}

// behind is how many changes of the catalogue the index has not taken in. It
// returns an error if there is no usable index.
func behind(ctx context.Context, s *search.Service) (int64, error) {
	cursor, err := s.Engine.Cursor(ctx)
	if err != nil {
		return 0, err
	}
	last, err := s.Datasets.LastChange(ctx)
	return last - cursor, err
}

func reindex(ctx context.Context, c *call) error {
	return c.with(ctx, nil, func(in *installation) error {
		if err := c.noArguments(); err != nil {
			return err
		}
		if err := in.rebuildIndex(ctx); err != nil {
			return err
		}
		fmt.Fprintln(c.out, "the search index is built anew")
		return nil
	})
}

// rebuildIndex builds the index anew, or has the running server do so.
func (in *installation) rebuildIndex(ctx context.Context) error {
	if in.guest() {
		return in.order(ctx, http.MethodPost, "/orders/reindex", nil)
	}
	s, err := in.services(ctx)
	if err != nil {
		return err
	}
	found, err := in.openSearch(s.datasets)
	if err != nil {
		return err
	}
	return errors.Join(found.Rebuild(ctx), found.Engine.Close())
}

// checkedIndex is the index for the checker to compare with the catalogue, and
// what closes it. Beside a running server it is the server's. It is nil where
// the index waits for a server to bring it up to date: that breaks nothing.
func (in *installation) checkedIndex(ctx context.Context) (check.Index, func() error, error) {
	if in.guest() {
		return ofServer{in}, func() error { return nil }, nil
	}
	s, err := in.services(ctx)
	if err != nil {
		return nil, nil, err
	}
	found, err := in.openSearch(s.datasets)
	if err != nil {
		return nil, nil, err
	}
	if n, err := behind(ctx, found); err != nil || n != 0 {
		return nil, found.Engine.Close, nil
	}
	return found, found.Engine.Close, nil
}

// ofServer is the index of the server that runs on our data folder.
type ofServer struct{ in *installation }

// IDs implements check.Index.
func (o ofServer) IDs(ctx context.Context, yield func(id string) error) error {
	return o.in.order(ctx, http.MethodGet, "/orders/index", func(resp *http.Response) error {
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			id, ok := strings.CutPrefix(lines.Text(), "id ")
			if !ok {
				return errors.New("the running server could not list its index: " + lines.Text())
			}
			if err := yield(id); err != nil {
				return err
			}
		}
		return lines.Err()
	})
}

// rebuildOrdered is POST /orders/reindex.
func (s *server) rebuildOrdered(w http.ResponseWriter, r *http.Request) {
	if err := s.search.Rebuild(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// listIndex is GET /orders/index: a line "id SLUG" for every document.
func (s *server) listIndex(w http.ResponseWriter, r *http.Request) {
	out := bufio.NewWriter(w)
	err := s.search.IDs(r.Context(), func(id string) error {
		_, err := fmt.Fprintf(out, "id %s\n", id)
		return err
	})
	if err != nil { // the answer has begun: say it where the reader looks
		fmt.Fprintf(out, "error %v\n", err)
	}
	_ = out.Flush()
}

package search_test

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"shuyuan/datasets/datasetstest"
	"shuyuan/search"
	"shuyuan/search/meili"
	"shuyuan/search/meili/meilitest"
)

// shared is a process that follows the catalogue into a search server.
func shared(t *testing.T, c *datasetstest.Catalogue, server *meilitest.Server) *replica {
	t.Helper()
	e, err := meili.Open(meili.Config{URL: server.URL, Key: server.Key, Lexicon: lexicon})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	r := &replica{log: &lines{}}
	r.Service = search.NewService(search.Config{Engine: e, Datasets: c.Service, Pool: c.Pool, Log: slog.New(slog.NewTextHandler(r.log, nil)), Shared: true})
	return r
}

// built is how many times an index was put into force on the server.
func built(server *meilitest.Server) int {
	n := 0
	for _, asked := range server.Asked() {
		if strings.HasSuffix(asked, "/swap-indexes") {
			n++
		}
	}
	return n
}

func TestReplicasShareTheIndexOfASearchServer(t *testing.T) {
	c := newCatalogue(t)
	server := meilitest.Start(t, "key")
	here, there := shared(t, c, server), shared(t, c, server)
	c.Dataset(t, named("first", "第一份"))
	here.follow(t)
	there.follow(t)
	c.Dataset(t, named("second", "第二份"))
	there.follow(t)
	here.follow(t)
	for _, r := range []*replica{here, there} {
		equal(t, "found", r.finds(t, "第"), "first", "second")
	}
	if n := built(server); n != 1 {
		t.Errorf("the index was built %d times, want once", n)
	}
}

// While the server is away the database answers, and once it is back the index
// is as good as before: nothing is built anew.
func TestASearchServerMayBeAwayForAWhile(t *testing.T) {
	c := newCatalogue(t)
	server := meilitest.Start(t, "key")
	r := shared(t, c, server)
	c.Dataset(t, named("first", "第一份"))
	r.follow(t)
	server.Stop()
	c.Dataset(t, named("second", "第二份"))
	for range 2 {
		got, err := r.Search(t.Context(), search.Query{Text: "第", Limit: 10})
		if err != nil || !got.Limited || got.Total != 2 {
			t.Errorf("while the server is away: %+v %v, want both, limited", got, err)
		}
		if err := r.Follow(t.Context()); err == nil {
			t.Error("following a server that is away succeeds")
		}
	}
	server.Restart()
	r.follow(t)
	got, err := r.Search(t.Context(), search.Query{Text: "第", Limit: 10})
	if err != nil || got.Limited || got.Total != 2 {
		t.Errorf("once the server is back: %+v %v, want both, not limited", got, err)
	}
	if n := built(server); n != 1 {
		t.Errorf("the index was built %d times, want once", n)
	}
	server.Plan(meilitest.Fault{Method: http.MethodGet, Path: "/documents/state", Status: http.StatusServiceUnavailable})
	if err := r.Follow(t.Context()); err == nil {
		t.Error("following a server that is busy succeeds")
	}
	r.follow(t)
	if n := built(server); n != 1 {
		t.Errorf("the index was built %d times after the server was busy, want once", n)
	}
	if names := server.Indexes(); !slices.Equal(names, []string{"shuyuan"}) {
		t.Errorf("indexes on the server: %v", names)
	}
}

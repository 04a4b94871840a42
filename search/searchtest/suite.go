// Package searchtest is what every search.Engine must do: the same documents
// found, counted and marked for the same query, whatever the engine. In what
// order relevance puts them beyond what is tried here is the engine's own.
package searchtest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"shuyuan/search"
)

// Place is where one index lives. Each call opens it again, as a new start of
// the process would; the engine of the call before has been closed.
type Place func(t *testing.T) search.Engine

// Run tries the whole contract of search.Engine. fresh makes an empty place.
// Engines use chinese.Default as their lexicon.
func Run(t *testing.T, fresh func(t *testing.T) Place) {
	t.Helper()
	t.Run("reading", func(t *testing.T) {
		e := fresh(t)(t)
		t.Cleanup(func() { closed(t, e) })
		replace(t, e, World(), 1)
		world := see(World())
		for _, c := range []struct {
			name string
			run  func(*testing.T, search.Engine, oracle)
		}{
			{"finds what is asked", finds},
			{"finds what the plan says, by looking at everything", agrees},
			{"ranks what is nearer first", ranks},
			{"helps with typing errors by sound", spells},
			{"marks what matched, and where", marks},
			{"counts facets, each without its own filter", facets},
			{"filters combine", filters},
			{"an unknown filter value finds nothing and breaks nothing", unknownValues},
			{"sorts", sorts},
			{"pages repeat and leave out nothing", pages},
			{"limits are kept", limits},
			{"completes what is being typed", suggests},
			{"takes any text as text", hostileTexts},
			{"names every document", ids},
			{"answers many at once", parallel},
		} {
			t.Run(c.name, func(t *testing.T) { c.run(t, e, world) })
		}
	})
	for _, c := range []struct {
		name string
		run  func(*testing.T, Place)
	}{
		{"a new place is empty or asks to be built", newPlace},
		{"what was put is found and stays", puts},
		{"what is put again replaces what was", putsAgain},
		{"what is deleted is gone everywhere", deletes},
		{"a change of nothing moves the cursor", cursorAlone},
		{"how often documents are used can be told by itself", popularity},
		{"replacing leaves nothing behind", replaces},
		{"replacing with nothing empties", replacesWithNothing},
		{"searches see the old index or the new one", replacesAtOnce},
		{"searches go on while documents are put", putsWhileSearching},
		{"any value is a facet value", hostileValues},
		{"any document can be put", hostileDocuments},
		{"more documents than fit one batch", many},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, fresh(t)) })
	}
}

func closed(t *testing.T, e search.Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// open opens the place for the length of the test.
func open(t *testing.T, place Place) search.Engine {
	t.Helper()
	e := place(t)
	t.Cleanup(func() { closed(t, e) })
	return e
}

func replace(t *testing.T, e search.Engine, docs []search.Document, cursor int64) {
	t.Helper()
	if err := e.Replace(t.Context(), slices.Values(docs), cursor); err != nil {
		t.Fatalf("replace: %v", err)
	}
}

func put(t *testing.T, e search.Engine, cursor int64, docs ...search.Document) {
	t.Helper()
	if err := e.Put(t.Context(), docs, cursor); err != nil {
		t.Fatalf("put: %v", err)
	}
}

func remove(t *testing.T, e search.Engine, cursor int64, ids ...string) {
	t.Helper()
	if err := e.Delete(t.Context(), ids, cursor); err != nil {
		t.Fatalf("delete: %v", err)
	}
}

func cursorIs(t *testing.T, e search.Engine, want int64) {
	t.Helper()
	if got, err := e.Cursor(t.Context()); err != nil || got != want {
		t.Errorf("cursor is %d (%v), want %d", got, err, want)
	}
}

func find(t *testing.T, e search.Engine, q search.Query) search.Result {
	t.Helper()
	r, err := e.Search(t.Context(), q)
	if err != nil {
		t.Fatalf("search %+v: %v", q, err)
	}
	return r
}

// found is what q finds, sorted, and checks that hits and total agree.
func found(t *testing.T, e search.Engine, q search.Query) []string {
	t.Helper()
	q.Limit = 1000
	r := find(t, e, q)
	list := idsOf(r)
	slices.Sort(list)
	if r.Total != len(list) {
		t.Errorf("%q: total is %d, hits are %v", q.Text, r.Total, list)
	}
	return list
}

func idsOf(r search.Result) []string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, h.ID)
	}
	return out
}

func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// enumerated is what IDs yields, sorted.
func enumerated(t *testing.T, e search.Engine) []string {
	t.Helper()
	index, ok := e.(interface {
		IDs(ctx context.Context, yield func(id string) error) error
	})
	if !ok {
		t.Fatalf("%T does not name its documents: it has no IDs(ctx, yield)", e)
	}
	var all []string
	if err := index.IDs(t.Context(), func(id string) error { all = append(all, id); return nil }); err != nil {
		t.Fatalf("ids: %v", err)
	}
	slices.Sort(all)
	return all
}

// numbered are n documents that differ in everything a sort or facet sees.
func numbered(prefix string, n int) []search.Document {
	out := make([]search.Document, n)
	for i := range out {
		out[i] = search.Document{
			ID: fmt.Sprintf("%s-%04d", prefix, i), Title: fmt.Sprintf("编号数据第%d号", i), Open: "unconditional",
			Theme: fmt.Sprintf("theme-%d", i%7), Formats: []string{"csv"}, Tags: []string{fmt.Sprintf("组%d", i%3), prefix},
			Updated: day(1 + i%5), Popular: int64(i % 4), // many ties, so that paging has to break them
		}
	}
	return out
}

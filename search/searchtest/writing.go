package searchtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"shuyuan/search"
)

func newPlace(t *testing.T, place Place) {
	e := open(t, place)
	if cursor, err := e.Cursor(t.Context()); err == nil && cursor != 0 {
		t.Errorf("the cursor of a new place is %d", cursor)
	}
	replace(t, e, nil, 0)
	cursorIs(t, e, 0)
	if r := find(t, e, search.Query{Text: "空气", Facets: search.Facets, FacetSize: 5, Limit: 10}); r.Total != 0 || len(r.Hits) != 0 {
		t.Errorf("an empty index finds %v", r)
	}
	if got := suggestions(t, e, "空气", 5); len(got) != 0 {
		t.Errorf("an empty index completes to %v", got)
	}
	same(t, "documents of an empty index", nil, enumerated(t, e))
}

func puts(t *testing.T, place Place) {
	world := World()
	e := place(t)
	replace(t, e, nil, 0)
	put(t, e, 7, world[:5]...)
	cursorIs(t, e, 7)
	same(t, "found after the first", see(world[:5]).ids(), found(t, e, search.Query{}))
	put(t, e, 9, world[5:]...)
	closed(t, e)

	e = open(t, place)
	cursorIs(t, e, 9)
	same(t, "found after opening again", see(world).ids(), found(t, e, search.Query{}))
	same(t, "found by text", []string{"divisions"}, found(t, e, search.Query{Text: "行政区划"}))
	r := find(t, e, search.Query{Facets: search.Facets, FacetSize: 100})
	for _, facet := range search.Facets {
		same(t, string(facet)+" counted after opening again", see(world).counts(search.Query{FacetSize: 100}, facet), r.Facets[facet])
	}
	if got := suggestions(t, e, "福州", 5); len(got) == 0 {
		t.Error("nothing is completed after opening again")
	}
}

func putsAgain(t *testing.T, place Place) {
	e := open(t, place)
	replace(t, e, World(), 1)
	changed := World()
	d := &changed[0]
	d.Title, d.TitleEN, d.Tags, d.Theme, d.Formats, d.Popular, d.Updated = "闽江水位", "Water level", []string{"水位"}, "water", []string{"xml"}, 99999, day(28)
	d.ThemeNames, d.Summary, d.SummaryEN, d.Columns, d.Values = []string{"水利"}, "", "", nil, nil
	put(t, e, 2, *d)
	cursorIs(t, e, 2)
	same(t, "the old title finds", see(changed).find(search.Query{Text: "空气质量"}), found(t, e, search.Query{Text: "空气质量"}))
	same(t, "the new title finds", []string{d.ID}, found(t, e, search.Query{Text: "闽江水位"}))
	same(t, "documents named", see(changed).ids(), enumerated(t, e))
	r := find(t, e, search.Query{Facets: search.Facets, FacetSize: 100})
	for _, facet := range search.Facets {
		same(t, string(facet)+" counted", see(changed).counts(search.Query{FacetSize: 100}, facet), r.Facets[facet])
	}
	if got := find(t, e, search.Query{Sort: search.ByPopular, Limit: 1}); !slices.Equal(idsOf(got), []string{d.ID}) {
		t.Errorf("the most popular is %v", idsOf(got))
	}
	if got := find(t, e, search.Query{Sort: search.ByUpdated, Limit: 1}); !slices.Equal(idsOf(got), []string{d.ID}) {
		t.Errorf("the newest is %v", idsOf(got))
	}
	for _, s := range suggestions(t, e, "空气质量", 20) {
		t.Errorf("%v is offered, which nobody says any more", s)
	}
	// twice in one call: the last one counts
	first, last := *d, *d
	first.Title, last.Title = "第一次", "第二次"
	put(t, e, 3, first, last)
	same(t, "the first of two", nil, found(t, e, search.Query{Text: "第一次"}))
	same(t, "the last of two", []string{d.ID}, found(t, e, search.Query{Text: "第二次"}))
}

// deletes: what is gone must not show by any road, as it may have been
// withdrawn for a reason.
func deletes(t *testing.T, place Place) {
	world := World()
	e := place(t)
	replace(t, e, world, 1)
	remove(t, e, 5, "fuzhou-air", "no-such", "fuzhou-air")
	closed(t, e)
	e = open(t, place)
	cursorIs(t, e, 5)
	left := see(world[1:])
	same(t, "documents named", left.ids(), enumerated(t, e))
	for _, text := range []string{"", "福州", "空气质量", "kongqi", "kqzl", "quality", "stationname", "环保局", "轻度污染"} {
		q := search.Query{Text: text, Facets: search.Facets, FacetSize: 100}
		same(t, fmt.Sprintf("%q finds", text), left.find(q), found(t, e, q))
		r := find(t, e, q)
		for _, facet := range search.Facets {
			same(t, fmt.Sprintf("%s counted for %q", facet, text), left.counts(q, facet), r.Facets[facet])
		}
		for _, word := range r.Spelled {
			if len(left.find(search.Query{Text: word})) == 0 {
				t.Errorf("%q is spelled %q, which only the deleted one says", text, word)
			}
		}
	}
	for _, text := range []string{"福州市空汽", "生太环境局", "空汽质量日报"} {
		for _, word := range find(t, e, search.Query{Text: text, Limit: 10}).Spelled {
			if len(left.find(search.Query{Text: word})) == 0 {
				t.Errorf("%q is spelled %q, which only the deleted one says", text, word)
			}
		}
	}
	for _, prefix := range []string{"空气质量", "kongqi", "kqzl", "生态", "监测", "福州市空气", "daily", "fuzhou-air"} {
		for _, s := range suggestions(t, e, prefix, 50) {
			if s.ID == "fuzhou-air" || len(left.find(search.Query{Text: s.Text})) == 0 {
				t.Errorf("%q is completed to %v, which only the deleted one says", prefix, s)
			}
		}
	}
}

func cursorAlone(t *testing.T, place Place) {
	e := place(t)
	replace(t, e, World(), 1)
	put(t, e, 2)
	cursorIs(t, e, 2)
	remove(t, e, 3)
	cursorIs(t, e, 3)
	closed(t, e)
	e = open(t, place)
	cursorIs(t, e, 3)
	same(t, "documents", see(World()).ids(), enumerated(t, e))
}

// popularity changes without the dataset, and is told for all of them at once.
func popularity(t *testing.T, place Place) {
	e := open(t, place)
	replace(t, e, World(), 1)
	counts, ok := e.(interface {
		SetPopular(ctx context.Context, counts map[string]int64) error
	})
	if !ok {
		t.Fatalf("%T cannot be told how often documents are used: it has no SetPopular(ctx, counts)", e)
	}
	if err := counts.SetPopular(t.Context(), map[string]int64{"toolbox": 90_000, "cafes": 80_000, "codelist": 0, "no-such": 99_999}); err != nil {
		t.Fatal(err)
	}
	r := find(t, e, search.Query{Sort: search.ByPopular, Limit: 3})
	same(t, "the most popular", []string{"toolbox", "cafes", "fuzhou-air"}, idsOf(r))
	cursorIs(t, e, 1)
	same(t, "documents named", see(World()).ids(), enumerated(t, e))
	same(t, "found as before", []string{"toolbox"}, found(t, e, search.Query{Text: "测试工具箱"}))
}

func replaces(t *testing.T, place Place) {
	e := place(t)
	replace(t, e, World(), 4)
	replace(t, e, numbered("new", 30), 40)
	cursorIs(t, e, 40)
	closed(t, e)
	e = open(t, place)
	cursorIs(t, e, 40)
	o := see(numbered("new", 30))
	same(t, "documents named", o.ids(), enumerated(t, e))
	same(t, "the old ones find", nil, found(t, e, search.Query{Text: "空气质量"}))
	same(t, "the new ones find", o.find(search.Query{Text: "编号"}), found(t, e, search.Query{Text: "编号"}))
	r := find(t, e, search.Query{Facets: search.Facets, FacetSize: 100})
	for _, facet := range search.Facets {
		same(t, string(facet)+" counted", o.counts(search.Query{FacetSize: 100}, facet), r.Facets[facet])
	}
	if got := suggestions(t, e, "福州", 5); len(got) != 0 {
		t.Errorf("the old ones are completed to %v", got)
	}
	put(t, e, 41, World()[0])
	cursorIs(t, e, 41)
	same(t, "put after replacing", []string{"fuzhou-air"}, found(t, e, search.Query{Text: "空气质量"}))
}

func replacesWithNothing(t *testing.T, place Place) {
	e := open(t, place)
	replace(t, e, World(), 4)
	replace(t, e, nil, 5)
	cursorIs(t, e, 5)
	same(t, "documents named", nil, enumerated(t, e))
	same(t, "found", nil, found(t, e, search.Query{}))
}

// replacesAtOnce searches while the index is replaced: the total is that of
// one of the two, never of a part.
func replacesAtOnce(t *testing.T, place Place) {
	e := open(t, place)
	replace(t, e, numbered("a", 50), 1)
	during(t, func(ctx context.Context) error {
		r, err := e.Search(ctx, search.Query{Text: "编号", Limit: 5})
		if err != nil {
			return err
		}
		if r.Total != 50 && r.Total != 70 {
			return fmt.Errorf("total is %d, neither the old 50 nor the new 70", r.Total)
		}
		return nil
	}, func() {
		for i := range 4 {
			name, n := "b", 70
			if i%2 == 1 {
				name, n = "a", 50
			}
			replace(t, e, numbered(name, n), int64(i+2))
		}
	})
	cursorIs(t, e, 5)
}

func putsWhileSearching(t *testing.T, place Place) {
	e := open(t, place)
	docs := numbered("doc", 40)
	replace(t, e, docs, 1)
	during(t, func(ctx context.Context) error {
		r, err := e.Search(ctx, search.Query{Text: "编号", Limit: 100, Facets: search.Facets, FacetSize: 10, Highlight: true})
		if err != nil {
			return err
		}
		if r.Total < 40 || r.Total > 60 {
			return fmt.Errorf("total is %d, want 40 to 60", r.Total)
		}
		_, err = e.Suggest(ctx, "编号", 5)
		return err
	}, func() {
		for i, d := range numbered("more", 20) {
			put(t, e, int64(2+i), d, docs[i])
		}
	})
	cursorIs(t, e, 21)
	same(t, "documents named", see(append(docs, numbered("more", 20)...)).ids(), enumerated(t, e))
}

// during repeats look in the background, at least once before and after, while
// change runs. It fails the test with the first error of look.
func during(t *testing.T, look func(context.Context) error, change func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan struct{})
	started := make(chan struct{}, 4)
	var wg sync.WaitGroup
	for range cap(started) {
		wg.Go(func() {
			for round := 0; ; round++ {
				if err := look(ctx); err != nil {
					t.Errorf("while it changes: %v", err)
					if round == 0 {
						started <- struct{}{}
					}
					return
				}
				if round == 0 {
					started <- struct{}{}
				}
				select {
				case <-done:
					if err := look(ctx); err != nil {
						t.Errorf("after it changed: %v", err)
					}
					return
				default:
				}
			}
		})
	}
	for range cap(started) {
		<-started
	}
	func() {
		defer close(done)
		change()
	}()
	wg.Wait()
}

// many is more than any batch or default limit of an engine holds.
func many(t *testing.T, place Place) {
	e := open(t, place)
	docs := numbered("many", 2500)
	replace(t, e, docs, 1)
	o := see(docs)
	same(t, "documents named", o.ids(), enumerated(t, e))
	r := find(t, e, search.Query{Text: "编号", Sort: search.ByUpdated, Offset: 2490, Limit: 100, Facets: search.Facets, FacetSize: 20})
	if r.Total != 2500 || len(r.Hits) != 10 {
		t.Errorf("%d hits of %d at the end, want 10 of 2500", len(r.Hits), r.Total)
	}
	same(t, "themes counted", o.counts(search.Query{FacetSize: 20}, search.FacetTheme), r.Facets[search.FacetTheme])
	seen := map[string]int{}
	for offset := 0; offset < 2500; offset += 500 {
		for _, id := range idsOf(find(t, e, search.Query{Text: "编号", Sort: search.ByPopular, Offset: offset, Limit: 500})) {
			seen[id]++
		}
	}
	for _, d := range docs {
		if seen[d.ID] != 1 {
			t.Fatalf("%s stands on %d pages", d.ID, seen[d.ID])
		}
	}
	more := numbered("many", 3500)[2500:]
	put(t, e, 2, more...)
	if r := find(t, e, search.Query{}); r.Total != 3500 {
		t.Errorf("total is %d after putting 1000 more", r.Total)
	}
	remove(t, e, 3, see(more).ids()...)
	if r := find(t, e, search.Query{}); r.Total != 2500 {
		t.Errorf("total is %d after deleting them", r.Total)
	}
}

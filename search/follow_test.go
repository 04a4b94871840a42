package search_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/licensing"
	"shuyuan/search"
	"shuyuan/search/bleve"
	"shuyuan/search/chinese"
)

// replica is one process that follows the catalogue with an index of its own.
type replica struct {
	*search.Service
	engine *bleve.Engine
	log    *lines

	mu      sync.Mutex
	changed chan struct{} // closed and made anew at every change
}

// lines keeps what was logged.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) has(s string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), s)
}

var lexicon = sync.OnceValue(chinese.Default)

func newReplica(t *testing.T, c *datasetstest.Catalogue, dir string) *replica {
	t.Helper()
	e, err := bleve.Open(dir, lexicon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return follower(c, e)
}

func follower(c *datasetstest.Catalogue, e search.Engine) *replica {
	r := &replica{log: &lines{}, changed: make(chan struct{})}
	r.engine, _ = e.(*bleve.Engine)
	r.Service = search.NewService(search.Config{Engine: e, Datasets: c.Service, Pool: c.Pool, Log: slog.New(slog.NewTextHandler(r.log, nil))})
	r.OnChange(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		close(r.changed)
		r.changed = make(chan struct{})
	})
	return r
}

// run follows until the test ends.
func (r *replica) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
}

// until waits for holds to become true; it is asked after every change.
func (r *replica) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		r.mu.Lock()
		next := r.changed
		r.mu.Unlock()
		if holds() {
			return
		}
		select {
		case <-next:
		case <-deadline:
			t.Fatalf("%s: not within 20 s. Logged: %s", what, r.log.text.String())
		}
	}
}

func (r *replica) finds(t *testing.T, text string) []string {
	t.Helper()
	got, err := r.Search(t.Context(), search.Query{Text: text, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, h := range got.Hits {
		ids = append(ids, h.ID)
	}
	slices.Sort(ids)
	return ids
}

func (r *replica) indexed(t *testing.T) []string {
	t.Helper()
	var ids []string
	err := r.IDs(t.Context(), func(id string) error { ids = append(ids, id); return nil })
	if err != nil && !errors.Is(err, bleve.ErrNoIndex) { // there is none before the first was built
		t.Fatal(err)
	}
	slices.Sort(ids)
	return ids
}

func named(slug, title string) func(*datasets.Dataset) {
	return func(d *datasets.Dataset) { d.Slug, d.Title = slug, title }
}

func newCatalogue(t *testing.T) *datasetstest.Catalogue {
	t.Helper()
	return datasetstest.New(t, licensing.Gate{})
}

// follow takes in what has changed so far.
func (r *replica) follow(t *testing.T) {
	t.Helper()
	if err := r.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestTheIndexHoldsWhatIsPublicAndNothingElse(t *testing.T) {
	c := newCatalogue(t)
	c.Grid(t)
	r := newReplica(t, c, t.TempDir())
	r.follow(t)
	equal(t, "indexed", r.indexed(t), "published-conditional", "published-unconditional")
}

// It is told of changes: looking for them would take an hour here.
func TestEveryChangeShowsInSearchesSoonAfterItsCommit(t *testing.T) {
	search.LookOnlyEvery(t, time.Hour)
	c := newCatalogue(t)
	r := newReplica(t, c, t.TempDir())
	r.run(t)
	d := c.Dataset(t, named("buses", "公交站点"))
	r.until(t, "a published entry is found", func() bool { return slices.Equal(r.finds(t, "巴士"), []string{"buses"}) })

	d.Title = "地铁站点"
	if err := c.Service.Save(t.Context(), datasetstest.Officer(d.Department), d); err != nil {
		t.Fatal(err)
	}
	r.until(t, "its new title is found", func() bool { return slices.Equal(r.finds(t, "地铁"), []string{"buses"}) })
	equal(t, "found by the old title", r.finds(t, "公交"))

	d.Slug = "metro"
	if err := c.Service.Save(t.Context(), datasetstest.Officer(d.Department), d); err != nil {
		t.Fatal(err)
	}
	r.until(t, "it is indexed under its new address", func() bool { return slices.Equal(r.indexed(t), []string{"metro"}) })

	if err := c.Service.Move(t.Context(), datasetstest.Officer(d.Department), d.Slug, datasets.Withdraw, "有误", d.Revision); err != nil {
		t.Fatal(err)
	}
	r.until(t, "what is withdrawn is gone", func() bool { return len(r.indexed(t)) == 0 })
	if got, err := r.Suggest(t.Context(), "地铁", 8); err != nil || len(got) != 0 {
		t.Errorf("what is withdrawn is suggested: %v %v", got, err)
	}
}

func TestWhoeverIsNotToldLooks(t *testing.T) {
	search.LookOnlyEvery(t, 20*time.Millisecond)
	c := newCatalogue(t)
	r := newReplica(t, c, t.TempDir())
	r.run(t)
	c.Dataset(t, named("first", "第一份"))
	r.until(t, "it follows", func() bool { return slices.Equal(r.indexed(t), []string{"first"}) })
	cut(t, c)
	c.Dataset(t, named("second", "第二份"))
	r.until(t, "it looks", func() bool { return slices.Equal(r.indexed(t), []string{"first", "second"}) })
}

func TestALostConnectionIsMadeAgain(t *testing.T) {
	search.LookOnlyEvery(t, time.Hour)
	c := newCatalogue(t)
	r := newReplica(t, c, t.TempDir())
	r.run(t)
	c.Dataset(t, named("first", "第一份"))
	r.until(t, "it follows", func() bool { return slices.Equal(r.indexed(t), []string{"first"}) })
	cut(t, c)
	c.Dataset(t, named("second", "第二份"))
	r.until(t, "it is told again", func() bool { return slices.Equal(r.indexed(t), []string{"first", "second"}) })
	if !r.log.has("not told of changes") {
		t.Error("the lost connection is not noted")
	}
}

// cut ends every connection that listens.
func cut(t *testing.T, c *datasetstest.Catalogue) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { // it may have followed by looking, before it listened
		var n int
		err := c.Pool.QueryRow(t.Context(), `
			SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND query LIKE 'LISTEN%'`).Scan(&n)
		if err == nil && n > 0 {
			return
		}
		if err != nil || time.Now().After(end) {
			t.Fatalf("%d connections listened (%v)", n, err)
		}
	}
}

func TestWhatIsNewlyWithheldGoes(t *testing.T) {
	c := newCatalogue(t)
	r := newReplica(t, c, t.TempDir())
	d := c.Dataset(t, named("secret", "军事设施"))
	r.follow(t)
	equal(t, "found while public", r.finds(t, "军事设施"), "secret")
	d.Open, d.OpenBasis = datasets.Withheld, []string{"《中华人民共和国保守国家秘密法》第九条"}
	if err := c.Service.Save(t.Context(), datasetstest.Officer(d.Department), d); err != nil {
		t.Fatal(err)
	}
	r.follow(t)
	equal(t, "found once withheld", r.finds(t, "军事设施"))
	equal(t, "indexed once withheld", r.indexed(t))
}

func TestNoValueOfConditionalDataIsIndexed(t *testing.T) {
	c := newCatalogue(t)
	for _, open := range []datasets.OpenType{datasets.Unconditional, datasets.Conditional} {
		d := c.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Title, d.Open = string(open), "企业名录", open })
		c.Version(t, d, c.Resource(t, d), "a.csv", "grade\nA\n", datasets.Field{Name: "grade", Label: "信用等级", Type: "text", Codes: []datasets.Code{{Value: "A", Label: "守信激励"}}})
	}
	r := newReplica(t, c, t.TempDir())
	r.follow(t)
	equal(t, "found by the name of a column", r.finds(t, "信用等级"), "conditional", "unconditional")
	equal(t, "found by a value", r.finds(t, "守信激励"), "unconditional")
}

func TestEachReplicaFollowsWithItsOwnCursor(t *testing.T) {
	c := newCatalogue(t)
	here, there := newReplica(t, c, t.TempDir()), newReplica(t, c, t.TempDir())
	c.Dataset(t, named("first", "第一份"))
	here.follow(t)
	there.follow(t)
	c.Dataset(t, named("second", "第二份"))
	here.follow(t)
	equal(t, "where it was taken in", here.indexed(t), "first", "second")
	equal(t, "where it was not yet", there.indexed(t), "first")
	there.follow(t)
	equal(t, "after its turn", there.indexed(t), "first", "second")
	last, err := c.Service.LastChange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*replica{here, there} {
		if got, err := r.engine.Cursor(t.Context()); err != nil || got != last {
			t.Errorf("cursor is %d (%v), want %d", got, err, last)
		}
	}
}

func TestAStartGoesOnFromTheCursorAndReadsNothingTwice(t *testing.T) {
	c := newCatalogue(t)
	dir := t.TempDir()
	c.Dataset(t, named("first", "第一份"))
	r := newReplica(t, c, dir)
	r.follow(t)
	if err := r.engine.Close(); err != nil {
		t.Fatal(err)
	}
	c.Dataset(t, named("second", "第二份"))
	r = newReplica(t, c, dir)
	r.follow(t)
	equal(t, "indexed", r.indexed(t), "first", "second")
	if r.log.has("built anew") {
		t.Errorf("the index was built anew: %s", r.log.text.String())
	}
}

func TestADamagedIndexIsBuiltAnewWithNoMoreThanANote(t *testing.T) {
	c := newCatalogue(t)
	c.Dataset(t, named("first", "第一份"))
	dir := t.TempDir()
	r := newReplica(t, c, dir)
	r.follow(t)
	if err := r.engine.Close(); err != nil {
		t.Fatal(err)
	}
	segments, _ := filepath.Glob(filepath.Join(dir, "gen-*", "*.zap"))
	if len(segments) == 0 {
		t.Fatal("the index has no segment to damage")
	}
	damage(t, segments[0])
	r = newReplica(t, c, dir)
	got, err := r.Search(t.Context(), search.Query{Text: "第一份", Limit: 5})
	if err != nil || !got.Limited || got.Total != 1 {
		t.Errorf("before it is built anew: %+v %v, want one hit of the database", got, err)
	}
	r.follow(t)
	if !r.log.has("built anew") {
		t.Error("nothing was noted")
	}
	got, err = r.Search(t.Context(), search.Query{Text: "第一份", Limit: 5})
	if err != nil || got.Limited || got.Total != 1 {
		t.Errorf("afterwards: %+v %v, want one hit of the engine", got, err)
	}
}

// damage changes one byte in the middle of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 0xff
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnIndexAheadOfTheCatalogueIsBuiltAnew(t *testing.T) {
	c := newCatalogue(t)
	c.Dataset(t, named("first", "第一份"))
	r := newReplica(t, c, t.TempDir())
	other := []search.Document{{ID: "of-another-catalogue", Title: "别处"}}
	if err := r.engine.Replace(t.Context(), slices.Values(other), 1_000_000); err != nil {
		t.Fatal(err)
	}
	r.follow(t)
	equal(t, "indexed", r.indexed(t), "first")
}

func TestWhatTheIndexMissedIsFoundByComparing(t *testing.T) {
	c := newCatalogue(t)
	c.Dataset(t, named("first", "第一份"))
	last, err := c.Service.LastChange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := newReplica(t, c, t.TempDir())
	if err := r.engine.Replace(t.Context(), slices.Values([]search.Document{{ID: "old-address", Title: "旧地址"}}), last); err != nil {
		t.Fatal(err)
	}
	r.follow(t)
	equal(t, "indexed", r.indexed(t), "first")
	if got, err := r.engine.Cursor(t.Context()); err != nil || got != last {
		t.Errorf("cursor is %d (%v), want %d", got, err, last)
	}
}

func TestHowOftenADatasetIsUsedComesWithoutIndexingIt(t *testing.T) {
	c := newCatalogue(t)
	c.Dataset(t, named("quiet", "安静"))
	busy := c.Dataset(t, named("zz-busy", "热闹"))
	dir := t.TempDir()
	r := newReplica(t, c, dir)
	r.follow(t)
	c.Service.CountDownload(busy.ID, 10)
	if err := c.Service.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.engine.Close(); err != nil {
		t.Fatal(err)
	}
	r = newReplica(t, c, dir) // compares at its first turn
	r.follow(t)
	got, err := r.Search(t.Context(), search.Query{Sort: search.ByPopular, Limit: 1})
	if err != nil || len(got.Hits) != 1 || got.Hits[0].ID != "zz-busy" {
		t.Errorf("the most popular is %+v (%v), want zz-busy", got.Hits, err)
	}
}

// midway is an engine that does something once half an index is built.
type midway struct {
	search.Engine
	do func()
}

func (m *midway) Replace(ctx context.Context, docs func(yield func(search.Document) bool), cursor int64) error {
	once := sync.OnceFunc(m.do)
	return m.Engine.Replace(ctx, func(yield func(search.Document) bool) {
		docs(func(d search.Document) bool {
			goesOn := yield(d)
			once()
			return goesOn
		})
	}, cursor)
}

// A catalogue is read for a while. What is withdrawn meanwhile goes at once
// from the old index, and is not in the new one.
func TestChangesShowWhileAnIndexIsBuilt(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t, named("first", "第一份"))
	c.Dataset(t, named("second", "第二份"))
	e, err := bleve.Open(t.TempDir(), lexicon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	m := &midway{Engine: e, do: func() {}}
	r := follower(c, m)
	r.follow(t)
	m.do = func() {
		if err := c.Service.Move(t.Context(), datasetstest.Officer(d.Department), d.Slug, datasets.Withdraw, "有误", d.Revision); err != nil {
			t.Error(err)
		}
		if err := r.Follow(t.Context()); err != nil {
			t.Error(err)
		}
		equal(t, "indexed while another index is built", r.indexed(t), "second")
	}
	if err := r.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "indexed afterwards", r.indexed(t), "second")
}

// broken is an engine that can be made to fail.
type broken struct {
	search.Engine
	mu  sync.Mutex
	err error
}

func (b *broken) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *broken) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

func (b *broken) Search(ctx context.Context, q search.Query) (search.Result, error) {
	if err := b.failure(); err != nil {
		return search.Result{}, err
	}
	return b.Engine.Search(ctx, q)
}

func (b *broken) Put(ctx context.Context, docs []search.Document, cursor int64) error {
	if err := b.failure(); err != nil {
		return err
	}
	return b.Engine.Put(ctx, docs, cursor)
}

func newBroken(t *testing.T, c *datasetstest.Catalogue) (*replica, *broken) {
	t.Helper()
	e, err := bleve.Open(t.TempDir(), lexicon)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	b := &broken{Engine: e}
	return follower(c, b), b
}

func TestTheDatabaseAnswersWhileTheEngineDoesNot(t *testing.T) {
	c := newCatalogue(t)
	transport := c.Theme(t, func(d *datasets.Theme) { d.Slug, d.Name, d.NameEN = "transport", "交通", "Transport" })
	for i, title := range []string{"公交站点一", "公交站点二", "公交站点三", "公园"} {
		c.Dataset(t, func(d *datasets.Dataset) {
			d.Slug, d.Title, d.LastUpdated = []string{"a", "b", "c", "park"}[i], title, time.Date(2026, 1, 10-i, 0, 0, 0, 0, time.UTC)
			if i != 1 {
				d.Theme = transport
			}
		})
	}
	r, engine := newBroken(t, c)
	r.follow(t)
	engine.fail(errors.New("out of order"))
	q := search.Query{Text: "公交", Filters: map[search.Facet][]string{search.FacetTheme: {"transport"}}, Limit: 1}
	for offset, want := range []string{"a", "c"} {
		q.Offset = offset
		got, err := r.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Limited || got.Total != 2 || len(got.Hits) != 1 || got.Hits[0].ID != want {
			t.Errorf("at %d: %+v, want %s of two, limited", offset, got, want)
		}
	}
	if got, err := r.Suggest(t.Context(), "公园", 3); err != nil || len(got) != 1 || got[0].ID != "park" {
		t.Errorf("suggested: %v %v", got, err)
	}
	engine.fail(nil)
	r.follow(t)
	if got, err := r.Search(t.Context(), q); err != nil || got.Limited {
		t.Errorf("once it is in order again: %+v %v", got, err)
	}
}

func TestAnIndexThatCannotTakeAChangeIsNotAsked(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t, named("first", "第一份"))
	r, engine := newBroken(t, c)
	r.follow(t)
	if err := c.Service.Move(t.Context(), datasetstest.Officer(d.Department), d.Slug, datasets.Withdraw, "有误", d.Revision); err != nil {
		t.Fatal(err)
	}
	engine.fail(errors.New("disk full"))
	if r.Follow(t.Context()) == nil {
		t.Fatal("the change was taken in")
	}
	engine.fail(nil) // it would answer again, and still has what was withdrawn
	if got, err := r.Search(t.Context(), search.Query{Text: "第一份", Limit: 5}); err != nil || got.Total != 0 {
		t.Errorf("%+v %v, want nothing: it was withdrawn", got, err)
	}
	if got, err := r.Suggest(t.Context(), "第一", 5); err != nil || len(got) != 0 {
		t.Errorf("suggested: %v %v, want nothing", got, err)
	}
}

func TestReindexingReplacesTheIndexAndFailsWhole(t *testing.T) {
	c := newCatalogue(t)
	c.Dataset(t, named("first", "第一份"))
	r := newReplica(t, c, t.TempDir())
	if err := r.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "indexed", r.indexed(t), "first")
	if got, err := r.Search(t.Context(), search.Query{Text: "第一份", Limit: 5}); err != nil || got.Limited {
		t.Errorf("after reindexing: %+v %v, want the engine's answer", got, err)
	}
	if _, err := c.Pool.Exec(t.Context(), `ALTER TABLE departments RENAME COLUMN aliases TO gone`); err != nil {
		t.Fatal(err)
	}
	if r.Rebuild(t.Context()) == nil {
		t.Error("a catalogue that cannot be read was indexed")
	}
	equal(t, "still indexed", r.indexed(t), "first")
}

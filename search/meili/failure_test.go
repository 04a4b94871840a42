package meili_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/search"
	"shuyuan/search/meili"
	"shuyuan/search/meili/meilitest"
	"shuyuan/search/searchtest"
)

const key = "canary-4f1d-key"

// built is an engine on a stand-in that has the world, at cursor 1. It has all
// the time it may need.
func built(t *testing.T) (*meilitest.Server, *meili.Engine) {
	t.Helper()
	server := meilitest.Start(t, key)
	e := open(t, meili.Config{URL: server.URL, Key: key, SearchTimeout: time.Minute})
	if err := e.Replace(t.Context(), slices.Values(searchtest.World()), 1); err != nil {
		t.Fatal(err)
	}
	return server, e
}

// hasty is another engine on the same index, that does not wait for long.
func hasty(t *testing.T, server *meilitest.Server) *meili.Engine {
	t.Helper()
	return open(t, meili.Config{URL: server.URL, Key: key, SearchTimeout: 100 * time.Millisecond, WriteTimeout: 100 * time.Millisecond, TaskTimeout: 200 * time.Millisecond})
}

var newcomer = search.Document{ID: "newcomer", Title: "闽江水位", Updated: time.Date(2025, time.November, 30, 0, 0, 0, 0, time.UTC)}

func cursorIs(t *testing.T, e *meili.Engine, want int64) {
	t.Helper()
	if got, err := e.Cursor(t.Context()); err != nil || got != want {
		t.Errorf("cursor is %d (%v), want %d", got, err, want)
	}
}

func finds(t *testing.T, e *meili.Engine, text string, want ...string) {
	t.Helper()
	r, err := e.Search(t.Context(), search.Query{Text: text, Limit: 100})
	if err != nil {
		t.Errorf("%q: %v", text, err)
		return
	}
	var got []string
	for _, h := range r.Hits {
		got = append(got, h.ID)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%q finds %v, want %v", text, got, want)
	}
}

// everything that the engine can be asked, by name.
var calls = map[string]func(context.Context, *meili.Engine) error{
	"search":  func(ctx context.Context, e *meili.Engine) error { _, err := e.Search(ctx, search.Query{}); return err },
	"suggest": func(ctx context.Context, e *meili.Engine) error { _, err := e.Suggest(ctx, "空气", 5); return err },
	"cursor":  func(ctx context.Context, e *meili.Engine) error { _, err := e.Cursor(ctx); return err },
	"ids":     func(ctx context.Context, e *meili.Engine) error { return e.IDs(ctx, func(string) error { return nil }) },
	"put":     func(ctx context.Context, e *meili.Engine) error { return e.Put(ctx, []search.Document{newcomer}, 2) },
	"delete":  func(ctx context.Context, e *meili.Engine) error { return e.Delete(ctx, []string{"toolbox"}, 2) },
	"replace": func(ctx context.Context, e *meili.Engine) error {
		return e.Replace(ctx, slices.Values(searchtest.World()), 2)
	},
	"popularity": func(ctx context.Context, e *meili.Engine) error {
		return e.SetPopular(ctx, map[string]int64{"toolbox": 12345})
	},
}

// unavailable checks that err has the answer come from elsewhere, and shows
// neither the key nor, to people, anything but the sentence.
func unavailable(t *testing.T, what string, err error) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: no error", what)
	case fault.KindOf(err) != fault.Unavailable:
		t.Errorf("%s: %v is no fault.Unavailable", what, err)
	case errors.Is(err, meili.ErrNoIndex):
		t.Errorf("%s: %v has the index rebuilt", what, err)
	case strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, errors.Unwrap(err)), key):
		t.Errorf("%s: the key is shown in %v", what, err)
	case strings.Contains(fault.Of(err).Text(), "127.0.0.1") || strings.Contains(fault.Of(err).Text(), "meili"):
		t.Errorf("%s: people are told %q", what, fault.Of(err).Text())
	}
}

func TestWhatGoesWrongOnTheServerIsUnavailableAndPasses(t *testing.T) {
	for name, f := range map[string]meilitest.Fault{
		"too many":                 {Status: http.StatusTooManyRequests},
		"error":                    {Status: http.StatusInternalServerError},
		"busy":                     {Status: http.StatusServiceUnavailable, Body: `{"message":"Too many search requests","code":"too_many_search_requests","type":"system","link":""}`},
		"a proxy's page":           {Status: http.StatusBadGateway, Body: "<html>Bad gateway " + key + "</html>"},
		"a page that says OK":      {Status: http.StatusOK, Body: "<html>Welcome</html>"},
		"an answer with the key":   {Status: http.StatusForbidden, Body: `{"message":"The key ` + key + ` is invalid","code":"invalid_api_key","type":"auth","link":""}`},
		"half an answer":           {Status: http.StatusAccepted, Body: `{"taskUid":`},
		"an answer to nothing":     {Status: http.StatusOK, Body: `{"results":[]}`},
		"a connection that breaks": {Break: true},
		"silence":                  {Silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			server, e := built(t)
			short := hasty(t, server)
			for what, call := range calls {
				f.Times = -1
				if what != "search" && what != "suggest" && strings.HasPrefix(name, "an answer to nothing") {
					continue // to lists it is an answer: there is nothing
				}
				server.Plan(f)
				unavailable(t, what, call(t.Context(), short))
				server.Heal()
			}
			finds(t, e, "空气质量", "codelist", "earthquakes", "fuzhou-air")
			finds(t, e, "闽江")
			cursorIs(t, e, 1)
		})
	}
}

func TestAServerThatIsAwayIsUnavailable(t *testing.T) {
	server, e := built(t)
	server.Stop()
	short := hasty(t, server)
	for what, call := range calls {
		unavailable(t, what, call(t.Context(), short))
	}
	server.Restart()
	cursorIs(t, e, 1)
}

func TestAWrongKeyIsUnavailableAndNeverShown(t *testing.T) {
	server := meilitest.Start(t, "another key")
	for _, c := range []meili.Config{{URL: server.URL, Key: key}, {URL: server.URL}} {
		e := open(t, c)
		for what, call := range calls {
			unavailable(t, what, call(t.Context(), e))
		}
	}
}

func TestAConfigurationPrintsNoKey(t *testing.T) {
	c := meili.Config{URL: "http://127.0.0.1:7700", Key: key}
	if s := fmt.Sprintf("%v %+v %#v %s", c, c, c, c); strings.Contains(s, key) {
		t.Errorf("the key is printed in %s", s)
	}
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	for _, c := range []meili.Config{
		{}, {URL: "127.0.0.1:7700"}, {URL: "ftp://x"}, {URL: "http://"}, {URL: "http://user:" + key + "@x"}, {URL: "http://x?key=" + key}, {URL: "http://x#a"}, {URL: "http://x/%zz" + key},
		{URL: "http://x", Index: "a b"}, {URL: "http://x", Index: "../x"},
	} {
		c.Lexicon = words
		_, err := meili.Open(c)
		if err == nil {
			t.Errorf("%v is accepted", c)
		} else if strings.Contains(err.Error(), key) {
			t.Errorf("a secret is shown in %v", err)
		}
	}
}

// The key belongs to one server: another must not get it by a redirect.
func TestTheKeyIsNotSentOn(t *testing.T) {
	got := make(chan string, 100)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Get("Authorization") }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	e := open(t, meili.Config{URL: first.URL, Key: key})
	for what, call := range calls {
		unavailable(t, what, call(t.Context(), e))
	}
	if len(got) != 0 {
		t.Errorf("the other server was asked, with %q", <-got)
	}
}

func TestWhoLeavesIsNotToldOfAFault(t *testing.T) {
	server, e := built(t)
	for what, call := range calls {
		ctx, leave := context.WithCancel(t.Context())
		seen := make(chan struct{})
		server.Plan(meilitest.Fault{Silent: true, Seen: seen})
		done := make(chan error, 1)
		go func() { done <- call(ctx, e) }()
		<-seen
		leave()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", what, err)
		}
		server.Heal()
	}
}

func TestAFailedTaskChangesNothing(t *testing.T) {
	server, e := built(t)
	for _, code := range []string{"internal", "no_space_left_on_device", "canceled"} {
		server.Plan(meilitest.Fault{Task: "documentAdditionOrUpdate", Code: code})
		unavailable(t, "put", e.Put(t.Context(), []search.Document{newcomer}, 2))
		server.Plan(meilitest.Fault{Task: "documentDeletion", Code: code})
		unavailable(t, "delete", e.Delete(t.Context(), []string{"fuzhou-air"}, 2))
		cursorIs(t, e, 1)
		finds(t, e, "闽江")
		finds(t, e, "空气质量", "codelist", "earthquakes", "fuzhou-air")
	}
	if err := e.Put(t.Context(), []search.Document{newcomer}, 2); err != nil {
		t.Fatal(err)
	}
	cursorIs(t, e, 2)
	finds(t, e, "闽江", "newcomer")
}

// If deleting succeeds and writing the cursor does not, the cursor stays behind
// and the deletion is done again.
func TestTheCursorIsNeverAheadOfADeletion(t *testing.T) {
	server, e := built(t)
	server.Plan(meilitest.Fault{Task: "documentAdditionOrUpdate", Code: "internal"})
	unavailable(t, "delete", e.Delete(t.Context(), []string{"fuzhou-air"}, 2))
	cursorIs(t, e, 1)
	if err := e.Delete(t.Context(), []string{"fuzhou-air"}, 2); err != nil {
		t.Fatal(err)
	}
	cursorIs(t, e, 2)
	finds(t, e, "空气质量", "codelist", "earthquakes")
}

func TestTheCursorIsNeverAheadOfABatch(t *testing.T) {
	server, e := built(t)
	for _, c := range []struct{ docs, failing int }{{2500, 0}, {2500, 1}, {2500, 2}, {1000, 0}, {999, 0}, {1001, 1}} {
		docs := make([]search.Document, c.docs)
		for i := range docs {
			docs[i] = search.Document{ID: fmt.Sprintf("many-%d", i), Title: "编号"}
		}
		server.Plan(meilitest.Fault{Task: "documentAdditionOrUpdate", Code: "internal", After: c.failing})
		unavailable(t, fmt.Sprintf("put %d, batch %d fails", c.docs, c.failing), e.Put(t.Context(), docs, 2))
		server.Heal()
		server.Indexes() // the batches behind it are done all the same
		cursorIs(t, e, 1)
	}
	if err := e.Put(t.Context(), []search.Document{newcomer}, 2); err != nil {
		t.Fatal(err)
	}
	cursorIs(t, e, 2)
}

func TestATaskThatDoesNotEndIsGivenUp(t *testing.T) {
	server, e := built(t)
	release := server.Hold()
	unavailable(t, "put", hasty(t, server).Put(t.Context(), []search.Document{newcomer}, 2))
	cursorIs(t, e, 1)
	release()
	later := newcomer
	later.Title = "闽江流量"
	if err := e.Put(t.Context(), []search.Document{later}, 3); err != nil { // the first one is done before it
		t.Fatal(err)
	}
	cursorIs(t, e, 3)
	finds(t, e, "闽江水位")
	finds(t, e, "闽江流量", "newcomer")
}

func TestAServerMayRestartWhileATaskIsAwaited(t *testing.T) {
	server, e := built(t)
	release := server.Hold()
	asked := make(chan struct{})
	server.Plan(meilitest.Fault{Method: http.MethodGet, Path: "/tasks/", Break: true, Seen: asked})
	done := make(chan error, 1)
	go func() { done <- e.Put(t.Context(), []search.Document{newcomer}, 2) }()
	<-asked
	server.Stop()
	server.Restart()
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	cursorIs(t, e, 2)
	finds(t, e, "闽江", "newcomer")
}

// A change may be taken in although the answer says otherwise. The caller does
// it again, which changes nothing.
func TestAnAnswerThatIsLostDoesNoHarm(t *testing.T) {
	for _, f := range []meilitest.Fault{{Status: http.StatusInternalServerError, Done: true}, {Status: http.StatusTooManyRequests, Done: true}, {Break: true, Done: true}} {
		server, e := built(t)
		for _, path := range []string{"/documents", "/delete-batch"} {
			f.Method, f.Path = http.MethodPost, path
			server.Plan(f)
		}
		unavailable(t, "put", e.Put(t.Context(), []search.Document{newcomer}, 2))
		unavailable(t, "delete", e.Delete(t.Context(), []string{"fuzhou-air"}, 3))
		server.Heal()
		if err := errors.Join(e.Put(t.Context(), []search.Document{newcomer}, 2), e.Delete(t.Context(), []string{"fuzhou-air"}, 3)); err != nil {
			t.Fatal(err)
		}
		cursorIs(t, e, 3)
		finds(t, e, "闽江", "newcomer")
		finds(t, e, "空气质量", "codelist", "earthquakes")
	}
}

// noIndex checks that everything that needs an index of ours says so, that
// searches are answered elsewhere meanwhile, and that Replace puts it right.
func noIndex(t *testing.T, server *meilitest.Server, e *meili.Engine) {
	t.Helper()
	if _, err := e.Cursor(t.Context()); !errors.Is(err, meili.ErrNoIndex) || fault.KindOf(err) == fault.Unavailable {
		t.Errorf("cursor: %v, want ErrNoIndex", err)
	}
	if err := e.Replace(t.Context(), slices.Values(searchtest.World()), 5); err != nil {
		t.Fatal(err)
	}
	cursorIs(t, e, 5)
	finds(t, e, "空气质量", "codelist", "earthquakes", "fuzhou-air")
	if got := server.Indexes(); !slices.Equal(got, []string{"shuyuan"}) {
		t.Errorf("indexes on the server: %v", got)
	}
}

func TestAMissingIndexIsBuilt(t *testing.T) {
	server := meilitest.Start(t, key)
	e := open(t, meili.Config{URL: server.URL, Key: key})
	for _, what := range []string{"search", "suggest", "ids"} {
		unavailable(t, what, calls[what](t.Context(), e))
	}
	// the server would make an index of its own for documents that come
	for _, what := range []string{"put", "delete"} {
		if err := calls[what](t.Context(), e); !errors.Is(err, meili.ErrNoIndex) {
			t.Errorf("%s: %v, want ErrNoIndex", what, err)
		}
	}
	if got := server.Indexes(); len(got) != 0 {
		t.Errorf("indexes on the server: %v", got)
	}
	noIndex(t, server, e)
}

func TestAnIndexOfAnotherLayoutIsBuiltAnew(t *testing.T) {
	server, e := built(t)
	server.Edit("shuyuan", "state", func(doc map[string]any) { doc["layout"] = float64(0) })
	for _, what := range []string{"put", "delete"} {
		if err := calls[what](t.Context(), e); !errors.Is(err, meili.ErrNoIndex) {
			t.Errorf("%s: %v, want ErrNoIndex", what, err)
		}
	}
	noIndex(t, server, e)
}

func TestAnIndexThatIsNotOursIsBuiltAnew(t *testing.T) {
	server := meilitest.Start(t, key)
	tell(t, server, http.MethodPost, "/indexes/shuyuan/documents?primaryKey=id", `[{"id":"1","title":"空气"}]`)
	noIndex(t, server, open(t, meili.Config{URL: server.URL, Key: key}))
}

func TestAnIndexWithOtherSettingsIsBuiltAnew(t *testing.T) {
	for path, body := range map[string]string{
		"filterable-attributes": `["dataset"]`,
		"sortable-attributes":   `["updated"]`,
		"ranking-rules":         `["words"]`,
	} {
		server, e := built(t)
		tell(t, server, http.MethodPut, "/indexes/shuyuan/settings/"+path, body)
		noIndex(t, server, e)
	}
}

func TestAServerThatIsTooOldIsFoundOut(t *testing.T) {
	server, e := built(t)
	server.Plan(meilitest.Fault{Method: http.MethodPost, Path: "/multi-search", Times: -1, Status: http.StatusBadRequest,
		Body: `{"message":"Using STARTS WITH requires enabling an experimental feature","code":"feature_not_enabled","type":"invalid_request","link":""}`})
	err := e.Replace(t.Context(), slices.Values(searchtest.World()), 2)
	if !errors.Is(err, meili.ErrNoIndex) || !strings.Contains(err.Error(), "STARTS WITH") {
		t.Errorf("replace: %v, want ErrNoIndex with the reason", err)
	}
	server.Heal()
	cursorIs(t, e, 1) // what was there was left alone
}

// tell asks the server for something behind the engine's back.
func tell(t *testing.T, server *meilitest.Server, method, path, body string) {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		t.Fatalf("%s %s: %s", method, path, answer.Status)
	}
	server.Indexes() // when they are told, all tasks are done
}

// Whatever step of building anew fails, the old index stays and nothing is left
// over.
func TestAReplacementThatFailsLeavesTheOldIndex(t *testing.T) {
	for _, f := range []meilitest.Fault{
		{Task: "indexCreation"}, {Task: "settingsUpdate"}, {Task: "settingsUpdate", After: 1}, {Task: "settingsUpdate", After: 2}, {Task: "settingsUpdate", After: 3},
		{Task: "documentAdditionOrUpdate"}, {Task: "indexSwap"},
		{Method: http.MethodPost, Path: "/indexes", Status: 500}, {Path: "/settings", Status: 500}, {Path: "/documents", Status: 500}, {Path: "/multi-search", Status: 500}, {Path: "/swap-indexes", Status: 500},
	} {
		server, e := built(t)
		f.Code = "internal"
		server.Plan(f)
		unavailable(t, fmt.Sprintf("replace with %+v", f), e.Replace(t.Context(), slices.Values([]search.Document{newcomer}), 2))
		server.Heal()
		cursorIs(t, e, 1)
		finds(t, e, "闽江")
		finds(t, e, "空气质量", "codelist", "earthquakes", "fuzhou-air")
		if got := server.Indexes(); !slices.Equal(got, []string{"shuyuan"}) {
			t.Errorf("%+v: indexes on the server: %v", f, got)
		}
	}
}

func TestWhatADeadProcessLeftBehindIsDeleted(t *testing.T) {
	server, e := built(t)
	for _, name := range []string{"shuyuan-building-old", "shuyuan2", "shuyuan2-building-x", "else"} {
		tell(t, server, http.MethodPost, "/indexes", `{"uid":"`+name+`"}`)
	}
	server.Pass(2 * time.Hour)
	tell(t, server, http.MethodPost, "/indexes", `{"uid":"shuyuan-building-now"}`)
	if err := e.Replace(t.Context(), slices.Values(searchtest.World()), 2); err != nil {
		t.Fatal(err)
	}
	want := []string{"else", "shuyuan", "shuyuan-building-now", "shuyuan2", "shuyuan2-building-x"}
	if got := server.Indexes(); !slices.Equal(got, want) {
		t.Errorf("indexes on the server: %v, want %v", got, want)
	}
}

// A key that is good for our indexes only is enough.
func TestAKeyForOurIndexesIsEnough(t *testing.T) {
	server := meilitest.Start(t, key)
	server.Scope = "shuyuan"
	e := open(t, meili.Config{URL: server.URL, Key: key})
	for cursor := range int64(2) {
		if err := e.Replace(t.Context(), slices.Values(searchtest.World()), cursor); err != nil {
			t.Fatal(err)
		}
		cursorIs(t, e, cursor)
	}
	for _, what := range []string{"search", "suggest", "ids", "put", "delete", "popularity"} {
		if err := calls[what](t.Context(), e); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := server.Indexes(); !slices.Equal(got, []string{"shuyuan"}) {
		t.Errorf("indexes on the server: %v", got)
	}
}

func TestASearchIsOneRequest(t *testing.T) {
	server, e := built(t)
	for _, c := range []struct {
		q    search.Query
		want int
	}{
		{search.Query{Limit: 20, Facets: search.Facets, FacetSize: 30}, 1},
		{search.Query{Text: "空气质量", Sort: search.ByRelevance, Limit: 20, Facets: search.Facets, FacetSize: 30, Filters: map[search.Facet][]string{search.FacetOpen: {"unconditional"}}}, 1},
		{search.Query{Text: "福", Sort: search.ByUpdated, Offset: 2, Limit: 2}, 1},
		{search.Query{Text: "福", Sort: search.ByRelevance, Offset: 2, Limit: 2}, 2}, // where the page lies is asked first
	} {
		before := len(server.Asked())
		if _, err := e.Search(t.Context(), c.q); err != nil {
			t.Fatal(err)
		}
		if got := len(server.Asked()) - before; got != c.want {
			t.Errorf("%+v: %d requests, want %d", c.q, got, c.want)
		}
	}
}

func TestPopularityIsToldOnlyWhereItDiffers(t *testing.T) {
	server, e := built(t)
	put := func() int {
		n := 0
		for _, asked := range server.Asked() {
			if asked == "PUT /indexes/shuyuan/documents" {
				n++
			}
		}
		return n
	}
	counts := map[string]int64{"toolbox": 50_000, "xiamen-bus": 500, "unknown": 9}
	for range 2 {
		if err := e.SetPopular(t.Context(), counts); err != nil {
			t.Fatal(err)
		}
		if got := put(); got != 1 {
			t.Errorf("told %d times, want once", got)
		}
	}
	r, err := e.Search(t.Context(), search.Query{Sort: search.ByPopular, Limit: 1})
	if err != nil || len(r.Hits) != 1 || r.Hits[0].ID != "toolbox" {
		t.Errorf("the most popular is %v (%v)", r.Hits, err)
	}
	finds(t, e, "工具", "toolbox") // nothing else of it changed
	cursorIs(t, e, 1)
}

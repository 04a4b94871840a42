package meilitest_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/search/meili/meilitest"
)

// step is a request and what a server answers to it. INDEX and OTHER stand for
// names of indexes.
type step struct {
	name   string
	method string
	path   string
	body   string
	status int
	code   string // of the error; of the task that is enqueued, if the status is 202
	want   string // JSON that the answer has, among other things
}

// The answers were taken from a Meilisearch 1.50 and are compared with one
// again where SHUYUAN_TEST_MEILI_URL names a server.
var steps = []step{
	{"an index that is not there", "GET", "/indexes/INDEX", "", 404, "index_not_found", ""},
	{"a document of an index that is not there", "GET", "/indexes/INDEX/documents/a", "", 404, "index_not_found", ""},
	{"a search in an index that is not there", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":""}]}`, 400, "index_not_found", ""},
	{"a name that is none", "POST", "/indexes", `{"uid":"a b"}`, 400, "invalid_index_uid", ""},
	{"create", "POST", "/indexes", `{"uid":"INDEX","primaryKey":"id"}`, 202, "", ""},
	{"create again", "POST", "/indexes", `{"uid":"INDEX","primaryKey":"id"}`, 202, "index_already_exists", ""},
	{"show", "GET", "/indexes/INDEX", "", 200, "", `{"uid":"INDEX","primaryKey":"id"}`},
	{"a document that is not there", "GET", "/indexes/INDEX/documents/a", "", 404, "document_not_found", ""},
	{"an unknown setting", "PATCH", "/indexes/INDEX/settings", `{"bogus":1}`, 400, "bad_request", ""},
	{"an unknown ranking rule", "PATCH", "/indexes/INDEX/settings", `{"rankingRules":["nope"]}`, 400, "invalid_settings_ranking_rules", ""},
	{"attributes that are no list", "PUT", "/indexes/INDEX/settings/filterable-attributes", `{"a":1}`, 400, "invalid_settings_filterable_attributes", ""},
	{"half a body", "POST", "/multi-search", `{"queries":`, 400, "malformed_payload", ""},
	{"an unknown field", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","nofield":1}]}`, 400, "bad_request", ""},

	{"a document without an id", "POST", "/indexes/INDEX/documents?primaryKey=id", `[{"id":"a","x":"1"},{"x":"2"}]`, 202, "missing_document_id", ""},
	{"an id with a blank", "POST", "/indexes/INDEX/documents?primaryKey=id", `[{"id":"a"},{"id":"a b"}]`, 202, "invalid_document_id", ""},
	{"nothing of a failed task is kept", "GET", "/indexes/INDEX/documents/a", "", 404, "document_not_found", ""},
	{"another primary key", "POST", "/indexes/INDEX/documents?primaryKey=key", `[{"id":"a","key":"b"}]`, 202, "index_primary_key_already_exists", ""},
	{"documents", "POST", "/indexes/INDEX/documents?primaryKey=id", `[{"id":"a","x":["CSV","xml"],"n":2,"s":"b"},{"id":"b","x":["Csv"," csv","e"],"n":10,"s":"a"},{"id":"c","x":"2020","n":1},{"id":"d","x":2020},{"id":"a","x":["csv","json"],"n":3,"s":"b"}]`, 202, "", ""},
	{"the last of two stays", "GET", "/indexes/INDEX/documents/a?fields=x,n", "", 200, "", `{"x":["csv","json"],"n":3}`},

	{"a filter on an attribute not set up", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","filter":"x = csv"}]}`, 400, "invalid_search_filter", ""},
	{"an order by an attribute not set up", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","sort":["n:asc"]}]}`, 400, "invalid_search_sort", ""},
	{"a facet of an attribute not set up", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","facets":["x"]}]}`, 400, "invalid_search_facets", ""},
	{"a list filtered by an attribute not set up", "POST", "/indexes/INDEX/documents/fetch", `{"filter":"x = csv"}`, 400, "invalid_document_filter", ""},

	{"rules", "PUT", "/indexes/INDEX/settings/filterable-attributes", `[{"attributePatterns":["x","y*"],"features":{"facetSearch":false,"filter":{"equality":true,"comparison":false}}},"n"]`, 202, "", ""},
	{"orders", "PUT", "/indexes/INDEX/settings/sortable-attributes", `["n","s"]`, 202, "", ""},
	{"no words", "PUT", "/indexes/INDEX/settings/searchable-attributes", `[]`, 202, "", ""},
	{"limits", "PATCH", "/indexes/INDEX/settings", `{"pagination":{"maxTotalHits":3},"faceting":{"maxValuesPerFacet":1,"sortFacetValuesBy":{"*":"count"}}}`, 202, "", ""},

	{"no more hits than the limit", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","sort":["n:desc"],"limit":10,"attributesToRetrieve":["id"]}]}`, 200, "", hits("b", "a", "c")},
	{"no more values than the limit, most frequent first", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","filter":"x = csv","facets":["x"],"hitsPerPage":0}]}`, 200, "", `{"results":[{"hits":[],"page":1,"hitsPerPage":0,"totalPages":0,"facetDistribution":{"x":{"csv":2}}}]}`},
	{"no limits to speak of", "PATCH", "/indexes/INDEX/settings", `{"pagination":{"maxTotalHits":1000000000},"faceting":{"maxValuesPerFacet":2000,"sortFacetValuesBy":{"*":"count"}}}`, 202, "", ""},

	{"without case and blanks", "POST", "/multi-search", search(`"x = CSV"`), 200, "", hits("a", "b")},
	{"in quotes", "POST", "/multi-search", search(`"x = \"csv\""`), 200, "", hits("a", "b")},
	{"a number is a text too", "POST", "/multi-search", search(`"x = 2020"`), 200, "", hits("c", "d")},
	{"one of several", "POST", "/multi-search", search(`"x IN [\"JSON\", 'e']"`), 200, "", hits("a", "b")},
	{"one of none", "POST", "/multi-search", search(`"x IN []"`), 200, "", hits()},
	{"none of several", "POST", "/multi-search", search(`"x NOT IN [csv]"`), 200, "", hits("c", "d")},
	{"not", "POST", "/multi-search", search(`"NOT x = csv"`), 200, "", hits("c", "d")},
	{"not, before and", "POST", "/multi-search", search(`"NOT x = csv AND n = 1"`), 200, "", hits("c")},
	{"and before or", "POST", "/multi-search", search(`"x = e OR x = csv AND n = 3"`), 200, "", hits("a", "b")},
	{"parentheses", "POST", "/multi-search", search(`"(x = e OR x = csv) AND n = 3"`), 200, "", hits("a")},
	{"parts that must all hold", "POST", "/multi-search", search(`["x = csv","n = 3"]`), 200, "", hits("a")},
	{"parts of which one must hold", "POST", "/multi-search", search(`[["n = 1","n = 3"]]`), 200, "", hits("a", "c")},
	{"the beginning", "POST", "/multi-search", search(`"x STARTS WITH cs"`), 200, "", hits("a", "b")},
	{"the beginning, not", "POST", "/multi-search", search(`"x NOT STARTS WITH cs"`), 200, "", hits("c", "d")},
	{"the beginning of a number is none", "POST", "/multi-search", search(`"x STARTS WITH 20"`), 200, "", hits("c")},
	{"an attribute that no document has", "POST", "/multi-search", search(`"yes = csv"`), 200, "", hits()},
	{"is there", "POST", "/multi-search", search(`"n EXISTS"`), 200, "", hits("a", "b", "c")},
	{"unequal", "POST", "/multi-search", search(`"x != csv"`), 200, "", hits("c", "d")},
	{"more than", "POST", "/multi-search", search(`"n >= 3"`), 200, "", hits("a", "b")},
	{"nothing asked", "POST", "/multi-search", search(`""`), 200, "", hits("a", "b", "c", "d")},
	{"a comparison not set up", "POST", "/multi-search", search(`"x > 5"`), 400, "invalid_search_filter", ""},
	{"an experiment", "POST", "/multi-search", search(`"x CONTAINS s"`), 400, "feature_not_enabled", ""},
	{"no value", "POST", "/multi-search", search(`"x = "`), 400, "invalid_search_filter", ""},
	{"a keyword as a value", "POST", "/multi-search", search(`"x = AND"`), 400, "invalid_search_filter", ""},
	{"a quote that does not end", "POST", "/multi-search", search(`"x = \"a\\\""`), 400, "invalid_search_filter", ""},
	{"a parenthesis that does not end", "POST", "/multi-search", search(`"(x = a"`), 400, "invalid_search_filter", ""},
	{"something behind", "POST", "/multi-search", search(`"x = a b"`), 400, "invalid_search_filter", ""},
	{"something unreadable", "POST", "/multi-search", search(`"x = 空 气"`), 400, "invalid_search_filter", ""},
	{"too deep", "POST", "/multi-search", search(`"` + strings.Repeat("(", 60) + "x = a" + strings.Repeat(")", 60) + `"`), 400, "invalid_search_filter", ""},
	{"deep", "POST", "/multi-search", search(`"` + strings.Repeat("(", 10) + "x = csv" + strings.Repeat(")", 10) + `"`), 200, "", hits("a", "b")},
	{"a filter that is a number", "POST", "/multi-search", search(`5`), 400, "invalid_search_filter", ""},

	{"an order, without the number last", "POST", "/multi-search", ordered("n:desc"), 200, "", `{"results":[{"hits":[{"id":"b"},{"id":"a"},{"id":"c"},{"id":"d"}]}]}`},
	{"an order the other way round", "POST", "/multi-search", ordered("n:asc"), 200, "", `{"results":[{"hits":[{"id":"c"},{"id":"a"},{"id":"b"},{"id":"d"}]}]}`},
	{"an order by text", "POST", "/multi-search", ordered("s:asc", "n:desc"), 200, "", `{"results":[{"hits":[{"id":"b"},{"id":"a"},{"id":"c"},{"id":"d"}]}]}`},
	{"an order without direction", "POST", "/multi-search", ordered("n"), 400, "invalid_search_sort", ""},
	{"a page", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","sort":["n:desc"],"page":2,"hitsPerPage":3,"attributesToRetrieve":["id"]}]}`, 200, "", `{"results":[{"hits":[{"id":"d"}],"page":2,"hitsPerPage":3,"totalPages":2,"totalHits":4}]}`},
	{"a part", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","sort":["n:desc"],"offset":1,"limit":2,"attributesToRetrieve":["id"]}]}`, 200, "", `{"results":[{"hits":[{"id":"a"},{"id":"c"}],"offset":1,"limit":2,"estimatedTotalHits":4}]}`},
	{"behind the end", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","offset":1000000000,"limit":2}]}`, 200, "", `{"results":[{"hits":[],"estimatedTotalHits":4}]}`},
	{"less than nothing", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","hitsPerPage":-1}]}`, 400, "invalid_search_hits_per_page", ""},
	{"counts of what was found", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":"","filter":"x = csv","facets":["x"],"hitsPerPage":0}]}`, 200, "", `{"results":[{"totalHits":2,"facetDistribution":{"x":{"csv":2,"e":1,"json":1}}}]}`},
	{"two questions, one wrong", "POST", "/multi-search", `{"queries":[{"indexUid":"INDEX","q":""},{"indexUid":"INDEX","q":"","filter":"z = 1"}]}`, 400, "invalid_search_filter", ""},

	{"a list", "POST", "/indexes/INDEX/documents/fetch", `{"filter":"x = csv","fields":["id"],"limit":1}`, 200, "", `{"results":[{"id":"a"}],"offset":0,"limit":1,"total":2}`},
	{"laid over what is there", "PUT", "/indexes/INDEX/documents?primaryKey=id", `[{"id":"a","n":4}]`, 202, "", ""},
	{"the rest stays", "GET", "/indexes/INDEX/documents/a?fields=x,n", "", 200, "", `{"x":["csv","json"],"n":4}`},
	{"delete", "POST", "/indexes/INDEX/documents/delete-batch", `["a","no-such"]`, 202, "", ""},
	{"deleted", "GET", "/indexes/INDEX/documents/a", "", 404, "document_not_found", ""},
	{"not found any more", "POST", "/multi-search", search(`"x = csv"`), 200, "", hits("b")},
	{"delete from an index that is not there", "POST", "/indexes/OTHER/documents/delete-batch", `["a"]`, 202, "index_not_found", ""},

	{"swap one", "POST", "/swap-indexes", `[{"indexes":["INDEX"]}]`, 400, "invalid_swap_indexes", ""},
	{"swap with itself", "POST", "/swap-indexes", `[{"indexes":["INDEX","INDEX"]}]`, 400, "invalid_swap_duplicate_index_found", ""},
	{"swap with nothing", "POST", "/swap-indexes", `[{"indexes":["INDEX","OTHER"],"rename":false}]`, 202, "index_not_found", ""},
	{"documents make an index", "POST", "/indexes/OTHER/documents?primaryKey=id", `[{"id":"other"}]`, 202, "", ""},
	{"swap", "POST", "/swap-indexes", `[{"indexes":["INDEX","OTHER"],"rename":false}]`, 202, "", ""},
	{"what was in the other", "GET", "/indexes/INDEX/documents/other", "", 200, "", `{"id":"other"}`},
	{"settings are swapped too", "POST", "/multi-search", search(`"x = csv"`), 400, "invalid_search_filter", ""},
	{"what was here", "GET", "/indexes/OTHER/documents/b?fields=id", "", 200, "", `{"id":"b"}`},
	{"remove", "DELETE", "/indexes/INDEX", "", 202, "", ""},
	{"remove again", "DELETE", "/indexes/INDEX", "", 202, "index_not_found", ""},
	{"remove the other", "DELETE", "/indexes/OTHER", "", 202, "", ""},
	{"a task that is not there", "GET", "/tasks/4000000000", "", 404, "task_not_found", ""},
	{"a path that is not there", "GET", "/nothing", "", 404, "", ""},
}

func search(filter string) string {
	return `{"queries":[{"indexUid":"INDEX","q":"","filter":` + filter + `,"attributesToRetrieve":["id"]}]}`
}

func ordered(by ...string) string {
	sort, _ := json.Marshal(by)
	return `{"queries":[{"indexUid":"INDEX","q":"","sort":` + string(sort) + `,"attributesToRetrieve":["id"]}]}`
}

func hits(ids ...string) string {
	list := []map[string]string{}
	for _, id := range ids {
		list = append(list, map[string]string{"id": id})
	}
	hits, _ := json.Marshal(list)
	return `{"results":[{"hits":` + string(hits) + `}]}`
}

const key = "stand-in-key"

func TestItAnswersAsTheServerDoes(t *testing.T) {
	walk(t, meilitest.Start(t, key).URL, key)
	if address := os.Getenv("SHUYUAN_TEST_MEILI_URL"); address != "" {
		t.Run("on a real server", func(t *testing.T) { walk(t, address, os.Getenv("SHUYUAN_TEST_MEILI_KEY")) })
	}
}

func walk(t *testing.T, address, key string) {
	name := "shuyuan-test-" + strings.ToLower(rand.Text())
	names := strings.NewReplacer("INDEX", name, "OTHER", name+"-other")
	for _, s := range steps {
		status, got := ask(t, key, s.method, address+names.Replace(s.path), names.Replace(s.body))
		if status != s.status {
			t.Errorf("%s: status %d, want %d: %v", s.name, status, s.status, got)
			continue
		}
		code := got["code"]
		if status == http.StatusAccepted {
			code = await(t, key, address, got["taskUid"])
		}
		if code == nil {
			code = ""
		}
		if code != s.code {
			t.Errorf("%s: code %v, want %q: %v", s.name, code, s.code, got["message"])
		}
		if s.want == "" {
			continue
		}
		var want map[string]any
		if err := json.Unmarshal([]byte(names.Replace(s.want)), &want); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if diff := cmp.Diff(any(want), within(want, got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.name, diff)
		}
	}
}

// within is the part of got that want speaks of.
func within(want, got any) any {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		out := map[string]any{}
		for k := range w {
			v, ok := g[k]
			switch {
			case !ok:
			case k == "facetDistribution": // what is not counted matters as well
				out[k] = v
			default:
				out[k] = within(w[k], v)
			}
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return got
		}
		out := make([]any, len(g))
		for i := range g {
			out[i] = within(w[i], g[i])
		}
		return out
	}
	return got
}

func ask(t *testing.T, key, method, address, body string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var got map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil && err != io.EOF {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	return answer.StatusCode, got
}

// await asks until the task has ended, and gives the code of its error.
func await(t *testing.T, key, address string, uid any) any {
	t.Helper()
	for range 3000 {
		status, got := ask(t, key, http.MethodGet, fmt.Sprintf("%s/tasks/%.0f", address, uid), "")
		if status != http.StatusOK {
			t.Fatalf("task %v: status %d", uid, status)
		}
		switch got["status"] {
		case "succeeded":
			return nil
		case "failed":
			return got["error"].(map[string]any)["code"]
		}
		select {
		case <-t.Context().Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatalf("task %v does not end", uid)
	return nil
}

func TestWithoutTheKeyNothingIsAnswered(t *testing.T) {
	server := meilitest.Start(t, key)
	for given, want := range map[string]string{"": "401 missing_authorization_header", "wrong": "403 invalid_api_key"} {
		status, got := ask(t, given, http.MethodGet, server.URL+"/indexes", "")
		if s := fmt.Sprintf("%d %v", status, got["code"]); s != want {
			t.Errorf("key %q: %s, want %s", given, s, want)
		}
	}
	if status, _ := ask(t, "", http.MethodGet, server.URL+"/health", ""); status != http.StatusOK {
		t.Errorf("health: %d", status)
	}
}

// Who does not wait for a task sees what was before.
func TestTasksAreDoneLaterAndInOrder(t *testing.T) {
	server := meilitest.Start(t, "")
	_, first := ask(t, "", http.MethodPost, server.URL+"/indexes", `{"uid":"a"}`)
	_, second := ask(t, "", http.MethodPost, server.URL+"/indexes", `{"uid":"a"}`)
	if status, _ := ask(t, "", http.MethodGet, server.URL+"/indexes/a", ""); status != http.StatusNotFound {
		t.Errorf("the index is there before its task was done: %d", status)
	}
	if code := await(t, "", server.URL, second["taskUid"]); code != "index_already_exists" {
		t.Errorf("the second task: %v", code)
	}
	if code := await(t, "", server.URL, first["taskUid"]); code != nil {
		t.Errorf("the first task: %v", code)
	}
}

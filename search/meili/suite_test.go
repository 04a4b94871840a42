package meili_test

import (
	"crypto/rand"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/search"
	"shuyuan/search/chinese"
	"shuyuan/search/meili"
	"shuyuan/search/meili/meilitest"
	"shuyuan/search/searchtest"
)

var lexicon = chinese.Default()

func words() *chinese.Lexicon { return lexicon }

func open(t testing.TB, c meili.Config) *meili.Engine {
	t.Helper()
	c.Lexicon = words
	e, err := meili.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestEngine(t *testing.T) {
	searchtest.Run(t, func(t *testing.T) searchtest.Place {
		server := meilitest.Start(t, key)
		return func(t *testing.T) search.Engine { return open(t, meili.Config{URL: server.URL, Key: key}) }
	})
	outside(t)
}

func TestWhatIsNearerComesFirst(t *testing.T) {
	server := meilitest.Start(t, "")
	e := open(t, meili.Config{URL: server.URL})
	docs := []search.Document{ // in the order wanted; use alone would turn it round
		{ID: "the title itself", Title: "巴士  站点"},
		{ID: "all of it in the title", Title: "巴士站点一览"},
		{ID: "more of the title", Title: "全市巴士站点"},
		{ID: "another word for it", Title: "公交站点"},
		{ID: "the title and a tag", Title: "站点", Tags: []string{"巴士"}},
		{ID: "the summary", Title: "名录", Summary: "巴士站点"},
		{ID: "a value", Title: "编码", Values: []string{"巴士站点"}},
	}
	for i := range docs {
		docs[i].ID, docs[i].Popular = strings.ReplaceAll(docs[i].ID, " ", "-"), int64(i)
	}
	docs[2].Popular = 1 // where it is equally near, what is used more comes first
	docs[1].Popular = 2
	if err := e.Replace(t.Context(), slices.Values(docs), 1); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, d := range docs {
		want = append(want, d.ID)
	}
	for offset := range docs { // page by page, so that the levels are met at every place
		r, err := e.Search(t.Context(), search.Query{Text: "巴士 站点", Sort: search.ByRelevance, Offset: offset, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range r.Hits {
			got = append(got, h.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// outside runs the same on the server that SHUYUAN_TEST_MEILI_URL names, with
// SHUYUAN_TEST_MEILI_KEY if it asks for a key. It makes indexes of its own
// there and deletes them.
func outside(t *testing.T) {
	address := os.Getenv("SHUYUAN_TEST_MEILI_URL")
	if address == "" {
		return
	}
	t.Run("on a real server", func(t *testing.T) {
		searchtest.Run(t, func(t *testing.T) searchtest.Place {
			c := meili.Config{
				URL: address, Key: os.Getenv("SHUYUAN_TEST_MEILI_KEY"), Index: "shuyuan-test-" + strings.ToLower(rand.Text()),
				SearchTimeout: 30 * time.Second, // the machine may be slow; speed is not what is tried here
			}
			t.Cleanup(func() { deleteIndex(t, c) })
			return func(t *testing.T) search.Engine { return open(t, c) }
		})
	})
}

func deleteIndex(t *testing.T, c meili.Config) {
	r, err := http.NewRequest(http.MethodDelete, c.URL+"/indexes/"+c.Index, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.Key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
}

package meili_test

import (
	"crypto/rand"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

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

// outside runs the same on the server that SHUYUAN_TEST_MEILI_URL names, with
// SHUYUAN_TEST_MEILI_KEY if it asks for a key. It makes indexes of its own
// there and deletes them.
func outside(t *testing.T) {
	address := os.Getenv("SHUYUAN_TEST_MEILI_URL")
	if address == "" {
		return
	}
	t.Run("on "+address, func(t *testing.T) {
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

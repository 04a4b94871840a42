package bleve_test

import (
	"testing"

	"shuyuan/search"
	"shuyuan/search/bleve"
	"shuyuan/search/chinese"
	"shuyuan/search/searchtest"
)

var lexicon = chinese.Default()

func words() *chinese.Lexicon { return lexicon }

func open(t testing.TB, dir string) *bleve.Engine {
	t.Helper()
	e, err := bleve.Open(dir, words)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEngine(t *testing.T) {
	searchtest.Run(t, func(t *testing.T) searchtest.Place {
		dir := t.TempDir()
		return func(t *testing.T) search.Engine { return open(t, dir) }
	})
}

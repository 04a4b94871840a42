package rows

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Where the data folder lies below one that other users may not pass through,
// as is the home of root, questions are answered and rows exported all the same.
func TestAFolderBelowAClosedOneIsReached(t *testing.T) {
	store := newStore(t)
	d := made(t, store, "SELECT i AS c0 FROM range(3) t(i)")
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	s := service(t, store, func(o *Options) { o.Dir = filepath.Join(closed, "rows") })
	table := Table{Parquet: d, Rows: 3, Key: "1/1", Schema: Schema{{Name: "数", Type: Integer, Store: "c0"}}}
	r, err := s.Query(t.Context(), table, Query{OrderBy: "数 desc"})
	if err != nil || fmt.Sprint(r.Rows) != "[[2] [1] [0]]" {
		t.Errorf("%v, %v", r, err)
	}
	e, err := s.Export(table, Query{}, ExportOptions{Format: CSV})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := e.Write(t.Context(), &out); err != nil || out.String() != "数\n0\n1\n2\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

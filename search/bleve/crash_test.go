package bleve_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"shuyuan/search"
	"shuyuan/search/bleve"
)

// The test binary is also the process that is killed.
const childVariable = "SHUYUAN_TEST_BLEVE_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		fmt.Println("failed:", child(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// child changes the index in dir over and over and says each cursor that is
// acknowledged: odd ones put a document, even ones remove that of seven changes
// before, every tenth builds the index anew.
func child(dir string) error {
	e, err := bleve.Open(dir, words)
	if err != nil {
		return err
	}
	ctx := context.Background()
	cursor, err := e.Cursor(ctx)
	for err == nil {
		cursor++
		switch {
		case cursor%10 == 0:
			err = e.Replace(ctx, slices.Values(state(cursor)), cursor)
		case cursor%2 == 0:
			err = e.Delete(ctx, []string{id(cursor - 7)}, cursor)
		default:
			err = e.Put(ctx, []search.Document{numbered(cursor)}, cursor)
		}
		fmt.Println(cursor)
	}
	return err
}

func id(n int64) string { return fmt.Sprintf("doc-%06d", n) }

func numbered(n int64) search.Document {
	return search.Document{ID: id(n), Title: fmt.Sprintf("编号%d", n), Theme: fmt.Sprintf("theme-%d", n%3)}
}

// state is what the index holds once all changes up to cursor are in.
func state(cursor int64) []search.Document {
	var docs []search.Document
	for n := max(cursor-6, 1); n <= cursor; n++ {
		if n%2 == 1 {
			docs = append(docs, numbered(n))
		}
	}
	return docs
}

// holds checks that the index holds what its cursor says, by every road.
func holds(t *testing.T, e *bleve.Engine, cursor int64) {
	t.Helper()
	var want []string
	for _, d := range state(cursor) {
		want = append(want, d.ID)
	}
	var listed, found []string
	if err := e.IDs(t.Context(), func(id string) error { listed = append(listed, id); return nil }); err != nil {
		t.Fatal(err)
	}
	r, err := e.Search(t.Context(), search.Query{Text: "编号", Limit: 1000, Facets: []search.Facet{search.FacetTheme}})
	if err != nil {
		t.Fatal(err)
	}
	counted := 0
	for _, c := range r.Facets[search.FacetTheme] {
		counted += c.Count
	}
	for _, h := range r.Hits {
		found = append(found, h.ID)
	}
	slices.Sort(listed)
	slices.Sort(found)
	if !slices.Equal(listed, want) || !slices.Equal(found, want) || counted != len(want) {
		t.Errorf("at %d it lists %v, finds %v, counts %d; want %v", cursor, listed, found, counted, want)
	}
}

func TestKilledAtAnyMomentItHoldsAllThatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	if err := e.Replace(t.Context(), slices.Values(state(0)), 0); err != nil {
		t.Fatal(err)
	}
	shut(t, e)
	for round := range 12 {
		acknowledged := runAndKill(t, dir, 3+round*5%17)
		e := open(t, dir)
		cursor, err := e.Cursor(t.Context())
		if err != nil || cursor < acknowledged {
			t.Fatalf("the cursor is %d (%v) after %d was acknowledged", cursor, err, acknowledged)
		}
		holds(t, e, cursor)
		shut(t, e)
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 3 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func shut(t *testing.T, e *bleve.Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// runAndKill lets a process change the index, kills it after some changes, in
// the middle of the next one, and returns the last cursor it acknowledged.
func runAndKill(t *testing.T, dir string, changes int) (acknowledged int64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if acknowledged, err = strconv.ParseInt(lines.Text(), 10, 64); err != nil {
			t.Fatalf("the process says %q", lines.Text())
		}
		if n == changes {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed, as wanted
	return acknowledged
}

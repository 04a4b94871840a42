package bleve_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shuyuan/search"
	"shuyuan/search/bleve"
)

// built is a folder with an index that has several segments and cursor 9.
func built(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	e := open(t, dir)
	if err := e.Replace(t.Context(), slices.Values(state(4)), 4); err != nil {
		t.Fatal(err)
	}
	for c := int64(5); c <= 9; c++ {
		var err error
		if c%2 == 0 {
			err = e.Delete(t.Context(), []string{id(c - 7)}, c)
		} else {
			err = e.Put(t.Context(), []search.Document{numbered(c)}, c)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	holds(t, e, 9)
	shut(t, e)
	return dir
}

// Whatever happens to a file: the engine opens, and either says that there is
// no usable index or holds exactly what its cursor says. It can always be built
// anew.
func TestADamagedFileIsNoticedOrDoesNoHarm(t *testing.T) {
	whole := built(t)
	var files []string
	err := filepath.WalkDir(whole, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != "lock" {
			name, _ := filepath.Rel(whole, path)
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	noticed := 0
	for _, file := range files {
		for what, harm := range harms {
			t.Run(fmt.Sprintf("%s %s", filepath.Ext(file)+filepath.Base(file)[:1], what), func(t *testing.T) {
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, file)
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if b = harm(b); b == nil {
					err = os.Remove(path)
				} else {
					err = os.WriteFile(path, b, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				e := open(t, dir)
				defer shut(t, e)
				if cursor, err := e.Cursor(t.Context()); err != nil {
					noticed++
					if _, err := e.Search(t.Context(), search.Query{}); !errors.Is(err, bleve.ErrNoIndex) {
						t.Errorf("it still answers: %v", err)
					}
				} else {
					holds(t, e, cursor)
				}
				if err := e.Replace(t.Context(), slices.Values(state(20)), 20); err != nil {
					t.Fatal(err)
				}
				holds(t, e, 20)
			})
		}
	}
	if noticed < len(files) {
		t.Errorf("only %d of the harms to %d files were noticed", noticed, len(files))
	}
}

// The file in which Bleve says what belongs to its index has no checksum of its
// own, and is read by a library that trusts every number in it.
func TestAnyBytesOfTheRootFileMayBeWrong(t *testing.T) {
	whole := built(t)
	roots, err := filepath.Glob(filepath.Join(whole, "gen-*", "root.bolt"))
	if err != nil || len(roots) != 1 {
		t.Fatalf("%v %v, want one file", roots, err)
	}
	name, _ := filepath.Rel(whole, roots[0])
	good, err := os.ReadFile(roots[0])
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 97))
	for round := range 150 {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		b := slices.Clone(good)
		for range 1 + r.IntN(12) {
			b[r.IntN(len(b))] = byte(r.IntN(256))
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
		e := open(t, dir)
		if cursor, err := e.Cursor(t.Context()); err == nil {
			holds(t, e, cursor)
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
		e.Close() //nolint:errcheck // it may well be too damaged to be closed
	}
}

// harms are what may happen to a file; nil removes it.
var harms = map[string]func([]byte) []byte{
	"removed":       func([]byte) []byte { return nil },
	"emptied":       func([]byte) []byte { return []byte{} },
	"cut in half":   func(b []byte) []byte { return b[:len(b)/2] },
	"one byte less": func(b []byte) []byte { return b[:len(b)-1] },
	"zeros": func(b []byte) []byte {
		clear(b)
		return b
	},
	"byte at the start": func(b []byte) []byte { return flipped(b, 0) },
	"byte in the middle": func(b []byte) []byte {
		return flipped(b, len(b)/2)
	},
	"byte at the end": func(b []byte) []byte { return flipped(b, len(b)-1) },
	"every 97th byte": func(b []byte) []byte {
		for i := 13; i < len(b); i += 97 {
			b[i] ^= 0x55
		}
		return b
	},
	"other text": func([]byte) []byte { return []byte(strings.Repeat("not an index\n", 1000)) },
}

func flipped(b []byte, at int) []byte {
	b[at] ^= 0xff
	return b
}

// A file that becomes shorter while it is mapped raises a fault in whoever
// reads it: the engine survives, says so, and is built anew.
func TestAFileCutWhileItIsReadIsNoticed(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	defer func() { shut(t, e) }()
	if err := e.Replace(t.Context(), world(3000), 1); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(dir, "gen-*", "*.zap"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("no segments: %v", err)
	}
	for _, s := range segments {
		if err := os.Truncate(s, 0); err != nil {
			t.Fatal(err)
		}
	}
	q := search.Query{Text: "公交站点", Limit: 10, Highlight: true}
	if _, err := e.Search(t.Context(), q); !errors.Is(err, bleve.ErrNoIndex) {
		t.Fatalf("searching a file that is cut: %v", err)
	}
	if err := e.Replace(t.Context(), slices.Values(state(3)), 3); err != nil {
		t.Fatal(err)
	}
	holds(t, e, 3)
}

func TestAnIndexOfAnotherLayoutIsNotUsed(t *testing.T) {
	dir := built(t)
	bleve.SetLayout(t, "of yesterday")
	e := open(t, dir)
	if _, err := e.Cursor(t.Context()); !errors.Is(err, bleve.ErrNoIndex) || !strings.Contains(err.Error(), "layout") {
		t.Errorf("cursor of an index of another layout: %v", err)
	}
	shut(t, e)
}

func TestOneProcessAtATimeWorksOnAFolder(t *testing.T) {
	dir := built(t)
	e := open(t, dir)
	if second, err := bleve.Open(dir, words); err == nil {
		shut(t, second)
		t.Error("a second engine works on the same folder")
	}
	holds(t, e, 9)
	shut(t, e)
	e = open(t, dir)
	holds(t, e, 9)
	shut(t, e)
}

// A source that fails ends the context: half of a catalogue replaces nothing.
func TestAnIndexIsReplacedWholeOrNotAtAll(t *testing.T) {
	dir := built(t)
	e := open(t, dir)
	defer func() { shut(t, e) }()
	ctx, cancel := context.WithCancel(t.Context())
	err := e.Replace(ctx, func(yield func(search.Document) bool) {
		for n := range int64(50) {
			if !yield(numbered(1000 + n)) {
				return
			}
		}
		cancel()
	}, 77)
	if err == nil {
		t.Fatal("half of a catalogue was taken for the whole")
	}
	holds(t, e, 9)
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 3 {
		t.Errorf("left behind: %v", left)
	}
}

// Whoever has stopped waiting gets no answer, and does no harm to the index.
func TestAQueryNobodyWaitsForEnds(t *testing.T) {
	e := open(t, built(t))
	defer func() { shut(t, e) }()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		for _, text := range []string{"", "编号", "bianhao"} {
			if _, err := e.Search(gone, search.Query{Text: text, Facets: search.Facets, Limit: 5}); !errors.Is(err, context.Canceled) {
				t.Fatalf("%q is answered: %v", text, err)
			}
		}
		if _, err := e.Suggest(gone, "编", 5); !errors.Is(err, context.Canceled) {
			t.Fatalf("completed: %v", err)
		}
	}
	holds(t, e, 9)
}

package blob_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

// elsewhere is a store whose objects are no files of this machine.
type elsewhere struct{ blob.Store }

func (e elsewhere) Open(ctx context.Context, d blob.Digest) (blob.Object, error) {
	o, err := e.Store.Open(ctx, d)
	return struct{ blob.Object }{o}, err
}

func TestAnObjectIsAFileOfThisMachine(t *testing.T) {
	s, err := blob.NewDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Put(t.Context(), strings.NewReader("甲"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, store := range map[string]blob.Store{"here": s, "elsewhere": elsewhere{s}} {
		dir := filepath.Join(t.TempDir(), "work")
		f, err := blob.Local(t.Context(), store, info.Digest, dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if b, err := io.ReadAll(f); err != nil || string(b) != "甲" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
		f.Close()
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s leaves %v", name, left)
		}
	}
	if _, err := blob.Local(t.Context(), s, blob.Digest(strings.Repeat("0", 64)), t.TempDir()); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

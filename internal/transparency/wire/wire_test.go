package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"

	"shuyuan/internal/transparency/wire"
)

// TestPathsAreThoseOfTlogTiles compares paths with another's of the same rules.
func TestPathsAreThoseOfTlogTiles(t *testing.T) {
	for _, n := range []uint64{0, 1, 66, 999, 1000, 1234067, 999_999_999} {
		for _, p := range []uint8{0, 1, 17, 255} {
			width := int(p)
			if p == 0 {
				width = wire.TileWidth
			}
			for _, c := range []struct {
				path string
				tile wire.TilePath
			}{
				{layout.TilePath(0, n, p), wire.TilePath{Level: 0, N: int64(n), Width: width}},
				{layout.TilePath(3, n, p), wire.TilePath{Level: 3, N: int64(n), Width: width}},
				{layout.EntriesPath(n, p), wire.TilePath{Level: wire.Entries, N: int64(n), Width: width}},
			} {
				if got := "tile/" + c.tile.String(); got != c.path {
					t.Errorf("%s, want %s", got, c.path)
				}
				if got, err := wire.ParseTilePath(strings.TrimPrefix(c.path, "tile/")); err != nil || got != c.tile {
					t.Errorf("%s is %+v (%v)", c.path, got, err)
				}
			}
		}
	}
}

func TestOtherPathsAreNone(t *testing.T) {
	for _, s := range []string{
		"", "0", "0/", "/000", "0/0", "0/0000", "00/000", "0/x000/000", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p", "-1/000", "8/000", "64/000", "data/000", "entries/0",
		"entries/x001/000.p/", "0/../000", "0/001/000", "0/000/", "entries//000", "0/x999/x999/x999/x999/x999/x999/x999/x999/999", "0/+00", "0/000.p/1/", "0/０００",
	} {
		if p, err := wire.ParseTilePath(s); err == nil {
			t.Errorf("%q is %+v", s, p)
		}
	}
}

func TestABundleIsReadByAnother(t *testing.T) {
	list := [][]byte{[]byte("a"), {}, bytes.Repeat([]byte("b"), 65535)}
	var b api.EntryBundle
	if err := b.UnmarshalText(wire.Bundle(list)); err != nil || len(b.Entries) != len(list) {
		t.Fatalf("%d entries (%v)", len(b.Entries), err)
	}
	got, err := wire.ParseBundle(wire.Bundle(list))
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if !bytes.Equal(b.Entries[i], list[i]) || !bytes.Equal(got[i], list[i]) {
			t.Errorf("entry %d is another", i)
		}
	}
	for _, cut := range [][]byte{{0}, {0, 2, 'a'}, wire.Bundle(list)[:100]} {
		if _, err := wire.ParseBundle(cut); err == nil {
			t.Errorf("%q is a bundle", cut)
		}
	}
}

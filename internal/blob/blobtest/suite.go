// Package blobtest is what every blob.Store must do, and a real S3 server to
// try it on.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

// Run tries the whole contract of blob.Store. fresh returns an empty store.
func Run(t *testing.T, fresh func() blob.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, blob.Store)
	}{
		{"what was put is got back", putAndGet},
		{"an object of no bytes is an object", empty},
		{"a big object keeps every byte", big},
		{"the same bytes are one object", same},
		{"the same bytes put at once are one object", parallel},
		{"over the limit nothing is left", overLimit},
		{"exactly the limit is fine", atLimit},
		{"a reader that fails leaves nothing", failingReader},
		{"a cancelled put leaves nothing", cancelled},
		{"a cancelled read ends", cancelledRead},
		{"reading can start anywhere", ranges},
		{"what is not there is not found", missing},
		{"a digest that is none is refused", badDigests},
		{"what is deleted is gone", deleting},
		{"a list can be broken off", brokenList},
		{"a list says when", modified},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, fresh()) })
	}
}

// Bytes returns n bytes that look random and are the same in every run.
func Bytes(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

// Digest is the digest of b.
func Digest(b []byte) blob.Digest {
	sum := sha256.Sum256(b)
	return blob.Digest(hex.EncodeToString(sum[:]))
}

// Put stores b and fails the test if that fails.
func Put(t *testing.T, s blob.Store, b []byte) blob.Info {
	t.Helper()
	info, err := s.Put(t.Context(), bytes.NewReader(b), 0)
	if err != nil {
		t.Fatalf("put %d bytes: %v", len(b), err)
	}
	if want := (blob.Info{Digest: Digest(b), Bytes: int64(len(b))}); info != want {
		t.Fatalf("put says %v, want %v", info, want)
	}
	return info
}

// List is every object of s.
func List(t *testing.T, s blob.Store) map[blob.Digest]int64 {
	t.Helper()
	all := map[blob.Digest]int64{}
	err := s.List(t.Context(), func(i blob.Info) error {
		if _, twice := all[i.Digest]; twice {
			t.Errorf("%s is listed twice", i.Digest)
		}
		all[i.Digest] = i.Bytes
		return nil
	})
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	return all
}

func read(t *testing.T, s blob.Store, d blob.Digest) []byte {
	t.Helper()
	o, err := s.Open(t.Context(), d)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer o.Close()
	b, err := io.ReadAll(o)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if o.Bytes() != int64(len(b)) {
		t.Errorf("the object says it has %d bytes, and has %d", o.Bytes(), len(b))
	}
	return b
}

func wantKind(t *testing.T, err error, k fault.Kind) {
	t.Helper()
	if fault.KindOf(err) != k {
		t.Errorf("got %v, want a fault of kind %d", err, k)
	}
}

func wantEmpty(t *testing.T, s blob.Store) {
	t.Helper()
	if all := List(t, s); len(all) != 0 {
		t.Errorf("left behind: %v", all)
	}
}

func holds(t *testing.T, s blob.Store, b []byte) {
	t.Helper()
	i := Put(t, s, b)
	if !bytes.Equal(read(t, s, i.Digest), b) {
		t.Error("other bytes came back")
	}
	st, err := s.Stat(t.Context(), i.Digest)
	if err != nil || st != i {
		t.Errorf("stat says %v %v, want %v", st, err, i)
	}
	if _, err := blob.Verify(t.Context(), s, i.Digest); err != nil {
		t.Errorf("verify: %v", err)
	}
	if all := List(t, s); len(all) != 1 || all[i.Digest] != i.Bytes {
		t.Errorf("list says %v", all)
	}
}

func putAndGet(t *testing.T, s blob.Store) { holds(t, s, []byte("福建省,2024\n")) }
func empty(t *testing.T, s blob.Store)     { holds(t, s, nil) }
func big(t *testing.T, s blob.Store)       { holds(t, s, Bytes(40<<20+7)) }

func same(t *testing.T, s blob.Store) {
	Put(t, s, []byte("一"))
	Put(t, s, []byte("一"))
	if all := List(t, s); len(all) != 1 {
		t.Errorf("list says %v", all)
	}
}

func parallel(t *testing.T, s blob.Store) {
	b := Bytes(300_000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Put(t.Context(), bytes.NewReader(b), 0); err != nil {
				t.Errorf("put: %v", err)
			}
		})
	}
	wg.Wait()
	if all := List(t, s); len(all) != 1 {
		t.Errorf("list says %v", all)
	}
	if !bytes.Equal(read(t, s, Digest(b)), b) {
		t.Error("other bytes came back")
	}
}

func overLimit(t *testing.T, s blob.Store) {
	_, err := s.Put(t.Context(), bytes.NewReader(Bytes(1001)), 1000)
	wantKind(t, err, fault.TooLarge)
	wantEmpty(t, s)
}

func atLimit(t *testing.T, s blob.Store) {
	if _, err := s.Put(t.Context(), bytes.NewReader(Bytes(1000)), 1000); err != nil {
		t.Error(err)
	}
}

func failingReader(t *testing.T, s blob.Store) {
	broken := errors.New("line dropped")
	_, err := s.Put(t.Context(), io.MultiReader(bytes.NewReader(Bytes(100_000)), iotest.ErrReader(broken)), 0)
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's own error", err)
	}
	wantEmpty(t, s)
}

func cancelled(t *testing.T, s blob.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	r := io.MultiReader(bytes.NewReader(Bytes(100_000)), cancelling{cancel}, bytes.NewReader(Bytes(100_000)))
	_, err := s.Put(ctx, r, 0)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	wantEmpty(t, s)
}

type cancelling struct{ cancel func() }

func (c cancelling) Read([]byte) (int, error) { c.cancel(); return 0, io.EOF }

func cancelledRead(t *testing.T, s blob.Store) {
	i := Put(t, s, Bytes(1000))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Open(ctx, i.Digest)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("open: got %v, want context.Canceled", err)
	}
}

func ranges(t *testing.T, s blob.Store) {
	b := Bytes(6<<20 + 11)
	i := Put(t, s, b)
	o, err := s.Open(t.Context(), i.Digest)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	at := func(want, off int64, whence int, length int) {
		t.Helper()
		got, err := o.Seek(off, whence)
		if err != nil || got != want {
			t.Fatalf("seek(%d, %d) = %d, %v; want %d", off, whence, got, err, want)
		}
		p := make([]byte, length)
		if _, err := io.ReadFull(o, p); err != nil {
			t.Fatalf("read %d at %d: %v", length, want, err)
		}
		if !bytes.Equal(p, b[want:want+int64(length)]) {
			t.Errorf("other bytes at %d", want)
		}
	}
	size := int64(len(b))
	at(0, 0, io.SeekStart, 10)
	at(5<<20, 5<<20, io.SeekStart, 100)
	at(5<<20+150, 50, io.SeekCurrent, 100)
	at(size-5, -5, io.SeekEnd, 5)
	if n, err := o.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %d, %v; want io.EOF", n, err)
	}
	at(3, 3, io.SeekStart, len(b)-3) // longer than any one range
	at(0, 0, io.SeekStart, len(b))
	if _, err := o.Seek(-1, io.SeekStart); err == nil {
		t.Error("a seek before the start is accepted")
	}
	if _, err := o.Seek(10, io.SeekEnd); err != nil {
		t.Errorf("a seek past the end: %v", err)
	}
	if _, err := o.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("past the end: %v, want io.EOF", err)
	}
	o.Close()
	if _, err := o.Read(make([]byte, 1)); err == nil {
		t.Error("a closed object can be read")
	}
}

func missing(t *testing.T, s blob.Store) {
	d := Digest([]byte("nobody put this"))
	_, err := s.Open(t.Context(), d)
	wantKind(t, err, fault.NotFound)
	_, err = s.Stat(t.Context(), d)
	wantKind(t, err, fault.NotFound)
	if err := s.Delete(t.Context(), d); err != nil {
		t.Errorf("delete: %v", err)
	}
}

func badDigests(t *testing.T, s blob.Store) {
	for _, d := range []blob.Digest{
		"", "ab", "../../../../etc/passwd", blob.Digest(strings.Repeat("A", 64)), blob.Digest(strings.Repeat("/", 64)),
		blob.Digest(strings.Repeat("a", 63) + "\x00"), blob.Digest(strings.Repeat("a", 65)),
	} {
		_, err := s.Open(t.Context(), d)
		wantKind(t, err, fault.Invalid)
		_, err = s.Stat(t.Context(), d)
		wantKind(t, err, fault.Invalid)
		wantKind(t, s.Delete(t.Context(), d), fault.Invalid)
	}
}

func deleting(t *testing.T, s blob.Store) {
	one, two := Put(t, s, []byte("一")), Put(t, s, []byte("二"))
	if err := s.Delete(t.Context(), one.Digest); err != nil {
		t.Fatal(err)
	}
	_, err := s.Stat(t.Context(), one.Digest)
	wantKind(t, err, fault.NotFound)
	if !bytes.Equal(read(t, s, two.Digest), []byte("二")) {
		t.Error("the other object changed")
	}
	Put(t, s, []byte("一")) // it can come back
}

func brokenList(t *testing.T, s blob.Store) {
	Put(t, s, []byte("一"))
	Put(t, s, []byte("二"))
	enough, n := errors.New("enough"), 0
	err := s.List(t.Context(), func(blob.Info) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("got %v after %d, want my own error after 1", err, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.List(ctx, func(blob.Info) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func modified(t *testing.T, s blob.Store) {
	Put(t, s, []byte("一"))
	err := s.List(t.Context(), func(i blob.Info) error {
		if i.Modified.Year() < 2020 {
			t.Errorf("modified %v", i.Modified)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

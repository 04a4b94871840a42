package rows

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"shuyuan/internal/blob"
)

// files keeps copies of Parquet files where workers can read them, since a
// worker reaches no store. The folder cannot be listed by them: a worker finds
// only what it is told the digest of.
type files struct {
	dir   string
	store blob.Store
	most  int64 // bytes; more only while more is in use

	mu    sync.Mutex
	known map[blob.Digest]*kept
	order *list.List // of *kept, the latest used first
	bytes int64

	made atomic.Int64 // fast copies
}

// kept is one file, perhaps still being copied, and its fast copy.
type kept struct {
	digest blob.Digest
	ready  chan struct{}
	err    error
	bytes  int64
	users  int
	place  *list.Element
	tried  bool      // to make a fast copy
	fast   *fastCopy // nil: none
}

// there reports whether the file is no longer being copied.
func (k *kept) there() bool {
	select {
	case <-k.ready:
		return true
	default:
		return false
	}
}

func newFiles(dir string, store blob.Store, most int64) (*files, error) {
	if err := os.Mkdir(dir, 0o711); err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	return &files{dir: dir, store: store, most: most, known: map[blob.Digest]*kept{}, order: list.New()}, nil
}

// use returns the path of the file d, which stays there until done is called.
func (f *files) use(ctx context.Context, d blob.Digest) (path string, done func(), err error) {
	if err := d.Check(); err != nil {
		return "", nil, err
	}
	k, mine := f.take(d)
	if mine {
		k.bytes, k.err = f.copy(context.WithoutCancel(ctx), d) // others may wait for it
		f.settle(k)
	}
	select {
	case <-k.ready:
	case <-ctx.Done():
		f.release(k)
		return "", nil, context.Cause(ctx)
	}
	if k.err != nil {
		f.release(k)
		return "", nil, k.err
	}
	return f.path(d), sync.OnceFunc(func() { f.release(k) }), nil
}

func (f *files) path(d blob.Digest) string { return filepath.Join(f.dir, string(d)+".parquet") }

// take counts one more user of d, and says whether it is for the caller to copy.
func (f *files) take(d blob.Digest) (*kept, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if k, ok := f.known[d]; ok {
		k.users++
		f.order.MoveToFront(k.place)
		return k, false
	}
	k := &kept{digest: d, ready: make(chan struct{}), users: 1}
	k.place = f.order.PushFront(k)
	f.known[d] = k
	return k, true
}

// settle makes a copied file known and makes room for it.
func (f *files) settle(k *kept) {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(k.ready)
	if k.err != nil {
		f.forget(k)
		return
	}
	f.bytes += k.bytes
	f.makeRoom()
}

func (f *files) release(k *kept) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k.users--
	f.makeRoom()
}

// makeRoom removes what was not used for longest and nobody uses now.
func (f *files) makeRoom() {
	for e := f.order.Back(); e != nil && f.bytes > f.most; {
		k, before := e.Value.(*kept), e.Prev()
		if k.users == 0 {
			f.bytes -= k.bytes
			f.forget(k)
			os.Remove(f.path(k.digest))
			if k.fast != nil {
				f.bytes -= k.fast.bytes
				k.fast.erase()
			}
		}
		e = before
	}
}

func (f *files) forget(k *kept) {
	f.order.Remove(k.place)
	delete(f.known, k.digest)
}

// copy copies d out of the store and checks that it is what it is called.
func (f *files) copy(ctx context.Context, d blob.Digest) (int64, error) {
	o, err := f.store.Open(ctx, d)
	if err != nil {
		return 0, err
	}
	defer o.Close()
	h := sha256.New()
	n, err := f.write(f.path(d), io.TeeReader(o, h), func(n int64) error {
		if got := hex.EncodeToString(h.Sum(nil)); got != string(d) {
			return fmt.Errorf("object %s holds %d bytes with digest %s", d, n, got)
		}
		return nil
	})
	if err != nil {
		return 0, unavailable(err)
	}
	return n, nil
}

// write puts all that r gives into a file at path, if check finds nothing wrong
// with it. Nobody writes in it after that.
func (f *files) write(path string, r io.Reader, check func(bytes int64) error) (int64, error) {
	tmp, err := os.CreateTemp(f.dir, "copy-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(tmp.Name()) // gone already if it was renamed
	defer tmp.Close()
	n, err := io.Copy(tmp, r)
	if err != nil {
		return 0, err
	}
	if check != nil {
		if err := check(n); err != nil {
			return 0, err
		}
	}
	if err := tmp.Chmod(0o444); err != nil {
		return 0, err
	}
	return n, os.Rename(tmp.Name(), path)
}

// ownFolder makes a folder below dir for this process alone, and removes those
// of processes that have ended.
func ownFolder(dir string) (string, *os.File, error) {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return "", nil, fmt.Errorf("rows: %w", err)
	}
	old, err := filepath.Glob(filepath.Join(dir, "run-*"))
	if err != nil {
		return "", nil, fmt.Errorf("rows: %w", err)
	}
	for _, path := range old {
		if lock, err := lockFolder(path); err == nil {
			os.RemoveAll(path)
			lock.Close()
		}
	}
	own, err := os.MkdirTemp(dir, "run-")
	if err != nil {
		return "", nil, fmt.Errorf("rows: %w", err)
	}
	if err := os.Chmod(own, 0o711); err != nil {
		return "", nil, fmt.Errorf("rows: %w", err)
	}
	lock, err := lockFolder(own)
	return own, lock, err
}

// lockFolder holds a folder for as long as the process lives.
func lockFolder(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("rows: lock %s: %w", path, err)
	}
	return f, nil
}

package engine

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"filippo.io/age"
	"golang.org/x/sys/unix"
)

// vault keeps the files of mounts: encrypted on disk, and some of them open in
// sealed memory, from which workers read.
type vault struct {
	dir  string
	most int64 // bytes in memory, more only while more is in use

	mu    sync.Mutex
	known map[string]*opened // by workspace and file
	order *list.List         // the latest used first
	bytes int64
}

// opened is a file in memory.
type opened struct {
	name  string
	file  *os.File
	bytes int64
	users int
	gone  bool
	place *list.Element
}

func newVault(dir string, most int64) (*vault, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	return &vault{dir: dir, most: most, known: map[string]*opened{}, order: list.New()}, nil
}

// folder is where a workspace's files are.
func (v *vault) folder(id string) (string, error) {
	if id == "" || len(id) > 80 {
		return "", fmt.Errorf("engine: a workspace called %q", id)
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return "", fmt.Errorf("engine: a workspace called %q", id)
		}
	}
	return filepath.Join(v.dir, id), nil
}

// put encrypts what r gives and keeps it under a name, whole or not at all.
func (v *vault) put(w Workspace, name string, r io.Reader) (err error) {
	dir, err := v.folder(w.ID)
	if err != nil {
		return err
	}
	s, err := w.sealer()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, unfinished)
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already if it was renamed
	defer tmp.Close()
	sealed, err := age.Encrypt(tmp, s)
	if err != nil {
		return err
	}
	if _, err := io.Copy(sealed, r); err != nil {
		return err
	}
	if err := errors.Join(sealed.Close(), tmp.Sync()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), filepath.Join(dir, name))
}

// get decrypts a kept file. It returns fs.ErrNotExist if there is none.
func (v *vault) get(w Workspace, name string) (io.ReadCloser, error) {
	dir, err := v.folder(w.ID)
	if err != nil {
		return nil, err
	}
	s, err := w.sealer()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(f, s)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("engine: %s: %w", name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{r, f}, nil
}

// open returns a kept file in sealed memory, decrypted and of the digest that it
// must have, until done is called.
func (v *vault) open(ctx context.Context, w Workspace, name, digest string) (file *os.File, done func(), err error) {
	id := w.ID + "/" + name
	v.mu.Lock()
	defer v.mu.Unlock()
	o, ok := v.known[id]
	if !ok {
		if o, err = v.load(w, name, digest); err != nil {
			return nil, nil, err
		}
		o.name, o.place = id, v.order.PushFront(o)
		v.known[id] = o
		v.bytes += o.bytes
	}
	v.order.MoveToFront(o.place)
	o.users++
	v.makeRoom()
	return o.file, sync.OnceFunc(func() { v.release(o) }), ctx.Err()
}

func (v *vault) release(o *opened) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o.users--
	if o.gone && o.users == 0 {
		o.file.Close()
	}
	v.makeRoom()
}

func (v *vault) makeRoom() {
	for e := v.order.Back(); e != nil && v.bytes > v.most; {
		o, before := e.Value.(*opened), e.Prev()
		if o.users == 0 {
			v.drop(o)
		}
		e = before
	}
}

func (v *vault) drop(o *opened) {
	delete(v.known, o.name)
	v.order.Remove(o.place)
	v.bytes -= o.bytes
	if o.gone = true; o.users == 0 {
		o.file.Close()
	}
}

// load decrypts a file into memory that nobody can write any more.
func (v *vault) load(w Workspace, name, digest string) (*opened, error) {
	r, err := v.get(w, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	fd, err := unix.MemfdCreate("mount", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	file := os.NewFile(uintptr(fd), "mount")
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, h), r)
	if err == nil && hex.EncodeToString(h.Sum(nil)) != digest {
		err = errors.New("engine: a mount's file is not what was prepared")
	}
	if err == nil {
		_, err = unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &opened{file: file, bytes: n}, nil
}

// erase forgets and removes everything of a workspace.
func (v *vault) erase(id string) error {
	dir, err := v.folder(id)
	if err != nil {
		return err
	}
	v.mu.Lock()
	for name, o := range v.known {
		if filepath.Dir(name) == id {
			v.drop(o)
		}
	}
	v.mu.Unlock()
	if err := os.RemoveAll(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("engine: %w", err)
	}
	return nil
}

func (v *vault) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range v.known {
		v.drop(o)
	}
}

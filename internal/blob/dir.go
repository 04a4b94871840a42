package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"shuyuan/internal/fault"
)

// abandoned is the age at which a temporary file belongs to nobody any more:
// no upload takes that long.
const abandoned = 24 * time.Hour

// Dir keeps objects in a folder, as aa/bb/digest. An object is written to
// tmp/ first and renamed when it is durable: whatever dies, and wherever, an
// object is there whole or not at all.
type Dir struct {
	root string
}

// NewDir returns a store on the folder path, which it makes if needed, and
// sweeps what dead processes left half written.
func NewDir(path string) (Store, error) {
	d := &Dir{root: path}
	if err := os.MkdirAll(d.tmp(), 0o700); err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	if _, err := d.Sweep(abandoned); err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	return d, nil
}

func (d *Dir) tmp() string { return filepath.Join(d.root, "tmp") }

func (d *Dir) path(x Digest) string { return filepath.Join(d.root, filepath.FromSlash(x.key())) }

// Put implements Store.
func (d *Dir) Put(ctx context.Context, r io.Reader, limit int64) (Info, error) {
	f, err := os.CreateTemp(d.tmp(), "put-")
	if err != nil {
		return Info{}, diskFault(err)
	}
	defer os.Remove(f.Name()) // gone already if it was renamed
	defer f.Close()
	info, err := spool(ctx, f, r, limit)
	if err != nil {
		return Info{}, diskFault(err)
	}
	if err := f.Chmod(0o400); err != nil {
		return Info{}, diskFault(err)
	}
	if err := f.Sync(); err != nil {
		return Info{}, diskFault(err)
	}
	return info, d.keep(f.Name(), info.Digest)
}

// keep gives the temporary file its name and makes that name durable. An
// object that is there already is replaced by its equal, which also mends it.
func (d *Dir) keep(tmp string, x Digest) error {
	name := d.path(x)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return diskFault(err)
	}
	if err := os.Rename(tmp, name); err != nil {
		return diskFault(err)
	}
	for _, dir := range []string{filepath.Dir(name), filepath.Dir(filepath.Dir(name)), d.root} {
		if err := syncDir(dir); err != nil {
			return diskFault(err)
		}
	}
	return nil
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Open implements Store.
func (d *Dir) Open(ctx context.Context, x Digest) (Object, error) {
	if err := x.Check(); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(d.path(x), os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ELOOP) {
		return nil, notFound(x)
	}
	if err != nil {
		return nil, diskFault(err)
	}
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		f.Close()
		return nil, notFound(x)
	}
	return dirObject{f, st.Size()}, nil
}

// dirObject embeds the file, so that a copy to a socket can be a sendfile.
type dirObject struct {
	*os.File
	bytes int64
}

func (o dirObject) Bytes() int64 { return o.bytes }

// Stat implements Store.
func (d *Dir) Stat(ctx context.Context, x Digest) (Info, error) {
	if err := x.Check(); err != nil {
		return Info{}, err
	}
	if err := context.Cause(ctx); err != nil {
		return Info{}, err
	}
	st, err := os.Lstat(d.path(x))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !st.Mode().IsRegular() {
		return Info{}, notFound(x)
	}
	if err != nil {
		return Info{}, diskFault(err)
	}
	return Info{Digest: x, Bytes: st.Size()}, nil
}

// Delete implements Store.
func (d *Dir) Delete(ctx context.Context, x Digest) error {
	if err := x.Check(); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	err := os.Remove(d.path(x))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return diskFault(err)
	}
	return diskFault(syncDir(filepath.Dir(d.path(x))))
}

// List implements Store. Files that are no objects are passed over.
func (d *Dir) List(ctx context.Context, yield func(Info) error) error {
	return filepath.WalkDir(d.root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // deleted while we looked
		case err != nil:
			return diskFault(err)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case e.IsDir() && path == d.tmp():
			return fs.SkipDir
		case !e.Type().IsRegular():
			return nil
		}
		x := Digest(e.Name())
		if x.Check() != nil || path != d.path(x) {
			return nil
		}
		st, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return diskFault(err)
		}
		return yield(Info{Digest: x, Bytes: st.Size(), Modified: st.ModTime()})
	})
}

// Sweep removes temporary files that nobody wrote to for that long, by the
// clock of the file system itself, and says how many.
func (d *Dir) Sweep(age time.Duration) (int, error) {
	probe, err := os.CreateTemp(d.tmp(), "now-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	now, err := probe.Stat()
	if err != nil {
		return 0, err
	}
	entries, err := os.ReadDir(d.tmp())
	if err != nil {
		return 0, err
	}
	swept := 0
	for _, e := range entries {
		st, err := e.Info()
		if err != nil || now.ModTime().Sub(st.ModTime()) < age || e.Name() == filepath.Base(probe.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(d.tmp(), e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return swept, err
		}
		swept++
	}
	return swept, nil
}

// diskFault tells a full or failing disk from an error of the caller's reader.
func diskFault(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case err == nil || fault.KindOf(err) != fault.Internal:
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.New(fault.Unavailable, "存储空间已满，文件没有保存。").Because(err)
	case errors.As(err, &path), errors.As(err, &link):
		return unavailable(err)
	}
	return err
}

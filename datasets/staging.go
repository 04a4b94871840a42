package datasets

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// staging is the folder of files that are not whole yet, one each, by the id of
// their upload. A file may hold more than its row says: only what the row says
// was acknowledged, and the rest is cut off when more comes.
type staging struct {
	dir   string
	rules UploadRules

	mu      sync.Mutex
	writers map[string]*writer
}

// writer is who sends the bytes of an upload at the moment. There is one at a
// time; the next one ends the one before, which may wait for a sender who is
// long gone.
type writer struct {
	stop func()
	gone chan struct{}
}

const stagedSuffix = ".part"

func (g *staging) path(id string) string { return filepath.Join(g.dir, id+stagedSuffix) }

// admits refuses what no file may be, and what the disk has no room for.
func (g *staging) admits(bytes int64) error {
	switch {
	case bytes <= 0:
		return fault.New(fault.Invalid, "文件是空的。")
	case bytes > g.rules.FileBytes:
		return fault.New(fault.TooLarge, "文件超过 %d 字节的上限。", g.rules.FileBytes)
	}
	if err := os.MkdirAll(g.dir, 0o700); err != nil {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// free is how many bytes the disk has left.
func (g *staging) free() (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(g.dir, &st); err != nil {
		return 0, fmt.Errorf("staging: %w", err)
	}
	return int64(st.Bavail) * st.Bsize, nil //nolint:gosec // no disk is so large
}

// open opens the file of an upload, and makes it, durably, where it is not there
// yet.
func (g *staging) open(id string) (*os.File, error) {
	f, err := os.OpenFile(g.path(id), os.O_WRONLY|syscall.O_NOFOLLOW, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, diskFault(err)
	}
	if err := os.MkdirAll(g.dir, 0o700); err != nil {
		return nil, diskFault(err)
	}
	if f, err = os.OpenFile(g.path(id), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		return nil, diskFault(err)
	}
	dir, err := os.Open(g.dir)
	if err == nil {
		err = errors.Join(dir.Sync(), dir.Close())
	}
	if err != nil {
		f.Close()
		return nil, diskFault(err)
	}
	return f, nil
}

func (g *staging) remove(id string) error {
	if err := os.Remove(g.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("staging: %w", err)
	}
	return nil
}

// staged are the ids of all files.
func (g *staging) staged() ([]string, error) {
	entries, err := os.ReadDir(g.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("staging: %w", err)
	}
	var ids []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), stagedSuffix); ok && e.Type().IsRegular() {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// enter makes the caller the writer of an upload, once the one before is gone.
func (g *staging) enter(ctx context.Context, id string, stop func()) (leave func(), err error) {
	for {
		g.mu.Lock()
		before := g.writers[id]
		if before == nil {
			w := &writer{stop: stop, gone: make(chan struct{})}
			g.writers[id] = w
			g.mu.Unlock()
			return func() {
				g.mu.Lock()
				delete(g.writers, id)
				g.mu.Unlock()
				close(w.gone)
			}, nil
		}
		g.mu.Unlock()
		if !before.end(ctx) {
			return nil, fault.New(fault.Unavailable, "这次上传正由另一个连接写入，请稍后再试。").Because(ctx.Err())
		}
	}
}

// interrupt ends the writer of an upload, and reports whether there was one.
func (g *staging) interrupt(ctx context.Context, id string) bool {
	g.mu.Lock()
	w := g.writers[id]
	g.mu.Unlock()
	return w != nil && w.end(ctx)
}

// end stops the writer and reports whether it is gone.
func (w *writer) end(ctx context.Context) bool {
	if w.stop != nil {
		w.stop()
	}
	select {
	case <-w.gone:
		return true
	case <-ctx.Done():
		return false
	}
}

// keepEvery is after how many bytes those that came are made durable: as much
// as is sent again, at most, when we die.
const keepEvery = 8 << 20

// receive writes c behind what is here of u, and says so in its row each time
// that more of it is durable.
func (s *Service) receive(ctx context.Context, who account.Actor, u *Upload, c Chunk) (int64, error) {
	f, err := s.uploads.open(u.ID)
	if err != nil {
		return u.Got, err
	}
	defer f.Close()
	if err := s.truth(ctx, u, f); err != nil {
		return u.Got, err
	}
	if c.Offset != u.Got {
		return u.Got, errOffset(u.Got)
	}
	if err := f.Truncate(u.Got); err != nil {
		return u.Got, diskFault(err)
	}
	if _, err := f.Seek(u.Got, io.SeekStart); err != nil {
		return u.Got, diskFault(err)
	}
	r := &receipt{Service: s, who: who, u: u, f: f, at: u.Got}
	if c.SHA256 != nil {
		r.sum = sha256.New()
	}
	err = r.copy(ctx, c)
	return u.Got, err
}

// truth believes the disk where it has fewer bytes than the row says: a backup
// without them was restored. The sender is told and sends them again.
func (s *Service) truth(ctx context.Context, u *Upload, f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return diskFault(err)
	}
	if st.Size() >= u.Got {
		return nil
	}
	return s.got(ctx, account.Actor{}, u, st.Size())
}

// receipt is one chunk on its way to the disk.
type receipt struct {
	*Service
	who account.Actor
	u   *Upload
	f   *os.File
	at  int64     // as much is written
	sum hash.Hash // nil where the sender gave no digest
}

func (r *receipt) copy(ctx context.Context, c Chunk) error {
	buf := make([]byte, 256<<10)
	for {
		n, err := c.Read(buf)
		if r.at+int64(n) > r.u.Bytes {
			return errors.Join(fault.New(fault.Malformed, "送来的字节比说好的多，这一段没有保存。"), r.back(ctx, c))
		}
		if _, err := r.f.Write(buf[:n]); err != nil {
			return errors.Join(diskFault(err), r.back(ctx, c))
		}
		if r.at += int64(n); r.sum != nil {
			r.sum.Write(buf[:n])
		}
		switch {
		case errors.Is(err, io.EOF):
			return r.end(ctx, c)
		case err != nil && r.sum != nil:
			return errors.Join(err, r.back(ctx, c))
		case err != nil:
			return errors.Join(err, r.keep(context.WithoutCancel(ctx)))
		case r.sum == nil && r.at-r.u.Got >= keepEvery && r.at < r.u.Bytes:
			if err := r.keep(ctx); err != nil {
				return err
			}
		}
	}
}

// end is when the chunk is whole.
func (r *receipt) end(ctx context.Context, c Chunk) error {
	if r.sum != nil && subtle.ConstantTimeCompare(r.sum.Sum(nil), c.SHA256) != 1 {
		return errors.Join(errChecksum(), r.back(ctx, c))
	}
	if c.Last && r.at > 0 {
		r.u.Bytes = r.at
	}
	return r.keep(ctx)
}

// errChecksum is a chunk whose bytes are not those that its digest names.
func errChecksum() error {
	f := fault.New(fault.Malformed, "这一段的校验值不符，没有保存，请重发。")
	f.Field = "upload-checksum"
	return f
}

// keep makes what is written durable, and then says so.
func (r *receipt) keep(ctx context.Context) error {
	if err := r.f.Sync(); err != nil {
		return diskFault(err)
	}
	return r.got(ctx, r.who, r.u, r.at)
}

// back drops the chunk.
func (r *receipt) back(ctx context.Context, c Chunk) error {
	ctx = context.WithoutCancel(ctx)
	if r.u.Got > c.Offset {
		if err := r.got(ctx, r.who, r.u, c.Offset); err != nil {
			return err
		}
	}
	return diskFault(r.f.Truncate(c.Offset))
}

// diskFault tells a full disk from other failures.
func diskFault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.New(fault.Unavailable, "存储空间已满，文件没有保存。").Because(err)
	}
	return fault.New(fault.Unavailable, "文件存储暂时没有响应，请稍后再试。").Because(err)
}

package rows

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"shuyuan/internal/fault"
)

// spool is a file that a worker writes and that is read while it grows. It has
// no name any more when the worker is done, so that nothing is left of it.
type spool struct {
	path string
	file *os.File
	done chan struct{}
	err  error // set before done is closed
	once sync.Once
}

func newSpool(path string) (*spool, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o666); err != nil { // the worker is another user; nobody else gets into its folder
		f.Close()
		return nil, err
	}
	return &spool{path: path, file: f, done: make(chan struct{})}, nil
}

func (s *spool) finish(err error) {
	s.once.Do(func() {
		s.err = err
		close(s.done)
	})
}

func (s *spool) close() { s.file.Close() }

// follower reads a spool to its end, and then says how the writing ended.
type follower struct {
	ctx context.Context //nolint:containedctx // it lives for one export
	s   *spool
}

// pause is how often one looks whether a file has grown.
const pause = 5 * time.Millisecond

func (f *follower) Read(p []byte) (int, error) {
	for {
		finished := f.finished()
		n, err := f.s.file.Read(p)
		if n > 0 {
			return n, nil
		}
		switch {
		case err != nil && err != io.EOF: //nolint:errorlint // os.File returns it bare
			return 0, unavailable(err)
		case finished && f.s.err != nil:
			return 0, f.s.err
		case finished:
			return 0, io.EOF
		}
		if err := f.wait(); err != nil {
			return 0, err
		}
	}
}

func (f *follower) finished() bool {
	select {
	case <-f.s.done:
		return true
	default:
		return false
	}
}

func (f *follower) wait() error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-f.s.done:
	case <-timer.C:
	case <-f.ctx.Done():
		<-f.s.done // it says why
		if f.s.err != nil {
			return f.s.err
		}
		return context.Cause(f.ctx)
	}
	return nil
}

// enoughDisk refuses to fill the disk.
func (s *Service) enoughDisk() error {
	var st unix.Statfs_t
	if err := unix.Statfs(s.dir, &st); err != nil {
		return unavailable(err)
	}
	if int64(st.Bavail)*st.Bsize < s.opt.Free { //nolint:gosec // no disk is so large
		return fault.New(fault.Unavailable, "存储空间不足，暂时不能导出，请稍后再试。")
	}
	return nil
}

// guardDisk stops an export that fills the disk while somebody reads it slowly.
func (s *Service) guardDisk(stop context.CancelCauseFunc, done <-chan struct{}) {
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			if err := s.enoughDisk(); err != nil {
				stop(err)
				return
			}
		}
	}
}

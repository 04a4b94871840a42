package datasets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"shuyuan/internal/fault"
)

// workFolder is a folder in which a child works, and what removes it. It is
// locked for as long as it is used, so that what a process left that died is
// known from what another works on.
func (s *Service) workFolder() (dir string, done func(), err error) {
	if err := os.MkdirAll(s.work, 0o711); err != nil { // the child is another user
		return "", nil, fmt.Errorf("work folder: %w", err)
	}
	if dir, err = os.MkdirTemp(s.work, "ingest-"); err != nil {
		return "", nil, fmt.Errorf("work folder: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		os.RemoveAll(dir)
		return "", nil, err
	}
	return dir, func() {
		os.RemoveAll(dir)
		lock.Close()
	}, nil
}

func lockFolder(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("work folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("work folder: %w", err)
	}
	return f, nil
}

// sweepWork removes the folders of processes that have died.
func (s *Service) sweepWork() error {
	old, err := filepath.Glob(filepath.Join(s.work, "ingest-*"))
	if err != nil {
		return err
	}
	var failed error
	for _, dir := range old {
		if lock, err := lockFolder(dir); err == nil {
			failed = errors.Join(failed, os.RemoveAll(dir))
			lock.Close()
		}
	}
	return failed
}

// place waits until another child may start: each may take a gigabyte.
func (s *Service) place(ctx context.Context) (leave func(), err error) {
	select {
	case s.places <- struct{}{}:
		return func() { <-s.places }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "现在要读的文件太多，请稍后再试。").Because(ctx.Err())
	}
}

package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/sandbox"
)

// Workspaces is the folder of what computes in workspaces, and how the folders begin in
// which it has plain files for a moment.
func Workspaces(dir, scratch string) Option {
	return func(r *run) { r.engine, r.scratch = dir, scratch }
}

// forAMoment is how old something may be that is there for a moment only: no mount
// takes as long to prepare.
const forAMoment = time.Hour

// engineFolder needs the folder of what computes in workspaces.
const engineFolder = "in the engine's folders lies what belongs to a workspace that is not destroyed, and nothing of a dead job"

// keptFile is what a mount's file is called, and what describes it.
var keptFile = regexp.MustCompile(`^[0-9a-f]{16,64}(\.about)?$`)

// leftByJobs looks for what is of no workspace that there is, for plain files that
// nobody took away, and for processes that outlived their program.
func leftByJobs(ctx context.Context, r *run) ([]string, error) {
	var found []string
	old := func(path string) (bool, error) {
		st, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return err == nil && r.now.Sub(st.ModTime()) > forAMoment, err
	}
	late := func(what, path string) error {
		left, err := old(path)
		if left {
			found = append(found, what+" "+filepath.Base(path))
		}
		return err
	}
	entries, err := os.ReadDir(r.engine)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if e.Name() != "mounts" {
			if err := late("left in the folder:", filepath.Join(r.engine, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	plain, err := filepath.Glob(filepath.Join("/dev/shm", r.scratch+"*"))
	if err != nil {
		return nil, err
	}
	for _, path := range plain {
		if err := late("plain files of a mount:", path); err != nil {
			return nil, err
		}
	}
	spaces, err := os.ReadDir(filepath.Join(r.engine, "mounts"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, space := range spaces {
		var there bool // asked now: it may have been opened since the snapshot
		err := r.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM workspaces WHERE number = @number AND state <> 'destroyed')`, pgx.NamedArgs{"number": space.Name()}).Scan(&there)
		if err != nil {
			return nil, err
		}
		if !there {
			found = append(found, fmt.Sprintf("mounts of %s, which is not there or destroyed", space.Name()))
			continue
		}
		files, err := os.ReadDir(filepath.Join(r.engine, "mounts", space.Name()))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, f := range files {
			if keptFile.MatchString(f.Name()) {
				continue
			}
			if err := late("of "+space.Name()+":", filepath.Join(r.engine, "mounts", space.Name(), f.Name())); err != nil {
				return nil, err
			}
		}
	}
	orphans, err := sandbox.Orphans()
	for _, pid := range orphans {
		found = append(found, fmt.Sprintf("process %d outlived the program that started it", pid))
	}
	return found, err
}

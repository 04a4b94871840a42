package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"shuyuan/internal/blob"
)

// Options is what an Engine works with. Zero values are sensible.
type Options struct {
	Store blob.Store       // where the Parquet files are
	Dir   string           // a folder of its own; what is in it is encrypted
	Now   func() time.Time // the clock

	// Sketches is the platform's key for who stands behind results: at least 32 bytes,
	// the same for all workspaces and for as long as earlier releases are compared
	// with. Whoever has it and a sketch can look for somebody known.
	Sketches []byte

	Workers int   // jobs at once; 0: one for each core, at most 8
	Threads int   // of one preparation; 0: one for each core
	Memory  int64 // bytes that the engine of a preparation may use; 0: 512 MiB
	Disk    int64 // bytes of one mount; 0: 8 GiB
	Open    int64 // bytes of mounts kept decrypted in memory; 0: 512 MiB
	Vetters int   // children that vet; 0: two
}

func (o Options) filled() Options {
	cores := max(1, runtime.NumCPU())
	if o.Workers == 0 {
		o.Workers = min(cores, 8)
	}
	if o.Threads == 0 {
		o.Threads = cores
	}
	if o.Memory == 0 {
		o.Memory = 512 << 20
	}
	if o.Disk == 0 {
		o.Disk = 8 << 30
	}
	if o.Open == 0 {
		o.Open = 512 << 20
	}
	if o.Vetters == 0 {
		o.Vetters = 2
	}
	return o
}

// Engine computes for the workspaces of one installation.
type Engine struct {
	opt       Options
	allow     *allowed
	vault     *vault
	vetters   *vetters
	turns     *turns
	preparing sync.Mutex
	ctx       context.Context //nolint:containedctx // ends with the Engine
	stop      context.CancelFunc
	lock      *os.File

	mu      sync.Mutex
	running map[string]map[*context.CancelCauseFunc]bool // by workspace
}

// ErrUsed says that another process has the folder.
var ErrUsed = errors.New("used by another process")

// New makes an Engine, which must be closed. Only one process uses a folder at a
// time. Mounts outlive it.
func New(opt Options) (*Engine, error) {
	opt = opt.filled()
	if opt.Store == nil || opt.Dir == "" || opt.Now == nil {
		return nil, errors.New("engine: a store, a folder and a clock are needed")
	}
	if len(opt.Sketches) < KeySize {
		return nil, fmt.Errorf("engine: the key for sketches has %d bytes", len(opt.Sketches))
	}
	allow, err := readAllowed()
	if err != nil {
		return nil, err
	}
	v, err := newVault(filepath.Join(opt.Dir, "mounts"), opt.Open)
	if err != nil {
		return nil, err
	}
	lock, err := os.Open(opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("engine: %s: %w: %w", opt.Dir, ErrUsed, err)
	}
	if err := opt.sweep(); err != nil { // nobody else works in it
		lock.Close()
		return nil, fmt.Errorf("engine: what is left of a process that was killed: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Engine{
		opt: opt, allow: allow, vault: v, vetters: newVetters(ctx, opt.Vetters), turns: newTurns(opt.Workers), ctx: ctx, stop: stop, lock: lock,
		running: map[string]map[*context.CancelCauseFunc]bool{},
	}, nil
}

// Close ends everything that runs. Encrypted mounts stay.
func (e *Engine) Close() {
	e.stop()
	e.vetters.close()
	e.vault.close()
	e.lock.Close()
}

// errErased is why jobs end whose workspace is closed.
var errErased = errors.New("engine: the workspace is closed")

// Erase ends the jobs of a workspace and removes its mounts. Once its key is gone
// too, nobody can read a copy that somebody kept of them.
func (e *Engine) Erase(workspace string) error {
	e.mu.Lock()
	for cancel := range e.running[workspace] {
		(*cancel)(errErased)
	}
	e.mu.Unlock()
	return e.vault.erase(workspace)
}

// job is a context that ends with the job of a workspace, or with the Engine.
func (e *Engine) job(ctx context.Context, workspace string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(e.ctx, func() { cancel(context.Cause(e.ctx)) })
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running[workspace] == nil {
		e.running[workspace] = map[*context.CancelCauseFunc]bool{}
	}
	e.running[workspace][&cancel] = true
	return ctx, func() {
		stop()
		cancel(nil)
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.running[workspace], &cancel)
		if len(e.running[workspace]) == 0 {
			delete(e.running, workspace)
		}
	}
}

package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Spec is what one child is for and what it may do. What is not named here it
// may not do.
type Spec struct {
	Job   string   // one of the jobs that the program's main hands to Main
	Read  []string // files and folders that it may read
	Write []string // folders in which it may read, write, make and remove files
	Keep  []string // folders of that kind that outlive the child: the next one, another user, gets the files of the one before

	Memory    int64         // bytes of its own memory
	CPU       time.Duration // processor time, all threads together
	Time      time.Duration // time on the clock
	FileSize  int64         // the largest file it may write
	OpenFiles int           // 256 if zero
	Nice      int           // how far it stands back for others: 0 to 19

	Stdin  io.Reader // nil: empty
	Stdout io.Writer // nil: thrown away
	Files  []*os.File
}

// Why a child ended that did not end well.
var (
	ErrMemory = errors.New("the child needed more memory than it may have")
	ErrTime   = errors.New("the child took longer than it may")
	ErrCrash  = errors.New("the child crashed")
)

// Failure is how a child ended and what it said on its standard error, which
// may hold bytes of the file it read: for the log, never for a page.
type Failure struct {
	Cause  error  // ErrMemory, ErrTime, ErrCrash, or how it exited
	How    string // in numbers: the signal or exit status, the time it took, the memory it had
	Killed bool   // a signal ended it that neither it nor we asked for
	Stderr string
}

func (f *Failure) Error() string { return fmt.Sprintf("%v (%s): %s", f.Cause, f.How, f.Stderr) }

// Unwrap is the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// prepared is set by Main.
var prepared atomic.Bool

// Child is a running child.
type Child struct {
	cmd    *exec.Cmd
	stderr *tail
	gone   chan struct{}
	err    error
	over   atomic.Pointer[error] // why we ended it
	uid    int                   // 0 where the child lives in a user namespace instead
	ways   map[string]string     // how it reaches folders that its user may not pass through to
	cpu    time.Duration
}

// marker is argument zero of a child: nobody types it by accident.
const marker = "shuyuan-behind-a-wall"

// orders is what the parent tells the child through file 3.
type orders struct {
	Job       string
	Read      []string
	Write     []string
	Memory    uint64
	CPU       uint64 // seconds
	FileSize  uint64
	OpenFiles uint64
	Files     int
	Root      bool // the parent is root, so the child must not be
}

// Start starts a child. It ends with ctx, with its time, and with us; Wait
// must be called. Folders of Write are given to the child's user.
//
// Where that user may not pass through a folder above (the home of root, as a
// rule), the child is handed the open folder instead: Child.Path and Folders
// tell by which path it reaches what lies there.
func Start(ctx context.Context, spec Spec) (*Child, error) {
	if !prepared.Load() {
		return nil, errors.New("sandbox: this program does not call Main first: a child would be the whole program once more")
	}
	if spec.Memory <= 0 || spec.CPU <= 0 || spec.Time <= 0 {
		return nil, errors.New("sandbox: memory, processor time and time must be limited")
	}
	if spec.OpenFiles == 0 {
		spec.OpenFiles = 256
	}
	spec.Write = slices.Concat(spec.Write, spec.Keep)
	c := &Child{stderr: &tail{}, gone: make(chan struct{}), cpu: spec.CPU}
	if os.Geteuid() == 0 {
		c.uid = users.take()
		for _, dir := range spec.Write {
			if err := os.Chown(dir, c.uid, c.uid); err != nil {
				users.give(c.uid)
				return nil, fmt.Errorf("sandbox: %w", err)
			}
		}
		for _, dir := range spec.Keep {
			if err := giveFiles(dir, c.uid); err != nil {
				users.give(c.uid)
				return nil, fmt.Errorf("sandbox: %w", err)
			}
		}
	}
	told, tell, err := os.Pipe()
	if err != nil {
		users.give(c.uid)
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	defer told.Close()
	defer tell.Close()
	given, err := c.handOver(&spec)
	defer func() {
		for _, f := range given {
			f.Close()
		}
	}()
	if err != nil {
		users.give(c.uid)
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	c.cmd = &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{marker, spec.Job}, Env: []string{"TZ=UTC"}, Dir: "/",
		Stdin: spec.Stdin, Stdout: spec.Stdout, Stderr: c.stderr,
		ExtraFiles:  slices.Concat([]*os.File{told}, spec.Files, given),
		SysProcAttr: c.attributes(),
		WaitDelay:   5 * time.Second,
	}
	if err := c.start(); err != nil {
		users.give(c.uid)
		return nil, fmt.Errorf("sandbox: no child could be started behind a wall: %w", err)
	}
	if spec.Nice > 0 { // all threads that it has; the others take after them
		if err := unix.Setpriority(unix.PRIO_PGRP, c.cmd.Process.Pid, spec.Nice); err != nil {
			c.Kill()
			return nil, errors.Join(fmt.Errorf("sandbox: %w", err), c.Wait())
		}
	}
	go c.watch(ctx, spec)
	err = json.NewEncoder(tell).Encode(orders{
		Job: spec.Job, Read: spec.Read, Write: spec.Write, Memory: uint64(spec.Memory),
		CPU: uint64(max(1, (spec.CPU+time.Second-1)/time.Second)), FileSize: uint64(spec.FileSize), OpenFiles: uint64(spec.OpenFiles),
		Files: len(spec.Files), Root: c.uid != 0,
	})
	if err != nil {
		c.Kill()
		return nil, errors.Join(fmt.Errorf("sandbox: %w", err), c.Wait())
	}
	return c, nil
}

// giveFiles gives the files of a folder to a user. It follows no link.
func giveFiles(dir string, uid int) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	})
}

// handOver opens what the child's user cannot get to by its path, and puts the
// way by which it does into spec.
func (c *Child) handOver(spec *Spec) (given []*os.File, err error) {
	c.ways = map[string]string{}
	if c.uid == 0 {
		return nil, nil
	}
	for _, list := range []*[]string{&spec.Read, &spec.Write} {
		*list = slices.Clone(*list)
		for i, path := range *list {
			if strings.HasPrefix(path, "/proc/") || passable(path) {
				continue
			}
			f, err := os.Open(path)
			if err != nil {
				return given, err
			}
			c.ways[path] = fmt.Sprintf("/proc/self/fd/%d", firstFile+len(spec.Files)+len(given))
			(*list)[i] = c.ways[path]
			given = append(given, f)
		}
	}
	return given, nil
}

// passable reports whether everybody may pass through the folders above path.
func passable(path string) bool {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == "/" || dir == "." {
			return true
		}
	}
}

// Path is how the child reaches what lies at path.
func (c *Child) Path(path string) string {
	for from, to := range c.ways {
		if rest, below := strings.CutPrefix(path, from); below && (rest == "" || rest[0] == '/') {
			return to + rest
		}
	}
	return path
}

// attributes are the walls that the kernel raises before the child's first
// instruction.
func (c *Child) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS | syscall.CLONE_NEWNS,
		Setpgid:    true,
		Pdeathsig:  syscall.SIGKILL,
	}
	if c.uid != 0 {
		a.Credential = &syscall.Credential{Uid: uint32(c.uid), Gid: uint32(c.uid), Groups: []uint32{}}
		return a
	}
	a.Cloneflags |= syscall.CLONE_NEWUSER
	a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 65534, HostID: os.Getuid(), Size: 1}}
	a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 65534, HostID: os.Getgid(), Size: 1}}
	return a
}

// start starts the command on a thread that lives as long as the child: the
// death signal is sent when the thread ends that started it.
func (c *Child) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread goes with this goroutine
		err := c.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		c.err = c.cmd.Wait()
		if c.uid != 0 {
			users.give(c.uid)
		}
		close(c.gone)
	}()
	return <-started
}

// watch ends the child when its time is over or nobody wants it any more.
func (c *Child) watch(ctx context.Context, spec Spec) {
	timer := time.NewTimer(spec.Time)
	defer timer.Stop()
	select {
	case <-c.gone:
	case <-timer.C:
		c.end(ErrTime)
	case <-ctx.Done():
		c.end(context.Cause(ctx))
	}
}

func (c *Child) end(why error) {
	c.over.CompareAndSwap(nil, &why)
	c.cmd.Process.Kill() //nolint:errcheck // it may have ended by itself
}

// Kill ends the child at once.
func (c *Child) Kill() { c.end(context.Canceled) }

// Gone is closed when the child has ended.
func (c *Child) Gone() <-chan struct{} { return c.gone }

// Wait waits for the child's end. It returns nil if its job ended well, and
// otherwise a *Failure.
func (c *Child) Wait() error {
	<-c.gone
	if c.err == nil {
		return nil
	}
	f := &Failure{Cause: c.err, How: how(c.cmd.ProcessState, c.err), Stderr: c.stderr.String()}
	if why := c.over.Load(); why != nil {
		f.Cause = *why
		return f
	}
	state, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case !ok:
	case state.ExitStatus() == exitMemory || c.stderr.sawMemory():
		f.Cause = ErrMemory
	case state.Signaled() && state.Signal() == syscall.SIGXCPU:
		f.Cause = ErrTime
	case state.Signaled() && c.cmd.ProcessState.UserTime()+c.cmd.ProcessState.SystemTime() >= c.cpu:
		f.Cause = ErrTime
	case state.Signaled() || state.ExitStatus() == 2: // 2: how Go ends after a panic
		f.Cause, f.Killed = ErrCrash, state.Signaled()
	}
	return f
}

// Usage is what a child took.
type Usage struct {
	CPU    time.Duration // processor time, all threads together
	Memory int64         // bytes at most
}

// Usage waits for the child's end and says what it took.
func (c *Child) Usage() Usage {
	<-c.gone
	p := c.cmd.ProcessState
	if p == nil {
		return Usage{}
	}
	u := Usage{CPU: p.UserTime() + p.SystemTime()}
	if r, ok := p.SysUsage().(*syscall.Rusage); ok {
		u.Memory = r.Maxrss << 10
	}
	return u
}

// Pid is the child's number, as we see it.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// how is a child's end in numbers. A child that the kernel kills says nothing
// itself: SIGKILL is most often a machine without memory, SIGSYS the wall.
func how(p *os.ProcessState, err error) string {
	if p == nil {
		return err.Error()
	}
	words := fmt.Sprintf("%v, %v of processor time", p, (p.UserTime() + p.SystemTime()).Round(time.Millisecond))
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		words += fmt.Sprintf(", %d MiB at most", u.Maxrss>>10)
	}
	return words
}

// users hands out a user of its own to each child, so that no child can reach
// another, and limits by user hold for one child alone. The numbers belong to
// nobody on a system that follows the usual ranges.
var users = &userPool{}

const firstUser, lastUser = 1_879_000_000, 1_879_065_535

type userPool struct {
	mu    sync.Mutex
	taken map[int]bool
	next  int
}

func (p *userPool) take() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken == nil {
		p.taken, p.next = map[int]bool{}, firstUser+os.Getpid()%(lastUser-firstUser) // other servers on this machine begin elsewhere
	}
	for p.taken[p.next] {
		p.step()
	}
	uid := p.next
	p.taken[uid] = true
	p.step()
	return uid
}

func (p *userPool) step() {
	if p.next++; p.next > lastUser {
		p.next = firstUser
	}
}

func (p *userPool) give(uid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, uid)
}

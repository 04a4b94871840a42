package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
)

// Job is what a child does behind the wall. files are those of the Spec.
type Job func(ctx context.Context, files []*os.File) error

// firstFile is the number of the first file that a child is handed.
const firstFile = 4

type foldersKey struct{}

// Folders are the folders in which a job may write, by the paths by which it
// reaches them.
func Folders(ctx context.Context) []string {
	folders, _ := ctx.Value(foldersKey{}).([]string)
	return folders
}

// Exit codes of a child.
const (
	exitFailed = 1
	exitWall   = 70 // the wall could not be raised: nothing was done
	exitMemory = 71
)

// Main must be called first in main. In a child it raises the wall, does the
// job and ends the process; otherwise it returns at once.
func Main(jobs map[string]Job) {
	if len(os.Args) == 0 || os.Args[0] != marker {
		prepared.Store(true)
		return
	}
	os.Exit(run(jobs))
}

// Asked is the job that this process was started as a child for; empty where it is
// none. It is for programs that have their jobs from several packages, each of which
// calls Main for its own.
func Asked() string {
	if len(os.Args) < 2 || os.Args[0] != marker {
		return ""
	}
	return os.Args[1]
}

func run(jobs map[string]Job) int {
	var o orders
	told := os.NewFile(3, "orders")
	if err := json.NewDecoder(told).Decode(&o); err != nil {
		fmt.Fprintln(os.Stderr, "no orders:", err)
		return exitWall
	}
	told.Close()
	job, ok := jobs[o.Job]
	if o.Job == checkJob {
		job, ok = selfTest, true
	}
	if !ok {
		fmt.Fprintf(os.Stderr, "there is no job %q\n", o.Job)
		return exitWall
	}
	files := make([]*os.File, o.Files)
	for i := range files {
		files[i] = os.NewFile(uintptr(firstFile+i), fmt.Sprintf("file %d", i))
	}
	if err := raise(o); err != nil {
		fmt.Fprintln(os.Stderr, "the wall cannot be raised:", err)
		return exitWall
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGXCPU)
	defer stop()
	err := job(context.WithValue(ctx, foldersKey{}, o.Write), files)
	runtime.KeepAlive(files) // a job may know them by their numbers alone: none is closed before its end
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrMemory):
		fmt.Fprintln(os.Stderr, err)
		return exitMemory
	}
	fmt.Fprintln(os.Stderr, err)
	return exitFailed
}

// raise shuts the doors, the ones first that are needed to shut the others.
func raise(o orders) error {
	if o.Root && (os.Getuid() == 0 || os.Geteuid() == 0) {
		return errors.New("we are still root")
	}
	syscall.Umask(0o077)
	debug.SetMemoryLimit(int64(o.Memory / 10 * 7)) // collect garbage before the limit is met
	for _, l := range []struct {
		what     int
		soft, up uint64
	}{
		{unix.RLIMIT_DATA, o.Memory, o.Memory},
		{unix.RLIMIT_CPU, o.CPU, o.CPU + 1},
		{unix.RLIMIT_FSIZE, o.FileSize, o.FileSize},
		{unix.RLIMIT_NOFILE, o.OpenFiles, o.OpenFiles},
		{unix.RLIMIT_CORE, 0, 0},
		{unix.RLIMIT_MEMLOCK, 0, 0},
		{unix.RLIMIT_MSGQUEUE, 0, 0},
	} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.soft, Max: l.up}); err != nil {
			return fmt.Errorf("limit %d: %w", l.what, err)
		}
	}
	var rules []landlock.Rule
	for _, path := range o.Read {
		rules = append(rules, readRule(path))
	}
	if len(o.Write) > 0 {
		rules = append(rules, landlock.RWDirs(o.Write...))
	}
	// V1 is needed; of what came later the kernel enforces what it knows. The
	// network is shut by its namespace and by seccomp too.
	if err := landlock.V1.RestrictPaths(rules...); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	if err := landlock.V6.BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	if err := seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: policy()}); err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	return nil
}

func readRule(path string) landlock.Rule {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return landlock.PathAccess(readDir, path)
	}
	return landlock.PathAccess(readFile, path)
}

// What may be read, without the right to execute that landlock's own sets hold.
const (
	readFile landlock.AccessFSSet = unix.LANDLOCK_ACCESS_FS_READ_FILE
	readDir  landlock.AccessFSSet = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
)

// policy is what a child may ask of the kernel: memory, threads, time, and the
// files it has or may open. Everything else is refused, and what only an
// attacker would ask for ends the process.
func policy() seccomp.Policy {
	return seccomp.Policy{
		DefaultAction: seccomp.ActionErrno,
		Syscalls: []seccomp.SyscallGroup{
			{Action: seccomp.ActionAllow, Names: []string{
				"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "lseek", "close", "dup", "dup3",
				"openat", "fstat", "newfstatat", "statx", "statfs", "fstatfs", "faccessat", "faccessat2", "getdents64", "readlinkat",
				"mkdirat", "unlinkat", "renameat", "renameat2", "ftruncate", "fallocate", "fsync", "fdatasync", "fadvise64", "flock", "umask", "getcwd",
				"pipe2", "eventfd2", "epoll_create1", "epoll_ctl", "epoll_pwait", "ppoll",
				"mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "mincore", "membarrier",
				"futex", "sched_yield", "sched_getaffinity", "getcpu", "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday",
				"timer_create", "timer_settime", "timer_delete", "setitimer", "getitimer",
				"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "sigaltstack", "restart_syscall",
				"getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getpgid",
				"set_tid_address", "set_robust_list", "get_robust_list", "rseq", "getrandom", "uname", "sysinfo", "getrusage", "times",
				"exit", "exit_group",
			}},
			{Action: seccomp.ActionAllow, Names: olderNames},
			{Action: seccomp.ActionAllow, NamesWithCondtions: []seccomp.NameWithConditions{
				// a thread, never a process
				{Name: "clone", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.BitsSet, Value: unix.CLONE_THREAD | unix.CLONE_VM | unix.CLONE_SIGHAND}}},
				// a signal to oneself, to nobody else
				{Name: "tgkill", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.Equal, Value: uint64(os.Getpid())}}},
				// whether a file is a terminal, its flags, its locks; no other ioctl
				{Name: "ioctl", Conditions: []seccomp.Condition{{Argument: 1, Operation: seccomp.Equal, Value: unix.TCGETS}}},
				{Name: "fcntl", Conditions: []seccomp.Condition{{Argument: 1, Operation: seccomp.LessOrEqual, Value: unix.F_SETLKW}}},
				{Name: "fcntl", Conditions: []seccomp.Condition{{Argument: 1, Operation: seccomp.Equal, Value: unix.F_DUPFD_CLOEXEC}}},
				// one's own limits, read only
				{Name: "prlimit64", Conditions: []seccomp.Condition{
					{Argument: 0, Operation: seccomp.Equal, Value: 0}, {Argument: 2, Operation: seccomp.Equal, Value: 0},
				}},
				{Name: "prctl", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.Equal, Value: unix.PR_SET_NAME}}},
				{Name: "prctl", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.Equal, Value: unix.PR_SET_VMA}}},
			}},
			// answered "not there", so that the C library falls back to clone, whose flags can be seen
			{Action: seccomp.Action(uint32(seccomp.ActionErrno)&^0xffff | uint32(unix.ENOSYS)), Names: []string{"clone3"}},
			{Action: seccomp.ActionKillProcess, Names: []string{
				"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "pivot_root", "chroot", "setns", "unshare",
				"bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "init_module", "finit_module", "kexec_load", "open_by_handle_at",
			}},
		},
	}
}

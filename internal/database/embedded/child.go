package embedded

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// errTaken is PostgreSQL's refusal to start where another server seems to run.
var errTaken = errors.New("another PostgreSQL seems to run on this cluster")

// child is one run of the server program.
type child struct {
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended; err is set before
	err  error
}

// command prepares a program that runs as the owner of the cluster, that dies
// with us, and that a Ctrl-C in the terminal does not reach. Its last argument
// becomes the cluster's folder.
func (s *Server) command(dir *os.File, program string, arg ...string) *exec.Cmd {
	path := dir.Name()
	cmd := exec.Command(filepath.Join(s.bin, program)) //nolint:noctx // ended by Pdeathsig and stop
	if s.own.blocked(path) != "" {
		// The owner may not pass through a folder above (the home of root, as
		// a rule). An open folder needs no way to it: hand it over as it is.
		cmd.ExtraFiles = []*os.File{dir}
		path = "/proc/self/fd/3"
	}
	cmd.Args = append(append(cmd.Args, arg...), "-D", path)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=/"}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: s.own.credential(),
		Setpgid:    true,
		Pdeathsig:  syscall.SIGINT, // to PostgreSQL: roll back what is open and stop
	}
	return cmd
}

// runLocked starts cmd on a thread that lives as long as cmd does: the death
// signal is sent when the thread ends that started it, not the process.
func runLocked(cmd *exec.Cmd) (*child, error) {
	c := &child{cmd: cmd, gone: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread goes with this goroutine
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		c.err = cmd.Wait()
		if c.err == nil {
			c.err = errors.New("exit status 0")
		}
		close(c.gone)
	}()
	return c, <-started
}

// initdb makes the cluster in a folder beside and moves it into place, so
// that a half-made one is never taken for whole.
func (s *Server) initdb(ctx context.Context) error {
	part := s.data + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err := s.own.give(part); err != nil {
		return err
	}
	dir, err := os.Open(part)
	if err != nil {
		return err
	}
	defer dir.Close()
	arg := []string{"-U", role, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"}
	if s.opt.Volatile {
		arg = append(arg, "--no-sync")
	}
	cmd := s.command(dir, "initdb", arg...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	c, err := runLocked(cmd)
	if err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	select {
	case <-c.gone:
	case <-ctx.Done():
		cmd.Process.Kill() //nolint:errcheck // it may have ended by itself
		<-c.gone
		return fmt.Errorf("initdb: %w", ctx.Err())
	}
	if !cmd.ProcessState.Success() {
		return fmt.Errorf("initdb as user %d: %w: %s", s.own.uid, c.err, strings.TrimSpace(out.String()))
	}
	if err := os.Rename(part, s.data); err != nil {
		return err
	}
	return syncDir(s.opt.Dir)
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// startChild runs the server and returns once it answers. It returns errTaken
// if the cluster's pid file names another live process.
func (s *Server) startChild(ctx context.Context) (*child, error) {
	dir, err := os.Open(s.data)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	log, err := s.openLog()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	cmd := s.command(dir, "postgres", s.settings()...)
	cmd.Stdout, cmd.Stderr = log, log
	c, err := runLocked(cmd)
	if err != nil {
		return nil, fmt.Errorf("start %s as user %d: %w", cmd.Path, s.own.uid, err)
	}
	if err := s.await(ctx, c); err != nil {
		c.stop() //nolint:errcheck // the first error says more
		said := tail(log, from)
		if strings.Contains(said, "postmaster.pid\" already exists") || strings.Contains(said, "still in use") {
			err = errTaken
		}
		if said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return nil, err
	}
	return c, nil
}

func (s *Server) settings() []string {
	set := map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": `"` + strings.ReplaceAll(s.run, `"`, `""`) + `"`,
		"unix_socket_permissions": "0700",
		"max_connections":         "100",
		"log_min_messages":        "warning",
		"log_checkpoints":         "off",
		"log_timezone":            "Asia/Shanghai",
		"timezone":                "Asia/Shanghai",
		"log_line_prefix":         "%m [%p] %d ",
		"jit":                     "off", // it costs more than it gives on short queries
	}
	if s.opt.Volatile {
		set["fsync"], set["synchronous_commit"], set["full_page_writes"], set["autovacuum"] = "off", "off", "off", "off"
	}
	for k, v := range s.opt.Settings {
		set[k] = v
	}
	var arg []string
	for k, v := range set {
		arg = append(arg, "-c", k+"="+v)
	}
	return arg
}

// await polls until the child answers. That anything answers on the socket is
// not enough: it must be our child, not one that an earlier process left.
// Recovery after a crash may take as long as it needs; no answer at all may not.
func (s *Server) await(ctx context.Context, c *child) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	silence := time.NewTimer(time.Minute)
	defer silence.Stop()
	last := errors.New("it has not written postmaster.pid")
	for {
		if readPid(s.data) == c.cmd.Process.Pid {
			var conn *pgx.Conn
			if conn, last = pgx.Connect(ctx, s.DatabaseURL("postgres")); last == nil {
				return conn.Close(ctx)
			}
			if e := new(pgconn.PgError); errors.As(last, &e) && e.Code == "57P03" { // starting up
				silence.Reset(time.Minute)
			}
		}
		select {
		case <-c.gone:
			return fmt.Errorf("the server ended while starting (%w)", c.err)
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w (%w)", ctx.Err(), last)
		case <-silence.C:
			return fmt.Errorf("the server does not answer: %w", last)
		case <-tick.C:
		}
	}
}

// stop ends the child: at once for its clients, orderly for its files. Harder
// signals follow if it hangs.
func (c *child) stop() error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{
		{syscall.SIGINT, 20 * time.Second},  // fast shutdown
		{syscall.SIGQUIT, 5 * time.Second},  // immediate: recovers at the next start
		{syscall.SIGKILL, 10 * time.Second}, //
	} {
		c.cmd.Process.Signal(step.signal) //nolint:errcheck // it may have ended by itself
		select {
		case <-c.gone:
			if step.signal != syscall.SIGINT {
				return fmt.Errorf("private PostgreSQL did not stop in time and got %s; it will recover at the next start", step.signal)
			}
			return nil
		case <-time.After(step.wait):
		}
	}
	return errors.New("private PostgreSQL cannot be killed")
}

// endOrphan stops a server that an earlier process of ours left behind.
func endOrphan(ctx context.Context, data string, log *slog.Logger) error {
	pid := readPid(data)
	if pid == 0 || !runsOn(pid, data) {
		return nil
	}
	log.Warn("ending the PostgreSQL that an earlier process left behind", slog.Int("pid", pid))
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		syscall.Kill(pid, signal) //nolint:errcheck // it may be ending already
		wait, cancel := context.WithTimeout(ctx, 20*time.Second)
		for wait.Err() == nil && runsOn(pid, data) {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
		if !runsOn(pid, data) {
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL (process %d) still runs on %s and does not stop", pid, data)
}

// readPid returns the process that the cluster's pid file names, 0 if none.
func readPid(data string) int {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(first))
	return pid
}

// runsOn reports whether pid is a live process that works in the cluster's
// folder, which only a server does. A zombie has no folder any more.
func runsOn(pid int, data string) bool {
	at, err := os.Stat("/proc/" + strconv.Itoa(pid) + "/cwd")
	if err != nil {
		return false
	}
	want, err := os.Stat(data)
	return err == nil && os.SameFile(at, want)
}

func (s *Server) openLog() (*os.File, error) {
	const keep = 8 << 20
	if info, err := os.Stat(s.logFile()); err == nil && info.Size() > keep {
		if err := os.Rename(s.logFile(), s.logFile()+".old"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(s.logFile(), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
}

// tail returns what the server said since from, shortened to its last words.
func tail(log *os.File, from int64) string {
	b, err := io.ReadAll(io.NewSectionReader(log, from, 1<<20))
	if err != nil {
		return ""
	}
	said := strings.TrimSpace(string(b))
	if len(said) > 1000 {
		said = strings.ToValidUTF8(said[len(said)-1000:], "")
	}
	return said
}

// socketFits reports whether the socket in dir has a name that the system takes.
func socketFits(dir string) bool {
	return len(filepath.Join(dir, ".s.PGSQL.5432")) <= 107
}

// shortDir names a folder in the temp folder after dir.
func shortDir(dir string, n int) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(dir, os.Geteuid(), n)))
	return filepath.Join(os.TempDir(), "shuyuan-"+hex.EncodeToString(sum[:6]))
}

package dbtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"shuyuan/internal/database/embedded"
)

// The shared server is kept by a guard: a second run of whichever test binary
// asked first. It and the test processes speak through locks on files, which
// the system releases however a process ends:
//
//	start  held by the process that is looking for a guard or starting one
//	guard  held by the guard while it lives
//	users  held, shared, by every test process that uses the server, and alone
//	       by a guard that ends: who comes then waits and starts another
const (
	guardVariable = "SHUYUAN_DBTEST_GUARD"
	placeholder   = "DATABASE" // stands for the name in the file url
	idle          = 15 * time.Second
)

func init() {
	if dir := os.Getenv(guardVariable); dir != "" {
		os.Exit(guard(dir))
	}
}

// join finds or starts the shared server and stays a user of it until the
// process ends. It returns how to connect to a database by name.
func join() (func(name string) string, error) {
	dir, err := home()
	if err != nil {
		return nil, err
	}
	start, err := lock(filepath.Join(dir, "start"), unix.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer start.Close()
	if err := hold(filepath.Join(dir, "users"), unix.LOCK_SH); err != nil {
		return nil, err
	}
	probe, err := lock(filepath.Join(dir, "guard"), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case err == nil:
		probe.Close()
		if err := startGuard(dir); err != nil {
			return nil, err
		}
	case !errors.Is(err, unix.EWOULDBLOCK):
		return nil, err
	}
	url, err := os.ReadFile(filepath.Join(dir, "url"))
	if err != nil {
		return nil, err
	}
	return func(name string) string { return strings.Replace(string(url), placeholder, name, 1) }, nil
}

// home is the folder of the server: one for each user and for each choice of
// server programs.
func home() (string, error) {
	bin, err := embedded.Find("")
	if err != nil {
		return "", err
	}
	version := filepath.Base(filepath.Dir(bin))
	dir := filepath.Join(base(), fmt.Sprintf("shuyuan-test-%d-%s", os.Geteuid(), version))
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() || info.Mode()&0o022 != 0 {
		return "", fmt.Errorf("%s is not a folder of ours alone", dir)
	}
	return dir, nil
}

// base is where the folder of the server lies: in memory, where there is room
// for it, since a database is a thousand small files, which take ten times as
// long to make and remove on a disk. Whoever names a folder for temporary files
// gets that one.
func base() string {
	const memory, room = "/dev/shm", 4 << 30
	var at unix.Statfs_t
	if os.Getenv("TMPDIR") == "" && unix.Statfs(memory, &at) == nil && at.Type == unix.TMPFS_MAGIC && at.Blocks*uint64(at.Bsize) >= room {
		return memory
	}
	return os.TempDir()
}

func lock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		if err = unix.Flock(int(f.Fd()), how); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// held keeps files from being closed with their last mention.
var held []*os.File

// hold takes a lock for as long as the process lives.
func hold(path string, how int) error {
	f, err := lock(path, how)
	if err == nil {
		held = append(held, f)
	}
	return err
}

// startGuard returns once the server answers. The guard keeps none of our
// outputs open, or `go test` would wait for it.
func startGuard(dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	report, err := os.OpenFile(filepath.Join(dir, "guard.log"), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer report.Close()
	cmd := exec.Command(self) //nolint:noctx // it outlives this process
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), guardVariable+"="+dir)
	cmd.Stdout, cmd.Stderr = report, report
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	ready, tell, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	cmd.ExtraFiles = []*os.File{tell}
	err = cmd.Start()
	tell.Close()
	if err != nil {
		return err
	}
	go cmd.Wait() //nolint:errcheck // only so that no zombie stays
	if err := ready.SetReadDeadline(deadline()); err != nil {
		return err
	}
	if n, _ := ready.Read(make([]byte, 1)); n != 1 {
		said, _ := os.ReadFile(report.Name())
		return fmt.Errorf("the shared test server did not start: %s", said)
	}
	return nil
}

func deadline() time.Time { return time.Now().Add(time.Minute) }

// guard runs the server until nobody has used it for a while.
func guard(dir string) int {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	os.Unsetenv(guardVariable)
	unix.CloseOnExec(3)
	mine, err := lock(filepath.Join(dir, "guard"), unix.LOCK_EX|unix.LOCK_NB)
	if err != nil {
		return fail(err)
	}
	cluster, err := cluster(dir)
	if err != nil {
		return fail(err)
	}
	s, err := embedded.Start(context.Background(), embedded.Options{
		Dir: cluster, Volatile: true, Log: log,
		Settings: map[string]string{"max_connections": "1000", "shared_buffers": "128MB", "max_wal_size": "512MB"},
	})
	if err != nil {
		os.RemoveAll(cluster) //nolint:errcheck // the next guard does
		return fail(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "url"), []byte(s.DatabaseURL(placeholder)), 0o600); err != nil {
		return fail(err)
	}
	os.NewFile(3, "ready").Write([]byte{1}) //nolint:errcheck // who waited is gone
	users := waitIdle(dir)
	s.Stop()              //nolint:errcheck // nothing in it is kept
	os.RemoveAll(cluster) //nolint:errcheck // the next guard does
	mine.Close()          // first: whoever gets users finds that there is no guard
	users.Close()
	return 0
}

// cluster names a new folder: what a guard that was killed left behind is not
// to be trusted without fsync, and its server may still be ending.
func cluster(dir string) (string, error) {
	old, _ := filepath.Glob(filepath.Join(dir, "cluster-*"))
	for _, o := range old {
		os.RemoveAll(o) //nolint:errcheck // tried again the next time
	}
	c := filepath.Join(dir, "cluster-"+strconv.Itoa(os.Getpid()))
	return c, os.Mkdir(c, 0o711)
}

// waitIdle returns when nobody has used the server for a while, with the lock
// that keeps everybody from using it.
func waitIdle(dir string) *os.File {
	for quiet := time.Duration(0); ; {
		time.Sleep(time.Second)
		users, err := lock(filepath.Join(dir, "users"), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err != nil:
			quiet = 0
			continue
		case quiet >= idle:
			return users
		}
		users.Close()
		quiet += time.Second
	}
}

package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// helperVariable makes a second run of this test binary an application that
// does nothing but run the database in the named folder.
const helperVariable = "SHUYUAN_EMBEDDED_HELPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperVariable); dir != "" {
		os.Exit(helper(dir))
	}
	os.Exit(m.Run())
}

func helper(dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := Start(ctx, Options{Dir: dir, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println("up", s.child.cmd.Process.Pid, s.URL())
	<-ctx.Done()
	if err := s.Stop(); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

// app is a helper that runs.
type app struct {
	cmd    *exec.Cmd
	server int // process of the server
	url    string
}

// run starts the helper, as another user if cred is given.
func run(t *testing.T, dir string, cred *syscall.Credential) *app {
	t.Helper()
	a, err := tryRun(t, dir, cred)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryRun(t *testing.T, dir string, cred *syscall.Credential) (*app, error) {
	t.Helper()
	cmd := exec.Command(executable(t, cred))
	cmd.Env = append(os.Environ(), helperVariable+"="+dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	var a app
	if n, _ := fmt.Sscanf(line, "up %d %s", &a.server, &a.url); n != 2 {
		cmd.Wait() //nolint:errcheck // the line says more
		return nil, errors.New(strings.TrimSpace(line))
	}
	a.cmd = cmd
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		cmd.Wait()                          //nolint:errcheck // it may have been killed
	})
	return &a, nil
}

// executable is this test binary, copied to where cred may run it.
func executable(t *testing.T, cred *syscall.Credential) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if cred == nil {
		return self
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(reachable(t), "helper")
	if err := os.WriteFile(copied, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return copied
}

// reachable is a temp folder that every user can pass through.
func reachable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for up := dir; up != filepath.Dir(os.TempDir()) && up != "/" && up != os.TempDir(); up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func serve(t *testing.T, dir string) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	s, err := Start(ctx, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() }) //nolint:errcheck // tests that care stop it themselves
	return s
}

func query(t *testing.T, url, sql string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, url, sql string) (n int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if err := c.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const table = `CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)`

// gone waits until no process works in the cluster's folder.
func gone(t *testing.T, pid int, data string) {
	t.Helper()
	for range 1000 {
		if !runsOn(pid, data) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("PostgreSQL (process %d) lives on", pid)
}

func TestWhatIsWrittenIsThereAtTheNextStart(t *testing.T) {
	dir := reachable(t)
	s := serve(t, dir)
	query(t, s.URL(), table)
	if err := s.Ready(); err != nil {
		t.Error(err)
	}
	pid := s.child.cmd.Process.Pid
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if runsOn(pid, s.data) {
		t.Error("stopped, but it lives on")
	}
	if s.Ready() == nil {
		t.Error("stopped, but it says that it is ready")
	}
	s = serve(t, dir)
	if n := count(t, s.URL(), `SELECT count(*) FROM kept`); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestTheServerIsDurableAndClosed(t *testing.T) {
	s := serve(t, reachable(t))
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
		"listen_addresses": "", "server_encoding": "UTF8", "lc_ctype": "C.UTF-8",
	} {
		c, err := pgx.Connect(t.Context(), s.URL())
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := c.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got); err != nil {
			t.Fatal(err)
		}
		c.Close(t.Context())
		if got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	for _, dir := range []string{s.data, s.run} {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o700 {
			t.Errorf("%s is open to others: %v", dir, info.Mode())
		}
	}
}

func TestTwoProcessesDoNotRaceForOneCluster(t *testing.T) {
	dir := reachable(t)
	s := serve(t, dir)
	if _, err := Start(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrRunning) {
		t.Errorf("a second one is told %v", err)
	}
	url, err := RunningURL(dir)
	if err != nil || url != s.URL() {
		t.Errorf("a second one finds %q (%v), want %q", url, err, s.URL())
	}
}

func TestTwoInstallationsRunAtOnce(t *testing.T) {
	a, b := serve(t, reachable(t)), serve(t, reachable(t))
	query(t, a.URL(), table)
	if n := count(t, b.URL(), `SELECT count(*) FROM pg_tables WHERE tablename = 'kept'`); n != 0 {
		t.Error("one sees the other's table")
	}
}

func TestLongPathsWithSpacesAndChinese(t *testing.T) {
	dir := filepath.Join(reachable(t), "数源 资料", strings.Repeat("很长的 文件夹", 4), `quote " and ' and %41 + &x=1`, strings.Repeat("long", 20))
	s := serve(t, dir)
	if strings.HasPrefix(s.run, dir) {
		t.Errorf("the socket is in %s, which is too long for one", s.run)
	}
	query(t, s.URL(), table)
	short := filepath.Join(reachable(t), `数 "源`)
	query(t, serve(t, short).URL(), table)
}

func TestKilledApplicationTakesTheServerWithIt(t *testing.T) {
	dir := reachable(t)
	a := run(t, dir, nil)
	query(t, a.url, table)
	kill(t, a.cmd.Process.Pid)
	gone(t, a.server, filepath.Join(dir, "data"))
	s := serve(t, dir)
	if n := count(t, s.URL(), `SELECT count(*) FROM kept`); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestStartRightAfterTheApplicationWasKilled(t *testing.T) {
	dir := reachable(t)
	for round := 1; round <= 3; round++ {
		a := run(t, dir, nil)
		query(t, a.url, table)
		if n := count(t, a.url, `SELECT count(*) FROM kept`); n != round {
			t.Fatalf("%d rows, want %d", n, round)
		}
		kill(t, a.cmd.Process.Pid)
	}
	// The last one is stopped as it should be: the server of a killed
	// application may still write while the test's folder is cleared away.
	s := serve(t, dir)
	if n := count(t, s.URL(), `SELECT count(*) FROM kept`); n != 3 {
		t.Errorf("%d rows, want 3", n)
	}
}

func TestKilledServerIsStartedAgain(t *testing.T) {
	s := serve(t, reachable(t))
	query(t, s.URL(), table)
	first := s.child
	kill(t, first.cmd.Process.Pid)
	<-first.gone
	for range 3000 {
		s.mu.Lock()
		again := s.child != first && s.down == nil
		s.mu.Unlock()
		if again {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := s.Ready(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s.URL(), `SELECT count(*) FROM kept`); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestKilledBoth(t *testing.T) {
	dir := reachable(t)
	a := run(t, dir, nil)
	query(t, a.url, table)
	syscall.Kill(a.cmd.Process.Pid, syscall.SIGSTOP) //nolint:errcheck // so that it does not start it again
	kill(t, a.server)
	kill(t, a.cmd.Process.Pid)
	s := serve(t, dir)
	if n := count(t, s.URL(), `SELECT count(*) FROM kept`); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

// Where the death signal is lost (a container's first process, a debugger),
// the server lives on with nobody above it.
func TestOrphanIsEndedFirst(t *testing.T) {
	dir := reachable(t)
	s := serve(t, dir)
	query(t, s.URL(), table)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	folder, err := os.Open(s.data)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	cmd := s.command(folder, "postgres", s.settings()...)
	cmd.SysProcAttr.Pdeathsig = 0
	orphan, err := runLocked(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.await(t.Context(), orphan); err != nil {
		t.Fatal(err)
	}
	s = serve(t, dir)
	select {
	case <-orphan.gone:
	default:
		t.Error("the orphan lives on")
	}
	if s.child.cmd.Process.Pid == orphan.cmd.Process.Pid {
		t.Error("it speaks to the orphan")
	}
	if n := count(t, s.URL(), `SELECT count(*) FROM kept`); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestHalfMadeClusterIsMadeAnew(t *testing.T) {
	dir := reachable(t)
	if err := os.MkdirAll(filepath.Join(dir, "data.part", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	query(t, serve(t, dir).URL(), table)
}

func TestFolderWithoutAClusterIsNotTouched(t *testing.T) {
	dir := reachable(t)
	if err := os.MkdirAll(filepath.Join(dir, "data", "mine"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "PG_VERSION") {
		t.Errorf("it says %v", err)
	}
}

func TestNoServerProgramsIsSaidInOneLine(t *testing.T) {
	t.Setenv("SHUYUAN_PG_BIN", t.TempDir())
	_, err := Start(t.Context(), Options{Dir: reachable(t)})
	if !errors.Is(err, ErrNoServer) || strings.Contains(err.Error(), "\n") {
		t.Errorf("it says %v", err)
	}
}

func TestClusterOfAnotherVersionIsSaid(t *testing.T) {
	dir := reachable(t)
	serve(t, dir).Stop() //nolint:errcheck // checked elsewhere
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9.6\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "9.6") {
		t.Errorf("it says %v", err)
	}
}

// The rest needs two users.

func nobody(t *testing.T) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func TestOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		return // every other test has run as one
	}
	cred := nobody(t)
	dir := filepath.Join(reachable(t), "mine")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
		t.Fatal(err)
	}
	a := run(t, dir, cred)
	query(t, a.url, table)
	kill(t, a.cmd.Process.Pid)
	gone(t, a.server, filepath.Join(dir, "data"))
	a = run(t, dir, cred)
	if n := count(t, a.url, `SELECT count(*) FROM kept`); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestRootInAFolderThatOthersCannotReach(t *testing.T) {
	if os.Geteuid() != 0 {
		return // an ordinary user's server runs as the same user
	}
	home := filepath.Join(reachable(t), "root")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "shuyuan", "postgres")
	for range 2 {
		s := serve(t, dir)
		query(t, s.URL(), table)
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	a := run(t, dir, nil)
	kill(t, a.cmd.Process.Pid)
	gone(t, a.server, filepath.Join(dir, "data"))
	if n := count(t, serve(t, dir).URL(), `SELECT count(*) FROM kept`); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
}

func TestSomebodyElsesClusterIsRefusedInWords(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root can make somebody else's cluster
	}
	dir := reachable(t)
	serve(t, dir).Stop() //nolint:errcheck // checked elsewhere
	if err := os.Remove(filepath.Join(dir, "lock")); err != nil {
		t.Fatal(err)
	}
	cred := nobody(t)
	if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
		t.Fatal(err)
	}
	if _, err := tryRun(t, dir, cred); err == nil || !strings.Contains(err.Error(), "belongs to user") {
		t.Errorf("it says %v", err)
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/engine"
	"shuyuan/licensing/workspace/workspacetest"
)

// served names, in the environment, what a server that is killed works on: address of
// the database, folder of the store, folder of the engine, the moment.
const served = "SHUYUAN_TEST_SERVED"

// TestServe is a server of workspaces and no test: what is killed below.
func TestServe(t *testing.T) {
	told := strings.Split(os.Getenv(served), "\n")
	if len(told) != 4 {
		return
	}
	at, err := time.Parse(time.RFC3339, told[3])
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return at }
	pool, err := database.Open(t.Context(), told[0])
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.NewDir(told[1])
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Options{Store: store, Dir: told[2], Now: time.Now, Sketches: []byte("of the platform, for all workspaces")})
	if err != nil {
		t.Fatal(err)
	}
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	gate := licensing.NewGate(pool, licensing.Parts{})
	s, err := workspace.New(workspace.Config{
		Pool: pool, Catalogue: datasets.NewService(pool, store, gate, now, datasetstest.Asked(t, store)), Gate: gate, Engine: e, Accounts: account.NewService(pool, account.Config{}, now), Book: book,
		Clocks: deadline.New(book, func() workdays.Calendar { return calendar }), Secret: []byte(workspacetest.Secret), Workers: 2, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Run(context.WithoutCancel(t.Context()), func(err error) { fmt.Fprintln(os.Stderr, err) })
}

// server is one that can be killed.
type server struct {
	cmd *exec.Cmd
	dir string // of its engine
}

func serve(t *testing.T, w *workspacetest.World, store, dir string) *server {
	t.Helper()
	own, err := os.MkdirTemp("", "shuyuan-killed-") // what it cannot remove when it is killed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(own) })
	if err := os.Chmod(own, 0o711); err != nil {
		t.Fatal(err)
	}
	s := &server{cmd: exec.Command(os.Args[0], "-test.run", "^TestServe$", "-test.timeout", "10m"), dir: dir}
	s.cmd.Env = append(os.Environ(), "TMPDIR="+own, served+"="+strings.Join([]string{w.Pool.Config().ConnString(), store, dir, w.Clock().Format(time.RFC3339)}, "\n"))
	s.cmd.Stdout, s.cmd.Stderr = t.Output(), t.Output()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() }) //nolint:errcheck // it may have gone
	return s
}

// kill kills it, and returns once it and all that it had started are gone.
func (s *server) kill(t *testing.T) {
	t.Helper()
	children := childrenOf(s.cmd.Process.Pid)
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.cmd.Wait() //nolint:errcheck // it was killed
	workspacetest.Until(t, "everything that the server started is gone", func() bool {
		for _, pid := range children {
			if b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat"); err == nil && !strings.Contains(string(b), ") Z ") {
				return false
			}
		}
		return true
	})
}

// scratch is what the engine has in the open for a moment.
func (s *server) scratch() (found []string) {
	for _, pattern := range []string{filepath.Join("/dev/shm", engine.Scratch(s.dir)+"*"), filepath.Join(s.dir, "table-*"), filepath.Join(s.dir, "mounts", "*", "new-*")} {
		some, _ := filepath.Glob(pattern)
		found = append(found, some...)
	}
	return found
}

func childrenOf(parent int) (all []int) {
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		fields := strings.Fields(rest)
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(p))); err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(parent) && fields[0] != "Z" {
			all = append(all, pid)
		}
	}
	return all
}

// nothing holds that nothing came of a job and that nothing left.
func nothing(t *testing.T, w *workspacetest.World, j *workspace.JobView) {
	t.Helper()
	if j.State != workspace.Killed || j.Held() || j.Sample != nil || !j.Whole {
		t.Errorf("%s: %+v", j.State, j.Words)
	}
	var left int
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM workspace_results) + (SELECT count(*) FROM releases) + (SELECT count(*) FROM release_files)`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d results are there, %v", left, err)
	}
}

// A server that is killed while it runs a job, and while it prepares a mount: its
// children die with it, the next one takes away what lay in the open, ends the job
// without a result, and goes on.
func TestAKilledServerLeavesNothing(t *testing.T) {
	w := workspacetest.New(t)
	dir := t.TempDir()
	var many strings.Builder
	many.WriteString("person,station,day,amount\n")
	for i := range 60_000 {
		fmt.Fprintf(&many, "P%05d,%s,2026-10-0%d,%d\n", i%20_000, []string{"东站", "西站", "南站", "北站"}[i%4], i%2+1, 10+i%7)
	}
	w.World.Version(t, w.Data, w.Version.ResourceID, "visits.csv", many.String())
	made, err := w.Workspaces.Open(t.Context(), w.Owner, w.Name)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, w, w.StoreAt, dir)
	for range 8_000 { // until a mount lies in the open
		if found, _ := filepath.Glob(filepath.Join("/dev/shm", engine.Scratch(dir)+"*", "*")); len(found) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	s.kill(t)
	if len(s.scratch()) == 0 {
		v, err := w.Workspaces.Workspace(t.Context(), w.Owner, made.Number)
		t.Fatalf("it was not killed while it prepared a mount: %s %+v %+v, %v", v.State, v.Mounts[0].State, v.Mounts[0].Words, err)
	}
	s = serve(t, w, w.StoreAt, dir)
	var v *workspace.View
	w.Until(t, "the workspace is ready", func() bool {
		if v, err = w.Workspaces.Workspace(t.Context(), w.Owner, made.Number); err != nil {
			t.Fatal(err)
		}
		return v.State == workspace.Ready
	})
	if found := s.scratch(); len(found) != 0 {
		t.Errorf("the next one left %v", found)
	}
	number := w.Begun(t, v.Number, heavy)
	s.kill(t)
	if now, err := w.Workspaces.Job(t.Context(), w.Owner, v.Number, number); err != nil || now.State != workspace.Running {
		t.Fatalf("whoever was killed wrote down that the job is %v, %v", now, err)
	}
	serve(t, w, w.StoreAt, dir)
	nothing(t, w, w.Over(t, v.Number, number))
	if j := w.Ran(t, v.Number, workspacetest.Counted); !j.Held() {
		t.Errorf("it does not go on: %s %+v", j.State, j.Words)
	}
	if _, err := os.Stat(filepath.Join(dir, "mounts", v.Number)); errors.Is(err, fs.ErrNotExist) {
		t.Error("the mount was never there")
	}
}

// A child that is killed at any moment of its life, while its walls are raised or while
// it works: its job ends without a result.
func TestAKilledChildLeavesNothing(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	before := map[int]bool{}
	for _, pid := range childrenOf(os.Getpid()) {
		before[pid] = true // those that vet
	}
	for _, wait := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond} {
		j, err := w.Workspaces.Ask(t.Context(), w.Owner, v.Number, workspace.NewJob{Kind: workspace.OfSQL, SQL: heavy})
		if err != nil {
			t.Fatal(err)
		}
		var child int
		for range 60_000 {
			for _, pid := range childrenOf(os.Getpid()) {
				if !before[pid] {
					child = pid
				}
			}
			if child != 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(wait)
		if err := syscall.Kill(child, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		over := w.Over(t, v.Number, j.Number)
		if over.State != workspace.Killed && over.State != workspace.Failed || over.Held() {
			t.Errorf("killed %v after it began: %s %+v", wait, over.State, over.Words)
		}
	}
	var left int
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM workspace_results) + (SELECT count(*) FROM releases)`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d results are there, %v", left, err)
	}
	workspacetest.Until(t, "no child is left", func() bool {
		for _, pid := range childrenOf(os.Getpid()) {
			if !before[pid] {
				return false
			}
		}
		return true
	})
	if j := w.Ran(t, v.Number, workspacetest.Counted); !j.Held() {
		t.Errorf("it does not go on: %s %+v", j.State, j.Words)
	}
}

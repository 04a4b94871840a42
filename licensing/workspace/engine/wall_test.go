package engine

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bomb takes as long as it may, and hardly any memory.
const bomb = "select count(*) from range(1000000000000) t(i) where hash(i) = 1"

// under is set where the test runs once more below strace.
const under = "SHUYUAN_TEST_UNDER_STRACE"

// TestNothingElseIsOpened runs an honest job and attacks below strace: once the
// wall stands, a child opens its mounts and what tells it of memory and
// processors, and nothing else, and makes no socket.
func TestNothingElseIsOpened(t *testing.T) {
	if os.Getenv(under) != "" {
		r := newRig(t, nil)
		if _, err := r.measured(t, festival); err != nil {
			t.Fatal(err)
		}
		var some []attack
		for _, a := range attacks(t, map[string]string{"secret": "/etc/hostname", "folder": "/tmp", "address": "127.0.0.1:9"}) {
			if slices.Contains([]string{"read", "write", "attach", "extension", "hidden"}, a.family) {
				some = append(some, a)
			}
		}
		cage(t, r, some)
		return
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is missing: .ci/setup test installs it")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-s", "300", "-o", trace,
		"-e", "trace=openat,open,creat,socket,connect,execve,clone,clone3,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,symlink,link,linkat,seccomp,mount", os.Args[0], "-test.run", "^TestNothingElseIsOpened$")
	cmd.Env = append(os.Environ(), under+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	children, opened := reached(t, f)
	if children < 5 {
		t.Errorf("only %d children were seen behind a wall", children)
	}
	for what := range opened {
		t.Errorf("a child did %s", what)
	}
}

var (
	lineForm   = regexp.MustCompile(`^(\d+) +(.*)$`)
	calledForm = regexp.MustCompile(`^(?:<\.\.\. )?(\w+)`)
	pathForm   = regexp.MustCompile(`"([^"]*)"`)
	resultForm = regexp.MustCompile(`\) +(?:= (-?\w+|\?))`)
	may        = regexp.MustCompile(`^(/proc/self/fd/\d+|/proc/self/cgroup|/proc/self/status|/sys/fs/cgroup(/.*)?)$`)
)

// reached reads a trace: how many children raised their wall, and what they did
// after it that they may not.
func reached(t *testing.T, f *os.File) (children int, opened map[string]bool) {
	t.Helper()
	opened = map[string]bool{}
	walled := map[string]string{} // thread: the child it is of
	group := map[string]string{}  // thread: its process
	started := map[string]string{}
	vetters := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		m := lineForm.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		tid, text := m[1], m[2]
		if strings.Contains(text, "<unfinished") {
			started[tid] = strings.SplitN(text, " <unfinished", 2)[0]
			continue
		}
		if strings.HasPrefix(text, "<... ") {
			_, rest, _ := strings.Cut(text, "resumed>")
			text = started[tid] + rest
		}
		call := calledForm.FindStringSubmatch(text)
		if call == nil {
			continue
		}
		if group[tid] == "" {
			group[tid] = tid
		}
		result := ""
		if m := resultForm.FindStringSubmatch(text); m != nil {
			result = m[1]
		}
		switch call[1] {
		case "execve":
			group[tid] = tid
			if strings.Contains(text, "behind-a-wall") && result == "0" {
				vetters[tid] = true
			}
		case "clone", "clone3":
			switch {
			case result == "" || result == "-1" || result == "?":
			case strings.Contains(text, "CLONE_THREAD"):
				group[result] = group[tid]
			case group[result] != "" && group[result] != result: // a number that a thread had before is a process now
				group[result] = result
			}
		case "seccomp":
			if vetters[group[tid]] && result == "0" && strings.Contains(text, "SECCOMP_SET_MODE_FILTER") && walled[group[tid]] == "" {
				walled[group[tid]] = tid
				children++
			}
		default:
			if walled[group[tid]] == "" || result == "-1" || result == "" || result == "?" {
				continue
			}
			path := pathForm.FindStringSubmatch(text)
			if strings.HasPrefix(call[1], "open") && path != nil && (may.MatchString(path[1]) || strings.HasPrefix(path[1], "/proc/"+group[tid]+"/fd/")) {
				continue
			}
			if own(path) { // of a child that prepares a mount, in its folder
				continue
			}
			opened[text] = true
		}
	}
	return children, opened
}

// own reports whether a path lies in a folder that a child was given to write in.
func own(path []string) bool {
	return path != nil && (strings.HasPrefix(path[1], "/dev/shm/shuyuan-mount-") || strings.Contains(path[1], "/shuyuan-made-"))
}

// How a job ends that does not end well, and that nothing is left of it.
func TestHowAJobEnds(t *testing.T) {
	r := newRig(t, nil)
	j := r.job(t, "select count(*) from persons")
	end := func(err error) Reason {
		t.Helper()
		var e *Ended
		if !errors.As(err, &e) {
			t.Fatalf("%v", err)
		}
		return e.Reason
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(500*time.Millisecond, cancel)
		_, err := r.execute(ctx, j, task{SQL: bomb})
		if end(err) != ReasonCancelled {
			t.Error(err)
		}
	})
	t.Run("its workspace is closed", func(t *testing.T) {
		other := j
		other.Workspace = Workspace{ID: "closing", Key: space.Key}
		other.Mounts = r.prepared(t, other.Workspace)
		erased := make(chan error, 1)
		time.AfterFunc(time.Second, func() { erased <- r.Erase("closing") })
		ctx, done, err := r.begin(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		_, err = r.execute(ctx, other, task{SQL: bomb})
		if end(err) != ReasonCancelled {
			t.Error(err)
		}
		if err := <-erased; err != nil { // the job may end a moment before the last file is gone
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(r.opt.Dir, "mounts", "closing")); !errors.Is(err, os.ErrNotExist) {
			t.Error("its mounts are there:", err)
		}
	})
	t.Run("too long", func(t *testing.T) {
		short := j
		short.Limits.Wall = time.Second
		_, err := r.execute(t.Context(), short, task{SQL: bomb})
		if end(err) != ReasonTime {
			t.Error(err)
		}
	})
	t.Run("too large", func(t *testing.T) {
		small := j
		small.Limits.Rows = 100
		_, err := r.execute(t.Context(), small, task{SQL: "select * from air_hourly"})
		if end(err) != ReasonSize {
			t.Error(err)
		}
		small = j
		small.Limits.Bytes = 1000
		_, err = r.execute(t.Context(), small, task{SQL: "select * from air_hourly"})
		if end(err) != ReasonSize {
			t.Error(err)
		}
	})
	t.Run("a value", func(t *testing.T) {
		_, err := r.execute(t.Context(), j, task{SQL: "select cast(district as integer) from persons"})
		if end(err) != ReasonValue || strings.Contains(err.Error(), "鼓楼") {
			t.Error(err)
		}
	})
	t.Run("killed", func(t *testing.T) {
		time.AfterFunc(time.Second, func() {
			for _, pid := range childrenOf(os.Getpid()) {
				if runs(pid) {
					syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // it may have gone
				}
			}
		})
		_, err := r.execute(t.Context(), j, task{SQL: bomb})
		if end(err) != ReasonKilled {
			t.Error(err)
		}
	})
	for _, pid := range childrenOf(os.Getpid()) {
		if runs(pid) {
			t.Errorf("process %d is left", pid)
		}
	}
}

// childrenOf are the processes that a process started.
func childrenOf(parent int) []int {
	var all []int
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		fields := strings.Fields(rest)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(p)))
		if err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(parent) && fields[0] != "Z" {
			all = append(all, pid)
		}
	}
	return all
}

// runs reports whether a child is a worker: it holds a mount.
func runs(pid int) bool {
	links, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
	return slices.ContainsFunc(links, func(l string) bool {
		to, err := os.Readlink(l)
		return err == nil && strings.HasPrefix(to, "/memfd:mount")
	})
}

// A worker dies with the server, and its mounts with it.
func TestAWorkerDiesWithItsParent(t *testing.T) {
	if os.Getenv(under) == "parent" {
		r := newRig(t, nil)
		j := r.job(t, "select count(*) from persons")
		j.Limits.Wall, j.Limits.CPU = time.Minute, time.Minute
		os.Stdout.WriteString("running\n")         //nolint:errcheck // the parent sees it
		r.execute(t.Context(), j, task{SQL: bomb}) //nolint:errcheck // it is killed
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestAWorkerDiesWithItsParent$")
	cmd.Env = append(os.Environ(), under+"=parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "running\n" {
		t.Fatal(line, err)
	}
	var worker int
	for range 200 {
		for _, pid := range childrenOf(cmd.Process.Pid) {
			if runs(pid) {
				worker = pid
			}
		}
		if worker != 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if worker == 0 {
		t.Fatal("no worker was seen")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // it was killed
	for range 200 {
		if _, err := os.Stat("/proc/" + strconv.Itoa(worker)); err != nil {
			return
		}
		if b, err := os.ReadFile("/proc/" + strconv.Itoa(worker) + "/stat"); err != nil || bytes.Contains(b, []byte(") Z ")) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the worker outlives its parent")
}

// Keys of one workspace join, and mean nothing in another; nothing of another's
// mounts is to be seen.
func TestWorkspacesDoNotMeet(t *testing.T) {
	r := newRig(t, nil)
	keys := func(w Workspace, text string) []string {
		j := Job{Workspace: w, Mounts: r.prepared(t, w), Limits: DefaultLimits()}
		got, err := r.execute(t.Context(), j, task{SQL: text})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, row := range got.rows {
			all = append(all, strconv.FormatFloat(float(row[0]), 'f', 0, 64))
		}
		slices.Sort(all)
		return all
	}
	mine := keys(space, "select id from persons")
	other := Workspace{ID: "w2", Key: []byte("another key of thirty-two bytes!")}
	theirs := keys(other, "select id from persons")
	if len(mine) != 400 || slices.ContainsFunc(mine, func(k string) bool { return slices.Contains(theirs, k) }) {
		t.Error("keys of two workspaces meet")
	}
	if joined := keys(space, "select distinct person from visits join persons on person = id"); len(joined) != 400 {
		t.Errorf("%d of 400 keys join within a workspace", len(joined))
	}
	for _, text := range []string{"select path from duckdb_databases() where path is not null", "select database_name from duckdb_databases()", "select table_name from duckdb_tables()"} {
		j := Job{Workspace: space, Mounts: r.prepared(t, space)[:1], Limits: DefaultLimits()}
		got, err := r.execute(t.Context(), j, task{SQL: text})
		if err != nil {
			continue
		}
		for _, row := range got.rows {
			for _, v := range row {
				if s, ok := v.(string); ok && (strings.Contains(s, "w2") || strings.Contains(s, "persons") || strings.Contains(s, r.opt.Dir)) {
					t.Errorf("%s shows %s", text, s)
				}
			}
		}
	}
	wrong := Workspace{ID: "w2", Key: space.Key}
	if _, err := r.vault.get(wrong, r.prepared(t, other)[0].File); err == nil {
		t.Error("a file opens with another key")
	}
	plain, err := os.ReadFile(filepath.Join(r.opt.Dir, "mounts", "w2", r.prepared(t, other)[0].File))
	if err != nil || bytes.Contains(plain, []byte("DUCK")) || bytes.Contains(plain, []byte("station")) {
		t.Error("a mount rests in plain", err)
	}
}

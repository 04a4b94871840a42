package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database/embedded"
	"shuyuan/internal/sandbox"
)

// The tests of this package run the program as people do: built once, started
// as a process, spoken to over HTTP, killed.

var (
	binary  string
	scratch string         // a folder that goes when all tests have ended
	atExit  []func() error // what ends then
)

func TestMain(m *testing.M) {
	sandbox.Main(children)
	code, err := withBinary(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func withBinary(run func() int) (int, error) {
	dir, err := os.MkdirTemp("", "shuyuan-test-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	scratch = dir
	if err := os.Chmod(dir, 0o755); err != nil { // another user runs it too
		return 1, err
	}
	binary = filepath.Join(dir, "shuyuan")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	code := run()
	for _, f := range atExit {
		if err := f(); err != nil {
			return 1, err
		}
	}
	return code, nil
}

// process is one running server.
type process struct {
	cmd   *exec.Cmd
	data  string
	base  string // http://127.0.0.1:port; empty if it refused to start
	admin string
	log   *buffer
	gone  chan struct{} // closed when it has ended
}

// buffer is what a process writes, read while it writes.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// option changes how a process is started.
type option func(*exec.Cmd)

func env(pairs ...string) option {
	return func(c *exec.Cmd) { c.Env = append(c.Env, pairs...) }
}

func arg(args ...string) option {
	return func(c *exec.Cmd) { c.Args = append(c.Args, args...) }
}

func in(folder string) option { return func(c *exec.Cmd) { c.Dir = folder } }

func as(uid uint32) option {
	return func(c *exec.Cmd) {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	}
}

// bare is the environment without any setting of ours, except how little of the
// disk tests leave free: they need to run where a portal should not.
func bare() []string {
	out := []string{"SHUYUAN_DISK_FREE=1MiB"}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SHUYUAN_") || strings.HasPrefix(v, "SHUYUAN_PG_BIN=") {
			out = append(out, v)
		}
	}
	return out
}

var greeting = regexp.MustCompile(`数源 Shuyuan: (\S+)`)

// start serves data on free ports and returns once it is ready. The server
// ends with the test, if it has not ended before.
func start(t testing.TB, data string, options ...option) *process {
	t.Helper()
	p := launch(t, data, options...)
	if p.base == "" {
		t.Fatalf("the server ended while starting:\n%s", p.log)
	}
	return p
}

// launch is start for a server that may refuse to.
func launch(t testing.TB, data string, options ...option) *process {
	t.Helper()
	p, err := begin(data, options...)
	if p != nil {
		t.Cleanup(func() {
			if err := p.end(); err != nil {
				t.Error(err)
			}
			if t.Failed() {
				t.Logf("log of the server on %s:\n%s", p.data, p.log)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// begin starts a server and waits until it is ready or has refused.
func begin(data string, options ...option) (*process, error) {
	p := &process{data: data, log: &buffer{}, gone: make(chan struct{})}
	p.cmd = exec.Command(binary, "serve", "--data", data)
	p.cmd.Env = append(bare(), "SHUYUAN_LISTEN=127.0.0.1:0", "SHUYUAN_ADMIN_LISTEN=127.0.0.1:0")
	for _, o := range options {
		o(p.cmd)
	}
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go func() {
		defer close(p.gone)
		defer close(ready)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			fmt.Fprintln(p.log, lines.Text())
			if m := greeting.FindStringSubmatch(lines.Text()); m != nil {
				ready <- m[1]
			}
		}
		p.cmd.Wait() //nolint:errcheck // ProcessState tells
	}()
	select {
	case p.base = <-ready:
	case <-time.After(time.Minute):
		return p, fmt.Errorf("the server is not ready after a minute:\n%s", p.log)
	}
	if p.base != "" {
		words, err := os.ReadFile(filepath.Join(data, "lock"))
		if err != nil {
			return p, err
		}
		p.admin = "http://" + strings.Fields(string(words))[1]
	}
	return p, nil
}

// end stops the server and waits until its database is gone too, so that the
// folder can be removed.
func (p *process) end() error {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.gone:
	case <-time.After(40 * time.Second):
		p.signal(syscall.SIGKILL)
		return fmt.Errorf("the server did not stop:\n%s", p.log)
	}
	for begin := time.Now(); p.base != "" && p.databaseRuns(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 30*time.Second {
			return fmt.Errorf("PostgreSQL on %s did not end with its server", p.data)
		}
	}
	return nil
}

func (p *process) signal(s os.Signal) {
	_ = p.cmd.Process.Signal(s) // it may have ended
}

// stop asks the server to stop, waits, and returns its exit code.
func (p *process) stop(t testing.TB, s os.Signal) int {
	t.Helper()
	p.signal(s)
	return p.exit(t, 30*time.Second)
}

// exit waits until the server has ended and returns its exit code, -1 if a
// signal ended it.
func (p *process) exit(t testing.TB, within time.Duration) int {
	t.Helper()
	select {
	case <-p.gone:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		t.Fatalf("the server still runs after %s:\n%s", within, p.log)
		return 0
	}
}

// postmaster is the process of the private database.
func (p *process) postmaster() int {
	b, err := os.ReadFile(filepath.Join(p.data, "postgres", "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(first)
	return pid
}

// databaseRuns reports whether any PostgreSQL runs on the folder.
func (p *process) databaseRuns() bool {
	return len(processesIn(filepath.Join(p.data, "postgres", "data"))) > 0
}

// processesIn are the live processes that work in a folder.
func processesIn(folder string) []string {
	want, err := os.Stat(folder)
	if err != nil {
		return nil
	}
	var out []string
	all, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, cwd := range all {
		if at, err := os.Stat(cwd); err == nil && os.SameFile(at, want) {
			out = append(out, filepath.Base(filepath.Dir(cwd)))
		}
	}
	return out
}

// eventually waits for what nobody announces.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for begin := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

var client = &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// get returns status and body; status 0 if nobody answers.
func get(t testing.TB, address string) (int, string) {
	t.Helper()
	resp, err := client.Get(address)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

// wants fails unless the address answers with status, and returns the body.
func wants(t testing.TB, address string, status int) string {
	t.Helper()
	got, body := get(t, address)
	if got != status {
		t.Fatalf("%s answers %d, want %d: %.500s", address, got, status, body)
	}
	return body
}

// finds waits until a search shows the dataset.
func (p *process) finds(t testing.TB, words, slug string) {
	t.Helper()
	eventually(t, words+" finds "+slug, func() bool {
		_, body := get(t, p.base+"/datasets?q="+url.QueryEscape(words))
		return strings.Contains(body, `href="/datasets/`+slug+`"`)
	})
}

// shuyuan runs the program to its end.
func shuyuan(t testing.TB, data string, args []string, options ...option) (code int, stdout, stderr string) {
	t.Helper()
	return bareCommand(t, append([]string{args[0], "--data", data}, args[1:]...), options...)
}

// bareCommand is one that has no installation.
func bareCommand(t testing.TB, args []string, options ...option) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = bare()
	for _, o := range options {
		o(cmd)
	}
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	err := cmd.Run()
	if e := (*exec.ExitError)(nil); err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), log.String()
}

// succeeds runs a command that must end well, and returns what it printed.
func succeeds(t testing.TB, data string, args ...string) string {
	t.Helper()
	code, out, log := shuyuan(t, data, args)
	if code != 0 {
		t.Fatalf("shuyuan %s: exit code %d\n%s%s", strings.Join(args, " "), code, out, log)
	}
	return out
}

// connect opens the private database of a running server.
func connect(t testing.TB, p *process) *pgx.Conn {
	t.Helper()
	var address string
	for _, pair := range p.cmd.Env { // a database that is not its own
		if url, ok := strings.CutPrefix(pair, "SHUYUAN_DATABASE_URL="); ok {
			address = url
		}
	}
	if address == "" {
		var err error
		if address, err = embedded.RunningURL(filepath.Join(p.data, "postgres")); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) }) //nolint:errcheck // the server may be gone
	return conn
}

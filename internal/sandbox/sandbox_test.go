package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"shuyuan/internal/sandbox"
)

// TestMain is a program with jobs, as cmd/shuyuan is.
func TestMain(m *testing.M) {
	sandbox.Main(map[string]sandbox.Job{
		"upper": func(context.Context, []*os.File) error {
			b, err := io.ReadAll(os.Stdin)
			fmt.Print(strings.ToUpper(string(b)))
			return err
		},
		"file": func(_ context.Context, files []*os.File) error {
			b, err := io.ReadAll(files[0])
			fmt.Printf("%d %s", os.Getuid(), b)
			return err
		},
		"number": func(_ context.Context, files []*os.File) error { // by which an engine in C knows a file
			number, b := int(files[0].Fd()), make([]byte, 5)
			for range 3 {
				runtime.GC()
				time.Sleep(20 * time.Millisecond) // what was collected is closed beside
			}
			n, err := syscall.Read(number, b)
			fmt.Print(string(b[:max(n, 0)]))
			return err
		},
		"folders": func(ctx context.Context, _ []*os.File) error {
			var given, secret string
			if _, err := fmt.Scanln(&given); err != nil {
				return err
			}
			if _, err := fmt.Scanln(&secret); err != nil {
				return err
			}
			b, err := os.ReadFile(given)
			fmt.Print(string(b))
			for _, path := range []string{secret, strings.TrimSuffix(given, "/a") + "/../secret"} {
				if _, refused := os.ReadFile(path); refused != nil {
					fmt.Print("|refused")
				}
			}
			return errors.Join(err, os.WriteFile(filepath.Join(sandbox.Folders(ctx)[0], "mine"), []byte("mine"), 0o600))
		},
		"nice": func(context.Context, []*os.File) error {
			b, err := os.ReadFile("/proc/self/stat")
			fmt.Print(strings.Fields(string(b))[18])
			return err
		},
		"fail":  func(context.Context, []*os.File) error { return errors.New("row 3 is no row") },
		"panic": func(context.Context, []*os.File) error { panic("boom") },
		"nil":   func(context.Context, []*os.File) error { var p *int; *p = 1; return nil },
		"exec":  func(context.Context, []*os.File) error { return syscall.Exec("/bin/true", []string{"true"}, nil) },
		"hang":  func(context.Context, []*os.File) error { select {} },
		"spin": func(context.Context, []*os.File) error {
			for {
				runtime.Gosched()
			}
		},
		"memory": func(context.Context, []*os.File) error {
			var keep [][]byte
			for {
				b := make([]byte, 8<<20)
				for i := range b {
					b[i] = byte(i)
				}
				keep = append(keep, b)
				_ = keep
			}
		},
		"shout": func(context.Context, []*os.File) error {
			for range 1 << 16 {
				fmt.Fprintln(os.Stderr, strings.Repeat("x", 100))
			}
			return errors.New("end")
		},
	})
	os.Exit(m.Run())
}

func spec(job string) sandbox.Spec {
	return sandbox.Spec{Job: job, Memory: 256 << 20, CPU: 20 * time.Second, Time: 20 * time.Second, FileSize: 1 << 20}
}

func run(t *testing.T, s sandbox.Spec) (string, error) {
	t.Helper()
	var out bytes.Buffer
	s.Stdout = &out
	c, err := sandbox.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), func() error { err := c.Wait(); return err }()
}

func TestTheWallStandsHere(t *testing.T) {
	if err := sandbox.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAChildReadsItsInputAndAnswers(t *testing.T) {
	s := spec("upper")
	s.Stdin = strings.NewReader("abc")
	var out bytes.Buffer
	s.Stdout = &out
	c, err := sandbox.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil || out.String() != "ABC" {
		t.Fatalf("%q %v", out.String(), err)
	}
}

// An open file can be handed over that the child could never open itself.
func TestAFileIsHandedOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := spec("file")
	s.Files = []*os.File{f}
	var out bytes.Buffer
	s.Stdout = &out
	c, err := sandbox.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil || !strings.HasSuffix(out.String(), " bytes") {
		t.Fatalf("%q %v", out.String(), err)
	}
	if os.Getuid() == 0 && strings.HasPrefix(out.String(), "0 ") {
		t.Error("the child runs as root, as we do")
	}
}

// A file stays open until the child ends, also where its job has nothing left of it
// but the number.
func TestAFileStaysOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := spec("number")
	s.Files = []*os.File{f}
	var out bytes.Buffer
	s.Stdout = &out
	c, err := sandbox.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil || out.String() != "bytes" {
		t.Fatalf("%q %v", out.String(), err)
	}
}

func TestHowAChildEnds(t *testing.T) {
	for _, c := range []struct {
		job  string
		cpu  time.Duration
		time time.Duration
		want error
		how  string
	}{
		{"panic", 0, 0, sandbox.ErrCrash, "exit status 2"},
		{"nil", 0, 0, sandbox.ErrCrash, "exit status 2"},
		{"exec", 0, 0, sandbox.ErrCrash, "signal: bad system call"},
		{"hang", 0, 300 * time.Millisecond, sandbox.ErrTime, "signal: killed"},
		{"spin", time.Second, 0, sandbox.ErrTime, "processor time"},
		{"memory", 0, 0, sandbox.ErrMemory, ""},
	} {
		t.Run(c.job, func(t *testing.T) {
			t.Parallel()
			s := spec(c.job)
			if c.cpu > 0 {
				s.CPU = c.cpu
			}
			if c.time > 0 {
				s.Time = c.time
			}
			_, err := run(t, s)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if f, _ := errors.AsType[*sandbox.Failure](err); f == nil || !strings.Contains(f.How, c.how) || !strings.Contains(f.How, "MiB at most") || f.Killed != (c.job == "exec") {
				t.Errorf("it says %+v", f)
			}
		})
	}
}

func TestAJobThatFailsSaysWhy(t *testing.T) {
	_, err := run(t, spec("fail"))
	var f *sandbox.Failure
	if !errors.As(err, &f) || !strings.Contains(f.Stderr, "row 3 is no row") {
		t.Fatal(err)
	}
}

func TestLastWordsAreBounded(t *testing.T) {
	_, err := run(t, spec("shout"))
	var f *sandbox.Failure
	if !errors.As(err, &f) || len(f.Stderr) > 8<<10 {
		t.Fatalf("%d bytes kept", len(f.Stderr))
	}
}

func TestAChildEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := sandbox.Start(ctx, spec("hang"))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := c.Wait(); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestLimitsMustBeNamed(t *testing.T) {
	if _, err := sandbox.Start(t.Context(), sandbox.Spec{Job: "upper"}); err == nil {
		t.Fatal("a child without limits was started")
	}
}

func TestAChildStandsBackForOthers(t *testing.T) {
	s := spec("nice")
	s.Nice, s.Read = 10, []string{"/proc/self/stat"}
	var out bytes.Buffer
	s.Stdout = &out
	c, err := sandbox.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil || out.String() != "10" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// A folder below one that the child's user may not pass through, as is the home
// of root, is reached all the same, and nothing beside it.
func TestAChildReachesItsFolderBelowAClosedOne(t *testing.T) {
	closed := filepath.Join(t.TempDir(), "closed")
	own, given := filepath.Join(closed, "own"), filepath.Join(closed, "given")
	for _, err := range []error{
		os.Mkdir(closed, 0o700), os.Mkdir(own, 0o700), os.Mkdir(given, 0o755), os.WriteFile(filepath.Join(given, "a"), []byte("given"), 0o644), os.WriteFile(filepath.Join(closed, "secret"), []byte("secret"), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := spec("folders")
	s.Read, s.Write = []string{given}, []string{own}
	in, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	s.Stdin = in
	var out bytes.Buffer
	s.Stdout = &out
	c, err := sandbox.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(tell, c.Path(filepath.Join(given, "a")))
	fmt.Fprintln(tell, c.Path(filepath.Join(closed, "secret")))
	tell.Close()
	if err := c.Wait(); err != nil || out.String() != "given|refused|refused" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if b, err := os.ReadFile(filepath.Join(own, "mine")); err != nil || string(b) != "mine" {
		t.Errorf("%q, %v", b, err)
	}
}

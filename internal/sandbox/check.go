package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const checkJob = "check the wall"

// Check starts a child whose job is to break out, by every way that the wall
// is against. It returns an error of one line if one of them is open or no
// child can be started at all.
func Check(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "shuyuan-wall-")
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	own := filepath.Join(dir, "own")
	secret, given := filepath.Join(dir, "secret"), filepath.Join(dir, "given")
	if err := errors.Join(os.Mkdir(own, 0o755), os.WriteFile(secret, []byte("secret"), 0o644), os.WriteFile(given, []byte("given"), 0o644)); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer l.Close()
	plan, err := json.Marshal(attempt{Secret: secret, Given: given, Own: own, Address: l.Addr().String(), Parent: os.Getpid()})
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return try(checkTries, func() error {
		c, err := Start(ctx, Spec{
			Job: checkJob, Read: []string{given}, Write: []string{own},
			Memory: 256 << 20, CPU: 10 * time.Second, Time: 20 * time.Second, FileSize: 1 << 20, Stdin: bytes.NewReader(plan),
		})
		if err != nil {
			return err
		}
		return c.Wait()
	})
}

// checkTries is how many children are sent before it is believed that none gets
// to its end.
const checkTries = 3

// try runs a self-test. A child that a signal ended has told nothing of the
// wall, as on a machine that runs out of memory: another is sent. What a child
// told is believed at once.
func try(times int, test func() error) error {
	for n := 1; ; n++ {
		err := test()
		failed, ended := errors.AsType[*Failure](err)
		switch {
		case err == nil || !ended:
			return err
		case !failed.Killed:
			return fmt.Errorf("sandbox: the wall does not stand here: %s", oneLine(err))
		case n == times:
			return fmt.Errorf("sandbox: nobody knows whether the wall stands here: %d children were killed before they told: %s", n, oneLine(err))
		}
	}
}

func oneLine(err error) string {
	return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
}

// attempt is what the self-test tries to reach.
type attempt struct {
	Secret, Given, Own, Address string
	Parent                      int
}

// selfTest runs behind the wall. Each row must be refused.
func selfTest(_ context.Context, _ []*os.File) error {
	var a attempt
	if err := json.NewDecoder(os.Stdin).Decode(&a); err != nil {
		return err
	}
	var open []string
	for _, way := range []struct {
		name string
		try  func() error
	}{
		{"reads a file it was not given", func() error { _, err := os.ReadFile(a.Secret); return err }},
		{"lists a folder it was not given", func() error { _, err := os.ReadDir(filepath.Dir(a.Secret)); return err }},
		{"reads /etc/passwd", func() error { _, err := os.ReadFile("/etc/passwd"); return err }},
		{"writes what it may only read", func() error { return os.WriteFile(a.Given, nil, 0o600) }},
		{"writes beside its folder", func() error { return os.WriteFile(a.Own+"-x", nil, 0o600) }},
		{"makes a socket", func() error { _, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0); return err }},
		{"reaches the network", func() error { _, err := net.DialTimeout("tcp", a.Address, time.Second); return err }},
		{"signals its parent", func() error { return syscall.Kill(a.Parent, 0) }},
		{"raises its limits", func() error {
			return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY})
		}},
		{"becomes root", func() error { return unix.Setresuid(0, 0, 0) }},
		{"writes more than it may", func() error {
			f, err := os.Create(filepath.Join(a.Own, "large"))
			if err != nil {
				return err
			}
			defer f.Close()
			return f.Truncate(2 << 20)
		}},
		{"sees its parent's environment", func() error {
			if n := len(os.Environ()); n > 1 {
				return nil
			}
			return errors.New("empty")
		}},
	} {
		if way.try() == nil {
			open = append(open, way.name)
		}
	}
	if body, err := os.ReadFile(a.Given); err != nil || string(body) != "given" {
		open = append(open, "cannot read what it was given")
	}
	if err := os.WriteFile(filepath.Join(a.Own, "mine"), []byte("mine"), 0o600); err != nil {
		open = append(open, "cannot write in its own folder")
	}
	if len(open) > 0 {
		return fmt.Errorf("a child %s", strings.Join(open, ", "))
	}
	return nil
}

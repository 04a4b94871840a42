package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// server is a shuyuan under measurement.
type server struct {
	base    string // http://127.0.0.1:port
	admin   string
	data    string
	proxies string // whose word about others it takes
	cmd     *exec.Cmd
}

// startServer loads the sample world into data and serves it.
func startServer(ctx context.Context, binary, data string) (*server, error) {
	s, err := newServer(binary, data)
	if err != nil {
		return nil, err
	}
	if err := s.demo(ctx, binary); err != nil {
		return nil, err
	}
	return s, s.serve(ctx, binary)
}

func newServer(binary, data string) (*server, error) {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return nil, err
	}
	return &server{data: data}, nil
}

func (s *server) demo(ctx context.Context, binary string) error {
	out, err := exec.CommandContext(ctx, binary, "demo", "--data", s.data).CombinedOutput()
	if err != nil {
		return fmt.Errorf("demo: %w\n%s", err, out)
	}
	return nil
}

// serve starts the server on free ports and returns when the home page answers.
func (s *server) serve(ctx context.Context, binary string) error {
	listen, admin := freePort(), freePort()
	s.base, s.admin = "http://"+listen, "http://"+admin
	s.cmd = exec.Command(binary, "serve", "--data", s.data, "--listen", listen)
	s.cmd.Env = append(os.Environ(), "SHUYUAN_ADMIN_LISTEN="+admin, "SHUYUAN_BASE_URL="+s.base, "SHUYUAN_TRUSTED_PROXIES="+s.proxies)
	log, err := os.Create(filepath.Join(s.data, "..", "bench-server.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for start := time.Now(); time.Since(start) < 60*time.Second; time.Sleep(5 * time.Millisecond) {
		if ctx.Err() != nil {
			break
		}
		if resp, err := http.Get(s.base + "/"); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	s.stop()
	return errors.New("the server did not answer within 60 s; see " + log.Name())
}

func (s *server) stop() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	s.cmd = nil
}

// memory is the resident set of the server process in bytes.
func (s *server) memory() int64 {
	var size, resident int64
	f, err := os.Open(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	_, _ = fmt.Fscan(f, &size, &resident)
	return resident * int64(os.Getpagesize())
}

func freePort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:0"
	}
	defer l.Close()
	return l.Addr().String()
}

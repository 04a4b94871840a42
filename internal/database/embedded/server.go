package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

// role is the superuser and the database of every cluster we make.
const role = "shuyuan"

// ErrRunning says that another process runs the server of this folder.
var ErrRunning = errors.New("another process already runs the database of this folder")

// Options say where a cluster lives and how it runs.
type Options struct {
	Dir      string            // ours alone: lock, cluster, socket, log
	Settings map[string]string // further server settings
	Volatile bool              // for tests: fast, and lost when the machine stops
	Log      *slog.Logger
}

// Server is a running private PostgreSQL.
type Server struct {
	opt   Options
	own   owner
	bin   string
	data  string // the cluster
	run   string // the socket's folder
	lock  *os.File
	life  context.Context
	end   context.CancelFunc
	ended chan struct{} // closed when the supervisor has nothing left to do

	mu       sync.Mutex
	child    *child
	stopping bool
	down     error // why nobody can connect; nil while serving
}

// Start makes the cluster if there is none, ends a server that an earlier
// process left behind, starts ours and returns once it answers. It fails if
// another process runs a server on opt.Dir.
func Start(ctx context.Context, opt Options) (*Server, error) {
	s, err := start(ctx, opt)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, opt Options) (_ *Server, err error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Dir, err = filepath.Abs(opt.Dir); err != nil {
		return nil, err
	}
	// 0711: the owner of the cluster passes through, nobody lists it
	if err := os.MkdirAll(opt.Dir, 0o711); err != nil {
		return nil, err
	}
	s := &Server{opt: opt, data: filepath.Join(opt.Dir, "data"), ended: make(chan struct{})}
	if s.lock, err = lockDir(ctx, opt.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.lock.Close()
		}
	}()
	if s.own, err = chooseOwner(s.data); err != nil {
		return nil, err
	}
	version, err := clusterVersion(s.data)
	if err != nil {
		return nil, err
	}
	if s.bin, err = Find(version); err != nil {
		return nil, err
	}
	if err := endOrphan(ctx, s.data, opt.Log); err != nil {
		return nil, err
	}
	if version == "" {
		if err := s.initdb(ctx); err != nil {
			return nil, err
		}
	}
	if s.run, err = socketDir(opt.Dir, s.own); err != nil {
		return nil, err
	}
	if err := s.firstStart(ctx); err != nil {
		return nil, err
	}
	if err := s.createDatabase(ctx); err != nil {
		s.child.stop()
		return nil, err
	}
	s.life, s.end = context.WithCancel(context.Background())
	go s.supervise()
	if err := writeFile(s.urlFile(), s.URL()); err != nil {
		s.Stop() //nolint:errcheck // the first error says more
		return nil, err
	}
	return s, nil
}

// lockDir keeps two processes from racing for one cluster. The lock goes with
// the process, however it ends; one that is being killed gets a moment to.
func lockDir(ctx context.Context, dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for range 20 {
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); !errors.Is(err, unix.EWOULDBLOCK) {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = fmt.Errorf("%w: %s", ErrRunning, dir)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// clusterVersion returns the major version that made the cluster, "" if there
// is no cluster.
func clusterVersion(data string) (string, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(data); err == nil {
			return "", fmt.Errorf("%s exists but holds no cluster (PG_VERSION is missing): restore it from a backup, or move it away to begin anew", data)
		}
		return "", nil
	}
	return strings.TrimSpace(string(b)), err
}

// socketDir returns a folder whose socket path fits into the 107 bytes that
// the system allows: below dir, else a short one in the temp folder.
func socketDir(dir string, own owner) (string, error) {
	run := filepath.Join(dir, "run")
	if socketFits(run) && own.blocked(run) == "" {
		return run, own.give(run)
	}
	var err error
	for n := range 8 {
		// another user of this machine may sit on the name
		run = shortDir(dir, n)
		if err = own.give(run); err == nil {
			break
		}
	}
	if err == nil && !socketFits(run) {
		err = fmt.Errorf("the temp folder %s is too long a path for a socket: set TMPDIR to a shorter one", os.TempDir())
	}
	return run, err
}

// URL is how to connect to the application's database.
func (s *Server) URL() string { return s.DatabaseURL(role) }

// DatabaseURL is how to connect to another database of this server.
func (s *Server) DatabaseURL(name string) string {
	// not every reader of such an address takes + for a space
	host := strings.ReplaceAll(url.QueryEscape(s.run), "+", "%20")
	return "postgres://" + role + "@/" + url.PathEscape(name) + "?host=" + host
}

// Ready returns nil while the server answers, and else why it does not.
func (s *Server) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}

// Stop shuts the server down: open transactions are rolled back, everything
// committed is on disk when it returns.
func (s *Server) Stop() error {
	s.mu.Lock()
	s.stopping = true
	s.down = errors.New("the database is stopping")
	c := s.child
	s.mu.Unlock()
	s.end()
	os.Remove(s.urlFile()) //nolint:errcheck // it may be gone with a removed folder
	err := c.stop()
	<-s.ended
	return errors.Join(err, s.lock.Close())
}

func (s *Server) firstStart(ctx context.Context) error {
	// A postmaster that was killed may stay a zombie for seconds, and while
	// its number exists its pid file is taken for a live server's.
	retry, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		c, err := s.startChild(ctx)
		if err == nil {
			s.child = c
			return nil
		}
		if !errors.Is(err, errTaken) {
			return err
		}
		select {
		case <-retry.Done():
			return fmt.Errorf("%w; if no PostgreSQL runs on %s, remove the file postmaster.pid there", err, s.data)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// supervise starts the server again whenever it dies, until Stop.
func (s *Server) supervise() {
	defer close(s.ended)
	const shortest, longest = 100 * time.Millisecond, 5 * time.Second
	wait := shortest
	for {
		<-s.child.gone
		if !s.markDown(fmt.Errorf("the database ended (%v) and is being started again", s.child.err)) {
			return
		}
		s.opt.Log.Error("private PostgreSQL ended, starting it again", slog.Any("why", s.child.err), slog.String("log", s.logFile()))
		for {
			select {
			case <-s.life.Done():
				return
			case <-time.After(wait):
			}
			c, err := s.startChild(s.life)
			if err == nil {
				if !s.markUp(c) {
					c.stop() //nolint:errcheck // Stop is being called and reports
					return
				}
				wait = shortest
				break
			}
			if !s.markDown(err) {
				return
			}
			s.opt.Log.Error("private PostgreSQL does not start", slog.Any("why", err))
			wait = min(2*wait, longest)
		}
		s.opt.Log.Info("private PostgreSQL serves again")
	}
}

// markDown reports false if the server is meant to be down.
func (s *Server) markDown(why error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	s.down = why
	return true
}

func (s *Server) markUp(c *child) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.child = c
	if s.stopping {
		return false
	}
	s.down = nil
	return true
}

func (s *Server) createDatabase(ctx context.Context) error {
	c, err := pgx.Connect(ctx, s.DatabaseURL("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	var exists bool
	if err := c.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, role).Scan(&exists); err != nil || exists {
		return err
	}
	_, err = c.Exec(ctx, `CREATE DATABASE `+role)
	return err
}

// RunningURL is how to connect to the server that another process runs on dir.
// It returns fs.ErrNotExist where none has said that it does.
func RunningURL(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, "url"))
	return string(b), err
}

func (s *Server) urlFile() string { return filepath.Join(s.opt.Dir, "url") }

// writeFile replaces a file at once: a reader finds the old one or the new.
func writeFile(path, content string) error {
	part := path + ".part"
	if err := os.WriteFile(part, []byte(content), 0o600); err != nil {
		return err
	}
	return os.Rename(part, path)
}

func (s *Server) logFile() string { return filepath.Join(s.opt.Dir, "postgres.log") }

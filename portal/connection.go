package portal

import (
	"bytes"
	"context"
	"io"
	"math"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Serve answers the portal's requests on l until Shutdown.
func (s *Server) Serve(l net.Listener) error { return serve(s.app, l) }

// ServeFiles answers requests for downloads alone on l, an origin of its own
// without cookies, until Shutdown.
func (s *Server) ServeFiles(l net.Listener) error { return serve(s.files, l) }

func serve(app *fiber.App, l net.Listener) error {
	app.Server().CloseOnShutdown = true
	return app.Listener(listener{l, stallTime})
}

// Shutdown takes no new connections and waits for the requests under way, at
// most as long as ctx lasts.
func (s *Server) Shutdown(ctx context.Context) error {
	var wg sync.WaitGroup
	var files error
	wg.Go(func() { files = s.files.ShutdownWithContext(ctx) })
	err := s.app.ShutdownWithContext(ctx)
	wg.Wait()
	if err == nil {
		err = files
	}
	return err
}

// listener hands out connections that end when the reader takes nothing for
// too long. A deadline for the whole answer would cut a large file off on a
// slow line; none at all would let anybody hold connections for ever.
type listener struct {
	net.Listener
	patience time.Duration
}

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &connection{Conn: conn, patience: l.patience}, nil
}

type connection struct {
	net.Conn
	patience time.Duration
	watchdog *time.Timer
	begun    [32]byte // how the last request began, for answering one that is too long to be read
}

// Read notes how requests begin.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if method, target, ok := bytes.Cut(p[:min(n, len(c.begun))], []byte(" ")); ok && bytes.HasPrefix(target, []byte("/")) && slices.Contains(fiber.DefaultMethods, string(method)) {
		c.begun = [32]byte{}
		copy(c.begun[:], target)
	}
	return n, err
}

// beginning is how the address of the last request on c began.
func beginning(c net.Conn) string {
	if own, ok := c.(*connection); ok {
		return string(bytes.TrimRight(own.begun[:], "\x00"))
	}
	return ""
}

// piece is how much is handed to the kernel at once: whoever takes less than
// this in patience is too slow.
const piece = 256 << 10

// step runs one write and ends the connection if it does not return in time.
func (c *connection) step(write func() (int64, error)) (int64, error) {
	if c.watchdog == nil {
		c.watchdog = time.AfterFunc(c.patience, func() { _ = c.Conn.Close() })
	} else {
		c.watchdog.Reset(c.patience)
	}
	n, err := write()
	c.watchdog.Stop()
	return n, err
}

// Write writes all of p.
func (c *connection) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n, err := c.step(func() (int64, error) {
			n, err := c.Conn.Write(p[:min(len(p), piece)])
			return int64(n), err
		})
		written += int(n)
		if err != nil {
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}

// ReadFrom lets the kernel send a file by itself (sendfile).
func (c *connection) ReadFrom(r io.Reader) (int64, error) {
	to, ok := c.Conn.(io.ReaderFrom)
	if !ok {
		return io.Copy(struct{ io.Writer }{c}, r)
	}
	left, source := int64(math.MaxInt64), r
	limited, bounded := r.(*io.LimitedReader)
	if bounded {
		left, source = limited.N, limited.R
	}
	var written int64
	var err error
	for written < left && err == nil {
		var n int64
		n, err = c.step(func() (int64, error) {
			return to.ReadFrom(&io.LimitedReader{R: source, N: min(piece, left-written)})
		})
		if written += n; n == 0 {
			break
		}
	}
	if bounded {
		limited.N -= written
	}
	return written, err
}

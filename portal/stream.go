package portal

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sys/unix"
)

// errLeft is why work stops that was for somebody who has gone.
var errLeft = errors.New("the reader has gone")

// WhileConnected is the context of a request that also ends when whoever asked
// goes away, so that nothing is worked out for nobody. Call done before the
// answer is sent.
func (s *Server) WhileConnected(c *fiber.Ctx) (ctx context.Context, done func()) {
	ctx, stop := context.WithCancelCause(c.UserContext())
	leave := watch(c, stop)
	return ctx, func() {
		leave()
		stop(nil)
	}
}

// watch calls gone if the reader of c goes away before the answer is ready. The
// function it returns ends the watch.
func watch(c *fiber.Ctx, gone context.CancelCauseFunc) (end func()) {
	conn, ok := c.Context().Conn().(*connection)
	if !ok { // a test that has no connection
		return func() {}
	}
	return conn.watch(func() { gone(errLeft) })
}

// past wakes whoever waits for a connection to be readable; never lets them wait.
var past, never = time.Unix(1, 0), time.Time{}

// watch looks for the end of what the reader sends. Whoever sends the next
// request before this one is answered is there, and is watched no more.
func (c *connection) watch(gone func()) (end func()) {
	under, ok := c.Conn.(syscall.Conn)
	if !ok {
		return func() {}
	}
	raw, err := under.SyscallConn()
	if err != nil {
		return func() {}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var n int
		var peeked error
		err := raw.Read(func(fd uintptr) bool {
			n, _, peeked = unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
			return !errors.Is(peeked, unix.EAGAIN) && !errors.Is(peeked, unix.EINTR)
		})
		if err == nil && n <= 0 {
			gone()
		}
	}()
	return func() {
		c.Conn.SetReadDeadline(past) //nolint:errcheck // of a connection that has ended there is nothing to watch
		<-ended
		c.Conn.SetReadDeadline(never) //nolint:errcheck // the server sets its own before it reads on
	}
}

// WeakTag is a weak ETag of a state: equal states are equal in all that matters,
// if perhaps not in every byte.
func WeakTag(state string) string {
	sum := sha256.Sum256([]byte(state))
	return `W/"` + hex.EncodeToString(sum[:12]) + `"`
}

// streamBuffer is how much of a stream is handed on at once.
const streamBuffer = 256 << 10

// Stream answers with what write writes, while it is written. It waits for the
// first bytes: what is refused before them is an answer of its own and not half
// a file. What fails after them ends the connection, so that nobody takes the
// part for the whole. Whoever goes away ends the writing.
func (s *Server) Stream(c *fiber.Ctx, write func(context.Context, io.Writer) error) error {
	ctx, stop := context.WithCancelCause(context.WithoutCancel(c.UserContext()))
	leave := watch(c, stop)
	r, w := io.Pipe()
	go func() {
		defer stop(nil)
		w.CloseWithError(write(ctx, w))
	}()
	body := &stream{Reader: bufio.NewReaderSize(r, streamBuffer), pipe: r, stop: stop}
	_, err := body.Peek(1)
	leave()
	if err != nil && !errors.Is(err, io.EOF) {
		body.Close()
		return err
	}
	c.Context().SetBodyStream(body, -1)
	return nil
}

// Counted is write as a download of a dataset: it counts once it is whole.
func (s *Server) Counted(dataset int64, write func(context.Context, io.Writer) error) func(context.Context, io.Writer) error {
	return func(ctx context.Context, w io.Writer) error {
		sent := &counter{w: w}
		err := write(ctx, sent)
		if err == nil {
			s.Datasets.CountDownload(dataset, sent.bytes)
		}
		return err
	}
}

// counter counts what is written.
type counter struct {
	w     io.Writer
	bytes int64
}

func (n *counter) Write(p []byte) (int, error) {
	written, err := n.w.Write(p)
	n.bytes += int64(written)
	return written, err
}

// stream is an answer that is being written.
type stream struct {
	*bufio.Reader
	pipe *io.PipeReader
	stop context.CancelCauseFunc
}

// SupportsBodyWriteTo implements fasthttp.BodyWriterTo: chunks are as large as
// the buffer.
func (b *stream) SupportsBodyWriteTo() bool { return true }

// Close implements io.Closer: the server calls it at the end, also where the
// reader has gone.
func (b *stream) Close() error {
	b.stop(errLeft)
	return b.pipe.CloseWithError(errLeft)
}

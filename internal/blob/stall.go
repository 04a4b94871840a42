package blob

import (
	"context"
	"errors"
	"io"
	"time"
)

// errStalled ends a call during which the store was silent for too long.
var errStalled = errors.New("the store fell silent")

// watch ends a context when nothing moved for a while. A deadline would be
// wrong here: a large object may take long, as long as it keeps coming.
type watch struct {
	timer  *time.Timer
	length time.Duration
	cancel context.CancelCauseFunc
}

func watchdog(ctx context.Context, length time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &watch{time.AfterFunc(length, func() { cancel(errStalled) }), length, cancel}
}

func (w *watch) kick()  { w.timer.Reset(w.length) }
func (w *watch) pause() { w.timer.Stop() } // while it is the caller who takes his time

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(context.Canceled)
}

// watched is a file being sent: every read shows that the store takes it.
type watched struct {
	f interface {
		io.ReadSeeker
		io.ReaderAt
	}
	w *watch
}

func (r watched) Read(p []byte) (int, error) {
	r.w.kick()
	return r.f.Read(p)
}

func (r watched) ReadAt(p []byte, off int64) (int, error) {
	r.w.kick()
	return r.f.ReadAt(p, off)
}

func (r watched) Seek(offset int64, whence int) (int64, error) { return r.f.Seek(offset, whence) }

package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// vetters are warm children that parse texts. They hold no data; each is replaced
// after a number of texts, since what it parsed may have turned it.
type vetters struct {
	ctx   context.Context //nolint:containedctx // ends with the Engine
	slots chan *vetter    // nil: none is running there
	wg    sync.WaitGroup
}

type vetter struct {
	child *sandbox.Child
	in    *os.File
	out   *os.File
	read  *bufio.Reader
	asked int
	bad   bool
}

// vetterTexts is how many questions a child is asked.
const vetterTexts = 500

func newVetters(ctx context.Context, n int) *vetters {
	v := &vetters{ctx: ctx, slots: make(chan *vetter, n)}
	for range n {
		v.refill()
	}
	return v
}

func (v *vetters) refill() {
	v.wg.Go(func() {
		w, err := v.start()
		if err != nil {
			w = nil // whoever needs it tries again and is told
		}
		v.slots <- w
	})
}

func (v *vetters) start() (*vetter, error) {
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer childIn.Close()
	out, childOut, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer childOut.Close()
	child, err := sandbox.Start(v.ctx, sandbox.Spec{
		Job: vetJob, Read: systemFiles(), Memory: vetMemory + 512<<20, CPU: vetterTexts * vetTime, Time: vetterLife, Stdin: childIn, Stdout: childOut,
	})
	if err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	return &vetter{child: child, in: in, out: out, read: bufio.NewReader(out)}, nil
}

// vetterLife is how long a child lives that is asked little.
const vetterLife = 12 * time.Hour

// ask asks a child. One that does not answer in time is ended, and the text is
// too complex.
func (v *vetters) ask(ctx context.Context, q question) (answer, error) {
	for {
		var w *vetter
		select {
		case w = <-v.slots:
		case <-ctx.Done():
			return answer{}, context.Cause(ctx)
		case <-v.ctx.Done():
			return answer{}, unavailable(context.Cause(v.ctx))
		}
		fresh := w == nil
		if fresh {
			var err error
			if w, err = v.start(); err != nil {
				v.slots <- nil
				return answer{}, unavailable(err)
			}
		}
		a, err := w.ask(ctx, q)
		gone := errors.Is(err, errGone)
		v.put(w)
		if !gone || fresh {
			return a, err
		}
	}
}

func unavailable(err error) error {
	return fault.New(fault.Unavailable, "计算服务暂时没有响应，请稍后再试。").Because(err)
}

// errGone is a child that had ended before it was asked.
var errGone = errors.New("engine: the child is gone")

func (w *vetter) ask(ctx context.Context, q question) (answer, error) {
	line, err := json.Marshal(q)
	if err != nil {
		return answer{}, err
	}
	if w.asked++; w.gone() {
		w.bad = true
		return answer{}, errGone
	}
	ctx, cancel := context.WithTimeout(ctx, vetTime)
	defer cancel()
	stop := context.AfterFunc(ctx, w.child.Kill)
	defer stop()
	if _, err := w.in.Write(append(line, '\n')); err != nil {
		w.bad = true
		return answer{}, errGone
	}
	kind, body, err := readFrame(w.read)
	if err != nil || kind != frameEnd {
		w.bad = true
		if w.asked == 1 && ctx.Err() == nil {
			return answer{}, unavailable(errors.Join(err, w.child.Wait()))
		}
		return answer{Error: "too complex"}, nil // it was too much for the child
	}
	var a answer
	if err := decode(body, &a); err != nil {
		w.bad = true
		return a, err
	}
	return a, nil
}

func (w *vetter) gone() bool {
	select {
	case <-w.child.Gone():
		return true
	default:
		return false
	}
}

// put gives a child back, or a fresh one in its place.
func (v *vetters) put(w *vetter) {
	if !w.bad && !w.gone() && w.asked < vetterTexts {
		v.slots <- w
		return
	}
	w.close()
	if v.ctx.Err() != nil {
		v.slots <- nil
		return
	}
	v.refill()
}

func (w *vetter) close() {
	w.in.Close()
	w.child.Kill()
	w.child.Wait() //nolint:errcheck // it was killed
	w.out.Close()
}

func (v *vetters) close() {
	v.wg.Wait()
	for range cap(v.slots) {
		if w := <-v.slots; w != nil {
			w.close()
		}
	}
}

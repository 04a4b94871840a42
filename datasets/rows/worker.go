package rows

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// worker is a limited child as the server sees it. One goroutine uses it at a
// time.
type worker struct {
	child *sandbox.Child
	in    *os.File
	out   *os.File
	read  *bufio.Reader
	dir   string // its own folder
	from  string // the folder of tables
	next  uint64
	sent  atomic.Uint64 // orders that the child was told
	wmu   sync.Mutex    // two goroutines write: one orders, one gives up
	old   atomic.Bool
	bad   bool
}

// How long a worker lives: a fresh one now and then leaves no room for what
// slowly grows.
const (
	workerOrders = 20_000
	workerAge    = 6 * time.Hour
	workerMost   = 2 * workerAge // the child's own limit, met by none that is replaced in time
)

// grace is how long a worker may take to give up an order before it is killed.
const grace = 2 * time.Second

// startWorker starts a child that may read tables and write below dir.
func startWorker(ctx context.Context, opt Options, tables, dir string) (*worker, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("rows: worker: %w", err)
	}
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("rows: worker: %w", err)
	}
	defer childIn.Close()
	out, childOut, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("rows: worker: %w", err)
	}
	defer childOut.Close()
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: JobName, Read: append(systemFiles(), tables), Write: []string{dir},
		Memory: 2*opt.Memory + 768<<20, CPU: workerMost * time.Duration(opt.Threads), Time: workerMost, FileSize: opt.Disk, OpenFiles: 1024, Nice: opt.nice,
		Stdin: childIn, Stdout: childOut,
	})
	if err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	w := &worker{child: child, in: in, out: out, read: bufio.NewReaderSize(out, 64<<10), dir: dir, from: tables}
	timer := time.AfterFunc(workerAge, func() { w.old.Store(true) })
	context.AfterFunc(ctx, func() { timer.Stop() })
	if err := w.say(setup{Memory: opt.Memory, Threads: opt.Threads, Temp: child.Path(filepath.Join(dir, "temp")), TempMax: opt.Disk, Allowed: []string{child.Path(tables), child.Path(dir)}}); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// systemFiles are what the engine reads of the system: how much memory and how
// many processors it may count on.
func systemFiles() []string {
	var found []string
	for _, path := range []string{"/proc/self/cgroup", "/sys/fs/cgroup"} {
		if _, err := os.Stat(path); err == nil {
			found = append(found, path)
		}
	}
	return found
}

func (w *worker) say(what any) error {
	line, err := json.Marshal(what)
	if err != nil {
		return err
	}
	w.wmu.Lock()
	defer w.wmu.Unlock()
	_, err = w.in.Write(append(line, '\n'))
	return err
}

// asReached puts the worker's own way to its folders into SQL, where that is
// another than ours: below a folder that its user may not pass through.
func (w *worker) asReached(sql string) string {
	for _, dir := range []string{w.from, w.dir} {
		if way := w.child.Path(dir); way != dir {
			sql = strings.ReplaceAll(sql, strings.TrimSuffix(quoted(dir+"/"), "'"), strings.TrimSuffix(quoted(way+"/"), "'"))
		}
	}
	return sql
}

// errGone is a worker that had ended before it was asked.
var errGone = errors.New("the worker is gone")

// do has the worker do o, and yields the rows of its answer. When ctx ends, the
// order is given up; a worker that does not give it up in time is killed.
func (w *worker) do(ctx context.Context, o order, yield func([]Cell) error) (end, error) {
	w.next++
	o.ID, o.SQL, o.Base.Path = w.next, w.asReached(o.SQL), w.child.Path(o.Base.Path)
	if err := w.say(o); err != nil {
		w.bad = true
		return end{}, errGone
	}
	w.sent.Store(o.ID)
	answered := make(chan struct{})
	defer close(answered)
	stop := context.AfterFunc(ctx, func() { w.giveUp(o.ID, answered) })
	defer stop()
	for {
		kind, body, err := readFrame(w.read)
		if err != nil {
			w.bad = true
			return end{}, w.died(ctx, err)
		}
		switch kind {
		case frameRows:
			if err := eachRow(body, yield); err != nil {
				w.bad = true // what is left of its answer is in the pipe
				return end{}, err
			}
		case frameEnd:
			e, err := readEnd(body)
			if err != nil || e.ID != o.ID {
				w.bad = true
				return e, errors.Join(err, errOdd("the end of another order"))
			}
			return e, nil
		default:
			w.bad = true
			return end{}, errOdd("a frame of an unknown kind")
		}
	}
}

func (w *worker) giveUp(id uint64, answered <-chan struct{}) {
	if w.say(order{Cancel: id}) != nil {
		w.child.Kill()
		return
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-answered:
	case <-timer.C:
		w.child.Kill()
	}
}

// died says why the worker stopped answering.
func (w *worker) died(ctx context.Context, cause error) error {
	timer := time.AfterFunc(grace, w.child.Kill) // it may only have closed its end
	defer timer.Stop()
	err := w.child.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(err, cause)
}

// spent reports whether the worker should be replaced by a fresh one.
func (w *worker) spent() bool {
	select {
	case <-w.child.Gone():
		return true
	default:
		return w.bad || w.next >= workerOrders || w.old.Load()
	}
}

// close ends the worker and removes its folder.
func (w *worker) close() {
	w.in.Close()
	w.child.Kill()
	w.child.Wait() //nolint:errcheck // it was killed
	w.out.Close()
	os.RemoveAll(w.dir)
}

// pool is a number of workers, each of which serves one order at a time. More
// at once would only lengthen the wait of all.
type pool struct {
	slots chan *worker // nil: none is running there
	start func() (*worker, error)
	ctx   context.Context //nolint:containedctx // ends with the Service
	wg    sync.WaitGroup

	patience time.Duration
}

func newPool(ctx context.Context, n int, start func() (*worker, error)) *pool {
	p := &pool{slots: make(chan *worker, n), start: start, ctx: ctx, patience: patience}
	for range n {
		p.slots <- nil
	}
	return p
}

// warm starts workers before they are needed.
func (p *pool) warm() {
	for range cap(p.slots) {
		select {
		case w := <-p.slots:
			if w == nil {
				p.refill()
			} else {
				p.slots <- w
			}
		default:
			return
		}
	}
}

// patience is how long one waits for a worker before one is told that there
// are too many others.
const patience = 30 * time.Second

func errBusy() error {
	f := fault.New(fault.Unavailable, "正在查询和导出的人太多，请稍后再试。")
	f.Retry = patience
	return f
}

// get waits for a worker.
func (p *pool) get(ctx context.Context) (*worker, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.patience, errBusy())
	defer cancel()
	select {
	case w := <-p.slots:
		if w != nil && !w.spent() {
			return w, nil
		}
		if w != nil {
			w.close()
		}
		w, err := p.start()
		if err != nil {
			p.slots <- nil
			return nil, unavailable(err)
		}
		return w, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-p.ctx.Done():
		return nil, unavailable(context.Cause(p.ctx))
	}
}

// put gives a worker back, or a fresh one in its place.
func (p *pool) put(w *worker) {
	if !w.spent() {
		p.slots <- w
		return
	}
	w.close()
	if p.ctx.Err() != nil {
		p.slots <- nil
		return
	}
	p.refill()
}

// refill starts a worker for a slot that has none, without making anybody wait
// for it.
func (p *pool) refill() {
	p.wg.Go(func() {
		w, err := p.start()
		if err != nil {
			w = nil // whoever needs it tries again and is told
		}
		p.slots <- w
	})
}

// close ends every worker. Those at work end when the Service's context does.
func (p *pool) close() {
	p.wg.Wait()
	for range cap(p.slots) {
		if w := <-p.slots; w != nil {
			w.close()
		}
	}
}

func unavailable(err error) error {
	return fault.New(fault.Unavailable, "查询服务暂时没有响应，请稍后再试。").Because(err)
}

func cores() int { return max(1, runtime.NumCPU()) }

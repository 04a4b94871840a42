package rows

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// Options is what a Service works with. Zero values are sensible.
type Options struct {
	Store  blob.Store // where the Parquet files are
	Dir    string     // a folder of its own; nothing in it outlives the process
	Secret []byte     // signs cursors; the same after a restart and on every replica
	Log    *slog.Logger

	Workers int           // questions at once; 0: one for each core, at most 8
	Exports int           // exports at once, in workers of their own; 0: as Workers
	Threads int           // of one worker; 0: one for each core
	Memory  int64         // bytes that the engine of one worker may use; 0: 512 MiB
	Disk    int64         // bytes that one worker may write; 0: 64 GiB
	Free    int64         // bytes of the disk that exports leave to everybody else; 0: 1 GiB
	Tables  int64         // bytes of copied Parquet files; 0: 20 GiB
	Answers int64         // bytes of kept answers; 0: 64 MiB
	Timeout time.Duration // of one question; 0: 10 seconds
	Export  time.Duration // of one export; 0: 30 minutes

	nice int // how far workers stand back for who waits for a page
}

// QueryTime is how long a question may take unless Options says otherwise.
const QueryTime = 10 * time.Second

func (o Options) filled() Options {
	def := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.Memory, 512<<20)
	def(&o.Disk, 64<<30)
	def(&o.Free, 1<<30)
	def(&o.Tables, 20<<30)
	def(&o.Answers, 64<<20)
	if o.Workers == 0 {
		o.Workers = min(cores(), 8)
	}
	if o.Exports == 0 {
		o.Exports = o.Workers
	}
	if o.Threads == 0 {
		o.Threads = cores()
	}
	if o.Timeout == 0 {
		o.Timeout = QueryTime
	}
	if o.Export == 0 {
		o.Export = 30 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service answers questions about tables. It knows nothing of who may ask:
// the caller has been through the Gate.
type Service struct {
	opt    Options
	dir    string
	lock   *os.File
	ctx    context.Context //nolint:containedctx // ends with the Service
	stop   context.CancelFunc
	files  *files
	asks   *pool      // for pages
	copies *pool      // for exports, which never keep a page waiting
	making sync.Mutex // held while a fast copy is made, and for ever when the Service is closed
	maker  func() (*worker, error)
	number atomic.Int64 // of the next worker's folder
	pages  *flight[*Result]
	small  *flight[[][]Cell]
}

// copyMemory is what an export needs at most: what does not fit goes to disk.
const copyMemory = 192 << 20

// copyNice lets whoever waits for a page go before exports and the jobs that
// look through whole tables.
const copyNice = 10

// New starts a Service; its first workers start at once, so that the first
// question does not wait for them.
func New(opt Options) (*Service, error) {
	if len(opt.Secret) < 16 {
		return nil, errors.New("rows: the secret that signs cursors is too short")
	}
	opt = opt.filled()
	dir, lock, err := ownFolder(opt.Dir)
	if err != nil {
		return nil, err
	}
	kept, err := newFiles(filepath.Join(dir, "tables"), opt.Store, opt.Tables)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Service{opt: opt, dir: dir, lock: lock, ctx: ctx, stop: stop, files: kept, pages: newFlight[*Result](opt.Answers), small: newFlight[[][]Cell](opt.Answers / 4)}
	start := func(opt Options) func() (*worker, error) {
		return func() (*worker, error) {
			return startWorker(ctx, opt, kept.dir, filepath.Join(dir, "worker-"+strconv.FormatInt(s.number.Add(1), 10)))
		}
	}
	lean := opt
	lean.Memory, lean.nice = min(opt.Memory, copyMemory), copyNice
	s.asks, s.copies = newPool(ctx, opt.Workers, start(opt)), newPool(ctx, opt.Exports, start(lean))
	lean.Disk = min(opt.Disk, opt.Tables/fastShare)
	s.maker = start(lean)
	s.asks.warm()
	return s, nil
}

// Close ends every worker and removes what they left.
func (s *Service) Close() {
	s.stop()
	s.making.Lock()
	s.asks.close()
	s.copies.close()
	os.RemoveAll(s.dir)
	s.lock.Close()
}

// mostAnswer is how many bytes one answer may be.
const mostAnswer = 32 << 20

// ask has a worker run one statement over the table's file.
func (s *Service) ask(ctx context.Context, d blob.Digest, st statement, yield func([]Cell) error) error {
	return s.run(ctx, s.asks, s.opt.Timeout, map[string]blob.Digest{source: d}, st.text.String(), st.args, yield)
}

// remembered is ask for a short answer, which is kept.
func (s *Service) remembered(ctx context.Context, d blob.Digest, st statement) ([][]Cell, error) {
	return s.rememberedFrom(ctx, d, st, func(ctx context.Context, begin func() func([]Cell) error) error { return s.ask(ctx, d, st, begin()) })
}

// rememberedFrom keeps the short answer that work finds.
func (s *Service) rememberedFrom(ctx context.Context, d blob.Digest, st statement, work func(ctx context.Context, begin func() func([]Cell) error) error) ([][]Cell, error) {
	key := fmt.Sprintf("%s %s %q", d, st.text.String(), st.args)
	return s.small.do(ctx, key, func(ctx context.Context) ([][]Cell, int64, error) {
		var all [][]Cell
		var bytes int64
		err := work(ctx, func() func([]Cell) error {
			all, bytes = nil, int64(len(key))+256
			return func(cells []Cell) error {
				all = append(all, cells)
				for _, c := range cells {
					bytes += int64(len(c.Text)) + 24
				}
				return nil
			}
		})
		return all, bytes, err
	})
}

// run has a worker of the pool run one statement, in which names of files
// stand for them.
func (s *Service) run(ctx context.Context, from *pool, limit time.Duration, named map[string]blob.Digest, sql string, bound []any, yield func([]Cell) error) error {
	for name, d := range named {
		path, done, err := s.files.use(ctx, d)
		if err != nil {
			return err
		}
		defer done()
		sql = onFile(sql, name, path)
	}
	args, err := values(bound)
	if err != nil {
		return err
	}
	return s.give(ctx, from, limit, order{SQL: sql, Args: args, Most: mostAnswer}, yield)
}

// give has a worker of the pool do o.
func (s *Service) give(ctx context.Context, from *pool, limit time.Duration, o order, yield func([]Cell) error) error {
	for {
		w, err := from.get(ctx)
		if err != nil {
			return err
		}
		err = s.order(ctx, w, limit, o, yield)
		from.put(w)
		if !errors.Is(err, errGone) { // it had ended while nobody looked, and did nothing
			return err
		}
	}
}

func (s *Service) order(ctx context.Context, w *worker, limit time.Duration, o order, yield func([]Cell) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, tooLong(limit))
	defer cancel()
	e, err := w.do(ctx, o, yield)
	if o.spoilt(e, err) && ctx.Err() == nil {
		w.bad = true // what its engine holds of the copy is not to be trusted either
		return fmt.Errorf("%w: %s", errSpoilt, cmp.Or(e.Detail, fmt.Sprint(err)))
	}
	return s.judge(ctx, e, err)
}

// Statement is SQL of ours over some tables' files, for what is worked out
// about versions (quality, differences). No text of a person or a file may be
// in it: that is bound.
type Statement struct {
	SQL   string                 // {name} stands for a file
	Files map[string]blob.Digest // by name
	Args  []any                  // string, int, int64, float64, bool or nil
}

// Ask runs a Statement beside the exports, so that no page waits for it, and
// yields its rows, every value as text.
func (s *Service) Ask(ctx context.Context, st Statement, yield func([]Cell) error) error {
	named := map[string]blob.Digest{}
	for name, d := range st.Files {
		named["{"+name+"}"] = d
	}
	return s.run(ctx, s.copies, s.opt.Export, named, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+st.SQL+")", st.Args, yield)
}

// onFile puts a file in the place that SQL keeps for it.
func onFile(sql, name, path string) string {
	return strings.ReplaceAll(sql, name, "read_parquet("+quoted(path)+")")
}

// tooLong is how long a question may take that takes longer.
type tooLong time.Duration

func (t tooLong) Error() string {
	return "rows: the question takes longer than " + time.Duration(t).String()
}

// judge turns how an order ended into what a person is told.
func (s *Service) judge(ctx context.Context, e end, err error) error {
	if err == nil && e.Failed == failedNot {
		return nil
	}
	cause := context.Cause(ctx)
	if limit, ok := errors.AsType[tooLong](cause); ok {
		return fault.New(fault.TooLarge, "查询超过 %s 秒没有完成，请缩小范围、减少分组或改用导出。", strconv.FormatFloat(time.Duration(limit).Seconds(), 'f', -1, 64)).Because(errors.Join(cause, err))
	}
	if cause != nil {
		return cause
	}
	switch {
	case err == nil:
		err = fmt.Errorf("rows: %s: %s", e.Failed, e.Detail)
	case fault.KindOf(err) != fault.Internal:
		return err
	}
	switch {
	case e.Failed == failedMemory, errors.Is(err, sandbox.ErrMemory):
		return fault.New(fault.TooLarge, "查询需要的内存超过上限，请缩小范围或减少分组。").Because(err)
	case e.Failed == failedLarge:
		return fault.New(fault.TooLarge, "这一页的内容太大，请选少一些列或行。").Because(err)
	case e.Failed == failedRange:
		return fault.New(fault.Malformed, "计算的结果超出了可以表示的范围。").Because(err)
	case e.Failed == failedDisk:
		return unavailable(err)
	}
	if !errors.Is(err, errGone) {
		s.opt.Log.Error("a query failed", slog.Any("error", err))
	}
	return unavailable(err)
}

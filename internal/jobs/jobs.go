// Package jobs sets up River, the queue in our own database. A job is inserted
// in the transaction of whoever announces something (Announce), and
// worked by any replica. Argument types live with who announces, workers with
// who acts; every worker may be run twice for one job.
//
// River is used as it is. This package only adds the list of what runs
// regularly, and Local for what each process does for itself.
package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// Client inserts jobs, and works them once started.
type Client = river.Client[pgx.Tx]

// Workers are who works the jobs of each kind.
type Workers = river.Workers

// NewWorkers returns none yet; add them with Handle.
func NewWorkers() *Workers { return river.NewWorkers() }

// Handle lets do work the jobs that args of type T announce. A job whose do
// fails is tried again, later each time, for three weeks.
func Handle[T river.JobArgs](workers *Workers, do func(context.Context, T) error) error {
	return river.AddWorkerSafely(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[T]) error {
		return do(ctx, job.Args)
	}))
}

// SlowQueue is for jobs that take long: they wait for each other, and nothing
// else waits for them.
const SlowQueue = "slow"

// LargeQueue is for jobs that take longest. It has fewer workers than any other,
// so that jobs of the slow queue never wait for those of this one.
const LargeQueue = "large"

// Slow makes the arguments that hold it those of a job of the slow queue.
type Slow struct{}

// InsertOpts puts the job where it belongs.
func (Slow) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: SlowQueue} }

// OutsideQueue is for jobs that wait for servers of other people: however slow
// those are, no other job waits for them.
const OutsideQueue = "outside"

// Outside makes the arguments that hold it those of a job of the outside queue.
type Outside struct{}

// InsertOpts puts the job where it belongs.
func (Outside) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: OutsideQueue} }

// Sized is Slow for jobs of which some are large: those wait for each other, and
// the others for none of them.
type Sized struct {
	Large bool `json:"large,omitempty"`
}

// InsertOpts puts the job where it belongs.
func (s Sized) InsertOpts() river.InsertOpts {
	if s.Large {
		return river.InsertOpts{Queue: LargeQueue}
	}
	return Slow{}.InsertOpts()
}

// HandleSlow is Handle for jobs of the slow queue and the large one. They have no time limit: do
// bounds what it does.
func HandleSlow[T river.JobArgs](workers *Workers, do func(context.Context, T) error) error {
	return river.AddWorkerSafely(workers, &slowWorker[T]{do: do})
}

type slowWorker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	do func(context.Context, T) error
}

func (w *slowWorker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	return w.do(ctx, job.Args)
}

func (w *slowWorker[T]) Timeout(*river.Job[T]) time.Duration { return -1 }

// Announced reports whether a job with these arguments waits to be worked.
func Announced(ctx context.Context, tx pgx.Tx, args river.JobArgs) (waits bool, err error) {
	states := []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateScheduled}
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM river_job WHERE kind = $1 AND args = to_jsonb($2::json) AND state::text = ANY($3))`, args.Kind(), args, states).Scan(&waits)
	return waits, err
}

// GiveUp is err for a job that no later try can do.
func GiveUp(err error) error { return river.JobCancel(err) }

// announcer inserts and does nothing else, so it needs no connection of its own.
var announcer = sync.OnceValues(func() (*Client, error) {
	return river.NewClient(riverpgxv5.New(nil), &river.Config{Logger: slog.New(slog.DiscardHandler)})
})

// Announce inserts a job in tx: it is worked by whichever replica is free once
// tx has committed, and never if it does not.
func Announce(ctx context.Context, tx pgx.Tx, args river.JobArgs) error {
	c, err := announcer()
	if err == nil {
		_, err = c.InsertTx(ctx, tx, args, nil)
	}
	if err != nil {
		return fmt.Errorf("announce %s: %w", args.Kind(), err)
	}
	return nil
}

// Args are the arguments of a job.
type Args = river.JobArgs

// AnnounceTo announces the letter to each address of a list once, with an id that is the
// same at every try. An account may be called by something that is no address of mail: it
// is left out.
func AnnounceTo(ctx context.Context, tx pgx.Tx, to []string, letter func(id, to string) Args) error {
	sent := map[string]bool{}
	for _, one := range to {
		if !strings.Contains(one, "@") || sent[one] {
			continue
		}
		sent[one] = true
		if err := Announce(ctx, tx, letter(strings.ToLower(rand.Text()), one)); err != nil {
			return err
		}
	}
	return nil
}

// AnnounceAt is Announce for a job that is not worked before a time.
func AnnounceAt(ctx context.Context, tx pgx.Tx, args river.JobArgs, at time.Time) error {
	c, err := announcer()
	if err == nil {
		_, err = c.InsertTx(ctx, tx, args, &river.InsertOpts{ScheduledAt: at})
	}
	if err != nil {
		return fmt.Errorf("announce %s: %w", args.Kind(), err)
	}
	return nil
}

// Task is work that one replica of the installation does regularly.
type Task struct {
	Name    string // letters and dashes, at least two
	Every   time.Duration
	AtStart bool // also when a replica becomes the leader
	Run     func(context.Context) error
}

// Config says what a process works.
type Config struct {
	Workers *Workers // nil: only the tasks
	Tasks   []Task
	Log     *slog.Logger
}

// New returns a client that works the tasks and the workers' jobs from its
// Start to its Stop.
func New(pool *pgxpool.Pool, cfg Config) (*Client, error) {
	workers := cfg.Workers
	if workers == nil {
		workers = river.NewWorkers()
	}
	due := &taskWorker{tasks: map[string]Task{}}
	if err := river.AddWorkerSafely(workers, due); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	var periodic []*river.PeriodicJob
	for _, t := range cfg.Tasks {
		if t.Name == "" || t.Every <= 0 || t.Run == nil {
			return nil, fmt.Errorf("jobs: task %q is incomplete", t.Name)
		}
		if _, twice := due.tasks[t.Name]; twice {
			return nil, fmt.Errorf("jobs: two tasks are called %q", t.Name)
		}
		due.tasks[t.Name] = t
		periodic = append(periodic, river.NewPeriodicJob(
			river.PeriodicInterval(t.Every),
			func() (river.JobArgs, *river.InsertOpts) { return taskDue{t.Name}, nil },
			&river.PeriodicJobOpts{ID: t.Name, RunOnStart: t.AtStart}))
	}
	c, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Workers:      workers,
		Queues:       map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}, SlowQueue: {MaxWorkers: max(2, runtime.NumCPU())}, LargeQueue: {MaxWorkers: max(1, runtime.NumCPU()-1)}, OutsideQueue: {MaxWorkers: 8}},
		PeriodicJobs: periodic,
		Logger:       slog.New(quiet{cfg.Log.Handler()}),
		ErrorHandler: reporter{cfg.Log},
		JobTimeout:   10 * time.Minute,
		// a queue that has stopped is a queue whose running jobs are told to stop
		SoftStopTimeout: 10 * time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return c, nil
}

// Stop ends the client: no new job is fetched, running ones end or are told
// to. A job cut short is worked again later.
func Stop(ctx context.Context, c *Client) error {
	if err := c.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}

// taskDue is the job of a task whose time has come.
type taskDue struct {
	Task string `json:"task"`
}

func (taskDue) Kind() string { return "task_due" }

// InsertOpts keeps a task that takes longer than its interval from piling up,
// and leaves a failed one to its next turn.
func (taskDue) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		MaxAttempts: 1,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
			rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}},
	}
}

type taskWorker struct {
	river.WorkerDefaults[taskDue]
	tasks map[string]Task
}

func (w *taskWorker) Work(ctx context.Context, job *river.Job[taskDue]) error {
	t, known := w.tasks[job.Args.Task]
	if !known {
		return nil // a task of an older or newer version: its own replicas do it
	}
	return t.Run(ctx)
}

// reporter logs what a job could not do. Its arguments may hold names of
// people and are not logged.
type reporter struct{ log *slog.Logger }

func (r reporter) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	r.log.LogAttrs(ctx, slog.LevelError, "job failed", slog.String("kind", job.Kind), slog.Int64("job", job.ID),
		slog.String("task", taskName(job)), slog.Int("attempt", job.Attempt), slog.Any("error", err))
	return nil
}

func (r reporter) HandlePanic(ctx context.Context, job *rivertype.JobRow, panicVal any, trace string) *river.ErrorHandlerResult {
	r.log.LogAttrs(ctx, slog.LevelError, "job panicked", slog.String("kind", job.Kind), slog.Int64("job", job.ID),
		slog.String("task", taskName(job)), slog.Any("panic", panicVal), slog.String("trace", trace))
	return nil
}

func taskName(job *rivertype.JobRow) string {
	if job.Kind == (taskDue{}).Kind() {
		return string(job.EncodedArgs)
	}
	return ""
}

// quiet passes on River's warnings only: its daily business is no news.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }
func (q quiet) WithGroup(name string) slog.Handler   { return quiet{q.Handler.WithGroup(name)} }

// Local calls run every interval until ctx ends, and once more then with a
// context that lives on for a moment: what a process keeps in its memory must
// be written by that process and is no job for another.
func Local(ctx context.Context, every time.Duration, run func(context.Context)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			run(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			run(last)
			return
		}
	}
}

// Waiting counts the jobs that are not done yet, by River's state.
func Waiting(ctx context.Context, pool *pgxpool.Pool) (map[string]int64, error) {
	states := []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
	waiting := map[string]int64{}
	for _, s := range states {
		waiting[string(s)] = 0
	}
	rows, err := pool.Query(ctx, `SELECT state::text, count(*) FROM river_job WHERE state::text = ANY($1) GROUP BY state`, states)
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", err)
	}
	var state string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error { waiting[state] = n; return nil })
	return waiting, err
}

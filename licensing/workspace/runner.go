package workspace

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
	"shuyuan/licensing/workspace/engine"
)

// How often the runner looks for what other replicas asked for, and how often it
// looks whether what it runs may still run.
const (
	lookEvery  = time.Second
	watchEvery = 500 * time.Millisecond
)

// Run works what workspaces wait for until ctx ends: mounts to be prepared, jobs,
// checks of results, destruction. It never works more at a time than there are
// workers. Whatever a server that is gone left half done is ended first. failed
// hears of what could not be done and is tried again.
func (s *Service) Run(ctx context.Context, failed func(error)) {
	var working sync.WaitGroup
	defer working.Wait()
	slots := make(chan struct{}, s.workers)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	told := func(err error) {
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
	told(s.Reap(ctx))
	for n := 0; ; n++ {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		work, err := s.claim(ctx, n)
		told(err)
		if work == nil {
			<-slots
			select {
			case <-s.wake:
			case <-look.C:
				told(s.Reap(ctx))
			case <-ctx.Done():
				return
			}
			continue
		}
		working.Go(func() {
			defer func() { <-slots; s.Wake() }()
			told(work(ctx))
		})
	}
}

// claim finds something to do that nobody does: what kind is looked for first takes
// turns, so that none waits for all of another.
func (s *Service) claim(ctx context.Context, turn int) (func(context.Context) error, error) {
	kinds := []func(context.Context) (func(context.Context) error, error){s.claimJob, s.claimMount, s.claimReview, s.claimEnd}
	for i := range kinds {
		work, err := kinds[(turn+i)%len(kinds)](ctx)
		if work != nil || err != nil {
			return work, err
		}
	}
	return nil, nil
}

// guard is what keeps others from the same work: a lock of a connection, which is
// gone when the process is.
type guard struct {
	conn *pgxpool.Conn
	name string
}

func (s *Service) take(ctx context.Context, name string) (*guard, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	var got bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, 0))`, name).Scan(&got); err != nil || !got {
		conn.Release()
		return nil, err
	}
	return &guard{conn, name}, nil
}

func (h *guard) leave() {
	ctx, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	if _, err := h.conn.Exec(ctx, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, h.name); err != nil {
		h.conn.Conn().Close(ctx) //nolint:errcheck // the lock goes with the connection
	}
	h.conn.Release()
}

func jobLock(id int64) string { return fmt.Sprintf("workspace job %d", id) }

// Reap ends the jobs that nobody runs any more though they are said to run: whoever
// ran them is gone.
func (s *Service) Reap(ctx context.Context) error {
	found, err := selectJobs(ctx, s.pool, `j.state IN ('vetting', 'running')`, pgx.NamedArgs{"limit": 1000})
	if err != nil {
		return err
	}
	for i := range found {
		if s.mine(found[i].ID) {
			continue
		}
		h, err := s.take(ctx, jobLock(found[i].ID))
		if err != nil {
			return err
		}
		if h == nil {
			continue
		}
		_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			j, err := lockJob(ctx, tx, found[i].workspace, found[i].Number)
			if err != nil || !j.State.Open() || j.State == Queued {
				return struct{}{}, err
			}
			return struct{}{}, s.endJob(ctx, tx, j, Killed, wordsOf(fault.New(fault.Unavailable, "服务中断，作业没有做完，请再运行一次。")))
		})
		h.leave()
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) mine(job int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs[job] != nil
}

// run is a job that this process runs.
type run struct {
	workspace int64
	poke      chan struct{}
	progress  atomic.Pointer[engine.Progress]
}

// look lets the jobs of a workspace, 0: all, be looked at now: may they still run?
func (s *Service) look(workspace int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.runs {
		if workspace == 0 || r.workspace == workspace {
			select {
			case r.poke <- struct{}{}:
			default:
			}
		}
	}
}

// ChainMoved has whatever runs here looked at now, without waiting for its turn:
// something above workspaces moved.
func (s *Service) ChainMoved() { s.look(0); s.Wake() }

// halt is why a job that runs is stopped.
type halt struct {
	as    JobState
	words []Words
	chain bool // something above the workspace moved
}

// Error implements error.
func (h *halt) Error() string { return "stopped: " + string(h.as) }

// claimJob takes the next job: of the workspace that has fewest running, then of the
// one that took least processor time in the last hour, so that all get their share.
func (s *Service) claimJob(ctx context.Context) (func(context.Context) error, error) {
	id, workspace, err := s.nextJob(ctx)
	if err != nil || id == 0 {
		return nil, err
	}
	h, err := s.take(ctx, jobLock(id))
	if err != nil || h == nil {
		return nil, err
	}
	mine, err := takeJob(ctx, h.conn, id, rand.Text()[:12], s.instant())
	if err != nil || !mine {
		h.leave()
		return nil, err
	}
	r := &run{workspace: workspace, poke: make(chan struct{}, 1)}
	s.mu.Lock()
	s.runs[id] = r
	s.mu.Unlock()
	return func(ctx context.Context) error {
		defer func() {
			s.mu.Lock()
			delete(s.runs, id)
			s.mu.Unlock()
			h.leave()
		}()
		return s.work(ctx, id, r)
	}, nil
}

// work runs a job and writes down how it ended, whatever happens.
func (s *Service) work(ctx context.Context, id int64, r *run) error {
	j, err := jobByID(ctx, s.pool, id)
	if err != nil {
		return err
	}
	w, err := s.byID(ctx, s.pool, j.workspace)
	if err != nil {
		return err
	}
	e := &ending{as: Failed}
	inner, cancel := context.WithCancelCause(ctx)
	var mounts atomic.Pointer[[]Mount]
	var watching sync.WaitGroup
	watched, unwatch := context.WithCancel(ctx)
	watching.Go(func() { s.watch(watched, cancel, w, j, r, &mounts) })
	err = s.execute(inner, w, j, r, &mounts, e)
	unwatch()
	watching.Wait()
	stopped, isHalt := errors.AsType[*halt](context.Cause(inner))
	switch {
	case e.as == Succeeded:
	case isHalt:
		e.as, e.words, e.chain = stopped.as, stopped.words, stopped.chain
		if ended, ok := errors.AsType[*engine.Ended](err); ok { // until then it took what it took
			e.resources = ended.Resources
		}
	case ctx.Err() != nil:
		e.as, e.words = Killed, wordsOf(fault.New(fault.Unavailable, "服务中断，作业没有做完，请再运行一次。"))
	case err != nil:
		e.by(err)
	}
	cancel(nil)
	if j.State == Vetting && e.as == TimedOut {
		e.as = Failed
	}
	last, done := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer done()
	if kept := s.end(last, w, j, e); kept != nil {
		return fmt.Errorf("job %s: %w", j.Number, kept)
	}
	if err != nil && e.ours {
		return fmt.Errorf("job %s: %w", j.Number, err)
	}
	return nil
}

// ending is how a job ended.
type ending struct {
	as        JobState
	words     []Words
	findings  []Words
	result    *engine.Result
	resources engine.Resources
	chain     bool
	ours      bool // nobody meant it: it is for the log of the server
}

// by is how the engine, or the gate, ended it.
func (e *ending) by(err error) {
	ended, ok := errors.AsType[*engine.Ended](err)
	if !ok {
		if kind := fault.KindOf(err); kind == fault.Forbidden || kind == fault.Gone {
			e.as, e.words, e.chain = Killed, wordsOf(err), true
			return
		}
		e.words, e.ours = wordsOf(err), fault.KindOf(err) == fault.Internal
		return
	}
	e.words, e.resources = wordsOf(ended.Fault), ended.Resources
	switch ended.Reason {
	case engine.ReasonTime:
		e.as = TimedOut
	case engine.ReasonKilled:
		e.as = Killed
	case engine.ReasonCancelled:
		e.as = Cancelled
	case engine.ReasonMemory, engine.ReasonSize, engine.ReasonRefused, engine.ReasonValue, engine.ReasonFailed:
		e.as = Failed
	}
}

// execute vets a job and runs it. It returns nil where e says how it ended.
func (s *Service) execute(ctx context.Context, w *Workspace, j *Job, r *run, reads *atomic.Pointer[[]Mount], e *ending) error {
	if err := s.stopped(ctx, s.pool, w); err != nil {
		return err
	}
	key, err := s.key(w)
	if err != nil {
		return err
	}
	all, err := s.mounts(ctx, s.pool, w)
	if err != nil {
		return err
	}
	all = usable(all)
	code := engine.Code{SQL: j.SQL, Parameters: j.Parameters}
	var offered []engine.Mount
	for i := range all {
		offered = append(offered, all[i].engine())
	}
	verdict, err := s.engine.Vet(ctx, offered, code)
	if err != nil {
		return err
	}
	j.CodeDigest, j.TreeDigest, j.Engine, j.Columns = verdict.CodeDigest, verdict.TreeDigest, verdict.Engine, verdict.Columns
	if !verdict.Passed() {
		for _, f := range verdict.Findings {
			words := wordsOf(f.Fault)[0]
			words.Rule, words.Line, words.Column = f.Rule, f.Line, f.Column
			e.findings = append(e.findings, words)
		}
		e.as = Refused
		return nil
	}
	if j.Kind == OfAlgorithm {
		if err := s.pinned(ctx, j, verdict.CodeDigest); err != nil {
			return err
		}
	}
	mounts := slices.DeleteFunc(all, func(m Mount) bool { return !slices.Contains(verdict.Mounts, m.Name) })
	if len(mounts) != len(verdict.Mounts) {
		return fault.New(fault.Internal, "系统出错了，请稍后再试。").Because(fmt.Errorf("vetting found mounts %v, there are %d of them", verdict.Mounts, len(mounts)))
	}
	if mounts, err = s.fresh(ctx, w, mounts); err != nil {
		return err
	}
	var prepared []engine.Prepared
	for i := range mounts {
		if err := s.allowed(ctx, w, &mounts[i]); err != nil { // the gate, before a byte is near
			return err
		}
		prepared = append(prepared, mounts[i].ready())
	}
	given, err := values(j.Parameters, j.Given)
	if err != nil {
		return err
	}
	reads.Store(&mounts)
	if err := s.startJob(ctx, j, mounts); err != nil {
		return err
	}
	job := engine.Job{
		Workspace: engine.Workspace{ID: w.Number, Key: key}, Mounts: prepared, Code: code, Digest: verdict.CodeDigest, Values: given, Limits: s.allowance(w),
		Progress: func(p engine.Progress) { r.progress.Store(&p) },
	}
	if j.Kind == OfSample {
		for i := range job.Mounts {
			made, err := s.engine.PrepareSamples(ctx, job.Workspace, &prepared[i], s.limits.Tried)
			if err != nil {
				return err
			}
			job.Mounts[i] = *made
		}
	}
	if e.result, err = s.engine.Run(ctx, job); err != nil {
		return err
	}
	e.as, e.resources = Succeeded, e.result.Resources
	return nil
}

// allowance is what one job of w may take.
func (s *Service) allowance(w *Workspace) engine.Limits {
	wall := time.Duration(w.Quota.Wall) * time.Second
	return engine.Limits{CPU: wall, Wall: wall, Memory: int64(w.Quota.MemoryMB) << 20, Rows: int64(w.Quota.Rows), Bytes: int64(s.limits.Bytes)}
}

// startJob says that a job runs, and what it reads.
func (s *Service) startJob(ctx context.Context, j *Job, mounts []Mount) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		none := struct{}{}
		at := s.instant()
		if j.Kind != OfSample {
			if err := insertInputs(ctx, tx, j, mounts); err != nil {
				return none, err
			}
		}
		to, err := jobMoves.Next(j.State, toRunning, platform(), j)
		if err != nil {
			return none, err
		}
		runner, err := runnerOf(ctx, tx, j.ID)
		if err != nil {
			return none, err
		}
		j.State, j.StateAt, j.Started = to, at, &at
		if err := saveJob(ctx, tx, j, runner); err != nil {
			return none, err
		}
		details := map[string]string{"code": j.CodeDigest, "tree": j.TreeDigest, "engine": j.Engine}
		for i := range mounts {
			m := &mounts[i]
			details["mount "+m.Name] = fmt.Sprintf("%s version %d, %s, acquisition %d", m.Dataset.Slug, m.Number, m.SHA256, m.Acquisition)
		}
		return none, writeLog(ctx, tx, j.ID, at, "run", details)
	})
	return err
}

// end writes down how a job ended: its log, its result, what it took.
func (s *Service) end(ctx context.Context, w *Workspace, j *Job, e *ending) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		none := struct{}{}
		now, err := lockJob(ctx, tx, w.ID, j.Number)
		if err != nil || !now.State.Open() {
			return none, err
		}
		if e.as == Succeeded && now.stopAs != "" { // it was to be stopped, and was faster
			e.as, e.words, e.result = now.stopAs, now.stopWords, nil
		}
		action, ok := endings[e.as]
		if !ok {
			return none, fmt.Errorf("a job does not end as %q", e.as)
		}
		to, err := jobMoves.Next(now.State, action, platform(), j)
		if err != nil {
			return none, err
		}
		at := s.instant()
		j.State, j.StateAt, j.Ended, j.Words, j.Findings = to, at, &at, e.words, e.findings
		j.CPU, j.Wall, j.Memory, j.LogDigest = e.resources.CPU, e.resources.Wall, e.resources.Memory, e.resources.LogDigest
		// the log is for everybody, and its hashes could be guessed by: nothing is in it that told keeps
		details := map[string]string{"cpu_s": strconv.FormatInt(int64(coarse(j.CPU)/time.Second), 10), "wall_s": strconv.FormatInt(int64(coarse(j.Wall)/time.Second), 10)}
		if j.LogDigest != "" {
			details["statements"] = j.LogDigest
		}
		for k, v := range said(e.words) {
			details[k] = v
		}
		for i, f := range e.findings {
			details[fmt.Sprintf("finding %d", i+1)] = fault.New(fault.Invalid, f.Sentence, f.Args...).Text()
		}
		if e.result != nil {
			if err := s.keepResult(ctx, tx, w, j, e.result); err != nil {
				return none, err
			}
			if j.SHA256 != "" {
				details["result"] = j.SHA256
			}
			j.Percent = 100
		}
		for _, n := range e.resources.Read {
			j.Read = max(j.Read, n)
		}
		if err := saveJob(ctx, tx, j, ""); err != nil {
			return none, err
		}
		if err := saveRead(ctx, tx, j, e.resources.Read); err != nil {
			return none, err
		}
		if err := writeLog(ctx, tx, j.ID, at, string(j.State), details); err != nil {
			return none, err
		}
		if err := s.meterJob(ctx, tx, w, j, e.resources.Read); err != nil {
			return none, err
		}
		if e.chain {
			return none, s.tell(ctx, tx, w, Notice{Of: "job", Number: j.Number, Act: string(Killed), Words: said(e.words)["words"]}, OfDeveloper)
		}
		return none, nil
	})
	return err
}

var endings = map[JobState]jobAction{Refused: toRefused, Succeeded: toSucceeded, Failed: toFailed, TimedOut: toTimedOut, Killed: toKilled, Cancelled: toCancelled}

// keepResult holds a result; one on synthetic rows may be seen.
func (s *Service) keepResult(ctx context.Context, tx pgx.Tx, w *Workspace, j *Job, r *engine.Result) error {
	j.Columns, j.Rows = r.Table.Columns, int64(len(r.Table.Rows))
	if j.Kind == OfSample {
		plain := disclosure.Table{Columns: r.Table.Columns, Rows: r.Table.Rows}
		j.Sample = &plain
		return nil
	}
	text, err := packTable(r.Table)
	if err != nil {
		return err
	}
	key, err := s.holding(w)
	if err != nil {
		return err
	}
	box, err := seal(key, text, j.Number)
	if err != nil {
		return err
	}
	if j.SHA256, err = s.mark(w, j.Number, text); err != nil {
		return err
	}
	return saveResult(ctx, tx, j.ID, box, j.SHA256, len(box))
}

// meterJob writes down what a job took: also one that gave nothing.
func (s *Service) meterJob(ctx context.Context, tx pgx.Tx, w *Workspace, j *Job, read map[string]int64) error {
	dims := map[string]string{"job": j.Number, "kind": string(j.Kind), "state": string(j.State)}
	if err := s.meter(ctx, tx, w, j.Number, map[string]int64{MeterCPU: j.CPU.Milliseconds(), MeterMemory: j.Memory}, dims); err != nil {
		return err
	}
	if j.Kind == OfSample {
		return nil
	}
	given, err := s.selectInputs(ctx, tx, j.ID) // what it never came to read counts as well
	if err != nil {
		return err
	}
	for i := range given {
		name := given[i].Name
		if err := s.meter(ctx, tx, w, j.Number+":"+name, map[string]int64{MeterRows: read[name]}, map[string]string{"job": j.Number, "kind": string(j.Kind), "state": string(j.State), "mount": name, dimWhole: strconv.FormatInt(given[i].Statistics.Rows, 10)}); err != nil {
			return err
		}
	}
	return nil
}

// watch looks again and again whether a job may still run, and stops it where not;
// and tells how far it is.
func (s *Service) watch(ctx context.Context, stop context.CancelCauseFunc, w *Workspace, j *Job, r *run, reads *atomic.Pointer[[]Mount]) {
	tick := time.NewTicker(s.watches)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-r.poke:
		}
		if h := s.mayGoOn(ctx, w.ID, j.ID, r, reads.Load()); h != nil {
			stop(h)
			return
		}
	}
}

// mayGoOn is why a job has to stop; nil: it need not. What cannot be found out stops
// nothing: the next look finds it out.
func (s *Service) mayGoOn(ctx context.Context, workspace, job int64, r *run, mounts *[]Mount) *halt {
	as, words, err := selectStop(ctx, s.pool, job, r.progress.Load())
	if err != nil {
		return nil
	}
	if as != "" {
		return &halt{as: as, words: words}
	}
	w, err := s.byID(ctx, s.pool, workspace)
	if err != nil {
		return nil
	}
	if err := s.stopped(ctx, s.pool, w); fault.KindOf(err) == fault.Forbidden || fault.KindOf(err) == fault.Gone {
		return &halt{as: Killed, words: wordsOf(err), chain: true}
	}
	if mounts == nil {
		return nil
	}
	for i := range *mounts {
		if err := s.allowed(ctx, w, &(*mounts)[i]); fault.KindOf(err) == fault.Forbidden {
			return &halt{as: Killed, words: wordsOf(err), chain: true}
		}
	}
	return nil
}

// pinned returns nil while a job runs the text that its algorithm was registered as.
func (s *Service) pinned(ctx context.Context, j *Job, code string) error {
	state, registered, err := selectPin(ctx, s.pool, j.algorithm)
	if err != nil {
		return err
	}
	if state != Approved || registered != code {
		return fault.New(fault.Conflict, "这个算法没有登记，或者不是登记的那一份。")
	}
	return nil
}

// claimMount takes a mount that waits.
func (s *Service) claimMount(ctx context.Context) (func(context.Context) error, error) {
	ids, err := selectWaitingMounts(ctx, s.pool, s.now())
	return s.claimOne(ctx, ids, err, mountLock, s.prepareMount)
}

// claimReview takes a result that waits to be checked.
func (s *Service) claimReview(ctx context.Context) (func(context.Context) error, error) {
	ids, err := selectWaitingReviews(ctx, s.pool, s.now())
	return s.claimOne(ctx, ids, err, func(id int64) string { return fmt.Sprintf("workspace review %d", id) }, s.check)
}

// claimEnd takes a workspace that is to be destroyed.
func (s *Service) claimEnd(ctx context.Context) (func(context.Context) error, error) {
	ids, err := selectWaitingEnds(ctx, s.pool)
	return s.claimOne(ctx, ids, err, func(id int64) string { return fmt.Sprintf("workspace end %d", id) }, s.destroy)
}

func (s *Service) claimOne(ctx context.Context, ids []int64, err error, lock func(int64) string, do func(context.Context, int64) error) (func(context.Context) error, error) {
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		h, err := s.take(ctx, lock(id))
		if err != nil {
			return nil, err
		}
		if h != nil {
			return func(ctx context.Context) error {
				defer h.leave()
				return do(ctx, id)
			}, nil
		}
	}
	return nil, nil
}

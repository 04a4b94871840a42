package engine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
	"shuyuan/licensing/workspace/disclosure"
)

// workerNice is how far jobs stand back for whoever waits for a page.
const workerNice = 15

// Run runs a job. Its statement is vetted once more: only the text whose digest
// was vetted runs, and only if it still passes. Without a result it returns an
// *Ended.
func (e *Engine) Run(ctx context.Context, j Job) (*Result, error) {
	ctx, done, err := e.begin(ctx, j)
	if err != nil {
		return nil, err
	}
	defer done()
	a, values, err := e.admit(ctx, j)
	if err != nil {
		return nil, err
	}
	j.Mounts = only(j.Mounts, a.verdict.Mounts)
	got, err := e.execute(ctx, j, task{SQL: j.Code.SQL, Values: values})
	if err != nil {
		return nil, err
	}
	if err := got.fits(a.verdict.Columns); err != nil {
		return nil, ended(ReasonRefused, got.resources, err)
	}
	return &Result{Table: disclosure.Table{Columns: a.verdict.Columns, Rows: got.rows}, Resources: got.resources}, nil
}

// begin waits for the job's turn. The context that it returns ends with the
// workspace too.
func (e *Engine) begin(ctx context.Context, j Job) (context.Context, func(), error) {
	ctx, over := e.job(ctx, j.Workspace.ID)
	release, err := e.turns.take(ctx, j.Workspace.ID)
	if err != nil {
		over()
		return nil, nil, ended(ReasonCancelled, Resources{}, err)
	}
	return ctx, func() { release(); over() }, nil
}

// admit vets a job's statement.
func (e *Engine) admit(ctx context.Context, j Job) (*analysis, []bound, error) {
	if j.Code.digest() != j.Digest {
		return nil, nil, ended(ReasonRefused, Resources{}, errors.New("engine: another text than was vetted"))
	}
	a, err := e.analyse(ctx, j.mounts(), j.Code)
	if err != nil {
		return nil, nil, err
	}
	if !a.verdict.Passed() {
		return nil, nil, ended(ReasonRefused, Resources{}, a.verdict.Findings[0])
	}
	values, err := bind(j.Code.Parameters, a.verdict.Parameters, j.Values)
	return a, values, err
}

func (j Job) mounts() []Mount {
	all := make([]Mount, len(j.Mounts))
	for i, p := range j.Mounts {
		all[i] = p.Mount
	}
	return all
}

// outcome is what a worker gave.
type outcome struct {
	columns   []outColumn
	rows      [][]any
	resources Resources
}

// fits holds what came to what vetting said would come.
func (o *outcome) fits(want []disclosure.Column) error {
	if len(o.columns) != len(want) {
		return errors.New("engine: another number of columns than was vetted")
	}
	for i, c := range o.columns {
		if outType(c.Type) != want[i].Type {
			return fmt.Errorf("engine: column %d is %s, not %s", i, c.Type, want[i].Type)
		}
	}
	return nil
}

// execute runs a statement in a worker over the mounts of a job, which has begun.
func (e *Engine) execute(ctx context.Context, j Job, t task) (*outcome, error) {
	t.Rows, t.Bytes = j.Limits.Rows, j.Limits.Bytes
	t.Setting.Memory = j.Limits.Memory / 2
	var files []*os.File
	for _, p := range j.Mounts {
		f, done, err := e.vault.open(ctx, j.Workspace, p.File, p.Digest)
		if err != nil {
			return nil, unavailable(err)
		}
		defer done()
		files = append(files, f)
		t.Setting.Mounts = append(t.Setting.Mounts, p.mounted(false))
	}
	return e.work(ctx, j, t, files)
}

func (e *Engine) work(ctx context.Context, j Job, t task, files []*os.File) (*outcome, error) {
	began := e.opt.Now()
	told, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer out.Close()
	defer childOut.Close()
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: runJob, Read: append(systemFiles(), statusFile), Memory: j.Limits.Memory + workerOwn, CPU: j.Limits.CPU, Time: j.Limits.Wall, OpenFiles: 64 + len(files), Nice: workerNice,
		Stdin: bytes.NewReader(told), Stdout: childOut, Files: files,
	})
	if err != nil {
		return nil, ended(ReasonRefused, Resources{}, err)
	}
	childOut.Close()
	o := &outcome{}
	last, failed := o.receive(bufio.NewReaderSize(out, 64<<10), t, j)
	if failed != nil && !errors.Is(failed, io.EOF) && !errors.Is(failed, io.ErrUnexpectedEOF) {
		child.Kill()
	}
	late := time.AfterFunc(grace, child.Kill) // it may only have closed its end
	gone := child.Wait()
	late.Stop()
	u := child.Usage()
	o.resources.CPU, o.resources.Memory, o.resources.Wall = u.CPU, u.Memory, e.opt.Now().Sub(began)
	if last.Peak > 0 {
		o.resources.Memory = min(last.Peak, u.Memory)
	}
	o.resources.Read, o.resources.LogDigest = last.Read, last.Log
	return o, o.judge(ctx, last, failed, gone)
}

// grace is how long a worker may take to end that has said all.
const grace = 2 * time.Second

// workerOwn is what a worker needs beside what its engine may use.
const workerOwn = 384 << 20

// receive reads what a worker says, until it says how it ended.
func (o *outcome) receive(r *bufio.Reader, t task, j Job) (end, error) {
	var size int64
	for {
		kind, body, err := readFrame(r)
		if err != nil {
			return end{}, err
		}
		switch kind {
		case frameHeader:
			var h header
			if err := decode(body, &h); err != nil {
				return end{}, err
			}
			o.columns, o.resources.Engine = h.Columns, h.Engine
		case frameRows:
			if size += int64(len(body)); size > 4*t.Bytes+mostFrame {
				return end{}, errSize
			}
			if err := o.append(body); err != nil {
				return end{}, err
			}
			if int64(len(o.rows)) > t.Rows {
				return end{}, errSize
			}
		case frameProgress:
			var p progress
			if err := decode(body, &p); err != nil {
				return end{}, err
			}
			if j.Progress != nil {
				j.Progress(Progress{Percent: min(max(p.Percent, 0), 100), Read: int64(min(p.Read, 1<<60)), Of: int64(min(p.Of, 1<<60))})
			}
		case frameEnd:
			var e end
			return e, decode(body, &e)
		default:
			return end{}, errors.New("engine: a frame of an unknown kind")
		}
	}
}

func (o *outcome) append(body []byte) error {
	var batch [][]*string
	if err := decode(body, &batch); err != nil {
		return err
	}
	for _, cells := range batch {
		if len(cells) != len(o.columns) {
			return errors.New("engine: a row of another length")
		}
		row := make([]any, len(cells))
		for i, c := range cells {
			v, err := read(c, outType(o.columns[i].Type))
			if err != nil {
				return errors.New("engine: a cell of another type") // what it holds is in no error
			}
			row[i] = v
		}
		o.rows = append(o.rows, row)
	}
	return nil
}

// judge says why there is no result, if there is none.
func (o *outcome) judge(ctx context.Context, last end, failed, gone error) error {
	f, _ := errors.AsType[*sandbox.Failure](gone)
	switch {
	case errors.Is(failed, errSize), last.Failed == failedSize:
		return ended(ReasonSize, o.resources, errSize)
	case errors.Is(gone, sandbox.ErrTime), last.Failed == failedTime:
		return ended(ReasonTime, o.resources, gone)
	case ctx.Err() != nil:
		return ended(ReasonCancelled, o.resources, context.Cause(ctx))
	case errors.Is(gone, sandbox.ErrMemory), last.Failed == failedMemory:
		return ended(ReasonMemory, o.resources, gone)
	case last.Failed == failedValue:
		return ended(ReasonValue, o.resources, nil)
	case last.Failed == failedWalls:
		return ended(ReasonRefused, o.resources, errors.New("engine: the walls do not stand"))
	case f != nil && f.Killed:
		return ended(ReasonKilled, o.resources, gone)
	case failed != nil, gone != nil, last.Failed != failedNot:
		return ended(ReasonFailed, o.resources, errors.Join(failed, gone))
	}
	return nil
}

// ended is the end of a job without a result.
func ended(why Reason, r Resources, cause error) *Ended {
	var f *fault.Fault
	switch why {
	case ReasonTime:
		f = fault.New(fault.TooLarge, "作业超过了时限，已经停止。请缩小范围或减少分组。")
	case ReasonMemory:
		f = fault.New(fault.TooLarge, "作业需要的内存超过上限，已经停止。请缩小范围或减少分组。")
	case ReasonSize:
		f = fault.New(fault.TooLarge, "结果的行数或字节超过上限，已经停止。请按更粗的类别分组。")
	case ReasonCancelled:
		f = fault.New(fault.Conflict, "作业已经取消。")
	case ReasonKilled:
		f = fault.New(fault.Unavailable, "作业被系统中止，没有结果。请再运行一次。")
	case ReasonRefused:
		f = fault.New(fault.Forbidden, "这段代码不能运行：它不是审过的那一段，或者隔离环境不完整。")
	case ReasonValue:
		f = fault.New(fault.Invalid, "数据里有值不能这样转换或计算（具体的值不显示）。请用 try_cast，或先用 where 排除。")
	default:
		f = fault.New(fault.Internal, "作业没有完成，没有结果。")
	}
	if cause != nil {
		f = f.Because(cause)
	}
	return &Ended{Fault: f, Reason: why, Resources: r}
}

// Unwrap gives errors.As the fault.
func (e *Ended) Unwrap() error { return e.Fault }

// only are the mounts that a statement reads: a worker is handed no other.
func only(all []Prepared, used []string) []Prepared {
	return slices.DeleteFunc(slices.Clone(all), func(p Prepared) bool { return !slices.Contains(used, p.Name) })
}

// DefaultLimits are sensible limits of one job.
func DefaultLimits() Limits {
	return Limits{CPU: 2 * time.Minute, Wall: 5 * time.Minute, Memory: 1 << 30, Rows: 10_000, Bytes: 5 << 20}
}

package workspace

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/workspace/disclosure"
	"shuyuan/licensing/workspace/engine"
)

// JobKind is what a job runs.
type JobKind string

// The kinds.
const (
	OfSQL       JobKind = "sql"
	OfAlgorithm JobKind = "algorithm" // registered, pinned by its digest
	OfSample    JobKind = "sample"    // on synthetic rows: its result may be seen at once
)

// Job is one statement that was run, or waits to be.
type Job struct {
	ID         int64
	Number     string
	Workspace  string // number
	Kind       JobKind
	Algorithm  string // number
	Name       string // of the program, as it was saved
	SQL        string
	Parameters []engine.Parameter
	Given      map[string]string // values of the parameters
	State      JobState
	StateAt    time.Time
	Words      []Words // why it ended so
	Findings   []Words // what may not be in its statement
	AskedBy    string
	AskedAt    time.Time
	Started    *time.Time
	Ended      *time.Time
	Percent    float64
	Read, Of   int64 // rows
	CodeDigest string
	TreeDigest string
	Engine     string
	LogDigest  string
	CPU        time.Duration
	Wall       time.Duration
	Memory     int64
	Columns    []disclosure.Column // of its result
	Rows       int64               // of its result
	Sized      bool                // whether who reads it may know how many
	SHA256     string              // mark of its result, see mark
	Sample     *disclosure.Table   // what it gave on synthetic rows
	Gone       bool                // its result was destroyed with the workspace
	Inputs     []Input
	Review     *Reviewed // the last, if somebody asked for one
	Revision   int

	workspace, askedBy, algorithm int64
	key                           string
	sent                          string
	stopAs                        JobState
	stopWords                     []Words
}

// Input is a mount that a job read.
type Input struct {
	Mount       int64
	Name        string
	Number      int   // of the version
	Rows        int64 // that were read of it
	Whole       int64 // that it has, as anybody may know
	Acquisition int64
	Acquired    *time.Time
}

// Reviewed is what became of asking for a result.
type Reviewed struct {
	Number  string
	State   ReviewState
	Release string // number; empty: none
	Rows    int64  // that left
}

// Held reports whether its result is held: there, and not to be seen.
func (j *Job) Held() bool {
	return j.State == Succeeded && j.Kind != OfSample && j.SHA256 != "" && !j.Gone
}

// destroyed notes of a job of w that its result is gone with the workspace.
func (j *Job) destroyed(w *Workspace) { j.Gone = w.State == Destroyed && j.Held() }

// LogLine is one line of the log of a job. Each is hashed with the one before.
type LogLine struct {
	Line    int
	At      time.Time
	Act     string
	Details map[string]string
	Hash    string
}

// NewJob is what somebody wants to be run.
type NewJob struct {
	Kind       JobKind
	Algorithm  string // number
	Name       string
	SQL        string
	Parameters []engine.Parameter
	Given      map[string]string
	Sent       string // mark of the form, which makes one job however often it is sent
}

// parameterTypes are the types that a parameter can have.
var parameterTypes = []rows.Type{rows.Text, rows.Integer, rows.Decimal, rows.Date, rows.DateTime, rows.Boolean}

var parameterName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

func errParameters() error {
	return fault.At("parameters", "参数写作“名称 类型 = 值”，一行一个；类型是 text、integer、decimal、date、datetime 或 boolean。")
}

// mostParameters is how many parameters a program may have, and mostValue how many
// characters a value of one.
const (
	mostParameters = 50
	mostValue      = 2000
)

func declared(p engine.Parameter) bool {
	return parameterName.MatchString(p.Name) && slices.Contains(parameterTypes, p.Type)
}

// ReadParameters reads what a form says of parameters: one on a line, its name, its
// type and its value.
func ReadParameters(text string) (list []engine.Parameter, given map[string]string, err error) {
	given = map[string]string{}
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		head, value, ok := strings.Cut(line, "=")
		name, kind, _ := strings.Cut(strings.TrimSpace(head), " ")
		p := engine.Parameter{Name: strings.TrimPrefix(name, "$"), Type: rows.Type(strings.TrimSpace(kind))}
		if p.Type == "" {
			p.Type = rows.Text
		}
		if _, twice := given[p.Name]; !ok || twice || !declared(p) {
			return nil, nil, errParameters()
		}
		list, given[p.Name] = append(list, p), strings.TrimSpace(value)
	}
	return list, given, nil
}

// values are the values of parameters, as the engine takes them.
func values(list []engine.Parameter, given map[string]string) (map[string]any, error) {
	out := map[string]any{}
	if len(list) > mostParameters {
		return nil, fault.At("parameters", "参数最多 %d 个。", mostParameters)
	}
	for name := range given {
		if !slices.ContainsFunc(list, func(p engine.Parameter) bool { return p.Name == name }) {
			return nil, fault.At("parameters", "程序没有参数“%s”。", name)
		}
	}
	for _, p := range list {
		if !declared(p) {
			return nil, errParameters()
		}
		text, ok := given[p.Name]
		if !ok {
			return nil, fault.At("parameters", "参数“%s”没有值。", p.Name)
		}
		if len([]rune(text)) > mostValue {
			return nil, fault.At("parameters", "参数“%s”的值太长，最多 %d 个字。", p.Name, mostValue)
		}
		var v any = text
		var err error
		switch p.Type {
		case rows.Integer:
			v, err = strconv.ParseInt(text, 10, 64)
		case rows.Decimal:
			var n float64
			if n, err = strconv.ParseFloat(text, 64); err == nil && (math.IsNaN(n) || math.IsInf(n, 0)) {
				err = strconv.ErrRange
			}
			v = n
		case rows.Boolean:
			v, err = strconv.ParseBool(text)
		case rows.Date:
			v, err = time.ParseInLocation(time.DateOnly, text, time.UTC)
		case rows.DateTime:
			v, err = time.ParseInLocation(time.DateTime, text, workdays.Zone)
		}
		if err != nil {
			return nil, fault.At("parameters", "参数“%s”的值不是它的类型。", p.Name)
		}
		out[p.Name] = v
	}
	return out, nil
}

// programs returns nil where who may write programs in w and run them now.
func (s *Service) programs(ctx context.Context, q database.Querier, w *Workspace, p Party) error {
	if p.Side != OfDeveloper || !p.Programs {
		return fault.New(fault.Forbidden, "只有这个空间里写程序的人能运行。")
	}
	return s.stopped(ctx, q, w)
}

// Ask queues a job. It returns fault.TooMany where the processor time of the month is
// used up or too many wait, and fault.Forbidden where nothing passes.
func (s *Service) Ask(ctx context.Context, who account.Actor, number string, n NewJob) (*Job, error) {
	out, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Job, error) {
		w, p, err := s.one(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if err := s.programs(ctx, tx, w, p); err != nil {
			return nil, err
		}
		if id, made, err := cases.Made(ctx, tx, "workspace_jobs", n.Sent); err != nil || id != 0 {
			return &Job{ID: id, Number: made}, err
		}
		at := s.instant()
		j := &Job{workspace: w.ID, Workspace: w.Number, Kind: n.Kind, Name: n.Name, SQL: n.SQL, Parameters: n.Parameters, Given: n.Given, State: Queued, StateAt: at, AskedBy: who.Name, AskedAt: at, askedBy: who.ID, key: who.Key, sent: n.Sent}
		if n.Kind == OfAlgorithm {
			a, err := s.algorithm(ctx, tx, w, n.Algorithm)
			if err != nil {
				return nil, err
			}
			if a.State != Approved {
				return nil, fault.At("algorithm", "这个算法没有登记。")
			}
			j.algorithm, j.SQL, j.Parameters, j.Name = a.ID, a.SQL, a.Parameters, a.Title
		}
		if j.SQL, err = s.readSQL(j.SQL); err != nil {
			return nil, err
		}
		if j.Name, err = readName(j.Name); err != nil {
			return nil, err
		}
		if _, err := values(j.Parameters, j.Given); err != nil {
			return nil, err
		}
		if err := s.room(ctx, tx, w, n.Kind); err != nil {
			return nil, err
		}
		if j.Number, err = cases.Number(ctx, tx, "ZY", at); err != nil {
			return nil, err
		}
		if err := insertJob(ctx, tx, j); err != nil {
			return nil, err
		}
		if err := writeLog(ctx, tx, j.ID, at, "ask", map[string]string{"kind": string(j.Kind), "by": j.AskedBy, "text": digest([]byte(j.SQL))}); err != nil {
			return nil, err
		}
		return j, audit.Append(ctx, tx, who, "workspace-job", j.Number, "ask", map[string]string{"workspace": w.Number, "kind": string(j.Kind), "text": digest([]byte(j.SQL))})
	})
	s.Wake()
	return out, err
}

// room returns nil while a workspace may ask for another job.
func (s *Service) room(ctx context.Context, q database.Querier, w *Workspace, kind JobKind) error {
	from, until := month(s.now().In(workdays.Zone))
	used, waiting, err := selectLoad(ctx, q, w.ID, from)
	if err != nil {
		return err
	}
	if waiting >= s.limits.Queued {
		return fault.New(fault.TooMany, "已经有 %d 个作业在等，等它们办完再提交。", waiting)
	}
	if kind != OfSample && used >= time.Duration(w.Quota.CPUSeconds)*time.Second {
		f := fault.New(fault.TooMany, "本月的机时用完了，下月一日（北京时间）起又可以运行。")
		f.Retry = until.Sub(s.now())
		return f
	}
	if kind == OfSample {
		return nil
	}
	failed, err := selectFailed(ctx, q, w.Scenario.ID, from)
	if err == nil && failed >= s.limits.Failed {
		f := fault.New(fault.TooMany, "这个场景本月已经有 %d 个作业运行失败，到了上限，下月一日（北京时间）起又可以运行。先用样例试跑的不算。", failed)
		f.Retry = until.Sub(s.now())
		return f
	}
	return err
}

func (s *Service) readSQL(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case text == "":
		return "", fault.At("sql", "请写一个查询。")
	case len([]rune(text)) > s.limits.SQL:
		return "", fault.At("sql", "查询太长，最多 %d 个字。", s.limits.SQL)
	case strings.ContainsRune(text, 0):
		return "", fault.At("sql", "查询里有不能有的字符。")
	}
	return text, nil
}

var programName = regexp.MustCompile(`^[^[:cntrl:]/\\]{1,80}$`)

func readName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name != "" && !programName.MatchString(name) {
		return "", fault.At("name", "名称最多 80 个字，不能有斜线。")
	}
	return name, nil
}

// Cancel stops a job that waits or runs.
func (s *Service) Cancel(ctx context.Context, who account.Actor, number, job string) error {
	w, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Workspace, error) {
		w, p, err := s.one(ctx, tx, who, number, false)
		if err != nil {
			return nil, err
		}
		if p.Side != OfDeveloper || !p.Programs {
			return nil, errNotYours()
		}
		j, err := lockJob(ctx, tx, w.ID, job)
		if err != nil {
			return nil, err
		}
		if _, err := jobMoves.Next(j.State, toCancelled, who, j); err != nil {
			return nil, err
		}
		words := wordsOf(fault.New(fault.Conflict, "%s 取消了它。", who.Name))
		if err := askToStop(ctx, tx, j.ID, Cancelled, words); err != nil {
			return nil, err
		}
		if j.State == Queued {
			if err := s.endJob(ctx, tx, j, Cancelled, words); err != nil {
				return nil, err
			}
		}
		return w, audit.Append(ctx, tx, who, "workspace-job", j.Number, "cancel", nil)
	})
	if err == nil {
		s.look(w.ID)
	}
	return err
}

// endJob ends a job that nobody runs.
func (s *Service) endJob(ctx context.Context, tx pgx.Tx, j *Job, as JobState, words []Words) error {
	at := s.instant()
	j.State, j.StateAt, j.Ended, j.Words = as, at, &at, words
	if err := saveJob(ctx, tx, j, ""); err != nil {
		return err
	}
	return writeLog(ctx, tx, j.ID, at, string(as), said(words))
}

// said is what words say, for the log.
func said(words []Words) map[string]string {
	out := map[string]string{}
	for _, w := range words {
		out["words"] = fault.New(fault.Conflict, w.Sentence, w.Args...).Text()
	}
	return out
}

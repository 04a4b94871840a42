package engine

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/big"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/duckdb/duckdb-go/v2/mapping"

	"shuyuan/datasets/rows"
	"shuyuan/internal/sandbox"
)

// The jobs of children, as cmd hands them to sandbox.Main.
const (
	vetJob     = "workspace-vet"
	runJob     = "workspace-run"
	prepareJob = "workspace-prepare"
)

// Jobs are what the engine's children do.
func Jobs() map[string]sandbox.Job {
	return map[string]sandbox.Job{vetJob: vetChild, runJob: runChild, prepareJob: prepareChild}
}

// openEngine opens an engine in memory with one connection.
func openEngine(ctx context.Context) (*sql.DB, *sql.Conn, error) {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return nil, nil, err
	}
	db := sql.OpenDB(connector)
	c, err := db.Conn(ctx)
	return db, c, err
}

// task is what a child that runs a statement is told.
type task struct {
	Setting setting
	SQL     string
	Values  []bound
	Rows    int64 // at most
	Bytes   int64
}

// bound is a parameter with its value.
type bound struct {
	Name string
	Type rows.Type
	Text string
	Null bool
}

func (b bound) arg() (any, error) {
	if b.Null {
		return sql.Named(b.Name, nil), nil
	}
	var v any
	var err error
	switch b.Type {
	case rows.Integer:
		v, err = strconv.ParseInt(b.Text, 10, 64)
	case rows.Decimal:
		v, err = strconv.ParseFloat(b.Text, 64)
	case rows.Boolean:
		v, err = strconv.ParseBool(b.Text)
	case rows.Date:
		v, err = time.Parse(time.DateOnly, b.Text)
	case rows.DateTime:
		v, err = time.Parse(momentForm, b.Text)
	default:
		v = b.Text
	}
	return sql.Named(b.Name, v), err
}

// momentForm is how points in time are written, to the microsecond.
const momentForm = "2006-01-02T15:04:05.999999"

func args(all []bound) ([]any, error) {
	out := make([]any, len(all))
	for i, b := range all {
		var err error
		if out[i], err = b.arg(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// handed is the path of the i-th file that a child was handed.
func handed(files []*os.File) func(int) string {
	return func(i int) string { return fmt.Sprintf("/proc/self/fd/%d", files[i].Fd()) }
}

// runChild runs one statement over the mounts that it is handed, and ends.
func runChild(ctx context.Context, files []*os.File) error {
	var t task
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&t); err != nil {
		return fmt.Errorf("task: %w", err)
	}
	w := &worker{out: os.Stdout, task: t}
	failed := w.run(ctx, files)
	if failed != failedNot && ctx.Err() != nil { // processor time is over, or soon will be
		failed = failedTime
	}
	sum := sha256.Sum256([]byte(t.SQL))
	return w.write(frameEnd, end{Failed: failed, Read: w.read, Log: hex.EncodeToString(sum[:]), Peak: peak()})
}

// statusFile is where the kernel says how much memory a process had at most. What
// it says of an ended child counts the parent's own, from before the child began.
const statusFile = "/proc/self/status"

func peak() int64 {
	b, err := os.ReadFile(statusFile)
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib << 10
}

// worker is the child's side of a job.
type worker struct {
	task
	mu   sync.Mutex // two goroutines write
	out  io.Writer
	read map[string]int64
}

func (w *worker) write(kind byte, what any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return writeFrame(w.out, kind, what)
}

func (w *worker) run(ctx context.Context, files []*os.File) failure {
	db, c, err := openEngine(ctx)
	if err != nil {
		return failedWalls
	}
	defer db.Close()
	defer c.Close()
	if err := w.Setting.lockDown(ctx, c, handed(files)); err != nil {
		fmt.Fprintln(os.Stderr, err) // nothing of a person's is in it
		return failedWalls
	}
	values, err := args(w.Values)
	if err != nil {
		return failedOther
	}
	stop := w.report(c)
	defer stop()
	r, err := c.QueryContext(ctx, w.SQL, values...)
	if err != nil {
		return why(err)
	}
	defer r.Close()
	if err := w.send(r); err != nil {
		return why(err)
	}
	r.Close()
	stop()
	w.read = w.scanned(c)
	return failedNot
}

// report tells a few times a second how far the engine is, until stop is called.
func (w *worker) report(c *sql.Conn) (stop func()) {
	var engine mapping.Connection
	c.Raw(func(raw any) error { //nolint:errcheck // it returns none
		// the driver keeps its connection to itself, but only of it the engine tells
		engine.Ptr = reflect.ValueOf(raw).Elem().FieldByName("conn").FieldByName("Ptr").UnsafePointer()
		return nil
	})
	over, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		t := time.NewTicker(250 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-over:
				return
			case <-t.C:
				q := mapping.QueryProgress(engine)
				percent, read, of := mapping.QueryProgressTypeMembers(&q)
				if percent < 0 {
					continue
				}
				if w.write(frameProgress, progress{Percent: percent, Read: read, Of: of}) != nil {
					return
				}
			}
		}
	}()
	return sync.OnceFunc(func() { close(over); <-gone })
}

// scanned is how many rows of each mount the last statement read.
func (w *worker) scanned(c *sql.Conn) map[string]int64 {
	read := map[string]int64{}
	info, err := duckdb.GetProfilingInfo(c)
	if err != nil {
		return read
	}
	var walk func(duckdb.ProfilingInfo)
	walk = func(p duckdb.ProfilingInfo) {
		if n, err := strconv.ParseInt(p.Metrics["OPERATOR_ROWS_SCANNED"], 10, 64); err == nil && n > 0 {
			for i, m := range w.Setting.Mounts {
				if strings.Contains(p.Metrics["EXTRA_INFO"], fmt.Sprintf("m%d.", i)) {
					read[m.Name] += n
				}
			}
		}
		for _, k := range p.Children {
			walk(k)
		}
	}
	walk(info)
	return read
}

var errSize = errors.New("engine: the result is larger than it may be")

// send writes the result's columns and rows, until it is larger than it may be.
func (w *worker) send(r *sql.Rows) error {
	types, err := r.ColumnTypes()
	if err != nil {
		return err
	}
	h := header{Engine: version()}
	for _, t := range types {
		h.Columns = append(h.Columns, outColumn{Name: t.Name(), Type: t.DatabaseTypeName()})
	}
	if err := w.write(frameHeader, h); err != nil {
		return err
	}
	values, into := make([]any, len(types)), make([]any, len(types))
	for i := range values {
		into[i] = &values[i]
	}
	var batch [][]*string
	var n, size, all int64 // rows, bytes of the batch, bytes in all
	for r.Next() {
		before := size
		if err := r.Scan(into...); err != nil {
			return err
		}
		row := make([]*string, len(values))
		for i, v := range values {
			if row[i], err = cell(v, h.Columns[i].Type); err != nil {
				return err
			}
			if row[i] != nil {
				size += int64(len(*row[i]))
			}
		}
		n++
		if all += size - before; n > w.Rows || all > w.Bytes {
			return errSize
		}
		batch = append(batch, row)
		if size > 256<<10 || len(batch) == 1000 {
			if err := w.write(frameRows, batch); err != nil {
				return err
			}
			batch, size = nil, 0
		}
	}
	if err := r.Err(); err != nil {
		return err
	}
	return w.write(frameRows, batch)
}

// cell is a value as text; nil: none.
func cell(v any, typ string) (*string, error) {
	var s string
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		s = v
	case bool:
		s = strconv.FormatBool(v)
	case time.Time:
		s = v.UTC().Format(momentForm)
		if typ == "DATE" {
			s = v.UTC().Format(time.DateOnly)
		}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil
		}
		s = strconv.FormatFloat(v, 'g', -1, 64)
	case float32:
		return cell(float64(v), typ)
	case duckdb.Decimal:
		s = v.String()
	case *big.Int:
		s = v.String()
	case int64, int32, int16, int8, uint64, uint32, uint16, uint8, int:
		s = fmt.Sprint(v)
	default:
		return nil, fmt.Errorf("engine: a column of type %s cannot be shown", typ)
	}
	return &s, nil
}

func version() string { return mapping.LibraryVersion() }

// why is why a statement failed.
func why(err error) failure {
	var e *duckdb.Error
	switch {
	case errors.Is(err, errSize):
		return failedSize
	case !errors.As(err, &e):
		return failedOther
	}
	switch e.Type {
	case duckdb.ErrorTypeOutOfMemory:
		return failedMemory
	case duckdb.ErrorTypeOutOfRange, duckdb.ErrorTypeConversion, duckdb.ErrorTypeDecimal, duckdb.ErrorTypeInvalidInput, duckdb.ErrorTypeDivideByZero, duckdb.ErrorTypeMismatchType:
		return failedValue
	}
	if strings.Contains(strings.ToLower(e.Msg), "out of memory") {
		return failedMemory
	}
	return failedOther
}

// question is what a child without data is asked: the tree of a text, or what its
// columns are where the tables are made as they are told.
type question struct {
	SQL    string
	Tables []mounted // nil: only the tree
	Values []bound
}

// answer is what it says.
type answer struct {
	Tree    json.RawMessage `json:",omitempty"`
	Columns []outColumn
	Error   string // of the engine, which knows no data here
	Engine  string
}

// vetChild answers questions about texts, until nobody asks any more. It never has
// data.
func vetChild(ctx context.Context, _ []*os.File) error {
	db, c, err := openEngine(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	defer c.Close()
	if err := (setting{Memory: vetMemory / 2}).lockDown(ctx, c, nil); err != nil {
		return err
	}
	v := &vetting{c: c, made: map[string]string{}}
	in, out := json.NewDecoder(bufio.NewReader(os.Stdin)), bufio.NewWriter(os.Stdout)
	for {
		var q question
		if err := in.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := errors.Join(writeFrame(out, frameEnd, v.answer(ctx, q)), out.Flush()); err != nil {
			return err
		}
	}
}

// vetMemory is what a child may have that holds no data.
const vetMemory = 512 << 20

type vetting struct {
	c    *sql.Conn
	made map[string]string // the empty tables that there are, and how they were made
}

// make makes the empty tables of a question, where there are others.
func (v *vetting) make(ctx context.Context, tables []mounted) error {
	want := map[string]string{}
	for i, m := range tables {
		want[m.Name] = m.create(i, false, false)
	}
	if maps.Equal(v.made, want) {
		return nil
	}
	for name := range v.made {
		if _, err := v.c.ExecContext(ctx, "DROP TABLE "+schemaName+"."+quoted(name)); err != nil {
			return err
		}
		delete(v.made, name)
	}
	for name, text := range want {
		if _, err := v.c.ExecContext(ctx, text); err != nil {
			return err
		}
		v.made[name] = text
	}
	return nil
}

func (v *vetting) answer(ctx context.Context, q question) answer {
	a := answer{Engine: version()}
	var err error
	if q.Tables == nil {
		var tree string
		err = v.c.QueryRowContext(ctx, "SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", q.SQL).Scan(&tree)
		a.Tree = json.RawMessage(tree)
	} else {
		a.Columns, err = v.columns(ctx, q)
	}
	if err != nil {
		a = answer{Engine: a.Engine, Error: err.Error()}
	}
	return a
}

// columns prepares a statement over empty tables.
func (v *vetting) columns(ctx context.Context, q question) ([]outColumn, error) {
	if err := v.make(ctx, q.Tables); err != nil {
		return nil, err
	}
	var out []outColumn
	err := v.c.Raw(func(raw any) error {
		p, err := raw.(driver.ConnPrepareContext).PrepareContext(ctx, q.SQL)
		if err != nil {
			return err
		}
		defer p.Close()
		s, ok := p.(*duckdb.Stmt)
		if !ok {
			return errors.New("engine: a statement of another driver")
		}
		if kind, err := s.StatementType(); err != nil || kind != duckdb.STATEMENT_TYPE_SELECT {
			return errors.Join(errors.New("engine: no select"), err)
		}
		n, err := s.ColumnCount()
		for i := range n {
			var name string
			var typ duckdb.Type
			if name, err = s.ColumnName(i); err != nil {
				return err
			}
			if typ, err = s.ColumnType(i); err != nil {
				return err
			}
			out = append(out, outColumn{Name: name, Type: typeName(typ)})
		}
		return err
	})
	return out, err
}

package rows

import (
	"bufio"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/duckdb/duckdb-go/v2"
)

// JobName is the name under which cmd hands Duckworker to sandbox.Main.
const JobName = "duckworker"

// Duckworker is the job of a limited child: it runs DuckDB over files that it
// may only read, one order at a time, until its standard input ends.
func Duckworker(ctx context.Context, _ []*os.File) error {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	var s setup
	if err := in.Decode(&s); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	connector, err := duckdb.NewConnector("", s.lockDown)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	defer connector.Close()
	raw, err := connector.Connect(ctx)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	defer raw.Close()
	conn, ok := raw.(engine)
	if !ok {
		return errors.New("engine: no plain queries")
	}
	d := &duck{conn: conn, out: bufio.NewWriterSize(os.Stdout, 64<<10), orders: make(chan order), read: make(chan error, 1)}
	go d.listen(in)
	return d.serve(ctx)
}

// engine is what we need of the driver, without the copies of database/sql.
type engine interface {
	driver.QueryerContext
	driver.ExecerContext
}

// lockDown sets what the engine may do, and that nothing sets it otherwise
// afterwards. The wall of the process holds without it.
func (s setup) lockDown(e driver.ExecerContext) error {
	var allowed []string
	for _, dir := range append(s.Allowed, s.Temp) {
		allowed = append(allowed, quoted(dir))
	}
	for _, set := range []string{
		fmt.Sprintf("memory_limit = '%dB'", s.Memory),
		fmt.Sprintf("threads = %d", max(1, s.Threads)),
		"temp_directory = " + quoted(s.Temp),
		fmt.Sprintf("max_temp_directory_size = '%dB'", s.TempMax),
		"parquet_metadata_cache = true",
		"preserve_insertion_order = true",
		"allowed_directories = [" + strings.Join(allowed, ", ") + "]",
		"autoinstall_known_extensions = false",
		"autoload_known_extensions = false",
		"allow_community_extensions = false",
		"enable_external_access = false",
		"lock_configuration = true",
	} {
		if _, err := e.ExecContext(context.Background(), "SET "+set, nil); err != nil {
			return fmt.Errorf("SET %s: %w", set, err)
		}
	}
	return nil
}

// quoted is a path of ours as a text in SQL.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// duck is a worker at work.
type duck struct {
	conn    engine
	out     *bufio.Writer
	orders  chan order
	read    chan error // why no more orders come
	current current
	bases   []string // fast copies that are open, the latest used last
}

// current is the order that a worker works on, which another goroutine may
// give up, even before the work has begun.
type current struct {
	mu    sync.Mutex
	id    uint64
	stop  context.CancelFunc
	given uint64 // the order that was given up last
}

func (c *current) set(id uint64, stop context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id, c.stop = id, stop
	if stop != nil && c.given == id {
		stop()
	}
}

// cancel gives up order id, or whatever there is if id is 0.
func (c *current) cancel(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given = id
	if c.stop != nil && (id == 0 || id == c.id) {
		c.stop()
	}
}

// listen hands on orders, and gives up the current one when it is told to,
// without waiting for it.
func (d *duck) listen(in *json.Decoder) {
	for {
		var o order
		if err := in.Decode(&o); err != nil {
			d.read <- err
			d.current.cancel(0)
			return
		}
		if o.Cancel != 0 {
			d.current.cancel(o.Cancel)
			continue
		}
		d.orders <- o
	}
}

func (d *duck) serve(ctx context.Context) error {
	for {
		select {
		case o := <-d.orders:
			if err := d.answer(ctx, o); err != nil {
				return err
			}
		case err := <-d.read:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// answer does o and says how it ended.
func (d *duck) answer(ctx context.Context, o order) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.current.set(o.ID, cancel)
	defer d.current.set(0, nil)
	n, err := d.do(ctx, o)
	e := end{ID: o.ID, Rows: n}
	if err != nil {
		e.Failed, e.Detail = why(ctx, o, err), err.Error()
		if len(e.Detail) > 2000 {
			e.Detail = e.Detail[:2000]
		}
	}
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := writeFrame(d.out, frameEnd, body); err != nil {
		return err
	}
	return d.out.Flush()
}

var errLarge = errors.New("the answer is larger than it may be")

func why(ctx context.Context, o order, err error) failure {
	disk, other := failedDisk, failedOther
	if o.Base.Name != "" { // which the table's file can be asked in place of
		disk, other = failedBase, failedBase
	}
	var e *duckdb.Error
	switch {
	case errors.Is(err, errLarge):
		return failedLarge
	case ctx.Err() != nil:
		return failedCancelled
	case !errors.As(err, &e):
		return other
	}
	switch e.Type {
	case duckdb.ErrorTypeOutOfMemory:
		if strings.Contains(e.Msg, "max_temp_directory_size") || strings.Contains(e.Msg, "No space left") {
			return failedDisk
		}
		return failedMemory
	case duckdb.ErrorTypeOutOfRange, duckdb.ErrorTypeConversion, duckdb.ErrorTypeDecimal:
		return failedRange
	case duckdb.ErrorTypeIO:
		return disk
	}
	return other
}

// do runs one statement. Every column of an answer is text: our SQL casts them.
func (d *duck) do(ctx context.Context, o order) (int64, error) {
	args := make([]driver.NamedValue, len(o.Args))
	for i, v := range o.Args {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v.any()}
	}
	if o.Base.Name != "" {
		if err := d.open(ctx, o.Base); err != nil {
			return 0, err
		}
	}
	if strings.HasPrefix(o.SQL, "COPY ") || strings.HasPrefix(o.SQL, "ATTACH ") {
		r, err := d.conn.ExecContext(ctx, o.SQL, args)
		if err != nil {
			return 0, err
		}
		return r.RowsAffected()
	}
	rows, err := d.conn.QueryContext(ctx, o.SQL, args)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	return 0, d.send(ctx, rows, o.Most)
}

func (d *duck) send(ctx context.Context, rows driver.Rows, most int64) error {
	cells := make([]Cell, len(rows.Columns()))
	row := make([]driver.Value, len(cells))
	var body []byte
	var sent int64
	flush := func() error {
		if sent += int64(len(body)); sent > most {
			return errLarge
		}
		err := writeFrame(d.out, frameRows, body)
		body = body[:0]
		return err
	}
	for {
		if err := rows.Next(row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		for i, v := range row {
			text, ok := v.(string)
			if v != nil && !ok {
				return fmt.Errorf("column %d is %T, not text", i, v)
			}
			cells[i] = Cell{Text: text, Null: v == nil}
		}
		if body = appendRow(body, cells); len(body) > 256<<10 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(body) == 0 {
		return nil
	}
	return flush()
}

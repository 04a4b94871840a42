package main

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// aloneArg starts this program as the engine alone, in a process of its own, so
// that what it keeps in memory is not ours.
const aloneArg = "engine-alone"

// statement is one order to the engine: SQL to run and to read to the end of.
type statement struct {
	SQL   string `json:"sql"`
	Fresh bool   `json:"fresh"` // in an engine that is started for it, with the settings that it has by itself
}

// timed is how a statement went. The start of the process is not in it.
type timed struct {
	Took   time.Duration `json:"took"`
	Worked time.Duration `json:"worked"` // processor time
	Failed string        `json:"failed,omitempty"`
}

// engineAlone answers statements, a line each, until its input ends.
func engineAlone(ctx context.Context, in io.Reader, out io.Writer) error {
	limited, err := openEngine(workerSettings()...)
	if err != nil {
		return err
	}
	defer limited.Close()
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var s statement
		if err := orders.Decode(&s); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		start, before := time.Now(), processorTime(syscall.RUSAGE_SELF)
		if s.Fresh {
			err = runFresh(ctx, s.SQL)
		} else {
			err = runThrough(ctx, limited, s.SQL)
		}
		t := timed{Took: time.Since(start), Worked: processorTime(syscall.RUSAGE_SELF) - before}
		if err != nil {
			t.Failed = err.Error()
		}
		if err := answers.Encode(t); err != nil {
			return err
		}
	}
}

// workerSettings are what a worker of the server has, too.
func workerSettings() []string {
	return []string{"memory_limit = '512MiB'", fmt.Sprintf("threads = %d", runtime.NumCPU()), "parquet_metadata_cache = true"}
}

func openEngine(settings ...string) (*sql.DB, error) {
	c, err := duckdb.NewConnector("", func(e driver.ExecerContext) error {
		for _, s := range settings {
			if _, err := e.ExecContext(context.Background(), "SET "+s, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

func runFresh(ctx context.Context, query string) error {
	db, err := openEngine()
	if err != nil {
		return err
	}
	defer db.Close()
	return runThrough(ctx, db, query)
}

// runThrough runs a query and reads every value of its answer.
func runThrough(ctx context.Context, db *sql.DB, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row := make([]any, len(columns))
	for i := range row {
		row[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(row...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// alone is the engine in a process of its own.
type alone struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	orders  *json.Encoder
	answers *json.Decoder
}

// startAlone starts the engine behind others by as much as nice says (see
// nice(1)).
func startAlone(ctx context.Context, nice int) (*alone, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	a := &alone{cmd: exec.CommandContext(ctx, "nice", "-n", strconv.Itoa(nice), self, aloneArg)}
	a.cmd.Stderr = os.Stderr
	if a.in, err = a.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	a.orders, a.answers = json.NewEncoder(a.in), json.NewDecoder(bufio.NewReader(out))
	return a, a.cmd.Start()
}

func (a *alone) run(s statement) (timed, error) {
	if err := a.orders.Encode(s); err != nil {
		return timed{}, err
	}
	var t timed
	if err := a.answers.Decode(&t); err != nil {
		return t, fmt.Errorf("the engine alone: %w", err)
	}
	if t.Failed != "" {
		return t, fmt.Errorf("the engine alone: %s: %.200s", t.Failed, s.SQL)
	}
	return t, nil
}

// processorTime is what this process has worked, or its children that have
// ended: syscall.RUSAGE_SELF or RUSAGE_CHILDREN.
func processorTime(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (a *alone) stop() {
	_ = a.in.Close()
	_ = a.cmd.Wait()
}

// quoted is a path as a text in SQL.
func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", "''") + "'" }

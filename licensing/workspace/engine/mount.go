package engine

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// check refuses a source that cannot be mounted as it is described.
func (s Source) check() error {
	if s.Name == "" || len([]rune(s.Name)) > mostName || strings.HasPrefix(s.Name, "__") {
		return fault.New(fault.Invalid, "挂载的表要有名字，最多 %d 个字，不以两条下划线开头。", mostName)
	}
	seen := map[string]bool{}
	for _, c := range s.Columns {
		low := strings.ToLower(c.Name)
		if c.Name == "" || strings.HasPrefix(low, "__") || len([]rune(c.Name)) > mostName || seen[low] {
			return fault.New(fault.Invalid, "列名“%s”不能用在挂载里：要有名字、不重复、不以两条下划线开头。", clip(c.Name))
		}
		seen[low] = true
		if !slices.Contains([]Use{Group, Aggregate, Read, Subject}, c.Use) || (c.Use == Subject) != (c.Kind != "") {
			return fault.New(fault.Invalid, "列“%s”的用途没有写清楚。", clip(c.Name))
		}
		if _, ok := s.Table.Schema.Find(s.column(c)); !ok {
			return fault.New(fault.Invalid, "这一版没有“%s”这一列。", clip(s.column(c)))
		}
	}
	for _, name := range s.Key {
		if _, ok := s.Table.Schema.Find(name); !ok {
			return fault.New(fault.Invalid, "这一版没有“%s”这一列。", clip(name))
		}
	}
	if len(s.Columns) == 0 {
		return fault.New(fault.Invalid, "至少挂载一列。")
	}
	return nil
}

// column is the table's column of which c is made.
func (s Source) column(c Column) string {
	if name, ok := s.Store[c.Name]; ok {
		return name
	}
	return c.Name
}

// digest names the file that s becomes for a workspace: version, columns, uses,
// filter and keys decide it.
func (e *Engine) digest(w Workspace, s Source) (string, error) {
	mask, err := w.derived("mask")
	if err != nil {
		return "", err
	}
	platform, err := e.opt.whose()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d %x %x %s %s %d %q %q %q %q %q", MountForm, sha256.Sum256(mask), sha256.Sum256(platform), s.Table.Parquet, s.Name, s.Minimum, s.Where, s.Table.Only.Where, version(), s.Dataset, s.Key)
	for _, c := range s.Columns {
		found, _ := s.Table.Schema.Find(s.column(c))
		fmt.Fprintf(h, "\n%q %s %s %q %s", c.Name, c.Type, c.Use, c.Kind, found.Store)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// keyed reports whether subjects of m are known by keys.
func (m Mount) keyed() bool {
	return slices.ContainsFunc(m.Columns, func(c Column) bool { return c.Use == Subject })
}

// hidden are the columns of a mount's file that no statement can name: of each
// key, or else of the row, who it is under the platform's key, equal
// wherever the subject is the same, in all workspaces and versions; and the number of
// the row, equal wherever it is the same in all its columns.
func (m Mount) hidden() []string {
	var out []string
	for _, c := range m.Columns {
		if c.Use == Subject {
			out = append(out, whoColumn(len(out)))
		}
	}
	if len(out) == 0 {
		out = []string{rowColumn}
	}
	return append(out, printColumn)
}

// identity is SQL for what tells a row of the table from others, whatever columns
// are mounted: its key, or without one all columns.
func (s Source) identity(key []string) string {
	var parts []string
	for _, c := range s.Table.Schema {
		if len(key) > 0 && !slices.Contains(key, c.Name) {
			continue
		}
		text := "CAST(" + c.Store + " AS VARCHAR)"
		if c.Type == rows.Text {
			text = "length(" + c.Store + ") || ':' || " + c.Store
		}
		parts = append(parts, "coalesce("+text+", '-')")
	}
	return strings.Join(parts, " || ',' || ")
}

// statement is the SQL that makes the mount's table of the Parquet file at {file}.
func (e *Engine) statement(w Workspace, s Source) (string, []any, error) {
	mask, err := w.derived("mask")
	if err != nil {
		return "", nil, err
	}
	platform, err := e.opt.whose()
	if err != nil {
		return "", nil, err
	}
	var where []string
	var args []any
	for _, p := range []rows.Part{s.Table.Only, {Schema: s.Table.Schema, Where: s.Where}} {
		text, values, err := p.Filter()
		if err != nil {
			return "", nil, err
		}
		if text != "" {
			where, args = append(where, text), append(args, values...)
		}
	}
	var b strings.Builder
	b.WriteString("CREATE TABLE made.t AS SELECT ")
	for i, c := range s.Columns {
		found, _ := s.Table.Schema.Find(s.column(c))
		text := "CAST(" + found.Store + " AS " + c.stored() + ")"
		if c.Use == Subject {
			text = masked(mask, c.Kind, found.Store)
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text + " AS " + quoted(c.Name))
	}
	hidden := 0
	for _, c := range s.Columns {
		if c.Use == Subject {
			found, _ := s.Table.Schema.Find(s.column(c))
			b.WriteString(", " + who(platform, c.Kind, found.Store) + " AS " + whoColumn(hidden))
			hidden++
		}
	}
	b.WriteString(", CAST(" + who(platform, "print of "+s.Dataset, s.identity(nil)) + " & 1073741823 AS BIGINT) + 1 AS " + printColumn)
	from, filter := " FROM read_parquet({file}, file_row_number = true)", ""
	if len(where) > 0 {
		filter = " WHERE " + strings.Join(where, " AND ")
	}
	if hidden > 0 {
		return b.String() + from + filter, args, nil
	}
	// rows that are the same are two subjects all the same: the second is another
	// one, wherever there are two
	b.WriteString(", __h.__w AS " + rowColumn + from + " JOIN (SELECT __r, CASE WHEN n = 1 THEN h ELSE md5_number_lower(h || ' ' || n) END AS __w FROM " +
		"(SELECT __r, h, row_number() OVER (PARTITION BY h ORDER BY __r) AS n FROM (SELECT file_row_number AS __r, " + who(platform, rowKind+s.Dataset, s.identity(s.Key)) + " AS h" + from + filter + "))) AS __h ON file_row_number = __h.__r")
	return b.String(), args, nil
}

// preparation is what a child that prepares a mount is told.
type preparation struct {
	SQL     string
	Args    []bound
	Mount   Mount
	Memory  int64
	Threads int
}

// description is what it answers.
type description struct {
	Rows       int64
	Statistics Statistics
	Failed     failure
}

const preparedName = "mount.duckdb"

// prepareChild writes a mount's file in its folder from the Parquet file that it
// is handed, and describes it.
func prepareChild(ctx context.Context, files []*os.File) error {
	var p preparation
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&p); err != nil {
		return fmt.Errorf("task: %w", err)
	}
	db, c, err := openEngine(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	defer c.Close()
	d, err := p.make(ctx, c, handed(files)(0), filepath.Join(sandbox.Folders(ctx)[0], preparedName))
	if err != nil {
		if d.Failed = why(err); d.Failed == failedOther {
			return err // for the log of the server alone
		}
	}
	return writeFrame(os.Stdout, frameEnd, d)
}

func (p preparation) make(ctx context.Context, c *sql.Conn, from, to string) (description, error) {
	var d description
	values := make([]any, len(p.Args))
	for i, a := range p.Args {
		v, err := a.arg()
		if err != nil {
			return d, err
		}
		values[i] = v.(sql.NamedArg).Value
	}
	steps := []string{
		fmt.Sprintf("SET memory_limit = '%dB'", p.Memory), fmt.Sprintf("SET threads = %d", p.Threads), "SET temp_directory = " + literal(filepath.Join(filepath.Dir(to), "temp")),
		"SET autoinstall_known_extensions = false", "SET autoload_known_extensions = false", "ATTACH " + literal(to) + " AS made",
	}
	for _, s := range steps {
		if _, err := c.ExecContext(ctx, s); err != nil {
			return d, err
		}
	}
	if _, err := c.ExecContext(ctx, strings.ReplaceAll(p.SQL, "{file}", literal(from)), values...); err != nil {
		return d, err
	}
	if err := c.QueryRowContext(ctx, "SELECT count(*) FROM made.t").Scan(&d.Rows); err != nil {
		return d, err
	}
	var err error
	if d.Statistics, err = describe(ctx, c, p.Mount, d.Rows); err != nil {
		return d, err
	}
	for _, s := range []string{"CHECKPOINT made", "DETACH made"} {
		if _, err := c.ExecContext(ctx, s); err != nil {
			return d, err
		}
	}
	return d, nil
}

// Prepare makes the mount of a source, once for the same version, columns, uses
// and filter of a workspace. It returns a fault for a source that cannot be
// mounted.
func (e *Engine) Prepare(ctx context.Context, w Workspace, s Source) (*Prepared, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	name, err := e.digest(w, s)
	if err != nil {
		return nil, err
	}
	if p, err := e.kept(w, name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	e.preparing.Lock() // one after the other: each may take all processors
	defer e.preparing.Unlock()
	if p, err := e.kept(w, name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	return e.prepare(ctx, w, s, name)
}

// kept is a mount that was prepared before.
func (e *Engine) kept(w Workspace, name string) (*Prepared, error) {
	r, err := e.vault.get(w, name+".about")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	p := &Prepared{}
	if err := json.NewDecoder(r).Decode(p); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	p.Form = MountForm // its name says so
	return p, nil
}

func (e *Engine) prepare(ctx context.Context, w Workspace, s Source, name string) (*Prepared, error) {
	text, values, err := e.statement(w, s)
	if err != nil {
		return nil, err
	}
	task := preparation{SQL: text, Mount: s.Mount, Memory: e.opt.Memory, Threads: e.opt.Threads}
	for _, v := range values {
		b, err := boundValue(v)
		if err != nil {
			return nil, err
		}
		task.Args = append(task.Args, b)
	}
	in, err := e.copyOf(ctx, s.Table)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return e.keep(ctx, w, s.Mount, task, in, name)
}

// keep lets a child make a mount's file, and keeps it under name.
func (e *Engine) keep(ctx context.Context, w Workspace, m Mount, task preparation, in *os.File, name string) (*Prepared, error) {
	dir, err := os.MkdirTemp(e.scratch(), e.opt.plainly())
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer os.RemoveAll(dir)
	d, err := e.prepareIn(ctx, task, in, dir)
	if err != nil {
		return nil, err
	}
	made, err := os.Open(filepath.Join(dir, preparedName))
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer made.Close()
	h := sha256.New()
	count := &counter{}
	if err := e.vault.put(w, name, io.TeeReader(made, io.MultiWriter(h, count))); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	p := &Prepared{Mount: m, File: name, Digest: hex.EncodeToString(h.Sum(nil)), Bytes: count.n, Rows: d.Rows, Form: MountForm, Statistics: d.Statistics}
	about, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return p, e.vault.put(w, name+".about", bytes.NewReader(about))
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

func boundValue(v any) (bound, error) {
	switch v := v.(type) {
	case nil:
		return bound{Null: true}, nil
	case string:
		return bound{Type: rows.Text, Text: v}, nil
	case int64:
		return bound{Type: rows.Integer, Text: fmt.Sprint(v)}, nil
	case int:
		return bound{Type: rows.Integer, Text: fmt.Sprint(v)}, nil
	case float64:
		return bound{Type: rows.Decimal, Text: fmt.Sprintf("%v", v)}, nil
	case bool:
		return bound{Type: rows.Boolean, Text: fmt.Sprint(v)}, nil
	}
	return bound{}, fmt.Errorf("engine: a value of type %T cannot be bound", v)
}

// scratch is where a mount's plain file is for a moment: in memory, if the machine
// has such a place.
func (e *Engine) scratch() string { return e.opt.scratch() }

func (o Options) scratch() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return o.Dir
}

// plainly is how the folders begin in which an engine has plain files for a moment:
// those of no other engine on the machine do.
func (o Options) plainly() string { return Scratch(o.Dir) }

// Scratch is how the folders begin, in memory or in dir, in which the engine whose
// folder dir is has the plain file of a mount while that is prepared.
func Scratch(dir string) string {
	if whole, err := filepath.Abs(dir); err == nil {
		dir = whole
	}
	sum := sha256.Sum256([]byte(dir))
	return "shuyuan-mount-" + hex.EncodeToString(sum[:6]) + "-"
}

// sweep removes what an engine left that was killed: plain files of mounts that were
// being prepared, copies of tables, and files that were not whole yet.
func (o Options) sweep() error {
	var failed error
	for _, pattern := range []string{
		filepath.Join(o.scratch(), o.plainly()+"*"), filepath.Join(o.Dir, o.plainly()+"*"), filepath.Join(o.Dir, copied+"*"), filepath.Join(o.Dir, "mounts", "*", unfinished+"*"),
	} {
		found, err := filepath.Glob(pattern)
		failed = errors.Join(failed, err)
		for _, path := range found {
			failed = errors.Join(failed, os.RemoveAll(path))
		}
	}
	return failed
}

// How files begin that are there for a moment: copies of tables, and files of mounts
// that are not whole yet.
const (
	copied     = "table-"
	unfinished = "new-"
)

// copyOf is the Parquet file of a table, open, in a file that has no name.
func (e *Engine) copyOf(ctx context.Context, t rows.Table) (*os.File, error) {
	o, err := e.opt.Store.Open(ctx, t.Parquet)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	f, err := os.CreateTemp(e.opt.Dir, copied)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, h), o)
	err = errors.Join(err, os.Remove(f.Name()), f.Chmod(0o444))
	if err == nil && hex.EncodeToString(h.Sum(nil)) != string(t.Parquet) {
		err = fmt.Errorf("engine: object %s is not what it is called", t.Parquet)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (e *Engine) prepareIn(ctx context.Context, task preparation, in *os.File, dir string) (description, error) {
	var d description
	told, err := json.Marshal(task)
	if err != nil {
		return d, err
	}
	var out bytes.Buffer
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: prepareJob, Read: append(systemFiles(), "/proc/self/fd/4"), Write: []string{dir}, Memory: 2*e.opt.Memory + 768<<20, CPU: prepareTime, Time: prepareTime, FileSize: e.opt.Disk,
		Nice: workerNice, Stdin: bytes.NewReader(told), Stdout: &out, Files: []*os.File{in},
	})
	if err != nil {
		return d, fmt.Errorf("engine: %w", err)
	}
	if err := child.Wait(); err != nil {
		return d, fmt.Errorf("engine: a mount could not be prepared: %w", err)
	}
	_, body, err := readFrame(bufio.NewReader(&out))
	if err != nil {
		return d, err
	}
	if err := decode(body, &d); err != nil {
		return d, err
	}
	switch d.Failed {
	case failedNot:
		return d, nil
	case failedValue:
		return d, fault.New(fault.Invalid, "这一版里有值不能按说明的类型挂载。")
	}
	return d, fmt.Errorf("engine: a mount could not be prepared: %s", d.Failed)
}

// prepareTime is how long a mount may take to prepare.
const prepareTime = 20 * time.Minute

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

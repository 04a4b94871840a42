package rows

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

// rest waits until no fast copy is being made.
func (s *Service) rest() {
	s.making.Lock()
	defer s.making.Unlock()
}

// fastened is a service that has a fast copy of the table and nothing else: what
// asked the table's file would fail.
func fastened(t *testing.T, store blob.Store, table Table, change func(*Options)) (*Service, *fastCopy) {
	t.Helper()
	s := service(t, store, change)
	_, done, err := s.files.use(t.Context(), table.Parquet)
	if err != nil {
		t.Fatal(err)
	}
	done()
	table.Rows = max(table.Rows, fastRows)
	s.hasten(table)
	s.rest()
	c, done := s.files.fast(table.Parquet)
	if c == nil {
		t.Fatal("no fast copy was made")
	}
	done()
	if err := os.Remove(s.files.path(table.Parquet)); err != nil {
		t.Fatal(err)
	}
	return s, c
}

// oddTable is the example with numbers that are none.
func oddTable(t *testing.T, store blob.Store, rows int) Table {
	t.Helper()
	table := exampleTable(t, store, rows)
	table.Parquet = made(t, store, `SELECT * REPLACE (CASE c10 % 23 WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN 'inf'::DOUBLE WHEN 3 THEN '-inf'::DOUBLE ELSE c2 END AS c2) FROM (`+exampleSQL(rows)+")")
	return table
}

// turned asks both services the same and compares the whole answers, page after
// page and back again, with cursors of the other's.
func turned(t *testing.T, file, fast *Service, table Table, q Query) bool {
	t.Helper()
	next := func(r *Result) string { return r.Next }
	prev := func(r *Result) string { return r.Prev }
	last := func(r *Result) string { return r.Last }
	for _, turn := range []func(*Result) string{next, prev, last} {
		want, wrong := file.Query(t.Context(), table, q)
		got, err := fast.Query(t.Context(), table, q)
		if wrong != nil || err != nil {
			if fault.KindOf(wrong) != fault.KindOf(err) || fault.KindOf(err) != fault.Malformed {
				t.Errorf("%+v: the file says %v, the fast copy %v", q, wrong, err)
			}
			return false
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v (-file +fast copy):\n%s", q, diff)
			return false
		}
		if q.Cursor = turn(got); q.Cursor == "" {
			break
		}
	}
	return true
}

func TestAFastCopyAnswersAsTheFileDoes(t *testing.T) {
	store := newStore(t)
	table := oddTable(t, store, 1000)
	file := service(t, store, nil)
	fast, _ := fastened(t, store, table, nil)
	for _, order := range []string{
		"", "年份", "年份 desc", "地区, 年份 desc", "数值", "数值 desc", "日期 desc", "时间", "时间 desc, 数值", "在用", "在用 desc", "PM2.5 desc", "`单价 (元)`, 年份", "`奇``怪` desc", "数值 / 3 desc", "lower(地区), 在用 desc",
	} {
		for _, where := range []string{"", "年份 > 2005 or 年份 is null", "数值 > 1", "数值 <= 1 or raw(年份) is not null", "地区 = \"福州\" and 时间 >= \"2020-01-01T20:00\"", "年份 = 1", "search(地区, \"quan\")"} {
			if order == "" && where == "" {
				continue // rows as they stand
			}
			turned(t, file, fast, table, Query{Where: where, OrderBy: order, Limit: 70})
		}
	}
	g := &maker{r: rand.New(rand.NewPCG(5, 6))}
	ran := 0
	for range 400 {
		q := Query{Where: g.condition(2), Limit: 1 + g.r.IntN(40)}
		if g.r.IntN(2) == 0 {
			q.OrderBy = g.value(2) + g.pick("", " desc") + ", " + g.value(1) + g.pick("", " desc")
		}
		if g.r.IntN(2) == 0 {
			q.Select = g.list(g.value)
		}
		if _, err := Compile(examples, q); err == nil && turned(t, file, fast, table, q) {
			ran++
		}
	}
	if ran < 50 {
		t.Errorf("only %d random questions ran", ran)
	}
	if c, done := fast.files.fast(table.Parquet); c == nil {
		t.Error("the fast copy is gone")
	} else {
		done()
	}
}

// Rows of a table that several threads read and write come in the file's order.
func TestAFastCopyOfManyRowsKeepsTheirOrder(t *testing.T) {
	store := newStore(t)
	const n = 400_000
	d := made(t, store, fmt.Sprintf("SELECT i %% 7 AS c0, (hash(i) %% 1000)::BIGINT AS c1, 'n' || i %% 100 AS c2 FROM range(%d) t(i)", n))
	table := Table{Parquet: d, Rows: n, Key: "1/1", Schema: Schema{{Name: "a", Type: Integer, Store: "c0"}, {Name: "b", Type: Integer, Store: "c1"}, {Name: "c", Type: Text, Store: "c2"}}}
	file := service(t, store, nil)
	fast, _ := fastened(t, store, table, nil)
	for _, q := range []Query{{Where: "b = 7"}, {Where: "a > 2"}, {Where: "a > 2", OrderBy: "a"}, {OrderBy: "a desc"}, {Where: "c = \"n3\"", OrderBy: "b desc, a"}, {OrderBy: "c", Where: "b < 900"}} {
		q.Limit = 500
		turned(t, file, fast, table, q)
	}
}

// While the copy is made, the file answers.
func TestNobodyWaitsForAFastCopy(t *testing.T) {
	store := newStore(t)
	table := exampleTable(t, store, 500)
	table.Rows = fastRows
	s := service(t, store, nil)
	began, release := make(chan struct{}), make(chan struct{})
	start := s.maker
	s.maker = func() (*worker, error) {
		close(began)
		<-release
		return start()
	}
	q := Query{Select: "`2020年`", Where: "`2020年` > 5", OrderBy: "年份 desc", Limit: 20}
	want := fmt.Sprint(ask(t, s, table, q).Rows)
	<-began
	for i := range 3 { // each another question
		q.Limit = 21 + i
		if got := fmt.Sprint(ask(t, s, table, q).Rows[:20]); got != want {
			t.Errorf("meanwhile %s, before %s", got, want)
		}
	}
	if c, _ := s.files.fast(table.Parquet); c != nil {
		t.Fatal("the copy is there before it is made")
	}
	close(release)
	s.rest()
	if err := os.Remove(s.files.path(table.Parquet)); err != nil { // so that the copy must answer
		t.Fatal(err)
	}
	q.Limit = 30
	if got := fmt.Sprint(ask(t, s, table, q).Rows[:20]); got != want {
		t.Errorf("afterwards %s, before %s", got, want)
	}
}

// Where it is not worth it, none is made, and where it failed it is not tried again.
func TestWhatGetsAFastCopy(t *testing.T) {
	store := newStore(t)
	table := exampleTable(t, store, 500)
	started := 0
	failing := func(s *Service) {
		s.maker = func() (*worker, error) {
			started++
			return nil, errors.New("no worker")
		}
	}
	seeking := Query{Where: "`2020年` > 5"}
	for _, c := range []struct {
		name   string
		rows   int64
		tables int64
		asked  []Query
		want   int
	}{
		{"a small table", fastRows - 1, 0, []Query{seeking}, 0},
		{"a large one", fastRows, 0, []Query{seeking}, 1},
		{"once", fastRows, 0, []Query{seeking, {OrderBy: "地区"}, {Where: "`2020年` > 6"}}, 1},
		{"rows as they stand", fastRows, 0, []Query{{}, {From: 3}}, 0},
		{"groups", fastRows, 0, []Query{{GroupBy: "地区", Where: "`2020年` > 5"}}, 0},
		{"little room", fastRows, 10_000, []Query{seeking}, 0},
	} {
		s := service(t, store, func(o *Options) { o.Tables = c.tables })
		failing(s)
		started = 0
		table.Rows = c.rows
		for _, q := range c.asked {
			ask(t, s, table, q)
			s.rest()
		}
		if started != c.want {
			t.Errorf("%s: a fast copy was begun %d times, not %d", c.name, started, c.want)
		}
	}
}

// A fast copy takes its part of the room for tables, and goes with its table.
func TestAFastCopyGoesWithItsTable(t *testing.T) {
	store := newStore(t)
	table, other := exampleTable(t, store, 2000), exampleTable(t, store, 1999)
	s := service(t, store, nil)
	table.Rows = fastRows
	ask(t, s, table, Query{OrderBy: "年份"})
	s.rest()
	c, done := s.files.fast(table.Parquet)
	if c == nil {
		t.Fatal("no fast copy")
	}
	info, err := os.Stat(c.path)
	if err != nil || info.Size() != c.bytes || info.Mode().Perm() != 0o444 {
		t.Fatalf("%v %v", info, err)
	}
	left, err := os.ReadDir(s.files.dir)
	if err != nil || len(left) != 2 {
		t.Fatalf("%v %v", left, err)
	}
	both, err := os.Stat(s.files.path(table.Parquet))
	if err != nil || s.files.bytes != both.Size()+c.bytes {
		t.Errorf("%d bytes are counted, %d and %d lie there: %v", s.files.bytes, both.Size(), c.bytes, err)
	}
	ask(t, s, table, Query{OrderBy: "年份 desc"}) // a worker has it open now
	s.files.most = both.Size() + 1
	ask(t, s, other, Query{})
	if _, err := os.Stat(c.path); err != nil {
		t.Error("a fast copy went that is in use")
	}
	open, err := os.Open(c.path)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	done()
	if _, err := os.Stat(c.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if info, err := open.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("who has it open keeps its room: %v %v", info, err)
	}
	if s.files.bytes > s.files.most {
		t.Errorf("%d bytes are counted", s.files.bytes)
	}
	if r := ask(t, s, table, Query{OrderBy: "年份 desc", Limit: 3}); len(r.Rows) != 3 {
		t.Errorf("asked again: %d rows", len(r.Rows))
	}
	s.rest()
}

// Whatever happened to a fast copy, the answer is that of the file, the log has
// one line, and the copy is not asked again.
func TestASpoiltFastCopyIsNotBelieved(t *testing.T) {
	store := newStore(t)
	const n = 20_000
	d := made(t, store, fmt.Sprintf("SELECT i AS c0, (hash(i) %% 100000)::BIGINT AS c1, md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS c2 FROM range(%d) t(i)", n))
	table := Table{Parquet: d, Rows: n, Key: "1/1", Schema: Schema{{Name: "a", Type: Integer, Store: "c0"}, {Name: "b", Type: Integer, Store: "c1"}, {Name: "c", Type: Text, Store: "c2"}}}
	questions := []Query{{OrderBy: "b desc", Limit: 50}, {Where: "a >= 0", Limit: MaxLimit}, {Where: "b > 500", OrderBy: "c", Limit: 10}}
	plain := service(t, store, nil)
	over := func(from float64) func(string, []byte) error { // from that part of the file on
		return func(path string, body []byte) error {
			for i := int(from * float64(len(body))); i < len(body); i++ {
				body[i] ^= 0x55
			}
			return inPlaceOf(path, body)
		}
	}
	for name, spoil := range map[string]func(path string, body []byte) error{
		"not there":           func(path string, _ []byte) error { return os.Remove(path) },
		"empty":               func(path string, _ []byte) error { return inPlaceOf(path, nil) },
		"cut":                 func(path string, body []byte) error { return inPlaceOf(path, body[:len(body)/2]) },
		"no database":         func(path string, _ []byte) error { return inPlaceOf(path, []byte("name,value\na,1\n")) },
		"all bytes flipped":   over(0),
		"later bytes flipped": over(0.1),
		"last bytes flipped":  over(0.5),
		"a folder":            func(path string, _ []byte) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) },
		"no table in it":      func(path string, _ []byte) error { return os.Rename(otherCopy(t, store), path) },
	} {
		t.Run(name, func(t *testing.T) {
			var lines lockedBuffer
			s, c := fastened(t, store, table, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&lines, nil)); o.Workers = 1 })
			back, err := os.Create(s.files.path(d)) // the file, which fastened took away
			if err != nil {
				t.Fatal(err)
			}
			defer back.Close()
			o, err := store.Open(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			if _, err := back.ReadFrom(o); err != nil {
				t.Fatal(err)
			}
			if err := back.Chmod(0o444); err != nil {
				t.Fatal(err)
			}
			body, err := os.ReadFile(c.path)
			if err != nil {
				t.Fatal(err)
			}
			if err := spoil(c.path, body); err != nil {
				t.Fatal(err)
			}
			tries := 0
			var st statement
			st.add("SELECT CAST(max(c0) AS VARCHAR) FROM " + source + " WHERE c2 <> '' AND c1 >= 0 AND " + rowNumber + " >= 0")
			if err := s.seek(t.Context(), d, st, func() func([]Cell) error { tries++; return func([]Cell) error { return nil } }); err != nil || tries != 2 {
				t.Errorf("the answer was begun %d times, not anew for the file: %v", tries, err)
			}
			for _, q := range questions {
				if diff := cmp.Diff(ask(t, plain, table, q), ask(t, s, table, q)); diff != "" {
					t.Errorf("%+v (-file +spoilt):\n%.2000s", q, diff)
				}
			}
			if c, _ := s.files.fast(d); c != nil {
				t.Error("it would be asked again")
			}
			if got := lines.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "fast copy") {
				t.Errorf("the log says:\n%s", got)
			}
			if s.files.bytes != s.files.known[d].bytes {
				t.Errorf("%d bytes are counted, the file has %d", s.files.bytes, s.files.known[d].bytes)
			}
		})
	}
}

// inPlaceOf puts another file there, which may not be written in.
func inPlaceOf(path string, body []byte) error {
	return errors.Join(os.Remove(path), os.WriteFile(path, body, 0o444))
}

// otherCopy is a fast copy of a table with other columns.
func otherCopy(t *testing.T, store blob.Store) string {
	t.Helper()
	_, c := fastened(t, store, Table{Parquet: made(t, store, "SELECT 1 AS x"), Rows: 1}, nil)
	return c.path
}

// lockedBuffer is a buffer that several goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A worker opens as many fast copies as are asked, and keeps few open.
func TestManyFastCopiesInOneWorker(t *testing.T) {
	store := newStore(t)
	s := service(t, store, func(o *Options) { o.Workers = 1 })
	var tables []Table
	for i := range mostOpen + 2 {
		table := Table{Parquet: made(t, store, fmt.Sprintf("SELECT i + %d AS c0 FROM range(100) t(i)", i)), Rows: fastRows, Key: "1/1", Schema: Schema{{Name: "a", Type: Integer, Store: "c0"}}}
		ask(t, s, table, Query{OrderBy: "a"})
		s.rest()
		if err := os.Remove(s.files.path(table.Parquet)); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	for turn := range 2 {
		for i, table := range tables {
			if got := fmt.Sprint(ask(t, s, table, Query{OrderBy: "a desc", Limit: 1 + turn}).Rows[0]); got != fmt.Sprintf("[%d]", i+99) {
				t.Errorf("turn %d, table %d: %s", turn, i, got)
			}
		}
	}
}

// Nobody writes in a fast copy, not even a worker that was turned.
func TestAFastCopyIsOnlyRead(t *testing.T) {
	store := newStore(t)
	table := exampleTable(t, store, 500)
	s, c := fastened(t, store, table, func(o *Options) { o.Workers = 1 })
	before, err := os.ReadFile(c.path)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, s, table, Query{OrderBy: "年份"}) // the worker has it open
	for name, sql := range map[string]string{
		"a row":             "DELETE FROM " + c.name + ".t",
		"a table":           "CREATE TABLE " + c.name + ".x AS SELECT 1",
		"opened to write":   "DETACH " + c.name + "; ATTACH '" + c.path + "' AS x (READ_WRITE); DROP TABLE x.t",
		"as the engine can": "ATTACH '" + c.path + "' AS y; DROP TABLE y.t",
		"beside it":         "ATTACH '" + c.path + ".other' AS z; CREATE TABLE z.t AS SELECT 1",
		"over it":           "COPY (SELECT 1) TO '" + c.path + "' (FORMAT csv, USE_TMP_FILE false)",
	} {
		if e, _, err := order0(t, s, sql); err == nil && e.Failed == failedNot {
			t.Errorf("%s: allowed", name)
		}
	}
	if after, err := os.ReadFile(c.path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("it is another file now: %v", err)
	}
	if all, err := filepath.Glob(c.path + "*"); err != nil || len(all) != 1 {
		t.Errorf("beside it: %v %v", all, err)
	}
}

// A Service that is closed while a fast copy is made waits for nobody and leaves
// nothing.
func TestClosedWhileAFastCopyIsMade(t *testing.T) {
	store := newStore(t)
	table := exampleTable(t, store, 500)
	table.Rows = fastRows
	var lines lockedBuffer
	dir := t.TempDir()
	s, err := New(Options{Store: store, Dir: dir, Secret: []byte("a secret of an installation"), Workers: 1, Log: slog.New(slog.NewTextHandler(&lines, nil))})
	if err != nil {
		t.Fatal(err)
	}
	began := make(chan struct{})
	start := s.maker
	s.maker = func() (*worker, error) {
		close(began)
		<-s.ctx.Done()
		return start()
	}
	ask(t, s, table, Query{OrderBy: "年份"})
	<-began
	s.Close()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if got := lines.String(); got != "" {
		t.Errorf("the log says:\n%s", got)
	}
	s.hasten(table) // begins nothing any more
}

// The data of an installation may lie where a worker's user may not pass through.
func TestAFastCopyBehindAClosedFolder(t *testing.T) {
	store := newStore(t)
	table := exampleTable(t, store, 500)
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	s, _ := fastened(t, store, table, func(o *Options) { o.Dir = filepath.Join(closed, "rows") })
	if r := ask(t, s, table, Query{Where: "`2020年` > 5", OrderBy: "年份"}); r.Total != 494 {
		t.Errorf("%d rows", r.Total)
	}
}

package rows

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

// order0 has a worker of s run SQL as it stands, as our own SQL never is.
func order0(t *testing.T, s *Service, sql string) (end, []string, error) {
	t.Helper()
	w, err := s.asks.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.asks.put(w)
	var got []string
	e, err := w.do(t.Context(), order{SQL: sql, Most: 1 << 20}, func(cells []Cell) error {
		got = append(got, fmt.Sprint(cells))
		return nil
	})
	return e, got, err
}

// Even if a statement of somebody else's reached the engine, it would get
// nowhere.
func TestTheEngineIsLockedIn(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 10)
	ask(t, s, table, Query{}) // so that its file is there
	path, done, err := s.files.use(t.Context(), table.Parquet)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(s.dir, "secret.csv")
	if err := os.WriteFile(secret, []byte("a\n1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, sql := range map[string]string{
		"X01 read_csv of a file of the host":    "SELECT * FROM read_csv('" + secret + "', all_varchar = true)",
		"X02 read_text":                         "SELECT content FROM read_text('/etc/passwd')",
		"X03 glob":                              "SELECT file FROM glob('/etc/*')",
		"X04 sniff_csv":                         "SELECT CAST(Columns AS VARCHAR) FROM sniff_csv('" + secret + "')",
		"X05 read_blob":                         "SELECT CAST(content AS VARCHAR) FROM read_blob('/etc/passwd')",
		"X06 a file as a table":                 "SELECT CAST(a AS VARCHAR) FROM '" + secret + "'",
		"X06 out of the folder by two dots":     "SELECT * FROM read_csv('" + s.files.dir + "/../secret.csv', all_varchar = true)",
		"X07 over the data":                     "COPY (SELECT 1) TO '" + path + "' (FORMAT parquet, USE_TMP_FILE false)",
		"X07 beside the data":                   "COPY (SELECT 1) TO '" + s.files.dir + "/x.parquet' (FORMAT parquet, USE_TMP_FILE false)",
		"X07 anywhere":                          "COPY (SELECT 1) TO '/tmp/shuyuan-copied' (FORMAT csv)",
		"X08 export of a database":              "EXPORT DATABASE '/tmp/shuyuan-exported'",
		"X09 attach":                            "ATTACH '/tmp/shuyuan-attached.db' AS x",
		"X09 attach the data":                   "ATTACH '" + path + "' AS x (READ_ONLY)",
		"X10 install":                           "INSTALL httpfs",
		"X10 load":                              "LOAD '/tmp/x.duckdb_extension'",
		"X11 a secret that stays":               "CREATE PERSISTENT SECRET x (TYPE http, BEARER_TOKEN 'x')",
		"X11 a file from the network":           "SELECT content FROM read_text('http://127.0.0.1:1/x')",
		"X12 access to the outside":             "SET enable_external_access = true",
		"X13 reset":                             "RESET enable_external_access",
		"X14 a pragma":                          "PRAGMA enable_external_access = true",
		"X15 more memory":                       "SET memory_limit = '1TB'",
		"X15 other folders":                     "SET allowed_directories = ['/']",
		"X15 unlocked":                          "SET lock_configuration = false",
		"X28 the environment":                   "SELECT getenv('PATH')",
		"the process":                           "SELECT content FROM read_text('/proc/self/environ')",
		"the file descriptors of the process":   "SELECT content FROM read_text('/proc/self/fd/0')",
		"two statements, of which one reads":    "SELECT '1'; SELECT content FROM read_text('/etc/passwd')",
		"a program":                             "COPY (SELECT 1) TO '| id' (FORMAT csv)",
		"an extension of another's as function": "SELECT * FROM shellfs('id')",
	} {
		e, got, err := order0(t, s, sql)
		if err != nil {
			t.Errorf("%s: the worker died: %v", name, err)
		}
		if e.Failed == failedNot || len(got) > 0 {
			t.Errorf("%s: allowed, and gave %.200q", name, got)
		}
	}
	for _, made := range []string{"/tmp/shuyuan-copied", "/tmp/shuyuan-exported", "/tmp/shuyuan-attached.db", s.files.dir + "/x.parquet"} {
		if _, err := os.Stat(made); err == nil {
			t.Errorf("%s was made", made)
		}
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Error("the data changed")
	}
	if os.Geteuid() == 0 { // the worker is another user, who cannot list the folder
		if _, got, _ := order0(t, s, "SELECT file FROM glob('"+s.files.dir+"/*')"); len(got) > 0 {
			t.Errorf("a worker sees which files there are: %q", got)
		}
	}
	ask(t, s, table, Query{Where: "年份 = 2001"}) // and the workers still work
}

// endless is SQL of ours that does not end.
const endless = "SELECT count(*) AS n FROM range(1000000000000) a(i), range(1000) b(j) WHERE a.i * b.j % 7 = 3"

func TestALongQuestionIsGivenUp(t *testing.T) {
	store := newStore(t)
	s := service(t, store, func(o *Options) { o.Export = 200 * time.Millisecond })
	start := time.Now()
	err := s.Ask(t.Context(), Statement{SQL: endless}, func([]Cell) error { return nil })
	if fault.KindOf(err) != fault.TooLarge || !strings.Contains(fault.Of(err).Text(), "0.2 秒") {
		t.Errorf("%v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if err := s.Ask(t.Context(), Statement{SQL: "SELECT 1"}, func([]Cell) error { return nil }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Whoever leaves, at whatever moment, has the worker give up, and it lives on:
// being killed for it is the exception, on a machine that is too busy.
func TestWhoLeavesIsNotWaitedFor(t *testing.T) {
	s := service(t, newStore(t), nil)
	killed := 0
	for i := range 20 {
		w, err := s.asks.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if i > 0 {
			go cancel()
		} else {
			cancel()
		}
		e, err := w.do(ctx, order{SQL: endless, Most: 1000}, func([]Cell) error { return nil })
		switch {
		case errors.Is(err, context.Canceled):
			killed++
		case err != nil || e.Failed != failedCancelled:
			t.Fatalf("%+v %v", e, err)
		}
		s.asks.put(w)
	}
	if killed > 5 {
		t.Errorf("%d of 20 workers were killed", killed)
	}
}

func TestWhoAsksIsToldThatTheyLeft(t *testing.T) {
	s := service(t, newStore(t), nil)
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if err := s.Ask(ctx, Statement{SQL: endless}, func([]Cell) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestMemoryIsLimited(t *testing.T) {
	s := service(t, newStore(t), func(o *Options) { o.Memory, o.Disk = 64<<20, 1<<20 })
	err := s.Ask(t.Context(), Statement{SQL: "SELECT list(i ORDER BY i DESC) AS x FROM range(100000000) t(i)"}, func([]Cell) error { return nil })
	if kind := fault.KindOf(err); kind != fault.TooLarge && kind != fault.Unavailable {
		t.Errorf("%v", err)
	}
	err = s.Ask(t.Context(), Statement{SQL: "SELECT repeat('x', 1000000000) AS x FROM range(100)"}, func([]Cell) error { return nil })
	if kind := fault.KindOf(err); kind != fault.TooLarge && kind != fault.Malformed {
		t.Errorf("%v", err)
	}
	if err := s.Ask(t.Context(), Statement{SQL: "SELECT 1"}, func([]Cell) error { return nil }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAnAnswerIsLimited(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	table := Table{Rows: 1000, Key: "1/1", Schema: Schema{{Name: "a", Type: Text, Store: "c0"}}, Parquet: made(t, store, "SELECT repeat('x', 100000) AS c0 FROM range(1000)")}
	if err := queryError(s, table, Query{Limit: 1000}, ""); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("%v", err)
	}
	if r := ask(t, s, table, Query{Limit: 1000, Clip: 10}); len(r.Rows) != 1000 {
		t.Errorf("%d rows", len(r.Rows))
	}
}

// children are the processes that this one started.
func children(t testing.TB) []int {
	t.Helper()
	var all []int
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(tasks) == 0 {
		t.Fatal("the children of a process are not told", err)
	}
	for _, path := range tasks {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		for _, word := range strings.Fields(string(b)) {
			pid, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, pid)
		}
	}
	return all
}

// A worker that dies takes its question with it, and nobody else's.
func TestAWorkerThatDiesIsReplaced(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, func(o *Options) { o.Exports = 1 }), exampleTable(t, store, 100)
	w, err := s.copies.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.copies.put(w)
	result := make(chan error, 1)
	go func() {
		result <- s.Ask(context.Background(), Statement{SQL: endless}, func([]Cell) error { return nil })
	}()
	for w.sent.Load() == 0 { // until it is at work
		runtime.Gosched()
	}
	w.child.Kill()
	if err := <-result; fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
	ask(t, s, table, Query{})
	if err := s.Ask(t.Context(), Statement{SQL: "SELECT 1"}, func([]Cell) error { return nil }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A worker that does not listen is killed when nobody wants its answer.
func TestAWorkerThatDoesNotListenIsKilled(t *testing.T) {
	s := service(t, newStore(t), func(o *Options) { o.Workers, o.Exports = 1, 1 })
	w, err := s.copies.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.do(t.Context(), order{SQL: "SELECT '1'", Most: 1000}, func([]Cell) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, pid := range children(t) {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	s.copies.put(w)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Ask(ctx, Statement{SQL: "SELECT 1"}, func([]Cell) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if err := s.Ask(t.Context(), Statement{SQL: "SELECT 1"}, func([]Cell) error { return nil }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 5000)
	var wg sync.WaitGroup
	for client := range 16 {
		wg.Go(func() {
			for i := range 20 {
				q := Query{Where: fmt.Sprintf("`2020年` >= %d", client*100+i%7), OrderBy: "地区, 数值 desc", Limit: 20}
				r, err := s.Query(t.Context(), table, q)
				if err != nil || r.Total != int64(5000-client*100-i%7) {
					t.Errorf("client %d: %v", client, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestADamagedFileIsSaidToBe(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	whole := exampleTable(t, store, 100)
	o, err := store.Open(t.Context(), whole.Parquet)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	body := make([]byte, o.Bytes())
	if _, err := o.Read(body); err != nil {
		t.Fatal(err)
	}
	put := func(b []byte) blob.Digest {
		info, err := store.Put(t.Context(), strings.NewReader(string(b)), 0)
		if err != nil {
			t.Fatal(err)
		}
		return info.Digest
	}
	flipped := append([]byte(nil), body...)
	for i := len(flipped) / 3; i < len(flipped)/3+200; i++ {
		flipped[i] ^= 0x55
	}
	for name, d := range map[string]blob.Digest{
		"U72 no Parquet at all": put([]byte("name,value\na,1\n")), "cut": put(body[:len(body)/2]), "empty": put(nil),
		"U73 a footer that is none": put(append(append([]byte(nil), body[:len(body)-100]...), strings.Repeat("\xff", 92)+"PAR1\x00\x00\x00\x7f"...)),
		"other columns":             made(t, store, "SELECT 1 AS x"), "not there": blob.Digest(strings.Repeat("0", 64)), "no digest": "../../etc/passwd",
	} {
		table := whole
		table.Parquet = d
		if err := queryError(s, table, Query{OrderBy: "年份"}, ""); err == nil || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	table := whole
	table.Parquet = put(flipped)
	if err := queryError(s, table, Query{OrderBy: "年份, 地区, 数值, 日期, 时间"}, ""); err == nil {
		t.Log("the flipped bytes lay where they did not matter")
	}
	ask(t, s, whole, Query{}) // nobody else has a worse time
}

func TestFramesThatNobodyOfOursSends(t *testing.T) {
	for name, body := range map[string]string{
		"a row longer than the frame":  "\xff\xff\xff\xff\x7f",
		"a number without end":         "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"a cell longer than the frame": "\x01\x09abc",
		"a row cut short":              "\x02\x00",
	} {
		if err := eachRow([]byte(body), func([]Cell) error { return nil }); err == nil {
			t.Errorf("%s: believed", name)
		}
	}
	var got []string
	if err := eachRow(appendRow(appendRow(nil, []Cell{{Text: "a"}, {Null: true}, {}}), nil), func(c []Cell) error {
		got = append(got, fmt.Sprint(c))
		return nil
	}); err != nil || fmt.Sprint(got) != "[[{a false} { true} { false}] []]" {
		t.Errorf("%v %v", got, err)
	}
}

func TestNobodyWaitsWithoutEndForAWorker(t *testing.T) {
	s := service(t, newStore(t), func(o *Options) { o.Exports = 1 })
	w, err := s.copies.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.copies.patience = time.Millisecond
	err = s.Ask(t.Context(), Statement{SQL: "SELECT 1"}, func([]Cell) error { return nil })
	if fault.KindOf(err) != fault.Unavailable || fault.Of(err).Retry == 0 {
		t.Errorf("%v", err)
	}
	s.copies.put(w)
	s.copies.patience = patience
	if err := s.Ask(t.Context(), Statement{SQL: "SELECT 1"}, func([]Cell) error { return nil }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A worker that ends while nobody asks costs nobody an answer.
func TestAWorkerThatEndsUnnoticed(t *testing.T) {
	s := service(t, newStore(t), func(o *Options) { o.Exports = 1 })
	w, err := s.copies.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.in.Close() // its next order cannot be told
	s.copies.put(w)
	if err := s.Ask(t.Context(), Statement{SQL: "SELECT 1"}, func([]Cell) error { return nil }); err != nil {
		t.Error(err)
	}
}

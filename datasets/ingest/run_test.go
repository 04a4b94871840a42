package ingest_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/fault"
)

// evil is the child's job, which a file whose first column is named for it
// takes over, as one could that found a fault in a reader: "evil crash 3" ends
// the child when it has said three things.
func evil(ctx context.Context, files []*os.File) error {
	head := make([]byte, 64)
	n, _ := files[0].ReadAt(head, 0)
	line, _, _ := bytes.Cut(head[:n], []byte("\n"))
	words := strings.Fields(string(line))
	if len(words) < 2 || words[0] != "evil" {
		return ingest.Job(ctx, files)
	}
	lie := 0
	if len(words) > 2 && words[1] == "lie" {
		lie, _ = strconv.Atoi(words[2])
		words = words[:2]
	}
	end := map[string]func(){
		"crash": func() { panic("taken over") },
		"kill":  func() { unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGKILL) }, //nolint:errcheck // nobody is left to look
		"exit":  func() { os.Exit(0) },
		"hang":  func() { select {} },
		"spin": func() {
			for {
				runtime.Gosched()
			}
		},
		"hog": func() {
			var all [][]byte
			for {
				all = append(all, bytes.Repeat([]byte{1}, 16<<20))
				all[0][0] = byte(len(all))
			}
		},
		"lie": func() {
			for _, said := range []string{
				`{"Report":{"Format":"csv","Tables":[{"File":"../../etc/passwd","Columns":[{"name":"a","type":"text","store":"c0"}]}]}}`,
				`{"Report":{"Format":"exe","Tables":[{"File":"0.parquet","Columns":[{"name":"a","type":"text","store":"c0"}]}]}}`,
				`{"Report":{"Format":"csv","Tables":[{"File":"0.parquet","Columns":[{"name":"a","type":"text","store":"c0; DROP TABLE x"}]}]}}`,
				`{"Report":{"Format":"csv","Tables":[{"File":"0.parquet","Columns":[{"name":"a\u0000","type":"text","store":"c0"}]}]}}`,
				`{"Report":{"Format":"csv","Tables":[{"File":"0.parquet","Columns":[{"name":"a","type":"money","store":"c0"}]}]}}`,
				`{"Report":{"Format":"csv","Tables":[]}}`,
			}[lie : lie+1] {
				os.Stdout.WriteString(said + "\n") //nolint:errcheck // the parent may be gone
			}
			os.Exit(0)
		},
		"babble": func() {
			for {
				os.Stdout.WriteString(strings.Repeat("{", 1<<16)) //nolint:errcheck // somebody stops listening
			}
		},
	}[words[1]]
	if len(words) == 2 {
		end()
		return nil
	}
	after, _ := strconv.Atoi(words[2])
	if after == 0 {
		end()
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	real := os.Stdout
	os.Stdout = w
	done := make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewReader(r)
		for i := 1; ; i++ {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			real.WriteString(line) //nolint:errcheck // the parent may be gone
			if i == after {
				end()
			}
		}
	}()
	err = ingest.Job(ctx, files)
	w.Close()
	<-done
	return err
}

// large is a CSV of n rows whose first column has this name.
func large(name string, n int) string {
	var out strings.Builder
	out.WriteString(name + "\n")
	for i := range n {
		fmt.Fprintf(&out, "%d\n", i)
	}
	return out.String()
}

func run(t testing.TB, ctx context.Context, name, content, dir string) (*ingest.Report, error) {
	t.Helper()
	return ingest.Run(ctx, ingest.Input{File: onDisk(t, content), Name: name}, dir, nil)
}

// A child that ends in any way, wherever it is, is a file that is refused, and
// costs the others nothing: they go on beside it.
func TestAnEvilFileIsRefusedAndTheOthersGoOn(t *testing.T) {
	const failed = "这个文件读不了，已经拒绝：读它的程序出了错。请检查文件，或换一种格式再传。"
	ctx, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	var read atomic.Int64
	defer func() {
		stop()
		others.Wait()
		if read.Load() < 3 {
			t.Errorf("only %d other files were read meanwhile", read.Load())
		}
	}()
	others.Go(func() {
		for ctx.Err() == nil {
			if r, err := run(t, t.Context(), "a.csv", "甲\n1\n2\n", folder(t)); err != nil || r.Tables[0].Rows != 2 {
				t.Errorf("another file: %v", err)
			}
			read.Add(1)
		}
	})
	for _, c := range []struct{ does, says string }{
		{"evil crash", failed}, {"evil kill", failed}, {"evil exit", failed}, {"evil babble", failed},
		{"evil lie 0", failed}, {"evil lie 1", failed}, {"evil lie 2", failed}, {"evil lie 3", failed}, {"evil lie 4", failed}, {"evil lie 5", failed},
		{"evil hog", "读这个文件要用的内存超过上限，已经停下。请把它拆小，或另存为 CSV 再传。"},
		{"evil crash 0", failed}, {"evil crash 1", failed}, {"evil crash 2", failed}, {"evil crash 4", failed}, {"evil exit 3", failed}, {"evil kill 4", failed},
	} {
		t.Run(c.does, func(t *testing.T) {
			r, err := run(t, t.Context(), "a.csv", large(c.does, 40_000), folder(t))
			if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || f.Text() != c.says {
				t.Errorf("%v, %v", r, err)
			}
		})
	}
}

func TestAChildThatIsNotWantedAnyMoreEnds(t *testing.T) {
	for _, does := range []string{"evil hang", "evil spin"} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		began := time.Now()
		_, err := run(t, ctx, "a.csv", large(does, 10), folder(t))
		cancel()
		if err != context.DeadlineExceeded || time.Since(began) > 20*time.Second { //nolint:errorlint // it is that very error
			t.Errorf("%s: %v after %s", does, err, time.Since(began))
		}
	}
}

// What a child says is not believed: it may not name a file elsewhere, nor
// leave a link to one.
func TestAChildCannotSendItsParentElsewhere(t *testing.T) {
	dir := folder(t)
	r, err := run(t, t.Context(), "a.csv", "甲\n1\n", dir)
	if err != nil {
		t.Fatal(err)
	}
	table := r.Tables[0]
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, table.File)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, path); err != nil {
		t.Fatal(err)
	}
	if f, err := table.OpenTable(dir); err == nil {
		f.Close()
		t.Error("a link is followed")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := table.OpenTable(dir); err == nil {
		f.Close()
		t.Error("a pipe is opened")
	}
}

func TestProgressIsTold(t *testing.T) {
	content := large("甲", 50_000)
	var seen []ingest.Progress
	report, err := ingest.Run(t.Context(), ingest.Input{File: onDisk(t, content), Name: "a.csv"}, folder(t), func(p ingest.Progress) { seen = append(seen, p) })
	if err != nil {
		t.Fatal(err)
	}
	last := seen[len(seen)-1]
	if len(seen) < 5 || last.Rows != 50_000 || last.Bytes != int64(len(content)) || last.Of != int64(len(content)) || report.Tables[0].Rows != 50_000 {
		t.Errorf("%d times, at last %+v", len(seen), last)
	}
	if !slices.IsSortedFunc(seen, func(a, b ingest.Progress) int { return int(a.Rows - b.Rows) }) {
		t.Errorf("it goes back: %v", seen)
	}
}

// A damaged table is an error and neither a crash nor rows that are not there.
func TestADamagedTableIsNoAnswer(t *testing.T) {
	dir := folder(t)
	r, err := run(t, t.Context(), "a.csv", large("甲", 20_000), dir)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, r.Tables[0].File))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"nothing": nil, "cut short": whole[:len(whole)/2], "spoilt": slices.Concat(whole[:100], bytes.Repeat([]byte{0xFF}, 200), whole[300:]), "another file": []byte("PAR1"),
	} {
		n := 0
		err := ingest.Rows(t.Context(), onDisk(t, string(content)), func([]string) error { n++; return nil })
		if err == nil {
			t.Errorf("%s: %d rows", name, n)
		}
	}
	if err := ingest.Rows(t.Context(), onDisk(t, string(whole)), func([]string) error { return io.ErrShortWrite }); err != io.ErrShortWrite { //nolint:errorlint // it is that very error
		t.Errorf("what its reader says is lost: %v", err)
	}
}

// Types that a sample of the first rows suggests are held against every row:
// where a later one does not fit, the table is read again with another type.
func TestARowFarDownChangesATypeForAll(t *testing.T) {
	for name, c := range map[string]struct {
		first, later string
		n            int // how often the later one comes
		typ          ingest.Type
		misfits      int64
	}{
		"a fraction among whole numbers":  {"7", "2.5", 1, ingest.Decimal, 0},
		"more digits of a fraction":       {"7.5", "2.25", 1, ingest.Decimal, 0},
		"a time among days":               {"2020-01-31", "2020-01-31 09:05:00", 1, ingest.DateTime, 0},
		"one word among numbers":          {"7", "七", 1, ingest.Integer, 1},
		"many words among numbers":        {"7", "七", 3000, ingest.Text, 0},
		"a mark for no value, many times": {"7", "-", 3000, ingest.Integer, 3000},
		"a number too long":               {"7", "12345678901234567890", 1, ingest.Integer, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			text.WriteString("甲,乙\n")
			for i := range 70_000 {
				fmt.Fprintf(&text, "%s,%d\n", c.first, i)
			}
			for i := range c.n {
				fmt.Fprintf(&text, "%s,%d\n", c.later, i)
			}
			dir := folder(t)
			r, err := run(t, t.Context(), "a.csv", text.String(), dir)
			if err != nil {
				t.Fatal(err)
			}
			column := r.Tables[0].Columns[0]
			if column.Type != c.typ || column.Misfits != c.misfits || r.Tables[0].Rows != int64(70_000+c.n) || r.Tables[0].Columns[1].Type != ingest.Integer {
				t.Errorf("%+v", column)
			}
			f, err := r.Tables[0].OpenTable(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var back strings.Builder
			if err := ingest.Rows(t.Context(), f, func(row []string) error { _, err := fmt.Fprintf(&back, "%s,%s\n", row[0], row[1]); return err }); err != nil || back.String() != text.String() {
				t.Errorf("it does not come back: %v", err)
			}
		})
	}
}

func TestMisfitsAreListedInTheirPlaces(t *testing.T) {
	content := "数,日期,占比\n1,2020-01-31,1%\n一,2020-02-30,2\n3,9999-12-31,x\n" + strings.Repeat("4,2020-01-01,3%\n", 200)
	r := ingested(t, "a.csv", content, ingest.Options{Types: []map[string]ingest.Type{{"数": ingest.Integer, "日期": ingest.Date, "占比": ingest.Decimal}}})
	var got []string
	for _, m := range r.Tables[0].Misfits {
		got = append(got, fmt.Sprintf("%d %s %s %s", m.Row, m.Column, m.Text, m.Reason.Text()))
	}
	want := []string{"2 数 一 不是数。", "2 日期 2020-02-30 没有这一天。", "2 占比 2 这一列的百分号有的有、有的没有。", "3 日期 9999-12-31 是占位的日期，不是真的日子。", "3 占比 x 不是数。"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestATableIsComparedWithItsFile(t *testing.T) {
	dir := folder(t)
	opt := ingest.Options{Types: []map[string]ingest.Type{{"日期": ingest.Date}}}
	content := "编号,日期,数\n0010,2020年1月31日,\"1,234\"\n0020,很久以前,\n"
	r, err := ingest.Run(t.Context(), ingest.Input{File: onDisk(t, content), Name: "a.csv", Options: opt}, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, differs string }{
		"the same":          {content, ""},
		"another cell":      {strings.Replace(content, "很久以前", "从前", 1), "row 2, column 2 is another"},
		"a row less":        {content[:strings.Index(content, "0020")], "the table has more rows than the file, which has 1"},
		"a row more":        {content + "0030,,\n", "the file has more rows than the table, which has 2"},
		"another name":      {strings.Replace(content, "数", "量", 1), "the columns have other names"},
		"a column less":     {"编号,日期\n0010,2020年1月31日\n", "the columns have other names"},
		"written otherwise": {strings.Replace(content, "\"1,234\"", "1234", 1), "row 1, column 3 is another"},
	} {
		f, err := r.Tables[0].OpenTable(dir)
		if err != nil {
			t.Fatal(err)
		}
		rows, differs, err := ingest.Compare(t.Context(), onDisk(t, c.file), f, "a.csv", ingest.Options{}, 0)
		f.Close()
		if err != nil || differs != c.differs || differs == "" && rows != 2 {
			t.Errorf("%s: %d rows, %q, %v", name, rows, differs, err)
		}
	}
}

// A long text is taken for UTF-8 by its beginning; what comes later is held
// against that, wherever it is cut.
func TestALongTextMayTurnOutToBeInAnotherEncoding(t *testing.T) {
	ascii := "name\n" + strings.Repeat("plain\n", 300_000)
	chinese := "名称\n" + strings.Repeat("福州市鼓楼区𠀀\n", 100_000)
	for name, c := range map[string]struct{ content, encoding, last string }{
		"GB18030 far down": {ascii + gb18030(t, "福州市上㘵村\n"), "GB18030", "福州市上㘵村"},
		"UTF-8 throughout": {chinese + "末\n", "UTF-8", "末"},
		"UTF-8 far down":   {ascii + "福州市\n", "UTF-8", "福州市"},
		"one byte to go":   {ascii + "x福州\n", "UTF-8", "x福州"},
		"a BOM":            {"\uFEFF" + chinese + "末\n", "UTF-8-BOM", "末"},
		"packed":           {zipped(t, ascii+gb18030(t, "福州\n")), "GB18030", "福州"},
		"damaged far down": {chinese + "福\xff州\n", "", "文件里有 1 个无法识别的字符，第一个在第 100002 行第 1 列，请检查文件编码。"},
		"cut short":        {chinese + "福\xe5\xb7", "", "文件里有 2 个无法识别的字符，第一个在第 100002 行第 1 列，请检查文件编码。"},
		"a NUL far down":   {ascii + "\x00\n", "", "第 300002 行第 1 列有控制字符。"},
	} {
		t.Run(name, func(t *testing.T) {
			file := "a.csv"
			if name == "packed" {
				file = "a.csv.gz"
			}
			dir := folder(t)
			r, err := run(t, t.Context(), file, c.content, dir)
			if c.encoding == "" {
				if fault.Of(err).Text() != c.last {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || r.Encoding != c.encoding {
				t.Fatalf("%+v, %v", r, err)
			}
			f, err := r.Tables[0].OpenTable(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			last := ""
			if err := ingest.Rows(t.Context(), f, func(row []string) error { last = row[0]; return nil }); err != nil || last != c.last {
				t.Errorf("%q, %v", last, err)
			}
		})
	}
}

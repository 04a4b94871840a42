package engine

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"shuyuan/datasets/rows"
	"shuyuan/internal/blob"
	"shuyuan/internal/sandbox"
)

// TestMain is a program with the jobs that the tests need.
func TestMain(m *testing.M) {
	jobs := maps.Clone(Jobs())
	jobs["make a table"], jobs["attack"] = makeTable, attackChild
	sandbox.Main(jobs)
	os.Exit(m.Run())
}

// makeTable runs SQL that writes a Parquet file.
func makeTable(ctx context.Context, _ []*os.File) error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer db.Close()
	for _, statement := range strings.Split(string(text), ";\n") {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// made keeps a table made by SQL as a Parquet file in a store.
func made(t testing.TB, store blob.Store, query string) blob.Digest {
	t.Helper()
	dir, err := os.MkdirTemp("", "shuyuan-made-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "own", "t.parquet")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	text := "SET temp_directory = '" + filepath.Dir(path) + "';\nCOPY (" + query + ") TO '" + path + "' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
	c, err := sandbox.Start(t.Context(), sandbox.Spec{
		Job: "make a table", Stdin: strings.NewReader(text), Read: systemFiles(), Write: []string{filepath.Dir(path)},
		Memory: 4 << 30, CPU: 5 * time.Minute, Time: 5 * time.Minute, FileSize: 1 << 30,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := store.Put(t.Context(), f, 0)
	if err != nil {
		t.Fatal(err)
	}
	return info.Digest
}

// rig is an Engine with the tables that the tests ask: measurements of air, where
// every row is a subject; holidays, of nobody; visits of persons and persons, with
// keys.
type rig struct {
	*Engine
	store  blob.Store
	tables map[string]Source
}

var columnsOf = map[string][]Column{
	"air_hourly": {{"station", rows.Text, Group, ""}, {"time", rows.DateTime, Group, ""}, {"PM25", rows.Decimal, Aggregate, ""}, {"TEMP", rows.Decimal, Aggregate, ""}, {"wd", rows.Text, Group, ""}},
	"holidays":   {{"日期", rows.Date, Read, ""}, {"节日名称", rows.Text, Read, ""}, {"安排", rows.Text, Read, ""}},
	"visits":     {{"person", rows.Text, Subject, "person"}, {"hospital", rows.Text, Subject, "hospital"}, {"day", rows.Date, Group, ""}, {"ward", rows.Text, Group, ""}, {"cost", rows.Decimal, Aggregate, ""}},
	"persons":    {{"id", rows.Text, Subject, "person"}, {"district", rows.Text, Group, ""}, {"born", rows.Integer, Group, ""}, {"income", rows.Decimal, Aggregate, ""}},
}

var madeOf = map[string]string{
	"air_hourly": `SELECT (['东四','天坛','官园'])[(i % 3) + 1] AS c0, TIMESTAMP '2024-01-01' + INTERVAL (i // 3) HOUR AS c1, CAST(20 + hash(i) % 100 AS DOUBLE) AS c2, CAST(hash(i + 7) % 30 AS DOUBLE) AS c3, (['N','S'])[(i % 2) + 1] AS c4 FROM range(13176) t(i)`,
	"holidays":   `SELECT * FROM (VALUES (DATE '2024-01-01', '元旦', '放假'), (DATE '2024-05-01', '劳动节', '放假'), (DATE '2024-05-02', '劳动节', '放假'), (DATE '2024-05-11', '劳动节', '上班')) t(c0, c1, c2)`,
	"visits":     `SELECT 'p' || (i % 400) AS c0, 'h' || (i % 7) AS c1, DATE '2024-01-01' + CAST(i % 200 AS INTEGER) AS c2, (['内科','外科','儿科'])[(hash(i) % 3)::INT + 1] AS c3, CASE WHEN i = 5 THEN 1000000.0 ELSE CAST(10 + hash(i + 3) % 90 AS DOUBLE) END AS c4 FROM range(2000) t(i)`,
	"persons":    `SELECT 'p' || i AS c0, CASE WHEN i = 399 THEN '孤岛' ELSE (['鼓楼','台江','仓山','晋安'])[(i % 4) + 1] END AS c1, CAST(1950 + i % 60 AS BIGINT) AS c2, CAST(1000 + hash(i) % 9000 AS DOUBLE) AS c3 FROM range(400) t(i)`,
}

func newRig(t testing.TB, change func(*Options)) *rig {
	t.Helper()
	store, err := blob.NewDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Store: store, Dir: t.TempDir(), Now: time.Now, Sketches: platformKey, Memory: 512 << 20}
	if change != nil {
		change(&o)
	}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	r := &rig{Engine: e, store: store, tables: map[string]Source{}}
	for name, columns := range columnsOf {
		s := Source{Mount: Mount{Name: name, Columns: columns, Minimum: 10}}
		s.Table.Parquet = made(t, store, madeOf[name])
		for i, c := range columns {
			s.Table.Schema = append(s.Table.Schema, rows.Column{Name: c.Name, Type: c.Type, Store: fmt.Sprintf("c%d", i)})
		}
		r.tables[name] = s
	}
	return r
}

var platformKey = []byte("fedcba9876543210fedcba9876543210")

var space = Workspace{ID: "w1", Key: []byte("0123456789abcdef0123456789abcdef")}

func mountsOf(names ...string) []Mount {
	var all []Mount
	for _, n := range names {
		all = append(all, Mount{Name: n, Columns: columnsOf[n], Minimum: 10})
	}
	return all
}

var allMounts = mountsOf("air_hourly", "holidays", "persons", "visits")

func (r *rig) prepared(t testing.TB, w Workspace) []Prepared {
	t.Helper()
	var all []Prepared
	for _, m := range allMounts {
		p, err := r.Prepare(t.Context(), w, r.tables[m.Name])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *p)
	}
	return all
}

func (r *rig) job(t testing.TB, text string) Job {
	t.Helper()
	code := Code{SQL: text}
	return Job{Workspace: space, Mounts: r.prepared(t, space), Code: code, Digest: code.digest(), Limits: DefaultLimits()}
}

package rows

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// largeTable is 2.5 million rows in the shape of hourly measurements: station,
// time, substance, value, grade, place.
func largeTable(b *testing.B, s *Service) (Table, string) {
	b.Helper()
	const n = 2_500_000
	d := made(b, s.opt.Store, fmt.Sprintf(`SELECT (['奥体中心','昌平','定陵','东四','官园','古城','怀柔','农展馆','顺义','天坛','万柳','万寿西宫'])[i %% 12 + 1] AS c0,
		TIMESTAMP '2013-03-01' + INTERVAL (i // 72) HOUR AS c1, (['PM2.5','PM10','SO2','NO2','CO','O3'])[(i // 12) %% 6 + 1] AS c2,
		CASE WHEN hash(i) %% 37 = 0 THEN NULL ELSE round((hash(i + 1) %% 100000) / 100.0, 1) END::DOUBLE AS c3, (hash(i + 2) %% 6)::BIGINT AS c4,
		(116 + (i %% 12) / 20.0)::DOUBLE AS c5, (39.5 + (i %% 12) / 15.0)::DOUBLE AS c6, '监测记录' || (hash(i + 3) %% 1000000)::VARCHAR AS c7 FROM range(%d) t(i)`, n))
	t := Table{Parquet: d, Rows: n, Key: "1/1", Schema: Schema{
		{Name: "站点", Type: Text, Store: "c0"}, {Name: "时间", Type: DateTime, Store: "c1"}, {Name: "污染物", Type: Text, Store: "c2"}, {Name: "浓度", Type: Decimal, Store: "c3"},
		{Name: "等级", Type: Integer, Store: "c4"}, {Name: "经度", Type: Decimal, Store: "c5"}, {Name: "纬度", Type: Decimal, Store: "c6"}, {Name: "记录", Type: Text, Store: "c7"},
	}}
	path, done, err := s.files.use(b.Context(), d)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(done)
	return t, path
}

// alone is the engine by itself, in this process, with the same memory and
// threads.
func alone(b *testing.B) *sql.DB {
	b.Helper()
	c, err := duckdb.NewConnector("", func(e driver.ExecerContext) error {
		for _, set := range []string{"memory_limit = '512MB'", "threads = " + strconv.Itoa(cores()), "parquet_metadata_cache = true"} {
			if _, err := e.ExecContext(context.Background(), "SET "+set, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	db := sql.OpenDB(c)
	b.Cleanup(func() { db.Close() })
	return db
}

// drain runs a query and reads its rows.
func drain(b *testing.B, db *sql.DB, query string) {
	b.Helper()
	rows, err := db.QueryContext(b.Context(), query)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		b.Fatal(err)
	}
	row := make([]any, len(columns))
	for i := range row {
		row[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(row...); err != nil {
			b.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkQuery compares questions with the engine alone, turn by turn. The
// aim is 1.3 times and 3 ms (limit-ms).
func BenchmarkQuery(b *testing.B) {
	s := service(b, newStore(b), func(o *Options) { o.Memory, o.Answers = 512<<20, 1 }) // nothing is kept
	table, path := largeTable(b, s)
	db := alone(b)
	file := "read_parquet('" + path + "')"
	for _, c := range []struct {
		name  string
		q     Query
		alone string
	}{
		{"filter, sort, first page", Query{Where: `污染物 = "PM2.5" and 时间 >= "2014-01-01"`, OrderBy: "浓度 desc", Limit: 50},
			"SELECT * FROM " + file + " WHERE c2 = 'PM2.5' AND c1 >= TIMESTAMP '2014-01-01' ORDER BY c3 DESC NULLS LAST LIMIT 50"},
		{"groups, 3 aggregates", Query{Select: "站点, avg(浓度), max(浓度), count(*)", GroupBy: "站点", OrderBy: "站点"},
			"SELECT c0, avg(c3), max(c3), count(*) FROM " + file + " GROUP BY c0 ORDER BY c0"},
		{"groups by month, 3 aggregates", Query{Select: "站点, year(时间), month(时间), avg(浓度), min(浓度), count(浓度)", GroupBy: "站点, year(时间), month(时间)"},
			"SELECT c0, year(c1), month(c1), avg(c3), min(c3), count(c3) FROM " + file + " GROUP BY ALL ORDER BY ALL LIMIT 100"},
		{"different values, few", Query{Select: "count(distinct 站点), count(distinct 污染物)"}, "SELECT count(DISTINCT c0), count(DISTINCT c2) FROM " + file},
		{"different values, many", Query{Select: "count(distinct 记录)"}, "SELECT count(DISTINCT c7) FROM " + file},
		{"first page", Query{Limit: 50}, "SELECT * FROM " + file + " LIMIT 50"},
		{"page in the middle", Query{Limit: 50, From: 1_234_567}, "SELECT * FROM " + file + " LIMIT 50 OFFSET 1234567"},
		{"search", Query{Where: `search(记录, "99999")`, Limit: 50}, "SELECT * FROM " + file + " WHERE contains(c7, '99999') LIMIT 50"},
	} {
		b.Run(strings.ReplaceAll(c.name, " ", "_"), func(b *testing.B) {
			var ours, theirs []time.Duration
			for i := 0; b.Loop(); i++ {
				for range 5 {
					start := time.Now()
					drain(b, db, c.alone)
					theirs = append(theirs, time.Since(start))
					start = time.Now()
					if _, err := s.Query(b.Context(), table, c.q); err != nil {
						b.Fatal(err)
					}
					ours = append(ours, time.Since(start))
				}
			}
			a, o := median(theirs), median(ours)
			b.ReportMetric(ms(a), "alone-ms")
			b.ReportMetric(ms(o), "ours-ms")
			b.ReportMetric(ms(a)*1.3+3, "limit-ms")
			b.ReportMetric(ms(slices.Min(theirs)), "alone-min-ms")
			b.ReportMetric(ms(slices.Min(ours)), "ours-min-ms")
		})
	}
}

// BenchmarkRepeat asks what was just answered. The aim is 2 ms.
func BenchmarkRepeat(b *testing.B) {
	s := service(b, newStore(b), nil)
	table, _ := largeTable(b, s)
	q := Query{Where: `污染物 = "PM2.5"`, OrderBy: "浓度 desc", Limit: 50}
	if _, err := s.Query(b.Context(), table, q); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Query(b.Context(), table, q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkClients has 16 clients ask different questions at once.
func BenchmarkClients(b *testing.B) {
	s := service(b, newStore(b), func(o *Options) { o.Answers = 1 })
	table, _ := largeTable(b, s)
	var took []time.Duration
	var mu sync.Mutex
	for i := 0; b.Loop(); i++ {
		var wg sync.WaitGroup
		for client := range 16 {
			wg.Go(func() {
				for k := range 4 {
					start := time.Now()
					_, err := s.Query(b.Context(), table, Query{Select: "站点, avg(浓度), count(*)", Where: fmt.Sprintf("等级 != %d and 浓度 > %d", client%6, 100*i+10*k+client), GroupBy: "站点"})
					if err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					took = append(took, time.Since(start))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
	}
	slices.Sort(took)
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
}

// exports are the formats that BenchmarkExport and BenchmarkMemory write.
var exports = []struct {
	name string
	o    ExportOptions
}{
	{"csv", ExportOptions{Format: CSV}}, {"csv-safe", ExportOptions{Format: CSV, BOM: true, Safe: true}}, {"ndjson", ExportOptions{Format: NDJSON}}, {"xlsx", ExportOptions{Format: XLSX}},
	{"parquet", ExportOptions{Format: Parquet}}, {"geojson", ExportOptions{Format: GeoJSON}}, {"xml", ExportOptions{Format: XML}}, {"zip", ExportOptions{Format: Package, Package: &DataPackage{}}},
}

func copyOut(b *testing.B, s *Service, table Table, o ExportOptions) int64 {
	b.Helper()
	e, err := s.Export(table, Query{}, o)
	if err != nil {
		b.Fatal(err)
	}
	var n counter
	if err := e.Write(b.Context(), &n); err != nil {
		b.Fatal(err)
	}
	return int64(n)
}

// BenchmarkExport compares every format with the engine's own COPY as CSV, turn
// by turn. The aim for CSV is 0.7 of its speed, at least 0.4.
func BenchmarkExport(b *testing.B) {
	s := service(b, newStore(b), nil)
	table, path := largeTable(b, s)
	db := alone(b)
	out := filepath.Join(b.TempDir(), "alone.csv")
	for _, c := range exports {
		b.Run(c.name, func(b *testing.B) {
			var ours, theirs []time.Duration
			var bytes int64
			for b.Loop() {
				start := time.Now()
				if _, err := db.ExecContext(b.Context(), "COPY (SELECT * FROM read_parquet('"+path+"')) TO '"+out+"' (FORMAT csv)"); err != nil {
					b.Fatal(err)
				}
				theirs = append(theirs, time.Since(start))
				start = time.Now()
				bytes = copyOut(b, s, table, c.o)
				ours = append(ours, time.Since(start))
			}
			b.ReportMetric(float64(bytes)/1e6/median(ours).Seconds(), "MB/s")
			b.ReportMetric(median(theirs).Seconds()/median(ours).Seconds(), "of-COPY's-speed")
		})
	}
}

// BenchmarkMemory writes every format without an engine in this process. The
// aim is less than 300 MB for the server and for the worker.
func BenchmarkMemory(b *testing.B) {
	s := service(b, newStore(b), nil)
	table, _ := largeTable(b, s)
	for _, c := range exports {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				copyOut(b, s, table, c.o)
			}
			b.ReportMetric(float64(peak(b, os.Getpid()))/1e6, "server-peak-MB")
			worker := 0
			for _, pid := range children(b) {
				worker = max(worker, peak(b, pid))
			}
			b.ReportMetric(float64(worker)/1e6, "worker-peak-MB")
		})
	}
}

// counter is a writer that counts.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

var _ io.Writer = new(counter)

// peak is the most memory that a process ever had in use, in bytes.
func peak(b *testing.B, pid int) int {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return kb * 1024
		}
	}
	return 0
}

// BenchmarkDifference compares 2.5 million rows with as many of the next
// version, in which one row in a hundred has another value, one in a thousand
// is gone and 10,000 are new.
func BenchmarkDifference(b *testing.B) {
	s := service(b, newStore(b), nil)
	table, _ := largeTable(b, s)
	const n = 2_500_000
	numbered := func(query string) Table {
		t := Table{Parquet: made(b, s.opt.Store, query), Rows: n, Key: "1/1", Schema: slices.Clone(table.Schema)}
		t.Schema = append(t.Schema, Column{Name: "编号", Type: Integer, Store: "c8"})
		return t
	}
	shape := `SELECT (['奥体中心','昌平','定陵','东四','官园','古城','怀柔','农展馆','顺义','天坛','万柳','万寿西宫'])[i %% 12 + 1] AS c0,
		TIMESTAMP '2013-03-01' + INTERVAL (i // 72) HOUR AS c1, (['PM2.5','PM10','SO2','NO2','CO','O3'])[(i // 12) %% 6 + 1] AS c2,
		CASE WHEN hash(i) %% 37 = 0 THEN NULL ELSE round((hash(i + %d) %% 100000) / 100.0, 1) END::DOUBLE AS c3, (hash(i + 2) %% 6)::BIGINT AS c4,
		(116 + (i %% 12) / 20.0)::DOUBLE AS c5, (39.5 + (i %% 12) / 15.0)::DOUBLE AS c6, '监测记录' || (hash(i + 3) %% 1000000)::VARCHAR AS c7, i AS c8 FROM `
	old := numbered(fmt.Sprintf(shape, 1) + fmt.Sprintf("range(%d) t(i)", n))
	other := numbered(strings.Replace(fmt.Sprintf(shape, 1), "AS c7, i AS c8", "|| CASE WHEN i % 100 = 0 THEN '改' ELSE '' END AS c7, i AS c8", 1) + fmt.Sprintf("range(%d) t(i) WHERE i %% 1000 <> 7", n+10_000))
	other.Rows = n + 10_000 - (n+10_000)/1000
	c := Comparison{Old: old, New: other}
	for i := range old.Schema {
		c.Pairs = append(c.Pairs, Pair{old.Schema[i], other.Schema[i]})
	}
	for _, way := range []struct {
		name string
		key  []int
	}{{"by key", []int{8}}, {"whole rows", nil}} {
		c.Key = way.key
		b.Run(strings.ReplaceAll(way.name, " ", "_"), func(b *testing.B) {
			var d Difference
			for b.Loop() {
				if len(c.Key) > 0 {
					if ok, err := s.Names(b.Context(), c); err != nil || !ok {
						b.Fatal(ok, err)
					}
				}
				start := time.Now()
				var err error
				if d, err = s.Compare(b.Context(), c); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(time.Since(start).Seconds(), "count-s")
				var bytes counter
				if _, err := s.Differing(b.Context(), c, 100_000, func(r io.Reader) error { _, err := io.Copy(&bytes, r); return err }); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(bytes)/1e6, "listed-MB")
			}
			b.Logf("%+v", d)
			worker := 0
			for _, pid := range children(b) {
				worker = max(worker, peak(b, pid))
			}
			b.ReportMetric(float64(worker)/1e6, "worker-peak-MB")
		})
	}
}

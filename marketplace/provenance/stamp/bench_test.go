package stamp_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"shuyuan/datasets/rows"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/stamptest"
)

// counter counts and keeps nothing.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// sensors is a table of readings, 80 bytes a row in CSV.
func sensors(t testing.TB, n int) stamp.Table {
	return stamptest.Table(t, fmt.Sprintf(`SELECT '350100' || lpad((i %% 4000)::VARCHAR, 6, '0') AS c0, (['福州市鼓楼区', '厦门市思明区', '泉州市丰泽区', '莆田市城厢区'])[i %% 4 + 1] AS c1,
		TIMESTAMP '2026-01-01 00:00:00' + INTERVAL (i // 4000) MINUTE AS c2, ((i * 7919) %% 10007) / 100.0 AS c3, (i * 31) %% 997 AS c4, (119 + (i %% 1000) / 1000.0)::DOUBLE AS c5, i %% 3 = 0 AS c6 FROM range(%d) t(i)`, n),
		rows.Schema{
			{Name: "站点", Type: rows.Text, Store: "c0"}, {Name: "地区", Type: rows.Text, Store: "c1"}, {Name: "时间", Type: rows.DateTime, Store: "c2"},
			{Name: "浓度", Type: rows.Decimal, Store: "c3"}, {Name: "次数", Type: rows.Integer, Store: "c4"}, {Name: "位置", Type: rows.Decimal, Store: "c5"}, {Name: "有效", Type: rows.Boolean, Store: "c6"},
		}, int64(n))
}

const benchRows = 400_000

// What sealing and stamping cost beside reading and parsing the table once.
func BenchmarkStamp(b *testing.B) {
	table := sensors(b, benchRows)
	s, _ := stamptest.Sealed(b, table, stamptest.NewKey("platform"))
	e, err := table.Rows.Export(table.Table, rows.Query{}, rows.ExportOptions{Format: rows.CSV})
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, do func() error) {
		b.Run(name, func(b *testing.B) {
			var most uint64
			for b.Loop() {
				stop := make(chan struct{})
				go func() {
					for {
						select {
						case <-stop:
							return
						case <-time.After(20 * time.Millisecond):
							var m runtime.MemStats
							runtime.ReadMemStats(&m)
							most = max(most, m.HeapAlloc)
						}
					}
				}()
				if err := do(); err != nil {
					b.Fatal(err)
				}
				close(stop)
			}
			b.ReportMetric(float64(most)/(1<<20), "peak-MB")
		})
	}
	run("read and parse", func() error { return e.Each(b.Context(), func([]rows.Value) error { return nil }) })
	run("digest", func() error { _, _, err := stamp.Describe(b.Context(), "x", table); return err })
	for _, f := range []stamp.Form{stamp.CSV, stamp.JSON, stamp.NDJSON, stamp.XLSX, stamp.Parquet} {
		run(string(f), func() error {
			var n counter
			return stamp.Write(b.Context(), &n, f, table, s)
		})
	}
}

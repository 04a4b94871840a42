package ingest_test

import (
	"bufio"
	"compress/gzip"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"shuyuan/datasets/ingest"
)

// measured is a table of hourly measurements: the one that the environment
// names, one of the same shape otherwise.
func measured(b *testing.B) string {
	b.Helper()
	if path := os.Getenv("SHUYUAN_LARGE_CSV"); path != "" {
		return path
	}
	path := filepath.Join(b.TempDir(), "measured.csv.gz")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	out := bufio.NewWriter(z)
	fmt.Fprintln(out, "station,time,pollutant,value")
	start := time.Date(2013, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range 2_524_608 {
		station, pollutant, hour := i/210_384, i/35_064%6, i%35_064
		value := fmt.Sprint(3 + (i*i+hour)%311)
		if i%36 == 0 {
			value = ""
		}
		fmt.Fprintf(out, "Station%02d,%s,P%d,%s\n", station, start.Add(time.Duration(hour)*time.Hour).Format("2006-01-02 15:04"), pollutant, value)
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkLargeCSV reads 2.5 million rows as an upload does and, beside it,
// has DuckDB alone make a Parquet file of the same bytes. The bound is 1.6.
func BenchmarkLargeCSV(b *testing.B) {
	path := measured(b)
	var ours, alone time.Duration
	for b.Loop() {
		alone += duckAlone(b, path)
		ours += child(b, path)
	}
	b.ReportMetric(ours.Seconds()/float64(b.N), "s/ours")
	b.ReportMetric(alone.Seconds()/float64(b.N), "s/duckdb")
	b.ReportMetric(float64(ours)/float64(alone), "times")
}

func duckAlone(b *testing.B, path string) time.Duration {
	b.Helper()
	start := time.Now()
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		b.Fatal(err)
	}
	db := sql.OpenDB(c)
	defer db.Close()
	out := filepath.Join(b.TempDir(), "duck.parquet")
	if _, err := db.ExecContext(b.Context(), fmt.Sprintf("COPY (FROM read_csv('%s')) TO '%s' (FORMAT parquet, COMPRESSION zstd)", path, out)); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	if info, err := os.Stat(out); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "MB/duckdb")
	}
	return took
}

func child(b *testing.B, path string) time.Duration {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	dir := folder(b)
	start := time.Now()
	report, err := ingest.Run(b.Context(), ingest.Input{File: f, Name: filepath.Base(path)}, dir, nil)
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	b.ReportMetric(float64(report.Peak)/1e6, "MB/peak")
	if info, err := os.Stat(filepath.Join(dir, report.Tables[0].File)); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "MB/ours")
	}
	return took
}

// folder is a folder that a child of another user reaches.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "shuyuan-ingest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// BenchmarkGigabyte reads a CSV of a gigabyte: memory must not grow with it.
func BenchmarkGigabyte(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "large.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	out := bufio.NewWriterSize(f, 1<<20)
	size := 0
	for i := 0; size < 1<<30; i++ {
		n, err := fmt.Fprintf(out, "%d,测站%02d,2013-03-%02d %02d:00,%d.%d,备注%x\n", i, i%37, i%28+1, i%24, i%500, i%10, i*7919)
		if err != nil {
			b.Fatal(err)
		}
		size += n
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		child(b, path)
	}
}

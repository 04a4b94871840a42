package engine

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"shuyuan/datasets/rows"
)

// BenchmarkVet is how long an ordinary statement takes to vet when children are
// warm.
func BenchmarkVet(b *testing.B) {
	e := vetOnly(b)
	for range 20 { // both children
		if _, err := e.Vet(b.Context(), allMounts, Code{SQL: festival}); err != nil {
			b.Fatal(err)
		}
	}
	var all []time.Duration
	for b.Loop() {
		for i := range 10 * len(honest) {
			c := honest[i%len(honest)]
			began := time.Now()
			if v, err := e.Vet(b.Context(), allMounts, Code{SQL: c.sql}); err != nil || !v.Passed() {
				b.Fatal(err)
			}
			all = append(all, time.Since(began))
		}
	}
	slices.Sort(all)
	b.ReportMetric(ms(all[len(all)/2]), "ms/median")
	b.ReportMetric(ms(all[len(all)*99/100]), "ms/p99")
	b.ReportMetric(0, "ns/op")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

const million = "SELECT (['奥体中心','昌平','定陵','东四','官园','古城','怀柔','农展馆','顺义','天坛','万柳','万寿西宫'])[i % 12 + 1] AS c0, TIMESTAMP '2013-03-01' + INTERVAL (i // 72) HOUR AS c1, " +
	"round((hash(i + 1) % 100000) / 100.0, 1)::DOUBLE AS c2, (hash(i + 2) % 6)::BIGINT AS c3 FROM range(2500000) t(i)"

const monthly = "select station, date_trunc('month', time) as m, avg(PM25) as a, count(*) as n from air group by 1, 2 order by 1, 2"

// BenchmarkJob is a job on 2.5 million rows against the engine alone, on the same
// file and with the same settings, one after the other in one run; then measuring.
func BenchmarkJob(b *testing.B) {
	r := newRig(b, nil)
	s := Source{Mount: Mount{Name: "air", Minimum: 10, Columns: []Column{{"station", rows.Text, Group, ""}, {"time", rows.DateTime, Group, ""}, {"PM25", rows.Decimal, Aggregate, ""}, {"grade", rows.Integer, Aggregate, ""}}}}
	s.Table.Parquet, s.Table.Rows = made(b, r.store, million), 2_500_000
	for i, c := range s.Columns {
		s.Table.Schema = append(s.Table.Schema, rows.Column{Name: c.Name, Type: c.Type, Store: fmt.Sprintf("c%d", i)})
	}
	began := time.Now()
	p, err := r.Prepare(b.Context(), space, s)
	if err != nil {
		b.Fatal(err)
	}
	prepared := time.Since(began)
	code := Code{SQL: monthly}
	j := Job{Workspace: space, Mounts: []Prepared{*p}, Code: code, Digest: code.digest(), Limits: DefaultLimits()}
	began = time.Now()
	held, err := r.Run(b.Context(), j)
	if err != nil {
		b.Fatal(err)
	}
	first := time.Since(began) // with decrypting
	f, done, err := r.vault.open(b.Context(), space, p.File, p.Digest)
	if err != nil {
		b.Fatal(err)
	}
	defer done()
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		b.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, set := range []string{"SET threads = 1", "SET memory_limit = '512MB'", fmt.Sprintf("ATTACH '/proc/self/fd/%d' AS m (READ_ONLY)", f.Fd()), "CREATE VIEW air AS SELECT * FROM m.t"} {
		if _, err := db.ExecContext(b.Context(), set); err != nil {
			b.Fatal(err)
		}
	}
	alone := func() {
		rows, err := db.QueryContext(b.Context(), monthly)
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
		}
		rows.Close()
	}
	alone()
	var mine, theirs, measured, worked []time.Duration
	for b.Loop() {
		for range 100 {
			began := time.Now()
			alone()
			theirs = append(theirs, time.Since(began))
			began = time.Now()
			if _, err := r.Run(b.Context(), j); err != nil {
				b.Fatal(err)
			}
			mine = append(mine, time.Since(began))
		}
		began := time.Now()
		got, err := r.Measure(b.Context(), j, held.Table)
		if err != nil {
			b.Fatal(err)
		}
		measured, worked = append(measured, time.Since(began)), append(worked, got.Resources.CPU)
	}
	slices.Sort(mine)
	slices.Sort(theirs)
	b.ReportMetric(ms(prepared), "ms/prepare")
	b.ReportMetric(ms(first), "ms/first")
	b.ReportMetric(ms(theirs[len(theirs)/2]), "ms/alone")
	b.ReportMetric(ms(mine[len(mine)/2]), "ms/job")
	b.ReportMetric(ms(mine[len(mine)/2]-theirs[len(theirs)/2]), "ms/over")
	b.ReportMetric(ms(mine[len(mine)*99/100]-theirs[len(theirs)*99/100]), "ms/over-p99")
	b.ReportMetric(ms(measured[len(measured)/2]), "ms/measure")
	b.ReportMetric(slices.Min(worked).Seconds(), "cpu-s/measure")
	b.ReportMetric(held.Resources.CPU.Seconds(), "cpu-s/first")
	b.ReportMetric(float64(p.Bytes>>20), "MiB/mount")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkShares is eight workspaces that ask without end, one of them eight times
// as eagerly: how many jobs the least served has for one of the most served.
func BenchmarkShares(b *testing.B) {
	r := newRig(b, nil)
	const spaces = 8
	var jobs []Job
	for i := range spaces {
		w := Workspace{ID: fmt.Sprintf("share%d", i), Key: space.Key}
		p, err := r.Prepare(b.Context(), w, r.tables["persons"])
		if err != nil {
			b.Fatal(err)
		}
		code := Code{SQL: "select district, avg(income) from persons group by 1"}
		jobs = append(jobs, Job{Workspace: w, Mounts: []Prepared{*p}, Code: code, Digest: code.digest(), Limits: DefaultLimits()})
	}
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
		var mu sync.Mutex
		var wg sync.WaitGroup
		served := make([]int, spaces)
		for i, j := range jobs {
			eager := 1
			if i == 0 {
				eager = 8
			}
			for range eager {
				wg.Go(func() {
					for ctx.Err() == nil {
						if _, err := r.Run(ctx, j); err == nil {
							mu.Lock()
							served[i]++
							mu.Unlock()
						}
					}
				})
			}
		}
		wg.Wait()
		cancel()
		b.ReportMetric(float64(slices.Min(served)), "jobs/least")
		b.ReportMetric(float64(slices.Max(served)), "jobs/most")
	}
	b.ReportMetric(0, "ns/op")
}

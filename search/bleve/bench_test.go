package bleve_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"shuyuan/search"
	"shuyuan/search/bleve"
)

const (
	manyDatasets = 100_000
	clients      = 8
	length       = 5 * time.Second // of each measurement under load
)

// BenchmarkSearch prints what the product promises of its search over 100,000
// datasets: every query another one, no cache of results, five facets, marks,
// three filters, eight clients. It measures and judges nothing.
func BenchmarkSearch(b *testing.B) {
	dir := b.TempDir()
	e := open(b, dir)
	defer func() { e.Close() }()
	fmt.Printf("\nsearch over %d datasets, %d clients on %d processors\n", manyDatasets, clients, runtime.GOMAXPROCS(0))
	start, before := time.Now(), spent(0)
	if err := e.Replace(b.Context(), world(manyDatasets), 1); err != nil {
		b.Fatal(err)
	}
	figure("index all", fmt.Sprintf("%.1f s (%.1f s of processor time), %d MB on disk, at most %d MB in memory",
		time.Since(start).Seconds(), spent(before).Seconds(), size(b, dir)>>20, peak()>>20), "under 30 s")
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	start = time.Now()
	e = open(b, dir)
	figure("open again", fmt.Sprintf("%d ms, %d MB in memory", time.Since(start).Milliseconds(), heap()>>20), "")

	facets := []search.Facet{search.FacetTheme, search.FacetOrg, search.FacetOpen, search.FacetFormat, search.FacetFreq}
	load(b, e, "landing page: all, 7 facets, newest first", "p50 under 5 ms", 1, func(r *rand.Rand) search.Query {
		return search.Query{Sort: search.ByUpdated, Facets: search.Facets, FacetSize: 30, Limit: 20}
	})
	load(b, e, "text, 5 facets, marks", "", clients, func(r *rand.Rand) search.Query {
		return search.Query{Text: ask(r), Facets: facets, FacetSize: 30, Highlight: true, Limit: 20}
	})
	load(b, e, "text, 5 facets, marks, 3 filters", "p99 under 80 ms and 300/s; aim 40 ms and 500/s", clients, func(r *rand.Rand) search.Query {
		return search.Query{Text: ask(r), Filters: three(r), Facets: facets, FacetSize: 30, Highlight: true, Limit: 20}
	})
	load(b, e, "the same, sorted by popularity, far pages", "", clients, func(r *rand.Rand) search.Query {
		return search.Query{Text: ask(r), Filters: three(r), Facets: facets, FacetSize: 30, Highlight: true, Limit: 20, Sort: search.ByPopular, Offset: r.IntN(50) * 20}
	})
	load(b, e, "a single character", "", clients, func(r *rand.Rand) search.Query {
		runes := []rune(pick(r, subjects))
		return search.Query{Text: string(runes[r.IntN(len(runes))]), Facets: facets, FacetSize: 30, Highlight: true, Limit: 20}
	})
	load(b, e, "pinyin, initials, typing errors", "", clients, func(r *rand.Rand) search.Query {
		return search.Query{Text: sound(r), Facets: facets, FacetSize: 30, Highlight: true, Limit: 20}
	})
	typing(b, e)
	load(b, e, "what nobody types and somebody sends", "", clients, func(r *rand.Rand) search.Query {
		return search.Query{Text: pick(r, hostile), Facets: facets, FacetSize: 30, Highlight: true, Limit: 20}
	})
	start = time.Now()
	for i := range 20 {
		if err := e.Put(b.Context(), slices.Collect(world(i + 1))[i:], int64(i+2)); err != nil {
			b.Fatal(err)
		}
	}
	figure("put one dataset, durably", fmt.Sprintf("%.1f ms", time.Since(start).Seconds()*1000/20), "")
	b.ReportMetric(0, "ns/op") // the figures are above
}

func figure(what, got, bound string) { fmt.Printf("  %-44s %-44s %s\n", what, got, bound) }

// load keeps the clients busy with queries that differ from one another.
func load(b *testing.B, e *bleve.Engine, what, bound string, clients int, query func(*rand.Rand) search.Query) {
	b.Helper()
	measure(b, what, bound, clients, func(r *rand.Rand) (int, error) {
		q := query(r)
		found, err := e.Search(context.Background(), q)
		if err != nil {
			return 0, fmt.Errorf("%.40q: %w", q.Text, err)
		}
		return found.Total, nil
	})
}

// typing measures what is shown while somebody types.
func typing(b *testing.B, e *bleve.Engine) {
	b.Helper()
	measure(b, "completing what is typed", "", clients, func(r *rand.Rand) (int, error) {
		runes := []rune(ask(r))
		if r.IntN(3) == 0 {
			runes = []rune(sound(r))
		}
		list, err := e.Suggest(context.Background(), string(runes[:1+r.IntN(len(runes))]), 8)
		return len(list), err
	})
}

// measure keeps the clients busy with f, which says how much it found.
func measure(b *testing.B, what, bound string, clients int, f func(*rand.Rand) (int, error)) {
	b.Helper()
	took := make([][]time.Duration, clients)
	var hits atomic.Int64
	var wg sync.WaitGroup
	start, before := time.Now(), spent(0)
	for i := range clients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 11))
			for time.Since(start) < length {
				at := time.Now()
				n, err := f(r)
				took[i] = append(took[i], time.Since(at))
				if err != nil {
					b.Error(err)
					return
				}
				hits.Add(int64(n))
			}
		})
	}
	wg.Wait()
	elapsed, cpu := time.Since(start), spent(before)
	all := slices.Concat(took...)
	slices.Sort(all)
	at := func(q float64) float64 {
		return float64(all[min(int(q*float64(len(all))), len(all)-1)].Microseconds()) / 1000
	}
	n := len(all)
	figure(what, fmt.Sprintf("p50 %.1f  p99 %.1f ms  %.0f/s  (%.2f ms of processor time, %d found)", at(0.5), at(0.99),
		float64(n)/elapsed.Seconds(), cpu.Seconds()*1000/float64(n), hits.Load()/int64(n)), bound)
}

// spent is the processor time of this process since before: what a figure
// would be bound by if nothing else ran on the machine.
func spent(before time.Duration) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano()+u.Stime.Nano()) - before
}

// ask is what somebody types who knows roughly what there is: a place and a
// subject, a subject cut short, a column, English.
func ask(r *rand.Rand) string {
	subject := []rune(pick(r, subjects))
	switch r.IntN(10) {
	case 0, 1, 2:
		return pick(r, places) + string(subject)
	case 3, 4:
		return string(subject) + " " + pick(r, kinds)
	case 5, 6:
		return string(subject)
	case 7:
		return pick(r, labels) + " " + pick(r, places)
	case 8:
		return pick(r, english) + " " + pick(r, english)
	}
	return string(subject[:min(2, len(subject))]) + " " + string([]rune(pick(r, clauses))[2:6])
}

// three filters that leave something over.
func three(r *rand.Rand) map[search.Facet][]string {
	return map[search.Facet][]string{
		search.FacetOpen:   {"unconditional"},
		search.FacetFormat: {pick(r, formats), pick(r, formats)},
		search.FacetFreq:   {pick(r, freqs), pick(r, freqs), pick(r, freqs)},
	}
}

// sound is what somebody types without the characters, or with wrong ones.
func sound(r *rand.Rand) string {
	return pick(r, []string{"gongjiao", "kongqizhiliang", "fuzhou", "xiamenshi", "gj", "kqzl", "xzqh", "yiyuan", "xuexiao", "dizhen", "tianqi",
		"gongjiaozhan", "fangwu", "qiye", "zhongxiaoxue", "行证区划", "恐气质量", "公胶站点", "福洲市", "厦们", "yaodian", "tushuguan", "chengshi", "jinrong"}) +
		pick(r, []string{"", " mingdan", " tj", " 2023", " shuju", " 名录"})
}

// hostile are queries made to be expensive.
var hostile = []string{
	strings.Repeat("公交", 2000), strings.Repeat("数据 信息 统计 ", 500), strings.Repeat("a ", 5000), strings.Repeat("xian", 2500), strings.Repeat("医保 公交 数据 ", 300),
	strings.Repeat("福州市 ", 1000), strings.Repeat("市区县 ", 1000), "数 据 信 息 统 计 名 录 基 本 情 况 目 录", "市", "的 之 和 与", "s t a i o n", strings.Repeat("绿略女虐", 800),
}

func size(b *testing.B, dir string) (n int64) {
	b.Helper()
	err := filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// peak is the most memory that this process ever had.
func peak() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Maxrss << 10
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

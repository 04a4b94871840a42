package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"

	"shuyuan/datasets"
)

// tables measures what is promised of large tables, against DuckDB alone in the
// same run where a bound says so.
type tables struct {
	*bench
	dir    string
	file   string // CSV.gz
	desk   *desk
	alone  *alone
	client *fasthttp.Client

	version *datasets.Version
	parquet string // a copy of the version's table
	asked   atomic.Int64
}

// measureTables publishes a large table in an installation of its own and asks
// it what people and programs ask.
func (b *bench) measureTables(ctx context.Context, dir string) (err error) {
	t := &tables{bench: b, dir: dir, file: filepath.Join(dir, "air.csv.gz"), client: newClient()}
	if err := writeAir(t.file, b.rows); err != nil {
		return err
	}
	if b.server, err = startServer(ctx, b.binary, dir+"/tables"); err != nil {
		return err
	}
	defer b.server.stop()
	if t.desk, err = openDesk(ctx, b.server); err != nil {
		return err
	}
	defer t.desk.close()
	if err := t.desk.makeKey(ctx); err != nil {
		return err
	}
	if t.alone, err = startAlone(ctx, 0); err != nil {
		return err
	}
	defer t.alone.stop()
	size, err := os.Stat(t.file)
	if err != nil {
		return err
	}
	fmt.Printf("\ntables: %d rows, 10 columns, %d MB of CSV.gz; asked over HTTP with a key (3,000 questions and 600 exports a minute)\n", b.rows, size.Size()>>20)
	for _, m := range []func(context.Context) error{t.measureReading, t.measureQuestions, t.measureRepeats, t.measureClients, t.measureExport, t.measurePagesWhileReading} {
		if err := m(ctx); err != nil {
			return err
		}
	}
	return nil
}

// held prints one figure, the bound it is held against, and whether it is met.
func held(what, figure, bound string, met bool) {
	verdict := "met"
	if !met {
		verdict = "NOT met"
	}
	row(what, figure, bound+": "+verdict)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func middle(all []time.Duration) time.Duration {
	all = slices.Clone(all)
	slices.Sort(all)
	return all[len(all)/2]
}

// measureReading times from a file to the first rows over HTTP, beside DuckDB
// making a Parquet file of it, turn by turn. DuckDB is as nice as the child that
// reads files: on a machine that does other things both wait alike.
func (t *tables) measureReading(ctx context.Context) error {
	var ours, theirs []time.Duration
	var published []int64
	var work, aloneWork time.Duration
	out := filepath.Join(t.dir, "alone.parquet")
	const niceOfChild = 10
	reader, err := startAlone(ctx, niceOfChild)
	if err != nil {
		return err
	}
	defer reader.stop()
	for i := range max(t.rounds, 3) {
		if err := t.desk.rest(ctx); err != nil {
			return err
		}
		theirTurn, err := reader.run(statement{Fresh: true, SQL: fmt.Sprintf("COPY (FROM read_csv(%s)) TO %s (FORMAT parquet, COMPRESSION zstd)", quoted(t.file), quoted(out))})
		if err != nil {
			return err
		}
		theirs, aloneWork = append(theirs, theirTurn.Took), aloneWork+theirTurn.Worked
		before := processorTime(syscall.RUSAGE_CHILDREN)
		took, err := t.publishAndAsk(ctx, t.desk.places[i%len(t.desk.places)])
		work += processorTime(syscall.RUSAGE_CHILDREN) - before
		if err != nil {
			return err
		}
		ours, published = append(ours, took), append(published, t.version.ID)
	}
	// who looks at a process a hundred times a second holds it up: memory has a
	// turn of its own
	if err := t.desk.rest(ctx); err != nil {
		return err
	}
	stop := watch(os.Getpid())
	_, err = t.publishAndAsk(ctx, t.desk.places[0])
	peak := stop().peak()
	if err != nil {
		return err
	}
	published = append(published, t.version.ID)
	a, z := middle(ours), middle(theirs)
	held("CSV.gz to first rows by HTTP, DuckDB to Parquet", seconds(a)+", alone "+seconds(z), fmt.Sprintf("%.2f times, at most 1.6", float64(a)/float64(z)), float64(a) <= 1.6*float64(z))
	turns := time.Duration(len(ours))
	row("processor time of that", seconds(work/turns)+", alone "+seconds(aloneWork/turns), fmt.Sprintf("%.2f times", float64(work)/float64(aloneWork)))
	held("most memory of the child that reads it", fmt.Sprintf("%d MB", peak>>20), "under 1 GiB", peak > 0 && peak < 1<<30)
	t.parquet = filepath.Join(t.dir, "table.parquet")
	if err := t.desk.table(ctx, t.version, t.parquet); err != nil {
		return err
	}
	return t.desk.rest(ctx, published...)
}

func (t *tables) publishAndAsk(ctx context.Context, at place) (time.Duration, error) {
	f, err := os.Open(t.file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	start := time.Now()
	if t.version, err = t.desk.publish(ctx, at, "air.csv.gz", f); err != nil {
		return 0, err
	}
	if !t.get(t.rows(url.Values{"limit": {"50"}})) {
		return 0, errors.New("the rows did not answer")
	}
	took := time.Since(start)
	if got := t.version.Tables[0].Rows; got != int64(t.bench.rows) {
		return 0, fmt.Errorf("%d rows were read", got)
	}
	return took, nil
}

// rows is the address of a question.
func (t *tables) rows(q url.Values) string {
	return t.server.base + "/api/v1/resources/" + t.version.ResourceID + "/rows?" + q.Encode()
}

// get asks with the key and reports whether it was answered.
func (t *tables) get(address string) bool {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(address)
	req.Header.Set("Authorization", "Bearer "+t.desk.key)
	return t.client.Do(req, resp) == nil && resp.StatusCode() == fasthttp.StatusOK
}

// question is asked of the server and of DuckDB. %s is a number that is another
// each time and changes nothing, so that no kept answer is the answer.
type question struct {
	name  string
	ours  map[string]string
	alone string
}

var questionsOfAir = []question{
	{"filter, sort, first page", map[string]string{"where": `城市 = "福州" and 时间 >= "2021-01-01" and 一氧化碳 > %s`, "order_by": "细颗粒物 desc", "limit": "50"},
		`SELECT * FROM %[2]s WHERE c0 = '福州' AND c2 >= TIMESTAMP '2021-01-01' AND c8 > %[1]s ORDER BY c4 DESC NULLS LAST LIMIT 50`},
	{"groups, 3 aggregates", map[string]string{"select": "站点, avg(细颗粒物), max(臭氧), count(*)", "where": `一氧化碳 > %s`, "group_by": "站点", "order_by": "站点"},
		`SELECT c1, avg(c4), max(c9), count(*) FROM %[2]s WHERE c8 > %[1]s GROUP BY c1 ORDER BY c1 LIMIT 100`},
	{"different values", map[string]string{"select": "count(distinct 站点), count(distinct 时间), count(distinct 臭氧)", "where": `一氧化碳 > %s`},
		`SELECT count(DISTINCT c1), count(DISTINCT c2), count(DISTINCT c9) FROM %[2]s WHERE c8 > %[1]s`},
}

func (t *tables) number() string { return fmt.Sprintf("0.2%07d", t.asked.Add(1)) }

func (t *tables) address(q question) string {
	values, n := url.Values{}, t.number()
	for name, text := range q.ours {
		if name == "where" {
			text = fmt.Sprintf(text, n)
		}
		values.Set(name, text)
	}
	return t.rows(values)
}

// measureFirst asks what the table's fast copy is made for, and waits for that.
func (t *tables) measureFirst(ctx context.Context) error {
	start := time.Now()
	if !t.get(t.address(questionsOfAir[0])) {
		return errors.New("the first question was not answered")
	}
	first := time.Since(start)
	for time.Since(start) < 5*time.Minute {
		made, err := filepath.Glob(filepath.Join(t.dir, "tables", "rows", "run-*", "tables", "*.db"))
		if err != nil {
			return err
		}
		if len(made) > 0 {
			size, err := os.Stat(made[0])
			if err != nil {
				return err
			}
			row("the first question that seeks rows, before there is a fast copy", ms(first), fmt.Sprintf("a fast copy of %d MB was ready %s later", size.Size()>>20, seconds(time.Since(start)-first)))
			return t.desk.rest(ctx)
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("no fast copy of the table was made within 5 minutes")
}

// measureQuestions asks the server and DuckDB in turn.
func (t *tables) measureQuestions(ctx context.Context) error {
	if err := t.desk.rest(ctx); err != nil {
		return err
	}
	if err := t.measureFirst(ctx); err != nil {
		return err
	}
	for _, q := range questionsOfAir {
		var ours, theirs []time.Duration
		for i := range 5*max(t.rounds, 3) + 1 {
			alone, err := t.alone.run(statement{SQL: fmt.Sprintf(q.alone, t.number(), "read_parquet("+quoted(t.parquet)+")")})
			if err != nil {
				return err
			}
			start := time.Now()
			if !t.get(t.address(q)) {
				return fmt.Errorf("%s: not answered", q.name)
			}
			if i > 0 { // the first finds neither ready
				ours, theirs = append(ours, time.Since(start)), append(theirs, alone.Took)
			}
		}
		a, z := middle(ours), middle(theirs)
		limit := z*13/10 + 3*time.Millisecond
		held(q.name, ms(a)+", alone "+ms(z), fmt.Sprintf("at most 1.3 times and 3 ms, %s", ms(limit)), a <= limit)
	}
	return nil
}

// measureRepeats asks what was just answered.
func (t *tables) measureRepeats(context.Context) error {
	address := t.address(questionsOfAir[0])
	var took []time.Duration
	for i := range 301 {
		start := time.Now()
		if !t.get(address) {
			return errors.New("a repeat was not answered")
		}
		if i > 0 {
			took = append(took, time.Since(start))
		}
	}
	m := middle(took)
	held("the same question again, median of 300", ms(m), "under 2 ms", m < 2*time.Millisecond)
	return nil
}

// measureClients has 16 clients ask different questions at the same time.
func (t *tables) measureClients(context.Context) error {
	const clients, each = 16, 12
	took := make([][]time.Duration, clients)
	var failed atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for i := range clients {
		group.Go(func() {
			for k := range each {
				start := time.Now()
				if !t.get(t.address(questionsOfAir[(i+k)%len(questionsOfAir)])) {
					failed.Add(1)
				}
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	group.Wait()
	o := collect(took, failed.Load(), time.Since(start))
	held(fmt.Sprintf("16 clients, %d different questions", o.requests), fmt.Sprintf("p50 %s  p99 %s", ms(o.at(0.5)), ms(o.at(0.99))), fmt.Sprintf("%d failed, at most 0", o.failed), o.failed == 0)
	return nil
}

// measureExport compares the export of all rows as CSV with COPY TO of DuckDB,
// and then looks at the memory of the server and of the worker that makes one.
func (t *tables) measureExport(ctx context.Context) error {
	var ours, theirs []time.Duration
	var bytes int64
	out := filepath.Join(t.dir, "alone.csv")
	all := t.server.base + "/api/v1/resources/" + t.version.ResourceID + "/export.csv"
	for range max(t.rounds, 3) {
		alone, err := t.alone.run(statement{SQL: fmt.Sprintf("COPY (SELECT * FROM read_parquet(%s)) TO %s (FORMAT csv)", quoted(t.parquet), quoted(out))})
		if err != nil {
			return err
		}
		start := time.Now()
		if bytes, err = t.export(ctx, all); err != nil {
			return err
		}
		ours, theirs = append(ours, time.Since(start)), append(theirs, alone.Took)
	}
	part, err := t.watchedExport(ctx, all+fmt.Sprintf("?limit=%d", t.bench.rows/10))
	if err != nil {
		return err
	}
	seen, err := t.watchedExport(ctx, all)
	if err != nil {
		return err
	}
	a, z, whole, tenth := middle(ours), middle(theirs), seen.busiest(), part.busiest()
	held("export.csv of all rows, COPY TO", fmt.Sprintf("%.0f MB/s, alone %.0f MB/s", float64(bytes)/1e6/a.Seconds(), float64(bytes)/1e6/z.Seconds()),
		fmt.Sprintf("ratio %.2f, at least 0.4, aim 0.7", float64(z)/float64(a)), float64(a)*0.4 <= float64(z))
	held("most resident memory meanwhile", fmt.Sprintf("server %d MB, worker %d MB", seen.most>>20, whole.memory>>20), "each under 300 MB", whole.memory > 0 && max(seen.most, whole.memory) < 300<<20)
	row("the worker's without the program's file; of a tenth", fmt.Sprintf("%d MB; %d MB", whole.own>>20, tenth.own>>20), "flat")
	return nil
}

// watchedExport reads an export while its memory is looked at.
func (t *tables) watchedExport(ctx context.Context, address string) (watched, error) {
	stop := watch(t.server.cmd.Process.Pid)
	_, err := t.export(ctx, address)
	return stop(), err
}

// export reads an export to its end and counts its bytes.
func (t *tables) export(ctx context.Context, address string) (int64, error) {
	resp, err := t.desk.asOfficer(ctx, http.MethodGet, address, nil, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return io.CopyBuffer(io.Discard, struct{ io.Reader }{resp.Body}, make([]byte, 1<<20))
}

// measurePagesWhileReading asks for ordinary pages, 100 a second whatever the
// answers do, alone and while three files of the table's size are uploaded and
// read.
func (t *tables) measurePagesWhileReading(ctx context.Context) error {
	slugs, err := t.server.slugs(ctx)
	if err != nil {
		return err
	}
	pages := []string{"/", "/datasets", "/departments", "/themes", "/stats"}
	for _, slug := range slugs {
		pages = append(pages, "/datasets/"+slug)
	}
	page := func(n int64) string { return t.server.base + pages[int(n)%len(pages)] }
	if err := t.desk.rest(ctx); err != nil {
		return err
	}
	fixedLoop(ctx, 4, int64(2*len(pages)), page) // each was shown before
	const rate = 100
	idle := openLoop(ctx, rate, t.length, page)
	var busy outcome
	var longest time.Duration
	for round := range max(t.rounds, 3) {
		o, took, err := t.whileReading(ctx, round, func() outcome { return openLoop(ctx, rate, time.Second, page) })
		if err != nil {
			return err
		}
		busy = collect([][]time.Duration{busy.took, o.took}, int64(busy.failed+o.failed), busy.elapsed+o.elapsed)
		longest = max(longest, took)
	}
	row("ordinary pages, 100/s, idle", fmt.Sprintf("p50 %s  p99 %s", ms(idle.at(0.5)), ms(idle.at(0.99))), fmt.Sprintf("%d requests, %d failed", idle.requests, idle.failed))
	limit := max(2*idle.at(0.99), 20*time.Millisecond)
	held("the same while three files are read", fmt.Sprintf("p50 %s  p99 %s", ms(busy.at(0.5)), ms(busy.at(0.99))), fmt.Sprintf("p99 at most %s, %d failed", ms(limit), busy.failed),
		busy.at(0.99) <= limit && busy.failed == 0)
	row("", fmt.Sprintf("%d requests", busy.requests), "a file lay with the officer, searched for personal data, after at most "+seconds(longest))
	return nil
}

// whileReading repeats load until three uploads have been read.
func (t *tables) whileReading(ctx context.Context, round int, load func() outcome) (outcome, time.Duration, error) {
	var group sync.WaitGroup
	took, failed := make([]time.Duration, 3), make([]error, 3)
	for i := range took {
		path := filepath.Join(t.dir, fmt.Sprintf("air-%d.csv.gz", i))
		if err := another(path, t.file, byte(3*round+i+1)); err != nil {
			return outcome{}, 0, err
		}
		group.Go(func() { took[i], failed[i] = t.desk.upload(ctx, path) })
	}
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	var all outcome
	for {
		o := load()
		all = collect([][]time.Duration{all.took, o.took}, int64(all.failed+o.failed), all.elapsed+o.elapsed)
		select {
		case <-done:
			return all, slices.Max(took), errors.Join(failed...)
		default:
		}
	}
}

package datasets_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func TestEveryActIsAnnouncedAndRecorded(t *testing.T) {
	c := newCatalogue(t)
	d := valid(t, c)
	who := datasetstest.Officer(d.Department)
	var id string
	acts := []struct {
		name string
		do   func() error
		want string // subject and act in the audit trail
	}{
		{"create", func() error { return c.Service.Save(t.Context(), who, d) }, "dataset create"},
		{"save", func() error { return c.Service.Save(t.Context(), who, d) }, "dataset save"},
		{"add a file", func() (err error) {
			id, err = c.Service.AddResource(t.Context(), who, d, datasets.Resource{Name: "甲"})
			return err
		}, "resource create"},
		{"publish a version", func() error {
			_, err := c.Service.AddVersion(t.Context(), who, d, id, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("甲\n1\n")})
			return err
		}, "resource publish-version"},
		{"publish", func() error { return c.Service.Move(t.Context(), who, d.Slug, datasets.Publish, "", d.Revision) }, "dataset publish"},
		{"withdraw", func() error {
			return c.Service.Move(t.Context(), who, d.Slug, datasets.Withdraw, "有误", d.Revision+1)
		}, "dataset withdraw"},
		{"restore", func() error { return c.Service.Move(t.Context(), who, d.Slug, datasets.Restore, "", d.Revision+2) }, "dataset restore"},
	}
	for _, act := range acts {
		before, err := c.Service.LastChange(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := act.do(); err != nil {
			t.Fatalf("%s: %v", act.name, err)
		}
		changes, err := c.Service.Changes(t.Context(), before, 10)
		if err != nil {
			t.Fatal(err)
		}
		last, err := c.Service.LastChange(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		public := slices.Contains([]string{"publish", "restore"}, act.name)
		if diff := cmp.Diff([]datasets.Change{{Seq: last, DatasetID: d.ID, Slug: d.Slug, Public: public}}, changes); diff != "" || last <= before {
			t.Errorf("%s: %s", act.name, diff)
		}
		var recorded string
		if err := c.Pool.QueryRow(t.Context(), `SELECT subject || ' ' || act FROM audit_entries WHERE actor = $1 ORDER BY id DESC LIMIT 1`, who.ID).Scan(&recorded); err != nil || recorded != act.want {
			t.Errorf("%s is recorded as %s, %v", act.name, recorded, err)
		}
	}
}

// A change, its record and its announcement are there together or not at all.
func TestNothingIsHalfDone(t *testing.T) {
	c := newCatalogue(t)
	d, v := c.File(t, "a.csv", "甲\n1\n")
	before := state(t, c)
	if _, err := c.Pool.Exec(t.Context(), `ALTER TABLE changes ADD CONSTRAINT full_up CHECK (seq < 0) NOT VALID`); err != nil {
		t.Fatal(err)
	}
	who := datasetstest.Officer(d.Department)
	changed := *d
	changed.Title = "改过"
	for name, err := range map[string]error{
		"save":   c.Service.Save(t.Context(), who, &changed),
		"create": c.Service.Save(t.Context(), who, valid(t, c)),
		"move":   c.Service.Move(t.Context(), who, d.Slug, datasets.Withdraw, "有误", d.Revision),
		"file":   second(c.Service.AddResource(t.Context(), who, d, datasets.Resource{Name: "乙"})),
		"version": second(c.Service.AddVersion(t.Context(), who, d, v.ResourceID, datasets.NewVersion{
			FileName: "a.csv", Content: strings.NewReader("甲\n2\n")})),
		"vocabulary": c.Service.PutVocabulary(t.Context(), account.System("test"), datasets.Vocabulary{Themes: []datasets.Theme{{Slug: "people", Name: "人", NameEN: "P"}}}),
	} {
		if fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(before, state(t, c)); diff != "" {
		t.Error(diff)
	}
	now, err := c.Service.Dataset(t.Context(), account.Actor{}, d.Slug)
	if err != nil || now.Title != d.Title || now.Revision != d.Revision || len(now.Resources) != 1 || now.Theme.Name != d.Theme.Name {
		t.Errorf("%+v, %v", now, err)
	}
}

// Whoever follows the changes with a number as the only memory misses none,
// however many write at once, and is woken for each.
func TestAFollowerMissesNoChange(t *testing.T) {
	c := newCatalogue(t)
	const writers, each = 6, 8
	entries := make([]*datasets.Dataset, writers)
	for i := range entries {
		entries[i] = c.Dataset(t)
	}
	cursor, err := c.Service.LastChange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := pgx.ConnectConfig(t.Context(), c.Pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close(context.Background()) //nolint:errcheck // the database goes with it
	if _, err := listener.Exec(t.Context(), `LISTEN shuyuan_changes`); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, d := range entries {
		wg.Go(func() {
			for i := range each {
				d.Title = fmt.Sprint("题", i)
				if err := c.Service.Save(t.Context(), datasetstest.Officer(d.Department), d); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := map[int64]int{}
	total := 0
	for total < writers*each {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		_, err := listener.WaitForNotification(ctx)
		cancel()
		if err != nil {
			t.Fatalf("after %d of %d changes: %v", total, writers*each, err)
		}
		for {
			changes, err := c.Service.Changes(t.Context(), cursor, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(changes) == 0 {
				break
			}
			for _, ch := range changes {
				if ch.Seq <= cursor {
					t.Errorf("change %d after %d", ch.Seq, cursor)
				}
				cursor = ch.Seq
				seen[ch.DatasetID]++
				total++
			}
		}
	}
	wg.Wait()
	for _, d := range entries {
		if seen[d.ID] != each {
			t.Errorf("%d changes of entry %d were seen, want %d", seen[d.ID], d.ID, each)
		}
	}
}

// A writer whose number is higher waits for the one whose number is lower: a
// number that shows up late would never be seen.
func TestNumbersShowUpInTheirOrder(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	before, err := c.Service.LastChange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slow, err := c.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Rollback(context.Background())                                               //nolint:errcheck // a no-op once committed
	if _, err := slow.Exec(t.Context(), `SELECT pg_advisory_xact_lock(7301)`); err != nil { // as every writer does before its insert
		t.Fatal(err)
	}
	if _, err := slow.Exec(t.Context(), `INSERT INTO changes (dataset_id, at) VALUES ($1, now())`, d.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Service.Save(t.Context(), datasetstest.Officer(d.Department), d) }()
	waiting := func() bool {
		var n int
		if err := c.Pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7301 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 1
	}
	for !waiting() {
		select {
		case err := <-done:
			t.Fatalf("the second writer did not wait: %v", err)
		default:
		}
	}
	if changes, err := c.Service.Changes(t.Context(), before, 10); err != nil || len(changes) != 0 {
		t.Errorf("a follower sees %v before either commits, %v", changes, err)
	}
	if err := slow.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	changes, err := c.Service.Changes(t.Context(), before, 10)
	if err != nil || len(changes) != 2 || changes[0].Seq >= changes[1].Seq {
		t.Errorf("%v, %v", changes, err)
	}
}

func TestTheIndexMayKnowThisOfAnEntry(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	c.Version(t, d, id, "a.csv", "旧\n1\n")
	c.Version(t, d, id, "a.csv", "代码,人口\n1,2\n", datasets.Field{Name: "代码", Label: "区划代码", LabelEN: "Code", Codes: []datasets.Code{{Value: "350100", Label: "福州市"}, {Value: "350200"}}})
	c.Resource(t, d)
	got, err := c.Service.IndexEntriesOf(t.Context(), []int64{d.ID, 999_999})
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	if diff := cmp.Diff([][]string{{"Code", "人口", "代码", "区划代码"}, {"350100", "350200", "福州市"}}, [][]string{got[0].Columns, got[0].Values}); diff != "" {
		t.Error(diff)
	}
	var slugs []string
	for i := range 5 {
		slugs = append(slugs, c.Dataset(t, func(d *datasets.Dataset) { d.Slug = fmt.Sprintf("more-%d", i) }).Slug)
	}
	var read []string
	for after := d.ID; ; {
		part, err := c.Service.IndexEntries(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(part) == 0 {
			break
		}
		for _, e := range part {
			read, after = append(read, e.Slug), e.ID
		}
	}
	if diff := cmp.Diff(slugs, read); diff != "" {
		t.Error(diff)
	}
}

// counter counts the queries of a pool.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return ctx
}

func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestQueriesDoNotGrowWithWhatIsShown(t *testing.T) {
	c := newCatalogue(t)
	var d *datasets.Dataset
	fill := func(n int) {
		for range n {
			d = c.Dataset(t, func(d *datasets.Dataset) { d.Tags = []string{"甲"} })
			for range 2 {
				id := c.Resource(t, d)
				c.Version(t, d, id, "a.csv", "甲\n1\n")
				c.Version(t, d, id, "a.csv", "甲\n1\n")
			}
		}
	}
	cfg, err := pgxpool.ParseConfig(c.Pool.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	queries := &counter{}
	cfg.ConnConfig.Tracer = queries
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s := datasets.NewService(pool, c.Store, &datasetstest.Gate{}, c.Clock)
	ctx, who := t.Context(), account.Actor{}
	most := map[string]int{
		"List": 3, "Find": 3, "BySlugs": 2, "Dataset": 2, "Resource": 2, "Related": 4, "Versions": 1, "Departments": 1, "Themes": 1, "Stats": 5, "IndexEntries": 2, "Changes": 1, "Addresses": 1, "Popularity": 1, "Preview": 1, "TagsInEnglish": 1,
	}
	count := func() map[string]int {
		got := map[string]int{}
		for name, do := range map[string]func() error{
			"List":          func() error { return second(s.List(ctx, who, datasets.Filter{})) },
			"Find":          func() error { return second(s.Find(ctx, who, "数据", datasets.Filter{})) },
			"BySlugs":       func() error { return second(s.BySlugs(ctx, who, []string{"dataset-1", d.Slug})) },
			"Dataset":       func() error { return second(s.Dataset(ctx, who, d.Slug)) },
			"Resource":      func() error { _, _, err := s.Resource(ctx, who, d.Resources[0].ID); return err },
			"Related":       func() error { return second(s.Related(ctx, who, d, 6)) },
			"Versions":      func() error { return second(s.Versions(ctx, who, d.Resources[0].ID)) },
			"Departments":   func() error { return second(s.Departments(ctx, who)) },
			"Themes":        func() error { return second(s.Themes(ctx, who)) },
			"Stats":         func() error { return second(s.Stats(ctx, who)) },
			"IndexEntries":  func() error { return second(s.IndexEntries(ctx, 0, 100)) },
			"Changes":       func() error { return second(s.Changes(ctx, 0, 100)) },
			"Addresses":     func() error { return second(s.Addresses(ctx, who)) },
			"Popularity":    func() error { return second(s.Popularity(ctx)) },
			"TagsInEnglish": func() error { return second(s.TagsInEnglish(ctx, who, []string{"人口", "年度"})) },
			"Preview":       func() error { return s.Preview(ctx, who, d.Resources[0].Newest) },
		} {
			queries.n = 0
			if err := do(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got[name] = queries.n
		}
		return got
	}
	for _, n := range []int{2, 9} {
		fill(n)
		if d, err = s.Dataset(ctx, who, d.Slug); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(most, count()); diff != "" {
			t.Errorf("with %d more: %s", n, diff)
		}
	}
}

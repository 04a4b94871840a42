package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/database/embedded"
	"shuyuan/licensing"
)

// writer publishes files beside a running server, as an import does.
type writer struct {
	catalogue *datasets.Service
	officer   account.Actor
	dataset   *datasets.Dataset
	resource  string
	pool      *pgxpool.Pool
}

// newWriter is newWriterOn the embedded default under data.
func newWriter(t testing.TB, data string) *writer {
	t.Helper()
	url, err := embedded.RunningURL(filepath.Join(data, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.NewDir(filepath.Join(data, "files"))
	if err != nil {
		t.Fatal(err)
	}
	return newWriterOn(t, url, store)
}

// newWriterOn makes one public dataset with one resource.
func newWriterOn(t testing.TB, url string, store blob.Store) *writer {
	t.Helper()
	pool, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	w := &writer{pool: pool, catalogue: datasets.NewService(pool, store, licensing.Gate{}, time.Now)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.catalogue.PutVocabulary(t.Context(), account.System("test"), datasets.Vocabulary{
		Regions:     []datasets.Region{{Code: "350000", Name: "福建省", NameEN: "Fujian"}},
		Licences:    []datasets.Licence{{ID: "CC-BY-4.0", Name: "署名 4.0", NameEN: "Attribution 4.0", Attribution: true}},
		Themes:      []datasets.Theme{{Slug: "people", Name: "人口", NameEN: "People"}},
		Departments: []datasets.Department{{Slug: "tjj", Name: "统计局", NameEN: "Bureau of Statistics", Region: "350000"}},
	}))
	department, err := w.catalogue.Department(t.Context(), account.Actor{}, "tjj")
	must(err)
	theme, err := w.catalogue.Theme(t.Context(), account.Actor{}, "people")
	must(err)
	w.officer = account.Actor{ID: -1, Name: "test", Roles: []account.Role{account.Officer}, Department: department.Item.ID}
	w.dataset = &datasets.Dataset{
		Slug: "acknowledged", Title: "已确认的数据", Summary: "用于测试的数据。", Source: "示例来源", Department: department.Item, Theme: theme.Item,
		Licence: datasets.Licence{ID: "CC-BY-4.0"}, Region: datasets.Region{Code: "350000"}, Open: datasets.Unconditional,
		ShareType: string(datasets.Unconditional), Frequency: datasets.Annual, LastUpdated: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC),
	}
	must(w.catalogue.Save(t.Context(), w.officer, w.dataset))
	w.resource, err = w.catalogue.AddResource(t.Context(), w.officer, w.dataset, datasets.Resource{Name: "年报"})
	must(err)
	must(w.catalogue.Move(t.Context(), w.officer, w.dataset.Slug, datasets.Publish, "", w.dataset.Revision))
	return w
}

// add publishes text as the next version, and returns its number once that is
// acknowledged.
func (w *writer) add(ctx context.Context, text string) (int, error) {
	v, err := w.catalogue.AddVersion(ctx, w.officer, w.dataset, w.resource, datasets.NewVersion{
		FileName: "report.csv", Content: strings.NewReader(text), Reason: "更新",
	})
	if err != nil {
		return 0, err
	}
	return v.Number, nil
}

// publish returns the path of the new version.
func (w *writer) publish(t testing.TB, text string) string {
	t.Helper()
	number, err := w.add(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return w.address(number)
}

func (w *writer) address(number int) string {
	return fmt.Sprintf("/d/%s/%d/report.csv", w.resource, number)
}

func TestNothingAcknowledgedIsLost(t *testing.T) {
	for _, c := range []struct {
		killed  string
		app, db bool
	}{
		{killed: "the server", app: true},
		{killed: "PostgreSQL", db: true},
		{killed: "both", app: true, db: true},
	} {
		t.Run(c.killed, func(t *testing.T) {
			t.Parallel()
			p := start(t, t.TempDir())
			w := newWriter(t, p.data)
			text := func(n int) string { return fmt.Sprintf("年份,数值\n2025,%d\n", n) }
			acknowledged := make(chan int, 10_000)
			go func() {
				defer close(acknowledged)
				for n := 1; ; n++ {
					number, err := w.add(t.Context(), text(n))
					if err != nil {
						return // the blow has fallen; whether this one was kept nobody knows
					}
					acknowledged <- number
				}
			}()
			var kept []int
			for len(kept) < 20 {
				kept = append(kept, <-acknowledged)
			}
			if c.db {
				if err := syscall.Kill(p.postmaster(), syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
			if c.app {
				p.signal(syscall.SIGKILL)
				p.exit(t, 10*time.Second)
			}
			for number := range acknowledged { // until the writer notices
				kept = append(kept, number)
			}
			if c.app {
				p = start(t, p.data)
			}
			eventually(t, "the server is ready again", func() bool { status, _ := get(t, p.admin+"/readyz"); return status == 200 })
			for i, number := range kept {
				if body := wants(t, p.base+w.address(number), 200); body != text(i+1) {
					t.Fatalf("version %d is %q, want %q", number, body, text(i+1))
				}
			}
			succeeds(t, p.data, "check")
			t.Logf("%d acknowledged versions are all there", len(kept))
		})
	}
}

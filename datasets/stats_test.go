package datasets_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// promisedAgain makes an entry late that has kept its promise.
func promisedAgain(t *testing.T, c *datasetstest.Catalogue, d *datasets.Dataset, due time.Time) {
	t.Helper()
	if _, err := c.Pool.Exec(t.Context(), `UPDATE datasets SET next_due = $1 WHERE id = $2`, due, d.ID); err != nil {
		t.Fatal(err)
	}
}

func TestStatsCountWhatThereIs(t *testing.T) {
	c := newCatalogue(t)
	due := func(d int) *time.Time { day := time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC); return &day }
	other, theme := c.Department(t), c.Theme(t)
	first, v := c.File(t, "a.csv", "甲\n1\n2\n")
	c.Version(t, first, v.ResourceID, "a.csv", "甲\n1\n2\n3\n")
	c.Version(t, first, c.Resource(t, first), "b.json", `[{"甲":1}]`)
	promisedAgain(t, c, first, *due(21))
	c.File(t, "c.csv", "甲\n1\n", func(d *datasets.Dataset) {
		d.Open, d.Department, d.Theme, d.NextDue, d.Frequency = datasets.Conditional, other, theme, due(22), datasets.Monthly
	})
	c.Dataset(t, func(d *datasets.Dataset) { d.Frequency, d.NextDue = datasets.Never, due(1) })
	c.File(t, "d.csv", "甲\n1\n", func(d *datasets.Dataset) { d.Open, d.NextDue = datasets.Withheld, due(1) })
	c.File(t, "e.csv", "甲\n1\n", func(d *datasets.Dataset) { d.Status = datasets.Draft })
	got, err := c.Service.Stats(t.Context(), account.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.ByDay) != 30 || got.ByDay[29].Day.Format(time.DateOnly) != "2026-11-22" || got.ByDay[0].Day.Format(time.DateOnly) != "2026-10-24" {
		t.Errorf("days %v", got.ByDay)
	}
	got.ByDay = nil
	want := datasets.Stats{
		Datasets: 3, Unconditional: 2, Conditional: 1, Files: 3, Rows: 3 + 1, Bytes: int64(len("甲\n1\n2\n3\n") + len(`[{"甲":1}]`) + len("甲\n1\n")), Versions: 4,
		Departments: 2, Themes: 2, Promised: 2, Overdue: 1,
		ByFormat: []datasets.Bar{{Value: "csv", Count: 2}, {Value: "json", Count: 1}}, ByFrequency: []datasets.Bar{{Value: "annual", Count: 1}, {Value: "monthly", Count: 1}, {Value: "never", Count: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmptyCatalogueHasStats(t *testing.T) {
	c := newCatalogue(t)
	got, err := c.Service.Stats(t.Context(), account.Actor{})
	if err != nil || got.Datasets != 0 || got.Files != 0 || len(got.ByDay) != 30 || got.ByFormat != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// A page that names an entry late, and the figures, agree to the minute.
func TestWhatIsLateIsCountedLate(t *testing.T) {
	c := newCatalogue(t)
	due := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	d := c.Dataset(t, func(d *datasets.Dataset) { d.NextDue = &due })
	for at, want := range map[string]int{"2026-11-22T23:59:59+08:00": 0, "2026-11-23T00:00:00+08:00": 1, "2026-11-22T16:00:00Z": 1, "2026-11-22T15:59:59Z": 0} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		c.Set(now)
		stats, err := c.Service.Stats(t.Context(), account.Actor{})
		if err != nil {
			t.Fatal(err)
		}
		department, err := c.Service.Department(t.Context(), account.Actor{}, d.Department.Slug)
		if err != nil {
			t.Fatal(err)
		}
		theme, err := c.Service.Theme(t.Context(), account.Actor{}, d.Theme.Slug)
		if err != nil {
			t.Fatal(err)
		}
		late := list(t, c, datasets.Filter{Late: true}).Total
		shown := 0
		if d.Fresh(now) == datasets.Overdue {
			shown = 1
		}
		if got := []int{stats.Overdue, department.Overdue, theme.Overdue, late, shown}; !slices.Equal(got, []int{want, want, want, want, want}) {
			t.Errorf("%s: %v late, want %d", at, got, want)
		}
		if stats.Promised != 1 || department.Promised != 1 || theme.Promised != 1 {
			t.Errorf("%d %d %d promised", stats.Promised, department.Promised, theme.Promised)
		}
	}
}

func TestDepartmentsAndThemesAreCounted(t *testing.T) {
	c := newCatalogue(t)
	far := c.Place(t, "351000", "远市", "Far")
	a := c.Department(t, func(d *datasets.Department) { d.Slug, d.Name, d.Region = "a", "乙局", far.Code })
	b := c.Department(t, func(d *datasets.Department) { d.Slug, d.Name = "b", "丙局" })
	c.Department(t, func(d *datasets.Department) { d.Slug, d.Name = "c", "甲局" })
	x, y := c.Theme(t, func(th *datasets.Theme) { th.Slug = "x" }), c.Theme(t, func(th *datasets.Theme) { th.Slug = "y" })
	for _, d := range []datasets.Dataset{{Department: a, Theme: x}, {Department: a, Theme: x, Open: datasets.Conditional}, {Department: b, Theme: y}, {Department: b, Theme: x, Open: datasets.Withheld}, {Department: b, Theme: x, Status: datasets.Draft}} {
		c.Dataset(t, func(to *datasets.Dataset) {
			to.Department, to.Theme = d.Department, d.Theme
			if d.Open != "" {
				to.Open = d.Open
			}
			if d.Status != "" {
				to.Status = d.Status
			}
		})
	}
	departments, err := c.Service.Departments(t.Context(), account.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	themes, err := c.Service.Themes(t.Context(), account.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range departments {
		got = append(got, fmt.Sprint(d.Item.Slug, d.Datasets))
	}
	for _, th := range themes {
		got = append(got, fmt.Sprint(th.Item.Slug, th.Datasets))
	}
	if diff := cmp.Diff([]string{"b1", "c0", "a2", "x2", "y1"}, got); diff != "" {
		t.Error(diff)
	}
	own, err := c.Service.Department(t.Context(), datasetstest.Officer(b), "b")
	if err != nil || own.Datasets != 3 {
		t.Errorf("the officer counts %d, %v", own.Datasets, err)
	}
}

func TestUseIsCountedByTheDayInChina(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	draft := c.Dataset(t, func(d *datasets.Dataset) { d.Status = datasets.Draft })
	c.Set(time.Date(2026, 11, 22, 15, 59, 59, 0, time.UTC))
	c.Service.CountView(d.ID)
	c.Service.CountView(draft.ID)
	c.Service.CountView(999_999)
	c.Set(time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)) // the 23rd
	c.Service.CountView(d.ID)
	c.Service.CountDownload(d.ID, 100)
	for range 2 { // the second has nothing to add
		if err := c.Service.FlushUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c.Service.CountDownload(d.ID, 11)
	if err := c.Service.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	var days string
	if err := c.Pool.QueryRow(t.Context(), `SELECT string_agg(format('%s %s %s %s %s', dataset_id, day, views, downloads, bytes), E'\n' ORDER BY dataset_id, day) FROM usage_days`).Scan(&days); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%[1]d 2026-11-22 1 0 0\n%[1]d 2026-11-23 1 2 111", d.ID); days != want {
		t.Errorf("days:\n%s\nwant\n%s", days, want)
	}
	now, err := c.Service.Dataset(t.Context(), account.Actor{}, d.Slug)
	if err != nil || now.Views != 2 || now.Downloads != 2 || now.Uses() != 12 {
		t.Errorf("%d views, %d downloads, %d uses, %v", now.Views, now.Downloads, now.Uses(), err)
	}
	popular, err := c.Service.Popularity(t.Context())
	if diff := cmp.Diff([]datasets.Popularity{{DatasetID: d.ID, Slug: d.Slug, Uses: 12}}, popular); diff != "" || err != nil {
		t.Errorf("%s %v", diff, err)
	}
	stats, err := c.Service.Stats(t.Context(), account.Actor{})
	if err != nil || stats.Views != 2 || stats.Downloads != 2 || stats.ByDay[29].Views != 1 || stats.ByDay[29].Downloads != 2 || stats.ByDay[28].Views != 1 || stats.ByDay[27].Views != 0 {
		t.Errorf("%+v, %v", stats, err)
	}
}

func TestNoUseIsLostWhenTheDatabaseDoesNotAnswer(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	c.Service.CountView(d.ID)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Service.FlushUsage(gone); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	c.Service.CountView(d.ID)
	if err := c.Service.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	now, err := c.Service.Dataset(t.Context(), account.Actor{}, d.Slug)
	if err != nil || now.Views != 2 {
		t.Errorf("%d views, %v", now.Views, err)
	}
}

// Replicas that flush the same entries at once neither wait for each other in a
// circle nor lose a count.
func TestReplicasFlushAtOnce(t *testing.T) {
	c := newCatalogue(t)
	var all []*datasets.Dataset
	for range 6 {
		all = append(all, c.Dataset(t))
	}
	var wg sync.WaitGroup
	for range 4 {
		replica := datasets.NewService(c.Pool, c.Store, &datasetstest.Gate{}, c.Clock)
		wg.Go(func() {
			for range 10 {
				for _, d := range all {
					replica.CountView(d.ID)
				}
				if err := replica.FlushUsage(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, d := range all {
		if now, err := c.Service.Dataset(t.Context(), account.Actor{}, d.Slug); err != nil || now.Views != 40 {
			t.Errorf("%s: %d views, %v", d.Slug, now.Views, err)
		}
	}
}

func TestARenewedVocabularyAnnouncesWhoShowsIt(t *testing.T) {
	c := newCatalogue(t)
	place := c.Place(t, "350100", "福州市", "Fuzhou")
	d := c.Dataset(t, func(d *datasets.Dataset) { d.Region = place })
	c.Dataset(t, func(d *datasets.Dataset) { d.Department, d.Theme = c.Department(t), c.Theme(t) })
	put := func(v datasets.Vocabulary) []int64 {
		t.Helper()
		before, err := c.Service.LastChange(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Service.PutVocabulary(t.Context(), account.System("test"), v); err != nil {
			t.Fatal(err)
		}
		changes, err := c.Service.Changes(t.Context(), before, 100)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for _, ch := range changes {
			ids = append(ids, ch.DatasetID)
		}
		return ids
	}
	office, theme, licence := d.Department, d.Theme, d.Licence
	office.Aliases = []string{"统计"}
	theme.Name = "人口与就业"
	place.Name = "福州"
	for name, v := range map[string]datasets.Vocabulary{
		"department": {Departments: []datasets.Department{office}}, "theme": {Themes: []datasets.Theme{theme}}, "region": {Regions: []datasets.Region{place}},
	} {
		if got := put(v); !slices.Equal(got, []int64{d.ID}) {
			t.Errorf("%s: announced %v, want %d", name, got, d.ID)
		}
		if got := put(v); got != nil {
			t.Errorf("%s: what changed nothing announced %v", name, got)
		}
	}
	licence.Terms = "请注明来源。"
	if got := put(datasets.Vocabulary{Licences: []datasets.Licence{licence}}); len(got) != 2 {
		t.Errorf("licence: announced %v", got)
	}
	now, err := c.Service.Dataset(t.Context(), account.Actor{}, d.Slug)
	if err != nil || now.Department.Aliases[0] != "统计" || now.Theme.Name != "人口与就业" || now.Region.Name != "福州" || now.Licence.Terms != "请注明来源。" {
		t.Errorf("%+v, %v", now, err)
	}
}

func TestOnlyAnAdministratorKeepsTheVocabulary(t *testing.T) {
	c := newCatalogue(t)
	v := datasets.Vocabulary{Themes: []datasets.Theme{{Slug: "x", Name: "甲", NameEN: "A"}}}
	for name, who := range map[string]account.Actor{"visitor": {}, "officer": datasetstest.Officer(c.Office(t))} {
		if err := c.Service.PutVocabulary(t.Context(), who, v); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, v := range map[string]datasets.Vocabulary{
		"a slug of capitals":      {Themes: []datasets.Theme{{Slug: "X", Name: "甲", NameEN: "A"}}},
		"no name":                 {Themes: []datasets.Theme{{Slug: "x", NameEN: "A"}}},
		"a name turned round":     {Departments: []datasets.Department{{Slug: "x", Name: "局\u202e", NameEN: "A", Region: "350000"}}},
		"NUL in an alias":         {Departments: []datasets.Department{{Slug: "x", Name: "局", NameEN: "A", Region: "350000", Aliases: []string{"\x00"}}}},
		"a region of letters":     {Departments: []datasets.Department{{Slug: "x", Name: "局", NameEN: "A", Region: "fujian"}}},
		"a code too short":        {Regions: []datasets.Region{{Code: "35", Name: "省", NameEN: "P"}}},
		"a script for an address": {Licences: []datasets.Licence{{ID: "x", Name: "甲", NameEN: "A", URL: "javascript:alert(1)"}}},
		"terms of a megabyte":     {Licences: []datasets.Licence{{ID: "x", Name: "甲", NameEN: "A", Terms: strings.Repeat("长", 1<<20)}}},
	} {
		if err := c.Service.PutVocabulary(t.Context(), account.System("test"), v); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, found := range map[string]func() (int, error){
		"regions":  func() (int, error) { r, err := c.Service.Regions(t.Context()); return len(r), err },
		"licences": func() (int, error) { l, err := c.Service.Licences(t.Context()); return len(l), err },
		"themes": func() (int, error) {
			th, err := c.Service.Themes(t.Context(), account.Actor{})
			return len(th) + 1, err
		},
	} {
		if n, err := found(); err != nil || n != 1 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

package portal

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
)

// twoVersions is a file in two versions: one row less, one more, two with
// another number, and one column more.
func (w *world) twoVersions(t *testing.T, options ...func(*datasets.Dataset)) *datasets.Dataset {
	t.Helper()
	d := w.Dataset(t, append([]func(*datasets.Dataset){func(d *datasets.Dataset) { d.Slug = "schools" }}, options...)...)
	id := w.Resource(t, d, func(r *datasets.Resource) { r.ID, r.NameEN = "schoolscsv", "Schools" })
	key := datasets.Field{Name: "编号", Label: "学校编号", LabelEN: "School number", Type: "text", Key: true}
	w.Version(t, d, id, "学校.csv", "编号,名称,人数\n1,一中,100\n2,二中,200\n3,三中,300\n4,四中,400\n", key)
	key.Description = "学校的唯一编号"
	if _, err := w.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, datasets.NewVersion{
		FileName: "学校.csv", Content: strings.NewReader("编号,名称,人数,区\n1,一中,110,鼓楼\n3,三中,310,台江\n4,四中,400,仓山\n5,五中,500,晋安\n"),
		Fields: [][]datasets.Field{{key}}, Reason: "更正人数", ReasonEN: "Numbers corrected",
	}); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAPageSaysWhatAVersionChanged(t *testing.T) {
	w := newAskedWorld(t)
	w.twoVersions(t)
	a := w.get(t, "/datasets/schools/resources/schoolscsv/changes/2")
	page := a.page(t)
	if a.status != 200 || page.Find("h1").Text() != "第 2 版与上一版比" {
		t.Fatalf("%d %q", a.status, page.Find("h1").Text())
	}
	if got := strings.Join(strings.Fields(page.Find("#summary li").Text()), ""); got != "新增1行，删去1行，改动2行，1行不变。按主键逐行比较：编号列有变化" {
		t.Errorf("in short: %s", got)
	}
	if !strings.Contains(page.Find(".head .from").Text(), "更正人数") {
		t.Error("the reason is not said")
	}
	if got := cells(page.Find("#columns tbody")); got != "新增 区 — 文本" {
		t.Errorf("columns: %s", got)
	}
	if got := cells(page.Find("#words tbody")); got != "编号 定义 — 学校的唯一编号" {
		t.Errorf("dictionary: %s", got)
	}
	var kinds []string
	for _, row := range page.Find("#rows tbody tr").EachIter() {
		kinds = append(kinds, cells(row))
	}
	want := []string{"±改动 1 1 1 一中 原 100 新 110", "±改动 3 2 3 三中 原 300 新 310", "−删去 2 — 2 二中 200", "+新增 — 4 5 五中 500"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
	if page.Find("#rows td.differs del").Length() != 2 || page.Find("#rows td.differs ins").Length() != 2 {
		t.Error("cells that differ do not show both values")
	}
	if got := w.get(t, "/datasets/schools/resources/schoolscsv/changes/2?kind=added").page(t).Find("#rows tbody tr").Length(); got != 1 {
		t.Errorf("%d added rows", got)
	}
	english := w.get(t, "/datasets/schools/resources/schoolscsv/changes/2", "Accept-Language", "en").page(t)
	if got := strings.Join(strings.Fields(english.Find("#summary li").Text()), " "); !strings.HasPrefix(got, "1 rows added, 1 removed, 2 changed, 1 as they were.") {
		t.Errorf("in English: %s", got)
	}
	if got := w.get(t, "/datasets/schools/resources/schoolscsv/changes/1"); got.status != 200 || !strings.Contains(got.body, "这是第一版") {
		t.Errorf("the first version: %d", got.status)
	}
}

func TestDifferingRowsAreDownloaded(t *testing.T) {
	w := newAskedWorld(t)
	w.twoVersions(t)
	a := w.get(t, "/datasets/schools/resources/schoolscsv/changes/2/rows.csv?from=1&kind=changed")
	if a.status != 200 || a.body != "\uFEFF变化,原行号,新行号,次数,编号（原）,编号（新）,名称（原）,名称（新）,人数（原）,人数（新）\nchanged,1,1,1,1,1,一中,一中,100,110\nchanged,3,2,1,3,3,三中,三中,300,310\n" {
		t.Errorf("%d %q", a.status, a.body)
	}
	if a.header.Get("Content-Disposition") != `attachment; filename="schoolscsv-changes-1-2.csv"; filename*=UTF-8''schoolscsv-changes-1-2.csv` {
		t.Error(a.header)
	}
}

func TestAddressesOfChanges(t *testing.T) {
	w := newAskedWorld(t)
	w.twoVersions(t)
	for _, c := range []struct {
		path, to string
		status   int
	}{
		{"", "/datasets/schools/resources/schoolscsv/changes/2", 303},
		{"?from=1&to=2", "/datasets/schools/resources/schoolscsv/changes/2", 303},
		{"?from=2&to=1", "/datasets/schools/resources/schoolscsv/changes/2", 303},
		{"?from=2&to=2", "", 400},
		{"?from=x", "", 400},
		{"/2?from=2", "", 400},
		{"/2?from=7", "", 400},
		{"/3", "", 404},
		{"/02", "", 404},
		{"/-1", "", 404},
		{"/2?kind=drop", "", 400},
		{"/2?table=2", "", 400},
		{"/2?cursor=abc", "", 400},
		{"/2?where=1", "", 400},
		{"/1/rows.csv", "", 404},
	} {
		a := w.get(t, "/datasets/schools/resources/schoolscsv/changes"+c.path)
		if a.status != c.status || a.header.Get("Location") != c.to {
			t.Errorf("%s: %d %s", c.path, a.status, a.header.Get("Location"))
		}
	}
}

// A new version takes nothing from the old one: its page, its bytes and its
// rows stay where they were.
func TestOldAddressesStayAlive(t *testing.T) {
	w := newAskedWorld(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug = "schools" })
	id := w.Resource(t, d)
	w.Version(t, d, id, "a.csv", "编号\n1\n")
	paths := []string{"/d/" + id + "/1/a.csv", "/d/" + id + "/1/data.csv", "/d/" + id + "/1/data.json", "/datasets/schools/resources/" + id + "?version=1", "/datasets/schools/resources/" + id + "/changes/1"}
	before := map[string]answer{}
	for _, path := range paths {
		before[path] = w.get(t, path)
	}
	w.Version(t, d, id, "b.csv", "编号,名称\n2,二中\n")
	w.Changed()
	for _, path := range paths {
		a := w.get(t, path)
		if a.status != 200 || strings.HasPrefix(path, "/d/") && (a.body != before[path].body || a.header.Get("ETag") != before[path].header.Get("ETag")) {
			t.Errorf("%s: %d, %q instead of %q", path, a.status, a.body, before[path].body)
		}
	}
}

func TestConditionalDataIsComparedByColumnsOnly(t *testing.T) {
	w := newAskedWorld(t)
	w.twoVersions(t, func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	a := w.get(t, "/datasets/schools/resources/schoolscsv/changes/2")
	page := a.page(t)
	if a.status != 200 || page.Find("#rows").Length() != 0 || strings.Contains(a.body, "一中") || strings.Contains(a.body, "110") || page.Find("#columns tbody tr").Length() != 1 {
		t.Errorf("%d, rows %d, columns %d", a.status, page.Find("#rows").Length(), page.Find("#columns tbody tr").Length())
	}
	if got := page.Find("#summary").Text(); strings.Contains(got, "改动") {
		t.Errorf("counts of rows are said: %s", got)
	}
	if got := w.get(t, "/datasets/schools/resources/schoolscsv/changes/2/rows.csv"); got.status != 401 && got.status != 403 {
		t.Errorf("rows: %d", got.status)
	}
	hidden := w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Open = "secret", datasets.Withheld })
	id := w.Resource(t, hidden)
	w.Version(t, hidden, id, "a.csv", "a\n1\n")
	w.Version(t, hidden, id, "a.csv", "b\n1\n")
	for _, path := range []string{"/changes", "/changes/2", "/changes/2/rows.csv"} {
		if got := w.get(t, "/datasets/secret/resources/"+id+path); got.status != 404 {
			t.Errorf("of an entry that nobody may know of, %s: %d", path, got.status)
		}
	}
}

func TestDocumentsAreComparedByTheirBytes(t *testing.T) {
	w := newAskedWorld(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug = "papers" })
	id := w.Resource(t, d)
	for _, text := range []string{"1", "12"} {
		if _, err := w.Service.AddVersion(context.Background(), datasetstest.Officer(d.Department), d, id, datasets.NewVersion{FileName: "a.pdf", Content: io.Reader(strings.NewReader("%PDF-1.4\n" + text + "\n%%EOF\n"))}); err != nil {
			t.Fatal(err)
		}
	}
	page := w.get(t, "/datasets/papers/resources/"+id+"/changes/2").page(t)
	if got := strings.TrimSpace(page.Find("#summary").Text()); !strings.Contains(got, "只能说字节不同：从 17 B 到 18 B。") {
		t.Error(got)
	}
}

func TestTheListOfVersionsSaysWhatChanged(t *testing.T) {
	w := newAskedWorld(t)
	w.twoVersions(t)
	if err := w.Service.CompareVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/datasets/schools", "/datasets/schools/resources/schoolscsv"} {
		page := w.get(t, path).page(t)
		line := page.Find("#versions tbody tr").First()
		if got := strings.Join(strings.Fields(line.Text()), " "); !strings.Contains(got, "列有变化 新增 1，删去 1，改动 2 与上一版比") {
			t.Errorf("%s: %s", path, got)
		}
		if href, _ := line.Find("a[href*=changes]").Attr("href"); href != "/datasets/schools/resources/schoolscsv/changes/2" {
			t.Errorf("%s leads to %s", path, href)
		}
	}
}

// cells are the texts of a table's cells, one after another.
func cells(table *goquery.Selection) string {
	return strings.Join(table.Find("th, td").Map(func(_ int, c *goquery.Selection) string { return strings.Join(strings.Fields(c.Text()), " ") }), " ")
}

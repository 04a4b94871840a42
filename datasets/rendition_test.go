package datasets_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// asked is a catalogue in which rows can be converted.
func asked(t *testing.T) *datasetstest.Catalogue {
	t.Helper()
	return datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
}

func rendered(t *testing.T, c *datasetstest.Catalogue, v *datasets.Version, position int, kind string) string {
	t.Helper()
	got, err := content(c.Service.Rendition(t.Context(), account.Actor{}, v, position, kind))
	if err != nil {
		t.Fatal(err)
	}
	return got.(string)
}

func TestTheSameRowsInAnotherFormat(t *testing.T) {
	c := asked(t)
	d := c.Dataset(t)
	v := c.Version(t, d, c.Resource(t, d), "人口.tsv.csv", "区划;人口;说明\r\n0010;12.50;\"甲;\"\"乙\"\"\"\r\n;;<b>\r\n", datasets.Field{Name: "人口", Type: "decimal"})
	for kind, want := range map[string]string{
		datasets.CSV:    "区划,人口,说明\n0010,12.50,\"甲;\"\"乙\"\"\"\n,,<b>\n",
		datasets.CSVBOM: "\uFEFF区划,人口,说明\n0010,12.50,\"甲;\"\"乙\"\"\"\n,,<b>\n",
		datasets.JSON:   "[\n{\"区划\":\"0010\",\"人口\":12.50,\"说明\":\"甲;\\\"乙\\\"\"},\n{\"区划\":null,\"人口\":null,\"说明\":\"<b>\"}\n]\n",
	} {
		f, err := c.Service.Rendition(t.Context(), account.Actor{}, v, 0, kind)
		if err != nil {
			t.Fatal(err)
		}
		if name := map[bool]string{true: "人口.tsv.json", false: "人口.tsv.csv"}[kind == datasets.JSON]; f.Name != name || !f.Modified.Equal(v.PublishedAt) {
			t.Errorf("%s is called %s of %s", kind, f.Name, f.Modified)
		}
		got, err := content(f, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || f.Bytes != int64(len(want)) {
			t.Errorf("%s of %d bytes: %s", kind, f.Bytes, diff)
		}
	}
}

func parse(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestARowWithoutAValueIsStillARow(t *testing.T) {
	c := asked(t)
	_, v := c.File(t, "a.csv", "甲\n1\n\"\"\n3\n")
	if got := rendered(t, c, v, 0, datasets.CSV); got != "甲\n1\n\"\"\n3\n" || len(parse(t, got)) != 4 {
		t.Errorf("%q", got)
	}
	if v.Tables[0].Rows != 3 {
		t.Errorf("%d rows", v.Tables[0].Rows)
	}
}

func TestATableWithoutRowsIsAnEmptyArray(t *testing.T) {
	c := asked(t)
	_, v := c.File(t, "a.csv", "甲,乙\n")
	var got []any
	if err := json.Unmarshal([]byte(rendered(t, c, v, 0, datasets.JSON)), &got); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if got := rendered(t, c, v, 0, datasets.CSV); got != "甲,乙\n" {
		t.Errorf("%q", got)
	}
}

func TestEveryFormatComesOutTheSame(t *testing.T) {
	c := asked(t)
	d := c.Dataset(t)
	want := [][]string{{"代码", "名称"}, {"0010", "上㘵村"}, {"0020", ""}}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("代码,名称\n0010,上㘵村\n0020,\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a.csv":    "代码,名称\n0010,上㘵村\n0020,\n",
		"bom.csv":  "\uFEFF代码,名称\r\n0010,上㘵村\r\n0020,\r\n",
		"gb.csv":   gb,
		"a.tsv":    "代码\t名称\n0010\t上㘵村\n0020\t\n",
		"a.csv.gz": gzipped(t, "代码,名称\n0010,上㘵村\n0020,\n"),
		"a.json":   `[{"代码":"0010","名称":"上㘵村"},{"代码":"0020","名称":null}]`,
		"a.ndjson": `{"代码":"0010","名称":"上㘵村"}` + "\n" + `{"代码":"0020"}`,
	} {
		v := c.Version(t, d, c.Resource(t, d), name, text)
		if diff := cmp.Diff(want, parse(t, rendered(t, c, v, 0, datasets.CSV))); diff != "" {
			t.Errorf("%s as CSV: %s", name, diff)
		}
		var objects []map[string]any
		if err := json.Unmarshal([]byte(rendered(t, c, v, 0, datasets.JSON)), &objects); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]map[string]any{{"代码": "0010", "名称": "上㘵村"}, {"代码": "0020", "名称": nil}}, objects); diff != "" {
			t.Errorf("%s as JSON: %s", name, diff)
		}
		var rows [][]string
		if err := c.Service.Rows(t.Context(), account.Actor{}, v, 0, func(row []string) error {
			rows = append(rows, append([]string{}, row...))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("%s as rows: %s", name, diff)
		}
	}
}

func TestAFileWithoutAHeaderKeepsItsNames(t *testing.T) {
	c := asked(t)
	d := c.Dataset(t)
	v, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, c.Resource(t, d), datasets.NewVersion{
		FileName: "词.txt", Content: strings.NewReader("的\n\"\n了\n"), NoHeader: true, Fields: [][]datasets.Field{{{Name: "停用词"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := rendered(t, c, v, 0, datasets.CSV); got != "停用词\n的\n\"\"\"\"\n了\n" {
		t.Errorf("%q", got)
	}
}

func TestARenditionIsMadeOnce(t *testing.T) {
	c := asked(t)
	_, v := c.File(t, "a.csv", "甲\n1\n")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if got, err := content(c.Service.Rendition(t.Context(), account.Actor{}, v, 0, datasets.JSON)); err != nil || got != "[\n{\"甲\":1}\n]\n" {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	wg.Wait()
	other := datasets.NewService(c.Pool, c.Store, &datasetstest.Gate{}, c.Clock) // another replica, that could not make it
	if _, err := content(other.Rendition(t.Context(), account.Actor{}, v, 0, datasets.JSON)); err != nil {
		t.Fatal(err)
	}
	var kept, objects int
	if err := c.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM renditions), (SELECT count(*) FROM blobs)`).Scan(&kept, &objects); err != nil || kept != 1 || objects != 3 {
		t.Errorf("%d renditions and %d objects, %v", kept, objects, err)
	}
}

func TestThereIsNoOtherKindOrTable(t *testing.T) {
	c := asked(t)
	_, v := c.File(t, "a.csv", "甲\n1\n")
	for _, x := range []struct {
		position int
		kind     string
	}{{0, "docx"}, {0, "zip"}, {0, "geojson"}, {0, ""}, {0, "../../x"}, {1, datasets.CSV}, {-1, datasets.CSV}, {1 << 40, datasets.JSON}} {
		if _, err := c.Service.Rendition(t.Context(), account.Actor{}, v, x.position, x.kind); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s of table %d: %v", x.kind, x.position, err)
		}
	}
	for _, position := range []int{-1, 1} {
		if err := c.Service.Rows(t.Context(), account.Actor{}, v, position, func([]string) error { return nil }); fault.KindOf(err) != fault.NotFound {
			t.Errorf("rows of table %d: %v", position, err)
		}
	}
}

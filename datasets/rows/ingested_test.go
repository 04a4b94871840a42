package rows

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/blob"
)

// ingested reads a file as an upload is read, and gives its first table.
func ingested(t *testing.T, store blob.Store, name, body string) Table {
	t.Helper()
	base, err := os.MkdirTemp("", "shuyuan-ingested-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	if err := os.Chmod(base, 0o711); err != nil {
		t.Fatal(err)
	}
	path, dir := filepath.Join(base, name), filepath.Join(base, "own")
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	report, err := ingest.Run(t.Context(), ingest.Input{File: f, Name: name}, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := report.Tables[0].OpenTable(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	info, err := store.Put(t.Context(), made, 0)
	if err != nil {
		t.Fatal(err)
	}
	table := Table{Parquet: info.Digest, Rows: report.Tables[0].Rows, Key: name}
	for _, c := range report.Tables[0].Columns {
		table.Schema = append(table.Schema, Column{Name: c.Name, Type: Type(c.Type), Store: c.Store, RawKept: c.Raw(), Misfits: c.Misfits})
	}
	return table
}

// What ingest writes is what questions are asked of: types, misfits and places
// mean the same on both sides.
func TestIngestedTablesAnswer(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	var csv strings.Builder
	csv.WriteString("行政区划代码,名称,人口,面积,成立日期,更新时间,是否启用,月份,经度,纬度\n")
	for i := range 200 {
		population := fmt.Sprint(1000 + i)
		if i == 7 {
			population = "约1千"
		}
		fmt.Fprintf(&csv, "0%05d,区%d,%s,%d.%02d,19%02d-0%d-15,2024-05-0%d 08:30:00,%s,2024-0%d,119.%d,26.%d\n", i, i, population, i, i%100, 50+i%50, 1+i%9, 1+i%9, []string{"是", "否"}[i%2], 1+i%9, i%10, i%10)
	}
	table := ingested(t, store, "a.csv", csv.String())
	var types []string
	for _, c := range table.Schema {
		types = append(types, string(c.Type))
	}
	if got := strings.Join(types, " "); got != "text text integer decimal date datetime boolean yearmonth decimal decimal" {
		t.Fatalf("types %s", got)
	}
	r := ask(t, s, table, Query{Where: "行政区划代码 in ('000007', '000008')", OrderBy: "人口"})
	want := [][]any{
		{"000008", "区8", json.Number("1008"), json.Number("8.08"), "1958-09-15", "2024-05-09T08:30:00", true, "2024-09", json.Number("119.8"), json.Number("26.8")},
		{"000007", "区7", Misfit("约1千"), json.Number("7.07"), "1957-08-15", "2024-05-08T08:30:00", false, "2024-08", json.Number("119.7"), json.Number("26.7")},
	}
	if diff := cmp.Diff(want, r.Rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for where, n := range map[string]int64{
		"人口 >= 1100": 100, "人口 is null": 1, `raw(人口) = "约1千"`: 1, "year(成立日期) = 1950": 4, "month(月份) = 1 and 是否启用": 12,
		"更新时间 < '2024-05-02'": 23, "within_distance(point(经度, 纬度), geom'POINT(119.3 26.3)', 1km)": 20, `search("区19")`: 11, "面积 = 7.07": 1,
	} {
		if r := ask(t, s, table, Query{Where: where}); r.Total != n {
			t.Errorf("%s: %d, want %d", where, r.Total, n)
		}
	}
	if got := string(export(t, s, table, Query{Limit: 8}, ExportOptions{Format: CSV})); !strings.HasSuffix(got, "\n000007,区7,约1千,7.07,1957-08-15,2024-05-08 08:30:00,false,2024-08,119.7,26.7\n") {
		t.Errorf("CSV %s", got)
	}
	places := ingested(t, store, "b.csv", "名称,位置\n甲,\"{\"\"type\"\":\"\"Point\"\",\"\"coordinates\"\":[119.3,26.1]}\"\n乙,\"{\"\"type\"\":\"\"Point\"\",\"\"coordinates\"\":[120.3,27.1]}\"\n丙,\n")
	if r := ask(t, s, places, Query{Where: "within_distance(位置, geom'POINT(119.3 26.1)', 1km)"}); r.Total != 1 || r.Rows[0][0] != "甲" {
		t.Errorf("%v %+v", places.Schema, r)
	}
	if got := string(export(t, s, places, Query{}, ExportOptions{Format: GeoJSON})); !strings.Contains(got, `"geometry":{"type":"Point","coordinates":[119.3,26.1]},"properties":{"名称":"甲"}`) || !strings.Contains(got, `"geometry":null`) {
		t.Errorf("GeoJSON %s", got)
	}
}

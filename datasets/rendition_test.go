package datasets_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
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

func rendered(t *testing.T, c *datasetstest.Catalogue, v *datasets.Version, position int, kind string) string {
	t.Helper()
	got, err := content(c.Service.Rendition(t.Context(), account.Actor{}, v, position, kind))
	if err != nil {
		t.Fatal(err)
	}
	return got.(string)
}

func TestTheSameRowsInAnotherFormat(t *testing.T) {
	c := newCatalogue(t)
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

// A value is a number in JSON only where the dictionary says that the column
// holds numbers, and only where nobody who reads it gets another.
func TestWhatIsANumberInJSON(t *testing.T) {
	for _, x := range []struct{ kind, cell, want string }{
		{"text", "12", `"12"`}, {"text", "0010", `"0010"`}, {"text", "", `null`}, {"text", "null", `"null"`}, {"date", "2026", `"2026"`},
		{"integer", "12", `12`}, {"integer", "-12", `-12`}, {"integer", "0", `0`}, {"integer", "0010", `"0010"`}, {"integer", "+5", `"+5"`},
		{"integer", "9007199254740991", `9007199254740991`}, {"integer", "9007199254740993", `"9007199254740993"`},
		{"integer", "01234567890123456789", `"01234567890123456789"`}, {"integer", "１２", `"１２"`}, {"integer", "1,234", `"1,234"`},
		{"decimal", "0.10", `0.10`}, {"decimal", "23.456789012345678", `23.456789012345678`}, {"decimal", "1e3", `1e3`}, {"decimal", "1e400", `"1e400"`},
		{"decimal", "NaN", `"NaN"`}, {"decimal", "Infinity", `"Infinity"`}, {"decimal", ".5", `".5"`}, {"decimal", "0x10", `"0x10"`}, {"decimal", "-0", `-0`}, {"decimal", "1 ", `"1 "`},
		{"decimal", "--", `"--"`}, {"decimal", "—", `"—"`},
		{"boolean", "true", `true`}, {"boolean", "是", `"是"`}, {"boolean", "1", `"1"`},
		{"array", `["a"]`, `["a"]`}, {"array", `[a]`, `"[a]"`}, {"geometry", `{"type":"Point"}`, `{"type":"Point"}`}, {"object", `}`, `"}"`},
	} {
		t.Run(x.kind+" "+x.cell, func(t *testing.T) {
			got := datasets.Written(t, datasets.JSON, []datasets.Field{{Name: "a", Type: x.kind}}, [][]string{{"a"}, {x.cell}})
			if want := "[\n{\"a\":" + x.want + "}\n]\n"; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// A spreadsheet runs what begins like a formula, even where a person only
// opens a file.
func TestNoCellOfOurCSVIsAFormula(t *testing.T) {
	for _, x := range []struct{ cell, want string }{
		{"=1+1", "'=1+1"}, {"+1+1", "'+1+1"}, {"-1+1", "'-1+1"}, {"@SUM(A1)", "'@SUM(A1)"}, {"\t=1", "'\t=1"}, {"\r=1", "'\r=1"}, {" =1", "' =1"}, {"\u3000=1", "'\u3000=1"}, {"\n=1", "'\n=1"},
		{"＝1+1", "'＝1+1"}, {"＋1+1", "'＋1+1"}, {"－1+1", "'－1+1"}, {"＠SUM", "'＠SUM"}, {"=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"}, {"-1.2.3", "'-1.2.3"}, {"+86-591-1234", "'+86-591-1234"},
		{"-1", "-1"}, {"+376", "+376"}, {"-0.5", "-0.5"}, {"-1,234.50", "-1,234.50"}, {"-3.2%", "-3.2%"}, {"-1e-7", "-1e-7"}, {"-", "-"}, {"----", "----"}, {"－", "－"},
		{"a=b", "a=b"}, {"2026-01-15", "2026-01-15"}, {"", ""}, {"'=1", "'=1"}, {"。=", "。="},
	} {
		for _, kind := range []string{datasets.CSV, datasets.CSVBOM} {
			got := parse(t, strings.TrimPrefix(datasets.Written(t, kind, nil, [][]string{{"a", "b"}, {x.cell, "x"}}), "\uFEFF"))
			want := strings.ReplaceAll(x.want, "\r=", "\r=")
			if len(got) != 2 || got[1][0] != want {
				t.Errorf("%s: %q became %q, want %q", kind, x.cell, got, want)
			}
		}
		if got := datasets.Written(t, datasets.JSON, nil, [][]string{{"a"}, {x.cell}}); x.cell != "" && !strings.Contains(got, string(quoted(t, x.cell))) {
			t.Errorf("JSON changed %q to %s", x.cell, got)
		}
	}
}

func quoted(t *testing.T, s string) []byte {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
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
	c := newCatalogue(t)
	_, v := c.File(t, "a.csv", "甲\n1\n\"\"\n3\n")
	if got := rendered(t, c, v, 0, datasets.CSV); got != "甲\n1\n\"\"\n3\n" || len(parse(t, got)) != 4 {
		t.Errorf("%q", got)
	}
	if v.Tables[0].Rows != 3 {
		t.Errorf("%d rows", v.Tables[0].Rows)
	}
}

func TestATableWithoutRowsIsAnEmptyArray(t *testing.T) {
	c := newCatalogue(t)
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
	c := newCatalogue(t)
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
	c := newCatalogue(t)
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
	c := newCatalogue(t)
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
	other := datasets.NewService(c.Pool, c.Store, &datasetstest.Gate{}, c.Clock) // another replica
	if _, err := content(other.Rendition(t.Context(), account.Actor{}, v, 0, datasets.JSON)); err != nil {
		t.Fatal(err)
	}
	var kept, objects int
	if err := c.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM renditions), (SELECT count(*) FROM blobs)`).Scan(&kept, &objects); err != nil || kept != 1 || objects != 3 {
		t.Errorf("%d renditions and %d objects, %v", kept, objects, err)
	}
}

func TestThereIsNoOtherKindOrTable(t *testing.T) {
	c := newCatalogue(t)
	_, v := c.File(t, "a.csv", "甲\n1\n")
	for _, x := range []struct {
		position int
		kind     string
	}{{0, "xlsx"}, {0, ""}, {0, "../../x"}, {1, datasets.CSV}, {-1, datasets.CSV}, {1 << 40, datasets.JSON}} {
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

func FuzzRenditionIsReadBack(f *testing.F) {
	f.Add("a", "b", "1", "")
	f.Add("甲", "\"", "=1\n2", "-1")
	f.Add("x,y", "'", "@\n", "null")
	f.Fuzz(func(t *testing.T, a, b, x, y string) {
		if a == b || strings.ContainsAny(a+b+x+y, "\r\x00") || a != strings.ToValidUTF8(a, "") || b != strings.ToValidUTF8(b, "") || x != strings.ToValidUTF8(x, "") || y != strings.ToValidUTF8(y, "") {
			return // no table holds this
		}
		rows := [][]string{{a, b}, {x, y}, {y, x}}
		back := parse(t, datasets.Written(t, datasets.CSV, nil, rows))
		for i, row := range rows {
			for j, cell := range row {
				if got := back[i][j]; got != cell && got != "'"+cell {
					t.Errorf("CSV: %q became %q", cell, got)
				}
			}
		}
		var objects []map[string]*string
		if err := json.Unmarshal([]byte(datasets.Written(t, datasets.JSON, nil, rows)), &objects); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows[1:] {
			for j, cell := range row {
				if got := objects[i][rows[0][j]]; (got == nil) != (cell == "") || got != nil && *got != cell {
					t.Errorf("JSON: %q became %v", cell, got)
				}
			}
		}
	})
}

func BenchmarkRendition(b *testing.B) {
	rows := [][]string{{"代码", "名称", "人口", "说明"}}
	for i := range 10_000 {
		rows = append(rows, []string{fmt.Sprintf("%06d", i), "福州市鼓楼区", fmt.Sprint(i * 37), "-"})
	}
	for _, kind := range []string{datasets.CSV, datasets.JSON} {
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				b.SetBytes(int64(len(datasets.Written(b, kind, []datasets.Field{{Name: "人口", Type: "integer"}}, rows))))
			}
		})
	}
}

package rows

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"shuyuan/datasets/workbook"
	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

func export(t *testing.T, s *Service, table Table, q Query, o ExportOptions) []byte {
	t.Helper()
	e, err := s.Export(table, q, o)
	if err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	var out bytes.Buffer
	if err := e.Write(t.Context(), &out); err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	return out.Bytes()
}

// want is the answer that an export must hold, cell by cell as text; null is "∅".
func want(t *testing.T, s *Service, table Table, q Query) (names []string, cells [][]string) {
	t.Helper()
	q.Limit = 1000
	r := ask(t, s, table, q)
	for _, f := range r.Fields {
		names = append(names, f.Name)
	}
	for _, row := range r.Rows {
		var line []string
		for _, v := range row {
			line = append(line, plain(v))
		}
		cells = append(cells, line)
	}
	return names, cells
}

func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return "∅"
	case json.RawMessage:
		return string(v)
	}
	return fmt.Sprint(v)
}

// Every format, opened by a reader of its own, holds the same cells.
func TestFormatsHoldTheSameCells(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 300)
	for _, q := range []Query{
		{},
		{Select: "地区, 年份, 数值 * 2 as 双倍, 时间, PM2.5", Where: "`2020年` > 20", OrderBy: "地区 desc, 时间"},
		{Select: "地区, count(*) as n, avg(数值) as `=均值`", GroupBy: "地区", OrderBy: "n desc"},
		{Select: "年份", Where: "年份 = 1"},
		{Select: "年份, 年份, 地区 as 年份_2"},
	} {
		names, cells := want(t, s, table, q)
		unique := once(names)
		for format, read := range map[Format]func(*testing.T, []byte) ([]string, [][]string){
			CSV: readCSV, JSON: readJSON, NDJSON: readNDJSON, XLSX: readXLSX, XML: readXML(unique), Parquet: readParquet(s),
		} {
			t.Run(fmt.Sprintf("%s %s", format, q.Select), func(t *testing.T) {
				gotNames, gotCells := read(t, export(t, s, table, q, ExportOptions{Format: format}))
				if len(cells) > 0 || format == CSV || format == XLSX || format == Parquet {
					if diff := cmp.Diff(unique, gotNames); diff != "" {
						t.Fatalf("names (-want +got):\n%s", diff)
					}
				}
				if diff := cmp.Diff(formed(format, cells), gotCells); diff != "" {
					t.Fatalf("cells (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// formed is how cells look in a format that knows no types, or other ones.
func formed(format Format, cells [][]string) [][]string {
	var out [][]string
	for _, row := range cells {
		var line []string
		for _, c := range row {
			if format == CSV && len(c) == len("2020-01-01T00:00:00") && c[10] == 'T' || format == CSV && len(c) > 20 && c[10] == 'T' && c[13] == ':' {
				c = strings.Replace(c, "T", " ", 1)
			}
			if f, err := strconv.ParseFloat(c, 64); format == XLSX && err == nil && strings.Contains(c, ".") { // its reader shows 15 digits
				c = strconv.FormatFloat(f, 'g', 15, 64)
			}
			if format == XLSX && len(c) > 20 && c[10] == 'T' && c[13] == ':' { // text below a millisecond
				c = strings.Replace(c, "T", " ", 1)
			}
			line = append(line, c)
		}
		out = append(out, line)
	}
	return out
}

func readCSV(t *testing.T, b []byte) ([]string, [][]string) {
	t.Helper()
	// Go's reader cannot tell an empty text from none; ours can, and is tested by its own
	rest := string(b)
	head, rest, ok := strings.Cut(rest, "\n")
	names, err := csv.NewReader(strings.NewReader(head)).Read()
	if !ok || err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(rest)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	in := lineReader{r: bufio.NewReader(strings.NewReader(rest))}
	var cells [][]string
	for _, record := range records {
		line, err := in.read()
		if err != nil || len(line) != len(record) {
			t.Fatalf("%d cells, %d read by Go: %v", len(line), len(record), err)
		}
		var row []string
		for i, c := range line {
			switch {
			case string(c.text) != record[i]:
				t.Fatalf("%q, read by Go as %q", c.text, record[i])
			case c.null:
				row = append(row, "∅")
			default:
				row = append(row, strings.TrimSuffix(record[i], ".0"))
			}
		}
		cells = append(cells, row)
	}
	return names, cells
}

// object is a JSON object with its keys in order.
func object(t *testing.T, raw []byte) (names, cells []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		names, cells = append(names, name.(string)), append(cells, jsonPlain(t, v))
	}
	return names, cells
}

func jsonPlain(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	switch raw[0] {
	case 'n':
		return "∅"
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	return string(raw)
}

func readJSON(t *testing.T, b []byte) ([]string, [][]string) {
	t.Helper()
	var all []json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatalf("%v in %.200s", err, b)
	}
	return objects(t, all)
}

func objects(t *testing.T, all []json.RawMessage) (names []string, cells [][]string) {
	t.Helper()
	for _, raw := range all {
		var row []string
		names, row = object(t, raw)
		cells = append(cells, row)
	}
	return names, cells
}

func readNDJSON(t *testing.T, b []byte) ([]string, [][]string) {
	t.Helper()
	var all []json.RawMessage
	for line := range strings.Lines(string(b)) {
		if !json.Valid([]byte(line)) {
			t.Fatalf("no JSON: %q", line)
		}
		all = append(all, json.RawMessage(line))
	}
	return objects(t, all)
}

func readXLSX(t *testing.T, b []byte) ([]string, [][]string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("数据")
	if err != nil {
		t.Fatal(err)
	}
	names := rows[0]
	var cells [][]string
	for r := range rows[1:] {
		var line []string
		for c := range names {
			at, _ := excelize.CoordinatesToCellName(c+1, r+2)
			kind, err := f.GetCellType("数据", at)
			if err != nil {
				t.Fatal(err)
			}
			text, err := f.GetCellValue("数据", at)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := f.GetCellValue("数据", at, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case kind == excelize.CellTypeUnset && raw == "":
				text = "∅"
			case kind == excelize.CellTypeBool:
				text = map[string]string{"1": "true", "0": "false"}[raw]
			case kind == excelize.CellTypeUnset && len(text) == 19: // to the second; the number has the rest
				text = strings.Replace(text, " ", "T", 1)
			case kind == excelize.CellTypeUnset && !strings.Contains(text, "-"):
				text = raw
			}
			line = append(line, text)
		}
		cells = append(cells, line)
	}
	return names, cells
}

// readXML reads rows, in which an element that is not there is null.
func readXML(names []string) func(*testing.T, []byte) ([]string, [][]string) {
	return func(t *testing.T, b []byte) ([]string, [][]string) {
		t.Helper()
		type element struct {
			XMLName xml.Name
			Name    string `xml:"name,attr"`
			Text    string `xml:",chardata"`
		}
		var doc struct {
			Rows []struct {
				Cells []element `xml:",any"`
			} `xml:"row"`
		}
		if err := xml.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for i, name := range names {
			seen[name] = i
		}
		var cells [][]string
		for _, row := range doc.Rows {
			line := make([]string, len(names))
			for i := range line {
				line[i] = "∅"
			}
			for _, c := range row.Cells {
				name := c.Name
				if name == "" {
					name = c.XMLName.Local
				}
				at, ok := seen[name]
				if !ok {
					t.Fatalf("an element for %q", name)
				}
				line[at] = c.Text
			}
			cells = append(cells, line)
		}
		return names, cells
	}
}

// readParquet reads a file of ours in the engine, by the names that it has.
func readParquet(s *Service) func(*testing.T, []byte) ([]string, [][]string) {
	return func(t *testing.T, b []byte) ([]string, [][]string) {
		t.Helper()
		info, err := s.opt.Store.Put(t.Context(), bytes.NewReader(b), 0)
		if err != nil {
			t.Fatal(err)
		}
		file := map[string]blob.Digest{"f": info.Digest}
		var names []string
		if err := s.Ask(t.Context(), Statement{SQL: "SELECT column_name FROM (DESCRIBE SELECT * FROM {f})", Files: file}, func(c []Cell) error {
			names = append(names, c[0].Text)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var cells [][]string
		if err := s.Ask(t.Context(), Statement{SQL: "SELECT * FROM {f} ORDER BY file_row_number", Files: file}, func(c []Cell) error {
			var row []string
			for i := 0; i < len(c); i++ {
				text := strings.TrimSuffix(c[i].Text, ".0")
				if len(text) >= 19 && text[10] == ' ' {
					text = strings.Replace(text, " ", "T", 1)
				}
				raw := i+1 < len(names) && strings.HasSuffix(names[i+1], "_raw")
				switch {
				case raw && c[i].Null && !c[i+1].Null:
					text = c[i+1].Text
				case c[i].Null:
					text = "∅"
				}
				row = append(row, text)
				if raw {
					i++
				}
			}
			cells = append(cells, row)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var plainNames []string
		for _, n := range names {
			if !strings.HasSuffix(n, "_raw") {
				plainNames = append(plainNames, n)
			}
		}
		return plainNames, cells
	}
}

// An export does not begin where it would take the last of the disk.
func TestNoExportFillsTheDisk(t *testing.T) {
	store := newStore(t)
	table := exampleTable(t, store, 10)
	s := service(t, store, func(o *Options) { o.Free = 1 << 60 })
	e, err := s.Export(table, Query{}, ExportOptions{Format: CSV})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = e.Write(t.Context(), &out)
	if f := fault.Of(err); f.Kind != fault.Unavailable || f.Sentence != "存储空间不足，暂时不能导出，请稍后再试。" || out.Len() != 0 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
}

func TestCSVForSpreadsheets(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	table := Table{Rows: 1, Key: "1/1", Parquet: made(t, store, `SELECT '=1+1' AS c0, '-5' AS c1, '+86 591' AS c2, '＝x' AS c3, chr(9) || 'x' AS c4, '@a' AS c5, -7::BIGINT AS c6, NULL::BIGINT AS c7, '-x' AS c7_raw, 'a,"b' AS c8, '' AS c9, NULL::VARCHAR AS c10`)}
	for i := range 11 {
		c := Column{Name: fmt.Sprintf("=c%d", i), Type: Text, Store: fmt.Sprintf("c%d", i)}
		if i == 6 || i == 7 {
			c.Type = Integer
		}
		if i == 7 {
			c.RawKept, c.Misfits = true, 1
		}
		table.Schema = append(table.Schema, c)
	}
	got := string(export(t, s, table, Query{}, ExportOptions{Format: CSV, BOM: true, Safe: true}))
	head := "\uFEFF'=c0,'=c1,'=c2,'=c3,'=c4,'=c5,'=c6,'=c7,'=c8,'=c9,'=c10\n"
	if want := head + "'=1+1,-5,'+86 591,'＝x,'\tx,'@a,-7,'-x,\"a,\"\"b\",\"\",\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	got = string(export(t, s, table, Query{}, ExportOptions{Format: CSV}))
	head = "=c0,=c1,=c2,=c3,=c4,=c5,=c6,=c7,=c8,=c9,=c10\n"
	if want := head + "=1+1,-5,+86 591,＝x,\tx,@a,-7,-x,\"a,\"\"b\",\"\",\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A spreadsheet runs what begins like a formula, even where a person only opens
// a file.
func TestNoCellOfASafeCSVIsAFormula(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	var values, wanted []string
	for _, x := range []struct{ cell, want string }{
		{"=1+1", "'=1+1"}, {"+1+1", "'+1+1"}, {"-1+1", "'-1+1"}, {"@SUM(A1)", "'@SUM(A1)"}, {"\t=1", "'\t=1"}, {"\r=1", "'\r=1"}, {" =1", "' =1"}, {"\u3000=1", "'\u3000=1"}, {"\n=1", "'\n=1"}, {"\u00a0=1", "'\u00a0=1"}, {"\u2003=1", "'\u2003=1"},
		{"＝1+1", "'＝1+1"}, {"＋1+1", "'＋1+1"}, {"－1+1", "'－1+1"}, {"＠SUM", "'＠SUM"}, {"=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"}, {"-1.2.3", "'-1.2.3"}, {"+86-591-1234", "'+86-591-1234"}, {"\tx", "'\tx"},
		{"-1", "-1"}, {"+376", "+376"}, {"-0.5", "-0.5"}, {"-1,234.50", "-1,234.50"}, {"-3.2%", "-3.2%"}, {"-1e-7", "-1e-7"}, {"-", "-"}, {"----", "----"}, {"－", "－"},
		{"a=b", "a=b"}, {"2026-01-15", "2026-01-15"}, {"'=1", "'=1"}, {"。=", "。="}, {" a", " a"},
	} {
		values = append(values, "('"+strings.ReplaceAll(x.cell, "'", "''")+"', 1)")
		wanted = append(wanted, x.want)
	}
	table := Table{Rows: int64(len(values)), Key: "1/1", Schema: Schema{{Name: "a", Type: Text, Store: "c0"}, {Name: "b", Type: Integer, Store: "c1"}},
		Parquet: made(t, store, `SELECT * FROM (VALUES `+strings.Join(values, ", ")+`) t(c0, c1)`)}
	_, cells := readCSV(t, export(t, s, table, Query{}, ExportOptions{Format: CSV, Safe: true}))
	if len(cells) != len(wanted) {
		t.Fatalf("%d rows, want %d", len(cells), len(wanted))
	}
	for i, want := range wanted {
		if got := cells[i][0]; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A whole number that a reader changes who keeps numbers as JavaScript does is
// text in JSON, in answers as in exports.
func TestNoReaderGetsAnotherNumber(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	table := Table{Rows: 1, Key: "1/1", Schema: Schema{{Name: "a", Type: Integer, Store: "c0"}, {Name: "b", Type: Integer, Store: "c1"}, {Name: "c", Type: Decimal, Store: "c2"}},
		Parquet: made(t, store, `SELECT 9007199254740991::BIGINT AS c0, -9007199254740993::BIGINT AS c1, 0.1234567890123456::DOUBLE AS c2`)}
	const want = `{"a":9007199254740991,"b":"-9007199254740993","c":0.1234567890123456}`
	if got := string(export(t, s, table, Query{}, ExportOptions{Format: NDJSON})); got != want+"\n" {
		t.Errorf("got %s", got)
	}
	r, err := s.Query(t.Context(), table, Query{})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(r.Rows); string(got) != `[[9007199254740991,"-9007199254740993",0.1234567890123456]]` {
		t.Errorf("got %s", got)
	}
}

// A column alone in a line: null and an empty text can be told apart, and a line
// of CSV is never empty.
func TestOneColumnOfNulls(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	table := Table{Rows: 3, Key: "1/1", Schema: Schema{{Name: "a", Type: Text, Store: "c0"}}, Parquet: made(t, store, `SELECT * FROM (VALUES (NULL), (''), ('x'), (NULL)) t(c0)`)}
	if got := string(export(t, s, table, Query{}, ExportOptions{Format: NDJSON})); got != "{\"a\":null}\n{\"a\":\"\"}\n{\"a\":\"x\"}\n{\"a\":null}\n" {
		t.Errorf("got %q", got)
	}
	if got := string(export(t, s, table, Query{}, ExportOptions{Format: CSV})); got != "a\n\"\"\n\"\"\nx\n\"\"\n" {
		t.Errorf("got %q", got)
	}
}

func TestTextIsExactInEveryFormat(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	table := Table{Rows: 1, Key: "1/1", Schema: Schema{{Name: `x"<&>` + "\n", Type: Text, Store: "c0"}, {Name: "n", Type: Integer, Store: "c1"}},
		Parquet: made(t, store, `SELECT 'a"b<c>&d' || chr(13) || chr(10) || 'e' || chr(9) || '\ _x000A_ 😀' AS c0, 123456789012345678::BIGINT AS c1 UNION ALL SELECT 'x' || chr(1) || chr(31) || 'y', 7`)}
	text, control := "a\"b<c>&d\r\ne\t\\ _x000A_ 😀", "x\x01\x1fy"
	_, cells := readJSON(t, export(t, s, table, Query{}, ExportOptions{Format: JSON}))
	if diff := cmp.Diff([][]string{{text, "123456789012345678"}, {control, "7"}}, cells); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	names, cells := readXLSX(t, export(t, s, table, Query{}, ExportOptions{Format: XLSX}))
	if diff := cmp.Diff([][]string{{text, "123456789012345678"}, {control, "7"}}, cells); diff != "" || names[0] != table.Schema[0].Name {
		t.Errorf("XLSX %q (-want +got):\n%s", names, diff)
	}
	x := string(export(t, s, table, Query{}, ExportOptions{Format: XML}))
	if !strings.Contains(x, "<x_____ name=\"x&quot;&lt;&amp;&gt;\n\">a&quot;b&lt;c&gt;&amp;d&#13;\ne\t\\ _x000A_ 😀</x_____>") || !strings.Contains(x, `encoding="base64">eAEfeQ==<`) {
		t.Errorf("XML %s", x)
	}
}

func TestGeoJSON(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 20)
	type feature struct {
		Type       string
		Geometry   json.RawMessage
		Properties map[string]any
	}
	read := func(q Query) []feature {
		var all struct {
			Type     string
			Features []feature
		}
		b := export(t, s, table, q, ExportOptions{Format: GeoJSON})
		if err := json.Unmarshal(b, &all); err != nil || all.Type != "FeatureCollection" {
			t.Fatalf("%v %s", err, b)
		}
		return all.Features
	}
	got := read(Query{Select: "地区, 位置, 年份", Limit: 3})
	if len(got) != 3 || string(got[1].Geometry) != `{"type":"Point","coordinates":[119.1,26]}` || fmt.Sprint(got[1].Properties) != "map[地区: 年份:2001]" {
		t.Errorf("%+v", got)
	}
	got = read(Query{Select: "lat, lon, 年份", Limit: 2})
	if len(got) != 2 || string(got[1].Geometry) != `{"type":"Point","coordinates":[119.1,26]}` || fmt.Sprint(got[1].Properties) != "map[lat:26 lon:119.1 年份:2001]" {
		t.Errorf("two columns of numbers: %+v", got)
	}
	if got := read(Query{Select: "位置", Where: "年份 = 1"}); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
	if got := read(Query{Select: "位置", Limit: 1}); len(got) != 1 || len(got[0].Properties) != 0 {
		t.Errorf("a shape alone: %+v", got)
	}
	if _, err := s.Export(table, Query{Select: "地区"}, ExportOptions{Format: GeoJSON}); fault.KindOf(err) != fault.Malformed {
		t.Errorf("no places: %v", err)
	}
	shapes := Table{Rows: 3, Key: "1/1", Schema: Schema{{Name: "g", Type: Geometry, Store: "c0"}},
		Parquet: made(t, store, `SELECT * FROM (VALUES ('POLYGON((0 0,1 0,1 1,0 0))', 0.5::DOUBLE, 0.5::DOUBLE), ('119.3,26.1', 119.3, 26.1), (NULL, NULL, NULL)) t(c0, c0_lon, c0_lat)`)}
	b := string(export(t, s, shapes, Query{}, ExportOptions{Format: GeoJSON}))
	for _, part := range []string{`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`, `{"type":"Point","coordinates":[119.3,26.1]}`, `"geometry":null`} {
		if !strings.Contains(b, part) {
			t.Errorf("no %s in %s", part, b)
		}
	}
}

func TestDataPackage(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 20)
	packed := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	b := export(t, s, table, Query{Select: "年份, 地区, 数值, 时间, 位置"}, ExportOptions{Format: Package, Package: &DataPackage{
		About:   map[string]any{"name": "x", "title": "标题", "licenses": []any{map[string]any{"name": "CC-BY-4.0"}}},
		Columns: map[string]map[string]any{"数值": {"unit": "吨"}, "地区": {"title": "地区名", "description": "说明"}},
		Files:   []PackageFile{{Name: "dictionary.csv", Body: []byte("a,b\n")}, {Name: "LICENSE.txt", Body: []byte("text")}},
		GeoJSON: "位置", At: packed,
	}})
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		if !f.Modified.Equal(packed) {
			t.Errorf("%s is of %s", f.Name, f.Modified)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(body)
	}
	if got := string(export(t, s, table, Query{Select: "年份, 地区, 数值, 时间, 位置"}, ExportOptions{Format: CSV})); files["data.csv"] != got {
		t.Errorf("the data of the package differ from the CSV")
	}
	sum := sha256.Sum256([]byte(files["data.csv"]))
	var about struct {
		Name, Title, Profile string
		Resources            []struct {
			Path, Hash string
			Bytes      int
			Schema     struct{ Fields []map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(files["datapackage.json"]), &about); err != nil {
		t.Fatal(err)
	}
	r := about.Resources[0]
	if about.Title != "标题" || r.Path != "data.csv" || r.Bytes != len(files["data.csv"]) || r.Hash != "sha256:"+hex.EncodeToString(sum[:]) || files["LICENSE.txt"] != "text" || files["dictionary.csv"] == "" {
		t.Errorf("%+v %v", about, files)
	}
	if got, want := fmt.Sprint(r.Schema.Fields), "[map[name:年份 type:any] map[description:说明 name:地区 title:地区名 type:string] map[name:数值 type:number unit:吨] map[format:%Y-%m-%d %H:%M:%S name:时间 type:datetime] map[name:位置 type:geojson]]"; got != want {
		t.Errorf("fields %s\nwant   %s", got, want)
	}
	for _, name := range []string{"data.csv", "../x", "a/b", `a\b`, ""} {
		e, err := s.Export(table, Query{}, ExportOptions{Format: Package, Package: &DataPackage{Files: []PackageFile{{Name: name}}}})
		if err != nil {
			t.Fatal(err)
		}
		if e.Write(t.Context(), io.Discard) == nil {
			t.Errorf("a file called %q was packed", name)
		}
	}
}

func TestASheetSaysWhatItCannotHold(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	table := Table{Rows: 1_048_600, Key: "1/1", Schema: Schema{{Name: "n", Type: Integer, Store: "c0"}, {Name: "t", Type: Text, Store: "c1"}},
		Parquet: made(t, store, `SELECT i AS c0, CASE WHEN i = 2 THEN repeat('长', 40000) END AS c1 FROM range(1048600) t(i)`)}
	b := export(t, s, table, Query{}, ExportOptions{Format: XLSX, English: true})
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	part := func(name string) string {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	sheet, note := part("xl/worksheets/sheet1.xml"), part("xl/worksheets/sheet2.xml")
	if n := strings.Count(sheet, "<row "); n != SheetRows {
		t.Errorf("%d rows", n)
	}
	if !strings.Contains(note, "25 more rows of data are not in it") || !strings.Contains(note, "1 cells were cut") {
		t.Errorf("note: %s", note)
	}
	if n := strings.Count(sheet, "长"); n != workbook.CellUnits {
		t.Errorf("%d characters of a long cell", n)
	}
}

func TestDaysOfASheet(t *testing.T) {
	for text, want := range map[string]string{
		"1900-03-01": "61", "1970-01-01": "25569", "2020-01-31": "43861", "2100-01-01": "73051", "2151-06-01": "91829", "9999-12-31": "2958465",
		"2020-01-31 12:00:00": "43861.5", "2020-01-31 06:00:00.5": "43861.2500057870", "1900-02-28": "", "0001-01-01": "", "x": "",
	} {
		got, _, ok := serial([]byte(text))
		if strings.TrimRight(string(got), "0") != strings.TrimRight(want, "0") || ok != (want != "") {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestNumbersOfASheet(t *testing.T) {
	for text, want := range map[string]bool{
		"1": true, "-1.5": true, "123456789012345": true, "1234567890123456": false, "350100000000000000": false, "0.1": true, "0.30000000000000004": true,
		"1.2345678901234567e+17": true, "123456789012345.67": true, "1234567890123456.789": false, "inf": false, "nan": false, "": false, "-inf": false, "0.00": true,
	} {
		if got := exactNumber([]byte(text)); got != want {
			t.Errorf("%s: got %t", text, got)
		}
	}
}

// A failure before the first row is told, and nothing was written.
func TestAnExportThatFailsWritesNothing(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 100)
	q := Query{Select: "`2020年` * `2020年` * 9999999999999999999 * 9999999999999999999 as x"}
	for _, f := range Formats() {
		if f == GeoJSON {
			continue
		}
		e, err := s.Export(table, q, ExportOptions{Format: f, Package: &DataPackage{}})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := e.Write(t.Context(), &out); fault.KindOf(err) != fault.Malformed || out.Len() > 0 {
			t.Errorf("%s: %d bytes, %v", f, out.Len(), err)
		}
	}
	if _, err := s.Export(table, Query{}, ExportOptions{Format: "../x"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a format that there is not: %v", err)
	}
	if _, err := s.Export(table, Query{Cursor: "x"}, ExportOptions{Format: CSV}); fault.KindOf(err) != fault.Malformed {
		t.Errorf("from a cursor on: %v", err)
	}
}

// A slow reader holds no worker: another export goes through meanwhile, though
// there is one worker for all exports.
func TestASlowReaderKeepsNobodyWaiting(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 200_000)
	e, err := s.Export(table, Query{}, ExportOptions{Format: CSV})
	if err != nil {
		t.Fatal(err)
	}
	started, release, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() { ended <- e.Write(t.Context(), &slow{started: started, release: release}) }()
	<-started
	if n := len(export(t, s, table, Query{Limit: 10}, ExportOptions{Format: CSV})); n == 0 {
		t.Error("nothing exported")
	}
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

type slow struct {
	started, release chan struct{}
	once             bool
}

func (s *slow) Write(b []byte) (int, error) {
	if !s.once {
		s.once = true
		close(s.started)
		<-s.release
	}
	return len(b), nil
}

// Who stops reading stops the work, and leaves nothing behind.
func TestAnExportEndsWithItsReader(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 200_000)
	e, err := s.Export(table, Query{OrderBy: "地区, 数值 desc"}, ExportOptions{Format: JSON})
	if err != nil {
		t.Fatal(err)
	}
	gone := errors.New("gone")
	if err := e.Write(t.Context(), failing{gone}); !errors.Is(err, gone) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if err := e.Write(ctx, io.Discard); err == nil {
		t.Fatal("an export without time ended well")
	}
	if n := len(export(t, s, table, Query{Limit: 10}, ExportOptions{Format: CSV})); n == 0 {
		t.Error("nothing exported afterwards")
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

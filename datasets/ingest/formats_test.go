package ingest_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/fault"
)

// packed is a zip file of these, in the order of their names.
func packed(t testing.TB, entries map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range sorted(entries) {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(entries[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func sorted(m map[string]string) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestEncodingsThatNobodyMarked(t *testing.T) {
	big5, err := traditionalchinese.Big5.NewEncoder().String("編號,名稱,說明\n1,臺灣省立圖書館,本館藏書豐富，歡迎閱覽\n")
	if err != nil {
		t.Fatal(err)
	}
	text := "代码,名称\n0010,福州市鼓楼区\n"
	for _, c := range []struct{ content, encoding, want string }{
		{utf16(t, unicode.LittleEndian, text)[2:], "UTF-16LE", "代码|名称\n0010|福州市鼓楼区"},
		{utf16(t, unicode.BigEndian, text)[2:], "UTF-16BE", "代码|名称\n0010|福州市鼓楼区"},
		{utf16(t, unicode.LittleEndian, "代码,名称\n1,é😀“引号”—・㘵①\n")[2:], "UTF-16LE", "代码|名称\n1|é😀“引号”—・㘵①"},
		{big5, "Big5", "編號|名稱|說明\n1|臺灣省立圖書館|本館藏書豐富，歡迎閱覽"},
		{gb18030(t, "編號,名稱,說明\n1,臺灣省立圖書館,本館藏書豐富，歡迎閱覽\n"), "GB18030", "編號|名稱|說明\n1|臺灣省立圖書館|本館藏書豐富，歡迎閱覽"},
		{gb18030(t, text), "GB18030", "代码|名称\n0010|福州市鼓楼区"},
	} {
		f, err := ingest.Open("a.csv", strings.NewReader(c.content), ingest.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.encoding, err)
			continue
		}
		rows, err := read("a.csv", c.content)
		if err != nil || f.Encoding != c.encoding || rowsOf(rows) != c.want {
			t.Errorf("%s for %s: %q, %v", f.Encoding, c.encoding, rowsOf(rows), err)
		}
		if len(f.Notes) == 0 || !strings.Contains(f.Notes[len(f.Notes)-1].Text(), c.encoding) {
			t.Errorf("%s is not told: %v", c.encoding, f.Notes)
		}
	}
}

func TestRecordsInXML(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"elements":               {`<root><row><代码>0010</代码><名称>甲</名称></row><row><代码>0020</代码><名称/></row></root>`, "代码|名称\n0010|甲\n0020|"},
		"attributes":             {`<root><row 代码="0010" 名称="甲"/><row 代码="0020"/></root>`, "代码|名称\n0010|甲\n0020|"},
		"what is said before":    {`<?xml version="1.0" encoding="UTF-8"?><!-- 说明 --><r><meta><tag>a</tag><tag>b</tag></meta><list><x><a>1</a></x><x><a>2</a></x><x><a>3</a></x></list></r>`, "a\n1\n2\n3"},
		"records within records": {`<r><x id="7"><地址><街道>五四路</街道><号>1</号></地址><标签>a</标签><标签>b"c</标签></x><x id="8"/></r>`, "id|地址.街道|地址.号|标签\n7|五四路|1|[\"a\",\"b\\\"c\"]\n8|||"},
		"one record":             {`<r><x><a>1</a><b>2</b></x></r>`, "a|b\n1|2"},
		"bare values":            {`<r><x>甲</x><x>乙</x></r>`, "text\n甲\n乙"},
		"text with entities":     {`<r><x><a>1 &lt; 2 &#x4E2D;</a></x><x><a><![CDATA[<b>]]></a></x></r>`, "a\n1 < 2 中\n<b>"},
		"namespaces":             {`<w:r xmlns:w="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><w:x xsi:nil="false"><w:a>1</w:a></w:x><w:x><w:a>2</w:a></w:x></w:r>`, "a\n1\n2"},
		"GB18030":                {gb18030(t, `<?xml version="1.0" encoding="GBK"?><r><x><名>上㘵村</名></x><x><名>乙</名></x></r>`), "名\n上㘵村\n乙"},
		"white space":            {"<r>\n <x>\n  <a> 1 </a>\n </x>\n <x>\n  <a/>\n </x>\n</r>", "a\n 1 \n"},
	} {
		rows, err := read("a.xml", c.content)
		if err != nil || rowsOf(rows) != c.want {
			t.Errorf("%s: %q, %v", name, rowsOf(rows), err)
		}
	}
	for name, content := range map[string]string{
		"a document type":        `<!DOCTYPE r [<!ENTITY a "x">]><r><x>&a;</x><x/></r>`,
		"an outside entity":      `<!DOCTYPE r SYSTEM "file:///etc/passwd"><r><x/><x/></r>`,
		"an undeclared entity":   `<r><x>&a;</x><x/></r>`,
		"nested without end":     "<r><x>" + strings.Repeat("<a>", 100_000),
		"cut short":              `<r><x><a>1</a></x><x>`,
		"no records":             `<r/>`,
		"a text that never ends": `<r><x>` + strings.Repeat("x", 9<<20),
		"not XML":                "a,b\n1,2\n",
		"a control character":    "<r><x>\x01</x><x/></r>",
	} {
		rows, err := read("a.xml", content)
		if err == nil {
			t.Errorf("%s is read as %.80q", name, rowsOf(rows))
			continue
		}
		classified(t, err)
	}
}

// shapefile is a layer: columns of text and numbers, and shapes.
type shapefile struct {
	kind   uint32
	fields []string // C:名称:20, N:人口:10
	rows   [][]string
	shapes [][]byte
	prj    string
	cpg    string
	encode func(testing.TB, string) string
}

const wgs84 = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`

func (s shapefile) files(t testing.TB, name string) map[string]string {
	t.Helper()
	var dbf, shp bytes.Buffer
	width := 1
	type column struct {
		kind byte
		size int
	}
	var columns []column
	head := make([]byte, 32)
	var descriptors bytes.Buffer
	for _, f := range s.fields {
		parts := strings.Split(f, ":")
		var size int
		fmt.Sscan(parts[2], &size)
		d := make([]byte, 32)
		title := parts[1]
		if s.encode != nil {
			title = s.encode(t, title)
		}
		copy(d, title)
		d[11], d[16] = parts[0][0], byte(size)
		descriptors.Write(d)
		columns = append(columns, column{parts[0][0], size})
		width += size
	}
	descriptors.WriteByte(0x0D)
	head[0] = 3
	binary.LittleEndian.PutUint32(head[4:], uint32(len(s.rows)))
	binary.LittleEndian.PutUint16(head[8:], uint16(32+descriptors.Len()))
	binary.LittleEndian.PutUint16(head[10:], uint16(width))
	dbf.Write(head)
	dbf.Write(descriptors.Bytes())
	for _, row := range s.rows {
		dbf.WriteByte(' ')
		for i, cell := range row {
			if s.encode != nil {
				cell = s.encode(t, cell)
			}
			pad := strings.Repeat(" ", columns[i].size-len(cell))
			if columns[i].kind == 'N' {
				cell = pad + cell
			} else {
				cell += pad
			}
			dbf.WriteString(cell)
		}
	}
	begin := make([]byte, 100)
	binary.BigEndian.PutUint32(begin, 9994)
	binary.LittleEndian.PutUint32(begin[32:], s.kind)
	shp.Write(begin)
	for i, shape := range s.shapes {
		record := make([]byte, 8)
		binary.BigEndian.PutUint32(record, uint32(i+1))
		binary.BigEndian.PutUint32(record[4:], uint32(len(shape)/2))
		shp.Write(record)
		shp.Write(shape)
	}
	out := map[string]string{name + ".shp": shp.String(), name + ".dbf": dbf.String(), name + ".shx": "x"}
	if s.prj != "" {
		out[name+".prj"] = s.prj
	}
	if s.cpg != "" {
		out[name+".cpg"] = s.cpg
	}
	return out
}

func floats(values ...float64) (out []byte) {
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

func pointShape(lon, lat float64) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, 1), floats(lon, lat)...)
}

func ringShape(kind uint32, rings ...[]float64) []byte {
	out := append(binary.LittleEndian.AppendUint32(nil, kind), floats(0, 0, 0, 0)...)
	total := 0
	for _, r := range rings {
		total += len(r) / 2
	}
	out = binary.LittleEndian.AppendUint32(out, uint32(len(rings)))
	out = binary.LittleEndian.AppendUint32(out, uint32(total))
	at := 0
	for _, r := range rings {
		out = binary.LittleEndian.AppendUint32(out, uint32(at))
		at += len(r) / 2
	}
	for _, r := range rings {
		out = append(out, floats(r...)...)
	}
	return out
}

func TestAShapefileIsReadWithItsShapes(t *testing.T) {
	points := shapefile{kind: 1, fields: []string{"C:代码:6", "C:名称:20", "N:人口:8", "D:日期:8", "L:是否:1"}, prj: wgs84, cpg: "UTF-8",
		rows:   [][]string{{"0010", "上㘵村", "1234", "20200131", "T"}, {"0020", "", "", "", "?"}},
		shapes: [][]byte{pointShape(119.3, 26.1), binary.LittleEndian.AppendUint32(nil, 0)}}
	want := "代码|名称|人口|日期|是否|geometry\n0010|上㘵村|1234|2020-01-31|true|{\"type\":\"Point\",\"coordinates\":[119.3,26.1]}\n0020|||||"
	rows, err := read("a.zip", packed(t, points.files(t, "图层")))
	if err != nil || rowsOf(rows) != want {
		t.Errorf("%q, %v", rowsOf(rows), err)
	}
	gbk := points
	gbk.cpg, gbk.encode = "", gb18030
	gbk.prj = strings.Replace(wgs84, "GCS_WGS_1984", "GCS_China_Geodetic_Coordinate_System_2000", 1)
	if rows, err := read("a.zip", packed(t, gbk.files(t, "layer"))); err != nil || rowsOf(rows) != want {
		t.Errorf("GBK without .cpg: %q, %v", rowsOf(rows), err)
	}

	square := func(x, y, size float64) []float64 {
		return []float64{x, y, x, y + size, x + size, y + size, x + size, y, x, y}
	} // clockwise
	hole := []float64{1, 1, 2, 1, 2, 2, 1, 2, 1, 1}
	areas := shapefile{kind: 5, fields: []string{"C:n:1"}, prj: wgs84, cpg: "UTF-8", rows: [][]string{{"a"}, {"b"}},
		shapes: [][]byte{ringShape(5, square(0, 0, 4), hole), ringShape(5, square(0, 0, 1), square(5, 5, 1))}}
	rows, err = read("a.zip", packed(t, areas.files(t, "x")))
	if want := "n|geometry\na|{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}\n" +
		"b|{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[1,0],[1,1],[0,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,6],[5,5]]]]}"; err != nil || rowsOf(rows) != want {
		t.Errorf("%s, %v", rowsOf(rows), err)
	}
	lines := shapefile{kind: 3, fields: []string{"C:n:1"}, prj: wgs84, cpg: "UTF-8", rows: [][]string{{"a"}, {"b"}},
		shapes: [][]byte{ringShape(3, []float64{0, 0, 1, 1}), ringShape(3, []float64{0, 0, 1, 1}, []float64{2, 2, 3, 3})}}
	rows, err = read("a.zip", packed(t, lines.files(t, "x")))
	if want := "n|geometry\na|{\"type\":\"LineString\",\"coordinates\":[[0,0],[1,1]]}\nb|{\"type\":\"MultiLineString\",\"coordinates\":[[[0,0],[1,1]],[[2,2],[3,3]]]}"; err != nil || rowsOf(rows) != want {
		t.Errorf("%s, %v", rowsOf(rows), err)
	}
}

func TestAShapefileThatCannotBeReadIsRefused(t *testing.T) {
	base := func() shapefile {
		return shapefile{kind: 1, fields: []string{"C:n:1"}, prj: wgs84, cpg: "UTF-8", rows: [][]string{{"a"}, {"b"}}, shapes: [][]byte{pointShape(1, 2), pointShape(3, 4)}}
	}
	for name, c := range map[string]struct {
		change func(*shapefile)
		files  func(map[string]string)
		says   string
	}{
		"another projection":    {change: func(s *shapefile) { s.prj = `PROJCS["CGCS2000_3_Degree_GK_CM_120E",` + wgs84 + `]` }, says: "图层“x”的坐标系不是 WGS 84（EPSG:4326）或 CGCS2000（EPSG:4490）的经纬度，请先转换再传。"},
		"another datum":         {change: func(s *shapefile) { s.prj = strings.Replace(wgs84, "GCS_WGS_1984", "GCS_Beijing_1954", 1) }, says: "图层“x”的坐标系不是 WGS 84（EPSG:4326）或 CGCS2000（EPSG:4490）的经纬度，请先转换再传。"},
		"no projection":         {change: func(s *shapefile) { s.prj = "" }, says: "图层“x”缺少 .dbf 或 .prj 文件：属性表和坐标系说明要一起压缩。"},
		"no attributes":         {files: func(f map[string]string) { delete(f, "x.dbf") }, says: "图层“x”缺少 .dbf 或 .prj 文件：属性表和坐标系说明要一起压缩。"},
		"an unknown encoding":   {change: func(s *shapefile) { s.cpg = "EBCDIC" }, says: "不认识 .cpg 里的编码：EBCDIC"},
		"too few shapes":        {change: func(s *shapefile) { s.shapes = s.shapes[:1] }, says: "图层“x”的图形和属性不一样多。"},
		"too many shapes":       {change: func(s *shapefile) { s.shapes = append(s.shapes, pointShape(5, 6)) }, says: "图层“x”的图形和属性不一样多。"},
		"attributes cut short":  {files: func(f map[string]string) { f["x.dbf"] = f["x.dbf"][:len(f["x.dbf"])-2] }, says: "这不是完好的 Shapefile。"},
		"shapes cut short":      {files: func(f map[string]string) { f["x.shp"] = f["x.shp"][:len(f["x.shp"])-2] }, says: "这不是完好的 Shapefile。"},
		"a shape of two kinds":  {change: func(s *shapefile) { s.shapes[1] = ringShape(5, []float64{0, 0, 1, 1}) }, says: "这不是完好的 Shapefile。"},
		"a count that is wrong": {change: func(s *shapefile) { s.kind = 5; s.shapes[0] = append(ringShape(5)[:40], 255, 255, 255, 255) }, says: "这不是完好的 Shapefile。"},
		"no number":             {change: func(s *shapefile) { s.shapes[0] = pointShape(math.NaN(), 1) }, says: "这不是完好的 Shapefile。"},
		"a kind there is not":   {change: func(s *shapefile) { s.kind = 31 }, says: "不认识的图形类型：31"},
		"not a shapefile":       {files: func(f map[string]string) { f["x.shp"] = strings.Repeat("x", 200) }, says: "这不是完好的 Shapefile。"},
	} {
		s := base()
		if c.change != nil {
			c.change(&s)
		}
		files := s.files(t, "x")
		if c.files != nil {
			c.files(files)
		}
		rows, err := read("a.zip", packed(t, files))
		if err == nil {
			t.Errorf("%s is read as %q", name, rowsOf(rows))
		} else if got := fault.Of(err); got.Text() != c.says || got.Kind != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type parquetRow struct {
	Code  string    `parquet:"代码"`
	Count *int64    `parquet:"数量,optional"`
	Share float64   `parquet:"比例"`
	Day   int32     `parquet:"日期,date"`
	At    time.Time `parquet:"时间,timestamp(microsecond)"`
	Yes   bool      `parquet:"是否"`
	Money int64     `parquet:"金额,decimal(2:12)"`
	In    struct {
		Name string `parquet:"名"`
	} `parquet:"内"`
}

func parquetOf[T any](t testing.TB, rows ...T) string {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAForeignParquetFileIsWrittenAnew(t *testing.T) {
	n := int64(42)
	one := parquetRow{Code: "0010", Count: &n, Share: 0.25, Day: 18292, At: time.Date(2020, 1, 31, 9, 5, 0, 0, time.UTC), Yes: true, Money: 12345}
	one.In.Name = "甲"
	content := parquetOf(t, one, parquetRow{Code: "20", Share: -1e-9, Money: -5, At: time.Date(2020, 2, 29, 23, 59, 59, 500_000_000, time.UTC)})
	rows, err := read("a.parquet", content)
	want := "代码|数量|比例|日期|时间|是否|金额|内.名\n0010|42|0.25|2020-01-31|2020-01-31 09:05:00Z|true|123.45|甲\n20||-1e-09|1970-01-01|2020-02-29 23:59:59.5Z|false|-0.05|"
	if err != nil || rowsOf(rows) != want {
		t.Errorf("%q, %v", rowsOf(rows), err)
	}
	report := ingested(t, "a.parquet", content, ingest.Options{})
	var types []ingest.Type
	for _, c := range report.Tables[0].Columns {
		types = append(types, c.Type)
	}
	if diff := cmp.Diff([]ingest.Type{"text", "integer", "decimal", "date", "datetime", "boolean", "decimal", "text"}, types); diff != "" {
		t.Error(diff)
	}
	type list struct {
		A []string `parquet:"a,list"`
	}
	for name, content := range map[string]string{
		"a list":      parquetOf(t, list{A: []string{"x"}}),
		"binary":      parquetOf(t, struct{ A []byte }{[]byte{0xFF, 0xFE}}),
		"cut short":   content[:len(content)/2],
		"not Parquet": "PAR1 and so on PAR1",
		"spoilt":      content[:200] + strings.Repeat("\xff", 100) + content[300:],
	} {
		rows, err := read("a.parquet", content)
		if err == nil {
			t.Errorf("%s is read as %q", name, rowsOf(rows))
			continue
		}
		classified(t, err)
	}
}

func TestFilesInAnArchive(t *testing.T) {
	table := "代码,名称\n0010,甲\n"
	for name, c := range map[string]struct {
		entries     map[string]string
		format, raw string
		names       []string
	}{
		"one":                   {map[string]string{"数据/a.csv": table}, "csv", "代码|名称\n0010|甲", []string{""}},
		"one and what is about": {map[string]string{"a.csv": table, "说明.txt": "说明", "__MACOSX/a.csv": "x", ".DS_Store": "x"}, "csv", "代码|名称\n0010|甲", []string{""}},
		"two":                   {map[string]string{"a.csv": table, "b.json": `[{"c":1}]`}, "zip", "代码|名称\n0010|甲\nc\n1", []string{"a.csv", "b.json"}},
		"a workbook":            {map[string]string{"a.xlsx": book(t, sheet{cells: [][]any{{"x"}, {1}}}, sheet{cells: [][]any{{"y"}, {2}}})}, "xlsx", "x\n1\ny\n2", []string{"表1", "表2"}},
		"a list of lines":       {map[string]string{"a.txt": "词\n的\n"}, "txt", "词\n的", []string{""}},
	} {
		f, err := ingest.Open("a.zip", strings.NewReader(packed(t, c.entries)), ingest.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var names []string
		var rows [][]string
		for _, table := range f.Tables() {
			names = append(names, table.Name)
			if err := table.Rows(func(row []string) error { rows = append(rows, slices.Clone(row)); return nil }); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(c.names, names); diff != "" || f.Format != c.format || f.Compression != "zip" || rowsOf(rows) != c.raw {
			t.Errorf("%s: %s %s %q %s", name, f.Format, f.Compression, rowsOf(rows), diff)
		}
	}
	if rows, err := read("a.xlsx.gz", zipped(t, book(t, sheet{cells: [][]any{{"x"}, {1}}}))); err != nil || rowsOf(rows) != "x\n1" {
		t.Errorf("a workbook in gzip: %q, %v", rowsOf(rows), err)
	}
}

func TestMergedHeadsBecomeNames(t *testing.T) {
	merge := func(areas ...string) func(*excelize.File, string) error {
		return func(b *excelize.File, name string) error {
			for _, a := range areas {
				from, to, _ := strings.Cut(a, ":")
				if err := b.MergeCell(name, from, to); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		cells [][]any
		merge []string
		want  string
		notes []string
	}{
		"two rows": {[][]any{{"县", "人口", nil, "面积"}, {nil, "男", "女", nil}, {"闽侯", 1, 2, 3}}, []string{"A1:A2", "B1:C1", "D1:D2"},
			"县|人口-男|人口-女|面积\n闽侯|1|2|3", []string{"工作表“表1”的表头有 2 行，合成了一行列名。"}},
		"a title above": {[][]any{{"各县人口"}, {"县", "人口"}, {"闽侯", 1}}, []string{"A1:B1"},
			"县|人口\n闽侯|1", []string{"工作表“表1”前 1 行是标题，没有读作数据。"}},
		"a title and two rows": {[][]any{{"各县人口"}, {"县", "人口"}, {nil, "男", "女"}, {"闽侯", 1, 2}}, []string{"A1:C1", "A2:A3", "B2:C2"},
			"县|人口-男|人口-女\n闽侯|1|2", []string{"工作表“表1”前 1 行是标题，没有读作数据。", "工作表“表1”的表头有 2 行，合成了一行列名。"}},
		"three rows": {[][]any{{"县", "人口"}, {nil, "城镇", nil, "乡村"}, {nil, "男", "女", "男", "女"}, {"闽侯", 1, 2, 3, 4}}, []string{"A1:A3", "B1:E1", "B2:C2", "D2:E2"},
			"县|人口-城镇-男|人口-城镇-女|人口-乡村-男|人口-乡村-女\n闽侯|1|2|3|4", []string{"工作表“表1”的表头有 3 行，合成了一行列名。"}},
		"among the data": {[][]any{{"市", "县"}, {"福州", "闽侯"}, {nil, "连江"}}, []string{"A2:A3"},
			"市|县\n福州|闽侯\n|连江", []string{"工作表“表1”的数据里有 1 处合并单元格：值只在左上角一格，其余各格按空值读。"}},
		"only a header": {[][]any{{"县", "人口"}, {nil, "男", "女"}}, []string{"A1:A2", "B1:C1"},
			"县|人口-男|人口-女", []string{"工作表“表1”的表头有 2 行，合成了一行列名。"}},
	} {
		content := book(t, sheet{cells: c.cells, then: merge(c.merge...)})
		rows, err := read("a.xlsx", content)
		if err != nil || rowsOf(rows) != c.want {
			t.Errorf("%s: %q, %v", name, rowsOf(rows), err)
			continue
		}
		f, err := ingest.Open("a.xlsx", strings.NewReader(content), ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var notes []string
		for _, n := range f.Notes {
			notes = append(notes, n.Text())
		}
		if diff := cmp.Diff(c.notes, notes); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// ingested is what a child says of a file.
func ingested(t testing.TB, name, content string, opt ingest.Options) *ingest.Report {
	t.Helper()
	report, err := ingest.Run(t.Context(), ingest.Input{File: onDisk(t, content), Name: name, Options: opt}, folder(t), nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return report
}

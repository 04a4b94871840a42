package ingest_test

import (
	"strings"
	"testing"

	"shuyuan/datasets/ingest"
)

// Records are found where services put them, and what a file means is taken
// from what it says, not from its ending alone.
func TestRecordsAreFoundInJSON(t *testing.T) {
	const collection = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"名":"甲"},"geometry":{"type":"Point","coordinates":[119,26]}}]`
	for _, c := range []struct{ name, file, content, format, want string }{
		{"the answer of a service", "a.json", `{"code":200,"msg":"ok","data":{"total":2,"list":[{"a":1},{"a":2}]},"ok":true}`, "json", "a\n1\n2"},
		{"lists of other things before it", "a.json", `{"errors":[],"tags":["x"],"columns":[{"n":"a"}],"data":[{"a":1},{"a":2}],"more":[{"b":1}]}`, "json", "a\n1\n2"},
		{"the first of two that are as long", "a.json", `{"x":[{"a":1}],"y":[{"b":1}]}`, "json", "a\n1"},
		{"deeper than anybody writes", "a.json", `{"a":{"b":{"c":{"d":{"e":{"f":{"g":[{"x":1}]}}}}}}}`, "", "文件里没有记录。"},
		{"an object by itself", "a.json", `{"a":1,"b":{"c":[1,2]}}`, "", "文件里没有记录。"},
		{"a list of values", "a.json", `{"a":[1,2,3]}`, "", "文件里没有记录。"},
		{"a record a line under another ending", "a.json", "{\"a\":1}\n{\"a\":2}\n", "ndjson", "a\n1\n2"},
		{"a record a line, with lists in them", "a.json", "{\"a\":[{\"b\":1}]}\n{\"a\":[]}\n", "ndjson", "a\n[{\"b\":1}]\n[]"},
		{"something behind the end", "a.json", `{"x":[{"a":1}]} 7`, "", "不是正确的 JSON"},
		{"cut short behind the records", "a.json", `{"x":[{"a":1}],"y":{`, "", "文件不完整"},
		{"GeoJSON under another ending", "a.json", collection + `}`, "geojson", "名|geometry\n甲|{\"type\":\"Point\",\"coordinates\":[119,26]}"},
		{"GBK", "a.json", gb18030(t, `[{"名称":"上㘵村"}]`), "json", "名称\n上㘵村"},
		{"CGCS2000 before the features", "a.geojson", strings.Replace(collection, `"features"`, `"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},"features"`, 1) + `}`, "geojson", "名|geometry\n甲|{\"type\":\"Point\",\"coordinates\":[119,26]}"},
		{"longitude and latitude behind them", "a.geojson", collection + `,"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}}`, "geojson", "名|geometry\n甲|{\"type\":\"Point\",\"coordinates\":[119,26]}"},
		{"another system before them", "a.geojson", `{"crs":{"type":"name","properties":{"name":"EPSG:3857"}},` + collection[1:] + `}`, "", "坐标系“EPSG:3857”不是 WGS 84"},
		{"another system behind them", "a.geojson", collection + `,"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4528"}}}`, "", "坐标系“urn:ogc:def:crs:EPSG::4528”不是 WGS 84"},
		{"another system under another ending", "a.json", collection + `,"crs":{"type":"name","properties":{"name":"EPSG:3857"}}}`, "", "坐标系“EPSG:3857”不是 WGS 84"},
	} {
		rows, err := read(c.file, c.content)
		if err != nil {
			if c.format != "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
			continue
		}
		f, err := ingest.Open(c.file, strings.NewReader(c.content), ingest.Options{})
		if err != nil || f.Format != c.format || rowsOf(rows) != c.want {
			t.Errorf("%s: %v, %q, want %s %q", c.name, err, rowsOf(rows), c.format, c.want)
		}
	}
}

func TestFilesOfOneNameAreToldApart(t *testing.T) {
	f, err := ingest.Open("a.zip", strings.NewReader(packed(t, map[string]string{"一月/a.csv": "x\n1\n", "二月/a.csv": "x\n2\n", "b.csv": "x\n3\n"})), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, table := range f.Tables() {
		names[table.Name] = true
	}
	if !names["一月/a.csv"] || !names["二月/a.csv"] || !names["b.csv"] {
		t.Errorf("%v", names)
	}
	if _, err := ingest.Open("a.csv.gz.gz", strings.NewReader(zipped(t, zipped(t, "a\n"))), ingest.Options{}); err == nil || !strings.Contains(err.Error(), "压缩包里不能再有压缩包。") {
		t.Error(err)
	}
}

// What is no shape in the column of shapes is a misfit, however many there are.
func TestTheColumnOfShapesStaysOne(t *testing.T) {
	r, err := ingest.Run(t.Context(), ingest.Input{File: onDisk(t, `{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[119,26]}},
		{"type":"Feature","properties":{},"geometry":{"type":"Blob","coordinates":[1,2]}},
		{"type":"Feature","properties":{},"geometry":"POINT"},
		{"type":"Feature","properties":{},"geometry":null}]}`), Name: "a.geojson"}, folder(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Tables[0].Columns[0]; c.Type != ingest.Geometry || c.Misfits != 2 || c.Nulls != 1 || r.Tables[0].Misfits[1].Row != 3 {
		t.Errorf("%+v, %+v", c, r.Tables[0].Misfits)
	}
}

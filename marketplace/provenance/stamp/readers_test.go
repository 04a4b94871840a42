package stamp_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	attestation "github.com/in-toto/attestation/go/v1"
	"github.com/parquet-go/parquet-go"
	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/xuri/excelize/v2"
	"google.golang.org/protobuf/encoding/protojson"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/statement"
)

// noticed fails unless the notice for programs names every source.
func noticed(t *testing.T, raw []byte) {
	t.Helper()
	var n struct {
		Text    []string
		Sources []named
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		t.Fatalf("%v in %.200s", err, raw)
	}
	if !slices.Equal(n.Sources, wanted) || len(n.Text) != 5 {
		t.Errorf("%+v", n)
	}
}

func TestXLSX(t *testing.T) {
	table := stamptest.Odd(t, 300)
	s, _ := stamptest.Sealed(t, table, stamptest.NewKey("platform"))
	f, err := excelize.OpenReader(bytes.NewReader(file(t, stamp.XLSX, table, s)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.GetSheetList(); !slices.Equal(got, []string{"来源说明", "数据"}) {
		t.Fatalf("%q", got)
	}
	lines, err := f.GetRows("来源说明")
	if err != nil {
		t.Fatal(err)
	}
	page := ""
	for _, line := range lines {
		page += strings.Join(line, "\t") + "\n"
	}
	says(t, page)
	data, err := f.GetRows("数据")
	if err != nil || len(data) != 301 || data[4][0] != "１２" || data[2][1] != "厦门\r\n二行" && data[3][1] != " 前后 " {
		t.Errorf("%d rows: %q, %v", len(data), data[:5], err)
	}
	properties, err := f.GetCustomProps()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, p := range properties {
		all[p.Name], _ = p.Value.(string)
	}
	names(t, []byte(all["pd.stamp"]))
	noticed(t, []byte(all["pd.sources"]))
	foot, err := f.GetHeaderFooter("数据")
	if err != nil || !strings.Contains(foot.OddFooter, "省交通运输厅《公路养护作业》第 3 版；获取日期：2026-11-03") || !strings.Contains(foot.OddFooter, "https://data.example.org/verify/") {
		t.Errorf("%+v, %v", foot, err)
	}
}

// A stamp that is longer than one property may be goes on in further ones.
func TestALongStampInAWorkbook(t *testing.T) {
	table := stamptest.Odd(t, 3)
	subject, about, err := stamp.Describe(t.Context(), "x", table)
	if err != nil {
		t.Fatal(err)
	}
	st := stamptest.Statement([]statement.Subject{subject}, []statement.Content{about})
	for range 200 {
		st.Predicate.Declared = append(st.Predicate.Declared, statement.Evidence{Title: strings.Repeat("据", 60), Basis: statement.Declared})
	}
	e, err := stamp.Seal(t.Context(), st, stamptest.NewKey("platform"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := stamp.Open(e, 0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(file(t, stamp.XLSX, table, s)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	properties, err := f.GetCustomProps()
	if err != nil {
		t.Fatal(err)
	}
	got, parts := "", 0
	for _, p := range properties {
		if text, ok := p.Value.(string); ok && strings.HasPrefix(p.Name, "pd.stamp") {
			if got += text; len(text) > 32_767 {
				t.Errorf("%s has %d characters", p.Name, len(text))
			}
			parts++
		}
	}
	if got != string(s.Envelope()) || parts < 2 {
		t.Errorf("%d characters in %d parts, of %d", len(got), parts, len(s.Envelope()))
	}
}

func TestParquet(t *testing.T) {
	table := stamptest.Odd(t, 300)
	s, _ := stamptest.Sealed(t, table, stamptest.NewKey("platform"))
	b := file(t, stamp.Parquet, table, s)
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for key, check := range map[string]func(*testing.T, []byte){"pd.stamp": names, "pd.sources": noticed} {
		value, ok := f.Lookup(key)
		if !ok {
			t.Errorf("no %s", key)
		}
		check(t, []byte(value))
	}
	if f.NumRows() != 300 {
		t.Errorf("%d rows", f.NumRows())
	}
	// DuckDB finds the same, and the rows are still its rows
	out := stamptest.SQL(t, `COPY (SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('{dir}/x.parquet') WHERE decode(key) LIKE 'pd.%' ORDER BY 1) TO '{dir}/kv.json' (FORMAT json);
COPY (SELECT count(*) AS n, sum("年份") AS total, max("时间") AS latest FROM '{dir}/x.parquet') TO '{dir}/n.csv' (FORMAT csv, HEADER false)`, map[string][]byte{"x.parquet": b}, "kv.json")
	d := json.NewDecoder(bytes.NewReader(out))
	var kv [2]struct{ Key, Value string }
	for i := range kv {
		if err := d.Decode(&kv[i]); err != nil {
			t.Fatal(err)
		}
	}
	if kv[0].Key != "pd.sources" || kv[1].Key != "pd.stamp" {
		t.Fatalf("%s, %s", kv[0].Key, kv[1].Key)
	}
	noticed(t, []byte(kv[0].Value))
	names(t, []byte(kv[1].Value))
}

func TestGeoJSON(t *testing.T) {
	table := stamptest.Odd(t, 300)
	s, _ := stamptest.Sealed(t, table, stamptest.NewKey("platform"))
	var doc struct {
		Type     string
		P        provenance `json:"_provenance"`
		Features []struct {
			Type       string
			Geometry   *struct{ Type string }
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(file(t, stamp.GeoJSON, table, s), &doc); err != nil {
		t.Fatal(err)
	}
	doc.P.check(t)
	if doc.Type != "FeatureCollection" || len(doc.Features) != 300 || doc.Features[0].Geometry.Type != "Point" || doc.Features[1].Geometry != nil || len(doc.Features[0].Properties) != 10 {
		t.Errorf("%d features: %+v", len(doc.Features), doc.Features[:2])
	}
}

// A database reads the rows of both without the stamp: a line of NDJSON that is one is
// left out, and a member beside the features is not looked at.
func TestJSONInADatabase(t *testing.T) {
	table := stamptest.Odd(t, 300)
	s, _ := stamptest.Sealed(t, table, stamptest.NewKey("platform"))
	out := stamptest.SQL(t, `COPY (SELECT (SELECT count(*) FROM read_ndjson_objects('{dir}/x.ndjson') WHERE (json->'_provenance') IS NULL) AS lines,
	(SELECT count(*) FROM read_ndjson_objects('{dir}/x.ndjson') WHERE (json->'_provenance') IS NOT NULL) AS stamps,
	(SELECT count(*) FROM read_ndjson_objects('{dir}/x.ndjson') WHERE (json->>'月份') IS NOT NULL) AS rows,
	(SELECT json_array_length(json->'features') FROM read_json_objects('{dir}/x.geojson', format = 'unstructured')) AS features,
	(SELECT json->'features'->0->'geometry'->>'type' FROM read_json_objects('{dir}/x.geojson', format = 'unstructured')) AS shape) TO '{dir}/out.csv' (FORMAT csv, HEADER false)`,
		map[string][]byte{"x.ndjson": file(t, stamp.NDJSON1, table, s), "x.geojson": file(t, stamp.GeoJSON, table, s)}, "out.csv")
	if got := strings.TrimSpace(string(out)); got != "300,1,300,300,Point" {
		t.Error(got)
	}
}

func TestPDF(t *testing.T) {
	table := stamptest.Odd(t, 300)
	s, _ := stamptest.Sealed(t, table, stamptest.NewKey("platform"))
	b := file(t, stamp.PDF, table, s)
	files := within(t, b)
	names(t, files["stamp.dsse.json"])
	if want := unzip(t, file(t, stamp.CSV, table, s))["data.csv"]; !bytes.Equal(files["data.csv"], want) || len(files) != 2 {
		t.Errorf("%d files: %v", len(files), len(files["data.csv"]))
	}
	// XMP stands uncompressed, for whoever looks for it without reading PDF
	for _, want := range []string{"<dc:source>数据来源：省交通运输厅《公路养护作业》第 3 版；获取日期：2026-11-03", "省气象局|逐小时气象观测|https://data.example.org/datasets/weather|17|2026-10-31", "/Metadata"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
	if again := file(t, stamp.PDF, table, s); !bytes.Equal(again, b) {
		t.Error("other bytes each time")
	}
}

// A report is attached to the pages as it was handed in.
func TestReport(t *testing.T) {
	body := file(t, stamp.PDF, stamptest.Odd(t, 5), func() stamp.Stamp { s, _ := stamptest.Sealed(t, stamptest.Odd(t, 5), stamptest.NewKey("x")); return s }())
	subject, about := stamp.DescribeBytes("PRD@1/report", statement.Of(body), int64(len(body)), "application/pdf")
	s, _ := stamptest.SealedAs(t, []statement.Subject{subject}, []statement.Content{about}, stamptest.NewKey("platform"))
	var b bytes.Buffer
	if err := stamp.WriteBytes(t.Context(), &b, stamp.PDF, "年度报告（终稿）.pdf", bytes.NewReader(body), s); err != nil {
		t.Fatal(err)
	}
	files := within(t, b.Bytes())
	names(t, files["stamp.dsse.json"])
	if !bytes.Equal(files["年度报告（终稿）.pdf"], body) || len(files) != 2 {
		t.Errorf("%d files, and another report", len(files))
	}
	if !bytes.Contains(b.Bytes(), []byte("<dc:source>数据来源：省交通运输厅《公路养护作业》第 3 版；获取日期：2026-11-03")) {
		t.Error("what programs read does not name its sources")
	}
	for _, f := range []stamp.Form{stamp.CSV, stamp.JSON, "xml"} {
		if err := stamp.WriteBytes(t.Context(), io.Discard, f, "a.pdf", bytes.NewReader(body), s); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a report as %s: %v", f, err)
		}
	}
}

// within are the files in a PDF, as another reader finds them.
func within(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	api.DisableConfigDir() // it would write to the home of whoever runs the tests
	conf := model.NewDefaultConfiguration()
	if err := api.Validate(bytes.NewReader(b), conf); err != nil {
		t.Errorf("another reader finds it wrong: %v", err)
	}
	found, err := api.ExtractAttachmentsRaw(bytes.NewReader(b), "", nil, conf)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, a := range found {
		if files[a.FileName], err = io.ReadAll(a); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// What is signed is a statement to others who read in-toto, too, and the signature one
// that another reader of DSSE accepts.
func TestInToto(t *testing.T) {
	key := stamptest.NewKey("platform")
	s, e := stamptest.Sealed(t, stamptest.Odd(t, 3), key)
	payload, err := e.DecodeB64Payload()
	if err != nil {
		t.Fatal(err)
	}
	var st attestation.Statement
	if err := protojson.Unmarshal(payload, &st); err != nil {
		t.Fatal(err)
	}
	if err := st.Validate(); err != nil {
		t.Error(err)
	}
	if st.GetSubject()[0].GetDigest()["sha256"] != s.Notice().Content.SHA256 || st.GetPredicateType() != "https://data.example.org/ns/public-data-derivation/v1" {
		t.Errorf("%v", &st)
	}
	sig, err := base64.StdEncoding.DecodeString(e.Signatures[0].Sig)
	if err != nil {
		t.Fatal(err)
	}
	if _, want, err := key.Sign(t.Context(), dsse.PAE("application/vnd.in-toto+json", payload)); err != nil || !bytes.Equal(sig, want) || e.Signatures[0].KeyID != key.ID() {
		t.Error("another signature")
	}
	two, err := stamp.Seal(t.Context(), s.Statement, key, stamptest.NewKey("developer"))
	if err != nil || len(two.Signatures) != 2 || two.Signatures[1].KeyID != stamptest.NewKey("developer").ID() {
		t.Errorf("%+v, %v", two, err)
	}
}

func TestHeaders(t *testing.T) {
	s, _ := stamptest.Sealed(t, stamptest.Odd(t, 3), stamptest.NewKey("platform"))
	all := map[string]string{}
	for _, h := range append(s.Headers("https://data.example.org/api/v1/stamps/1"), stamp.ContentDigest([]byte(`{"hello": "world"}`+"\n"))) {
		all[h.Name] = h.Value
		if strings.ContainsFunc(h.Value, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%s is not ASCII: %s", h.Name, h.Value)
		}
	}
	for name, want := range map[string]string{
		"Link":            `<https://data.example.org/api/v1/stamps/1>; rel="http://www.w3.org/ns/prov#has_provenance"`,
		"X-Data-Source":   `"%E7%9C%81%E4%BA%A4%E9%80%9A%E8%BF%90%E8%BE%93%E5%8E%85/%E5%85%AC%E8%B7%AF%E5%85%BB%E6%8A%A4%E4%BD%9C%E4%B8%9A";version=3, "%E7%9C%81%E6%B0%94%E8%B1%A1%E5%B1%80/%E9%80%90%E5%B0%8F%E6%97%B6%E6%B0%94%E8%B1%A1%E8%A7%82%E6%B5%8B";version=17`,
		"X-Data-Acquired": `"2026-11-03", "2026-10-31"`,
		"Content-Digest":  `sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:`, // RFC 9530, appendix D
	} {
		if all[name] != want {
			t.Errorf("%s: %s", name, all[name])
		}
	}
	var p provenance
	if err := json.Unmarshal(s.Provenance(), &p); err != nil {
		t.Fatal(err)
	}
	p.check(t)
}

func TestForms(t *testing.T) {
	columns := []statement.Column{{Name: "a", Type: "text"}}
	for _, c := range []struct {
		what  string
		about statement.Content
		not   []stamp.Form
		kind  fault.Kind
	}{
		{"small, with places", statement.Content{Form: "table", Columns: columns, Rows: 5, Longest: 10, Places: &statement.Places{Longitude: "a", Latitude: "b", Exact: true}}, nil, 0},
		{"no places", statement.Content{Form: "table", Columns: columns}, []stamp.Form{stamp.GeoJSON}, fault.NotFound},
		{"places that are no GeoJSON", statement.Content{Form: "table", Columns: columns, Places: &statement.Places{Shape: "a"}}, []stamp.Form{stamp.GeoJSON}, fault.NotFound},
		{"as many rows as a sheet has", statement.Content{Form: "table", Columns: columns, Rows: 1_048_575, Places: &statement.Places{Exact: true}}, nil, 0},
		{"a row more", statement.Content{Form: "table", Columns: columns, Rows: 1_048_576, Places: &statement.Places{Exact: true}}, []stamp.Form{stamp.XLSX}, fault.TooLarge},
		{"a long cell", statement.Content{Form: "table", Columns: columns, Longest: 32_768, Places: &statement.Places{Exact: true}}, []stamp.Form{stamp.XLSX}, fault.TooLarge},
		{"many columns", statement.Content{Form: "table", Columns: make([]statement.Column, 16_385), Places: &statement.Places{Exact: true}}, []stamp.Form{stamp.XLSX}, fault.TooLarge},
		{"a report", statement.Content{Form: "bytes", Media: "application/pdf", Bytes: 32 << 20}, nil, 0},
		{"a large report", statement.Content{Form: "bytes", Media: "application/pdf", Bytes: 32<<20 + 1}, []stamp.Form{stamp.PDF}, fault.TooLarge},
		{"large", statement.Content{Form: "table", Columns: columns, Bytes: 9 << 20, Places: &statement.Places{Exact: true}}, []stamp.Form{stamp.PDF}, fault.TooLarge},
	} {
		var not []stamp.Form
		for _, o := range stamp.Forms(c.about) {
			if o.Not != nil {
				if not = append(not, o.Form); o.Not.Kind != c.kind || o.Not.Text() == "" {
					t.Errorf("%s: %v", c.what, o.Not)
				}
			}
		}
		if !slices.Equal(not, c.not) {
			t.Errorf("%s: not %v", c.what, not)
		}
	}
	if got := stamp.Forms(statement.Content{Form: "bytes"}); len(got) != 1 || got[0].Form != stamp.Bytes || got[0].Not != nil {
		t.Errorf("%+v", got)
	}
	// what is not offered is not written
	table := stamptest.Table(t, "SELECT 'x' AS c0", rows.Schema{{Name: "a", Type: rows.Text, Store: "c0"}}, 1)
	s, _ := stamptest.Sealed(t, table, stamptest.NewKey("platform"))
	for _, f := range []stamp.Form{stamp.GeoJSON, stamp.Bytes, "xml"} {
		if err := stamp.Write(t.Context(), io.Discard, f, table, s); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", f, err)
		}
	}
	// nor a cell that a workbook would cut, whatever the statement says
	long := stamptest.Table(t, "SELECT repeat('字', 32768) AS c0", rows.Schema{{Name: "a", Type: rows.Text, Store: "c0"}}, 1)
	if err := stamp.Write(t.Context(), io.Discard, stamp.XLSX, long, s); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("a cell that is too long: %v", err)
	}
	if _, about, err := stamp.Describe(t.Context(), "x", long); err != nil || about.Longest != 32768 || about.Rows != 1 {
		t.Errorf("%+v, %v", about, err)
	}
}

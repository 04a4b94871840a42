package stamp_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"shuyuan/datasets/rows"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/statement"
)

func TestMain(m *testing.M) { os.Exit(stamptest.Main(m)) }

// file is a stamped file of a form.
func file(t *testing.T, f stamp.Form, table stamp.Table, s stamp.Stamp) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := stamp.Write(t.Context(), &b, f, table, s); err != nil {
		t.Fatalf("%s: %v", f, err)
	}
	return b.Bytes()
}

// named are the facts that a file must name of each source (I-44).
type named struct {
	Department, Title, Acquired string
	Version                     int
}

var wanted = []named{{"省交通运输厅", "公路养护作业", "2026-11-03", 3}, {"省气象局", "逐小时气象观测", "2026-10-31", 17}}

// names fails unless raw is an envelope whose statement names every source.
func names(t *testing.T, raw []byte) {
	t.Helper()
	var e struct {
		Payload     string
		PayloadType string
		Signatures  []struct{ KeyID, Sig string }
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatalf("%v in %.200s", err, raw)
	}
	payload, err := base64.StdEncoding.DecodeString(e.Payload)
	if err != nil || e.PayloadType != "application/vnd.in-toto+json" || len(e.Signatures) != 1 {
		t.Fatalf("%v, %s", err, e.PayloadType)
	}
	var s struct {
		Predicate struct {
			Sources []struct {
				DatasetTitle string
				Version      int
				Provider     struct{ Department string }
				Acquired     struct{ Date string }
			}
		}
	}
	if err := json.Unmarshal(payload, &s); err != nil {
		t.Fatal(err)
	}
	var got []named
	for _, one := range s.Predicate.Sources {
		got = append(got, named{one.Provider.Department, one.DatasetTitle, one.Acquired.Date, one.Version})
	}
	if len(got) != len(wanted) || got[0] != wanted[0] || got[1] != wanted[1] {
		t.Errorf("%+v", got)
	}
}

// says fails unless a text names every source in both languages.
func says(t *testing.T, text string) {
	t.Helper()
	for _, want := range []string{
		"数据来源：省交通运输厅《公路养护作业》第 3 版；获取日期：2026-11-03", "数据来源：省气象局《逐小时气象观测》第 17 版；获取日期：2026-10-31",
		"Source: Department of Transport, “Road works”, version 3; acquired on 2026-11-03", "AUTH-2026-000001", "https://data.example.org/verify/", "PRD-2026-000412", "开发方自行声明、本平台没有记录：自有传感器数据",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %s: %s", want, text)
		}
	}
}

func unzip(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if all[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestCSV(t *testing.T) {
	table := stamptest.Odd(t, 300)
	s, _ := stamptest.Sealed(t, table, stamptest.NewKey("platform"))
	parts := unzip(t, file(t, stamp.CSV, table, s))
	if len(parts) != 4 {
		t.Errorf("%d files", len(parts))
	}
	names(t, parts["stamp.dsse.json"])
	says(t, string(parts["来源说明.txt"]))
	records, err := csv.NewReader(bytes.NewReader(parts["data.csv"])).ReadAll()
	if err != nil || len(records) != 301 || records[1+3][0] != "１２" {
		t.Errorf("%d records, %v", len(records), err)
	}
	var about struct {
		Context     any    `json:"@context"`
		URL         string `json:"url"`
		TableSchema struct {
			Columns []struct{ Titles, Datatype string }
		}
		Source []struct {
			Publisher string `json:"dc:publisher"`
			Title     string `json:"dc:title"`
			Version   int    `json:"schema:version"`
			Acquired  string `json:"schema:sdDatePublished"`
		} `json:"dc:source"`
	}
	if err := json.Unmarshal(parts["data.csv-metadata.json"], &about); err != nil {
		t.Fatal(err)
	}
	if about.URL != "data.csv" || len(about.TableSchema.Columns) != len(records[0]) || len(about.Source) != 2 {
		t.Errorf("%+v", about)
	}
	for i, c := range about.TableSchema.Columns {
		if c.Titles != records[0][i] {
			t.Errorf("column %d is called %s and %s", i, c.Titles, records[0][i])
		}
	}
	for i, one := range about.Source {
		if (named{one.Publisher, one.Title, one.Acquired, one.Version}) != wanted[i] {
			t.Errorf("%+v", one)
		}
	}
}

// provenance is the object of a stamp in JSON.
type provenance struct {
	Text, TextEN []string
	Sources      []struct {
		Department, Title, Acquired string
		Version                     int
	}
	Envelope json.RawMessage
}

func (p provenance) check(t *testing.T) {
	t.Helper()
	names(t, p.Envelope)
	for i, one := range p.Sources {
		if named(one) != wanted[i] {
			t.Errorf("%+v", one)
		}
	}
	if len(p.Sources) != 2 || len(p.Text) != 5 || len(p.TextEN) != 5 {
		t.Errorf("%d sources, %d lines, %d in English", len(p.Sources), len(p.Text), len(p.TextEN))
	}
}

func TestJSON(t *testing.T) {
	table := stamptest.Odd(t, 300)
	s, _ := stamptest.Sealed(t, table, stamptest.NewKey("platform"))
	var doc struct {
		P    provenance `json:"_provenance"`
		Data []map[string]any
	}
	if err := json.Unmarshal(file(t, stamp.JSON, table, s), &doc); err != nil {
		t.Fatal(err)
	}
	doc.P.check(t)
	if len(doc.Data) != 300 || doc.Data[2]["地区"] != " 前后 " {
		t.Errorf("%d rows: %v", len(doc.Data), doc.Data[2])
	}
	lines := strings.Split(strings.TrimSpace(string(file(t, stamp.NDJSON1, table, s))), "\n")
	var first struct {
		P provenance `json:"_provenance"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	first.P.check(t)
	parts := unzip(t, file(t, stamp.NDJSON, table, s))
	names(t, parts["stamp.dsse.json"])
	says(t, string(parts["来源说明.txt"]))
	if rest := strings.Join(lines[1:], "\n") + "\n"; rest != string(parts["data.ndjson"]) || len(lines) != 301 {
		t.Errorf("%d lines, others than without a first one", len(lines))
	}
}

func TestWhatIsNotStamped(t *testing.T) {
	table := stamptest.Odd(t, 30)
	s, e := stamptest.Sealed(t, table, stamptest.NewKey("platform"))
	other := table
	other.Query = rows.Query{Select: "地区, 年份"}
	var b bytes.Buffer
	if err := stamp.Write(t.Context(), &b, stamp.CSV, other, s); err == nil || b.Len() > 0 {
		t.Error("a table with other columns was stamped")
	}
	if err := stamp.WriteBytes(t.Context(), &b, stamp.Bytes, "model.bin", strings.NewReader("x"), s); err == nil || b.Len() > 0 {
		t.Error("bytes got the stamp of a table")
	}
	if _, err := stamp.Open(e, 1); err == nil {
		t.Error("the stamp of a subject that there is not")
	}
	bad := *e
	bad.PayloadType = "text/plain"
	if _, err := stamp.Open(&bad, 0); err == nil {
		t.Error("an envelope of something else")
	}
	if _, err := stamp.Open(&dsse.Envelope{PayloadType: e.PayloadType, Payload: "e30="}, 0); err == nil {
		t.Error("a statement that says nothing")
	}
	if _, err := stamp.Seal(t.Context(), &statement.Statement{}, stamptest.NewKey("platform")); err == nil {
		t.Error("a statement that says nothing was sealed")
	}
	if _, err := stamp.Seal(t.Context(), s.Statement); err == nil {
		t.Error("a statement that nobody signed")
	}
}

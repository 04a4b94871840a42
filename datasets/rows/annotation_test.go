package rows

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// What travels beside the rows changes none of them, and names an export anew.
func TestAnnotationsLeaveRowsAlone(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 60)
	note := &Annotation{Member: "_about", Object: json.RawMessage(`{"of":"x"}`), Pairs: [][2]string{{"a", "b"}}, Sheet: "说明", Lines: []string{"一", "", "二"}, Line: "50 & 50"}
	_, cells := want(t, s, table, Query{})
	for _, f := range Formats() {
		o := ExportOptions{Format: f, Annotation: note}
		e, err := s.Export(table, Query{}, o)
		if f == CSV || f == XML || f == Package {
			if err == nil {
				t.Errorf("%s takes an annotation", f)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		bare, err := s.Export(table, Query{}, ExportOptions{Format: f})
		if err != nil {
			t.Fatal(err)
		}
		if e.Tag() == bare.Tag() {
			t.Errorf("%s: one tag for two files", f)
		}
		b := export(t, s, table, Query{}, o)
		switch f {
		case JSON:
			var doc struct {
				About map[string]string `json:"_about"`
				Data  json.RawMessage
			}
			if err := json.Unmarshal(b, &doc); err != nil || doc.About["of"] != "x" {
				t.Fatalf("%v, %v", doc.About, err)
			}
			if _, got := readJSON(t, doc.Data); len(got) != len(cells) {
				t.Errorf("%d rows", len(got))
			}
		case NDJSON:
			first, rest, _ := strings.Cut(string(b), "\n")
			if first != `{"_about":{"of":"x"}}` || rest != string(export(t, s, table, Query{}, ExportOptions{Format: f})) {
				t.Errorf("%s", first)
			}
		case GeoJSON:
			plain := string(export(t, s, table, Query{}, ExportOptions{Format: f}))
			if want := strings.Replace(plain, `"features"`, `"_about":{"of":"x"},"features"`, 1); string(b) != want {
				t.Errorf("%.200s", b)
			}
		case XLSX:
			if _, got := readXLSX(t, b); len(got) != len(cells) {
				t.Errorf("%d rows in the workbook", len(got))
			}
		}
	}
	for _, bad := range []*Annotation{{Member: "x", Object: json.RawMessage("{")}, {Object: json.RawMessage("{}")}} {
		if _, err := s.Export(table, Query{}, ExportOptions{Format: JSON, Annotation: bad}); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	empty := export(t, s, table, Query{Where: "年份 = 1"}, ExportOptions{Format: NDJSON, Annotation: note})
	if string(empty) != "{\"_about\":{\"of\":\"x\"}}\n" {
		t.Errorf("without rows: %q", empty)
	}
}

// Each yields what the CSV shows, cell by cell.
func TestEachIsTheCSV(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 300)
	_, records := readCSV(t, export(t, s, table, Query{}, ExportOptions{Format: CSV}))
	e, err := s.Export(table, Query{}, ExportOptions{Format: CSV})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := e.Each(t.Context(), func(row []Value) error {
		for i, v := range row {
			got := strings.TrimSuffix(string(v.Text), ".0")
			if v.Null {
				got = "∅"
			}
			if got != records[n][i] {
				t.Fatalf("row %d, cell %d: %q, in CSV %q", n, i, got, records[n][i])
			}
		}
		n++
		return nil
	}); err != nil || n != 300 {
		t.Errorf("%d rows, %v", n, err)
	}
	if !bytes.Equal([]byte(e.Fields()[0].Name), []byte("年份")) {
		t.Errorf("%+v", e.Fields())
	}
}

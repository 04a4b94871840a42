package engine

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/fault"
)

// A mount holds the approved columns and the rows of its filter, and is made once.
func TestAMountIsWhatWasApproved(t *testing.T) {
	r := newRig(t, nil)
	s := r.tables["persons"]
	s.Columns, s.Where = s.Columns[:2], "district = '鼓楼'"
	a, err := r.Prepare(t.Context(), space, s)
	if err != nil {
		t.Fatal(err)
	}
	if a.Rows != 100 || len(a.Columns) != 2 {
		t.Errorf("%+v", a)
	}
	again, err := r.Prepare(t.Context(), space, s)
	if err != nil || !cmp.Equal(a, again) {
		t.Errorf("%s %v", cmp.Diff(a, again), err)
	}
	got, err := r.execute(t.Context(), Job{Workspace: space, Mounts: []Prepared{*a}, Limits: DefaultLimits()}, task{SQL: "select * from persons"})
	if err != nil || len(got.columns) != 2 || len(got.rows) != 100 {
		t.Fatalf("%v %v", got, err)
	}
	for _, row := range got.rows {
		if row[1] != "鼓楼" || strings.HasPrefix(cell2(row[0]), "p") {
			t.Fatal(row)
		}
	}
	files := map[string]bool{a.File: true}
	for _, change := range []func(*Source){
		func(s *Source) { s.Where = "" }, func(s *Source) { s.Columns = s.Columns[:1] },
		func(s *Source) { s.Columns = slices.Clone(s.Columns); s.Columns[1].Use = Aggregate },
		func(s *Source) { s.Table.Parquet = r.tables["visits"].Table.Parquet },
	} {
		other := s
		change(&other)
		name, err := other.digest(space)
		if err != nil || files[name] {
			t.Errorf("the same file: %v", err)
		}
		files[name] = true
	}
}

func cell2(v any) string { b, _ := json.Marshal(v); return strings.Trim(string(b), `"`) }

func TestWhatCannotBeMounted(t *testing.T) {
	r := newRig(t, nil)
	for name, change := range map[string]func(*Source){
		"no column":        func(s *Source) { s.Columns = nil },
		"an unknown one":   func(s *Source) { s.Columns[1].Name = "nothing" },
		"twice":            func(s *Source) { s.Columns[1].Name = "ID"; s.Store = map[string]string{"ID": "district"} },
		"one of ours":      func(s *Source) { s.Columns[1].Name = "__row"; s.Store = map[string]string{"__row": "district"} },
		"no use":           func(s *Source) { s.Columns[1].Use = "" },
		"a key of nobody":  func(s *Source) { s.Columns[0].Kind = "" },
		"a wrong filter":   func(s *Source) { s.Where = "district = " },
		"a filter with ;":  func(s *Source) { s.Where = "district = 'x'; drop table t" },
		"an unknown where": func(s *Source) { s.Where = "nothing = 1" },
	} {
		s := r.tables["persons"]
		s.Columns = slices.Clone(s.Columns)
		change(&s)
		if _, err := r.Prepare(t.Context(), space, s); err == nil || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Statistics tell nothing of few, samples are made of them alone, always the same.
func TestStatisticsAndSamples(t *testing.T) {
	r := newRig(t, nil)
	p, err := r.Prepare(t.Context(), space, r.tables["persons"])
	if err != nil {
		t.Fatal(err)
	}
	district := p.Statistics.Columns[1]
	if len(district.Frequent) != 4 || slices.ContainsFunc(district.Frequent, func(s Share) bool { return s.Value == "孤岛" }) {
		t.Errorf("%+v", district)
	}
	income := p.Statistics.Columns[3]
	if income.Low == nil || *income.Low < 1000 || *income.High > 10000 || len(income.Frequent) > 0 {
		t.Errorf("%+v", income)
	}
	if p.Statistics.Rows != 400 || len(p.Statistics.Columns[0].Frequent) > 0 {
		t.Errorf("%+v", p.Statistics)
	}
	a, b := Samples(p, 50), Samples(p, 50)
	if !cmp.Equal(a, b) || len(a) != 50 || len(a[0]) != 4 {
		t.Error("samples differ")
	}
	text, err := json.Marshal(a)
	if err != nil || strings.Contains(string(text), "孤岛") {
		t.Errorf("%s %v", text, err)
	}
	air, err := r.Prepare(t.Context(), space, r.tables["air_hourly"])
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range Samples(air, 20) {
		if s := row[1].(string); s < "2024-01-01" || s > "2024-07-31" {
			t.Error(row)
		}
	}
}

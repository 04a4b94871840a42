package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
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
		name, err := r.digest(space, other)
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

// Two workspaces with other columns under other names, and a later version: who
// stands behind a result is the same wherever it is.
func TestSubjectsAreTheSameInEveryWorkspace(t *testing.T) {
	r := newRig(t, nil)
	other := Workspace{ID: "w2", Key: []byte("another key of another workspace")}
	sketch := func(w Workspace, s Source, text string) disclosure.Kind {
		t.Helper()
		p, err := r.Prepare(t.Context(), w, s)
		if err != nil {
			t.Fatal(err)
		}
		code := Code{SQL: text}
		j := Job{Workspace: w, Mounts: []Prepared{*p}, Code: code, Digest: code.digest(), Limits: DefaultLimits()}
		held, err := r.Run(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Measure(t.Context(), j, held.Table)
		if err != nil {
			t.Fatal(err)
		}
		return got.Table.Sketches[0][0]
	}
	far := func(a, b disclosure.Kind) (n int32) {
		if a.Name != b.Name {
			t.Errorf("%s and %s", a.Name, b.Name)
		}
		for k, v := range a.Sketch {
			n += max(v-b.Sketch[k], b.Sketch[k]-v)
		}
		return n
	}
	renamed := func(s Source, from, to int) Source {
		s.Name, s.Store = "t", map[string]string{}
		s.Columns = slices.Clone(s.Columns[from:to])
		for i, c := range s.Columns {
			s.Columns[i].Name = "x" + strconv.Itoa(i)
			s.Store[s.Columns[i].Name] = c.Name
		}
		return s
	}
	persons := r.tables["persons"]
	one := sketch(space, persons, "select count(*) from persons")
	if n := far(one, sketch(other, renamed(persons, 0, 2), "select count(*) from t")); n != 0 {
		t.Errorf("the same persons differ by %d", n)
	}
	if n := far(one, sketch(other, renamed(persons, 0, 2), "select count(*) from t where x1 <> '孤岛'")); n != 1 {
		t.Errorf("all but one differ by %d", n)
	}
	later := persons
	later.Table.Parquet = made(t, r.store, "SELECT * REPLACE (c3 + 1 AS c3) FROM ("+madeOf["persons"]+") ORDER BY c0 DESC")
	if n := far(one, sketch(other, later, "select count(*) from persons")); n != 0 {
		t.Errorf("in a later version they differ by %d", n)
	}

	air := r.tables["air_hourly"] // of rows; its times and values repeat
	air.Dataset = "17"
	rows := sketch(space, air, "select count(*), avg(TEMP) from air_hourly")
	if n := far(rows, sketch(other, renamed(air, 0, 3), "select count(*) from t")); n != 0 {
		t.Errorf("the same rows differ by %d", n)
	}
	if n := far(rows, sketch(other, renamed(air, 0, 3), "select count(*) from t where not (x0 = '东四' and x1 = timestamp '2024-01-01 00:00:00')")); n != 1 {
		t.Errorf("all rows but one differ by %d", n)
	}
	corrected := air
	corrected.Table.Parquet = made(t, r.store, "SELECT * REPLACE (c3 + 1 AS c3) FROM ("+madeOf["air_hourly"]+") ORDER BY c2")
	air.Key, corrected.Key = []string{"station", "time"}, []string{"station", "time"}
	if n := far(sketch(space, air, "select count(*) from air_hourly"), sketch(other, corrected, "select avg(TEMP) from air_hourly")); n != 0 {
		t.Errorf("corrected rows differ by %d", n)
	}
	air.Dataset = "18"
	if n := far(rows, sketch(other, air, "select count(*) from air_hourly")); n < 100 {
		t.Errorf("rows of two tables differ by %d", n)
	}

	// rows that are the same count each for itself
	doubled := persons
	doubled.Columns = []Column{{"district", "text", Group, ""}}
	doubled.Table.Schema = doubled.Table.Schema[1:2]
	all := sketch(space, doubled, "select count(*) from persons")
	filled := 0
	for _, v := range all.Sketch {
		if v != 0 {
			filled++
		}
	}
	if n := far(all, sketch(other, doubled, "select count(*) from persons where district <> '孤岛'")); n != 1 || filled < 100 {
		t.Errorf("they differ by %d; %d counters of 400 rows", n, filled)
	}
	strange := Options{Store: r.store, Dir: t.TempDir(), Now: r.opt.Now, Sketches: platformKey[1:]}
	if _, err := New(strange); err == nil {
		t.Error("a short key is taken")
	}
}

// Masked keys are those of one workspace, and nothing of the platform's is among
// the columns that a program sees.
func TestTheHiddenColumnsAreSeenByNobody(t *testing.T) {
	r := newRig(t, nil)
	p, err := r.Prepare(t.Context(), space, r.tables["visits"])
	if err != nil {
		t.Fatal(err)
	}
	j := Job{Workspace: space, Mounts: []Prepared{*p}, Limits: DefaultLimits()}
	for _, text := range []string{"select __who0 from visits", "select __who1 from src.visits", "select visits.__who0 from visits", "select columns('__.*') from visits", "select __row from visits"} {
		if _, err := r.execute(t.Context(), j, task{SQL: text}); err == nil {
			t.Errorf("%s is answered without vetting", text)
		}
	}
	got, err := r.execute(t.Context(), j, task{SQL: "select * from visits"})
	if err != nil || len(got.columns) != 5 {
		t.Error(got, err)
	}
	if len(p.Statistics.Columns) != 5 || len(Samples(p, 1)[0]) != 5 {
		t.Error("statistics tell of more columns")
	}
}

// What is told of a small mount is of no one subject: neither who is at an end nor how
// many have no value, and of fewer than four times the minimum nothing in between.
func TestStatisticsOfFewTellOfNobody(t *testing.T) {
	r := newRig(t, nil)
	few := func(n int) Statistics {
		t.Helper()
		s := Source{Mount: Mount{Name: "few", Columns: []Column{{"id", rows.Text, Subject, "person"}, {"v", rows.Decimal, Aggregate, ""}, {"day", rows.Date, Group, ""}}, Minimum: 10}}
		s.Table.Parquet = made(t, r.store, fmt.Sprintf("SELECT 'p' || i AS c0, CASE WHEN i = 0 THEN 1.0 WHEN i = 1 THEN 9000 WHEN i > 2 THEN CAST(100 + i AS DOUBLE) END AS c1, CASE WHEN i = 0 THEN DATE '1950-03-01' ELSE DATE '2024-06-01' END AS c2 FROM range(%d) t(i)", n))
		for i, c := range s.Columns {
			s.Table.Schema = append(s.Table.Schema, rows.Column{Name: c.Name, Type: c.Type, Store: fmt.Sprintf("c%d", i)})
		}
		p, err := r.Prepare(t.Context(), space, s)
		if err != nil {
			t.Fatal(err)
		}
		return p.Statistics
	}
	if s := few(38); s.Columns[1].Low != nil || s.Columns[1].Middle != nil || s.Columns[2].From != "" {
		t.Errorf("thirty-eight: %+v", s.Columns)
	}
	s := few(60)
	v, day := s.Columns[1], s.Columns[2]
	if v.Low == nil || *v.Low < 100 || *v.High > 160 || v.Nulls != 0 {
		t.Errorf("sixty: %+v", v)
	}
	if day.From != "2024-06" || day.To != "2024-06" {
		t.Errorf("sixty: %+v", day)
	}
}

package rows

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/fault"
)

func TestFacet(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 1000)
	got, err := s.Facet(t.Context(), table, "在用", "`2020年` < 10", 20)
	if err != nil {
		t.Fatal(err)
	}
	want := &Facet{Field: Field{Name: "在用", Type: Boolean, Column: "在用"}, Values: []Count{{true, 4}, {false, 3}}, Rows: 10, Nulls: 3, Distinct: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err = s.Facet(t.Context(), table, "日期", "", 2)
	if err != nil || got.Distinct != 92 || got.Rows != 1000 || got.Nulls != 53 || len(got.Values) != 2 || got.Values[0].Rows < got.Values[1].Rows {
		t.Errorf("%+v %v", got, err)
	}
	got, err = s.Facet(t.Context(), table, "地区", "年份 = 1", 2)
	if err != nil || got.Rows != 0 || len(got.Values) != 0 {
		t.Errorf("of nothing: %+v %v", got, err)
	}
	got, err = s.Facet(t.Context(), table, "年份", "raw(年份) is not null", 5)
	if err != nil || got.Rows != 45 || got.Nulls != 45 || len(got.Values) != 0 {
		t.Errorf("of rows without a value: %+v %v", got, err)
	}
	if _, err := s.Facet(t.Context(), table, "没有", "", 5); fault.KindOf(err) != fault.Malformed {
		t.Errorf("%v", err)
	}
	if _, err := s.Facet(t.Context(), table, "year(日期)", "", 5); fault.KindOf(err) != fault.Malformed {
		t.Errorf("an expression is no column: %v", err)
	}
	if _, err := s.Facet(t.Context(), table, "地区", "x = 1", 5); fault.Of(err).Field != "where" {
		t.Errorf("%v", err)
	}
}

func bins(d *Distribution) (from, to string, n int, rows int64) {
	for _, b := range d.Bins {
		rows += b.Rows
	}
	if len(d.Bins) == 0 {
		return
	}
	return fmt.Sprint(d.Bins[0].From), fmt.Sprint(d.Bins[len(d.Bins)-1].To), len(d.Bins), rows
}

func TestDistributionHasEdgesAPersonWouldChoose(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	for _, c := range []struct {
		name, sql string
		typ       Type
		from, to  string
		bins      int
		rows      int64
		unit      string
	}{
		{"whole numbers", "i::BIGINT", Integer, "0", "1000", 20, 1000, ""},
		{"few whole numbers", "(2000 + i % 5)::BIGINT", Integer, "2000", "2005", 5, 1000, ""},
		{"one value", "7::BIGINT", Integer, "7", "8", 1, 1000, ""},
		{"fractions", "(i / 1000.0)::DOUBLE", Decimal, "0", "1", 20, 1000, ""},
		{"below zero", "(i - 500)::DECIMAL(10,2)", Decimal, "-500", "500", 20, 1000, ""},
		{"tiny", "(i * 1e-9)::DOUBLE", Decimal, "0", "0.000001", 20, 1000, ""},
		{"huge", "(9000000000000000000 + i)::BIGINT", Integer, "9000000000000000000", "", 0, 1000, ""},
		{"with infinities", "CASE WHEN i < 500 THEN 'inf'::DOUBLE ELSE i END::DOUBLE", Decimal, "500", "1000", 25, 500, ""},
		{"days of a month", "DATE '2020-01-01' + (i % 31)::INT", Date, "2020-01-01", "2020-02-01", 31, 1000, "day"},
		{"days of some years", "DATE '2019-11-15' + (i)::INT", Date, "2019-11-01", "2022-09-01", 34, 1000, "month"},
		{"quarters", "DATE '2010-02-01' + (i * 4)::INT", Date, "2010-01-01", "2021-04-01", 45, 1000, "quarter"},
		{"years", "DATE '1980-02-01' + (i * 20)::INT", Date, "1980-01-01", "2035-01-01", 55, 1000, "year"},
		{"decades", "DATE '1600-02-01' + (i * 150)::INT", Date, "1600-01-01", "2020-01-01", 42, 1000, "decade"},
		{"centuries", "CASE WHEN i = 0 THEN DATE '0001-01-01' WHEN i = 1 THEN DATE '2000-12-31' ELSE DATE '2001-01-01' END", Date, "0001-01-01", "2101-01-01", 21, 1000, "century"},
		{"hours", "TIMESTAMP '2020-01-01 05:10:00' + INTERVAL (i) MINUTE", DateTime, "2020-01-01T05:00:00", "2020-01-01T22:00:00", 17, 1000, "hour"},
		{"none", "NULL::BIGINT", Integer, "", "", 0, 0, ""},
	} {
		table := Table{Rows: 1000, Key: c.name, Schema: Schema{{Name: "v", Type: c.typ, Store: "c0"}}, Parquet: made(t, store, "SELECT "+c.sql+" AS c0 FROM range(1000) t(i)")}
		d, err := s.Distribution(t.Context(), table, "v", "")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		from, to, n, rows := bins(d)
		if c.name == "huge" { // such numbers are not told apart finely: whatever the bins, all rows are in them
			from, to, n = c.from, c.to, c.bins
		}
		if from != c.from || to != c.to || n != c.bins || rows != c.rows || d.Unit != c.unit || d.Rows != 1000 {
			t.Errorf("%s: %s to %s in %d bins of %q with %d of %d rows", c.name, from, to, n, d.Unit, rows, d.Rows)
		}
		if c.name == "days of a month" && d.Bins[0].Rows != 33 || c.name == "centuries" && (d.Bins[0].Rows != 1 || d.Bins[19].Rows != 1 || d.Bins[20].Rows != 998) {
			t.Errorf("%s: %+v", c.name, d.Bins)
		}
	}
	words := Table{Rows: 4, Key: "w", Schema: Schema{{Name: "v", Type: Text, Store: "c0"}}, Parquet: made(t, store, "SELECT * FROM (VALUES ('a'), ('b'), ('a'), (NULL)) t(c0)")}
	if d, err := s.Distribution(t.Context(), words, "v", ""); err != nil || fmt.Sprint(d.Values) != "[{a 2} {b 1}]" || d.Nulls != 1 {
		t.Errorf("%+v %v", d, err)
	}
	if d, err := s.Distribution(t.Context(), words, "v", `v = "b"`); err != nil || fmt.Sprint(d.Values) != "[{b 1}]" {
		t.Errorf("%+v %v", d, err)
	}
}

func TestNiceSteps(t *testing.T) {
	for _, c := range []struct {
		least   float64
		integer bool
		want    float64
	}{{0.3, false, 0.5}, {0.3, true, 1}, {1, false, 1}, {1.1, false, 2}, {2.1, true, 5}, {51, false, 100}, {0, false, 1}, {1e-7, false, 1e-7}} {
		if got := niceStep(c.least, c.integer); got/c.want < 0.999999 || got/c.want > 1.000001 {
			t.Errorf("%v: got %v", c, got)
		}
	}
}

func TestProfile(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 1000)
	p, err := s.Profile(t.Context(), table, "数值")
	if err != nil {
		t.Fatal(err)
	}
	if p.Rows != 1000 || p.Nulls != 77 || p.Misfits != 0 || p.Distinct != 17 || !p.DistinctExact || p.Min != json.Number("0") || p.Max != json.Number("4") || p.Median != json.Number("2") || p.Mean == nil || p.Deviation == nil || len(p.Top) != 10 || len(p.Distribution.Bins) == 0 {
		t.Errorf("%+v", p)
	}
	p, err = s.Profile(t.Context(), table, "年份")
	if err != nil || p.Nulls != 46 || p.Misfits != 45 || p.Max != "9223372036854775807" {
		t.Errorf("%+v %v", p, err)
	}
	p, err = s.Profile(t.Context(), table, "地区")
	if err != nil || p.Shortest != 0 || p.Longest != 19 || p.Min != "" || p.Mean != nil || p.Distinct != 6 {
		t.Errorf("%+v %v", p, err)
	}
	p, err = s.Profile(t.Context(), table, "位置")
	if err != nil || p.Min != nil || p.Distinct != 10 {
		t.Errorf("%+v %v", p, err)
	}
	p, err = s.Profile(t.Context(), table, "时间")
	if err != nil || p.Min != "2020-01-01T00:00:00" || p.Distribution.Unit == "" {
		t.Errorf("%+v %v", p, err)
	}
}

// Bins of hours cross the beginning of summer time as they cross any hour:
// times stand as they are written.
func TestSpansCoverEveryMoment(t *testing.T) {
	at := time.Date(2020, 2, 29, 23, 59, 59, 0, time.UTC)
	for _, by := range spans {
		start := by.start(at)
		if start.After(at) || !by.next(start).After(at) {
			t.Errorf("%s: %v to %v", by.unit, start, by.next(start))
		}
	}
}

package rows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

// exampleTable is a table with the columns of examples, with nulls, misfits,
// equal values, and values at the edges of what types hold.
func exampleTable(t testing.TB, store blob.Store, rows int) Table {
	t.Helper()
	return Table{Parquet: made(t, store, exampleSQL(rows)), Schema: examples, Rows: int64(rows), Key: "7/3"}
}

func exampleSQL(rows int) string {
	return fmt.Sprintf(`SELECT
		CASE WHEN i %% 11 = 3 THEN NULL WHEN i = 5 THEN 9223372036854775807 ELSE 2000 + i %% 25 END AS c0,
		CASE WHEN i %% 11 = 3 AND i %% 2 = 0 THEN '二〇' || i END AS c0_raw,
		CASE WHEN i %% 7 = 0 THEN NULL WHEN i %% 7 = 1 THEN '' ELSE (['福州', '厦门', 'Quanzhou', '''; DROP TABLE x; --', '=1+1'])[i %% 5 + 1] END AS c1,
		CASE WHEN i %% 13 = 0 THEN NULL ELSE (i %% 17) / 4.0 END::DOUBLE AS c2,
		CASE WHEN i %% 19 = 0 THEN NULL WHEN i = 7 THEN DATE '0001-01-01' WHEN i = 8 THEN DATE '9999-12-31' ELSE DATE '2019-12-01' + (i %% 90)::INT END AS c3,
		TIMESTAMP '2020-01-01 00:00:00' + INTERVAL (i %% 50) HOUR + INTERVAL (i %% 3) MICROSECOND AS c4,
		(CASE i %% 3 WHEN 0 THEN true WHEN 1 THEN false END) AS c5,
		'{"type":"Point","coordinates":[' || (119 + (i %% 10) / 10.0)::VARCHAR || ',26]}' AS c6, (119 + (i %% 10) / 10.0)::DOUBLE AS c6_lon, 26.0::DOUBLE AS c6_lat,
		'2020-0' || (i %% 9 + 1) AS c7, (i / 3.0)::DECIMAL(18,3) AS c8, (i %% 4)::DECIMAL(38,2) AS c9, i::BIGINT AS c10, 'n' || (i %% 6) AS c11, '["a",' || i || ']' AS c12,
		(119 + (i %% 10) / 10.0)::DOUBLE AS c13, 26.0::DOUBLE AS c14, repeat(chr(23383 + (i %% 3)::INT), 150 * (i %% 3)::INT) AS c15
		FROM range(%d) t(i)`, rows)
}

func ask(t *testing.T, s *Service, table Table, q Query) *Result {
	t.Helper()
	r, err := s.Query(t.Context(), table, q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return r
}

func TestAnswers(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 1000)
	num := func(s string) json.Number { return json.Number(s) }
	for _, c := range []struct {
		name  string
		q     Query
		rows  [][]any
		total int64
	}{
		{"values of every type", Query{Select: "年份, 地区, 数值, 日期, 时间, 在用, 位置, 月份, PM2.5, `单价 (元)`, 标签", Limit: 2, From: 5}, [][]any{
			{"9223372036854775807", "福州", num("1.25"), "2019-12-06", "2020-01-01T05:00:00.000002", nil, json.RawMessage(`{"type":"Point","coordinates":[119.5,26]}`), "2020-06", num("1.667"), num("1.00"), json.RawMessage(`["a",5]`)},
			{num("2006"), "厦门", num("1.5"), "2019-12-07", "2020-01-01T06:00:00", true, json.RawMessage(`{"type":"Point","coordinates":[119.6,26]}`), "2020-07", num("2.000"), num("2.00"), json.RawMessage(`["a",6]`)},
		}, 1000},
		{"misfits in their places", Query{Select: "年份, raw(年份)", Where: "raw(年份) is not null", Limit: 2}, [][]any{{Misfit("二〇14"), "二〇14"}, {Misfit("二〇36"), "二〇36"}}, 45},
		{"first and last days", Query{Select: "日期", Where: "日期 < '1000-01-01' or 日期 > '9000-01-01'"}, [][]any{{"0001-01-01"}, {"9999-12-31"}}, 2},
		{"whole numbers beyond 2^53 are exact, as texts", Query{Select: "年份 + 1 as x, 年份", Where: "年份 = 9223372036854775807"}, [][]any{{"9223372036854775808", "9223372036854775807"}}, 1},
		{"what is divided by nothing is nothing", Query{Select: "`2020年` / 0 as a, `2020年` % 0 as b", Limit: 1}, [][]any{{nil, nil}}, 1000},
		{"a value that is SQL is a value", Query{Select: "count(*)", Where: `地区 = "'; DROP TABLE x; --"`}, [][]any{{num("143")}}, 1},
		{"an empty text is not null", Query{Select: "count(*)", Where: `地区 = ""`}, [][]any{{num("143")}}, 1},
		{"null is neither equal nor different", Query{Select: "count(*)", Where: `年份 = 2001 or 年份 != 2001`}, [][]any{{num("909")}}, 1},
		{"a number with a fraction against whole ones", Query{Select: "count(*)", Where: `年份 > 2023.5 and 年份 < 2024.5`}, [][]any{{num("36")}}, 1},
		{"patterns know both cases", Query{Select: "count(*)", Where: `地区 like "quan%"`}, [][]any{{num("143")}}, 1},
		{"a sign of patterns, escaped", Query{Select: "count(*)", Where: `地区 like "%\%%"`}, [][]any{{num("0")}}, 1},
		{"search finds words in any order", Query{Select: "count(*)", Where: `search(地区, "ZHOU quan")`}, [][]any{{num("143")}}, 1},
		{"grouped, with nulls as a group", Query{GroupBy: "在用", OrderBy: "在用"}, [][]any{{false, num("333")}, {true, num("334")}, {nil, num("333")}}, 3},
		{"grouped by what is computed", Query{Select: "year(日期) as 年, count(*) as n, sum(数值) / count(数值) as m", GroupBy: "year(日期)", OrderBy: "n desc", Limit: 2}, [][]any{{num("2020"), num("615"), nil}, {num("2019"), num("330"), nil}}, 5},
		{"a key of groups in a computation", Query{Select: "bucket(`2020年`, 400) / 400 as b, count(*)", GroupBy: "bucket(`2020年`, 400)", OrderBy: "b desc"}, [][]any{{num("2"), num("200")}, {num("1"), num("400")}, {num("0"), num("400")}}, 3},
		{"a bucket begins where it says", Query{Select: "bucket(`2020年` / 10, 0.1) as b, count(*), min(`2020年`), max(`2020年`)", GroupBy: "bucket(`2020年` / 10, 0.1)", Where: "`2020年` in (3, 6, 7, 12)", OrderBy: "b"}, [][]any{{num("0.3"), num("1"), num("3"), num("3")}, {num("0.6"), num("1"), num("6"), num("6")}, {num("0.7"), num("1"), num("7"), num("7")}, {num("1.2"), num("1"), num("12"), num("12")}}, 4},
		{"by quarter of a year", Query{Select: `date_trunc(日期, "quarter") as q, count(*)`, GroupBy: `date_trunc(日期, "quarter")`, Where: "日期 > '2000-01-01' and 日期 < '3000-01-01'"}, [][]any{{"2019-10-01", num("330")}, {"2020-01-01", num("615")}}, 2},
		{"by week, day and year", Query{Select: `date_trunc(时间, "week") as w, date_trunc(时间, "day") as d, date_trunc(月份, "year") as y, count(*)`, GroupBy: "w, d, y", OrderBy: "d", Limit: 1}, [][]any{{"2019-12-30", "2020-01-01", "2020-01-01", num("480")}}, 3},
		{"the rows of a period", Query{Select: "count(*)", Where: `date_trunc(时间, "day") = "2020-01-02"`}, [][]any{{num("480")}}, 1},
		{"the month of a month", Query{Select: "month(月份) as m, count(*)", GroupBy: "month(月份)", Limit: 1}, [][]any{{num("1"), num("112")}}, 9},
		{"aggregates alone are one row", Query{Select: "count(*), min(日期), max(`2020年`), percentile(`2020年`, 0.5), median(`2020年`), count(distinct 地区)"}, [][]any{{num("1000"), "0001-01-01", num("999"), num("499.5"), num("499.5"), num("6")}}, 1},
		{"aggregates of nothing", Query{Select: "count(*), sum(数值)", Where: "年份 = 1"}, [][]any{{num("0"), nil}}, 1},
		{"groups of nothing", Query{GroupBy: "地区", Where: "年份 = 1"}, [][]any{}, 0},
		{"a place within reach", Query{Select: "count(*)", Where: "within_distance(位置, geom'POINT(119 26)', 9.9km)"}, [][]any{{num("100")}}, 1},
		{"a place within further reach", Query{Select: "count(*)", Where: "within_distance(point(lon, lat), geom'POINT(119 26)', 10100m)"}, [][]any{{num("200")}}, 1},
		{"cells of a grid", Query{Select: "x, count(*), max(latitude(位置))", Where: "in_bbox(位置, 118.95, 25, 119.25, 27)", GroupBy: "bucket(longitude(位置), 0.2) as x", OrderBy: "x"}, [][]any{{num("119"), num("200"), num("26")}, {num("119.2"), num("100"), num("26")}}, 2},
		{"a box", Query{Select: "count(*)", Where: "in_bbox(位置, 118.95, 25, 119.25, 27)"}, [][]any{{num("300")}}, 1},
		{"a box the other way round", Query{Select: "count(*)", Where: "in_bbox(位置, 119.25, 25, 118.95, 27)"}, [][]any{{num("700")}}, 1},
		{"from a row on", Query{Select: "`2020年`", From: 998}, [][]any{{num("998")}, {num("999")}}, 1000},
		{"beyond the last row", Query{Select: "`2020年`", From: 5000}, [][]any{}, 1000},
		{"text cut for a table", Query{Select: "`奇``怪`", Where: "`2020年` = 1", Clip: 3}, [][]any{{strings.Repeat("存", 3)}}, 1},
	} {
		r := ask(t, s, table, c.q)
		if c.name == "grouped by what is computed" {
			for _, row := range r.Rows {
				row[2] = nil
			}
		}
		if r.Total != c.total || !r.TotalExact {
			t.Errorf("%s: total %d (exact %t), want %d", c.name, r.Total, r.TotalExact, c.total)
		}
		if diff := cmp.Diff(c.rows, r.Rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// all pages through an answer, forwards and then back to its beginning, and
// returns its rows as text.
func all(t *testing.T, s *Service, table Table, q Query) []string {
	t.Helper()
	var out, back []string
	var pages [][]string
	r := ask(t, s, table, q)
	last := r.Last
	for {
		if r.Before != int64(len(out)) {
			t.Fatalf("%+v: %d rows before page %d, which is after %d", q, r.Before, len(pages)+1, len(out))
		}
		var page []string
		for _, row := range r.Rows {
			page = append(page, fmt.Sprint(row))
		}
		out, pages = append(out, page...), append(pages, page)
		if r.Total != table.Rows && r.TotalExact && q.GroupBy == "" && q.Where == "" {
			t.Fatalf("%+v: total %d", q, r.Total)
		}
		if r.Next == "" {
			break
		}
		if len(r.Rows) != q.Limit {
			t.Fatalf("%+v: a page of %d rows that is not the last", q, len(r.Rows))
		}
		q.Cursor = r.Next
		r = ask(t, s, table, q)
	}
	if at := len(pages) - 1; at > 0 {
		q.Cursor = last
		r = ask(t, s, table, q)
		if last == "" || r.Next != "" || r.Last != "" || len(r.Rows) != len(pages[at]) {
			t.Fatalf("%+v: the cursor %q of the last page leads to %d rows, before %q; %d are on it", q, last, len(r.Rows), r.Next, len(pages[at]))
		}
	}
	for n := len(pages) - 1; n >= 0; n-- {
		if before := len(out) - len(back) - len(pages[n]); r.Before != int64(before) {
			t.Fatalf("%+v: paged back, %d rows before page %d, which is after %d", q, r.Before, n+1, before)
		}
		var page []string
		for _, row := range r.Rows {
			page = append(page, fmt.Sprint(row))
		}
		back = append(page, back...)
		if n == 0 {
			if r.Prev != "" && len(pages) > 1 {
				q.Cursor = r.Prev
				if r := ask(t, s, table, q); len(r.Rows) > 0 {
					t.Fatalf("%+v: %d rows before the first page", q, len(r.Rows))
				}
			}
			break
		}
		if r.Prev == "" {
			t.Fatalf("%+v: no way back from page %d", q, n)
		}
		q.Cursor = r.Prev
		r = ask(t, s, table, q)
	}
	if diff := cmp.Diff(out, back); diff != "" {
		t.Fatalf("%+v: paged back, other rows come (-forward +back):\n%s", q, diff)
	}
	return out
}

// Paged through in any order, every row comes once, in the order in which it
// stands in an answer of one page.
func TestPagesAreWhole(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 333)
	for _, order := range []string{
		"", "年份", "年份 desc", "地区, 年份 desc", "地区 desc, 数值", "数值 desc, 日期 desc", "日期", "时间 desc", "在用, 月份", "在用 desc, 地区", "PM2.5", "`单价 (元)` desc, 地区",
		"`奇``怪`", "`奇``怪` desc, 年份", "年份 + 1 desc", "year(日期), length(地区) desc", "数值 / 3", "distance(位置, geom'POINT(119.35 26)')", "lower(地区) desc, 在用",
	} {
		for _, where := range []string{"", "年份 > 2005 or 年份 is null"} {
			q := Query{Select: "`2020年`, 年份", OrderBy: order, Where: where}
			q.Limit = 1000
			var want []string
			for _, row := range ask(t, s, table, q).Rows {
				want = append(want, fmt.Sprint(row))
			}
			q.Limit = 37
			if diff := cmp.Diff(want, all(t, s, table, q)); diff != "" {
				t.Errorf("order by %q where %q (-one page +pages):\n%s", order, where, diff)
			}
		}
	}
	for _, q := range []Query{
		{GroupBy: "地区, 年份"}, {GroupBy: "年份", OrderBy: "count(*) desc"}, {GroupBy: "`奇``怪`, 在用", OrderBy: "在用 desc"}, {Select: "avg(PM2.5) as a, 日期", GroupBy: "日期", OrderBy: "a desc"},
	} {
		q.Limit = 1000
		var want []string
		for _, row := range ask(t, s, table, q).Rows {
			want = append(want, fmt.Sprint(row))
		}
		q.Limit = 7
		if diff := cmp.Diff(want, all(t, s, table, q)); diff != "" {
			t.Errorf("%+v (-one page +pages):\n%s", q, diff)
		}
	}
}

// Where sorting is asked for, rows are sorted: text by its bytes, null last in
// either direction.
func TestOrder(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 300)
	for _, desc := range []bool{false, true} {
		q := Query{Select: "地区", OrderBy: "地区", Limit: 300}
		if desc {
			q.OrderBy += " desc"
		}
		var got []string
		null := false
		for _, row := range ask(t, s, table, q).Rows {
			if row[0] == nil {
				null = true
				continue
			}
			if null {
				t.Fatalf("desc %t: a value after null", desc)
			}
			got = append(got, row[0].(string))
		}
		want := slices.Clone(got)
		slices.Sort(want)
		if desc {
			slices.Reverse(want)
		}
		if !slices.Equal(got, want) || !null || len(got) == 0 {
			t.Errorf("desc %t: %q", desc, got)
		}
	}
}

// Whatever compiles runs, or says that a result is out of range.
func TestRandomQueriesRun(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 200)
	g := &maker{r: rand.New(rand.NewPCG(3, 4))}
	ran := 0
	for range 600 {
		q := Query{Limit: 5}
		switch g.r.IntN(3) {
		case 0:
			q.Where, q.Select, q.OrderBy = g.condition(2), g.list(g.value), g.list(g.value)
		case 1:
			q.GroupBy = g.list(g.value)
			q.Select, q.OrderBy = q.GroupBy+", "+g.list(g.aggregate), q.GroupBy
		default:
			q.Where, q.Select = g.condition(2), g.list(g.aggregate)
		}
		if _, err := Compile(examples, q); err != nil {
			continue
		}
		r, err := s.Query(t.Context(), table, q)
		if err == nil && r.Next != "" {
			q.Cursor = r.Next
			_, err = s.Query(t.Context(), table, q)
		}
		var f *fault.Fault
		switch {
		case err == nil:
			ran++
		case errors.As(err, &f) && f.Kind == fault.Malformed && strings.HasPrefix(f.Sentence, "计算的结果"):
		default:
			t.Errorf("%+v: %v", q, err)
		}
	}
	if ran < 50 {
		t.Errorf("only %d queries ran", ran)
	}
}

func TestCursorsBelongToOneAnswer(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 100)
	q := Query{Select: "年份, 地区", Where: "`2020年` > 3", OrderBy: "地区", Limit: 10}
	next := ask(t, s, table, q).Next
	if key, err := s.Key(next); key != "7/3" || err != nil {
		t.Errorf("the cursor is of %q %v", key, err)
	}
	q.Cursor = next
	q.Limit = 3 // a page may be larger or smaller than the one before
	if r := ask(t, s, table, q); len(r.Rows) != 3 {
		t.Errorf("%d rows", len(r.Rows))
	}
	other := table
	other.Key = "7/4"
	flipped := []byte(next)
	flipped[len(flipped)/2] ^= 1
	elsewhere := service(t, store, func(o *Options) { o.Secret = []byte("the secret of another one") })
	for name, try := range map[string]func() error{
		"R13 edited":             func() error { return queryError(s, table, q, string(flipped)) },
		"R13 cut":                func() error { return queryError(s, table, q, next[:len(next)-1]) },
		"R13 longer":             func() error { return queryError(s, table, q, next+"A") },
		"R13 no cursor at all":   func() error { return queryError(s, table, q, "' or 1=1") },
		"R14 of another dataset": func() error { return queryError(s, other, q, next) },
		"R15 of another installation": func() error {
			return queryError(elsewhere, table, q, next)
		},
		"R16 of another condition": func() error { return queryError(s, table, Query{Select: q.Select, OrderBy: q.OrderBy}, next) },
		"R16 of another order":     func() error { return queryError(s, table, Query{Select: q.Select, Where: q.Where}, next) },
	} {
		if err := try(); fault.KindOf(err) != fault.Malformed || fault.Of(err).Field != "cursor" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func queryError(s *Service, table Table, q Query, cursor string) error {
	q.Cursor = cursor
	_, err := s.Query(context.Background(), table, q)
	return err
}

// A new version changes nothing for who pages through the one before.
func TestACursorKeepsItsVersion(t *testing.T) {
	store := newStore(t)
	s, first := service(t, store, nil), exampleTable(t, store, 100)
	second := exampleTable(t, store, 150)
	second.Key = "7/4"
	tables := map[string]Table{first.Key: first, second.Key: second}
	q := Query{Select: "`2020年`", OrderBy: "`2020年` desc", Limit: 60}
	r := ask(t, s, first, q)
	key, err := s.Key(r.Next)
	if err != nil {
		t.Fatal(err)
	}
	q.Cursor = r.Next
	r = ask(t, s, tables[key], q)
	if len(r.Rows) != 40 || fmt.Sprint(r.Rows[0]) != "[39]" || r.Total != 100 {
		t.Errorf("%d rows of %d, the first %v", len(r.Rows), r.Total, r.Rows[0])
	}
}

func TestLimits(t *testing.T) {
	store := newStore(t)
	s, table := service(t, store, nil), exampleTable(t, store, 10)
	for _, limit := range []int{-1, MaxLimit + 1, 1e9} {
		if err := queryError(s, table, Query{Limit: limit}, ""); fault.KindOf(err) != fault.Malformed || fault.Of(err).Field != "limit" {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	for _, q := range []Query{{From: 3, Where: "在用"}, {From: 3, OrderBy: "年份"}, {From: 3, GroupBy: "年份"}, {From: -1}} {
		if err := queryError(s, table, q, ""); fault.KindOf(err) != fault.Malformed || fault.Of(err).Field != "from" {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if err := queryError(s, table, Query{Select: "`2020年` * `2020年` * 9999999999999999999 * 9999999999999999999"}, ""); fault.KindOf(err) != fault.Malformed {
		t.Errorf("a product out of range: %v", err)
	}
}

// Where counting would read a large table once more, the total is an estimate
// and says so; asked for, it is exact.
func TestTotals(t *testing.T) {
	store := newStore(t)
	s := service(t, store, nil)
	table := Table{Parquet: made(t, store, "SELECT i AS c0, i % 10 AS c1, 'n' || i AS c2 FROM range(1200000) t(i)"), Rows: 1_200_000, Key: "1/1",
		Schema: Schema{{Name: "n", Type: Integer, Store: "c0"}, {Name: "d", Type: Integer, Store: "c1"}, {Name: "t", Type: Text, Store: "c2"}}}
	for _, c := range []struct {
		q     Query
		low   int64
		high  int64
		exact bool
	}{
		{Query{}, 1_200_000, 1_200_000, true},
		{Query{Where: "d = 3"}, 120_000, 120_000, true},
		{Query{Where: `t like "%3"`}, 119_000, 121_000, false},
		{Query{Where: `t like "%3"`, Exact: true}, 120_000, 120_000, true},
		{Query{Where: `search("n1199999")`}, 1, 1, true},
		{Query{Where: `t like "%7777"`, Limit: 5}, 6, 1_200_000, false},
		{Query{GroupBy: "d"}, 10, 10, true},
	} {
		r := ask(t, s, table, c.q)
		if r.Total < c.low || r.Total > c.high || r.TotalExact != c.exact {
			t.Errorf("%+v: total %d exact %t", c.q, r.Total, r.TotalExact)
		}
	}
	// 120 rows of 700,000 that a sample would miss or take for many
	table = Table{Parquet: made(t, store, "SELECT CASE WHEN i BETWEEN 500000 AND 500119 THEN '大学' ELSE 'n' || i END AS c0 FROM range(700000) t(i)"), Rows: 700_000, Key: "1/2", Schema: Schema{{Name: "t", Type: Text, Store: "c0"}}}
	if r := ask(t, s, table, Query{Where: `search("大学")`, Limit: 10}); r.Total != 120 || !r.TotalExact {
		t.Errorf("rows that lie together: total %d exact %t", r.Total, r.TotalExact)
	}
}

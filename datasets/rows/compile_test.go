package rows

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/fault"
)

// The table that the examples are about.
var examples = Schema{
	{Name: "年份", Type: Integer, Store: "c0", RawKept: true, Misfits: 45},
	{Name: "地区", Label: "所在地区", LabelEN: "Region", Type: Text, Store: "c1"},
	{Name: "数值", Type: Decimal, Store: "c2"},
	{Name: "日期", Type: Date, Store: "c3"},
	{Name: "时间", Type: DateTime, Store: "c4"},
	{Name: "在用", Type: Boolean, Store: "c5"},
	{Name: "位置", Type: Point, Store: "c6"},
	{Name: "月份", Type: YearMonth, Store: "c7"},
	{Name: "PM2.5", Type: Decimal, Store: "c8"},
	{Name: "单价 (元)", Type: Decimal, Store: "c9"},
	{Name: "2020年", Type: Integer, Store: "c10"},
	{Name: "Name", Type: Text, Store: "c11"},
	{Name: "标签", Type: Array, Store: "c12"},
	{Name: "lon", Type: Decimal, Store: "c13"},
	{Name: "lat", Type: Decimal, Store: "c14"},
	{Name: "奇`怪", Type: Text, Store: "c15"},
}

func compileWhere(t *testing.T, where string) (sqlExpr, error) {
	t.Helper()
	c, err := Compile(examples, Query{Where: where})
	if err != nil {
		return sqlExpr{}, err
	}
	return c.where, nil
}

func TestConditionsBecomeSQL(t *testing.T) {
	for _, c := range []struct {
		where string
		sql   string
		args  []any
	}{
		{`年份 = 2020`, `(c0 = CAST(? AS BIGINT))`, []any{int64(2020)}},
		{`年份 != 2020`, `(c0 <> CAST(? AS BIGINT))`, []any{int64(2020)}},
		{`年份 <> 2020`, `(c0 <> CAST(? AS BIGINT))`, []any{int64(2020)}},
		{`年份 < 2020`, `(c0 < CAST(? AS BIGINT))`, []any{int64(2020)}},
		{`年份 <= 2020`, `(c0 <= CAST(? AS BIGINT))`, []any{int64(2020)}},
		{`年份 > 2020`, `(c0 > CAST(? AS BIGINT))`, []any{int64(2020)}},
		{`年份 >= 2020.5`, `(c0 >= CAST(? AS DOUBLE))`, []any{2020.5}},
		{`2020 <= 年份`, `(CAST(? AS BIGINT) <= c0)`, []any{int64(2020)}},
		{`年份 = 12345678901234567890`, `(c0 = CAST(? AS HUGEINT))`, []any{"12345678901234567890"}},
		{`数值 > -1.5e3`, `(c2 > (- CAST(? AS DOUBLE)))`, []any{1500.0}},
		{`地区 = "福州"`, `(c1 = ?)`, []any{"福州"}},
		{`地区 = '福州'`, `(c1 = ?)`, []any{"福州"}},
		{`地区 = 'it''s'`, `(c1 = ?)`, []any{"it's"}},
		{`地区 = "a\"b\\c"`, `(c1 = ?)`, []any{`a"b\c`}},
		{`地区 = "pg_sleep(10)"`, `(c1 = ?)`, []any{"pg_sleep(10)"}},
		{`地区 = "'; DROP TABLE t; --"`, `(c1 = ?)`, []any{"'; DROP TABLE t; --"}},
		{`所在地区 = "福州"`, `(c1 = ?)`, []any{"福州"}},
		{`Region = "福州"`, `(c1 = ?)`, []any{"福州"}},
		{`NAME = "a"`, `(c11 = ?)`, []any{"a"}},
		{`地区 in ("福州", "厦门")`, `(c1 IN (?, ?))`, []any{"福州", "厦门"}},
		{`地区 NOT IN ("福州")`, `(c1 NOT IN (?))`, []any{"福州"}},
		{`日期 in ("2020-01-01", date'2020-01-02')`, `(c3 IN (CAST(? AS DATE), CAST(? AS DATE)))`, []any{"2020-01-01", "2020-01-02"}},
		{`年份 between 2000 and 2010`, `((c0 >= CAST(? AS BIGINT)) AND (c0 <= CAST(? AS BIGINT)))`, []any{int64(2000), int64(2010)}},
		{`年份 not between 2000 and 2010`, `(NOT ((c0 >= CAST(? AS BIGINT)) AND (c0 <= CAST(? AS BIGINT))))`, []any{int64(2000), int64(2010)}},
		{`年份 between 2000 and 2010 and 在用`, `(((c0 >= CAST(? AS BIGINT)) AND (c0 <= CAST(? AS BIGINT))) AND c5)`, []any{int64(2000), int64(2010)}},
		{`年份 is null`, `(c0 IS NULL)`, nil},
		{`年份 IS NOT NULL`, `(c0 IS NOT NULL)`, nil},
		{`地区 like "福%"`, `(c1 ILIKE ? ESCAPE '\')`, []any{"福%"}},
		{`地区 not like '100\%'`, `(c1 NOT ILIKE ? ESCAPE '\')`, []any{`100\%`}},
		{`地区 like "a\\b\"c"`, `(c1 ILIKE ? ESCAPE '\')`, []any{`a\\b"c`}},
		{`在用`, `c5`, nil},
		{`not 在用`, `(NOT c5)`, nil},
		{`在用 = true`, `(c5 = TRUE)`, nil},
		{`在用 = "否"`, `(c5 = FALSE)`, nil},
		{`true`, `TRUE`, nil},
		{`年份 = 1 OR 年份 = 2 And 在用`, `((c0 = CAST(? AS BIGINT)) OR ((c0 = CAST(? AS BIGINT)) AND c5))`, []any{int64(1), int64(2)}},
		{`(年份 = 1 or 年份 = 2) and 在用`, `(((c0 = CAST(? AS BIGINT)) OR (c0 = CAST(? AS BIGINT))) AND c5)`, []any{int64(1), int64(2)}},
		{`日期 >= "2020-01-31"`, `(c3 >= CAST(? AS DATE))`, []any{"2020-01-31"}},
		{`日期 >= date'2020/1/31'`, `(c3 >= CAST(? AS DATE))`, []any{"2020-01-31"}},
		{`日期 >= "2020年1月31日"`, `(c3 >= CAST(? AS DATE))`, []any{"2020-01-31"}},
		{`"2020-01-31" < 日期`, `(CAST(? AS DATE) < c3)`, []any{"2020-01-31"}},
		{`时间 < "2020-01-31 08:30"`, `(c4 < CAST(? AS TIMESTAMP))`, []any{"2020-01-31 08:30:00"}},
		{`时间 < date'2020-01-31T08:30:15'`, `(c4 < CAST(? AS TIMESTAMP))`, []any{"2020-01-31 08:30:15"}},
		{`月份 >= "2020-01"`, `(c7 >= ?)`, []any{"2020-01"}},
		{`PM2.5 > 75`, `(c8 > CAST(? AS BIGINT))`, []any{int64(75)}},
		{"`单价 (元)` > 3", `(c9 > CAST(? AS BIGINT))`, []any{int64(3)}},
		{"`2020年` > 3", `(c10 > CAST(? AS BIGINT))`, []any{int64(3)}},
		{"`奇``怪` = '1'", `(c15 = ?)`, []any{"1"}},
		{"`年份` = 1", `(c0 = CAST(? AS BIGINT))`, []any{int64(1)}},
		{`年份 + 1 > 2020`, `((CAST(c0 AS HUGEINT) + CAST(? AS BIGINT)) > CAST(? AS BIGINT))`, []any{int64(1), int64(2020)}},
		{`数值 * 2 - 1 > 0`, `(((CAST(c2 AS DOUBLE) * CAST(CAST(? AS BIGINT) AS DOUBLE)) - CAST(? AS BIGINT)) > CAST(? AS BIGINT))`, []any{int64(2), int64(1), int64(0)}},
		{`数值 / 年份 > 1`, `((CAST(c2 AS DOUBLE) / nullif(CAST(c0 AS DOUBLE), 0)) > CAST(? AS BIGINT))`, []any{int64(1)}},
		{`年份 % 4 = 0`, `((CAST(c0 AS HUGEINT) % nullif(CAST(? AS BIGINT), 0)) = CAST(? AS BIGINT))`, []any{int64(4), int64(0)}},
		{`search(地区, "福 A1")`, `((contains(c1, ?)) AND (contains(lower(c1), ?)))`, []any{"福", "a1"}},
		{`search("福")`, `((contains(c1, ?) OR contains(c11, ?) OR contains(c15, ?)))`, []any{"福", "福", "福"}},
		{`search(地区, "  ")`, `TRUE`, nil},
		{`within_distance(位置, geom'POINT(119.3 26.1)', 5km)`, `((12742017.6 * asin(sqrt(least(1.0, pow(sin(radians(c6_lat - ?) / 2), 2) + cos(radians(?)) * cos(radians(c6_lat)) * pow(sin(radians(c6_lon - ?) / 2), 2))))) <= ?)`, []any{26.1, 26.1, 119.3, 5000.0}},
		{`WITHIN_DISTANCE(point(lon, lat), GEOM'Point( 119.3  26.1 )', 300M)`, `((12742017.6 * asin(sqrt(least(1.0, pow(sin(radians(c14 - ?) / 2), 2) + cos(radians(?)) * cos(radians(c14)) * pow(sin(radians(c13 - ?) / 2), 2))))) <= ?)`, []any{26.1, 26.1, 119.3, 300.0}},
		{`longitude(位置) > 118 and latitude(point(lon, lat)) < 27`, `((c6_lon > CAST(? AS BIGINT)) AND (c14 < CAST(? AS BIGINT)))`, []any{int64(118), int64(27)}},
		{`in_bbox(位置, 118, 24, 120, 27)`, `((c6_lon >= ? AND c6_lon <= ?) AND c6_lat >= ? AND c6_lat <= ?)`, []any{118.0, 120.0, 24.0, 27.0}},
		{`in_bbox(位置, 170, -10, -170, 10)`, `((c6_lon >= ? OR c6_lon <= ?) AND c6_lat >= ? AND c6_lat <= ?)`, []any{170.0, -170.0, -10.0, 10.0}},
		{`raw(年份) is not null`, `(c0_raw IS NOT NULL)`, nil},
		{`raw(数值) is not null`, `(CAST(NULL AS VARCHAR) IS NOT NULL)`, nil},
		{`lower(地区) = "a"`, `(lower(c1) = ?)`, []any{"a"}},
		{`upper(地区) = "a"`, `(upper(c1) = ?)`, []any{"a"}},
		{`length(地区) > 2`, `(length(c1) > CAST(? AS BIGINT))`, []any{int64(2)}},
		{`trim(地区) = "a"`, `(trim(c1) = ?)`, []any{"a"}},
		{`starts_with(地区, "a")`, `starts_with(c1, ?)`, []any{"a"}},
		{`ends_with(地区, "a")`, `ends_with(c1, ?)`, []any{"a"}},
		{`contains(地区, "a")`, `contains(c1, ?)`, []any{"a"}},
		{`left(地区, 2) = "a"`, `(left(c1, CAST(greatest(0, least(10000, CAST(? AS BIGINT))) AS INTEGER)) = ?)`, []any{int64(2), "a"}},
		{`abs(数值) > 1`, `(abs(c2) > CAST(? AS BIGINT))`, []any{int64(1)}},
		{`floor(数值) > 1`, `(TRY_CAST(floor(c2) AS HUGEINT) > CAST(? AS BIGINT))`, []any{int64(1)}},
		{`ceil(数值) > 1`, `(TRY_CAST(ceil(c2) AS HUGEINT) > CAST(? AS BIGINT))`, []any{int64(1)}},
		{`round(数值) > 1`, `(round(CAST(c2 AS DOUBLE), CAST(greatest(-15, least(15, 0)) AS INTEGER)) > CAST(? AS BIGINT))`, []any{int64(1)}},
		{`round(数值, 2) > 1`, `(round(CAST(c2 AS DOUBLE), CAST(greatest(-15, least(15, CAST(? AS BIGINT))) AS INTEGER)) > CAST(? AS BIGINT))`, []any{int64(2), int64(1)}},
		{`bucket(数值, 10) = 20`, `((floor(CAST(c2 AS DOUBLE) / nullif(CAST(? AS BIGINT), 0)) * CAST(? AS BIGINT)) = CAST(? AS BIGINT))`, []any{int64(10), int64(10), int64(20)}},
		{`bucket(数值, 0.25) = 20`, `(round(floor(CAST(c2 AS DOUBLE) / nullif(CAST(? AS DOUBLE), 0) + 1e-9) * CAST(? AS DOUBLE), 2) = CAST(? AS BIGINT))`, []any{0.25, 0.25, int64(20)}},
		{`date_trunc(日期, "quarter") = "2020-04-01"`, `(CAST(date_trunc('quarter', c3) AS DATE) = CAST(? AS DATE))`, []any{"2020-04-01"}},
		{`date_trunc(时间, 'Day') >= date'2020-04-01'`, `(CAST(date_trunc('day', c4) AS DATE) >= CAST(? AS DATE))`, []any{"2020-04-01"}},
		{`date_trunc(月份, "year") is null`, `(CAST(date_trunc('year', TRY_CAST((c7 || '-01') AS DATE)) AS DATE) IS NULL)`, nil},
		{`year(日期) = 2020`, `(year(c3) = CAST(? AS BIGINT))`, []any{int64(2020)}},
		{`YEAR(月份) = 2020`, `(year(TRY_CAST((c7 || '-01') AS DATE)) = CAST(? AS BIGINT))`, []any{int64(2020)}},
		{`quarter(日期) = 1`, `(quarter(c3) = CAST(? AS BIGINT))`, []any{int64(1)}},
		{`month(时间) = 1`, `(month(c4) = CAST(? AS BIGINT))`, []any{int64(1)}},
		{`day(时间) = 1`, `(day(c4) = CAST(? AS BIGINT))`, []any{int64(1)}},
		{`weekday(时间) = 1`, `(isodow(c4) = CAST(? AS BIGINT))`, []any{int64(1)}},
		{`hour(时间) = 1`, `(hour(c4) = CAST(? AS BIGINT))`, []any{int64(1)}},
		{`date(时间) = "2020-01-01"`, `(CAST(c4 AS DATE) = CAST(? AS DATE))`, []any{"2020-01-01"}},
		{`地区 in （“福州”，‘厦门’）`, `(c1 IN (?, ?))`, []any{"福州", "厦门"}},
		{`年份 ＞＝ 2020 and 年份 ！＝ 2021`, `((c0 >= CAST(? AS BIGINT)) AND (c0 <> CAST(? AS BIGINT)))`, []any{int64(2020), int64(2021)}},
		{`年份 ≥ 2020 and 年份 ≤ 2025 and 年份 ≠ 2021`, `((c0 >= CAST(? AS BIGINT)) AND (c0 <= CAST(? AS BIGINT)) AND (c0 <> CAST(? AS BIGINT)))`, []any{int64(2020), int64(2025), int64(2021)}},
		{`地区 like “a\%”`, `(c1 ILIKE ? ESCAPE '\')`, []any{`a\\%`}},
		{`地区 = “a"b\”`, `(c1 = ?)`, []any{`a"b\`}},
		{"年份　=\n2020", `(c0 = CAST(? AS BIGINT))`, []any{int64(2020)}},
		{``, ``, nil},
	} {
		got, err := compileWhere(t, c.where)
		if err != nil {
			t.Errorf("%s: %v", c.where, err)
			continue
		}
		if got.sql != c.sql || cmp.Diff(got.args, c.args) != "" {
			t.Errorf("%s\n got %s %v\nwant %s %v", c.where, got.sql, got.args, c.sql, c.args)
		}
	}
}

func TestOutputBecomesSQL(t *testing.T) {
	for _, c := range []struct {
		name   string
		q      Query
		fields []Field
		out    []string
		keys   []string
		args   []any
	}{
		{"chosen columns, one computed", Query{Select: "地区, 数值 * 2 as 双倍, year(日期)"},
			[]Field{{Name: "地区", Label: "所在地区", LabelEN: "Region", Type: Text, Column: "地区"}, {Name: "双倍", Type: Decimal}, {Name: "year(日期)", Type: Integer}},
			[]string{"c1", "(CAST(c2 AS DOUBLE) * CAST(CAST(? AS BIGINT) AS DOUBLE))", "year(c3)"}, []string{"file_row_number"}, []any{int64(2)}},
		{"a column under another name", Query{Select: "地区 AS `区 域`", OrderBy: "`区 域` DESC, 年份 asc"},
			[]Field{{Name: "区 域", Type: Text, Column: "地区"}}, []string{"c1"}, []string{"c1 desc", "c0", "file_row_number"}, nil},
		{"groups alone are counted", Query{GroupBy: "地区"},
			[]Field{{Name: "地区", Label: "所在地区", LabelEN: "Region", Type: Text, Column: "地区"}, {Name: "count", Label: "行数", LabelEN: "Rows", Type: Integer}},
			[]string{"g0", "count(*)"}, []string{"g0"}, nil},
		{"groups by what is computed, sorted by an alias", Query{Select: "地区, year(日期) as 年, avg(数值) as 均值", GroupBy: "地区, year(日期)", OrderBy: "均值 desc"},
			[]Field{{Name: "地区", Label: "所在地区", LabelEN: "Region", Type: Text, Column: "地区"}, {Name: "年", Type: Integer}, {Name: "均值", Type: Decimal}},
			[]string{"g0", "g1", "avg(c2)"}, []string{"avg(c2) desc", "g0", "g1"}, nil},
		{"group_by names what select takes", Query{Select: "年 + 1 as 下一年, count(*)", GroupBy: "year(日期) as 年", OrderBy: "年"},
			[]Field{{Name: "下一年", Type: Integer}, {Name: "count(*)", Type: Integer}},
			[]string{"(CAST(g0 AS HUGEINT) + CAST(? AS BIGINT))", "count(*)"}, []string{"g0"}, []any{int64(1)}},
		{"groups by what select names", Query{Select: "year(日期) as 年, 数值 > 3 as `大 小`, count(*) as n", GroupBy: "年, `大 小`", OrderBy: "n desc"},
			[]Field{{Name: "年", Type: Integer}, {Name: "大 小", Type: Boolean}, {Name: "n", Type: Integer}},
			[]string{"g0", "g1", "count(*)"}, []string{"count(*) desc", "g0", "g1"}, nil},
		{"a column before what select names", Query{Select: "count(*) as 地区", GroupBy: "地区"}, nil, []string{"count(*)"}, []string{"g0"}, nil},
		{"groups by an expression with a value", Query{Select: "bucket(数值, 10), max(数值)", GroupBy: "bucket(数值, 10)"},
			[]Field{{Name: "bucket(数值, 10)", Type: Decimal}, {Name: "max(数值)", Type: Decimal}},
			[]string{"g0", "max(c2)"}, []string{"g0"}, nil},
		{"every aggregate", Query{Select: "count(*), count(地区), count(distinct 地区), count_distinct(地区), sum(年份), avg(年份), min(日期), max(日期), median(数值), stddev(数值), percentile(数值, 0.9)"},
			nil, []string{"count(*)", "count(c1)", "count(DISTINCT c1)", "count(DISTINCT c1)", "sum(c0)", "avg(c0)", "min(c3)", "max(c3)", "median(CAST(c2 AS DOUBLE))", "stddev_samp(CAST(c2 AS DOUBLE))", "quantile_cont(CAST(c2 AS DOUBLE), CAST(? AS DOUBLE))"},
			nil, []any{0.9}},
		{"computed from aggregates", Query{Select: "sum(数值) / count(*) as x", GroupBy: "在用"}, []Field{{Name: "x", Type: Decimal}},
			[]string{"(CAST(sum(c2) AS DOUBLE) / nullif(CAST(count(*) AS DOUBLE), 0))"}, []string{"g0"}, nil},
		{"distance to sort by", Query{Select: "地区", OrderBy: "distance(位置, geom'POINT(1 2)')"}, nil, []string{"c1"},
			[]string{metresOf(place{lon: "c6_lon", lat: "c6_lat"}), "file_row_number"}, nil},
	} {
		got, err := Compile(examples, c.q)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var out, keys []string
		var args []any
		for _, e := range got.out {
			out, args = append(out, e.sql), append(args, e.args...)
		}
		for _, k := range got.keys() {
			dir := ""
			if k.desc {
				dir = " desc"
			}
			keys = append(keys, k.sql+dir)
		}
		if c.fields != nil {
			if diff := cmp.Diff(c.fields, got.Fields); diff != "" {
				t.Errorf("%s: fields (-want +got):\n%s", c.name, diff)
			}
		}
		if diff := cmp.Diff([]any{c.out, c.keys, c.args}, []any{out, keys, args}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// A name that needs backquotes and has none is what is wrong, whatever the
// parser stumbled over.
func TestANameWithoutItsBackquotesIsNamed(t *testing.T) {
	schema := Schema{{Name: "海拔（米）", Type: Decimal, Store: "c0"}, {Name: "占比（%）", Type: Decimal, Store: "c1"}, {Name: "最高 气温℃", Type: Decimal, Store: "c2"}, {Name: "海拔", Type: Decimal, Store: "c3"}}
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{Where: "海拔（米） > 1000"}, "where: “海拔（米）”的名称里有括号、空格或别的符号，要写在反引号里：`海拔（米）` > 1000"},
		{Query{Where: "海拔 > 1 and 占比（%） > 10"}, "where: “占比（%）”的名称里有括号、空格或别的符号，要写在反引号里：海拔 > 1 and `占比（%）` > 10"},
		{Query{OrderBy: "最高 气温℃ desc"}, "order_by: “最高 气温℃”的名称里有括号、空格或别的符号，要写在反引号里：`最高 气温℃` desc"},
		{Query{Where: "`海拔（米）` > 高度(1)"}, "where: 没有“高度”这个函数。"},
		{Query{Where: `乙 = "海拔（米）"`}, "where: 没有“乙”这一列。"},
	} {
		_, err := Compile(schema, c.q)
		if f := fault.Of(err); err == nil || f.Field+": "+fmt.Sprintf(f.Sentence, f.Args...) != c.want {
			t.Errorf("%+v: %v, want %s", c.q, err, c.want)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	deep := strings.Repeat("(", 41) + "在用" + strings.Repeat(")", 41)
	for _, c := range []struct {
		name string
		q    Query
		want string // the sentence, or its beginning
	}{
		{"R01 a column with more behind it", Query{Where: "id; drop table x"}, "where: 表达式从第 3 个字符“; drop table x”起读不下去。"},
		{"R02 a quoted name that ends early", Query{OrderBy: "\"a\"\",b"}, "order_by: 表达式从第 4 个字符"},
		{"R03 a cast", Query{Where: "年份::regclass = 1"}, "where: 表达式从第 3 个字符“::regclass = 1”起读不下去。"},
		{"R04 a subselect", Query{Where: "年份 = (select 1)"}, "where: 表达式从第 "},
		{"R05 columns of the engine", Query{Where: "ctid = 1"}, "where: 没有“ctid”这一列。"},
		{"R05 columns of the engine", Query{Select: "xmin, tableoid"}, "select: 没有“xmin”这一列。"},
		{"R05 our own names", Query{Where: "c0 = 1"}, "where: 没有“c0”这一列。"},
		{"R05 the number of a row", Query{Where: "file_row_number = 1"}, "where: 没有“file_row_number”这一列。"},
		{"R05 keys of groups", Query{Select: "g0", GroupBy: "地区"}, "select: 没有“g0”这一列。"},
		{"R06 an operator that there is not", Query{Where: `地区 ~ "a"`}, "where: 表达式从第 4 个字符"},
		{"R07 an operator that there is not", Query{Where: `地区 similar to "a"`}, "where: 表达式从第 4 个字符"},
		{"R08 a function that there is not", Query{Where: `pg_sleep(10) = 1`}, "where: 没有“pg_sleep”这个函数。"},
		{"R09 a function that takes SQL", Query{Where: `ts_rewrite("a", "select 1") = "b"`}, "where: 没有“ts_rewrite”这个函数。"},
		{"R10 a function of the engine", Query{Where: `read_text("/etc/passwd") = ""`}, "where: 没有“read_text”这个函数。"},
		{"R11 another schema", Query{Where: `main.年份 = 1`}, "where: 没有“main.年份”这一列。"},
		{"R18 a thousand filters", Query{Where: strings.Repeat("年份=1 and ", 999) + "年份=1"}, "where: 表达式太"},
		{"R18 a thousand filters, short", Query{Where: strings.Repeat("在用 or ", 700) + "在用"}, "where: 表达式太复杂"},
		{"R19 five megabytes", Query{Where: `地区 = "` + strings.Repeat("x", 5<<20) + `"`}, "where: 表达式太长，最多 8000 字节。"},
		{"R24 a zero byte", Query{Where: "地区 = \"a\x00b\""}, "where: 表达式里有不能用的字符。"},
		{"broken UTF-8", Query{Where: "地区 = \"\xff\""}, "where: 表达式里有不能用的字符。"},
		{"R25 a number against text", Query{Where: `地区 = 350100`}, "where: “地区”的类型是 text，它的值要写在引号里。"},
		{"R25 text against a number", Query{Where: `年份 >= "2020"`}, "where: “年份”的类型是 integer，它的值不写引号。"},
		{"R25 text against a number, in a list", Query{Where: `年份 in (1, "2")`}, "where: “年份”的类型是 integer，它的值不写引号。"},
		{"R25 a number against a date", Query{Where: `日期 >= 2020`}, "where: “日期”的类型是 date，不能和 integer 比较。"},
		{"R25 two columns of different types", Query{Where: `日期 = 地区`}, "where: “日期”的类型是 date，不能和 text 比较。"},
		{"R25 a number against yes or no", Query{Where: `在用 = 1`}, "where: “在用”的类型是 boolean，不能和 integer 比较。"},
		{"R25 a word against yes or no", Query{Where: `在用 = "maybe"`}, "where: “在用”的类型是 boolean，不能和 text 比较。"},
		{"R25 a place against text", Query{Where: `位置 = "119,26"`}, "where: “位置”的类型是 point，不能和 text 比较。"},
		{"R26 no such day", Query{Where: `日期 = "2023-02-30"`}, "where: “2023-02-30”不是日期，请写成 2020-01-31 的形式。"},
		{"R26 a year of five digits", Query{Where: `日期 = "99999-01-01"`}, "where: “99999-01-01”不是日期"},
		{"R26 no date at all", Query{Where: `日期 = date'now'`}, "where: “now”不是日期"},
		{"R27 infinity", Query{Where: `数值 < Infinity`}, "where: 没有“Infinity”这一列。"},
		{"R27 a number without end", Query{Where: `数值 < 1e999`}, "where: 数“1e999”太大。"},
		{"R27 a whole number without end", Query{Where: `数值 < ` + strings.Repeat("9", 400)}, "where: 数“99999"},
		{"a period that there is not", Query{Where: `date_trunc(日期, "decade'); drop table x --") is null`}, "where: date_trunc 的第 2 个参数要是其中之一：year, quarter, month, week, day。"},
		{"a period that is a column", Query{Where: `date_trunc(日期, 地区) is null`}, "where: date_trunc 的第 2 个参数要是其中之一"},
		{"a period of a number", Query{Where: `date_trunc(年份, "year") is null`}, "where: date_trunc 的第 1 个参数不能是 integer。"},
		{"a period without a date", Query{GroupBy: `date_trunc("year")`}, "group_by: date_trunc 需要 2 个参数。"},
		{"hexadecimal", Query{Where: `年份 = 0x10`}, "where: 表达式从第 7 个字符"},
		{"nested too deep in wide signs", Query{Where: strings.Repeat("（", 41) + "在用" + strings.Repeat("）", 41)}, "where: 表达式的括号套得太深，最多 40 层。"},
		{"nested too deep", Query{Where: deep}, "where: 表达式的括号套得太深，最多 40 层。"},
		{"too many values", Query{Where: "年份 in (" + strings.Repeat("1,", 1100) + "1)"}, "where: in 里最多 1000 个值。"},
		{"no condition", Query{Where: "年份"}, "where: where 要是条件"},
		{"no condition beside one", Query{Where: "年份 and 在用"}, "where: and 两边都要是条件。"},
		{"no condition after not", Query{Where: "not 年份"}, "where: not 后面要是条件。"},
		{"equal to null", Query{Where: "年份 = null"}, "where: 空值用 is null 或 is not null 判断。"},
		{"null in a list", Query{Where: "年份 in (null)"}, "where: 空值用 is null 或 is not null 判断。"},
		{"an order of yes and no", Query{Where: "在用 > false"}, "where: 这种值只能比较相等或不等。"},
		{"like on a number", Query{Where: `年份 like "2%"`}, "where: like 只用于文本。"},
		{"text plus a number", Query{Where: `地区 + 1 = 2`}, "where: + 只用于数。"},
		{"minus a text", Query{Where: `-地区 = 2`}, "where: 负号只用于数。"},
		{"a value in front of in", Query{Where: `"2020-01-01" in (日期)`}, "where: in 前面要是列，后面是值。"},
		{"an aggregate in a condition", Query{Where: `avg(数值) > 1`}, "where: avg 是聚合函数，不能写在这里。"},
		{"an aggregate in an aggregate", Query{Select: `sum(avg(数值))`}, "select: avg 是聚合函数，不能写在这里。"},
		{"an aggregate to group by, by its name", Query{GroupBy: "n", Select: "count(*) as n"}, "group_by: count 是聚合函数，不能写在这里。"},
		{"a name that select does not give", Query{GroupBy: "n", Select: "count(*) as m"}, "group_by: 没有“n”这一列。"},
		{"an aggregate to group by", Query{GroupBy: `count(*)`}, "group_by: count 是聚合函数，不能写在这里。"},
		{"an aggregate to sort rows by", Query{OrderBy: `count(*)`}, "order_by: count 是聚合函数，不能写在这里。"},
		{"too few arguments", Query{Where: `left(地区) = "a"`}, "where: left 需要 2 个参数。"},
		{"an argument of the wrong type", Query{Where: `lower(年份) = "a"`}, "where: lower 的第 1 个参数不能是 integer。"},
		{"a star where none belongs", Query{Select: `sum(*)`}, "select: 只有 count 可以用 *。"},
		{"distinct where it does not belong", Query{Select: `sum(distinct 年份)`}, "select: 只有 count 可以用 distinct。"},
		{"search without a text", Query{Where: `search(地区)`}, "where: search 的最后一个参数要是引号里的文本。"},
		{"search in numbers", Query{Where: `search(年份, "1")`}, "where: “年份”不是文本列，search 只在文本列里找。"},
		{"a distance by itself", Query{Where: `年份 > 5km`}, "where: 距离只能写在 within_distance 里。"},
		{"a place by itself", Query{Where: `geom'POINT(1 2)' = 1`}, "where: 地点只能写在"},
		{"a place beyond the earth", Query{Where: `within_distance(位置, geom'POINT(26 119)', 5km)`}, "where: 经度须在 -180 到 180、纬度须在 -90 到 90 之间。"},
		{"no place", Query{Where: `within_distance(位置, geom'LINESTRING(1 2, 3 4)', 5km)`}, "where: 请把地点写成 geom'POINT(经度 纬度)'。"},
		{"no distance", Query{Where: `within_distance(位置, geom'POINT(1 2)', 年份)`}, "where: 请把距离写成 5km 或 300m。"},
		{"a distance around the earth", Query{Where: `within_distance(位置, geom'POINT(1 2)', 99999km)`}, "where: 请把距离写成 5km 或 300m。"},
		{"the longitude of a text", Query{Where: `longitude(地区) > 1`}, "where: “地区”不是地点列；"},
		{"the latitude of two places", Query{Where: `latitude(位置, 位置) > 1`}, "where: latitude 需要 1 个参数。"},
		{"a longitude that is no key", Query{GroupBy: `bucket(longitude(位置), 1)`, Select: `longitude(位置)`}, "select: “位置”既没有写在 group_by 里"},
		{"no column of places", Query{Where: `within_distance(地区, geom'POINT(1 2)', 5km)`}, "where: “地区”不是地点列；"},
		{"a box of columns", Query{Where: `in_bbox(位置, 年份, 1, 2, 3)`}, "where: in_bbox 的边界要是数"},
		{"a share over one", Query{Select: `percentile(数值, 90)`}, "select: percentile 需要一个数列和 0 到 1 之间的一个数。"},
		{"a column that is not grouped", Query{Select: "地区, 年份, count(*)", GroupBy: "地区"}, "select: “年份”既没有写在 group_by 里，也不在聚合函数里。"},
		{"a column beside an aggregate", Query{Select: "地区, count(*)"}, "select: “地区”既没有写在 group_by 里，也不在聚合函数里。"},
		{"sorted by a column that is not grouped", Query{Select: "地区", GroupBy: "地区", OrderBy: "年份"}, "order_by: “年份”既没有写在 group_by 里，也不在聚合函数里。"},
		{"grouped by a value", Query{GroupBy: "1"}, "group_by: group_by 里要写列，或由列算出的值。"},
		{"sorted by a value", Query{OrderBy: "1"}, "order_by: order_by 里要写列，或由列算出的值。"},
		{"sorted by a place", Query{OrderBy: "位置"}, "order_by: 不能按 point 排序。"},
		{"everything of groups", Query{Select: "*", GroupBy: "地区"}, "select: 有 group_by 时不能 select *。"},
		{"one name twice", Query{Select: "年份 as a, 地区 as a"}, "select: “a”这个名字用了两次。"},
		{"null as a column", Query{Select: "null"}, "select: 这里不能写 null。"},
		{"an alias in a condition", Query{Select: "数值 as x", Where: "x > 1"}, "where: 没有“x”这一列。"},
		{"an unfinished call", Query{Select: "A( "}, "select: 表达式没有写完。"},
		{"a call of nothing", Query{Select: "count()"}, "select: count 需要 1 个参数。"},
		{"a call of nothing different", Query{Select: "count(distinct)"}, "select: 表达式从第 15 个字符“)”起读不下去。"},
		{"unfinished", Query{Where: "年份 = "}, "where: 表达式没有写完。"},
		{"a quote that is not closed", Query{Where: `地区 = "福州`}, "where: 表达式从第 6 个字符"},
		{"a keyword as a value", Query{Where: "and"}, "where: "},
		{"a statement behind it", Query{Where: "在用 -- x"}, "where: "},
		{"too many keys", Query{OrderBy: strings.Repeat("年份,", 16) + "年份"}, "order_by: 最多按 16 项排序。"},
		{"too many groups", Query{GroupBy: strings.Repeat("年份,", 16) + "年份"}, "group_by: 最多按 16 项分组。"},
	} {
		_, err := Compile(examples, c.q)
		if fault.KindOf(err) != fault.Malformed || !strings.HasPrefix(fmt.Sprint(err), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// A parser that tries one way after the other must not take longer than what
// it reads is long.
func TestNoTextTakesLongToRead(t *testing.T) {
	for name, text := range map[string]string{
		"calls in calls, unfinished": strings.Repeat("lower(", 40),
		"calls in calls, wrong":      strings.Repeat("lower(", 39) + "地区 ==" + strings.Repeat(")", 39),
		"parentheses, wrong":         strings.Repeat("(", 40) + "年份 =" + strings.Repeat(")", 40),
		"lists in lists":             strings.Repeat("年份 in (1, (", 20) + "1" + strings.Repeat("))", 20),
		"nots":                       strings.Repeat("not ", 1900) + "在用",
		"minus signs":                strings.Repeat("-", 2400) + "1",
		"a long list":                "年份 in (" + strings.Repeat("1,", 1000) + "1",
		"columns":                    strings.Repeat("年份,", 300) + "年份",
	} {
		start := time.Now()
		for _, q := range []Query{{Where: text}, {Select: text}, {OrderBy: text}, {GroupBy: text}} {
			Compile(examples, q) //nolint:errcheck // only how long it takes
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s takes %v", name, took)
		}
	}
}

func TestASchemaWithNamesOfItsOwnIsRefused(t *testing.T) {
	for _, store := range []string{"", "c", "c01", "c-1", "x1", "c1; DROP TABLE x", "c1_raw", "C1"} {
		if _, err := Compile(Schema{{Name: "a", Type: Text, Store: store}}, Query{}); err == nil {
			t.Errorf("a column stored as %q stands in SQL", store)
		}
	}
}

func TestNamesAreFound(t *testing.T) {
	s := Schema{
		{Name: "a", Label: "标签", Store: "c0"}, {Name: "b", Label: "标签", Store: "c1"}, {Name: "标签", Store: "c2"},
		{Name: "X", Label: "甲", Store: "c3"}, {Name: "x", Label: "乙", Store: "c4"}, {Name: "Long", Store: "c5"}, {Name: "n1", Label: "同", Store: "c6"}, {Name: "n2", Label: "同", Store: "c7"},
	}
	for name, want := range map[string]string{"a": "c0", "标签": "c2", "X": "c3", "x": "c4", "甲": "c3", "LONG": "c5", "同": "", "": "", "y": ""} {
		got, ok := s.Find(name)
		if got.Store != want || ok != (want != "") {
			t.Errorf("%q: got %q, want %q", name, got.Store, want)
		}
	}
}

// Help names every function that there is, as it is written.
func TestFunctionsAreDescribed(t *testing.T) {
	schema := Schema{{Name: "text", Type: Text, Store: "c0"}, {Name: "number", Type: Decimal, Store: "c1"}, {Name: "date", Type: DateTime, Store: "c2"}, {Name: "place", Type: Point, Store: "c3"}, {Name: "column", Type: Text, Store: "c4"}}
	fill := strings.NewReplacer("digits", "1", "width", "10", "west, south, east, north", "1, 2, 3, 4", ", …", "")
	for _, f := range Functions() {
		c, err := Compile(schema, Query{Select: fill.Replace(f.Form) + " as x"})
		if err != nil {
			t.Errorf("%s: %v", f.Form, err)
			continue
		}
		if f.Gives != "" && c.Fields[0].Type != f.Gives || c.Grouped() != f.Aggregate {
			t.Errorf("%s gives %s, grouped %t", f.Form, c.Fields[0].Type, c.Grouped())
		}
	}
	if n := len(Functions()); n != len(functions)+9 {
		t.Errorf("%d functions", n)
	}
}

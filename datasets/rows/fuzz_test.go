package rows

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"shuyuan/internal/fault"
)

// Everything that may stand in SQL: words of ours, names of columns that we
// gave, values' places, signs and numbers that we wrote. A letter of any other
// script cannot come from us.
var (
	sqlWord  = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)
	sqlText  = regexp.MustCompile(`'[^']*'`)
	sqlOther = regexp.MustCompile(`^[\s0-9.?(),=<>+*/%|{}-]*$`)
	ourNames = regexp.MustCompile(`^(c\d+(_raw|_lon|_lat)?|[gokrx]\d+|file_row_number)$`)
	ourWords = words2set(`SELECT FROM WHERE GROUP BY ORDER AS AND OR NOT IN IS NULL LIKE ILIKE ESCAPE CASE WHEN THEN ELSE END CAST TRY_CAST TRUE FALSE DISTINCT LIMIT OFFSET UNION ALL DESC NULLS FIRST LAST OVER FILTER COPY TO
		VARCHAR BIGINT HUGEINT INTEGER DOUBLE DATE TIMESTAMP BOOLEAN file total n typeof count sum avg min max median stddev_samp quantile_cont strlen left chr coalesce
		lower upper length trim starts_with ends_with contains greatest least abs floor ceil round nullif year quarter month day isodow hour asin sqrt pow sin cos radians regexp_matches`)
	ourTexts = words2set(`'\' 'v' '' '-01' '=' '+' '-' '@' '＝' '＋' '－' '＠'
		'^[\s\pZ\x{85}\x0b]*[=+\-@＝＋－＠]' '^\s*([+-]?[0-9][0-9,]*(\.[0-9]+)?([eE][+-]?[0-9]+)?%?|[-－+＋]+)\s*$'`)
)

func words2set(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// foreign returns the first part of sql that is not ours.
func foreign(sql string) string {
	for _, text := range sqlText.FindAllString(sql, -1) {
		if !ourTexts[text] {
			return text
		}
	}
	sql = sqlText.ReplaceAllString(sql, " ")
	for _, word := range sqlWord.FindAllString(sql, -1) {
		if !ourWords[word] && !ourNames.MatchString(word) {
			return word
		}
	}
	if rest := sqlWord.ReplaceAllString(sql, " "); !sqlOther.MatchString(rest) {
		return rest
	}
	return ""
}

// checkSQL fails if a query compiles to SQL with anything of its text in it, or
// if as many values are bound as there are not places.
func checkSQL(t *testing.T, q Query) bool {
	t.Helper()
	c, err := Compile(examples, q)
	if err != nil {
		if fault.KindOf(err) != fault.Malformed || fault.Of(err).Cause != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		return false
	}
	at := position{values: make([]keyValue, len(c.keys()))}
	for i := range at.values {
		at.values[i] = keyValue{Type: "VARCHAR", Text: "x", Long: i%2 == 1 && i+1 < len(at.values)}
	}
	e := &Export{c: c, o: ExportOptions{Safe: true}}
	all := []statement{c.page(position{}, 10, 0), c.page(at, 10, 20), c.counted(), e.statement(e.csvCell), e.statement(e.plainCell)}
	if c.where.sql != "" {
		all = append(all, c.sampled([]int64{0, 100}, 10))
	}
	for _, s := range all {
		sql := s.text.String()
		if part := foreign(sql); part != "" {
			t.Fatalf("%+v: %q is not ours in %s", q, part, sql)
		}
		if n := strings.Count(sqlText.ReplaceAllString(sql, ""), "?"); n != len(s.args) {
			t.Fatalf("%+v: %d places, %d values in %s", q, n, len(s.args), sql)
		}
	}
	return true
}

// seeds are texts that compile, for each parameter.
func seeds() []string {
	return []string{
		`年份 >= 2020 and 地区 in ("福州", "厦门") and search(地区, "小学")`, `avg(数值) as 均值, 地区`, `year(日期), 地区`, `均值 desc, 地区`,
		`within_distance(位置, geom'POINT(119.3 26.1)', 5km) or in_bbox(位置, 1, 2, 3, 4)`, `日期 between "2020-01-01" and date'2021-01-01'`,
		"`单价 (元)` * -2 / (PM2.5 + 1e3) % 7 <> 0", `count(distinct 地区) as n, percentile(数值, 0.5), bucket(数值, 10)`, `地区 not like "a\%'b" and raw(年份) is not null`,
		`left(地区, 2), round(数值, 1), lower(Name), 月份`, `在用 = true or not 在用`, `'it''s' = 地区`, `*`, `月份 as "x"`, `地区 in （“福州”，‘厦’）`, "地区 as `'; DROP TABLE x; --`",
	}
}

// FuzzNothingOfTheTextIsSQL feeds any text to every parameter.
func FuzzNothingOfTheTextIsSQL(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s, "地区", "")
		f.Add("在用", s, s)
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		checkSQL(t, Query{Where: a, Select: b, OrderBy: c})
		checkSQL(t, Query{Where: a, GroupBy: b, OrderBy: c})
		checkSQL(t, Query{Select: a, GroupBy: b, OrderBy: c})
	})
}

// Parts of texts that compile, put together at random, compile often enough to
// try much of the language.
func TestRandomQueriesAreOurSQL(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	g := &maker{r: r}
	compiled := 0
	for range 3000 {
		q := Query{Where: g.condition(3)}
		switch r.IntN(3) {
		case 0:
			q.Select, q.OrderBy = g.list(g.value), g.list(g.value)
		case 1:
			q.GroupBy = g.list(g.value)
			q.Select, q.OrderBy = q.GroupBy+", "+g.list(g.aggregate), q.GroupBy
		default:
			q.Select = g.list(g.aggregate)
		}
		if checkSQL(t, q) {
			compiled++
		}
	}
	if compiled < 300 {
		t.Errorf("only %d of 3000 random queries compile: they try little", compiled)
	}
}

// maker writes queries at random.
type maker struct{ r *rand.Rand }

func (g *maker) pick(all ...string) string { return all[g.r.IntN(len(all))] }

func (g *maker) list(one func(int) string) string {
	var all []string
	for range 1 + g.r.IntN(3) {
		all = append(all, one(2))
	}
	return strings.Join(all, ", ")
}

func (g *maker) text() string {
	return g.pick(`"福州"`, `'a''b'`, `"x\"y"`, `"'; DROP TABLE x; --"`, `""`, `"?"`, `"{file}"`, `"2020-01-01"`)
}

func (g *maker) number(depth int) string {
	if depth == 0 || g.r.IntN(3) == 0 {
		return g.pick("年份", "数值", "PM2.5", "`单价 (元)`", "`2020年`", "1", "2.5", "1e3", "-3", "12345678901234567890")
	}
	a, b := g.number(depth-1), g.number(depth-1)
	return g.pick(a+" + "+b, a+" * "+b, "("+a+" - "+b+")", a+" / "+b, a+" % "+b, "abs("+a+")", "round("+a+", 2)", "bucket("+a+", 10)", "length("+g.words(0)+")", "year(日期)", "month(月份)", "- ("+a+")",
		"distance(位置, geom'POINT(119.3 26.1)')", "floor("+a+")")
}

func (g *maker) words(depth int) string {
	if depth == 0 {
		return g.pick("地区", "Name", "`奇``怪`", "月份", "raw(年份)", g.text())
	}
	return g.pick("lower("+g.words(depth-1)+")", "upper("+g.words(depth-1)+")", "trim("+g.words(0)+")", "left("+g.words(0)+", 3)", g.words(0))
}

func (g *maker) value(depth int) string {
	return g.pick(g.number(depth), g.words(depth), "日期", "date(时间)", "在用", "年份 > 1")
}

func (g *maker) aggregate(int) string {
	return g.pick("count(*)", "count("+g.value(1)+")", "count(distinct "+g.words(1)+")", "sum("+g.number(1)+")", "avg("+g.number(1)+")", "min("+g.words(1)+")", "max(日期)", "median("+g.number(1)+")",
		"percentile("+g.number(1)+", 0.9)", "sum(数值) / count(*)", fmt.Sprintf("sum(数值) as `列%d`", g.r.IntN(1000)))
}

func (g *maker) condition(depth int) string {
	if depth == 0 {
		op := g.pick("=", "!=", "<", "<=", ">", ">=", "<>")
		return g.pick(g.number(1)+" "+op+" "+g.number(1), g.words(1)+" "+op+" "+g.words(0), "日期 "+op+` "2020-01-01"`, "在用", g.words(0)+" in ("+g.text()+", "+g.text()+")",
			g.number(0)+" between "+g.number(0)+" and "+g.number(0), g.words(0)+" like "+g.text(), g.value(1)+" is not null", "search("+g.text()+")", "in_bbox(point(lon, lat), 1, 2, 3, 4)",
			"within_distance(位置, geom'POINT(1 2)', 5km)", "starts_with("+g.words(0)+", "+g.text()+")")
	}
	a, b := g.condition(depth-1), g.condition(depth-1)
	return g.pick(a, a+" and "+b, a+" or "+b, "not "+g.condition(0), "("+a+") and not ("+b+")")
}

// A check that finds nothing proves nothing: it must see a planted part.
func TestForeignPartsAreSeen(t *testing.T) {
	for _, sql := range []string{`SELECT 地区 FROM {file}`, `SELECT "c0" FROM {file}`, `SELECT c0; SELECT c1`, `SELECT 'abc'`, `SELECT pg_sleep(1)`, `SELECT c0 -- x`, "SELECT `c0`"} {
		if foreign(sql) == "" {
			t.Errorf("nothing foreign is seen in %s", sql)
		}
	}
}

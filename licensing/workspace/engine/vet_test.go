package engine

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"shuyuan/datasets/rows"
	"shuyuan/licensing/workspace/disclosure"
)

// Each must pass, and its columns must be what stands behind it.
var honest = []struct {
	name, sql string
	roles     string // d, c, m, x for derived; one for each column
}{
	{"the workspace's own", festival, "dcm"},
	{"a count", "select count(*) from air_hourly", "c"},
	{"by month", "select date_trunc('month', time) as m, avg(PM25) as a, count(*) n from src.air_hourly group by 1 order by 1", "dmc"},
	{"group by all", "select station, wd, median(PM25) from air_hourly group by all", "ddm"},
	{"by name of an item", "select extract(year from time) as y, quantile_cont(PM25, 0.9) from air_hourly group by y order by y desc limit 3", "dm"},
	{"a filter", "select station, count(*) filter (where PM25 > 75) as bad, count(*) as n, round(100.0 * count(*) filter (where PM25 > 75) / count(*), 1) as share from air_hourly group by station", "dccx"},
	{"ones and noughts", "select station, sum(case when PM25 > 75 then 1 else 0 end) from air_hourly group by station", "dc"},
	{"different subjects", "select ward, count(distinct person) as people, count(*) as visits, avg(cost) from visits group by ward", "dccm"},
	{"a join on keys", "select p.district, count(distinct v.person) n, sum(v.cost) from visits v join persons p on v.person = p.id where p.born between 1960 and 1990 group by 1", "dcm"},
	{"using a key", "with v as (select person as id, cost from visits) select district, avg(cost) from v join persons using (id) group by district", "dm"},
	{"first by subject", "with t as (select person, sum(cost) as total, count(*) as n from visits group by person) select n, count(*) as people, avg(total) as mean, max(n) from t group by n", "dcmx"},
	{"the most of each subject", "select avg(m) from (select person, max(cost) as m from visits group by person) t", "m"},
	{"a window by subject", "select nth, count(*) from (select person, row_number() over (partition by person, hospital order by day) as nth from visits) t group by nth", "dc"},
	{"a lookup", "select 日期, 节日名称 from holidays where 安排 = '放假' order by 日期", "dd"},
	{"in a lookup", "select count(*) from air_hourly where cast(time as date) in (select 日期 from holidays where 安排 = '放假')", "c"},
	{"union all", "with u as (select person, cost from visits where ward = '内科' union all select person, cost from visits where ward = '外科') select count(distinct person), sum(cost) from u", "cm"},
	{"a series", "select h.hour, count(*) from range(0, 24) as h(hour) join air_hourly a on extract(hour from a.time) = h.hour group by 1", "dc"},
	{"null keys", "select count(*) from visits where person is not null", "c"},
}

func TestHonestStatementsPass(t *testing.T) {
	e := vetOnly(t)
	letters := map[disclosure.Role]string{disclosure.Dimension: "d", disclosure.Count: "c", disclosure.Magnitude: "m", disclosure.Derived: "x"}
	for _, c := range honest {
		v, err := e.Vet(t.Context(), allMounts, Code{SQL: c.sql})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range v.Findings {
			t.Errorf("%s: %s, line %d, column %d: %s", c.name, f.Rule, f.Line, f.Column, f.Text())
		}
		roles := ""
		for _, col := range v.Columns {
			roles += letters[col.Role]
		}
		if v.Passed() && roles != c.roles {
			t.Errorf("%s: columns are %s, not %s", c.name, roles, c.roles)
		}
	}
}

// Series are as long together as one may be: joined with the row of one person, longer
// ones take long for that person's sake.
func TestSeriesAreShortTogether(t *testing.T) {
	e := vetOnly(t)
	for sql, passes := range map[string]bool{
		"select h.hour, count(*) from range(0, 24) as h(hour) join air_hourly a on extract(hour from a.time) = h.hour group by 1":                                      true,
		"select x, y from range(0, 300) a(x) join range(0, 300) b(y) on a.x <> b.y":                                                                                    true,
		"select x, y from range(0, 10000) a(x) join range(0, 10000) b(y) on a.x <> b.y":                                                                                false,
		"select x, y from range(-200, 200) a(x) join generate_series(900, 0, -1) b(y) on a.x <> b.y":                                                                   false,
		"select x, y from range(0, 90000, 1000) a(x) join range(900) b(y) on a.x <> b.y":                                                                               true,
		"with s as (select n from range(0, 1000) r(n)) select a.n, count(*) from s a join s b on a.n <> b.n group by 1":                                                false,
		"with s as (select n from range(0, 40000) r(n) union all select n from range(0, 40000) r(n)) select n, count(*) from s group by 1":                             true,
		"with s as (select n from range(0, 60000) r(n) union all select n from range(0, 60000) r(n)) select n, count(*) from s group by 1":                             false,
		"select count(*) as n from visits v join range(0, 10000) a(x) on a.x < v.cost join range(0, 10000) b(y) on b.y < v.cost where v.person = 'p5' group by v.ward": false,
	} {
		v, err := e.Vet(t.Context(), allMounts, Code{SQL: sql})
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Rule == "series" })
		if found == passes {
			t.Errorf("%s: %v", sql, v.Findings)
		}
	}
}

// A finding says where.
func TestAFindingHasItsPlace(t *testing.T) {
	e := vetOnly(t)
	for _, c := range []struct {
		sql, rule    string
		line, column int
	}{
		{"select station,\n       “均值”, random()\nfrom air_hourly", "function", 2, 14},
		{"select '均值', \n  random() from air_hourly", "function", 2, 3},
		{"select '值' as 一, income\nfrom persons", "aggregate", 1, 18},
		{"select count(*)\nfrom nowhere", "table", 2, 6},
		{"select count(*)\nfrom persons\nwhere id = 'p1'", "identifier", 3, 7},
		{"select count(*) from persons; select 2", "statement", 0, 0},
		{"select count(*\nfrom persons", "syntax", 2, 1},
		{"select count(*) from persons where born = $y", "parameter", 0, 0},
		{"select cast(count(*) as interval) from persons", "", 0, 0},
	} {
		v, err := e.Vet(t.Context(), allMounts, Code{SQL: c.sql})
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Findings) == 0 {
			t.Errorf("%q passed", c.sql)
			continue
		}
		f := v.Findings[len(v.Findings)-1]
		if c.rule != "" && !slices.ContainsFunc(v.Findings, func(f Finding) bool {
			return f.Rule == c.rule && (c.line == 0 || f.Line == c.line && f.Column == c.column)
		}) {
			t.Errorf("%q: %s at %d:%d: %s", c.sql, f.Rule, f.Line, f.Column, f.Text())
		}
	}
}

// Digests: the code is pinned with its parameters, the tree whatever the blanks.
func TestDigests(t *testing.T) {
	e := vetOnly(t)
	vet := func(c Code) *Verdict {
		v, err := e.Vet(t.Context(), allMounts, c)
		if err != nil {
			t.Fatal(err)
		}
		if !v.Passed() {
			t.Fatal(v.Findings[0])
		}
		return v
	}
	a := vet(Code{SQL: "select count(*) from persons where born > $y", Parameters: []Parameter{{"y", rows.Integer}}})
	b := vet(Code{SQL: "select  count(*)\nfrom persons -- all\nwhere born > $y", Parameters: []Parameter{{"y", rows.Integer}}})
	c := vet(Code{SQL: "select count(*) from persons where born > $y", Parameters: []Parameter{{"y", rows.Decimal}}})
	if a.TreeDigest != b.TreeDigest || a.CodeDigest == b.CodeDigest || a.CodeDigest == c.CodeDigest || !slices.Equal(a.Parameters, []string{"y"}) {
		t.Errorf("%+v\n%+v\n%+v", a, b, c)
	}
}

// FuzzVet: vetting never panics, and nothing passes that calls a function that is
// not in the list.
func FuzzVet(f *testing.F) {
	e := vetOnly(f)
	for _, c := range honest {
		f.Add(c.sql)
	}
	for _, a := range attacks(f, nil) {
		if len(a.text) < 2000 {
			f.Add(a.text)
		}
	}
	f.Fuzz(func(t *testing.T, sql string) {
		a, err := e.analyse(t.Context(), allMounts, Code{SQL: sql})
		if err != nil {
			t.Fatal(err)
		}
		if !a.verdict.Passed() {
			return
		}
		if !utf8.ValidString(sql) {
			t.Error("no UTF-8 passed")
		}
		a.query.eachExpr(func(x *expr) {
			if x.kind != function {
				return
			}
			if arity, ok := e.allow.arity(x.name); !ok || !slices.Contains(arity, len(x.args)) {
				t.Errorf("%q passed with %s of %d", sql, x.name, len(x.args))
			}
		})
		for _, bad := range []string{"read_text", "getenv", "duckdb_", "copy ", "attach "} {
			low := strings.ToLower(sql)
			if i := strings.Index(low, bad+"("); i >= 0 && !strings.ContainsAny(low, `'"-/$`) {
				t.Errorf("%q passed", sql)
			}
		}
		m := &measuring{query: a.query, verdict: a.verdict, minimum: 10, allow: e.allow}
		if len(a.query.in.slots) > 0 && m.statement() == "" {
			t.Error("nothing to measure by")
		}
	})
}

// eachExpr calls do for every expression of q and its parts.
func (q *query) eachExpr(do func(*expr)) {
	if q == nil {
		return
	}
	for _, c := range q.ctes {
		c.q.eachExpr(do)
	}
	q.left.eachExpr(do)
	q.right.eachExpr(do)
	visit := func(e *expr) {
		e.each(func(x *expr) {
			do(x)
			x.sub.eachExpr(do)
		})
	}
	for _, e := range slices.Concat(q.items, q.groups, []*expr{q.where, q.having}) {
		visit(e)
	}
	var walk func(*relation)
	walk = func(r *relation) {
		if r == nil {
			return
		}
		r.sub.eachExpr(do)
		visit(r.on)
		walk(r.left)
		walk(r.right)
	}
	walk(q.from)
}

// The lists name only functions that the engine has.
func TestTheListsNameWhatThereIs(t *testing.T) {
	if _, err := os.Stat("allow.yaml"); err != nil {
		t.Fatal(err)
	}
	db, c, err := openEngine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	defer c.Close()
	allow, err := readAllowed()
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{"nullif": true, "ifnull": true, "count_star": true}
	r, err := c.QueryContext(t.Context(), "SELECT DISTINCT function_name FROM duckdb_functions()")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		var name string
		if err := r.Scan(&name); err != nil {
			t.Fatal(err)
		}
		has[name] = true
	}
	for name := range allow.Functions {
		if !has[name] {
			t.Errorf("there is no function %s", name)
		}
		if allow.aggregate(name) {
			t.Errorf("%s is listed twice", name)
		}
	}
	for name := range allow.Aggregates {
		if !has[name] {
			t.Errorf("there is no aggregate %s", name)
		}
	}
}

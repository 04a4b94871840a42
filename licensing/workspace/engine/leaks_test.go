package engine

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"shuyuan/datasets/rows"
	"shuyuan/licensing/workspace/disclosure"
)

// strikes are accidents of which each is a subject.
var strikes = []Column{
	{"id", rows.Integer, Group, ""}, {"hour", rows.Text, Group, ""}, {"phase", rows.Text, Group, ""}, {"size", rows.Text, Group, ""}, {"damage", rows.Text, Group, ""},
	{"cost", rows.Decimal, Aggregate, ""}, {"huge", rows.Decimal, Aggregate, ""}, {"engines", rows.Integer, Aggregate, ""}, {"hit", rows.Boolean, Group, ""}, {"day", rows.Date, Group, ""}, {"repair", rows.Decimal, Aggregate, ""},
}

const madeStrikes = `SELECT CAST(i AS BIGINT) AS c0, (['Dawn','Day','Dusk','Night'])[(i % 4) + 1] AS c1, CASE WHEN i = 2 OR i % 20 = 1 THEN 'Taxi' WHEN i % 3 = 0 THEN 'Climb' ELSE 'Approach' END AS c2,
	(['Large','Medium','Small'])[(i // 4 % 3) + 1] AS c3, CASE WHEN i IN (2, 6, 3, 7) THEN 'C' WHEN i < 72 AND i % 12 = 0 OR i % 4 = 1 AND i % 12 = 5 THEN 'Substantial' ELSE 'None' END AS c4,
	CAST(100 + hash(i) % 900 AS DOUBLE) AS c5, CASE WHEN i = 9 THEN 1e9 ELSE CAST(1 + hash(i + 5) % 90 AS DOUBLE) END AS c6, CAST(CASE WHEN i IN (4, 5, 9, 10, 11) THEN 1 ELSE 2 END AS BIGINT) AS c7,
	i < 30 AS c8, DATE '2024-01-01' + CAST(i % 300 AS INTEGER) AS c9, CASE WHEN i % 4 <> 0 OR i < 60 THEN CAST(hash(i + 9) % 900 AS DOUBLE) ELSE 0 END AS c10 FROM range(2000) t(i)`

// trips are several of each of 400 persons.
var trips = []Column{{"person", rows.Text, Subject, "person"}, {"kind", rows.Text, Group, ""}, {"fare", rows.Decimal, Aggregate, ""}, {"trip", rows.Integer, Group, ""}, {"day", rows.Date, Group, ""}, {"hit", rows.Boolean, Group, ""}}

const madeTrips = `SELECT 'p' || (i % 400) AS c0, CASE WHEN hash(i) % 5 = 0 THEN '急' ELSE '缓' END AS c1, CAST(10 + hash(i + 3) % 90 AS DOUBLE) AS c2, CAST(i AS BIGINT) AS c3, DATE '2024-01-01' + CAST(i // 400 AS INTEGER) AS c4, i = 407 AS c5 FROM range(2000) t(i)`

// rides are thirty of each of 100 persons.
var rides = []Column{{"person", rows.Text, Subject, "person"}, {"fare", rows.Decimal, Aggregate, ""}, {"ride", rows.Integer, Group, ""}}

const madeRides = `SELECT 'r' || (i % 100) AS c0, CAST(10 + hash(i + 3) % 90 AS DOUBLE) AS c1, CAST(i AS BIGINT) AS c2 FROM range(3000) t(i)`

// corpus asks and checks statements as jobs are.
type corpus struct {
	*rig
	mounts   []Mount
	prepared []Prepared
}

func newCorpus(t *testing.T) *corpus {
	r := newRig(t, nil)
	c := &corpus{rig: r, mounts: slices.Clone(allMounts), prepared: r.prepared(t, space)}
	for _, one := range []struct {
		name, made string
		columns    []Column
	}{{"strikes", madeStrikes, strikes}, {"trips", madeTrips, trips}, {"rides", madeRides, rides}} {
		s := Source{Mount: Mount{Name: one.name, Columns: one.columns, Minimum: 10}}
		s.Table.Parquet = made(t, r.store, one.made)
		for i, c := range one.columns {
			s.Table.Schema = append(s.Table.Schema, rows.Column{Name: c.Name, Type: c.Type, Store: fmt.Sprintf("c%d", i)})
		}
		p, err := r.Prepare(t.Context(), space, s)
		if err != nil {
			t.Fatal(err)
		}
		c.mounts, c.prepared = append(c.mounts, s.Mount), append(c.prepared, *p)
	}
	return c
}

// ask gives why vetting refuses a statement, or what the rules say of its result.
func (c *corpus) ask(t *testing.T, text string, earlier ...disclosure.Release) ([]Finding, disclosure.Table, disclosure.Report) {
	t.Helper()
	code := Code{SQL: text}
	v, err := c.Vet(t.Context(), c.mounts, code)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Passed() {
		return v.Findings, disclosure.Table{}, disclosure.Report{}
	}
	j := Job{Workspace: space, Mounts: c.prepared, Code: code, Digest: code.digest(), Limits: DefaultLimits()}
	held, err := c.Run(t.Context(), j)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	got, err := c.Measure(t.Context(), j, held.Table)
	if end := (*Ended)(nil); errors.As(err, &end) && end.Reason == ReasonRefused {
		return nil, disclosure.Table{}, disclosure.Check(disclosure.Table{}, figures, nil, disclosure.Budget{})
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return nil, got.Table, disclosure.Check(got.Table, figures, earlier, disclosure.Budget{})
}

func toFloat(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	f, _ := v.(float64)
	return f
}

// shows are the rows whose cell of a column is shown, by their first cell.
func shows(t *testing.T, r disclosure.Report, column string) []any {
	t.Helper()
	k := slices.IndexFunc(r.Cleared.Columns, func(h disclosure.Heading) bool { return h.Name == column })
	if k < 0 {
		t.Fatalf("no column %q in %v", column, r.Cleared.Columns)
	}
	var out []any
	for _, row := range r.Cleared.Rows {
		if !row[k].Hidden && row[k].Value != nil {
			out = append(out, row[0].Value)
		}
	}
	return out
}

func linesOf(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

func TestLeaksInAggregatesAreStopped(t *testing.T) {
	c := newCorpus(t)
	all, stopped := 0, 0
	var name, sql string
	var earlier []disclosure.Release
	failed := ""
	for _, line := range append(linesOf(t, "testdata/leaks.txt"), "leak end") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "leak":
			if name != "" {
				if all++; failed == "" {
					stopped++
				}
			}
			name, sql, earlier, failed = rest, "", nil, "nothing stops it"
			continue
		case "earlier":
			found, _, r := c.ask(t, rest)
			if len(found) > 0 || r.Refused() {
				t.Fatalf("%s: what is to be released before is refused: %v %+v", name, found, r.Lines)
			}
			earlier = append(earlier, disclosure.Record("R-1", r))
			continue
		case "sql":
			sql = rest
			continue
		}
		if failed == "nothing stops it" {
			failed = ""
		}
		found, table, r := c.ask(t, sql, earlier...)
		switch {
		case word == "refused":
			if !slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == rest }) {
				failed = fmt.Sprint(found, r.Lines)
			}
		case len(found) > 0:
			failed = fmt.Sprint("vetting refuses it: ", found)
		case word == "checked":
			if verdict(r, disclosure.ID(rest)) != disclosure.Refused {
				failed = fmt.Sprint(r.Lines, r.Cleared)
			}
			if again := disclosure.Check(table, figures, nil, disclosure.Budget{}); again.Refused() {
				t.Errorf("%s: refused without what was released before: %+v", name, again.Lines)
			}
		case word == "hidden":
			column, key, one := strings.Cut(rest, " | ")
			if !r.Refused() {
				for _, v := range shows(t, r, column) {
					if !one || fmt.Sprint(v) == key {
						failed = fmt.Sprint(v, " is shown: ", r.Cleared.Rows)
					}
				}
			}
		case word == "unmeasured":
			if !r.Refused() || len(table.Columns) > 0 {
				failed = fmt.Sprint(r.Lines, r.Cleared)
			}
		case word == "absent":
			for _, row := range r.Cleared.Rows {
				if row[0].Value == rest {
					failed = fmt.Sprint(row)
				}
			}
		case word == "multiple":
			parts := strings.Split(rest, " | ")
			k := slices.IndexFunc(table.Columns, func(c disclosure.Column) bool { return c.Name == parts[0] })
			n, _ := strconv.Atoi(parts[2])
			if v := table.Rows[rowOf(t, table, parts[1])][k]; v.(int64)%int64(n) == 0 {
				t.Errorf("%s: %v has nothing to round", name, v)
			}
			for _, row := range r.Cleared.Rows {
				if v, _ := row[k].Value.(int64); row[0].Value == parts[1] && !row[k].Hidden && v%int64(n) != 0 {
					failed = fmt.Sprint(row)
				}
			}
		case word == "rounded":
			k := slices.IndexFunc(table.Columns, func(c disclosure.Column) bool { return c.Name == rest })
			for i, row := range r.Cleared.Rows {
				n, whole := row[k].Value.(int64)
				if !row[k].Hidden && (!whole || n%5 != 0 || n == table.Rows[i][k]) {
					failed = fmt.Sprint(row[k].Value, " is shown of ", table.Rows[i][k])
				}
			}
		case word == "digits":
			column, most, _ := strings.Cut(rest, " | ")
			n, _ := strconv.Atoi(most)
			k := slices.IndexFunc(table.Columns, func(c disclosure.Column) bool { return c.Name == column })
			for i, row := range r.Cleared.Rows {
				written := strings.Trim(strings.Replace(fmt.Sprintf("%.*e", 15, toFloat(row[k].Value)), ".", "", 1)[:16], "0")
				if !row[k].Hidden && (len(written) > n || row[k].Value == table.Rows[i][k]) {
					failed = fmt.Sprint(row[k].Value, " is shown of ", table.Rows[i][k])
				}
			}
		case word == "apart":
			a, b, _ := strings.Cut(rest, " ")
			if !r.Refused() && len(shows(t, r, a)) > 0 && len(shows(t, r, b)) > 0 {
				failed = fmt.Sprint("both are shown: ", r.Cleared.Rows)
			}
		default:
			t.Fatal(line)
		}
		if failed != "" {
			t.Errorf("%s: not stopped (%s): %s", name, line, failed)
		}
	}
	t.Logf("leaks stopped: %d/%d", stopped, all)
	if all < 90 || stopped != all {
		t.Errorf("%d of %d leaks are stopped", stopped, all)
	}
}

func TestHonestConditionsPass(t *testing.T) {
	c := newCorpus(t)
	all, passed := 0, 0
	for _, line := range linesOf(t, "testdata/honest.txt") {
		sql, column, ok := strings.Cut(line, " ==> ")
		if !ok {
			t.Fatal(line)
		}
		all++
		found, _, r := c.ask(t, sql)
		switch {
		case len(found) > 0:
			t.Errorf("%s: %s", sql, found[0].Text())
		case r.Refused():
			t.Errorf("%s: refused: %+v", sql, r.Lines)
		case len(shows(t, r, column)) == 0:
			t.Errorf("%s: %s is hidden everywhere: %v %+v", sql, column, r.Cleared.Rows, r.Lines)
		default:
			passed++
		}
	}
	t.Logf("honest passed or mended: %d/%d", passed, all)
	if all < 20 || passed != all {
		t.Errorf("only %d of %d pass", passed, all)
	}
}

// Where few have a value, its sum is hidden and the count beside it stands.
func TestASumOfFewLeavesTheCount(t *testing.T) {
	c := newCorpus(t)
	_, table, r := c.ask(t, "select hour, count(*) as n, sum(repair) as y, avg(repair) as z from strikes where id >= 40 group by hour")
	i := rowOf(t, table, "Dawn")
	if m := table.Weights[i][2]; table.Subjects[i] != 490 || !m.Counted || m.Seen != 5 {
		t.Errorf("%d subjects, %+v", table.Subjects[i], m)
	}
	if got := shows(t, r, "n"); len(got) != 4 {
		t.Errorf("counts of %v are shown", got)
	}
	for _, column := range []string{"y", "z"} {
		if got := shows(t, r, column); slices.Contains(got, any("Dawn")) || len(got) != 3 {
			t.Errorf("%s of %v is shown", column, got)
		}
	}
	for _, l := range r.Lines {
		if l.ID == disclosure.R1 && (len(l.Findings) != 2 || l.Findings[0].Column != "y" || l.Findings[1].Column != "z") {
			t.Errorf("%+v", l.Findings)
		}
	}
}

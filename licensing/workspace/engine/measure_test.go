package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/disclosure"
)

// measured runs and measures a statement.
func (r *rig) measured(t *testing.T, text string) (disclosure.Table, error) {
	t.Helper()
	j := r.job(t, text)
	held, err := r.Run(t.Context(), j)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	got, err := r.Measure(t.Context(), j, held.Table)
	if err != nil {
		return held.Table, err
	}
	return got.Table, nil
}

// row is the number of the row whose first cell is v.
func rowOf(t *testing.T, table disclosure.Table, v any) int {
	t.Helper()
	i := slices.IndexFunc(table.Rows, func(r []any) bool { return r[0] == v })
	if i < 0 {
		t.Fatalf("no row %v in %v", v, table.Rows)
	}
	return i
}

// What vetting lets pass can be measured.
func TestHonestStatementsAreMeasured(t *testing.T) {
	r := newRig(t, nil)
	for _, c := range honest {
		table, err := r.measured(t, c.sql)
		var end *Ended
		if errors.As(err, &end) && (c.name == "first by subject" || c.name == "the most of each subject") {
			continue // of one hospital and few persons each: below the minimum
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(table.Subjects) != len(table.Rows) || len(table.Weights) != len(table.Rows) || len(table.Sketches) != len(table.Rows) {
			t.Errorf("%s: %d rows, %d measured", c.name, len(table.Rows), len(table.Subjects))
		}
		for i := range table.Rows {
			for k, col := range table.Columns {
				if w := table.Weights[i][k]; (col.Role == disclosure.Magnitude) != w.Known && table.Subjects[i] < disclosure.Nobody && col.Role != disclosure.Derived && col.Role != disclosure.Count {
					t.Errorf("%s: column %s is %s, mass %v", c.name, col.Name, col.Role, w)
				}
			}
		}
	}
}

func TestWhoStandsBehindARow(t *testing.T) {
	r := newRig(t, nil)
	table, err := r.measured(t, "select district, count(*) as n, avg(income) from persons group by 1")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range table.Rows {
		if table.Subjects[i] != row[1].(int64) { // a person a row
			t.Errorf("%v: %d subjects", row, table.Subjects[i])
		}
	}
	if w := table.Weights[rowOf(t, table, "孤岛")][2]; w.Largest != w.Total || w.Second != 0 {
		t.Errorf("one person alone: %+v", w)
	}
	if w := table.Weights[rowOf(t, table, "鼓楼")][2]; w.Largest > 10_000 || w.Largest < w.Second || w.Total < 50*w.Second/2 {
		t.Errorf("a hundred persons: %+v", w)
	}
}

// A count within a row may stand on fewer than the row does.
func TestAConditionCountsItsOwnSubjects(t *testing.T) {
	r := newRig(t, nil)
	alone, err := r.measured(t, "select count(*) as n from persons where born = 1950 and income > 5000")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"select count(*) as n, count(*) filter (where born = 1950 and income > 5000) as few from persons",
		"select count(*) as n, sum(case when born = 1950 and income > 5000 then 1 else 0 end) as few from persons",
		"select count(*) as n, count(case when born = 1950 and income > 5000 then 1 end) as few from persons",
		"select count(*) as n, count_if(born = 1950 and income > 5000) as few from persons",
		"select count(*) as n, sum(cast(born = 1950 and income > 5000 as integer)) as few from persons",
		"select count(*) as n, count(nullif(born = 1950 and income > 5000, false)) as few from persons",
		"select count(*) as n, sum(f) as few from (select id, case when born = 1950 and income > 5000 then 1 end as f from persons) t",
		"select count(*) as n, count(b.one) as few from persons p left join (select id, born as one from persons where born = 1950 and income > 5000) b on p.id = b.id",
		"with b as (select id, count(*) filter (where born = 1950 and income > 5000) as k from persons group by id) select count(*) as n, sum(k) as few from b",
	} {
		table, err := r.measured(t, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if table.Subjects[0] != 400 || len(table.Own[0]) != 1 {
			t.Errorf("%s: %d subjects, own %v", text, table.Subjects[0], len(table.Own[0]))
			continue
		}
		own := table.Own[0][0]
		if own.Column != 1 || own.Subjects != alone.Subjects[0] || own.Subjects == 0 || !slices.EqualFunc(own.Sketches, alone.Sketches[0], func(a, b disclosure.Kind) bool { return a.Name == b.Name && a.Sketch == b.Sketch }) {
			t.Errorf("%s: %v, own of column %d: %d", text, table.Rows[0], own.Column, own.Subjects)
		}
	}
	for _, text := range []string{"select count(*), avg(income), sum(2 * income), count(distinct id), median(cast(income as integer)) from persons", "select sum(income) from (select id, income from persons) t"} {
		if table, err := r.measured(t, text); err != nil || len(table.Own[0]) > 0 {
			t.Errorf("%s: %v %v", text, table.Own, err)
		}
	}
}

// figures are those of a made-up policy.
var figures = disclosure.Policy{Subjects: 10, Hidden: 20, Round: 5, Largest: 50, Two: 70, Prior: 10, Rows: 10_000, Columns: 50, Bytes: 5e6, Releases: 10, Cells: 1e6, Digits: 6, Text: 60}

func verdict(r disclosure.Report, id disclosure.ID) disclosure.Verdict {
	for _, l := range r.Lines {
		if l.ID == id {
			return l.Verdict
		}
	}
	return ""
}

// Two conditions in one row that differ by a person tell of that person.
func TestASmallDifferenceBetweenConditionsIsHidden(t *testing.T) {
	r := newRig(t, nil)
	for _, text := range []string{
		"select count(*) filter (where born < 2000) as a, count(*) filter (where born < 2000 and district <> '孤岛') as b from persons",
		"select sum(case when born < 2000 then income end) as a, sum(case when born < 2000 and district <> '孤岛' then income end) as b from persons",
		"select avg(case when born < 2000 then 1.0 else 0 end) as a, avg(case when born < 2000 and district <> '孤岛' then 1.0 else 0 end) as b from persons",
	} {
		table, err := r.measured(t, text)
		if err != nil {
			t.Fatal(err)
		}
		got := disclosure.Check(table, figures, nil, disclosure.Budget{})
		if len(got.Cleared.Rows) != 1 || got.Cleared.Rows[0][0].Hidden == got.Cleared.Rows[0][1].Hidden {
			t.Errorf("%s: %+v", text, got.Cleared)
		}
	}
}

// Nor may it be told by two results, of which one has the condition in an aggregate
// and the other has it in where.
func TestASmallDifferenceFromAConditionIsRefused(t *testing.T) {
	r := newRig(t, nil)
	before, err := r.measured(t, "select count(*) as n from persons where born < 2000")
	if err != nil {
		t.Fatal(err)
	}
	now, err := r.measured(t, "select count(*) as n, count_if(born < 2000 and district <> '孤岛') as b from persons")
	if err != nil {
		t.Fatal(err)
	}
	earlier := disclosure.Record("R-1", disclosure.Check(before, figures, nil, disclosure.Budget{}))
	if got := disclosure.Check(now, figures, []disclosure.Release{earlier}, disclosure.Budget{}); verdict(got, disclosure.R8) != disclosure.Refused {
		t.Errorf("%+v", got.Lines)
	}
}

// A sum is held against dominance also where something is added to it.
func TestASumInDisguiseIsASum(t *testing.T) {
	r := newRig(t, nil)
	for _, text := range []string{"sum(cost) + 0 * count(*)", "sum(cost)", "sum(cost) / 1000", "sum(cost) + sum(0)", "coalesce(sum(cost), count(*))"} {
		table, err := r.measured(t, "select ward, count(*) as n, "+text+" as x from visits group by 1")
		if err != nil {
			t.Fatal(err)
		}
		for i := range table.Subjects { // of seven hospitals, fewer than the minimum
			table.Subjects[i] = max(table.Subjects[i], 10)
			for k := range table.Weights[i] {
				table.Weights[i][k].Seen = max(table.Weights[i][k].Seen, 10)
			}
		}
		if got := disclosure.Check(table, figures, nil, disclosure.Budget{}); verdict(got, disclosure.R4) != disclosure.Fixed {
			t.Errorf("%s: %+v", text, got.Lines)
		}
	}
}

// The visits of one person are one subject, through subqueries and joins.
func TestSubjectsAreCarried(t *testing.T) {
	r := newRig(t, func(o *Options) {})
	// with the hospitals no subjects, persons alone count
	s := r.tables["visits"]
	s.Columns = slices.Clone(s.Columns)
	s.Columns[1] = Column{Name: "hospital", Type: rows.Text, Use: Group}
	p, err := r.Prepare(t.Context(), space, s)
	if err != nil {
		t.Fatal(err)
	}
	q, err := r.Prepare(t.Context(), space, r.tables["persons"])
	if err != nil {
		t.Fatal(err)
	}
	measured := func(text string) disclosure.Table {
		code := Code{SQL: text}
		j := Job{Workspace: space, Mounts: []Prepared{*p, *q}, Code: code, Digest: code.digest(), Limits: DefaultLimits()}
		held, err := r.Run(t.Context(), j)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := r.Measure(t.Context(), j, held.Table)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return got.Table
	}
	for _, text := range []string{
		"select ward, count(distinct person), count(*) from visits group by 1",
		"select ward, count(distinct person), count(*) from (select ward, person, cost from visits where cost > 0) t group by 1",
		"with a as (select person, ward, sum(cost) as c from visits group by 1, 2) select ward, count(distinct person), sum(c) from a group by 1",
		"select ward, count(distinct v.person), count(*) from visits v join persons p on p.id = v.person group by 1",
		"with u as (select person, ward from visits where cost < 50 union all select person, ward from visits where cost >= 50) select ward, count(distinct person), count(*) from u group by 1",
	} {
		table := measured(text)
		for i, row := range table.Rows {
			if row[1] != table.Subjects[i] {
				t.Errorf("%s: %v on %d", text, row, table.Subjects[i])
			}
		}
	}
	table := measured("select hospital, sum(cost) from visits group by 1")
	large := 0
	for i := range table.Rows {
		if w := table.Weights[i][1]; w.Largest > 0.9*w.Total {
			large++
		}
	}
	if large != 1 {
		t.Errorf("one hospital has one visit of a million: %v", table.Weights)
	}
}

// An inner group below the minimum keeps a result in; of larger ones, their number
// counts.
func TestASmallInnerGroupIsRefused(t *testing.T) {
	r := newRig(t, nil)
	_, err := r.measured(t, "select avg(m) from (select district, avg(income) as m from persons group by district) t")
	var end *Ended
	if !errors.As(err, &end) || end.Reason != ReasonRefused || !strings.Contains(end.Text(), "having") {
		t.Errorf("measured all the same: %v", err)
	}
	table, err := r.measured(t, "select avg(m), count(*) from (select district, avg(income) as m from persons group by district having count(*) >= 10) t")
	if err != nil || table.Subjects[0] != 4 || table.Rows[0][1] != int64(4) {
		t.Errorf("%+v %v", table, err)
	}
}

// Two results that differ by one person have sketches that differ by one.
func TestSketchesDifferByThoseWhoDiffer(t *testing.T) {
	r := newRig(t, nil)
	a, err := r.measured(t, "select count(*), avg(income) from persons")
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.measured(t, "select count(*), avg(income) from persons where district <> '孤岛'")
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.measured(t, "select avg(income), count(*) from persons p")
	if err != nil {
		t.Fatal(err)
	}
	difference := func(x, y disclosure.Sketch) (n int64) {
		for i := range x {
			d := int64(x[i] - y[i])
			n += d * d
		}
		return n
	}
	if n := difference(a.Sketches[0][0].Sketch, b.Sketches[0][0].Sketch); n != 1 {
		t.Errorf("they differ by %d", n)
	}
	if n := difference(a.Sketches[0][0].Sketch, again.Sketches[0][0].Sketch); n != 0 {
		t.Errorf("the same differs by %d", n)
	}
}

// A held result that somebody changed is not measured.
func TestAChangedResultIsRefused(t *testing.T) {
	r := newRig(t, nil)
	j := r.job(t, "select district, count(*) from persons group by 1")
	held, err := r.Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	held.Table.Rows[0][1] = held.Table.Rows[0][1].(int64) + 1
	if _, err := r.Measure(t.Context(), j, held.Table); err == nil {
		t.Error("it was measured")
	}
}

// Parameters are values, whatever is in them; a job with another text is refused.
func TestParametersAreBound(t *testing.T) {
	r := newRig(t, nil)
	j := r.job(t, "")
	j.Code = Code{SQL: "select count(*) as n from persons where district = $d and born >= $y", Parameters: []Parameter{{"d", rows.Text}, {"y", rows.Integer}}}
	j.Digest = j.Code.digest()
	run := func(values map[string]any) (any, error) {
		j.Values = values
		got, err := r.Run(t.Context(), j)
		if err != nil {
			return nil, err
		}
		m, err := r.Measure(t.Context(), j, got.Table)
		if err != nil {
			return nil, err
		}
		if m.Table.Subjects[0] != got.Table.Rows[0][0] {
			t.Errorf("%v: %d subjects", values, m.Table.Subjects[0])
		}
		return got.Table.Rows[0][0], nil
	}
	if n, err := run(map[string]any{"d": "鼓楼", "y": int64(0)}); err != nil || n != int64(100) {
		t.Error(n, err)
	}
	if n, err := run(map[string]any{"d": "x' or '1'='1", "y": int64(0)}); err != nil || n != int64(0) {
		t.Error(n, err)
	}
	for _, bad := range []map[string]any{{"d": "x"}, {"d": "x", "y": "1"}, {"d": int64(1), "y": int64(1)}, {"d": "x", "y": int64(1), "z": "x"}, {"d": []string{"x"}, "y": int64(1)}, {"d": "x", "y": time.Now()}} {
		if _, err := run(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
	j.Code.SQL += " "
	var end *Ended
	if _, err := run(map[string]any{"d": "鼓楼", "y": int64(0)}); !errors.As(err, &end) || end.Reason != ReasonRefused {
		t.Error("another text ran", err)
	}
}

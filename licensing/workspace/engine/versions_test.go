package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shuyuan/datasets/rows"
	"shuyuan/licensing/workspace/disclosure"
)

// site is a workspace with one table, of a version of a dataset.
type site struct {
	*corpus
	space Workspace
}

func (c *corpus) site(t *testing.T, id, table string, columns []Column, key ...string) *site {
	t.Helper()
	s := Source{Mount: Mount{Name: "t", Columns: columns, Minimum: 10}, Dataset: "rides", Key: key}
	s.Table.Parquet = made(t, c.store, table)
	for i, one := range rides {
		s.Table.Schema = append(s.Table.Schema, rows.Column{Name: one.Name, Type: one.Type, Store: fmt.Sprintf("c%d", i)})
	}
	w := Workspace{ID: id, Key: []byte(strings.Repeat(id, KeySize)[:KeySize])}
	p, err := c.Prepare(t.Context(), w, s)
	if err != nil {
		t.Fatal(err)
	}
	return &site{&corpus{rig: c.rig, mounts: []Mount{s.Mount}, prepared: []Prepared{*p}}, w}
}

func (p *site) report(t *testing.T, text string, earlier ...disclosure.Release) disclosure.Report {
	t.Helper()
	code := Code{SQL: text}
	j := Job{Workspace: p.space, Mounts: p.prepared, Code: code, Digest: code.digest(), Limits: DefaultLimits()}
	held, err := p.Run(t.Context(), j)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	got, err := p.Measure(t.Context(), j, held.Table)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return disclosure.Check(got.Table, figures, earlier, disclosure.Budget{})
}

// What leaves of one version or workspace is held against what left of others: a row
// that was corrected, added or left out there is the value of one.
func TestVersionsAndWorkspacesTellNothingTogether(t *testing.T) {
	c := &corpus{rig: newRig(t, nil)}
	corrected := strings.Replace(madeRides, "CAST(10 + hash(i + 3) % 90 AS DOUBLE)", "CAST(CASE WHEN i = 7 THEN 500 ELSE 10 + hash(i + 3) % 90 END AS DOUBLE)", 1)
	fewer := madeRides + " WHERE i <> 7"
	many := strings.Replace(madeRides, "CAST(10 + hash(i + 3) % 90 AS DOUBLE)", "CAST(CASE WHEN i < 60 THEN 500 ELSE 10 + hash(i + 3) % 90 END AS DOUBLE)", 1)
	unkeyed := slices.Clone(rides)
	unkeyed[0] = Column{"person", rows.Text, Group, ""}
	const sum = "select sum(fare) as s from t"
	for _, one := range []struct {
		name     string
		was, now *site
		first    string
		then     string
		refused  bool
	}{
		{"another workspace, the same", c.site(t, "a", madeRides, rides), c.site(t, "b", madeRides, rides), sum, sum, false},
		{"another workspace, a row of a person", c.site(t, "a", madeRides, rides), c.site(t, "b", madeRides, rides), sum, sum + " where ride <> 7", true},
		{"another workspace, another row of a person", c.site(t, "a", madeRides, rides), c.site(t, "b", madeRides, rides), sum + " where ride <> 107", sum + " where ride <> 7", true},
		{"other columns of the same rows", c.site(t, "a", madeRides, rides), c.site(t, "b", madeRides, rides[:2]), sum + " where ride <> 7", sum, true},
		{"a version with a row that was corrected", c.site(t, "a", madeRides, rides), c.site(t, "a", corrected, rides), sum, sum, true},
		{"the same, told apart by a key", c.site(t, "a", madeRides, rides, "ride"), c.site(t, "a", corrected, rides, "ride"), sum, sum, true},
		{"the same, whose rows are subjects", c.site(t, "a", madeRides, unkeyed, "ride"), c.site(t, "a", corrected, unkeyed, "ride"), sum, sum, true},
		{"a version with a row less", c.site(t, "a", madeRides, rides), c.site(t, "a", fewer, rides), sum, sum, true},
		{"a version with a row less, whose rows are subjects", c.site(t, "a", madeRides, unkeyed, "ride"), c.site(t, "a", fewer, unkeyed, "ride"), sum, sum, true},
		{"a version in which many were corrected", c.site(t, "a", madeRides, rides), c.site(t, "a", many, rides), sum, sum, false},
	} {
		first := one.was.report(t, one.first)
		if first.Refused() {
			t.Fatalf("%s: %+v", one.name, first.Lines)
		}
		if r := one.now.report(t, one.then, disclosure.Record("R-1", first)); r.Refused() != one.refused || one.refused && verdict(r, disclosure.R8) != disclosure.Refused {
			t.Errorf("%s: refused is %v: %+v", one.name, r.Refused(), r.Lines)
		}
	}
}

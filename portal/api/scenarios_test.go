package api_test

import (
	"encoding/json"
	"slices"
	"testing"

	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/scenario/scenariotest"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

// What was decided is told with its columns and opinions; what was not is nobody's.
func TestScenariosAreReadOnceTheyAreDecided(t *testing.T) {
	x := scenariotest.New(t, "2026-03-02", licensingtest.Fujian)
	w := &world{replica(t, x.Catalogue, func(d *portal.Deps) { d.Scenarios = x.Scenarios }), x.Catalogue}
	x.Reviewed(t)
	active := x.Active(t)
	refused := x.Move(t, x.Authority, x.Reviewed(t), scenario.Step{Action: scenario.Refuse, Words: "没有必要", Bases: scenariotest.Basis})

	read := func(query string) (list api.ScenarioList) {
		t.Helper()
		a := w.get(t, api.Base+"/scenarios"+query)
		if a.status != 200 {
			t.Fatalf("%s: %d %s", query, a.status, a.body)
		}
		if err := json.Unmarshal([]byte(a.body), &list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	all := read("")
	if len(all.Items) != 2 || all.Items[0].Number != refused.Number || all.Items[1].Number != active.Number {
		t.Fatalf("%+v", all)
	}
	one := all.Items[1]
	if one.State != "active" || one.Mandate != x.Mandate || one.Until == nil || len(one.Items) != 1 || one.Items[0].Opinion != "granted" || !slices.Contains(one.Items[0].Given, api.ScenarioColumn{Name: "人口", Use: "aggregate"}) || len(one.Items[0].Given) != 4 {
		t.Errorf("%+v", one)
	}
	if r := all.Items[0]; r.Reason != "没有必要" || len(r.Bases) != 1 || r.Until != nil {
		t.Errorf("%+v", r)
	}
	first := read("?limit=1")
	if len(first.Items) != 1 || first.Next == "" {
		t.Fatalf("%+v", first)
	}
	if rest := read("?limit=1&cursor=" + first.Next); len(rest.Items) != 1 || rest.Items[0].Number != active.Number || rest.Next != "" {
		t.Errorf("%+v", rest)
	}
	if only := read("?state=active&department=" + x.Data.Department.Slug); len(only.Items) != 1 {
		t.Errorf("%+v", only)
	}
	if one.Held {
		t.Error("it is held")
	}
	if _, err := x.Pool.Exec(t.Context(), `UPDATE mandates SET state = 'suspended', reason = '查', held_by = 'body', basis = '协议第八条' WHERE id = $1`, x.MandateID); err != nil {
		t.Fatal(err)
	}
	if only := read("?state=active"); len(only.Items) != 1 || !only.Items[0].Held {
		t.Errorf("under a suspended mandate: %+v", only)
	}
	if a := w.get(t, api.Base+"/scenarios?cursor=x"); a.status != 400 {
		t.Errorf("a cursor of nothing: %d", a.status)
	}
}

package scenario_test

import (
	"slices"
	"testing"

	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/scenario/scenariotest"
)

const today = "2026-03-02"

func TestTheWholeRoadEndsInAContractAndGrants(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Active(t)
	if x.State != scenario.Active || x.Contract.State != scenario.ContractActive {
		t.Fatalf("%s, contract %s", x.State, x.Contract.State)
	}
	v, err := w.Scenarios.One(t.Context(), w.Owner, x.Number)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Passing || len(v.Grants) != 1 || v.Grants[0].State != "active" {
		t.Errorf("passing %v, %+v", v.Passing, v.Grants)
	}
	granted, err := scenario.Standing(t.Context(), w.Pool, x.ID, w.Clock())
	if err != nil || len(granted) != 1 || !slices.Equal(granted[0].Columns, []string{"年份", "地区", "人口", "备注"}) || granted[0].Uses["人口"] != scenario.Aggregate || granted[0].Uses["地区"] != scenario.Group {
		t.Errorf("%+v, %v", granted, err)
	}
	if _, err := w.Gate.Mount(t.Context(), x.ID, w.Version, w.Version.ResourceID, w.Clock()); err != nil {
		t.Error(err)
	}
	var acts []scenario.Action
	for _, e := range v.Events {
		acts = append(acts, e.Act)
	}
	want := []scenario.Action{scenario.Begin, scenario.Submit, scenario.Screen, scenario.Opine, scenario.Check, scenario.Gather, scenario.Authorise, scenario.Offer, scenario.Sign, scenario.Sign, scenario.Activate}
	if !slices.Equal(acts, want) {
		t.Errorf("%v", acts)
	}
}

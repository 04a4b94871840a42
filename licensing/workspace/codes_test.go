package workspace_test

import (
	"encoding/json"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/licensing/workspace/workspacetest"
)

// What the values of a column mean is told of the columns that were granted, where they
// are not sensitive, and only once the gate of mounts was passed.
func TestCodesOfGrantedColumnsAlone(t *testing.T) {
	w := workspacetest.New(t)
	code := func(value, label string) []datasets.Code { return []datasets.Code{{Value: value, Label: label}} }
	table := strings.ReplaceAll(workspacetest.Visits(), "\n", ",x\n")
	table = strings.Replace(table, "amount,x\n", "amount,ward\n", 1)
	w.World.Version(t, w.Data, w.Version.ResourceID, "visits.csv", table,
		datasets.Field{Name: "person", Codes: code("P00001", "甲某")},
		datasets.Field{Name: "station", Codes: code("东站", "东边的站"), Sensitivity: datasets.NotSensitive},
		datasets.Field{Name: "day"},
		datasets.Field{Name: "amount", Codes: code("10", "十元"), Sensitivity: datasets.PersonalData},
		datasets.Field{Name: "ward", Codes: code("x", "没有授权的列")},
	)
	made, err := w.Workspaces.Open(t.Context(), w.Owner, w.Name)
	if err != nil {
		t.Fatal(err)
	}
	told := func() string {
		v, err := w.Workspaces.Workspace(t.Context(), w.Owner, made.Number)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(v.Mounts)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if before := told(); strings.Contains(before, "东边的站") || !strings.Contains(before, "station") {
		t.Fatalf("before it was mounted: %s", before)
	}
	w.Running(t)
	w.Until(t, "the mount is ready", func() bool { return strings.Contains(told(), `"State":"ready"`) })
	after := told()
	if !strings.Contains(after, `"Value":"东站"`) || !strings.Contains(after, "东边的站") {
		t.Errorf("the codes of a granted column are not told: %s", after)
	}
	for _, never := range []string{"ward", "没有授权的列", "十元", "甲某"} {
		if strings.Contains(after, never) {
			t.Errorf("%s is told: %s", never, after)
		}
	}
}

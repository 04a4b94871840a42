package workspace_test

import (
	"testing"

	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/workspacetest"
)

// The public learns of a released result what it was made of and when that was
// acquired, as the acquisition has it; of what was not released, nothing.
func TestThePublicLearnsWhatAResultWasMadeOf(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	w.Ran(t, v.Number, workspacetest.Counted)
	var of int64
	if err := w.Pool.QueryRow(t.Context(), `SELECT scenario_id FROM workspaces WHERE number = $1`, v.Number).Scan(&of); err != nil {
		t.Fatal(err)
	}
	if all, err := workspace.ResultsOf(t.Context(), w.Pool, of); err != nil || len(all) != 0 {
		t.Fatalf("before anything was released: %+v, %v", all, err)
	}
	released := w.Released(t, v.Number, workspacetest.Counted)
	all, err := workspace.ResultsOf(t.Context(), w.Pool, of)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	r := all[0]
	if r.Number != released.Release || r.Rows == 0 || r.Columns != 3 || len(r.SHA256) != 64 || len(r.Sources) != 1 {
		t.Fatalf("%+v", r)
	}
	var day, slug string
	if err := w.Pool.QueryRow(t.Context(), `
		SELECT to_char(a.began_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), d.slug FROM release_inputs i JOIN releases f ON f.id = i.release_id JOIN acquisitions a ON a.id = i.acquisition_id JOIN datasets d ON d.id = i.dataset_id
		WHERE f.number = $1`, r.Number).Scan(&day, &slug); err != nil {
		t.Fatal(err)
	}
	if x := r.Sources[0]; x.Acquired != day || x.Dataset != slug || x.Version != 1 || x.Department == "" {
		t.Errorf("%+v, acquired %s from %s", x, day, slug)
	}
	if none, err := workspace.ResultsOf(t.Context(), w.Pool, of+1); err != nil || len(none) != 0 {
		t.Errorf("of another scenario: %+v, %v", none, err)
	}
}

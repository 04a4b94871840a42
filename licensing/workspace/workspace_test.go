package workspace_test

import (
	"strings"
	"testing"

	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/workspacetest"
)

// The whole line: a workspace is opened, its mount read in with an acquisition, a
// program vetted and run, its result held, checked, let out by two people, and
// fetched.
func TestOnlyWhatTwoPeopleReleasedLeaves(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	if len(v.Mounts) != 1 || v.Mounts[0].Name != "station_visits" || v.Mounts[0].Acquisition == 0 || v.Mounts[0].Day() != "2026-11-02" || len(v.Mounts[0].Samples) == 0 {
		t.Fatalf("mounts: %+v", v.Mounts)
	}
	j := w.Ran(t, v.Number, workspacetest.Counted)
	if !j.Held() || j.Rows != 5 || len(j.Inputs) != 1 || j.Inputs[0].Acquisition != v.Mounts[0].Acquisition || !j.Whole {
		t.Fatalf("job: %s %+v %+v %+v", j.State, j.Words, j.Findings, j.Inputs)
	}
	if j.Sample != nil {
		t.Error("a held result may be seen")
	}
	r, err := w.Workspaces.AskRelease(t.Context(), w.Owner, v.Number, workspace.NewReview{Job: j.Number, Title: "各站人数", Purpose: "公布"})
	if err != nil {
		t.Fatal(err)
	}
	waiting := w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Waiting)
	if waiting.Result == nil || len(waiting.Checks) != 11 {
		t.Fatalf("a reviewer sees %+v, checks %+v", waiting.Result, waiting.Checks)
	}
	for _, row := range waiting.Result.Rows {
		if row[0].Value == "孤站" && !row[1].Hidden {
			t.Errorf("three people are shown: %+v", row)
		}
	}
	mine, err := w.Workspaces.Review(t.Context(), w.Owner, r.Number)
	if err != nil || mine.Result != nil {
		t.Fatalf("the developer sees the result: %+v, %v", mine, err)
	}
	step := func(i int, a workspace.ReviewAction) error {
		now, err := w.Workspaces.Review(t.Context(), w.Reviewers[i], r.Number)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Workspaces.MoveReview(t.Context(), w.Reviewers[i], r.Number, workspace.ReviewStep{Action: a, Revision: now.Revision, Words: "符合规则。"})
		return err
	}
	if err := step(0, workspace.Take); err != nil {
		t.Fatal(err)
	}
	if err := step(0, workspace.Approve); err != nil {
		t.Fatal(err)
	}
	if err := step(0, workspace.Approve); fault.KindOf(err) != fault.Forbidden {
		t.Fatalf("one person is two: %v", err)
	}
	if _, err := w.Workspaces.Download(t.Context(), w.Owner, v.Number, "FC-2026-000001", "csv"); fault.KindOf(err) != fault.NotFound {
		t.Fatalf("before it was released: %v", err)
	}
	if err := step(1, workspace.Approve); err != nil {
		t.Fatal(err)
	}
	body, err := w.Workspaces.Download(t.Context(), w.Owner, v.Number, "FC-2026-000001", "csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"获取日期：2026-11-02", "东站", "CSQ-2026-000001"} {
		if !strings.Contains(string(body.Bytes), want) {
			t.Errorf("without %s: %s", want, body.Bytes)
		}
	}
}

// One UPDATE of the mandate stops what is below it at the next request; lifting it
// brings back what was.
func TestTheChainStopsAndRestores(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	r := w.Released(t, v.Number, workspacetest.Counted)
	w.Suspend(t)
	if _, err := w.Workspaces.Ask(t.Context(), w.Owner, v.Number, workspace.NewJob{Kind: workspace.OfSQL, SQL: workspacetest.Counted}); fault.KindOf(err) != fault.Forbidden || !strings.Contains(err.Error(), "AUTH-2026-000001") {
		t.Fatalf("under a suspended mandate: %v", err)
	}
	if _, err := w.Workspaces.Download(t.Context(), w.Owner, v.Number, r.Release, "csv"); fault.KindOf(err) != fault.Forbidden {
		t.Fatalf("under a suspended mandate: %v", err)
	}
	w.Resume(t)
	if j := w.Ran(t, v.Number, workspacetest.Counted); !j.Held() {
		t.Fatalf("after it was lifted: %s %+v", j.State, j.Words)
	}
	if _, err := w.Workspaces.Download(t.Context(), w.Owner, v.Number, r.Release, "json"); err != nil {
		t.Fatal(err)
	}
}

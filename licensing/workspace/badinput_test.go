package workspace_test

import (
	"strings"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/engine"
	"shuyuan/licensing/workspace/workspacetest"
)

// What is no program, no parameter and no wish is told, at its field where it has one,
// and leaves nothing behind.
func TestWhatIsNoJob(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	parameter := func(kind, value string) workspace.NewJob {
		list, given, err := workspace.ReadParameters("a " + kind + " = " + value)
		if err != nil {
			t.Fatal(err)
		}
		return workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT $a AS a", Parameters: list, Given: given}
	}
	many := workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT 1 AS a", Given: map[string]string{}}
	for range 51 {
		many.Parameters = append(many.Parameters, engine.Parameter{Name: "a", Type: "text"})
	}
	many.Given["a"] = "x"
	for name, c := range map[string]struct {
		job   workspace.NewJob
		kind  fault.Kind
		field string
	}{
		"nothing":                     {workspace.NewJob{Kind: workspace.OfSQL, SQL: " \n\t"}, fault.Invalid, "sql"},
		"too long":                    {workspace.NewJob{Kind: workspace.OfSQL, SQL: strings.Repeat("数", 20_001)}, fault.Invalid, "sql"},
		"a NUL":                       {workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT 1\x00"}, fault.Invalid, "sql"},
		"a name with a path":          {workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT 1 AS a", Name: "../a.sql"}, fault.Invalid, "name"},
		"a name of 81 characters":     {workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT 1 AS a", Name: strings.Repeat("a", 81)}, fault.Invalid, "name"},
		"a name with a line end":      {workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT 1 AS a", Name: "a\nb"}, fault.Invalid, "name"},
		"a number in words":           {parameter("integer", "三"), fault.Invalid, "parameters"},
		"no number":                   {parameter("decimal", "NaN"), fault.Invalid, "parameters"},
		"without end":                 {parameter("decimal", "Inf"), fault.Invalid, "parameters"},
		"a day that there is not":     {parameter("date", "2026-02-30"), fault.Invalid, "parameters"},
		"neither true nor false":      {parameter("boolean", "或许"), fault.Invalid, "parameters"},
		"a value too long":            {parameter("text", strings.Repeat("x", 2001)), fault.Invalid, "parameters"},
		"no value":                    {workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT $a AS a", Parameters: []engine.Parameter{{Name: "a", Type: "text"}}}, fault.Invalid, "parameters"},
		"a value of no parameter":     {workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT 1 AS a", Given: map[string]string{"b": "x"}}, fault.Invalid, "parameters"},
		"a type that there is not":    {workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT $a AS a", Parameters: []engine.Parameter{{Name: "a", Type: "blob"}}, Given: map[string]string{"a": "x"}}, fault.Invalid, "parameters"},
		"a name that is none":         {workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT 1 AS a", Parameters: []engine.Parameter{{Name: "a; drop", Type: "text"}}, Given: map[string]string{"a; drop": "x"}}, fault.Invalid, "parameters"},
		"51 parameters":               {many, fault.Invalid, "parameters"},
		"an algorithm that is not":    {workspace.NewJob{Kind: workspace.OfAlgorithm, Algorithm: "SF-2026-999999"}, fault.NotFound, ""},
		"an algorithm without number": {workspace.NewJob{Kind: workspace.OfAlgorithm}, fault.NotFound, ""},
	} {
		_, err := w.Workspaces.Ask(t.Context(), w.Owner, v.Number, c.job)
		if fault.KindOf(err) != c.kind || c.field != "" && fault.Of(err).Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"a", "a text", "1a text = x", "a blob = x", "a text = x\na text = y", "a text =\na text =", "a b c = x"} {
		if _, _, err := workspace.ReadParameters(text); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
	jobs, err := w.Workspaces.Jobs(t.Context(), w.Owner, v.Number, 0, 10)
	if err != nil || len(jobs) != 0 {
		t.Errorf("%d jobs, %v", len(jobs), err)
	}
	// the form sent twice is one job
	n := workspace.NewJob{Kind: workspace.OfSQL, SQL: workspacetest.Counted, Sent: "the mark of a form"}
	a, err := w.Workspaces.Ask(t.Context(), w.Owner, v.Number, n)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := w.Workspaces.Ask(t.Context(), w.Owner, v.Number, n); err != nil || b.Number != a.Number {
		t.Errorf("%v, %v", b, err)
	}
}

// What is asked about a result, an algorithm, a workspace or its people by the wrong
// person, in the wrong words or too late changes nothing.
func TestWhatIsNoStepInAWorkspace(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	job := w.Ran(t, v.Number, workspacetest.Counted)
	failed := w.Ran(t, v.Number, "SELECT * FROM station_visits")
	good := workspace.NewReview{Job: job.Number, Title: "各站人数", Purpose: "公布"}
	ask := func(who account.Actor, change func(*workspace.NewReview)) error {
		n := good
		change(&n)
		_, err := w.Workspaces.AskRelease(t.Context(), who, v.Number, n)
		return err
	}
	refused := func(what string, err error, kind fault.Kind, field string) {
		t.Helper()
		if fault.KindOf(err) != kind || field != "" && fault.Of(err).Field != field {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("without a title", ask(w.Owner, func(n *workspace.NewReview) { n.Title = " " }), fault.Invalid, "title")
	refused("a title of 101 characters", ask(w.Owner, func(n *workspace.NewReview) { n.Title = strings.Repeat("名", 101) }), fault.Invalid, "title")
	refused("a title with a mark that turns text", ask(w.Owner, func(n *workspace.NewReview) { n.Title = "a\u202eb" }), fault.Invalid, "title")
	refused("without a purpose", ask(w.Owner, func(n *workspace.NewReview) { n.Purpose = "" }), fault.Invalid, "purpose")
	refused("a purpose of 2,001 characters", ask(w.Owner, func(n *workspace.NewReview) { n.Purpose = strings.Repeat("用", 2001) }), fault.Invalid, "purpose")
	refused("of a job that gave nothing", ask(w.Owner, func(n *workspace.NewReview) { n.Job = failed.Number }), fault.Conflict, "")
	refused("of no job", ask(w.Owner, func(n *workspace.NewReview) { n.Job = "ZY-2026-999999" }), fault.NotFound, "")
	refused("by who may not ask", ask(w.Member, func(*workspace.NewReview) {}), fault.Forbidden, "")
	refused("by a reviewer", ask(w.Reviewers[0], func(*workspace.NewReview) {}), fault.Forbidden, "")
	if err := ask(w.Owner, func(*workspace.NewReview) {}); err != nil {
		t.Fatal(err)
	}
	refused("twice", ask(w.Owner, func(*workspace.NewReview) {}), fault.Conflict, "")
	r := w.Reviewed(t, w.Reviewers[0], "SC-2026-000001", workspace.Waiting)
	step := func(who account.Actor, s workspace.ReviewStep) error {
		s.Revision = r.Revision
		_, err := w.Workspaces.MoveReview(t.Context(), who, r.Number, s)
		return err
	}
	refused("judged before it was taken", step(w.Reviewers[0], workspace.ReviewStep{Action: workspace.Approve, Words: "好"}), fault.Conflict, "")
	refused("by who asked", step(w.Owner, workspace.ReviewStep{Action: workspace.Take}), fault.Forbidden, "")
	refused("by the regulator", step(w.Regulator, workspace.ReviewStep{Action: workspace.Take}), fault.Forbidden, "")
	refused("an action that there is not", step(w.Reviewers[0], workspace.ReviewStep{Action: "leak"}), fault.Forbidden, "")
	if err := step(w.Reviewers[0], workspace.ReviewStep{Action: workspace.Take}); err != nil {
		t.Fatal(err)
	}
	refused("from an old page", step(w.Reviewers[0], workspace.ReviewStep{Action: workspace.Approve, Words: "好"}), fault.Conflict, "")
	r = w.Reviewed(t, w.Reviewers[0], r.Number, workspace.First)
	refused("without a reason", step(w.Reviewers[0], workspace.ReviewStep{Action: workspace.Reject}), fault.Invalid, "words")
	refused("without a change", step(w.Reviewers[0], workspace.ReviewStep{Action: workspace.Change, Words: "改"}), fault.Invalid, "drop")
	for what, want := range map[string]workspace.Wanted{
		"a column that there is not": {Drop: []string{"x"}}, "a column that rows are grouped by": {Drop: []string{"station"}}, "all columns": {Drop: []string{"people", "visits"}},
	} {
		refused(what, step(w.Reviewers[0], workspace.ReviewStep{Action: workspace.Change, Words: "改", Want: want}), fault.Invalid, "drop")
	}
	for _, n := range []int{-1, 1001} {
		refused("a round number that is none", step(w.Reviewers[0], workspace.ReviewStep{Action: workspace.Change, Words: "改", Want: workspace.Wanted{Round: n}}), fault.Invalid, "round")
	}
	move := func(who account.Actor, a workspace.Action, words string, revision int) error {
		_, err := w.Workspaces.Move(t.Context(), who, v.Number, workspace.Step{Action: a, Words: words, Revision: revision})
		return err
	}
	refused("frozen without a reason", move(w.Regulator, workspace.Freeze, "", v.Revision), fault.Invalid, "reason")
	refused("frozen by the developer", move(w.Owner, workspace.Freeze, "x", v.Revision), fault.Forbidden, "")
	refused("lifted though nothing is frozen", move(w.Regulator, workspace.Lift, "x", v.Revision), fault.Conflict, "")
	refused("closed by the regulator", move(w.Regulator, workspace.Close, "x", v.Revision), fault.Forbidden, "")
	refused("closed by the platform's move", move(w.Owner, workspace.WindUp, "x", v.Revision), fault.Forbidden, "")
	refused("destroyed by a person", move(w.Owner, workspace.Destroy, "x", v.Revision), fault.Forbidden, "")
	refused("closed from an old page", move(w.Owner, workspace.Close, "x", v.Revision-1), fault.Conflict, "")
	refused("closed without a reason", move(w.Owner, workspace.Close, " ", v.Revision), fault.Invalid, "reason")
	stale := w.Owner
	stale.Confirmed = w.Clock().AddDate(0, 0, -1)
	refused("closed by who did not show anew who they are", move(stale, workspace.Close, "x", v.Revision), fault.Forbidden, "")
	refused("somebody of elsewhere as a member", w.Workspaces.SetMember(t.Context(), w.Owner, v.Number, w.Reviewers[0].ID, true, true), fault.Invalid, "user")
	refused("nobody as a member", w.Workspaces.SetMember(t.Context(), w.Owner, v.Number, 0, true, true), fault.Invalid, "user")
	refused("a member lets themselves in", w.Workspaces.SetMember(t.Context(), w.Member, v.Number, w.Member.ID, true, true), fault.Forbidden, "")
	refused("a mount that is the newest", w.Workspaces.TakeNewer(t.Context(), w.Owner, v.Number, v.Mounts[0].ID), fault.Conflict, "")
	refused("a mount that there is not", w.Workspaces.TakeNewer(t.Context(), w.Owner, v.Number, 999), fault.NotFound, "")
	propose := func(job, title string) error {
		_, err := w.Workspaces.ProposeAlgorithm(t.Context(), w.Owner, v.Number, job, title)
		return err
	}
	refused("an algorithm without a name", propose(job.Number, ""), fault.Invalid, "title")
	refused("an algorithm with a path", propose(job.Number, "a/b"), fault.Invalid, "title")
	refused("an algorithm that did not run", propose(failed.Number, "算法"), fault.Conflict, "")
	for _, form := range []string{"xlsx", "", "../csv"} {
		_, err := w.Workspaces.Download(t.Context(), w.Owner, v.Number, "FC-2026-000001", form)
		refused("a form that there is not", err, fault.NotFound, "")
	}
	if _, err := w.Workspaces.Open(t.Context(), w.Owner, w.Name); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second workspace: %v", err)
	}
	if _, err := w.Workspaces.Open(t.Context(), w.Member, w.Name); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("opened by a member: %v", err)
	}
	if _, err := w.Workspaces.Open(t.Context(), w.Reviewers[0], w.Name); fault.KindOf(err) != fault.NotFound {
		t.Errorf("opened by the operator: %v", err)
	}
	now, err := w.Workspaces.Workspace(t.Context(), w.Owner, v.Number)
	if err != nil || now.Revision != v.Revision || now.State != workspace.Ready || len(now.Algorithms) != 0 || len(now.Releases) != 0 {
		t.Errorf("something came of it: %+v, %v", now.Workspace, err)
	}
}

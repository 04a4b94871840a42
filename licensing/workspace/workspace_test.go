package workspace_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
	if !j.Held() || j.Rows != 0 || len(j.Inputs) != 1 || j.Inputs[0].Acquisition != v.Mounts[0].Acquisition || !j.Whole {
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

// heavy is a statement that runs for a while.
const heavy = "SELECT a.station, sum(a.amount + b.amount + c.amount + d.amount) AS n FROM station_visits a JOIN station_visits b ON a.day = b.day JOIN station_visits c ON b.day = c.day JOIN station_visits d ON c.day = d.day GROUP BY a.station"

// What is stopped above a workspace stops the job that runs, and the page says why;
// lifting it brings the workspace back as it was.
func TestARunningJobStopsWithTheMandate(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	number := w.Begun(t, v.Number, heavy)
	began := time.Now()
	w.Suspend(t)
	w.Workspaces.ChainMoved()
	j := w.Over(t, v.Number, number)
	t.Logf("stopped %v after the mandate", time.Since(began))
	if j.State != workspace.Killed || len(j.Words) == 0 || !strings.Contains(j.Words[0].Sentence, "授权运营协议") || j.Held() || !j.Whole {
		t.Fatalf("%s: %+v", j.State, j.Words)
	}
	w.Resume(t)
	if j := w.Ran(t, v.Number, workspacetest.Counted); !j.Held() {
		t.Fatalf("after it was lifted: %s %+v", j.State, j.Words)
	}
}

// The regulator freezes: what runs stops, nothing is asked for, and nobody else lifts it.
func TestTheRegulatorFreezes(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	number := w.Begun(t, v.Number, heavy)
	frozen, err := w.Workspaces.Move(t.Context(), w.Regulator, v.Number, workspace.Step{Action: workspace.Freeze, Words: "核查", Revision: v.Revision})
	if err != nil {
		t.Fatal(err)
	}
	if j := w.Over(t, v.Number, number); j.State != workspace.Killed {
		t.Fatalf("%s: %+v", j.State, j.Words)
	}
	if _, err := w.Workspaces.Ask(t.Context(), w.Owner, v.Number, workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT 1 AS a"}); fault.KindOf(err) != fault.Forbidden {
		t.Fatal(err)
	}
	if _, err := w.Workspaces.Move(t.Context(), w.Reviewers[0], v.Number, workspace.Step{Action: workspace.Lift, Words: "好", Revision: frozen.Revision}); fault.KindOf(err) != fault.Conflict {
		t.Fatalf("the operator lifted the regulator's freeze: %v", err)
	}
	if _, err := w.Workspaces.Move(t.Context(), w.Regulator, v.Number, workspace.Step{Action: workspace.Lift, Words: "核查完", Revision: frozen.Revision}); err != nil {
		t.Fatal(err)
	}
}

// A developer cancels; a server that goes leaves nothing that is said to run.
func TestNothingIsLeftRunning(t *testing.T) {
	w := workspacetest.New(t)
	stop := w.Running(t)
	v := w.Opened(t)
	number := w.Begun(t, v.Number, heavy)
	if err := w.Workspaces.Cancel(t.Context(), w.Owner, v.Number, number); err != nil {
		t.Fatal(err)
	}
	j := w.Over(t, v.Number, number)
	if j.State != workspace.Cancelled {
		t.Fatalf("%s: %+v", j.State, j.Words)
	}
	if j.CPU == 0 || j.Wall == 0 { // it counts for the quota like any other
		t.Errorf("a cancelled job took %s of processor time, %s in all", j.CPU, j.Wall)
	}
	number = w.Begun(t, v.Number, heavy)
	stop()
	j, err := w.Workspaces.Job(t.Context(), w.Owner, v.Number, number)
	if err != nil || j.State != workspace.Killed {
		t.Fatalf("after the server went: %v %+v", err, j)
	}
	// one that was killed wrote nothing down: whoever comes next does
	if _, err := w.Pool.Exec(t.Context(), `INSERT INTO workspace_jobs (number, workspace_id, kind, sql, state, state_at, runner, asked_by, asked_name, asked_at) SELECT 'ZY-2026-900001', id, 'sql', 'x', 'running', opened_at, 'gone', opened_by, '示例', opened_at FROM workspaces`); err != nil {
		t.Fatal(err)
	}
	if err := w.Workspaces.Reap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if j, err := w.Workspaces.Job(t.Context(), w.Owner, v.Number, "ZY-2026-900001"); err != nil || j.State != workspace.Killed {
		t.Fatalf("it is still said to run: %v %+v", err, j)
	}
}

// Closing stops, erases and certifies; what was released stays.
func TestClosingDestroys(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	r := w.Released(t, v.Number, workspacetest.Counted)
	if _, err := w.Workspaces.Move(t.Context(), w.Member, v.Number, workspace.Step{Action: workspace.Close, Words: "完成", Revision: v.Revision}); fault.KindOf(err) != fault.Forbidden {
		t.Fatalf("a member closed it: %v", err)
	}
	if _, err := w.Workspaces.Move(t.Context(), w.Owner, v.Number, workspace.Step{Action: workspace.Close, Words: "完成", Revision: v.Revision}); err != nil {
		t.Fatal(err)
	}
	w.Until(t, "the workspace is destroyed", func() bool {
		var err error
		if v, err = w.Workspaces.Workspace(t.Context(), w.Owner, v.Number); err != nil {
			t.Fatal(err)
		}
		return v.State == workspace.Destroyed
	})
	var left int
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM workspace_results) + (SELECT count(*) FROM workspaces WHERE wrapped_key IS NOT NULL) + (SELECT count(*) FROM output_reviews WHERE box IS NOT NULL)`).Scan(&left); err != nil || left != 0 {
		t.Fatalf("%d things are left, %v", left, err)
	}
	if v.Certificate == nil || len(v.Certificate.Items) != 3 || !strings.Contains(v.Certificate.Body, v.Certificate.Items[0].SHA256) {
		t.Fatalf("certificate: %+v", v.Certificate)
	}
	if _, err := w.Workspaces.Download(t.Context(), w.Owner, v.Number, r.Release, "csv"); err != nil {
		t.Errorf("what was released is gone too: %v", err)
	}
}

// A program is tried on synthetic rows at once, and what may not run says so.
func TestSamplesAndRefusals(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	j, err := w.Workspaces.Ask(t.Context(), w.Owner, v.Number, workspace.NewJob{Kind: workspace.OfSample, SQL: workspacetest.Counted})
	if err != nil {
		t.Fatal(err)
	}
	tried := w.Over(t, v.Number, j.Number)
	if tried.Sample == nil || len(tried.Sample.Rows) == 0 || tried.Held() || len(tried.Inputs) != 0 {
		t.Fatalf("%s %+v %+v", tried.State, tried.Words, tried.Findings)
	}
	refused := w.Ran(t, v.Number, "SELECT * FROM station_visits")
	if refused.State != workspace.Refused || len(refused.Findings) == 0 {
		t.Fatalf("%s %+v", refused.State, refused.Words)
	}
	if _, err := w.Workspaces.Ask(t.Context(), w.Member, v.Number, workspace.NewJob{Kind: workspace.OfSQL, SQL: workspacetest.Counted}); fault.KindOf(err) != fault.Forbidden {
		t.Fatalf("somebody who writes no programs ran one: %v", err)
	}
}

// What a reviewer wants changed is made anew, checked again, and looked at by two
// people from the start.
func TestReleasedWithChanges(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	j := w.Ran(t, v.Number, workspacetest.Counted)
	r, err := w.Workspaces.AskRelease(t.Context(), w.Owner, v.Number, workspace.NewReview{Job: j.Number, Title: "各站人数", Purpose: "公布"})
	if err != nil {
		t.Fatal(err)
	}
	w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Waiting)
	step := func(i int, s workspace.ReviewStep) error {
		now, err := w.Workspaces.Review(t.Context(), w.Reviewers[i], r.Number)
		if err != nil {
			t.Fatal(err)
		}
		s.Revision = now.Revision
		_, err = w.Workspaces.MoveReview(t.Context(), w.Reviewers[i], r.Number, s)
		return err
	}
	if err := step(0, workspace.ReviewStep{Action: workspace.Take}); err != nil {
		t.Fatal(err)
	}
	if err := step(0, workspace.ReviewStep{Action: workspace.Change, Words: "去掉", Want: workspace.Wanted{Drop: []string{"station"}}}); fault.KindOf(err) != fault.Invalid {
		t.Fatalf("a column that rows are grouped by was left out: %v", err)
	}
	if err := step(0, workspace.ReviewStep{Action: workspace.Change, Words: "不需要次数", Want: workspace.Wanted{Drop: []string{"visits"}}}); err != nil {
		t.Fatal(err)
	}
	now := w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Waiting)
	if now.Round != 2 || len(now.Result.Columns) != 2 || now.FirstBy != "" {
		t.Fatalf("round %d, %+v", now.Round, now.Result.Columns)
	}
	for i, s := range []workspace.ReviewAction{workspace.Take, workspace.Approve, workspace.Approve} {
		if err := step(i/2, workspace.ReviewStep{Action: s, Words: "好"}); err != nil {
			t.Fatal(err)
		}
	}
	if w.Reviewed(t, w.Owner, r.Number, workspace.Released).Release == "" {
		t.Error("nothing was released")
	}
}

// Nobody may do more in a workspace than the developer's entry names them for.
func TestTheEntryNamesWhoMayDoWhat(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	v := w.Opened(t)
	if err := w.Workspaces.SetMember(t.Context(), w.Owner, v.Number, w.Member.ID, true, false); err != nil {
		t.Fatal(err)
	}
	job := workspace.NewJob{Kind: workspace.OfSQL, Name: "a.sql", SQL: workspacetest.Counted}
	if _, err := w.Workspaces.Ask(t.Context(), w.Member, v.Number, job); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE developer_people SET writes = false WHERE user_id = $1`, w.Member.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Workspaces.Ask(t.Context(), w.Member, v.Number, job); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("somebody runs programs whom the entry does not name for that: %v", err)
	}
	if err := w.Workspaces.SetMember(t.Context(), w.Owner, v.Number, w.Member.ID, true, false); fault.KindOf(err) != fault.Invalid {
		t.Errorf("somebody is let write programs whom the entry does not name for that: %v", err)
	}
	if err := w.Workspaces.SetMember(t.Context(), w.Owner, v.Number, w.Member.ID, false, true); err != nil {
		t.Error(err)
	}
}

// Whether a job succeeds and whether the rules let a result pass each tells a bit of the
// data: nobody asks for it as often as they like.
func TestRefusalsAndFailuresAreLimited(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	space := w.Opened(t).Number
	again := func(table, number string, from, until int) {
		t.Helper()
		for _, sql := range []string{
			`ALTER TABLE ` + table + ` DISABLE TRIGGER USER`,
			fmt.Sprintf(`INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(x, jsonb_build_object('id', x.id + 1000 + n, 'number', regexp_replace(x.number, '...$', (500 + n)::text)))).* FROM %s x, generate_series(%d, %d) n WHERE x.number = '%s'`, table, table, from, until, number),
		} {
			if _, err := w.Pool.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask := func(job string) (*workspace.Review, error) {
		return w.Workspaces.AskRelease(t.Context(), w.Owner, space, workspace.NewReview{Job: job, Title: "结果", Purpose: "研究"})
	}
	first, second, third := w.Ran(t, space, few), w.Ran(t, space, few), w.Ran(t, space, few)
	r, err := ask(first.Number)
	if err != nil {
		t.Fatal(err)
	}
	w.Reviewed(t, w.Reviewers[0], r.Number, workspace.AutoRejected)
	again("output_reviews", r.Number, 1, 28)
	if r, err = ask(second.Number); err != nil {
		t.Fatalf("the thirtieth: %v", err)
	}
	w.Reviewed(t, w.Reviewers[0], r.Number, workspace.AutoRejected)
	if _, err := ask(third.Number); fault.KindOf(err) != fault.TooMany {
		t.Errorf("the thirty-first: %v", err)
	}

	seen, err := w.Workspaces.Review(t.Context(), w.Reviewers[1], r.Number)
	if err != nil {
		t.Fatal(err)
	}
	if m := seen.Month; m == nil || m.Refused != 30 || m.MostRefused != 30 || m.Failed != 0 || m.MostFailed != 200 || len(m.Reviews) != 30 {
		t.Errorf("a reviewer sees %+v", m)
	} else if why := m.Reviews[0].Refusals(); len(why) == 0 || why[0].Rule != "R1" || len(why[0].Findings) == 0 {
		t.Errorf("and why: %+v", why)
	}
	if own, err := w.Workspaces.Review(t.Context(), w.Owner, r.Number); err != nil || own.Month != nil {
		t.Errorf("who asked sees %+v, %v", own.Month, err)
	}

	failed := w.Ran(t, space, "SELECT CAST(station AS INTEGER) AS n, count(*) AS k FROM station_visits GROUP BY 1")
	if failed.State != workspace.Failed {
		t.Fatalf("%s %+v", failed.State, failed.Words)
	}
	if seen, err = w.Workspaces.Review(t.Context(), w.Regulator, r.Number); err != nil || seen.Month.Failed != 1 || len(seen.Month.Jobs) != 1 || len(seen.Month.Jobs[0].Words) == 0 {
		t.Errorf("the regulator sees %+v, %v", seen.Month, err)
	}
	again("workspace_jobs", failed.Number, 1, 198)
	more := func(kind workspace.JobKind) error {
		j, err := w.Workspaces.Ask(t.Context(), w.Owner, space, workspace.NewJob{Kind: kind, SQL: workspacetest.Counted})
		if err == nil {
			w.Over(t, space, j.Number)
		}
		return err
	}
	if err := more(workspace.OfSQL); err != nil {
		t.Errorf("after 199: %v", err)
	}
	again("workspace_jobs", failed.Number, 199, 199)
	if err := more(workspace.OfSQL); fault.KindOf(err) != fault.TooMany {
		t.Errorf("after 200: %v", err)
	}
	if err := more(workspace.OfSample); err != nil {
		t.Errorf("on samples: %v", err)
	}
}

// few is a result that the rules refuse: its row is of too few persons.
const few = "SELECT station, count(*) AS n FROM station_visits WHERE station = '孤站' GROUP BY station"

// A result on a mount of an earlier form is told from others before anybody waits for its
// review, and the next job has it mounted anew: the same version, another acquisition.
func TestOldMountsAreMountedAnew(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	before := w.Opened(t)
	first := w.Ran(t, before.Number, workspacetest.Counted)
	old := &before.Mounts[0]
	if old.Old() {
		t.Fatal("a new mount is old")
	}
	for _, sql := range []string{`ALTER TABLE workspace_mounts DISABLE TRIGGER USER`, `UPDATE workspace_mounts SET prepared = prepared - 'Form', mask = repeat('0', 64)`} {
		if _, err := w.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(job string) (*workspace.Review, error) {
		return w.Workspaces.AskRelease(t.Context(), w.Owner, before.Number, workspace.NewReview{Job: job, Title: "结果", Purpose: "研究"})
	}
	if _, err := ask(first.Number); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "再运行一次") {
		t.Errorf("a result on an old mount: %v", err)
	}
	again := [2]string{w.Begun(t, before.Number, workspacetest.Counted), w.Begun(t, before.Number, workspacetest.Counted)} // both want it
	for _, number := range again {
		if j := w.Over(t, before.Number, number); j.State != workspace.Succeeded {
			t.Fatalf("%s %+v", j.State, j.Words)
		}
	}
	after, err := w.Workspaces.Workspace(t.Context(), w.Owner, before.Number)
	if err != nil || len(after.Mounts) != 1 {
		t.Fatalf("%+v, %v", after.Mounts, err)
	}
	if m := &after.Mounts[0]; m.Old() || m.ID == old.ID || m.Name != old.Name || m.Number != old.Number || m.Acquisition == old.Acquisition {
		t.Errorf("%+v", m)
	}
	r, err := ask(again[0])
	if err != nil {
		t.Fatal(err)
	}
	w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Waiting)
}

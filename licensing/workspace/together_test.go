package workspace_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/workspacetest"
)

// near are two programs of which each may leave: side by side they tell of the three at
// the lonely station.
var near = [2]string{
	"SELECT day, count(DISTINCT person) AS people FROM station_visits WHERE day = DATE '2026-10-01' GROUP BY day",
	"SELECT day, count(DISTINCT person) AS people FROM station_visits WHERE day = DATE '2026-10-01' AND station <> '孤站' GROUP BY day",
}

// approved is a result that its first reviewer approved.
func approved(t *testing.T, w *workspacetest.World, space, sql string) *workspace.ReviewView {
	t.Helper()
	j := w.Ran(t, space, sql)
	if !j.Held() {
		t.Fatalf("%s %+v %+v", j.State, j.Words, j.Findings)
	}
	r, err := w.Workspaces.AskRelease(t.Context(), w.Owner, space, workspace.NewReview{Job: j.Number, Title: "各日人数", Purpose: "公布"})
	if err != nil {
		t.Fatal(err)
	}
	v := w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Waiting)
	for _, a := range []workspace.ReviewAction{workspace.Take, workspace.Approve} {
		if v.Review, err = w.Workspaces.MoveReview(t.Context(), w.Reviewers[0], r.Number, workspace.ReviewStep{Action: a, Revision: v.Revision, Words: "好"}); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func second(t *testing.T, w *workspacetest.World, v *workspace.ReviewView) error {
	_, err := w.Workspaces.MoveReview(t.Context(), w.Reviewers[1], v.Number, workspace.ReviewStep{Action: workspace.Approve, Revision: v.Revision, Words: "好"})
	return err
}

// Of two results that may not stand beside each other, and that both passed the rules while
// neither had left, one leaves: whichever is approved first, however close together.
func TestOfTwoThatTellOfAFewOneLeaves(t *testing.T) {
	for round := range 6 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			w := workspacetest.New(t)
			w.Running(t)
			space := w.Opened(t).Number
			both := [2]*workspace.ReviewView{approved(t, w, space, near[0]), approved(t, w, space, near[1])}
			for i, r := range both {
				now, err := w.Workspaces.Review(t.Context(), w.Reviewers[1], r.Number)
				if err != nil || len(now.Beside) != 1 || now.Beside[0].Number != both[1-i].Number || !now.Beside[0].Near {
					t.Fatalf("reviewers are told %+v, %v", now.Beside, err)
				}
				if mine, err := w.Workspaces.Review(t.Context(), w.Owner, r.Number); err != nil || len(mine.Beside) != 0 {
					t.Errorf("the developer is told %+v, %v", mine.Beside, err)
				}
			}
			if round == 0 { // one after the other
				for _, r := range both {
					if err := second(t, w, r); err != nil {
						t.Fatal(err)
					}
				}
			} else { // at the same time
				var all sync.WaitGroup
				for _, r := range both {
					all.Go(func() {
						if err := second(t, w, r); err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
			}
			left := 0
			for _, r := range both {
				now, err := w.Workspaces.Review(t.Context(), w.Reviewers[0], r.Number)
				if err != nil {
					t.Fatal(err)
				}
				switch now.State {
				case workspace.Released:
					left++
				case workspace.AutoRejected:
					last := now.Events[len(now.Events)-1]
					refused := ""
					for _, c := range now.Checks {
						if c.Verdict == "refused" {
							refused += c.Rule
						}
					}
					if now.Result != nil || now.Release != "" || now.SHA256 != "" || last.Act != "overtaken" || refused != "R8" {
						t.Errorf("%+v, %s, %+v", now.Review, refused, last)
					}
				default:
					t.Errorf("%s is %s", r.Number, now.State)
				}
			}
			var releases int
			if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM releases`).Scan(&releases); err != nil || releases != 1 || left != 1 {
				t.Errorf("%d left, %d releases, %v", left, releases, err)
			}
		})
	}
}

// Two results that have nothing to do with each other both leave.
func TestTwoThatTellOfNobodyBothLeave(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	space := w.Opened(t).Number
	both := [2]*workspace.ReviewView{approved(t, w, space, near[0]), approved(t, w, space, "SELECT station, count(DISTINCT person) AS people FROM station_visits WHERE station IN ('东站', '西站') GROUP BY station")}
	if now, err := w.Workspaces.Review(t.Context(), w.Reviewers[1], both[0].Number); err != nil || len(now.Beside) != 1 || now.Beside[0].Near {
		t.Fatalf("reviewers are told %+v, %v", now.Beside, err)
	}
	for _, r := range both {
		if err := second(t, w, r); err != nil {
			t.Fatal(err)
		}
		w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Released)
	}
}

// What of the month's budget is left is asked at the second approval as well.
func TestTheBudgetIsAskedAtTheSecondApproval(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	space := w.Opened(t).Number
	v := approved(t, w, space, near[0])
	other := w.Released(t, space, "SELECT station, count(DISTINCT person) AS people FROM station_visits WHERE station IN ('东站', '西站') GROUP BY station")
	if _, err := w.Pool.Exec(t.Context(), `ALTER TABLE releases DISABLE TRIGGER USER`); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE releases SET cells = 1000000000 WHERE number = $1`, other.Release); err != nil {
		t.Fatal(err)
	}
	if err := second(t, w, v); err != nil {
		t.Fatal(err)
	}
	now := w.Reviewed(t, w.Reviewers[0], v.Number, workspace.AutoRejected)
	for _, c := range now.Checks {
		if (c.Verdict == "refused") != (c.Rule == "R6") {
			t.Errorf("%s: %s %+v", c.Rule, c.Verdict, c.Findings)
		}
	}
}

// Under a suspended mandate nobody begins to look at a result, and nothing is decided by it
// for ever: what was is there when that is lifted.
func TestNobodyTakesAReviewUnderASuspendedMandate(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	space := w.Opened(t).Number
	j := w.Ran(t, space, near[0])
	r, err := w.Workspaces.AskRelease(t.Context(), w.Owner, space, workspace.NewReview{Job: j.Number, Title: "各日人数", Purpose: "公布"})
	if err != nil {
		t.Fatal(err)
	}
	v := w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Waiting)
	take := workspace.ReviewStep{Action: workspace.Take, Revision: v.Revision}
	w.Suspend(t)
	if now, err := w.Workspaces.Review(t.Context(), w.Reviewers[0], r.Number); err != nil || len(now.Offers) != 0 {
		t.Errorf("offered are %v, %v", now.Offers, err)
	}
	if _, err := w.Workspaces.MoveReview(t.Context(), w.Reviewers[0], r.Number, take); fault.KindOf(err) != fault.Forbidden || !strings.Contains(err.Error(), "AUTH-2026-000001") {
		t.Fatalf("%v", err)
	}
	w.Resume(t)
	if _, err := w.Workspaces.MoveReview(t.Context(), w.Reviewers[0], r.Number, take); err != nil {
		t.Fatal(err)
	}
}

// What is referred to the authority before anybody approved it: the authority's word is one
// of the two, a reviewer's the other.
func TestTheAuthoritysWordIsOneOfTheTwo(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	space := w.Opened(t).Number
	j := w.Ran(t, space, near[0])
	r, err := w.Workspaces.AskRelease(t.Context(), w.Owner, space, workspace.NewReview{Job: j.Number, Title: "各日人数", Purpose: "公布"})
	if err != nil {
		t.Fatal(err)
	}
	v := w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Waiting)
	for _, one := range []struct {
		by int // 2: the authority
		do workspace.ReviewAction
		is workspace.ReviewState
	}{{0, workspace.Take, workspace.First}, {0, workspace.Escalate, workspace.Escalated}, {2, workspace.Approve, workspace.Second}, {1, workspace.Approve, workspace.Released}} {
		who := w.Authority
		if one.by < 2 {
			who = w.Reviewers[one.by]
		}
		if v.Review, err = w.Workspaces.MoveReview(t.Context(), who, r.Number, workspace.ReviewStep{Action: one.do, Revision: v.Revision, Words: "好"}); err != nil || v.State != one.is {
			t.Fatalf("%s: %s, %v", one.do, v.State, err)
		}
	}
}

// Lifting a freeze restores what was: also that the mounts are being prepared, and what was
// prepared meanwhile is ready then.
func TestLiftingRestoresWhatWas(t *testing.T) {
	w := workspacetest.New(t)
	made, err := w.Workspaces.Open(t.Context(), w.Owner, w.Name)
	if err != nil {
		t.Fatal(err)
	}
	move := func(a workspace.Action) *workspace.Workspace {
		t.Helper()
		now, err := w.Workspaces.Workspace(t.Context(), w.Regulator, made.Number)
		if err != nil {
			t.Fatal(err)
		}
		out, err := w.Workspaces.Move(t.Context(), w.Regulator, made.Number, workspace.Step{Action: a, Words: "核查", Revision: now.Revision})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	move(workspace.Freeze)
	if _, err := w.Pool.Exec(t.Context(), `UPDATE workspaces SET state = 'ready', frozen_by = '', frozen_from = ''`); err == nil {
		t.Error("the database lets it be ready that never was")
	}
	if now := move(workspace.Lift); now.State != workspace.Provisioning {
		t.Fatalf("lifted, it is %s", now.State)
	}
	w.Running(t)
	w.Until(t, "it is ready", func() bool {
		v, err := w.Workspaces.Workspace(t.Context(), w.Owner, made.Number)
		return err == nil && v.State == workspace.Ready
	})
	move(workspace.Freeze)
	if now := move(workspace.Lift); now.State != workspace.Ready {
		t.Fatalf("lifted, it is %s", now.State)
	}
}

package workspace_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/workspacetest"
)

// long is a statement that runs for a while over workspacetest.People.
const long = `SELECT a."地区", sum(a."人口" + b."人口" + c."人口" + d."人口") AS n FROM people a JOIN people b ON a."年份" = b."年份" JOIN people c ON b."年份" = c."年份" JOIN people d ON c."年份" = d."年份" GROUP BY a."地区"`

// What moves above a workspace reaches the job that runs in it at once: here nobody
// looks by themselves.
func TestMovesReachWhatRuns(t *testing.T) {
	c := workspacetest.NewChain(t, workspacetest.People(300), func(c *workspace.Config) { c.Watch = time.Hour })
	c.Running(t)
	c.Heard(t)
	c.Opened(t)
	suspend := func(act scenario.Action) {
		x, err := c.Scenarios.One(t.Context(), c.Operator, c.Scenario.Number)
		if err != nil {
			t.Fatal(err)
		}
		c.Move(t, c.Operator, x.Scenario, scenario.Step{Action: act, Words: "检查", Violation: "misuse"})
	}
	for _, one := range []struct {
		name, says  string
		stop, again func()
	}{
		{"mandate", "授权运营协议 %s 现在不生效（%s）%s", func() { c.Operated.Move(t, c.Agreed, c.Authority, operation.Suspend) }, func() { c.Operated.Move(t, c.Agreed, c.Authority, operation.Resume) }},
		{"scenario", "场景 %s 现在不生效（%s）%s", func() { suspend(scenario.Suspend) }, func() { suspend(scenario.Resume) }},
		{"entry", "入驻现在不生效（%s）%s", func() { c.Operated.MoveEntry(t, c.Entry, c.Operator, operation.SuspendEntry) }, func() { c.Operated.MoveEntry(t, c.Entry, c.Operator, operation.ResumeEntry) }},
	} {
		t.Run(one.name, func(t *testing.T) {
			number := c.Begun(t, strings.ReplaceAll(long, "people", c.Mounted(t)))
			began := time.Now()
			one.stop()
			j := c.Over(t, number)
			t.Logf("stopped %v after the move began", time.Since(began))
			if j.State != workspace.Killed || len(j.Words) != 1 || j.Words[0].Sentence != one.says || j.Held() || !j.Whole {
				t.Fatalf("%s: %+v", j.State, j.Words)
			}
			if _, err := c.Workspaces.Ask(t.Context(), c.Owner, c.Space, workspace.NewJob{Kind: workspace.OfSQL, SQL: long}); fault.KindOf(err) != fault.Forbidden {
				t.Fatalf("asked while it is stopped: %v", err)
			}
			if v := c.View(t); v.Ended != nil {
				t.Fatalf("what may go on is said to be over: %+v", v.Ended)
			}
			one.again()
			if j := c.Ran(t, "SELECT 地区, count(*) AS n FROM "+c.Mounted(t)+" GROUP BY 地区"); !j.Held() {
				t.Fatalf("after it was lifted: %s %+v %+v", j.State, j.Words, j.Findings)
			}
		})
	}
}

func waits(t *testing.T, items []inbox.Item, number string) *inbox.Item {
	t.Helper()
	i := slices.IndexFunc(items, func(i inbox.Item) bool { return i.Kind == "workspace" && i.ID == number })
	if i < 0 {
		return nil
	}
	return &items[i]
}

// However what a workspace stands on comes to its end: nothing passes from then on, the
// people of both sides are asked to close it, the platform does where they do not, and
// nothing of it is left.
func TestAWorkspaceEndsWithWhatItStandsOn(t *testing.T) {
	current := func(t *testing.T, c *workspacetest.Chain) *scenario.Scenario {
		x, err := c.Scenarios.One(t.Context(), c.Operator, c.Scenario.Number)
		if err != nil {
			t.Fatal(err)
		}
		return x.Scenario
	}
	for _, one := range []struct {
		name, what, state string
		end               func(*testing.T, *workspacetest.Chain)
	}{
		{"the scenario expired", "scenario", "expired", func(t *testing.T, c *workspacetest.Chain) { c.Set(*current(t, c).Until) }},
		{"the scenario was terminated", "scenario", "terminated", func(t *testing.T, c *workspacetest.Chain) {
			c.Move(t, c.Authority, current(t, c), scenario.Step{Action: scenario.Terminate, Words: "不再需要"})
		}},
		{"the scenario was surrendered", "scenario", "surrendered", func(t *testing.T, c *workspacetest.Chain) {
			c.Move(t, c.Owner, current(t, c), scenario.Step{Action: scenario.Surrender})
		}},
		{"the mandate was revoked", "mandate", "revoked", func(t *testing.T, c *workspacetest.Chain) {
			c.Operated.Move(t, c.Agreed, c.Authority, operation.Revoke)
		}},
		{"the mandate was surrendered", "mandate", "surrendered", func(t *testing.T, c *workspacetest.Chain) {
			c.Operated.Move(t, c.Agreed, c.Agreed.Operator, operation.Surrender)
		}},
		{"the developer left", "developer", "left", func(t *testing.T, c *workspacetest.Chain) {
			c.Operated.MoveEntry(t, c.Entry, c.Owner, operation.LeaveEntry)
		}},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			c := workspacetest.NewChain(t, workspacetest.People(20))
			c.Running(t)
			c.Opened(t)
			held := c.Ran(t, "SELECT 地区, count(*) AS n FROM "+c.Mounted(t)+" GROUP BY 地区")
			if !held.Held() {
				t.Fatalf("%s %+v %+v", held.State, held.Words, held.Findings)
			}
			one.end(t, c)
			if _, err := c.Workspaces.Ask(t.Context(), c.Owner, c.Space, workspace.NewJob{Kind: workspace.OfSQL, SQL: "SELECT count(*) AS n FROM people"}); fault.KindOf(err) != fault.Forbidden {
				t.Fatalf("something runs after the end: %v", err)
			}
			v := c.View(t)
			if v.Ended == nil || v.Ended.What != one.what || v.Ended.State != one.state || v.State != workspace.Ready {
				t.Fatalf("%s, ended %+v", v.State, v.Ended)
			}
			for _, who := range []struct {
				name string
				path string
			}{{"the operator", v.Desk() + "#act"}, {"the developer", v.Path() + "#close"}} {
				reader := c.Operator
				if who.name == "the developer" {
					reader = c.Owner
				}
				items, err := c.Workspaces.Waiting(t.Context(), reader)
				if err != nil {
					t.Fatal(err)
				}
				i := waits(t, items, c.Space)
				if i == nil || i.Path != who.path || i.Clock == nil || !i.Clock.House() || i.Clock.Path != "workspace_winding_up" {
					t.Fatalf("%s is asked %+v", who.name, i)
				}
			}
			open, err := c.Workspaces.OpenClocks(t.Context())
			if err != nil || len(open) != 1 || open[0].Ref != v.Ended.Clock.Ref {
				t.Fatalf("clocks %+v, %v", open, err)
			}
			if err := c.Workspaces.Tick(t.Context()); err != nil || c.View(t).State != workspace.Ready {
				t.Fatalf("it was closed before its time: %v", err)
			}
			c.Set(v.Ended.Clock.Due())
			if err := c.Workspaces.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			workspacetest.Until(t, "the workspace is destroyed", func() bool { v = c.View(t); return v.State == workspace.Destroyed })
			if v.Erased == nil || v.Certificate == nil || len(v.Certificate.Items) != 2 || !strings.Contains(v.Certificate.Body, held.SHA256) || !strings.Contains(v.Certificate.Body, "已经结束") {
				t.Fatalf("certificate: %+v", v.Certificate)
			}
			var left int
			if err := c.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM workspace_results) + (SELECT count(*) FROM workspaces WHERE wrapped_key IS NOT NULL) + (SELECT count(*) FROM workspace_mounts WHERE state <> 'gone')`).Scan(&left); err != nil || left != 0 {
				t.Fatalf("%d things are left, %v", left, err)
			}
			if found, err := filepath.Glob(filepath.Join(c.Dir, "mounts", "*")); err != nil || len(found) != 0 {
				t.Fatalf("on disk are left %v, %v", found, err)
			}
			if _, err := os.Stat(filepath.Join(c.Dir, "mounts")); err != nil {
				t.Fatal(err) // else nothing could be left anywhere
			}
			if items, err := c.Workspaces.Waiting(t.Context(), c.Operator); err != nil || waits(t, items, c.Space) != nil {
				t.Fatalf("the operator is still asked: %v", err)
			}
			if err := c.Workspaces.Tick(t.Context()); err != nil { // and again
				t.Fatal(err)
			}
		})
	}
}

// Who enters again in time finds the workspace as it was.
func TestWhoEntersAgainFindsTheWorkspace(t *testing.T) {
	c := workspacetest.NewChain(t, workspacetest.People(20))
	c.Running(t)
	c.Opened(t)
	c.Operated.MoveEntry(t, c.Entry, c.Owner, operation.LeaveEntry)
	if v := c.View(t); v.Ended == nil {
		t.Fatal("who left is not said to have left")
	}
	c.Admit(t, c.Agreed, c.Owner, c.Firm)
	c.Later(10)
	if err := c.Workspaces.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := c.View(t); v.Ended != nil || v.State != workspace.Ready || v.Why != nil {
		t.Fatalf("%s, ended %+v, %v", v.State, v.Ended, v.Why)
	}
}

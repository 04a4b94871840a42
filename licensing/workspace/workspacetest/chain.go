package workspacetest

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/deadline"
	"shuyuan/internal/jobs"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/scenario/scenariotest"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/engine"
)

// Chain is a workspace under a mandate, an entry and a scenario that were made by those
// whose they are, and whose every move is theirs.
type Chain struct {
	*scenariotest.World
	Workspaces *workspace.Service
	Engine     *engine.Engine
	Dir        string // in which the engine keeps what it keeps
	Scenario   *scenario.Scenario
	Space      string // number of the workspace; empty: nobody opened one
}

// People is a table of so many rows of each of two years, of the columns of
// licensingtest.Table.
func People(rows int) string {
	var b strings.Builder
	b.WriteString("年份,地区,人口,备注\n")
	for i := range rows {
		for year := range 2 {
			fmt.Fprintf(&b, "%d,%s,%d,%d\n", 2024+year, []string{"福州", "厦门", "泉州", "莆田"}[i%4], 100+i%97, i)
		}
	}
	return b.String()
}

// Mounted is what the table is called in SQL.
func (c *Chain) Mounted(t testing.TB) string {
	t.Helper()
	return c.View(t).Mounts[0].Name
}

// NewChain returns an active scenario over the file table, and the service of
// workspaces, which nobody runs yet.
func NewChain(t testing.TB, table string, change ...func(*workspace.Config)) *Chain {
	t.Helper()
	c := &Chain{World: scenariotest.NewOf(t, "2026-11-02", licensingtest.Fujian, table)}
	c.Dir = t.TempDir()
	e, err := engine.New(engine.Options{Store: c.Store, Dir: c.Dir, Now: time.Now, Sketches: []byte("of the platform, for all workspaces")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	made := workspace.Config{
		Pool: c.Pool, Catalogue: c.Service, Gate: c.Gate, Engine: e, Accounts: c.Accounts, Book: c.Book, Clocks: deadline.New(c.Book, func() workdays.Calendar { return calendar }),
		Secret: []byte(Secret), Workers: 2, Now: c.Clock,
	}
	for _, f := range change {
		f(&made)
	}
	if c.Workspaces, err = workspace.New(made); err != nil {
		t.Fatal(err)
	}
	c.Engine = e
	c.Scenarios.Follow(workspace.ScenarioMoved)
	c.Scenario = c.Active(t, func(f *scenario.Form) { f.Months = "1" }) // it ends in a year whose working days are known
	c.Owner.Roles = c.Played(t, c.Owner)
	return c
}

// Running lets the runner work until the test ends, or stop is called.
func (c *Chain) Running(t testing.TB) (stop func()) { return running(t, c.Workspaces) }

// Heard works what moves of the chain announce, until the test ends.
func (c *Chain) Heard(t testing.TB) {
	t.Helper()
	workers := jobs.NewWorkers()
	if err := c.Workspaces.Hear(workers, c.Operated.Operation.Moved, c.Operated.Operation.EntryHasMoved, c.Operated.Operation.OrganisationHasMoved); err != nil {
		t.Fatal(err)
	}
	work, err := jobs.New(c.Pool, jobs.Config{Workers: workers, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := work.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := jobs.Stop(t.Context(), work); err != nil {
			t.Error(err)
		}
	})
}

// Opened is the workspace of the scenario, once it is ready.
func (c *Chain) Opened(t testing.TB) *workspace.View {
	t.Helper()
	v := opened(t, c.Workspaces, c.Owner, c.Scenario.Number)
	c.Space = v.Number
	return v
}

// View is the workspace as its owner sees it.
func (c *Chain) View(t testing.TB) *workspace.View {
	t.Helper()
	v, err := c.Workspaces.Workspace(t.Context(), c.Owner, c.Space)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Begun is a job of the owner that runs.
func (c *Chain) Begun(t testing.TB, sql string) string {
	t.Helper()
	return begun(t, c.Workspaces, c.Owner, c.Space, sql)
}

// Over is a job once it is over.
func (c *Chain) Over(t testing.TB, job string) *workspace.JobView {
	t.Helper()
	return over(t, c.Workspaces, c.Owner, c.Space, job)
}

// Ran is a job of the owner, once it is over.
func (c *Chain) Ran(t testing.TB, sql string) *workspace.JobView {
	t.Helper()
	j, err := c.Workspaces.Ask(t.Context(), c.Owner, c.Space, workspace.NewJob{Kind: workspace.OfSQL, SQL: sql})
	if err != nil {
		t.Fatal(err)
	}
	return c.Over(t, j.Number)
}

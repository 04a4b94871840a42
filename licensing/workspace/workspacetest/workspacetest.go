// Package workspacetest makes workspaces for tests: a mandate, an active scenario
// with grants, its developer, two reviewers of the operator, and the engine itself.
// Each test states only what it is about.
package workspacetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/engine"
)

// World is an active scenario, its people, and the service of workspaces.
type World struct {
	*licensingtest.World
	Workspaces *workspace.Service
	Engine     *engine.Engine

	Body      datasets.Department // that authorises
	Authority account.Actor
	Regulator account.Actor
	Operator  int64
	Reviewers [2]account.Actor // of the operator
	Firm      int64
	Owner     account.Actor // of the developer
	Member    account.Actor // likewise, in no workspace yet
	Mandate   int64
	Number    string // of the mandate
	Scenario  int64
	Name      string // number of the scenario
	Data      *datasets.Dataset
	Version   *datasets.Version
	Grant     int64
}

// Secret is that of the installation.
const Secret = "a secret that lies in the data folder and nowhere else"

// Visits is a table of people who were at stations: 60 people at each of four
// stations, two days, with an amount. At the fifth station there are three people.
func Visits() string {
	var b strings.Builder
	b.WriteString("person,station,day,amount\n")
	for i := range 240 {
		for day := range 2 {
			fmt.Fprintf(&b, "P%05d,%s,2026-10-0%d,%d\n", i, []string{"东站", "西站", "南站", "北站"}[i%4], day+1, 10+i%7)
		}
	}
	for i := range 3 {
		fmt.Fprintf(&b, "P%05d,孤站,2026-10-01,99\n", 900+i)
	}
	return b.String()
}

// New returns a world in which nobody has opened a workspace.
func New(t testing.TB, change ...func(*workspace.Config)) *World {
	t.Helper()
	w := &World{World: licensingtest.New(t)}
	w.Day(t, "2026-11-02")
	w.Body = w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Fujian })
	w.Authority = w.Official(t, w.Body, account.Authority)
	w.Regulator = w.World.Regulator(t)
	w.Data, w.Version = w.File(t, "visits.csv", Visits(), func(d *datasets.Dataset) {
		d.Slug, d.Open = "station-visits", datasets.Conditional
		d.Department = w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Fujian })
	})
	w.Owner, w.Member = w.Person(t, "示例开发负责人"), w.Person(t, "示例开发人员")
	w.Firm = w.Organisation(t, w.Owner, "示例数据科技有限公司", "91350100MA00000T07")
	w.Join(t, w.Firm, w.Member, account.Member)
	w.Operator = w.operator(t)
	for i := range w.Reviewers {
		w.Reviewers[i] = w.reviewer(t, fmt.Sprintf("示例审核人%d", i+1))
	}
	w.chain(t)
	w.Owner.Roles, w.Member.Roles = w.Played(t, w.Owner), w.Played(t, w.Member)
	e, err := engine.New(engine.Options{Store: w.Store, Dir: t.TempDir(), Now: time.Now, Sketches: []byte("of the platform, for all workspaces")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	w.Engine = e
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	c := workspace.Config{
		Pool: w.Pool, Catalogue: w.Service, Gate: w.Gate, Engine: e, Accounts: w.Accounts, Book: w.Book, Clocks: deadline.New(w.Book, func() workdays.Calendar { return calendar }),
		Secret: []byte(Secret), Workers: 2, Now: w.Clock,
	}
	for _, f := range change {
		f(&c)
	}
	if w.Workspaces, err = workspace.New(c); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *World) operator(t testing.TB) int64 {
	t.Helper()
	return w.id(t, `INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', '示例数据运营有限公司', '91350100MA00000M55', 'operate', 'verified', $1, $1, $1) RETURNING id`, w.Clock())
}

func (w *World) reviewer(t testing.TB, name string) account.Actor {
	t.Helper()
	who := account.Actor{Name: name, Side: account.Operate, Roles: []account.Role{account.Operator}, Session: strings.Repeat("0", 32), Confirmed: w.Clock().AddDate(100, 0, 0)}
	who.ID = w.id(t, `INSERT INTO users (identifier, name, side, created_at, confirmed_at) VALUES ($1, $2, 'operate', $3, $3) RETURNING id`, fmt.Sprintf("reviewer%d@run.example", w.count(t)), name, w.Clock())
	w.exec(t, `INSERT INTO user_roles (user_id, role, side, granted_at) VALUES ($1, 'operator', 'operate', $2)`, who.ID, w.Clock())
	role := account.Member
	if w.Reviewers[0].ID == 0 {
		role = account.Owner
	}
	w.exec(t, `INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES ($1, $2, 'operate', $3, $4)`, w.Operator, who.ID, role, w.Clock())
	return who
}

func (w *World) count(t testing.TB) int64 {
	return w.id(t, `SELECT count(*) FROM users WHERE identifier LIKE 'reviewer%'`)
}

// chain makes the mandate, the developer's entry, the scenario, its contract and
// the grant.
func (w *World) chain(t testing.TB) {
	t.Helper()
	from, until := w.Clock().AddDate(0, 0, -1), w.Clock().AddDate(1, 0, 0)
	w.Number, w.Name = "AUTH-2026-000001", "SCN-2026-000001"
	w.Mandate = w.id(t, `INSERT INTO mandates (number, body_id, operator_id, title, from_at, until_at, state, state_at, made_at) VALUES ($1, $2, $3, '示例运营授权', $4, $5, 'draft', $4, $4) RETURNING id`, w.Number, w.Body.ID, w.Operator, from, until)
	columns := []string{"person", "station", "day", "amount"}
	w.exec(t, `INSERT INTO mandate_items (mandate_id, dataset_id, columns) VALUES ($1, $2, $3)`, w.Mandate, w.Data.ID, columns)
	w.exec(t, `UPDATE mandates SET state = 'under_review' WHERE id = $1`, w.Mandate)
	w.exec(t, `UPDATE mandates SET state = 'approved', sha256 = repeat('a', 64), approved_by = $2, locked_at = made_at WHERE id = $1`, w.Mandate, w.Authority.ID)
	w.exec(t, `UPDATE mandates SET state = 'signed', body_signed_by = $2, operator_signed_by = $3 WHERE id = $1`, w.Mandate, w.Authority.ID, w.Reviewers[0].ID)
	w.exec(t, `UPDATE mandates SET state = 'active' WHERE id = $1`, w.Mandate)
	w.exec(t, `INSERT INTO developers (number, mandate_id, organisation_id, state, state_at, made_at, submitted_by, declared, decided_by, trained_until) VALUES ('RZ-2026-000001', $1, $2, 'admitted', $3, $3, $4, true, $5, $6)`, w.Mandate, w.Firm, from, w.Owner.ID, w.Reviewers[0].ID, until)
	w.exec(t, `INSERT INTO developer_people (developer_id, user_id, writes, releases) SELECT d.id, u, true, true FROM developers d, unnest($1::bigint[]) u`, []int64{w.Owner.ID, w.Member.ID})
	w.Scenario = w.id(t, `INSERT INTO scenarios (number, mandate_id, organisation_id, user_id, title, use_class, purpose, from_at, until_at, state, state_at, made_at) VALUES ($1, $2, $3, $4, '节假日客流提示', 'industry', '提示', $5, $6, 'active', $5, $5) RETURNING id`,
		w.Name, w.Mandate, w.Firm, w.Owner.ID, from, until)
	item := w.id(t, `INSERT INTO scenario_items (scenario_id, dataset_id, resource_id, columns) VALUES ($1, $2, $3, $4) RETURNING id`, w.Scenario, w.Data.ID, w.Version.ResourceID, columns)
	contract := w.id(t, `INSERT INTO scenario_contracts (number, scenario_id, sha256, from_at, until_at, state, state_at) VALUES ('KFHT-2026-000001', $1, $2, $3, $4, 'active', $3) RETURNING id`, w.Scenario, strings.Repeat("a", 64), from, until)
	w.Grant = w.id(t, `INSERT INTO scenario_grants (number, contract_id, item_id, dataset_id, resource_id, columns, uses, from_at, until_at, state, state_at) VALUES ('CSQ-2026-000001', $1, $2, $3, $4, $5, '{"person": "subject", "station": "group", "day": "group", "amount": "aggregate"}', $6, $7, 'active', $6) RETURNING id`,
		contract, item, w.Data.ID, w.Version.ResourceID, columns, from, until)
}

// Suspend suspends the mandate, and Resume lifts that: one UPDATE each.
func (w *World) Suspend(t testing.TB) {
	w.exec(t, `UPDATE mandates SET state = 'suspended', reason = '安全检查', held_by = 'body', basis = '协议第八条' WHERE id = $1`, w.Mandate)
}

// Resume lifts Suspend.
func (w *World) Resume(t testing.TB) {
	w.exec(t, `UPDATE mandates SET state = 'active', reason = '', held_by = '' WHERE id = $1`, w.Mandate)
}

func (w *World) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := w.Pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (w *World) id(t testing.TB, sql string, args ...any) (id int64) {
	t.Helper()
	if err := w.Pool.QueryRow(t.Context(), sql, args...).Scan(&id); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return id
}

// Running lets the runner work until the test ends, or stop is called.
func (w *World) Running(t testing.TB) (stop func()) { return running(t, w.Workspaces) }

func running(t testing.TB, s *workspace.Service) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx, func(err error) { t.Log("runner: ", err) })
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// Opened is the workspace of the scenario, once it is ready.
func (w *World) Opened(t testing.TB) *workspace.View { return opened(t, w.Workspaces, w.Owner, w.Name) }

func opened(t testing.TB, s *workspace.Service, who account.Actor, scenario string) *workspace.View {
	t.Helper()
	made, err := s.Open(t.Context(), who, scenario)
	if err != nil {
		t.Fatal(err)
	}
	var v *workspace.View
	Until(t, "the workspace is ready", func() bool {
		if v, err = s.Workspace(t.Context(), who, made.Number); err != nil {
			t.Fatal(err)
		}
		for i := range v.Mounts {
			if v.Mounts[i].State == workspace.MountFailed {
				t.Fatalf("mount %s: %+v", v.Mounts[i].Name, v.Mounts[i].Words)
			}
		}
		return v.State == workspace.Ready
	})
	return v
}

// Begun is a job of the owner that runs.
func (w *World) Begun(t testing.TB, space, sql string) string {
	t.Helper()
	return begun(t, w.Workspaces, w.Owner, space, sql)
}

func begun(t testing.TB, s *workspace.Service, who account.Actor, space, sql string) string {
	t.Helper()
	j, err := s.Ask(t.Context(), who, space, workspace.NewJob{Kind: workspace.OfSQL, SQL: sql})
	if err != nil {
		t.Fatal(err)
	}
	Until(t, "the job runs", func() bool {
		now, err := s.Job(t.Context(), who, space, j.Number)
		if err != nil {
			t.Fatal(err)
		}
		if !now.State.Open() {
			t.Fatalf("it was over at once: %s %+v %+v", now.State, now.Words, now.Findings)
		}
		return now.State == workspace.Running
	})
	return j.Number
}

// Ran is a job of the owner, once it is over.
func (w *World) Ran(t testing.TB, space, sql string) *workspace.JobView {
	t.Helper()
	j, err := w.Workspaces.Ask(t.Context(), w.Owner, space, workspace.NewJob{Kind: workspace.OfSQL, SQL: sql})
	if err != nil {
		t.Fatal(err)
	}
	return w.Over(t, space, j.Number)
}

// Over is a job once it is over.
func (w *World) Over(t testing.TB, space, job string) *workspace.JobView {
	t.Helper()
	return over(t, w.Workspaces, w.Owner, space, job)
}

func over(t testing.TB, s *workspace.Service, who account.Actor, space, job string) (v *workspace.JobView) {
	t.Helper()
	Until(t, "the job is over", func() bool {
		var err error
		if v, err = s.Job(t.Context(), who, space, job); err != nil {
			t.Fatal(err)
		}
		return !v.State.Open()
	})
	return v
}

// Reviewed is a review, once it is in a state.
func (w *World) Reviewed(t testing.TB, who account.Actor, number string, state workspace.ReviewState) (v *workspace.ReviewView) {
	t.Helper()
	w.Until(t, "the review is "+string(state), func() bool {
		var err error
		if v, err = w.Workspaces.Review(t.Context(), who, number); err != nil {
			t.Fatal(err)
		}
		if v.State == workspace.AutoRejected && state != workspace.AutoRejected {
			t.Fatalf("the rules refused it: %+v", v.Checks)
		}
		return v.State == state
	})
	return v
}

// Counted is a statement whose result may leave, but for one small group.
const Counted = "SELECT station, count(DISTINCT person) AS people, count(*) AS visits FROM station_visits GROUP BY station"

// Released is a result of the workspace that two people let out.
func (w *World) Released(t testing.TB, space, sql string) *workspace.ReviewView {
	t.Helper()
	j := w.Ran(t, space, sql)
	if !j.Held() {
		t.Fatalf("the job is %s: %+v %+v", j.State, j.Words, j.Findings)
	}
	r, err := w.Workspaces.AskRelease(t.Context(), w.Owner, space, workspace.NewReview{Job: j.Number, Title: "各站人数", Purpose: "公布"})
	if err != nil {
		t.Fatal(err)
	}
	v := w.Reviewed(t, w.Reviewers[0], r.Number, workspace.Waiting)
	for i, a := range []workspace.ReviewAction{workspace.Take, workspace.Approve, workspace.Approve} {
		who := w.Reviewers[i/2]
		if r, err = w.Workspaces.MoveReview(t.Context(), who, r.Number, workspace.ReviewStep{Action: a, Revision: v.Revision, Words: "符合规则。"}); err != nil {
			t.Fatal(err)
		}
		v.Review = r
	}
	return v
}

// Until waits for something that another goroutine brings about.
func (w *World) Until(t testing.TB, what string, there func() bool) {
	t.Helper()
	Until(t, what, there)
}

// Until waits for something that another goroutine brings about.
func Until(t testing.TB, what string, there func() bool) {
	t.Helper()
	for range 1200 {
		if there() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("it never came about that %s", what)
}

// Package scenariotest makes scenarios for tests: a mandate, an admitted developer,
// and a scenario at any step of its way, up to an active one with its contract and
// grants. Each test states only what it is about.
package scenariotest

import (
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/scenario"
)

// World is a body with an operator that it authorised, a department with data, and a
// developer that was admitted.
type World struct {
	*licensingtest.World
	Scenarios *scenario.Service
	Operated  *operationtest.World // in which the mandate and the entry were made

	Body      datasets.Department // that authorises
	Authority account.Actor
	Security  account.Actor // reviewer of the body
	Officer   account.Actor // of the department whose data it is
	Operator  account.Actor
	Owner     account.Actor // of the developer
	Firm      int64         // the developer
	Run       int64         // the operator
	Mandate   string        // number
	MandateID int64
	Agreed    *operationtest.Mandate
	Entry     *operationtest.Developer
	Data      *datasets.Dataset // open on conditions, with one table
	Version   *datasets.Version
}

// The names of the developer and of the operator.
const (
	Firm     = "示例数据科技有限公司"
	FirmCode = "91350100MA00000T07"
	Run      = "示例数据运营有限公司"
	RunCode  = "91350100MA00000M55"
)

// New returns a world on a day when the rules of profile bind the department; the body
// is bound by the Fujian plan.
func New(t testing.TB, day, profile string) *World {
	return NewOf(t, day, profile, licensingtest.Table)
}

// NewOf is New where the entry has the file table, of the columns of licensingtest.Table.
func NewOf(t testing.TB, day, profile, table string) *World {
	t.Helper()
	w := &World{World: licensingtest.New(t)}
	w.Day(t, day)
	w.Body = w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Fujian })
	w.Authority = w.Official(t, w.Body, account.Authority)
	w.Security = w.Official(t, w.Body, account.SecurityReviewer)
	office := w.Department(t, func(d *datasets.Department) { d.Profile = profile })
	w.Data, w.Version = w.File(t, "people.csv", table, func(d *datasets.Dataset) { d.Department, d.Open = office, datasets.Conditional })
	w.Officer = w.Official(t, w.Data.Department, account.Officer)
	w.Owner = w.Person(t, "示例开发负责人")
	w.Firm = w.Organisation(t, w.Owner, Firm, FirmCode)
	w.Operator, w.Run = Operating(t, w.World, Run, RunCode)
	w.Operated = operationtest.On(t, w.World)
	m := w.Mandated(t, w.Operator, w.Run, w.Body, w.Data)
	w.MandateID, w.Mandate = m.ID, m.Number
	w.Agreed, w.Entry = m, w.Admit(t, m, w.Owner, w.Firm)
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	w.Scenarios, err = scenario.New(scenario.Config{Pool: w.Pool, Catalogue: w.Service, Book: w.Book, Clocks: deadline.New(w.Book, func() workdays.Calendar { return calendar }), Accounts: w.Accounts, Now: w.Clock})
	if err != nil {
		t.Fatal(err)
	}
	w.Scenarios.KeepPapers(w.Papers)
	return w
}

// Operating makes an operator with one person of its.
func Operating(t testing.TB, w *licensingtest.World, name, code string) (account.Actor, int64) {
	t.Helper()
	who := account.Actor{Name: "示例运营人员", Side: account.Operate, Roles: []account.Role{account.Operator}, Session: strings.Repeat("0", 32), Confirmed: w.Clock().AddDate(100, 0, 0)}
	if err := w.Pool.QueryRow(t.Context(), `INSERT INTO users (identifier, name, side, created_at, confirmed_at) VALUES ($1, $2, 'operate', $3, $3) RETURNING id`, strings.ToLower(code)+"@run.example", who.Name, w.Clock()).Scan(&who.ID); err != nil {
		t.Fatal(err)
	}
	var id int64
	if err := w.Pool.QueryRow(t.Context(), `INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', $1, $2, 'operate', 'verified', $3, $3, $3) RETURNING id`, name, code, w.Clock()).Scan(&id); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`INSERT INTO user_roles (user_id, role, side, granted_at) VALUES ($1, 'operator', 'operate', $2)`,
	} {
		if _, err := w.Pool.Exec(t.Context(), sql, who.ID, w.Clock()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Pool.Exec(t.Context(), `INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES ($1, $2, 'operate', 'owner', $3)`, id, who.ID, w.Clock()); err != nil {
		t.Fatal(err)
	}
	return who, id
}

// Mandated makes an active mandate of two years over every column of entries, of the
// operator that who answers for.
func (w *World) Mandated(t testing.TB, who account.Actor, operator int64, body datasets.Department, entries ...*datasets.Dataset) *operationtest.Mandate {
	t.Helper()
	m := &operationtest.Mandate{Body: body, Authority: w.Authority, Deputy: w.Official(t, body, account.Authority), Operator: who, Organisation: operator}
	w.Operated.Agree(t, m, operationtest.Scope(entries...), func(f *operation.PlanForm) {
		f.Title, f.Purposes, f.Forms = "示例运营授权", []string{"public_services", "transport"}, []string{"result_table", "report_product"}
	})
	return m
}

// Admit admits an organisation as a developer under a mandate.
func (w *World) Admit(t testing.TB, m *operationtest.Mandate, owner account.Actor, organisation int64) *operationtest.Developer {
	t.Helper()
	d := w.Operated.SubmittedOf(t, m, owner, organisation)
	w.Operated.MoveEntry(t, d, m.Operator, operation.AdmitEntry)
	return d
}

// Train lets the training of the developers count for so many years more.
func (w *World) Train(t testing.TB, years int) {
	t.Helper()
	if _, err := w.Pool.Exec(t.Context(), `UPDATE developers SET trained_until = trained_until + make_interval(years => $1), revision = revision + 1`, years); err != nil {
		t.Fatal(err)
	}
}

// Form is a form in which nothing is missing: every column of the tables of entries.
func Form(entries []*datasets.Dataset, change ...func(*scenario.Form)) scenario.Form {
	f := scenario.Form{
		Title: "节假日人口流动提示", Sector: "交通运输", Class: scenario.PublicBenefit, Purpose: "public_services", Description: "按地区和年份比较人口，结果免费公布，供出行提示使用。", Method: "按地区、年份汇总以后比较", Audience: "本市居民",
		Outputs: []scenario.FormOutput{{Form: "result_table", Fields: "地区、年份、人口合计", Minimum: "10"}}, Personal: scenario.NoPersonal, SecurityPlan: "专人负责，账号分开，操作留痕。", EmergencyPlan: "发现异常立即停用账号，两小时内报告。", Filing: "已向示例数据管理局报备",
		Delivery: scenario.Sandbox, Months: "12",
	}
	for _, d := range entries {
		for _, r := range d.Resources {
			i := scenario.FormItem{Resource: r.ID, Reason: "分组和汇总要用", Span: "2024 年以来", Refresh: "每年"}
			for _, table := range r.Newest.Tables {
				for _, c := range table.Fields {
					i.Columns = append(i.Columns, c.Name)
				}
			}
			f.Items = append(f.Items, i)
		}
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

// Draft is a scenario of the developer's with everything that a submission takes.
func (w *World) Draft(t testing.TB, change ...func(*scenario.Form)) *scenario.Scenario {
	t.Helper()
	x, err := w.Scenarios.Start(t.Context(), w.Owner, w.Firm, w.Mandate, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return w.Fill(t, x, change...)
}

// Fill writes a draft and hands its papers in.
func (w *World) Fill(t testing.TB, x *scenario.Scenario, change ...func(*scenario.Form)) *scenario.Scenario {
	t.Helper()
	x, err := w.Scenarios.SaveDraft(t.Context(), w.Owner, x.Number, Form([]*datasets.Dataset{w.Data}, change...), x.Revision)
	if err != nil {
		t.Fatal(err)
	}
	for _, slot := range x.Slots() {
		if _, err := w.Scenarios.AddPaper(t.Context(), w.Owner, x.Number, papers.New{Slot: slot, Name: slot + ".pdf"}, strings.NewReader(licensingtest.PDF)); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// Submitted is a draft that was handed in.
func (w *World) Submitted(t testing.TB, change ...func(*scenario.Form)) *scenario.Scenario {
	t.Helper()
	x := w.Draft(t, change...)
	x, err := w.Scenarios.Submit(t.Context(), w.Owner, x.Number, x.Revision)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Move makes a step that must be possible.
func (w *World) Move(t testing.TB, who account.Actor, x *scenario.Scenario, step scenario.Step) *scenario.Scenario {
	t.Helper()
	step.Revision = x.Revision
	x, err := w.Scenarios.Move(t.Context(), who, x.Number, step)
	if err != nil {
		t.Fatalf("%s: %v", step.Action, err)
	}
	return x
}

// Screened is one that the operator passed on.
func (w *World) Screened(t testing.TB, change ...func(*scenario.Form)) *scenario.Scenario {
	t.Helper()
	return w.Move(t, w.Operator, w.Submitted(t, change...), scenario.Step{Action: scenario.Screen})
}

// Basis is a basis that decisions name.
var Basis = licensingtest.Basis

// Opined has the officer agree to every item that is asked about.
func (w *World) Opined(t testing.TB, x *scenario.Scenario) *scenario.Scenario {
	t.Helper()
	for _, i := range x.Items {
		if !i.Waits() {
			continue
		}
		var err error
		if x, err = w.Scenarios.Opine(t.Context(), w.Officer, x.Number, scenario.Said{Item: i.ID, Decision: scenario.ItemGranted}, x.Revision); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// Reviewed is one about which everybody has spoken.
func (w *World) Reviewed(t testing.TB, change ...func(*scenario.Form)) *scenario.Scenario {
	t.Helper()
	return w.Move(t, w.Security, w.Opined(t, w.Screened(t, change...)), scenario.Step{Action: scenario.Check, Verdict: scenario.Passed})
}

// Authorised is one that the authority authorised.
func (w *World) Authorised(t testing.TB, change ...func(*scenario.Form)) *scenario.Scenario {
	t.Helper()
	return w.Move(t, w.Authority, w.Reviewed(t, change...), scenario.Step{Action: scenario.Authorise, Words: "符合用途，范围最小。", Bases: Basis})
}

// Blanks are the blanks of an agreement, filled in.
var Blanks = scenario.Blanks{Fee: "公益场景不收技术服务费", Officer: "示例安全员", OfficerContact: "security@firm.example", OperatorContact: "desk@run.example", DeveloperContact: "desk@firm.example", Dispute: scenario.Arbitration, Place: "示例市"}

// Offered is one whose agreement waits for both signatures.
func (w *World) Offered(t testing.TB, change ...func(*scenario.Form)) *scenario.Scenario {
	t.Helper()
	return w.Move(t, w.Operator, w.Authorised(t, change...), scenario.Step{Action: scenario.Offer, Blanks: Blanks})
}

// Signed has both sides sign: the scenario is active, with its grants.
func (w *World) Signed(t testing.TB, x *scenario.Scenario) *scenario.Scenario {
	t.Helper()
	x = w.Move(t, w.Owner, x, scenario.Step{Action: scenario.Sign, SHA256: x.Contract.SHA256})
	return w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Sign, SHA256: x.Contract.SHA256})
}

// Active is a scenario that is in use: contract and grants stand.
func (w *World) Active(t testing.TB, change ...func(*scenario.Form)) *scenario.Scenario {
	t.Helper()
	return w.Signed(t, w.Offered(t, change...))
}

// Later lets days pass.
func (w *World) Later(days int) { w.Set(w.Clock().Add(time.Duration(days) * 24 * time.Hour)) }

// Player is somebody who plays roles in a department.
func (w *World) Player(t testing.TB, d datasets.Department, roles ...account.Role) account.Actor {
	t.Helper()
	who := w.Official(t, d, roles[0])
	for _, r := range roles[1:] {
		if _, err := w.Pool.Exec(t.Context(), `INSERT INTO user_roles (user_id, role, side, department_id, granted_at) VALUES ($1, $2, 'manage', $3, $4)`, who.ID, r, d.ID, w.Clock()); err != nil {
			t.Fatal(err)
		}
		who.Roles = append(who.Roles, r)
	}
	return who
}

// Package operationtest makes active mandates and admitted developers for tests: each
// test states only what it is about.
package operationtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/papers"
)

// World is a catalogue in which data are operated under mandates.
type World struct {
	*licensingtest.World
	Operation *operation.Service

	made int
}

// New returns an empty world.
func New(t testing.TB) *World {
	t.Helper()
	return On(t, licensingtest.New(t))
}

// On adds operation to a world.
func On(t testing.TB, w *licensingtest.World) *World {
	t.Helper()
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	o := &World{World: w}
	o.Operation, err = operation.New(operation.Config{
		Pool: w.Pool, Catalogue: w.Service, Papers: w.Papers, Book: w.Book, Clocks: deadline.New(w.Book, func() workdays.Calendar { return calendar }), Accounts: w.Accounts, Now: w.Clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Mandate is a mandate with the people of its two sides.
type Mandate struct {
	*operation.Mandate
	Body         datasets.Department
	Authority    account.Actor // who drafts, signs, suspends
	Deputy       account.Actor // another of the same body, who approves
	Operator     account.Actor // owner of the organisation that operates
	Organisation int64         // that operates
}

// Developer is an admitted developer with its owner, who writes programs and asks for
// releases.
type Developer struct {
	*operation.Developer
	Owner        account.Actor
	Organisation int64
}

// Code makes a 统一社会信用代码 that nobody has yet.
func (w *World) Code() string {
	w.made++
	return fmt.Sprintf("91350100MA%08d", w.made)
}

// Scope is the whole of some datasets, as a plan writes it.
func Scope(list ...*datasets.Dataset) (out []operation.NewItem) {
	for _, d := range list {
		out = append(out, operation.NewItem{Slug: d.Slug, Columns: []string{operation.Every}})
	}
	return out
}

// PlanForm is a plan in which nothing is missing.
func PlanForm(scope []operation.NewItem, change ...func(*operation.PlanForm)) operation.PlanForm {
	f := operation.PlanForm{
		Title: "交通和普惠金融公共数据授权运营", Need: "企业和居民多次提出需求，部门自己开发不了。", Products: "核验、指标接口和分析报告，不含原始数据。",
		Forms: []string{"verification", "interface", "report_product"}, Purposes: []string{"inclusive_finance", "transport"}, Months: 36,
		SecurityLevel: "mlps3", Security: "专区部署，全程留痕，双人审核。", Evaluation: "看安全、服务、用户评价和收入。", Exit: "停止新场景，通知开发主体，到期的照约执行完，销毁数据，移交目录和日志。", Items: scope,
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

// Body is a department with two people of the authority.
func (w *World) Body(t testing.TB, options ...func(*datasets.Department)) (datasets.Department, account.Actor, account.Actor) {
	t.Helper()
	d := w.Department(t, append([]func(*datasets.Department){func(d *datasets.Department) { d.Profile = licensingtest.Fujian }}, options...)...)
	return d, w.Official(t, d, account.Authority), w.Official(t, d, account.Authority)
}

// Plan is an approved plan of authority's body.
func (w *World) Plan(t testing.TB, authority, deputy account.Actor, f operation.PlanForm) *operation.Plan {
	t.Helper()
	p, err := w.Operation.NewPlan(t.Context(), authority, f)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = w.Operation.MovePlan(t.Context(), authority, p.Number, p.Revision, operation.SubmitPlan, ""); err != nil {
		t.Fatal(err)
	}
	if p, err = w.Operation.MovePlan(t.Context(), deputy, p.Number, p.Revision, operation.ApprovePlan, ""); err != nil {
		t.Fatal(err)
	}
	return p
}

// AwardPaper hands in a paper of the competition of a plan.
func (w *World) AwardPaper(t testing.TB, authority account.Actor, p *operation.Plan) {
	t.Helper()
	if _, err := w.Operation.AddAwardPaper(t.Context(), authority, p.Number, papers.New{Name: "结果通知.pdf"}, strings.NewReader(licensingtest.PDF)); err != nil {
		t.Fatal(err)
	}
}

// NewAward is an award in which nothing is missing, announced today.
func (w *World) NewAward(code string) operation.NewAward {
	return operation.NewAward{Winner: code, Way: "open_tender", Candidates: 3, On: w.Clock().In(workdays.Zone).Format(time.DateOnly), Words: "三家参加，综合评分第一。"}
}

// Awarded is a plan whose operator was chosen.
func (w *World) Awarded(t testing.TB, authority account.Actor, p *operation.Plan, code string) *operation.Plan {
	t.Helper()
	w.AwardPaper(t, authority, p)
	p, err := w.Operation.RecordAward(t.Context(), authority, p.Number, p.Revision, w.NewAward(code))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// AgreementForm is an agreement from today for two years in which nothing is missing,
// for some forms of product.
func (w *World) AgreementForm(forms ...string) operation.Form {
	today := w.Clock().In(workdays.Zone)
	f := operation.Form{Title: "交通和普惠金融公共数据授权运营", From: today.Format(time.DateOnly), Last: today.AddDate(2, 0, -1).Format(time.DateOnly), Income: 500000000}
	for _, c := range []operation.Ceiling{{Form: "verification", Unit: "per_call", Fen: 50}, {Form: "interface", Unit: "per_call", Fen: 100}, {Form: "result_table", Unit: "per_piece", Fen: 200000}, {Form: "report_product", Unit: "per_piece", Fen: 500000}, {Form: "model_product", Unit: "per_call", Fen: 200}} {
		if slices.Contains(forms, c.Form) {
			f.Ceilings = append(f.Ceilings, c)
		}
	}
	return f
}

// Mandate makes an active mandate over some datasets, from today for two years, with a
// new body and a new operator.
func (w *World) Mandate(t testing.TB, scope []operation.NewItem, change ...func(*operation.PlanForm)) *Mandate {
	t.Helper()
	m := &Mandate{Operator: w.Operator(t, "示例运营负责人")}
	m.Body, m.Authority, m.Deputy = w.Body(t)
	m.Organisation = w.organisation(t, m.Operator, "示例数据运营有限公司")
	w.Agree(t, m, scope, change...)
	return m
}

// Agree makes the active mandate of a body and an operator that are there.
func (w *World) Agree(t testing.TB, m *Mandate, scope []operation.NewItem, change ...func(*operation.PlanForm)) {
	t.Helper()
	p := w.Awarded(t, m.Authority, w.Plan(t, m.Authority, m.Deputy, PlanForm(scope, change...)), w.codeOf(t, m.Organisation))
	w.sign(t, m, p, m.Deputy)
}

// Under makes an active mandate of another body and another operator under one.
func (w *World) Under(t testing.TB, above *Mandate, scope []operation.NewItem, change ...func(*operation.PlanForm)) *Mandate {
	t.Helper()
	m := &Mandate{Operator: w.Operator(t, "示例市级运营负责人")}
	m.Body, m.Authority, m.Deputy = w.Body(t)
	m.Organisation = w.organisation(t, m.Operator, "示例市级数据运营有限公司")
	change = append([]func(*operation.PlanForm){func(f *operation.PlanForm) { f.Parent, f.Months = above.Number, 24 }}, change...)
	p := w.Awarded(t, m.Authority, w.Plan(t, m.Authority, m.Deputy, PlanForm(scope, change...)), w.codeOf(t, m.Organisation))
	w.sign(t, m, p, above.Authority)
	return m
}

func (w *World) organisation(t testing.TB, owner account.Actor, name string) int64 {
	t.Helper()
	code := w.Code()
	return w.Organisation(t, owner, fmt.Sprintf("%s%d", name, w.made), code)
}

func (w *World) codeOf(t testing.TB, organisation int64) (code string) {
	t.Helper()
	if err := w.Pool.QueryRow(t.Context(), `SELECT credit_code FROM organisations WHERE id = $1`, organisation).Scan(&code); err != nil {
		t.Fatal(err)
	}
	return code
}

// sign takes an agreement from its draft to its term.
func (w *World) sign(t testing.TB, m *Mandate, p *operation.Plan, approver account.Actor) {
	t.Helper()
	var err error
	if m.Mandate, err = w.Operation.DraftMandate(t.Context(), m.Authority, p.Number, w.AgreementForm(p.Forms...)); err != nil {
		t.Fatal(err)
	}
	w.Move(t, m, m.Authority, operation.Submit)
	w.Move(t, m, approver, operation.Approve)
	w.Move(t, m, m.Operator, operation.SignOperator)
	w.Move(t, m, m.Authority, operation.SignBody)
	if m.State != operation.Active {
		t.Fatalf("the mandate is %s", m.State)
	}
}

// Move takes a mandate further, as who.
func (w *World) Move(t testing.TB, m *Mandate, who account.Actor, action operation.Action) {
	t.Helper()
	moved, err := w.Operation.Move(t.Context(), who, m.Number, operation.Step{Action: action, Revision: m.Revision, Words: "示例理由", Basis: "协议第十二条", Shown: m.SHA256})
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	m.Mandate = moved
}

// EntryForm is an application for entry in which nothing is missing, with one person
// for everything.
func (w *World) EntryForm(owner account.Actor) operation.EntryForm {
	return operation.EntryForm{Contact: "示例联系人 0591-0000000", Security: "专人专机，磁盘加密，每季演练一次应急预案。", TrainedOn: w.Clock().In(workdays.Zone).Format(time.DateOnly), Training: "公共数据安全培训，运营机构举办", Declared: true, Writes: []int64{owner.ID}, Releases: []int64{owner.ID}}
}

// Submitted is an application of a new organisation for entry.
func (w *World) Submitted(t testing.TB, m *Mandate) *Developer {
	t.Helper()
	owner := w.Person(t, "示例开发负责人")
	return w.SubmittedOf(t, m, owner, w.organisation(t, owner, "示例数据开发有限公司"))
}

// SubmittedOf is an application of an organisation that is there.
func (w *World) SubmittedOf(t testing.TB, m *Mandate, owner account.Actor, organisation int64) *Developer {
	t.Helper()
	d := &Developer{Owner: owner, Organisation: organisation}
	var err error
	if d.Developer, err = w.Operation.ApplyToEnter(t.Context(), d.Owner, m.Number, d.Organisation, ""); err != nil {
		t.Fatal(err)
	}
	for _, slot := range []string{operation.SecurityPlan, operation.TrainingRecord} {
		if _, err := w.Operation.AddEntryPaper(t.Context(), d.Owner, d.Number, papers.New{Slot: slot, Name: slot + ".pdf"}, strings.NewReader(licensingtest.PDF)); err != nil {
			t.Fatal(err)
		}
	}
	if d.Developer, err = w.Operation.SaveEntry(t.Context(), d.Owner, d.Number, d.Revision, w.EntryForm(d.Owner)); err != nil {
		t.Fatal(err)
	}
	w.MoveEntry(t, d, d.Owner, operation.SubmitEntry)
	return d
}

// Developer makes a developer that the operator of a mandate admitted.
func (w *World) Developer(t testing.TB, m *Mandate) *Developer {
	t.Helper()
	d := w.Submitted(t, m)
	w.MoveEntry(t, d, m.Operator, operation.AdmitEntry)
	return d
}

// MoveEntry takes an entry further, as who.
func (w *World) MoveEntry(t testing.TB, d *Developer, who account.Actor, action operation.EntryAction) {
	t.Helper()
	moved, err := w.Operation.MoveEntry(t.Context(), who, d.Number, operation.EntryStep{Action: action, Revision: d.Revision, Words: "示例理由", TrainedOn: w.Clock().In(datasetstest.China).Format(time.DateOnly), Training: "示例培训"})
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	d.Developer = moved
}

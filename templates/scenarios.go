package templates

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/pdf"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/tender"
	"shuyuan/templates/text"
)

// ScenariosPage is the public list of scenarios.
type ScenariosPage struct {
	Frame
	Book     *policy.Book
	Filter   scenario.Filter
	Facets   scenario.Facets
	Progress scenario.Progress
	Items    []scenario.Scenario
	Released map[int64]int
	Next     string
	Held     map[int64]bool // something above them does not stand: nothing passes
}

// PublicScenarioPage is one scenario as everybody sees it.
type PublicScenarioPage struct {
	Frame
	Book     *policy.Book
	Scenario *scenario.Scenario
	Released int
	AwardBy  scenario.Source
	Results  []scenario.Result // newest first
	Held     bool              // something above it does not stand: nothing passes
}

// OwnScenariosPage lists scenarios of developers, or of a desk.
type OwnScenariosPage struct {
	Frame
	Desk   bool
	Filter scenario.DeskFilter
	Items  []scenario.Scenario
	Places []scenario.Place
	Next   string
	Done   string
}

// NewScenarioPage is where a developer begins.
type NewScenarioPage struct {
	Frame
	Places    []scenario.Place
	Templates []scenario.Template
	Chosen    string
	Mistake   Mistake
}

// ScenarioFormPage is the form of a draft.
type ScenarioFormPage struct {
	Frame
	Book       *policy.Book
	Scenario   *scenario.Scenario
	Form       scenario.Form
	Choices    []scenario.Choice
	Sectors    []string
	SectorsBy  scenario.Source
	ResearchBy scenario.Source
	Limits     scenario.Limits
	Ahead      []scenario.Foreseen
	Award      bool
	AwardBy    scenario.Source
	Problems   []Mistake
	Checked    bool
	Mistake    Mistake
	Done       string
}

// ScenarioPage is one scenario for those who have to do with it.
type ScenarioPage struct {
	Frame
	Book       *policy.Book
	Case       *scenario.View
	Desk       bool
	Reports    []scenario.Report
	Offers     map[int][]scenario.ReportAction
	Violations policy.Rule
	Basis      BasisInputs
	Form       ScenarioStepForm
	Follow     map[scenario.Kind]bool
	Extensible *time.Time // from when an extension can be asked for; nil: now, or never
	Preview    string     // of the agreement that is to be offered
	Keeps      bool       // may make a template of it
	Mistake    Mistake
	Done       string
}

// followHint says what it means to ask for a scenario that comes from x.
func followHint(ctx context.Context, x *scenario.Scenario) string {
	if x.State == scenario.Active {
		return text.T(ctx, "是新的申请，重新审查；生效以前，原来的照旧。")
	}
	return text.T(ctx, "是新的申请，按这一件填好，改要改的再提交；重新审查。")
}

// scenarioChanges is what a scenario asks for otherwise than the one that it comes from.
func scenarioChanges(ctx context.Context, book *policy.Book, old, now *scenario.Scenario) (out []string) {
	for _, f := range []struct{ label, old, now string }{
		{"场景的名称", old.Title, now.Title}, {"领域", old.Sector, now.Sector}, {"使用类别", scenarioClasses[old.Class], scenarioClasses[now.Class]}, {"用途", old.Purpose, now.Purpose},
		{"做什么", old.Description, now.Description}, {"用什么方法算", old.Method, now.Method}, {"结果给谁用", old.Audience, now.Audience},
		{"产出", fmt.Sprint(old.Outputs), fmt.Sprint(now.Outputs)}, {"个人信息", old.Personal + old.PersonalHow, now.Personal + now.PersonalHow},
		{"数据安全防护管理制度", old.SecurityPlan, now.SecurityPlan}, {"数据安全应急预案", old.EmergencyPlan, now.EmergencyPlan}, {"在哪里算", old.Delivery, now.Delivery},
	} {
		if f.old != f.now {
			out = append(out, text.T(ctx, f.label)+colon(ctx, text.T(ctx, "改了")))
		}
	}
	find := func(x *scenario.Scenario, like *scenario.Item) *scenario.Item {
		for k := range x.Items {
			if x.Items[k].Resource == like.Resource {
				return &x.Items[k]
			}
		}
		return nil
	}
	name := func(i *scenario.Item) string { return text.Pick(ctx, i.Dataset.Title, i.Dataset.TitleEN) }
	for k := range now.Items {
		i := &now.Items[k]
		was := find(old, i)
		if was == nil {
			out = append(out, name(i)+colon(ctx, text.T(ctx, "新增的数据")))
			continue
		}
		without := func(all, some []string) []string {
			return slices.DeleteFunc(slices.Clone(all), func(c string) bool { return slices.Contains(some, c) })
		}
		if more := without(i.Columns, was.Columns); len(more) > 0 {
			out = append(out, name(i)+colon(ctx, text.T(ctx, "多了列 %s", strings.Join(more, "、"))))
		}
		if fewer := without(was.Columns, i.Columns); len(fewer) > 0 {
			out = append(out, name(i)+colon(ctx, text.T(ctx, "少了列 %s", strings.Join(fewer, "、"))))
		}
		for _, c := range i.Columns {
			if slices.Contains(was.Columns, c) && was.Uses[c] != i.Uses[c] {
				out = append(out, name(i)+colon(ctx, text.T(ctx, "列 %s 的用法改了", c)))
			}
		}
		if was.Where != i.Where {
			out = append(out, name(i)+colon(ctx, text.T(ctx, "只要这些行"))+" "+text.T(ctx, "改了"))
		}
	}
	for k := range old.Items {
		if find(now, &old.Items[k]) == nil {
			out = append(out, name(&old.Items[k])+colon(ctx, text.T(ctx, "不再用的数据")))
		}
	}
	return out
}

// decided are the competitions about the scenario whose result is confirmed.
func (p ScenarioPage) decided() []tender.Standing {
	return slices.DeleteFunc(slices.Clone(p.Case.Tenders), func(t tender.Standing) bool { return t.Winner == 0 })
}

// ScenarioStepForm is what somebody has written in a form of a scenario.
type ScenarioStepForm struct {
	Action, Reason, Missing, Verdict, Violation, Bases string
	Award                                              scenario.NewAward
	Blanks                                             scenario.Blanks
	Said                                               scenario.Said
}

// ScenarioPapersPage is the files of a scenario, to be added to.
type ScenarioPapersPage struct {
	Frame
	Case   *scenario.View
	Kind   papers.Kind
	Back   string
	Papers PaperSet
	Done   string
}

// ScenarioContractPage is the text of an agreement about a scenario.
type ScenarioContractPage struct {
	Frame
	Case     *scenario.View
	Contract *scenario.Contract
	Back     string
}

// ScenarioTemplatesPage lists templates with the standing consents of departments.
type ScenarioTemplatesPage struct {
	Frame
	Book    *policy.Book
	Items   []scenario.Template
	Keeps   map[string]bool
	Months  int
	Mistake Mistake
	Done    string
}

func (p ScenarioPage) path() string {
	if p.Desk {
		return p.Case.DeskPath()
	}
	return p.Case.Path()
}

func (p ScenarioPage) offers(a scenario.Action) bool { return p.Case.May(a) }

// at is the mistake where it was made in the form of an action.
func (p ScenarioPage) at(actions ...scenario.Action) Mistake {
	if slices.Contains(actions, scenario.Action(p.Form.Action)) {
		return p.Mistake
	}
	return Mistake{}
}

// reason is what was written as the reason in the form of an action.
func (p ScenarioPage) reason(actions ...scenario.Action) string {
	if slices.Contains(actions, scenario.Action(p.Form.Action)) {
		return p.Form.Reason
	}
	return ""
}

// may reports whether who looks may give the opinion on an item.
func (p ScenarioPage) may(i *scenario.Item) bool {
	return p.offers(scenario.Opine) && slices.Contains(p.Case.Mine, i.ID) && (i.Waits() || i.Consent != nil)
}

func (p ScenarioFormPage) wrong(field string) Mistake {
	if p.Mistake.Field == field {
		return p.Mistake
	}
	if p.Checked {
		for _, m := range p.Problems {
			if m.Field == field {
				return m
			}
		}
	}
	return Mistake{}
}

// item is what the form says of a file.
func (p ScenarioFormPage) item(resource string) (scenario.FormItem, bool) {
	for _, i := range p.Form.Items {
		if i.Resource == resource {
			return i, true
		}
	}
	return scenario.FormItem{}, false
}

// use is the use that the form proposes of a column.
func (p ScenarioFormPage) use(c scenario.Choice, column string) scenario.Use {
	if i, ok := p.item(c.Resource.ID); ok && i.Uses[column] != "" {
		return scenario.Use(i.Uses[column])
	}
	return c.Usual[column]
}

// outputs are the results of the form, with empty lines for more.
func (p ScenarioFormPage) outputs() []scenario.FormOutput {
	out := slices.Clone(p.Form.Outputs)
	for len(out) < len(p.Form.Outputs)+1 || len(out) < 2 {
		out = append(out, scenario.FormOutput{})
	}
	return out
}

func (p ScenarioFormPage) slots() PaperSet {
	return PaperSet{Slots: p.Scenario.Slots(), Papers: p.Scenario.Papers}
}

var scenarioStates = map[scenario.State]string{
	scenario.Draft: "草稿", scenario.Submitted: "待运营机构初审", scenario.Returned: "待补正", scenario.Screened: "征求意见和安全审查", scenario.Reviewed: "待授权审核", scenario.Awarding: "等竞争的结果",
	scenario.Authorised: "已授权，待签协议", scenario.Refused: "不予授权", scenario.Active: "在用", scenario.Suspended: "已暂停", scenario.Expired: "已到期", scenario.Terminated: "已终止", scenario.Surrendered: "已放弃",
	scenario.Closed: "已办结", scenario.Withdrawn: "已撤回", scenario.Lapsed: "逾期未补正，作废",
}

// ScenarioStateName is a state in words.
func ScenarioStateName(ctx context.Context, s scenario.State) string {
	return text.T(ctx, scenarioStates[s])
}

// KnownScenarioState reports whether there is such a state; empty is none in
// particular.
func KnownScenarioState(s string) bool { return s == "" || scenarioStates[scenario.State(s)] != "" }

// deskScenarioStates are the states that a desk can ask for.
var deskScenarioStates = []scenario.State{scenario.Submitted, scenario.Returned, scenario.Screened, scenario.Reviewed, scenario.Awarding, scenario.Authorised, scenario.Active, scenario.Suspended}

var scenarioClasses = map[string]string{scenario.PublicBenefit: "公益", scenario.Governance: "公共治理", scenario.Industry: "产业发展", scenario.Commercial: "商业"}

// ScenarioClass is a class of use in words.
func ScenarioClass(ctx context.Context, c string) string { return text.T(ctx, scenarioClasses[c]) }

var scenarioDeliveries = map[string]string{scenario.Sandbox: "安全开发空间", scenario.API: "按次计量的接口（登记，还不提供）", scenario.Connector: "可信连接器（登记，还不提供）"}

var scenarioPersonal = map[string]string{scenario.NoPersonal: "不使用个人信息", scenario.ByConsent: "本人同意", scenario.ByLaw: "法律、行政法规规定"}

var scenarioUses = map[scenario.Use]string{scenario.Group: "可分组", scenario.Aggregate: "仅汇总", scenario.Read: "可读", scenario.Subject: "掩码键"}

var scenarioDecisions = map[string]string{"": "还没有意见", scenario.ItemOpen: "无条件开放，不须征求意见", scenario.ItemGranted: "同意", scenario.ItemReduced: "同意一部分", scenario.ItemRefused: "不同意"}

var scenarioVerdicts = map[string]string{"": "还没有结论", scenario.Passed: "审查通过", scenario.WithConditions: "有条件通过", scenario.Failed: "不通过"}

var scenarioSides = map[scenario.Side]string{
	scenario.OfDeveloper: "开发主体", scenario.OfOperator: "运营机构", scenario.OfDepartment: "数据部门", scenario.OfSecurity: "安全审查", scenario.OfAuthority: "授权方", scenario.OfRegulator: "监管机构", scenario.OfPlatform: "平台自动",
}

var scenarioActWords = map[scenario.Action]string{
	scenario.Begin: "开始填写", scenario.Submit: "提交", scenario.Return: "退回补正", scenario.Complete: "补正后再交", scenario.Lapse: "逾期未补正，作废", scenario.Screen: "初审送出", scenario.Opine: "给出意见", scenario.Prefill: "按常设同意填入意见",
	scenario.Check: "作出安全审查结论", scenario.Gather: "意见齐了，送授权审核", scenario.SendToAward: "决定公开竞争", scenario.RecordAward: "登记竞争的结果", scenario.Authorise: "授权", scenario.Refuse: "不予授权", scenario.Offer: "发出数据使用协议", scenario.Void: "作废这一稿协议",
	scenario.Sign: "签署协议", scenario.Activate: "协议生效，开始使用", scenario.Suspend: "暂停", scenario.TakeOver: "接管暂停", scenario.Resume: "恢复", scenario.Terminate: "终止", scenario.Surrender: "放弃", scenario.Expire: "到期", scenario.Replace: "由变更代替", scenario.Close: "办结", scenario.Withdraw: "撤回", scenario.Remind: "提醒快到期",
}

var scenarioKinds = map[scenario.Kind]string{scenario.First: "新场景", scenario.Change: "变更", scenario.Extension: "延期", scenario.Again: "再次申请"}

var reportStates = map[scenario.ReportState]string{scenario.ReportOpen: "还没有交", scenario.ReportFiled: "已交，待运营机构看", scenario.ReportReturned: "退回补齐", scenario.ReportAccepted: "已采纳", scenario.ReportVoid: "不用交了"}

var foreseenSteps = map[scenario.Side]string{scenario.OfOperator: "初审", scenario.OfDepartment: "意见", scenario.OfSecurity: "安全审查", scenario.OfAuthority: "授权审核", scenario.OfDeveloper: "签协议"}

// scenarioName is what a code of a rule of mandates is called.
func scenarioName(ctx context.Context, b *policy.Book, rule, code string) string {
	return pick(ctx, scenario.Name(b, rule, code))
}

// purposeName is a purpose in words.
func purposeName(ctx context.Context, b *policy.Book, code string) string {
	if code == "" {
		return ""
	}
	return scenarioName(ctx, b, scenario.PurposesRule, code)
}

// formName is a form of a result in words.
func formName(ctx context.Context, b *policy.Book, code string) string {
	return scenarioName(ctx, b, scenario.FormsRule, code)
}

// allPurposes are the codes of the mandate of a scenario.
func allPurposes(p ScenarioFormPage) []string { return p.Scenario.Mandate.Purposes }

// turnsOf are the steps that are owed, in words.
func turnWords(ctx context.Context, t scenario.Turn) string {
	name := text.Pick(ctx, t.Name, t.NameE)
	if t.Item != nil {
		name += " · " + text.Pick(ctx, t.Item.Dataset.Title, t.Item.Dataset.TitleEN)
	}
	return name + text.T(ctx, "：") + text.T(ctx, t.Do)
}

// lastOf is the last day of a term whose end is the first moment after it.
func lastOf(until *time.Time) time.Time {
	if until == nil {
		return time.Time{}
	}
	return until.Add(-time.Microsecond).In(workdays.Zone)
}

func columnUses(ctx context.Context, columns []string, uses map[string]scenario.Use) string {
	var out []string
	for _, c := range columns {
		out = append(out, c+text.T(ctx, "（%s）", text.T(ctx, scenarioUses[uses[c]])))
	}
	return strings.Join(out, text.T(ctx, "、"))
}

// href is the address of the public list with one part of the filter changed.
func (p ScenariosPage) href(field, value string) string {
	q := url.Values{}
	set := func(k, v string) {
		if k == field {
			v = value
		}
		if v != "" {
			q.Set(k, v)
		}
	}
	f := p.Filter
	set("q", f.Text)
	set("sector", f.Sector)
	set("state", f.State)
	set("department", f.Department)
	set("developer", f.Developer)
	if len(q) == 0 {
		return "/scenarios"
	}
	return "/scenarios?" + q.Encode()
}

// Href is the address of the list as it is filtered.
func (p ScenariosPage) Href() string { return p.href("", "") }

// Href is the address of the list as it is filtered.
func (p OwnScenariosPage) Href() string {
	if !p.Desk {
		return "/account/scenarios"
	}
	return p.deskHref(p.Filter.All, p.Filter.State)
}

func (p OwnScenariosPage) deskHref(all bool, state string) string {
	q := url.Values{}
	if all {
		q.Set("all", "1")
	}
	if state != "" {
		q.Set("state", state)
	}
	if len(q) == 0 {
		return "/desk/scenarios"
	}
	return "/desk/scenarios?" + q.Encode()
}

func (p OwnScenariosPage) path(x *scenario.Scenario) string {
	if p.Desk {
		return x.DeskPath()
	}
	return x.Path()
}

func scenarioSaid(x *scenario.Scenario, now time.Time) string {
	if x.Late(now) {
		return "late"
	}
	return ""
}

// goalWidth is how far a goal is reached, in percent.
func goalWidth(n, want int) int { return min(100, n*100/max(want, 1)) }

// mayConsent reports whether who looks speaks for the department of an item.
func (p ScenarioTemplatesPage) mayConsent(d *datasets.Dataset) bool {
	return p.Actor.Any(account.Officer, account.Head) && p.Actor.Department == d.Department.ID
}

// scenarioWhy is what the form says of why columns are needed: one reason where they
// have the same, else one for each.
func scenarioWhy(i scenario.FormItem) string {
	if i.Reason != "" || len(i.Why) == 0 {
		return i.Reason
	}
	var parts []string
	same := true
	for _, c := range i.Columns {
		same = same && i.Why[c] == i.Why[i.Columns[0]]
		parts = append(parts, c+"："+i.Why[c])
	}
	if same && len(i.Columns) > 0 {
		return i.Why[i.Columns[0]]
	}
	return strings.Join(parts, "；")
}

var contractStates = map[string]string{scenario.ContractOffered: "待签", scenario.ContractActive: "有效", scenario.ContractEnded: "已结束", scenario.ContractVoid: "已作废"}

var scenarioDisputes = map[string]string{scenario.Arbitration: "仲裁", scenario.Court: "诉讼"}

// scenarioHref is the page of another scenario.
// deskHref is the one of two addresses that is whoever's page it is on.
func deskHref(desk bool, there, own string) string {
	if desk {
		return there
	}
	return own
}

func scenarioHref(desk bool, number string) string {
	if desk {
		return "/desk/scenarios/" + number
	}
	return "/account/scenarios/" + number
}

// scenarioBeside is what is said above the forms: what none of them shows at a field.
func scenarioBeside(p ScenarioPage) string {
	if p.Form.Said.Item != 0 || p.Form.Action == "report" {
		return ""
	}
	return p.Mistake.beside("reason", "missing", "verdict", "violation", "basis", "tender", "method", "notice", "day", "winner", "code", "papers", "fee", "officer", "officer_contact", "operator_contact", "developer_contact", "dispute", "place")
}

// said is what was written in the form of an opinion on an item.
func (p ScenarioPage) said(item int64) scenario.Said {
	if p.Form.Said.Item == item {
		return p.Form.Said
	}
	return scenario.Said{}
}

func (p ScenarioPage) opinionMistake(item int64) Mistake {
	if p.Form.Said.Item == item {
		return p.Mistake
	}
	return Mistake{}
}

func (p ScenarioPage) reportMistake(number int) Mistake {
	if p.Form.Action == "report" && p.Form.Reason == strconv.Itoa(number) {
		return p.Mistake
	}
	return Mistake{}
}

// ScenarioContractFile is the name of the file of a signed agreement.
func ScenarioContractFile(number, suffix string) string {
	return "数据使用协议-" + number + "." + suffix
}

// ScenarioContractPDF is an agreement about a scenario that both sides signed, as a
// document to keep, in the language of its text.
func ScenarioContractPDF(x *scenario.Scenario, c *scenario.Contract) ([]byte, error) {
	ctx := text.With(context.Background(), text.Chinese)
	title, body, _ := strings.Cut(c.Body, "\n")
	signed := *c.OperatorAt
	if c.DeveloperAt.After(signed) {
		signed = *c.DeveloperAt
	}
	d, err := pdf.New(pdf.Info{Title: title + " " + c.Number, Subject: "SHA-256 " + c.SHA256, Author: x.Mandate.Name, Lang: "zh-CN", Made: signed, Foot: c.Number})
	if err != nil {
		return nil, err
	}
	d.Title(title)
	d.Text(body)
	d.Keep(125)
	d.Heading("签署")
	for _, s := range []struct {
		side, name, by, method string
		at                     time.Time
	}{{"甲方", x.Mandate.Name, c.Operator, c.OperatorMethod, *c.OperatorAt}, {"乙方", x.Developer, c.Developer, c.DeveloperMethod, *c.DeveloperAt}} {
		d.Pair(s.side, s.name)
		d.Pair("签署人", s.by+"，"+s.at.In(workdays.Zone).Format("2006-01-02 15:04:05")+"（北京时间）")
		d.Pair("确认身份", signedHow(ctx, s.method))
	}
	d.Pair("原文 SHA-256", c.SHA256)
	d.Pair("范本", c.Template)
	d.Pair("所属场景", x.Number)
	if rare := d.Missing(); rare != "" {
		var codes []string
		for _, r := range rare {
			codes = append(codes, fmt.Sprintf("U+%04X", r))
		}
		d.Note("本文件的字体没有下列字，文中以码位标出，以原文为准：" + strings.Join(codes, "、"))
	}
	return d.Bytes()
}

var scenarioReportActs = map[string]string{"report-file": "交来年度使用报告", "report-complete": "补齐年度使用报告", "report-return": "退回年度使用报告", "report-remind": "年度使用报告快到期", "report-warn": "警告：年度使用报告逾期"}

// ScenarioAct is what was done about a scenario, in words.
func ScenarioAct(ctx context.Context, act string) string {
	if zh, ok := scenarioReportActs[act]; ok {
		return text.T(ctx, zh)
	}
	return text.T(ctx, scenarioActWords[scenario.Action(act)])
}

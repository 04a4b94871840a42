package templates

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/inbox"
	"shuyuan/internal/policy"
	op "shuyuan/licensing/operation"
	"shuyuan/templates/text"
)

// operators of the desk pages of authorised operation.
var (
	operationDesk = []account.Role{account.Authority, account.Head, account.Regulator}
	operatorDesk  = []account.Role{account.Operator}
)

// OperatedPage is what everybody may see of all mandates.
type OperatedPage struct {
	Frame
	Book    *policy.Book
	Items   []op.Disclosed
	Reports []op.Issued
}

// DisclosedPage is what everybody may see of one mandate.
type DisclosedPage struct {
	Frame
	Book    *policy.Book
	Item    *op.Disclosed
	Enter   []account.Organisation // with which who looks may apply for entry
	Mistake Mistake
}

// DisclosurePage is the disclosure report of a body about a year: as it was issued, or as
// the tables say it now.
type DisclosurePage struct {
	Frame
	Book    *policy.Book
	Slug    string
	Report  *op.Report
	Issued  *op.Issued // nil: it was not
	May     bool       // issue it
	Mistake Mistake
}

func (p DisclosurePage) path() string {
	return "/operation/reports/" + p.Slug + "/" + strconv.Itoa(p.Report.Year)
}

// MandatesPage is authorised operation at the desk: of the body, of the operator, or of
// who regulates.
type MandatesPage struct {
	Frame
	Book     *policy.Book
	Plans    []op.Plan
	Mandates []op.Mandate
	Entries  []op.Developer
	Owed     []int // years
	Slug     string
	All      bool
	Drafts   bool         // plans
	Profile  string       // that binds the body of who looks
	Load     op.Load      // of the operator of who looks
	Waiting  []inbox.Item // of who looks, where they operate; what is due first comes first
}

// operatorWork is a part of what an operator has to do: which kinds of things wait, how
// many there are in all, and where they lie.
type operatorWork struct {
	Title, Says string
	Path        string
	N           int
	Kinds       []string
}

func (p MandatesPage) work(ctx context.Context) []operatorWork {
	return []operatorWork{
		{text.T(ctx, "授权和开发主体"), text.T(ctx, "已入驻 %d 家", p.Load.Developers), "/desk/developers", p.Load.Developers, []string{"mandate", "developer"}},
		{text.T(ctx, "场景"), text.T(ctx, "在用 %d 个，在办 %d 个", p.Load.Scenarios, p.Load.Applied), "/desk/scenarios", p.Load.Scenarios + p.Load.Applied, []string{"scenario", "scenario-report"}},
		{text.T(ctx, "安全开发空间"), text.T(ctx, "没有销毁的 %d 个", p.Load.Workspaces), "/desk/workspaces", p.Load.Workspaces, []string{"workspace", "algorithm"}},
		{text.T(ctx, "结果审核"), text.T(ctx, "在审 %d 件", p.Load.Reviews), "/desk/outputs", p.Load.Reviews, []string{"output-review"}},
	}
}

// waits is what of some kinds waits for who looks, and how many things that are.
func (p MandatesPage) waits(kinds []string) (items []inbox.Item, n int) {
	for _, i := range p.Waiting {
		if slices.Contains(kinds, i.Kind) {
			items, n = append(items, i), n+i.Count()
		}
	}
	return items, n
}

// shownWaiting is how many of what waits the page of an operator shows of each part; the
// page of the part has all.
const shownWaiting = 5

// MandatePlanPage is one plan.
type MandatePlanPage struct {
	Frame
	Book    *policy.Book
	Plan    *op.PlanView
	Form    MandatePlanStepForm
	Mistake Mistake
	Done    string
}

// wrong is what is said above the forms: of a mistake in a field that is shown, nothing.
func (p MandatePlanPage) wrong() string {
	fields := []string{"reason"}
	if p.Plan.Awards {
		fields = append(fields, "winner", "way", "candidates", "on", "words")
	}
	if len(p.Plan.Tenders) > 0 {
		fields = append(fields, "tender")
	}
	return p.Mistake.beside(fields...)
}

// cycle is the first day of the cycle that who looks can evaluate now; zero: none.
func (p MandatePage) cycle() time.Time {
	if !p.Case.Evaluates {
		return time.Time{}
	}
	return p.Case.NextCycle(p.Now)
}

// wrong is what is said above the forms: of a mistake in a field that is shown, nothing.
func (p MandatePage) wrong() string {
	fields := []string{"reason", "basis"}
	if !p.cycle().IsZero() {
		fields = append(fields, "verdict", "findings", "income")
	}
	return p.Mistake.beside(fields...)
}

// MandatePlanStepForm is what somebody has written in a form of a plan.
type MandatePlanStepForm struct {
	Action                             op.PlanAction
	Reason                             string
	Winner, Way, Candidates, On, Words string
	Tender                             string
}

// EditMandatePlanPage is the form of a plan.
type EditMandatePlanPage struct {
	Frame
	Book    *policy.Book
	Number  string // empty: a new one
	Form    MandatePlanForm
	Limits  op.Limits
	Mistake Mistake
}

// MandatePlanForm is what somebody has written of a plan.
type MandatePlanForm struct {
	Parent, Title, Need, Products, Months, SecurityLevel, Security, Evaluation, Exit, Items string
	Forms, Purposes                                                                         []string
	Revision                                                                                int
}

// MandatePlanPapersPage is the files of an award, to be added to.
type MandatePlanPapersPage struct {
	Frame
	Plan   *op.PlanView
	Papers PaperSet
	Done   string
}

// EditMandatePage is the form of an agreement: a new one of a plan, a renewal of one,
// or a draft.
type EditMandatePage struct {
	Frame
	Book    *policy.Book
	Action  string // where the form goes
	Back    Link
	Heading string
	Forms   []string // of product
	Form    MandateForm
	Limits  op.Limits
	Mistake Mistake
}

// MandateForm is what somebody has written of an agreement.
type MandateForm struct {
	Title, From, Last, Items, Income, IncomeMonths string
	Ceilings                                       map[string]string // by form and unit, yuan
	Revision                                       int
}

// MandatePage is one mandate, on the side of whoever looks.
type MandatePage struct {
	Frame
	Book    *policy.Book
	Case    *op.View
	Income  *PermittedIncome // of the period that runs; nil: none is set
	Ending  int              // days before its end at which both sides are told
	Form    MandateStepForm
	Mistake Mistake
	Done    string
}

// What is to be done before a mandate ends, for its two sides and for who develops under
// it: nothing below it is carried over to the next.
const (
	RenewalSays   = "要接着做，须在这一天以前批准并签好续期的协议；续期是新的协议，二级开发主体要重新入驻，场景要重新申请，开发空间到期停止。"
	DeveloperSays = "要接着做，须等续期的协议签好以后重新入驻、重新申请场景；请在这一天以前办完结果审核，下载放出的结果，保存程序。"
)

// PermittedIncome is what was charged under a mandate in a period, and what may be.
type PermittedIncome struct {
	From, Until         time.Time
	Charged             int64 // fen
	Permitted, Deducted int64
}

// Over is what was charged beyond what is permitted.
func (p *PermittedIncome) Over() int64 { return max(0, p.Charged-p.Permitted) }

// renewSoon reports whether it is time to go on under another agreement.
func (p MandatePage) renewSoon() bool {
	m := p.Case.Mandate
	return (m.State == op.Active || m.State == op.Suspended) && !p.Now.AddDate(0, 0, p.Ending).Before(m.Until)
}

// MandateStepForm is what somebody has written in a form of a mandate.
type MandateStepForm struct {
	Action                          op.Action
	Reason, Basis                   string
	From, Verdict, Findings, Income string
}

func (p MandatePage) path() string { return "/desk/mandates/" + p.Case.Number }

func (p MandatePage) offers(a op.Action) bool { return slices.Contains(p.Case.Offers, a) }

// ends reports whether who looks can stop, end or bring back anything.
func (p MandatePage) ends() bool {
	return slices.ContainsFunc([]op.Action{op.Suspend, op.Freeze, op.TakeOver, op.Resume, op.Unfreeze, op.Revoke, op.Surrender, op.Withdraw}, p.offers)
}

func (p MandatePage) reason(a op.Action) string {
	if p.Form.Action == a {
		return p.Form.Reason
	}
	return ""
}

func (p MandatePage) basisOf(a op.Action) string {
	if p.Form.Action == a {
		return p.Form.Basis
	}
	return ""
}

func (p MandatePage) mistakeIn(a op.Action) Mistake {
	if p.Form.Action == a {
		return p.Mistake
	}
	return Mistake{}
}

// EntrantsPage lists entries: of one's own organisations, or at the desk.
type EntrantsPage struct {
	Frame
	Items []op.Developer
	Desk  bool
	All   bool
}

func (p EntrantsPage) base() string {
	if p.Desk {
		return "/desk/developers"
	}
	return "/entries"
}

// EntrantPage is one entry, on the side of whoever looks.
type EntrantPage struct {
	Frame
	Book    *policy.Book
	Case    *op.EntryView
	Desk    bool
	Form    EntrantForm
	Papers  PaperSet
	Mistake Mistake
	Done    string
}

// EntrantForm is what somebody has written of an entry, or in one of its forms.
type EntrantForm struct {
	Action                                               op.EntryAction
	Contact, Security, TrainedOn, Training, DCMM, Reason string
	Declared                                             bool
	Writes, Releases                                     []string
}

func (p EntrantPage) base() string {
	if p.Desk {
		return "/desk/developers/" + p.Case.Number
	}
	return "/entries/" + p.Case.Number
}

// box reports whether somebody is ticked in the form of a change of people: as it was
// sent, or else as people are now.
func (p EntrantPage) box(id int64, releases bool) bool {
	if p.Form.Action == op.AskPeople {
		if releases {
			return slices.Contains(p.Form.Releases, idText(id))
		}
		return slices.Contains(p.Form.Writes, idText(id))
	}
	return slices.ContainsFunc(p.Case.People, func(x op.Person) bool { return x.ID == id && (releases && x.Releases || !releases && x.Writes) })
}

func (p EntrantPage) offers(a op.EntryAction) bool { return slices.Contains(p.Case.Offers, a) }

func (p EntrantPage) reason(a op.EntryAction) string {
	if p.Form.Action == a {
		return p.Form.Reason
	}
	return ""
}

func (p EntrantPage) mistakeIn(a op.EntryAction) Mistake {
	if p.Form.Action == a {
		return p.Mistake
	}
	return Mistake{}
}

var mandateStates = map[op.State]string{
	op.Draft: "起草中", op.UnderReview: "待批准", op.Approved: "已批准，待签署", op.Signed: "已签署，待生效", op.Active: "生效",
	op.Suspended: "暂停", op.Expired: "到期", op.Revoked: "已撤销", op.Surrendered: "已放弃", op.Closed: "已办结", op.Withdrawn: "已撤回",
}

// MandateStateName is a state of a mandate in words.
func MandateStateName(ctx context.Context, s op.State) string {
	return text.T(ctx, mandateStates[s])
}

// disclosedState is the state of a mandate as everybody is told: that it is in force is
// not said while one above it does not stand.
func disclosedState(ctx context.Context, d *op.Disclosed) string {
	if d.Held {
		return text.T(ctx, "现在不能用")
	}
	return MandateStateName(ctx, d.State)
}

// disclosedMove is the i-th of the states of a mandate in words: one that is in force
// again after a suspension was resumed.
func disclosedMove(ctx context.Context, history []op.DisclosedMove, i int) string {
	state := op.State(history[i].State)
	if state == op.Active && i > 0 && op.State(history[i-1].State) == op.Suspended {
		return text.T(ctx, "恢复生效")
	}
	return MandateStateName(ctx, state)
}

var mandateSays = map[op.State]string{
	op.Draft:       "起草中，送审以前可以改。",
	op.UnderReview: "等起草人以外的人批准；在上级授权之下的，由上级的实施机构批准。",
	op.Approved:    "文本已经锁定，先由运营机构签署，再由实施机构签署。",
	op.Signed:      "双方已经签署，到期限的第一天生效。",
	op.Active:      "授权生效。其下的每一步都逐次核对它是否有效。",
	op.Suspended:   "授权暂停：其下的场景、工作区和授权都停止，内容没有改动，恢复以后照原样恢复。",
	op.Expired:     "授权已经到期，其下的一切停止。",
	op.Revoked:     "授权已经撤销，其下的一切停止。",
	op.Surrendered: "运营机构放弃了授权，其下的一切停止。",
	op.Closed:      "其下的授权都已结束，已经办结。",
	op.Withdrawn:   "签署以前撤回，不再办理。",
}

var mandateActs = map[string]string{
	"draft": "起草", "submit": "送审", "return": "退回", "approve": "批准，文本锁定", "sign": "实施机构签署", "sign_operator": "运营机构签署", "begin": "生效", "suspend": "暂停", "freeze": "监管冻结", "resume": "恢复", "unfreeze": "解除冻结", "take_over": "接管暂停",
	"revoke": "撤销", "surrender": "放弃授权", "expire": "到期", "close": "办结", "withdraw": "撤回", "evaluate": "评估",
	"ending": "授权快要到期", "training": "培训快要过期",
	"organisation_suspended": "运营机构已被数据主管部门暂停", "organisation_reinstated": "运营机构已恢复",
}

// OperationAct is what was done with a mandate or an entry, in words.
func OperationAct(ctx context.Context, of, act string) string {
	if words, ok := entryActs[act]; ok && of == "developer" {
		return text.T(ctx, words)
	}
	return text.T(ctx, mandateActs[act])
}

var planStates = map[op.PlanState]string{op.PlanDraft: "起草中", op.PlanSubmitted: "待批准", op.PlanApproved: "已批准", op.PlanWithdrawn: "已撤回"}

// PlanStateName is a state of a plan in words.
func PlanStateName(ctx context.Context, s op.PlanState) string {
	return text.T(ctx, planStates[s])
}

var planActs = map[string]string{"draft": "起草", "submit": "送审", "return": "退回", "approve": "批准", "withdraw": "撤回", "award": "选定运营机构"}

var entryStates = map[op.EntryState]string{
	op.EntryDraft: "填写中", op.EntrySubmitted: "待审核", op.EntryReturned: "退回补正", op.EntryAdmitted: "已入驻", op.EntryRefused: "不同意", op.EntrySuspended: "暂停", op.EntryLeft: "已退出",
}

// DeveloperStateName is a state of an entry in words.
func DeveloperStateName(ctx context.Context, s op.EntryState) string {
	return text.T(ctx, entryStates[s])
}

var entryActs = map[string]string{
	"apply": "开始申请入驻", "submit": "提交入驻申请", "return": "退回补正", "admit": "同意入驻", "refuse": "不同意入驻", "suspend": "运营机构暂停入驻", "resume": "运营机构恢复入驻", "object": "实施机构提出异议，暂停入驻", "release": "实施机构解除异议", "take_over": "实施机构接管暂停",
	"train": "记录新的培训", "leave": "退出入驻", "end": "运营机构终止入驻", "withdraw": "撤回申请", "training": "培训快要过期",
	"ask_people": "申请更换人员", "confirm_people": "确认更换人员", "refuse_people": "不同意更换人员", "recall_people": "撤回更换人员的申请",
	"organisation_suspended": "开发主体已被数据主管部门暂停", "organisation_reinstated": "开发主体已恢复",
}

var peopleStates = map[op.ChangeState]string{op.ChangeAsked: "待确认", op.ChangeConfirmed: "已确认", op.ChangeRefused: "不同意", op.ChangeWithdrawn: "已撤回"}

var operationSides = map[op.Side]string{
	op.OfBody: "实施机构", op.OfAbove: "上级实施机构", op.OfOperator: "运营机构", op.OfDeveloper: "开发主体", op.OfRegulator: "监管机构", op.OfPlatform: "平台自动",
}

// house is a rule of the platform.
func house(b *policy.Book, path string) policy.Rule {
	r, _ := b.House().Rule(path)
	return r
}

// optionNames are the options of a rule of the platform with these codes.
func optionNames(ctx context.Context, b *policy.Book, path string, codes []string) string {
	var out []string
	for _, o := range op.Words(house(b, path), codes) {
		out = append(out, pick(ctx, o.Name))
	}
	return strings.Join(out, listComma(ctx))
}

func listComma(ctx context.Context) string {
	if text.Of(ctx) == text.English {
		return ", "
	}
	return "、"
}

// unitWord is what a unit of a ceiling or a fee is called.
func unitWord(ctx context.Context, b *policy.Book, code string) string {
	for _, path := range []string{"mandate_forms", "service_fee"} {
		for _, o := range house(b, path).Options {
			for _, d := range o.Details {
				for _, w := range d.Value {
					if w.Code == code {
						return pick(ctx, w.Text)
					}
				}
			}
		}
	}
	return code
}

// unitsOf are the units in which a form of product is counted.
func unitsOf(b *policy.Book, form string) (out []string) {
	for _, o := range house(b, "mandate_forms").Options {
		for _, d := range o.Details {
			if o.Code == form && d.Key == "units" {
				for _, w := range d.Value {
					out = append(out, w.Code)
				}
			}
		}
	}
	return out
}

// CeilingField is the name of the field of a ceiling.
func CeilingField(form, unit string) string { return "ceiling." + form + "." + unit }

// modelMarks are where the law of a body says how public data are operated: the plan
// where that is what binds it, else nothing.
func modelMarks(ctx context.Context, b *policy.Book, profile string, now time.Time) []cited {
	_, r, ok := b.Governing(profile, "development.model", now)
	if !ok || r.Silent {
		return nil
	}
	return ruleSource(ctx, b, r)
}

// yuanField is an amount in fen as a form has it.
func yuanField(fen int64) string {
	if fen == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%02d", fen/100, fen%100)
}

// PlanFormOf is a plan as its form has it.
func PlanFormOf(p *op.Plan) MandatePlanForm {
	return MandatePlanForm{Parent: p.Parent, Title: p.Title, Need: p.Need, Products: p.Products, Months: strconv.Itoa(p.Months), SecurityLevel: p.SecurityLevel, Security: p.Security, Evaluation: p.Evaluation, Exit: p.Exit, Items: itemLines(p.Items), Forms: p.Forms, Purposes: p.Purposes, Revision: p.Revision}
}

// MandateFormOf is an agreement as its form has it.
func MandateFormOf(m *op.Mandate) MandateForm {
	f := MandateForm{Title: m.Title, From: Day(m.From), Last: Day(m.Last()), Items: itemLines(m.Items), Income: yuanField(m.Income), IncomeMonths: strconv.Itoa(m.IncomeMonths), Ceilings: map[string]string{}, Revision: m.Revision}
	for _, c := range m.Ceilings {
		f.Ceilings[CeilingField(c.Form, c.Unit)] = fmt.Sprintf("%d.%02d", c.Fen/100, c.Fen%100)
	}
	return f
}

// EntrantFormOf is an entry as its form has it.
func EntrantFormOf(d *op.Developer) EntrantForm {
	f := EntrantForm{Contact: d.Contact, Security: d.Security, Training: d.Training, Declared: d.Declared, DCMM: strconv.Itoa(d.DCMM)}
	if d.TrainedOn != nil {
		f.TrainedOn = Day(*d.TrainedOn)
	}
	for _, p := range d.People {
		if p.Writes {
			f.Writes = append(f.Writes, idText(p.ID))
		}
		if p.Releases {
			f.Releases = append(f.Releases, idText(p.ID))
		}
	}
	return f
}

// itemLines are the datasets of a scope as a form has them, one a line.
func itemLines(items []op.Item) string {
	var b strings.Builder
	for _, i := range items {
		fmt.Fprintf(&b, "%s: %s\n", i.Slug, strings.Join(i.Columns, ", "))
	}
	return b.String()
}

// standsFor says what would stop with a mandate.
func standsFor(ctx context.Context, c op.Counts) string {
	return text.T(ctx, "它之下现在有：下级授权 %d 份，开发主体 %d 家，场景 %d 个，合同 %d 份，授权 %d 份。", c.Mandates, c.Developers, c.Scenarios, c.Contracts, c.Grants)
}

// signedBy is how one side signed.
func signedBy(ctx context.Context, s op.Signature) string {
	if s.At == nil {
		return text.T(ctx, "还没有签署")
	}
	return s.By + " · " + Moment(*s.At) + " · " + signedHow(ctx, s.Method)
}

// bandWords says what one band of a fee is.
func bandWords(ctx context.Context, b *policy.Book, f op.Fee, n int) string {
	band := f.Bands[n]
	if n+1 < len(f.Bands) {
		return text.T(ctx, "%s 至 %s：每%s %s", Thousands(band.From), Thousands(f.Bands[n+1].From), unitWord(ctx, b, f.Unit), Yuan(band.Fen))
	}
	return text.T(ctx, "%s 以上：每%s %s", Thousands(band.From), unitWord(ctx, b, f.Unit), Yuan(band.Fen))
}

// allHref is the address of a list with what is over, or without.
func allHref(path string, all bool) string {
	if !all {
		return path
	}
	return path + "?" + url.Values{"all": {"1"}}.Encode()
}

// bodyYear is the title of a report.
func bodyYear(ctx context.Context, r *op.Report) string {
	name := r.Body
	if text.Of(ctx) == text.English && r.BodyEN != "" {
		name = r.BodyEN
	}
	return text.T(ctx, "%s %s 年授权运营信息披露报告", name, strconv.Itoa(r.Year))
}

func ceilingsOf(d *op.Disclosed) []op.Ceiling {
	out := make([]op.Ceiling, len(d.Ceilings))
	for i, c := range d.Ceilings {
		out[i] = op.Ceiling(c)
	}
	return out
}

// belowKinds are what keeps a mandate from being closed.
var belowKinds = map[string]string{"mandate": "下级授权", "scenario": "场景", "contract": "合同", "grant": "授权", "workspace": "工作区"}

// optionBox is an option with whether it is chosen.
type optionBox struct {
	Code, Name string
	On         bool
}

func boxes(ctx context.Context, b *policy.Book, path string, chosen []string) (out []optionBox) {
	for _, o := range house(b, path).Options {
		out = append(out, optionBox{o.Code, pick(ctx, o.Name), slices.Contains(chosen, o.Code)})
	}
	return out
}

// Path is where the list is.
func (p MandatesPage) Path() string { return homeOf(p.Actor) }

// homeOf is the page on which who looks has all of authorised operation.
func homeOf(who account.Actor) string {
	if who.Is(account.Operator) {
		return "/desk/operator"
	}
	return "/desk/authority"
}

// Action is where the form of a plan goes.
func (p EditMandatePlanPage) Action() string {
	if p.Number == "" {
		return "/desk/plans"
	}
	return "/desk/plans/" + p.Number + "/edit"
}

func personDoes(ctx context.Context, p op.Person) string {
	var out []string
	if p.Writes {
		out = append(out, text.T(ctx, "编写和运行程序"))
	}
	if p.Releases {
		out = append(out, text.T(ctx, "申请结果"))
	}
	return strings.Join(out, listComma(ctx))
}

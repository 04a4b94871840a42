package templates

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	reg "shuyuan/marketplace/registration"
	"shuyuan/templates/text"
)

// exchangeDesk are those at whose desk registrations lie.
var exchangeDesk = []account.Role{account.ExchangeStaff, account.Authority, account.Regulator}

// RegisteringPage is a product with what there is of its registration, for its people.
type RegisteringPage struct {
	Frame
	Book    *policy.Book
	Of      *reg.Of
	Form    reg.Form
	Asked   reg.Asked
	Mistake Mistake
	Done    bool
}

// registrationDays is how long each step may take, as the rules say.
func registrationDays(ctx context.Context, b *policy.Book) string {
	days := func(path string) string { return tenderDays(ctx, house(b, path)) }
	return text.T(ctx, "封存以后 %s以内申请；登记机构 %s以内受理或者退回，公示 %s。", days("registration_application"), days("registration_acceptance"), days("registration_notice"))
}

// RegistrationNoticeSays is what a public notice is, as the rules say.
func RegistrationNoticeSays(ctx context.Context, b *policy.Book) string {
	return text.T(ctx, "数据产品登记以前公示 %s。公示期间任何人可以提异议；有没有答复的异议，不发证书。", tenderDays(ctx, house(b, "registration_notice")))
}

func (p RegisteringPage) at() string {
	return "/account/products/" + p.Of.Product.Number + "/registration"
}

// RegistrationPage is one application, for whoever takes part or supervises.
type RegistrationPage struct {
	Frame
	Case    *reg.View
	Desk    bool
	Form    reg.Form
	Words   string
	Mistake Mistake
	Done    bool
}

func (p RegistrationPage) at() string {
	if p.Desk {
		return "/desk/exchange/" + p.Case.Number
	}
	return "/account/registrations/" + p.Case.Number
}

// above is where an application belongs: whoever takes a product over knows of the
// application alone.
func (p RegistrationPage) above(ctx context.Context) Link {
	l := Link{Title: text.T(ctx, "登记、认证和评估")}
	if p.Case.Party.Side != reg.OfReceiver {
		l.Href = "/account/products/" + p.Case.Product + "/registration"
	}
	return l
}

// checks are the formal checks of the kind of application: nobody receives anything but
// by a transfer.
func (p RegistrationPage) checks() []reg.Check {
	return slices.DeleteFunc(slices.Clone(p.Case.Found), func(c reg.Check) bool { return c.Name == "receiver" && p.Case.Kind != reg.Transfer })
}

// RegistrationsPage lists applications: the queue of the registrar, or public notices.
type RegistrationsPage struct {
	Frame
	Book  *policy.Book // of the public notices
	Items []reg.Registration
	All   bool
	Next  string
}

// RegistrationNoticePage is one public notice, with the form to object.
type RegistrationNoticePage struct {
	Frame
	Item    *reg.Registration
	Filed   reg.Filed
	Mistake Mistake
	Done    bool
}

// ProductCertificatePage is one certificate, for everybody.
type ProductCertificatePage struct {
	Frame
	Item    *reg.Certificate
	Listed  bool // its product has a page for everybody
	Genuine bool
	May     bool // end it before its time
	Mistake Mistake
}

// above is the product, with its page where everybody may read it.
func (p ProductCertificatePage) above() Link {
	l := Link{Title: p.Item.Product}
	if p.Listed {
		l.Href = "/products/" + p.Item.Product
	}
	return l
}

// ProductReportsPage lists what certifiers and valuers are asked for.
type ProductReportsPage struct {
	Frame
	Items []reg.Report
	Next  string
}

// ProductReportPage is one report.
type ProductReportPage struct {
	Frame
	Case    *reg.ReportView
	Form    reg.ReportForm
	Mistake Mistake
	Done    bool
}

// above is where a report belongs: to those who asked for it, at their product.
func (p ProductReportPage) above(ctx context.Context) Link {
	if p.Case.Party.Side == reg.OfRegistrant {
		return Link{Href: "/account/products/" + p.Case.Product + "/registration", Title: text.T(ctx, "登记、认证和评估")}
	}
	return Link{Href: "/account/reports", Title: text.T(ctx, "认证和评估")}
}

// ProductReportFormOf is what a report says by now, as its form.
func ProductReportFormOf(r *reg.Report) reg.ReportForm {
	f := reg.ReportForm{Declaration: r.Declaration, Controls: strings.Join(r.Controls, " "), Method: r.Method, Day: r.Body.Day, Evaluator: r.Evaluator, Conclusion: r.Conclusion, Words: map[string]string{}}
	for _, t := range r.Body.Tests {
		f.Words[t.Name] = t.Evidence
		if t.Passed {
			f.Passed = append(f.Passed, t.Name)
		}
	}
	for _, c := range r.Body.Categories {
		f.Words[c.Name] = c.Words
		if c.Found {
			f.Found = append(f.Found, c.Name)
		}
	}
	for _, l := range r.Body.Lines {
		f.Items, f.Amounts, f.Notes = append(f.Items, l.Item), append(f.Amounts, strconv.FormatInt(l.Amount/100, 10)), append(f.Notes, l.Words)
	}
	return f
}

// RegistrationFormOf is what was handed in, as its form.
func RegistrationFormOf(r *reg.Registration) reg.Form {
	return reg.Form{Kind: r.Kind, Version: r.Version, Level: r.Level, Abroad: r.Abroad, Lawful: r.Lawful, Unident: r.Unidentifiable, Irrevers: r.Irreversible, Controls: strings.Join(r.Controls, " "), Declared: r.Declared}
}

func spokenOf[K ~string](ctx context.Context, words map[K]string, k K) string {
	if zh, ok := words[k]; ok {
		return text.T(ctx, zh)
	}
	return string(k)
}

var registrationKinds = map[reg.Kind]string{reg.First: "首次登记", reg.Change: "变更登记", reg.Renewal: "续期登记", reg.Transfer: "转移登记"}

var registrationStates = map[reg.State]string{
	reg.Applied: "等待受理", reg.Returned: "等待补正", reg.Accepted: "形式审查", reg.PublicNotice: "公示中", reg.Objected: "有异议，处理中", reg.Issued: "已登记", reg.Refused: "不予登记", reg.Withdrawn: "已撤回",
}

var registrationActs = map[reg.Action]string{
	reg.Apply: "申请登记", reg.Agree: "同意受让", reg.Resubmit: "补正后提交", reg.Return: "退回补正", reg.Accept: "受理", reg.Announce: "形式审查通过，公示", reg.Object: "提出异议", reg.Resolve: "答复异议", reg.Issue: "登记发证", reg.Refuse: "不予登记", reg.Withdraw: "撤回申请",
}

var registrationLevels = map[reg.Level]string{reg.General: "一般数据", reg.Important: "重要数据", reg.Core: "核心数据（不予登记）"}

var registrationSides = map[reg.Side]string{
	reg.OfRegistrant: "登记主体", reg.OfReceiver: "受让方", reg.OfRegistrar: "登记机构", reg.OfReporter: "出具报告的机构", reg.OfRegulator: "监管", reg.OfPublic: "公众", reg.OfPlatform: "平台",
}

var certificateKinds = map[reg.CertificateKind]string{reg.OfRegistration: "登记证书", reg.OfCertification: "合规认证证书", reg.OfValuation: "资产评估结论书"}

var certificateStates = map[reg.CertificateState]string{
	reg.InForce: "有效", reg.Changed: "已变更", reg.Renewed: "已续期", reg.Transferred: "已转移", reg.Expired: "已到期", reg.Cancelled: "已注销",
}

var certificateActs = map[string]string{string(reg.Expire): "证书到期", string(reg.Surrender): "放弃证书", string(reg.Cancel): "注销证书"}

var productReportStates = map[reg.ReportState]string{
	reg.Requested: "等待接受", reg.Drafting: "出具中", reg.ReportIssued: "已出具", reg.Rejected: "不通过", reg.Declined: "不接受", reg.ReportWithdrawn: "已撤回",
}

var productReportActs = map[reg.ReportAction]string{
	reg.Request: "请求出具报告", reg.Declare: "声明独立性", reg.Write: "保存报告", reg.IssueReport: "出具报告和证书", reg.Reject: "不通过", reg.Decline: "不接受", reg.TakeBack: "撤回请求",
}

var checkNames = map[string]string{
	"rights": "三项权利写全", "stamp": "来源和获取日期写全", "version": "版本有效，没有召回、没有失效的输入", "level": "数据级别已写明，不是核心数据", "abroad": "写明是否向境外提供", "tj29": "合法取得、不可识别、不可复原的依据（TJ-29）", "controls": "声明控制关系", "receiver": "受让方已同意（转移）",
}

var reportParts = map[string]string{
	"lawful": "合法取得", "unidentifiable": "不能识别特定的数据提供者", "irreversible": "不能复原", "national": "涉及国家安全", "public": "涉及公共安全", "secrets": "涉及商业秘密", "privacy": "涉及个人隐私",
}

var valuationMethods = map[reg.Method]string{reg.Cost: "成本法", reg.Income: "收益法", reg.Market: "市场法"}

// RegistrationAct is what was done, for letters.
func RegistrationAct(ctx context.Context, of, act string) string {
	switch of {
	case "report":
		return spokenOf(ctx, productReportActs, reg.ReportAction(act))
	case "certificate":
		return spokenOf(ctx, certificateActs, act)
	}
	return spokenOf(ctx, registrationActs, reg.Action(act))
}

// offers are the moves of an application that have a button of their own.
func (p RegistrationPage) offers() []reg.Action {
	return slices.DeleteFunc(slices.Clone(p.Case.Offers), func(a reg.Action) bool { return a == reg.Resubmit || a == reg.Resolve })
}

func (p RegistrationPage) may(a reg.Action) bool { return slices.Contains(p.Case.Offers, a) }

func (p ProductReportPage) may(a reg.ReportAction) bool { return slices.Contains(p.Case.Offers, a) }

// sheet are the lines of a worksheet, with some that are empty.
func (p ProductReportPage) sheet() (out [][3]string) {
	f := p.Form
	for i := range f.Items {
		out = append(out, [3]string{f.Items[i], f.Amounts[i], f.Notes[i]})
	}
	for len(out) < 5 {
		out = append(out, [3]string{})
	}
	return out
}

func abroadWords(ctx context.Context, abroad string) string {
	switch abroad {
	case "yes":
		return text.T(ctx, "向境外提供")
	case "no":
		return text.T(ctx, "不向境外提供")
	}
	return ""
}

func passedWords(ctx context.Context, passed bool) string {
	if passed {
		return text.T(ctx, "检验通过")
	}
	return text.T(ctx, "不通过")
}

func foundWords(ctx context.Context, found bool) string {
	if found {
		return text.T(ctx, "含有")
	}
	return text.T(ctx, "未发现")
}

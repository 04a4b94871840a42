package templates

import (
	"context"
	"net/url"

	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/licensing"
	"shuyuan/licensing/use"
	"shuyuan/templates/text"
)

// UseReportPage is the report of one period, for its holder and for desks.
type UseReportPage struct {
	Frame
	*use.ReportPage
	Typed   use.Content
	Missing string
	Done    bool
	Mistake Mistake
}

func (p UseReportPage) may(a use.ReportAction) bool { return offers(p.Offers, a) }

// writes reports whether who looks fills in the form.
func (p UseReportPage) writes() bool { return p.may(use.FileReport) || p.may(use.CompleteReport) }

func (p UseReportPage) path() string {
	if p.Side == licensing.OfApplicant {
		return p.Report.Path()
	}
	return p.Report.Desk()
}

// UseDestructionPage is what becomes of the data of a grant that has ended.
type UseDestructionPage struct {
	Frame
	*use.DestructionPage
	Book    *policy.Book
	Typed   use.Statement
	On      string // day, as typed
	Ground  string
	Why     string
	Words   string
	Done    bool
	Mistake Mistake
}

func (p UseDestructionPage) may(a use.DestructionAction) bool { return offers(p.Offers, a) }

func (p UseDestructionPage) path() string {
	if p.Side == licensing.OfApplicant {
		return p.Destruction.Path()
	}
	return p.Destruction.Desk()
}

// UseAuditPage is the audit of one grant.
type UseAuditPage struct {
	Frame
	*use.AuditPage
	Profile string // where the rule of the violations stands
	Named   policy.Rule
	Typed   use.AuditStep
	Done    bool
	Mistake Mistake
}

func (p UseAuditPage) may(a use.AuditAction) bool { return offers(p.Offers, a) }

func (p UseAuditPage) path() string {
	if p.Side == licensing.OfApplicant {
		return p.Audit.Path()
	}
	return p.Audit.Desk()
}

func offers[A comparable](all []A, a A) bool {
	for _, o := range all {
		if o == a {
			return true
		}
	}
	return false
}

// DeskUsePage is one of the lists of what follows grants.
type DeskUsePage struct {
	Frame
	Of           use.About
	Part         string
	Reports      []use.Report
	Destructions []use.Destruction
	Audits       []use.Audit
	Next         string
}

func (p DeskUsePage) empty() bool { return len(p.Reports)+len(p.Destructions)+len(p.Audits) == 0 }

// useLists are the lists, in order.
var useLists = []struct {
	Of          use.About
	Href, Title string
}{
	{use.AboutReport, "/desk/use", "使用报告"}, {use.AboutDestruction, "/desk/use/destructions", "到期销毁"}, {use.AboutAudit, "/desk/use/audits", "抽查"},
}

// UseListHref is the address of a list, or of a part of it.
func UseListHref(of use.About, part string) string {
	for _, l := range useLists {
		if l.Of == of && part != "" {
			return l.Href + "?part=" + url.QueryEscape(part)
		} else if l.Of == of {
			return l.Href
		}
	}
	return ""
}

// useParts are the parts of a list.
var useParts = []struct{ Part, Title string }{{use.Waits, "没有办完的"}, {use.Late, "逾期的"}, {use.All, "全部"}}

// KnownUsePart reports whether there is such a part.
func KnownUsePart(part string) bool {
	return part == use.Waits || part == use.Late || part == use.All
}

// UseDrawsPage is the samples that were drawn, and the form for another.
type UseDrawsPage struct {
	Frame
	Items     []use.Draw
	Next      string
	Limits    use.Limits
	Which     string
	Questions string
	Mistake   Mistake
}

// UseDrawPage is one sample with its audits.
type UseDrawPage struct {
	Frame
	Draw   *use.Draw
	Audits []use.Audit
}

// StandardQuestions are what an audit asks unless whoever draws writes otherwise.
const StandardQuestions = "1. 数据现在放在哪里，谁能读到？\n2. 从取到数据以来用在了什么上面，与授权的用途是否一致？\n3. 有没有提供给别人，或者能还原数据的产出？\n4. 公开的成果在哪里，是否注明来源和获取日期？\n5. 用什么办法防止泄露，出过什么问题？"

// UseReportState names where a report stands.
func UseReportState(ctx context.Context, s use.ReportState) string {
	switch s {
	case use.ReportOpen:
		return text.T(ctx, "等使用方交")
	case use.ReportFiled:
		return text.T(ctx, "已交，部门在看")
	case use.ReportReturned:
		return text.T(ctx, "退回补齐")
	case use.ReportAccepted:
		return text.T(ctx, "已采纳")
	case use.ReportVoid:
		return text.T(ctx, "授权已终止，没有取过数据，不用交")
	}
	return string(s)
}

// DestructionState names where a destruction stands.
func DestructionState(ctx context.Context, s use.DestructionState) string {
	switch s {
	case use.Owed:
		return text.T(ctx, "等使用方销毁并出具证明")
	case use.Certified:
		return text.T(ctx, "证明已交，部门在看")
	case use.Wanting:
		return text.T(ctx, "证明不够，退回使用方")
	case use.Confirmed:
		return text.T(ctx, "已确认销毁")
	case use.Claimed:
		return text.T(ctx, "使用方提出不销毁，部门在决定")
	case use.Excused:
		return text.T(ctx, "准许不销毁")
	case use.Carried:
		return text.T(ctx, "转到后来的授权，届时一并销毁")
	case use.Nothing:
		return text.T(ctx, "没有取过数据，不用销毁")
	case use.WrittenOff:
		return text.T(ctx, "使用方已不在，部门写明理由结案")
	}
	return string(s)
}

// AuditState names where an audit stands.
func AuditState(ctx context.Context, s use.AuditState) string {
	switch s {
	case use.AuditAsked:
		return text.T(ctx, "等使用方答复")
	case use.AuditAnswered:
		return text.T(ctx, "已答复，等结论")
	case use.InOrder:
		return text.T(ctx, "没有发现问题")
	case use.FoundWanting:
		return text.T(ctx, "发现问题")
	case use.AuditClosed:
		return text.T(ctx, "发现问题，已结案")
	}
	return string(s)
}

// useActs name what happened to each kind of thing.
var useActs = map[string]string{
	"report begin": "报告期开始", "report file": "交来报告", "report complete": "补齐报告", "report return": "退回", "report accept": "采纳", "report void": "不用交了",
	"report warn": "逾期，发出警告", "report suspend": "警告后仍没有交，暂停授权", "report hasten": "授权提前终止，改为随销毁证明一起交",
	"destruction begin": "授权终止", "destruction certify": "出具销毁证明", "destruction confirm": "确认", "destruction find_wanting": "认为不够，退回", "destruction claim": "提出不销毁", "destruction excuse": "准许不销毁",
	"destruction deny": "不准，仍须销毁", "destruction write_off": "写明理由结案", "destruction warn": "逾期，发出催告", "destruction carry": "转到后来的授权",
	"audit ask": "抽到，发出问题", "audit answer": "答复", "audit find_in_order": "结论：没有发现问题", "audit find_fault": "结论：发现问题", "audit close": "结案", "audit warn": "逾期，发出催告",
}

// UseActName names something that happened.
func UseActName(ctx context.Context, of use.About, act string) string {
	if zh, ok := useActs[string(of)+" "+act]; ok {
		return text.T(ctx, zh)
	}
	return act
}

// useSide is on which side somebody stood.
func useSide(ctx context.Context, e use.Event) string {
	switch e.Side {
	case licensing.OfApplicant:
		return text.T(ctx, "使用方") + " " + e.By
	case licensing.OfDepartment:
		return text.T(ctx, "部门") + " " + e.By
	case licensing.OfAuthority:
		return text.T(ctx, "主管部门") + " " + e.By
	case licensing.OfRegulator:
		return text.T(ctx, "监管机构") + " " + e.By
	}
	return text.T(ctx, "平台")
}

// useDueName says what a holder owes.
func useDueName(ctx context.Context, d use.Due) string {
	switch d.About {
	case use.AboutReport:
		return text.T(ctx, "第 %d 期使用报告", d.Number)
	case use.AboutDestruction:
		return text.T(ctx, "销毁证明")
	case use.AboutAudit:
		return text.T(ctx, "抽查的答复")
	}
	return ""
}

// whichName names a population.
func whichName(ctx context.Context, which string) string {
	switch which {
	case use.LiveGrants:
		return text.T(ctx, "没有终止的授权")
	case use.EndedGrants:
		return text.T(ctx, "已经终止的授权")
	}
	return text.T(ctx, "全部授权")
}

// groundName names a ground of an exception.
func groundName(ctx context.Context, ground string) string {
	switch ground {
	case use.ByLaw:
		return text.T(ctx, "法律规定要保存")
	case use.ByAgreement:
		return text.T(ctx, "协议另有约定")
	}
	return ground
}

// yesHow says an answer.
func yesHow(ctx context.Context, answer, how string) string {
	switch answer {
	case "yes":
		return text.T(ctx, "有：%s", how)
	case "no":
		return text.T(ctx, "没有")
	}
	return ""
}

// auditOn reports whether somebody draws samples.
func auditOn(who account.Actor) bool { return who.Any(account.Authority, account.Regulator) }

// grantAt is where somebody on a side finds a grant.
func grantAt(side licensing.Side, number string) string {
	if side == licensing.OfApplicant {
		return "/grants/" + number
	}
	return "/desk/grants/" + number
}

// at is the address for a side.
func at(side licensing.Side, holder, desk string) string {
	if side == licensing.OfApplicant {
		return holder
	}
	return desk
}

// violation names the violation that is suspected.
func (p UseAuditPage) violation(ctx context.Context, code string) string {
	for _, o := range p.Named.Options {
		if o.Code == code {
			return pick(ctx, o.Name)
		}
	}
	return code
}

// grantReason is why a grant moved: what the platform says stands in the reader's
// language, what people wrote as it is.
func grantReason(ctx context.Context, g *licensing.Held) string {
	if g.SuspendedBy == licensing.OfPlatform {
		return text.T(ctx, g.Reason)
	}
	return g.Reason
}

package templates

import (
	"context"
	"slices"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/licensing"
	"shuyuan/licensing/supervision"
	"shuyuan/licensing/use"
	"shuyuan/templates/text"
)

// BeforePage is what somebody is told before they apply.
type BeforePage struct {
	Frame
	Book *policy.Book
	*licensing.Prospect
	Chosen  int64 // organisation
	Mistake Mistake
}

// ApplicationsPage is what somebody has applied for.
type ApplicationsPage struct {
	Frame
	Items []licensing.Application
	Next  string // address of the next page; empty on the last
	Done  string
	Desk  bool
	All   bool
}

// EditPage is the form of an application.
type EditPage struct {
	Frame
	Book        *policy.Book
	Application *licensing.Application
	Dataset     *datasets.Dataset
	Rules       licensing.Rules
	Conditions  licensing.Conditions
	Agreement   string
	Problems    []Mistake // everything that is missing
	Mistake     Mistake   // what was not accepted
	Done        string    // what was just done
	Checked     bool      // the list of what is missing is wanted
	Form        licensing.Form
	Papers      PaperSet
}

// wants reports whether a column of a file is ticked.
func (p EditPage) wants(resource, column string) bool {
	for _, i := range p.Form.Items {
		if i.Resource == resource {
			for _, c := range i.Columns {
				if c == column {
					return true
				}
			}
		}
	}
	return false
}

// item is what is written of a file; ok: it is ticked.
func (p EditPage) item(resource string) (i licensing.FormItem, ok bool) {
	for _, i := range p.Form.Items {
		if i.Resource == resource {
			return i, true
		}
	}
	return licensing.FormItem{}, false
}

// wrong is what is said at a field: of what was not accepted, or of what is
// missing once that is asked for.
func (p EditPage) wrong(field string) Mistake {
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

// SignPage is the agreement before it is signed.
type SignPage struct {
	Frame
	Application *licensing.Application
	Agreement   string
	Action      string // where the form goes
	Mistake     Mistake
}

// ApplicationPage is how one application stands, for its applicant and for those
// at desks.
type ApplicationPage struct {
	Frame
	Book        *policy.Book
	Application *licensing.Application
	Side        licensing.Side
	Rules       licensing.Rules
	Limits      licensing.Limits
	Events      []licensing.Event
	Agreements  []licensing.Agreement
	Actions     []licensing.Action
	Row         InboxRow // of the clock that runs
	Mistake     Mistake
	Form        DecisionForm
	Done        string
	Differences []licensing.Difference // from the grant that it renews or changes
	WasFor      string                 // purpose of that grant, where it is another
	Owed        []use.Destruction      // that the applicant has not done; for the desk
	Past        []supervision.Breach   // decided against the applicant; for the desk
}

// DecisionForm is what an officer has written so far.
type DecisionForm struct {
	Missing, Ground, Reason, Bases string
	Materials                      []string
	Items                          map[string]licensing.ItemVerdict
	Award                          licensing.Award
	Grounds, Verdict               string
	Tender                         string // number of one that is there
}

func (f DecisionForm) of(resource string) licensing.ItemVerdict { return f.Items[resource] }

// may reports whether an action is offered.
func (p ApplicationPage) may(all ...licensing.Action) bool {
	for _, a := range all {
		for _, o := range p.Actions {
			if a == o {
				return true
			}
		}
	}
	return false
}

// path is where the forms of the page go.
func (p ApplicationPage) path() string {
	if p.Side == licensing.OfApplicant {
		return "/applications/" + p.Application.Number
	}
	return "/desk/applications/" + p.Application.Number
}

// GrantsPage is what somebody was granted, or a department has granted.
type GrantsPage struct {
	Frame
	Items []licensing.Held
	Owed  []use.Due // what their holders owe
	Next  string
	Desk  bool
}

// GrantPage is one grant with what was taken under it.
type GrantPage struct {
	Frame
	Grant    *licensing.Held
	Side     licensing.Side
	Under    use.Under // what follows it
	Acquired []datasets.Acquisition
	Secret   string // of a key that was made just now
	Mistake  Mistake
	Done     string
	Files    map[string]*datasets.Version // newest, by resource

	Renewable, Changeable, Again bool                 // what its holder can apply for from it now
	RenewableFrom                time.Time            // zero: it is not renewed, or was
	Cases                        []supervision.Breach // about it, that the reader may know of
	MayCharge                    bool                 // open one
	MayReport                    bool                 // say that one is due
}

// caseHref is the page of a case about the grant.
func (p GrantPage) caseHref(number string) string {
	if p.Side == licensing.OfApplicant {
		return p.path() + "/breaches/" + number
	}
	return "/desk/breaches/" + number
}

// followingSays says what applying from a grant is, of one in use and of one that
// has ended.
func (p GrantPage) followingSays(ctx context.Context) string {
	if p.Again {
		return text.T(ctx, "是新的申请，按原来的内容填好。")
	}
	return text.T(ctx, "都是新的申请，按现有的内容填好；没有同意以前，原来的照用。")
}

func (p GrantPage) path() string {
	if p.Side == licensing.OfApplicant {
		return "/grants/" + p.Grant.Number
	}
	return "/desk/grants/" + p.Grant.Number
}

// above is the list that a desk's grant stands in, for who may open it.
func (p GrantPage) above(ctx context.Context) Link {
	l := Link{Title: text.T(ctx, "给出的授权")}
	if p.Side == licensing.OfDepartment {
		l.Href = "/desk/grants"
	}
	return l
}

// DownloadsPage is the record of what somebody was given.
type DownloadsPage struct {
	Frame
	Items []datasets.Acquisition
	Told  []supervision.Telling // of incidents with what was taken
	Next  string
}

// ConditionsPage is the form of the conditions of an entry.
type ConditionsPage struct {
	Frame
	Dataset    *datasets.Dataset
	Conditions licensing.Conditions
	Limits     licensing.Limits
	Materials  string
	Mistake    Mistake
	Done       string
}

// ApplicationState names a state in the reader's language.
func ApplicationState(ctx context.Context, s licensing.State) string {
	switch s {
	case licensing.Draft:
		return text.T(ctx, "草稿")
	case licensing.Submitted:
		return text.T(ctx, "已提交，等受理")
	case licensing.Returned:
		return text.T(ctx, "要补正")
	case licensing.Lapsed:
		return text.T(ctx, "逾期作废")
	case licensing.Withdrawn:
		return text.T(ctx, "已撤回")
	case licensing.OutOfScope:
		return text.T(ctx, "不由这里办")
	case licensing.Accepted:
		return text.T(ctx, "已受理，部门在审核")
	case licensing.Awarding:
		return text.T(ctx, "公开竞争中")
	case licensing.Offered:
		return text.T(ctx, "同意一部分，等申请人签")
	case licensing.Granted:
		return text.T(ctx, "已同意，已开通")
	case licensing.Refused:
		return text.T(ctx, "不同意")
	case licensing.Disputed:
		return text.T(ctx, "异议中，主管部门在决定")
	case licensing.Upheld:
		return text.T(ctx, "不同意，主管部门已维持")
	}
	return string(s)
}

// eventName is what an event was.
func eventName(ctx context.Context, e licensing.Event) string {
	switch e.Action {
	case licensing.Submit:
		return text.T(ctx, "提交")
	case licensing.Return:
		return text.T(ctx, "要求补正")
	case licensing.Complete:
		return text.T(ctx, "补正后再提交")
	case licensing.Accept:
		return text.T(ctx, "受理")
	case licensing.AcceptByItself:
		return text.T(ctx, "自动受理")
	case licensing.RejectScope:
		return text.T(ctx, "不由这里办")
	case licensing.SendToAward:
		return text.T(ctx, "决定公开竞争")
	case licensing.RecordAward:
		return text.T(ctx, "登记竞争结果")
	case licensing.PutToTender:
		return text.T(ctx, "由平台上的竞争项目决定")
	case licensing.AwardByTender:
		return text.T(ctx, "竞争项目确认了结果")
	case licensing.Grant:
		return text.T(ctx, "同意，签署，开通")
	case licensing.Offer:
		return text.T(ctx, "同意一部分")
	case licensing.Consent:
		return text.T(ctx, "签收窄后的协议，开通")
	case licensing.Refuse:
		return text.T(ctx, "不同意")
	case licensing.Dispute:
		return text.T(ctx, "对拒绝提出异议")
	case licensing.Uphold:
		return text.T(ctx, "主管部门维持")
	case licensing.Overturn:
		return text.T(ctx, "主管部门决定应当同意")
	case licensing.Withdraw:
		return text.T(ctx, "撤回")
	case licensing.Lapse:
		return text.T(ctx, "逾期作废")
	}
	return string(e.Action)
}

// eventSide is who an event was by: of the department its name, of people theirs.
func eventSide(ctx context.Context, a *licensing.Application, e licensing.Event) policy.Text {
	switch licensing.Side(e.Side) {
	case licensing.OfPlatform:
		return policy.Text{Zh: text.T(ctx, "系统"), En: text.T(ctx, "系统")}
	case licensing.OfDepartment:
		return policy.Text{Zh: e.Name, En: a.Dataset.Department.NameEN}
	case licensing.OfApplicant, licensing.OfAuthority, licensing.OfRegulator:
	}
	return policy.Text{Zh: e.Name}
}

// LaneName names a lane.
func LaneName(ctx context.Context, lane string) string {
	switch lane {
	case licensing.Public:
		return text.T(ctx, "公共用途")
	case licensing.Academic:
		return text.T(ctx, "科研教育用途")
	case licensing.Commercial:
		return text.T(ctx, "商业用途")
	}
	return text.T(ctx, "还没有选")
}

// laneSays is what a lane means.
func laneSays(ctx context.Context, lane string) string {
	switch lane {
	case licensing.Public:
		return text.T(ctx, "办好公共服务、公众提示、应急。结果可以公开，不得变相卖数据。")
	case licensing.Academic:
		return text.T(ctx, "高等院校、科研院所。只用于科研教育等公益性活动，结果可以发表，不能上架出售。要机构证明。")
	}
	return text.T(ctx, "部门不能直接批给您：先公开竞争，中选者才开通。会多一段竞争的时间。")
}

// ApplicantKind names who applies.
func ApplicantKind(ctx context.Context, kind string) string {
	switch kind {
	case "legal":
		return text.T(ctx, "法人")
	case "unincorporated":
		return text.T(ctx, "非法人组织")
	}
	return text.T(ctx, "自然人")
}

// GroundName names why an application is not decided here.
func GroundName(ctx context.Context, ground string) string {
	switch ground {
	case licensing.GroundOpen:
		return text.T(ctx, "数据已经无条件开放")
	case licensing.GroundWithheld:
		return text.T(ctx, "数据不予开放")
	case licensing.GroundDisclosure:
		return text.T(ctx, "要的是政府信息公开，走信息公开申请")
	case licensing.GroundNotOurs:
		return text.T(ctx, "本部门没有这份数据")
	}
	return ground
}

// GrantStateName names where a grant stands.
func GrantStateName(ctx context.Context, g *licensing.Held, now time.Time) string {
	switch g.State {
	case licensing.Active:
		switch {
		case g.HolderSuspended && now.Before(g.Until):
			return text.T(ctx, "机构暂停中，取不到数据")
		case now.Before(g.From):
			return text.T(ctx, "还没有开始")
		case !g.Stands(now):
			return text.T(ctx, "已到期")
		}
		return text.T(ctx, "生效中")
	case licensing.Suspended:
		return text.T(ctx, "暂停")
	case licensing.Expired:
		return text.T(ctx, "已到期")
	case licensing.Revoked:
		return text.T(ctx, "已撤销")
	case licensing.Surrendered:
		return text.T(ctx, "已交还")
	case licensing.Replaced:
		return text.T(ctx, "已变更，由新的代替")
	}
	return string(g.State)
}

// columnsWords says which columns are given.
func columnsWords(ctx context.Context, columns []string, where string) string {
	out := text.T(ctx, "全部内容")
	if columns != nil {
		out = strings.Join(columns, text.T(ctx, "、"))
	}
	if where != "" {
		out += text.T(ctx, "；只含这些行：%s", where)
	}
	return out
}

// ballWords says who has to do the next step.
func ballWords(ctx context.Context, a *licensing.Application, side licensing.Side) string {
	switch a.Ball() {
	case licensing.WithApplicant:
		if side == licensing.OfApplicant {
			return text.T(ctx, "您")
		}
		return a.Name
	case licensing.WithDepartment:
		return DepartmentName(ctx, &a.Dataset.Department)
	case licensing.WithAuthority:
		return text.T(ctx, "数据主管部门")
	case licensing.WithNobody:
	}
	return ""
}

// expects says in one sentence what comes next.
func expects(ctx context.Context, a *licensing.Application, side licensing.Side) string {
	switch a.State {
	case licensing.Draft:
		return text.T(ctx, "草稿，还没有提交。")
	case licensing.Submitted:
		return text.T(ctx, "部门在看材料是否齐全，到期不受理就自动受理。")
	case licensing.Returned:
		if side == licensing.OfApplicant {
			return text.T(ctx, "请补正下面列出的几样，过期作废；部门的时钟停着。")
		}
		return text.T(ctx, "等申请人补正，过期作废；部门的时钟停着。")
	case licensing.Accepted:
		if a.MustGrant {
			return text.T(ctx, "主管部门已决定应当同意，部门须在期限内开通。")
		}
		return text.T(ctx, "部门正在审核。同意则当场开通；不同意须写明理由和依据。")
	case licensing.Awarding:
		return text.T(ctx, "部门决定公开竞争，中选者开通。")
	case licensing.Offered:
		if side == licensing.OfApplicant {
			return text.T(ctx, "部门同意一部分。请看收窄后的协议，签了当场开通；部门的时钟停着。")
		}
		return text.T(ctx, "等申请人签收窄后的协议；部门的时钟停着。")
	case licensing.Granted:
		return text.T(ctx, "已同意并开通。")
	case licensing.Refused:
		return text.T(ctx, "部门不同意，理由和依据在下面。不服的，可以在期限内向主管部门提出异议。")
	case licensing.Disputed:
		return text.T(ctx, "主管部门在决定拒绝是否成立。")
	case licensing.Upheld:
		return text.T(ctx, "主管部门维持了部门的决定。")
	case licensing.OutOfScope:
		return text.T(ctx, "这件不由这里办，理由在下面。")
	case licensing.Lapsed:
		return text.T(ctx, "期限内没有办，申请已作废，可以重新申请。")
	case licensing.Withdrawn:
		return text.T(ctx, "申请人撤回了申请。")
	}
	return ""
}

// anchor is the place on the page of a field.
func anchor(field string) string { return "f-" + strings.ReplaceAll(field, ".", "-") }

// wantedColumns are the columns of all tables of a version, each name once.
func wantedColumns(v *datasets.Version) []datasets.Field {
	var out []datasets.Field
	seen := map[string]bool{}
	for _, t := range v.Tables {
		for _, f := range t.Fields {
			if !seen[f.Name] {
				out, seen[f.Name] = append(out, f), true
			}
		}
	}
	return out
}

// grantHref is the page of a grant for whoever reads.
func grantHref(side licensing.Side, number string) string {
	if side == licensing.OfApplicant {
		return "/grants/" + number
	}
	return "/desk/grants/" + number
}

// applicationHref is the page of an application for whoever reads.
func applicationHref(side licensing.Side, number string) string {
	if side == licensing.OfApplicant {
		return "/applications/" + number
	}
	return "/desk/applications/" + number
}

// sideOf is the side of a list.
func sideOf(desk bool) licensing.Side {
	if desk {
		return licensing.OfDepartment
	}
	return licensing.OfApplicant
}

func containsWord(list []string, word string) bool { return slices.Contains(list, word) }

// kindNames are kinds of basis in the reader's language.
func kindNames(ctx context.Context, kinds []string) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = text.T(ctx, k)
	}
	return out
}

// ChannelName names the road that data took.
func ChannelName(ctx context.Context, c datasets.Channel) string {
	switch c {
	case datasets.ByFile:
		return text.T(ctx, "下载文件")
	case datasets.ByExport:
		return text.T(ctx, "导出")
	case datasets.ByRows:
		return text.T(ctx, "接口查询")
	case datasets.ByPage:
		return text.T(ctx, "网页查看")
	}
	return string(c)
}

// KindName names what an application is for; empty: a first one.
func KindName(ctx context.Context, k licensing.Kind) string {
	switch k {
	case licensing.Renewal:
		return text.T(ctx, "续期")
	case licensing.Change:
		return text.T(ctx, "变更")
	case licensing.First:
	}
	return ""
}

// differenceWords says how what is applied for of a file differs from what is
// held of it.
func differenceWords(ctx context.Context, d licensing.Difference) string {
	var out []string
	switch {
	case d.New:
		return text.T(ctx, "新要的文件：%s", columnsWords(ctx, d.Added, d.Where))
	case d.Gone:
		return text.T(ctx, "不再要。")
	}
	if len(d.Added) > 0 {
		out = append(out, text.T(ctx, "多要：%s", strings.Join(d.Added, text.T(ctx, "、"))))
	}
	if len(d.Removed) > 0 {
		out = append(out, text.T(ctx, "少要：%s", strings.Join(d.Removed, text.T(ctx, "、"))))
	}
	if d.Was != d.Where {
		all := text.T(ctx, "全部行")
		out = append(out, text.T(ctx, "行：原来 %s，现在 %s", orWord(d.Was, all), orWord(d.Where, all)))
	}
	return strings.Join(out, text.T(ctx, "；"))
}

func orWord(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// heldWords says why a grant cannot be reinstated by hand.
func heldWords(ctx context.Context, g *licensing.Held) string {
	f := fault.Of(g.Held)
	return text.T(ctx, f.Sentence, f.Args...)
}

// deskOfApplications is the list that an application stands in at a desk, for whose
// side has one.
func deskOfApplications(ctx context.Context, side licensing.Side) Link {
	l := Link{Title: text.T(ctx, "开放申请")}
	if side == licensing.OfDepartment || side == licensing.OfAuthority {
		l.Href = "/desk/applications"
	}
	return l
}

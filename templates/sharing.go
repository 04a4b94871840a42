package templates

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/policy"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/templates/text"
)

// SharingPage is the directory of what public bodies share with each other.
type SharingPage struct {
	Frame
	Filter      datasets.ShareFilter
	Found       datasets.SharePage
	Departments []datasets.Department
	Page, Pages int
}

// ShareEntryPage is one entry of the directory with the form that asks for it.
type ShareEntryPage struct {
	Frame
	Book    *policy.Book
	Entry   *sharing.Found
	Type    policy.Text // in the words of the provider's text
	Returns bool        // asks one's own data back
	Form    sharing.Asked
	May     bool // ask
	Mistake Mistake
}

// UpwardPage is the form for data of a platform above.
type UpwardPage struct {
	Frame
	Form    sharing.Asked
	Mistake Mistake
}

// ShareRequestsPage lists the requests of one side.
type ShareRequestsPage struct {
	Frame
	As    sharing.Part
	All   bool
	Sides []sharing.Part // that the reader has
	Items []*sharing.Request
	Next  int64 // 0: no more
}

// ShareRequestPage is one request: its timeline, and the forms of whoever is next.
type ShareRequestPage struct {
	Frame
	Book    *policy.Book
	Request *sharing.Request
	Parts   []sharing.Part
	Offers  []sharing.Action
	Columns []string
	Basis   BasisInputs
	Files   []ShareFile
	Form    ShareForm
	Mistake Mistake

	Cases     []supervision.Breach // against the grant, that the reader may know of
	MayCharge bool                 // open one
}

// ShareFile is a file that the reader may fetch on the ground of a grant.
type ShareFile struct {
	Name, NameEN, Path string
	Rows               string // path of the rows as CSV; empty: there are none
	Address            string // of a service instead of a file
}

// ShareForm is what a form of a request says.
type ShareForm struct {
	Action string
	Words  string
	Met    map[int]string // yes or no
	Given  sharing.Given
	Filed  string
}

var shareKinds = map[sharing.Kind]string{
	sharing.Direct: "直接获取", sharing.Share: "有条件共享", sharing.Reclassify: "重新分类", sharing.Return: "数据返还", sharing.Upward: "向上申请",
}

// ShareKindName is a kind of request in words.
func ShareKindName(ctx context.Context, k sharing.Kind) string { return text.T(ctx, shareKinds[k]) }

var shareStates = map[sharing.State]string{
	sharing.Submitted: "已提交", sharing.Received: "已收到", sharing.Accepted: "已受理", sharing.Agreed: "已同意，待提供", sharing.Supplied: "已提供，使用中", sharing.Refused: "不同意", sharing.Negotiating: "协商中",
	sharing.Referred: "待主管部门决定", sharing.Upheld: "主管部门维持不同意", sharing.Withdrawn: "申请部门已收回", sharing.Void: "条目撤下，已办结", sharing.Expired: "授权期满", sharing.Revoked: "授权已撤销", sharing.Ended: "使用部门不再需要",
	sharing.ToReclassify: "同意重新分类", sharing.Flowing: "返还中", sharing.Declined: "不同意", sharing.Assisting: "主管部门协助中", sharing.Forwarded: "已向上级平台提出", sharing.Obtained: "上级平台已提供", sharing.DeniedUp: "上级平台没有提供",
}

// ShareStateName is a state of a request in words.
func ShareStateName(ctx context.Context, s sharing.State) string { return text.T(ctx, shareStates[s]) }

// shareSays are what each state means for both sides: who has the ball, and what
// comes next.
var shareSays = map[sharing.State]string{
	sharing.Submitted:    "正在送给提供部门。",
	sharing.Received:     "对方已经收到，等它受理；到期没有受理，平台自动受理。",
	sharing.Accepted:     "已经受理，等提供部门答复。",
	sharing.Agreed:       "提供部门已经同意，数据还没有放到平台上，由它来提供。",
	sharing.Supplied:     "数据可以取用，到期自动停止；只用于写明的目的，不提供给第三方。",
	sharing.Refused:      "提供部门不同意，理由在下面。申请部门可以提出协商，协商不成由主管部门决定。",
	sharing.Negotiating:  "双方正在协商，每次意见都记在下面；谈不拢，任何一方都可以提请主管部门决定。",
	sharing.Referred:     "双方没有谈拢，等主管部门决定，决定对双方都有约束力。",
	sharing.Upheld:       "主管部门决定不共享，这件申请办结。",
	sharing.Withdrawn:    "申请部门自己收回了，没有授权。",
	sharing.Void:         "条目在办理中撤下了，不能提供；条目恢复后可以重新申请。",
	sharing.Expired:      "授权到期，不能再取用；还需要的，重新申请。",
	sharing.Revoked:      "授权已经撤销，不能再取用，理由在下面。",
	sharing.Ended:        "使用部门说不再需要，授权已经结束。",
	sharing.ToReclassify: "提供部门同意重新分类，按目录变更办；改好以后可以申请共享。",
	sharing.Flowing:      "数据正在返还，可以取用，到期自动停止。",
	sharing.Declined:     "提供部门不同意，理由和依据在下面。",
	sharing.Assisting:    "主管部门已经接手，正在准备向上级平台提出。",
	sharing.Forwarded:    "已经向上级平台提出，上级的进展由主管部门记在下面。",
	sharing.Obtained:     "上级平台已经提供，取用办法在下面。",
	sharing.DeniedUp:     "上级平台没有提供，理由在下面。",
}

// upwardReceived is what Received means where the authority has the ball.
const upwardReceived = "主管部门已经收到，等它接手协助。"

func shareSentence(ctx context.Context, r *sharing.Request) string {
	if r.State == sharing.Received {
		switch r.Kind {
		case sharing.Upward:
			return text.T(ctx, upwardReceived)
		case sharing.Reclassify, sharing.Return:
			return text.T(ctx, "提供部门已经收到，等它答复。")
		}
	}
	if r.State == sharing.Agreed && r.Overturned {
		return text.T(ctx, "主管部门决定应当共享，由提供部门在期限内提供。")
	}
	return text.T(ctx, shareSays[r.State])
}

var shareActions = map[sharing.Action]string{
	sharing.Receive: "平台收到", sharing.Take: "直接获取", sharing.Accept: "受理", sharing.Agree: "同意，稍后提供", sharing.Supply: "同意并提供", sharing.Refuse: "不同意", sharing.Negotiate: "提出协商", sharing.Say: "说明意见",
	sharing.Refer: "提请主管部门决定", sharing.Order: "决定：应当共享", sharing.Uphold: "决定：维持不同意", sharing.Withdraw: "收回申请", sharing.Annul: "条目已撤下，办结", sharing.Expire: "期满", sharing.Revoke: "撤销授权", sharing.End: "不再需要，结束授权",
	sharing.AgreeReclassify: "同意重新分类", sharing.KeepWithheld: "维持不予共享", sharing.AgreeReturn: "同意返还，稍后提供", sharing.Flow: "同意并开始返还", sharing.Decline: "不同意返还",
	sharing.TakeUp: "接手协助", sharing.Forward: "已向上级平台提出", sharing.Obtain: "上级平台已提供", sharing.DenyUp: "上级平台没有提供",
}

// ShareActionName is a step in words.
func ShareActionName(ctx context.Context, a sharing.Action) string {
	return text.T(ctx, shareActions[a])
}

// shareStep names a step that has been taken.
func shareStep(ctx context.Context, e sharing.Event) string {
	switch e.Act {
	case sharing.Agree:
		return text.T(ctx, "同意共享")
	case sharing.Supply:
		return text.T(ctx, "提供了数据")
	case sharing.AgreeReturn:
		return text.T(ctx, "同意返还")
	case sharing.Flow:
		return text.T(ctx, "开始返还")
	}
	return ShareActionName(ctx, e.Act)
}

var shareSides = map[sharing.Part]string{sharing.Asker: "本部门申请的", sharing.Provider: "向本部门申请的", sharing.Over: "主管部门看的"}

func shareSideName(ctx context.Context, p sharing.Part) string { return text.T(ctx, shareSides[p]) }

// shareBall says who has to act.
func shareBall(ctx context.Context, r *sharing.Request) string {
	switch r.Ball() {
	case sharing.Provider:
		return text.T(ctx, "等 %s 办理", text.Pick(ctx, r.Provider.Name, r.Provider.NameEN))
	case sharing.Over:
		return text.T(ctx, "等主管部门办理")
	case sharing.Either:
		return text.T(ctx, "等双方协商")
	}
	return text.T(ctx, "没有要办的")
}

var shareClocks = map[sharing.Which]string{sharing.Acceptance: "受理", sharing.Answer: "答复", sharing.Negotiation: "协商", sharing.Authority: "主管部门决定"}

// clockWords says what must be done by the day of a clock.
func (p ShareRequestPage) clockWords(ctx context.Context, c *sharing.Clock) string {
	if c.Of == sharing.Answer && p.Request.Kind == sharing.Share && p.Request.Rules().Supplied {
		return text.T(ctx, "提供数据或者不同意")
	}
	return text.T(ctx, shareClocks[c.Of])
}

func (p ShareRequestPage) offers(actions ...sharing.Action) bool {
	return slices.ContainsFunc(actions, func(a sharing.Action) bool { return slices.Contains(p.Offers, a) })
}

// decides are the actions that the form of the provider takes, in the order of its
// buttons.
var decides = []sharing.Action{sharing.Supply, sharing.Agree, sharing.Refuse, sharing.Flow, sharing.AgreeReturn, sharing.Decline, sharing.AgreeReclassify, sharing.KeepWithheld}

func (p ShareRequestPage) deciding() (out []sharing.Action) {
	for _, a := range decides {
		if slices.Contains(p.Offers, a) {
			out = append(out, a)
		}
	}
	return out
}

// plain are the other actions: a word and a button.
func (p ShareRequestPage) plain() (out []sharing.Action) {
	for _, a := range p.Offers {
		if !slices.Contains(decides, a) {
			out = append(out, a)
		}
	}
	return out
}

// wants reports whether an action takes words.
func wantsWords(a sharing.Action) bool {
	return !slices.Contains([]sharing.Action{sharing.Accept, sharing.Withdraw, sharing.End}, a)
}

// gives reports whether the form of the provider says what is given.
func (p ShareRequestPage) gives() bool {
	return p.offers(sharing.Supply, sharing.Agree, sharing.Flow, sharing.AgreeReturn)
}

func (p ShareRequestPage) refuses() bool {
	return p.offers(sharing.Refuse, sharing.Decline, sharing.KeepWithheld)
}

func (p ShareRequestPage) judges() bool {
	return p.Request.Kind == sharing.Share && len(p.Request.Conditions) > 0 && p.offers(sharing.Supply, sharing.Agree, sharing.Refuse) && p.Request.State != sharing.Agreed
}

func (p ShareRequestPage) met(i int) string {
	if said, ok := p.Form.Met[i]; ok {
		return said
	}
	if i < len(p.Request.Verdicts) {
		if p.Request.Verdicts[i].Met {
			return "yes"
		}
		return "no"
	}
	return ""
}

// typed is what was typed into the form of an action.
func (p ShareRequestPage) typed(a sharing.Action) string {
	if p.Form.Action == string(a) {
		return p.Form.Words
	}
	return ""
}

func (p ShareRequestPage) title() (zh, en string) {
	if p.Request.Kind == sharing.Upward {
		return p.Request.Asked.Title, ""
	}
	return p.Request.Entry.Title, p.Request.Entry.TitleEN
}

// requestTitle is what a request is about.
func requestTitle(r *sharing.Request) (zh, en string) {
	return ShareRequestPage{Request: r}.title()
}

// needs is where it says that a field must be filled in; ok is false where it need
// not be.
func (p ShareEntryPage) needs(field string) (catalogue.Source, bool) {
	switch p.kind() {
	case sharing.Share:
		q, ok := p.Entry.Rules.Needs(field)
		return q.Source, ok
	case sharing.Return:
		return houseSource, field == "purpose" || field == "scope"
	case sharing.Reclassify:
		return houseSource, field == "purpose" || field == "basis"
	}
	return houseSource, field == "purpose"
}

var houseSource = catalogue.Source{Cite: []string{policy.HouseCite}, House: true}

// kind is what the form asks for.
func (p ShareEntryPage) kind() sharing.Kind {
	if p.Returns {
		return sharing.Return
	}
	return sharing.KindOf(p.Entry.Dataset)
}

func (p ShareEntryPage) answer(i int) string {
	if i < len(p.Form.Answers) {
		return p.Form.Answers[i]
	}
	return ""
}

// shareHref is the address of another part of the directory.
func (p SharingPage) shareHref(page int) string {
	q := url.Values{}
	for k, v := range map[string]string{"q": p.Filter.Words, "department": p.Filter.Department, "type": p.Filter.Type} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if len(q) == 0 {
		return "/desk/sharing"
	}
	return "/desk/sharing?" + q.Encode()
}

func (p ShareRequestsPage) href(as sharing.Part, all bool, before int64) string {
	q := url.Values{"as": {string(as)}}
	if all {
		q.Set("all", "1")
	}
	if before > 0 {
		q.Set("before", strconv.FormatInt(before, 10))
	}
	return "/desk/sharing/requests?" + q.Encode()
}

// shareTypeName is a share type where the words of a text are not at hand.
func shareTypeName(ctx context.Context, code string) string {
	switch code {
	case string(datasets.Unconditional):
		return text.T(ctx, "无条件共享")
	case string(datasets.Conditional):
		return text.T(ctx, "有条件共享")
	}
	return text.T(ctx, "不予共享")
}

func shareTypes() []string {
	return []string{string(datasets.Unconditional), string(datasets.Conditional), string(datasets.Withheld)}
}

// endsSoon reports whether a grant is in its last days.
func endsSoon(end, now time.Time) bool { return now.Before(end) && end.Sub(now) < 14*24*time.Hour }

// basisLine is a legal basis of an entry with its words.
func basisLine(b datasets.LegalBasis) string {
	if b.Quote == "" {
		return b.Line()
	}
	return b.Line() + "：“" + b.Quote + "”"
}

func shareList(ctx context.Context, list []string) string { return strings.Join(list, listMark(ctx)) }

// monthsText is a number of months for its field; empty where none was said.
func monthsText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// lock is where it says that data serve one purpose and go to nobody else.
func (p ShareEntryPage) lock() catalogue.Source {
	purpose, onward := p.Entry.Rules.Purpose, p.Entry.Rules.Onward
	if onward.House && !purpose.House {
		return purpose
	}
	return catalogue.Source{Cite: slices.Compact(slices.Concat(purpose.Cite, onward.Cite)), House: purpose.House}
}

package templates

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/reports"
	"shuyuan/licensing/demands"
	"shuyuan/templates/text"
)

// RequestsPage is the public list of demands.
type RequestsPage struct {
	Frame
	demands.Filter
	Counts      map[demands.Group]int
	Items       []demands.Demand
	Sides       map[int64]demands.Side
	Departments []datasets.Department
	NextPage    string // address of the next page; empty: this is the last
	Rules       demands.Rules
}

// RequestPage is one demand with all that was done with it.
type RequestPage struct {
	Frame
	Demand  *demands.Demand
	Side    demands.Side
	Steps   []demands.Step
	Turns   []demands.Turn
	Done    string
	Mistake Mistake
}

// NewRequestPage is the form for a demand.
type NewRequestPage struct {
	Frame
	Form        demands.NewDemand
	Departments []datasets.Department
	Alike       AlikeRequests
	Rules       demands.Rules
	Mistake     Mistake
}

// AlikeRequests is what there is already that somebody may be looking for.
type AlikeRequests struct {
	Datasets []datasets.Dataset
	Demands  []demands.Demand
}

// ReportRequestPage is the form that says what is wrong with a demand.
type ReportRequestPage struct {
	Frame
	Demand  *demands.Demand
	Reason  reports.Reason
	Most    int // reports of one account a day
	Done    bool
	Mistake Mistake
}

// OwnRequestsPage is what somebody proposed, seconds or follows.
type OwnRequestsPage struct {
	Frame
	Items []demands.Demand
	Sides map[int64]demands.Side
	Done  string
}

// DeskRequestsPage is what a desk has to do with demands.
type DeskRequestsPage struct {
	Frame
	List *demands.Listed
	All  bool
	Done string
}

// nextHref is the next page of the same list.
func (p DeskRequestsPage) nextHref() string {
	if p.All {
		return "/desk/requests?all=1&after=" + p.List.Next
	}
	return "/desk/requests?after=" + p.List.Next
}

// DeskRequestPage is one demand with the forms that move it.
type DeskRequestPage struct {
	Frame
	Demand      *demands.Demand
	Steps       []demands.Step
	Turns       []demands.Turn
	Reports     []reports.Report
	Alike       AlikeRequests
	Offers      []demands.Action
	Departments []datasets.Department
	Basis       BasisInputs
	Form        RequestForm
	Rules       demands.Rules
	Mistake     Mistake
}

// RequestForm is what was typed at the desk.
type RequestForm struct {
	Action, Words, Department, Planned, Entry, Dataset, Ground, Into string
}

func (p DeskRequestPage) offers(a demands.Action) bool {
	for _, o := range p.Offers {
		if o == a {
			return true
		}
	}
	return false
}

// of is what is wrong with the form of an action.
func (p DeskRequestPage) of(actions ...demands.Action) Mistake {
	for _, a := range actions {
		if p.Form.Action == string(a) {
			return p.Mistake
		}
	}
	return Mistake{}
}

func (p DeskRequestPage) typed(value string, actions ...demands.Action) string {
	for _, a := range actions {
		if p.Form.Action == string(a) {
			return value
		}
	}
	return ""
}

func requestPath(id int64) string { return "/requests/" + strconv.FormatInt(id, 10) }

func deskRequestPath(id int64) string { return "/desk/requests/" + strconv.FormatInt(id, 10) }

// requestGroups are the parts of the list, in words.
var requestGroups = map[demands.Group]string{demands.All: "全部", demands.Waiting: "在办", demands.Promised: "已答应", demands.Met: "已经有", demands.Denied: "不能给"}

// href is the list by f on its first page.
func requestsHref(f demands.Filter) string {
	q := url.Values{}
	for name, v := range map[string]string{"q": f.Words, "state": string(f.Group), "department": f.Department} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if f.Order == demands.ByDate {
		q.Set("sort", string(f.Order))
	}
	if f.After != "" {
		q.Set("after", f.After)
	}
	if len(q) == 0 {
		return "/requests"
	}
	return "/requests?" + q.Encode()
}

// RequestsHref is the address of the list by f.
func RequestsHref(f demands.Filter) string { return requestsHref(f) }

func (p RequestsPage) group(g demands.Group) string {
	f := p.Filter
	f.Group, f.After = g, ""
	return requestsHref(f)
}

// NewRequestHref is the form with words filled in.
func NewRequestHref(words string) string {
	if words == "" {
		return "/requests/new"
	}
	return "/requests/new?" + url.Values{"title": {words}}.Encode()
}

// requestStates are the states in words, as a mark.
var requestStates = map[demands.State]string{
	demands.Unassigned: "找部门中", demands.Open: "在答复", demands.Planned: "已答应", demands.There: "已经有", demands.Refused: "不能给", demands.Withdrawn: "已收回",
}

var requestGrounds = map[demands.Ground]string{demands.Barred: "依法不能开放", demands.Nothing: "没有这样的数据，也不采集", demands.Undue: "整理它的代价明显大于用处"}

// requestMark is the class of a state.
func requestMark(d *demands.Demand, now time.Time) string {
	switch {
	case d.Late(now):
		return "late"
	case d.Hidden() || d.Merged() || d.State == demands.Withdrawn:
		return "muted"
	case d.State == demands.Planned || d.State == demands.There:
		return "ok"
	case d.State == demands.Refused:
		return "late"
	}
	return "due"
}

func requestState(ctx context.Context, d *demands.Demand, now time.Time) string {
	switch {
	case d.Hidden():
		return text.T(ctx, "已隐藏")
	case d.Merged():
		return text.T(ctx, "已并入第 %d 号", d.Into)
	case d.Overdue(now):
		return text.T(ctx, "答应的日子过了")
	case d.Late(now):
		return text.T(ctx, "逾期，还没有答复")
	}
	return text.T(ctx, requestStates[d.State])
}

// requestActs are the steps in words.
var requestActs = map[string]string{
	"propose": "提出这条需求", "assign": "平台指派给部门", "forward": "转给别的部门", "return": "退给平台指派", "plan": "答应开放", "link": "答复：已经有了", "refuse": "答复：不能给",
	"appear": "开放了", "withdraw": "由提出人收回", "merge": "并入相同的需求", "split": "撤销合并", "hide": "隐藏", "show": "重新公开",
}

// turnEnds are how turns end, in words.
var turnEnds = map[demands.Action]string{
	demands.Assign: "平台指派", demands.Forward: "转出", demands.Return: "退给平台", demands.Plan: "答应", demands.Link: "答复已有", demands.Refuse: "答复不能给", demands.Withdraw: "收回", demands.Merge: "合并", demands.Hide: "隐藏",
}

func onOff(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

func voteWord(ctx context.Context, side demands.Side) string {
	if side.Votes {
		return text.T(ctx, "已附议")
	}
	return text.T(ctx, "附议")
}

// voteLabel says to who does not see where a button stands what it is about.
func voteLabel(ctx context.Context, d *demands.Demand, side demands.Side) string {
	if side.Votes {
		return text.T(ctx, "取消附议：%s，%d 人附议", d.Title, d.Votes)
	}
	return text.T(ctx, "附议：%s，%d 人附议", d.Title, d.Votes)
}

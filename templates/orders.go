package templates

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/policy"
	"shuyuan/licensing/supervision"
	"shuyuan/templates/text"
)

// OrdersPage lists rectification orders at the desk.
type OrdersPage struct {
	Frame
	CaseFilter
	Items []supervision.Order
	Next  string
	May   bool // issue one
}

// NewOrderPage is the form that issues an order; About nil: to which department is
// asked first.
type NewOrderPage struct {
	Frame
	Book    *policy.Book
	Under   []datasets.Department // to which one can be issued
	About   *supervision.Orderable
	Form    OrderForm
	Filled  bool // from the figures of the score card
	Mistake Mistake
}

// OrderForm is what somebody has written of a new order.
type OrderForm struct {
	Department             string
	Grounds                []string
	Facts, Remedy, Entries string
	Due                    string
}

func (f OrderForm) has(code string) bool { return slices.Contains(f.Grounds, code) }

// OrderPage is one order, on the side of whoever looks.
type OrderPage struct {
	Frame
	Book    *policy.Book
	Case    *supervision.OrderView
	Form    OrderStepForm
	Mistake Mistake
	Done    string
}

// OrderPapersPage is the files that a department hands in with its answer to an order.
type OrderPapersPage struct {
	Frame
	Case   *supervision.OrderView
	Papers PaperSet
	Done   string
}

// OrderStepForm is what somebody has written in a form of an order.
type OrderStepForm struct {
	Action                            supervision.OrderAction
	Answer, Evidence, Links           string
	Asked, Finding, Reason, Days, Due string
}

func (p OrderPage) path() string { return "/desk/orders/" + p.Case.Number }

func (p OrderPage) offers(a supervision.OrderAction) bool { return slices.Contains(p.Case.Offers, a) }

// newDay is the day that a form proposes.
func (p OrderPage) newDay() string {
	if p.Form.Due != "" || p.Form.Action == supervision.FindWanting {
		return p.Form.Due
	}
	return p.Case.Usual.Last.Format(time.DateOnly)
}

// days is how many days a form proposes: of the authority, those that were asked for.
func (p OrderPage) days(asked int) string {
	if p.Form.Days != "" || asked == 0 {
		return p.Form.Days
	}
	return idText(int64(asked))
}

var orderStates = map[supervision.OrderState]string{
	supervision.OrderIssued: "待整改", supervision.OrderAnswered: "已报告，待核查", supervision.OrderWanting: "整改不足，再整改", supervision.OrderClosed: "整改完成", supervision.OrderWithdrawn: "已撤回",
}

var orderStateOrder = []supervision.OrderState{supervision.OrderIssued, supervision.OrderAnswered, supervision.OrderWanting, supervision.OrderClosed, supervision.OrderWithdrawn}

// OrderStateName is a state of an order in words.
func OrderStateName(ctx context.Context, s supervision.OrderState) string {
	return text.T(ctx, orderStates[s])
}

// KnownOrderState reports whether there is such a state; empty is none in particular.
func KnownOrderState(s string) bool { return s == "" || orderStates[supervision.OrderState(s)] != "" }

var orderSays = map[supervision.OrderState]string{
	supervision.OrderIssued:    "主管部门责令整改，等部门在期限内整改并报告。",
	supervision.OrderAnswered:  "部门已经报告整改，等主管部门核查：确认完成，或者指出不足。",
	supervision.OrderWanting:   "主管部门核查以后认为还不够，等部门在新的期限内再整改并报告。",
	supervision.OrderClosed:    "主管部门核查过，整改完成。",
	supervision.OrderWithdrawn: "主管部门撤回了这件责令，不用再办；理由在下面。",
}

func orderSentence(ctx context.Context, o *supervision.Order, now time.Time) string {
	if o.Overdue(now) {
		return text.T(ctx, "整改的期限已经过了，部门还没有报告；仍要整改。")
	}
	return text.T(ctx, orderSays[o.State])
}

var orderActions = map[string]string{
	"issue": "责令限期整改", "answer": "报告整改", "ask": "申请延期", "extend": "准予延期", "refuse": "不准延期", "want": "指出整改不足", "close": "确认整改完成", "withdraw": "撤回责令整改",
}

// orderClock is what the clock of an order counts to.
func orderClock(ctx context.Context, o *supervision.Order) string {
	if o.State == supervision.OrderAnswered {
		return text.T(ctx, "核查整改")
	}
	return text.T(ctx, "整改并报告")
}

// orderLinks are where what a department shows lies; empty: nowhere on the platform
// that a desk could open.
func orderLink(l supervision.OrderLink) string {
	switch l.Kind {
	case "dataset":
		return "/datasets/" + l.Key
	case "SQ":
		return "/desk/applications/" + l.Key
	case "SQZ":
		return "/desk/grants/" + l.Key
	case "WY":
		return "/desk/breaches/" + l.Key
	case "AQ":
		return "/desk/incidents/" + l.Key
	case "FH":
		return "/desk/corrections/" + strings.TrimPrefix(l.Key, "FH-")
	case "GX":
		return "/desk/sharing/requests/" + strings.TrimPrefix(l.Key, "GX-")
	}
	return ""
}

// orderLinkName is what a link says.
func orderLinkName(ctx context.Context, l supervision.OrderLink) string {
	if l.Kind == "version" {
		resource, version, _ := strings.Cut(l.Key, "/")
		return text.T(ctx, "文件 %s 第 %s 版", resource, version)
	}
	return l.Key
}

// OrderHref is the form that orders a department to put right what a line of its score
// card counts.
func OrderHref(department, about string) string {
	return "/desk/orders/new?" + url.Values{"department": {department}, "about": {about}}.Encode()
}

// reason is what was written as the reason in the form at this place of the page:
// there are two.
func (p OrderPage) reason(at string) string {
	if (p.Form.Action == supervision.TakeBack) == (at == "withdraw") {
		return p.Form.Reason
	}
	return ""
}

// mistakeIn is the mistake where it was made in the form at this place.
func (p OrderPage) mistakeIn(at string) Mistake {
	if (p.Form.Action == supervision.TakeBack) == (at == "withdraw") {
		return p.Mistake
	}
	return Mistake{}
}

// colon is words that follow others, if there are any.
func colon(ctx context.Context, words string) string {
	if words == "" {
		return ""
	}
	return text.T(ctx, "：") + words
}

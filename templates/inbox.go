package templates

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/inbox"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/templates/text"
)

// InboxPage is what waits for who has signed in.
type InboxPage struct {
	Frame
	InboxFilter
	Rows  []InboxRow // those that the filter holds
	Kinds []InboxKind
	All   InboxCount
	Late  int // of all, whatever the filter
	Soon  int
	Days  []InboxDay
}

// InboxCount is how many things wait: of a kind with very many, at least so many.
type InboxCount struct {
	N    int
	Over bool
}

// Add counts one more item.
func (c *InboxCount) Add(i inbox.Item) {
	c.N, c.Over = c.N+i.Count(), c.Over || i.Over
}

func (c InboxCount) String() string {
	if c.Over {
		return strconv.Itoa(c.N) + "+"
	}
	return strconv.Itoa(c.N)
}

// InboxFilter is which part of the list is asked for.
type InboxFilter struct {
	Kind string // empty: all
	When string // InboxLate or InboxWeek; empty: all
}

// The times that one can ask for.
const (
	InboxLate = "late"
	InboxWeek = "week" // due in this week, and not late
)

// Known reports whether there is such a time.
func (f InboxFilter) Known() bool { return f.When == "" || f.When == InboxLate || f.When == InboxWeek }

// Holds reports whether an item is asked for.
func (f InboxFilter) Holds(i inbox.Item, now time.Time) bool {
	if f.Kind != "" && i.Kind != f.Kind {
		return false
	}
	switch f.When {
	case InboxLate:
		return i.Clock != nil && i.Clock.Late(now)
	case InboxWeek:
		return i.Clock != nil && !i.Clock.Late(now) && sameWeek(now, i.Clock.Last)
	}
	return true
}

// href is the address of another part of the list, or of its file.
func (f InboxFilter) href(page, kind, when string) string {
	q := url.Values{}
	if kind != "" {
		q.Set("kind", kind)
	}
	if when != "" {
		q.Set("when", when)
	}
	if len(q) == 0 {
		return page
	}
	return page + "?" + q.Encode()
}

// inboxTimes are the times of the filter, in words.
var inboxTimes = []struct{ When, Zh string }{{"", "不论何时"}, {InboxLate, "逾期"}, {InboxWeek, "本周"}}

// InboxRow is one thing that waits, with its clock counted at the time of the
// page.
type InboxRow struct {
	inbox.Item
	Late  bool
	Left  int // working days left, the last one among them; of what is late, how many ago it was due
	Known bool
	Cells []InboxCell // one for each working day of the period; none where it has no beginning
}

// InboxCell is one working day of a period.
type InboxCell struct{ Used, Next, Over, Week bool }

// InboxKind is one kind of thing with how many of it wait.
type InboxKind struct {
	Kind  string
	Count InboxCount
}

// InboxDay is one of the next working days with how many things are due on it.
type InboxDay struct {
	Day time.Time
	N   int
}

// CountInbox counts the clocks of the rows by the calendar.
func CountInbox(items []inbox.Item, cal workdays.Calendar, now time.Time) []InboxRow {
	rows := make([]InboxRow, len(items))
	for i, it := range items {
		rows[i] = InboxRow{Item: it}
		if it.Clock != nil {
			rows[i].count(cal, now)
		}
	}
	return rows
}

// mostCells is how many working days are drawn; a longer period is told in words
// alone.
const mostCells = 23

func (r *InboxRow) count(cal workdays.Calendar, now time.Time) {
	r.Late = r.Clock.Late(now)
	n, err := cal.Between(now, r.Clock.Last)
	if r.Known = err == nil; !r.Known {
		return
	}
	r.Left = n
	if r.Late {
		r.Left = max(1, -n)
	}
	whole, err := cal.Between(r.Clock.From, r.Clock.Last)
	if r.Clock.From.IsZero() || err != nil || whole < 1 || whole > mostCells {
		return
	}
	day, week := r.Clock.From, 0
	for range whole {
		before := day
		if day, err = cal.Add(day, 1); err != nil {
			r.Cells = nil
			return
		}
		_, week = before.In(workdays.Zone).ISOWeek()
		_, thisWeek := day.In(workdays.Zone).ISOWeek()
		used := !workdays.EndOfDay(day).After(now)
		next := !used && !workdays.EndOfDay(before).After(now) || !used && len(r.Cells) == 0
		if next && len(r.Cells) > 0 && !r.Cells[len(r.Cells)-1].Used {
			next = false
		}
		r.Cells = append(r.Cells, InboxCell{Used: used, Next: next, Week: week != thisWeek && len(r.Cells) > 0})
	}
	if r.Late {
		r.Cells = append(r.Cells, InboxCell{Over: true})
	}
}

// inboxGroup is the part of the list that a row stands in.
func (p InboxPage) group(r InboxRow) string {
	switch {
	case r.Clock == nil:
		return "没有期限"
	case r.Late:
		return "逾期"
	case p.week(r.Clock.Last):
		return "本周"
	}
	return "之后"
}

func (p InboxPage) week(day time.Time) bool { return sameWeek(p.Now, day) }

func sameWeek(now, day time.Time) bool {
	y, w := now.In(workdays.Zone).ISOWeek()
	y2, w2 := day.In(workdays.Zone).ISOWeek()
	return y == y2 && w == w2
}

// inboxPart is a group with its rows.
type inboxPart struct {
	title string
	rows  []InboxRow
}

func (p InboxPage) parts() []inboxPart {
	var out []inboxPart
	for _, r := range p.Rows {
		title := p.group(r)
		if len(out) == 0 || out[len(out)-1].title != title {
			out = append(out, inboxPart{title: title})
		}
		out[len(out)-1].rows = append(out[len(out)-1].rows, r)
	}
	return out
}

// inboxKinds are the names of what waits.
var inboxKinds = map[string]string{
	"upload":          "上传",
	"finding":         "个人信息和隐患",
	"link":            "登记的地址",
	"update":          "到期的更新",
	"application":     "开放申请",
	"question":        "问答",
	"question-report": "举报的问答",
	"correction":      "数据复核",
	"demand":          "数据需求",
	"demand-report":   "举报的需求",
	"entry":           "目录条目",
	"opening-review":  "开放审查",

	"opening-again":    "要重新审查的",
	"opening-incident": "紧急撤回",
	"change":           "目录变更",
	"duplicate":        "目录重复",
	"inconsistency":    "数据不一致",
	"organisation":     "机构认证",
	"note":             "解读",
	"share-request":    "共享申请",
	"breach":           "违约案",
	"use-report":       "使用报告",
	"use-destruction":  "到期销毁",
	"use-audit":        "抽查",
	"incident":         "安全事件",
	"order":            "责令整改",
	"output-review":    "结果审核",
	"output-finding":   "结果要改",
	"algorithm":        "算法登记",
	"workspace":        "开发空间",
	"workspace-mount":  "挂载有新版",
	"tender":           "竞争项目",
	"scenario":         "场景",
	"scenario-report":  "场景的使用报告",
	"mandate-plan":     "授权运营实施方案",
	"mandate":          "授权运营协议",
	"developer":        "开发主体入驻",
	"disclosure":       "授权运营信息披露",
	"listing":          "上架",
	"bill":             "账单",
	"bill-objection":   "账单异议",
	"destruction":      "销毁副本",
	"destruction-due":  "逾期没有声明销毁",
	"settlement":       "结算",
	"payout-account":   "收款账户",
	"bank":             "银行流水",
	"refund":           "退款",
	"registration":     "产品登记",
	"product-report":   "认证和评估",
	"calendar":         "工作日历",
}

// KnownInboxKind reports whether there is such a kind.
func KnownInboxKind(kind string) bool { return inboxKinds[kind] != "" }

// InboxKindName is what a kind is called.
func InboxKindName(ctx context.Context, kind string) string {
	if zh, ok := inboxKinds[kind]; ok {
		return text.T(ctx, zh)
	}
	return kind
}

// headline says how much waits and how urgent it is.
func (p InboxPage) headline(ctx context.Context) string {
	switch {
	case p.Late > 0 && p.Soon > 0:
		return text.T(ctx, "%d 件逾期，本周到期 %d 件", p.Late, p.Soon)
	case p.Late > 0:
		return text.T(ctx, "%d 件逾期", p.Late)
	case p.Soon > 0:
		return text.T(ctx, "本周到期 %d 件", p.Soon)
	case p.All.N > 0:
		return text.T(ctx, "%s 件待办，都不急", p.All.String())
	}
	return text.T(ctx, "没有待办")
}

// left says how much time there is.
func (r InboxRow) left(ctx context.Context) string {
	switch {
	case !r.Known:
		return text.T(ctx, "没有这一年的工作日历")
	case r.Late:
		return text.T(ctx, "逾期 %d 个工作日", r.Left)
	case r.Left == 0:
		return text.T(ctx, "今天到期")
	}
	return text.T(ctx, "还有 %d 个工作日", r.Left)
}

// spokenCells says what the cells show.
func (r InboxRow) spokenCells(ctx context.Context) string {
	used, all := 0, 0
	for _, c := range r.Cells {
		if c.Used {
			used++
		}
		if !c.Over {
			all++
		}
	}
	return text.T(ctx, "%d 个工作日，已用 %d 个", all, used)
}

// ClockSource names the rule that runs a clock, and where it is shown. law is
// false for a rule of the platform and for what no rule counts.
func ClockSource(ctx context.Context, profile string, r policy.Rule) (words, href string, law bool) {
	switch {
	case r.House:
		return fullName(ctx, r), houseHref + "#" + r.Path, false
	case len(r.Cite) == 0:
		return pick(ctx, r.Label), "", false
	}
	return places(ctx, r), "/law/" + profile + "#" + r.Path, true
}

// deskOf are the pages of the desk that who works on.
func deskOf(who account.Actor) []deskPlace {
	var out []deskPlace
	for _, l := range deskPlaces {
		if who.Any(l.By...) {
			out = append(out, l)
		}
	}
	return out
}

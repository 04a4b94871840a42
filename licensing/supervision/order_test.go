package supervision_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/supervision"
)

func wanted(w *world, change ...func(*supervision.NewOrder)) supervision.NewOrder {
	n := supervision.NewOrder{Department: w.dataset.Department.Slug, Grounds: []string{"security"}, Facts: "三个条目没有定安全责任人。", Remedy: "补定责任人，更新目录。", Due: "2026-03-23"}
	for _, c := range change {
		c(&n)
	}
	return n
}

func (w *world) issue(t testing.TB, change ...func(*supervision.NewOrder)) *supervision.Order {
	t.Helper()
	o, err := w.IssueOrder(t.Context(), w.authority, wanted(w, change...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (w *world) try(t testing.TB, who account.Actor, number string, step supervision.OrderStep) (*supervision.Order, error) {
	t.Helper()
	v, err := w.Order(t.Context(), who, number)
	if err != nil {
		return nil, err
	}
	step.Revision = v.Revision
	return w.MoveOrder(t.Context(), who, number, step)
}

func (w *world) done(t testing.TB, who account.Actor, number string, step supervision.OrderStep) *supervision.Order {
	t.Helper()
	o, err := w.try(t, who, number, step)
	if err != nil {
		t.Fatalf("%s: %v", step.Action, err)
	}
	return o
}

func putRight(words string) supervision.OrderStep {
	return supervision.OrderStep{Action: supervision.PutRight, Words: words, Evidence: "责任人名单，局办〔2026〕3号"}
}

// asks is what the inbox asks of who about an order; empty: nothing.
func (w *world) asks(t testing.TB, who account.Actor, number string) string {
	t.Helper()
	items, err := w.Waiting(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.Kind == "order" && i.ID == number {
			return i.Ask
		}
	}
	return ""
}

// From the order to its closing, with more time, an answer that is not enough and a new
// day: each clock runs for whoever's turn it is.
func TestAnOrderFromItsIssueToItsClosing(t *testing.T) {
	w := newWorld(t, licensingtest.Tianjin, "2026-03-02")
	o := w.issue(t, func(n *supervision.NewOrder) { n.Entries = []string{w.dataset.Slug} })
	if o.Number != "ZG-2026-000001" || o.State != supervision.OrderIssued || last(o.Due) != "2026-03-23" {
		t.Fatalf("%s %s by %s", o.Number, o.State, last(o.Due))
	}
	if w.asks(t, w.officer, o.Number) == "" || w.asks(t, w.authority, o.Number) != "" || w.asks(t, w.regulator, o.Number) != "" {
		t.Error("it waits for the department alone")
	}
	o = w.done(t, w.officer, o.Number, supervision.OrderStep{Action: supervision.AskMore, Words: "等编办批复。", Days: 8})
	if !o.Asks() || last(o.Clock()) != "2026-03-23" || w.asks(t, w.authority, o.Number) == "" {
		t.Errorf("asked: %v by %s", o.Asks(), last(o.Clock()))
	}
	if _, err := w.try(t, w.authority, o.Number, supervision.OrderStep{Action: supervision.GiveMore, Days: 5}); fault.Of(err).Field != "reason" {
		t.Errorf("less than was asked for, without a reason: %v", err)
	}
	o = w.done(t, w.authority, o.Number, supervision.OrderStep{Action: supervision.GiveMore, Days: 5, Words: "五个工作日够了。"})
	if o.Asks() || last(o.Due) != "2026-03-30" {
		t.Errorf("given: %v by %s", o.Asks(), last(o.Due))
	}
	if _, err := w.try(t, w.officer, o.Number, supervision.OrderStep{Action: supervision.AskMore, Words: "再等等", Days: 1}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("asked twice: %v", err)
	}
	w.Day(t, "2026-03-26")
	step := putRight("两个条目补定了责任人。")
	step.Links = []string{w.dataset.Slug, "/d/" + w.dataset.Resources[0].ID + "/1/data.csv", w.grant, w.dataset.Slug}
	o = w.done(t, w.head, o.Number, step)
	if o.State != supervision.OrderAnswered || last(o.Clock()) != "2026-04-10" || len(o.Links) != 3 || o.Rounds != 1 { // 6 April is a holiday
		t.Fatalf("%s by %s, %+v", o.State, last(o.Clock()), o.Links)
	}
	if w.asks(t, w.officer, o.Number) != "" || w.asks(t, w.authority, o.Number) == "" {
		t.Error("an answer waits for the authority alone")
	}
	w.Day(t, "2026-04-02")
	if _, err := w.try(t, w.authority, o.Number, supervision.OrderStep{Action: supervision.FindWanting, Words: "还差一个条目。"}); fault.Of(err).Field != "due" {
		t.Errorf("wanting without a new day: %v", err)
	}
	o = w.done(t, w.authority2, o.Number, supervision.OrderStep{Action: supervision.FindWanting, Words: "还差一个条目。", Due: "2026-04-10"})
	if o.State != supervision.OrderWanting || last(o.Clock()) != "2026-04-10" || o.Checking != nil {
		t.Fatalf("%s by %s", o.State, last(o.Clock()))
	}
	o = w.done(t, w.officer, o.Number, putRight("三个条目都有了。"))
	o = w.done(t, w.authority, o.Number, supervision.OrderStep{Action: supervision.Confirm, Words: "核对目录，三个条目都有责任人。"})
	if o.State != supervision.OrderClosed || o.Clock() != nil || o.EndedAt == nil {
		t.Errorf("%s, %v", o.State, o.Clock())
	}
	v, err := w.Order(t.Context(), w.officer, o.Number)
	if err != nil || len(v.Offers) != 0 || len(v.Entries) != 1 || v.Entries[0].Slug != w.dataset.Slug {
		t.Fatalf("%+v, %v", v, err)
	}
	var acts []string
	for _, e := range v.Events {
		acts = append(acts, e.Act)
	}
	if got := strings.Join(acts, " "); got != "issue ask extend answer want answer close" {
		t.Errorf("%s", got)
	}
	if !strings.Contains(v.Events[3].Words, "局办〔2026〕3号") || !strings.Contains(v.Events[3].Words, w.dataset.Slug) {
		t.Errorf("the first answer is not kept whole: %q", v.Events[3].Words)
	}
	if score, may, err := w.ScoreOf(t.Context(), w.officer, w.dataset.Department.Slug); err != nil || !may || score.PutRight != (datasets.Share{Yes: 1, All: 1}) || score.InTime != (datasets.Share{Yes: 1, All: 1}) || score.Overdue.All != 0 {
		t.Errorf("%+v, %t, %v", score, may, err)
	}
}

// What each text names is offered under it with its article, else the platform's list;
// the days are the platform's under all of them.
func TestTheGroundsAndDaysOfEachText(t *testing.T) {
	for _, c := range []struct {
		profile, day, path, first  string
		n                          int
		power, cite                string
		usual, least, most, chosen string
		ground                     string
	}{
		// 1 to 7 October 2026 are holidays, 20 September and 10 October are worked
		{licensingtest.Tianjin, "2026-09-28", "rectification", "未编制、更新政务数据目录", 3, "TJ-52", "TJ-52", "2026-10-23", "2026-10-08", "", "2026-10-23", "catalogue"},
		{licensingtest.Anshan, "2026-03-02", "rectification_grounds", "没有按规定编制、更新或者报送目录", 6, "AS-49", "平台规则", "2026-03-23", "2026-03-05", "2026-08-21", "2026-03-05", "misuse"},
		{licensingtest.Fujian, "2026-04-30", "rectification_grounds", "没有按规定编制、更新或者报送目录", 6, "平台规则", "平台规则", "2026-05-25", "2026-05-08", "", "2026-05-09", "late_answers"},       // 9 May is a Saturday that is worked
		{licensingtest.Aba, "2023-09-04", "rectification", "未按照规定编制、更新、报送本部门政务数据资源目录", 11, "AB-44(2)", "AB-44(8)", "2023-09-25", "2023-09-07", "", "2023-10-07", "late_answers"}, // 7 October 2023 is a Saturday that is worked
		{licensingtest.Aba, "2026-03-02", "rectification_grounds", "没有按规定编制、更新或者报送目录", 6, "平台规则", "平台规则", "2026-03-23", "2026-03-05", "", "2026-03-20", "late_answers"},          // lapsed
	} {
		t.Run(c.profile+" "+c.day, func(t *testing.T) {
			w := newWorld(t, c.profile, c.day)
			x, err := w.Orderable(t.Context(), w.authority, w.dataset.Department.Slug)
			if err != nil {
				t.Fatal(err)
			}
			if r := x.Rule.Rule; r.Path != c.path || len(r.Options) != c.n || r.Options[0].Name.Zh != c.first || x.Power.Cite[0] != c.power {
				t.Errorf("%s, %d: %s by %v", r.Path, len(r.Options), r.Options[0].Name.Zh, x.Power.Cite)
			}
			if last(&x.Usual) != c.usual || last(&x.Least) != c.least || c.most != "" && last(&x.Most) != c.most || !x.Usual.House() {
				t.Errorf("usual %s, least %s, most %s", last(&x.Usual), last(&x.Least), last(&x.Most))
			}
			o, err := w.IssueOrder(t.Context(), w.authority, wanted(w, func(n *supervision.NewOrder) { n.Grounds, n.Due = []string{c.ground}, c.chosen }))
			if err != nil {
				t.Fatal(err)
			}
			if cites := o.Citations().Cite; last(o.Due) != c.chosen || len(cites) != 1 || cites[0] != c.cite {
				t.Errorf("by %s, %v", last(o.Due), cites)
			}
		})
	}
}

// What is no order is refused at its field, and nothing of it is left behind.
func TestWhatIsNoOrder(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2026-04-29")
	elsewhere := w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Anshan })
	theirs := w.Dataset(t, func(d *datasets.Dataset) { d.Department = elsewhere })
	for _, c := range []struct {
		name, field, says string
		change            func(*supervision.NewOrder)
	}{
		{"no ground", "ground", "至少一种", func(n *supervision.NewOrder) { n.Grounds = nil }},
		{"an unknown ground", "ground", "从列表里选", func(n *supervision.NewOrder) { n.Grounds = []string{"security", "burning"} }},
		{"a ground of another text", "ground", "从列表里选", func(n *supervision.NewOrder) { n.Grounds = []string{"asking_again"} }},
		{"no facts", "facts", "须填写", func(n *supervision.NewOrder) { n.Facts = " \n" }},
		{"facts too long", "facts", "太长", func(n *supervision.NewOrder) { n.Facts = strings.Repeat("长", 4001) }},
		{"a control character", "facts", "控制字符", func(n *supervision.NewOrder) { n.Facts = "a\x00" }},
		{"nothing to put right", "remedy", "要整改什么", func(n *supervision.NewOrder) { n.Remedy = "" }},
		{"no day", "due", "例如 2026-05-22", func(n *supervision.NewOrder) { n.Due = "" }},
		{"a day that there is not", "due", "日期", func(n *supervision.NewOrder) { n.Due = "2026-02-30" }},
		{"yesterday", "due", "最早 2026-05-07", func(n *supervision.NewOrder) { n.Due = "2026-04-28" }},
		{"too soon", "due", "至少 3 个工作日，最早 2026-05-07", func(n *supervision.NewOrder) { n.Due = "2026-05-06" }},
		{"in the holiday", "due", "最早 2026-05-07", func(n *supervision.NewOrder) { n.Due = "2026-05-04" }},
		{"on a Sunday", "due", "不是工作日，请写 2026-05-09 或者 2026-05-11", func(n *supervision.NewOrder) { n.Due = "2026-05-10" }},
		{"too late", "due", "至多 120 个工作日", func(n *supervision.NewOrder) { n.Due = "2027-04-29" }},
		{"the end of time", "due", "至多 120 个工作日", func(n *supervision.NewOrder) { n.Due = "9999-12-31" }},
		{"no department", "department", "没有这个部门", func(n *supervision.NewOrder) { n.Department = "nonesuch" }},
		{"of another region", "department", "不由您主管", func(n *supervision.NewOrder) { n.Department = elsewhere.Slug }},
		{"an entry of another", "entries", "没有条目", func(n *supervision.NewOrder) { n.Entries = []string{theirs.Slug} }},
		{"an entry that there is not", "entries", "没有条目", func(n *supervision.NewOrder) { n.Entries = []string{"nonesuch"} }},
		{"too many entries", "entries", "最多", func(n *supervision.NewOrder) { n.Entries = slices.Repeat([]string{"a"}, 51) }},
	} {
		_, err := w.IssueOrder(t.Context(), w.authority, wanted(w, func(n *supervision.NewOrder) { n.Due = "2026-05-21" }, c.change))
		if f := fault.Of(err); f.Kind != fault.Invalid || f.Field != c.field || !strings.Contains(fault.Of(err).Error(), c.says) {
			t.Errorf("%s: at %s, %v", c.name, f.Field, err)
		}
	}
	own, err := w.Catalogue.Service.Department(t.Context(), account.Actor{}, w.dataset.Department.Slug)
	if err != nil {
		t.Fatal(err)
	}
	within := w.Official(t, own.Item, account.Authority)
	for name, who := range map[string]account.Actor{"a visitor": {}, "an officer": w.officer, "the regulator": w.regulator, "somebody": w.stranger, "a key": {ID: w.authority.ID, Department: w.authority.Department, Roles: w.authority.Roles, Key: "sy_key"}} {
		if _, err := w.IssueOrder(t.Context(), who, wanted(w)); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s issues one: %v", name, err)
		}
	}
	if _, err := w.IssueOrder(t.Context(), within, wanted(w)); fault.Of(err).Field != "department" {
		t.Errorf("an authority orders its own department: %v", err)
	}
	var left int
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM rectification_orders) + (SELECT count(*) FROM supervision_events WHERE subject = 'order') + (SELECT count(*) FROM river_job WHERE kind = 'supervision_notice')
		+ (SELECT count(*) FROM case_numbers WHERE kind = 'ZG')`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d left behind, %v", left, err)
	}
}

// Each side takes its own steps and no others; nobody else knows of the order.
func TestWhoTakesWhichStepAboutAnOrder(t *testing.T) {
	w := newWorld(t, licensingtest.Anshan, "2026-03-02")
	o := w.issue(t)
	elsewhere := w.Official(t, w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Fujian }), account.Authority)
	neighbour := w.Official(t, w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Anshan }), account.Officer)
	within := w.Official(t, w.dataset.Department, account.Authority)
	keyed := w.officer
	keyed.Key = "sy_key"
	for name, who := range map[string]account.Actor{"a visitor": {}, "somebody": w.stranger, "an authority elsewhere": elsewhere, "another department": neighbour, "a key": keyed} {
		if _, err := w.Order(t.Context(), who, o.Number); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s sees it: %v", name, err)
		}
		if _, err := w.MoveOrder(t.Context(), who, o.Number, supervision.OrderStep{Action: supervision.TakeBack, Words: "x", Revision: 1}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s moves it: %v", name, err)
		}
		if _, may, err := w.ScoreOf(t.Context(), who, w.dataset.Department.Slug); may || err != nil {
			t.Errorf("%s knows the score: %v", name, err)
		}
	}
	if list, err := w.Orders(t.Context(), neighbour, supervision.Filter{All: true, Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("another department lists %v, %v", list, err)
	}
	for _, c := range []struct {
		who  account.Actor
		step supervision.OrderStep
		want fault.Kind
	}{
		{w.authority, putRight("x"), fault.Forbidden}, {w.regulator, putRight("x"), fault.Forbidden}, {within, putRight("x"), fault.Forbidden}, {within, supervision.OrderStep{Action: supervision.TakeBack, Words: "x"}, fault.Forbidden},
		{w.officer, supervision.OrderStep{Action: supervision.Confirm, Words: "x"}, fault.Forbidden}, {w.officer, supervision.OrderStep{Action: supervision.TakeBack, Words: "x"}, fault.Forbidden},
		{w.regulator, supervision.OrderStep{Action: supervision.Confirm, Words: "x"}, fault.Forbidden}, {w.authority, supervision.OrderStep{Action: "burn", Words: "x"}, fault.Conflict}, {w.officer, supervision.OrderStep{Action: "burn"}, fault.Forbidden},
		{w.authority, supervision.OrderStep{Action: supervision.Confirm, Words: "x"}, fault.Conflict}, {w.authority, supervision.OrderStep{Action: supervision.FindWanting, Words: "x", Due: "2026-03-20"}, fault.Conflict},
		{w.authority, supervision.OrderStep{Action: supervision.GiveMore, Days: 1}, fault.Conflict}, {w.authority, supervision.OrderStep{Action: supervision.TakeBack}, fault.Invalid},
		{w.officer, supervision.OrderStep{Action: supervision.AskMore, Words: "x", Days: 11}, fault.Invalid}, {w.officer, supervision.OrderStep{Action: supervision.AskMore, Words: "x"}, fault.Invalid}, {w.officer, supervision.OrderStep{Action: supervision.AskMore, Days: 2}, fault.Invalid},
		{w.officer, supervision.OrderStep{Action: supervision.PutRight, Words: "做完了"}, fault.Invalid}, {w.officer, supervision.OrderStep{Action: supervision.PutRight, Evidence: "名单"}, fault.Invalid},
		{w.officer, supervision.OrderStep{Action: supervision.PutRight, Words: "做完了", Links: []string{"SQZ-2026-999999"}}, fault.Invalid}, {w.officer, supervision.OrderStep{Action: supervision.PutRight, Words: "做完了", Links: []string{"https://example.org/"}}, fault.Invalid},
	} {
		if _, err := w.try(t, c.who, o.Number, c.step); fault.KindOf(err) != c.want {
			t.Errorf("%s by %s: %v", c.step.Action, c.who.Name, err)
		}
	}
	if _, err := w.MoveOrder(t.Context(), w.officer, "ZG-2026-999999", putRight("x")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an order that there is not: %v", err)
	}
	back := w.done(t, w.authority2, o.Number, supervision.OrderStep{Action: supervision.TakeBack, Words: "查明不是这个部门。"})
	if back.State != supervision.OrderWithdrawn || back.Finding == "" || w.asks(t, w.officer, o.Number) != "" {
		t.Errorf("%s", back.State)
	}
	if _, err := w.try(t, w.officer, o.Number, putRight("x")); fault.KindOf(err) != fault.Conflict {
		t.Errorf("answered after it was taken back: %v", err)
	}
}

// An order whose day passed is late on both sides, and can still be answered; so is an
// answer that nobody checks.
func TestAnOrderThatIsLate(t *testing.T) {
	w := newWorld(t, licensingtest.Anshan, "2026-03-02")
	o := w.issue(t)
	late := func(who account.Actor) int {
		t.Helper()
		list, err := w.Orders(t.Context(), who, supervision.Filter{Late: true, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	w.Day(t, "2026-03-23")
	if late(w.officer) != 0 {
		t.Error("late on its last day")
	}
	w.Day(t, "2026-03-24")
	if late(w.officer) != 1 || late(w.authority) != 1 || late(w.regulator) != 1 || w.asks(t, w.authority, o.Number) == "" || w.asks(t, w.head, o.Number) == "" {
		t.Error("it is not late for everybody")
	}
	if score, _, err := w.ScoreOf(t.Context(), w.authority, w.dataset.Department.Slug); err != nil || score.Overdue != (datasets.Share{Yes: 1, All: 1}) || score.InTime != (datasets.Share{All: 1}) || score.PutRight != (datasets.Share{All: 1}) {
		t.Errorf("%+v, %v", score, err)
	}
	if _, err := w.try(t, w.officer, o.Number, supervision.OrderStep{Action: supervision.AskMore, Words: "忘了", Days: 3}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("more time for what is late: %v", err)
	}
	o = w.done(t, w.officer, o.Number, putRight("补上了。"))
	if late(w.officer) != 0 || last(o.Clock()) != "2026-04-08" {
		t.Errorf("answered, to be checked by %s", last(o.Clock()))
	}
	w.Day(t, "2026-04-09")
	if late(w.authority) != 1 || late(w.officer) != 1 {
		t.Error("nobody sees that the check is late")
	}
	w.done(t, w.authority, o.Number, supervision.OrderStep{Action: supervision.Confirm, Words: "核对过。"})
	if score, _, err := w.ScoreOf(t.Context(), w.regulator, w.dataset.Department.Slug); err != nil || score.InTime != (datasets.Share{All: 1}) || score.PutRight != (datasets.Share{Yes: 1, All: 1}) || score.Overdue.All != 0 {
		t.Errorf("%+v, %v", score, err)
	}
}

// An answer makes an end of what was asked for; a refusal leaves the day as it is.
func TestMoreTimeIsAskedForOnce(t *testing.T) {
	w := newWorld(t, licensingtest.Tianjin, "2026-03-02")
	o := w.issue(t)
	w.done(t, w.officer, o.Number, supervision.OrderStep{Action: supervision.AskMore, Words: "等批复。", Days: 10})
	o = w.done(t, w.officer, o.Number, putRight("批复来了，做完了。"))
	if o.Asks() {
		t.Error("it still asks for more time")
	}
	o = w.done(t, w.authority, o.Number, supervision.OrderStep{Action: supervision.FindWanting, Words: "不够", Due: "2026-03-20"})
	if v, err := w.Order(t.Context(), w.authority, o.Number); err != nil || slices.Contains(v.Offers, supervision.GiveMore) {
		t.Errorf("offered: %v, %v", v.Offers, err)
	}
	if v, err := w.Order(t.Context(), w.officer, o.Number); err != nil || slices.Contains(v.Offers, supervision.AskMore) {
		t.Errorf("offered: %v, %v", v.Offers, err)
	}
	o = w.issue(t)
	w.done(t, w.head, o.Number, supervision.OrderStep{Action: supervision.AskMore, Words: "等批复。", Days: 10})
	if o = w.done(t, w.authority, o.Number, supervision.OrderStep{Action: supervision.RefuseMore, Words: "已经拖了很久。"}); last(o.Due) != "2026-03-23" || o.GivenDays != 0 || o.Asks() {
		t.Errorf("refused: by %s", last(o.Due))
	}
}

// Two who act at once, twenty times: one goes through, and the other is told.
func TestTwoActOnAnOrderAtOnce(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2026-03-02")
	at := func(acts ...func() error) {
		t.Helper()
		failed := make([]error, len(acts))
		var wg sync.WaitGroup
		for i := range acts {
			wg.Go(func() { failed[i] = acts[i]() })
		}
		wg.Wait()
		ok := 0
		for _, err := range failed {
			if err == nil {
				ok++
			} else if f := fault.Of(err); f.Kind != fault.Conflict || !strings.Contains(f.Error(), "已经有人处理过") {
				t.Error(err)
			}
		}
		if ok != 1 {
			t.Fatalf("%d went through: %v", ok, failed)
		}
	}
	move := func(who account.Actor, o *supervision.Order, step supervision.OrderStep) func() error {
		step.Revision = o.Revision
		return func() error {
			_, err := w.MoveOrder(context.Background(), who, o.Number, step)
			return err
		}
	}
	for range 20 {
		o := w.issue(t)
		at(move(w.officer, o, putRight("甲")), move(w.head, o, putRight("乙")), move(w.authority, o, supervision.OrderStep{Action: supervision.TakeBack, Words: "撤"}))
		v, err := w.Order(t.Context(), w.authority, o.Number)
		if err != nil {
			t.Fatal(err)
		}
		if v.State == supervision.OrderAnswered {
			at(move(w.authority, v.Order, supervision.OrderStep{Action: supervision.Confirm, Words: "好"}), move(w.authority2, v.Order, supervision.OrderStep{Action: supervision.FindWanting, Words: "不够", Due: "2026-03-20"}))
		}
	}
	var rows, events, acts int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*), (SELECT count(*) FROM supervision_events WHERE subject = 'order'), (SELECT count(*) FROM audit_entries WHERE subject = 'order') FROM rectification_orders`).Scan(&rows, &events, &acts); err != nil || rows != 20 || events != acts || events < 40 {
		t.Errorf("%d orders, %d events, %d acts, %v", rows, events, acts, err)
	}
}

// The database refuses every move that the table does not have, and every change of
// what an order says.
func TestTheDatabaseHoldsAnOrderToItsMoves(t *testing.T) {
	w := newWorld(t, licensingtest.Tianjin, "2026-03-02")
	states := []string{"issued", "answered", "wanting", "closed", "withdrawn"}
	may := map[string]bool{}
	for line := range strings.Lines(supervision.OrderLifecycle()) {
		if f := strings.Fields(line); len(f) > 2 && f[1] == "-->" && f[0] != "[*]" && f[2] != "[*]" {
			may[f[0]+" "+f[2]] = true
		}
	}
	set := func(state string) string {
		out := `answer = 'x', answered_at = '2026-03-03', rounds = 1, evidence = 'x', finding = 'x', found_at = '2026-03-04', check_from = NULL, check_path = '', check_profile = '', ended_at = NULL`
		switch state {
		case "answered":
			out = strings.Replace(out, `check_from = NULL, check_path = '', check_profile = ''`, `check_from = '2026-03-03', check_path = 'y', check_profile = 'x'`, 1)
		case "closed", "withdrawn":
			out = strings.Replace(out, `ended_at = NULL`, `ended_at = '2026-03-05'`, 1)
		}
		return out + `, state = '` + state + `', revision = revision + 1`
	}
	for _, from := range states {
		for _, to := range states {
			o := w.issue(t)
			if _, err := w.Pool.Exec(t.Context(), `ALTER TABLE rectification_orders DISABLE TRIGGER USER`); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Pool.Exec(t.Context(), `UPDATE rectification_orders SET `+set(from)+` WHERE id = $1`, o.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Pool.Exec(t.Context(), `ALTER TABLE rectification_orders ENABLE TRIGGER USER`); err != nil {
				t.Fatal(err)
			}
			_, err := w.Pool.Exec(t.Context(), `UPDATE rectification_orders SET `+set(to)+` WHERE id = $1`, o.ID)
			if (err == nil) != may[from+" "+to] {
				t.Errorf("from %s to %s: %v", from, to, err)
			}
		}
	}
	o := w.issue(t)
	for _, change := range []string{"facts = 'other'", "remedy = 'other'", "grounds = '{catalogue}'", "issued_by = 9", "issued_name = '别人'", "department_id = issuer_id, issuer_id = department_id", "issued_at = now()"} {
		if _, err := w.Pool.Exec(t.Context(), `UPDATE rectification_orders SET `+change+`, revision = revision + 1 WHERE id = $1`, o.ID); err == nil {
			t.Errorf("it took %s", change)
		}
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE rectification_orders SET answer = 'x', answered_at = now(), rounds = 1, evidence = 'x', answered_by = issued_by, state = 'answered', check_from = now(), check_path = 'y', check_profile = 'x', revision = revision + 1 WHERE id = $1`, o.ID); err == nil {
		t.Error("whoever issued it answered")
	}
}

// Whoever has to act is written to at once, and nobody else.
func TestTheLettersOfAnOrder(t *testing.T) {
	w := newWorld(t, licensingtest.Tianjin, "2026-03-02")
	sent := func() (out []string) {
		t.Helper()
		rows, err := w.Pool.Query(t.Context(), `DELETE FROM river_job WHERE kind = 'supervision_notice' RETURNING args ->> 'act', args ->> 'to', coalesce(args ->> 'due', ''), args ->> 'yours'`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var act, to, due, yours string
			if err := rows.Scan(&act, &to, &due, &yours); err != nil {
				t.Fatal(err)
			}
			out = append(out, strings.Join([]string{act, w.nameOf(t, to), due, yours}, " "))
		}
		slices.Sort(out)
		return out
	}
	body := []account.Actor{w.officer, w.head}
	above := []account.Actor{w.authority, w.authority2}
	told := func(act, rest string, to []account.Actor) (out []string) {
		for _, who := range to {
			out = append(out, act+" "+who.Name+" "+rest)
		}
		slices.Sort(out)
		return out
	}
	sent()
	o := w.issue(t)
	for _, c := range []struct {
		who  account.Actor
		step supervision.OrderStep
		want []string
	}{
		{w.authority, supervision.OrderStep{}, told("issue", "2026-03-23 true", body)},
		{w.officer, supervision.OrderStep{Action: supervision.AskMore, Words: "等批复", Days: 2}, told("ask", "2026-03-23 true", above)},
		{w.authority, supervision.OrderStep{Action: supervision.GiveMore, Days: 2}, told("extend", "2026-03-25 true", body)},
		{w.officer, putRight("做完了"), told("answer", "2026-03-16 true", above)},
		{w.authority, supervision.OrderStep{Action: supervision.FindWanting, Words: "不够", Due: "2026-03-20"}, told("want", "2026-03-20 true", body)},
		{w.head, putRight("又做了"), told("answer", "2026-03-16 true", above)},
		{w.authority2, supervision.OrderStep{Action: supervision.Confirm, Words: "核对过"}, told("close", " false", body)},
	} {
		if c.step.Action != "" {
			w.done(t, c.who, o.Number, c.step)
		}
		if got := sent(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.step.Action, got, c.want)
		}
	}
}

func (w *world) nameOf(t testing.TB, address string) (name string) {
	t.Helper()
	if err := w.Pool.QueryRow(t.Context(), `SELECT name FROM users WHERE identifier = $1`, address).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

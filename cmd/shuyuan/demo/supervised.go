package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
)

// sampleBreach is a breach case that was opened so many days ago.
type sampleBreach struct {
	days   int
	charge supervision.Charge
	steps  []breachStep
}

// breachStep is what somebody does in it, so many days before now.
type breachStep struct {
	days int
	who  string
	supervision.BreachStep
}

var (
	// against the grant of the company: it was heard, and warned
	warnedOf = sampleBreach{days: 26, charge: supervision.Charge{Violations: []string{"beyond_scope"}, Facts: "示例：把维修损失的明细放进了收费报告。", Evidence: "示例证据：报告第 12 页截图，取数记录 1 条。"}, steps: []breachStep{
		{22, theOwner, supervision.BreachStep{Action: supervision.Answer, Words: "示例说明：排版时放错了，报告已经撤回，没有卖出。"}},
		{18, theOfficer, supervision.BreachStep{Action: supervision.Warn, Words: "示例决定：超出约定的用途，已经撤回，给予警告。"}},
	}}
	// against a grant of sharing: suspended at once, and the holder is yet to answer
	suspendedOf = sampleBreach{days: 1, charge: supervision.Charge{Violations: []string{"leak"}, Facts: "示例：共享的登记表出现在外包公司的网盘里。", Evidence: "示例证据：网盘链接截图，共享授权的交付记录。", Halt: true}}
)

// sampleIncident is an incident that was opened so many days ago.
type sampleIncident struct {
	entry string
	days  int
	supervision.NewIncident
	steps []incidentStep
}

// incidentStep is what somebody does in it, so many days before now.
type incidentStep struct {
	days int
	who  string
	supervision.IncidentStep
}

var sampleIncidents = []sampleIncident{
	{entry: sharedOn, days: 30, NewIncident: supervision.NewIncident{Level: "larger", Title: "示例：共享接口的口令写在了公开的说明里", What: "示例：说明文件发在公开网页上，里面有共享接口的口令，两小时后发现。"}, steps: []incidentStep{
		{30, theOfficer, supervision.IncidentStep{Action: supervision.Contain, Measures: "示例：撤下说明，换了口令，停用旧口令。"}},
		{30, theOfficer, supervision.IncidentStep{Action: supervision.Tell, Words: "示例：共享接口的口令曾经公开两小时，已经更换。请核对贵单位的取数记录，发现异常告诉我们。",
			WordsEN: "Sample: the password of the interface was public for two hours and has been changed. Please look through your records of what was taken and tell us what you find."}},
		{29, theOfficer, supervision.IncidentStep{Action: supervision.Keep, Records: "示例：网页访问记录和交付记录，存于本单位日志库。"}},
		{29, theOfficer, supervision.IncidentStep{Action: supervision.Inform, Report: supervision.Reported{Kind: supervision.ToAuthority, Body: "示例：数据管理局", Number: "示例〔2026〕3号", Words: "示例：情况和措施。"}}},
		{24, theHead, supervision.IncidentStep{Action: supervision.Close, Cause: "示例：发布说明前没有人核对。", Lessons: "示例：说明由另一人核对以后才发布，口令不写进文件。"}},
	}},
	{entry: appliedFor, days: 1, NewIncident: supervision.NewIncident{Level: "general", Title: "示例：备注列里混进了联系电话", What: "示例：核对时发现，明细的备注列有少数行带着联系电话，没有脱敏。"}, steps: []incidentStep{
		{1, theOfficer, supervision.IncidentStep{Action: supervision.Contain, Measures: "示例：备注列已经停止提供，正在换一版。"}},
		{1, theOfficer, supervision.IncidentStep{Action: supervision.Tell, Words: "示例：您取得的明细里，备注列可能带有联系电话。请删除这一列，不要再用。",
			WordsEN: "Sample: the remarks of the table that you took may hold telephone numbers. Please delete that column and use it no more."}},
	}},
}

// sampleOrder is a rectification order that was issued so many days ago.
type sampleOrder struct {
	days int
	to   string
	supervision.NewOrder
	steps []orderStep
}

// orderStep is what somebody does about it, so many days before now.
type orderStep struct {
	days int
	who  string
	supervision.OrderStep
}

var sampleOrders = []sampleOrder{
	{days: 44, to: theNeighbour, NewOrder: supervision.NewOrder{Grounds: []string{"late_answers"}, Facts: "示例：两件数据异议过了期限还没有处理。", Remedy: "示例：处理这两件，写明以后由谁盯着期限。"}}, // nobody has answered: it is overdue
	{days: 40, to: theOfficer, NewOrder: supervision.NewOrder{Grounds: []string{"updating"}, Facts: "示例：两个按季更新的条目过了承诺的日子还没有新版本。", Remedy: "示例：补上新版本，写明以后由谁按时更新。"}, steps: []orderStep{
		{26, theOfficer, supervision.OrderStep{Action: supervision.PutRight, Words: "示例：两个条目都发布了新版本，定了更新人。", Evidence: "示例证据：两个条目的版本记录，更新人名单。"}},
		{22, theAuthority, supervision.OrderStep{Action: supervision.Confirm, Words: "示例核查：看过两个条目，新版本已经发布。"}},
	}},
	{days: 12, to: theNeighbour, NewOrder: supervision.NewOrder{Grounds: []string{"late_answers"}, Facts: "示例：三件数据需求没有按期答复。", Remedy: "示例：答复这三件，排出值班答复的人。"}, steps: []orderStep{
		{1, theNeighbour, supervision.OrderStep{Action: supervision.PutRight, Words: "示例：三件都已答复，排了值班表。", Evidence: "示例证据：需求页面的答复，值班表。"}},
	}},
	{days: 8, to: theOfficer, NewOrder: supervision.NewOrder{Grounds: []string{"security"}, Facts: "示例：共享接口的口令写进公开说明的事以后，还没有建立发布前核对的制度。", Remedy: "示例：建立制度，写明谁核对、怎样记录。"}, steps: []orderStep{
		{5, theOfficer, supervision.OrderStep{Action: supervision.AskMore, Words: "示例：制度要经过局务会，下周才开。", Days: 8}},
		{4, theAuthority, supervision.OrderStep{Action: supervision.GiveMore, Words: "示例：五个工作日够了。", Days: 5}},
	}},
}

// orderOnce plays a rectification order, unless an earlier play did.
func (s *stage) orderOnce(ctx context.Context, now *supervision.Service, x sampleOrder) error {
	authority := s.as(theAuthority)
	there, err := now.Orders(ctx, authority, supervision.Filter{All: true, Limit: 100})
	if err != nil || slices.ContainsFunc(there, func(o supervision.Order) bool { return o.Facts == x.Facts }) {
		return err
	}
	under, err := now.Under(ctx, authority)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(under, func(d datasets.Department) bool { return d.ID == s.as(x.to).Department })
	if i < 0 {
		return fmt.Errorf("the department of %s is not under %s", x.to, theAuthority)
	}
	at, err := s.supervisionAgo(x.days)
	if err != nil {
		return err
	}
	to, err := at.Orderable(ctx, authority, under[i].Slug)
	if err != nil {
		return err
	}
	x.Department, x.Due = under[i].Slug, to.Usual.Last.Format(time.DateOnly)
	o, err := at.IssueOrder(ctx, authority, x.NewOrder)
	if err != nil {
		return err
	}
	for _, step := range x.steps {
		if at, err = s.supervisionAgo(step.days); err != nil {
			return err
		}
		step.Revision = o.Revision
		if o, err = at.MoveOrder(ctx, s.as(step.who), o.Number, step.OrderStep); err != nil {
			return fmt.Errorf("%s: %w", step.Action, err)
		}
	}
	return nil
}

// supervise shows a breach case that ended with a warning and one that suspended a
// grant and waits for the holder, an incident that is over and one under way whose
// notices were sent; an order that is overdue, one that was closed, one to be checked, one with more time.
func (s *stage) supervise(ctx context.Context) error {
	now, err := s.Supervision(s.Now)
	if err != nil {
		return err
	}
	for _, i := range sampleIncidents {
		if err := s.happenOnce(ctx, now, i); err != nil {
			return fmt.Errorf("%s: %w", i.Title, err)
		}
	}
	for _, o := range sampleOrders {
		if err := s.orderOnce(ctx, now, o); err != nil {
			return fmt.Errorf("%s: %w", o.Facts, err)
		}
	}
	of, err := s.heldByCompany(ctx)
	if err != nil {
		return err
	}
	if err := s.accuse(ctx, now, of, warnedOf); err != nil {
		return err
	}
	if of, err = s.heldByNeighbour(ctx); err != nil {
		return err
	}
	return s.accuse(ctx, now, of, suspendedOf)
}

// heldByCompany is the grant that the sample company uses; empty where there was no
// room for its data.
func (s *stage) heldByCompany(ctx context.Context) (supervision.Of, error) {
	l, err := s.Licensing(s.Now)
	if err != nil {
		return "", err
	}
	held, err := l.GrantsOf(ctx, s.as(theOwner), 0, 100)
	if i := slices.IndexFunc(held, func(g licensing.Held) bool { return g.Dataset.Slug == appliedFor && g.Stands(s.Now()) }); i >= 0 {
		return supervision.Of(held[i].Number), err
	}
	return "", err
}

// heldByNeighbour is the grant of sharing that runs for the sample neighbour.
func (s *stage) heldByNeighbour(ctx context.Context) (supervision.Of, error) {
	all, err := s.Sharing.Requests(ctx, s.as(theNeighbour), sharing.Filter{As: sharing.Asker, All: true})
	if i := slices.IndexFunc(all, func(r *sharing.Request) bool { return r.State == sharing.Supplied }); i >= 0 {
		return supervision.Of(fmt.Sprintf("GX-%d", all[i].ID)), err
	}
	return "", err
}

// accuse plays a breach case, unless an earlier play did.
func (s *stage) accuse(ctx context.Context, now *supervision.Service, of supervision.Of, x sampleBreach) error {
	if of == "" {
		return nil // there was no room for it
	}
	there, err := now.BreachesOf(ctx, s.as(theOfficer), of)
	if err != nil || len(there) > 0 {
		return err
	}
	at, err := s.supervisionAgo(x.days)
	if err != nil {
		return err
	}
	b, err := at.OpenBreach(ctx, s.as(theOfficer), of, x.charge)
	if err != nil {
		return err
	}
	for _, step := range x.steps {
		if at, err = s.supervisionAgo(step.days); err != nil {
			return err
		}
		step.Revision = b.Revision
		if b, err = at.MoveBreach(ctx, s.as(step.who), b.Number, step.BreachStep); err != nil {
			return fmt.Errorf("%s: %w", step.Action, err)
		}
	}
	return nil
}

// happenOnce plays an incident, unless an earlier play did.
func (s *stage) happenOnce(ctx context.Context, now *supervision.Service, x sampleIncident) error {
	officer := s.as(theOfficer)
	there, err := now.Incidents(ctx, officer, supervision.Filter{All: true, Limit: 100})
	if err != nil || slices.ContainsFunc(there, func(i supervision.Incident) bool { return i.Title == x.Title }) {
		return err
	}
	d, err := s.Datasets.Dataset(ctx, officer, x.entry)
	if fault.KindOf(err) == fault.NotFound {
		return nil // there was no room for it
	}
	if err != nil {
		return err
	}
	if x.Versions = newest(d); len(x.Versions) == 0 {
		return nil
	}
	at, err := s.supervisionAgo(x.days)
	if err != nil {
		return err
	}
	x.Slug = x.entry
	i, err := at.OpenIncident(ctx, officer, x.NewIncident)
	if err != nil {
		return err
	}
	for _, step := range x.steps {
		if at, err = s.supervisionAgo(step.days); err != nil {
			return err
		}
		step.Revision = i.Revision
		if i, err = at.MoveIncident(ctx, s.as(step.who), i.Number, step.IncidentStep); err != nil {
			return fmt.Errorf("%s: %w", step.Action, err)
		}
	}
	return nil
}

// newest are the newest versions of the files of an entry.
func newest(d *datasets.Dataset) (out []int64) {
	for i := range d.Resources {
		if v := d.Resources[i].Newest; v != nil {
			out = append(out, v.ID)
		}
	}
	return out
}

// supervisionAgo is supervision as it was so many days ago.
func (s *stage) supervisionAgo(days int) (*supervision.Service, error) {
	then := s.Now().AddDate(0, 0, -days)
	return s.Supervision(func() time.Time { return then })
}

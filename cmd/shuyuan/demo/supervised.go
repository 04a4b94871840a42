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

// supervise shows a breach case that ended with a warning and one that suspended a
// grant and waits for the holder, an incident that is over and one under way whose
// notices were sent.
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

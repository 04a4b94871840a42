package demo

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/papers"
)

// appliedFor is the entry whose department has demo accounts.
const appliedFor = "bird-strike-costs"

// applied is one sample application, made so many days ago and moved as told.
type applied struct {
	from    licensing.Kind // what follows the latest grant of the same applicant for the entry; empty: a first one
	entry   string
	company bool // for the verified organisation; else by the citizen
	days    int
	lane    string
	purpose string
	draft   bool
	papers  []string // materials that are handed in
	steps   []appliedStep
}

// appliedStep is what happens to it, so many days before now.
type appliedStep struct {
	days int
	do   func(ctx context.Context, s *stage, l *licensing.Service, who account.Actor, officer account.Actor, a *licensing.Application) (*licensing.Application, error)
}

// The moves of the sample applications.
func taken(days int) appliedStep {
	return appliedStep{days, func(ctx context.Context, _ *stage, l *licensing.Service, _, officer account.Actor, a *licensing.Application) (*licensing.Application, error) {
		return l.Accept(ctx, officer, a.Number, a.Revision)
	}}
}

func askedForMore(days int, missing string) appliedStep {
	return appliedStep{days, func(ctx context.Context, _ *stage, l *licensing.Service, _, officer account.Actor, a *licensing.Application) (*licensing.Application, error) {
		return l.Return(ctx, officer, a.Number, missing, a.Revision)
	}}
}

func answered(days int, decision, reason string) appliedStep {
	return appliedStep{days, func(ctx context.Context, _ *stage, l *licensing.Service, _, officer account.Actor, a *licensing.Application) (*licensing.Application, error) {
		v := licensing.Verdict{Reason: reason}
		if decision != licensing.ItemGranted {
			v.Bases = []datasets.LegalBasis{gradedGround}
		}
		for _, i := range a.Items {
			x := licensing.ItemVerdict{Resource: i.Resource, Decision: decision}
			if decision != licensing.ItemGranted {
				x.Reason = reason
			}
			if decision == licensing.ItemReduced {
				x.Columns = i.Columns[:1]
			}
			v.Items = append(v.Items, x)
		}
		return l.Decide(ctx, officer, a.Number, v, a.Revision)
	}}
}

func competed(days int) appliedStep {
	return appliedStep{days, func(ctx context.Context, _ *stage, l *licensing.Service, _, officer account.Actor, a *licensing.Application) (*licensing.Application, error) {
		return l.SendToAward(ctx, officer, a.Number, a.Revision)
	}}
}

func turnedAway(days int, reason string) appliedStep {
	return appliedStep{days, func(ctx context.Context, _ *stage, l *licensing.Service, _, officer account.Actor, a *licensing.Application) (*licensing.Application, error) {
		return l.RejectScope(ctx, officer, a.Number, licensing.GroundDisclosure, reason, a.Revision)
	}}
}

func refusalDisputed(days int) appliedStep {
	return appliedStep{days, func(ctx context.Context, _ *stage, l *licensing.Service, who, _ account.Actor, a *licensing.Application) (*licensing.Application, error) {
		if err := handIn(ctx, l, who, a.Number, "", "示例证据.pdf"); err != nil {
			return nil, err
		}
		return l.Dispute(ctx, who, a.Number, "示例：数据里没有个人信息，理由不成立。", a.Revision)
	}}
}

func refusalUpheld(days int) appliedStep {
	return appliedStep{days, func(ctx context.Context, s *stage, l *licensing.Service, _, _ account.Actor, a *licensing.Application) (*licensing.Application, error) {
		return l.Judge(ctx, s.as(theAuthority), a.Number, "示例：用途没有写明，维持。", false, a.Revision)
	}}
}

func takenBack(days int) appliedStep {
	return appliedStep{days, func(ctx context.Context, _ *stage, l *licensing.Service, who, _ account.Actor, a *licensing.Application) (*licensing.Application, error) {
		return l.Withdraw(ctx, who, a.Number, a.Revision)
	}}
}

// sampleApplications stand at every step: one applicant has one at a time for an
// entry.
var sampleApplications = []applied{
	{entry: appliedFor, days: 70, lane: licensing.Public, purpose: "示例：没有写明给谁用的统计", steps: []appliedStep{taken(69), answered(60, licensing.ItemRefused, "示例：用途没有写明，存放地点不明。"), refusalDisputed(55), refusalUpheld(45)}},
	{entry: appliedFor, days: oldGrant + 4, lane: licensing.Public, company: true, purpose: "示例：上一年的鸟击损失估算，没有按期报告", steps: []appliedStep{taken(oldGrant + 3), answered(oldGrant, licensing.ItemGranted, "")}},
	{entry: appliedFor, days: 32, lane: licensing.Public, purpose: "示例：写一篇机场鸟击的科普文章，用完交还", steps: []appliedStep{taken(31), answered(28, licensing.ItemGranted, "")}},
	{entry: appliedFor, days: 42, lane: licensing.Public, company: true, purpose: "示例：估算机场鸟击的维修损失，结果免费公布", steps: []appliedStep{taken(41), answered(38, licensing.ItemGranted, "")}},
	{entry: appliedFor, days: 6, from: licensing.Change, company: true, purpose: "示例：改为估算维修损失和停航损失，结果免费公布", steps: []appliedStep{taken(5)}},
	{entry: appliedFor, days: 1, lane: licensing.Public, purpose: "示例：给学校的科普展板算一张图", steps: nil},
	{entry: "tide-constituents", days: 12, lane: licensing.Public, company: true, purpose: "示例：给渔港推送潮时提醒", papers: tideMaterials, steps: []appliedStep{taken(11), answered(1, licensing.ItemReduced, "示例：用途只需要站名。")}},
	{entry: "tide-constituents", days: 2, draft: true, lane: licensing.Public, purpose: "示例：还没有写完的用途", papers: tideMaterials[:1]},
	{entry: "mobile-prefixes", days: 25, lane: licensing.Commercial, company: true, purpose: "示例：给客服系统判断号码归属地", steps: []appliedStep{taken(24), competed(18)}},
	{entry: "mobile-prefixes", days: 3, lane: licensing.Public, purpose: "示例：统计本社区的号码归属", steps: []appliedStep{askedForMore(1, "存放地点写明在哪台机器\n由谁保管")}},
	{entry: "fujian-city-outlines", days: 45, lane: licensing.Academic, company: true, purpose: "示例：教学用的行政区轮廓图", steps: []appliedStep{taken(43)}}, // late
	{entry: "fujian-city-outlines", days: 9, lane: licensing.Public, purpose: "示例：想要一份批复文件的全文", steps: []appliedStep{turnedAway(8, "示例：要的是政府信息公开，请到信息公开平台申请。")}},
	{entry: "liaoning-city-outlines", days: 20, lane: licensing.Public, company: true, purpose: "示例：画一张灾害分布图", steps: []appliedStep{taken(19), answered(15, licensing.ItemRefused, "示例：有公开的同样数据，见目录。"), refusalDisputed(9)}},
	{entry: "liaoning-city-outlines", days: 7, lane: licensing.Public, purpose: "示例：画一张图，后来不再需要", steps: []appliedStep{takenBack(6)}},
}

// tideMaterials is what a department asks every applicant for tides for.
var tideMaterials = []string{"用途说明（盖章）", "数据安全方案"}

func handIn(ctx context.Context, l *licensing.Service, who account.Actor, number, slot, name string) error {
	_, err := l.AddPaper(ctx, who, number, papers.New{Slot: slot, Name: name}, bytes.NewReader(paper()))
	return err
}

// askForMaterials lists what applicants for tides hand in.
func (s *stage) askForMaterials(ctx context.Context) error {
	const slug = "tide-constituents"
	d, err := s.Datasets.Dataset(ctx, account.Actor{}, slug)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	l, err := s.licensingAgo(80)
	if err != nil {
		return err
	}
	officer := s.as(theOfficer)
	if officer.Department != d.Department.ID {
		officer = s.w.officer(d.Department.ID)
	}
	_, terms, err := l.ConditionsOf(ctx, officer, slug)
	if err != nil {
		return err
	}
	terms.Materials = tideMaterials
	return l.SetConditions(ctx, officer, slug, terms)
}

// apply plays the sample applications.
func (s *stage) apply(ctx context.Context) error {
	now, err := s.Licensing(s.Now)
	if err != nil {
		return err
	}
	citizen, owner := s.as(theCitizen), s.as(theOwner)
	there, err := now.Mine(ctx, citizen, 0, 1)
	if err != nil || len(there) > 0 {
		return err // an earlier play did it
	}
	orgs, err := s.Accounts.Organisations(ctx, owner)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(orgs, func(o account.Organisation) bool { return o.Status == account.OrgVerified })
	if i < 0 {
		return fmt.Errorf("no verified organisation")
	}
	if err := s.askForMaterials(ctx); err != nil {
		return err
	}
	for _, x := range sampleApplications {
		who, organisation := citizen, int64(0)
		if x.company {
			who, organisation = owner, orgs[i].ID
		}
		if err := s.applyOnce(ctx, x, who, organisation); err != nil {
			return fmt.Errorf("%s: %w", x.purpose, err)
		}
	}
	return now.Tick(ctx)
}

func (s *stage) applyOnce(ctx context.Context, x applied, who account.Actor, organisation int64) error {
	d, err := s.Datasets.Dataset(ctx, who, x.entry)
	if fault.KindOf(err) == fault.NotFound {
		return nil // there was no room for it
	}
	if err != nil {
		return err
	}
	officer := s.as(theOfficer)
	if officer.Department != d.Department.ID {
		officer = s.w.officer(d.Department.ID)
	}
	l, err := s.licensingAgo(x.days)
	if err != nil {
		return err
	}
	a, err := x.begin(ctx, l, who, organisation)
	if err != nil {
		return err
	}
	if x.from != "" {
		x.lane = a.Lane
	}
	f := licensing.Form{Seen: true, Lane: x.lane, Area: "社会服务", Purpose: x.purpose, Outputs: "示例：一张图，一份说明", Months: "12", Storage: "示例：单位机房，磁盘加密，两人保管。"}
	for i := range d.Resources {
		r := &d.Resources[i]
		if r.Newest == nil {
			continue
		}
		item := licensing.FormItem{Resource: r.ID}
		for _, t := range r.Newest.Tables {
			for _, c := range t.Fields {
				item.Columns = append(item.Columns, c.Name)
			}
		}
		f.Items = append(f.Items, item)
	}
	if x.draft {
		f.Outputs, f.Months = "", ""
	}
	for _, m := range x.papers {
		if err := handIn(ctx, l, who, a.Number, m, "示例"+m+".pdf"); err != nil {
			return err
		}
	}
	if a, err = l.SaveDraft(ctx, who, a.Number, f, a.Revision); err != nil || x.draft {
		return err
	}
	shown, err := l.Preview(ctx, a)
	if err != nil {
		return err
	}
	if a, err = l.Submit(ctx, who, a.Number, a.Revision, licensing.Digest(shown)); err != nil {
		return err
	}
	for _, step := range x.steps {
		if l, err = s.licensingAgo(step.days); err != nil {
			return err
		}
		if a, err = step.do(ctx, s, l, who, officer, a); err != nil {
			return err
		}
	}
	return nil
}

// begin makes the draft, of a grant that is followed or of none.
func (x applied) begin(ctx context.Context, l *licensing.Service, who account.Actor, organisation int64) (*licensing.Application, error) {
	if x.from == "" {
		return l.Begin(ctx, who, x.entry, organisation)
	}
	held, err := l.GrantsOf(ctx, who, 0, 100)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(held, func(g licensing.Held) bool { return g.Dataset.Slug == x.entry && g.Organisation == organisation })
	if i < 0 {
		return nil, fmt.Errorf("no grant for %s", x.entry)
	}
	return l.BeginFrom(ctx, who, held[i].Number, x.from)
}

// licensingAgo is applications as they were so many days ago.
func (s *stage) licensingAgo(days int) (*licensing.Service, error) {
	then := s.Now().AddDate(0, 0, -days)
	return s.Licensing(func() time.Time { return then })
}

// Known are the accounts of people who need not show anew who they are: the
// installation plays them.
func Known(accounts licensing.Accounts) licensing.Accounts { return known{accounts} }

type known struct{ licensing.Accounts }

// RequireFresh is satisfied.
func (known) RequireFresh(account.Actor) error { return nil }

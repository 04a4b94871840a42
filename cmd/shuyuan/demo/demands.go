package demo

import (
	"context"
	"fmt"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/reports"
	"shuyuan/licensing/demands"
)

// sampleDemand is something that somebody asked for so many days ago, and what was
// done with it.
type sampleDemand struct {
	days                 int
	title, need, purpose string
	department           string // empty: the platform finds one
	seconded             []string
	moves                []sampleMove
	after                int // within the list: what it is merged into, from 1; 0: none
	reported             bool
	proposer             string // identifier; empty: the citizen
}

// sampleMove is one answer, so many days ago.
type sampleMove struct {
	days   int
	who    string // slug of the department; empty: the authority
	action demands.Action
	demands.Reply
	ahead int // of a plan: in how many days from then
}

var sampleDemands = []sampleDemand{
	{days: 12, title: "全省村（居）委会的位置坐标", need: "示例：村（居）委会名称、所属乡镇、经纬度；全省；每年更新。", purpose: "示例：规划乡村公交和快递下乡的路线。", department: "fj-mzt",
		seconded: []string{theOwner, theWaitingOwner, theOfficer}, moves: []sampleMove{{days: 5, who: "fj-mzt", action: demands.Plan, Reply: demands.Reply{Words: "示例答复：名单已有，坐标正在核对，核对好一起开放。"}, ahead: 120}}},
	{days: 6, title: "携号转网后的号段归属", need: "示例：按号段给出转入、转出的数量，不要具体号码；每季度。", purpose: "示例：估计话费成本。", department: "fj-txj", seconded: []string{theOwner}},
	{days: 1, title: "中小学学区边界", need: "示例：学校名称和学区范围的边界坐标；全省；每学年。", purpose: "示例：帮新搬来的家庭找学校。", seconded: []string{theOwner}, reported: true},
	{days: 20, proposer: theOwner, title: "近岸逐小时实测潮位", need: "示例：站名、时刻、潮位；最近五年；每月更新。", purpose: "示例：安排滩涂养殖。", department: "fj-hyj", seconded: []string{theWaitingOwner},
		moves: []sampleMove{{days: 9, who: "fj-hyj", action: demands.Link, Reply: demands.Reply{Dataset: "tide-constituents", Words: "示例答复：先给调和常数，可以推算逐时潮位。"}}}},
	{days: 18, proposer: theOwner, title: "个人住址变动明细", need: "示例：每个人每次迁入迁出的时间和地址。", purpose: "示例：分析人口流动。", department: "fj-gat",
		moves: []sampleMove{{days: 11, who: "fj-gat", action: demands.Refuse, Reply: demands.Reply{Ground: demands.Barred, Words: "示例答复：这是他人的个人信息，不能开放。可以看按县汇总的人口流动。",
			Bases: []datasets.LegalBasis{{Kind: catalogue.Statute, Instrument: "中华人民共和国个人信息保护法", Article: "第十条", Quote: "任何组织、个人不得非法收集、使用、加工、传输他人个人信息，不得非法买卖、提供或者公开他人个人信息"}}}}}},
	{days: 30, proposer: theOwner, title: "公共电话亭点位", need: "示例：位置和是否还能用；全省。", purpose: "示例：做一张地图。", department: "fj-txj",
		moves: []sampleMove{{days: 25, who: "fj-txj", action: demands.Forward, Reply: demands.Reply{Department: "fj-zjt", Words: "示例：路边设施由住建部门管。"}}}}, // and nobody answered
	{days: 4, title: "村委会坐标", need: "示例：村委会的经纬度。", purpose: "示例：毕业论文。", department: "fj-mzt", seconded: []string{theOwner, theCitizen}, after: 1, proposer: theLeaver},
	{days: 60, proposer: theWaitingOwner, title: "停车场余位", need: "示例：公共停车场的总位数和余位；实时。", purpose: "示例：开车的人少兜圈。", department: "fj-zjt",
		moves: []sampleMove{{days: 55, who: "fj-zjt", action: demands.Plan, Reply: demands.Reply{Words: "示例答复：先接入省会城市。"}, ahead: 50}}}, // the promised day has passed
	{days: 3, title: "想收回的示例需求", need: "示例：这条提错了。", purpose: "示例：收回给人看。", department: "fj-mzt", moves: []sampleMove{{days: 3, who: "-", action: demands.Withdraw}}},
	{days: 8, proposer: theWaitingOwner, title: "示例：含广告的需求", need: "示例：这里原有一段广告。", purpose: "示例：隐藏给人看。", department: "fj-yjt", moves: []sampleMove{{days: 7, who: "fj-yjt", action: demands.Hide, Reply: demands.Reply{Words: "示例理由：广告。"}}}},
}

// demand shows requests for data in each state: one nobody has found a department
// for, one being answered, one promised, one whose promised day has passed, one
// that is there, one refused with its basis, one sent on and overdue, one merged,
// one withdrawn and one hidden.
func (s *stage) demand(ctx context.Context) error {
	citizen := s.as(theCitizen)
	there, err := s.Demands.Own(ctx, citizen)
	if err != nil || len(there) > 0 {
		return err // an earlier play did it
	}
	made := make([]int64, len(sampleDemands))
	for i, x := range sampleDemands {
		proposer := citizen
		if x.proposer != "" {
			proposer = s.as(x.proposer)
		}
		d, err := s.wanted(x.days).Propose(ctx, proposer, demands.NewDemand{Proposer: "示例市民", Title: x.title, Need: x.need, Purpose: x.purpose, Department: x.department, Anyway: true})
		if err != nil {
			return fmt.Errorf("%s: %w", x.title, err)
		}
		made[i] = d.ID
		for _, who := range x.seconded {
			if _, err := s.Demands.Vote(ctx, s.as(who), d.ID, true); err != nil {
				return fmt.Errorf("%s: %w", x.title, err)
			}
		}
		for _, m := range x.moves {
			if d, err = s.answer(ctx, d, m); err != nil {
				return fmt.Errorf("%s: %s: %w", x.title, m.action, err)
			}
		}
		if x.after > 0 {
			if _, err := s.answer(ctx, d, sampleMove{days: 2, who: x.department, action: demands.Merge, Reply: demands.Reply{Into: made[x.after-1], Words: "示例：是同一件事。"}}); err != nil {
				return fmt.Errorf("%s: %w", x.title, err)
			}
		}
		if x.reported {
			if err := s.Demands.Report(ctx, s.as(theOwner), d.ID, reports.Advert); err != nil {
				return err
			}
		}
	}
	_, err = s.Demands.Follow(ctx, citizen, made[1], true)
	return err
}

func (s *stage) answer(ctx context.Context, d *demands.Demand, m sampleMove) (*demands.Demand, error) {
	who := s.as(theAuthority)
	switch m.who {
	case "":
	case "-":
		who = s.as(theCitizen)
	default:
		var err error
		if who, err = s.officerOf(ctx, m.who); err != nil {
			return nil, err
		}
	}
	if m.ahead > 0 {
		m.Planned = s.Now().AddDate(0, 0, m.ahead-m.days).Format(time.DateOnly)
	}
	return s.wanted(m.days).Move(ctx, who, d.ID, m.action, m.Reply, d.Revision)
}

// wanted is the demands as they were so many days ago.
func (s *stage) wanted(days int) *demands.Service {
	then := s.Now().AddDate(0, 0, -days)
	return s.Demands.At(func() time.Time { return then })
}

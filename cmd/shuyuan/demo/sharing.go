package demo

import (
	"context"
	"fmt"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/sharing"
)

// What the sample requests for sharing are about: an entry that the public does not
// have and that departments share on two conditions, and one without any.
const (
	sharedOn, sharedFreely = "relief-recipients", "bird-strikes"
	theNeighbour           = "officer@tjj.fujian.example"
)

var (
	sampleGround = datasets.LegalBasis{Kind: "法律", Instrument: "中华人民共和国个人信息保护法", Article: "第六条", Quote: "收集个人信息，应当限于实现处理目的的最小范围，不得过度收集个人信息"}
	allMet       = []bool{true, true}
	oneUnmet     = []bool{true, false}
)

// sampleStep is what somebody does with a sample request, so many days before now.
type sampleStep struct {
	days int
	who  sharing.Part
	sharing.Step
}

// sampleRequests are made so many days ago; each stands where its last step leaves
// it. With seven working days to answer, one made 15 days ago is overdue.
var sampleRequests = []struct {
	asker   string // department
	days    int
	purpose string
	steps   []sampleStep
}{
	{"fj-mzt", 40, "示例：核对低保对象是否领过救灾款", []sampleStep{{37, sharing.Provider, supplied(180)}}},
	{"fj-fgw", 15, "示例：评估救灾资金的去向", nil}, // nobody answered: accepted by itself, overdue
	{"fj-gxt", 6, "示例：核对受灾企业职工", []sampleStep{{5, sharing.Provider, sharing.Step{Action: sharing.Accept}}, {1, sharing.Provider, agreed(90)}}},
	{"fj-gat", 12, "示例：核对受灾人员身份", []sampleStep{{10, sharing.Provider, refused("示例：没有说明由谁保管。")},
		{3, sharing.Asker, sharing.Step{Action: sharing.Negotiate, Words: "示例：补充保管人和留痕办法，请再看。"}}, {2, sharing.Provider, sharing.Step{Action: sharing.Say, Words: "示例：可以先给汇总数。"}}}},
	{"fj-jyt", 25, "示例：核对受灾学生资助", []sampleStep{{20, sharing.Provider, refused("示例：超出资助所需的范围。")},
		{15, sharing.Asker, sharing.Step{Action: sharing.Negotiate, Words: "示例：资助审核是法定职责。"}}, {4, sharing.Asker, sharing.Step{Action: sharing.Refer, Words: "示例：两次协商没有谈拢，请决定。"}}}},
	{"fj-kjt", 50, "示例：研究救助效果", []sampleStep{{46, sharing.Provider, refused("示例：研究可以用脱敏后的数据。")}, {42, sharing.Asker, sharing.Step{Action: sharing.Negotiate, Words: "示例：需要逐人数据。"}},
		{35, sharing.Provider, sharing.Step{Action: sharing.Refer, Words: "示例：谈不拢。"}}, {30, sharing.Over, sharing.Step{Action: sharing.Uphold, Words: "示例：用脱敏数据足够，维持不同意。"}}}},
	{"fj-tjj", 100, "示例：一次性核对名册", []sampleStep{{98, sharing.Provider, supplied(-90)}}}, // its term is over
	{"fj-tjj", 60, "示例：季度救助统计", []sampleStep{{58, sharing.Provider, supplied(120)}}},
	{"fj-tjj", 1, "示例：扩大到全年的救助统计", nil}, // just received
}

func supplied(days int) sharing.Step {
	return sharing.Step{Action: sharing.Supply, Verdicts: allMet, Given: sharing.Given{Scope: "发放登记（虚构）", Method: "通过平台下载", Guidance: "示例：数据管理处答疑。", Until: fmt.Sprint(days)}}
}

func agreed(days int) sharing.Step {
	step := supplied(days)
	step.Action = sharing.Agree
	return step
}

func refused(words string) sharing.Step {
	return sharing.Step{Action: sharing.Refuse, Verdicts: oneUnmet, Words: words, Bases: []datasets.LegalBasis{sampleGround}}
}

// share shows what departments ask each other for, at each step: nothing of it is
// public.
func (s *stage) share(ctx context.Context) error {
	officer, neighbour := s.as(theOfficer), s.as(theNeighbour)
	there, err := s.Sharing.Requests(ctx, officer, sharing.Filter{As: sharing.Provider, All: true, Limit: 1})
	if err != nil || len(there) > 0 {
		return err // an earlier play did it
	}
	entry, err := s.Sharing.Entry(ctx, officer, sharedOn)
	if fault.KindOf(err) != fault.NotFound && err != nil {
		return err
	}
	if err != nil || len(entry.Resources) == 0 || entry.Resources[0].Newest == nil {
		return fault.New(fault.Unavailable, "没有这份数据。") // there was no room for it
	}
	for _, x := range sampleRequests {
		asker, err := s.officerOf(ctx, x.asker)
		if err != nil {
			return err
		}
		r, err := s.before(x.days).File(ctx, asker, sharedOn, sharing.Share, sharing.Asked{Basis: "示例：履行法定职责", Purpose: x.purpose, Scope: "全部登记", Method: "通过平台下载", Months: 6, Answers: []string{"示例〔2026〕1号"}, Pledge: true})
		if err != nil {
			return fmt.Errorf("%s: %w", x.purpose, err)
		}
		who := map[sharing.Part]account.Actor{sharing.Asker: asker, sharing.Provider: officer, sharing.Over: s.as(theAuthority)}
		for _, step := range x.steps {
			if step.Revision = r.Revision; step.Given.Until != "" {
				var days int
				if _, err := fmt.Sscan(step.Given.Until, &days); err != nil {
					return err
				}
				step.Given.Until = s.Now().AddDate(0, 0, days).Format(time.DateOnly)
			}
			if r, err = s.before(step.days).Move(ctx, who[step.who], r.ID, step.Step); err != nil {
				return fmt.Errorf("%s: %s: %w", x.purpose, step.Action, err)
			}
		}
	}
	if _, err := s.before(8).File(ctx, neighbour, sharedFreely, sharing.Direct, sharing.Asked{Purpose: "示例：安全生产统计年鉴", Pledge: true}); err != nil {
		return err
	}
	up, err := s.before(9).FileUpward(ctx, officer, sharing.Asked{Title: "示例：全国气象灾害预警信息", Upper: "国家政务信息资源共享交换平台", Basis: "示例：防灾减灾职责", Purpose: "示例：提前转移", Scope: "本省"})
	if err != nil {
		return err
	}
	if _, err := s.before(7).Move(ctx, s.as(theAuthority), up.ID, sharing.Step{Action: sharing.Forward, Words: "示例：已向上级平台提交，等受理。", Revision: up.Revision}); err != nil {
		return err
	}
	if _, err := s.before(2).File(ctx, officer, "fujian-identity-card-records", sharing.Return, sharing.Asked{Purpose: "示例：核对本地受灾人员", Scope: "本地登记的证件", Pledge: true}); err != nil {
		return err
	}
	return s.Sharing.Tend(ctx)
}

// before is sharing as it was so many days ago.
func (s *stage) before(days int) *sharing.Service {
	then := s.Now().AddDate(0, 0, -days)
	return s.Sharing.At(func() time.Time { return then })
}

// officerOf is who acts for a department: its demo account, or the installation.
func (s *stage) officerOf(ctx context.Context, department string) (account.Actor, error) {
	if department == "fj-tjj" {
		return s.as(theNeighbour), nil
	}
	d, err := s.Datasets.Department(ctx, account.Actor{}, department)
	if err != nil {
		return account.Actor{}, err
	}
	return s.w.officer(d.Item.ID), nil
}

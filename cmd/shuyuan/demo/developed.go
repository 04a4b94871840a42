package demo

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/scenario"
)

// theSecurity reviews scenarios for the body that authorises.
const theSecurity = "security@sjj.fujian.example"

// activeScenario is the title of the sample scenario that has a workspace.
const activeScenario = "示例：机场鸟击风险提示"

// sampleScenario is a scenario that was begun so many days ago, and how far it came.
type sampleScenario struct {
	days    int
	form    scenario.Form
	strikes []string // columns of the strikes that are asked for
	costs   []string // columns of their costs
	until   scenario.State
	said    string // why a department refuses its data; empty: it agrees
	refused string // why the authority refuses
	held    string // why the operator suspends it
	over    string // why the authority takes that over
}

var sampleScenarios = []sampleScenario{
	{days: 80, until: scenario.Active,
		form: scenario.Form{Title: activeScenario, Class: scenario.Industry, Purpose: "transport", Description: "示例：按飞行阶段、动物体型和时段统计鸟击，算出什么时候要多加驱鸟；结果做成产品，研究和教学免费。", Method: "示例：分组计数，按阶段合计修理费用。", Audience: "示例：机场、航空公司和公众",
			Outputs: []scenario.FormOutput{{Form: "result_table", Fields: "示例：飞行阶段、体型、时段、次数", Minimum: "10"}}, Months: "12"},
		strikes: []string{"损伤程度", "飞行阶段", "动物体型", "时段", "修理费用（美元）"}, costs: []string{"飞行阶段", "修理费用（美元）", "总费用（美元）"}},
	{days: 9, until: scenario.Screened,
		form: scenario.Form{Title: "示例：维修备件需求预测", Class: scenario.Industry, Purpose: "transport", Description: "示例：按飞行阶段估算维修费用，给维修企业排备件计划。", Method: "示例：分组合计，再回归。", Audience: "示例：本省的维修企业",
			Outputs: []scenario.FormOutput{{Form: "report_product", Fields: "示例：阶段、费用区间", Minimum: "10"}}, Months: "6"},
		costs: []string{"飞行阶段", "修理费用（美元）"}},
	{days: 55, until: scenario.Refused, said: "示例：申请的用途要按机型比较费用，可能看出经营者的商业秘密。", refused: "示例：提供数据的部门不同意，没有可以授权的数据；改为按阶段汇总以后可以再申请。",
		form: scenario.Form{Title: "示例：各机型维修费用排行", Class: scenario.Industry, Purpose: "transport", Description: "示例：按机型给维修费用排行，供采购参考。", Method: "示例：分组合计后排序。", Audience: "示例：航空公司的采购部门",
			Outputs: []scenario.FormOutput{{Form: "report_product", Fields: "示例：机型、费用", Minimum: "10"}}, Months: "6"},
		costs: []string{"机型", "修理费用（美元）"}},
	{days: 70, until: scenario.Suspended,
		held: "示例：申请里写的是给机场看，实际把分组结果发给了广告公司；先停下来核实。", over: "示例：同一情况有人举报，由主管部门一并查；查清以前不恢复。",
		form: scenario.Form{Title: "示例：驱鸟设备布点参考", Class: scenario.PublicBenefit, Purpose: "transport", Description: "示例：按飞行阶段合计维修费用，看驱鸟设备放在哪里有用。", Method: "示例：分组合计。", Audience: "示例：机场",
			Outputs: []scenario.FormOutput{{Form: "result_table", Fields: "示例：飞行阶段、费用", Minimum: "10"}}, Months: "12"},
		costs: []string{"飞行阶段", "修理费用（美元）"}},
	{days: 2, until: scenario.Draft,
		form:    scenario.Form{Title: "示例：节假日机场客流和鸟击（还没有写完）", Class: scenario.PublicBenefit, Purpose: "public_services", Description: "示例：看放假前后鸟击有没有变化。"},
		strikes: []string{"事件日期", "动物体型"}},
}

// gradedGround is what sample decisions go by that are not about people.
var gradedGround = datasets.LegalBasis{Kind: "法律", Instrument: "中华人民共和国数据安全法", Article: "第二十一条", Quote: "国家建立数据分类分级保护制度"}

// develop shows scenarios: one in use with a template made of it, one about which
// departments speak, one refused, and a draft.
func (s *stage) develop(ctx context.Context) error {
	if s.Scenarios == nil {
		return nil
	}
	now, err := s.scenariosAgo(0)
	if err != nil {
		return err
	}
	owner := s.as(theDeveloper)
	places, err := now.Places(ctx, owner)
	if err != nil || len(places) == 0 { // nobody was admitted: there was no room for the data
		return err
	}
	for _, x := range sampleScenarios {
		if err := s.scene(ctx, places[0], x); err != nil {
			return fmt.Errorf("%s: %w", x.form.Title, err)
		}
	}
	if err := s.keepTemplate(ctx, now); err != nil {
		return err
	}
	return now.Tick(ctx)
}

// scenariosAgo is scenarios as they were so many days ago.
func (s *stage) scenariosAgo(days int) (*scenario.Service, error) {
	then := s.Now().AddDate(0, 0, -days)
	return s.Scenarios(func() time.Time { return then })
}

// scenarioTitled is the developer's scenario of a title; nil: there is none.
func (s *stage) scenarioTitled(ctx context.Context, now *scenario.Service, title string) (*scenario.Scenario, error) {
	mine, err := now.Mine(ctx, s.as(theDeveloper), 0, 100)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(mine, func(x scenario.Scenario) bool { return x.Title == title }); i >= 0 {
		return &mine[i], nil
	}
	return nil, nil
}

// scene takes a scenario to where it stands, from wherever an earlier play left it.
func (s *stage) scene(ctx context.Context, place scenario.Place, x sampleScenario) error {
	at, err := s.scenariosAgo(x.days)
	if err != nil {
		return err
	}
	there, err := s.scenarioTitled(ctx, at, x.form.Title)
	if err != nil {
		return err
	}
	if there == nil {
		if there, err = at.Start(ctx, s.as(theDeveloper), place.Organisation, place.Mandates[0].Number, "", ""); err != nil {
			return err
		}
		if there, err = s.write(ctx, at, there, x); err != nil {
			return err
		}
	}
	for there.State != x.until {
		if there, err = s.further(ctx, there.Number, x); err != nil {
			return err
		}
	}
	if x.over == "" || there.SuspendedBy != string(scenario.OfOperator) {
		return nil
	}
	later, err := s.scenariosAgo(x.days - 26)
	if err != nil {
		return err
	}
	_, err = later.Move(ctx, s.as(theAuthority), there.Number, scenario.Step{Action: scenario.TakeOver, Revision: there.Revision, Violation: beyondScope, Words: x.over})
	return err
}

// beyondScope is the violation on which the sample scenario is suspended.
const beyondScope = "beyond_scope"

// write fills in a draft.
func (s *stage) write(ctx context.Context, at *scenario.Service, there *scenario.Scenario, x sampleScenario) (*scenario.Scenario, error) {
	f := x.form
	f.Sector, f.Personal, f.Delivery = "交通运输", scenario.NoPersonal, scenario.Sandbox
	f.SecurityPlan, f.EmergencyPlan, f.Filing = "示例：专人负责，账号分开，操作留痕。", "示例：发现异常立即停用账号，两小时内报告。", "示例：已向示例数据管理局报备。"
	for slug, columns := range map[string][]string{operatedFreely: x.strikes, appliedFor: x.costs} {
		if len(columns) == 0 {
			continue
		}
		d, err := s.Datasets.Dataset(ctx, s.as(theDeveloper), slug)
		if err != nil {
			return nil, err
		}
		item := scenario.FormItem{Resource: d.Resources[0].ID, Columns: columns, Uses: map[string]string{}, Reason: "示例：分组和汇总要用", Span: "示例：全部年份", Refresh: "示例：来源更新时"}
		for _, c := range columns { // nothing is read row by row
			item.Uses[c] = string(scenario.Group)
			if c == "修理费用（美元）" || c == "总费用（美元）" {
				item.Uses[c] = string(scenario.Aggregate)
			}
		}
		f.Items = append(f.Items, item)
	}
	return at.SaveDraft(ctx, s.as(theDeveloper), there.Number, f, there.Revision)
}

var sampleBlanks = scenario.Blanks{Fee: "示例：技术服务费按公布的标准计，公益场景不收", Officer: "示例安全员", OfficerContact: "（示例）", OperatorContact: "示例运营服务台（示例）", DeveloperContact: "示例研究所办公室（示例）", Dispute: scenario.Arbitration, Place: "示例市"}

// further is the next step of a scenario, by whoever owes it.
func (s *stage) further(ctx context.Context, number string, x sampleScenario) (*scenario.Scenario, error) {
	now, err := s.scenariosAgo(0)
	if err != nil {
		return nil, err
	}
	owner, operator, authority := s.as(theDeveloper), s.as(theOperator), s.as(theAuthority)
	v, err := now.One(ctx, owner, number)
	if err != nil {
		return nil, err
	}
	ago := func(after int) (*scenario.Service, error) { return s.scenariosAgo(x.days - after) }
	step := scenario.Step{Revision: v.Revision}
	who, after := operator, 4
	switch {
	case v.State == scenario.Draft:
		return s.handScenarioIn(ctx, v, x)
	case v.State == scenario.Submitted:
		step.Action, step.Words = scenario.Screen, "示例：材料齐，送部门和安全审查。"
	case v.State == scenario.Screened && v.Verdict == "":
		step.Action, step.Verdict, step.Words, who, after = scenario.Check, scenario.Passed, "示例：只有汇总的结果离开，小组看过。", s.as(theSecurity), 9
	case v.State == scenario.Screened:
		return s.opine(ctx, v, x)
	case v.State == scenario.Reviewed && x.refused != "":
		step.Action, step.Words, step.Bases, who, after = scenario.Refuse, x.refused, []datasets.LegalBasis{secretGround}, authority, 15
	case v.State == scenario.Reviewed:
		step.Action, step.Words, step.Bases, who, after = scenario.Authorise, "示例：符合用途，范围最小。", []datasets.LegalBasis{gradedGround}, authority, 15
	case v.State == scenario.Authorised && v.Contract == nil:
		step.Action, step.Blanks, after = scenario.Offer, sampleBlanks, 17
	case v.State == scenario.Authorised && v.Contract.DeveloperAt == nil:
		step.Action, step.SHA256, who, after = scenario.Sign, v.Contract.SHA256, owner, 18
	case v.State == scenario.Authorised:
		step.Action, step.SHA256, after = scenario.Sign, v.Contract.SHA256, 19
	case v.State == scenario.Active && x.held != "":
		step.Action, step.Violation, step.Words, after = scenario.Suspend, beyondScope, x.held, 24
	default:
		return nil, fmt.Errorf("it is %s, and should become %s", v.State, x.until)
	}
	at, err := ago(after)
	if err != nil {
		return nil, err
	}
	return at.Move(ctx, who, number, step)
}

// secretGround is on what data are refused that may show business secrets.
var secretGround = datasets.LegalBasis{Kind: "法律", Instrument: "中华人民共和国数据安全法", Article: "第三十八条", Quote: "对在履行职责中知悉的个人隐私、个人信息、商业秘密、保密商务信息等数据应当依法予以保密，不得泄露或者非法向他人提供"}

// handScenarioIn hands in the files of a draft, and then the draft.
func (s *stage) handScenarioIn(ctx context.Context, v *scenario.View, x sampleScenario) (*scenario.Scenario, error) {
	at, err := s.scenariosAgo(x.days - 1)
	if err != nil {
		return nil, err
	}
	owner := s.as(theDeveloper)
	for _, slot := range v.Slots() {
		if slices.ContainsFunc(v.Papers, func(p papers.Paper) bool { return p.Slot == slot }) {
			continue
		}
		if _, err := at.AddPaper(ctx, owner, v.Number, papers.New{Slot: slot, Name: "示例" + slot + ".pdf"}, bytes.NewReader(paper())); err != nil {
			return nil, err
		}
	}
	return at.Submit(ctx, owner, v.Number, v.Revision)
}

// opine gives the opinion of the department that is waited for.
func (s *stage) opine(ctx context.Context, v *scenario.View, x sampleScenario) (*scenario.Scenario, error) {
	at, err := s.scenariosAgo(x.days - 11)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(v.Items, func(i scenario.Item) bool { return i.Waits() })
	if i < 0 {
		return nil, fmt.Errorf("nobody's opinion is waited for")
	}
	said := scenario.Said{Item: v.Items[i].ID, Decision: scenario.ItemGranted}
	if x.said != "" {
		said.Decision, said.Reason, said.Bases = scenario.ItemRefused, x.said, []datasets.LegalBasis{secretGround}
	}
	return at.Opine(ctx, s.as(theOfficer), v.Number, said, v.Revision)
}

// keepTemplate has the authority make a template of the scenario in use, and the
// department consent beforehand to what of it is its own.
func (s *stage) keepTemplate(ctx context.Context, now *scenario.Service) error {
	there, err := now.Templates(ctx, "", false)
	if err != nil {
		return err
	}
	var t *scenario.Template
	if len(there) > 0 {
		t = &there[0]
	} else {
		x, err := s.scenarioTitled(ctx, now, activeScenario)
		if err != nil || x == nil {
			return err
		}
		made, err := now.MakeTemplate(ctx, s.as(theAuthority), x.Number, "示例：按阶段统计鸟击和费用")
		if err != nil {
			return err
		}
		if t, err = now.Template(ctx, made.Number); err != nil {
			return err
		}
	}
	for _, i := range t.Items {
		if i.Dataset.Slug != appliedFor || i.Consent != nil {
			continue
		}
		if err := now.Consents(ctx, s.as(theHead), t.Number, i.ID); err != nil {
			return err
		}
	}
	return nil
}

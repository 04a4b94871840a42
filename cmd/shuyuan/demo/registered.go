package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"shuyuan/internal/account"
	"shuyuan/marketplace"
	"shuyuan/marketplace/registration"
)

// Who registers, certifies and values: each for an organisation of their own.
const (
	theRegistrar = "registrar@exchange.example"
	theCertifier = "owner@certifier.example"
	theValuer    = "owner@appraiser.example"
)

// sampleHouses are the organisations that register, certify and value.
var sampleHouses = map[string]account.NewOrganisation{
	theRegistrar: {Kind: account.Legal, Name: "示例数据交易所（虚构）", Code: checked("91000000MA0000008"), Head: "示例某辛", Registrar: "示例登记机关", Address: "示例路 8 号"},
	theCertifier: {Kind: account.Legal, Name: "示例数据合规认证中心（虚构）", Code: checked("91000000MA0000009"), Head: "示例某壬", Registrar: "示例登记机关", Address: "示例路 9 号"},
	theValuer:    {Kind: account.Legal, Name: "示例数据资产评估有限公司（虚构）", Code: checked("91000000MA0000010"), Head: "示例某癸", Registrar: "示例登记机关", Address: "示例路 10 号"},
}

// sampleRegistration is a product that was applied for so many days ago, and where its
// application stands in the end.
type sampleRegistration struct {
	product, version string
	days             int
	until            registration.State
	form             registration.Form
}

var sampleRegistrations = []sampleRegistration{
	// three weeks and a half hold ten working days, whatever holidays are in them
	{product: strikesProduct, version: "1.1.0", days: 34, until: registration.Issued, form: registration.Form{
		Lawful: "示例：场景经授权，数据在安全开发空间里用，结果由两个人审核放出。", Unident: "示例：只有每个飞行阶段的次数，没有航班、机场和人。", Irrevers: "示例：合计不能拆回一次一次的事件；次数少的按规则不出。"}},
	{product: holidaysProduct, version: "1.1.0", days: 6, until: registration.Objected, form: registration.Form{
		Lawful: "示例：来源是公开的节假日安排，获取有记录。", Unident: "示例：里面没有任何人的数据。", Irrevers: "示例：来源本身就公开，没有要复原的内容。"}},
	{product: reportProduct, version: "1.0.0", days: 2, until: registration.Returned, form: registration.Form{
		Lawful: "示例：次数表承接已有的授权，驱鸟记录按合同使用。", Unident: "示例：没有个人数据。", Irrevers: "示例：只有文字和图。"}},
}

// registerProducts shows the registration of products: one that went the whole road, was
// certified and valued; one in public notice against which somebody objects; and one
// that was returned. Nothing can be signed or logged with an earlier day than today's,
// so the steps before the first certificate lie before the sealing of what it is about,
// and say that they do.
func (s *stage) registerProducts(ctx context.Context) error {
	if s.Products == nil || s.Registrations == nil {
		return nil
	}
	for _, owner := range slices.Sorted(maps.Keys(sampleHouses)) {
		if _, err := s.verified(ctx, owner, sampleHouses[owner]); err != nil {
			return err
		}
	}
	m, err := s.Products(ctx)
	if err != nil {
		return nil // trade said so
	}
	for _, x := range sampleRegistrations {
		p, err := s.productTitled(ctx, m, x.product)
		if err != nil {
			return err
		}
		if p == nil {
			continue // there was no room for what it is made of
		}
		if err := s.bringRegistration(ctx, m, p.Number, x); err != nil {
			return fmt.Errorf("%s: %w", x.product, err)
		}
	}
	return nil
}

// registrationsAgo are the registrations as they were so many days ago.
func (s *stage) registrationsAgo(m *marketplace.Service, days int) *registration.Service {
	then := s.Now().AddDate(0, 0, -days)
	return s.Registrations(m, func() time.Time { return then })
}

// bringRegistration takes an application to where it stands, from wherever an earlier
// play left it, and has what was registered certified and valued.
func (s *stage) bringRegistration(ctx context.Context, m *marketplace.Service, product string, x sampleRegistration) error {
	now := s.registrationsAgo(m, 0)
	of, err := now.ProductOf(ctx, s.as(theDeveloper), product)
	if err != nil || !slices.Contains(of.Product.Versions, x.version) {
		return err
	}
	if len(of.Registrations) == 0 {
		f := x.form
		f.Kind, f.Version, f.Level, f.Abroad, f.Declared = registration.First, x.version, registration.General, "no", true
		if _, err := s.registrationsAgo(m, x.days).Apply(ctx, s.as(theDeveloper), product, f); err != nil {
			return err
		}
		if of, err = now.ProductOf(ctx, s.as(theDeveloper), product); err != nil {
			return err
		}
	}
	for r := of.Registrations[0]; r.State != x.until; {
		stays, err := s.advance(ctx, m, r.Number, x)
		if err != nil || stays {
			return err
		}
		v, err := now.One(ctx, s.as(theRegistrar), r.Number)
		if err != nil {
			return err
		}
		r = *v.Registration
	}
	if x.until != registration.Issued {
		return nil
	}
	for _, kind := range []registration.CertificateKind{registration.OfCertification, registration.OfValuation} {
		if err := s.reportOn(ctx, now, product, x.version, kind); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// advance makes the next step of an application. It reports whether there is none: the
// notice is not full by a calendar that is there.
func (s *stage) advance(ctx context.Context, m *marketplace.Service, number string, x sampleRegistration) (stays bool, err error) {
	v, err := s.registrationsAgo(m, 0).One(ctx, s.as(theRegistrar), number)
	if err != nil {
		return false, err
	}
	step, after := registration.Step{Revision: v.Revision}, 1
	switch {
	case v.State == registration.Applied && x.until == registration.Returned:
		step.Action, step.Words = registration.Return, "示例：驱鸟记录的使用合同没有写明可以对外经营，请补上再提交。"
	case v.State == registration.Applied:
		step.Action, step.Words = registration.Accept, "示例：材料齐。"
	case v.State == registration.Accepted:
		step.Action, step.Words, after = registration.Announce, "示例：形式审查通过。", 2
	case v.State == registration.PublicNotice && x.until == registration.Objected:
		_, err := s.registrationsAgo(m, x.days-4).File(ctx, s.as(theCitizen), number, registration.Filed{
			Name: "示例市民", Contact: "（示例）", Words: "示例：2020 年春节延长的假日好像没有算进去，请核对来源。",
		})
		return false, err
	case v.State == registration.PublicNotice && slices.Contains(v.Offers, registration.Issue):
		step.Action, after = registration.Issue, x.days
		step.Words = "示例：公示满期，没有未答复的异议。为了让示例有证书可看，受理和公示的日子记在封存以前；真实的登记在封存以后申请。"
	default:
		return true, nil
	}
	_, err = s.registrationsAgo(m, x.days-after).Move(ctx, s.as(theRegistrar), number, step)
	return false, err
}

// reportOn has a version certified or valued, from wherever an earlier play left it.
func (s *stage) reportOn(ctx context.Context, at *registration.Service, product, version string, kind registration.CertificateKind) error {
	owner, who := s.as(theDeveloper), theCertifier
	if kind == registration.OfValuation {
		who = theValuer
	}
	house, err := s.organisationOf(ctx, who)
	if err != nil {
		return err
	}
	of, err := at.ProductOf(ctx, owner, product)
	if err != nil {
		return err
	}
	var number string
	if i := slices.IndexFunc(of.Reports, func(r registration.Report) bool { return r.Kind == kind }); i >= 0 {
		number = of.Reports[i].Number
	} else {
		r, err := at.Ask(ctx, owner, product, registration.Asked{Kind: kind, Version: version, Reporter: house.ID})
		if err != nil {
			return err
		}
		number = r.Number
	}
	for {
		v, err := at.ReportOf(ctx, s.as(who), number)
		if err != nil || v.State.Over() {
			return err
		}
		step := registration.ReportStep{Action: registration.Declare, Revision: v.Revision, Form: registration.ReportForm{Declaration: "示例：本机构与开发方没有股权、人员和业务上的利害关系。"}}
		if v.State == registration.Drafting {
			step.Action, step.Form = registration.Write, sampleReports[kind]
			step.Form.Day = s.Now().In(china).Format(time.DateOnly)
			if v.Conclusion != "" {
				step.Action, step.Form = registration.IssueReport, registration.ReportForm{}
			}
		}
		if _, err := at.MoveReport(ctx, s.as(who), number, step); err != nil {
			return fmt.Errorf("%s: %w", step.Action, err)
		}
	}
}

var sampleReports = map[registration.CertificateKind]registration.ReportForm{
	registration.OfCertification: {
		Method: "示例：查阅获取记录、结果审核的记录和封存的声明，抽查 20 行。", Passed: registration.TestNames, Conclusion: "示例：三项检验都通过，没有发现禁止交易的数据。",
		Words: map[string]string{
			"lawful": "示例：场景授权、场景协议和安全开发空间的获取记录都在。", "unidentifiable": "示例：只有每个飞行阶段的次数。", "irreversible": "示例：放出以前按最小人数检查过，合计不能拆回。",
			"national": "示例：数据源是已经公开过的事件类别，没有涉及。", "public": "示例：没有机场和时刻，没有涉及。", "secrets": "示例：没有运营方和费用。", "privacy": "示例：没有人的数据。",
		}},
	registration.OfValuation: {
		Method: string(registration.Cost), Evaluator: "示例评估师甲、示例评估师乙", Conclusion: "示例：按成本法，在基准日的价值为以上各项之和。只供参考，不是价格。",
		Items: []string{"示例：采集和整理", "示例：开发和审核", "示例：安全开发空间的使用"}, Amounts: []string{"120000", "80000", "15000"}, Notes: []string{"示例：人工 40 天", "示例：人工 25 天", "示例：按用量"},
	},
}

// Registering is Known for the registration of products.
func Registering(accounts registration.Accounts) registration.Accounts { return registering{accounts} }

type registering struct{ registration.Accounts }

// RequireFresh is satisfied.
func (registering) RequireFresh(account.Actor) error { return nil }

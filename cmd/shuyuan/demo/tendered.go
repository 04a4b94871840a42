package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/tender"
)

// sampleBidders bid in the sample tenders, beside the verified company.
var sampleBidders = []struct {
	owner string
	account.NewOrganisation
}{
	{theWaitingOwner, account.NewOrganisation{Kind: account.Legal, Name: "示例航空数据有限公司（虚构）", Code: checked("91000000MA0000003"), Head: "示例某丙", Registrar: "示例登记机关", Address: "示例路 3 号"}},
	{theCitizen, account.NewOrganisation{Kind: account.Legal, Name: "示例风险评估有限公司（虚构）", Code: checked("91000000MA0000004"), Head: "示例某丁", Registrar: "示例登记机关", Address: "示例路 4 号"}},
}

// sampleTender is a competition that was announced so many days ago, and closes so many
// days after that.
type sampleTender struct {
	announced, open int
	form            tender.Form
	bids            []sampleBid // of the company and of sampleBidders; none: it is not played on
	marks           [][]int     // what each of the panel gives less than all: for the first criterion, bid by bid
	report          string
}

type sampleBid struct {
	yuan     int64
	proposal string
}

var sampleTenders = []sampleTender{
	{announced: 75, open: 30, form: tender.Form{Title: "示例：鸟击损失数据的商业使用（航空保险）", TitleEN: "Sample: bird strike costs for aviation insurance", Description: "示例：用鸟击损失的明细给机场和航空公司做保险定价，期限 12 个月。", Requirements: "示例：已认证的机构，三年内没有数据违规，有安全负责人。"},
		bids:   []sampleBid{{260000, "示例方案：按机场、按季节估算损失，结果每季度公布一次。"}, {310000, "示例方案：给每家机场一份报告。"}, {180000, "示例方案：做一个查询页面。"}},
		marks:  [][]int{{3, 9, 15}, {5, 8, 12}, {4, 11, 14}},
		report: "示例评审报告：三家都有效；第一家的方案写明了结果怎样公布，安全措施最全；报价按公式计分。"},
	{announced: 4, open: 28, form: tender.Form{Title: "示例：鸟击损失数据的商业使用（维修备件预测）", TitleEN: "Sample: bird strike costs for forecasting spare parts", Description: "示例：用鸟击损失的明细预测维修备件，期限 12 个月。", Requirements: "示例：已认证的机构，有安全负责人。"},
		bids: []sampleBid{{200000, "示例方案：封着，开标以前谁都看不到这一句。"}}},
}

// compete shows two competitions for commercial use (AB-35.3): one that takes bids, with
// a sealed one in it, and one whose award is confirmed.
func (s *stage) compete(ctx context.Context) error {
	if s.Tenders == nil {
		return nil
	}
	officer := s.as(theOfficer)
	d, err := s.Datasets.Dataset(ctx, officer, appliedFor)
	if fault.KindOf(err) == fault.NotFound || err == nil && d.Status != datasets.Published {
		return nil // there was no room for its data
	}
	if err != nil {
		return err
	}
	if d.Department.ID != officer.Department {
		return fmt.Errorf("%s is not of %s", appliedFor, theOfficer)
	}
	for _, x := range sampleTenders {
		if err := s.competeOnce(ctx, x); err != nil {
			return fmt.Errorf("%s: %w", x.form.Title, err)
		}
	}
	return nil
}

// tendersAgo is tenders as they were so many days ago.
func (s *stage) tendersAgo(days int) (*tender.Service, error) {
	then := s.Now().AddDate(0, 0, -days)
	return s.Tenders(func() time.Time { return then })
}

// morning is ten o'clock of the day so many days ago, as a form has it.
func (s *stage) morning(days int) string {
	y, m, d := s.Now().AddDate(0, 0, -days).In(workdays.Zone).Date()
	return time.Date(y, m, d, 10, 0, 0, 0, workdays.Zone).Format("2006-01-02T15:04")
}

// competeOnce plays a competition, unless an earlier play did.
func (s *stage) competeOnce(ctx context.Context, x sampleTender) error {
	officer := s.as(theOfficer)
	now, err := s.tendersAgo(0)
	if err != nil {
		return err
	}
	there, err := now.Desk(ctx, officer, tender.Filter{})
	if err != nil || slices.ContainsFunc(there, func(t tender.Tender) bool { return t.Title == x.form.Title }) {
		return err
	}
	owners, of, err := s.bidders(ctx)
	if err != nil {
		return err
	}
	f := x.form
	f.Kind, f.Method, f.Pricing, f.Limit, f.PriceWeight = tender.DataUse, "公开招标", tender.Pays, "100000", "20"
	f.Criteria = []tender.FormCriterion{{Name: "方案", Weight: "50", Says: "示例：有用、可行，结果怎样公布"}, {Name: "安全", Weight: "30", Says: "示例：存放、人员、应急"}}
	f.Entries = []tender.FormEntry{{Slug: appliedFor}}
	f.Opens, f.Closes = s.morning(x.announced-1), s.morning(x.announced-x.open)
	f.OpeningAt, f.Panel = f.Closes, []string{theHead, securityDesk, secrecyDesk}
	at, err := s.tendersAgo(x.announced)
	if err != nil {
		return err
	}
	t, err := at.Write(ctx, officer, f)
	if err != nil {
		return err
	}
	if t, err = at.Move(ctx, officer, t.Number, tender.Step{Action: tender.Announce, Revision: t.Revision}); err != nil {
		return err
	}
	if at, err = s.tendersAgo(x.announced - 3); err != nil {
		return err
	}
	for i, b := range x.bids {
		fen := b.yuan * 100
		if _, err := at.Seal(ctx, s.as(owners[i]), t.Number, tender.Sealing{Organisation: of[i], Way: tender.Kept, Offer: tender.Offer{Amount: &fen, Proposal: b.proposal}, Nonce: tender.NewNonce()}); err != nil {
			return err
		}
	}
	if x.report == "" {
		return nil
	}
	return s.award(ctx, t.Number, x)
}

// award plays a competition from the opening to the confirmation.
func (s *stage) award(ctx context.Context, number string, x sampleTender) error {
	officer := s.as(theOfficer)
	at, err := s.tendersAgo(x.announced - x.open - 2)
	if err != nil {
		return err
	}
	v, err := at.One(ctx, officer, number)
	if err != nil {
		return err
	}
	for revision, i := v.Revision, 0; i < len(v.Bids); i++ {
		t, err := at.Examine(ctx, officer, number, revision, v.Bids[i].ID, true, "")
		if err != nil {
			return err
		}
		revision = t.Revision
	}
	for k, identifier := range []string{theHead, securityDesk, secrecyDesk} {
		member := s.as(identifier)
		if _, err := at.Declare(ctx, member, number, ""); err != nil {
			return err
		}
		var all []tender.Given
		for i, b := range v.Bids {
			all = append(all, tender.Given{Bid: b.ID, Marks: []int{50 - x.marks[k][i], 30 - 2*i}, Words: "示例评语"})
		}
		if _, err := at.Hand(ctx, member, number, all); err != nil {
			return err
		}
	}
	if v, err = at.One(ctx, officer, number); err != nil {
		return err
	}
	t, err := at.Move(ctx, officer, number, tender.Step{Action: tender.Notice, Revision: v.Revision, Words: x.report})
	if err != nil {
		return err
	}
	if at, err = s.tendersAgo(20); err != nil {
		return err
	}
	_, err = at.Move(ctx, officer, number, tender.Step{Action: tender.Confirm, Revision: t.Revision})
	return err
}

// bidders are who bids in the sample tenders, and for which organisation.
func (s *stage) bidders(ctx context.Context) (owners []string, of []int64, err error) {
	all, err := s.Accounts.Organisations(ctx, s.as(theOwner))
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(all, func(o account.Organisation) bool { return o.Name == verifiedName })
	if i < 0 {
		return nil, nil, fmt.Errorf("%s is not there", verifiedName)
	}
	owners, of = []string{theOwner}, []int64{all[i].ID}
	for _, b := range sampleBidders {
		id, err := s.verified(ctx, b.owner, b.NewOrganisation)
		if err != nil {
			return nil, nil, err
		}
		owners, of = append(owners, b.owner), append(of, id)
	}
	return owners, of, nil
}

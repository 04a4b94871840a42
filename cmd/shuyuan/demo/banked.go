package demo

import (
	"context"
	"fmt"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/payment"
)

// sampleStatement is the file of a sample bank, as it is brought in: what came of nobody
// known, what somebody paid back, and what the bank keeps.
var sampleStatement = [][]string{
	{"示例银行 账户明细（示例）"},
	{"交易流水号", "交易日期", "收入金额", "支出金额", "币种", "对方户名", "对方账号", "附言"},
	{"SAMPLE-0001", "20261102", "3,200.00", "", "CNY", "示例物业管理有限公司（虚构）", "6222000000000001", "示例：办公室押金退回"},
	{"SAMPLE-0002", "20261103", "860.00", "", "CNY", "示例某某（虚构）", "6222000000000002", "示例：数据款"},
	{"SAMPLE-0003", "20261104", "1,200.00", "", "CNY", "示例咨询有限公司（虚构）", "6222000000000003", "示例：买数据，附言码忘了写"},
	{"SAMPLE-0004", "20261105", "", "15.00", "CNY", "示例银行", "", "示例：账户管理费"},
}

// bank shows the account that buyers transfer to: two people confirmed it, a statement
// was brought, one line of it was found to be other business, one goes back, one was
// proposed and waits for another person, and one waits for both.
func (s *stage) bank(ctx context.Context) error {
	if s.Bank == nil {
		return nil
	}
	b := s.Bank()
	ann, ben := s.as(theOperator), s.as(theReviewer)
	accounts, err := b.Accounts(ctx, ann)
	if err != nil || len(accounts) > 0 {
		return err // an earlier play brought it
	}
	a, err := b.OpenAccount(ctx, ann, payment.AccountForm{Bank: "示例银行示例支行（示例）", Account: "3500 0000 0000 0000", Holder: operatorName, Currency: "CNY"})
	if f := fault.Of(err); f != nil && f.Field == "operator" {
		return nil // there was no room for what its organisation hands in
	}
	if err != nil {
		return err
	}
	if err := b.MoveAccount(ctx, ben, a.Number, "confirm", ""); err != nil {
		return err
	}
	if _, err := b.Import(ctx, ann, a.Number, "csv", "示例流水.csv", sampleStatement, ""); err != nil {
		return err
	}
	lines, err := b.Lines(ctx, ann, payment.LineFilter{Queue: true, Limit: 10})
	if err != nil {
		return err
	}
	for _, e := range lines {
		var part payment.Part
		agreed := true
		switch e.Serial {
		case "SAMPLE-0001":
			part = payment.Part{Kind: payment.NotOurs, Letter: "示例：办公室押金，和平台无关。"}
		case "SAMPLE-0002":
			part = payment.Part{Kind: payment.SendBack}
		case "SAMPLE-0004":
			part, agreed = payment.Part{Kind: payment.NotOurs, Letter: "示例：银行收的费用。"}, false
		default:
			continue
		}
		if err := b.Propose(ctx, ann, e.Number, e.Revision, []payment.Part{part}); err != nil {
			return fmt.Errorf("%s: %w", e.Serial, err)
		}
		if !agreed {
			continue
		}
		if err := b.Decide(ctx, ben, e.Number, e.Revision+1, true, ""); err != nil {
			return fmt.Errorf("%s: %w", e.Serial, err)
		}
	}
	return nil
}

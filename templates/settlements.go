package templates

import (
	"context"
	"time"

	"shuyuan/marketplace/refunding"
	"shuyuan/marketplace/settlement"
	"shuyuan/templates/text"
)

// SettlementsPage are the settlements at the desk.
type SettlementsPage struct {
	Frame
	Items    []settlement.Settlement
	Accounts []settlement.PayoutAccount // that wait to be checked
	All      bool
	Judges   bool
	Next     string
	Done     bool
	Mistake  Mistake
}

// OwnSettlementsPage are those of the organisations of an account.
type OwnSettlementsPage struct {
	Frame
	Own     *settlement.Own
	Form    settlement.PayoutForm
	Payee   int64
	Next    string
	Done    bool
	Mistake Mistake
	Now     time.Time
}

// owners are the payees that the reader answers for.
func (p OwnSettlementsPage) owners() (out []settlement.Payee) {
	for _, x := range p.Own.Payees {
		if x.Owner {
			out = append(out, x)
		}
	}
	return out
}

// SettlementPage is one settlement.
type SettlementPage struct {
	Frame
	Case    *settlement.View
	Desk    bool
	Words   string
	Done    bool
	Mistake Mistake
	Now     time.Time
}

func (p SettlementPage) at() string {
	if p.Desk {
		return p.Case.DeskPath()
	}
	return p.Case.Path()
}

var settlementStates = map[settlement.State]string{
	settlement.Computed: "等收款方确认", settlement.Confirmed: "收款方已确认", settlement.Disputed: "有异议", settlement.Instructed: "已指示付款", settlement.Paid: "已付", settlement.Failed: "没有付成", settlement.Reconciled: "已对账", settlement.Void: "已作废",
}

var settlementActs = map[settlement.Action]string{
	settlement.Compute: "算好结算单", settlement.Confirm: "确认", settlement.Dispute: "提出异议", settlement.Answer: "答复并重新送确认", settlement.Adjust: "金额变了，重算", settlement.Drop: "作废", settlement.Instruct: "指示付款", settlement.Pay: "已付", settlement.Fail: "没有付成", settlement.Reconcile: "对账", settlement.Read: "查看",
}

// SettlementAct names a step of a settlement.
func SettlementAct(ctx context.Context, act string) string {
	return spokenOf(ctx, settlementActs, settlement.Action(act))
}

var payoutStates = map[settlement.PayoutState]string{
	settlement.Proposed: "等交易所核对", settlement.InForce: "在用", settlement.Refused: "核对没有通过", settlement.EndedAccount: "已停用",
}

var transferStates = map[string]string{"asked": "已请支付机构转付", "done": "已转付", "failed": "没有办成"}

// RefundsPage are the refunds at the desk.
type RefundsPage struct {
	Frame
	Items   []refunding.Refund
	Prepaid []refunding.Prepaid
	All     bool
	Next    string
}

// RefundPage is one refund.
type RefundPage struct {
	Frame
	Case    *refunding.View
	Desk    bool
	Words   string
	Done    bool
	Mistake Mistake
}

func (p RefundPage) at() string {
	if p.Desk {
		return p.Case.DeskPath()
	}
	return p.Case.Path()
}

var refundStates = map[refunding.State]string{
	refunding.Requested: "等双方同意", refunding.Rejected: "已驳回", refunding.Approved: "已批准", refunding.Submitted: "正在退", refunding.Succeeded: "已退", refunding.Failed: "没有退成", refunding.Manual: "线下已退",
}

var refundActs = map[refunding.Action]string{
	refunding.Request: "申请退款", refunding.Agree: "同意退款", refunding.Approve: "批准", refunding.Reject: "驳回", refunding.Submit: "提交", refunding.Succeed: "已退", refunding.Fail: "没有退成", refunding.Again: "重新提交", refunding.ByHand: "登记线下已退", refunding.Read: "查看",
}

// RefundAct names a step of a refund.
func RefundAct(ctx context.Context, act string) string {
	return spokenOf(ctx, refundActs, refunding.Action(act))
}

var refundCauses = map[refunding.Cause]string{
	refunding.ByRule: "按订单的退款规则", refunding.ByObjection: "卖方同意按异议退款", refunding.ByAgreement: "卖方愿意退", refunding.ByMandate: "授权终止，退没有用完的", refunding.BySurplus: "没有订单要用的款",
}

var refundSides = map[string]string{refunding.OfTrade: "卖方或者运营机构", refunding.OfExchange: "交易所"}

func money(ctx context.Context, fen int64, currency string) string {
	if currency == "CNY" {
		return text.T(ctx, "%s 元", amountText(fen))
	}
	return amountText(fen) + " " + currency
}

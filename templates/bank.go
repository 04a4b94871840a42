package templates

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"shuyuan/internal/account"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/payment"
	"shuyuan/templates/text"
)

// bankDesk are those at whose desk accounts, statements and books lie; the people of an
// operator alone move anything.
var bankDesk = []account.Role{account.Operator, account.ExchangeStaff, account.Regulator}

// BankPage are the collection accounts that somebody sees, and what waits for people.
type BankPage struct {
	Frame
	Accounts  []payment.Account
	Operators []payment.Operator // whose people the reader is of
	Queue     []payment.Entry
	Online    []payment.Attempt
	Before    int64
	Next      string
	Moves     bool
	Done      bool
	Form      payment.AccountForm
	Mistake   Mistake
}

// BankAccountPage is one account with its statements.
type BankAccountPage struct {
	Frame
	Account      payment.Account
	Statements   []payment.Statement
	Before       int64
	Next         string
	Moves, Maker bool
	Done         string
	Words        string
	Form         payment.LineForm
	Mistake      Mistake
}

// BankStatementPage is a statement with its lines.
type BankStatementPage struct {
	Frame
	Statement payment.Statement
	Lines     []payment.Entry
	Next      string
	Done      bool
}

// BankLinePage is a line, with what it may be for.
type BankLinePage struct {
	Frame
	Line                    payment.Entry
	Advices                 []payment.Advice
	Moves, Typist, Proposer bool
	Done                    bool
	Words                   string
	Parts                   []payment.Part
	Mistake                 Mistake
}

// rows are the parts that the form shows: those typed, or those that the candidates of
// the line suggest, and some that are empty.
func (p BankLinePage) rows() []payment.Part {
	out := p.Parts
	if len(out) == 0 && p.Line.Amount > 0 {
		left := p.Line.Left()
		for _, a := range p.Advices {
			if due := min(a.Amount-a.Paid, left); due > 0 && !a.Ended && a.Currency == p.Line.Currency {
				out = append(out, payment.Part{Kind: payment.ToAdvice, Ref: a.Ref, Amount: Decimal(due)})
				left -= due
			}
		}
		switch {
		case p.Line.Verdict == payment.CameBack && len(p.Line.Candidates) == 1:
			out = []payment.Part{{Kind: payment.Returned, Ref: p.Line.Candidates[0]}}
		case left > 0 && len(out) > 0:
			out = append(out, payment.Part{Kind: payment.SendBack, Amount: Decimal(left), Payee: p.Line.Party, PayeeAccount: p.Line.Line.Account})
		case len(out) == 0:
			out = []payment.Part{{Kind: payment.SendBack, Amount: Decimal(left), Payee: p.Line.Party, PayeeAccount: p.Line.Line.Account}}
		}
	}
	if len(out) == 0 && len(p.Line.Candidates) > 0 {
		out = []payment.Part{{Kind: payment.OfInstruction, Ref: p.Line.Candidates[0]}}
	}
	for n := min(len(out)+2, 20); len(out) < n; {
		out = append(out, payment.Part{})
	}
	return out
}

// kinds are what a part of a line can be.
func (p BankLinePage) kinds() []payment.AllocationKind {
	if p.Line.Amount < 0 {
		return []payment.AllocationKind{payment.OfInstruction, payment.NotOurs}
	}
	return []payment.AllocationKind{payment.ToAdvice, payment.SendBack, payment.NotOurs, payment.Returned}
}

// InstructionsPage are what operators are to transfer.
type InstructionsPage struct {
	Frame
	Items []payment.Instruction
	All   bool
	Next  string
}

// InstructionPage is one of them.
type InstructionPage struct {
	Frame
	Item           payment.Instruction
	Moves, Stopper bool
	Done           bool
	Words          string
	Mistake        Mistake
}

var (
	collectionStates  = map[payment.CollectionState]string{payment.CollectionProposed: "等另一个人确认", payment.CollectionOpen: "在用", payment.CollectionRefused: "没有确认", payment.CollectionClosed: "已停用"}
	lineStates        = map[payment.LineState]string{payment.Typed: "手工录入，等另一个人核对", payment.Refused: "核对不符，不算", payment.Fresh: "等核对", payment.Waiting: "等写明用途", payment.Proposed: "等另一个人同意", payment.Done: "已办结"}
	lineVerdicts      = map[payment.Verdict]string{payment.Exact: "正好付清", payment.Short: "少付", payment.Over: "多付或重复付", payment.WrongPayer: "付款人不是买方", payment.Several: "一笔付几单", payment.Late: "过期或订单已终止", payment.Foreign: "货币不同", payment.Unknown: "不知道是什么款", payment.Outgoing: "付出，没有对上指令", payment.CameBack: "付出的款退了回来", payment.OtherAccount: "付进了别的收款账户"}
	allocationKinds   = map[payment.AllocationKind]string{payment.ToAdvice: "付订单或账单", payment.SendBack: "退回付款人", payment.NotOurs: "和平台无关", payment.OfInstruction: "是这条付款指令", payment.Returned: "付出的款退了回来"}
	allocationStates  = map[payment.AllocationState]string{payment.Suggested: "已提出", payment.Dropped: "没有同意", payment.Held: "部分到账，等余款", payment.Booked: "已入账", payment.Freed: "已退回待办"}
	instructionKinds  = map[payment.InstructionKind]string{payment.ToRefund: "退款", payment.ToPayOut: "结算", payment.ToSendBack: "退回来款"}
	instructionStates = map[payment.InstructionState]string{payment.Instructing: "已指令，等银行", payment.Went: "已付", payment.Failed: "没有付成"}
	statementSources  = map[string]string{"csv": "CSV 文件", "xlsx": "XLSX 文件", "typed": "手工录入"}
	flows             = map[ledger.Flow]string{ledger.PaymentIn: "收款", ledger.Unmatched: "来款待查", ledger.Matched: "查清入账", ledger.Billed: "出账单", ledger.BillPaid: "账单付清", ledger.ServiceFee: "服务费", ledger.Release: "验收后分配", ledger.Contest: "异议，收回冻结", ledger.RefundDue: "应退", ledger.RefundPaid: "已退", ledger.SettlementOrdered: "发出结算指令", ledger.SettlementPaid: "结算付出", ledger.SettlementFailed: "结算退回", ledger.Offset: "抵扣", ledger.ProviderFeeKept: "支付机构手续费", ledger.ChargebackOpened: "拒付", ledger.ChargebackLost: "拒付成立", ledger.ChargebackReturned: "拒付撤回", ledger.Reversed: "冲正"}
	accountNames      = map[string]string{
		"bank:operator:receivable": "运营机构收款户", "provider:stripe:receivable": "支付机构在途", "receivable:payee": "应收退回", "buyer:clearing": "买方应付账单", "order:hold": "订单冻结", "payable:operator": "应付 运营机构", "payable:developer": "应付 开发方",
		"payable:broker": "应付 经纪人", "payable:treasury": "应付 财政", "revenue:platform_fee": "平台服务费", "revenue:service_fee:tech": "技术服务费", "revenue:service_fee:compute": "存算设施使用费", "tax:vat": "应交增值税", "refund:clearing": "退款在途", "payout:clearing": "结算在途", "expense:provider_fee": "支付机构手续费", "suspense": "待查来款",
	}
)

// Decimal is an amount in units of its currency, for files and forms.
func Decimal(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	cents := strconv.FormatInt(fen%100, 10)
	return sign + strconv.FormatInt(fen/100, 10) + "." + strings.Repeat("0", 2-len(cents)) + cents
}

// amountText is an amount as people read it: commas between thousands, a true minus.
func amountText(fen int64) string {
	plain := strings.TrimPrefix(Decimal(fen), "-")
	whole, cents, _ := strings.Cut(plain, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fen < 0 {
		whole = "−" + whole
	}
	return whole + "." + cents
}

// signedAmount is an amount that is entered in the books, with its sign.
func signedAmount(fen int64) string {
	if fen > 0 {
		return "+" + amountText(fen)
	}
	return amountText(fen)
}

// sideAmount is one side of an account: nothing where it has none.
func sideAmount(fen int64) string {
	if fen == 0 {
		return ""
	}
	return amountText(fen)
}

// LedgerName is what a transaction of the books is called.
func LedgerName(id int64) string { return "LTX-" + strconv.FormatInt(id, 10) }

// LedgerPage is a trial balance.
type LedgerPage struct {
	Frame
	On    time.Time // zero: all that is posted
	Own   bool      // of the reader's organisation alone
	Trial []ledger.Trial
	Names map[int64]string
}

func (p LedgerPage) totals() []ledger.Total { return ledger.Totals(p.Trial) }

// LedgerAccountPage is an account with its entries.
type LedgerAccountPage struct {
	Frame
	Code, Currency string
	Account        ledger.Account
	Steps          []ledger.Step
	Skip, Next     int
	Names          map[int64]string
}

// LedgerEntriesPage are transactions with all their entries.
type LedgerEntriesPage struct {
	Frame
	Of      string
	Subject string // that one transaction is about
	Items   []ledger.Posted
}

func ledgerAccountHref(code, currency string) string {
	return "/desk/ledger/account?" + url.Values{"code": {code}, "currency": {currency}}.Encode()
}

// accountName is what an account is called, and whose it is.
func accountName(ctx context.Context, code string, names map[int64]string) string {
	a, err := ledger.Parse(code)
	if err != nil {
		return code
	}
	name := text.T(ctx, accountNames[a.Class.Code])
	switch {
	case a.Order != "":
		return name + " " + a.Order
	case names[a.Organisation] != "":
		return name + " " + names[a.Organisation]
	}
	return name
}

func (p LedgerPage) csv() string {
	if p.On.IsZero() {
		return "/desk/ledger/files/trial-balance.csv"
	}
	return "/desk/ledger/files/trial-balance.csv?on=" + p.On.Format(time.DateOnly)
}

func (p LedgerAccountPage) csv() string {
	return "/desk/ledger/files/account.csv?" + url.Values{"code": {p.Code}, "currency": {p.Currency}}.Encode()
}

func (p LedgerAccountPage) more() string {
	return ledgerAccountHref(p.Code, p.Currency) + "&skip=" + strconv.Itoa(p.Next)
}

var checkoutStates = map[payment.State]string{payment.Surplus: "订单不需要，要退回", payment.Mismatched: "金额、货币或订单不符，要查"}

package settlement

import (
	"regexp"
	"strings"
	"time"
	"unicode"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
	"shuyuan/marketplace/ledger"
)

// State is where a settlement stands.
type State string

// The states (market 2.1).
const (
	Computed   State = "computed"
	Confirmed  State = "confirmed_by_payee"
	Disputed   State = "disputed"
	Instructed State = "instructed"
	Paid       State = "paid"
	Failed     State = "failed"
	Reconciled State = "reconciled" // books and bank say the same
	Void       State = "void"       // nothing is left of it
)

// Action is what is done about a settlement.
type Action string

// The actions.
const (
	Compute   Action = "compute" // how it begins
	Confirm   Action = "confirm"
	Dispute   Action = "dispute"
	Answer    Action = "answer"
	Adjust    Action = "adjust" // something of it was given back meanwhile
	Drop      Action = "drop"   // all of it was
	Instruct  Action = "instruct"
	Pay       Action = "pay"
	Fail      Action = "fail"
	Reconcile Action = "reconcile"
	Read      Action = "read" // by the regulator: it changes nothing
)

// lifecycle is the table of moves. A person of the payee stands as visitor, and whoever it
// is, the service asks; the clock, the bank and the provider stand as administrator.
var lifecycle = workflow.Lifecycle[State, Action, *Settlement]{
	{Action: Confirm, From: []State{Computed}, To: Confirmed, By: []account.Role{account.Visitor}},
	{Action: Dispute, From: []State{Computed, Confirmed}, To: Disputed, By: []account.Role{account.Visitor}, Needs: worded},
	{Action: Answer, From: []State{Disputed}, To: Computed, By: []account.Role{account.ExchangeStaff}, Needs: worded},
	{Action: Adjust, From: []State{Computed, Confirmed, Disputed}, To: Computed, By: []account.Role{account.Administrator}},
	{Action: Drop, From: []State{Computed, Confirmed, Disputed}, To: Void, By: []account.Role{account.Administrator}},
	{Action: Instruct, From: []State{Confirmed, Failed}, To: Instructed, By: []account.Role{account.ExchangeStaff}},
	{Action: Pay, From: []State{Instructed}, To: Paid, By: []account.Role{account.Administrator}},
	{Action: Fail, From: []State{Instructed, Paid, Reconciled}, To: Failed, By: []account.Role{account.Administrator}},
	{Action: Reconcile, From: []State{Paid}, To: Reconciled, By: []account.Role{account.Administrator}},
}

// Lifecycle is the diagram of the moves of a settlement.
func Lifecycle() string { return lifecycle.Mermaid(Computed) }

func worded(s *Settlement) error {
	if s.Reason == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// confirmTerm is by when a payee confirms or disputes.
var confirmTerm = deadline.Term{House: "settlement_confirm"}

// Settlement is what a payee gets for a period.
type Settlement struct {
	ID           int64
	Number       string
	Payee        int64 // organisation
	PayeeName    string
	PayeeCode    string // 统一社会信用代码
	Payable      string // code of the account that is kept for it
	Route        string // code of the account that it is paid from
	RouteName    string // of the operator; empty: the provider of payments
	Currency     string
	From         time.Time
	Through      time.Time
	Gross        int64 // of the orders
	Fees         int64 // of the platform and of the operator
	Tax          int64
	Others       int64 // parts of other payees
	Net          int64 // of the payee: sum of the lines
	Kept         int64 // of that, set off against what the payee has to give back
	Paid         int64
	State        State
	StateAt      time.Time
	Reason       string
	Instruction  string // number of the instruction to the bank
	Attempt      int
	ConfirmedBy  string
	InstructedBy string
	MadeAt       time.Time
	Revision     int
	Due          *deadline.Clock // of the payee; nil: none runs
	Lines        []Line

	payout    int64
	confirmed int64
	byID      int64
}

// Payout is what goes to the payee.
func (s *Settlement) Payout() int64 { return s.Net - s.Kept }

// Online reports whether the provider of payments pays it.
func (s *Settlement) Online() bool { return s.Route == ledger.StripeReceivable.Code }

// Path is its page for the payee, DeskPath that of the exchange.
func (s *Settlement) Path() string { return "/account/settlements/" + s.Number }

// DeskPath is its page at the desk.
func (s *Settlement) DeskPath() string { return "/desk/settlements/" + s.Number }

// Line is an entry that a settlement is made of.
type Line struct {
	Transaction int64
	Seq         int
	Kind        ledger.Flow
	On          time.Time
	Subject     string
	Order       string
	Gross       int64
	Fees        int64
	Tax         int64
	Amount      int64
}

// Event is a step of a settlement.
type Event struct {
	Act   string
	State State
	Name  string
	Words string
	At    time.Time
}

// PayoutState is where an account to pay to stands.
type PayoutState string

// The states of accounts to pay to.
const (
	Proposed     PayoutState = "proposed"
	InForce      PayoutState = "confirmed"
	Refused      PayoutState = "refused"
	EndedAccount PayoutState = "ended"
)

// PayoutAction is what is done about an account to pay to.
type PayoutAction string

// The actions about accounts to pay to.
const (
	Propose        PayoutAction = "propose" // how it begins
	ConfirmAccount PayoutAction = "confirm"
	RefuseAccount  PayoutAction = "refuse"
)

// PayoutAccount is where a payee is paid.
type PayoutAccount struct {
	ID          int64
	Payee       int64
	PayeeName   string
	Holder      string
	Bank        string
	Account     string
	Provider    string // account at the provider of payments; empty: none
	State       PayoutState
	StateAt     time.Time
	Reason      string
	MadeBy      string
	MadeAt      time.Time
	ConfirmedBy string
	Revision    int

	madeBy int64
}

// Tail is the end of the number of the account, as lists show it.
func (p PayoutAccount) Tail() string { return "…" + p.Account[max(0, len(p.Account)-4):] }

// PayoutForm is what a payee says of its account.
type PayoutForm struct {
	Holder, Bank, Account, Provider string
}

var (
	accountNumber   = regexp.MustCompile(`^[0-9A-Z]{8,34}$`) // IBAN has at most 34 (ISO 13616)
	providerAccount = regexp.MustCompile(`^(acct_[A-Za-z0-9]{1,64})?$`)
)

func (f PayoutForm) read() (PayoutForm, error) {
	f.Holder, f.Bank, f.Provider = strings.TrimSpace(f.Holder), strings.TrimSpace(f.Bank), strings.TrimSpace(f.Provider)
	f.Account = strings.ToUpper(strings.Join(strings.Fields(f.Account), ""))
	const most = 200
	for _, x := range []struct{ field, value string }{{"holder", f.Holder}, {"bank", f.Bank}} {
		switch {
		case x.value == "":
			return f, fault.At(x.field, "请写户名和开户银行。")
		case len([]rune(x.value)) > most:
			return f, fault.At(x.field, "太长，最多 %d 个字。", most)
		case strings.ContainsFunc(x.value, unicode.IsControl):
			return f, fault.At(x.field, "户名和开户银行里有不能显示的字符。")
		}
	}
	if !accountNumber.MatchString(f.Account) {
		return f, fault.At("account", "账号是 8 到 34 位数字或者字母。")
	}
	if !providerAccount.MatchString(f.Provider) {
		return f, fault.At("provider", "支付机构的账户以 acct_ 开头；没有就不写。")
	}
	return f, nil
}

// words reads what somebody says of a step.
func words(s string) (string, error) {
	s, err := datasets.CleanProse("reason", s)
	if err == nil && len([]rune(s)) > mostWords {
		err = fault.At("reason", "太长，最多 %d 个字。", mostWords)
	}
	return strings.TrimSpace(s), err
}

const mostWords = 1000

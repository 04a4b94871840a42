package ledger

import (
	"slices"
	"strings"

	"shuyuan/internal/fault"
)

// Kind is the side of the books that an account stands on.
type Kind string

// The kinds of accounts.
const (
	Asset     Kind = "asset"
	Liability Kind = "liability"
	Revenue   Kind = "revenue"
	Expense   Kind = "expense"
	Clearing  Kind = "clearing" // empty once what passes through it has arrived
)

// Guard is the side on which the balance of an account must never be.
type Guard string

// The guards.
const (
	Unguarded       Guard = "none"
	NoDebitBalance  Guard = "no_debit_balance"  // nobody is owed less than nothing
	NoCreditBalance Guard = "no_credit_balance" // nobody owes less than nothing
)

// Owner is what tells the accounts of one class apart.
type Owner string

// What an account of a class is kept for each of.
const (
	OfPlatform     Owner = ""             // there is one
	OfOrganisation Owner = "organisation" // by the id of an organisation
	OfOrder        Owner = "order"        // by the number of an order
)

// Class is a row of the chart of accounts. The accounts of it have its Code, and
// behind it whose they are.
type Class struct {
	Code  string
	Kind  Kind
	Guard Guard
	Of    Owner
}

// The chart of accounts.
var (
	BankReceivable   = Class{"bank:operator:receivable", Asset, Unguarded, OfOrganisation}      // on the collection account of an operator
	StripeReceivable = Class{"provider:stripe:receivable", Asset, Unguarded, OfPlatform}        // with the provider of payments
	PayeeReceivable  = Class{"receivable:payee", Asset, NoCreditBalance, OfOrganisation}        // what a payee has to give back
	BuyerClearing    = Class{"buyer:clearing", Asset, NoCreditBalance, OfOrganisation}          // billed and not yet paid
	OrderHold        = Class{"order:hold", Liability, NoDebitBalance, OfOrder}                  // paid and not yet accepted, or in dispute
	PayableOperator  = Class{"payable:operator", Liability, NoDebitBalance, OfOrganisation}     // 一级开发主体
	PayableDeveloper = Class{"payable:developer", Liability, NoDebitBalance, OfOrganisation}    // 二级开发主体
	PayableBroker    = Class{"payable:broker", Liability, NoDebitBalance, OfOrganisation}       // 数据经纪人
	PayableTreasury  = Class{"payable:treasury", Liability, NoDebitBalance, OfPlatform}         // 非税收入, where an agreement has such a share
	PlatformFee      = Class{"revenue:platform_fee", Revenue, Unguarded, OfPlatform}            // of the exchange
	ServiceTech      = Class{"revenue:service_fee:tech", Revenue, Unguarded, OfOrganisation}    // 技术服务费
	ServiceCompute   = Class{"revenue:service_fee:compute", Revenue, Unguarded, OfOrganisation} // 存算设施使用费
	VAT              = Class{"tax:vat", Liability, Unguarded, OfPlatform}                       // on the fee of the platform
	RefundClearing   = Class{"refund:clearing", Clearing, NoDebitBalance, OfOrder}              // to be given back and not yet gone
	PayoutClearing   = Class{"payout:clearing", Clearing, NoDebitBalance, OfOrganisation}       // instructed and not yet gone
	ProviderFee      = Class{"expense:provider_fee", Expense, Unguarded, OfPlatform}            // kept by the provider of payments
	Suspense         = Class{"suspense", Clearing, Unguarded, OfPlatform}                       // money of which nobody knows yet what it is for
)

// Chart is every class, in the order of a trial balance.
var Chart = []Class{
	BankReceivable, StripeReceivable, PayeeReceivable, BuyerClearing,
	OrderHold, PayableOperator, PayableDeveloper, PayableBroker, PayableTreasury, VAT,
	RefundClearing, PayoutClearing, Suspense,
	PlatformFee, ServiceTech, ServiceCompute, ProviderFee,
}

// Account is one account of a class in some currency: an organisation's, an order's, or
// the only one.
type Account struct {
	Class        Class
	Organisation int64  // whose it is, for classes kept by organisation
	Order        string // number, for classes kept by order
}

// Code is how the books name the account.
func (a Account) Code() string {
	switch a.Class.Of {
	case OfOrganisation:
		return a.Class.Code + ":" + itoa(a.Organisation)
	case OfOrder:
		return a.Class.Code + ":" + a.Order
	default:
		return a.Class.Code
	}
}

// For is the account of an organisation.
func (c Class) For(organisation int64) Account { return Account{Class: c, Organisation: organisation} }

// ForOrder is the account of an order.
func (c Class) ForOrder(number string) Account { return Account{Class: c, Order: number} }

// Only is the one account of a class that has one.
func (c Class) Only() Account { return Account{Class: c} }

// Parse reads the code of an account.
func Parse(code string) (Account, error) {
	for _, c := range Chart {
		switch rest, behind := strings.CutPrefix(code, c.Code+":"); {
		case c.Of == OfPlatform && code == c.Code:
			return c.Only(), nil
		case c.Of == OfOrganisation && behind:
			if id := atoi(rest); id > 0 {
				return c.For(id), nil
			}
		case c.Of == OfOrder && behind && rest != "" && !strings.Contains(rest, ":"):
			return c.ForOrder(rest), nil
		}
	}
	return Account{}, fault.New(fault.NotFound, "没有这个账户。")
}

// sound: an account of the chart, with whose it is.
func (a Account) sound() bool {
	return slices.Contains(Chart, a.Class) && (a.Class.Of == OfOrganisation) == (a.Organisation > 0) && (a.Class.Of == OfOrder) == (a.Order != "")
}

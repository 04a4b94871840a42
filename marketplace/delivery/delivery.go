package delivery

import (
	"context"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/ordering"
)

// Serving is what a paid order may have now.
type Serving struct {
	ID         int64
	Order      string // number
	Contract   string // number
	Buyer      ordering.Organisation
	Seller     ordering.Organisation
	Product    string // number
	Version    string // number
	Title      string
	TitleEN    string
	Channel    offering.Channel
	Plan       ordering.Snapshot
	Purpose    string
	Quota      int64 // 0: as many as one likes
	Used       int64
	OpenedAt   time.Time
	EndedAt    *time.Time
	EndedWhy   string
	From       time.Time
	Until      time.Time
	OrderState ordering.State
	Sample     bool

	order, version, product int64
	stops                   stops
}

// Left is how much of the quota is left; -1: there is none.
func (v *Serving) Left() int64 {
	if v.Quota == 0 {
		return -1
	}
	return v.Quota - v.Used
}

// Metered reports whether use is counted for bills.
func (v *Serving) Metered() bool { return v.Plan.Kind == offering.PayPerUse }

// Path is where its sides find it.
func (v *Serving) Path() string { return "/orders/" + v.Order + "/delivery" }

// stops are the facts that a gate asks for besides.
type stops struct {
	contract      string // state
	published     bool   // the version, and not recalled
	certified     bool
	productState  string
	pausedBy      string // a listing
	pausedWhy     string
	suspended     bool // buyer, seller or developer
	overdue       string
	contractFrom  time.Time
	contractUntil time.Time
}

func errNone() error { return fault.New(fault.NotFound, "没有这份订单。") }

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

func errMoved() error {
	return fault.New(fault.Conflict, "这一件在您打开之后已经有人处理过，请重新打开看看。")
}

// MayServe is the one answer to "may this order be served now?": nil, or the sentence why
// not (I-07). fault.Unpaid where money is owed, fault.Gone where it is over, and
// fault.Forbidden where something is suspended. It asks q, which may be the transaction of
// a call, and keeps nothing.
func (s *Service) MayServe(ctx context.Context, q database.Querier, v *Serving) error {
	now := s.now()
	switch v.OrderState {
	case ordering.Created:
		return fault.New(fault.Unpaid, "合同还没有签完，签完并付款以后开通。")
	case ordering.AwaitingPayment:
		return fault.New(fault.Unpaid, "订单还没有付款，到账以后开通。")
	case ordering.Refunded, ordering.Cancelled, ordering.Expired:
		return fault.New(fault.Gone, "订单已经终止，不再交付。")
	case ordering.Ended:
		return fault.New(fault.Gone, "使用期限已满，不再交付。")
	case ordering.Paid, ordering.Delivered, ordering.Objected, ordering.Accepted:
	default:
		return errNone()
	}
	x := v.stops
	switch {
	case x.contract != "effective":
		return fault.New(fault.Gone, "合同已经不再有效，不再交付。")
	case now.Before(x.contractFrom) || !v.From.IsZero() && now.Before(v.From):
		return fault.New(fault.Forbidden, "使用期限还没有开始。")
	case !now.Before(x.contractUntil) || !v.Until.IsZero() && !now.Before(v.Until) || v.EndedAt != nil:
		return fault.New(fault.Gone, "使用期限已满，不再交付。")
	case x.suspended:
		return fault.New(fault.Forbidden, "买方、卖方或者开发方被暂停，暂停交付。")
	}
	why, err := s.Products.NoLongerValid(ctx, q, v.version)
	if err != nil {
		return err
	}
	switch {
	case why != nil:
		return fault.New(fault.Gone, "这一版不再有效，不再交付：%s", why.Text()).Because(why)
	case !x.published:
		return fault.New(fault.Gone, "这一版已经撤回，不再交付。")
	case !x.certified:
		return fault.New(fault.Forbidden, "登记证书和合规认证证书不都有效，暂停交付。")
	case x.productState == "suspended":
		return fault.New(fault.Forbidden, "产品已经暂停，暂停交付。")
	case x.pausedBy != "":
		return fault.New(fault.Forbidden, "上架被暂停，暂停交付：%s", x.pausedWhy)
	case x.overdue != "":
		return fault.New(fault.Unpaid, "账单 %s 逾期没有付，付清以后恢复。", x.overdue)
	}
	return nil
}

// errQuota is that a quota is used up.
func errQuota(v *Serving) error {
	f := fault.New(fault.TooMany, "订单 %s 的限量 %d 已经用完。", v.Order, v.Quota)
	return f
}

// Side is on which side of a delivery somebody stands.
type Side = ordering.Side

// sideOf is where who stands to an order; fault.NotFound for whoever has nothing to do
// with it.
func (s *Service) sideOf(ctx context.Context, q database.Querier, who account.Actor, v *Serving) (Side, error) {
	if who.IsVisitor() || who.Key != "" {
		return "", errNone()
	}
	switch {
	case who.Is(account.Regulator):
		return ordering.OfRegulator, nil
	case who.Is(account.ExchangeStaff):
		return ordering.OfExchange, nil
	}
	side, err := selectSide(ctx, q, v.order, who.ID)
	if err == nil && side == "" {
		err = errNone()
	}
	return Side(side), err
}

// month is the first day of the month of an instant in China, at 0:00 UTC, as the
// database keeps days.
func month(at time.Time) time.Time {
	y, m, _ := at.In(workdays.Zone).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

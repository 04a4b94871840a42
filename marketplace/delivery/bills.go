package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/internal/workflow"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/payment"
)

// The periods of a bill.
var (
	objectTerm = deadline.Term{House: "bill_objection"}
	payTerm    = deadline.Term{House: "bill_payment"}
)

// perThousandRows is the one unit that is not counted one by one.
const perThousandRows = "per_thousand_rows"

// Window is what was used in one month.
type Window struct {
	Month     time.Time
	Events    int64
	Quantity  int64
	Adjusted  int64     // of events that came late
	ClosedAt  time.Time // zero: it is open
	Bill      string    // number; empty: there is nothing to pay
	Total     int64
	BillState BillState
}

// Closed reports whether the month never changes any more.
func (w Window) Closed() bool { return !w.ClosedAt.IsZero() }

// BillState is where a bill stands.
type BillState string

// The states of a bill.
const (
	Issued    BillState = "issued"
	Objected  BillState = "objected"
	Withdrawn BillState = "withdrawn" // the seller agreed with the objection
	BillPaid  BillState = "paid"
	Released  BillState = "released" // to the payees
)

// BillAction is what is done about a bill.
type BillAction string

// The actions on a bill.
const (
	Issue      BillAction = "issue" // how it begins
	Dispute    BillAction = "object"
	Refuse     BillAction = "refuse"
	TakeBack   BillAction = "withdraw"
	PayBill    BillAction = "pay"
	ReleaseOut BillAction = "release"
)

var (
	anybody = []account.Role{account.Visitor} // whose it is, the side says
	machine = []account.Role{account.Administrator}
)

// billMoves is every move of a bill.
var billMoves = workflow.Lifecycle[BillState, BillAction, *Bill]{
	{Action: Dispute, From: []BillState{Issued}, To: Objected, By: anybody, Needs: objectable},
	{Action: Refuse, From: []BillState{Objected}, To: Issued, By: anybody, Needs: answered},
	{Action: TakeBack, From: []BillState{Objected}, To: Withdrawn, By: anybody, Needs: answered},
	{Action: PayBill, From: []BillState{Issued, Objected}, To: BillPaid, By: machine},
	{Action: ReleaseOut, From: []BillState{BillPaid}, To: Released, By: machine},
}

// BillLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func BillLifecycle() string { return billMoves.Mermaid(Issued) }

func objectable(b *Bill) error {
	switch {
	case b.said == "":
		return fault.At("words", "请写明哪里不对。")
	case b.ObjectedAt != nil:
		return fault.New(fault.Conflict, "这份账单已经异议过一次，卖方已经答复。")
	case b.today.After(b.ObjectUntil):
		return fault.New(fault.Conflict, "异议期已过，最后一天是 %s。", b.ObjectUntil.Format(time.DateOnly))
	}
	return nil
}

func answered(b *Bill) error {
	if b.said == "" {
		return fault.At("words", "请写明答复的理由。")
	}
	return nil
}

// Bill is of one closed month of a metered order.
type Bill struct {
	Number       string
	Order        string
	Month        time.Time
	Window       Window
	Units        int64 // that the plan prices
	Rated        int64 // fen by the bands and the cap
	Money        ordering.Money
	Currency     string
	State        BillState
	StateAt      time.Time
	ObjectUntil  time.Time // last days, at 0:00 UTC
	PayUntil     time.Time
	AdvisedAt    *time.Time
	RemindedAt   *time.Time
	Words        string // of the objection
	ObjectedName string
	ObjectedAt   *time.Time
	Answer       string
	AnsweredName string
	AnsweredAt   *time.Time
	PaidAt       *time.Time
	ReleasedAt   *time.Time
	MadeAt       time.Time
	Revision     int

	id, delivery, objector int64
	said                   string
	today                  time.Time
}

// Path is the page of the bill.
func (b *Bill) Path() string { return "/orders/" + b.Order + "/bills/" + b.Number }

// Line is what lies in one band of a plan.
type Line struct {
	From  int64 // first unit
	Units int64 // in it
	Price int64 // fen a unit
	Fen   int64
}

// Units is how many units of a plan a quantity is: a thousand rows that were begun count
// as a thousand, once in a month.
func Units(unit string, quantity int64) int64 {
	if unit == perThousandRows {
		return (quantity + 999) / 1000
	}
	return quantity
}

// Rate is what a month comes to by the snapshot of a plan, and by which lines: whoever has
// the events and the snapshot comes to the same (I-30).
func Rate(plan ordering.Snapshot, quantity int64) (units, rated int64, m ordering.Money, lines []Line, err error) {
	units = Units(plan.Unit, quantity)
	if rated, err = plan.Price().Amount(units); err != nil {
		return 0, 0, m, nil, err
	}
	for i, b := range plan.Bands {
		until := units
		if i+1 < len(plan.Bands) {
			until = min(until, plan.Bands[i+1].From)
		}
		if n := until - b.From; n > 0 {
			lines = append(lines, Line{From: b.From, Units: n, Price: b.Fen, Fen: n * b.Fen})
		}
	}
	one := plan
	one.Fen = rated
	return units, rated, one.Count(1), lines, nil
}

// closeMonths closes every month that is over, and bills what is to be paid of it.
func (s *Service) closeMonths(ctx context.Context) error {
	this := month(s.now())
	var all []error
	for { // one month of each at a time
		due, err := selectToClose(ctx, s.pool, this)
		if err != nil || len(due) == 0 {
			return errors.Join(append(all, err)...)
		}
		done := 0
		for _, id := range due {
			closed, err := s.closeMonth(ctx, id, this)
			if err != nil {
				all = append(all, fmt.Errorf("delivery %d: %w", id, err))
			}
			if closed {
				done++
			}
		}
		if done == 0 {
			return errors.Join(all...)
		}
	}
}

// closeMonth closes the first month of a delivery that is over.
func (s *Service) closeMonth(ctx context.Context, id int64, this time.Time) (bool, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (bool, error) {
		if err := lockDelivery(ctx, tx, id); err != nil {
			return false, err
		}
		v, err := s.byID(ctx, tx, id)
		if err != nil {
			return false, err
		}
		last, err := lastClosed(ctx, tx, id)
		if err != nil {
			return false, err
		}
		w := Window{Month: month(v.OpenedAt), ClosedAt: s.instant()}
		if !last.IsZero() {
			w.Month = last.AddDate(0, 1, 0)
		}
		if !w.Month.Before(this) {
			return false, nil // another has closed it
		}
		if err := insertWindow(ctx, tx, id, &w); err != nil {
			return false, err
		}
		return true, s.bill(ctx, tx, v, w)
	})
}

// bill makes the bill of a month of which something is to be paid, and posts it.
func (s *Service) bill(ctx context.Context, tx pgx.Tx, v *Serving, w Window) error {
	units, rated, m, _, err := Rate(v.Plan, w.Quantity+w.Adjusted)
	if err != nil || m.Total == 0 {
		return err
	}
	at := w.ClosedAt
	b := &Bill{Order: v.Order, Month: w.Month, Units: units, Rated: rated, Money: m, Currency: v.Plan.Currency, State: Issued, MadeAt: at}
	if b.Number, err = cases.Number(ctx, tx, "ZD", at); err != nil {
		return err
	}
	object, err := s.Clocks.Start("", objectTerm, at)
	if err != nil {
		return err
	}
	pay, err := s.Clocks.Start("", payTerm, at)
	if err != nil {
		return err
	}
	b.ObjectUntil, b.PayUntil = dayOf(object.Last), dayOf(pay.Last)
	if b.PayUntil.Before(b.ObjectUntil) {
		b.PayUntil = b.ObjectUntil
	}
	if err := insertBill(ctx, tx, v.ID, b); err != nil {
		return err
	}
	t := ledger.Bill(v.Order, v.Buyer.ID, m.Total)
	t.Key, t.Currency, t.Words = "bill:"+b.Number, b.Currency, b.Number
	if _, err := s.Ledger.Post(ctx, tx, platform(), t); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, platform(), "delivery", v.Order, "bill_issue", map[string]string{"bill": b.Number}); err != nil {
		return err
	}
	return s.tell(ctx, tx, v, BillIssued, b.Number, v.Buyer.ID)
}

// dayOf is a day as the database keeps it: at 0:00 UTC.
func dayOf(at time.Time) time.Time {
	y, m, d := at.In(workdays.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// billing tells buyers how to pay what nobody has told them yet, reminds of what is late,
// and releases what is paid once nobody may object any more.
func (s *Service) billing(ctx context.Context) error {
	today := dayOf(s.now())
	var all []error
	for _, x := range []struct {
		where string
		do    func(context.Context, pgx.Tx, *Bill) error
	}{
		{`b.state = 'issued' AND b.advised_at IS NULL`, s.advise},
		{`b.state = 'issued' AND b.reminded_at IS NULL AND b.pay_until < @today`, s.remind},
		{`b.state = 'paid' AND b.object_until < @today`, s.release},
	} {
		found, err := selectBills(ctx, s.pool, x.where+` ORDER BY b.id LIMIT 200`, pgx.NamedArgs{"today": today})
		all = append(all, err)
		for _, b := range found {
			_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
				if err := lockBill(ctx, tx, b.Number); err != nil {
					return struct{}{}, err
				}
				now, err := selectBills(ctx, tx, `b.number = @number AND `+x.where, pgx.NamedArgs{"number": b.Number, "today": today})
				if err != nil || len(now) == 0 {
					return struct{}{}, err
				}
				return struct{}{}, x.do(ctx, tx, &now[0])
			})
			if err != nil {
				all = append(all, fmt.Errorf("%s: %w", b.Number, err))
			}
		}
	}
	return errors.Join(all...)
}

// advise tells the buyer how to pay a bill. Where the operator has no account yet, it is
// tried again.
func (s *Service) advise(ctx context.Context, tx pgx.Tx, b *Bill) error {
	v, err := s.byID(ctx, tx, b.delivery)
	if err != nil {
		return err
	}
	m, err := selectMoney(ctx, tx, b.delivery)
	if err != nil {
		return err
	}
	_, err = s.Bank.Advise(ctx, tx, payment.Due{Ref: b.Number, Kind: payment.ForBill, Order: b.Order, Buyer: v.Buyer.ID, Payer: v.Buyer.Name, Operator: m.Operator, Amount: b.Money.Total, Currency: b.Currency, Until: b.PayUntil})
	if fault.KindOf(err) == fault.Conflict {
		return nil
	}
	if err != nil {
		return err
	}
	at := s.instant()
	b.AdvisedAt = &at
	return saveBill(ctx, tx, b, 0, 0)
}

// remind tells the buyer that a bill is late, once: from then on nothing is served.
func (s *Service) remind(ctx context.Context, tx pgx.Tx, b *Bill) error {
	v, err := s.byID(ctx, tx, b.delivery)
	if err != nil {
		return err
	}
	at := s.instant()
	b.RemindedAt = &at
	if err := saveBill(ctx, tx, b, 0, 0); err != nil {
		return err
	}
	return s.tell(ctx, tx, v, BillLate, b.Number, v.Buyer.ID)
}

// release divides what was paid for a bill among the payees of the order, by the rule that
// was frozen with it.
func (s *Service) release(ctx context.Context, tx pgx.Tx, b *Bill) error {
	m, err := selectMoney(ctx, tx, b.delivery)
	if err != nil {
		return err
	}
	parts, err := (&ordering.Order{Split: m.Split}).Parts(b.Money.Total)
	if err != nil {
		return err
	}
	at := s.instant()
	b.State, b.StateAt, b.ReleasedAt = Released, at, &at
	if err := saveBill(ctx, tx, b, 0, 0); err != nil {
		return err
	}
	t := ledger.Accepted(b.Order, parts)
	t.Key, t.Currency, t.Words = "release:"+b.Number, b.Currency, b.Number
	if _, err := s.Ledger.Post(ctx, tx, platform(), t); err != nil {
		return err
	}
	return audit.Append(ctx, tx, platform(), "delivery", b.Order, "bill_release", map[string]string{"bill": b.Number})
}

// Paid is that money came for a bill, within tx: payment.Orders for references that are
// bills. It is not wanted where the bill is paid already or was withdrawn.
func (s *Service) Paid(ctx context.Context, tx pgx.Tx, ref string, amount int64, currency string) (bool, error) {
	if err := lockBill(ctx, tx, ref); err != nil {
		return false, err
	}
	found, err := selectBills(ctx, tx, `b.number = @number`, pgx.NamedArgs{"number": ref})
	if err != nil {
		return false, err
	}
	if len(found) == 0 || found[0].State != Issued && found[0].State != Objected || found[0].Money.Total != amount || found[0].Currency != currency {
		return false, nil
	}
	b, at := &found[0], s.instant()
	b.State, b.StateAt, b.PaidAt = BillPaid, at, &at
	if err := saveBill(ctx, tx, b, 0, 0); err != nil {
		return false, err
	}
	return true, audit.Append(ctx, tx, platform(), "delivery", b.Order, "bill_pay", map[string]string{"bill": b.Number})
}

// BillView is a bill with all that it was counted from.
type BillView struct {
	*Bill
	Of     *Serving
	Side   Side
	Events []Event // at most MostShown of them; all are in the download
	More   bool
	Lines  []Line
	Agrees bool // what the raw events come to now is what was billed (I-30)
	Sum    int64
	Again  ordering.Money
	Advice *payment.Advice // nil: nobody has told how to pay
	Offers []BillAction
}

// MostShown is how many events a page of a bill lists.
const MostShown = 200

// Bill is a bill for one of the sides of its order, counted once more from the raw events.
func (s *Service) Bill(ctx context.Context, who account.Actor, order, number string) (*BillView, error) {
	v, err := s.serving(ctx, s.pool, order)
	if err != nil {
		return nil, err
	}
	side, err := s.sideOf(ctx, s.pool, who, v)
	if err != nil {
		return nil, err
	}
	found, err := selectBills(ctx, s.pool, `b.number = @number AND o.number = @order`, pgx.NamedArgs{"number": number, "order": order})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "没有这份账单。")
	}
	if err != nil {
		return nil, err
	}
	out := &BillView{Bill: &found[0], Of: v, Side: side}
	if out.Events, err = selectEvents(ctx, s.pool, v.ID, &out.Month, 0, MostShown+1); err != nil {
		return nil, err
	}
	if len(out.Events) > MostShown {
		out.Events, out.More = out.Events[:MostShown], true
	}
	if out.Sum, err = sumEvents(ctx, s.pool, v.ID, out.Month); err != nil {
		return nil, err
	}
	var units int64
	if units, _, out.Again, out.Lines, err = Rate(v.Plan, out.Sum); err != nil {
		return nil, err
	}
	out.Agrees = units == out.Units && out.Again == out.Money && out.Sum == out.Window.Quantity+out.Window.Adjusted
	out.today = dayOf(s.now())
	switch {
	case side == ordering.OfBuyer && out.State == Issued && out.ObjectedAt == nil && !out.today.After(out.ObjectUntil):
		out.Offers = []BillAction{Dispute}
	case side == ordering.OfSeller && out.State == Objected:
		out.Offers = []BillAction{Refuse, TakeBack}
	}
	if a, err := s.Bank.Advised(ctx, s.pool, number); err == nil {
		out.Advice = &a
	} else if fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	if side == ordering.OfRegulator {
		err = s.looked(ctx, who, order)
	}
	return out, err
}

// BillStep is what somebody does about a bill.
type BillStep struct {
	Action   string
	Words    string
	Revision int
}

// MoveBill is an objection of the buyer, or what the seller answers.
func (s *Service) MoveBill(ctx context.Context, who account.Actor, order, number string, step BillStep) error {
	action, words := BillAction(step.Action), strings.TrimSpace(step.Words)
	if action != Dispute && action != Refuse && action != TakeBack {
		return fault.New(fault.Malformed, "请求的格式不对。")
	}
	if len([]rune(words)) > 1000 {
		return fault.At("words", "太长，最多 %d 个字。", 1000)
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		v, err := s.serving(ctx, tx, order)
		if err != nil {
			return struct{}{}, err
		}
		side, err := s.sideOf(ctx, tx, who, v)
		if err != nil {
			return struct{}{}, err
		}
		if err := lockBill(ctx, tx, number); err != nil {
			return struct{}{}, err
		}
		found, err := selectBills(ctx, tx, `b.number = @number AND o.number = @order`, pgx.NamedArgs{"number": number, "order": order})
		if err == nil && len(found) == 0 {
			err = fault.New(fault.NotFound, "没有这份账单。")
		}
		if err != nil {
			return struct{}{}, err
		}
		b := &found[0]
		if (action == Dispute) != (side == ordering.OfBuyer) || action != Dispute && side != ordering.OfSeller {
			return struct{}{}, errNotYours()
		}
		if step.Revision != b.Revision {
			return struct{}{}, errMoved()
		}
		b.said, b.today = words, dayOf(s.now())
		to, err := billMoves.Next(b.State, action, who, b)
		if err != nil {
			return struct{}{}, err
		}
		at := s.instant()
		b.State, b.StateAt = to, at
		objector, answerer, tell := int64(0), int64(0), BillAnswered
		other := v.Buyer.ID
		if action == Dispute {
			b.Words, b.ObjectedName, b.ObjectedAt, objector, tell, other = words, who.Name, &at, who.ID, BillObjected, v.Seller.ID
		} else {
			b.Answer, b.AnsweredName, b.AnsweredAt, answerer = words, who.Name, &at, who.ID
		}
		if err := saveBill(ctx, tx, b, objector, answerer); err != nil {
			return struct{}{}, err
		}
		if action == TakeBack {
			if err := s.takeBack(ctx, tx, who, b); err != nil {
				return struct{}{}, err
			}
		}
		if err := s.written(ctx, tx, who, order, action, map[string]string{"bill": number}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.tell(ctx, tx, v, tell, number, other)
	})
	return err
}

// written writes down what somebody did about a bill.
func (s *Service) written(ctx context.Context, tx pgx.Tx, who account.Actor, order string, a BillAction, bill map[string]string) error {
	switch a {
	case Dispute:
		return audit.Append(ctx, tx, who, "delivery", order, "bill_object", bill)
	case Refuse:
		return audit.Append(ctx, tx, who, "delivery", order, "bill_refuse", bill)
	}
	return audit.Append(ctx, tx, who, "delivery", order, "bill_withdraw", bill)
}

// takeBack takes a bill out of the books, and nobody is to pay it any more.
func (s *Service) takeBack(ctx context.Context, tx pgx.Tx, who account.Actor, b *Bill) error {
	id, err := postedBill(ctx, tx, "bill:"+b.Number)
	if err != nil {
		return err
	}
	if _, err := s.Ledger.Reverse(ctx, tx, who, id, "bill_back:"+b.Number, b.Number); err != nil {
		return err
	}
	return s.Bank.EndAdvice(ctx, tx, b.Number)
}

// Usage is what was used of an order, for its sides.
func (s *Service) Usage(ctx context.Context, who account.Actor, order string) (*View, error) {
	v, err := s.One(ctx, who, order)
	if err == nil && v.ID == 0 {
		err = fault.New(fault.NotFound, "还没有用量：交付没有开通。")
	}
	return v, err
}

// Events gives each event of an order to do, in the order of the record: of one month, or
// of all.
func (s *Service) Events(ctx context.Context, who account.Actor, order string, of *time.Time, do func(Event) error) error {
	v, err := s.serving(ctx, s.pool, order)
	if err != nil {
		return err
	}
	if _, err := s.sideOf(ctx, s.pool, who, v); err != nil {
		return err
	}
	for after := int64(0); ; {
		list, err := selectEvents(ctx, s.pool, v.ID, of, after, 1000)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, e := range list {
			if err := do(e); err != nil {
				return err
			}
			after = e.id
		}
	}
}

// Unit is in what use of a plan is counted: rows for thousands of them.
func Unit(plan ordering.Snapshot) string {
	switch {
	case plan.Kind != offering.PayPerUse:
		return ""
	case plan.Unit == perThousandRows:
		return "row"
	case plan.Unit == "per_piece":
		return "copy"
	}
	return "call"
}

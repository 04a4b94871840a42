package refunding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/payment"
)

// Orders are what money goes back of, as ordering.Service knows them.
type Orders interface {
	Get(ctx context.Context, q database.Querier, number string) (*ordering.Order, error)
	Lock(ctx context.Context, tx pgx.Tx, number string) (*ordering.Order, error)
	// Refunded: the order is over, and what was paid goes back.
	Refunded(ctx context.Context, tx pgx.Tx, number, words string) error
}

// Bank is asked to transfer, as payment.Bank is.
type Bank interface {
	Instruct(ctx context.Context, tx pgx.Tx, i payment.Instruction) (payment.Instruction, error)
}

// Invoices are told what went back, so that a red one follows.
type Invoices interface {
	Refunded(ctx context.Context, tx pgx.Tx, order, refund string, amount int64) error
}

// Config is what the service is made of.
type Config struct {
	Pool     *pgxpool.Pool
	Orders   Orders
	Book     *ledger.Book
	Bank     Bank
	Gateway  payment.Gateway // nil: nothing was paid online
	Invoices Invoices        // nil: none are issued
	Now      func() time.Time
}

// Service gives money back.
type Service struct{ Config }

// New returns the refunds of an installation.
func New(c Config) *Service { return &Service{c} }

var clerk = account.System("refunds")

func (s *Service) instant() time.Time { return s.Now().Truncate(time.Microsecond) }

func errNone() error { return fault.New(fault.NotFound, "没有这笔退款。") }

func errNoOrder() error { return fault.New(fault.NotFound, "没有这份订单。") }

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

func errMoved() error {
	return fault.New(fault.Conflict, "这一件在您打开之后已经有人处理过，请重新打开看看。")
}

func errTooMuch() error {
	return fault.At("amount", "退款加起来不能多于已经收到的款。")
}

// Party is where somebody stands about an order.
type Party struct {
	Buyer    bool // answers for the buyer
	Trade    bool // answers for the seller, or for the operator whose account pays
	Seller   bool
	Exchange bool
	sees     bool
}

func (s *Service) stands(ctx context.Context, q database.Querier, who account.Actor, buyer, seller, operator int64) (p Party, err error) {
	if who.IsVisitor() || who.Key != "" {
		return p, nil
	}
	roles, err := selectRoles(ctx, q, who.ID, buyer, seller, operator)
	if err != nil {
		return p, err
	}
	p = Party{Buyer: roles[buyer] == account.Owner, Seller: roles[seller] == account.Owner, Trade: roles[seller] == account.Owner || roles[operator] == account.Owner, Exchange: who.Is(account.ExchangeStaff)}
	p.sees = len(roles) > 0 || who.Any(account.ExchangeStaff, account.Authority, account.Regulator)
	return p, nil
}

// May says how much of an order may go back now, by its rule.
func (s *Service) May(ctx context.Context, o *ordering.Order, cause Cause) (May, error) {
	paid, back, err := selectPaid(ctx, s.Pool, o.Number, o.Currency)
	return Count(o, cause, paid, back, s.Now()), err
}

// Request asks for money of an order: the buyer by the rule or after an objection, the
// seller because it agrees, the exchange because a mandate ended.
func (s *Service) Request(ctx context.Context, who account.Actor, order string, f Form) (*Refund, error) {
	said, err := prose("reason", f.Words)
	if err != nil {
		return nil, err
	}
	if said == "" {
		return nil, fault.At("reason", "请写明理由。")
	}
	want := int64(0)
	if f.Amount != "" {
		if want, err = fen(f.Amount); err != nil {
			return nil, err
		}
	}
	return database.InTx(ctx, s.Pool, func(tx pgx.Tx) (*Refund, error) {
		if id, number, err := cases.Made(ctx, tx, "refunds", f.Sent); err != nil || id != 0 {
			if err != nil {
				return nil, err
			}
			return s.get(ctx, tx, number)
		}
		o, err := s.Orders.Lock(ctx, tx, order)
		if err != nil {
			return nil, err
		}
		if o.Operator == nil {
			return nil, fault.New(fault.Conflict, "这份订单不收费，没有款可以退。")
		}
		p, err := s.stands(ctx, tx, who, o.Buyer.ID, o.Seller.ID, o.Operator.ID)
		if err != nil {
			return nil, err
		}
		r := &Refund{Order: o.Number, Buyer: o.Buyer.ID, Seller: o.Seller.ID, Operator: o.Operator.ID, Cause: f.Cause, Rule: o.Plan.Refund, Currency: o.Currency, Words: said, State: Requested, RequestedBy: who.Name, requestedBy: who.ID}
		switch {
		case !p.sees:
			return nil, errNoOrder()
		case p.Buyer && f.Cause == ByRule, p.Buyer && f.Cause == ByObjection:
			r.Side = "buyer"
		case p.Seller && f.Cause == ByAgreement:
			r.Side = "seller"
		case p.Exchange && f.Cause == ByMandate:
			r.Side = "exchange"
		default:
			return nil, errNotYours()
		}
		if f.Cause == ByObjection && (o.State != ordering.Objected || o.Objection == nil || o.Objection.Answer != ordering.ToRefund) {
			return nil, fault.New(fault.Conflict, "卖方还没有同意按异议退款。")
		}
		if !slices.Contains([]ordering.State{ordering.Paid, ordering.Delivered, ordering.Objected, ordering.Accepted, ordering.Ended}, o.State) {
			return nil, fault.New(fault.Conflict, "这份订单现在没有款可以退。")
		}
		paid, back, err := selectPaid(ctx, tx, o.Number, o.Currency)
		if err != nil {
			return nil, err
		}
		may := Count(o, f.Cause, paid, back, s.Now())
		if may.Amount <= 0 {
			return nil, fault.New(fault.Conflict, "按这份订单的退款规则，现在没有款可以退。")
		}
		if r.Amount = may.Amount; want > 0 {
			if r.Amount = want; want > may.Left() {
				return nil, errTooMuch()
			} else if want > may.Amount {
				return nil, fault.At("amount", "按退款规则最多退 %s 元。", yuan(may.Amount))
			}
		}
		r.Ends = (may.Ends || r.Amount == may.Left()) && o.State != ordering.Ended
		if may.Of > 0 {
			r.Counted = fmt.Sprintf("%d/%d", may.Days, may.Of)
		}
		if err := s.where(ctx, tx, o, r, f); err != nil {
			return nil, err
		}
		return r, s.insert(ctx, tx, who, r, f.Sent)
	})
}

// where says how money goes back: the way that it came.
func (s *Service) where(ctx context.Context, tx pgx.Tx, o *ordering.Order, r *Refund, f Form) error {
	payment, err := selectPayment(ctx, tx, o.Number)
	if err != nil {
		return err
	}
	if r.Payment = payment; payment != "" {
		r.Online = true
		return nil
	}
	r.Payee = o.Buyer.Name
	if r.PayeeAccount, err = selectPayer(ctx, tx, o.Number); err != nil || r.PayeeAccount != "" {
		return err
	}
	if !accountNumber.MatchString(f.Account) {
		return fault.At("account", "银行流水没有写付款账号：请写收退款的账号，8 到 34 位数字或者字母。")
	}
	r.PayeeAccount = f.Account
	r.PayeeBank, err = prose("bank", f.Bank)
	return err
}

func (s *Service) insert(ctx context.Context, tx pgx.Tx, who account.Actor, r *Refund, sent string) (err error) {
	r.MadeAt, r.StateAt = s.instant(), s.instant()
	if r.Number, err = cases.Number(ctx, tx, "TK", r.MadeAt); err != nil {
		return err
	}
	if err := insertRefund(ctx, tx, r, sent); err != nil {
		return err
	}
	return s.happened(ctx, tx, who, r, Request)
}

func (s *Service) get(ctx context.Context, q database.Querier, number string) (*Refund, error) {
	found, err := selectRefunds(ctx, q, `WHERE r.number = @number`, pgx.NamedArgs{"number": number})
	if err == nil && len(found) == 0 {
		err = errNone()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

func (s *Service) held(ctx context.Context, tx pgx.Tx, number string) (*Refund, error) {
	if err := lockRefund(ctx, tx, number); err != nil {
		return nil, err
	}
	return s.get(ctx, tx, number)
}

// Step is what somebody does about a refund.
type Step struct {
	Action   string
	Words    string
	Revision int
}

// moves reports whether a step is for who stands there.
func (p Party) moves(r *Refund, who account.Actor, a Action) bool {
	switch a {
	case Agree:
		side := p.side(r)
		return side != "" && who.ID != r.requestedBy && !p.Buyer && !slices.ContainsFunc(r.Approvals, func(x Approval) bool { return x.User == who.ID || x.Side == side })
	case Reject:
		return p.Trade || p.Exchange
	case Again, ByHand:
		return p.Exchange
	}
	return false
}

func (p Party) side(*Refund) string {
	switch {
	case p.Exchange:
		return OfExchange
	case p.Trade:
		return OfTrade
	}
	return ""
}

// Move makes a step that a person makes.
func (s *Service) Move(ctx context.Context, who account.Actor, number string, step Step) (*Refund, error) {
	said, err := prose("reason", step.Words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.Pool, func(tx pgx.Tx) (*Refund, error) {
		before, err := s.get(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		p, err := s.stands(ctx, tx, who, before.Buyer, before.Seller, before.Operator)
		if err != nil {
			return nil, err
		}
		if !p.sees {
			return nil, errNone()
		}
		// The order first, then its refund, as whoever accepts it holds them.
		o, err := s.Orders.Lock(ctx, tx, before.Order)
		if err != nil {
			return nil, err
		}
		r, err := s.held(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		a := Action(step.Action)
		switch {
		case !p.moves(r, who, a):
			return r, errNotYours()
		case r.Revision != step.Revision:
			return r, errMoved()
		}
		r.Reason = said
		if a == Agree {
			x := Approval{User: who.ID, Name: who.Name, Side: p.side(r), At: s.instant()}
			if _, err := lifecycle.Next(r.State, a, who, r); err != nil {
				return r, err
			}
			if err := insertApproval(ctx, tx, r, x); err != nil {
				return r, err
			}
			if r.Approvals = append(r.Approvals, x); len(r.Approvals) < 2 {
				return r, s.move(ctx, tx, who, r, a)
			}
			if err := s.happened(ctx, tx, who, r, a); err != nil {
				return r, err
			}
			return r, s.approved(ctx, tx, o, r)
		}
		if err := s.move(ctx, tx, who, r, a); err != nil {
			return r, err
		}
		switch a {
		case Again:
			return r, s.submit(ctx, tx, r)
		case ByHand:
			return r, s.gone(ctx, tx, r)
		}
		return r, nil
	})
}

// approved books what goes back and has it sent.
func (s *Service) approved(ctx context.Context, tx pgx.Tx, o *ordering.Order, r *Refund) error {
	t, err := s.taken(ctx, tx, o.Number, r)
	if err != nil {
		return err
	}
	if err := s.post(ctx, tx, r, "due", t); err != nil {
		return err
	}
	if r.Ends && o.State != ordering.Refunded {
		if err := s.end(ctx, tx, o, r); err != nil {
			return err
		}
	}
	if err := s.move(ctx, tx, clerk, r, Approve); err != nil {
		return err
	}
	if s.Invoices != nil {
		if err := s.Invoices.Refunded(ctx, tx, r.Order, r.Number, r.Amount); err != nil {
			return err
		}
	}
	if err := s.move(ctx, tx, clerk, r, Submit); err != nil {
		return err
	}
	return s.submit(ctx, tx, r)
}

// end ends the order; what is left in its hold, as a fee that is kept, is its payees'.
func (s *Service) end(ctx context.Context, tx pgx.Tx, o *ordering.Order, r *Refund) error {
	if err := s.Orders.Refunded(ctx, tx, o.Number, r.Words); err != nil {
		return err
	}
	left, err := s.Book.Available(ctx, tx, r.Currency, ledger.OrderHold.ForOrder(o.Number))
	if err != nil || left <= 0 {
		return err
	}
	parts, err := o.Parts(left)
	if err != nil {
		return err
	}
	return s.post(ctx, tx, r, "rest", ledger.Accepted(o.Number, parts))
}

// taken is from where money goes back: the hold of the order while all of it is there;
// after that the payees' parts, as much of each as it still has of the order.
func (s *Service) taken(ctx context.Context, tx pgx.Tx, order string, r *Refund) (ledger.Transaction, error) {
	hold, err := s.Book.Available(ctx, tx, r.Currency, ledger.OrderHold.ForOrder(order))
	if err != nil {
		return ledger.Transaction{}, err
	}
	if hold >= r.Amount {
		return ledger.Refundable(order, r.Amount), nil
	}
	have, err := selectParts(ctx, tx, order, r.Currency)
	if err != nil {
		return ledger.Transaction{}, err
	}
	parts, err := ledger.Divide(r.Amount, have)
	if err != nil {
		return ledger.Transaction{}, err
	}
	taken, err := s.Book.Recover(ctx, tx, r.Currency, parts)
	return ledger.RefundableAfter(order, taken), err
}

func (s *Service) post(ctx context.Context, tx pgx.Tx, r *Refund, key string, t ledger.Transaction) error {
	t.Key, t.Currency = "refund:"+r.Number+":"+key, r.Currency
	_, err := s.Book.Post(ctx, tx, clerk, t)
	return err
}

// submit has the operator transfer the money; what was paid online the provider is asked
// for by Work.
func (s *Service) submit(ctx context.Context, tx pgx.Tx, r *Refund) error {
	r.Attempt++
	if !r.Online {
		i, err := s.Bank.Instruct(ctx, tx, payment.Instruction{Kind: payment.ToRefund, Ref: r.Number, Operator: r.Operator, Organisation: r.Buyer, Amount: r.Amount, Currency: r.Currency, Payee: r.Payee, PayeeBank: r.PayeeBank, PayeeAccount: r.PayeeAccount})
		if err != nil {
			return err
		}
		r.Instruction = i.Number
	}
	r.Provider = ""
	return saveRefund(ctx, tx, r)
}

func (s *Service) route(r *Refund) ledger.Account {
	if r.Online {
		return ledger.StripeReceivable.Only()
	}
	return ledger.BankReceivable.For(r.Operator)
}

// gone books that the money went.
func (s *Service) gone(ctx context.Context, tx pgx.Tx, r *Refund) error {
	return s.post(ctx, tx, r, fmt.Sprintf("gone:%d", r.Attempt), ledger.Refunded(r.Order, s.route(r), r.Amount))
}

var _ payment.Instructed = (*Service)(nil)

// Paid implements payment.Instructed: a statement shows that the money went.
func (s *Service) Paid(ctx context.Context, tx pgx.Tx, ref string) error {
	r, err := s.held(ctx, tx, ref)
	if err != nil || r.State == Succeeded {
		return err
	}
	if err := s.gone(ctx, tx, r); err != nil {
		return err
	}
	r.Reason = ""
	return s.move(ctx, tx, clerk, r, Succeed)
}

// Failed implements payment.Instructed: the bank did not take it, or it came back.
func (s *Service) Failed(ctx context.Context, tx pgx.Tx, ref, why string) error {
	r, err := s.held(ctx, tx, ref)
	if err != nil || r.State == Failed {
		return err
	}
	if r.State == Succeeded {
		if err := s.post(ctx, tx, r, fmt.Sprintf("returned:%d", r.Attempt), ledger.RefundReturned(r.Order, s.route(r), r.Amount)); err != nil {
			return err
		}
	}
	r.Reason = why
	return s.move(ctx, tx, clerk, r, Fail)
}

// Tick gives back what nobody wanted, and asks the provider how refunds stand.
func (s *Service) Tick(ctx context.Context) error {
	if s.Gateway == nil {
		return nil
	}
	return errors.Join(s.Surplus(ctx), s.Work(ctx))
}

// Surplus begins refunds of money that came online and that no order wanted (late, or
// twice): nobody has to agree to what is not ours.
func (s *Service) Surplus(ctx context.Context) error {
	list, err := selectSurplus(ctx, s.Pool)
	if err != nil {
		return err
	}
	for _, x := range list {
		if _, err := database.InTx(ctx, s.Pool, func(tx pgx.Tx) (int, error) {
			o, err := s.Orders.Lock(ctx, tx, x.order)
			if err != nil {
				return 0, err
			}
			if o.Operator == nil {
				return 0, nil
			}
			r := &Refund{Order: x.order, Buyer: o.Buyer.ID, Seller: o.Seller.ID, Operator: o.Operator.ID, Cause: BySurplus, Amount: x.amount, Currency: x.currency, Online: true, Payment: x.payment, Words: "收到的款没有订单要用，原路退回。", State: Requested, Side: "platform", RequestedBy: clerk.Name, requestedBy: clerk.ID}
			if err := s.insert(ctx, tx, clerk, r, ""); err != nil {
				if database.Taken(err) { // another replica began it
					return 0, nil
				}
				return 0, err
			}
			if err := s.post(ctx, tx, r, "due", ledger.SentBack(x.order, x.amount)); err != nil {
				return 0, err
			}
			if err := s.move(ctx, tx, clerk, r, Approve); err != nil {
				return 0, err
			}
			if err := s.move(ctx, tx, clerk, r, Submit); err != nil {
				return 0, err
			}
			return 0, s.submit(ctx, tx, r)
		}); err != nil && !database.Taken(err) {
			return err
		}
	}
	return nil
}

// Work asks the provider for refunds, or how they stand. The same is asked under the same
// key, so what it did and our commit lost is found, and done once (fault 9).
func (s *Service) Work(ctx context.Context) error {
	list, err := selectRefunds(ctx, s.Pool, `WHERE r.state = 'submitted' AND r.online ORDER BY r.id LIMIT 200`, nil)
	if err != nil {
		return err
	}
	for i := range list {
		err = errors.Join(err, s.ask(ctx, &list[i]))
	}
	return err
}

func (s *Service) ask(ctx context.Context, r *Refund) error {
	var back payment.Return
	var err error
	if r.Provider == "" {
		back, err = s.Gateway.Refund(ctx, payment.Refund{Key: fmt.Sprintf("refund:%s:%d", r.Number, r.Attempt), Payment: r.Payment, Amount: r.Amount, Number: r.Number})
	} else {
		back, err = s.Gateway.RefundOf(ctx, r.Provider)
	}
	switch {
	case fault.KindOf(err) == fault.Conflict:
		back = payment.Return{State: payment.RefundFailed, Reason: err.Error()}
	case err != nil:
		return err
	}
	_, err = database.InTx(ctx, s.Pool, func(tx pgx.Tx) (int, error) {
		now, err := s.held(ctx, tx, r.Number)
		if err != nil || now.State != Submitted || now.Attempt != r.Attempt {
			return 0, err
		}
		now.Provider = back.ID
		switch back.State {
		case payment.RefundSucceeded:
			if err := s.gone(ctx, tx, now); err != nil {
				return 0, err
			}
			now.Reason = ""
			return 0, s.move(ctx, tx, clerk, now, Succeed)
		case payment.RefundFailed:
			now.Reason = "支付机构没有办成：" + back.Reason
			return 0, s.move(ctx, tx, clerk, now, Fail)
		case payment.RefundPending:
		}
		return 0, saveRefund(ctx, tx, now)
	})
	return err
}

// move makes one move of a refund and writes all that is to be written of it.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, r *Refund, a Action) (err error) {
	if r.State, err = lifecycle.Next(r.State, a, who, r); err != nil {
		return err
	}
	r.StateAt = s.instant()
	if err := saveRefund(ctx, tx, r); err != nil {
		return err
	}
	return s.happened(ctx, tx, who, r, a)
}

func (s *Service) happened(ctx context.Context, tx pgx.Tx, who account.Actor, r *Refund, a Action) error {
	if err := insertEvent(ctx, tx, r, a, who, s.instant()); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "refund", r.Number, string(a), map[string]string{"to": string(r.State), "order": r.Order, "amount": strconv.FormatInt(r.Amount, 10)}); err != nil {
		return err
	}
	return s.tell(ctx, tx, r, a)
}

// View is a refund as somebody sees it.
type View struct {
	*Refund
	Party  Party
	Offers []Action
	Events []Event
}

// One is a refund for whoever may know of it. What the regulator reads is written down
// (I-40).
func (s *Service) One(ctx context.Context, who account.Actor, number string) (*View, error) {
	r, err := s.get(ctx, s.Pool, number)
	if err != nil {
		return nil, err
	}
	p, err := s.stands(ctx, s.Pool, who, r.Buyer, r.Seller, r.Operator)
	if err != nil {
		return nil, err
	}
	if !p.sees {
		return nil, errNone()
	}
	v := &View{Refund: r, Party: p}
	for _, a := range lifecycle.Offer(r.State, who, r) {
		if p.moves(r, who, a) {
			v.Offers = append(v.Offers, a)
		}
	}
	if v.Events, err = selectEvents(ctx, s.Pool, r.ID); err != nil {
		return nil, err
	}
	if who.Is(account.Regulator) {
		_, err = database.InTx(ctx, s.Pool, func(tx pgx.Tx) (struct{}, error) {
			return struct{}{}, audit.Append(ctx, tx, who, "refund", r.Number, string(Read), nil)
		})
	}
	return v, err
}

// Queue are the refunds at the desk: those that are not done, or all.
func (s *Service) Queue(ctx context.Context, who account.Actor, all bool, before int64, limit int) ([]Refund, error) {
	if !who.Any(account.ExchangeStaff, account.Authority, account.Regulator) {
		return nil, errNotYours()
	}
	return selectRefunds(ctx, s.Pool, `WHERE (@all OR r.state IN ('requested', 'approved', 'submitted', 'failed')) AND (@before = 0 OR r.id < @before) ORDER BY r.id DESC LIMIT @limit`, pgx.NamedArgs{"all": all, "before": before, "limit": limit})
}

// OfOrder are the refunds of an order, and what of it came and went, for a page that who
// may see.
func (s *Service) OfOrder(ctx context.Context, order string) ([]Refund, error) {
	return selectRefunds(ctx, s.Pool, `WHERE r.order_number = @order ORDER BY r.id LIMIT 100`, pgx.NamedArgs{"order": order})
}

// Prepaid is an order with time that was paid for and that what it rests on does not
// allow any more.
type Prepaid struct {
	Order, Buyer, Mandate string
	Until                 time.Time
	May                   May
}

// OfEndedMandates are orders with prepaid time whose mandate or scenario ended (fault 16).
func (s *Service) OfEndedMandates(ctx context.Context, who account.Actor) ([]Prepaid, error) {
	if !who.Any(account.ExchangeStaff, account.Authority, account.Regulator) {
		return nil, errNotYours()
	}
	list, err := selectEndedMandates(ctx, s.Pool, s.Now())
	if err != nil {
		return nil, err
	}
	var out []Prepaid
	for _, p := range list {
		o, err := s.Orders.Get(ctx, s.Pool, p.Order)
		if err != nil {
			return nil, err
		}
		if p.May, err = s.May(ctx, o, ByMandate); err != nil {
			return nil, err
		}
		if p.May.Amount > 0 {
			out = append(out, p)
		}
	}
	return out, nil
}

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

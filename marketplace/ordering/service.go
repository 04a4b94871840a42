package ordering

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/payment"
)

// Accounts knows who has just shown who they are, as account.Service does.
type Accounts interface {
	RequireFresh(account.Actor) error
}

// Bank tells a buyer how to pay, as payment.Bank does.
type Bank interface {
	Advise(ctx context.Context, tx pgx.Tx, d payment.Due) (payment.Advice, error)
	Advised(ctx context.Context, q database.Querier, ref string) (payment.Advice, error)
	EndAdvice(ctx context.Context, tx pgx.Tx, ref string) error
	Collects(ctx context.Context, q database.Querier, operator int64, currency string) (bool, error)
}

// Config is what the service is made of.
type Config struct {
	Pool     *pgxpool.Pool
	Offers   *offering.Service
	Accounts Accounts
	Bank     Bank
	Ledger   *ledger.Book
	Book     *policy.Book
	Clocks   *deadline.Clocks
	Now      func() time.Time
}

// Fee is what the platform keeps of what is paid.
type Fee struct {
	Points int64 // basis points of what is paid
	Tax    int   // value-added tax in it, basis points
}

// Rules are what the book of rules says of orders: numbers of the platform, since no text
// gives any.
type Rules struct {
	Fee                                            Fee
	Signing, Payment, Delivery, Inspection, Answer int // working days
	Seats, Periods, Months, Notice                 int
	Destruction                                    int // working days
	Purposes, Territories, Clearances, Grounds     []policy.Option
}

// Mainland is the territory within the border.
const Mainland = "mainland"

// Service takes orders.
type Service struct {
	Config
	Rules   Rules
	pool    *pgxpool.Pool
	now     func() time.Time
	refunds []policy.Option
}

// The clocks.
var (
	signTerm    = deadline.Term{House: "order_signing"}
	payTerm     = deadline.Term{House: "order_payment"}
	deliverTerm = deadline.Term{House: "order_delivery"}
	inspectTerm = deadline.Term{House: "order_inspection"}
	answerTerm  = deadline.Term{House: "order_objection_answer"}
)

// New returns the orders of an installation.
func New(c Config) (*Service, error) {
	s := &Service{Config: c, pool: c.Pool, now: c.Now}
	n := c.Book.Numbers()
	s.Rules = Rules{
		Fee:     Fee{Points: int64(n.Of("platform_fee", "basis_points")), Tax: n.Of("platform_fee", "tax")},
		Signing: n.Of("order_signing", ""), Payment: n.Of("order_payment", ""), Delivery: n.Of("order_delivery", ""), Inspection: n.Of("order_inspection", ""), Answer: n.Of("order_objection_answer", ""),
		Seats: n.Of("order_limits", "seats"), Periods: n.Of("order_limits", "periods"), Months: n.Of("order_limits", "months"), Notice: n.Of("order_limits", "notice"), Destruction: n.Of("destruction", ""),
	}
	if err := n.Missing(); err != nil {
		return nil, err
	}
	for path, options := range map[string]*[]policy.Option{"mandate_purposes": &s.Rules.Purposes, "order_territories": &s.Rules.Territories, "order_clearances": &s.Rules.Clearances, "order_objections": &s.Rules.Grounds, "plan_refunds": &s.refunds} {
		r, _ := c.Book.House().Rule(path)
		if *options = r.Options; len(r.Options) == 0 {
			return nil, fmt.Errorf("the rules say nothing of %s", path)
		}
	}
	for i, o := range s.Rules.Clearances {
		if i >= len(Clearances) || o.Code != Clearances[i] {
			return nil, errors.New("the papers for use across the border are others than the program knows")
		}
	}
	return s, nil
}

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

// option is the name of a code in a list of the rules.
func option(list []policy.Option, code string) policy.Text {
	for _, o := range list {
		if o.Code == code {
			return o.Name
		}
	}
	return policy.Text{Zh: code, En: code}
}

// unit is what a unit of use is called.
func (s *Service) unit(code string) string {
	for _, w := range s.Offers.Rules.Units {
		if w.Code == code {
			return w.Zh
		}
	}
	return code
}

const mostText = 2000

func prose(field, text string) (string, error) {
	text, err := datasets.CleanProse(field, text)
	if err == nil && len([]rune(text)) > mostText {
		err = fault.At(field, "太长，最多 %d 个字。", mostText)
	}
	return strings.TrimSpace(text), err
}

func line(field, text string, wanted string) (string, error) {
	text, err := datasets.CleanLine(field, text)
	switch {
	case err != nil:
	case text == "":
		err = fault.At(field, "%s", wanted)
	case len([]rune(text)) > 200:
		err = fault.At(field, "太长，最多 %d 个字。", 200)
	}
	return text, err
}

// day is the day of an instant in China, at 0:00 UTC, as the database keeps days.
func day(at time.Time) time.Time {
	y, m, d := at.In(workdays.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// start begins a clock of an order, and returns its last day.
func (s *Service) start(o *Order, t deadline.Term, at time.Time) (*time.Time, error) {
	c, err := s.Clocks.Start("", t, at)
	if err != nil {
		return nil, err
	}
	o.clock, o.Clock = c.Ref, &c
	last := day(c.Last)
	return &last, nil
}

func (o *Order) stopClock() { o.clock, o.Clock = deadline.Ref{}, nil }

// Party is where somebody stands to an order, and whether they answer for that side.
type Party struct {
	Side  Side
	Owner bool
}

// get is an order with all that belongs to it.
func (s *Service) get(ctx context.Context, q database.Querier, number string) (*Order, error) {
	found, err := s.list(ctx, q, `o.number = @number`, pgx.NamedArgs{"number": number, "limit": 1})
	if err == nil && len(found) == 0 {
		err = errNone()
	}
	if err != nil {
		return nil, err
	}
	o := &found[0]
	if o.CrossBorder {
		if o.Papers, err = selectPapers(ctx, q, o.ID); err != nil {
			return nil, err
		}
	}
	o.Objection, err = selectObjection(ctx, q, o.ID)
	return o, err
}

// list reads orders and resumes their clocks.
func (s *Service) list(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Order, error) {
	found, err := selectOrders(ctx, q, where, args)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if o := &found[i]; o.clock.Path != "" {
			c, err := s.Clocks.Resume(o.clock)
			if err != nil {
				return nil, err
			}
			o.Clock = &c
		}
	}
	return found, nil
}

// lock is an order that nobody else moves until tx ends.
func (s *Service) lock(ctx context.Context, tx pgx.Tx, number string) (*Order, error) {
	if err := lockOrder(ctx, tx, number); err != nil {
		return nil, err
	}
	return s.get(ctx, tx, number)
}

// Get is an order as it is, for packages above: whoever shows it asks One.
func (s *Service) Get(ctx context.Context, q database.Querier, number string) (*Order, error) {
	return s.get(ctx, q, number)
}

// Lock is Get of an order that nobody else moves until tx ends.
func (s *Service) Lock(ctx context.Context, tx pgx.Tx, number string) (*Order, error) {
	return s.lock(ctx, tx, number)
}

// stands says where who stands to an order; nobody else is told that there is one.
func (s *Service) stands(ctx context.Context, q database.Querier, who account.Actor, o *Order) (p Party, err error) {
	switch {
	case who.IsVisitor() || who.Key != "":
		return p, errNone()
	case who.Is(account.ExchangeStaff):
		p.Side = OfExchange
	case who.Is(account.Regulator):
		p.Side = OfRegulator
	case who.Is(account.Authority):
		p.Side = OfAuthority
	default:
		for _, of := range []struct {
			side Side
			id   int64
		}{{OfBuyer, o.Buyer.ID}, {OfSeller, o.Seller.ID}, {OfSeller, o.Developer.ID}, {OfOperator, o.operator()}} {
			role, err := roleIn(ctx, q, of.id, who.ID)
			if err != nil {
				return p, err
			}
			if role != "" {
				p = Party{of.side, role == account.Owner && (of.side != OfSeller || of.id == o.Seller.ID)}
				break
			}
		}
	}
	if p.Side == "" {
		return p, errNone()
	}
	o.side = p.Side
	return p, nil
}

func (o *Order) operator() int64 {
	if o.Operator == nil {
		return 0
	}
	return o.Operator.ID
}

// Step is what somebody does about an order or a rule.
type Step struct {
	Action   string
	Words    string
	Ground   string // of an objection
	Answer   string // to one
	Signs    string // SHA-256 of the text that was read
	Paper    Paper  // for use across the border
	Revision int
}

// Paper is a paper for use across the border, as it was typed.
type Paper struct {
	Kind, Reference, Issuer, Dated string
}

// Move makes one move of an order that a person makes.
func (s *Service) Move(ctx context.Context, who account.Actor, number string, step Step) (*Order, error) {
	words, err := prose("reason", step.Words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Order, error) {
		o, err := s.lock(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		p, err := s.stands(ctx, tx, who, o)
		if err != nil {
			return nil, err
		}
		if !p.moves(Action(step.Action)) {
			return o, errNotYours()
		}
		if o.Revision != step.Revision {
			return o, errMoved()
		}
		o.words = words
		switch a := Action(step.Action); a {
		case Sign:
			return o, s.sign(ctx, tx, who, o, p, step.Signs)
		case HandIn:
			return o, s.paper(ctx, tx, who, o, step.Paper)
		case Clear:
			return o, s.clear(ctx, tx, who, o)
		case Answer:
			return o, s.answer(ctx, tx, who, o, step.Answer)
		case Object:
			return o, s.object(ctx, tx, who, o, step.Ground)
		default:
			return o, s.move(ctx, tx, who, o, a)
		}
	})
}

// moves reports whether a move is for who stands there: of a side only whoever answers
// for it; the authority says that papers are whole.
func (p Party) moves(a Action) bool {
	switch a {
	case Sign:
		return p.Owner && (p.Side == OfBuyer || p.Side == OfSeller)
	case Cancel, Accept, Object, Withdraw:
		return p.Owner && p.Side == OfBuyer
	case Decline, Answer, HandIn:
		return p.Owner && p.Side == OfSeller
	case Clear:
		return p.Side == OfAuthority
	}
	return false
}

// move takes a move of the table, with all that follows from it.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, o *Order, a Action) error {
	next, err := lifecycle.Next(o.State, a, who, o)
	if err != nil {
		return err
	}
	at := s.instant()
	o.State, o.StateAt, o.Reason = next, at, o.words
	o.stopClock()
	switch a {
	case Effect:
		if err := moveContract(ctx, tx, &o.Contract, Effective, at); err != nil {
			return err
		}
		if next == Paid {
			o.PaidAt = &at
			_, err = s.start(o, deliverTerm, at)
		} else if o.PayUntil, err = s.start(o, payTerm, at); err == nil {
			_, err = s.Bank.Advise(ctx, tx, payment.Due{Ref: o.Number, Kind: payment.ForOrder, Order: o.Number, Buyer: o.Buyer.ID, Payer: o.Buyer.Name, Operator: o.operator(), Amount: o.Money.Total, Currency: o.Currency, Until: *o.PayUntil})
		}
	case Pay:
		o.PaidAt = &at
		_, err = s.start(o, deliverTerm, at)
	case Deliver:
		o.DeliveredAt, o.TermFrom = &at, &at
		until := s.ends(o, at)
		o.TermUntil = &until
		o.AcceptUntil, err = s.start(o, inspectTerm, at)
	case Accept, Silence, Withdraw:
		o.AcceptedAt, o.AcceptedBy = &at, map[Action]string{Accept: "buyer", Silence: "silence", Withdraw: "withdrawal"}[a]
		if a == Withdraw {
			o.Objection.WithdrawnAt = &at
			err = saveObjection(ctx, tx, o.ID, o.Objection, 0)
		}
		if err == nil {
			err = s.release(ctx, tx, who, o)
		}
	case Object:
		_, err = s.start(o, answerTerm, at)
	case Cancel, Decline, Lapse, Refund, End:
		err = s.over(ctx, tx, o, a, at)
	case Make, Sign, HandIn, Clear, Answer, Notice, Read:
	}
	if err != nil {
		return err
	}
	if err := saveOrder(ctx, tx, o); err != nil {
		return err
	}
	return s.happened(ctx, tx, who, o, a)
}

// over ends what goes with an order that is.
func (s *Service) over(ctx context.Context, tx pgx.Tx, o *Order, a Action, at time.Time) error {
	to := Void
	if a == End || a == Refund {
		to = Over
	}
	if err := moveContract(ctx, tx, &o.Contract, to, at); err != nil {
		return err
	}
	if o.PayUntil == nil || o.PaidAt != nil {
		return nil
	}
	return s.Bank.EndAdvice(ctx, tx, o.Number)
}

// release gives the payees what was held, by the rule of the order, in the transaction of
// its acceptance. Nothing is held of what was not paid first.
func (s *Service) release(ctx context.Context, tx pgx.Tx, who account.Actor, o *Order) error {
	if o.Money.Total == 0 {
		return nil
	}
	parts, err := o.Parts(o.Money.Total)
	if err != nil {
		return err
	}
	t := ledger.Accepted(o.Number, parts)
	t.Key, t.Currency = "accepted:"+o.Number, o.Currency
	_, err = s.Ledger.Post(ctx, tx, who, t)
	return err
}

// ends is when a term that begins at from is over. A term in months begins the day after
// and its last day is the one of the same number, or the last of a shorter month (民法典
// 201, 202); it is never longer than the contract.
func (s *Service) ends(o *Order, from time.Time) time.Time {
	until := s.lasts(o.Plan, o.Quantity, from)
	if until.After(o.Contract.Until) {
		return o.Contract.Until
	}
	return until
}

func (s *Service) lasts(p Snapshot, quantity int, from time.Time) time.Time {
	switch {
	case p.Days > 0:
		return workdays.EndOfDay(from.AddDate(0, 0, p.Days))
	case p.Months > 0:
		return workdays.EndOfDay(deadline.Months(from, p.Months*quantity))
	}
	return workdays.EndOfDay(deadline.Months(from, s.Rules.Months))
}

// sign signs the contract for a side: whoever answers for it, who has just shown who they
// are, and read this text. With the second signature it takes effect.
func (s *Service) sign(ctx context.Context, tx pgx.Tx, who account.Actor, o *Order, p Party, sha256 string) error {
	c, at := &o.Contract, s.instant()
	switch {
	case o.State != Created || c.State != Offered:
		return fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
	case o.Held():
		return fault.New(fault.Conflict, "出境使用的三份材料还没有核对，现在不能签（AS-45）。")
	case c.SHA256 != sha256:
		return fault.New(fault.Conflict, "合同的内容在您打开之后变了，请重新看过全文再签。")
	}
	mine, other := &c.Seller, &c.Buyer
	if p.Side == OfBuyer {
		mine, other = other, mine
	}
	if mine.At != nil {
		return fault.New(fault.Conflict, "您这一方已经签过了。")
	}
	if other.by == who.ID {
		return fault.New(fault.Forbidden, "买卖双方不能由同一个人签。")
	}
	if err := s.Accounts.RequireFresh(who); err != nil {
		return err
	}
	if may, err := mayBuy(ctx, tx, o.Buyer.ID); err != nil || !may {
		if err == nil {
			err = fault.New(fault.Conflict, "买方被暂停，或者没有认证。")
		}
		return err
	}
	if err := s.Offers.Holds(ctx, tx, o.Listing); err != nil {
		return err
	}
	if err := signContract(ctx, tx, c, p.Side, who, at); err != nil {
		return err
	}
	o.StateAt = at
	if err := saveOrder(ctx, tx, o); err != nil {
		return err
	}
	if err := s.happened(ctx, tx, who, o, Sign); err != nil {
		return err
	}
	if other.At == nil {
		return nil
	}
	o.words = ""
	return s.move(ctx, tx, account.System("ordering"), o, Effect)
}

// paper takes one of the papers for use across the border.
func (s *Service) paper(ctx context.Context, tx pgx.Tx, who account.Actor, o *Order, p Paper) (err error) {
	if !o.Held() {
		return fault.New(fault.Conflict, "现在不用交出境的材料。")
	}
	at := s.instant()
	c := Clearance{Kind: p.Kind, GivenName: who.Name, GivenAt: at}
	if !coded(s.Rules.Clearances, p.Kind) {
		return fault.At("kind", "请从列出的里面选。")
	}
	if c.Reference, err = line("reference", p.Reference, "请写文号。"); err != nil {
		return err
	}
	if c.Issuer, err = line("issuer", p.Issuer, "请写出具的机关。"); err != nil {
		return err
	}
	if c.Dated, err = time.Parse(time.DateOnly, strings.TrimSpace(p.Dated)); err != nil {
		return fault.At("dated", "请写日期，例如 2026-11-05。")
	}
	if c.Dated.After(day(at)) || c.Dated.Year() < 2000 {
		return fault.At("dated", "日期不能在今天以后，也不能在 2000 年以前。")
	}
	if err := insertPaper(ctx, tx, o.ID, c, who); err != nil {
		return err
	}
	if err := saveOrder(ctx, tx, o); err != nil {
		return err
	}
	o.words = option(s.Rules.Clearances, c.Kind).Zh + " " + c.Reference
	return s.happened(ctx, tx, who, o, HandIn)
}

// clear is that the authority found the papers whole: then both may sign.
func (s *Service) clear(ctx context.Context, tx pgx.Tx, who account.Actor, o *Order) error {
	switch {
	case !o.Held():
		return fault.New(fault.Conflict, "现在不用核对出境的材料。")
	case len(o.Papers) < len(Clearances):
		return fault.New(fault.Conflict, "三份材料还没有交齐：安全评估、国家安全审查、网信部门报备（AS-45）。")
	}
	for _, of := range []int64{o.Buyer.ID, o.Seller.ID, o.Developer.ID} {
		if role, err := roleIn(ctx, tx, of, who.ID); err != nil || role != "" {
			if err == nil {
				err = fault.New(fault.Forbidden, "买卖双方的人不能核对。")
			}
			return err
		}
	}
	at := s.instant()
	o.ClearedAt, o.ClearedName, o.clearer = &at, who.Name, who.ID
	if _, err := s.start(o, signTerm, at); err != nil { // nobody could sign before
		return err
	}
	if err := saveOrder(ctx, tx, o); err != nil {
		return err
	}
	return s.happened(ctx, tx, who, o, Clear)
}

// object is that the buyer does not take what was delivered.
func (s *Service) object(ctx context.Context, tx pgx.Tx, who account.Actor, o *Order, ground string) error {
	if !coded(s.Rules.Grounds, ground) {
		return fault.At("ground", "请从列出的里面选。")
	}
	if o.Objection != nil {
		return fault.New(fault.Conflict, "一份订单提一次异议。")
	}
	words := o.words
	if err := s.move(ctx, tx, who, o, Object); err != nil {
		return err
	}
	o.Objection = &Objection{Ground: ground, Words: words, Name: who.Name, At: s.instant()}
	return insertObjection(ctx, tx, o.ID, o.Objection, who)
}

// answer is what the seller says to an objection. A refund that it agrees to is carried
// out as one.
func (s *Service) answer(ctx context.Context, tx pgx.Tx, who account.Actor, o *Order, answer string) error {
	at := s.instant()
	switch {
	case o.State != Objected || o.Objection == nil:
		return fault.New(fault.Conflict, "现在没有要答复的异议。")
	case o.Objection.Answer != "":
		return fault.New(fault.Conflict, "已经答复过了。")
	case answer != Refused && answer != ToRefund:
		return fault.At("answer", "请从列出的里面选。")
	case o.words == "":
		return fault.At("reason", "请写明理由。")
	}
	x := o.Objection
	x.Answer, x.AnswerWords, x.AnsweredName, x.AnsweredAt = answer, o.words, who.Name, &at
	if err := saveObjection(ctx, tx, o.ID, x, who.ID); err != nil {
		return err
	}
	o.stopClock()
	if err := saveOrder(ctx, tx, o); err != nil {
		return err
	}
	return s.happened(ctx, tx, who, o, Answer)
}

func coded(list []policy.Option, code string) bool {
	for _, o := range list {
		if o.Code == code {
			return true
		}
	}
	return false
}

// Paid implements payment.Orders: the money of an order is there. wanted: it was waiting
// for exactly this; money that comes for one that ended, or once more, goes back.
func (s *Service) Paid(ctx context.Context, tx pgx.Tx, number string, amount int64, currency string) (wanted bool, err error) {
	o, err := s.lock(ctx, tx, number)
	if err != nil {
		return false, err
	}
	switch {
	case o.State != AwaitingPayment:
		return false, nil
	case o.Money.Total != amount || o.Currency != currency:
		return false, fault.New(fault.Conflict, "金额或者币种和订单不同。")
	}
	o.side = OfPlatform
	return true, s.move(ctx, tx, account.System("payments"), o, Pay)
}

// Delivered is that what was ordered can be used from now on, within tx: the term begins,
// and the buyer inspects.
func (s *Service) Delivered(ctx context.Context, tx pgx.Tx, number string) error {
	return s.byPlatform(ctx, tx, number, "delivery", Deliver, "")
}

// Refunded is that all of an order was given back, within tx.
func (s *Service) Refunded(ctx context.Context, tx pgx.Tx, number, words string) error {
	return s.byPlatform(ctx, tx, number, "refunds", Refund, words)
}

func (s *Service) byPlatform(ctx context.Context, tx pgx.Tx, number, task string, a Action, words string) error {
	o, err := s.lock(ctx, tx, number)
	if err != nil {
		return err
	}
	o.side, o.words = OfPlatform, words
	return s.move(ctx, tx, account.System(task), o, a)
}

// ToDeliver are the numbers of orders that wait for delivery, the oldest first.
func (s *Service) ToDeliver(ctx context.Context) ([]string, error) {
	return selectDue(ctx, s.pool, `o.state = 'paid'`, nil)
}

// Event is a step of an order.
type Event struct {
	Act   string
	Side  Side
	State string
	Name  string
	Words string
	At    time.Time
}

// View is an order as somebody sees it who may.
type View struct {
	*Order
	Party   Party
	Events  []Event
	Offers  []Action
	Advice  *payment.Advice // what the buyer was told to pay; nil: nothing
	Entries []ledger.Posted // of the books
	Now     time.Time
}

// One is an order for whoever buys it, sells it, takes its money or supervises. What the
// regulator reads is written down (I-40).
func (s *Service) One(ctx context.Context, who account.Actor, number string) (*View, error) {
	o, err := s.get(ctx, s.pool, number)
	if err != nil {
		return nil, err
	}
	p, err := s.stands(ctx, s.pool, who, o)
	if err != nil {
		return nil, err
	}
	v := &View{Order: o, Party: p, Now: s.now(), Offers: o.offers(who, p)}
	if o.PayUntil != nil {
		a, err := s.Bank.Advised(ctx, s.pool, o.Number)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		if err == nil {
			v.Advice = &a
		}
	}
	if v.Entries, err = s.Ledger.Transactions(ctx, s.pool, ledger.Filter{Subject: o.Number, Limit: 100}); err != nil {
		return nil, err
	}
	if p.Side == OfRegulator {
		if _, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			return struct{}{}, audit.Append(ctx, tx, who, "trade", o.Number, string(Read), nil)
		}); err != nil {
			return nil, err
		}
	}
	v.Events, err = selectEvents(ctx, s.pool, o.ID)
	return v, err
}

// offers are the steps that who may take now.
func (o *Order) offers(who account.Actor, p Party) (out []Action) {
	c := &o.Contract
	for _, a := range []Action{Sign, HandIn, Clear, Answer} {
		if !p.moves(a) {
			continue
		}
		may := false
		switch a {
		case Sign:
			may = o.State == Created && !o.Held() && (p.Side == OfBuyer && c.Buyer.At == nil && c.Seller.by != who.ID || p.Side == OfSeller && c.Seller.At == nil && c.Buyer.by != who.ID)
		case HandIn:
			may = o.Held()
		case Clear:
			may = o.Held() && len(o.Papers) == len(Clearances)
		case Answer:
			may = o.State == Objected && o.Objection != nil && o.Objection.Answer == ""
		default:
		}
		if may {
			out = append(out, a)
		}
	}
	for _, a := range lifecycle.Offer(o.State, who, o) {
		if p.moves(a) {
			out = append(out, a)
		}
	}
	return out
}

// Filter is which orders somebody asks for.
type Filter struct {
	State  State // empty: any
	Before int64 // id; 0: from the newest
	Limit  int
}

// List are the orders of the organisations that who is of, whoever buys or sells, the
// newest first.
func (s *Service) List(ctx context.Context, who account.Actor, f Filter) ([]Order, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, nil
	}
	return s.list(ctx, s.pool, `(@state = '' OR o.state = @state) AND (@before = 0 OR o.id < @before) AND EXISTS (SELECT FROM organisation_members m WHERE m.user_id = @user AND m.organisation_id IN (o.buyer_id, o.seller_id, o.developer_id, o.operator_id))`,
		pgx.NamedArgs{"state": string(f.State), "before": f.Before, "limit": f.Limit, "user": who.ID})
}

// All are all orders, for the exchange and who supervises.
func (s *Service) All(ctx context.Context, who account.Actor, f Filter) ([]Order, error) {
	if !who.Any(account.ExchangeStaff, account.Regulator, account.Authority) {
		return nil, errNotYours()
	}
	return s.list(ctx, s.pool, `(@state = '' OR o.state = @state) AND (@before = 0 OR o.id < @before)`, pgx.NamedArgs{"state": string(f.State), "before": f.Before, "limit": f.Limit})
}

// happened writes a step of an order into its history and the audit trail, and tells
// whoever has to know.
func (s *Service) happened(ctx context.Context, tx pgx.Tx, who account.Actor, o *Order, a Action) error {
	if err := insertEvent(ctx, tx, o, who, string(a), o.words, s.instant()); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "trade", o.Number, string(a), map[string]string{"to": string(o.State), "contract": o.Contract.SHA256}); err != nil {
		return err
	}
	return s.tell(ctx, tx, o, a)
}

// Number reads a positive whole number; empty is none.
func number(field, typed string, none, most int) (int, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return none, nil
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < 1 || n > most || strconv.Itoa(n) != typed {
		return 0, fault.At(field, "请写 1 到 %d 的整数。", most)
	}
	return n, nil
}

var _ payment.Orders = (*Service)(nil)

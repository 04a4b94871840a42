package settlement

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/payment"
)

// Bank is asked to pay, as payment.Bank is.
type Bank interface {
	Instruct(ctx context.Context, tx pgx.Tx, i payment.Instruction) (payment.Instruction, error)
}

// Config is what the service is made of.
type Config struct {
	Pool    *pgxpool.Pool
	Book    *ledger.Book
	Bank    Bank
	Gateway payment.Gateway // nil: nothing is paid online
	Policy  *policy.Book
	Clocks  *deadline.Clocks
	Now     func() time.Time
}

// Service settles.
type Service struct {
	Config
	Weekday time.Weekday // on which a week is settled
}

// New returns the settlements of an installation.
func New(c Config) (*Service, error) {
	n := c.Policy.Numbers()
	s := &Service{Config: c, Weekday: time.Weekday(n.Of("settlement_week", "weekday") % 7)}
	return s, n.Missing()
}

var clerk = account.System("settlements")

func (s *Service) instant() time.Time { return s.Now().Truncate(time.Microsecond) }

// today is the day of now, in Asia/Shanghai.
func (s *Service) today() time.Time {
	y, m, d := s.Now().In(workdays.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func errNone() error { return fault.New(fault.NotFound, "没有这份结算单。") }

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

func errMoved() error {
	return fault.New(fault.Conflict, "这一件在您打开之后已经有人处理过，请重新打开看看。")
}

// Tick computes the settlements of the week that ended, asks the provider for what it has
// not answered, and reconciles what was paid. Done twice it does nothing more.
func (s *Service) Tick(ctx context.Context) error {
	through := s.today().AddDate(0, 0, -1)
	for through.Weekday() != s.Weekday {
		through = through.AddDate(0, 0, -1)
	}
	_, err := s.Compute(ctx, clerk, through)
	return errors.Join(err, s.Work(ctx), s.Reconcile(ctx))
}

// Compute makes the settlements of all that was released through a day that has passed and
// is in none yet. What was given back since is taken from settlements that are not
// instructed yet; a payee that has nothing to get waits for the next one.
func (s *Service) Compute(ctx context.Context, who account.Actor, through time.Time) ([]Settlement, error) {
	if who.ID > 0 && !who.Is(account.ExchangeStaff) {
		return nil, errNotYours()
	}
	if !through.Before(s.today()) {
		return nil, fault.At("through", "只能结算已经过去的日子。")
	}
	return database.InTx(ctx, s.Pool, func(tx pgx.Tx) ([]Settlement, error) {
		if err := lockComputing(ctx, tx); err != nil {
			return nil, err
		}
		loose, err := selectLoose(ctx, tx, through)
		if err != nil {
			return nil, err
		}
		of := map[group][]Line{}
		for _, e := range loose {
			if e.route != "" { // else nothing says yet where the money lies
				of[e.group] = append(of[e.group], e.Line)
			}
		}
		groups := slices.SortedFunc(maps.Keys(of), func(a, b group) int {
			return strings.Compare(a.payable+a.route+a.currency, b.payable+b.route+b.currency)
		})
		var out []Settlement
		for _, g := range groups {
			lines, err := s.adjustOpen(ctx, tx, g, of[g])
			if err != nil {
				return nil, err
			}
			made, err := s.compute(ctx, tx, who, g, lines, through)
			if err != nil {
				return nil, err
			}
			if made != nil {
				out = append(out, *made)
			}
		}
		return out, nil
	})
}

// adjustOpen takes what was given back from the oldest settlement that is not instructed,
// and returns the lines that are left.
func (s *Service) adjustOpen(ctx context.Context, tx pgx.Tx, g group, lines []Line) ([]Line, error) {
	if !slices.ContainsFunc(lines, func(l Line) bool { return l.Amount < 0 }) {
		return lines, nil
	}
	open, err := selectSettlements(ctx, tx, `WHERE s.payable = @payable AND s.route = @route AND s.currency = @currency AND s.state IN ('computed', 'confirmed_by_payee', 'disputed') ORDER BY s.id LIMIT 1 FOR UPDATE OF s`, pgx.NamedArgs{"payable": g.payable, "route": g.route, "currency": g.currency})
	if err != nil || len(open) == 0 {
		return lines, err
	}
	return s.adjust(ctx, tx, &open[0], lines)
}

// adjust puts lines below zero into a settlement, which is computed anew; where nothing is
// left of it, it is void and all of its lines are in none.
func (s *Service) adjust(ctx context.Context, tx pgx.Tx, x *Settlement, lines []Line) (left []Line, err error) {
	var back []Line
	for _, l := range lines {
		if l.Amount < 0 {
			back = append(back, l)
		} else {
			left = append(left, l)
		}
	}
	if len(back) == 0 {
		return left, nil
	}
	if err := insertLines(ctx, tx, x.ID, back); err != nil {
		return nil, err
	}
	x.add(back)
	a := Adjust
	if x.Net <= 0 {
		a = Drop
		lines, err := selectLines(ctx, tx, x.ID)
		if err != nil {
			return nil, err
		}
		left = append(left, lines...)
	}
	x.Reason = "期间有订单退款或者转入争议，金额变了。"
	x.confirmed, x.ConfirmedBy = 0, ""
	if a == Adjust {
		if err := s.keep(ctx, tx, x); err != nil {
			return nil, err
		}
	} else {
		x.Kept = 0
	}
	return left, s.move(ctx, tx, clerk, x, a)
}

// add counts lines into a settlement.
func (x *Settlement) add(lines []Line) {
	x.Lines = append(x.Lines, lines...)
	for _, l := range lines {
		x.Gross += l.Gross
		x.Fees += l.Fees
		x.Tax += l.Tax
		x.Net += l.Amount
		if x.From.IsZero() || l.On.Before(x.From) {
			x.From = l.On
		}
		if l.On.After(x.Through) {
			x.Through = l.On
		}
	}
	x.Others = x.Gross - x.Fees - x.Tax - x.Net
}

// keep is how much of a settlement is set off against what its payee owes: what no other
// settlement is to set off.
func (s *Service) keep(ctx context.Context, tx pgx.Tx, x *Settlement) error {
	owed, err := s.Book.Owed(ctx, tx, x.Currency, x.Payee)
	if err != nil {
		return err
	}
	planned, err := selectPlanned(ctx, tx, x)
	x.Kept = min(x.Net, max(0, owed-planned))
	return err
}

func (s *Service) compute(ctx context.Context, tx pgx.Tx, who account.Actor, g group, lines []Line, through time.Time) (*Settlement, error) {
	x := &Settlement{Payee: g.payee, Payable: g.payable, Route: g.route, Currency: g.currency, State: Computed, MadeAt: s.instant(), StateAt: s.instant()}
	x.add(lines)
	if x.Net <= 0 {
		return nil, nil
	}
	x.Through = through
	if err := s.keep(ctx, tx, x); err != nil {
		return nil, err
	}
	var err error
	if x.Number, err = cases.Number(ctx, tx, "JS", x.MadeAt); err != nil {
		return nil, err
	}
	if err := insertSettlement(ctx, tx, x); err != nil {
		return nil, err
	}
	return x, s.happened(ctx, tx, who, x, Compute)
}

// move makes one move of a settlement and writes all that is to be written of it.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, x *Settlement, a Action) (err error) {
	if x.State, err = lifecycle.Next(x.State, a, who, x); err != nil {
		return err
	}
	x.StateAt = s.instant()
	if err := saveSettlement(ctx, tx, x); err != nil {
		return err
	}
	return s.happened(ctx, tx, who, x, a)
}

func (s *Service) happened(ctx context.Context, tx pgx.Tx, who account.Actor, x *Settlement, a Action) error {
	if err := insertEvent(ctx, tx, x, a, who, s.instant()); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "settlement", x.Number, string(a), map[string]string{"to": string(x.State), "net": strconv.FormatInt(x.Net, 10)}); err != nil {
		return err
	}
	return s.tell(ctx, tx, x, a)
}

// Step is what somebody does about a settlement.
type Step struct {
	Action   string
	Words    string
	Revision int
}

// Party is where somebody stands about a settlement.
type Party struct {
	Payee    bool // of the payee
	Owner    bool // and answers for it
	Exchange bool
}

func (p Party) moves(a Action) bool {
	switch a {
	case Confirm, Dispute:
		return p.Owner
	case Answer, Instruct:
		return p.Exchange && !p.Payee
	}
	return false
}

// one is a settlement for who may know of it: the payee, the exchange, the operator whose
// account pays, the authority and the regulator.
func (s *Service) one(ctx context.Context, q database.Querier, who account.Actor, number string) (*Settlement, Party, error) {
	found, err := selectSettlements(ctx, q, `WHERE s.number = @number`, pgx.NamedArgs{"number": number})
	if err == nil && (len(found) == 0 || who.IsVisitor() || who.Key != "") {
		err = errNone()
	}
	if err != nil {
		return nil, Party{}, err
	}
	x := &found[0]
	p := Party{Exchange: who.Is(account.ExchangeStaff)}
	if p.Payee, err = isMember(ctx, q, x.Payee, who.ID); err != nil {
		return nil, p, err
	}
	if p.Owner, err = isOwner(ctx, q, x.Payee, who.ID); err != nil {
		return nil, p, err
	}
	if !p.Payee && !who.Any(account.ExchangeStaff, account.Authority, account.Regulator) {
		route, err := ledger.Parse(x.Route)
		if err != nil {
			return nil, p, err
		}
		pays, err := isMember(ctx, q, route.Organisation, who.ID)
		if err != nil {
			return nil, p, err
		}
		if !pays {
			return nil, p, errNone()
		}
	}
	if x.Lines, err = selectLines(ctx, q, x.ID); err != nil {
		return nil, p, err
	}
	return x, p, s.clock(x)
}

// clock says by when the payee confirms or disputes.
func (s *Service) clock(x *Settlement) error {
	if x.State != Computed {
		return nil
	}
	c, err := s.Clocks.Start("", confirmTerm, x.StateAt)
	x.Due = &c
	return err
}

// Move makes a step that a person makes. A settlement of which something was given back
// since it was confirmed is computed anew instead of instructed: its state says so.
func (s *Service) Move(ctx context.Context, who account.Actor, number string, step Step) (*Settlement, error) {
	said, err := words(step.Words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.Pool, func(tx pgx.Tx) (*Settlement, error) {
		if err := lockComputing(ctx, tx); err != nil {
			return nil, err
		}
		if err := lockSettlement(ctx, tx, number); err != nil {
			return nil, err
		}
		x, p, err := s.one(ctx, tx, who, number)
		if err != nil {
			return nil, err
		}
		a := Action(step.Action)
		if !p.moves(a) {
			return x, errNotYours()
		}
		if x.Revision != step.Revision {
			return x, errMoved()
		}
		x.Reason = said
		switch a {
		case Confirm:
			x.confirmed, x.ConfirmedBy = who.ID, who.Name
		case Dispute, Answer:
			x.confirmed, x.ConfirmedBy = 0, ""
		case Instruct:
			return x, s.instruct(ctx, tx, who, x)
		}
		return x, s.move(ctx, tx, who, x, a)
	})
}

// instruct asks the bank or the provider to pay a settlement.
func (s *Service) instruct(ctx context.Context, tx pgx.Tx, who account.Actor, x *Settlement) error {
	if x.confirmed == who.ID {
		return fault.New(fault.Forbidden, "确认的人和指示付款的人不能是同一个人。")
	}
	if next, err := lifecycle.Next(x.State, Instruct, who, x); err != nil || next != Instructed {
		return err
	}
	again := x.State == Failed
	if !again {
		if changed, err := s.changed(ctx, tx, x); err != nil || changed {
			return err
		}
	}
	to, err := s.inForce(ctx, tx, x.Payee)
	if err != nil {
		return err
	}
	payable, err := ledger.Parse(x.Payable)
	if err != nil {
		return err
	}
	x.payout, x.Attempt, x.byID, x.InstructedBy = to.ID, x.Attempt+1, who.ID, who.Name
	if x.Kept > 0 && !again {
		if err := s.post(ctx, tx, x, "kept", ledger.Kept(x.Number, payable, x.Payee, x.Kept)); err != nil {
			return err
		}
	}
	rest := x.Payout() - x.Paid
	if rest == 0 { // all of it was set off
		if err := s.move(ctx, tx, who, x, Instruct); err != nil {
			return err
		}
		return s.move(ctx, tx, clerk, x, Pay)
	}
	if !again { // what failed is on its way still: a refund meanwhile is a debt of the payee
		if err := s.post(ctx, tx, x, "ordered", ledger.PayoutOrdered(x.Number, payable, x.Payee, rest)); err != nil {
			return err
		}
	}
	if x.Online() {
		if err := s.askTransfers(ctx, tx, x, to, rest); err != nil {
			return err
		}
		return s.move(ctx, tx, who, x, Instruct)
	}
	route, err := ledger.Parse(x.Route)
	if err != nil {
		return err
	}
	i, err := s.Bank.Instruct(ctx, tx, payment.Instruction{Kind: payment.ToPayOut, Ref: x.Number, Operator: route.Organisation, Organisation: x.Payee, Amount: rest, Currency: x.Currency, Payee: to.Holder, PayeeBank: to.Bank, PayeeAccount: to.Account})
	if err != nil {
		return err
	}
	x.Instruction = i.Number
	return s.move(ctx, tx, who, x, Instruct)
}

// changed reports whether a settlement is not any more what its payee confirmed, and then
// computes it anew. Nothing is given back while it looks.
func (s *Service) changed(ctx context.Context, tx pgx.Tx, x *Settlement) (bool, error) {
	payable, err := ledger.Parse(x.Payable)
	if err != nil {
		return false, err
	}
	if _, err := s.Book.Available(ctx, tx, x.Currency, payable); err != nil {
		return false, err
	}
	loose, err := selectLoose(ctx, tx, s.today())
	if err != nil {
		return false, err
	}
	var back []Line
	for _, e := range loose {
		if e.payable == x.Payable && e.route == x.Route && e.currency == x.Currency && e.Amount < 0 {
			back = append(back, e.Line)
		}
	}
	if len(back) > 0 {
		_, err := s.adjust(ctx, tx, x, back)
		return true, err
	}
	before := x.Kept
	if err := s.keep(ctx, tx, x); err != nil || x.Kept == before {
		return false, err
	}
	x.Reason, x.confirmed, x.ConfirmedBy = "要抵扣的应退款项变了。", 0, ""
	return true, s.move(ctx, tx, clerk, x, Adjust)
}

// post books what a settlement does, once.
func (s *Service) post(ctx context.Context, tx pgx.Tx, x *Settlement, key string, t ledger.Transaction) error {
	t.Key, t.Currency = "settle:"+x.Number+":"+key, x.Currency
	_, err := s.Book.Post(ctx, tx, clerk, t)
	return err
}

// askTransfers writes down what the provider is asked to hand on: of each order its part,
// less what was given back of others and what is kept.
func (s *Service) askTransfers(ctx context.Context, tx pgx.Tx, x *Settlement, to PayoutAccount, rest int64) error {
	if to.Provider == "" {
		return fault.New(fault.Conflict, "收款方没有在支付机构开户，线上收的款不能付给它。")
	}
	handed, err := selectHanded(ctx, tx, x.ID)
	if err != nil {
		return err
	}
	of := map[string]int64{}
	for _, l := range x.Lines {
		of[l.Order] += l.Amount
	}
	for _, order := range slices.Sorted(maps.Keys(of)) {
		n := min(rest, of[order]-handed[order])
		if n <= 0 {
			continue
		}
		charge, err := selectCharge(ctx, tx, order)
		if err != nil {
			return err
		}
		if err := insertTransfer(ctx, tx, x.ID, transfer{order: order, charge: charge, account: to.Provider, amount: n, attempt: x.Attempt}, s.instant()); err != nil {
			return err
		}
		rest -= n
	}
	if rest != 0 {
		return fault.New(fault.Conflict, "各订单在支付机构的款项不够这份结算单。")
	}
	return nil
}

// Work asks the provider for the transfers that it has not answered. An answer that was
// lost is asked for again under its key, so nothing is handed on twice.
func (s *Service) Work(ctx context.Context) error {
	if s.Gateway == nil {
		return nil
	}
	numbers, err := selectAsked(ctx, s.Pool)
	if err != nil {
		return err
	}
	for _, number := range numbers {
		err = errors.Join(err, s.hand(ctx, number))
	}
	return err
}

func (s *Service) hand(ctx context.Context, number string) error {
	found, err := selectSettlements(ctx, s.Pool, `WHERE s.number = @number`, pgx.NamedArgs{"number": number})
	if err != nil || len(found) == 0 {
		return err
	}
	list, err := selectTransfers(ctx, s.Pool, &found[0], "asked")
	if err != nil {
		return err
	}
	for _, t := range list {
		id, refusal := s.Gateway.Transfer(ctx, payment.Transfer{Key: t.key(number), Charge: t.charge, Account: t.account, Amount: t.amount, Currency: t.currency, Group: t.order})
		if refusal != nil && fault.KindOf(refusal) != fault.Conflict {
			return refusal // asked again later
		}
		if _, err := database.InTx(ctx, s.Pool, func(tx pgx.Tx) (int, error) { return 0, s.handed(ctx, tx, number, t, id, refusal) }); err != nil {
			return err
		}
	}
	return nil
}

// handed writes down what the provider said of one transfer, and of the settlement when it
// was the last.
func (s *Service) handed(ctx context.Context, tx pgx.Tx, number string, t transfer, id string, refusal error) error {
	x, err := s.held(ctx, tx, number)
	if err != nil {
		return err
	}
	state, why := "done", ""
	if refusal != nil {
		state, why = "failed", refusal.Error()
	}
	if open, err := answered(ctx, tx, x.ID, t, id, state, why, s.instant()); err != nil || !open {
		return err
	}
	if refusal == nil {
		if err := s.post(ctx, tx, x, fmt.Sprintf("paid:%d:%s", t.attempt, t.order), ledger.PayoutPaid(number, ledger.StripeReceivable.Only(), x.Payee, t.amount)); err != nil {
			return err
		}
		x.Paid += t.amount
	}
	left, err := selectTransfers(ctx, tx, x, "asked")
	if err != nil {
		return err
	}
	switch {
	case len(left) > 0:
		return saveSettlement(ctx, tx, x)
	case x.Paid == x.Payout():
		return s.move(ctx, tx, clerk, x, Pay)
	}
	x.Reason = "支付机构没有办成转付。"
	return s.move(ctx, tx, clerk, x, Fail)
}

func (s *Service) held(ctx context.Context, tx pgx.Tx, number string) (*Settlement, error) {
	if err := lockSettlement(ctx, tx, number); err != nil {
		return nil, err
	}
	found, err := selectSettlements(ctx, tx, `WHERE s.number = @number`, pgx.NamedArgs{"number": number})
	if err == nil && len(found) == 0 {
		err = errNone()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

var _ payment.Instructed = (*Service)(nil)

// Paid implements payment.Instructed: a statement shows that the money of a settlement
// went.
func (s *Service) Paid(ctx context.Context, tx pgx.Tx, ref string) error {
	x, err := s.held(ctx, tx, ref)
	if err != nil || x.State == Paid || x.State == Reconciled {
		return err
	}
	route, err := ledger.Parse(x.Route)
	if err != nil {
		return err
	}
	if err := s.post(ctx, tx, x, fmt.Sprintf("paid:%d", x.Attempt), ledger.PayoutPaid(x.Number, route, x.Payee, x.Payout()-x.Paid)); err != nil {
		return err
	}
	x.Paid, x.Reason = x.Payout(), ""
	return s.move(ctx, tx, clerk, x, Pay)
}

// Failed implements payment.Instructed: the bank did not take it, or it came back.
func (s *Service) Failed(ctx context.Context, tx pgx.Tx, ref, why string) error {
	x, err := s.held(ctx, tx, ref)
	if err != nil || x.State == Failed {
		return err
	}
	if x.Paid > 0 { // it had gone, and is on the operator's account again
		route, err := ledger.Parse(x.Route)
		if err != nil {
			return err
		}
		if err := s.post(ctx, tx, x, fmt.Sprintf("returned:%d", x.Attempt), ledger.PayoutReturned(x.Number, route, x.Payee, x.Paid)); err != nil {
			return err
		}
		x.Paid = 0
	}
	x.Reason = why
	return s.move(ctx, tx, clerk, x, Fail)
}

// Reconcile ends settlements that were paid and of which the books say the same.
func (s *Service) Reconcile(ctx context.Context) error {
	numbers, err := selectAgreed(ctx, s.Pool)
	if err != nil {
		return err
	}
	for _, number := range numbers {
		if _, err := database.InTx(ctx, s.Pool, func(tx pgx.Tx) (int, error) {
			x, err := s.held(ctx, tx, number)
			if err != nil || x.State != Paid {
				return 0, err
			}
			x.Reason = ""
			return 0, s.move(ctx, tx, clerk, x, Reconcile)
		}); err != nil {
			return err
		}
	}
	return nil
}

// View is a settlement as somebody sees it.
type View struct {
	*Settlement
	Party     Party
	Offers    []Action
	Events    []Event
	Transfers []Transfer
	Account   *PayoutAccount // that is in force; nil: none
}

// Transfer is a part of a payment online that the provider handed on.
type Transfer struct {
	Order  string
	Amount int64
	ID     string
	State  string
	Reason string
}

// One is a settlement for whoever may know of it. What the regulator reads is written down
// (I-40).
func (s *Service) One(ctx context.Context, who account.Actor, number string) (*View, error) {
	x, p, err := s.one(ctx, s.Pool, who, number)
	if err != nil {
		return nil, err
	}
	v := &View{Settlement: x, Party: p}
	for _, a := range lifecycle.Offer(x.State, who, x) {
		if p.moves(a) {
			v.Offers = append(v.Offers, a)
		}
	}
	if v.Events, err = selectEvents(ctx, s.Pool, x.ID); err != nil {
		return nil, err
	}
	if v.Transfers, err = selectAllTransfers(ctx, s.Pool, x.ID); err != nil {
		return nil, err
	}
	if found, err := selectPayouts(ctx, s.Pool, `WHERE p.organisation_id = @of AND p.state = 'confirmed'`, pgx.NamedArgs{"of": x.Payee}); err != nil {
		return nil, err
	} else if len(found) > 0 {
		v.Account = &found[0]
	}
	if who.Is(account.Regulator) {
		_, err = database.InTx(ctx, s.Pool, func(tx pgx.Tx) (struct{}, error) {
			return struct{}{}, audit.Append(ctx, tx, who, "settlement", x.Number, string(Read), nil)
		})
	}
	return v, err
}

// Queue are the settlements at the desk: those that are not done, or all.
func (s *Service) Queue(ctx context.Context, who account.Actor, all bool, before int64, limit int) ([]Settlement, error) {
	if !who.Any(account.ExchangeStaff, account.Authority, account.Regulator, account.Operator) {
		return nil, errNotYours()
	}
	where := `WHERE (@all OR s.state NOT IN ('reconciled', 'void')) AND (@before = 0 OR s.id < @before)`
	if !who.Any(account.ExchangeStaff, account.Authority, account.Regulator) { // an operator sees what its account pays
		where += ` AND s.route IN (SELECT 'bank:operator:receivable:' || m.organisation_id FROM organisation_members m WHERE m.user_id = @who)`
	}
	return selectSettlements(ctx, s.Pool, where+` ORDER BY s.id DESC LIMIT @limit`, pgx.NamedArgs{"all": all, "before": before, "limit": limit, "who": who.ID})
}

// Own is what a payee works with.
type Own struct {
	Payees      []Payee
	Settlements []Settlement
	Accounts    []PayoutAccount
}

// Of are the settlements of all organisations that who is of, the newest first.
func (s *Service) Of(ctx context.Context, who account.Actor, before int64, limit int) (*Own, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, errNone()
	}
	out := &Own{}
	var err error
	if out.Payees, err = selectPayees(ctx, s.Pool, who.ID); err != nil {
		return nil, err
	}
	ids := make([]int64, len(out.Payees))
	for i, p := range out.Payees {
		ids[i] = p.ID
	}
	if out.Settlements, err = selectSettlements(ctx, s.Pool, `WHERE s.organisation_id = ANY (@of) AND (@before = 0 OR s.id < @before) ORDER BY s.id DESC LIMIT @limit`, pgx.NamedArgs{"of": ids, "before": before, "limit": limit}); err != nil {
		return nil, err
	}
	for i := range out.Settlements {
		if err := s.clock(&out.Settlements[i]); err != nil {
			return nil, err
		}
	}
	out.Accounts, err = selectPayouts(ctx, s.Pool, `WHERE p.organisation_id = ANY (@of) AND p.state IN ('proposed', 'confirmed', 'refused') ORDER BY p.id DESC LIMIT 50`, pgx.NamedArgs{"of": ids})
	return out, err
}

// OfOrder are the settlements that an order is in, for a page that who may see.
func (s *Service) OfOrder(ctx context.Context, order string) ([]Settlement, error) {
	return selectSettlements(ctx, s.Pool, `WHERE s.id IN (SELECT settlement_id FROM settlement_lines WHERE order_number = @order AND NOT released) ORDER BY s.id LIMIT 100`, pgx.NamedArgs{"order": order})
}

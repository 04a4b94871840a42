package payment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
)

// LineNumber is how a line of a statement is named, in the books too.
func LineNumber(id int64) string { return "YH-" + strconv.FormatInt(id, 10) }

// lineID reads what LineNumber wrote; 0 for anything else.
func lineID(number string) int64 {
	id, err := strconv.ParseInt(strings.TrimPrefix(number, "YH-"), 10, 64)
	if err != nil || LineNumber(id) != number {
		return 0
	}
	return id
}

// LineState is where a line of a statement stands.
type LineState string

// The states of a line.
const (
	Typed    LineState = "typed"    // by hand, and another person has to confirm that the bank says so
	Refused  LineState = "refused"  // nobody confirmed it
	Fresh    LineState = "new"      // nobody looked yet
	Waiting  LineState = "waiting"  // two people have to say what it is for
	Proposed LineState = "proposed" // one of them has
	Done     LineState = "done"
)

// Entry is a line of a statement as it is kept.
type Entry struct {
	Line
	ID         int64
	Number     string
	Statement  string // number of the statement that first had it
	Into       Collection
	State      LineState
	StateAt    time.Time
	Verdict    Verdict
	Candidates []string // numbers of what it may be for
	Reason     string   // why a proposal or a typed line was refused
	TypedBy    string
	ProposedBy string
	DoneBy     string // who confirmed; empty: it was booked by itself
	Revision   int
	For        []Allocation

	typist, proposer int64
}

// Left is what of a line is for nothing yet.
func (e Entry) Left() int64 {
	n := e.size()
	for _, a := range e.For {
		if a.counts() {
			n -= a.Amount
		}
	}
	return n
}

func (e Entry) size() int64 { return max(e.Amount, -e.Amount) }

// Typist and Proposer report whether somebody typed or proposed: the other step is for
// another person.
func (e Entry) Typist(who account.Actor) bool   { return e.typist == who.ID }
func (e Entry) Proposer(who account.Actor) bool { return e.proposer == who.ID }

// AllocationKind is what a part of a line is.
type AllocationKind string

// The kinds of allocations.
const (
	ToAdvice      AllocationKind = "advice"      // it pays an order or a bill, or a part of it
	SendBack      AllocationKind = "send_back"   // it goes back to whoever sent it
	NotOurs       AllocationKind = "not_ours"    // other business of the operator's on the same account
	OfInstruction AllocationKind = "instruction" // it is the transfer that was instructed
	Returned      AllocationKind = "returned"    // a transfer that was instructed came back
)

// AllocationKinds are all of them.
var AllocationKinds = []AllocationKind{ToAdvice, SendBack, NotOurs, OfInstruction, Returned}

// AllocationState is where an allocation stands.
type AllocationState string

// The states of an allocation.
const (
	Suggested AllocationState = "proposed"
	Dropped   AllocationState = "dropped" // the other person did not agree
	Held      AllocationState = "held"    // a part, until the rest is there
	Booked    AllocationState = "booked"
	Freed     AllocationState = "freed" // what it was for ended before, or what was to go back did not
)

// Allocation is what a part of a line is for.
type Allocation struct {
	ID           int64
	Kind         AllocationKind
	Amount       int64
	Ref          string // number of the order, the bill or the instruction
	Payee        string // who gets what is sent back
	PayeeBank    string
	PayeeAccount string
	Letter       string // of who paid for somebody else
	State        AllocationState

	advice, instruction int64
}

func (a Allocation) counts() bool { return a.State == Held || a.State == Booked }

// SendBackRef is the number of what is sent back of a line, in instructions and in the
// books.
func (a Allocation) SendBackRef(line int64) string {
	return LineNumber(line) + "-" + strconv.FormatInt(a.ID, 10)
}

// errAgain is that what was read was changed by somebody else before it was locked.
var errAgain = errors.New("it moved meanwhile")

const tries = 20

// Work looks at the lines that nobody looked at yet, each in a transaction of its own: what
// is exact is booked with the order and in the books at once or not at all; all else
// waits for people. One that fails stays as it is, and the others do not wait for it.
func (b *Bank) Work(ctx context.Context) error {
	ids, err := selectFresh(ctx, b.Pool)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range ids {
		if err := b.settle(ctx, id); err != nil {
			failed = errors.Join(failed, fmt.Errorf("line %s: %w", LineNumber(id), err))
		}
	}
	return failed
}

// settle looks at one line. What others move meanwhile is read again.
func (b *Bank) settle(ctx context.Context, id int64) error {
	for try := 0; ; try++ {
		_, err := database.InTx(ctx, b.Pool, func(tx pgx.Tx) (int, error) {
			e, err := lockLine(ctx, tx, id)
			if err != nil || e.State != Fresh {
				return 0, err
			}
			if e.Amount < 0 {
				err = b.out(ctx, tx, &e)
			} else {
				err = b.in(ctx, tx, &e)
			}
			if err != nil {
				return 0, err
			}
			return 0, saveLine(ctx, tx, &e, b.instant(), 0)
		})
		if !errors.Is(err, errAgain) || try == tries {
			return err
		}
	}
}

// in looks at money that came.
func (b *Bank) in(ctx context.Context, tx pgx.Tx, e *Entry) error {
	codes := Codes(e.Remark)
	came, err := selectInstructions(ctx, tx, `i.account_id = @account AND i.state = 'paid' AND i.currency = @currency AND (i.code = ANY (@codes) OR i.amount = @amount AND @says)`,
		pgx.NamedArgs{"account": e.Into.ID, "currency": e.Currency, "codes": codes, "amount": e.Amount, "says": strings.Contains(e.Remark, "退"), "limit": mostCandidates})
	if err != nil {
		return err
	}
	advices, err := candidates(ctx, tx, e, codes)
	if err != nil {
		return err
	}
	f := Match([]Line{e.Line}, advices)[0]
	e.Verdict, e.Candidates = f.Verdict, f.Orders
	switch {
	case len(came) > 0 && !f.ByCode:
		e.Verdict, e.Candidates = CameBack, nil
		for _, i := range came {
			e.Candidates = append(e.Candidates, i.Number)
		}
	case f.Verdict == Exact:
		i := slices.IndexFunc(advices, func(a Advice) bool { return a.Ref == f.Orders[0] })
		whole, err := b.pays(ctx, tx, e, advices[i], Allocation{Kind: ToAdvice, Amount: e.Amount, advice: advices[i].ID}, payments)
		if err != nil {
			return err
		}
		if whole {
			e.State = Done
			return nil
		}
		e.Verdict = Late // the order needs it no more, and nobody had said so to the bank
	case f.Verdict == Unknown && len(f.Orders) == 0 && len(codes) > 0:
		if elsewhere, err := selectAdvices(ctx, tx, `a.code = ANY ($1) AND a.account_id <> $2`, codes, e.Into.ID); err != nil {
			return err
		} else if len(elsewhere) > 0 {
			e.Verdict = OtherAccount
			for _, a := range elsewhere {
				e.Candidates = append(e.Candidates, a.Ref)
			}
		}
	}
	e.State = Waiting
	return b.post(ctx, tx, payments, "line:"+e.Number, e.Currency, ledger.CameUnmatched(e.Number, b.route(e), e.Amount))
}

func (b *Bank) route(e *Entry) ledger.Account { return ledger.BankReceivable.For(e.Into.Operator) }

func (b *Bank) post(ctx context.Context, tx pgx.Tx, who account.Actor, key, currency string, t ledger.Transaction) error {
	t.Key, t.Currency = key, currency
	_, err := b.Book.Post(ctx, tx, who, t)
	return err
}

// pays writes that a part of a line pays an advice, as it was read before. If that makes
// the whole amount, the order is told and everything that was held for it is booked; if
// the order does not want it, nothing is written and whole is false. Money of a line that is in
// suspense already is taken from there.
func (b *Bank) pays(ctx context.Context, tx pgx.Tx, e *Entry, a Advice, part Allocation, who account.Actor) (wanted bool, err error) {
	whole := part.Amount == a.left()
	if whole { // an order is locked before what was told about it, as where it is cancelled
		if wanted, err = b.Orders.Paid(ctx, tx, a.Ref, a.Amount, a.Currency); err != nil || !wanted {
			return false, err
		}
	}
	now, err := lockAdvice(ctx, tx, a.ID)
	if err != nil {
		return false, err
	}
	if now.Paid != a.Paid || now.Ended != a.Ended || now.Ended {
		return false, errAgain
	}
	part.State = Held
	if whole {
		part.State = Booked
	}
	if err := saveAllocation(ctx, tx, e.ID, &part); err != nil {
		return false, err
	}
	if err := payAdvice(ctx, tx, a.ID, part.Amount, b.instant()); err != nil || !whole {
		return true, err
	}
	from := ledger.Suspense.Only()
	if e.State == Fresh {
		from = b.route(e)
	}
	if err := b.booked(ctx, tx, who, a, part, from); err != nil {
		return false, err
	}
	held, err := bookHeld(ctx, tx, a.ID)
	for _, h := range held {
		if err == nil {
			err = b.booked(ctx, tx, who, a, h, ledger.Suspense.Only())
		}
	}
	return true, err
}

// booked posts that an allocation pays what it is for.
func (b *Bank) booked(ctx context.Context, tx pgx.Tx, who account.Actor, a Advice, part Allocation, from ledger.Account) error {
	t := ledger.PaidIn(a.Order, from, part.Amount)
	switch {
	case a.Kind == ForBill:
		t = ledger.PaidBill(a.Order, from, a.Buyer, part.Amount)
	case from == ledger.Suspense.Only():
		t = ledger.Allocated(a.Order, part.Amount)
	}
	return b.post(ctx, tx, who, "allocation:"+itoa(part.ID), a.Currency, t)
}

// out looks at money that went.
func (b *Bank) out(ctx context.Context, tx pgx.Tx, e *Entry) error {
	open, err := selectInstructions(ctx, tx, `i.account_id = @account AND i.state = 'instructed' AND i.currency = @currency AND (i.code = ANY (@codes) OR i.amount = @amount)`,
		pgx.NamedArgs{"account": e.Into.ID, "currency": e.Currency, "codes": Codes(e.Remark), "amount": e.size(), "limit": mostCandidates})
	if err != nil {
		return err
	}
	e.State, e.Verdict = Waiting, Outgoing
	fits := func(i Instruction) bool { return i.Amount == e.size() && Name(i.Payee) == Name(e.Party) }
	byCode := slices.DeleteFunc(slices.Clone(open), func(i Instruction) bool { return !slices.Contains(Codes(e.Remark), i.Code) })
	if len(byCode) == 0 {
		byCode = slices.DeleteFunc(slices.Clone(open), func(i Instruction) bool { return !fits(i) })
	}
	for _, i := range byCode {
		e.Candidates = append(e.Candidates, i.Number)
	}
	if len(byCode) != 1 || !fits(byCode[0]) {
		return nil
	}
	e.State = Done
	return b.went(ctx, tx, e, byCode[0], Allocation{Kind: OfInstruction, Amount: e.size(), instruction: byCode[0].ID})
}

// went writes that a line is the transfer that was instructed, and tells who asked.
func (b *Bank) went(ctx context.Context, tx pgx.Tx, e *Entry, i Instruction, part Allocation) error {
	asked, err := b.asked(i.Kind)
	if err != nil {
		return err
	}
	if err := asked.Paid(ctx, tx, i.Ref); err != nil {
		return err
	}
	if err := moveInstruction(ctx, tx, &i, Instructing, Went, e.ID, "", 0, b.instant()); err != nil {
		return err
	}
	part.State = Booked
	return saveAllocation(ctx, tx, e.ID, &part)
}

// failed writes that a transfer did not go, or came back, and tells who asked.
func (b *Bank) failed(ctx context.Context, tx pgx.Tx, i Instruction, why string, by int64) error {
	asked, err := b.asked(i.Kind)
	if err != nil {
		return err
	}
	if err := asked.Failed(ctx, tx, i.Ref, why); err != nil {
		return err
	}
	return moveInstruction(ctx, tx, &i, i.State, Failed, 0, why, by, b.instant())
}

func (b *Bank) asked(kind InstructionKind) (Instructed, error) {
	if kind == ToSendBack {
		return sentBack{b}, nil
	}
	if asked := b.Instructed[kind]; asked != nil {
		return asked, nil
	}
	return nil, fmt.Errorf("nobody asks for a %s", kind)
}

// sentBack is this package, as who asked for what goes back of a line.
type sentBack struct{ b *Bank }

// Paid posts that it went.
func (s sentBack) Paid(ctx context.Context, tx pgx.Tx, ref string) error {
	i, err := s.b.InstructionOf(ctx, tx, ToSendBack, ref)
	if err != nil {
		return err
	}
	return s.b.post(ctx, tx, payments, "went:"+i.Number, i.Currency, ledger.Refunded(ref, ledger.BankReceivable.For(i.Operator), i.Amount))
}

// Failed takes back what was posted about it, and its line waits again.
func (s sentBack) Failed(ctx context.Context, tx pgx.Tx, ref, _ string) error {
	if err := s.b.reverse(ctx, tx, ref, ledger.RefundPaid); err != nil {
		return err
	}
	if err := s.b.reverse(ctx, tx, ref, ledger.RefundDue); err != nil {
		return err
	}
	line, allocation, _ := strings.Cut(strings.TrimPrefix(ref, "YH-"), "-")
	return freeLine(ctx, tx, line, allocation, s.b.instant())
}

// reverse takes back what was posted of a kind about a subject, if anything was that
// still stands.
func (b *Bank) reverse(ctx context.Context, tx pgx.Tx, subject string, kind ledger.Flow) error {
	list, err := b.Book.Transactions(ctx, tx, ledger.Filter{Subject: subject, Kind: kind, Limit: 1})
	if err != nil || len(list) == 0 || list[0].Reversed != 0 {
		return err
	}
	_, err = b.Book.Reverse(ctx, tx, payments, list[0].ID, "reverse:"+itoa(list[0].ID), "银行流水")
	return err
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// mostCandidates is how many that a line may be for are named.
const mostCandidates = 20

// candidates are what a line may pay: what its codes say, and what is open in its amount.
func candidates(ctx context.Context, tx pgx.Tx, e *Entry, codes []Code) ([]Advice, error) {
	byCode, err := selectAdvices(ctx, tx, `a.account_id = $1 AND a.code = ANY ($2)`, e.Into.ID, codes)
	if err != nil || len(byCode) > 0 {
		return byCode, err
	}
	return selectAdvices(ctx, tx, `a.account_id = $1 AND a.currency = $2 AND a.amount - a.paid = $3 AND a.paid_at IS NULL AND a.ended_at IS NULL`, e.Into.ID, e.Currency, e.Amount)
}

// Part is how somebody says what a part of a line is for, as it was typed.
type Part struct {
	Kind         AllocationKind
	Ref          string
	Amount       string // empty: all that is left
	Payee        string
	PayeeBank    string
	PayeeAccount string
	Letter       string
}

// read turns what was typed into allocations of a line, checked against what they are
// for.
func (b *Bank) read(ctx context.Context, tx pgx.Tx, e Entry, parts []Part) ([]Allocation, error) {
	parts = slices.DeleteFunc(slices.Clone(parts), func(p Part) bool { return p.Kind == "" })
	if len(parts) == 0 {
		return nil, fault.At("kind", "请写明这笔钱是什么。")
	}
	left := e.Left()
	out := make([]Allocation, len(parts))
	for n, p := range parts {
		a := Allocation{Kind: p.Kind, Ref: strings.ToUpper(strings.TrimSpace(p.Ref)), Payee: strings.TrimSpace(p.Payee), PayeeBank: strings.TrimSpace(p.PayeeBank), PayeeAccount: strings.ReplaceAll(p.PayeeAccount, " ", ""), Letter: strings.TrimSpace(p.Letter), State: Suggested}
		if !slices.Contains(AllocationKinds, p.Kind) || (e.Amount < 0) != (p.Kind == OfInstruction) && p.Kind != NotOurs {
			return nil, fault.At("kind", "请选这笔钱是什么。")
		}
		if len([]rune(a.Payee)) > 200 || len([]rune(a.PayeeBank)) > 100 || len([]rune(a.Letter)) > 1000 {
			return nil, fault.At("letter", "写得太长。")
		}
		var err error
		if a.Amount = left; strings.TrimSpace(p.Amount) != "" {
			if a.Amount, err = positive(strings.TrimSpace(p.Amount)); err != nil {
				return nil, fault.At("amount", "金额写到分为止，例如 1280.00。")
			}
		} else if len(parts) > 1 {
			return nil, fault.At("amount", "分成几份时，每一份都要写金额。")
		}
		if (p.Kind == NotOurs || p.Kind == Returned || p.Kind == OfInstruction) && (len(parts) > 1 || a.Amount != e.size() || left != e.size()) {
			return nil, fault.At("kind", "这一种只能是整笔，不能和别的分开。")
		}
		if err := b.fits(ctx, tx, e, &a); err != nil {
			return nil, err
		}
		out[n] = a
	}
	sum := int64(0)
	for i, a := range out {
		sum += a.Amount
		if a.Kind == ToAdvice && slices.ContainsFunc(out[:i], func(o Allocation) bool { return o.advice == a.advice }) {
			return nil, fault.At("ref", "%s 写了两次。", a.Ref)
		}
	}
	if sum != left {
		return nil, fault.At("amount", "各份加起来要正好是这笔钱还没有着落的部分。")
	}
	return out, nil
}

// fits looks up what an allocation is for, and says why it cannot be.
func (b *Bank) fits(ctx context.Context, tx pgx.Tx, e Entry, a *Allocation) error {
	switch a.Kind {
	case ToAdvice:
		list, err := selectAdvices(ctx, tx, `a.ref = $1 AND c.organisation_id = $2`, a.Ref, e.Into.Operator)
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return fault.At("ref", "没有这个号码的付款通知。")
		}
		of := list[0]
		a.advice = of.ID
		switch {
		case of.Currency != e.Currency:
			return fault.At("ref", "%s 要付的是另一种货币，这笔钱只能退回。", of.Ref)
		case of.left() <= 0:
			return fault.At("ref", "%s 已经付清。", of.Ref)
		case of.Ended:
			return fault.At("ref", "%s 已经不用付款，这笔钱只能退回。", of.Ref)
		case a.Amount > of.left():
			return fault.At("amount", "%s 没有这么多要付，多出的部分请退回。", of.Ref)
		case Name(e.Party) != Name(of.Payer) && a.Letter == "":
			return fault.At("letter", "付款人不是买方：请写明代付说明的内容和存放处。")
		}
	case SendBack:
		if a.Payee == "" {
			a.Payee = e.Party
		}
		if a.PayeeAccount == "" {
			a.PayeeAccount = e.Account
		}
		switch {
		case a.Payee == "" || !accountNumber.MatchString(a.PayeeAccount):
			return fault.At("payee_account", "请写收款人和账号：6 到 34 位数字或者大写字母。")
		case (Name(a.Payee) != Name(e.Party) || e.Account != "" && a.PayeeAccount != e.Account) && a.Letter == "":
			return fault.At("letter", "不是原路退回：请写明为什么，依据存放在哪里。")
		}
	case OfInstruction, Returned:
		list, err := selectInstructions(ctx, tx, `i.number = @number AND i.account_id = @account`, pgx.NamedArgs{"number": a.Ref, "account": e.Into.ID, "limit": 1})
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return fault.At("ref", "没有这个号码的付款指令。")
		case list[0].Amount != e.size() || list[0].Currency != e.Currency:
			return fault.At("ref", "%s 的金额不是这么多。", a.Ref)
		case a.Kind == OfInstruction && list[0].State != Instructing, a.Kind == Returned && list[0].State != Went:
			return fault.At("ref", "%s 现在不是这个状态。", a.Ref)
		}
		a.instruction = list[0].ID
	case NotOurs:
		if a.Letter == "" {
			return fault.At("letter", "请写明为什么和平台无关。")
		}
	}
	return nil
}

// Propose is how one person of the operator says what a line that waits is for.
func (b *Bank) Propose(ctx context.Context, who account.Actor, number string, revision int, parts []Part) error {
	return b.onLine(ctx, who, number, revision, "propose", func(tx pgx.Tx, e *Entry) error {
		if e.State != Waiting {
			return errMoved()
		}
		list, err := b.read(ctx, tx, *e, parts)
		if err != nil {
			return err
		}
		for i := range list {
			if err := saveAllocation(ctx, tx, e.ID, &list[i]); err != nil {
				return err
			}
		}
		e.State, e.proposer, e.Reason = Proposed, who.ID, ""
		return nil
	})
}

// Decide is how another person agrees with what was proposed, and then it is booked; or
// does not, with a reason, and the line waits again.
func (b *Bank) Decide(ctx context.Context, who account.Actor, number string, revision int, agree bool, reason string) (err error) {
	reason = strings.TrimSpace(reason)
	if !agree && reason == "" || len([]rune(reason)) > 1000 {
		return fault.At("reason", "请写明为什么不同意，最多 1000 字。")
	}
	act := "agree"
	if !agree {
		act = "disagree"
	}
	for try := 0; ; try++ {
		err = b.onLine(ctx, who, number, revision, act, func(tx pgx.Tx, e *Entry) error {
			if e.State != Proposed {
				return errMoved()
			}
			if agree && e.proposer == who.ID {
				return fault.New(fault.Forbidden, "提出的人不能自己同意，要由另一个人看过。")
			}
			suggested := slices.DeleteFunc(slices.Clone(e.For), func(a Allocation) bool { return a.State != Suggested })
			if !agree {
				e.State, e.Reason, e.proposer = Waiting, reason, 0
				return dropSuggested(ctx, tx, e.ID)
			}
			if err := b.book(ctx, tx, who, e, suggested); err != nil {
				return err
			}
			e.State = Done
			return nil
		})
		if !errors.Is(err, errAgain) || try == tries {
			return err
		}
	}
}

// book does what was agreed about a line.
func (b *Bank) book(ctx context.Context, tx pgx.Tx, who account.Actor, e *Entry, parts []Allocation) error {
	slices.SortFunc(parts, func(x, y Allocation) int { return cmp.Compare(x.Ref, y.Ref) }) // orders are locked in one order
	for _, a := range parts {
		if err := b.fits(ctx, tx, *e, &a); err != nil {
			return err
		}
		var err error
		switch a.Kind {
		case ToAdvice:
			err = b.agreed(ctx, tx, who, e, a)
		case SendBack:
			err = b.sendBack(ctx, tx, who, e, a)
		case NotOurs:
			if a.State = Booked; e.Amount > 0 {
				err = b.reverse(ctx, tx, e.Number, ledger.Unmatched)
			}
			err = errors.Join(err, saveAllocation(ctx, tx, e.ID, &a))
		case OfInstruction, Returned:
			var list []Instruction
			if list, err = selectInstructions(ctx, tx, `i.id = @id`, pgx.NamedArgs{"id": a.instruction, "limit": 1}); err != nil {
				return err
			}
			if a.Kind == OfInstruction {
				err = b.went(ctx, tx, e, list[0], a)
				break
			}
			if err = b.reverse(ctx, tx, e.Number, ledger.Unmatched); err == nil {
				err = b.failed(ctx, tx, list[0], "银行退回："+cmp.Or(e.Remark, e.Party), who.ID)
			}
			a.State = Booked
			err = errors.Join(err, saveAllocation(ctx, tx, e.ID, &a))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Bank) agreed(ctx context.Context, tx pgx.Tx, who account.Actor, e *Entry, a Allocation) error {
	list, err := selectAdvices(ctx, tx, `a.id = $1`, a.advice)
	if err != nil {
		return err
	}
	wanted, err := b.pays(ctx, tx, e, list[0], a, who)
	if err == nil && !wanted {
		err = fault.New(fault.Conflict, "%s 已经不用付款，请改为退回。", a.Ref)
	}
	return err
}

// sendBack instructs that a part of a line goes back.
func (b *Bank) sendBack(ctx context.Context, tx pgx.Tx, who account.Actor, e *Entry, a Allocation) error {
	ref := a.SendBackRef(e.ID)
	if err := b.post(ctx, tx, who, "back:"+ref, e.Currency, ledger.SentBack(ref, a.Amount)); err != nil {
		return err
	}
	if _, err := b.instruct(ctx, tx, Instruction{Kind: ToSendBack, Ref: ref, Amount: a.Amount, Currency: e.Currency, Payee: a.Payee, PayeeBank: a.PayeeBank, PayeeAccount: a.PayeeAccount, From: e.Into}); err != nil {
		return err
	}
	a.State = Booked
	return saveAllocation(ctx, tx, e.ID, &a)
}

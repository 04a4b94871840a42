package payment

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
)

// DueKind is what something is to be paid for.
type DueKind string

// What is paid for.
const (
	ForOrder DueKind = "order"
	ForBill  DueKind = "bill" // of what a metered order used
)

// Due is something that a buyer is to pay by a transfer.
type Due struct {
	Ref      string // number of the order or of the bill
	Kind     DueKind
	Order    string // number
	Buyer    int64  // organisation
	Payer    string // its name
	Operator int64  // organisation into whose account it is paid
	Amount   int64  // minor units
	Currency string
	Until    time.Time // last day, at 0:00 UTC
}

// Advice is what a buyer was told to pay, and how.
type Advice struct {
	ID       int64
	Ref      string
	Kind     DueKind
	Order    string
	Buyer    int64
	Code     Code // for the remark of the transfer
	Amount   int64
	Currency string
	Payer    string    // name of the buyer
	Until    time.Time // last day, at 0:00 UTC
	Ended    bool      // the order is cancelled or has expired, or was paid another way
	Paid     int64     // what came for it before
	Into     Collection
}

// Collection is an account of an operator that buyers transfer to.
type Collection struct {
	ID       int64
	Number   string
	Operator int64
	Bank     string
	Account  string
	Holder   string
	Currency string
}

// InstructionKind is why an operator is to transfer money.
type InstructionKind string

// The kinds of instructions.
const (
	ToRefund   InstructionKind = "refund"
	ToPayOut   InstructionKind = "payout"
	ToSendBack InstructionKind = "send_back" // of what came and belongs to nothing
)

// InstructionState is where an instruction stands.
type InstructionState string

// The states of an instruction.
const (
	Instructing InstructionState = "instructed"
	Went        InstructionState = "paid"
	Failed      InstructionState = "failed"
)

// Instruction is a transfer that an operator is to make from its collection account.
type Instruction struct {
	ID            int64
	Number        string
	Kind          InstructionKind
	Ref           string // number of the refund or the settlement, or of the line that is sent back
	Code          Code   // for the remark of the transfer
	Operator      int64
	Organisation  int64 // that the payee is; 0: not known here
	Amount        int64
	Currency      string
	Payee         string
	PayeeBank     string
	PayeeAccount  string
	From          Collection
	State         InstructionState
	StateAt       time.Time
	Why           string // it failed
	Line          string // number of the line that shows it
	MadeAt        time.Time
	StoppedBy     string // who says that the bank did not take it, while another has to confirm
	Revision      int
	line, stopper int64
}

// Instructed is who asked for a transfer and is told how it went, within tx, in which
// whatever follows is written, its entries in the books too.
type Instructed interface {
	// Paid: a statement shows that the money went.
	Paid(ctx context.Context, tx pgx.Tx, ref string) error
	// Failed: the bank did not take it; or, after Paid, it came back: then what Paid
	// posted is to be taken back. The same ref may be instructed again.
	Failed(ctx context.Context, tx pgx.Tx, ref, why string) error
}

// Bank is payment by transfers: the accounts of operators, what buyers were told to pay,
// and what the statements of the banks say. The platform holds no money.
type Bank struct {
	Pool    *pgxpool.Pool
	Book    *ledger.Book
	Now     func() time.Time
	Layouts []Layout

	// Orders are told what was paid, by the number that was due; Instructed, by the kind
	// of what they asked for, how it went. Both are above this package: they are set
	// once all are made.
	Orders     Orders
	Instructed map[InstructionKind]Instructed
}

func (b *Bank) instant() time.Time { return b.Now().Truncate(time.Microsecond) }

// Advise tells a buyer how to pay, within tx. The same ref again is the same advice. It
// returns fault.Conflict where the operator has no collection account in that currency.
func (b *Bank) Advise(ctx context.Context, tx pgx.Tx, d Due) (Advice, error) {
	if before, err := b.Advised(ctx, tx, d.Ref); err == nil || fault.KindOf(err) != fault.NotFound {
		return before, err
	}
	into, err := selectOpenCollection(ctx, tx, d.Operator, d.Currency)
	if err != nil {
		return Advice{}, err
	}
	a := Advice{Ref: d.Ref, Kind: d.Kind, Order: d.Order, Buyer: d.Buyer, Code: NewCode(), Amount: d.Amount, Currency: d.Currency, Payer: d.Payer, Until: d.Until, Into: into}
	return a, insertAdvice(ctx, tx, &a, b.instant())
}

// Collects reports whether an operator has a collection account in a currency.
func (b *Bank) Collects(ctx context.Context, q database.Querier, operator int64, currency string) (bool, error) {
	_, err := selectOpenCollection(ctx, q, operator, currency)
	if fault.KindOf(err) == fault.Conflict {
		return false, nil
	}
	return err == nil, err
}

// Advised is what was told for a ref.
func (b *Bank) Advised(ctx context.Context, q database.Querier, ref string) (Advice, error) {
	list, err := selectAdvices(ctx, q, `a.ref = $1`, ref)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "没有这份付款通知。")
	}
	if err != nil {
		return Advice{}, err
	}
	return list[0], nil
}

// EndAdvice is that a ref is not to be paid any more, within tx: its order was cancelled
// or has expired. Parts that had come for it wait to be sent back. Nothing happens if it
// was paid, or if nothing was told. Orders lock their row before they call this.
func (b *Bank) EndAdvice(ctx context.Context, tx pgx.Tx, ref string) error {
	return endAdvice(ctx, tx, ref, b.instant())
}

// Instruct asks an operator to transfer money, within tx. A ref has one instruction of a
// kind that has not failed: the same again is that one.
func (b *Bank) Instruct(ctx context.Context, tx pgx.Tx, i Instruction) (Instruction, error) {
	if before, err := b.InstructionOf(ctx, tx, i.Kind, i.Ref); err == nil && before.State != Failed || err != nil && fault.KindOf(err) != fault.NotFound {
		return before, err
	}
	if i.Amount <= 0 || i.Payee == "" || i.PayeeAccount == "" {
		return i, fault.New(fault.Invalid, "付款指令没有写全：收款人、账号和金额。")
	}
	var err error
	if i.From, err = selectOpenCollection(ctx, tx, i.Operator, i.Currency); err != nil {
		return i, err
	}
	return b.instruct(ctx, tx, i)
}

func (b *Bank) instruct(ctx context.Context, tx pgx.Tx, i Instruction) (Instruction, error) {
	i.State, i.StateAt, i.MadeAt, i.Code = Instructing, b.instant(), b.instant(), NewCode()
	var err error
	if i.Number, err = cases.Number(ctx, tx, "ZF", i.MadeAt); err != nil {
		return i, err
	}
	return i, insertInstruction(ctx, tx, &i)
}

// InstructionOf is the last instruction for a ref.
func (b *Bank) InstructionOf(ctx context.Context, q database.Querier, kind InstructionKind, ref string) (Instruction, error) {
	list, err := selectInstructions(ctx, q, `i.kind = @kind AND i.ref = @ref`, pgx.NamedArgs{"kind": kind, "ref": ref, "limit": 1})
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "没有这条付款指令。")
	}
	if err != nil {
		return Instruction{}, err
	}
	return list[0], nil
}

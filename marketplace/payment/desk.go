package payment

import (
	"context"
	"crypto/sha256"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// accountNumber is the number of an account as banks write it, or an IBAN.
var accountNumber = regexp.MustCompile(`^[0-9A-Z]{6,34}$`)

func errMoved() error {
	return fault.New(fault.Conflict, "这一件在您打开之后已经有人处理过，请重新打开看看。")
}

func errNoAccount() error { return fault.New(fault.NotFound, "没有这个收款账户。") }

func errNoLine() error { return fault.New(fault.NotFound, "没有这一行流水。") }

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

// scope is what of all operators somebody sees.
type scope struct {
	all  bool  // the exchange and the regulator read
	user int64 // else the people of an operator see what is the operator's, and move it
}

func scopeOf(who account.Actor) (scope, error) {
	switch {
	case who.IsVisitor() || who.Key != "":
	case who.Any(account.ExchangeStaff, account.Regulator):
		return scope{all: true}, nil
	case who.Is(account.Operator):
		return scope{user: who.ID}, nil
	}
	return scope{}, errNotYours()
}

// Moves reports whether somebody is of those who move money of an operator: not whether
// of which one.
func Moves(who account.Actor) bool { return who.Key == "" && who.Is(account.Operator) }

// CollectionState is where a collection account stands.
type CollectionState string

// The states of a collection account.
const (
	CollectionProposed CollectionState = "proposed"
	CollectionOpen     CollectionState = "open"
	CollectionRefused  CollectionState = "refused"
	CollectionClosed   CollectionState = "closed"
)

// Account is a collection account with how it came to be.
type Account struct {
	Collection
	OperatorName string
	State        CollectionState
	StateAt      time.Time
	Reason       string
	MadeBy       string
	MadeAt       time.Time
	ConfirmedBy  string
	Waiting      int64 // lines in its queue
	maker        int64
}

// Maker reports whether somebody proposed the account: another person confirms.
func (a Account) Maker(who account.Actor) bool { return a.maker == who.ID }

// AccountForm is a collection account as it is typed.
type AccountForm struct {
	Operator int64
	Bank     string
	Account  string
	Holder   string
	Currency string
	Sent     string
}

// Accounts are the collection accounts that somebody sees.
func (b *Bank) Accounts(ctx context.Context, who account.Actor) ([]Account, error) {
	s, err := scopeOf(who)
	if err != nil {
		return nil, err
	}
	return selectAccounts(ctx, b.Pool, s, "")
}

// Account is one of them.
func (b *Bank) Account(ctx context.Context, who account.Actor, number string) (Account, error) {
	return b.account(ctx, b.Pool, who, number)
}

func (b *Bank) account(ctx context.Context, q database.Querier, who account.Actor, number string) (Account, error) {
	s, err := scopeOf(who)
	if err != nil {
		return Account{}, err
	}
	list, err := selectAccounts(ctx, q, s, number)
	if err == nil && (len(list) == 0 || number == "") {
		err = errNoAccount()
	}
	if err != nil {
		return Account{}, err
	}
	return list[0], nil
}

// OpenAccount is how one person of an operator proposes a collection account.
func (b *Bank) OpenAccount(ctx context.Context, who account.Actor, f AccountForm) (Account, error) {
	a := Account{State: CollectionProposed, StateAt: b.instant(), MadeBy: who.Name, MadeAt: b.instant(), maker: who.ID}
	a.Collection = Collection{Operator: f.Operator, Bank: strings.TrimSpace(f.Bank), Account: strings.ReplaceAll(f.Account, " ", ""), Holder: strings.TrimSpace(f.Holder), Currency: strings.TrimSpace(f.Currency)}
	switch {
	case !Moves(who):
		return a, errNotYours()
	case a.Bank == "" || len([]rune(a.Bank)) > 100:
		return a, fault.At("bank", "请写开户银行，最多 100 字。")
	case !accountNumber.MatchString(a.Collection.Account):
		return a, fault.At("account", "账号是 6 到 34 位数字或者大写字母。")
	case a.Holder == "" || len([]rune(a.Holder)) > 200:
		return a, fault.At("holder", "请写户名，最多 200 字。")
	case !slices.Contains([]string{"CNY", "HKD", "USD", "EUR"}, a.Currency):
		return a, fault.At("currency", "请选货币。")
	}
	return database.InTx(ctx, b.Pool, func(tx pgx.Tx) (Account, error) {
		if id, number, err := cases.Made(ctx, tx, "collection_accounts", f.Sent); err != nil || id != 0 {
			if err != nil {
				return a, err
			}
			return b.account(ctx, tx, who, number)
		}
		own, err := selectOperators(ctx, tx, who.ID)
		if err != nil {
			return a, err
		}
		i := slices.IndexFunc(own, func(o Operator) bool { return o.ID == f.Operator || f.Operator == 0 && len(own) == 1 })
		if i < 0 {
			return a, fault.At("operator", "请选自己的机构。")
		}
		if a.Operator, a.OperatorName = own[i].ID, own[i].Name; Name(a.Holder) != Name(own[i].Name) { // 二清: nobody else collects
			return a, fault.At("holder", "户名要和运营机构的名称一致：%s。", own[i].Name)
		}
		if a.Number, err = cases.Number(ctx, tx, "SK", a.MadeAt); err != nil {
			return a, err
		}
		if err := insertAccount(ctx, tx, &a, f.Sent); err != nil {
			if database.Taken(err) {
				err = fault.At("account", "这个账号已经登记过。")
			}
			return a, err
		}
		return a, audit.Append(ctx, tx, who, "collection_account", a.Number, "propose", map[string]string{"account": a.Collection.Account})
	})
}

// AccountAction is what is done about a collection account.
type AccountAction string

// The actions on a collection account.
const (
	ConfirmAccount AccountAction = "confirm"
	RefuseAccount  AccountAction = "refuse"
	CloseAccount   AccountAction = "close"
)

// MoveAccount is how another person confirms a collection account or refuses it, or how
// one of two closes one that is open.
func (b *Bank) MoveAccount(ctx context.Context, who account.Actor, number, action, reason string) error {
	reason = strings.TrimSpace(reason)
	to := map[AccountAction]CollectionState{ConfirmAccount: CollectionOpen, RefuseAccount: CollectionRefused, CloseAccount: CollectionClosed}[AccountAction(action)]
	switch {
	case to == "":
		return fault.New(fault.Malformed, "请求的格式不对。")
	case to != CollectionOpen && reason == "" || len([]rune(reason)) > 1000:
		return fault.At("reason", "请写明原因，最多 1000 字。")
	}
	_, err := database.InTx(ctx, b.Pool, func(tx pgx.Tx) (int, error) {
		a, err := b.account(ctx, tx, who, number)
		if err != nil {
			return 0, err
		}
		if !Moves(who) {
			return 0, errNotYours()
		}
		from := CollectionProposed
		if to == CollectionClosed {
			from = CollectionOpen
		}
		if to == CollectionOpen && a.maker == who.ID {
			return 0, fault.New(fault.Forbidden, "登记的人不能自己确认，要由另一个人核对。")
		}
		if err := moveAccount(ctx, tx, &a, from, to, reason, who.ID, b.instant()); err != nil {
			if database.Taken(err) {
				err = fault.New(fault.Conflict, "这种货币已经有一个在用的收款账户，请先停用它。")
			}
			return 0, err
		}
		return 0, audit.Append(ctx, tx, who, "collection_account", a.Number, string(AccountAction(action)), audit.Moved(from, to))
	})
	return err
}

// Operator is an organisation that collects.
type Operator struct {
	ID   int64
	Name string
}

// Operators are the organisations whose people somebody is of, on the side of operators.
func (b *Bank) Operators(ctx context.Context, who account.Actor) ([]Operator, error) {
	if !Moves(who) {
		return nil, nil
	}
	return selectOperators(ctx, b.Pool, who.ID)
}

// Statement is a file that a bank made of an account, or a line that was typed.
type Statement struct {
	ID     int64
	Number string
	Into   Collection
	Source string // csv, xlsx, typed
	Name   string // of the file
	Lines  int    // in it
	Fresh  int    // of these, that were in none before
	MadeBy string
	MadeAt time.Time
	Done   int64 // of its lines, that need nobody any more
}

// Import reads a statement of an account. Lines that another statement had are passed
// over; if one of them says something else now, nothing is taken.
func (b *Bank) Import(ctx context.Context, who account.Actor, number, source, name string, records [][]string, sent string) (Statement, error) {
	lines, err := Read(records, b.Layouts)
	if err != nil {
		return Statement{}, atField("file", err)
	}
	return b.take(ctx, who, number, Statement{Source: source, Name: name}, lines, sent)
}

func atField(field string, err error) error {
	if f := fault.Of(err); f.Kind == fault.Invalid {
		return fault.At(field, f.Sentence, f.Args...)
	}
	return err
}

// LineForm is a line of a statement as it is typed.
type LineForm struct {
	Serial, Day, Amount, Party, Account, Remark string
	Out                                         bool
	Sent                                        string
}

// Type takes a line that somebody reads from paper; another person confirms that the
// bank says so.
func (b *Bank) Type(ctx context.Context, who account.Actor, number string, f LineForm) (Statement, error) {
	l := Line{Serial: strings.TrimSpace(f.Serial), Party: strings.TrimSpace(f.Party), Account: strings.ReplaceAll(f.Account, " ", ""), Remark: strings.TrimSpace(f.Remark)}
	var err error
	switch {
	case l.Serial == "" || len(l.Serial) > 64:
		return Statement{}, fault.At("serial", "请写流水号，最多 64 个字符。")
	case len([]rune(l.Party)) > 200 || l.Party == "":
		return Statement{}, fault.At("party", "请写对方户名，最多 200 字。")
	case l.Account != "" && !accountNumber.MatchString(l.Account):
		return Statement{}, fault.At("party_account", "账号是 6 到 34 位数字或者大写字母。")
	case len([]rune(l.Remark)) > 500:
		return Statement{}, fault.At("remark", "附言最多 500 字。")
	}
	if l.Day, err = dayOf(strings.TrimSpace(f.Day)); err != nil || l.Day.After(b.Now().Add(24*time.Hour)) {
		return Statement{}, fault.At("day", "日期写成 2026-03-02 这样，不能在今天之后。")
	}
	if l.Amount, err = positive(strings.TrimSpace(f.Amount)); err != nil {
		return Statement{}, fault.At("amount", "金额写到分为止，例如 1280.00。")
	}
	if f.Out {
		l.Amount = -l.Amount
	}
	return b.take(ctx, who, number, Statement{Source: "typed"}, []Line{l}, f.Sent)
}

func (b *Bank) take(ctx context.Context, who account.Actor, number string, st Statement, lines []Line, sent string) (Statement, error) {
	if !Moves(who) {
		return st, errNotYours()
	}
	out, err := database.InTx(ctx, b.Pool, func(tx pgx.Tx) (Statement, error) {
		a, err := b.account(ctx, tx, who, number)
		if err != nil {
			return st, err
		}
		if id, number, err := cases.Made(ctx, tx, "bank_statements", sent); err != nil || id != 0 {
			if err != nil {
				return st, err
			}
			return selectStatement(ctx, tx, number)
		}
		if a.State != CollectionOpen && a.State != CollectionClosed {
			return st, fault.New(fault.Conflict, "这个收款账户还没有确认，不能导入流水。")
		}
		digest := sha256.New()
		for i := range lines {
			if st.Source == "typed" {
				lines[i].Currency = a.Currency
			}
			digest.Write([]byte(lines[i].mark()))
		}
		st.Into, st.Lines, st.MadeBy, st.MadeAt = a.Collection, len(lines), who.Name, b.instant()
		if st.Number, err = cases.Number(ctx, tx, "LS", st.MadeAt); err != nil {
			return st, err
		}
		if err := lockCollection(ctx, tx, a.ID); err != nil { // statements of an account come one after the other
			return st, err
		}
		there, err := selectSerials(ctx, tx, a.ID, lines)
		if err != nil {
			return st, err
		}
		fresh := lines[:0:0]
		for _, l := range lines {
			switch before, again := there[l.Serial]; {
			case !again:
				fresh = append(fresh, l)
			case before != l.mark():
				return st, fault.At("file", "流水号 %s 以前导入过，内容却不一样：请向银行核实，什么也没有导入。", l.Serial)
			}
		}
		if st.Source == "typed" && len(fresh) == 0 {
			return st, fault.At("serial", "这一行已经在流水里。")
		}
		st.Fresh = len(fresh)
		if err := insertStatement(ctx, tx, &st, digest.Sum(nil), who.ID, sent); err != nil {
			return st, err
		}
		if err := insertLines(ctx, tx, &st, fresh, who.ID, b.instant()); err != nil {
			return st, err
		}
		return st, audit.Append(ctx, tx, who, "bank_statement", st.Number, "import", map[string]string{"account": a.Number, "lines": itoa(int64(st.Lines)), "new": itoa(int64(st.Fresh))})
	})
	if err != nil || out.Source == "typed" {
		return out, err
	}
	return out, b.Work(ctx)
}

// mark is all that a line says, to be compared.
func (l Line) mark() string {
	return strings.Join([]string{l.Serial, l.Day.Format(time.DateOnly), itoa(l.Amount), l.Currency, l.Party, l.Account, l.Remark}, "\x00")
}

// Statements are those of an account, the newest first.
func (b *Bank) Statements(ctx context.Context, who account.Actor, number string, before int64, limit int) ([]Statement, error) {
	a, err := b.Account(ctx, who, number)
	if err != nil {
		return nil, err
	}
	return selectStatements(ctx, b.Pool, a.ID, before, limit)
}

// LineFilter chooses lines of statements.
type LineFilter struct {
	Account   string // number of the collection account; empty: all that one sees
	Statement string
	Queue     bool // only those that wait for somebody
	Before    int64
	Limit     int
}

// Lines are those that a filter chooses, the newest first.
func (b *Bank) Lines(ctx context.Context, who account.Actor, f LineFilter) ([]Entry, error) {
	s, err := scopeOf(who)
	if err != nil {
		return nil, err
	}
	return selectLines(ctx, b.Pool, s, f, 0)
}

// LineOf is one of them, with what it is for.
func (b *Bank) LineOf(ctx context.Context, who account.Actor, number string) (Entry, error) {
	return b.line(ctx, b.Pool, who, number)
}

func (b *Bank) line(ctx context.Context, q database.Querier, who account.Actor, number string) (Entry, error) {
	s, err := scopeOf(who)
	if err != nil {
		return Entry{}, err
	}
	id := lineID(number)
	list, err := selectLines(ctx, q, s, LineFilter{Limit: 1}, id)
	if err == nil && (len(list) == 0 || id <= 0) {
		err = errNoLine()
	}
	if err != nil {
		return Entry{}, err
	}
	return list[0], nil
}

// Advices are what the candidates of a line were to pay, as far as they are of its
// operator.
func (b *Bank) Advices(ctx context.Context, who account.Actor, e Entry) ([]Advice, error) {
	if _, err := scopeOf(who); err != nil {
		return nil, err
	}
	return selectAdvices(ctx, b.Pool, `a.ref = ANY ($1) AND c.organisation_id = $2`, e.Candidates, e.Into.Operator)
}

// LineAction is what people do about a line of a statement.
type LineAction string

// The actions on a line.
const (
	ProposeLine  LineAction = "propose" // what it is for
	AgreeLine    LineAction = "agree"
	DisagreeLine LineAction = "disagree"
	ConfirmLine  LineAction = "confirm" // that was typed
	RefuseLine   LineAction = "refuse"
)

// onLine does something about a line for one of its operator's people, and writes it
// down.
func (b *Bank) onLine(ctx context.Context, who account.Actor, number string, revision int, act string, do func(pgx.Tx, *Entry) error) error {
	_, err := database.InTx(ctx, b.Pool, func(tx pgx.Tx) (int, error) {
		seen, err := b.line(ctx, tx, who, number)
		if err != nil {
			return 0, err
		}
		if !Moves(who) {
			return 0, errNotYours()
		}
		e, err := lockLine(ctx, tx, seen.ID)
		if err != nil {
			return 0, err
		}
		if e.Revision != revision {
			return 0, errMoved()
		}
		from := e.State
		if err := do(tx, &e); err != nil {
			return 0, err
		}
		confirmer := int64(0)
		if e.State == Done || from == Typed {
			confirmer = who.ID
		}
		if err := saveLine(ctx, tx, &e, b.instant(), confirmer); err != nil {
			return 0, err
		}
		return 0, audit.Append(ctx, tx, who, "bank_line", e.Number, string(LineAction(act)), audit.Moved(from, e.State))
	})
	return err
}

// ConfirmTyped is how another person says that the bank does say what was typed, or
// does not.
func (b *Bank) ConfirmTyped(ctx context.Context, who account.Actor, number string, revision int, says bool, reason string) error {
	reason = strings.TrimSpace(reason)
	if !says && reason == "" || len([]rune(reason)) > 1000 {
		return fault.At("reason", "请写明哪里和银行的不一样，最多 1000 字。")
	}
	act := "confirm"
	if !says {
		act = "refuse"
	}
	if err := b.onLine(ctx, who, number, revision, act, func(_ pgx.Tx, e *Entry) error {
		switch {
		case e.State != Typed:
			return errMoved()
		case says && e.typist == who.ID:
			return fault.New(fault.Forbidden, "录入的人不能自己确认，要由另一个人核对。")
		}
		if e.State, e.Reason = Fresh, ""; !says {
			e.State, e.Reason = Refused, reason
		}
		return nil
	}); err != nil || !says {
		return err
	}
	return b.settle(ctx, lineID(number))
}

// InstructionFilter chooses instructions.
type InstructionFilter struct {
	Account string
	Open    bool // only those of which nobody knows yet how they went
	Before  int64
	Limit   int
}

// Instructions are those that a filter chooses, the newest first.
func (b *Bank) Instructions(ctx context.Context, who account.Actor, f InstructionFilter) ([]Instruction, error) {
	s, err := scopeOf(who)
	if err != nil {
		return nil, err
	}
	return selectInstructions(ctx, b.Pool, `(@all OR c.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)) AND (@account = '' OR c.number = @account) AND (NOT @open OR i.state = 'instructed') AND (@before = 0 OR i.id < @before)`,
		pgx.NamedArgs{"all": s.all, "user": s.user, "account": f.Account, "open": f.Open, "before": f.Before, "limit": f.Limit})
}

// Instruction is one of them.
func (b *Bank) Instruction(ctx context.Context, who account.Actor, number string) (Instruction, error) {
	s, err := scopeOf(who)
	if err != nil {
		return Instruction{}, err
	}
	list, err := selectInstructions(ctx, b.Pool, `i.number = @number AND (@all OR c.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user))`, pgx.NamedArgs{"all": s.all, "user": s.user, "number": number, "limit": 1})
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "没有这条付款指令。")
	}
	if err != nil {
		return Instruction{}, err
	}
	return list[0], nil
}

// InstructionAction is what people do about a transfer that they were to make.
type InstructionAction string

// The actions on an instruction.
const (
	StopInstruction    InstructionAction = "stop"    // the bank did not take it
	ConfirmInstruction InstructionAction = "confirm" // another person says so too
	KeepInstruction    InstructionAction = "keep"    // it did
)

// MoveInstruction is how one person says that the bank did not take a transfer (stop),
// with why; how another agrees, and then it has failed (confirm); or how either takes
// that back (keep).
func (b *Bank) MoveInstruction(ctx context.Context, who account.Actor, number string, revision int, action, why string) error {
	why = strings.TrimSpace(why)
	switch {
	case !slices.Contains([]string{"stop", "confirm", "keep"}, action):
		return fault.New(fault.Malformed, "请求的格式不对。")
	case action == "stop" && why == "" || len([]rune(why)) > 1000:
		return fault.At("reason", "请写明银行为什么没有受理，最多 1000 字。")
	}
	seen, err := b.Instruction(ctx, who, number)
	if err != nil {
		return err
	}
	if !Moves(who) {
		return errNotYours()
	}
	_, err = database.InTx(ctx, b.Pool, func(tx pgx.Tx) (int, error) {
		i := seen
		switch {
		case i.Revision != revision || i.State != Instructing:
			return 0, errMoved()
		case action == "stop" && i.stopper != 0, action != "stop" && i.stopper == 0:
			return 0, errMoved()
		case action == "confirm" && i.stopper == who.ID:
			return 0, fault.New(fault.Forbidden, "提出的人不能自己确认，要由另一个人核对。")
		}
		switch action {
		case "stop":
			err = stopInstruction(ctx, tx, &i, who.ID, why)
		case "keep":
			err = stopInstruction(ctx, tx, &i, 0, "")
		default:
			err = b.failed(ctx, tx, i, i.Why, who.ID)
			if errors.Is(err, errAgain) {
				err = errMoved()
			}
		}
		if err != nil {
			return 0, err
		}
		return 0, audit.Append(ctx, tx, who, "payment_instruction", i.Number, string(InstructionAction(action)), map[string]string{"ref": i.Ref})
	})
	return err
}

// Path is where the account is shown.
func (a Account) Path() string { return "/desk/bank/accounts/" + a.Number }

// Path is where the statement is shown.
func (s Statement) Path() string { return "/desk/bank/statements/" + s.Number }

// Path is where the line is shown.
func (e Entry) Path() string { return "/desk/bank/lines/" + e.Number }

// Path is where the instruction is shown.
func (i Instruction) Path() string { return "/desk/bank/instructions/" + i.Number }

// Stopper reports whether somebody said that the bank did not take it: another person
// confirms.
func (i Instruction) Stopper(who account.Actor) bool { return i.stopper == who.ID }

// StatementOf is one statement.
func (b *Bank) StatementOf(ctx context.Context, who account.Actor, number string) (Statement, error) {
	st, err := selectStatement(ctx, b.Pool, number)
	if errors.Is(err, pgx.ErrNoRows) {
		return st, fault.New(fault.NotFound, "没有这份流水。")
	}
	if err != nil {
		return st, err
	}
	if _, err := b.Account(ctx, who, st.Into.Number); fault.KindOf(err) == fault.NotFound {
		return st, fault.New(fault.NotFound, "没有这份流水。")
	} else if err != nil {
		return st, err
	}
	return st, nil
}

// Surpluses are the checkouts whose money is there and pays nothing: the order needed
// none any more, or the provider has something else than was asked for. They are the
// platform's, so the exchange and the regulator see them.
func (b *Bank) Surpluses(ctx context.Context, who account.Actor) ([]Attempt, error) {
	s, err := scopeOf(who)
	if err != nil || !s.all {
		return nil, err
	}
	return attempts(ctx, b.Pool, `WHERE state IN ('surplus', 'mismatched') ORDER BY id DESC LIMIT 100`)
}

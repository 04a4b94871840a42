package payment_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/payment"
)

// counter has orders, refunds and settlements as rows, so that what is told about them is
// in the transaction or not at all.
type counter struct {
	fail     atomic.Bool  // the next telling fails
	asked    atomic.Int64 // how often somebody was told
	pool     *pgxpool.Pool
	operator int64
	book     *ledger.Book
}

var errKilled = errors.New("killed")

func (c *counter) Paid(ctx context.Context, tx pgx.Tx, order string, amount int64, currency string) (wanted bool, err error) {
	c.asked.Add(1)
	if c.fail.Swap(false) {
		return false, errKilled
	}
	tag, err := tx.Exec(ctx, `UPDATE shop SET state = 'paid', told = told + 1 WHERE number = $1 AND state = 'open' AND amount = $2 AND currency = $3`, order, amount, currency)
	return tag.RowsAffected() == 1, err
}

// payouts are who asked for transfers.
type payouts struct{ *counter }

func (p payouts) Paid(ctx context.Context, tx pgx.Tx, ref string) error {
	p.asked.Add(1)
	if p.fail.Swap(false) {
		return errKilled
	}
	if _, err := tx.Exec(ctx, `UPDATE shop SET state = 'paid', told = told + 1 WHERE number = $1`, ref); err != nil {
		return err
	}
	_, err := p.book.Post(ctx, tx, account.System("t"), ledger.Transaction{Key: "paid:" + ref + ":" + fmt.Sprint(p.asked.Load()), Kind: ledger.RefundPaid, Subject: ref, Entries: []ledger.Entry{{Account: ledger.Suspense.Only(), Amount: 700}, {Account: ledger.BankReceivable.For(p.operator), Amount: -700}}})
	return err
}

func (p payouts) Failed(ctx context.Context, tx pgx.Tx, ref, why string) error {
	p.asked.Add(1)
	if _, err := tx.Exec(ctx, `UPDATE shop SET state = 'failed: ' || $2, told = told + 1 WHERE number = $1`, ref, why); err != nil {
		return err
	}
	list, err := p.book.Transactions(ctx, tx, ledger.Filter{Subject: ref, Kind: ledger.RefundPaid, Limit: 1})
	if err == nil && len(list) > 0 {
		_, err = p.book.Reverse(ctx, tx, account.System("t"), list[0].ID, "back:"+ref, "退汇")
	}
	return err
}

type bankWorld struct {
	*payment.Bank
	counter  *counter
	operator int64
	buyer    int64
	ann, ben account.Actor
	account  string
	serial   int
}

func newBank(t *testing.T) *bankWorld {
	t.Helper()
	pool := dbtest.New(t)
	w := &bankWorld{counter: &counter{pool: pool, book: ledger.New(at)}}
	w.Bank = &payment.Bank{Pool: pool, Book: ledger.New(at), Now: at, Layouts: bank, Orders: w.counter, Instructed: map[payment.InstructionKind]payment.Instructed{payment.ToRefund: payouts{w.counter}, payment.ToPayOut: payouts{w.counter}}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := pool.Exec(t.Context(), `CREATE TABLE shop (number text PRIMARY KEY, state text NOT NULL DEFAULT 'open', amount bigint, currency text, told integer NOT NULL DEFAULT 0)`)
	must(err)
	must(pool.QueryRow(t.Context(), `INSERT INTO credit_codes VALUES ('91350100M000100Y43', 'organisation'), ('91350100M000100Y44', 'organisation') ON CONFLICT DO NOTHING RETURNING 1`).Scan(new(int)))
	organisation := func(name, code, side string) (id int64) {
		must(pool.QueryRow(t.Context(), `INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', $1, $2, $3, 'verified', now(), now(), now()) RETURNING id`, name, code, side).Scan(&id))
		return id
	}
	w.operator, w.buyer = organisation("福州运营公司", "91350100M000100Y43", "operate"), organisation("福州甲公司", "91350100M000100Y44", "use")
	w.counter.operator = w.operator
	person := func(name string) account.Actor {
		a := account.Actor{Name: name, Side: account.Operate, Roles: []account.Role{account.Operator}, Session: strings.Repeat("0", 32)}
		must(pool.QueryRow(t.Context(), `INSERT INTO users (identifier, name, side, created_at, confirmed_at) VALUES ($1 || '@example.org', $1, 'operate', now(), now()) RETURNING id`, name).Scan(&a.ID))
		_, err := pool.Exec(t.Context(), `INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES ($1, $2, 'operate', 'member', now())`, w.operator, a.ID)
		must(err)
		return a
	}
	w.ann, w.ben = person("ann"), person("ben")
	a, err := w.OpenAccount(t.Context(), w.ann, payment.AccountForm{Bank: "福州某银行", Account: "3501 0000 1111", Holder: "福州运营公司", Currency: "CNY"})
	must(err)
	w.account = a.Number
	if err := w.MoveAccount(t.Context(), w.ann, a.Number, "confirm", ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who proposed confirms: %v", err)
	}
	must(w.MoveAccount(t.Context(), w.ben, a.Number, "confirm", ""))
	return w
}

// due makes an order and tells its buyer what to pay.
func (w *bankWorld) due(t *testing.T, order string, amount int64) payment.Advice {
	t.Helper()
	a, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (payment.Advice, error) {
		if _, err := tx.Exec(t.Context(), `INSERT INTO shop (number, amount, currency) VALUES ($1, $2, 'CNY')`, order, amount); err != nil {
			return payment.Advice{}, err
		}
		return w.Advise(t.Context(), tx, payment.Due{Ref: order, Kind: payment.ForOrder, Order: order, Buyer: w.buyer, Payer: "福州甲公司", Operator: w.operator, Amount: amount, Currency: "CNY", Until: noon.AddDate(0, 0, 5)})
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// cells are a line of a statement, in the layout with a sign.
func (w *bankWorld) cells(amount, party, remark string) []string {
	w.serial++
	return []string{fmt.Sprintf("T%06d", w.serial), noon.Format("20060102"), amount, party, remark}
}

func (w *bankWorld) bring(t *testing.T, lines ...[]string) payment.Statement {
	t.Helper()
	s, err := w.Import(t.Context(), w.ann, w.account, "csv", "流水.csv", append([][]string{{"流水号", "日期", "金额", "对方户名", "附言"}}, lines...), "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// queue are the lines that wait, the oldest first.
func (w *bankWorld) queue(t *testing.T) []payment.Entry {
	t.Helper()
	list, err := w.Lines(t.Context(), w.ann, payment.LineFilter{Queue: true, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]payment.Entry, len(list))
	for i, e := range list {
		one, err := w.LineOf(t.Context(), w.ann, e.Number)
		if err != nil {
			t.Fatal(err)
		}
		out[len(list)-1-i] = one
	}
	return out
}

func (w *bankWorld) resolve(t *testing.T, e payment.Entry, parts ...payment.Part) {
	t.Helper()
	if err := w.Propose(t.Context(), w.ann, e.Number, e.Revision, parts); err != nil {
		t.Fatal(err)
	}
	if err := w.Decide(t.Context(), w.ann, e.Number, e.Revision+1, true, ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who proposed agrees: %v", err)
	}
	if err := w.Decide(t.Context(), w.ben, e.Number, e.Revision+1, true, ""); err != nil {
		t.Fatal(err)
	}
}

// books are the balances that are not zero, and the orders.
func (w *bankWorld) books(t *testing.T) string {
	t.Helper()
	var out string
	err := w.Pool.QueryRow(t.Context(), `SELECT coalesce((SELECT string_agg(coalesce(replace(code, ':' || organisation_id, ''), code) || ' ' || ledger_balance(id), ', ' ORDER BY code) FROM ledger_accounts WHERE ledger_balance(id) <> 0), '') || '; ' ||
		coalesce((SELECT string_agg(number || ' ' || state || ' ' || told, ', ' ORDER BY number) FROM shop), '')`).Scan(&out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *bankWorld) want(t *testing.T, when, want string) {
	t.Helper()
	if got := w.books(t); got != want {
		t.Errorf("%s:\n%s, want\n%s", when, got, want)
	}
}

// A statement that comes twice, or in two files that overlap, is booked once (fault 21).
func TestAStatementCountsOnce(t *testing.T) {
	w := newBank(t)
	a, b := w.due(t, "DD-1", 10_000), w.due(t, "DD-2", 5_000)
	one, two := w.cells("100.00", "福州甲公司", "货款"+string(a.Code)), w.cells("50.00", "福州甲公司", string(b.Code))
	if s := w.bring(t, one); s.Fresh != 1 || s.Lines != 1 {
		t.Errorf("%+v", s)
	}
	if s := w.bring(t, one); s.Fresh != 0 || s.Lines != 1 {
		t.Errorf("again: %+v", s)
	}
	if s := w.bring(t, one, two); s.Fresh != 1 || s.Lines != 2 {
		t.Errorf("overlapping: %+v", s)
	}
	if list := w.queue(t); len(list) != 0 {
		t.Errorf("waiting: %+v", list)
	}
	w.want(t, "twice", "bank:operator:receivable 15000, order:hold:DD-1 -10000, order:hold:DD-2 -5000; DD-1 paid 1, DD-2 paid 1")
	changed := append([]string{}, one...)
	changed[2] = "100.01"
	if _, err := w.Import(t.Context(), w.ann, w.account, "csv", "x", [][]string{{"流水号", "日期", "金额", "对方户名", "附言"}, changed, w.cells("1.00", "乙", "")}, ""); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "以前导入过") {
		t.Errorf("changed: %v", err)
	}
	w.want(t, "changed", "bank:operator:receivable 15000, order:hold:DD-1 -10000, order:hold:DD-2 -5000; DD-1 paid 1, DD-2 paid 1")
}

// One transfer for three orders (fault 22), and one that is short and then the rest.
func TestMoneyIsAllocatedByTwoPeople(t *testing.T) {
	w := newBank(t)
	codes := ""
	for i, amount := range []int64{100, 200, 300} {
		codes += string(w.due(t, fmt.Sprintf("DD-%d", i+1), amount).Code) + " "
	}
	w.bring(t, w.cells("6.00", "福州甲公司", codes))
	list := w.queue(t)
	if len(list) != 1 || list[0].Verdict != payment.Several || len(list[0].Candidates) != 3 {
		t.Fatalf("%+v", list)
	}
	w.want(t, "before", "bank:operator:receivable 600, suspense -600; DD-1 open 0, DD-2 open 0, DD-3 open 0")
	to := func(ref, amount string) payment.Part {
		return payment.Part{Kind: payment.ToAdvice, Ref: ref, Amount: amount}
	}
	for name, c := range map[string]struct {
		parts []payment.Part
		field string
	}{
		"less than there is": {[]payment.Part{to("DD-1", "1.00")}, "amount"},
		"more than is due":   {[]payment.Part{to("DD-1", "2.00"), to("DD-2", "1.00"), to("DD-3", "3.00")}, "amount"},
		"twice":              {[]payment.Part{to("DD-3", "1.50"), to("DD-3", "1.50"), to("DD-2", "2.00"), to("DD-1", "1.00")}, "ref"},
		"of nothing":         {[]payment.Part{to("DD-9", "")}, "ref"},
		"nothing":            {nil, "kind"},
		"a float":            {[]payment.Part{to("DD-1", "1e2")}, "amount"},
		"of a transfer":      {[]payment.Part{{Kind: payment.OfInstruction, Ref: "ZF-1"}}, "kind"},
		"a part not ours":    {[]payment.Part{to("DD-1", "1.00"), {Kind: payment.NotOurs, Amount: "5.00", Letter: "x"}}, "kind"},
		"back to somebody":   {[]payment.Part{{Kind: payment.SendBack, Payee: "张三", PayeeAccount: "350100001111"}}, "letter"},
		"back to nowhere":    {[]payment.Part{{Kind: payment.SendBack}}, "payee_account"},
	} {
		if err := w.Propose(t.Context(), w.ann, list[0].Number, list[0].Revision, c.parts); fault.Of(err).Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.resolve(t, list[0], to("DD-1", "1.00"), to("DD-2", "2.00"), to("DD-3", "3.00"))
	w.want(t, "three", "bank:operator:receivable 600, order:hold:DD-1 -100, order:hold:DD-2 -200, order:hold:DD-3 -300; DD-1 paid 1, DD-2 paid 1, DD-3 paid 1")

	four := w.due(t, "DD-4", 1000)
	w.bring(t, w.cells("4.00", "福州甲公司", string(four.Code)))
	short := w.queue(t)[0]
	if short.Verdict != payment.Short {
		t.Errorf("%+v", short)
	}
	w.resolve(t, short, to("DD-4", ""))
	if a, err := w.Advised(t.Context(), w.Pool, "DD-4"); err != nil || a.Paid != 400 {
		t.Errorf("%+v %v", a, err)
	}
	w.bring(t, w.cells("6.00", "福州甲公司", string(four.Code))) // the rest is exact
	if len(w.queue(t)) != 0 {
		t.Error("the rest waits")
	}
	w.want(t, "short, then the rest", "bank:operator:receivable 1600, order:hold:DD-1 -100, order:hold:DD-2 -200, order:hold:DD-3 -300, order:hold:DD-4 -1000; DD-1 paid 1, DD-2 paid 1, DD-3 paid 1, DD-4 paid 1")
}

// What is over goes back, by a transfer that the bank has to take; if it comes back, all
// begins anew.
func TestMoneyGoesBack(t *testing.T) {
	w := newBank(t)
	a := w.due(t, "DD-1", 1000)
	w.bring(t, w.cells("12.00", "福州甲公司", string(a.Code)))
	over := w.queue(t)[0]
	if over.Verdict != payment.Over {
		t.Errorf("%+v", over)
	}
	w.resolve(t, over, payment.Part{Kind: payment.ToAdvice, Ref: "dd-1", Amount: "10.00"}, payment.Part{Kind: payment.SendBack, Amount: "2.00", PayeeBank: "某行", PayeeAccount: "62220000", Letter: "买方来函第 1 号"})
	w.want(t, "over", "bank:operator:receivable 1200, order:hold:DD-1 -1000, refund:clearing:"+over.Number+"-2 -200; DD-1 paid 1")
	one := func() payment.Instruction {
		t.Helper()
		list, err := w.Instructions(t.Context(), w.ben, payment.InstructionFilter{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return list[0]
	}
	i := one()
	if i.Amount != 200 || i.Payee != "福州甲公司" || i.PayeeAccount != "62220000" || i.State != payment.Instructing {
		t.Errorf("%+v", i)
	}
	w.bring(t, w.cells("-2.00", "福州甲公司", "退款"+string(i.Code)))
	if i = one(); i.State != payment.Went || i.Line == "" {
		t.Errorf("went: %+v", i)
	}
	w.want(t, "went", "bank:operator:receivable 1000, order:hold:DD-1 -1000; DD-1 paid 1")
	w.bring(t, w.cells("2.00", "福州甲公司", "退汇 账号不符"))
	back := w.queue(t)[0]
	if back.Verdict != payment.CameBack || len(back.Candidates) != 1 || back.Candidates[0] != i.Number {
		t.Fatalf("%+v", back)
	}
	w.resolve(t, back, payment.Part{Kind: payment.Returned, Ref: i.Number})
	if i = one(); i.State != payment.Failed || !strings.Contains(i.Why, "账号不符") {
		t.Errorf("came back: %+v", i)
	}
	w.want(t, "came back", "bank:operator:receivable 1200, order:hold:DD-1 -1000, suspense -200; DD-1 paid 1")
	again := w.queue(t)[0]
	if again.Number != over.Number || again.Left() != 200 {
		t.Fatalf("%+v", again)
	}
	w.resolve(t, again, payment.Part{Kind: payment.SendBack, PayeeAccount: "62220001", Letter: "买方来函第 2 号"})
	// This time the bank does not take it at all: two people say so.
	i = one()
	if err := w.MoveInstruction(t.Context(), w.ann, i.Number, i.Revision, "stop", "账户已销"); err != nil {
		t.Fatal(err)
	}
	if err := w.MoveInstruction(t.Context(), w.ann, i.Number, i.Revision+1, "confirm", ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who stopped confirms: %v", err)
	}
	if err := w.MoveInstruction(t.Context(), w.ben, i.Number, i.Revision+1, "confirm", ""); err != nil {
		t.Fatal(err)
	}
	w.want(t, "not taken", "bank:operator:receivable 1200, order:hold:DD-1 -1000, suspense -200; DD-1 paid 1")
	if again = w.queue(t)[0]; again.Left() != 200 {
		t.Errorf("%+v", again)
	}
}

// Who paid for somebody else needs a letter; what has nothing to do with the market
// leaves the books; what is in another currency, late or unknown waits.
func TestWhatIsNotExactWaits(t *testing.T) {
	w := newBank(t)
	a, b, c := w.due(t, "DD-1", 1000), w.due(t, "DD-2", 2000), w.due(t, "DD-3", 3000)
	if _, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (int, error) {
		if _, err := tx.Exec(t.Context(), `UPDATE shop SET state = 'cancelled' WHERE number = 'DD-2'`); err != nil {
			return 0, err
		}
		return 0, w.EndAdvice(t.Context(), tx, "DD-2")
	}); err != nil {
		t.Fatal(err)
	}
	// DD-3 died without the bank being told: the order is asked.
	if _, err := w.Pool.Exec(t.Context(), `UPDATE shop SET state = 'expired' WHERE number = 'DD-3'`); err != nil {
		t.Fatal(err)
	}
	w.bring(t, w.cells("10.00", "张三", string(a.Code)), w.cells("20.00", "福州甲公司", string(b.Code)), w.cells("30.00", "福州甲公司", string(c.Code)), w.cells("8.00", "无名氏", "房租"), w.cells("-1.00", "银行", "手续费"))
	list := w.queue(t)
	var got []string
	for _, e := range list {
		got = append(got, string(e.Verdict))
	}
	if s := strings.Join(got, " "); s != "wrong_payer late late unknown outgoing" {
		t.Fatal(s)
	}
	w.want(t, "all wait", "bank:operator:receivable 6800, suspense -6800; DD-1 open 0, DD-2 cancelled 0, DD-3 expired 0")
	if err := w.Propose(t.Context(), w.ann, list[0].Number, list[0].Revision, []payment.Part{{Kind: payment.ToAdvice, Ref: "DD-1"}}); fault.Of(err).Field != "letter" {
		t.Errorf("without a letter: %v", err)
	}
	if err := w.Propose(t.Context(), w.ann, list[1].Number, list[1].Revision, []payment.Part{{Kind: payment.ToAdvice, Ref: "DD-2"}}); fault.Of(err).Field != "ref" {
		t.Errorf("for what ended: %v", err)
	}
	if err := w.Propose(t.Context(), w.ann, list[2].Number, list[2].Revision, []payment.Part{{Kind: payment.ToAdvice, Ref: "DD-3"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Decide(t.Context(), w.ben, list[2].Number, list[2].Revision+1, true, ""); fault.KindOf(err) != fault.Conflict {
		t.Errorf("for what nobody wants: %v", err)
	}
	if err := w.Decide(t.Context(), w.ben, list[2].Number, list[2].Revision+1, false, ""); fault.Of(err).Field != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	if err := w.Decide(t.Context(), w.ben, list[2].Number, list[2].Revision+1, false, "订单已过期"); err != nil {
		t.Fatal(err)
	}
	w.resolve(t, list[0], payment.Part{Kind: payment.ToAdvice, Ref: "DD-1", Letter: "代付说明，档案 2026-7"})
	w.resolve(t, list[3], payment.Part{Kind: payment.NotOurs, Letter: "房屋租金，和平台无关"})
	w.resolve(t, list[4], payment.Part{Kind: payment.NotOurs, Letter: "银行手续费"})
	w.want(t, "resolved", "bank:operator:receivable 6000, order:hold:DD-1 -1000, suspense -5000; DD-1 paid 1, DD-2 cancelled 0, DD-3 expired 0")
}

// Parts that came for an order that ends are free again and wait.
func TestPartsOfWhatEndsWaitAgain(t *testing.T) {
	w := newBank(t)
	a := w.due(t, "DD-1", 1000)
	w.bring(t, w.cells("4.00", "福州甲公司", string(a.Code)))
	w.resolve(t, w.queue(t)[0], payment.Part{Kind: payment.ToAdvice, Ref: "DD-1"})
	if _, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (int, error) { return 0, w.EndAdvice(t.Context(), tx, "DD-1") }); err != nil {
		t.Fatal(err)
	}
	e := w.queue(t)[0]
	if e.Verdict != payment.Late || e.Left() != 400 {
		t.Fatalf("%+v", e)
	}
	w.resolve(t, e, payment.Part{Kind: payment.SendBack, PayeeAccount: "62220000", Letter: "x"})
	if len(w.queue(t)) != 0 {
		t.Error("it waits")
	}
}

// What people typed counts once another one says that the bank says so.
func TestTypedLinesNeedTwo(t *testing.T) {
	w := newBank(t)
	a := w.due(t, "DD-1", 1000)
	form := payment.LineForm{Serial: "M1", Day: noon.Format(time.DateOnly), Amount: "10.00", Party: "福州甲公司", Remark: string(a.Code)}
	if _, err := w.Type(t.Context(), w.ann, w.account, form); err != nil {
		t.Fatal(err)
	}
	w.want(t, "typed", "; DD-1 open 0")
	e := w.queue(t)[0]
	if err := w.ConfirmTyped(t.Context(), w.ann, e.Number, e.Revision, true, ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who typed confirms: %v", err)
	}
	if err := w.ConfirmTyped(t.Context(), w.ben, e.Number, e.Revision, false, "金额是 100.00"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Type(t.Context(), w.ann, w.account, form); err != nil { // refused, it may come again
		t.Fatal(err)
	}
	if _, err := w.Type(t.Context(), w.ann, w.account, form); fault.Of(err).Field != "serial" {
		t.Errorf("twice: %v", err)
	}
	e = w.queue(t)[0]
	if err := w.ConfirmTyped(t.Context(), w.ben, e.Number, e.Revision, true, ""); err != nil {
		t.Fatal(err)
	}
	w.want(t, "confirmed", "bank:operator:receivable 1000, order:hold:DD-1 -1000; DD-1 paid 1")
}

// Killed at each step, nothing is half: the line is as it was, and the next round does it
// once.
func TestKilledAtEachStepOfAStatement(t *testing.T) {
	w := newBank(t)
	fired := 0
	for i, table := range []string{"bank_statements", "bank_lines", "allocations", "payment_advices", "ledger_transactions", "ledger_entries", "orders"} {
		order := fmt.Sprintf("DD-%d", i+1)
		a := w.due(t, order, 1000)
		before := w.books(t)
		line := w.cells("10.00", "福州甲公司", string(a.Code))
		if table == "orders" {
			w.counter.fail.Store(true)
		} else if _, err := w.Pool.Exec(t.Context(), `CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$; CREATE TRIGGER die BEFORE INSERT OR UPDATE ON `+table+` FOR EACH STATEMENT EXECUTE FUNCTION die()`); err != nil {
			t.Fatal(err)
		}
		_, err := w.Import(t.Context(), w.ann, w.account, "csv", "x", [][]string{{"流水号", "日期", "金额", "对方户名", "附言"}, line}, "")
		if err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("%s: %v", table, err)
		}
		fired++
		if got := w.books(t); got != before {
			t.Errorf("%s: something is half: %s", table, got)
		}
		if table != "orders" {
			if _, err := w.Pool.Exec(t.Context(), `DROP FUNCTION die() CASCADE`); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.bring(t, line) // where the file was not taken it is brought again
		var told int
		if err := w.Pool.QueryRow(t.Context(), `SELECT told FROM shop WHERE number = $1 AND state = 'paid'`, order).Scan(&told); err != nil || told != 1 {
			t.Errorf("%s: told %d %v", table, told, err)
		}
	}
	if fired != 7 {
		t.Errorf("killed %d times", fired)
	}
}

// Two replicas take the same line, and two lines race for the same order, a thousand
// times: each order is paid once, and the other money waits.
func TestTwoReplicasTakeOneLine(t *testing.T) {
	w := newBank(t)
	const rounds = 1000
	records := [][]string{{"流水号", "日期", "金额", "对方户名", "附言"}}
	var lines []string
	for i := range rounds {
		a := w.due(t, fmt.Sprintf("DD-%d", i), 1000)
		for range 2 { // the same order twice
			one := w.cells("10.00", "福州甲公司", string(a.Code))
			records = append(records, one)
			lines = append(lines, one[0])
		}
	}
	other := *w.Bank
	var wg sync.WaitGroup
	for _, b := range []*payment.Bank{w.Bank, &other} {
		wg.Go(func() {
			if _, err := b.Import(context.Background(), w.ann, w.account, "csv", "x", records, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var statements, fresh, done, waiting, paid, told int
	var suspense, bank int64
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM bank_statements), (SELECT sum(fresh) FROM bank_statements), (SELECT count(*) FROM bank_lines WHERE state = 'done' AND verdict = 'exact'), (SELECT count(*) FROM bank_lines WHERE state = 'waiting' AND verdict = 'over'),
		(SELECT count(*) FROM shop WHERE state = 'paid'), (SELECT sum(told) FROM shop), (SELECT ledger_balance(id) FROM ledger_accounts WHERE code = 'suspense'), (SELECT ledger_balance(id) FROM ledger_accounts WHERE code LIKE 'bank:%')`).
		Scan(&statements, &fresh, &done, &waiting, &paid, &told, &suspense, &bank); err != nil {
		t.Fatal(err)
	}
	if statements != 2 || fresh != len(lines) || done != rounds || waiting != rounds || paid != rounds || told != rounds || suspense != -1000*rounds || bank != 2000*rounds {
		t.Errorf("statements %d, fresh %d, done %d, waiting %d, paid %d, told %d, suspense %d, bank %d", statements, fresh, done, waiting, paid, told, suspense, bank)
	}
}

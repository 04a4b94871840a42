// Package settlementtest makes books with payees, people and a bank, for tests of what
// follows after an order is paid. Each test states only what it is about.
package settlementtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/payment/paymenttest"
	"shuyuan/marketplace/settlement"
)

// World is a ledger with an operator, a developer and a broker, two people of the
// exchange, and an owner of each organisation.
type World struct {
	Pool        *pgxpool.Pool
	At          time.Time
	Rules       *policy.Book
	Clocks      *deadline.Clocks
	Book        *ledger.Book
	Bank        *payment.Bank
	Stripe      *paymenttest.Stripe
	Settlements *settlement.Service

	Operator, Developer, Broker, Buyer int64                   // organisations
	Owner                              map[int64]account.Actor // of them
	Exchange                           [2]account.Actor
	Regulator                          account.Actor

	n int
}

// Clock is the time of the world.
func (w *World) Clock() time.Time { return w.At }

// New returns a world on a Wednesday, in which nothing was paid. Each organisation has an
// account to be paid to.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{Pool: dbtest.New(t), At: time.Date(2026, 11, 25, 10, 0, 0, 0, workdays.Zone), Owner: map[int64]account.Actor{}}
	var err error
	if w.Rules, err = policy.Load(policy.Files); err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	w.Clocks = deadline.New(w.Rules, func() workdays.Calendar { return calendar })
	w.Book = ledger.New(w.Clock)
	w.Stripe = paymenttest.New(t.Context(), w.Clock, 1)
	w.Bank = &payment.Bank{Pool: w.Pool, Book: w.Book, Now: w.Clock}
	if w.Settlements, err = settlement.New(settlement.Config{Pool: w.Pool, Book: w.Book, Bank: w.Bank, Gateway: payment.NewStripe(payment.StripeConfig{Key: "sk_test_x", URL: w.Stripe.URL}), Policy: w.Rules, Clocks: w.Clocks, Now: w.Clock}); err != nil {
		t.Fatal(err)
	}
	w.Bank.Instructed = map[payment.InstructionKind]payment.Instructed{payment.ToPayOut: w.Settlements}
	for i := range w.Exchange {
		w.Exchange[i] = w.Person(t, "交易所人员", account.Exchange, account.ExchangeStaff)
	}
	w.Regulator = w.Person(t, "监管人员", account.Regulate, account.Regulator)
	w.Operator, w.Developer, w.Broker, w.Buyer = w.Organisation(t, "运营公司"), w.Organisation(t, "开发公司"), w.Organisation(t, "经纪公司"), w.Organisation(t, "买方公司")
	w.Exec(t, `INSERT INTO collection_accounts (number, organisation_id, bank, account, holder, currency, state, state_at, made_by, made_at, confirmed_by) VALUES ('SK-2026-000001', $1, '示例银行', '6222000000000001', '运营公司', 'CNY', 'open', $2, $3, $2, $4)`, w.Operator, w.At, w.Owner[w.Operator].ID, w.Exchange[0].ID)
	for _, o := range []int64{w.Operator, w.Developer, w.Broker} {
		w.PayTo(t, o)
	}
	return w
}

// Exec runs a statement.
func (w *World) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := w.Pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// Person is somebody new with roles.
func (w *World) Person(t testing.TB, name string, side account.Side, roles ...account.Role) account.Actor {
	t.Helper()
	w.n++
	a := account.Actor{Name: name, Side: side, Roles: roles}
	if err := w.Pool.QueryRow(t.Context(), `INSERT INTO users (identifier, name, side, created_at, confirmed_at) VALUES ($1, $2, $3, $4, $4) RETURNING id`, fmt.Sprintf("person%d@tests.example", w.n), name, side, w.At).Scan(&a.ID); err != nil {
		t.Fatal(err)
	}
	if side == account.Exchange { // whom letters are for
		w.Exec(t, `INSERT INTO user_roles (user_id, role, side, granted_at) VALUES ($1, $2, $3, $4)`, a.ID, account.ExchangeStaff, side, w.At)
	}
	return a
}

// Organisation is one that is new, with an owner.
func (w *World) Organisation(t testing.TB, name string) (id int64) {
	t.Helper()
	w.n++
	if err := w.Pool.QueryRow(t.Context(), `INSERT INTO organisations (kind, name, credit_code, side, status, created_at) VALUES ('legal', $1, '91350100M000100Y43', 'use', 'draft', $2) RETURNING id`, name, w.At).Scan(&id); err != nil {
		t.Fatal(err)
	}
	w.Owner[id] = w.Person(t, name+"的人", account.Use)
	w.Exec(t, `INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES ($1, $2, 'use', 'owner', $3)`, id, w.Owner[id].ID, w.At)
	return id
}

// PayTo gives a payee an account that the exchange has checked.
func (w *World) PayTo(t testing.TB, payee int64) {
	t.Helper()
	var name string
	if err := w.Pool.QueryRow(t.Context(), `SELECT name FROM organisations WHERE id = $1`, payee).Scan(&name); err != nil {
		t.Fatal(err)
	}
	p, err := w.Settlements.Propose(t.Context(), w.Owner[payee], payee, settlement.PayoutForm{Holder: name, Bank: "示例银行", Account: fmt.Sprintf("62220000%08d", payee), Provider: fmt.Sprintf("acct_%d", payee)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Settlements.Judge(t.Context(), w.Exchange[0], p.ID, settlement.Step{Action: "confirm", Revision: p.Revision}); err != nil {
		t.Fatal(err)
	}
}

// Post books transactions, each under a key of its own.
func (w *World) Post(t testing.TB, list ...ledger.Transaction) {
	t.Helper()
	if _, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (int, error) {
		for _, x := range list {
			w.n++
			x.Key = fmt.Sprintf("test:%d", w.n)
			if _, err := w.Book.Post(t.Context(), tx, account.System("test"), x); err != nil {
				return 0, err
			}
		}
		return 0, nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Shares are how the orders of a test are divided: 20 % to the operator, 70 % to the
// developer, 5 % to the broker, the rest to the platform.
func (w *World) Shares() []ledger.Share {
	return []ledger.Share{{To: ledger.PayableOperator.For(w.Operator), Points: 2000}, {To: ledger.PayableDeveloper.For(w.Developer), Points: 7000}, {To: ledger.PayableBroker.For(w.Broker), Points: 500}, {To: ledger.PlatformFee.Only(), Points: 470}, {To: ledger.VAT.Only(), Points: 30}}
}

// Released has an order paid to the operator's account and accepted.
func (w *World) Released(t testing.TB, order string, amount int64) {
	t.Helper()
	parts, err := ledger.Parts(amount, w.Shares())
	if err != nil {
		t.Fatal(err)
	}
	w.Post(t, ledger.PaidIn(order, ledger.BankReceivable.For(w.Operator), amount), ledger.Accepted(order, parts))
}

// Back gives an amount of an accepted order back, from the payees' parts.
func (w *World) Back(t testing.TB, order string, amount int64) {
	t.Helper()
	parts, err := ledger.Parts(amount, w.Shares())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (int, error) {
		taken, err := w.Book.Recover(t.Context(), tx, ledger.CNY, parts)
		if err != nil {
			return 0, err
		}
		w.n++
		x := ledger.RefundableAfter(order, taken)
		x.Key = fmt.Sprintf("test:%d", w.n)
		_, err = w.Book.Post(t.Context(), tx, account.System("test"), x)
		return 0, err
	}); err != nil {
		t.Fatal(err)
	}
}

// Balance is what is on an account.
func (w *World) Balance(t testing.TB, a ledger.Account) int64 {
	t.Helper()
	n, err := w.Book.Balance(t.Context(), w.Pool, a, ledger.CNY)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Week lets a week pass.
func (w *World) Week() { w.At = w.At.AddDate(0, 0, 7) }

// Computed are the settlements of all that was released before today, by payee.
func (w *World) Computed(t testing.TB) map[int64]settlement.Settlement {
	t.Helper()
	list, err := w.Settlements.Compute(t.Context(), w.Exchange[0], w.At.AddDate(0, 0, -1))
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64]settlement.Settlement{}
	for _, x := range list {
		out[x.Payee] = x
	}
	return out
}

// Try makes a step and returns why it is refused.
func (w *World) Try(t testing.TB, who account.Actor, number string, a settlement.Action) (*settlement.Settlement, error) {
	t.Helper()
	v, err := w.Settlements.One(t.Context(), who, number)
	if err != nil {
		return nil, err
	}
	return w.Settlements.Move(t.Context(), who, number, settlement.Step{Action: string(a), Words: "示例理由", Revision: v.Revision})
}

// Move makes a step that has to be taken.
func (w *World) Move(t testing.TB, who account.Actor, number string, a settlement.Action) *settlement.Settlement {
	t.Helper()
	x, err := w.Try(t, who, number, a)
	if err != nil {
		t.Fatalf("%s of %s: %v", a, number, err)
	}
	return x
}

// Bring tells a settlement what the bank said of it: paid, or why not.
func (w *World) Bring(t testing.TB, number, why string) error {
	t.Helper()
	_, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (int, error) {
		if why != "" {
			return 0, w.Settlements.Failed(t.Context(), tx, number, why)
		}
		return 0, w.Settlements.Paid(t.Context(), tx, number)
	})
	return err
}

// State is where a settlement stands.
func (w *World) State(t testing.TB, number string) settlement.State {
	t.Helper()
	v, err := w.Settlements.One(t.Context(), w.Exchange[0], number)
	if err != nil {
		t.Fatal(err)
	}
	return v.State
}

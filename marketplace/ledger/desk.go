package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Reader is the books for those who may read them: the exchange and the regulator all,
// the people of an operator what is on the operator's own accounts.
type Reader struct {
	Pool *pgxpool.Pool
	Book *Book
}

// Step is an entry of an account with what was on it after.
type Step struct {
	Transaction int64
	On          time.Time
	Kind        Flow
	Subject     string
	Words       string
	Amount      int64
	After       int64
}

// Debit and Credit are the sides of an entry, as of a Line.
func (s Step) Debit() int64  { return Line{Amount: s.Amount}.Debit() }
func (s Step) Credit() int64 { return Line{Amount: s.Amount}.Credit() }

// own are the organisations whose accounts somebody reads; nil: all of them.
func (r *Reader) own(ctx context.Context, who account.Actor) ([]int64, error) {
	switch {
	case who.IsVisitor() || who.Key != "":
	case who.Any(account.ExchangeStaff, account.Regulator):
		return nil, nil
	case who.Is(account.Operator):
		return selectOrganisations(ctx, r.Pool, who.ID)
	}
	return nil, fault.New(fault.Forbidden, "账簿不由您看。")
}

// TrialBalance is Book.TrialBalance, as far as somebody may read it.
func (r *Reader) TrialBalance(ctx context.Context, who account.Actor, through time.Time) ([]Trial, error) {
	own, err := r.own(ctx, who)
	if err != nil {
		return nil, err
	}
	list, err := r.Book.TrialBalance(ctx, r.Pool, through)
	if own != nil {
		list = slices.DeleteFunc(list, func(t Trial) bool { return t.Organisation == 0 || !slices.Contains(own, t.Organisation) })
	}
	return list, err
}

// Account are the entries of an account in a currency, the newest first, each with the
// sum of all up to it; before is the number of the last one that was read, 0: none.
func (r *Reader) Account(ctx context.Context, who account.Actor, code, currency string, before, limit int) (Account, []Step, error) {
	own, err := r.own(ctx, who)
	if err != nil {
		return Account{}, nil, err
	}
	a, err := Parse(code)
	if err == nil && (!currencies.MatchString(currency) || own != nil && !slices.Contains(own, a.Organisation)) {
		err = fault.New(fault.NotFound, "没有这个账户。")
	}
	if err != nil {
		return a, nil, err
	}
	list, err := selectSteps(ctx, r.Pool, code, currency, before, limit)
	return a, list, err
}

// Transaction is one of the books that somebody may read: of an operator, one that has
// an entry on the operator's account.
func (r *Reader) Transaction(ctx context.Context, who account.Actor, id int64) (Posted, error) {
	own, err := r.own(ctx, who)
	if err != nil {
		return Posted{}, err
	}
	p, err := r.Book.Transaction(ctx, r.Pool, id)
	if err == nil && own != nil && !p.touches(own) {
		return Posted{}, fault.New(fault.NotFound, "没有这笔账。")
	}
	return p, err
}

// Of are the transactions about a subject, the oldest first.
func (r *Reader) Of(ctx context.Context, who account.Actor, subject string) ([]Posted, error) {
	own, err := r.own(ctx, who)
	if err != nil {
		return nil, err
	}
	list, err := r.Book.Transactions(ctx, r.Pool, Filter{Subject: subject, Limit: mostOf})
	if own != nil {
		list = slices.DeleteFunc(list, func(p Posted) bool { return !p.touches(own) })
	}
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "账簿里没有这个号码的账。")
	}
	slices.Reverse(list)
	return list, err
}

const mostOf = 500

func (p Posted) touches(own []int64) bool {
	return slices.ContainsFunc(p.Lines, func(l Line) bool {
		a, err := Parse(l.Code)
		return err == nil && slices.Contains(own, a.Organisation)
	})
}

// Names are the names of organisations, for accounts that are theirs.
func (r *Reader) Names(ctx context.Context, organisations []int64) (map[int64]string, error) {
	return selectNames(ctx, r.Pool, organisations)
}

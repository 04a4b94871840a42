package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Destruction is what a buyer declares about its copies once the term is over (FJ-4.3).
type Destruction struct {
	Order       string
	Title       string
	TitleEN     string
	Buyer       string
	Since       time.Time
	DueOn       time.Time // last day, at 0:00 UTC
	RemindedAt  *time.Time
	Method      string // empty: nothing is declared yet
	Words       string
	DestroyedOn *time.Time
	ByName      string
	DeclaredAt  *time.Time

	delivery int64
}

// Methods are the ways of destruction: erased, overwritten, keys destroyed, and that
// nothing was kept.
var Methods = []string{"erased", "overwritten", "keys_destroyed", "nothing_kept"}

// Late reports whether nothing is declared and the last day is over.
func (d *Destruction) Late(now time.Time) bool {
	return d.DeclaredAt == nil && dayOf(now).After(d.DueOn)
}

// DestructionForm is what a buyer declares, as it was typed.
type DestructionForm struct {
	Method, On, Words, Sure string
}

// Declare is the declaration of a buyer that its copies are destroyed.
func (s *Service) Declare(ctx context.Context, who account.Actor, order string, f DestructionForm) error {
	words := strings.TrimSpace(f.Words)
	on, err := time.Parse(time.DateOnly, strings.TrimSpace(f.On))
	switch {
	case !slices.Contains(Methods, f.Method):
		return fault.At("method", "请选销毁的方式。")
	case err != nil:
		return fault.At("on", "请写日期，例如 2026-11-27。")
	case on.After(dayOf(s.now())):
		return fault.At("on", "销毁的日期不能在今天以后。")
	case len([]rune(words)) > 1000:
		return fault.At("words", "太长，最多 %d 个字。", 1000)
	case f.Sure == "":
		return fault.At("sure", "请勾选，确认声明属实。")
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		v, err := s.buying(ctx, tx, who, order)
		if err != nil {
			return struct{}{}, err
		}
		found, err := selectDestructions(ctx, tx, `x.delivery_id = @id`, pgx.NamedArgs{"id": v.ID})
		if err == nil && len(found) == 0 {
			err = fault.New(fault.Conflict, "现在没有要声明的销毁。")
		}
		if err != nil {
			return struct{}{}, err
		}
		x, at := &found[0], s.instant()
		if on.Before(dayOf(v.OpenedAt)) {
			return struct{}{}, fault.At("on", "销毁的日期不能早于交付。")
		}
		x.Method, x.Words, x.DestroyedOn, x.ByName, x.DeclaredAt = f.Method, words, &on, who.Name, &at
		done, err := saveDestruction(ctx, tx, x, who.ID)
		if err == nil && !done {
			err = fault.New(fault.Conflict, "已经声明过了。")
		}
		if err != nil {
			return struct{}{}, err
		}
		if err := audit.Append(ctx, tx, who, "delivery", order, "destroy", map[string]string{"method": f.Method}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.tell(ctx, tx, v, Declared, "", v.Seller.ID)
	})
	return err
}

// Undeclared are the deliveries that ended and of which nothing is declared, those due
// first before the others: for the exchange and the regulator.
func (s *Service) Undeclared(ctx context.Context, who account.Actor, late bool) ([]Destruction, error) {
	if !who.Is(account.ExchangeStaff) && !who.Is(account.Regulator) {
		return nil, fault.New(fault.NotFound, "没有这一页。")
	}
	where := `x.declared_at IS NULL`
	if late {
		where += ` AND x.due_on < @today`
	}
	return selectDestructions(ctx, s.pool, where+` ORDER BY x.due_on, d.id LIMIT 500`, pgx.NamedArgs{"today": dayOf(s.now())})
}

// reminding reminds buyers of what they have to declare, once, before it is due.
func (s *Service) reminding(ctx context.Context) error {
	due, err := selectDestructions(ctx, s.pool, `x.declared_at IS NULL AND x.reminded_at IS NULL AND x.due_on <= @by ORDER BY d.id LIMIT 200`, pgx.NamedArgs{"by": dayOf(s.now()).AddDate(0, 0, s.Rules.Warn)})
	all := []error{err}
	for _, x := range due {
		_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			if err := lockDelivery(ctx, tx, x.delivery); err != nil {
				return struct{}{}, err
			}
			now, err := selectDestructions(ctx, tx, `x.delivery_id = @id AND x.declared_at IS NULL AND x.reminded_at IS NULL`, pgx.NamedArgs{"id": x.delivery})
			if err != nil || len(now) == 0 {
				return struct{}{}, err
			}
			v, err := s.byID(ctx, tx, x.delivery)
			if err != nil {
				return struct{}{}, err
			}
			if err := remindDestruction(ctx, tx, x.delivery, s.instant()); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, s.tell(ctx, tx, v, Reminded, x.DueOn.Format(time.DateOnly), v.Buyer.ID)
		})
		all = append(all, err)
	}
	return errors.Join(all...)
}

package delivery

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/signing"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/payment"
)

// Orders are told that an order is open, as ordering.Service is.
type Orders interface {
	Delivered(ctx context.Context, tx pgx.Tx, number string) error
}

// Products say whether a sealed version is still valid, as marketplace.Service does.
type Products interface {
	NoLongerValid(ctx context.Context, q database.Querier, version int64) (*fault.Fault, error)
}

// Accounts make and end the keys of orders, as account.Service does.
type Accounts interface {
	CreateDeliveryKey(ctx context.Context, a account.Actor, name string, valid time.Duration, delivery int64) (string, *account.Key, error)
	RequireFresh(account.Actor) error
}

// Bank tells buyers how to pay, as payment.Bank does.
type Bank interface {
	Advise(ctx context.Context, tx pgx.Tx, d payment.Due) (payment.Advice, error)
	Advised(ctx context.Context, q database.Querier, ref string) (payment.Advice, error)
	EndAdvice(ctx context.Context, tx pgx.Tx, ref string) error
}

// Config is what the service is made of.
type Config struct {
	Pool     *pgxpool.Pool
	Orders   Orders
	Products Products
	Accounts Accounts
	Store    blob.Store
	Signer   signing.Signer // nil: nothing is handed over here, since no receipt can be signed
	Bank     Bank
	Ledger   *ledger.Book
	Book     *policy.Book
	Clocks   *deadline.Clocks
	Base     string // address of the portal
	Now      func() time.Time
}

// Service delivers what was ordered.
type Service struct {
	Config
	Rules Rules
	pool  *pgxpool.Pool
}

// Rules are what the book of rules says of deliveries.
type Rules struct {
	Again time.Duration // for which a copy may be fetched again under its receipt
	Warn  int           // days before a declaration of destruction is due
}

// New returns the deliveries of an installation.
func New(c Config) (*Service, error) {
	n := c.Book.Numbers()
	s := &Service{Config: c, pool: c.Pool, Rules: Rules{Again: time.Duration(n.Of("delivery_limits", "again_hours")) * time.Hour, Warn: n.Of("delivery_limits", "destruction_warning_days")}}
	return s, n.Missing()
}

func (s *Service) now() time.Time { return s.Now() }

func (s *Service) instant() time.Time { return s.Now().Truncate(time.Microsecond) }

// platform is who moves what nobody moves.
func platform() account.Actor { return account.System("delivery") }

// destroyTerm is how long a buyer has to declare that its copies are destroyed.
var destroyTerm = deadline.Term{House: "delivery_destruction"}

// serving is the delivery of an order, whoever asks.
func (s *Service) serving(ctx context.Context, q database.Querier, order string) (*Serving, error) {
	found, err := selectServings(ctx, q, `o.number = @number`, pgx.NamedArgs{"number": order, "now": s.now()})
	if err == nil && len(found) == 0 {
		err = errNone()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// byID is a delivery.
func (s *Service) byID(ctx context.Context, q database.Querier, id int64) (*Serving, error) {
	found, err := selectServings(ctx, q, `d.id = @id`, pgx.NamedArgs{"id": id, "now": s.now()})
	if err == nil && len(found) == 0 {
		err = errNone()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// Open opens what an order that is paid is delivered by, and says so to the order, in one
// transaction. An order of which something is open already, or that is not paid, is left
// as it is; so is one that may not be served now.
func (s *Service) Open(ctx context.Context, number string) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := lockOrder(ctx, tx, number); err != nil {
			return struct{}{}, err
		}
		v, err := s.serving(ctx, tx, number)
		if err != nil || v.ID != 0 || v.OrderState != ordering.Paid {
			return struct{}{}, err
		}
		if err := s.MayServe(ctx, tx, v); err != nil {
			return struct{}{}, err
		}
		id, err := insertDelivery(ctx, tx, v.order, v, s.instant())
		if err != nil || id == 0 {
			return struct{}{}, err
		}
		if err := s.Orders.Delivered(ctx, tx, number); err != nil {
			return struct{}{}, err
		}
		if err := audit.Append(ctx, tx, platform(), "delivery", number, "open", map[string]string{"channel": string(v.Channel)}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.tell(ctx, tx, v, Opened, "", v.Buyer.ID)
	})
	return err
}

// opens is Open where somebody looks: what may not be served now is shown by the page.
func (s *Service) opens(ctx context.Context, number string) error {
	err := s.Open(ctx, number)
	switch fault.KindOf(err) {
	case fault.Gone, fault.Forbidden, fault.Unpaid, fault.NotFound:
		return nil
	}
	return err
}

// end ends a delivery whose order is over: its keys with it. From then on its buyer has to
// declare that the copies are destroyed.
func (s *Service) end(ctx context.Context, number string) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		v, err := s.serving(ctx, tx, number)
		if err != nil || v.ID == 0 {
			return struct{}{}, err
		}
		if err := lockDelivery(ctx, tx, v.ID); err != nil {
			return struct{}{}, err
		}
		if v, err = s.byID(ctx, tx, v.ID); err != nil || v.EndedAt != nil {
			return struct{}{}, err
		}
		at := s.instant()
		clock, err := s.Clocks.Start("", destroyTerm, at)
		if err != nil {
			return struct{}{}, err
		}
		why := "使用期限已满"
		if v.OrderState != ordering.Ended && v.OrderState != ordering.Accepted {
			why = "订单已经终止"
		}
		keys, err := endDelivery(ctx, tx, v.ID, why, at, clock.Last)
		if err != nil {
			return struct{}{}, err
		}
		if err := audit.Append(ctx, tx, platform(), "delivery", number, "end", map[string]string{"keys": strconv.FormatInt(keys, 10)}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.tell(ctx, tx, v, Over, clock.Last.Format(time.DateOnly), v.Buyer.ID)
	})
	return err
}

// Tick opens what was paid, ends what is over, closes months, sends bills on and reminds.
// One order that fails does not keep the others.
func (s *Service) Tick(ctx context.Context) error {
	var all []error
	each := func(list []string, err error, do func(context.Context, string) error) {
		all = append(all, err)
		for _, number := range list {
			if err := do(ctx, number); err != nil {
				all = append(all, fmt.Errorf("%s: %w", number, err))
			}
		}
	}
	paid, err := selectToOpen(ctx, s.pool)
	each(paid, err, s.opens)
	over, err := selectToEnd(ctx, s.pool, s.now())
	each(over, err, s.end)
	all = append(all, s.closeMonths(ctx), s.billing(ctx), s.reminding(ctx))
	return errors.Join(all...)
}

// View is a delivery as somebody sees it.
type View struct {
	*Serving
	Side     Side
	Stops    *fault.Fault // why nothing is served now; nil: it is
	Files    []File
	Receipts []Receipt
	Keys     []Key
	Windows  []Window
	Ended    *Destruction // nil: nothing is to be declared
}

// One is the delivery of an order for one of its sides. Whatever is paid by then is open
// before it is shown.
func (s *Service) One(ctx context.Context, who account.Actor, order string) (*View, error) {
	v, err := s.serving(ctx, s.pool, order)
	if err != nil {
		return nil, err
	}
	side, err := s.sideOf(ctx, s.pool, who, v)
	if err != nil {
		return nil, err
	}
	if v.ID == 0 && v.OrderState == ordering.Paid {
		if err := s.opens(ctx, order); err != nil {
			return nil, err
		}
		if v, err = s.serving(ctx, s.pool, order); err != nil {
			return nil, err
		}
	}
	out := &View{Serving: v, Side: side}
	if err := s.MayServe(ctx, s.pool, v); fault.KindOf(err) == fault.Internal && err != nil {
		return nil, err
	} else if err != nil {
		out.Stops = fault.Of(err)
	}
	if v.ID == 0 {
		return out, nil
	}
	if out.Files, err = selectFiles(ctx, s.pool, v.version); err != nil {
		return nil, err
	}
	if out.Receipts, err = selectReceipts(ctx, s.pool, `r.delivery_id = @id`, pgx.NamedArgs{"id": v.ID}); err != nil {
		return nil, err
	}
	if side != ordering.OfBuyer { // the salt is the buyer's
		for i := range out.Receipts {
			out.Receipts[i].Salt = ""
		}
	}
	if out.Keys, err = selectKeys(ctx, s.pool, v.ID); err != nil {
		return nil, err
	}
	if v.Metered() {
		if out.Windows, err = selectWindows(ctx, s.pool, v.ID); err != nil {
			return nil, err
		}
	}
	ended, err := selectDestructions(ctx, s.pool, `x.delivery_id = @id`, pgx.NamedArgs{"id": v.ID})
	if err == nil && len(ended) > 0 {
		out.Ended = &ended[0]
	}
	if side == ordering.OfRegulator && err == nil {
		err = s.looked(ctx, who, order)
	}
	return out, err
}

// looked writes down that the regulator read (I-40).
func (s *Service) looked(ctx context.Context, who account.Actor, order string) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, who, "delivery", order, "read", nil)
	})
	return err
}

package delivery

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace"
	"shuyuan/marketplace/ordering"
)

// EventKind is what was served.
type EventKind string

// The kinds of events.
const (
	Called EventKind = "call"
	Ranged EventKind = "range" // of a file
)

// servedHere is the source of what the portal itself serves; the id is that of the
// request.
const servedHere = "portal"

// Event is one thing that was served. The same source and id again is the same event, and
// counts once (I-29).
type Event struct {
	Source   string
	ID       string
	Kind     EventKind
	Quantity int64 // in what the plan meters
	Bytes    int64
	What     string
	Part     string
	At       time.Time
	Received time.Time
	Month    time.Time // in which it is billed
	Late     bool      // it came after its own month had been closed
	Receipt  string    // number
	ByName   string
	Key      string

	counts      int
	receipt, id int64
}

// Counts reports whether it was taken from the quota.
func (e Event) Counts() bool { return e.counts > 0 }

// Seq is the place of the event in the record.
func (e Event) Seq() int64 { return e.id }

// record writes an event within tx, in which the delivery is locked, and takes it from the
// quota. An event that is there already changes nothing; the same id for something else is
// refused.
func (s *Service) record(ctx context.Context, tx pgx.Tx, who account.Actor, v *Serving, e *Event) error {
	e.Received = s.instant()
	if e.At.After(e.Received) {
		return fault.New(fault.Invalid, "用量不能发生在以后。")
	}
	e.Month = month(e.At)
	closed, err := lastClosed(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	if !closed.IsZero() && !e.Month.After(closed) {
		e.Month, e.Late = closed.AddDate(0, 1, 0), true
	}
	fresh, err := insertEvent(ctx, tx, v.ID, who, e)
	if err != nil {
		return err
	}
	if !fresh {
		delivery, quantity, at, err := selectEvent(ctx, tx, e.Source, e.ID)
		if err == nil && (delivery != v.ID || quantity != e.Quantity || !at.Equal(e.At) && e.Source != servedHere) {
			err = fault.New(fault.Conflict, "这个编号的用量已经记过，内容不同。")
		}
		return err
	}
	used, ok, err := take(ctx, tx, v.ID, e.counts)
	if err == nil && !ok {
		err = errQuota(v)
	}
	if err == nil {
		v.Used = used
	}
	return err
}

// Record counts a use that was measured elsewhere, such as by the gateway of an operator
// that sends on what it could not send at the time: once per source and id, however often
// it is sent, and in the next month that is open where its own is closed.
func (s *Service) Record(ctx context.Context, order string, e Event) error {
	if e.Source == "" || e.Source == servedHere || e.ID == "" || e.Quantity < 0 || e.At.IsZero() {
		return fault.New(fault.Invalid, "用量要写明来源、编号、时间和数量。")
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		v, err := s.serving(ctx, tx, order)
		if err != nil {
			return struct{}{}, err
		}
		if v.ID == 0 || e.At.Before(v.OpenedAt) || v.EndedAt != nil && e.At.After(*v.EndedAt) {
			return struct{}{}, fault.New(fault.Conflict, "那时候没有开通。")
		}
		if err := lockDelivery(ctx, tx, v.ID); err != nil {
			return struct{}{}, err
		}
		e.Kind, e.counts, e.receipt = Called, 0, 0 // it was served, whatever the quota was by then
		e.At = e.At.Truncate(time.Microsecond)
		return struct{}{}, s.record(ctx, tx, platform(), v, &e)
	})
	return err
}

// mayCall is the delivery that a key is bound to, if it may be served now.
func (s *Service) mayCall(ctx context.Context, q database.Querier, who account.Actor) (*Serving, error) {
	v, err := s.byID(ctx, q, who.Delivery)
	if err != nil {
		return nil, err
	}
	side, err := selectSide(ctx, q, v.order, who.ID)
	if err != nil {
		return nil, err
	}
	if Side(side) != ordering.OfBuyer {
		return nil, fault.New(fault.Forbidden, "密钥的主人已经不在买方，请由买方的人另建密钥。")
	}
	return v, s.MayServe(ctx, q, v)
}

// Bought implements marketplace.Buyers.
func (s *Service) Bought(ctx context.Context, who account.Actor, product string) (string, error) {
	v, err := s.mayCall(ctx, s.pool, who)
	switch {
	case err != nil:
		return "", err
	case v.Product != product:
		return "", fault.New(fault.Forbidden, "这个密钥只用于订单 %s 的产品 %s。", v.Order, v.Product)
	case v.Quota > 0 && v.Used >= v.Quota:
		return "", errQuota(v)
	}
	return v.Version, nil
}

// Counted implements marketplace.Buyers: it is asked once more whether the call may be
// served, and the call is taken from the quota and written down, in one transaction,
// before the answer goes out.
func (s *Service) Counted(ctx context.Context, who account.Actor, what string, rows int64) (*marketplace.Left, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*marketplace.Left, error) {
		if err := lockDelivery(ctx, tx, who.Delivery); err != nil {
			return nil, err
		}
		v, err := s.mayCall(ctx, tx, who)
		if err != nil {
			return nil, err
		}
		e := Event{Source: servedHere, ID: rand.Text(), Kind: Called, What: what, At: s.instant(), counts: 1}
		switch {
		case !v.Metered():
		case v.Plan.Unit == perThousandRows:
			e.Quantity = rows
		default:
			e.Quantity = 1
		}
		if err := s.record(ctx, tx, who, v, &e); err != nil {
			return nil, err
		}
		return &marketplace.Left{Order: v.Order, Limit: v.Quota, Left: max(0, v.Left()), Resets: v.Until.Sub(s.now())}, nil
	})
}

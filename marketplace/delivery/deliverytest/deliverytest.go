// Package deliverytest makes orders that are delivered, for tests, and the service of
// deliveries on them. Each test states only what it is about.
package deliverytest

import (
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/workdays"
	"shuyuan/marketplace/delivery"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/ordering/orderingtest"
)

// World is a world of orders, and the service of deliveries.
type World struct {
	*orderingtest.World
	Deliveries *delivery.Service
}

// New returns a world in which plans of each kind can be ordered and nothing was.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{World: orderingtest.New(t)}
	w.Deliveries = w.Replica(t)
	w.Products.Buyers, w.Products.Deliveries = w.Deliveries, w.Deliveries
	return w
}

// Replica is the service once more, as another process has it.
func (w *World) Replica(t testing.TB) *delivery.Service {
	t.Helper()
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	s, err := delivery.New(delivery.Config{
		Pool: w.Pool, Orders: w.Orders, Products: w.Products, Accounts: w.Accounts, Store: w.Store, Signer: w.Products.Signer, Bank: w.Bank, Ledger: w.Ledger, Book: w.Book,
		Clocks: deadline.New(w.Book, func() workdays.Calendar { return calendar }), Base: marketplacetest.Base, Now: w.Clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Opened is an order of a kind that is paid and delivered, for which somebody says how
// much of it may be used; 0: as much as one likes.
func (w *World) Opened(t testing.TB, kind offering.PlanKind) *ordering.Order {
	t.Helper()
	o := w.Paid(t, kind)
	if err := w.Deliveries.Open(t.Context(), o.Number); err != nil {
		t.Fatal(err)
	}
	return w.Now(t, o.Number)
}

// Key is an actor by a key of an order.
func (w *World) Key(t testing.TB, order string) account.Actor {
	t.Helper()
	secret, err := w.Deliveries.MakeKey(t.Context(), w.Buyer, order, "看板")
	if err != nil {
		t.Fatal(err)
	}
	who, err := w.Accounts.ActorByKey(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// See is a delivery as its buyer sees it.
func (w *World) See(t testing.TB, order string) *delivery.View {
	t.Helper()
	v, err := w.Deliveries.One(t.Context(), w.Buyer, order)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

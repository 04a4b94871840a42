package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/payment"
)

// paidFor tells of a payment whoever the number that was due belongs to, by how it
// begins: DD- are orders, ZD- bills.
type paidFor map[string]payment.Orders

// Paid implements payment.Orders.
func (p paidFor) Paid(ctx context.Context, tx pgx.Tx, ref string, amount int64, currency string) (bool, error) {
	kind, _, _ := strings.Cut(ref, "-")
	to := p[kind]
	if to == nil {
		return false, fmt.Errorf("nobody is paid for %s", ref)
	}
	return to.Paid(ctx, tx, ref, amount, currency)
}

// online takes payments through Stripe where its keys are set; else nil.
func (in *installation) online(orders payment.Orders, book *ledger.Book, base string, now func() time.Time) *payment.Online {
	key := in.cfg.StripeSecretKey.Reveal()
	if key == "" {
		return nil
	}
	return &payment.Online{
		Pool: in.pool, Gateway: payment.NewStripe(payment.StripeConfig{Key: key, URL: in.cfg.StripeAPIBase, Tries: 2}),
		Webhook: payment.Webhook{Secrets: strings.Split(in.cfg.StripeWebhookSecret.Reveal(), ","), Live: !strings.Contains(key, "_test_"), Now: now},
		Orders:  orders, Book: book, Now: now,
		Success: func(order string) string { return base + "/orders/" + order + "?paid=1" },
		Cancel:  func(order string) string { return base + "/orders/" + order },
	}
}

// gateway is the provider of payments; nil: none is set.
func (s *server) gateway() payment.Gateway {
	if s.online == nil {
		return nil
	}
	return s.online.Gateway
}

// lookAgain is after how long an open checkout is asked for though nothing was said.
const lookAgain = time.Minute

// payOnline does what the provider's webhooks are a reason for, reads on what it never
// sent, and looks at checkouts of which nothing was heard.
func (s *server) payOnline(ctx context.Context) error {
	if s.online == nil {
		return nil
	}
	return errors.Join(s.online.Poll(ctx), s.online.Work(ctx), s.online.Sweep(ctx, s.clock.Now().Add(-lookAgain)))
}

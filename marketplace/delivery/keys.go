package delivery

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/ordering"
)

// Key is a key that reads what was ordered, without its secret.
type Key struct {
	Prefix  string
	Name    string
	Owner   string
	Made    time.Time
	Expires time.Time
	Used    *time.Time // the day
	Revoked *time.Time
}

// MakeKey makes a key for somebody of the buyer that reads the product of the order and
// nothing else that is not open. It ends with the term at the latest. The secret is
// returned this once.
func (s *Service) MakeKey(ctx context.Context, who account.Actor, order, name string) (string, error) {
	v, err := s.buying(ctx, s.pool, who, order)
	if err != nil {
		return "", err
	}
	switch {
	case v.Channel != offering.API:
		return "", fault.New(fault.Conflict, "这份订单不按接口交付，用不到密钥。")
	case v.ID == 0:
		return "", fault.New(fault.Conflict, "正在开通，请过一会儿再试。")
	}
	if err := s.MayServe(ctx, s.pool, v); err != nil {
		return "", err
	}
	secret, _, err := s.Accounts.CreateDeliveryKey(ctx, who, name, v.Until.Sub(s.now()), v.ID)
	return secret, err
}

// buying is an order for somebody of its buyer.
func (s *Service) buying(ctx context.Context, q database.Querier, who account.Actor, order string) (*Serving, error) {
	v, err := s.serving(ctx, q, order)
	if err != nil {
		return nil, err
	}
	side, err := s.sideOf(ctx, q, who, v)
	if err == nil && side != ordering.OfBuyer {
		err = errNotYours()
	}
	return v, err
}

// RevokeKey ends a key of an order at once: anybody of the buyer may, whoever made it.
func (s *Service) RevokeKey(ctx context.Context, who account.Actor, order, prefix string) error {
	if err := s.Accounts.RequireFresh(who); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		v, err := s.buying(ctx, tx, who, order)
		if err != nil {
			return struct{}{}, err
		}
		done, err := revokeKey(ctx, tx, v.ID, prefix, s.instant())
		if err == nil && !done {
			err = fault.New(fault.NotFound, "没有这个密钥，可能已经停用。")
		}
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, audit.Append(ctx, tx, who, "delivery", order, "key_revoke", map[string]string{"key": prefix})
	})
	return err
}

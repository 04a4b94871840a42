package settlement

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/payment"
)

// inForce is the account to which a payee is paid.
func (s *Service) inForce(ctx context.Context, tx pgx.Tx, payee int64) (PayoutAccount, error) {
	found, err := selectPayouts(ctx, tx, `WHERE p.organisation_id = @of AND p.state = 'confirmed'`, pgx.NamedArgs{"of": payee})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.Conflict, "收款方还没有经过核对的收款账户，不能指示付款。")
	}
	if err != nil {
		return PayoutAccount{}, err
	}
	return found[0], nil
}

// Propose says where a payee wants to be paid. Its holder is the payee: money for one
// organisation never goes to another.
func (s *Service) Propose(ctx context.Context, who account.Actor, payee int64, f PayoutForm) (*PayoutAccount, error) {
	if who.Side != account.Use && who.Side != account.Operate {
		return nil, errNotYours()
	}
	f, err := f.read()
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.Pool, func(tx pgx.Tx) (*PayoutAccount, error) {
		owner, err := isOwner(ctx, tx, payee, who.ID)
		if err != nil {
			return nil, err
		}
		if !owner || who.Key != "" {
			return nil, fault.New(fault.NotFound, "没有这家机构，或者您不是它的负责人。")
		}
		if err := lockPayouts(ctx, tx, payee); err != nil {
			return nil, err
		}
		name, err := selectName(ctx, tx, payee)
		if err != nil {
			return nil, err
		}
		if payment.Name(name) != payment.Name(f.Holder) {
			return nil, fault.At("holder", "户名要和机构的名称一致：%s。", name)
		}
		p := &PayoutAccount{Payee: payee, PayeeName: name, Holder: f.Holder, Bank: f.Bank, Account: f.Account, Provider: f.Provider, State: Proposed, StateAt: s.instant(), MadeBy: who.Name, MadeAt: s.instant(), madeBy: who.ID}
		if err := insertPayout(ctx, tx, p); err != nil {
			return nil, err
		}
		return p, s.payoutHappened(ctx, tx, who, p, Propose)
	})
}

func (s *Service) payoutHappened(ctx context.Context, tx pgx.Tx, who account.Actor, p *PayoutAccount, a PayoutAction) error {
	return audit.Append(ctx, tx, who, "payout-account", strconv.FormatInt(p.ID, 10), string(a), map[string]string{"to": string(p.State)})
}

// Waits are the accounts that wait for the exchange.
func (s *Service) Waits(ctx context.Context, who account.Actor) ([]PayoutAccount, error) {
	if !who.Any(account.ExchangeStaff, account.Regulator) {
		return nil, errNotYours()
	}
	return selectPayouts(ctx, s.Pool, `WHERE p.state = 'proposed' ORDER BY p.id LIMIT 200`, pgx.NamedArgs{})
}

// Judge confirms or refuses an account, by somebody of the exchange who has no part in the
// payee and did not propose it.
func (s *Service) Judge(ctx context.Context, who account.Actor, id int64, step Step) (*PayoutAccount, error) {
	said, err := words(step.Words)
	if err != nil {
		return nil, err
	}
	if !who.Is(account.ExchangeStaff) || who.Key != "" {
		return nil, errNotYours()
	}
	return database.InTx(ctx, s.Pool, func(tx pgx.Tx) (*PayoutAccount, error) {
		found, err := selectPayouts(ctx, tx, `WHERE p.id = @id`, pgx.NamedArgs{"id": id})
		if err == nil && len(found) == 0 {
			err = fault.New(fault.NotFound, "没有这个收款账户。")
		}
		if err != nil {
			return nil, err
		}
		if err := lockPayouts(ctx, tx, found[0].Payee); err != nil {
			return nil, err
		}
		if found, err = selectPayouts(ctx, tx, `WHERE p.id = @id`, pgx.NamedArgs{"id": id}); err != nil {
			return nil, err
		}
		p := &found[0]
		own, err := isMember(ctx, tx, p.Payee, who.ID)
		switch {
		case err != nil:
			return nil, err
		case own || p.madeBy == who.ID:
			return p, fault.New(fault.Forbidden, "收款账户由收款方以外的人核对。")
		case p.Revision != step.Revision:
			return p, errMoved()
		case p.State != Proposed:
			return p, fault.New(fault.Conflict, "这个收款账户已经核对过。")
		}
		a := PayoutAction(step.Action)
		switch a {
		case ConfirmAccount:
			p.State, p.ConfirmedBy = InForce, who.Name
		case RefuseAccount:
			if said == "" {
				return p, fault.At("reason", "请写明理由。")
			}
			p.State = Refused
		default:
			return p, errNotYours()
		}
		p.StateAt, p.Reason = s.instant(), said
		if err := movePayout(ctx, tx, p, who); err != nil {
			return p, err
		}
		return p, s.payoutHappened(ctx, tx, who, p, a)
	})
}

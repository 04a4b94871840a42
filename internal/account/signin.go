package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/audit/journal"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// The buckets of sign-in.
const (
	signInNetwork = "sign-in-network"
	signInPair    = "sign-in-pair"
	signInAccount = "sign-in-account"
)

// candidate is the account that somebody tries to enter; the zero value stands
// for one that does not exist, and is treated alike.
type candidate struct {
	ID       int64
	Password string
	Changed  *time.Time
	Disabled bool
	Second   bool // it has a second step
	Known    bool // the account signed in from this network of late
}

// SignIn opens a session for whoever knows the password. ip is the address of
// the client, agent what its browser calls itself.
//
// It returns fault.Unauthenticated with one and the same sentence whether the
// account does not exist, is disabled, or the password is wrong, after the
// same work; fault.TooMany when the account or the network has tried too
// often; fault.Invalid for input that no account could have. Where the account
// has a second step, the session that is returned owes it: see FinishSignIn.
// The session is
// always a new one: end the one the browser brought with Forget.
func (s *Service) SignIn(ctx context.Context, identifier, password, ip, agent string) (Session, error) {
	if err := checkPasswordInput(password); err != nil {
		return Session{}, err
	}
	identifier, err := Identifier(identifier)
	if err != nil {
		return Session{}, err
	}
	network := Network(ip)
	c, err := s.candidate(ctx, identifier, network)
	if err != nil {
		return Session{}, err
	}
	if err := s.admit(ctx, c, identifier, network); err != nil {
		return Session{}, err
	}
	hash := c.Password
	if c.Disabled {
		hash = ""
	}
	ok, renew, err := s.hasher.check(ctx, password, hash)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, s.refuse(ctx, c, "sign-in.failed", network, agent, errWrong())
	}
	renewed := ""
	if renew {
		if renewed, err = s.hasher.hash(ctx, password); err != nil {
			return Session{}, err
		}
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (Session, error) {
		who, err := s.holdUser(ctx, tx, c, renewed)
		if err != nil {
			return Session{}, err
		}
		if err := forgive(ctx, tx, signInPair, identifier+" "+network); err != nil {
			return Session{}, err
		}
		if err := forgive(ctx, tx, signInAccount, identifier); err != nil {
			return Session{}, err
		}
		if c.Second {
			return s.oweStep(ctx, tx, c.ID, network, agent)
		}
		if err := s.rememberNetwork(ctx, tx, c.ID, network); err != nil {
			return Session{}, err
		}
		return s.openSession(ctx, tx, who, network, agent)
	})
}

func errTooMany(l Limit) error {
	f := fault.New(fault.TooMany, "尝试次数过多，请在 %d 分钟后再试。", int(l.Retry/time.Minute)+1)
	f.Retry = l.Retry
	return f
}

func errWrong() error {
	return fault.New(fault.Unauthenticated, "账号或密码不正确。")
}

func (s *Service) candidate(ctx context.Context, identifier, network string) (candidate, error) {
	var c candidate
	err := s.pool.QueryRow(ctx, `
		SELECT u.id, u.password, u.password_changed_at, u.disabled_at IS NOT NULL, `+hasFactor+`, k.user_id IS NOT NULL
		FROM users u
		LEFT JOIN known_networks k ON k.user_id = u.id AND k.network = @network AND k.seen_at > @since
		WHERE u.identifier = @identifier`,
		pgx.NamedArgs{"identifier": identifier, "network": subjectHash(network), "since": s.now().Add(-s.rules.Networks)},
	).Scan(&c.ID, &c.Password, &c.Changed, &c.Disabled, &c.Second, &c.Known)
	if errors.Is(err, pgx.ErrNoRows) {
		return candidate{}, nil
	}
	if err != nil {
		return candidate{}, fmt.Errorf("sign in: %w", err)
	}
	return c, nil
}

// admit counts the attempt before the password is looked at, so that a burst
// of parallel guesses counts in full. Guesses from strangers fill a counter
// that the owner, coming from a network the account knows, does not depend on.
func (s *Service) admit(ctx context.Context, c candidate, identifier, network string) error {
	counts := []struct{ bucket, subject string }{
		{signInNetwork, network},
		{signInPair, identifier + " " + network},
		{signInAccount, identifier},
	}
	for _, n := range counts {
		if n.bucket == signInAccount && c.Known {
			continue
		}
		limit, err := s.Allow(ctx, n.bucket, n.subject)
		if err != nil {
			return err
		}
		if limit.Allowed {
			continue
		}
		tooMany := errTooMany(limit)
		if !limit.First {
			return tooMany
		}
		return s.refuse(ctx, c, "sign-in.limited", network, "", tooMany)
	}
	return nil
}

// refuse records a refusal and returns answer. What was typed is not kept: it
// may be a password in the wrong field.
func (s *Service) refuse(ctx context.Context, c candidate, act, network, agent string, answer error) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, journal.Write(ctx, tx, Entry(Actor{}, "account", fmt.Sprint(c.ID), act,
			map[string]string{"network": network, "agent": agent}))
	})
	if err != nil {
		return err
	}
	return answer
}

// holdUser looks at the account once more under a lock: it may have been
// disabled, or got another password, while this one was being checked.
func (s *Service) holdUser(ctx context.Context, tx pgx.Tx, c candidate, renewed string) (Actor, error) {
	lock := "FOR SHARE"
	if renewed != "" {
		lock = "FOR NO KEY UPDATE"
	}
	var who Actor
	err := tx.QueryRow(ctx, `
		SELECT id, name, side, coalesce(department_id, 0)
		FROM users
		WHERE id = @id AND disabled_at IS NULL AND password_changed_at IS NOT DISTINCT FROM @changed
		`+lock,
		pgx.NamedArgs{"id": c.ID, "changed": c.Changed}).Scan(&who.ID, &who.Name, &who.Side, &who.Department)
	if errors.Is(err, pgx.ErrNoRows) {
		return who, errWrong()
	}
	if err != nil {
		return who, fmt.Errorf("sign in: %w", err)
	}
	if who.Roles, err = rolesOf(ctx, tx, c.ID); err != nil {
		return who, err
	}
	if renewed != "" {
		_, err = tx.Exec(ctx, `UPDATE users SET password = @hash WHERE id = @id`, pgx.NamedArgs{"hash": renewed, "id": c.ID})
	}
	return who, err
}

// rememberNetwork keeps where the account signed in from, and tells its owner
// of a network that is new to it.
func (s *Service) rememberNetwork(ctx context.Context, tx pgx.Tx, userID int64, network string) error {
	var fresh bool // the row is new if no transaction had to change it
	err := tx.QueryRow(ctx, `
		INSERT INTO known_networks (user_id, network, seen_at)
		VALUES (@user, @network, @now)
		ON CONFLICT (user_id, network) DO UPDATE SET seen_at = excluded.seen_at
		RETURNING xmax = 0`,
		pgx.NamedArgs{"user": userID, "network": subjectHash(network), "now": s.now()}).Scan(&fresh)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	if !fresh {
		return nil
	}
	return s.tell(ctx, tx, userID, "", Notice{What: NewNetwork, Network: network})
}

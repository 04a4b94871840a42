package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// The buckets of sign-up and recovery.
const (
	signUpNetwork  = "sign-up-network"
	signUpAddress  = "sign-up-address"
	recoverNetwork = "recover-network"
	recoverAddress = "recover-address"
)

// NewPerson is what somebody who signs up says of themselves.
type NewPerson struct {
	Name     string
	Password string
	Agreed   bool // has read the privacy notice
}

// SignUp begins with an e-mail address: a letter goes out with a link that the
// account is made by. It does the same, in the same time, whether the address
// has an account or not; then the letter says so. No row of ours holds a person
// who did not follow the link. It returns fault.TooMany where too many were
// asked for.
func (s *Service) SignUp(ctx context.Context, identifier, ip string) error {
	identifier, err := Identifier(identifier)
	if err != nil {
		return err
	}
	if IsPhone(identifier) {
		return fault.At("identifier", "手机号不能用邮件确认。")
	}
	network := Network(ip)
	if err := s.admitAll(ctx, [2]string{signUpNetwork, network}, [2]string{signUpAddress, identifier}); err != nil {
		return err
	}
	return s.sendLink(ctx, linkSignUp, identifier, network)
}

// SigningUp is the address that a sign-up link was mailed to. It returns
// fault.Gone for one that is used, too old or not ours.
func (s *Service) SigningUp(ctx context.Context, secret string) (string, error) {
	l, err := s.linkOpen(ctx, linkSignUp, secret)
	return l.Identifier, err
}

// CompleteSignUp makes the account that a link was mailed for, and signs in.
// The password is chosen here and not before, by whoever has the mailbox: a
// stranger who signed up for it cannot know it. It returns fault.Gone for a
// link that is not good, fault.Conflict where the address has an account by
// now, and fault.Invalid for a field that is wrong; then the link stays good.
func (s *Service) CompleteSignUp(ctx context.Context, secret string, p NewPerson, ip, agent string) (Session, error) {
	l, err := s.linkOpen(ctx, linkSignUp, secret)
	if err != nil {
		return Session{}, err
	}
	name, hash, err := s.checkPerson(ctx, p, l.Identifier)
	if err != nil {
		return Session{}, err
	}
	network := Network(ip)
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (Session, error) {
		if l, err = s.useLink(ctx, tx, linkSignUp, secret); err != nil {
			return Session{}, err
		}
		who, err := s.insertPerson(ctx, tx, l.Identifier, name, hash, true)
		if err != nil {
			return Session{}, err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO known_networks (user_id, network, seen_at) VALUES ($1, $2, $3)`, who.ID, subjectHash(network), s.now()); err != nil {
			return Session{}, fmt.Errorf("sign up: %w", err)
		}
		return s.openSession(ctx, tx, who, network, agent)
	})
}

// SignUpByPhone makes an account for a phone number, which nothing here can
// confirm: there is no way to send to it. Whether the number has an account
// already is not told; whoever asked finds out by signing in.
func (s *Service) SignUpByPhone(ctx context.Context, identifier string, p NewPerson, ip string) error {
	identifier, err := Identifier(identifier)
	if err != nil {
		return err
	}
	if !IsPhone(identifier) {
		return fault.At("identifier", "请填写手机号。")
	}
	if err := s.admitAll(ctx, [2]string{signUpNetwork, Network(ip)}, [2]string{signUpAddress, identifier}); err != nil {
		return err
	}
	name, hash, err := s.checkPerson(ctx, p, identifier)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (Actor, error) {
		return s.insertPerson(ctx, tx, identifier, name, hash, false)
	})
	if fault.KindOf(err) == fault.Conflict {
		return nil
	}
	return err
}

func (s *Service) checkPerson(ctx context.Context, p NewPerson, identifier string) (name, hash string, err error) {
	if name, err = label("name", p.Name); err != nil {
		return "", "", err
	}
	if err := NobodysOffice(ctx, s.pool, "name", name); err != nil {
		return "", "", err
	}
	if err := checkNewPassword(p.Password, identifier); err != nil {
		return "", "", err
	}
	if !p.Agreed {
		return "", "", fault.At("agreed", "请先看隐私说明，并勾选。")
	}
	hash, err = s.hasher.hash(ctx, p.Password)
	return name, hash, err
}

// insertPerson makes an account without roles, on the side of those who use.
func (s *Service) insertPerson(ctx context.Context, tx pgx.Tx, identifier, name, hash string, confirmed bool) (Actor, error) {
	who := Actor{Name: name, Side: Use}
	err := tx.QueryRow(ctx, `
		INSERT INTO users (identifier, name, password, password_changed_at, side, created_at, confirmed_at, agreed_at)
		VALUES (@identifier, @name, @hash, @now, @side, @now, CASE WHEN @confirmed THEN @now::timestamptz END, @now)
		RETURNING id`,
		pgx.NamedArgs{"identifier": identifier, "name": name, "hash": hash, "now": s.now(), "side": Use, "confirmed": confirmed}).Scan(&who.ID)
	if err != nil {
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.ConstraintName == "users_identifier_key" {
			return who, fault.New(fault.Conflict, "这个邮箱已经有账号，请直接登录；忘了密码可以找回。")
		}
		return who, taken(err)
	}
	return who, record(ctx, tx, who, who.ID, "account.signed-up", nil)
}

// Recover mails a link to set a new password. It does the same, in the same
// time, whether the address has an account or not; then the letter says so. A
// phone number gets nothing, and that depends on no account either.
func (s *Service) Recover(ctx context.Context, identifier, ip string) error {
	identifier, err := Identifier(identifier)
	if err != nil {
		return err
	}
	if IsPhone(identifier) {
		return fault.At("identifier", "手机号不能收信，找回密码只能用邮箱；请找系统管理员。")
	}
	network := Network(ip)
	if err := s.admitAll(ctx, [2]string{recoverNetwork, network}, [2]string{recoverAddress, identifier}); err != nil {
		return err
	}
	return s.sendLink(ctx, linkRecover, identifier, network)
}

// Recovering is the account that a recovery link opens, by its identifier.
func (s *Service) Recovering(ctx context.Context, secret string) (string, error) {
	l, err := s.linkOpen(ctx, linkRecover, secret)
	if err == nil && l.User == 0 {
		err = errLink()
	}
	return l.Identifier, err
}

// CompleteRecovery sets the password of the account that a link was mailed for,
// and ends all its sessions; nobody is signed in by it, so that a second factor
// is still asked for. It returns fault.Gone for a link that is not good, and
// fault.Invalid for a password that cannot be; then the link stays good.
func (s *Service) CompleteRecovery(ctx context.Context, secret, password string) error {
	l, err := s.linkOpen(ctx, linkRecover, secret)
	if err != nil {
		return err
	}
	if l.User == 0 {
		return errLink()
	}
	if err := checkNewPassword(password, l.Identifier); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		l, err := s.useLink(ctx, tx, linkRecover, secret)
		if err != nil {
			return struct{}{}, err
		}
		who := Actor{ID: l.User}
		err = tx.QueryRow(ctx, `
			UPDATE users SET confirmed_at = coalesce(confirmed_at, @now)
			WHERE id = @id AND disabled_at IS NULL AND identifier = @identifier
			RETURNING name, side, coalesce(department_id, 0)`,
			pgx.NamedArgs{"id": l.User, "identifier": l.Identifier, "now": s.now()}).Scan(&who.Name, &who.Side, &who.Department)
		if errors.Is(err, pgx.ErrNoRows) {
			return struct{}{}, errLink()
		}
		if err != nil {
			return struct{}{}, fmt.Errorf("recover: %w", err)
		}
		if err := s.putPassword(ctx, tx, l.User, hash, ""); err != nil {
			return struct{}{}, err
		}
		if err := forgive(ctx, tx, signInAccount, l.Identifier); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, record(ctx, tx, who, l.User, "password.recovered", nil)
	})
	return err
}

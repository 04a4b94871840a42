package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// The buckets of second steps.
const (
	factorTries  = "factor"
	confirmTries = "confirm"
)

const (
	totpPeriod    = 30 // seconds (RFC 6238, 5.2)
	totpSkew      = 1  // steps that a clock may be off, either way
	recoveryCodes = 10
	stepValid     = 10 * time.Minute // to give the second factor
	stepTries     = 5
)

// Factors are the second steps that an account has.
type Factors struct {
	TOTP     bool
	Codes    int // recovery codes left
	Passkeys []Passkey
	Password bool      // it has one
	Identity bool      // it is linked to a provider of identity
	Staff    bool      // has roles: the rules of the platform want a second factor
	Due      time.Time // until when, if it has none; zero where none is wanted
	Resting  bool      // that day is over, and the roles rest
}

// Any reports whether there is a second step.
func (f Factors) Any() bool { return f.TOTP || len(f.Passkeys) > 0 }

// hasFactor is the condition in SQL that the user u has a second step.
const hasFactor = `(EXISTS (SELECT FROM totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL) OR EXISTS (SELECT FROM passkeys p WHERE p.user_id = u.id))`

// Factors are a's own.
func (s *Service) Factors(ctx context.Context, a Actor) (Factors, error) {
	var f Factors
	var granted *time.Time
	var sample bool
	err := s.pool.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL),
			(SELECT count(*) FROM recovery_codes c WHERE c.user_id = u.id AND c.used_at IS NULL),
			(SELECT min(granted_at) FROM user_roles r WHERE r.user_id = u.id), u.sample,
			u.password <> '', EXISTS (SELECT FROM identities i WHERE i.user_id = u.id)
		FROM users u WHERE u.id = $1`, a.ID).Scan(&f.TOTP, &f.Codes, &granted, &sample, &f.Password, &f.Identity)
	if err != nil {
		return f, fmt.Errorf("factors: %w", err)
	}
	if f.Passkeys, err = s.passkeys(ctx, a.ID); err != nil {
		return f, err
	}
	if f.Staff = granted != nil; f.Staff && !f.Any() {
		f.Due = granted.Add(s.rules.SecondFactor)
		f.Resting = !sample && s.now().After(f.Due)
	}
	return f, nil
}

// BeginTOTP makes the secret that an authenticator app is to be given, or
// returns the one that still waits for its first code; one that waited too long
// is void. It returns
// fault.Conflict where the account has one that is in use.
func (s *Service) BeginTOTP(ctx context.Context, a Actor) (*otp.Key, error) {
	if err := s.RequireFresh(a); err != nil {
		return nil, err
	}
	fresh := make([]byte, 20)
	rand.Read(fresh)
	var locked []byte
	err := s.pool.QueryRow(ctx, `
		INSERT INTO totp (user_id, secret, created_at) VALUES (@user, @secret, @now)
		ON CONFLICT (user_id) DO UPDATE
		SET secret = CASE WHEN totp.created_at > @since THEN totp.secret ELSE excluded.secret END,
			created_at = CASE WHEN totp.created_at > @since THEN totp.created_at ELSE excluded.created_at END
		WHERE totp.confirmed_at IS NULL
		RETURNING secret`,
		pgx.NamedArgs{"since": s.now().Add(-s.rules.Pending), "user": a.ID, "secret": s.keeper.lock("totp", strconv.FormatInt(a.ID, 10), fresh), "now": s.now()}).Scan(&locked)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.Conflict, "验证器已经开启。要换一个，请先关闭。")
	}
	if err != nil {
		return nil, fmt.Errorf("totp: %w", err)
	}
	return s.totpKey(ctx, a, locked)
}

// PendingTOTP is the secret that waits for its first code. It returns
// fault.NotFound where none does.
func (s *Service) PendingTOTP(ctx context.Context, a Actor) (*otp.Key, error) {
	if err := s.RequireFresh(a); err != nil {
		return nil, err
	}
	var locked []byte
	err := s.pool.QueryRow(ctx, `SELECT secret FROM totp WHERE user_id = $1 AND confirmed_at IS NULL AND created_at > $2`, a.ID, s.now().Add(-s.rules.Pending)).Scan(&locked)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "没有等着开启的验证器。")
	}
	if err != nil {
		return nil, fmt.Errorf("totp: %w", err)
	}
	return s.totpKey(ctx, a, locked)
}

func (s *Service) totpKey(ctx context.Context, a Actor, locked []byte) (*otp.Key, error) {
	secret, err := s.keeper.open("totp", strconv.FormatInt(a.ID, 10), locked)
	if err != nil {
		return nil, err
	}
	user, err := s.Own(ctx, a)
	if err != nil {
		return nil, err
	}
	return totp.Generate(totp.GenerateOpts{Issuer: "Shuyuan", AccountName: user.Identifier, Secret: secret, Period: totpPeriod})
}

// ConfirmTOTP begins to ask for codes once the first is right, and returns the
// recovery codes, this once.
func (s *Service) ConfirmTOTP(ctx context.Context, a Actor, code string) ([]string, error) {
	if err := s.RequireFresh(a); err != nil {
		return nil, err
	}
	if err := s.admitAll(ctx, [2]string{factorTries, strconv.FormatInt(a.ID, 10)}); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) ([]string, error) {
		if err := lockUser(ctx, tx, a.ID); err != nil {
			return nil, err
		}
		if err := s.takeTOTP(ctx, tx, a.ID, code, false); err != nil {
			return nil, err
		}
		if _, err := tx.Exec(ctx, `UPDATE totp SET confirmed_at = $2 WHERE user_id = $1`, a.ID, s.now()); err != nil {
			return nil, fmt.Errorf("totp: %w", err)
		}
		codes, err := s.putCodes(ctx, tx, a.ID)
		if err != nil {
			return nil, err
		}
		return codes, s.factorChanged(ctx, tx, a, FactorAdded, "factor.totp-added")
	})
}

// RemoveTOTP stops asking for codes.
func (s *Service) RemoveTOTP(ctx context.Context, a Actor) error {
	if err := s.RequireFresh(a); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		tag, err := tx.Exec(ctx, `DELETE FROM totp WHERE user_id = $1`, a.ID)
		if err == nil && tag.RowsAffected() == 0 {
			return struct{}{}, nil
		}
		if err == nil {
			err = s.dropCodes(ctx, tx, a.ID)
		}
		if err != nil {
			return struct{}{}, fmt.Errorf("totp: %w", err)
		}
		return struct{}{}, s.factorChanged(ctx, tx, a, FactorRemoved, "factor.totp-removed")
	})
	return err
}

// NewCodes makes new recovery codes, and the old ones are void.
func (s *Service) NewCodes(ctx context.Context, a Actor) ([]string, error) {
	if err := s.RequireFresh(a); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) ([]string, error) {
		if err := lockUser(ctx, tx, a.ID); err != nil {
			return nil, err
		}
		var has bool
		if err := tx.QueryRow(ctx, `SELECT `+hasFactor+` FROM users u WHERE u.id = $1`, a.ID).Scan(&has); err != nil {
			return nil, err
		}
		if !has {
			return nil, fault.New(fault.Conflict, "还没有开启两步验证。")
		}
		codes, err := s.putCodes(ctx, tx, a.ID)
		if err != nil {
			return nil, err
		}
		return codes, record(ctx, tx, a, a.ID, "factor.codes-made", nil)
	})
}

// factorChanged tells the owner and the trail.
func (s *Service) factorChanged(ctx context.Context, tx pgx.Tx, a Actor, what, act string) error {
	if err := s.tell(ctx, tx, a.ID, a.Session, Notice{What: what}); err != nil {
		return err
	}
	return record(ctx, tx, a, a.ID, act, nil)
}

// putCodes replaces the recovery codes: 80 random bits each, so that a plain
// hash keeps them.
func (s *Service) putCodes(ctx context.Context, tx pgx.Tx, user int64) ([]string, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM recovery_codes WHERE user_id = $1`, user); err != nil {
		return nil, fmt.Errorf("recovery codes: %w", err)
	}
	var codes []string
	for range recoveryCodes {
		code := NewPassword()
		codes = append(codes, code)
		if _, err := tx.Exec(ctx, `INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)`, user, sum(code)); err != nil {
			return nil, fmt.Errorf("recovery codes: %w", err)
		}
	}
	return codes, nil
}

// dropCodes voids the recovery codes of an account that has no second step left.
func (s *Service) dropCodes(ctx context.Context, tx pgx.Tx, user int64) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM recovery_codes c USING users u
		WHERE c.user_id = $1 AND u.id = $1 AND NOT `+hasFactor, user)
	return err
}

func errCode() error {
	return fault.At("code", "验证码不正确，或者已经用过。请等下一个，或用一个恢复码。")
}

// takeFactor takes a code of the app or a recovery code, each once.
func (s *Service) takeFactor(ctx context.Context, tx pgx.Tx, user int64, code string) error {
	code = strings.ToLower(strings.TrimSpace(code))
	if len(code) > 64 {
		return errCode()
	}
	if plain := strings.ReplaceAll(code, " ", ""); len(plain) == 6 {
		return s.takeTOTP(ctx, tx, user, plain, true)
	}
	tag, err := tx.Exec(ctx, `UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND hash = $2 AND used_at IS NULL`, user, sum(code), s.now())
	if err != nil {
		return fmt.Errorf("recovery code: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errCode()
	}
	return nil
}

// takeTOTP takes a code of a step that none was taken of yet, nor of a later
// one: a code that was read over a shoulder is worth nothing.
func (s *Service) takeTOTP(ctx context.Context, tx pgx.Tx, user int64, code string, confirmed bool) error {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	var locked []byte
	var last int64
	err := tx.QueryRow(ctx, `SELECT secret, last_step FROM totp WHERE user_id = $1 AND (confirmed_at IS NOT NULL) = $2 AND ($2 OR created_at > $3) FOR UPDATE`, user, confirmed, s.now().Add(-s.rules.Pending)).Scan(&locked, &last)
	if errors.Is(err, pgx.ErrNoRows) {
		return errCode()
	}
	if err != nil {
		return fmt.Errorf("totp: %w", err)
	}
	secret, err := s.keeper.open("totp", strconv.FormatInt(user, 10), locked)
	if err != nil {
		return err
	}
	spelled := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	now := s.now().Unix() / totpPeriod
	for step := now - totpSkew; step <= now+totpSkew; step++ {
		want, err := hotp.GenerateCode(spelled, uint64(step)) //nolint:gosec // time is after 1970
		if err != nil {
			return fmt.Errorf("totp: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > last {
			_, err := tx.Exec(ctx, `UPDATE totp SET last_step = $2 WHERE user_id = $1`, user, step)
			return err
		}
	}
	return errCode()
}

// oweStep is a sign-in that owes the second step.
func (s *Service) oweStep(ctx context.Context, tx pgx.Tx, user int64, network, agent string) (Session, error) {
	out := Session{Step: randomHex(32), Expires: s.now().Add(stepValid)}
	_, err := tx.Exec(ctx, `INSERT INTO sign_in_steps (hash, user_id, network, agent, expires_at) VALUES (@hash, @user, @network, @agent, @expires)`,
		pgx.NamedArgs{"hash": sum(out.Step), "user": user, "network": network, "agent": shortAgent(agent), "expires": out.Expires})
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	return out, nil
}

func errStep() error {
	return fault.New(fault.Unauthenticated, "这次登录已经过期，请从头再来。")
}

// FinishSignIn opens the session that owes its second step, for a code of the
// app or a recovery code. It returns fault.Invalid at "code" for a wrong one,
// and fault.Unauthenticated once there were too many or too much time went by.
func (s *Service) FinishSignIn(ctx context.Context, step, code string) (Session, error) {
	var user int64
	var network, agent string
	var provider bool
	err := s.pool.QueryRow(ctx, `
		UPDATE sign_in_steps SET tries = tries + 1
		WHERE hash = @hash AND expires_at > @now AND tries < @most
		RETURNING user_id, network, agent, provider`, // before the code is looked at: guesses at once count in full
		pgx.NamedArgs{"hash": sum(step), "now": s.now(), "most": stepTries}).Scan(&user, &network, &agent, &provider)
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, errStep()
	}
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	if err := s.admitAll(ctx, [2]string{factorTries, strconv.FormatInt(user, 10)}); err != nil {
		return Session{}, err
	}
	out, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (Session, error) {
		tag, err := tx.Exec(ctx, `DELETE FROM sign_in_steps WHERE hash = $1`, sum(step))
		if err != nil {
			return Session{}, fmt.Errorf("sign in: %w", err)
		}
		if tag.RowsAffected() == 0 { // another request finished it
			return Session{}, errStep()
		}
		if err := s.takeFactor(ctx, tx, user, code); err != nil {
			return Session{}, err
		}
		out, err := s.openStrong(ctx, tx, user, network, agent)
		if err == nil && provider {
			_, err = tx.Exec(ctx, `UPDATE sessions SET provider = true WHERE id = $1`, out.ID)
		}
		return out, err
	})
	if fault.Of(err).Field == "code" {
		return out, s.refuse(ctx, candidate{ID: user}, "sign-in.factor-failed", network, agent, err)
	}
	return out, err
}

// openStrong opens a session of a user who gave two factors.
func (s *Service) openStrong(ctx context.Context, tx pgx.Tx, user int64, network, agent string) (Session, error) {
	who := Actor{ID: user}
	err := tx.QueryRow(ctx, `SELECT name, side, coalesce(department_id, 0) FROM users WHERE id = $1 AND disabled_at IS NULL FOR SHARE`, user).Scan(&who.Name, &who.Side, &who.Department)
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, errStep()
	}
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	if who.Roles, err = rolesOf(ctx, tx, user); err != nil {
		return Session{}, err
	}
	if err := s.rememberNetwork(ctx, tx, user, network); err != nil {
		return Session{}, err
	}
	out, err := s.openSession(ctx, tx, who, network, agent)
	if err != nil {
		return Session{}, err
	}
	if err := forgive(ctx, tx, factorTries, strconv.FormatInt(user, 10)); err != nil {
		return Session{}, err
	}
	_, err = tx.Exec(ctx, `UPDATE sessions SET strong = true WHERE id = $1`, out.ID)
	return out, err
}

// Fresh reports whether a showed of late who they are. An act of weight asks
// for it.
func (s *Service) Fresh(a Actor) bool {
	return a.Session != "" && s.now().Sub(a.Confirmed) < s.rules.StepUp
}

// RequireFresh returns fault.Forbidden unless a showed of late who they are:
// for services whose acts bind people or open doors. A page asks for it first,
// by a route that says Fresh.
func (s *Service) RequireFresh(a Actor) error {
	switch {
	case a.Session == "":
		return errSignIn()
	case !s.Fresh(a):
		return fault.New(fault.Forbidden, "做这件事以前，请再确认一次身份。")
	}
	return nil
}

// Confirm shows anew who a is: by the password, or by a code where the account
// has a second step, since a password alone would be less than what opened the
// session. It returns fault.Invalid at "password" or "code", and fault.TooMany.
func (s *Service) Confirm(ctx context.Context, a Actor, password, code string) error {
	if a.Session == "" {
		return errSignIn()
	}
	if err := s.admitAll(ctx, [2]string{confirmTries, strconv.FormatInt(a.ID, 10)}); err != nil {
		return err
	}
	var hash string
	var has bool
	if err := s.pool.QueryRow(ctx, `SELECT u.password, `+hasFactor+` FROM users u WHERE u.id = $1`, a.ID).Scan(&hash, &has); err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	if !has {
		if err := checkPasswordInput(password); err != nil {
			return err
		}
		ok, _, err := s.hasher.check(ctx, password, hash)
		if err != nil {
			return err
		}
		if !ok {
			return fault.At("password", "密码不正确。")
		}
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		how := byPassword
		if has {
			if err := s.takeFactor(ctx, tx, a.ID, code); err != nil {
				return struct{}{}, err
			}
			if how = byTOTP; len(strings.ReplaceAll(code, " ", "")) != 6 {
				how = byRecovery
			}
		}
		return struct{}{}, s.confirmed(ctx, tx, a, how)
	})
	return err
}

// How somebody shows anew who they are.
const (
	byPassword = "password"
	byTOTP     = "totp"
	byRecovery = "recovery"
	byPasskey  = "passkey"
	byIdentity = "identity"
)

// confirmed notes that the holder of a's session showed who they are, and how.
func (s *Service) confirmed(ctx context.Context, tx pgx.Tx, a Actor, how string) error {
	if _, err := tx.Exec(ctx, `UPDATE sessions SET confirmed_at = greatest(confirmed_at, $2), confirmed_by = $3 WHERE id = $1`, a.Session, s.now(), how); err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	if err := forgive(ctx, tx, confirmTries, strconv.FormatInt(a.ID, 10)); err != nil {
		return err
	}
	return record(ctx, tx, a, a.ID, "session.confirmed", nil)
}

package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Known is somebody whom a provider of identity knows. Only issuer and subject
// say who it is; the rest fills in a form.
type Known struct {
	Issuer, Subject string
	Name            string
	Email           string // only where the provider verified it
	Strong          bool   // two factors were given there
}

// Identity is a link between an account and a provider of identity.
type Identity struct {
	Issuer, Subject string
	By              string // self, staff or sign-up
	Linked          time.Time
	LastUsed        *time.Time // the day
}

// The ways in which accounts and providers are linked.
const (
	bySelf   = "self"
	byStaff  = "staff"
	bySignUp = "sign-up"
)

// byProvider begins the identifier of an account that has no address.
const byProvider = "oidc:"

// Addressless reports whether an identifier is neither an address nor a number.
func Addressless(identifier string) bool { return strings.HasPrefix(identifier, byProvider) }

// Seal locks v for a browser to keep until it is given back to Unseal for the
// same purpose.
func (s *Service) Seal(purpose string, v any) (string, error) {
	plain, err := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(s.keeper.lock("browser", purpose, plain)), err
}

// Unseal is what Seal was given; false for anything else.
func (s *Service) Unseal(purpose, sealed string, v any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) > 4<<10 {
		return false
	}
	plain, err := s.keeper.open("browser", purpose, raw)
	return err == nil && json.Unmarshal(plain, v) == nil
}

// Once returns fault.Unauthenticated where a secret was spent before, by whichever
// replica, and spends it.
func (s *Service) Once(ctx context.Context, secret string, valid time.Duration) error {
	tag, err := s.pool.Exec(ctx, `INSERT INTO used_challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, sum("once "+secret), s.now().Add(valid))
	if err != nil {
		return fmt.Errorf("once: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errStep()
	}
	return nil
}

// AdmitStranger counts one sign-in from a network before anybody outside is asked
// about it. It returns fault.TooMany.
func (s *Service) AdmitStranger(ctx context.Context, ip string) error {
	return s.admitAll(ctx, [2]string{signInNetwork, Network(ip)})
}

// SignInByIdentity opens a session for whom a provider of identity knows. It
// returns fault.NotFound where no account is linked, and fault.Forbidden where
// it is disabled. Where the account has a second step here, the session that is
// returned owes it, whatever the provider asked.
func (s *Service) SignInByIdentity(ctx context.Context, k Known, ip, agent string) (Session, error) {
	network := Network(ip)
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (Session, error) {
		user, second, err := s.knownUser(ctx, tx, k)
		if err != nil {
			return Session{}, err
		}
		if second {
			out, err := s.oweStep(ctx, tx, user, network, agent)
			if err == nil {
				_, err = tx.Exec(ctx, `UPDATE sign_in_steps SET provider = true WHERE hash = $1`, sum(out.Step))
			}
			return out, err
		}
		return s.openByProvider(ctx, tx, user, k.Strong, network, agent)
	})
}

// knownUser is the account of whom a provider knows, locked, and whether it has a
// second step here.
func (s *Service) knownUser(ctx context.Context, tx pgx.Tx, k Known) (user int64, second bool, err error) {
	var disabled bool
	err = tx.QueryRow(ctx, `
		UPDATE identities i SET last_used_on = @day FROM users u
		WHERE i.issuer = @issuer AND i.subject = @subject AND u.id = i.user_id
		RETURNING u.id, u.disabled_at IS NOT NULL, `+hasFactor,
		pgx.NamedArgs{"issuer": k.Issuer, "subject": k.Subject, "day": s.now().Format(time.DateOnly)}).Scan(&user, &disabled, &second)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, false, fault.New(fault.NotFound, "您的身份还没有关联本站的账号。已有账号的，先用密码登录，再在“账户”里关联；公务人员请找系统管理员预先登记。")
	case err != nil:
		return 0, false, fmt.Errorf("identity: %w", err)
	case disabled:
		return 0, false, fault.New(fault.Forbidden, "这个账号已经停用，请找系统管理员。")
	}
	return user, second, nil
}

func (s *Service) openByProvider(ctx context.Context, tx pgx.Tx, user int64, strong bool, network, agent string) (Session, error) {
	who := Actor{ID: user}
	err := tx.QueryRow(ctx, `SELECT name, side, coalesce(department_id, 0) FROM users WHERE id = $1 AND disabled_at IS NULL FOR SHARE`, user).Scan(&who.Name, &who.Side, &who.Department)
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
	_, err = tx.Exec(ctx, `UPDATE sessions SET provider = true, strong = $2 WHERE id = $1`, out.ID, strong)
	return out, err
}

// SignUpByIdentity makes the account of a natural person whom the provider knows
// and nobody here does, and signs in. An address that the provider verified
// becomes its identifier, where no account has it; it returns fault.Conflict
// where one does: whoever has that one links it from inside.
func (s *Service) SignUpByIdentity(ctx context.Context, k Known, name string, agreed bool, ip, agent string) (Session, error) {
	name, err := label("name", name)
	if err != nil {
		return Session{}, err
	}
	if !agreed {
		return Session{}, fault.At("agreed", "请先看隐私说明，并勾选。")
	}
	network := Network(ip)
	if err := s.admitAll(ctx, [2]string{signUpNetwork, network}); err != nil {
		return Session{}, err
	}
	identifier, err := Identifier(k.Email)
	if err != nil || IsPhone(identifier) {
		identifier = byProvider + randomHex(16)
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (Session, error) {
		who, err := s.insertPerson(ctx, tx, identifier, name, "", true)
		if fault.KindOf(err) == fault.Conflict {
			return Session{}, fault.New(fault.Conflict, "您的邮箱在这里已经有账号。请先用它登录（忘了密码可以找回），再在“账户”里关联。")
		}
		if err != nil {
			return Session{}, err
		}
		if err := s.insertIdentity(ctx, tx, k, who.ID, bySignUp); err != nil {
			return Session{}, err
		}
		if err := record(ctx, tx, who, who.ID, "identity.linked", map[string]string{"by": bySignUp}); err != nil {
			return Session{}, err
		}
		return s.openByProvider(ctx, tx, who.ID, k.Strong, network, agent)
	})
}

func (s *Service) insertIdentity(ctx context.Context, tx pgx.Tx, k Known, user int64, by string) error {
	_, err := tx.Exec(ctx, `INSERT INTO identities (issuer, subject, user_id, linked_by, linked_at) VALUES (@issuer, @subject, @user, @by, @now)`,
		pgx.NamedArgs{"issuer": k.Issuer, "subject": k.Subject, "user": user, "by": by, "now": s.now()})
	pg, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok && pg.ConstraintName == "identities_pkey":
		return fault.At("subject", "这个身份已经关联另一个账号。").Because(err)
	case ok && pg.ConstraintName == "identities_user_id_issuer_key":
		return fault.New(fault.Conflict, "这个账号已经关联了一个身份，要换请先取消关联。").Because(err)
	case ok && pg.ConstraintName == "identities_subject_check":
		return fault.At("subject", "主体标识是 1 到 255 个可见的英文字符。").Because(err)
	case err != nil:
		return fmt.Errorf("identity: %w", err)
	}
	return nil
}

// LinkIdentity links the account of a, who is signed in and showed of late who
// they are, to whom the provider knows.
func (s *Service) LinkIdentity(ctx context.Context, a Actor, k Known) error {
	if err := s.RequireFresh(a); err != nil {
		return err
	}
	return s.link(ctx, a, a.ID, k, bySelf)
}

// PrepareIdentity links another's account to a subject before its first sign-in.
// The system administrator does it; not for the security and the audit
// administrator: whoever chooses the subject can enter the account.
func (s *Service) PrepareIdentity(ctx context.Context, who Actor, id int64, k Known) error {
	u, err := s.helped(ctx, who, id)
	if err != nil {
		return err
	}
	k.Subject = strings.TrimSpace(k.Subject)
	return s.link(ctx, who, u.ID, k, byStaff)
}

func (s *Service) link(ctx context.Context, who Actor, user int64, k Known, by string) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := lockUser(ctx, tx, user); err != nil {
			return struct{}{}, err
		}
		if err := s.insertIdentity(ctx, tx, k, user, by); err != nil {
			return struct{}{}, err
		}
		if err := s.tell(ctx, tx, user, who.Session, Notice{What: FactorAdded}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, record(ctx, tx, who, user, "identity.linked", map[string]string{"by": by})
	})
	return err
}

// UnlinkIdentity unlinks a's own account. It returns fault.Conflict where nothing
// else would open it.
func (s *Service) UnlinkIdentity(ctx context.Context, a Actor) error {
	if err := s.RequireFresh(a); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := lockUser(ctx, tx, a.ID); err != nil {
			return struct{}{}, err
		}
		var other bool
		if err := tx.QueryRow(ctx, `SELECT password <> '' OR EXISTS (SELECT FROM passkeys p WHERE p.user_id = u.id) FROM users u WHERE id = $1`, a.ID).Scan(&other); err != nil {
			return struct{}{}, fmt.Errorf("identity: %w", err)
		}
		if !other {
			return struct{}{}, fault.New(fault.Conflict, "取消关联以后就没有办法登录了：请先添加一把通行密钥，或者用“忘了密码”设一个密码。")
		}
		tag, err := tx.Exec(ctx, `DELETE FROM identities WHERE user_id = $1`, a.ID)
		if err != nil {
			return struct{}{}, fmt.Errorf("identity: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return struct{}{}, nil
		}
		return struct{}{}, s.factorChanged(ctx, tx, a, FactorRemoved, "identity.unlinked")
	})
	return err
}

// ConfirmByIdentity shows anew who a is: the provider asked them once more.
func (s *Service) ConfirmByIdentity(ctx context.Context, a Actor, k Known) error {
	if err := s.admitAll(ctx, [2]string{confirmTries, strconv.FormatInt(a.ID, 10)}); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		user, second, err := s.knownUser(ctx, tx, k)
		if err == nil && (user != a.ID || second) {
			err = errStep()
		}
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.confirmed(ctx, tx, a, byIdentity)
	})
	return err
}

// Identities are the links of a's own account.
func (s *Service) Identities(ctx context.Context, a Actor) ([]Identity, error) {
	return s.identities(ctx, a.ID)
}

// IdentitiesOf are the links of another's, for whoever may see accounts.
func (s *Service) IdentitiesOf(ctx context.Context, who Actor, id int64) ([]Identity, error) {
	if err := oversees(who); err != nil {
		return nil, err
	}
	return s.identities(ctx, id)
}

func (s *Service) identities(ctx context.Context, user int64) ([]Identity, error) {
	rows, err := s.pool.Query(ctx, `SELECT issuer, subject, linked_by AS by, linked_at AS linked, last_used_on AS last_used FROM identities WHERE user_id = $1 ORDER BY issuer`, user)
	if err != nil {
		return nil, fmt.Errorf("identities: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Identity])
}

package account

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/fault"
)

// UserFilter narrows the list of accounts. The zero value is all of them.
type UserFilter struct {
	Text          string // in the name or the identifier
	Role          Role   // has it
	Disabled      *bool
	Offset, Limit int
}

// Accounts is one page of the accounts, by name, and how many there are in all.
// The system administrator sees them to make and shut them, the security
// administrator to give them roles.
func (s *Service) Accounts(ctx context.Context, who Actor, f UserFilter) (page []User, total int, err error) {
	if err := oversees(who); err != nil {
		return nil, 0, err
	}
	const where = `
		WHERE (@text = '' OR strpos(lower(u.name), lower(@text)) > 0 OR strpos(u.identifier, lower(@text)) > 0)
		AND (@role = '' OR EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = u.id AND r.role = @role))
		AND (@disabled::boolean IS NULL OR (u.disabled_at IS NOT NULL) = @disabled)`
	args := pgx.NamedArgs{"text": strings.TrimSpace(f.Text), "role": string(f.Role), "disabled": f.Disabled, "offset": f.Offset, "limit": f.Limit}
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM users u`+where, args).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("accounts: %w", err)
	}
	page, err = s.users(ctx, given, where, args)
	return page, total, err
}

// AccountOf is one account, for whoever may see the list. It returns
// fault.NotFound where there is none.
func (s *Service) AccountOf(ctx context.Context, who Actor, id int64) (User, error) {
	if err := oversees(who); err != nil {
		return User{}, err
	}
	found, err := s.users(ctx, given, `WHERE u.id = @id`, pgx.NamedArgs{"id": id})
	if err == nil && len(found) == 0 {
		err = errNoAccount()
	}
	if err != nil {
		return User{}, err
	}
	return found[0], nil
}

// oversees returns fault.Forbidden unless who makes accounts or gives roles.
func oversees(who Actor) error {
	if administers(who) != nil && guards(who) != nil {
		return fault.New(fault.Forbidden, "只有系统管理员和安全管理员可以看账号。")
	}
	return nil
}

// notOneself returns fault.Forbidden where who would act on the own account: what
// takes two people is not done by one.
func notOneself(who Actor, id int64) error {
	if who.ID == id {
		return fault.New(fault.Forbidden, "不能对自己的账号这样做，请另一位管理员来做。")
	}
	return nil
}

// ResetPassword gives another account a password that is made here and returned
// this once, and ends its sessions. Those of the security and the audit
// administrator it does not touch: whoever knows their password is them.
func (s *Service) ResetPassword(ctx context.Context, who Actor, id int64) (password string, err error) {
	if _, err := s.helped(ctx, who, id); err != nil {
		return "", err
	}
	password = NewPassword()
	return password, s.setPassword(ctx, who, id, password, "")
}

// helped is another's account that the system administrator may open for its
// owner: not the own, nor those of the security and the audit administrator.
func (s *Service) helped(ctx context.Context, who Actor, id int64) (User, error) {
	if err := administers(who); err != nil {
		return User{}, err
	}
	if err := notOneself(who, id); err != nil {
		return User{}, err
	}
	u, err := s.AccountOf(ctx, who, id)
	if err == nil && (u.Side == GuardSecurity || u.Side == KeepAudit) {
		err = fault.New(fault.Forbidden, "安全管理员和审计管理员的密码，由本人用“忘记密码”重设，系统管理员不能代办。")
	}
	return u, err
}

// reasonMax is how long a reason may be, in characters: as long as the audit
// trail keeps.
const reasonMax = 500

// because is a reason fit for the audit trail.
func because(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > reasonMax {
		return "", fault.At("reason", "请写明原因，最多 %d 个字。", reasonMax)
	}
	return reason, nil
}

// standing is the side of an account that is made without roles: the one that
// whoever makes it says, so that roles of that side can be given later; without a
// word, that of those who use.
func (n NewUser) standing(side Side) (Side, error) {
	if len(n.Roles) > 0 || n.Side == "" {
		return side, nil
	}
	for _, known := range SideNames {
		if known.Side == n.Side {
			return n.Side, nil
		}
	}
	return "", fault.At("side", "没有这一边。")
}

package account

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mtibben/confusables"
	"golang.org/x/text/unicode/norm"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
)

// People correct what is kept of them (个人信息保护法 art. 46). Accounts that act
// for a body or play a part are named by the system administrator instead: their
// name stands under decisions.

// MayCorrect reports whether u names itself: whoever plays no role but that of a
// developer, which nobody gave.
func (u User) MayCorrect() bool {
	return u.Department == 0 && !slices.ContainsFunc(u.Roles, func(r Role) bool { return r != Developer })
}

func (s *Service) mayCorrect(ctx context.Context, a Actor) error {
	if a.Session == "" {
		return errSignIn()
	}
	u, err := s.Own(ctx, a)
	if err == nil && !u.MayCorrect() {
		err = fault.New(fault.Forbidden, "有角色或者属于部门的账号，名称和邮箱由系统管理员改。")
	}
	return err
}

// Rename changes the name of a's account. It returns fault.Invalid for one that
// cannot be, or that is a department's or a role's.
func (s *Service) Rename(ctx context.Context, a Actor, name string) error {
	if err := s.mayCorrect(ctx, a); err != nil {
		return err
	}
	name, err := label("name", name)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := NobodysOffice(ctx, tx, "name", name); err != nil {
			return none, err
		}
		tag, err := tx.Exec(ctx, `UPDATE users SET name = @name WHERE id = @id AND name <> @name`, pgx.NamedArgs{"id": a.ID, "name": name})
		if err != nil || tag.RowsAffected() == 0 {
			return none, err
		}
		return none, record(ctx, tx, a, a.ID, "account.renamed", nil)
	})
	return err
}

// NobodysOffice returns fault.Invalid at field if a name that a person chose
// holds the Chinese name of a department, or is its English one or that of a
// role, or looks like it: nobody speaks in the name of an office that way.
func NobodysOffice(ctx context.Context, q database.Querier, field, name string) error {
	rows, err := q.Query(ctx, `SELECT name, name_en FROM departments`)
	if err != nil {
		return fmt.Errorf("names of departments: %w", err)
	}
	offices, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Zh, En string }])
	if err != nil {
		return fmt.Errorf("names of departments: %w", err)
	}
	seen := skeleton(name)
	is := func(office string) bool { return office != "" && seen == skeleton(office) }
	for _, o := range offices {
		if strings.Contains(seen, skeleton(o.Zh)) || is(o.En) {
			return fault.At(field, "名称里不能有“%s”：那是部门或者职务。", o.Zh)
		}
	}
	for _, p := range Parts[1:] {
		if is(p.Zh) || is(p.En) {
			return fault.At(field, "名称里不能有“%s”：那是部门或者职务。", p.Zh)
		}
	}
	return nil
}

// skeleton is what a name looks like, without blanks and in one case.
func skeleton(name string) string {
	return confusables.Skeleton(strings.ToLower(norm.NFKC.String(strings.Join(strings.Fields(name), ""))))
}

const (
	addressAccount = "address-account"
	addressTo      = "address-to"
)

// ChangeAddress mails a link to the address that a's account is to be entered by.
// It does the same, in the same time, whether that address has an account; then
// the letter says so.
func (s *Service) ChangeAddress(ctx context.Context, a Actor, identifier string) error {
	if err := s.mayCorrect(ctx, a); err != nil {
		return err
	}
	identifier, err := Identifier(identifier)
	if err != nil {
		return err
	}
	if IsPhone(identifier) {
		return fault.At("identifier", "手机号不能收信，请填邮箱。")
	}
	if err := s.admitAll(ctx, [2]string{addressAccount, fmt.Sprint(a.ID)}, [2]string{addressTo, identifier}); err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		var known bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users WHERE identifier = $1)`, identifier).Scan(&known); err != nil {
			return none, fmt.Errorf("address: %w", err)
		}
		id, l := newLinkID(), Letter{What: LetterAddress, To: identifier, At: s.now()}
		if known {
			l.What = LetterAddressTaken
		}
		l.ID = hex.EncodeToString(id)
		if _, err := tx.Exec(ctx, `INSERT INTO one_time_links (id, purpose, identifier, user_id, created_at, expires_at) VALUES (@id, @purpose, @identifier, @user, @now, @expires)`,
			pgx.NamedArgs{"id": id, "purpose": linkAddress, "identifier": identifier, "user": a.ID, "now": l.At, "expires": l.At.Add(s.rules.Confirm)}); err != nil {
			return none, fmt.Errorf("address: %w", err)
		}
		return none, jobs.Announce(ctx, tx, l)
	})
	return err
}

// NewAddress is the address that a link leads a's account to.
func (s *Service) NewAddress(ctx context.Context, a Actor, secret string) (string, error) {
	l, err := s.linkOpen(ctx, linkAddress, secret)
	if err == nil && l.User != a.ID {
		err = errLink()
	}
	return l.Identifier, err
}

// CompleteAddress makes the address that a link was mailed to the one that a
// signs in by, and tells the one before. It returns fault.Gone for a link that is
// not good or was another's, and fault.Conflict where the address has an account.
func (s *Service) CompleteAddress(ctx context.Context, a Actor, secret string) error {
	if err := s.mayCorrect(ctx, a); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		l, err := s.useLink(ctx, tx, linkAddress, secret)
		if err == nil && l.User != a.ID {
			err = errLink()
		}
		if err != nil {
			return none, err
		}
		if err := s.tell(ctx, tx, a.ID, a.Session, Notice{What: AddressChanged}); err != nil { // to the address before
			return none, err
		}
		if _, err := tx.Exec(ctx, `UPDATE users SET identifier = @identifier, confirmed_at = @now WHERE id = @id`, pgx.NamedArgs{"id": a.ID, "identifier": l.Identifier, "now": s.now()}); err != nil {
			if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.ConstraintName == "users_identifier_key" {
				return none, fault.New(fault.Conflict, "这个邮箱已经有账号，不能再用。").Because(err)
			}
			return none, fmt.Errorf("address: %w", err)
		}
		// links that were mailed to the address before lead nowhere now
		if _, err := tx.Exec(ctx, `UPDATE one_time_links SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL`, a.ID, s.now()); err != nil {
			return none, fmt.Errorf("address: %w", err)
		}
		return none, record(ctx, tx, a, a.ID, "account.address-changed", nil)
	})
	return err
}

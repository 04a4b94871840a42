package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/text/unicode/norm"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// User is an account as administrators see it.
type User struct {
	ID         int64
	Identifier string
	Name       string
	Roles      []Role
	Side       Side
	Department int64
	Sample     bool
	Created    time.Time
	Disabled   *time.Time
}

// NewUser is what an account is made of. Without a password nobody can sign in
// until one is set.
type NewUser struct {
	Identifier string
	Name       string
	Roles      []Role
	Side       Side  // where it stands if it is made without roles
	Department int64 // the public body that is acted for; 0 where the roles act for none
	Password   string
	Sample     bool // 示例
}

// CreateUser makes an account. It returns fault.Invalid for a field that is
// wrong and fault.Conflict where the identifier is taken, in whatever spelling.
// The system administrator makes accounts; one with roles takes the security
// administrator too.
func (s *Service) CreateUser(ctx context.Context, who Actor, n NewUser) (int64, error) {
	if err := administers(who); err != nil {
		return 0, err
	}
	if len(n.Roles) > 0 {
		if err := guards(who); err != nil {
			return 0, err
		}
	}
	return s.createUser(ctx, who, n)
}

func (s *Service) createUser(ctx context.Context, who Actor, n NewUser) (int64, error) {
	identifier, err := Identifier(n.Identifier)
	if err != nil {
		return 0, err
	}
	name, err := label("name", n.Name)
	if err != nil {
		return 0, err
	}
	side, err := checkRoles(n.Roles, n.Department)
	if err != nil {
		return 0, err
	}
	if side, err = n.standing(side); err != nil {
		return 0, err
	}
	hash := ""
	if n.Password != "" {
		if err := checkNewPassword(n.Password, identifier); err != nil {
			return 0, err
		}
		if hash, err = s.hasher.hash(ctx, n.Password); err != nil {
			return 0, err
		}
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (int64, error) {
		var id int64
		err := tx.QueryRow(ctx, `
			INSERT INTO users (identifier, name, password, password_changed_at, department_id, side, sample, created_at, confirmed_at)
			VALUES (@identifier, @name, @password, @now, nullif(@department::bigint, 0), @side, @sample, @now, @now)
			RETURNING id`,
			pgx.NamedArgs{
				"identifier": identifier, "name": name, "password": hash, "now": s.now(),
				"department": n.Department, "side": side, "sample": n.Sample,
			}).Scan(&id)
		if err != nil {
			return 0, taken(err)
		}
		if err := s.insertRoles(ctx, tx, id, n.Roles, n.Department, side); err != nil {
			return 0, err
		}
		return id, record(ctx, tx, who, id, "account.created", map[string]string{"roles": join(n.Roles), "side": string(side)})
	})
}

// SetPassword gives an account another password and ends all its sessions. The
// account's owner does it with ChangePassword.
func (s *Service) SetPassword(ctx context.Context, who Actor, id int64, password string) error {
	if err := administers(who); err != nil {
		return err
	}
	return s.setPassword(ctx, who, id, password, "")
}

// ChangePassword gives a another password after checking the old one, and ends
// a's other sessions. It returns fault.Invalid at "old" if that one is wrong,
// and fault.TooMany after too many tries.
func (s *Service) ChangePassword(ctx context.Context, a Actor, old, password string) error {
	if err := s.RequireFresh(a); err != nil {
		return err
	}
	if err := checkPasswordInput(old); err != nil {
		return err
	}
	limit, err := s.Allow(ctx, "password", fmt.Sprint(a.ID))
	if err != nil {
		return err
	}
	if !limit.Allowed {
		return errTooMany(limit)
	}
	var hash string
	if err := s.pool.QueryRow(ctx, `SELECT password FROM users WHERE id = $1`, a.ID).Scan(&hash); err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	ok, _, err := s.hasher.check(ctx, old, hash)
	if err != nil {
		return err
	}
	if !ok {
		return fault.At("old", "原密码不正确。")
	}
	return s.setPassword(ctx, a, a.ID, password, a.Session)
}

func (s *Service) setPassword(ctx context.Context, who Actor, id int64, password, keep string) error {
	var identifier string
	err := s.pool.QueryRow(ctx, `SELECT identifier FROM users WHERE id = $1`, id).Scan(&identifier)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoAccount()
	}
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if err := checkNewPassword(password, identifier); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := s.putPassword(ctx, tx, id, hash, keep); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, record(ctx, tx, who, id, "password.set", nil)
	})
	return err
}

// putPassword sets a password, ends the sessions but the one to keep, spends the
// links that would set another, and tells the owner.
func (s *Service) putPassword(ctx context.Context, tx pgx.Tx, id int64, hash, keep string) error {
	_, err := tx.Exec(ctx, `UPDATE users SET password = @hash, password_changed_at = @now WHERE id = @id`,
		pgx.NamedArgs{"hash": hash, "now": s.now(), "id": id})
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1 AND id <> $2`, id, keep); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE one_time_links SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL`, id, s.now()); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return s.tell(ctx, tx, id, keep, Notice{What: PasswordSet})
}

// SetRoles gives an account other roles and ends its sessions, so that nobody
// goes on with a page drawn for the old ones. It returns fault.Conflict if no
// administrator would be left, or if the account would change sides, and
// fault.Forbidden for the own account. The reason is kept in the audit trail.
func (s *Service) SetRoles(ctx context.Context, who Actor, id int64, roles []Role, department int64, reason string) error {
	if err := guards(who); err != nil {
		return err
	}
	if err := notOneself(who, id); err != nil {
		return err
	}
	reason, err := because(reason)
	if err != nil {
		return err
	}
	side, err := checkRoles(roles, department)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := lockUser(ctx, tx, id); err != nil {
			return struct{}{}, err
		}
		var now Side
		if err := tx.QueryRow(ctx, `SELECT side FROM users WHERE id = $1`, id).Scan(&now); err != nil {
			return struct{}{}, fmt.Errorf("set roles: %w", err)
		}
		if len(roles) == 0 {
			side = now // whose roles are all taken stays where it stands
		}
		if now != side {
			return struct{}{}, errSides()
		}
		before, err := rolesOf(ctx, tx, id)
		if err != nil {
			return struct{}{}, err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM user_roles WHERE user_id = $1`, id); err != nil {
			return struct{}{}, fmt.Errorf("set roles: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE users SET department_id = nullif($2::bigint, 0) WHERE id = $1`, id, department); err != nil {
			return struct{}{}, taken(err)
		}
		if err := s.insertRoles(ctx, tx, id, roles, department, side); err != nil {
			return struct{}{}, err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1`, id); err != nil {
			return struct{}{}, fmt.Errorf("set roles: %w", err)
		}
		if err := someAdministrator(ctx, tx); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, record(ctx, tx, who, id, "account.roles-set", map[string]string{"before": join(before), "roles": join(roles), "department": fmt.Sprint(department), "reason": reason})
	})
	return err
}

// Disable shuts an account and ends its sessions and keys at once. It returns
// fault.Conflict if no administrator would be left.
func (s *Service) Disable(ctx context.Context, who Actor, id int64) error {
	now := s.now()
	return s.setDisabled(ctx, who, id, "account.disabled", &now)
}

// Enable opens a disabled account again. Its sessions and keys stay ended.
func (s *Service) Enable(ctx context.Context, who Actor, id int64) error {
	return s.setDisabled(ctx, who, id, "account.enabled", nil)
}

func (s *Service) setDisabled(ctx context.Context, who Actor, id int64, act string, at *time.Time) error {
	if err := administers(who); err != nil {
		return err
	}
	if err := notOneself(who, id); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := lockUser(ctx, tx, id); err != nil {
			return struct{}{}, err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE users SET disabled_at = @at
			WHERE id = @id AND (disabled_at IS NULL) <> (@at::timestamptz IS NULL)`,
			pgx.NamedArgs{"id": id, "at": at})
		if err != nil {
			return struct{}{}, fmt.Errorf("%s: %w", act, err)
		}
		if tag.RowsAffected() == 0 {
			return struct{}{}, nil // it is so already
		}
		if err := endAll(ctx, tx, id, s.now()); err != nil {
			return struct{}{}, err
		}
		if err := someAdministrator(ctx, tx); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, record(ctx, tx, who, id, act, nil)
	})
	return err
}

// Own is the account of whoever asks. It returns fault.Unauthenticated for the
// visitor.
func (s *Service) Own(ctx context.Context, a Actor) (User, error) {
	found, err := s.users(ctx, played, `WHERE u.id = @id`, pgx.NamedArgs{"id": a.ID})
	if err == nil && len(found) == 0 {
		err = errSignIn()
	}
	if err != nil {
		return User{}, err
	}
	return found[0], nil
}

// Users are all accounts, by name.
func (s *Service) Users(ctx context.Context, who Actor) ([]User, error) {
	if err := administers(who); err != nil {
		return nil, err
	}
	return s.users(ctx, given, ``, pgx.NamedArgs{})
}

func (s *Service) users(ctx context.Context, roles, where string, args pgx.NamedArgs) ([]User, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT u.id, u.identifier, u.name, u.side, coalesce(u.department_id, 0) AS department, u.sample,
			u.created_at AS created, u.disabled_at AS disabled,
			`+roles+` AS roles
		FROM users u `+where+`
		ORDER BY u.name, u.id
		LIMIT @limit::bigint OFFSET @offset::bigint`, args)
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[User])
}

// given are, in SQL, the roles that somebody was given.
const given = `array(SELECT role FROM user_roles r WHERE r.user_id = u.id ORDER BY role)`

// played are, in SQL, the roles that somebody plays: those that were given, and that
// of a developer for those who answer for an organisation that has entered (入驻) with
// an operator, and those whom its entry names (FJ-4.2). It is read from the entries
// whenever an actor is, so that it begins and ends with them; a suspended entry leaves
// its pages to be read. Nobody gives it, so it asks for no second factor, shortens no
// session and keeps nobody from leaving.
const played = `array(SELECT role FROM user_roles r WHERE r.user_id = u.id
	UNION SELECT '` + string(Developer) + `' FROM organisation_members m JOIN developers d ON d.organisation_id = m.organisation_id AND d.state IN ('admitted', 'suspended')
		WHERE m.user_id = u.id AND m.side = '` + string(Use) + `' AND (m.role = '` + Owner + `' OR EXISTS (SELECT FROM developer_people p WHERE p.developer_id = d.id AND p.user_id = u.id)) ORDER BY role)`

func (s *Service) insertRoles(ctx context.Context, tx pgx.Tx, id int64, roles []Role, department int64, side Side) error {
	for _, role := range roles {
		_, err := tx.Exec(ctx, `
			INSERT INTO user_roles (user_id, role, department_id, side, granted_at)
			VALUES (@user, @role, nullif(@department::bigint, 0), @side, @now)`,
			pgx.NamedArgs{"user": id, "role": role, "department": department, "side": side, "now": s.now()})
		if err != nil {
			return taken(err)
		}
	}
	return nil
}

// checkRoles says on which side an account with these roles stands: on that of
// those who use where it has none.
func checkRoles(roles []Role, department int64) (Side, error) {
	side := Use
	for i, r := range roles {
		p, ok := PartOf(r)
		switch {
		case !ok || r == Visitor || slices.Contains(roles[:i], r):
			return "", fault.At("roles", "没有这个角色，或者重复了。")
		case i > 0 && p.Side != side:
			return "", fault.At("roles", "这些角色必须由不同的人担任：管理、运营、使用、交易、仲裁、监管和三员各自分开。")
		}
		side = p.Side
	}
	if NeedsBody(roles) != (department != 0) {
		return "", fault.At("department", "部门、审查、主管和监管角色须属于一个部门，其他账号不属于部门。")
	}
	return side, nil
}

// someAdministrator keeps the last administrator in place. The advisory lock
// makes two administrators who shut each other out take turns.
func someAdministrator(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(7320)`); err != nil {
		return fmt.Errorf("administrators: %w", err)
	}
	var gone bool
	err := tx.QueryRow(ctx, `
		SELECT NOT EXISTS (
			SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id
			WHERE r.role = 'administrator' AND u.disabled_at IS NULL)
		AND EXISTS (SELECT 1 FROM users WHERE side = 'system')`).Scan(&gone)
	if err != nil {
		return fmt.Errorf("administrators: %w", err)
	}
	if gone {
		return fault.New(fault.Conflict, "这是最后一个系统管理员，不能停用或改换角色。")
	}
	return nil
}

func lockUser(ctx context.Context, tx pgx.Tx, id int64) error {
	err := tx.QueryRow(ctx, `SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE`, id).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoAccount()
	}
	return err
}

func rolesOf(ctx context.Context, q database.Querier, id int64) ([]Role, error) {
	rows, err := q.Query(ctx, `SELECT role FROM user_roles WHERE user_id = $1 ORDER BY role`, id)
	if err != nil {
		return nil, fmt.Errorf("roles: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[Role])
}

// label is a short line of text fit to be shown.
func label(field, s string) (string, error) {
	s = strings.TrimSpace(norm.NFC.String(s))
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > 100 || strings.ContainsFunc(s, unprintable) {
		return "", fault.At(field, "请填写名称，最多 100 个字，不含换行等控制字符。")
	}
	return s, nil
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) && r != '\u3000' }

func join(roles []Role) string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return strings.Join(out, " ")
}

// taken names what the database refused.
func taken(err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok && pg.ConstraintName == "users_identifier_key":
		return fault.New(fault.Conflict, "这个邮箱或手机号已经有账号。")
	case ok && pg.ConstraintName == "users_department_side_fkey":
		return fault.At("department", "管理数据的部门不能行使监管，监管机构也不能管理数据。").Because(err)
	case ok && (pg.ConstraintName == "user_roles_user_id_side_fkey" || pg.ConstraintName == "user_roles_role_side_fkey"):
		return errSides().Because(err)
	case ok && pg.ConstraintName == "users_department_id_fkey":
		return fault.At("department", "没有这个部门。")
	}
	return fmt.Errorf("account: %w", err)
}

func errSides() *fault.Fault {
	return fault.New(fault.Conflict, "一个账号只能站在一边：管理、运营、使用、监管和三员必须分开，请另建一个账号。")
}

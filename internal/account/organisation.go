package account

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/text/unicode/norm"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
)

// The kinds of organisation. A natural person needs none.
const (
	Legal          = "legal"          // 法人
	Unincorporated = "unincorporated" // 非法人组织
)

// The states of an organisation: a draft is submitted by an owner; the data
// authority verifies it, or returns it with a reason, and it can be submitted
// again. What a verified one is called does not change.
const (
	OrgDraft     = "draft"
	OrgSubmitted = "submitted"
	OrgVerified  = "verified"
	OrgReturned  = "returned"
)

// What somebody is in an organisation.
const (
	Owner  = "owner"
	Member = "member"
)

// Organisation is who people act for.
type Organisation struct {
	ID        int64
	Kind      string
	Name      string
	Code      string // 统一社会信用代码
	Head      string // 法定代表人, or 负责人
	Registrar string // 登记机关
	Address   string // 住所, or 主要经营场所
	Side      Side
	Status    string
	Reason    string // why it was returned
	Submitted *time.Time
	Decided   *time.Time
	Sample    bool
	Role      string // what whoever asks is in it; empty for staff

	Suspended       *time.Time // nil: it is not suspended
	SuspendedReason string
}

// NewOrganisation is what an owner says of one.
type NewOrganisation struct{ Kind, Name, Code, Head, Registrar, Address string }

// OrgMember is somebody in an organisation, or invited to it.
type OrgMember struct {
	ID         int64
	Name       string
	Identifier string
	Role       string
	Joined     time.Time // or invited
}

func (n *NewOrganisation) check() (err error) {
	if n.Kind != Legal && n.Kind != Unincorporated {
		return fault.At("kind", "请选法人或非法人组织。")
	}
	if n.Name, err = label("name", n.Name); err != nil {
		return err
	}
	if n.Code, err = CreditCode(n.Code); err != nil {
		return err
	}
	for _, f := range []struct {
		field string
		value *string
		most  int
	}{{"head", &n.Head, 100}, {"registrar", &n.Registrar, 100}, {"address", &n.Address, 200}} {
		*f.value = strings.TrimSpace(norm.NFC.String(*f.value))
		if !utf8.ValidString(*f.value) || utf8.RuneCountInString(*f.value) > f.most || strings.ContainsFunc(*f.value, unprintable) {
			return fault.At(f.field, "最多 %d 个字，不含换行等控制字符。", f.most)
		}
	}
	return nil
}

// mayRepresent returns fault.Forbidden unless a can act for an organisation: on
// a side that has them, and with an address that was confirmed.
func (s *Service) mayRepresent(ctx context.Context, q database.Querier, a Actor) error {
	if a.Session == "" {
		return errSignIn()
	}
	var may bool
	err := q.QueryRow(ctx, `SELECT confirmed_at IS NOT NULL AND side IN ('use', 'operate', 'exchange', 'arbitrate') FROM users WHERE id = $1`, a.ID).Scan(&may)
	if err != nil {
		return fmt.Errorf("organisation: %w", err)
	}
	if !may {
		return fault.New(fault.Forbidden, "这个账号不能代表机构：邮箱须已确认，管理、监管和三员的账号不在此列。")
	}
	return nil
}

// SaveOrganisation makes an organisation (id 0), whose owner a is, or changes
// one that was not submitted or was returned. It returns fault.Invalid for a
// field that is wrong, and fault.Conflict where a code is a department's.
func (s *Service) SaveOrganisation(ctx context.Context, a Actor, id int64, n NewOrganisation) (int64, error) {
	if err := n.check(); err != nil {
		return 0, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (int64, error) {
		if err := s.mayRepresent(ctx, tx, a); err != nil {
			return 0, err
		}
		var departments bool // the database asks again when it is verified
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM credit_codes WHERE code = $1 AND holder = 'department')`, n.Code).Scan(&departments); err != nil {
			return 0, fmt.Errorf("organisation: %w", err)
		}
		if departments {
			return 0, errOfDepartment()
		}
		args := pgx.NamedArgs{"id": id, "kind": n.Kind, "name": n.Name, "code": n.Code, "head": n.Head, "registrar": n.Registrar, "address": n.Address, "side": a.Side, "now": s.now(), "user": a.ID}
		act := "organisation.changed"
		if id == 0 {
			act = "organisation.made"
			err := tx.QueryRow(ctx, `
				WITH made AS (
					INSERT INTO organisations (kind, name, credit_code, head, registrar, address, side, status, created_at, sample)
					SELECT @kind, @name, @code, @head, @registrar, @address, @side, 'draft', @now, u.sample FROM users u WHERE u.id = @user RETURNING id)
				INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at)
				SELECT id, @user, @side, 'owner', @now FROM made RETURNING organisation_id`, args).Scan(&id)
			if err != nil {
				return 0, orgTaken(err)
			}
		} else {
			tag, err := tx.Exec(ctx, `
				UPDATE organisations o SET kind = @kind, name = @name, credit_code = @code, head = @head, registrar = @registrar, address = @address
				WHERE id = @id AND status IN ('draft', 'returned') AND `+owned, args)
			if err != nil {
				return 0, orgTaken(err)
			}
			if tag.RowsAffected() == 0 {
				return 0, errNoOrganisation()
			}
		}
		return id, s.recordOrg(ctx, tx, a, id, act, map[string]string{"name": n.Name, "code": n.Code})
	})
}

// owned is the condition in SQL that @user is an owner of the organisation o.
const owned = `EXISTS (SELECT FROM organisation_members m WHERE m.organisation_id = o.id AND m.user_id = @user AND m.role = 'owner')`

func errNoOrganisation() error {
	return fault.New(fault.NotFound, "没有这个机构，或者现在不能这样做。")
}

func (s *Service) recordOrg(ctx context.Context, tx pgx.Tx, who Actor, id int64, act string, details map[string]string) error {
	return recordOn(ctx, tx, who, "organisation", id, act, details)
}

// SubmitOrganisation asks for verification. It returns fault.Invalid for what is
// still missing.
func (s *Service) SubmitOrganisation(ctx context.Context, a Actor, id int64) error {
	return s.moveOrganisation(ctx, a, id, "organisation.submitted", `
		UPDATE organisations o SET status = 'submitted', submitted_at = @now, decided_at = NULL, reason = ''
		WHERE id = @id AND status IN ('draft', 'returned') AND `+owned+` RETURNING side`, "")
}

// DecideOrganisation verifies an organisation that was submitted, or returns it
// with a reason. It is for the data authority: it runs the platform (AS-6, 2),
// and stands on another side than any organisation. Whoever runs the system
// decides nothing about parties.
func (s *Service) DecideOrganisation(ctx context.Context, who Actor, id int64, verified bool, reason string) error {
	if !who.Is(Authority) || who.Key != "" {
		return fault.New(fault.Forbidden, "只有数据主管部门可以认证机构。")
	}
	if reason = strings.TrimSpace(reason); !verified && reason == "" {
		return fault.At("reason", "退回须写明理由。")
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	act, status := "organisation.returned", OrgReturned
	if verified {
		act, status, reason = "organisation.verified", OrgVerified, ""
	}
	return s.moveOrganisation(ctx, who, id, act, `
		UPDATE organisations o SET status = '`+status+`', decided_at = @now, reason = @reason
		WHERE id = @id AND status = 'submitted' RETURNING side`, reason)
}

func (s *Service) moveOrganisation(ctx context.Context, who Actor, id int64, act, sql, reason string) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var side Side
		err := tx.QueryRow(ctx, sql, pgx.NamedArgs{"id": id, "user": who.ID, "now": s.now(), "reason": reason}).Scan(&side)
		if errors.Is(err, pgx.ErrNoRows) {
			return struct{}{}, errNoOrganisation()
		}
		if err != nil {
			return struct{}{}, orgTaken(err)
		}
		if act == "organisation.submitted" {
			if err := s.readyToSubmit(ctx, tx, id); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, s.recordOrg(ctx, tx, who, id, act, map[string]string{"reason": reason})
	})
	return err
}

const orgColumns = `o.id, o.kind, o.name, o.credit_code AS code, o.head, o.registrar, o.address, o.side, o.status, o.reason, o.submitted_at AS submitted, o.decided_at AS decided, o.sample, o.suspended_at AS suspended, o.suspended_reason`

// Organisations are those that a is in, by name.
func (s *Service) Organisations(ctx context.Context, a Actor) ([]Organisation, error) {
	return s.organisations(ctx, `SELECT `+orgColumns+`, m.role FROM organisations o JOIN organisation_members m ON m.organisation_id = o.id AND m.user_id = @user ORDER BY o.name, o.id`, pgx.NamedArgs{"user": a.ID})
}

// Submitted are the organisations that wait for the data authority, the longest
// waiting first.
func (s *Service) Submitted(ctx context.Context, who Actor) ([]Organisation, error) {
	if !who.Is(Authority) {
		return nil, fault.New(fault.Forbidden, "只有数据主管部门可以认证机构。")
	}
	return s.organisations(ctx, `SELECT `+orgColumns+`, '' AS role FROM organisations o WHERE status = 'submitted' ORDER BY submitted_at, id`, pgx.NamedArgs{})
}

// Organisation is one that a is in, or any for the data authority. It returns
// fault.NotFound for another's.
func (s *Service) Organisation(ctx context.Context, a Actor, id int64) (Organisation, error) {
	found, err := s.organisations(ctx, `
		SELECT `+orgColumns+`, coalesce(m.role, '') AS role
		FROM organisations o LEFT JOIN organisation_members m ON m.organisation_id = o.id AND m.user_id = @user
		WHERE o.id = @id AND (m.user_id IS NOT NULL OR @staff AND o.status <> 'draft')`, pgx.NamedArgs{"user": a.ID, "id": id, "staff": a.Is(Authority)})
	if err == nil && len(found) == 0 {
		err = errNoOrganisation()
	}
	if err != nil {
		return Organisation{}, err
	}
	return found[0], nil
}

func (s *Service) organisations(ctx context.Context, sql string, args pgx.NamedArgs) ([]Organisation, error) {
	rows, err := s.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, fmt.Errorf("organisations: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Organisation])
}

// Members are who is in an organisation of a's, and who is invited.
func (s *Service) Members(ctx context.Context, a Actor, id int64) (members, invited []OrgMember, err error) {
	if _, err := s.Organisation(ctx, a, id); err != nil {
		return nil, nil, err
	}
	read := func(sql string) ([]OrgMember, error) {
		rows, err := s.pool.Query(ctx, sql, pgx.NamedArgs{"id": id, "now": s.now()})
		if err != nil {
			return nil, fmt.Errorf("members: %w", err)
		}
		return pgx.CollectRows(rows, pgx.RowToStructByName[OrgMember])
	}
	if members, err = read(`SELECT u.id, u.name, u.identifier, m.role, m.joined_at AS joined FROM organisation_members m JOIN users u ON u.id = m.user_id WHERE m.organisation_id = @id AND @now::timestamptz IS NOT NULL ORDER BY m.role DESC, u.name, u.id`); err != nil {
		return nil, nil, err
	}
	invited, err = read(`SELECT 0 AS id, '' AS name, identifier, role, created_at AS joined FROM invitations WHERE organisation_id = @id AND used_at IS NULL AND expires_at > @now ORDER BY created_at`)
	return members, invited, err
}

// Invite mails somebody a link to join an organisation that a owns.
func (s *Service) Invite(ctx context.Context, a Actor, id int64, identifier, role string) error {
	identifier, err := Identifier(identifier)
	if err != nil {
		return err
	}
	if IsPhone(identifier) {
		return fault.At("identifier", "邀请只能发到邮箱。")
	}
	if role != Owner && role != Member {
		return fault.At("role", "没有这种身份。")
	}
	if _, _, err := s.inviting(ctx, s.pool, a, id); err != nil { // a stranger uses up nothing of an organisation
		return err
	}
	if err := s.admitAll(ctx, [2]string{inviteAccount, strconv.FormatInt(a.ID, 10)}, [2]string{inviteOrg, strconv.FormatInt(id, 10)}, [2]string{inviteAddress, identifier}); err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		name, verified, err := s.inviting(ctx, tx, a, id)
		if err != nil {
			return struct{}{}, err
		}
		link := newLinkID()
		_, err = tx.Exec(ctx, `INSERT INTO invitations (id, organisation_id, identifier, role, created_at, expires_at) VALUES (@link, @id, @identifier, @role, @now, @expires)`,
			pgx.NamedArgs{"link": link, "id": id, "identifier": identifier, "role": role, "now": s.now(), "expires": s.now().Add(s.rules.Invitation)})
		if err != nil {
			return struct{}{}, fmt.Errorf("invite: %w", err)
		}
		if err := jobs.Announce(ctx, tx, Letter{ID: hex.EncodeToString(link), What: LetterInvite, To: identifier, At: s.now(), From: name, Who: a.Name, Verified: verified}); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.recordOrg(ctx, tx, a, id, "organisation.invited", map[string]string{"role": role})
	})
	return err
}

// inviting is the name of an organisation that a owns, and whether somebody has
// verified it.
func (s *Service) inviting(ctx context.Context, q database.Querier, a Actor, id int64) (name string, verified bool, err error) {
	err = q.QueryRow(ctx, `SELECT name, status = '`+OrgVerified+`' FROM organisations o WHERE id = @id AND `+owned, pgx.NamedArgs{"id": id, "user": a.ID}).Scan(&name, &verified)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, errNoOrganisation()
	}
	if err != nil {
		return "", false, fmt.Errorf("invite: %w", err)
	}
	return name, verified, nil
}

// Withdraw takes back the open invitations of somebody to an organisation that a
// owns: their links open nothing any more. It returns fault.NotFound where there
// is none.
func (s *Service) Withdraw(ctx context.Context, a Actor, id int64, identifier string) error {
	identifier, err := Identifier(identifier)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		tag, err := tx.Exec(ctx, `
			DELETE FROM invitations i USING organisations o
			WHERE o.id = i.organisation_id AND i.organisation_id = @id AND i.identifier = @identifier AND i.used_at IS NULL AND `+owned,
			pgx.NamedArgs{"id": id, "user": a.ID, "identifier": identifier})
		if err != nil {
			return struct{}{}, fmt.Errorf("withdraw: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return struct{}{}, fault.New(fault.NotFound, "没有这个邀请，可能已经接受或撤回。")
		}
		return struct{}{}, s.recordOrg(ctx, tx, a, id, "organisation.invitation-withdrawn", nil)
	})
	return err
}

// invitation is the condition in SQL for one that a may take: good, and sent to
// the confirmed address of a.
const invitation = `i.used_at IS NULL AND i.expires_at > @now
	AND EXISTS (SELECT FROM users u WHERE u.id = @user AND u.identifier = i.identifier AND u.confirmed_at IS NOT NULL)`

// Invited is the organisation that a link invites a to. It returns fault.Gone
// for a link that is not good, or was sent to another address.
func (s *Service) Invited(ctx context.Context, a Actor, secret string) (Organisation, error) {
	link, err := s.linkID(linkInvite, secret)
	if err != nil {
		return Organisation{}, err
	}
	found, err := s.organisations(ctx, `SELECT `+orgColumns+`, i.role FROM invitations i JOIN organisations o ON o.id = i.organisation_id WHERE i.id = @link AND `+invitation,
		pgx.NamedArgs{"link": link, "user": a.ID, "now": s.now()})
	if err == nil && len(found) == 0 {
		err = errLink()
	}
	if err != nil {
		return Organisation{}, err
	}
	return found[0], nil
}

// Invitations are the organisations that invite the confirmed address of a, each
// once, with what a would be in it: whoever reads that address needs no link.
func (s *Service) Invitations(ctx context.Context, a Actor) ([]Organisation, error) {
	return s.organisations(ctx, `SELECT DISTINCT ON (o.id) `+orgColumns+`, i.role FROM invitations i JOIN organisations o ON o.id = i.organisation_id
		WHERE `+invitation+` AND NOT EXISTS (SELECT FROM organisation_members m WHERE m.organisation_id = o.id AND m.user_id = @user) ORDER BY o.id, i.created_at DESC`,
		pgx.NamedArgs{"user": a.ID, "now": s.now()})
}

// Join takes an invitation by the link that was mailed, once.
func (s *Service) Join(ctx context.Context, a Actor, secret string) (int64, error) {
	link, err := s.linkID(linkInvite, secret)
	if err != nil {
		return 0, err
	}
	return s.join(ctx, a, `i.id = @link`, pgx.NamedArgs{"link": link})
}

// Accept takes the newest of the invitations to an organisation.
func (s *Service) Accept(ctx context.Context, a Actor, organisation int64) (int64, error) {
	return s.join(ctx, a, `i.id = (SELECT i.id FROM invitations i WHERE i.organisation_id = @organisation AND `+invitation+` ORDER BY i.created_at DESC LIMIT 1)`, pgx.NamedArgs{"organisation": organisation})
}

func (s *Service) join(ctx context.Context, a Actor, which string, args pgx.NamedArgs) (int64, error) {
	args["user"], args["now"] = a.ID, s.now()
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (int64, error) {
		if err := s.mayRepresent(ctx, tx, a); err != nil {
			return 0, err
		}
		var id int64
		var role string
		err := tx.QueryRow(ctx, `UPDATE invitations i SET used_at = @now WHERE `+which+` AND `+invitation+` RETURNING organisation_id, role`, args).Scan(&id, &role)
		if errors.Is(err, pgx.ErrNoRows) {
			return 0, errLink()
		}
		if err != nil {
			return 0, fmt.Errorf("join: %w", err)
		}
		_, err = tx.Exec(ctx, `INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organisation_id, user_id) DO NOTHING`, id, a.ID, a.Side, role, s.now())
		if err != nil {
			return 0, orgTaken(err)
		}
		return id, s.recordOrg(ctx, tx, a, id, "organisation.joined", map[string]string{"role": role})
	})
}

// SetMember makes somebody owner or member of an organisation that a owns, or
// takes them out (role ""); anybody may leave. The last owner stays: fault.Conflict.
func (s *Service) SetMember(ctx context.Context, a Actor, id, user int64, role string) error {
	if role != Owner && role != Member && role != "" {
		return fault.At("role", "没有这种身份。")
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		may := owned
		if role == "" && user == a.ID {
			may = `true`
		}
		args := pgx.NamedArgs{"id": id, "user": a.ID, "whom": user, "role": role}
		sql := `UPDATE organisation_members t SET role = @role FROM organisations o WHERE o.id = t.organisation_id AND t.organisation_id = @id AND t.user_id = @whom AND ` + may
		if role == "" {
			sql = `DELETE FROM organisation_members t USING organisations o WHERE o.id = t.organisation_id AND t.organisation_id = @id AND t.user_id = @whom AND ` + may
		}
		// one at a time: two owners who leave at once must not both see the other
		if _, err := tx.Exec(ctx, `SELECT FROM organisations WHERE id = $1 FOR UPDATE`, id); err != nil {
			return struct{}{}, fmt.Errorf("members: %w", err)
		}
		tag, err := tx.Exec(ctx, sql, args)
		if err != nil {
			return struct{}{}, fmt.Errorf("members: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return struct{}{}, errNoOrganisation()
		}
		if _, err := tx.Exec(ctx, `SET CONSTRAINTS organisation_owner IMMEDIATE`); err != nil {
			return struct{}{}, orgTaken(err)
		}
		return struct{}{}, s.recordOrg(ctx, tx, a, id, "organisation.member-set", map[string]string{"user": strconv.FormatInt(user, 10), "role": role})
	})
	return err
}

// The buckets of invitations: each is a letter to whoever one likes.
const (
	inviteOrg     = "invite"
	inviteAccount = "invite-account"
	inviteAddress = "invite-address"
)

// orgTaken names what the database refused.
func errOfDepartment() *fault.Fault {
	return fault.At("code", "这个统一社会信用代码属于一个部门：管理数据的部门不能再做运营、使用或交易的机构。")
}

func orgTaken(err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok && pg.ConstraintName == "organisations_credit_code":
		return fault.At("code", "这个统一社会信用代码已经有机构在用；如果它是您的机构，请让它的负责人邀请您。").Because(err)
	case ok && pg.ConstraintName == "organisations_credit_code_credit_holder_fkey":
		return errOfDepartment().Because(err)
	case ok && pg.ConstraintName == "organisation_owner":
		return fault.New(fault.Conflict, "这是最后一位负责人，不能退出或改成成员。").Because(err)
	case ok && strings.Contains(pg.ConstraintName, "_side_fkey"):
		return fault.New(fault.Forbidden, "这个机构和您的账号不在同一边，不能加入。").Because(err)
	}
	return fmt.Errorf("organisation: %w", err)
}

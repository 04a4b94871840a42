package account

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Forget is what a domain does with what it keeps of a person who leaves, in the
// transaction that deletes the account.
type Forget func(ctx context.Context, tx pgx.Tx, user int64) error

// OnLeave adds a domain that keeps something of people. It is for the start of the
// program.
func (s *Service) OnLeave(f Forget) { s.forgets = append(s.forgets, f) }

// goneName is what an account is called whose owner left.
const goneName = "已注销的用户"

// AskToLeave shuts the account of a, and ends its sessions and keys at once. A
// sweep deletes it after the days that the rules of the platform give; signing in
// before takes it back. It returns fault.Conflict where somebody else must take
// something over first: roles, the last administrator's above all, and
// organisations with no other owner.
func (s *Service) AskToLeave(ctx context.Context, a Actor) error {
	if err := s.RequireFresh(a); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := lockUser(ctx, tx, a.ID); err != nil {
			return struct{}{}, err
		}
		if err := s.mayLeave(ctx, tx, a.ID); err != nil {
			return struct{}{}, err
		}
		if err := s.tell(ctx, tx, a.ID, a.Session, Notice{What: Leaving}); err != nil {
			return struct{}{}, err
		}
		if _, err := tx.Exec(ctx, `UPDATE users SET leaving_at = coalesce(leaving_at, $2) WHERE id = $1`, a.ID, s.now()); err != nil {
			return struct{}{}, fmt.Errorf("leave: %w", err)
		}
		if err := endAll(ctx, tx, a.ID, s.now()); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, record(ctx, tx, a, a.ID, "account.leaving", nil)
	})
	return err
}

// mayLeave returns fault.Conflict unless nothing hangs on a user alone.
func (s *Service) mayLeave(ctx context.Context, tx pgx.Tx, user int64) error {
	roles, err := rolesOf(ctx, tx, user)
	if err != nil {
		return err
	}
	if len(roles) > 0 {
		var last bool
		if err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM user_roles WHERE user_id = $1 AND role = 'administrator')
			AND NOT EXISTS (SELECT FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = 'administrator' AND r.user_id <> $1 AND u.disabled_at IS NULL)`, user).Scan(&last); err != nil {
			return fmt.Errorf("leave: %w", err)
		}
		if last {
			return fault.New(fault.Conflict, "这是最后一个系统管理员，不能删除。请先让另一个人当系统管理员。")
		}
		return fault.New(fault.Conflict, "有角色的账号不能自己删除：手上的事要先交给别人。请安全管理员收回角色以后再申请。")
	}
	rows, err := tx.Query(ctx, `
		SELECT o.name FROM organisations o JOIN organisation_members m ON m.organisation_id = o.id AND m.user_id = $1 AND m.role = 'owner'
		WHERE NOT EXISTS (SELECT FROM organisation_members x WHERE x.organisation_id = o.id AND x.role = 'owner' AND x.user_id <> $1)
			AND (o.status IN ('submitted', 'verified') OR EXISTS (SELECT FROM organisation_members x WHERE x.organisation_id = o.id AND x.user_id <> $1))
		ORDER BY o.name`, user)
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	if len(names) > 0 {
		return fault.New(fault.Conflict, "您是“%s”唯一的负责人：请先让另一位成员当负责人，再删除账号。", strings.Join(names, "、"))
	}
	return nil
}

// stay takes back the wish to leave: whoever signs in stays.
func (s *Service) stay(ctx context.Context, tx pgx.Tx, who Actor) error {
	tag, err := tx.Exec(ctx, `UPDATE users SET leaving_at = NULL WHERE id = $1 AND leaving_at IS NOT NULL`, who.ID)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	if err := s.tell(ctx, tx, who.ID, "", Notice{What: Staying}); err != nil {
		return err
	}
	return record(ctx, tx, who, who.ID, "account.stayed", nil)
}

// Depart deletes the accounts whose time to come back is over. It is for a job;
// one that cannot go now stays shut and is tried again.
func (s *Service) Depart(ctx context.Context) error {
	rows, err := s.pool.Query(ctx, `SELECT id FROM users WHERE leaving_at <= $1 ORDER BY leaving_at LIMIT 100`, s.now().Add(-s.rules.Grace))
	if err != nil {
		return fmt.Errorf("depart: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("depart: %w", err)
	}
	for _, id := range due {
		_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) { return struct{}{}, s.depart(ctx, tx, id) })
		if err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	return nil
}

// depart deletes what is a person's and keeps a row without a name.
func (s *Service) depart(ctx context.Context, tx pgx.Tx, id int64) error {
	var due bool
	if err := tx.QueryRow(ctx, `SELECT coalesce(leaving_at <= $2, false) FROM users WHERE id = $1 FOR UPDATE`, id, s.now().Add(-s.rules.Grace)).Scan(&due); err != nil {
		return fmt.Errorf("depart: %w", err)
	}
	if !due {
		return nil // came back meanwhile
	}
	if err := s.mayLeave(ctx, tx, id); err != nil {
		return err
	}
	for _, f := range s.forgets {
		if err := f(ctx, tx, id); err != nil {
			return err
		}
	}
	personal, err := personalTables(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range personal {
		if _, err := tx.Exec(ctx, `DELETE FROM `+t.Table+` WHERE `+t.Column+` = $1`, id); err != nil {
			return fmt.Errorf("depart: %w", err)
		}
	}
	for _, sql := range []string{
		`DELETE FROM sessions WHERE user_id = $1`,
		`DELETE FROM api_keys WHERE user_id = $1`,
		`DELETE FROM known_networks WHERE user_id = $1`,
		`DELETE FROM one_time_links l USING users u WHERE u.id = $1 AND (l.user_id = u.id OR l.identifier = u.identifier)`,
		`DELETE FROM invitations i USING users u WHERE u.id = $1 AND i.identifier = u.identifier`,
		// drafts of nobody else's, with their papers, whose bytes the next sweep
		// of the store takes: mayLeave keeps all others
		`WITH taken AS (
			DELETE FROM papers p USING organisation_members m WHERE m.organisation_id = p.organisation_id AND m.user_id = $1
				AND NOT EXISTS (SELECT FROM organisation_members x WHERE x.organisation_id = p.organisation_id AND x.user_id <> $1)
			RETURNING sha256)
		DELETE FROM blobs WHERE sha256 IN (SELECT sha256 FROM taken)`,
		`DELETE FROM organisations o USING organisation_members m WHERE m.organisation_id = o.id AND m.user_id = $1
			AND NOT EXISTS (SELECT FROM organisation_members x WHERE x.organisation_id = o.id AND x.user_id <> $1)`,
		`DELETE FROM organisation_members WHERE user_id = $1`,
		`SELECT audit_erase($1)`,
	} {
		if _, err := tx.Exec(ctx, sql, id); err != nil {
			return fmt.Errorf("depart: %w", err)
		}
	}
	_, err = tx.Exec(ctx, `
		UPDATE users SET identifier = 'gone:' || id, name = @name, password = '', password_changed_at = NULL, handle = gen_random_uuid(),
			confirmed_at = NULL, agreed_at = NULL, department_id = NULL, disabled_at = coalesce(disabled_at, @now), leaving_at = NULL, gone_at = @now
		WHERE id = @id`, pgx.NamedArgs{"id": id, "name": goneName, "now": s.now()})
	if err != nil {
		return fmt.Errorf("depart: %w", err)
	}
	return record(ctx, tx, System("leaving"), id, "account.gone", nil)
}

// personalTable is a table whose rows are one person's each, by a column. Names
// are quoted where they need it.
type personalTable struct{ Table, Column string }

// personalTables are all tables whose rows go with their user: whoever adds one
// says so by its foreign key (ON DELETE CASCADE), and need not say it here.
func personalTables(ctx context.Context, q database.Querier) ([]personalTable, error) {
	rows, err := q.Query(ctx, `
		SELECT c.conrelid::regclass::text AS table, quote_ident(a.attname) AS column
		FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
		WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass AND c.confdeltype = 'c' AND cardinality(c.conkey) = 1
		ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("what is of persons: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[personalTable])
}

// told are personal tables that Belongings tells of in its own way, since they
// hold what opens an account.
var told = []string{"totp", "recovery_codes", "passkeys", "identities", "sign_in_steps", "one_time_links"}

// others are the rows of all other personal tables, without what could be a
// secret.
func (s *Service) others(ctx context.Context, user int64) (map[string][]json.RawMessage, error) {
	tables, err := personalTables(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	out := map[string][]json.RawMessage{}
	for _, t := range tables {
		if slices.Contains(told, t.Table) {
			continue
		}
		rows, err := s.pool.Query(ctx, `SELECT to_jsonb(t) - ARRAY['secret', 'hash', 'token', 'token_hash', 'key'] FROM `+t.Table+` t WHERE `+t.Column+` = $1`, user)
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		if out[t.Table], err = pgx.CollectRows(rows, pgx.RowTo[json.RawMessage]); err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
	}
	return out, nil
}

// Belongings is everything that is kept here of whoever asks, but for their acts.
type Belongings struct {
	Account       Owned            `json:"account"`
	Sessions      []OpenSession    `json:"sessions"`
	SecondSteps   Steps            `json:"second_steps"`
	Keys          []Key            `json:"api_keys"`
	Identities    []Identity       `json:"identities"`
	Organisations []Representation `json:"organisations"`
	Networks      int              `json:"known_networks"` // hashes alone are kept

	Others map[string][]json.RawMessage `json:"others"` // by table: what is followed, notices, downloads
}

// Owned is the row of an account, without its secrets.
type Owned struct {
	Identifier string     `json:"identifier"`
	Name       string     `json:"name"`
	Roles      []Role     `json:"roles"`
	Side       Side       `json:"side"`
	Created    time.Time  `json:"created"`
	Confirmed  *time.Time `json:"confirmed"`
	Agreed     *time.Time `json:"agreed_to_privacy_notice"`
	Password   *time.Time `json:"password_set"`
}

// Steps are the second steps, without their secrets.
type Steps struct {
	App      bool     `json:"authenticator_app"`
	Codes    int      `json:"recovery_codes_left"`
	Passkeys []string `json:"passkeys"`
}

// Representation is an organisation that somebody is in.
type Representation struct {
	Organisation Organisation `json:"organisation"`
	Papers       []Paper      `json:"papers"`
}

// PastAct is what somebody did, or was done to their account, as it stands in the
// audit trail.
type PastAct struct {
	ID        int64           `json:"id"`
	At        time.Time       `json:"at"`
	Actor     string          `json:"by"` // self, or other
	Act       string          `json:"act"`
	Subject   string          `json:"subject"`
	SubjectID string          `json:"subject_id"`
	Content   json.RawMessage `json:"personal,omitempty"`
}

const exportTries = "account-export"

// TakeAlong is everything that is kept of a. It returns fault.Forbidden unless a
// showed of late who they are.
func (s *Service) TakeAlong(ctx context.Context, a Actor) (b Belongings, err error) {
	if err := s.RequireFresh(a); err != nil {
		return b, err
	}
	if err := s.admitAll(ctx, [2]string{exportTries, strconv.FormatInt(a.ID, 10)}); err != nil {
		return b, err
	}
	o := &b.Account
	err = s.pool.QueryRow(ctx, `
		SELECT identifier, name, side, created_at, confirmed_at, agreed_at, password_changed_at, (SELECT count(*) FROM known_networks k WHERE k.user_id = u.id)
		FROM users u WHERE id = $1`, a.ID).Scan(&o.Identifier, &o.Name, &o.Side, &o.Created, &o.Confirmed, &o.Agreed, &o.Password, &b.Networks)
	if err != nil {
		return b, fmt.Errorf("export: %w", err)
	}
	if o.Roles, err = rolesOf(ctx, s.pool, a.ID); err != nil {
		return b, err
	}
	if b.Sessions, err = s.Sessions(ctx, a); err != nil {
		return b, err
	}
	f, err := s.Factors(ctx, a)
	if err != nil {
		return b, err
	}
	b.SecondSteps = Steps{App: f.TOTP, Codes: f.Codes, Passkeys: []string{}}
	for _, k := range f.Passkeys {
		b.SecondSteps.Passkeys = append(b.SecondSteps.Passkeys, k.Name)
	}
	if b.Keys, err = s.Keys(ctx, a); err != nil {
		return b, err
	}
	if b.Identities, err = s.identities(ctx, a.ID); err != nil {
		return b, err
	}
	if b.Others, err = s.others(ctx, a.ID); err != nil {
		return b, err
	}
	orgs, err := s.Organisations(ctx, a)
	if err != nil {
		return b, err
	}
	for _, org := range orgs {
		papers, err := s.PapersOf(ctx, a, org.ID)
		if err != nil {
			return b, err
		}
		b.Organisations = append(b.Organisations, Representation{org, papers})
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, record(ctx, tx, a, a.ID, "account.exported", nil)
	})
	return b, err
}

// PastActs yields what a did and what was done to a's account, the oldest first,
// one by one: a trail may be long.
func (s *Service) PastActs(ctx context.Context, a Actor, yield func(PastAct) error) error {
	if a.IsVisitor() {
		return errSignIn()
	}
	rows, err := s.pool.Query(ctx, `
		SELECT e.id, e.at, CASE WHEN e.actor = @user THEN 'self' ELSE 'other' END, e.act, e.subject, e.subject_id,
			CASE WHEN e.actor = @user THEN p.content END -- of others' acts, their own details are theirs
		FROM audit_entries e LEFT JOIN audit_personal p ON p.entry_id = e.id
		WHERE e.actor = @user OR (e.subject = 'account' AND e.subject_id = @own)
		ORDER BY e.id`, pgx.NamedArgs{"user": a.ID, "own": strconv.FormatInt(a.ID, 10)})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	var act PastAct
	var content *string
	_, err = pgx.ForEachRow(rows, []any{&act.ID, &act.At, &act.Actor, &act.Act, &act.Subject, &act.SubjectID, &content}, func() error {
		if act.Content = nil; content != nil && json.Valid([]byte(*content)) {
			act.Content = json.RawMessage(*content)
		}
		return yield(act)
	})
	return err
}

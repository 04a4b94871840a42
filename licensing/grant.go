package licensing

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// GrantState is where a grant stands.
type GrantState string

// The states of a grant.
const (
	Active      GrantState = "active"
	Suspended   GrantState = "suspended"
	Expired     GrantState = "expired"
	Revoked     GrantState = "revoked"
	Surrendered GrantState = "surrendered" // given back by whoever holds it
	Replaced    GrantState = "replaced"    // by one of another scope
)

// GrantAction is what moves a grant.
type GrantAction string

// The actions on a grant.
const (
	Suspend   GrantAction = "suspend"
	Reinstate GrantAction = "reinstate"
	Revoke    GrantAction = "revoke"
	Surrender GrantAction = "surrender"
	Expire    GrantAction = "expire"
	Replace   GrantAction = "replace"
)

// Held is one grant: which data somebody may have, for what, until when.
type Held struct {
	ID           int64
	Number       string
	Application  string // number
	Agreement    int64
	Dataset      datasets.Dataset
	User         int64
	Organisation int64
	Holder       string
	Lane         string
	Purpose      string
	Terms        string
	Files, Rows  int // a day
	UsedFiles    int // today
	UsedRows     int
	From, Until  time.Time
	State        GrantState
	StateAt      time.Time
	Reason       string
	SuspendedBy  Side  // empty: it is not suspended
	Held         error // why it cannot be reinstated by hand now; nil: it can, or is not suspended
	Kind         Kind
	Earlier      string // number of the one that it renews or replaced; empty: none
	Later        string // number of the one that renews or replaced it; empty: none
	Revision     int
	Items        []Item
	Keys         []GrantKey

	HolderSuspended bool // the organisation: nothing passes until it is reinstated

	moved  Side // on which side whoever moves it stands
	byCase bool // it is moved by what a breach case decided
}

// GrantKey is an API key that was made for a grant.
type GrantKey struct {
	Prefix, Name, Owner string
	Expires             time.Time
	Revoked             *time.Time
}

// Stands reports whether the grant lets data pass at now.
func (g *Held) Stands(now time.Time) bool {
	return g.State == Active && !g.HolderSuspended && !now.Before(g.From) && now.Before(g.Until)
}

// LastDay is the last day of its term.
func (g *Held) LastDay() time.Time { return lastDay(g.Until) }

func lastDay(until time.Time) time.Time { return until.Add(-time.Second) }

// grantLifecycle is every move that a grant can make. Nothing else changes its
// state; that its term is over the gate sees without any move.
var grantLifecycle = workflow.Lifecycle[GrantState, GrantAction, *Held]{
	{Action: Suspend, From: []GrantState{Active}, To: Suspended, By: suspenders, Needs: grantReason},
	{Action: Reinstate, From: []GrantState{Suspended}, To: Active, By: suspenders, When: bySuspender, Needs: grantReason},
	{Action: Suspend, From: []GrantState{Active}, To: Suspended, By: itself, Needs: grantReason},
	{Action: Reinstate, From: []GrantState{Suspended}, To: Active, By: itself, When: bySuspender, Needs: grantReason},
	{Action: Revoke, From: []GrantState{Active, Suspended}, To: Revoked, By: officer, Needs: grantReason},
	{Action: Surrender, From: []GrantState{Active, Suspended}, To: Surrendered, By: applicant},
	{Action: Expire, From: []GrantState{Active, Suspended}, To: Expired, By: itself},
	{Action: Replace, From: []GrantState{Active}, To: Replaced, By: itself},
}

// suspenders may stop a grant at once: the department, and whoever supervises.
var suspenders = []account.Role{account.Officer, account.Head, account.Regulator}

// GrantLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func GrantLifecycle() string { return grantLifecycle.Mermaid(Active) }

// bySuspender keeps a department from undoing what the regulator stopped, and the
// other way round.
func bySuspender(g *Held) error {
	switch {
	case g.moved == g.SuspendedBy:
		return nil
	case g.SuspendedBy == OfRegulator:
		return fault.New(fault.Forbidden, "这份授权是监管机构暂停的，由监管机构恢复。")
	case g.SuspendedBy == OfAuthority:
		return fault.New(fault.Forbidden, "这份授权是主管部门决定暂停的，由主管部门恢复。")
	case g.SuspendedBy == OfPlatform:
		return fault.New(fault.Forbidden, "这份授权因为使用报告逾期由平台暂停，报告交来当场恢复。")
	}
	return fault.New(fault.Forbidden, "这份授权是部门暂停的，由部门恢复。")
}

func grantReason(g *Held) error {
	if g.Reason == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// open makes the grant of an application that was agreed to and signs for the
// department: agreement, grant and opening are one (TJ-23: within the days the
// data is open).
func (s *Service) open(ctx context.Context, tx pgx.Tx, who account.Actor, a *Application) error {
	all, err := selectAgreements(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	if len(all) == 0 || all[0].VoidAt != nil {
		return errors.New("licensing: an application without an agreement")
	}
	now, g := s.instant(), all[0]
	if a.action == Consent {
		err = signAgreement(ctx, tx, g.ID, "user", who, now)
	} else {
		err = signAgreement(ctx, tx, g.ID, "provider", who, now)
	}
	if err != nil {
		return err
	}
	number, err := cases.Number(ctx, tx, "SQZ", now)
	if err != nil {
		return err
	}
	from, until, err := s.term(ctx, tx, a, now)
	if err != nil {
		return err
	}
	id, err := insertGrant(ctx, tx, a, g, number, now, from, until)
	if err != nil {
		return err
	}
	a.Grant = number
	details := map[string]string{"application": a.Number, "terms": g.SHA256, "from": from.Format(time.RFC3339), "until": until.Format(time.RFC3339)}
	if a.Earlier != nil {
		details[string(a.Kind)] = a.Earlier.Number
	}
	if err := audit.Append(ctx, tx, who, "grant", number, "open", details); err != nil {
		return err
	}
	if err := s.follow(ctx, tx, number); err != nil {
		return err
	}
	return s.replace(ctx, tx, a, id, until)
}

// GrantsOf are the grants of who and of who's organisations, the newest first. A
// key that was made for one grant sees that one.
func (s *Service) GrantsOf(ctx context.Context, who account.Actor, before int64, limit int) ([]Held, error) {
	if who.IsVisitor() {
		return nil, fault.New(fault.Unauthenticated, "请先登录。")
	}
	return s.grants(ctx, s.pool, heldBy+` AND (@before = 0 OR g.id < @before) AND (@key = 0 OR g.id = @key)`, `ORDER BY g.id DESC LIMIT @limit`, pgx.NamedArgs{"user": who.ID, "key": who.Grant, "before": before, "limit": limit})
}

// GrantsBy are the grants that who's department has given, the newest first.
func (s *Service) GrantsBy(ctx context.Context, who account.Actor, before int64, limit int) ([]Held, error) {
	if !who.Any(account.Officer, account.Head) || who.Department == 0 {
		return nil, fault.New(fault.Forbidden, "只有部门的人能看这一页。")
	}
	return s.grants(ctx, s.pool, `d.department_id = @department AND (@before = 0 OR g.id < @before)`, `ORDER BY g.id DESC LIMIT @limit`,
		pgx.NamedArgs{"department": who.Department, "before": before, "limit": limit})
}

// holdings are the sides of a grant, as those of its application.
func (s *Service) grantSide(ctx context.Context, q database.Querier, who account.Actor, g *Held) (Side, error) {
	at := g.From
	return s.side(ctx, q, who, &Application{User: g.User, Organisation: g.Organisation, Dataset: g.Dataset, SubmittedAt: &at})
}

// Grant is the grant with that number, with its items and keys, for who has to
// do with it, and on which side.
func (s *Service) Grant(ctx context.Context, who account.Actor, number string) (*Held, Side, error) {
	g, side, err := s.grant(ctx, s.pool, who, number, ``)
	if err != nil {
		return nil, "", err
	}
	if g.Items, err = selectGrantItems(ctx, s.pool, g.ID); err != nil {
		return nil, "", err
	}
	if g.State == Suspended {
		if g.Held = notHeld(ctx, s.pool, g.ID); g.Held != nil && fault.KindOf(g.Held) != fault.Conflict {
			return nil, "", g.Held
		}
	}
	g.Keys, err = selectGrantKeys(ctx, s.pool, g.ID)
	return g, side, err
}

func errNoGrant() error { return fault.New(fault.NotFound, "没有这份授权。") }

func (s *Service) grant(ctx context.Context, q database.Querier, who account.Actor, number, lock string) (*Held, Side, error) {
	found, err := s.grants(ctx, q, `g.number = @number`, lock, pgx.NamedArgs{"number": number})
	if err != nil {
		return nil, "", err
	}
	if len(found) == 0 || who.Grant != 0 && who.Grant != found[0].ID { // a key of one grant knows of no other
		return nil, "", errNoGrant()
	}
	side, err := s.grantSide(ctx, q, who, &found[0])
	if err == nil && side == "" {
		err = errNoGrant()
	}
	return &found[0], side, err
}

// Acquired are the deliveries under a grant that who may see.
func (s *Service) Acquired(ctx context.Context, who account.Actor, number string, before int64, limit int) ([]datasets.Acquisition, error) {
	g, _, err := s.grant(ctx, s.pool, who, number, ``)
	if err != nil {
		return nil, err
	}
	return s.catalogue.AcquiredUnder(ctx, g.ID, before, limit)
}

// MoveGrant suspends, reinstates, revokes or gives back a grant: it counts from
// the next request on, and running streams end within seconds, since the gate is
// asked at both.
func (s *Service) MoveGrant(ctx context.Context, who account.Actor, number string, action GrantAction, reason string, revision int) (*Held, error) {
	if !byProgram(who, action == Surrender) {
		if err := s.accounts.RequireFresh(who); err != nil {
			return nil, err
		}
	}
	reason, err := datasets.CleanProse("reason", reason)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Held, error) {
		g, side, err := s.grant(ctx, tx, who, number, `FOR UPDATE OF g`)
		if err != nil {
			return nil, err
		}
		if (action == Surrender) != (side == OfApplicant) || action == Expire || action == Replace {
			return g, fault.New(fault.Forbidden, "这一步不由您办。")
		}
		if action == Surrender {
			if err := s.owns(ctx, who, g.Organisation); err != nil {
				return g, err
			}
		}
		if g.Revision != revision {
			return g, fault.New(fault.Conflict, "这份授权在您打开之后已经有人处理过，请重新打开看看。")
		}
		if action == Reinstate {
			if err := notHeld(ctx, tx, g.ID); err != nil {
				return g, err
			}
		}
		g.moved = side
		return g, s.moveGrant(ctx, tx, who, g, action, reason)
	})
}

// moveGrant makes one move and tells its holder.
func (s *Service) moveGrant(ctx context.Context, tx pgx.Tx, who account.Actor, g *Held, action GrantAction, reason string) error {
	from := g.State
	g.Reason, g.StateAt = reason, s.instant()
	to, err := g.moves().Next(from, action, who, g)
	if err != nil {
		return err
	}
	g.State, g.SuspendedBy = to, ""
	if to == Suspended {
		g.SuspendedBy = g.moved
	}
	if err := updateGrant(ctx, tx, g); err != nil {
		return err
	}
	if to != Replaced { // its keys go on under what took its place
		if err := s.returnKeys(ctx, tx, who, g); err != nil {
			return err
		}
	}
	details := audit.Moved(from, to)
	details["reason"] = reason
	if err := audit.Append(ctx, tx, who, "grant", g.Number, string(action), details); err != nil {
		return err
	}
	if err := s.holdFollowers(ctx, tx, g, from); err != nil {
		return err
	}
	if err := s.tellHolder(ctx, tx, g); err != nil {
		return err
	}
	if err := s.moveRenewal(ctx, tx, who, g, action, reason); err != nil {
		return err
	}
	return s.follow(ctx, tx, g.Number)
}

// returnKeys ends the keys of a grant that has ended (AS-44: 收回账号和密码).
func (s *Service) returnKeys(ctx context.Context, tx pgx.Tx, who account.Actor, g *Held) error {
	if g.State == Active || g.State == Suspended {
		return nil
	}
	prefixes, err := revokeKeys(ctx, tx, g)
	if err != nil {
		return err
	}
	for _, p := range prefixes {
		if err := audit.Append(ctx, tx, who, "grant", g.Number, "key.returned", map[string]string{"key": p}); err != nil {
			return err
		}
	}
	return nil
}

// MakeKey makes a key of who's for a grant that stands: it reads the grant's data
// and what is open, and ends with the grant at the latest. The secret is returned
// this once. A key is its maker's alone: another member makes another.
func (s *Service) MakeKey(ctx context.Context, who account.Actor, number, name string) (string, error) {
	g, side, err := s.grant(ctx, s.pool, who, number, ``)
	switch {
	case err != nil:
		return "", err
	case side != OfApplicant:
		return "", fault.New(fault.Forbidden, "这一步不由您办。")
	case g.HolderSuspended:
		return "", errSuspended()
	case g.State != Active || !s.now().Before(g.Until): // one that begins later has its keys before
		return "", fault.New(fault.Conflict, "授权现在不能用，不能建立密钥。")
	}
	secret, _, err := s.accounts.CreateGrantKey(ctx, who, name, g.Until.Sub(s.now()), g.ID)
	return secret, err
}

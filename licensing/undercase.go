package licensing

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// caseLifecycle is how a breach case moves a grant: what its suspension and its
// decision do, also by those who do not suspend or revoke otherwise. The platform
// itself carries out a revocation whose days to be disputed are over.
var caseLifecycle = workflow.Lifecycle[GrantState, GrantAction, *Held]{
	{Action: Suspend, From: []GrantState{Active}, To: Suspended, By: judges, Needs: grantReason},
	{Action: Reinstate, From: []GrantState{Suspended}, To: Active, By: judges, Needs: grantReason},
	{Action: Revoke, From: []GrantState{Active, Suspended}, To: Revoked, By: append([]account.Role{account.Administrator}, judges...), Needs: grantReason},
}

// judges decide in breach cases; who in which, the case says.
var judges = []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}

// CaseLifecycle is the table of what breach cases do to a grant, for
// docs/lifecycles.md.
func CaseLifecycle() string { return caseLifecycle.Mermaid(Active) }

// moves is the table by which the grant is moved.
func (g *Held) moves() workflow.Lifecycle[GrantState, GrantAction, *Held] {
	if g.byCase {
		return caseLifecycle
	}
	return grantLifecycle
}

// ByCase moves the grant with that id as a breach case decided, in the
// transaction of the case: side is on whose side whoever decided stands. moved is
// false where the grant does not stand where the action begins, as one that has
// ended meanwhile, or is suspended already.
func (s *Service) ByCase(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, grant int64, action GrantAction, reason string) (moved bool, err error) {
	found, err := s.grants(ctx, tx, `g.id = @id`, `FOR UPDATE OF g`, pgx.NamedArgs{"id": grant})
	if err != nil {
		return false, err
	}
	if len(found) == 0 {
		return false, errNoGrant()
	}
	g := &found[0]
	g.moved, g.byCase, g.Reason = side, true, reason
	if action == Reinstate && g.Kind == Renewal {
		if err := notHeld(ctx, tx, g.ID); fault.KindOf(err) == fault.Conflict {
			return false, nil // what it renews is held by another case
		} else if err != nil {
			return false, err
		}
	}
	if _, err := caseLifecycle.Next(g.State, action, who, g); fault.KindOf(err) == fault.Conflict {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, s.moveGrant(ctx, tx, who, g, action, reason)
}

// notHeld returns fault.Conflict while a breach case keeps the grant suspended, or
// the one that it renews: its decision lifts that, and nothing else does. A renewal
// does not come back either while what it renews is suspended or was revoked.
func notHeld(ctx context.Context, q database.Querier, grant int64) error {
	var number string
	err := q.QueryRow(ctx, `
		SELECT g.number FROM grant_follows f JOIN grants g ON g.id = f.earlier_id WHERE f.grant_id = $1 AND f.kind = 'renewal' AND g.state IN ('suspended', 'revoked')`, grant).Scan(&number)
	if err == nil {
		return fault.New(fault.Conflict, "这份授权续的是 %s，那一份暂停或撤销着，这一份也不能恢复。", number)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("what holds the grant: %w", err)
	}
	err = q.QueryRow(ctx, `
		SELECT number FROM breaches WHERE holds AND (grant_id = $1 OR grant_id IN (SELECT earlier_id FROM grant_follows WHERE grant_id = $1 AND kind = 'renewal')) ORDER BY id LIMIT 1`, grant).Scan(&number)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("what holds the grant: %w", err)
	}
	return fault.New(fault.Conflict, "这份授权因违约案 %s 暂停，由那一案的决定恢复。", number)
}

// CaseNumber is the next number of a kind of case in the year of now.
func (s *Service) CaseNumber(ctx context.Context, tx pgx.Tx, kind string) (string, error) {
	return number(ctx, tx, kind, s.now())
}

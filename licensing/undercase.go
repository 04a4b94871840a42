package licensing

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
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

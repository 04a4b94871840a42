package licensing

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
)

// Follow is told of a grant that began or moved, in the transaction of that.
type Follow func(ctx context.Context, tx pgx.Tx, number string) error

// OnGrant adds what is done whenever a grant begins or moves. It is for the start
// of the program.
func (s *Service) OnGrant(f Follow) { s.follows = append(s.follows, f) }

func (s *Service) follow(ctx context.Context, tx pgx.Tx, number string) error {
	for _, f := range s.follows {
		if err := f(ctx, tx, number); err != nil {
			return err
		}
	}
	return nil
}

// ByPlatform suspends a grant in the name of the platform, or lifts such a
// suspension, and reports whether it moved: one that does not stand, or that
// somebody else stopped, stays as it is.
func (s *Service) ByPlatform(ctx context.Context, tx pgx.Tx, grant int64, action GrantAction, reason string) (bool, error) {
	found, err := s.grants(ctx, tx, `g.id = @id`, `FOR UPDATE OF g`, pgx.NamedArgs{"id": grant})
	if err != nil || len(found) == 0 {
		return false, err
	}
	g := &found[0]
	if action == Suspend && !g.Stands(s.now()) || action == Reinstate && g.SuspendedBy != OfPlatform {
		return false, nil
	}
	g.moved = OfPlatform
	return true, s.moveGrant(ctx, tx, platform(), g, action, reason)
}

// SideOn is on which side of a grant who stands; empty: nowhere, and the grant is
// nothing to who.
func (s *Service) SideOn(ctx context.Context, q database.Querier, who account.Actor, user, organisation int64, d datasets.Dataset) (Side, error) {
	var given time.Time
	return s.side(ctx, q, who, &Application{User: user, Organisation: organisation, Dataset: d, SubmittedAt: &given})
}

// Owns returns nil if who answers for an organisation; 0: for oneself.
func (s *Service) Owns(ctx context.Context, who account.Actor, organisation int64) error {
	return s.owns(ctx, who, organisation)
}

// Readers are the addresses of those on a side of a grant.
func (s *Service) Readers(ctx context.Context, tx pgx.Tx, user, organisation int64, d datasets.Department, side Side) ([]string, error) {
	return s.readers(ctx, tx, user, organisation, d.ID, d.Profile, side)
}

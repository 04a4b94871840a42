package marketplace

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Lapsed stops a product that may be offered, in the transaction of what ended: the
// certificate of its registration or of its certification counts no more.
func (s *Service) Lapsed(ctx context.Context, tx pgx.Tx, number, words string) error {
	p, _, err := s.one(ctx, tx, platform(), number, true)
	if err != nil || p.State != Listable {
		return err
	}
	p.words = words
	return s.move(ctx, tx, platform(), p, Suspend)
}

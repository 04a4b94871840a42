package marketplace

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Lapsed stops a product that may be offered, in the transaction of what ended: a
// certificate of its registration or of its certification counts no more, and no other
// of its kind does.
func (s *Service) Lapsed(ctx context.Context, tx pgx.Tx, number, words string) error {
	p, _, err := s.one(ctx, tx, platform(), number, true)
	if err != nil || p.State != Listable {
		return err
	}
	if p.certified, err = selectCertified(ctx, tx, p.ID, s.instant()); err != nil || p.certified {
		return err
	}
	p.words = words
	return s.move(ctx, tx, platform(), p, Suspend)
}

// certified: what is offered is registered and its compliance certified (I-07), and a
// suspension does not outlive the certificates.
func certified(p *Product) error {
	if !p.certified {
		return fault.New(fault.Conflict, "登记证书有效，最新发布的一版也有有效的合规认证证书，产品才能提供；请先登记、认证或者续期。")
	}
	return nil
}

// certifiedAnew: what is offered is certified as it is. A version with other inputs or
// another method, which its number says (see sameMethod), is published once it has a
// certificate of compliance of its own; a patch of a certified version needs none.
func (s *Service) certifiedAnew(ctx context.Context, q database.Querier, p *Product, v *Version) error {
	if p.State != Listable {
		return nil
	}
	ok, err := selectVersionCertified(ctx, q, v.ID, s.instant())
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "产品在提供，这一版的输入或者方法和认证过的不同（版本号的前两个数变了）：请先为这一版取得合规认证证书，再发布。")
	}
	return err
}

func resumable(p *Product) error {
	if err := reasoned(p); err != nil {
		return err
	}
	return certified(p)
}

// Transferred writes down that the right to run a product (产品经营权) is another
// organisation's, in the transaction of the certificate that says so. Who developed it
// stays: that is sealed, and so are the grants under which it was made.
func (s *Service) Transferred(ctx context.Context, tx pgx.Tx, number string, to Developer, source string) error {
	p, _, err := s.one(ctx, tx, platform(), number, true)
	if err != nil {
		return err
	}
	if err := saveOperator(ctx, tx, p.ID, to, source); err != nil {
		return err
	}
	return s.happened(ctx, tx, platform(), p, Transfer, OfPlatform, source)
}

// operated: whoever handed on the right to run a product does not end it.
func operated(p *Product) error {
	if err := reasoned(p); err != nil {
		return err
	}
	if p.away {
		return fault.New(fault.Forbidden, "产品经营权已经转移，由登记证书的持有人决定产品的去留。")
	}
	return nil
}

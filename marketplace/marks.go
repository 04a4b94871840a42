package marketplace

import (
	"context"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/provenance/verify"
)

// Proofs are the proofs of what was sealed under a digest: any of those that
// verify.Digests lists, or that of the bytes of a content. Of versions whose tables have
// the same columns it is the newest that still counts: whoever has worked out the
// digest of the content by it asks again with that. The last is that of a certificate of
// download or of a receipt of delivery.
func (s *Service) Proofs(ctx context.Context, digest string) ([]verify.Proof, error) {
	statements, err := selectMarked(ctx, s.pool, digest)
	if err != nil {
		return nil, err
	}
	all := []verify.Proof{}
	for _, one := range statements {
		p, err := s.Proof(ctx, one)
		if fault.KindOf(err) == fault.NotFound {
			continue // no checkpoint covers it yet
		}
		if err != nil {
			return nil, err
		}
		all = append(all, *p)
	}
	handed, err := s.handedOver(ctx, digest)
	if err != nil {
		return nil, err
	}
	if handed != nil {
		all = append(all, handed.Handover.Proof)
	}
	open, err := s.openAnswer(ctx, digest)
	if err != nil || open.Open == nil || open.Open.Receipt == nil {
		return all, err
	}
	p, err := s.Receipts.Proof(ctx, open.Open)
	if err != nil {
		return nil, err
	}
	return append(all, *p), nil
}

package opening

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
)

// Original is the file under review as it was sent, for those whom the Gate
// lets have it: what is a document and no table cannot be judged otherwise. That
// somebody took it is kept in the audit trail. Close its object.
func (s *Service) Original(ctx context.Context, who account.Actor, reviewID int64) (*datasets.File, error) {
	r, err := oneReview(ctx, s.pool, who, reviewID, ``)
	if err != nil {
		return nil, err
	}
	c, err := s.contentOf(ctx, s.pool, r)
	if err != nil {
		return nil, err
	}
	if c.Version.SHA256 != r.SHA256 {
		return nil, errOther()
	}
	reviewers, err := s.reviewers(ctx, r)
	if err != nil {
		return nil, err
	}
	f, err := s.catalogue.ContentOriginal(ctx, who, c, reviewers)
	if err != nil {
		return nil, err
	}
	if _, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		return struct{}{}, audit.Append(ctx, tx, who, "opening-review", id(r), "take-file", map[string]string{"sha256": r.SHA256})
	}); err != nil {
		f.Object.Close()
		return nil, err
	}
	return f, nil
}

// reviewers are who may be given what r is about: what has ended, its department
// alone.
func (s *Service) reviewers(ctx context.Context, r *Review) (*datasets.Reviewers, error) {
	out := &datasets.Reviewers{Department: r.Department}
	if !r.State.Waits() {
		return out, nil
	}
	var err error
	out.Joint, err = jointOffices(ctx, s.pool, r.Profile)
	return out, err
}

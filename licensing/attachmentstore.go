package licensing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/licensing/papers"
)

func selectAsked(ctx context.Context, q database.Querier, a *Application) error {
	if err := q.QueryRow(ctx, `SELECT asked_materials FROM applications WHERE id = @id`, pgx.NamedArgs{"id": a.ID}).Scan(&a.Asked); err != nil {
		return fmt.Errorf("asked materials: %w", err)
	}
	return nil
}

func updateAsked(ctx context.Context, tx pgx.Tx, a *Application) error {
	if a.Asked == nil {
		a.Asked = []string{}
	}
	if _, err := tx.Exec(ctx, `UPDATE applications SET asked_materials = @asked WHERE id = @id`, pgx.NamedArgs{"id": a.ID, "asked": a.Asked}); err != nil {
		return fmt.Errorf("asked materials: %w", err)
	}
	return nil
}

// dropLeftPapers deletes what was prepared for a step that nobody takes any more:
// of an application that ended otherwise, as when its applicant left.
func dropLeftPapers(ctx context.Context, q database.Querier) error {
	_, err := q.Exec(ctx, `
		DELETE FROM case_papers p USING applications a
		WHERE p.frozen_at IS NULL AND a.id = p.case_id AND (
			p.kind = 'application' AND a.state NOT IN ('draft', 'returned')
			OR p.kind = 'dispute' AND a.state <> 'refused'
			OR p.kind = 'award' AND (a.state <> 'awarding' OR a.award IS NOT NULL))`)
	if err != nil {
		return fmt.Errorf("left papers: %w", err)
	}
	return nil
}

// preparing are the applications whose refusal somebody prepares files against.
func (s *Service) preparing(ctx context.Context) ([]Application, error) {
	return s.list(ctx, s.pool, `a.state = 'refused' AND EXISTS (SELECT FROM case_papers p WHERE p.kind = 'dispute' AND p.case_id = a.id AND p.frozen_at IS NULL)`, `ORDER BY a.id`, pgx.NamedArgs{})
}

// dropPapers deletes the files prepared for disputes that nobody brought in time,
// and what else was left.
func (s *Service) dropPapers(ctx context.Context) error {
	late, err := s.preparing(ctx)
	if err != nil {
		return err
	}
	for i := range late {
		if c := late[i].Stage; c != nil && !c.Late(s.now()) {
			continue
		}
		if _, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			return struct{}{}, papers.Drop(ctx, tx, papers.Dispute, late[i].ID)
		}); err != nil {
			return err
		}
	}
	return dropLeftPapers(ctx, s.pool)
}

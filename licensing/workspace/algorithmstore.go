package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

func insertAlgorithm(ctx context.Context, tx pgx.Tx, a *Algorithm) error {
	parameters := []byte("[]")
	if a.Parameters != nil {
		var err error
		if parameters, err = json.Marshal(a.Parameters); err != nil {
			return err
		}
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO workspace_algorithms (number, workspace_id, title, sql, parameters, code_digest, state, proposed_by, proposed_name, proposed_at)
		VALUES (@number, @workspace, @title, @sql, @parameters, @code, @state, @by, @byname, @at) RETURNING id, revision`,
		pgx.NamedArgs{"number": a.Number, "workspace": a.workspace, "title": a.Title, "sql": a.SQL, "parameters": string(parameters), "code": a.CodeDigest, "state": a.State, "by": a.proposedBy, "byname": a.ProposedBy, "at": a.ProposedAt}).Scan(&a.ID, &a.Revision)
	if err != nil {
		return fmt.Errorf("insert algorithm: %w", err)
	}
	return nil
}

func saveAlgorithm(ctx context.Context, tx pgx.Tx, a *Algorithm) error {
	err := tx.QueryRow(ctx, `
		UPDATE workspace_algorithms SET state = @state, first_by = nullif(@first, 0), first_name = @first_name, first_at = @first_at, second_by = nullif(@second, 0), second_name = @second_name, second_at = @second_at, words = @words, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": a.ID, "state": a.State, "first": a.firstBy, "first_name": a.FirstBy, "first_at": a.FirstAt, "second": a.secondBy, "second_name": a.SecondBy, "second_at": a.SecondAt, "words": a.Words}).Scan(&a.Revision)
	if err != nil {
		return fmt.Errorf("save algorithm: %w", err)
	}
	return nil
}

func selectAlgorithms(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Algorithm, error) {
	rows, err := q.Query(ctx, `
		SELECT a.id, a.number, a.workspace_id, w.number, a.title, a.sql, a.parameters, a.code_digest, a.state, a.proposed_by, a.proposed_name, a.proposed_at, coalesce(a.first_by, 0), a.first_name, a.first_at, coalesce(a.second_by, 0), a.second_name, a.second_at, a.words, a.revision
		FROM workspace_algorithms a JOIN workspaces w ON w.id = a.workspace_id WHERE `+where+` ORDER BY a.id DESC LIMIT 200`, args)
	if err != nil {
		return nil, fmt.Errorf("algorithms: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Algorithm, err error) {
		var parameters []byte
		if err = row.Scan(&a.ID, &a.Number, &a.workspace, &a.Workspace, &a.Title, &a.SQL, &parameters, &a.CodeDigest, &a.State, &a.proposedBy, &a.ProposedBy, &a.ProposedAt, &a.firstBy, &a.FirstBy, &a.FirstAt, &a.secondBy, &a.SecondBy, &a.SecondAt, &a.Words, &a.Revision); err != nil {
			return a, err
		}
		return a, errors.Join(json.Unmarshal(parameters, &a.Parameters))
	})
}

package workspace

import (
	"context"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
)

// selectReaders are the addresses of a side of w: who works in it, the operator's
// people, or the authority's.
func selectReaders(ctx context.Context, q database.Querier, side Side, w *Workspace) ([]string, error) {
	var sql string
	switch side {
	case OfDeveloper:
		sql = `u.id IN (SELECT user_id FROM workspace_members WHERE workspace_id = @workspace UNION SELECT user_id FROM organisation_members WHERE organisation_id = @developer AND role = 'owner')`
	case OfOperator:
		sql = `u.id IN (SELECT m.user_id FROM organisation_members m JOIN user_roles r ON r.user_id = m.user_id AND r.role = @operating WHERE m.organisation_id = @operator)`
	case OfAuthority:
		sql = `u.id IN (SELECT user_id FROM user_roles WHERE role = @deciding AND department_id = @body)`
	default:
		return nil, nil
	}
	rows, err := q.Query(ctx, `SELECT u.identifier FROM users u WHERE u.disabled_at IS NULL AND u.leaving_at IS NULL AND `+sql+` ORDER BY u.id`,
		pgx.NamedArgs{"workspace": w.ID, "developer": w.Organisation.ID, "operator": w.Operator.ID, "body": w.body, "operating": account.Operator, "deciding": account.Authority})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

// Players returns for each of these departments the identifiers of those who
// play one of the roles in it and can sign in: e-mail addresses, and of some a
// phone number.
func Players(ctx context.Context, q database.Querier, departments []int64, roles ...Role) (map[int64][]string, error) {
	rows, err := q.Query(ctx, `
		SELECT DISTINCT r.department_id, u.id, u.identifier FROM user_roles r JOIN users u ON u.id = r.user_id
		WHERE r.role = ANY (@roles) AND r.department_id = ANY (@departments) AND u.disabled_at IS NULL
		ORDER BY u.id`, pgx.NamedArgs{"roles": roles, "departments": departments})
	if err != nil {
		return nil, fmt.Errorf("players: %w", err)
	}
	out := map[int64][]string{}
	var department, id int64
	var identifier string
	_, err = pgx.ForEachRow(rows, []any{&department, &id, &identifier}, func() error {
		out[department] = append(out[department], identifier)
		return nil
	})
	return out, err
}

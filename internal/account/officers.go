package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

// OfficersOf returns for each of these departments the identifiers of its data
// officers who can sign in: e-mail addresses, and for some a phone number.
func OfficersOf(ctx context.Context, q database.Querier, departments []int64) (map[int64][]string, error) {
	rows, err := q.Query(ctx, `
		SELECT r.department_id, u.identifier FROM user_roles r JOIN users u ON u.id = r.user_id
		WHERE r.role = 'officer' AND r.department_id = ANY (@departments) AND u.disabled_at IS NULL
		ORDER BY u.id`, pgx.NamedArgs{"departments": departments})
	if err != nil {
		return nil, fmt.Errorf("officers: %w", err)
	}
	out := map[int64][]string{}
	var department int64
	var identifier string
	_, err = pgx.ForEachRow(rows, []any{&department, &identifier}, func() error {
		out[department] = append(out[department], identifier)
		return nil
	})
	return out, err
}

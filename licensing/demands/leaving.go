package demands

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// goneProposer is who proposed, once the account is gone.
const goneProposer = "已注销的用户"

// Forget takes a person out of the demands that they proposed and seconded
// (account.Forget). What they proposed stays: others wait for it too.
func Forget(ctx context.Context, tx pgx.Tx, user int64) error {
	args := pgx.NamedArgs{"user": user, "gone": goneProposer}
	rows, err := tx.Query(ctx, `SELECT DISTINCT coalesce(m.root_id, m.id) FROM demands m WHERE m.user_id = @user OR m.id IN (SELECT demand_id FROM demand_votes WHERE user_id = @user) ORDER BY 1`, args)
	if err != nil {
		return fmt.Errorf("demands of who leaves: %w", err)
	}
	touched, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("demands of who leaves: %w", err)
	}
	for _, do := range []string{
		`SELECT FROM demands WHERE id = ANY(@touched) ORDER BY id FOR UPDATE`,
		`DELETE FROM demand_votes WHERE user_id = @user`,
		`UPDATE demands SET user_id = NULL, proposer = @gone WHERE user_id = @user`,
	} {
		args["touched"] = touched
		if _, err := tx.Exec(ctx, do, args); err != nil {
			return fmt.Errorf("demands of who leaves: %w", err)
		}
	}
	for _, number := range touched {
		if _, err := count(ctx, tx, number); err != nil {
			return fmt.Errorf("demands of who leaves: %w", err)
		}
	}
	return nil
}

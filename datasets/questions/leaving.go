package questions

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// goneAsker is who asked, once the account is gone.
const goneAsker = "已注销的用户"

// Forget takes a person out of the questions that they asked (account.Forget).
// What is open stays with its department, which answers in public.
func Forget(ctx context.Context, tx pgx.Tx, user int64) error {
	if _, err := tx.Exec(ctx, `UPDATE questions SET user_id = NULL, asker = $2 WHERE user_id = $1`, user, goneAsker); err != nil {
		return fmt.Errorf("questions of who leaves: %w", err)
	}
	return nil
}

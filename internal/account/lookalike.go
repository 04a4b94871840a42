package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/mtibben/confusables"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// looksLikeNobody returns fault.Invalid if the name of an organisation looks like
// that of a department or of a verified organisation and is written otherwise,
// with Cyrillic letters for Latin ones for example (UTS #39, skeletons). Two may
// have the very same name: their codes tell them apart.
func looksLikeNobody(ctx context.Context, q database.Querier, org int64, name string) error {
	rows, err := q.Query(ctx, `SELECT name FROM organisations WHERE status = 'verified' AND id <> $1 UNION SELECT name FROM departments`, org)
	if err != nil {
		return fmt.Errorf("look-alike names: %w", err)
	}
	others, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look-alike names: %w", err)
	}
	skeleton := confusables.Skeleton(name)
	for _, other := range others {
		if other != name && confusables.Skeleton(other) == skeleton {
			return fault.At("name", "这个名称和“%s”看起来一样，用的字却不同；请按证照核对用字。", other)
		}
	}
	return nil
}

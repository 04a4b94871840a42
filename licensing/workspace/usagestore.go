package workspace

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/workdays"
)

// Usages are what a workspace used month by month, the newest first.
func selectUsage(ctx context.Context, q database.Querier, workspace int64) ([]Usage, error) {
	rows, err := q.Query(ctx, `
		SELECT date_trunc('month', at AT TIME ZONE 'Asia/Shanghai') AS month, coalesce(sum(quantity) FILTER (WHERE meter = 'cpu_ms'), 0)::bigint, coalesce(max(quantity) FILTER (WHERE meter = 'memory_bytes'), 0)::bigint,
			coalesce(sum(quantity) FILTER (WHERE meter = 'rows_read'), 0)::bigint, coalesce(sum(quantity) FILTER (WHERE meter = 'cells_released'), 0)::bigint, coalesce(sum(quantity) FILTER (WHERE meter = 'storage_bytes'), 0)::bigint,
			count(*) FILTER (WHERE meter = 'cpu_ms')
		FROM usage_events WHERE workspace_id = $1 GROUP BY 1 ORDER BY 1 DESC LIMIT 24`, workspace)
	if err != nil {
		return nil, fmt.Errorf("usage: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (u Usage, err error) {
		var ms int64
		err = row.Scan(&u.Month, &ms, &u.Memory, &u.Rows, &u.Cells, &u.Storage, &u.Jobs)
		y, m, _ := u.Month.Date()
		u.Month, u.CPU = time.Date(y, m, 1, 0, 0, 0, 0, workdays.Zone), time.Duration(ms)*time.Millisecond
		return u, err
	})
}

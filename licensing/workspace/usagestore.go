package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/workdays"
)

// Usages are what a workspace used month by month, the newest first: as it counts, or
// exactly.
func selectUsage(ctx context.Context, q database.Querier, workspace int64, exact bool) ([]Usage, error) {
	rows, err := q.Query(ctx, `
		SELECT date_trunc('month', at AT TIME ZONE 'Asia/Shanghai') AS month, coalesce(sum(quantity) FILTER (WHERE meter = 'cpu_ms'), 0)::bigint, coalesce(max(quantity) FILTER (WHERE meter = 'memory_bytes'), 0)::bigint,
			coalesce(sum(quantity) FILTER (WHERE meter = 'rows_read'), 0)::bigint, coalesce(sum(quantity) FILTER (WHERE meter = 'cells_released'), 0)::bigint, coalesce(sum(quantity) FILTER (WHERE meter = 'storage_bytes'), 0)::bigint,
			count(*) FILTER (WHERE meter = 'cpu_ms')
		FROM (SELECT at, meter, CASE WHEN $2 THEN quantity ELSE usage_counted(meter, quantity, dims) END AS quantity FROM usage_events WHERE workspace_id = $1) u GROUP BY 1 ORDER BY 1 DESC LIMIT 24`, workspace, exact)
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

// selectEvents is what was measured in a workspace from a moment on and before another.
func selectEvents(ctx context.Context, q database.Querier, workspace int64, from, until time.Time, most int) ([]Metered, error) {
	rows, err := q.Query(ctx, `SELECT event_id, meter, quantity, dims, at FROM usage_events WHERE workspace_id = $1 AND at >= $2 AND at < $3 ORDER BY at, id LIMIT $4`, workspace, from, until, most)
	if err != nil {
		return nil, fmt.Errorf("usage: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Metered])
}

// selectSums is what counts for fees of a workspace, summed by month and meter, the
// newest month first.
func selectSums(ctx context.Context, q database.Querier, workspace int64) ([]Metered, error) {
	rows, err := q.Query(ctx, `
		SELECT date_trunc('month', at AT TIME ZONE 'Asia/Shanghai') AS month, meter, sum(usage_counted(meter, quantity, dims)) FILTER (WHERE dims ->> 'state' IS DISTINCT FROM 'killed')::bigint
		FROM usage_events WHERE workspace_id = $1 GROUP BY 1, 2 ORDER BY 1 DESC, 2 LIMIT 120`, workspace)
	if err != nil {
		return nil, fmt.Errorf("usage: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Metered, err error) {
		var sum *int64
		if err = row.Scan(&m.At, &m.Meter, &sum); err != nil {
			return m, err
		}
		if sum != nil {
			m.Quantity = *sum
		}
		y, month, _ := m.At.Date()
		m.At = time.Date(y, month, 1, 0, 0, 0, 0, workdays.Zone)
		return m, nil
	})
}

// selectFees are the tariff of the mandate that a scenario stands under, and the
// ceilings of its agreement for the forms of the scenario's results.
func selectFees(ctx context.Context, q database.Querier, scenario int64) (t Terms, err error) {
	var tariff, ceilings []byte
	err = q.QueryRow(ctx, `
		SELECT m.tariff, coalesce((SELECT jsonb_agg(jsonb_build_object('Form', c.form, 'Unit', c.unit, 'Fen', c.fen) ORDER BY c.form, c.unit) FROM mandate_ceilings c
			WHERE c.mandate_id = m.id AND EXISTS (SELECT FROM jsonb_array_elements(s.outputs) o WHERE o ->> 'form' = c.form)), '[]')
		FROM scenarios s JOIN mandates m ON m.id = s.mandate_id WHERE s.id = $1`, scenario).Scan(&tariff, &ceilings)
	if err != nil {
		return t, fmt.Errorf("fees: %w", err)
	}
	return t, errors.Join(json.Unmarshal(tariff, &t.Tariff), json.Unmarshal(ceilings, &t.Ceilings))
}

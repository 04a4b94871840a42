package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

// Use is what a program in a workspace may do with a column.
type Use string

// The uses.
const (
	Group     Use = "group"     // group rows by it, and show it beside a group
	Aggregate Use = "aggregate" // only within an aggregate
	Read      Use = "read"      // show it as it is: the columns of a public table
	Subject   Use = "subject"   // a masked key: join by it and count how many there are
)

// Granted is what the workspace of a scenario may mount of one file, at one
// moment.
type Granted struct {
	ID       int64
	Number   string
	Dataset  int64
	Resource string
	Columns  []string
	Uses     map[string]Use
	Where    string // a condition in the language of rows; empty: every row
	Until    time.Time
}

// Standing is what a scenario's workspace may mount at now: nothing, unless the
// grant, the contract, the scenario, the developer's entry and organisation, the
// mandate and every mandate above it stand and are in their terms at that moment, and
// the entry is public and not withheld, whatever it was when the grant was given.
// It is asked at every step, and nothing is kept of its answer: so one move of any
// of them ends what is below it, and lifting that brings back what was.
func Standing(ctx context.Context, q database.Querier, scenario int64, now time.Time) ([]Granted, error) {
	rows, err := q.Query(ctx, `
		SELECT g.id, g.number, g.dataset_id, g.resource_id, g.columns, g.uses, g.rows_where, g.until_at
		FROM scenario_grants g
		JOIN scenario_contracts c ON c.id = g.contract_id AND c.state = 'active'
		JOIN datasets d ON d.id = g.dataset_id AND d.status = 'published' AND d.open_type <> 'withheld'
		WHERE c.scenario_id = $1 AND g.state = 'active' AND g.from_at <= $2 AND $2 < g.until_at AND scenario_stands($1, $2)
		ORDER BY g.id`, scenario, now)
	if err != nil {
		return nil, fmt.Errorf("grants of a scenario: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (g Granted, err error) {
		err = row.Scan(&g.ID, &g.Number, &g.Dataset, &g.Resource, &g.Columns, &g.Uses, &g.Where, &g.Until)
		return g, err
	})
}

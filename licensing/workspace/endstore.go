package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
)

// ends is, in SQL, what is over for good above the workspace w of scenario s: the first
// to have ended, in a row e. The entry is over once it was left and there is no other.
const ends = ` CROSS JOIN LATERAL (
		WITH RECURSIVE above AS (
			SELECT m.id, m.parent_id, m.number, m.state, m.state_at, m.until_at FROM mandates m WHERE m.id = s.mandate_id
			UNION ALL SELECT m.id, m.parent_id, m.number, m.state, m.state_at, m.until_at FROM mandates m JOIN above a ON m.id = a.parent_id)
		SELECT * FROM (
			SELECT 'mandate' AS what, a.number, CASE WHEN a.until_at <= @now THEN 'expired' ELSE a.state END AS state, least(a.until_at, CASE WHEN a.state IN ('revoked', 'surrendered', 'expired', 'closed') THEN a.state_at END) AS at
			FROM above a WHERE a.state IN ('revoked', 'surrendered', 'expired', 'closed') OR a.until_at <= @now
			UNION ALL SELECT 'developer', d.number, d.state, d.state_at FROM developers d WHERE d.mandate_id = s.mandate_id AND d.organisation_id = s.organisation_id AND d.state = 'left' AND NOT EXISTS (
				SELECT FROM developers o WHERE o.mandate_id = d.mandate_id AND o.organisation_id = d.organisation_id AND (o.state IN ('admitted', 'suspended') OR o.state = 'left' AND o.id > d.id))
			UNION ALL SELECT 'scenario', s.number, CASE WHEN s.state IN ('terminated', 'surrendered', 'closed') THEN s.state ELSE 'expired' END, least(s.until_at, CASE WHEN s.state IN ('expired', 'terminated', 'surrendered', 'closed') THEN s.state_at END)
			WHERE s.state IN ('expired', 'terminated', 'surrendered', 'closed') OR s.until_at <= @now
			UNION ALL (SELECT 'contract', c.number, CASE WHEN c.until_at <= @now THEN 'expired' ELSE c.state END, least(c.until_at, CASE WHEN c.state = 'ended' THEN c.state_at END)
				FROM (SELECT * FROM scenario_contracts c WHERE c.scenario_id = s.id AND c.state <> 'void' ORDER BY c.id DESC LIMIT 1) c WHERE c.state = 'ended' OR c.until_at <= @now)) x
		ORDER BY x.at, array_position(ARRAY['mandate', 'developer', 'scenario', 'contract'], x.what) LIMIT 1) e `

// selectEnd is what ended above w, nil where nothing did.
func selectEnd(ctx context.Context, q database.Querier, w *Workspace, now time.Time) (*End, error) {
	e := &End{}
	err := q.QueryRow(ctx, `SELECT e.what, e.number, e.state, e.at FROM scenarios s`+ends+`WHERE s.id = @scenario`, pgx.NamedArgs{"scenario": w.Scenario.ID, "now": now}).Scan(&e.What, &e.Number, &e.State, &e.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("end of what is above a workspace: %w", err)
	}
	return e, nil
}

// ended is a workspace that is not closed and above which something is over for good.
type ended struct {
	number  string
	profile string // of the body that authorises
	at      time.Time
}

func selectEnds(ctx context.Context, q database.Querier, now time.Time) ([]ended, error) {
	rows, err := q.Query(ctx, `
		SELECT w.number, b.profile, e.at FROM workspaces w JOIN scenarios s ON s.id = w.scenario_id JOIN mandates m ON m.id = s.mandate_id JOIN departments b ON b.id = m.body_id`+ends+`
		WHERE w.state NOT IN ('closing', 'destroyed') AND NOT scenario_stands(s.id, @now) ORDER BY w.id`, pgx.NamedArgs{"now": now})
	if err != nil {
		return nil, fmt.Errorf("workspaces whose scenario is over: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o ended, err error) {
		return o, row.Scan(&o.number, &o.profile, &o.at)
	})
}

package check

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/policy"
)

var readBook = sync.OnceValues(func() (*policy.Book, error) { return policy.Load(policy.Files) })

// unreported names the closed incidents that were not reported to whomever the text
// in force, when they were opened, has them reported to (AS-48, TJ-50).
func unreported(ctx context.Context, r *run) ([]string, error) {
	book, err := readBook()
	if err != nil {
		return nil, err
	}
	rows, err := r.tx.Query(ctx, `
		SELECT i.number, i.profile, i.opened_at, coalesce(array_agg(p.kind) FILTER (WHERE p.at <= i.ended_at), '{}')
		FROM incidents i LEFT JOIN incident_reports p ON p.incident_id = i.id
		WHERE i.state = 'closed' GROUP BY i.id ORDER BY i.id`)
	if err != nil {
		return nil, err
	}
	var out []string
	var number, profile string
	var opened time.Time
	var made []string
	_, err = pgx.ForEachRow(rows, []any{&number, &profile, &opened, &made}, func() error {
		_, rule, _ := book.Governing(profile, "incident_notice", opened)
		for _, kind := range policy.ReportsDue(rule) {
			if !slices.Contains(made, kind) {
				out = append(out, fmt.Sprintf("incident %s: no report to %s", number, kind))
			}
		}
		return nil
	})
	return out, err
}

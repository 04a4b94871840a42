package demo

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// The sample world has a report to be read, one whose grant is suspended for it, data
// to be destroyed and a grant that was drawn.
func TestWhatFollowsTheSampleGrants(t *testing.T) {
	in := loaded(t)
	for query, want := range map[string]int{
		`SELECT count(*) FROM use_reports WHERE state = 'filed'`: 1,
		`SELECT count(*) FROM use_reports r JOIN grants g ON g.id = r.grant_id WHERE r.suspended_at IS NOT NULL AND r.warned_at < r.suspended_at AND g.suspended_by = 'platform'`: 1,
		`SELECT count(*) FROM use_destructions WHERE state = 'owed'`: 1,
		`SELECT count(*) FROM use_audits WHERE state = 'asked'`:      1,
	} {
		rows, err := in.pool.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
		if err != nil || got < want {
			t.Errorf("%s: %d, %v", query, got, err)
		}
	}
}

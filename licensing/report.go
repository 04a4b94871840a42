package licensing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
)

// Decided is one application that was decided, as everybody may read it: what was
// asked and given, how long it took, and under which conditions; not who asked.
type Decided struct {
	At         time.Time
	Applicant  string // natural, legal, unincorporated
	Lane       string
	State      State
	Months     int
	Asked      int // columns, or whole files where they are no tables
	Given      int
	Conditions int // revision of the conditions; 0: the platform's figures
	Days       int // working days from submission to decision
	Late       bool
	Bases      []datasets.LegalBasis // of what was not given
}

// Consistency are the decided applications for an entry, the newest first, for
// everybody who can see the entry: whether like was treated alike (AS-27.2 平等开放).
// Other has how many more there are than are shown.
func (s *Service) Consistency(ctx context.Context, who account.Actor, slug string, limit int) (d *datasets.Dataset, list []Decided, other int, err error) {
	if d, err = s.catalogue.Dataset(ctx, who, slug); err != nil {
		return nil, nil, 0, err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT a.submitted_at, a.decided_at, a.applicant, a.lane, a.state, a.months, coalesce((a.conditions ->> 'revision')::int, 0), a.bases, a.clock_profile, a.clock_path, a.clock_from, a.clock_used,
			sum(coalesce(cardinality(i.columns), 1)), coalesce(sum(CASE i.decision WHEN 'granted' THEN coalesce(cardinality(i.columns), 1) WHEN 'reduced' THEN cardinality(i.given_columns) ELSE 0 END), 0),
			count(*) OVER ()
		FROM applications a JOIN application_items i ON i.application_id = a.id
		WHERE a.dataset_id = @dataset AND a.decided_at IS NOT NULL AND a.state IN ('granted', 'offered', 'refused', 'disputed', 'upheld', 'withdrawn', 'lapsed')
		GROUP BY a.id ORDER BY a.decided_at DESC, a.id LIMIT @limit`, pgx.NamedArgs{"dataset": d.ID, "limit": limit})
	if err != nil {
		return nil, nil, 0, fmt.Errorf("consistency: %w", err)
	}
	all := 0
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (x Decided, err error) {
		var submitted time.Time
		var ref deadline.Ref
		var from *time.Time
		if err := row.Scan(&submitted, &x.At, &x.Applicant, &x.Lane, &x.State, &x.Months, &x.Conditions, &x.Bases, &ref.Profile, &ref.Path, &from, &ref.Used, &x.Asked, &x.Given, &all); err != nil {
			return x, err
		}
		x.Days = s.clocks.Days(submitted, x.At)
		x.Late = s.late(ref, from, x.At)
		return x, nil
	})
	if err != nil {
		return nil, nil, 0, fmt.Errorf("consistency: %w", err)
	}
	return d, list, all - len(list), nil
}

// late reports whether a clock that a case kept had run out by at.
func (s *Service) late(ref deadline.Ref, from *time.Time, at time.Time) bool {
	if from == nil || ref.Path == "" {
		return false
	}
	ref.From = *from
	clock, err := s.clocks.Resume(ref)
	return err == nil && clock.Late(at)
}

// InTime counts, of the applications to a department whose day to be decided came,
// those that were decided by then, or sent to a competition. One that waits within
// its time, or whose day is only preliminary, is not counted.
func (s *Service) InTime(ctx context.Context, department string) (datasets.Share, error) {
	var out datasets.Share
	rows, err := s.pool.Query(ctx, `
		SELECT a.clock_profile, a.clock_path, a.clock_from, a.clock_used, coalesce(a.decided_at, CASE WHEN a.state = 'awarding' THEN a.stopped_at END), a.state IN ('withdrawn', 'lapsed', 'returned')
		FROM applications a JOIN datasets d ON d.id = a.dataset_id JOIN departments p ON p.id = d.department_id
		WHERE p.slug = $1 AND a.clock_path <> '' AND a.clock_from IS NOT NULL`, department)
	if err != nil {
		return out, fmt.Errorf("in time: %w", err)
	}
	var ref deadline.Ref
	var done *time.Time
	var over bool
	_, err = pgx.ForEachRow(rows, []any{&ref.Profile, &ref.Path, &ref.From, &ref.Used, &done, &over}, func() error {
		clock, err := s.clocks.Resume(ref)
		switch {
		case err != nil || clock.Preliminary():
		case done != nil:
			out.All++
			if !clock.Late(*done) {
				out.Yes++
			}
		case !over && clock.Late(s.now()):
			out.All++
		}
		return nil
	})
	return out, err
}

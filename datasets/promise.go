package datasets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
)

// days and months of one turn of each cycle (更新周期) that has one.
var (
	cycleDays   = map[Frequency]int{RealTime: 1, Daily: 1, Weekly: 7}
	cycleMonths = map[Frequency]int{Monthly: 1, Quarterly: 3, SemiAnnual: 6, Annual: 12, Biennial: 24}
)

// Kept reports whether a version published at the time at keeps the promise of
// d, and what is promised next: nil where the entry is updated now and then. A
// version keeps it from the day on which the desk asks for the update
// (平台规则, updateAhead); what comes before is a correction or an addition, and
// the promise stands. The next day follows the declared cycle from the promised
// one, never from the day of publication, so that a year's end stays one.
func (d *Dataset) Kept(at time.Time) (next *time.Time, kept bool) {
	if d.Frequency == Never || d.NextDue == nil {
		return nil, false
	}
	day := chinaDay(at)
	if day.Before(d.CountsFrom()) {
		return nil, false
	}
	for turns := 1; ; turns++ {
		due, ok := d.turned(turns)
		if !ok {
			return nil, true
		}
		if due.After(day) {
			return &due, true
		}
	}
}

// CountsFrom is the first day on which a version keeps the promise of d, which
// must have one.
func (d *Dataset) CountsFrom() time.Time {
	if n := cycleDays[d.Frequency]; n > 0 && n < updateAhead {
		return d.NextDue.AddDate(0, 0, 1-n)
	}
	return d.NextDue.AddDate(0, 0, -updateAhead)
}

// turned is the promised day so many turns of the cycle on; false where there is
// no cycle.
func (d *Dataset) turned(turns int) (time.Time, bool) {
	due := *d.NextDue
	if n := cycleDays[d.Frequency]; n > 0 {
		return due.AddDate(0, 0, n*turns), true
	}
	n := cycleMonths[d.Frequency]
	if n == 0 {
		return due, false
	}
	y, m, day := due.Date()
	last := lastDay(y, m+time.Month(n*turns))
	if day == lastDay(y, m) || day > last {
		day = last
	}
	return time.Date(y, m+time.Month(n*turns), day, 0, 0, 0, 0, time.UTC), true
}

func lastDay(y int, m time.Month) int { return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// chinaDay is the day of at in China, as days are kept.
func chinaDay(at time.Time) time.Time {
	y, m, d := at.In(china).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// keepPromise takes the promise of a public entry along when a new version keeps
// it (AS-12.1). The first file of an entry is no update of anything.
func (s *Service) keepPromise(ctx context.Context, tx pgx.Tx, who account.Actor, v *Version) error {
	var d Dataset
	err := tx.QueryRow(ctx, `
		SELECT slug, update_frequency, next_due FROM datasets d
		WHERE id = @id AND status = 'published'
		  AND EXISTS (SELECT FROM versions o JOIN resources r ON r.id = o.resource_id WHERE r.dataset_id = d.id AND o.id <> @version)`,
		pgx.NamedArgs{"id": v.DatasetID, "version": v.ID}).Scan(&d.Slug, &d.Frequency, &d.NextDue)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the promise of entry %d: %w", v.DatasetID, err)
	}
	next, kept := d.Kept(s.now())
	if !kept {
		return nil
	}
	day := chinaDay(s.now())
	if _, err := tx.Exec(ctx, `UPDATE datasets SET last_updated = greatest(last_updated, @day), next_due = @next, updated_at = @now WHERE id = @id`,
		pgx.NamedArgs{"id": v.DatasetID, "day": day, "next": next, "now": s.now()}); err != nil {
		return fmt.Errorf("take the promise of entry %d along: %w", v.DatasetID, err)
	}
	about := map[string]string{"promised": d.NextDue.Format(time.DateOnly)}
	if next != nil {
		about["next"] = next.Format(time.DateOnly)
	}
	return audit.Append(ctx, tx, who, "dataset", d.Slug, "keep-promise", about)
}

package datasets

import "time"

// Fresh is the promised update frequency held against reality.
type Fresh string

// What can be said of a promise.
const (
	Complete   Fresh = "complete"   // nothing more will come, and nothing more was promised
	InTime     Fresh = "in-time"    // the next version is not due yet
	Overdue    Fresh = "overdue"    // the promised day has passed without a new version
	Unpromised Fresh = "unpromised" // updated now and then, on no promised day
)

// china is the zone of every date of the catalogue. It has no summer time.
var china = time.FixedZone("CST", 8*60*60)

// Fresh reports whether the department keeps its promise. The promised day
// itself is in time, to its last minute in China.
func (d *Dataset) Fresh(now time.Time) Fresh {
	switch {
	case d.Frequency == Never:
		return Complete
	case d.NextDue == nil:
		return Unpromised
	case now.Before(endOfDay(*d.NextDue)):
		return InTime
	}
	return Overdue
}

// Late is how many days have begun since the promised day ended; 0 for what is
// not late.
func (d *Dataset) Late(now time.Time) int {
	if d.Fresh(now) != Overdue {
		return 0
	}
	return int(now.Sub(endOfDay(*d.NextDue))/(24*time.Hour)) + 1 // China has no summer time
}

func endOfDay(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, china)
}

package deadline_test

import (
	"testing"
	"time"

	"shuyuan/internal/deadline"
)

// A clock that was stopped goes on with the days that were left. The days are
// written out by hand: 1 to 7 October 2024 are holidays, Sunday 29 September and
// Saturday 12 October were worked.
func TestAClockThatWasStopped(t *testing.T) {
	term := deadline.Term{House: "anshan_open_application"} // 15 working days
	for _, c := range []struct {
		name              string
		from, stop, again string
		used              int
		last              string
	}{
		{"never stopped", "2024-09-23", "", "", 0, "2024-10-17"},
		{"stopped and gone on the same day", "2024-09-23", "2024-09-26", "2024-09-26", 3, "2024-10-17"},
		{"stopped before a day had run", "2024-09-23", "2024-09-23", "2024-09-26", 0, "2024-10-22"},
		{"stopped over the holiday", "2024-09-23", "2024-09-30", "2024-10-08", 6, "2024-10-18"},
		{"three working days lost", "2024-09-23", "2024-09-26", "2024-09-30", 3, "2024-10-22"},
		{"stopped on a Saturday", "2024-09-23", "2024-09-28", "2024-09-30", 4, "2024-10-21"},
		{"gone on in the holiday", "2024-09-23", "2024-09-29", "2024-10-03", 5, "2024-10-18"},
		{"stopped on its last day", "2024-09-23", "2024-10-17", "2024-10-25", 15, "2024-10-25"},
		{"stopped when it was late: it stays late", "2024-09-23", "2024-10-18", "2024-10-25", 0, "2024-10-17"},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := clocks(t)
			clock, err := all.Start(anshan, term, day(t, c.from))
			if err != nil {
				t.Fatal(err)
			}
			if c.stop != "" {
				ref, err := all.GoOn(clock.Ref, day(t, c.stop), day(t, c.again))
				if err != nil {
					t.Fatal(err)
				}
				if ref.Used != c.used {
					t.Errorf("%d days had run, want %d", ref.Used, c.used)
				}
				if clock, err = all.Resume(ref); err != nil {
					t.Fatal(err)
				}
			}
			if got := clock.Last.Format(time.DateOnly); got != c.last {
				t.Errorf("until %s, want %s", got, c.last)
			}
		})
	}
}

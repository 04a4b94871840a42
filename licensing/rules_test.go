package licensing_test

import (
	"testing"
	"time"

	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
)

func book(t *testing.T) (*policy.Book, *deadline.Clocks) {
	t.Helper()
	b, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	return b, deadline.New(b, func() workdays.Calendar { return calendar })
}

func on(t *testing.T, day string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, day, workdays.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return d.Add(15 * time.Hour)
}

// By when a department decides, counted by hand on the State Council's notices.
// Tianjin's two days run from acceptance, Aba's fifteen from receipt as we read
// it, and those of Anshan and Fujian are the platform's.
func TestByWhenADepartmentDecides(t *testing.T) {
	const house = "house-defaults"
	b, clocks := book(t)
	for _, c := range []struct{ profile, received, accepted, by, last string }{
		{licensingtest.Tianjin, "2024-09-27", "2024-09-27", licensingtest.Tianjin, "2024-09-30"}, // matrix 2.8
		{licensingtest.Tianjin, "2024-09-30", "2024-09-30", licensingtest.Tianjin, "2024-10-09"},
		{licensingtest.Tianjin, "2024-02-09", "2024-02-09", licensingtest.Tianjin, "2024-02-19"},
		{licensingtest.Aba, "2023-09-18", "2023-09-20", licensingtest.Aba, "2023-10-13"},

		{licensingtest.Tianjin, "2025-01-24", "2025-01-24", licensingtest.Tianjin, "2025-01-27"}, // Sunday 26 worked
		{licensingtest.Tianjin, "2025-01-24", "2025-01-26", licensingtest.Tianjin, "2025-02-05"}, // over Spring Festival
		{licensingtest.Tianjin, "2025-01-24", "2025-01-27", licensingtest.Tianjin, "2025-02-06"},
		{licensingtest.Tianjin, "2025-02-06", "2025-02-07", licensingtest.Tianjin, "2025-02-10"}, // Saturday 8 worked
		{licensingtest.Tianjin, "2025-04-02", "2025-04-03", licensingtest.Tianjin, "2025-04-08"},
		{licensingtest.Tianjin, "2025-04-25", "2025-04-25", licensingtest.Tianjin, "2025-04-28"}, // Sunday 27 worked
		{licensingtest.Tianjin, "2025-04-29", "2025-04-30", licensingtest.Tianjin, "2025-05-07"},
		{licensingtest.Tianjin, "2025-09-26", "2025-09-26", licensingtest.Tianjin, "2025-09-29"}, // Sunday 28 worked
		{licensingtest.Tianjin, "2025-09-29", "2025-09-29", licensingtest.Tianjin, "2025-10-09"},
		{licensingtest.Tianjin, "2025-09-29", "2025-09-30", licensingtest.Tianjin, "2025-10-10"},
		{licensingtest.Tianjin, "2025-10-10", "2025-10-10", licensingtest.Tianjin, "2025-10-13"}, // Saturday 11 worked
		{licensingtest.Tianjin, "2025-12-31", "2025-12-31", licensingtest.Tianjin, "2026-01-05"}, // Sunday 4 worked; two calendars
		{licensingtest.Tianjin, "2026-02-13", "2026-02-13", licensingtest.Tianjin, "2026-02-24"}, // Saturday 14 worked, then nine days off
		{licensingtest.Tianjin, "2026-02-13", "2026-02-14", licensingtest.Tianjin, "2026-02-25"},
		{licensingtest.Tianjin, "2026-02-27", "2026-02-27", licensingtest.Tianjin, "2026-03-02"}, // Saturday 28 worked
		{licensingtest.Tianjin, "2026-04-03", "2026-04-03", licensingtest.Tianjin, "2026-04-08"},
		{licensingtest.Tianjin, "2026-05-08", "2026-05-08", licensingtest.Tianjin, "2026-05-11"}, // Saturday 9 worked
		{licensingtest.Tianjin, "2026-06-18", "2026-06-18", licensingtest.Tianjin, "2026-06-23"},
		{licensingtest.Tianjin, "2026-09-18", "2026-09-18", licensingtest.Tianjin, "2026-09-21"}, // Sunday 20 worked
		{licensingtest.Tianjin, "2026-09-23", "2026-09-24", licensingtest.Tianjin, "2026-09-29"},

		{licensingtest.Anshan, "2025-01-17", "2025-01-20", house, "2025-02-14"},
		{licensingtest.Fujian, "2025-04-14", "2025-04-14", house, "2025-05-07"},
		{licensingtest.Anshan, "2025-09-22", "2025-09-22", house, "2025-10-17"},
		{licensingtest.Fujian, "2025-12-22", "2025-12-22", house, "2026-01-13"},
		{licensingtest.Anshan, "2026-02-02", "2026-02-02", house, "2026-02-28"}, // ends on a Saturday that is worked
		{licensingtest.Fujian, "2026-04-20", "2026-04-20", house, "2026-05-13"},
		{licensingtest.Anshan, "2026-06-05", "2026-06-08", house, "2026-06-30"},
		{licensingtest.Fujian, "2026-09-14", "2026-09-14", house, "2026-10-10"}, // and this one
		{licensingtest.Anshan, "2026-11-02", "2026-11-02", house, "2026-11-23"},

		{licensingtest.Aba, "2023-03-30", "2023-04-03", licensingtest.Aba, "2023-04-21"},
		{licensingtest.Aba, "2023-04-17", "2023-04-18", licensingtest.Aba, "2023-05-09"},
		{licensingtest.Aba, "2023-06-12", "2023-06-14", licensingtest.Aba, "2023-07-04"},
		{licensingtest.Aba, "2023-10-09", "2023-10-12", licensingtest.Aba, "2023-10-30"}, // accepted after the text had lapsed
		{licensingtest.Aba, "2023-10-10", "2023-10-10", licensingtest.Aba, "2023-10-31"}, // received on its last day
		{licensingtest.Aba, "2023-10-11", "2023-10-11", house, "2023-10-13"},             // when it had lapsed
	} {
		t.Run(c.profile+" "+c.received+" "+c.accepted, func(t *testing.T) {
			r := licensing.RulesOn(b, c.profile, on(t, c.received))
			from := on(t, c.accepted)
			if r.FromReceipt {
				from = on(t, c.received)
			}
			clock, err := clocks.Begin(c.profile, r.Decide, on(t, c.received), from)
			if err != nil {
				t.Fatal(err)
			}
			if got := clock.Last.Format(time.DateOnly); got != c.last || clock.Profile != c.by || clock.House() != (c.by == house) {
				t.Errorf("by %s under %s, want %s under %s", got, clock.Profile, c.last, c.by)
			}
		})
	}
}

// What each text asks of an application, beside what the platform asks where it
// is silent (平台规则).
func TestWhatEachTextAsks(t *testing.T) {
	b, _ := book(t)
	for _, c := range []struct {
		profile, day                       string
		opened, fromReceipt, award         bool
		reason, basis, target, from, areas string // article, or the platform
	}{
		{licensingtest.Tianjin, "2026-11-02", true, false, true, "TJ-23.2", "TJ-23.2", "TJ-23.2", "TJ-23.2", policy.HouseCite},
		{licensingtest.Aba, "2023-09-18", false, true, true, "AB-35.1", policy.HouseCite, "AB-35.1", policy.HouseCite, "AB-35.1"},
		{licensingtest.Anshan, "2026-11-02", true, false, true, policy.HouseCite, policy.HouseCite, policy.HouseCite, policy.HouseCite, policy.HouseCite},
		{licensingtest.Fujian, "2026-11-02", true, false, true, policy.HouseCite, policy.HouseCite, policy.HouseCite, policy.HouseCite, policy.HouseCite},
		{licensingtest.Aba, "2026-11-02", true, false, true, policy.HouseCite, policy.HouseCite, policy.HouseCite, policy.HouseCite, policy.HouseCite}, // lapsed
	} {
		r := licensing.RulesOn(b, c.profile, on(t, c.day))
		if r.Opened != c.opened || r.FromReceipt != c.fromReceipt || r.Commercial.Award != c.award || len(r.Commercial.Methods) != 2 || len(r.Academic.Applicants) != 2 || r.Academic.Limit.Zh == "" || len(r.Areas) < 4 {
			t.Errorf("%s on %s: %+v", c.profile, c.day, r)
		}
		for what, cites := range map[string][2]string{"reason": {r.Reason.Cite[0], c.reason}, "basis": {r.Basis.Cite[0], c.basis}, "target": {r.Target.Cite[0], c.target}, "from": {r.From.Cite[0], c.from}, "areas": {r.AreasFrom.Cite[0], c.areas}} {
			if cites[0] != cites[1] {
				t.Errorf("%s on %s: %s from %s, want %s", c.profile, c.day, what, cites[0], cites[1])
			}
		}
	}
	aba := licensing.RulesOn(b, licensingtest.Aba, on(t, "2023-09-18"))
	if aba.Academic.Cite[0] != "AB-35.2" || aba.Commercial.Cite[0] != "AB-35.3" {
		t.Errorf("Aba's lanes come from %v and %v", aba.Academic.Cite, aba.Commercial.Cite)
	}
}

package calendars

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

var (
	boss    = account.Actor{ID: 1, Name: "周总管", Roles: []account.Role{account.Administrator}, Session: "s"}
	officer = account.Actor{ID: 2, Name: "王", Roles: []account.Role{account.Officer}, Session: "s"}
)

// year2027 is a year as its notice might have it, so that nothing is doubtful.
const year2027 = `2027-01-01,五,元旦,放假,1,2027
2027-01-02,六,元旦,放假,1,2027
2027-01-03,日,元旦,放假,1,2027
2027-02-05,五,春节,放假,4,2027
2027-02-06,六,春节,放假,4,2027
2027-02-07,日,春节,放假,4,2027
2027-02-08,一,春节,放假,4,2027
2027-02-09,二,春节,放假（调休）,4,2027
2027-02-10,三,春节,放假（调休）,4,2027
2027-02-11,四,春节,放假（调休）,4,2027
2027-02-20,六,春节,调休上班,4,2027
2027-04-05,一,清明,放假,1,2027
2027-05-03,一,劳动节,放假,2,2027
2027-05-01,六,劳动节,放假,2,2027
2027-05-04,二,劳动节,放假（调休）,2,2027
2027-06-09,三,端午,放假,1,2027
2027-09-15,三,中秋,放假,1,2027
2027-10-01,五,国庆节,放假,3,2027
2027-10-02,六,国庆节,放假,3,2027
2027-10-03,日,国庆节,放假,3,2027
2027-10-04,一,国庆节,放假,3,2027
2027-10-05,二,国庆节,放假（调休）,3,2027
2027-10-06,三,国庆节,放假（调休）,3,2027
2027-10-09,六,国庆节,调休上班,3,2027
`

type fixture struct {
	*Service
	clocks *deadline.Clocks
	again  func() *Service // another replica
}

func start(t *testing.T, day string) fixture {
	t.Helper()
	pool := dbtest.New(t)
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	now, err := time.ParseInLocation(time.DateOnly, day, workdays.Zone)
	if err != nil {
		t.Fatal(err)
	}
	replica := func() *Service {
		s, err := New(t.Context(), pool, book, func() time.Time { return now }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := replica()
	return fixture{s, deadline.New(book, s.Calendar), replica}
}

func TestAMissingYearIsSaidFromNovemberOn(t *testing.T) {
	for day, want := range map[string]int{"2026-10-31": 0, "2026-11-01": 2027, "2026-12-31": 2027, "2027-01-01": 2027} {
		s := start(t, day)
		if got := s.Missing(); got != want {
			t.Errorf("on %s: %d is missing, want %d", day, got, want)
		}
		items, err := s.Waiting(t.Context(), boss)
		if err != nil || (len(items) == 1) != (want != 0) {
			t.Errorf("on %s %d things wait, %v", day, len(items), err)
		}
		if len(items) == 1 && (!items[0].Clock.House() || items[0].Clock.Last.Format(time.DateOnly) != "2026-12-31") {
			t.Errorf("the clock: %+v", items[0].Clock)
		}
		if others, err := s.Waiting(t.Context(), officer); err != nil || len(others) != 0 {
			t.Errorf("it waits for an officer, %v", err)
		}
	}
}

func TestARegisteredYearCountsEverywhere(t *testing.T) {
	ctx := context.Background()
	s := start(t, "2026-11-25")
	other := s.again()
	from := time.Date(2026, 12, 28, 10, 0, 0, 0, workdays.Zone)
	change := deadline.Term{Path: "catalogue.update_deadline", House: "catalogue_change_default"}
	before, err := s.clocks.Start("cn-fujian-2023", change, from) // New Year's Day is no holiday yet
	if err != nil || before.Missing != 2027 || before.Last.Format(time.DateOnly) != "2027-01-11" {
		t.Fatalf("until %v, missing %d, before 2027 is known: %v", before.Last, before.Missing, err)
	}
	l, err := s.Look(boss, Year{Year: 2027, Notice: "国办发明电〔2026〕9 号", CSV: year2027})
	if err != nil {
		t.Fatal(err)
	}
	moves, err := Moves(ctx, s.clocks, l.With, running{{Kind: "change", ID: "7", Ref: before.Ref}})
	if err != nil || len(moves) != 1 || !moves[0].Before.IsZero() || moves[0].After.Format(time.DateOnly) != "2027-01-12" {
		t.Errorf("the new year moves %+v, %v", moves, err)
	}
	if err := s.Put(ctx, boss, Year{Year: 2027, Notice: "国办发明电〔2026〕9 号", CSV: year2027}); err != nil {
		t.Fatal(err)
	}
	c, err := s.clocks.Start("cn-fujian-2023", change, from)
	if err != nil || c.Preliminary() || c.Last.Format(time.DateOnly) != "2027-01-12" { // 29, 30, 31 December; 4 to 8, 11 and 12 January
		t.Errorf("over the end of the year: %v, %v", c.Last, err)
	}
	if s.Missing() != 0 {
		t.Error("the year is still missing")
	}
	if other.Calendar().Covers(2027) {
		t.Fatal("the other replica shares memory with this one")
	}
	if err := other.Refresh(ctx); err != nil || !other.Calendar().Covers(2027) || other.Notices()[2027].By != "周总管" {
		t.Errorf("the other replica does not know it, %v", err)
	}
	if !start(t, "2026-11-25").Calendar().Covers(2026) {
		t.Error("what ships is gone")
	}
}

func TestACorrectionSaysWhichClocksMove(t *testing.T) {
	ctx := context.Background()
	s := start(t, "2026-09-20")
	without := strings.Builder{}
	for _, d := range s.Calendar().Days(2026) {
		if d.Date.Format(time.DateOnly) != "2026-10-10" {
			without.WriteString(strings.Join(d.Row(), ",") + "\n")
		}
	}
	y := Year{Year: 2026, Notice: "国办发明电〔2026〕8 号", CSV: without.String()}
	l, err := s.Look(boss, y)
	if err != nil || !l.Known || !l.InUse || len(l.Doubts) != 1 {
		t.Fatalf("%+v, %v", l.Doubts, err)
	}
	house := policyHouse(t)
	open := running{
		{Kind: "opening-review", ID: "1", Ref: deadline.Ref{Profile: house, Path: "catalogue_change_default", From: time.Date(2026, 9, 22, 9, 0, 0, 0, workdays.Zone)}},
		{Kind: "opening-review", ID: "2", Ref: deadline.Ref{Profile: house, Path: "catalogue_change_default", From: time.Date(2026, 9, 1, 9, 0, 0, 0, workdays.Zone)}},
	}
	moves, err := Moves(ctx, s.clocks, l.With, open)
	if err != nil || len(moves) != 1 || moves[0].ID != "1" || moves[0].Before.Format(time.DateOnly) != "2026-10-13" || moves[0].After.Format(time.DateOnly) != "2026-10-14" {
		t.Errorf("%+v, %v", moves, err)
	}
	if err := s.Put(ctx, boss, y); fault.Of(err).Field != "sure" {
		t.Errorf("the doubt was not asked about: %v", err)
	}
	y.Sure = true
	if err := s.Put(ctx, boss, y); err != nil {
		t.Fatal(err)
	}
	if worked, _ := s.Calendar().IsWorkday(time.Date(2026, 10, 10, 9, 0, 0, 0, workdays.Zone)); worked {
		t.Error("the day is still worked")
	}
}

// running are clocks that a test lets run.
type running []Open

func (r running) OpenClocks(context.Context) ([]Open, error) { return r, nil }

func policyHouse(t *testing.T) string {
	t.Helper()
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	return book.House().ID()
}

func TestWhatIsNotRegistered(t *testing.T) {
	ctx := context.Background()
	s := start(t, "2026-11-25")
	good := Year{Year: 2027, Notice: "国办发明电〔2026〕9 号", CSV: year2027}
	byKey := boss
	byKey.Session, byKey.Key = "", "sy_x"
	for name, c := range map[string]struct {
		who   account.Actor
		alter func(*Year)
		kind  fault.Kind
		field string
	}{
		"an officer":            {officer, func(*Year) {}, fault.Forbidden, ""},
		"a key":                 {byKey, func(*Year) {}, fault.Forbidden, ""},
		"a visitor":             {account.Actor{}, func(*Year) {}, fault.Forbidden, ""},
		"the year after next":   {boss, func(y *Year) { y.Year = 2028 }, fault.Invalid, "year"},
		"a year long ago":       {boss, func(y *Year) { y.Year = 1949 }, fault.Invalid, "year"},
		"no notice":             {boss, func(y *Year) { y.Notice = " " }, fault.Invalid, "notice"},
		"a notice of two lines": {boss, func(y *Year) { y.Notice = "一\n二" }, fault.Invalid, "notice"},
		"one line wrong":        {boss, func(y *Year) { y.CSV += "2027-12-25,六,圣诞,休息,1,2027\n" }, fault.Invalid, "rows"},
		"half a year":           {boss, func(y *Year) { y.CSV = y.CSV[:len(y.CSV)/2]; y.CSV = y.CSV[:strings.LastIndex(y.CSV, "\n")] }, fault.Invalid, "sure"},
	} {
		y := good
		c.alter(&y)
		if err := s.Put(ctx, c.who, y); fault.KindOf(err) != c.kind || fault.Of(err).Field != c.field {
			t.Errorf("%s: %v at %q", name, err, fault.Of(err).Field)
		}
	}
	if s.Calendar().Covers(2027) || s.again().Calendar().Covers(2027) {
		t.Error("something was kept")
	}
}

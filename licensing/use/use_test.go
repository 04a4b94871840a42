package use_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/use"
)

// world is one with a grant and what follows it.
type world struct {
	*licensingtest.World
	use       *use.Service
	entry     *datasets.Dataset
	version   *datasets.Version
	officer   account.Actor
	holder    account.Actor
	authority account.Actor
}

func newWorld(t *testing.T, profile, day string) *world {
	t.Helper()
	w := &world{World: licensingtest.New(t)}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	if w.use, err = use.New(use.Config{Pool: w.Pool, Catalogue: w.Service, Licensing: w.Licensing, Accounts: w.Accounts, Book: w.Book, Clocks: deadline.New(w.Book, func() workdays.Calendar { return calendar }), Now: w.Clock}); err != nil {
		t.Fatal(err)
	}
	w.Day(t, day)
	w.entry, w.version = w.Conditional(t, profile)
	w.officer, w.authority = w.Official(t, w.entry.Department, account.Officer), w.Official(t, w.entry.Department, account.Authority)
	w.holder = w.Person(t, "张三")
	return w
}

// grant is the number of a grant of the holder's.
func (w *world) grant(t *testing.T, months string) string {
	t.Helper()
	return w.Granted(t, w.holder, w.officer, w.entry, func(f *licensing.Form) { f.Months = months }).Grant
}

// take delivers the file once to the holder.
func (w *world) take(t *testing.T) {
	t.Helper()
	h, err := w.Service.Deliver(t.Context(), w.holder, w.version, datasets.Delivery{Channel: datasets.ByFile, Form: "csv", Request: "r"})
	if err != nil {
		t.Fatal(err)
	}
	h.Sent(9)
}

func (w *world) tick(t *testing.T) {
	t.Helper()
	if err := w.Licensing.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.use.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) report(t *testing.T, grant string, n int) *use.ReportPage {
	t.Helper()
	r, err := w.use.Report(t.Context(), w.holder, grant, n)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) destruction(t *testing.T, grant string) *use.DestructionPage {
	t.Helper()
	d, err := w.use.Destruction(t.Context(), w.holder, grant)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (w *world) state(t *testing.T, grant string) licensing.GrantState {
	t.Helper()
	g, _, err := w.Licensing.Grant(t.Context(), w.holder, grant)
	if err != nil {
		t.Fatal(err)
	}
	return g.State
}

// letters are the letters that were announced, as act and reader's side.
func (w *world) letters(t *testing.T) []string {
	t.Helper()
	rows, err := w.Pool.Query(t.Context(), `SELECT (args ->> 'about') || ' ' || (args ->> 'act') || ' to ' || (args ->> 'for') FROM river_job WHERE kind = 'use_notice' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var content = use.Content{Used: "向居民提示次日空气质量", Results: "每日一张图，已免费公布", Access: "两名分析员", Security: "磁盘加密，登录留痕", Personal: "no", Onward: "no"}

func kind(t *testing.T, what string, err error, want fault.Kind, field string) {
	t.Helper()
	var got string
	if f, ok := err.(*fault.Fault); ok {
		got = f.Field
	}
	if err == nil || fault.KindOf(err) != want || field != "" && got != field {
		t.Errorf("%s: %v (field %q), want kind %d at %q", what, err, got, want, field)
	}
}

func last(c *deadline.Clock) string {
	if c == nil {
		return "none"
	}
	return c.Last.In(workdays.Zone).Format(time.DateOnly)
}

// A report is due each time six months have passed since the grant, by the
// platform's rule under every text, also under that which asks for one and names no
// period (AB-35.4); months are counted from the grant, so that short ones shift
// nothing.
func TestWhenReportsAreDue(t *testing.T) {
	for _, c := range []struct{ profile, day, first, second string }{
		{licensingtest.Tianjin, "2025-03-03", "2025-09-03", "2026-03-03"},
		{licensingtest.Aba, "2022-08-31", "2023-02-28", "2023-08-31"}, // from the end of a month, over a short one
		{licensingtest.Anshan, "2025-08-29", "2026-02-28", "2026-08-29"},
		{licensingtest.Fujian, "2025-06-30", "2025-12-30", "2026-06-30"},
	} {
		w := newWorld(t, c.profile, c.day)
		g := w.grant(t, "12")
		r := w.report(t, g, 1)
		if last(r.Clock) != c.first || !r.Clock.House() || r.Clock.Path != "use_report" || r.State != use.ReportOpen {
			t.Errorf("%s: the first is due %s by %s of %s, %s", c.profile, last(r.Clock), r.Clock.Path, r.Clock.Profile, r.State)
		}
		if _, err := w.use.Report(t.Context(), w.holder, g, 2); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: the second began with the first: %v", c.profile, err)
		}
		next, _ := time.Parse(time.DateOnly, c.first)
		w.Day(t, next.AddDate(0, 0, 1).Format(time.DateOnly))
		w.tick(t)
		if r := w.report(t, g, 2); last(r.Clock) != c.second {
			t.Errorf("%s: the second is due %s", c.profile, last(r.Clock))
		}
	}
}

// A report can be handed in from the day of its reminder on, and once the grant has
// ended, and neither the page nor a program gets it in before.
func TestAReportIsNotHandedInBeforeItsPeriodHasNearlyPassed(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	g := w.grant(t, "12")
	w.Day(t, "2025-08-19")
	r := w.report(t, g, 1)
	if len(r.Offers) != 0 || r.Opens.Format(time.DateOnly) != "2025-08-20" {
		t.Errorf("offered %v, from %s", r.Offers, r.Opens)
	}
	_, err := w.use.File(t.Context(), w.holder, g, 1, content, r.Revision)
	kind(t, "the day before", err, fault.Conflict, "")
	if !strings.Contains(err.Error(), "2025-08-20") {
		t.Error(err)
	}
	w.Day(t, "2025-08-20")
	if r = w.report(t, g, 1); len(r.Offers) != 1 || !r.Opens.IsZero() {
		t.Errorf("offered %v, from %s", r.Offers, r.Opens)
	}
	if _, err := w.use.File(t.Context(), w.holder, g, 1, content, r.Revision); err != nil {
		t.Error(err)
	}
}

// Overdue, warned of, suspended, and lifted as soon as the report is in: never
// without the warning before it.
func TestNoGrantIsSuspendedWithoutAWarning(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	g := w.grant(t, "12")
	w.take(t)
	for _, step := range []struct {
		day   string
		state licensing.GrantState
		says  string // the letters until then
	}{
		{"2025-08-19", licensing.Active, ""}, // 11 working days before the last
		{"2025-08-20", licensing.Active, "report remind to applicant"},
		{"2025-09-03", licensing.Active, "report remind to applicant"}, // the last day
		{"2025-09-04", licensing.Active, "report remind to applicant, report warn to applicant, report warn to department"},
		{"2025-09-18", licensing.Active, "report remind to applicant, report warn to applicant, report warn to department"}, // ten working days after the warning
		{"2025-09-19", licensing.Suspended, "report remind to applicant, report warn to applicant, report warn to department, report suspend to department"},
		{"2025-09-22", licensing.Suspended, "report remind to applicant, report warn to applicant, report warn to department, report suspend to department"},
	} {
		w.Day(t, step.day)
		w.tick(t)
		w.tick(t)
		if got, letters := w.state(t, g), strings.Join(w.letters(t), ", "); got != step.state || letters != step.says {
			t.Errorf("%s: %s, letters %s", step.day, got, letters)
		}
	}
	if err := w.Service.MayServe(t.Context(), w.holder, w.version); fault.KindOf(err) != fault.Forbidden {
		t.Error("data goes on", err)
	}
	held, _, err := w.Licensing.Grant(t.Context(), w.holder, g)
	if err != nil || held.SuspendedBy != licensing.OfPlatform {
		t.Fatalf("by %s, %v", held.SuspendedBy, err)
	}
	_, err = w.Licensing.MoveGrant(t.Context(), w.officer, g, licensing.Reinstate, "先恢复", held.Revision)
	kind(t, "the department lifts what the platform stopped", err, fault.Forbidden, "")
	r := w.report(t, g, 1)
	if _, err := w.use.File(t.Context(), w.holder, g, 1, content, r.Revision); err != nil {
		t.Fatal(err)
	}
	if got := w.state(t, g); got != licensing.Active {
		t.Errorf("with the report in it is %s", got)
	}
	if err := w.Service.MayServe(t.Context(), w.holder, w.version); err != nil {
		t.Error("data does not come back", err)
	}
}

// A late server warns first all the same, and what somebody else stopped it leaves
// alone.
func TestALateServerWarnsFirst(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	g := w.grant(t, "12")
	w.Day(t, "2025-12-01") // long after
	w.tick(t)
	w.tick(t)
	if got := w.state(t, g); got != licensing.Active || w.report(t, g, 1).WarnedAt == nil {
		t.Fatalf("%s, warned %v", got, w.report(t, g, 1).WarnedAt)
	}
	held, _, err := w.Licensing.Grant(t.Context(), w.officer, g)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Licensing.MoveGrant(t.Context(), w.officer, g, licensing.Suspend, "核查", held.Revision); err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2026-01-05")
	w.tick(t)
	if _, err := w.use.File(t.Context(), w.holder, g, 1, content, w.report(t, g, 1).Revision); err != nil {
		t.Fatal(err)
	}
	if got := w.state(t, g); got != licensing.Suspended {
		t.Errorf("a report lifts what the department stopped: %s", got)
	}
}

// A report is read by its department, returned once with what is missing, and
// accepted; each step has its clock.
func TestAReportIsReadAndReturnedOnce(t *testing.T) {
	w := newWorld(t, licensingtest.Aba, "2022-03-01")
	g := w.grant(t, "12")
	w.Day(t, "2022-08-25")
	filed, err := w.use.File(t.Context(), w.holder, g, 1, content, w.report(t, g, 1).Revision)
	if err != nil || filed.State != use.ReportFiled || last(filed.Clock) != "2022-09-08" {
		t.Fatalf("%+v, read by %s, %v", filed.State, last(filed.Clock), err)
	}
	id := filed.ID
	_, err = w.use.Read(t.Context(), w.officer, id, use.ReturnReport, " ", filed.Revision)
	kind(t, "returned without a word", err, fault.Invalid, "missing")
	back, err := w.use.Read(t.Context(), w.officer, id, use.ReturnReport, "写明发布的网址", filed.Revision)
	if err != nil || back.State != use.ReportReturned || last(back.Clock) != "2022-09-01" {
		t.Fatalf("%+v, completed by %s, %v", back, last(back.Clock), err)
	}
	again := content
	again.Results = "https://air.example"
	filed, err = w.use.File(t.Context(), w.holder, g, 1, again, back.Revision)
	if err != nil || filed.State != use.ReportFiled {
		t.Fatal(filed, err)
	}
	_, err = w.use.Read(t.Context(), w.officer, id, use.ReturnReport, "再补", filed.Revision)
	kind(t, "returned twice", err, fault.Conflict, "")
	done, err := w.use.Read(t.Context(), w.officer, id, use.AcceptReport, "", filed.Revision)
	if err != nil || done.State != use.ReportAccepted || done.Clock != nil || done.AcceptedBy != w.officer.Name {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := w.report(t, g, 1).Events; len(got) != 5 {
		t.Errorf("history %+v", got)
	}
	if s, err := w.use.InTime(t.Context(), w.entry.Department.Slug); err != nil || s.Yes != 2 || s.All != 2 {
		t.Errorf("in time %+v, %v", s, err)
	}
}

// What is no report is told at its field.
func TestWhatIsNoReport(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	g := w.grant(t, "12")
	w.Day(t, "2025-08-25")
	for field, change := range map[string]func(*use.Content){
		"used": func(c *use.Content) { c.Used = "" }, "results": func(c *use.Content) { c.Results = strings.Repeat("长", 2001) }, "access": func(c *use.Content) { c.Access = "\x00" },
		"security": func(c *use.Content) { c.Security = " " }, "personal": func(c *use.Content) { c.Personal = "maybe" }, "personal_how": func(c *use.Content) { c.Personal = "yes" },
		"onward": func(c *use.Content) { c.Onward = "" }, "onward_how": func(c *use.Content) { c.Onward, c.OnwardHow = "yes", "1" }, "shown": func(c *use.Content) { c.Shown = "联系 13800138000" },
		"problems": func(c *use.Content) { c.Problems = strings.Repeat("长", 2001) },
	} {
		c := content
		change(&c)
		_, err := w.use.File(t.Context(), w.holder, g, 1, c, 1)
		kind(t, field, err, fault.Invalid, field)
	}
	_, err := w.use.File(t.Context(), w.holder, g, 1, content, 7)
	kind(t, "from an old page", err, fault.Conflict, "")
	_, err = w.use.File(t.Context(), w.holder, g, 2, content, 1)
	kind(t, "of a period that has not begun", err, fault.NotFound, "")
}

// Who is neither holder nor desk learns nothing, and no side makes the other's moves.
func TestWhoSeesWhatIsOwed(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	g := w.grant(t, "12")
	r := w.report(t, g, 1)
	stranger, foreign := w.Person(t, "李四"), w.Official(t, w.Department(t), account.Officer)
	key := w.holder
	key.Key = "sy_00000000"
	for what, who := range map[string]account.Actor{"a stranger": stranger, "another department": foreign, "a visitor": {}, "the officer at the holder's page": w.officer} {
		_, err := w.use.Report(t.Context(), who, g, 1)
		kind(t, what, err, fault.NotFound, "")
	}
	for what, who := range map[string]account.Actor{"a stranger": stranger, "another department": foreign, "the holder at the desk": w.holder} {
		_, err := w.use.DeskReport(t.Context(), who, r.ID)
		kind(t, what, err, fault.NotFound, "")
	}
	for what, who := range map[string]account.Actor{"its department": w.officer, "the authority": w.authority, "the regulator": w.Regulator(t)} {
		if _, err := w.use.DeskReport(t.Context(), who, r.ID); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := w.use.File(t.Context(), stranger, g, 1, content, 1)
	kind(t, "a stranger files", err, fault.NotFound, "")
	_, err = w.use.File(t.Context(), w.officer, g, 1, content, 1)
	kind(t, "the officer files", err, fault.Forbidden, "")
	_, err = w.use.File(t.Context(), key, g, 1, content, 1)
	kind(t, "a key files", err, fault.Forbidden, "")
	_, err = w.use.Read(t.Context(), w.officer, r.ID, use.AcceptReport, "", 1)
	kind(t, "accepted before it was filed", err, fault.Conflict, "")
	for _, action := range []use.ReportAction{use.FileReport, use.VoidReport, use.WarnOfReport, "x"} {
		_, err = w.use.Read(t.Context(), w.officer, r.ID, action, "x", 1)
		kind(t, "the officer takes "+string(action), err, fault.Forbidden, "")
	}
	_, err = w.use.Read(t.Context(), w.authority, r.ID, use.AcceptReport, "", 1)
	kind(t, "the authority accepts", err, fault.Forbidden, "")
}

// at runs all at once and counts those that got through.
func at(t *testing.T, all ...func(context.Context) error) (through int) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, len(all))
	for i, do := range all {
		wg.Go(func() { errs[i] = do(t.Context()) })
	}
	wg.Wait()
	for _, err := range errs {
		switch {
		case err == nil:
			through++
		case fault.KindOf(err) != fault.Conflict:
			t.Error(err)
		}
	}
	return through
}

// Two officers at once, one with acceptance and one with a return; and a report that
// comes in while the platform suspends its grant.
func TestOfTwoAtOnceOneReads(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	other := w.Official(t, w.entry.Department, account.Officer)
	for range 10 {
		w.Day(t, "2025-03-03")
		g := w.Granted(t, w.Person(t, "王五"), w.officer, w.entry, func(f *licensing.Form) { f.Months = "12" })
		w.Day(t, "2025-08-25")
		who := account.Actor{ID: g.User, Name: "王五", Side: account.Use, Session: strings.Repeat("0", 32), Confirmed: w.Clock().AddDate(100, 0, 0)}
		r, err := w.use.File(t.Context(), who, g.Grant, 1, content, 1)
		if err != nil {
			t.Fatal(err)
		}
		n := at(t, func(ctx context.Context) error {
			_, err := w.use.Read(ctx, w.officer, r.ID, use.AcceptReport, "", r.Revision)
			return err
		}, func(ctx context.Context) error {
			_, err := w.use.Read(ctx, other, r.ID, use.ReturnReport, "补网址", r.Revision)
			return err
		})
		if n != 1 {
			t.Errorf("%d got through", n)
		}
	}
	w.Day(t, "2025-03-03")
	g := w.grant(t, "12")
	w.Day(t, "2025-09-05")
	w.tick(t)
	w.Day(t, "2025-10-20")
	at(t, w.use.Tick, w.use.Tick, func(ctx context.Context) error {
		for { // the warning or the suspension may have come between
			r, err := w.use.Report(ctx, w.holder, g, 1)
			if err != nil {
				return err
			}
			if _, err = w.use.File(ctx, w.holder, g, 1, content, r.Revision); fault.KindOf(err) != fault.Conflict || err == nil {
				return err
			}
		}
	})
	w.tick(t)
	if got := w.state(t, g); got != licensing.Active || w.report(t, g, 1).State != use.ReportFiled {
		t.Errorf("with its report in the grant is %s", got)
	}
}

// However few are taken at a time, a turn of the clock reaches everything that is due,
// and the list of what is late looks past what is not.
func TestATurnOfTheClockReachesEverything(t *testing.T) {
	w := newWorld(t, licensingtest.Fujian, "2025-03-03")
	w.use.TakeAtOnce(2)
	for range 5 {
		w.Granted(t, w.Person(t, "王五"), w.officer, w.entry, func(f *licensing.Form) { f.Months = "7" })
	}
	w.Day(t, "2025-08-27")
	for range 5 { // younger, and not late when the others are
		w.Granted(t, w.Person(t, "赵六"), w.officer, w.entry, func(f *licensing.Form) { f.Months = "12" })
	}
	count := func(query string) (n int) {
		t.Helper()
		if err := w.Pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	w.tick(t)
	if n := count(`SELECT count(*) FROM use_reports WHERE reminded_at IS NOT NULL`); n != 5 {
		t.Errorf("%d of 5 reminded", n)
	}
	w.Day(t, "2025-09-04")
	w.tick(t)
	if n := count(`SELECT count(*) FROM use_reports WHERE warned_at IS NOT NULL`); n != 5 {
		t.Errorf("%d of 5 warned", n)
	}
	late, err := w.use.Reports(t.Context(), w.officer, use.Filter{Part: use.Late, Limit: 3})
	if err != nil || len(late) != 3 {
		t.Fatalf("%d late, %v", len(late), err)
	}
	rest, err := w.use.Reports(t.Context(), w.officer, use.Filter{Part: use.Late, Limit: 3, Before: late[2].ID})
	if err != nil || len(rest) != 2 || rest[0].ID >= late[2].ID {
		t.Errorf("%d on the next page, %v", len(rest), err)
	}
}

package licensing_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
)

// grantOf is the grant of an application as its holder sees it.
func grantOf(t *testing.T, w *licensingtest.World, who account.Actor, number string) *licensing.Held {
	t.Helper()
	a, _, err := w.Licensing.One(t.Context(), who, number)
	if err != nil {
		t.Fatal(err)
	}
	g, _, err := w.Licensing.Grant(t.Context(), who, a.Grant)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// signed submits a draft that was begun from a grant, with its conditions seen.
func signed(t *testing.T, w *licensingtest.World, who account.Actor, a *licensing.Application, change func(*licensing.Form)) *licensing.Application {
	t.Helper()
	f := licensing.Form{Seen: true, Lane: a.Lane, Area: a.Area, Purpose: a.Purpose, Outputs: a.Outputs, Months: "6", Storage: a.Storage}
	for _, i := range a.Items {
		f.Items = append(f.Items, licensing.FormItem{Resource: i.Resource, Columns: i.Columns, Where: i.Where, Why: i.Why})
	}
	change(&f)
	a, err := w.Licensing.SaveDraft(t.Context(), who, a.Number, f, a.Revision)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = w.Licensing.Submit(t.Context(), who, a.Number, a.Revision, w.Shown(t, a)); err != nil {
		t.Fatal(err)
	}
	return a
}

func asItIs(*licensing.Form) {}

// decided takes an application up and gives it wholly.
func decided(t *testing.T, w *licensingtest.World, officer account.Actor, a *licensing.Application) *licensing.Application {
	t.Helper()
	a = w.Accepted(t, officer, a)
	a, err := w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A renewal is applied for in the last days of a grant, begins when that ends and
// leaves no gap; until then the one before serves.
func TestARenewalGoesOnWhereTheGrantEnds(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-01-12")
	d, v := w.Conditional(t, licensingtest.Tianjin)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	first := grantOf(t, w, citizen, w.Granted(t, citizen, officer, d).Number)
	if day := first.LastDay().In(datasetsChina).Format(time.DateOnly); day != "2026-07-12" {
		t.Fatalf("ends on %s", day)
	}
	w.Day(t, "2026-05-12") // 61 days before
	_, err := w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.Renewal)
	kind(t, "too early", err, fault.Conflict, "")
	w.Day(t, "2026-05-13")
	a, err := w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.Renewal)
	if err != nil {
		t.Fatal(err)
	}
	if a.Seen || a.Purpose != first.Purpose || len(a.Items) != 1 || !slices.Equal(a.Items[0].Columns, first.Items[0].Columns) || a.Earlier.Number != first.Number {
		t.Errorf("the draft: %+v", a)
	}
	if same, err := w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.Renewal); err != nil || same.Number != a.Number {
		t.Errorf("begun twice: %v, %v", same, err)
	}
	_, err = w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.Change)
	kind(t, "a change besides", err, fault.Conflict, "")
	decided(t, w, officer, signed(t, w, citizen, a, asItIs))
	second := grantOf(t, w, citizen, a.Number)
	if !second.From.Equal(first.Until) || second.LastDay().In(datasetsChina).Format(time.DateOnly) != "2027-01-12" || second.Kind != licensing.Renewal || second.Earlier != first.Number {
		t.Errorf("from %v until %v: %+v", second.From, second.LastDay(), second)
	}
	if second.Stands(w.Clock()) {
		t.Error("it stands before it begins")
	}
	p, err := w.Gate.Permit(t.Context(), citizen, v, w.Clock())
	if err != nil || p.Number != first.Number {
		t.Errorf("before: %s, %v", p.Number, err)
	}
	p, err = w.Gate.Permit(t.Context(), citizen, v, first.Until)
	if err != nil || p.Number != second.Number {
		t.Errorf("the moment after: %s, %v", p.Number, err)
	}
	if _, err = w.Licensing.MakeKey(t.Context(), citizen, second.Number, "提前建立"); err != nil {
		t.Errorf("a key before it begins: %v", err)
	}
	_, err = w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.Renewal)
	kind(t, "renewed twice", err, fault.Conflict, "")
	_, err = w.Licensing.BeginFrom(t.Context(), citizen, second.Number, licensing.Change)
	kind(t, "changed before it began", err, fault.Conflict, "")
}

// datasetsChina is the zone in which days are counted.
var datasetsChina = time.FixedZone("CST", 8*3600)

// A renewal that is decided after the grant ended begins at once.
func TestARenewalThatCameLateBeginsAtOnce(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-01-12")
	d, v := w.Conditional(t, licensingtest.Tianjin)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	first := grantOf(t, w, citizen, w.Granted(t, citizen, officer, d).Number)
	w.Day(t, "2026-07-10")
	a, err := w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.Renewal)
	if err != nil {
		t.Fatal(err)
	}
	a = signed(t, w, citizen, a, asItIs)
	w.Day(t, "2026-07-14")
	if err := w.Licensing.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	kind(t, "in between", w.Service.MayServe(t.Context(), citizen, v), fault.Forbidden, "")
	kept, _, err := w.Licensing.One(t.Context(), officer, a.Number)
	if err != nil {
		t.Fatal(err)
	}
	if kept.State == licensing.Submitted {
		kept = w.Accepted(t, officer, kept)
	}
	if _, err = w.Licensing.Decide(t.Context(), officer, kept.Number, licensingtest.Agreed(kept), kept.Revision); err != nil {
		t.Fatal(err)
	}
	second := grantOf(t, w, citizen, a.Number)
	if !second.Stands(w.Clock()) || second.LastDay().In(datasetsChina).Format(time.DateOnly) != "2027-01-14" {
		t.Errorf("%+v", second)
	}
}

// A change takes the place of the grant at once, ends as it would have ended, and
// its keys read on, no more and no less than the new scope.
func TestAChangeTakesThePlaceOfTheGrant(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-01-12")
	d, v := w.Conditional(t, licensingtest.Tianjin)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	narrow := func(f *licensing.Form) { f.Items[0].Columns = []string{"年份", "地区"} }
	first := grantOf(t, w, citizen, w.Granted(t, citizen, officer, d, narrow).Number)
	secret, err := w.Licensing.MakeKey(t.Context(), citizen, first.Number, "程序")
	if err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2026-03-02")
	a, err := w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.Change)
	if err != nil {
		t.Fatal(err)
	}
	a = signed(t, w, citizen, a, func(f *licensing.Form) {
		f.Items[0].Columns = []string{"年份", "人口"}
		f.Purpose, f.Months = "改为统计各年的人口变化，结果免费公布。", "1"
	})
	differ, was, err := w.Licensing.Against(t.Context(), a)
	if err != nil || was != first.Purpose || len(differ) != 1 || !slices.Equal(differ[0].Added, []string{"人口"}) || !slices.Equal(differ[0].Removed, []string{"地区"}) {
		t.Errorf("%+v, %q, %v", differ, was, err)
	}
	if p, err := w.Gate.Permit(t.Context(), citizen, v, w.Clock()); err != nil || p.Number != first.Number {
		t.Errorf("until it is agreed to: %s, %v", p.Number, err)
	}
	decided(t, w, officer, a)
	second, old := grantOf(t, w, citizen, a.Number), grantOf(t, w, citizen, first.Application)
	if old.State != licensing.Replaced || old.Later != second.Number || !second.Until.Equal(first.Until) || len(second.Keys) != 1 || len(old.Keys) != 0 {
		t.Errorf("old %+v\nnew %+v", old, second)
	}
	reader, err := w.Accounts.ActorByKey(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Gate.Permit(t.Context(), reader, v, w.Clock())
	if err != nil || p.Number != second.Number || !slices.Equal(p.Columns, []string{"年份", "人口"}) {
		t.Errorf("the key: %+v, %v", p, err)
	}
	_, err = w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.Change)
	kind(t, "of what was replaced", err, fault.Conflict, "")
	if _, err = w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.First); err != nil {
		t.Errorf("the same once more: %v", err)
	}
}

// What is stopped or given back takes the renewal along that has not begun; what
// is suspended is neither renewed nor changed.
func TestARenewalIsStoppedWithTheGrant(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-01-12")
	d, v := w.Conditional(t, licensingtest.Tianjin)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	first := grantOf(t, w, citizen, w.Granted(t, citizen, officer, d).Number)
	w.Day(t, "2026-06-15")
	a, err := w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.Renewal)
	if err != nil {
		t.Fatal(err)
	}
	a = w.Accepted(t, officer, signed(t, w, citizen, a, asItIs))
	move := func(number string, action licensing.GrantAction) {
		t.Helper()
		g, _, err := w.Licensing.Grant(t.Context(), officer, number)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = w.Licensing.MoveGrant(t.Context(), officer, number, action, "核查", g.Revision); err != nil {
			t.Fatal(err)
		}
	}
	move(first.Number, licensing.Suspend)
	_, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision)
	kind(t, "agreed to while it is suspended", err, fault.Conflict, "")
	move(first.Number, licensing.Reinstate)
	if a, _, err = w.Licensing.One(t.Context(), officer, a.Number); err != nil {
		t.Fatal(err)
	}
	if a, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision); err != nil {
		t.Fatal(err)
	}
	state := func(want licensing.GrantState) {
		t.Helper()
		if g := grantOf(t, w, citizen, a.Number); g.State != want {
			t.Errorf("the renewal is %s, want %s", g.State, want)
		}
	}
	state(licensing.Active)
	move(first.Number, licensing.Suspend)
	state(licensing.Suspended)
	_, err = w.Licensing.BeginFrom(t.Context(), citizen, first.Number, licensing.Change)
	kind(t, "a change of what is suspended", err, fault.Conflict, "")
	move(first.Number, licensing.Reinstate)
	state(licensing.Active)
	move(first.Number, licensing.Revoke)
	state(licensing.Revoked)
	if err := w.Gate.MayServe(t.Context(), citizen, v, nil, first.Until.Add(time.Hour)); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("after: %v", err)
	}
}

// Strangers find no grant to renew, and a department does not apply.
func TestWhoMayRenew(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-01-12")
	d, _ := w.Conditional(t, licensingtest.Tianjin)
	citizen, other, officer := w.Person(t, "张三"), w.Person(t, "李四"), w.Official(t, d.Department, account.Officer)
	g := grantOf(t, w, citizen, w.Granted(t, citizen, officer, d).Number)
	w.Day(t, "2026-07-01")
	for _, x := range []struct {
		name string
		who  account.Actor
		kind licensing.Kind
		want fault.Kind
	}{
		{"a stranger", other, licensing.Renewal, fault.NotFound},
		{"a visitor", account.Actor{}, licensing.Renewal, fault.NotFound},
		{"the department", officer, licensing.Renewal, fault.Forbidden},
		{"no such kind", citizen, "extension", fault.Malformed},
		{"once more what stands", citizen, licensing.First, fault.Conflict},
	} {
		_, err := w.Licensing.BeginFrom(t.Context(), x.who, g.Number, x.kind)
		kind(t, x.name, err, x.want, "")
	}
}

// Two officers decide a renewal and a change cannot both be granted: a grant has
// one follower, whoever is first.
func TestAGrantIsRenewedOnce(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-01-12")
	d, _ := w.Conditional(t, licensingtest.Tianjin)
	citizen, officer, second := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer), w.Official(t, d.Department, account.Officer)
	g := grantOf(t, w, citizen, w.Granted(t, citizen, officer, d).Number)
	w.Day(t, "2026-07-01")
	a, err := w.Licensing.BeginFrom(t.Context(), citizen, g.Number, licensing.Renewal)
	if err != nil {
		t.Fatal(err)
	}
	a = w.Accepted(t, officer, signed(t, w, citizen, a, asItIs))
	var wait sync.WaitGroup
	errs := make([]error, 2)
	for i, who := range []account.Actor{officer, second} {
		wait.Go(func() {
			_, errs[i] = w.Licensing.Decide(t.Context(), who, a.Number, licensingtest.Agreed(a), a.Revision)
		})
	}
	wait.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("%v and %v", errs[0], errs[1])
	}
	held, err := w.Licensing.GrantsOf(t.Context(), citizen, 0, 10)
	if err != nil || len(held) != 2 {
		t.Errorf("%d grants, %v", len(held), err)
	}
}

// Holders are reminded twice before the end, and not of what was renewed.
func TestHoldersAreRemindedBeforeTheEnd(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-01-12")
	d, _ := w.Conditional(t, licensingtest.Tianjin)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	w.Granted(t, citizen, officer, d)
	letters := func() (n int) {
		t.Helper()
		if err := w.Licensing.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'application_notice' AND (args ->> 'ending')::boolean`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, x := range []struct {
		day  string
		want int
	}{{"2026-06-11", 0}, {"2026-06-13", 1}, {"2026-06-13", 1}, {"2026-07-05", 1}, {"2026-07-06", 2}, {"2026-07-12", 2}, {"2026-07-14", 2}} {
		w.Day(t, x.day)
		if got := letters(); got != x.want {
			t.Errorf("%s: %d letters, want %d", x.day, got, x.want)
		}
	}
}

// Of what was revoked there is no renewal and of what has ended no change, and a
// renewal does not come back while what it renews is stopped.
func TestNothingFollowsWhatWasStopped(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-01-12")
	d, _ := w.Conditional(t, licensingtest.Tianjin)
	citizen, other, officer := w.Person(t, "张三"), w.Person(t, "李四"), w.Official(t, d.Department, account.Officer)
	move := func(number string, action licensing.GrantAction) error {
		t.Helper()
		g, _, err := w.Licensing.Grant(t.Context(), officer, number)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Licensing.MoveGrant(t.Context(), officer, number, action, "核查", g.Revision)
		return err
	}
	first := grantOf(t, w, citizen, w.Granted(t, citizen, officer, d).Number)
	w.Day(t, "2026-06-15")
	for _, x := range []struct {
		who  account.Actor
		kind licensing.Kind
	}{{citizen, licensing.Renewal}, {other, licensing.Change}} {
		g := first
		if x.who.ID == other.ID {
			g = grantOf(t, w, other, w.Granted(t, other, officer, d).Number)
		}
		a, err := w.Licensing.BeginFrom(t.Context(), x.who, g.Number, x.kind)
		if err != nil {
			t.Fatal(err)
		}
		a = w.Accepted(t, officer, signed(t, w, x.who, a, asItIs))
		if err := move(g.Number, licensing.Revoke); err != nil {
			t.Fatal(err)
		}
		_, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Agreed(a), a.Revision)
		kind(t, string(x.kind)+" of what was revoked", err, fault.Conflict, "")
	}

	third := w.Person(t, "王五")
	w.Day(t, "2026-01-12")
	g := grantOf(t, w, third, w.Granted(t, third, officer, d).Number)
	w.Day(t, "2026-06-15")
	a, err := w.Licensing.BeginFrom(t.Context(), third, g.Number, licensing.Renewal)
	if err != nil {
		t.Fatal(err)
	}
	decided(t, w, officer, signed(t, w, third, a, asItIs))
	renewal := grantOf(t, w, third, a.Number)
	if err := move(g.Number, licensing.Suspend); err != nil {
		t.Fatal(err)
	}
	kind(t, "the renewal alone", move(renewal.Number, licensing.Reinstate), fault.Conflict, "")
	if err := move(g.Number, licensing.Reinstate); err != nil {
		t.Fatal(err)
	}
	if back := grantOf(t, w, third, a.Number); back.State != licensing.Active {
		t.Errorf("the renewal is %s with the grant back", back.State)
	}
}

// Nobody can agree to a renewal while the grant is suspended, so nobody is late for
// that: the days of the decision stop with the grant and go on with it. The days are
// written out: 19 June 2026 is a holiday.
func TestTheClockStandsStillWhileTheGrantIsSuspended(t *testing.T) {
	for _, x := range []struct {
		name   string
		again  string // what lets it go on
		day    string
		last   string
		inTime bool
	}{
		{"reinstated", "reinstate", "2026-06-24", "2026-07-13", true},
		{"revoked", "revoke", "2026-06-24", "2026-07-13", true},
		{"run out", "expire", "2026-07-15", "2026-08-03", true},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := licensingtest.New(t)
			w.Day(t, "2026-01-12")
			d, _ := w.Conditional(t, licensingtest.Fujian)
			citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
			g := grantOf(t, w, citizen, w.Granted(t, citizen, officer, d).Number)
			w.Day(t, "2026-06-15")
			a, err := w.Licensing.BeginFrom(t.Context(), citizen, g.Number, licensing.Renewal)
			if err != nil {
				t.Fatal(err)
			}
			a = w.Accepted(t, officer, signed(t, w, citizen, a, asItIs))
			if got := last(a.Running()); got != "2026-07-07" {
				t.Fatalf("15 working days end on %s", got)
			}
			w.Day(t, "2026-06-17")
			moveTo(t, w, officer, g.Number, licensing.Suspend)
			w.Day(t, x.day)
			held, _, err := w.Licensing.One(t.Context(), officer, a.Number)
			if err != nil || !held.Waits() || held.StoppedAt == nil || held.Running() != nil {
				t.Fatalf("suspended: %+v, %v", held, err)
			}
			if s, err := w.Licensing.InTime(t.Context(), d.Department.Slug); err != nil || s.All != 1 { // that of the grant
				t.Errorf("while it waits: %+v, %v", s, err)
			}
			if x.again == "expire" {
				err = w.Licensing.Tick(t.Context())
			} else {
				moveTo(t, w, officer, g.Number, licensing.GrantAction(x.again))
			}
			again, _, readErr := w.Licensing.One(t.Context(), officer, a.Number)
			if err != nil || readErr != nil || again.Waits() || again.StoppedAt != nil || last(again.Running()) != x.last {
				t.Fatalf("until %s, %+v, %v, %v", last(again.Running()), again, err, readErr)
			}
		})
	}
}

// What is submitted or accepted while the grant is suspended waits from the first
// day; refusing is possible all the same, and in time.
func TestWhatIsAcceptedWhileSuspendedWaits(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-01-12")
	d, _ := w.Conditional(t, licensingtest.Fujian)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	g := grantOf(t, w, citizen, w.Granted(t, citizen, officer, d).Number)
	w.Day(t, "2026-05-25")
	a, err := w.Licensing.BeginFrom(t.Context(), citizen, g.Number, licensing.Renewal)
	if err != nil {
		t.Fatal(err)
	}
	moveTo(t, w, officer, g.Number, licensing.Suspend)
	a = w.Accepted(t, officer, signed(t, w, citizen, a, asItIs))
	if a.StoppedAt == nil || a.Running() != nil {
		t.Fatalf("%+v", a)
	}
	_, err = w.Licensing.Decide(t.Context(), officer, a.Number, reduced(a), a.Revision)
	kind(t, "a part of it", err, fault.Conflict, "")
	w.Day(t, "2026-07-06")
	if _, err = w.Licensing.Decide(t.Context(), officer, a.Number, licensingtest.Refused(a), a.Revision); err != nil {
		t.Fatal(err)
	}
	if s, err := w.Licensing.InTime(t.Context(), d.Department.Slug); err != nil || s.All != 2 || s.Yes != 2 {
		t.Errorf("refused in time: %+v, %v", s, err)
	}
}

// A narrower agreement that nobody can sign does not lapse; its days begin anew.
func TestANarrowerAgreementWaitsForTheGrant(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-01-12")
	d, _ := w.Conditional(t, licensingtest.Fujian)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	g := grantOf(t, w, citizen, w.Granted(t, citizen, officer, d).Number)
	w.Day(t, "2026-05-25")
	a, err := w.Licensing.BeginFrom(t.Context(), citizen, g.Number, licensing.Renewal)
	if err != nil {
		t.Fatal(err)
	}
	a = w.Accepted(t, officer, signed(t, w, citizen, a, asItIs))
	if a, err = w.Licensing.Decide(t.Context(), officer, a.Number, reduced(a), a.Revision); err != nil || last(a.Running()) != "2026-06-01" {
		t.Fatalf("%+v, %v", a, err)
	}
	moveTo(t, w, officer, g.Number, licensing.Suspend)
	w.Day(t, "2026-06-22")
	if err := w.Licensing.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, _, err = w.Licensing.One(t.Context(), citizen, a.Number)
	if err != nil || a.State != licensing.Offered || a.Running() != nil {
		t.Fatalf("%s, %v", a.State, err)
	}
	_, err = w.Licensing.Consent(t.Context(), citizen, a.Number, a.Revision)
	kind(t, "signed while it is suspended", err, fault.Conflict, "")
	moveTo(t, w, officer, g.Number, licensing.Reinstate)
	a, _, err = w.Licensing.One(t.Context(), citizen, a.Number)
	if err != nil || last(a.Running()) != "2026-06-29" {
		t.Fatalf("sign until %s, %v", last(a.Running()), err)
	}
	if a, err = w.Licensing.Consent(t.Context(), citizen, a.Number, a.Revision); err != nil || a.State != licensing.Granted {
		t.Errorf("%s, %v", a.State, err)
	}
}

// moveTo moves a grant, for its department.
func moveTo(t *testing.T, w *licensingtest.World, officer account.Actor, number string, action licensing.GrantAction) {
	t.Helper()
	g, _, err := w.Licensing.Grant(t.Context(), officer, number)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.Licensing.MoveGrant(t.Context(), officer, number, action, "核查", g.Revision); err != nil {
		t.Fatal(err)
	}
}

// last is the last day of a clock; empty: none runs.
func last(c *deadline.Clock) string {
	if c == nil {
		return ""
	}
	return c.Last.Format(time.DateOnly)
}

// reduced gives one column less than was applied for.
func reduced(a *licensing.Application) licensing.Verdict {
	v := licensingtest.Agreed(a)
	v.Items[0].Decision, v.Items[0].Columns, v.Items[0].Reason = licensing.ItemReduced, a.Items[0].Columns[1:], "不需要。"
	v.Bases = licensingtest.Refused(a).Bases
	return v
}

// However few are taken at a time, a turn of the clock reaches everything that is due.
func TestATurnOfTheClockReachesEverything(t *testing.T) {
	w := licensingtest.New(t)
	w.Licensing.TakeAtOnce(2)
	w.Day(t, "2026-01-12")
	d, _ := w.Conditional(t, licensingtest.Fujian)
	officer := w.Official(t, d.Department, account.Officer)
	count := func(query string) (n int) {
		t.Helper()
		if err := w.Licensing.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.Pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 5 {
		w.Granted(t, w.Person(t, "王五"), officer, d)
	}
	for range 5 {
		w.Submitted(t, w.Person(t, "孙七"), d)
	}
	w.Day(t, "2026-01-20")
	if n := count(`SELECT count(*) FROM applications WHERE automatic`); n != 5 {
		t.Errorf("%d of 5 accepted by themselves", n)
	}
	w.Day(t, "2026-06-15")
	if n := count(`SELECT count(*) FROM grants WHERE ending_told = 1`); n != 5 {
		t.Errorf("%d of 5 told that it ends", n)
	}
	w.Day(t, "2026-07-14")
	if n := count(`SELECT count(*) FROM grants WHERE state = 'expired'`); n != 5 {
		t.Errorf("%d of 5 expired", n)
	}
}

package operation_test

import (
	"slices"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/hold"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
)

// From every side that suspends a mandate, and to every other: the higher takes it over,
// the lower and the equal do not; then that side lifts it, or one above, and nobody below.
// The bodies of two mandates above are of two ranks.
func TestAHigherSideTakesOverTheSuspensionOfAMandate(t *testing.T) {
	w, province, scope := begun(t)
	city := w.Under(t, province, scope)
	m := w.Under(t, city, scope)
	regulator := w.Regulator(t)
	sides := []struct {
		name       string
		who        account.Actor
		stop, lift operation.Action
		holds      operation.Side
		body       int64
	}{
		{"the body", m.Authority, operation.Suspend, operation.Resume, operation.OfBody, 0},
		{"the city", city.Authority, operation.Suspend, operation.Resume, operation.OfAbove, city.Body.ID},
		{"the province", province.Authority, operation.Suspend, operation.Resume, operation.OfAbove, province.Body.ID},
		{"the regulator", regulator, operation.Freeze, operation.Unfreeze, operation.OfRegulator, 0},
	}
	try := func(who account.Actor, a operation.Action, words string) error {
		_, err := w.Operation.Move(t.Context(), who, m.Number, operation.Step{Action: a, Revision: m.Revision, Words: words, Basis: "协议第十三条"})
		return err
	}
	for i, first := range sides {
		for k, second := range sides {
			w.Move(t, m, first.who, first.stop)
			since := m.StateAt
			v, err := w.Operation.Mandate(t.Context(), second.who, m.Number)
			if err != nil {
				t.Fatal(err)
			}
			if offered := slices.Contains(v.Offers, operation.TakeOver); offered != (k > i) {
				t.Errorf("%s is offered what %s holds: %t", second.name, first.name, offered)
			}
			if k > i && fieldOf(try(second.who, operation.TakeOver, "")) != "reason" {
				t.Error("taken over without a reason")
			}
			holder := i
			if err := try(second.who, operation.TakeOver, "另有理由"); (err == nil) != (k > i) || err != nil && fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s takes over what %s holds: %v", second.name, first.name, err)
			} else if err == nil {
				holder = k
			}
			again(t, w, m)
			if by := sides[holder]; m.State != operation.Suspended || m.HeldBy != by.holds || m.HeldBody.ID != by.body || !m.StateAt.Equal(since) {
				t.Errorf("%s after %s: %s by %s %d since %s", second.name, first.name, m.State, m.HeldBy, m.HeldBody.ID, m.StateAt)
			}
			if holder == k && k > i && (m.Reason != "另有理由" || m.Basis != "协议第十三条") {
				t.Errorf("the reason is still %q, %q", m.Reason, m.Basis)
			}
			for n, s := range sides[:holder] {
				if err := try(s.who, s.lift, "好了"); fault.KindOf(err) != fault.Conflict {
					t.Errorf("%s (%d) lifts what %s holds: %v", s.name, n, sides[holder].name, err)
				}
			}
			lifter := sides[max(holder, k)] // whoever holds it, or one above
			w.Move(t, m, lifter.who, lifter.lift)
			if m.State != operation.Active || m.HeldBy != "" || m.HeldBody.ID != 0 {
				t.Errorf("lifted, it is %s by %q", m.State, m.HeldBy)
			}
		}
	}
	if err := try(m.Operator, operation.TakeOver, "x"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the operator: %v", err)
	}
}

// A take-over is in the history with its side and its words, announced to those below,
// and told to both sides and to the body that held it until then.
func TestATakeOverIsToldAndRecorded(t *testing.T) {
	w, province, scope := begun(t)
	m := w.Under(t, province, scope)
	w.Move(t, m, province.Authority, operation.Suspend)
	letters(t, w, m, nil)
	w.Move(t, m, w.Regulator(t), operation.TakeOver)
	if got := letters(t, w, m, nil); !slices.Equal(got, []string{"take_over to authority", "take_over to deputy", "take_over to operator", "take_over to " + province.Authority.Name, "take_over to " + province.Deputy.Name}) {
		t.Errorf("%q", got)
	}
	events := again(t, w, m).Events
	if last := events[len(events)-1]; last.Act != string(operation.TakeOver) || last.Side != operation.OfRegulator || last.Words != "示例理由" || events[len(events)-2].Side != operation.OfAbove {
		t.Errorf("%+v", events[len(events)-2:])
	}
	var announced, audited int
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM river_job WHERE kind = 'mandate_moved' AND args ->> 'act' = 'take_over' AND args ->> 'from' = '监管机构'), (SELECT count(*) FROM audit_entries WHERE subject = 'mandate' AND subject_id = $1 AND act = 'take_over')`, m.Number).Scan(&announced, &audited); err != nil || announced != 1 || audited != 1 {
		t.Errorf("announced %d, audited %d times (%v)", announced, audited, err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE mandates SET held_by = 'body' WHERE number = $1`, m.Number); err == nil {
		t.Error("the database lets the hold pass to a lower side")
	}
}

// The same of entries: of the operator, the body, and the one above it. Who regulates
// stops no entry, but the mandate that it lies under.
func TestAHigherSideTakesOverTheSuspensionOfAnEntry(t *testing.T) {
	w, province, scope := begun(t)
	m := w.Under(t, province, scope)
	d := w.Developer(t, m)
	sides := []struct {
		name       string
		who        account.Actor
		stop, lift operation.EntryAction
		holds      operation.Side
	}{
		{"the operator", m.Operator, operation.SuspendEntry, operation.ResumeEntry, operation.OfOperator},
		{"the body", m.Authority, operation.ObjectEntry, operation.ReleaseEntry, operation.OfBody},
		{"the province", province.Authority, operation.ObjectEntry, operation.ReleaseEntry, operation.OfAbove},
	}
	for i, first := range sides {
		for k, second := range sides {
			if err := move(t, w, first.who, d, first.stop); err != nil {
				t.Fatal(err)
			}
			if offered := slices.Contains(entryOf(t, w, second.who, d).Offers, operation.TakeOverEntry); offered != (k > i) {
				t.Errorf("%s is offered what %s holds: %t", second.name, first.name, offered)
			}
			letters(t, w, m, d)
			holder := i
			err := move(t, w, second.who, d, operation.TakeOverEntry, func(s *operation.EntryStep) { s.Words = "另有理由" })
			switch {
			case k <= i:
				if kind := fault.KindOf(err); kind != fault.Conflict && (k > 0 || kind != fault.Forbidden) {
					t.Errorf("%s takes over what %s holds: %v", second.name, first.name, err)
				}
			case err != nil:
				t.Errorf("%s takes over what %s holds: %v", second.name, first.name, err)
			default:
				holder = k
				want := []string{"take_over to developer", "take_over to operator"}
				if k == 2 {
					want = []string{"take_over to authority", "take_over to deputy", "take_over to developer", "take_over to operator"}
				}
				if got := letters(t, w, m, d); !slices.Equal(got, want) {
					t.Errorf("told: %q", got)
				}
			}
			v := entryOf(t, w, m.Operator, d)
			last := v.Events[len(v.Events)-1]
			if v.State != operation.EntrySuspended || v.HeldBy != sides[holder].holds || last.Side != v.HeldBy || (v.HeldBody.ID != 0) != (holder == 2) || holder == k && k > i && v.Reason != "另有理由" {
				t.Errorf("%s after %s: %s by %s, %+v", second.name, first.name, v.State, v.HeldBy, last)
			}
			for _, s := range sides[:holder] {
				if err := move(t, w, s.who, d, s.lift); fault.KindOf(err) != fault.Conflict {
					t.Errorf("%s lifts what %s holds: %v", s.name, sides[holder].name, err)
				}
			}
			lifter := sides[max(holder, k)]
			if err := move(t, w, lifter.who, d, lifter.lift); err != nil || d.State != operation.EntryAdmitted || d.HeldBy != "" {
				t.Errorf("lifted by %s, it is %s by %q: %v", lifter.name, d.State, d.HeldBy, err)
			}
		}
	}
	if err := move(t, w, m.Operator, d, operation.SuspendEntry); err != nil {
		t.Fatal(err)
	}
	if err := move(t, w, w.Regulator(t), d, operation.TakeOverEntry); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the regulator: %v", err)
	}
}

// Of two sides that take over at the same moment one does, and the other is told that
// somebody was first; if that was the lower, it can still take over from it.
func TestOneOfTwoTakesOver(t *testing.T) {
	w, province, scope := begun(t)
	m := w.Under(t, province, scope)
	regulator := w.Regulator(t)
	take := func(who account.Actor) func() error {
		revision := m.Revision
		return func() error {
			_, err := w.Operation.Move(t.Context(), who, m.Number, operation.Step{Action: operation.TakeOver, Revision: revision, Words: "示例理由", Basis: "协议第十二条"})
			return err
		}
	}
	for range 5 {
		w.Move(t, m, m.Authority, operation.Suspend)
		if n := race(t, take(province.Authority), take(regulator), take(regulator)); n != 1 {
			t.Fatalf("%d took it over", n)
		}
		if again(t, w, m); m.HeldBy == operation.OfAbove {
			w.Move(t, m, regulator, operation.TakeOver)
		}
		if m.HeldBy != operation.OfRegulator {
			t.Fatal(m.HeldBy)
		}
		w.Move(t, m, regulator, operation.Unfreeze)
	}
}

// The rank in the database is that of the package.
func TestTheDatabaseRanksAsThePackageDoes(t *testing.T) {
	w := operationtest.New(t)
	sides := []string{"platform", "operator", "body", "authority", "above", "regulator"}
	for _, a := range sides {
		for _, b := range sides {
			var higher bool
			if err := w.Pool.QueryRow(t.Context(), `SELECT hold_rank($1) > hold_rank($2)`, a, b).Scan(&higher); err != nil {
				t.Fatal(err)
			}
			if err := (hold.By{Side: a}).Takes(hold.By{Side: b}); (err == nil) != higher {
				t.Errorf("%s over %s: %t, %v", a, b, higher, err)
			}
		}
	}
}

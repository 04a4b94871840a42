package scenario_test

import (
	"slices"
	"sync"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/scenario/scenariotest"
)

// From every side that suspends a scenario, and to every other: the higher takes it over,
// for a reason of its own; the lower and the equal do not, and nobody below the holder
// lifts it or, of the operator, ends it. Lifted, it passes as it did.
func TestAHigherSideTakesOverTheSuspensionOfAScenario(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Active(t)
	sides := []struct {
		side scenario.Side
		who  account.Actor
	}{{scenario.OfPlatform, account.Actor{}}, {scenario.OfOperator, w.Operator}, {scenario.OfAuthority, w.Authority}, {scenario.OfRegulator, w.Regulator(t)}}
	try := func(who account.Actor, a scenario.Action, words string) error {
		moved, err := w.Scenarios.Move(t.Context(), who, x.Number, scenario.Step{Action: a, Violation: "leak", Words: words, Revision: x.Revision})
		if err == nil {
			x = moved
		}
		return err
	}
	letters := func() (n int) {
		t.Helper()
		if err := w.Pool.QueryRow(t.Context(), `WITH gone AS (DELETE FROM river_job WHERE kind = 'scenario_notice' AND args ->> 'act' = 'take_over' RETURNING args ->> 'for' AS side) SELECT count(DISTINCT side) FROM gone`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i, first := range sides {
		for k, second := range sides[1:] {
			k++
			if i == 0 {
				if _, err := w.Pool.Exec(t.Context(), `UPDATE scenarios SET state = 'suspended', suspended_by = 'platform', reason = '逾期' WHERE id = $1`, x.ID); err != nil {
					t.Fatal(err)
				}
			} else {
				x = w.Move(t, first.who, x, scenario.Step{Action: scenario.Suspend, Violation: "leak", Words: "外泄"})
			}
			x = one(t, w, x.Number).Scenario
			since := x.StateAt
			v, err := w.Scenarios.One(t.Context(), second.who, x.Number)
			if err != nil {
				t.Fatal(err)
			}
			if v.May(scenario.TakeOver) != (k > i) {
				t.Errorf("%s is offered what %s holds: %t", second.side, first.side, v.May(scenario.TakeOver))
			}
			if k > i && fault.KindOf(try(second.who, scenario.TakeOver, "")) != fault.Invalid {
				t.Error("taken over without a reason")
			}
			holder := i
			if err := try(second.who, scenario.TakeOver, "另有理由"); (err == nil) != (k > i) || err != nil && fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s takes over what %s holds: %v", second.side, first.side, err)
			} else if err == nil {
				holder = k
				if x.Reason != "另有理由" || letters() != map[bool]int{true: 3, false: 2}[k == 3] {
					t.Errorf("%q, or somebody was not told", x.Reason)
				}
				events := one(t, w, x.Number).Events
				if last := events[len(events)-1]; last.Act != scenario.TakeOver || last.Side != second.side || last.Words != "另有理由" {
					t.Errorf("%+v", last)
				}
			}
			if x.State != scenario.Suspended || x.SuspendedBy != string(sides[holder].side) || !x.StateAt.Equal(since) {
				t.Errorf("%s after %s: %s by %s", second.side, first.side, x.State, x.SuspendedBy)
			}
			if granted, err := scenario.Standing(t.Context(), w.Pool, x.ID, w.Clock()); err != nil || len(granted) != 0 {
				t.Errorf("it lets through: %d, %v", len(granted), err)
			}
			for n, s := range sides[1:] {
				if n++; n >= holder && holder > 0 {
					continue
				}
				if err := try(s.who, scenario.Resume, "好了"); fault.KindOf(err) != fault.Conflict {
					t.Errorf("%s lifts what %s holds: %v", s.side, sides[holder].side, err)
				}
			}
			if holder > 1 {
				if err := try(w.Operator, scenario.Terminate, "外泄"); fault.KindOf(err) != fault.Conflict {
					t.Errorf("the operator ends what %s holds: %v", sides[holder].side, err)
				}
			}
			x = w.Move(t, sides[max(holder, k)].who, x, scenario.Step{Action: scenario.Resume, Words: "查清"})
			if granted, err := scenario.Standing(t.Context(), w.Pool, x.ID, w.Clock()); x.State != scenario.Active || x.SuspendedBy != "" || err != nil || len(granted) != 1 {
				t.Errorf("lifted: %s by %q, %d, %v", x.State, x.SuspendedBy, len(granted), err)
			}
		}
	}
	x = w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Suspend, Violation: "leak", Words: "外泄"})
	for name, who := range map[string]account.Actor{"developer": w.Owner, "department": w.Officer, "security": w.Security} {
		if err := try(who, scenario.TakeOver, "x"); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two sides at once: one takes it over, and the other learns that somebody was first.
func TestOneOfTwoTakesAScenarioOver(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Active(t)
	regulator := w.Regulator(t)
	for range 3 {
		x = w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Suspend, Violation: "leak", Words: "外泄"})
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, who := range []account.Actor{w.Authority, regulator} {
			both.Go(func() {
				_, errs[i] = w.Scenarios.Move(t.Context(), who, x.Number, scenario.Step{Action: scenario.TakeOver, Violation: "leak", Words: "外泄", Revision: x.Revision})
			})
		}
		both.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || !slices.Contains([]fault.Kind{fault.KindOf(errs[0]), fault.KindOf(errs[1])}, fault.Conflict) {
			t.Fatal(errs)
		}
		x = w.Move(t, regulator, one(t, w, x.Number).Scenario, scenario.Step{Action: scenario.Resume, Words: "查清"})
	}
}

// What the platform held, or would have held, it holds again once somebody lifts theirs:
// the report is still to come.
func TestThePlatformHoldsAgainWhileAReportIsOwed(t *testing.T) {
	w := scenariotest.New(t, "2025-03-03", licensingtest.Fujian) // whose next year has a calendar
	w.Train(t, 2)
	x := w.Active(t, func(f *scenario.Form) { f.Months = "20" })
	tick := func(days int) {
		t.Helper()
		w.Later(days)
		for range 2 {
			if err := w.Scenarios.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, days := range []int{300, 60, 10} {
		tick(days)
	}
	x = w.Move(t, w.Operator, one(t, w, x.Number).Scenario, scenario.Step{Action: scenario.Suspend, Violation: "leak", Words: "外泄"})
	tick(25)
	if x = one(t, w, x.Number).Scenario; x.SuspendedBy != string(scenario.OfOperator) {
		t.Fatal(x.SuspendedBy)
	}
	x = w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Resume, Words: "查清"})
	if x.State != scenario.Suspended || x.SuspendedBy != string(scenario.OfPlatform) {
		t.Fatalf("%s by %q", x.State, x.SuspendedBy)
	}
	if _, err := w.Scenarios.Move(t.Context(), w.Operator, x.Number, scenario.Step{Action: scenario.Resume, Words: "好了", Revision: x.Revision}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("lifted by hand: %v", err)
	}
	x = w.Move(t, w.Operator, x, scenario.Step{Action: scenario.TakeOver, Violation: "leak", Words: "外泄"})
	r, err := w.Scenarios.Reports(t.Context(), one(t, w, x.Number))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Scenarios.MoveReport(t.Context(), w.Owner, x.Number, 1, scenario.ReportStep{Action: scenario.FileReport, Content: scenario.Content{Used: "出行提示", Results: "十二期", Security: "没有事件"}, Revision: r[0].Revision}); err != nil {
		t.Fatal(err)
	}
	if x = one(t, w, x.Number).Scenario; x.SuspendedBy != string(scenario.OfOperator) {
		t.Errorf("the report lifted what the operator holds: %q", x.SuspendedBy)
	}
	if x = w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Resume, Words: "查清"}); x.State != scenario.Active {
		t.Error(x.State)
	}
}

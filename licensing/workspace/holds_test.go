package workspace_test

import (
	"slices"
	"sync"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace"
	"shuyuan/licensing/workspace/workspacetest"
)

// What the operator froze the regulator takes over, and not the other way round; the
// operator lifts it no more. Lifted, it is what it was before the first of them: being
// prepared, or ready.
func TestTheRegulatorTakesOverAFreeze(t *testing.T) {
	w := workspacetest.New(t)
	made, err := w.Workspaces.Open(t.Context(), w.Owner, w.Name)
	if err != nil {
		t.Fatal(err)
	}
	operator, x := w.Reviewers[0], made
	see := func(who account.Actor) *workspace.View {
		t.Helper()
		v, err := w.Workspaces.Workspace(t.Context(), who, made.Number)
		if err != nil {
			t.Fatal(err)
		}
		x = v.Workspace
		return v
	}
	try := func(who account.Actor, a workspace.Action, words string) error {
		t.Helper()
		see(w.Owner)
		_, err := w.Workspaces.Move(t.Context(), who, made.Number, workspace.Step{Action: a, Words: words, Revision: x.Revision})
		see(w.Owner)
		return err
	}
	for _, before := range []workspace.State{workspace.Provisioning, workspace.Ready} {
		if before == workspace.Ready {
			w.Running(t)
			w.Until(t, "it is ready", func() bool { return see(w.Owner).State == workspace.Ready })
		}
		if err := try(operator, workspace.Freeze, "检查"); err != nil {
			t.Fatal(err)
		}
		since := x.StateAt
		if slices.Contains(see(operator).Offers, workspace.TakeOver) || !slices.Contains(see(w.Regulator).Offers, workspace.TakeOver) || slices.Contains(see(w.Authority).Offers, workspace.TakeOver) {
			t.Error("taking over is offered to another than the regulator")
		}
		for _, who := range []account.Actor{operator, w.Authority, w.Owner} {
			if kind := fault.KindOf(try(who, workspace.TakeOver, "核查")); kind != fault.Conflict && kind != fault.Forbidden {
				t.Errorf("%s takes it over: %v", who.Name, kind)
			}
		}
		if kind := fault.KindOf(try(w.Regulator, workspace.TakeOver, "")); kind != fault.Invalid {
			t.Errorf("without a reason: %v", kind)
		}
		if err := try(w.Regulator, workspace.TakeOver, "核查"); err != nil || x.State != workspace.Frozen || x.FrozenBy != workspace.OfRegulator || x.Reason != "核查" || !x.StateAt.Equal(since) {
			t.Fatalf("%s by %s: %v", x.State, x.FrozenBy, err)
		}
		history := see(w.Owner).History
		if last, earlier := history[len(history)-1], history[len(history)-2]; last.Act != workspace.TakeOver || last.Side != workspace.OfRegulator || last.Words != "核查" || earlier.Act != workspace.Freeze || earlier.Side != workspace.OfOperator || earlier.Words != "检查" {
			t.Errorf("%+v", history)
		}
		if err := try(operator, workspace.Lift, "好了"); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the operator lifts it: %v", err)
		}
		if err := try(w.Regulator, workspace.TakeOver, "又"); fault.KindOf(err) != fault.Conflict {
			t.Errorf("twice: %v", err)
		}
		if _, err := w.Workspaces.Move(t.Context(), w.Regulator, made.Number, workspace.Step{Action: workspace.Lift, Words: "核查完", Revision: x.Revision}); err != nil {
			t.Fatal(err)
		}
		if history = see(w.Owner).History; !slices.ContainsFunc(history, func(m workspace.Moved) bool { return m.Act == workspace.Lift && m.State == before }) {
			t.Errorf("lifted, it was not %s: %+v", before, history)
		}
		if err := try(w.Regulator, workspace.Freeze, "核查"); err != nil {
			t.Fatal(err)
		}
		if err := try(operator, workspace.TakeOver, "检查"); fault.KindOf(err) != fault.Conflict || x.FrozenBy != workspace.OfRegulator {
			t.Errorf("the operator takes over: %v", err)
		}
		if err := try(w.Regulator, workspace.Lift, "核查完"); err != nil {
			t.Fatal(err)
		}
		if err := try(operator, workspace.Freeze, "检查"); err != nil {
			t.Fatal(err)
		}
		if err := try(w.Regulator, workspace.Lift, "不必"); err != nil || x.State == workspace.Frozen {
			t.Errorf("one above lifts: %s, %v", x.State, err)
		}
	}
	var told int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(DISTINCT args ->> 'side') FROM river_job WHERE kind = 'workspace_notice' AND args ->> 'act' = 'take_over'`).Scan(&told); err != nil || told != 2 {
		t.Errorf("%d sides were told: %v", told, err)
	}
	if err := try(w.Regulator, workspace.Freeze, "核查"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE workspaces SET frozen_by = 'operator'`); err == nil {
		t.Error("the database lets the freeze pass to a lower side")
	}
}

// A freeze is lifted and taken over at the same moment: one of the two is first.
func TestAFreezeIsLiftedOrTakenOver(t *testing.T) {
	w := workspacetest.New(t)
	made, err := w.Workspaces.Open(t.Context(), w.Owner, w.Name)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		v, err := w.Workspaces.Workspace(t.Context(), w.Owner, made.Number)
		if err != nil {
			t.Fatal(err)
		}
		frozen, err := w.Workspaces.Move(t.Context(), w.Reviewers[0], made.Number, workspace.Step{Action: workspace.Freeze, Words: "检查", Revision: v.Revision})
		if err != nil {
			t.Fatal(err)
		}
		var lifted, taken error
		var both sync.WaitGroup
		both.Go(func() {
			_, lifted = w.Workspaces.Move(t.Context(), w.Reviewers[0], made.Number, workspace.Step{Action: workspace.Lift, Words: "好了", Revision: frozen.Revision})
		})
		both.Go(func() {
			_, taken = w.Workspaces.Move(t.Context(), w.Regulator, made.Number, workspace.Step{Action: workspace.TakeOver, Words: "核查", Revision: frozen.Revision})
		})
		both.Wait()
		if (lifted == nil) == (taken == nil) || lifted != nil && fault.KindOf(lifted) != fault.Conflict || taken != nil && fault.KindOf(taken) != fault.Conflict {
			t.Fatalf("lifted: %v; taken over: %v", lifted, taken)
		}
		if taken == nil {
			if v, err = w.Workspaces.Workspace(t.Context(), w.Owner, made.Number); err != nil || v.FrozenBy != workspace.OfRegulator {
				t.Fatalf("%s, %v", v.FrozenBy, err)
			}
			if _, err := w.Workspaces.Move(t.Context(), w.Regulator, made.Number, workspace.Step{Action: workspace.Lift, Words: "核查完", Revision: v.Revision}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

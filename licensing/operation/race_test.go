package operation_test

import (
	"sync"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
)

// race has every one do something at once, and returns how many could.
func race(t *testing.T, all ...func() error) (done int) {
	t.Helper()
	ready := make(chan struct{})
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, do := range all {
		wait.Go(func() {
			<-ready
			errs[i] = do()
		})
	}
	close(ready)
	wait.Wait()
	for _, err := range errs {
		switch fault.KindOf(err) {
		case fault.Conflict:
		default:
			if err != nil {
				t.Errorf("whoever was second gets %v", err)
			}
			done++
		}
	}
	return done
}

// Of two who move a mandate, or an entry, at the same moment one does, and the other
// learns that somebody was first: one event, one letter to each, one announcement.
func TestOneOfTwoAtOnceMoves(t *testing.T) {
	w, m, scope := begun(t)
	ctx := t.Context()
	count := func(sql string) (n int) {
		t.Helper()
		if err := w.Pool.QueryRow(ctx, sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	step := func(who account.Actor, number string, revision int, a operation.Action, shown string) func() error {
		return func() error {
			_, err := w.Operation.Move(ctx, who, number, operation.Step{Action: a, Revision: revision, Words: "示例理由", Basis: "协议第十二条", Shown: shown})
			return err
		}
	}
	regulator := w.Regulator(t)
	for range 5 {
		if n := race(t, step(m.Authority, m.Number, m.Revision, operation.Suspend, ""), step(m.Deputy, m.Number, m.Revision, operation.Suspend, ""), step(regulator, m.Number, m.Revision, operation.Freeze, "")); n != 1 {
			t.Fatalf("%d suspended it", n)
		}
		again(t, w, m)
		who, lift := m.Authority, operation.Resume
		if m.HeldBy == operation.OfRegulator {
			who, lift = regulator, operation.Unfreeze
		}
		w.Move(t, m, who, lift)
	}
	if events, announced := count(`SELECT count(*) FROM operation_events WHERE state = 'suspended'`), count(`SELECT count(*) FROM river_job WHERE kind = 'mandate_moved' AND args ->> 'act' IN ('suspend', 'freeze')`); events != 5 || announced != 5 {
		t.Errorf("%d events, %d announced", events, announced)
	}

	for range 5 {
		other := w.Mandate(t, scope) // its plan and people, to draft another of
		p := w.Awarded(t, other.Authority, w.Plan(t, other.Authority, other.Deputy, planOf(scope)), other.Mandate.Operator.Code)
		var err error
		if other.Mandate, err = w.Operation.DraftMandate(ctx, other.Authority, p.Number, w.AgreementForm(p.Forms...)); err != nil {
			t.Fatal(err)
		}
		w.Move(t, other, other.Authority, operation.Submit)
		w.Move(t, other, other.Deputy, operation.Approve)
		w.Move(t, other, other.Operator, operation.SignOperator)
		if n := race(t, step(other.Authority, other.Number, other.Revision, operation.SignBody, other.SHA256), step(other.Deputy, other.Number, other.Revision, operation.Withdraw, "")); n != 1 {
			t.Fatalf("%d of signing and withdrawing", n)
		}
		if again(t, w, other); (other.State == operation.Active) != (other.BodySigned.At != nil) || other.State != operation.Active && other.State != operation.Withdrawn {
			t.Errorf("it is %s, signed at %v", other.State, other.BodySigned.At)
		}
	}

	d := w.Submitted(t, m)
	decide := func(a operation.EntryAction) func() error {
		return func() error {
			_, err := w.Operation.MoveEntry(ctx, m.Operator, d.Number, operation.EntryStep{Action: a, Revision: d.Revision, Words: "示例理由"})
			return err
		}
	}
	if n := race(t, decide(operation.AdmitEntry), decide(operation.RefuseEntry), decide(operation.ReturnEntry)); n != 1 {
		t.Errorf("%d decided an entry", n)
	}

	w.Set(m.Until)
	if n := race(t, func() error { return w.Operation.Tick(ctx) }, func() error { return w.Operation.Tick(ctx) }, step(m.Operator, m.Number, m.Revision, operation.Surrender, "")); n < 2 {
		t.Errorf("%d of two ticks and a surrender", n)
	}
	if n := count(`SELECT count(*) FROM operation_events WHERE subject = 'mandate' AND case_id = (SELECT id FROM mandates WHERE number = '` + m.Number + `') AND state IN ('expired', 'surrendered')`); n != 1 {
		t.Errorf("it ended %d times", n)
	}
}

// Nobody issues a report, records an award, or evaluates a cycle twice by doing it at
// once.
func TestWhatIsRecordedOnceIsRecordedOnce(t *testing.T) {
	w, m, scope := begun(t)
	ctx := t.Context()
	p := w.Plan(t, m.Authority, m.Deputy, planOf(scope))
	w.AwardPaper(t, m.Authority, p)
	award := func(who account.Actor) func() error {
		return func() error {
			_, err := w.Operation.RecordAward(ctx, who, p.Number, p.Revision, w.NewAward(m.Mandate.Operator.Code))
			return err
		}
	}
	if n := race(t, award(m.Authority), award(m.Deputy)); n != 1 {
		t.Errorf("%d awards", n)
	}
	w.Day(t, "2027-03-02")
	evaluate := func(who account.Actor) func() error {
		return func() error {
			_, err := w.Operation.Evaluate(ctx, who, m.Number, operation.NewEvaluation{From: "2026-03-02", Verdict: "passed", Findings: "合格。"})
			if fieldOf(err) == "from" { // it is evaluated already
				err = fault.New(fault.Conflict, "已经评估过。")
			}
			return err
		}
	}
	if n := race(t, evaluate(m.Authority), evaluate(m.Deputy)); n != 1 {
		t.Errorf("%d evaluations", n)
	}
	issue := func(who account.Actor) func() error {
		return func() error {
			_, err := w.Operation.Issue(ctx, who, 2026)
			return err
		}
	}
	if n := race(t, issue(m.Authority), issue(m.Deputy)); n != 1 {
		t.Errorf("%d reports", n)
	}
}

func planOf(scope []operation.NewItem) operation.PlanForm {
	return operationtest.PlanForm(scope, func(f *operation.PlanForm) { f.Title = "另一项授权运营" })
}

package operation_test

import (
	"slices"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
)

var everyAction = []operation.Action{
	operation.Submit, operation.Return, operation.Approve, operation.SignBody, operation.SignOperator, operation.Begin, operation.Suspend, operation.Freeze,
	operation.TakeOver, operation.Resume, operation.Unfreeze, operation.Revoke, operation.Surrender, operation.Expire, operation.Close, operation.Withdraw,
}

// Each side moves a mandate by its own actions alone (管运分离, FJ-III.3): in every
// state everything else is tried and refused, and nothing has moved.
func TestNobodyMovesAMandateFromTheWrongSide(t *testing.T) {
	w := operationtest.New(t)
	d, _ := w.Conditional(t, licensingtest.Fujian)
	m := &operationtest.Mandate{Operator: w.Operator(t, "示例运营负责人")}
	m.Body, m.Authority, m.Deputy = w.Body(t)
	code := w.Code()
	m.Organisation = w.Organisation(t, m.Operator, "示例数据运营有限公司", code)
	p := w.Awarded(t, m.Authority, w.Plan(t, m.Authority, m.Deputy, operationtest.PlanForm(operationtest.Scope(d))), code)
	var err error
	if m.Mandate, err = w.Operation.DraftMandate(t.Context(), m.Authority, p.Number, w.AgreementForm(p.Forms...)); err != nil {
		t.Fatal(err)
	}
	_, elsewhere, _ := w.Body(t)
	regulator := w.Regulator(t)
	mine := []operation.Action{operation.Submit, operation.Return, operation.SignBody, operation.Suspend, operation.TakeOver, operation.Resume, operation.Revoke, operation.Close, operation.Withdraw}
	sides := []struct {
		name string
		who  account.Actor
		may  []operation.Action
	}{
		{"who drafted it", m.Authority, mine},
		{"who approves it", m.Deputy, append([]operation.Action{operation.Approve}, mine...)},
		{"the operator", m.Operator, []operation.Action{operation.SignOperator, operation.Surrender}},
		{"the regulator", regulator, []operation.Action{operation.Freeze, operation.TakeOver, operation.Unfreeze}},
		{"another body", elsewhere, nil},
		{"another operator", w.Operator(t, "别家运营"), nil},
		{"an officer of the department", w.Official(t, m.Body, account.Officer), nil},
		{"a citizen", w.Person(t, "市民"), nil},
		{"nobody", account.Actor{}, nil},
	}
	tried := 0
	refuse := func() {
		t.Helper()
		for _, s := range sides {
			for _, a := range everyAction {
				if slices.Contains(s.may, a) {
					continue
				}
				tried++
				if _, err := w.Operation.Move(t.Context(), s.who, m.Number, operation.Step{Action: a, Revision: m.Revision, Words: "示例理由", Basis: "协议第十二条", Shown: m.SHA256}); err == nil {
					t.Errorf("%s: %s by %s", m.State, a, s.name)
				}
			}
		}
		var state string
		var revision int
		if err := w.Pool.QueryRow(t.Context(), `SELECT state, revision FROM mandates WHERE number = $1`, m.Number).Scan(&state, &revision); err != nil || state != string(m.State) || revision != m.Revision {
			t.Errorf("%s at revision %d is %s at %d (%v)", m.State, m.Revision, state, revision, err)
		}
	}
	refuse()
	for _, step := range []struct {
		who account.Actor
		do  operation.Action
	}{
		{m.Authority, operation.Submit}, {m.Deputy, operation.Approve}, {m.Operator, operation.SignOperator}, {m.Authority, operation.SignBody},
		{m.Authority, operation.Suspend}, {m.Deputy, operation.Resume}, {regulator, operation.Freeze}, {regulator, operation.Unfreeze}, {m.Authority, operation.Revoke},
	} {
		w.Move(t, m, step.who, step.do)
		refuse()
	}
	if tried < 900 {
		t.Errorf("only %d were tried", tried)
	}
}

// One move of a mandate stops what is below it and changes nothing there; lifting it
// brings back what was; what is revoked stays so.
func TestOneMoveStopsWhatIsBelow(t *testing.T) {
	w := operationtest.New(t)
	d, _ := w.Conditional(t, licensingtest.Fujian)
	m := w.Mandate(t, operationtest.Scope(d))
	w.Developer(t, m)
	city := w.Under(t, m, operationtest.Scope(d))
	below := func() (rows string) {
		t.Helper()
		if err := w.Pool.QueryRow(t.Context(), `SELECT md5(coalesce((SELECT string_agg(x::text, '|' ORDER BY x.id) FROM mandates x WHERE number <> $1), '') || coalesce((SELECT string_agg(x::text, '|' ORDER BY x.id) FROM developers x), ''))`, m.Number).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	stand := func(want bool) {
		t.Helper()
		for _, number := range []string{m.Number, city.Number} {
			var stands bool
			if err := w.Pool.QueryRow(t.Context(), `SELECT mandate_stands(id, $2) FROM mandates WHERE number = $1`, number, w.Clock()).Scan(&stands); err != nil || stands != want {
				t.Errorf("%s while the upper one is %s: %t (%v)", number, m.State, stands, err)
			}
		}
	}
	was := below()
	stand(true)
	for _, step := range []struct {
		do   operation.Action
		want bool
	}{{operation.Suspend, false}, {operation.Resume, true}, {operation.Revoke, false}} {
		w.Move(t, m, m.Authority, step.do)
		stand(step.want)
		if below() != was {
			t.Errorf("%s changed what is below", step.do)
		}
	}
	if _, err := w.Operation.Move(t.Context(), m.Authority, m.Number, operation.Step{Action: operation.Resume, Revision: m.Revision, Words: "示例理由", Basis: "协议第十二条"}); err == nil {
		t.Error("a revoked mandate was resumed")
	}
}

// What the service refuses, the database refuses too.
func TestTheDatabaseKeepsTheSidesApart(t *testing.T) {
	w := operationtest.New(t)
	d, _ := w.Conditional(t, licensingtest.Fujian)
	m := w.Mandate(t, operationtest.Scope(d))
	w.Developer(t, m)
	for _, sql := range []string{
		`UPDATE mandates SET state = 'suspended', reason = '查', held_by = 'body', basis = ''`,
		`UPDATE mandates SET state = 'suspended', reason = '查', basis = '协议第八条'`,
		`UPDATE mandates SET held_by = 'body'`,
		`UPDATE mandates SET body_signed_by = operator_signed_by`,
		`UPDATE mandates SET operator_signed_by = body_signed_by`,
		`UPDATE mandates SET approved_by = operator_signed_by`,
		`UPDATE mandates SET approved_by = drafted_by`,
		`UPDATE mandates SET until_at = until_at + interval '1 day'`,
		`UPDATE mandates SET state = 'draft'`,
		`UPDATE developers SET state = 'suspended', reason = '查'`,
		`UPDATE developers SET decided_by = (SELECT approved_by FROM mandates LIMIT 1)`,
	} {
		if _, err := w.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("the database takes %s", sql)
		}
	}
}

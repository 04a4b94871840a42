package scenario_test

import (
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/scenario/scenariotest"
)

// moves are steps that somebody may try, filled in so that nothing but who it is
// stands in the way.
func moves(x *scenario.Scenario) map[scenario.Action]scenario.Step {
	sha := ""
	if x.Contract != nil {
		sha = x.Contract.SHA256
	}
	all := map[scenario.Action]scenario.Step{
		scenario.Return: {Missing: "应急预案"}, scenario.Screen: {}, scenario.Check: {Verdict: scenario.Passed}, scenario.SendToAward: {}, scenario.RecordAward: {Award: scenario.NewAward{Tender: "ZB-2026-000001"}},
		scenario.Authorise: {Words: "可以", Bases: scenariotest.Basis}, scenario.Refuse: {Words: "不可以", Bases: scenariotest.Basis}, scenario.Offer: {Blanks: scenariotest.Blanks}, scenario.Void: {Words: "重写"}, scenario.Sign: {SHA256: sha},
		scenario.Suspend: {Violation: "leak", Words: "外泄"}, scenario.TakeOver: {Violation: "leak", Words: "外泄"}, scenario.Resume: {Words: "查清"}, scenario.Terminate: {Violation: "leak", Words: "外泄"}, scenario.Surrender: {}, scenario.Withdraw: {}, scenario.Close: {},
	}
	for a, s := range all {
		s.Action, s.Revision = a, x.Revision
		all[a] = s
	}
	return all
}

// Every step is tried from every wrong side, in the state in which the right side may
// take it: none is taken, and nobody learns more than they may.
func TestNobodyTakesTheStepOfAnotherSide(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	other := w.Department(t)
	people := map[string]account.Actor{
		"developer": w.Owner, "operator": w.Operator, "department": w.Officer, "security": w.Security, "authority": w.Authority, "regulator": w.Regulator(t),
		"another department": w.Official(t, other, account.Officer), "another authority": w.Official(t, w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Fujian }), account.Authority),
		"another security": w.Official(t, other, account.SecurityReviewer), "stranger": w.Person(t, "示例外人"), "administrator": {ID: 999, Name: "管", Side: account.RunSystem, Roles: []account.Role{account.Administrator}},
	}
	rival, _ := scenariotest.Operating(t, w.World, "示例另一家运营有限公司", "91350100MA00000Q11")
	people["another operator"] = rival
	key := w.Owner
	key.Key = "sk"
	people["a key of the developer"] = key

	stages := []struct {
		state scenario.State
		make  func() *scenario.Scenario
		may   map[scenario.Action][]string
	}{
		{scenario.Submitted, func() *scenario.Scenario { return w.Submitted(t) }, map[scenario.Action][]string{scenario.Return: {"operator"}, scenario.Screen: {"operator"}, scenario.Withdraw: {"developer"}}},
		{scenario.Screened, func() *scenario.Scenario { return w.Screened(t) }, map[scenario.Action][]string{scenario.Check: {"security"}, scenario.Withdraw: {"developer"}}},
		{scenario.Reviewed, func() *scenario.Scenario { return w.Reviewed(t) }, map[scenario.Action][]string{scenario.Authorise: {"authority"}, scenario.Refuse: {"authority"}, scenario.Withdraw: {"developer"}}},
		{scenario.Authorised, func() *scenario.Scenario { return w.Offered(t) }, map[scenario.Action][]string{scenario.Void: {"operator", "developer"}, scenario.Sign: {"operator", "developer"}, scenario.Terminate: {"authority"}, scenario.Surrender: {"developer"}}},
		{scenario.Active, func() *scenario.Scenario { return w.Active(t) }, map[scenario.Action][]string{scenario.Suspend: {"operator", "authority", "regulator"}, scenario.Terminate: {"authority", "operator"}, scenario.Surrender: {"developer"}}},
	}
	tried := 0
	for _, stage := range stages {
		x := stage.make()
		for action, step := range moves(x) {
			for name, who := range people {
				allowed := false
				for _, m := range stage.may[action] {
					allowed = allowed || m == name
				}
				if allowed {
					continue
				}
				tried++
				if _, err := w.Scenarios.Move(t.Context(), who, x.Number, step); err == nil {
					t.Fatalf("%s took %s in %s", name, action, stage.state)
				} else if kind := fault.KindOf(err); kind != fault.Forbidden && kind != fault.Conflict && kind != fault.NotFound {
					t.Errorf("%s, %s in %s: %v", name, action, stage.state, err)
				}
			}
		}
		if now, err := w.Scenarios.One(t.Context(), w.Owner, x.Number); err != nil || now.State != stage.state || now.Revision != x.Revision {
			t.Errorf("after the tries: %+v, %v", now, err)
		}
	}
	if tried < 850 {
		t.Errorf("only %d tries", tried)
	}
	for _, name := range []string{"another department", "another authority", "another security", "stranger", "another operator", "a key of the developer", "administrator"} {
		x := w.Submitted(t)
		if _, err := w.Scenarios.One(t.Context(), people[name], x.Number); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s may see it: %v", name, err)
		}
	}
}

// A department speaks for its own items alone; nobody of the developer, of the
// operator or of the authority gives an opinion.
func TestADepartmentSpeaksForItsOwnItemsAlone(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	second, _ := w.Conditional(t, licensingtest.Fujian)
	m := w.Mandated(t, w.Operator, w.Run, w.Body, w.Data, second)
	w.Mandate = m.Number
	w.Admit(t, m, w.Owner, w.Firm)
	theirs := w.Official(t, second.Department, account.Officer)
	both := []*datasets.Dataset{w.Data, second}
	x := w.Screened(t, func(f *scenario.Form) { f.Items = scenariotest.Form(both).Items })
	if len(x.Items) != 2 || x.Items[0].Clock == nil && x.Running(scenario.Opinion, x.Items[0].ID) == nil {
		t.Fatalf("%+v", x.Items)
	}
	for name, who := range map[string]account.Actor{"developer": w.Owner, "operator": w.Operator, "authority": w.Authority, "security": w.Security, "the other department": w.Officer} {
		if _, err := w.Scenarios.Opine(t.Context(), who, x.Number, scenario.Said{Item: x.Items[1].ID, Decision: scenario.ItemGranted}, x.Revision); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	x, err := w.Scenarios.Opine(t.Context(), theirs, x.Number, scenario.Said{Item: x.Items[1].ID, Decision: scenario.ItemRefused, Reason: "没有必要", Bases: scenariotest.Basis}, x.Revision)
	if err != nil {
		t.Fatal(err)
	}
	x = w.Move(t, w.Security, w.Opined(t, x), scenario.Step{Action: scenario.Check, Verdict: scenario.Passed})
	if x.State != scenario.Reviewed {
		t.Fatal(x.State)
	}
	x = w.Move(t, w.Authority, x, scenario.Step{Action: scenario.Authorise, Words: "可以", Bases: scenariotest.Basis})
	x = w.Signed(t, w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Offer, Blanks: scenariotest.Blanks}))
	granted, err := scenario.Standing(t.Context(), w.Pool, x.ID, w.Clock())
	if err != nil || len(granted) != 1 || granted[0].Dataset != w.Data.ID {
		t.Errorf("%+v, %v", granted, err)
	}
}

// Whoever has several roles in one body acts once in a scenario.
func TestNobodyActsTwice(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	if _, err := w.Pool.Exec(t.Context(), `UPDATE datasets SET department_id = $1 WHERE id = $2`, w.Body.ID, w.Data.ID); err != nil {
		t.Fatal(err)
	}
	w.Data.Department = w.Body
	everything := w.Player(t, w.Body, account.Officer, account.SecurityReviewer, account.Authority)
	w.Officer = w.Official(t, w.Body, account.Officer)
	x := w.Screened(t)
	x, err := w.Scenarios.Opine(t.Context(), everything, x.Number, scenario.Said{Item: x.Items[0].ID, Decision: scenario.ItemGranted}, x.Revision)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Scenarios.Move(t.Context(), everything, x.Number, scenario.Step{Action: scenario.Check, Verdict: scenario.Passed, Revision: x.Revision}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who gave an opinion reviewed: %v", err)
	}
	x = w.Move(t, w.Security, x, scenario.Step{Action: scenario.Check, Verdict: scenario.Passed})
	if _, err := w.Scenarios.Move(t.Context(), everything, x.Number, scenario.Step{Action: scenario.Authorise, Words: "可以", Bases: scenariotest.Basis, Revision: x.Revision}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("who gave an opinion authorised: %v", err)
	}
	for _, sql := range []string{
		`UPDATE scenarios SET decided_by = $1, revision = revision WHERE id = $2`,
	} {
		for name, id := range map[string]int64{"who gave the opinion": everything.ID, "who reviewed": w.Security.ID, "the operator": w.Operator.ID, "who asked": w.Owner.ID} {
			if _, err := w.Pool.Exec(t.Context(), sql, id, x.ID); err == nil {
				t.Errorf("the database lets %s decide", name)
			}
		}
	}
	w.Move(t, w.Authority, x, scenario.Step{Action: scenario.Authorise, Words: "可以", Bases: scenariotest.Basis})
}

// AB-35: fifteen working days, where that text binds the department and is in force;
// else the platform's five. Being late agrees to nothing.
func TestTheClockOfAnOpinionIsThatOfTheDepartmentsText(t *testing.T) {
	for _, c := range []struct {
		day, profile string
		days         int
		house        bool
	}{{"2023-03-01", licensingtest.Aba, 15, false}, {today, licensingtest.Aba, 5, true}, {today, licensingtest.Tianjin, 5, true}, {today, licensingtest.Fujian, 5, true}} {
		w := scenariotest.New(t, c.day, c.profile)
		x := w.Screened(t)
		clock := x.Running(scenario.Opinion, x.Items[0].ID)
		if n, _ := clock.Rule.Number(); n != c.days || clock.House() != c.house {
			t.Errorf("%s on %s: %d, house %v", c.profile, c.day, n, clock.House())
		}
		x = w.Move(t, w.Security, x, scenario.Step{Action: scenario.Check, Verdict: scenario.Passed})
		w.Later(60)
		if err := w.Scenarios.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		v, err := w.Scenarios.One(t.Context(), w.Authority, x.Number)
		if err != nil || v.State != scenario.Screened || !v.Items[0].Waits() || !v.Late(w.Clock()) {
			t.Errorf("%s: %s, %v", c.profile, v.State, err)
		}
		if _, err := w.Scenarios.Move(t.Context(), w.Authority, x.Number, scenario.Step{Action: scenario.Authorise, Words: "可以", Bases: scenariotest.Basis, Revision: v.Revision}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("authorised without the opinion: %v", err)
		}
	}
}

func TestStandingEndsAndComesBackWithEveryLinkAbove(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Active(t)
	count := func() int {
		granted, err := scenario.Standing(t.Context(), w.Pool, x.ID, w.Clock())
		if err != nil {
			t.Fatal(err)
		}
		return len(granted)
	}
	regulator := w.Regulator(t)
	x = w.Move(t, regulator, x, scenario.Step{Action: scenario.Suspend, Violation: "leak", Words: "外泄"})
	if count() != 0 {
		t.Error("a suspended scenario lets through")
	}
	if _, err := w.Scenarios.Move(t.Context(), w.Operator, x.Number, scenario.Step{Action: scenario.Resume, Words: "好了", Revision: x.Revision}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the operator lifted what the regulator holds: %v", err)
	}
	w.Move(t, regulator, x, scenario.Step{Action: scenario.Resume, Words: "查清"})
	if count() != 1 {
		t.Error("resuming did not bring back what was")
	}
	for _, sql := range [][2]string{
		{`UPDATE mandates SET state = 'suspended', reason = '查', held_by = 'body', basis = '协议第八条'`, `UPDATE mandates SET state = 'active', held_by = ''`},
		{`UPDATE developers SET state = 'suspended', reason = '查', held_by = 'operator'`, `UPDATE developers SET state = 'admitted', held_by = ''`},
		{`UPDATE datasets SET open_type = 'withheld', open_basis = '{示例依据}'`, `UPDATE datasets SET open_type = 'conditional'`},
		{`UPDATE datasets SET status = 'withdrawn', withdrawn_reason = '示例理由'`, `UPDATE datasets SET status = 'published'`},
		{`UPDATE organisations SET suspended_at = now(), suspended_reason = '查' WHERE side = 'use'`, `UPDATE organisations SET suspended_at = NULL, suspended_reason = ''`},
	} {
		for i, s := range sql {
			if _, err := w.Pool.Exec(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if count() != i {
				t.Errorf("after %s: %d", s, count())
			}
		}
	}
	w.Later(366)
	if err := w.Scenarios.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := w.Scenarios.One(t.Context(), w.Owner, x.Number)
	if err != nil || v.State != scenario.Expired || v.Grants[0].State != "ended" || count() != 0 {
		t.Errorf("%s, %v", v.State, err)
	}
	if _, err := w.Scenarios.Move(t.Context(), w.Operator, x.Number, scenario.Step{Action: scenario.Close, Revision: v.Revision}); err != nil {
		t.Error(err)
	}
}

// Of what is not public any more the public form says only that there is something.
func TestPublicFormsNameNothingThatIsWithheld(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Active(t)
	for _, one := range []struct {
		sql    string
		hidden int
	}{
		{`UPDATE datasets SET open_type = 'withheld', open_basis = '{示例依据}'`, 1},
		{`UPDATE datasets SET open_type = 'conditional'`, 0},
		{`UPDATE datasets SET status = 'withdrawn', withdrawn_reason = '示例理由'`, 1},
	} {
		if _, err := w.Pool.Exec(t.Context(), one.sql); err != nil {
			t.Fatal(err)
		}
		found, err := w.Scenarios.PublicOne(t.Context(), x.Number)
		if err != nil || found.NotPublic != one.hidden || len(found.Items) != 1-one.hidden {
			t.Errorf("after %s: %+v, %v", one.sql, found, err)
		}
		all, err := w.Scenarios.Public(t.Context(), scenario.Filter{Limit: 1})
		if err != nil || len(all) != 1 || all[0].NotPublic != one.hidden || len(all[0].Items) != 1-one.hidden {
			t.Errorf("listed after %s: %+v, %v", one.sql, all, err)
		}
	}
}

func TestTermsNestInTheDatabase(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Active(t)
	for _, sql := range []string{
		`UPDATE scenario_grants SET until_at = until_at + interval '1 day'`,
		`UPDATE scenario_contracts SET until_at = until_at + interval '1 day'`,
		`UPDATE scenarios SET until_at = until_at + interval '3 years'`,
	} {
		if _, err := w.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was taken", sql)
		}
	}
	if x.Until.After(w.Clock().Add(367 * 24 * time.Hour)) {
		t.Error(x.Until)
	}
}

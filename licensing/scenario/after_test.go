package scenario_test

import (
	"strings"
	"testing"

	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/scenario/scenariotest"
)

func one(t *testing.T, w *scenariotest.World, number string) *scenario.View {
	t.Helper()
	v, err := w.Scenarios.One(t.Context(), w.Owner, number)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// again takes a draft that comes from another through to its contract.
func again(t *testing.T, w *scenariotest.World, x *scenario.Scenario, change ...func(*scenario.Form)) *scenario.Scenario {
	t.Helper()
	x = w.Fill(t, x, change...)
	x, err := w.Scenarios.Submit(t.Context(), w.Owner, x.Number, x.Revision)
	if err != nil {
		t.Fatal(err)
	}
	x = w.Opined(t, w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Screen}))
	x = w.Move(t, w.Security, x, scenario.Step{Action: scenario.Check, Verdict: scenario.Passed})
	x = w.Move(t, w.Authority, x, scenario.Step{Action: scenario.Authorise, Words: "可以", Bases: scenariotest.Basis})
	return w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Offer, Blanks: scenariotest.Blanks})
}

// A change is reviewed anew; the old scope stays until the new one is in force, and
// ends at that moment.
func TestAChangeLeavesTheOldScopeUntilItIsInForce(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	old := w.Active(t, func(f *scenario.Form) { f.Items[0].Columns = []string{"地区"} })
	x, err := w.Scenarios.StartFrom(t.Context(), w.Owner, old.Number, scenario.Change, "")
	if err != nil {
		t.Fatal(err)
	}
	if x.Title != old.Title || len(x.Items) != 1 || x.Earlier.Number != old.Number {
		t.Errorf("%+v", x)
	}
	x = again(t, w, x, func(f *scenario.Form) { f.Months = "" })
	if v := one(t, w, old.Number); v.State != scenario.Active || !v.Passing {
		t.Errorf("the old scope is %s before the change is signed", v.State)
	}
	if !x.Until.Equal(*old.Until) {
		t.Errorf("a change ends %s, the old %s", x.Until, old.Until)
	}
	x = w.Signed(t, x)
	v := one(t, w, old.Number)
	if v.State != scenario.Terminated || v.Passing || !strings.Contains(v.Reason, x.Number) || one(t, w, x.Number).State != scenario.Active {
		t.Errorf("%s: %s", v.State, v.Reason)
	}
}

func TestAnExtensionBeginsWhenTheEarlierEnds(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	w.Train(t, 2)
	old := w.Active(t)
	if _, err := w.Scenarios.StartFrom(t.Context(), w.Owner, old.Number, scenario.Extension, ""); fault.KindOf(err) != fault.Conflict {
		t.Errorf("extended a year ahead: %v", err)
	}
	if _, err := w.Scenarios.StartFrom(t.Context(), w.Owner, old.Number, scenario.Again, ""); fault.KindOf(err) != fault.Conflict {
		t.Errorf("asked again while it is in use: %v", err)
	}
	w.Later(340)
	if err := w.Scenarios.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Scenarios.Tick(t.Context()); err != nil { // tells once
		t.Fatal(err)
	}
	told := 0
	for _, e := range one(t, w, old.Number).Events {
		if e.Act == scenario.Remind {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	x, err := w.Scenarios.StartFrom(t.Context(), w.Owner, old.Number, scenario.Extension, "")
	if err != nil {
		t.Fatal(err)
	}
	x = w.Signed(t, again(t, w, x, func(f *scenario.Form) { f.Months = "6" }))
	if !x.From.Equal(*old.Until) || one(t, w, x.Number).Passing || !one(t, w, old.Number).Passing {
		t.Errorf("from %s, the old until %s", x.From, old.Until)
	}
	w.Later(30)
	if err := w.Scenarios.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if one(t, w, old.Number).State != scenario.Expired || !one(t, w, x.Number).Passing {
		t.Error("the extension did not take over")
	}
	if _, err := w.Scenarios.StartFrom(t.Context(), w.Owner, old.Number, scenario.Again, ""); err != nil {
		t.Error(err)
	}
}

// A standing consent fills the opinion in and skips nothing: the department may still
// say otherwise, and what asks for more than the consent is asked about.
func TestATemplateFillsInOpinionsThatDepartmentsConsentedTo(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	first := w.Active(t)
	if _, err := w.Scenarios.MakeTemplate(t.Context(), w.Officer, first.Number, "人口提示"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a department made a template: %v", err)
	}
	tpl, err := w.Scenarios.MakeTemplate(t.Context(), w.Operator, first.Number, "人口提示")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Scenarios.Consents(t.Context(), w.Operator, tpl.Number, tpl.Items[0].ID); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the operator consented: %v", err)
	}
	fast := func(change ...func(*scenario.Form)) *scenario.Scenario {
		x, err := w.Scenarios.Start(t.Context(), w.Owner, w.Firm, w.Mandate, tpl.Number, "")
		if err != nil {
			t.Fatal(err)
		}
		x = w.Fill(t, x, change...)
		if x, err = w.Scenarios.Submit(t.Context(), w.Owner, x.Number, x.Revision); err != nil {
			t.Fatal(err)
		}
		return w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Screen})
	}
	if x := fast(); !x.Items[0].Waits() {
		t.Error("filled in without a consent")
	}
	if err := w.Scenarios.Consents(t.Context(), w.Officer, tpl.Number, tpl.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	x := fast()
	if i := x.Items[0]; i.Decision != scenario.ItemGranted || i.Consent == nil || i.By != w.Officer.Name {
		t.Fatalf("%+v", x.Items[0])
	}
	if x.State != scenario.Screened {
		t.Error("security was skipped")
	}
	for name, change := range map[string]func(*scenario.Form){
		"another purpose":   func(f *scenario.Form) { f.Purpose = "transport" },
		"smaller groups":    func(f *scenario.Form) { f.Outputs[0].Minimum = "5" },
		"a wider use":       func(f *scenario.Form) { f.Items[0].Uses = map[string]string{"人口": "group"} },
		"another class":     func(f *scenario.Form) { f.Class = scenario.Industry },
		"data about people": func(f *scenario.Form) { f.Personal, f.PersonalHow = scenario.ByLaw, "示例规定第一条" },
		"one output besides it": func(f *scenario.Form) {
			f.Outputs = append(f.Outputs, scenario.FormOutput{Form: "report_product", Fields: "年报", Minimum: "10"})
		},
	} {
		if x := fast(change); !x.Items[0].Waits() {
			t.Errorf("%s was filled in", name)
		}
	}
	x = w.Move(t, w.Security, x, scenario.Step{Action: scenario.Check, Verdict: scenario.Passed})
	if x.State != scenario.Reviewed {
		t.Fatal(x.State)
	}
	x, err = w.Scenarios.Opine(t.Context(), w.Officer, x.Number, scenario.Said{Item: x.Items[0].ID, Decision: scenario.ItemRefused, Reason: "情况变了", Bases: scenariotest.Basis}, x.Revision)
	if err != nil || x.Items[0].Decision != scenario.ItemRefused || x.Items[0].Consent != nil {
		t.Errorf("%+v, %v", x.Items[0], err)
	}
	if err := w.Scenarios.Recall(t.Context(), w.Officer, tpl.Number, tpl.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	if x := fast(); !x.Items[0].Waits() {
		t.Error("filled in by a consent that was recalled")
	}
}

// I-45: a yearly report is due; overdue is warned of, and then suspends, never
// silently; filing it lifts that at once.
func TestAnOverdueReportIsWarnedOfAndThenSuspends(t *testing.T) {
	w := scenariotest.New(t, "2025-03-03", licensingtest.Fujian) // whose next year has a calendar
	w.Train(t, 2)
	x := w.Active(t, func(f *scenario.Form) { f.Months = "20" })
	tick := func(days int) *scenario.Report {
		t.Helper()
		w.Later(days)
		for range 2 {
			if err := w.Scenarios.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		all, err := w.Scenarios.Reports(t.Context(), one(t, w, x.Number))
		if err != nil || len(all) == 0 {
			t.Fatal(all, err)
		}
		return &all[0]
	}
	if r := tick(300); r.RemindedAt != nil || r.WarnedAt != nil {
		t.Errorf("%+v", r)
	}
	if r := tick(60); r.RemindedAt == nil || r.WarnedAt != nil {
		t.Errorf("%+v", r)
	}
	if r := tick(10); r.WarnedAt == nil || r.SuspendedAt != nil || one(t, w, x.Number).State != scenario.Active {
		t.Errorf("%+v", r)
	}
	r := tick(25)
	v := one(t, w, x.Number)
	if r.SuspendedAt == nil || v.State != scenario.Suspended || v.SuspendedBy != "platform" {
		t.Fatalf("%+v, %s", r, v.State)
	}
	if _, err := w.Scenarios.MoveReport(t.Context(), w.Owner, x.Number, 1, scenario.ReportStep{Action: scenario.FileReport, Revision: r.Revision}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an empty report: %v", err)
	}
	if _, err := w.Scenarios.MoveReport(t.Context(), w.Officer, x.Number, 1, scenario.ReportStep{Action: scenario.AcceptReport, Revision: r.Revision}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a department read it: %v", err)
	}
	r, err := w.Scenarios.MoveReport(t.Context(), w.Owner, x.Number, 1, scenario.ReportStep{Action: scenario.FileReport, Content: scenario.Content{Used: "出行提示", Results: "十二期", Security: "没有事件"}, Revision: r.Revision})
	if err != nil {
		t.Fatal(err)
	}
	if v := one(t, w, x.Number); v.State != scenario.Active || !v.Passing {
		t.Errorf("filing did not lift it: %s", v.State)
	}
	if _, err := w.Scenarios.MoveReport(t.Context(), w.Operator, x.Number, 1, scenario.ReportStep{Action: scenario.AcceptReport, Revision: r.Revision}); err != nil {
		t.Error(err)
	}
}

// The fixed clauses are pinned word for word: whoever changes one makes another
// edition of the template.
func TestTheClausesOfTheAgreementAreFixed(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Offered(t)
	body := x.Contract.Body
	if scenario.Digest(body) != x.Contract.SHA256 {
		t.Error("the digest is of another text")
	}
	for _, blank := range []string{x.Contract.Number, x.Number, w.Mandate, w.Body.Name, w.Data.Title, w.Data.Department.Name, x.Items[0].Name, scenario.Name(w.Book, scenario.PurposesRule, x.Purpose).Zh, scenario.Name(w.Book, scenario.FormsRule, x.Outputs[0].Form).Zh} {
		body = strings.ReplaceAll(body, blank, "_")
	}
	const want = "411f709b80c7e291b8ef2a7ad31e37a5c3571e7cc1d08c13051d8c74aecfbdc0"
	if got := scenario.Digest(body); got != want {
		t.Errorf("the clauses changed: %s\n%s", got, body)
	}
	if _, err := w.Scenarios.Move(t.Context(), w.Owner, x.Number, scenario.Step{Action: scenario.Sign, SHA256: strings.Repeat("0", 64), Revision: x.Revision}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another text was signed: %v", err)
	}
	x = w.Move(t, w.Owner, x, scenario.Step{Action: scenario.Void, Words: "费用写错了"})
	x = w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Offer, Blanks: scenariotest.Blanks})
	if v := one(t, w, x.Number); len(v.Contracts) != 2 || v.Contracts[1].State != scenario.ContractVoid {
		t.Errorf("%+v", v.Contracts)
	}
}

// Whoever was refused asks again from what was written; of one kind only one is open
// at a time, and both pages lead to the other.
func TestARefusedScenarioIsAskedForAgain(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	old := w.Active(t)
	first, err := w.Scenarios.StartFrom(t.Context(), w.Owner, old.Number, scenario.Change, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Scenarios.StartFrom(t.Context(), w.Owner, old.Number, scenario.Change, ""); fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Of(err).Text(), first.Number) {
		t.Errorf("a second change beside an open one: %v", err)
	}
	if v := one(t, w, old.Number); len(v.After) != 1 || v.After[0].Number != first.Number {
		t.Errorf("the old one leads to %+v", v.After)
	}
	if v, err := w.Scenarios.One(t.Context(), w.Operator, old.Number); err != nil || len(v.After) != 0 {
		t.Errorf("the operator sees a draft: %v", err)
	}
	first = w.Fill(t, first, func(f *scenario.Form) { f.Months = "" })
	if first, err = w.Scenarios.Submit(t.Context(), w.Owner, first.Number, first.Revision); err != nil {
		t.Fatal(err)
	}
	first = w.Opined(t, w.Move(t, w.Operator, first, scenario.Step{Action: scenario.Screen}))
	first = w.Move(t, w.Security, first, scenario.Step{Action: scenario.Check, Verdict: scenario.Passed})
	first = w.Move(t, w.Authority, first, scenario.Step{Action: scenario.Refuse, Words: "范围太大", Bases: scenariotest.Basis})
	next, err := w.Scenarios.StartFrom(t.Context(), w.Owner, first.Number, scenario.Again, "")
	if err != nil {
		t.Fatal(err)
	}
	v := one(t, w, next.Number)
	if v.Before == nil || v.Before.Number != first.Number || v.Title != first.Title || v.Decider != "" || len(v.Bases) != 0 || v.Reason != "" {
		t.Errorf("asked for again: %+v", v.Scenario)
	}
	if v, err := w.Scenarios.One(t.Context(), w.Operator, first.Number); err != nil || v.Before == nil || v.Before.Number != old.Number {
		t.Errorf("the desk is not led to the earlier one: %v", err)
	}
}

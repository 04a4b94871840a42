package scenario_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/scenario/scenariotest"
)

// What cannot be kept is refused at its field, and the draft stays as it was.
func TestWhatIsNoScenario(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Draft(t)
	long := strings.Repeat("长", 4001)
	item := func(change func(*scenario.FormItem)) func(*scenario.Form) {
		return func(f *scenario.Form) { change(&f.Items[0]) }
	}
	for name, c := range map[string]struct {
		change func(*scenario.Form)
		field  string
	}{
		"4,001 characters":             {func(f *scenario.Form) { f.Description = long }, "description"},
		"a control character":          {func(f *scenario.Form) { f.Method = "汇总\x00" }, "method"},
		"a mark that turns the text":   {func(f *scenario.Form) { f.Title = "出行\u202e提示" }, "title"},
		"a plan of 4,001":              {func(f *scenario.Form) { f.SecurityPlan = long }, "security_plan"},
		"a class that there is not":    {func(f *scenario.Form) { f.Class = "free" }, "class"},
		"a basis that there is not":    {func(f *scenario.Form) { f.Personal = "because" }, "personal"},
		"a file twice":                 {func(f *scenario.Form) { f.Items = append(f.Items, f.Items[0]) }, "items"},
		"a delivery that there is not": {func(f *scenario.Form) { f.Delivery = "usb" }, "delivery"},
		"a term in words":              {func(f *scenario.Form) { f.Months = "一年" }, "months"},
		"a negative term":              {func(f *scenario.Form) { f.Months = "-1" }, "months"},
		"a minimum in words":           {func(f *scenario.Form) { f.Outputs[0].Minimum = "十" }, "outputs"},
		"21 results": {func(f *scenario.Form) {
			for range 21 {
				f.Outputs = append(f.Outputs, f.Outputs[0])
			}
		}, "outputs"},
		"41 files": {func(f *scenario.Form) {
			for range 41 {
				f.Items = append(f.Items, f.Items[0])
			}
		}, "items"},
		"a use that there is not": {item(func(i *scenario.FormItem) { i.Uses = map[string]string{"地区": "copy"} }), "use." + w.Version.ResourceID},
		"a condition with a call": {item(func(i *scenario.FormItem) { i.Where = "pg_sleep(10) > 0" }), "where." + w.Version.ResourceID},
		"two conditions at once":  {item(func(i *scenario.FormItem) { i.Where = "年份 > 1; DROP TABLE users" }), "where." + w.Version.ResourceID},
	} {
		if _, err := w.Scenarios.SaveDraft(t.Context(), w.Owner, x.Number, scenariotest.Form([]*datasets.Dataset{w.Data}, c.change), x.Revision); fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != c.field {
			t.Errorf("%s: %v at %q", name, err, fault.Of(err).Field)
		}
	}
	if v, err := w.Scenarios.One(t.Context(), w.Owner, x.Number); err != nil || v.Revision != x.Revision || v.Title != x.Title {
		t.Errorf("something was kept: %+v, %v", v, err)
	}
	if _, err := w.Scenarios.SaveDraft(t.Context(), w.Owner, x.Number, scenariotest.Form([]*datasets.Dataset{w.Data}), x.Revision-1); fault.KindOf(err) != fault.Conflict {
		t.Errorf("from an old page: %v", err)
	}
}

// Of what several do at the same moment one thing is done, and the others are told.
func TestOfTwoAtOnceOneDecides(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	second := w.Official(t, w.Body, account.Authority)
	for round := range 10 {
		x := w.Reviewed(t)
		steps := []scenario.Step{{Action: scenario.Authorise, Words: "可以", Bases: scenariotest.Basis}, {Action: scenario.Refuse, Words: "不可以", Bases: scenariotest.Basis}}
		errs := atOnce(2, func(i int) error {
			step := steps[i]
			step.Revision = x.Revision
			_, err := w.Scenarios.Move(t.Context(), []account.Actor{w.Authority, second}[i], x.Number, step)
			return err
		})
		if done := count(errs, nil); done != 1 || count(errs, fault.Conflict) != 1 {
			t.Fatalf("round %d: %v", round, errs)
		}
	}
	// both sides sign at once: whoever was second signs the same text anew, and there is
	// one contract with one grant of each file
	for round := range 5 {
		x := w.Offered(t)
		errs := atOnce(2, func(i int) error {
			who := []account.Actor{w.Owner, w.Operator}[i]
			revision := x.Revision
			for {
				_, err := w.Scenarios.Move(t.Context(), who, x.Number, scenario.Step{Action: scenario.Sign, SHA256: x.Contract.SHA256, Revision: revision})
				if fault.KindOf(err) != fault.Conflict {
					return err
				}
				v, err := w.Scenarios.One(t.Context(), who, x.Number)
				if err != nil || v.State == scenario.Active {
					return err
				}
				revision = v.Revision
			}
		})
		if count(errs, nil) != 2 {
			t.Fatalf("round %d: %v", round, errs)
		}
		v, err := w.Scenarios.One(t.Context(), w.Owner, x.Number)
		if err != nil || v.State != scenario.Active || len(v.Grants) != 1 || len(v.Contracts) != 1 {
			t.Fatalf("round %d: %s with %d grants of %d contracts, %v", round, v.State, len(v.Grants), len(v.Contracts), err)
		}
	}
}

func atOnce(n int, do func(int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	return errs
}

// count is how many of errs are of a kind; want nil: are none.
func count(errs []error, want any) (n int) {
	for _, err := range errs {
		if want == nil && err == nil || err != nil && want != nil && fmt.Sprint(fault.KindOf(err)) == fmt.Sprint(want) {
			n++
		}
	}
	return n
}

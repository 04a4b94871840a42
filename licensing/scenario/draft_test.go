package scenario_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/scenario/scenariotest"
	"shuyuan/licensing/tender"
)

// said is what is wrong with a draft, at which fields.
func said(t *testing.T, w *scenariotest.World, x *scenario.Scenario) string {
	t.Helper()
	all, err := w.Scenarios.Problems(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		f := fault.Of(e)
		out = append(out, f.Field)
	}
	return strings.Join(out, " ")
}

func TestWhatIsMissingIsSaidAllAtOnce(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x, err := w.Scenarios.Start(t.Context(), w.Owner, w.Firm, w.Mandate, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := said(t, w, x); got != "title sector purpose description method audience outputs items security_plan emergency_plan filing months papers papers papers" {
		t.Error(got)
	}
	if _, err := w.Scenarios.Submit(t.Context(), w.Owner, x.Number, x.Revision); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an empty draft was taken: %v", err)
	}
	x = w.Fill(t, x)
	if got := said(t, w, x); got != "" {
		t.Error(got)
	}
	for name, c := range map[string]struct {
		change func(*scenario.Form)
		want   string
	}{
		"a purpose that the mandate has not":    {func(f *scenario.Form) { f.Purpose = "health" }, "purpose purpose"},
		"a form that the mandate has not":       {func(f *scenario.Form) { f.Outputs[0].Form = "model_product" }, "outputs"},
		"groups that are too small":             {func(f *scenario.Form) { f.Outputs[0].Minimum = "2" }, "outputs"},
		"a column read as it is":                {func(f *scenario.Form) { f.Items[0].Uses = map[string]string{"地区": "read"} }, "use." + w.Version.ResourceID},
		"no reason":                             {func(f *scenario.Form) { f.Items[0].Reason = "" }, "why." + w.Version.ResourceID},
		"too long":                              {func(f *scenario.Form) { f.Months = "25" }, "months months"},
		"consent without a scheme":              {func(f *scenario.Form) { f.Personal, f.PersonalHow = scenario.ByConsent, "扫码同意" }, "papers"},
		"a sector that there is not":            {func(f *scenario.Form) { f.Sector = "房地产" }, "sector"},
		"a term beyond that of the mandate, 24": {func(f *scenario.Form) { f.Months = "24" }, "months"},
	} {
		if x, err = w.Scenarios.SaveDraft(t.Context(), w.Owner, x.Number, scenariotest.Form([]*datasets.Dataset{w.Data}, c.change), x.Revision); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := said(t, w, x); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		change func(*scenario.Form)
		field  string
	}{
		"a column that the file has not": {func(f *scenario.Form) { f.Items[0].Columns = append(f.Items[0].Columns, "身份证") }, "col." + w.Version.ResourceID},
		"a condition that is none":       {func(f *scenario.Form) { f.Items[0].Where = "人口 >> 1" }, "where." + w.Version.ResourceID},
		"a file of elsewhere":            {func(f *scenario.Form) { f.Items[0].Resource = "abc" }, "items"},
		"research that is commercial":    {func(f *scenario.Form) { f.Research, f.Class = true, scenario.Commercial }, "class"},
	} {
		if _, err := w.Scenarios.SaveDraft(t.Context(), w.Owner, x.Number, scenariotest.Form([]*datasets.Dataset{w.Data}, c.change), x.Revision); fault.Of(err).Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyAnAdmittedDeveloperAsksUnderAMandateThatStands(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	stranger := w.Person(t, "示例外人")
	firm := w.Organisation(t, stranger, "示例没有入驻的公司", "91350100MA00000X22")
	for name, try := range map[string]func() error{
		"not admitted": func() error { _, err := w.Scenarios.Start(t.Context(), stranger, firm, w.Mandate, "", ""); return err },
		"for another's": func() error {
			_, err := w.Scenarios.Start(t.Context(), stranger, w.Firm, w.Mandate, "", "")
			return err
		},
		"an operator for another": func() error {
			_, err := w.Scenarios.Start(t.Context(), w.Operator, w.Firm, w.Mandate, "", "")
			return err
		},
	} {
		if fault.KindOf(try()) != fault.Forbidden {
			t.Errorf("%s: %v", name, try())
		}
	}
	member := w.Person(t, "示例成员")
	w.Join(t, w.Firm, member, account.Member)
	x, err := w.Scenarios.Start(t.Context(), member, w.Firm, w.Mandate, "", strings.Repeat("a", 64))
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.Scenarios.Start(t.Context(), member, w.Firm, w.Mandate, "", strings.Repeat("a", 64))
	if err != nil || again.Number != x.Number {
		t.Errorf("the form sent twice made two: %v, %v", again, err)
	}
	x = w.Fill(t, x)
	if _, err := w.Scenarios.Submit(t.Context(), member, x.Number, x.Revision); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a member submitted: %v", err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE mandates SET state = 'suspended', reason = '查', held_by = 'body', basis = '协议第八条'`); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Scenarios.Submit(t.Context(), w.Owner, x.Number, x.Revision); fault.KindOf(err) != fault.Conflict {
		t.Errorf("submitted under a suspended mandate: %v", err)
	}
}

func TestReturnedOnceAndCompletedOrLapsed(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Move(t, w.Operator, w.Submitted(t), scenario.Step{Action: scenario.Return, Missing: "应急预案缺联系人\n报备编号"})
	if len(x.Missing) != 2 || x.State != scenario.Returned || x.Running(scenario.Screening, 0) != nil {
		t.Fatalf("%+v", x)
	}
	x, err := w.Scenarios.Submit(t.Context(), w.Owner, x.Number, x.Revision)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Scenarios.Move(t.Context(), w.Operator, x.Number, scenario.Step{Action: scenario.Return, Missing: "还缺", Revision: x.Revision}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("returned twice: %v", err)
	}
	late := w.Move(t, w.Operator, w.Submitted(t), scenario.Step{Action: scenario.Return, Missing: "报备编号"})
	w.Later(15)
	if err := w.Scenarios.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, err := w.Scenarios.One(t.Context(), w.Owner, late.Number); err != nil || v.State != scenario.Lapsed {
		t.Errorf("%v, %v", v.State, err)
	}
}

func TestReducedOpinionsNarrowAndNeverWiden(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Screened(t, func(f *scenario.Form) { f.Items[0].Where = "年份 > 2000" })
	item := x.Items[0].ID
	for name, c := range map[string]scenario.Said{
		"without a reason": {Decision: scenario.ItemReduced, Columns: []string{"地区"}},
		"wider":            {Decision: scenario.ItemReduced, Columns: []string{"地区", "人口"}, Uses: map[string]string{"人口": "group"}, Reason: "够用"},
		"nothing left":     {Decision: scenario.ItemReduced, Columns: []string{"没有"}, Reason: "够用"},
		"the same":         {Decision: scenario.ItemReduced, Columns: x.Items[0].Columns, Reason: "够用"},
		"no basis":         {Decision: scenario.ItemRefused, Reason: "不行"},
		"no decision":      {},
	} {
		c.Item = item
		if _, err := w.Scenarios.Opine(t.Context(), w.Officer, x.Number, c, x.Revision); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	x, err := w.Scenarios.Opine(t.Context(), w.Officer, x.Number, scenario.Said{Item: item, Decision: scenario.ItemReduced, Columns: []string{"地区", "人口"}, Uses: map[string]string{"地区": "aggregate"}, Where: "地区 = '福州'", Reason: "够用"}, x.Revision)
	if err != nil {
		t.Fatal(err)
	}
	x = w.Move(t, w.Security, x, scenario.Step{Action: scenario.Check, Verdict: scenario.Passed})
	x = w.Move(t, w.Authority, x, scenario.Step{Action: scenario.Authorise, Words: "可以", Bases: scenariotest.Basis})
	x = w.Signed(t, w.Move(t, w.Operator, x, scenario.Step{Action: scenario.Offer, Blanks: scenariotest.Blanks}))
	granted, err := scenario.Standing(t.Context(), w.Pool, x.ID, w.Clock())
	if err != nil || len(granted) != 1 || granted[0].Where != "(年份 > 2000) AND (地区 = '福州')" || granted[0].Uses["地区"] != scenario.Aggregate || len(granted[0].Columns) != 2 {
		t.Errorf("%+v, %v", granted, err)
	}
}

// AB-35.3: commercial use of conditional data is authorised to whoever won a
// competition, and to nobody else.
func TestCommercialUseTakesAnAwardThatTheDeveloperWon(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	w.Scenarios.Compete(func(_ context.Context, _ database.Querier, kind tender.Kind, _ string, body int64) ([]tender.Standing, error) {
		if kind != tender.Scenario || body != w.Authority.Department {
			t.Errorf("%s of %d is asked for", kind, body)
		}
		return []tender.Standing{{Number: "ZB-2026-000001", Winner: w.Firm, Name: scenariotest.Firm}, {Number: "ZB-2026-000002", Winner: 999, Name: "别的公司"}, {Number: "ZB-2026-000003"}}, nil
	})
	sent := w.Move(t, w.Authority, w.Reviewed(t, func(f *scenario.Form) { f.Class = scenario.Commercial }), scenario.Step{Action: scenario.SendToAward})
	for name, number := range map[string]string{"about nothing of it": "ZB-2026-000009", "not confirmed": "ZB-2026-000003"} {
		if _, err := w.Scenarios.Move(t.Context(), w.Authority, sent.Number, scenario.Step{Action: scenario.RecordAward, Award: scenario.NewAward{Tender: number}, Revision: sent.Revision}); fault.Of(err).Field != "tender" {
			t.Errorf("a tender that is %s: %v", name, err)
		}
	}
	commercial := func(f *scenario.Form) { f.Class = scenario.Commercial }
	authorise := func(x *scenario.Scenario) error {
		_, err := w.Scenarios.Move(t.Context(), w.Authority, x.Number, scenario.Step{Action: scenario.Authorise, Words: "可以", Bases: scenariotest.Basis, Revision: x.Revision})
		return err
	}
	x := w.Reviewed(t, commercial)
	if err := authorise(x); fault.KindOf(err) != fault.Conflict {
		t.Errorf("authorised without a competition: %v", err)
	}
	x = w.Move(t, w.Authority, x, scenario.Step{Action: scenario.SendToAward})
	if err := authorise(x); fault.KindOf(err) != fault.Conflict {
		t.Errorf("authorised before its result: %v", err)
	}
	if _, err := w.Scenarios.Move(t.Context(), w.Authority, x.Number, scenario.Step{Action: scenario.RecordAward, Award: scenario.NewAward{Method: "公开招标", Notice: "招标公告 1 号", Day: today, Winner: scenariotest.Firm}, Revision: x.Revision}); fault.Of(err).Field != "papers" {
		t.Errorf("an award without papers: %v", err)
	}
	lost := w.Move(t, w.Authority, x, scenario.Step{Action: scenario.RecordAward, Award: scenario.NewAward{Tender: "ZB-2026-000002"}})
	if err := authorise(lost); fault.KindOf(err) != fault.Conflict {
		t.Errorf("authorised to who lost: %v", err)
	}
	won := w.Move(t, w.Authority, w.Reviewed(t, commercial), scenario.Step{Action: scenario.SendToAward})
	won = w.Move(t, w.Authority, won, scenario.Step{Action: scenario.RecordAward, Award: scenario.NewAward{Tender: "ZB-2026-000001"}})
	if err := authorise(won); err != nil {
		t.Error(err)
	}
	elsewhere := w.Move(t, w.Authority, w.Reviewed(t, commercial), scenario.Step{Action: scenario.SendToAward})
	if _, err := w.Scenarios.AddPaper(t.Context(), w.Authority, elsewhere.Number, papers.New{Name: "中标通知.pdf"}, strings.NewReader(licensingtest.PDF)); err != nil {
		t.Fatal(err)
	}
	elsewhere = w.Move(t, w.Authority, elsewhere, scenario.Step{Action: scenario.RecordAward, Award: scenario.NewAward{Method: "公开招标", Notice: "招标公告 1 号", Day: today, Winner: scenariotest.Firm}})
	if err := authorise(elsewhere); err != nil {
		t.Error(err)
	}
	free := w.Reviewed(t)
	if _, err := w.Scenarios.Move(t.Context(), w.Authority, free.Number, scenario.Step{Action: scenario.SendToAward, Revision: free.Revision}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("public benefit was sent to a competition: %v", err)
	}
}

// The confirmed result of a competition about a scenario is its award by itself; that
// of another body, of another kind, or about another case is nobody's.
func TestAConfirmedTenderIsTheAwardOfItsScenario(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	commercial := func(f *scenario.Form) { f.Class = scenario.Commercial }
	confirm := func(r tender.Result) error {
		_, err := database.InTx(t.Context(), w.Pool, func(tx pgx.Tx) (struct{}, error) {
			return struct{}{}, w.Scenarios.AwardByTender(t.Context(), tx, r)
		})
		return err
	}
	award := func(number string) *scenario.Award {
		t.Helper()
		v, err := w.Scenarios.One(t.Context(), w.Authority, number)
		if err != nil {
			t.Fatal(err)
		}
		return v.Award
	}
	early := w.Reviewed(t, commercial)
	sent := w.Move(t, w.Authority, w.Reviewed(t, commercial), scenario.Step{Action: scenario.SendToAward})
	won := tender.Result{Number: "TD-2026-000001", Kind: tender.Scenario, About: sent.Number, Body: w.Authority.Department, Winner: scenariotest.Firm, Of: w.Firm}
	for name, change := range map[string]func(*tender.Result){
		"of another kind":     func(r *tender.Result) { r.Kind = tender.Supply },
		"about nothing":       func(r *tender.Result) { r.About = "" },
		"about no scenario":   func(r *tender.Result) { r.About = "SCN-2000-000001" },
		"of another body":     func(r *tender.Result) { r.Body++ },
		"before it was asked": func(r *tender.Result) { r.About = early.Number },
	} {
		r := won
		change(&r)
		if err := confirm(r); err != nil || award(sent.Number) != nil || award(early.Number) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := confirm(won); err != nil {
		t.Fatal(err)
	}
	if a := award(sent.Number); a == nil || !a.Won || a.Tender != won.Number || a.Winner != scenariotest.Firm {
		t.Errorf("%+v", a)
	}
	again := won
	again.Number, again.Of = "TD-2026-000002", 999
	if err := confirm(again); err != nil || award(sent.Number).Tender != won.Number {
		t.Errorf("a second result took its place: %v", err)
	}
	v, err := w.Scenarios.One(t.Context(), w.Authority, sent.Number)
	if err != nil {
		t.Fatal(err)
	}
	if x := w.Move(t, w.Authority, v.Scenario, scenario.Step{Action: scenario.Authorise, Words: "可以", Bases: scenariotest.Basis}); x.State != scenario.Authorised {
		t.Errorf("%s", x.State)
	}
}

func TestAFailedSecurityReviewCannotBeAuthorised(t *testing.T) {
	w := scenariotest.New(t, today, licensingtest.Fujian)
	x := w.Move(t, w.Security, w.Opined(t, w.Screened(t)), scenario.Step{Action: scenario.Check, Verdict: scenario.Failed, Words: "没有应急联系人"})
	if _, err := w.Scenarios.Move(t.Context(), w.Authority, x.Number, scenario.Step{Action: scenario.Authorise, Words: "可以", Bases: scenariotest.Basis, Revision: x.Revision}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("%v", err)
	}
	if x = w.Move(t, w.Authority, x, scenario.Step{Action: scenario.Refuse, Words: "安全审查没有通过", Bases: scenariotest.Basis}); x.State != scenario.Refused {
		t.Error(x.State)
	}
}

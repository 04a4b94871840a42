package operation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
)

// begun is a world on a Monday, with a mandate from that day to the last of February
// two years later.
func begun(t *testing.T) (*operationtest.World, *operationtest.Mandate, []operation.NewItem) {
	t.Helper()
	w := operationtest.New(t)
	w.Day(t, "2026-03-02")
	d, _ := w.Conditional(t, licensingtest.Fujian)
	scope := operationtest.Scope(d)
	return w, w.Mandate(t, scope), scope
}

func stands(t *testing.T, w *operationtest.World, number string, at time.Time) (yes bool) {
	t.Helper()
	if err := w.Pool.QueryRow(t.Context(), `SELECT mandate_stands(id, $2) FROM mandates WHERE number = $1`, number, at).Scan(&yes); err != nil {
		t.Fatal(err)
	}
	return yes
}

func tick(t *testing.T, w *operationtest.World) {
	t.Helper()
	if err := w.Operation.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// again is the mandate as it is now.
func again(t *testing.T, w *operationtest.World, m *operationtest.Mandate) *operation.View {
	t.Helper()
	v, err := w.Operation.Mandate(t.Context(), m.Authority, m.Number)
	if err != nil {
		t.Fatal(err)
	}
	m.Mandate = v.Mandate
	return v
}

// A mandate ends with its last day: at the gate at once, whether the tick has come or
// not; the tick writes it down, once, and what was suspended ends too.
func TestAMandateEndsWithItsLastDay(t *testing.T) {
	w, m, scope := begun(t)
	city := w.Under(t, m, scope)
	last := time.Date(2028, 3, 1, 23, 59, 59, 0, workdays.Zone)
	if !m.Last().In(workdays.Zone).Truncate(time.Second).Equal(last) {
		t.Fatalf("the last moment is %s", m.Last())
	}
	if !stands(t, w, m.Number, last) || stands(t, w, m.Number, m.Until) || stands(t, w, m.Number, m.From.Add(-time.Microsecond)) {
		t.Error("the gate does not keep to the term")
	}
	w.Move(t, city, city.Authority, operation.Suspend)
	w.Set(last)
	tick(t, w)
	if v := again(t, w, m); v.State != operation.Active {
		t.Errorf("on its last day it is %s", v.State)
	}
	w.Set(m.Until)
	if stands(t, w, m.Number, w.Clock()) {
		t.Error("it stands after its term, before the tick")
	}
	tick(t, w)
	tick(t, w)
	for _, x := range []*operationtest.Mandate{m, city} {
		v := again(t, w, x)
		if v.State != operation.Expired || !v.StateAt.Equal(m.Until) || v.HeldBy != "" {
			t.Errorf("%s is %s since %s", x.Number, v.State, v.StateAt)
		}
		if n := len(slices.DeleteFunc(v.Events, func(e operation.Event) bool { return e.Act != string(operation.Expire) })); n != 1 {
			t.Errorf("%s expired %d times", x.Number, n)
		}
	}
	if _, err := w.Operation.ApplyToEnter(t.Context(), w.Person(t, "迟到"), m.Number, 1, ""); err == nil {
		t.Error("somebody enters with a mandate that has ended")
	}
}

// Both sides, and who entered, are told once, so long before the end as the rule says.
func TestBothAreToldOfTheEnd(t *testing.T) {
	w, m, _ := begun(t)
	d := w.Developer(t, m)
	told := func(days int) []string {
		t.Helper()
		w.Set(m.Until.AddDate(0, 0, -days).Add(-time.Minute))
		tick(t, w)
		return slices.DeleteFunc(letters(t, w, m, d), func(line string) bool { return !strings.HasPrefix(line, "ending") }) // training ends meanwhile
	}
	letters(t, w, m, d)
	if got := told(61); len(got) != 0 {
		t.Errorf("61 days before: %q", got)
	}
	if got, want := told(59), []string{"ending to authority", "ending to deputy", "ending to developer", "ending to operator"}; !slices.Equal(got, want) {
		t.Errorf("59 days before: %q", got)
	}
	if got := told(10); len(got) != 0 {
		t.Errorf("told again: %q", got)
	}
}

// A renewal is another agreement, from the end of the one it renews, within its plan;
// until it is signed by both the old one alone counts, and the old one's end is not
// moved.
func TestARenewalIsAnotherAgreement(t *testing.T) {
	w, m, _ := begun(t)
	ctx := t.Context()
	f := w.AgreementForm("verification")
	renew := func(from, last string) (*operation.Mandate, error) {
		f.From, f.Last = from, last
		return w.Operation.RenewMandate(ctx, m.Authority, m.Number, f)
	}
	for _, c := range []struct{ from, last, field string }{
		{"2028-03-01", "2029-02-28", "from"}, // the old one still runs
		{"2028-03-02", "2031-03-03", "last"}, // beyond the plan
		{"2028-03-02", "2028-03-01", "last"},
	} {
		if _, err := renew(c.from, c.last); fault.KindOf(err) != fault.Invalid || fieldOf(err) != c.field {
			t.Errorf("%s to %s: %v", c.from, c.last, err)
		}
	}
	if _, err := w.Operation.RenewMandate(ctx, m.Operator, m.Number, f); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("by the operator: %v", err)
	}
	next, err := renew("2028-03-02", "2029-03-01")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := renew("2028-03-02", "2029-03-01"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second renewal: %v", err)
	}
	r := &operationtest.Mandate{Mandate: next, Body: m.Body, Authority: m.Authority, Deputy: m.Deputy, Operator: m.Operator, Organisation: m.Organisation}
	w.Move(t, r, r.Authority, operation.Submit)
	w.Move(t, r, r.Deputy, operation.Approve)
	w.Move(t, r, r.Operator, operation.SignOperator)
	w.Move(t, r, r.Authority, operation.SignBody)
	if r.State != operation.Signed || r.Renews != m.Number || r.SHA256 == m.SHA256 || !strings.Contains(r.Text, "本协议是 "+m.Number+" 的续期") {
		t.Fatalf("%s renews %q", r.State, r.Renews)
	}
	if stands(t, w, r.Number, w.Clock()) || !stands(t, w, m.Number, w.Clock()) {
		t.Error("before its first day the renewal stands, or the old one no more")
	}
	w.Set(m.Until)
	if stands(t, w, r.Number, w.Clock()) {
		t.Error("it stands before it was begun")
	}
	tick(t, w)
	if again(t, w, m); m.State != operation.Expired {
		t.Errorf("the old one is %s", m.State)
	}
	if again(t, w, r); r.State != operation.Active || !stands(t, w, r.Number, w.Clock()) {
		t.Errorf("the renewal is %s", r.State)
	}
}

// What stands under a mandate that was renewed is renewed under its renewal: under the
// old one there is no term left.
func TestACitysMandateIsRenewedUnderTheRenewal(t *testing.T) {
	w, m, scope := begun(t)
	city := w.Under(t, m, scope)
	f := w.AgreementForm("verification")
	f.From, f.Last = "2028-03-02", "2029-03-01"
	if _, err := w.Operation.RenewMandate(t.Context(), city.Authority, city.Number, f); fieldOf(err) != "last" {
		t.Errorf("beyond the one above: %v", err)
	}
	next, err := w.Operation.RenewMandate(t.Context(), m.Authority, m.Number, f)
	if err != nil {
		t.Fatal(err)
	}
	r := &operationtest.Mandate{Mandate: next, Authority: m.Authority, Deputy: m.Deputy, Operator: m.Operator}
	for _, step := range []struct {
		who account.Actor
		do  operation.Action
	}{{r.Authority, operation.Submit}, {r.Deputy, operation.Approve}, {r.Operator, operation.SignOperator}, {r.Authority, operation.SignBody}} {
		w.Move(t, r, step.who, step.do)
	}
	under, err := w.Operation.RenewMandate(t.Context(), city.Authority, city.Number, f)
	if err != nil {
		t.Fatal(err)
	}
	if under.Parent != r.Number || under.Renews != city.Number {
		t.Errorf("it stands under %s and renews %s", under.Parent, under.Renews)
	}
}

// Nobody signs an agreement whose term is over.
func TestNobodySignsForATermThatHasEnded(t *testing.T) {
	w := operationtest.New(t)
	w.Day(t, "2026-03-02")
	d, _ := w.Conditional(t, licensingtest.Fujian)
	m := &operationtest.Mandate{Operator: w.Operator(t, "示例运营负责人")}
	m.Body, m.Authority, m.Deputy = w.Body(t)
	code := w.Code()
	w.Organisation(t, m.Operator, "示例数据运营有限公司", code)
	p := w.Awarded(t, m.Authority, w.Plan(t, m.Authority, m.Deputy, operationtest.PlanForm(operationtest.Scope(d))), code)
	f := w.AgreementForm(p.Forms...)
	f.Last = "2026-03-31"
	var err error
	if m.Mandate, err = w.Operation.DraftMandate(t.Context(), m.Authority, p.Number, f); err != nil {
		t.Fatal(err)
	}
	w.Move(t, m, m.Authority, operation.Submit)
	w.Move(t, m, m.Deputy, operation.Approve)
	sign := func(who account.Actor, a operation.Action) error {
		_, err := w.Operation.Move(t.Context(), who, m.Number, operation.Step{Action: a, Revision: m.Revision, Shown: m.SHA256})
		return err
	}
	w.Day(t, "2026-04-01")
	if err := sign(m.Operator, operation.SignOperator); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the operator: %v", err)
	}
	w.Day(t, "2026-03-30")
	w.Move(t, m, m.Operator, operation.SignOperator)
	w.Day(t, "2026-04-01")
	if err := sign(m.Authority, operation.SignBody); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the body: %v", err)
	}
	if again(t, w, m); m.State != operation.Approved || m.BodySigned.At != nil {
		t.Errorf("it is %s", m.State)
	}
}

// Each cycle that has ended is evaluated once, by the body; what the operator took
// beyond the permitted income is carried. What is due stands in the inbox.
func TestEachCycleIsEvaluatedOnce(t *testing.T) {
	w, m, _ := begun(t)
	ctx := t.Context()
	n := operation.NewEvaluation{From: "2026-03-02", Verdict: "to_improve", Findings: "服务及时，收费超出。", Income: 600000000}
	if _, err := w.Operation.Evaluate(ctx, m.Authority, m.Number, n); fieldOf(err) != "from" {
		t.Errorf("a cycle that has not ended: %v", err)
	}
	w.Day(t, "2027-03-01")
	if asks := waits(t, w, m.Authority); len(asks) != 1 || strings.Contains(asks[0], "评估") {
		t.Errorf("on the last day of the cycle: %q", asks) // the report of 2026 alone
	}
	w.Day(t, "2027-03-02")
	if asks := waits(t, w, m.Deputy); !slices.ContainsFunc(asks, func(a string) bool { return strings.Contains(a, "评估周期已经结束") }) {
		t.Errorf("what waits: %q", asks)
	}
	for name, c := range map[string]struct {
		who    account.Actor
		change func(*operation.NewEvaluation)
		kind   fault.Kind
		field  string
	}{
		"the operator":     {m.Operator, func(*operation.NewEvaluation) {}, fault.Forbidden, ""},
		"the regulator":    {w.Regulator(t), func(*operation.NewEvaluation) {}, fault.Forbidden, ""},
		"a citizen":        {w.Person(t, "市民"), func(*operation.NewEvaluation) {}, fault.NotFound, ""},
		"no cycle":         {m.Authority, func(n *operation.NewEvaluation) { n.From = "2026-03-03" }, fault.Invalid, "from"},
		"no day":           {m.Authority, func(n *operation.NewEvaluation) { n.From = "去年" }, fault.Invalid, "from"},
		"no such verdict":  {m.Authority, func(n *operation.NewEvaluation) { n.Verdict = "good" }, fault.Invalid, "verdict"},
		"without findings": {m.Authority, func(n *operation.NewEvaluation) { n.Findings = " " }, fault.Invalid, "findings"},
		"negative income":  {m.Authority, func(n *operation.NewEvaluation) { n.Income = -1 }, fault.Invalid, "income"},
	} {
		bad := n
		c.change(&bad)
		if _, err := w.Operation.Evaluate(ctx, c.who, m.Number, bad); fault.KindOf(err) != c.kind || fieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Operation.Evaluate(ctx, m.Authority, m.Number, n); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Operation.Evaluate(ctx, m.Deputy, m.Number, n); fieldOf(err) != "from" {
		t.Errorf("a second time: %v", err)
	}
	v := again(t, w, m)
	if len(v.Evaluations) != 1 || v.Evaluations[0].Carried != 100000000 || v.Evaluations[0].From.Format(time.DateOnly) != "2026-03-02" || v.Evaluations[0].Last.Format(time.DateOnly) != "2027-03-01" || v.Evaluations[0].By != m.Authority.Name {
		t.Errorf("%+v", v.Evaluations)
	}
	if next := v.NextCycle(w.Clock()); !next.IsZero() {
		t.Errorf("next is %s", next)
	}
	// a mandate that is revoked has a last cycle that is cut short
	w.Day(t, "2027-09-01")
	w.Move(t, m, m.Authority, operation.Revoke)
	w.Day(t, "2027-09-02")
	if _, err := w.Operation.Evaluate(ctx, m.Authority, m.Number, operation.NewEvaluation{From: "2027-03-02", Verdict: "failed", Findings: "违规。"}); err != nil {
		t.Fatal(err)
	}
	if v = again(t, w, m); len(v.Evaluations) != 2 || v.Evaluations[1].Last.Format(time.DateOnly) != "2027-09-01" {
		t.Errorf("%+v", v.Evaluations)
	}
	if _, err := w.Pool.Exec(ctx, `UPDATE mandate_evaluations SET verdict = 'passed'`); err == nil {
		t.Error("an evaluation was changed")
	}
}

// Ceilings are of the forms of the mandate, in units that its forms are counted in,
// each once, and under a mandate none is higher than above; a signed one is fixed.
func TestCeilingsAreKept(t *testing.T) {
	w, m, scope := begun(t)
	ctx := t.Context()
	body, authority, deputy := w.Body(t)
	code := w.Code()
	w.Organisation(t, w.Operator(t, "示例市级运营"), "示例市级运营有限公司", code)
	p := w.Awarded(t, authority, w.Plan(t, authority, deputy, operationtest.PlanForm(scope, func(f *operation.PlanForm) { f.Parent, f.Months = m.Number, 24 })), code)
	f := w.AgreementForm(p.Forms...)
	draft := func(change func(*operation.Form)) error {
		g := f
		g.Ceilings = slices.Clone(f.Ceilings)
		change(&g)
		_, err := w.Operation.DraftMandate(ctx, authority, p.Number, g)
		return err
	}
	for name, c := range map[string]struct {
		change func(*operation.Form)
		field  string
	}{
		"none":               {func(g *operation.Form) { g.Ceilings = nil }, "ceilings"},
		"another form":       {func(g *operation.Form) { g.Ceilings[0].Form = "model_product" }, "ceilings"},
		"another unit":       {func(g *operation.Form) { g.Ceilings[0].Unit = "per_month" }, "ceilings"},
		"negative":           {func(g *operation.Form) { g.Ceilings[0].Fen = -1 }, "ceilings"},
		"beyond all":         {func(g *operation.Form) { g.Ceilings[0].Fen = 1e12 + 1 }, "ceilings"},
		"twice":              {func(g *operation.Form) { g.Ceilings = append(g.Ceilings, g.Ceilings[0]) }, "ceilings"},
		"higher than above":  {func(g *operation.Form) { g.Ceilings[0].Fen++ }, "ceilings"},
		"more income":        {func(g *operation.Form) { g.Income++ }, "income"},
		"longer than above":  {func(g *operation.Form) { g.Last = "2028-03-02" }, "last"},
		"earlier than above": {func(g *operation.Form) { g.From, g.Last = "2026-03-01", "2028-02-28" }, "from"},
	} {
		if err := draft(c.change); fault.KindOf(err) != fault.Invalid || fieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := draft(func(*operation.Form) {}); err != nil {
		t.Fatalf("%s: %v", body.Name, err)
	}
	for _, sql := range []string{
		`UPDATE mandate_ceilings SET fen = fen + 1 WHERE mandate_id = (SELECT min(id) FROM mandates)`,
		`DELETE FROM mandate_ceilings WHERE mandate_id = (SELECT min(id) FROM mandates)`,
		`INSERT INTO mandate_ceilings (mandate_id, form, unit, fen) SELECT min(id), 'interface', 'per_month', 1 FROM mandates`,
		`UPDATE mandate_ceilings SET fen = 51 WHERE form = 'verification' AND mandate_id = (SELECT max(id) FROM mandates)`,
	} {
		if _, err := w.Pool.Exec(ctx, sql); err == nil {
			t.Errorf("the database takes %s", sql)
		}
	}
}

// The permitted income runs in periods from the first day of the term to its last; what
// an evaluation carried over is deducted in the period after it, and in no other.
func TestThePeriodsOfPermittedIncome(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.ParseInLocation(time.DateOnly, s, workdays.Zone)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	signed := day("2026-02-20")
	m := &operation.Mandate{From: day("2026-03-10"), Until: day("2028-06-10"), Income: 1000, IncomeMonths: 12, BodySigned: operation.Signature{At: &signed}}
	for at, want := range map[string]string{"2026-03-09": "", "2026-03-10": "2026-03-10 2027-03-10", "2027-03-09": "2026-03-10 2027-03-10", "2027-03-10": "2027-03-10 2028-03-10", "2028-06-09": "2028-03-10 2028-06-10", "2028-06-10": ""} {
		got := ""
		if from, until, ok := m.IncomePeriod(day(at)); ok {
			got = from.In(workdays.Zone).Format(time.DateOnly) + " " + until.In(workdays.Zone).Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%s lies in %q, want %q", at, got, want)
		}
	}
	v := &operation.View{Mandate: m, Evaluations: []operation.Evaluation{{From: day("2026-03-10"), Last: day("2027-03-09"), Carried: 300}}}
	for from, want := range map[string]int64{"2026-03-10": 1000, "2027-03-10": 700, "2028-03-10": 1000} {
		if got, deducted := v.Permitted(day(from)); got != want || got+deducted != 1000 {
			t.Errorf("from %s: %d permitted, %d deducted", from, got, deducted)
		}
	}
}

package operation_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
)

// Nothing of a mandate is public before both have signed; then its terms, its scope to
// the column, its ceilings and every state are, at any time, and no name of a person.
func TestWhatIsDisclosed(t *testing.T) {
	w := operationtest.New(t)
	w.Day(t, "2026-03-02")
	d, _ := w.Conditional(t, licensingtest.Fujian)
	hidden, _ := w.Conditional(t, licensingtest.Fujian)
	m := &operationtest.Mandate{Operator: w.Operator(t, "示例运营负责人")}
	m.Body, m.Authority, m.Deputy = w.Body(t)
	code := w.Code()
	m.Organisation = w.Organisation(t, m.Operator, "示例数据运营有限公司", code)
	p := w.Awarded(t, m.Authority, w.Plan(t, m.Authority, m.Deputy, operationtest.PlanForm(operationtest.Scope(d, hidden))), code)
	var err error
	if m.Mandate, err = w.Operation.DraftMandate(t.Context(), m.Authority, p.Number, w.AgreementForm(p.Forms...)); err != nil {
		t.Fatal(err)
	}
	nothing := func() {
		t.Helper()
		if _, err := w.Operation.Disclose(t.Context(), m.Number); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", m.State, err)
		}
		if all, err := w.Operation.Disclosures(t.Context(), operation.Public{}); err != nil || len(all) != 0 {
			t.Errorf("%s: %v %v", m.State, all, err)
		}
		if _, err := w.Operation.ReportOf(t.Context(), m.Body.Slug, 2026); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", m.State, err)
		}
	}
	nothing()
	for _, step := range []struct {
		who account.Actor
		do  operation.Action
	}{{m.Authority, operation.Submit}, {m.Deputy, operation.Approve}, {m.Operator, operation.SignOperator}} {
		w.Move(t, m, step.who, step.do)
		nothing()
	}
	w.Move(t, m, m.Authority, operation.SignBody)
	w.Developer(t, m)
	w.Submitted(t, m)
	if _, err := w.Pool.Exec(t.Context(), `UPDATE datasets SET open_type = 'withheld' WHERE id = $1`, hidden.ID); err != nil {
		t.Fatal(err)
	}
	w.Day(t, "2026-05-06")
	w.Move(t, m, m.Authority, operation.Suspend)
	x, err := w.Operation.Disclose(t.Context(), m.Number)
	if err != nil {
		t.Fatal(err)
	}
	if x.Body != m.Body.Name || x.OperatorCode != code || x.State != operation.Suspended || x.From != "2026-03-02" || x.Last != "2028-03-01" || x.SHA256 != m.SHA256 || x.Income != 500000000 || x.Developers != 1 {
		t.Errorf("%+v", x)
	}
	if len(x.Scope) != 1 || x.Scope[0].Dataset != d.Slug || !slices.Equal(x.Scope[0].Columns, []string{"年份", "地区", "人口", "备注"}) || x.NotPublic != 1 {
		t.Errorf("scope: %+v, and %d not public", x.Scope, x.NotPublic)
	}
	if len(x.Ceilings) != 3 || x.Ceilings[0] != (operation.DisclosedCeiling{Form: "verification", Unit: "per_call", Fen: 50}) {
		t.Errorf("ceilings: %+v", x.Ceilings)
	}
	want := []operation.DisclosedMove{{State: "signed", On: "2026-03-02"}, {State: "active", On: "2026-03-02"}, {State: "suspended", On: "2026-05-06", Basis: "协议第十二条"}}
	if !slices.Equal(x.History, want) {
		t.Errorf("history: %+v", x.History)
	}
	raw, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{m.Authority.Name, m.Operator.Name, hidden.Title, hidden.Slug, "示例理由", "示例联系人"} {
		if strings.Contains(string(raw), `"`+secret) || strings.Contains(string(raw), secret+`"`) {
			t.Errorf("%q is public", secret)
		}
	}
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(operation.CSV([]operation.Disclosed{*x})), "\ufeff"))).ReadAll()
	if err != nil || len(lines) != 2 || lines[1][0] != m.Number || lines[1][13] != "1" {
		t.Errorf("%q %v", lines, err)
	}
}

// A report of a year is made at any time, and issued once, when the year is over: from
// then on it stays byte for byte, while the tables go on.
func TestAReportStaysAsItWasIssued(t *testing.T) {
	w, m, _ := begun(t)
	ctx := t.Context()
	slug := m.Body.Slug
	soFar, err := w.Operation.ReportOf(ctx, slug, 2026)
	if err != nil || len(soFar.Mandates) != 1 || soFar.Asked != "2026-03-02" {
		t.Fatalf("%+v %v", soFar, err)
	}
	for _, year := range []int{1999, 2025, 2027} {
		if _, err := w.Operation.ReportOf(ctx, slug, year); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%d: %v", year, err)
		}
	}
	if _, err := w.Operation.ReportOf(ctx, "nobody", 2026); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if _, err := w.Operation.Issue(ctx, m.Authority, 2026); fault.KindOf(err) != fault.Conflict {
		t.Errorf("before the year is over: %v", err)
	}
	w.Day(t, "2027-01-04")
	if owed, err := w.Operation.Owed(ctx, m.Authority); err != nil || !slices.Equal(owed, []int{2026}) {
		t.Errorf("owed: %v %v", owed, err)
	}
	if clock, err := w.Operation.Due(licensingtest.Fujian, 2026); err != nil || clock.Last.Format(time.DateOnly) != "2027-03-31" {
		t.Errorf("due: %v %v", clock.Last, err)
	}
	if asks := waits(t, w, m.Deputy); len(asks) != 1 || !strings.Contains(asks[0], "信息披露报告") {
		t.Errorf("what waits: %q", asks)
	}
	for name, who := range map[string]account.Actor{"the operator": m.Operator, "the regulator": w.Regulator(t), "a citizen": w.Person(t, "市民"), "nobody": {}} {
		if _, err := w.Operation.Issue(ctx, who, 2026); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, elsewhere, _ := w.Body(t)
	if _, err := w.Operation.Issue(ctx, elsewhere, 2026); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a body without mandates: %v", err)
	}
	issued, err := w.Operation.Issue(ctx, m.Authority, 2026)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(issued.Raw); hex.EncodeToString(sum[:]) != issued.SHA256 || string(issued.Raw) != string(issued.JSON()) {
		t.Error("its digest is not of its bytes")
	}
	if _, err := w.Operation.Issue(ctx, m.Deputy, 2026); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second time: %v", err)
	}
	w.Move(t, m, m.Authority, operation.Revoke)
	kept, err := w.Operation.IssuedReport(ctx, slug, 2026)
	if err != nil || string(kept.Raw) != string(issued.Raw) || kept.Mandates[0].State != operation.Active {
		t.Errorf("it was changed: %v", err)
	}
	if now, err := w.Operation.ReportOf(ctx, slug, 2026); err != nil || now.Mandates[0].State != operation.Revoked {
		t.Errorf("the tables say: %+v %v", now, err)
	}
	for _, sql := range []string{`UPDATE disclosure_reports SET content = content || ' '`, `DELETE FROM disclosure_reports`} {
		if _, err := w.Pool.Exec(ctx, sql); err == nil {
			t.Errorf("the database takes %s", sql)
		}
	}
	// of the year in which it ended there is another, and of the year after none is owed
	w.Day(t, "2028-01-05")
	if owed, err := w.Operation.Owed(ctx, m.Authority); err != nil || !slices.Equal(owed, []int{2027}) {
		t.Errorf("owed: %v %v", owed, err)
	}
	if _, err := w.Operation.Issue(ctx, m.Authority, 2027); err != nil {
		t.Fatal(err)
	}
	all, err := w.Operation.IssuedReports(ctx)
	if err != nil || len(all) != 2 || all[0].Year != 2027 || all[1].Year != 2026 {
		t.Errorf("%+v %v", all, err)
	}
	w.Day(t, "2029-01-05")
	if owed, err := w.Operation.Owed(ctx, m.Authority); err != nil || len(owed) != 0 {
		t.Errorf("owed: %v %v", owed, err)
	}
}

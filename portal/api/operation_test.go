package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/operation/operationtest"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

// Mandates are told from the day both sides have signed on, with sides, scope, ceilings,
// developers and history, and without any person; what is narrowed and paged fits.
func TestMandatesAreReadOnceBothHaveSigned(t *testing.T) {
	x := operationtest.New(t)
	w := &world{replica(t, x.Catalogue, func(d *portal.Deps) { d.Operation = x.Operation }), x.Catalogue}
	x.Day(t, "2026-03-02")
	read := func(query string) (list api.MandateList) {
		t.Helper()
		a := w.get(t, api.Base+"/operation"+query)
		if a.status != 200 || a.header.Get("RateLimit-Limit") == "" {
			t.Fatalf("%s: %d %s", query, a.status, a.body)
		}
		if err := json.Unmarshal([]byte(a.body), &list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	if none := read(""); len(none.Items) != 0 || none.Figures != (api.MandateFigures{}) || len(none.Reports) != 0 {
		t.Errorf("%+v", none)
	}
	d, _ := x.Conditional(t, licensingtest.Fujian)
	scope := operationtest.Scope(d)
	m := x.Mandate(t, scope)
	x.Awarded(t, m.Authority, x.Plan(t, m.Authority, m.Deputy, operationtest.PlanForm(scope)), m.Mandate.Operator.Code) // of which there is no agreement yet
	dev := x.Developer(t, m)
	x.Submitted(t, m)
	city := x.Under(t, m, scope)
	x.Move(t, m, m.Authority, operation.Suspend)
	if got := read(""); !got.Items[0].Held || got.Items[0].State != "active" || got.Items[1].Held {
		t.Errorf("below one that is suspended: %+v", got.Items)
	}
	x.Move(t, m, m.Authority, operation.Resume)
	x.Move(t, city, city.Authority, operation.Suspend)
	all := read("")
	if all.Items[0].Held || all.Items[1].Held {
		t.Errorf("held: %+v", all.Items)
	}
	if len(all.Items) != 2 || all.Items[0].Number != city.Number || all.Items[1].Number != m.Number {
		t.Fatalf("%+v", all)
	}
	if want := (api.MandateFigures{Mandates: 2, Active: 1, Operators: 1, Developers: 1}); all.Figures != want {
		t.Errorf("%+v", all.Figures)
	}
	one, below := all.Items[1], all.Items[0]
	if one.State != "active" || one.Body != m.Body.Slug || one.Operator.Code != m.Mandate.Operator.Code || one.SHA256 != m.SHA256 || one.Last != "2028-03-01" || one.Income != 500000000 || one.Page != "https://data.example/operation/"+m.Number {
		t.Errorf("%+v", one)
	}
	if len(one.Scope) != 1 || one.Scope[0].Dataset != d.Slug || len(one.Scope[0].Columns) != 4 || !slices.Contains(one.Ceilings, api.MandateCeiling{Form: "verification", Unit: "per_call", Fen: 50}) {
		t.Errorf("%+v %+v", one.Scope, one.Ceilings)
	}
	if len(one.Developers) != 1 || one.Developers[0].Name != dev.Developer.Organisation.Name || one.Developers[0].Since != "2026-03-02" {
		t.Errorf("%+v", one.Developers)
	}
	if below.Parent != m.Number || below.State != "suspended" || below.History[len(below.History)-1].Basis != "协议第十二条" {
		t.Errorf("%+v", below)
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"示例理由", "示例运营负责人", "示例authority", "示例联系人"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("%q is told", secret)
		}
	}
	first := read("?limit=1")
	if len(first.Items) != 1 || first.Next == "" {
		t.Fatalf("%+v", first)
	}
	if rest := read("?limit=1&cursor=" + first.Next); len(rest.Items) != 1 || rest.Items[0].Number != m.Number || rest.Next != "" {
		t.Errorf("%+v", rest)
	}
	for query, want := range map[string]int{"?state=active": 1, "?state=revoked": 0, "?body=" + m.Body.Slug: 1, "?operator=" + strings.ToLower(m.Mandate.Operator.Code): 1, "?body=nobody": 0} {
		if got := read(query); len(got.Items) != want || got.Figures != all.Figures {
			t.Errorf("%s: %d, %+v", query, len(got.Items), got.Figures)
		}
	}
	for _, query := range []string{"?cursor=x", "?cursor=0", "?state=draft", "?limit=0", "?limit=101", "?other=1"} {
		if a := w.get(t, api.Base+"/operation"+query); a.status != 400 && a.status != 422 {
			t.Errorf("%s: %d", query, a.status)
		}
	}
	x.Day(t, "2027-01-05")
	issued, err := x.Operation.Issue(t.Context(), m.Authority, 2026)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(""); len(got.Reports) != 1 || got.Reports[0].SHA256 != issued.SHA256 || got.Reports[0].Year != 2026 || !strings.HasSuffix(got.Reports[0].JSON, "/operation/reports/"+m.Body.Slug+"/2026/json") {
		t.Errorf("%+v", got.Reports)
	}
}

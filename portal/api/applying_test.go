package api_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/papers"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

// applicant is a world in which somebody applies by program.
type applicant struct {
	*publisher
	*licensingtest.World
	who, officer account.Actor
	dataset      *datasets.Dataset
	file         *datasets.Version
}

func applyingBy(t *testing.T, profile, day string) *applicant {
	t.Helper()
	lw := licensingtest.New(t)
	lw.Day(t, day)
	server := replica(t, lw.Catalogue, func(d *portal.Deps) { d.Licensing, d.Accounts = lw.Licensing, lw.Accounts })
	w := &applicant{publisher: &publisher{world: &world{server, lw.Catalogue}}, World: lw}
	w.doc = w.described(t)
	w.dataset, w.file = lw.Conditional(t, profile)
	w.officer = lw.Official(t, w.dataset.Department, account.Officer)
	w.who = lw.Person(t, "王五")
	w.key, w.reading = w.keyOf(t, w.who, account.ScopeApply), w.keyOf(t, w.who, account.ScopeRead)
	return w
}

func (w *applicant) keyOf(t *testing.T, who account.Actor, scopes ...string) string {
	t.Helper()
	secret, _, err := w.World.Accounts.CreateKey(t.Context(), who, "脚本 "+strings.Join(scopes, " "), scopes, 30*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// sends makes a request with a JSON body and holds the answer against the document.
func (w *applicant) sends(t *testing.T, id, path, body string, want int, headers ...string) answer {
	t.Helper()
	return w.do(t, id, path, body, want, append([]string{"Content-Type", "application/json"}, headers...)...)
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// draft is one in which nothing is missing.
func (w *applicant) draft(revision int) api.ApplicationDraft {
	f := licensingtest.Form(w.dataset)
	d := api.ApplicationDraft{Revision: revision, ApplicationWritten: api.ApplicationWritten{Seen: true, Lane: f.Lane, Area: f.Area, Purpose: f.Purpose, Outputs: f.Outputs, Months: 6, Storage: f.Storage}}
	for _, i := range f.Items {
		d.Items = append(d.Items, api.ApplicationItem{Resource: i.Resource, Columns: i.Columns, Why: i.Why})
	}
	return d
}

// What a person does on the pages a program does by the API, up to the signature;
// each clock is told with its article.
func TestAnApplicationByProgram(t *testing.T) {
	w := applyingBy(t, licensingtest.Tianjin, "2026-11-05")
	var needs api.ApplicationNeeds
	w.read(t, api.Base+"/datasets/"+w.dataset.Slug+"/apply", &needs)
	if !needs.Apply || needs.Decide == nil || needs.Decide.Days != 2 || needs.Decide.House || !slices.Equal(needs.Decide.Cite, []string{"TJ-23.2"}) || needs.Accept == nil || !needs.Accept.House || !needs.Opened || needs.Receipt || len(needs.Areas) == 0 || len(needs.Lanes) != 3 || needs.Conditions == nil || !needs.Conditions.House {
		t.Fatalf("%+v", needs)
	}
	var as api.Applicants
	if w.do(t, "listApplicants", "/applicants", "", 200).into(t, &as); len(as.Items) != 1 || as.Items[0].Organisation != 0 || !as.Items[0].Signs {
		t.Errorf("%+v", as)
	}
	begin := "/datasets/" + w.dataset.Slug + "/applications"
	var a, again api.Application
	made := w.sends(t, "beginApplication", begin, `{}`, 200)
	made.into(t, &a)
	w.sends(t, "beginApplication", begin, `{}`, 200).into(t, &again)
	if again.Number != a.Number || made.header.Get("Location") != "https://data.example/api/v1/applications/"+a.Number || len(a.Missing) < 5 || a.Sign != nil || a.State != "draft" {
		t.Fatalf("asked twice: %s, then %s: %s", a.Number, again.Number, made.body)
	}
	at := "/applications/" + a.Number
	refusal := w.sends(t, "submitApplication", at+"/submission", fmt.Sprintf(`{"revision":%d}`, a.Revision), 422)
	var p struct {
		Next   string
		Errors []struct{ Location string }
	}
	if refusal.into(t, &p); len(p.Errors) != len(a.Missing) || p.Next != "" {
		t.Errorf("%s", refusal.body)
	}
	w.sends(t, "saveApplication", at, jsonOf(t, w.draft(a.Revision)), 200).into(t, &a)
	if len(a.Missing) != 0 || a.Sign == nil || a.Sign.Act != "sign" || a.Sign.Page != "https://data.example"+at+"/sign" || len(a.Items) != 1 || len(a.Agreements) != 1 || a.Agreements[0].Edition != 0 {
		t.Fatalf("%+v", a)
	}
	for name, c := range map[string]struct {
		id, path, body string
		want           int
	}{
		"another revision":       {"saveApplication", at, jsonOf(t, w.draft(a.Revision-1)), 409},
		"an unknown field":       {"saveApplication", at, `{"lanes":"public"}`, 400},
		"no JSON":                {"saveApplication", at, `x`, 400},
		"no such column":         {"saveApplication", at, strings.Replace(jsonOf(t, w.draft(a.Revision)), "人口", "年龄", 1), 422},
		"no such lane":           {"saveApplication", at, strings.Replace(jsonOf(t, w.draft(a.Revision)), `"public"`, `"private"`, 1), 422},
		"less than no months":    {"saveApplication", at, strings.Replace(jsonOf(t, w.draft(a.Revision)), `"months":6`, `"months":-6`, 1), 422},
		"no such application":    {"getApplication", "/applications/SQ-2026-999999", "", 404},
		"an organisation of -1":  {"beginApplication", begin, `{"organisation":-1}`, 422},
		"another's organisation": {"beginApplication", begin, `{"organisation":99}`, 404},
		"no such dataset":        {"beginApplication", "/datasets/never-there/applications", `{}`, 404},
		"nothing to dispute":     {"disputeApplication", at + "/dispute", fmt.Sprintf(`{"revision":%d,"grounds":"不服。"}`, a.Revision), 409},
		"a cursor of ours":       {"listApplications", "/applications?cursor=Zk3qXn8tYgkx", "", 400},
		"no limit of ours":       {"listApplications", "/applications?limit=101", "", 400},
		"an unknown parameter":   {"listApplications", "/applications?state=draft", "", 400},
	} {
		t.Run(name, func(t *testing.T) { w.sends(t, c.id, c.path, c.body, c.want) })
	}
	handed := w.sends(t, "submitApplication", at+"/submission", fmt.Sprintf(`{"revision":%d}`, a.Revision), 403)
	if handed.into(t, &p); p.Next != a.Sign.Page || handed.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s", handed.body)
	}
	if got, _, err := w.Licensing.One(t.Context(), w.who, a.Number); err != nil || got.State != licensing.Draft {
		t.Fatalf("a program has handed it in: %v %v", got.State, err)
	}

	// the person signs on the page, the department asks for more, the program completes
	signed, err := w.Licensing.Submit(t.Context(), w.who, a.Number, a.Revision, a.Agreements[0].SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.Licensing.Return(t.Context(), w.officer, a.Number, "请写明产出给谁。", signed.Revision); err != nil {
		t.Fatal(err)
	}
	w.do(t, "getApplication", at, "", 200).into(t, &a)
	if a.State != "returned" || !slices.Equal(a.Returned, []string{"请写明产出给谁。"}) || a.Due == nil || !a.Due.House || a.Ball != "applicant" || len(a.Events) != 2 || a.Events[1].By != w.dataset.Department.Name || a.Events[1].ByEN != w.dataset.Department.NameEN {
		t.Fatalf("%+v", a)
	}
	better := w.draft(a.Revision)
	better.Outputs = "按站的概率表，给市民看。"
	w.sends(t, "saveApplication", at, jsonOf(t, better), 200).into(t, &a)
	if signed, err = w.Licensing.Submit(t.Context(), w.who, a.Number, a.Revision, a.Agreements[0].SHA256); err != nil {
		t.Fatal(err)
	}
	w.sends(t, "saveApplication", at, jsonOf(t, w.draft(signed.Revision)), 409) // handed in
	if signed, err = w.Licensing.Accept(t.Context(), w.officer, a.Number, signed.Revision); err != nil {
		t.Fatal(err)
	}
	w.do(t, "getApplication", at, "", 200).into(t, &a)
	if a.Due == nil || a.Due.House || !slices.Equal(a.Due.Cite, []string{"TJ-23.2"}) || a.Due.Day != "2026-11-09" || a.Due.SourceEN == "" || a.Due.Source == "" {
		t.Errorf("%+v", a.Due)
	}
	if _, err = w.Licensing.Decide(t.Context(), w.officer, a.Number, licensingtest.Refused(signed), signed.Revision); err != nil {
		t.Fatal(err)
	}
	var list api.Applications
	if w.do(t, "listApplications", "/applications", "", 200).into(t, &list); len(list.Items) != 1 || list.Items[0].State != "refused" || list.Items[0].Due == nil {
		t.Errorf("%+v", list)
	}
	w.sends(t, "disputeApplication", at+"/dispute", fmt.Sprintf(`{"revision":%d,"grounds":""}`, list.Items[0].Revision), 422)
	w.sends(t, "disputeApplication", at+"/dispute", fmt.Sprintf(`{"revision":%d,"grounds":"保障措施写明了。"}`, list.Items[0].Revision), 200).into(t, &a)
	if a.State != "disputed" || a.Grounds == "" || len(a.Bases) != 1 {
		t.Errorf("%+v", a)
	}
	var decided api.Decisions
	if w.read(t, api.Base+"/datasets/"+w.dataset.Slug+"/decisions", &decided); len(decided.Items) != 1 || decided.Items[0].Asked != 4 || decided.Items[0].Given != 0 || strings.Contains(jsonOf(t, decided), "王五") {
		t.Errorf("%+v", decided)
	}
}

// The example on the page for developers prepares an application as it stands
// there, once its first lines are filled in, and ends at the page for signing.
func TestTheApplicationExampleRuns(t *testing.T) {
	w := applyingBy(t, licensingtest.Fujian, "2026-11-05")
	base, said := w.runs(t, "#applications-code", map[string]string{"draft.json": strings.Replace(jsonOf(t, w.draft(7)), `"revision":7`, `"revision": REVISION`, 1), "licence.pdf": licensingtest.PDF},
		"KEY="+w.key, "DATASET="+w.dataset.Slug)
	mine, err := w.Licensing.Mine(t.Context(), w.who, 0, 10)
	if err != nil || len(mine) != 1 || mine[0].Purpose == "" || !strings.Contains(said, `"next":"`+base+"/applications/"+mine[0].Number+`/sign"`) {
		t.Fatalf("%v %v\n%s", err, mine, said)
	}
	a, side, err := w.Licensing.One(t.Context(), w.who, mine[0].Number)
	if err != nil || len(a.PapersOf(papers.Application, side)) != 1 {
		t.Errorf("nothing was handed in: %v", err)
	}
}

// runs runs an example of the page for developers as it stands there, but for its
// first two lines, in a folder with these files, and returns where the portal was and
// what was said.
func (w *applicant) runs(t *testing.T, code string, files map[string]string, head ...string) (base, said string) {
	t.Helper()
	return runsAsItStands(t, func(base string) *portal.Server {
		return replica(t, w.Catalogue, func(d *portal.Deps) {
			d.Licensing, d.Accounts, d.Use, d.Config.BaseURL = w.Licensing, w.World.Accounts, w.Server.Use, base
		})
	}, code, files, head...)
}

func runsAsItStands(t *testing.T, serve func(base string) *portal.Server, code string, files map[string]string, head ...string) (base, said string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base = "http://" + l.Addr().String()
	s := serve(base)
	served := make(chan error, 1)
	go func() { served <- s.App().Listener(l) }()
	t.Cleanup(func() {
		if err := s.App().Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	page, err := goquery.NewDocumentFromReader(strings.NewReader(string(ask(t, s, http.MethodGet, "/developers").body)))
	if err != nil {
		t.Fatal(err)
	}
	first, script, ok := strings.Cut(page.Find(code).Text(), "\n\n")
	if !ok || strings.Count(first, "\n") != 1 {
		t.Fatalf("the example begins with %q", first)
	}
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
	run.Dir, run.Env = dir, append(os.Environ(), head...)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return base, string(out)
}

// An offer of a part is signed by a person; a program says where.
func TestAnOfferIsHandedOver(t *testing.T) {
	w := applyingBy(t, licensingtest.Fujian, "2026-11-05")
	a := w.Accepted(t, w.officer, w.Submitted(t, w.who, w.dataset))
	v := licensing.Verdict{Reason: "一部分。", Bases: licensingtest.Basis, Items: []licensing.ItemVerdict{{Resource: w.file.ResourceID, Decision: licensing.ItemReduced, Columns: []string{"年份", "人口"}, Reason: "备注含个人信息"}}}
	a, err := w.Licensing.Decide(t.Context(), w.officer, a.Number, v, a.Revision)
	if err != nil {
		t.Fatal(err)
	}
	body := w.sends(t, "submitApplication", "/applications/"+a.Number+"/submission", fmt.Sprintf(`{"revision":%d}`, a.Revision), 403).body
	if !strings.Contains(string(body), `"next":"https://data.example/applications/`+a.Number+`/sign"`) {
		t.Errorf("%s", body)
	}
	w.sends(t, "submitApplication", "/applications/"+a.Number+"/submission", `{"revision":0}`, 409)
	var got api.Application
	w.do(t, "getApplication", "/applications/"+a.Number, "", 200).into(t, &got)
	if got.Sign == nil || got.Sign.Act != "consent" || got.Items[0].Decision != "reduced" || !slices.Equal(got.Items[0].GivenColumns, []string{"年份", "人口"}) {
		t.Errorf("%+v", got)
	}
	w.sends(t, "withdrawApplication", "/applications/"+a.Number+"/withdrawal", fmt.Sprintf(`{"revision":%d}`, got.Revision), 200).into(t, &got)
	if got.State != "withdrawn" {
		t.Errorf("%+v", got)
	}
	w.sends(t, "withdrawApplication", "/applications/"+a.Number+"/withdrawal", fmt.Sprintf(`{"revision":%d}`, got.Revision-1), 409)
}

// What somebody was granted, and what was delivered, a program reads; a key of one
// grant sees that one and nothing else.
func TestGrantsAndDeliveriesByProgram(t *testing.T) {
	w := applyingBy(t, licensingtest.Fujian, "2026-11-05")
	first := w.Granted(t, w.who, w.officer, w.dataset)
	other, _ := w.Conditional(t, licensingtest.Fujian)
	second := w.Granted(t, w.who, w.Official(t, other.Department, account.Officer), other)
	secret, err := w.Licensing.MakeKey(t.Context(), w.who, first.Grant, "取数")
	if err != nil {
		t.Fatal(err)
	}
	rows := api.Base + "/resources/" + w.file.ResourceID + "/rows"
	for range 3 {
		if a := w.get(t, rows, "Authorization", "Bearer "+secret); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	all, one := []string{"Authorization", "Bearer " + w.reading}, []string{"Authorization", "Bearer " + secret}
	var list api.Grants
	w.do(t, "listGrants", "/grants?limit=1", "", 200, all...).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Number != second.Grant || list.Next == "" {
		t.Fatalf("%+v", list)
	}
	next := list.Next
	w.do(t, "listGrants", "/grants?limit=1&cursor="+next, "", 200, all...).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Number != first.Grant || list.Items[0].Rows.Used != 3 || list.Items[0].Rows.Left != list.Items[0].Rows.Day-3 || !list.Items[0].Stands {
		t.Fatalf("%+v", list)
	}
	w.do(t, "listAcquisitions", "/acquisitions?cursor="+next, "", 400, all...) // of another list
	stranger := w.keyOf(t, w.Person(t, "赵六"), account.ScopeRead, account.ScopeApply)
	w.do(t, "listGrants", "/grants?cursor="+next, "", 400, "Authorization", "Bearer "+stranger) // of another account
	w.do(t, "listGrants", "/grants", "", 200, one...).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Number != first.Grant {
		t.Errorf("a key of one grant sees %+v", list)
	}
	var g api.Grant
	w.do(t, "getGrant", "/grants/"+first.Grant, "", 200, one...).into(t, &g)
	if len(g.Items) != 1 || len(g.Items[0].Columns) != 4 || g.Items[0].Rows != "https://data.example"+rows || len(g.Keys) != 1 || g.Until != "2027-05-05" || g.Purpose == "" || strings.Contains(jsonOf(t, g), secret[12:]) {
		t.Errorf("%+v", g)
	}
	w.do(t, "getGrant", "/grants/"+second.Grant, "", 404, one...)
	w.do(t, "getGrant", "/grants/"+first.Grant, "", 404, "Authorization", "Bearer "+stranger)
	w.do(t, "listAcquisitions", "/acquisitions?grant="+second.Grant, "", 404, one...)
	w.do(t, "listAcquisitions", "/acquisitions?grant="+first.Grant, "", 404, "Authorization", "Bearer "+stranger)

	// HEAD hands over nothing: it takes nothing of the quota and is not written down
	for _, path := range []string{rows, api.Base + "/resources/" + w.file.ResourceID + "/facets/1", api.Base + "/resources/" + w.file.ResourceID + "/export.csv", "/d/" + w.file.ResourceID + "/1/people.csv"} {
		if a := ask(t, w.Server, http.MethodHead, path, one...); a.status != 200 || len(a.body) > 0 {
			t.Errorf("HEAD %s: %d %s", path, a.status, a.body)
		}
		if a := ask(t, w.Server, http.MethodHead, path); a.status != 403 {
			t.Errorf("HEAD %s by a visitor: %d", path, a.status)
		}
	}
	if w.do(t, "getGrant", "/grants/"+first.Grant, "", 200, one...).into(t, &g); g.Rows.Used != 3 || g.Files.Used != 0 {
		t.Errorf("HEAD costs quota: %+v %+v", g.Rows, g.Files)
	}

	var got api.Acquired
	w.do(t, "listAcquisitions", "/acquisitions?limit=2&grant="+first.Grant, "", 200, all...).into(t, &got)
	if len(got.Items) != 2 || got.Next == "" || got.Items[0].SHA256 != w.file.SHA256 || got.Items[0].Channel != "rows" || got.Items[0].Grant != first.Grant || got.Items[0].Bytes == 0 || got.Items[0].Ended == nil || !got.Items[0].Whole || got.Items[0].Terms != g.Terms || got.Items[0].Key != secret[:11] {
		t.Fatalf("%+v", got)
	}
	rest := w.do(t, "listAcquisitions", "/acquisitions?limit=2&grant="+first.Grant+"&cursor="+got.Next, "", 200, all...)
	got = api.Acquired{}
	if rest.into(t, &got); len(got.Items) != 1 || got.Next != "" {
		t.Errorf("%+v", got)
	}
	sheet, err := csv.NewReader(strings.NewReader(string(w.do(t, "exportAcquisitions", "/acquisitions.csv", "", 200, one...).body))).ReadAll()
	if err != nil || len(sheet) != 4 || sheet[0][0] != "id" || sheet[1][13] != first.Grant {
		t.Errorf("%v %v", sheet, err)
	}

	// what binds is signed by people; what only gives up a program may
	w.do(t, "surrenderGrant", "/grants/"+first.Grant+"/surrender", `{"revision":1}`, 403, append(one, "Content-Type", "application/json")...)
	w.sends(t, "surrenderGrant", "/grants/"+first.Grant+"/surrender", fmt.Sprintf(`{"revision":%d}`, g.Revision), 404, "Authorization", "Bearer "+stranger)
	w.sends(t, "surrenderGrant", "/grants/"+first.Grant+"/surrender", `{"revision":99}`, 409)
	w.key = w.keyOf(t, w.who, account.ScopeApply, account.ScopeRead)
	w.sends(t, "surrenderGrant", "/grants/"+first.Grant+"/surrender", fmt.Sprintf(`{"revision":%d}`, g.Revision), 200).into(t, &g)
	if g.State != "surrendered" || g.Stands || g.Keys[0].Revoked == nil {
		t.Errorf("%+v", g)
	}
	if a := w.get(t, rows, "Authorization", "Bearer "+secret); a.status != http.StatusUnauthorized {
		t.Errorf("after it was given back: %d", a.status)
	}
}

// An application is its applicant's and the organisation's: whoever is not of it
// finds nothing, a member writes, and the owner alone withdraws.
func TestWhoseApplicationAProgramReads(t *testing.T) {
	w := applyingBy(t, licensingtest.Fujian, "2026-11-05")
	organisation := w.Organisation(t, w.who, "示例科技有限公司", "91350100M000100Y43")
	member, stranger := w.Person(t, "赵六"), w.Person(t, "孙七")
	w.Join(t, organisation, member, account.Member)
	a := w.SubmittedFor(t, w.who, organisation, w.dataset)
	of := func(who account.Actor) []string {
		return []string{"Authorization", "Bearer " + w.keyOf(t, who, account.ScopeApply)}
	}
	member6, stranger7, officer := of(member), of(stranger), of(w.officer)
	w.do(t, "getApplication", "/applications/"+a.Number, "", 200, member6...)
	w.do(t, "getApplication", "/applications/"+a.Number, "", 404, stranger7...)
	w.do(t, "getApplication", "/applications/"+a.Number, "", 404, officer...) // a desk is a page
	body := fmt.Sprintf(`{"revision":%d}`, a.Revision)
	w.sends(t, "withdrawApplication", "/applications/"+a.Number+"/withdrawal", body, 403, member6...)
	w.sends(t, "withdrawApplication", "/applications/"+a.Number+"/withdrawal", body, 404, stranger7...)
	w.sends(t, "beginApplication", "/datasets/"+w.dataset.Slug+"/applications", `{}`, 403, officer...)
	w.sends(t, "withdrawApplication", "/applications/"+a.Number+"/withdrawal", body, 200)
}

// Each of these operations asks for a key of its scope, answers other origins that
// ask before they send, and takes no session for one.
func TestWhatIsOnesOwnNeedsAKeyOfItsScope(t *testing.T) {
	w := applyingBy(t, licensingtest.Fujian, "2026-11-05")
	seen := 0
	for path, item := range w.doc.Paths.Map() {
		for method, o := range item.Operations() {
			if !changes(o) || !slices.Contains(o.Tags, "applications") && !slices.Contains(o.Tags, "grants") {
				continue
			}
			seen++
			filled := strings.NewReplacer("{slug}", w.dataset.Slug, "{number}", "SQ-2026-000001").Replace(path)
			body := ""
			if o.RequestBody != nil {
				body = `{}`
			}
			w.sends(t, o.OperationID, filled, body, 401, "Authorization", "")
			w.sends(t, o.OperationID, filled, body, 401, "Authorization", "Bearer sy_wrong")
			bad := w.reading
			if strings.Join((*o.Security)[0]["key"], "") == account.ScopeRead {
				bad = w.key
			}
			w.sends(t, o.OperationID, filled, body, 403, "Authorization", "Bearer "+bad)
			a := ask(t, w.Server, http.MethodOptions, api.Base+filled, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", method)
			if a.status != http.StatusNoContent || !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), method) {
				t.Errorf("OPTIONS %s: %d %v", filled, a.status, a.header)
			}
		}
	}
	if seen != 27 {
		t.Errorf("%d operations", seen)
	}
}

package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/licensing/use"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

// holder is a world in which somebody holds a grant, and a second one.
type holder struct {
	*applicant
	follows      *use.Service
	cases        *supervision.Service
	grant, other string
	key1, key2   string        // of one grant each
	stranger     []string      // headers of somebody else, with every scope
	desk         []string      // and of an officer of the department
	authority    account.Actor // over the department
}

func holdingBy(t *testing.T, day string) *holder {
	t.Helper()
	w := &holder{applicant: applyingBy(t, licensingtest.Fujian, day)}
	calendar, err := workdays.China()
	if err != nil {
		t.Fatal(err)
	}
	clocks := deadline.New(w.Book, func() workdays.Calendar { return calendar })
	if w.follows, err = use.New(use.Config{Pool: w.Pool, Catalogue: w.Service, Licensing: w.Licensing, Accounts: w.World.Accounts, Book: w.Book, Clocks: clocks, Now: w.Clock}); err != nil {
		t.Fatal(err)
	}
	w.cases = supervision.New(supervision.Config{Pool: w.Pool, Catalogue: w.Service, Licensing: w.Licensing, Sharing: sharing.New(w.Pool, w.Service, w.Book, clocks, w.Clock), Book: w.Book, Clocks: clocks, Accounts: w.World.Accounts, Now: w.Clock})
	w.Server = replica(t, w.Catalogue, func(d *portal.Deps) {
		d.Licensing, d.Accounts, d.Use, d.Supervision = w.Licensing, w.World.Accounts, w.follows, w.cases
	})
	w.grant = w.Granted(t, w.who, w.officer, w.dataset).Grant
	entry, _ := w.Conditional(t, licensingtest.Fujian)
	w.other = w.Granted(t, w.who, w.Official(t, entry.Department, account.Officer), entry).Grant
	w.authority = w.Official(t, w.Department(t, func(d *datasets.Department) { d.Profile = licensingtest.Fujian }), account.Authority)
	if w.key1, err = w.Licensing.MakeKey(t.Context(), w.who, w.grant, "取数"); err != nil {
		t.Fatal(err)
	}
	if w.key2, err = w.Licensing.MakeKey(t.Context(), w.who, w.other, "另一份"); err != nil {
		t.Fatal(err)
	}
	w.stranger = []string{"Authorization", "Bearer " + w.keyOf(t, w.Person(t, "赵六"), account.ScopeApply, account.ScopeRead)}
	w.desk = []string{"Authorization", "Bearer " + w.keyOf(t, w.officer, account.ScopeApply, account.ScopeRead)}
	return w
}

func (w *holder) reads(t *testing.T, id, path string, v any) {
	t.Helper()
	w.do(t, id, path, "", 200, "Authorization", "Bearer "+w.reading).into(t, v)
}

// take delivers the file once to the holder.
func (w *holder) take(t *testing.T) {
	t.Helper()
	h, err := w.Service.Deliver(t.Context(), w.who, w.file, datasets.Delivery{Channel: datasets.ByFile, Form: "csv", Request: "r"})
	if err != nil {
		t.Fatal(err)
	}
	h.Sent(9)
}

// hiddenFrom holds that an address tells nothing to whoever does not hold the grant: a
// stranger, the department by a key, a key of another grant.
func (w *holder) hiddenFrom(t *testing.T, id, path string) {
	t.Helper()
	none := strings.Replace(path, w.grant, "SQZ-2026-999999", 1)
	w.do(t, id, none, "", 404, w.stranger...)
	w.do(t, id, path, "", 404, w.stranger...)
	w.do(t, id, path, "", 404, w.desk...)
	w.do(t, id, path, "", 404, "Authorization", "Bearer "+w.key2)
	w.do(t, id, path, "", 200, "Authorization", "Bearer "+w.key1)
}

// anew makes keys of today: those before have run out, but for that of the grant.
func (w *holder) anew(t *testing.T) {
	t.Helper()
	w.key, w.reading = w.keyOf(t, w.who, account.ScopeApply), w.keyOf(t, w.who, account.ScopeRead)
	w.stranger = []string{"Authorization", "Bearer " + w.keyOf(t, w.Person(t, "赵六"), account.ScopeApply, account.ScopeRead)}
	w.desk = []string{"Authorization", "Bearer " + w.keyOf(t, w.officer, account.ScopeApply, account.ScopeRead)}
}

func filing(revision int) api.UseFiling {
	return api.UseFiling{Revision: revision, UseContent: api.UseContent{Used: "每日提示下一日的空气质量。", Results: "小程序，日均两千人用。", Access: "两名工程师", Security: "磁盘加密。", Personal: "no", Onward: "no", Shown: "小程序“明日空气”"}}
}

// Whoever makes a key reads what it may do, also for what follows a grant.
func TestTheScopeNamesReportsAndAnswers(t *testing.T) {
	i := slices.IndexFunc(account.Scopes, func(s account.Scope) bool { return s.ID == account.ScopeApply })
	if s := account.Scopes[i]; !strings.Contains(s.Zh, "交使用报告、答复抽查") || !strings.Contains(s.En, "hand in reports of use, answer audits") {
		t.Errorf("%+v", s)
	}
}

// A program learns what is owed, by when and by which rule, and hands in a report;
// what the department finds missing it completes.
func TestAProgramHandsInReports(t *testing.T) {
	w := holdingBy(t, "2026-03-02")
	w.take(t)
	var all api.Obligations
	w.reads(t, "listObligations", "/obligations", &all)
	if len(all.Items) != 2 || all.Items[0].Kind != "report" || all.Items[0].ID != 1 || all.Items[0].State != "open" || !all.Items[0].Owed || all.Items[0].Due == nil || all.Items[0].Due.Day != "2026-09-02" || !all.Items[0].Due.House || all.Items[0].Due.Rule == "" || all.Items[0].Due.SourceEN == "" || all.Items[0].Due.Days != 6 || all.Items[0].Due.UnitEN != "months" {
		t.Fatalf("%+v", all)
	}
	at := "/grants/" + w.grant + "/reports/1"
	var r api.UseReport
	w.reads(t, "getReport", at, &r)
	if len(r.Can) != 0 || r.Opens != "2026-08-19" || r.URL != "https://data.example"+api.Base+at || r.Page != "https://data.example"+at || r.Filed != nil || len(r.Events) != 1 {
		t.Fatalf("%+v", r)
	}
	w.hiddenFrom(t, "getReport", at)
	w.hiddenFrom(t, "listGrantObligations", "/grants/"+w.grant+"/obligations")
	for _, bad := range []string{"0", "-1", "x", "2", "99999999999999999999", "+1", "01", "%2B1", "1_0"} {
		w.do(t, "getReport", "/grants/"+w.grant+"/reports/"+bad, "", 404, "Authorization", "Bearer "+w.reading)
	}
	if w.do(t, "listObligations", "/obligations", "", 200, "Authorization", "Bearer "+w.key1).into(t, &all); len(all.Items) != 1 || all.Items[0].Grant != w.grant {
		t.Errorf("a key of one grant sees %+v", all)
	}
	if w.do(t, "listObligations", "/obligations", "", 200, w.stranger...).into(t, &all); len(all.Items) != 0 {
		t.Errorf("a stranger sees %+v", all)
	}

	good := filing(r.Revision)
	if answer := w.sends(t, "fileReport", at, jsonOf(t, good), 409); !strings.Contains(string(answer.body), "2026-08-19") {
		t.Errorf("too early: %s", answer.body)
	}
	w.Day(t, "2026-08-19")
	w.anew(t)
	if w.reads(t, "getReport", at, &r); !slices.Equal(r.Can, []string{"file"}) {
		t.Errorf("%+v", r)
	}
	for field, change := range map[string]func(*api.UseFiling){
		"used": func(f *api.UseFiling) { f.Used = "" }, "personal": func(f *api.UseFiling) { f.Personal = "perhaps" }, "onward_how": func(f *api.UseFiling) { f.Onward = "yes" },
		"problems": func(f *api.UseFiling) { f.Problems = strings.Repeat("长", 2001) }, "shown": func(f *api.UseFiling) { f.Shown = "联系 13800138000" },
	} {
		f := good
		change(&f)
		answer := w.sends(t, "fileReport", at, jsonOf(t, f), 422)
		if !strings.Contains(string(answer.body), `"location":"`+field+`"`) {
			t.Errorf("%s: %s", field, answer.body)
		}
	}
	w.sends(t, "fileReport", at, jsonOf(t, filing(99)), 409)
	w.sends(t, "fileReport", at, `{"use":""}`, 400)
	w.sends(t, "fileReport", at, jsonOf(t, good), 404, w.stranger...)
	w.sends(t, "fileReport", at, jsonOf(t, good), 403, "Authorization", "Bearer "+w.key1)
	w.sends(t, "fileReport", at, jsonOf(t, good), 404, w.desk...)
	w.Day(t, "2026-08-20")
	w.sends(t, "fileReport", at, jsonOf(t, good), 200).into(t, &r)
	if r.State != "filed" || r.Owed || r.Filed == nil || r.FiledBy != "王五" || r.Used != good.Used || r.Due == nil || len(r.Can) != 0 {
		t.Errorf("%+v", r)
	}
	w.sends(t, "fileReport", at, jsonOf(t, filing(r.Revision)), 409)

	list, err := w.follows.Reports(t.Context(), w.officer, use.Filter{Limit: 10})
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	if _, err := w.follows.Read(t.Context(), w.officer, list[0].ID, use.ReturnReport, "请写明成果的网址。", list[0].Revision); err != nil {
		t.Fatal(err)
	}
	w.reads(t, "getReport", at, &r)
	if r.State != "returned" || r.Missing != "请写明成果的网址。" || !slices.Equal(r.Can, []string{"complete"}) || !r.Owed {
		t.Errorf("%+v", r)
	}
	w.sends(t, "fileReport", at, jsonOf(t, filing(r.Revision)), 200).into(t, &r)
	if r.State != "filed" || r.Events[len(r.Events)-1].Act != "complete" || r.Events[len(r.Events)-1].Side != "applicant" {
		t.Errorf("%+v", r)
	}
}

// What is to be destroyed a program reads; the certificate a person signs.
func TestAProgramReadsWhatIsToBeDestroyed(t *testing.T) {
	w := holdingBy(t, "2026-03-02")
	w.take(t)
	at := "/grants/" + w.grant + "/destruction"
	w.do(t, "getDestruction", at, "", 404, "Authorization", "Bearer "+w.reading) // it has not ended
	g, _, err := w.Licensing.Grant(t.Context(), w.who, w.grant)
	if err != nil {
		t.Fatal(err)
	}
	w.sends(t, "surrenderGrant", "/grants/"+w.grant+"/surrender", fmt.Sprintf(`{"revision":%d}`, g.Revision), 403, "Authorization", "Bearer "+w.key1)
	if _, err := w.Licensing.MoveGrant(t.Context(), w.who, w.grant, licensing.Surrender, "", g.Revision); err != nil {
		t.Fatal(err)
	}
	var d api.UseDestruction
	w.reads(t, "getDestruction", at, &d)
	if d.State != "owed" || !d.Owed || d.Due == nil || !d.Due.House || len(d.Items) != 1 || d.Items[0].SHA256 != w.file.SHA256 || d.Items[0].Times != 1 || d.Next == nil || d.Next.Page != "https://data.example"+at || d.Certificate != nil {
		t.Fatalf("%+v", d)
	}
	w.do(t, "getDestruction", at, "", 404, w.stranger...)
	// no program signs: not by a key that may ask for data, and not by the operation either
	who := w.who
	who.Session, who.Key, who.Scopes = "", "sy_AbCd1234", []string{account.ScopeApply}
	statement := use.Statement{Method: "覆写三遍后删除", Destroyer: "李工", DestroyedOn: time.Date(2026, 3, 2, 0, 0, 0, 0, workdays.Zone), Supervisor: "王主任", Copies: "备份一并删除", True: true}
	if _, err := w.follows.Certify(t.Context(), who, w.grant, statement, 1); err == nil {
		t.Error("a program signs a certificate")
	}
	if _, err := w.follows.Claim(t.Context(), who, w.grant, use.ByLaw, "会计资料须保存十年。", 1); err == nil {
		t.Error("a program asks not to destroy")
	}
	if _, err := w.follows.Certify(t.Context(), w.who, w.grant, statement, 1); err != nil {
		t.Fatal(err)
	}
	w.reads(t, "getDestruction", at, &d)
	if d.State != "filed" || d.Owed || d.Certificate == nil || d.Certificate.Confirmed || !strings.Contains(d.Certificate.Text, w.file.SHA256) {
		t.Errorf("%+v", d)
	}
}

// A program answers an audit once.
func TestAProgramAnswersAnAudit(t *testing.T) {
	w := holdingBy(t, "2026-03-02")
	if _, err := w.follows.Draw(t.Context(), w.authority, use.AllGrants, "数据存放在哪里？谁能读？", ""); err != nil {
		t.Fatal(err)
	}
	var all api.Obligations
	w.reads(t, "listObligations", "/obligations", &all)
	i := slices.IndexFunc(all.Items, func(o api.Obligation) bool { return o.Kind == "audit" })
	if i < 0 {
		t.Fatalf("%+v", all)
	}
	o := all.Items[i]
	at := strings.TrimPrefix(o.Page, "https://data.example")
	var a api.UseAudit
	w.reads(t, "getAudit", at, &a)
	if a.Questions != "数据存放在哪里？谁能读？" || a.By != "authority" || !slices.Equal(a.Can, []string{"answer"}) || a.Due == nil || a.State != "asked" {
		t.Fatalf("%+v", a)
	}
	w.do(t, "getAudit", at, "", 404, w.stranger...)
	elsewhere := strings.NewReplacer(w.grant, w.other, w.other, w.grant).Replace(at)
	w.do(t, "getAudit", elsewhere, "", 404, "Authorization", "Bearer "+w.reading) // of another grant
	body := func(answer string, revision int) string {
		return jsonOf(t, api.UseAnswer{Answer: answer, Revision: revision})
	}
	w.sends(t, "answerAudit", at, body("", a.Revision), 422)
	w.sends(t, "answerAudit", at, body("在自有机房。", a.Revision+1), 409)
	w.sends(t, "answerAudit", at, body("在自有机房。", a.Revision), 404, w.stranger...)
	w.sends(t, "answerAudit", elsewhere, body("在自有机房。", a.Revision), 404)
	w.sends(t, "answerAudit", at, body("在自有机房。", a.Revision), 403, "Authorization", "Bearer "+w.reading)
	w.sends(t, "answerAudit", at, body("在自有机房，两名工程师能读。", a.Revision), 200).into(t, &a)
	if a.State != "answered" || a.Answered == nil || a.Answer != "在自有机房，两名工程师能读。" || len(a.Can) != 0 {
		t.Errorf("%+v", a)
	}
	w.sends(t, "answerAudit", at, body("改一改。", a.Revision), 409)
}

// Cases against one's own grants are read: what was opened, without who reported it,
// and nothing is done in them.
func TestAProgramReadsCases(t *testing.T) {
	w := holdingBy(t, "2026-03-02")
	reported, err := w.cases.ReportBreach(t.Context(), w.officer, supervision.Of(w.grant), "像是转给了别人。")
	if err != nil {
		t.Fatal(err)
	}
	at := "/grants/" + w.grant + "/breaches"
	var list api.Cases
	w.reads(t, "listBreaches", at, &list)
	if len(list.Items) != 0 {
		t.Fatalf("a suspicion is told: %+v", list)
	}
	w.do(t, "getBreach", at+"/"+reported.Number, "", 404, "Authorization", "Bearer "+w.reading)
	b, err := w.cases.OpenBreach(t.Context(), w.officer, supervision.Of(w.grant), supervision.Charge{Violations: []string{"leak"}, Facts: "整表转给了第三方。", Evidence: "取数记录 3 条", Halt: true})
	if err != nil {
		t.Fatal(err)
	}
	w.reads(t, "listBreaches", at, &list)
	if len(list.Items) != 1 || list.Items[0].State != "hearing" || !list.Items[0].Halted || list.Items[0].Due == nil || len(list.Items[0].Violations) != 1 || list.Items[0].Opened == nil {
		t.Fatalf("%+v", list)
	}
	one := at + "/" + b.Number
	var got api.Case
	w.reads(t, "getBreach", one, &got)
	if got.Facts != "整表转给了第三方。" || got.Evidence == "" || len(got.Events) == 0 || got.Page != "https://data.example"+one {
		t.Fatalf("%+v", got)
	}
	for _, e := range got.Events {
		if e.Act == string(supervision.Report) {
			t.Errorf("%+v", e)
		}
	}
	w.hiddenFrom(t, "listBreaches", at)
	w.hiddenFrom(t, "getBreach", one)
	w.do(t, "getBreach", strings.Replace(one, w.grant, w.other, 1), "", 404, "Authorization", "Bearer "+w.reading)
	who := w.who
	who.Session, who.Key, who.Scopes = "", "sy_AbCd1234", []string{account.ScopeApply}
	if _, err := w.cases.MoveBreach(t.Context(), who, b.Number, supervision.BreachStep{Action: supervision.Answer, Words: "没有。", Revision: b.Revision}); err == nil {
		t.Error("a program speaks in a case")
	}
	for path, item := range w.doc.Paths.Map() {
		if strings.Contains(path, "/breaches") && item.Post != nil {
			t.Errorf("%s can be posted to", path)
		}
	}
}

// The example on the page for developers hands in a report and begins a change as it
// stands there, once its first lines are filled in.
func TestTheExampleOfWhatIsOwedRuns(t *testing.T) {
	w := holdingBy(t, "2026-03-02")
	w.Day(t, "2026-08-20")
	w.anew(t)
	key := w.keyOf(t, w.who, account.ScopeApply, account.ScopeRead)
	_, said := w.runs(t, "#owed-code", map[string]string{"report.json": strings.Replace(jsonOf(t, filing(7)), `"revision":7`, `"revision": REVISION`, 1)}, "KEY="+key, "GRANT="+w.grant)
	var r api.UseReport
	w.reads(t, "getReport", "/grants/"+w.grant+"/reports/1", &r)
	mine, err := w.Licensing.Mine(t.Context(), w.who, 0, 10)
	if err != nil || r.State != "filed" || mine[0].Kind != licensing.Change || mine[0].Earlier.Number != w.grant || !strings.Contains(said, `"kind":"report"`) {
		t.Errorf("%v %s %+v\n%s", err, r.State, mine[0], said)
	}
}

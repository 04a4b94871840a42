package portal_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/datasets/questions"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/workdays"
)

func TestTheRoleTableIsShownWhole(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	page := w.get(t, persona(account.AuditAdministrator), "/desk/admin").doc(t)
	if got := page.Find(".roletable tbody tr").Length(); got != len(account.Permissions) {
		t.Errorf("%d rows", got)
	}
	marks := 0
	for _, row := range account.Permissions {
		for _, part := range account.Parts {
			if row.May(part.Role) {
				marks++
			}
		}
	}
	if got := page.Find(".roletable .cellmark i").Length(); got != marks {
		t.Errorf("%d marks, want %d", got, marks)
	}
	if got := page.Find("#apart li").Length(); got != len(account.Exclusions) {
		t.Errorf("%d rules of who may not be whom", got)
	}
	if got := page.Find(`#apart a.src[href="/law/cn-fujian-2023#FJ-III.3a"]`).Length(); got != 1 {
		t.Error("管运分离 does not lead to its article")
	}
	if standard := page.Find("#apart .src").FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.Contains(s.Text(), "GB/T 22239-2019") }); standard.Find("i").Text() != "标" {
		t.Error("the standard is not marked as one")
	}
	if got := page.Find(`#admin-role option[selected]`).AttrOr("value", ""); got != string(account.AuditAdministrator) {
		t.Errorf("first shown is %q", got)
	}
	one := w.get(t, persona(account.Regulator), "/desk/admin?role=officer").doc(t)
	want := 0
	for _, row := range account.Permissions {
		if row.May(account.Officer) {
			want++
		}
	}
	if got := one.Find("#may li:not(.muted)").Length(); got != want {
		t.Errorf("an officer may do %d things, want %d", got, want)
	}
	if r := w.get(t, admin, "/desk/admin?role=emperor"); r.status != 400 {
		t.Errorf("a role that there is not: %d", r.status)
	}
}

// One makes the account, another gives it a role, and each is refused what is the
// other's, however the form came.
func TestAccountsTakeTwoAdministrators(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	guard := persona(account.SecurityAdministrator)
	made := w.post(t, admin, "/desk/admin/accounts", url.Values{"identifier": {"zhang@tests.example"}, "name": {"张三"}, "side": {"manage"}})
	secret := made.doc(t).Find("#new-password").Text()
	if made.status != 200 || len(secret) < 16 {
		t.Fatalf("%d, the password %q", made.status, secret)
	}
	list := w.get(t, guard, "/desk/admin/accounts?q=zhang&state=active").doc(t)
	at := list.Find("#accounts tbody a").AttrOr("href", "")
	if list.Find("#accounts tbody tr").Length() != 1 || at == "" {
		t.Fatal("the search does not find the account")
	}
	if strings.Contains(w.get(t, guard, at).body, secret) {
		t.Error("the password is shown again")
	}
	form := func(pairs ...string) url.Values {
		f := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			f.Add(pairs[i], pairs[i+1])
		}
		return f
	}
	office := w.Office(t).Slug
	for _, c := range []struct {
		name   string
		who    persona
		path   string
		form   url.Values
		status int
		says   string
	}{
		{"the maker gives a role", admin, "/roles", form("role", "officer", "department", office, "reason", "任命"), 403, ""},
		{"the giver shuts the account", guard, "/disable", nil, 403, ""},
		{"the giver sets a password", guard, "/password", nil, 403, ""},
		{"the auditor gives a role", persona(account.AuditAdministrator), "/roles", form("role", "officer"), 403, ""},
		{"no reason", guard, "/roles", form("role", "officer", "department", office), 422, "请写明原因"},
		{"no department", guard, "/roles", form("role", "officer", "reason", "任命"), 422, "须属于一个部门"},
		{"a department that there is not", guard, "/roles", form("role", "officer", "department", "nonesuch", "reason", "任命"), 422, "没有这个部门"},
		{"a department that supervises", guard, "/roles", form("role", "officer", "department", "jgj", "reason", "任命"), 422, "不能行使监管"},
		{"a role of another side", guard, "/roles", form("role", "operator", "reason", "任命"), 409, "只能站在一边"},
		{"two sides at once", guard, "/roles", form("role", "officer", "role", "operator", "department", office, "reason", "任命"), 422, "不同的人"},
		{"a role that there is not", guard, "/roles", form("role", "emperor", "reason", "任命"), 422, "没有这个角色"},
		{"a field that is not offered", guard, "/roles", form("role", "officer", "department", office, "reason", "任命", "side", "system"), 400, ""},
		{"the right one", guard, "/roles", form("role", "officer", "department", office, "reason", "接替李四"), 303, ""},
		{"all roles taken", guard, "/roles", form("reason", "调离"), 303, ""},
		{"given again", guard, "/roles", form("role", "head", "department", office, "reason", "升任"), 303, ""},
	} {
		r := w.post(t, c.who, at+c.path, c.form)
		if r.status != c.status || !strings.Contains(r.body, c.says) {
			t.Errorf("%s: %d, want %d and %q", c.name, r.status, c.status, c.says)
		}
		if c.status == 422 && c.form.Get("reason") != "" && !strings.Contains(r.doc(t).Find("#role-reason").Text(), c.form.Get("reason")) {
			t.Errorf("%s: what was typed is gone", c.name)
		}
	}
	own := fmt.Sprintf("/desk/admin/accounts/%d", mustActor(t, w, w.tokens[guard]).ID)
	if r := w.post(t, guard, own+"/roles", form("role", "security_administrator", "reason", "自己")); r.status != 403 {
		t.Errorf("one's own roles: %d", r.status)
	}
	for who, want := range map[persona]int{guard: 403, persona(account.AuditAdministrator): 403, persona(account.Operator): 200} {
		theirs := fmt.Sprintf("/desk/admin/accounts/%d/password", mustActor(t, w, w.tokens[who]).ID)
		if r := w.post(t, admin, theirs, nil); r.status != want {
			t.Errorf("a new password for %s: %d, want %d", who, r.status, want)
		}
	}
	var reason string
	err := w.Pool.QueryRow(t.Context(), `SELECT content FROM audit_personal JOIN audit_entries ON id = entry_id WHERE act = 'account.roles-set' ORDER BY id DESC LIMIT 1`).Scan(&reason)
	if err != nil || !strings.Contains(reason, "升任") {
		t.Errorf("the audit trail says %q, %v", reason, err)
	}
}

// The audit administrator finds acts by who did them, what and when; nobody else
// gets in; and whoever reads leaves a trace.
func TestTheAuditTrailIsReadAndThatIsRecorded(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	auditor := persona(account.AuditAdministrator)
	made := w.post(t, admin, "/desk/admin/accounts", url.Values{"identifier": {"zhang@tests.example"}, "name": {"=张三"}, "side": {"use"}})
	if made.status != 200 {
		t.Fatal(made.status)
	}
	if _, err := audit.Seal(t.Context(), w.Pool); err != nil {
		t.Fatal(err)
	}
	page := w.get(t, auditor, "/desk/admin/audit?act="+url.QueryEscape("account account.created")+"&actor=admin@tests.example").doc(t)
	if rows := page.Find("#audit tbody tr"); rows.Length() != 1 || !strings.Contains(rows.Text(), "周总管") || !strings.Contains(rows.Text(), "建立账号") || strings.Contains(rows.Text(), "zhang@") {
		t.Fatalf("found: %s", rows.Text())
	}
	entry := w.get(t, auditor, page.Find("#audit tbody th a").AttrOr("href", ""))
	if details := entry.doc(t).Find("#details").Text(); !strings.Contains(details, "side") || !strings.Contains(details, "use") || strings.Contains(details, "zhang@") {
		t.Errorf("the details on the page of the entry are %q", details)
	}
	token := mustActor(t, w, w.tokens[admin]).Session
	if strings.Contains(entry.body, token) {
		t.Error("a session is shown")
	}
	if english := w.get(t, auditor, "/desk/admin/audit", "Accept-Language", "en").doc(t).Find("#audit").Text(); !strings.Contains(english, "made an account") {
		t.Error("the acts have no English")
	}
	today := w.Clock().In(workdays.Zone).Format(time.DateOnly)
	for address, want := range map[string]int{
		"/desk/admin/audit?actor=nobody":                                    200,
		"/desk/admin/audit?act=nonsense":                                    400,
		"/desk/admin/audit?from=yesterday":                                  400,
		"/desk/admin/audit?from=2026-02-30":                                 400,
		"/desk/admin/audit?from=2027-01-02&to=2027-01-01":                   400,
		"/desk/admin/audit?before=-1":                                       400,
		"/desk/admin/audit?actor=" + url.QueryEscape(`'; DROP TABLE x; --`): 200,
		"/desk/admin/audit/0":                                               404,
		"/desk/admin/audit/9999999":                                         404,
		"/desk/admin/audit?to=" + today:                                     200,
	} {
		if r := w.get(t, auditor, address); r.status != want {
			t.Errorf("%s: %d, want %d", address, r.status, want)
		}
	}
	for _, who := range []persona{admin, persona(account.SecurityAdministrator), persona(account.Regulator), own} {
		for _, address := range []string{"/desk/admin/audit", "/desk/admin/audit.csv", "/desk/admin/audit.ndjson", "/desk/admin/audit/1"} {
			if r := w.get(t, who, address); r.status != 403 {
				t.Errorf("%s at %s: %d", who, address, r.status)
			}
		}
	}
	table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.get(t, auditor, "/desk/admin/audit.csv?act="+url.QueryEscape("account account.created")).body, "\uFEFF"))).ReadAll()
	if err != nil || len(table) < 4 || table[0][0] != "seq" || table[1][10] != "建立账号" || table[1][11] != "made an account" {
		t.Errorf("%.300q, %v", table, err)
	}
	lines := strings.Split(strings.TrimSpace(w.get(t, auditor, "/desk/admin/audit.ndjson").body), "\n")
	var first struct {
		Seq  int64  `json:"seq"`
		Hash string `json:"hash"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || first.Seq != 1 || len(first.Hash) != 64 {
		t.Errorf("%s, %v", lines[0], err)
	}
	if r, err := audit.VerifyExport(strings.NewReader(strings.Join(lines, "\n"))); err != nil || r.Links < 4 || r.Faults+r.Gaps != 0 {
		t.Errorf("the export verified outside: %+v, %v", r, err)
	}
	w.verified(t, auditor)
	for _, act := range []string{"read", "read-entry", "export", "verify-asked", "verify"} {
		var n int
		if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE subject = 'audit-trail' AND act = $1`, act).Scan(&n); err != nil || n == 0 {
			t.Errorf("%s is not recorded, %v", act, err)
		}
	}
}

// verified has the chain verified as the audit administrator does, who sees how far
// it is, and then what came of it; a fault is shown with its place.
func (w *whole) verified(t *testing.T, auditor persona) {
	t.Helper()
	const checks = "/desk/admin/audit/checks"
	ask := func() {
		t.Helper()
		if r := w.post(t, auditor, "/desk/admin/audit/verify", nil); r.status != 303 || r.header.Get("Location") != checks {
			t.Fatalf("asked for: %d to %s", r.status, r.header.Get("Location"))
		}
	}
	work := func() {
		t.Helper()
		var job audit.CheckAsked
		if err := w.Pool.QueryRow(t.Context(), `SELECT max(id) FROM audit_checks`).Scan(&job.ID); err != nil {
			t.Fatal(err)
		}
		if err := audit.NewChecker(w.Pool).Work(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	running := w.get(t, auditor, checks)
	if run := running.doc(t).Find("#run[data-live]"); run.Find("progress").AttrOr("value", "") != "0" || !strings.Contains(run.Text(), "正在核对") || !strings.Contains(running.body, `http-equiv="refresh"`) || running.doc(t).Find("form[action='/desk/admin/audit/verify']").Length() != 0 {
		t.Errorf("while it runs: %s", run.Text())
	}
	if english := w.get(t, auditor, checks, "Accept-Language", "en").doc(t).Find("#run").Text(); !strings.Contains(english, "Being verified") {
		t.Errorf("in English: %s", english)
	}
	ask() // once more, while it runs: the same one
	work()
	done := w.get(t, auditor, checks).doc(t)
	if rows := done.Find("#checked tbody tr"); rows.Length() != 1 || !strings.Contains(rows.Text(), "都对得上") || rows.Find("td").First().Text() == "" || done.Find("#run").Length() != 0 {
		t.Errorf("done: %s", rows.Text())
	}
	if last := w.get(t, auditor, "/desk/admin/audit").doc(t).Find("#seal .note").Text(); !strings.Contains(last, "都对得上") {
		t.Errorf("on the page of the trail: %s", last)
	}
	if _, err := w.Pool.Exec(t.Context(), `SET session_replication_role = replica; UPDATE audit_entries SET act = 'x' WHERE seq = 2; SET session_replication_role = origin`); err != nil {
		t.Fatal(err)
	}
	ask()
	work()
	broken := w.get(t, auditor, checks).doc(t).Find("#checked tbody tr").First()
	if !strings.Contains(broken.Text(), "1 处对不上") || !strings.Contains(broken.Text(), "第一处在第 2 条") || broken.Find("a").AttrOr("href", "") == "" {
		t.Errorf("broken: %s", broken.Text())
	}
	if last := w.get(t, auditor, "/desk/admin/audit").doc(t).Find("#seal [role=alert]").Text(); !strings.Contains(last, "请立即保全数据库") {
		t.Errorf("on the page of the trail: %s", last)
	}
}

// Page after page, every entry once, also while others come in.
func TestTheAuditTrailIsPaged(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	auditor := persona(account.AuditAdministrator)
	for i := range 130 {
		if _, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: fmt.Sprintf("n%d@tests.example", i), Name: "某"}); err != nil {
			t.Fatal(err)
		}
	}
	address, seen := "/desk/admin/audit?act="+url.QueryEscape("account account.created"), map[string]bool{}
	for address != "" {
		page := w.get(t, auditor, address).doc(t)
		for _, a := range page.Find("#audit tbody th a").EachIter() {
			if href := a.AttrOr("href", ""); seen[href] {
				t.Errorf("%s stands twice", href)
			} else {
				seen[href] = true
			}
		}
		address = page.Find(`a[rel="next"]`).AttrOr("href", "")
	}
	var want int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE act = 'account.created'`).Scan(&want); err != nil || len(seen) != want {
		t.Errorf("%d entries, want %d, %v", len(seen), want, err)
	}
}

// year2027 is a year as its notice might have it.
const year2027 = "2027-01-01,五,元旦,放假,1,2027\n2027-02-05,五,春节,放假,4,2027\n2027-02-06,六,春节,放假,4,2027\n2027-02-07,日,春节,放假,4,2027\n2027-02-08,一,春节,放假,4,2027\n2027-02-09,二,春节,放假（调休）,4,2027\n2027-02-10,三,春节,放假（调休）,4,2027\n2027-02-11,四,春节,放假（调休）,4,2027\n2027-02-20,六,春节,调休上班,4,2027\n2027-04-05,一,清明,放假,1,2027\n2027-05-01,六,劳动节,放假,2,2027\n2027-05-03,一,劳动节,放假,2,2027\n2027-05-04,二,劳动节,放假（调休）,2,2027\n2027-06-09,三,端午,放假,1,2027\n2027-09-15,三,中秋,放假,1,2027\n2027-10-01,五,国庆节,放假,3,2027\n2027-10-04,一,国庆节,放假,3,2027\n2027-10-05,二,国庆节,放假（调休）,3,2027\n2027-10-06,三,国庆节,放假（调休）,3,2027\n2027-10-02,六,国庆节,放假,3,2027\n2027-10-09,六,国庆节,调休上班,3,2027\n"

// A year is looked at, then kept; what is wrong is said line by line and what was
// typed stays.
func TestAYearIsRegisteredInTheBrowser(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)

	if w.Calendars.Calendar().Covers(2027) {
		t.Fatal("this test registers the first year that does not ship")
	}
	moved := strings.ReplaceAll(year2027, "元旦,放假,1,2027", "元旦,休息,1,2027")
	refused := w.post(t, admin, "/desk/admin/calendars", url.Values{"year": {"2027"}, "notice": {"国办发明电〔2026〕9 号"}, "rows": {moved}, "step": {"look"}})
	if refused.status != 422 || !strings.Contains(refused.doc(t).Find("#look").Text(), "第 1 行") || !strings.Contains(refused.doc(t).Find("#cal-rows").Text(), "休息") {
		t.Errorf("%d: %s", refused.status, refused.doc(t).Find("#look").Text())
	}
	correct := w.get(t, admin, "/desk/admin/calendars?year=2026").doc(t).Find("#cal-rows").Text()
	if !strings.Contains(correct, "2026-10-10,六,国庆节,调休上班,3,2026") {
		t.Fatalf("the form does not hold the year that is corrected: %.200s", correct)
	}
	without := strings.Replace(correct, "2026-10-10,六,国庆节,调休上班,3,2026\n", "", 1)
	asked := url.Values{"year": {"2026"}, "notice": {"国办发明电〔2025〕8 号"}, "rows": {without}, "step": {"save"}}
	doubtful := w.post(t, admin, "/desk/admin/calendars", asked)
	if doubtful.status != 422 || doubtful.doc(t).Find("#doubts li").Length() != 1 {
		t.Fatalf("%d: %s", doubtful.status, doubtful.doc(t).Find("#look").Text())
	}
	asked.Set("sure", "1")
	if r := w.post(t, admin, "/desk/admin/calendars", asked); r.status != 303 {
		t.Fatalf("%d: %s", r.status, r.doc(t).Find("main").Text())
	}
	if worked, err := w.Calendars.Calendar().IsWorkday(time.Date(2026, 10, 10, 9, 0, 0, 0, workdays.Zone)); worked || err != nil {
		t.Errorf("the day is still worked, %v", err)
	}
	if got := w.get(t, admin, "/desk/admin/calendars").doc(t).Find("#known tbody").Text(); !strings.Contains(got, "国办发明电〔2025〕8 号") || !strings.Contains(got, "周总管") {
		t.Errorf("the years: %s", got)
	}
	if out := w.get(t, admin, "/desk/admin/calendars/2026/days.csv"); out.body != "\uFEFF"+without {
		t.Errorf("the CSV is not what was kept: %.200s", out.body)
	}
}

// The score card counts what everybody may see, and nothing else moves it.
func TestTheScoreCardCountsWhatIsPublished(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	asker, officer := w.actorOf(t, citizen), w.actorOf(t, own)
	first := w.Dataset(t, func(d *datasets.Dataset) { d.Open = datasets.Unconditional })
	ask := func(body string) int64 {
		q, err := w.Questions.Ask(t.Context(), asker, first.Slug, "市民", body)
		if err != nil {
			t.Fatal(err)
		}
		return q.ID
	}
	answered := ask("人口按常住还是户籍？")
	if _, err := w.Questions.Move(t.Context(), officer, answered, questions.Answer, "按常住。", 1); err != nil {
		t.Fatal(err)
	}
	ask("为什么没有 2019 年？") // and nobody answers
	w.Set(w.Clock().AddDate(0, 0, 28))
	ask("单位是什么？") // and there is still time
	yesterday, tomorrow := w.Clock().AddDate(0, 0, -1), w.Clock().AddDate(0, 0, 1)
	if _, err := w.Pool.Exec(t.Context(), `UPDATE datasets SET next_due = $1 WHERE id = $2`, yesterday, first.ID); err != nil {
		t.Fatal(err)
	}
	w.Catalogue.Version(t, first, w.Catalogue.Resource(t, first), "a.csv", "甲\n1\n")
	w.Dataset(t, func(d *datasets.Dataset) { d.NextDue, d.Open = &tomorrow, datasets.Unconditional })
	w.Dataset(t, func(d *datasets.Dataset) { d.NextDue, d.Open = nil, datasets.Conditional })
	slug := w.Office(t).Slug
	rows := func() map[string][]string {
		table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.get(t, visitor, "/departments/"+slug+"/score.csv").body, "\uFEFF"))).ReadAll()
		if err != nil || len(table) != 12 {
			t.Fatalf("%q, %v", table, err)
		}
		out := map[string][]string{}
		for _, row := range table[1:] {
			out[row[1]] = row
		}
		return out
	}
	before := rows()
	for name, want := range map[string][3]string{"及时": {"50", "1", "2"}, "开放": {"66", "2", "3"}, "质量": {"", "0", "0"}, "答复": {"50", "1", "2"}, "挂接": {"33", "1", "3"}} {
		if got := before[name]; len(got) != 7 || got[2] != want[0] || got[3] != want[1] || got[4] != want[2] {
			t.Errorf("%s: %q, want %v", name, got, want)
		}
	}
	w.hide(t, "draft-open", datasets.Draft, datasets.Unconditional)
	w.hide(t, "kept-back", datasets.Published, datasets.Withheld)
	w.Changed()
	after := rows()
	for name := range before {
		if strings.Join(before[name], " ") != strings.Join(after[name], " ") {
			t.Errorf("%s: %q, then %q", name, before[name], after[name])
		}
	}
	page := w.get(t, visitor, "/departments/"+slug+"/score").doc(t)
	if page.Find("#score tbody tr").Length() != 11 || page.Find("#score .src").Length() != 11 || page.Find("#bare li").Length() != 2 {
		t.Errorf("the page: %s", page.Find("main").Text())
	}
	if r := w.get(t, visitor, "/departments/never-there/score"); r.status != 404 {
		t.Errorf("a department that there is not: %d", r.status)
	}
}

package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/mail"
	"shuyuan/licensing/supervision"
	"shuyuan/portal/notify"
	"shuyuan/templates/text"
)

// overseer is of the authority over the Office: of a department of its own under the
// same text.
const overseer persona = "overseer"

func (w *whole) overseen(t *testing.T, profile string) {
	t.Helper()
	bureau := w.Department(t, func(d *datasets.Department) { d.Name, d.NameEN = "市数据局", "City Data Bureau" })
	if _, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: "overseer@tests.example", Name: "督", Roles: []account.Role{account.Authority}, Department: bureau.ID, Password: password}); err != nil {
		t.Fatal(err)
	}
	w.tokens[overseer] = w.signIn(t, "overseer@tests.example")
	w.withProfile(t, profile)
}

// ordered is an order to the Office.
func (w *whole) ordered(t *testing.T) *supervision.Order {
	t.Helper()
	if w.tokens[overseer] == "" {
		w.overseen(t, "cn-fujian-2023")
	}
	x, err := w.Server.Supervision.Orderable(t.Context(), w.actorOf(t, overseer), w.Office(t).Slug)
	if err != nil {
		t.Fatal(err)
	}
	o, err := w.Server.Supervision.IssueOrder(t.Context(), w.actorOf(t, overseer), supervision.NewOrder{Department: w.Office(t).Slug, Grounds: []string{"security"}, Facts: "没有定责任人", Remedy: "定责任人", Due: x.Usual.Last.Format(time.DateOnly)})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// putsRight tries to report what was put right.
func (w *whole) putsRight(t *testing.T, p persona) bool {
	t.Helper()
	o := w.ordered(t)
	return w.post(t, p, "/desk/orders/"+o.Number, url.Values{"action": {"answer"}, "answer": {"定了"}, "evidence": {"名单"}, "revision": {"1"}}).status == http.StatusSeeOther
}

// From the score card to the end of an order, in a browser without script.
func TestAnOrderFromTheScoreCardToItsEnd(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	w.overseen(t, "cn-liaoning-anshan-2022")
	office := w.Office(t)
	yesterday := w.Clock().AddDate(0, 0, -1)
	late := w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Open = "bus-stops", datasets.Unconditional })
	if _, err := w.Pool.Exec(t.Context(), `UPDATE datasets SET next_due = $1 WHERE id = $2`, yesterday, late.ID); err != nil {
		t.Fatal(err)
	}
	w.Changed()
	// the score card leads whoever oversees the department to the form, and nobody else
	score, at := "/departments/"+office.Slug+"/score", "/desk/orders/new?about=updating&department="+office.Slug
	for p, want := range map[persona]int{visitor: 0, citizen: 0, own: 0, other: 0, persona(account.Authority): 0, persona(account.Regulator): 0, overseer: 1} {
		if n := w.get(t, p, score).doc(t).Find(`a[href="` + at + `"]`).Length(); n != want {
			t.Errorf("the score card leads %s to an order %d times", p, n)
		}
	}
	for p, want := range map[persona]bool{visitor: false, citizen: false, other: false, own: true, persona(account.Head): true, persona(account.Regulator): true, overseer: true} {
		page := w.get(t, p, score)
		if got := strings.Contains(page.body, "整改及时"); got != want {
			t.Errorf("the score card tells %s of orders: %t", p, got)
		}
		if csv := w.get(t, p, score+".csv"); strings.Contains(csv.body, "整改及时") != want {
			t.Errorf("its CSV tells %s otherwise", p)
		}
	}
	for p, want := range map[persona]int{visitor: 303, citizen: 403, own: 403, admin: 403, persona(account.Regulator): 403, overseer: 200} {
		if r := w.get(t, p, at); r.status != want {
			t.Errorf("the form for %s: %d, want %d", p, r.status, want)
		}
	}
	page := w.get(t, overseer, at).doc(t)
	if facts := page.Find("#facts").Text(); !strings.Contains(facts, office.Name+"在平台评价的“及时”一项") || !strings.Contains(facts, "全部 1，做到 0，没有做到 1") {
		t.Errorf("the facts: %q", facts)
	}
	if got := page.Find("#ground input[checked]").AttrOr("value", ""); got != "updating" || strings.TrimSpace(page.Find("#entries").Text()) != "bus-stops" || page.Find("#ground .house").Length() == 0 || page.Find(`main a[href*="AS-49"]`).Length() == 0 {
		t.Errorf("ground %q, entries %q", got, page.Find("#entries").Text())
	}
	usual := page.Find("#due").AttrOr("value", "")
	if r := w.get(t, overseer, "/desk/orders/new"); r.doc(t).Find(`select[name=department] option[value="`+office.Slug+`"]`).Length() != 1 {
		t.Error("no choice of departments")
	}
	if r := w.get(t, overseer, at+"x"); r.status != 422 {
		t.Errorf("a department that there is not: %d", r.status)
	}
	if r := w.get(t, overseer, "/desk/orders/new?about=nonsense&department="+office.Slug); r.status != 400 {
		t.Errorf("a line that there is not: %d", r.status)
	}
	order := url.Values{"department": {office.Slug}, "ground": {"updating"}, "facts": {"一个条目逾期没有更新。"}, "remedy": {"更新，写明以后怎样按时。"}, "entries": {"http://portal/datasets/bus-stops\n"}, "due": {usual}}
	for field, f := range map[string]url.Values{"ground": with(order, "ground", ""), "facts": with(order, "facts", " "), "remedy": with(order, "remedy", ""), "due": with(order, "due", "2027-10-01"), "entries": with(order, "entries", "nonesuch"), "department": with(order, "department", "")} {
		r := w.post(t, overseer, "/desk/orders", f)
		if page := r.doc(t); r.status != 422 || field != "department" && (page.Find("form .err").Length() != 1 || field != "remedy" && page.Find("#remedy").Text() != "更新，写明以后怎样按时。") {
			t.Errorf("%s: %d %s", field, r.status, page.Find(".err,.bad").Text())
		}
	}
	for name, f := range map[string]url.Values{"an unknown ground": with(order, "ground", "nonsense"), "long": with(order, "facts", strings.Repeat("长", 4001)), "a control character": with(order, "remedy", "a\x00b")} {
		if r := w.post(t, overseer, "/desk/orders", f); r.status != 422 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := w.post(t, overseer, "/desk/orders", with(order, "state", "closed")); r.status != 400 {
		t.Errorf("a field that there is not: %d", r.status)
	}
	r := w.post(t, overseer, "/desk/orders", order)
	path, _, _ := strings.Cut(r.header.Get("Location"), "?")
	if r.status != 303 || !strings.HasPrefix(path, "/desk/orders/ZG-") {
		t.Fatalf("%d %s", r.status, r.doc(t).Find(".err").Text())
	}
	number := strings.TrimPrefix(path, "/desk/orders/")
	for p, want := range map[persona]int{visitor: 303, citizen: 403, other: 404, own: 200, persona(account.Head): 200, persona(account.Authority): 200, persona(account.Regulator): 200, overseer: 200, persona(account.SecurityReviewer): 403, key: 403} {
		if r := w.get(t, p, path); r.status != want && !(p == key && r.status == 401) {
			t.Errorf("the order for %s: %d, want %d", p, r.status, want)
		}
	}
	if page := w.get(t, own, "/desk/inbox?kind=order").doc(t).Find("main").Text(); !strings.Contains(page, number) || !strings.Contains(page, "请整改并报告") {
		t.Errorf("the inbox: %s", page)
	}
	if page := w.get(t, own, path); !strings.Contains(page.body, "一个条目逾期没有更新。") || page.doc(t).Find(`a[href*="AS-49"]`).Length() == 0 || page.doc(t).Find("button[value=close]").Length() != 0 {
		t.Error("the page of the department")
	}
	if n := w.get(t, persona(account.Regulator), path).doc(t).Find("main form").Length(); n != 0 {
		t.Errorf("the regulator is offered %d forms", n)
	}
	revision := func(p persona) string {
		return w.get(t, p, path).doc(t).Find(`input[name=revision]`).First().AttrOr("value", "1")
	}
	move := func(p persona, pairs ...string) reply {
		return w.post(t, p, path, with(url.Values{"revision": {revision(p)}}, pairs...))
	}
	for name, r := range map[string]reply{
		"a move that there is not": move(own, "action", "burn"), "of the authority": move(own, "action", "close", "finding", "x"), "of the department": move(overseer, "action", "answer", "answer", "x", "evidence", "x"),
		"by the regulator": move(persona(account.Regulator), "action", "withdraw", "reason", "x"), "before its turn": move(overseer, "action", "close", "finding", "x"),
		"an old page": w.post(t, own, path, url.Values{"action": {"answer"}, "answer": {"x"}, "evidence": {"x"}, "revision": {"77"}}),
	} {
		if r.status != 403 && r.status != 409 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := w.post(t, own, "/desk/orders/ZG-2026-999999", url.Values{"action": {"answer"}, "answer": {"x"}, "evidence": {"x"}, "revision": {"1"}}); r.status != 404 {
		t.Errorf("an order that there is not: %d", r.status)
	}
	for field, pairs := range map[string][]string{"answer": {"action", "answer", "answer", " ", "evidence", "x"}, "evidence": {"action", "answer", "answer", "更新了"}, "links": {"action", "answer", "answer", "更新了", "links", "SQ-2026-999999"}, "days": {"action", "ask", "asked", "忙", "days", "many"}, "asked": {"action", "ask", "days", "3"}} {
		if r := move(own, pairs...); r.status != 422 || r.doc(t).Find("#"+field).Length() != 1 || r.doc(t).Find("form .err").Length() != 1 {
			t.Errorf("%s: %d %s", field, r.status, r.doc(t).Find(".err,.bad").Text())
		}
	}
	steps := []struct {
		p     persona
		pairs []string
		says  string
	}{
		{own, []string{"action", "ask", "asked", "系统在升级。", "days", "5"}, "等主管部门答复"},
		{overseer, []string{"action", "extend", "days", "3", "reason", "三天够。"}, "准予 3 个工作日：三天够。"},
		{own, []string{"action", "answer", "answer", "更新了。", "links", "/datasets/bus-stops"}, "已报告，待核查"},
		{overseer, []string{"action", "want", "finding", "没有写以后怎样按时。", "due", usual}, "整改不足，再整改"},
		{own, []string{"action", "answer", "answer", "补写了。", "evidence", "制度一份"}, "已报告，待核查"},
		{overseer, []string{"action", "close", "finding", "看过条目和制度。"}, "整改完成"},
	}
	for _, step := range steps {
		if r := move(step.p, step.pairs...); r.status != 303 {
			t.Fatalf("%v: %d %s", step.pairs, r.status, r.doc(t).Find(".late,.err").Text())
		}
		if page := w.get(t, own, path).doc(t).Find("main").Text(); !strings.Contains(page, step.says) {
			t.Errorf("%v: the page does not say %q", step.pairs, step.says)
		}
	}
	if page := w.get(t, own, path).doc(t); page.Find("main form").Length() != 0 || page.Find("#history li").Length() != 7 {
		t.Errorf("at its end: %d forms, %d lines", page.Find("main form").Length(), page.Find("#history li").Length())
	}
	if list := w.get(t, own, "/desk/orders?state=closed&all=1"); !strings.Contains(list.body, number) {
		t.Error("the list")
	}
	if list := w.get(t, other, "/desk/orders?all=1"); strings.Contains(list.body, number) {
		t.Error("another department lists it")
	}
	if r := w.get(t, own, "/desk/orders?state=burnt"); r.status != 400 {
		t.Errorf("a state that there is not: %d", r.status)
	}
	for _, p := range []string{"/", "/datasets/bus-stops", "/departments/" + office.Slug, score} {
		if page := w.get(t, visitor, p); strings.Contains(page.body, number) || strings.Contains(page.body, "一个条目逾期没有更新") {
			t.Errorf("%s tells the public of it", p)
		}
	}
	letters := w.supervisionLetters(t, "own@tests.example")
	if len(letters) != 4 || !strings.Contains(letters[0].Subject, usual) || !strings.Contains(letters[0].Text, "一个条目逾期没有更新。") || !strings.Contains(letters[0].Text, "市数据局") || !strings.Contains(letters[0].Text, path) || !strings.Contains(letters[0].Text, "Rectification order") ||
		!strings.Contains(letters[3].Subject, "确认整改完成") {
		t.Errorf("the letters: %+v", letters)
	}
}

// supervisionLetters are what somebody is written about cases and orders, as it goes
// out.
func (w *whole) supervisionLetters(t *testing.T, to string) (out []mail.Letter) {
	t.Helper()
	rows, err := w.Pool.Query(t.Context(), `SELECT args FROM river_job WHERE kind = 'supervision_notice' AND args ->> 'to' = $1 ORDER BY id`, to)
	if err != nil {
		t.Fatal(err)
	}
	notices, err := pgx.CollectRows(rows, pgx.RowTo[supervision.Notice])
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range notices {
		out = append(out, notify.Supervision(n, "https://data.example.gov.cn", text.Chinese, text.English))
	}
	return out
}

// A department is reminded before its day, on it and when it has passed, and so is the
// authority then.
func TestAnOrderIsRemindedOf(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	w.Set(at(1, 10))
	w.overseen(t, "cn-fujian-2023")
	o := w.ordered(t)
	for _, c := range []struct {
		day            int
		own, authority string
	}{{8, "", ""}, {18, "2026-12-22", ""}, {22, "2026-12-22", ""}, {23, "逾期", "逾期"}} {
		w.Set(at(c.day, 10))
		if err := w.follows.RemindDesks(t.Context()); err != nil {
			t.Fatal(err)
		}
		all := w.letters(t)
		for who, want := range map[string]string{"own@tests.example": c.own, "overseer@tests.example": c.authority} {
			got := ""
			for _, l := range all[who] {
				if strings.Contains(l.Text, o.Number) {
					got += l.Subject
				}
			}
			if want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("on the %dth %s is told %q, want %q", c.day, who, got, want)
			}
		}
	}
}

// A department shows what it did by files: prepared while it is its turn, handed in
// with its answer, and then as they are for everybody who knows of the order.
func TestFilesShowWhatWasPutRight(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	o := w.ordered(t)
	at := "/desk/orders/" + o.Number
	files := at + "/papers"
	if link := w.get(t, own, at).doc(t).Find(`#act a[href="` + files + `"]`).Length(); link != 1 {
		t.Errorf("the order leads to its files %d times", link)
	}
	for p, want := range map[persona]int{visitor: 303, citizen: 403, other: 404, own: 200, persona(account.Head): 200, persona(account.Regulator): 403, overseer: 403, key: 403} {
		if r := w.get(t, p, files); r.status != want && !(p == key && r.status == 401) {
			t.Errorf("the form for files for %s: %d, want %d", p, r.status, want)
		}
	}
	for _, p := range []persona{citizen, other, persona(account.Regulator), overseer} {
		if r := w.handIn(t, p, files, "", "a.pdf", anyPDF); r.status != 403 && r.status != 404 {
			t.Errorf("%s adds a file: %d", p, r.status)
		}
	}
	for name, c := range map[string]struct {
		files []string
		says  string
	}{
		"a page":             {[]string{"名单.pdf", "<!DOCTYPE html><script>alert(1)</script>"}, "“名单”没有收下。"},
		"an empty one":       {[]string{"a.pdf", ""}, "文件是空的。"},
		"none":               {[]string{"", ""}, "请选一个文件。"},
		"one that does more": {[]string{"a.pdf", "%PDF-1.4\n1 0 obj\n<</OpenAction<</S/JavaScript/JS(x)>>>>\nendobj\n%%EOF\n"}, "“a”没有收下。"},
	} {
		r := w.handIn(t, own, files, "", c.files...)
		if got := r.doc(t).Find("#slot-0-note").Text(); r.status != 422 || !strings.Contains(got, c.says) {
			t.Errorf("%s: %d %q", name, r.status, got)
		}
	}
	if r := w.handIn(t, own, files, "营业执照", "a.pdf", anyPDF); r.status != 422 {
		t.Errorf("for a material that nobody asked for: %d", r.status)
	}
	if r := w.handIn(t, own, files, "", "名单.pdf", anyPDF, "错的.pdf", anyPDF); r.status != 303 {
		t.Fatalf("two files: %d %s", r.status, r.doc(t).Find(".err,.bad").Text())
	}
	page := w.get(t, own, files).doc(t)
	remove := page.Find(`.papers li:contains("错的") form`).AttrOr("action", "")
	kept := page.Find(`.papers li:contains("名单") a`).AttrOr("href", "")
	for p, want := range map[persona]int{overseer: 403, other: 404, own: 303} {
		if r := w.post(t, p, remove, nil); r.status != want {
			t.Errorf("%s takes a file back: %d, want %d", p, r.status, want)
		}
	}
	for _, p := range []persona{visitor, citizen, other, overseer, persona(account.Regulator)} { // of what is only prepared nobody else knows
		if r := w.get(t, p, kept); r.status == 200 {
			t.Errorf("%s reads what was not handed in", p)
		}
		if page := w.get(t, p, at); strings.Contains(page.body, "名单.pdf") {
			t.Errorf("%s is told of it", p)
		}
	}

	answer := func(words string) reply {
		revision := w.get(t, own, at).doc(t).Find(`input[name=revision]`).First().AttrOr("value", "")
		return w.post(t, own, at, url.Values{"revision": {revision}, "action": {"answer"}, "answer": {words}})
	}
	if r := answer("定了责任人。"); r.status != 303 { // the file is the evidence
		t.Fatalf("%d %s", r.status, r.doc(t).Find(".err,.bad").Text())
	}
	for p, want := range map[persona]int{visitor: 303, citizen: 403, other: 404, own: 200, persona(account.Head): 200, persona(account.Authority): 200, overseer: 200, persona(account.Regulator): 200, key: 403} {
		r := w.get(t, p, kept)
		if r.status != want && !(p == key && r.status == 401) {
			t.Errorf("the file for %s: %d, want %d", p, r.status, want)
		}
		if want == 200 && (r.body != anyPDF || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment;") || r.header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("it is given to %s as %v", p, r.header)
		}
	}
	seen := w.get(t, overseer, at).doc(t)
	if seen.Find("#papers .papers li").Length() != 1 || !strings.Contains(seen.Find("#history").Text(), "名单.pdf") {
		t.Errorf("the authority sees %s", seen.Find("#papers").Text())
	}
	if r := w.get(t, own, files); r.status != 303 {
		t.Errorf("the form for files after the answer: %d", r.status)
	}
	if r := w.handIn(t, own, files, "", "a.pdf", anyPDF); r.status != 409 || !strings.Contains(r.body, "现在不能增减文件") {
		t.Errorf("added after the answer: %d", r.status)
	}
	if r := w.post(t, own, kept+"/remove", nil); r.status != 409 {
		t.Errorf("taken back after the answer: %d", r.status)
	}
	if n := w.get(t, own, at).doc(t).Find("#papers .papers li").Length(); n != 1 {
		t.Errorf("%d files after that", n)
	}

	move := func(pairs ...string) {
		t.Helper()
		revision := w.get(t, overseer, at).doc(t).Find(`input[name=revision]`).First().AttrOr("value", "")
		if r := w.post(t, overseer, at, with(url.Values{"revision": {revision}}, pairs...)); r.status != 303 {
			t.Fatalf("%v: %d %s", pairs, r.status, r.doc(t).Find(".err,.bad").Text())
		}
	}
	move("action", "want", "finding", "名单没有电话。", "due", o.Due.Last.Format(time.DateOnly))
	if r := answer("补了。"); r.status != 422 { // what was shown with the first answer is no evidence for the second
		t.Errorf("an answer that shows nothing: %d", r.status)
	}
	if r := w.handIn(t, own, files, "", "电话.pdf", anyPDF); r.status != 303 {
		t.Fatalf("a file for the second answer: %d", r.status)
	}
	move("action", "withdraw", "reason", "不用了。")
	if page := w.get(t, own, at).doc(t).Find("#papers").Text(); !strings.Contains(page, "名单.pdf") || strings.Contains(page, "电话.pdf") {
		t.Errorf("after the order was taken back: %s", page)
	}
}

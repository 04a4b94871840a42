package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// useGranted makes a grant of the citizen's to an entry of the Office that was made
// so many months ago and lasts a year, under which the file was taken once.
func (w *whole) useGranted(t *testing.T, name string, months int) (number, slug string) {
	t.Helper()
	if _, err := w.Pool.Exec(t.Context(), `UPDATE departments SET profile = 'cn-fujian-2023' WHERE id = $1`, w.Office(t).ID); err != nil {
		t.Fatal(err)
	}
	d, _ := w.hide(t, name, datasets.Published, datasets.Conditional)
	if err := w.Pool.QueryRow(t.Context(), `
		WITH who AS (SELECT id FROM users WHERE identifier = 'citizen@tests.example'), whose AS (SELECT id FROM users WHERE identifier = 'own@tests.example'),
		n AS (SELECT lpad((1 + count(*))::text, 6, '0') AS n, $2::timestamptz - make_interval(months => $3) AS at FROM applications),
		a AS (INSERT INTO applications (number, dataset_id, user_id, applicant, applicant_name, state, created_at, saved_at, lane, purpose, submitted_at, accepted_at, decided_at)
			SELECT 'SQ-2026-' || n, $1, who.id, 'natural', '市民', 'granted', at, at, 'public', '提示', at, at, at FROM who, n RETURNING id),
		g AS (INSERT INTO agreements (application_id, edition, template, body, sha256, made_at, user_by, user_name, user_at, provider_by, provider_name, provider_at)
			SELECT a.id, 1, 't', '协议', encode(sha256(convert_to('协议', 'UTF8')), 'hex'), at, who.id, '市民', at, whose.id, '林', at FROM a, n, who, whose RETURNING id, sha256),
		x AS (INSERT INTO grants (number, application_id, agreement_id, dataset_id, user_id, lane, purpose, terms, files_day, rows_day, from_at, until_at, state, state_at)
			SELECT 'SQZ-2026-' || n, a.id, g.id, $1, who.id, 'public', '提示', g.sha256, 9, 9, at, at + interval '1 year', 'active', at FROM a, g, n, who RETURNING id, number, user_id, terms),
		i AS (INSERT INTO grant_items SELECT x.id, r.id, NULL, '' FROM x, resources r WHERE r.dataset_id = $1),
		y AS (INSERT INTO acquisitions (user_id, grant_id, dataset_id, version_id, sha256, channel, form, terms, request, began_at)
			SELECT x.user_id, x.id, $1, v.id, v.sha256, 'file', 'csv', x.terms, 'r', n.at FROM x, n, resources r JOIN versions v ON v.resource_id = r.id WHERE r.dataset_id = $1)
		SELECT number FROM x`, d.ID, w.Clock(), months).Scan(&number); err != nil {
		t.Fatal(err)
	}
	if err := w.Use.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	return number, d.Slug
}

// located is where a redirect leads, without what says that something was done.
func located(t *testing.T, what string, r reply) string {
	t.Helper()
	if r.status != 303 {
		t.Fatalf("%s: %d %s", what, r.status, r.doc(t).Find(".err, .late").Text())
	}
	return strings.TrimSuffix(r.header.Get("Location"), "?done=1")
}

var useContent = url.Values{"used": {"提示居民"}, "results": {"每天一张图"}, "access": {"两人"}, "security": {"磁盘加密"}, "personal": {"no"}, "onward": {"no"}, "shown": {"每日空气质量提示<script>"}}

// From the reminder on the list of grants over the report to the result on the
// public page, without a script; wrong input is told at its field and kept.
func TestAReportOfUseFromTheGrantToThePublicPage(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	number, slug := w.useGranted(t, "reported", 7)
	at := "/grants/" + number + "/reports/1"
	if list := w.get(t, citizen, "/grants").doc(t); list.Find(`a[href="`+at+`"]`).Length() != 1 || !strings.Contains(list.Find("main").Text(), "已逾期") {
		t.Errorf("the list of grants: %s", list.Find("main").Text())
	}
	for p, want := range map[persona]int{visitor: 303, citizen: 200, own: 404, other: 404, admin: 404, persona(account.Regulator): 404} {
		if r := w.get(t, p, at); r.status != want {
			t.Errorf("%s sees the holder's page: %d", p, r.status)
		}
	}
	for _, second := range []string{"+1", "01", "0"} {
		if r := w.get(t, citizen, strings.TrimSuffix(at, "1")+second); r.status != 404 {
			t.Errorf("/reports/%s: %d", second, r.status)
		}
	}
	fresh, _ := w.useGranted(t, "fresh", 1)
	early := w.get(t, citizen, "/grants/"+fresh+"/reports/1").doc(t)
	if early.Find("textarea").Length() != 0 || !strings.Contains(early.Find("#form").Text(), "起在这里填写（平台规则）") {
		t.Errorf("a report of a period that has hardly begun: %s", early.Find("main").Text())
	}
	revision := w.get(t, citizen, at).doc(t).Find("input[name=revision]").AttrOr("value", "")
	for field, f := range map[string]url.Values{
		"used": with(useContent, "used", ""), "results": with(useContent, "results", strings.Repeat("长", 2001)), "personal": with(useContent, "personal", ""), "onward_how": with(useContent, "onward", "yes"),
		"shown": with(useContent, "shown", "电话 13800138000"), "access": with(useContent, "access", "\x00"),
	} {
		f.Set("revision", revision)
		r := w.post(t, citizen, at, f)
		page := r.doc(t)
		if r.status != 422 || page.Find("form .err").Length() != 1 || page.Find("#"+field).Length() == 0 {
			t.Errorf("%s: %d, %d marked", field, r.status, page.Find("form .err").Length())
		}
		if field != "security" && page.Find("#security").Text() != "磁盘加密" {
			t.Errorf("%s: what was typed is lost", field)
		}
	}
	for name, f := range map[string]url.Values{"a field that there is not": with(useContent, "revision", revision, "state", "accepted"), "no revision": with(useContent, "revision", "x")} {
		if r := w.post(t, citizen, at, f); r.status != 400 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := w.post(t, own, at, with(useContent, "revision", revision)); r.status != 403 && r.status != 404 {
		t.Errorf("another files: %d", r.status)
	}
	located(t, "filed", w.post(t, citizen, at, with(useContent, "revision", revision)))
	if r := w.post(t, citizen, at, with(useContent, "revision", revision)); r.status != 409 {
		t.Errorf("filed twice: %d", r.status)
	}
	inbox := w.get(t, own, "/desk/inbox").doc(t)
	desk, _ := inbox.Find(`a[href^="/desk/use/reports/"]`).Attr("href")
	if desk == "" || !strings.Contains(inbox.Find("main").Text(), "请看使用报告") {
		t.Fatalf("the inbox: %s", inbox.Find("main").Text())
	}
	for p, want := range map[persona]int{visitor: 303, citizen: 403, own: 200, other: 404, admin: 403, persona(account.Head): 200, persona(account.Authority): 200, persona(account.Regulator): 200} {
		if r := w.get(t, p, desk); r.status != want {
			t.Errorf("%s at the desk: %d, want %d", p, r.status, want)
		}
	}
	rev := w.get(t, own, desk).doc(t).Find("input[name=revision]").AttrOr("value", "")
	if r := w.post(t, own, desk, url.Values{"revision": {rev}, "action": {"return"}, "missing": {" "}}); r.status != 422 {
		t.Errorf("returned without a word: %d", r.status)
	}
	if r := w.post(t, own, desk, url.Values{"revision": {rev}, "action": {"void"}}); r.status != 400 {
		t.Errorf("a move that is none: %d", r.status)
	}
	if r := w.post(t, other, desk, url.Values{"revision": {rev}, "action": {"accept"}}); r.status != 404 {
		t.Errorf("another department: %d", r.status)
	}
	located(t, "returned", w.post(t, own, desk, url.Values{"revision": {rev}, "action": {"return"}, "missing": {"写明网址"}}))
	back := w.get(t, citizen, at).doc(t)
	if !strings.Contains(back.Find("main").Text(), "写明网址") || back.Find("#used").Text() != "提示居民" {
		t.Errorf("what is missing: %s", back.Find("main").Text())
	}
	located(t, "completed", w.post(t, citizen, at, with(useContent, "revision", back.Find("input[name=revision]").AttrOr("value", ""))))
	page := w.get(t, own, desk).doc(t)
	if page.Find("button[value=return]").Length() != 0 {
		t.Error("it can be returned once more")
	}
	if public := w.get(t, visitor, "/datasets/"+slug); strings.Contains(public.body, "每日空气质量提示") {
		t.Error("shown before it was accepted")
	}
	located(t, "accepted", w.post(t, own, desk, url.Values{"revision": {page.Find("input[name=revision]").AttrOr("value", "")}, "action": {"accept"}}))
	w.Changed()
	public := w.get(t, visitor, "/datasets/"+slug)
	if !strings.Contains(public.doc(t).Find("#results").Text(), "每日空气质量提示<script>") || public.contains("提示<script>") != "" || strings.Contains(public.doc(t).Find("#results").Text(), "市民") {
		t.Errorf("the public page: %s", public.doc(t).Find("#results").Text())
	}
}

// From the end of a grant over the certificate to its seal, and from the draw to a
// finding, without a script.
func TestDestructionAndAuditInTheBrowser(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	number, _ := w.useGranted(t, "destroyed", 1)
	drawn := located(t, "drawn", w.post(t, persona(account.Authority), "/desk/use/draws", url.Values{"which": {"live"}, "questions": {"数据在哪里？"}}))
	draw := w.get(t, persona(account.Authority), drawn).doc(t)
	if !strings.Contains(draw.Find("main").Text(), "照种子和名单重算，结果一样。") {
		t.Errorf("the draw: %s", draw.Find("main").Text())
	}
	desk, _ := draw.Find(`a[href^="/desk/use/audits/"]`).First().Attr("href")
	at := "/grants/" + number + "/audits/" + desk[strings.LastIndexByte(desk, '/')+1:]
	revision := func(p persona, at string) string {
		return w.get(t, p, at).doc(t).Find("input[name=revision]").First().AttrOr("value", "")
	}
	if r := w.post(t, citizen, at, url.Values{"revision": {revision(citizen, at)}, "action": {"answer"}, "answer": {""}}); r.status != 422 || r.doc(t).Find(".err").Length() != 1 {
		t.Errorf("an empty answer: %d", r.status)
	}
	located(t, "answered", w.post(t, citizen, at, url.Values{"revision": {revision(citizen, at)}, "action": {"answer"}, "answer": {"在机房"}}))
	auth := persona(account.Authority)
	if r := w.post(t, auth, desk, url.Values{"revision": {revision(auth, desk)}, "action": {"find_fault"}, "words": {"与记录不符"}, "violation": {""}}); r.status != 422 || r.doc(t).Find(".err").Length() != 1 {
		t.Errorf("no violation: %d", r.status)
	}
	located(t, "found", w.post(t, auth, desk, url.Values{"revision": {revision(auth, desk)}, "action": {"find_fault"}, "words": {"与记录不符"}, "violation": {"leak"}}))
	if page := w.get(t, auth, desk).doc(t); !strings.Contains(page.Find("#finding").Text(), "泄露") || page.Find(`a[href="/desk/breaches/new?grant=`+number+`"]`).Length() != 1 {
		t.Errorf("the finding: %s", page.Find("main").Text())
	}
	if r := w.get(t, citizen, "/grants/"+number+"/destruction"); r.status != 404 {
		t.Errorf("owed before the end: %d", r.status)
	}
	located(t, "given back", w.post(t, citizen, "/grants/"+number+"/surrender", url.Values{"sure": {"1"}, "revision": {revision(citizen, "/grants/"+number)}}))
	at = "/grants/" + number + "/destruction"
	form := url.Values{"action": {"certify"}, "method": {"覆写三遍后删除"}, "copies": {"没有副本"}, "destroyer": {"李工"}, "destroyed_on": {w.Clock().Format("2006-01-02")}, "supervisor": {"王主任"}, "true": {"1"}}
	for field, f := range map[string]url.Values{"method": with(form, "method", ""), "destroyed_on": with(form, "destroyed_on", "昨天"), "supervisor": with(form, "supervisor", ""), "true": with(form, "true", "")} {
		f.Set("revision", revision(citizen, at))
		if r := w.post(t, citizen, at, f); r.status != 422 || r.doc(t).Find("form .err").Length() != 1 {
			t.Errorf("%s: %d, %s", field, r.status, r.doc(t).Find(".err").Text())
		}
	}
	if r := w.get(t, citizen, at+"/certificate"); r.status != 404 {
		t.Errorf("a certificate that there is not: %d", r.status)
	}
	located(t, "certified", w.post(t, citizen, at, with(form, "revision", revision(citizen, at))))
	if page := w.get(t, citizen, at+"/certificate").doc(t); page.Find("svg.seal").Length() != 0 || !strings.Contains(page.Find(".agree").Text(), "覆写三遍后删除") {
		t.Errorf("sealed before it was confirmed: %s", page.Find("main").Text())
	}
	desk, _ = w.get(t, own, "/desk/use/destructions").doc(t).Find(`a[href^="/desk/use/destructions/"]`).First().Attr("href")
	if r := w.post(t, own, desk, url.Values{"revision": {revision(own, desk)}, "action": {"find_wanting"}, "words": {""}}); r.status != 422 {
		t.Errorf("wanting without a word: %d", r.status)
	}
	located(t, "confirmed", w.post(t, own, desk, url.Values{"revision": {revision(own, desk)}, "action": {"confirm"}}))
	for p, page := range map[persona]string{citizen: at + "/certificate", own: desk + "/certificate", persona(account.Regulator): desk + "/certificate"} {
		if doc := w.get(t, p, page).doc(t); doc.Find("svg.seal").Length() != 1 || !strings.Contains(doc.Find(".sealed").Text(), "SHA-256") {
			t.Errorf("%s: %s", p, doc.Find("main").Text())
		}
	}
	for p, want := range map[persona]int{visitor: 303, other: 404} {
		if r := w.get(t, p, desk+"/certificate"); r.status != want {
			t.Errorf("%s: %d", p, r.status)
		}
	}
	for _, part := range []string{"", "?part=late", "?part=all"} {
		if r := w.get(t, own, "/desk/use/destructions"+part); r.status != 200 {
			t.Errorf("%s: %d", part, r.status)
		}
	}
	for _, bad := range []string{"/desk/use?part=mine", "/desk/use?x=1"} {
		if r := w.get(t, own, bad); r.status != 400 {
			t.Errorf("%s: %d", bad, r.status)
		}
	}
}

package portal_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/portal"
)

func TestAQuestionIsPublicOnceItIsAnswered(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t)
	ask := func(p persona, asker, body string) reply {
		return w.post(t, p, "/datasets/"+d.Slug+"/ask", url.Values{"asker": {asker}, "body": {body}})
	}
	if r := ask(visitor, "某", "时间是北京时间吗？"); r.status != 401 {
		t.Fatalf("a visitor asks: %d", r.status)
	}
	for name, c := range map[string][2]string{"without a name": {"", "时间是北京时间吗？"}, "too short": {"某", "？"}, "too long": {"某", strings.Repeat("长", 1001)}, "a control character": {"某", "时间\x00是北京时间吗？"}} {
		r := ask(citizen, c[0], c[1])
		if r.status != 422 || r.doc(t).Find(`[aria-invalid="true"]`).Length() != 1 {
			t.Errorf("%s: %d, %d fields marked", name, r.status, r.doc(t).Find(`[aria-invalid="true"]`).Length())
		}
	}
	const words = "时间是北京时间吗？<script>alert(1)</script>"
	if r := ask(citizen, "市民甲", words); r.status != 303 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := ask(citizen, "市民甲", words); r.status != 409 {
		t.Errorf("the same again: %d", r.status)
	}
	shows := func(p persona, path string) bool {
		return strings.Contains(w.get(t, p, path).doc(t).Find("main").Text(), "时间是北京时间吗")
	}
	if shows(visitor, "/datasets/"+d.Slug) || shows(own, "/datasets/"+d.Slug+"/questions") || !shows(citizen, "/account/questions") || !shows(own, "/desk/questions") || !shows(own, "/desk/inbox") || shows(other, "/desk/questions") {
		t.Error("before it is answered, its asker and the department see a question, and nobody else")
	}
	path, _ := w.get(t, own, "/desk/questions").doc(t).Find(`.qa a[href^="/desk/questions/"]`).Attr("href")
	answer := func(p persona, action, text, revision string) reply {
		return w.post(t, p, path, url.Values{"action": {action}, "answer": {text}, "revision": {revision}})
	}
	for name, r := range map[string]reply{"another department": answer(other, "answer", "是。", "1"), "the asker": answer(citizen, "answer", "是。", "1"), "the authority": answer(persona(account.Authority), "answer", "是。", "1")} {
		if r.status != 403 && r.status != 404 {
			t.Errorf("%s answers: %d", name, r.status)
		}
	}
	if r := answer(own, "answer", "", "1"); r.status != 422 {
		t.Errorf("an empty answer: %d", r.status)
	}
	if r := answer(own, "answer", "是，东八区。", "1"); r.status != 303 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := answer(own, "decline", "不答。", "1"); r.status != 409 {
		t.Errorf("a second officer, at once: %d", r.status)
	}
	w.Changed()
	page := w.get(t, visitor, "/datasets/"+d.Slug)
	if main := page.doc(t).Find("#questions").Text(); !strings.Contains(main, "是，东八区。") || !strings.Contains(main, "官方答复") || strings.Contains(page.body, "<script>alert(1)") {
		t.Errorf("%s", main)
	}
	if told := w.get(t, visitor, "/api/v1/datasets/"+d.Slug+"/questions"); told.status != 200 || !strings.Contains(told.body, `"answer":"是，东八区。"`) || strings.Contains(told.body, "tests.example") {
		t.Errorf("programs are told %d: %s", told.status, told.body)
	}
	if !shows(visitor, "/datasets/"+d.Slug+"/questions") || shows(own, "/desk/inbox") {
		t.Error("what is answered is public and waits no longer")
	}
}

func TestWhatIsDeclinedOrTakenBackIsNeverPublic(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t)
	for _, words := range []string{"请公开某某的住址。", "我想收回这个问题。"} {
		if r := w.post(t, citizen, "/datasets/"+d.Slug+"/ask", url.Values{"asker": {"某"}, "body": {words}}); r.status != 303 {
			t.Fatal(r.status)
		}
	}
	if r := w.post(t, own, "/desk/questions/1", url.Values{"action": {"decline"}, "answer": {"涉及个人信息。"}, "revision": {"1"}}); r.status != 303 {
		t.Fatal(r.status)
	}
	if r := w.post(t, other, "/account/questions/2/take-back", url.Values{"revision": {"1"}}); r.status != 404 {
		t.Errorf("somebody else takes it back: %d", r.status)
	}
	if r := w.post(t, citizen, "/account/questions/2/take-back", url.Values{"revision": {"1"}}); r.status != 303 {
		t.Fatal(r.status)
	}
	mine := w.get(t, citizen, "/account/questions").doc(t).Find(".qa").Text()
	if !strings.Contains(mine, "涉及个人信息。") || !strings.Contains(mine, "已收回") {
		t.Errorf("its asker sees why: %s", mine)
	}
	w.Changed()
	for _, p := range []persona{visitor, other, citizen} {
		if text := w.get(t, p, "/datasets/"+d.Slug+"/questions").doc(t).Find("main").Text(); strings.Contains(text, "住址") || strings.Contains(text, "收回这个") || strings.Contains(text, "涉及个人") {
			t.Errorf("%s sees %s", p, text)
		}
	}
}

func TestNobodyAsksAboutWhatTheyMayNotSee(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	draft := w.Dataset(t, func(d *datasets.Dataset) { d.Status = datasets.Draft })
	withheld := w.Dataset(t, func(d *datasets.Dataset) { d.Open = datasets.Withheld })
	for _, slug := range []string{draft.Slug, withheld.Slug, "nothing-here"} {
		if r := w.post(t, citizen, "/datasets/"+slug+"/ask", url.Values{"asker": {"某"}, "body": {"这是什么数据？"}}); r.status != 404 {
			t.Errorf("%s: %d", slug, r.status)
		}
		if r := w.get(t, citizen, "/datasets/"+slug+"/questions"); r.status != 404 {
			t.Errorf("%s: %d", slug, r.status)
		}
	}
}

func TestAQuestionWithTheNumberOfAPersonIsNotTaken(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t)
	for _, c := range []struct {
		asker, body, field string
		want               int
	}{
		{"某", "我的身份证是 11010519491231002X，查得到吗？", "body", 422},
		{"某", "请打 13800138000 告诉我结果好吗？", "body", 422},
		{"wang@tests.example", "这一列是什么意思呢？", "asker", 422},
		{"某", "编码 110105194912310021 是哪个区划的？", "", 303}, // no check digit of a person's
		{"某", "2023 年 350102001 是哪个乡镇？", "", 303},
	} {
		r := w.post(t, citizen, "/datasets/"+d.Slug+"/ask", url.Values{"asker": {c.asker}, "body": {c.body}})
		if r.status != c.want {
			t.Errorf("%s, %s: %d", c.asker, c.body, r.status)
		}
		if c.want == 422 && (r.doc(t).Find("#"+c.field).AttrOr("aria-invalid", "") != "true" || !strings.Contains(r.body, c.body)) {
			t.Errorf("%s, %s: nothing stands at the field, or what was typed is lost", c.asker, c.body)
		}
	}
}

func TestTooManyQuestionsADayAreRefused(t *testing.T) {
	w := newWhole(t, limit("question", 2))
	w.everyone(t)
	d := w.Dataset(t)
	for i, want := range []int{303, 303, 429} {
		if r := w.post(t, citizen, "/datasets/"+d.Slug+"/ask", url.Values{"asker": {"某"}, "body": {"第 " + string(rune('1'+i)) + " 个问题是什么？"}}); r.status != want {
			t.Errorf("question %d: %d", i+1, r.status)
		}
	}
	if r := w.post(t, persona(account.Buyer), "/datasets/"+d.Slug+"/ask", url.Values{"asker": {"某"}, "body": {"别人还能问吗？"}}); r.status != 303 {
		t.Errorf("somebody else: %d", r.status)
	}
}

func TestWhatAProgramFillsInWithoutSeeingItIsThrownAway(t *testing.T) {
	w := newWhole(t, limit("question", 3))
	w.everyone(t)
	d := w.Dataset(t)
	at := "/datasets/" + d.Slug + "/ask"
	trap := w.get(t, citizen, at).doc(t).Find(`form input[tabindex="-1"][autocomplete="off"]`)
	name := trap.AttrOr("name", "")
	if trap.Length() != 1 || name == "" || trap.Closest(`[aria-hidden="true"].sr`).Length() != 1 {
		t.Fatalf("the form has %d fields that people do not see", trap.Length())
	}
	before := counted(t, "shuyuan_questions_trapped_total")
	post := func(body, trapped string) reply {
		return w.post(t, citizen, at, url.Values{"asker": {"某"}, "body": {body}, name: {trapped}})
	}
	caught, heard := post("买药请到这里来。", "https://spam.example"), post("时间是北京时间吗？", "")
	if caught.status != 303 || caught.header.Get("Location") != heard.header.Get("Location") || heard.status != 303 {
		t.Errorf("a program sees a difference: %d %s, %d %s", caught.status, caught.header.Get("Location"), heard.status, heard.header.Get("Location"))
	}
	if text := w.get(t, own, "/desk/questions?all=1").doc(t).Find("main").Text(); strings.Contains(text, "买药") || !strings.Contains(text, "北京时间") {
		t.Errorf("the department reads %s", text)
	}
	if n := counted(t, "shuyuan_questions_trapped_total") - before; n != 1 {
		t.Errorf("%v were counted", n)
	}
	if r := post("？", "https://spam.example"); r.status != 422 {
		t.Errorf("what is wrong besides is refused as ever: %d", r.status)
	}
	for i, want := range []int{303, 429} { // it counts towards the limit
		if r := post("买药请到这里来。", "https://spam.example"); r.status != want {
			t.Errorf("%d more: %d", i+1, r.status)
		}
	}
}

// counted is the value of a counter of the portal.
func counted(t *testing.T, name string) float64 {
	t.Helper()
	all := prometheus.NewRegistry()
	all.MustRegister(portal.Metrics()...)
	families, err := all.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("nothing counts %s", name)
	return 0
}

// answered asks a question about an entry and answers it; it returns its page at
// the desk.
func (w *whole) answered(t *testing.T, slug, body string) string {
	t.Helper()
	if r := w.post(t, citizen, "/datasets/"+slug+"/ask", url.Values{"asker": {"市民甲"}, "body": {body}}); r.status != 303 {
		t.Fatal(r.status, r.body)
	}
	path := w.get(t, own, "/desk/questions").doc(t).Find(`.qa a[href^="/desk/questions/"]`).First().AttrOr("href", "")
	if r := w.post(t, own, path, url.Values{"action": {"answer"}, "answer": {"是，东八区。"}, "revision": {"1"}}); r.status != 303 {
		t.Fatal(r.status, r.body)
	}
	w.Changed()
	return path
}

func TestWhatIsReportedIsHiddenWithAReasonOrStays(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t)
	desk := w.answered(t, d.Slug, "时间是北京时间吗？")
	number := strings.TrimPrefix(desk, "/desk/questions/")
	page := "/datasets/" + d.Slug + "/questions"
	at := page + "/" + number + "/report"
	report := func(p persona, reason string) reply { return w.post(t, p, at, url.Values{"reason": {reason}}) }
	if w.get(t, visitor, page).doc(t).Find(`a[href="`+at+`"]`).Length() != 1 {
		t.Error("the page has no link to report")
	}
	if r := report(visitor, "abuse"); r.status != 401 {
		t.Errorf("a visitor reports: %d", r.status)
	}
	for _, reason := range []string{"", "boring"} {
		if r := report(citizen, reason); r.status != 422 || r.doc(t).Find(`[aria-invalid="true"]`).Length() == 0 {
			t.Errorf("reason %q: %d", reason, r.status)
		}
	}
	if r := w.post(t, citizen, page+"/999/report", url.Values{"reason": {"abuse"}}); r.status != 404 {
		t.Errorf("a question that there is not: %d", r.status)
	}
	buyer := persona(account.Buyer)
	for i, want := range []int{303, 409} {
		if r := report(buyer, "personal"); r.status != want {
			t.Errorf("report %d of one account: %d", i+1, r.status)
		}
	}
	waits := func() bool { return strings.Contains(w.get(t, own, "/desk/inbox").body, desk) }
	if !waits() || !strings.Contains(w.get(t, own, "/desk/questions").body, desk) || strings.Contains(w.get(t, other, "/desk/inbox").body, desk) {
		t.Error("the department, and nobody else, is to look at a report")
	}
	if text := w.get(t, own, desk).doc(t).Find("main").Text(); !strings.Contains(text, "有个人信息") || strings.Contains(text, "buyer") {
		t.Errorf("the officer reads %s", text)
	}
	judge := func(p persona, action, reason, revision string) reply {
		return w.post(t, p, desk+"/judge", url.Values{"action": {action}, "reason": {reason}, "revision": {revision}})
	}
	for name, r := range map[string]reply{"another department": judge(other, "hide", "理由", "2"), "the asker": judge(citizen, "hide", "理由", "2"), "who reported": judge(buyer, "hide", "理由", "2")} {
		if r.status != 403 && r.status != 404 {
			t.Errorf("%s hides: %d", name, r.status)
		}
	}
	if r := judge(own, "keep", "", "2"); r.status != 303 || waits() {
		t.Errorf("what is dismissed waits no longer: %d", r.status)
	}
	for name, c := range map[string]struct {
		reply
		status int
	}{
		"nothing to dismiss": {judge(own, "keep", "", "3"), 409}, "without a reason": {judge(own, "hide", "", "3"), 422}, "too long a reason": {judge(own, "hide", strings.Repeat("长", 201), "3"), 422},
		"an old page": {judge(own, "hide", "理由", "2"), 409}, "what is not hidden": {judge(own, "show", "", "3"), 409}, "no such move": {judge(own, "burn", "", "3"), 400},
	} {
		if c.reply.status != c.status {
			t.Errorf("%s: %d", name, c.reply.status)
		}
	}
	if r := report(citizen, "abuse"); r.status != 303 || !waits() {
		t.Errorf("somebody else reports: %d", r.status)
	}
	everywhere := []string{"/datasets/" + d.Slug, page, "/datasets/" + d.Slug + "/feed.xml", "/api/v1/datasets/" + d.Slug + "/questions"}
	shown := func() (n int) {
		w.Changed()
		for _, path := range everywhere {
			if r := w.get(t, visitor, path); r.status == 200 && strings.Contains(r.body, "时间是北京时间吗") {
				n++
			}
		}
		return n
	}
	if n := shown(); n != len(everywhere) {
		t.Fatalf("before, it stands in %d of %q", n, everywhere)
	}
	if r := judge(own, "hide", "含他人住址", "3"); r.status != 303 || waits() {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if n := shown(); n != 0 {
		t.Errorf("what is hidden still stands in %d of %q", n, everywhere)
	}
	for _, path := range everywhere[:2] {
		if text := w.get(t, visitor, path).doc(t).Find("main").Text(); !strings.Contains(text, "已由部门隐藏，理由：含他人住址") || strings.Contains(text, "东八区") || strings.Contains(text, "还没有人问过") {
			t.Errorf("%s does not say that it was hidden, and why", path)
		}
	}
	if r := w.get(t, citizen, at); r.status != 404 {
		t.Errorf("what is hidden can be reported: %d", r.status)
	}
	if text := w.get(t, citizen, "/account/questions").doc(t).Find("main").Text(); !strings.Contains(text, "含他人住址") {
		t.Error("its asker does not see why")
	}
	rows, err := w.Pool.Query(t.Context(), `SELECT act FROM audit_entries WHERE subject = 'question' AND subject_id = $1 ORDER BY id`, number)
	if err != nil {
		t.Fatal(err)
	}
	acts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if want := []string{"ask", "answer", "report", "keep", "report", "hide"}; err != nil || !slices.Equal(acts, want) {
		t.Errorf("the audit trail has %q, %v", acts, err)
	}
	if r := judge(own, "show", "", "4"); r.status != 303 || shown() != len(everywhere) {
		t.Errorf("a mistake is put right: %d", r.status)
	}
}

func TestTooManyReportsADayAreRefused(t *testing.T) {
	w := newWhole(t, limit("question-report", 1))
	w.everyone(t)
	d := w.Dataset(t)
	for i, want := range []int{303, 429} {
		desk := w.answered(t, d.Slug, "第 "+string(rune('1'+i))+" 个问题是什么？")
		if r := w.post(t, citizen, "/datasets/"+d.Slug+"/questions/"+strings.TrimPrefix(desk, "/desk/questions/")+"/report", url.Values{"reason": {"advert"}}); r.status != want {
			t.Errorf("report %d: %d", i+1, r.status)
		}
	}
}

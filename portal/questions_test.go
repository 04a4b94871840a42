package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
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

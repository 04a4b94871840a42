package portal_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/opening"
)

// From an upload through its review to the public, page by page; and what is
// posted by hand instead.
func TestAnUploadGoesThroughItsReviewPageByPage(t *testing.T) {
	w := newDesk(t)
	who := w.actorOf(t, own)
	const text = "代码,人口\n350100,842\n350200,531\n"
	u, err := w.Datasets.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: w.resource, FileName: "a.csv", Bytes: int64(len(text))})
	if err == nil {
		_, err = w.Datasets.AppendUpload(t.Context(), who, u.ID, datasets.Chunk{Reader: strings.NewReader(text)})
	}
	if err == nil {
		err = w.Datasets.ReadReceived(t.Context(), datasets.UploadReceived{ID: u.ID})
	}
	if err != nil {
		t.Fatal(err)
	}
	page := w.get(t, own, "/desk/uploads/"+u.ID).doc(t)
	if page.Find(`#publish form`).Length() != 0 || page.Find(`#publish a[href="/desk/reviews/new?upload=`+u.ID+`"]`).Length() != 1 {
		t.Errorf("the page of an upload does not lead into its review: %s", page.Find("#publish").Text())
	}
	if r := w.post(t, own, "/desk/uploads/"+u.ID+"/publish", url.Values{"reason": {"x"}}); r.status != 409 {
		t.Errorf("published by hand: %d", r.status)
	}
	if n := w.get(t, own, "/desk/reviews/new?upload="+u.ID).doc(t).Find(`form[action="/desk/reviews"] input[name=open]`).Length(); n != 2 {
		t.Errorf("%d open types to choose from", n)
	}
	if r := w.get(t, other, "/desk/reviews/new?upload="+u.ID); r.status != 404 {
		t.Errorf("another department sees the content: %d", r.status)
	}
	asked := url.Values{"upload": {u.ID}, "open": {"conditional"}, "method": {"申请"}, "note": {"请尽快"}}
	wrong := w.post(t, own, "/desk/reviews", asked)
	if doc := wrong.doc(t); wrong.status != 422 || doc.Find("#basis-wrong").Length() != 1 || doc.Find("#note").Text() != "请尽快" || doc.Find(`input[value=conditional]`).AttrOr("checked", "none") == "none" {
		t.Errorf("%d: %s", wrong.status, doc.Find("form.form").Text())
	}
	asked.Set("basis-0-kind", "道听途说")
	for part, value := range map[string]string{"instrument": "某规定", "article": "第八条", "quote": "原文"} {
		asked.Set("basis-0-"+part, value)
	}
	unheard := w.post(t, own, "/desk/reviews", asked)
	if doc := unheard.doc(t); unheard.status != 422 || !strings.Contains(doc.Find("#basis-wrong").Text(), "道听途说") || doc.Find("[name=basis-0-article]").AttrOr("value", "") != "第八条" {
		t.Errorf("a basis of a kind that there is not: %d: %s", unheard.status, doc.Find("#basis").Text())
	}
	for name, bad := range map[string]url.Values{"nothing": {}, "no type": {"upload": {u.ID}}, "another's": {"upload": {"nonesuchnonesuchnonesuchno"}, "open": {"unconditional"}}, "a type that there is not": {"upload": {u.ID}, "open": {"public"}},
		"withheld": {"upload": {u.ID}, "open": {"withheld"}, "basis-0-kind": {"x"}}, "a field that there is not": {"upload": {u.ID}, "open": {"unconditional"}, "state": {"approved"}}, "a basis in one line": {"upload": {u.ID}, "open": {"conditional"}, "basis": {"x"}}, "an event that there is not": {"upload": {u.ID}, "open": {"unconditional"}, "event": {"9"}}} {
		if r := w.post(t, own, "/desk/reviews", bad); r.status < 400 || r.status >= 500 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	done := w.post(t, own, "/desk/reviews", url.Values{"upload": {u.ID}, "open": {"unconditional"}})
	at := done.header.Get("Location")
	if done.status != 303 || !strings.HasPrefix(at, "/desk/reviews/") {
		t.Fatalf("%d %s", done.status, at)
	}
	shown := w.get(t, own, at).doc(t)
	if shown.Find(`input[name=action]`).Length() != 1 || shown.Find(`input[value=take_back]`).Length() != 1 || !strings.Contains(shown.Find("#sample").Text(), "842") {
		t.Errorf("the officer's page: %s", shown.Find(".rv").Text())
	}
	for name, bad := range map[string]url.Values{"nothing": {}, "a gate that is not theirs": {"action": {"pass"}, "revision": {"2"}, "tick": datasetstest.Ticked(opening.Security)}, "approved": {"action": {"approve"}, "revision": {"2"}},
		"no action": {"revision": {"2"}}, "an action that there is not": {"action": {"publish"}, "revision": {"2"}}, "an old page": {"action": {"take_back"}, "revision": {"1"}}} {
		if r := w.post(t, own, at, bad); r.status < 400 || r.status >= 500 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	for _, p := range []persona{other, visitor} {
		if r := w.get(t, p, at); r.status != 404 && r.status != 303 || strings.Contains(r.body, "842") {
			t.Errorf("%s is answered %d", p, r.status)
		}
	}
	if r := w.post(t, own, at, url.Values{"action": {"take_back"}, "revision": {"2"}}); r.status != 303 {
		t.Errorf("%d: %s", r.status, r.doc(t).Find(".note").Text())
	}
	w.Approve(t, who, u.ID)
	if page := w.get(t, own, "/desk/uploads/"+u.ID).doc(t); page.Find(`#publish form`).Length() != 1 || !strings.Contains(page.Find("#publish").Text(), "通过了开放审查") {
		t.Errorf("what was let through cannot be published: %s", page.Find("#publish").Text())
	}
	let := w.get(t, own, "/desk/uploads/"+u.ID).doc(t).Find(`#publish a[href^="/desk/reviews/"]`).AttrOr("href", "")
	if n := w.get(t, own, let).doc(t).Find(`a[href="/desk/uploads/` + u.ID + `#publish"]`).Length(); n != 1 {
		t.Errorf("the review %s, to which the inbox leads, has %d ways to publishing", let, n)
	}
	if r := w.post(t, own, "/desk/uploads/"+u.ID+"/publish", url.Values{}); r.status != 303 {
		t.Errorf("%d", r.status)
	}
	if n := w.get(t, own, "/desk/reviews?all=1").doc(t).Find("tbody tr").Length(); n != 2 {
		t.Errorf("%d reviews in the list", n)
	}
}

// From a withheld table to an upload that names nobody, page by page; and what is
// posted by hand instead.
func TestAWithheldTableIsDeidentifiedPageByPage(t *testing.T) {
	w := newDesk(t)
	entry := w.Catalogue.Dataset(t, func(d *datasets.Dataset) { d.Open, d.Title = datasets.Withheld, "救助对象" })
	v := w.Catalogue.Version(t, entry, w.Catalogue.Resource(t, entry), "register.csv", "姓名,地区,岁\n张三,鞍山市铁东区,30\n李四,鞍山市铁东区,31\n王五,鞍山市铁西区,32\n赵六,鞍山市铁东区,33\n钱七,鞍山市铁东区,34\n孙八,鞍山市立山区,79\n")
	id := strconv.FormatInt(v.ID, 10)
	if list := w.get(t, own, "/desk/deidentify").doc(t); list.Find(`a[href="/desk/deidentify/table?version=`+id+`&table=0"]`).Length() != 1 || list.Find(`a[href="/desk/deidentify/consent?version=`+id+`"]`).Length() != 1 {
		t.Errorf("the list: %s", list.Find("main").Text())
	}
	at := "/desk/deidentify/table?version=" + id
	page := w.get(t, own, at)
	if page.status != 200 || page.doc(t).Find("select[name=method]").Length() != 3 || strings.Contains(page.body, "张三") {
		t.Fatalf("%d: %s", page.status, page.doc(t).Find("main").Text())
	}
	recipe := func(change ...string) url.Values {
		f := url.Values{"version": {id}, "table": {"0"}, "method": {"mask", "place", "band"}, "first": {"1", "0", "0"}, "last": {"0", "0", "0"}, "width": {"", "", "10"}, "level": {"", "city", ""},
			"quasi": {"1", "2"}, "least": {"5"}, "title": {"救助对象（脱敏）"}, "secret": {"no"}, "action": {"preview"}}
		for i := 0; i < len(change); i += 2 {
			f.Set(change[i], change[i+1])
		}
		return f
	}
	shown := w.post(t, own, "/desk/deidentify/table", recipe())
	if body := shown.doc(t).Find("#outcome").Parent().Text(); shown.status != 200 || !strings.Contains(body, "张***") || !strings.Contains(body, "6 行里去掉 1 行，留下 5 行") || strings.Contains(shown.body, "张三") {
		t.Errorf("%d: %s", shown.status, body)
	}
	if shown.doc(t).Find(`select[name=method] option[value=mask][selected]`).Length() != 1 || shown.doc(t).Find(`input[name=quasi][checked]`).Length() != 2 {
		t.Error("what was chosen is not kept")
	}
	for name, bad := range map[string]url.Values{
		"nothing":          {},
		"a column too few": {"version": {id}, "method": {"keep"}, "first": {""}, "last": {""}, "width": {""}, "level": {""}, "action": {"make"}},
		"half a row":       {"version": {id}, "method": {"keep", "keep", "keep"}, "action": {"make"}},
		"a small group":    recipe("least", "2", "action", "make"),
		"no number":        recipe("least", "many", "action", "make"),
		"no title":         recipe("title", " ", "action", "make"),
		"a state secret":   recipe("secret", "yes", "action", "make"),
		"not answered":     recipe("secret", "", "action", "make"),
		"another's":        recipe("version", "99", "action", "make"),
		"no such field":    recipe("state", "approved"),
	} {
		if r := w.post(t, own, "/desk/deidentify/table", bad); r.status < 400 || r.status >= 500 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	for _, p := range []persona{other, visitor} {
		if r := w.get(t, p, at); r.status != 404 && r.status != 303 {
			t.Errorf("%s is answered %d", p, r.status)
		}
	}
	done := w.post(t, own, "/desk/deidentify/table", recipe("action", "make"))
	if done.status != 303 || !strings.HasPrefix(done.header.Get("Location"), "/desk/uploads/") {
		t.Fatalf("%d: %s", done.status, done.doc(t).Find(".err, .note").Text())
	}
	upload := strings.TrimPrefix(done.header.Get("Location"), "/desk/uploads/")
	if err := w.Datasets.ReadReceived(t.Context(), datasets.UploadReceived{ID: upload}); err != nil {
		t.Fatal(err)
	}
	asked := w.post(t, own, "/desk/reviews", url.Values{"upload": {upload}, "open": {"unconditional"}})
	if asked.status != 303 {
		t.Fatalf("%d: %s", asked.status, asked.doc(t).Find("main").Text())
	}
	if origin := w.get(t, own, asked.header.Get("Location")).doc(t).Find("#origin").Parent().Text(); !strings.Contains(origin, "救助对象") || !strings.Contains(origin, "地区只留到市级") {
		t.Errorf("the review does not show the report: %s", origin)
	}
	if r := w.post(t, own, "/desk/deidentify/consent", url.Values{"version": {id}, "holder": {"示例协会"}, "document": {"1号"}, "date": {"2026-11-20"}, "scope": {"全部"}, "title": {"救助对象（同意）"}, "secret": {"no"}}); r.status != 303 {
		t.Errorf("consent: %d", r.status)
	}
	if wrong := w.post(t, own, "/desk/deidentify/consent", url.Values{"version": {id}, "holder": {"示例协会"}, "document": {"1号"}, "date": {"明天"}, "scope": {"全部"}, "title": {"x"}, "secret": {"no"}}); wrong.status != 422 || wrong.doc(t).Find("#date-wrong").Length() != 1 || wrong.doc(t).Find("#holder").AttrOr("value", "") != "示例协会" {
		t.Errorf("a wrong date: %d", wrong.status)
	}
}

package portal_test

import (
	"net/url"
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
	for name, bad := range map[string]url.Values{"nothing": {}, "no type": {"upload": {u.ID}}, "another's": {"upload": {"nonesuchnonesuchnonesuchno"}, "open": {"unconditional"}}, "a type that there is not": {"upload": {u.ID}, "open": {"public"}},
		"withheld": {"upload": {u.ID}, "open": {"withheld"}, "basis": {"x"}}, "a field that there is not": {"upload": {u.ID}, "open": {"unconditional"}, "state": {"approved"}}, "an event that there is not": {"upload": {u.ID}, "open": {"unconditional"}, "event": {"9"}}} {
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
	if r := w.post(t, own, "/desk/uploads/"+u.ID+"/publish", url.Values{}); r.status != 303 {
		t.Errorf("%d", r.status)
	}
	if n := w.get(t, own, "/desk/reviews?all=1").doc(t).Find("tbody tr").Length(); n != 2 {
		t.Errorf("%d reviews in the list", n)
	}
}

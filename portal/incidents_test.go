package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
)

// What was opened in an emergency says so to everybody, with its event and its
// clock, until it is checked; and what is withdrawn is in no list any more
// (AS-20.4, AB-32).
func TestWhatIsOpenInAnEmergencyIsMarkedForEverybody(t *testing.T) {
	w := newDesk(t)
	who, reviews := w.actorOf(t, own), w.Catalogue.Opening(t)
	department := datasets.Department{ID: who.Department}
	if empty := w.get(t, visitor, "/emergencies"); empty.status != 200 || !strings.Contains(empty.body, "现在没有应急开放的数据") {
		t.Errorf("before any: %d", empty.status)
	}
	event, err := reviews.DeclareEvent(t.Context(), datasetstest.Player(department, account.Authority), opening.NewEvent{Kind: "natural", Title: "台风“示例”", DeclaredBy: "省防汛抗旱指挥部", DeclaredOn: "2026-11-21", Basis: "《突发事件应对法》第四十三条"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := w.Datasets.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: w.resource, FileName: "a.csv", Bytes: int64(len("代码,人口\n350100,842\n"))})
	if err == nil {
		_, err = w.Datasets.AppendUpload(t.Context(), who, u.ID, datasets.Chunk{Reader: strings.NewReader("代码,人口\n350100,842\n")})
	}
	if err == nil {
		err = w.Datasets.ReadReceived(t.Context(), datasets.UploadReceived{ID: u.ID})
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := reviews.Propose(t.Context(), who, opening.Proposal{UploadID: u.ID, Event: event.ID})
	if err == nil {
		r, err = reviews.Decide(t.Context(), datasetstest.Player(department, account.Head), r.ID, opening.Decision{Action: opening.OpenAtOnce, Revision: r.Revision})
	}
	if err != nil {
		t.Fatal(err)
	}
	if done := w.post(t, own, "/desk/uploads/"+u.ID+"/publish", url.Values{}); done.status != 303 {
		t.Fatalf("%d", done.status)
	}
	at := "/datasets/" + w.dataset.Slug
	later := func() { w.Set(w.Clock().Add(2 * time.Second)) } // a change is looked for once a second
	later()
	list := w.get(t, visitor, "/emergencies").doc(t)
	for _, want := range []string{"台风“示例”", "自然灾害", "省防汛抗旱指挥部", "2026-11-21", "第四十三条", w.dataset.Title} {
		if !strings.Contains(list.Find("main").Text(), want) {
			t.Errorf("the list of emergencies does not say %q: %s", want, list.Find("main").Text())
		}
	}
	if list.Find(`a[href="`+at+`"]`).Length() != 1 || list.Find(`a[href="/law/cn-sichuan-aba-2021#AB-32"]`).Length() != 1 {
		t.Error("the list does not lead to the data and to the article")
	}
	page := w.get(t, visitor, at).doc(t).Find("main").Text()
	for _, want := range []string{"应急开放", "台风“示例”", "正在事后审查", "2026-11-27", "平台规则"} {
		if !strings.Contains(page, want) {
			t.Errorf("the public page does not say %q", want)
		}
	}
	told := func() string { return w.get(t, visitor, "/api/v1"+at).body }
	if body := told(); !strings.Contains(body, `"kind":"natural"`) || !strings.Contains(body, `"checked":false`) {
		t.Errorf("programs are told: %s", body)
	}
	for _, gate := range opening.Gates() {
		a := opening.Pass
		if gate == opening.Joint {
			a = opening.Confirm
		}
		if r, err = reviews.Decide(t.Context(), datasetstest.Player(department, gate.Reviewer()), r.ID, opening.Decision{Action: a, Revision: r.Revision, Ticked: datasetstest.Ticked(gate)}); err != nil {
			t.Fatal(err)
		}
	}
	later()
	if page := w.get(t, visitor, at).doc(t).Find("main").Text(); !strings.Contains(page, "事后审查已经同意") || strings.Contains(page, "正在事后审查") {
		t.Error("the public page does not say that it was confirmed")
	}
	if body := told(); !strings.Contains(body, `"checked":true`) {
		t.Errorf("programs are not told that it was confirmed: %s", body)
	}
	if _, err := reviews.Withdraw(t.Context(), datasetstest.Player(department, account.Head), w.dataset.Slug, "发现可以认出人的内容"); err != nil {
		t.Fatal(err)
	}
	later()
	if gone := w.get(t, visitor, at); gone.status != 410 || !strings.Contains(gone.body, "发现可以认出人的内容") {
		t.Errorf("withdrawn: %d", gone.status)
	}
	if list := w.get(t, visitor, "/emergencies").body; strings.Contains(list, w.dataset.Title) {
		t.Error("what was withdrawn is still in the list of emergencies")
	}
}

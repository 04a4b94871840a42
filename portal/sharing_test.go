package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/licensing/sharing"
)

// shared is an entry of the Office that is withheld from the public and shared on
// two conditions, with words of its own.
func (w *whole) shared(t *testing.T, name string) (*datasets.Dataset, []string) {
	t.Helper()
	if _, err := w.Pool.Exec(t.Context(), `UPDATE departments SET profile = 'cn-fujian-2023' WHERE id = $1`, w.Office(t).ID); err != nil {
		t.Fatal(err)
	}
	d, words := w.hide(t, name, datasets.Published, datasets.Withheld)
	if _, err := w.Pool.Exec(t.Context(), `UPDATE datasets SET share_type = 'conditional', share_conditions = E'有法定职责\n有安全保障', required_materials = '履职依据', share_basis = '{"《示例条例》第八条"}' WHERE id = $1`, d.ID); err != nil {
		t.Fatal(err)
	}
	return d, words
}

var shareForm = url.Values{"kind": {"share"}, "purpose": {"核对低保对象"}, "basis": {"《示例条例》第三条"}, "scope": {"本市"}, "months": {"6"}, "material": {"示例〔2026〕1号"}, "pledge": {"1"}}

func with(f url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for k, v := range f {
		out[k] = v
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			out.Del(pairs[i])
		} else {
			out.Set(pairs[i], pairs[i+1])
		}
	}
	return out
}

// asks files a request of the other department for an entry and returns its page.
func (w *whole) asks(t *testing.T, d *datasets.Dataset) string {
	t.Helper()
	if _, err := w.Pool.Exec(t.Context(), `UPDATE share_requests SET state = 'withdrawn' WHERE state IN ('received', 'accepted', 'agreed', 'negotiating', 'referred')`); err != nil {
		t.Fatal(err)
	}
	r := w.post(t, other, "/desk/sharing/entries/"+d.Slug, shareForm)
	if r.status != http.StatusSeeOther {
		t.Fatalf("%d %s", r.status, r.doc(t).Find(".err, .late").Text())
	}
	return r.header.Get("Location")
}

// spareName is the name of an entry that there is not yet.
func (w *whole) spareName(t *testing.T) (name string) {
	t.Helper()
	if err := w.Pool.QueryRow(t.Context(), `SELECT 'spare-' || count(*) FROM datasets`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

func (w *whole) answersShare(t *testing.T, p persona) bool {
	t.Helper()
	d, _ := w.shared(t, w.spareName(t))
	return w.post(t, p, w.asks(t, d), url.Values{"action": {"accept"}, "revision": {"1"}}).status == http.StatusSeeOther
}

func (w *whole) decidesShare(t *testing.T, p persona) bool {
	t.Helper()
	d, _ := w.shared(t, w.spareName(t))
	path := w.asks(t, d)
	if _, err := w.Pool.Exec(t.Context(), `UPDATE share_requests SET state = 'referred', words = 'x' WHERE dataset_id = $1`, d.ID); err != nil {
		t.Fatal(err)
	}
	return w.post(t, p, path, url.Values{"action": {"uphold"}, "words": {"不予共享"}, "revision": {"1"}}).status == http.StatusSeeOther
}

// From the directory to the answer, in the browser, with what is wrong told at its
// field and what was typed kept.
func TestSharingFromTheDirectoryToTheAnswer(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d, words := w.shared(t, "kept-back")
	if page := w.get(t, other, "/desk/sharing").doc(t).Find("main").Text(); !strings.Contains(page, words[0]) && !strings.Contains(page, d.Title) {
		t.Errorf("the directory: %s", page)
	}
	at := "/desk/sharing/entries/" + d.Slug
	if page := w.get(t, other, at); page.status != 200 || !strings.Contains(page.body, "有安全保障") || !strings.Contains(page.body, "《示例条例》第八条") || strings.Contains(page.body, words[12]) {
		t.Errorf("the entry: %d", page.status)
	}
	for field, f := range map[string]url.Values{
		"purpose": with(shareForm, "purpose", ""), "basis": with(shareForm, "basis", " "), "scope": with(shareForm, "scope", ""), "materials": with(shareForm, "material", ""), "pledge": with(shareForm, "pledge", ""),
		"months": with(shareForm, "months", "999"), "columns": with(shareForm, "column", "没有的列"), "needs": with(shareForm, "needs", "\x00"), "method": with(shareForm, "method", strings.Repeat("长", 2001)),
	} {
		r := w.post(t, other, at, f)
		if page := r.doc(t); r.status != 422 || page.Find("#"+field).Length() == 0 || !strings.Contains(page.Find("form .err").Text(), "") || page.Find("form .err").Length() != 1 {
			t.Errorf("%s: %d, %d marked: %s", field, r.status, r.doc(t).Find("form .err").Length(), r.doc(t).Find(".err,.bad").Text())
		}
		if kept := r.doc(t).Find("#purpose").Text(); field != "purpose" && kept != "核对低保对象" {
			t.Errorf("%s: what was typed is lost: %q", field, kept)
		}
	}
	for name, f := range map[string]url.Values{"a field that there is not": with(shareForm, "state", "supplied"), "a kind that there is not": with(shareForm, "kind", "gift")} {
		if r := w.post(t, other, at, f); r.status != 400 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := w.post(t, own, at, shareForm); r.status != 409 {
		t.Errorf("one's own data: %d", r.status)
	}
	if r := w.post(t, other, at, with(shareForm, "kind", "direct")); r.status != 409 {
		t.Errorf("taken without asking: %d", r.status)
	}
	path := w.asks(t, d)
	if r := w.post(t, other, at, shareForm); r.status != 409 {
		t.Errorf("the same again: %d", r.status)
	}
	for p, want := range map[persona]int{visitor: 303, citizen: 403, admin: 403, own: 200, other: 200, persona(account.Head): 200, persona(account.Authority): 200, persona(account.Regulator): 403, key: 403} {
		if r := w.get(t, p, path); r.status != want && !(p == key && r.status == 401) {
			t.Errorf("%s: %d, want %d", p, r.status, want)
		}
	}
	if page := w.get(t, own, "/desk/inbox").doc(t).Find("main").Text(); !strings.Contains(page, "请受理共享申请") {
		t.Errorf("the inbox of the provider: %s", page)
	}
	move := func(p persona, revision string, pairs ...string) reply {
		return w.post(t, p, path, with(url.Values{"revision": {revision}}, pairs...))
	}
	for name, r := range map[string]reply{
		"a move that there is not": move(own, "1", "action", "burn"), "that time makes": move(own, "1", "action", "expire"), "that the platform makes": move(own, "1", "action", "take"),
		"of the other side": move(other, "1", "action", "supply"), "of the authority": move(own, "1", "action", "order", "words", "x"), "out of turn": move(other, "1", "action", "refer", "words", "x"), "an old page": move(own, "7", "action", "accept"),
	} {
		if r.status != 409 && r.status != 403 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := move(own, "1", "action", "refuse", "words", "超出职责", "met0", "yes", "met1", "no"); r.status != 422 || r.doc(t).Find("#basis .err").Length() != 1 || r.doc(t).Find("#words").Text() != "超出职责" {
		t.Errorf("refused without a statutory ground: %d", r.status)
	}
	if r := move(own, "1", "action", "supply", "met0", "yes", "met1", "yes", "until", "2099-01-01"); r.status != 422 || r.doc(t).Find("#until[aria-invalid=true]").Length() != 1 {
		t.Errorf("for ever: %d", r.status)
	}
	if r := move(own, "1", "action", "supply", "met0", "yes", "met1", "maybe"); r.status != 400 {
		t.Errorf("maybe: %d", r.status)
	}
	if r := move(own, "1", "action", "supply", "met0", "yes", "met1", "yes", "until", "2027-05-01", "guidance", "联系数据处"); r.status != 303 {
		t.Fatalf("%d %s", r.status, r.doc(t).Find(".err,.late").Text())
	}
	page := w.get(t, other, path)
	for _, want := range []string{"已提供，使用中", "核对低保对象", "联系数据处", "收到", "平台规则"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page of the request does not say %s", want)
		}
	}
}

// Nothing of this side is public: no page, list, count, feed, index or API says
// what is shared, with whom or for what.
func TestThePublicNeverSeesSharing(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d, words := w.shared(t, "kept-back")
	w.asks(t, d)
	w.indexed(t)
	before := map[string]string{}
	for _, path := range surfaces(d.Slug, words) {
		r := w.get(t, visitor, path)
		before[path] = r.body
		if strings.Contains(r.body, "核对低保对象") {
			t.Errorf("%s tells of a request", path)
		}
	}
	for _, path := range []string{"/desk/sharing", "/desk/sharing/requests", "/desk/sharing/requests/1", "/desk/sharing/entries/" + d.Slug, "/desk/sharing/upward"} {
		for p, want := range map[persona]int{visitor: 303, citizen: 403, persona(account.Buyer): 403, persona(account.Developer): 403, persona(account.Operator): 403} {
			if r := w.get(t, p, path); r.status != want || strings.Contains(r.body, "核对低保对象") || strings.Contains(r.body, words[0]) {
				t.Errorf("%s for %s: %d", path, p, r.status)
			}
		}
	}
	score := "/departments/" + w.Office(t).Slug + "/score"
	for p, sees := range map[persona]bool{visitor: false, citizen: false, own: true, persona(account.Authority): true} {
		if got := strings.Contains(w.get(t, p, score).body, "部门共享的申请"); got != sees {
			t.Errorf("the score card for %s tells of sharing: %t", p, got)
		}
	}
}

// What a department was given goes to it through the Gate, and is written down.
func TestWhatWasSharedIsFetched(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d, words := w.shared(t, "kept-back")
	path := w.asks(t, d)
	file := fmt.Sprintf("/desk/sharing/entries/%s/files/%s/original", d.Slug, d.Slug)
	full, err := w.Service.Shared(t.Context(), w.actorOf(t, other), d.Slug)
	if err != nil {
		t.Fatal(err)
	}
	file = strings.Replace(file, "/files/"+d.Slug, "/files/"+full.Resources[0].ID, 1)
	if r := w.get(t, other, file); r.status != 404 || strings.Contains(r.body, words[12]) {
		t.Errorf("before it was given: %d", r.status)
	}
	if r := w.post(t, own, path, url.Values{"revision": {"1"}, "action": {"supply"}, "met0": {"yes"}, "met1": {"yes"}, "until": {"2027-05-01"}}); r.status != 303 {
		t.Fatal(r.status)
	}
	scopes, err := w.Sharing.Allows(t.Context(), w.actorOf(t, other), d.ID, w.Clock())
	if err != nil || sharing.Covering(scopes, nil) == nil {
		t.Fatalf("%+v, %v", scopes, err)
	}
}

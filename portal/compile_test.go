package portal_test

import (
	"net/url"
	"strings"
	"testing"
)

// The form keeps what was typed and says at each field what is missing; a state
// secret is refused, and the page repeats nothing of it.
func TestTheFormOfAnEntry(t *testing.T) {
	w := newWhole(t)
	w.Office(t)
	w.People(t)
	made := w.post(t, own, "/desk/catalogue/new", url.Values{"secret": {"no"}, "title": {"村（居）委会名录"}, "slug": {"village"}})
	if made.status != 303 {
		t.Fatalf("%d %s", made.status, made.body)
	}
	page := w.get(t, own, "/desk/catalogue/village").doc(t)
	if n := page.Find(`.field[id^="f-"]`).Length(); n < 45 {
		t.Errorf("the form has %d fields", n)
	}
	refused := w.post(t, own, "/desk/catalogue/village", url.Values{"secret": {"no"}, "revision": {"1"}, "step": {"submit"}, "title": {"名录"}, "share_type": {"withheld"}, "share_bases-0-kind": {"规章"}, "share_bases-0-instrument": {"某规定"}})
	if refused.status != 422 {
		t.Errorf("submitted incomplete: %d", refused.status)
	}
	page = refused.doc(t)
	if v, _ := page.Find("#title").Attr("value"); v != "名录" {
		t.Errorf("what was typed is gone: %q", v)
	}
	for _, field := range []string{"summary", "theme", "open_type", "share_bases", "linked_system"} {
		if page.Find("#f-"+field+" b.err").Length() == 0 {
			t.Errorf("nothing is said at %s", field)
		}
	}
	stale := w.post(t, own, "/desk/catalogue/village", url.Values{"secret": {"no"}, "revision": {"1"}, "step": {"save"}, "title": {"我的名录"}})
	if v, _ := stale.doc(t).Find("#title").Attr("value"); stale.status != 409 || v != "我的名录" {
		t.Errorf("saved over another: %d, %q", stale.status, v)
	}
	for _, path := range []string{"/desk/catalogue/new", "/desk/catalogue/village"} {
		secret := w.post(t, own, path, url.Values{"secret": {"yes"}, "title": {"绝密工程位置"}, "revision": {"2"}})
		if path == "/desk/catalogue/new" {
			secret = w.post(t, own, path, url.Values{"secret": {"yes"}, "title": {"绝密工程位置"}})
		}
		if secret.status != 422 || strings.Contains(secret.body, "绝密工程") || !strings.Contains(secret.body, "AS-2") {
			t.Errorf("%s: %d", path, secret.status)
		}
	}
}

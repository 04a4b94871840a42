package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"shuyuan/internal/account"
)

// visits signs a persona in, in a browser.
func (w *whole) visits(t *testing.T, p persona) *browser {
	t.Helper()
	b := w.browser(t)
	b.signIn("/sign-in", string(p), password)
	if b.session() == "" {
		t.Fatalf("%s did not get in", p)
	}
	return b
}

func TestAnOrganisationFromDraftToVerified(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	owner, staff, stranger := w.visits(t, persona("citizen")), w.visits(t, playing(account.Authority)), w.visits(t, playing(account.Buyer))
	typed := url.Values{"kind": {"unincorporated"}, "name": {"某合伙企业"}, "code": {"91350100M000100Y44"}}
	wrong := owner.submit(owner.open("/organisations"), "/organisations", typed)
	if wrong.status != 422 || wrong.doc(t).Find("#code-note .err").Length() != 1 || wrong.doc(t).Find("#org-name").AttrOr("value", "") != "某合伙企业" || !wrong.doc(t).Find(`input[value="unincorporated"]`).Is("[checked]") {
		t.Fatalf("a wrong check character: %d", wrong.status)
	}
	typed.Set("code", "91350100M000100Y43")
	made := owner.submit(wrong, "/organisations", typed)
	page, _, _ := strings.Cut(made.header.Get("Location"), "?")
	if made.status != 303 || !strings.HasPrefix(page, "/organisations/") {
		t.Fatalf("%d to %s", made.status, page)
	}
	desk := "/desk" + page
	if got := staff.open(desk); got.status != 404 { // a draft is the owner's own
		t.Errorf("the draft is shown to staff: %d", got.status)
	}
	if got := stranger.open(page); got.status != 404 {
		t.Errorf("the draft is shown to a stranger: %d", got.status)
	}
	if got := owner.submit(owner.open(page), page+"/submit", nil); got.status != 303 {
		t.Fatalf("submitted: %d", got.status)
	}
	if list := staff.open("/desk/organisations"); !strings.Contains(list.body, "某合伙企业") {
		t.Error("it does not wait at the desk")
	}
	if waits := staff.open("/desk/inbox").doc(t); waits.Find(`.ib a[href="`+desk+`"]`).Length() != 1 || waits.Find(`.ib a.src.house[href*="organisation_verification"]`).Length() != 1 {
		t.Error("it does not wait in the inbox, by the rule of the platform")
	}
	if others := stranger.open("/desk/inbox"); strings.Contains(others.body, "某合伙企业") {
		t.Error("it waits for somebody else")
	}
	bare := staff.submit(staff.open(desk), desk, url.Values{"verified": {"0"}, "reason": {""}})
	if bare.status != 422 || bare.doc(t).Find("#reason-note .err").Length() != 1 {
		t.Errorf("returned without a reason: %d", bare.status)
	}
	if got := staff.submit(bare, desk, url.Values{"verified": {"1"}, "reason": {""}}); got.status != 303 {
		t.Fatalf("verified: %d", got.status)
	}
	if got := owner.open(page); !strings.Contains(got.body, "已认证") || got.doc(t).Find("#change").Length() != 0 {
		t.Error("the owner does not see that it is verified, or may change it still")
	}
	if got := owner.submit(owner.open(page), page+"/members", url.Values{"role": {""}}); got.status != 409 {
		t.Errorf("the last owner leaves: %d", got.status)
	}
	if got := owner.submit(owner.open(page), page+"/invite", url.Values{"identifier": {"buyer@tests.example"}, "role": {"member"}}); got.status != 303 {
		t.Fatalf("invited: %d", got.status)
	}
	secret := w.mailed(t)
	if got := owner.open("/invitations?link=" + secret); got.status != 410 { // it is another's
		t.Errorf("the invitation of another: %d", got.status)
	}
	asked := stranger.open("/invitations?link=" + secret)
	if got := stranger.submit(asked, "/invitations", nil); got.status != 303 || got.header.Get("Location") != page {
		t.Fatalf("joined: %d to %s", got.status, got.header.Get("Location"))
	}
	if got := stranger.open(page); got.status != 200 || got.doc(t).Find(`form[action$="/invite"]`).Length() != 0 {
		t.Errorf("a member sees it: %d", got.status)
	}
}

package portal_test

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
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

// paper sends a file as the form on the page of an organisation does.
func (b *browser) paper(page, name, content string) reply {
	b.t.Helper()
	form := b.open(page).doc(b.t).Find(`form[enctype="multipart/form-data"]`)
	var body strings.Builder
	m := multipart.NewWriter(&body)
	for _, f := range [][2]string{{"csrf", form.Find(`[name="csrf"]`).AttrOr("value", "")}, {"kind", "registration"}, {"expires", ""}, {"replaces", ""}} {
		if err := m.WriteField(f[0], f[1]); err != nil {
			b.t.Fatal(err)
		}
	}
	part, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(content))
	}
	if err = errors.Join(err, m.Close()); err != nil {
		b.t.Fatal(err)
	}
	r := b.as("", http.MethodPost, page+"/papers", nil)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body.String())), int64(body.Len())
	r.Header.Set("Content-Type", m.FormDataContentType())
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	return b.whole.send(b.t, r)
}

func TestAnOrganisationFromDraftToVerified(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	owner, staff, stranger := w.visits(t, persona("citizen")), w.visits(t, playing(account.Authority)), w.visits(t, playing(account.Buyer))
	typed := url.Values{"kind": {"unincorporated"}, "name": {"某合伙企业"}, "code": {"91350100M000100Y44"}, "head": {"赵一"}, "registrar": {"福州市市场监督管理局"}, "address": {"示例路 1 号"}}
	wrong := owner.submit(owner.open("/organisations"), "/organisations", typed)
	if wrong.status != 422 || wrong.doc(t).Find("#unincorporated-code-note .err").Length() != 1 || wrong.doc(t).Find("#unincorporated-name").AttrOr("value", "") != "某合伙企业" || wrong.doc(t).Find("#legal-name").AttrOr("value", "x") != "" {
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
	early := owner.submit(owner.open(page), page+"/submit", nil)
	if early.status != 422 || !strings.Contains(early.doc(t).Find(".note.bad").Text(), "请上传登记证照") {
		t.Errorf("submitted without a paper: %d", early.status)
	}
	script := owner.paper(page, "a.pdf", "%PDF-1.4\n/JavaScript (app.alert(1))\n%%EOF\n")
	if script.status != 422 || script.doc(t).Find("#paper-file-note .err").Length() != 1 {
		t.Errorf("a PDF with a script: %d", script.status)
	}
	if got := owner.paper(page, "执照.html", "\xFF\xD8\xFF\xE0licence\xFF\xD9"); got.status != 303 {
		t.Fatalf("a paper: %d %s", got.status, got.body)
	}
	paper, _ := owner.open(page).doc(t).Find("#papers h3 a").Attr("href")
	if got := owner.open(paper); got.status != 200 || got.header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment;") || got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("the paper: %d %v", got.status, got.header)
	}
	for name, b := range map[string]*browser{"a stranger": stranger, "staff, of a draft": staff} {
		if got := b.open(paper); got.status != 404 {
			t.Errorf("%s reads it: %d", name, got.status)
		}
	}
	if got := owner.submit(owner.open(page), page+"/submit", nil); got.status != 303 {
		t.Fatalf("submitted: %d", got.status)
	}
	if shown, _ := staff.open(desk).doc(t).Find("#papers h3 a").Attr("href"); shown != paper || staff.open(paper).status != 200 {
		t.Error("who verifies it does not see the paper")
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
	if got := owner.submit(owner.open(page), page+"/withdraw", nil); got.status != 303 {
		t.Fatalf("withdrawn: %d", got.status)
	}
	if got := stranger.open("/invitations?link=" + secret); got.status != 410 {
		t.Errorf("a withdrawn invitation: %d", got.status)
	}
	if got := owner.submit(owner.open(page), page+"/invite", url.Values{"identifier": {"buyer@tests.example"}, "role": {"member"}}); got.status != 303 {
		t.Fatalf("invited again: %d", got.status)
	}
	secret = w.mailed(t)
	asked := stranger.open("/invitations?link=" + secret)
	if got := stranger.submit(asked, "/invitations", nil); got.status != 303 || got.header.Get("Location") != page {
		t.Fatalf("joined: %d to %s", got.status, got.header.Get("Location"))
	}
	if got := stranger.open(page); got.status != 200 || got.doc(t).Find(`form[action$="/invite"]`).Length() != 0 {
		t.Errorf("a member sees it: %d", got.status)
	}
}

package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/pquerna/otp/totp"
)

func TestAnAuthenticatorAppIsSetUpAndAskedFor(t *testing.T) {
	w := newWhole(t)
	b := w.browser(t)
	b.signIn("/sign-in", "own", password)
	shown := b.submit(b.open("/account/factors"), "/account/factors/totp", nil)
	secret := strings.TrimSpace(shown.doc(t).Find("#totp-secret").Text())
	if shown.status != 200 || len(secret) != 32 {
		t.Fatalf("%d, secret %q", shown.status, secret)
	}
	picture := b.open("/account/factors/qr.png")
	if picture.status != 200 || picture.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(picture.body, "\x89PNG") || picture.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("the picture: %d %s", picture.status, picture.header.Get("Content-Type"))
	}
	wrong := b.submit(shown, "/account/factors/totp/confirm", url.Values{"code": {"12345x"}})
	if wrong.status != 422 || wrong.doc(t).Find("#code-note .err").Length() != 1 || !strings.Contains(wrong.body, secret) {
		t.Errorf("a wrong code: %d", wrong.status)
	}
	code, err := totp.GenerateCode(secret, w.Clock())
	if err != nil {
		t.Fatal(err)
	}
	on := b.submit(wrong, "/account/factors/totp/confirm", url.Values{"code": {code}})
	codes := on.doc(t).Find(".need li")
	if on.status != 200 || codes.Length() != 10 {
		t.Fatalf("%d, %d recovery codes", on.status, codes.Length())
	}
	if again := b.open("/account/factors/qr.png"); again.status != 404 {
		t.Errorf("the secret is shown again: %d", again.status)
	}
	next := w.browser(t)
	owed := next.signIn("/sign-in?back=/datasets", "own", password)
	if owed.status != 303 || owed.header.Get("Location") != "/sign-in/step?back=%2Fdatasets" || next.session() != "" {
		t.Fatalf("%d to %s, session %q", owed.status, owed.header.Get("Location"), next.session())
	}
	step := next.open(owed.header.Get("Location"))
	if replay := next.submit(step, "/sign-in/step", url.Values{"code": {code}}); replay.status != 422 || next.session() != "" {
		t.Errorf("the used code: %d", replay.status)
	}
	in := next.submit(step, "/sign-in/step", url.Values{"code": {codes.First().Text()}})
	if in.status != 303 || in.header.Get("Location") != "/datasets" || next.session() == "" {
		t.Fatalf("a recovery code: %d to %s", in.status, in.header.Get("Location"))
	}
	if out := next.submit(next.open("/account/factors"), "/account/factors/totp/remove", nil); out.status != 303 {
		t.Errorf("turned off: %d", out.status)
	}
}

// An act of weight is carried through the question of who it is; what is secret
// is typed again.
func TestAnActOfWeightIsCarriedThroughTheQuestion(t *testing.T) {
	w := newWhole(t)
	b := w.browser(t)
	b.signIn("/sign-in", "own", password)
	page := b.open("/account")
	w.Set(w.Clock().Add(w.Accounts.Rules().StepUp))
	asked := b.submit(page, "/account/keys", url.Values{"name": {"夜间任务"}})
	if asked.status != 403 || asked.doc(t).Find(`input[name="name"]`).AttrOr("value", "") != "夜间任务" {
		t.Fatalf("%d", asked.status)
	}
	if bad := b.submit(asked, "/account/keys", url.Values{"confirm-password": {"not the password"}}); bad.status != 422 || bad.doc(t).Find("#confirm-password-note .err").Length() != 1 || bad.doc(t).Find(`input[name="name"]`).AttrOr("value", "") != "夜间任务" {
		t.Errorf("a wrong password: %d", bad.status)
	}
	made := b.submit(asked, "/account/keys", url.Values{"confirm-password": {password}})
	if made.status != 200 || made.doc(t).Find("#new-key").Length() != 1 {
		t.Fatalf("after that: %d", made.status)
	}
	w.Set(w.Clock().Add(w.Accounts.Rules().StepUp))
	secret := b.submit(made, "/account/password", url.Values{"old": {password}, "password": {"four words in a row"}, "again": {"four words in a row"}})
	if secret.status != 403 || strings.Contains(secret.body, "four words in a row") || strings.Contains(secret.body, password) {
		t.Errorf("passwords are written into the page: %d", secret.status)
	}
}

func TestThePageSaysWhyThereAreNoPasskeysByAddress(t *testing.T) {
	w := newWhole(t, func(s *setup) { s.Config.BaseURL, s.Config.Secure = "http://127.0.0.1:8080", false })
	s, err := w.Accounts.SignIn(t.Context(), "own@tests.example", password, "203.0.113.9", "test")
	if err != nil {
		t.Fatal(err)
	}
	for host, says := range map[string]bool{"127.0.0.1:8080": true, "localhost:8080": false} {
		r := w.as("", "GET", "/account/factors", nil)
		r.Host = host
		r.Header.Set("Cookie", "session="+s.Token)
		page := w.send(t, r)
		if strings.Contains(page.body, "http://localhost:8080 打开本站") != says || (page.doc(t).Find("button[data-passkey]").Length() == 1) == says {
			t.Errorf("%s: %d", host, page.status)
		}
	}
}

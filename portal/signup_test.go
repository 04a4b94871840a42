package portal_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"shuyuan/internal/account"
)

// mailed is the secret of the link that was mailed last.
func (w *whole) mailed(t *testing.T) string {
	t.Helper()
	var args []byte
	if err := w.Pool.QueryRow(t.Context(), `SELECT args FROM river_job WHERE kind = 'account_letter' ORDER BY id DESC LIMIT 1`).Scan(&args); err != nil {
		t.Fatal(err)
	}
	var l account.Letter
	if err := json.Unmarshal(args, &l); err != nil {
		t.Fatal(err)
	}
	secret, err := w.Accounts.LinkOf(l)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestAPersonSignsUpByAMailedLink(t *testing.T) {
	w := newWhole(t)
	b := w.browser(t)
	page := b.submit(b.open("/sign-up"), "/sign-up", url.Values{"identifier": {"ming@tests.example"}})
	if page.status != 200 || !strings.Contains(page.body, "ming@tests.example") {
		t.Fatalf("after the address: %d", page.status)
	}
	other := w.browser(t).submit(b.open("/sign-up"), "/sign-up", url.Values{"identifier": {"own@tests.example"}})
	if known := w.browser(t); other.status == 200 { // the same page, whoever it is about
		got := known.submit(known.open("/sign-up"), "/sign-up", url.Values{"identifier": {"own@tests.example"}})
		if strip := strings.NewReplacer("own@tests.example", "", "ming@tests.example", ""); strip.Replace(got.body) != strip.Replace(page.body) {
			t.Error("the page tells who has an account")
		}
	}
	secret := ""
	if again := w.browser(t); true {
		again.submit(again.open("/sign-up"), "/sign-up", url.Values{"identifier": {"ming@tests.example"}})
		secret = w.mailed(t)
	}
	link := "/sign-up/confirm?link=" + secret
	form := b.open(link)
	if form.status != 200 || form.header.Get("Referrer-Policy") != "no-referrer" || form.header.Get("Cache-Control") != "private, no-store" {
		t.Fatalf("%d, %s, %s", form.status, form.header.Get("Referrer-Policy"), form.header.Get("Cache-Control"))
	}
	wrong := b.submit(form, "/sign-up/confirm", url.Values{"name": {"小明"}, "password": {"password2024!"}, "again": {"password2024!"}, "agreed": {"1"}})
	if wrong.status != 422 || wrong.doc(t).Find("#name").AttrOr("value", "") != "小明" || wrong.doc(t).Find("#password-note .err").Length() != 1 || strings.Contains(wrong.body, "password2024!") {
		t.Fatalf("a leaked password: %d", wrong.status)
	}
	done := b.submit(wrong, "/sign-up/confirm", url.Values{"password": {"four words in a row"}, "again": {"four words in a row"}, "agreed": {"1"}})
	if done.status != 303 || done.header.Get("Location") != "/account" || b.session() == "" {
		t.Fatalf("%d to %s", done.status, done.header.Get("Location"))
	}
	if page := b.open("/account"); !strings.Contains(page.body, "小明") {
		t.Error("the account has another name")
	}
	if again := b.open(link); again.status != 410 || strings.Contains(again.body, "数据集已经撤回") || !strings.Contains(again.doc(t).Find("h1").Text(), "已失效") {
		t.Errorf("the link once more: %d, %s", again.status, again.doc(t).Find("main").Text())
	}
}

func TestAForgottenPasswordIsSetByAMailedLink(t *testing.T) {
	w := newWhole(t)
	b := w.browser(t)
	b.signIn("/sign-in", "own", password)
	lost := w.browser(t)
	there := lost.submit(lost.open("/recover"), "/recover", url.Values{"identifier": {"own@tests.example"}})
	secret := w.mailed(t)
	stranger := w.browser(t)
	if nowhere := stranger.submit(stranger.open("/recover"), "/recover", url.Values{"identifier": {"nobody@tests.example"}}); nowhere.body != there.body || nowhere.status != there.status {
		t.Error("the page tells who has an account")
	}
	// a program that reads mail has looked at the link, which changes nothing
	w.get(t, "", "/recover/set?link="+secret)
	set := lost.submit(lost.open("/recover/set?link="+secret), "/recover/set", url.Values{"password": {"four words in a row"}, "again": {"four words in a row"}})
	if set.status != 303 || set.header.Get("Location") != "/sign-in?done=password" || lost.session() != "" {
		t.Fatalf("%d to %s", set.status, set.header.Get("Location"))
	}
	if page := b.open("/account"); page.status != 303 {
		t.Errorf("the old session is answered %d", page.status)
	}
	if got := lost.signIn("/sign-in?done=password", "own", "four words in a row"); got.status != 303 {
		t.Errorf("with the new password: %d", got.status)
	}
	for _, broken := range []string{"", "?link=", "?link=" + secret, "?link=" + strings.Repeat("a", 3000)} {
		if got := w.get(t, "", "/recover/set"+broken); got.status != 410 {
			t.Errorf("%.40s: %d", broken, got.status)
		}
	}
}

// Links in letters are made from the address that is configured: what a request
// says of the host is not written down (A18 to A20).
func TestAForgedHostIsInNoLetter(t *testing.T) {
	w := newWhole(t)
	b := w.browser(t)
	page := b.open("/recover")
	r := w.as("", http.MethodPost, "/recover", url.Values{"identifier": {"own@tests.example"}, "csrf": {page.doc(t).Find(`input[name="csrf"]`).AttrOr("value", "")}})
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	r.Host = "evil.example"
	r.Header.Set("X-Forwarded-Host", "evil.example")
	if got := w.send(t, r); got.status != 200 {
		t.Fatalf("%d", got.status)
	}
	var args string
	if err := w.Pool.QueryRow(t.Context(), `SELECT args::text FROM river_job WHERE kind = 'account_letter' ORDER BY id DESC LIMIT 1`).Scan(&args); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(args, "evil") {
		t.Error(args)
	}
}

package portal_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/identity"
	"shuyuan/internal/identity/identitytest"
	"shuyuan/licensing"
	"shuyuan/portal"
)

// withProvider is the portal with a real provider of identity, whose clock is the
// wall's: so is the portal's.
func withProvider(t *testing.T, create bool) (*whole, *identitytest.Server) {
	t.Helper()
	real := identitytest.Start(t, base+portal.IdentityCallback)
	c := datasetstest.New(t, licensing.Gate{})
	c.Set(time.Now())
	w := wholeOn(t, c, func(s *setup) {
		s.Identity = identity.New(identity.Config{
			Issuer: real.Issuer, ClientID: identitytest.ClientID, Secret: identitytest.Secret, Name: "统一身份认证平台",
			Callback: base + portal.IdentityCallback, Home: base + "/", Create: create, Now: time.Now,
		})
	})
	return w, real
}

// away follows a browser to the provider, signs in there and comes back.
func (b *browser) away(real *identitytest.Server, address, name string) reply {
	b.t.Helper()
	return b.open(portal.IdentityCallback + "?" + real.SignIn(b.t, address, name).Encode())
}

func (b *browser) byProvider(real *identitytest.Server, name string) reply {
	b.t.Helper()
	off := b.open("/sign-in/identity?back=/datasets")
	if off.status != 303 || !strings.HasPrefix(off.header.Get("Location"), real.Issuer) {
		b.t.Fatalf("%d to %s", off.status, off.header.Get("Location"))
	}
	return b.away(real, off.header.Get("Location"), name)
}

func TestTheButtonIsThereWhereThereIsAProvider(t *testing.T) {
	w := newWhole(t)
	if page := w.get(t, visitor, "/sign-in"); page.doc(t).Find(`a[href^="/sign-in/identity"]`).Length() != 0 {
		t.Error("a button that leads nowhere")
	}
	for _, path := range []string{"/sign-in/identity", portal.IdentityCallback + "?code=1&state=2", "/sign-up/identity"} {
		if got := w.get(t, visitor, path).status; got != 404 {
			t.Errorf("%s: %d", path, got)
		}
	}
	w, _ = withProvider(t, false)
	page := w.get(t, visitor, "/sign-in?back=/datasets")
	if page.doc(t).Find(`a[href="/sign-in/identity?back=%2Fdatasets"]`).Text() != "用统一身份认证平台登录" {
		t.Error("no button")
	}
}

// Nobody is linked by an address, verified or not: a person who is signed in
// links, and from then on the provider opens the account.
func TestAPersonLinksTheOwnAccountAndSignsInByTheProvider(t *testing.T) {
	w, real := withProvider(t, false)
	id, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: "zhang@tests.example", Name: "张三", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	stranger := w.browser(t)
	if page := stranger.byProvider(real, "zhang"); page.status != 403 || !strings.Contains(page.body, "还没有关联本站的账号") || stranger.session() != "" {
		t.Fatalf("the same address opens the account: %d", page.status)
	}
	b := w.browser(t)
	b.signIn("/sign-in", "zhang", password)
	visit := b.submit(b.open("/account"), "/account/identity/link", nil)
	address, _ := visit.doc(t).Find(".btn.main").Attr("href")
	if visit.status != 200 || !strings.HasPrefix(address, real.Issuer) {
		t.Fatalf("%d to %s", visit.status, address)
	}
	if back := b.away(real, address, "zhang"); back.status != 303 || back.header.Get("Location") != "/account?done=linked" {
		t.Fatalf("%d to %s", back.status, back.header.Get("Location"))
	}
	next := w.browser(t)
	if in := next.byProvider(real, "zhang"); in.status != 303 || in.header.Get("Location") != "/datasets" || next.session() == "" {
		t.Fatalf("%d to %s", in.status, in.header.Get("Location"))
	}
	a, err := w.Accounts.Actor(t.Context(), next.session())
	if err != nil || a.ID != id || len(a.Roles) != 0 || !a.Provider { // the server says is_admin; that gives nothing
		t.Errorf("%+v, %v", a, err)
	}
	out := next.submit(next.open("/account"), "/sign-out", nil)
	if out.header.Get("Location") != "/sign-in?done=left" {
		t.Fatalf("signed out to %s", out.header.Get("Location"))
	}
	if leave := next.open(out.header.Get("Location")).doc(t).Find(`a[href^="` + real.Issuer + `"]`); leave.Length() != 1 {
		t.Error("nothing says that the provider still knows the browser")
	}
	if un := b.submit(b.open("/account"), "/account/identity/unlink", nil); un.status != 303 {
		t.Fatalf("%d", un.status)
	}
	if page := w.browser(t).byProvider(real, "zhang"); page.status != 403 {
		t.Errorf("unlinked, and yet: %d", page.status)
	}
}

// What comes back is worth nothing in another browser, twice, late, or without
// what began it.
func TestAnAnswerIsForOneBrowserOnce(t *testing.T) {
	w, real := withProvider(t, true)
	b, victim := w.browser(t), w.browser(t)
	off := b.open("/sign-in/identity")
	query := real.SignIn(t, off.header.Get("Location"), "zhang").Encode()
	cookies := map[string]*http.Cookie{}
	for name, c := range b.cookies {
		cookies[name] = c
	}
	victim.open("/sign-in/identity") // has begun one of its own
	for name, try := range map[string]*browser{"another browser": victim, "no cookie": w.browser(t)} {
		if got := try.open(portal.IdentityCallback + "?" + query); got.status != 422 || try.session() != "" || got.doc(t).Find(".note.bad").Length() != 1 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	if got := b.open(portal.IdentityCallback + "?" + query); got.status != 303 || got.header.Get("Location") != "/sign-up/identity" {
		t.Fatalf("%d to %s", got.status, got.header.Get("Location"))
	}
	b.cookies = cookies
	if got := b.open(portal.IdentityCallback + "?" + query); got.status != 422 {
		t.Errorf("the answer twice: %d", got.status)
	}
	off = b.open("/sign-in/identity")
	query = real.SignIn(t, off.header.Get("Location"), "zhang").Encode()
	w.Set(w.Clock().Add(16 * time.Minute))
	if got := b.open(portal.IdentityCallback + "?" + query); got.status != 422 {
		t.Errorf("the answer too late: %d", got.status)
	}
	for _, q := range []string{"", "code=1", "state=%00", "error=access_denied&error_description=%3Cscript%3E", "code=" + strings.Repeat("x", 5000) + "&state=1", "state=1&state=2"} {
		if got := b.open(portal.IdentityCallback + "?" + q); got.status != 422 || strings.Contains(got.body, "<script>") {
			t.Errorf("%.40s: %d", q, got.status)
		}
	}
}

// Where the installation lets everybody have one, an account is made once its
// owner agreed; of an address only one that was verified is kept.
func TestWhoTheProviderKnowsMakesAnAccount(t *testing.T) {
	w, real := withProvider(t, true)
	for name, address := range map[string]bool{"zhang": true, "li": false} {
		b := w.browser(t)
		if got := b.byProvider(real, name); got.header.Get("Location") != "/sign-up/identity" {
			t.Fatalf("%s: %d to %s", name, got.status, got.header.Get("Location"))
		}
		page := b.open("/sign-up/identity")
		if bad := b.submit(page, "/sign-up/identity", url.Values{"name": {"示例" + name}}); bad.status != 422 || b.session() != "" || !strings.Contains(bad.body, "示例"+name) {
			t.Errorf("%s, without agreeing: %d", name, bad.status)
		}
		if in := b.submit(page, "/sign-up/identity", url.Values{"name": {"示例" + name}, "agreed": {"1"}}); in.status != 303 || b.session() == "" {
			t.Fatalf("%s: %d", name, in.status)
		}
		own := b.open("/account")
		if strings.Contains(own.body, name+"@tests.example") != address {
			t.Errorf("%s: the account page says of the address otherwise than %v", name, address)
		}
		if own.doc(t).Find("#password form").Length() != 0 {
			t.Error("a password is asked for that there is not")
		}
		again := w.browser(t)
		if in := again.byProvider(real, name); in.status != 303 || again.session() == "" {
			t.Errorf("%s again: %d", name, in.status)
		}
		if un := b.submit(own, "/account/identity/unlink", nil); un.status != 409 {
			t.Errorf("%s shut out: %d", name, un.status)
		}
	}
}

// An account with the address of a newcomer is not theirs for that.
func TestANewcomerGetsNobodysAccount(t *testing.T) {
	w, real := withProvider(t, true)
	if _, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: "zhang@tests.example", Name: "先来的", Password: password}); err != nil {
		t.Fatal(err)
	}
	b := w.browser(t)
	b.byProvider(real, "zhang")
	if got := b.submit(b.open("/sign-up/identity"), "/sign-up/identity", url.Values{"name": {"后来的"}, "agreed": {"1"}}); got.status != 409 || b.session() != "" {
		t.Errorf("%d", got.status)
	}
}

// An administrator says whom the provider will send; a second step here is asked
// for whatever the provider asked; whoever has no password confirms there.
func TestStaffSignInByAPreparedNumber(t *testing.T) {
	w, real := withProvider(t, false)
	who := w.browser(t)
	who.cookies["__Host-session"] = &http.Cookie{Name: "__Host-session", Value: w.tokens[admin]}
	id, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: "clerk@tests.example", Name: "王科", Roles: []account.Role{account.Officer}, Department: w.Office(t).ID})
	if err != nil {
		t.Fatal(err)
	}
	at := "/desk/admin/accounts/" + strconv.FormatInt(id, 10)
	if bad := who.submit(who.open(at), at+"/identity", url.Values{"subject": {"中文"}}); bad.status != 422 || bad.doc(t).Find("#subject-note .err").Length() != 1 {
		t.Errorf("a subject that cannot be: %d", bad.status)
	}
	if got := who.submit(who.open(at), at+"/identity", url.Values{"subject": {" p-li "}}); got.status != 303 {
		t.Fatalf("%d", got.status)
	}
	b := w.browser(t)
	if in := b.byProvider(real, "li"); in.status != 303 || b.session() == "" {
		t.Fatalf("%d", in.status)
	}
	a, err := w.Accounts.Actor(t.Context(), b.session())
	if err != nil || a.ID != id || !a.Is(account.Officer) {
		t.Errorf("%+v, %v", a, err)
	}
	w.Set(w.Clock().Add(w.Accounts.Rules().StepUp))
	asked := b.submit(b.open("/account"), "/account/keys", url.Values{"name": {"夜间任务"}, "days": {"30"}, "scope": {"read"}})
	if asked.status != 403 || asked.doc(t).Find("#confirm-password").Length() != 0 {
		t.Fatalf("%d", asked.status)
	}
	visit := b.submit(asked, "/account/identity/confirm", nil)
	address, _ := visit.doc(t).Find(".btn.main").Attr("href")
	if !strings.Contains(address, "prompt=login") || !strings.Contains(address, "max_age=0") {
		t.Fatalf("not asked anew: %s", address)
	}
	if back := b.away(real, address, "li"); back.header.Get("Location") != "/account?done=confirmed" {
		t.Fatalf("%d to %s", back.status, back.header.Get("Location"))
	}
	if made := b.submit(b.open("/account"), "/account/keys", url.Values{"name": {"夜间任务"}, "days": {"30"}, "scope": {"read"}}); made.status != 200 {
		t.Errorf("after that: %d", made.status)
	}
}

func TestADeadProviderIsSaidOnTheSignInPage(t *testing.T) {
	w := newWhole(t, func(s *setup) {
		s.Identity = identity.New(identity.Config{Issuer: "http://127.0.0.1:1", ClientID: "x", Secret: "y", Name: "统一身份认证平台", Now: time.Now})
	})
	page := w.browser(t).open("/sign-in/identity?back=/datasets")
	if page.status != 503 || !strings.Contains(page.body, "统一身份认证平台现在连不上") || page.doc(t).Find(`form[action="/sign-in"] input[value="/datasets"]`).Length() != 1 || page.header.Get("Retry-After") == "" {
		t.Errorf("%d", page.status)
	}
}

package portal_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/internal/account"
)

// browser keeps cookies as a browser does and sends the forms it is shown.
type browser struct {
	*whole
	t       *testing.T
	cookies map[string]*http.Cookie
}

func (w *whole) browser(t *testing.T) *browser {
	return &browser{w, t, map[string]*http.Cookie{}}
}

func (b *browser) send(method, address string, form url.Values) reply {
	b.t.Helper()
	r := b.as("", method, address, form)
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	got := b.whole.send(b.t, r)
	for _, c := range (&http.Response{Header: got.header}).Cookies() {
		if !c.Expires.IsZero() && c.Expires.Before(time.Now()) || c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	return got
}

func (b *browser) open(address string) reply {
	b.t.Helper()
	return b.send(http.MethodGet, address, nil)
}

// submit fills in the form of a page that goes to action and sends it.
func (b *browser) submit(page reply, action string, fields url.Values) reply {
	b.t.Helper()
	form := page.doc(b.t).Find(`form[method="post"]`).FilterFunction(func(_ int, s *goquery.Selection) bool {
		target, _, _ := strings.Cut(s.AttrOr("action", ""), "#")
		return target == action
	}).First()
	if form.Length() == 0 {
		b.t.Fatalf("no form goes to %s", action)
	}
	sent := url.Values{}
	form.Find("input[name]").Each(func(_ int, s *goquery.Selection) {
		if kind := s.AttrOr("type", ""); kind != "checkbox" || s.Is("[checked]") {
			sent.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
		}
	})
	form.Find("select").Each(func(_ int, s *goquery.Selection) {
		sent.Set(s.AttrOr("name", ""), s.Find("option[selected]").AttrOr("value", ""))
	})
	for name, values := range fields {
		sent[name] = values
	}
	return b.send(http.MethodPost, action, sent)
}

func (r reply) doc(t *testing.T) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func (b *browser) signIn(address, who, secret string) reply {
	b.t.Helper()
	return b.submit(b.open(address), "/sign-in", url.Values{"identifier": {who + "@tests.example"}, "password": {secret}})
}

func (b *browser) session() string {
	if c := b.cookies["__Host-session"]; c != nil {
		return c.Value
	}
	return ""
}

func TestSigningInAndOut(t *testing.T) {
	w := newWhole(t)
	b := w.browser(t)
	page := b.open("/account") // not without signing in
	if page.status != 303 || page.header.Get("Location") != "/sign-in?back=%2Faccount" {
		t.Fatalf("%d to %s", page.status, page.header.Get("Location"))
	}
	got := b.signIn(page.header.Get("Location"), "own", password)
	if got.status != 303 || got.header.Get("Location") != "/account" || got.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d to %s", got.status, got.header.Get("Location"))
	}
	c := b.cookies["__Host-session"]
	if c == nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 || !c.Expires.IsZero() || len(c.Value) != 64 {
		t.Errorf("the cookie: %+v", c)
	}
	if len(b.cookies) != 1 {
		t.Errorf("the form's cookie stays: %v", b.cookies)
	}
	page = b.open("/account")
	if page.status != 200 || !strings.Contains(page.body, "own@tests.example") || !strings.Contains(page.body, "示例统计局") {
		t.Fatalf("the account: %d", page.status)
	}
	if strings.Contains(page.body, b.session()) {
		t.Error("the page holds the session's secret")
	}
	before := b.session()
	if got := b.open("/sign-in?back=/datasets"); got.status != 303 || got.header.Get("Location") != "/datasets" {
		t.Errorf("who has signed in is asked again: %d to %s", got.status, got.header.Get("Location"))
	}
	out := b.submit(page, "/sign-out", nil)
	if out.status != 303 || out.header.Get("Location") != "/" || b.session() != "" {
		t.Errorf("signing out: %d, cookie %q", out.status, b.session())
	}
	if a, err := w.Accounts.Actor(t.Context(), before); err != nil || !a.IsVisitor() {
		t.Errorf("the old cookie still is %+v", a)
	}
}

// A session is made at signing in and nowhere else: what a browser brought
// along opens nothing and is not kept (A06).
func TestASessionIsAlwaysNew(t *testing.T) {
	w := newWhole(t)
	b := w.browser(t)
	planted := strings.Repeat("ab", 32)
	b.cookies["__Host-session"] = &http.Cookie{Name: "__Host-session", Value: planted}
	b.signIn("/sign-in", "own", password)
	first := b.session()
	if first == planted || first == "" {
		t.Fatalf("the planted session was taken over")
	}
	// signing in once more, in the same browser, ends the session before
	form := w.Accounts.CSRF(first)
	b.send(http.MethodPost, "/sign-in", url.Values{"csrf": {form}, "identifier": {"own@tests.example"}, "password": {password}})
	if b.session() == first || b.session() == "" {
		t.Error("the session is the same")
	}
	if a, err := w.Accounts.Actor(t.Context(), first); err != nil || !a.IsVisitor() {
		t.Errorf("the session before still is %+v", a)
	}
}

// Whoever guesses learns nothing from the answer: not whether there is such an
// account, nor whether it is disabled.
func TestAllWrongPasswordsAreAnsweredAlike(t *testing.T) {
	w := newWhole(t)
	id, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: "off@tests.example", Name: "停用", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Accounts.Disable(t.Context(), account.System("test"), id); err != nil {
		t.Fatal(err)
	}
	var first string
	for i, c := range []struct{ who, secret string }{{"own", "wrong horse"}, {"nil", "wrong horse"}, {"off", password}} {
		b := w.browser(t)
		got := b.signIn("/sign-in?back=/datasets", c.who, c.secret)
		if got.status != http.StatusUnprocessableEntity || b.session() != "" || got.header.Get("Www-Authenticate") != "" {
			t.Errorf("%s: %d, session %q", c.who, got.status, b.session())
		}
		doc := got.doc(t)
		if doc.Find("#identifier").AttrOr("value", "") != c.who+"@tests.example" || doc.Find("#password").AttrOr("value", "") != "" || doc.Find(`input[name="back"]`).AttrOr("value", "") != "/datasets" {
			t.Errorf("%s: what was typed is not kept, or too much of it", c.who)
		}
		page := strings.ReplaceAll(got.settled(), c.who+"@tests.example", "")
		if i == 0 {
			first = page
		} else if page != first {
			t.Errorf("%s is answered otherwise", c.who)
		}
	}
}

func TestGuessingIsStoppedAndSaysForHowLong(t *testing.T) {
	w := newWhole(t, limit("sign-in-pair", 3))
	b := w.browser(t)
	if back := b.open("/sign-in?back=https%3A%2F%2Fevil.example").doc(t).Find(`input[name="back"]`).AttrOr("value", ""); back != "/" {
		t.Errorf("the form leads back to %q", back)
	}
	for range 3 {
		if got := b.signIn("/sign-in", "own", "wrong horse"); got.status != 422 {
			t.Fatalf("%d", got.status)
		}
	}
	got := b.signIn("/sign-in", "own", password)
	wait, err := strconv.Atoi(got.header.Get("Retry-After"))
	if got.status != 429 || err != nil || wait < 1 || wait > 1201 || b.session() != "" {
		t.Errorf("%d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	if said := got.doc(t).Find(`[role="alert"]`).Text(); !strings.Contains(said, "分钟后再试") {
		t.Errorf("the page says %q", said)
	}
	w.Set(w.Clock().Add(time.Duration(wait) * time.Second))
	if got := b.signIn("/sign-in", "own", password); got.status != 303 {
		t.Errorf("after that time: %d", got.status)
	}
}

// One way of writing an account is as good as another (A02, A03).
func TestAnAccountInAnySpelling(t *testing.T) {
	w := newWhole(t)
	for _, spelling := range []string{"own@tests.example", " OWN@Tests.Example ", "ｏｗｎ＠ｔｅｓｔｓ．ｅｘａｍｐｌｅ"} {
		b := w.browser(t)
		got := b.submit(b.open("/sign-in"), "/sign-in", url.Values{"identifier": {spelling}, "password": {password}})
		if got.status != 303 {
			t.Errorf("%q: %d", spelling, got.status)
		}
	}
}

func TestSigningInLeadsBackToAPathOfOursOnly(t *testing.T) {
	w := newWhole(t)
	for back, want := range map[string]string{
		"": "/desk/inbox", "/datasets?q=a&page=2": "/datasets?q=a&page=2", "/datasets/人口": "/datasets/%E4%BA%BA%E5%8F%A3", "/account": "/account",
		"//evil.example": "/", "///evil.example": "/", "/\\evil.example": "/", "\\\\evil.example": "/", "https://evil.example/": "/", "https:evil.example": "/", "javascript:alert(1)": "/",
		"/\t/evil.example": "/", "/\r\nX-Evil: 1": "/", "evil.example": "/", "@evil.example": "/", "/..//evil.example": "/..//evil.example", "/%2f%2fevil.example": "/", "?a=b": "/", "#x": "/", "/lang?to=en&back=//evil.example": "/",
		"/" + strings.Repeat("a", 3000): "/",
	} {
		b := w.browser(t)
		page := b.open("/sign-in")
		got := b.submit(page, "/sign-in", url.Values{"identifier": {"own@tests.example"}, "password": {password}, "back": {back}})
		if got.status != 303 || got.header.Get("Location") != want {
			t.Errorf("%.60q leads to %q (%d), want %q", back, got.header.Get("Location"), got.status, want)
		}
		if to := w.get(t, visitor, "/lang?to=en&back="+url.QueryEscape(back)); back != "" && to.status == 303 && want != "/account" && to.header.Get("Location") != want {
			t.Errorf("the language: %.60q leads to %q", back, to.header.Get("Location"))
		}
	}
}

func TestOnesOwnSessions(t *testing.T) {
	w := newWhole(t)
	desk, phone, old := w.browser(t), w.browser(t), w.browser(t)
	for _, b := range []*browser{desk, phone, old} {
		b.signIn("/sign-in", "own", password)
	}
	page := desk.open("/account")
	if n := page.doc(t).Find(`#sessions .hit`).Length(); n != 4 { // and the one of the persona
		t.Fatalf("%d sessions are shown", n)
	}
	if here := page.doc(t).Find(`#sessions .hit:contains("这一台")`).Length(); here != 1 {
		t.Errorf("%d of them are this one", here)
	}
	theirs, err := w.Accounts.Actor(t.Context(), phone.session())
	if err != nil {
		t.Fatal(err)
	}
	got := desk.submit(page, "/account/sessions/end", url.Values{"session": {theirs.Session}})
	if got.status != 303 || got.header.Get("Location") != "/account?done=session" {
		t.Errorf("%d to %s", got.status, got.header.Get("Location"))
	}
	if a := phone.open("/account"); a.status != 303 || phone.session() != "" {
		t.Errorf("the phone is still signed in: %d, cookie %q", a.status, phone.session())
	}
	// somebody else's cannot be ended
	stranger, err := w.Accounts.Actor(t.Context(), w.tokens[other])
	if err != nil {
		t.Fatal(err)
	}
	if got := desk.submit(page, "/account/sessions/end", url.Values{"session": {stranger.Session}}); got.status != 404 {
		t.Errorf("ending a stranger's session: %d", got.status)
	}
	got = desk.send(http.MethodPost, "/account/sessions/end", url.Values{"csrf": {w.Accounts.CSRF(desk.session())}, "others": {"1"}})
	if got.status != 303 || old.open("/account").status != 303 || desk.open("/account?done=others").status != 200 {
		t.Errorf("ending all others: %d", got.status)
	}
	if w.get(t, other, "/account").status != 200 {
		t.Error("a stranger's session ended too")
	}
	// the own one: that is signing out
	self, err := w.Accounts.Actor(t.Context(), desk.session())
	if err != nil {
		t.Fatal(err)
	}
	got = desk.submit(desk.open("/account"), "/account/sessions/end", url.Values{"session": {self.Session}})
	if got.status != 303 || got.header.Get("Location") != "/" || desk.session() != "" {
		t.Errorf("%d to %s, cookie %q", got.status, got.header.Get("Location"), desk.session())
	}
}

func TestOnesOwnKeys(t *testing.T) {
	w := newWhole(t)
	b := w.browser(t)
	b.signIn("/sign-in", "own", password)
	made := b.submit(b.open("/account"), "/account/keys", url.Values{"name": {"夜间脚本"}, "days": {"30"}})
	secret := strings.TrimSpace(made.doc(t).Find("#new-key").Text())
	if made.status != 200 || !strings.HasPrefix(secret, "sy_") || made.header.Get("Cache-Control") != "private, no-store" {
		t.Fatalf("%d, %q", made.status, secret)
	}
	w.keys["mine"] = secret
	if got := w.get(t, "mine", "/datasets"); got.status != 200 {
		t.Errorf("the key opens nothing: %d", got.status)
	}
	page := b.open("/account")
	if strings.Contains(page.body, secret) {
		t.Error("the key is shown a second time")
	}
	row := page.doc(t).Find(`#keys .hit:contains("夜间脚本")`)
	for _, want := range []string{secret[:11], "读取", "2026-11-22", "2026-12-22", "停用"} {
		if !strings.Contains(row.Text(), want) {
			t.Errorf("the list does not say %q: %s", want, row.Text())
		}
	}
	// the form once more, as when a page is reloaded: one key, and a sentence
	again := b.submit(page, "/account/keys", url.Values{"name": {"夜间脚本"}, "days": {"30"}})
	if again.status != 422 || strings.Contains(again.body, "new-key-use") || !strings.Contains(again.doc(t).Find("#key-name-note").Text(), "同名") {
		t.Errorf("%d", again.status)
	}
	for name, fields := range map[string]url.Values{
		"no name": {"name": {" "}}, "a name with a line break": {"name": {"a\nb"}}, "no purpose": {"name": {"a"}, "scope": nil}, "another purpose": {"name": {"a"}, "scope": {"everything"}},
	} {
		if got := b.submit(page, "/account/keys", fields); got.status != 422 || got.doc(t).Find(".err").Length() != 1 {
			t.Errorf("%s: %d, %d sentences", name, got.status, got.doc(t).Find(".err").Length())
		}
	}
	for _, days := range []string{"", "0", "-1", "31", "36500", "9999999999999", "x"} {
		if got := b.submit(page, "/account/keys", url.Values{"name": {"a"}, "days": {days}}); got.status != 400 {
			t.Errorf("%s days: %d", days, got.status)
		}
	}
	if got := w.post(t, admin, "/account/keys", url.Values{"name": {"a"}, "days": {"30"}, "scope": {"publish"}}); got.status != 403 || !strings.Contains(got.body, "只有部门数据专员") {
		t.Errorf("a purpose beyond the role: %d", got.status)
	}
	if got := w.post(t, other, "/account/keys/revoke", url.Values{"key": {secret[:11]}}); got.status != 404 {
		t.Errorf("revoking a stranger's key: %d", got.status)
	}
	if got := b.submit(page, "/account/keys/revoke", url.Values{"key": {secret[:11]}}); got.status != 303 || got.header.Get("Location") != "/account?done=key" {
		t.Errorf("%d to %s", got.status, got.header.Get("Location"))
	}
	if got := w.get(t, "mine", "/datasets"); got.status != 401 {
		t.Errorf("the revoked key opens the page: %d", got.status)
	}
}

// A key reaches as far as what it was made for: one for publishing reads
// nothing, not even what everybody may.
func TestAKeyIsGoodForItsPurposeOnly(t *testing.T) {
	w := newWhole(t)
	draft, _ := w.hide(t, "draft-open", "draft", "unconditional")
	who := mustActor(t, w, w.tokens[own])
	var err error
	if w.keys["publisher"], _, err = w.Accounts.CreateKey(t.Context(), who, "发布", []string{account.ScopePublish}, time.Hour); err != nil {
		t.Fatal(err)
	}
	for path, reading := range map[string]int{"/datasets/" + draft.Slug: 200, "/datasets": 200, "/d/draftopen00000000/1/data.csv": 200, "/r/draftopen00000000": 302, "/api/v1/datasets": 200} {
		if got := w.get(t, "publisher", path); got.status != http.StatusForbidden {
			t.Errorf("%s by a key for publishing: %d", path, got.status)
		}
		if got := w.get(t, key, path); got.status != reading {
			t.Errorf("%s by a key for reading: %d", path, got.status)
		}
	}
}

func TestOnesOwnPassword(t *testing.T) {
	w := newWhole(t)
	b := w.browser(t)
	b.signIn("/sign-in", "own", password)
	page := b.open("/account")
	const better = "battery staple correct"
	for name, c := range map[string]struct {
		fields url.Values
		at     string
	}{
		"no old one":        {url.Values{"old": {""}, "password": {better}, "again": {better}}, "#old-note"},
		"another old one":   {url.Values{"old": {"wrong horse"}, "password": {better}, "again": {better}}, "#old-note"},
		"two new ones":      {url.Values{"old": {password}, "password": {better}, "again": {better + "x"}}, "#again-note"},
		"a short one":       {url.Values{"old": {password}, "password": {"short"}, "again": {"short"}}, "#new-password-note"},
		"one everybody has": {url.Values{"old": {password}, "password": {"1234567890"}, "again": {"1234567890"}}, "#new-password-note"},
	} {
		got := b.submit(page, "/account/password", c.fields)
		if got.status != 422 || got.doc(t).Find(c.at+" .err").Length() != 1 || strings.Contains(got.body, better) {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	got := b.submit(page, "/account/password", url.Values{"old": {password}, "password": {better}, "again": {better}})
	if got.status != 303 || got.header.Get("Location") != "/account?done=password" {
		t.Fatalf("%d to %s", got.status, got.header.Get("Location"))
	}
	if b.open("/account?done=password").status != 200 || w.get(t, own, "/account").status != 303 {
		t.Error("this session ended, or another did not")
	}
	if w.browser(t).signIn("/sign-in", "own", password).status != 422 || w.browser(t).signIn("/sign-in", "own", better).status != 303 {
		t.Error("the old password opens, or the new one does not")
	}
}

// Every form that changes something is refused unless a page of ours sent it,
// for everybody, and whatever was asked for before (A10-A13).
func TestNoOtherSiteCanSendAForm(t *testing.T) {
	w := newWhole(t)
	mine, strangers := w.tokens[own], w.Accounts.CSRF(w.tokens[other])
	sound := func() url.Values { return url.Values{"csrf": {w.Accounts.CSRF(mine)}} }
	for range 2 { // the second time after requests of every other kind
		for _, action := range []string{"/sign-in", "/sign-out", "/account/sessions/end", "/account/keys", "/account/keys/revoke", "/account/password"} {
			for name, c := range map[string]struct {
				form   url.Values
				header []string
			}{
				"no token":                  {url.Values{}, nil},
				"an empty token":            {url.Values{"csrf": {""}}, nil},
				"another session's token":   {url.Values{"csrf": {strangers}}, nil},
				"a token of no session":     {url.Values{"csrf": {w.Accounts.CSRF("x")}}, nil},
				"a spoilt token":            {url.Values{"csrf": {w.Accounts.CSRF(mine)[1:]}}, nil},
				"a token of a megabyte":     {url.Values{"csrf": {strings.Repeat("a", 100<<10)}}, nil},
				"another site":              {sound(), []string{"Origin", "https://evil.example"}},
				"another scheme":            {sound(), []string{"Origin", "http://data.example"}},
				"another port":              {sound(), []string{"Origin", "https://data.example:8443"}},
				"a sandboxed frame":         {sound(), []string{"Origin", "null"}},
				"the browser says so":       {sound(), []string{"Sec-Fetch-Site", "cross-site"}},
				"a neighbour":               {sound(), []string{"Sec-Fetch-Site", "same-site"}},
				"text that looks like JSON": {sound(), []string{"Content-Type", "text/plain"}},
				"JSON":                      {sound(), []string{"Content-Type", "application/json"}},
				"parts":                     {sound(), []string{"Content-Type", "multipart/form-data; boundary=x"}},
				"another method":            {url.Values{"csrf": sound()["csrf"], "_method": {"DELETE"}}, nil},
			} {
				r := w.as(own, http.MethodPost, action, c.form)
				if got := w.send(t, r, c.header...); got.status != http.StatusForbidden {
					t.Errorf("%s: %s: %d", action, name, got.status)
				}
			}
			if got := w.send(t, w.as(own, http.MethodPost, action+"?csrf="+url.QueryEscape(w.Accounts.CSRF(mine)), url.Values{})); got.status != http.StatusForbidden {
				t.Errorf("%s: a token in the address: %d", action, got.status)
			}
		}
		w.get(t, key, "/api/v1/datasets")
		w.send(t, w.as(visitor, http.MethodOptions, "/api/v1/datasets", nil), "Origin", "https://evil.example", "Access-Control-Request-Method", "GET")
	}
	if a, err := w.Accounts.Actor(t.Context(), mine); err != nil || a.IsVisitor() {
		t.Error("one of them was carried out")
	}
	if keys, err := w.Accounts.Keys(t.Context(), account.Actor{ID: mustActor(t, w, mine).ID}); err != nil || len(keys) != 1 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
	if got := w.post(t, own, "/sign-out", nil, "Origin", base, "Sec-Fetch-Site", "same-origin"); got.status != 303 {
		t.Errorf("a page of ours: %d", got.status)
	}
}

func mustActor(t *testing.T, w *whole, token string) account.Actor {
	t.Helper()
	a, err := w.Accounts.Actor(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What a form does not have cannot be set by it.
func TestFormsTakeTheirOwnFieldsOnly(t *testing.T) {
	w := newWhole(t)
	for action, sound := range map[string]url.Values{
		"/sign-in": {"identifier": {"own@tests.example"}, "password": {password}}, "/account/sessions/end": {"session": {"x"}},
		"/account/keys": {"name": {"a"}, "days": {"30"}, "scope": {"read"}}, "/account/keys/revoke": {"key": {"x"}}, "/account/password": {"old": {"a"}, "password": {"b"}, "again": {"b"}}, "/sign-out": {},
	} {
		for _, extra := range []string{"id", "user_id", "role", "roles", "department_id", "side", "status", "approved_by", "disabled_at", "csrf[]", "name.x", "__proto__"} {
			form := url.Values{extra: {"1"}}
			for k, v := range sound {
				form[k] = v
			}
			if got := w.post(t, own, action, form); got.status != http.StatusBadRequest {
				t.Errorf("%s takes %s: %d", action, extra, got.status)
			}
		}
		for field := range sound {
			if field == "scope" {
				continue
			}
			form := url.Values{}
			for k, v := range sound {
				form[k] = slices.Clone(v)
			}
			form.Add(field, "2")
			if got := w.post(t, own, action, form); got.status != http.StatusBadRequest {
				t.Errorf("%s takes %s twice: %d", action, field, got.status)
			}
		}
	}
}

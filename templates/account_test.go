package templates

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/templates/text"
)

// accountPages are the pages about signing in, in each state they can show.
func accountPages(lang text.Lang) map[string]templ.Component {
	private := func(path, title string) Frame {
		f := frame(lang, path, title)
		f.Canonical, f.JSONLD, f.NoIndex, f.CSRF, f.Nonce = "", nil, true, "t0ken", "n0nce"
		f.Actor = account.Actor{ID: 5, Name: "示例专员", Roles: []account.Role{account.Officer}, Department: 1, Session: "a1"}
		return f
	}
	visitor := private("/sign-in", text.In(lang, "登录"))
	visitor.Actor, visitor.Nonce = account.Actor{}, ""
	used, revoked := now.AddDate(0, 0, -1), now.AddDate(0, 0, -2)
	officer := AccountPage{Factors: account.Factors{Password: true},
		Frame:      private("/account", text.In(lang, "账户")),
		User:       account.User{ID: 5, Identifier: "officer@shuyuan.example", Name: "示例专员", Roles: []account.Role{account.Officer}, Department: 1, Sample: true, Created: now.AddDate(0, -1, 0)},
		Department: &datasets.Department{ID: 1, Slug: "fj-stats", Name: "福建省统计局", NameEN: "Fujian Bureau of Statistics", Sample: true},
		Sessions: []account.OpenSession{
			{ID: "a1", Created: now.Add(-time.Hour), Seen: now, Expires: now.Add(11 * time.Hour), Network: "203.0.113.7", Agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"},
			{ID: "b2", Created: now.Add(-2 * time.Hour), Seen: now.Add(-time.Hour), Expires: now.Add(10 * time.Hour), Network: "2001:db8:1:2::/64", Agent: `<img src=x onerror=alert(1)>`},
		},
		Keys: []account.Key{
			{Prefix: "sy_live0000", Name: "夜间脚本", Scopes: []string{account.ScopeRead, account.ScopePublish}, Created: now.AddDate(0, 0, -9), Expires: now.AddDate(0, 0, 21), LastUsed: &used},
			{Prefix: "sy_gone0000", Name: "旧脚本", Scopes: []string{account.ScopeRead}, Created: now.AddDate(0, 0, -9), Expires: now.AddDate(0, 0, 21), Revoked: &revoked},
			{Prefix: "sy_late0000", Name: "更旧的", Scopes: []string{account.ScopeRead}, Created: now.AddDate(0, 0, -40), Expires: now.AddDate(0, 0, -10)},
		},
	}
	bare := AccountPage{Factors: officer.Factors, Frame: private("/account", text.In(lang, "账户")), User: account.User{ID: 6, Identifier: "root@shuyuan.example", Name: "管理员", Roles: []account.Role{account.Administrator}}, Sessions: officer.Sessions[:1]}
	made, wrong, done := officer, officer, officer
	made.Secret, made.Key = "sy_live0000secret", KeyForm{Name: "夜间脚本", Scopes: []string{account.ScopeRead}, Days: 90}
	wrong.Key = KeyForm{Name: "夜间脚本", Scopes: []string{account.ScopePublish}, Days: 30, Mistake: Mistake{Field: "name", Sentence: "重名"}}
	wrong.Password = Mistake{Field: "old", Sentence: "不对"}
	done.Done = "好了"
	return map[string]templ.Component{
		"sign-in":         SignIn(SignInPage{Frame: visitor, Back: "/datasets?q=a"}),
		"sign-in-wrong":   SignIn(SignInPage{Frame: visitor, Identifier: "wang@tests.example", Mistake: Mistake{Sentence: "账号或密码不正确。"}}),
		"sign-in-field":   SignIn(SignInPage{Frame: visitor, Identifier: "wang", Mistake: Mistake{Field: "identifier", Sentence: "请填写电子邮箱或手机号。"}}),
		"account":         Account(officer),
		"account-bare":    Account(bare),
		"account-key":     Account(made),
		"account-mistake": Account(wrong),
		"account-done":    Account(done),
	}
}

func accountDoc(t *testing.T, name string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, text.Chinese, accountPages(text.Chinese)[name])))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// A form that changes something without the token would be refused, and one
// that sends what was not typed would be worse.
func TestEveryFormThatChangesSomethingCarriesItsToken(t *testing.T) {
	for name := range accountPages(text.Chinese) {
		forms := accountDoc(t, name).Find(`form[method="post"]`)
		if forms.Length() == 0 {
			t.Errorf("%s has no form", name)
		}
		forms.Each(func(_ int, s *goquery.Selection) {
			if s.Find(`input[type="hidden"][name="csrf"][value="t0ken"]`).Length() != 1 || !strings.HasPrefix(s.AttrOr("action", ""), "/") {
				html, _ := goquery.OuterHtml(s)
				t.Errorf("%s: %s", name, html)
			}
		})
	}
}

func TestPasswordsAreNeverSentBack(t *testing.T) {
	for name := range accountPages(text.Chinese) {
		accountDoc(t, name).Find(`input[type="password"]`).Each(func(_ int, s *goquery.Selection) {
			if v := s.AttrOr("value", ""); v != "" {
				t.Errorf("%s: a password field holds %q", name, v)
			}
			if s.AttrOr("autocomplete", "") == "" {
				t.Errorf("%s: a password manager is not told what %q is", name, s.AttrOr("name", ""))
			}
		})
	}
}

func TestAKeyIsShownOnce(t *testing.T) {
	for name := range accountPages(text.Chinese) {
		if shown := strings.Contains(accountDoc(t, name).Text(), "sy_live0000secret"); shown != (name == "account-key") {
			t.Errorf("%s: the key is shown: %v", name, shown)
		}
	}
}

func TestAMistakeStandsAtItsField(t *testing.T) {
	for _, c := range []struct{ page, id, sentence string }{
		{"sign-in-field", "identifier", "请填写电子邮箱或手机号。"}, {"account-mistake", "key-name", "重名"}, {"account-mistake", "old", "不对"},
	} {
		field := accountDoc(t, c.page).Find("#" + c.id)
		note := accountDoc(t, c.page).Find("#" + field.AttrOr("aria-describedby", "none"))
		if field.AttrOr("aria-invalid", "") != "true" || !strings.Contains(note.Text(), c.sentence) {
			t.Errorf("%s: %s says %q", c.page, c.id, note.Text())
		}
	}
	doc := accountDoc(t, "sign-in-wrong")
	if got := doc.Find(`[role="alert"]`).Text(); !strings.Contains(got, "账号或密码不正确。") {
		t.Errorf("the page says %q", got)
	}
	if got := doc.Find("#identifier").AttrOr("value", ""); got != "wang@tests.example" {
		t.Errorf("the account typed is not kept: %q", got)
	}
}

func TestOnlyWhatWorksIsOffered(t *testing.T) {
	if n := accountDoc(t, "account").Find(`form[action="/account/keys/revoke"]`).Length(); n != 1 {
		t.Errorf("%d keys can be revoked, one is live", n)
	}
	for _, page := range []string{"account", "account-bare"} {
		offered := accountDoc(t, page).Find(`input[name="scope"]`).Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") })
		if !slices.Equal(offered, []string{account.ScopeRead, account.ScopePublish, account.ScopeApply, account.ScopeShare}) { // to an officer of a department
			t.Errorf("%s offers keys for %q", page, offered)
		}
	}
	if n := accountDoc(t, "account-bare").Find(`input[name="others"]`).Length(); n != 0 {
		t.Error("there are no other sessions to end")
	}
	if got := accountDoc(t, "account-bare").Find("#who").Text(); !strings.Contains(got, "系统管理员") || strings.Contains(got, "草稿") {
		t.Errorf("the administrator is told: %s", got)
	}
}

// Whoever is no officer is offered keys that read and that ask for data, and none
// that publishes.
func TestEverybodyMayAskByProgram(t *testing.T) {
	var got []string
	for _, s := range offeredScopes(AccountPage{Frame: Frame{Actor: account.Actor{ID: 1, Side: account.Use}}}) {
		got = append(got, s.ID)
	}
	if !slices.Equal(got, []string{account.ScopeRead, account.ScopeApply}) {
		t.Errorf("%q", got)
	}
}

func TestDevicesAreNamedInFewWords(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0": "Edge · Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1":   "Safari · iPhone",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                "Firefox · Linux",
		"curl/8.5.0": "curl", "": "—", "nightly-job 1.0": "nightly-job 1.0",
	} {
		if got := deviceName(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

package portal_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestAPersonCorrectsNameAndAddressOnTheAccountPage(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	b := w.browser(t)
	b.signIn("/sign-in", "citizen", password)
	page := b.open("/account")
	if !strings.Contains(page.doc(t).Find("#who").Parent().Text(), "自己填的，可以更正") {
		t.Errorf("who set it: %s", page.doc(t).Find("main").Text())
	}
	wrong := b.submit(page, "/account/name", url.Values{"name": {"系统管理员"}})
	if wrong.status != 422 || wrong.doc(t).Find("#name-new").AttrOr("value", "") != "系统管理员" || !strings.Contains(wrong.doc(t).Find("main").Text(), "那是部门或者职务") {
		t.Errorf("an office: %d", wrong.status)
	}
	if done := b.submit(b.open("/account"), "/account/name", url.Values{"name": {"新名称"}}); done.status != 303 {
		t.Fatalf("%d", done.status)
	}
	if page := b.open("/account?done=name"); !strings.Contains(page.body, "新名称") || !strings.Contains(page.body, "名称已经改好") {
		t.Error("the name is not shown")
	}
	if bad := b.submit(b.open("/account"), "/account/address", url.Values{"identifier": {"no address"}}); bad.status != 422 || bad.doc(t).Find("#address-new").AttrOr("value", "") != "no address" {
		t.Errorf("no address: %d", bad.status)
	}
	if asked := b.submit(b.open("/account"), "/account/address", url.Values{"identifier": {"moved@tests.example"}}); asked.status != 303 || asked.header.Get("Location") != "/account?done=address-asked" {
		t.Fatalf("%d to %s", asked.status, asked.header.Get("Location"))
	}
	link := "/account/address?link=" + w.mailed(t)
	if r := w.get(t, own, link); r.status != 410 {
		t.Errorf("another opens the link: %d", r.status)
	}
	confirm := b.open(link)
	if confirm.status != 200 || !strings.Contains(confirm.body, "moved@tests.example") || confirm.header.Get("Referrer-Policy") != "no-referrer" {
		t.Fatalf("%d", confirm.status)
	}
	if done := b.submit(confirm, "/account/address/confirm", url.Values{}); done.status != 303 {
		t.Fatalf("%d", done.status)
	}
	if page := b.open("/account"); !strings.Contains(page.body, "moved@tests.example") {
		t.Error("the account has the address before")
	}
	if staff := w.get(t, own, "/account").doc(t); staff.Find(`form[action="/account/name"]`).Length() != 0 {
		t.Error("an officer is offered another name")
	}
	if r := w.post(t, own, "/account/name", url.Values{"name": {"别的名字"}}); r.status != 403 {
		t.Errorf("an officer takes another name: %d", r.status)
	}
}

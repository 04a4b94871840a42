package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/marketplace/registration/registrationtest"
)

// The pages of a registration, from the application to the certificate: each person on
// their own, and nobody else.
func TestPagesOfARegistration(t *testing.T) {
	x := registrationtest.New(t)
	product := x.Ready(t)
	p := wholeOn(t, x.Catalogue, func(s *setup) { s.Products, s.Registrations = x.Products, x.Registrations })
	if _, err := x.Pool.Exec(t.Context(), `UPDATE users SET sample = true`); err != nil { // whose roles do not rest without a second step
		t.Fatal(err)
	}
	for who, a := range map[persona]account.Actor{"owner": x.Owner, "registrar": x.Registrar, "certifier": x.Certifier, "regulator": x.Regulator, "stranger": x.Person(t, "别人")} {
		var identifier string
		if err := x.Pool.QueryRow(t.Context(), `UPDATE users u SET password = o.password FROM users o WHERE o.identifier = 'own@tests.example' AND u.id = $1 RETURNING u.identifier`, a.ID).Scan(&identifier); err != nil {
			t.Fatal(err)
		}
		p.tokens[who] = p.signIn(t, identifier)
	}
	at := "/account/products/" + product + "/registration"
	for who, status := range map[persona]int{"owner": 200, "registrar": 200, "regulator": 200, "stranger": 404} {
		if r := p.get(t, who, at); r.status != status {
			t.Errorf("%s of the %s: %d", at, who, r.status)
		}
	}
	apply := url.Values{"action": {"apply"}, "kind": {"first"}, "version": {"1.0.0"}, "level": {"general"}, "abroad": {"no"}, "lawful": {"授权"}, "unidentifiable": {"合计"}, "declared": {"yes"}, "sent": {"1"}}
	if r := p.post(t, "owner", at, apply); r.status != 422 || r.doc(t).Find("#irreversible-note .err").Length() != 1 || r.doc(t).Find("#lawful").Text() != "授权" {
		t.Errorf("without one of the tests: %d", r.status)
	}
	apply.Set("irreversible", "不能还原")
	p.post303(t, "owner", at, apply)

	// above follows the links from a page to those above it
	above := func(who persona, address string, n int) {
		t.Helper()
		links := p.get(t, who, address).doc(t).Find(".crumb a")
		if links.Length() != n {
			t.Errorf("%s of the %s is below %d pages", address, who, links.Length())
		}
		for _, l := range links.EachIter() {
			if r := p.get(t, who, l.AttrOr("href", "")); r.status != 200 {
				t.Errorf("%s of the %s leads to %s: %d", address, who, l.AttrOr("href", ""), r.status)
			}
		}
	}
	above("owner", at, 2)
	above("owner", "/account/registrations/DJ-2026-000001", 1)

	number := "DJ-2026-000001"
	desk := "/desk/exchange/" + number
	for who, status := range map[persona]int{"registrar": 200, "regulator": 200, "stranger": 403, "owner": 403} {
		if r := p.get(t, who, desk); r.status != status {
			t.Errorf("%s of the %s: %d", desk, who, r.status)
		}
	}
	act := func(who persona, address, action string, more ...string) {
		t.Helper()
		form := p.get(t, who, address).doc(t).Find(`input[name="revision"]`).First().AttrOr("value", "")
		f := url.Values{"revision": {form}, "action": {action}}
		for i := 0; i < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		p.post303(t, who, address, f)
	}
	if r := p.get(t, visitor, "/registrations/"+number); r.status != 404 {
		t.Errorf("everybody sees it before its notice: %d", r.status)
	}
	act("registrar", desk, "accept")
	act("registrar", desk, "announce")

	notice := "/registrations/" + number
	if r := p.get(t, visitor, notice); r.doc(t).Find(`#object input[name="csrf"]`).AttrOr("value", "") == "" {
		t.Error("a visitor cannot object")
	}
	if r := p.post(t, "stranger", notice, url.Values{"name": {"某人"}, "contact": {"13800000000"}}); r.status != 422 || r.doc(t).Find("#words-note .err").Length() != 1 {
		t.Errorf("an objection without words: %d", r.status)
	}
	p.post303(t, "stranger", notice, url.Values{"name": {"某人"}, "contact": {"13800000000"}, "words": {"来源有争议"}})
	for who, sees := range map[persona]string{visitor: notice, "owner": "/account/registrations/" + number, "registrar": desk} {
		r := p.get(t, who, sees)
		if !strings.Contains(r.body, "来源有争议") || strings.Contains(r.body, "13800000000") != (who == "registrar") {
			t.Errorf("%s sees on %s: %s", who, sees, r.doc(t).Find("#objections").Text())
		}
	}
	act("registrar", desk, "resolve", "objection", "1", "upheld", "no", "reason", "记录齐全")
	x.Day(t, "2026-11-17")
	for who, a := range map[persona]account.Actor{"registrar": x.Registrar, "owner": x.Owner, "certifier": x.Certifier} { // whose sessions are over
		var identifier string
		if err := x.Pool.QueryRow(t.Context(), `SELECT identifier FROM users WHERE id = $1`, a.ID).Scan(&identifier); err != nil {
			t.Fatal(err)
		}
		p.tokens[who] = p.signIn(t, identifier)
	}
	act("registrar", desk, "issue")

	certificate := "/certificates/DJZ-2026-000001"
	page := p.get(t, visitor, certificate).doc(t)
	if !strings.Contains(page.Find("main").Text(), "真实有效") || page.Find("#end").Length() != 0 {
		t.Errorf("the certificate: %s", page.Find("main").Text())
	}
	above(visitor, certificate, 1)
	if r := p.get(t, visitor, certificate+"/pdf"); r.status != 200 || !strings.HasPrefix(r.body, "%PDF-") {
		t.Errorf("its document: %d", r.status)
	}
	if r := p.get(t, visitor, certificate+"/dsse.json"); r.status != 200 || !strings.Contains(r.body, "payloadType") {
		t.Errorf("its envelope: %d", r.status)
	}
	if r := p.get(t, visitor, "/registrations"); !strings.Contains(r.body, number) || strings.Contains(r.body, "13800000000") {
		t.Error("the list of notices is without it")
	}
	if r := p.get(t, "owner", certificate); r.doc(t).Find("#end form").Length() != 1 {
		t.Error("its holder cannot give it up")
	}
	reporter := p.get(t, "owner", at).doc(t).Find(`#reporter option[value^="certification:"]`).AttrOr("value", "")
	p.post303(t, "owner", at, url.Values{"action": {"ask"}, "reporter": {reporter}, "version": {"1.0.0"}, "sent": {"2"}})
	report := p.get(t, "owner", at).doc(t).Find("#reports a").AttrOr("href", "")
	above("owner", report, 1)
	above("certifier", report, 1)
}

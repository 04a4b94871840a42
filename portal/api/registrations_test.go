package api_test

import (
	"net/http"
	"strings"
	"testing"

	"shuyuan/marketplace/registration"
	"shuyuan/marketplace/registration/registrationtest"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

// What is registered is in the lists from its public notice on, by number, product and
// credit code, a page at a time; and nothing of it names a person.
func TestRegistrationsAndCertificates(t *testing.T) {
	x := registrationtest.New(t)
	s := replica(t, x.Catalogue, func(d *portal.Deps) { d.Products, d.Registrations = x.Products, x.Registrations })
	read := func(address string, v any) string {
		t.Helper()
		a := ask(t, s, http.MethodGet, api.Base+address)
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", address, a.status, a.body)
		}
		a.into(t, v)
		return string(a.body)
	}
	notices := func(address string) (l api.RegistrationNoticeList) {
		t.Helper()
		body := read("/registrations"+address, &l)
		for _, secret := range []string{"某人", "13800000000", "来源有争议", x.Owner.Name, x.Registrar.Name} {
			if strings.Contains(body, secret) {
				t.Errorf("%s says %s", address, secret)
			}
		}
		return l
	}
	certificates := func(address string) (l api.CertificateList) {
		t.Helper()
		if body := read("/certificates"+address, &l); strings.Contains(body, x.Registrar.Name) || strings.Contains(body, x.Owner.Name) {
			t.Errorf("%s names a person", address)
		}
		return l
	}

	product := x.Ready(t)
	r := x.Applied(t, product)
	x.Day(t, "2026-11-02")
	if l := notices(""); len(l.Items) != 0 || len(notices("?number="+r.Number).Items) != 0 {
		t.Errorf("shown before its notice: %+v", l)
	}
	x.Move(t, x.Registrar, r.Number, registration.Accept, registration.Announce)
	if _, err := x.Registrations.File(t.Context(), x.Member, r.Number, registration.Filed{Name: "某人", Contact: "13800000000", Words: "来源有争议。"}); err != nil {
		t.Fatal(err)
	}
	if l := notices("?number=" + r.Number); len(l.Items) != 1 || l.Items[0].State != "objected" || !l.Items[0].Open || l.Items[0].From != "2026-11-02" || l.Items[0].Until != "2026-11-16" {
		t.Errorf("%+v", l)
	}
	if l := certificates(""); len(l.Items) != 0 {
		t.Errorf("%+v", l)
	}
	if _, err := x.Try(t, x.Registrar, r.Number, registration.Step{Action: registration.Resolve, Objection: 1, Words: "记录齐全。"}); err != nil {
		t.Fatal(err)
	}
	x.Day(t, "2026-11-17")
	x.Move(t, x.Registrar, r.Number, registration.Issue)
	renewal := x.Applied(t, product, func(f *registration.Form) { f.Kind = registration.Renewal })
	x.Move(t, x.Registrar, renewal.Number, registration.Accept, registration.Announce)
	x.Day(t, "2026-12-02")
	x.Move(t, x.Registrar, renewal.Number, registration.Issue)

	first := notices("?limit=1")
	if len(first.Items) != 1 || first.Items[0].Number != renewal.Number || first.Next == "" {
		t.Fatalf("%+v", first)
	}
	if second := notices("?limit=1&cursor=" + first.Next); len(second.Items) != 1 || second.Items[0].Number != r.Number || second.Items[0].Open || second.Next != "" {
		t.Errorf("%+v", second)
	}
	for address, n := range map[string]int{"?product=" + product: 2, "?product=PRD-2026-999999": 0, "?kind=renewal": 1, "?kind=transfer": 0, "?code=" + strings.ToLower(first.Items[0].Code): 2, "?code=91350100MA00000X0E": 0} {
		if l := notices(address); len(l.Items) != n {
			t.Errorf("%s: %d", address, len(l.Items))
		}
		address = strings.Replace(strings.Replace(address, "renewal", "registration", 1), "transfer", "valuation", 1)
		if address == "?kind=registration" {
			n = 2
		}
		if l := certificates(address); len(l.Items) != n {
			t.Errorf("certificates %s: %d", address, len(l.Items))
		}
	}
	l := certificates("?limit=1")
	if c := l.Items[0]; !c.InForce || c.State != "issued" || c.Replaces == "" || c.Ended != "" || l.Next == "" {
		t.Errorf("%+v", l)
	}
	l = certificates("?number=" + l.Items[0].Replaces)
	if c := l.Items[0]; c.InForce || c.State != "renewed" || c.ReplacedBy == "" || c.Ended != "2026-12-02" {
		t.Errorf("%+v", l)
	}
	for _, none := range []string{"DJZ-2026-999999", "djz-2026-000001", "DJZ-2026-00000Ⅰ", "ＤＪＺ-2026-000001", "%E0"} {
		if a := ask(t, s, http.MethodGet, api.Base+"/certificates?number="+none); a.status == http.StatusOK {
			var l api.CertificateList
			if a.into(t, &l); len(l.Items) != 0 {
				t.Errorf("%s is %+v", none, l)
			}
		} else if a.status != http.StatusBadRequest && a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", none, a.status)
		}
	}
	for _, wrong := range []string{"/registrations?cursor=x", "/certificates?cursor=-1", "/certificates?kind=other", "/registrations?kind=registration", "/registrations?limit=0", "/certificates?unknown=1"} {
		if a := ask(t, s, http.MethodGet, api.Base+wrong); a.status != http.StatusBadRequest && a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", wrong, a.status)
		}
	}
}

package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/offering/offeringtest"
)

// The pages of listings, from the draft to the comparison that everybody sees: the seller
// places one, the exchange alone publishes, and what is for one buyer no other is told of.
func TestListingsArePlacedAndChecked(t *testing.T) {
	x := offeringtest.New(t)
	p := wholeOn(t, x.Catalogue, func(s *setup) { s.Products, s.Registrations, s.Offers = x.Products, x.Registrations, x.Offers })
	if _, err := x.Pool.Exec(t.Context(), `UPDATE users SET sample = true`); err != nil { // whose roles do not rest without a second step
		t.Fatal(err)
	}
	for who, a := range map[persona]account.Actor{"seller": x.Owner, "exchange": x.Registrar, "regulator": x.Regulator, "buyer": x.Valuer, "stranger": x.Person(t, "别人")} {
		var identifier string
		if err := x.Pool.QueryRow(t.Context(), `UPDATE users u SET password = o.password FROM users o WHERE o.identifier = 'own@tests.example' AND u.id = $1 RETURNING u.identifier`, a.ID).Scan(&identifier); err != nil {
			t.Fatal(err)
		}
		p.tokens[who] = p.signIn(t, identifier)
	}
	opens := func(at string, want map[persona]int) {
		t.Helper()
		for who, status := range want {
			if r := p.get(t, who, at); r.status != status {
				t.Errorf("%s of the %s: %d", at, who, r.status)
			}
		}
	}
	selling := "/account/products/" + x.Product + "/listings"
	opens(selling, map[persona]int{"seller": 200, "exchange": 200, "buyer": 404, "stranger": 404})
	place := url.Values{"visibility": {"public"}, "channels": {"file"}, "refresh": {"monthly"}, "response": {"0"}, "contact": {"服务台"}, "prohibited": {"不得用来识别个人。"}, "sent": {"1"}}
	if r := p.post(t, "seller", selling, place); r.status != 422 || r.doc(t).Find("#prohibited").Text() != "不得用来识别个人。" {
		t.Errorf("answered within no hours: %d", r.status)
	}
	place.Set("response", "24")
	if r := p.post(t, "stranger", selling, place); r.status != 403 {
		t.Errorf("placed by a stranger: %d", r.status)
	}
	p.post303(t, "seller", selling, place)
	listing, desk := "/account/listings/SJ-2026-000001", "/desk/listings/SJ-2026-000001"
	opens(listing, map[persona]int{"seller": 200, "buyer": 404, "stranger": 404})
	opens(desk, map[persona]int{"exchange": 200, "regulator": 200, "seller": 403, "stranger": 403})
	opens("/desk/listings", map[persona]int{"exchange": 200, "seller": 403, "stranger": 403})

	plan := url.Values{"name": {"单次购买"}, "kind": {"one_off"}, "channel": {"file"}, "currency": {"CNY"}, "price": {"2000.01"}, "tax": {"tax_6"}, "tax_included": {"yes"}, "refund": {"before_acceptance"}, "sent": {"2"}}
	p.post303(t, "seller", listing+"/plans", plan)
	tariff := "/account/plans/TC-2026-000001"
	opens(tariff, map[persona]int{"seller": 200, "buyer": 404, "stranger": 404})
	revision := func(who persona, at string) string {
		t.Helper()
		return p.get(t, who, at).doc(t).Find(`input[name="revision"]`).First().AttrOr("value", "")
	}
	if r := p.post(t, "seller", tariff, url.Values{"revision": {revision("seller", tariff)}, "action": {"enliven"}}); r.status != 409 || !strings.Contains(r.body, "费用上限") {
		t.Errorf("a fen above the ceiling: %d", r.status)
	}
	old := revision("seller", tariff)
	plan.Del("sent")
	plan.Set("price", "2000")
	plan.Set("action", "edit")
	plan.Set("revision", old)
	p.post303(t, "seller", tariff, plan)
	if r := p.post(t, "seller", tariff, plan); r.status != 409 {
		t.Errorf("changed on a page that is old: %d", r.status)
	}
	p.post303(t, "seller", tariff, url.Values{"revision": {revision("seller", tariff)}, "action": {"enliven"}})
	p.post303(t, "seller", listing, url.Values{"revision": {revision("seller", listing)}, "action": {"submit"}})

	public := "/products/" + x.Product
	if r := p.get(t, visitor, public); strings.Contains(r.body, "TC-2026-000001") {
		t.Error("everybody sees a plan before it was checked")
	}
	publish := url.Values{"revision": {revision("exchange", desk)}, "action": {"publish"}}
	for who, at := range map[persona]string{"seller": listing, "regulator": desk} {
		if r := p.post(t, who, at, publish); r.status != 403 {
			t.Errorf("published by the %s: %d", who, r.status)
		}
	}
	p.post303(t, "exchange", desk, publish)
	if r := p.post(t, "exchange", desk, publish); r.status != 409 {
		t.Errorf("published on a page that is old: %d", r.status)
	}
	later := func() { x.Set(x.Clock().Add(time.Second)) } // pages of visitors are kept as long
	later()
	if r := p.get(t, visitor, public).doc(t).Find("#plans"); !strings.Contains(r.Text(), "单次购买") || !strings.Contains(r.Text(), "¥2,000.00") {
		t.Errorf("the comparison says %s", r.Text())
	}
	if r := p.get(t, visitor, "/marketplace?price=charged"); !strings.Contains(r.body, "¥2,000.00 起") {
		t.Error("the list does not say what it costs")
	}

	private := x.Listed(t, func(f *offering.ListingForm) { f.Visibility, f.For = offering.OneBuyer, "91350100MA00000W0E" })
	offer := x.Live(t, private.Number, offeringtest.Plan(offering.OneOff))
	x.Move(t, x.Owner, private.Number, offering.Submit)
	x.Move(t, x.Registrar, private.Number, offering.Publish)
	later()
	for who, sees := range map[persona]bool{visitor: false, "stranger": false, "buyer": true} {
		if r := p.get(t, who, public); strings.Contains(r.body, offer.Number) != sees || !strings.Contains(r.body, "TC-2026-000001") {
			t.Errorf("the %s is told of the offer: %t", who, !sees)
		}
	}
}

package api_test

import (
	"encoding/json"
	"testing"

	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/offering/offeringtest"
	"shuyuan/portal"
	"shuyuan/portal/api"
)

// A product that is asked for by number comes with the plans that everybody sees, and with
// no offer that is for one buyer.
func TestPlansOfProducts(t *testing.T) {
	x := offeringtest.New(t)
	w := &world{replica(t, x.Catalogue, func(d *portal.Deps) { d.Products, d.Registrations, d.Offers = x.Products, x.Registrations, x.Offers }), x.Catalogue}
	_, plans := x.Published(t, offering.OneOff, offering.PayPerUse)
	private := x.Listed(t, func(f *offering.ListingForm) { f.Visibility, f.For = offering.OneBuyer, "91350100MA00000W0E" })
	x.Live(t, private.Number, offeringtest.Plan(offering.OneOff))
	x.Move(t, x.Owner, private.Number, offering.Submit)
	x.Move(t, x.Registrar, private.Number, offering.Publish)
	var list api.ProductList
	a := w.get(t, api.Base+"/products?number="+x.Product)
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || len(list.Items) != 1 {
		t.Fatalf("%s: %v", a.body, err)
	}
	got := list.Items[0].Plans
	if len(got) != 2 || got[0].Number != plans[0].Number || got[0].Fen != 120_000 || !got[0].Orderable || len(got[1].Bands) != 2 || got[1].Bands[1] != (api.PlanBand{From: 1000, Fen: 30}) || got[1].Cap != 90_000 {
		t.Errorf("%+v", got)
	}
}

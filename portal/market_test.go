package portal_test

import (
	"strings"
	"testing"
	"time"

	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/registration"
)

// Pages of the market are kept for visitors as those of the catalogue are, and show a
// recall within the second, of which the catalogue knows nothing.
func TestAProductPageIsKeptUntilTheMarketMoves(t *testing.T) {
	w := marketplacetest.New(t)
	v := w.Published(t)
	p := wholeOn(t, w.Catalogue, func(s *setup) {
		s.Products, s.Registrations = w.Products, registration.New(registration.Config{Pool: w.Pool, Products: w.Products, Accounts: s.Accounts, Clocks: s.Clocks, Now: w.Clock})
	})
	paths := []string{"/products/" + v.Product, "/marketplace"}
	for _, path := range paths {
		if r := p.get(t, "", path); r.status != 200 || r.header.Get("ETag") == "" || strings.Contains(r.doc(t).Find("main").Text(), "已召回") {
			t.Fatalf("%s: %d %q", path, r.status, r.header.Get("ETag"))
		}
	}
	if r := p.get(t, "", "/marketplace?q=x"); r.status != 200 {
		t.Errorf("a search: %d", r.status)
	}
	if _, err := w.Products.MoveVersion(t.Context(), w.Owner, v.Product, v.Number, marketplace.Step{Action: string(marketplace.Recall), Words: "算错了", Revision: v.Revision}); err != nil {
		t.Fatal(err)
	}
	w.Set(w.Clock().Add(time.Second))
	if r := p.get(t, "", paths[0]); !strings.Contains(r.doc(t).Find("main").Text(), "已召回") {
		t.Error("a second after the recall the page of the product still shows nothing of it")
	}
}

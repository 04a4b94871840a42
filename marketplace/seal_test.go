package marketplace_test

import (
	"testing"

	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
)

// The whole line: what left a workspace becomes a product whose stamp says where the
// data is from and when it was acquired, and anybody can check it.
func TestAReleasedResultBecomesASealedProduct(t *testing.T) {
	w := marketplacetest.New(t)
	v := w.Published(t)
	if v.State != marketplace.Published || v.Seal == nil || len(v.Artefacts) != 2 {
		t.Fatalf("%s, %+v, %+v", v.State, v.Seal, v.Artefacts)
	}
	d := v.Seal.Statement.Predicate
	if len(d.Sources) != 1 || d.Sources[0].Slug != "station-visits" || d.Sources[0].Acquired.Date != "2026-11-02" || d.Sources[0].Basis != "machine" || d.Mandate.Authorization != w.Number {
		t.Errorf("it says %+v, %+v", d.Sources, d.Mandate)
	}
	for as, what := range map[string]string{"statement": v.Seal.Digest, "artefact": v.Artefacts[0].SHA256, "content": v.Contents[0].Digest, "version": v.Full()} {
		a, err := w.Products.Verify(t.Context(), what)
		if err != nil || a.Verdict != marketplace.Genuine || a.As != as || a.Said == nil || a.Product != v.Product {
			t.Errorf("%s: %+v (%v)", as, a, err)
		}
	}
	if a, err := w.Products.Verify(t.Context(), "PRD-2026-999999"); err != nil || a.Verdict != marketplace.Unknown {
		t.Errorf("%+v, %v", a, err)
	}
}
